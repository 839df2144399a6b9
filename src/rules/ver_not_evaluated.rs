//! The rule `ver-not-evaluated`: a vulnerability was not evaluated within FedRAMP's time frame
//! (VER-TFR-EVU).
//!
//! Checks one item at a time. The page `ver_not_evaluated.md` has its text, source and examples.

use super::clock::{Clock, days_ahead};
use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;
use crate::vdr::first_evaluation;

/// A vulnerability is not evaluated, or was evaluated late.
pub(super) const RULE: Rule = Rule {
    name: "ver-not-evaluated",
    level: Level::Warning,
    summary: "a vulnerability was not evaluated within FedRAMP's time frame (VER-TFR-EVU)",
    text: include_str!("ver_not_evaluated.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

const HELP: &str = "evaluate it: set `ver.evaluated`, `ver.rating`, `ver.rationale`, \
    `ver.evaluated_by` and both answers under `exposure`";

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.vulnerability_frames(stored) else { return Vec::new() };
    let item = &stored.item;
    let detected = context.permanent_values(stored).detected;
    let due = frames.evaluation_due(item, detected);
    let (cited, level) = cite_rule(&frames, "VER-TFR-EVU");
    let evaluated = first_evaluation(item, context.history).map(|first| first.at);
    let found = match (evaluated, due) {
        (Some(evaluated), Some(due)) => {
            // Before the rules held, there was no target that could be missed.
            let held = context.settings.vdr_adopted.is_some_and(|adopted| adopted <= due.day);
            if !held || !due.is_missed_by(evaluated) {
                return Vec::new();
            }
            let message = format!("evaluated on {evaluated}, past the target {due} ({cited})");
            RULE.at(stored, "/ver/evaluated", "past the target", message)
                .help("nothing mends this one: `allow` the rule for the item with the reason")
        }
        (Some(_), None) => return Vec::new(),
        (None, None) => {
            let message = format!("not evaluated; the time frame depends on the class ({cited})");
            RULE.at(stored, "/original_detection_date", "detected", message).help(HELP)
        }
        (None, Some(due)) => match context.relate_today(due.day) {
            Clock::Passed(_) => {
                let message = format!("not evaluated by the target {due} ({cited})");
                RULE.at(stored, "/original_detection_date", "detected", message).help(HELP)
            }
            Clock::Soon(left) => {
                let message = format!("to be evaluated {}, by {due} ({cited})", days_ahead(left));
                return vec![
                    RULE.at(stored, "/original_detection_date", "detected", message)
                        .level(Level::Note)
                        .help(HELP),
                ];
            }
            Clock::Far => return Vec::new(),
        },
    };
    vec![found.at_most(level)]
}
