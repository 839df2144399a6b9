//! Candidates: what a document states of weaknesses, before it is known which items they are.
//!
//! Every source ends here: its rows become [`Candidate`]s, or [`UnreadRow`]s that are refused. What
//! follows (matching, merging, the plan) knows nothing of sheets and cells.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::identity::MatchIdentity;
use super::own;
use super::plan::ImportOptions;
use super::planner::row_name;
use super::register::Register;
use super::row::{complete_assumed, first_cell, id_of, place_of, with_id};
use super::row_cells::RowCells;
use super::submission::Submission;
use super::weakness::plain_text;
use crate::exchange::{Assumed, Imported, NameList, Refused, item, says_only_not_closed};
use crate::model::{Item, ItemId, Status};
use crate::workbook::{Field, SheetRole, SourceRow, cell_text, parse_date};

/// Weakness that a row describes.
pub(super) struct Candidate {
    /// The item that was read, with what was retained as text and the day of its last change.
    pub(super) imported: Imported,
    /// Whether the id was made up, because the row has none.
    pub(super) without_id: bool,
    /// Whether the row distinguishes all statuses, and not only closed from not closed.
    pub(super) exact_status: bool,
    /// Whether it is among what is open.
    pub(super) is_open: bool,
    /// The sheet and the number of the row.
    pub(super) sheet: String,
    pub(super) row: u32,
    /// Name of the row in a record: sheet and number.
    pub(super) place: String,
    /// The first cell of the row, or the pointer to the item.
    pub(super) cell: String,
    /// Whether it is an item of a document that has no rows.
    pub(super) is_listed: bool,
    /// The addresses of its cells.
    pub(super) cells: RowCells,
}

impl Candidate {
    /// The id in the source.
    pub(super) fn source_id(&self) -> Option<&ItemId> {
        Some(&self.imported.item.id).filter(|_| !self.without_id)
    }

    /// The item that was read.
    pub(super) fn read_item(&self) -> &Item {
        &self.imported.item
    }

    /// The refusal of the row.
    pub(super) fn refuse_row(&self, reason: String) -> Refused {
        Refused { sheet: self.sheet.clone(), cell: self.cell.clone(), reason }
    }
}

/// Readable parts of a row that was refused.
#[derive(Debug, Default)]
pub(super) struct UnreadRow {
    pub(super) id: Option<String>,
    /// The name of the weakness, as names are compared.
    pub(super) name: Option<String>,
    /// The assets, as they are compared.
    pub(super) assets: BTreeSet<String>,
    /// The day of detection.
    pub(super) detected: Option<NaiveDate>,
    /// Whether it is among what is closed.
    pub(super) closed: bool,
}

impl UnreadRow {
    fn read(row: &SourceRow) -> Self {
        let text = |field: Field| row.cells.get(&field).map(|cell| cell_text(&cell.value));
        let assets = text(Field::AssetIdentifier).unwrap_or_default();
        let assets = NameList::read(&assets).names.into_iter().map(|asset| plain_text(&asset));
        let detected = row.cells.get(&Field::OriginalDetectionDate);
        Self {
            id: id_of(row).map(|id| id.to_string()),
            name: text(Field::WeaknessName)
                .map(|name| plain_text(&name))
                .filter(|name| !name.is_empty()),
            assets: assets.collect(),
            detected: detected.and_then(|cell| parse_date(&cell.value).ok()),
            closed: row.role == SheetRole::Closed,
        }
    }

    /// Returns the known facts of an item that was refused, once it was read.
    fn of_item(item: &Result<Imported, Refused>) -> Self {
        let Ok(Imported { item, .. }) = item else { return Self::default() };
        Self {
            id: Some(item.id.to_string()),
            name: Some(plain_text(&item.weakness_name)),
            assets: item.assets.iter().map(|asset| plain_text(asset)).collect(),
            detected: Some(item.original_detection_date),
            closed: item.status == *Status::CLOSED,
        }
    }

    /// Returns whether the row can be an item with a name that it has: nothing states that it is on
    /// other assets.
    pub(super) fn can_be(&self, item: &MatchIdentity) -> bool {
        let on_others = |assets: &BTreeSet<String>| {
            !assets.is_empty() && !self.assets.is_empty() && assets.is_disjoint(&self.assets)
        };
        item.faces.iter().any(|face| !on_others(&face.assets))
    }

    /// Returns the differences that speak against a match of the row and an item with its name:
    /// another day of detection, the other side.
    pub(super) fn match_difference(&self, item: &MatchIdentity) -> (bool, bool) {
        let other_day =
            self.detected.is_some_and(|day| item.faces.iter().all(|face| face.detected != day));
        (other_day, self.closed != item.closed)
    }
}

