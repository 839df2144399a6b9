//! The rule `closed-without-date`: a closed item has no completion date.
//!
//! Checks one item at a time. The page `closed_without_date.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// A closed item has no completion date.
pub(super) const RULE: Rule = Rule {
    name: "closed-without-date",
    level: Level::Error,
    summary: "a closed item has no completion date",
    text: include_str!("closed_without_date.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if context.is_open(stored) || stored.item.completion_date.is_some() {
        return Vec::new();
    }
    vec![
        RULE.at(stored, "/status", "closed here", "closed item has no completion date")
            .help("add `completion_date: YYYY-MM-DD`"),
    ]
}
