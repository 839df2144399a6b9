//! The record of a scan: a text file in the tracker, so that coverage and the count of clean scans
//! follow from the repository alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{NaiveDate, NaiveDateTime};
use poam_scans::{AssetNaming, Credentials};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use walkdir::WalkDir;

use super::asset_name::asset_key;
use super::counts::ScanCounts;
use super::index::FindingKey;
use crate::document::{Document, EmitError, Limits, emit_yaml};
use crate::repository::{CommitId, FileKind, GitError, Repository};
use crate::store::Tracker;

/// The folder of the records, beside the items.
pub const FOLDER: &str = "scans";

/// A day that a person gives to a scan differs from that of the same scan by less than so many days.
const DAYS_OF_A_MISTAKE: i64 = 7;

/// The largest record that is read: some 200,000 assets.
const MAX_BYTES: u64 = 16 << 20;

/// Limits on what a record holds.
const LIMITS: Limits = Limits { bytes: 16 << 20, depth: 8, nodes: 2_000_000, aliases: 0 };

/// Record of a scan: its scope, assets and findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanRecord {
    /// The version of this format: 1.
    pub version: u32,
    /// The day of the scan.
    pub day: NaiveDate,
    /// Number of earlier recorded scans of this day, so that two scans of one day have an order.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub order: usize,
    /// Whether a person stated on which day the scan was, because the files do not.
    #[serde(default, skip_serializing_if = "is_false")]
    pub day_attested: bool,
    /// The name that was given to what was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Tools with their versions.
    pub tools: Vec<String>,
    /// Benchmarks, policies or profiles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
    /// Names of the formats.
    pub formats: Vec<String>,
    /// Names and SHA-256 digests of the files.
    pub files: BTreeMap<String, String>,
    /// Digests of what is in compressed files, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub content: BTreeMap<String, String>,
    /// When the scan began and ended, by family of detectors, where the files state it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub times: BTreeMap<String, [NaiveDateTime; 2]>,
    /// A digest of what was found and where: the same in each format of one scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings: Option<String>,
    /// Person and day of a statement on when the findings were detected, where the files hold no
    /// day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detected_attested: Option<NaiveDate>,
    /// The account of the results.
    pub counts: ScanCounts,
    /// Families of the detectors, in lower case.
    pub detectors: BTreeSet<String>,
    /// Assets that were looked at in full.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub assets: BTreeSet<String>,
    /// Assets on which a tool that lists only what it finds would have listed a weakness, by family of
    /// detectors and kind of checks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub looked_at: BTreeMap<String, BTreeSet<String>>,
    /// Kinds of the assets' names, by family of detectors; hosts are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub naming: BTreeMap<String, RecordedNaming>,
    /// Access of the scanner to hosts, by family of detectors.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub logins: BTreeMap<String, HostLogins>,
    /// Days on which assets were looked at, where they differ from that of the scan.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub days: BTreeMap<String, NaiveDate>,
    /// Assets that were not or not wholly looked at, with the reason; an empty name means the entire
    /// scan.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub incomplete: BTreeMap<String, String>,
    /// Items that the scan found, with the assets on which it found them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub found: BTreeMap<String, BTreeSet<String>>,
    /// Items that a second commit of the scan closed, which names them here.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub closed: BTreeSet<String>,
    /// Detectors and kinds of checks that found an item, where they are not the item's detector alone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub found_by: BTreeMap<String, BTreeSet<String>>,
    /// Checks that passed, by detector and id: the assets. Of weaknesses of the tracker alone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub passed: BTreeMap<String, BTreeSet<String>>,
    /// Checks that were not made or not finished, by detector and id: the assets; an empty name where
    /// the file does not state. Of weaknesses of the tracker alone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_checked: BTreeMap<String, BTreeSet<String>>,
    /// Results that were suppressed, by detector and id: the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub suppressed: BTreeMap<String, String>,
}

/// Kind of the assets' names ([`AssetNaming`]) where they are not those of hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordedNaming {
    /// Images and packages, whose name changes with each release.
    Artifacts,
    /// Places within one code base.
    Places,
}

impl RecordedNaming {
    /// Returns what a record states of a naming; nothing of hosts.
    pub(super) fn from_naming(naming: AssetNaming) -> Option<Self> {
        match naming {
            AssetNaming::Hosts => None,
            AssetNaming::Artifacts => Some(Self::Artifacts),
            AssetNaming::Places => Some(Self::Places),
        }
    }
}

