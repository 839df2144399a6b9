//! The rule `duplicate-id`: two files have the same id.
//!
//! Checks the items together. The page `duplicate_id.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};

/// Two files state that they are the same item.
pub(super) const RULE: Rule = Rule {
    name: "duplicate-id",
    level: Level::Error,
    summary: "two files have the same id",
    text: include_str!("duplicate_id.md"),
    numbers: &[],
    history: false,
    check: Check::Store(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for id in context.store.ids() {
        let mut same = context.store.with_id(id);
        let Some(first) = same.next() else { continue };
        for other in same {
            found.push(
                RULE.at(other, "/id", "and again here", format!("id `{id}` is taken"))
                    .also(first.document.label("/id").says("taken here"))
                    .help(
                        "give one of the two items a new id and rename its file; ids are \
                    never used twice",
                    ),
            );
        }
    }
    found
}
