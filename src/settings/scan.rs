//! Settings of scans: how results become items.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PersonOrName;
use crate::model::RiskRating;

/// How the results of scanners become items.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScanSettings {
    /// What makes results one item: id (the scanner's id), cve or package.
    pub group: ScanGrouping,
    /// The lowest risk rating that becomes an item; results below it are counted.
    pub minimum: RiskRating,
    /// So many scans in a row that covered all assets of an item and did not find it move it to
    /// validation.
    #[schemars(range(min = 1, max = 100))]
    pub clean_scans: u32,
    /// What becomes of a weakness that is found again after its item was closed: successor (a new
    /// item that names the closed one) or reopen.
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

/// What makes results of a scan one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScanGrouping {
    /// The scanner's id, as FedRAMP Rev5 asks for.
    #[default]
    Id,
    /// The first CVE, else the scanner's id.
    Cve,
    /// The first package, else the scanner's id.
    Package,
}

/// What becomes of a weakness that is found again after its item was closed.
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

/// Returns whether a text matches a pattern in which `*` stands for any text. Case does not matter.
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
        // The last part must stand at the end, wherever it was found first.
        Some(part) => part.is_empty() || text.ends_with(part),
        None => rest.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

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
