//! The rule `emass-office-form`: Office/Org is not in the form that eMASS reads.
//!
//! Checks one item at a time. The page `emass_office_form.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// Office/Org has neither one part nor all four.
pub(super) const RULE: Rule = Rule {
    name: "emass-office-form",
    level: Level::Warning,
    summary: "Office/Org is not `Organization, First Last, phone, email`",
    text: include_str!("emass_office_form.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let office = stored.item.emass.as_ref().and_then(|it| it.office.as_deref());
    let Some(office) = office.filter(|_| context.is_open(stored)) else { return Vec::new() };
    let parts: Vec<&str> = office.split(',').map(str::trim).collect();
    let is_whole = match parts.as_slice() {
        [organization] => !organization.is_empty(),
        [organization, name, phone, email] => {
            let has_digit = phone.contains(|c: char| c.is_ascii_digit());
            !organization.is_empty() && !name.is_empty() && has_digit && email.contains('@')
        }
        _ => false,
    };
    if is_whole {
        return Vec::new();
    }
    let message = format!("`{office}` is not an office as eMASS reads it");
    let help = "write the organization alone, or `Organization, First Last, phone, email`, without a comma in the name";
    vec![RULE.at(stored, "/emass/office", "this office", message).help(help)]
}
