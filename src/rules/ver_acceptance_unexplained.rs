//! The rule `ver-acceptance-unexplained`: an approved operational requirement makes a vulnerability
//! an accepted one, without an explanation (VER-RPT-AVI).
//!
//! Checks one item at a time. The page `ver_acceptance_unexplained.md` has its text, source and
//! examples.

use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Decision, DeviationType, is_blank};
use crate::store::Stored;

/// A vulnerability is accepted by an operational requirement, and nobody explains why.
pub(super) const RULE: Rule = Rule {
    name: "ver-acceptance-unexplained",
    level: Level::Error,
    summary: "an approved operational requirement makes a vulnerability an accepted one, without an explanation (VER-RPT-AVI)",
    text: include_str!("ver_acceptance_unexplained.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.vulnerability_frames(stored) else { return Vec::new() };
    let item = &stored.item;
    // A status that is a decision has its own rule, `undecided-acceptance`.
    if context.is_accepted(stored)
        || item.decision(DeviationType::OperationalRequirement) != Decision::Yes
    {
        return Vec::new();
    }
    let accepted = item.risk_acceptance.as_ref().and_then(|it| it.rationale.as_deref());
    let required = item.deviation(DeviationType::OperationalRequirement);
    let required = required.and_then(|it| it.rationale.as_deref());
    if [accepted, required].into_iter().flatten().any(|text| !is_blank(text)) {
        return Vec::new();
    }
    let (cited, level) = cite_rule(&frames, "VER-RPT-AVI");
    let message = format!(
        "an approved operational requirement makes it an accepted vulnerability, and nobody says \
        why ({cited})"
    );
    vec![
        RULE.at(stored, "/deviations", "without a rationale", message)
            .at_most(level)
            .help("add `rationale:` to the operational requirement; reports must have it"),
    ]
}
