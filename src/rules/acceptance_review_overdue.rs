//! The rule `acceptance-review-overdue`: the review date of a risk acceptance has passed.
//!
//! Checks one item at a time. The page `acceptance_review_overdue.md` has its text, source and
//! examples.

use super::clock::{Clock, count_days, days_ahead};
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// A risk acceptance is past its review.
pub(super) const RULE: Rule = Rule {
    name: "acceptance-review-overdue",
    level: Level::Error,
    summary: "the review date of a risk acceptance has passed",
    text: include_str!("acceptance_review_overdue.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let review = stored.item.risk_acceptance.as_ref().and_then(|acceptance| acceptance.review_by);
    let Some(day) = review.filter(|_| context.is_accepted(stored)) else { return Vec::new() };
    let at = "/risk_acceptance/review_by";
    let help = "review the decision: renew it with a new date, or take up the work";
    match context.relate_today(day) {
        Clock::Passed(ago) => {
            let message =
                format!("risk acceptance was to be reviewed by {day}, {} ago", count_days(ago));
            vec![RULE.at(stored, at, "has passed", message).help(help)]
        }
        Clock::Soon(left) => {
            let message = format!("risk acceptance is to be reviewed {}: {day}", days_ahead(left));
            vec![RULE.at(stored, at, "coming up", message).level(Level::Note).help(help)]
        }
        Clock::Far => Vec::new(),
    }
}
