//! The rule `sensitive-field`: `sensitive` names what is no field of an item, so that nothing is left out of reports.
//!
//! Checks one item at a time. The page `sensitive_field.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Item;
use crate::nearest::nearest;
use crate::schema::is_item_field;
use crate::store::Stored;

/// A name under `sensitive` is no field of an item.
pub(super) const RULE: Rule = Rule {
    name: "sensitive-field",
    level: Level::Error,
    summary: "`sensitive` names what is no field of an item, so that the text is published",
    text: include_str!("sensitive_field.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

/// Fields that people mean by their last words alone.
const SHORT_NAMES: [(&str, &str); 6] = [
    ("description", "weakness_description"),
    ("name", "weakness_name"),
    ("plan", "remediation_plan"),
    ("rationale", "ver.rationale"),
    ("overdue_explanation", "ver.overdue_explanation"),
    ("evaluated_by", "ver.evaluated_by"),
];

fn check(stored: &Stored, _: &Context<'_>) -> Vec<Diagnostic> {
    let names = stored.item.sensitive.iter().enumerate();
    let unknown = names.filter(|(_, name)| !is_item_field(name));
    unknown
        .map(|(at, name)| {
            let short = SHORT_NAMES.iter().find(|(short, _)| short == name);
            let meant = short.map(|(_, field)| *field).or_else(|| nearest(name, Item::FIELDS));
            let help = match meant {
                Some(field) => format!("write `{field}`"),
                None => "name a field, as in `weakness_description` or `ver.rationale`".to_owned(),
            };
            let message =
                format!("`{name}` is no field of an item: no text is kept out of reports");
            RULE.at(stored, &format!("/sensitive/{at}"), "no field", message).help(help)
        })
        .collect()
}
