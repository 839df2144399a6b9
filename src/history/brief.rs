//! What the official forms ask of a history, and nothing else of it.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::cache::Cache;
use super::first::First;
use super::listen::Listener;
use super::read::{HistoryError, HistorySource, Pace, Place, settings_of};
use super::record::{self, Record, Records, Said};
use super::recorded::Form;
use super::{Action, Event, History, MilestoneMark, Recorded};
use crate::model::{ItemId, Milestone, RiskRating};
use crate::packed::{Packed, TOGETHER};
use crate::repository::{CommitId, Repository};

/// Events that are gone through together, and by one thread.
const BATCH: usize = 4096;
const PART: usize = 512;

/// A history as far as forms tell it: of each item how it landed first, what became of its
/// milestones and when it was last changed. It takes a fifth of the room.
#[derive(Debug, Clone, Default)]
pub struct Brief {
    /// The revision that was walked; none where there is no commit yet.
    pub head: Option<CommitId>,
    /// When the head was committed.
    pub head_time: Option<DateTime<Utc>>,
    records: Records<Noted>,
}

/// The values of an item as it landed first that forms ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Original {
    /// The day the weakness was first identified.
    pub original_detection_date: NaiveDate,
    /// Rating at the time of detection.
    pub original_risk_rating: RiskRating,
    /// Planned, dated steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<Milestone>,
}

/// What happened to a milestone: an event of which is left what forms say.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// When it happened.
    pub time: DateTime<Utc>,
    /// What happened.
    pub action: Action,
    /// JSON pointer to the value.
    pub field: Arc<str>,
    /// The value before; null where there was none.
    pub old: Recorded,
    /// The value after; null where there is none.
    pub new: Recorded,
    /// The milestone.
    pub milestone: MilestoneMark,
    /// Why, as the commit says.
    pub reason: Option<Arc<str>>,
    /// Whether it was reconstructed from a document instead of recorded when it happened.
    pub reconstructed: bool,
}

/// What is left of an event.
#[derive(Debug)]
struct Gist {
    said: Said,
    noted: Option<Noted>,
}

/// How an event is remembered.
#[derive(Debug, Clone)]
enum Noted {
    /// The item was created, with these values; they are [`shortened`] to an [`Original`].
    Created(Recorded),
    Step(Arc<Step>),
}

impl Brief {
    /// How an item was when it landed first and could be read: the values of permanent columns.
    pub fn first(&self, id: &ItemId) -> Option<Original> {
        let record = self.records.get(id)?;
        let created = record.events.iter().find_map(|noted| match noted {
            Noted::Created(original) => Some(original),
            Noted::Step(_) => None,
        });
        record.first.read(|| created?.read())
    }

    /// What became of the milestones of an item, oldest first, also while it had another id.
    pub fn steps(&self, id: &ItemId) -> impl Iterator<Item = &Step> {
        let noted = self.records.get(id).map(|record| record.events.as_slice());
        noted.unwrap_or_default().iter().filter_map(|noted| match noted {
            Noted::Created(_) => None,
            Noted::Step(step) => Some(&**step),
        })
    }

    /// The day of the last change of an item, in UTC; `None` where no commit has it.
    pub fn status_date(&self, id: &ItemId) -> Option<NaiveDate> {
        self.records.get(id).map(Record::status_date)
    }

    /// Goes on with what happened next.
    fn add(&mut self, events: &[Event]) {
        let gists = |events: &[Event]| shortened(events.iter().filter_map(Gist::of).collect());
        let gists: Vec<Vec<Gist>> = events.par_chunks(PART).map(gists).collect();
        for Gist { said, noted } in gists.into_iter().flatten() {
            record::note(&mut self.records, &said, noted);
        }
    }
}

impl Listener for Brief {
    fn hear(&mut self, events: Vec<Event>) {
        self.add(&events);
    }

    fn set_first(&mut self, id: &ItemId, first: First) {
        if let Some(record) = self.records.get_mut(id) {
            record.first = first;
        }
    }

    fn forget(&mut self) -> bool {
        *self = Self::default();
        true
    }
}

/// The history of a tracker up to a revision, in brief, and kept as
/// [`read_cached`](super::read_cached) does. Nothing else is made of it. `thrifty` says whether memory
/// counts for more than time: then a long history is read piece by piece.
pub fn read_brief(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
    thrifty: bool,
    source: HistorySource,
) -> Result<Brief, HistoryError> {
    let pace = if thrifty { Pace::THRIFTY } else { Pace::USUAL };
    let place = Place { repository, items_folder, settings: &settings_of(prefix) };
    let cache = match source {
        HistorySource::Commits => None,
        HistorySource::Cache => Cache::of(repository, prefix, items_folder),
    };
    place.brief(cache.as_ref(), head, pace)
}

impl Place<'_> {
    pub(super) fn brief(
        &self,
        cache: Option<&Cache>,
        head: CommitId,
        pace: Pace,
    ) -> Result<Brief, HistoryError> {
        let mut brief = Brief::default();
        if let Some(cache) = cache.filter(|_| pace.piece.is_some()) {
            self.keep(cache, head, pace)?;
        }
        self.read(cache, head, pace, &mut brief)?;
        brief.head = Some(head);
        brief.head_time = Some(self.repository.committed(head)?.with_timezone(&Utc));
        Ok(brief)
    }
}

impl From<&History> for Brief {
    fn from(history: &History) -> Self {
        let mut brief =
            Self { head: history.head, head_time: history.head_time, ..Self::default() };
        history.events.chunks(BATCH).for_each(|events| brief.add(events));
        for (id, record) in &history.records {
            brief.set_first(id, record.first.clone());
        }
        brief
    }
}

/// Leaves of what items were created with what forms ask for.
fn shortened(mut gists: Vec<Gist>) -> Vec<Gist> {
    let created = gists.iter_mut().filter_map(|gist| match &mut gist.noted {
        Some(Noted::Created(value)) => Some(value),
        _ => None,
    });
    let mut created: Vec<&mut Recorded> = created.collect();
    for some in created.chunks_mut(TOGETHER) {
        let text = |value: &&mut Recorded| {
            let original: Option<Original> = value.read();
            original.and_then(|it| serde_json::to_string(&it).ok()).unwrap_or_default()
        };
        let texts: Vec<String> = some.iter().map(text).collect();
        for (value, packed) in some.iter_mut().zip(Packed::all(&texts)) {
            **value = packed.map_or(Form::Null, Form::Packed).into();
        }
    }
    gists
}

impl Gist {
    /// `None` for an event of no item.
    fn of(event: &Event) -> Option<Self> {
        let said = Said::of(event)?;
        let noted = match event.milestone {
            _ if event.action == Action::ItemCreated => Some(Noted::Created(event.new.clone())),
            Some(milestone) => Some(Noted::Step(Arc::new(Step {
                time: event.time,
                action: event.action,
                field: Arc::clone(&event.field),
                old: event.old.clone(),
                new: event.new.clone(),
                milestone,
                reason: event.reason.clone(),
                reconstructed: event.reconstructed,
            }))),
            None => None,
        };
        Some(Self { said, noted })
    }
}
