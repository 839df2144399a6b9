//! The rule `overdue`: an open item is past its due date.
//!
//! Checks one item at a time. The page `overdue.md` has its text, source and examples.

use super::clock::{Clock, count_days, days_ahead};
use super::{Check, Context, Rule, high_vendor_dependency, kev_overdue};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Basis, Decision, DeviationType, Due, RiskRating};
use crate::store::Stored;

/// An open item is past its due date.
pub(super) const RULE: Rule = Rule {
    name: "overdue",
    level: Level::Error,
    summary: "an open item is past its due date",
    text: include_str!("overdue.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    if !context.is_open(stored)
        || context.is_exempt(stored)
        || item.decision(DeviationType::FalsePositive) == Decision::Yes
    {
        return Vec::new();
    }
    let due = context.compute_due(stored);
    let elsewhere = (due.basis == Basis::Kev && context.is_on(&kev_overdue::RULE))
        || (high_vendor_dependency::is_one(item, &due)
            && context.is_on(&high_vendor_dependency::RULE));
    if elsewhere {
        return Vec::new();
    }
    let own = item.scheduled_completion_date.filter(|own| *own < due.effective);
    let label = || match item.scheduled_completion_date {
        Some(_) => stored.document.label("/scheduled_completion_date").says("the schedule"),
        None => stored.document.label("/original_detection_date").says("detected"),
    };
    let said = match (
        context.relate_today(due.effective),
        own.map(|own| (own, context.relate_today(own))),
    ) {
        (Clock::Passed(ago), _) => {
            let why = explain_due(stored, context, &due);
            let message =
                format!("item is overdue by {}: due {}, {why}", count_days(ago), due.effective);
            RULE.on(stored, label(), message)
        }
        (_, Some((own, Clock::Passed(ago)))) => {
            let message = format!(
                "scheduled completion date {own} passed {} ago; the item is due {}",
                count_days(ago),
                due.effective
            );
            RULE.on(stored, label(), message).at_most(Level::Warning)
        }
        (_, Some((own, Clock::Soon(left)))) => {
            let message = format!("completion is scheduled {}: {own}", days_ahead(left));
            RULE.on(stored, label(), message).level(Level::Note)
        }
        (Clock::Soon(left), _) => {
            let why = explain_due(stored, context, &due);
            let message = format!("item is due {}: {}, {why}", days_ahead(left), due.effective);
            RULE.on(stored, label(), message).level(Level::Note)
        }
        (Clock::Far, _) => return Vec::new(),
    };
    vec![said.help(way_out(stored, context, &due))]
}

/// Explains the due date of an item.
fn explain_due(stored: &Stored, context: &Context<'_>, due: &Due) -> String {
    let count = count_days(i64::from(context.settings.deadlines.days_for(due.rating)));
    let item = &stored.item;
    let permanent = context.permanent_values(stored);
    let mut rating = match due.rating == permanent.rating {
        true => due.rating.to_string(),
        false => format!("{}, adjusted from {}", due.rating, permanent.rating),
    };
    if permanent.rating != item.original_risk_rating {
        rating.push_str(", as first recorded");
    }
    let mut why = match due.basis {
        Basis::Detection if permanent.detected != item.original_detection_date => format!(
            "{count} after detection on {}, as first recorded ({rating})",
            permanent.detected
        ),
        Basis::Detection => format!("{count} after detection ({rating})"),
        Basis::VendorRelease => format!("{count} after the vendor released a fix ({rating})"),
        Basis::Kev => "the day that CISA gives".to_owned(),
        Basis::ConditionalStatus => format!("{count} after the conditional status"),
    };
    let waits = item.vendor_dependency.as_ref().filter(|vendor| vendor.fix_released.is_none());
    match waits.map(|vendor| vendor.last_check_in) {
        Some(Some(day)) => {
            why.push_str(&format!(", and the vendor was last asked on {day}"));
        }
        Some(None) => why.push_str(", and the vendor was never asked"),
        None => {}
    }
    why
}

fn way_out(stored: &Stored, context: &Context<'_>, due: &Due) -> String {
    let item = &stored.item;
    let waits = item.vendor_dependency.as_ref().is_some_and(|vendor| vendor.fix_released.is_none());
    if waits && due.rating < RiskRating::High {
        return "ask the vendor and record the day in `last_check_in:`".to_owned();
    }
    if item.decision(DeviationType::RiskAdjustment) == Decision::Pending {
        return "finish and close it; the pending risk adjustment moves the date once approved"
            .to_owned();
    }
    if context.is_deferred(stored) || context.is_accepted(stored) {
        return format!("close it, or request a deviation: {} does not move the date", item.status);
    }
    "finish and close it, or request a deviation".to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    const HEAD: &str = "original_detection_date: 2026-01-01\n";
    const MODERATE: &str = "original_risk_rating: moderate\n";

    fn on(today: &str, rest: &str) -> Vec<String> {
        run_example(&RULE, &format!("fail today={today}\n{OPEN}{HEAD}{rest}"))
    }

    #[test]
    fn the_due_day_itself_is_not_late() {
        let high = "original_risk_rating: high\n";
        for (today, expected) in [
            ("2026-01-16", vec![]),
            (
                "2026-01-17",
                vec![
                    "note `2026-01-01`: item is due in 14 days: 2026-01-31, 30 days after \
                    detection (high)",
                ],
            ),
            (
                "2026-01-31",
                vec![
                    "note `2026-01-01`: item is due today: 2026-01-31, 30 days after detection \
                    (high)",
                ],
            ),
            (
                "2026-02-01",
                vec![
                    "error `2026-01-01`: item is overdue by 1 day: due 2026-01-31, 30 days \
                    after detection (high)",
                ],
            ),
        ] {
            assert_eq!(on(today, high), expected, "{today}");
        }
    }

    #[test]
    fn a_vendor_asked_within_thirty_days_keeps_an_item_from_being_late() {
        for (check_in, late) in [("2026-05-06", false), ("2026-05-05", true)] {
            let rest =
                format!("{MODERATE}vendor_dependency: {{product: P, last_check_in: {check_in}}}");
            let said = on("2026-06-05", &rest);
            assert_eq!(!said.is_empty(), late, "{check_in}: {said:?}");
            if late {
                assert_eq!(
                    said,
                    ["error `2026-01-01`: item is overdue by 65 days: due 2026-04-01, 90 \
                        days after detection (moderate), and the vendor was last asked on \
                        2026-05-05"]
                );
            }
        }
    }

    #[test]
    fn a_released_fix_starts_the_count_again() {
        let rest = format!(
            "{MODERATE}vendor_dependency: {{product: P, last_check_in: 2026-05-01, \
            fix_released: 2026-05-01}}"
        );
        assert_eq!(on("2026-07-15", &rest), Vec::<String>::new());
        assert_eq!(
            on("2026-07-31", &rest),
            ["error `2026-01-01`: item is overdue by 1 day: due 2026-07-30, 90 days after \
                the vendor released a fix (moderate)"]
        );
    }

    #[test]
    fn an_approved_operational_requirement_is_not_late() {
        for (state, late) in [("approved", false), ("pending", true), ("denied", true)] {
            let rest = format!(
                "{MODERATE}deviations: [{{type: operational-requirement, state: {state}}}]"
            );
            assert_eq!(!on("2026-06-05", &rest).is_empty(), late, "{state}");
        }
    }

    #[test]
    fn a_schedule_of_its_own_that_has_passed_is_a_warning() {
        let rest = format!("{MODERATE}scheduled_completion_date: 2026-02-01");
        assert_eq!(
            on("2026-02-03", &rest),
            ["warning `2026-02-01`: scheduled completion date 2026-02-01 passed 2 days ago; \
                the item is due 2026-04-01"]
        );
        assert_eq!(
            on("2026-01-31", &rest),
            ["note `2026-02-01`: completion is scheduled tomorrow: 2026-02-01"]
        );
    }

    #[test]
    fn a_deferral_stops_the_clock_only_where_the_profile_says_so() {
        let rest = "original_risk_rating: high\ndeferral: {reason: R, until: 2026-05-01}\n";
        let item = format!("{OPEN}{HEAD}{rest}").replace("status: open", "status: deferred");
        for (profile, late) in [("fedramp-rev5", true), ("generic", false)] {
            let block = format!("fail today=2026-04-01\n{item}# settings\nprofile: {profile}");
            assert_eq!(!run_example(&RULE, &block).is_empty(), late, "{profile}");
        }
    }
}
