//! The rule `reopened-often`: an open item came back from the closed side two times or more.
//!
//! Checks one item at a time. The page `reopened_often.md` has its text, source and examples.

use super::{Check, Context, Loosening, Number, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::{Action, EventValue};
use crate::store::Stored;

/// An item comes back again and again.
pub(super) const RULE: Rule = Rule {
    name: "reopened-often",
    level: Level::Warning,
    summary: "an open item came back from the closed side two times or more",
    text: include_str!("reopened_often.md"),
    numbers: &[Number {
        name: "times",
        default: 2,
        meaning: "times that an item was reopened",
        loosened_by: Loosening::Increase,
    }],
    history: true,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_open(stored) {
        return Vec::new();
    }
    let closed = |status: &EventValue| {
        let status = status.as_str().and_then(|text| text.parse().ok());
        status.is_some_and(|status| context.settings.workflow.is_closed(&status))
    };
    let life = context.item_events(stored);
    let back = life.iter().filter(|event| {
        event.action == Action::StatusChanged && closed(&event.old) && !closed(&event.new)
    });
    let on: Vec<String> = back
        .map(|event| match event.known_day() {
            Some(day) => day.to_string(),
            None => format!("an unknown day by {}", event.day()),
        })
        .collect();
    if on.is_empty() || on.len() < context.number(&RULE, "times") as usize {
        return Vec::new();
    }
    let message = format!("item was reopened {} times: on {}", on.len(), on.join(", "));
    let help = "find what was missed each time, and close it only with evidence of a check that \
        would have shown it";
    vec![RULE.at(stored, "/status", "open again", message).help(help)]
}
