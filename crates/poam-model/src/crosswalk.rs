//! Published crosswalks: what one framework's id means in another.

use std::collections::BTreeSet;

use super::Item;

/// A pair of ids a line: framework, id, framework, id, source.
const CROSSWALKS: &str = include_str!("../../../templates/catalogs/crosswalks.txt");

/// The name of NIST SP 800-53 in crosswalks; its ids are under `controls:`.
pub const CONTROLS_FRAMEWORK: &str = "nist-800-53";

/// An id that a published crosswalk gives for one that an item has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suggestion {
    /// The framework of the suggested id, as under `mappings:`; nist-800-53 for a control.
    pub framework: &'static str,
    /// The suggested id.
    pub id: &'static str,
    /// The framework of the id that the item has.
    pub from_framework: &'static str,
    /// The id that the item has.
    pub from: &'static str,
    /// The crosswalk.
    pub source: &'static str,
}

/// Returns the ids that published crosswalks suggest for an item and that it does not have, in the
/// order of framework and id. They are suggestions: a crosswalk knows no weakness.
pub fn suggest_ids(item: &Item) -> Vec<Suggestion> {
    let has = |framework: &str, id: &str| match framework {
        CONTROLS_FRAMEWORK => item.controls.iter().any(|one| one == id),
        _ => item.mappings.get(framework).is_some_and(|ids| ids.iter().any(|one| one == id)),
    };
    let mut found = BTreeSet::new();
    for line in CROSSWALKS.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&'static str> = line.split('\t').collect();
        let [from_framework, from, framework, id, source] = columns[..] else { continue };
        for (from_framework, from, framework, id) in
            [(from_framework, from, framework, id), (framework, id, from_framework, from)]
        {
            if has(from_framework, from) && !has(framework, id) {
                found.insert(Suggestion { framework, id, from_framework, from, source });
            }
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalog, RiskRating};

    #[test]
    fn every_pair_is_of_ids_in_force() {
        for line in CROSSWALKS.lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<&str> = line.split('\t').collect();
            assert_eq!(columns.len(), 5, "{line}");
            for pair in columns[..4].chunks(2) {
                let framework = Some(pair[0]).filter(|it| *it != CONTROLS_FRAMEWORK);
                let entry = Catalog::all_catalogs()
                    .filter(|catalog| catalog.framework == framework)
                    .find_map(|catalog| catalog.find_entry(pair[1]));
                assert!(entry.is_some_and(|entry| !entry.withdrawn), "{line}");
            }
        }
    }

    #[test]
    fn suggestions_name_what_they_come_from() {
        let day = "2026-01-05".parse().unwrap();
        let status = "open".parse().unwrap();
        let mut item = Item::new("V-1".parse().unwrap(), "W".into(), status, day, RiskRating::Low);
        assert_eq!(suggest_ids(&item), []);
        item.mappings.insert("nist-800-171".into(), vec!["3.1.13".into()]);
        let found = suggest_ids(&item);
        let ids: Vec<_> = found.iter().map(|one| (one.framework, one.id, one.source)).collect();
        // 32 CFR 170.14(c)(3); Rev 3 withdrew 03.01.13, addressed by 03.13.08.
        assert_eq!(
            ids,
            [
                ("cmmc", "AC.L2-3.1.13", "32 CFR 170.14(c)"),
                ("nist-800-171", "03.13.08", "NIST SP 800-171 Rev 3"),
            ]
        );
        item.mappings.insert("cmmc".into(), vec!["AC.L2-3.1.13".into()]);
        assert_eq!(suggest_ids(&item).len(), 1, "what it has is not suggested");
    }
}
