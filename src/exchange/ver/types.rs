//! The shapes of FedRAMP's schemas (common definitions 0.1.1 and the three reports 0.1.0).

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
    /// Whether the time frames are kept.
    OverdueStatus {
        is_overdue: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        explanation: Option<String>,
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
        #[serde(skip_serializing_if = "Option::is_none")]
        final_disposition: Option<&'static str>,
    }
    /// VER-RPT-AVI.
    Accepted {
        vulnerability_detail: Detail,
        acceptance_rationale: String,
    }
    /// From when to when a report tells.
    ReportPeriod {
        from: String,
        to: String,
    }
    /// The vulnerability detail report.
    DetailReport<'a> {
        certification_package_overview_uri: &'a str,
        report_period: ReportPeriod,
        vulnerabilities: Vec<&'a Detail>,
    }
    /// The report on accepted vulnerabilities.
    AcceptedReport<'a> {
        certification_package_overview_uri: &'a str,
        report_period: ReportPeriod,
        accepted_vulnerabilities: Vec<&'a Accepted>,
    }
    /// The historical activity.
    Activity<'a> {
        certification_package_overview_uri: &'a str,
        generated_at: String,
        active_vulnerabilities: Vec<&'a Detail>,
        accepted_vulnerabilities: Vec<&'a Accepted>,
    }
}
