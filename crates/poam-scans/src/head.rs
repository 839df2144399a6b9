//! The beginning of a file, by which its format is recognised.

use std::collections::BTreeSet;

/// Keys of JSON objects count down to so many levels of objects.
const KEY_DEPTH: usize = 3;

/// The beginning of a file, as the formats look at it.
pub(crate) struct Head {
    text: String,
    keys: BTreeSet<String>,
}

impl Head {
    /// Decodes the beginning of a file; a character that is cut at the end is dropped.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start().to_owned();
        let keys = if text.starts_with(['{', '[']) { outer_keys(&text) } else { BTreeSet::new() };
        Self { text, keys }
    }

    /// Returns whether the text begins as JSON does.
    pub(crate) fn is_json(&self) -> bool {
        self.text.starts_with(['{', '['])
    }

    /// Returns whether the text is a JSON array.
    pub(crate) fn is_list(&self) -> bool {
        self.text.starts_with('[')
    }

    /// Returns whether the text begins as XML does and holds the start of an element. A prefix of the
    /// name does not matter.
    pub(crate) fn has_element(&self, name: &str) -> bool {
        self.text.starts_with('<')
            && (self.text.contains(&format!("<{name}")) || self.text.contains(&format!(":{name} ")))
    }

    /// Returns whether the text is an XML document that uses a namespace.
    pub(crate) fn has_namespace(&self, start: &str) -> bool {
        self.text.starts_with('<') && self.text.contains(&format!("=\"{start}"))
    }

    /// Returns whether the text begins as JSON does and all of the keys are in the outer levels of its
    /// objects.
    pub(crate) fn has_keys(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| self.keys.contains(*key))
    }

    /// Returns whether a JSON text holds this text.
    pub(crate) fn json_contains(&self, text: &str) -> bool {
        self.is_json() && self.text.contains(text)
    }

    /// Returns whether the entire text is this one, white space left out.
    pub(crate) fn is_compactly(&self, text: &str) -> bool {
        self.text.chars().filter(|c| !c.is_whitespace()).eq(text.chars())
    }

    /// Returns the first lines, which hold the header of a CSV file.
    pub(crate) fn first_lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines().take(12)
    }
}

/// Returns the keys in the outer levels of objects of a JSON text, which may be cut off. Texts in values
/// are no keys.
fn outer_keys(text: &str) -> BTreeSet<String> {
    let bytes = text.as_bytes();
    let mut keys = BTreeSet::new();
    let mut open: Vec<u8> = Vec::new();
    let mut objects = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let start = at + 1;
                let Some(length) = string_length(&bytes[start..]) else { return keys };
                at = start + length;
                let after = bytes[at + 1..].iter().find(|byte| !byte.is_ascii_whitespace());
                if objects <= KEY_DEPTH
                    && open.last() == Some(&b'{')
                    && after == Some(&b':')
                    && let Some(key) = text.get(start..at)
                    && !keys.contains(key)
                {
                    keys.insert(key.to_owned());
                }
            }
            byte @ (b'{' | b'[') => {
                objects += usize::from(byte == b'{');
                open.push(byte);
            }
            b'}' | b']' => {
                let closed = open.pop();
                objects -= usize::from(closed == Some(b'{'));
            }
            _ => {}
        }
        at += 1;
    }
    keys
}

/// Returns the length of a string up to its closing quote; `None` where it is cut off.
fn string_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return Some(at),
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Head, outer_keys};

    #[test]
    fn keys_of_the_outer_levels_are_found_in_cut_text() {
        let text =
            r#"[{"a\"b": {"c": {"d": {"e": 1}}, "x": "\"y\": 1"}, "list": ["z", {"cut": "of"#;
        let found: Vec<String> = outer_keys(text).into_iter().collect();
        assert_eq!(found, [r#"a\"b"#, "c", "cut", "d", "list", "x"]);
        assert!(Head::new(b"<a/>").keys.is_empty());
    }
}
