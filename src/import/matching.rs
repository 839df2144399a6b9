//! Pairs rows of a document with items of the tracker, each at most once.
//!
//! An item is known by everything that its source ever stated of it: its last id there, earlier ids,
//! names and identifiers. The order of the steps decides who gets an item: what is the same in
//! everything, then what has the same name, then what has a corrected name. Whether an id that is
//! the same counts before the fingerprint depends on the document: [`IdNumbering`] compares the ids of
//! rows that are surely known.

mod corrected;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;

use super::candidate::UnreadRow;
use super::identity::MatchIdentity;
use super::weakness::{FingerprintKey, Weakness, plain_text};

/// Key by which rows are matched to existing items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ImportMatch {
    /// By id where it still is the same weakness, else by fingerprint.
    #[default]
    Auto,
    /// By id alone.
    Id,
    /// By fingerprint alone: the source numbers again each time.
    Fingerprint,
}

/// The score from which fingerprints that differ somewhere count as the same weakness.
pub const LEAST_SCORE: f64 = 0.75;

/// The most pairs of rows and items of one name that are compared with each other.
const MOST_PAIRS: usize = 250_000;

/// So many rows must have retained their ids before an id alone shows a weakness whose name is another.
const ENOUGH_KEPT: usize = 3;

/// By what a row was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchedBy {
    /// Its id.
    Id,
    /// Everything else that it states of the weakness.
    Fingerprint,
}

impl MatchedBy {
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
    pub(super) by: MatchedBy,
    /// Agreement of the fingerprints, 0 to 1.
    pub(super) score: f64,
    /// Whether others state exactly the same, so that only the order distinguishes them.
    pub(super) by_order: bool,
}

/// Stability of the ids that a document gives to its items from one document to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdNumbering {
    /// The ids are the same, in so many rows that are surely known.
    Kept(usize),
    /// The source numbers its rows again.
    Changed,
}

/// Matches found for the rows.
pub(super) struct Pairs {
    pub(super) rows: Vec<Option<Pair>>,
    pub(super) numbering: IdNumbering,
    /// The item that has the id of each row.
    holders: Vec<Option<usize>>,
}

impl Pairs {
    /// Rows with the id of another item in a document that retains its ids.
    pub(super) fn find_slips(&self) -> HashSet<usize> {
        let rows = self.rows.iter().zip(&self.holders).map(is_slip).enumerate();
        let slips = rows.filter(|(_, slip)| *slip && self.numbering != IdNumbering::Changed);
        slips.map(|(row, _)| row).collect()
    }
}

fn is_slip((pair, holder): (&Option<Pair>, &Option<usize>)) -> bool {
    match (pair, holder) {
        (Some(pair), Some(holder)) => pair.item != *holder,
        _ => false,
    }
}

/// Pairs rows with items, each at most once. The same input gives the same pairs: what is alike is
/// paired in its order.
///
/// `unread` are rows that were refused. Where ids are retained, an item that one of them surely is goes to
/// no other row.
pub(super) fn pair_rows(
    rows: &mut [MatchIdentity],
    unread: &[UnreadRow],
    items: &mut [MatchIdentity],
    mode: ImportMatch,
    least: f64,
) -> Pairs {
    drop_changing_identifiers(rows, items);
    let mut pairing = Pairing::new(rows, items);
    let numbering = match mode {
        ImportMatch::Auto => pairing.numbering(),
        ImportMatch::Id => IdNumbering::Kept(0),
        ImportMatch::Fingerprint => IdNumbering::Changed,
    };
    let kept = numbering != IdNumbering::Changed;
    pairing.pair_unchanged(kept, mode);
    if kept && mode == ImportMatch::Auto {
        pairing.pair_same_id_and_name();
        pairing.reserve_by_id(unread);
    }
    if mode != ImportMatch::Id {
        pairing.pair_equal();
        pairing.reserve_by_name(unread.iter().filter(|row| !kept || row.id.is_none()));
        pairing.pair_same_name(least);
    }
    if let IdNumbering::Kept(sure) = numbering {
        pairing.pair_same_id(sure >= ENOUGH_KEPT);
    }
    if mode != ImportMatch::Id {
        pairing.pair_corrected(least);
    }
    if mode == ImportMatch::Auto {
        pairing.pair_earlier_id();
    }
    let holders = (0..rows.len()).map(|row| pairing.held_id(row)).collect();
    Pairs { rows: pairing.found, numbering, holders }
}

