//! Two workbooks of one layout, cell by cell: what was built, and what somebody gives us.
//!
//! Rows of items are matched by their id and not by their place, so that one row too many is one
//! difference and not a thousand. Everything else is matched by its address.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _};

use quick_xml::events::Event;
use serde::Serialize;

use super::address::{CellAddress, column_letters, column_number};
use super::content::WorkbookProperties;
use super::field::Field;
use super::layout::{Layout, SheetLayout, SheetRole};
use super::read::{AnnotationKind, RawCell, RawSheet, ReadError, SourceValue, read_raw, to_text};

/// Result of comparing a workbook with the one that was built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkbookComparison {
    /// Whether both files have the same bytes.
    pub same_bytes: bool,
    /// Differences, sheet by sheet.
    pub differences: Vec<WorkbookDifference>,
}

impl WorkbookComparison {
    /// Returns whether both have the same content.
    #[must_use]
    pub fn same(&self) -> bool {
        self.differences.is_empty()
    }
}

/// One difference. `expected` is what was built, `found` what the given file has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkbookDifference {
    /// Kind of the difference.
    pub kind: DifferenceKind,
    /// The sheet.
    pub sheet: String,
    /// The cell in the given file; in the built one where the given file lacks the row.
    pub cell: Option<String>,
    /// The item, where it is about one.
    pub item: Option<String>,
    /// The column, where it is about one of an item.
    pub field: Option<&'static str>,
    /// Content of the built workbook.
    pub expected: Option<String>,
    /// Content of the given workbook.
    pub found: Option<String>,
}

/// Kind of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceKind {
    /// The given file lacks a sheet.
    MissingSheet,
    /// The given file has a sheet more.
    ExtraSheet,
    /// The given file lacks an item.
    MissingRow,
    /// The given file has an item more.
    ExtraRow,
    /// A cell states something else.
    Cell,
    /// A cell calculates something else, or no longer calculates.
    Formula,
    /// A formula is equal, but lacks its result, as after a program that does not calculate.
    Uncalculated,
    /// The items are in another order.
    Order,
    /// A cell has a comment, another comment, or lacks one.
    Comment,
    /// A cell leads to another address.
    Link,
}

/// Compares a workbook with the one that was built with a layout.
///
/// # Errors
///
/// When the given file is no workbook, or too large or damaged to be read.
pub fn compare(
    layout: &Layout,
    built: &[u8],
    given: &[u8],
) -> Result<WorkbookComparison, ReadError> {
    if built == given {
        return Ok(WorkbookComparison { same_bytes: true, differences: Vec::new() });
    }
    let (ours, theirs) = (read_raw(built)?, read_raw(given)?);
    let mut found = Vec::new();
    for sheet in &ours {
        match sheet_place(&theirs, &sheet.name) {
            None => found.push(sheet_difference(DifferenceKind::MissingSheet, &sheet.name)),
            Some(at) => ComparedSheets { ours: sheet, theirs: &theirs[at], found: &mut found }
                .compare_sheets(layout.sheets.iter().find(|it| it.name == sheet.name)),
        }
    }
    for sheet in theirs.iter().filter(|sheet| sheet_place(&ours, &sheet.name).is_none()) {
        found.push(sheet_difference(DifferenceKind::ExtraSheet, &sheet.name));
    }
    Ok(WorkbookComparison { same_bytes: false, differences: found })
}

fn sheet_place(sheets: &[RawSheet], name: &str) -> Option<usize> {
    sheets.iter().position(|it| it.name == name)
}

fn sheet_difference(kind: DifferenceKind, sheet: &str) -> WorkbookDifference {
    WorkbookDifference {
        kind,
        sheet: sheet.to_owned(),
        cell: None,
        item: None,
        field: None,
        expected: None,
        found: None,
    }
}

type Cells<'a> = BTreeMap<u16, &'a RawCell>;

