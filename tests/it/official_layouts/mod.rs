//! The workbooks we build beside the official files: every cell above the data with its style,
//! every list, conditional format, width, merge and pane.
//!
//! `tests/fixtures/layouts` holds what was measured in the official files. Where these files
//! themselves are there (in `POAM_SHARED_DATA`, else in `../shared/data`), the measurements are
//! compared with them; `POAM_ACCEPT=1` writes them anew.

// The settings of the lints spare test functions only, and not what they call.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod describe;
pub(crate) mod xml;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::support::shared;
use describe::describe;
use poam::workbook::{
    ColumnKind, Content, Field, HeaderBlock, Layout, Row, SheetLayout, SheetRole, Value, build,
};
use xml::{Node, PackageParts};

/// The official file of each layout.
const OFFICIAL: [(&str, &str); 3] = [
    ("fedramp-rev5-3.0", "official-2025-11-17-v3.0.xlsx"),
    ("fedramp-rev5-2.1", "official-2024-03-29-v2.1.xlsx"),
    ("fedramp-rev4", "official-2022-06-23-rev4.xlsm"),
];

/// A difference that is meant.
struct Allowed {
    layout: &'static str,
    /// Words of the line in the official file or in ours.
    line: &'static str,
    /// Reason of the difference.
    _reason: &'static str,
}

const fn allowed(layout: &'static str, line: &'static str, reason: &'static str) -> Allowed {
    Allowed { layout, line, _reason: reason }
}

const TALL: &str = "the official row cuts the text that it holds";

const ALLOWED: &[Allowed] = &[
    allowed("fedramp-rev5-3.0", "Instructions | row ", "heights fit our own sentences"),
    allowed("fedramp-rev5-3.0", "Instructions | pictures: 1", "FedRAMP's logo is not ours to give"),
    allowed("fedramp-rev5-3.0", "Instructions | A5: ", "rich text whose first line only is bold"),
    allowed("fedramp-rev5-3.0", "+ Open POA&M Items | J7: ", "an example where there is none"),
    allowed("fedramp-rev5-3.0", "4: (value)", "row 4 takes the values of the head: row 3 guides"),
    allowed("fedramp-rev5-3.0", "Open POA&M Items | row ", TALL),
    allowed("fedramp-rev5-3.0", "PL-2 Findings | row ", TALL),
    allowed("fedramp-rev5-3.0", "+ Closed POA&M Items | row 2: ", TALL),
    allowed("fedramp-rev5-3.0", "+ Configuration Findings | row 2: ", TALL),
    allowed("fedramp-rev5-2.1", "Closed POA&M Items | row 5: ", TALL),
    allowed("fedramp-rev5-2.1", "Configuration Findings | row 5: ", TALL),
    allowed("fedramp-rev5-2.1", "Record of Changes | row 6: ", TALL),
    allowed("fedramp-rev4", "Closed POA&M Items | scrolled to ", "the first items would be hidden"),
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/layouts").join(format!("{name}.txt"))
}

fn official(file: &str) -> Option<Vec<u8>> {
    let path = shared(&format!("templates/{file}"))?;
    Some(std::fs::read(path).unwrap())
}

