//! Finds when most items of a group moved their dates together.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::history::PlannedDate;

/// Days within which items that move one after the other move together.
const TOGETHER_DAYS: i64 = 31;

/// A move of one date of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ItemMove {
    /// The day of the commit.
    pub(super) day: NaiveDate,
    /// The place of the item in a list of the caller.
    pub(super) item: usize,
    /// The date of the item.
    pub(super) date: PlannedDate,
    /// The place of the commit's facts in a list of the caller.
    pub(super) commit: usize,
}

/// Finds the times at which more than half of the items of a group, and at least `least`, moved a date: on
/// one day, or one after the other within 31 days. `moves` are moves of the group by one length, in order of
/// days; `began` are the days on which the items of the group were committed, sorted.
///
/// What moved on one day belongs together first; a date that moves twice moved at two times.
pub(super) fn group_moves(
    moves: &[ItemMove],
    began: &[NaiveDate],
    least: usize,
) -> Vec<Vec<ItemMove>> {
    let there = |day: NaiveDate| began.partition_point(|it| *it <= day);
    let is_most = |items: usize, day: NaiveDate| items >= least && items * 2 > there(day);
    let mut found = Vec::new();
    let mut rest = Vec::new();
    for of_day in moves.chunk_by(|a, b| a.day == b.day) {
        for round in split_rounds(of_day) {
            let items: BTreeSet<usize> = round.iter().map(|it| it.item).collect();
            match round.first() {
                Some(first) if is_most(items.len(), first.day) => found.push(round),
                _ => rest.extend(round),
            }
        }
    }
    let (mut start, mut end) = (0, 0);
    let mut items: BTreeMap<usize, usize> = BTreeMap::new();
    while let Some(last) = rest.get(end) {
        *items.entry(last.item).or_default() += 1;
        end += 1;
        while let Some(first) = rest.get(start)
            && (last.day - first.day).num_days() > TOGETHER_DAYS
        {
            remove_one(&mut items, first.item);
            start += 1;
        }
        if is_most(items.len(), last.day) {
            end += count_following(&rest, start, end);
            found.push(rest.get(start..end).unwrap_or_default().to_vec());
            start = end;
            items.clear();
        }
    }
    found
}

/// Splits the moves of one day so that no part has a date twice.
fn split_rounds(of_day: &[ItemMove]) -> Vec<Vec<ItemMove>> {
    let mut times: BTreeMap<(usize, PlannedDate), usize> = BTreeMap::new();
    let mut rounds: Vec<Vec<ItemMove>> = Vec::new();
    for it in of_day {
        let time = times.entry((it.item, it.date)).or_default();
        match rounds.get_mut(*time) {
            Some(round) => round.push(*it),
            None => rounds.push(vec![*it]),
        }
        *time += 1;
    }
    rounds
}

fn remove_one(items: &mut BTreeMap<usize, usize>, item: usize) {
    if let Some(count) = items.get_mut(&item) {
        *count -= 1;
        if *count == 0 {
            items.remove(&item);
        }
    }
}

/// Counts the moves from `end` on that belong to those from `start` to `end`: within the days, and of dates
/// that did not move there yet.
fn count_following(moves: &[ItemMove], start: usize, end: usize) -> usize {
    let mut moved: BTreeSet<(usize, PlannedDate)> =
        moves.get(start..end).into_iter().flatten().map(|it| (it.item, it.date)).collect();
    let Some(first) = moves.get(start) else { return 0 };
    let later = moves.get(end..).unwrap_or_default().iter();
    later
        .take_while(|it| {
            (it.day - first.day).num_days() <= TOGETHER_DAYS && moved.insert((it.item, it.date))
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt(739_000 + i32::try_from(number).unwrap()).unwrap()
    }

    /// The definition, tried on every pair of days: a group moved together where more than half of the
    /// items that were there on the second day, and enough, moved from the first to the second.
    fn moved_together(moves: &[ItemMove], began: &[NaiveDate], least: usize) -> bool {
        let days: Vec<NaiveDate> = moves.iter().map(|it| it.day).collect();
        days.iter().any(|first| {
            days.iter().any(|last| {
                let span = (*last - *first).num_days();
                let mut items: Vec<usize> = moves
                    .iter()
                    .filter(|it| it.day >= *first && it.day <= *last)
                    .map(|it| it.item)
                    .collect();
                items.sort_unstable();
                items.dedup();
                let there = began.iter().filter(|day| **day <= *last).count();
                (0..=31).contains(&span) && items.len() >= least && items.len() * 2 > there
            })
        })
    }

    #[test]
    fn random_registers_agree_with_the_definition() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = |below: u64| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed % below
        };
        let (mut yes, mut no) = (0, 0);
        for _ in 0..20_000 {
            let size = 1 + random(9);
            let mut began: Vec<NaiveDate> =
                (0..size).map(|_| day(random(60).saturating_sub(30) as u32)).collect();
            let span = 1 + random(90);
            let mut moves: Vec<ItemMove> = (0..random(14))
                .map(|commit| {
                    let item = random(size) as usize;
                    let moved = began[item] + chrono::Days::new(random(span));
                    let date = PlannedDate::Milestone(random(2) as u32);
                    ItemMove { day: moved, item, date, commit: commit as usize }
                })
                .collect();
            moves.sort();
            began.sort();
            let least = 2 + random(4) as usize;
            let expected = moved_together(&moves, &began, least);
            let found = group_moves(&moves, &began, least);
            assert_eq!(!found.is_empty(), expected, "{moves:?} {began:?} {least}");
            let mut used = BTreeSet::new();
            for group in &found {
                assert!(moved_together(group, &began, least), "{group:?} {began:?}");
                assert!(group.iter().all(|it| used.insert(*it)), "a move stands in two groups");
            }
            if expected { yes += 1 } else { no += 1 }
        }
        assert!(yes > 2_000 && no > 2_000, "{yes} {no}");
    }
}
