//! The rule `closed-with-open-milestones`: a closed item has milestones that are neither completed
//! nor cancelled.
//!
//! Checks one item at a time. The page `closed_with_open_milestones.md` has its text, source and
//! examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Guard;
use crate::store::Stored;

/// A closed item has milestones that are not finished.
pub(super) const RULE: Rule = Rule {
    name: "closed-with-open-milestones",
    level: Level::Error,
    summary: "a closed item has milestones that are neither completed nor cancelled",
    text: include_str!("closed_with_open_milestones.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if context.is_open(stored) || Guard::MilestonesFinished.find_unmet(&stored.item).is_none() {
        return Vec::new();
    }
    let steps = stored.item.milestones.iter().enumerate();
    steps
        .filter(|(_, step)| !step.status.is_finished())
        .map(|(index, step)| {
            let message =
                format!("item is {}, milestone {} is {}", stored.item.status, step.id, step.status);
            // A milestone that does not mention its status is pending: its number is marked then.
            let status = format!("/milestones/{index}/status");
            let at = match stored.document.find(&status) {
                Some(_) => status,
                None => format!("/milestones/{index}/id"),
            };
            RULE.at(stored, &at, "not finished", message)
                .also(stored.document.label("/status").says(stored.item.status.to_string()))
                .help(format!("complete or cancel milestone {}", step.id))
        })
        .collect()
}
