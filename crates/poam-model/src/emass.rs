//! Values of an item that only the form of eMASS has: identifiers, levels of its risk assessment, costs.

use std::fmt;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RiskRating;
use super::words::to_comparable;

/// Values of the POA&M form of eMASS (Enterprise Mission Assurance Support Service) that no other
/// field has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Emass {
    /// POA&M Item ID: the identifier that eMASS gave the item; absent until it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Assessment procedures, STIG rules, plugins or CCIs that failed, e.g. SV-230221r743913_rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_checks: Vec<String>,
    /// Whether a closed item is Not Applicable, and not Completed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_applicable: bool,
    /// The day until which acceptance of the risk is requested (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_expiration: Option<NaiveDate>,
    /// Description of how the weakness was found, beside the source in detector_source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_details: Option<String>,
    /// Office/Org: "Organization, First Last, phone, email".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub office: Option<String>,
    /// Severity as the test method states it, before mitigations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_severity: Option<RawSeverity>,
    /// Mitigations that are in place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mitigations: Option<String>,
    /// Conditions that raise or lower the severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predisposing_conditions: Option<String>,
    /// Severity with mitigations and predisposing conditions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<EmassLevel>,
    /// Relevance of the threat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threat_relevance: Option<EmassLevel>,
    /// Description of the threat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threat_description: Option<String>,
    /// Likelihood that the threat event occurs and does harm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likelihood: Option<EmassLevel>,
    /// Magnitude of the harm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<EmassLevel>,
    /// Description of the harm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact_description: Option<String>,
    /// Residual risk, of likelihood and impact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residual_risk: Option<EmassLevel>,
    /// Recommended actions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommendations: Option<String>,
    /// Residual risk that is expected after the proposed mitigations (Navy).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed_residual_risk: Option<EmassLevel>,
    /// Whether it was identified in a CFO audit or other review (Army).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cfo_audit: Option<bool>,
    /// Personnel resources (Army), in hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personnel: Option<EmassCost>,
    /// Non-personnel resources (Army), in dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub non_personnel: Option<EmassCost>,
}

/// Costs of one kind, as the Army's form has them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EmassCost {
    /// Cost codes, separated by semicolons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_code: Option<String>,
    /// Funded hours or dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funded: Option<String>,
    /// Unfunded hours or dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfunded: Option<String>,
    /// Obstacles other than funding, separated by semicolons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<String>,
    /// Reason, where the obstacle is Other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle_reason: Option<String>,
}

/// One of the five levels of eMASS, which are those of NIST SP 800-30.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum EmassLevel {
    /// Very Low.
    VeryLow,
    /// Low.
    Low,
    /// Moderate.
    Moderate,
    /// High.
    High,
    /// Very High.
    VeryHigh,
}

/// Severity of a test: a level, or the category of a STIG where a form has that.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RawSeverity {
    /// Very Low.
    VeryLow,
    /// Low.
    Low,
    /// Moderate.
    Moderate,
    /// High.
    High,
    /// Very High.
    VeryHigh,
    /// Category I of a STIG, the most severe.
    CatI,
    /// Category II of a STIG.
    CatIi,
    /// Category III of a STIG.
    CatIii,
}

impl EmassLevel {
    /// All levels, the lowest first.
    pub const ALL: [Self; 5] =
        [Self::VeryLow, Self::Low, Self::Moderate, Self::High, Self::VeryHigh];

    /// Returns the words of a cell.
    #[must_use]
    pub fn in_workbook(self) -> &'static str {
        match self {
            Self::VeryLow => "Very Low",
            Self::Low => "Low",
            Self::Moderate => "Moderate",
            Self::High => "High",
            Self::VeryHigh => "Very High",
        }
    }

    /// Returns the level that the words of a cell name, in any case.
    #[must_use]
    pub fn find(words: &str) -> Option<Self> {
        let words = to_comparable(words);
        Self::ALL.into_iter().find(|level| to_comparable(level.in_workbook()) == words)
    }
}

impl RawSeverity {
    /// Returns the severity that the words of a cell name: a level, or `I`, `CAT II`.
    #[must_use]
    pub fn find(words: &str) -> Option<Self> {
        let plain = to_comparable(words);
        match plain.strip_prefix("cat-").unwrap_or(&plain) {
            "i" => return Some(Self::CatI),
            "ii" => return Some(Self::CatIi),
            "iii" => return Some(Self::CatIii),
            _ => {}
        }
        EmassLevel::find(words).map(|level| match level {
            EmassLevel::VeryLow => Self::VeryLow,
            EmassLevel::Low => Self::Low,
            EmassLevel::Moderate => Self::Moderate,
            EmassLevel::High => Self::High,
            EmassLevel::VeryHigh => Self::VeryHigh,
        })
    }

    /// Returns the level of the forms of 2026. Their list has no categories: the usual reading of
    /// category I is High, of II Moderate, of III Low.
    #[must_use]
    pub fn level(self) -> EmassLevel {
        match self {
            Self::VeryLow => EmassLevel::VeryLow,
            Self::Low | Self::CatIii => EmassLevel::Low,
            Self::Moderate | Self::CatIi => EmassLevel::Moderate,
            Self::High | Self::CatI => EmassLevel::High,
            Self::VeryHigh => EmassLevel::VeryHigh,
        }
    }

    /// Returns the rating of an item that was found with this severity.
    #[must_use]
    pub fn rating(self) -> RiskRating {
        match self.level() {
            EmassLevel::VeryLow | EmassLevel::Low => RiskRating::Low,
            EmassLevel::Moderate => RiskRating::Moderate,
            EmassLevel::High => RiskRating::High,
            EmassLevel::VeryHigh => RiskRating::Critical,
        }
    }
}

impl From<RiskRating> for EmassLevel {
    fn from(rating: RiskRating) -> Self {
        match rating {
            RiskRating::Low => Self::Low,
            RiskRating::Moderate => Self::Moderate,
            RiskRating::High => Self::High,
            RiskRating::Critical => Self::VeryHigh,
        }
    }
}

impl fmt::Display for EmassLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.in_workbook())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_cells_are_levels_and_severities() {
        for (words, level) in [
            ("Very Low", Some(EmassLevel::VeryLow)),
            ("very  high", Some(EmassLevel::VeryHigh)),
            ("Moderate", Some(EmassLevel::Moderate)),
            ("Medium", None),
            ("I", None),
        ] {
            assert_eq!(EmassLevel::find(words), level, "{words}");
        }
        // The usual reading of STIG categories: I High, II Moderate, III Low.
        for (words, severity, level, rating) in [
            ("I", RawSeverity::CatI, EmassLevel::High, RiskRating::High),
            ("CAT II", RawSeverity::CatIi, EmassLevel::Moderate, RiskRating::Moderate),
            ("iii", RawSeverity::CatIii, EmassLevel::Low, RiskRating::Low),
            ("Very Low", RawSeverity::VeryLow, EmassLevel::VeryLow, RiskRating::Low),
            ("Very High", RawSeverity::VeryHigh, EmassLevel::VeryHigh, RiskRating::Critical),
        ] {
            let found = RawSeverity::find(words);
            assert_eq!(found, Some(severity), "{words}");
            assert_eq!((severity.level(), severity.rating()), (level, rating), "{words}");
        }
        assert_eq!(RawSeverity::find("IV"), None);
    }
}
