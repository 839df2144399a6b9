//! The versions of a file, as far as history looks into them.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize as _;
use serde_json::Value;

use super::diff::diff_fields;
use super::{Difference, diff_items};
use crate::document::{Document, FlatDocument, Limits, TopEntry, ValueKind};
use crate::model::{Item, ItemId};
use crate::repository::BlobId;

/// A version of a file.
#[derive(Debug, Clone)]
pub(super) struct FileVersion {
    pub(super) kind: VersionKind,
    /// Its content, where it is a commit's.
    pub(super) blob: Option<BlobId>,
    /// Its values, where they are available; of a blob they can be read again.
    pub(super) value: Option<Arc<Value>>,
}

/// The kind of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum VersionKind {
    Item(ItemId),
    Settings,
    /// Unreadable, and why.
    Unreadable(String),
}

impl VersionKind {
    /// Creates a version that is larger than a file may be.
    pub(super) fn too_large(size: u64) -> Self {
        let limit = Limits::ITEM.bytes;
        Self::Unreadable(format!("file has {size} bytes, more than the limit of {limit}"))
    }
}

impl FileVersion {
    /// Creates a version that nobody may read.
    pub(super) fn unreadable_version(why: &str) -> Self {
        Self { kind: VersionKind::Unreadable(why.to_owned()), blob: None, value: None }
    }

    /// Parses some bytes to a version with its values.
    pub(super) fn parse(path: &str, bytes: &[u8], is_settings: bool) -> Self {
        let (kind, content) = ParsedFile::read(path, bytes, is_settings);
        let value = content.map(|content| Arc::new(content.to_value()));
        Self { kind, blob: None, value }
    }

    pub(super) fn id(&self) -> Option<&ItemId> {
        match &self.kind {
            VersionKind::Item(id) => Some(id),
            _ => None,
        }
    }
}

/// The values of a file that can be read.
#[derive(Debug)]
pub(super) enum ParsedFile {
    /// Read by the fast scanner.
    Plain(FlatDocument),
    /// Read by the full parser.
    Value(Value),
}

impl ParsedFile {
    /// Parses some bytes; no content where they cannot be read.
    pub(super) fn read(path: &str, bytes: &[u8], is_settings: bool) -> (VersionKind, Option<Self>) {
        let content = match Document::read(path, bytes, &Limits::ITEM) {
            Ok((_, Some(plain))) => Self::Plain(plain),
            Ok((document, None)) => Self::Value(document.to_value()),
            Err(error) => return (VersionKind::Unreadable(error.message), None),
        };
        if is_settings {
            return (VersionKind::Settings, Some(content));
        }
        match content.id().map(str::parse) {
            Some(Ok(id)) => (VersionKind::Item(id), Some(content)),
            Some(Err(error)) => (VersionKind::Unreadable(format!("its id is none: {error}")), None),
            None => (VersionKind::Unreadable("it has no id".to_owned()), None),
        }
    }

    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Value(value) => value.get("id")?.as_str(),
            Self::Plain(plain) => {
                let ValueKind::Mapping(mut entries) = plain.root().kind() else { return None };
                match entries.find(|(key, _)| *key == "id")?.1.kind() {
                    ValueKind::Text(id) => Some(id),
                    _ => None,
                }
            }
        }
    }

    /// Returns the values.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Plain(plain) => plain.to_value(),
        }
    }

    /// Returns the values, written as JSON.
    pub(super) fn to_json(&self) -> String {
        let json = match self {
            Self::Plain(plain) => plain.to_json(),
            Self::Value(_) => None,
        };
        json.unwrap_or_else(|| self.to_value().to_string())
    }

    /// Returns whether it can be read as an item.
    pub(super) fn is_item(&self) -> bool {
        if let Self::Plain(plain) = self
            && Item::deserialize(plain.root()).is_ok()
        {
            return true;
        }
        Item::deserialize_from(&self.to_value()).is_ok()
    }

    /// Compares two versions of an item.
    pub(super) fn diff_versions(old: &Self, new: &Self) -> Vec<Difference> {
        match (old, new) {
            (Self::Plain(old), Self::Plain(new)) => diff_entries(old, new),
            _ => diff_items(&old.to_value(), &new.to_value()),
        }
    }
}

