//! The rule `id-file-mismatch`: a file is not named after the id in it.
//!
//! Checks one item at a time. The page `id_file_mismatch.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// A file is not named after its item.
pub(super) const RULE: Rule = Rule {
    name: "id-file-mismatch",
    level: Level::Error,
    summary: "a file is not named after the id in it",
    text: include_str!("id_file_mismatch.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, _: &Context<'_>) -> Vec<Diagnostic> {
    let name = stored.path().rsplit('/').next().unwrap_or_default();
    let expected = format!("{}.yaml", stored.item.id.file_stem());
    if name == expected {
        return Vec::new();
    }
    let message = format!("id `{}` stands in the file `{name}`", stored.item.id);
    let help =
        format!("rename the file to `{expected}` (`git mv`), or put back the id it was made with");
    vec![RULE.at(stored, "/id", "this id", message).help(help)]
}
