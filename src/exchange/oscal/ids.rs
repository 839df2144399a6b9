//! Identifiers of an OSCAL document, derived from the system and the part, so that they are stable
//! between exports.

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::names::OURS;
use crate::settings::System;

/// An identifier in an OSCAL document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(Uuid);

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The identifiers of one system: the same words, the same identifier.
#[derive(Debug, Clone, Copy)]
pub(super) struct SystemIds {
    system: Uuid,
}

impl SystemIds {
    pub(super) fn new(system: &System) -> Self {
        let ours = Uuid::new_v5(&Uuid::NAMESPACE_URL, OURS.as_bytes());
        let name = [&system.provider, &system.name].map(|it| it.as_deref().unwrap_or_default());
        Self { system: Uuid::new_v5(&ours, name.join("\u{1f}").as_bytes()) }
    }

    /// Returns the identifier of the system itself.
    pub(super) fn system(&self) -> Id {
        Id(self.system)
    }

    /// Returns the identifier of a part: its kind, and what distinguishes it from others of the kind.
    pub(super) fn part(&self, words: &[&str]) -> Id {
        // No word has a control character that could make two lists of words one.
        Id(Uuid::new_v5(&self.system, words.join("\u{1f}").as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_the_same_identifier() {
        let system = |name: &str| System { name: Some(name.to_owned()), ..System::default() };
        let (one, other) = (SystemIds::new(&system("A")), SystemIds::new(&system("B")));
        let id = one.part(&["risk", "V-1"]);
        assert_eq!(id.to_string(), "314194f7-2bad-5377-9015-703a7d357b00");
        assert_eq!(id, one.part(&["risk", "V-1"]));
        assert_ne!(id, one.part(&["risk", "V-2"]));
        assert_ne!(id, other.part(&["risk", "V-1"]));
    }
}
