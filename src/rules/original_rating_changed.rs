use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// The original rating is not the one that landed.
pub(super) const RULE: Rule = Rule {
    name: "original-rating-changed",
    level: Level::Warning,
    summary: "the original risk rating of an item is another than when it landed",
    text: include_str!("original_rating_changed.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

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
