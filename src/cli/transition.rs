use anyhow::Result;
use chrono::NaiveDate;
use clap::Args;

use super::ask::Ask;
use super::how::{Bench, How, Where, said};
use super::{Outcome, Session};
use crate::change::{self, Change, Refusal};
use crate::day::TypedDay;
use crate::model::{Guard, Status, Workflow};
use crate::store::Stored;

/// Move an item to another status
///
/// Checks the workflow's table and what the status needs, changes only the lines it must, and
/// commits exactly that file with your hooks, signing and identity.
#[derive(Debug, Args)]
pub(super) struct Transition {
    /// Ids of the items, then the status to move them to; one commit for all of them
    #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "STATUS"], value_parser = said)]
    words: Vec<String>,
    #[command(flatten)]
    meant: Where,
    /// Why; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT", value_parser = said)]
    reason: Option<String>,
    /// Reference to add as evidence; may be given several times
    #[arg(long, value_name = "REF", value_parser = said)]
    evidence: Vec<String>,
    /// Who accepts the risk (for risk-accepted)
    #[arg(long, value_name = "NAME", value_parser = said)]
    approver: Option<String>,
    /// Until when it is deferred, or by when the acceptance is reviewed
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<TypedDay>,
    /// When it was closed, the risk accepted or the evidence collected, if not today; other moves
    /// count from the day on which their commit lands
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<TypedDay>,
    /// Make a move that the workflow does not have; needs --reason and is recorded as such
    #[arg(long = "override")]
    over: bool,
    #[command(flatten)]
    how: How,
}

impl Transition {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let mut bench = Bench::of(session)?;
        let workflow = bench.tracker.settings.workflow.clone();
        let read = |word: &str| Ok(change::Transition::target(word, &workflow)?);
        let words = bench.split(self.words, &self.meant, Some("status"), read)?;
        // Nobody is asked for what then has no item.
        let found = bench.meant(session, &words.ids, &self.meant)?;
        let to: Status = match words.last {
            Some(status) => status,
            None => {
                let statuses = next_statuses(&found, &workflow);
                self.how.ask().choice("to which status?", &statuses, read)?
            }
        };
        let mut wish = change::Transition {
            to: to.to_string(),
            reason: self.reason,
            evidence: self.evidence,
            approver: self.approver,
            until: self.until.map(|day| day.on(session.today)),
            date: self.date.map(|day| day.on(session.today)),
            over: self.over,
        };
        let mut changes = Vec::new();
        for stored in &found {
            changes.push(plan(&mut wish, stored, &workflow, session.today, self.how.ask())?);
        }
        self.how.carry_out(session, &bench, &changes)
    }
}

/// The statuses that some items may move to; all of the workflow where they may not move alike.
fn next_statuses(items: &[Stored], workflow: &Workflow) -> Vec<String> {
    let moves = |stored: &Stored| -> Vec<String> {
        let definition = workflow.get(&stored.item.status);
        let moves = definition.into_iter().flat_map(|definition| &definition.moves);
        moves.map(|next| next.to().to_owned()).collect()
    };
    match items {
        [first, rest @ ..] if rest.iter().all(|one| one.item.status == first.item.status) => {
            moves(first)
        }
        _ => workflow.names().into_iter().map(str::to_owned).collect(),
    }
}

/// The change; asks for what it needs and was not given, where somebody can be asked.
pub(super) fn plan(
    wish: &mut change::Transition,
    stored: &Stored,
    workflow: &Workflow,
    today: NaiveDate,
    ask: Ask,
) -> Result<Change> {
    loop {
        match wish.plan(stored, workflow, today) {
            Ok(change) => return Ok(change),
            Err(refusal) if ask.is_possible() && fill(wish, &refusal, ask, today)? => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
}

/// Asks for what a refusal misses; whether there was anything to ask for.
fn fill(
    wish: &mut change::Transition,
    refusal: &Refusal,
    ask: Ask,
    today: NaiveDate,
) -> Result<bool> {
    let (mut reason, mut until, mut approver, mut evidence) = (false, false, false, false);
    match refusal {
        Refusal::NoReason { .. } => reason = true,
        Refusal::Unmet { unmet, .. } => {
            for guard in unmet.iter().map(|unmet| unmet.guard) {
                evidence |= guard == Guard::Evidence;
                until |= matches!(guard, Guard::Deferral | Guard::RiskAcceptance);
                reason |= matches!(guard, Guard::Deferral | Guard::RiskAcceptance);
                approver |= guard == Guard::RiskAcceptance;
            }
        }
        _ => {}
    }
    let mut asked = false;
    if evidence && wish.evidence.is_empty() {
        wish.evidence.push(ask.text(None, "--evidence", "evidence (ticket, document, scan)")?);
        asked = true;
    }
    if approver && wish.approver.is_none() {
        wish.approver = Some(ask.text(None, "--approver", "who accepts the risk")?);
        asked = true;
    }
    if until && wish.until.is_none() {
        wish.until = Some(ask.day(None, today, "--until", "until when")?);
        asked = true;
    }
    if reason && wish.reason.is_none() {
        wish.reason = Some(ask.text(None, "--reason", "why")?);
        asked = true;
    }
    Ok(asked)
}
