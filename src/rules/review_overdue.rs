//! The rule `review-overdue`: a review that is under way is late, or the item was not reviewed for
//! too long.
//!
//! Checks one item at a time. The page `review_overdue.md` has its text, source and examples.

use chrono::{Days, NaiveDate};

use super::clock::{Clock, count_days, days_ahead};
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::ReviewState;
use crate::store::Stored;

/// A step of a review is late, or an item needs a review.
pub(super) const RULE: Rule = Rule {
    name: "review-overdue",
    level: Level::Error,
    summary: "a review that is under way is late, or the item was not reviewed for too long",
    text: include_str!("review_overdue.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_open(stored) {
        return Vec::new();
    }
    match &stored.item.review {
        Some(_) => due_step(stored, context).into_iter().collect(),
        None => due_cadence(stored, context).into_iter().collect(),
    }
}

/// Returns the step of a review that is under way.
fn due_step(stored: &Stored, context: &Context<'_>) -> Option<Diagnostic> {
    let review = stored.item.review.as_deref()?;
    let due = review.due?;
    let id = &stored.item.id;
    let (who, help) = match review.state {
        ReviewState::Requested | ReviewState::Returned => {
            ("the owner", format!("bring the item up to date, then `poam review submit {id}`"))
        }
        ReviewState::Submitted => (
            review.by.trim(),
            format!("`poam review complete {id}`, or `poam review return {id}` for changes"),
        ),
    };
    let state = review.state;
    report_step(
        stored,
        context,
        DueStep { at: "/review/due", due, who, what: &format!("review is {state}") },
        help,
    )
}

/// Returns the review that the settings ask for every so many days.
fn due_cadence(stored: &Stored, context: &Context<'_>) -> Option<Diagnostic> {
    let every = context.settings.review.every?;
    let item = &stored.item;
    let past = item.reviews.iter().map(|review| review.date).filter(|day| *day <= context.today);
    let last = past.max();
    let from = last.unwrap_or(item.original_detection_date);
    let due = from.checked_add_days(Days::new(u64::from(every)))?;
    let what = match last {
        Some(day) => format!("last review was on {day}"),
        None => "item was never reviewed".to_owned(),
    };
    let at = if item.reviews.is_empty() { "/status" } else { "/reviews" };
    let help = format!(
        "`poam review {} --note RESULT` records one; `poam review request {}` asks the owner for it",
        item.id, item.id
    );
    report_step(stored, context, DueStep { at, due, who: "the reviewer", what: &what }, help)
}

/// The place and the words of a review that is due.
struct DueStep<'a> {
    at: &'static str,
    due: NaiveDate,
    who: &'a str,
    what: &'a str,
}

fn report_step(
    stored: &Stored,
    context: &Context<'_>,
    DueStep { at, due, who, what }: DueStep<'_>,
    help: String,
) -> Option<Diagnostic> {
    match context.relate_today(due) {
        Clock::Passed(late) => {
            let settings = &context.settings.review;
            let told = match settings.escalate_to.join(", ") {
                names if names.is_empty() || late < i64::from(settings.escalate_after) => {
                    String::new()
                }
                names => format!("; escalated to {names}"),
            };
            let message =
                format!("{what}: {who} was to act by {due}, {} ago{told}", count_days(late));
            Some(RULE.at(stored, at, "has passed", message).help(help))
        }
        Clock::Soon(left) => {
            let message = format!("{what}: {who} is to act {}: {due}", days_ahead(left));
            Some(RULE.at(stored, at, "coming up", message).level(Level::Note).help(help))
        }
        Clock::Far => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    const ITEM: &str = "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-05\n\
        original_risk_rating: low\n";

    #[test]
    fn late_steps_name_who_has_to_act() {
        for (today, review, expected) in [
            (
                "2026-02-11",
                "requested",
                "error `2026-02-10`: review is requested: the owner was to act by 2026-02-10, 1 day ago",
            ),
            (
                "2026-02-13",
                "submitted",
                "error `2026-02-10`: review is submitted: Priya was to act by 2026-02-10, 3 days ago",
            ),
            (
                "2026-02-10",
                "returned",
                "note `2026-02-10`: review is returned: the owner is to act today: 2026-02-10",
            ),
        ] {
            let block = format!(
                "fail today={today}\n{ITEM}review: {{state: {review}, by: Priya, due: 2026-02-10}}\n"
            );
            assert_eq!(run_example(&RULE, &block), vec![expected], "{today}");
        }
    }

    #[test]
    fn the_settings_say_who_is_told_and_how_often_items_are_reviewed() {
        for (today, reviews, expected) in [
            ("2026-01-19", "", vec![]),
            (
                "2026-02-04",
                "",
                vec![
                    "note `open`: item was never reviewed: the reviewer is to act today: 2026-02-04",
                ],
            ),
            (
                "2026-02-05",
                "",
                vec![
                    "error `open`: item was never reviewed: the reviewer was to act by 2026-02-04, 1 day ago",
                ],
            ),
            (
                "2026-02-09",
                "",
                vec![
                    "error `open`: item was never reviewed: the reviewer was to act by 2026-02-04, 5 days ago; escalated to Lee Wong",
                ],
            ),
            ("2026-02-09", "reviews: [{date: 2026-02-01, by: Sam}]\n", vec![]),
        ] {
            let block = format!(
                "fail today={today}\n# settings\nreview: {{every: 30, escalate_to: [Lee Wong], escalate_after: 5}}\n# file: items/V-1.yaml\n{ITEM}{reviews}"
            );
            assert_eq!(run_example(&RULE, &block), expected, "{today} {reviews}");
        }
    }
}
