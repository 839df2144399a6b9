//! Rows between and below items: titles of another part of the table, totals, remarks.

use std::collections::BTreeMap;

use super::super::recognise::{HeaderForm, role_in_title};
use super::super::value::to_text;
use super::super::{SourceCell, SourceValue};
use super::SheetReader;
use crate::address::CellAddress;
use crate::field::Field;
use crate::read::grid::Cells;

/// Longer texts are no titles.
const LONGEST_TITLE: usize = 60;
/// From how many words on a text alone in its row is a remark, and no id.
const REMARK: usize = 3;
/// First words of rows that count others.
const TOTALS: [&str; 6] = ["total", "totals", "subtotal", "sum", "count", "grand"];

impl SheetReader<'_> {
    /// Begins another part of the table where a row is a title that states what the rows below it are:
    /// `Closed items`. Where a person states what the sheet is for, that counts for all of its rows.
    pub(super) fn begin_section(&mut self, row: u32, cells: &Cells) -> bool {
        let mut filled = cells.iter().filter(|(_, value)| !value.is_blank());
        let (Some((column, SourceValue::Text(title))), None) = (filled.next(), filled.next())
        else {
            return false;
        };
        let title = title.trim();
        let field = self.header.fields.get(column);
        let is_value = self.header.others.contains_key(column)
            || !matches!(field, None | Some(Field::PoamId | Field::WeaknessName));
        if is_value || self.header.form != HeaderForm::Items || title.len() > LONGEST_TITLE {
            return false;
        }
        let Some(role) = role_in_title(title) else { return false };
        let at = CellAddress { row, column: *column };
        let is_said = self.options.of_sheet(&self.sheet.name).is_some();
        let message = match is_said {
            true => format!("`{title}` in {at} is the title of rows; --sheet says what they are"),
            false => format!("the rows below `{title}` in {at} are read as {role} items"),
        };
        if !is_said {
            self.section = Some(role);
        }
        self.add_note(Some(row), message);
        true
    }

    /// Leaves out a row that counts other rows, or that is a remark below them, and states so.
    pub(super) fn leave_out_total(
        &mut self,
        row: u32,
        known: &BTreeMap<Field, SourceCell>,
        extra: &[(String, SourceCell)],
    ) -> bool {
        let says = [
            Field::WeaknessDescription,
            Field::OriginalDetectionDate,
            Field::OriginalRiskRating,
            Field::DetectorSource,
        ];
        if says.iter().any(|field| known.contains_key(field))
            || self.header.form != HeaderForm::Items
        {
            return false;
        }
        let first = match (known.get(&Field::PoamId), known.get(&Field::WeaknessName)) {
            (Some(cell), None) | (None, Some(cell)) => cell,
            _ => return false,
        };
        let words = to_text(&first.value).to_lowercase();
        let mut words = words.split_whitespace();
        let first_word = words.next().unwrap_or_default().trim_end_matches([':', '=']);
        let is_remark = known.contains_key(&Field::PoamId)
            && known.len() + extra.len() == 1
            && words.count() + 1 >= REMARK;
        if !TOTALS.contains(&first_word) && !is_remark {
            return false;
        }
        if is_remark && self.section.is_some() {
            let place = format!("`{}` in {}", to_text(&first.value).trim(), first.address);
            self.remark_in_section = Some(place);
        }
        let cells = known.values().chain(extra.iter().map(|(_, cell)| cell));
        let cells: Vec<&str> = cells.map(|cell| cell.address.as_str()).collect();
        let message = format!("a total or remark, and no item, left out: {}", cells.join(", "));
        self.add_note(Some(row), message);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{read, text_value};
    use crate::layout::SheetRole;

    #[test]
    fn a_title_among_rows_says_what_those_below_it_are() {
        let cells = [
            ("B6", text_value("V-1")),
            ("D6", text_value("Open port")),
            ("B7", text_value("Closed Items")),
            ("B8", text_value("V-2")),
            ("D8", text_value("Weak cipher")),
        ];
        let reading = read(&cells, false);
        let roles: Vec<SheetRole> = reading.rows.iter().map(|row| row.role).collect();
        assert_eq!(roles, [SheetRole::Open, SheetRole::Closed]);
        assert_eq!(reading.notes[0].row, Some(7));
        assert_eq!(
            reading.notes[0].message,
            "the rows below `Closed Items` in B7 are read as closed items"
        );
        // In an item's row it is a text like any other.
        let cells =
            [("B6", text_value("V-1")), ("D6", text_value("Closed")), ("B7", text_value("V-2"))];
        let reading = read(&cells, false);
        assert!(reading.rows.iter().all(|row| row.role == SheetRole::Open));
    }

    #[test]
    fn a_remark_is_no_title() {
        for remark in [
            "Closed in error last month, still open",
            "Resolved by next release",
            "Closed?",
            "Closed: 0",
            "Open since 2024",
            "Not yet closed",
        ] {
            let cells = [
                ("B6", text_value("V-1")),
                ("D6", text_value("Open port")),
                ("B7", text_value(remark)),
                ("B8", text_value("V-2")),
                ("D8", text_value("Weak cipher")),
            ];
            let reading = read(&cells, false);
            let is_open = |row: &crate::read::SourceRow| row.role == SheetRole::Open;
            assert!(reading.rows.iter().all(is_open), "{remark}");
        }
    }

    #[test]
    fn a_remark_below_a_title_leaves_open_what_follows() {
        let cells = [
            ("B6", text_value("Closed Items")),
            ("B7", text_value("V-1")),
            ("D7", text_value("Open port")),
            ("B8", text_value("Previously closed, now reopened")),
            ("B9", text_value("V-2")),
            ("D9", text_value("Weak cipher")),
        ];
        let error = super::super::tests::try_read(&cells).unwrap_err().to_string();
        assert!(error.contains("`Previously closed, now reopened` in B8"), "{error}");
        assert!(error.contains("--sheet"), "{error}");
        // Below the last item it is only a remark.
        assert_eq!(super::super::tests::try_read(&cells[..4]).unwrap().rows.len(), 1);
    }

    #[test]
    fn totals_and_remarks_are_no_items() {
        for (at, words, left_out) in [
            ("B7", "Total: 1", true),
            ("D7", "Total open", true),
            ("B7", "Prepared by the security team", true),
            ("B7", "V-2", false),
            ("D7", "Total loss of logs", true),
        ] {
            let cells = [
                ("B6", text_value("V-1")),
                ("D6", text_value("Open port")),
                (at, text_value(words)),
            ];
            let reading = read(&cells, false);
            assert_eq!(reading.rows.len(), if left_out { 1 } else { 2 }, "{words}");
            let said = reading.notes.iter().any(|note| note.message.contains(at));
            assert_eq!(said, left_out, "{words}: {:?}", reading.notes);
        }
        // A weakness whose name begins so is one.
        let cells = [
            ("B6", text_value("V-1")),
            ("D6", text_value("Total loss of logs")),
            ("L6", text_value("2026-05-04")),
        ];
        assert_eq!(read(&cells, false).rows.len(), 1);
    }
}
