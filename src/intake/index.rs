//! Items by what scanners know them by.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::finding::Finding;
use crate::model::{DeviationState, DeviationType, Item};
use crate::settings::{ScanGrouping, ScanSettings, Settings};
use crate::store::{Store, Stored};

/// Key by which a finding is recognised: the scanner's id within the family of the detector, or an
/// id that all detectors share (a CVE, a package, a named group).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FindingKey {
    /// The family in lower case; empty for ids that all detectors share.
    pub detector: String,
    /// The id.
    pub id: String,
}

impl FindingKey {
    /// Makes a key of a detector's id.
    pub fn of_detector(detector: &str, id: &str) -> Self {
        Self { detector: detector_family(detector), id: id.trim().to_owned() }
    }

    /// Makes a key that all detectors share.
    pub fn shared_key(id: &str) -> Self {
        Self { detector: String::new(), id: id.trim().to_owned() }
    }
}

/// Returns the family of a detector: products of one vendor that share their ids are one.
pub(super) fn detector_family(detector: &str) -> String {
    let lower = detector.trim().to_lowercase();
    let families = [
        (&["nessus", "tenable", "acas"][..], "nessus"),
        (&["qualys"], "qualys"),
        (&["trivy"], "trivy"),
        (&["grype"], "grype"),
        (&["prowler"], "prowler"),
        (&["inspector"], "amazon inspector"),
        (&["stig"], "stig"),
    ];
    for (words, family) in families {
        if words.iter().any(|word| lower.contains(word)) {
            return family.to_owned();
        }
    }
    lower
}

/// The items of a tracker by the keys of findings.
pub(super) struct ItemIndex<'a> {
    by_key: HashMap<FindingKey, Vec<&'a Stored>>,
}

/// The items of a finding.
pub(super) struct ItemsOfFinding<'a> {
    /// All open items, in the order of the tracker.
    pub(super) open: Vec<&'a Stored>,
    /// The item that was closed last, those with an approved false positive left out.
    pub(super) closed: Option<&'a Stored>,
    /// Closed items with an approved false positive, in the order of the tracker.
    pub(super) false_positives: Vec<&'a Stored>,
}

impl<'a> ItemIndex<'a> {
    /// Indexes the items of a tracker.
    pub(super) fn new(store: &'a Store, settings: &ScanSettings) -> Self {
        let mut by_key: HashMap<FindingKey, Vec<&Stored>> = HashMap::new();
        for stored in store.items() {
            for key in item_keys(&stored.item, settings) {
                by_key.entry(key).or_default().push(stored);
            }
        }
        Self { by_key }
    }

    /// Returns whether an item has a key.
    pub(super) fn contains(&self, key: &FindingKey) -> bool {
        self.by_key.contains_key(key)
    }

    /// Returns the items of a finding.
    pub(super) fn find(&self, finding: &Finding, settings: &Settings) -> ItemsOfFinding<'a> {
        let mut items: Vec<&'a Stored> = Vec::new();
        for key in std::iter::once(&finding.key).chain(&finding.aliases) {
            for stored in self.by_key.get(key).into_iter().flatten() {
                if !items.iter().any(|known| known.item.id == stored.item.id) {
                    items.push(stored);
                }
            }
        }
        let (closed, mut open): (Vec<_>, Vec<_>) =
            items.into_iter().partition(|stored| settings.workflow.is_closed(&stored.item.status));
        open.sort_by(|a, b| a.item.id.cmp(&b.item.id));
        let (mut false_positives, closed): (Vec<_>, Vec<_>) =
            closed.into_iter().partition(|stored| is_false_positive(&stored.item));
        false_positives.sort_by(|a, b| a.item.id.cmp(&b.item.id));
        let closed = closed.into_iter().max_by_key(|stored| stored.item.completion_date);
        ItemsOfFinding { closed, open, false_positives }
    }
}

/// Returns whether a false positive of an item is approved.
fn is_false_positive(item: &Item) -> bool {
    item.deviation(DeviationType::FalsePositive)
        .is_some_and(|deviation| deviation.state == DeviationState::Approved)
}

/// Returns the keys of an item. A cell of a workbook may have held several ids.
pub(super) fn item_keys(item: &Item, settings: &ScanSettings) -> Vec<FindingKey> {
    let mut keys: Vec<FindingKey> = Vec::new();
    for part in id_parts(item) {
        for key in part {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    if settings.group == ScanGrouping::Cve && !keys.is_empty() {
        for cve in &item.cves {
            let key = FindingKey::shared_key(cve);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

/// Returns the keys of each id of an item: first those of the entire identifier, then of its parts.
pub(super) fn id_parts(item: &Item) -> Vec<Vec<FindingKey>> {
    let Some(identifier) = &item.source_identifier else { return Vec::new() };
    let detector = item.detector_source.as_deref().unwrap_or_default();
    let mut ids = vec![identifier.trim()];
    ids.extend(identifier.split([',', ';', '\n']).map(str::trim));
    let mut parts: Vec<Vec<FindingKey>> = Vec::new();
    for id in ids {
        let part = vec![FindingKey::of_detector(detector, id), FindingKey::shared_key(id)];
        if !id.is_empty() && !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::FindingKey;

    #[test]
    fn products_that_share_their_ids_are_one_family() {
        for detector in ["Nessus", "Tenable Nessus 10.8", "ACAS", "tenable.sc"] {
            assert_eq!(
                FindingKey::of_detector(detector, " 1 "),
                FindingKey::of_detector("nessus", "1")
            );
        }
        assert_ne!(FindingKey::of_detector("Qualys", "1"), FindingKey::of_detector("Nessus", "1"));
    }
}
