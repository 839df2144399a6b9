//! Reviews of an item: the last one, and one that is under way.

use std::fmt;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Somebody looked at the item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Review {
    /// When (YYYY-MM-DD).
    pub date: NaiveDate,
    /// Person who reviewed the item.
    #[schemars(length(min = 1))]
    pub by: String,
    /// Outcome of the review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A review of an item that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OpenReview {
    /// requested (the owner brings the item up to date), submitted (the reviewer looks at it) or
    /// returned (the owner has to change something).
    pub state: ReviewState,
    /// The reviewer: who asked for the review and decides on it.
    #[schemars(length(min = 1))]
    pub by: String,
    /// The day since which the review is in this state (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<NaiveDate>,
    /// The day by which the next step is due (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
    /// Request to the reviewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The state of a review that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewState {
    /// Somebody asked for it: the owner brings the item up to date and submits it.
    Requested,
    /// The owner says that the item is up to date: the reviewer looks at it.
    Submitted,
    /// The reviewer asks for changes: the owner makes them and submits the item again.
    Returned,
}

impl ReviewState {
    /// All states, in the order of a review.
    pub const ALL: [Self; 3] = [Self::Requested, Self::Submitted, Self::Returned];

    /// Returns the word in an item's file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Submitted => "submitted",
            Self::Returned => "returned",
        }
    }
}

impl fmt::Display for ReviewState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
