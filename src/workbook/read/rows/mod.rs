//! Grids with known headers into rows, header block, counts and notes.

mod between;
mod cell_annotations;
mod milestone_rows;
mod roles;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use super::annotations::Annotations;
use super::classify::{Kind, classify};
use super::error::ReadError;
use super::grid::{Cells, Grid, Hidden, Merged};
use super::head::block;
use super::recognise::{self, Form, Header, Least};
use super::value::{SourceValue, text};
use super::{Note, Options, Reading, SheetReading, SourceCell, SourceProperties, SourceRow};
use crate::workbook::address::{Address, letters};
use crate::workbook::content::HeaderBlock;
use crate::workbook::field::Field;
use crate::workbook::layout::{ColumnKind, Layout, SheetRole};
use crate::workbook::template_text::{is_label, normal};
use crate::workbook::text::{Continued, is_cut};
use milestone_rows::Part;
use roles::{RoleSeen, clear};

/// Days between the starts of the 1900 and the 1904 date system.
const DAYS_1904: f64 = 1462.0;

/// Everything that the grids of a file hold.
pub(super) fn assemble(
    grids: Vec<Grid>,
    from_1904: bool,
    continued: &mut Continued,
    options: &Options,
) -> Result<Reading, ReadError> {
    let mut reading = Reading {
        layout: String::new(),
        header: HeaderBlock::default(),
        rows: Vec::new(),
        sheets: Vec::new(),
        notes: Vec::new(),
        properties: SourceProperties::default(),
    };
    named(&grids, options)?;
    // A table with a few headers beside the sheets of a template is a summary of them.
    let many = |grid: &Grid| !grid.fixed && recognise::find(grid, Least::Many, options).is_ok();
    let least = if grids.iter().any(many) { Least::Many } else { Least::Few };
    let mut headers = Vec::new();
    let mut without = Vec::new();
    let mut roles = Vec::new();
    for grid in grids {
        let sheet = SheetReading {
            name: grid.name.clone(),
            role: None,
            header_row: None,
            columns: Vec::new(),
            rows_read: 0,
            rows_template: 0,
            rows_empty: 0,
            rows_joined: 0,
        };
        // A sheet that a person does not want read is left out like one of the template's texts.
        let left_out = grid.fixed || options.of_sheet(&grid.name) == Some(None);
        let header = if left_out { None } else { Some(recognise::find(&grid, least, options)) };
        match header {
            None => reading.sheets.push(sheet),
            Some(Err(seen)) => {
                reading.sheets.push(sheet);
                without.push(seen);
            }
            Some(Ok(header)) => {
                let (role, by) = recognise::role(&grid.name, &header, options);
                if reading.header == HeaderBlock::default() {
                    reading.header = block(&grid, &header, options, &mut reading.notes);
                }
                let mut sheet = SheetReading {
                    role: Some(role),
                    header_row: Some(header.row),
                    columns: header.fields.values().copied().collect(),
                    ..sheet
                };
                let mut reader = SheetReader {
                    parts: BTreeMap::new(),
                    places: HashMap::new(),
                    annotations: grid.annotations,
                    annotated: Vec::new(),
                    header: &header,
                    sheet: &mut sheet,
                    from_1904,
                    continued,
                    reading: &mut reading,
                    options,
                    uncalculated: &grid.uncalculated,
                    blank: Vec::new(),
                    joined: Vec::new(),
                    section: None,
                    remark_in_section: None,
                    unclear: None,
                };
                let mut rows = grid.rows;
                reader.spread(&mut rows, &grid.merged);
                reader.read(rows);
                if let Some(why) = reader.unclear.take() {
                    let sheet = reader.sheet.name.clone();
                    return Err(ReadError::UnclearSheet { sheet, why });
                }
                reader.compose();
                reader.note_twins();
                reader.note_blank();
                reader.note_joined();
                reader.note_hidden(&grid.hidden);
                reader.note_annotations();
                if sheet.rows_read > 0 && header.form != Form::Documentation {
                    roles.push(RoleSeen {
                        name: sheet.name.clone(),
                        role,
                        by,
                        closing: header.closing_column().map(|(_, header)| header.to_owned()),
                        has_status: sheet.columns.contains(&Field::Status),
                    });
                }
                reading.sheets.push(sheet);
                headers.push(header);
            }
        }
    }
    clear(&roles, &reading.rows)?;
    if headers.is_empty() {
        return Err(ReadError::NoHeader { sheets: without, wanted: recognise::wanted() });
    }
    for seen in without {
        // A sheet without text has nothing to leave out.
        if seen.row.is_some() {
            let message = "no known header row: the sheet was not read".to_owned();
            reading.notes.push(Note { sheet: seen.name, row: None, message });
        }
    }
    for place in continued.left_over() {
        let message = format!("continued text for {place} belongs to no cell that was read");
        let sheet = crate::workbook::text::CONTINUED_SHEET.to_owned();
        reading.notes.push(Note { sheet, row: None, message });
    }
    reading.layout = recognise::layout(&headers.iter().collect::<Vec<_>>()).to_owned();
    Ok(reading)
}

