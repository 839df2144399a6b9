//! The values of a file in a flat form that is read in one pass.
//!
//! [`FlatDocument`] is what nearly every item is read to; a [`ValueRef`] is one value of it. Files outside
//! of the subset of YAML that the scanner knows go to the full parser.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::tree::{self, MappingEntry, Node, NodeKind, Style, ValuePlace};
use super::{Limits, scan};

/// The values of a text in the subset of YAML in which nearly every item is written: block
/// mappings and lists, values on one line, literal blocks, comments.
///
/// It is read in one pass, without spans of values, and five times as fast as by the full parser.
/// Falls back to the full parser outside of the subset: quoting with rare escapes, values over
/// several lines, anchors, tags, tabs, carriage returns, and everything that is wrong. Where both
/// read a text they agree on every value.
#[derive(Debug, Clone)]
pub struct FlatDocument {
    text: Arc<str>,
    steps: Vec<FlatNode>,
    /// Texts whose value is not the bytes in the file, because of escapes or indentation.
    unescaped: Vec<String>,
}

/// A value; a mapping is followed by its keys, each with its value, and a sequence by its values.
#[derive(Debug, Clone, Copy)]
pub(super) struct FlatNode {
    pub(super) kind: FlatKind,
    pub(super) style: Style,
    /// The bytes of the value in the file, quotes and brackets included.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Of a sequence or mapping, the index after its last node; of an unescaped text, its index.
    pub(super) link: u32,
}

impl FlatNode {
    fn span(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlatKind {
    Null,
    Bool(bool),
    Number,
    /// The bytes in the file, between the quotes if there are any.
    Text,
    Unescaped,
    Sequence,
    Mapping,
}

/// A value of a [`FlatDocument`].
#[derive(Debug, Clone, Copy)]
pub struct ValueRef<'a> {
    plain: &'a FlatDocument,
    at: usize,
}

/// The kind of a value, with its content.
#[derive(Debug, Clone, Copy)]
pub enum ValueKind<'a> {
    /// No value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(&'a str),
    /// Text.
    Text(&'a str),
    /// A sequence.
    Sequence(SequenceIter<'a>),
    /// A mapping.
    Mapping(MappingIter<'a>),
}

impl FlatDocument {
    /// Reads a text; nothing where it does not keep to the subset of the fast scanner.
    pub fn read(text: &Arc<str>, limits: &Limits) -> Option<Self> {
        u32::try_from(text.len()).ok()?;
        let (steps, unescaped) = scan::scan_subset(text, limits)?;
        Some(Self { text: Arc::clone(text), steps, unescaped })
    }

    /// Finds the place of the value at a JSON pointer in a text; the outer `None` is a text outside
    /// the subset. The last text is retained, since several places of one file are asked for in a row.
    pub(super) fn find_place(text: &Arc<str>, pointer: &str) -> Option<Option<ValuePlace>> {
        thread_local! {
            static LAST: RefCell<Option<FlatDocument>> = const { RefCell::new(None) };
        }
        LAST.with_borrow_mut(|last| {
            let known = last.take().filter(|last| Arc::ptr_eq(&last.text, text));
            let plain = match known {
                Some(known) => known,
                None => Self::read(text, &Limits::ITEM)?,
            };
            let place = plain.root().find_place(pointer);
            *last = Some(plain);
            Some(place)
        })
    }

    /// Returns the text that it was read from.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Returns the mapping at the top.
    pub fn root(&self) -> ValueRef<'_> {
        ValueRef { plain: self, at: 0 }
    }

    /// Returns the values as JSON, as [`super::Document::to_value`] has them.
    pub fn to_value(&self) -> Value {
        self.root().to_value()
    }

    /// Writes the values of [`Self::to_value`] as JSON, without building them first.
    pub fn to_json(&self) -> Option<String> {
        let mut json = Vec::with_capacity(self.text.len());
        serde_transcode::transcode(self.root(), &mut serde_json::Serializer::new(&mut json))
            .ok()?;
        String::from_utf8(json).ok()
    }

    /// Returns the entries at the top that have a value, each with the text that makes it what it
    /// is: from its key up to the next one. What is written alike holds the same.
    pub fn written<'a>(&'a self) -> Vec<TopEntry<'a>> {
        let keys: Vec<(usize, &str, ValueRef<'_>)> = self.top().collect();
        let ends = keys.iter().skip(1).map(|(start, ..)| *start).chain([self.text.len()]);
        let entry = |(&(start, key, value), end): (&(usize, &'a str, ValueRef<'a>), usize)| {
            let text = self.text.get(start..end).unwrap_or_default();
            TopEntry { key, text, value }
        };
        let holds =
            |one: &TopEntry<'_>| one.value.step().is_some_and(|it| it.kind != FlatKind::Null);
        keys.iter().zip(ends).map(entry).filter(holds).collect()
    }

    /// Lists the keys at the top: where each begins, the key, and its value.
    fn top(&self) -> impl Iterator<Item = (usize, &str, ValueRef<'_>)> {
        let mut steps = match self.root().kind() {
            ValueKind::Mapping(MappingIter(steps)) => Some(steps),
            _ => None,
        };
        std::iter::from_fn(move || {
            let (key, value) = (steps.as_mut()?.next()?, steps.as_mut()?.next()?);
            match (key.step(), key.kind()) {
                (Some(step), ValueKind::Text(name)) => Some((step.start as usize, name, value)),
                _ => None,
            }
        })
    }
}

/// An entry of the mapping at the top.
#[derive(Debug, Clone, Copy)]
pub struct TopEntry<'a> {
    /// Its key.
    pub key: &'a str,
    /// Its bytes in the file, up to the next key.
    pub text: &'a str,
    /// Its value.
    pub value: ValueRef<'a>,
}