struct ComparedSheets<'a> {
    ours: &'a RawSheet,
    theirs: &'a RawSheet,
    found: &'a mut Vec<WorkbookDifference>,
}

impl ComparedSheets<'_> {
    fn compare_sheets(mut self, layout: Option<&SheetLayout>) {
        let (ours, theirs) = (rows_of_sheet(self.ours), rows_of_sheet(self.theirs));
        let items = layout.filter(|layout| layout.role != SheetRole::Fixed);
        let first = items.map_or(u32::MAX, |layout| layout.first_data_row);
        let above: BTreeSet<u32> =
            ours.keys().chain(theirs.keys()).copied().filter(|row| *row < first).collect();
        let none = Cells::new();
        for row in above {
            let (ours, theirs) =
                (ours.get(&row).unwrap_or(&none), theirs.get(&row).unwrap_or(&none));
            self.compare_row((row, row), ours, theirs, None, None);
        }
        if let Some(layout) = items {
            self.compare_items(layout, &ours, &theirs);
        }
        self.compare_annotations(layout);
    }

    /// Comments and links. The workbook that is built has neither.
    fn compare_annotations(&mut self, layout: Option<&SheetLayout>) {
        let (ours, theirs) = (&self.ours.annotations, &self.theirs.annotations);
        let places: BTreeSet<_> = ours.keys().chain(theirs.keys()).copied().collect();
        for place in places.into_iter().filter(|place| ours.get(place) != theirs.get(place)) {
            let (at, kind) = place;
            let name = column_letters(at.column);
            let field =
                layout.and_then(|layout| layout.columns.iter().find(|it| it.column == name));
            self.found.push(WorkbookDifference {
                cell: Some(at.to_string()),
                field: field.map(|column| column.field.name()),
                expected: ours.get(&place).cloned(),
                found: theirs.get(&place).cloned(),
                ..sheet_difference(
                    match kind {
                        AnnotationKind::Comment => DifferenceKind::Comment,
                        AnnotationKind::Link => DifferenceKind::Link,
                    },
                    &self.ours.name,
                )
            });
        }
    }

    fn compare_items(
        &mut self,
        layout: &SheetLayout,
        ours: &BTreeMap<u32, Cells<'_>>,
        theirs: &BTreeMap<u32, Cells<'_>>,
    ) {
        // Where no column is for the id, the first one distinguishes items.
        let key = layout.column(Field::PoamId).or(layout.columns.first());
        let Some(key) = key.and_then(|column| column_number(&column.column)) else { return };
        let first = layout.first_data_row;
        // Where milestones have rows, an item may have no id yet, and its description names it.
        let words = layout.column(Field::VulnerabilityDescription);
        let words = words.filter(|_| layout.has_milestone_rows());
        let words = words.and_then(|column| column_number(&column.column));
        let keyed = |rows| keyed_rows(rows, first, (key, words));
        let (expected, given) = (keyed(ours), keyed(theirs));
        let places: BTreeMap<(String, usize), u32> =
            given.iter().map(|row| (row.key(), row.row)).collect();
        for one in &expected {
            match places.get(&one.key()) {
                None => self.report_lone(DifferenceKind::MissingRow, one),
                Some(row) => {
                    let (ours, theirs) = (&ours[&one.row], &theirs[row]);
                    self.compare_row((one.row, *row), ours, theirs, Some(&one.id), Some(layout));
                }
            }
        }
        let known: BTreeSet<_> = expected.iter().map(KeyedRow::key).collect();
        for extra in given.iter().filter(|row| !known.contains(&row.key())) {
            self.report_lone(DifferenceKind::ExtraRow, extra);
        }
        if keys_in_both(&expected, &given) != keys_in_both(&given, &expected) {
            self.found.push(sheet_difference(DifferenceKind::Order, &self.ours.name));
        }
    }

    fn report_lone(&mut self, kind: DifferenceKind, row: &KeyedRow) {
        self.found.push(WorkbookDifference {
            cell: Some(format!("{}{}", row.letters, row.row)),
            item: Some(row.id.clone()).filter(|id| !id.is_empty()),
            ..sheet_difference(kind, &self.ours.name)
        });
    }

    fn compare_row(
        &mut self,
        (built, row): (u32, u32),
        ours: &Cells<'_>,
        theirs: &Cells<'_>,
        item: Option<&str>,
        layout: Option<&SheetLayout>,
    ) {
        let columns: BTreeSet<u16> = ours.keys().chain(theirs.keys()).copied().collect();
        for column in columns {
            let (one, other) = (ours.get(&column), theirs.get(&column));
            let same_formula = normalize_formula(one, built) == normalize_formula(other, row);
            let kind = match (shown_text(one), shown_text(other)) {
                (Some(_), None) if same_formula && normalize_formula(other, row).is_some() => {
                    DifferenceKind::Uncalculated
                }
                (a, b) if a != b => DifferenceKind::Cell,
                _ if !same_formula => DifferenceKind::Formula,
                _ => continue,
            };
            let name = column_letters(column);
            let field =
                layout.and_then(|layout| layout.columns.iter().find(|it| it.column == name));
            let of = |cell: Option<&&RawCell>, row: u32| match kind {
                DifferenceKind::Formula => {
                    normalize_formula(cell, row).map(|formula| format!("={formula}"))
                }
                _ => shown_text(cell),
            };
            self.found.push(WorkbookDifference {
                cell: Some(CellAddress { row, column }.to_string()),
                item: item.map(str::to_owned),
                field: field.map(|column| column.field.name()),
                expected: of(one, built),
                found: of(other, row),
                ..sheet_difference(kind, &self.ours.name)
            });
        }
    }
}

