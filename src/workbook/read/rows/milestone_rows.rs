//! Registers with a row for each milestone: the rows of an item become one.

use std::collections::BTreeMap;

use super::{SheetReader, some};
use crate::workbook::field::Field;
use crate::workbook::read::value::{SourceValue, text};
use crate::workbook::read::{SourceCell, parse_date};
use crate::workbook::template_text::normal;

/// The most rows that are read as one item.
const MOST_ROWS: usize = 1000;

impl SheetReader<'_> {
    /// Says which rows went to the item above them.
    pub(super) fn note_joined(&mut self) {
        if !self.joined.is_empty() {
            let rows: Vec<String> = self.joined.iter().map(u32::to_string).collect();
            let message = format!(
                "rows that say no more than another milestone or asset belong to the item above them: {}",
                some(&rows)
            );
            self.note(None, message);
        }
    }

    /// Takes a row as more of an item above it, as the registers have it that give each milestone a
    /// row: one with the same id or none, that says nothing else of the item than the rows before.
    pub(super) fn join(
        &mut self,
        row: u32,
        cells: &BTreeMap<Field, SourceCell>,
        extra: &[(String, SourceCell)],
    ) -> bool {
        let Some(above) = self.item_above(row, cells, extra) else { return false };
        let part = Part::of(cells);
        let first = &mut self.reading.rows[above];
        let parts = self.parts.entry(above).or_insert_with(|| vec![Part::of(&first.cells)]);
        // A row that stands twice says each milestone once.
        if !parts.iter().any(|other| other.says_same(&part)) {
            parts.push(part);
        }
        for (field, cell) in cells.iter().filter(|(field, _)| !field.is_of_milestone()) {
            append(first.cells.entry(*field).or_insert_with(|| cell.clone()), cell);
        }
        for (header, cell) in extra {
            match first.extra.iter_mut().find(|(other, _)| other == header) {
                Some((_, there)) => append(there, cell),
                None => first.extra.push((header.clone(), cell.clone())),
            }
        }
        self.joined.push(row);
        self.sheet.rows_joined += 1;
        true
    }

    /// The place of the item that a row with a milestone belongs to.
    pub(super) fn item_above(
        &self,
        row: u32,
        cells: &BTreeMap<Field, SourceCell>,
        extra: &[(String, SourceCell)],
    ) -> Option<usize> {
        let rows = &self.reading.rows;
        let of_sheet = |place: &usize| rows[*place].sheet == self.sheet.name;
        let last = rows.len().checked_sub(1).filter(of_sheet);
        let follows = || {
            let above = row.checked_sub(1);
            last.is_some_and(|last| Some(rows[last].row) == above)
                || self.joined.last().copied() == above
        };
        let only_milestones = cells.keys().all(|field| field.is_of_milestone());
        if only_milestones && extra.is_empty() {
            return last.filter(|_| !cells.is_empty() && follows());
        }
        let told = |cell: &SourceCell| text(&cell.value).trim().to_owned();
        let place = match cells.get(&Field::PoamId) {
            Some(id) => *self.places.get(&told(id))?,
            None => last.filter(|_| follows())?,
        };
        // As many rows are no list of milestones, and each is compared with those before.
        if self.parts.get(&place).is_some_and(|parts| parts.len() >= MOST_ROWS) {
            return None;
        }
        let first = &rows[place];
        if first.role != self.role_of_rows() {
            return None;
        }
        let has_id = cells.contains_key(&Field::PoamId);
        // A row that says all of it again stands twice.
        let is_whole = cells.keys().eq(first.cells.keys());
        let mut more = cells.keys().any(|field| field.is_of_milestone()) || (has_id && is_whole);
        for (field, cell) in cells.iter().filter(|(field, _)| !field.is_of_milestone()) {
            let same = first.cells.get(field).is_some_and(|there| {
                told(there).lines().any(|line| line == told(cell)) || told(there) == told(cell)
            });
            match field {
                _ if same => {}
                // One item may have a row for each of its assets, too.
                Field::AssetIdentifier | Field::Cve | Field::ServiceName if has_id => more = true,
                _ => return None,
            }
        }
        // The name says that it is the same weakness; a row without one says no other.
        let named = !cells.contains_key(&Field::WeaknessName)
            || first.cells.contains_key(&Field::WeaknessName);
        (more && named).then_some(place)
    }

    /// Writes the milestones of each item that has them in cells of their own as the text of one
    /// cell, an entry each.
    pub(super) fn compose(&mut self) {
        let sheet = &self.sheet.name;
        // With columns for the days or states of milestones, each row says one.
        let own = self.header.fields.values().any(|field| {
            field.is_of_milestone()
                && !matches!(field, Field::PlannedMilestones | Field::MilestoneChanges)
        });
        for (place, row) in self.reading.rows.iter_mut().enumerate() {
            if row.sheet != *sheet {
                continue;
            }
            let parts = self.parts.remove(&place).unwrap_or_else(|| vec![Part::of(&row.cells)]);
            if !own && parts.len() == 1 && parts.iter().all(Part::is_plain) {
                continue;
            }
            for field in
                [Field::MilestoneDueDate, Field::MilestoneStatus, Field::MilestoneCompletionDate]
            {
                row.cells.remove(&field);
            }
            for (field, composed) in [
                (Field::PlannedMilestones, composed(&parts)),
                (Field::MilestoneChanges, lines(parts.iter().map(|part| &part.changes))),
            ] {
                let address = parts.iter().find_map(|part| part.address.clone());
                if let Some(composed) = composed {
                    let address =
                        row.cells.get(&field).map(|cell| cell.address.clone()).or(address);
                    let address = address.unwrap_or_else(|| format!("row {}", row.row));
                    let value = SourceValue::Text(composed);
                    row.cells.insert(field, SourceCell { address, value });
                }
            }
        }
    }
}

