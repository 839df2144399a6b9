//! The record of imports: which documents were imported, and what their rows stated of each item.
//!
//! It is retained as text beside the items, in `imports/`, and is committed together with what an import
//! changes. [`ImportedDocument`]s are in `documents.ndjson` in the order in which they were
//! imported, and the days of the commits that hold parts of them in `days.ndjson`. A [`LastRow`] for each item and source is in files that mirror the folders of the
//! items; it is the common ancestor of the three-way merge and shows which ids, identifiers and names
//! a source ever gave to an item. A record that is gone is begun again: then every difference between
//! a row and an item is a conflict, and nothing is overwritten.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::delta::diff_values;
use super::milestones::PlannedMilestone;
use super::trailers::CommittedImports;
use crate::exchange::DeniedField;
use crate::history::{DAYS_FILE, DOCUMENTS_FILE, IMPORTS_FOLDER, RecordedDay};
use crate::model::ItemId;
use crate::store::Tracker;

/// The folder of the record, from the root of the tracker.
pub const FOLDER: &str = IMPORTS_FOLDER;
/// The list of documents in it.
const DOCUMENTS: &str = DOCUMENTS_FILE;
/// The largest file of the record that is read, in bytes.
const MOST_BYTES: u64 = 256 << 20;
/// Folders in folders, at most.
const MOST_DEPTH: usize = 16;
/// Longer texts are recorded by their digest: equality is all that a merge asks of them.
const LONGEST: usize = 160;
/// Fields whose entire text is recorded, since weaknesses are recognised by them.
const WHOLE: [&str; 6] =
    ["id", "weakness_name", "detector_source", "source_identifier", "cves", "assets"];

/// Reasons why the record of imports cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A file or folder cannot be read.
    #[error("reading {path}")]
    Io {
        /// The file.
        path: String,
        /// Reason of the system.
        #[source]
        source: io::Error,
    },
    /// A line is none of ours.
    #[error(
        "{path}:{line}: {message}; this file is written by `poam import`: take it back from an earlier commit \
         (`git checkout <commit> -- {path}`), or solve the merge conflict in it by keeping the lines of both sides"
    )]
    Line {
        /// The file.
        path: String,
        /// The line, counted from 1.
        line: usize,
        /// Description of the fault.
        message: String,
    },
    /// Something else is where a file or folder belongs.
    #[error("{path} is {found}: the record of imports must be plain files in plain folders")]
    NotPlain {
        /// The path.
        path: String,
        /// Format that was found.
        found: &'static str,
    },
}

/// A document that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedDocument {
    /// Name of its file.
    pub source: String,
    /// Digest of its content.
    pub source_id: String,
    /// The source that it is a document of: the name of its layout.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub layout: String,
    /// The day it is of, where anything states one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
    /// Rows that were read.
    #[serde(default)]
    pub rows: usize,
    /// Items that it made.
    #[serde(default)]
    pub created: usize,
    /// Items that it changed.
    #[serde(default)]
    pub changed: usize,
    /// Items that were closed because it did not list them.
    #[serde(default)]
    pub closed: usize,
    /// Rows that were refused, as sheet and row; unknown for some documents that were imported before
    /// this record was retained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<BTreeSet<String>>,
}

impl ImportedDocument {
    /// Returns whether a row was accepted.
    pub(super) fn has_accepted(&self, row: &str) -> bool {
        self.refused.as_ref().is_some_and(|refused| !refused.contains(row))
    }
}

/// Last values of an item in the rows of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct LastRow {
    /// The item.
    item: ItemId,
    /// The source.
    layout: String,
    /// The values, in the shape of an item. `id` is the id in the source; it is missing where the row
    /// has none, or where the source gave the id to another item since. Long texts are digests.
    row: Map<String, Value>,
    /// Other ids that the source gave to the item before.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    ids: BTreeSet<String>,
    /// Other source identifiers that the item had before.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    identifiers: BTreeSet<String>,
    /// Other names that the item had before.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    names: BTreeSet<String>,
    /// The milestones as the plan of the source said them last, by their numbers in the item.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    planned: BTreeMap<u32, PlannedMilestone>,
    /// The latest day on which a document of the source listed the item as open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open_on: Option<NaiveDate>,
}

