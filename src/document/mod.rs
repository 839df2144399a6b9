//! A file's text with addresses: parse it once, find the bytes of any value, change a value and
//! leave everything else as it was.
//!
//! This is the door of the YAML parser and of the YAML editor. The accepted YAML is a strict,
//! plain subset: one document, a mapping at the top, text keys, no duplicate keys, no tags, no
//! merge keys, aliases within a limit.

mod comment_map;
mod deserialize;
mod edit;
mod emit;
mod flat;
mod format;
mod insert;
mod parse;
mod remove;
mod replace;
mod scan;
mod tree;
mod trivia;

pub use edit::{Edit, EditError};
pub use emit::{EmitError, emit};
pub use flat::{FlatDocument, MappingIter, SequenceIter, TopEntry, ValueKind, ValueRef};
pub use format::FormatError;
pub use parse::{Limits, ParseError};
pub use tree::{MappingEntry, Node, NodeKind, Style, escape_step};

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::diagnostic::Label;
use crate::packed::Packed;
use crate::source::Source;
use tree::ValuePlace;

/// A parsed file.
#[derive(Debug, Clone)]
pub struct Document {
    path: Arc<str>,
    source: Source,
    /// The text, once somebody asked for all of it.
    text: OnceLock<Arc<str>>,
    /// Built where somebody asks for places; for a text in the subset that is never, as long
    /// as nothing is wrong with it.
    root: OnceLock<Box<Node>>,
}

impl Document {
    /// Parses the bytes of a file. `path` is what diagnostics call it.
    pub fn parse(path: &str, bytes: &[u8], limits: &Limits) -> Result<Self, Box<ParseError>> {
        Self::read(path, bytes, limits).map(|(document, _)| document)
    }

    /// Parses the bytes of a file; also its values, where it keeps to the subset of the fast scanner.
    pub fn read(
        path: &str,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<(Self, Option<FlatDocument>), Box<ParseError>> {
        let text: Arc<str> = Arc::from(parse::decode(path, bytes, limits)?);
        let root = OnceLock::new();
        let plain = FlatDocument::read(&text, limits);
        if plain.is_none() {
            let _ = root.set(Box::new(parse::parse(path, &text, limits)?));
        }
        Ok((Self { path: path.into(), source: (&text).into(), text: text.into(), root }, plain))
    }

    /// The path that diagnostics call it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text of the file.
    pub fn text(&self) -> &Arc<str> {
        self.text.get_or_init(|| self.source.text())
    }

    /// Returns whether the first line ends with `\r\n`, as in checkouts on Windows.
    pub fn has_windows_line_ends(&self) -> bool {
        self.text().split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n"))
    }

    /// The same document with `\r\n` at the ends of all lines.
    pub fn with_windows_line_ends(&self) -> Result<Self, Box<ParseError>> {
        let text = self.text().replace("\r\n", "\n").replace('\n', "\r\n");
        Self::parse(&self.path, text.as_bytes(), &Limits::ITEM)
    }

    /// Packs the texts of documents together. What is asked of them takes longer then, but a large
    /// tracker needs a good part less memory.
    pub fn pack(documents: &mut [&mut Self]) {
        let texts: Vec<Arc<str>> = documents.iter().map(|it| Arc::clone(it.text())).collect();
        for (document, packed) in documents.iter_mut().zip(Packed::all(&texts)) {
            if let Some(packed) = packed {
                document.source = Source::packed(packed);
                document.text = OnceLock::new();
            }
        }
    }

    /// The mapping at the top.
    pub fn root(&self) -> &Node {
        self.root.get_or_init(|| {
            // A text in the plain form has every place there; the parser is not asked again.
            let empty =
                || Node { span: 0..0, style: Style::Block, kind: NodeKind::Mapping(Vec::new()) };
            let plain = FlatDocument::read(&self.source.text(), &Limits::ITEM);
            Box::new(plain.map_or_else(empty, |plain| plain.root().node()))
        })
    }

    /// The node at a JSON pointer.
    pub fn find(&self, pointer: &str) -> Option<&Node> {
        self.root().find(pointer)
    }

    /// The values as JSON, empty values left out.
    pub fn to_value(&self) -> Value {
        match self.root.get() {
            Some(root) => root.to_value(),
            None => FlatDocument::read(&self.source.text(), &Limits::ITEM)
                .map_or_else(|| self.root().to_value(), |plain| plain.to_value()),
        }
    }

    /// The bytes to mark for a pointer: the value, or the nearest thing above it that exists.
    /// A value that spans lines is marked by its first line.
    pub fn span(&self, pointer: &str) -> Range<usize> {
        let mut pointer = pointer;
        loop {
            if let Some(span) = self.span_of(pointer) {
                return span;
            }
            pointer = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
    }

    /// A label on the value at a pointer.
    pub fn label(&self, pointer: &str) -> Label {
        Label::new(Arc::clone(&self.path), self.source.clone(), self.span(pointer), pointer)
    }

    /// A label on the key at a pointer; on the value where there is no key.
    pub fn key_label(&self, pointer: &str) -> Label {
        let span = self.place(pointer).and_then(|place| place.key);
        let span = span.unwrap_or_else(|| self.span(pointer));
        Label::new(Arc::clone(&self.path), self.source.clone(), span, pointer)
    }

    fn span_of(&self, pointer: &str) -> Option<Range<usize>> {
        let place = self.place(pointer)?;
        match place.key {
            // A list or mapping is best named by its key, and so is a value that is not there.
            Some(key) if place.block || place.span.is_empty() => Some(key),
            _ => Some(self.first_line(place.span)),
        }
    }

    fn place(&self, pointer: &str) -> Option<ValuePlace> {
        match self.root.get() {
            Some(root) => root.place(pointer),
            None => FlatDocument::place(&self.source.text(), pointer)
                .unwrap_or_else(|| self.root().place(pointer)),
        }
    }

    /// A span cut at the end of its first line.
    fn first_line(&self, span: Range<usize>) -> Range<usize> {
        let text = self.source.text();
        let text = text.get(span.clone()).unwrap_or_default();
        let first = text.split(['\n', '\r']).next().unwrap_or_default();
        span.start..span.start + first.trim_end().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_document_is_the_same_document() {
        let texts = [
            "id: V-1\nweakness_name: Ünpatched\nmilestones:\n- {id: 1, due: 2026-01-02}\n",
            // Not in the plain form.
            "id: V-2\nweakness_name: >\n  over\n  lines\nmilestones: []\n",
            "id: V-3\nstatus: open",
        ];
        let read = |text: &&str| Document::parse("x.yaml", text.as_bytes(), &Limits::ITEM).unwrap();
        let plain: Vec<Document> = texts.iter().map(read).collect();
        let mut packed = plain.clone();
        Document::pack(&mut packed.iter_mut().collect::<Vec<_>>());
        for (packed, plain) in packed.iter().zip(&plain) {
            assert!(packed.text.get().is_none());
            assert_eq!(packed.to_value(), plain.to_value());
            for pointer in ["", "/id", "/weakness_name", "/milestones/0/due", "/nowhere"] {
                assert_eq!(packed.label(pointer), plain.label(pointer), "{pointer}");
                assert_eq!(packed.key_label(pointer), plain.key_label(pointer), "{pointer}");
            }
            assert!(packed.text.get().is_none(), "asking for places does not unpack it for good");
            let edit = |it: &Document| {
                it.edit(&[Edit::set("/status", "closed")], &["id", "status"]).unwrap()
            };
            assert_eq!(edit(packed).text(), edit(plain).text());
            assert_eq!(packed.text(), plain.text());
        }
    }
}
