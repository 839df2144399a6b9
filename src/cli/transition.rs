use anyhow::Result;
use chrono::NaiveDate;
use clap::Args;

use super::how::{Bench, How};
use super::{Outcome, Session};
use crate::change;

/// Move an item to another status
///
/// Checks the workflow's table and what the status needs, changes only the lines it must, and
/// commits exactly that file with your hooks, signing and identity.
#[derive(Debug, Args)]
pub(super) struct Transition {
    /// Ids of the items, then the status to move them to; one commit for all of them
    #[arg(required = true, num_args = 2.., value_names = ["ID", "STATUS"])]
    words: Vec<String>,
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

impl Transition {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let mut bench = Bench::of(session)?;
        let mut ids = self.words;
        let status = ids.pop().unwrap_or_default();
        let wish = change::Transition {
            to: status,
            reason: self.reason,
            evidence: self.evidence,
            approver: self.approver,
            until: self.until,
            date: self.date,
            over: self.over,
        };
        let mut changes = Vec::new();
        for stored in &bench.items(&ids)? {
            changes.push(wish.plan(stored, &bench.tracker.settings.workflow, session.today)?);
        }
        self.how.carry_out(session, &bench, &changes)
    }
}
