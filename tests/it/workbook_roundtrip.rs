//! Tests that a built workbook reads back, value for value.

// The settings of the lints spare test functions only, and not what they call.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use chrono::NaiveDate;
use poam::workbook::{
    Content, Field, HeaderBlock, Layout, Row, SheetRole, SourceValue, Value, build, read_bytes,
};

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// A value for every column of a sheet, different in every row.
fn row(layout: &Layout, role: SheetRole, number: u32) -> Row {
    let columns = &layout.sheet(role).unwrap().columns;
    let text = |field: Field| format!("=SUM({number}) {field}\n\n+ <b>&amp; _x0041_ \u{1f600} ");
    columns
        .iter()
        .map(|column| {
            let value = match column.field {
                Field::ScheduledCompletionDate => {
                    Value::Formula { cached: Some(day(2026, 4, 1 + number % 28)) }
                }
                Field::OriginalDetectionDate
                | Field::StatusDate
                | Field::LastVendorCheckIn
                | Field::KevDueDate
                | Field::RemediationDate => Value::Date(day(2026, 1, 1 + number % 28)),
                Field::SourceIdentifier => Value::Number(f64::from(19_000 + number)),
                Field::WeaknessDescription => Value::Sensitive(text(column.field)),
                field if !column.values.is_empty() && field != Field::PoamId => {
                    Value::Text(column.values[0].clone())
                }
                field => Value::Text(text(field)),
            };
            (column.field, value)
        })
        .collect()
}

fn content(layout: &Layout, rows: u32) -> Content {
    let roles = layout.sheets.iter().map(|sheet| sheet.role).filter(|it| *it != SheetRole::Fixed);
    Content {
        header: HeaderBlock {
            provider: Some("Example Cloud".to_owned()),
            offering: Some("Example Platform".to_owned()),
            impact_level: Some("Moderate".to_owned()),
            date: Some(day(2026, 5, 1)),
            ..HeaderBlock::default()
        },
        rows: roles
            .map(|role| (role, (0..rows).map(|number| row(layout, role, number)).collect()))
            .collect(),
        ..Content::default()
    }
}

fn as_source(value: &Value) -> Option<SourceValue> {
    Some(match value {
        Value::Text(text) | Value::Sensitive(text) => SourceValue::Text(text.clone()),
        Value::Number(number) => SourceValue::Number(*number),
        Value::Date(date) => SourceValue::Date(*date),
        Value::Formula { cached } => SourceValue::Date((*cached)?),
        Value::Stack(_) => return None,
    })
}

#[test]
fn every_value_of_every_sheet_comes_back() {
    for layout in Layout::all_layouts() {
        let content = content(layout, 60);
        let reading = read_bytes("x.xlsx", build(layout, &content).unwrap()).unwrap();
        assert_eq!(reading.layout, layout.name);
        assert_eq!(reading.header, content.header);
        assert_eq!(reading.notes, []);
        let mut read: BTreeMap<SheetRole, Vec<_>> = BTreeMap::new();
        for row in &reading.rows {
            assert_eq!(row.extra, []);
            read.entry(row.role).or_default().push(row);
        }
        assert_eq!(read.keys().collect::<Vec<_>>(), content.rows.keys().collect::<Vec<_>>());
        for (role, rows) in &content.rows {
            let first = layout.sheet(*role).unwrap().first_data_row;
            assert_eq!(rows.len(), read[role].len());
            for ((number, built), read) in (first..).zip(rows).zip(&read[role]) {
                assert_eq!(read.row, number);
                assert_eq!(built.len(), read.cells.len());
                for (field, value) in built {
                    assert_eq!(
                        Some(&read.cells[field].value),
                        as_source(value).as_ref(),
                        "{field}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_empty_workbook_has_no_rows() {
    for layout in Layout::all_layouts() {
        let bytes = build(layout, &Content::default()).unwrap();
        let reading = read_bytes("x.xlsx", bytes).unwrap();
        assert_eq!((reading.rows.len(), reading.notes.len()), (0, 0), "{:?}", reading.notes);
        assert_eq!(reading.header, HeaderBlock::default());
        assert_eq!(reading.layout, layout.name);
        let template: usize = reading.sheets.iter().map(|sheet| sheet.rows_template).sum();
        assert_eq!(template, if layout.version == "3.0" { 6 } else { 3 });
    }
}

#[test]
fn long_text_is_neither_cut_nor_refused() {
    let layout = Layout::find_named("3.0").unwrap();
    let assets: String = (0..9_000).map(|n| format!("host-{n}.example.com \u{1f600}\n")).collect();
    let plan = "p".repeat(32_767);
    let row = |id: &str| {
        Row::from([
            (Field::PoamId, Value::Text(id.to_owned())),
            (Field::AssetIdentifier, Value::Text(assets.clone())),
            (Field::RemediationPlan, Value::Text(plan.clone())),
        ])
    };
    let rows = BTreeMap::from([(SheetRole::Open, vec![row("V-1"), row("V-2")])]);
    let content = Content { rows, ..Content::default() };
    let bytes = build(layout, &content).unwrap();
    assert!(bytes == build(layout, &content).unwrap());
    let reading = read_bytes("x.xlsx", bytes).unwrap();
    assert_eq!(reading.notes, []);
    assert_eq!(reading.rows.len(), 2);
    for row in &reading.rows {
        assert!(row.cells[&Field::AssetIdentifier].value == SourceValue::Text(assets.clone()));
        assert!(row.cells[&Field::RemediationPlan].value == SourceValue::Text(plan.clone()));
    }
}

#[test]
fn a_damaged_workbook_is_an_error_and_not_a_panic() {
    let layout = Layout::find_named("3.0").unwrap();
    let bytes = build(layout, &content(layout, 2)).unwrap();
    for end in (0..bytes.len()).step_by(997) {
        assert!(read_bytes("x.xlsx", bytes[..end].to_vec()).is_err());
    }
    for at in (0..bytes.len()).step_by(311) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0xff;
        // Whatever comes of it, it comes back.
        _ = read_bytes("x.xlsx", bytes);
    }
}
