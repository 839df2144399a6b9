//! The rule `high-vendor-dependency`: a high item waits for a vendor and was not brought down to
//! moderate in time.
//!
//! Checks one item at a time. The page `high_vendor_dependency.md` has its text, source and
//! examples.

use super::clock::{Clock, count_days};
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Basis, Decision, DeviationType, Due, Item, RiskRating};
use crate::store::Stored;

/// A high risk waits for a vendor.
pub(super) const RULE: Rule = Rule {
    name: "high-vendor-dependency",
    level: Level::Error,
    summary: "a high item waits for a vendor and was not brought down to moderate in time",
    text: include_str!("high_vendor_dependency.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

/// Returns whether an item is a high vendor dependency whose deadline, counted from detection,
/// determines its due date.
pub(super) fn is_one(item: &Item, due: &Due) -> bool {
    let waits = item.vendor_dependency.as_ref().is_some_and(|vendor| vendor.fix_released.is_none());
    waits && due.rating >= RiskRating::High && due.basis == Basis::Detection
}

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let (item, due) = (&stored.item, context.compute_due(stored));
    let false_positive = item.decision(DeviationType::FalsePositive) == Decision::Yes;
    if !context.is_open(stored)
        || !is_one(item, &due)
        || false_positive
        || context.is_exempt(stored)
    {
        return Vec::new();
    }
    let (at, rating, day) = ("/vendor_dependency", due.rating, due.effective);
    let help = match item.decision(DeviationType::RiskAdjustment) {
        Decision::Pending => "the requested risk adjustment counts once it is approved",
        _ => "mitigate to moderate by compensating controls, and request a risk adjustment",
    };
    match context.relate_today(day) {
        Clock::Passed(ago) => {
            let message = format!(
                "{rating} item waits for a vendor, {} past {day}, and is late",
                count_days(ago)
            );
            vec![RULE.at(stored, at, "no reason to wait", message).help(help)]
        }
        Clock::Soon(left) => {
            let message = format!(
                "{rating} item waits for a vendor, and is late unless mitigated {}: {day}",
                time_left(left)
            );
            vec![RULE.at(stored, at, "no reason to wait", message).level(Level::Note).help(help)]
        }
        Clock::Far => Vec::new(),
    }
}

fn time_left(left: i64) -> String {
    match left {
        0 => "today".to_owned(),
        _ => format!("within {}", count_days(left)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn a_high_item_may_not_wait_beyond_thirty_days() {
        for (today, check_in, expected, general) in [
            ("2026-01-31", "2026-01-30", "note", 0),
            ("2026-02-01", "2026-01-30", "error", 0),
            ("2026-02-01", "2025-12-01", "error", 0),
        ] {
            let item = format!(
                "fail today={today}\n{OPEN}original_detection_date: 2026-01-01\n\
                original_risk_rating: high\nvendor_dependency: {{product: P, last_check_in: \
                {check_in}}}"
            );
            let mine = run_example(&RULE, &item);
            assert!(mine.len() == 1 && mine[0].starts_with(expected), "{mine:?}");
            assert_eq!(run_example(&super::super::overdue::RULE, &item).len(), general, "{today}");
        }
    }
}
