use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Guard;
use crate::store::Stored;

/// A closed item names no evidence.
pub(super) const RULE: Rule = Rule {
    name: "closed-without-evidence",
    level: Level::Error,
    summary: "a closed item names no evidence",
    text: include_str!("closed_without_evidence.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if context.is_open(stored) || Guard::Evidence.unmet(&stored.item).is_none() {
        return Vec::new();
    }
    vec![RULE.at(stored, "/status", "closed here", "closed item names no evidence").help(
        "add `evidence:` with a ticket, document or scan reference, or move it back \
            to pending-validation",
    )]
}
