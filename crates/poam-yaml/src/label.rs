//! Places in the text of a file: a span of bytes, its lines and columns, and the text to quote.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::source::SourceText;

/// A place in a text, for people: lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// Returns the position of a byte in a text. A byte order mark is no column.
    pub fn locate_byte(text: &str, byte: usize) -> Self {
        let mut byte = byte.min(text.len());
        while !text.is_char_boundary(byte) {
            byte -= 1;
        }
        let before = text.get(..byte).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before
            .as_bytes()
            .chunks(255)
            .map(|part| usize::from(count_line_ends(part)))
            .sum::<usize>()
            + 1;
        let prefix = before.get(line_start..).unwrap_or_default();
        let column = prefix.trim_start_matches('\u{feff}').chars().count() + 1;
        Self { line, column }
    }
}

/// Counts line ends in small sums, which the processor does for many bytes at once.
fn count_line_ends(part: &[u8]) -> u8 {
    part.iter().map(|b| u8::from(*b == b'\n')).sum::<u8>()
}

/// A place in a file, and what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Path from the repository root, with `/`.
    pub path: Arc<str>,
    /// Bytes in the text.
    pub span: Range<usize>,
    /// Where the span begins.
    pub start: Position,
    /// Where the span ends: the position after its last character.
    pub end: Position,
    /// JSON pointer into the document, empty for the entire file.
    pub pointer: String,
    /// Explanation of this place; may be empty.
    pub message: Cow<'static, str>,
    /// The text of the file, to quote the line; absent where the file has no readable text.
    pub source: Option<SourceText>,
}

impl Label {
    /// Creates a place in a text.
    pub fn new(
        path: impl Into<Arc<str>>,
        source: impl Into<SourceText>,
        span: Range<usize>,
        pointer: &str,
    ) -> Self {
        let source = source.into();
        let text = source.text();
        Self {
            path: path.into(),
            start: Position::locate_byte(&text, span.start),
            end: Position::locate_byte(&text, span.end),
            span,
            pointer: pointer.to_owned(),
            message: Cow::Borrowed(""),
            source: Some(source),
        }
    }

    /// Creates an entire file, where nothing inside it can be named.
    pub fn whole_file(path: &str) -> Self {
        let start = Position { line: 1, column: 1 };
        Self {
            path: path.into(),
            span: 0..0,
            start,
            end: start,
            pointer: String::new(),
            message: Cow::Borrowed(""),
            source: None,
        }
    }

    /// Adds what this place is.
    #[must_use]
    pub fn says(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let text = "a: b\nü: 漢字\n";
        for (byte, line, column) in
            [(0, 1, 1), (3, 1, 4), (5, 2, 1), (7, 2, 2), (9, 2, 4), (12, 2, 5), (99, 3, 1)]
        {
            assert_eq!(Position::locate_byte(text, byte), Position { line, column }, "byte {byte}");
        }
        assert_eq!(Position::locate_byte("\u{feff}id: x", 3), Position { line: 1, column: 1 });
        assert_eq!(
            Position::locate_byte("ü", 1),
            Position { line: 1, column: 1 },
            "inside a character"
        );
    }
}
