//! The rule `unportable-id`: an id cannot be a file name everywhere, or cannot be distinguished from
//! another.
//!
//! Checks the items together. The page `unportable_id.md` has its text, source and examples.

use std::collections::HashMap;

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
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

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut first_with_key: HashMap<String, &Stored> = HashMap::new();
    for id in context.store.ids() {
        let Some(stored) = context.store.find(id) else { continue };
        if let Err(problem) = id.check_portable() {
            let message = format!("id `{id}` cannot be used everywhere: {problem}");
            let help = "give the item another id and rename its file (`git mv`)";
            found.push(RULE.at(stored, "/id", "this id", message).help(help));
        }
        match first_with_key.get(&id.lookalike_key()) {
            None => {
                first_with_key.insert(id.lookalike_key(), stored);
            }
            Some(other) => {
                let message = format!(
                    "id `{id}` differs from `{}` only in case, form or invisible characters",
                    other.item.id
                );
                let help = "give one of the two items a new id and rename its file (`git mv`): on \
                            macOS and Windows they are one file";
                found.push(
                    RULE.at(stored, "/id", "this id", message)
                        .also(other.document.label("/id").says("the other one"))
                        .help(help),
                );
            }
        }
    }
    found
}
