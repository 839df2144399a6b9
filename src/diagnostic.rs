//! Diagnostics about the data: a rule, a level, a fact, a place and a way out.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use poam_yaml::{Label, Position};

use crate::document::ParseError;

/// Level of a diagnostic. Errors make a command exit with 1.
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
    /// Returns the word in every output.
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

/// One thing that the program reports about the data.
///
/// A check of a large tracker makes hundreds of thousands, and moves and sorts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic(Box<DiagnosticContent>);

/// Content of a [`Diagnostic`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiagnosticContent {
    /// Name of the rule, kebab-case.
    pub rule: &'static str,
    /// Level.
    pub level: Level,
    /// The fact, in lower case, without a full stop.
    pub message: String,
    /// Advice what to do about it.
    pub help: Option<Cow<'static, str>>,
    /// Id of the item, where the diagnostic is about one.
    pub item: Option<String>,
    /// Where.
    pub label: Label,
    /// Other places that matter.
    pub related: Vec<Label>,
}

impl Deref for Diagnostic {
    type Target = DiagnosticContent;

    fn deref(&self) -> &DiagnosticContent {
        &self.0
    }
}

impl DerefMut for Diagnostic {
    fn deref_mut(&mut self) -> &mut DiagnosticContent {
        &mut self.0
    }
}

/// Rule, item or file, address and message.
pub type Identity = (&'static str, String, String, String);

impl Diagnostic {
    /// Creates a diagnostic at a place, at the level of an error until its rule's level is applied.
    /// A rule may give it a lighter one, which it then retains.
    pub fn new(rule: &'static str, label: Label, message: impl Into<String>) -> Self {
        Self(Box::new(DiagnosticContent {
            rule,
            level: Level::Error,
            message: message.into(),
            help: None,
            item: None,
            label,
            related: Vec::new(),
        }))
    }

    /// Returns its content.
    pub fn into_statement(self) -> DiagnosticContent {
        *self.0
    }

    /// Adds a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the item that it is about.
    #[must_use]
    pub fn item(mut self, id: impl fmt::Display) -> Self {
        self.item = Some(id.to_string());
        self
    }

    /// Sets the level.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Limits the level: a diagnostic that a rule itself makes lighter (an announcement is a note)
    /// stays lighter.
    #[must_use]
    pub fn at_most(mut self, level: Level) -> Self {
        self.level = self.level.max(level);
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn also(mut self, label: Label) -> Self {
        self.related.push(label);
        self
    }

    /// Returns the identity by which two diagnostics are equal although lines, or the entries of a
    /// list, have moved: used to find those that a base already had.
    pub fn identity(&self) -> Identity {
        let about = self.item.as_deref().unwrap_or(&self.label.path);
        let steps = self.label.pointer.split('/');
        let place: Vec<&str> = steps.map(|step| if is_index(step) { "-" } else { step }).collect();
        (self.rule, about.to_owned(), place.join("/"), self.message.clone())
    }

    /// Returns the order of output: by file, place, rule and message.
    pub fn compare_order(&self, other: &Self) -> Ordering {
        // Most are of one file, whose name is held once.
        let same_file = Arc::ptr_eq(&self.label.path, &other.label.path);
        let by_file =
            || if same_file { Ordering::Equal } else { self.label.path.cmp(&other.label.path) };
        by_file()
            .then_with(|| sort_key(self).cmp(&sort_key(other)))
            .then_with(|| self.message.cmp(&other.message))
    }
}

fn is_index(step: &str) -> bool {
    !step.is_empty() && step.bytes().all(|b| b.is_ascii_digit())
}

fn sort_key(one: &Diagnostic) -> (Position, Position, Level, &str) {
    (one.label.start, one.label.end, one.level, one.rule)
}

/// The rule that every unreadable file is reported under.
const UNREADABLE: &str = "schema";

impl From<Box<ParseError>> for Diagnostic {
    fn from(error: Box<ParseError>) -> Self {
        let ParseError { label, message, help, related } = *error;
        let diagnostic = Self::new(UNREADABLE, label, message).help(help);
        related.into_iter().fold(diagnostic, Self::also)
    }
}
