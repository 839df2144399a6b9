//! Limits on what is read of a file that nobody vouches for.

/// Limits on size and count. A file that exceeds one is refused with [`crate::ScanError::Limit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanLimits {
    /// Bytes of a JSON file, which is held in memory while it is read.
    pub json_bytes: u64,
    /// Bytes of one element of an XML file, such as a single result, without proofs.
    pub element_bytes: u64,
    /// Bytes of one text or tag of an XML file.
    pub token_bytes: u64,
    /// Depth of elements in an XML file.
    pub depth: u64,
    /// Results of one file.
    pub results: u64,
}

impl Default for ScanLimits {
    fn default() -> Self {
        Self {
            json_bytes: 64 << 20,
            element_bytes: 4 << 20,
            token_bytes: 32 << 20,
            depth: 64,
            results: 2_000_000,
        }
    }
}
