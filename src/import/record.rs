//! The record of imports: which documents were imported, and what their rows said of each item.
//!
//! It is kept as text beside the items, in `imports/`, and is committed together with what an import
//! changes. [`ImportedDocument`]s stand in `documents.ndjson` in the order in which they were
//! imported. A [`LastRow`] for each item and source stands in files that mirror the folders of the
//! items; it is the common ancestor of the three-way merge and tells which ids, identifiers and names
//! a source ever gave to an item. A record that is gone is begun anew: then every difference between
//! a row and an item is a conflict, and nothing is overwritten.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::delta::between;
use super::trailers::CommittedImports;
use crate::model::ItemId;
use crate::store::Tracker;

/// The folder of the record, from the root of the tracker.
pub const FOLDER: &str = "imports";
/// The list of documents in it.
const DOCUMENTS: &str = "documents.ndjson";
/// The largest file of the record that is read, in bytes.
const MOST_BYTES: u64 = 256 << 20;
/// Folders in folders, at most.
const MOST_DEPTH: usize = 16;
/// Longer texts are recorded by their digest: equality is all that a merge asks of them.
const LONGEST: usize = 160;
/// Fields whose whole text is recorded, since weaknesses are recognised by them.
const WHOLE: [&str; 6] =
    ["id", "weakness_name", "detector_source", "source_identifier", "cves", "assets"];

/// Why the record of imports cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A file or folder cannot be read.
    #[error("reading {path}")]
    Io {
        /// The file.
        path: String,
        /// Why.
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
        /// What is wrong with it.
        message: String,
    },
    /// Something else stands where a file or folder belongs.
    #[error("{path} is {found}: the record of imports must be plain files in plain folders")]
    NotPlain {
        /// The path.
        path: String,
        /// What it is.
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
    /// The day it is of, where anything says one.
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
    /// this record was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<BTreeSet<String>>,
}

impl ImportedDocument {
    /// Returns whether a row was accepted.
    pub(super) fn has_accepted(&self, row: &str) -> bool {
        self.refused.as_ref().is_some_and(|refused| !refused.contains(row))
    }
}

/// What the rows of one source last said of an item.
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
}

impl LastRow {
    /// The id in the source.
    pub(super) fn id(&self) -> Option<&str> {
        self.text("id")
    }

