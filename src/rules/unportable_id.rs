//! The rule `unportable-id`: an id cannot be a file name everywhere, or cannot be distinguished from
//! another.
//!
//! Checks the items together. The page `unportable_id.md` has its text, source and examples.

use std::collections::HashMap;

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::odd_characters;
use crate::store::Stored;

/// An id that some system cannot have as a file name, or that looks like another one.
pub(super) const RULE: Rule = Rule {
    name: "unportable-id",
    level: Level::Error,
    summary: "an id cannot be a file name everywhere, or cannot be told from another",
    text: include_str!("unportable_id.md"),
    numbers: &[],
    history: false,
    check: Check::Store(check),
};

/// Names the characters of an id that no keyboard has, in brackets.
fn odd_note(id: &str) -> String {
    match odd_characters(id) {
        odd if odd.is_empty() => odd,
        odd => format!(" ({odd})"),
    }
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut first_with_key: [HashMap<String, &Stored>; 3] = Default::default();
    for id in context.store.ids() {
        let Some(stored) = context.store.find(id) else { continue };
        if let Err(problem) = id.check_portable() {
            let message = format!("id `{id}` cannot be used everywhere: {problem}");
            let help = "give the item another id and rename its file (`git mv`)";
            found.push(RULE.at(stored, "/id", "this id", message).help(help));
        }
        let keys = id.lookalike_keys();
        let alike = keys.iter().zip(&mut first_with_key).find_map(|(key, first)| first.get(key));
        if let Some(other) = alike.copied() {
            let message = format!(
                "id `{id}`{} looks like `{}`{}: they differ only in case, form, hyphens, or \
                 characters that look alike",
                odd_note(id.as_str()),
                other.item.id,
                odd_note(other.item.id.as_str())
            );
            let help = "give one of the two items a new id and rename its file (`git mv`): readers take \
                        them for each other, and on macOS and Windows they may be one file";
            found.push(
                RULE.at(stored, "/id", "this id", message)
                    .also(other.document.label("/id").says("the other one"))
                    .help(help),
            );
        }
        for (key, first) in keys.into_iter().zip(&mut first_with_key) {
            first.entry(key).or_insert(stored);
        }
    }
    found
}
