//! The event: one change of an item or of the settings, with who, when and why.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DateMove, EventDay, EventValue};
use crate::model::ItemId;

/// One thing that happened to an item (or to the settings): who, when, from what to what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// When it happened: when it was committed. What was reconstructed from a document, of an item of which
    /// nothing else is known, has the date of the document, never later than it was committed; see `day`.
    pub time: DateTime<Utc>,
    /// The day on which it happened.
    #[serde(default, rename = "day", skip_serializing)]
    #[schemars(skip)]
    pub event_day: EventDay,
    /// When the commit landed on the main line, by its committer's clock.
    pub landed: DateTime<Utc>,
    /// Author of the change; null where it was reconstructed from a document, which does not name
    /// the author.
    pub actor: Option<Arc<Actor>>,
    /// Others who had a hand in it: authors of other merged commits, co-authors of a squash.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub co_actors: Vec<Arc<Actor>>,
    /// Committer, who put it on the main line; of a reconstructed event, the person who imported
    /// the document.
    pub landed_by: Arc<Actor>,
    /// The commit that landed it.
    pub commit: Arc<str>,
    /// The file, from the root of the repository.
    pub path: Arc<str>,
    /// The item; none for events of the settings.
    pub item: Option<ItemId>,
    /// Action that the event records.
    pub action: Action,
    /// JSON pointer to the value; empty for the whole item.
    pub field: Arc<str>,
    /// The value before; null where there was none.
    pub old: EventValue,
    /// The value after; null where there is none.
    pub new: EventValue,
    /// The milestone that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milestone: Option<MilestoneMark>,
    /// Reason by the commit message.
    pub reason: Option<Arc<str>>,
    /// The family of controls that an assessor files it under.
    pub evidence_family: Family,
    /// Status of the commit's signature.
    pub signature: SignatureStatus,
    /// The document it was read from; always there for reconstructed events.
    pub source: Option<Arc<str>>,
    /// The identity of that document; always there for reconstructed events.
    pub source_id: Option<Arc<str>>,
    /// Whether it was reconstructed from a document instead of recorded when it happened.
    pub reconstructed: bool,
}

impl Event {
    /// Returns the day of its time, in UTC: the day on which it happened, or by which it is known
    /// to have happened.
    pub fn day(&self) -> NaiveDate {
        self.time.date_naive()
    }

    /// Returns the day on which it happened, in UTC; `None` where its source gives none.
    pub fn known_day(&self) -> Option<NaiveDate> {
        match self.event_day {
            EventDay::OfTime => Some(self.day()),
            EventDay::Stated(day) => Some(day),
            EventDay::Unknown => None,
        }
    }

    /// Returns the name of who made the change, as outputs print it.
    pub fn actor_name(&self) -> &str {
        self.actor.as_ref().map_or(Actor::NOT_STATED, |actor| actor.name.as_str())
    }

    /// Returns whether another person than its actor put it on the main line.
    pub fn is_landed_by_another(&self) -> bool {
        self.actor.as_ref() != Some(&self.landed_by)
    }

    /// Returns everybody who contributed to the change, its actor first.
    pub fn people(&self) -> impl Iterator<Item = &Arc<Actor>> {
        self.actor.iter().chain(&self.co_actors)
    }

    /// Returns the number of days by which it moved a due date of the item or of one of its
    /// milestones: later, or (below 0) earlier. `None` for events that move no date from one day to
    /// another.
    pub fn days_moved(&self) -> Option<i64> {
        DateMove::of_event(self).map(|it| it.days())
    }

