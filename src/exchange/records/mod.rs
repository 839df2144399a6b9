//! Items and events as flat records for people with a spreadsheet: one value a cell, dates as dates, and the
//! numbers that everybody asks for (owner, next milestone, days overdue) in columns of their own.
//!
//! [`RecordTable`] is one sheet; [`write_xlsx`] and [`records_csv`] render it. Programs take
//! [`items_csv`](super::items_csv) or NDJSON, which hold everything.

mod deviations;
mod events;
mod items;
mod milestones;

use std::io::Write;
use std::path::Path;

use chrono::NaiveDate;

use crate::history::History;
use crate::settings::Settings;
use crate::store::Store;
use crate::workbook::{
    BuildError, RecordCell, RecordColumn, RecordSheet, WorkbookProperties, csv_rows, write_records,
};

pub use events::event_records;
pub use items::item_records;

/// Records of one kind, with their columns.
pub struct RecordTable {
    name: &'static str,
    columns: &'static [RecordColumn],
    rows: Vec<Vec<RecordCell>>,
}

impl RecordTable {
    fn new(
        name: &'static str,
        columns: &'static [RecordColumn],
        rows: Vec<Vec<RecordCell>>,
    ) -> Self {
        Self { name, columns, rows }
    }

    fn into_sheet(self) -> RecordSheet<'static> {
        RecordSheet {
            name: self.name,
            columns: self.columns,
            frozen: 1,
            count: self.rows.len(),
            rows: Box::new(self.rows.into_iter()),
        }
    }
}

/// Returns the sheets of a workbook of items on a day: items, their milestones, their deviations.
pub fn item_tables(
    store: &Store,
    settings: &Settings,
    history: &History,
    day: NaiveDate,
) -> Vec<RecordTable> {
    let mut tables = vec![item_records(store, settings, history, day)];
    tables.push(milestones::milestone_records(store, settings, day));
    tables.push(deviations::deviation_records(store));
    tables
}

/// Returns records as CSV, with the names of the columns as headers. Cells that a spreadsheet would take
/// for formulas begin with an apostrophe.
pub fn records_csv(table: &RecordTable) -> Result<String, std::io::Error> {
    let head = table.columns.iter().map(|column| column.name.to_owned()).collect();
    let rows = table.rows.iter().map(|row| row.iter().map(RecordCell::to_csv).collect());
    csv_rows(std::iter::once(head).chain(rows))
}

/// Writes records as an `.xlsx` file with a sheet for each table. The same commit gives the same bytes.
///
/// # Errors
///
/// When a sheet overflows, or when the file or temporary files cannot be written.
pub fn write_xlsx(
    tables: Vec<RecordTable>,
    settings: &Settings,
    history: &History,
    temporary: &Path,
    to: impl Write + Send,
) -> Result<(), BuildError> {
    let commit = history.head.map(|commit| format!("commit {commit}"));
    let properties = WorkbookProperties {
        title: format!("{} of the POA&M", tables.first().map_or("Items", |table| table.name)),
        subject: commit.unwrap_or_default(),
        company: settings.system.provider.clone().unwrap_or_default(),
        created: history.head_time.unwrap_or_default(),
        ..WorkbookProperties::default()
    };
    let sheets = tables.into_iter().map(RecordTable::into_sheet).collect();
    write_records(sheets, &properties, temporary, to)
}

/// Describes a column: name, title, width in characters.
const fn column(name: &'static str, title: &'static str, width: u8) -> RecordColumn {
    RecordColumn { name, title, width }
}
