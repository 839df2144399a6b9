//! The rule `schedule-changed`: a change moves the scheduled completion date without an approved
//! adjustment or a vendor's release.
//!
//! Compares the base of a branch with its head, item by item. The page `schedule_changed.md` has
//! its text, source and examples.

use chrono::NaiveDate;

use super::schedule_beyond_deadline::schedule_deadline;
use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Decision, DeviationType, Item};
use crate::store::Stored;

/// A branch changes a scheduled completion date without cause.
pub(super) const RULE: Rule = Rule {
    name: "schedule-changed",
    level: Level::Error,
    summary: "a change moves the scheduled completion date without an approved adjustment or a \
    vendor's release",
    text: include_str!("schedule_changed.md"),
    numbers: &[],
    history: false,
    check: Check::Change(check),
};

fn check(change: &BranchChange<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) = change.edited_versions() else { return Vec::new() };
    let Some(from) = base.item.scheduled_completion_date else { return Vec::new() };
    let to = head.item.scheduled_completion_date;
    if to == Some(from) || to.is_some_and(|to| is_due(to, base, head, context)) {
        return Vec::new();
    }
    let (label, message) = match to {
        Some(to) => (
            format!("was {from}"),
            format!(
                "scheduled completion date changed from {from} to {to} without an approved reason"
            ),
        ),
        None => ("this item".to_owned(), format!("scheduled completion date {from} was removed")),
    };
    vec![RULE.at(head, "/scheduled_completion_date", label, message).help(format!(
        "put {from} back and move the milestones instead, or have a risk adjustment approved"
    ))]
}

/// Returns whether the new date is one that the rules give: by an adjustment, a release or a
/// corrected detection date, or because the old one lay beyond the deadline, where nothing may
/// stay.
fn is_due(to: NaiveDate, base: &Stored, head: &Stored, context: &Context<'_>) -> bool {
    let (before, item) = (&base.item, &head.item);
    let adjusted = item.decision(DeviationType::RiskAdjustment) == Decision::Yes;
    let released = fix_release(item).is_some();
    let newly = (adjusted && context.compute_due(base).rating != context.compute_due(head).rating)
        || (released && fix_release(item) != fix_release(before));
    let redetected = before.original_detection_date != item.original_detection_date;
    let was_beyond = before
        .scheduled_completion_date
        .is_some_and(|from| from > schedule_deadline(base, context));
    let deadline = schedule_deadline(head, context);
    let is_formula = (adjusted || released || redetected) && to == deadline;
    is_formula || ((newly || was_beyond) && to <= deadline)
}

fn fix_release(item: &Item) -> Option<NaiveDate> {
    item.vendor_dependency.as_ref().and_then(|one| one.fix_released)
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn only_what_the_rules_give_may_stand_there() {
        let approved = "deviations: [{type: risk-adjustment, state: approved, \
        adjusted_risk_rating: moderate}]";
        let pending =
            "deviations: [{type: risk-adjustment, state: pending, adjusted_risk_rating: moderate}]";
        let released = "vendor_dependency: {product: P, fix_released: 2026-03-01}";
        let day = |day: &str| format!("scheduled_completion_date: {day}\n");
        for (before, after, fires) in [
            (day("2026-03-07"), day("2026-03-06"), true),
            (day("2026-03-07"), String::new(), true),
            (day("2026-06-01"), day("2026-03-07"), false),
            (day("2026-06-01"), day("2026-05-01"), true),
            (String::new(), day("2026-03-07"), false),
            (day("2026-03-07"), day("2026-05-06") + pending, true),
            (day("2026-03-07"), day("2026-05-06") + approved, false),
            (day("2026-03-07"), day("2026-04-20") + approved, false),
            (day("2026-03-07"), day("2026-05-07") + approved, true),
            (day("2026-03-07") + approved, day("2026-05-06") + approved, false),
            (day("2026-05-06") + approved, day("2026-04-20") + approved, true),
            (day("2026-03-07"), day("2026-03-31") + released, false),
        ] {
            let item = |rest: &str| {
                format!(
                    "items/V-1.yaml\n{OPEN}original_detection_date: 2026-02-05\n\
                    original_risk_rating: high\n{rest}"
                )
            };
            let block = format!("fail\n# base: {}\n# file: {}", item(&before), item(&after));
            assert_eq!(!run_example(&RULE, &block).is_empty(), fires, "{before} -> {after}");
        }
    }
}
