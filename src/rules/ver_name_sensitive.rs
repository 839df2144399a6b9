//! The rule `ver-name-sensitive`: the name of a vulnerability is marked as sensitive, and reports
//! must have it (VER-RPT-NID).
//!
//! Checks one item at a time. The page `ver_name_sensitive.md` has its text, source and examples.

use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// The name of a vulnerability, which reports must have, is marked as sensitive.
pub(super) const RULE: Rule = Rule {
    name: "ver-name-sensitive",
    level: Level::Error,
    summary: "the name of a vulnerability is marked as sensitive, and reports must have it (VER-RPT-NID)",
    text: include_str!("ver_name_sensitive.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.vulnerability_frames(stored) else { return Vec::new() };
    if !stored.item.is_sensitive("weakness_name") {
        return Vec::new();
    }
    let (cited, level) = cite_rule(&frames, "VER-RPT-NID");
    let message = format!("the name is sensitive, and every report has it ({cited})");
    vec![RULE.at(stored, "/weakness_name", "marked as sensitive", message).at_most(level).help(
        "give it a name without sensitive detail, and move the detail to `weakness_description`",
    )]
}
