//! Rows as CSV.

use std::borrow::Cow;

/// Rows as CSV text, with CRLF as the format wants. A cell that begins like a formula gets an
/// apostrophe in front: a spreadsheet that opens the file must not calculate what others wrote. What
/// would steer a terminal is written as an escape (`\u{1b}`).
pub fn csv_rows(rows: impl Iterator<Item = Vec<String>>) -> Result<String, std::io::Error> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| escape_formula(&remove_controls(cell))))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns a cell without characters that do something else than showing themselves: control
/// characters, blanks and line ends apart, and those that turn the direction of text.
fn remove_controls(cell: &str) -> Cow<'_, str> {
    if !cell.contains(steers_terminal) {
        return Cow::Borrowed(cell);
    }
    let mut shown = String::with_capacity(cell.len() + 8);
    for c in cell.chars() {
        if steers_terminal(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

fn steers_terminal(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that make a spreadsheet calculate, where a cell begins with one (OWASP, *CSV
/// Injection*).
const CALCULATES: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Returns a cell that no spreadsheet calculates. A cell that looks as if it had got its apostrophe
/// here gets another one, so that [`unescape_cell`] takes off what this put on and nothing else.
fn escape_formula(cell: &str) -> String {
    let formula = cell.starts_with(CALCULATES) && cell.parse::<f64>().is_err();
    if formula || is_escaped(cell) { format!("'{cell}") } else { cell.to_owned() }
}

/// Returns the text that was meant by a cell of a CSV file: without the apostrophe before what
/// looks like a formula.
pub(super) fn unescape_cell(cell: &str) -> &str {
    if is_escaped(cell) { &cell[1..] } else { cell }
}

fn is_escaped(cell: &str) -> bool {
    let rest = cell.trim_start_matches('\'');
    rest.len() < cell.len() && rest.starts_with(CALCULATES)
}

#[cfg(test)]
mod tests {
    use super::{csv_rows, escape_formula, unescape_cell};

    #[test]
    fn what_is_made_harmless_reads_back() {
        for (cell, shown) in [
            ("=1+1", "'=1+1"),
            ("'=1+1", "''=1+1"),
            ("'tis", "'tis"),
            ("-5", "-5"),
            ("\tx", "'\tx"),
            ("'", "'"),
            ("", ""),
        ] {
            assert_eq!((escape_formula(cell).as_str(), unescape_cell(shown)), (shown, cell));
        }
    }

    #[test]
    fn nothing_is_calculated_and_nothing_breaks_the_row() {
        let row =
            ["=1+1", "-5", "a,b", "two\nlines", "say \"x\"", "@x"].map(str::to_owned).to_vec();
        assert_eq!(
            csv_rows(std::iter::once(row)).unwrap(),
            "'=1+1,-5,\"a,b\",\"two\nlines\",\"say \"\"x\"\"\",'@x\r\n"
        );
        let row = ["a\u{1b}[31mb\u{9b}", "\u{202e}x", "\t\u{7f}", "漢\u{200d}字"];
        assert_eq!(
            csv_rows(std::iter::once(row.map(str::to_owned).to_vec())).unwrap(),
            "a\\u{1b}[31mb\\u{9b},\\u{202e}x,'\t\\u{7f},漢\u{200d}字\r\n"
        );
    }
}
