//! Control Correlation Identifiers (CCI) of DISA and the control of NIST SP 800-53 that each belongs to,
//! as data. Checklists and benchmarks name identifiers, POA&Ms name controls.

use std::collections::HashMap;
use std::sync::OnceLock;

/// A control and its identifiers in each line; lines with `#` say where the table comes from.
const TABLE: &str = include_str!("../../templates/catalogs/cci.txt");

/// Returns the control of an identifier: `CM-6` of `CCI-000366`. `None` for identifiers without a control
/// in the catalog, among them those of privacy controls that Rev 5 dropped.
pub fn control_of_cci(id: &str) -> Option<&'static str> {
    static CONTROLS: OnceLock<HashMap<u32, &'static str>> = OnceLock::new();
    let number: u32 = id.trim().strip_prefix("CCI-")?.parse().ok()?;
    CONTROLS.get_or_init(|| entries().collect()).get(&number).copied()
}

/// Returns numbers of identifiers with their controls.
fn entries() -> impl Iterator<Item = (u32, &'static str)> {
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
    use crate::model::CONTROLS;

    /// Expected values are read from DISA's list of 2023-06-07 by hand: the reference to Rev 5, and for
    /// the last three that to Rev 4.
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
        ] {
            assert_eq!(control_of_cci(id), Some(control), "{id}");
        }
        // AP-1 is a control of Rev 4 alone.
        for id in ["CCI-003392", "CCI-999999", "CCI-", "366", ""] {
            assert_eq!(control_of_cci(id), None, "{id}");
        }
    }

    #[test]
    fn the_table_is_whole_and_names_known_controls() {
        let numbers: Vec<u32> = entries().map(|(number, _)| number).collect();
        assert_eq!(numbers.len(), 4341);
        assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), 4341, "each stands there once");
        for (number, control) in entries() {
            assert!(CONTROLS.has(control), "CCI-{number:06}: {control}");
        }
    }
}