/// An error where a column that a person names is in no sheet, or a sheet is not there.
fn named(grids: &[Grid], options: &Options) -> Result<(), ReadError> {
    let there = |name: &str| grids.iter().any(|grid| normal(&grid.name) == normal(name));
    if let Some((sheet, _)) = options.sheets.iter().find(|(name, _)| !there(name)) {
        let seen = grids.iter().map(|grid| grid.name.clone()).collect();
        return Err(ReadError::NoSheet { sheet: sheet.clone(), seen });
    }
    if options.columns.is_empty() {
        return Ok(());
    }
    let seen: Vec<String> = grids.iter().flat_map(recognise::texts).collect();
    let there: HashSet<String> = seen.iter().map(|text| normal(text)).collect();
    match options.columns.iter().find(|(header, _)| !there.contains(&normal(header))) {
        Some((header, _)) => Err(ReadError::NoColumn { header: header.clone(), seen }),
        None => Ok(()),
    }
}

struct SheetReader<'a> {
    /// What the rows of an item say of its milestones, where there are several: by the item's place.
    parts: BTreeMap<usize, Vec<Part>>,
    /// The place of each item of the sheet by its id.
    places: HashMap<String, usize>,
    /// Comments and links that belong to no item yet.
    annotations: Annotations,
    /// The cells of those that were given to items.
    annotated: Vec<String>,
    header: &'a Header,
    sheet: &'a mut SheetReading,
    from_1904: bool,
    continued: &'a mut Continued,
    reading: &'a mut Reading,
    options: &'a Options,
    /// Cells of the sheet with a formula and no stored result.
    uncalculated: &'a BTreeSet<(u32, u16)>,
    /// Those of them that belong to items.
    blank: Vec<String>,
    /// Rows that were taken as part of the item above them.
    joined: Vec<u32>,
    /// What the rows are for, where a row above them says it.
    section: Option<SheetRole>,
    /// A remark below such a row: it may end what that row began.
    remark_in_section: Option<String>,
    /// Why nobody can tell what rows below a remark are for.
    unclear: Option<String>,
}

/// How many cells a note names.
const NAMED: usize = 10;
/// How many rows are looked at for merged cells, together.
const MAX_SPREAD: usize = 1_000_000;

/// The first of some names, and how many more there are.
fn some(names: &[String]) -> String {
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", "))
}

