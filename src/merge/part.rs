//! A file as parts: the entries of a mapping and the members of a sequence, with their lines and the comments above.
//!
//! The lines of a [`FilePart`] begin at the column of its content, so that a part can be put to another depth.

use crate::document::{Document, Limits, MappingEntry, Node, NodeKind, Style};

use super::conflict::has_conflict_marks;

/// One of the three files.
pub(super) struct MergeSource {
    lines: Vec<String>,
    starts: Vec<usize>,
    comments: Vec<String>,
    document: Option<Document>,
}

/// An entry of a mapping or a member of a sequence.
#[derive(Clone)]
pub(super) struct FilePart<'a> {
    /// The file it is from.
    pub(super) source: &'a MergeSource,
    /// The key of an entry.
    pub(super) key: Option<&'a str>,
    /// The value.
    pub(super) node: &'a Node,
    /// Comments and blank lines above it.
    pub(super) lead: Vec<String>,
    /// Its lines. The first begins with the key, or with what is behind the dash.
    pub(super) text: Vec<String>,
    /// The number of its first line in the file.
    pub(super) first: usize,
    /// The number of the line after its last one.
    pub(super) end: usize,
    /// The column of its content in the file.
    pub(super) column: usize,
    /// The columns from the dash of a member to its content.
    pub(super) gap: usize,
}

/// The parts of a mapping or sequence, and the comments below the last one.
#[derive(Clone, Default)]
pub(super) struct FileParts<'a> {
    pub(super) parts: Vec<FilePart<'a>>,
    pub(super) tail: Vec<String>,
    /// The column of the keys or dashes.
    pub(super) column: usize,
}

/// Lines of a file that belong to a value: from the first up to the one before `end`.
#[derive(Clone, Copy)]
pub(super) struct Region {
    pub(super) first: usize,
    pub(super) end: usize,
    /// The column of the first dash, where other text is before it on its line.
    pub(super) column: Option<usize>,
}

impl MergeSource {
    /// A file without entries.
    pub(super) fn empty_file() -> Self {
        Self { lines: Vec::new(), starts: Vec::new(), comments: Vec::new(), document: None }
    }

    /// The lines of a document; none where its lines end with carriage returns alone.
    pub(super) fn new(document: Document) -> Option<Self> {
        let (mut lines, mut starts) = (Vec::new(), Vec::new());
        let mut start = 0;
        for line in document.text().split_inclusive('\n') {
            starts.push(start);
            start += line.len();
            lines.push(line.trim_end_matches('\n').to_owned());
        }
        let is_odd = lines.iter().any(|line| line.contains('\r'));
        let comments = document.comments();
        (!is_odd).then_some(Self { lines, starts, comments, document: Some(document) })
    }

    /// A file that holds one value under the key `v`, in block style at the top.
    pub(super) fn in_block_style(node: &Node) -> Option<Self> {
        let mut text = "v:\n".to_owned();
        match &node.kind {
            NodeKind::Mapping(entries) => {
                for entry in entries {
                    let key = serde_json::to_string(&entry.key).ok()?;
                    let key = if is_plain_key(&entry.key) { entry.key.clone() } else { key };
                    text.push_str(&format!("  {key}: {}\n", flow_text(&entry.value)?));
                }
            }
            NodeKind::Sequence(nodes) => {
                for node in nodes {
                    text.push_str(&format!("  - {}\n", flow_text(node)?));
                }
            }
            NodeKind::Scalar(_) => return None,
        }
        Self::new(Document::parse("value", text.as_bytes(), &Limits::ITEM).ok()?)
    }

    /// The value under the key `v`, with its lines.
    pub(super) fn only_value(&self) -> Option<(&Node, Region)> {
        let node = self.document.as_ref()?.find("/v")?;
        Some((node, Region { first: 1, end: self.lines.len(), column: None }))
    }

