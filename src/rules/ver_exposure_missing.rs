//! The rule `ver-exposure-missing`: an evaluated vulnerability does not state whether it is reachable
//! and exploitable (VER-EVA-EIR, VER-EVA-ELX).
//!
//! Checks one item at a time. The page `ver_exposure_missing.md` has its text, source and examples.

use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// An evaluated vulnerability does not state whether it can be reached or exploited.
pub(super) const RULE: Rule = Rule {
    name: "ver-exposure-missing",
    level: Level::Error,
    summary: "an evaluated vulnerability does not say whether it is reachable and exploitable (VER-EVA-EIR, VER-EVA-ELX)",
    text: include_str!("ver_exposure_missing.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.vulnerability_frames(stored) else { return Vec::new() };
    let item = &stored.item;
    if item.ver.as_ref().is_none_or(|ver| ver.evaluated.is_none()) {
        return Vec::new();
    }
    let exposure = item.exposure.as_ref();
    let answers = [
        (
            "VER-EVA-EIR",
            exposure.and_then(|it| it.internet_reachable),
            "reachable from the internet",
            "set `exposure.internet_reachable` to true or false",
        ),
        (
            "VER-EVA-ELX",
            exposure.and_then(|it| it.likely_exploitable),
            "likely to be exploited",
            "set `exposure.likely_exploitable` to true or false",
        ),
    ];
    let mut found = Vec::new();
    for (rule, answer, question, help) in answers {
        if answer.is_some() {
            continue;
        }
        let (cited, level) = cite_rule(&frames, rule);
        let message = format!("evaluated, but not whether it is {question} ({cited})");
        let at = RULE.at(stored, "/ver/evaluated", "one answer is missing", message);
        found.push(at.at_most(level).help(help));
    }
    found
}
