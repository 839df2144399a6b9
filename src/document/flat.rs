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
        let (steps, unescaped) = scan::scan(text, limits)?;
        Some(Self { text: Arc::clone(text), steps, unescaped })
    }

    /// Finds the place of the value at a JSON pointer in a text; the outer `None` is a text outside
    /// the subset. The last text is kept, since several places of one file are asked for in a row.
    pub(super) fn place(text: &Arc<str>, pointer: &str) -> Option<Option<ValuePlace>> {
        thread_local! {
            static LAST: RefCell<Option<FlatDocument>> = const { RefCell::new(None) };
        }
        LAST.with_borrow_mut(|last| {
            let known = last.take().filter(|last| Arc::ptr_eq(&last.text, text));
            let plain = match known {
                Some(known) => known,
                None => Self::read(text, &Limits::ITEM)?,
            };
            let place = plain.root().place(pointer);
            *last = Some(plain);
            Some(place)
        })
    }

    /// The text that it was read from.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The mapping at the top.
    pub fn root(&self) -> ValueRef<'_> {
        ValueRef { plain: self, at: 0 }
    }

    /// The values as JSON, as [`super::Document::to_value`] has them.
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

    /// The entries at the top that have a value, each with the text that makes it what it is: from
    /// its key up to the next one. What is written alike holds the same.
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

    /// The value as JSON; entries without a value are left out.
    pub fn to_value(self) -> Value {
        match self.kind() {
            ValueKind::Null => Value::Null,
            ValueKind::Bool(said) => Value::Bool(said),
            ValueKind::Number(text) => tree::plain(text),
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
    pub(super) fn place(self, pointer: &str) -> Option<ValuePlace> {
        let (mut view, mut key) = (self, None);
        for step in tree::steps(pointer) {
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

    /// The value with its places, as the full parser gives it.
    pub(super) fn node(self) -> Node {
        let Some(step) = self.plain.steps.get(self.at) else {
            return Node { span: 0..0, style: Style::Plain, kind: NodeKind::Scalar(String::new()) };
        };
        let span = step.span();
        let written = || self.plain.text.get(span.clone()).unwrap_or_default().to_owned();
        let kind = match self.kind() {
            ValueKind::Sequence(steps) => NodeKind::Sequence(steps.map(Self::node).collect()),
            ValueKind::Mapping(MappingIter(mut steps)) => {
                let mut entries = Vec::new();
                while let (Some(key), Some(value)) = (steps.next(), steps.next()) {
                    let key = key.node();
                    let NodeKind::Scalar(text) = key.kind else { break };
                    entries.push(MappingEntry {
                        key: text,
                        key_span: key.span,
                        value: value.node(),
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

    /// Exact, so that what is unescaped of a sequence has the room that it needs and no more.
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
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Option<FlatDocument> {
        FlatDocument::read(&Arc::from(text), &Limits::ITEM)
    }

    /// Whatever is read in the subset of the fast scanner is what the full parser reads.
    fn agree(text: &str) -> Result<(), TestCaseError> {
        let Some(plain) = read(text) else { return Ok(()) };
        let arc: Arc<str> = Arc::from(text);
        let full = super::super::parse::parse("x.yaml", &arc, &Limits::ITEM);
        match full {
            Ok(root) => {
                prop_assert_eq!(plain.to_value(), root.to_value(), "{:?}", text);
                prop_assert_eq!(plain.to_json(), Some(plain.to_value().to_string()));
                // Every place too.
                for pointer in pointers(&plain.to_value(), String::new()) {
                    let place = root.place(&pointer);
                    prop_assert_eq!(plain.root().place(&pointer), place.clone());
                    prop_assert_eq!(FlatDocument::place(&arc, &pointer), Some(place), "{:?}", text);
                }
                let (quick, full) = (plain.root().node(), root);
                prop_assert_eq!(format!("{quick:#?}"), format!("{full:#?}"), "{:?}", text);
            }
            Err(error) => prop_assert!(false, "only the full parser refuses {text:?}: {error:?}"),
        }
        Ok(())
    }

    /// The addresses of all values, and of some that are not there.
    fn pointers(value: &Value, here: String) -> Vec<String> {
        let mut all = vec![format!("{here}/none"), format!("{here}/9"), here.clone()];
        match value {
            Value::Object(entries) => {
                for (key, value) in entries {
                    all.extend(pointers(value, format!("{here}/{}", tree::escape_step(key))));
                }
            }
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    all.extend(pointers(value, format!("{here}/{index}")));
                }
            }
            _ => {}
        }
        all
    }

    #[test]
    fn the_plain_form_is_read() {
        let text = "# yaml-language-server: $schema=x\n---\nid: V-1 # the id\nname: 'it''s'\ntext: |\n  one\n\n    two\n\nstrip: |-\n  x\nempty:\nnull_too: ~\nquoted: \"a\\n\\\"b\\\\\"\nlist:\n- a\n- 'b'\nnested:\n  - id: 1\n    due: 2026-01-01\n    evidence: [CHG-1, \"x, y\", {k: v}]\n\n  # said\n  - |\n   z\n  - id: 2\n    of:\n      deep: true\nflow: {date: 2026-01-01, by: Jane Roe, note: The plan: no}\n";
        assert_eq!(read(text).map(|plain| plain.to_value()), None, "`: ` in a plain value");
        let text = text.replace("plan: no", "plan:no");
        assert_eq!(
            read(&text).unwrap().to_value(),
            json!({
                "id": "V-1", "name": "it's", "text": "one\n\n  two\n", "strip": "x",
                "quoted": "a\n\"b\\", "list": ["a", "b"],
                "nested": [
                    {"id": 1, "due": "2026-01-01", "evidence": ["CHG-1", "x, y", {"k": "v"}]},
                    "z\n",
                    {"id": 2, "of": {"deep": true}}
                ],
                "flow": {"date": "2026-01-01", "by": "Jane Roe", "note": "The plan:no"}
            })
        );
        agree(&text).unwrap();
    }

    #[test]
    fn what_is_not_surely_known_is_left_to_the_full_parser() {
        for text in [
            "",
            "# only\n",
            "- a\n",
            "word\n",
            " a: 1\n",
            "a: 1\na: 2\n",
            "a: one\n  two\n",
            "a: 'one\n  two'\n",
            "a: >\n  folded\n",
            "a: |+\n  kept\n",
            "a: |2\n  told\n",
            "a: |\n  no line end",
            "a: |\n\n  blank first\n",
            "a: |\n  x\n     \n",
            "a: &x 1\n",
            "a: *x\n",
            "a: !t 1\n",
            "a: \"\\u0041\"\n",
            "a: 1\r\n",
            "a:\t1\n",
            "a: [1,\n  2]\n",
            "a: [1,, 2]\n",
            "a: [1, 2,]\n",
            "a: [b: 1]\n",
            "a: {b: 1, b: 2}\n",
            "a: {b}\n",
            "a: \"x\"y\n",
            "a: \"x\"#y\n",
            "a: 1\n---\nb: 2\n",
            "a: 1\n...\n",
            "%YAML 1.2\n---\na: 1\n",
            "<<: {a: 1}\n",
            "? a\n: 1\n",
            "a:\n  b: 1\n c: 2\n",
            "a:\n - x\n  - y\n",
            "a: - x\n",
            "a: \u{feff}x\n",
            "a: x\u{85}y\n",
            "a: \u{2028}\n",
        ] {
            assert!(read(text).is_none(), "{text:?}");
        }
        let deep = format!("a: {}1{}\n", "[".repeat(20), "]".repeat(20));
        assert!(read(&deep).is_none());
        let many: String = (0..60).map(|n| format!("k{n}: 1\n")).collect();
        assert!(read(&many).is_none());
        let small = Limits { nodes: 3, ..Limits::ITEM };
        assert!(FlatDocument::read(&Arc::from("a: [1, 2, 3]\n"), &small).is_none());
    }

    /// Texts as people write them: the examples of all rules, and the templates.
    fn samples() -> Vec<String> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut pages: Vec<_> = std::fs::read_dir(root.join("src/rules"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|it| it == "md"))
            .collect();
        pages.sort();
        let mut samples = Vec::new();
        for page in pages {
            let text = std::fs::read_to_string(page).unwrap();
            let blocks = text.split("```yaml").skip(1);
            let blocks = blocks.filter_map(|block| block.split_once('\n')?.1.split("```").next());
            // An example of several files is taken apart.
            for block in blocks {
                let parts = block.split("\n# ").map(|part| match part.split_once('\n') {
                    Some((_, rest)) if !part.starts_with("id:") => rest,
                    _ => part,
                });
                let items = parts.filter(|part| part.contains(": "));
                samples.extend(items.map(|part| format!("{part}\n")));
            }
        }
        for name in ["poam.yaml", "demo/people.yaml"] {
            samples.push(std::fs::read_to_string(root.join("templates").join(name)).unwrap());
        }
        samples
    }

    #[test]
    fn nearly_every_sample_is_in_the_plain_form() {
        let samples = samples();
        for sample in &samples {
            agree(sample).unwrap();
        }
        let (plain, other): (Vec<_>, Vec<_>) =
            samples.iter().partition(|text| read(text).is_some());
        assert!(plain.len() > 10 * other.len(), "{} beside {other:#?}", plain.len());
    }

    const PIECES: [&str; 64] = [
        "a: 1",
        "b: two words",
        "c:",
        "d: [x, y]",
        "e: {k: v, l: 2}",
        "f: |",
        "g: |-",
        "h: >",
        "- x",
        "- k: v",
        "-",
        "- ",
        "- - z",
        "- [1]",
        "- |",
        "# note",
        "x # note",
        "a:b",
        "a: b: c",
        "k: 'q'",
        "k: 'it''s'",
        "k: \"q\\n\"",
        "k: \"\\x41\"",
        "k: ~",
        "k: null",
        "k: -5",
        "k: -x",
        "k: - x",
        "k: 1.50",
        "k: 012",
        "k: true",
        "k: !t v",
        "k: &a v",
        "k: *a",
        "k: @x",
        "k: 100%",
        "---",
        "...",
        "%TAG",
        "\t",
        "k:\tv",
        "text",
        "k: [a, {b: c}]",
        "k: [a: b]",
        "k: []",
        "k: {}",
        "k: [a b, 'c', \"d\"]",
        "k: {a: , b: 1}",
        "k: x  ",
        "k: \u{e9}t\u{e9}",
        "k: \u{a0}x",
        "k: x\u{3000}",
        "\u{3000}k: x",
        "k v: (x)",
        "1: 2",
        "k: a]b",
        "k: a,b",
        "k: [a]b",
        "k: 'a'b",
        "k: #x",
        "k: x#y",
        "k:  spaced  out",
        "<<: {a: 1}",
        "k : v",
    ];
    const MARKS: [&str; 24] = [
        " ", "  ", "\n", ":", ": ", "-", "- ", "#", " #", "'", "\"", "[", "]", "{", "}", ",", "|",
        ">", "\\", "&", "*", "!", "\t", "~",
    ];

    fn cases(number: u32) -> ProptestConfig {
        // More with PROPTEST_CASES.
        let cases = std::env::var("PROPTEST_CASES").ok().and_then(|it| it.parse().ok());
        ProptestConfig {
            cases: cases.unwrap_or(number),
            failure_persistence: None,
            ..ProptestConfig::default()
        }
    }

    proptest! {
        #![proptest_config(cases(6_000))]

        #[test]
        fn made_up_texts_are_read_alike(
            lines in prop::collection::vec((0_usize..7, 0..PIECES.len(), prop::option::weighted(0.1, 0..MARKS.len())), 1..9),
            whole in prop::bool::weighted(0.9),
        ) {
            let mut text = String::new();
            for (indent, piece, mark) in lines {
                let mark = mark.map_or("", |mark| MARKS[mark]);
                // Indentation is mostly even and mostly none.
                let indent = [0, 0, 0, 2, 2, 4, 1][indent];
                text += &format!("{:indent$}{}{mark}\n", "", PIECES[piece]);
            }
            if !whole {
                text.pop();
            }
            agree(&text)?;
        }
    }

    proptest! {
        #![proptest_config(cases(3_000))]

        #[test]
        fn damaged_samples_are_read_alike(
            sample in prop::sample::select(samples()),
            edits in prop::collection::vec((any::<prop::sample::Index>(), 0..MARKS.len() + 6), 1..4),
        ) {
            let mut text = sample;
            for (place, edit) in edits {
                let mut at = place.index(text.len().max(1));
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
                let end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
                match edit {
                    0 if at < text.len() => { text.remove(at); }
                    1 => text.replace_range(line..end, ""),
                    2 => { let copy = text[line..end].to_owned(); text.insert_str(line, &copy); }
                    3 => text.insert_str(line, "  "),
                    4 if text[line..].starts_with("  ") => text.replace_range(line..line + 2, ""),
                    5 => text.truncate(at),
                    edit => text.insert_str(at, MARKS[edit.saturating_sub(6)]),
                }
            }
            agree(&text)?;
        }
    }
}
