//! The text of a JSON file with the place of every value that somebody asks for.
//!
//! `serde_json` parses the values. It retains no places, so that the text is scanned once more for those
//! pointers at which something is wrong. The scanner only sees texts that `serde_json` accepted.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::document::escape_step;

/// The bytes of a member's name and of its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JsonPlace {
    /// The name with its quotes; none for entries of lists and for the entire text.
    pub(super) key: Option<Range<usize>>,
    /// The value; of a list or mapping its first character.
    pub(super) value: Range<usize>,
}

/// The places in a text.
#[derive(Debug, Default)]
pub(super) struct JsonPlaces {
    /// The wanted pointers that are there.
    pub(super) found: HashMap<String, JsonPlace>,
    /// Names that are twice in one mapping: the pointer, and the bytes of the second name.
    pub(super) duplicates: Vec<(String, Range<usize>)>,
}

/// Finds the places of pointers in a text that is JSON.
pub(super) fn find_places(text: &str, wanted: &HashSet<String>) -> JsonPlaces {
    let mut scanner = JsonScanner {
        bytes: text.as_bytes(),
        at: if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 },
        pointer: String::new(),
        wanted,
        places: JsonPlaces::default(),
    };
    scanner.value(None);
    scanner.places
}

/// A value that is being read.
struct JsonScanner<'a> {
    bytes: &'a [u8],
    at: usize,
    pointer: String,
    wanted: &'a HashSet<String>,
    places: JsonPlaces,
}

impl JsonScanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Reads a value. The depth is bounded: `serde_json` refuses deeper texts.
    fn value(&mut self, key: Option<Range<usize>>) {
        self.skip_blanks();
        let start = self.at;
        let end = match self.peek() {
            Some(b'{') => {
                self.record(&key, start..start + 1);
                return self.mapping();
            }
            Some(b'[') => {
                self.record(&key, start..start + 1);
                return self.list();
            }
            Some(b'"') => self.string(),
            _ => {
                let is_end = |byte: u8| byte.is_ascii_whitespace() || b",]}".contains(&byte);
                while self.peek().is_some_and(|byte| !is_end(byte)) {
                    self.at += 1;
                }
                self.at
            }
        };
        self.record(&key, start..end);
    }

    fn record(&mut self, key: &Option<Range<usize>>, value: Range<usize>) {
        if self.wanted.contains(&self.pointer) {
            self.places.found.insert(self.pointer.clone(), JsonPlace { key: key.clone(), value });
        }
    }

    /// Moves behind a string and returns where it ends.
    fn string(&mut self) -> usize {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += match byte {
                b'\\' => 2,
                _ => 1,
            };
            if byte == b'"' {
                break;
            }
        }
        self.at
    }

    fn mapping(&mut self) {
        self.at += 1;
        let mut names: HashSet<String> = HashSet::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b'"') => {}
                Some(b',') => {
                    self.at += 1;
                    continue;
                }
                Some(b'}') => {
                    self.at += 1;
                    return;
                }
                _ => return,
            }
            let start = self.at;
            let end = self.string();
            let quoted = self.bytes.get(start..end).unwrap_or_default();
            let name: String = serde_json::from_slice(quoted).unwrap_or_default();
            let length = self.pointer.len();
            self.pointer.push('/');
            self.pointer.push_str(&escape_step(&name));
            if !names.insert(name) {
                self.places.duplicates.push((self.pointer.clone(), start..end));
            }
            self.skip_blanks();
            // The colon.
            self.at += 1;
            self.value(Some(start..end));
            self.pointer.truncate(length);
        }
    }

    fn list(&mut self) {
        self.at += 1;
        let mut index = 0usize;
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    continue;
                }
                Some(b']') => {
                    self.at += 1;
                    return;
                }
                None => return,
                Some(_) => {}
            }
            let (length, before) = (self.pointer.len(), self.at);
            self.pointer.push('/');
            self.pointer.push_str(&index.to_string());
            self.value(None);
            self.pointer.truncate(length);
            index += 1;
            if self.at == before {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_names_and_values() {
        let text =
            "\u{feff}{ \"a\": [1, {\"b/c\" : \"x\\\"]\"}, true],\n \"a\\u0062\": {}, \"a\": null }";
        let wanted: HashSet<String> =
            ["", "/a/0", "/a/1/b~1c", "/a/2", "/ab", "/none"].map(str::to_owned).into();
        let places = find_places(text, &wanted);
        let quoted = |pointer: &str| {
            let place = &places.found[pointer];
            (place.key.clone().map(|key| &text[key]), &text[place.value.clone()])
        };
        assert_eq!(quoted(""), (None, "{"));
        assert_eq!(quoted("/a/0"), (None, "1"));
        assert_eq!(quoted("/a/1/b~1c"), (Some("\"b/c\""), "\"x\\\"]\""));
        assert_eq!(quoted("/a/2"), (None, "true"));
        assert_eq!(quoted("/ab"), (Some("\"a\\u0062\""), "{"));
        assert_eq!(places.found.len(), 5);
        let [(pointer, second)] = places.duplicates.as_slice() else { panic!("{places:?}") };
        assert_eq!((pointer.as_str(), second.start), ("/a", text.rfind("\"a\"").unwrap()));
    }

    #[test]
    fn texts_that_end_early_end_the_scan() {
        let wanted = HashSet::new();
        for text in ["", "[", "{", "{\"a", "{\"a\"", "[1", "\"\\", "]", "[[[", "{\"a\":"] {
            find_places(text, &wanted);
        }
    }
}
