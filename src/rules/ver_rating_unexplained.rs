//! The rule `ver-rating-unexplained`: an N-rating has no rationale or no person who gave it
//! (VER-EVA-EPA).
//!
//! Checks one item at a time. The page `ver_rating_unexplained.md` has its text, source and
//! examples.

use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::is_blank;
use crate::store::Stored;

/// An N-rating has no reason, or nobody who gave it.
pub(super) const RULE: Rule = Rule {
    name: "ver-rating-unexplained",
    level: Level::Warning,
    summary: "an N-rating has no rationale or no person who gave it (VER-EVA-EFA)",
    text: include_str!("ver_rating_unexplained.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.vulnerability_frames(stored) else { return Vec::new() };
    let Some(ver) = stored.item.ver.as_ref().filter(|ver| ver.rating.is_some()) else {
        return Vec::new();
    };
    let explained = ver.rationale.as_deref().is_some_and(|text| !is_blank(text));
    let signed = ver.evaluated_by.as_ref().is_some_and(|person| !is_blank(&person.name));
    let (lacks, help) = match (explained, signed) {
        (true, true) => return Vec::new(),
        (false, true) => ("no rationale", "set `ver.rationale`: why this rating"),
        (true, false) => ("no person who gave it", "set `ver.evaluated_by: {name: …}`"),
        (false, false) => (
            "no rationale and no person who gave it",
            "set `ver.rationale` and `ver.evaluated_by: {name: …}`",
        ),
    };
    let (cited, level) = cite_rule(&frames, "VER-EVA-EFA");
    let message = format!("the N-rating has {lacks} ({cited})");
    vec![RULE.at(stored, "/ver/rating", "without a reason", message).at_most(level).help(help)]
}
