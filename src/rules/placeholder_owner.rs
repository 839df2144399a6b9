//! The rule `placeholder-owner`: the owner of an open item is a placeholder, a group or a product,
//! not a person.
//!
//! Checks one item at a time. The page `placeholder_owner.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Item, normalize_look};
use crate::people::Owner;
use crate::store::Stored;

/// The owner of an open item is no person.
pub(super) const RULE: Rule = Rule {
    name: "placeholder-owner",
    level: Level::Error,
    summary: "the owner of an open item is a placeholder, a group or a product, not a person",
    text: include_str!("placeholder_owner.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(owner) = stored.item.point_of_contact.as_ref() else { return Vec::new() };
    if !context.is_open(stored) {
        return Vec::new();
    }
    let name = owner.name.as_str();
    let found = match Owner::classify_name(name) {
        Owner::Person if is_thing(name, &stored.item, context) => {
            Some(("is a product, service or company", "no person", Level::Error))
        }
        Owner::Person => None,
        Owner::Thing => Some(("is a product, service or company", "no person", Level::Error)),
        Owner::Placeholder => Some(("is a placeholder", "nobody", Level::Error)),
        Owner::Group => Some(("is a group", "a group", Level::Error)),
        Owner::Role => Some(("is a role without a person", "a role", Level::Warning)),
    };
    found
        .map(|(what, label, level)| {
            RULE.at(stored, "/point_of_contact/name", label, format!("owner `{name}` {what}"))
                .at_most(level)
                .help("name the person who resolves it; what they are goes into `role:`")
        })
        .into_iter()
        .collect()
}

/// Returns whether a name is one that the item or the settings give to something else.
fn is_thing(name: &str, item: &Item, context: &Context<'_>) -> bool {
    let vendor = item.vendor_dependency.as_ref();
    let system = &context.settings.system;
    let names = [
        item.detector_source.as_deref(),
        vendor.and_then(|vendor| vendor.vendor.as_deref()),
        vendor.and_then(|vendor| vendor.product.as_deref()),
        system.provider.as_deref(),
        system.name.as_deref(),
    ];
    let services = item.services.iter().map(String::as_str);
    let same = |other: &str| normalize_look(other) == normalize_look(name);
    names.into_iter().flatten().chain(services).any(same)
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn a_name_that_the_item_gives_to_a_product_is_no_person() {
        let item = &format!(
            "fail\n{OPEN}original_detection_date: 2026-02-05\noriginal_risk_rating: high\n\
            services: [Flux Capacitor]\npoint_of_contact: {{name: flux capacitor}}"
        );
        let expected =
            "error `flux capacitor`: owner `flux capacitor` is a product, service or company";
        assert_eq!(run_example(&RULE, item), [expected]);
        let role = item.replace("flux capacitor", "ISSO");
        assert_eq!(
            run_example(&RULE, &role),
            ["warning `ISSO`: owner `ISSO` is a role without a person"]
        );
    }
}
