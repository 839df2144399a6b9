use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::history::{Entitled, Event, PlannedDate, date_moves};

/// What one commit did to the dates of an item.
pub(super) struct Slip {
    /// When it landed.
    pub(super) day: NaiveDate,
    /// By how many days each date moved: later, or (below 0) earlier.
    pub(super) moves: BTreeMap<PlannedDate, i64>,
}

impl Slip {
    /// What the events of one item in one commit did to its dates. `None` where they moved none,
    /// or where the commit also records what entitles to new dates: an approved risk adjustment or
    /// the vendor's release of a fix.
    pub(super) fn of(commit: &[&Event]) -> Option<Self> {
        let day = commit.first()?.day();
        let moves = date_moves(commit.iter().copied(), Entitled::LeftOut);
        let moves: BTreeMap<PlannedDate, i64> =
            moves.into_iter().map(|(_, it)| (it.date, it.days())).collect();
        (!moves.is_empty()).then_some(Self { day, moves })
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
