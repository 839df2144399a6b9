//! The last reopening of an item, shared by the rules about closing again.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::history::{Action, Event};
use crate::model::{
    DeviationState, DeviationType, Evidence, Item, Workflow, is_reference, list_named_days,
    list_records,
};

/// The last reopening of an item, and what had been shown for closing it until then.
pub(super) struct Reopening {
    /// The day on which it was committed.
    pub(super) day: NaiveDate,
    /// The records that the evidence named.
    records: BTreeSet<String>,
    was_false_positive: bool,
}

impl Reopening {
    /// Returns the last reopening among the events of an item, oldest first.
    pub(super) fn last_reopening(life: &[&Event], workflow: &Workflow) -> Option<Self> {
        let closed = |text: Option<&str>| {
            text.and_then(|text| text.parse().ok()).is_some_and(|it| workflow.is_closed(&it))
        };
        let reopens = |event: &&Event| {
            event.action == Action::StatusChanged
                && closed(event.old.as_str())
                && !closed(event.new.as_str())
        };
        let at = life.iter().rposition(reopens)?;
        let event = life.get(at)?;
        let same = life.iter().skip(at).take_while(|later| later.commit == event.commit).count();
        let mut found =
            Self { day: event.day(), records: BTreeSet::new(), was_false_positive: false };
        for event in life.iter().take(at + same) {
            found.note_event(event);
        }
        Some(found)
    }

    /// Notes the evidence and the approval that an event records.
    fn note_event(&mut self, event: &Event) {
        match event.action {
            Action::ItemCreated => {
                let Ok(item) = Item::deserialize_from(&event.new.value()) else { return };
                let named = item.evidence.iter().flat_map(|it| list_records(&it.reference));
                self.records.extend(named);
                self.was_false_positive |= approved_day(&item).is_some();
            }
            Action::EvidenceAdded => {
                let reference = event.new.entry_text("reference");
                self.records.extend(reference.iter().flat_map(|text| list_records(text)));
            }
            Action::DeviationDecided => {
                let kind = DeviationType::FalsePositive.as_str();
                self.was_false_positive |= event.new.entry_text("type").as_deref() == Some(kind)
                    && event.new.entry_text("state").as_deref() == Some("approved");
            }
            _ => {}
        }
    }

    /// Returns whether a later closing has something new to show.
    pub(super) fn is_answered(&self, item: &Item) -> bool {
        item.evidence.iter().any(|evidence| self.is_new(evidence))
            || approved_day(item).is_some_and(|decided| {
                !self.was_false_positive || decided.is_some_and(|day| day > self.day)
            })
    }

    /// Returns whether evidence names a record that was not there at the reopening, and that is not older than it. A
    /// record that did not hold does not hold because its day was corrected or its id is spelled otherwise.
    fn is_new(&self, evidence: &Evidence) -> bool {
        let reference = &evidence.reference;
        let names_new = list_records(reference).iter().any(|record| !self.records.contains(record));
        let is_older = |day: NaiveDate| day < self.day;
        let days = list_named_days(reference);
        is_reference(reference)
            && names_new
            && !evidence.collected.is_some_and(is_older)
            && (days.is_empty() || !days.into_iter().all(is_older))
    }
}

/// Returns the day on which it was approved that an item is a false positive, where it was; it may
/// be unknown.
fn approved_day(item: &Item) -> Option<Option<NaiveDate>> {
    let found = item.deviation(DeviationType::FalsePositive)?;
    (found.state == DeviationState::Approved).then_some(found.decided)
}
