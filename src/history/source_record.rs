//! Records of imports and scans, as far as they prove that a commit was made from a document.
//!
//! A commit can claim in its message that it was reconstructed from a document of an earlier day. That
//! counts only where the same commit brings the record that `poam import` or `poam scan` writes, with
//! that document and that day: anybody can type a trailer, also one that an earlier commit had.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::facts::{Claim, PartDay};
use crate::document::{Document, Limits};
use crate::repository::{CommitId, CommitRecord, GitError, Repository};

/// The folder of the record of imports, from the root of the tracker.
pub const IMPORTS_FOLDER: &str = "imports";
/// The list of imported documents in it, a JSON object on each line.
pub const DOCUMENTS_FILE: &str = "documents.ndjson";
/// The list of the days of commits that are parts of an import, a [`RecordedDay`] on each line.
pub const DAYS_FILE: &str = "days.ndjson";

/// The folder of the records of scans, from the root of the tracker.
const SCANS_FOLDER: &str = "scans";
/// The field of the record of a scan with the items that a second commit of the scan closed.
const CLOSED: &str = "closed";
/// The largest record that is read, in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// A day of which a commit holds a part of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedDay {
    /// The digest of the document's content.
    pub source_id: String,
    /// The day; none where nothing dates the part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
}

/// A document in the list of imported ones, as far as it matters here.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct RecordedDocument {
    source: String,
    source_id: String,
    #[serde(default)]
    day: Option<NaiveDate>,
}

/// The part of a commit's claim that its records state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StatedSource {
    /// Not even the document.
    Nothing,
    /// The document, and not the day.
    Document,
    /// The document and the day.
    Day,
}

/// Compares the claims of commits with the records that they bring.
pub(super) struct SourceRecords<'r> {
    repository: &'r Repository,
    /// The folder of the tracker, with a `/` at its end or empty.
    prefix: String,
    known: HashMap<CommitId, StatedSource>,
}

impl<'r> SourceRecords<'r> {
    /// Begins for the tracker whose settings are at a path.
    pub(super) fn new(repository: &'r Repository, settings_path: &str) -> Self {
        let end = settings_path.rfind('/').map_or(0, |slash| slash + 1);
        let prefix = settings_path.get(..end).unwrap_or_default().to_owned();
        Self { repository, prefix, known: HashMap::new() }
    }

    /// Returns what the records that a commit adds state of its claim.
    pub(super) fn stated_claim(
        &mut self,
        commit: CommitId,
        claim: &Claim,
    ) -> Result<StatedSource, GitError> {
        if let Some(stated) = self.known.get(&commit) {
            return Ok(*stated);
        }
        let scans = format!("{}{SCANS_FOLDER}/", self.prefix);
        let stated = match claim.source.starts_with(&scans) {
            true => self.stated_by_scan(commit, claim)?,
            false => self.stated_by_import(commit, claim)?,
        };
        self.known.insert(commit, stated);
        Ok(stated)
    }

    fn stated_by_import(&self, commit: CommitId, claim: &Claim) -> Result<StatedSource, GitError> {
        let documents: Vec<RecordedDocument> = self.added_lines(commit, DOCUMENTS_FILE)?;
        let is_of_claim = |document: &&RecordedDocument| {
            document.source == claim.source && document.source_id == claim.source_id
        };
        let document = documents.iter().find(is_of_claim);
        if document.is_some_and(|document| document.day == Some(claim.day)) {
            return Ok(StatedSource::Day);
        }
        let days: Vec<RecordedDay> = self.added_lines(commit, DAYS_FILE)?;
        let mut days = days.iter().filter(|day| day.source_id == claim.source_id).peekable();
        let is_named = document.is_some() || days.peek().is_some();
        Ok(match days.any(|day| day.day == Some(claim.day)) {
            true => StatedSource::Day,
            false if is_named => StatedSource::Document,
            false => StatedSource::Nothing,
        })
    }

    /// Reads the lines that a commit adds to a list of the record of imports. A line that is there
    /// once more is added, too.
    fn added_lines<T: for<'de> Deserialize<'de>>(
        &self,
        commit: CommitId,
        file: &str,
    ) -> Result<Vec<T>, GitError> {
        let path = format!("{}{IMPORTS_FOLDER}/{file}", self.prefix);
        let Some(after) = self.read(commit, &path)? else { return Ok(Vec::new()) };
        let before = match self.repository.first_parent(commit)? {
            Some(parent) => self.read(parent, &path)?.unwrap_or_default(),
            None => String::new(),
        };
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for line in before.lines() {
            *counts.entry(line).or_default() += 1;
        }
        let mut added = Vec::new();
        for line in after.lines() {
            match counts.get_mut(line).filter(|count| **count > 0) {
                Some(count) => *count -= 1,
                None => added.extend(serde_json::from_str(line).ok()),
            }
        }
        Ok(added)
    }

