//! Where events go while a history is replayed.

use super::Event;
use super::first::FirstVersion;
use crate::model::ItemId;

/// Events that are passed on together.
pub(super) const BATCH: usize = 4096;

/// Receives the events of a history, in batches, oldest first.
pub(super) trait EventSink: Send {
    /// Announces that at most so many events will follow.
    fn reserve_events(&mut self, _events: usize) {}

    /// Takes the next events.
    fn accept_events(&mut self, events: Vec<Event>);

    /// Takes, after all events, the first readable version of an item where that is not the one that
    /// the item was created with, or was not at some time.
    fn set_first_version(&mut self, id: &ItemId, first: FirstVersion);

    /// Forgets everything, to be sent again from the beginning. Returns `false` where that is not
    /// possible, because what was taken has been passed on.
    fn reset(&mut self) -> bool;
}

/// Passes events on to a function and retains nothing.
pub(super) struct ForEachBatch<F> {
    pub(super) each: F,
    pub(super) started: bool,
}

impl<F: FnMut(Vec<Event>) + Send> EventSink for ForEachBatch<F> {
    fn accept_events(&mut self, events: Vec<Event>) {
        self.started = true;
        (self.each)(events);
    }

    fn set_first_version(&mut self, _id: &ItemId, _first: FirstVersion) {}

    fn reset(&mut self) -> bool {
        !self.started
    }
}
