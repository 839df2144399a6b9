//! Where something new is put, and how it is laid out there.

use serde_json::Value;

use super::emit::{emit_text, quote_text};
use super::tree::{NodeKind, Style};
use super::{Document, Edit, Node, emit_yaml};

impl Document {
    /// Returns the text with a new key at the top level, behind the field that precedes it in
    /// `order` and the indented comments below that; `None` where the edit is no such thing.
    pub(super) fn insert(&self, edit: &Edit, order: &[&str]) -> Option<String> {
        let (key, value) = match edit {
            Edit::Set { pointer, value } => (pointer.strip_prefix('/')?, value.clone()),
            Edit::Append { pointer, value } => {
                (pointer.strip_prefix('/')?, Value::Array(vec![value.clone()]))
            }
            Edit::Remove { .. } => return None,
        };
        let NodeKind::Mapping(entries) = &self.root().kind else { return None };
        let at_margin = |start: usize| {
            let before = self.text().get(..start).unwrap_or_default();
            before.is_empty() || before.ends_with(['\n', '\u{feff}'])
        };
        if key.contains('/')
            || self.root().style != Style::Block
            || entries.iter().any(|entry| entry.key == key || !at_margin(entry.key_span.start))
        {
            return None;
        }
        let rank = |key: &str| order.iter().position(|field| *field == key);
        let mine = rank(key).unwrap_or(order.len());
        let behind =
            entries.iter().rev().find(|entry| rank(&entry.key).is_some_and(|rank| rank < mine));
        let behind = behind.or(entries.last())?;
        let mut at = self.line_end(behind.value.span.end.max(behind.key_span.end));
        while let Some(line) = self.text().get(at..)
            && line.starts_with([' ', '\t'])
            && line.trim_start().starts_with('#')
        {
            at = self.line_end(at);
        }
        at = self.past_kept_lines(&behind.value, at);
        let (head, tail) = self.text().split_at_checked(at)?;
        let line_break = if head.is_empty() || head.ends_with('\n') { "" } else { "\n" };
        let field = emit_yaml(&serde_json::json!({ key: value })).ok()?;
        Some(format!("{head}{line_break}{field}{tail}"))
    }

    /// Returns the end of the line of a byte, its line break included.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let rest = self.text().get(at..).unwrap_or_default();
        at + rest.find('\n').map_or(rest.len(), |end| end + 1)
    }

    /// Returns the place after the blank lines that belong to a text with retained line ends (`|+`).
    pub(super) fn past_kept_lines(&self, node: &Node, at: usize) -> usize {
        let header = node.style == Style::BlockScalar && {
            let before = self.text().get(..node.span.start).unwrap_or_default();
            let line = before.trim_end().rsplit('\n').next().unwrap_or_default();
            let indicator = line.rsplit(['|', '>']).next().unwrap_or_default();
            line.contains(['|', '>']) && indicator.contains('+')
        };
        let mut end = at;
        while header && let Some(line) = self.text().get(end..self.line_end(end)) {
            if line.is_empty() || !line.trim().is_empty() {
                break;
            }
            end += line.len();
        }
        end
    }

    /// Finds where the last element of a collection ends.
    pub(super) fn last_in(&self, node: &Node) -> Option<usize> {
        match &node.kind {
            NodeKind::Sequence(nodes) => nodes.last().map(|last| last.span.end),
            NodeKind::Mapping(entries) => {
                entries.last().map(|last| last.value.span.end.max(last.key_span.end))
            }
            NodeKind::Scalar(_) => None,
        }
    }

    /// Returns the text with a new element at the end of a sequence or a mapping in flow style,
    /// laid out like the one before it; `None` where the edit is no such thing.
    pub(super) fn insert_in_brackets(&self, edit: &Edit) -> Option<String> {
        let (node, key, value) = match edit {
            Edit::Append { pointer, value } => match self.find(pointer) {
                Some(list) => (list, None, value.clone()),
                None => {
                    let (map, key) = self.new_key(pointer)?;
                    (map, Some(key), Value::Array(vec![value.clone()]))
                }
            },
            Edit::Set { pointer, value } => {
                let (map, key) = self.new_key(pointer)?;
                (map, Some(key), value.clone())
            }
            Edit::Remove { .. } => return None,
        };
        if node.style != Style::Flow {
            return None;
        }
        let flow_style = self.flow_style();
        let mut new = String::new();
        if let Some(key) = key {
            flow_style.push_text(&mut new, &key);
            new.push_str(flow_style.colon);
        }
        flow_style.push_value(&mut new, &value);
        let close = node.span.end.checked_sub(1)?;
        let (start, end) = match &node.kind {
            NodeKind::Sequence(nodes) => {
                nodes.last().map(|last| (last.span.start, last.span.end)).unzip()
            }
            NodeKind::Mapping(entries) => {
                let last = entries.last().filter(|last| !last.value.span.is_empty());
                last.map(|last| (last.key_span.start, last.value.span.end)).unzip()
            }
            NodeKind::Scalar(_) => return None,
        };
        let (Some(start), Some(end)) = (start, end) else {
            let empty = matches!(&node.kind, NodeKind::Sequence(list) if list.is_empty())
                || matches!(&node.kind, NodeKind::Mapping(map) if map.is_empty());
            let (head, tail) = self.text().split_at_checked(node.span.start + 1)?;
            return empty.then(|| format!("{head}{new}{tail}"));
        };
        let comma = self.find_comma(end, close)?;
        let line = self.text().get(..start)?.rsplit('\n').next()?;
        let alone = line.trim().is_empty() && node.span.start < start - line.len();
        let after = comma.map_or(end, |comma| comma + 1);
        let (head, between) = (self.text().get(..end)?, self.text().get(end..after)?);
        let first_comma = if comma.is_some() { "" } else { "," };
        let last_comma = if comma.is_some() { "," } else { "" };
        let below = self.line_end(after);
        if alone && below <= close {
            let (rest, tail) = (self.text().get(after..below)?, self.text().get(below..)?);
            return Some(format!(
                "{head}{first_comma}{between}{rest}{line}{new}{last_comma}\n{tail}"
            ));
        }
        let tail = self.text().get(after..)?;
        let gap = if alone { format!("\n{line}") } else { flow_style.gap.to_owned() };
        Some(format!("{head}{first_comma}{between}{gap}{new}{last_comma}{tail}"))
    }

    /// Returns the mapping that does not have the key at a pointer yet, and the key.
    fn new_key(&self, pointer: &str) -> Option<(&Node, String)> {
        let (parent, _) = pointer.rsplit_once('/')?;
        let key = super::tree::pointer_steps(pointer).last()?;
        let parent = self.find(parent)?;
        let NodeKind::Mapping(entries) = &parent.kind else { return None };
        entries.iter().all(|entry| entry.key != key).then_some((parent, key))
    }

    /// Returns the comma between the last element and the closing bracket, where there is one;
    /// `None` where something else is there.
    fn find_comma(&self, from: usize, close: usize) -> Option<Option<usize>> {
        let (mut comment, mut comma) = (false, None);
        for (at, byte) in self.text().get(from..close)?.bytes().enumerate() {
            match byte {
                b'\n' => comment = false,
                _ if comment => {}
                b'#' => comment = true,
                b',' if comma.is_none() => comma = Some(from + at),
                byte if byte.is_ascii_whitespace() => {}
                _ => return None,
            }
        }
        Some(comma)
    }

    /// Returns the flow style of this file: JSON where the file is JSON.
    pub(super) fn flow_style(&self) -> FlowStyle {
        let first = match &self.root().kind {
            NodeKind::Mapping(entries) if self.root().style == Style::Flow => entries.first(),
            _ => None,
        };
        let Some(first) = first else { return FlowStyle::YAML };
        let between = self.text().get(first.key_span.end..first.value.span.start);
        let quoted =
            self.text().get(first.key_span.clone()).is_some_and(|key| key.starts_with('"'));
        match (quoted, between) {
            (true, Some(":")) => FlowStyle { json: true, colon: ":", gap: "" },
            (quoted, _) => FlowStyle { json: quoted, ..FlowStyle::YAML },
        }
    }
}

