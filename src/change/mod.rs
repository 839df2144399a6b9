//! Changes of items by commands: decide the edits, check the outcome, write and commit it.

mod apply;
mod assignment;
mod draft;
mod evaluation;
mod note;
mod planned;
mod review;
mod step;
mod transition;
mod undo;

pub use apply::{Applied, ApplyError, Options, apply};
pub use assignment::{Assignment, AssignmentError};
pub use draft::{draft_item, file_text};
pub use evaluation::{Evaluation, EvaluationError};
pub use note::{ItemRecord, NoteError, lacks_approval};
pub use planned::MilestonePlan;
pub use review::{ReviewDay, ReviewError, ReviewStep};
pub use step::{MilestoneChange, PlanOutcome, StepError, plan_outcome};
pub use transition::{Transition, TransitionError, find_statuses_between};
pub use undo::{Undo, UndoError};

use chrono::NaiveDate;
use serde_json::Value;

use crate::document::{Document, Edit, EditError};
use crate::model::{Item, is_reference, list_named_days};
use crate::store::Stored;

/// A decided change of one item, with what its commit will state.
#[derive(Debug, Clone)]
pub struct Change {
    /// The file as it will be.
    pub document: Document,
    /// The file as it is.
    pub before: Document,
    /// Addresses of the values that change.
    pub changed: Vec<String>,
    /// First line of the commit message.
    pub subject: String,
    /// Reason, in the words of the user.
    pub reason: Option<String>,
    /// Facts for machines: trailers of the commit message.
    pub facts: Vec<(&'static str, String)>,
}

/// Options common to all changes of an item.
#[derive(Debug, Clone, Default)]
pub struct ChangeOptions {
    /// Reason, in the words of the user.
    pub reason: Option<String>,
}

impl Change {
    /// Sets the scheduled completion date too, where it follows from the change.
    ///
    /// # Errors
    ///
    /// Where the file cannot be edited in place.
    pub fn with_schedule(mut self, day: NaiveDate) -> Result<Self, EditError> {
        let edit = Edit::set("/scheduled_completion_date", day.to_string());
        self.changed.push(edit.pointer().to_owned());
        self.document = self.document.apply_edits(&[edit], &Item::FIELDS)?;
        Ok(self)
    }

    /// A change by edits, with its facts: the item, the reason, and what else machines should read.
    fn build(
        stored: &Stored,
        edits: &[Edit],
        subject: String,
        wish: &ChangeOptions,
        facts: Vec<(&'static str, String)>,
    ) -> Result<Self, EditError> {
        let after = apply_edits(stored, edits)?;
        let mut all = vec![("Poam-Item", stored.item.id.to_string())];
        all.extend(wish.reason.iter().map(|reason| ("Poam-Reason", reason.clone())));
        all.extend(facts);
        Ok(Self {
            document: after.document,
            before: stored.document.clone(),
            changed: edits.iter().map(|edit| edit.pointer().to_owned()).collect(),
            subject,
            reason: wish.reason.clone(),
            facts: all,
        })
    }
}

impl Change {
    /// The change that replaces the entire text of an item's file; `None` where no field differs.
    pub fn replace(stored: &Stored, after: &Stored, wish: &ChangeOptions) -> Option<Self> {
        let (old, new) = (stored.value(), after.value());
        let fields = Item::FIELDS.into_iter().filter(|field| old.get(field) != new.get(field));
        let fields: Vec<&str> = fields.collect();
        if fields.is_empty() && stored.document.text() == after.document.text() {
            return None;
        }
        let id = &stored.item.id;
        let subject = match fields.is_empty() {
            true => format!("{id}: edit comments and layout"),
            false => format!("{id}: edit {}", fields.join(", ").replace('_', " ")),
        };
        let mut facts = vec![("Poam-Item", id.to_string())];
        facts.extend(wish.reason.iter().map(|reason| ("Poam-Reason", reason.clone())));
        Some(Self {
            document: after.document.clone(),
            before: stored.document.clone(),
            changed: fields.iter().map(|field| format!("/{field}")).collect(),
            subject,
            reason: wish.reason.clone(),
            facts,
        })
    }
}

impl Change {
    /// Both changes of one item as one: what the second one adds to the first one.
    #[must_use]
    pub fn followed_by(mut self, next: Self, subject: String) -> Self {
        for pointer in next.changed {
            if !self.changed.contains(&pointer) {
                self.changed.push(pointer);
            }
        }
        for fact in next.facts {
            if !self.facts.contains(&fact) {
                self.facts.push(fact);
            }
        }
        Self { document: next.document, reason: self.reason.or(next.reason), subject, ..self }
    }
}

/// Explains why something cannot have happened to an item on a day, if it cannot.
fn explain_impossible(item: &Item, date: NaiveDate, today: NaiveDate) -> Option<&'static str> {
    if date > today {
        Some("lies in the future")
    } else if date < item.original_detection_date {
        Some("lies before the detection date")
    } else {
        None
    }
}

/// A placeholder that was given as evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{reference}` is no evidence: name the ticket, document, file or scan that somebody can look up"
)]
pub struct NoEvidence {
    /// Text that was given.
    pub reference: String,
}

/// Refuses words that name nothing, which no guard counts as evidence either, and records of days that are still to come.
fn check_evidence<'a>(
    references: impl IntoIterator<Item = &'a String>,
    today: NaiveDate,
) -> Result<(), NoEvidence> {
    let is_to_come = |reference: &str| list_named_days(reference).iter().any(|day| *day > today);
    let is_none = |reference: &&String| !is_reference(reference) || is_to_come(reference);
    match references.into_iter().find(is_none) {
        Some(reference) => Err(NoEvidence { reference: reference.clone() }),
        None => Ok(()),
    }
}

/// A day as a value.
fn day_value(date: NaiveDate) -> Value {
    Value::from(date.to_string())
}

/// The item as it will be after some edits, and its file.
fn apply_edits(stored: &Stored, edits: &[Edit]) -> Result<Stored, EditError> {
    let refused = |reason: String| EditError {
        path: stored.path().to_owned(),
        at: stored.document.label("").start,
        pointer: String::new(),
        reason,
    };
    let text = stored.document.text();
    if text.contains('\r') && !text.contains('\n') {
        let reason = "the lines end in carriage returns alone, which an edit would not keep";
        return Err(refused(reason.to_owned()));
    }
    let document = stored.document.apply_edits(edits, &Item::FIELDS)?;
    Stored::from_document(document).map_err(|diagnostics| {
        refused(diagnostics.first().map_or_else(String::new, |it| it.message.clone()))
    })
}