/// The rows of a document.
pub(super) struct Candidates {
    pub(super) read: Vec<Candidate>,
    pub(super) unread: Vec<UnreadRow>,
    pub(super) refused: Vec<Refused>,
}

/// Reads the rows or items of a document.
pub(super) fn read_candidates(
    submission: &Submission,
    register: &Register,
    options: &ImportOptions,
) -> Candidates {
    let reads_plan_lists = submission.reading.plans_hold_milestones();
    let document_day = Some(submission.dated.map_or(options.today, |dated| dated.day));
    let assumed = Assumed { reads_plan_lists, document_day, ..options.assumed.clone() };
    let mut found = Candidates {
        read: Vec::with_capacity(submission.len()),
        unread: Vec::new(),
        refused: Vec::new(),
    };
    let mut seen: BTreeMap<ItemId, String> = BTreeMap::new();
    let rows = submission.reading.rows.iter();
    let rows = rows.map(|row| (read_row(row, register, options, &assumed), UnreadRow::read(row)));
    let items = submission.listed.iter().zip(1..);
    let items = items.map(|((place, item), number)| {
        (listed_candidate(&submission.source, place, number, item), UnreadRow::of_item(item))
    });
    for (candidate, unread) in rows.chain(items) {
        let candidate = candidate.and_then(|candidate| {
            let id = &candidate.read_item().id;
            match seen.get(id) {
                Some(first) => Err(candidate.refuse_row(format!(
                    "the id `{id}` stands in {first} too: rows for one item may differ in milestones, assets and \
                     CVEs alone; where this is another weakness, give it another id"
                ))),
                None => Ok(candidate),
            }
        });
        match candidate {
            Ok(candidate) => {
                let place = format!("{}!{}", candidate.sheet, candidate.cell);
                seen.insert(candidate.read_item().id.clone(), place);
                found.read.push(candidate);
            }
            Err(refused) => {
                found.unread.push(unread);
                found.refused.push(refused);
            }
        }
    }
    found
}

/// An item of a document without rows. Its words distinguish all statuses but the two that every form
/// has.
fn listed_candidate(
    source: &str,
    place: &str,
    number: u32,
    item: &Result<Imported, Refused>,
) -> Result<Candidate, Refused> {
    let refused = |refused: &Refused| Refused {
        sheet: source.to_owned(),
        cell: place.to_owned(),
        reason: refused.reason.clone(),
    };
    let imported = item.as_ref().map_err(refused)?.clone();
    let status = &imported.item.status;
    let is_open = *status != *Status::CLOSED;
    let exact_status = is_open && *status != *Status::OPEN;
    Ok(Candidate {
        imported,
        without_id: false,
        exact_status,
        is_open,
        sheet: source.to_owned(),
        row: number,
        place: row_name(source, place),
        cell: place.to_owned(),
        is_listed: true,
        cells: RowCells::of_place(source, place),
    })
}

fn read_row(
    row: &SourceRow,
    register: &Register,
    options: &ImportOptions,
    assumed: &Assumed,
) -> Result<Candidate, Refused> {
    let without_id = options.assign_ids && !row.cells.contains_key(&Field::PoamId);
    // The same id can be another weakness.
    let name = row.cells.get(&Field::WeaknessName).map(|cell| cell_text(&cell.value));
    let same =
        |item: &&Item| name.as_ref().is_some_and(|name| name.trim() == item.weakness_name.trim());
    let is_emass = row.milestones.is_some();
    let there = |id: &ItemId| {
        let other = || register.find_emass_id(id.as_str()).filter(|_| is_emass);
        register.find(id).filter(|stored| same(&&stored.item)).or_else(other).map(|it| &it.item)
    };
    let assumed = complete_assumed(row, there, assumed);
    let mut imported = match without_id {
        true => item(&with_id(row), &assumed, options.today)?,
        false => item(row, &assumed, options.today)?,
    };
    let there = register.find(&imported.item.id.clone());
    own::take_own(&options.own, row, &mut imported, there);
    let status = row.cells.get(&Field::Status);
    let exact_status =
        status.is_some_and(|cell| !says_only_not_closed(&cell.value, &imported.item.status));
    Ok(Candidate {
        imported,
        without_id,
        exact_status,
        is_open: row.role == SheetRole::Open,
        sheet: row.sheet.clone(),
        row: row.row,
        place: place_of(row),
        cell: first_cell(row),
        is_listed: false,
        cells: RowCells::of_row(row),
    })
}