impl SheetReader<'_> {
    fn read(&mut self, mut rows: BTreeMap<u32, Cells>) {
        for (row, cells) in rows.split_off(&(self.header.row + 1)) {
            if !self.begin_section(row, &cells) {
                self.row(row, cells);
            }
        }
    }

    /// Gives the rows that a merged cell covers its value, where they hold anything else. Across
    /// columns a value keeps its place: it cannot mean two things.
    fn spread(&mut self, rows: &mut BTreeMap<u32, Cells>, merged: &[Merged]) {
        let mut left = MAX_SPREAD;
        let (mut down, mut across) = (Vec::new(), Vec::new());
        for area in merged.iter().filter(|area| area.rows.0 > self.header.row) {
            let ((top, bottom), (column, last)) = (area.rows, area.columns);
            let known = |column: u16| self.header.fields.contains_key(&column);
            let value = rows.get(&top).and_then(|cells| cells.get(&column)).cloned();
            let Some(value) = value.filter(|value| !value.is_blank()) else { continue };
            let place = || {
                let first = Address { row: top, column };
                format!("{first}:{}", Address { row: bottom, column: last })
            };
            if (column + 1..=last).any(known) {
                across.push(place());
            }
            if top == bottom || !known(column) {
                continue;
            }
            let mut reached = false;
            for (_, cells) in rows.range_mut(top + 1..=bottom).take(left) {
                left -= 1;
                if cells.iter().any(|(other, value)| *other != column && !value.is_blank()) {
                    cells.insert(column, value.clone());
                    reached = true;
                }
            }
            if reached {
                down.push(place());
            }
        }
        if !down.is_empty() {
            self.note(
                None,
                format!("merged cells count for each row that they cover: {}", some(&down)),
            );
        }
        if !across.is_empty() {
            let message =
                format!("cells merged across columns count for the first: {}", some(&across));
            self.note(None, message);
        }
        if left == 0 {
            self.note(None, "there are too many merged cells to follow them all".to_owned());
        }
    }

    /// Says which columns mean the same: each row has only one value for it.
    fn note_twins(&mut self) {
        let row = self.header.row;
        for (column, field) in &self.header.twins {
            let first = self.header.fields.iter().find(|(_, other)| *other == field);
            let Some((first, _)) = first else { continue };
            let at = |column: u16| Address { row, column }.to_string();
            let message = format!(
                "{} and {} both mean {field}: the second counts where the first is blank, and is kept under its header elsewhere",
                at(*first),
                at(*column)
            );
            self.note(None, message);
        }
    }

    /// Says what a person who looks at the sheet does not see.
    fn note_hidden(&mut self, hidden: &Hidden) {
        if hidden.sheet && self.sheet.rows_read > 0 {
            self.note(None, "the sheet is hidden, and read like all others".to_owned());
        }
        let sheet = &self.sheet.name;
        let of_sheet = self.reading.rows.iter().rev().take_while(|row| row.sheet == *sheet);
        let mut rows: Vec<u32> =
            of_sheet.map(|row| row.row).filter(|row| hidden.rows.contains(row)).collect();
        rows.reverse();
        if !rows.is_empty() {
            let by = if hidden.filter { ", by the filter or otherwise" } else { "" };
            let rows: Vec<String> = rows.iter().map(u32::to_string).collect();
            let message = format!("hidden rows{by}, read like all others: {}", some(&rows));
            self.note(None, message);
        }
        let named = |column: &u16| {
            self.header.fields.contains_key(column) || self.header.others.contains_key(column)
        };
        let columns = hidden.columns.iter().flat_map(|(first, last)| *first..=*last);
        let columns: BTreeSet<u16> = columns.filter(named).collect();
        if !columns.is_empty() {
            let columns: Vec<String> = columns.into_iter().map(letters).collect();
            self.note(None, format!("hidden columns, read like all others: {}", some(&columns)));
        }
    }

    /// Says which cells of items count as blank although they hold a formula.
    fn note_blank(&mut self) {
        if self.blank.is_empty() {
            return;
        }
        let message = format!(
            "formulas without a stored result, and errors such as #N/A, count as blank: {}; open the file in a spreadsheet program and save it to have their results",
            some(&self.blank)
        );
        self.note(None, message);
    }

    fn row(&mut self, row: u32, cells: Cells) {
        let mut known = BTreeMap::new();
        let mut extra = Vec::new();
        let mut label = None;
        for (column, value) in cells {
            if value.is_blank() {
                continue;
            }
            let address = Address { row, column }.to_string();
            let twin = self.header.twins.get(&column).filter(|field| !known.contains_key(*field));
            if let Some(field) = self.header.fields.get(&column).or(twin) {
                if self.header.form == Form::Export
                    && let Some(header) = self.header.others.get(&column)
                {
                    let cell = SourceCell { address: address.clone(), value: value.clone() };
                    extra.push((header.clone(), cell));
                }
                let value = self.value(row, *field, value);
                known.insert(*field, SourceCell { address, value });
                continue;
            }
            if let SourceValue::Text(text) = &value
                && is_label(text)
                && !self.header.others.contains_key(&column)
            {
                label = Some(text.clone());
                continue;
            }
            let header = self.header.others.get(&column).cloned();
            let header = header.unwrap_or_else(|| format!("column {}", letters(column)));
            let value = self.whole(row, &header, value);
            extra.push((header, SourceCell { address, value }));
        }
        let annotated = self.take_annotations(row, &known, &extra);
        let joins = label.is_none() && self.header.form != Form::Export;
        if joins && self.join(row, &known, &extra) {
            self.joined_annotations(&known, annotated);
            return;
        }
        if label.is_none() && self.leave_out_total(row, &known, &extra) {
            self.give_back(annotated);
            return;
        }
        match classify(&known, label.as_deref()) {
            Kind::Item { left_over } => {
                if let (Some(remark), Some(role)) = (self.remark_in_section.take(), self.section) {
                    let why = format!(
                        "a title says that rows are {role} items, and {remark} stands between them"
                    );
                    self.unclear.get_or_insert(why);
                }
                let of_row = self.uncalculated.range((row, 0)..=(row, u16::MAX));
                let place =
                    |(row, column): &(u32, u16)| Address { row: *row, column: *column }.to_string();
                self.blank.extend(of_row.map(place));
                let cells = self.without(row, known, &left_over);
                extra.extend(annotated);
                self.sheet.rows_read += 1;
                if let Some(id) = cells.get(&Field::PoamId) {
                    let id = text(&id.value).trim().to_owned();
                    self.places.entry(id).or_insert(self.reading.rows.len());
                }
                self.reading.rows.push(SourceRow {
                    sheet: self.sheet.name.clone(),
                    role: self.role_of_rows(),
                    row,
                    cells,
                    extra,
                });
            }
            Kind::Template { foreign } => {
                self.give_back(annotated);
                self.sheet.rows_template += 1;
                if !foreign.is_empty() {
                    let cells: Vec<_> =
                        foreign.iter().map(|field| known[field].address.as_str()).collect();
                    let message = format!(
                        "a row of the template was left out; not the template's own text: {}",
                        cells.join(", ")
                    );
                    self.note(Some(row), message);
                }
            }
            Kind::Empty => {
                self.give_back(annotated);
                self.sheet.rows_empty += 1;
                if !extra.is_empty() {
                    let cells: Vec<_> = extra.iter().map(|(_, cell)| &*cell.address).collect();
                    let message =
                        format!("only other columns are filled in, left out: {}", cells.join(", "));
                    self.note(Some(row), message);
                }
            }
        }
    }

    fn value(&mut self, row: u32, field: Field, value: SourceValue) -> SourceValue {
        let value = if is_date(field) { self.options.settle(value) } else { value };
        match value {
            SourceValue::Text(_) => self.whole(row, field.name(), value),
            SourceValue::Number(number) if self.from_1904 && is_date(field) => {
                SourceValue::Number(number + DAYS_1904)
            }
            value => value,
        }
    }

    /// The whole of a text that continues on another sheet.
    fn whole(&mut self, row: u32, column: &str, value: SourceValue) -> SourceValue {
        let SourceValue::Text(text) = &value else { return value };
        if !is_cut(text) {
            return value;
        }
        if let Some(whole) = self.continued.join(text) {
            return SourceValue::Text(whole);
        }
        let message = format!("{column} continues on another sheet, where it is not complete");
        self.note(Some(row), message);
        value
    }

    /// The cells without those that still hold the template's text.
    fn without(
        &mut self,
        row: u32,
        mut cells: BTreeMap<Field, SourceCell>,
        left_over: &[Field],
    ) -> BTreeMap<Field, SourceCell> {
        let removed: Vec<_> = left_over.iter().filter_map(|field| cells.remove(field)).collect();
        if !removed.is_empty() {
            let addresses: Vec<_> = removed.iter().map(|cell| cell.address.as_str()).collect();
            let message = format!(
                "an item typed over a row of the template; the template's words count as empty: {}",
                addresses.join(", ")
            );
            self.note(Some(row), message);
        }
        cells
    }

    /// What the rows at this place of the sheet are for.
    fn role_of_rows(&self) -> SheetRole {
        self.section.or(self.sheet.role).unwrap_or(SheetRole::Open)
    }

    fn note(&mut self, row: Option<u32>, message: String) {
        let sheet = self.sheet.name.clone();
        self.reading.notes.push(Note { sheet, row, message });
    }
}

