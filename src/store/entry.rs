//! The two forms in which a store retains items: parsed, or as compressed text.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::{Stored, find_status};
use crate::document::Document;
use crate::document::SourceText;
use crate::document::packed::Packed;
use crate::model::{ItemId, Kind, Status, Workflow};

/// An item of a store: parsed, or as compressed text.
pub trait ItemAccess: Sized + Send + Sync {
    /// Returns the items of files that lie side by side, as they are retained in a tracker that is
    /// large or not.
    fn keep(items: Vec<Stored>, large: bool) -> Vec<Self>;

    /// Returns the path of its file from the root of the repository.
    fn file(&self) -> &str;

    /// Its id.
    fn id(&self) -> &ItemId;

    /// Its kind.
    fn kind(&self) -> Kind;

    /// Its status.
    fn status(&self) -> &Status;

    /// Returns the day on which the weakness was first identified.
    fn detected(&self) -> NaiveDate;

    /// Gives it the status of the workflow that the word of its file means.
    fn resolve_status(&mut self, workflow: &Workflow);

    /// Returns the item.
    fn stored(&self) -> Result<Cow<'_, Stored>, ReparseError>;
}

/// A file that was an item does not read as one again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} was read as an item and cannot be read again; this is a fault of the program")]
pub struct ReparseError(pub String);

impl ItemAccess for Stored {
    fn keep(mut items: Vec<Self>, large: bool) -> Vec<Self> {
        if large {
            let mut documents: Vec<_> = items.iter_mut().map(|it| &mut it.document).collect();
            Document::pack_documents(&mut documents);
        }
        items
    }

    fn file(&self) -> &str {
        self.path()
    }

    fn id(&self) -> &ItemId {
        &self.item.id
    }

    fn kind(&self) -> Kind {
        self.item.kind
    }

    fn status(&self) -> &Status {
        &self.item.status
    }

    fn detected(&self) -> NaiveDate {
        self.item.original_detection_date
    }

    fn resolve_status(&mut self, workflow: &Workflow) {
        Stored::resolve_status(self, workflow);
    }

    fn stored(&self) -> Result<Cow<'_, Stored>, ReparseError> {
        Ok(Cow::Borrowed(self))
    }
}

/// An item as the text of its file, with what items are sorted and counted by. It takes a tenth of
/// the space of an item, and is read again for each request of the text: what goes through a tracker
/// once, item by item, has no more need of memory.
#[derive(Debug, Clone)]
pub struct CompactItem {
    path: Box<str>,
    text: SourceText,
    id: ItemId,
    kind: Kind,
    status: Status,
    /// Whether the file has another word for the status.
    other_word: bool,
    detected: NaiveDate,
}

impl ItemAccess for CompactItem {
    fn keep(items: Vec<Stored>, _large: bool) -> Vec<Self> {
        let texts: Vec<_> = items.iter().map(|it| it.document.text()).collect();
        let packed = Packed::pack_all(&texts);
        let keep = |(Stored { item, document, .. }, packed): (Stored, Option<Packed>)| Self {
            path: document.path().into(),
            text: packed.map_or_else(|| document.text().into(), SourceText::from_packed),
            id: item.id,
            kind: item.kind,
            status: item.status,
            other_word: false,
            detected: item.original_detection_date,
        };
        items.into_iter().zip(packed).map(keep).collect()
    }

    fn file(&self) -> &str {
        &self.path
    }

    fn id(&self) -> &ItemId {
        &self.id
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn status(&self) -> &Status {
        &self.status
    }

    fn detected(&self) -> NaiveDate {
        self.detected
    }

    fn resolve_status(&mut self, workflow: &Workflow) {
        if let Some(status) = find_status(&self.status, workflow) {
            (self.status, self.other_word) = (status, true);
        }
    }

    fn stored(&self) -> Result<Cow<'_, Stored>, ReparseError> {
        let read = self.text.with_text(|text| Stored::parse(&self.path, text.as_bytes()));
        let mut stored = read.map_err(|_| ReparseError(self.path.to_string()))?;
        if self.other_word {
            stored.set_status(self.status.clone());
        }
        Ok(Cow::Owned(stored))
    }
}
