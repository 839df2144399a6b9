use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::history::{Action, Event};
use crate::model::{DeviationState, DeviationType, Evidence, Item, Workflow, is_reference};

/// The last reopening of an item, and what had been shown for closing it until then.
pub(super) struct Reopening {
    /// The day on which it landed.
    pub(super) day: NaiveDate,
    references: BTreeSet<String>,
    was_false_positive: bool,
}

impl Reopening {
    /// The last reopening among the events of an item, oldest first.
    pub(super) fn last(life: &[&Event], workflow: &Workflow) -> Option<Self> {
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
            Self { day: event.day(), references: BTreeSet::new(), was_false_positive: false };
        for event in life.iter().take(at + same) {
            found.note(event);
        }
        Some(found)
    }

    /// Notes the evidence and the approval that an event records.
    fn note(&mut self, event: &Event) {
        match event.action {
            Action::ItemCreated => {
                let Ok(item) = Item::deserialize_from(&event.new.value()) else { return };
                self.references.extend(item.evidence.iter().map(|it| it.reference.clone()));
                self.was_false_positive |= approved(&item).is_some();
            }
            Action::EvidenceAdded => self.references.extend(event.new.text("reference")),
            Action::DeviationDecided => {
                let kind = DeviationType::FalsePositive.as_str();
                self.was_false_positive |= event.new.text("type").as_deref() == Some(kind)
                    && event.new.text("state").as_deref() == Some("approved");
            }
            _ => {}
        }
    }

    /// Whether a later closing has something new to show.
    pub(super) fn is_answered(&self, item: &Item) -> bool {
        item.evidence.iter().any(|evidence| self.is_new(evidence))
            || approved(item).is_some_and(|decided| {
                !self.was_false_positive || decided.is_some_and(|day| day > self.day)
            })
    }

    fn is_new(&self, evidence: &Evidence) -> bool {
        let reference = &evidence.reference;
        let known = self.references.contains(reference);
        is_reference(reference)
            && match evidence.collected {
                Some(day) => day > self.day || (day == self.day && !known),
                None => !known,
            }
    }
}

/// The day on which it was approved that an item is a false positive, where it was; it may be unknown.
fn approved(item: &Item) -> Option<Option<NaiveDate>> {
    let found = item.deviation(DeviationType::FalsePositive)?;
    (found.state == DeviationState::Approved).then_some(found.decided)
}
