//! Settings of scans: how results become items.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PersonOrName;
use crate::document::escape_step;
use crate::model::{CONTROLS, RiskRating};

/// Settings for turning results of scanners into items.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScanSettings {
    /// Grouping of results into items: id (the scanner's id), cve or package.
    pub group: ScanGrouping,
    /// The lowest risk rating that becomes an item; results below it are counted.
    pub minimum: RiskRating,
    /// So many scans in a row that covered all assets of an item and did not find it move it to
    /// validation.
    #[schemars(range(min = 1, max = 100))]
    pub clean_scans: u32,
    /// Handling of a weakness that is found again after its item was closed: successor (a new item
    /// that names the closed one) or reopen.
    pub reappearing: Reappearing,
    /// The risk rating of each severity of a scanner: unknown, low, moderate, high, critical.
    pub ratings: BTreeMap<String, RiskRating>,
    /// Names of groups, each with patterns of scanner's ids or CVEs; all of a group are one item.
    pub groups: BTreeMap<String, Vec<String>>,
    /// Owners and controls of new items, by pattern. All rules that match count; of two owners the
    /// first.
    pub rules: Vec<ScanRule>,
}

impl Default for ScanSettings {
    fn default() -> Self {
        Self {
            group: ScanGrouping::default(),
            minimum: RiskRating::Low,
            clean_scans: 2,
            reappearing: Reappearing::default(),
            ratings: BTreeMap::new(),
            groups: BTreeMap::new(),
            rules: Vec::new(),
        }
    }
}

/// Fault of the settings of scans.
pub(super) struct ScanSettingsFault {
    /// Place in the settings.
    pub(super) pointer: String,
    /// Description.
    pub(super) message: String,
    /// The way out.
    pub(super) help: &'static str,
}

impl ScanSettings {
    /// Checks that each id belongs to one group, and, with `check_controls`, that the controls of rules are
    /// those of NIST SP 800-53.
    pub(super) fn check(&self, check_controls: bool) -> Vec<ScanSettingsFault> {
        let mut faults = Vec::new();
        let patterns: Vec<(&String, usize, &String)> = self
            .groups
            .iter()
            .flat_map(|(name, list)| list.iter().enumerate().map(move |(at, id)| (name, at, id)))
            .collect();
        for (number, (name, at, id)) in patterns.iter().enumerate() {
            // Of two patterns one may be a case of the other: `CVE-2026-12*` of `CVE-2026-1*`.
            let other = patterns.iter().take(number).find(|(other, _, known)| {
                other != name && (matches_pattern(known, id) || matches_pattern(id, known))
            });
            if let Some((other, _, known)) = other {
                let message = match known == id {
                    true => format!("`{id}` is in the group `{other}`, too"),
                    false => {
                        format!("`{id}` and `{known}` of the group `{other}` mean the same ids")
                    }
                };
                faults.push(ScanSettingsFault {
                    pointer: format!("/scan/groups/{}/{at}", escape_step(name)),
                    message,
                    help: "an id belongs to one group: take it out of the other",
                });
            }
        }
        for (number, rule) in self.rules.iter().enumerate().filter(|_| check_controls) {
            for (at, control) in rule.controls.iter().enumerate() {
                if CONTROLS.canonical_id(control).is_none() {
                    faults.push(ScanSettingsFault {
                        pointer: format!("/scan/rules/{number}/controls/{at}"),
                        message: format!("`{control}` is not a control of NIST SP 800-53 Rev 5"),
                        help: "write a control like AC-2 or AC-2(1)",
                    });
                }
            }
        }
        faults
    }
}

/// Grouping of the results of a scan into items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScanGrouping {
    /// The scanner's id, as FedRAMP Rev5 asks for.
    #[default]
    Id,
    /// CVEs: results that share one are one item. Else the scanner's id.
    Cve,
    /// Packages: results that share one are one item. Else the scanner's id.
    Package,
}

/// Handling of a weakness that is found again after its item was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reappearing {
    /// A new item that names the closed one.
    #[default]
    Successor,
    /// The closed item is reopened.
    Reopen,
}

/// Owner and controls of new items that match patterns. `*` stands for any text; a pattern that is
/// absent matches everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScanRule {
    /// Pattern of the scanner's id or a CVE.
    pub id: Option<String>,
    /// Pattern of an asset.
    pub asset: Option<String>,
    /// Pattern of the family of plugins or the class of results.
    pub family: Option<String>,
    /// Pattern of the detector.
    pub detector: Option<String>,
    /// The owner.
    pub owner: Option<PersonOrName>,
    /// Controls of NIST SP 800-53 to add.
    pub controls: Vec<String>,
}

/// Returns whether a text matches a pattern in which `*` represents any text. Case does not matter.
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        last = Some(part);
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    match last {
        // The last part must be at the end, wherever it was found first.
        Some(part) => part.is_empty() || text.ends_with(part),
        None => rest.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(String, String)> {
        let settings: ScanSettings = serde_json::from_str(text).unwrap();
        let faults = settings.check(true).into_iter();
        faults.map(|fault| (fault.pointer, fault.message)).collect()
    }

    #[test]
    fn an_id_belongs_to_one_group() {
        let groups =
            |a: &str, b: &str| faults(&format!(r#"{{"groups": {{"a": {a}, "b/c": {b}}}}}"#));
        for (a, b) in [
            (r#"["CVE-2026-1"]"#, r#"["10", "cve-2026-1"]"#),
            (r#"["CVE-2026-1*"]"#, r#"["10", "CVE-2026-12"]"#),
            (r#"["CVE-2026-12*"]"#, r#"["10", "CVE-2026-1*"]"#),
        ] {
            let found = groups(a, b);
            assert_eq!(found.len(), 1, "{a} {b}");
            assert_eq!(found[0].0, "/scan/groups/b~1c/1", "{a} {b}");
        }
        assert!(groups(r#"["CVE-2026-1", "CVE-2026-1"]"#, r#"["CVE-2026-12", "1*"]"#).is_empty());
    }

    #[test]
    fn controls_of_rules_are_of_the_catalog() {
        let rules = r#"{"rules": [{"controls": ["SI-2", "ac-2 (1)", "CM-5(3)", "ZZ-9"]}]}"#;
        let found = faults(rules);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "/scan/rules/0/controls/3");
    }

    #[test]
    fn stars_stand_for_any_text() {
        let table = [
            ("web-*", "WEB-1", true),
            ("web-*", "db-1", false),
            ("*", "", true),
            ("*prod*", "eu-prod-1", true),
            ("CVE-2026-1", "CVE-2026-12", false),
            ("*a", "aba", true),
            ("*ab", "abab", true),
            ("a*b*c", "abc", true),
            ("a*b*c", "acb", false),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(matches_pattern(pattern, text), expected, "{pattern} {text}");
        }
    }
}
