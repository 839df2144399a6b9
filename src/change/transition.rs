//! Changes of an item's status, checked against the workflow and its guards.
//!
//! [`Transition::plan_change`] returns a [`Change`] with the fields that the new status needs, or a
//! refusal with the way out; nothing is written here.

use std::collections::VecDeque;

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{
    Change, ChangeOptions, NoEvidence, apply_edits, check_evidence, day_value, explain_impossible,
};
use crate::document::{Edit, EditError};
use crate::model::{Guard, Item, Status, UnmetGuard, Workflow};
use crate::nearest::nearest;
use crate::store::Stored;
use crate::text::visible;

/// A wish to move an item to another status, with what it may need on the way.
#[derive(Debug, Clone, Default)]
pub struct Transition {
    /// The status to move to, as typed.
    pub to: String,
    /// Reason of the transition.
    pub reason: Option<String>,
    /// References to add as evidence.
    pub evidence: Vec<String>,
    /// Person who accepts the risk.
    pub approver: Option<String>,
    /// Until when it is deferred, or by when the acceptance is to be reviewed.
    pub until: Option<NaiveDate>,
    /// When it happened; today where it is not given.
    pub date: Option<NaiveDate>,
    /// Whether a move outside the workflow's table is meant.
    pub over: bool,
}

/// Reasons why a transition is refused.
#[derive(Debug, thiserror::Error)]
pub enum TransitionError {
    /// A status that the workflow does not have.
    #[error("unknown status `{}`: {help}", visible(.status))]
    UnknownStatus {
        /// As typed.
        status: String,
        /// The near or the known ones.
        help: String,
    },
    /// It is there already.
    #[error("{id} is {status} already")]
    Already {
        /// The item.
        id: String,
        /// Its status.
        status: String,
    },
    /// The table has no such move.
    #[error(
        "{id}: the workflow does not allow {from} -> {to}; allowed from {from}: {legal} \
         (another transition needs --override and --reason)"
    )]
    Illegal {
        /// The item.
        id: String,
        /// Its status.
        from: String,
        /// The wish.
        to: String,
        /// Where it may move.
        legal: String,
    },
    /// The item lacks what the status needs.
    #[error("{id} cannot be {to}:{}", list(.unmet))]
    Unmet {
        /// The item.
        id: String,
        /// The wish.
        to: String,
        /// Conditions that the item does not meet.
        unmet: Vec<UnmetGuard>,
    },
    /// A move that needs a reason.
    #[error("{id}: {from} -> {to} needs a reason: add --reason \"…\"")]
    NoReason {
        /// The item.
        id: String,
        /// Its status.
        from: String,
        /// The wish.
        to: String,
    },
    /// Something was given that the status has no use for.
    #[error("{id}: {flag} says nothing about {to}; leave it out")]
    Useless {
        /// The item.
        id: String,
        /// Option that was given.
        flag: &'static str,
        /// The wish.
        to: String,
    },
    /// The date of the move lies before the weakness was found or in the future, or the day until
    /// which it is to hold has passed.
    #[error("{id}: {date} {problem}")]
    Date {
        /// The item.
        id: String,
        /// The date.
        date: NaiveDate,
        /// Fault of the date.
        problem: &'static str,
    },
    /// A day was given, and nothing in the item records it.
    #[error(
        "{id}: --date says nothing about {to}: the day of this move is the day on which its commit \
         lands; leave --date out"
    )]
    NoDay {
        /// The item.
        id: String,
        /// The wish.
        to: String,
    },
    /// Words that are no evidence.
    #[error(transparent)]
    NoEvidence(#[from] NoEvidence),
    /// A risk is accepted again without saying why.
    #[error(
        "{id}: the rationale is the one of the last acceptance; say why the risk is accepted now: \
         add --reason \"…\""
    )]
    OldRationale {
        /// The item.
        id: String,
    },
    /// The day until which the status would hold has passed.
    #[error("{id} cannot be {to} until {until}, which lies in the past: add --until DATE")]
    Over {
        /// The item.
        id: String,
        /// The wish.
        to: String,
        /// The day that the item gives.
        until: NaiveDate,
    },
    /// The file cannot be changed in place.
    #[error(transparent)]
    Edit(#[from] EditError),
}

/// Returns the conditions of a status.
fn needs_of<'a>(workflow: &'a Workflow, status: &Status) -> &'a [Guard] {
    workflow.get(status).map(|definition| definition.needs.as_slice()).unwrap_or_default()
}

