//! The rule `date-order`: two dates of an item contradict each other.
//!
//! Checks one item at a time. The page `date_order.md` has its text, source and examples.

use chrono::NaiveDate;

use super::address::ValueAddress;
use super::{Check, Context, Rule, future_date};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{DayOrInstant, Item};
use crate::store::Stored;

/// Two dates contradict each other.
pub(super) const RULE: Rule = Rule {
    name: "date-order",
    level: Level::Error,
    summary: "two dates of an item contradict each other",
    text: include_str!("date_order.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

/// A date: address, name, day.
type Day = (ValueAddress, &'static str, Option<NaiveDate>);

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    // A first date in the future is the fault, not the second one.
    let said_elsewhere =
        context.is_on(&future_date::RULE).then(|| future_date::latest_day(context));
    date_pairs(&stored.item)
        .into_iter()
        .filter_map(|((earlier_at, earlier, from), (later_at, later, to))| {
            let (from, to) = (from?, to?);
            let ahead = said_elsewhere.is_some_and(|latest| from > latest);
            (to < from && !ahead).then(|| {
                let message = format!("{later} {to} is before the {earlier} {from}");
                RULE.at(stored, &later_at.to_pointer(), "too early", message)
                    .also(
                        stored
                            .document
                            .label(&earlier_at.to_pointer())
                            .says(format!("the {earlier}")),
                    )
                    .help("correct the date that is wrong")
            })
        })
        .collect()
}

/// Pairs of dates of which the first must not be after the second.
fn date_pairs(item: &Item) -> Vec<(Day, Day)> {
    use ValueAddress::{Entry, Field};
    let detected =
        (Field("original_detection_date"), "detection date", Some(item.original_detection_date));
    let completed = (Field("completion_date"), "completion date", item.completion_date);
    let schedule = item.scheduled_completion_date;
    let mut pairs: Vec<(Day, Day)> = vec![
        (detected, completed),
        (detected, (Field("scheduled_completion_date"), "scheduled completion date", schedule)),
    ];
    for (index, step) in item.milestones.iter().enumerate() {
        let at = |field| Entry("milestones", index, field);
        let done = (at("completed"), "completion of the milestone", step.completed);
        pairs.push((detected, (at("due"), "due date of the milestone", step.due)));
        pairs.push((detected, done));
        pairs.push((done, completed));
    }
    for (index, deviation) in item.deviations.iter().enumerate() {
        let at = |field| Entry("deviations", index, field);
        let requested = (at("requested"), "request date", deviation.requested);
        pairs.push((requested, (at("decided"), "decision date", deviation.decided)));
    }
    if let Some(acceptance) = &item.risk_acceptance {
        let approved = (Field("risk_acceptance/approved"), "approval date", acceptance.approved);
        let review = (Field("risk_acceptance/review_by"), "review date", acceptance.review_by);
        pairs.push((approved, review));
    }
    if let Some(ver) = &item.ver {
        let evaluated = ver.evaluated.map(DayOrInstant::day);
        pairs.push((detected, (Field("ver/evaluated"), "evaluation date", evaluated)));
    }
    pairs
}
