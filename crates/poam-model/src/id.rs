//! Ids of items, their file names, and checks that an id is portable.
//!
//! [`ItemId`] accepts any line of text that a workbook cell can hold; [`UnportableId`] names the
//! reasons why a new id would not work on every system.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::is_nfc;

use super::folded::{is_invisible, look_keys};

/// Longest id, in bytes: with percent-encoding it still fits in a file name on common systems.
const LONGEST: usize = 80;

/// Characters that some common file system or shell cannot have in a file name.
const UNSAFE: &AsciiSet = &CONTROLS
    .add(b'/')
    .add(b'\\')
    .add(b':')
    .add(b'*')
    .add(b'?')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'|')
    .add(b'%');

/// The id of an item, for life: any text of one line that a workbook cell can hold
/// (`V-12`, `POAM-2026-042`, `VS-001-AC(2)`).
///
/// The name of its file is the id, percent-encoded where an id has characters that are unsafe in
/// a file name: `A/B` lives in `A%2FB.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct ItemId(
    #[schemars(
        length(min = 1, max = 80),
        regex(pattern = r"^[^\s\p{Cc}]([^\p{Cc}]*[^\s\p{Cc}])?$")
    )]
    Arc<str>,
);

/// Reasons why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemIdError {
    /// Nothing there.
    #[error("an id cannot be empty")]
    Empty,
    /// Longer than a file name can carry.
    #[error("an id can have at most {LONGEST} bytes, this one has {0}")]
    TooLong(usize),
    /// A line break, a tab or another control character.
    #[error("an id cannot contain the control character {0:?}")]
    Control(char),
    /// A blank at the start or the end, which nobody would see.
    #[error("an id cannot begin or end with a blank")]
    OuterBlank,
}

impl ItemId {
    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the id as a shared text, without copying it.
    pub fn shared(&self) -> &Arc<str> {
        &self.0
    }

    /// Returns the stem of the item's file: the id, percent-encoded where a file name needs it.
    pub fn file_stem(&self) -> String {
        let mut stem = String::with_capacity(self.0.len());
        for c in self.0.chars() {
            // File names keep what is not ASCII; the encoder would not.
            if c.is_ascii() {
                stem.extend(utf8_percent_encode(c.encode_utf8(&mut [0; 4]), UNSAFE));
            } else {
                stem.push(c);
            }
        }
        // A leading dot hides the file, a trailing dot or blank is lost on some systems.
        if let Some(rest) = stem.strip_prefix('.') {
            stem = format!("%2E{rest}");
        }
        if let Some(rest) = stem.strip_suffix('.') {
            stem = format!("{rest}%2E");
        }
        stem
    }

    /// Returns the id that a file's stem represents; an error where it represents none.
    pub fn from_file_stem(stem: &str) -> Result<Self, ItemIdError> {
        percent_decode_str(stem).decode_utf8_lossy().parse()
    }
}

/// Reasons why an id cannot be distinguished from others on every system and by every reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnportableId {
    /// Windows opens a device by this name, whatever is behind the first dot.
    #[error("`{0}` is the name of a device on Windows, where no file can have it")]
    Device(String),
    /// Nobody sees the character.
    #[error("it contains the invisible character U+{:04X}", u32::from(*.0))]
    Invisible(char),
    /// Another sequence of characters writes the id too: it is not in Unicode's composed form
    /// (NFC).
    #[error("it is not in Unicode's composed form (NFC)")]
    NotComposed,
    /// Windows drops a dot at the end of a name.
    #[error("it ends with a dot, which Windows drops")]
    FinalDot,
}

/// Names of devices on Windows, in capital letters; a digit follows the last two.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
const NUMBERED_DEVICES: [&str; 2] = ["COM", "LPT"];

