//! What commands do to items: decide the edits, check the outcome, write and commit it.

mod apply;
mod draft;
mod note;
mod step;
mod transition;

pub use apply::{Applied, ApplyError, Options, apply};
pub use draft::{draft, file_text};
pub use note::{Note, NoteError};
pub use step::{Step, StepError, all_finished};
pub use transition::{Refusal, Transition};

use chrono::NaiveDate;
use serde_json::Value;

use crate::document::{Document, Edit, EditError};
use crate::model::Item;
use crate::store::Stored;

/// A decided change of one item, with what its commit will say.
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
    /// Why, in the words of the user.
    pub reason: Option<String>,
    /// Facts for machines: trailers of the commit message.
    pub facts: Vec<(&'static str, String)>,
}

/// What every change of an item may come with.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Why, in the words of the user.
    pub reason: Option<String>,
}

impl Change {
    /// A change by edits, with its facts: the item, the reason, and what else machines should read.
    fn of(
        stored: &Stored,
        edits: &[Edit],
        subject: String,
        wish: &Wish,
        facts: Vec<(&'static str, String)>,
    ) -> Result<Self, EditError> {
        let after = edited(stored, edits)?;
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

/// Why something cannot have happened to an item on a day, if it cannot.
fn impossible(item: &Item, date: NaiveDate, today: NaiveDate) -> Option<&'static str> {
    if date > today {
        Some("lies in the future")
    } else if date < item.original_detection_date {
        Some("lies before the detection date")
    } else {
        None
    }
}

/// A day as a value.
fn day(date: NaiveDate) -> Value {
    Value::from(date.to_string())
}

/// The item as it will be after some edits, and its file.
fn edited(stored: &Stored, edits: &[Edit]) -> Result<Stored, EditError> {
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
    let document = stored.document.edit(edits, &Item::FIELDS)?;
    Stored::of(document).map_err(|diagnostics| {
        refused(diagnostics.first().map_or_else(String::new, |it| it.message.clone()))
    })
}
