//! Diagnostics as Markdown that GitHub and GitLab read: for a job summary or a comment.

use std::fmt::Write as _;

use super::ValidationReport;
use crate::diagnostic::{Diagnostic, Level};
use crate::text::markdown::{LONGEST, escape};

/// Space reserved for the lines that state what was left out.
const CLOSING: usize = 1_000;

/// Rows that a table shows.
const ROWS: usize = 50;

/// Characters of a cell, before they are escaped.
const CELL: usize = 400;

/// Tables of the diagnostics, errors first, that fit into a comment.
pub(super) fn render(report: &ValidationReport) -> String {
    let mut out = format!("### poam: {}\n", report.total());
    let mut cut = false;
    for level in [Level::Error, Level::Warning, Level::Note] {
        let of_level = report.diagnostics.iter().filter(|one| one.level == level);
        let mut left = report.count_level(level);
        if left == 0 {
            continue;
        }
        let title = match level {
            Level::Error => "Errors",
            Level::Warning => "Warnings",
            Level::Note => "Notes",
        };
        let _ = write!(out, "\n#### {title}\n\n");
        let mut rows =
            String::from("| Place | Rule | Problem | Fix |\n| --- | --- | --- | --- |\n");
        for diagnostic in of_level.take(ROWS) {
            let row = diagnostic_row(diagnostic);
            if out.len() + rows.len() + row.len() > LONGEST - CLOSING {
                break;
            }
            rows.push_str(&row);
            left -= 1;
        }
        if left < report.count_level(level) {
            out.push_str(&rows);
        }
        if left > 0 {
            let _ = writeln!(out, "\n… and {left} more");
            cut = true;
        }
    }
    if cut {
        out.push_str("\n`poam validate` lists all of them.\n");
    }
    out
}

fn diagnostic_row(diagnostic: &Diagnostic) -> String {
    let label = &diagnostic.label;
    // Rules are named by us; their names need no escape.
    format!(
        "| {}:{} | `{}` | {} | {} |\n",
        table_cell(&label.path),
        label.start.line,
        diagnostic.rule,
        table_cell(&diagnostic.message),
        table_cell(diagnostic.help.as_deref().unwrap_or_default()),
    )
}

fn table_cell(text: &str) -> String {
    match text.char_indices().nth(CELL) {
        Some((end, _)) => format!("{}…", escape(&text[..end])),
        None => escape(text),
    }
}
