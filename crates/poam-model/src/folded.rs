//! Texts as a reader distinguishes them.

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::confusable_detection::skeleton;

/// Normalizes a text so that texts that look alike become equal: in [`plain_form`], in lower case.
pub fn normalize_look(text: &str) -> String {
    plain_form(text).to_lowercase()
}

/// Returns a text as somebody would type it: full-width letters, digits and ligatures as usual ones (Unicode's
/// compatibility form, NFKC), every hyphen and dash as `-`, without invisible characters, with single
/// blanks.
pub fn plain_form(text: &str) -> String {
    let single = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_ascii() {
        return single(&without_invisible(text));
    }
    let plain: String = without_invisible(text).nfkc().map(plain_dash).collect();
    single(&plain)
}

fn plain_dash(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{2212}'
        | '\u{2e3a}'..='\u{2e3b}'
        | '\u{58a}'
        | '\u{1806}' => '-',
        other => other,
    }
}

/// Returns keys of a short text such as an id: texts that a reader takes for each other have one of them in
/// common. They are made from Unicode's table of characters that are confused with others (UTS 39), for the
/// text as it is, in small and in capital letters: `В-1` (Cyrillic) looks like `B-1`, `V-1` like `v-1`
/// and `V-l`.
pub(crate) fn look_keys(text: &str) -> [String; 3] {
    let plain = plain_form(text);
    let plain = plain.trim_end_matches(['.', ' ']);
    let key = |text: &str| skeleton(text).map(plain_dash).collect::<String>();
    [key(plain), key(&plain.to_lowercase()), key(&plain.to_uppercase())]
}

/// Returns whether a reader takes two short texts for each other.
pub fn looks_like(one: &str, other: &str) -> bool {
    one == other || look_keys(one).iter().zip(&look_keys(other)).any(|(one, other)| one == other)
}

/// Names the characters of a text that are not on every keyboard: `U+2011`. Empty where there is none.
pub fn odd_characters(text: &str) -> String {
    let odd = text.chars().filter(|c| !c.is_ascii() || c.is_control());
    let mut names: Vec<String> = odd.map(|c| format!("U+{:04X}", u32::from(c))).collect();
    names.dedup();
    names.join(" ")
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
    use super::{is_blank, looks_like, normalize_look, odd_characters, plain_form};

    #[test]
    fn what_is_typed_otherwise_has_one_plain_form() {
        for (text, plain) in [
            ("V\u{2010}1", "V-1"),
            ("V\u{2011}1", "V-1"),
            ("V\u{2013}1", "V-1"),
            ("V\u{2014}1", "V-1"),
            ("V\u{2212}1", "V-1"),
            ("\u{ff36}\u{ff0d}\u{ff11}", "V-1"),
            ("CVE\u{2011}2021\u{2011}44228", "CVE-2021-44228"),
            ("o\u{fb03}ce", "office"),
            ("V-1\u{200b}", "V-1"),
            ("e\u{301}", "\u{e9}"),
            (" V-1\u{a0}", "V-1"),
        ] {
            assert_eq!(plain_form(text), plain, "{text:?}");
        }
    }

    /// Pairs of Unicode's table of confusable characters, and of case.
    #[test]
    fn what_is_taken_for_each_other_looks_alike() {
        for (one, other) in [
            ("V-1", "v-1"),
            ("V-1", "V\u{2011}1"),
            ("V-1", "V\u{2014}1"),
            ("V-1", "\u{ff36}-1"),
            ("B-1", "\u{412}-1"),
            ("B-1", "\u{392}-1"),
            ("v-1", "\u{3bd}-1"),
            ("AC-2", "A\u{421}-2"),
            ("V-1", "V-l"),
            ("V-10", "V-1O"),
            ("V-1", "V-1."),
            ("V-1", "V-1 "),
            ("V-1", "V-\u{200b}1"),
            ("\u{e9}", "e\u{301}"),
        ] {
            assert!(looks_like(one, other), "{one} {other}");
        }
        for (one, other) in
            [("V-1", "V-2"), ("SI-2", "SL-2"), ("V-1", "V-11"), ("AC-2", "AC-2(1)"), ("a b", "ab")]
        {
            assert!(!looks_like(one, other), "{one} {other}");
        }
        assert_eq!(odd_characters("V\u{2011}1"), "U+2011");
        assert_eq!(odd_characters("V-1"), "");
    }

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
