//! Escapes text of others inside Markdown, as GitHub and GitLab read it.

use super::visible;

/// GitHub refuses a comment of more characters. Bytes are counted, which are never fewer.
pub const LONGEST: usize = 65_536;

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
                // `#12` and `!12` are looked for after the backslash has gone.
                if matches!(c, '#' | '!') && shown[at + 1..].starts_with(is_digit) {
                    out.push_str("&#8203;");
                }
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' if is_entity(&shown[at + 1..]) => out.push_str("&amp;"),
            // A space of no width retains `@name` from being a mention, and an address from being a
            // link.
            '@' => out.push_str("@&#8203;"),
            ':' if shown[at + 1..].starts_with("//") => out.push_str(":&#8203;"),
            '.' if ends_with_www(&shown[..at]) => out.push_str("&#8203;."),
            // `GH-12` is a reference to number 12, as `#12` is.
            '-' if ends_with_gh(&shown[..at]) && shown[at + 1..].starts_with(is_digit) => {
                out.push_str("-&#8203;");
            }
            c => out.push(c),
        }
    }
    out
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Escapes a text like [`escape`], but shows what is between two backticks as code where it holds
/// nothing that could end the code or be read in another way.
pub fn escape_with_code(text: &str) -> String {
    let parts: Vec<&str> = text.trim().split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escape(text);
    }
    let is_plain = |c: char| c.is_alphanumeric() || " -_./:,+=()'{}".contains(c);
    let mut out = String::new();
    for (at, part) in parts.iter().enumerate() {
        let is_code = at % 2 == 1;
        if !is_code {
            // The spaces between text and code count, which `escape` takes off.
            let start = part.len() - part.trim_start().len();
            let end = part.trim_end().len();
            if start >= end {
                out.push_str(if part.is_empty() { "" } else { " " });
                continue;
            }
            out.push_str(if start > 0 { " " } else { "" });
            out.push_str(&escape(part));
            out.push_str(if end < part.len() { " " } else { "" });
        } else if !part.trim().is_empty() && part.chars().all(is_plain) {
            out.push('`');
            out.push_str(part);
            out.push('`');
        } else {
            out.push_str("\\`");
            out.push_str(&escape(part));
            out.push_str("\\`");
        }
    }
    out
}

/// Escapes a text that begins a line or an entry of a list, so that it begins no other list and no rule
/// either.
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

/// Returns whether a text ends with `GH` as a word of its own.
fn ends_with_gh(before: &str) -> bool {
    let start = before.len().saturating_sub(2);
    let is_gh = before.get(start..).is_some_and(|end| end.eq_ignore_ascii_case("gh"));
    let letter_before = before.get(..start).and_then(|text| text.chars().next_back());
    is_gh && !letter_before.is_some_and(char::is_alphanumeric)
}

/// Returns whether the text after a `&` makes it an entity: `amp;`, `#38;`.
fn is_entity(rest: &str) -> bool {
    let name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '#');
    name.len() < rest.len() && name.starts_with(';')
}

#[cfg(test)]
mod tests {
    use super::{escape, escape_line, escape_with_code};

    #[test]
    fn code_is_shown_as_code_and_nothing_else_is() {
        for (text, expected) in [
            ("item `V-7` is `a b`", "item `V-7` is `a b`"),
            ("`V-7`: *x*", "`V-7`: \\*x\\*"),
            ("one ` only", "one \\` only"),
            ("`a|b` `@ann` ``", "\\`a\\|b\\` \\`@&#8203;ann\\` \\`\\`"),
            ("`poam diff` lists", "`poam diff` lists"),
        ] {
            assert_eq!(escape_with_code(text), expected);
        }
    }

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
