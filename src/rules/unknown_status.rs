//! The rule `unknown-status`: an item has a status that the workflow does not have.
//!
//! Checks one item at a time. The page `unknown_status.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::nearest::nearest;
use crate::store::Stored;

/// The workflow does not have this status.
pub(super) const RULE: Rule = Rule {
    name: "unknown-status",
    level: Level::Error,
    summary: "an item has a status that the workflow does not have",
    text: include_str!("unknown_status.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let (status, workflow) = (&stored.item.status, &context.settings.workflow);
    if workflow.get(status).is_some() {
        return Vec::new();
    }
    let names = workflow.names();
    let help = match nearest(status.as_str(), names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the workflow has {}", names.join(", ")),
    };
    let message = format!("`{status}` is not a status of the workflow");
    vec![RULE.at(stored, "/status", "unknown", message).help(help)]
}