/// What one row says of one milestone.
#[derive(Debug, Default)]
pub(super) struct Part {
    address: Option<String>,
    planned: Option<String>,
    changes: Option<String>,
    due: Option<SourceValue>,
    status: Option<String>,
    completed: Option<SourceValue>,
}

impl Part {
    fn of(cells: &BTreeMap<Field, SourceCell>) -> Self {
        let value = |field: Field| {
            let value = cells.get(&field).map(|cell| &cell.value);
            value.filter(|value| !value.is_blank()).cloned()
        };
        let words = |field: Field| value(field).map(|value| text(&value).trim().to_owned());
        let of_milestone = cells.iter().find(|(field, _)| field.is_of_milestone());
        Self {
            address: of_milestone.map(|(_, cell)| cell.address.clone()),
            planned: words(Field::PlannedMilestones),
            changes: words(Field::MilestoneChanges),
            due: value(Field::MilestoneDueDate),
            status: words(Field::MilestoneStatus),
            completed: value(Field::MilestoneCompletionDate),
        }
    }

    /// Returns whether both say the same, wherever they stand.
    fn says_same(&self, other: &Self) -> bool {
        let said = |part: &Self| (part.planned.clone(), part.changes.clone(), part.status.clone());
        said(self) == said(other) && self.due == other.due && self.completed == other.completed
    }

    /// Whether it has no cells of its own for days and state.
    fn is_plain(&self) -> bool {
        self.due.is_none() && self.status.is_none() && self.completed.is_none()
    }
}

/// The milestones of some rows in one text; none where no row says one.
fn composed(parts: &[Part]) -> Option<String> {
    let numbered = |text: &str| {
        text.contains('\n')
            || text.starts_with(|c: char| matches!(c, '(' | '-' | '#') || c.is_ascii_digit())
            || normal(text).starts_with("milestone ")
    };
    let planned = || parts.iter().filter_map(|part| part.planned.as_deref());
    if parts.iter().all(Part::is_plain) && planned().all(numbered) {
        return lines(parts.iter().map(|part| &part.planned));
    }
    let mut entries = Vec::new();
    for part in parts {
        let words = part.planned.as_deref().unwrap_or_default();
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let day = |value: &SourceValue| {
            parse_date(value).map_or_else(|_| text(value).trim().to_owned(), |day| day.to_string())
        };
        let due = part.due.as_ref().map(day);
        let is_day = part.due.as_ref().is_some_and(|value| parse_date(value).is_ok());
        if words.is_empty() && due.is_none() && part.is_plain() {
            continue;
        }
        let mut entry = format!("{}) ", entries.len() + 1);
        if let Some(due) = due.as_ref().filter(|_| is_day) {
            entry.push_str(&format!("{due}: "));
        }
        entry.push_str(&words);
        if let Some(due) = due.filter(|_| !is_day) {
            entry.push_str(&format!(" (due {due})"));
        }
        match (&part.completed, &part.status) {
            (Some(completed), _) => entry.push_str(&format!(" - completed {}", day(completed))),
            (None, Some(status)) => entry.push_str(&format!(" - {status}")),
            (None, None) => {}
        }
        entries.push(entry);
    }
    Some(entries.join("\n")).filter(|text| !text.is_empty())
}

