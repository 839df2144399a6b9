//! The rule `missing-owner`: an open item has no owner.
//!
//! Checks one item at a time. The page `missing_owner.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// An open item has no owner.
pub(super) const RULE: Rule = Rule {
    name: "missing-owner",
    level: Level::Error,
    summary: "an open item has no owner",
    text: include_str!("missing_owner.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_open(stored) || stored.item.point_of_contact.is_some() {
        return Vec::new();
    }
    vec![RULE.at(stored, "/point_of_contact", "nobody owns this", "item has no owner").help(
        format!("name the person who resolves it: `poam assign {} --to NAME`", stored.item.id),
    )]
}
