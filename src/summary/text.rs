use anstyle::{AnsiColor, Style};

use super::Summary;
use super::sections::{self, Body};
use crate::output::visible;

/// Rows of a list that are shown; the rest is counted.
const ROWS: usize = 10;

const BOLD: Style = Style::new().bold();
const HEAD: Style = Style::new().dimmed();
const ALARM: Style = AnsiColor::Red.on_default().bold();

/// For people at a terminal: what presses comes first, what says nothing is left out.
pub(super) fn render(summary: &Summary, color: bool) -> String {
    let paint = |style: Style, text: &str| {
        if color { format!("{style}{text}{style:#}\n") } else { format!("{text}\n") }
    };
    let mut out = paint(BOLD, &visible(&sections::title(summary)));
    let alarm = summary.totals.overdue > 0;
    out += &paint(if alarm { ALARM } else { Style::new() }, &sections::headline(summary));
    for section in sections::of(summary) {
        out.push('\n');
        out += &paint(BOLD, &visible(&section.title));
        match section.body {
            Body::Table(table) => out += &rows(&table.text(), color),
            Body::List(mut table) => {
                let more = table.rows.len().saturating_sub(ROWS);
                table.rows.truncate(ROWS);
                out += &rows(&table.text(), color);
                if more > 0 {
                    out += &format!("  … and {more} more\n");
                }
            }
            Body::Lines(lines) => {
                for line in lines {
                    out += &format!("  {}\n", visible(&line));
                }
            }
        }
    }
    out
}

/// The lines of a table, the first with its titles.
fn rows(lines: &[String], color: bool) -> String {
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        out += &match at {
            0 if color => format!("  {HEAD}{line}{HEAD:#}\n"),
            _ => format!("  {line}\n"),
        };
    }
    out
}
