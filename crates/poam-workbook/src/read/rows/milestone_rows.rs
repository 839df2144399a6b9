//! Registers with a row for each milestone: the rows of an item become one.

use std::collections::BTreeMap;

use super::{SheetReader, list_first};
use crate::field::Field;
use crate::read::recognise::HeaderForm;
use crate::read::value::{SourceValue, to_text};
use crate::read::{SourceCell, parse_date};
use crate::template_text::normalize_text;

/// The most rows that are read as one item.
const MOST_ROWS: usize = 1000;

impl SheetReader<'_> {
    /// States which rows went to the item above them.
    pub(super) fn note_joined(&mut self) {
        if !self.joined.is_empty() {
            let rows: Vec<String> = self.joined.iter().map(u32::to_string).collect();
            let message = format!(
                "rows that say no more than another milestone or asset belong to the item above them: {}",
                list_first(&rows)
            );
            self.add_note(None, message);
        }
    }

    /// Takes a row as more of an item above it, as the registers have it that give each milestone a
    /// row: one with the same id or none, that states nothing else of the item than the rows before.
    pub(super) fn join_row(
        &mut self,
        row: u32,
        cells: &BTreeMap<Field, SourceCell>,
        extra: &[(String, SourceCell)],
    ) -> bool {
        let Some(above) = self.item_above(row, cells, extra) else { return false };
        self.joined_to = Some(above);
        let part = MilestonePart::read(cells);
        let first = &mut self.reading.rows[above];
        let parts =
            self.parts.entry(above).or_insert_with(|| vec![MilestonePart::read(&first.cells)]);
        // A row that is twice states each milestone once.
        if !parts.iter().any(|other| other.says_same(&part)) {
            parts.push(part);
        }
        for (field, cell) in cells.iter().filter(|(field, _)| !field.is_of_milestone()) {
            append_text(first.cells.entry(*field).or_insert_with(|| cell.clone()), cell);
        }
        for (header, cell) in extra {
            match first.extra.iter_mut().find(|(other, _)| other == header) {
                Some((_, there)) => append_text(there, cell),
                None => first.extra.push((header.clone(), cell.clone())),
            }
        }
        self.joined.push(row);
        self.sheet.rows_joined += 1;
        true
    }

    /// Returns the place of the item that a row with a milestone belongs to.
    pub(super) fn item_above(
        &self,
        row: u32,
        cells: &BTreeMap<Field, SourceCell>,
        extra: &[(String, SourceCell)],
    ) -> Option<usize> {
        let rows = &self.reading.rows;
        let of_sheet = |place: &usize| rows[*place].sheet == self.sheet.name;
        let last = rows.len().checked_sub(1).filter(of_sheet);
        // The row above may be more of an item further up.
        let above = row.checked_sub(1);
        let joined =
            self.joined_to.filter(|_| above.is_some() && self.joined.last().copied() == above);
        let directly = joined.or_else(|| last.filter(|last| Some(rows[*last].row) == above));
        let only_milestones = cells.keys().all(|field| field.is_of_milestone());
        if only_milestones && extra.is_empty() {
            return directly.filter(|_| !cells.is_empty());
        }
        let place = match cells.get(&Field::PoamId) {
            Some(id) => *self.places.get(&trimmed_cell(id))?,
            None => directly?,
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
        // A row that states all of it again is twice.
        let is_whole = cells.keys().eq(first.cells.keys());
        let mut more = cells.keys().any(|field| field.is_of_milestone()) || (has_id && is_whole);
        for (field, cell) in cells.iter().filter(|(field, _)| !field.is_of_milestone()) {
            let same = first.cells.get(field).is_some_and(|there| {
                trimmed_cell(there).lines().any(|line| line == trimmed_cell(cell))
                    || trimmed_cell(there) == trimmed_cell(cell)
            });
            match field {
                _ if same => {}
                // One item may have a row for each of its assets, too.
                Field::AssetIdentifier | Field::Cve | Field::ServiceName if has_id => more = true,
                _ => return None,
            }
        }
        // The name states that it is the same weakness; a row without one states no other.
        let named = !cells.contains_key(&Field::WeaknessName)
            || first.cells.contains_key(&Field::WeaknessName);
        (more && named).then_some(place)
    }

    /// Writes the milestones of each item that has them in cells of their own as the text of one
    /// cell, an entry each.
    pub(super) fn compose_milestones(&mut self) {
        if self.header.form == HeaderForm::Emass {
            return;
        }
        let sheet = &self.sheet.name;
        // With columns for the days or states of milestones, each row states one.
        let own = self.header.fields.values().any(|field| {
            field.is_of_milestone()
                && !matches!(field, Field::PlannedMilestones | Field::MilestoneChanges)
        });
        for (place, row) in self.reading.rows.iter_mut().enumerate() {
            if row.sheet != *sheet {
                continue;
            }
            let parts =
                self.parts.remove(&place).unwrap_or_else(|| vec![MilestonePart::read(&row.cells)]);
            if !own && parts.len() == 1 && parts.iter().all(MilestonePart::is_plain) {
                continue;
            }
            for field in
                [Field::MilestoneDueDate, Field::MilestoneStatus, Field::MilestoneCompletionDate]
            {
                row.cells.remove(&field);
            }
            for (field, composed) in [
                (Field::PlannedMilestones, compose_parts(&parts)),
                (Field::MilestoneChanges, join_lines(parts.iter().map(|part| &part.changes))),
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

fn trimmed_cell(cell: &SourceCell) -> String {
    to_text(&cell.value).trim().to_owned()
}

/// Values of one milestone in one row.
#[derive(Debug, Default)]
pub(super) struct MilestonePart {
    address: Option<String>,
    planned: Option<String>,
    changes: Option<String>,
    due: Option<SourceValue>,
    status: Option<String>,
    completed: Option<SourceValue>,
}

impl MilestonePart {
    fn read(cells: &BTreeMap<Field, SourceCell>) -> Self {
        let value = |field: Field| {
            let value = cells.get(&field).map(|cell| &cell.value);
            value.filter(|value| !value.is_blank()).cloned()
        };
        let words = |field: Field| value(field).map(|value| to_text(&value).trim().to_owned());
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

    /// Returns whether both state the same, wherever they are.
    fn says_same(&self, other: &Self) -> bool {
        let said = |part: &Self| (part.planned.clone(), part.changes.clone(), part.status.clone());
        said(self) == said(other) && self.due == other.due && self.completed == other.completed
    }

    /// Returns whether it has no cells of its own for days and state.
    fn is_plain(&self) -> bool {
        self.due.is_none() && self.status.is_none() && self.completed.is_none()
    }
}

/// Returns the milestones of some rows in one text; none where no row states one.
fn compose_parts(parts: &[MilestonePart]) -> Option<String> {
    let planned = || parts.iter().filter_map(|part| part.planned.as_deref());
    if parts.iter().all(MilestonePart::is_plain) && planned().all(is_numbered) {
        return join_lines(parts.iter().map(|part| &part.planned));
    }
    let mut entries = Vec::new();
    for part in parts {
        let words = part.planned.as_deref().unwrap_or_default();
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let due = part.due.as_ref().map(day_or_text);
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
            (Some(completed), _) => {
                entry.push_str(&format!(" - completed {}", day_or_text(completed)))
            }
            (None, Some(status)) => entry.push_str(&format!(" - {status}")),
            (None, None) => {}
        }
        entries.push(entry);
    }
    Some(entries.join("\n")).filter(|text| !text.is_empty())
}

fn is_numbered(text: &str) -> bool {
    text.contains('\n')
        || text.starts_with(|c: char| matches!(c, '(' | '-' | '#') || c.is_ascii_digit())
        || normalize_text(text).starts_with("milestone ")
}

fn day_or_text(value: &SourceValue) -> String {
    parse_date(value).map_or_else(|_| to_text(value).trim().to_owned(), |day| day.to_string())
}

/// Joins some texts, a line each; none where there are none.
fn join_lines<'a>(texts: impl Iterator<Item = &'a Option<String>>) -> Option<String> {
    let texts: Vec<&str> = texts.flatten().map(String::as_str).collect();
    Some(texts.join("\n")).filter(|text| !text.is_empty())
}

/// Adds the text of a cell to another on a line of its own, unless it is there.
pub(super) fn append_text(there: &mut SourceCell, cell: &SourceCell) {
    let (known, more) = (to_text(&there.value), to_text(&cell.value));
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
        assert_eq!(to_text(planned), "(1) 2026-12-15: Enrol");
    }

    #[test]
    fn a_row_without_id_belongs_to_the_item_of_the_row_above_it() {
        let cells = [
            ("AC5", "Planned Milestones"),
            ("B6", "R-1"),
            ("D6", "Weak TLS"),
            ("AC6", "Identify hosts"),
            ("B7", "R-2"),
            ("D7", "Old kernel"),
            ("AC7", "Patch kernel"),
            ("B8", "R-1"),
            ("AC8", "Disable TLS 1.0"),
            ("AC9", "Re-scan"),
        ]
        .map(|(at, text)| (at, text_value(text)));
        let reading = read(&cells, false);
        let planned =
            |place: usize| to_text(&reading.rows[place].cells[&Field::PlannedMilestones].value);
        assert_eq!(reading.rows.len(), 2);
        assert_eq!(planned(0), "1) Identify hosts\n2) Disable TLS 1.0\n3) Re-scan");
        assert_eq!(planned(1), "Patch kernel");
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
                to_text(&reading.rows[0].cells[&Field::PlannedMilestones].value),
                "1) 2026-12-15: Enrol the login nodes - Completed\n2) 2027-01-30: Test the batch jobs"
            );
            assert_eq!(reading.sheets[0].rows_joined, 1);
        }
        // A row that states something else of the item is no more of it.
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
        assert_eq!((assets.rows.len(), to_text(&cell.value).as_str()), (1, "web-1\nweb-2"));
    }
}
