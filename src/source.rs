//! The text of a file, wherever it is quoted.

use std::fmt;
use std::sync::Arc;

use crate::packed::Packed;

/// The text of a file, to quote from.
#[derive(Clone)]
pub struct Source(Form);

#[derive(Clone)]
enum Form {
    Text(Arc<str>),
    Packed(Packed),
}

impl Source {
    /// A text that takes less room and some time to be read.
    pub(crate) fn packed(packed: Packed) -> Self {
        Self(Form::Packed(packed))
    }

    /// Does something with the text, which is not kept for who asks next.
    pub(crate) fn with<T>(&self, f: impl FnOnce(&str) -> T) -> T {
        match &self.0 {
            Form::Text(text) => f(text),
            Form::Packed(packed) => packed.with(f),
        }
    }

    /// The text. Who asks for it several times in a row is given the same one.
    pub fn text(&self) -> Arc<str> {
        match &self.0 {
            Form::Text(text) => Arc::clone(text),
            Form::Packed(packed) => packed.text(),
        }
    }
}

impl From<&Arc<str>> for Source {
    fn from(text: &Arc<str>) -> Self {
        Self(Form::Text(Arc::clone(text)))
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Source {}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}
