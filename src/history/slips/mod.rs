//! Dates of items that move, and slips: moves to a later day. The one place that states what counts.
//!
//! [`date_moves`] reads the moves that events record, one by one: the figures of reports. [`date_changes`]
//! follows the entire plan of an item, as rules about plans do: it leaves out the moves that the item was
//! entitled to, and finds those that no event records, of dates and milestones that were taken away and
//! came back with a later day.

mod plan;

use chrono::NaiveDate;

pub use plan::{DateChange, date_changes};

use super::{Action, Difference, Event, EventValue};
use crate::model::Item;

/// A date of an item that can slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlannedDate {
    /// The scheduled completion date.
    Schedule,
    /// The due date of the milestone with a number.
    Milestone(u32),
}

impl PlannedDate {
    /// Returns the name for people.
    pub fn name(self) -> String {
        match self {
            Self::Schedule => "the scheduled completion date".to_owned(),
            Self::Milestone(number) => format!("milestone {number}"),
        }
    }

    /// Returns the pointer to it in an item; to the list of milestones where the milestone is gone.
    pub fn pointer_in(self, item: &Item) -> String {
        match self {
            Self::Schedule => "/scheduled_completion_date".to_owned(),
            Self::Milestone(number) => {
                match item.milestones.iter().position(|step| step.id == number) {
                    Some(index) => format!("/milestones/{index}/due"),
                    None => "/milestones".to_owned(),
                }
            }
        }
    }

    /// Returns the number of the milestone; `None` for the scheduled completion date.
    pub fn milestone(self) -> Option<u32> {
        match self {
            Self::Schedule => None,
            Self::Milestone(number) => Some(number),
        }
    }
}

/// A planned date that moved from one day to another. A date that was set for the first time, or
/// taken away, did not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateMove {
    /// The date.
    pub date: PlannedDate,
    /// The day before.
    pub from: NaiveDate,
    /// The day after.
    pub to: NaiveDate,
}

impl DateMove {
    /// Returns the move of a date between two versions of an item.
    pub fn between(
        date: PlannedDate,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    ) -> Option<Self> {
        let (from, to) = (from?, to?);
        (from != to).then_some(Self { date, from, to })
    }

    /// Returns the move that an event shows.
    pub fn of_event(event: &Event) -> Option<Self> {
        let milestone = event.milestone.map(|mark| mark.number);
        Self::derive_move(event.action, milestone, &event.old, &event.new)
    }

    /// Returns the move that a difference between two versions is.
    pub fn of_difference(difference: &Difference) -> Option<Self> {
        let Difference { action, old, new, milestone, .. } = difference;
        Self::derive_move(*action, milestone.map(|mark| mark.number), old, new)
    }

    /// Returns the move that an action with these values is.
    pub fn derive_move(
        action: Action,
        milestone: Option<u32>,
        old: &EventValue,
        new: &EventValue,
    ) -> Option<Self> {
        let date = match action {
            Action::ScheduleChanged => PlannedDate::Schedule,
            Action::MilestoneRescheduled => PlannedDate::Milestone(milestone?),
            _ => return None,
        };
        Self::between(date, value_day(old), value_day(new))
    }

    /// Days that it moved: later, or (below 0) earlier.
    pub fn days(&self) -> i64 {
        (self.to - self.from).num_days()
    }

    /// Returns whether it is a slip: a move to a later day.
    pub fn is_slip(&self) -> bool {
        self.to > self.from
    }
}

fn value_day(value: &EventValue) -> Option<NaiveDate> {
    value.as_str()?.parse().ok()
}

/// Returns the moves that the events of one item record, oldest first.
pub fn date_moves<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<DateMove> {
    events.into_iter().filter_map(DateMove::of_event).collect()
}

/// Counts how often planned dates of an item moved to a later day. Two dates that one commit moves are
/// two.
pub fn count_slips<'a>(events: impl IntoIterator<Item = &'a Event>) -> usize {
    date_moves(events).iter().filter(|it| it.is_slip()).count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::summary::samples::event;

    #[test]
    fn slips_are_moves_to_a_later_day() {
        let schedule = |day: &str, old: serde_json::Value, new: serde_json::Value| {
            event(day, "V-1", Action::ScheduleChanged, "/scheduled_completion_date", old, new)
        };
        let commit = |name: &str, mut event: Event| {
            event.commit = name.into();
            event
        };
        let approved = json!({"type": "risk-adjustment", "state": "approved"});
        let decided = event(
            "2026-02-03",
            "V-1",
            Action::DeviationDecided,
            "/deviations/0",
            json!(null),
            approved,
        );
        let events = [
            commit("a", schedule("2026-01-01", json!(null), json!("2026-02-01"))),
            commit("b", schedule("2026-02-01", json!("2026-02-01"), json!("2026-03-01"))),
            commit("c", schedule("2026-02-02", json!("2026-03-01"), json!("2026-02-20"))),
            commit("d", decided),
            commit("d", schedule("2026-02-03", json!("2026-02-20"), json!("2026-04-01"))),
            commit("e", schedule("2026-02-04", json!("2026-04-01"), json!(null))),
        ];
        let days: Vec<i64> = date_moves(&events).iter().map(DateMove::days).collect();
        assert_eq!(days, [28, -9, 40]);
        assert_eq!(count_slips(&events), 2);
        let events: Vec<&Event> = events.iter().collect();
        let moves = date_changes(&events).into_iter().flat_map(|it| it.moves);
        assert_eq!(moves.map(|it| it.days()).collect::<Vec<_>>(), [28, -9]);
    }
}
