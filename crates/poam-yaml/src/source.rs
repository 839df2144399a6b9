//! The text of a file, wherever it is quoted.

use std::fmt;
use std::sync::Arc;

use crate::packed::Packed;

/// The text of a file, to quote from.
#[derive(Clone)]
pub struct SourceText(TextForm);

#[derive(Clone)]
enum TextForm {
    Text(Arc<str>),
    Packed(Packed),
}

impl SourceText {
    /// Creates a text that takes less space and some time to be read.
    pub fn from_packed(packed: Packed) -> Self {
        Self(TextForm::Packed(packed))
    }

    /// Does something with the text, which is not retained for who asks next.
    pub fn with_text<T>(&self, f: impl FnOnce(&str) -> T) -> T {
        match &self.0 {
            TextForm::Text(text) => f(text),
            TextForm::Packed(packed) => packed.with_text(f),
        }
    }

    /// Returns the text. Who asks for it several times in a row is given the same one.
    pub fn text(&self) -> Arc<str> {
        match &self.0 {
            TextForm::Text(text) => Arc::clone(text),
            TextForm::Packed(packed) => packed.text(),
        }
    }
}

impl From<&Arc<str>> for SourceText {
    fn from(text: &Arc<str>) -> Self {
        Self(TextForm::Text(Arc::clone(text)))
    }
}

impl PartialEq for SourceText {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for SourceText {}

impl fmt::Debug for SourceText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}
