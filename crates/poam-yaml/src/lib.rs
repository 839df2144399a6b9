//! A YAML file with byte spans: parse it once, find the bytes of any value, change a value and leave
//! everything else as it was.
//!
//! [`Document`] is a parsed file, [`FlatDocument`] the values of one in the plain subset, [`Edit`] a change,
//! [`Label`] a place in the text, [`ParseError`] the reason why a file is not accepted. The accepted YAML is a strict,
//! plain subset: one document, a mapping at the top, text keys, no duplicate keys, no tags, no
//! merge keys, aliases within a limit.

mod comment_map;
mod deserialize;
mod edit;
mod emit;
mod flat;
mod format;
mod insert;
mod label;
pub mod packed;
mod parse;
mod remove;
mod replace;
mod scan;
mod source;
mod tree;
mod trivia;

pub use edit::{Edit, EditError};
pub use emit::{EmitError, emit_yaml};
pub use flat::{FlatDocument, MappingIter, SequenceIter, TopEntry, ValueKind, ValueRef};
pub use format::FormatError;
pub use label::{Label, Position};
pub use parse::{Limits, ParseError};
pub use source::SourceText;
pub use tree::{MappingEntry, Node, NodeKind, Style, escape_step};

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use packed::Packed;
use tree::ValuePlace;

/// A parsed file.
#[derive(Debug, Clone)]
pub struct Document {
    path: Arc<str>,
    source: SourceText,
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

    /// Parses the bytes of a file; also its values, where it stays within the subset of the fast scanner.
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

    /// Returns the path that diagnostics call it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the text of the file.
    pub fn text(&self) -> &Arc<str> {
        self.text.get_or_init(|| self.source.text())
    }

    /// Returns whether the first line ends with `\r\n`, as in checkouts on Windows.
    pub fn has_windows_line_ends(&self) -> bool {
        self.text().split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n"))
    }

    /// Parses the document again with `\r\n` at the ends of all lines.
    pub fn with_windows_line_ends(&self) -> Result<Self, Box<ParseError>> {
        let text = self.text().replace("\r\n", "\n").replace('\n', "\r\n");
        Self::parse(&self.path, text.as_bytes(), &Limits::ITEM)
    }

    /// Packs the texts of documents together. What is asked of them takes longer then, but a large
    /// tracker needs a good part less memory.
    pub fn pack_documents(documents: &mut [&mut Self]) {
        let texts: Vec<Arc<str>> = documents.iter().map(|it| Arc::clone(it.text())).collect();
        for (document, packed) in documents.iter_mut().zip(Packed::pack_all(&texts)) {
            if let Some(packed) = packed {
                document.source = SourceText::from_packed(packed);
                document.text = OnceLock::new();
            }
        }
    }

    /// Returns the mapping at the top.
    pub fn root(&self) -> &Node {
        self.root.get_or_init(|| {
            // A text in the plain form has every place there; the parser is not asked again.
            let empty =
                || Node { span: 0..0, style: Style::Block, kind: NodeKind::Mapping(Vec::new()) };
            let plain = FlatDocument::read(&self.source.text(), &Limits::ITEM);
            Box::new(plain.map_or_else(empty, |plain| plain.root().to_node()))
        })
    }

    /// Returns the node at a JSON pointer.
    pub fn find(&self, pointer: &str) -> Option<&Node> {
        self.root().find(pointer)
    }

    /// Returns the values as JSON, empty values left out.
    pub fn to_value(&self) -> Value {
        match self.root.get() {
            Some(root) => root.to_value(),
            None => FlatDocument::read(&self.source.text(), &Limits::ITEM)
                .map_or_else(|| self.root().to_value(), |plain| plain.to_value()),
        }
    }

    /// Returns the bytes to mark for a pointer: the value, or the nearest thing above it that
    /// exists. A value that spans lines is marked by its first line.
    pub fn span(&self, pointer: &str) -> Range<usize> {
        let mut pointer = pointer;
        loop {
            if let Some(span) = self.span_of(pointer) {
                return span;
            }
            pointer = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
    }

    /// Returns a label on the value at a pointer.
    pub fn label(&self, pointer: &str) -> Label {
        Label::new(Arc::clone(&self.path), self.source.clone(), self.span(pointer), pointer)
    }

    /// Returns a label on the key at a pointer; on the value where there is no key.
    pub fn key_label(&self, pointer: &str) -> Label {
        let span = self.find_place(pointer).and_then(|place| place.key);
        let span = span.unwrap_or_else(|| self.span(pointer));
        Label::new(Arc::clone(&self.path), self.source.clone(), span, pointer)
    }

    /// Returns whether the text contains another one, without keeping a packed text unpacked.
    pub fn contains(&self, part: &str) -> bool {
        self.source.with_text(|text| text.contains(part))
    }

    /// The label of the comment that begins with a text, the first one.
    pub fn comment_label(&self, begins: &str) -> Option<Label> {
        let text = self.text();
        let has =
            |span: &Range<usize>| text.get(span.clone()).is_some_and(|it| it.starts_with(begins));
        let span = trivia::find_comments(text).into_iter().find(has)?;
        let span = self.first_line(span);
        Some(Label::new(Arc::clone(&self.path), self.source.clone(), span, ""))
    }

    /// The comments, from the `#` to the end of their lines, in the order of the file.
    pub fn comments(&self) -> Vec<String> {
        let text = self.text();
        let texts = trivia::find_comments(text).into_iter();
        texts
            .filter_map(|span| text.get(span))
            .map(|comment| comment.trim_end().to_owned())
            .collect()
    }

    fn span_of(&self, pointer: &str) -> Option<Range<usize>> {
        let place = self.find_place(pointer)?;
        match place.key {
            // A list or mapping is best named by its key, and so is a value that is not there.
            Some(key) if place.block || place.span.is_empty() => Some(key),
            _ => Some(self.first_line(place.span)),
        }
    }

    fn find_place(&self, pointer: &str) -> Option<ValuePlace> {
        match self.root.get() {
            Some(root) => root.find_place(pointer),
            None => FlatDocument::find_place(&self.source.text(), pointer)
                .unwrap_or_else(|| self.root().find_place(pointer)),
        }
    }

    /// Returns a span cut at the end of its first line.
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
        Document::pack_documents(&mut packed.iter_mut().collect::<Vec<_>>());
        for (packed, plain) in packed.iter().zip(&plain) {
            assert!(packed.text.get().is_none());
            assert_eq!(packed.to_value(), plain.to_value());
            for pointer in ["", "/id", "/weakness_name", "/milestones/0/due", "/nowhere"] {
                assert_eq!(packed.label(pointer), plain.label(pointer), "{pointer}");
                assert_eq!(packed.key_label(pointer), plain.key_label(pointer), "{pointer}");
            }
            assert!(packed.text.get().is_none(), "asking for places does not unpack it for good");
            let edit = |it: &Document| {
                it.apply_edits(&[Edit::set("/status", "closed")], &["id", "status"]).unwrap()
            };
            assert_eq!(edit(packed).text(), edit(plain).text());
            assert_eq!(packed.text(), plain.text());
        }
    }
}
