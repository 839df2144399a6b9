//! `poam-portfolio.json` in the folder of an export: its files, and the version of each system in them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The name of the file.
pub(super) const FILE: &str = "poam-portfolio.json";

/// Version of the file.
const VERSION: u32 = 1;

/// State of an export. The same systems, commits and day give the same state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ExportState {
    /// Version of this file.
    pub(super) version: u32,
    /// Version of the tables.
    pub(super) tables: u32,
    /// The program that wrote them.
    pub(super) tool: String,
    /// The day of the numbers.
    pub(super) as_of: NaiveDate,
    /// Number of files that systems are spread over.
    pub(super) buckets: u64,
    /// Every file, by its path.
    pub(super) files: BTreeMap<String, ExportedFile>,
    /// Every system, by its name.
    pub(super) systems: BTreeMap<String, SystemVersion>,
}

/// A file of an export.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ExportedFile {
    /// Its rows.
    pub(super) rows: u64,
    /// Its size in bytes.
    pub(super) bytes: u64,
    /// Its SHA-256.
    pub(super) sha256: String,
}

/// The version of a system that is in the files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SystemVersion {
    /// Digest of everything that its rows follow from; none where it was never read.
    pub(super) key: Option<String>,
    /// The commit.
    pub(super) commit: Option<String>,
    /// Reason why the last export could not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    /// Files of it that could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) unreadable: Vec<String>,
    /// Digest of its rows in each file, by the stem of the file.
    pub(super) rows: BTreeMap<String, String>,
}

/// Returns the program that writes.
pub(super) fn tool() -> String {
    format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}

impl ExportState {
    /// Creates the state of an export without systems.
    pub(super) fn new(as_of: NaiveDate, buckets: u64) -> Self {
        Self {
            version: VERSION,
            tables: super::tables::VERSION,
            tool: tool(),
            as_of,
            buckets,
            ..Self::default()
        }
    }

    /// Reads the state of an earlier export; `None` where it is of another version or damaged: then
    /// everything is written again.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let state: Self = serde_json::from_slice(text).ok()?;
        let is_readable = state.version == VERSION && state.tables == super::tables::VERSION;
        is_readable.then_some(state)
    }

    /// Returns the text of the file.
    pub(super) fn text(&self) -> String {
        // Maps with string keys and plain values: there is nothing in it that JSON cannot hold.
        serde_json::to_string_pretty(self).map_or_else(|_| String::new(), |text| text + "\n")
    }

    /// Returns the files of a stem, in the order of their rows.
    pub(super) fn files_of(&self, stem: &str) -> Vec<String> {
        let mut paths = Vec::new();
        for part in 1.. {
            let path = part_path(stem, part);
            if !self.files.contains_key(&path) {
                break;
            }
            paths.push(path);
        }
        paths
    }

    /// Returns the digests of the rows of a file by system.
    pub(super) fn systems_in(&self, stem: &str) -> BTreeMap<&str, &str> {
        let mut found = BTreeMap::new();
        for (name, version) in &self.systems {
            if let Some(digest) = version.rows.get(stem) {
                found.insert(name.as_str(), digest.as_str());
            }
        }
        found
    }
}

/// Returns the path of a part of a file that is split; the first part is 1.
pub(super) fn part_path(stem: &str, part: usize) -> String {
    match part {
        1 => format!("{stem}.parquet"),
        part => format!("{stem}-part{part}.parquet"),
    }
}
