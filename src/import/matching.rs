//! Pairs rows of a document with items of the tracker, each at most once.
//!
//! An item is known by everything that its source ever said of it: its last id there, earlier ids,
//! names and identifiers. The order of the steps decides who gets an item: what is the same in
//! everything, then what has the same name, then what has a corrected name. Whether an id that is
//! the same counts before the fingerprint depends on the document: [`Numbering`] compares the ids of
//! rows that are surely known.

mod corrected;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;

use super::candidate::UnreadRow;
use super::identity::Identity;
use super::weakness::{FingerprintKey, Weakness};

/// By what rows are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Match {
    /// By id where it still is the same weakness, else by fingerprint.
    #[default]
    Auto,
    /// By id alone.
    Id,
    /// By fingerprint alone: the source numbers anew each time.
    Fingerprint,
}

/// The score from which fingerprints that differ somewhere count as the same weakness.
pub const LEAST_SCORE: f64 = 0.75;

/// The most pairs of rows and items of one name that are compared with each other.
const MOST_PAIRS: usize = 250_000;

/// So many rows must have kept their ids before an id alone tells a weakness whose name is another.
const ENOUGH_KEPT: usize = 3;

/// By what a row was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Its id.
    Id,
    /// Everything else that it says of the weakness.
    Fingerprint,
}

impl By {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Fingerprint => "fingerprint",
        }
    }
}

/// The item that a row is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    /// Place of the item.
    pub(super) item: usize,
    pub(super) by: By,
    /// How much the fingerprints say the same, 0 to 1.
    pub(super) score: f64,
    /// Whether others say exactly the same, so that only the order tells them apart.
    pub(super) by_order: bool,
}

/// Whether a document gives the items the ids that they had in the document before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbering {
    /// The ids are the same, in so many rows that are surely known.
    Kept(usize),
    /// The source numbers its rows anew.
    Changed,
}

/// What was found for each row.
pub(super) struct Pairs {
    pub(super) rows: Vec<Option<Pair>>,
    pub(super) numbering: Numbering,
    /// The item that has the id of each row.
    holders: Vec<Option<usize>>,
}

impl Pairs {
    /// Rows with the id of another item in a document that keeps its ids.
    pub(super) fn slips(&self) -> HashSet<usize> {
        let is_slip = |(pair, holder): (&Option<Pair>, &Option<usize>)| match (pair, holder) {
            (Some(pair), Some(holder)) => pair.item != *holder,
            _ => false,
        };
        let rows = self.rows.iter().zip(&self.holders).map(is_slip).enumerate();
        let slips = rows.filter(|(_, slip)| *slip && self.numbering != Numbering::Changed);
        slips.map(|(row, _)| row).collect()
    }
}

/// Pairs rows with items, each at most once. The same input gives the same pairs: what is alike is
/// paired in its order.
///
/// `unread` are rows that were refused. Where ids are kept, an item that one of them surely is goes to
/// no other row.
pub(super) fn pair_rows(
    rows: &mut [Identity],
    unread: &[UnreadRow],
    items: &mut [Identity],
    mode: Match,
    least: f64,
) -> Pairs {
    drop_changing_identifiers(rows, items);
    let mut pairing = Pairing::new(rows, items);
    let numbering = match mode {
        Match::Auto => pairing.numbering(),
        Match::Id => Numbering::Kept(0),
        Match::Fingerprint => Numbering::Changed,
    };
    let kept = numbering != Numbering::Changed;
    pairing.pair_unchanged(kept, mode);
    if kept && mode == Match::Auto {
        pairing.pair_same_id_and_name();
        pairing.reserve_by_id(unread);
    }
    if mode != Match::Id {
        pairing.pair_equal();
        pairing.reserve_by_name(unread.iter().filter(|row| !kept || row.id.is_none()));
        pairing.pair_same_name(least);
    }
    if let Numbering::Kept(sure) = numbering {
        pairing.pair_same_id(sure >= ENOUGH_KEPT);
    }
    if mode != Match::Id {
        pairing.pair_corrected(least);
    }
    if mode == Match::Auto {
        pairing.pair_earlier_id();
    }
    let holders = (0..rows.len()).map(|row| pairing.held_id(row)).collect();
    Pairs { rows: pairing.found, numbering, holders }
}

