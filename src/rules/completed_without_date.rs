//! The rule `completed-without-date`: a completed milestone states no day of completion.
//!
//! Checks one item at a time. The page `completed_without_date.md` has its text, source and
//! examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::MilestoneStatus;
use crate::store::Stored;

/// A completed milestone has no completion date.
pub(super) const RULE: Rule = Rule {
    name: "completed-without-date",
    level: Level::Warning,
    summary: "a completed milestone says no day of completion",
    text: include_str!("completed_without_date.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, _: &Context<'_>) -> Vec<Diagnostic> {
    let steps = stored.item.milestones.iter().enumerate();
    steps
        .filter(|(_, step)| step.status == MilestoneStatus::Completed && step.completed.is_none())
        .map(|(index, step)| {
            let message = format!("milestone {} is completed, but not when", step.id);
            RULE.at(stored, &format!("/milestones/{index}/status"), "completed", message)
                .help("add `completed: YYYY-MM-DD`")
        })
        .collect()
}
