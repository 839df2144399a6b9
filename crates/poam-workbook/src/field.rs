//! Meaning of a column, independent of its header and position in a layout.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The meaning of one column of a POA&M sheet.
///
/// The names follow the headers of the FedRAMP Rev 5 template (3.0), in the order of its columns;
/// then come the columns that only 2.1 has, the one of the PL-2 sheet, two of the federal
/// columns, those of registers with a row for each milestone, and those of eMASS. The first three columns
/// of that sheet (deficiency id, name and description) are the id, name and description here.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// The identifier of the item.
    PoamId,
    /// Affected controls, separated by commas.
    Controls,
    /// Short title of the weakness.
    WeaknessName,
    /// Description of the weakness.
    WeaknessDescription,
    /// Scanner or other source that found it.
    DetectorSource,
    /// The source's own identifier, such as a plugin number.
    SourceIdentifier,
    /// Affected assets, one on each line.
    AssetIdentifier,
    /// The person responsible.
    PointOfContact,
    /// Resources that the fix needs beyond current ones.
    ResourcesRequired,
    /// Plan of the remediation.
    RemediationPlan,
    /// The day on which it was first found.
    OriginalDetectionDate,
    /// The day on which the fix is due; a formula on the open sheet.
    ScheduledCompletionDate,
    /// The day of the latest change.
    StatusDate,
    /// Yes or No.
    VendorDependency,
    /// The day on which the vendor was last asked.
    LastVendorCheckIn,
    /// Vendor and product on which the fix depends.
    VendorProduct,
    /// Low, Moderate or High.
    OriginalRiskRating,
    /// Low, Moderate, High, N/A or blank.
    AdjustedRiskRating,
    /// Yes, No or Pending.
    RiskAdjustment,
    /// Yes, No or Pending.
    FalsePositive,
    /// Yes, No or Pending.
    OperationalRequirement,
    /// Rationale of a deviation.
    DeviationRationale,
    /// Evidence and other files.
    SupportingDocuments,
    /// Everything without a column of its own.
    Comments,
    /// Known exploited vulnerability (BOD 22-01): Yes or blank.
    KevTracking,
    /// The due date of that catalog.
    KevDueDate,
    /// CVE numbers.
    Cve,
    /// The milestones as first planned (2.1).
    PlannedMilestones,
    /// Changes to milestones (2.1).
    MilestoneChanges,
    /// Automatic approval of a deviation (2.1).
    AutoApprove,
    /// Affected services (2.1).
    ServiceName,
    /// The day on which a documentation deficiency was corrected (PL-2 sheet).
    RemediationDate,
    /// Id, name and description in one (federal columns).
    Weakness,
    /// Ongoing or Complete (federal columns).
    Status,
    /// The day on which the milestone of a row is due, in registers with a row for each.
    MilestoneDueDate,
    /// Where the milestone of a row stands, in such registers.
    MilestoneStatus,
    /// The day on which the milestone of a row was completed, in such registers.
    MilestoneCompletionDate,
    /// The identifier that eMASS gave the item (eMASS).
    EmassId,
    /// Name and description in one (eMASS).
    VulnerabilityDescription,
    /// Failed checks, separated by semicolons (eMASS).
    SecurityChecks,
    /// The day until which acceptance of the risk is requested (eMASS).
    RequestedExpiration,
    /// The identifier that eMASS gave the milestone of a row (eMASS).
    MilestoneId,
    /// Comments on the status of the milestone of a row (eMASS).
    MilestoneComments,
    /// Description of how the weakness was found (eMASS).
    SourceDetails,
    /// Organization, name, phone and mail address (eMASS).
    OfficeOrg,
    /// Severity as the test states it (eMASS).
    RawSeverity,
    /// Mitigations that are in place (eMASS).
    Mitigations,
    /// Conditions that raise or lower the severity (eMASS).
    PredisposingConditions,
    /// Severity with mitigations (eMASS).
    Severity,
    /// Relevance of the threat (eMASS).
    ThreatRelevance,
    /// Description of the threat (eMASS).
    ThreatDescription,
    /// Likelihood of harm (eMASS).
    Likelihood,
    /// Magnitude of the harm (eMASS).
    Impact,
    /// Description of the harm (eMASS).
    ImpactDescription,
    /// Residual risk (eMASS).
    ResidualRisk,
    /// Recommended actions (eMASS).
    Recommendations,
    /// Residual risk after the proposed mitigations (eMASS, Navy).
    ProposedResidualRisk,
    /// Yes where a CFO audit or other review identified it, else No (eMASS, Army).
    CfoAudit,
    /// Cost codes of personnel (eMASS, Army).
    PersonnelCostCode,
    /// Funded hours of personnel (eMASS, Army).
    PersonnelFunded,
    /// Unfunded hours of personnel (eMASS, Army).
    PersonnelUnfunded,
    /// Obstacles of personnel other than funding (eMASS, Army).
    PersonnelObstacle,
    /// The reason of another such obstacle (eMASS, Army).
    PersonnelObstacleReason,
    /// Cost codes of other resources (eMASS, Army).
    NonPersonnelCostCode,
    /// Funded amount of other resources (eMASS, Army).
    NonPersonnelFunded,
    /// Unfunded amount of other resources (eMASS, Army).
    NonPersonnelUnfunded,
    /// Obstacles of other resources than funding (eMASS, Army).
    NonPersonnelObstacle,
    /// The reason of another such obstacle (eMASS, Army).
    NonPersonnelObstacleReason,
    /// A column of the team's own, by its place among the columns of its sheet.
    #[serde(skip)]
    Own(u16),
}

