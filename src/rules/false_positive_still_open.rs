//! The rule `false-positive-still-open`: an approved false positive is still listed as open.
//!
//! Checks one item at a time. The page `false_positive_still_open.md` has its text, source and
//! examples.

use super::{Check, Context, Loosening, Number, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Decision, DeviationType};
use crate::store::Stored;

/// An approved false positive is still open.
pub(super) const RULE: Rule = Rule {
    name: "false-positive-still-open",
    level: Level::Error,
    summary: "an approved false positive is still listed as open",
    text: include_str!("false_positive_still_open.md"),
    numbers: &[Number {
        name: "days",
        default: 7,
        meaning: "days after the decision in which it is to be closed; until then a warning",
        loosened_by: Loosening::Increase,
    }],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let kind = DeviationType::FalsePositive;
    let index = stored.item.deviations.iter().rposition(|deviation| deviation.kind == kind);
    let Some(index) = index.filter(|_| context.is_open(stored)) else { return Vec::new() };
    if stored.item.decision(kind) != Decision::Yes {
        return Vec::new();
    }
    let longest = i64::from(context.number(&RULE, "days"));
    let decided = stored.item.deviations.get(index).and_then(|deviation| deviation.decided);
    let passed = decided.map(|day| (context.today - day).num_days());
    let level = match passed.is_some_and(|passed| passed <= longest) {
        true => Level::Warning,
        false => Level::Error,
    };
    let message = format!("false positive is approved, but the item is {}", stored.item.status);
    vec![
        RULE.at(stored, "/status", "still open", message)
            .also(stored.document.label(&format!("/deviations/{index}/state")).says("approved"))
            .at_most(level)
            .help(format!(
                "close it with `poam transition {} closed`; the approval is its evidence",
                stored.item.id
            )),
    ]
}
