//! Which kind of document a value is, by its content.

use std::fmt;

use serde_json::{Map, Value};

use crate::nearest::nearest;

/// Members of an Ongoing Certification Report that people write, in the order of the schema: no tracker
/// holds them, and no other kind of document has them.
pub(crate) const AUTHORED_MEMBERS: [&str; 6] = [
    "certificationDataChanges",
    "plannedCertificationDataChanges",
    "transformativeChanges",
    "updatedRecommendations",
    "activeAgencies",
    "reportableIncidents",
];

/// A kind of document that can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    /// FedRAMP's vulnerability detail report (VER-RPT-VDT).
    VulnerabilityDetail,
    /// FedRAMP's report on accepted vulnerabilities (VER-RPT-AVI).
    AcceptedVulnerabilities,
    /// FedRAMP's historical activity (VER-TFR-MRH).
    HistoricalActivity,
    /// FedRAMP's Ongoing Certification Report (CCM-OCR-AVL).
    OngoingCertification,
    /// FedRAMP's Security Decision Record (SDR-CSO-FRR).
    SecurityDecisions,
    /// FedRAMP's Significant Change Notification (SCN-CSO-INF).
    SignificantChange,
    /// An OSCAL POA&M.
    OscalPoam,
}

/// The one member at the top of an OSCAL POA&M.
pub(super) const OSCAL_POAM: &str = "plan-of-action-and-milestones";

/// The key under which this program writes what schemas have no member for.
const OWN_KEY: &str = "x-poam";

impl DocumentKind {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::VulnerabilityDetail,
        Self::AcceptedVulnerabilities,
        Self::HistoricalActivity,
        Self::OngoingCertification,
        Self::SecurityDecisions,
        Self::SignificantChange,
        Self::OscalPoam,
    ];

    /// The name on the command line; of FedRAMP's documents the one in the name of the schema.
    pub fn name(self) -> &'static str {
        match self {
            Self::VulnerabilityDetail => "vulnerability-detail-report",
            Self::AcceptedVulnerabilities => "accepted-vulnerability-info",
            Self::HistoricalActivity => "historical-ver-activity",
            Self::OngoingCertification => "ongoing-certification-report",
            Self::SecurityDecisions => "security-decision-record",
            Self::SignificantChange => "significant-change-notifications",
            Self::OscalPoam => "oscal-poam",
        }
    }

    /// The kind with a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Members at the top that no other kind has.
    fn own_members(self) -> &'static [&'static str] {
        match self {
            Self::VulnerabilityDetail => &["vulnerabilities"],
            // Shared with two other kinds, which have members of their own.
            Self::AcceptedVulnerabilities => &["acceptedVulnerabilities"],
            Self::HistoricalActivity => &["activeVulnerabilities", "generatedAt"],
            Self::OngoingCertification => &AUTHORED_MEMBERS,
            Self::SecurityDecisions => &[
                "fedRampRequirements",
                "keySecurityIndicators",
                "securityControls",
                "portsAndProtocols",
            ],
            Self::SignificantChange => {
                &["changeType", "changeDescription", "changeTypeExplanation", "planAndTimeline"]
            }
            Self::OscalPoam => &[OSCAL_POAM],
        }
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::VulnerabilityDetail => "vulnerability detail report",
            Self::AcceptedVulnerabilities => "report on accepted vulnerabilities",
            Self::HistoricalActivity => "historical VER activity",
            Self::OngoingCertification => "Ongoing Certification Report",
            Self::SecurityDecisions => "Security Decision Record",
            Self::SignificantChange => "Significant Change Notification",
            Self::OscalPoam => "OSCAL POA&M",
        })
    }
}

/// Documents that are known and for which no schema is here: a member at the top, and the name.
const OTHERS: [(&str, &str); 12] = [
    ("system-security-plan", "an OSCAL system security plan"),
    ("assessment-plan", "an OSCAL assessment plan"),
    ("assessment-results", "OSCAL assessment results"),
    ("component-definition", "an OSCAL component definition"),
    ("mapping-collection", "an OSCAL mapping collection"),
    ("catalog", "an OSCAL catalog"),
    ("profile", "an OSCAL profile"),
    ("serviceIdentification", "FedRAMP's Certification Package Overview"),
    ("reportType", "FedRAMP's Incident Report"),
    ("servicesOffered", "FedRAMP's information on an assessor or advisor"),
    ("weakness_name", "an item of a tracker: `poam validate` checks items"),
    ("runs", "a SARIF file"),
];

