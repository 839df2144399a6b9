//! GitHub's workflow commands: annotations beside the lines of a pull request.
//!
//! GitHub retains the first ten annotations of a level for a step and drops the rest without a word.
//! Where a level has more, the tenth states how many are not shown and where they are; so does the last
//! line. The commands of those follow all the same: the log of the step shows their messages.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::ValidationReport;
use super::console::{OutputKind, neutralise_commands};
use super::place::last_line;
use crate::diagnostic::{Diagnostic, Label, Level};
use crate::text::steers;
use crate::text::{plural, visible};

/// Number of annotations of a level that GitHub shows for a step.
const SHOWN: usize = 10;

/// Where the others are.
const ELSEWHERE: &str = "GitHub shows 10 annotations of a level for a step; `poam validate` and its \
    `--format markdown`, the job summary, list all with their places";

pub(super) fn render(report: &ValidationReport) -> String {
    let mut out = String::new();
    let mut cut = false;
    for level in [Level::Error, Level::Warning, Level::Note] {
        let of_level = report.diagnostics.iter().filter(|one| one.level == level);
        let count = report.count_level(level);
        for (at, diagnostic) in of_level.enumerate() {
            if count > SHOWN && at == SHOWN - 1 {
                let more = plural(count - at, &format!("more {level}"));
                let _ = writeln!(out, "::{} title=poam::{more}: {ELSEWHERE}", level_command(level));
                cut = true;
            }
            write_annotation(&mut out, diagnostic);
        }
    }
    // A line without a command is an ordinary line of the log. It holds nothing of the items.
    out.push_str(&report.total());
    if cut {
        let _ = write!(out, ": {ELSEWHERE}");
    }
    out.push('\n');
    out
}

fn level_command(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    }
}

fn write_annotation(out: &mut String, diagnostic: &Diagnostic) {
    let label = &diagnostic.label;
    let _ =
        write!(out, "::{} file={}", level_command(diagnostic.level), escape_property(&path(label)));
    let _ = write!(out, ",line={},endLine={}", label.start.line, last_line(label));
    // GitHub takes columns only within one line, and its last column is part of the place.
    if label.source.is_some() && label.start.line == label.end.line {
        let last = label.start.column.max(label.end.column.saturating_sub(1));
        let _ = write!(out, ",col={},endColumn={last}", label.start.column);
    }
    let _ = write!(out, ",title={}::", escape_property(diagnostic.rule));
    out.push_str(&escape_data(&visible(&diagnostic.message)));
    if let Some(help) = &diagnostic.help {
        let _ = write!(out, "%0Ahelp: {}", escape_data(&visible(help)));
    }
    for label in &diagnostic.related {
        let says = if label.message.is_empty() { "see also" } else { &label.message };
        let place = format!("{}:{}", visible(&label.path), label.start.line);
        let _ = write!(out, "%0A{}: {}", escape_data(&visible(says)), escape_data(&place));
    }
    out.push('\n');
}

/// A path as GitHub finds the file by it. One that would steer a terminal is only shown; the joiners
/// of some scripts do not.
fn path(label: &Label) -> Cow<'_, str> {
    let path = &label.path;
    if path.contains(is_odd_char) { visible(path) } else { Cow::Borrowed(path) }
}

fn is_odd_char(c: char) -> bool {
    steers(c) && !matches!(c, '\u{200c}' | '\u{200d}')
}

/// The escapes of a message, as GitHub's own toolkit writes them. The lines go to the log as they are, so that
/// commands of other runners are neutralised here.
fn escape_data(text: &str) -> String {
    let neutral = neutralise_commands(text.as_bytes(), OutputKind::Text, true);
    let neutral = neutral.and_then(|bytes| String::from_utf8(bytes).ok());
    neutral.as_deref().unwrap_or(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The escapes of a value before the message.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_of_annotations_holds_no_command_of_another_runner() {
        let label = Label::whole_file("items/##vso[task.setvariable]V-1.yaml");
        let message = "owner is `##vso[task.complete]x ##[error]y section_start:12:z`";
        let diagnostics = vec![
            Diagnostic::new("missing-owner", label, message)
                .help("write ##[group]")
                .also(Label::whole_file("items/V-2.yaml").says("##teamcity[a]")),
        ];
        let report = ValidationReport { diagnostics, ..ValidationReport::default() };
        let shown = render(&report);
        for command in ["##vso[", "##[", "##teamcity[", "section_start:1"] {
            assert!(!shown.contains(command), "{command}: {shown}");
        }
        let message = "::owner is `##vso\\[task.complete]x ##\\[error]y section_start\\:12:z`%0A";
        assert!(shown.contains(message), "{shown}");
        // The command of the line itself is one.
        assert!(shown.starts_with("::error file="), "{shown}");
    }
}
