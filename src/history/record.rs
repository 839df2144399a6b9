//! The history of each item, put together event by event.

use std::sync::OnceLock;

use chrono::{DateTime, NaiveDate, Utc};

use super::first::FirstVersion;
use super::{Action, Event, Map};
use crate::model::{FirstValues, ItemId};

/// The history of one item. `E` is how its events are remembered.
#[derive(Debug, Clone)]
pub struct ItemHistory<E = usize> {
    /// When the item was committed for the first time.
    pub created: DateTime<Utc>,
    /// When it was last changed: the workbook's *Status Date*, as a day in UTC.
    pub last_changed: DateTime<Utc>,
    /// Its events; by default as places in [`History::events`](super::History::events).
    pub(super) events: Vec<E>,
    pub(super) first: FirstVersion,
    /// The detection date and the original rating of the first version, once somebody asked.
    pub(super) first_values: OnceLock<Option<FirstValues>>,
    /// Whether the item went on under another id.
    pub(super) left: bool,
    /// The latest time of its documents, where all that is known of it was reconstructed from such.
    documents: Option<DateTime<Utc>>,
}

impl<E> ItemHistory<E> {
    /// Returns the day of the last change, in UTC.
    pub fn status_date(&self) -> NaiveDate {
        self.last_changed.date_naive()
    }

    /// Sets which version was the first that can be read.
    pub(super) fn set_first(&mut self, first: FirstVersion) {
        self.first = first;
        self.first_values = OnceLock::new();
    }

    /// Returns whether all that is known of the item was reconstructed from documents, none of them of a
    /// later time.
    pub(super) fn is_of_documents(&self, time: DateTime<Utc>) -> bool {
        self.documents.is_some_and(|latest| latest <= time)
    }

    /// Adds an event, and stores its form `kept` where there is one.
    fn add_event(&mut self, summary: &EventSummary, kept: Option<E>) {
        let latest = self.documents.map(|latest| latest.max(summary.time));
        self.documents = latest.filter(|_| summary.reconstructed);
        if let Some(kept) = kept {
            if self.events.is_empty() {
                // Of most items little happens.
                self.events.reserve_exact(1);
            }
            self.events.push(kept);
        }
    }
}

/// The histories of all items, by their present ids.
pub(super) type ItemHistories<E> = Map<ItemId, ItemHistory<E>>;

/// The part of an event that changes the history of its item.
#[derive(Debug, Clone)]
pub(super) struct EventSummary {
    pub(super) item: ItemId,
    pub(super) action: Action,
    pub(super) time: DateTime<Utc>,
    pub(super) reconstructed: bool,
    /// The id that it had before, where it was given another.
    pub(super) from: Option<ItemId>,
}

impl EventSummary {
    /// Summarises an event; `None` where it is about no item.
    pub(super) fn new(event: &Event) -> Option<Self> {
        let Event { action, time, reconstructed, .. } = *event;
        let from = Self::from(action, || event.old.as_str());
        Some(Self { item: event.item.clone()?, action, time, reconstructed, from })
    }

    /// Returns the id that an item had before an action, if the action gave it another; `old` is the
    /// value before.
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

/// Adds an event to the history of its item, which stores the form `kept` where there is one.
pub(super) fn note_event<E: Clone>(
    histories: &mut ItemHistories<E>,
    summary: &EventSummary,
    kept: Option<E>,
) {
    let EventSummary { item, action, time, reconstructed, from } = summary;
    if let Some(from) = from {
        carry_over(histories, from, summary, kept.clone());
    }
    // The history of an earlier item with the same id is not the history of this one.
    if *action == Action::ItemCreated && histories.get(item).is_some_and(|history| history.left) {
        histories.remove(item);
    }
    let history = histories.entry(item.clone()).or_insert_with(|| ItemHistory {
        first: FirstVersion::default(),
        first_values: OnceLock::new(),
        created: *time,
        last_changed: *time,
        events: Vec::new(),
        left: false,
        documents: reconstructed.then_some(*time),
    });
    // An unreadable revision is an event, but changed nothing.
    if *action != Action::Unreadable {
        history.last_changed = *time;
    }
    history.add_event(summary, kept);
}

/// Transfers the history of an item to the id that it goes on under.
fn carry_over<E: Clone>(
    histories: &mut ItemHistories<E>,
    from: &ItemId,
    summary: &EventSummary,
    kept: Option<E>,
) {
    let Some(history) = histories.get_mut(from) else { return };
    let carried = ItemHistory { left: false, ..history.clone() };
    history.left = true;
    history.add_event(summary, kept);
    histories.insert(summary.item.clone(), carried);
}
