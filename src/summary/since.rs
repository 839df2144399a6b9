//! Net changes between an earlier tree and the current one: new, closed and moved items, dates that
//! slipped.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::history::{DateMove, PlannedDate};
use crate::model::{Item, ItemId};
use crate::settings::Settings;
use crate::store::Store;

/// Changes of items between an earlier tree and this one: the net result, as somebody sees it who
/// has the two submissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Since {
    /// Name of the earlier tree: a snapshot, a revision, a day.
    pub base: String,
    /// Its commit.
    pub commit: String,
    /// Its day.
    pub date: NaiveDate,
    /// Items that are open now and were not there.
    pub opened: Vec<ItemId>,
    /// Items that are open now and were closed.
    pub reopened: Vec<ItemId>,
    /// Items that are closed now and were open.
    pub closed: Vec<ItemId>,
    /// Items that are closed now and were not there.
    pub opened_and_closed: Vec<ItemId>,
    /// Items that were there and are not.
    pub removed: Vec<ItemId>,
    /// Dates of items that are open now which moved to a later day, the farthest first.
    pub slipped: Vec<Slipped>,
    /// Other items that state something else than before.
    pub changed: Vec<ItemId>,
}

/// A date that moved to a later day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Slipped {
    /// The item.
    pub item: ItemId,
    /// Its milestone; none for the scheduled completion date of the item.
    pub milestone: Option<u32>,
    /// The day before.
    pub from: NaiveDate,
    /// The day now.
    pub to: NaiveDate,
    /// By so many days.
    pub days: i64,
}

impl Since {
    /// Compares two trees, each by the workflow of its own settings. An id that is in two files
    /// counts as its first.
    pub fn between(
        base: (String, String, NaiveDate),
        before: (&Store, &Settings),
        now: (&Store, &Settings),
    ) -> Self {
        let (base, commit, date) = base;
        let mut since = Self {
            base,
            commit,
            date,
            opened: Vec::new(),
            reopened: Vec::new(),
            closed: Vec::new(),
            opened_and_closed: Vec::new(),
            removed: Vec::new(),
            slipped: Vec::new(),
            changed: Vec::new(),
        };
        let closed = |settings: &Settings, item: &Item| settings.workflow.is_closed(&item.status);
        for id in now.0.ids() {
            let Some(is) = now.0.find(id) else { continue };
            let is_closed = closed(now.1, &is.item);
            let Some(was) = before.0.find(id) else {
                let list = if is_closed { &mut since.opened_and_closed } else { &mut since.opened };
                list.push(id.clone());
                continue;
            };
            let slipped = slips(&was.item, &is.item);
            let slips = !is_closed && !slipped.is_empty();
            if slips {
                since.slipped.extend(slipped);
            }
            match (closed(before.1, &was.item), is_closed) {
                (false, true) => since.closed.push(id.clone()),
                (true, false) => since.reopened.push(id.clone()),
                _ if !slips && was.value() != is.value() => since.changed.push(id.clone()),
                _ => {}
            }
        }
        let gone = before.0.ids().filter(|id| now.0.find(id).is_none());
        since.removed = gone.cloned().collect();
        // Stable: by item, schedule first, where days are the same.
        since.slipped.sort_by_key(|one| std::cmp::Reverse(one.days));
        since
    }
}

fn slips(was: &Item, is: &Item) -> Vec<Slipped> {
    let slip = |date: PlannedDate, from: Option<NaiveDate>, to: Option<NaiveDate>| {
        let moved = DateMove::between(date, from, to).filter(DateMove::is_slip)?;
        let DateMove { date, from, to } = moved;
        let (item, milestone) = (is.id.clone(), date.milestone());
        Some(Slipped { item, milestone, from, to, days: moved.days() })
    };
    let schedule =
        slip(PlannedDate::Schedule, was.scheduled_completion_date, is.scheduled_completion_date);
    let before: BTreeMap<u32, NaiveDate> =
        was.milestones.iter().filter_map(|one| Some((one.id, one.due?))).collect();
    let milestones = is.milestones.iter().filter_map(|one| {
        slip(PlannedDate::Milestone(one.id), before.get(&one.id).copied(), one.due)
    });
    schedule.into_iter().chain(milestones).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{settings, store};
    use super::*;

    #[test]
    fn two_trees_are_compared_item_by_item() {
        let plan = |schedule: &str, due: &str| {
            format!(
                "scheduled_completion_date: {schedule}\nmilestones: [{{id: 1, description: a, due: 2026-01-10}}, {{id: 2, description: b, due: {due}}}]\n"
            )
        };
        let (a, b) = (plan("2026-02-01", "2026-01-20"), plan("2026-02-11", "2026-03-01"));
        let done = b.clone() + "status: closed\n";
        let before = store(&[
            ("V-1", &a),
            ("V-2", ""),
            ("V-3", "status: closed\n"),
            ("V-4", ""),
            ("V-5", ""),
            ("V-6", &b),
            ("V-7", &a),
        ]);
        let now = store(&[
            ("V-1", &b),
            ("V-2", "status: closed\n"),
            ("V-3", ""),
            ("V-5", "comments: looked at\n"),
            ("V-6", &a),
            ("V-7", &done),
            ("V-8", ""),
            ("V-9", "status: closed\n"),
        ]);
        let settings = settings("");
        let name = ("poam/2026-01".to_owned(), "0".repeat(40), "2026-01-31".parse().unwrap());
        let it = Since::between(name, (&before, &settings), (&now, &settings));
        let ids = |list: &[ItemId]| list.iter().map(ItemId::as_str).collect::<Vec<_>>().join(" ");
        assert_eq!(
            [&it.opened, &it.reopened, &it.closed, &it.opened_and_closed, &it.removed, &it.changed]
                .map(|list| ids(list)),
            ["V-8", "V-3", "V-2 V-7", "V-9", "V-4", "V-5 V-6"]
        );
        let slips: Vec<_> =
            it.slipped.iter().map(|one| (one.item.as_str(), one.milestone, one.days)).collect();
        assert_eq!(slips, [("V-1", Some(2), 40), ("V-1", None, 10)]);
    }
}
