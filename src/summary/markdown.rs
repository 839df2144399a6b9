use super::Summary;
use super::sections::{self, Body};
use crate::output::markdown::escape;

/// Rows of a list that are shown; the rest is counted.
const ROWS: usize = 50;

/// The same parts as the text, as tables and lists of Markdown.
pub(super) fn render(summary: &Summary) -> String {
    let title = escape(&sections::title(summary));
    let mut out = format!("## {title}\n\n**{}**\n", sections::headline(summary));
    for section in sections::of(summary) {
        out += &format!("\n### {}\n\n", escape(&section.title));
        match section.body {
            Body::Table(table) => out += &table.markdown(),
            Body::List(mut table) => {
                let more = table.rows.len().saturating_sub(ROWS);
                table.rows.truncate(ROWS);
                out += &table.markdown();
                if more > 0 {
                    out += &format!("\n… and {more} more\n");
                }
            }
            Body::Lines(lines) => {
                for line in lines {
                    out += &format!("- {}\n", escape(&line));
                }
            }
        }
    }
    out
}
