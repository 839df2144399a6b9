//! Texts as a reader distinguishes them.

/// Normalizes a text so that texts that look alike become equal: without invisible characters, with
/// single blanks, in lower case.
pub fn normalize_look(text: &str) -> String {
    let seen = without_invisible(text).to_lowercase();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns a text without the characters that show nothing, blanks and line ends apart.
pub fn without_invisible(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).collect()
}

/// Returns whether a text has no visible character.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// Returns whether a character is invisible: those that Unicode lets every font ignore, and control
/// characters that are no blanks.
pub(super) fn is_invisible(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::{is_blank, normalize_look};

    #[test]
    fn what_looks_the_same_is_the_same() {
        let same = [
            "Jane Doe",
            "jane  DOE",
            " Jane\u{a0}Doe\n",
            "Ja\u{200b}ne Doe",
            "\u{feff}Jane Do\u{ad}e",
            "Jane\u{2060} \u{202a}Doe\u{202c}",
            "Jane\u{3164} Doe\u{e0041}\u{fe0f}",
            "Jane Doe\u{1b}",
        ];
        for text in same {
            assert_eq!(normalize_look(text), "jane doe", "{text:?}");
        }
        assert_eq!(normalize_look("Jane-Doe"), "jane-doe");
        assert_eq!(normalize_look("\u{200b}\u{ad}"), "");
        assert!(is_blank("") && is_blank(" \u{200b}\n\u{ad}") && !is_blank("\u{200b}x"));
    }
}
