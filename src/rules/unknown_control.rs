//! The rule `unknown-control`: an item names a control or requirement that its catalog does not
//! have, or that was withdrawn.
//!
//! Checks one item at a time. The page `unknown_control.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::document::escape_step;
use crate::model::{CONTROLS, Catalog, CatalogId, Requirement};
use crate::settings::ProfileName;
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
    let named = Requirement::of_item(&stored.item);
    for (index, id) in stored.item.partly_met.iter().enumerate() {
        found.extend(check_part(stored, &named, id, &format!("/partly_met/{index}")));
    }
    found
}

/// Checks that a requirement which is met in part is one that then costs fewer points, and that the item is about it.
fn check_part(
    stored: &Stored,
    named: &[Requirement],
    id: &str,
    pointer: &str,
) -> Option<Diagnostic> {
    let Some(requirement) = Requirement::of_id(id).filter(Requirement::has_part) else {
        let message = format!("`{id}` costs no fewer points where it is met in part");
        let help = "remove it; only SC.L2-3.13.11 (encryption) and IA.L2-3.5.3 (multifactor authentication) do";
        return Some(RULE.at(stored, pointer, "no such part", message).help(help));
    };
    if named.iter().any(|one| one.number == requirement.number) {
        return None;
    }
    let message = format!("`{id}` is met in part, but the item is not mapped to it");
    let help = format!("write it under `mappings: {{cmmc: [{id}]}}`, or remove it here");
    Some(RULE.at(stored, pointer, "not mapped", message).help(help))
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
    // eMASS has the assessment procedure in the place of its control.
    if context.settings.profile.name == ProfileName::Emass && names_procedure(first, id) {
        return None;
    }
    let elsewhere = || CatalogId::find(id).filter(|found| found.framework != first.framework);
    let canonical = catalogs.iter().find_map(|catalog| {
        let canonical = catalog.canonical_id(id)?;
        let entry = catalog.find_entry(&canonical)?;
        Some((canonical, entry))
    });
    let help = match (canonical, elsewhere()) {
        // Ids of CSF 1.1, like PR.AC-1, are of this kind.
        (Some((canonical, entry)), _) if entry.withdrawn => {
            format!("`{canonical}` was withdrawn: {}", entry.way_out())
        }
        (Some((canonical, _)), _) => format!("write it as `{canonical}`"),
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

/// Returns whether an id is that of an assessment procedure or a part of a control of a catalog: `AC-3.1`,
/// `CM-6b`.
fn names_procedure(catalog: &Catalog, id: &str) -> bool {
    let part = |c: char| c.is_ascii_digit() || c == '.' || c.is_ascii_lowercase();
    let control = match id.split_once('.') {
        Some((control, rest)) if !rest.is_empty() && rest.chars().all(part) => control,
        Some(_) => return false,
        None => id,
    };
    let control = control.trim_end_matches(|c: char| c.is_ascii_lowercase());
    control != id && catalog.find_entry(control).is_some_and(|entry| !entry.withdrawn)
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, parse_examples, run, run_example};
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

    /// The successors are those of NIST's OSCAL catalog of CSF 2.0.
    #[test]
    fn an_id_of_csf_1_1_names_what_took_its_place() {
        for (id, expected) in [
            ("PR.AC-1", "`PR.AC-01` was withdrawn: write `PR.AA-01` or `PR.AA-05`"),
            ("pr.ac-4", "`PR.AC-04` was withdrawn: write `PR.AA-05`"),
            ("PR.AC-01", "write `PR.AA-01` or `PR.AA-05`"),
            ("ID.AM-1", "write it as `ID.AM-01`"),
            ("PR.XX-1", "write an id of the catalog, like PR.AA-01"),
        ] {
            let text = item(&format!("[SI-2]\nmappings: {{nist-csf: [{id}]}}"));
            let page = format!("```yaml {}\n```\n", text.trim());
            let said = run(&parse_examples(&page).remove(0));
            let found: Vec<_> = said.iter().filter(|one| one.rule == RULE.name).collect();
            assert_eq!(found.len(), 1, "{id}");
            assert_eq!(found[0].help.as_deref(), Some(expected), "{id}");
        }
    }

    #[test]
    fn only_two_requirements_can_be_met_in_part() {
        for (fields, expected) in [
            ("mappings: {cmmc: [SC.L2-3.13.11]}\npartly_met: [SC.L2-3.13.11]", None),
            ("mappings: {nist-800-171: [3.5.3]}\npartly_met: [3.5.3]", None),
            (
                "mappings: {cmmc: [AC.L2-3.1.1]}\npartly_met: [AC.L2-3.1.1]",
                Some(
                    "error `AC.L2-3.1.1`: `AC.L2-3.1.1` costs no fewer points where it is met in part",
                ),
            ),
            (
                "partly_met: [encryption]",
                Some(
                    "error `encryption`: `encryption` costs no fewer points where it is met in part",
                ),
            ),
            (
                "partly_met: [3.13.11]",
                Some("error `3.13.11`: `3.13.11` is met in part, but the item is not mapped to it"),
            ),
        ] {
            let found = run_example(&RULE, &item(&format!("[SI-2]\n{fields}")));
            let found: Vec<&str> = found.iter().map(String::as_str).collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{fields}");
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