fn is_date(field: Field) -> bool {
    static DATES: LazyLock<BTreeSet<Field>> = LazyLock::new(|| {
        let sheets = Layout::all().iter().flat_map(|layout| &layout.sheets);
        let columns = sheets.flat_map(|sheet| &sheet.columns);
        columns.filter(|it| it.kind == ColumnKind::Date).map(|it| it.field).collect()
    });
    DATES.contains(&field)
        || matches!(
            field,
            Field::ScheduledCompletionDate
                | Field::MilestoneDueDate
                | Field::MilestoneCompletionDate
        )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(super) fn text_value(text: &str) -> SourceValue {
        SourceValue::Text(text.to_owned())
    }

    /// A sheet with the headers of the 3.0 open sheet in row 5, from column B on, and more cells.
    fn grid(cells: &[(&str, SourceValue)]) -> Grid {
        let mut grid = Grid { name: "Open POA&M Items".to_owned(), ..Grid::default() };
        let sheet = Layout::named("3.0").unwrap().sheet(SheetRole::Open).unwrap();
        for (column, header) in (2..).zip(&sheet.columns) {
            let value = text_value(&header.header);
            grid.rows.entry(5).or_default().insert(column, value);
        }
        for (at, value) in cells {
            let at: Address = at.parse().unwrap();
            grid.rows.entry(at.row).or_default().insert(at.column, value.clone());
        }
        grid
    }

    pub(super) fn read(cells: &[(&str, SourceValue)], from_1904: bool) -> Reading {
        assemble(vec![grid(cells)], from_1904, &mut Continued::default(), &Options::default())
            .unwrap()
    }

    pub(super) fn try_read(cells: &[(&str, SourceValue)]) -> Result<Reading, ReadError> {
        assemble(vec![grid(cells)], false, &mut Continued::default(), &Options::default())
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
            let parsed = crate::workbook::parse_date(cell(Field::OriginalDetectionDate)).unwrap();
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
            .map(|(header, cell)| (&**header, &*cell.address, text(&cell.value)))
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
        let labels =
            [("B2", "Cloud Service Provider"), ("D2", "Impact Level"), ("E2", "POA&M Date")];
        let mut cells: Vec<_> = labels.map(|(at, label)| (at, text_value(label))).into();
        cells.push(("B3", text_value("Example Cloud")));
        cells.push((
            "D3",
            text_value("Enter the CSO's impact level (LI-SaaS, Low, Moderate or High)"),
        ));
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
        let mut grid = grid(&[("B6", text_value("V-1")), ("E6", text_value(""))]);
        // The second stands in a row without an item.
        grid.uncalculated = BTreeSet::from([(6, 5), (9, 5)]);
        let reading =
            assemble(vec![grid], false, &mut Continued::default(), &Options::default()).unwrap();
        assert_eq!(reading.notes.len(), 1);
        assert!(reading.notes[0].message.contains("blank: E6; open"), "{:?}", reading.notes);
    }

    #[test]
    fn merged_cells_count_for_the_rows_they_cover() {
        let mut grid = grid(&[
            ("B6", text_value("V-1")),
            ("C6", text_value("AC-1")),
            ("B7", text_value("V-2")),
            ("D6", text_value("across")),
        ]);
        let area = |rows, columns| Merged { rows, columns };
        grid.merged = vec![area((6, 9), (3, 3)), area((6, 6), (4, 5)), area((1, 1), (1, 6))];
        let reading =
            assemble(vec![grid], false, &mut Continued::default(), &Options::default()).unwrap();
        assert_eq!(reading.rows.len(), 2, "a covered row with nothing else is no item");
        assert_eq!(text(&reading.rows[1].cells[&Field::Controls].value), "AC-1");
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
        let name = |row: usize| text(&reading.rows[row].cells[&Field::WeaknessName].value);
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
        let mut grid = grid(&[("B6", text_value("V-1")), ("B8", text_value("V-2"))]);
        grid.hidden = Hidden {
            rows: BTreeSet::from([7, 8, 900]),
            columns: vec![(4, 4), (40, 16_384)],
            filter: true,
            sheet: true,
        };
        let reading =
            assemble(vec![grid], false, &mut Continued::default(), &Options::default()).unwrap();
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
        let grids = vec![grid(&[("B6", text_value("V-1"))]), other, blank];
        let reading =
            assemble(grids, false, &mut Continued::default(), &Options::default()).unwrap();
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
}
