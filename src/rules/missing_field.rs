//! The rule `missing-field`: an open item lacks a field that the profile asks for.
//!
//! Checks one item at a time. The page `missing_field.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// An open item lacks a field that the profile asks for.
pub(super) const RULE: Rule = Rule {
    name: "missing-field",
    level: Level::Error,
    summary: "an open item lacks a field that the profile asks for",
    text: include_str!("missing_field.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_open(stored) {
        return Vec::new();
    }
    let mandatory = context.settings.profile.mandatory.iter();
    mandatory
        .filter(|field| *field != "point_of_contact" && !stored.has_value(field))
        .map(|field| {
            let example = match field.as_str() {
                "controls" => "[SI-2]".to_owned(),
                "assets" => "[…]` with the ids of the inventory".to_owned(),
                "mappings" => "{cmmc: [SI.L2-3.14.1]}".to_owned(),
                "scheduled_completion_date" => context.compute_due(stored).scheduled.to_string(),
                _ => "…".to_owned(),
            };
            let tick = if example.contains('`') { "" } else { "`" };
            RULE.at(stored, &format!("/{field}"), "this item", format!("item has no `{field}`"))
                .help(format!("add `{field}: {example}{tick}"))
        })
        .collect()
}
