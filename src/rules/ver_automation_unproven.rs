//! The rule `ver-automation-unproven`: an item states without evidence that exploitation cannot be
//! automated (VER-EVA-AIA).
//!
//! Checks one item at a time. The page `ver_automation_unproven.md` has its text, source and
//! examples.

use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::is_blank;
use crate::store::Stored;

/// An item states without evidence that exploitation cannot be automated.
pub(super) const RULE: Rule = Rule {
    name: "ver-automation-unproven",
    level: Level::Error,
    summary: "an item says without evidence that exploitation cannot be automated (VER-EVA-AIA)",
    text: include_str!("ver_automation_unproven.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.vulnerability_frames(stored) else { return Vec::new() };
    let Some(ver) = stored.item.ver.as_ref().filter(|ver| ver.automatable == Some(false)) else {
        return Vec::new();
    };
    if ver.automatable_evidence.as_deref().is_some_and(|text| !is_blank(text)) {
        return Vec::new();
    }
    let (cited, level) = cite_rule(&frames, "VER-EVA-AIA");
    let message = format!("no evidence that exploitation cannot be automated ({cited})");
    vec![
        RULE.at(stored, "/ver/automatable", "without evidence", message)
            .at_most(level)
            .help("set `ver.automatable_evidence`, or remove `automatable: false`"),
    ]
}
