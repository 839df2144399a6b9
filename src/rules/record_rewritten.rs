//! The rule `record-rewritten`: a change removes or rewrites a decision, a review, a note or a completion that was recorded.
//!
//! Compares the base of a branch with its head, item by item. The page `record_rewritten.md` has its
//! text, source and examples.

use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Deviation, DeviationState, Item, MilestoneStatus, normalize_look};
use crate::store::Stored;

/// A change removes or rewrites what was recorded.
pub(super) const RULE: Rule = Rule {
    name: "record-rewritten",
    level: Level::Error,
    summary: "a change removes or rewrites a decision, a review, a note or a completion that was recorded",
    text: include_str!("record_rewritten.md"),
    numbers: &[],
    history: false,
    check: Check::Change(check),
};

const HELP: &str = "put it back, and record what is new beside it";

fn check(change: &BranchChange<'_>, _: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) = change.edited_versions() else { return Vec::new() };
    let mut found = check_decisions(&base.item, head);
    for review in base.item.reviews.iter().filter(|one| !head.item.reviews.contains(one)) {
        let message =
            format!("the review of {} by {} was removed or rewritten", review.date, review.by);
        found.push(report(head, "/reviews", message, Level::Warning));
    }
    found.extend(check_milestones(&base.item, head));
    found
}

/// Reports decisions on deviations that are gone, or whose words are others without a later decision.
fn check_decisions(base: &Item, head: &Stored) -> Vec<Diagnostic> {
    let is_decided = |one: &&Deviation| one.state != DeviationState::Pending;
    let gone = base
        .deviations
        .iter()
        .filter(is_decided)
        .filter(|before| !head.item.deviations.iter().any(|after| stands_for(after, before)));
    gone.map(|before| {
        let by = before.approver.as_ref().map(|person| format!(" by {}", person.name.trim()));
        let day = before.decided.map(|day| format!(" of {day}")).unwrap_or_default();
        let message = format!(
            "the decision{day}{} on the {} ({}) was removed or rewritten",
            by.unwrap_or_default(),
            before.kind,
            before.state.as_str()
        );
        report(head, "/deviations", message, Level::Error)
    })
    .collect()
}

/// Returns whether a deviation still records a decision, or a later one on the same request.
fn stands_for(after: &Deviation, before: &Deviation) -> bool {
    let name = |one: &Deviation| one.approver.as_ref().map(|person| normalize_look(&person.name));
    let is_later = after.decided.is_some() && after.decided > before.decided;
    let is_same = after.state == before.state
        && after.decided == before.decided
        && (before.approver.is_none() || name(after) == name(before))
        && after.adjusted_risk_rating == before.adjusted_risk_rating;
    after.kind == before.kind
        && after.state != DeviationState::Pending
        && (before.request.is_none() || after.request == before.request)
        && (is_same || is_later)
}

/// Reports notes of milestones that are gone, and milestones that are completed no more.
fn check_milestones(base: &Item, head: &Stored) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for before in &base.milestones {
        // A milestone that is gone altogether has a rule of its own.
        let position = head.item.milestones.iter().position(|step| step.id == before.id);
        let Some((index, after)) =
            position.and_then(|index| Some((index, head.item.milestones.get(index)?)))
        else {
            continue;
        };
        let at = format!("/milestones/{index}");
        for note in before.notes.iter().filter(|note| !after.notes.contains(note)) {
            let message = format!(
                "the note of {} in the log of milestone {} was removed or rewritten",
                note.date, before.id
            );
            found.push(report(head, &at, message, Level::Warning));
        }
        if before.status == MilestoneStatus::Completed && after.status != MilestoneStatus::Completed
        {
            let message =
                format!("milestone {} was completed and is {} now", before.id, after.status);
            found.push(report(head, &format!("{at}/status"), message, Level::Warning));
        }
    }
    found
}

fn report(head: &Stored, at: &str, message: String, level: Level) -> Diagnostic {
    RULE.at(head, at, "it was here", message).at_most(level).help(HELP)
}
