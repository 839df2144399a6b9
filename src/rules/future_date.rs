//! The rule `future-date`: something is stated to have happened on a day that has not come.
//!
//! Checks one item at a time. The page `future_date.md` has its text, source and examples.

use chrono::{Days, NaiveDate};

use super::address::ValueAddress::{self, Entry, Field};
use super::{Check, Context, Loosening, Number, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{DayOrInstant, Item};
use crate::store::Stored;

/// Something is stated to have happened on a day that has not come.
pub(super) const RULE: Rule = Rule {
    name: "future-date",
    level: Level::Error,
    summary: "something is said to have happened on a day that has not come",
    text: include_str!("future_date.md"),
    numbers: &[Number {
        name: "days",
        default: 1,
        meaning: "days ahead that pass, for other time zones",
        loosened_by: Loosening::Increase,
    }],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let latest = latest_day(context);
    past_days(&stored.item)
        .into_iter()
        .filter(|(_, _, day)| *day > latest)
        .map(|(address, what, day)| {
            let message = format!("{what} {day} is in the future");
            RULE.at(stored, &address.to_pointer(), "has not come yet", message)
                .help("write the day on which it happened, and leave it out until then")
        })
        .collect()
}

/// Returns the last day that something can have happened on.
pub(super) fn latest_day(context: &Context<'_>) -> NaiveDate {
    let ahead = Days::new(u64::from(context.number(&RULE, "days")));
    context.today.checked_add_days(ahead).unwrap_or(context.today)
}

/// Returns every date of something that has happened: address, name, day.
fn past_days(item: &Item) -> Vec<(ValueAddress, &'static str, NaiveDate)> {
    let mut days = Vec::new();
    let mut add = |address: ValueAddress, what, day: Option<NaiveDate>| {
        days.extend(day.map(|day| (address, what, day)));
    };
    add(Field("original_detection_date"), "detection date", Some(item.original_detection_date));
    add(Field("completion_date"), "completion date", item.completion_date);
    for (index, step) in item.milestones.iter().enumerate() {
        add(Entry("milestones", index, "completed"), "completion of a milestone", step.completed);
    }
    for (index, deviation) in item.deviations.iter().enumerate() {
        add(Entry("deviations", index, "requested"), "request date", deviation.requested);
        add(Entry("deviations", index, "decided"), "decision date", deviation.decided);
    }
    if let Some(vendor) = &item.vendor_dependency {
        add(Field("vendor_dependency/last_check_in"), "check-in date", vendor.last_check_in);
        add(Field("vendor_dependency/fix_released"), "release date", vendor.fix_released);
    }
    let approved = item.risk_acceptance.as_ref().and_then(|acceptance| acceptance.approved);
    add(Field("risk_acceptance/approved"), "approval date", approved);
    for (index, evidence) in item.evidence.iter().enumerate() {
        add(Entry("evidence", index, "collected"), "collection date", evidence.collected);
    }
    for (index, review) in item.reviews.iter().enumerate() {
        add(Entry("reviews", index, "date"), "review date", Some(review.date));
    }
    if let Some(ver) = &item.ver {
        add(Field("ver/detected"), "time of detection", ver.detected.map(DayOrInstant::day));
        add(Field("ver/evaluated"), "evaluation date", ver.evaluated.map(DayOrInstant::day));
    }
    let added = item.kev.as_ref().and_then(|kev| kev.added);
    add(Field("kev/added"), "day of the catalog's entry", added);
    days
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn tomorrow_may_be_today_elsewhere() {
        for (day, expected) in [("2026-03-01", 0), ("2026-03-02", 0), ("2026-03-03", 1)] {
            let item =
                format!("fail\n{OPEN}original_detection_date: {day}\noriginal_risk_rating: high");
            assert_eq!(run_example(&RULE, &item).len(), expected, "{day}");
        }
    }

    #[test]
    fn every_day_of_something_done_is_looked_at_and_marked() {
        let item = &format!(
            "fail\n{OPEN}original_detection_date: 2027-01-01\noriginal_risk_rating: high\n\
            completion_date: 2027-01-02\nmilestones: [{{id: 1, description: D, due: 2028-01-01, \
            completed: 2027-01-03}}]\ndeviations: [{{type: false-positive, state: pending, \
            requested: 2027-01-04, decided: 2027-01-05}}]\nvendor_dependency: {{last_check_in: \
            2027-01-06, fix_released: 2027-01-07}}\nrisk_acceptance: {{approved: 2027-01-08, \
            review_by: 2028-01-01}}\nevidence: [{{reference: R, collected: 2027-01-09}}]\n\
            reviews: [{{date: 2027-01-10, by: Sam Roe}}]\nver: {{detected: 2027-01-11, evaluated: 2027-01-12}}\nkev: {{listed: true, added: 2027-01-13}}"
        );
        let said = run_example(&RULE, item);
        assert_eq!(said.len(), 13);
        for (index, said) in said.iter().enumerate() {
            assert!(said.starts_with(&format!("error `2027-01-{:02}`", index + 1)), "{said}");
        }
    }
}
