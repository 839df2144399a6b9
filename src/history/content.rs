//! What the versions of a file hold, as far as history looks into them.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::compare::between_fields;
use super::{Difference, between};
use crate::document::{Document, Limits, Plain, Seen, Written};
use crate::model::{Item, ItemId};
use crate::repository::BlobId;

/// A version of a file.
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub(super) what: What,
    /// Its content, where it is a commit's.
    pub(super) blob: Option<BlobId>,
    /// Its values, where they are at hand; of a blob they can be read again.
    pub(super) value: Option<Arc<Value>>,
}

/// What a version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Item(ItemId),
    Settings,
    /// What is wrong with it.
    Unreadable(String),
}

impl What {
    /// A version that is larger than a file may be.
    pub(super) fn too_large(size: u64) -> Self {
        let limit = Limits::ITEM.bytes;
        Self::Unreadable(format!("file has {size} bytes, more than the limit of {limit}"))
    }
}

impl Version {
    /// One that nobody may read.
    pub(super) fn unreadable(why: &str) -> Self {
        Self { what: What::Unreadable(why.to_owned()), blob: None, value: None }
    }

    /// The version that some bytes are, with its values.
    pub(super) fn of_bytes(path: &str, bytes: &[u8], settings: bool) -> Self {
        let (what, content) = Content::read(path, bytes, settings);
        let value = content.map(|content| Arc::new(content.to_value()));
        Self { what, blob: None, value }
    }

    pub(super) fn id(&self) -> Option<&ItemId> {
        match &self.what {
            What::Item(id) => Some(id),
            _ => None,
        }
    }
}

/// The values of a file that can be read.
#[derive(Debug)]
pub(super) enum Content {
    /// Not taken apart.
    Plain(Plain),
    /// Not even read: a text in the plain form, and the id in it.
    Text(Arc<str>, ItemId),
    Value(Value),
}

impl Content {
    /// What some bytes are; no content where they cannot be read.
    pub(super) fn read(path: &str, bytes: &[u8], settings: bool) -> (What, Option<Self>) {
        let content = match Document::read(path, bytes, &Limits::ITEM) {
            Ok((_, Some(plain))) => Self::Plain(plain),
            Ok((document, None)) => Self::Value(document.to_value()),
            Err(error) => return (What::Unreadable(error.0.into_statement().message), None),
        };
        if settings {
            return (What::Settings, Some(content));
        }
        match content.id().map(str::parse) {
            Some(Ok(id)) => (What::Item(id), Some(content)),
            Some(Err(error)) => (What::Unreadable(format!("its id is none: {error}")), None),
            None => (What::Unreadable("it has no id".to_owned()), None),
        }
    }

    /// The content that an item had in some bytes before it became this, and what happened since.
    /// Only what differs is read; `None` where that does not tell.
    pub(super) fn before(&self, id: &ItemId, bytes: &[u8]) -> Option<(Self, Vec<Difference>)> {
        let after = match self {
            Self::Plain(plain) => plain.text(),
            Self::Text(text, _) => text,
            Self::Value(_) => return None,
        };
        let before: Arc<str> = Arc::from(std::str::from_utf8(bytes).ok()?);
        let (old, new) = Plain::differing(&before, after)?;
        // With another id it is another item.
        let other = [&old, &new].iter().any(|part| part.keys().any(|key| key == "id"));
        (!other).then(|| (Self::Text(before, id.clone()), between_plain(&old, &new)))
    }

    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Value(value) => value.get("id")?.as_str(),
            Self::Text(_, id) => Some(id.as_str()),
            Self::Plain(plain) => {
                let Seen::Map(mut entries) = plain.root().see() else { return None };
                match entries.find(|(key, _)| *key == "id")?.1.see() {
                    Seen::Text(id) => Some(id),
                    _ => None,
                }
            }
        }
    }

    /// The same, taken apart where it is a text.
    fn plain(&self) -> Option<Cow<'_, Plain>> {
        match self {
            Self::Plain(plain) => Some(Cow::Borrowed(plain)),
            Self::Text(text, _) => Plain::read(text, &Limits::ITEM).map(Cow::Owned),
            Self::Value(_) => None,
        }
    }

    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Plain(_) | Self::Text(..) => {
                self.plain().map(|plain| plain.to_value()).unwrap_or_default()
            }
        }
    }

    /// The same as [`Self::to_value`], written as JSON.
    pub(super) fn to_json(&self) -> String {
        let json = self.plain().and_then(|plain| plain.to_json());
        json.unwrap_or_else(|| self.to_value().to_string())
    }

    /// Whether it can be read as an item.
    pub(super) fn is_item(&self) -> bool {
        use serde::Deserialize as _;
        let plain = self.plain();
        plain.is_some_and(|plain| Item::deserialize(plain.root()).is_ok())
            || Item::deserialize_from(&self.to_value()).is_ok()
    }

    /// What happened between two versions of an item.
    pub(super) fn between(old: &Self, new: &Self) -> Vec<Difference> {
        match (old.plain(), new.plain()) {
            (Some(old), Some(new)) => between_plain(&old, &new),
            _ => between(&old.to_value(), &new.to_value()),
        }
    }
}

