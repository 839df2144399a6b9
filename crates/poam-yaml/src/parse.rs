//! The full parser: a text → a tree of nodes with spans, or a diagnostic.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StructureStyle, Tag};

use super::tree::{MappingEntry, Node, NodeKind, Style};
use crate::label::Label;

/// Limits of a file: items come from people that nobody has to trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file.
    pub bytes: usize,
    /// Sequences and mappings inside each other.
    pub depth: usize,
    /// Values, those repeated by aliases included.
    pub nodes: usize,
    /// Aliases (`*name`).
    pub aliases: usize,
}

impl Limits {
    /// The limits of an item's file: far above anything that people write.
    pub const ITEM: Self = Self { bytes: 1 << 20, depth: 32, nodes: 50_000, aliases: 100 };
}

/// A file that cannot be parsed: where, why, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// The place of the fault.
    pub label: Label,
    /// The fact, in lower case, without a full stop.
    pub message: String,
    /// The way out.
    pub help: Cow<'static, str>,
    /// A second place that matters: the first of two equal keys.
    pub related: Option<Label>,
}

/// Keys of a mapping from which on they are hashed.
const MANY: usize = 48;

type Parsed<T> = Result<T, Box<ParseError>>;

fn fail_parse<T>(
    label: Label,
    message: impl Into<String>,
    help: impl Into<Cow<'static, str>>,
) -> Parsed<T> {
    Err(Box::new(ParseError { label, message: message.into(), help: help.into(), related: None }))
}

/// Returns the text of a file, where it is text of an acceptable size.
pub(super) fn decode<'a>(path: &str, bytes: &'a [u8], limits: &Limits) -> Parsed<&'a str> {
    if bytes.len() > limits.bytes {
        return fail_parse(
            Label::whole_file(path),
            format!("file has {} bytes, more than the limit of {}", bytes.len(), limits.bytes),
            "keep long material in files of its own and name them under `evidence:`",
        );
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) => {
            let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let text: Arc<str> = String::from_utf8_lossy(good).into();
            let end = text.len();
            fail_parse(
                Label::new(path, &text, end..end, "").says("the first byte that is not"),
                "file is not UTF-8 text",
                "save the file in UTF-8",
            )
        }
    }
}

/// Returns the mapping at the top of a text.
pub(super) fn parse(path: &str, text: &Arc<str>, limits: &Limits) -> Parsed<Node> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut reader = TreeBuilder {
        path,
        text,
        limits,
        parser: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
        nodes: 0,
        aliases: 0,
    };
    reader.document().map_err(|error| merge_conflict(path, text).unwrap_or(error))
}

/// The lines that git puts into a file where a merge could not decide: they begin with these marks.
const CONFLICT_MARKS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

/// Reports that a file which is not YAML has an unresolved merge conflict, and on which lines.
fn merge_conflict(path: &str, text: &Arc<str>) -> Option<Box<ParseError>> {
    let mut marked = Vec::new();
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if is_conflict_mark(line) {
            marked.push((number + 1, start..start + line.trim_end().len(), line));
        }
        start += line.len();
    }
    let (first, span, _) = marked.first()?;
    let (last, ..) = marked.last()?;
    let conflicts = marked.iter().filter(|(.., line)| line.starts_with("<<<<<<<")).count();
    let message = match (conflicts, first == last) {
        (_, true) => format!("line {first} is left over from a merge conflict"),
        (0 | 1, _) => format!("unresolved merge conflict, lines {first} to {last}"),
        (count, _) => format!("{count} unresolved merge conflicts, lines {first} to {last}"),
    };
    let help = "keep what is right of both sides, remove the lines that begin with `<<<<<<<`, \
                `=======` and `>>>>>>>`, then `git add` the file";
    let label = Label::new(path, text, span.clone(), "").says("the first mark");
    fail_parse::<()>(label, message, help).err()
}

