//! The rule `duplicate-milestone`: two milestones of an item have the same number.
//!
//! Checks one item at a time. The page `duplicate_milestone.md` has its text, source and examples.

use std::collections::HashMap;

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// Two milestones of an item have the same number.
pub(super) const RULE: Rule = Rule {
    name: "duplicate-milestone",
    level: Level::Error,
    summary: "two milestones of an item have the same number",
    text: include_str!("duplicate_milestone.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, _: &Context<'_>) -> Vec<Diagnostic> {
    let steps = &stored.item.milestones;
    if steps.len() < 2 {
        return Vec::new();
    }
    let free = steps.iter().map(|step| step.id).max().unwrap_or_default().saturating_add(1);
    let mut seen = HashMap::new();
    let mut found = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let at = |index: usize| format!("/milestones/{index}/id");
        let first = *seen.entry(step.id).or_insert(index);
        if first != index {
            let message = format!("milestone {} is there twice", step.id);
            found.push(
                RULE.at(stored, &at(index), "and again here", message)
                    .also(stored.document.label(&at(first)).says("taken here"))
                    .help(format!("give one of them the number {free}")),
            );
        }
    }
    found
}
