//! Trackers of others, by the documents that they publish: OSCAL POA&Ms, and FedRAMP's VER reports in JSON.
//!
//! The newest document gives the items; each month's last one gives a row of `months`. Values that a kind of
//! document never has are null, and [`lacking`] lists them. Nothing is computed from values that are not there:
//! the lateness in a VER report is taken as the provider states it.

mod oscal;
mod ver;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use poam_parquet::{ParquetRow, ParquetValue};
use serde_json::Value;

use super::columns::date;
use super::digest;
use super::rows::{SystemRows, add_rows};
use super::settings::PortfolioSystem;
use super::source::SystemError;
use super::tables;
use crate::exchange::oscal::MAX_BYTES;
use crate::files;

/// The documents of a system, oldest first.
pub(super) struct DocumentSet {
    documents: Vec<PublishedDocument>,
    /// Files that are no such document, with the reason.
    pub(super) refused: Vec<String>,
}

/// A document as it was found.
struct PublishedDocument {
    path: PathBuf,
    name: String,
    digest: String,
    day: NaiveDate,
    kind: PublishedKind,
}

/// Kind of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PublishedKind {
    Oscal,
    Ver,
}

/// Numbers of one month of a system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct DocumentCount {
    pub(super) items: usize,
    pub(super) open: usize,
    /// Those that are overdue; none where the document does not state it for every open item.
    pub(super) overdue: Option<usize>,
}

/// The rows that the newest documents of a system give.
struct CurrentRows {
    source: &'static str,
    rows: BTreeMap<&'static str, Vec<ParquetRow>>,
    count: DocumentCount,
    refused: Vec<String>,
}

impl DocumentSet {
    /// Finds the documents at a path: a file, or the files of a folder. Other files than JSON and YAML are left
    /// alone.
    pub(super) fn find(path: &Path) -> Result<Self, SystemError> {
        let mut paths = vec![path.to_owned()];
        let found = path.symlink_metadata().map_err(|_| SystemError::Missing(path.to_owned()))?;
        if found.is_dir() {
            let entries = std::fs::read_dir(path)
                .map_err(|error| SystemError::Document(format!("{}: {error}", path.display())))?;
            paths = entries.flatten().map(|entry| entry.path()).filter(|it| is_data(it)).collect();
            paths.sort();
        }
        let mut set = Self { documents: Vec::new(), refused: Vec::new() };
        for path in paths {
            let name = path.file_name().map_or_else(String::new, |it| it.to_string_lossy().into());
            match read(&path).and_then(|value| describe(&value)) {
                Ok((kind, day)) => {
                    let digest = files::read_regular(&path, MAX_BYTES as u64)
                        .map_or_else(|_| String::new(), |bytes| digest::short(&bytes));
                    set.documents.push(PublishedDocument { path, name, digest, day, kind });
                }
                Err(reason) => set.refused.push(format!("{name}: {reason}")),
            }
        }
        set.documents.sort_by(|a, b| (a.day, &a.name).cmp(&(b.day, &b.name)));
        if set.documents.is_empty() {
            let reason = match set.refused.as_slice() {
                [] => "there is no JSON or YAML document in the folder".to_owned(),
                refused => refused.join("; "),
            };
            return Err(SystemError::Document(reason));
        }
        Ok(set)
    }

    /// Returns a text that identifies the version of the documents.
    pub(super) fn version(&self) -> String {
        let all = self.documents.iter().map(|one| format!("{} {}", one.name, one.digest));
        format!("{:?} {:?}", all.collect::<Vec<_>>(), self.refused)
    }

    /// Returns the last day of the documents.
    pub(super) fn day(&self) -> NaiveDate {
        self.documents.last().map(|one| one.day).unwrap_or_default()
    }

    /// Returns the numbers of the newest documents, and what of them could not be read.
    pub(super) fn count(
        &self,
        system: &PortfolioSystem,
    ) -> Result<(DocumentCount, Vec<String>), SystemError> {
        let current = self.rows_of(system, self.day())?;
        Ok((current.count, current.refused))
    }

