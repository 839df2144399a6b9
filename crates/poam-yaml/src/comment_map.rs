//! Attaches every comment of a file to the entry that it is about.

use super::trivia::{Comment, Trivia};
use super::{Document, Node, NodeKind, Style};

/// A comment that belongs to an entry.
#[derive(Debug, Clone)]
pub(super) struct AttachedComment {
    pub(super) text: String,
    /// Whether a blank line goes before it.
    pub(super) spaced: bool,
}

/// An entry of a mapping or of a sequence, with the comments that belong to it.
#[derive(Debug)]
pub(super) struct CommentedEntry<'a> {
    /// The key; none for an entry of a sequence.
    pub(super) key: Option<&'a str>,
    pub(super) value: &'a Node,
    /// The entries of the value.
    pub(super) children: Vec<usize>,
    /// Comments on lines of their own, before it.
    pub(super) above: Vec<AttachedComment>,
    /// Comments at the end of its first line.
    pub(super) right: Vec<String>,
    /// Comments below it that are indented deeper than it is.
    pub(super) inside: Vec<AttachedComment>,
    /// Comments below it that are indented as it is, and belong to it and its like.
    pub(super) after: Vec<AttachedComment>,
    parent: Option<usize>,
    /// The byte of its key or of its dash.
    start: usize,
    /// Characters before that on its line.
    column: usize,
    /// The byte after its last value.
    end: usize,
}

/// The entries of a file, each with its comments.
#[derive(Debug, Default)]
pub(super) struct CommentMap<'a> {
    pub(super) all: Vec<CommentedEntry<'a>>,
    /// The fields.
    pub(super) top: Vec<usize>,
    /// Comments that stay at the top, the line for editors among them.
    pub(super) header: Vec<AttachedComment>,
    /// Whether a blank line follows the header.
    pub(super) header_ends: bool,
    /// Comments that stay at the end.
    pub(super) footer: Vec<AttachedComment>,
}

/// Beginnings of comments that configure an editor for the entire file.
const MODELINES: [&str; 3] = ["yaml-language-server:", "vim:", "-*-"];

impl<'a> CommentMap<'a> {
    /// Attaches the comments of a document to its entries.
    pub(super) fn attach_comments(document: &'a Document, trivia: &Trivia) -> Self {
        let mut parts = Self::default();
        parts.add_entries(document.text(), document.root(), None, 0);
        let first = parts.all.first().map_or(document.text().len(), |part| part.start);
        let begin = trivia.begin;
        let comments = &trivia.comments;
        let before = comments.iter().take_while(|comment| comment.span.start < first).count();
        let (before, rest) = comments.split_at(before);
        let is_header = |comment: &Comment| {
            let word = comment.text.trim_start_matches(['#', ' ']);
            let gap = document.text().get(comment.span.end..first).unwrap_or_default();
            let gap = gap.rsplit_once('\n').map_or("", |(lines, _)| lines);
            let spaced = gap.split('\n').skip(1).any(|line| line.trim().is_empty());
            !comment.alone
                || begin.is_some_and(|begin| comment.span.end <= begin)
                || MODELINES.iter().any(|modeline| word.starts_with(modeline))
                || spaced
        };
        let header = before.iter().rposition(is_header).map_or(0, |last| last + 1);
        let (header, own) = before.split_at(header);
        parts.header = header.iter().map(AttachedComment::new).collect();
        if let Some(last) = header.last() {
            let after = document.text().get(last.span.end..).unwrap_or_default();
            parts.header_ends = after.lines().nth(1).is_some_and(|line| line.trim().is_empty());
        }
        for comment in own {
            match parts.all.first_mut() {
                Some(part) => part.above.push(AttachedComment::new(comment)),
                None => parts.footer.push(AttachedComment::new(comment)),
            }
        }
        for comment in rest {
            parts.place_comment(comment);
        }
        parts
    }

    /// Adds the entries of a collection; the end of the last one.
    fn add_entries(
        &mut self,
        text: &str,
        node: &'a Node,
        parent: Option<usize>,
        from: usize,
    ) -> usize {
        let mut end = from;
        let mut part = |parts: &mut Self, key, value, start: usize, head_end| {
            let line = text.get(..start).unwrap_or_default();
            let line = line.rsplit('\n').next().unwrap_or_default();
            let index = parts.all.len();
            parts.all.push(CommentedEntry {
                key,
                value,
                children: Vec::new(),
                above: Vec::new(),
                right: Vec::new(),
                inside: Vec::new(),
                after: Vec::new(),
                parent,
                start,
                column: line.trim_start_matches('\u{feff}').chars().count(),
                end: head_end,
            });
            match parent.and_then(|parent| parts.all.get_mut(parent)) {
                Some(parent) => parent.children.push(index),
                None => parts.top.push(index),
            }
            let last = parts.add_entries(text, value, Some(index), head_end);
            if let Some(part) = parts.all.get_mut(index) {
                part.end = last;
            }
            end = last;
        };
        match &node.kind {
            NodeKind::Mapping(entries) => {
                for entry in entries {
                    let key = &entry.key_span;
                    part(self, Some(entry.key.as_str()), &entry.value, key.start, key.end);
                }
            }
            NodeKind::Sequence(nodes) => {
                let mut from = from;
                for value in nodes {
                    let start = match node.style {
                        Style::Flow => value.span.start,
                        _ => find_dash(text, from),
                    };
                    let head_end = if node.style == Style::Flow { start } else { start + 1 };
                    part(self, None, value, start, head_end);
                    from = self.all.last().map_or(start, |part| part.end).max(head_end);
                }
            }
            NodeKind::Scalar(_) => end = node.span.end.max(from),
        }
        if node.style == Style::Flow { node.span.end.max(end) } else { end }
    }

