//! The canonical layout of a file, comments kept.

use std::collections::BTreeMap;

use serde_json::Value;

use super::comment_map::{AttachedComment, CommentMap, CommentedEntry};
use super::emit::{emit_text, in_brackets, pad, word};
use super::trivia::{Trivia, trivia};
use super::{Document, Limits, Node, NodeKind, Style};
use crate::diagnostic::Position;

/// The reason why a file was not formatted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: format this by hand at {path}:{}:{}", .at.line, .at.column)]
pub struct FormatError {
    /// Path of the file.
    pub path: String,
    /// The line to format by hand.
    pub at: Position,
    /// The reason.
    pub reason: String,
}

impl Document {
    /// The document in the canonical layout: fields in `order` (others behind them, as they were),
    /// values as [`emit`](super::emit) writes them, two blanks of indentation, a line feed at the
    /// end of every line.
    ///
    /// Comments stay with what they are about. Above a field or an entry they move with it, at the
    /// end of a line they stay on the line of that value, at the top and at the end of the file they
    /// stay there. Blank lines are kept before comments only. Numbers stay as they are written.
    ///
    /// The result is parsed again and compared: values and comments are the same. If they were not,
    /// or where there is something that has no place in this layout, the file is refused.
    pub fn format(&self, order: &[&str]) -> Result<Self, FormatError> {
        let refuse = |at: usize, reason: String| FormatError {
            path: self.path.to_string(),
            at: Position::of(self.text(), at),
            reason,
        };
        let own = trivia(self.text()).map_err(|(at, reason)| refuse(at, reason))?;
        let printer = Printer { parts: CommentMap::of(self, &own), out: String::new() };
        let text = printer.print(order).map_err(|at| {
            refuse(at, "a comment inside a list of lists has no place of its own".to_owned())
        })?;
        let begin = self.root().span.start;
        let formatted =
            Self::parse(&self.path, text.as_bytes(), &Limits::ITEM).map_err(|error| {
                refuse(begin, format!("the result does not parse: {}", error.0.message))
            })?;
        if formatted.to_value() != self.to_value() {
            return Err(refuse(begin, "a value would change".to_owned()));
        }
        let theirs = trivia(formatted.text()).map_err(|(_, reason)| refuse(begin, reason))?;
        if let Some(lost) = first_lost(&own, &theirs) {
            return Err(refuse(lost, "a comment would be lost".to_owned()));
        }
        Ok(formatted)
    }
}

/// The first comment that another text does not have as often.
fn first_lost(own: &Trivia, theirs: &Trivia) -> Option<usize> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for comment in &theirs.comments {
        *left.entry(&comment.text).or_default() += 1;
    }
    let lost = own.comments.iter().find(|comment| match left.get_mut(comment.text.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    lost.map(|comment| comment.span.start)
}

/// Writes parts. Errors are places of comments that cannot be written.
struct Printer<'a> {
    parts: CommentMap<'a>,
    out: String,
}

impl<'a> Printer<'a> {
    fn print(mut self, order: &[&str]) -> Result<String, usize> {
        let header = std::mem::take(&mut self.parts.header);
        self.notes(&header, 0);
        if !header.is_empty() && self.parts.header_ends {
            self.out.push('\n');
        }
        let mut top = self.parts.top.clone();
        let rank = |index: &usize| {
            let key = self.parts.all.get(*index).and_then(|part| part.key);
            order.iter().position(|field| Some(*field) == key).unwrap_or(order.len())
        };
        top.sort_by_key(rank);
        for index in top {
            self.part(index, 0)?;
        }
        let footer = std::mem::take(&mut self.parts.footer);
        self.notes(&footer, 0);
        Ok(self.out)
    }

    fn notes(&mut self, notes: &[AttachedComment], indent: usize) {
        for note in notes {
            if note.spaced && !self.out.is_empty() && !self.out.ends_with("\n\n") {
                self.out.push('\n');
            }
            pad(&mut self.out, indent);
            self.out.push_str(&note.text);
            self.out.push('\n');
        }
    }