/// The day until which a status holds: of a deferral, or of an acceptance.
fn status_end(item: &Item, workflow: &Workflow, status: &Status) -> Option<NaiveDate> {
    let needs = needs_of(workflow, status);
    let deferred = item.deferral.as_ref().filter(|_| needs.contains(&Guard::Deferral));
    let accepted = item.risk_acceptance.as_ref().filter(|_| needs.contains(&Guard::RiskAcceptance));
    deferred.map(|deferral| deferral.until).or_else(|| accepted.and_then(|it| it.review_by))
}

fn list(unmet: &[UnmetGuard]) -> String {
    unmet
        .iter()
        .map(|one| match guard_flag(one.guard) {
            Some(flag) => format!("\n  - {} (add {flag})", one.fact),
            None => format!("\n  - {} ({})", one.fact, one.way_out),
        })
        .collect()
}

/// The flags of the command that give what a guard asks for.
fn guard_flag(guard: Guard) -> Option<&'static str> {
    match guard {
        Guard::Evidence => Some("--evidence REF"),
        Guard::Deferral => Some("--until DATE --reason \"…\""),
        Guard::RiskAcceptance => Some("--approver NAME --until DATE --reason \"…\""),
        _ => None,
    }
}

impl Transition {
    /// The change that moves an item, checked against the workflow and its guards.
    pub fn plan_change(
        &self,
        stored: &Stored,
        workflow: &Workflow,
        today: NaiveDate,
    ) -> Result<Change, TransitionError> {
        let item = &stored.item;
        let id = item.id.to_string();
        let (from, to) = (&item.status, Self::find_target(&self.to, workflow)?);
        if *from == to {
            return Err(TransitionError::Already { id, status: to.to_string() });
        }
        let next = workflow.find_move(from, &to);
        let allowed = next.is_some() || workflow.closes_false_positive(item, from, &to);
        let (from_word, to_word) = (from.to_string(), to.to_string());
        if !allowed && !self.over {
            let legal: Vec<&str> = workflow
                .get(from)
                .into_iter()
                .flat_map(|it| &it.moves)
                .map(|next| next.to())
                .collect();
            let legal = if legal.is_empty() { "no other".to_owned() } else { legal.join(", ") };
            return Err(TransitionError::Illegal { id, from: from_word, to: to_word, legal });
        }
        let reopens = workflow.is_closed(from) && !workflow.is_closed(&to);
        if self.reason.is_none() && (!allowed || reopens) {
            return Err(TransitionError::NoReason { id, from: from_word, to: to_word });
        }
        if let Some(flag) = self.find_useless(workflow, &to) {
            return Err(TransitionError::Useless { id, flag, to: to_word });
        }
        check_evidence(&self.evidence, today)?;
        let date = self.date.unwrap_or(today);
        if let Some(problem) = explain_impossible(item, date, today) {
            return Err(TransitionError::Date { id, date, problem });
        }
        if let Some(date) = self.until.filter(|until| *until < today) {
            return Err(TransitionError::Date { id, date, problem: "lies in the past" });
        }
        if self.date.is_some() && !self.uses_date(workflow, &to) {
            return Err(TransitionError::NoDay { id, to: to_word });
        }
        let accepts = needs_of(workflow, &to).contains(&Guard::RiskAcceptance);
        if accepts && self.reason.is_none() && self.decides_anew(item) {
            return Err(TransitionError::OldRationale { id });
        }
        let edits = self.transition_edits(item, workflow, &to, date);
        let after = apply_edits(stored, &edits)?;
        let needs = workflow.get(&to).into_iter().flat_map(|it| &it.needs);
        let needs = needs.chain(next.into_iter().flat_map(|next| next.needs()));
        let unmet: Vec<UnmetGuard> =
            needs.filter_map(|guard| guard.find_unmet(&after.item)).collect();
        if !unmet.is_empty() {
            return Err(TransitionError::Unmet { id, to: to_word, unmet });
        }
        if let Some(until) = status_end(&after.item, workflow, &to).filter(|until| *until < today) {
            return Err(TransitionError::Over { id, to: to_word, until });
        }
        let mut facts: Vec<(&'static str, String)> = Vec::new();
        facts.extend(self.evidence.iter().map(|reference| ("Poam-Evidence", reference.clone())));
        facts.extend(self.approver.iter().map(|name| ("Poam-Approver", name.clone())));
        if !allowed {
            facts.push(("Poam-Override", format!("{from_word} -> {to_word}")));
        }
        let wish = ChangeOptions { reason: self.reason.clone() };
        Ok(Change::build(stored, &edits, format!("{id}: {from_word} -> {to_word}"), &wish, facts)?)
    }

    /// The status of the workflow that a word means, in any of its usual forms.
    pub fn find_target(word: &str, workflow: &Workflow) -> Result<Status, TransitionError> {
        workflow.resolve_word(word).ok_or_else(|| {
            let names = workflow.names();
            let all = names.join(", ");
            let help = match nearest(word, names) {
                Some(near) => format!("did you mean `{near}`? Known are {all}"),
                None => format!("known are {all}"),
            };
            TransitionError::UnknownStatus { status: word.to_owned(), help }
        })
    }

    /// The values that change: the status, and what the request states of dates, evidence, deferral
    /// and acceptance.
    fn transition_edits(
        &self,
        item: &Item,
        workflow: &Workflow,
        to: &Status,
        date: NaiveDate,
    ) -> Vec<Edit> {
        let mut edits = vec![Edit::set("/status", to.as_str())];
        for reference in &self.evidence {
            edits.push(Edit::append(
                "/evidence",
                json!({"reference": reference, "collected": day_value(date)}),
            ));
        }
        let (was_closed, is_closed) = (workflow.is_closed(&item.status), workflow.is_closed(to));
        if is_closed && (self.date.is_some() || item.completion_date.is_none()) {
            edits.push(Edit::set("/completion_date", day_value(date)));
        }
        if was_closed && !is_closed && item.completion_date.is_some() {
            edits.push(Edit::remove("/completion_date"));
        }
        let needs = needs_of(workflow, to);
        if needs.contains(&Guard::Deferral) {
            edits.extend(self.deferral_edits(item));
        }
        if needs.contains(&Guard::RiskAcceptance) {
            edits.extend(self.acceptance_edits(item, date));
        }
        edits
    }

    /// The deferral with what the request gives; what the item states already stays.
    fn deferral_edits(&self, item: &Item) -> Vec<Edit> {
        match (&item.deferral, &self.reason, self.until) {
            (None, Some(reason), Some(until)) => {
                vec![Edit::set("/deferral", json!({"reason": reason, "until": day_value(until)}))]
            }
            (Some(_), reason, until) => {
                let reason =
                    reason.iter().map(|reason| Edit::set("/deferral/reason", reason.as_str()));
                let until = until.map(|until| Edit::set("/deferral/until", day_value(until)));
                reason.chain(until).collect()
            }
            (None, ..) => Vec::new(),
        }
    }

    /// The acceptance with what the request gives; what a draft states already stays, field by
    /// field, with its comments.
    fn acceptance_edits(&self, item: &Item, date: NaiveDate) -> Vec<Edit> {
        let mut given: Vec<(&str, Value)> = Vec::new();
        let draft = item.risk_acceptance.as_ref();
        let drafted = draft.is_some_and(|draft| draft.rationale.is_some());
        if let Some(reason) = self.reason.as_ref().filter(|_| !drafted || self.decides_anew(item)) {
            given.push(("rationale", reason.as_str().into()));
        }
        if let Some(name) = &self.approver {
            given.push(("approver", json!({"name": name})));
            given.push(("approved", day_value(date)));
        } else if draft.is_some_and(|draft| draft.approver.is_some() && draft.approved.is_none()) {
            given.push(("approved", day_value(date)));
        }
        given.extend(self.until.map(|until| ("review_by", day_value(until))));
        match draft {
            Some(_) => given
                .into_iter()
                .map(|(field, value)| Edit::set(format!("/risk_acceptance/{field}"), value))
                .collect(),
            None if given.is_empty() => Vec::new(),
            None => {
                let fields = given.into_iter().map(|(field, value)| (field.to_owned(), value));
                vec![Edit::set("/risk_acceptance", Value::Object(fields.collect::<Map<_, _>>()))]
            }
        }
    }

    /// Returns whether the request decides again on a risk that was accepted before.
    fn decides_anew(&self, item: &Item) -> bool {
        let decided = item.risk_acceptance.as_ref().is_some_and(|it| it.approved.is_some());
        decided && (self.approver.is_some() || self.until.is_some())
    }

    /// Returns whether something in the item records the day of the transition.
    fn uses_date(&self, workflow: &Workflow, to: &Status) -> bool {
        let accepts = needs_of(workflow, to).contains(&Guard::RiskAcceptance);
        workflow.is_closed(to) || accepts || !self.evidence.is_empty()
    }

    /// The first thing that was given and has no effect on a move to this status.
    fn find_useless(&self, workflow: &Workflow, to: &Status) -> Option<&'static str> {
        let needs = needs_of(workflow, to);
        let accepts = needs.contains(&Guard::RiskAcceptance);
        let defers = needs.contains(&Guard::Deferral);
        match () {
            () if self.approver.is_some() && !accepts => Some("--approver"),
            () if self.until.is_some() && !accepts && !defers => Some("--until"),
            () => None,
        }
    }
}

