//! The rule `item-deleted`: a change removes an item, or gives it another id.
//!
//! Compares the base of a branch with its head, item by item. The page `item_deleted.md` has its
//! text, source and examples.

use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// A branch removes an item.
pub(super) const RULE: Rule = Rule {
    name: "item-deleted",
    level: Level::Error,
    summary: "a change removes an item, or gives it another id",
    text: include_str!("item_deleted.md"),
    numbers: &[],
    history: false,
    check: Check::Change(check),
};

fn check(change: &BranchChange<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let (Some(base), None) = (change.base, change.head) else { return Vec::new() };
    let item = &base.item;
    let same = |stored: &&Stored| {
        stored.item.weakness_name == item.weakness_name
            && stored.item.original_detection_date == item.original_detection_date
            && (stored.path() == base.path()
                || stored.item.source_identifier == item.source_identifier
                // Some sources number their identifiers again together with the ids.
                || stored.item.weakness_description == item.weakness_description)
    };
    let renamed = context.store.items().iter().find(same);
    let (message, help) = match renamed {
        Some(other) => (
            format!("item {} was deleted; {} looks like it", item.id, other.item.id),
            format!("put the id `{}` back: it is for life", item.id),
        ),
        None => (
            format!("item {} was deleted", item.id),
            "put the file back; an item that is done is closed, and stays".to_owned(),
        ),
    };
    let diagnostic = RULE.at(base, "/id", "in the base", message).help(help);
    vec![match renamed {
        Some(other) => diagnostic.also(other.document.label("/id").says("now this id")),
        None => diagnostic,
    }]
}
