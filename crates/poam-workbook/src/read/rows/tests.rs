//! Tests of [`super`].

use super::*;

pub(super) fn text_value(text: &str) -> SourceValue {
    SourceValue::Text(text.to_owned())
}

/// Returns a sheet with the headers of the 3.0 open sheet in row 5, from column B on, and more
/// cells.
fn test_grid(cells: &[(&str, SourceValue)]) -> Grid {
    let mut grid = Grid { name: "Open POA&M Items".to_owned(), ..Grid::default() };
    let sheet = Layout::find_named("3.0").unwrap().sheet(SheetRole::Open).unwrap();
    for (column, header) in (2..).zip(&sheet.columns) {
        let value = text_value(&header.header);
        grid.rows.entry(5).or_default().insert(column, value);
    }
    for (at, value) in cells {
        let at: CellAddress = at.parse().unwrap();
        grid.rows.entry(at.row).or_default().insert(at.column, value.clone());
    }
    grid
}

pub(super) fn read(cells: &[(&str, SourceValue)], from_1904: bool) -> Reading {
    assemble_grids(
        vec![test_grid(cells)],
        from_1904,
        &mut Continued::default(),
        &ReadOptions::default(),
    )
    .unwrap()
}

pub(super) fn try_read(cells: &[(&str, SourceValue)]) -> Result<Reading, ReadError> {
    assemble_grids(
        vec![test_grid(cells)],
        false,
        &mut Continued::default(),
        &ReadOptions::default(),
    )
}

#[test]
fn numbers_in_date_columns_of_a_1904_workbook_move_to_1900() {
    let cells = [
        ("B6", text_value("V-1")),
        ("G6", SourceValue::Number(19_506.0)),
        ("L6", SourceValue::Number(44_694.0)),
    ];
    for (from_1904, date) in [(false, "2022-05-13"), (true, "2026-05-14")] {
        let reading = read(&cells, from_1904);
        let cell = |field| &reading.rows[0].cells[&field].value;
        assert_eq!(*cell(Field::SourceIdentifier), SourceValue::Number(19_506.0));
        let parsed = crate::parse_date(cell(Field::OriginalDetectionDate)).unwrap();
        assert_eq!(parsed.to_string(), date);
    }
}

#[test]
fn other_columns_are_kept_with_their_header_or_letters() {
    let cells = [
        ("AC5", text_value("Ticket")),
        ("B6", text_value("V-1")),
        ("AC6", text_value("CHG-1")),
        ("AE6", SourceValue::Bool(true)),
        ("A6", text_value("see below")),
        ("AC9", text_value("alone")),
    ];
    let reading = read(&cells, false);
    let extra: Vec<_> = reading.rows[0]
        .extra
        .iter()
        .map(|(header, cell)| (&**header, &*cell.address, to_text(&cell.value)))
        .collect();
    assert_eq!(
        extra,
        [
            ("column A", "A6", "see below".to_owned()),
            ("Ticket", "AC6", "CHG-1".to_owned()),
            ("column AE", "AE6", "TRUE".to_owned()),
        ]
    );
    assert_eq!((reading.rows.len(), reading.notes.len()), (1, 1));
    assert_eq!(reading.notes[0].row, Some(9));
    assert!(reading.notes[0].message.contains("AC9"));
}

#[test]
fn values_at_the_head_are_below_the_guidance_or_typed_over_it() {
    let labels = [("B2", "Cloud Service Provider"), ("D2", "Impact Level"), ("E2", "POA&M Date")];
    let mut cells: Vec<_> = labels.map(|(at, label)| (at, text_value(label))).into();
    cells.push(("B3", text_value("Example Cloud")));
    cells.push(("D3", text_value("Enter the CSO's impact level (LI-SaaS, Low, Moderate or High)")));
    cells.push(("D4", text_value("Low")));
    cells.push(("E4", text_value("5/4/2026")));
    let reading = read(&cells, false);
    assert_eq!(reading.header.provider.as_deref(), Some("Example Cloud"));
    assert_eq!(reading.header.impact_level.as_deref(), Some("Low"));
    assert_eq!(reading.header.date, None);
    assert!(reading.notes[0].message.contains("2026-05-04 or 2026-04-05"));
}

