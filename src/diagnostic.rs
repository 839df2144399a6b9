//! What the program says about the data: a rule, a level, a fact, a place and a way out.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::{Deref, DerefMut, Range};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Source;

/// How much a diagnostic weighs. Errors make a command exit with 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Must be mended.
    Error,
    /// Should be looked at.
    Warning,
    /// Good to know.
    Note,
}

impl Level {
    /// The word in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A place in a text, for people: lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The position of a byte in a text. A byte order mark is no column.
    pub fn of(text: &str, byte: usize) -> Self {
        let mut byte = byte.min(text.len());
        while !text.is_char_boundary(byte) {
            byte -= 1;
        }
        let before = text.get(..byte).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        // Counted in small sums, which the processor does for many bytes at once.
        let ends = |part: &[u8]| part.iter().map(|b| u8::from(*b == b'\n')).sum::<u8>();
        let line =
            before.as_bytes().chunks(255).map(|part| usize::from(ends(part))).sum::<usize>() + 1;
        let prefix = before.get(line_start..).unwrap_or_default();
        let column = prefix.trim_start_matches('\u{feff}').chars().count() + 1;
        Self { line, column }
    }
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
    /// JSON pointer into the document, empty for the whole file.
    pub pointer: String,
    /// What this place is; may be empty.
    pub message: Cow<'static, str>,
    /// The text of the file, to quote the line; absent where the file has no readable text.
    pub source: Option<Source>,
}

impl Label {
    /// A place in a text.
    pub fn new(
        path: impl Into<Arc<str>>,
        source: impl Into<Source>,
        span: Range<usize>,
        pointer: &str,
    ) -> Self {
        let source = source.into();
        let text = source.text();
        Self {
            path: path.into(),
            start: Position::of(&text, span.start),
            end: Position::of(&text, span.end),
            span,
            pointer: pointer.to_owned(),
            message: Cow::Borrowed(""),
            source: Some(source),
        }
    }

    /// A whole file, where nothing inside it can be named.
    pub fn file(path: &str) -> Self {
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

    /// The same place with a word on what it is.
    #[must_use]
    pub fn says(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }
}

/// One thing that the program has to say about the data.
///
/// A check of a large tracker makes hundreds of thousands, and moves and sorts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic(Box<Statement>);

/// What a [`Diagnostic`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Name of the rule, kebab-case.
    pub rule: &'static str,
    /// How much it weighs.
    pub level: Level,
    /// The fact, in lower case, without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<Cow<'static, str>>,
    /// Id of the item, where the diagnostic is about one.
    pub item: Option<String>,
    /// Where.
    pub label: Label,
    /// Other places that matter.
    pub related: Vec<Label>,
}

impl Deref for Diagnostic {
    type Target = Statement;

    fn deref(&self) -> &Statement {
        &self.0
    }
}

impl DerefMut for Diagnostic {
    fn deref_mut(&mut self) -> &mut Statement {
        &mut self.0
    }
}

/// Rule, item or file, address and message.
pub type Identity = (&'static str, String, String, String);

impl Diagnostic {
    /// A diagnostic at a place, at the level of an error until its rule's level is applied. A rule
    /// may give it a lighter one, which it then keeps.
    pub fn new(rule: &'static str, label: Label, message: impl Into<String>) -> Self {
        Self(Box::new(Statement {
            rule,
            level: Level::Error,
            message: message.into(),
            help: None,
            item: None,
            label,
            related: Vec::new(),
        }))
    }

    /// What it says.
    pub fn into_statement(self) -> Statement {
        *self.0
    }

    /// The same with a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with the item it is about.
    #[must_use]
    pub fn item(mut self, id: impl fmt::Display) -> Self {
        self.item = Some(id.to_string());
        self
    }

    /// The same at a level.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// The same at no more than a level: what a rule weighs lighter itself (an announcement is a
    /// note) stays lighter.
    #[must_use]
    pub fn at_most(mut self, level: Level) -> Self {
        self.level = self.level.max(level);
        self
    }

    /// The same with a second place.
    #[must_use]
    pub fn also(mut self, label: Label) -> Self {
        self.related.push(label);
        self
    }

    /// What makes two diagnostics the same although lines, or the entries of a list, have moved:
    /// used to tell what a base already had.
    pub fn identity(&self) -> Identity {
        let about = self.item.as_deref().unwrap_or(&self.label.path);
        let is_index = |step: &str| !step.is_empty() && step.bytes().all(|b| b.is_ascii_digit());
        let steps = self.label.pointer.split('/');
        let place: Vec<&str> = steps.map(|step| if is_index(step) { "-" } else { step }).collect();
        (self.rule, about.to_owned(), place.join("/"), self.message.clone())
    }

    /// The order of output: by file, place, rule and message.
    pub fn order(&self, other: &Self) -> Ordering {
        let key = |one: &Self| (one.label.start, one.label.end, one.level, one.rule);
        // Most are of one file, whose name is held once.
        let same_file = Arc::ptr_eq(&self.label.path, &other.label.path);
        let by_file =
            || if same_file { Ordering::Equal } else { self.label.path.cmp(&other.label.path) };
        by_file()
            .then_with(|| key(self).cmp(&key(other)))
            .then_with(|| self.message.cmp(&other.message))
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
            assert_eq!(Position::of(text, byte), Position { line, column }, "byte {byte}");
        }
        assert_eq!(Position::of("\u{feff}id: x", 3), Position { line: 1, column: 1 });
        assert_eq!(Position::of("ü", 1), Position { line: 1, column: 1 }, "inside a character");
    }
}
