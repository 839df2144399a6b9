//! The record of a scan: a text file in the tracker, so that coverage and the count of clean scans
//! follow from the repository alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use walkdir::WalkDir;

use super::counts::ScanCounts;
use super::index::FindingKey;
use crate::document::{Document, EmitError, Limits, emit};
use crate::repository::{CommitId, FileKind, GitError, Repository};
use crate::store::Tracker;

/// The folder of the records, beside the items.
pub const FOLDER: &str = "scans";

/// The largest record that is read: some 200,000 assets.
const MAX_BYTES: u64 = 16 << 20;

/// Limits on what a record holds.
const LIMITS: Limits = Limits { bytes: 16 << 20, depth: 8, nodes: 2_000_000, aliases: 0 };

/// What a scan looked at and what it saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanRecord {
    /// The version of this format: 1.
    pub version: u32,
    /// The day of the scan.
    pub day: NaiveDate,
    /// How many scans of this day were recorded before, so that two scans of one day have an order.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub order: usize,
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
    /// Who said on which day the findings were detected, where the files hold no day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detected_attested: Option<NaiveDate>,
    /// The account of the results.
    pub counts: ScanCounts,
    /// Families of the detectors, in lower case.
    pub detectors: BTreeSet<String>,
    /// Assets that were looked at as a whole.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub assets: BTreeSet<String>,
    /// Assets that were not or not wholly looked at, with the reason; an empty name means the whole
    /// scan.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub incomplete: BTreeMap<String, String>,
    /// Items that the scan found, with the assets on which it found them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub found: BTreeMap<String, BTreeSet<String>>,
    /// Checks that were not made or not finished, by detector and id: the assets; an empty name where
    /// the file does not say.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_checked: BTreeMap<String, BTreeSet<String>>,
    /// Results that were suppressed, by detector and id: the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub suppressed: BTreeMap<String, String>,
}

/// Why the records cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {message}")]
pub struct ScanRecordError {
    /// The file.
    pub path: String,
    /// What is wrong, with the way out.
    pub message: String,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Sorts records, the oldest first.
pub(super) fn sort(records: &mut [(String, ScanRecord)]) {
    records.sort_by(|a, b| (a.1.day, a.1.order, &a.0).cmp(&(b.1.day, b.1.order, &b.0)));
}

impl ScanRecord {
    /// Returns the text of the file.
    pub fn to_text(&self) -> Result<String, EmitError> {
        let value = serde_json::to_value(self).unwrap_or(Value::Null);
        Ok(format!("# Written by `poam scan`; do not edit.\n{}", emit(&value)?))
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

    /// Returns whether the scan is of exactly these files.
    pub(super) fn is_of(&self, digests: &BTreeSet<&str>) -> bool {
        let own: BTreeSet<&str> = self.files.values().map(String::as_str).collect();
        !own.is_empty() && own == *digests
    }

    /// Returns whether a check was not made or not finished on one of the assets.
    pub(super) fn left_unchecked(&self, keys: &[FindingKey], assets: &BTreeSet<&str>) -> bool {
        keys.iter().any(|key| {
            self.not_checked.get(&key_text(key)).is_some_and(|unchecked| {
                unchecked.iter().any(|asset| asset.is_empty() || assets.contains(asset.as_str()))
            })
        })
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
    sort(&mut records);
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
    let fail = |path: &str, error: GitError| ScanRecordError {
        path: path.to_owned(),
        message: error.to_string(),
    };
    let files = repository.files(commit, &folder).map_err(|error| fail(&folder, error))?;
    let mut records = Vec::new();
    for file in files {
        if file.kind != FileKind::Regular || !file.path.ends_with(".yaml") {
            continue;
        }
        let bytes = repository
            .read_file_up_to(commit, &file.path, MAX_BYTES)
            .map_err(|error| fail(&file.path, error))?;
        let record = parse_record(&bytes.unwrap_or_default(), &file.path)?;
        records.push((file.path, record));
    }
    sort(&mut records);
    Ok(records)
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
        Document::parse(path, bytes, &LIMITS).map_err(|error| fail(error.0.message.clone()))?;
    ScanRecord::deserialize(document.to_value()).map_err(|error| {
        fail(format!("not the record of a scan: {error}; restore it with `git checkout -- {path}`"))
    })
}
