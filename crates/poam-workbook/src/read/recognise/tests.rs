//! Tests of [`super`].

use super::*;
use crate::SourceValue;

fn grid(row: u32, headers: &[&str]) -> Grid {
    let cells: Cells =
        (1..).zip(headers.iter().map(|it| SourceValue::Text((*it).to_owned()))).collect();
    Grid { name: "Sheet1".to_owned(), rows: BTreeMap::from([(row, cells)]), ..Grid::default() }
}

fn found(grid: Grid) -> Result<Header, SheetSeen> {
    find(&grid, LeastHeaders::Many, &ReadOptions::default())
}

fn headers(name: &str, role: SheetRole) -> Vec<&'static str> {
    let sheet = Layout::find_named(name).unwrap().sheet(role).unwrap();
    sheet.columns.iter().map(|column| column.header.as_str()).collect()
}

#[test]
fn headers_are_known_in_any_row_order_case_and_spacing() {
    let mut mixed: Vec<String> = headers("3.0", SheetRole::Open)
        .iter()
        .rev()
        .map(|header| format!(" {} ", header.to_uppercase().replace(' ', " \n ")))
        .collect();
    mixed.insert(3, "Ticket".to_owned());
    mixed.extend(["cve", "Ticket", "Ticket (2)", "Ticket"].map(str::to_owned));
    let mixed: Vec<&str> = mixed.iter().map(String::as_str).collect();
    let found = found(grid(17, &mixed)).unwrap();
    assert_eq!((found.row, found.fields.len()), (17, 27));
    assert_eq!(found.fields[&1], Field::Cve);
    assert_eq!(found.others[&4], "Ticket");
    assert_eq!(found.others[&29], "cve");
    let more: Vec<_> = found.others.range(30..).map(|(_, header)| header.as_str()).collect();
    assert_eq!(more, ["Ticket (2)", "Ticket (2) (2)", "Ticket (3)"]);
}

#[test]
fn older_headers_of_federal_plans_of_action_are_known() {
    let omb = [
        "Weaknesses",
        "POC",
        "Resources Required",
        "Scheduled Completion Date",
        "Milestones with Completion Dates",
        "Changes to Milestones",
        "Identified in CFO Audit or other review",
        "Status",
    ];
    let header = found(grid(1, &omb)).unwrap();
    assert_eq!((header.form, header.fields.len()), (HeaderForm::Federal, 8));
    let with_id: Vec<&str> = ["POAM ID"].into_iter().chain(omb).collect();
    assert!(found(grid(1, &with_id)).is_err());
}

#[test]
fn sheets_and_layouts_are_told_apart() {
    let old = found(grid(5, &headers("2.1", SheetRole::Open))).unwrap();
    let new = found(grid(5, &headers("3.0", SheetRole::Closed))).unwrap();
    let documents = found(grid(1, &headers("3.0", SheetRole::Documentation))).unwrap();
    // The Rev 4 template has the columns of 2.1 but for the last one.
    let mut rev4 = headers("2.1", SheetRole::Open);
    rev4.pop();
    let rev4 = found(grid(5, &rev4)).unwrap();
    for (headers, name) in [
        (vec![&old, &new], "fedramp-rev5-2.1"),
        (vec![&new, &documents], "fedramp-rev5-3.0"),
        (vec![&documents], "fedramp-rev5-3.0"),
        (vec![&rev4], "fedramp-rev4"),
    ] {
        assert_eq!(fitting_layout(&headers), name);
    }
    for (name, expected) in [
        ("Open POA&M Items", SheetRole::Open),
        ("CLOSED items", SheetRole::Closed),
        ("Configuration Findings", SheetRole::Configuration),
        ("Closed", SheetRole::Closed),
        ("Completed", SheetRole::Closed),
        ("POA&M Closed", SheetRole::Closed),
        ("Resolved Findings", SheetRole::Closed),
        ("Closed since 2025", SheetRole::Closed),
        ("Remediated (2025)", SheetRole::Closed),
        // It may hold copies of items that are open: the reader asks.
        ("Archive", SheetRole::Open),
        ("Not closed", SheetRole::Open),
        ("Active", SheetRole::Open),
        ("2026-05 POAM closed", SheetRole::Closed),
        ("acme-closed-items-2026", SheetRole::Closed),
        ("Sheet1", SheetRole::Open),
        ("closed-loop-system", SheetRole::Open),
        ("Disclosed items", SheetRole::Open),
        ("Reconfiguration findings", SheetRole::Open),
        ("enclosed", SheetRole::Open),
    ] {
        let options = ReadOptions::default();
        assert_eq!(determine_role(name, &new, &options).0, expected, "{name}");
        assert_eq!(determine_role(name, &documents, &options).0, SheetRole::Documentation);
    }
}

#[test]
fn a_table_of_another_tool_is_read_as_a_person_says() {
    let columns = [("Title", Field::WeaknessName), ("id", Field::PoamId)];
    let columns = columns.map(|(header, field)| (header.to_owned(), field)).to_vec();
    let options = ReadOptions { columns, ..ReadOptions::default() };
    let find = |headers: &[&str]| find(&grid(3, headers), LeastHeaders::Many, &options);
    let header = find(&["ID", "Title", "Comments", "Weakness Name"]);
    let header = header.unwrap();
    let known: Vec<_> = header.fields.iter().map(|(column, field)| (*column, *field)).collect();
    assert_eq!(known, [(1, Field::PoamId), (2, Field::WeaknessName), (3, Field::Comments)]);
    assert_eq!(header.others[&4], "Weakness Name", "only the named column has the meaning");
    assert!(find(&["ID", "Name", "Comments"]).is_err());
}

#[test]
fn a_few_headers_do_where_there_are_no_others() {
    let few = |headers: &[&str]| {
        let grid = grid(1, headers);
        let found = |least| find(&grid, least, &ReadOptions::default()).is_ok();
        (found(LeastHeaders::Many), found(LeastHeaders::Few))
    };
    let official =
        ["POAM ID", "Weakness Name", "Controls", "Original Detection Date", "Original Risk Rating"];
    assert_eq!(few(&official), (false, true));
    assert_eq!(few(&official[..3]), (false, false));
    assert_eq!(few(&official[1..]), (false, false), "no id");
    assert_eq!(few(&[&official[..], &["Team"]].concat()), (false, false));
}

#[test]
fn tables_of_other_tools_are_not_taken_for_ours() {
    for other in [
        &["POAM ID", "Weakness Name", "Status", "Owner"][..],
        &["POA&M Item ID", "Resources Required", "Scheduled Completion Date", "Comments"][..],
        &[],
    ] {
        assert!(found(grid(1, other)).is_err());
    }
    assert!(found(grid(51, &headers("3.0", SheetRole::Open))).is_err());
    let seen = found(grid(7, &["A", "Comments", "B"])).unwrap_err();
    assert_eq!((seen.row, seen.known, seen.headers.len()), (Some(7), 1, 3));
}

#[test]
fn equal_headers_are_numbered_whatever_their_number() {
    let mut names = ColumnNames::default();
    let headers = ["Note", "Note (2)", "Note", "Note", "Other"];
    let found: Vec<String> = headers.iter().map(|header| names.unique_name(header)).collect();
    assert_eq!(found, ["Note", "Note (2)", "Note (3)", "Note (4)", "Other"]);
    // As many as a sheet has columns: names that were tried one by one took minutes.
    for _ in 0..16_384 {
        names.unique_name("x");
    }
    assert_eq!(names.unique_name("x"), "x (16385)");
}
