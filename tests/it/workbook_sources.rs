//! Workbooks that others made. The files are not part of this repository: the tests look for them
//! in `POAM_SHARED_DATA`, else in `../shared/data`, and say so when they are not there.

// The settings of the lints spare test functions only, and not what they call.
#![allow(clippy::print_stderr)]

use poam::workbook::{
    Field, HeaderBlock, ReadError, Reading, SheetRole, SourceValue, cell_text, parse_date, read,
};

use crate::support::shared;

fn reading(path: &str) -> Option<Reading> {
    Some(read(&shared(path)?).unwrap_or_else(|error| panic!("{path}: {error}")))
}

fn count(reading: &Reading, role: SheetRole) -> usize {
    reading.rows.iter().filter(|row| row.role == role).count()
}

#[test]
fn empty_templates_hold_no_items() {
    for (path, layout) in [
        ("templates/official-2025-11-17-v3.0.xlsx", "fedramp-rev5-3.0"),
        ("templates/official-2024-03-29-v2.1.xlsx", "fedramp-rev5-2.1"),
        ("templates/official-2022-06-23-rev4.xlsm", "fedramp-rev4"),
    ] {
        let Some(reading) = reading(path) else { return };
        let rows: Vec<_> = reading.rows.iter().map(|row| (&row.sheet, row.row)).collect();
        assert!(rows.is_empty(), "{path}: {rows:?}");
        assert_eq!(reading.layout, layout, "{path}");
        assert_eq!(reading.header, HeaderBlock::default(), "{path}");
        assert_eq!(reading.notes, [], "{path}");
    }
    let Some(reading) = reading("workbooks/fedramp-3.0-header.csv") else { return };
    assert_eq!((reading.rows.len(), &*reading.layout), (0, "fedramp-rev5-3.0"));
}

#[test]
fn a_filled_workbook_with_an_item_in_the_label_row() {
    for (path, open, id) in [
        ("workbooks/homelab-2026-05-a.xlsx", 3843, "MSS-43561"),
        ("workbooks/homelab-2026-05-b.xlsx", 3796, ""),
    ] {
        let Some(reading) = reading(path) else { return };
        assert_eq!(reading.layout, "fedramp-rev5-3.0");
        assert_eq!((reading.rows.len(), count(&reading, SheetRole::Open)), (open, open), "{path}");
        let first = &reading.rows[0];
        assert_eq!(first.row, 8);
        let text = |field| first.cells.get(&field).map(|cell| cell_text(&cell.value));
        if !id.is_empty() {
            assert_eq!(text(Field::PoamId).as_deref(), Some(id));
            assert_eq!(text(Field::SourceIdentifier).as_deref(), Some("43561"));
        }
        for field in [Field::AssetIdentifier, Field::RemediationPlan, Field::StatusDate, Field::Cve]
        {
            assert_eq!(text(field), None, "{field}");
        }
        assert!(reading.notes.iter().any(|note| note.row == Some(8)), "{:?}", reading.notes);
        let longest = reading.rows.iter().filter_map(|row| {
            let text = cell_text(&row.cells.get(&Field::WeaknessDescription)?.value);
            Some(text.chars().count())
        });
        assert_eq!(longest.max(), Some(3991), "{path}");
        let dated = reading
            .rows
            .iter()
            .filter(|row| parse_date(&row.cells[&Field::OriginalDetectionDate].value).is_ok());
        assert_eq!(dated.count(), open);
        assert!(reading.rows.iter().all(|row| row.extra.is_empty()));
        // Every row of the template below the items still has its formula.
        let sheet = reading.sheets.iter().find(|it| it.role == Some(SheetRole::Open)).unwrap();
        assert_eq!((sheet.rows_read, sheet.rows_template), (open, 2));
        assert_eq!(sheet.rows_empty, 4021 - 7 - open, "{path}");
    }
}

#[test]
fn data_right_below_the_headers() {
    for path in ["workbooks/trestle-test-poam.xlsx", "workbooks/trestle-test-poam.csv"] {
        let Some(reading) = reading(path) else { return };
        assert_eq!(reading.layout, "fedramp-rev5-2.1");
        assert_eq!(reading.rows.len(), 2, "{path}");
        let ids: Vec<_> =
            reading.rows.iter().map(|row| cell_text(&row.cells[&Field::PoamId].value)).collect();
        assert_eq!(ids, ["P001", "P002"]);
        let milestones = &reading.rows[0].cells[&Field::PlannedMilestones].value;
        assert_eq!(
            *milestones,
            SourceValue::Text(
                "Milestone 1: Draft policy by 2024-03-01\nMilestone 2: Implement by 2024-06-30"
                    .into()
            )
        );
        let date = parse_date(&reading.rows[0].cells[&Field::OriginalDetectionDate].value).unwrap();
        assert_eq!(date.to_string(), "2024-01-15");
    }
}

#[test]
fn layouts_of_other_tools_are_refused_with_what_was_seen() {
    for (path, seen) in [
        ("workbooks/foreign-1.csv", "poam_id | finding_id | title"),
        ("workbooks/foreign-2.csv", "item | control_id"),
        ("workbooks/foreign-3.xlsx", "sheet `POAM`: row 1"),
    ] {
        let Some(path) = shared(path) else { return };
        let error = read(&path).unwrap_err();
        assert!(matches!(error, ReadError::NoHeader { .. }), "{error}");
        assert!(error.to_string().contains(seen), "{error}");
    }
}
