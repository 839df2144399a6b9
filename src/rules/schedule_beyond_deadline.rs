//! The rule `schedule-beyond-deadline`: an open item is scheduled for after its deadline.
//!
//! Checks one item at a time. The page `schedule_beyond_deadline.md` has its text, source and
//! examples.

use chrono::NaiveDate;

use super::clock::count_days;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Decision, DeviationType, Due, Item};
use crate::store::Stored;

/// An item is scheduled for after its deadline.
pub(super) const RULE: Rule = Rule {
    name: "schedule-beyond-deadline",
    level: Level::Error,
    summary: "an open item is scheduled for after its deadline",
    text: include_str!("schedule_beyond_deadline.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    let Some(scheduled) = item.scheduled_completion_date else { return Vec::new() };
    if !context.is_open(stored)
        || item.decision(DeviationType::OperationalRequirement) == Decision::Yes
    {
        return Vec::new();
    }
    let deadline = schedule_deadline(stored, context);
    if scheduled <= deadline {
        return Vec::new();
    }
    let rating = context.compute_due(stored).rating;
    let beyond = count_days((scheduled - deadline).num_days());
    let message = format!(
        "scheduled completion date {scheduled} is {beyond} after the deadline of {rating} \
        items, {deadline}"
    );
    let help = match item.decision(DeviationType::RiskAdjustment) {
        Decision::Pending => {
            format!(
                "write {deadline}: a pending risk adjustment moves nothing until it is approved"
            )
        }
        _ => format!(
            "write {deadline} or an earlier day; only an approved risk adjustment moves the \
            deadline"
        ),
    };
    let detected = stored.document.label("/original_detection_date").says("counted from here");
    vec![
        RULE.at(stored, "/scheduled_completion_date", "too late", message)
            .also(detected)
            .help(help),
    ]
}

/// Returns the last day that a schedule may name. CISA's date for a known exploited vulnerability
/// is not in it: it has a field of its own.
pub(super) fn schedule_deadline(stored: &Stored, context: &Context<'_>) -> NaiveDate {
    let item = &stored.item;
    let due = match item.kev {
        None => context.compute_due(stored),
        Some(_) => {
            let without = Item { kev: None, ..item.clone() };
            Due::compute(&without, context.permanent_values(stored), &context.settings.deadlines)
        }
    };
    due.scheduled.max(due.effective)
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn only_an_approved_adjustment_or_a_release_moves_the_deadline() {
        let adjusted = |state: &str| {
            format!(
                "deviations: [{{type: risk-adjustment, state: {state}, adjusted_risk_rating: \
                moderate}}]"
            )
        };
        for (rest, scheduled, fires) in [
            (String::new(), "2026-01-31", false),
            (String::new(), "2026-02-01", true),
            (adjusted("pending"), "2026-02-01", true),
            (adjusted("denied"), "2026-02-01", true),
            (adjusted("approved"), "2026-04-01", false),
            (adjusted("approved"), "2026-04-02", true),
            ("kev: {listed: true, due: 2026-01-15}".into(), "2026-01-31", false),
            (
                "vendor_dependency: {product: P, fix_released: 2026-05-01}".into(),
                "2026-05-31",
                false,
            ),
            (
                "vendor_dependency: {product: P, fix_released: 2026-05-01}".into(),
                "2026-06-01",
                true,
            ),
        ] {
            let item = format!(
                "fail today=2026-01-02\n{OPEN}original_detection_date: 2026-01-01\n\
                original_risk_rating: high\nscheduled_completion_date: {scheduled}\n{rest}"
            );
            assert_eq!(!run_example(&RULE, &item).is_empty(), fires, "{rest} {scheduled}");
        }
    }
}