#[test]
fn formulas_without_a_result_are_named() {
    let mut grid = test_grid(&[("B6", text_value("V-1")), ("E6", text_value(""))]);
    // The second is in a row without an item.
    grid.uncalculated = BTreeSet::from([(6, 5), (9, 5)]);
    let reading =
        assemble_grids(vec![grid], false, &mut Continued::default(), &ReadOptions::default())
            .unwrap();
    assert_eq!(reading.notes.len(), 1);
    assert!(reading.notes[0].message.contains("blank: E6; open"), "{:?}", reading.notes);
}

#[test]
fn merged_cells_count_for_the_rows_they_cover() {
    let mut grid = test_grid(&[
        ("B6", text_value("V-1")),
        ("C6", text_value("AC-1")),
        ("B7", text_value("V-2")),
        ("D6", text_value("across")),
    ]);
    let area = |rows, columns| MergedCells { rows, columns };
    grid.merged = vec![area((6, 9), (3, 3)), area((6, 6), (4, 5)), area((1, 1), (1, 6))];
    let reading =
        assemble_grids(vec![grid], false, &mut Continued::default(), &ReadOptions::default())
            .unwrap();
    assert_eq!(reading.rows.len(), 2, "a covered row with nothing else is no item");
    assert_eq!(to_text(&reading.rows[1].cells[&Field::Controls].value), "AC-1");
    assert!(!reading.rows[0].cells.contains_key(&Field::WeaknessDescription));
    let said: Vec<_> = reading.notes.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "merged cells count for each row that they cover: C6:C9",
            "cells merged across columns count for the first: D6:E6"
        ]
    );
}

#[test]
fn the_second_of_two_equal_columns_counts_where_the_first_is_blank() {
    let cells = [
        ("AC5", text_value("Weakness Name")),
        ("B6", text_value("V-1")),
        ("AC6", text_value("second")),
        ("B7", text_value("V-2")),
        ("D7", text_value("first")),
        ("AC7", text_value("second")),
    ];
    let reading = read(&cells, false);
    let name = |row: usize| to_text(&reading.rows[row].cells[&Field::WeaknessName].value);
    assert_eq!((name(0), name(1)), ("second".to_owned(), "first".to_owned()));
    assert_eq!((reading.rows[0].extra.len(), reading.rows[1].extra.len()), (0, 1));
    let said: Vec<_> = reading.notes.iter().map(|note| note.message.as_str()).collect();
    assert!(
        matches!(said[..], [it] if it.starts_with("D5 and AC5 both mean weakness-name: ")),
        "{said:?}"
    );
}

#[test]
fn what_is_hidden_is_read_and_said() {
    let mut grid = test_grid(&[("B6", text_value("V-1")), ("B8", text_value("V-2"))]);
    grid.hidden = Hidden {
        rows: BTreeSet::from([7, 8, 900]),
        columns: vec![(4, 4), (40, 16_384)],
        filter: true,
        sheet: true,
    };
    let reading =
        assemble_grids(vec![grid], false, &mut Continued::default(), &ReadOptions::default())
            .unwrap();
    assert_eq!(reading.rows.len(), 2);
    let said: Vec<_> = reading.notes.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "the sheet is hidden, and read like all others",
            "hidden rows, by the filter or otherwise, read like all others: 8",
            "hidden columns, read like all others: D"
        ]
    );
}

#[test]
fn sheets_that_were_not_read_are_said() {
    let mut other = Grid { name: "Inventory".to_owned(), ..Grid::default() };
    other.rows.entry(1).or_default().insert(1, text_value("Asset"));
    let blank = Grid { name: "Sheet2".to_owned(), ..Grid::default() };
    let grids = vec![test_grid(&[("B6", text_value("V-1"))]), other, blank];
    let reading =
        assemble_grids(grids, false, &mut Continued::default(), &ReadOptions::default()).unwrap();
    assert_eq!(reading.sheets.len(), 3);
    assert_eq!(reading.notes.len(), 1);
    assert_eq!(reading.notes[0].sheet, "Inventory");
}

#[test]
fn text_whose_rest_is_missing_is_kept_and_said() {
    let cut = "start\n[continues on the sheet \"Continued Text\": Open POA&M Items!E6]";
    let reading = read(&[("B6", text_value("V-1")), ("E6", text_value(cut))], false);
    let cell = &reading.rows[0].cells[&Field::WeaknessDescription];
    assert_eq!(cell.value, text_value(cut));
    assert_eq!(reading.notes[0].row, Some(6));
}
