//! The rule `merge-conflict`: a merge conflict is marked in comments and not resolved.
//!
//! Checks one item at a time. The page `merge_conflict.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::merge::CONFLICT_COMMENT;
use crate::store::Stored;

/// An item has a value that two branches changed, and nobody has decided.
pub(super) const RULE: Rule = Rule {
    name: "merge-conflict",
    level: Level::Error,
    summary: "a merge conflict is marked in comments and not resolved",
    text: include_str!("merge_conflict.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, _: &Context<'_>) -> Vec<Diagnostic> {
    // Nearly no item has one, and comments are only looked for where one may be.
    if !stored.document.contains(CONFLICT_COMMENT) {
        return Vec::new();
    }
    let Some(label) = stored.document.comment_label(CONFLICT_COMMENT) else { return Vec::new() };
    let message = "two branches changed this value, and nobody has decided which one is right";
    vec![RULE.on(stored, label.says("the conflict begins here"), message).help(
        "keep one of the two values, remove the comment lines from `<<<<<<<` to `>>>>>>>`, then `git add` the file",
    )]
}
