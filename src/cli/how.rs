use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;

use super::session::find_items;
use super::{Outcome, Session, TextOrJson};
use crate::change::{Change, Options, apply};
use crate::output::{diff, visible};
use crate::repository::{Repository, Tracked};
use crate::store::{Stored, Tracker};

/// How a change is made; the same for every command that changes items.
#[derive(Debug, Args)]
pub(super) struct How {
    /// Print the change as a diff and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the file and leave the commit to you
    #[arg(long)]
    no_commit: bool,
    /// Go on although the file has uncommitted changes; they become part of the commit
    #[arg(long)]
    allow_dirty: bool,
    /// How to print what was done
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// What a command that changes items works on. Other items than the addressed ones are read only
/// when somebody asks for them.
pub(super) struct Bench {
    pub(super) repository: Repository,
    pub(super) tracker: Tracker,
    /// What git's index holds of the files that were looked up.
    tracked: Vec<Tracked>,
}

impl Bench {
    pub(super) fn of(session: &Session) -> Result<Self> {
        let repository = session.repository()?;
        let tracker = session.tracker(Some(&repository))?;
        Ok(Self { repository, tracker, tracked: Vec::new() })
    }

    /// The item with this id.
    pub(super) fn item(&mut self, id: &str) -> Result<Stored> {
        let mut items = self.items(&[id.to_owned()])?;
        items.pop().with_context(|| format!("no item has the id `{}`", visible(id)))
    }

    /// The items with these ids, each once.
    pub(super) fn items(&mut self, ids: &[String]) -> Result<Vec<Stored>> {
        let found = find_items(Some(&self.repository), &self.tracker, ids)?;
        for (at, (id, stored)) in ids.iter().zip(&found.items).enumerate() {
            if found.items.iter().take(at).any(|other| other.item.id == stored.item.id) {
                bail!("{} is named twice", visible(id));
            }
        }
        self.tracked.extend(found.tracked);
        Ok(found.items)
    }
}

impl How {
    /// Prints or makes changes, all of them in one commit or none, and says what was done.
    pub(super) fn carry_out(
        &self,
        session: &mut Session,
        bench: &Bench,
        changes: &[Change],
    ) -> Result<Outcome> {
        if self.dry_run {
            for change in changes {
                let path = change.document.path();
                session.print(diff(path, change.before.text(), change.document.text()))?;
            }
            return Ok(Outcome::Fine);
        }
        let options = Options {
            no_commit: self.no_commit,
            allow_dirty: self.allow_dirty,
            tracked: &bench.tracked,
        };
        let commit = apply(&bench.repository, changes, options)?.commit;
        for change in changes {
            match self.format {
                TextOrJson::Json => {
                    let id = change.document.to_value().get("id").cloned();
                    let commit = commit.map(|commit| commit.to_string());
                    let done = json!({"item": id, "commit": commit, "changed": change.changed});
                    session.print(format_args!("{done}\n"))?;
                }
                TextOrJson::Text => {
                    session.print(format_args!("{}\n", visible(&change.subject)))?
                }
            }
        }
        if self.format == TextOrJson::Text {
            match commit {
                Some(commit) => session.print(format_args!("committed as {}\n", commit.short()))?,
                None => {
                    for change in changes {
                        session.print(format_args!(
                            "not committed: {}\n",
                            visible(change.document.path())
                        ))?;
                    }
                }
            }
        }
        Ok(Outcome::Fine)
    }
}