impl ItemId {
    /// Checks that the id can be a file name everywhere, and that it looks like no other id.
    ///
    /// Ids that are in a tracker already are read all the same; a rule reports them.
    pub fn check_portable(&self) -> Result<(), UnportableId> {
        let text = self.as_str();
        if let Some(c) = text.chars().find(|c| is_invisible(*c)) {
            return Err(UnportableId::Invisible(c));
        }
        if !text.is_ascii() && !is_nfc(text) {
            return Err(UnportableId::NotComposed);
        }
        let name = text.split('.').next().unwrap_or_default().trim_end();
        let capitals = name.to_uppercase();
        let numbered = NUMBERED_DEVICES.iter().any(|device| {
            let number = capitals.strip_prefix(device);
            number.is_some_and(|it| {
                it.chars().count() == 1
                    && it.chars().all(|c| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³'))
            })
        });
        if numbered || DEVICES.contains(&capitals.as_str()) {
            return Err(UnportableId::Device(name.to_owned()));
        }
        if text.ends_with('.') {
            return Err(UnportableId::FinalDot);
        }
        Ok(())
    }

    /// Returns keys of which ids have one in common that readers, or some systems' files, take for each other:
    /// they differ in case, in their Unicode form, in hyphens, in invisible characters, or in characters that
    /// look alike.
    pub fn lookalike_keys(&self) -> [String; 3] {
        look_keys(&self.0)
    }
}

impl FromStr for ItemId {
    type Err = ItemIdError;

    fn from_str(text: &str) -> Result<Self, ItemIdError> {
        if text.is_empty() {
            return Err(ItemIdError::Empty);
        }
        if text.len() > LONGEST {
            return Err(ItemIdError::TooLong(text.len()));
        }
        if let Some(c) = text.chars().find(|c| c.is_control()) {
            return Err(ItemIdError::Control(c));
        }
        if text.trim() != text {
            return Err(ItemIdError::OuterBlank);
        }
        Ok(Self(text.into()))
    }
}

impl<'de> Deserialize<'de> for ItemId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_and_its_file_name_are_the_same_thing() {
        for (id, stem) in [
            ("V-12", "V-12"),
            ("POAM-2026-042", "POAM-2026-042"),
            ("VS-001-AC(2)", "VS-001-AC(2)"),
            ("A/B", "A%2FB"),
            ("A%2FB", "A%252FB"),
            ("a b", "a b"),
            ("..", "%2E%2E"),
            (".hidden", "%2Ehidden"),
            ("ends.", "ends%2E"),
            ("Größe/1", "Größe%2F1"),
            ("c:\\x", "c%3A%5Cx"),
        ] {
            let parsed: ItemId = id.parse().unwrap();
            assert_eq!(parsed.file_stem(), stem);
            assert_eq!(ItemId::from_file_stem(stem), Ok(parsed));
        }
    }

    #[test]
    fn ids_that_no_system_confuses() {
        let check = |text: &str| text.parse::<ItemId>().unwrap().check_portable();
        for good in ["V-12", "CONTROL-1", "COM10", "COM", "LPTX", "A.CON", "Größe/1", "a b", "漢字"]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let devices = [
            "con", "NUL", "Aux", "prn", "COM1", "com1.txt", "lpt9", "con.yaml", "NUL .x", "COM²",
            "CONIN$",
        ];
        for device in devices {
            assert!(matches!(check(device), Err(UnportableId::Device(_))), "{device}");
        }
        assert_eq!(check("V-\u{200b}1"), Err(UnportableId::Invisible('\u{200b}')));
        assert_eq!(check("e\u{301}"), Err(UnportableId::NotComposed));
        assert_eq!(check("V-1."), Err(UnportableId::FinalDot));
    }

    #[test]
    fn ids_that_look_alike_have_a_key_in_common() {
        let keys = |text: &str| text.parse::<ItemId>().unwrap().lookalike_keys();
        let alike =
            |one: &str, other: &str| keys(one).iter().zip(&keys(other)).any(|(a, b)| a == b);
        for (one, other) in [
            ("V-2", "v-2"),
            ("\u{e9}", "e\u{301}"),
            ("\u{c9}", "e\u{301}"),
            ("V-1", "V-\u{200b}1"),
            ("V-1", "V\u{2011}1"),
            ("B-1", "\u{412}-1"),
        ] {
            assert!(alike(one, other), "{one} {other}");
        }
        assert!(!alike("V-1", "V-10"));
    }

    #[test]
    fn what_cannot_be_an_id() {
        for (text, error) in [
            ("", ItemIdError::Empty),
            (" V-1", ItemIdError::OuterBlank),
            ("V-1 ", ItemIdError::OuterBlank),
            ("V\n1", ItemIdError::Control('\n')),
        ] {
            assert_eq!(text.parse::<ItemId>(), Err(error));
        }
        assert_eq!("x".repeat(81).parse::<ItemId>(), Err(ItemIdError::TooLong(81)));
    }
}