/// Takes the source identifiers away where they change from document to document: rows that are the
/// same in everything else mostly have others.
fn drop_changing_identifiers(rows: &mut [Identity], items: &mut [Identity]) {
    let (mut same, mut other) = (0, 0);
    let by_key = items_by_key(items);
    for row in rows.iter() {
        let Some(face) = row.faces.first().filter(|face| !face.identifiers.is_empty()) else {
            continue;
        };
        let Some(places) = by_key.get(&face.key()) else { continue };
        let mut faces = places
            .iter()
            .filter_map(|item| items.get(*item))
            .filter_map(|item| item.faces.iter().find(|known| known.key() == face.key()))
            .filter(|known| !known.identifiers.is_empty())
            .peekable();
        if faces.peek().is_none() {
            continue;
        }
        if faces.any(|known| known.shares_identifier(face)) { same += 1 } else { other += 1 }
    }
    if other > same {
        let sides = rows.iter_mut().chain(items);
        sides.flat_map(|side| &mut side.faces).for_each(|face| face.identifiers.clear());
    }
}

fn items_by_key(items: &[Identity]) -> HashMap<FingerprintKey<'_>, Vec<usize>> {
    let mut by_key: HashMap<FingerprintKey<'_>, Vec<usize>> = HashMap::new();
    for (place, item) in items.iter().enumerate() {
        for face in &item.faces {
            let places = by_key.entry(face.key()).or_default();
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }
    by_key
}

struct Pairing<'a> {
    rows: &'a [Identity],
    items: &'a [Identity],
    by_id: HashMap<&'a str, usize>,
    by_key: HashMap<FingerprintKey<'a>, Vec<usize>>,
    by_name: HashMap<&'a str, Vec<usize>>,
    found: Vec<Option<Pair>>,
    taken: Vec<bool>,
}