impl<'a> ValueRef<'a> {
    /// Returns the kind of the value, with its content.
    #[inline]
    pub fn kind(self) -> ValueKind<'a> {
        let Some(step) = self.plain.steps.get(self.at) else { return ValueKind::Null };
        let quote = usize::from(step.style == Style::Quoted);
        let written = || {
            let (start, end) = (step.start as usize + quote, step.end as usize - quote);
            self.plain.text.get(start..end).unwrap_or_default()
        };
        let link = step.link as usize;
        match step.kind {
            FlatKind::Null => ValueKind::Null,
            FlatKind::Bool(said) => ValueKind::Bool(said),
            FlatKind::Number => ValueKind::Number(written()),
            FlatKind::Text => ValueKind::Text(written()),
            FlatKind::Unescaped => {
                ValueKind::Text(self.plain.unescaped.get(link).map_or("", String::as_str))
            }
            FlatKind::Sequence => {
                ValueKind::Sequence(SequenceIter { plain: self.plain, at: self.at + 1, end: link })
            }
            FlatKind::Mapping => ValueKind::Mapping(MappingIter(SequenceIter {
                plain: self.plain,
                at: self.at + 1,
                end: link,
            })),
        }
    }

    /// Returns the value as JSON; entries without a value are left out.
    pub fn to_value(self) -> Value {
        match self.kind() {
            ValueKind::Null => Value::Null,
            ValueKind::Bool(said) => Value::Bool(said),
            ValueKind::Number(text) => tree::plain_value(text),
            ValueKind::Text(text) => Value::String(text.to_owned()),
            ValueKind::Sequence(steps) => Value::Array(steps.map(Self::to_value).collect()),
            ValueKind::Mapping(entries) => Value::Object(
                entries.map(|(key, view)| (key.to_owned(), view.to_value())).collect::<Map<_, _>>(),
            ),
        }
    }
}

impl ValueRef<'_> {
    /// Finds the place of the value at a JSON pointer below this one.
    pub(super) fn find_place(self, pointer: &str) -> Option<ValuePlace> {
        let (mut view, mut key) = (self, None);
        for step in tree::pointer_steps(pointer) {
            (view, key) = match view.kind() {
                ValueKind::Sequence(mut steps) => (steps.nth(step.parse().ok()?)?, None),
                ValueKind::Mapping(MappingIter(mut steps)) => loop {
                    let (key, value) = (steps.next()?, steps.next()?);
                    if matches!(key.kind(), ValueKind::Text(text) if text == step) {
                        break (value, Some(key.step()?.span()));
                    }
                },
                _ => return None,
            };
        }
        let step = view.step()?;
        Some(ValuePlace { span: step.span(), block: step.style == Style::Block, key })
    }

    #[inline]
    fn step(self) -> Option<FlatNode> {
        self.plain.steps.get(self.at).copied()
    }

    /// Returns the value with its places, as the full parser gives it.
    pub(super) fn to_node(self) -> Node {
        let Some(step) = self.plain.steps.get(self.at) else {
            return Node { span: 0..0, style: Style::Plain, kind: NodeKind::Scalar(String::new()) };
        };
        let span = step.span();
        let written = || self.plain.text.get(span.clone()).unwrap_or_default().to_owned();
        let kind = match self.kind() {
            ValueKind::Sequence(steps) => NodeKind::Sequence(steps.map(Self::to_node).collect()),
            ValueKind::Mapping(MappingIter(mut steps)) => {
                let mut entries = Vec::new();
                while let (Some(key), Some(value)) = (steps.next(), steps.next()) {
                    let key = key.to_node();
                    let NodeKind::Scalar(text) = key.kind else { break };
                    entries.push(MappingEntry {
                        key: text,
                        key_span: key.span,
                        value: value.to_node(),
                    });
                }
                NodeKind::Mapping(entries)
            }
            ValueKind::Text(text) => NodeKind::Scalar(text.to_owned()),
            ValueKind::Null | ValueKind::Bool(_) | ValueKind::Number(_) => {
                NodeKind::Scalar(written())
            }
        };
        Node { span: span.clone(), style: step.style, kind }
    }
}

/// The values of a sequence.
#[derive(Debug, Clone, Copy)]
pub struct SequenceIter<'a> {
    plain: &'a FlatDocument,
    at: usize,
    end: usize,
}

impl<'a> Iterator for SequenceIter<'a> {
    type Item = ValueRef<'a>;

    fn next(&mut self) -> Option<ValueRef<'a>> {
        if self.at >= self.end {
            return None;
        }
        let step = self.plain.steps.get(self.at)?;
        let view = ValueRef { plain: self.plain, at: self.at };
        self.at = match step.kind {
            FlatKind::Sequence | FlatKind::Mapping => step.link as usize,
            _ => self.at + 1,
        };
        Some(view)
    }

    /// Returns the exact size, so that the memory of an unescaped sequence is allocated once.
    fn size_hint(&self) -> (usize, Option<usize>) {
        let (mut rest, mut count) = (*self, 0);
        while rest.next().is_some() {
            count += 1;
        }
        (count, Some(count))
    }
}

/// The entries of a mapping that have a value.
#[derive(Debug, Clone, Copy)]
pub struct MappingIter<'a>(SequenceIter<'a>);

impl<'a> Iterator for MappingIter<'a> {
    type Item = (&'a str, ValueRef<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (key, value) = (self.0.next()?, self.0.next()?);
            if value.step()?.kind == FlatKind::Null {
                continue;
            }
            let ValueKind::Text(key) = key.kind() else { return None };
            return Some((key, value));
        }
    }
}

#[cfg(test)]
mod tests;
