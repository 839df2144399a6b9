//! OSCAL assessment results (JSON).

use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;
use serde_json::Value;

use super::json::{self, ListElement};
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::add;
use crate::time::parse_day;
use crate::{Asset, Outcome, ScanError, ScanLimits, ScanResult, ScanRun, Severity};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "oscal-ar",
    title: "OSCAL assessment results (JSON)",
    page: include_str!("oscal.md"),
    recognises: |head| head.has_keys(&["assessment-results"]),
    read,
};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct OscalResults {
    assessment_results: AssessmentResults,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct AssessmentResults {
    #[serde(default)]
    metadata: OscalMetadata,
    #[serde(default, deserialize_with = "json::or_default")]
    local_definitions: Value,
    #[serde(default, deserialize_with = "json::or_default")]
    back_matter: Value,
    #[serde(default)]
    results: Vec<AssessmentResult>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OscalMetadata {
    title: Option<String>,
    version: Option<String>,
    parties: Value,
    locations: Value,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct AssessmentResult {
    title: Option<String>,
    start: Option<String>,
    end: Option<String>,
    #[serde(deserialize_with = "json::or_default")]
    local_definitions: Value,
    #[serde(deserialize_with = "json::or_default")]
    findings: Vec<ListElement<OscalFinding>>,
    observations: Vec<Observation>,
    risks: Vec<Risk>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct OscalFinding {
    title: Option<String>,
    description: Option<String>,
    target: OscalTarget,
    related_observations: Vec<ObservationLink>,
    related_risks: Vec<RiskLink>,
    associated_risks: Vec<RiskLink>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct OscalTarget {
    target_id: String,
    status: TargetStatus,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TargetStatus {
    state: String,
    reason: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct ObservationLink {
    observation_uuid: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct RiskLink {
    risk_uuid: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Observation {
    uuid: String,
    collected: Option<String>,
    subjects: Vec<Subject>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Subject {
    title: Option<String>,
    subject_uuid: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Risk {
    uuid: String,
    status: String,
    statement: Option<String>,
    characterizations: Vec<Characterization>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Characterization {
    facets: Vec<Facet>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Facet {
    name: String,
    value: String,
}

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let document: OscalResults = json::parse(input, limits)?;
    let metadata = document.assessment_results.metadata;
    let mut of_document = SubjectNames::default();
    of_document.add_all(&document.assessment_results.local_definitions);
    of_document.add_list(&metadata.parties);
    of_document.add_list(&metadata.locations);
    of_document.add_all(&document.assessment_results.back_matter);
    for (at, assessment) in document.assessment_results.results.into_iter().enumerate() {
        let observations: HashMap<&str, &Observation> = assessment
            .observations
            .iter()
            .map(|observation| (observation.uuid.as_str(), observation))
            .collect();
        let risks: HashMap<&str, &Risk> =
            assessment.risks.iter().map(|risk| (risk.uuid.as_str(), risk)).collect();
        let mut names = of_document.clone();
        names.add_all(&assessment.local_definitions);
        let names = names.unique();
        let end = assessment.end.as_deref().or(assessment.start.as_deref()).and_then(parse_day);
        let run = ScanRun {
            tool: metadata.title.clone().unwrap_or_else(|| "OSCAL assessment".to_owned()),
            version: metadata.version.clone(),
            profile: assessment.title.clone(),
            day: end,
            ..ScanRun::default()
        };
        for (number, finding) in assessment.findings.iter().enumerate() {
            let place = format!("/assessment-results/results/{at}/findings/{number}");
            let finding = match finding {
                ListElement::Read(finding) => finding,
                ListElement::Refused(reason) => {
                    sink.refuse_result(place, reason.clone())?;
                    continue;
                }
            };
            let result = build_result(place, finding, &observations, &risks, &names, end);
            sink.accept_result(result)?;
            if sink.is_stopped() {
                return Ok(());
            }
        }
        sink.run(run);
    }
    Ok(())
}

fn build_result(
    place: String,
    finding: &OscalFinding,
    observations: &HashMap<&str, &Observation>,
    risks: &HashMap<&str, &Risk>,
    names: &HashMap<String, String>,
    end: Option<chrono::NaiveDate>,
) -> ScanResult {
    let mut result = ScanResult::new(place, "OSCAL assessment", finding.target.target_id.clone());
    result.title = finding.title.clone().unwrap_or_default();
    result.description = finding.description.clone().unwrap_or_default();
    // `ac-2.1_smt.a` is a statement of control AC-2(1).
    add(&mut result.controls, parse_control(&finding.target.target_id));
    for link in &finding.related_observations {
        let Some(observation) = observations.get(link.observation_uuid.as_str()) else { continue };
        let collected = observation.collected.as_deref().and_then(parse_day);
        result.first_seen = match (result.first_seen, collected) {
            (Some(known), Some(day)) => Some(known.min(day)),
            (known, day) => known.or(day),
        };
        for subject in &observation.subjects {
            let title = subject.title.clone().filter(|title| !title.trim().is_empty());
            let defined = || names.get(&subject.subject_uuid.to_ascii_lowercase()).cloned();
            let name = title.or_else(defined).unwrap_or_else(|| subject.subject_uuid.clone());
            let asset = Asset::new(name.trim());
            if !asset.name.is_empty() && !result.assets.contains(&asset) {
                result.assets.push(asset);
            }
        }
        result.proofs += 1;
    }
    result.last_seen = end.or(result.first_seen);
    let linked = finding.related_risks.iter().chain(&finding.associated_risks);
    let linked: Vec<&Risk> =
        linked.filter_map(|link| risks.get(link.risk_uuid.as_str()).copied()).collect();
    for risk in &linked {
        if result.description.is_empty() {
            result.description = risk.statement.clone().unwrap_or_default();
        }
        for facet in
            risk.characterizations.iter().flat_map(|characterization| &characterization.facets)
        {
            if ["risk", "severity", "impact"].contains(&facet.name.to_ascii_lowercase().as_str()) {
                let severity = Severity::from_word(&facet.value);
                if severity > result.severity {
                    result.severity = severity;
                    result.severity_source.clone_from(&facet.value);
                }
            }
        }
    }
    let closed = !linked.is_empty() && linked.iter().all(|risk| risk.status == "closed");
    result.outcome = match finding.target.status.state.as_str() {
        "satisfied" => Outcome::Passed,
        "not-satisfied" if closed => Outcome::Fixed,
        "not-satisfied" => Outcome::Failed,
        word => Outcome::NotChecked { word: word.to_owned() },
    };
    if finding.target.status.reason.as_deref() == Some("not-applicable") {
        result.outcome = Outcome::NotApplicable;
    }
    result
}

/// Names of components, hosts and people that a document defines, by UUID.
#[derive(Debug, Clone, Default)]
struct SubjectNames {
    by_uuid: HashMap<String, String>,
}

/// Properties of an inventory item that name it, the best first.
const NAMING_PROPERTIES: [&str; 7] =
    ["fqdn", "hostname", "netbios-name", "asset-id", "uri", "ipv4-address", "ipv6-address"];

impl SubjectNames {
    /// Adds the entries of all lists in a definition: components, inventory items, users, resources, and the
    /// components of the assessment's own assets.
    fn add_all(&mut self, definitions: &Value) {
        for list in ["components", "inventory-items", "users", "resources"] {
            self.add_list(definitions.get(list).unwrap_or(&Value::Null));
        }
        if let Some(assets) = definitions.get("assessment-assets") {
            self.add_all(assets);
        }
    }

    /// Adds the entries of a list that have a UUID and a name: a title, a name of its own, the property of a
    /// host, else the first line of the description.
    fn add_list(&mut self, list: &Value) {
        for entry in list.as_array().into_iter().flatten() {
            let text = |key: &str| {
                let text = entry.get(key).and_then(Value::as_str).unwrap_or_default();
                text.lines().map(str::trim).find(|line| !line.is_empty())
            };
            let properties = entry.get("props").and_then(Value::as_array);
            let property = |name: &&str| {
                let mut all = properties.into_iter().flatten();
                let property = all
                    .find(|property| property.get("name").and_then(Value::as_str) == Some(*name))?;
                property.get("value").and_then(Value::as_str).map(str::trim)
            };
            let named = text("title").or_else(|| text("name"));
            let named = named.or_else(|| NAMING_PROPERTIES.iter().find_map(property));
            if let (Some(uuid), Some(name)) = (text("uuid"), named.or_else(|| text("description")))
            {
                self.by_uuid.insert(uuid.to_ascii_lowercase(), name.to_owned());
            }
        }
    }

    /// Returns the names by UUID. Where two have one name, the UUID is appended to distinguish them.
    fn unique(self) -> HashMap<String, String> {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for name in self.by_uuid.values() {
            *counts.entry(name.clone()).or_default() += 1;
        }
        let tell = |(uuid, name): (String, String)| match counts.get(&name) {
            Some(1) => (uuid, name),
            _ => (uuid.clone(), format!("{name} {uuid}")),
        };
        self.by_uuid.into_iter().map(tell).collect()
    }
}

/// Returns the control of a statement's id, in NIST's spelling; empty where it is none.
fn parse_control(target: &str) -> String {
    let base = target.split('_').next().unwrap_or_default().to_ascii_uppercase();
    let Some((family, number)) = base.split_once('-') else { return String::new() };
    if family.len() != 2 || !number.starts_with(|c: char| c.is_ascii_digit()) {
        return String::new();
    }
    match number.split_once('.') {
        Some((number, enhancement)) => format!("{family}-{number}({enhancement})"),
        None => format!("{family}-{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::collect;

    #[test]
    fn assets_of_an_assessment_are_named_by_its_definitions() {
        let file = r#"{"assessment-results": {"metadata": {"title": "A", "parties": [{"uuid": "p1", "name": "Acme"}]},
            "back-matter": {"resources": [{"uuid": "r1", "title": "Diagram"}]},
            "results": [{"start": "2026-03-01T00:00:00Z", "end": "2026-03-05T00:00:00Z",
            "local-definitions": {"components": [{"uuid": "C1", "title": "web-1"}, {"uuid": "c2", "title": "twin"}, {"uuid": "c3", "title": "twin"}],
                "inventory-items": [{"uuid": "i1", "description": "The database.\nIt is large.",
                    "props": [{"name": "asset-id", "value": "A-7"}, {"name": "fqdn", "value": "db-1.example.com"}]},
                    {"uuid": "i2", "description": "\nThe printer.\nIt is loud."}],
                "assessment-assets": {"components": [{"uuid": "t1", "title": "The scanner"}]}},
            "observations": [{"uuid": "o1", "collected": "2026-03-02T00:00:00Z", "subjects": [
                {"subject-uuid": "c1", "type": "component"}, {"subject-uuid": "c2"}, {"subject-uuid": "c3"}, {"subject-uuid": "i1"}, {"subject-uuid": "i2"},
                {"subject-uuid": "p1"}, {"subject-uuid": "r1"}, {"subject-uuid": "t1"}, {"subject-uuid": "c1", "title": "own title"},
                {"subject-uuid": "unknown"}]}],
            "findings": [{"title": "F", "target": {"target-id": "ac-2_obj.a", "status": {"state": "not-satisfied"}},
                "related-observations": [{"observation-uuid": "o1"}]}]}]}}"#;
        let (_, collected) = collect(file.as_bytes());
        let names: Vec<&str> =
            collected.results[0].assets.iter().map(|asset| asset.name.as_str()).collect();
        let expected = [
            "web-1",
            "twin c2",
            "twin c3",
            "db-1.example.com",
            "The printer.",
            "Acme",
            "Diagram",
            "The scanner",
            "own title",
            "unknown",
        ];
        assert_eq!(names, expected);
    }
}
