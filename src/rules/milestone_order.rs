//! The rule `milestone-order`: a milestone is due before one that is listed above it.
//!
//! Checks one item at a time. The page `milestone_order.md` has its text, source and examples.

use chrono::NaiveDate;

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// A milestone is due before the one listed above it.
pub(super) const RULE: Rule = Rule {
    name: "milestone-order",
    level: Level::Note,
    summary: "a milestone is due before one that is listed above it",
    text: include_str!("milestone_order.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_open(stored) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut latest: Option<(NaiveDate, usize, u32)> = None;
    for (index, step) in stored.item.milestones.iter().enumerate() {
        let Some(due) = step.due.filter(|_| !step.status.is_given_up()) else {
            continue;
        };
        match latest {
            Some((day, above, id)) if due < day => {
                if !step.status.is_finished() {
                    let message = format!(
                        "milestone {} is due {due}, before milestone {id} above it",
                        step.id
                    );
                    let at = |index| format!("/milestones/{index}/due");
                    let other = stored.document.label(&at(above)).says(format!("due {day}"));
                    let diagnostic = RULE.at(stored, &at(index), "earlier", message).also(other);
                    found
                        .push(diagnostic.help("correct the date, or list the milestones in order"));
                }
            }
            _ => latest = Some((due, index, step.id)),
        }
    }
    found
}