fn is_conflict_mark(line: &str) -> bool {
    let line = line.trim_end();
    let rest = CONFLICT_MARKS.iter().find_map(|mark| line.strip_prefix(mark));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Builds the tree from the parser's events. Recursion is bounded by `Limits::depth`.
struct TreeBuilder<'a> {
    path: &'a str,
    text: &'a Arc<str>,
    limits: &'a Limits,
    parser: Parser<'a, granit_parser::StrInput<'a>>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    aliases: usize,
}

impl<'a> TreeBuilder<'a> {
    fn document(&mut self) -> Parsed<Node> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(..) => {}
                Event::StreamEnd | Event::DocumentEnd => {
                    return fail_parse(
                        Label::new(self.path, self.text, 0..0, ""),
                        "file has no content",
                        "write an item into it (`poam new` makes one), or delete the file",
                    );
                }
                event => {
                    let root = self.parse_node(event, &span, 0)?;
                    if !matches!(root.kind, NodeKind::Mapping(_)) {
                        let what = if matches!(root.kind, NodeKind::Sequence(_)) {
                            "a list"
                        } else {
                            "a single value"
                        };
                        return fail_parse(
                            self.label_span(root.span),
                            format!("file has {what} at the top, where an item's fields belong"),
                            "write `id: …`, `weakness_name: …` and the other fields at the left margin, one item per file",
                        );
                    }
                    return self.check_end(root);
                }
            }
        }
    }

    /// Makes sure that nothing follows the first document.
    fn check_end(&mut self, root: Node) -> Parsed<Node> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::DocumentEnd => {}
                Event::StreamEnd => return Ok(root),
                _ => {
                    return fail_parse(
                        self.label_span(span_bytes(&span)),
                        "file has a second document",
                        "keep one item per file; move what follows `---` into a file of its own",
                    );
                }
            }
        }
    }

    fn next(&mut self) -> Parsed<(Event<'a>, Span)> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or_default();
                let help = match error.info() {
                    info if info.contains("tab") => "indent with blanks, not tabs",
                    _ => {
                        "look at this line and the one above: indentation, colons, quotes; text with `: ` or ` #` in it needs quotes"
                    }
                };
                fail_parse(
                    self.label_span(at..at),
                    format!("file is not YAML: {}", error.info()),
                    help,
                )
            }
            None => fail_parse(self.label_span(0..0), "file ends before its end", "check the file"),
        }
    }

    fn parse_node(&mut self, event: Event<'a>, span: &Span, depth: usize) -> Parsed<Node> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return fail_parse(
                self.label_span(span_bytes(span)),
                format!("file has more than {} values", self.limits.nodes),
                "split the item, or keep long lists in a file of their own",
            );
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span)?;
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::BlockScalar,
                };
                let mut range = span_bytes(span);
                let mut text = text.into_owned();
                // The parser gives an absent value the text `~` and an empty span.
                if style == Style::Plain && range.is_empty() {
                    text.clear();
                }
                if style == Style::BlockScalar {
                    range = self.trim_span(range);
                }
                let node = Node { span: range, style, kind: NodeKind::Scalar(text) };
                Ok(self.store_anchor(anchor, node, 1))
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span)?;
                self.refuse_depth(span, depth)?;
                let before = self.nodes;
                let mut list = Vec::new();
                let end = loop {
                    let (event, span) = self.next()?;
                    if event == Event::SequenceEnd {
                        break span_bytes(&span).end;
                    }
                    list.push(self.parse_node(event, &span, depth + 1)?);
                };
                let node = self.build_collection(span, end, style, NodeKind::Sequence(list));
                Ok(self.store_anchor(anchor, node, self.nodes - before + 1))
            }
            Event::MappingStart(style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span)?;
                self.refuse_depth(span, depth)?;
                let before = self.nodes;
                let (entries, end) = self.parse_entries(depth)?;
                let node = self.build_collection(span, end, style, NodeKind::Mapping(entries));
                Ok(self.store_anchor(anchor, node, self.nodes - before + 1))
            }
            Event::Alias(anchor) => self.resolve_alias(anchor, span),
            _ => fail_parse(
                self.label_span(span_bytes(span)),
                "file is not YAML",
                "check this place",
            ),
        }
    }

    fn parse_entries(&mut self, depth: usize) -> Parsed<(Vec<MappingEntry>, usize)> {
        let mut entries: Vec<MappingEntry> = Vec::new();
        // Most mappings are small: comparing a few keys is cheaper than hashing them. A hostile one
        // with thousands must not cost their square.
        let mut seen: HashSet<String> = HashSet::new();
        loop {
            let (event, span) = self.next()?;
            let key_span = span_bytes(&span);
            let key = match event {
                Event::MappingEnd => return Ok((entries, key_span.end)),
                Event::Scalar(text, style, _, tag) => {
                    self.refuse_tag(tag.as_deref(), &span)?;
                    if text == "<<" && style == ScalarStyle::Plain {
                        return fail_parse(
                            self.label_span(key_span),
                            "merge keys (`<<`) are not accepted",
                            "write the fields out",
                        );
                    }
                    text.into_owned()
                }
                _ => {
                    return fail_parse(
                        self.label_span(key_span),
                        "a key is not text",
                        "write a plain word as the key",
                    );
                }
            };
            let twice = match entries.len() {
                few if few < MANY => entries.iter().any(|entry| entry.key == key),
                _ => {
                    if seen.is_empty() {
                        seen.extend(entries.iter().map(|entry| entry.key.clone()));
                    }
                    !seen.insert(key.clone())
                }
            };
            if twice {
                let first = entries.iter().find(|entry| entry.key == key);
                let related =
                    first.map(|first| self.label_span(first.key_span.clone()).says("first here"));
                let help = "keep one of the two; readers of YAML disagree on which one counts";
                return Err(Box::new(ParseError {
                    label: self.label_span(key_span).says("and again here"),
                    message: format!("key `{key}` stands twice"),
                    help: help.into(),
                    related,
                }));
            }
            let (event, span) = self.next()?;
            let value = self.parse_node(event, &span, depth + 1)?;
            entries.push(MappingEntry { key, key_span, value });
        }
    }

    fn resolve_alias(&mut self, anchor: usize, span: &Span) -> Parsed<Node> {
        self.aliases += 1;
        let Some((node, size)) = self.anchors.get(&anchor) else {
            return fail_parse(
                self.label_span(span_bytes(span)),
                "alias stands inside what it names",
                "write the value out",
            );
        };
        if self.aliases > self.limits.aliases || self.nodes + size > self.limits.nodes {
            return fail_parse(
                self.label_span(span_bytes(span)),
                "file has too many aliases",
                "write the values out, or keep them in a file of their own",
            );
        }
        self.nodes += size;
        Ok(Node { span: span_bytes(span), ..node.clone() })
    }

    fn store_anchor(&mut self, anchor: usize, node: Node, size: usize) -> Node {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        node
    }

    fn build_collection(
        &self,
        start: &Span,
        end: usize,
        style: StructureStyle,
        kind: NodeKind,
    ) -> Node {
        let style = if style == StructureStyle::Flow { Style::Flow } else { Style::Block };
        let span = span_bytes(start).start..end;
        Node { span: if style == Style::Flow { span } else { self.trim_span(span) }, style, kind }
    }

    /// Returns a span without the white space at its end: the parser ends blocks where the next
    /// begins.
    fn trim_span(&self, span: Range<usize>) -> Range<usize> {
        let text = self.text.get(span.clone()).unwrap_or_default();
        span.start..span.start + text.trim_end().len()
    }

    fn refuse_tag(&self, tag: Option<&Tag>, span: &Span) -> Parsed<()> {
        match tag {
            None => Ok(()),
            Some(tag) => fail_parse(
                self.label_span(
                    span.tag_span().as_ref().map_or_else(|| span_bytes(span), span_bytes),
                ),
                format!("the tag `{}` is not accepted", tag.original()),
                "remove the tag; put text that looks like a number into quotes",
            ),
        }
    }

    fn refuse_depth(&self, span: &Span, depth: usize) -> Parsed<()> {
        if depth < self.limits.depth {
            return Ok(());
        }
        fail_parse(
            self.label_span(span_bytes(span)),
            format!("lists and mappings are nested more than {} deep", self.limits.depth),
            "an item needs three levels; check the brackets and the indentation",
        )
    }

    fn label_span(&self, span: Range<usize>) -> Label {
        Label::new(self.path, self.text, span, "")
    }
}

