//! The rule `missing-milestone`: an open item has no milestone with a due date.
//!
//! Checks one item at a time. The page `missing_milestone.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Decision, DeviationType, Guard};
use crate::store::Stored;

/// An open item has no dated milestone.
pub(super) const RULE: Rule = Rule {
    name: "missing-milestone",
    level: Level::Error,
    summary: "an open item has no milestone with a due date",
    text: include_str!("missing_milestone.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    let asked = context.needs_guard(stored, Guard::DatedMilestone);
    let decided = |kind| item.decision(kind) == Decision::Yes;
    let waits = context.is_accepted(stored)
        || context.is_deferred(stored)
        || context.needs_guard(stored, Guard::PendingDecision)
        || decided(DeviationType::OperationalRequirement)
        || decided(DeviationType::FalsePositive)
        || item.vendor_dependency.as_ref().is_some_and(|vendor| vendor.fix_released.is_none());
    let unmet = Guard::DatedMilestone.find_unmet(item).is_some();
    if !context.is_open(stored) || !unmet || (waits && !asked) {
        return Vec::new();
    }
    let is_dated = item.milestones.iter().any(|step| step.due.is_some());
    let (message, label) = match (item.milestones.is_empty(), is_dated) {
        (true, _) => ("item has no milestone", "this item"),
        (false, false) => ("no milestone of the item has a due date", "none is dated"),
        (false, true) => ("every milestone of the item is cancelled", "cancelled"),
    };
    let level = if asked { Level::Error } else { Level::Warning };
    vec![RULE.at(stored, "/milestones", label, message).at_most(level).help(format!(
        "`poam milestone add {} \"WHAT\" --due DATE`, with an outcome that others can check",
        item.id
    ))]
}