fn keys_in_both(of: &[KeyedRow], other: &[KeyedRow]) -> Vec<(String, usize)> {
    let other: BTreeSet<_> = other.iter().map(|row| row.key()).collect();
    of.iter().map(KeyedRow::key).filter(|key| other.contains(key)).collect()
}

/// A row of an item. Two rows with one id are distinguished by their number.
struct KeyedRow {
    id: String,
    number: usize,
    row: u32,
    letters: String,
}

impl KeyedRow {
    fn key(&self) -> (String, usize) {
        (self.id.clone(), self.number)
    }
}

/// Returns the rows that state something. A formula alone, whose result is blank, states nothing.
///
/// `words` is the column that names an item without an id, on sheets where a row with neither is another
/// milestone of the item above it.
fn keyed_rows(
    rows: &BTreeMap<u32, Cells<'_>>,
    first: u32,
    (key, words): (u16, Option<u16>),
) -> Vec<KeyedRow> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut found: Vec<KeyedRow> = Vec::new();
    for (row, cells) in rows.range(first..) {
        if !cells.values().any(|cell| !cell.value.is_blank()) {
            continue;
        }
        let text = |column: u16| cells.get(&column).map(|cell| to_text(&cell.value));
        let mut id = text(key).unwrap_or_default();
        if let Some(words) = words.filter(|_| id.is_empty()) {
            let above = || found.last().map(|row| row.id.clone());
            id = text(words).filter(|text| !text.is_empty()).or_else(above).unwrap_or_default();
        }
        let number = seen.entry(id.clone()).or_default();
        *number += 1;
        found.push(KeyedRow { id, number: *number, row: *row, letters: column_letters(key) });
    }
    found
}

fn rows_of_sheet(sheet: &RawSheet) -> BTreeMap<u32, Cells<'_>> {
    let mut rows: BTreeMap<u32, Cells<'_>> = BTreeMap::new();
    for ((row, column), cell) in &sheet.cells {
        rows.entry(*row).or_default().insert(*column, cell);
    }
    rows
}

/// Returns the text that a cell shows, where it is not blank. A date that lost its format is still
/// that day.
fn shown_text(cell: Option<&&RawCell>) -> Option<String> {
    let value = &cell?.value;
    match value {
        SourceValue::Text(text) if text.is_empty() => None,
        value => Some(to_text(value)),
    }
}

