//! Builds a workbook of items without holding all rows in memory.
//!
//! Rows are made in batches on one thread while another writes them; [`Listed`] has the counts and
//! notes. The content of rows is decided in `content` and `to_row`.

use std::cell::RefCell;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender};

use rayon::prelude::*;

use super::content::{BookError, Edition, ItemRow, Notes, Records, Sheets, head, made, sheets};
use crate::store::ItemAccess;
use crate::workbook::{self, Layout, Row, Rows, SheetRole};

/// Rows that are made together while those before them are written.
const TOGETHER: usize = 128;

/// Batches that wait for who writes them.
const WAITING: usize = 2;

/// A workbook of a tree.
#[derive(Debug)]
pub struct Book {
    /// The bytes of the file.
    pub bytes: Vec<u8>,
    /// Summary of its content.
    pub listed: Listed,
}

/// Summary of the content of a workbook.
#[derive(Debug, PartialEq, Eq)]
pub struct Listed {
    /// Number of items that it lists.
    pub rows: usize,
    /// Notes for a person.
    pub notes: Notes,
}

/// Builds the workbook that [`content`](super::content) describes, without ever holding all of its
/// rows: they are made while those before them are written.
///
/// # Errors
///
/// When an item has a date that a spreadsheet cannot hold, and as
/// [`build`](crate::workbook::build()).
pub fn book<E: ItemAccess>(
    records: Records<'_, E>,
    layout: &Layout,
    edition: &Edition,
) -> Result<Book, BookError> {
    let mut bytes = Vec::new();
    let listed = book_to(records, layout, edition, &std::env::temp_dir(), &mut bytes)?;
    Ok(Book { bytes, listed })
}

/// Writes the workbook of the items to its destination. Cells wait in temporary files in the folder
/// `temporary`.
///
/// # Errors
///
/// As [`book`], and when it cannot be written there.
pub fn book_to<E: ItemAccess>(
    records: Records<'_, E>,
    layout: &Layout,
    edition: &Edition,
    temporary: &Path,
    to: impl Write + Send,
) -> Result<Listed, BookError> {
    let (sheets, notes) = sheets(records, layout, edition)?;
    let (header, properties) = head(records, layout, edition);
    let counts: Vec<(SheetRole, usize)> =
        sheets.iter().map(|(role, items)| (*role, items.len())).collect();
    let (sender, receiver) = mpsc::sync_channel(WAITING);
    let (written, notes) = std::thread::scope(|scope| {
        scope.spawn(move || make(&sheets, records, layout, edition, &sender));
        let made =
            RefCell::new(BuiltRow { batches: receiver, batch: Vec::new().into_iter(), notes });
        let rows = counts.iter().map(|(role, count)| {
            let rows = std::iter::from_fn(|| made.borrow_mut().next()).take(*count);
            (*role, Rows { count: *count, rows })
        });
        let written =
            workbook::build_to(layout, &header, &properties, rows.collect(), temporary, to);
        // With what is made of rows nobody waits for them any longer, whatever came of it.
        (written, made.into_inner().notes)
    });
    written?;
    Ok(Listed { rows: counts.iter().map(|(_, count)| count).sum(), notes })
}

/// Rows that were made, in the order in which they are written.
type Batch<'a, E> = Vec<(&'a E, Result<ItemRow, BookError>)>;

/// Makes the rows in the order in which they are written, until nobody takes more.
fn make<'a, E: ItemAccess>(
    sheets: &Sheets<'a, E>,
    records: Records<'_, E>,
    layout: &Layout,
    edition: &Edition,
    batches: &SyncSender<Batch<'a, E>>,
) {
    for sheet in &layout.sheets {
        for items in sheets.get(&sheet.role).into_iter().flat_map(|items| items.chunks(TOGETHER)) {
            let row = |item: &&'a E| (*item, made(*item, records, sheet, edition));
            if batches.send(items.par_iter().map(row).collect()).is_err() {
                return;
            }
        }
    }
}

/// The rows as they come.
struct BuiltRow<'a, E> {
    batches: Receiver<Batch<'a, E>>,
    batch: std::vec::IntoIter<(&'a E, Result<ItemRow, BookError>)>,
    notes: Notes,
}

impl<E: ItemAccess> Iterator for BuiltRow<'_, E> {
    type Item = Result<Row, BookError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.batch.next().or_else(|| {
            self.batch = self.batches.recv().ok()?.into_iter();
            self.batch.next()
        });
        let (item, row) = next?;
        Some(row.map(|row| row.noted(item.id(), &mut self.notes)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::content;
    use super::*;
    use crate::history::ExportHistory;
    use crate::store::{CompactItem, Store};
    use crate::summary::samples;
    use crate::workbook::build;

    #[test]
    fn the_same_workbook_as_of_rows_that_are_held() {
        let settings = samples::settings("");
        let history = ExportHistory::default();
        let status = |number: usize| if number.is_multiple_of(3) { "closed" } else { "open" };
        let item = |number: usize| {
            let fields = format!("status: {}\ncomments: \"a\\ab\"\n", status(number));
            samples::found(&format!("V-{number}"), &fields)
        };
        for count in [0, 1, TOGETHER, 3 * TOGETHER + 7] {
            let store = Store::read((0..count).map(item).collect());
            let texts: Store<CompactItem> = Store::read_entries((0..count).map(item).collect());
            let records = Records { store: &store, settings: &settings, history: &history };
            let of_texts = Records { store: &texts, settings: &settings, history: &history };
            for layout in Layout::all_layouts() {
                for (open_only, late_only) in [(false, false), (true, false), (false, true)] {
                    let date = samples::day("2026-02-01");
                    let edition = Edition { date, open_only, late_only };
                    let book = book(records, layout, &edition).unwrap();
                    let (held, notes) = content(records, layout, &edition).unwrap();
                    assert!(book.bytes == build(layout, &held).unwrap());
                    assert_eq!(book.listed.notes, notes);
                    let mut bytes = Vec::new();
                    let listed =
                        book_to(of_texts, layout, &edition, &std::env::temp_dir(), &mut bytes)
                            .unwrap();
                    assert!(book.bytes == bytes);
                    assert_eq!(book.listed, listed);
                    assert_eq!(book.listed.rows, held.rows.values().map(Vec::len).sum::<usize>());
                }
            }
        }
    }

    #[test]
    fn a_date_that_no_cell_can_hold_ends_it() {
        let settings = samples::settings("");
        let history = ExportHistory::default();
        let item = |number: usize| {
            let date = if number == 2 * TOGETHER { "1850-01-01" } else { "2026-01-01" };
            let fields = format!("original_detection_date: {date}\n");
            samples::found(&format!("V-{number:05}"), &fields)
        };
        let store = Store::read((0..6 * TOGETHER).map(item).collect());
        let records = Records { store: &store, settings: &settings, history: &history };
        let layout = Layout::find_named("3.0").unwrap();
        // Those who make rows are many batches ahead by then.
        let error = book(records, layout, &Edition::default()).err().unwrap();
        assert!(matches!(error, BookError::OutOfRange(_)), "{error}");
    }
}