impl<'a> Pairing<'a> {
    fn new(rows: &'a [Identity], items: &'a [Identity]) -> Self {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut by_id = HashMap::new();
        for (place, item) in items.iter().enumerate() {
            if let Some(id) = &item.id {
                by_id.entry(id.as_str()).or_insert(place);
            }
            for face in &item.faces {
                let places = by_name.entry(face.name.as_str()).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        let found = vec![None; rows.len()];
        let taken = vec![false; items.len()];
        Self { rows, items, by_id, by_key: items_by_key(items), by_name, found, taken }
    }

    fn take(&mut self, row: usize, item: usize, by: By, score: f64, by_order: bool) {
        if self.found[row].is_none() && !self.taken[item] {
            self.found[row] = Some(Pair { item, by, score, by_order });
            self.taken[item] = true;
        }
    }

    fn face(&self, row: usize) -> &'a Weakness {
        &self.rows[row].faces[0]
    }

    fn free_rows(&self) -> Vec<usize> {
        (0..self.rows.len()).filter(|row| self.found[*row].is_none()).collect()
    }

    /// The free item with the id of a row.
    fn same_id(&self, row: usize) -> Option<usize> {
        self.held_id(row).filter(|item| !self.taken[*item])
    }

    fn held_id(&self, row: usize) -> Option<usize> {
        self.by_id.get(self.rows[row].id.as_deref()?).copied()
    }

    fn equal_items(&self, row: usize) -> &[usize] {
        self.by_key.get(&self.face(row).key()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Compares the ids of rows that only one item can be with the ids of those items.
    fn numbering(&self) -> Numbering {
        let mut rows_with: HashMap<FingerprintKey<'_>, usize> = HashMap::new();
        for row in self.rows {
            *rows_with.entry(row.faces[0].key()).or_default() += 1;
        }
        let (mut same, mut other) = (0_usize, 0_usize);
        for row in (0..self.rows.len()).filter(|row| self.rows[*row].id.is_some()) {
            let face = self.face(row);
            let held = self.held_id(row);
            let mut equal = self.equal_items(row);
            if equal.is_empty() {
                let of_name = self.by_name.get(face.name.as_str());
                equal = of_name.map(Vec::as_slice).unwrap_or_default();
            } else if rows_with.get(&face.key()).is_some_and(|rows| *rows > 1) {
                // Twins have no order of their own: only that an id is one of theirs says anything.
                same += usize::from(held.is_some_and(|held| equal.contains(&held)));
                continue;
            }
            match equal {
                // What has no id of now says nothing of ids.
                [only] if self.items[*only].id.is_none() => {}
                [only] if self.items[*only].contradicts(face) => {}
                [only] if Some(*only) == held => same += 1,
                [_] => other += 1,
                _ => {}
            }
        }
        if other * 4 <= same { Numbering::Kept(same) } else { Numbering::Changed }
    }

    /// Pairs what is the same in everything, id included.
    fn pair_unchanged(&mut self, kept: bool, mode: Match) {
        let by = if mode == Match::Fingerprint { By::Fingerprint } else { By::Id };
        for row in 0..self.rows.len() {
            let Some(item) = self.same_id(row) else { continue };
            let same_side = self.items[item].closed == self.rows[row].closed;
            let face = self.face(row);
            let equal =
                |known: &&Weakness| known.key() == face.key() && !known.has_other_identifier(face);
            if (kept || same_side) && self.items[item].faces.iter().any(|known| equal(&known)) {
                self.take(row, item, by, 1.0, false);
            }
        }
    }

    /// Pairs what kept its id and its name, where no other item says the same in everything. Where
    /// one does and is on the same side, the id must have more for it than the name: it may be mistyped.
    fn pair_same_id_and_name(&mut self) {
        for row in self.free_rows() {
            let Some(item) = self.same_id(row) else { continue };
            let face = self.face(row);
            let known = &self.items[item];
            let closed = self.rows[row].closed;
            let equal = self.equal_items(row).iter().filter(|other| !self.taken[**other]);
            let equal: Vec<bool> = equal.map(|other| self.items[*other].closed == closed).collect();
            let is_other = known.contradicts(face)
                || (equal.contains(&true)
                    && known.closed != closed
                    && known.faces.iter().all(|known| known.detected != face.detected));
            if known.has_name(&face.name) && (equal.is_empty() || !is_other) {
                let score = known.best_face(face).map_or(0.0, |(score, _)| score);
                self.take(row, item, By::Id, score, false);
            }
        }
    }

    /// Keeps the items with the ids of rows that were refused for these rows.
    fn reserve_by_id(&mut self, unread: &[UnreadRow]) {
        for row in unread {
            let holder = row.id.as_deref().and_then(|id| self.by_id.get(id).copied());
            let fits = |item: &usize| {
                let item = &self.items[*item];
                row.name.as_deref().is_none_or(|name| item.has_name(name) && row.can_be(item))
            };
            if let Some(item) = holder.filter(fits) {
                self.taken[item] = true;
            }
        }
    }

    /// Keeps the most likely item with its name for each row that was refused.
    fn reserve_by_name<'b>(&mut self, unread: impl Iterator<Item = &'b UnreadRow>) {
        for row in unread {
            let items = row.name.as_deref().and_then(|name| self.by_name.get(name));
            let items = items.map(Vec::as_slice).unwrap_or_default().iter().copied();
            let fits = |item: &usize| !self.taken[*item] && row.can_be(&self.items[*item]);
            let most_likely =
                items.filter(fits).min_by_key(|item| row.difference(&self.items[*item]));
            if let Some(item) = most_likely {
                self.taken[item] = true;
            }
        }
    }

    /// Pairs what says the same in everything but the id: as many as both sides have, those with the
    /// same identifier first, then those on the same side (open, closed).
    fn pair_equal(&mut self) {
        let mut rows_by_key: HashMap<FingerprintKey<'_>, Vec<usize>> = HashMap::new();
        let mut keys = Vec::new();
        for row in self.free_rows() {
            let key = self.face(row).key();
            let rows = rows_by_key.entry(key).or_default();
            if rows.is_empty() {
                keys.push(key);
            }
            rows.push(row);
        }
        for key in keys {
            let rows = rows_by_key.remove(&key).unwrap_or_default();
            let items = self.by_key.get(&key).cloned().unwrap_or_default();
            let mut items: Vec<usize> = items.into_iter().filter(|it| !self.taken[*it]).collect();
            let several = rows.len() > 1 || items.len() > 1;
            for (same_identifier, same_side) in
                [(true, true), (true, false), (false, true), (false, false)]
            {
                for row in &rows {
                    if self.found[*row].is_some() || items.is_empty() {
                        continue;
                    }
                    let face = self.face(*row);
                    let fits = |item: &usize| {
                        let known = &self.items[*item];
                        let mut faces = known.faces.iter().filter(|known| known.key() == key);
                        let identifier = faces.any(|known| match same_identifier {
                            true => known.shares_identifier(face),
                            false => !known.has_other_identifier(face),
                        });
                        identifier && (!same_side || known.closed == self.rows[*row].closed)
                    };
                    if let Some(place) = items.iter().position(fits) {
                        let item = items.remove(place);
                        self.take(*row, item, By::Fingerprint, 1.0, several && !same_identifier);
                    }
                }
            }
        }
    }

    /// Returns whether a row cannot be an item, since what was closed and is found anew on another
    /// day is another item. Of a row that is closed itself, the day must be after that of the closing:
    /// it was found and closed again between two documents.
    fn is_found_anew(&self, row: usize, item: usize) -> bool {
        let (face, known) = (self.face(row), &self.items[item]);
        let is_later = || known.closed_on.is_some_and(|closed_on| closed_on < face.detected);
        known.closed
            && (!self.rows[row].closed || is_later())
            && known.faces.iter().all(|known| known.detected != face.detected)
    }

    /// Pairs what has the same name, now or before, and does not contradict: the most alike first.
    fn pair_same_name(&mut self, least: f64) {
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for row in self.free_rows() {
            by_name.entry(self.face(row).name.as_str()).or_default().push(row);
        }
        let mut candidates = Vec::new();
        for (name, rows) in by_name {
            let items = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
            let items: Vec<usize> =
                items.iter().copied().filter(|item| !self.taken[*item]).collect();
            if rows.len().saturating_mul(items.len()) > MOST_PAIRS {
                self.pair_by_assets(&rows, &items);
                continue;
            }
            for row in &rows {
                for item in &items {
                    candidates.extend(self.same_name_candidate(*row, *item, name, least));
                }
            }
        }
        self.take_best(candidates);
    }

    fn same_name_candidate(
        &self,
        row: usize,
        item: usize,
        name: &str,
        least: f64,
    ) -> Option<Candidate> {
        let (face, known) = (self.face(row), &self.items[item]);
        if self.is_found_anew(row, item) {
            return None;
        }
        let faces = known.faces.iter().filter(|known| known.name == name);
        let fitting = faces.filter(|known| !known.contradicts(face));
        let scored = fitting.map(|known| (face.score(known), known.detected));
        let (score, detected) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
        // The name is what people know it by: no part of the rest makes it another.
        let score = LEAST_SCORE + (1.0 - LEAST_SCORE) * score;
        (score >= least).then(|| Candidate {
            score,
            other_side: known.closed != self.rows[row].closed,
            other_id: known.id != self.rows[row].id,
            apart: days_apart(detected, face.detected),
            row,
            item,
        })
    }

    /// Pairs rows and items of one name that are too many to compare each with each: those of the
    /// same assets, in the order of their days.
    fn pair_by_assets(&mut self, rows: &[usize], items: &[usize]) {
        type Group = (Vec<usize>, Vec<usize>);
        let mut groups: BTreeMap<(&BTreeSet<String>, &BTreeSet<String>), Group> = BTreeMap::new();
        for row in rows {
            let face = self.face(*row);
            groups.entry((&face.assets, &face.cves)).or_default().0.push(*row);
        }
        for item in items {
            let face = &self.items[*item].faces[0];
            groups.entry((&face.assets, &face.cves)).or_default().1.push(*item);
        }
        for (mut rows, mut items) in groups.into_values() {
            rows.sort_by_key(|row| (self.rows[*row].closed, self.face(*row).detected));
            items.sort_by_key(|item| {
                (self.items[*item].closed, self.items[*item].faces[0].detected)
            });
            for (row, item) in rows.into_iter().zip(items) {
                if !self.is_found_anew(row, item) {
                    self.take(row, item, By::Fingerprint, LEAST_SCORE, true);
                }
            }
        }
    }

    /// Takes candidates, the best first.
    fn take_best(&mut self, mut candidates: Vec<Candidate>) {
        candidates.sort_by(Candidate::order);
        for one in candidates {
            self.take(one.row, one.item, By::Fingerprint, one.score, false);
        }
    }

    /// Pairs what kept its id and still is the same weakness. `renamed`: ids are known to be kept, so
    /// that a name that is all that changed changes nothing.
    fn pair_same_id(&mut self, renamed: bool) {
        for row in self.free_rows() {
            let Some(item) = self.same_id(row) else { continue };
            let face = self.face(row);
            let known = &self.items[item];
            // What was closed and is found anew under another name is another weakness with its id.
            let found_anew = self.is_found_anew(row, item);
            let same = |known: &Weakness| {
                (face.is_still(known) && (!found_anew || face.has_corrected_name(known)))
                    || (renamed && face.is_renamed(known))
            };
            if known.faces.iter().any(same) {
                let score = known.best_face(face).map_or(0.0, |(score, _)| score);
                self.take(row, item, By::Id, score, false);
            }
        }
    }

    /// Pairs what has an id that its item had before and no other item has now.
    fn pair_earlier_id(&mut self) {
        let mut by_earlier: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, item) in self.items.iter().enumerate().filter(|(at, _)| !self.taken[*at]) {
            for id in &item.earlier_ids {
                by_earlier.entry(id.as_str()).or_default().push(place);
            }
        }
        for row in self.free_rows() {
            let Some(id) = self.rows[row].id.as_deref().filter(|_| self.held_id(row).is_none())
            else {
                continue;
            };
            let Some([item]) = by_earlier.get(id).map(Vec::as_slice) else { continue };
            let face = self.face(row);
            let known = &self.items[*item];
            let fits = |known: &Weakness| {
                face.is_still(known) && face.has_corrected_name(known) && !face.contradicts(known)
            };
            if known.faces.iter().any(fits) && !self.is_found_anew(row, *item) {
                let score = known.best_face(face).map_or(0.0, |(score, _)| score);
                self.take(row, *item, By::Id, score, false);
            }
        }
    }
}

/// A pair that is possible.
struct Candidate {
    score: f64,
    other_side: bool,
    other_id: bool,
    apart: u64,
    row: usize,
    item: usize,
}

impl Candidate {
    /// The best first.
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let rest = |one: &Self| (one.other_side, one.other_id, one.apart, one.row, one.item);
        other.score.total_cmp(&self.score).then_with(|| rest(self).cmp(&rest(other)))
    }
}

fn days_apart(one: NaiveDate, other: NaiveDate) -> u64 {
    (one - other).num_days().unsigned_abs()
}

#[cfg(test)]
mod tests;
