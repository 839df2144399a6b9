//! Markdown as GitHub and GitLab read it: a report for a job summary or a comment, and the escape of
//! text inside any Markdown.

use std::fmt::Write as _;

use super::{Report, visible};
use crate::diagnostic::{Diagnostic, Level};

/// GitHub refuses a comment of more characters. We count bytes, which are never fewer, and keep
/// room for the closing lines.
pub const LONGEST: usize = 65_536;

/// Room kept for the lines that say what was left out.
const CLOSING: usize = 1_000;

/// Rows that a table shows.
const ROWS: usize = 50;

/// Characters of a cell, before they are escaped.
const CELL: usize = 400;

/// Tables of the diagnostics, errors first, that fit into a comment.
pub(super) fn render(report: &Report) -> String {
    let mut out = format!("### poam: {}\n", report.total());
    let mut cut = false;
    for level in [Level::Error, Level::Warning, Level::Note] {
        let of_level = report.diagnostics.iter().filter(|one| one.level == level);
        let mut left = report.count(level);
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
            String::from("| Place | Rule | What | Way out |\n| --- | --- | --- | --- |\n");
        for diagnostic in of_level.take(ROWS) {
            let row = row(diagnostic);
            if out.len() + rows.len() + row.len() > LONGEST - CLOSING {
                break;
            }
            rows.push_str(&row);
            left -= 1;
        }
        if left < report.count(level) {
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

fn row(diagnostic: &Diagnostic) -> String {
    let cell = |text: &str| match text.char_indices().nth(CELL) {
        Some((end, _)) => format!("{}…", escape(&text[..end])),
        None => escape(text),
    };
    let label = &diagnostic.label;
    // Rules are named by us; their names need no escape.
    format!(
        "| {}:{} | `{}` | {} | {} |\n",
        cell(&label.path),
        label.start.line,
        diagnostic.rule,
        cell(&diagnostic.message),
        cell(diagnostic.help.as_deref().unwrap_or_default()),
    )
}

/// Text from an item inside a line or a table cell of Markdown: shown as it is, never as markup,
/// a link, HTML, a new line, another column or a mention that notifies somebody.
pub fn escape(text: &str) -> String {
    let one_line: String = text
        .trim()
        .chars()
        .map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c })
        .collect();
    let shown = visible(&one_line);
    let digit = |c: char| c.is_ascii_digit();
    let mut out = String::with_capacity(shown.len() + 8);
    for (at, c) in shown.char_indices() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => {
                out.push('\\');
                out.push(c);
                // `#12` and `!12` are looked for after the backslash has gone.
                if matches!(c, '#' | '!') && shown[at + 1..].starts_with(digit) {
                    out.push_str("&#8203;");
                }
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' if is_entity(&shown[at + 1..]) => out.push_str("&amp;"),
            // A space of no width keeps `@name` from being a mention, and an address from being a
            // link.
            '@' => out.push_str("@&#8203;"),
            ':' if shown[at + 1..].starts_with("//") => out.push_str(":&#8203;"),
            '.' if ends_with_www(&shown[..at]) => out.push_str("&#8203;."),
            // `GH-12` is a reference to number 12, as `#12` is.
            '-' if ends_with_gh(&shown[..at]) && shown[at + 1..].starts_with(digit) => {
                out.push_str("-&#8203;");
            }
            c => out.push(c),
        }
    }
    out
}

/// The same where the text begins a line or an entry of a list: it does not begin another list or
/// a rule either.
pub fn escape_line(text: &str) -> String {
    let mut out = escape(text);
    let digits = out.bytes().take_while(u8::is_ascii_digit).count();
    if out.starts_with(['-', '+', '=']) {
        out.insert(0, '\\');
    } else if digits > 0 && out[digits..].starts_with(['.', ')']) {
        out.insert(digits, '\\');
    }
    out
}

fn ends_with_www(before: &str) -> bool {
    let start = before.len().saturating_sub(3);
    before.get(start..).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

/// Whether a text ends with `GH` as a word of its own.
fn ends_with_gh(before: &str) -> bool {
    let start = before.len().saturating_sub(2);
    let is_gh = before.get(start..).is_some_and(|end| end.eq_ignore_ascii_case("gh"));
    let letter_before = before.get(..start).and_then(|text| text.chars().next_back());
    is_gh && !letter_before.is_some_and(char::is_alphanumeric)
}

/// Whether what follows a `&` makes it an entity: `amp;`, `#38;`.
fn is_entity(rest: &str) -> bool {
    let name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '#');
    name.len() < rest.len() && name.starts_with(';')
}

#[cfg(test)]
mod tests {
    use super::{escape, escape_line};

    #[test]
    fn nothing_is_markup() {
        for (text, expected) in [
            ("plain 漢字", "plain 漢字"),
            ("a|b\nc\r\nd", "a\\|b c  d"),
            ("`x` *y* __z__", "\\`x\\` \\*y\\* \\_\\_z\\_\\_"),
            ("<img src=x> &lt; &#60;", "&lt;img src=x&gt; &amp;lt; &amp;\\#&#8203;60;"),
            ("POA&M; R&D & so on;", "POA&amp;M; R&D & so on;"),
            ("[a](javascript:b) ![c](d)", "\\[a\\](javascript:b) \\!\\[c\\](d)"),
            ("https://a.b WWW.c.d", "https:&#8203;//a.b WWW&#8203;.c.d"),
            ("#12 !3 #x", "\\#&#8203;12 \\!&#8203;3 \\#x"),
            ("GH-12 (gh-3), AGH-4 GH-x", "GH-&#8203;12 (gh-&#8203;3), AGH-4 GH-x"),
            ("\\| @ann", "\\\\\\| @&#8203;ann"),
            ("\u{1b}[31m\u{202e}", "\\\\u{1b}\\[31m\\\\u{202e}"),
        ] {
            assert_eq!(escape(text), expected);
        }
    }

    #[test]
    fn a_line_begins_with_itself() {
        for (text, expected) in [
            ("- a", "\\- a"),
            ("---", "\\---"),
            ("12. a", "12\\. a"),
            ("1) a", "1\\) a"),
            ("2026-01", "2026-01"),
            ("# a", "\\# a"),
            ("é", "é"),
        ] {
            assert_eq!(escape_line(text), expected);
        }
    }
}
