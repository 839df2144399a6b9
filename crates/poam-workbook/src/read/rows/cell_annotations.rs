//! Comments and links of cells: each goes to the item of its row.

use std::collections::BTreeMap;

use super::milestone_rows::append_text;
use super::{SheetReader, list_first};
use crate::address::{CellAddress, column_letters};
use crate::field::Field;
use crate::read::SourceCell;
use crate::read::annotations::{self, AnnotationKind};
use crate::read::value::{SourceValue, to_text};

impl SheetReader<'_> {
    /// Returns the comments and links of a row, each as a cell of a column of its own. A link that
    /// the text of its cell states is left out.
    pub(super) fn take_annotations(
        &mut self,
        row: u32,
        known: &BTreeMap<Field, SourceCell>,
        extra: &[(String, SourceCell)],
    ) -> Vec<(String, SourceCell)> {
        let at = |row: u32| (CellAddress { row, column: 0 }, AnnotationKind::Comment);
        let mut rest = self.annotations.split_off(&at(row));
        self.annotations.append(&mut rest.split_off(&at(row + 1)));
        let mut taken: Vec<(String, SourceCell)> = Vec::new();
        for ((place, kind), said) in rest {
            let address = place.to_string();
            let mut cells = known.values().chain(extra.iter().map(|(_, cell)| cell));
            let cell = cells.find(|cell| cell.address == address);
            if kind == AnnotationKind::Link
                && annotations::contains_target(cell.map(|cell| &cell.value), &said)
            {
                continue;
            }
            let column = match self.header.fields.get(&place.column) {
                Some(field) => field.name().to_owned(),
                None => match self.header.others.get(&place.column) {
                    Some(header) => header.clone(),
                    None => format!("column {}", column_letters(place.column)),
                },
            };
            let header = format!("{}{column}", kind.column_prefix());
            taken.push((header, SourceCell { address, value: SourceValue::Text(said) }));
        }
        self.annotated.extend(taken.iter().map(|(_, cell)| cell.address.clone()));
        taken
    }

    /// Gives the comments of a row to the item that it belongs to, beside those that it has.
    pub(super) fn joined_annotations(
        &mut self,
        known: &BTreeMap<Field, SourceCell>,
        annotated: Vec<(String, SourceCell)>,
    ) {
        let id = known.get(&Field::PoamId).map(|cell| to_text(&cell.value).trim().to_owned());
        let place = id.and_then(|id| self.places.get(&id).copied()).or(self.joined_to);
        let Some(row) = place.and_then(|place| self.reading.rows.get_mut(place)) else { return };
        for (header, cell) in annotated {
            match row.extra.iter_mut().find(|(other, _)| *other == header) {
                Some((_, there)) => append_text(there, &cell),
                None => row.extra.push((header, cell)),
            }
        }
    }

    /// Puts the comments of a row that is no item back to those that nobody has.
    pub(super) fn give_back(&mut self, taken: Vec<(String, SourceCell)>) {
        for (header, cell) in taken {
            self.annotated.retain(|address| *address != cell.address);
            let link = header.starts_with(AnnotationKind::Link.column_prefix());
            let kind = if link { AnnotationKind::Link } else { AnnotationKind::Comment };
            if let Ok(at) = cell.address.parse() {
                self.annotations.insert((at, kind), to_text(&cell.value));
            }
        }
    }

    /// States what became of comments and links.
    pub(super) fn note_annotations(&mut self) {
        if !self.annotated.is_empty() {
            let message = format!(
                "comments and links on cells go to the item of their row, under `extra`: {}",
                list_first(&self.annotated)
            );
            self.add_note(None, message);
        }
        let left: Vec<String> = std::mem::take(&mut self.annotations)
            .into_iter()
            .map(|((at, _), text)| format!("{at} `{}`", shorten_text(&text)))
            .collect();
        if !left.is_empty() {
            let message = format!(
                "comments and links on cells of no item are left out: {}",
                list_first(&left)
            );
            self.add_note(None, message);
        }
    }
}

/// Returns the start of a text, on one line.
fn shorten_text(text: &str) -> String {
    const LONGEST: usize = 80;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
