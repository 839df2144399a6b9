//! Grids with known headers into rows, header block, counts and notes.

mod between;
mod cell_annotations;
mod emass_rows;
mod milestone_rows;
mod roles;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use super::annotations::Annotations;
use super::classify::{RowKind, classify_row};
use super::error::ReadError;
use super::grid::{Cells, Grid, Hidden, MergedCells};
use super::head::read_block;
use super::recognise::{self, Header, HeaderForm, LeastHeaders};
use super::value::{SourceValue, to_text};
use super::{
    ReadOptions, Reading, ReadingNote, SheetReading, SourceCell, SourceProperties, SourceRow,
};
use crate::address::{CellAddress, column_letters};
use crate::content::HeaderBlock;
use crate::field::Field;
use crate::layout::{ColumnKind, Layout, SheetRole};
use crate::template_text::{is_label, normalize_text};
use crate::text::{Continued, is_cut};
use milestone_rows::MilestonePart;
use roles::{RoleSeen, check_clear};

/// Days between the starts of the 1900 and the 1904 date system.
const DAYS_1904: f64 = 1462.0;

/// Assembles everything that the grids of a file hold.
pub(super) fn assemble_grids(
    grids: Vec<Grid>,
    from_1904: bool,
    continued: &mut Continued,
    options: &ReadOptions,
) -> Result<Reading, ReadError> {
    let mut reading = Reading {
        layout: String::new(),
        header: HeaderBlock::default(),
        rows: Vec::new(),
        sheets: Vec::new(),
        notes: Vec::new(),
        properties: SourceProperties::default(),
    };
    check_named(&grids, options)?;
    // A table with a few headers beside the sheets of a template is a summary of them.
    let many =
        |grid: &Grid| !grid.fixed && recognise::find(grid, LeastHeaders::Many, options).is_ok();
    let least = if grids.iter().any(many) { LeastHeaders::Many } else { LeastHeaders::Few };
    let mut headers = Vec::new();
    let mut without = Vec::new();
    let mut roles = Vec::new();
    // The examples of eMASS's form are no items, whatever their sheet looks like.
    let emass = grids.iter().any(|grid| is_emass(grid, options));
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
        let said = options.of_sheet(&grid.name);
        let is_example = emass && said.is_none() && is_example_sheet(&grid.name);
        if is_example {
            let message = "the examples of the form: the sheet was not read".to_owned();
            reading.notes.push(ReadingNote { sheet: grid.name.clone(), row: None, message });
        }
        let left_out = grid.fixed || is_example || said == Some(None);
        let header = if left_out { None } else { Some(recognise::find(&grid, least, options)) };
        match header {
            None => reading.sheets.push(sheet),
            Some(Err(seen)) => {
                reading.sheets.push(sheet);
                without.push(seen);
            }
            Some(Ok(header)) => {
                let (role, by) = recognise::determine_role(&grid.name, &header, options);
                if reading.header == HeaderBlock::default() {
                    reading.header = read_block(&grid, &header, options, &mut reading.notes);
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
                    joined_to: None,
                    undated: &grid.undated,
                    struck: &grid.struck,
                    struck_rows: Vec::new(),
                    section: None,
                    remark_in_section: None,
                    unclear: None,
                };
                let mut rows = grid.rows;
                reader.spread_merged(&mut rows, &grid.merged);
                reader.read(rows);
                if let Some(why) = reader.unclear.take() {
                    let sheet = reader.sheet.name.clone();
                    return Err(ReadError::UnclearSheet { sheet, why });
                }
                reader.compose_milestones();
                reader.note_twins();
                reader.note_blank();
                reader.note_joined();
                reader.note_struck();
                reader.note_hidden(&grid.hidden);
                reader.note_annotations();
                if sheet.rows_read > 0 && header.form != HeaderForm::Documentation {
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
    check_clear(&roles, &reading.rows)?;
    if headers.is_empty() {
        return Err(ReadError::NoHeader { sheets: without, wanted: recognise::wanted_headers() });
    }
    for seen in without {
        // A sheet without text has nothing to leave out.
        if seen.row.is_some() {
            let message = "no known header row: the sheet was not read".to_owned();
            reading.notes.push(ReadingNote { sheet: seen.name, row: None, message });
        }
    }
    for place in continued.left_over() {
        let message = format!("continued text for {place} belongs to no cell that was read");
        let sheet = crate::text::CONTINUED_SHEET.to_owned();
        reading.notes.push(ReadingNote { sheet, row: None, message });
    }
    reading.layout = recognise::fitting_layout(&headers.iter().collect::<Vec<_>>()).to_owned();
    Ok(reading)
}

/// Returns whether a sheet has the headers of eMASS's form, and is not that with its examples.
fn is_emass(grid: &Grid, options: &ReadOptions) -> bool {
    !grid.fixed
        && !is_example_sheet(&grid.name)
        && recognise::find(grid, LeastHeaders::Many, options)
            .is_ok_and(|header| header.form == HeaderForm::Emass)
}

fn is_example_sheet(name: &str) -> bool {
    normalize_text(name) == "example"
}

/// Returns an error where a column that a person names is in no sheet, or a sheet is not there.
fn check_named(grids: &[Grid], options: &ReadOptions) -> Result<(), ReadError> {
    let there =
        |name: &str| grids.iter().any(|grid| normalize_text(&grid.name) == normalize_text(name));
    if let Some((sheet, _)) = options.sheets.iter().find(|(name, _)| !there(name)) {
        let seen = grids.iter().map(|grid| grid.name.clone()).collect();
        return Err(ReadError::NoSheet { sheet: sheet.clone(), seen });
    }
    if options.columns.is_empty() {
        return Ok(());
    }
    let seen: Vec<String> = grids.iter().flat_map(recognise::header_texts).collect();
    let there: HashSet<String> = seen.iter().map(|text| normalize_text(text)).collect();
    match options.columns.iter().find(|(header, _)| !there.contains(&normalize_text(header))) {
        Some((header, _)) => Err(ReadError::NoColumn { header: header.clone(), seen }),
        None => Ok(()),
    }
}

struct SheetReader<'a> {
    /// Milestones in the rows of an item, where there are several rows: by the item's index.
    parts: BTreeMap<usize, Vec<MilestonePart>>,
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
    options: &'a ReadOptions,
    /// Cells of the sheet with a formula and no stored result.
    uncalculated: &'a BTreeSet<(u32, u16)>,
    /// Those of them that belong to items.
    blank: Vec<String>,
    /// Rows that were taken as part of the item above them.
    joined: Vec<u32>,
    /// The place of the item that the last of them went to.
    joined_to: Option<usize>,
    /// Cells with a date whose format shows no day, and whether it shows the month.
    undated: &'a BTreeMap<(u32, u16), bool>,
    /// Rows with cells that are struck through.
    struck: &'a BTreeSet<u32>,
    /// Those of them that are items.
    struck_rows: Vec<String>,
    /// Purpose of the rows, where a row above them names it.
    section: Option<SheetRole>,
    /// A remark below such a row: it may end what that row began.
    remark_in_section: Option<String>,
    /// Reason why the purpose of the rows below a remark cannot be determined.
    unclear: Option<String>,
}

/// Number of cells that a note names.
const NAMED: usize = 10;
/// Number of rows that are searched for merged cells, together.
const MAX_SPREAD: usize = 1_000_000;

/// Lists the first of some names, and how many more there are.
fn list_first(names: &[String]) -> String {
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
                self.read_row(row, cells);
            }
        }
    }

    /// Gives the rows that a merged cell covers its value, where they hold anything else. Across
    /// columns a value retains its place: it cannot mean two things.
    fn spread_merged(&mut self, rows: &mut BTreeMap<u32, Cells>, merged: &[MergedCells]) {
        let mut left = MAX_SPREAD;
        let (mut down, mut across) = (Vec::new(), Vec::new());
        for area in merged.iter().filter(|area| area.rows.0 > self.header.row) {
            let ((top, bottom), (column, last)) = (area.rows, area.columns);
            let known = |column: u16| self.header.fields.contains_key(&column);
            let value = rows.get(&top).and_then(|cells| cells.get(&column)).cloned();
            let Some(value) = value.filter(|value| !value.is_blank()) else { continue };
            let place = || {
                let first = CellAddress { row: top, column };
                format!("{first}:{}", CellAddress { row: bottom, column: last })
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
            self.add_note(
                None,
                format!("merged cells count for each row that they cover: {}", list_first(&down)),
            );
        }
        if !across.is_empty() {
            let message =
                format!("cells merged across columns count for the first: {}", list_first(&across));
            self.add_note(None, message);
        }
        if left == 0 {
            self.add_note(None, "there are too many merged cells to follow them all".to_owned());
        }
    }

    /// States which columns mean the same: each row has only one value for it.
    fn note_twins(&mut self) {
        let row = self.header.row;
        for (column, field) in &self.header.twins {
            let first = self.header.fields.iter().find(|(_, other)| *other == field);
            let Some((first, _)) = first else { continue };
            let at = |column: u16| CellAddress { row, column }.to_string();
            let message = format!(
                "{} and {} both mean {field}: the second counts where the first is blank, and is kept under its header elsewhere",
                at(*first),
                at(*column)
            );
            self.add_note(None, message);
        }
    }

    /// States what a person who looks at the sheet does not see.
    fn note_hidden(&mut self, hidden: &Hidden) {
        if hidden.sheet && self.sheet.rows_read > 0 {
            self.add_note(None, "the sheet is hidden, and read like all others".to_owned());
        }
        let sheet = &self.sheet.name;
        let of_sheet = self.reading.rows.iter().rev().take_while(|row| row.sheet == *sheet);
        let mut rows: Vec<u32> =
            of_sheet.map(|row| row.row).filter(|row| hidden.rows.contains(row)).collect();
        rows.reverse();
        if !rows.is_empty() {
            let by = if hidden.filter { ", by the filter or otherwise" } else { "" };
            let rows: Vec<String> = rows.iter().map(u32::to_string).collect();
            let message = format!("hidden rows{by}, read like all others: {}", list_first(&rows));
            self.add_note(None, message);
        }
        let named = |column: &u16| {
            self.header.fields.contains_key(column) || self.header.others.contains_key(column)
        };
        let columns = hidden.columns.iter().flat_map(|(first, last)| *first..=*last);
        let columns: BTreeSet<u16> = columns.filter(named).collect();
        if !columns.is_empty() {
            let columns: Vec<String> = columns.into_iter().map(column_letters).collect();
            self.add_note(
                None,
                format!("hidden columns, read like all others: {}", list_first(&columns)),
            );
        }
    }

    /// States which cells of items count as blank although they hold a formula.
    fn note_blank(&mut self) {
        if self.blank.is_empty() {
            return;
        }
        let message = format!(
            "formulas without a stored result, and errors such as #N/A, count as blank: {}; open the file in a spreadsheet program and save it to have their results",
            list_first(&self.blank)
        );
        self.add_note(None, message);
    }

    fn read_row(&mut self, row: u32, cells: Cells) {
        let mut known = BTreeMap::new();
        let mut extra = Vec::new();
        let mut label = None;
        for (column, value) in cells {
            if value.is_blank() {
                continue;
            }
            let address = CellAddress { row, column }.to_string();
            let value = self.as_shown(row, column, value);
            let twin = self.header.twins.get(&column).filter(|field| !known.contains_key(*field));
            if let Some(field) = self.header.fields.get(&column).or(twin) {
                if self.header.form == HeaderForm::Export
                    && let Some(header) = self.header.others.get(&column)
                {
                    let cell = SourceCell { address: address.clone(), value: value.clone() };
                    extra.push((header.clone(), cell));
                }
                let value = self.settle_value(row, *field, value);
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
            let header = header.unwrap_or_else(|| format!("column {}", column_letters(column)));
            let value = self.join_continued(row, &header, value);
            extra.push((header, SourceCell { address, value }));
        }
        let annotated = self.take_annotations(row, &known, &extra);
        if self.header.form == HeaderForm::Emass {
            self.read_emass_row(row, known, extra, annotated);
            return;
        }
        let joins = label.is_none() && self.header.form != HeaderForm::Export;
        if joins && self.join_row(row, &known, &extra) {
            self.joined_annotations(&known, annotated);
            return;
        }
        if label.is_none() && self.leave_out_total(row, &known, &extra) {
            self.give_back(annotated);
            return;
        }
        match classify_row(&known, label.as_deref()) {
            RowKind::Item { left_over } => {
                if let (Some(remark), Some(role)) = (self.remark_in_section.take(), self.section) {
                    let why = format!(
                        "a title says that rows are {role} items, and {remark} stands between them"
                    );
                    self.unclear.get_or_insert(why);
                }
                let of_row = self.uncalculated.range((row, 0)..=(row, u16::MAX));
                self.blank.extend(of_row.map(address_text));
                let cells = self.without_template(row, known, &left_over);
                extra.extend(annotated);
                self.sheet.rows_read += 1;
                if self.struck.contains(&row) {
                    self.struck_rows.push(row.to_string());
                }
                if let Some(id) = cells.get(&Field::PoamId) {
                    let id = to_text(&id.value).trim().to_owned();
                    self.places.entry(id).or_insert(self.reading.rows.len());
                }
                self.reading.rows.push(SourceRow {
                    sheet: self.sheet.name.clone(),
                    role: self.role_of_rows(),
                    row,
                    cells,
                    extra,
                    milestones: None,
                });
            }
            RowKind::Template { foreign } => {
                self.give_back(annotated);
                self.sheet.rows_template += 1;
                if !foreign.is_empty() {
                    let cells: Vec<_> =
                        foreign.iter().map(|field| known[field].address.as_str()).collect();
                    let message = format!(
                        "a row of the template was left out; not the template's own text: {}",
                        cells.join(", ")
                    );
                    self.add_note(Some(row), message);
                }
            }
            RowKind::Empty => {
                self.give_back(annotated);
                self.sheet.rows_empty += 1;
                if !extra.is_empty() {
                    let cells: Vec<_> = extra.iter().map(|(_, cell)| &*cell.address).collect();
                    let message =
                        format!("only other columns are filled in, left out: {}", cells.join(", "));
                    self.add_note(Some(row), message);
                }
            }
        }
    }

    /// Returns the text of a date whose format shows no day: a month, or a year.
    fn as_shown(&self, row: u32, column: u16, value: SourceValue) -> SourceValue {
        match (&value, self.undated.get(&(row, column))) {
            (SourceValue::Date(date), Some(true)) => {
                SourceValue::Text(date.format("%b %Y").to_string())
            }
            (SourceValue::Date(date), Some(false)) => {
                SourceValue::Text(date.format("%Y").to_string())
            }
            _ => value,
        }
    }

    /// States which items have cells that are struck through.
    fn note_struck(&mut self) {
        if !self.struck_rows.is_empty() {
            let message = format!(
                "rows with words that are struck through are read like all others: {}; take them out of the file \
                 where they are no items any more",
                list_first(&self.struck_rows)
            );
            self.add_note(None, message);
        }
    }

    fn settle_value(&mut self, row: u32, field: Field, value: SourceValue) -> SourceValue {
        let value = if is_date(field) { self.options.settle_date(value) } else { value };
        match value {
            SourceValue::Text(_) => self.join_continued(row, field.name(), value),
            SourceValue::Number(number) if self.from_1904 && is_date(field) => {
                SourceValue::Number(number + DAYS_1904)
            }
            value => value,
        }
    }

    /// Returns all of a text that continues on another sheet.
    fn join_continued(&mut self, row: u32, column: &str, value: SourceValue) -> SourceValue {
        let SourceValue::Text(text) = &value else { return value };
        if !is_cut(text) {
            return value;
        }
        if let Some(whole) = self.continued.join_cell(text) {
            return SourceValue::Text(whole);
        }
        let message = format!("{column} continues on another sheet, where it is not complete");
        self.add_note(Some(row), message);
        value
    }

    /// Returns the cells without those that still hold the template's text.
    fn without_template(
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
            self.add_note(Some(row), message);
        }
        cells
    }

    /// Returns the purpose of the rows at the current row of the sheet.
    fn role_of_rows(&self) -> SheetRole {
        self.section.or(self.sheet.role).unwrap_or(SheetRole::Open)
    }

    fn add_note(&mut self, row: Option<u32>, message: String) {
        let sheet = self.sheet.name.clone();
        self.reading.notes.push(ReadingNote { sheet, row, message });
    }
}

fn address_text((row, column): &(u32, u16)) -> String {
    CellAddress { row: *row, column: *column }.to_string()
}

fn is_date(field: Field) -> bool {
    static DATES: LazyLock<BTreeSet<Field>> = LazyLock::new(|| {
        let sheets = Layout::all_layouts().iter().flat_map(|layout| &layout.sheets);
        let columns = sheets.flat_map(|sheet| &sheet.columns);
        columns.filter(|it| it.kind == ColumnKind::Date).map(|it| it.field).collect()
    });
    DATES.contains(&field)
        || matches!(
            field,
            Field::ScheduledCompletionDate
                | Field::RequestedExpiration
                | Field::MilestoneDueDate
                | Field::MilestoneCompletionDate
        )
}

#[cfg(test)]
pub(super) mod tests;
