//! The rule `unknown-control`: an item names a control or requirement that its catalog does not
//! have, or that was withdrawn.
//!
//! Checks one item at a time. The page `unknown_control.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::document::escape_step;
use crate::model::{CONTROLS, Catalog, CatalogId};
use crate::store::Stored;

/// An item names a control that the catalog does not have, or no longer.
pub(super) const RULE: Rule = Rule {
    name: "unknown-control",
    level: Level::Error,
    summary: "an item names a control or requirement that its catalog does not have, or that was withdrawn",
    text: include_str!("unknown_control.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, id) in stored.item.controls.iter().enumerate() {
        found.extend(check_id(stored, context, &[&CONTROLS], id, &format!("/controls/{index}")));
    }
    for (framework, ids) in &stored.item.mappings {
        let catalogs = Catalog::find_by_framework(framework);
        if catalogs.is_empty() {
            continue;
        }
        for (index, id) in ids.iter().enumerate() {
            let pointer = format!("/mappings/{}/{index}", escape_step(framework));
            found.extend(check_id(stored, context, &catalogs, id, &pointer));
        }
    }
    found
}

/// Checks an id that belongs to one of the catalogs of a framework.
fn check_id(
    stored: &Stored,
    context: &Context<'_>,
    catalogs: &[&'static Catalog],
    id: &str,
    pointer: &str,
) -> Option<Diagnostic> {
    let first = catalogs.first()?;
    if let Some((catalog, entry)) =
        catalogs.iter().find_map(|catalog| Some((catalog, catalog.find_entry(id)?)))
    {
        if !entry.withdrawn {
            return None;
        }
        let message = format!("`{id}` was withdrawn from {}", catalog.name);
        let found = RULE.at(stored, pointer, "withdrawn", message).help(entry.way_out());
        // An item closed under the old id stays as it was.
        return Some(if context.is_open(stored) { found } else { found.at_most(Level::Note) });
    }
    let elsewhere = || CatalogId::find(id).filter(|found| found.framework != first.framework);
    let canonical = catalogs.iter().find_map(|catalog| catalog.canonical_id(id));
    let help = match (canonical, elsewhere()) {
        (Some(canonical), _) => format!("write it as `{canonical}`"),
        (None, Some(CatalogId { framework: Some(framework), id })) => {
            format!("it is a requirement: write it under `mappings: {{{framework}: [{id}]}}`")
        }
        (None, Some(CatalogId { framework: None, id })) => {
            format!("it is a control: write it under `controls: [{id}]`")
        }
        (None, None) => format!("write an id of the catalog, like {}", first.example),
    };
    let message = format!("`{id}` is not in the catalog of {}", first.name);
    Some(RULE.at(stored, pointer, "not in the catalog", message).help(help))
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    fn item(controls: &str) -> String {
        format!(
            "fail\n{OPEN}original_detection_date: 2026-02-05\noriginal_risk_rating: high\n\
            controls: {controls}"
        )
    }

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
            assert_eq!(run_example(&RULE, &item(controls)), expected);
        }
    }

    #[test]
    fn every_control_in_force_is_accepted_and_every_withdrawn_one_refused() {
        let (mut accepted, mut refused) = (0, 0);
        for id in CONTROLS.ids() {
            let entry = CONTROLS.find_entry(id).unwrap();
            let said = run_example(&RULE, &item(&format!("[\"{id}\"]")));
            let expected =
                format!("error `\"{id}\"`: `{id}` was withdrawn from NIST SP 800-53 Rev 5");
            match entry.withdrawn {
                true => {
                    assert_eq!(said, [expected]);
                    refused += 1;
                }
                false => {
                    assert_eq!(said, [""; 0], "{id}");
                    accepted += 1;
                }
            }
        }
        assert_eq!((accepted, refused), (1014, 182), "release 5.2.0");
    }
}
