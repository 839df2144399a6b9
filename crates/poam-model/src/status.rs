//! The status of an item.
//!
//! Its meaning, its sheet and its transitions are defined by the `workflow`, which a tracker may
//! extend.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The status of an item: a lower-case word with hyphens. What a status means (its sheet, its
/// guards, where it may move) is in the [`Workflow`](super::Workflow), because a team may add
/// its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Status(String);

impl Status {
    /// Known, not started.
    pub const OPEN: &'static str = "open";
    /// Work under way.
    pub const IN_PROGRESS: &'static str = "in-progress";
    /// Work done, being verified.
    pub const PENDING_VALIDATION: &'static str = "pending-validation";
    /// Waits for a decision on a deviation or a risk acceptance.
    pub const PENDING_APPROVAL: &'static str = "pending-approval";
    /// Put off on purpose.
    pub const DEFERRED: &'static str = "deferred";
    /// A deliberate decision not to fix.
    pub const RISK_ACCEPTED: &'static str = "risk-accepted";
    /// Remediated and verified, or an approved false positive.
    pub const CLOSED: &'static str = "closed";

    /// The statuses that every tracker knows, in the order of an item's life.
    pub const BUILT_IN: [&'static str; 7] = [
        Self::OPEN,
        Self::IN_PROGRESS,
        Self::PENDING_VALIDATION,
        Self::PENDING_APPROVAL,
        Self::DEFERRED,
        Self::RISK_ACCEPTED,
        Self::CLOSED,
    ];

    /// Returns the status as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Status {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Status {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let well_formed = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && text.len() <= 40;
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "`{text}` is not a status: write lower-case letters, digits and hyphens, like `in-progress`"
            ))
        }
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Status {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Status".into()
    }

    /// Returns the built-in words, so that editors complete them, and any other word of the same
    /// form, because `poam.yaml` may add some; which words a tracker knows is checked against it.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "anyOf": [
                {"enum": Self::BUILT_IN},
                {"pattern": "^[a-z][a-z0-9-]{0,39}$"}
            ]
        })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_plain_word() {
        for word in Status::BUILT_IN {
            assert_eq!(word.parse::<Status>().unwrap(), word);
        }
        for word in ["", "Open", "in progress", "-x", "1st", "x\u{1b}[31m"] {
            assert!(word.parse::<Status>().is_err(), "{word:?}");
        }
    }
}