    /// The entries at the top.
    pub(super) fn root_parts(&self) -> Option<FileParts<'_>> {
        let Some(document) = &self.document else { return Some(FileParts::default()) };
        self.block_parts(document.root(), Region { first: 0, end: self.lines.len(), column: None })
    }

    /// The text of a node, quotes and brackets included.
    pub(super) fn token_text(&self, node: &Node) -> &str {
        let text = self.document.as_ref().map_or("", |document| document.text());
        text.get(node.span.clone()).unwrap_or_default()
    }

    /// The comments of the file.
    pub(super) fn file_comments(&self) -> &[String] {
        &self.comments
    }

    /// The parts of a mapping or sequence in block style; none of an empty one. Nothing where its lines are laid out
    /// in a way that cannot be taken apart.
    pub(super) fn block_parts<'a>(
        &'a self,
        node: &'a Node,
        region: Region,
    ) -> Option<FileParts<'a>> {
        match &node.kind {
            NodeKind::Mapping(entries) if entries.is_empty() => Some(FileParts::default()),
            NodeKind::Sequence(nodes) if nodes.is_empty() => Some(FileParts::default()),
            NodeKind::Mapping(entries) if node.style == Style::Block => {
                self.split_entries(entries, region)
            }
            NodeKind::Sequence(nodes) if node.style == Style::Block => {
                self.split_members(nodes, region)
            }
            NodeKind::Scalar(_) if node.is_null() => Some(FileParts::default()),
            _ => None,
        }
    }

    fn split_entries<'a>(
        &'a self,
        entries: &'a [MappingEntry],
        region: Region,
    ) -> Option<FileParts<'a>> {
        let column = self.column_of(entries.first()?.key_span.start);
        let mut parts = Vec::new();
        let mut from = region.first;
        for (index, entry) in entries.iter().enumerate() {
            let first = self.line_of(entry.key_span.start);
            if self.column_of(entry.key_span.start) != column || first >= region.end {
                return None;
            }
            let last = self.last_line(&entry.value, column).unwrap_or(first).max(first);
            let next =
                entries.get(index + 1).map_or(region.end, |next| self.line_of(next.key_span.start));
            let end = self.end_of_part(last + 1, next, column);
            parts.push(FilePart {
                source: self,
                key: Some(&entry.key),
                node: &entry.value,
                lead: self.cut_lines(from, first, column),
                text: self.cut_content(first, end, column),
                first,
                end,
                column,
                gap: 0,
            });
            from = end;
        }
        Some(FileParts { parts, tail: self.cut_lines(from, region.end, column), column })
    }

    fn split_members<'a>(&'a self, nodes: &'a [Node], region: Region) -> Option<FileParts<'a>> {
        let lines = self.lines.get(region.first..region.end)?;
        let start = region.first + lines.iter().position(|line| !is_trivia(line))?;
        let column = match region.column {
            Some(column) => column,
            None => indent_of(self.lines.get(start)?),
        };
        let mut dashes = Vec::new();
        let mut from = start;
        for node in nodes {
            let content = self.line_of(node.span.start);
            let is_dash = |line: &usize| self.has_dash(*line, column, *line == start);
            let dash = (from..=content.min(region.end.saturating_sub(1))).rev().find(is_dash)?;
            dashes.push(dash);
            from = dash + 1;
        }
        let mut parts = Vec::new();
        let mut from = region.first;
        for (index, node) in nodes.iter().enumerate() {
            let first = *dashes.get(index)?;
            let behind = self.lines.get(first)?.get(column + 1..).unwrap_or_default();
            let spaces = behind.len() - behind.trim_start_matches(' ').len();
            let is_alone = behind.trim().is_empty() || behind.trim_start().starts_with('#');
            let gap = if is_alone { 2 } else { spaces + 1 };
            let last = self.last_line(node, column).unwrap_or(first).max(first);
            let next = dashes.get(index + 1).copied().unwrap_or(region.end);
            let end = self.end_of_part(last + 1, next, column);
            if is_alone && !node.is_null() {
                // The content begins below the dash.
                return None;
            }
            parts.push(FilePart {
                source: self,
                key: None,
                node,
                lead: self.cut_lines(from, first, column),
                text: self.cut_content(first, end, column + gap),
                first,
                end,
                column: column + gap,
                gap,
            });
            from = end;
        }
        Some(FileParts { parts, tail: self.cut_lines(from, region.end, column), column })
    }

    fn has_dash(&self, line: usize, column: usize, is_first: bool) -> bool {
        let Some(text) = self.lines.get(line) else { return false };
        let before = text.get(..column).unwrap_or("x");
        let rest = text.get(column..).unwrap_or_default();
        (is_first || before.trim().is_empty()) && (rest == "-" || rest.starts_with("- "))
    }

    /// The line after a part: comments below it that are further right than it belong to it.
    fn end_of_part(&self, from: usize, next: usize, column: usize) -> usize {
        let start = from.min(next);
        let mut end = start;
        for number in start..next {
            let line = self.lines.get(number).map_or("", String::as_str);
            let indent = line.len() - line.trim_start().len();
            if line.trim().is_empty() {
                continue;
            }
            if indent <= column {
                break;
            }
            end = number + 1;
        }
        end
    }

    /// The last line of a value whose key or dash is at a column.
    fn last_line(&self, node: &Node, column: usize) -> Option<usize> {
        match &node.kind {
            NodeKind::Mapping(entries) if node.style == Style::Block => {
                let last = entries.last()?;
                let key = self.line_of(last.key_span.start);
                let column = self.column_of(last.key_span.start);
                Some(self.last_line(&last.value, column).unwrap_or(key).max(key))
            }
            NodeKind::Sequence(nodes) if node.style == Style::Block => {
                let last = nodes.last()?;
                let start = self.line_of(last.span.start);
                let header = (0..start).rev().find(|line| !self.is_blank(*line)).unwrap_or(start);
                let column = self.lines.get(header).map_or(0, |line| indent_of(line));
                Some(self.last_line(last, column).unwrap_or(start).max(start))
            }
            _ if node.span.is_empty() => None,
            NodeKind::Scalar(_) if node.style == Style::BlockScalar => {
                Some(self.end_of_block_scalar(self.line_of(node.span.start), column))
            }
            _ => Some(self.line_of(node.span.end.saturating_sub(1))),
        }
    }

    /// The last line of a block scalar: what is blank or further right than its key. Blank lines at the end count
    /// only where the header retains them.
    fn end_of_block_scalar(&self, content: usize, column: usize) -> usize {
        // Its span begins with its text, below the header.
        let header = (0..content).rev().find(|line| !self.is_blank(*line)).unwrap_or(content);
        let keeps =
            self.lines.get(header).is_some_and(|line| line.contains("|+") || line.contains(">+"));
        let mut last = header;
        for (number, line) in self.lines.iter().enumerate().skip(header + 1) {
            let indent = indent_of(line);
            if line.trim().is_empty() {
                last = if keeps { number } else { last };
                continue;
            }
            if indent <= column {
                break;
            }
            last = number;
        }
        last
    }

    fn is_blank(&self, line: usize) -> bool {
        self.lines.get(line).is_none_or(|line| line.trim().is_empty())
    }

    fn line_of(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte).saturating_sub(1)
    }

    fn column_of(&self, byte: usize) -> usize {
        byte - self.starts.get(self.line_of(byte)).copied().unwrap_or(0)
    }

    /// Lines without the spaces up to a column.
    fn cut_lines(&self, first: usize, end: usize, column: usize) -> Vec<String> {
        let lines = self.lines.get(first..end.max(first)).unwrap_or_default();
        lines.iter().map(|line| without_indent(line, column)).collect()
    }

    /// Lines of a part: of the first one what begins at a column, whatever is before it.
    fn cut_content(&self, first: usize, end: usize, column: usize) -> Vec<String> {
        let mut lines = self.cut_lines(first, end, column);
        if let (Some(line), Some(whole)) = (lines.first_mut(), self.lines.get(first)) {
            *line = whole.get(column..).unwrap_or_default().to_owned();
        }
        lines
    }
}

