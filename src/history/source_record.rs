//! Records of imports and scans, as far as they prove that a commit was made from a document.
//!
//! A commit can claim in its message that it was reconstructed from a document of an earlier day. That
//! counts only where the same commit brings the record that `poam import` or `poam scan` writes, with
//! that document and that day: anybody can type a trailer, also one that an earlier commit had. Records are
//! text, too, so that a line that is copied, lies after its commit, or gives other values than the items
//! have does not count either ([`ClaimDoubt`]). A record that fits its commit in all of this proves no
//! document: only the document itself does, by its digest.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::facts::{Claim, PartDay};
use crate::document::{Document, Limits};
use crate::repository::{BlobId, CommitId, CommitRecord, GitError, Repository};

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
/// The largest file of rows that is read, in bytes: as large as an import reads.
const MAX_ROWS_BYTES: u64 = 256 << 20;

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
    layout: String,
    #[serde(default)]
    day: Option<NaiveDate>,
}

/// The last values of an item in the rows of a source, as far as they matter here.
#[derive(Debug, Deserialize)]
struct RecordedRow {
    item: String,
    layout: String,
    row: Map<String, Value>,
}

/// The rows in a file of the record, by the item that they are of.
type RowsByItem = HashMap<String, Vec<RecordedRow>>;

/// Fields whose values an import takes from the row as they are. A record that gives an item other values
/// was not written by the import that changed it.
const TAKEN_AS_THEY_ARE: [&str; 4] =
    ["weakness_name", "original_detection_date", "scheduled_completion_date", "completion_date"];

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

/// Reasons why the claim of a commit is doubted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimDoubt {
    /// No record, or one of another document or day.
    #[error("brings no record of an import or a scan that states this document and the day")]
    NoRecord,
    /// The line of the document is there twice: an import changes the one that is there.
    #[error("lists a document that is listed already, by a copied line")]
    CopiedLine,
    /// The day lies after the commit.
    #[error("is of {0}, a day after the commit itself")]
    LaterDay(NaiveDate),
    /// An item that changed without a row of the document.
    #[error("changes `{0}`, of which the record of imports has no row")]
    NoRow(String),
    /// An item that has other values than the row.
    #[error("gives `{item}` another `{field}` than the row in the record of imports")]
    OtherValue {
        /// The file of the item.
        item: String,
        /// The field.
        field: &'static str,
    },
    /// A part of an import that was never finished.
    #[error("is a part of an import of which no later commit lists the document")]
    Unfinished,
}

/// The part of a claim that counts, and why the rest does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JudgedClaim {
    pub(super) stated: StatedSource,
    pub(super) doubt: Option<ClaimDoubt>,
    /// Whether the document itself is listed by another commit, the last one of the import.
    is_part: bool,
}

impl JudgedClaim {
    fn doubted(stated: StatedSource, doubt: ClaimDoubt) -> Self {
        Self { stated, doubt: Some(doubt), is_part: false }
    }
}

