//! The canonical layout of a file, comments retained.

use std::collections::BTreeMap;

use serde_json::Value;

use super::comment_map::{AttachedComment, CommentMap, CommentedEntry};
use super::emit::{emit_text, flow_word, in_brackets, push_indent};
use super::trivia::{Trivia, read_trivia};
use super::{Document, Limits, Node, NodeKind, Style};
use crate::label::Position;

/// The reason why a file was not formatted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: format this by hand at {path}:{}:{}", .at.line, .at.column)]
pub struct FormatError {
    /// Path of the file.
    pub path: String,
    /// The line to format manually.
    pub at: Position,
    /// The reason.
    pub reason: String,
}

impl Document {
    /// Returns the document in the canonical layout: fields in `order` (others behind them, as they
    /// were), values as [`emit_yaml`](super::emit) writes them, two blanks of indentation, a line feed
    /// at the end of every line.
    ///
    /// Comments stay with what they are about. Above a field or an entry they move with it, at the
    /// end of a line they stay on the line of that value, at the top and at the end of the file they
    /// stay there. Blank lines are retained before comments only. Numbers stay as they are written.
    ///
    /// The result is parsed again and compared: values and comments are the same. If they were not,
    /// or where there is something that has no place in this layout, the file is refused.
    pub fn format_document(&self, order: &[&str]) -> Result<Self, FormatError> {
        let refuse = |at: usize, reason: String| FormatError {
            path: self.path.to_string(),
            at: Position::locate_byte(self.text(), at),
            reason,
        };
        let own = read_trivia(self.text()).map_err(|(at, reason)| refuse(at, reason))?;
        let printer =
            Printer { parts: CommentMap::attach_comments(self, &own), out: String::new() };
        let text = printer.print_document(order).map_err(|at| {
            refuse(at, "a comment inside a list of lists has no place of its own".to_owned())
        })?;
        let begin = self.root().span.start;
        let formatted = Self::parse(&self.path, text.as_bytes(), &Limits::ITEM)
            .map_err(|error| refuse(begin, format!("the result does not parse: {error}")))?;
        if formatted.to_value() != self.to_value() {
            return Err(refuse(begin, "a value would change".to_owned()));
        }
        let theirs = read_trivia(formatted.text()).map_err(|(_, reason)| refuse(begin, reason))?;
        if let Some(lost) = first_lost(&own, &theirs) {
            return Err(refuse(lost, "a comment would be lost".to_owned()));
        }
        Ok(formatted)
    }
}

