use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::document::escape_step;
use crate::model::{CONTROLS, Catalog, CatalogId, is_rev3};
use crate::store::Stored;

/// An item names a control that the catalog does not have.
pub(super) const RULE: Rule = Rule {
    name: "unknown-control",
    level: Level::Error,
    summary: "an item names a control or requirement that its catalog does not have",
    text: include_str!("unknown_control.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, _: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, id) in stored.item.controls.iter().enumerate() {
        found.extend(unknown(stored, &CONTROLS, id, &format!("/controls/{index}")));
    }
    for (framework, ids) in &stored.item.mappings {
        let Some(catalog) = Catalog::of(framework) else { continue };
        for (index, id) in ids.iter().enumerate().filter(|(_, id)| !is_rev3(id)) {
            let pointer = format!("/mappings/{}/{index}", escape_step(framework));
            found.extend(unknown(stored, catalog, id, &pointer));
        }
    }
    found
}

fn unknown(stored: &Stored, catalog: &Catalog, id: &str, pointer: &str) -> Option<Diagnostic> {
    if catalog.has(id) {
        return None;
    }
    let elsewhere = || CatalogId::find(id).filter(|found| found.framework != catalog.framework);
    let help = match (catalog.canonical(id), elsewhere()) {
        (Some(canonical), _) => format!("write it as `{canonical}`"),
        (None, Some(CatalogId { framework: Some(framework), id })) => {
            format!("it is a requirement: write it under `mappings: {{{framework}: [{id}]}}`")
        }
        (None, Some(CatalogId { framework: None, id })) => {
            format!("it is a control: write it under `controls: [{id}]`")
        }
        (None, None) => format!("write an id of the catalog, like {}", catalog.example),
    };
    let message = format!("`{id}` is not in the catalog of {}", catalog.name);
    Some(RULE.at(stored, pointer, "not in the catalog", message).help(help))
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, said};
    use super::*;

    #[test]
    fn the_entry_itself_is_marked() {
        for (controls, expected) in [
            (
                "[SI-2, ac-2]",
                vec!["error `ac-2`: `ac-2` is not in the catalog of NIST SP 800-53 Rev 5"],
            ),
            ("[AC-2(1), AC-2(13)]", vec![]),
            (
                "[\"AC-2 (1)\"]",
                vec![
                    "error `\"AC-2 (1)\"`: `AC-2 (1)` is not in the catalog of NIST SP 800-53 \
                    Rev 5",
                ],
            ),
        ] {
            let item = format!(
                "fail\n{OPEN}original_detection_date: 2026-02-05\noriginal_risk_rating: high\n\
                controls: {controls}"
            );
            assert_eq!(said(&RULE, &item), expected);
        }
    }
}