/// Compares the entries at the top whose text differs. Entries that are written alike hold the same,
/// and of a long file a commit changes a line or two.
fn diff_entries(old: &FlatDocument, new: &FlatDocument) -> Vec<Difference> {
    let mut left: Vec<Option<TopEntry<'_>>> = old.written().into_iter().map(Some).collect();
    let mut changed = Vec::new();
    for (at, entry) in new.written().into_iter().enumerate() {
        let same = |other: &Option<TopEntry<'_>>| other.is_some_and(|it| it.key == entry.key);
        // Entries mostly are where they were.
        let place = match left.get(at) {
            Some(other) if same(other) => Some(at),
            _ => left.iter().position(same),
        };
        let other = place.and_then(|place| left.get_mut(place));
        match other {
            Some(other) if other.is_some_and(|it| it.text == entry.text) => *other = None,
            _ => changed.push((entry.key, Cow::Owned(entry.value.to_value()))),
        }
    }
    let left = left.into_iter().flatten();
    let was: Vec<_> = left.map(|it| (it.key, Cow::Owned(it.value.to_value()))).collect();
    diff_fields(&was, &changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str) -> ParsedFile {
        ParsedFile::read("items/V-1.yaml", text.as_bytes(), false).1.unwrap()
    }

    /// Compares by entries and by values, and returns whether the former was possible.
    fn both(old: &str, new: &str) -> (Vec<Difference>, Vec<Difference>, bool) {
        let (old, new) = (content(old), content(new));
        let by_entries = matches!((&old, &new), (ParsedFile::Plain(_), ParsedFile::Plain(_)));
        let by_values = diff_items(&old.to_value(), &new.to_value());
        (ParsedFile::diff_versions(&old, &new), by_values, by_entries)
    }

    const ITEM: &str = "id: V-1\nweakness_name: W # note\nstatus: open\nempty:\n\
        point_of_contact:\n  name: Jane\n  email: j@example.com\n# between\n\
        milestones:\n- id: 1\n  description: A\n  due: 2026-01-20\n\
        comments: |\n  one\n  two\n\ntext: |-\n  x\nextra: {a: 1, b: [x, y]}\n";

    #[test]
    fn entries_that_are_written_otherwise_are_compared_by_value() {
        for (from, to, differences) in [
            ("status: open", "status: closed", 1),
            ("status: open", "status: \"open\"", 0),
            ("W # note", "W", 0),
            ("# between\n", "", 0),
            // Blanks at the end of a line of a text are a difference.
            ("  one\n", "  one \n", 1),
            ("  x\n", "  x  \n", 1),
            ("  two\n", "  two\n\n  three\n", 1),
            // Equal lines below each other, but in other mappings.
            ("  name: Jane\n  email", " name:\n  email", 1),
            ("empty:\n", "empty: now\n", 1),
            ("empty:\n", "", 0),
            ("status: open\n", "", 1),
            ("- id: 1\n  d", "- id: 2\n  d", 2),
            ("  due: 2026-01-20\n", "  due: 2026-01-21\n  status: completed\n", 2),
            ("{a: 1, b: [x, y]}", "{b: [x, y], a: 1}", 0),
            ("{a: 1, b: [x, y]}", "{a: 1.0, b: [y]}", 2),
            ("extra:", "status2: x\nextra:", 1),
            ("id: V-1\nweakness_name: W # note\n", "weakness_name: W\nid: V-1\n", 0),
        ] {
            let new = ITEM.replace(from, to);
            assert_ne!(ITEM, new, "{from}");
            for (old, new) in [(ITEM, &*new), (&*new, ITEM)] {
                let (cheap, whole, plain) = both(old, new);
                assert!(plain, "{from}");
                assert_eq!(cheap, whole, "{from} -> {to}");
                assert_eq!(cheap.len(), differences, "{from} -> {to}");
            }
        }
        // Not in the subset of the fast scanner.
        let folded = ITEM.replace("|-", ">");
        let (cheap, whole, plain) = both(ITEM, &folded);
        assert!(!plain);
        assert_eq!(cheap, whole);
    }
}
