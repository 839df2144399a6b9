//! Grids with known headers into rows, header block, counts and notes.

use std::collections::BTreeMap;

use super::classify::{Kind, classify};
use super::error::ReadError;
use super::grid::{Cells, Grid};
use super::recognise::{self, Header};
use super::value::{SourceValue, text};
use super::{Note, Reading, SheetReading, SourceCell, SourceRow, date};
use crate::workbook::address::{Address, letters};
use crate::workbook::content::HeaderBlock;
use crate::workbook::field::Field;
use crate::workbook::layout::{ColumnKind, Layout};
use crate::workbook::template_text::{is_block, is_label, normal};
use crate::workbook::text::{Continued, has_pointer};

/// Days between the starts of the 1900 and the 1904 date system.
const DAYS_1904: f64 = 1462.0;

/// Everything that the grids of a file hold.
pub(super) fn assemble(
    grids: Vec<Grid>,
    from_1904: bool,
    continued: &mut Continued,
) -> Result<Reading, ReadError> {
    let mut reading = Reading {
        layout: String::new(),
        header: HeaderBlock::default(),
        rows: Vec::new(),
        sheets: Vec::new(),
        notes: Vec::new(),
    };
    let mut headers = Vec::new();
    let mut without = Vec::new();
    for grid in grids {
        let sheet = SheetReading {
            name: grid.name.clone(),
            role: None,
            header_row: None,
            rows_read: 0,
            rows_template: 0,
            rows_empty: 0,
        };
        let header = if grid.fixed { None } else { Some(recognise::find(&grid)) };
        match header {
            None => reading.sheets.push(sheet),
            Some(Err(seen)) => {
                reading.sheets.push(sheet);
                without.push(seen);
            }
            Some(Ok(header)) => {
                let role = recognise::role(&grid.name, &header);
                if reading.header == HeaderBlock::default() {
                    reading.header = block(&grid, &header, &mut reading.notes);
                }
                let mut sheet =
                    SheetReading { role: Some(role), header_row: Some(header.row), ..sheet };
                let mut reader = SheetReader {
                    header: &header,
                    sheet: &mut sheet,
                    from_1904,
                    continued,
                    reading: &mut reading,
                };
                reader.read(grid.rows);
                reading.sheets.push(sheet);
                headers.push(header);
            }
        }
    }
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

struct SheetReader<'a> {
    header: &'a Header,
    sheet: &'a mut SheetReading,
    from_1904: bool,
    continued: &'a mut Continued,
    reading: &'a mut Reading,
}

impl SheetReader<'_> {
    fn read(&mut self, mut rows: BTreeMap<u32, Cells>) {
        for (row, cells) in rows.split_off(&(self.header.row + 1)) {
            self.row(row, cells);
        }
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
            if let Some(field) = self.header.fields.get(&column) {
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
            extra.push((header, SourceCell { address, value }));
        }
        match classify(&known, label.as_deref()) {
            Kind::Item { left_over } => {
                let cells = self.without(row, known, &left_over);
                self.sheet.rows_read += 1;
                self.reading.rows.push(SourceRow {
                    sheet: self.sheet.name.clone(),
                    role: self.sheet.role.unwrap_or(crate::workbook::SheetRole::Open),
                    row,
                    cells,
                    extra,
                });
            }
            Kind::Template { foreign } => {
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
        match value {
            SourceValue::Text(text) if has_pointer(&text) => match self.continued.join(&text) {
                Some(whole) => SourceValue::Text(whole),
                None => {
                    let message =
                        format!("{field} continues on another sheet, where it is not complete");
                    self.note(Some(row), message);
                    SourceValue::Text(text)
                }
            },
            SourceValue::Number(number) if self.from_1904 && is_date(field) => {
                SourceValue::Number(number + DAYS_1904)
            }
            value => value,
        }
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

    fn note(&mut self, row: Option<u32>, message: String) {
        let sheet = self.sheet.name.clone();
        self.reading.notes.push(Note { sheet, row, message });
    }
}

fn is_date(field: Field) -> bool {
    let columns = Layout::all().iter().flat_map(|layout| &layout.sheets).flat_map(|it| &it.columns);
    columns.filter(|column| column.field == field).any(|column| column.kind == ColumnKind::Date)
}

/// The values at the head of a sheet: each stands one or two rows below its label.
fn block(grid: &Grid, header: &Header, notes: &mut Vec<Note>) -> HeaderBlock {
    let find = |labels: &[&str]| -> Option<&SourceValue> {
        for (row, cells) in grid.rows.range(..header.row) {
            for (column, value) in cells {
                if !labels.contains(&normal(&text(value)).as_str()) {
                    continue;
                }
                // In 3.0 the row between explains; there the value is typed below or over it.
                let below = [row + 2, row + 1].into_iter().filter(|below| *below < header.row);
                let mut values = below.filter_map(|below| grid.rows.get(&below)?.get(column));
                return values.find(|value| !value.is_blank() && !is_block(&text(value)));
            }
        }
        None
    };
    let as_text = |value: Option<&SourceValue>| value.map(|value| text(value).trim().to_owned());
    let provider = as_text(find(&["cloud service provider", "csp"]));
    let offering = as_text(find(&["cloud service offering", "system name"]));
    let date = find(&["poa&m date", "poam date"]);
    let mut impact_level = as_text(find(&["impact level"]));
    if provider.is_none() && offering.is_none() && date.is_none() {
        // The 2.1 template comes with `Low` among its placeholders.
        impact_level = impact_level.filter(|level| level != "Low");
    }
    let date = date.and_then(|value| match date::parse_date(value) {
        Ok(date) => Some(date),
        Err(problem) => {
            let message = format!("the date at the head is left out: {problem}");
            notes.push(Note { sheet: grid.name.clone(), row: None, message });
            None
        }
    });
    HeaderBlock { provider, offering, impact_level, date }
}
