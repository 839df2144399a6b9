//! Diagnostics → text and machine formats, one file each. Nothing here decides anything.
//!
//! Formats may read what rules state of themselves (name, level, page); rules know nothing of formats.

mod concise;
mod console;
mod diff;
mod events;
mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod place;
mod sarif;
mod statistics;
mod text;
mod timeline;

pub use console::{Console, OutputKind};
pub use diff::unified_diff;
pub use events::{describe_event, event_lines, event_time, events_within, known_by, render_events};
pub use timeline::render_timeline;

use std::fmt::Write as _;
use std::io::{self, Write};

use rayon::prelude::*;
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Level};
use crate::text::plural;

/// Result of a validation, as every format shows it.
#[derive(Debug, Default)]
pub struct ValidationReport {
    /// The diagnostics, in order.
    pub diagnostics: Vec<Diagnostic>,
    /// Items that were read.
    pub items: usize,
    /// Files that could not be read as items.
    pub unreadable: usize,
    /// Diagnostics that the base had already.
    pub known: usize,
    /// Whether there was a base, so that what is listed is new.
    pub against_base: bool,
    /// Names of the rules that looked, whether they found anything or not.
    pub asked: Vec<&'static str>,
    /// The documents that were checked; none where items were.
    pub documents: Vec<DocumentLine>,
    /// Number of diagnostics that text and lines show at most; where it is not given, text shows
    /// the counts by rule of a large result.
    pub limit: Option<usize>,
}

/// A document that was checked, for the summary.
#[derive(Debug, Clone, Serialize)]
pub struct DocumentLine {
    /// Name of the document: a path, or standard input.
    pub path: String,
    /// Its kind; none where it could not be recognised.
    pub kind: Option<&'static str>,
    /// The versions that it was checked against.
    pub schema: Option<String>,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: the source line with the place marked.
    Text,
    /// Version 1 of our own JSON.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// GitHub's workflow commands.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// JUnit XML.
    Junit,
    /// Markdown for a job summary or a comment.
    Markdown,
    /// One line for each diagnostic.
    Concise,
    /// Counts by rule.
    Statistics,
}

/// Diagnostics that the text shows entire; of more it shows the counts by rule, unless a limit states
/// how many to show.
const MOST_WHOLE: usize = 50;

impl ValidationReport {
    /// Counts the diagnostics of a level.
    pub fn count_level(&self, level: Level) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.level == level).count()
    }

    /// Renders in a format. `color` only matters for text.
    pub fn render(&self, format: Format, color: bool) -> String {
        let mut out = Vec::new();
        // Nothing prevents writing to memory, and all that is written is text.
        let _ = self.write(format, color, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    /// Writes the same; in the formats that are for many diagnostics without holding all of it.
    pub fn write(&self, format: Format, color: bool, out: &mut dyn Write) -> io::Result<()> {
        let whole = match format {
            Format::Text if self.limit.is_none() && self.diagnostics.len() > MOST_WHOLE => {
                return statistics::write(self, color, out);
            }
            Format::Text => return text::write(self, color, out),
            Format::Concise => return concise::write(self, out),
            Format::Statistics => return statistics::write(self, color, out),
            Format::Json => return json::write(self, out),
            Format::Sarif => return sarif::write(self, out),
            Format::Gitlab => return gitlab::write(self, out),
            Format::Github => github::render(self),
            Format::Junit => junit::render(self),
            Format::Markdown => markdown::render(self),
        };
        out.write_all(whole.as_bytes())
    }

    /// The diagnostics that text and lines show.
    fn shown(&self) -> &[Diagnostic] {
        let limit = self.limit.unwrap_or(usize::MAX).min(self.diagnostics.len());
        self.diagnostics.get(..limit).unwrap_or_default()
    }

    /// Counts the diagnostics that a format leaves out because its readers take no more.
    pub fn left_out(&self, format: Format) -> usize {
        match format {
            Format::Sarif => sarif::over_the_limit(self),
            _ => 0,
        }
    }

    /// The last line of the text: `2 errors, 1 warning in 40 items`.
    fn total(&self) -> String {
        let mut total = String::new();
        for level in [Level::Error, Level::Warning, Level::Note] {
            let count = self.count_level(level);
            if count > 0 {
                let comma = if total.is_empty() { "" } else { ", " };
                let _ = write!(total, "{comma}{}", plural(count, level.as_str()));
            }
        }
        if total.is_empty() {
            total.push_str("nothing to report");
        }
        let left_out = self.diagnostics.len() - self.shown().len();
        if left_out > 0 {
            let _ = write!(total, " ({left_out} not shown)");
        }
        let read = match self.documents.len() {
            0 => plural(self.items, "item"),
            count => plural(count, "document"),
        };
        let _ = write!(total, " in {read}");
        if self.unreadable > 0 {
            let _ =
                write!(total, " and {} that could not be read", plural(self.unreadable, "file"));
        }
        if self.against_base {
            let _ = write!(total, "; the base had {} already", self.known);
        }
        total
    }
}

/// So many entries are rendered at a time.
const PIECE: usize = 250;

/// Renders pieces of a list side by side and passes them on in order. Only a few are held at once.
fn in_pieces<T: Sync>(
    entries: &[T],
    render: impl Fn(&[T]) -> String + Sync,
    mut take: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    for group in entries.chunks(PIECE * 8) {
        let texts: Vec<String> = group.par_chunks(PIECE).map(&render).collect();
        texts.iter().try_for_each(|text| take(text))?;
    }
    Ok(())
}
