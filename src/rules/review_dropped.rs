//! The rule `review-dropped`: a change takes away a review that is under way without recording one.
//!
//! Compares the base of a branch with its head, item by item. The page `review_dropped.md` has its
//! text, source and examples.

use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};

/// A change drops a review that is under way.
pub(super) const RULE: Rule = Rule {
    name: "review-dropped",
    level: Level::Error,
    summary: "a change takes away a review that is under way without recording one",
    text: include_str!("review_dropped.md"),
    numbers: &[],
    history: false,
    check: Check::Change(check),
};

fn check(change: &BranchChange<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) = change.edited_versions() else { return Vec::new() };
    let Some(before) = base.item.review.as_deref() else { return Vec::new() };
    // Closed items are not reviewed any more.
    let is_closed = context.settings.workflow.is_closed(&head.item.status);
    let is_recorded = head.item.reviews.len() > base.item.reviews.len();
    if head.item.review.is_some() || is_recorded || is_closed {
        return Vec::new();
    }
    let message = format!("the review that {} asked for is gone", before.by.trim());
    let help = format!("put it back; `poam review complete {}` ends it", head.item.id);
    let at = "/status";
    vec![
        RULE.at(head, at, "this item", message)
            .also(base.document.label("/review").says("in the base"))
            .help(help),
    ]
}
