//! The rule `undecided-acceptance`: a risk counts as accepted, but rationale, approver or review
//! date are missing.
//!
//! Checks one item at a time. The page `undecided_acceptance.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Guard;
use crate::people::why_no_person;
use crate::store::Stored;

/// A risk counts as accepted without a decision.
pub(super) const RULE: Rule = Rule {
    name: "undecided-acceptance",
    level: Level::Error,
    summary: "a risk counts as accepted, but rationale, approver or review date are missing",
    text: include_str!("undecided_acceptance.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_accepted(stored) {
        return Vec::new();
    }
    let approver = stored.item.risk_acceptance.as_ref().and_then(|one| one.approver.as_ref());
    if let Some(unmet) = Guard::RiskAcceptance.find_unmet(&stored.item) {
        let (at, label, message) = match stored.item.risk_acceptance {
            Some(_) => ("/risk_acceptance", "incomplete", unmet.fact.replace("its ", "the ")),
            None => ("/status", "accepted here", "item has no risk acceptance".to_owned()),
        };
        return vec![RULE.at(stored, at, label, message).help(unmet.way_out)];
    }
    let Some(approver) = approver else { return Vec::new() };
    let Some(why) = why_no_person(&approver.name) else { return Vec::new() };
    let message = format!("approver `{}` of the risk acceptance {why}", approver.name);
    vec![
        RULE.at(stored, "/risk_acceptance/approver/name", "no person", message)
            .help("name the person who accepted the risk; what they are goes into `role:`"),
    ]
}
