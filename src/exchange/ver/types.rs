//! The shapes of FedRAMP's schemas (common definitions 0.4.1 and the reports), with our own key.

use serde::Serialize;

macro_rules! shapes {
    ($($(#[doc = $doc:expr])* $name:ident $(<$of:lifetime>)? { $($(#[$meta:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(rename_all = "camelCase")]
        pub(super) struct $name $(<$of>)? {
            $($(#[$meta])* pub(super) $field: $type,)*
        }
    )*};
}

shapes! {
    /// When and by what a vulnerability was found.
    Detection {
        detected_at: String,
        detection_source: String,
    }
    /// The next mitigation that is planned.
    NextReduction {
        estimated_at: String,
        target_rating: u8,
    }
    /// State of the time frames.
    OverdueStatus {
        is_overdue: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        explanation: Option<String>,
    }
    /// A reduction of the rating that was recorded.
    PainReductionEvent {
        reduced_at: String,
        rating: u8,
    }
    /// VER-RPT-VDT.
    Detail {
        provider_tracking_id: String,
        detection: Detection,
        vulnerability_description: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        evaluation_completed_at: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        is_internet_reachable: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        is_likely_exploitable: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        current_rating: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        projected_next_reduction: Option<NextReduction>,
        #[serde(skip_serializing_if = "Option::is_none")]
        overdue_status: Option<OverdueStatus>,
        #[serde(skip_serializing_if = "Option::is_none")]
        supplementary_risk_information: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pain_reduction_events: Vec<PainReductionEvent>,
        #[serde(skip_serializing_if = "Option::is_none")]
        final_disposition: Option<&'static str>,
        #[serde(rename = "x-poam")]
        own: OwnDetail,
    }
    /// Data of the tracker on a vulnerability for which the schema has no member.
    OwnDetail {
        /// Members that hold the beginning of a day: no time of day was recorded.
        days: Vec<&'static str>,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        cves: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        kev: Option<KnownExploited>,
        /// The person of the first evaluation, whose time is `evaluationCompletedAt`.
        #[serde(skip_serializing_if = "Option::is_none")]
        evaluated_by: Option<String>,
        /// Every evaluation, the first one first, where there are several.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        evaluations: Vec<OwnEvaluation>,
        #[serde(skip_serializing_if = "Option::is_none")]
        overdue_explanation: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rationale: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        automatable: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        mitigation: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        closed_on: Option<String>,
        /// Whether its status is a closed one.
        #[serde(skip)]
        closed: bool,
        /// Every change of the rating, oldest first.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        rating_changes: Vec<RatingChange>,
        /// Every change of the next planned reduction, oldest first.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        estimate_changes: Vec<EstimateChange>,
    }
    /// One evaluation, as a commit recorded it.
    OwnEvaluation {
        /// A day or an instant, as it was written.
        completed: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rating: Option<u8>,
    }
    /// CISA's catalog of known exploited vulnerabilities.
    KnownExploited {
        listed: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        added: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        due: Option<String>,
    }
    /// One change of the rating, as a commit recorded it.
    RatingChange {
        recorded_at: String,
        commit: String,
        from: Option<u8>,
        to: Option<u8>,
        /// When it happened, where that is known.
        #[serde(skip)]
        happened_at: Option<String>,
    }
    /// One change of the next planned reduction, as a commit recorded it.
    EstimateChange {
        recorded_at: String,
        commit: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        due: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rating: Option<u8>,
    }
    /// VER-RPT-AVI.
    Accepted {
        vulnerability_detail: Detail,
        acceptance_rationale: String,
        #[serde(rename = "x-poam")]
        own: OwnAcceptance,
    }
    /// By what a vulnerability counts as accepted.
    OwnAcceptance {
        basis: AcceptanceBasis,
        #[serde(skip_serializing_if = "Option::is_none")]
        approved_on: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        review_by: Option<String>,
    }
    /// From when to when a report shows.
    ReportPeriod {
        from: String,
        to: String,
    }
    /// Schema that a report follows, and its source.
    OwnReport<'a> {
        schema: String,
        schema_version: &'static str,
        common_definitions_version: &'static str,
        commit: &'a str,
        /// Items that were deleted in the period, of which no report shows.
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        deleted: &'a [String],
    }
    /// The vulnerability detail report.
    DetailReport<'a> {
        certification_package_overview_uri: &'a str,
        report_period: ReportPeriod,
        vulnerabilities: Vec<&'a Detail>,
        #[serde(rename = "x-poam")]
        own: OwnReport<'a>,
    }
    /// The report on accepted vulnerabilities.
    AcceptedReport<'a> {
        certification_package_overview_uri: &'a str,
        report_period: ReportPeriod,
        accepted_vulnerabilities: Vec<&'a Accepted>,
        #[serde(rename = "x-poam")]
        own: OwnReport<'a>,
    }
    /// The historical activity.
    Activity<'a> {
        certification_package_overview_uri: &'a str,
        generated_at: String,
        active_vulnerabilities: Vec<&'a Detail>,
        accepted_vulnerabilities: Vec<&'a Accepted>,
        #[serde(rename = "x-poam")]
        own: OwnReport<'a>,
    }
}

/// Reason why a vulnerability counts as accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AcceptanceBasis {
    /// Its status is a decision not to fix it.
    Decision,
    /// An operational requirement is approved.
    OperationalRequirement,
    /// It was evaluated longer ago than VER-TFR-MAV allows.
    Age,
}