/// Hosts by how the scanner could look at them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HostLogins {
    /// It logged in.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub with: BTreeSet<String>,
    /// It logged in, and a part failed.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub partly: BTreeSet<String>,
    /// It did not log in.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub without: BTreeSet<String>,
}

impl HostLogins {
    /// Notes how the scanner could look at a host. Of two the worse counts.
    pub(super) fn add(&mut self, asset: String, credentials: Credentials) {
        let worst = self.get(&asset).map_or(credentials, |known| known.min(credentials));
        for set in [&mut self.with, &mut self.partly, &mut self.without] {
            set.remove(&asset);
        }
        let set = match worst {
            Credentials::With => &mut self.with,
            Credentials::Partly => &mut self.partly,
            Credentials::Without => &mut self.without,
        };
        set.insert(asset);
    }

    /// Returns how the scanner could look at a host; `None` where the files do not state it.
    pub(super) fn get(&self, asset: &str) -> Option<Credentials> {
        if self.without.contains(asset) {
            Some(Credentials::Without)
        } else if self.partly.contains(asset) {
            Some(Credentials::Partly)
        } else if self.with.contains(asset) {
            Some(Credentials::With)
        } else {
            None
        }
    }
}

/// Reason why the records cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {message}")]
pub struct ScanRecordError {
    /// The file.
    pub path: String,
    /// Description of the fault, with the way out.
    pub message: String,
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Sorts records, the oldest first.
pub(super) fn sort_records(records: &mut [(String, ScanRecord)]) {
    records.sort_by(|a, b| (a.1.day, a.1.order, &a.0).cmp(&(b.1.day, b.1.order, &b.0)));
}

impl ScanRecord {
    /// Returns the text of the file.
    pub fn to_text(&self) -> Result<String, EmitError> {
        let value = serde_json::to_value(self).unwrap_or(Value::Null);
        Ok(format!("# Written by `poam scan`; do not edit.\n{}", emit_yaml(&value)?))
    }

    /// Returns the path of the record from the root of the tracker:
    /// `scans/2026/2026-11-30-nessus-1a2b3c4d.yaml`.
    pub fn path(&self) -> String {
        let mut digests: Vec<&str> = self.files.values().map(String::as_str).collect();
        digests.sort_unstable();
        let first: String = digests.concat().chars().take(8).collect();
        let named =
            self.scope.as_deref().or(self.formats.first().map(String::as_str)).unwrap_or("scan");
        let name: String = named
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .take(40)
            .collect();
        format!(
            "{FOLDER}/{}/{}-{}-{first}.yaml",
            self.day.format("%Y"),
            self.day,
            name.trim_matches('-')
        )
    }

    /// Returns the name for people: the scope, else the formats.
    pub fn name(&self) -> String {
        self.scope.clone().unwrap_or_else(|| self.formats.join(", "))
    }

    /// Returns whether the scan is of exactly these files, compressed or not.
    pub(super) fn is_of(&self, digests: &BTreeSet<&str>) -> bool {
        let content =
            self.files.iter().map(|(name, digest)| self.content.get(name).unwrap_or(digest));
        let own: BTreeSet<&str> = content.map(String::as_str).collect();
        !own.is_empty() && own == *digests
    }

    /// Returns the day on which an asset was looked at.
    pub(super) fn day_of(&self, asset: &str) -> NaiveDate {
        self.days.get(asset).copied().unwrap_or(self.day)
    }

    /// Returns how the scanner could look at a host.
    pub(super) fn login_state(&self, family: &str, asset: &str) -> Option<Credentials> {
        self.logins.get(family)?.get(asset)
    }

    /// Returns whether two records are of one scan, as far as some assets are concerned: the same times, or
    /// the same findings in another format. A host that was not scanned again was looked at once.
    pub(super) fn is_same_scan(&self, other: &Self, assets: &BTreeSet<String>) -> bool {
        let same_findings = self.findings.is_some() && self.findings == other.findings;
        let same_detector = self.detectors.iter().any(|family| other.detectors.contains(family));
        if !same_detector {
            return false;
        }
        if self.day != other.day {
            let is_one_look = |asset: &String| {
                let is_known = self.days.contains_key(asset) || other.days.contains_key(asset);
                is_known && self.day_of(asset) == other.day_of(asset)
            };
            // A person gave a day to a file without one, beside another format of the scan. Scans that are
            // a week apart are two, although nothing has changed.
            let may_be_mistaken = (self.day_attested || other.day_attested)
                && self.formats != other.formats
                && (self.day - other.day).num_days().abs() < DAYS_OF_A_MISTAKE;
            return assets.iter().any(is_one_look) || (may_be_mistaken && same_findings);
        }
        if self.formats == other.formats {
            for (family, [from, to]) in &self.times {
                if let Some([other_from, other_to]) = other.times.get(family) {
                    return from <= other_to && other_from <= to;
                }
            }
        }
        same_findings
    }

