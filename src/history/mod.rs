//! Commits → events.
//!
//! What was committed on the main line, when it was committed: the first-parent walk of a revision, oldest
//! first, each commit compared with its first parent item by item. Reformatting a file, moving it
//! or reordering its keys is no event; a revision that cannot be read is one.

mod cache;
mod content;
mod description;
mod diff;
mod event;
mod event_day;
mod export_history;
mod facts;
mod first;
mod item_changes;
mod practice;
mod prepare;
mod read;
mod record;
mod rename;
mod replay;
mod signing;
mod sink;
mod slips;
mod source_record;
mod tree_diff;
mod value;
mod versions;

pub(crate) use cache::decode_body as decode_cache_body;
pub(crate) use description::shorten_line;
pub use description::{EventDescription, place_words, repeats_end};
pub use diff::{Difference, diff_items, diff_settings};
pub use event::{Action, Actor, Event, Family, MilestoneMark, SignatureStatus};
pub use event_day::EventDay;
pub use export_history::{
    ExportHistory, MilestoneEvent, OriginalValues, PlannedMilestones, read_export_history,
};
pub use facts::{DAY, DAY_INFERRED, DAY_STATED, DAY_UNKNOWN, UNDO, reason_of, subject_of};
pub use practice::{Practice, PrintedEvent};
pub use read::{HistoryError, HistorySource, each_event, read, read_cached};
pub use record::ItemHistory;
pub use signing::check_signatures;
pub use slips::{DateChange, DateMove, PlannedDate, count_slips, date_changes, date_moves};
pub use source_record::{
    ClaimDoubt, DAYS_FILE, DOCUMENTS_FILE, IMPORTS_FOLDER, RecordedDay, UnrecordedClaim,
    unrecorded_claims,
};
pub use tree_diff::{FilePair, FileState, ItemDifference, diff_trees};
pub use value::EventValue;
pub use versions::TextCommit;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::model::{FirstValues, Item, ItemId, PermanentValues};
use crate::repository::CommitId;
use first::FirstVersion;
use record::{EventSummary, ItemHistories};
use sink::EventSink;

/// Ids and paths of a long history are looked up a million times.
type Hasher = foldhash::fast::RandomState;
type Map<K, V> = HashMap<K, V, Hasher>;
type Set<T> = HashSet<T, Hasher>;

/// The history of a tracker: its events, and the history of each item.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The revision that was walked; none where there is no commit yet.
    pub head: Option<CommitId>,
    /// When the head was committed.
    pub head_time: Option<DateTime<Utc>>,
    /// Everything that happened, oldest first.
    pub events: Vec<Event>,
    records: ItemHistories<usize>,
    /// The ids that items gave up for others, with the place of the event.
    given_up: BTreeMap<ItemId, usize>,
}

impl History {
    /// Returns the history of an item; `None` where no commit has it.
    pub fn record(&self, id: &ItemId) -> Option<&ItemHistory> {
        self.records.get(id)
    }

    /// Returns every id that an item has or ever had, in order.
    pub fn ids(&self) -> impl Iterator<Item = &ItemId> {
        let mut ids: Vec<&ItemId> = self.records.keys().collect();
        ids.sort_unstable();
        ids.into_iter()
    }

    /// Returns the last event by which an item gave up this id for another one.
    pub fn given_up(&self, id: &ItemId) -> Option<&Event> {
        self.events.get(*self.given_up.get(id)?)
    }

    /// Returns the events of an item, oldest first: those under this id and, before it was given
    /// this one, under others. Another id does not shake off what happened. Of an id that an item
    /// gave up, the last one is where it went.
    pub fn events_of(&self, id: &ItemId) -> impl DoubleEndedIterator<Item = &Event> {
        let places = self.record(id).map(|record| record.events.as_slice()).unwrap_or_default();
        places.iter().filter_map(|place| self.events.get(*place))
    }

    /// Returns the text that a field of an item held when the item was committed for the first time, under
    /// whatever id.
    pub fn first_text(&self, id: &ItemId, field: &str) -> Option<String> {
        self.created_with(id)?.entry_text(field)
    }

    /// Returns the first committed version of an item that can be read: the values of permanent
    /// columns.
    pub fn first(&self, id: &ItemId) -> Option<Item> {
        let created = || Item::deserialize_from(&self.created_with(id)?.value()).ok();
        self.record(id)?.first.read(created)
    }

    /// Returns the detection date and the original rating that count for an item, as it is now.
    pub fn permanent(&self, item: &Item) -> PermanentValues {
        PermanentValues::resolve(item, self.first_values(&item.id))
    }

    /// Returns the detection date and the original rating of the first committed version that can be
    /// read.
    pub fn first_values(&self, id: &ItemId) -> Option<FirstValues> {
        let record = self.record(id)?;
        let created = || self.created_with(id)?.read();
        *record.first_values.get_or_init(|| record.first.read(created))
    }

    fn created_with(&self, id: &ItemId) -> Option<&EventValue> {
        let created = self.events_of(id).find(|event| event.action == Action::ItemCreated)?;
        Some(&created.new)
    }

    /// Returns the history without the events of some commits: what a branch began with.
    #[must_use]
    pub fn without_commits(&self, commits: &[CommitId]) -> Self {
        let commits: HashSet<String> = commits.iter().map(ToString::to_string).collect();
        let mut before = Self::default();
        let events = self.events.iter().filter(|event| !commits.contains(&*event.commit));
        before.accept_events(events.cloned().collect());
        let began = |history: &Self, record: &ItemHistory| {
            let first = record.events.first().and_then(|place| history.events.get(*place));
            first.map(|event| event.commit.clone())
        };
        let mut firsts = Vec::new();
        for (id, record) in &before.records {
            // Since then, the id may have been given up and taken by another item.
            let same = self.record(id).filter(|it| began(self, it) == began(&before, record));
            firsts.push(same.map(|record| record.first.clone()).unwrap_or_default());
        }
        for (record, first) in before.records.values_mut().zip(firsts) {
            record.set_first(first);
        }
        before
    }

    /// Counts how often a due date of the item or of one of its milestones moved to a later day.
    pub fn times_rescheduled(&self, id: &ItemId) -> usize {
        count_slips(self.events_of(id))
    }

    /// Creates a history of these events, oldest first.
    #[cfg(test)]
    pub(crate) fn from_events(events: Vec<Event>) -> Self {
        let mut history = Self::default();
        history.accept_events(events);
        history
    }

    /// Adds the event at a place to the history of its item.
    fn note_event(&mut self, event: &Event, place: usize) {
        let Some(summary) = EventSummary::new(event) else { return };
        // Of an id that nothing had nobody knows where it went.
        if let Some(from) = summary.from.as_ref().filter(|from| self.records.contains_key(*from)) {
            self.given_up.insert(from.clone(), place);
        }
        record::note_event(&mut self.records, &summary, Some(place));
    }
}

impl EventSink for History {
    fn reserve_events(&mut self, events: usize) {
        self.events.reserve(events);
    }

    fn accept_events(&mut self, events: Vec<Event>) {
        for (place, event) in (self.events.len()..).zip(&events) {
            self.note_event(event, place);
        }
        if self.events.capacity() == 0 {
            self.events = events;
        } else {
            self.events.extend(events);
        }
    }

    fn set_first_version(&mut self, id: &ItemId, first: FirstVersion) {
        if let Some(record) = self.records.get_mut(id) {
            record.set_first(first);
        }
    }

    fn reset(&mut self) -> bool {
        *self = Self::default();
        true
    }
}