/// Some texts, a line each; none where there are none.
fn lines<'a>(texts: impl Iterator<Item = &'a Option<String>>) -> Option<String> {
    let texts: Vec<&str> = texts.flatten().map(String::as_str).collect();
    Some(texts.join("\n")).filter(|text| !text.is_empty())
}

/// Adds the text of a cell to another on a line of its own, unless it stands there.
pub(super) fn append(there: &mut SourceCell, cell: &SourceCell) {
    let (known, more) = (text(&there.value), text(&cell.value));
    if !known.lines().any(|line| line == more) && known != more {
        there.value = SourceValue::Text(format!("{known}\n{more}"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{read, text_value};
    use super::*;

    #[test]
    fn a_row_that_stands_twice_is_one_item_with_its_milestones_once() {
        let row = |number: u32, name: &str| {
            [("B", "P-1"), ("D", name), ("L", "2026-05-04"), ("AC", "(1) 2026-12-15: Enrol")]
                .map(|(column, text)| (format!("{column}{number}"), text_value(text)))
        };
        let mut cells = vec![("AC5".to_owned(), text_value("Planned Milestones"))];
        cells.extend(row(6, "No MFA"));
        cells.extend(row(7, "No MFA"));
        let cells: Vec<(&str, SourceValue)> =
            cells.iter().map(|(at, value)| (at.as_str(), value.clone())).collect();
        let reading = read(&cells, false);
        assert_eq!((reading.rows.len(), reading.sheets[0].rows_joined), (1, 1));
        let planned = &reading.rows[0].cells[&Field::PlannedMilestones].value;
        assert_eq!(text(planned), "(1) 2026-12-15: Enrol");
    }

    #[test]
    fn a_row_for_each_milestone_is_one_item() {
        let head = [
            ("AC5", text_value("Planned Milestones")),
            ("AD5", text_value("milestone_due")),
            ("AE5", text_value("Milestone Status")),
        ];
        let rows = |second: &[(&str, &str)]| {
            let mut cells: Vec<(&str, SourceValue)> = head.to_vec();
            for (at, text) in [
                ("B6", "P-1"),
                ("D6", "No MFA"),
                ("AC6", "Enrol the login nodes"),
                ("AD6", "2026-12-15"),
                ("AE6", "Completed"),
            ]
            .iter()
            .chain(second)
            {
                cells.push((at, text_value(text)));
            }
            read(&cells, false)
        };
        let two = [("AC7", "Test the batch jobs"), ("AD7", "2027-01-30")];
        for naming in
            [&[("B7", "P-1"), ("D7", "No MFA")][..], &[("D7", "No MFA")], &[("B7", "P-1")], &[]]
        {
            let reading = rows(&[naming, &two].concat());
            assert_eq!(reading.rows.len(), 1, "{naming:?}");
            assert_eq!(
                text(&reading.rows[0].cells[&Field::PlannedMilestones].value),
                "1) 2026-12-15: Enrol the login nodes - Completed\n2) 2027-01-30: Test the batch jobs"
            );
            assert_eq!(reading.sheets[0].rows_joined, 1);
        }
        // What says something else of the item is no more of it.
        for other in [
            &[("B7", "P-1"), ("D7", "Other"), ("AC7", "x")][..],
            &[("B7", "P-1"), ("D7", "No MFA"), ("R7", "High"), ("AC7", "x")],
            &[("B7", "P-2"), ("D7", "No MFA"), ("AC7", "x")],
            &[("B7", "P-1"), ("D7", "No MFA")],
        ] {
            assert_eq!(rows(other).rows.len(), 2, "{other:?}");
        }
        let assets = rows(&[("B7", "P-1"), ("D7", "No MFA"), ("H6", "web-1"), ("H7", "web-2")]);
        let cell = &assets.rows[0].cells[&Field::AssetIdentifier];
        assert_eq!((assets.rows.len(), text(&cell.value).as_str()), (1, "web-1\nweb-2"));
    }
}
