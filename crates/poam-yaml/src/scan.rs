//! The fast scanner: reads the plain subset of YAML in which nearly every item is written.
//!
//! It exists because the full parser takes five times as long for a large tracker. It gives up at the
//! first sign of anything outside the subset; where both read a text they agree, which a property test
//! holds.

use super::Limits;
use super::flat::{FlatKind, FlatNode};
use super::tree::{Resolved, Style, resolve};

/// Sequences and mappings inside each other; deeper ones are left to the full parser.
const DEPTH: usize = 8;

/// Keys of a mapping; more are left to the full parser, which hashes them.
const KEYS: usize = 48;

/// Bytes of a key.
const KEY: usize = 100;

/// Returns the steps of a text in the subset, and the texts unescaped for them; nothing at the
/// first sign of anything else.
pub(super) fn scan_subset(text: &str, limits: &Limits) -> Option<(Vec<FlatNode>, Vec<String>)> {
    if text.len() > limits.bytes || !is_printed(text) {
        return None;
    }
    let mut scan = SubsetScanner::new(text, limits);
    scan.line_at(0);
    if scan.indent == Some(0) && text.get(scan.line..)?.starts_with("---\n") {
        scan.line_at(scan.line + 4);
    }
    scan.whole()
}

/// Returns whether a text has none of the characters that YAML does not take as they are, or that end a
/// line otherwise.
fn is_printed(text: &str) -> bool {
    if text.bytes().fold(false, |found, b| found | steers_byte(b)) {
        return false;
    }
    text.is_ascii() || !text.chars().any(is_odd_char)
}

/// Returns whether a byte could steer a terminal. The test has no early exit, so that many bytes are looked
/// at in one step.
fn steers_byte(b: u8) -> bool {
    (b < b' ' && b != b'\n') || b == 0x7f
}

fn is_odd_char(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

struct SubsetScanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// The beginning of the next line with content.
    line: usize,
    /// Blanks before its content; none at the end of the text.
    indent: Option<usize>,
    steps: Vec<FlatNode>,
    unescaped: Vec<String>,
    /// The keys of the mappings that are open.
    keys: Vec<(usize, usize)>,
    depth: usize,
    nodes: usize,
}