/// Recognises the kind of a document.
///
/// # Errors
///
/// What it is instead, in words.
pub(super) fn recognise(value: &Value) -> Result<DocumentKind, String> {
    let Some(object) = value.as_object() else {
        return Err(match value {
            Value::Array(_) => "a list, and every document that is checked is a mapping".to_owned(),
            _ => "a single value, and every document that is checked is a mapping".to_owned(),
        });
    };
    if let Some(kind) = stated(object) {
        return Ok(kind);
    }
    let score = |kind: DocumentKind| {
        kind.own_members().iter().filter(|name| object.contains_key(**name)).count()
    };
    let is_summary = object.get("acceptedVulnerabilities").is_some_and(Value::is_string);
    let mut best: Option<(usize, DocumentKind)> = None;
    for kind in DocumentKind::ALL {
        let mut count = score(kind) * 2;
        if kind == DocumentKind::AcceptedVulnerabilities && count > 0 {
            // Others have it too, so that any member of theirs decides.
            count = 1;
        }
        if kind == DocumentKind::OngoingCertification && is_summary {
            count += 2;
        }
        if count > 0 && best.is_none_or(|(most, _)| count > most) {
            best = Some((count, kind));
        }
    }
    if let Some((_, kind)) = best {
        return Ok(kind);
    }
    if let Some((_, name)) = OTHERS.iter().find(|(member, _)| object.contains_key(*member)) {
        return Err((*name).to_owned());
    }
    // A name that is mistyped.
    for kind in DocumentKind::ALL {
        let is_near = |name: &&str| nearest(name, object.keys().map(String::as_str)).is_some();
        if kind.own_members().iter().any(is_near) {
            return Ok(kind);
        }
    }
    match object.keys().next() {
        Some(first) => Err(format!("a mapping that begins with `{first}`")),
        None => Err("an empty mapping".to_owned()),
    }
}

/// The kind that a document states: by our own key, or by a schema that it names.
fn stated(object: &Map<String, Value>) -> Option<DocumentKind> {
    let own = object.get(OWN_KEY).and_then(|own| own.get("schema"));
    let schema = own.or_else(|| object.get("$schema")).and_then(Value::as_str)?;
    let schema = schema.strip_prefix("https://fedramp.gov/schemas/fedramp-")?;
    let (name, _) = schema.split_once("-schema-")?;
    DocumentKind::from_name(name)
}

/// The version of FedRAMP's common definitions that a document says it follows.
pub(super) fn stated_definitions(value: &Value) -> Option<&str> {
    value.get(OWN_KEY)?.get("commonDefinitionsVersion")?.as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_are_recognised_by_content() {
        use DocumentKind::*;
        for (value, expected) in [
            (json!({"vulnerabilities": []}), VulnerabilityDetail),
            (json!({"acceptedVulnerabilities": [], "reportPeriod": {}}), AcceptedVulnerabilities),
            (
                json!({"acceptedVulnerabilities": [], "activeVulnerabilities": []}),
                HistoricalActivity,
            ),
            (json!({"acceptedVulnerabilities": [], "generatedAt": ""}), HistoricalActivity),
            (json!({"acceptedVulnerabilities": "None."}), OngoingCertification),
            (json!({"activeAgencies": [], "acceptedVulnerabilities": []}), OngoingCertification),
            (json!({"fedRampRequirements": []}), SecurityDecisions),
            (json!({"changeType": "Adaptive"}), SignificantChange),
            (json!({"plan-of-action-and-milestones": 1}), OscalPoam),
            (json!({"vulnerabilites": []}), VulnerabilityDetail),
            (
                json!({"$schema": "https://fedramp.gov/schemas/fedramp-accepted-vulnerability-info-schema-2026-06-24.json"}),
                AcceptedVulnerabilities,
            ),
        ] {
            assert_eq!(recognise(&value), Ok(expected), "{value}");
        }
        for (value, expected) in [
            (json!([]), "a list, and every document that is checked is a mapping"),
            (json!({}), "an empty mapping"),
            (json!({"catalog": {}}), "an OSCAL catalog"),
            (json!({"reportType": "Initial"}), "FedRAMP's Incident Report"),
            (json!({"a": 1}), "a mapping that begins with `a`"),
        ] {
            assert_eq!(recognise(&value), Err(expected.to_owned()), "{value}");
        }
    }

    #[test]
    fn every_kind_has_a_name_that_is_read_back() {
        for kind in DocumentKind::ALL {
            assert_eq!(DocumentKind::from_name(kind.name()), Some(kind));
        }
    }
}
