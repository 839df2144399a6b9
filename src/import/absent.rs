//! Items that a document no longer lists.
//!
//! A row that was refused is unknown, not absent: an item that it could be counts as listed. Where it
//! could be any item, nothing is closed.

use chrono::NaiveDate;

use super::candidate::UnreadRow;
use super::identity::MatchIdentity;
use super::matching::{IdNumbering, Pair};
use super::merge::{Conflict, MergeDecisions, Winner, is_work};
use super::plan::Plan;
use super::record::ImportRecord;
use super::register::Register;
use crate::model::{Item, Status};
use crate::nearest::likeness;

/// Number of names that are compared with names of items, together: a document of thousands of
/// refused rows takes seconds. Rows beyond that could be any item.
const MOST_COMPARED: usize = 1_000_000;

/// Least likeness of a readable name to that of an item for a refused row to be the item.
const ALIKE: f64 = 0.6;

/// The open items that a document no longer lists.
pub(super) struct Absent {
    /// Their places.
    pub(super) items: Vec<usize>,
    /// Refused rows that could be any of them.
    pub(super) unknown: usize,
}

/// Closing of items that a document no longer lists.
pub(super) struct AbsentClosing<'a> {
    /// The day of closing.
    pub(super) day: NaiveDate,
    /// The sides that win conflicts.
    pub(super) decisions: &'a MergeDecisions,
    pub(super) record: &'a ImportRecord,
    pub(super) source: &'a str,
}

/// Finds the open items that no row is or could be. Items that no source ever listed are not looked
/// for, nor are those that only other sources listed, once this one has listed any.
pub(super) fn absent_items(
    register: &Register,
    record: &ImportRecord,
    layout: &str,
    items: &[MatchIdentity],
    (pairs, numbering): (&[Option<Pair>], IdNumbering),
    unread: &[UnreadRow],
) -> Absent {
    let any_listed = register.all_items().iter().any(|stored| record.is_listed(&stored.item.id));
    let by_this = record.knows_source(layout);
    let is_expected = |item: &Item| match (any_listed, by_this) {
        (false, _) => true,
        (true, false) => record.is_listed(&item.id),
        (true, true) => record.is_listed_by(&item.id, layout),
    };
    let mut listed = vec![false; items.len()];
    for pair in pairs.iter().flatten() {
        if let Some(listed) = listed.get_mut(pair.item) {
            *listed = true;
        }
    }
    let (mut unknown, mut left) = (0, MOST_COMPARED);
    for row in unread {
        if !find_listed(row, items, numbering, &mut listed, &mut left) {
            unknown += 1;
        }
    }
    let absent = |(place, listed): (usize, &bool)| {
        let stored = register.all_items().get(place)?;
        let open = items.get(place).is_some_and(|item| !item.closed);
        (!listed && open && is_expected(&stored.item)).then_some(place)
    };
    Absent { items: listed.iter().enumerate().filter_map(absent).collect(), unknown }
}

/// Marks the items that a refused row could be; returns whether it can be none but those. `left` counts
/// down the comparisons that may still be made.
fn find_listed(
    row: &UnreadRow,
    items: &[MatchIdentity],
    numbering: IdNumbering,
    listed: &mut [bool],
    left: &mut usize,
) -> bool {
    let kept = numbering != IdNumbering::Changed;
    let holder = row
        .id
        .as_deref()
        .and_then(|id| items.iter().position(|item| item.id.as_deref() == Some(id)));
    let Some(name) = row.name.as_deref() else {
        // An id alone counts as present; of a document that numbers again it states nothing.
        holder.into_iter().for_each(|place| listed[place] = true);
        return holder.is_some() && kept;
    };
    let is_alike = |item: &MatchIdentity| {
        row.can_be(item) && item.faces.iter().any(|face| are_alike(&face.name, name))
    };
    let holder = holder.filter(|_| kept);
    if let Some(holder) = holder {
        listed[holder] = true;
        if items[holder].has_name(name) && row.can_be(&items[holder]) {
            return true;
        }
    }
    let mut found = fitting_places(items, |_, item| item.has_name(name) && row.can_be(item));
    if found.is_empty() && holder.is_none_or(|holder| !is_alike(&items[holder])) {
        if *left < items.len() {
            return false;
        }
        *left -= items.len();
        // What is listed already need not be compared.
        found =
            fitting_places(items, |place, item| !listed[place] && !item.closed && is_alike(item));
    }
    found.into_iter().for_each(|place| listed[place] = true);
    // A name that is like no other is that of a new weakness.
    true
}