impl Field {
    /// Returns the field that a person means: its name, the name that items have for it, or a
    /// header of a template or another usual one, in any case and with any punctuation.
    #[must_use]
    pub fn find_named(text: &str) -> Option<Self> {
        let name = to_slug(text);
        let name = match name.as_str() {
            "id" => "poam-id",
            "assets" => "asset-identifier",
            "cves" => "cve",
            "services" => "service-name",
            "milestones" => "planned-milestones",
            "evidence" => "supporting-documents",
            "completion-date" => "remediation-date",
            other => other,
        };
        let field = Self::ALL.iter().copied().find(|field| field.name() == name);
        field.or_else(|| super::read::field_of_header(name))
    }

    /// Returns whether the field describes one milestone, in registers with a row for each.
    pub(super) fn is_of_milestone(self) -> bool {
        matches!(
            self,
            Self::PlannedMilestones
                | Self::MilestoneChanges
                | Self::MilestoneDueDate
                | Self::MilestoneStatus
                | Self::MilestoneCompletionDate
                | Self::MilestoneId
                | Self::MilestoneComments
        )
    }

    /// Every field but [`Field::Own`], in the order of their declaration.
    pub const ALL: &[Self] = &[
        Self::PoamId,
        Self::Controls,
        Self::WeaknessName,
        Self::WeaknessDescription,
        Self::DetectorSource,
        Self::SourceIdentifier,
        Self::AssetIdentifier,
        Self::PointOfContact,
        Self::ResourcesRequired,
        Self::RemediationPlan,
        Self::OriginalDetectionDate,
        Self::ScheduledCompletionDate,
        Self::StatusDate,
        Self::VendorDependency,
        Self::LastVendorCheckIn,
        Self::VendorProduct,
        Self::OriginalRiskRating,
        Self::AdjustedRiskRating,
        Self::RiskAdjustment,
        Self::FalsePositive,
        Self::OperationalRequirement,
        Self::DeviationRationale,
        Self::SupportingDocuments,
        Self::Comments,
        Self::KevTracking,
        Self::KevDueDate,
        Self::Cve,
        Self::PlannedMilestones,
        Self::MilestoneChanges,
        Self::AutoApprove,
        Self::ServiceName,
        Self::RemediationDate,
        Self::Weakness,
        Self::Status,
        Self::MilestoneDueDate,
        Self::MilestoneStatus,
        Self::MilestoneCompletionDate,
        Self::EmassId,
        Self::VulnerabilityDescription,
        Self::SecurityChecks,
        Self::RequestedExpiration,
        Self::MilestoneId,
        Self::MilestoneComments,
        Self::SourceDetails,
        Self::OfficeOrg,
        Self::RawSeverity,
        Self::Mitigations,
        Self::PredisposingConditions,
        Self::Severity,
        Self::ThreatRelevance,
        Self::ThreatDescription,
        Self::Likelihood,
        Self::Impact,
        Self::ImpactDescription,
        Self::ResidualRisk,
        Self::Recommendations,
        Self::ProposedResidualRisk,
        Self::CfoAudit,
        Self::PersonnelCostCode,
        Self::PersonnelFunded,
        Self::PersonnelUnfunded,
        Self::PersonnelObstacle,
        Self::PersonnelObstacleReason,
        Self::NonPersonnelCostCode,
        Self::NonPersonnelFunded,
        Self::NonPersonnelUnfunded,
        Self::NonPersonnelObstacle,
        Self::NonPersonnelObstacleReason,
    ];