/// Statements of a row besides its values.
#[derive(Debug, Clone, Default)]
pub(super) struct RecordedFacts {
    /// The milestones as its plan says them, by their numbers in the item.
    pub(super) planned: BTreeMap<u32, PlannedMilestone>,
    /// The day on which the document listed the item as open; none where it did not, or has no such day.
    pub(super) open_on: Option<NaiveDate>,
    /// Questions that the row answers with no.
    pub(super) denied: Vec<DeniedField>,
}

impl LastRow {
    /// The id in the source.
    pub(super) fn id(&self) -> Option<&str> {
        self.field_text("id")
    }

    /// The values of the row.
    pub(super) fn row_values(&self) -> &Map<String, Value> {
        &self.row
    }

    /// Ids that the source gave to the item before.
    pub(super) fn earlier_ids(&self) -> &BTreeSet<String> {
        &self.ids
    }

    /// Source identifiers that the item had before.
    pub(super) fn earlier_identifiers(&self) -> &BTreeSet<String> {
        &self.identifiers
    }

    /// Names that the item had before.
    pub(super) fn earlier_names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// The milestones as the plan of the source said them last, by their numbers in the item.
    pub(super) fn planned(&self) -> &BTreeMap<u32, PlannedMilestone> {
        &self.planned
    }

    /// The latest day on which a document of the source listed the item as open.
    pub(super) fn open_on(&self) -> Option<NaiveDate> {
        self.open_on
    }

    /// Takes what a row states besides its values. An explicit *No* ends what the source stated before.
    fn take_facts(&mut self, facts: &RecordedFacts) {
        for (id, planned) in &facts.planned {
            self.planned.insert(*id, planned.clone());
        }
        self.open_on = self.open_on.max(facts.open_on);
        for denied in &facts.denied {
            match denied {
                DeniedField::VendorDependency => _ = self.row.shift_remove("vendor_dependency"),
                DeniedField::Kev => _ = self.row.shift_remove("kev"),
                DeniedField::Deviation(kind) => {
                    let list = self.row.get_mut("deviations").and_then(Value::as_array_mut);
                    let Some(list) = list else { continue };
                    list.retain(|one| one.get("type").is_none_or(|it| it != kind.as_str()));
                    if list.is_empty() {
                        self.row.shift_remove("deviations");
                    }
                }
            }
        }
    }

    fn field_text(&self, field: &str) -> Option<&str> {
        self.row.get(field).and_then(Value::as_str)
    }

    /// Takes what a newer row states. A blank cell is no statement, so that the one before is.
    fn update_row(&mut self, row: &Value) {
        for (field, earlier) in [
            ("id", &mut self.ids),
            ("source_identifier", &mut self.identifiers),
            ("weakness_name", &mut self.names),
        ] {
            let old = self.row.get(field).and_then(Value::as_str);
            let new = row.get(field).and_then(Value::as_str);
            if let (Some(old), Some(new)) = (old, new)
                && old != new
            {
                earlier.insert(old.to_owned());
            }
            if let Some(new) = new {
                earlier.remove(new);
            }
        }
        let mut said = Value::Object(std::mem::take(&mut self.row));
        for delta in diff_values(&said, row).iter().filter(|delta| !delta.new.is_null()) {
            delta.apply(&mut said);
        }
        if let Value::Object(mut said) = said {
            // A row that is not closed states that there is no day of closing.
            if row.get("completion_date").is_none() {
                said.shift_remove("completion_date");
            }
            self.row = said;
        }
    }
}

/// A file of the record that an import changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFile {
    /// Path from the root of the repository.
    pub path: String,
    /// The content that was read; none for a new file.
    pub before: Option<Vec<u8>>,
    /// The content to write; none removes the file.
    pub after: Option<Vec<u8>>,
}

/// The list of the days of commits that hold parts of documents. By it, each such commit has a record
/// of the document and the day that it was made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DaysFile {
    /// Path from the root of the repository.
    pub path: String,
    /// The content; none where there is no file.
    pub content: Option<Vec<u8>>,
}

impl DaysFile {
    /// Adds a day, and returns the change of the file.
    pub(super) fn add(&mut self, source_id: &str, day: Option<NaiveDate>) -> RecordFile {
        let before = self.content.clone();
        let mut after = before.clone().unwrap_or_default();
        if !after.is_empty() && !after.ends_with(b"\n") {
            after.push(b'\n');
        }
        push_line(&mut after, &RecordedDay { source_id: source_id.to_owned(), day });
        self.content = Some(after.clone());
        RecordFile { path: self.path.clone(), before, after: Some(after) }
    }
}

