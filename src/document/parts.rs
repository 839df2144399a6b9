use super::comment::{Comment, Trimmings};
use super::{Document, Node, NodeKind, Style};

/// A comment that is placed.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) text: String,
    /// Whether a blank line goes before it.
    pub(super) spaced: bool,
}

/// An entry of a mapping or of a list, with the comments that belong to it.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// The key; none for an entry of a list.
    pub(super) key: Option<&'a str>,
    pub(super) value: &'a Node,
    /// The entries of the value.
    pub(super) children: Vec<usize>,
    /// Comments on lines of their own, before it.
    pub(super) above: Vec<Note>,
    /// Comments at the end of its first line.
    pub(super) right: Vec<String>,
    /// Comments below it that are indented deeper than it is.
    pub(super) inside: Vec<Note>,
    /// Comments below it that are indented as it is, and belong to it and its like.
    pub(super) after: Vec<Note>,
    parent: Option<usize>,
    /// The byte of its key or of its dash.
    start: usize,
    /// Characters before that on its line.
    column: usize,
    /// The byte after its last value.
    end: usize,
}

/// A file in parts.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    pub(super) all: Vec<Part<'a>>,
    /// The fields.
    pub(super) top: Vec<usize>,
    /// Comments that stay at the top, the line for editors among them.
    pub(super) header: Vec<Note>,
    /// Whether a blank line follows the header.
    pub(super) header_ends: bool,
    /// Comments that stay at the end.
    pub(super) footer: Vec<Note>,
}

/// How lines begin that say something to an editor about the whole file.
const MODELINES: [&str; 3] = ["yaml-language-server:", "vim:", "-*-"];

impl<'a> Parts<'a> {
    /// The parts of a document, each with its comments.
    pub(super) fn of(document: &'a Document, trimmings: &Trimmings) -> Self {
        let mut parts = Self::default();
        parts.add(document.text(), document.root(), None, 0);
        let first = parts.all.first().map_or(document.text().len(), |part| part.start);
        let begin = trimmings.begin;
        let comments = &trimmings.comments;
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
        parts.header = header.iter().map(Note::of).collect();
        if let Some(last) = header.last() {
            let after = document.text().get(last.span.end..).unwrap_or_default();
            parts.header_ends = after.lines().nth(1).is_some_and(|line| line.trim().is_empty());
        }
        for comment in own {
            match parts.all.first_mut() {
                Some(part) => part.above.push(Note::of(comment)),
                None => parts.footer.push(Note::of(comment)),
            }
        }
        for comment in rest {
            parts.place(comment);
        }
        parts
    }

    /// Adds the entries of a collection; the end of the last one.
    fn add(&mut self, text: &str, node: &'a Node, parent: Option<usize>, from: usize) -> usize {
        let mut end = from;
        let mut part = |parts: &mut Self, key, value, start: usize, head_end| {
            let line = text.get(..start).unwrap_or_default();
            let line = line.rsplit('\n').next().unwrap_or_default();
            let index = parts.all.len();
            parts.all.push(Part {
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
            let last = parts.add(text, value, Some(index), head_end);
            if let Some(part) = parts.all.get_mut(index) {
                part.end = last;
            }
            end = last;
        };
        match &node.kind {
            NodeKind::Map(entries) => {
                for entry in entries {
                    let key = &entry.key_span;
                    part(self, Some(entry.key.as_str()), &entry.value, key.start, key.end);
                }
            }
            NodeKind::List(nodes) => {
                let mut from = from;
                for value in nodes {
                    let start = match node.style {
                        Style::Flow => value.span.start,
                        _ => dash(text, from),
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
    fn place(&mut self, comment: &Comment) {
        let at = comment.span.start;
        let next = self.all.iter().position(|part| part.start > at);
        let last = next.unwrap_or(self.all.len()) - 1;
        let note = Note::of(comment);
        let (part, place) = match comment.alone {
            false => (self.on_line(last, at), Place::Right),
            true => self.below(last, next, comment),
        };
        let in_order = |list: &mut Vec<Note>| list.push(note.clone());
        match (self.all.get_mut(part), place) {
            (Some(part), Place::Right) => part.right.push(note.text),
            (Some(part), Place::Above) => in_order(&mut part.above),
            (Some(part), Place::Inside) => in_order(&mut part.inside),
            (Some(part), Place::After) => in_order(&mut part.after),
            (_, Place::Footer) | (None, _) => in_order(&mut self.footer),
        }
    }

    /// The part that a comment at the end of a line belongs to: the last one that begins before it,
    /// or the one whose brackets have closed before it.
    fn on_line(&self, last: usize, at: usize) -> usize {
        let closed = |part: &Part<'_>| is_flow(part.value) && part.value.span.end <= at;
        self.line_of(last)
            .filter(|index| self.all.get(*index).is_some_and(closed))
            .last()
            .unwrap_or(last)
    }

    /// Where a comment on a line of its own belongs.
    fn below(&self, last: usize, next: Option<usize>, comment: &Comment) -> (usize, Place) {
        let at = comment.span.start;
        let part = |index: usize| self.all.get(index);
        let column = |index: usize| part(index).map_or(0, |part| part.column);
        let parent = |index: usize| part(index).and_then(|part| part.parent);
        let in_brackets = |index: &usize| {
            let within = |part: &Part<'_>| {
                is_flow(part.value) && part.value.span.start < at && at < part.value.span.end
            };
            part(*index).is_some_and(within)
        };
        // Inside brackets columns say nothing.
        if let Some(flow) = self.line_of(last).find(in_brackets) {
            let end = part(flow).map_or(0, |part| part.value.span.end);
            let next = next.filter(|next| part(*next).is_some_and(|part| part.start < end));
            return match (next, self.line_of(last).find(|index| parent(*index) == Some(flow))) {
                (Some(next), _) => (next, Place::Above),
                (None, Some(child)) => (child, Place::After),
                (None, None) => (flow, Place::Inside),
            };
        }
        let waits = |part: &Part<'_>| part.children.is_empty() && at < part.value.span.start;
        if part(last).is_some_and(|part| waits(part) && !part.value.span.is_empty()) {
            return (last, Place::Above);
        }
        match next {
            Some(next) if parent(next) == Some(last) || comment.column <= column(next) => {
                return (next, Place::Above);
            }
            None if comment.column <= column(0) => return (last, Place::Footer),
            _ => {}
        }
        let flow =
            self.line_of(last).filter(|index| part(*index).is_some_and(|it| is_flow(it.value)));
        let from = flow.last().unwrap_or(last);
        let fits = self.line_of(from).find(|index| column(*index) <= comment.column);
        match fits {
            Some(index) if column(index) < comment.column => (index, Place::Inside),
            Some(index) => (index, Place::After),
            None => (last, Place::After),
        }
    }

    /// A part and those that it lies in, the innermost first.
    fn line_of(&self, index: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(index), |index| self.all.get(*index)?.parent)
    }
}

/// Where a comment stands at its part.
enum Place {
    Right,
    Above,
    Inside,
    After,
    Footer,
}

impl Note {
    fn of(comment: &Comment) -> Self {
        Self { text: comment.text.clone(), spaced: comment.alone && comment.spaced }
    }
}

/// Whether a value is a collection in brackets.
fn is_flow(node: &Node) -> bool {
    node.style == Style::Flow
}

/// The dash of a list's next entry: the first that is in no comment and does not belong to the
/// `|-` of an empty text.
fn dash(text: &str, from: usize) -> usize {
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
