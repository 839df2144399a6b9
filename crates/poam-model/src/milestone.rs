//! Milestones of an item's plan and their statuses.

use std::fmt;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Person;

/// A planned, dated step towards closing an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Milestone {
    /// Number of the milestone, unique in its item and never used again.
    #[schemars(range(min = 1, max = 999_999))]
    pub id: u32,
    /// Work to be done, so that somebody else can tell whether it was.
    #[schemars(length(min = 1))]
    pub description: String,
    /// The day it is planned for (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
    /// pending (the default), in-progress, completed, cancelled or archived.
    #[serde(default)]
    pub status: MilestoneStatus,
    /// The day it was completed (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<NaiveDate>,
    /// References to what shows that it was done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// The person who does it, where it is not the item's owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Box<Person>>,
    /// Entries of its log that change no date: progress, obstacles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<MilestoneNote>,
    /// Comments on its status, as the form of eMASS has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    /// Milestone ID: the identifier that eMASS gave the milestone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emass_id: Option<String>,
}

impl Milestone {
    /// Creates a milestone that is planned and not begun.
    pub fn planned(id: u32, description: impl Into<String>, due: Option<NaiveDate>) -> Self {
        Self {
            id,
            description: description.into(),
            due,
            status: MilestoneStatus::Pending,
            completed: None,
            evidence: Vec::new(),
            owner: None,
            notes: Vec::new(),
            comments: None,
            emass_id: None,
        }
    }
}

/// An entry in the log of a milestone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MilestoneNote {
    /// The day of the entry (YYYY-MM-DD).
    pub date: NaiveDate,
    /// The person whose words it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The entry itself.
    #[schemars(length(min = 1))]
    pub text: String,
}

/// Where a milestone stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum MilestoneStatus {
    /// Not begun.
    #[default]
    Pending,
    /// Under way.
    InProgress,
    /// Done.
    Completed,
    /// Given up; the item's history says why.
    Cancelled,
    /// Set aside: part of an earlier plan, and not done under it.
    Archived,
}

impl MilestoneStatus {
    /// All of them, in the order of a milestone's life.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::InProgress, Self::Completed, Self::Cancelled, Self::Archived];

    /// Returns whether nothing is left to do: completed, cancelled or archived.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Completed) || self.is_given_up()
    }

    /// Returns whether it counts for no plan any more: cancelled or archived.
    pub fn is_given_up(self) -> bool {
        matches!(self, Self::Cancelled | Self::Archived)
    }

    /// Returns the word in an item's file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Archived => "archived",
        }
    }
}

impl fmt::Display for MilestoneStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
