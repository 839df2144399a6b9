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
    let free = steps.iter().map(|step| step.id).max().unwrap_or_default().saturating_add(1);
    let mut seen = HashMap::new();
    let mut found = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let at = format!("/milestones/{index}/id");
        match seen.get(&step.id) {
            None => {
                seen.insert(step.id, at);
            }
            Some(first) => found.push(
                RULE.at(
                    stored,
                    &at,
                    "and again here",
                    format!("milestone {} is there twice", step.id),
                )
                .also(stored.document.label(first).says("taken here"))
                .help(format!("give one of them the number {free}")),
            ),
        }
    }
    found
}