    fn take(&mut self, index: usize) -> Option<PrintedEntry<'a>> {
        let part = self.parts.all.get_mut(index)?;
        let taken = |notes: &mut Vec<AttachedComment>| std::mem::take(notes);
        Some(PrintedEntry {
            key: part.key,
            value: part.value,
            children: std::mem::take(&mut part.children),
            above: taken(&mut part.above),
            right: std::mem::take(&mut part.right),
            inside: taken(&mut part.inside),
            after: taken(&mut part.after),
        })
    }

    fn part(&mut self, index: usize, indent: usize) -> Result<(), usize> {
        let Some(mut part) = self.take(index) else { return Ok(()) };
        // Only one comment fits at the end of a line.
        let right = part.right.pop();
        part.above.extend(part.right.drain(..).map(|text| AttachedComment { text, spaced: false }));
        match part.key {
            Some(_) => self.entry(&part, right, indent)?,
            None => self.item(&mut part, right, indent)?,
        }
        // Behind a literal block a deeper comment would be read as part of the text.
        let is_block = !part.inside.is_empty()
            && part.children.is_empty()
            && scalar(part.value, indent).contains('\n');
        self.notes(&part.inside, if is_block { indent } else { indent + 2 });
        self.notes(&part.after, indent);
        Ok(())
    }

    /// Prints an entry of a mapping; behind the dash where it is the first of an entry of a sequence.
    fn entry(
        &mut self,
        part: &PrintedEntry<'a>,
        right: Option<String>,
        indent: usize,
    ) -> Result<(), usize> {
        self.notes(&part.above, indent);
        if !self.out.ends_with("- ") {
            pad(&mut self.out, indent);
        }
        let key = part.key.unwrap_or_default();
        emit_text(&mut self.out, key, None);
        self.out.push(':');
        if part.children.is_empty() {
            self.out.push(' ');
            self.scalar(part.value, right, indent);
            return Ok(());
        }
        if let NodeKind::Sequence(nodes) = &part.value.kind
            && part.children.iter().all(|child| self.is_bare(*child))
            && let Some(line) = in_brackets(nodes.iter().map(short), indent + key.len() + 2)
        {
            self.out.push(' ');
            self.out.push_str(&line);
            self.end_line(right);
            return Ok(());
        }
        self.end_line(right);
        part.children.iter().try_for_each(|child| self.part(*child, indent + 2))
    }

    /// An entry of a sequence.
    fn item(
        &mut self,
        part: &mut PrintedEntry<'a>,
        right: Option<String>,
        indent: usize,
    ) -> Result<(), usize> {
        match &part.value.kind {
            NodeKind::Mapping(_) if !part.children.is_empty() => {
                let mut right = right;
                let first = part.children.first().and_then(|first| self.parts.all.get_mut(*first));
                if let Some(first) = first {
                    // What stands behind the dash stands on the line of the first entry now.
                    if first.right.is_empty() && first.children.is_empty() {
                        first.right.extend(right.take());
                    }
                    let right = right.map(|text| AttachedComment { text, spaced: false });
                    part.above.extend(right.into_iter().chain(std::mem::take(&mut first.above)));
                    while first.right.len() > 1 {
                        part.above
                            .push(AttachedComment { text: first.right.remove(0), spaced: false });
                    }
                }
                self.notes(&part.above, indent);
                pad(&mut self.out, indent);
                self.out.push_str("- ");
                part.children.iter().try_for_each(|child| self.part(*child, indent + 2))
            }
            NodeKind::Sequence(_) if !part.children.is_empty() => {
                if !part.children.iter().all(|child| self.is_bare(*child)) {
                    return Err(part.value.span.start);
                }
                self.notes(&part.above, indent);
                pad(&mut self.out, indent);
                self.out.push_str("- ");
                self.out.push_str(&part.value.to_value().to_string());
                self.end_line(right);
                Ok(())
            }
            _ => {
                self.notes(&part.above, indent);
                pad(&mut self.out, indent);
                self.out.push_str("- ");
                self.scalar(part.value, right, indent);
                Ok(())
            }
        }
    }

    /// Returns whether nothing in a part carries a comment.
    fn is_bare(&self, index: usize) -> bool {
        let bare = |part: &CommentedEntry<'_>| {
            let notes = [&part.above, &part.inside, &part.after];
            part.right.is_empty()
                && notes.iter().all(|notes| notes.is_empty())
                && part.children.iter().all(|child| self.is_bare(*child))
        };
        self.parts.all.get(index).is_none_or(bare)
    }

    /// A value on one line, or as a literal block.
    fn scalar(&mut self, node: &Node, right: Option<String>, indent: usize) {
        let text = scalar(node, indent);
        let (first, rest) =
            text.split_once('\n').map_or((text.as_str(), None), |(a, b)| (a, Some(b)));
        self.out.push_str(first);
        self.end_line(right);
        if let Some(rest) = rest {
            self.out.push_str(rest);
            self.out.push('\n');
        }
    }

    fn end_line(&mut self, right: Option<String>) {
        if let Some(comment) = right {
            self.out.push(' ');
            self.out.push_str(&comment);
        }
        self.out.push('\n');
    }
}

