//! The rule `evidence-removed`: a change removes evidence from an item.
//!
//! Compares the base of a branch with its head, item by item. The page `evidence_removed.md` has
//! its text, source and examples.

use std::collections::HashSet;

use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};

/// A branch removes evidence.
pub(super) const RULE: Rule = Rule {
    name: "evidence-removed",
    level: Level::Error,
    summary: "a change removes evidence from an item",
    text: include_str!("evidence_removed.md"),
    numbers: &[],
    history: false,
    check: Check::Change(check),
};

fn check(change: &BranchChange<'_>, _: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) = change.edited_versions() else { return Vec::new() };
    let gone = |reference: &str, at: String, now: &HashSet<&str>| {
        (!now.contains(reference)).then(|| {
            RULE.at(head, &at, "it was here", format!("evidence `{reference}` was removed"))
                .help("put it back, and add what replaces it beside it")
        })
    };
    let now: HashSet<&str> = head.item.evidence.iter().map(|one| one.reference.as_str()).collect();
    let mut found: Vec<Diagnostic> = base
        .item
        .evidence
        .iter()
        .filter_map(|one| gone(&one.reference, "/evidence".to_owned(), &now))
        .collect();
    for before in &base.item.milestones {
        // A milestone that is gone altogether has a rule of its own.
        let Some(index) = head.item.milestones.iter().position(|step| step.id == before.id) else {
            continue;
        };
        let steps = head.item.milestones.get(index).map(|step| step.evidence.as_slice());
        // What moved from the milestone to the item is still there.
        let now: HashSet<&str> = steps
            .unwrap_or_default()
            .iter()
            .map(String::as_str)
            .chain(now.iter().copied())
            .collect();
        let at = format!("/milestones/{index}/evidence");
        found.extend(before.evidence.iter().filter_map(|one| gone(one, at.clone(), &now)));
    }
    found
}
