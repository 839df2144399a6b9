//! Digests that distinguish versions of texts and files.

use sha2::{Digest as _, Sha256};

/// Returns the first 16 hexadecimal digits of a text's SHA-256: enough to distinguish versions.
pub(super) fn of_text(text: &str) -> String {
    short(text.as_bytes())
}

/// Returns the first 16 hexadecimal digits of the SHA-256 of bytes.
pub(super) fn short(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