    /// Makes the rows of the system.
    pub(super) fn rows(
        &mut self,
        system: &PortfolioSystem,
        buckets: u64,
    ) -> Result<SystemRows, SystemError> {
        let mut by_month: BTreeMap<String, NaiveDate> = BTreeMap::new();
        for document in &self.documents {
            by_month.insert(document.day.format("%Y-%m").to_string(), document.day);
        }
        let mut months = Vec::new();
        let last = self.day();
        for day in by_month.into_values().filter(|day| *day != last) {
            match self.rows_of(system, day) {
                Ok(current) => months.push(month_row(system, day, current.count)),
                Err(error) => self.refused.push(error.to_string()),
            }
        }
        let current = self.rows_of(system, self.day())?;
        months.push(month_row(system, self.day(), current.count));
        self.refused.extend(current.refused);
        let mut rows = SystemRows::new();
        for (table, found) in current.rows {
            add_rows(&mut rows, table, &system.name, buckets, found);
        }
        add_rows(&mut rows, "months", &system.name, buckets, months);
        let row = system_row(system, self, current.source, current.count);
        add_rows(&mut rows, "systems", &system.name, buckets, vec![row]);
        Ok(rows)
    }

    /// Makes the rows that the documents of a day give. Of OSCAL the last document counts; VER reports of one day
    /// complete each other.
    fn rows_of(
        &self,
        system: &PortfolioSystem,
        day: NaiveDate,
    ) -> Result<CurrentRows, SystemError> {
        let of_day: Vec<_> = self.documents.iter().filter(|one| one.day == day).collect();
        let oscal = of_day.iter().rev().find(|one| one.kind == PublishedKind::Oscal);
        let fail = |name: &str, reason: String| SystemError::Document(format!("{name}: {reason}"));
        if let Some(document) = oscal {
            let bytes = files::read_regular(&document.path, MAX_BYTES as u64)
                .map_err(|error| fail(&document.name, error.to_string()))?;
            return oscal::rows(system, &document.name, &bytes, day);
        }
        let mut values = Vec::new();
        for document in of_day {
            let value = read(&document.path).map_err(|reason| fail(&document.name, reason))?;
            values.push((document.name.as_str(), value));
        }
        Ok(ver::rows(system, &values, day))
    }
}

