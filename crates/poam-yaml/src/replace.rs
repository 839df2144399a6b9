//! Replaces a value in a text, written as the one before.

use std::ops::Range;

use serde_json::Value;

use super::emit::{emit_text, is_visible, quote_text};
use super::tree::{NodeKind, Style, pointer_steps};
use super::{Document, Edit, Node};

impl Document {
    /// Returns the text with a scalar in the place of another, quoted as that was; `None` where the
    /// edit is no such thing.
    pub(super) fn replace_scalar(&self, edit: &Edit) -> Option<String> {
        let Edit::Set { pointer, value } = edit else { return None };
        let entry = self.root().find_entry(pointer)?;
        let node = &entry.value;
        if !matches!(node.kind, NodeKind::Scalar(_)) || node.span.is_empty() {
            return None;
        }
        // Where the value begins, and the bytes of a block's lines.
        let (old, lines) = match node.style {
            Style::BlockScalar => self.find_block(entry.key_span.end, node)?,
            _ => (node.span.clone(), None),
        };
        let in_brackets = self.in_brackets(pointer);
        let mut new = String::new();
        match value {
            Value::String(text) => match self.text().as_bytes().get(node.span.start) {
                Some(b'\'') if text.chars().all(is_visible) && !text.contains('\t') => {
                    new = format!("'{}'", text.replace('\'', "''"));
                }
                Some(b'"') => new = quote_text(text),
                _ if in_brackets => self.flow_style().push_text(&mut new, text),
                _ => emit_text(&mut new, text, Some(self.column_of(entry.key_span.start) + 2)),
            },
            Value::Number(_) | Value::Bool(_) => new = value.to_string(),
            _ => return None,
        }
        // A comment behind the old value stays behind the new one, or behind its `|`.
        let (first, more) = match new.split_once('\n') {
            Some((first, more)) => (first, format!("{more}\n")),
            None => (&*new, String::new()),
        };
        let below = lines.as_ref().map_or_else(|| self.line_end(old.end), |lines| lines.start);
        let rest = lines.map_or(below, |lines| lines.end);
        let (head, behind) = (self.text().get(..old.start)?, self.text().get(old.end..below)?);
        let end = if more.is_empty() || behind.ends_with('\n') { "" } else { "\n" };
        let tail = self.text().get(rest..)?;
        Some(format!("{head}{first}{behind}{end}{more}{tail}"))
    }

    /// Returns the `|` or `>` of a block with what belongs to it, and the bytes of its lines; the
    /// blank lines behind it only where it retains them.
    fn find_block(&self, from: usize, node: &Node) -> Option<(Range<usize>, Option<Range<usize>>)> {
        let header = self.text().get(from..)?;
        let start = from + header.find(['|', '>'])?;
        let length = self.text().get(start..)?.find(|c: char| c.is_ascii_whitespace())?;
        let lines = self.line_end(start);
        let content = self.text().get(lines..node.span.end.max(lines))?;
        let end = self.line_end(lines + content.trim_end().len());
        let end = if content.trim().is_empty() { lines } else { end };
        Some((start..start + length, Some(lines..self.past_kept_lines(node, end))))
    }

    /// Characters before a byte on its line.
    fn column_of(&self, at: usize) -> usize {
        let before = self.text().get(..at).unwrap_or_default();
        before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .trim_start_matches('\u{feff}')
            .chars()
            .count()
    }

    /// Returns whether a value is inside a flow sequence or mapping.
    fn in_brackets(&self, pointer: &str) -> bool {
        let mut above = String::new();
        let mut parents = pointer_steps(pointer).map(|step| {
            let here = self.find(&above).is_some_and(|node| node.style == Style::Flow);
            above = format!("{above}/{}", super::escape_step(&step));
            here
        });
        parents.any(|flow| flow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn a_value_is_written_as_the_one_before() {
        for (text, value, expected) in [
            ("a: x # c\nb: 1\n", "w", "a: w # c\nb: 1\n"),
            ("a: 'x'\n", "it's", "a: 'it''s'\n"),
            ("a: 'x'\n", "two\nlines", "a: |-\n  two\n  lines\n"),
            ("{\"a\": \"x\", \"b\": 1}\n", "y \"z\"", "{\"a\": \"y \\\"z\\\"\", \"b\": 1}\n"),
            ("{a: x, b: 1}\n", "y, z", "{a: \"y, z\", b: 1}\n"),
            ("a: x # c\nb: 1\n", "two\nlines", "a: |- # c\n  two\n  lines\nb: 1\n"),
            ("a: |\n  x\n\n# c\nb: 1\n", "w", "a: w\n\n# c\nb: 1\n"),
            ("a: >- # c\n  x\n  y\nb: 1\n", "two\nlines\n", "a: | # c\n  two\n  lines\nb: 1\n"),
            ("a: |+\n  x\n\n\nb: 1\n", "w", "a: w\nb: 1\n"),
            ("a: x\n  y\n", "z", "a: z\n"),
        ] {
            let document = Document::parse("x.yaml", text.as_bytes(), &Limits::ITEM).unwrap();
            let edited = document.apply_edits(&[Edit::set("/a", value)], &["a", "b"]).unwrap();
            assert_eq!(&**edited.text(), expected, "{text:?}");
        }
    }
}
