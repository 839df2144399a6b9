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
    let mut out = String::with_capacity(one_line.len() + 8);
    for c in visible(&one_line).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A space of no width keeps `@name` from being a mention.
            '@' => out.push_str("@&#8203;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_is_markup() {
        for (text, expected) in [
            ("plain 漢字", "plain 漢字"),
            ("a|b\nc\r\nd", "a\\|b c  d"),
            ("`x` *y* __z__", "\\`x\\` \\*y\\* \\_\\_z\\_\\_"),
            ("<img src=x> &lt;", "&lt;img src=x&gt; &amp;lt;"),
            ("[a](javascript:b) ![c](d)", "\\[a\\](javascript:b) \\!\\[c\\](d)"),
            ("\\| @ann", "\\\\\\| @&#8203;ann"),
            ("\u{1b}[31m\u{202e}", "\\\\u{1b}\\[31m\\\\u{202e}"),
        ] {
            assert_eq!(escape(text), expected);
        }
    }
}
