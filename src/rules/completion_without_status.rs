//! The rule `completion-without-status`: a day of completion is given for something that its status
//! states is not complete.
//!
//! Checks one item at a time. The page `completion_without_status.md` has its text, source and
//! examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// A day of completion is given for what is not complete.
pub(super) const RULE: Rule = Rule {
    name: "completion-without-status",
    level: Level::Warning,
    summary: "a day of completion is given for something that its status says is not complete",
    text: include_str!("completion_without_status.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let Some(day) = stored.item.completion_date.filter(|_| context.is_open(stored)) {
        let message = format!("item is {}, yet has the completion date {day}", stored.item.status);
        found.push(
            RULE.at(stored, "/completion_date", "not closed", message)
                .help("close the item, or remove the date"),
        );
    }
    for (index, step) in stored.item.milestones.iter().enumerate() {
        let Some(day) = step.completed.filter(|_| !step.status.is_finished()) else { continue };
        let message =
            format!("milestone {} is {}, yet was completed on {day}", step.id, step.status);
        let at = format!("/milestones/{index}/completed");
        found.push(
            RULE.at(stored, &at, "not completed", message)
                .help("set `status: completed`, or remove the date"),
        );
    }
    found
}
