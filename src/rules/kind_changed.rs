//! The rule `kind-changed`: a change makes an open weakness another kind of finding.
//!
//! Compares the base of a branch with its head, item by item. The page `kind_changed.md` has its
//! text, source and examples.

use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Kind;

/// A change takes an open item out of the counts by its kind.
pub(super) const RULE: Rule = Rule {
    name: "kind-changed",
    level: Level::Error,
    summary: "a change makes an open weakness another kind of finding, which other counts and sheets hold",
    text: include_str!("kind_changed.md"),
    numbers: &[],
    history: false,
    check: Check::Change(check),
};

fn check(change: &BranchChange<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) = change.edited_versions() else { return Vec::new() };
    let (from, to) = (base.item.kind, head.item.kind);
    let was_counted = from != Kind::Documentation && context.is_open(base);
    if from == to || to == Kind::Weakness || !was_counted {
        return Vec::new();
    }
    let (from, to) = (from.as_str(), to.as_str());
    let message = format!(
        "the kind of the item changes from {from} to {to}: it leaves the counts of {from} items"
    );
    let help = format!(
        "put {from} back; where the item was entered as the wrong kind, `allow` the rule for it with the reason"
    );
    vec![RULE.at(head, "/kind", format!("was {from}"), message).help(help)]
}