/// The flow style of a file: spacing and quoting of sequences and mappings in brackets.
pub(super) struct FlowStyle {
    json: bool,
    colon: &'static str,
    /// Behind a comma.
    gap: &'static str,
}

impl FlowStyle {
    const YAML: Self = Self { json: false, colon: ": ", gap: " " };

    fn push_value(&self, out: &mut String, value: &Value) {
        let comma = |out: &mut String, index: usize| {
            if index > 0 {
                out.push(',');
                out.push_str(self.gap);
            }
        };
        match value {
            Value::Object(map) => {
                out.push('{');
                for (index, (key, value)) in map.iter().enumerate() {
                    comma(out, index);
                    self.push_text(out, key);
                    out.push_str(self.colon);
                    self.push_value(out, value);
                }
                out.push('}');
            }
            Value::Array(list) => {
                out.push('[');
                for (index, value) in list.iter().enumerate() {
                    comma(out, index);
                    self.push_value(out, value);
                }
                out.push(']');
            }
            Value::String(text) => self.push_text(out, text),
            other => out.push_str(&other.to_string()),
        }
    }

    pub(super) fn push_text(&self, out: &mut String, text: &str) {
        if self.json {
            out.push_str(&Value::from(text).to_string());
        } else if text.contains([',', '[', ']', '{', '}', ':']) {
            // Plain text ends there, in brackets.
            out.push_str(&quote_text(text));
        } else {
            emit_text(out, text, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Limits;

    #[test]
    fn what_is_new_in_brackets_is_laid_out_like_its_neighbour() {
        for (text, expected) in [
            ("a: [x]\n", "a: [x, {k: v w}]\n"),
            ("a: [x, ] # c\n", "a: [x, {k: v w}, ] # c\n"),
            ("a: [ ] # c\n", "a: [{k: v w} ] # c\n"),
            ("a: [\n  x # c\n  # end\n]\n", "a: [\n  x, # c\n  {k: v w}\n  # end\n]\n"),
            ("a: [\n  x, # c\n  # end\n]\n", "a: [\n  x, # c\n  {k: v w},\n  # end\n]\n"),
            ("{\"a\":[\"x\"]}\n", "{\"a\":[\"x\",{\"k\":\"v w\"}]}\n"),
            ("{\n  \"b\": 1\n}\n", "{\n  \"b\": 1,\n  \"a\": [{\"k\": \"v w\"}]\n}\n"),
            ("{b: 1}", "{b: 1, a: [{k: v w}]}"),
        ] {
            let document = Document::parse("x.yaml", text.as_bytes(), &Limits::ITEM).unwrap();
            let edit = Edit::append("/a", json!({"k": "v w"}));
            let edited = document.apply_edits(&[edit], &["a", "b"]).unwrap();
            assert_eq!(&**edited.text(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_that_keeps_its_line_ends_keeps_them() {
        let text = "b: |+\n  x\n\n\n";
        let document = Document::parse("x.yaml", text.as_bytes(), &Limits::ITEM).unwrap();
        let edited = document.apply_edits(&[Edit::set("/c", 1)], &["b", "c"]).unwrap();
        assert_eq!(&**edited.text(), "b: |+\n  x\n\n\nc: 1\n");
    }
}