    /// Brings the names of assets into the form by which they are compared.
    fn use_keys_of_assets(&mut self) {
        for assets in self.found.values_mut().chain(self.not_checked.values_mut()) {
            *assets = assets.iter().map(|asset| asset_key(asset)).collect();
        }
        let incomplete = std::mem::take(&mut self.incomplete);
        self.incomplete =
            incomplete.into_iter().map(|(name, why)| (asset_key(&name), why)).collect();
    }
}

/// Returns a key as one text, for the record.
pub(super) fn key_text(key: &FindingKey) -> String {
    if key.detector.is_empty() { key.id.clone() } else { format!("{} {}", key.detector, key.id) }
}

/// Reads all records of a tracker, oldest first.
///
/// # Errors
///
/// A record cannot be read. A record that is missing or damaged could let an item look clean, so
/// nothing goes on without it.
pub fn load_records(tracker: &Tracker) -> Result<Vec<(String, ScanRecord)>, ScanRecordError> {
    let root = tracker.root.join(FOLDER);
    let mut records = Vec::new();
    if root.symlink_metadata().is_err() {
        return Ok(records);
    }
    let entries = WalkDir::new(&root).follow_links(false).follow_root_links(false).max_depth(3);
    for entry in entries.sort_by_file_name() {
        let shown = |path: &Path| {
            let inside = path.strip_prefix(&tracker.root).unwrap_or(path);
            format!("{}{}", tracker.prefix, inside.display())
        };
        let entry = entry.map_err(|error| ScanRecordError {
            path: error.path().map(shown).unwrap_or_default(),
            message: "the folder of scans cannot be read".to_owned(),
        })?;
        if !entry.file_type().is_file() || entry.path().extension().is_none_or(|end| end != "yaml")
        {
            continue;
        }
        let path = shown(entry.path());
        let record = load_record(entry.path(), &path)?;
        records.push((path, record));
    }
    sort_records(&mut records);
    Ok(records)
}

/// Reads all records of a tracker as a commit has them, oldest first.
///
/// # Errors
///
/// A record or the commit cannot be read.
pub fn load_records_at(
    tracker: &Tracker,
    repository: &Repository,
    commit: CommitId,
) -> Result<Vec<(String, ScanRecord)>, ScanRecordError> {
    let folder = format!("{}{FOLDER}", tracker.prefix);
    let files =
        repository.list_files(commit, &folder).map_err(|error| record_error(&folder, error))?;
    let mut records = Vec::new();
    for file in files {
        if file.kind != FileKind::Regular || !file.path.ends_with(".yaml") {
            continue;
        }
        let bytes = repository
            .read_file_up_to(commit, &file.path, MAX_BYTES)
            .map_err(|error| record_error(&file.path, error))?;
        let record = parse_record(&bytes.unwrap_or_default(), &file.path)?;
        records.push((file.path, record));
    }
    sort_records(&mut records);
    Ok(records)
}

fn record_error(path: &str, error: GitError) -> ScanRecordError {
    ScanRecordError { path: path.to_owned(), message: error.to_string() }
}

fn load_record(file: &Path, path: &str) -> Result<ScanRecord, ScanRecordError> {
    let fail = |message: String| ScanRecordError { path: path.to_owned(), message };
    let size = file.metadata().map_err(|error| fail(error.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(fail(format!("the record of a scan has more than {} MiB", MAX_BYTES >> 20)));
    }
    let bytes = std::fs::read(file).map_err(|error| fail(error.to_string()))?;
    parse_record(&bytes, path)
}

fn parse_record(bytes: &[u8], path: &str) -> Result<ScanRecord, ScanRecordError> {
    let fail = |message: String| ScanRecordError { path: path.to_owned(), message };
    let document =
        Document::parse(path, bytes, &LIMITS).map_err(|error| fail(error.to_string()))?;
    let mut record = ScanRecord::deserialize(document.to_value()).map_err(|error| {
        fail(format!("not the record of a scan: {error}; restore it with `git checkout -- {path}`"))
    })?;
    record.use_keys_of_assets();
    Ok(record)
}
