//! The rule `unknown-dependency`: an item depends on, or succeeds, an item that is not there.
//!
//! Checks one item at a time. The page `unknown_dependency.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::ItemId;
use crate::store::Stored;

/// An item names an item that is not there.
pub(super) const RULE: Rule = Rule {
    name: "unknown-dependency",
    level: Level::Error,
    summary: "an item depends on, or succeeds, an item that is not there",
    text: include_str!("unknown_dependency.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    let dependencies =
        item.dependencies.iter().enumerate().map(|(i, id)| (format!("/dependencies/{i}"), id));
    let successor = item.successor_of.iter().map(|id| ("/successor_of".to_owned(), id));
    dependencies
        .chain(successor)
        .filter(|(_, id)| context.store.find(id).is_none() && !is_unreadable(id, context))
        .map(|(pointer, id)| {
            let message = format!("there is no item `{id}`");
            RULE.at(stored, &pointer, "no such item", message).help("correct the id, or remove it")
        })
        .collect()
}

/// Returns a file that cannot be read is no missing item: it has its own diagnostic.
fn is_unreadable(id: &ItemId, context: &Context<'_>) -> bool {
    let name = format!("{}.yaml", id.file_stem());
    let mut files = context.store.diagnostics().iter().map(|one| &*one.label.path);
    files.any(|path| path.rsplit('/').next() == Some(&name))
}