/// An entry and its comments, taken out of the map to be printed.
struct PrintedEntry<'a> {
    key: Option<&'a str>,
    value: &'a Node,
    children: Vec<usize>,
    above: Vec<AttachedComment>,
    right: Vec<String>,
    inside: Vec<AttachedComment>,
    after: Vec<AttachedComment>,
}

/// A scalar or an empty collection as text.
fn scalar(node: &Node, indent: usize) -> String {
    let mut out = String::new();
    match node.to_value() {
        Value::String(text) => emit_text(&mut out, &text, Some(indent + 2)),
        Value::Number(_) => out.push_str(as_written(node)),
        other => out.push_str(&other.to_string()),
    }
    out
}

/// A word in flow style.
fn short(node: &Node) -> Option<String> {
    match node.to_value() {
        Value::Number(_) => Some(as_written(node).to_owned()),
        value => word(&value),
    }
}

/// The digits of a number: `1.10` may be a version, and stays what it is.
fn as_written(node: &Node) -> &str {
    match &node.kind {
        NodeKind::Scalar(text) if node.style == Style::Plain => text,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Item;

    fn parse(text: &str) -> Document {
        Document::parse("items/V-1.yaml", text.as_bytes(), &Limits::ITEM)
            .unwrap_or_else(|error| panic!("{error:?}\n{text}"))
    }

    fn format(text: &str) -> String {
        let formatted = parse(text).format(&Item::FIELDS);
        formatted.unwrap_or_else(|error| panic!("{error}\n{text}")).text().to_string()
    }

    const TEXT: &str = "\
# yaml-language-server: $schema=../schema/item.schema.json
# Found by hand.

# how it goes
status:   open   # not yet

original_detection_date: 2026-01-05
\"id\": 'V-1'   # the id

# who
# answers
point_of_contact: { name: Jane Doe,   email: 'jane@example.com' } # asked
milestones: # the plan
# first of all
- id: 1   # one
  description: >-
    Close the port
    and scan again
  due: 2026-01-20
  # last remark
- {id: 2, description: flow, due: 2026-02-01} # two
weakness_name: \"Open port: 8080\"
evidence:
  # none so far
controls: [AC-1, 'AC-2',   SI-2]
assets: [
  web-1, # first
  # and another
  web-2
]
x_own: 1.10
comments: | # what else
  two

  # no comment
extra: {} # nothing
a_own: [[1, 2], [3]]
completion_date:
# the end
";

    #[test]
    fn comments_stay_with_what_they_are_about() {
        let expected = "\
# yaml-language-server: $schema=../schema/item.schema.json
# Found by hand.

id: V-1 # the id
weakness_name: \"Open port: 8080\"
controls: [AC-1, AC-2, SI-2]
assets:
  - web-1 # first
  # and another
  - web-2

# who
# answers
point_of_contact: # asked
  name: Jane Doe
  email: jane@example.com
original_detection_date: 2026-01-05
milestones: # the plan
  # first of all
  - id: 1 # one
    description: Close the port and scan again
    due: 2026-01-20
    # last remark
  - id: 2 # two
    description: flow
    due: 2026-02-01

# how it goes
status: open # not yet
evidence: null
  # none so far
completion_date: null
comments: | # what else
  two

  # no comment
extra: {} # nothing
x_own: 1.10
a_own:
  - [1,2]
  - [3]
# the end
";
        assert_eq!(format(TEXT), expected);
        assert_eq!(format(expected), expected);
    }

    /// As people write: a file, and the same in the canonical layout (with `…` for `id: V-1`).
    const STYLES: [(&str, &str); 24] = [
        ("id: V-1\r\ncomments: |\r\n  a\r\n  b\r\n", "…comments: |\n  a\n  b\n"),
        ("id: V-1", "…"),
        ("\u{feff}id: V-1\n", "…"),
        ("---\nid: V-1\n...\n# end\n", "…# end\n"),
        ("# head\n---\nstatus: open\nid: V-1\n", "# head\n…status: open\n"),
        ("--- # head\nstatus: open\nid: V-1\n", "# head\n…status: open\n"),
        ("# of the status\nstatus: open\nid: V-1\n", "…# of the status\nstatus: open\n"),
        ("# vim: ts=2\nstatus: open\nid: V-1\n", "# vim: ts=2\n…status: open\n"),
        ("\"id\": \"V-1\"\n'status' : 'open'\n", "…status: open\n"),
        ("{id: V-1, status: open} # all\n", "…status: open # all\n"),
        (
            "{\n  \"id\": \"V-1\", # the id\n  # next\n  \"status\": \"open\"\n  # end\n}\n",
            "… # the id\n# next\nstatus: open\n# end\n",
        ),
        ("id:\n  # why\n  V-1\n", "# why\n…"),
        ("id: V-1\ncomments: >\n  a\n  b\n\n  c\n", "…comments: |\n  a b\n  c\n"),
        ("id: V-1\ncomments: \"a\n  b\"  # c\n", "…comments: a b # c\n"),
        ("id: V-1\ncomments: \"a\\tb\"\n", "…comments: \"a\\tb\"\n"),
        ("id: V-1\ncomments: |+\n  a\n\n\n# c\n", "…comments: \"a\\n\\n\\n\"\n\n# c\n"),
        (
            "id: V-1\nassets:\n-   a\n-\n    # of b\n    b c\n- # of d\n  d\n",
            "…assets:\n  - a\n  # of b\n  - b c\n  - d # of d\n",
        ),
        (
            "id: V-1\nassets: [\"a,b\", 'yes', no, 012, 1_000]\n",
            "…assets: [\"a,b\", \"yes\", \"no\", \"012\", \"1_000\"]\n",
        ),
        (
            "id: V-1\nassets:\n  - |-\n  - |\n    a\n    b\n  # c\n",
            "…assets:\n  - \"\"\n  - |\n    a\n    b\n  # c\n",
        ),
        (
            "id: V-1\nassets: [] # none\nextra: {a: ~, b: TRUE}\n",
            "…assets: [] # none\nextra:\n  a: null\n  b: true\n",
        ),
        ("? id\n: V-1\n? assets\n: - a b\n", "…assets:\n  - a b\n"),
        (
            "id: V-1\nextra:\n    deep:\n        deeper: 1\n        # in\n    # out\n  # odd\n",
            "…extra:\n  deep:\n    deeper: 1\n    # in\n  # out\n  # odd\n",
        ),
        (
            "id: V-1\nmilestones:\n  -\n    # of it\n    id: 1 # one\n  - # two\n    id: 2\n  - # a\n    id: 3 # b\n",
            "…milestones:\n  # of it\n  - id: 1 # one\n  - id: 2 # two\n  # a\n  - id: 3 # b\n",
        ),
        (
            "id: V-1\ncomments: a very long line that goes on and on, further than any list of words would, and on\n",
            "…comments: a very long line that goes on and on, further than any list of words would, and on\n",
        ),
    ];

    #[test]
    fn every_style_has_one_layout() {
        for (text, expected) in STYLES {
            let expected = expected.replacen(
                "…",
                if expected.contains("… ") { "id: V-1" } else { "id: V-1\n" },
                1,
            );
            assert_eq!(format(text), expected, "{text:?}");
            assert_eq!(format(&expected), expected, "again");
        }
    }

    #[test]
    fn what_has_no_place_is_refused_with_its_place() {
        for (text, expected) in [
            (
                "id: V-1\na: &x 1\nb: *x\n",
                "it has anchors or aliases (`&`, `*`): format this by hand at items/V-1.yaml:2:7",
            ),
            (
                "%YAML 1.2\n---\nid: V-1\n",
                "it has a directive (`%`): format this by hand at items/V-1.yaml:1:1",
            ),
            (
                "id: V-1\na:\n  - [1, # c\n    2]\n",
                "a comment inside a list of lists has no place of its own: format this by hand at items/V-1.yaml:3:5",
            ),
        ] {
            let error = parse(text).format(&Item::FIELDS).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    /// A text with comments put in, where they are comments and change no value.
    fn commented(text: &str, notes: &[(usize, usize, bool)]) -> String {
        let mut text = text.to_owned();
        for (number, (line, indent, own)) in notes.iter().enumerate() {
            let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
            let at = line % lines.len();
            match own {
                true => lines.insert(at, format!("{}# n{number}", " ".repeat(*indent))),
                false => lines[at].push_str(&format!(" # n{number}")),
            }
            let with = lines.join("\n");
            let same = |it: &Document| it.to_value() == parse(&text).to_value();
            if Document::parse("x", with.as_bytes(), &Limits::ITEM).is_ok_and(|it| same(&it)) {
                text = with;
            }
        }
        text
    }

    fn values() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            "[a-z]{0,5}",
            "[ -~\n]{0,20}",
            Just("a\nb\n".to_owned()),
            Just("# a\nb".to_owned())
        ];
        let leaf = prop_oneof![
            text.prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z]{1,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn notes() -> impl Strategy<Value = Vec<(usize, usize, bool)>> {
        prop::collection::vec((0_usize..60, 0_usize..9, any::<bool>()), 0..12)
    }

    /// Formats, where it is not refused; what comes out must be canonical.
    fn check(text: &str) -> Result<(), TestCaseError> {
        let document = parse(text);
        let Ok(once) = document.format(&Item::FIELDS) else {
            // Only what is known to have no place may be refused.
            prop_assert!(
                document.format(&Item::FIELDS).unwrap_err().reason.contains("list of lists"),
                "{}\n{text}",
                document.format(&Item::FIELDS).unwrap_err()
            );
            return Ok(());
        };
        let twice = once
            .format(&Item::FIELDS)
            .map_err(|error| TestCaseError::fail(format!("{error}\n{}", once.text())))?;
        prop_assert_eq!(twice.text(), once.text(), "from {}", text);
        Ok(())
    }

    proptest! {
        #[test]
        fn generated_items_keep_everything(fields in prop::collection::vec((prop::sample::select(&Item::FIELDS[..]), values()), 1..8), notes in notes()) {
            let map: serde_json::Map<String, Value> = fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            check(&commented(&super::super::emit(&map).unwrap(), &notes))?;
        }

        #[test]
        fn every_style_keeps_its_comments_wherever_they_are(style in 0..=STYLES.len(), notes in notes()) {
            let text = STYLES.get(style).map_or(TEXT, |(text, _)| text);
            check(&commented(&text.replace("\r\n", "\n"), &notes))?;
        }
    }
}
