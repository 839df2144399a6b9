//! Names of commits and blobs.

use std::fmt;
use std::str::FromStr;

/// The reason for refusing a text that should be the name of a git object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the full name of a git object (40 hexadecimal digits)")]
pub struct MalformedId(String);

macro_rules! object_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 20]);

        impl $name {
            /// Returns the name as its twenty bytes.
            pub fn as_bytes(&self) -> &[u8; 20] {
                &self.0
            }

            /// Returns the name from its twenty bytes.
            pub fn from_bytes(bytes: [u8; 20]) -> Self {
                Self(bytes)
            }

            /// Returns the first ten hexadecimal digits, for people.
            pub fn short(&self) -> String {
                self.to_string()[..10].to_owned()
            }

            pub(super) fn from_oid(oid: git2::Oid) -> Self {
                let mut bytes = [0; 20];
                bytes.copy_from_slice(&oid.as_bytes()[..20]);
                Self(bytes)
            }

            pub(super) fn oid(&self) -> git2::Oid {
                // Only a wrong length fails, and the length is in the type.
                git2::Oid::from_bytes(&self.0).unwrap_or(git2::Oid::ZERO_SHA1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;

            fn from_str(text: &str) -> Result<Self, MalformedId> {
                read_hex(text.as_bytes()).map(Self).ok_or_else(|| MalformedId(text.to_owned()))
            }
        }
    };
}

object_id!(
    /// The name of a commit.
    CommitId
);
object_id!(
    /// The name of one version of a file's content.
    BlobId
);

impl BlobId {
    /// Returns the name that git would give to these bytes; `None` where the library cannot know.
    pub fn hash(bytes: &[u8]) -> Option<Self> {
        git2::Oid::hash_object(git2::ObjectType::Blob, bytes).ok().map(Self::from_oid)
    }
}

fn write_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 40];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
}

/// Reads twenty bytes from forty hexadecimal digits.
pub(super) fn read_hex(text: &[u8]) -> Option<[u8; 20]> {
    let mut bytes = [0; 20];
    if text.len() != 40 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
    }
    Some(bytes)
}

fn hex_digit(c: u8) -> Option<u8> {
    char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_rejects() {
        let text = "0123456789abcdef0123456789abcdef01234567";
        let id: CommitId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(CommitId::from_oid(id.oid()), id);
        assert_eq!(id.short(), "0123456789");
        for bad in ["", "0123", &text[1..], "g123456789abcdef0123456789abcdef01234567"] {
            assert!(bad.parse::<BlobId>().is_err(), "{bad}");
        }
    }
}
