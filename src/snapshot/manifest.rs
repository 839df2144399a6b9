//! Manifest of a snapshot: counts and digests that the message of its tag contains as JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;

use crate::model::{ItemId, RiskRating};
use crate::summary::{EscalationLevel, PastSubmission, RiskCount, Totals};

/// The version of the manifest that this program writes and reads.
pub(super) const VERSION: u32 = 1;

/// Description of a snapshot's commit. As JSON it is the end of the tag's message; fields may be
/// added, none renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this shape: 1.
    pub version: u32,
    /// The name of the snapshot, which is the tag's: `poam/2026-11`.
    pub name: String,
    /// The folder of the tracker in the repository, with a `/` at its end; empty at the top.
    pub folder: String,
    /// The system, as the settings name it.
    pub system: Option<String>,
    /// The commit whose tree was submitted: 40 hexadecimal digits.
    pub commit: String,
    /// The day of the commit, in UTC; all counts are for it.
    pub date: NaiveDate,
    /// The program that made it, with its version.
    pub tool: String,
    /// Numbers of items that are open, late, and so on.
    pub counts: ManifestCounts,
    /// The workbook that the program builds from the commit.
    pub workbook: WorkbookDigest,
    /// The SHA-256 of every item's file, by id.
    pub items: BTreeMap<ItemId, Digest>,
}

impl Manifest {
    /// Converts the manifest into an earlier submission of a summary.
    pub fn submission(&self) -> PastSubmission {
        PastSubmission {
            name: self.name.clone(),
            date: self.date,
            commit: self.commit.clone(),
            totals: self.counts.totals,
            triggers: self.counts.escalations.iter().map(|one| one.trigger.clone()).collect(),
        }
    }
}

/// The numbers of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestCounts {
    /// All items.
    pub items: usize,
    /// Open, closed, overdue.
    #[serde(flatten)]
    pub totals: Totals,
    /// Items by status, in the order of the workflow, without statuses that no item has.
    pub by_status: IndexMap<String, usize>,
    /// Items by the rating that counts, the worst first.
    pub by_risk: IndexMap<RiskRating, RiskCount>,
    /// Number of diagnostics at error level.
    pub errors: usize,
    /// Number of diagnostics at warning level.
    pub warnings: usize,
    /// FedRAMP's escalation triggers that were realized.
    pub escalations: Vec<Realized>,
}

/// An escalation trigger that was realized.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Realized {
    /// E-04 and the like.
    pub trigger: String,
    /// Consequence of the trigger.
    pub level: EscalationLevel,
    /// The items that count for it.
    pub count: usize,
}

/// Name and digest of a snapshot's workbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkbookDigest {
    /// The name of the layout.
    pub layout: String,
    /// The SHA-256 of the file that `poam workbook --as-of SNAPSHOT` writes.
    pub sha256: Digest,
}

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Returns the digest of bytes.
    pub fn hash(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let malformed = || format!("`{text}` is not a SHA-256 (64 hexadecimal digits)");
        let digits: Option<Vec<u8>> = text
            .chars()
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect();
        let digits = digits.filter(|digits| digits.len() == 64).ok_or_else(malformed)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Digest;

    #[test]
    fn a_digest_round_trips() {
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::hash(b"abc").to_string(), text);
        assert_eq!(text.parse(), Ok(Digest::hash(b"abc")));
        assert_eq!(text.to_uppercase().parse(), Ok(Digest::hash(b"abc")));
        for bad in ["", "abc", &text[1..], &format!("g{}", &text[1..]), &format!("{text}0")] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }
}
