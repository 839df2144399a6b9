//! Counts of the scans in a row that show that a weakness is gone.
//!
//! Records of one scan (the same file compressed, another format, an export that was repeated) count once.
//! Where several detectors found a weakness, each of them must have looked for it.

use super::clean::CleanWeakness;
use super::record::ScanRecord;

/// The scans in a row, up to now, that show that a weakness is gone.
#[derive(Debug, Default)]
pub(super) struct CleanScans<'a> {
    /// For each detector that found it the scans, newest first; each with the paths of its records.
    by_method: Vec<Vec<Vec<&'a str>>>,
}

impl CleanScans<'_> {
    /// Returns how many scans of each detector show it, at least.
    pub(super) fn scans_needed(&self) -> usize {
        self.by_method.iter().map(Vec::len).min().unwrap_or_default()
    }

    /// Returns whether a record is among them.
    pub(super) fn contains(&self, path: &str) -> bool {
        self.by_method.iter().flatten().flatten().any(|known| *known == path)
    }

    /// Returns one record of each of the newest scans, so many for each detector.
    pub(super) fn newest_records(&self, count: usize) -> Vec<String> {
        let mut paths: Vec<String> = Vec::new();
        for scan in self.by_method.iter().flat_map(|scans| scans.iter().take(count)) {
            if let Some(path) = scan.last()
                && !paths.iter().any(|known| known == path)
            {
                paths.push((*path).to_owned());
            }
        }
        paths
    }
}

/// Counts the scans since a weakness was found last. `records` are the scans, oldest first.
pub(super) fn clean_scans<'a>(
    weakness: &CleanWeakness,
    records: &'a [(String, ScanRecord)],
) -> CleanScans<'a> {
    let by_method = weakness.methods.iter().map(|method| of_method(weakness, method, records));
    CleanScans { by_method: by_method.collect() }
}

