//! The rule `milestone-after-schedule`: a milestone is due after the scheduled completion of its
//! item.
//!
//! Checks one item at a time. The page `milestone_after_schedule.md` has its text, source and
//! examples.

use super::clock::count_days;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// A milestone is planned for after the item is to be done.
pub(super) const RULE: Rule = Rule {
    name: "milestone-after-schedule",
    level: Level::Warning,
    summary: "a milestone is due after the scheduled completion of its item",
    text: include_str!("milestone_after_schedule.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_open(stored) || context.is_exempt(stored) {
        return Vec::new();
    }
    let (end, end_at, what) = match stored.item.scheduled_completion_date {
        Some(scheduled) => {
            (scheduled, "/scheduled_completion_date", "the scheduled completion date")
        }
        None => (
            context.compute_due(stored).effective,
            "/original_detection_date",
            "the due date of the item",
        ),
    };
    let steps = stored.item.milestones.iter().enumerate();
    steps
        .filter(|(_, step)| !step.status.is_finished())
        .filter_map(|(index, step)| {
            let due = step.due.filter(|due| *due > end)?;
            let late = count_days((due - end).num_days());
            let message = format!("milestone {} is due {due}, {late} after {what} {end}", step.id);
            let end = stored.document.label(end_at).says("the end of the plan");
            Some(
                RULE.at(stored, &format!("/milestones/{index}/due"), "after the end", message)
                    .also(end)
                    .help("plan the milestone for an earlier day"),
            )
        })
        .collect()
}