fn fitting_places(
    items: &[MatchIdentity],
    fits: impl Fn(usize, &MatchIdentity) -> bool,
) -> Vec<usize> {
    let fitting = items.iter().enumerate().filter(|(place, item)| fits(*place, item));
    fitting.map(|(place, _)| place).collect()
}

fn are_alike(one: &str, other: &str) -> bool {
    let (shorter, longer) = (one.len().min(other.len()), one.len().max(other.len()));
    one == other || (shorter * 5 >= longer * 2 && likeness(one, other) >= ALIKE)
}

impl Plan {
    /// States which open items are no longer listed, and closes them where that is asked for.
    pub(super) fn add_absent(
        &mut self,
        register: &mut Register,
        absent: Absent,
        closing: Option<AbsentClosing<'_>>,
    ) {
        let blocked = absent.unknown > 0 && !absent.items.is_empty();
        if blocked && closing.is_some() {
            self.add_note(&format!(
                "{}, which could be any item that is no longer listed: none of these is closed; mend the rows",
                match absent.unknown {
                    1 => "1 refused row has no known name and no known id".to_owned(),
                    many => format!("{many} refused rows have no known name and no known id"),
                }
            ));
        }
        for place in absent.items {
            let Some(there) = register.all_items().get(place) else { continue };
            let id = there.item.id.clone();
            self.absent.push(id.clone());
            let Some(closing) = closing.as_ref().filter(|_| !blocked) else { continue };
            let last = closing.record.last_row(&id, closing.source);
            let base = last.and_then(|last| last.row_values().get("status")).cloned();
            let status = there.item.status.clone();
            // Nobody works on it because somebody decided so here: that it is not listed does not undo that.
            if !is_work(&status) && base != Some(status.as_str().into()) {
                let decided = closing.decisions.find(&id, "/status");
                self.conflicts.push(Conflict {
                    id: id.clone(),
                    cells: "no row".to_owned(),
                    pointer: "/status".to_owned(),
                    base: base.unwrap_or_default(),
                    theirs: Status::CLOSED.into(),
                    ours: status.as_str().into(),
                    decided,
                });
                if decided != Some(Winner::Theirs) {
                    continue;
                }
            }
            if let Err(reason) = self.close(register, place, closing.day) {
                self.add_note(&format!("{id} stays open: {reason}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::weakness::tests::test_item;
    use super::*;

    #[test]
    fn a_refused_row_is_the_item_of_its_id_or_its_name_or_could_be_any() {
        let kept = IdNumbering::Kept(9);
        let rows = [("V-1", "Open port"), ("V-2", "Weak cipher"), ("V-3", "Weak cipher")];
        let identity =
            |(id, name): (&str, &str)| MatchIdentity::of_row(Some(id), &test_item(id, name), false);
        let items: Vec<MatchIdentity> = rows.into_iter().map(identity).collect();
        for (id, name, numbering, known, expected) in [
            (Some("V-1"), None, kept, true, [true, false, false]),
            (Some("V-1"), None, IdNumbering::Changed, false, [true, false, false]),
            (Some("V-9"), None, kept, false, [false; 3]),
            (None, None, kept, false, [false; 3]),
            (None, Some("weak cipher"), kept, true, [false, true, true]),
            (Some("V-1"), Some("weak cipher"), IdNumbering::Changed, true, [false, true, true]),
            (Some("V-1"), Some("open port 80"), kept, true, [true, false, false]),
            (None, Some("open ports"), kept, true, [true, false, false]),
            (Some("V-9"), Some("unsupported server"), kept, true, [false; 3]),
        ] {
            let row = UnreadRow {
                id: id.map(str::to_owned),
                name: name.map(str::to_owned),
                ..UnreadRow::default()
            };
            let mut listed = vec![false; 3];
            let found = find_listed(&row, &items, numbering, &mut listed, &mut 3);
            assert_eq!((found, listed), (known, expected.to_vec()), "{id:?} {name:?}");
        }
        // Too many to compare: the row could be any item.
        let row = UnreadRow { name: Some("new".into()), ..UnreadRow::default() };
        assert!(!find_listed(&row, &items, kept, &mut [false; 3], &mut 2));
    }
}
