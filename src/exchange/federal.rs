//! The eight columns of a plain federal plan of action, as CSV.

use super::content::{BookError, Edition, Records, content};
use crate::history::History;
use crate::settings::Settings;
use crate::store::Store;
use crate::workbook::{Layout, SheetLayout, UnknownLayout, Value, csv_rows};
use chrono::NaiveDate;

/// The layout that has them.
const LAYOUT: &str = "federal";

/// Reasons why the table cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum FederalError {
    /// The layout is not there.
    #[error(transparent)]
    Layout(#[from] UnknownLayout),
    /// An item that no sheet can hold.
    #[error(transparent)]
    Rows(#[from] BookError),
    /// The text cannot be put together.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Returns every item as CSV with the headers and the cells of the federal workbook. Cells that a
/// spreadsheet would take for formulas begin with an apostrophe.
pub fn federal_csv(
    store: &Store,
    settings: &Settings,
    history: &History,
    date: NaiveDate,
) -> Result<String, FederalError> {
    let layout = Layout::find_named(LAYOUT)?;
    let edition = Edition { date, open_only: false, late_only: false };
    let records = Records { store, settings, history: &history.into() };
    let (content, _) = content(records, layout, &edition)?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (role, items) in &content.rows {
        let Some(sheet) = layout.sheet(*role) else { continue };
        if rows.is_empty() {
            rows.push(sheet.columns.iter().map(|column| column.header.clone()).collect());
        }
        rows.extend(items.iter().map(|row| cells(row, sheet)));
    }
    Ok(csv_rows(rows.into_iter())?)
}

fn cells(row: &crate::workbook::Row, sheet: &SheetLayout) -> Vec<String> {
    let text = |value: &Value| value.cells().map(cell).collect::<Vec<_>>().join("\n");
    let columns = sheet.columns.iter();
    columns.map(|column| row.get(&column.field).map(text).unwrap_or_default()).collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Text(text) | Value::Sensitive(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Date(date) | Value::Formula { cached: Some(date) } => date.to_string(),
        Value::Formula { cached: None } | Value::Stack(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::samples::{day, settings, store};

    #[test]
    fn a_milestone_without_a_day_is_kept_as_it_is() {
        let store = store(&[
            (
                "V-1",
                "milestones: [{id: 1, description: Patch it, due: 2026-01-20}, {id: 2, description: \"Scan again, once patched\"}]\n",
            ),
            ("V-2", "milestones: [{id: 1, description: Ask the vendor}]\n"),
        ]);
        let text = federal_csv(&store, &settings(""), &History::default(), day("2026-01-10"));
        let text = text.unwrap();
        assert!(
            text.contains("\"(1) 2026-01-20: Patch it\n\n(2) Scan again, once patched\""),
            "{text}"
        );
        assert!(text.contains(",(1) Ask the vendor,"), "{text}");
    }

    #[test]
    fn eight_columns_tell_an_item() {
        let store = store(&[(
            "V-1",
            "point_of_contact: {name: Jane Doe, role: Owner}\ndetector_source: Nessus\n\
             resources_required: =40 hours\nscheduled_completion_date: 2026-02-01\n\
             milestones: [{id: 1, description: Patch it, due: 2026-01-20}]\n",
        )]);
        let text = federal_csv(&store, &settings(""), &History::default(), day("2026-01-10"));
        let text = text.unwrap();
        let (head, rest) = text.split_once("\r\n").unwrap();
        assert_eq!(head.split(',').count(), 8, "{head}");
        assert!(head.starts_with("Weaknesses,Responsible Office/Organization,"), "{head}");
        for part in
            ["Jane Doe", ",'=40 hours,", "2026-02-01", "2026-01-20", "Nessus", "Ongoing\r\n"]
        {
            assert!(rest.contains(part), "{part}: {rest}");
        }
    }
}
