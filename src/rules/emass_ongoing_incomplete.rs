//! The rule `emass-ongoing-incomplete`: an open item lacks what eMASS asks of an Ongoing item.
//!
//! Checks one item at a time. The page `emass_ongoing_incomplete.md` has its text, source and
//! examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Status;
use crate::store::Stored;

/// An open item lacks what eMASS asks of an Ongoing item.
pub(super) const RULE: Rule = Rule {
    name: "emass-ongoing-incomplete",
    level: Level::Error,
    summary: "an open item lacks what eMASS asks of an Ongoing item",
    text: include_str!("emass_ongoing_incomplete.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    if !context.is_open(stored) || item.status == *Status::RISK_ACCEPTED {
        return Vec::new();
    }
    let has_office = item.emass.as_ref().is_some_and(|it| it.office.is_some());
    let needs = [
        (item.scheduled_completion_date.is_some(), "scheduled_completion_date", "YYYY-MM-DD"),
        (
            has_office || item.point_of_contact.is_some(),
            "emass",
            "{office: \"Organization, First Last, phone, email\"}",
        ),
        (item.resources_required.is_some(), "resources_required", "…"),
        (item.detector_source.is_some(), "detector_source", "…"),
        (!item.milestones.is_empty(), "milestones", "[{id: 1, description: …, due: YYYY-MM-DD}]"),
    ];
    let missing = needs.into_iter().filter(|(is_there, ..)| !is_there);
    missing
        .map(|(_, field, example)| {
            let name = if field == "emass" { "office" } else { field };
            let message = format!("eMASS refuses an Ongoing item without `{name}`");
            RULE.at(stored, &format!("/{field}"), "this item", message)
                .help(format!("add `{field}: {example}`"))
        })
        .collect()
}