/// Entries that are written alike hold the same, so only the others are taken apart: of a long file
/// a commit changes a line or two.
fn between_plain(old: &Plain, new: &Plain) -> Vec<Difference> {
    let mut left: Vec<Option<Written<'_>>> = old.written().into_iter().map(Some).collect();
    let mut changed = Vec::new();
    for (at, entry) in new.written().into_iter().enumerate() {
        let same = |other: &Option<Written<'_>>| other.is_some_and(|it| it.key == entry.key);
        // Entries mostly stand where they stood.
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
    between_fields(&was, &changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str) -> Content {
        Content::read("items/V-1.yaml", text.as_bytes(), false).1.unwrap()
    }

    /// Both ways of comparing, and whether the cheap one was open. The cheapest one, where it is
    /// open, says the same.
    fn both(old: &str, new: &str) -> (Vec<Difference>, Vec<Difference>, bool) {
        let before = old.as_bytes();
        let (old, new) = (content(old), content(new));
        let cheap = matches!((&old, &new), (Content::Plain(_), Content::Plain(_)));
        let whole = between(&old.to_value(), &new.to_value());
        let id = "V-1".parse().unwrap();
        if let Some((read, differences)) = new.before(&id, before) {
            assert_eq!(differences, whole);
            assert_eq!((read.to_value(), read.id()), (old.to_value(), Some("V-1")));
            // What was not taken apart can be compared with and goes on being compared.
            assert_eq!(Content::between(&read, &new), whole);
            let (again, back) = read.before(&id, new.plain().unwrap().text().as_bytes()).unwrap();
            assert_eq!(back, between(&new.to_value(), &old.to_value()));
            assert_eq!(again.to_value(), new.to_value());
        }
        (Content::between(&old, &new), whole, cheap)
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
            // What looks the same but for blanks at the end of a line is not.
            ("  one\n", "  one \n", 1),
            ("  x\n", "  x  \n", 1),
            ("  two\n", "  two\n\n  three\n", 1),
            // The same lines below each other, but in other mappings.
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
        let near = |old: &str| content(ITEM).before(&"V-1".parse().unwrap(), old.as_bytes());
        assert!(near(&ITEM.replace("status: open", "status: closed")).is_some());
        // Another item, or one that must be read as a whole.
        assert!(near(&ITEM.replace("id: V-1\n", "id: V-2\n")).is_none());
        assert!(near(&ITEM.replace("id: V-1\n", "")).is_none());
        let folded = ITEM.replace("|-", ">");
        assert!(near(&folded).is_none());
        let (cheap, whole, plain) = both(ITEM, &folded);
        assert!(!plain);
        assert_eq!(cheap, whole);
    }
}
