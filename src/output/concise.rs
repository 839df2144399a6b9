//! Renders diagnostics as one line each, as editors and `grep` read them.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{ValidationReport, in_pieces};
use crate::diagnostic::Diagnostic;
use crate::text::visible;

/// Writes one line for each diagnostic, as editors and `grep` read it:
/// `file:line:column: level[rule] message`.
pub(super) fn write(report: &ValidationReport, out: &mut dyn Write) -> io::Result<()> {
    let lines = |diagnostics: &[Diagnostic]| {
        let mut text = String::new();
        for diagnostic in diagnostics {
            let (label, level) = (&diagnostic.label, diagnostic.level);
            // A file in full has no line.
            let place = match label.source {
                Some(_) => format!(":{}:{}", label.start.line, label.start.column),
                None => String::new(),
            };
            let path = visible(&label.path);
            let message = visible(&diagnostic.message);
            let _ = writeln!(text, "{path}{place}: {level}[{}] {message}", diagnostic.rule);
        }
        text
    };
    in_pieces(report.shown(), lines, |piece| out.write_all(piece.as_bytes()))?;
    writeln!(out, "{}", report.total())
}
