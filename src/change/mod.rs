//! What commands do to items: decide the edits, check the outcome, write and commit it.

mod apply;
mod draft;
mod transition;

pub use apply::{Applied, ApplyError, Options, apply};
pub use draft::{draft, file_text};
pub use transition::{Refusal, Transition};

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

/// The item as it will be after some edits, and its file.
fn edited(stored: &Stored, edits: &[Edit]) -> Result<Stored, EditError> {
    let document = stored.document.edit(edits, &Item::FIELDS)?;
    Stored::of(document).map_err(|diagnostics| EditError {
        path: stored.path().to_owned(),
        at: stored.document.label("").start,
        pointer: String::new(),
        reason: diagnostics.first().map_or_else(String::new, |it| it.message.clone()),
    })
}
