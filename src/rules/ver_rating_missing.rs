//! The rule `ver-rating-missing`: an evaluated vulnerability has no N-rating (VER-EVA-EPA).
//!
//! Checks one item at a time. The page `ver_rating_missing.md` has its text, source and examples.

use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// An evaluated vulnerability has no N-rating.
pub(super) const RULE: Rule = Rule {
    name: "ver-rating-missing",
    level: Level::Error,
    summary: "an evaluated vulnerability has no N-rating (VER-EVA-EPA)",
    text: include_str!("ver_rating_missing.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.vulnerability_frames(stored) else { return Vec::new() };
    let Some(ver) = &stored.item.ver else { return Vec::new() };
    if ver.evaluated.is_none() || ver.rating.is_some() {
        return Vec::new();
    }
    let (cited, level) = cite_rule(&frames, "VER-EVA-EPA");
    let message = format!("evaluated, but without an N-rating ({cited})");
    vec![
        RULE.at(stored, "/ver/evaluated", "without `rating:`", message)
            .at_most(level)
            .help("set `ver.rating`: 0 (extremely unlikely to have adverse effects) to 5"),
    ]
}