    /// Returns whether it entitles its item to new dates: an approved risk adjustment, or the release of
    /// a fix by the vendor.
    pub fn entitles_to_new_dates(&self) -> bool {
        let has = |key: &str, value: &str| self.new.entry_text(key).as_deref() == Some(value);
        match self.action {
            Action::DeviationDecided => has("type", "risk-adjustment") && has("state", "approved"),
            Action::FieldChanged => match &*self.field {
                "/vendor_dependency/fix_released" => !self.new.is_null(),
                "/vendor_dependency" => {
                    self.new.entry_text("fix_released").is_some()
                        && self.new.entry_text("fix_released")
                            != self.old.entry_text("fix_released")
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// Which milestone an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MilestoneMark {
    /// Its number in the item.
    pub number: u32,
    /// Its date after the change: the day it was completed, where it is, else the day it is due.
    pub date: Option<NaiveDate>,
}

/// A person as git knows them.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Actor {
    /// Name.
    pub name: String,
    /// Mail address.
    pub email: String,
}

impl Actor {
    /// The words for the actor of an event whose source does not name the author of the change.
    pub const NOT_STATED: &str = "not stated";
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

/// The family of controls that an assessor files an event under.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Family {
    /// People and their permissions: owner, approver, people and workflow settings.
    #[serde(rename = "AC")]
    AccessControl,
    /// The record itself: reviews, unreadable or reconstructed history.
    #[serde(rename = "AU")]
    Audit,
    /// Configuration and content of items, assets, evidence.
    #[serde(rename = "CM")]
    ConfigurationManagement,
}

impl Family {
    /// Returns the two letters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessControl => "AC",
            Self::Audit => "AU",
            Self::ConfigurationManagement => "CM",
        }
    }
}

/// Status of a commit's signature.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Signature")]
pub enum SignatureStatus {
    /// The commit is not signed.
    None,
    /// Signed, and the signature holds.
    Good,
    /// Signed, and the signature does not hold.
    Bad,
    /// Signed; nobody checked the signature, or nobody here can say whether it holds.
    Unknown,
}

impl SignatureStatus {
    /// Returns the word in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}

/// Kind of change.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// An item landed for the first time, or again after it was deleted.
    ItemCreated,
    /// An item's file is gone.
    ItemDeleted,
    /// An item goes on under another id.
    ItemRenamed,
    /// Another status.
    StatusChanged,
    /// A new milestone.
    MilestoneAdded,
    /// A milestone's due date moved.
    MilestoneRescheduled,
    /// A milestone is completed.
    MilestoneCompleted,
    /// Anything else of a milestone.
    MilestoneChanged,
    /// A milestone is gone.
    MilestoneRemoved,
    /// Another scheduled completion date.
    ScheduleChanged,
    /// Another point of contact.
    OwnerChanged,
    /// The rating that counts is another.
    RiskAdjusted,
    /// A deviation was requested.
    DeviationRequested,
    /// A deviation was approved or denied.
    DeviationDecided,
    /// The risk was accepted.
    RiskAccepted,
    /// Evidence was added.
    EvidenceAdded,
    /// Evidence was removed.
    EvidenceRemoved,
    /// Somebody asked the vendor.
    VendorCheckedIn,
    /// A review was asked for.
    ReviewRequested,
    /// The owner submitted the item to its review.
    ReviewSubmitted,
    /// The reviewer asked for changes.
    ReviewReturned,
    /// The review is completed.
    ReviewCompleted,
    /// Somebody reviewed the item.
    ReviewRecorded,
    /// Any other field.
    FieldChanged,
    /// The settings.
    SettingsChanged,
    /// A revision of a file that does not parse.
    Unreadable,
}

impl Action {
    /// All actions, in the order of the documentation.
    pub const ALL: [Self; 26] = [
        Self::ItemCreated,
        Self::ItemDeleted,
        Self::ItemRenamed,
        Self::StatusChanged,
        Self::MilestoneAdded,
        Self::MilestoneRescheduled,
        Self::MilestoneCompleted,
        Self::MilestoneChanged,
        Self::MilestoneRemoved,
        Self::ScheduleChanged,
        Self::OwnerChanged,
        Self::RiskAdjusted,
        Self::DeviationRequested,
        Self::DeviationDecided,
        Self::RiskAccepted,
        Self::EvidenceAdded,
        Self::EvidenceRemoved,
        Self::VendorCheckedIn,
        Self::ReviewRequested,
        Self::ReviewSubmitted,
        Self::ReviewReturned,
        Self::ReviewCompleted,
        Self::ReviewRecorded,
        Self::FieldChanged,
        Self::SettingsChanged,
        Self::Unreadable,
    ];

    /// Returns the word in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ItemCreated => "item-created",
            Self::ItemDeleted => "item-deleted",
            Self::ItemRenamed => "item-renamed",
            Self::StatusChanged => "status-changed",
            Self::MilestoneAdded => "milestone-added",
            Self::MilestoneRescheduled => "milestone-rescheduled",
            Self::MilestoneCompleted => "milestone-completed",
            Self::MilestoneChanged => "milestone-changed",
            Self::MilestoneRemoved => "milestone-removed",
            Self::ScheduleChanged => "schedule-changed",
            Self::OwnerChanged => "owner-changed",
            Self::RiskAdjusted => "risk-adjusted",
            Self::DeviationRequested => "deviation-requested",
            Self::DeviationDecided => "deviation-decided",
            Self::RiskAccepted => "risk-accepted",
            Self::EvidenceAdded => "evidence-added",
            Self::EvidenceRemoved => "evidence-removed",
            Self::VendorCheckedIn => "vendor-checked-in",
            Self::ReviewRequested => "review-requested",
            Self::ReviewSubmitted => "review-submitted",
            Self::ReviewReturned => "review-returned",
            Self::ReviewCompleted => "review-completed",
            Self::ReviewRecorded => "review-recorded",
            Self::FieldChanged => "field-changed",
            Self::SettingsChanged => "settings-changed",
            Self::Unreadable => "unreadable",
        }
    }

    /// Returns the family that an assessor files the action under. Changes of the settings depend
    /// on the field: who may act, or what is configured.
    pub fn action_family(self, field: &str) -> Family {
        match self {
            Self::OwnerChanged | Self::DeviationDecided | Self::RiskAccepted => {
                Family::AccessControl
            }
            Self::SettingsChanged
                if field.starts_with("/people") || field.starts_with("/workflow") =>
            {
                Family::AccessControl
            }
            Self::ReviewRequested
            | Self::ReviewSubmitted
            | Self::ReviewReturned
            | Self::ReviewCompleted
            | Self::ReviewRecorded
            | Self::Unreadable
            | Self::ItemDeleted
            | Self::ItemRenamed => Family::Audit,
            _ => Family::ConfigurationManagement,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Action {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|action| action.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str);
            match crate::nearest::nearest(text, known) {
                Some(near) => format!("unknown action `{text}`: did you mean `{near}`?"),
                None => format!("unknown action `{text}`: known are {}", known.join(", ")),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_one_word() {
        for action in Action::ALL {
            assert_eq!(action.as_str().parse(), Ok(action));
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
        }
        assert_eq!(
            "status-chnged".parse::<Action>().unwrap_err(),
            "unknown action `status-chnged`: did you mean `status-changed`?"
        );
    }
}
