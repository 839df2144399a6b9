//! Who is told what happened, while the commits are still landing.

use std::collections::BTreeSet;
use std::sync::mpsc::SyncSender;

use super::Event;
use super::cache::{Cache, Writing};
use super::first::First;
use super::resume::News;
use crate::model::ItemId;
use crate::repository::CommitId;

/// Events that are handed on together.
const BATCH: usize = 4096;

/// Who is told what happened.
pub(super) trait Listener: Send {
    /// At most as much as this will be told.
    fn expect(&mut self, _events: usize) {}

    /// What happened next, oldest first.
    fn hear(&mut self, events: Vec<Event>);

    /// Told in the end: the first version of an item that can be read, where it is not, or was not
    /// at some time, the one that the item was created with.
    fn set_first(&mut self, id: &ItemId, first: First);

    /// Forgets all that it was told, to be told again; whether it could.
    fn forget(&mut self) -> bool;
}

/// What is said while commits land.
pub(super) enum Word {
    /// What happened next.
    Events(Vec<Event>),
    /// What comes now, after a commit, is to be kept together.
    Begin(Option<CommitId>),
    /// So much was to be kept together; nothing of it where it cannot be kept.
    End(Option<News>),
}

/// Hands on what is said as soon as it is enough.
#[derive(Default)]
pub(super) struct Mouth<'a> {
    /// What is not handed on yet.
    pub(super) events: Vec<Event>,
    to: To<'a>,
}

/// To whom.
#[derive(Default)]
enum To<'a> {
    /// It is held.
    #[default]
    Nobody,
    /// To who listens here.
    Here(Box<Ear<'a>>),
    /// To who listens in another thread.
    There(SyncSender<Word>),
}

impl<'a> Mouth<'a> {
    pub(super) fn speak_to(&mut self, ear: Ear<'a>) {
        self.to = To::Here(Box::new(ear));
    }

    pub(super) fn speak_through(&mut self, sender: SyncSender<Word>) {
        self.to = To::There(sender);
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.events.push(event);
        if self.events.len() >= BATCH {
            self.hand_on();
        }
    }

    pub(super) fn say(&mut self, word: Word) {
        self.hand_on();
        match &mut self.to {
            To::Nobody => {}
            To::Here(ear) => ear.take(word),
            // Who takes it only ends before where it panics.
            To::There(sender) => drop(sender.send(word)),
        }
    }

    fn hand_on(&mut self) {
        if self.events.is_empty() || matches!(self.to, To::Nobody) {
            return;
        }
        let events = std::mem::take(&mut self.events);
        match &mut self.to {
            To::Nobody => {}
            To::Here(ear) => ear.take(Word::Events(events)),
            To::There(sender) => drop(sender.send(Word::Events(events))),
        }
    }

    /// Says what is left; who listened here.
    pub(super) fn end(&mut self) -> Option<Ear<'a>> {
        self.hand_on();
        match std::mem::take(&mut self.to) {
            To::Here(ear) => Some(*ear),
            To::Nobody | To::There(_) => None,
        }
    }
}

/// Passes on what is said to who listens, and to what is kept of it.
pub(super) struct Ear<'a> {
    pub(super) listener: &'a mut dyn Listener,
    /// Nowhere once something could not be kept: what comes after it would be of no use.
    cache: Option<&'a Cache>,
    segment: Option<Writing>,
    /// What the segments to come build upon, and those that were kept.
    needed: BTreeSet<CommitId>,
}

impl<'a> Ear<'a> {
    /// With a cache, what is said is kept after some segments.
    pub(super) fn new(
        listener: &'a mut dyn Listener,
        cache: Option<&'a Cache>,
        needed: impl IntoIterator<Item = CommitId>,
    ) -> Self {
        Self { listener, cache, segment: None, needed: needed.into_iter().collect() }
    }

    pub(super) fn take(&mut self, word: Word) {
        match word {
            Word::Events(events) => {
                self.segment = self.segment.take().and_then(|mut segment| {
                    segment.add(&events)?;
                    Some(segment)
                });
                self.listener.hear(events);
            }
            Word::Begin(since) => self.segment = self.cache.and_then(|it| it.begin(since)),
            Word::End(news) => self.keep(news),
        }
    }

    fn keep(&mut self, news: Option<News>) {
        let kept =
            self.cache.zip(self.segment.take()).zip(news).and_then(|((it, segment), news)| {
                it.keep(segment, &news)?;
                Some(news.to)
            });
        match kept {
            Some(to) => drop(self.needed.insert(to)),
            None => self.cache = None,
        }
    }

    /// Makes room for what was kept.
    pub(super) fn tidy(&self) {
        if let Some(cache) = self.cache {
            cache.tidy(&self.needed);
        }
    }
}
