//! Markdown as GitHub and GitLab read it.

use super::visible;

/// Text from an item inside a line or a table cell of Markdown: shown as it is, never as markup,
/// a link, HTML, a new line, another column or a mention that notifies somebody.
pub fn escape(text: &str) -> String {
    let one_line: String = text
        .trim()
        .chars()
        .map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c })
        .collect();
    let shown = visible(&one_line);
    let mut out = String::with_capacity(shown.len() + 8);
    for (at, c) in shown.char_indices() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' if is_entity(&shown[at + 1..]) => out.push_str("&amp;"),
            // A space of no width keeps `@name` from being a mention.
            '@' => out.push_str("@&#8203;"),
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
            ("<img src=x> &lt; &#60;", "&lt;img src=x&gt; &amp;lt; &amp;\\#60;"),
            ("POA&M; R&D & so on;", "POA&amp;M; R&D & so on;"),
            ("[a](javascript:b) ![c](d)", "\\[a\\](javascript:b) \\!\\[c\\](d)"),
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
