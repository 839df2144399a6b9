//! Counts of events in the current month, and of slips over the entire history.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::closing::mean;
use super::past::{TrendMonth, name, same_month};
use crate::history::{Action, DateMove, Event, History};
use crate::model::ItemId;

/// Events of the month of a day, counted up to that day (UTC). What is dated later counts on that day.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Month {
    /// The month, as 2026-06.
    pub month: String,
    /// Items that became open: committed as open, or reopened.
    pub opened: usize,
    /// Of these, the reopened ones.
    pub reopened: usize,
    /// Items that were closed.
    pub closed: usize,
    /// Items whose file was removed while they were open.
    pub removed: usize,
    /// Due dates of items and milestones that moved to a later day.
    pub rescheduled: usize,
    /// Deviations that were requested.
    pub deviations_requested: usize,
    /// Deviations that were approved.
    pub deviations_approved: usize,
    /// Deviations that were denied or withdrawn.
    pub deviations_denied: usize,
    /// Check-ins with vendors.
    pub vendor_check_ins: usize,
}

impl Month {
    pub(super) fn count(
        history: &History,
        months: Option<&[TrendMonth]>,
        today: NaiveDate,
    ) -> Self {
        let this = name(today);
        let known = months.and_then(<[_]>::last).filter(|month| month.month == this);
        let mut month = Self { month: this, ..Self::default() };
        if let Some(known) = known {
            month.opened = known.opened;
            month.reopened = known.reopened;
            month.closed = known.closed;
            month.removed = known.removed;
            month.rescheduled = known.rescheduled;
        }
        let landed = |event: &&Event| same_month(event.day().min(today), today);
        for event in history.events.iter().filter(landed) {
            match (event.action, event.new.entry_text("state").as_deref()) {
                (Action::DeviationRequested, _) => month.deviations_requested += 1,
                (Action::DeviationDecided, Some("approved")) => month.deviations_approved += 1,
                (Action::DeviationDecided, _) => month.deviations_denied += 1,
                (Action::VendorCheckedIn, _) => month.vendor_check_ins += 1,
                _ => {}
            }
        }
        month
    }

    /// Returns whether nothing that it counts happened.
    pub fn is_quiet(&self) -> bool {
        *self == Self { month: self.month.clone(), ..Self::default() }
    }
}

/// Moves of due dates of items and milestones to later days, over the entire history. A date that
/// moved to an earlier day is not counted against it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slips {
    /// Moves to a later day.
    pub count: usize,
    /// Items that they happened to.
    pub items: usize,
    /// Days a move, on average; rounded to a tenth. 0 without one.
    pub mean_days: f64,
    /// Days of the farthest move.
    pub worst_days: i64,
    /// The item that it happened to; the first one where several moved as far.
    pub worst_item: Option<ItemId>,
    /// By who owns the items now, most moves first.
    pub by_owner: Vec<OwnerSlips>,
}

/// Due dates that moved to later days, of the items that somebody owns now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OwnerSlips {
    /// Name of the point of contact; none for items that have none or are gone.
    pub owner: Option<String>,
    /// Moves to a later day.
    pub count: usize,
    /// Days a move, on average; rounded to a tenth.
    pub mean_days: f64,
    /// Days of the farthest move.
    pub worst_days: i64,
}

