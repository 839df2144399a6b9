//! The rule `ver-class-unknown`: VDR and VER hold, and no impact level states which time frames.
//!
//! Checks the items together. The page `ver_class_unknown.md` has its text, source and examples.

use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};

/// VDR and VER hold and the class of the system is not known.
pub(super) const RULE: Rule = Rule {
    name: "ver-class-unknown",
    level: Level::Warning,
    summary: "VDR and VER hold, and no impact level says which time frames",
    text: include_str!("ver_class_unknown.md"),
    numbers: &[],
    history: false,
    check: Check::Store(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.time_frames() else { return Vec::new() };
    if frames.class().is_some() {
        return Vec::new();
    }
    let label = context.settings.document.label("/vdr_adopted").says("VDR and VER hold");
    let (cited, _) = cite_rule(&frames, "VDR-TFR-PVR");
    let message = format!("no time frame can be told without the class of the system ({cited})");
    vec![Diagnostic::new(RULE.name, label, message).level(Level::Warning).help(
        "set `system: {impact_level: …}` in poam.yaml: li-saas or low (class B), moderate (C), high (D)",
    )]
}
