//! References of compliance checks of Nessus: `800-53|CM-6b.,CAT|II,CCI|CCI-000366,Vuln-ID|V-257777`. The audit
//! files for STIGs name the check of DISA, which is the same check as in a checklist.

use super::stig;
use crate::identifiers::{add, stig_number};
use crate::{ScanResult, Severity};

/// Names of references to controls of NIST SP 800-53, the newest revision first.
const CONTROLS: [&str; 4] = ["800-53r5", "800-53", "800-53r4", "800-53r3"];

/// Adds the references of a compliance check: CCI ids, controls, and the identity and severity of a
/// check of DISA where they name one.
pub(super) fn add_references(result: &mut ScanResult, text: &str) {
    let references: Vec<(&str, &str)> = text
        .split([',', '\n'])
        .filter_map(|pair| pair.split_once('|'))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    let values = |name: &str| {
        let of_name = references.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        of_name.map(|(_, value)| *value).collect::<Vec<&str>>()
    };
    for cci in values("CCI").into_iter().filter(|cci| cci.starts_with("CCI-")) {
        add(&mut result.ccis, cci);
    }
    if let Some(controls) = CONTROLS.iter().map(|name| values(name)).find(|list| !list.is_empty()) {
        for control in controls {
            add(&mut result.controls, control);
        }
    }
    let Some(number) = check_of_disa(&values) else { return };
    result.detector = stig::DETECTOR.to_owned();
    result.id = number;
    for name in ["STIG-ID", "Rule-ID"] {
        for value in values(name) {
            add(&mut result.references, value);
        }
    }
    if let [category, ..] = values("CAT").as_slice() {
        result.severity_source = format!("CAT {category}");
        result.severity = match *category {
            "I" => Severity::High,
            "II" => Severity::Moderate,
            "III" => Severity::Low,
            _ => result.severity,
        };
    }
}

/// Returns the number of the only check of DISA that references name: `V-257777`. Benchmarks of others may
/// name several, which are not one check.
fn check_of_disa<'a>(values: &impl Fn(&str) -> Vec<&'a str>) -> Option<String> {
    for name in ["Vuln-ID", "Group-ID", "Rule-ID"] {
        let mut numbers: Vec<String> = values(name).into_iter().filter_map(stig_number).collect();
        numbers.dedup();
        if !numbers.is_empty() {
            return numbers.pop().filter(|_| numbers.is_empty());
        }
    }
    None
}

/// Returns the references in the description of a compliance check, as tables have them: a line
/// `Reference: 800-53|CM-6b.,CAT|II`.
pub(super) fn references_in(description: &str) -> &str {
    let lines = description.lines().filter_map(|line| line.split_once(':'));
    let mut named = lines.filter(|(name, value)| {
        let name = name.trim().to_ascii_lowercase();
        ["reference", "references", "reference(s)"].contains(&name.as_str()) && value.contains('|')
    });
    named.next().map_or("", |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(references: &str) -> ScanResult {
        let mut result = ScanResult::new("line 1", "Nessus", "21157 RHEL-09-211010 - release");
        result.severity = Severity::High;
        add_references(&mut result, references);
        result
    }

    #[test]
    fn a_check_of_disa_has_the_identity_of_a_checklist() {
        let result = check(
            "800-53|CM-6b.,800-53r5|CM-6b.,CAT|III,CCI|CCI-000366,Rule-ID|SV-257777r925318_rule,\
             STIG-ID|RHEL-09-211010,SWIFT-CSCv1|2.3,Vuln-ID|V-257777",
        );
        assert_eq!((result.detector.as_str(), result.id.as_str()), ("STIG", "V-257777"));
        assert_eq!((result.severity, result.severity_source.as_str()), (Severity::Low, "CAT III"));
        assert_eq!(result.ccis, ["CCI-000366"]);
        assert_eq!(result.controls, ["CM-6b."]);
        assert_eq!(result.references, ["RHEL-09-211010", "SV-257777r925318_rule"]);
        for (references, id) in [
            ("Rule-ID|SV-257777r1_rule,CAT|I", "V-257777"),
            ("Group-ID|V-257777", "V-257777"),
            // A benchmark of CIS, and one that names several checks.
            ("800-53|AC-2,CCI|CCI-000366,LEVEL|1A", "21157 RHEL-09-211010 - release"),
            ("Vuln-ID|V-257777,Vuln-ID|V-257778", "21157 RHEL-09-211010 - release"),
            ("", "21157 RHEL-09-211010 - release"),
        ] {
            assert_eq!(check(references).id, id, "{references}");
        }
    }

    #[test]
    fn tables_have_references_in_the_description() {
        let text = "\"RHEL-09-211010\" : [FAILED]\n\nInfo: a|b\n\nReference: CAT|II,Vuln-ID|V-257777\n\nPolicy Value: x";
        assert_eq!(references_in(text).trim(), "CAT|II,Vuln-ID|V-257777");
        assert_eq!(references_in("See the reference: none"), "");
    }
}