/// Takes the source identifiers away where they change from document to document: rows that are the
/// same in everything else mostly have others.
fn drop_changing_identifiers(rows: &mut [MatchIdentity], items: &mut [MatchIdentity]) {
    let (mut same, mut other) = (0, 0);
    let by_key = items_by_key(items);
    for row in rows.iter() {
        let Some(face) = row.faces.first().filter(|face| !face.identifiers.is_empty()) else {
            continue;
        };
        let Some(places) = by_key.get(&face.fingerprint_key()) else { continue };
        let mut faces = places
            .iter()
            .filter_map(|item| items.get(*item))
            .filter_map(|item| {
                item.faces.iter().find(|known| known.fingerprint_key() == face.fingerprint_key())
            })
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

fn items_by_key(items: &[MatchIdentity]) -> HashMap<FingerprintKey<'_>, Vec<usize>> {
    let mut by_key: HashMap<FingerprintKey<'_>, Vec<usize>> = HashMap::new();
    for (place, item) in items.iter().enumerate() {
        for face in &item.faces {
            let places = by_key.entry(face.fingerprint_key()).or_default();
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }
    by_key
}

struct Pairing<'a> {
    rows: &'a [MatchIdentity],
    items: &'a [MatchIdentity],
    by_id: HashMap<&'a str, usize>,
    /// Items by the plain form of their ids, where one item alone has it.
    by_plain_id: HashMap<String, Option<usize>>,
    by_key: HashMap<FingerprintKey<'a>, Vec<usize>>,
    by_name: HashMap<&'a str, Vec<usize>>,
    found: Vec<Option<Pair>>,
    taken: Vec<bool>,
}

impl<'a> Pairing<'a> {
    fn new(rows: &'a [MatchIdentity], items: &'a [MatchIdentity]) -> Self {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut by_id = HashMap::new();
        let mut by_plain_id: HashMap<String, Option<usize>> = HashMap::new();
        for (place, item) in items.iter().enumerate() {
            if let Some(id) = &item.id {
                by_id.entry(id.as_str()).or_insert(place);
                by_plain_id
                    .entry(plain_text(id))
                    .and_modify(|only| *only = None)
                    .or_insert(Some(place));
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
        Self { rows, items, by_id, by_plain_id, by_key: items_by_key(items), by_name, found, taken }
    }

    fn take_pair(&mut self, row: usize, item: usize, by: MatchedBy, score: f64, by_order: bool) {
        if self.found[row].is_none() && !self.taken[item] {
            self.found[row] = Some(Pair { item, by, score, by_order });
            self.taken[item] = true;
        }
    }

    fn find_face(&self, row: usize) -> &'a Weakness {
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
        self.find_id(self.rows[row].id.as_deref()?)
    }

    /// The item with an id, also where a word processor made other hyphens or letters of it.
    fn find_id(&self, id: &str) -> Option<usize> {
        let exact = self.by_id.get(id).copied();
        exact.or_else(|| self.by_plain_id.get(&plain_text(id)).copied().flatten())
    }

    fn equal_items(&self, row: usize) -> &[usize] {
        self.by_key
            .get(&self.find_face(row).fingerprint_key())
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Compares the ids of rows that only one item can be with the ids of those items.
    fn numbering(&self) -> IdNumbering {
        let mut rows_with: HashMap<FingerprintKey<'_>, usize> = HashMap::new();
        for row in self.rows {
            *rows_with.entry(row.faces[0].fingerprint_key()).or_default() += 1;
        }
        let (mut same, mut other) = (0_usize, 0_usize);
        for row in (0..self.rows.len()).filter(|row| self.rows[*row].id.is_some()) {
            let face = self.find_face(row);
            let held = self.held_id(row);
            let mut equal = self.equal_items(row);
            if equal.is_empty() {
                let of_name = self.by_name.get(face.name.as_str());
                equal = of_name.map(Vec::as_slice).unwrap_or_default();
            } else if rows_with.get(&face.fingerprint_key()).is_some_and(|rows| *rows > 1) {
                // Twins have no order of their own: only that an id is one of theirs states anything.
                same += usize::from(held.is_some_and(|held| equal.contains(&held)));
                continue;
            }
            match equal {
                // What has no id of now does not mention ids.
                [only] if self.items[*only].id.is_none() => {}
                [only] if self.items[*only].contradicts_row(face) => {}
                [only] if Some(*only) == held => same += 1,
                [_] => other += 1,
                _ => {}
            }
        }
        if other * 4 <= same { IdNumbering::Kept(same) } else { IdNumbering::Changed }
    }

    /// Pairs what is the same in everything, id included.
    fn pair_unchanged(&mut self, kept: bool, mode: ImportMatch) {
        let by =
            if mode == ImportMatch::Fingerprint { MatchedBy::Fingerprint } else { MatchedBy::Id };
        for row in 0..self.rows.len() {
            let Some(item) = self.same_id(row) else { continue };
            let same_side = self.items[item].closed == self.rows[row].closed;
            let face = self.find_face(row);
            let equal = |known: &&Weakness| {
                known.fingerprint_key() == face.fingerprint_key()
                    && !known.has_other_identifier(face)
            };
            if (kept || same_side) && self.items[item].faces.iter().any(|known| equal(&known)) {
                self.take_pair(row, item, by, 1.0, false);
            }
        }
    }

    /// Pairs what retained its id and its name, where no other item states the same in everything. Where
    /// one does and is on the same side, the id must have more for it than the name: it may be mistyped.
    fn pair_same_id_and_name(&mut self) {
        for row in self.free_rows() {
            let Some(item) = self.same_id(row) else { continue };
            let face = self.find_face(row);
            let known = &self.items[item];
            let closed = self.rows[row].closed;
            let equal = self.equal_items(row).iter().filter(|other| !self.taken[**other]);
            let equal: Vec<bool> = equal.map(|other| self.items[*other].closed == closed).collect();
            let is_other = known.contradicts_row(face)
                || (equal.contains(&true)
                    && known.closed != closed
                    && known.faces.iter().all(|known| known.detected != face.detected));
            if known.has_name(&face.name) && (equal.is_empty() || !is_other) {
                let score = known.best_face(face).map_or(0.0, |(score, _)| score);
                self.take_pair(row, item, MatchedBy::Id, score, false);
            }
        }
    }

    /// Keeps the items with the ids of rows that were refused for these rows.
    fn reserve_by_id(&mut self, unread: &[UnreadRow]) {
        for row in unread {
            let holder = row.id.as_deref().and_then(|id| self.find_id(id));
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
                items.filter(fits).min_by_key(|item| row.match_difference(&self.items[*item]));
            if let Some(item) = most_likely {
                self.taken[item] = true;
            }
        }
    }

    /// Pairs what states the same in everything but the id: as many as both sides have, those with the
    /// same identifier first, then those on the same side (open, closed). Of several items, a row is the one
    /// that was closed on its day, then the one whose last row stated it.
    fn pair_equal(&mut self) {
        let mut rows_by_key: HashMap<FingerprintKey<'_>, Vec<usize>> = HashMap::new();
        let mut keys = Vec::new();
        for row in self.free_rows() {
            let key = self.find_face(row).fingerprint_key();
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
                    let face = self.find_face(*row);
                    let fits = |item: &usize| {
                        let known = &self.items[*item];
                        let mut faces =
                            known.faces.iter().filter(|known| known.fingerprint_key() == key);
                        let identifier = faces.any(|known| match same_identifier {
                            true => known.shares_identifier(face),
                            false => !known.has_other_identifier(face),
                        });
                        identifier && (!same_side || known.closed == self.rows[*row].closed)
                    };
                    let fitting = (0..items.len()).filter(|place| fits(&items[*place]));
                    let nearest = fitting.min_by_key(|place| self.rank_equal(*row, items[*place]));
                    if let Some(place) = nearest {
                        let item = items.remove(place);
                        self.take_pair(
                            *row,
                            item,
                            MatchedBy::Fingerprint,
                            1.0,
                            several && !same_identifier,
                        );
                    }
                }
            }
        }
    }

    /// Ranks an item among those that state the same as a row, the nearest one lowest.
    fn rank_equal(&self, row: usize, item: usize) -> (bool, bool) {
        let (row, item) = (&self.rows[row], &self.items[item]);
        let key = row.faces[0].fingerprint_key();
        let is_last = item.faces.first().is_some_and(|last| last.fingerprint_key() == key);
        (row.closed_on != item.closed_on, !is_last)
    }

    /// Returns whether a row cannot be an item, since what was closed and is found again on another
    /// day is another item. Of a row that is closed itself, the day must be after that of the closing:
    /// it was found and closed again between two documents.
    fn is_found_anew(&self, row: usize, item: usize) -> bool {
        let (face, known) = (self.find_face(row), &self.items[item]);
        let is_later = || known.closed_on.is_some_and(|closed_on| closed_on < face.detected);
        known.closed
            && (!self.rows[row].closed || is_later())
            && known.faces.iter().all(|known| known.detected != face.detected)
    }

    /// Pairs what has the same name, now or before, and does not contradict: the most alike first.
    fn pair_same_name(&mut self, least: f64) {
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for row in self.free_rows() {
            by_name.entry(self.find_face(row).name.as_str()).or_default().push(row);
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
    ) -> Option<SampleCandidate> {
        let (face, known) = (self.find_face(row), &self.items[item]);
        if self.is_found_anew(row, item) {
            return None;
        }
        let faces = known.faces.iter().filter(|known| known.name == name);
        let fitting = faces.filter(|known| !known.contradicts_other(face));
        let scored = fitting.map(|known| (face.agreement_score(known), known.detected));
        let (score, detected) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
        // The name is what people know it by: no part of the rest makes it another.
        let score = LEAST_SCORE + (1.0 - LEAST_SCORE) * score;
        (score >= least).then(|| SampleCandidate {
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
            let face = self.find_face(*row);
            groups.entry((&face.assets, &face.cves)).or_default().0.push(*row);
        }
        for item in items {
            let face = &self.items[*item].faces[0];
            groups.entry((&face.assets, &face.cves)).or_default().1.push(*item);
        }
        for (mut rows, mut items) in groups.into_values() {
            rows.sort_by_key(|row| (self.rows[*row].closed, self.find_face(*row).detected));
            items.sort_by_key(|item| {
                (self.items[*item].closed, self.items[*item].faces[0].detected)
            });
            for (row, item) in rows.into_iter().zip(items) {
                if !self.is_found_anew(row, item) {
                    self.take_pair(row, item, MatchedBy::Fingerprint, LEAST_SCORE, true);
                }
            }
        }
    }

    /// Takes candidates, the best first.
    fn take_best(&mut self, mut candidates: Vec<SampleCandidate>) {
        candidates.sort_by(SampleCandidate::compare_order);
        for one in candidates {
            self.take_pair(one.row, one.item, MatchedBy::Fingerprint, one.score, false);
        }
    }

    /// Pairs what retained its id and still is the same weakness. `renamed`: ids are known to be retained, so
    /// that a name that is all that changed changes nothing.
    fn pair_same_id(&mut self, renamed: bool) {
        for row in self.free_rows() {
            let Some(item) = self.same_id(row) else { continue };
            let face = self.find_face(row);
            let known = &self.items[item];
            // After an item was closed, another name under its id is another weakness.
            let found_anew = self.is_found_anew(row, item);
            let same = |known: &Weakness| {
                (face.is_still(known) && (!found_anew || face.has_corrected_name(known)))
                    || (renamed && face.is_renamed(known))
            };
            if known.faces.iter().any(same) {
                let score = known.best_face(face).map_or(0.0, |(score, _)| score);
                self.take_pair(row, item, MatchedBy::Id, score, false);
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
            let face = self.find_face(row);
            let known = &self.items[*item];
            let fits = |known: &Weakness| {
                face.is_still(known)
                    && face.has_corrected_name(known)
                    && !face.contradicts_other(known)
            };
            if known.faces.iter().any(fits) && !self.is_found_anew(row, *item) {
                let score = known.best_face(face).map_or(0.0, |(score, _)| score);
                self.take_pair(row, *item, MatchedBy::Id, score, false);
            }
        }
    }
}

/// A pair that is possible.
struct SampleCandidate {
    score: f64,
    other_side: bool,
    other_id: bool,
    apart: u64,
    row: usize,
    item: usize,
}

impl SampleCandidate {
    /// The best first.
    fn compare_order(&self, other: &Self) -> std::cmp::Ordering {
        other.score.total_cmp(&self.score).then_with(|| tie_break(self).cmp(&tie_break(other)))
    }
}

fn tie_break(one: &SampleCandidate) -> (bool, bool, u64, usize, usize) {
    (one.other_side, one.other_id, one.apart, one.row, one.item)
}

fn days_apart(one: NaiveDate, other: NaiveDate) -> u64 {
    (one - other).num_days().unsigned_abs()
}

#[cfg(test)]
mod tests;