impl Slips {
    /// Counts the slips of a history; `owner` returns the current owner of an item.
    pub(super) fn count(history: &History, owner: impl Fn(&ItemId) -> Option<String>) -> Self {
        let mut items = BTreeSet::new();
        let mut owners: BTreeMap<Option<String>, Vec<i64>> = BTreeMap::new();
        let (mut count, mut days, mut worst) = (0, 0, (0, None));
        for event in &history.events {
            let slip = DateMove::of_event(event).filter(DateMove::is_slip);
            let Some(moved) = slip.map(|it| it.days()) else { continue };
            let Some(id) = &event.item else { continue };
            items.insert(id);
            owners.entry(owner(id)).or_default().push(moved);
            count += 1;
            days += moved;
            if moved > worst.0 {
                worst = (moved, Some(id.clone()));
            }
        }
        let by_owner = |(owner, days): (Option<String>, Vec<i64>)| OwnerSlips {
            owner,
            count: days.len(),
            mean_days: mean(days.iter().sum(), days.len()),
            worst_days: days.iter().copied().max().unwrap_or_default(),
        };
        let mut by_owner: Vec<_> = owners.into_iter().map(by_owner).collect();
        // By name already; the sort is stable.
        by_owner.sort_by_key(|one| std::cmp::Reverse(one.count));
        Self {
            count,
            items: items.len(),
            mean_days: mean(days, count),
            worst_days: worst.0,
            worst_item: worst.1,
            by_owner,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::past::months;
    use super::super::samples::{created, day, event, settings};
    use super::*;

    fn due(day: &str, id: &str, old: Value, new: Value) -> Event {
        event(day, id, Action::MilestoneRescheduled, "/milestones/0/due", old, new)
    }

    #[test]
    fn the_month_counts_what_landed_in_it() {
        let decided = |day: &str, state: &str| {
            let new = json!({"type": "false-positive", "state": state});
            event(day, "V-1", Action::DeviationDecided, "/deviations/0", Value::Null, new)
        };
        let asked = |day: &str| {
            let field = "/vendor_dependency/last_check_in";
            event(day, "V-1", Action::VendorCheckedIn, field, Value::Null, json!(day))
        };
        let history = History::from_events(vec![
            created("2026-04-30", "V-1", ""),
            created("2026-05-01", "V-2", ""),
            decided("2026-05-02", "approved"),
            decided("2026-05-03", "denied"),
            asked("2026-04-04"),
            asked("2026-05-04"),
            due("2026-05-05", "V-1", json!("2026-05-05"), json!("2026-06-05")),
            asked("2026-05-21"),
        ]);
        let today = day("2026-05-20");
        let trend = months(&history, &settings(""), today, 6).months;
        let month = Month::count(&history, Some(&trend), today);
        let expected = Month {
            month: "2026-05".into(),
            opened: 1,
            rescheduled: 1,
            deviations_approved: 1,
            deviations_denied: 1,
            // One of them is dated the day after.
            vendor_check_ins: 2,
            ..Month::default()
        };
        assert_eq!(month, expected);
        assert!(!month.is_quiet());
        assert!(Month::count(&History::default(), Some(&[]), today).is_quiet());
    }

    #[test]
    fn only_later_days_are_slips() {
        let history = History::from_events(vec![
            due("2026-01-05", "V-1", json!("2026-01-10"), json!("2026-01-20")),
            due("2026-01-06", "V-1", json!("2026-01-20"), json!("2026-01-15")),
            due("2026-01-07", "V-1", json!("2026-01-15"), json!("2026-01-30")),
            due("2026-01-08", "V-2", json!("2026-01-15"), json!("2026-01-30")),
            due("2026-01-09", "V-3", Value::Null, json!("2026-01-30")),
            due("2026-01-10", "V-3", json!("2026-01-30"), Value::Null),
        ]);
        let owner = |id: &ItemId| (id.as_str() == "V-1").then(|| "Jane".to_owned());
        let slips = Slips::count(&history, owner);
        let by = |owner: Option<&str>, count, mean_days| OwnerSlips {
            owner: owner.map(str::to_owned),
            count,
            mean_days,
            worst_days: 15,
        };
        let expected = Slips {
            count: 3,
            items: 2,
            mean_days: 13.3,
            worst_days: 15,
            worst_item: "V-1".parse().ok(),
            by_owner: vec![by(Some("Jane"), 2, 12.5), by(None, 1, 15.0)],
        };
        assert_eq!(slips, expected);
        let none = Slips::count(&History::default(), owner);
        assert_eq!((none.count, none.mean_days, none.worst_item), (0, 0.0, None));
    }
}
