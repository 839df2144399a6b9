//! What scans no longer find.
//!
//! An item counts as clean in a scan that looked at all of its assets, made its check, and did not find
//! it. A scan that failed, holds no result at all, or did not look at one of the assets says nothing.

use std::collections::BTreeSet;

use super::index::FindingKey;
use super::record::{ScanRecord, key_text};
use crate::model::Item;

/// Returns the paths of the scans in which an item was clean, newest first, up to the last scan that
/// found it. `records` are the scans, oldest first.
pub(super) fn clean_scans<'a>(
    item: &Item,
    keys: &[FindingKey],
    records: &'a [(String, ScanRecord)],
) -> Vec<&'a str> {
    let assets: BTreeSet<&str> = item.assets.iter().map(|asset| asset_name(asset)).collect();
    let id = item.id.as_str();
    let scopes = scopes_that_found(item, records.iter().map(|(_, record)| record));
    let mut clean = Vec::new();
    for (path, record) in records.iter().rev() {
        // A suppressed result is still there: a person decides about it, not the scanner's settings.
        let is_suppressed = |key: &FindingKey| record.suppressed.contains_key(&key_text(key));
        if record.found.contains_key(id) || keys.iter().any(is_suppressed) {
            break;
        }
        // A scan from before the item says nothing of it.
        if record.day < item.original_detection_date {
            break;
        }
        if would_find(record, keys, &assets, &scopes) {
            clean.push(path.as_str());
        }
    }
    clean
}

/// Returns the scopes of the scans that found an item.
pub(super) fn scopes_that_found<'a>(
    item: &Item,
    records: impl Iterator<Item = &'a ScanRecord>,
) -> BTreeSet<&'a str> {
    let id = item.id.as_str();
    records
        .filter(|record| record.found.contains_key(id))
        .filter_map(|record| record.scope.as_deref())
        .collect()
}

/// Returns whether a scan would have found an item if it were still there. `scopes` are those of scans
/// that found it before: a scan of one of them covers it where its files name no assets.
pub(super) fn would_find(
    record: &ScanRecord,
    keys: &[FindingKey],
    assets: &BTreeSet<&str>,
    scopes: &BTreeSet<&str>,
) -> bool {
    let same_detector = keys.iter().any(|key| record.detectors.contains(&key.detector));
    if !same_detector || record.counts.results == 0 || record.incomplete.contains_key("") {
        return false;
    }
    if assets.iter().any(|asset| record.incomplete.contains_key(*asset)) {
        return false;
    }
    let covers_assets =
        !assets.is_empty() && assets.iter().all(|asset| record.assets.contains(*asset));
    let covers_scope =
        !names_hosts(record) && record.scope.as_deref().is_some_and(|scope| scopes.contains(scope));
    (covers_assets || covers_scope) && !record.left_unchecked(keys, assets)
}

/// Formats whose files name every host that was looked at: a scan of other hosts covers nothing,
/// whatever its scope.
const HOST_FORMATS: [&str; 12] = [
    "nessus",
    "tenable-csv",
    "qualys-xml",
    "qualys-csv",
    "ckl",
    "cklb",
    "xccdf",
    "hdf",
    "asff",
    "ocsf",
    "inspector",
    "oscal-ar",
];

fn names_hosts(record: &ScanRecord) -> bool {
    !record.assets.is_empty()
        && record.formats.iter().any(|format| HOST_FORMATS.contains(&format.as_str()))
}

