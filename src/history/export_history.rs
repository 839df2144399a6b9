//! A history reduced to what official forms ask for.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::first::FirstVersion;
use super::read::{HistoryError, HistoryReader, HistorySource, settings_path};
use super::record::{self, EventSummary, ItemHistories, ItemHistory};
use super::sink::EventSink;
use super::value::StoredForm;
use super::{Action, Event, EventDay, EventValue, History, MilestoneMark};
use crate::document::packed::{Packed, TOGETHER};
use crate::model::{FirstValues, ItemId, Milestone, RiskRating};
use crate::repository::{CommitId, Repository};

/// Events that are gone through together, and by one thread.
const BATCH: usize = 4096;
const PART: usize = 512;

/// A history as far as forms show it: of each item how it was committed first, what became of its
/// milestones and when it was last changed. It takes a fifth of the space.
#[derive(Debug, Clone, Default)]
pub struct ExportHistory {
    /// The revision that was walked; none where there is no commit yet.
    pub head: Option<CommitId>,
    /// When the head was committed.
    pub head_time: Option<DateTime<Utc>>,
    records: ItemHistories<KeptEvent>,
}

/// The values of an item as it was committed first that forms ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OriginalValues {
    /// The day the weakness was first identified.
    pub original_detection_date: NaiveDate,
    /// Rating at the time of detection.
    pub original_risk_rating: RiskRating,
    /// Planned, dated steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<Milestone>,
}

/// An event of a milestone, reduced to the fields that exports use.
#[derive(Debug, Clone, PartialEq)]
pub struct MilestoneEvent {
    /// The time of the event.
    pub time: DateTime<Utc>,
    /// The day on which it happened.
    pub event_day: EventDay,
    /// The commit that added it.
    pub commit: Arc<str>,
    /// The action.
    pub action: Action,
    /// JSON pointer to the value.
    pub field: Arc<str>,
    /// The value before; null where there was none.
    pub old: EventValue,
    /// The value after; null where there is none.
    pub new: EventValue,
    /// The milestone.
    pub milestone: MilestoneMark,
    /// The reason that the commit gives.
    pub reason: Option<Arc<str>>,
    /// Whether it was reconstructed from a document instead of recorded when it happened.
    pub reconstructed: bool,
}

/// The milestones of an item as they were planned first.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedMilestones {
    /// The milestones.
    pub milestones: Vec<Milestone>,
    /// The commit that added them; `None` where the item was committed with them.
    pub added_by: Option<Arc<str>>,
}

impl PlannedMilestones {
    /// Returns whether a step only shows that a milestone of this plan was added: no change of it.
    pub fn has_step(&self, step: &MilestoneEvent) -> bool {
        step.action == Action::MilestoneAdded && self.added_by.as_ref() == Some(&step.commit)
    }
}

impl From<&OriginalValues> for FirstValues {
    fn from(original: &OriginalValues) -> Self {
        Self { detected: original.original_detection_date, rating: original.original_risk_rating }
    }
}

/// An event, reduced to what an export history retains.
#[derive(Debug)]
struct EventDigest {
    said: EventSummary,
    noted: Option<KeptEvent>,
}

/// The form in which an event is retained.
#[derive(Debug, Clone)]
enum KeptEvent {
    /// The item was created, with these values; they are [`shorten_creations`] to an [`OriginalValues`].
    Created(EventValue),
    Milestone(Arc<MilestoneEvent>),
}

impl ExportHistory {
    /// Returns the original values of an item, those of its first readable version: the permanent columns.
    pub fn original_values(&self, id: &ItemId) -> Option<OriginalValues> {
        let record = self.records.get(id)?;
        let created = record.events.iter().find_map(|noted| match noted {
            KeptEvent::Created(original) => Some(original),
            KeptEvent::Milestone(_) => None,
        });
        record.first.read(|| created?.read())
    }

    /// Returns the detection date and the original rating of the first committed version.
    pub fn first_values(&self, id: &ItemId) -> Option<FirstValues> {
        self.original_values(id).as_ref().map(FirstValues::from)
    }