    /// Gives a comment behind the first part to the part that it belongs to.
    fn place_comment(&mut self, comment: &Comment) {
        let at = comment.span.start;
        let next = self.all.iter().position(|part| part.start > at);
        let last = next.unwrap_or(self.all.len()) - 1;
        let note = AttachedComment::new(comment);
        let (part, place) = match comment.alone {
            false => (self.on_line(last, at), CommentPosition::Right),
            true => self.place_below(last, next, comment),
        };
        let in_order = |list: &mut Vec<AttachedComment>| list.push(note.clone());
        match (self.all.get_mut(part), place) {
            (Some(part), CommentPosition::Right) => part.right.push(note.text),
            (Some(part), CommentPosition::Above) => in_order(&mut part.above),
            (Some(part), CommentPosition::Inside) => in_order(&mut part.inside),
            (Some(part), CommentPosition::After) => in_order(&mut part.after),
            (_, CommentPosition::Footer) | (None, _) => in_order(&mut self.footer),
        }
    }

    /// Returns the part that a comment at the end of a line belongs to: the last one that begins
    /// before it, or the one whose brackets have closed before it.
    fn on_line(&self, last: usize, at: usize) -> usize {
        let closed = |part: &CommentedEntry<'_>| is_flow(part.value) && part.value.span.end <= at;
        self.line_of(last)
            .filter(|index| self.all.get(*index).is_some_and(closed))
            .last()
            .unwrap_or(last)
    }

    /// Finds the entry and position of a comment on a line of its own.
    fn place_below(
        &self,
        last: usize,
        next: Option<usize>,
        comment: &Comment,
    ) -> (usize, CommentPosition) {
        let at = comment.span.start;
        let part = |index: usize| self.all.get(index);
        let column = |index: usize| part(index).map_or(0, |part| part.column);
        let parent = |index: usize| part(index).and_then(|part| part.parent);
        let in_brackets = |index: &usize| {
            let within = |part: &CommentedEntry<'_>| {
                is_flow(part.value) && part.value.span.start < at && at < part.value.span.end
            };
            part(*index).is_some_and(within)
        };
        // Inside brackets columns state nothing.
        if let Some(flow) = self.line_of(last).find(in_brackets) {
            let end = part(flow).map_or(0, |part| part.value.span.end);
            let next = next.filter(|next| part(*next).is_some_and(|part| part.start < end));
            return match (next, self.line_of(last).find(|index| parent(*index) == Some(flow))) {
                (Some(next), _) => (next, CommentPosition::Above),
                (None, Some(child)) => (child, CommentPosition::After),
                (None, None) => (flow, CommentPosition::Inside),
            };
        }
        let waits =
            |part: &CommentedEntry<'_>| part.children.is_empty() && at < part.value.span.start;
        if part(last).is_some_and(|part| waits(part) && !part.value.span.is_empty()) {
            return (last, CommentPosition::Above);
        }
        match next {
            Some(next) if parent(next) == Some(last) || comment.column <= column(next) => {
                return (next, CommentPosition::Above);
            }
            None if comment.column <= column(0) => return (last, CommentPosition::Footer),
            _ => {}
        }
        let flow =
            self.line_of(last).filter(|index| part(*index).is_some_and(|it| is_flow(it.value)));
        let from = flow.last().unwrap_or(last);
        let fits = self.line_of(from).find(|index| column(*index) <= comment.column);
        match fits {
            Some(index) if column(index) < comment.column => (index, CommentPosition::Inside),
            Some(index) => (index, CommentPosition::After),
            None => (last, CommentPosition::After),
        }
    }

    /// Returns a part and those that it lies in, the innermost first.
    fn line_of(&self, index: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(index), |index| self.all.get(*index)?.parent)
    }
}

/// The position of a comment relative to its entry.
enum CommentPosition {
    Right,
    Above,
    Inside,
    After,
    Footer,
}

impl AttachedComment {
    fn new(comment: &Comment) -> Self {
        Self { text: comment.text.clone(), spaced: comment.alone && comment.spaced }
    }
}

/// Returns whether a value is a collection in flow style.
fn is_flow(node: &Node) -> bool {
    node.style == Style::Flow
}

/// Returns the dash of a sequence's next entry: the first that is in no comment and does not belong
/// to the `|-` of an empty text.
fn find_dash(text: &str, from: usize) -> usize {
    let mut comment = false;
    let mut before = b' ';
    let rest = text.get(from..).unwrap_or_default();
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'\n' => comment = false,
            b'#' => comment = true,
            b'-' if !comment && before.is_ascii_whitespace() => return from + at,
            _ => {}
        }
        before = byte;
    }
    from
}
