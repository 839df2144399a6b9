//! The rule `emass-checks-without-control`: failed checks without a control make a system-level item.
//!
//! Checks one item at a time. The page `emass_checks_without_control.md` has its text, source and
//! examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// An item names failed checks and no control, so that eMASS takes it for one of the whole system.
pub(super) const RULE: Rule = Rule {
    name: "emass-checks-without-control",
    level: Level::Warning,
    summary: "an item names failed checks and no control: eMASS takes it for a system-level item",
    text: include_str!("emass_checks_without_control.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    let has_checks = item.emass.as_ref().is_some_and(|it| !it.security_checks.is_empty());
    if !context.is_open(stored) || !has_checks || !item.controls.is_empty() {
        return Vec::new();
    }
    let message = "failed checks without a control: eMASS takes the item for a system-level one";
    let help = "add the control or the assessment procedure, as in `controls: [AC-3.1]`; for an item of the whole system remove the checks";
    vec![RULE.at(stored, "/emass/security_checks", "checks of a control", message).help(help)]
}