/// Returns a formula without the blanks that programs put in and take out, and with `{r}` for its
/// own row: the same formula in another row is the same.
fn normalize_formula(cell: Option<&&RawCell>, row: u32) -> Option<String> {
    let formula: String = cell?.formula.as_ref()?.chars().filter(|c| !c.is_whitespace()).collect();
    let number = row.to_string();
    let mut told = String::with_capacity(formula.len());
    let mut rest = formula.as_str();
    while let Some(at) = rest.find(&number) {
        let (before, after) = (&rest[..at], &rest[at + number.len()..]);
        let own = before.ends_with(|c: char| c.is_ascii_alphabetic())
            && !after.starts_with(|c: char| c.is_ascii_digit());
        told.push_str(before);
        told.push_str(if own { "{r}" } else { &number });
        rest = after;
    }
    told.push_str(rest);
    Some(told)
}

/// Returns the document properties of a workbook; empty where it has none. `created` is not read.
///
/// # Errors
///
/// When the file is no package.
pub fn properties_of(bytes: &[u8]) -> Result<WorkbookProperties, ReadError> {
    /// Properties are a few lines.
    const MOST: u64 = 1 << 20;
    let mut archive =
        zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| not_a_workbook(e.to_string()))?;
    let mut properties = WorkbookProperties::default();
    let Ok(part) = archive.by_name("docProps/core.xml") else { return Ok(properties) };
    let mut xml = String::new();
    part.take(MOST).read_to_string(&mut xml).map_err(|e| not_a_workbook(e.to_string()))?;
    let mut reader = quick_xml::Reader::from_str(&xml);
    let mut name = String::new();
    loop {
        let piece = match reader.read_event() {
            Ok(Event::Start(start)) => {
                name = start.local_name().as_ref().to_owned();
                continue;
            }
            Ok(Event::End(_)) => {
                name.clear();
                continue;
            }
            Ok(Event::Text(text)) => text.xml10_content().into_owned(),
            Ok(Event::GeneralRef(reference)) => {
                let reference = format!("&{};", reference.xml10_content());
                quick_xml::escape::unescape(&reference)
                    .map(|it| it.into_owned())
                    .unwrap_or_default()
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => continue,
        };
        match name.as_str() {
            "title" => properties.title.push_str(&piece),
            "subject" => properties.subject.push_str(&piece),
            "creator" => properties.author.push_str(&piece),
            "keywords" => properties.keywords.push_str(&piece),
            "description" => properties.comments.push_str(&piece),
            _ => {}
        }
    }
    Ok(properties)
}

fn not_a_workbook(reason: String) -> ReadError {
    ReadError::NotAWorkbook(reason)
}

