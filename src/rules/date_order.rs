use chrono::NaiveDate;

use super::{Check, Context, Rule, future_date};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Item;
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
type Day = (String, &'static str, Option<NaiveDate>);

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    // A first date in the future is the fault, not the second one.
    let said_elsewhere = context.is_on(&future_date::RULE).then(|| future_date::latest(context));
    pairs(&stored.item)
        .into_iter()
        .filter_map(|((earlier_at, earlier, from), (later_at, later, to))| {
            let (from, to) = (from?, to?);
            let ahead = said_elsewhere.is_some_and(|latest| from > latest);
            (to < from && !ahead).then(|| {
                let message = format!("{later} {to} is before the {earlier} {from}");
                RULE.at(stored, &later_at, "too early", message)
                    .also(stored.document.label(&earlier_at).says(format!("the {earlier}")))
                    .help("correct the date that is wrong")
            })
        })
        .collect()
}

/// Pairs of dates of which the first must not be after the second.
fn pairs(item: &Item) -> Vec<(Day, Day)> {
    let detected = || {
        ("/original_detection_date".into(), "detection date", Some(item.original_detection_date))
    };
    let completed = || ("/completion_date".into(), "completion date", item.completion_date);
    let schedule = item.scheduled_completion_date;
    let mut pairs: Vec<(Day, Day)> = vec![
        (detected(), completed()),
        (detected(), ("/scheduled_completion_date".into(), "scheduled completion date", schedule)),
    ];
    for (index, step) in item.milestones.iter().enumerate() {
        let at = |field| format!("/milestones/{index}/{field}");
        let done = || (at("completed"), "completion of the milestone", step.completed);
        pairs.push((detected(), (at("due"), "due date of the milestone", step.due)));
        pairs.push((detected(), done()));
        pairs.push((done(), completed()));
    }
    for (index, deviation) in item.deviations.iter().enumerate() {
        let at = |field| format!("/deviations/{index}/{field}");
        let requested = (at("requested"), "request date", deviation.requested);
        pairs.push((requested, (at("decided"), "decision date", deviation.decided)));
    }
    if let Some(acceptance) = &item.risk_acceptance {
        let approved = ("/risk_acceptance/approved".into(), "approval date", acceptance.approved);
        let review = ("/risk_acceptance/review_by".into(), "review date", acceptance.review_by);
        pairs.push((approved, review));
    }
    if let Some(ver) = &item.ver {
        pairs.push((detected(), ("/ver/evaluated".into(), "evaluation date", ver.evaluated)));
    }
    pairs
}