/// The record of imports of a tracker.
#[derive(Debug, Clone, Default)]
pub struct ImportRecord {
    /// The folder from the root of the repository, with a `/` at its end.
    folder: String,
    documents: Vec<ImportedDocument>,
    /// Whether anything was ever imported, also before this record was retained.
    begun: bool,
    rows: BTreeMap<ItemId, BTreeMap<String, LastRow>>,
    /// The items whose rows each file holds, and its content as it is on disk or planned.
    files: BTreeMap<String, Vec<u8>>,
    file_of: HashMap<ItemId, String>,
    /// Files whose items stated something new since they were rendered.
    dirty: BTreeSet<String>,
}

impl ImportRecord {
    /// Reads the record of a tracker from the work tree. Where there is none yet, the documents are
    /// those that the commits name: earlier versions of the program retained them there alone.
    ///
    /// # Errors
    ///
    /// When a file of it cannot be read or is damaged.
    pub fn load(tracker: &Tracker, committed: &CommittedImports) -> Result<Self, RecordError> {
        let mut record = Self { folder: format!("{}{FOLDER}/", tracker.prefix), ..Self::default() };
        record.read_folder(&tracker.root.join(FOLDER), String::new(), 0)?;
        let list = format!("{}{DOCUMENTS}", record.folder);
        if !record.files.contains_key(&list) {
            record.documents = committed.all_documents().to_vec();
            record.begun = committed.has_any();
        }
        record.begun |= !record.documents.is_empty();
        Ok(record)
    }

    /// Reads the files below a folder of the record, of the name `inside`.
    fn read_folder(
        &mut self,
        on_disk: &Path,
        inside: String,
        depth: usize,
    ) -> Result<(), RecordError> {
        let here = format!("{}{inside}", self.folder);
        let path = || here.clone();
        let failed = |source| RecordError::Io { path: path(), source };
        match on_disk.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound && depth == 0 => return Ok(()),
            Err(error) => return Err(failed(error)),
            Ok(data) if !data.is_dir() => {
                return Err(RecordError::NotPlain { path: path(), found: "no folder" });
            }
            Ok(_) if depth > MOST_DEPTH => {
                return Err(RecordError::NotPlain { path: path(), found: "too deep" });
            }
            Ok(_) => {}
        }
        let mut entries: Vec<(String, PathBuf)> = Vec::new();
        for entry in fs::read_dir(on_disk).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            entries.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
        entries.sort();
        for (name, on_disk) in entries {
            let data = on_disk.symlink_metadata().map_err(failed)?;
            let within = format!("{inside}{name}");
            if data.is_dir() {
                self.read_folder(&on_disk, format!("{within}/"), depth + 1)?;
            } else if name.ends_with(".ndjson") {
                let path = format!("{}{within}", self.folder);
                if !data.is_file() {
                    return Err(RecordError::NotPlain { path, found: "no plain file" });
                }
                let failed = |source| RecordError::Io { path: path.clone(), source };
                let mut bytes = Vec::new();
                let file = fs::File::open(&on_disk).map_err(failed)?;
                file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
                if bytes.len() as u64 > MOST_BYTES {
                    return Err(RecordError::NotPlain { path, found: "too large" });
                }
                self.read_file(path, bytes)?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, path: String, bytes: Vec<u8>) -> Result<(), RecordError> {
        let wrong = |line: usize, message: String| RecordError::Line {
            path: path.clone(),
            line: line + 1,
            message,
        };
        let text = std::str::from_utf8(&bytes).map_err(|error| wrong(0, error.to_string()))?;
        let is_list = path == format!("{}{DOCUMENTS}", self.folder);
        let is_of_days = path == format!("{}{DAYS_FILE}", self.folder);
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            if is_list {
                let document: ImportedDocument =
                    serde_json::from_str(line).map_err(|error| wrong(number, error.to_string()))?;
                self.put_document(document);
                continue;
            }
            if is_of_days {
                let _: RecordedDay =
                    serde_json::from_str(line).map_err(|error| wrong(number, error.to_string()))?;
                continue;
            }
            let row: LastRow =
                serde_json::from_str(line).map_err(|error| wrong(number, error.to_string()))?;
            self.file_of.insert(row.item.clone(), path.clone());
            self.rows.entry(row.item.clone()).or_default().insert(row.layout.clone(), row);
        }
        self.files.insert(path, bytes);
        Ok(())
    }