/// Returns the first comment that another text does not have as often.
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
    fn print_document(mut self, order: &[&str]) -> Result<String, usize> {
        let header = std::mem::take(&mut self.parts.header);
        self.print_notes(&header, 0);
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
            self.print_part(index, 0)?;
        }
        let footer = std::mem::take(&mut self.parts.footer);
        self.print_notes(&footer, 0);
        Ok(self.out)
    }

    fn print_notes(&mut self, notes: &[AttachedComment], indent: usize) {
        for note in notes {
            if note.spaced && !self.out.is_empty() && !self.out.ends_with("\n\n") {
                self.out.push('\n');
            }
            push_indent(&mut self.out, indent);
            self.out.push_str(&note.text);
            self.out.push('\n');
        }
    }

    fn take_entry(&mut self, index: usize) -> Option<PrintedEntry<'a>> {
        let part = self.parts.all.get_mut(index)?;
        Some(PrintedEntry {
            key: part.key,
            value: part.value,
            children: std::mem::take(&mut part.children),
            above: take_notes(&mut part.above),
            right: std::mem::take(&mut part.right),
            inside: take_notes(&mut part.inside),
            after: take_notes(&mut part.after),
        })
    }

    fn print_part(&mut self, index: usize, indent: usize) -> Result<(), usize> {
        let Some(mut part) = self.take_entry(index) else { return Ok(()) };
        // Only one comment fits at the end of a line.
        let right = part.right.pop();
        part.above.extend(part.right.drain(..).map(|text| AttachedComment { text, spaced: false }));
        match part.key {
            Some(_) => self.print_entry(&part, right, indent)?,
            None => self.print_item(&mut part, right, indent)?,
        }
        // Behind a literal block a deeper comment would be read as part of the text.
        let is_block = !part.inside.is_empty()
            && part.children.is_empty()
            && format_scalar(part.value, indent).contains('\n');
        self.print_notes(&part.inside, if is_block { indent } else { indent + 2 });
        self.print_notes(&part.after, indent);
        Ok(())
    }

    /// Prints an entry of a mapping; behind the dash where it is the first of an entry of a sequence.
    fn print_entry(
        &mut self,
        part: &PrintedEntry<'a>,
        right: Option<String>,
        indent: usize,
    ) -> Result<(), usize> {
        self.print_notes(&part.above, indent);
        if !self.out.ends_with("- ") {
            push_indent(&mut self.out, indent);
        }
        let key = part.key.unwrap_or_default();
        emit_text(&mut self.out, key, None);
        self.out.push(':');
        if part.children.is_empty() {
            self.out.push(' ');
            self.print_scalar(part.value, right, indent);
            return Ok(());
        }
        if let NodeKind::Sequence(nodes) = &part.value.kind
            && part.children.iter().all(|child| self.is_bare(*child))
            && let Some(line) = in_brackets(nodes.iter().map(flow_text), indent + key.len() + 2)
        {
            self.out.push(' ');
            self.out.push_str(&line);
            self.end_line(right);
            return Ok(());
        }
        self.end_line(right);
        part.children.iter().try_for_each(|child| self.print_part(*child, indent + 2))
    }

    /// Returns an entry of a sequence.
    fn print_item(
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
                    // The part behind the dash is on the line of the first entry now.
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
                self.print_notes(&part.above, indent);
                push_indent(&mut self.out, indent);
                self.out.push_str("- ");
                part.children.iter().try_for_each(|child| self.print_part(*child, indent + 2))
            }
            NodeKind::Sequence(_) if !part.children.is_empty() => {
                if !part.children.iter().all(|child| self.is_bare(*child)) {
                    return Err(part.value.span.start);
                }
                self.print_notes(&part.above, indent);
                push_indent(&mut self.out, indent);
                self.out.push_str("- ");
                self.out.push_str(&part.value.to_value().to_string());
                self.end_line(right);
                Ok(())
            }
            _ => {
                self.print_notes(&part.above, indent);
                push_indent(&mut self.out, indent);
                self.out.push_str("- ");
                self.print_scalar(part.value, right, indent);
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

    /// Writes a value on one line, or as a literal block.
    fn print_scalar(&mut self, node: &Node, right: Option<String>, indent: usize) {
        let text = format_scalar(node, indent);
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

fn take_notes(notes: &mut Vec<AttachedComment>) -> Vec<AttachedComment> {
    std::mem::take(notes)
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

/// Returns a scalar or an empty collection as text.
fn format_scalar(node: &Node, indent: usize) -> String {
    let mut out = String::new();
    match node.to_value() {
        Value::String(text) => emit_text(&mut out, &text, Some(indent + 2)),
        Value::Number(_) => out.push_str(as_written(node)),
        other => out.push_str(&other.to_string()),
    }
    out
}

/// Returns a word in flow style.
fn flow_text(node: &Node) -> Option<String> {
    match node.to_value() {
        Value::Number(_) => Some(as_written(node).to_owned()),
        value => flow_word(&value),
    }
}

/// Returns the digits of a number: `1.10` may be a version, and stays what it is.
fn as_written(node: &Node) -> &str {
    match &node.kind {
        NodeKind::Scalar(text) if node.style == Style::Plain => text,
        _ => "",
    }
}

#[cfg(test)]
mod tests;