fn of_method<'a>(
    weakness: &CleanWeakness,
    method: &str,
    records: &'a [(String, ScanRecord)],
) -> Vec<Vec<&'a str>> {
    let mut scans: Vec<Vec<&(String, ScanRecord)>> = Vec::new();
    let is_of = |scan: &[&(String, ScanRecord)], record: &ScanRecord| {
        scan.iter().any(|(_, known)| known.is_same_scan(record, &weakness.assets))
    };
    for entry in records.iter().rev() {
        let record = &entry.1;
        if weakness.is_found_by(record) {
            // Another file of the scan that found it does not show that it is gone.
            scans.retain(|scan| !is_of(scan, record));
            break;
        }
        // A scan from before the item does not mention it.
        if record.day < weakness.detected {
            break;
        }
        if weakness.check_gone(record, method).is_err() {
            continue;
        }
        let Some(first) = scans.iter().position(|scan| is_of(scan, record)) else {
            scans.push(vec![entry]);
            continue;
        };
        // A record may show that two before are of one scan.
        let later = scans.split_off(first + 1);
        for scan in later {
            if is_of(&scan, record) {
                scans[first].extend(scan);
            } else {
                scans.push(scan);
            }
        }
        scans[first].push(entry);
    }
    let paths = |scan: Vec<&'a (String, ScanRecord)>| {
        scan.into_iter().map(|(path, _)| path.as_str()).collect()
    };
    scans.into_iter().map(paths).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::ScanCounts;
    use super::super::record::{HostLogins, RecordedNaming};
    use super::*;
    use crate::intake::sample_item;
    use crate::model::Item;
    use crate::settings::ScanSettings;

    fn item_of(detector: &str, id: &str, assets: &[&str]) -> Item {
        let mut item = sample_item();
        item.detector_source = Some(detector.to_owned());
        item.source_identifier = Some(id.to_owned());
        item.assets = assets.iter().map(|&asset| asset.to_owned()).collect();
        item
    }

    fn item(assets: &[&str]) -> Item {
        item_of("Nessus", "1", assets)
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    /// The record of a scan by one tool that lists only what it finds.
    fn record_of(tool: &str, day: &str, assets: &[&str]) -> ScanRecord {
        ScanRecord {
            version: 1,
            day: day.parse().unwrap(),
            order: 0,
            day_attested: false,
            scope: None,
            tools: Vec::new(),
            profiles: Vec::new(),
            formats: vec![tool.to_owned()],
            files: BTreeMap::from([("f".to_owned(), day.to_owned())]),
            content: BTreeMap::new(),
            times: BTreeMap::new(),
            findings: Some(day.to_owned()),
            detected_attested: None,
            counts: ScanCounts { results: 1, below: 1, ..ScanCounts::default() },
            detectors: names(&[tool]),
            assets: names(assets),
            looked_at: BTreeMap::from([(tool.to_owned(), names(assets))]),
            naming: BTreeMap::new(),
            logins: BTreeMap::new(),
            days: BTreeMap::new(),
            incomplete: BTreeMap::new(),
            found: BTreeMap::new(),
            closed: BTreeSet::new(),
            found_by: BTreeMap::new(),
            passed: BTreeMap::new(),
            not_checked: BTreeMap::new(),
            suppressed: BTreeMap::new(),
        }
    }

    fn record(day: &str, assets: &[&str]) -> ScanRecord {
        record_of("nessus", day, assets)
    }

    fn finding(mut record: ScanRecord, assets: &[&str]) -> ScanRecord {
        record.found.insert("V-1".to_owned(), names(assets));
        record
    }

    fn count(item: &Item, records: Vec<ScanRecord>) -> usize {
        let records: Vec<_> = records.into_iter().map(|record| (record.path(), record)).collect();
        let settings = ScanSettings::default();
        let known = records.iter().map(|(_, record)| record);
        let weakness = CleanWeakness::new(item, &settings, known).unwrap();
        clean_scans(&weakness, &records).scans_needed()
    }

    #[test]
    fn only_scans_that_would_have_found_it_count() {
        let item = item(&["web-1 (443/tcp)", "WEB-2"]);
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
        unchecked.not_checked.insert("nessus 1".to_owned(), names(&["web-2"]));
        assert_eq!(count(&item, vec![unchecked]), 0, "the check had an error");
        let other = record_of("qualys", "2026-02-01", &["web-1", "web-2"]);
        assert_eq!(count(&item, vec![other]), 0, "another scanner");
        let found = finding(record("2026-02-15", &["web-1", "web-2"]), &[]);
        let later = record("2026-03-01", &["web-1", "web-2"]);
        assert_eq!(count(&item, vec![whole(), found, later]), 1, "it was found in between");
    }

    #[test]
    fn assets_of_another_scanner_in_the_same_scan_are_not_looked_at() {
        let mut both = record("2026-02-01", &["web-1"]);
        both.detectors.insert("qualys".to_owned());
        both.looked_at.insert("qualys".to_owned(), names(&["web-2"]));
        assert_eq!(count(&item(&["web-1"]), vec![both.clone()]), 1);
        assert_eq!(count(&item(&["web-2"]), vec![both]), 0);
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
    fn a_check_with_results_of_its_own_must_have_passed_on_each_asset() {
        let result = |passed: &[(&str, &[&str])]| {
            let mut record = record_of("stig", "2026-02-01", &["web-1", "web-2"]);
            record.looked_at.clear();
            for (key, assets) in passed {
                record.passed.insert((*key).to_owned(), names(assets));
            }
            record
        };
        let stig = item_of("STIG", "V-257777", &["web-1", "web-2"]);
        assert_eq!(count(&stig, vec![result(&[])]), 0, "another checklist of the hosts");
        assert_eq!(count(&stig, vec![result(&[("stig V-257778", &["web-1", "web-2"])])]), 0);
        assert_eq!(count(&stig, vec![result(&[("stig V-257777", &["web-1"])])]), 0);
        assert_eq!(count(&stig, vec![result(&[("stig V-257777", &["web-1", "web-2"])])]), 1);
        // A cell with two ids.
        let two = item_of("STIG", "V-257777, V-257778", &["web-1"]);
        assert_eq!(count(&two, vec![result(&[("stig V-257777", &["web-1"])])]), 0);
        let passed: &[(&str, &[&str])] =
            &[("stig V-257777", &["web-1"]), ("stig V-257778", &["web-1"])];
        assert_eq!(count(&two, vec![result(passed)]), 1);
        // A checklist without the name of a host may be of any host.
        let bare = item_of("STIG", "V-257777", &[]);
        let passed = || result(&[("stig V-257777", &[""])]);
        let scoped = |record: ScanRecord| ScanRecord { scope: Some("db".to_owned()), ..record };
        assert_eq!(count(&bare, vec![passed()]), 0);
        let found = scoped(finding(record_of("stig", "2026-01-10", &[]), &[]));
        assert_eq!(count(&bare, vec![found, scoped(passed())]), 1);
        let assessment = ScanRecord { formats: vec!["oscal-ar".to_owned()], ..passed() };
        assert_eq!(count(&bare, vec![assessment]), 1);
        // Checks of a benchmark by Nessus beside its plugins.
        let check = item_of("Nessus", "21157 1.1.1 Disable cramfs", &["web-1"]);
        let mut plugins = record("2026-02-01", &["web-1"]);
        assert_eq!(count(&check, vec![plugins.clone()]), 0);
        plugins.passed.insert("nessus 21157 1.1.1 Disable cramfs".to_owned(), names(&["web-1"]));
        assert_eq!(count(&check, vec![plugins]), 1);
    }

    #[test]
    fn a_scan_without_credentials_does_not_confirm_one_with_them() {
        let item = item(&["web-1"]);
        let with = |mut record: ScanRecord, with: &[&str], without: &[&str]| {
            let logins =
                HostLogins { with: names(with), without: names(without), ..HostLogins::default() };
            record.logins.insert("nessus".to_owned(), logins);
            record
        };
        let found = || finding(record("2026-02-01", &["web-1"]), &["web-1"]);
        let later = || record("2026-03-01", &["web-1"]);
        let one = ["web-1"];
        assert_eq!(count(&item, vec![with(found(), &one, &[]), with(later(), &[], &one)]), 0);
        assert_eq!(count(&item, vec![with(found(), &one, &[]), later()]), 0);
        assert_eq!(count(&item, vec![with(found(), &one, &[]), with(later(), &one, &[])]), 1);
        assert_eq!(count(&item, vec![with(found(), &[], &one), with(later(), &[], &one)]), 1);
        assert_eq!(count(&item, vec![found(), later()]), 1, "no file says it");
        assert_eq!(
            count(&item, vec![with(later(), &[], &one)]),
            0,
            "nobody knows how it was found"
        );
    }

    #[test]
    fn records_of_one_scan_count_once() {
        let item = item(&["web-1"]);
        let at = |mut record: ScanRecord, from: &str, to: &str| {
            let time = |text: &str| format!("2026-02-01T{text}:00").parse().unwrap();
            record.times.insert("nessus".to_owned(), [time(from), time(to)]);
            record
        };
        let one = || record("2026-02-01", &["web-1"]);
        let morning = at(one(), "08:00", "09:00");
        let part = at(one(), "08:30", "08:40");
        let evening = at(one(), "20:00", "21:00");
        assert_eq!(count(&item, vec![morning.clone(), part]), 1);
        assert_eq!(count(&item, vec![morning.clone(), evening]), 2);
        // Another format, which knows no time, with the same findings.
        let mut table = one();
        table.formats = vec!["tenable-csv".to_owned()];
        assert_eq!(count(&item, vec![morning.clone(), table.clone()]), 1);
        let mut attested = table.clone();
        (attested.day, attested.day_attested) = ("2026-02-03".parse().unwrap(), true);
        assert_eq!(
            count(&item, vec![morning.clone(), attested.clone()]),
            1,
            "a person gave it a day"
        );
        assert_eq!(count(&item, vec![table, morning.clone(), attested]), 1, "all of them");
        // A part of the results of the scan that found it.
        let filtered = at(one(), "08:00", "09:00");
        assert_eq!(count(&item, vec![finding(morning.clone(), &["web-1"]), filtered]), 0);
        // A host that a cumulative list has, and that was not scanned again.
        let mut again = record("2026-03-01", &["web-1"]);
        again.days.insert("web-1".to_owned(), "2026-02-01".parse().unwrap());
        assert_eq!(count(&item, vec![morning.clone(), again.clone()]), 1);
        assert_eq!(count(&item, vec![finding(morning, &["web-1"]), again]), 0);
    }

    #[test]
    fn a_scope_covers_what_it_found_before() {
        let scoped = |record: ScanRecord, naming: Option<RecordedNaming>| {
            let mut record = ScanRecord { scope: Some("prod".to_owned()), ..record };
            if let Some(naming) = naming {
                let family = record.formats[0].clone();
                record.naming.insert(family, naming);
            }
            record
        };
        // Hosts are looked at one by one, whatever the scope.
        let host = item(&["web-1"]);
        let first = scoped(finding(record("2026-01-01", &["web-1"]), &["web-1"]), None);
        let other = scoped(record("2026-02-01", &["web-2"]), None);
        assert_eq!(count(&host, vec![first.clone(), other]), 0);
        let same = scoped(record("2026-02-01", &["web-1"]), None);
        assert_eq!(count(&host, vec![first, same]), 1);
        // A code base is one; without its scope nothing is known.
        let place = item_of("Semgrep", "r1", &["src/a.c"]);
        let code = |day: &str| record_of("semgrep", day, &["src/b.c"]);
        let places = Some(RecordedNaming::Places);
        let first = scoped(finding(code("2026-01-01"), &["src/a.c"]), places);
        assert_eq!(count(&place, vec![first.clone(), scoped(code("2026-02-01"), places)]), 1);
        assert_eq!(count(&place, vec![first, code("2026-02-01")]), 0);
        // The next release of an image represents the one before, another image does not.
        let image = item_of("Grype", "CVE-2026-1", &["app:1"]);
        let scan = |day: &str, image: &str| {
            scoped(record_of("grype", day, &[image]), Some(RecordedNaming::Artifacts))
        };
        let first = || finding(scan("2026-01-01", "app:1"), &["app:1"]);
        assert_eq!(count(&image, vec![first(), scan("2026-02-01", "app:2")]), 1);
        assert_eq!(count(&image, vec![first(), scan("2026-02-01", "web:2")]), 0);
        // An older release does not, nor one that was looked at before.
        assert_eq!(count(&image, vec![first(), scan("2026-02-01", "app:0.9")]), 0);
        assert_eq!(count(&image, vec![first(), scan("2026-02-01", "app:latest")]), 1);
        let mut earlier = scan("2026-02-01", "app:latest");
        earlier.days.insert("app:latest".to_owned(), "2025-12-01".parse().unwrap());
        assert_eq!(count(&image, vec![first(), earlier]), 0);
        // An item without assets is covered by its scope alone.
        let bare = item_of("Semgrep", "r1", &[]);
        let first = scoped(finding(code("2026-01-01"), &[]), places);
        assert_eq!(count(&bare, vec![first, scoped(code("2026-02-01"), places)]), 1);
        assert_eq!(count(&bare, vec![scoped(code("2026-02-01"), places)]), 0);
    }

    #[test]
    fn trivy_must_have_looked_for_the_kind_of_the_weakness() {
        let kind = |day: &str, kind: &str| {
            let mut record = record_of("trivy", day, &["app:1"]);
            record.looked_at = BTreeMap::from([(format!("trivy {kind}"), names(&["app:1"]))]);
            record
        };
        let mut first = finding(kind("2026-01-01", "lang-pkgs"), &["app:1"]);
        first.found_by.insert("V-1".to_owned(), names(&["trivy lang-pkgs"]));
        let item = item_of("Trivy", "CVE-2026-1", &["app:1"]);
        assert_eq!(count(&item, vec![first.clone(), kind("2026-02-01", "os-pkgs")]), 0);
        assert_eq!(count(&item, vec![first, kind("2026-02-01", "lang-pkgs")]), 1);
        assert_eq!(count(&item, vec![kind("2026-02-01", "os-pkgs")]), 1, "the kind is not known");
        assert_eq!(count(&item, vec![kind("2026-02-01", "secret")]), 0);
    }

    #[test]
    fn a_scan_of_the_host_does_not_look_at_its_web_application() {
        let item = item_of("Tenable", "98104", &["web-1"]);
        assert_eq!(count(&item, vec![record("2026-02-01", &["web-1"])]), 0);
        let mut web = record("2026-02-01", &["web-1"]);
        web.looked_at = BTreeMap::from([("nessus was".to_owned(), names(&["web-1"]))]);
        assert_eq!(count(&item, vec![web.clone()]), 1);
        assert_eq!(count(&item_of("Tenable", "57582", &["web-1"]), vec![web]), 0);
    }

    #[test]
    fn each_detector_that_found_it_must_look_for_it() {
        let item = item_of("Nessus", "CVE-2026-1", &["web-1"]);
        let mut first = finding(record("2026-01-01", &["web-1"]), &["web-1"]);
        first.found_by.insert("V-1".to_owned(), names(&["nessus", "grype"]));
        let nessus = record("2026-02-01", &["web-1"]);
        let grype = record_of("grype", "2026-02-02", &["web-1"]);
        assert_eq!(count(&item, vec![first.clone(), nessus.clone()]), 0);
        assert_eq!(count(&item, vec![first, nessus, grype]), 1);
    }
}
