//! The rule `closed-item-edited`: a change edits what a closed item recorded.
//!
//! Compares the base of a branch with its head, item by item. The page `closed_item_edited.md` has
//! its text, source and examples.

use serde_json::Value;

use super::{
    BranchChange, Check, Context, Rule, detection_date_changed, milestone_rewritten,
    rating_lowered, schedule_changed,
};
use crate::diagnostic::{Diagnostic, Level};
use crate::document::escape_step;
use crate::store::Stored;

/// A branch edits a closed item.
pub(super) const RULE: Rule = Rule {
    name: "closed-item-edited",
    level: Level::Warning,
    summary: "a change edits what a closed item recorded",
    text: include_str!("closed_item_edited.md"),
    numbers: &[],
    history: false,
    check: Check::Change(check),
};

/// Fields that may change: what is added later, and what is not about the weakness.
const FREE: [&str; 8] =
    ["evidence", "reviews", "review", "comments", "allow", "extra", "sensitive", "status"];

fn check(change: &BranchChange<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) = change.edited_versions() else { return Vec::new() };
    let closed = |stored: &Stored| context.settings.workflow.is_closed(&stored.item.status);
    let Some(before) = base.value().as_object().filter(|_| closed(base) && closed(head)) else {
        return Vec::new();
    };
    let said = said_elsewhere(change, context);
    before
        .iter()
        .filter(|(field, from)| {
            let to = head.value().get(field.as_str());
            !FREE.contains(&field.as_str())
                && !said.contains(&field.as_str())
                && !to.is_some_and(|to| holds_value(to, from))
        })
        .map(|(field, _)| {
            let gone = head.value().get(field.as_str()).is_none();
            let what = if gone { "removed" } else { "changed" };
            let at = format!("/{}", escape_step(field));
            let message = format!("`{field}` of a closed item was {what}");
            let label = if gone { "this item" } else { "another value" };
            RULE.at(head, &at, label, message)
                .also(base.document.label(&at).says("in the base"))
                .help("put it back; what is new goes into `comments:` or into an item of its own")
        })
        .collect()
}

/// Returns whether a value still contains everything of an earlier one: additions are no edit.
fn holds_value(to: &Value, from: &Value) -> bool {
    match (to, from) {
        (Value::Object(to), Value::Object(from)) => {
            from.iter().all(|(key, from)| to.get(key).is_some_and(|to| holds_value(to, from)))
        }
        (Value::Array(to), Value::Array(from)) => {
            to.len() >= from.len() && from.iter().zip(to).all(|(from, to)| holds_value(to, from))
        }
        _ => to == from,
    }
}

/// Returns the fields that rules of their own speak of.
fn said_elsewhere(change: &BranchChange<'_>, context: &Context<'_>) -> Vec<&'static str> {
    let rules = [
        (&detection_date_changed::RULE, "original_detection_date"),
        (&rating_lowered::RULE, "original_risk_rating"),
        (&schedule_changed::RULE, "scheduled_completion_date"),
        (&milestone_rewritten::RULE, "milestones"),
    ];
    rules
        .into_iter()
        .filter(|(rule, _)| context.is_on(rule))
        .filter(|(rule, _)| match rule.check {
            Check::Change(check) => !check(change, context).is_empty(),
            _ => false,
        })
        .map(|(_, field)| field)
        .collect()
}
