//! The rule `detection-date-moved`: the detection date of an item is later than when it was committed.
//!
//! Checks one item at a time. The page `detection_date_moved.md` has its text, source and examples.

use chrono::NaiveDate;

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// The detection date is later than the one that was committed.
pub(super) const RULE: Rule = Rule {
    name: "detection-date-moved",
    level: Level::Warning,
    summary: "the detection date of an item is later than when it landed",
    text: include_str!("detection_date_moved.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

const FIELD: &str = "original_detection_date";

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(history) = context.history else { return Vec::new() };
    let first = history.first_text(&stored.item.id, FIELD);
    let first = first.as_deref();
    let first: Option<NaiveDate> = first.and_then(|text| text.parse().ok());
    let now = stored.item.original_detection_date;
    let Some(first) = first.filter(|first| *first < now) else { return Vec::new() };
    let message = format!("detection date was {first} when the item landed, and is {now} now");
    let help = format!("put {first} back");
    vec![RULE.at(stored, &format!("/{FIELD}"), format!("was {first}"), message).help(help)]
}
