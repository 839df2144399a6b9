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

    /// Returns the name on the command line; of FedRAMP's documents the one in the name of the
    /// schema.
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

    /// Returns the kind with a name.
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
const OTHERS: [(&str, &str); 20] = [
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
    ("FRR", "FedRAMP's dataset of rules (`poam rules --compare` reads it)"),
    ("weakness_name", "an item of a tracker (`poam validate` checks items)"),
    ("bomFormat", "a CycloneDX document (`poam scan` reads findings)"),
    ("spdxVersion", "an SPDX document"),
    ("runs", "a SARIF file (`poam scan` reads findings)"),
    ("catalogVersion", "CISA's catalog of known exploited vulnerabilities (`poam kev` reads it)"),
    ("auditReportVersion", "a report of npm audit"),
    ("ArtifactName", "a report of Trivy (`poam scan` reads findings)"),
    ("matches", "a report of Grype (`poam scan` reads findings)"),
    ("$defs", "a JSON Schema"),
];

/// OSCAL documents have one mapping at the top under these names; elsewhere they are other members.
const OSCAL_MAPPINGS: [&str; 7] = [
    "system-security-plan",
    "assessment-plan",
    "assessment-results",
    "component-definition",
    "mapping-collection",
    "catalog",
    "profile",
];

/// Members that only the settings of a tracker have, beside `version`.
const SETTINGS_MEMBERS: [&str; 8] =
    ["profile", "items", "workflow", "people", "vdr_adopted", "warn_days", "rules", "system"];

/// Members of the schema of a kind.
struct SchemaMembers {
    required: Vec<String>,
    known: Vec<String>,
}

impl SchemaMembers {
    fn find(kind: DocumentKind) -> Self {
        let schema: Option<Value> = kind.schema_text().and_then(|it| serde_json::from_str(it).ok());
        let schema = schema.unwrap_or_default();
        let names = |values: Option<&Vec<Value>>| {
            let values = values.into_iter().flatten();
            values.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        let known = schema["properties"].as_object();
        Self {
            required: names(schema["required"].as_array()),
            known: known.into_iter().flat_map(Map::keys).cloned().collect(),
        }
    }

    /// Returns whether a document is of the kind, of which it has a member: it has another required
    /// member, or nothing but members of the schema. Other formats have lists of the same name.
    fn fit(&self, object: &Map<String, Value>, own: &str) -> bool {
        let has_other = self.required.iter().any(|name| name != own && object.contains_key(name));
        let is_known = |name: &String| {
            name == own
                || self.known.contains(name)
                || name.starts_with("x-")
                || name.starts_with('$')
        };
        has_other || object.keys().all(is_known)
    }
}

/// Recognises the kind of a document.
///
/// # Errors
///
/// What it is instead, in words.
pub(super) fn recognise(value: &Value) -> Result<DocumentKind, String> {
    let Some(object) = value.as_object() else {
        return Err(match value {
            Value::Array(_) => "a list, and every document that is checked is a mapping".to_owned(),
            Value::Null => "`null`, and every document that is checked is a mapping".to_owned(),
            _ => "a single value, and every document that is checked is a mapping".to_owned(),
        });
    };
    if let Some(kind) = stated(object) {
        return Ok(kind);
    }
    let score = |kind: DocumentKind| {
        let own: Vec<&&str> =
            kind.own_members().iter().filter(|name| object.contains_key(**name)).collect();
        let Some(first) = own.first() else { return 0 };
        let fits = kind == DocumentKind::OscalPoam || SchemaMembers::find(kind).fit(object, first);
        if fits { own.len() } else { 0 }
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
    let is_other = |member: &str| {
        object.get(member).is_some_and(|it| it.is_object() || !OSCAL_MAPPINGS.contains(&member))
    };
    if let Some((_, name)) = OTHERS.iter().find(|(member, _)| is_other(member)) {
        return Err((*name).to_owned());
    }
    let is_settings = object.keys().all(|name| {
        SETTINGS_MEMBERS.contains(&name.as_str()) || name == "version" || name.contains('_')
    });
    if is_settings && SETTINGS_MEMBERS.iter().any(|name| object.contains_key(*name)) {
        return Err("the settings of a tracker (`poam validate` checks them)".to_owned());
    }
    // A name that is mistyped.
    for kind in DocumentKind::ALL {
        let is_near = |name: &&str| {
            let near = nearest(name, object.keys().map(String::as_str));
            near.is_some_and(|near| SchemaMembers::find(kind).fit(object, near))
        };
        if kind.own_members().iter().any(is_near) {
            return Ok(kind);
        }
    }
    match object.keys().next() {
        Some(first) => Err(format!("a mapping that begins with `{first}`")),
        None => Err("an empty mapping".to_owned()),
    }
}

/// Returns the kind that a document states: by our own key, or by a schema that it names.
fn stated(object: &Map<String, Value>) -> Option<DocumentKind> {
    let own = object.get(OWN_KEY).and_then(|own| own.get("schema"));
    let schema = own.or_else(|| object.get("$schema")).and_then(Value::as_str)?;
    let schema = schema.strip_prefix("https://fedramp.gov/schemas/fedramp-")?;
    let (name, _) = schema.split_once("-schema-")?;
    DocumentKind::from_name(name)
}

/// Returns the version of FedRAMP's common definitions that a document states it follows.
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
            (json!({"vulnerabilities": [], "reportPeriod": {}, "vendor": 1}), VulnerabilityDetail),
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
            // Other formats with lists of the same name.
            (
                json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "vulnerabilities": []}),
                "a CycloneDX document (`poam scan` reads findings)",
            ),
            (
                json!({"title": "CISA Catalog", "catalogVersion": "2026.11.27", "vulnerabilities": []}),
                "CISA's catalog of known exploited vulnerabilities (`poam kev` reads it)",
            ),
            (json!({"auditReportVersion": 2, "vulnerabilities": {}}), "a report of npm audit"),
            (
                json!({"document": {"category": "csaf_vex"}, "vulnerabilities": []}),
                "a mapping that begins with `document`",
            ),
            (
                json!({"metadata": {}, "securityControls": [], "z": 1}),
                "a mapping that begins with `metadata`",
            ),
            (
                json!({"version": 1, "profile": "fedramp-rev5", "system": {}}),
                "the settings of a tracker (`poam validate` checks them)",
            ),
            (
                json!({"version": 1, "vdr_adopted": "2026-12-07", "warn_days": 3}),
                "the settings of a tracker (`poam validate` checks them)",
            ),
            (json!({"profile": {"uuid": "x"}}), "an OSCAL profile"),
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
