//! The rule `missing-change-ticket`: work is under way or done without a ticket in change
//! management.
//!
//! Checks one item at a time. The page `missing_change_ticket.md` has its text, source and
//! examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Decision, DeviationType, Kind, Status};
use crate::store::Stored;

/// Work is under way or done without a ticket in change management.
pub(super) const RULE: Rule = Rule {
    name: "missing-change-ticket",
    level: Level::Warning,
    summary: "work is under way or done without a ticket in change management",
    text: include_str!("missing_change_ticket.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    let works = !context.is_open(stored)
        || item.status == Status::IN_PROGRESS
        || item.status == Status::PENDING_VALIDATION;
    let no_change = item.kind == Kind::Documentation
        || item.decision(DeviationType::FalsePositive) == Decision::Yes;
    if !works || no_change || item.change_ticket.is_some() {
        return Vec::new();
    }
    let message = format!("item is {}, but names no change ticket", item.status);
    vec![
        RULE.at(stored, "/status", "work is under way or done", message)
            .help("add `change_ticket:` with the number in change management"),
    ]
}
