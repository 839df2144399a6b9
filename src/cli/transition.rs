//! `poam transition`: moves items to another status, and asks for what the status needs.

use anyhow::Result;
use chrono::NaiveDate;
use clap::Args;

use super::ask::AskMode;
use super::how::{ChangeArgs, ChangeContext, ItemSelector, parse_reason, parse_text};
use super::{CommandOutcome, Session};
use crate::change::{self, Change, TransitionError};
use crate::day::{TypedDay, future_day, past_day};
use crate::model::{Guard, Status, Workflow};
use crate::store::Stored;

/// Move an item to another status
///
/// Checks the workflow's table and what the status needs, changes only the lines it must, and
/// commits exactly that file with your hooks, signing and identity.
#[derive(Debug, Args)]
pub(super) struct TransitionArgs {
    /// Ids of the items, then the status to move them to; one commit for all of them
    #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "STATUS"], value_parser = parse_text)]
    words: Vec<String>,
    #[command(flatten)]
    meant: ItemSelector,
    /// Reason; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT", value_parser = parse_reason)]
    reason: Option<String>,
    /// Reference to add as evidence; may be given several times
    #[arg(long, value_name = "REF", value_parser = parse_text)]
    evidence: Vec<String>,
    /// Person who accepts the risk (for risk-accepted)
    #[arg(long, value_name = "NAME", value_parser = parse_text)]
    approver: Option<String>,
    /// Until when it is deferred, or by when the acceptance is reviewed
    #[arg(long, value_name = "DATE", value_parser = future_day)]
    until: Option<TypedDay>,
    /// When it was closed, the risk accepted or the evidence collected, if not today; other moves
    /// count from the day on which their commit lands
    #[arg(long, value_name = "DATE", value_parser = past_day)]
    date: Option<TypedDay>,
    /// Allow a transition that the workflow does not define; needs --reason and is recorded
    #[arg(long = "override")]
    over: bool,
    #[command(flatten)]
    how: ChangeArgs,
}

impl TransitionArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let mut bench = ChangeContext::open(session)?;
        let workflow = bench.tracker.settings.workflow.clone();
        let read = |word: &str| Ok(change::Transition::find_target(word, &workflow)?);
        let words = bench.split(self.words, &self.meant, Some("status"), read)?;
        // Nobody is asked for what then has no item.
        let found = bench.find_meant(session, &words.ids, &self.meant)?;
        bench.refuse_items_as_evidence(&self.evidence)?;
        let to: Status = match words.last {
            Some(status) => status,
            None => {
                let statuses = next_statuses(&found, &workflow);
                self.how.ask_mode().ask_choice("to which status?", &statuses, read)?
            }
        };
        let mut wish = change::Transition {
            to: to.to_string(),
            reason: self.reason,
            evidence: self.evidence,
            approver: self.approver,
            until: self.until.map(|day| day.resolve_on(session.today)),
            date: self.date.map(|day| day.resolve_on(session.today)),
            over: self.over,
        };
        let ask = self.how.ask_mode();
        let changes = self.how.plan_each(session, &found, |stored| {
            plan_transition(&mut wish, stored, &workflow, session.today, ask)
        })?;
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
pub(super) fn plan_transition(
    wish: &mut change::Transition,
    stored: &Stored,
    workflow: &Workflow,
    today: NaiveDate,
    ask: AskMode,
) -> Result<Change> {
    loop {
        match wish.plan_change(stored, workflow, today) {
            Ok(change) => return Ok(change),
            Err(refusal)
                if ask.is_possible() && fill_missing(wish, stored, &refusal, ask, today)? => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
}

/// Asks for what a refusal misses; whether there was anything to ask for.
fn fill_missing(
    wish: &mut change::Transition,
    stored: &Stored,
    refusal: &TransitionError,
    ask: AskMode,
    today: NaiveDate,
) -> Result<bool> {
    let (mut reason, mut until, mut approver, mut evidence) = (false, false, false, false);
    match refusal {
        TransitionError::NoReason { .. } => reason = true,
        TransitionError::Unmet { unmet, .. } => {
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
    let question = |what: &str| format!("{} to {}: {what}", stored.item.id, wish.to);
    let [for_evidence, for_approver, for_until, for_reason] = [
        question("evidence (ticket, document, scan)"),
        question("who accepts the risk (a person)"),
        question("until when"),
        question("why"),
    ];
    if evidence && wish.evidence.is_empty() {
        wish.evidence.push(ask.ask_text(None, "--evidence", &for_evidence)?);
        asked = true;
    }
    if approver && wish.approver.is_none() {
        wish.approver = Some(ask.ask_text(None, "--approver", &for_approver)?);
        asked = true;
    }
    if until && wish.until.is_none() {
        wish.until = Some(ask.ask_day(None, today, "--until", &for_until)?);
        asked = true;
    }
    if reason && wish.reason.is_none() {
        wish.reason = Some(ask.ask_text(None, "--reason", &for_reason)?);
        asked = true;
    }
    Ok(asked)
}
