//! Deviations of an item: a request that departs from the usual handling, and the decision on it.
//!
//! [`Decision`] is the state of one kind as the workbook shows it. Deadlines that follow from a
//! deviation are computed in `due`.

use std::fmt;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Person, RiskRating};

/// A request to treat a weakness other than its rating says, and what was decided on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Deviation {
    /// risk-adjustment, false-positive or operational-requirement.
    #[serde(rename = "type")]
    pub kind: DeviationType,
    /// pending until the authorizing official has decided (approved or denied), or until it is
    /// withdrawn.
    pub state: DeviationState,
    /// The rating asked for; only an approved risk adjustment changes the due date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjusted_risk_rating: Option<RiskRating>,
    /// Rationale: mitigating factors, compensating controls, facing of the component, or the
    /// evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// Number of the deviation request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The day the request was submitted (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<NaiveDate>,
    /// Person who approved or denied the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<Person>,
    /// The day it was decided or withdrawn (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<NaiveDate>,
    /// Questions with which the request was returned, and their answers, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<DeviationQuestion>,
}

impl Deviation {
    /// Returns the question that a pending request was returned with and that is not answered.
    pub fn open_question(&self) -> Option<&DeviationQuestion> {
        let last = self.questions.last().filter(|question| question.resubmitted.is_none());
        last.filter(|_| self.state == DeviationState::Pending)
    }
}

/// A question with which a deviation request was returned, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DeviationQuestion {
    /// The day the request was returned (YYYY-MM-DD).
    pub returned: NaiveDate,
    /// Person who returned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Text of the question.
    pub question: String,
    /// The day the request was submitted again (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resubmitted: Option<NaiveDate>,
    /// Answer to the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// The three kinds of deviation that FedRAMP knows.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DeviationType {
    /// The risk is another than the original rating says.
    RiskAdjustment,
    /// The weakness does not exist on the system.
    FalsePositive,
    /// The weakness cannot be corrected without breaking the system.
    OperationalRequirement,
}

impl DeviationType {
    /// All kinds of deviations.
    pub const ALL: [Self; 3] =
        [Self::RiskAdjustment, Self::FalsePositive, Self::OperationalRequirement];

    /// Returns the word in an item's file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RiskAdjustment => "risk-adjustment",
            Self::FalsePositive => "false-positive",
            Self::OperationalRequirement => "operational-requirement",
        }
    }
}

impl fmt::Display for DeviationType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where a deviation request stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DeviationState {
    /// Submitted, not decided.
    Pending,
    /// Approved by the authorizing official.
    Approved,
    /// Denied by the authorizing official.
    Denied,
    /// Taken back before it was decided.
    Withdrawn,
}

impl DeviationState {
    /// Returns the word in an item's file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Returns whether the request ended without an approval, so that it may be made again.
    pub fn is_refused(self) -> bool {
        matches!(self, Self::Denied | Self::Withdrawn)
    }
}

/// State of one kind of deviation as the workbook shows it: `Yes`, `No` or `Pending`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Approved.
    Yes,
    /// Never asked for, denied or withdrawn.
    No,
    /// Asked for, not decided.
    Pending,
}

impl Decision {
    /// Returns the word in the workbook's cell.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "Yes",
            Self::No => "No",
            Self::Pending => "Pending",
        }
    }
}