    /// Returns the name in kebab-case, the same as in the layout files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PoamId => "poam-id",
            Self::Controls => "controls",
            Self::WeaknessName => "weakness-name",
            Self::WeaknessDescription => "weakness-description",
            Self::DetectorSource => "detector-source",
            Self::SourceIdentifier => "source-identifier",
            Self::AssetIdentifier => "asset-identifier",
            Self::PointOfContact => "point-of-contact",
            Self::ResourcesRequired => "resources-required",
            Self::RemediationPlan => "remediation-plan",
            Self::OriginalDetectionDate => "original-detection-date",
            Self::ScheduledCompletionDate => "scheduled-completion-date",
            Self::StatusDate => "status-date",
            Self::VendorDependency => "vendor-dependency",
            Self::LastVendorCheckIn => "last-vendor-check-in",
            Self::VendorProduct => "vendor-product",
            Self::OriginalRiskRating => "original-risk-rating",
            Self::AdjustedRiskRating => "adjusted-risk-rating",
            Self::RiskAdjustment => "risk-adjustment",
            Self::FalsePositive => "false-positive",
            Self::OperationalRequirement => "operational-requirement",
            Self::DeviationRationale => "deviation-rationale",
            Self::SupportingDocuments => "supporting-documents",
            Self::Comments => "comments",
            Self::KevTracking => "kev-tracking",
            Self::KevDueDate => "kev-due-date",
            Self::Cve => "cve",
            Self::PlannedMilestones => "planned-milestones",
            Self::MilestoneChanges => "milestone-changes",
            Self::AutoApprove => "auto-approve",
            Self::ServiceName => "service-name",
            Self::RemediationDate => "remediation-date",
            Self::Weakness => "weakness",
            Self::Status => "status",
            Self::MilestoneDueDate => "milestone-due-date",
            Self::MilestoneStatus => "milestone-status",
            Self::MilestoneCompletionDate => "milestone-completion-date",
            Self::EmassId => "emass-id",
            Self::VulnerabilityDescription => "vulnerability-description",
            Self::SecurityChecks => "security-checks",
            Self::RequestedExpiration => "requested-expiration",
            Self::MilestoneId => "milestone-id",
            Self::MilestoneComments => "milestone-comments",
            Self::SourceDetails => "source-details",
            Self::OfficeOrg => "office-org",
            Self::RawSeverity => "raw-severity",
            Self::Mitigations => "mitigations",
            Self::PredisposingConditions => "predisposing-conditions",
            Self::Severity => "severity",
            Self::ThreatRelevance => "threat-relevance",
            Self::ThreatDescription => "threat-description",
            Self::Likelihood => "likelihood",
            Self::Impact => "impact",
            Self::ImpactDescription => "impact-description",
            Self::ResidualRisk => "residual-risk",
            Self::Recommendations => "recommendations",
            Self::ProposedResidualRisk => "proposed-residual-risk",
            Self::CfoAudit => "cfo-audit",
            Self::PersonnelCostCode => "personnel-cost-code",
            Self::PersonnelFunded => "personnel-funded",
            Self::PersonnelUnfunded => "personnel-unfunded",
            Self::PersonnelObstacle => "personnel-obstacle",
            Self::PersonnelObstacleReason => "personnel-obstacle-reason",
            Self::NonPersonnelCostCode => "non-personnel-cost-code",
            Self::NonPersonnelFunded => "non-personnel-funded",
            Self::NonPersonnelUnfunded => "non-personnel-unfunded",
            Self::NonPersonnelObstacle => "non-personnel-obstacle",
            Self::NonPersonnelObstacleReason => "non-personnel-obstacle-reason",
            Self::Own(_) => "own",
        }
    }
}

/// Returns a text in small letters, with one hyphen for each run of anything but letters and
/// digits.
pub(super) fn to_slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_serde_and_the_list_is_in_order() {
        for field in Field::ALL {
            assert_eq!(serde_json::to_value(field).unwrap(), field.name());
        }
        assert!(Field::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(*Field::ALL.last().unwrap(), Field::NonPersonnelObstacleReason);
        assert_eq!(Field::ALL.len(), 68);
        for field in Field::ALL {
            assert_eq!(Field::find_named(field.name()), Some(*field));
        }
        assert_eq!(Field::find_named(" Weakness Name"), Some(Field::WeaknessName));
        assert_eq!(Field::find_named("original_risk_rating"), Some(Field::OriginalRiskRating));
        assert_eq!(Field::find_named("id"), Some(Field::PoamId));
        assert_eq!(Field::find_named("owner"), None);
        for layout in crate::Layout::all_layouts() {
            for column in layout.sheets.iter().flat_map(|sheet| &sheet.columns) {
                assert!(Field::find_named(&column.header).is_some(), "{}", column.header);
                let name = to_slug(&column.header);
                assert_eq!(Field::find_named(&name), Field::find_named(&column.header), "{name}");
            }
        }
        for (name, field) in [
            ("Weakness Detector Source", Field::DetectorSource),
            ("last-vendor-check-in-date", Field::LastVendorCheckIn),
            ("binding-operational-directive-22-01-due-date", Field::KevDueDate),
            ("POC", Field::PointOfContact),
            ("milestone_due", Field::MilestoneDueDate),
        ] {
            assert_eq!(Field::find_named(name), Some(field), "{name}");
        }
    }
}