fn measured(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(fixture(name)).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// A workbook with so many rows on each sheet of items.
fn built(layout: &Layout, rows: usize) -> Vec<u8> {
    let sheets = layout.sheets.iter().filter(|sheet| sheet.role != SheetRole::Fixed);
    let rows: BTreeMap<SheetRole, Vec<Row>> = sheets
        .map(|sheet| {
            let mut row = Row::from([(Field::PoamId, Value::Text("V-1".to_owned()))]);
            if sheet.column(Field::ScheduledCompletionDate).is_some() {
                row.insert(Field::ScheduledCompletionDate, Value::Formula { cached: None });
            }
            (sheet.role, vec![row; rows])
        })
        .collect();
    let header = HeaderBlock {
        provider: Some("Example Corp".to_owned()),
        offering: Some("Example Cloud".to_owned()),
        impact_level: Some("Moderate".to_owned()),
        date: chrono::NaiveDate::from_ymd_opt(2026, 2, 1),
        ..HeaderBlock::default()
    };
    build(layout, &Content { header, rows, ..Content::default() }).unwrap()
}

/// The differences that nobody means, official lines first.
fn differences(name: &str, official: &[String], ours: &[String]) -> Vec<String> {
    let (theirs, ours): (BTreeSet<&String>, BTreeSet<&String>) =
        (official.iter().collect(), ours.iter().collect());
    let lines = theirs.difference(&ours).map(|line| format!("- {line}"));
    lines
        .chain(ours.difference(&theirs).map(|line| format!("+ {line}")))
        .filter(|line| {
            !ALLOWED.iter().any(|one| name.starts_with(one.layout) && line.contains(one.line))
        })
        .collect()
}

#[test]
fn the_measurements_are_those_of_the_official_files() {
    for (name, file) in OFFICIAL {
        let Some(bytes) = official(file) else { continue };
        let text = describe(&bytes, Layout::find_named(name).unwrap()).join("\n") + "\n";
        if std::env::var_os("POAM_ACCEPT").is_some() {
            std::fs::create_dir_all(fixture(name).parent().unwrap()).unwrap();
            std::fs::write(fixture(name), &text).unwrap();
        }
        let known = std::fs::read_to_string(fixture(name)).unwrap_or_default();
        assert!(known == text, "{name}: measure anew with POAM_ACCEPT=1 cargo test --test layouts");
    }
}

#[test]
fn an_empty_workbook_is_the_official_one() {
    let mut all = Vec::new();
    for (name, _) in OFFICIAL {
        let layout = Layout::find_named(name).unwrap();
        let measured = measured(name);
        assert!(measured.len() > 150, "{name}");
        let found = differences(name, &measured, &describe(&built(layout, 1), layout));
        all.extend(found.into_iter().map(|line| format!("{name} {line}")));
    }
    assert!(all.is_empty(), "{} differences\n{}", all.len(), all.join("\n"));
}

#[test]
fn lists_and_formats_reach_over_more_rows_than_the_template_has() {
    for (name, _) in OFFICIAL {
        let layout = Layout::find_named(name).unwrap();
        let rows = 5_000;
        let official: Vec<String> = measured(name)
            .into_iter()
            .map(|line| {
                let (sheet, _) = line.split_once(" | ").unwrap_or((&line, ""));
                let sheet = layout.sheets.iter().find(|it| it.name == sheet);
                sheet.map_or(line.clone(), |sheet| extended(&line, sheet, rows))
            })
            .collect();
        let found = differences(name, &official, &describe(&built(layout, rows as usize), layout));
        assert!(found.is_empty(), "{name}\n{}", found.join("\n"));
    }
}

/// Every row of items has the formula of its row, looks like the first, and shows its dates as days
/// and its long texts whole.
#[test]
fn every_row_of_items_is_like_the_first() {
    const ROWS: u32 = 5_000;
    const DATE: usize = 14;
    for (name, _) in OFFICIAL {
        let layout = Layout::find_named(name).unwrap();
        let parts = PackageParts::open(&built(layout, ROWS as usize));
        let styles = parts.tree("xl/styles.xml", 0).unwrap();
        let formats = styles.inside("cellXfs", "xf");
        for (index, sheet) in layout.sheets.iter().enumerate() {
            if sheet.role == SheetRole::Fixed {
                continue;
            }
            let first = sheet.first_data_row;
            let looked_at = [first, first + 1, first + 3_999, first + ROWS - 1];
            let part = format!("xl/worksheets/sheet{}.xml", index + 1);
            let looks = |row: usize| looked_at.iter().any(|it| *it as usize == row);
            let tree = parts.tree_of(&part, &looks).unwrap();
            let rows = tree.inside("sheetData", "row");
            let of =
                |number: u32| *rows.iter().find(|row| row.index("r") == number as usize).unwrap();
            let cell = |row: u32, column: &str| {
                let at = format!("{column}{row}");
                of(row).all("c").find(|cell| cell.get("r") == Some(&at))
            };
            let start = format!("{} | data ", sheet.name);
            let official = measured(name).into_iter().filter_map(|line| {
                let (at, rest) = line.strip_prefix(&start)?.split_once(": ")?;
                Some((at.to_owned(), rest.split_once(" =")?.1.to_owned()))
            });
            let official: BTreeMap<String, String> = official.collect();
            for column in &sheet.columns {
                let letters = column.column.as_str();
                let style = |row: u32| cell(row, letters).map(|it| it.index("s"));
                let formula = official.get(&format!("{letters}{first}"));
                for row in looked_at {
                    let place = format!("{name} {}!{letters}{row}", sheet.name);
                    assert_eq!(style(row), style(first), "{place}");
                    let here = cell(row, letters).and_then(|cell| cell.child("f"));
                    let expected = formula.map(|it| in_row(it, first, row));
                    assert_eq!(here.map(|it| it.text.clone()), expected, "{place}");
                }
                let columns = tree.inside("cols", "col");
                let number =
                    letters.bytes().fold(0, |sum, letter| sum * 26 + usize::from(letter - 64));
                let of_column = columns
                    .iter()
                    .find(|it| it.index("min") <= number && number <= it.index("max"))
                    .map_or(0, |it| it.index("style"));
                let format = formats[style(first).unwrap_or(of_column)];
                let top = format.child("alignment").filter(|it| it.get("vertical") == Some("top"));
                assert!(top.is_some(), "{name} {}!{letters}", sheet.name);
                let is_date = column.kind == ColumnKind::Date || formula.is_some();
                assert_eq!(
                    format.index("numFmtId") == DATE,
                    is_date,
                    "{name} {}!{letters}",
                    sheet.name
                );
                let long = [
                    Field::WeaknessDescription,
                    Field::AssetIdentifier,
                    Field::RemediationPlan,
                    Field::DeviationRationale,
                    Field::SupportingDocuments,
                    Field::Comments,
                ];
                let wraps = top.is_some_and(|it| it.flag("wrapText"));
                assert!(wraps || !long.contains(&column.field), "{name} {}!{letters}", sheet.name);
            }
        }
    }
}

/// The last row in which the official file has the formula of the scheduled date.
const LAST_FORMULA: [(&str, &str, u32); 3] = [
    ("fedramp-rev5-3.0", "M", 4_021),
    ("fedramp-rev5-2.1", "L", 4_022),
    ("fedramp-rev4", "L", 4_022),
];

/// The rows of a sheet with a formula in a column, and the styles of these cells.
fn formulas(tree: &Node, column: &str) -> (Vec<u32>, BTreeSet<usize>) {
    let (mut found, mut styles) = (Vec::new(), BTreeSet::new());
    for row in tree.inside("sheetData", "row") {
        let number = row.index("r");
        let at = format!("{column}{number}");
        let mut cells = row.all("c");
        if let Some(cell) = cells.find(|cell| cell.get("r") == Some(&at))
            && cell.child("f").is_some()
        {
            found.push(u32::try_from(number).unwrap());
            styles.insert(cell.index("s"));
        }
    }
    (found, styles)
}

#[test]
fn the_formula_reaches_the_last_row_that_the_template_prepares() {
    const DATE: usize = 14;
    for (name, column, last) in LAST_FORMULA {
        let layout = Layout::find_named(name).unwrap();
        let open = layout.sheets.iter().position(|sheet| sheet.role == SheetRole::Open).unwrap();
        let first = layout.sheets[open].first_data_row;
        let part = format!("xl/worksheets/sheet{}.xml", open + 1);
        let (_, file) = OFFICIAL.iter().find(|(known, _)| *known == name).unwrap();
        if let Some(bytes) = official(file) {
            let tree = PackageParts::open(&bytes).tree_of(&part, &|_| true).unwrap();
            assert_eq!(formulas(&tree, column).0.last(), Some(&last), "{name}");
        }
        for rows in [0, 1, 3, 4_100] {
            let parts = PackageParts::open(&built(layout, rows));
            let tree = parts.tree_of(&part, &|_| true).unwrap();
            let (found, styles) = formulas(&tree, column);
            let found: Vec<u32> = found.into_iter().filter(|row| *row >= first).collect();
            let last = last.max(first + u32::try_from(rows).unwrap() - 1);
            assert!(found.iter().copied().eq(first..=last), "{name}, {rows} items");
            let formats = parts.tree("xl/styles.xml", 0).unwrap();
            let formats = formats.inside("cellXfs", "xf");
            let is_date = |style: &usize| formats[*style].index("numFmtId") == DATE;
            assert!(styles.iter().all(is_date), "{name}, {rows} items");
        }
    }
}

#[test]
fn a_sheet_without_items_is_scrolled_as_the_official_one() {
    for (rows, expected) in [(0, "A11"), (1, "A6")] {
        let layout = Layout::find_named("rev4").unwrap();
        let tree =
            PackageParts::open(&built(layout, rows)).tree("xl/worksheets/sheet2.xml", 0).unwrap();
        let view = tree.inside("sheetViews", "sheetView")[0];
        let pane = view.child("pane").unwrap();
        assert_eq!((pane.get("topLeftCell"), pane.index("ySplit")), (Some(expected), 5));
    }
}

/// A formula of one row as another has it.
fn in_row(formula: &str, from: u32, to: u32) -> String {
    let mut told = String::new();
    let mut letter = false;
    let mut rest = formula;
    while let Some(next) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if letter && rest[..digits] == from.to_string() {
            told.push_str(&to.to_string());
            rest = &rest[digits..];
        } else {
            told.push(next);
            rest = &rest[next.len_utf8()..];
        }
        letter = next.is_ascii_alphabetic();
    }
    told
}

