//! The rule `emass-accepted-with-plan`: an accepted risk has milestones or a schedule, or no comments.
//!
//! Checks one item at a time. The page `emass_accepted_with_plan.md` has its text, source and
//! examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Status;
use crate::store::Stored;

/// An accepted risk has a plan, which eMASS refuses, or no comments, which it asks for.
pub(super) const RULE: Rule = Rule {
    name: "emass-accepted-with-plan",
    level: Level::Error,
    summary: "an accepted risk has milestones or a schedule, or no comments: eMASS refuses it",
    text: include_str!("emass_accepted_with_plan.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, _: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    if item.status != *Status::RISK_ACCEPTED {
        return Vec::new();
    }
    let mut found = Vec::new();
    if item.comments.as_ref().is_none_or(|text| text.trim().is_empty()) {
        let message = "eMASS refuses a Risk Accepted item without `comments`";
        let help = "add `comments: …` with who accepted the risk and why";
        found.push(RULE.at(stored, "/comments", "this item", message).help(help));
    }
    if item.scheduled_completion_date.is_some() {
        let message = "eMASS refuses a Risk Accepted item with a scheduled completion date";
        let help = "remove it; the day until which acceptance is requested is `emass: {requested_expiration: …}`";
        let place = "/scheduled_completion_date";
        found.push(RULE.at(stored, place, "scheduled here", message).help(help));
    }
    if !item.milestones.is_empty() {
        let message = "eMASS refuses a Risk Accepted item with milestones";
        let help = "remove the milestones; the history keeps them";
        found.push(RULE.at(stored, "/milestones", "planned here", message).help(help));
    }
    found
}