    /// Returns the milestones of an item as they were planned first: the first committed list that is
    /// not empty. `first` is how the item was when it was committed first.
    pub fn planned_milestones(&self, id: &ItemId, first: OriginalValues) -> PlannedMilestones {
        if !first.milestones.is_empty() {
            return PlannedMilestones { milestones: first.milestones, added_by: None };
        }
        let added =
            || self.milestone_steps(id).filter(|step| step.action == Action::MilestoneAdded);
        let added_by = added().next().map(|step| Arc::clone(&step.commit));
        let planned = added().filter(|step| Some(&step.commit) == added_by.as_ref());
        let milestones = planned.filter_map(|step| step.new.read()).collect();
        PlannedMilestones { milestones, added_by }
    }

    /// Lists the milestone events of an item, oldest first, also those under an earlier id.
    pub fn milestone_steps(&self, id: &ItemId) -> impl Iterator<Item = &MilestoneEvent> {
        let noted = self.records.get(id).map(|record| record.events.as_slice());
        noted.unwrap_or_default().iter().filter_map(|noted| match noted {
            KeptEvent::Created(_) => None,
            KeptEvent::Milestone(step) => Some(&**step),
        })
    }

    /// Returns the day of the last change of an item, in UTC; `None` where no commit has it.
    pub fn status_date(&self, id: &ItemId) -> Option<NaiveDate> {
        self.records.get(id).map(ItemHistory::status_date)
    }

    /// Adds the next events.
    fn add_events(&mut self, events: &[Event]) {
        let gists = |events: &[Event]| {
            shorten_creations(events.iter().filter_map(EventDigest::new).collect())
        };
        let gists: Vec<Vec<EventDigest>> = events.par_chunks(PART).map(gists).collect();
        for EventDigest { said, noted } in gists.into_iter().flatten() {
            record::note_event(&mut self.records, &said, noted);
        }
    }
}

impl EventSink for ExportHistory {
    fn accept_events(&mut self, events: Vec<Event>) {
        self.add_events(&events);
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

/// Reads the history of a tracker up to a commit, in brief. Memory holds no more of it than that.
pub fn read_export_history(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
    source: HistorySource,
) -> Result<ExportHistory, HistoryError> {
    let settings_path = settings_path(prefix);
    let cache = source.open(repository, prefix, items_folder);
    HistoryReader::new(repository, items_folder, &settings_path, cache.as_ref())
        .export_history(head)
}

impl HistoryReader<'_> {
    pub(super) fn export_history(&self, head: CommitId) -> Result<ExportHistory, HistoryError> {
        let mut brief = ExportHistory::default();
        self.read(head, &mut brief)?;
        brief.head = Some(head);
        brief.head_time = Some(self.repository.commit_time(head)?.with_timezone(&Utc));
        Ok(brief)
    }
}

impl From<&History> for ExportHistory {
    fn from(history: &History) -> Self {
        let mut brief =
            Self { head: history.head, head_time: history.head_time, ..Self::default() };
        history.events.chunks(BATCH).for_each(|events| brief.add_events(events));
        for (id, record) in &history.records {
            brief.set_first_version(id, record.first.clone());
        }
        brief
    }
}

/// Leaves of what items were created with what forms ask for.
fn shorten_creations(mut gists: Vec<EventDigest>) -> Vec<EventDigest> {
    let created = gists.iter_mut().filter_map(|gist| match &mut gist.noted {
        Some(KeptEvent::Created(value)) => Some(value),
        _ => None,
    });
    let mut created: Vec<&mut EventValue> = created.collect();
    for some in created.chunks_mut(TOGETHER) {
        let text = |value: &&mut EventValue| {
            let original: Option<OriginalValues> = value.read();
            original.and_then(|it| serde_json::to_string(&it).ok()).unwrap_or_default()
        };
        let texts: Vec<String> = some.iter().map(text).collect();
        for (value, packed) in some.iter_mut().zip(Packed::pack_all(&texts)) {
            **value = packed.map_or(StoredForm::Null, StoredForm::Packed).into();
        }
    }
    gists
}

impl EventDigest {
    /// `None` for an event of no item.
    fn new(event: &Event) -> Option<Self> {
        let said = EventSummary::new(event)?;
        let noted = match event.milestone {
            _ if event.action == Action::ItemCreated => Some(KeptEvent::Created(event.new.clone())),
            Some(milestone) => Some(KeptEvent::Milestone(Arc::new(MilestoneEvent {
                time: event.time,
                event_day: event.event_day,
                commit: Arc::clone(&event.commit),
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