/// Returns the statuses between two that the workflow does not join directly, by the fewest moves that need nothing
/// before the last one. None where no such moves lead there.
pub fn find_statuses_between(
    workflow: &Workflow,
    from: &Status,
    to: &Status,
) -> Option<Vec<Status>> {
    let mut ways: VecDeque<Vec<Status>> = VecDeque::from([Vec::new()]);
    let mut seen = vec![from.clone()];
    while let Some(way) = ways.pop_front() {
        let last = way.last().unwrap_or(from);
        if workflow.find_move(last, to).is_some() {
            return Some(way);
        }
        let moves = workflow.get(last).into_iter().flat_map(|definition| &definition.moves);
        for next in moves.filter(|next| next.needs().is_empty()) {
            let Ok(status) = next.to().parse::<Status>() else { continue };
            if !seen.contains(&status) && !workflow.is_closed(&status) {
                seen.push(status.clone());
                ways.push_back(way.iter().cloned().chain([status]).collect());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEM: &str = "\
# kept
id: V-1
weakness_name: 'W' # kept too
point_of_contact: {name: Jane Doe}
original_detection_date: 2026-01-01
original_risk_rating: high
milestones:
  - {id: 1, description: Patch, due: 2026-01-20, status: completed, completed: 2026-01-19}
status: open
";

    fn stored(text: &str) -> Stored {
        Stored::parse("items/V-1.yaml", text.as_bytes()).unwrap()
    }

    fn plan(status: &str, wish: &Transition) -> Result<Change, TransitionError> {
        let stored = stored(&ITEM.replace("status: open", &format!("status: {status}")));
        wish.plan_change(&stored, &Workflow::default(), "2026-02-01".parse().unwrap())
    }

    fn to(status: &str) -> Transition {
        Transition { to: status.into(), ..Transition::default() }
    }

    #[test]
    fn the_moves_between_two_statuses() {
        let workflow = Workflow::default();
        let between = |from: &str, to: &str| {
            let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
            let way = find_statuses_between(&workflow, &from, &to)?;
            // Each step is one of the workflow.
            let all: Vec<Status> =
                [from].into_iter().chain(way.iter().cloned()).chain([to]).collect();
            for pair in all.windows(2) {
                assert!(workflow.find_move(&pair[0], &pair[1]).is_some(), "{pair:?}");
            }
            Some(way.len())
        };
        assert_eq!(between("open", "in-progress"), Some(0), "one move");
        let closing = between("open", "closed").unwrap();
        assert!((1..=2).contains(&closing), "{closing}");
        assert_eq!(between("closed", "no-such-status"), None);
    }

    #[test]
    fn closing_sets_what_closing_needs_and_nothing_else() {
        let wish = Transition { evidence: vec!["CHG-1".into()], ..to("closed") };
        let change = plan("pending-validation", &wish).unwrap();
        assert_eq!(change.subject, "V-1: pending-validation -> closed");
        assert_eq!(change.changed, ["/status", "/evidence", "/completion_date"]);
        let expected = ITEM.replace("status: open\n", "status: closed\nevidence:\n  - reference: CHG-1\n    collected: 2026-02-01\ncompletion_date: 2026-02-01\n");
        assert_eq!(&**change.document.text(), expected);
    }

    #[test]
    fn every_refusal_says_what_would_do() {
        for (status, wish, message) in [
            (
                "open",
                to("Closd"),
                "unknown status `Closd`: did you mean `closed`? Known are open, in-progress, pending-validation, pending-approval, deferred, risk-accepted, closed",
            ),
            (
                "open",
                to("banana"),
                "unknown status `banana`: known are open, in-progress, pending-validation, pending-approval, deferred, risk-accepted, closed",
            ),
            ("open", to("open"), "V-1 is open already"),
            (
                "open",
                to("closed"),
                "V-1: the workflow does not allow open -> closed; allowed from open: in-progress, pending-approval, deferred (another transition needs --override and --reason)",
            ),
            (
                "open",
                Transition { over: true, evidence: vec!["X".into()], ..to("closed") },
                "V-1: open -> closed needs a reason: add --reason \"…\"",
            ),
            (
                "closed",
                to("in-progress"),
                "V-1: closed -> in-progress needs a reason: add --reason \"…\"",
            ),
            (
                "pending-validation",
                to("closed"),
                "V-1 cannot be closed:\n  - it names no evidence (add --evidence REF)",
            ),
            (
                "open",
                to("deferred"),
                "V-1 cannot be deferred:\n  - it has no deferral with a reason (add --until DATE --reason \"…\")",
            ),
            (
                "open",
                to("pending-approval"),
                "V-1 cannot be pending-approval:\n  - no deviation is pending and no risk acceptance is drafted (`poam deviation request V-1 KIND --rationale TEXT`, or draft an acceptance with `poam set V-1 risk_acceptance.rationale=TEXT`)",
            ),
            (
                "open",
                Transition { until: "2026-03-01".parse().ok(), ..to("in-progress") },
                "V-1: --until says nothing about in-progress; leave it out",
            ),
            (
                "open",
                Transition { date: "2026-03-01".parse().ok(), ..to("in-progress") },
                "V-1: 2026-03-01 lies in the future",
            ),
            (
                "open",
                Transition { date: "2025-03-01".parse().ok(), ..to("in-progress") },
                "V-1: 2025-03-01 lies before the detection date",
            ),
            (
                "open",
                Transition {
                    until: "2026-01-31".parse().ok(),
                    reason: Some("later".into()),
                    ..to("deferred")
                },
                "V-1: 2026-01-31 lies in the past",
            ),
        ] {
            assert_eq!(plan(status, &wish).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn an_override_skips_the_table_but_no_guard() {
        let wish = Transition { over: true, reason: Some("fixed at once".into()), ..to("closed") };
        assert!(matches!(plan("open", &wish), Err(TransitionError::Unmet { .. })));
        let wish = Transition { evidence: vec!["CHG-1".into()], ..wish };
        let change = plan("open", &wish).unwrap();
        assert!(change.facts.contains(&("Poam-Override", "open -> closed".to_owned())));
    }

    #[test]
    fn deferring_accepting_and_reopening_write_their_facts() {
        let until = "2026-05-01".parse().ok();
        let reason = Some("waits for the new data centre".to_owned());
        let change =
            plan("open", &Transition { until, reason: reason.clone(), ..to("deferred") }).unwrap();
        assert_eq!(
            change.document.to_value()["deferral"],
            json!({"reason": "waits for the new data centre", "until": "2026-05-01"})
        );

        let text = ITEM.replace(
            "status: open",
            "status: pending-approval\nrisk_acceptance:\n  rationale: drafted # by hand",
        );
        let wish = Transition {
            until,
            approver: Some("Ann Official".into()),
            reason,
            ..to("risk-accepted")
        };
        let change = wish
            .plan_change(&stored(&text), &Workflow::default(), "2026-02-01".parse().unwrap())
            .unwrap();
        assert_eq!(
            change.document.to_value()["risk_acceptance"],
            json!({"rationale": "drafted", "approver": {"name": "Ann Official"}, "approved": "2026-02-01", "review_by": "2026-05-01"})
        );
        assert!(
            change.document.text().contains("  rationale: drafted # by hand\n"),
            "{}",
            change.document.text()
        );

        let old = "status: open\ndeferral:\n  reason: old # why\n  until: 2026-02-01 # when";
        let wish = Transition { until, ..to("deferred") };
        let change = wish
            .plan_change(
                &stored(&ITEM.replace("status: open", old)),
                &Workflow::default(),
                "2026-02-01".parse().unwrap(),
            )
            .unwrap();
        let new = "status: deferred\ndeferral:\n  reason: old # why\n  until: 2026-05-01 # when";
        assert_eq!(&**change.document.text(), ITEM.replace("status: open", new));

        let text = ITEM.replace("status: open", "status: closed\ncompletion_date: 2026-01-20");
        let wish = Transition { reason: Some("found again".into()), ..to("in-progress") };
        let change = wish
            .plan_change(&stored(&text), &Workflow::default(), "2026-02-01".parse().unwrap())
            .unwrap();
        assert_eq!(&**change.document.text(), ITEM.replace("status: open", "status: in-progress"));
    }
}
