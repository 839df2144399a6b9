//! What the official forms ask of a history, and nothing else of it.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::cache::{Cache, Places};
use super::first::First;
use super::land::Lander;
use super::read::{HistoryError, Pace, Place, read_cached, settings_of};
use super::record::{self, Record, Records, Said};
use super::recorded::Form;
use super::{Action, Event, History, MilestoneMark, Recorded};
use crate::model::{ItemId, Milestone, RiskRating};
use crate::packed::{Packed, TOGETHER};
use crate::repository::{CommitId, Repository, nearest_on_line};

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
pub(super) struct Gist {
    pub(super) said: Said,
    pub(super) noted: Option<Noted>,
}

/// How an event is remembered.
#[derive(Debug, Clone)]
pub(super) enum Noted {
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
        self.record(id).map(Record::status_date)
    }

    pub(super) fn record(&self, id: &ItemId) -> Option<&Record<Noted>> {
        self.records.get(id)
    }

    /// Goes on with what happened next.
    pub(super) fn add(&mut self, gists: Vec<Gist>) {
        for Gist { said, noted } in gists {
            record::note(&mut self.records, &said, noted);
        }
    }

    fn add_events(&mut self, events: &[Event]) {
        let gists = |events: &[Event]| shortened(events.iter().filter_map(Gist::of).collect());
        let gists: Vec<Vec<Gist>> = events.par_chunks(PART).map(gists).collect();
        gists.into_iter().for_each(|gists| self.add(gists));
    }

    /// Says which is the first version of an item that can be read, where that is known otherwise.
    pub(super) fn set_first(&mut self, id: &ItemId, first: First) {
        if let Some(record) = self.records.get_mut(id) {
            record.first = first;
        }
    }
}

/// The history of a tracker up to a revision, in brief. Where all of it was kept, or all but a few
/// commits, nothing else is made of that; else as [`read_cached`].
pub fn read_brief(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
) -> Result<Brief, HistoryError> {
    let settings = settings_of(prefix);
    let place = Place { repository, items_folder, settings: &settings };
    let mut brief = match kept(&place, head, prefix)? {
        Some(brief) => brief,
        None => read_cached(repository, head, prefix, items_folder)?.into(),
    };
    brief.head = Some(head);
    brief.head_time = Some(repository.committed(head)?.with_timezone(&Utc));
    Ok(brief)
}

/// What was kept, and what landed since; `None` where that is of no use.
pub(super) fn kept(
    place: &Place<'_>,
    head: CommitId,
    prefix: &str,
) -> Result<Option<Brief>, HistoryError> {
    let cache = Cache::of(place.repository, prefix, place.items_folder);
    let tips = cache.tips();
    // Of a shallow clone nothing is told, whatever was kept before it was one.
    if tips.is_empty() || place.repository.is_shallow() {
        return Ok(None);
    }
    let nearest = nearest_on_line(place.repository, head, |commit| tips.contains(&commit))?;
    // More commits are worth being kept, which takes more than this.
    let nearest = nearest.filter(|(_, after)| *after < Pace::USUAL.least);
    let Some((mut short, after)) = nearest.and_then(|(tip, it)| Some((cache.brief(tip)?, it)))
    else {
        return Ok(None);
    };
    if after == 0 {
        return Ok(Some(short.brief));
    }
    let landed = place.landed(nearest.map(|(tip, _)| tip), head, Pace::USUAL)?;
    // Read once more to be kept, and then never again.
    if Pace::USUAL.is_worth(after, &landed) {
        return Ok(None);
    }
    let Some(places) = short.places() else { return Ok(None) };
    let Some(places) = places.iter().map(|bytes| Places::of(bytes)).collect::<Option<Vec<_>>>()
    else {
        return Ok(None);
    };
    let origin = (place.settings.to_owned(), place.repository);
    let Some(mut lander) = Lander::resume_for(&landed, origin, &places, &short.brief) else {
        return Ok(None);
    };
    drop(places);
    place.land(&mut lander, landed);
    if lander.failed.is_some() {
        return Ok(None);
    }
    let History { events, records, .. } = lander.finish();
    short.brief.add_events(&events);
    for (id, record) in records {
        short.brief.set_first(&id, record.first);
    }
    Ok(Some(short.brief))
}

impl From<&History> for Brief {
    fn from(history: &History) -> Self {
        let mut brief =
            Self { head: history.head, head_time: history.head_time, ..Self::default() };
        history.events.chunks(BATCH).for_each(|events| brief.add_events(events));
        for (id, record) in &history.records {
            brief.set_first(id, record.first.clone());
        }
        brief
    }
}

impl From<History> for Brief {
    fn from(history: History) -> Self {
        let History { head, head_time, events, records, .. } = history;
        let mut brief = Self { head, head_time, ..Self::default() };
        let firsts = records.into_iter().map(|(id, record)| (id, record.first));
        let firsts: Vec<_> = firsts.filter(|(_, it)| !matches!(it, First::Created)).collect();
        // What was gone through is not held any longer.
        let mut events = events.into_iter();
        loop {
            let some: Vec<Event> = events.by_ref().take(BATCH).collect();
            if some.is_empty() {
                break;
            }
            brief.add_events(&some);
        }
        firsts.into_iter().for_each(|(id, first)| brief.set_first(&id, first));
        brief
    }
}

/// Leaves of what items were created with what forms ask for.
pub(super) fn shortened(mut gists: Vec<Gist>) -> Vec<Gist> {
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
