//! The rule `ver-overdue-unexplained`: a vulnerability is, or will be, overdue and nobody explains why
//! (VER-RPT-VDT).
//!
//! Checks one item at a time. The page `ver_overdue_unexplained.md` has its text, source and
//! examples.

use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{DayOrInstant, is_blank};
use crate::store::Stored;
use crate::vdr::Overdue;

/// An overdue vulnerability has no explanation.
pub(super) const RULE: Rule = Rule {
    name: "ver-overdue-unexplained",
    level: Level::Error,
    summary: "a vulnerability is, or will be, overdue and nobody says why (VER-RPT-VDT)",
    text: include_str!("ver_overdue_unexplained.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.vulnerability_frames(stored) else { return Vec::new() };
    let item = &stored.item;
    if frames.is_accepted(item, context.settings, context.today) {
        return Vec::new();
    }
    let state = match frames.find_overdue(item, DayOrInstant::Day(context.today)) {
        Some(Overdue::Missed { deadline, .. }) => format!("overdue since {deadline}"),
        Some(Overdue::Planned { deadline, .. }) => format!("planned after the target {deadline}"),
        Some(Overdue::Exploited { due }) => format!("past CISA's due date {due}"),
        Some(Overdue::No) | None => return Vec::new(),
    };
    let explanation = item.ver.as_ref().and_then(|ver| ver.overdue_explanation.as_deref());
    if explanation.is_some_and(|text| !is_blank(text)) {
        return Vec::new();
    }
    let (cited, level) = cite_rule(&frames, "VER-RPT-VDT");
    let message = format!("{state}, and not explained ({cited})");
    vec![
        RULE.at(stored, "/ver/rating", "not reduced in time", message)
            .at_most(level)
            .help("say why in `ver.overdue_explanation`; reports must have it"),
    ]
}