impl<'t> SubsetScanner<'t> {
    fn new(text: &'t str, limits: &Limits) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            line: 0,
            indent: None,
            steps: Vec::with_capacity(text.len() / 10),
            unescaped: Vec::new(),
            keys: Vec::with_capacity(KEYS.min(text.len() / 10)),
            depth: DEPTH.min(limits.depth),
            nodes: limits.nodes,
        }
    }

    /// Scans from the next line with content to the end.
    fn whole(mut self) -> Option<(Vec<FlatNode>, Vec<String>)> {
        if self.indent != Some(0) {
            return None;
        }
        self.block_map(0, self.line, 0)?;
        // Something is left over where the indentation does not fit.
        self.indent.is_none().then_some((self.steps, self.unescaped))
    }

    fn byte_at(&self, at: usize) -> u8 {
        // The end of the text ends its last line.
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    fn skip_blanks(&self, mut at: usize) -> usize {
        while self.byte_at(at) == b' ' {
            at += 1;
        }
        at
    }

    /// Returns the byte after the line that `at` is in.
    fn after_line(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.find('\n').map_or(self.bytes.len(), |end| at + end) + 1
    }

    /// Goes to the first line with content at or after the beginning of a line.
    fn line_at(&mut self, mut at: usize) {
        loop {
            if at >= self.bytes.len() {
                (self.line, self.indent) = (self.bytes.len(), None);
                return;
            }
            let content = self.skip_blanks(at);
            match self.byte_at(content) {
                b'\n' => at = content + 1,
                b'#' => at = self.after_line(content),
                _ => {
                    (self.line, self.indent) = (at, Some(content - at));
                    return;
                }
            }
        }
    }

    /// Makes sure that a line has nothing but a comment from here on, and goes to the next one.
    fn rest_of_line(&mut self, at: usize) -> Option<()> {
        let content = self.skip_blanks(at);
        match self.byte_at(content) {
            b'\n' => self.line_at(content + 1),
            b'#' if content > at => self.line_at(self.after_line(content)),
            _ => return None,
        }
        Some(())
    }

    fn push(&mut self, kind: FlatKind, style: Style, start: usize, end: usize) -> Option<()> {
        if self.steps.len() >= self.nodes {
            return None;
        }
        let (start, end) = (u32::try_from(start).ok()?, u32::try_from(end).ok()?);
        self.steps.push(FlatNode { kind, style, start, end, link: 0 });
        Some(())
    }

    fn open_node(
        &mut self,
        kind: FlatKind,
        style: Style,
        start: usize,
        depth: usize,
    ) -> Option<usize> {
        if depth >= self.depth {
            return None;
        }
        self.push(kind, style, start, start)?;
        Some(self.steps.len() - 1)
    }

    fn close_node(&mut self, opened: usize, end: usize) -> Option<()> {
        let after = u32::try_from(self.steps.len()).ok()?;
        let step = self.steps.get_mut(opened)?;
        step.link = after;
        step.end = u32::try_from(end).ok()?;
        Some(())
    }

    /// Finds the end of a value by indentation: with the last thing before the next line with
    /// content, which may be a comment.
    fn end_of_block(&self) -> usize {
        let before = self.text.get(..self.line).unwrap_or_default();
        before.trim_end().len()
    }

    /// Returns whether a line's content begins a value of a sequence.
    fn is_dash(&self, at: usize) -> bool {
        self.byte_at(at) == b'-' && self.bytes.get(at + 1) == Some(&b' ')
    }

    /// Scans a block mapping whose first key begins at `first`.
    fn block_map(&mut self, indent: usize, first: usize, depth: usize) -> Option<()> {
        let opened = self.open_node(FlatKind::Mapping, Style::Block, first, depth)?;
        let known = self.keys.len();
        let mut at = first;
        loop {
            let end = self.key_end(at)?;
            self.add_key(known, at, end)?;
            self.scan_entry(end + 1, indent, depth)?;
            match self.indent {
                Some(next) if next == indent => at = self.line + indent,
                Some(next) if next > indent => return None,
                _ => break,
            }
        }
        self.keys.truncate(known);
        self.close_node(opened, self.end_of_block())
    }

    /// Finds the end of a plain key: the colon with a blank or the end of the line after it.
    fn key_end(&self, at: usize) -> Option<usize> {
        let first = self.byte_at(at);
        if !first.is_ascii_alphanumeric() && first != b'_' {
            return None;
        }
        let mut end = at + 1;
        loop {
            match self.byte_at(end) {
                b':' => break,
                b'_' | b'-' | b'.' | b'/' | b' ' | b'(' | b')' => end += 1,
                byte if byte.is_ascii_alphanumeric() => end += 1,
                _ => return None,
            }
        }
        let fits = end - at <= KEY && self.byte_at(end - 1) != b' ';
        (fits && matches!(self.byte_at(end + 1), b' ' | b'\n')).then_some(end)
    }

    /// Adds a key; a duplicate is left to the full parser to explain.
    fn add_key(&mut self, known: usize, start: usize, end: usize) -> Option<()> {
        let key = self.bytes.get(start..end)?;
        let mine = self.keys.get(known..)?;
        let twice =
            |(start, end): &(usize, usize)| self.bytes.get(*start..*end).is_none_or(|it| it == key);
        if mine.len() >= KEYS || mine.iter().any(twice) {
            return None;
        }
        self.keys.push((start, end));
        self.push(FlatKind::Text, Style::Plain, start, end)
    }

    /// Returns the value of a key of a block mapping; `at` is the byte after the colon.
    fn scan_entry(&mut self, at: usize, indent: usize, depth: usize) -> Option<()> {
        let content = self.skip_blanks(at);
        match self.byte_at(content) {
            b'\n' | b'#' => {
                self.rest_of_line(at)?;
                match self.indent {
                    Some(next) if self.is_dash(self.line + next) && next >= indent => {
                        let dash = self.line + next;
                        // The full parser lets a list that is not indented begin with its first value.
                        let start = if next > indent { dash } else { self.skip_blanks(dash + 1) };
                        self.block_list(next, start, depth + 1)
                    }
                    Some(next) if next > indent => {
                        self.block_map(next, self.line + next, depth + 1)
                    }
                    _ => self.push(FlatKind::Null, Style::Plain, at - 1, at - 1),
                }
            }
            b'|' => self.scan_literal(content, indent),
            _ => {
                let end = self.scan_inline(content, false, depth + 1)?;
                self.rest_of_line(end)
            }
        }
    }

    /// Scans a block sequence, from the next line.
    fn block_list(&mut self, indent: usize, start: usize, depth: usize) -> Option<()> {
        let opened = self.open_node(FlatKind::Sequence, Style::Block, start, depth)?;
        loop {
            let at = self.skip_blanks(self.line + indent + 1);
            match self.byte_at(at) {
                b'\n' | b'#' => return None,
                b'|' => self.scan_literal(at, indent)?,
                _ if self.key_end(at).is_some() => {
                    self.block_map(at - self.line, at, depth + 1)?;
                }
                _ => {
                    let end = self.scan_inline(at, false, depth + 1)?;
                    self.rest_of_line(end)?;
                }
            }
            match self.indent {
                Some(next) if next > indent => return None,
                Some(next) if next == indent && self.is_dash(self.line + next) => {}
                _ => break,
            }
        }
        self.close_node(opened, self.end_of_block())
    }

    /// Scans `|` or `|-`, and the lines below it that are indented further than what it belongs to.
    fn scan_literal(&mut self, at: usize, parent: usize) -> Option<()> {
        let strip = self.byte_at(at + 1) == b'-';
        let head_end = at + 1 + usize::from(strip);
        if self.byte_at(head_end) != b'\n' {
            return None;
        }
        let mut line = head_end + 1;
        let indent = self.skip_blanks(line) - line;
        if indent <= parent || self.byte_at(line + indent) == b'\n' {
            return None;
        }
        let mut text = String::new();
        let mut empty = 0;
        while line < self.bytes.len() {
            let content = self.skip_blanks(line);
            if self.byte_at(content) == b'\n' {
                // Blanks beyond the indentation would be content.
                if content - line > indent {
                    return None;
                }
                empty += 1;
                line = content + 1;
                continue;
            }
            if content - line < indent {
                // An indentation between the two is ambiguous.
                if content - line > parent {
                    return None;
                }
                break;
            }
            text.extend(std::iter::repeat_n('\n', empty));
            empty = 0;
            let after = self.after_line(content);
            // The last line must be an entire one.
            text.push_str(self.text.get(line + indent..after)?);
            line = after;
        }
        if strip {
            text.pop();
        }
        let first = head_end + 1 + indent;
        let lines = self.text.get(first..line)?;
        self.line_at(line);
        self.push_unescaped(text, Style::BlockScalar, first, first + lines.trim_end().len())
    }

    fn push_unescaped(
        &mut self,
        text: String,
        style: Style,
        start: usize,
        end: usize,
    ) -> Option<()> {
        self.push(FlatKind::Unescaped, style, start, end)?;
        self.steps.last_mut()?.link = u32::try_from(self.unescaped.len()).ok()?;
        self.unescaped.push(text);
        Some(())
    }

    /// Returns a value on one line; the byte after it.
    fn scan_inline(&mut self, at: usize, flow: bool, depth: usize) -> Option<usize> {
        match self.byte_at(at) {
            b'"' => self.scan_double(at + 1),
            b'\'' => self.scan_single(at + 1),
            b'[' => self.flow_list(at, depth),
            b'{' => self.flow_map(at, depth),
            _ => self.scan_plain(at, flow),
        }
    }

    fn scan_double(&mut self, start: usize) -> Option<usize> {
        let mut at = start;
        let mut unescaped: Option<String> = None;
        let mut copied = start;
        loop {
            match self.byte_at(at) {
                b'"' => break,
                b'\n' => return None,
                b'\\' => {
                    let meant = match self.byte_at(at + 1) {
                        b'n' => '\n',
                        b't' => '\t',
                        b'"' => '"',
                        b'\\' => '\\',
                        _ => return None,
                    };
                    let unescaped = unescaped.get_or_insert_default();
                    unescaped.push_str(self.text.get(copied..at)?);
                    unescaped.push(meant);
                    at += 2;
                    copied = at;
                }
                _ => at += 1,
            }
        }
        match unescaped {
            None => self.push(FlatKind::Text, Style::Quoted, start - 1, at + 1)?,
            Some(mut unescaped) => {
                unescaped.push_str(self.text.get(copied..at)?);
                self.push_unescaped(unescaped, Style::Quoted, start - 1, at + 1)?;
            }
        }
        Some(at + 1)
    }

    fn scan_single(&mut self, start: usize) -> Option<usize> {
        let mut at = start;
        let mut doubled = false;
        loop {
            match self.byte_at(at) {
                b'\'' if self.byte_at(at + 1) == b'\'' => {
                    doubled = true;
                    at += 2;
                }
                b'\'' => break,
                b'\n' => return None,
                _ => at += 1,
            }
        }
        if doubled {
            let text = self.text.get(start..at)?.replace("''", "'");
            self.push_unescaped(text, Style::Quoted, start - 1, at + 1)?;
        } else {
            self.push(FlatKind::Text, Style::Quoted, start - 1, at + 1)?;
        }
        Some(at + 1)
    }

    fn flow_list(&mut self, at: usize, depth: usize) -> Option<usize> {
        let opened = self.open_node(FlatKind::Sequence, Style::Flow, at, depth)?;
        let mut at = self.skip_blanks(at + 1);
        if self.byte_at(at) != b']' {
            loop {
                at = self.scan_inline(at, true, depth + 1)?;
                at = self.skip_blanks(at);
                match self.byte_at(at) {
                    b',' => at = self.skip_blanks(at + 1),
                    b']' => break,
                    _ => return None,
                }
            }
        }
        self.close_node(opened, at + 1)?;
        Some(at + 1)
    }

    fn flow_map(&mut self, at: usize, depth: usize) -> Option<usize> {
        let opened = self.open_node(FlatKind::Mapping, Style::Flow, at, depth)?;
        let known = self.keys.len();
        let mut at = self.skip_blanks(at + 1);
        if self.byte_at(at) != b'}' {
            loop {
                let end = self.key_end(at)?;
                self.add_key(known, at, end)?;
                at = self.scan_inline(self.skip_blanks(end + 1), true, depth + 1)?;
                at = self.skip_blanks(at);
                match self.byte_at(at) {
                    b',' => at = self.skip_blanks(at + 1),
                    b'}' => break,
                    _ => return None,
                }
            }
        }
        self.keys.truncate(known);
        self.close_node(opened, at + 1)?;
        Some(at + 1)
    }

    /// Scans text, a number, a boolean or nothing, without quotes.
    fn scan_plain(&mut self, start: usize, flow: bool) -> Option<usize> {
        let first = self.byte_at(start);
        let fits = match first {
            b'-' => self.byte_at(start + 1).is_ascii_alphanumeric(),
            b'_' | b'(' | b')' | b'/' | b'.' | b'+' | b'~' | b'$' | b'<' | b'=' | b';' | b'^' => {
                true
            }
            _ => first.is_ascii_alphanumeric() || first >= 0x80,
        };
        if !fits {
            return None;
        }
        let mut at = start + 1;
        loop {
            // Most of a text is letters and blanks.
            while self.bytes.get(at).is_some_and(|b| b.is_ascii_alphabetic() || *b == b' ') {
                at += 1;
            }
            match self.byte_at(at) {
                b'\n' => break,
                b':' => match self.byte_at(at + 1) {
                    b' ' | b'\n' => return None,
                    b',' | b'[' | b']' | b'{' | b'}' if flow => return None,
                    _ => at += 1,
                },
                b'#' if self.byte_at(at - 1) == b' ' => break,
                b',' | b']' | b'}' if flow => break,
                b'[' | b'{' if flow => return None,
                _ => at += 1,
            }
        }
        let text = self.text.get(start..at)?.trim_end_matches(' ');
        let end = start + text.len();
        let kind = match resolve(text) {
            Resolved::Null => FlatKind::Null,
            Resolved::Bool(said) => FlatKind::Bool(said),
            Resolved::Number(_) => FlatKind::Number,
            Resolved::Text => FlatKind::Text,
        };
        self.push(kind, Style::Plain, start, end)?;
        Some(end)
    }
}
