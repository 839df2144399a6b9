//! The rule `emass-completed-incomplete`: a closed item lacks what eMASS asks of a Completed item.
//!
//! Checks one item at a time. The page `emass_completed_incomplete.md` has its text, source and
//! examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// A closed item lacks what eMASS asks of a Completed item.
pub(super) const RULE: Rule = Rule {
    name: "emass-completed-incomplete",
    level: Level::Error,
    summary: "a closed item lacks what eMASS asks of a Completed item",
    text: include_str!("emass_completed_incomplete.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    let not_applicable = item.emass.as_ref().is_some_and(|it| it.not_applicable);
    if context.is_open(stored) || not_applicable || item.is_approved_false_positive() {
        return Vec::new();
    }
    let mut found = Vec::new();
    if item.comments.as_ref().is_none_or(|text| text.trim().is_empty()) {
        let message = "eMASS refuses a Completed item without `comments`";
        let help = "add `comments: …` with what was done";
        found.push(RULE.at(stored, "/comments", "this item", message).help(help));
    }
    if item.milestones.is_empty() {
        let message = "eMASS refuses a Completed item without a milestone";
        let help = "add the milestone that completed it; where the weakness does not apply, `emass: {not_applicable: true}`";
        found.push(RULE.at(stored, "/milestones", "this item", message).help(help));
    }
    for (index, step) in item.milestones.iter().enumerate() {
        if !step.status.is_finished() {
            let message = format!(
                "eMASS refuses a Completed item whose milestone {} is {}",
                step.id, step.status
            );
            let help = "complete the milestone, or give it the status archived";
            let place = format!("/milestones/{index}/status");
            found.push(RULE.at(stored, &place, "not finished", message).help(help));
        }
    }
    found
}
