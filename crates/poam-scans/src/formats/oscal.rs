//! OSCAL assessment results (JSON).

use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;

use super::json::{self, Element};
use crate::format::{Counter, ScanFormat};
use crate::identifiers::add;
use crate::time::day;
use crate::{Asset, Limits, Outcome, ScanError, ScanResult, ScanRun, Severity};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "oscal-ar",
    title: "OSCAL assessment results (JSON)",
    page: include_str!("oscal.md"),
    recognises: |head| head.has_keys(&["assessment-results"]),
    read,
};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Document {
    assessment_results: AssessmentResults,
}

#[derive(Deserialize)]
struct AssessmentResults {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    results: Vec<AssessmentResult>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    title: Option<String>,
    version: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct AssessmentResult {
    title: Option<String>,
    start: Option<String>,
    end: Option<String>,
    #[serde(deserialize_with = "json::or_default")]
    findings: Vec<Element<Finding>>,
    observations: Vec<Observation>,
    risks: Vec<Risk>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Finding {
    title: Option<String>,
    description: Option<String>,
    target: Target,
    related_observations: Vec<ObservationLink>,
    related_risks: Vec<RiskLink>,
    associated_risks: Vec<RiskLink>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct Target {
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

fn read(input: &mut dyn BufRead, limits: Limits, sink: &mut Counter<'_>) -> Result<(), ScanError> {
    let document: Document = json::parse(input, limits)?;
    let metadata = document.assessment_results.metadata;
    for (at, assessment) in document.assessment_results.results.into_iter().enumerate() {
        let observations: HashMap<&str, &Observation> = assessment
            .observations
            .iter()
            .map(|observation| (observation.uuid.as_str(), observation))
            .collect();
        let risks: HashMap<&str, &Risk> =
            assessment.risks.iter().map(|risk| (risk.uuid.as_str(), risk)).collect();
        let end = assessment.end.as_deref().or(assessment.start.as_deref()).and_then(day);
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
                Element::Read(finding) => finding,
                Element::Refused(reason) => {
                    sink.refuse(place, reason.clone())?;
                    continue;
                }
            };
            let result = result(place, finding, &observations, &risks, end);
            sink.result(result)?;
            if sink.stopped() {
                return Ok(());
            }
        }
        sink.run(run);
    }
    Ok(())
}

fn result(
    place: String,
    finding: &Finding,
    observations: &HashMap<&str, &Observation>,
    risks: &HashMap<&str, &Risk>,
    end: Option<chrono::NaiveDate>,
) -> ScanResult {
    let mut result = ScanResult::new(place, "OSCAL assessment", finding.target.target_id.clone());
    result.title = finding.title.clone().unwrap_or_default();
    result.description = finding.description.clone().unwrap_or_default();
    // `ac-2.1_smt.a` is a statement of control AC-2(1).
    add(&mut result.controls, control(&finding.target.target_id));
    for link in &finding.related_observations {
        let Some(observation) = observations.get(link.observation_uuid.as_str()) else { continue };
        let collected = observation.collected.as_deref().and_then(day);
        result.first_seen = match (result.first_seen, collected) {
            (Some(known), Some(day)) => Some(known.min(day)),
            (known, day) => known.or(day),
        };
        for subject in &observation.subjects {
            let name = subject.title.clone().unwrap_or_else(|| subject.subject_uuid.clone());
            let asset = Asset::new(name);
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

/// Returns the control of a statement's id, in NIST's spelling; empty where it is none.
fn control(target: &str) -> String {
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