    /// The values of the row.
    pub(super) fn values(&self) -> &Map<String, Value> {
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

    fn text(&self, field: &str) -> Option<&str> {
        self.row.get(field).and_then(Value::as_str)
    }

    /// Takes what a newer row says. A blank cell is no statement, so that the one before stands.
    fn update(&mut self, row: &Value) {
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
        for delta in between(&said, row).iter().filter(|delta| !delta.new.is_null()) {
            delta.apply(&mut said);
        }
        if let Value::Object(mut said) = said {
            // A row that is not closed says that there is no day of closing.
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

/// The record of imports of a tracker.
#[derive(Debug, Clone, Default)]
pub struct ImportRecord {
    /// The folder from the root of the repository, with a `/` at its end.
    folder: String,
    documents: Vec<ImportedDocument>,
    /// Whether anything was ever imported, also before this record was kept.
    begun: bool,
    rows: BTreeMap<ItemId, BTreeMap<String, LastRow>>,
    /// The items whose rows each file holds, and its content as it is on disk or planned.
    files: BTreeMap<String, Vec<u8>>,
    file_of: HashMap<ItemId, String>,
    /// Files whose items said something new since they were rendered.
    dirty: BTreeSet<String>,
}

impl ImportRecord {
    /// Reads the record of a tracker from the work tree. Where there is none yet, the documents are
    /// those that the commits name: earlier versions of the program kept them there alone.
    ///
    /// # Errors
    ///
    /// When a file of it cannot be read or is damaged.
    pub fn load(tracker: &Tracker, committed: &CommittedImports) -> Result<Self, RecordError> {
        let mut record = Self { folder: format!("{}{FOLDER}/", tracker.prefix), ..Self::default() };
        record.read_folder(&tracker.root.join(FOLDER), String::new(), 0)?;
        let list = format!("{}{DOCUMENTS}", record.folder);
        if !record.files.contains_key(&list) {
            record.documents = committed.documents().to_vec();
            record.begun = committed.any();
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
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            if is_list {
                let document: ImportedDocument =
                    serde_json::from_str(line).map_err(|error| wrong(number, error.to_string()))?;
                self.put_document(document);
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

    /// Returns whether anything was ever imported.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// The document with a digest.
    pub(super) fn document(&self, source_id: &str) -> Option<&ImportedDocument> {
        self.documents.iter().find(|document| document.source_id == source_id)
    }

    /// The newest document: of the latest day, and of those of one day the last that was imported. A
    /// document without a day is as new as what was imported before it.
    pub(super) fn newest(&self) -> Option<&ImportedDocument> {
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

    /// What a source last said of an item; where it never did, what another source said last.
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

    /// Records what a row says of an item, whose file is at `path`. The source no longer gives the id
    /// of the row to any other item.
    pub(super) fn put_row(&mut self, item: &ItemId, path: &str, layout: &str, row: &Value) {
        let file = self.file_for(path);
        let last = self.rows.entry(item.clone()).or_default();
        let said = abridged(row);
        let changed = match last.get_mut(layout) {
            Some(last) => {
                let before = last.clone();
                last.update(&said);
                *last != before
            }
            None => {
                let Value::Object(said) = said else { return };
                let row = LastRow {
                    item: item.clone(),
                    layout: layout.to_owned(),
                    row: said,
                    ids: BTreeSet::new(),
                    identifiers: BTreeSet::new(),
                    names: BTreeSet::new(),
                };
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

    /// Takes the ids of rows from all items but those that a document listed: it numbers its rows anew,
    /// so that an id from before says nothing of a row that comes later.
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
pub(super) fn abridged(row: &Value) -> Value {
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
mod tests {
    use serde_json::json;

    use super::*;

    fn document(id: &str, day: Option<&str>) -> ImportedDocument {
        ImportedDocument {
            source: format!("{id}.csv"),
            source_id: id.to_owned(),
            layout: "l".to_owned(),
            day: day.map(|day| day.parse().unwrap()),
            rows: 1,
            created: 0,
            changed: 0,
            closed: 0,
            refused: Some(BTreeSet::new()),
        }
    }

    fn id(text: &str) -> ItemId {
        text.parse().unwrap()
    }

    #[test]
    fn the_newest_document_is_of_the_latest_day_and_last_of_those() {
        let mut record = ImportRecord::default();
        assert_eq!(record.newest(), None);
        for (document, newest) in [
            (document("a", Some("2026-05-04")), "a"),
            (document("b", Some("2026-05-04")), "b"),
            (document("c", Some("2026-04-30")), "b"),
            (document("a", Some("2026-05-04")), "b"),
            (document("d", None), "d"),
            (document("e", Some("2026-05-04")), "e"),
        ] {
            record.put_document(document);
            assert_eq!(record.newest().unwrap().source_id, newest);
        }
        assert_eq!(record.documents.len(), 5, "each document once");
    }

    #[test]
    fn what_was_said_stays_said_until_something_else_is() {
        let mut record = ImportRecord::default();
        let path = "items/2026/0000/V-1.yaml";
        let first = json!({"id": "1", "weakness_name": "W", "comments": "c", "completion_date": "2026-05-01",
            "milestones": [{"id": 1, "due": "2026-01-01"}, {"id": 2}]});
        record.put_row(&id("V-1"), path, "l", &first);
        let second = json!({"id": "7", "weakness_name": "V", "milestones": [{"id": 2, "due": "2026-02-01"}]});
        record.put_row(&id("V-1"), path, "l", &second);
        let last = record.last_row(&id("V-1"), "l").unwrap();
        assert_eq!(
            Value::Object(last.row.clone()),
            json!({"id": "7", "weakness_name": "V", "comments": "c",
                "milestones": [{"id": 1, "due": "2026-01-01"}, {"id": 2, "due": "2026-02-01"}]})
        );
        assert_eq!(last.ids, BTreeSet::from(["1".to_owned()]));
        assert_eq!(last.names, BTreeSet::from(["W".to_owned()]));
        // The id goes to another item; the first one only had it.
        record.put_row(&id("V-2"), "items/2026/0000/V-2.yaml", "l", &json!({"id": "7"}));
        record.release_ids("l", &HashMap::from([("7".to_owned(), id("V-2"))]));
        let last = record.last_row(&id("V-1"), "other").unwrap();
        assert_eq!((last.id(), last.ids.len()), (None, 2));
    }

    #[test]
    fn files_mirror_the_folders_of_items_and_are_written_where_they_change() {
        let mut record = ImportRecord { folder: "sub/imports/".to_owned(), ..Default::default() };
        record.put_row(&id("V-1"), "sub/items/2026/0000/V-1.yaml", "l", &json!({"id": "V-1"}));
        record.put_row(
            &id("V-200"),
            "sub/items/2026/0200/V-200.yaml",
            "l",
            &json!({"id": "V-200"}),
        );
        record.put_document(document("a", None));
        let paths = |files: &[RecordFile]| -> Vec<String> {
            files.iter().map(|file| file.path.clone()).collect()
        };
        let files = record.render(|_| true);
        assert_eq!(
            paths(&files),
            [
                "sub/imports/documents.ndjson",
                "sub/imports/items/2026/0000.ndjson",
                "sub/imports/items/2026/0200.ndjson"
            ]
        );
        assert_eq!(record.render(|_| true), []);
        let row = json!({"id": "V-200", "comments": "x".repeat(500)});
        record.put_row(&id("V-200"), "sub/items/2026/0200/V-200.yaml", "l", &row);
        record.put_row(&id("V-1"), "sub/items/2026/0000/V-1.yaml", "l", &json!({"id": "V-1"}));
        let files = record.render(|_| true);
        assert_eq!(paths(&files), ["sub/imports/items/2026/0200.ndjson"]);
        let text = String::from_utf8(files[0].after.clone().unwrap()).unwrap();
        assert!(text.contains(r#""comments":"sha256:"#) && text.len() < 300, "{text}");
        // What was written is read back as it was.
        let mut again = ImportRecord { folder: "sub/imports/".to_owned(), ..Default::default() };
        for (path, bytes) in record.files.clone() {
            again.read_file(path, bytes).unwrap();
        }
        assert_eq!((&again.rows, &again.documents), (&record.rows, &record.documents));
        // A merge that was not solved is no record.
        let error =
            again.read_file("sub/imports/x.ndjson".to_owned(), b"\n<<<<<<< ours\n".to_vec());
        assert!(error.unwrap_err().to_string().starts_with("sub/imports/x.ndjson:2: "));
    }
}
