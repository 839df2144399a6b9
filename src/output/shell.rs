use std::borrow::Cow;

/// Writes a text as one word of a shell: in single quotes where a shell would read more into it. What
/// others wrote stands in commands that people copy.
pub fn shell_word(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.into();
    }
    format!("'{}'", text.replace('\'', r"'\''")).into()
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