fn is_trivia(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

impl<'a> FilePart<'a> {
    /// The parts of the value.
    pub(super) fn value_parts(&self) -> Option<FileParts<'a>> {
        let (first, column) = match self.key {
            Some(_) => (self.first + 1, None),
            None => (self.first, Some(self.column)),
        };
        self.source.block_parts(self.node, Region { first, end: self.end, column })
    }

    /// The lines that are comments, those behind values included.
    pub(super) fn comment_lines(&self) -> Vec<String> {
        let all = self.source.file_comments();
        let has = |line: &String, comment: &String| line.trim_end().ends_with(comment.as_str());
        let lines: Vec<&String> = self.lead.iter().chain(&self.text).collect();
        all.iter().filter(|comment| lines.iter().any(|line| has(line, comment))).cloned().collect()
    }

    /// Returns whether an earlier conflict was left in it: its value then is none that both sides began with.
    pub(super) fn is_marked(&self) -> bool {
        has_conflict_marks(self.lead.iter().chain(&self.text).map(String::as_str))
    }
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn without_indent(line: &str, column: usize) -> String {
    let spaces = indent_of(line);
    let line = line.get(spaces.min(column)..).unwrap_or_default();
    if line.trim().is_empty() { String::new() } else { line.to_owned() }
}

/// Returns whether a key needs no quotes.
pub(super) fn is_plain_key(key: &str) -> bool {
    let begins = key.starts_with(|c: char| c.is_ascii_alphabetic());
    begins
        && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        && !matches!(
            key.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        )
}

/// A value as flow text on one line.
pub(super) fn flow_text(node: &Node) -> Option<String> {
    match &node.kind {
        NodeKind::Scalar(_) => serde_json::to_string(&node.to_value()).ok(),
        NodeKind::Sequence(nodes) => {
            let texts: Option<Vec<String>> = nodes.iter().map(flow_text).collect();
            Some(format!("[{}]", texts?.join(", ")))
        }
        NodeKind::Mapping(entries) => {
            let mut texts = Vec::new();
            for entry in entries {
                let key = match is_plain_key(&entry.key) {
                    true => entry.key.clone(),
                    false => serde_json::to_string(&entry.key).ok()?,
                };
                texts.push(format!("{key}: {}", flow_text(&entry.value)?));
            }
            Some(format!("{{{}}}", texts.join(", ")))
        }
    }
}
