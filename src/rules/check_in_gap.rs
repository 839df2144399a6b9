//! The rule `check-in-gap`: the recorded check-ins with a vendor were more than 30 days apart.
//!
//! Checks one item at a time. The page `check_in_gap.md` has its text, source and examples.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::clock::count_days;
use super::{Check, Context, Loosening, Number, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::{Action, Event};
use crate::store::Stored;

/// A vendor was not asked for too long in the past.
pub(super) const RULE: Rule = Rule {
    name: "check-in-gap",
    level: Level::Warning,
    summary: "the recorded check-ins with a vendor were more than 30 days apart",
    text: include_str!("check_in_gap.md"),
    numbers: &[Number {
        name: "days",
        default: 30,
        meaning: "days from one check-in to the next",
        loosened_by: Loosening::Increase,
    }],
    history: true,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_open(stored) || !stored.item.vendor_dependency.as_deref().is_some_and(is_waiting)
    {
        return Vec::new();
    }
    let life = context.item_events(stored);
    let asked: BTreeSet<NaiveDate> = life.iter().filter_map(|event| check_in(event)).collect();
    let asked: Vec<NaiveDate> = asked.into_iter().collect();
    let most = i64::from(context.number(&RULE, "days"));
    let gaps = asked.windows(2).filter_map(|pair| match *pair {
        [from, to] if (to - from).num_days() > most => Some((from, to)),
        _ => None,
    });
    let gaps: Vec<String> = gaps
        .map(|(from, to)| format!("{} from {from} to {to}", count_days((to - from).num_days())))
        .collect();
    if gaps.is_empty() {
        return Vec::new();
    }
    let message = format!("the vendor was not asked for {}", gaps.join(", "));
    let help = "ask every month; a check-in that was made and not recorded belongs into a review \
        with its day, and `allow:` says so here";
    vec![RULE.at(stored, "/vendor_dependency/last_check_in", "the last time", message).help(help)]
}

fn is_waiting(vendor: &crate::model::VendorDependency) -> bool {
    vendor.fix_released.is_none()
}

/// Returns the day of the check-in that an event records.
fn check_in(event: &Event) -> Option<NaiveDate> {
    let value = match event.action {
        Action::ItemCreated => event.new.get("vendor_dependency")?.get("last_check_in").cloned(),
        Action::VendorCheckedIn if event.new.is_object() => event.new.get("last_check_in"),
        Action::VendorCheckedIn => Some(event.new.value()),
        _ => None,
    };
    value?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    #[test]
    fn thirty_days_are_in_time() {
        let vendor =
            |day: &str| format!("vendor_dependency:\n  product: P\n  last_check_in: 2026-{day}\n");
        for (checks, expected) in [
            (vec!["01-10", "02-09", "03-11"], vec![]),
            (
                vec!["01-10", "02-10", "03-11"],
                vec![
                    "warning `2026-03-11`: the vendor was not asked for 31 days from 2026-01-10 to 2026-02-10",
                ],
            ),
            (
                vec!["01-10", "02-10", "04-11"],
                vec![
                    "warning `2026-04-11`: the vendor was not asked for 31 days from 2026-01-10 to 2026-02-10, 60 days from 2026-02-10 to 2026-04-11",
                ],
            ),
            (vec!["01-10", "03-10", "02-08"], vec![]),
        ] {
            let mut block = "fail today=2026-05-05\n# commit: 2026-01-08\nid: V-1\nweakness_name: W\nstatus: open\n\
                original_detection_date: 2026-01-05\noriginal_risk_rating: low\n".to_owned();
            for (number, day) in checks.iter().enumerate() {
                block.push_str(&format!("# commit: 2026-04-1{number}\n{}", vendor(day)));
            }
            assert_eq!(run_example(&RULE, &block), expected, "{checks:?}");
        }
    }
}