    fn stated_by_scan(&self, commit: CommitId, claim: &Claim) -> Result<StatedSource, GitError> {
        let Some(record) = self.read_scan(commit, &claim.source)? else {
            return Ok(StatedSource::Nothing);
        };
        let before = match self.repository.first_parent(commit)? {
            Some(parent) => self.read(parent, &claim.source)?,
            None => None,
        };
        if let Some(before) = before {
            let before = parse_scan(&claim.source, &before);
            if !before.is_some_and(|before| only_closes(&before, &record)) {
                return Ok(StatedSource::Nothing);
            }
        }
        let files = record.get("files").and_then(Value::as_object).into_iter().flatten();
        let digests: Vec<&str> = files.filter_map(|(_, digest)| digest.as_str()).collect();
        if digests.is_empty() || digests.join(" ") != claim.source_id {
            return Ok(StatedSource::Nothing);
        }
        let day = record.get("day").and_then(Value::as_str);
        Ok(match day == Some(claim.day.to_string().as_str()) {
            true => StatedSource::Day,
            false => StatedSource::Document,
        })
    }

    /// Reads the record of a scan of a commit.
    fn read_scan(&self, commit: CommitId, path: &str) -> Result<Option<Value>, GitError> {
        Ok(self.read(commit, path)?.and_then(|text| parse_scan(path, &text)))
    }

    /// Reads a file of a commit. One that is too large or no text states nothing.
    fn read(&self, commit: CommitId, path: &str) -> Result<Option<String>, GitError> {
        match self.repository.read_file_up_to(commit, path, MAX_BYTES) {
            Ok(bytes) => Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok())),
            Err(GitError::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Parses the record of a scan.
fn parse_scan(path: &str, text: &str) -> Option<Value> {
    let limits = Limits { bytes: 16 << 20, depth: 8, nodes: 2_000_000, aliases: 0 };
    let record = Document::parse(path, text.as_bytes(), &limits).ok()?;
    Some(record.to_value())
}

/// Returns whether the record of a scan changed only in that it names the items that the scan closed by a
/// second commit, which it did not name before.
fn only_closes(before: &Value, after: &Value) -> bool {
    let closes = |record: &Value| record.get(CLOSED).is_some_and(|closed| !closed.is_null());
    let mut rest = after.clone();
    if let Some(fields) = rest.as_object_mut() {
        fields.remove(CLOSED);
    }
    closes(after) && !closes(before) && *before == rest
}

/// A commit that claims to be reconstructed, without a record that states its document and its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnrecordedClaim {
    /// The commit.
    pub commit: CommitId,
    /// The document that it names, if any.
    pub source: Option<String>,
}

/// Lists the commits that changed something below `paths` and claim a day in their message that no
/// record in them states.
///
/// # Errors
///
/// When objects cannot be read.
pub fn unrecorded_claims(
    repository: &Repository,
    settings_path: &str,
    paths: &[&str],
    commits: &[CommitRecord],
) -> Result<Vec<UnrecordedClaim>, GitError> {
    let mut records = SourceRecords::new(repository, settings_path);
    let mut found = Vec::new();
    for record in commits.iter().filter(|record| Claim::is_made(&record.message)) {
        let claim = Claim::read(&record.message, record.author.time);
        let stated = match &claim {
            Some(claim) => records.stated_claim(record.commit, claim)?,
            None => StatedSource::Nothing,
        };
        let landed = record.committer.time.to_utc().date_naive();
        let counts = match (&claim, stated) {
            (_, StatedSource::Day) => true,
            // The day of the commit itself, or none: nothing is dated back.
            (Some(claim), StatedSource::Document) => {
                claim.part_day == PartDay::Unknown || claim.day >= landed
            }
            _ => false,
        };
        if !counts && repository.changes_below(record.commit, paths)? {
            let source = claim.map(|claim| claim.source);
            found.push(UnrecordedClaim { commit: record.commit, source });
        }
    }
    Ok(found)
}