/// Returns the name in an asset of an item, without the port: `web-1` of `web-1 (443/tcp)`.
pub(super) fn asset_name(asset: &str) -> &str {
    match asset.rsplit_once(" (") {
        Some((name, port))
            if port.ends_with(')') && port.starts_with(|c: char| c.is_ascii_digit()) =>
        {
            name
        }
        _ => asset,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::intake::ScanCounts;
    use crate::model::{RiskRating, Status};

    fn item(assets: &[&str]) -> Item {
        let mut item = Item::new(
            "V-1".parse().unwrap(),
            "w".to_owned(),
            Status::OPEN.parse().unwrap(),
            "2026-01-01".parse().unwrap(),
            RiskRating::High,
        );
        item.detector_source = Some("Nessus".to_owned());
        item.source_identifier = Some("1".to_owned());
        item.assets = assets.iter().map(|&asset| asset.to_owned()).collect();
        item
    }

    fn record(day: &str, assets: &[&str]) -> ScanRecord {
        ScanRecord {
            version: 1,
            day: day.parse().unwrap(),
            order: 0,
            scope: None,
            tools: Vec::new(),
            profiles: Vec::new(),
            formats: vec!["nessus".to_owned()],
            files: BTreeMap::from([("f".to_owned(), day.to_owned())]),
            detected_attested: None,
            counts: ScanCounts { results: 1, below: 1, ..ScanCounts::default() },
            detectors: BTreeSet::from(["nessus".to_owned()]),
            assets: assets.iter().map(|&asset| asset.to_owned()).collect(),
            incomplete: BTreeMap::new(),
            found: BTreeMap::new(),
            not_checked: BTreeMap::new(),
            suppressed: BTreeMap::new(),
        }
    }

    fn count(item: &Item, records: Vec<ScanRecord>) -> usize {
        let keys = super::super::index::keys(item);
        let records: Vec<_> = records.into_iter().map(|record| (record.path(), record)).collect();
        clean_scans(item, &keys, &records).len()
    }

    #[test]
    fn only_scans_that_would_have_found_it_count() {
        let item = item(&["web-1 (443/tcp)", "web-2"]);
        let whole = || record("2026-02-01", &["web-1", "web-2", "web-3"]);
        assert_eq!(count(&item, vec![whole()]), 1);
        assert_eq!(
            count(&item, vec![record("2026-02-01", &["web-1"])]),
            0,
            "an asset was left out"
        );
        let mut empty = whole();
        empty.counts = ScanCounts::default();
        assert_eq!(count(&item, vec![empty]), 0, "the scan holds nothing");
        let mut failed = whole();
        failed.incomplete.insert("web-2".to_owned(), "no end".to_owned());
        assert_eq!(count(&item, vec![failed]), 0, "an asset was not finished");
        let mut unchecked = whole();
        unchecked.not_checked.insert("nessus 1".to_owned(), BTreeSet::from(["web-2".to_owned()]));
        assert_eq!(count(&item, vec![unchecked]), 0, "the check had an error");
        let mut other = whole();
        other.detectors = BTreeSet::from(["qualys".to_owned()]);
        assert_eq!(count(&item, vec![other]), 0, "another scanner");
        let mut found = record("2026-02-15", &["web-1", "web-2"]);
        found.found.insert("V-1".to_owned(), BTreeSet::new());
        let later = record("2026-03-01", &["web-1", "web-2"]);
        assert_eq!(count(&item, vec![whole(), found, later]), 1, "it was found in between");
    }

    #[test]
    fn suppressed_results_and_scans_before_the_item_are_not_clean() {
        let item = item(&["web-1"]);
        let mut suppressed = record("2026-02-01", &["web-1"]);
        suppressed.suppressed.insert("nessus 1".to_owned(), "accepted in the tool".to_owned());
        assert_eq!(count(&item, vec![suppressed]), 0);
        assert_eq!(count(&item, vec![record("2025-12-31", &["web-1"])]), 0, "before the item");
    }

    #[test]
    fn a_scope_does_not_cover_hosts_that_were_not_scanned() {
        let item = item(&["web-1"]);
        let scoped = |day: &str, asset: &str| {
            let mut record = record(day, &[asset]);
            record.scope = Some("prod".to_owned());
            record
        };
        let mut first = scoped("2026-01-01", "web-1");
        first.found.insert("V-1".to_owned(), BTreeSet::new());
        assert_eq!(count(&item, vec![first.clone(), scoped("2026-02-01", "web-2")]), 0);
        assert_eq!(count(&item, vec![first, scoped("2026-02-01", "web-1")]), 1);
    }

    #[test]
    fn a_scope_covers_what_it_found_before() {
        let item = item(&[]);
        let scoped = |day: &str, found: bool| {
            let mut record = record(day, &[]);
            record.scope = Some("code".to_owned());
            if found {
                record.found.insert("V-1".to_owned(), BTreeSet::new());
            }
            record
        };
        assert_eq!(count(&item, vec![scoped("2026-01-01", true), scoped("2026-02-01", false)]), 1);
        assert_eq!(count(&item, vec![scoped("2026-02-01", false)]), 0, "it was never found there");
    }

    #[test]
    fn ports_are_no_part_of_a_name() {
        assert_eq!(asset_name("10.0.0.1 (443/tcp)"), "10.0.0.1");
        assert_eq!(asset_name("app (alpine 3.10)"), "app (alpine 3.10)");
    }
}
