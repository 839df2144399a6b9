//! Which row of a submission is which item of the tracker.

use std::collections::{BTreeMap, HashMap};

use super::weakness::Weakness;
use crate::model::ItemId;

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

/// The most pairs of rows and items with something in common that are compared.
const MOST_PAIRS: usize = 4_000_000;

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

/// A row or an item that takes part.
pub(super) struct Side<'a> {
    pub(super) id: &'a ItemId,
    pub(super) weakness: Weakness,
    pub(super) closed: bool,
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

/// What was found for each row, and whether there was too much to compare.
pub(super) struct Pairs {
    pub(super) rows: Vec<Option<Pair>>,
    pub(super) incomplete: bool,
}

/// Pairs rows with items, each at most once. The same input gives the same pairs: what is alike is
/// paired in its order.
pub(super) fn pairs(rows: &[Side<'_>], items: &[Side<'_>], mode: Match, least: f64) -> Pairs {
    let mut pairing =
        Pairing { rows, items, found: vec![None; rows.len()], taken: vec![false; items.len()] };
    let by_id: HashMap<&ItemId, usize> =
        items.iter().enumerate().map(|(at, item)| (item.id, at)).collect();
    let same_id = |row: usize| by_id.get(rows[row].id).copied();
    // The same in everything, id included.
    for (row, side) in rows.iter().enumerate() {
        if let Some(item) = same_id(row)
            && side.weakness == items[item].weakness
        {
            let by = if mode == Match::Fingerprint { By::Fingerprint } else { By::Id };
            pairing.take(row, item, by, 1.0, false);
        }
    }
    if mode != Match::Id {
        pairing.exact();
    }
    if mode != Match::Fingerprint {
        for (row, side) in rows.iter().enumerate() {
            if let Some(item) = same_id(row)
                && pairing.is_free(row, item)
                && side.weakness.is_still(&items[item].weakness)
            {
                let score = side.weakness.score(&items[item].weakness);
                pairing.take(row, item, By::Id, score, false);
            }
        }
    }
    let incomplete = mode != Match::Id && !pairing.near(least);
    Pairs { rows: pairing.found, incomplete }
}

struct Pairing<'a> {
    rows: &'a [Side<'a>],
    items: &'a [Side<'a>],
    found: Vec<Option<Pair>>,
    taken: Vec<bool>,
}

