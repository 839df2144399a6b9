use anyhow::Result;
use chrono::NaiveDate;
use clap::Args;
use serde_json::json;

use super::session::find_item;
use super::{Outcome, Session, TextOrJson};
use crate::change::{self, Change, Options, apply};
use crate::output::{diff, visible};

/// Move an item to another status
///
/// Checks the workflow's table and what the status needs, changes only the lines it must, and
/// commits exactly that file with your hooks, signing and identity.
#[derive(Debug, Args)]
pub(super) struct Transition {
    /// Id of the item
    id: String,
    /// The status to move it to
    status: String,
    /// Why; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT")]
    reason: Option<String>,
    /// Reference to add as evidence; may be given several times
    #[arg(long, value_name = "REF")]
    evidence: Vec<String>,
    /// Who accepts the risk (for risk-accepted)
    #[arg(long, value_name = "NAME")]
    approver: Option<String>,
    /// Until when it is deferred, or by when the acceptance is reviewed
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<NaiveDate>,
    /// When it happened, if not today
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<NaiveDate>,
    /// Make a move that the workflow does not have; needs --reason and is recorded as such
    #[arg(long = "override")]
    over: bool,
    #[command(flatten)]
    how: How,
}

/// How a change is made; the same for every command that changes an item.
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

impl Transition {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let repository = session.repository()?;
        let tracker = session.tracker(Some(&repository))?;
        let store = tracker.load();
        let stored = find_item(&store, &self.id)?;
        let wish = change::Transition {
            to: self.status,
            reason: self.reason,
            evidence: self.evidence,
            approver: self.approver,
            until: self.until,
            date: self.date,
            over: self.over,
        };
        let change = wish.plan(stored, &tracker.settings.workflow, session.today)?;
        self.how.carry_out(session, &repository, stored.item.id.as_str(), &change)
    }
}

impl How {
    /// Prints or makes a change, and says what was done.
    pub(super) fn carry_out(
        &self,
        session: &mut Session,
        repository: &crate::repository::Repository,
        id: &str,
        change: &Change,
    ) -> Result<Outcome> {
        if self.dry_run {
            let path = change.document.path();
            session.print(diff(path, change.before.text(), change.document.text()))?;
            return Ok(Outcome::Fine);
        }
        let options = Options { no_commit: self.no_commit, allow_dirty: self.allow_dirty };
        let applied = apply(repository, change, options)?;
        let commit = applied.commit;
        match self.format {
            TextOrJson::Json => {
                let commit = commit.map(|commit| commit.to_string());
                let done = json!({"item": id, "commit": commit, "changed": change.changed});
                session.print(format_args!("{done}\n"))?;
            }
            TextOrJson::Text => {
                let subject = visible(&change.subject);
                match commit {
                    Some(commit) => session
                        .print(format_args!("{subject}\ncommitted as {}\n", commit.short()))?,
                    None => session.print(format_args!(
                        "{subject}\nnot committed: {}\n",
                        change.document.path()
                    ))?,
                }
            }
        }
        Ok(Outcome::Fine)
    }
}