/// Compares the claims of commits with the records that they bring.
pub(super) struct SourceRecords<'r> {
    repository: &'r Repository,
    /// The folder of the tracker, with a `/` at its end or empty.
    prefix: String,
    known: HashMap<CommitId, JudgedClaim>,
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
        landed: DateTime<Utc>,
    ) -> Result<JudgedClaim, GitError> {
        if let Some(judged) = self.known.get(&commit) {
            return Ok(judged.clone());
        }
        let scans = format!("{}{SCANS_FOLDER}/", self.prefix);
        let mut judged = match claim.source.starts_with(&scans) {
            true => {
                let stated = self.stated_by_scan(commit, claim)?;
                let doubt = (stated != StatedSource::Day).then_some(ClaimDoubt::NoRecord);
                JudgedClaim { stated, doubt, is_part: false }
            }
            false => self.stated_by_import(commit, claim)?,
        };
        // A day begins up to half a day earlier elsewhere.
        let latest = landed.date_naive().succ_opt().unwrap_or(NaiveDate::MAX);
        if judged.stated == StatedSource::Day && claim.day > latest {
            judged.stated = StatedSource::Document;
            judged.doubt = Some(ClaimDoubt::LaterDay(claim.day));
        }
        self.known.insert(commit, judged.clone());
        Ok(judged)
    }

    fn stated_by_import(&self, commit: CommitId, claim: &Claim) -> Result<JudgedClaim, GitError> {
        use StatedSource::{Day, Document, Nothing};
        let added: Vec<RecordedDocument> = self.added_lines(commit, DOCUMENTS_FILE)?;
        let is_of_claim = |document: &&RecordedDocument| {
            document.source == claim.source && document.source_id == claim.source_id
        };
        let document = added.iter().find(is_of_claim);
        let days: Vec<RecordedDay> = self.added_lines(commit, DAYS_FILE)?;
        let mut days = days.iter().filter(|day| day.source_id == claim.source_id).peekable();
        let is_named = document.is_some() || days.peek().is_some();
        let is_of_day = document.is_some_and(|document| document.day == Some(claim.day))
            || days.any(|day| day.day == Some(claim.day));
        if !is_named {
            return Ok(JudgedClaim::doubted(Nothing, ClaimDoubt::NoRecord));
        }
        let listed = self.documents_of(commit, &claim.source_id)?;
        if listed.len() > 1 {
            return Ok(JudgedClaim::doubted(Nothing, ClaimDoubt::CopiedLine));
        }
        // The rows come with the document: parts before it cannot be compared with them.
        if let Some(layout) = listed.first().map(|document| document.layout.as_str())
            && let Some(doubt) = self.find_other_values(commit, layout, claim)?
        {
            return Ok(JudgedClaim::doubted(Nothing, doubt));
        }
        Ok(match is_of_day {
            true => JudgedClaim { stated: Day, doubt: None, is_part: listed.is_empty() },
            false => JudgedClaim::doubted(Document, ClaimDoubt::NoRecord),
        })
    }

    /// Lists the lines of a commit about a document.
    fn documents_of(
        &self,
        commit: CommitId,
        source_id: &str,
    ) -> Result<Vec<RecordedDocument>, GitError> {
        let path = format!("{}{IMPORTS_FOLDER}/{DOCUMENTS_FILE}", self.prefix);
        let text = self.read(commit, &path)?.unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok());
        Ok(lines.filter(|it: &RecordedDocument| it.source_id == source_id).collect())
    }

    /// Returns why the items that a commit changed do not have the values that the rows of a source have in the
    /// record of the same commit; `None` where they have.
    fn find_other_values(
        &self,
        commit: CommitId,
        layout: &str,
        claim: &Claim,
    ) -> Result<Option<ClaimDoubt>, GitError> {
        let folder = self.prefix.trim_end_matches('/');
        let changed = self.repository.changed_files(commit, &[folder])?;
        let mut rows: HashMap<String, RowsByItem> = HashMap::new();
        for file in changed.iter().filter(|file| self.is_of_item(&file.path)) {
            let path = file.path.as_str();
            let Some(after) = self.read_values(path, file.new)? else { continue };
            let Some(id) = after.get("id").and_then(Value::as_str) else { continue };
            let inside = path.strip_prefix(&self.prefix).unwrap_or(path);
            let record = inside.rsplit_once('/').map_or("items", |(folder, _)| folder);
            // An item that was moved to another folder has its row in the file of before.
            let mut row = None;
            let own = format!("{}{IMPORTS_FOLDER}/{record}.ndjson", self.prefix);
            let others = changed.iter().map(|file| &file.path);
            let others = others.filter(|path| self.is_of_rows(path) && **path != own);
            for file in std::iter::once(&own).chain(others) {
                if !rows.contains_key(file) {
                    rows.insert(file.clone(), self.read_rows(commit, file)?);
                }
                let of_item = rows.get(file).and_then(|rows| rows.get(id)).into_iter().flatten();
                row = of_item.into_iter().find(|row| row.layout == layout || layout.is_empty());
                if row.is_some() {
                    break;
                }
            }
            let Some(row) = row else { return Ok(Some(ClaimDoubt::NoRow(id.to_owned()))) };
            // Changes that only follow from what the document leaves out have the day of none.
            if claim.part_day == PartDay::Unknown {
                continue;
            }
            let before = self.read_values(path, file.old)?.unwrap_or_default();
            for field in TAKEN_AS_THEY_ARE {
                let new = after.get(field).filter(|new| !new.is_null());
                let is_other = |new: &&Value| row.row.get(field) != Some(new);
                if new != before.get(field) && new.is_some_and(|new| is_other(&new)) {
                    return Ok(Some(ClaimDoubt::OtherValue { item: id.to_owned(), field }));
                }
            }
        }
        Ok(None)
    }

    /// Returns whether a file of the tracker can be one of an item.
    fn is_of_item(&self, path: &str) -> bool {
        let inside = path.strip_prefix(&self.prefix).unwrap_or_default();
        let folder = inside.split_once('/').map_or("", |(folder, _)| folder);
        inside.ends_with(".yaml") && !["", IMPORTS_FOLDER, SCANS_FOLDER].contains(&folder)
    }

    /// Returns whether a file is one of the record of imports with rows.
    fn is_of_rows(&self, path: &str) -> bool {
        let inside = path.strip_prefix(&self.prefix).and_then(|it| it.strip_prefix(IMPORTS_FOLDER));
        inside.is_some_and(|inside| {
            inside.ends_with(".ndjson")
                && !inside.ends_with(DOCUMENTS_FILE)
                && !inside.ends_with(DAYS_FILE)
        })
    }

    fn read_rows(&self, commit: CommitId, path: &str) -> Result<RowsByItem, GitError> {
        let text = self.read_up_to(commit, path, MAX_ROWS_BYTES)?.unwrap_or_default();
        let mut rows = RowsByItem::new();
        for line in text.lines() {
            let Ok(row) = serde_json::from_str::<RecordedRow>(line) else { continue };
            rows.entry(row.item.clone()).or_default().push(row);
        }
        Ok(rows)
    }

    /// Reads the values of a version of a YAML file; `None` where there is none, or it does not parse.
    fn read_values(&self, path: &str, blob: Option<BlobId>) -> Result<Option<Value>, GitError> {
        let Some(blob) = blob else { return Ok(None) };
        let bytes = match self.repository.blob_up_to(blob, Limits::ITEM.bytes as u64) {
            Ok(bytes) => bytes,
            Err(GitError::TooLarge { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let document = Document::parse(path, &bytes, &Limits::ITEM).ok();
        Ok(document.map(|document| document.to_value()))
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
        self.read_up_to(commit, path, MAX_BYTES)
    }

    fn read_up_to(
        &self,
        commit: CommitId,
        path: &str,
        limit: u64,
    ) -> Result<Option<String>, GitError> {
        match self.repository.read_file_up_to(commit, path, limit) {
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
    /// Reason why it does not count.
    pub doubt: ClaimDoubt,
}

/// Lists the commits that changed something below `paths` and claim a day in their message that no
/// record in them states, or whose record does not fit what they change. `head` is the commit by which an
/// import that was begun must be finished.
///
/// # Errors
///
/// When objects cannot be read.
pub fn unrecorded_claims(
    repository: &Repository,
    settings_path: &str,
    paths: &[&str],
    commits: &[CommitRecord],
    head: CommitId,
) -> Result<Vec<UnrecordedClaim>, GitError> {
    let mut records = SourceRecords::new(repository, settings_path);
    let mut found = Vec::new();
    for record in commits.iter().filter(|record| Claim::is_made(&record.message)) {
        let landed = record.committer.time.to_utc();
        let claim = Claim::read(&record.message, record.author.time);
        let doubt = match &claim {
            Some(claim) => {
                let judged = records.stated_claim(record.commit, claim, landed)?;
                let is_unfinished =
                    judged.is_part && records.documents_of(head, &claim.source_id)?.is_empty();
                // The day of the commit itself, or none: nothing is dated back.
                let dates_nothing = judged.stated == StatedSource::Document
                    && (claim.part_day == PartDay::Unknown || claim.day == landed.date_naive());
                match judged.doubt {
                    None => is_unfinished.then_some(ClaimDoubt::Unfinished),
                    doubt => doubt.filter(|_| !dates_nothing),
                }
            }
            None => Some(ClaimDoubt::NoRecord),
        };
        if let Some(doubt) = doubt
            && repository.changes_below(record.commit, paths)?
        {
            let source = claim.map(|claim| claim.source);
            found.push(UnrecordedClaim { commit: record.commit, source, doubt });
        }
    }
    Ok(found)
}
