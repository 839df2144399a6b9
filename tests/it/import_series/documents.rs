//! Documents of a register: as read, or as the bytes of workbooks and CSV files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use poam::exchange::{Assumed, item, read_status_columns, take_apart};
use poam::import::{DatedBy, DatedSubmission, Submission};
use poam::workbook::{
    self, Content, Field, Layout, Reading, SheetReading, SheetRole, SourceCell, SourceRow,
    SourceValue, Value, cell_text,
};

use super::register::{Form, Register, Row};

/// The source of a document; OSCAL documents have that of the official workbooks.
fn origin_of(reading: &Reading) -> String {
    let layout = reading.layout.as_str();
    let layout = if layout.starts_with("oscal-") { "fedramp-rev5-3.0" } else { layout };
    Submission::origin_of(layout, &[])
}

type Cells = BTreeMap<Field, SourceValue>;

impl Register {
    /// The document of this month. `name` tells documents of one month apart.
    pub(super) fn submission(&self, rows: &[Row], name: &str) -> Submission {
        let mut twice = BTreeSet::new();
        let rows: Vec<(SheetRole, Cells)> = rows
            .iter()
            .map(|row| {
                let closed = self.weaknesses[row.weakness].closed.is_some();
                let role = if closed { SheetRole::Closed } else { SheetRole::Open };
                let is_second = row.id.is_some_and(|id| !twice.insert(id));
                (role, self.cells(row, is_second))
            })
            .collect();
        let mut reading = match self.as_files && self.form != Form::Oscal {
            true => read(self.form, &rows),
            false => reading(self.form, rows),
        };
        let mut listed = Vec::new();
        if self.form == Form::Oscal {
            let today = "2026-11-30".parse().unwrap();
            for (number, row) in reading.rows.drain(..).enumerate() {
                let item = item(&row, &Assumed::default(), today);
                listed.push((format!("/plan-of-action-and-milestones/poam-items/{number}"), item));
            }
        }
        Submission {
            source: format!("{name}.xlsx"),
            source_id: format!("sha256:{name}"),
            origin: origin_of(&reading),
            reading,
            listed,
            dated: Some(DatedSubmission { day: self.day(), by: DatedBy::Header }),
        }
    }

    fn cells(&self, row: &Row, is_second: bool) -> Cells {
        let one = &self.weaknesses[row.weakness];
        let mut cells = Cells::new();
        let mut set = |field: Field, value: Option<SourceValue>| {
            cells.extend(value.map(|value| (field, value)));
        };
        let text = |text: &str| Some(SourceValue::Text(text.to_owned()));
        set(Field::PoamId, row.id.and_then(|id| text(&format!("MSS-{id}"))));
        set(Field::WeaknessName, text(&one.name).filter(|_| !row.nameless));
        set(Field::WeaknessDescription, text(&format!("mark {}", one.mark)));
        set(Field::DetectorSource, text("Wazuh"));
        set(Field::AssetIdentifier, one.host.as_deref().and_then(text));
        set(Field::Cve, one.cve.as_deref().and_then(text));
        set(Field::SourceIdentifier, row.identifier.as_deref().and_then(text));
        set(Field::OriginalRiskRating, text(one.rating));
        set(Field::Comments, text(&one.comments));
        let broken =
            row.refused && !row.nameless && row.id.is_some() && !row.second_of_id && !is_second;
        let detected = if broken { text("soon") } else { Some(SourceValue::Date(one.detected)) };
        set(Field::OriginalDetectionDate, detected);
        set(Field::StatusDate, one.closed.map(SourceValue::Date));
        cells
    }
}

/// Builds the reading of a document without a file.
fn reading(form: Form, rows: Vec<(SheetRole, Cells)>) -> Reading {
    let layout = match form {
        Form::Workbook(layout) => layout,
        Form::CsvFolder | Form::Csv => "fedramp-rev5-3.0",
        Form::Oscal => "oscal-1.1.2",
    };
    let mut numbers = BTreeMap::from([(SheetRole::Open, 5_u32), (SheetRole::Closed, 5)]);
    let mut source_rows = Vec::new();
    for (role, cells) in rows {
        let row = numbers.get_mut(&role).unwrap();
        *row += 1;
        let address = format!("A{row}");
        let cell = |(field, value)| (field, SourceCell { address: address.clone(), value });
        let cells = cells.into_iter().map(cell).collect();
        let sheet = role.to_string();
        source_rows.push(SourceRow {
            sheet,
            role,
            row: *row,
            cells,
            extra: Vec::new(),
            milestones: None,
        });
    }
    let sheet = |role: SheetRole| SheetReading {
        name: role.to_string(),
        role: Some(role),
        ..SheetReading::default()
    };
    Reading {
        layout: layout.to_owned(),
        sheets: vec![sheet(SheetRole::Open), sheet(SheetRole::Closed)],
        rows: source_rows,
        ..Reading::default()
    }
}

/// Reads the rows back from the file that holds them.
fn read(form: Form, rows: &[(SheetRole, Cells)]) -> Reading {
    let options = workbook::ReadOptions::default();
    let of_role = |role| rows.iter().filter(move |(of, _)| *of == role).map(|(_, cells)| cells);
    let mut reading = match form {
        Form::Workbook(layout) => {
            let saved = |cells: &Cells| {
                let cell = |(field, it): (&Field, &SourceValue)| (*field, value(it));
                cells.iter().map(cell).collect()
            };
            let roles = [SheetRole::Open, SheetRole::Closed];
            let rows = roles.map(|role| (role, of_role(role).map(saved).collect()));
            let content = Content { rows: rows.into_iter().collect(), ..Content::default() };
            let bytes = workbook::build(Layout::find_named(layout).unwrap(), &content).unwrap();
            workbook::read_with("month.xlsx", bytes, &options).unwrap()
        }
        Form::CsvFolder => {
            let files = [("Open.csv", SheetRole::Open), ("Closed.csv", SheetRole::Closed)]
                .map(|(name, role)| (name, csv(of_role(role).map(|cells| (None, cells)))));
            let files = files.each_ref().map(|(name, text)| (*name, text.as_bytes()));
            workbook::read_sheets(&files, &options).unwrap()
        }
        Form::Csv => {
            let word = |role| if role == SheetRole::Closed { "Closed" } else { "Open" };
            let text = csv(rows.iter().map(|(role, cells)| (Some(word(*role)), cells)));
            workbook::read_with("month.csv", text.into_bytes(), &options).unwrap()
        }
        Form::Oscal => unreachable!("no document of rows"),
    };
    take_apart(&mut reading);
    read_status_columns(&mut reading, &[]).unwrap();
    reading
}

fn value(value: &SourceValue) -> Value {
    match value {
        SourceValue::Date(date) => Value::Date(*date),
        other => Value::Text(cell_text(other)),
    }
}

/// A table with the headers of the official workbook; no text here has a comma in it.
fn csv<'a>(rows: impl Iterator<Item = (Option<&'static str>, &'a Cells)>) -> String {
    let layout = Layout::find_named("3.0").unwrap();
    let columns = &layout.sheet(SheetRole::Open).unwrap().columns;
    let mut text: String = columns.iter().map(|column| format!("\"{}\",", column.header)).collect();
    text.push_str("Status\n");
    for (status, cells) in rows {
        for column in columns {
            let cell = cells.get(&column.field).map(cell_text).unwrap_or_default();
            let _ = write!(text, "{cell},");
        }
        let _ = writeln!(text, "{}", status.unwrap_or_default());
    }
    text
}