    /// Returns the list of the days of commits, as it is.
    pub(super) fn commit_days(&self) -> DaysFile {
        let path = format!("{}{DAYS_FILE}", self.folder);
        let content = self.files.get(&path).cloned();
        DaysFile { path, content }
    }

    /// Returns whether anything was ever imported.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// The document with a digest.
    pub(super) fn find_document(&self, source_id: &str) -> Option<&ImportedDocument> {
        self.documents.iter().find(|document| document.source_id == source_id)
    }

    /// The newest document: of the latest day, and of those of one day the last that was imported. A
    /// document without a day is as new as what was imported before it.
    pub(super) fn newest_document(&self) -> Option<&ImportedDocument> {
        let mut newest: Option<(Option<NaiveDate>, &ImportedDocument)> = None;
        for document in &self.documents {
            let latest = newest.and_then(|(day, _)| day);
            if document.day.is_none() || document.day >= latest {
                newest = Some((document.day.or(latest), document));
            }
        }
        newest.map(|(_, document)| document)
    }

    /// The latest day of a document.
    pub(super) fn latest_day(&self) -> Option<NaiveDate> {
        self.documents.iter().filter_map(|document| document.day).max()
    }

    /// Returns the last row of a source about an item; where it has none, that of another source.
    pub(super) fn last_row(&self, item: &ItemId, layout: &str) -> Option<&LastRow> {
        let rows = self.rows.get(item)?;
        rows.get(layout).or_else(|| {
            let layouts = self.documents.iter().rev().map(|document| document.layout.as_str());
            layouts.filter_map(|other| rows.get(other)).next().or_else(|| rows.values().next())
        })
    }

    /// Returns whether any source ever listed an item.
    pub(super) fn is_listed(&self, item: &ItemId) -> bool {
        self.rows.contains_key(item)
    }

    /// Returns whether a source has listed any item.
    pub(super) fn knows_source(&self, layout: &str) -> bool {
        self.rows.values().any(|rows| rows.contains_key(layout))
    }

    /// Returns whether a source ever listed an item.
    pub(super) fn is_listed_by(&self, item: &ItemId, layout: &str) -> bool {
        self.rows.get(item).is_some_and(|rows| rows.contains_key(layout))
    }

    /// Puts a document into the list: at its end, or in the place that it has.
    pub(super) fn put_document(&mut self, document: ImportedDocument) {
        self.begun = true;
        let place = self.documents.iter().position(|one| one.source_id == document.source_id);
        match place.and_then(|place| self.documents.get_mut(place)) {
            Some(known) => *known = document,
            None => self.documents.push(document),
        }
    }

    /// Records what a row states of an item, whose file is at `path`. The source no longer gives the id
    /// of the row to any other item.
    pub(super) fn put_row(
        &mut self,
        item: &ItemId,
        path: &str,
        layout: &str,
        row: &Value,
        facts: &RecordedFacts,
    ) {
        let file = self.file_for(path);
        let last = self.rows.entry(item.clone()).or_default();
        let said = abridge_values(row);
        let changed = match last.get_mut(layout) {
            Some(last) => {
                let before = last.clone();
                last.update_row(&said);
                last.take_facts(facts);
                *last != before
            }
            None => {
                let Value::Object(said) = said else { return };
                let mut row = LastRow {
                    item: item.clone(),
                    layout: layout.to_owned(),
                    row: said,
                    ids: BTreeSet::new(),
                    identifiers: BTreeSet::new(),
                    names: BTreeSet::new(),
                    planned: BTreeMap::new(),
                    open_on: None,
                };
                row.take_facts(facts);
                last.insert(layout.to_owned(), row);
                true
            }
        };
        let moved = self.file_of.get(item).is_none_or(|held| *held != file);
        if changed || moved {
            self.dirty.extend(self.file_of.get(item).cloned());
            self.dirty.insert(file.clone());
            self.file_of.insert(item.clone(), file);
        }
    }

    /// Records that a document of a source did not list an item, which was closed on a day for that:
    /// to list it as open again is a statement then.
    pub(super) fn put_closed(&mut self, item: &ItemId, layout: &str, day: NaiveDate) {
        let Some(mut last) = self.last_row(item, layout).cloned() else { return };
        layout.clone_into(&mut last.layout);
        last.row.insert("status".to_owned(), "closed".into());
        last.row.insert("completion_date".to_owned(), day.to_string().into());
        if let Some(rows) = self.rows.get_mut(item) {
            rows.insert(layout.to_owned(), last);
            self.dirty.extend(self.file_of.get(item).cloned());
        }
    }

