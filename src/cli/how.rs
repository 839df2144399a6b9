use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use super::session::find_item;
use super::{Outcome, Session, TextOrJson};
use crate::change::{Change, Options, apply};
use crate::output::{diff, visible};
use crate::repository::Repository;
use crate::store::{Store, Stored, Tracker};

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

/// What a command that changes items works on.
pub(super) struct Bench {
    pub(super) repository: Repository,
    pub(super) tracker: Tracker,
    pub(super) store: Store,
}

impl Bench {
    pub(super) fn of(session: &Session) -> Result<Self> {
        let repository = session.repository()?;
        let tracker = session.tracker(Some(&repository))?;
        let store = tracker.load();
        Ok(Self { repository, tracker, store })
    }

    /// The items with these ids, each once.
    pub(super) fn items(&self, ids: &[String]) -> Result<Vec<&Stored>> {
        let mut found: Vec<&Stored> = Vec::new();
        for id in ids {
            let stored = find_item(&self.store, id)?;
            if found.iter().any(|other| other.item.id == stored.item.id) {
                bail!("{id} is named twice");
            }
            found.push(stored);
        }
        Ok(found)
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
        let options = Options { no_commit: self.no_commit, allow_dirty: self.allow_dirty };
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