/// A line about a range of the template, for so many items.
fn extended(line: &str, sheet: &SheetLayout, rows: u32) -> String {
    let about_range = line.contains(" | validation ") || line.contains(" | conditional ");
    if !about_range || sheet.role == SheetRole::Fixed {
        return line.to_owned();
    }
    let last = sheet.first_data_row + rows - 1;
    let mut extended = line.to_owned();
    // The last rows of the lists in the official files.
    for end in ["4021", "4022", "1000"] {
        for follows in [" ", ":"] {
            for column in [
                "A", "B", "C", "D", "E", "F", "G", "K", "L", "M", "N", "O", "P", "Q", "R", "S",
                "T", "U", "V", "W",
            ] {
                extended = extended.replace(
                    &format!("{column}{end}{follows}"),
                    &format!("{column}{last}{follows}"),
                );
            }
        }
    }
    extended
}

#[test]
fn allowed_differences_exist() {
    for one in ALLOWED {
        let (name, _) = OFFICIAL.iter().find(|(name, _)| name.starts_with(one.layout)).unwrap();
        let layout = Layout::find_named(name).unwrap();
        let (official, ours) = (measured(name), describe(&built(layout, 1), layout));
        let (theirs, ours): (BTreeSet<&String>, BTreeSet<&String>) =
            (official.iter().collect(), ours.iter().collect());
        let mut lines = theirs
            .difference(&ours)
            .map(|line| format!("- {line}"))
            .chain(ours.difference(&theirs).map(|line| format!("+ {line}")));
        assert!(lines.any(|line| line.contains(one.line)), "{}: {}", one.layout, one.line);
    }
}
