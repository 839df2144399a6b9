//! The rule `original-rating-changed`: the original risk rating of an item is another than when it
//! was committed.
//!
//! Checks one item at a time. The page `original_rating_changed.md` has its text, source and
//! examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::RiskRating;
use crate::store::Stored;

/// The original rating is not the one that was committed.
pub(super) const RULE: Rule = Rule {
    name: "original-rating-changed",
    level: Level::Warning,
    summary: "the original risk rating of an item is another than when it landed",
    text: include_str!("original_rating_changed.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

/// Reports a change that raises the original rating.
pub(super) fn report_raised(stored: &Stored, from: RiskRating) -> Diagnostic {
    let to = stored.item.original_risk_rating;
    let message = format!("original risk rating raised from {from} to {to}: it is permanent");
    let help = format!(
        "put {from} back; ask for another rating with `poam deviation request {} risk-adjustment \
         --rating {to}`",
        stored.item.id
    );
    RULE.at(stored, &format!("/{FIELD}"), format!("was {from}"), message).help(help)
}

const FIELD: &str = "original_risk_rating";

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(history) = context.history else { return Vec::new() };
    let first = history.first_text(&stored.item.id, FIELD);
    let first = first.as_deref();
    let now = stored.item.original_risk_rating.as_str();
    let Some(first) = first.filter(|first| *first != now) else { return Vec::new() };
    let message =
        format!("original risk rating was {first} when the item landed, and is {now} now");
    let help =
        format!("put {first} back; another rating is a `risk-adjustment` under `deviations:`");
    vec![RULE.at(stored, &format!("/{FIELD}"), format!("was {first}"), message).help(help)]
}