    /// Takes the ids of rows from items that had them before and are others.
    pub(super) fn release_ids(&mut self, layout: &str, now: &HashMap<String, ItemId>) {
        for (item, rows) in &mut self.rows {
            let Some(last) = rows.get_mut(layout) else { continue };
            let Some(id) = last.id().map(str::to_owned) else { continue };
            if now.get(&id).is_some_and(|holder| holder != item) {
                last.row.shift_remove("id");
                last.ids.insert(id);
                self.dirty.extend(self.file_of.get(item).cloned());
            }
        }
    }

    /// Takes the ids of rows from all items but those that a document listed: it numbers its rows again,
    /// so that an id from before does not mention a row that comes later.
    pub(super) fn release_unlisted_ids(&mut self, layout: &str, listed: &HashSet<ItemId>) {
        for (item, rows) in &mut self.rows {
            let Some(last) = rows.get_mut(layout).filter(|_| !listed.contains(item)) else {
                continue;
            };
            let Some(id) = last.id().map(str::to_owned) else { continue };
            last.row.shift_remove("id");
            last.ids.insert(id);
            self.dirty.extend(self.file_of.get(item).cloned());
        }
    }

    /// The file of the record for an item whose own file is at a path.
    fn file_for(&self, path: &str) -> String {
        let prefix = self.folder.strip_suffix(&format!("{FOLDER}/")).unwrap_or_default();
        let inside = path.strip_prefix(prefix).unwrap_or(path);
        let folder = inside.rsplit_once('/').map_or("items", |(folder, _)| folder);
        format!("{}{folder}.ndjson", self.folder)
    }

    /// The files that differ from the last time, which count as written from now on. Rows of items
    /// that are gone are left out.
    pub(super) fn render(&mut self, is_here: impl Fn(&ItemId) -> bool) -> Vec<RecordFile> {
        let mut changed = Vec::new();
        let mut by_file: BTreeMap<&str, Vec<&ItemId>> = BTreeMap::new();
        for item in self.rows.keys() {
            if let Some(file) = self.file_of.get(item).filter(|file| self.dirty.contains(*file)) {
                by_file.entry(file).or_default().push(item);
            }
        }
        let mut texts: Vec<(String, Vec<u8>)> = Vec::new();
        let mut list = Vec::new();
        for document in &self.documents {
            push_line(&mut list, document);
        }
        texts.push((format!("{}{DOCUMENTS}", self.folder), list));
        for file in &self.dirty {
            let mut text = Vec::new();
            let items = by_file.get(file.as_str()).map(Vec::as_slice).unwrap_or_default();
            for item in items.iter().filter(|item| is_here(item)) {
                let rows = self.rows.get(*item).into_iter().flat_map(BTreeMap::values);
                rows.for_each(|row| push_line(&mut text, row));
            }
            texts.push((file.clone(), text));
        }
        self.dirty.clear();
        for (path, text) in texts {
            let before = self.files.get(&path).cloned();
            let after = Some(text).filter(|text| !text.is_empty());
            if before == after {
                continue;
            }
            match &after {
                Some(text) => _ = self.files.insert(path.clone(), text.clone()),
                None => _ = self.files.remove(&path),
            }
            changed.push(RecordFile { path, before, after });
        }
        changed
    }
}

/// Adds a value as a line of JSON.
fn push_line(text: &mut Vec<u8>, value: &impl Serialize) {
    if serde_json::to_writer(&mut *text, value).is_ok() {
        text.push(b'\n');
    }
}

/// The values of a row with digests for long texts, as they are recorded and compared.
pub(super) fn abridge_values(row: &Value) -> Value {
    let Value::Object(fields) = row else { return row.clone() };
    let short = |(field, value): (&String, &Value)| {
        let whole = WHOLE.contains(&field.as_str());
        (field.clone(), if whole { value.clone() } else { short_texts(value) })
    };
    Value::Object(fields.iter().map(short).collect())
}

/// A value of an item's field with digests for long texts.
pub(super) fn abridged_value(field: &str, value: &Value) -> Value {
    if WHOLE.contains(&field) { value.clone() } else { short_texts(value) }
}

fn short_texts(value: &Value) -> Value {
    match value {
        Value::String(text) if text.len() > LONGEST => {
            let digest = format!("{:x}", Sha256::digest(text));
            Value::String(format!("sha256:{digest}"))
        }
        Value::Array(list) => list.iter().map(short_texts).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), short_texts(value))).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
