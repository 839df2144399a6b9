//! What the commits say of each item, put together event by event.

use chrono::{DateTime, NaiveDate, Utc};

use super::first::First;
use super::{Action, Event, Map};
use crate::model::ItemId;

/// What the commits say of one item. `E` is how its events are remembered.
#[derive(Debug, Clone)]
pub struct Record<E = usize> {
    /// When the item landed for the first time.
    pub created: DateTime<Utc>,
    /// When it was last changed: the workbook's *Status Date*, as a day in UTC.
    pub last_changed: DateTime<Utc>,
    /// Its events; by default as places in [`History::events`](super::History::events).
    pub(super) events: Vec<E>,
    pub(super) first: First,
    /// Whether the item went on under another id.
    pub(super) left: bool,
    /// Where all that is known of it was reconstructed from documents, the latest time of that.
    documents: Option<DateTime<Utc>>,
}

impl<E> Record<E> {
    /// The day of the last change, in UTC.
    pub fn status_date(&self) -> NaiveDate {
        self.last_changed.date_naive()
    }

    /// Whether all that is known of the item was reconstructed from documents, none of them of a
    /// later time.
    pub(super) fn is_of_documents(&self, time: DateTime<Utc>) -> bool {
        self.documents.is_some_and(|latest| latest <= time)
    }

    /// Goes on with an event, which is remembered as `kept` or not at all.
    fn add(&mut self, said: &Said, kept: Option<E>) {
        let latest = self.documents.map(|latest| latest.max(said.time));
        self.documents = latest.filter(|_| said.reconstructed);
        if let Some(kept) = kept {
            if self.events.is_empty() {
                // Of most items little happens.
                self.events.reserve_exact(1);
            }
            self.events.push(kept);
        }
    }
}

/// The record of every item.
pub(super) type Records<E> = Map<ItemId, Record<E>>;

/// What an event says of its item.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) item: ItemId,
    pub(super) action: Action,
    pub(super) time: DateTime<Utc>,
    pub(super) reconstructed: bool,
    /// The id that it had before, where it was given another.
    pub(super) from: Option<ItemId>,
}

impl Said {
    /// `None` for an event of no item.
    pub(super) fn of(event: &Event) -> Option<Self> {
        let Event { action, time, reconstructed, .. } = *event;
        let from = Self::from(action, || event.old.as_str());
        Some(Self { item: event.item.clone()?, action, time, reconstructed, from })
    }

    /// The id that an item had before something was done to it, if it was given another; `old` is
    /// the value before.
    pub(super) fn from<'o>(
        action: Action,
        old: impl FnOnce() -> Option<&'o str>,
    ) -> Option<ItemId> {
        if action != Action::ItemRenamed {
            return None;
        }
        old()?.parse().ok()
    }
}

/// Notes what an event says of its item, which remembers it as `kept` or not at all.
pub(super) fn note<E: Clone>(records: &mut Records<E>, said: &Said, kept: Option<E>) {
    let Said { item, action, time, reconstructed, from } = said;
    if let Some(from) = from {
        carry_over(records, from, said, kept.clone());
    }
    // What another item was that once had the id is not this one's past.
    if *action == Action::ItemCreated && records.get(item).is_some_and(|record| record.left) {
        records.remove(item);
    }
    let record = records.entry(item.clone()).or_insert_with(|| Record {
        first: First::default(),
        created: *time,
        last_changed: *time,
        events: Vec::new(),
        left: false,
        documents: reconstructed.then_some(*time),
    });
    // What cannot be read is told, but changed nothing.
    if *action != Action::Unreadable {
        record.last_changed = *time;
    }
    record.add(said, kept);
}

/// Gives an item that goes on under another id its past.
fn carry_over<E: Clone>(records: &mut Records<E>, from: &ItemId, said: &Said, kept: Option<E>) {
    let Some(record) = records.get_mut(from) else { return };
    let carried = Record { left: false, ..record.clone() };
    record.left = true;
    record.add(said, kept);
    records.insert(said.item.clone(), carried);
}