impl Pairing<'_> {
    fn is_free(&self, row: usize, item: usize) -> bool {
        self.found[row].is_none() && !self.taken[item]
    }

    fn take(&mut self, row: usize, item: usize, by: By, score: f64, by_order: bool) {
        if self.is_free(row, item) {
            self.found[row] = Some(Pair { item, by, score, by_order });
            self.taken[item] = true;
        }
    }

    /// Pairs what says the same in everything but the id: as many as both sides have, those on the
    /// same side (open, closed) first.
    fn exact(&mut self) {
        let mut alike: HashMap<&Weakness, (Vec<usize>, Vec<usize>)> = HashMap::new();
        for row in (0..self.rows.len()).filter(|row| self.found[*row].is_none()) {
            alike.entry(&self.rows[row].weakness).or_default().0.push(row);
        }
        for item in (0..self.items.len()).filter(|item| !self.taken[*item]) {
            if let Some((_, items)) = alike.get_mut(&self.items[item].weakness) {
                items.push(item);
            }
        }
        for (rows, items) in alike.into_values() {
            let several = rows.len() > 1 || items.len() > 1;
            for same_side in [true, false] {
                let mut free =
                    items.iter().copied().filter(|item| !self.taken[*item]).collect::<Vec<_>>();
                for row in &rows {
                    if self.found[*row].is_some() {
                        continue;
                    }
                    let fits = |item: &usize| {
                        !same_side || self.items[*item].closed == self.rows[*row].closed
                    };
                    if let Some(place) = free.iter().position(fits) {
                        let item = free.remove(place);
                        self.take(*row, item, By::Fingerprint, 1.0, several);
                    }
                }
            }
        }
    }

    /// Pairs what is alike enough, the best first; false where there was too much to compare.
    fn near(&mut self, least: f64) -> bool {
        let mut blocks: BTreeMap<(u8, &str), Vec<usize>> = BTreeMap::new();
        let keys = |weakness: &Weakness| -> Vec<(u8, String)> {
            let name = [(0, weakness.name.clone())];
            let identifier = weakness.identifier.iter().map(|it| (1, it.clone()));
            let cves = weakness.cves.iter().map(|cve| (2, cve.clone()));
            name.into_iter().chain(identifier).chain(cves).collect()
        };
        let free: Vec<usize> = (0..self.items.len()).filter(|item| !self.taken[*item]).collect();
        let item_keys: Vec<Vec<(u8, String)>> =
            free.iter().map(|item| keys(&self.items[*item].weakness)).collect();
        for (item, keys) in free.iter().zip(&item_keys) {
            for (kind, key) in keys {
                blocks.entry((*kind, key)).or_default().push(*item);
            }
        }
        let mut left = MOST_PAIRS;
        let mut candidates: Vec<(f64, usize, usize)> = Vec::new();
        for row in (0..self.rows.len()).filter(|row| self.found[*row].is_none()) {
            let mut near: Vec<usize> = Vec::new();
            for (kind, key) in keys(&self.rows[row].weakness) {
                near.extend(blocks.get(&(kind, key.as_str())).into_iter().flatten());
            }
            near.sort_unstable();
            near.dedup();
            let Some(rest) = left.checked_sub(near.len()) else { return false };
            left = rest;
            for item in near {
                // What was closed and is found anew on another day is another item.
                let (here, there) = (&self.rows[row], &self.items[item]);
                if there.closed && !here.closed && there.weakness.detected != here.weakness.detected
                {
                    continue;
                }
                let score = self.rows[row].weakness.score(&self.items[item].weakness);
                if score >= least {
                    candidates.push((score, row, item));
                }
            }
        }
        candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        for (score, row, item) in candidates {
            self.take(row, item, By::Fingerprint, score, false);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::weakness::tests::item;
    use super::*;
    use crate::model::Item;

    fn sides(items: &[Item]) -> Vec<Side<'_>> {
        let closed = |item: &Item| item.status == *"closed";
        items
            .iter()
            .map(|item| Side { id: &item.id, weakness: Weakness::of(item), closed: closed(item) })
            .collect()
    }

    /// Pairs as `row->item by`, with `-` for a row without an item.
    fn said(rows: &[Item], items: &[Item], mode: Match) -> Vec<String> {
        let pairs = pairs(&sides(rows), &sides(items), mode, LEAST_SCORE);
        let line = |(row, pair): (&Item, &Option<Pair>)| match pair {
            Some(pair) => format!("{}->{} {}", row.id, items[pair.item].id, pair.by.as_str()),
            None => format!("{}->-", row.id),
        };
        rows.iter().zip(&pairs.rows).map(line).collect()
    }

    fn on(mut item: Item, asset: &str) -> Item {
        item.assets = vec![asset.into()];
        item
    }

    #[test]
    fn numbers_that_were_swapped_are_seen_through() {
        let before = [item("V-1", "Open port"), item("V-2", "Unsupported server")];
        let after =
            [item("V-1", "Unsupported server"), item("V-2", "Open port"), item("V-3", "New")];
        assert_eq!(
            said(&after, &before, Match::Auto),
            ["V-1->V-2 fingerprint", "V-2->V-1 fingerprint", "V-3->-"]
        );
        assert_eq!(said(&after, &before, Match::Id), ["V-1->-", "V-2->-", "V-3->-"]);
        // The same weakness on two hosts.
        let before = [on(item("V-1", "Open port"), "a"), on(item("V-2", "Open port"), "b")];
        let after = [on(item("V-1", "Open port"), "b"), on(item("V-2", "Open port"), "a")];
        assert_eq!(
            said(&after, &before, Match::Auto),
            ["V-1->V-2 fingerprint", "V-2->V-1 fingerprint"]
        );
    }

    #[test]
    fn what_is_the_same_is_paired_in_order_and_as_often_as_it_is_there() {
        let before = ["V-1", "V-2", "V-3"].map(|id| item(id, "Same"));
        let after = ["V-8", "V-9", "V-2"].map(|id| item(id, "Same"));
        assert_eq!(
            said(&after, &before, Match::Auto),
            ["V-8->V-1 fingerprint", "V-9->V-3 fingerprint", "V-2->V-2 id"]
        );
        assert_eq!(said(&after[..1], &before, Match::Fingerprint), ["V-8->V-1 fingerprint"]);
        let four = ["V-1", "V-2", "V-3", "V-4"].map(|id| item(id, "Same"));
        assert_eq!(said(&four, &before, Match::Fingerprint)[3], "V-4->-");
        let mut closed = item("V-1", "Same");
        closed.status = "closed".parse().unwrap();
        assert_eq!(
            said(&[item("V-7", "Same")], &[closed, item("V-2", "Same")], Match::Auto),
            ["V-7->V-2 fingerprint"]
        );
    }

    #[test]
    fn a_change_keeps_the_id_and_another_weakness_does_not_get_it() {
        let before = [on(item("V-1", "Open port 8080"), "a")];
        let moved = [on(item("V-1", "Open port 8080"), "c")];
        assert_eq!(said(&moved, &before, Match::Auto), ["V-1->V-1 id"]);
        let renumbered = [on(item("V-9", "Open port 8080"), "a")];
        assert_eq!(said(&renumbered, &before, Match::Auto), ["V-9->V-1 fingerprint"]);
        assert_eq!(said(&renumbered, &before, Match::Id), ["V-9->-"]);
        let other = [item("V-1", "Unsupported server")];
        for mode in [Match::Auto, Match::Id, Match::Fingerprint] {
            assert_eq!(said(&other, &before, mode), ["V-1->-"]);
        }
        // Found again on another day: an open item goes on, a closed one does not come back.
        let mut again = on(item("V-9", "Open port 8080"), "a");
        again.original_detection_date = "2026-05-09".parse().unwrap();
        assert_eq!(
            said(std::slice::from_ref(&again), &before, Match::Auto),
            ["V-9->V-1 fingerprint"]
        );
        let mut closed = before.clone();
        closed[0].status = "closed".parse().unwrap();
        assert_eq!(said(&[again], &closed, Match::Auto), ["V-9->-"]);
        // Rated otherwise, under another number: alike enough.
        let mut later = item("V-9", "Open port 8080");
        later.assets = vec!["a".into()];
        later.original_risk_rating = crate::model::RiskRating::Low;
        assert_eq!(said(&[later], &before, Match::Auto), ["V-9->V-1 fingerprint"]);
    }
}
