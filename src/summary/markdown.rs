//! Renders a summary as Markdown.

use super::Summary;
use super::sections::{self, Body};
use crate::text::markdown::{escape, escape_line};

/// Rows of a list that are shown; the rest is counted.
const ROWS: usize = 50;

/// Renders a summary as tables and lists of Markdown, with the sections of the text form.
pub(super) fn render(summary: &Summary) -> String {
    let title = escape(&sections::title(summary));
    let mut out = format!("## {title}\n\n**{}**\n", sections::headline(summary));
    for section in sections::build(summary) {
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
                    out += &format!("- {}\n", escape_line(&line));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, settings, tracker, tracker_history};
    use super::*;

    #[test]
    fn tables_hold_what_people_wrote_as_text() {
        let settings = settings("system: {name: '<b>Cloud'}\n");
        let history = tracker_history();
        let summary =
            Summary::compute(&tracker(), &settings, Some(&history), day("2026-06-05"), None);
        let found = render(&summary);
        for part in [
            "## &lt;b&gt;Cloud: POA&M on 2026-06-05\n\n**20 open, 15 overdue, 1 due within 14 days, 1 closed**\n\n### Escalation triggers: Major Concern\n\n- E-06, detailed finding review: ",
            "\n| high | 3 | 3 | 1 | 1 | 1 | - | - | 1 |\n",
            "\n| V-02 | high | 2026-05-31 | 5 days | Mal\\|lory \\`\\\\u{1b}\\[31m\\`&lt;b&gt; @&#8203;all | Weakness V-02 |\n",
            "\n- items/\\\\u{1b}bad.yaml\n",
        ] {
            assert!(found.contains(part), "{part}\n---\n{found}");
        }
        assert!(!found.contains(['\u{1b}', '<']));
        let cells = found.lines().filter(|line| line.starts_with("| V-"));
        for line in cells {
            let bars = line.replace("\\|", "").matches('|').count();
            assert!((5..=10).contains(&bars), "{line}");
        }
    }
}