/// Returns the bytes of a parser's span; texts always have them.
fn span_bytes(span: &Span) -> Range<usize> {
    span.byte_range().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;
    use crate::label::Position;

    fn parse(text: &str) -> Parsed<Document> {
        Document::parse("items/V-1.yaml", text.as_bytes(), &Limits::ITEM)
    }

    /// Line, column and message of the error that a text gives.
    fn error(text: &str) -> (usize, usize, String) {
        let error = parse(text).unwrap_err();
        assert!(!error.help.is_empty(), "no way out: {error:?}");
        let Position { line, column } = error.label.start;
        (line, column, error.message)
    }

    #[test]
    fn marks_of_a_merge_are_named_with_their_lines() {
        let conflict = |text: &str| {
            let error = Document::parse("x.yaml", text.as_bytes(), &Limits::ITEM).unwrap_err();
            (error.message.clone(), error.label.start.line)
        };
        let one = "id: V-1\n<<<<<<< HEAD\nstatus: open\n=======\nstatus: closed\n>>>>>>> sam\n";
        assert_eq!(conflict(one), ("unresolved merge conflict, lines 2 to 6".to_owned(), 2));
        let windows = one.replace('\n', "\r\n");
        assert_eq!(conflict(&windows).0, "unresolved merge conflict, lines 2 to 6");
        let base = one.replace("=======", "||||||| base\nstatus: x\n=======");
        assert_eq!(conflict(&base).0, "unresolved merge conflict, lines 2 to 8");
        let two = format!("{one}{}", one.replace("id: V-1\n", ""));
        assert_eq!(conflict(&two).0, "2 unresolved merge conflicts, lines 2 to 11");
        let left = "id: V-1\nstatus: open\n=======\n";
        assert_eq!(conflict(left).0, "line 3 is left over from a merge conflict");
        // Conflict markers inside a block scalar are text.
        let fine = "id: V-1\ncomments: |\n  <<<<<<< HEAD\n  =======\n";
        assert!(Document::parse("x.yaml", fine.as_bytes(), &Limits::ITEM).is_ok());
        let other = "id: [\n=== x\n";
        assert!(conflict(other).0.starts_with("file is not YAML"), "{other}");
    }

    #[test]
    fn values_keep_their_kind_and_their_place() {
        let text = "a: 1\nb: '1'\nc: [x, \"y\"]\nd:\n  - k: v # comment\n    n:\ne: |\n  two\n  lines\n\nf: 1.10\ng: 012\nh: no\ni: true\nj: ~\n";
        let document = parse(text).unwrap();
        assert_eq!(
            document.to_value(),
            serde_json::json!({
                "a": 1, "b": "1", "c": ["x", "y"], "d": [{"k": "v"}], "e": "two\nlines\n",
                "f": 1.1, "g": "012", "h": "no", "i": true
            })
        );
        for (pointer, expected) in [
            ("/a", "1"),
            ("/b", "'1'"),
            ("/c", "[x, \"y\"]"),
            ("/c/1", "\"y\""),
            ("/d", "d"),
            ("/d/0/k", "v"),
            ("/d/0/n", "n"),
            ("/e", "two"),
            ("/d/7", "d"),
            ("/none", "a: 1"),
        ] {
            assert_eq!(&text[document.span(pointer)], expected, "{pointer}");
        }
        assert_eq!(document.key_label("/d/0/k").start, Position { line: 5, column: 5 });
    }

    #[test]
    fn aliases_within_the_limit_repeat_a_value() {
        let document = parse("a: &x {k: [1, 2]}\nb: *x\n").unwrap();
        assert_eq!(document.to_value()["b"], serde_json::json!({"k": [1, 2]}));
        assert_eq!(&document.text()[document.span("/b")], "*x");
    }

    #[test]
    fn byte_order_mark_and_line_ends_are_no_matter() {
        let document = parse("\u{feff}a: 1\r\nb: |\r\n  x\r\n  y\r\n").unwrap();
        assert_eq!(document.to_value(), serde_json::json!({"a": 1, "b": "x\ny\n"}));
        assert_eq!(document.label("/b").start, Position { line: 3, column: 3 });
    }

    #[test]
    fn what_is_not_an_item_is_refused_with_its_place() {
        for (text, line, column, message) in [
            ("", 1, 1, "file has no content"),
            ("# only a comment\n", 1, 1, "file has no content"),
            ("- a\n- b\n", 1, 1, "file has a list at the top, where an item's fields belong"),
            (
                "just text\n",
                1,
                1,
                "file has a single value at the top, where an item's fields belong",
            ),
            ("a: 1\n---\nb: 2\n", 2, 1, "file has a second document"),
            ("a: 1\nb: 2\na: 3\n", 3, 1, "key `a` stands twice"),
            ("a: 1\n<<: {b: 2}\n", 2, 1, "merge keys (`<<`) are not accepted"),
            ("a: !!python/object x\n", 1, 4, "the tag `!!python/object` is not accepted"),
            ("a: !x [1]\n", 1, 4, "the tag `!x` is not accepted"),
            ("a: 1\n? [x, y]\n: z\n", 2, 3, "a key is not text"),
            ("a: &x [*x]\n", 1, 8, "alias stands inside what it names"),
        ] {
            assert_eq!(error(text), (line, column, message.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn hostile_files_end_in_an_error_not_in_a_crash() {
        let deep = format!("a: {}1", "[".repeat(10_000));
        assert!(error(&deep).2.contains("nested") || error(&deep).2.contains("YAML"));
        assert!(!error(&"- ".repeat(20_000)).2.is_empty());
        let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..20 {
            let alias = format!("*a{}", n - 1);
            laughs += &format!("a{n}: &a{n} [{}]\n", [alias.as_str(); 9].join(", "));
        }
        assert_eq!(error(&laughs).2, "file has too many aliases");
        let many = format!("a: &x 1\nb: [{}]\n", vec!["*x"; 101].join(", "));
        assert_eq!(error(&many).2, "file has too many aliases");
        let keys: String = (0..100).map(|n| format!("k{n}: 1\n")).collect();
        assert_eq!(error(&format!("{keys}k3: 2\n")), (101, 1, "key `k3` stands twice".to_owned()));
        assert_eq!(error(&format!("{keys}k77: 2\n")).0, 101);
        assert!(error("a: \"\u{0}\"\n").2.starts_with("file is not YAML"));
        assert!(error("a: 'open\n").2.starts_with("file is not YAML"));
        assert!(error("a:\n\t- b\n").2.starts_with("file is not YAML"));
    }

    #[test]
    fn bytes_that_are_not_text_are_refused_with_their_place() {
        let error = Document::parse("x.yaml", b"a: 1\nb: \xff\n", &Limits::ITEM).unwrap_err();
        assert_eq!(
            (error.label.start, error.message.as_str()),
            (Position { line: 2, column: 4 }, "file is not UTF-8 text")
        );
        let big = vec![b'a'; (1 << 20) + 1];
        let error = Document::parse("x.yaml", &big, &Limits::ITEM).unwrap_err();
        assert_eq!(error.message, "file has 1048577 bytes, more than the limit of 1048576");
    }
}
