//! Columns for the status of items in tables that have none of the templates' own.
//!
//! The official workbooks distinguish open from closed by their sheets. A register in one table often has
//! the same headers and a column `Status` beside them: not to read it makes open items of closed ones.

use std::collections::BTreeSet;

use super::assumed::StatusMeaning;
use super::cells::says_nothing;
use crate::model::Status;
use crate::model::words::{find_status, to_comparable};
use crate::workbook::{Field, ReadError, Reading, ReadingNote, SourceRow, cell_text};

/// Headers of such columns, as [`to_comparable`] writes them, the surest first.
const HEADERS: [&str; 14] = [
    "status",
    "item-status",
    "poam-status",
    "poa&m-status",
    "poam-item-status",
    "poa&m-item-status",
    "weakness-status",
    "finding-status",
    "vulnerability-status",
    "current-status",
    "overall-status",
    "remediation-status",
    "open/closed",
    "state",
];

/// Words of an unknown status that an error names.
const NAMED: usize = 5;

/// Reads a column for the status, on sheets where nobody stated that another column is one, and where
/// each word in it is known.
///
/// # Errors
///
/// Where rows state that they are closed and others state what is not known.
pub fn read_status_columns(
    reading: &mut Reading,
    meanings: &[StatusMeaning],
) -> Result<(), ReadError> {
    for place in 0..reading.sheets.len() {
        let sheet = &reading.sheets[place];
        if sheet.columns.contains(&Field::Status) {
            continue;
        }
        let rows = reading.rows.iter().filter(|row| row.sheet == sheet.name);
        let Some(header) = column_of(rows.clone()) else { continue };
        let mut unknown = BTreeSet::new();
        let mut closed = None;
        for (word, address) in rows.filter_map(|row| word_in(row, &header)) {
            match closes(&word, meanings) {
                Some(true) if closed.is_none() => closed = Some(address),
                Some(_) => {}
                None => _ = unknown.insert(word),
            }
        }
        let name = sheet.name.clone();
        if unknown.is_empty() {
            for row in reading.rows.iter_mut().filter(|row| row.sheet == name) {
                let column = row.extra.iter().position(|(other, _)| *other == header);
                if let Some((_, cell)) = column.map(|column| row.extra.remove(column))
                    && !says_nothing(&cell_text(&cell.value))
                {
                    row.cells.insert(Field::Status, cell);
                }
            }
            reading.sheets[place].columns.push(Field::Status);
            let message = format!("the column `{header}` is read as the status of items");
            reading.notes.push(ReadingNote { sheet: name, row: None, message });
        } else if let Some(closed) = closed {
            let words: Vec<String> =
                unknown.iter().take(NAMED).map(|word| format!("`{word}`")).collect();
            let why = format!(
                "{closed} in the column `{header}` says closed, and other rows say {}: --map \"{header}=status\" reads it, with --map-status \"WORD=STATUS\" for each of these words",
                words.join(", ")
            );
            return Err(ReadError::UnclearSheet { sheet: name, why });
        }
    }
    Ok(())
}

/// Returns the header of the column for the status, among those without a meaning.
fn column_of<'a>(rows: impl Iterator<Item = &'a SourceRow>) -> Option<String> {
    let headers: BTreeSet<&str> =
        rows.flat_map(|row| &row.extra).map(|(header, _)| header.as_str()).collect();
    let of = |wanted: &&str| headers.iter().find(|header| to_comparable(header) == **wanted);
    HEADERS.iter().find_map(of).map(|header| (*header).to_owned())
}

/// Returns the text of a row in a column, on one line, and the address of the cell.
fn word_in(row: &SourceRow, header: &str) -> Option<(String, String)> {
    let (_, cell) = row.extra.iter().find(|(other, _)| other == header)?;
    let text = cell_text(&cell.value).split_whitespace().collect::<Vec<_>>().join(" ");
    (!says_nothing(&text)).then(|| (text, cell.address.clone()))
}

/// Returns whether items with a word are closed; none where the word is not known.
fn closes(word: &str, meanings: &[StatusMeaning]) -> Option<bool> {
    if let Some(meaning) = meanings.iter().find(|meaning| meaning.is_of(word)) {
        return Some(meaning.closed);
    }
    find_status(word).map(|status| status == Status::CLOSED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::{ReadOptions, read_with};

    fn reading(rows: &str) -> Reading {
        let head = "POAM ID,Weakness Name,Original Detection Date,Original Risk Rating,Controls,\
                    Weakness Description,Weakness Detector Source,Asset Identifier,\
                    Point of Contact,Comments,Item Status";
        let text = format!("{head}\n{rows}");
        read_with("plan.csv", text.into_bytes(), &ReadOptions::default()).unwrap()
    }

    fn statuses(reading: &Reading) -> Vec<Option<String>> {
        let cell = |row: &SourceRow| row.cells.get(&Field::Status).map(|it| cell_text(&it.value));
        reading.rows.iter().map(cell).collect()
    }

    #[test]
    fn a_column_of_known_words_is_the_status() {
        let mut known = reading(
            "V-1,a,2026-05-04,High,,,,,,,Open\nV-2,b,2026-05-04,High,,,,,,,CLOSED\nV-3,c,2026-05-04,High,,,,,,,n/a\n",
        );
        read_status_columns(&mut known, &[]).unwrap();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(statuses(&known), [text("Open"), text("CLOSED"), None]);
        assert!(known.rows.iter().all(|row| row.extra.is_empty()));
        assert!(known.notes[0].message.contains("`Item Status` is read as the status"));
    }

    #[test]
    fn words_that_nobody_knows_are_asked_about_where_others_say_closed() {
        let odd = "V-1,a,2026-05-04,High,,,,,,,Waits for Bob\n";
        let mut harmless = reading(odd);
        read_status_columns(&mut harmless, &[]).unwrap();
        assert_eq!((statuses(&harmless), harmless.rows[0].extra.len()), (vec![None], 1));
        let both = format!("{odd}V-2,b,2026-05-04,High,,,,,,,Completed\n");
        let error = read_status_columns(&mut reading(&both), &[]).unwrap_err().to_string();
        assert!(error.contains("K3 in the column `Item Status` says closed"), "{error}");
        assert!(error.contains("`Waits for Bob`"), "{error}");
        let bob = StatusMeaning {
            word: "waits for bob".to_owned(),
            status: "deferred".parse().unwrap(),
            closed: false,
        };
        let mut said = reading(&both);
        read_status_columns(&mut said, &[bob]).unwrap();
        assert_eq!(statuses(&said).iter().flatten().count(), 2);
    }
}
