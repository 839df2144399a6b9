//! Items by what scanners know them by.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::model::Item;
use crate::settings::Settings;
use crate::store::{Store, Stored};

/// What a finding is recognised by: the scanner's id within the family of the detector, or an id that
/// all detectors share (a CVE, a package, a named group).
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
        Self { detector: family(detector), id: id.trim().to_owned() }
    }

    /// Makes a key that all detectors share.
    pub fn shared(id: &str) -> Self {
        Self { detector: String::new(), id: id.trim().to_owned() }
    }
}

/// Returns the family of a detector: products of one vendor that share their ids are one.
fn family(detector: &str) -> String {
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

impl<'a> ItemIndex<'a> {
    /// Indexes the items of a tracker.
    pub(super) fn new(store: &'a Store) -> Self {
        let mut by_key: HashMap<FindingKey, Vec<&Stored>> = HashMap::new();
        for stored in store.items() {
            for key in keys(&stored.item) {
                by_key.entry(key).or_default().push(stored);
            }
        }
        Self { by_key }
    }

    /// Returns the item of a finding: an open one before a closed one, and of several closed ones the
    /// one that was closed last.
    pub(super) fn find(&self, key: &FindingKey, settings: &Settings) -> Option<&'a Stored> {
        let candidates = self.by_key.get(key)?;
        let is_open = |stored: &&&Stored| !settings.workflow.is_closed(&stored.item.status);
        let open = candidates.iter().find(is_open);
        open.or_else(|| candidates.iter().max_by_key(|stored| stored.item.completion_date)).copied()
    }
}

/// Returns the keys of an item. A cell of a workbook may have held several ids.
pub(super) fn keys(item: &Item) -> Vec<FindingKey> {
    let Some(identifier) = &item.source_identifier else { return Vec::new() };
    let detector = item.detector_source.as_deref().unwrap_or_default();
    let mut ids = vec![identifier.trim()];
    ids.extend(identifier.split([',', ';', '\n']).map(str::trim));
    let mut keys = Vec::new();
    for id in ids {
        for key in [FindingKey::of_detector(detector, id), FindingKey::shared(id)] {
            if !id.is_empty() && !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
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
