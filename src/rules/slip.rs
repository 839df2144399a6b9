use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::history::{Action, Event};
use crate::store::Stored;

/// A date that can slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dated {
    /// The scheduled completion date.
    Schedule,
    /// The due date of the milestone with a number.
    Milestone(u32),
}

impl Dated {
    /// The date that an event is about.
    pub(super) fn of(event: &Event) -> Option<Self> {
        match event.action {
            Action::ScheduleChanged => Some(Self::Schedule),
            Action::MilestoneRescheduled => Some(Self::Milestone(event.milestone?.number)),
            _ => None,
        }
    }

    /// What people call it.
    pub(super) fn name(self) -> String {
        match self {
            Self::Schedule => "the scheduled completion date".to_owned(),
            Self::Milestone(number) => format!("milestone {number}"),
        }
    }

    /// Where it stands in an item; the list of milestones where the milestone is gone.
    pub(super) fn pointer(self, stored: &Stored) -> String {
        match self {
            Self::Schedule => "/scheduled_completion_date".to_owned(),
            Self::Milestone(number) => {
                match stored.item.milestones.iter().position(|step| step.id == number) {
                    Some(index) => format!("/milestones/{index}/due"),
                    None => "/milestones".to_owned(),
                }
            }
        }
    }
}

/// What one commit did to the dates of an item.
pub(super) struct Slip {
    /// When it landed.
    pub(super) day: NaiveDate,
    /// By how many days each date moved: later, or (below 0) earlier.
    pub(super) moves: BTreeMap<Dated, i64>,
}

impl Slip {
    /// What the events of one item in one commit did to its dates. `None` where they moved none,
    /// or where the commit also records what entitles to new dates: an approved risk adjustment or
    /// the vendor's release of a fix.
    pub(super) fn of(commit: &[&Event]) -> Option<Self> {
        let day = commit.first()?.day();
        let days = |event: &&Event| Some((Dated::of(event)?, event.days_moved()?));
        let moves: BTreeMap<Dated, i64> = commit.iter().filter_map(days).collect();
        let entitled = commit.iter().any(|event| event.entitles_to_new_dates());
        (!moves.is_empty() && !entitled).then_some(Self { day, moves })
    }

    /// Whether a date moved to a later day.
    pub(super) fn is_later(&self) -> bool {
        self.moves.values().any(|days| *days > 0)
    }
}

/// The events of an item, commit by commit.
pub(super) fn commits<'a, 'b>(life: &'b [&'a Event]) -> impl Iterator<Item = &'b [&'a Event]> {
    life.chunk_by(|a, b| a.commit == b.commit)
}
