//! The record of a scan, as far as it follows from its files.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use poam_scans::{AssetNaming, PortRange};

use super::asset_name::{asset_key, key_of_asset, port_of_asset};
use super::counts::ScanCounts;
use super::finding::Findings;
use super::index::{FindingKey, ItemIndex, detector_family, id_parts};
use super::plan::ScanOptions;
use super::record::{RecordedNaming, ScanRecord, key_text};
use crate::store::Store;

/// Formats that have a result of each check of a STIG.
const STIG_FORMATS: [&str; 4] = ["ckl", "cklb", "xccdf", "hdf"];

/// The day of a scan, and whether the files or a person stated it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScanDay {
    pub(super) day: NaiveDate,
    pub(super) is_attested: bool,
}

/// Makes the record of a scan, without its account and without the items that it found. Single checks are
/// recorded where an item of the tracker has them.
pub(super) fn new_record(
    findings: &Findings,
    store: &Store,
    index: &ItemIndex<'_>,
    options: &ScanOptions,
    day: ScanDay,
) -> ScanRecord {
    let mut not_checked = checks_by_key(index, &findings.not_checked);
    for (key, assets) in checks_left_out(findings, store) {
        not_checked.entry(key).or_default().extend(assets);
    }
    let mut record = ScanRecord {
        version: 1,
        day: day.day,
        order: 0,
        day_attested: day.is_attested,
        scope: options.scope.clone(),
        tools: tool_names(findings),
        profiles: profile_names(findings),
        formats: findings.formats.iter().map(|&name| name.to_owned()).collect(),
        files: findings.files.iter().cloned().collect(),
        content: findings.digests_of_content.clone(),
        times: BTreeMap::new(),
        findings: Some(findings.digest_of_findings()),
        detected_attested: None,
        counts: ScanCounts { results: findings.results, ..ScanCounts::default() },
        detectors: detector_families(findings),
        assets: findings.covered_assets(),
        looked_at: findings.looked_at(),
        naming: BTreeMap::new(),
        logins: BTreeMap::new(),
        days: BTreeMap::new(),
        incomplete: BTreeMap::new(),
        found: BTreeMap::new(),
        closed: BTreeSet::new(),
        found_by: BTreeMap::new(),
        passed: checks_by_key(index, &findings.passed),
        not_checked,
        suppressed: BTreeMap::new(),
    };
    for (name, reason) in findings.incomplete_assets() {
        record.incomplete.insert(asset_key(&name), reason);
    }
    for result in &findings.suppressed {
        for key in std::iter::once(&result.key).chain(&result.aliases) {
            record.suppressed.insert(key_text(key), result.reason.clone());
        }
    }
    add_runs(&mut record, findings);
    record
}

/// Adds how the runs of tools that list only what they find looked at their assets.
fn add_runs(record: &mut ScanRecord, findings: &Findings) {
    let mut days = findings.days.clone();
    for run in &findings.runs {
        for (name, day) in &run.days {
            days.insert(asset_key(name), *day);
        }
        let Some(detector) = &run.lists_only_findings else { continue };
        let family = detector_family(detector);
        if let Some(naming) = RecordedNaming::from_naming(run.naming) {
            record.naming.insert(family.clone(), naming);
        }
        for (name, credentials) in &run.credentials {
            record.logins.entry(family.clone()).or_default().add(asset_key(name), *credentials);
        }
        if let Some((from, to)) = run.time {
            let times = record.times.entry(family).or_insert([from, to]);
            *times = [from.min(times[0]), to.max(times[1])];
        }
    }
    let is_looked_at = |asset: &str| record.looked_at.values().any(|assets| assets.contains(asset));
    record.days =
        days.into_iter().filter(|(asset, day)| *day != record.day && is_looked_at(asset)).collect();
}

fn tool_names(findings: &Findings) -> Vec<String> {
    let tools: BTreeSet<String> = findings
        .runs
        .iter()
        .map(|run| match &run.version {
            Some(version) => format!("{} {version}", run.tool),
            None => run.tool.clone(),
        })
        .filter(|tool| !tool.is_empty())
        .collect();
    tools.into_iter().collect()
}

fn profile_names(findings: &Findings) -> Vec<String> {
    let profiles: BTreeSet<String> =
        findings.runs.iter().filter_map(|run| run.profile.clone()).collect();
    profiles.into_iter().collect()
}

/// Returns the families of all detectors of a scan, also of runs in which everything passed.
fn detector_families(findings: &Findings) -> BTreeSet<String> {
    let failed = findings.failed.values().flat_map(|finding| {
        let keys = std::iter::once(&finding.key).chain(&finding.aliases);
        keys.map(|key| key.detector.clone())
    });
    let suppressed = findings.suppressed.iter().flat_map(|result| {
        std::iter::once(&result.key).chain(&result.aliases).map(|key| key.detector.clone())
    });
    let single = findings.not_checked.iter().chain(&findings.passed);
    let single = single.map(|(key, _)| key.detector.clone());
    let runs = findings.runs.iter();
    let runs = runs.map(|run| {
        detector_family(run.lists_only_findings.as_deref().unwrap_or(run.tool.as_str()))
    });
    let mut detectors: BTreeSet<String> =
        failed.chain(suppressed).chain(single).chain(runs).collect();
    if findings.formats.iter().any(|format| STIG_FORMATS.contains(format)) {
        detectors.insert("stig".to_owned());
    }
    detectors.remove("");
    detectors
}

/// Groups checks by their key, as far as items have it.
fn checks_by_key(
    index: &ItemIndex<'_>,
    checks: &BTreeSet<(FindingKey, String)>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut by_key: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, asset) in checks {
        if index.contains(key) {
            by_key.entry(key_text(key)).or_default().insert(asset.clone());
        }
    }
    by_key
}

/// Returns the checks of items that a run states it did not make, with the assets of the run.
fn checks_left_out(findings: &Findings, store: &Store) -> BTreeMap<String, BTreeSet<String>> {
    let mut left_out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for run in &findings.runs {
        let Some(detector) = &run.lists_only_findings else { continue };
        if run.selection.is_unknown() && run.ports.is_empty() {
            continue;
        }
        let ports: BTreeMap<String, &PortRange> =
            run.ports.iter().map(|(name, ports)| (asset_key(name), ports)).collect();
        let family = detector_family(detector);
        let assets: BTreeSet<String> = match run.naming {
            AssetNaming::Places => BTreeSet::from([String::new()]),
            _ => run.assets.iter().map(|asset| asset_key(&asset.name)).collect(),
        };
        for stored in store.items() {
            let item = &stored.item;
            let plugins = item.extra.get("scanner_family").and_then(serde_json::Value::as_str);
            for key in id_parts(item).iter().flatten().filter(|key| key.detector == family) {
                // All checks of a benchmark share one plugin of Nessus.
                let id = match family.as_str() {
                    "nessus" => key.id.split(' ').next().unwrap_or_default(),
                    _ => key.id.as_str(),
                };
                if run.selection.leaves_out(id, plugins) {
                    left_out.entry(key_text(key)).or_default().extend(assets.clone());
                }
                // A port beside those that were looked at.
                for asset in &item.assets {
                    let host = key_of_asset(asset);
                    let port = port_of_asset(asset);
                    let is_beside =
                        |ports: &&PortRange| port.is_some_and(|port| !ports.contains(port));
                    if ports.get(&host).is_some_and(is_beside) {
                        left_out.entry(key_text(key)).or_default().insert(host);
                    }
                }
            }
        }
    }
    left_out
}
