//! Control Correlation Identifiers (CCI) of DISA and the control of NIST SP 800-53 that each belongs to,
//! as data. Checklists and benchmarks name identifiers, POA&Ms name controls.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::CONTROLS;

/// A control and its identifiers in each line; lines with `#` state where the table comes from.
const TABLE: &str = include_str!("../../../templates/catalogs/cci.txt");

/// Returns the controls of an identifier, all of them in force: `CM-6` of `CCI-000366`. Where the list has
/// a control that Rev 5 withdrew, those that took its place: `CM-14` of `CCI-001749`, whose control was
/// `CM-5(3)`. Empty for identifiers without a control in the catalog, among them those of privacy controls
/// that Rev 5 dropped.
pub fn controls_of_cci(id: &str) -> Vec<&'static str> {
    static BY_NUMBER: OnceLock<HashMap<u32, &'static str>> = OnceLock::new();
    let Some(number) = id.trim().strip_prefix("CCI-").and_then(|number| number.parse().ok()) else {
        return Vec::new();
    };
    let control = BY_NUMBER.get_or_init(|| cci_entries().collect()).get(&number);
    control.map(|control| CONTROLS.in_force(control)).unwrap_or_default()
}

/// Returns numbers of identifiers with their controls.
fn cci_entries() -> impl Iterator<Item = (u32, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).flat_map(|line| {
        let mut words = line.split(' ');
        let control = words.next().unwrap_or_default();
        words.filter_map(move |word| Some((word.parse().ok()?, control)))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Expected values are read from DISA's list of 2023-06-07 manually: the reference to Rev 5, and for
    /// the last that to Rev 4, with the successors of NIST's catalog where Rev 5 withdrew it.
    #[test]
    fn identifiers_have_the_controls_of_the_list() {
        for (id, control) in [
            ("CCI-000002", "AC-1"),
            ("CCI-000366", "CM-6"),
            ("CCI-000068", "AC-17(2)"),
            ("CCI-000213", "AC-3"),
            ("CCI-000015", "AC-2(1)"),
            ("CCI-000054", "AC-10"),
            ("CCI-002450", "SC-13"),
            ("CCI-000196", "IA-5(1)"),
            ("CCI-000001", "AC-1"),
            ("CCI-000008", "AC-2"),
            ("CCI-000058", "AC-11"),
            // CM-5(3), incorporated into CM-14.
            ("CCI-001749", "CM-14"),
        ] {
            assert_eq!(controls_of_cci(id), [control], "{id}");
        }
        // AP-1 is a control of Rev 4 alone.
        for id in ["CCI-003392", "CCI-999999", "CCI-", "366", ""] {
            assert!(controls_of_cci(id).is_empty(), "{id}");
        }
    }

    #[test]
    fn the_table_is_whole_and_names_known_controls() {
        let numbers: Vec<u32> = cci_entries().map(|(number, _)| number).collect();
        assert_eq!(numbers.len(), 4341);
        assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), 4341, "each stands there once");
        for (number, control) in cci_entries() {
            assert!(CONTROLS.has_id(control), "CCI-{number:06}: {control}");
        }
    }

    #[test]
    fn every_identifier_has_controls_in_force_only() {
        let mut without = Vec::new();
        for (number, control) in cci_entries() {
            let controls = controls_of_cci(&format!("CCI-{number:06}"));
            for control in &controls {
                assert!(
                    !CONTROLS.find_entry(control).unwrap().withdrawn,
                    "CCI-{number:06}: {control}"
                );
            }
            if controls.is_empty() {
                without.push(control);
            }
        }
        without.dedup();
        // SA-12 went into the family SR, and nothing took the place of SC-19.
        assert_eq!(without, ["SA-12", "SC-19"]);
    }
}
