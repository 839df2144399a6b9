//! The rule `closed-before-dependency`: a closed item depends on an item that is still open.
//!
//! Checks one item at a time. The page `closed_before_dependency.md` has its text, source and
//! examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Decision, DeviationType};
use crate::store::Stored;

/// A closed item depends on an open one.
pub(super) const RULE: Rule = Rule {
    name: "closed-before-dependency",
    level: Level::Error,
    summary: "a closed item depends on an item that is still open",
    text: include_str!("closed_before_dependency.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    if context.is_open(stored) || item.decision(DeviationType::FalsePositive) == Decision::Yes {
        return Vec::new();
    }
    let dependencies = item.dependencies.iter().enumerate();
    dependencies
        .filter_map(|(index, id)| Some((index, context.store.find(id)?)))
        .filter(|(_, other)| context.is_open(other))
        .map(|(index, other)| {
            // Without the status: another open one makes it no other error.
            let message = format!("item is closed, but `{}` is still open", other.item.id);
            RULE.at(stored, &format!("/dependencies/{index}"), "still open", message)
                .also(other.document.label("/status").says(other.item.status.to_string()))
                .help("close that item first, or remove the dependency")
        })
        .collect()
}