/// Returns the day in the head of a given workbook, where its layout has a place for it.
///
/// # Errors
///
/// As for [`compare`].
pub fn date_of(layout: &Layout, given: &[u8]) -> Result<Option<chrono::NaiveDate>, ReadError> {
    let sheets = read_raw(given)?;
    for sheet in &layout.sheets {
        let Some(block) = &sheet.block else { continue };
        let known = sheets.iter().find(|it| it.name == sheet.name);
        let cell = known.and_then(|it| it.cells.get(&(block.date.at.row, block.date.at.column)));
        if let Some(SourceValue::Date(date)) = cell.map(|cell| &cell.value) {
            return Ok(Some(*date));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{Content, HeaderBlock, Row, Value, build};

    fn row(id: &str, name: &str) -> Row {
        Row::from([
            (Field::PoamId, Value::Text(id.to_owned())),
            (Field::WeaknessName, Value::Text(name.to_owned())),
            (Field::ScheduledCompletionDate, Value::Formula { cached: "2026-02-01".parse().ok() }),
        ])
    }

    fn file(rows: Vec<Row>, provider: &str) -> Vec<u8> {
        let rows = BTreeMap::from([(SheetRole::Open, rows)]);
        let header = HeaderBlock { provider: Some(provider.to_owned()), ..HeaderBlock::default() };
        let properties = WorkbookProperties {
            subject: "commit <1> & more".to_owned(),
            ..WorkbookProperties::default()
        };
        let layout = Layout::find_named("3.0").unwrap();
        build(layout, &Content { header, rows, properties }).unwrap()
    }

    fn told(built: &[u8], given: &[u8]) -> Vec<(DifferenceKind, Option<String>, Option<String>)> {
        let layout = Layout::find_named("3.0").unwrap();
        let comparison = compare(layout, built, given).unwrap();
        comparison.differences.into_iter().map(|it| (it.kind, it.cell, it.item)).collect()
    }

    #[test]
    fn the_same_bytes_and_the_same_content() {
        let built = file(vec![row("V-1", "a")], "P");
        let layout = Layout::find_named("3.0").unwrap();
        assert!(compare(layout, &built, &built).unwrap().same_bytes);
        // Unpacked and packed again, as a spreadsheet program does on saving.
        let mut archive = zip::ZipArchive::new(Cursor::new(&built)).unwrap();
        let mut again = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for index in 0..archive.len() {
            let part = archive.by_index_raw(index).unwrap();
            again.raw_copy_file(part).unwrap();
        }
        let options = zip::write::SimpleFileOptions::default();
        again.start_file("more.xml", options).unwrap();
        let again = again.finish().unwrap().into_inner();
        let comparison = compare(layout, &built, &again).unwrap();
        assert!(!comparison.same_bytes && comparison.same(), "{comparison:?}");
        assert_eq!(properties_of(&again).unwrap().subject, "commit <1> & more");
    }

    #[test]
    fn rows_are_matched_by_their_id() {
        let some = |text: &str| Some(text.to_owned());
        let built = file(vec![row("V-1", "a"), row("V-2", "b"), row("V-3", "c")], "P");
        for (rows, expected) in [
            (
                vec![row("V-1", "a"), row("V-3", "c")],
                vec![(DifferenceKind::MissingRow, some("B11"), some("V-2"))],
            ),
            (
                vec![row("V-0", "z"), row("V-1", "a"), row("V-2", "b"), row("V-3", "c")],
                vec![(DifferenceKind::ExtraRow, some("B10"), some("V-0"))],
            ),
            (
                vec![row("V-1", "a"), row("V-2", "edited"), row("V-3", "c")],
                vec![(DifferenceKind::Cell, some("D11"), some("V-2"))],
            ),
            (
                vec![row("V-2", "b"), row("V-1", "a"), row("V-3", "c")],
                vec![(DifferenceKind::Order, None, None)],
            ),
            (
                vec![row("V-1", "a"), row("V-1", "again"), row("V-2", "b"), row("V-3", "c")],
                vec![(DifferenceKind::ExtraRow, some("B11"), some("V-1"))],
            ),
        ] {
            assert_eq!(told(&built, &file(rows, "P")), expected);
        }
        let mut typed = row("V-2", "b");
        typed.insert(Field::ScheduledCompletionDate, Value::Date("2026-02-01".parse().unwrap()));
        let given = file(vec![row("V-1", "a"), typed, row("V-3", "c")], "P");
        assert_eq!(told(&built, &given), [(DifferenceKind::Formula, some("M11"), some("V-2"))]);
    }

    #[test]
    fn the_head_counts_too() {
        let built = file(vec![row("V-1", "a")], "P");
        let given = file(vec![row("V-1", "a")], "Q");
        assert_eq!(told(&built, &given), [(DifferenceKind::Cell, Some("B4".to_owned()), None)]);
        let layout = Layout::find_named("3.0").unwrap();
        assert!(compare(layout, &built, b"text").is_err());
        assert_eq!(date_of(layout, &given).unwrap(), None);
    }
}
