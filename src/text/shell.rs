//! Words of a shell.

use std::borrow::Cow;

/// Writes a text as one word of a shell: in single quotes where a shell would read more into it. What
/// others wrote is in commands that people copy.
pub fn shell_word(text: &str) -> Cow<'_, str> {
    if !text.is_empty() && text.chars().all(is_plain_char) {
        return text.into();
    }
    format!("'{}'", text.replace('\'', r"'\''")).into()
}

fn is_plain_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_text_back() {
        for (id, word) in [("V-1", "V-1"), ("VS-1-AC(2)", "'VS-1-AC(2)'"), ("a'b", r"'a'\''b'")] {
            assert_eq!(shell_word(id), word);
        }
    }
}