fn is_data(path: &Path) -> bool {
    let ending = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    ["json", "yaml", "yml"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

fn read(path: &Path) -> Result<Value, String> {
    let bytes = files::read_regular(path, MAX_BYTES as u64).map_err(|error| error.to_string())?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    match bytes.trim_ascii_start().first() {
        Some(b'{') => serde_json::from_slice(bytes).map_err(|error| format!("no JSON: {error}")),
        Some(_) => {
            let limits = crate::document::Limits {
                bytes: MAX_BYTES,
                depth: 64,
                nodes: 2_000_000,
                aliases: 1000,
            };
            crate::document::Document::parse("document", bytes, &limits)
                .map(|document| document.to_value())
                .map_err(|error| error.to_string())
        }
        None => Err("the file is empty".to_owned()),
    }
}

/// Returns the kind and the day of a document.
fn describe(value: &Value) -> Result<(PublishedKind, NaiveDate), String> {
    let has = |name: &str| value.get(name).is_some();
    let (kind, pointer) = if has("plan-of-action-and-milestones") {
        (PublishedKind::Oscal, "/plan-of-action-and-milestones/metadata/last-modified")
    } else if has("generatedAt") && has("activeVulnerabilities") {
        (PublishedKind::Ver, "/generatedAt")
    } else if has("vulnerabilities") || has("acceptedVulnerabilities") {
        (PublishedKind::Ver, "/reportPeriod/to")
    } else {
        return Err("no OSCAL POA&M and no VER report; `poam check` says what it is".to_owned());
    };
    let day = value.pointer(pointer).and_then(Value::as_str).and_then(day_of);
    match day {
        Some(day) => Ok((kind, day)),
        None => Err(format!("`{pointer}` gives no day")),
    }
}

/// Returns the day of a date or an instant, in UTC.
pub(super) fn day_of(text: &str) -> Option<NaiveDate> {
    let instant = text.parse::<DateTime<Utc>>().map(|time| time.date_naive());
    instant.ok().or_else(|| text.parse().ok())
}

/// Makes a row of a table from the values that are known; the others are null.
pub(super) fn sparse_row(
    table: &str,
    mut values: BTreeMap<&'static str, ParquetValue>,
) -> ParquetRow {
    let columns = tables::find(table).map(tables::TableDefinition::columns).unwrap_or_default();
    columns.iter().map(|column| values.remove(column.name).unwrap_or_default()).collect()
}

fn month_row(system: &PortfolioSystem, day: NaiveDate, count: DocumentCount) -> ParquetRow {
    let first = chrono::Datelike::with_day(&day, 1).unwrap_or(day);
    let values = BTreeMap::from([
        ("system", system.name.as_str().into()),
        ("month_start", date(first)),
        ("as_of", date(day)),
        ("open_items", count.open.into()),
        ("overdue_items", count.overdue.into()),
    ]);
    sparse_row("months", values)
}

fn system_row(
    system: &PortfolioSystem,
    set: &DocumentSet,
    source: &'static str,
    count: DocumentCount,
) -> ParquetRow {
    let mut row = tables::systems::unread(system, set.day(), "");
    let columns = tables::find("systems").map(tables::TableDefinition::columns);
    for (column, value) in columns.unwrap_or_default().iter().zip(&mut row) {
        match column.name {
            "source" => *value = source.into(),
            "total_items" => *value = count.items.into(),
            "open_items" => *value = count.open.into(),
            "closed_items" => *value = (count.items - count.open).into(),
            "overdue_items" => *value = count.overdue.into(),
            "unreadable_files" => *value = set.refused.clone().into(),
            "lacking" => *value = lacking(source).into(),
            "is_current" => *value = true.into(),
            tables::systems::READ_ERROR => *value = ParquetValue::Null,
            _ => {}
        }
    }
    row
}

/// Lists the data that a kind of document never has: tables, and columns as `table.column`.
fn lacking(source: &str) -> Vec<String> {
    let known: &[&str] = if source == "ver" { &ver::ITEM_COLUMNS } else { &[] };
    let mut found: Vec<String> = ["events", "snapshots"].map(str::to_owned).to_vec();
    if source == "ver" {
        found.extend(["milestones", "triggers"].map(str::to_owned));
    }
    for table in ["items", "milestones", "months"] {
        for column in tables::find(table).map(tables::TableDefinition::columns).unwrap_or_default()
        {
            let is_lacking = match (source, table) {
                ("ver", "items") => !known.contains(&column.name),
                ("ver", "milestones") => false,
                (_, "items") => oscal::LACKING_OF_ITEMS.contains(&column.name),
                (_, "milestones") => matches!(column.name, "slips" | "slipped_days"),
                _ => !matches!(
                    column.name,
                    "system" | "month_start" | "as_of" | "open_items" | "overdue_items"
                ),
            };
            if is_lacking {
                found.push(format!("{table}.{}", column.name));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_known_by_their_members_and_have_a_day() {
        for (text, expected) in [
            (
                r#"{"plan-of-action-and-milestones": {"metadata": {"last-modified": "2026-11-30T23:30:00-05:00"}}}"#,
                Ok((PublishedKind::Oscal, "2026-12-01")),
            ),
            (
                r#"{"vulnerabilities": [], "reportPeriod": {"from": "2026-10-01T00:00:00Z", "to": "2026-10-31T00:00:00Z"}}"#,
                Ok((PublishedKind::Ver, "2026-10-31")),
            ),
            (
                r#"{"activeVulnerabilities": [], "acceptedVulnerabilities": [], "generatedAt": "2026-11-02T00:00:00Z"}"#,
                Ok((PublishedKind::Ver, "2026-11-02")),
            ),
            (r#"{"vulnerabilities": []}"#, Err("`/reportPeriod/to` gives no day")),
            (
                r#"{"catalog": {}}"#,
                Err("no OSCAL POA&M and no VER report; `poam check` says what it is"),
            ),
        ] {
            let found = describe(&serde_json::from_str(text).unwrap());
            let expected = expected.map(|(kind, day)| (kind, day.parse().unwrap()));
            assert_eq!(found, expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn what_a_source_lacks_is_listed() {
        let oscal = lacking("oscal");
        assert!(oscal.contains(&"items.slips".to_owned()) && oscal.contains(&"events".to_owned()));
        assert!(!oscal.contains(&"items.effective_due".to_owned()));
        let ver = lacking("ver");
        assert!(ver.contains(&"items.effective_due".to_owned()));
        assert!(!ver.contains(&"items.ver_rating".to_owned()));
    }
}
