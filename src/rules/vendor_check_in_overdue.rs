//! The rule `vendor-check-in-overdue`: an item waits for a vendor who was not asked for more than
//! 30 days.
//!
//! Checks one item at a time. The page `vendor_check_in_overdue.md` has its text, source and
//! examples.

use chrono::Days;

use super::clock::{Clock, count_days, days_ahead};
use super::{Check, Context, Loosening, Number, Rule, overdue};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Basis, RiskRating};
use crate::store::Stored;

/// The vendor was not asked for too long.
pub(super) const RULE: Rule = Rule {
    name: "vendor-check-in-overdue",
    level: Level::Error,
    summary: "an item waits for a vendor who was not asked for more than 30 days",
    text: include_str!("vendor_check_in_overdue.md"),
    numbers: &[Number {
        name: "days",
        default: 30,
        meaning: "days from one check-in to the next",
        loosened_by: Loosening::Increase,
    }],
    history: false,
    check: Check::Item(check),
};

/// The longest announcement: with a check-in every month a longer one would never be silent.
const ANNOUNCED: u32 = 7;

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let vendor = stored.item.vendor_dependency.as_ref();
    let Some(vendor) = vendor.filter(|vendor| vendor.fix_released.is_none()) else {
        return Vec::new();
    };
    if !context.is_open(stored) || is_said_elsewhere(stored, context) {
        return Vec::new();
    }
    let name = vendor.vendor.as_deref().or(vendor.product.as_deref()).unwrap_or("the vendor");
    let help = "ask the vendor, and record the day in `last_check_in:`";
    let Some(asked) = vendor.last_check_in else {
        let message = format!("no check-in with {name} is recorded");
        return vec![RULE.at(stored, "/vendor_dependency", "never asked", message).help(help)];
    };
    let at = "/vendor_dependency/last_check_in";
    let count = context.number(&RULE, "days");
    let due = asked.checked_add_days(Days::new(u64::from(count))).unwrap_or(asked);
    let announced = context.settings.warn_days.min(ANNOUNCED);
    match Clock::relate_day(due, context.today, announced) {
        Clock::Passed(ago) => {
            let ago = count_days(ago + i64::from(count));
            let message = format!("{name} was last asked {ago} ago, on {asked}");
            vec![RULE.at(stored, at, "the last time", message).help(help)]
        }
        Clock::Soon(left) => {
            let message = format!("{name} is to be asked again {}: {due}", days_ahead(left));
            vec![RULE.at(stored, at, "the last time", message).level(Level::Note).help(help)]
        }
        Clock::Far => Vec::new(),
    }
}

/// A low or moderate item past its due date is late for want of a check-in: one fault.
fn is_said_elsewhere(stored: &Stored, context: &Context<'_>) -> bool {
    let due = context.compute_due(stored);
    context.is_on(&overdue::RULE)
        && !context.is_exempt(stored)
        && due.basis == Basis::Detection
        && due.rating < RiskRating::High
        && due.effective < context.today
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn thirty_days_are_in_time() {
        for (check_in, expected) in [
            ("last_check_in: 2026-02-20", vec![]),
            (
                "last_check_in: 2026-02-05",
                vec!["note `2026-02-05`: P is to be asked again in 6 days: 2026-03-07"],
            ),
            (
                "last_check_in: 2026-01-30",
                vec!["note `2026-01-30`: P is to be asked again today: 2026-03-01"],
            ),
            (
                "last_check_in: 2026-01-29",
                vec!["error `2026-01-29`: P was last asked 31 days ago, on 2026-01-29"],
            ),
            ("product: P", vec!["error `vendor_dependency`: no check-in with P is recorded"]),
        ] {
            let item = format!(
                "fail\n{OPEN}original_detection_date: 2026-01-05\noriginal_risk_rating: \
                moderate\nvendor_dependency:\n  product: P\n  {}",
                check_in.replace("product: P", "vendor: P")
            );
            assert_eq!(run_example(&RULE, &item), expected, "{check_in}");
        }
    }

    #[test]
    fn a_late_item_is_said_once() {
        let item = &format!(
            "fail today=2026-06-05\n{OPEN}original_detection_date: 2026-01-01\n\
            original_risk_rating: moderate\nvendor_dependency: {{product: P, last_check_in: \
            2026-05-05}}\n"
        );
        assert_eq!(
            (run_example(&RULE, item).len(), run_example(&overdue::RULE, item).len()),
            (0, 1)
        );
        let without = format!("{item}# settings\nrules: {{overdue: off}}");
        assert_eq!(run_example(&RULE, &without).len(), 1);
    }
}
