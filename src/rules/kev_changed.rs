//! The rule `kev-changed`: a change takes CISA's listing off an item, or moves its due date later.
//!
//! Compares the base of a branch with its head, item by item. The page `kev_changed.md` has its
//! text, source and examples.

use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};

/// A change takes CISA's listing off an item or moves the due date later.
pub(super) const RULE: Rule = Rule {
    name: "kev-changed",
    level: Level::Warning,
    summary: "a change takes CISA's listing off an item, or moves the due date of the catalog later",
    text: include_str!("kev_changed.md"),
    numbers: &[],
    history: false,
    check: Check::Change(check),
};

fn check(change: &BranchChange<'_>, _: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) = change.edited_versions() else { return Vec::new() };
    let Some(before) = base.item.kev.as_ref().filter(|kev| kev.listed) else { return Vec::new() };
    let help = "put it back; `poam kev FILE` takes listing and date from CISA's catalog";
    let message = match head.item.kev.as_ref().filter(|kev| kev.listed) {
        None => "the item is no longer marked as known exploited: CISA's catalog decides that"
            .to_owned(),
        Some(after) => match (before.due, after.due) {
            (Some(from), Some(to)) if to > from => {
                format!("the due date of CISA's catalog moves from {from} to {to}: CISA sets it")
            }
            (Some(from), None) => format!("the due date of CISA's catalog, {from}, is gone"),
            _ => return Vec::new(),
        },
    };
    let at = if head.item.kev.is_some() { "/kev" } else { "/status" };
    vec![
        RULE.at(head, at, "this item", message)
            .also(base.document.label("/kev").says("in the base"))
            .help(help),
    ]
}
