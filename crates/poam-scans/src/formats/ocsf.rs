//! Findings in the Open Cybersecurity Schema Framework (OCSF), of Prowler and others: classes 2002
//! (vulnerability), 2003 (compliance) and 2004 (detection). An array, or one object a line.

use std::io::BufRead;

use serde::Deserialize;

use super::json;
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, find_cves};
use crate::time::{day_of_epoch, parse_day};
use crate::{
    Asset, CheckKind, Outcome, Package, ScanError, ScanLimits, ScanResult, ScanRun, Severity,
};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "ocsf",
    title: "OCSF findings (Prowler and others)",
    page: include_str!("ocsf.md"),
    // Prowler writes an empty list where it checked nothing.
    recognises: |head| head.has_keys(&["class_uid", "finding_info"]) || head.is_compactly("[]"),
    read,
};

#[derive(Deserialize, Default)]
#[serde(default)]
struct OcsfFinding {
    class_uid: Option<i64>,
    message: Option<String>,
    metadata: OcsfMetadata,
    severity_id: Option<i64>,
    severity: Option<String>,
    status: Option<String>,
    status_id: Option<i64>,
    status_code: Option<String>,
    status_detail: Option<String>,
    finding_info: FindingInfo,
    resources: Vec<OcsfResource>,
    remediation: OcsfRemediation,
    risk_details: Option<String>,
    time_dt: Option<String>,
    time: Option<i64>,
    vulnerabilities: Vec<OcsfVulnerability>,
    compliance: OcsfCompliance,
    unmapped: serde_json::Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OcsfMetadata {
    event_code: Option<String>,
    product: Product,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Product {
    name: Option<String>,
    version: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct FindingInfo {
    uid: Option<String>,
    title: Option<String>,
    desc: Option<String>,
    first_seen_time_dt: Option<String>,
    first_seen_time: Option<i64>,
    last_seen_time_dt: Option<String>,
    last_seen_time: Option<i64>,
    types: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OcsfResource {
    uid: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OcsfRemediation {
    desc: Option<String>,
    references: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OcsfVulnerability {
    cve: Cve,
    title: Option<String>,
    desc: Option<String>,
    references: Vec<String>,
    affected_packages: Vec<AffectedPackage>,
    remediation: OcsfRemediation,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Cve {
    uid: Option<String>,
    cvss: Vec<OcsfCvss>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OcsfCvss {
    vector_string: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AffectedPackage {
    name: String,
    version: Option<String>,
    fixed_in_version: Option<String>,
    purl: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OcsfCompliance {
    control: Option<String>,
    status: Option<String>,
}

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let bytes = json::read_bytes(input, limits)?;
    let (_, findings) = json::list::<OcsfFinding>(&bytes, &[])?;
    let mut run = ScanRun::default();
    let all = json::each_result("", findings, &mut run, sink, |run, place, finding| {
        if run.tool.is_empty() {
            run.tool = finding.metadata.product.name.clone().unwrap_or_default();
            run.version.clone_from(&finding.metadata.product.version);
        }
        match finding.class_uid {
            Some(class) if !(2001..=2004).contains(&class) => {
                Err(format!("class {class} is no finding that this reader knows (2001 to 2004)"))
            }
            _ => Ok(Some(build_result(place, finding))),
        }
    })?;
    if all {
        sink.run(run);
    }
    Ok(())
}

fn build_result(place: String, finding: OcsfFinding) -> ScanResult {
    let info = finding.finding_info;
    let vulnerability = finding.vulnerabilities.into_iter().next();
    let cve = vulnerability.as_ref().and_then(|vulnerability| vulnerability.cve.uid.clone());
    let id = finding
        .metadata
        .event_code
        .or(cve)
        .or(finding.compliance.control)
        .or(info.uid)
        .unwrap_or_default();
    let tool = finding.metadata.product.name.unwrap_or_else(|| "OCSF".to_owned());
    let mut result = ScanResult::new(place, tool, id);
    if vulnerability.is_none() && (finding.class_uid == Some(2003) || finding.status_code.is_some())
    {
        result.kind = CheckKind::Configuration;
    }
    result.title = info.title.or(finding.message).unwrap_or_default();
    result.description = [info.desc, finding.risk_details]
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n");
    result.remediation = finding.remediation.desc.unwrap_or_default();
    for reference in finding.remediation.references {
        if reference.starts_with("http") {
            add(&mut result.references, reference);
        }
    }
    result.severity = read_severity(finding.severity_id, finding.severity.as_deref());
    result.severity_source = finding.severity.unwrap_or_default();
    let code = finding.status_code.or(finding.compliance.status).unwrap_or_default();
    let muted = finding.unmapped.get("muted").and_then(serde_json::Value::as_bool) == Some(true);
    let status = status_word(finding.status.as_deref(), finding.status_id);
    result.outcome = if muted || status == "suppressed" {
        Outcome::Suppressed { reason: finding.status_detail.unwrap_or_else(|| "muted".to_owned()) }
    } else if status == "resolved" {
        Outcome::Fixed
    } else {
        parse_outcome(code)
    };
    for resource in finding.resources {
        let name = resource.uid.filter(|uid| !uid.is_empty()).or(resource.name).unwrap_or_default();
        if !name.is_empty() && !result.assets.iter().any(|asset| asset.name == name) {
            result.assets.push(Asset::new(name));
        }
    }
    if let Some(vulnerability) = vulnerability {
        add_vulnerability(&mut result, vulnerability);
    }
    add_controls(&mut result, &finding.unmapped);
    result.family = info.types.into_iter().next();
    result.first_seen = info
        .first_seen_time_dt
        .as_deref()
        .and_then(parse_day)
        .or(info.first_seen_time.and_then(day_of_epoch));
    result.last_seen = info
        .last_seen_time_dt
        .as_deref()
        .or(finding.time_dt.as_deref())
        .and_then(parse_day)
        .or(info.last_seen_time.or(finding.time).and_then(day_of_epoch));
    result
}

/// Reads a severity: 1 informational, 2 low, 3 medium, 4 high, 5 critical, 6 fatal; else its word.
fn read_severity(id: Option<i64>, word: Option<&str>) -> Severity {
    match id {
        Some(1) => Severity::Informational,
        Some(2) => Severity::Low,
        Some(3) => Severity::Moderate,
        Some(4) => Severity::High,
        Some(5 | 6) => Severity::Critical,
        _ => Severity::from_word(word.unwrap_or_default()),
    }
}

/// Returns the status in lower case. Where a finding has the word and the number of its status, and they
/// differ, the word counts: Prowler wrote 3 (suppressed) with every finding for some releases.
fn status_word(word: Option<&str>, id: Option<i64>) -> String {
    match (word, id) {
        (Some(word), _) if !word.is_empty() => word.to_lowercase(),
        (_, Some(3)) => "suppressed".to_owned(),
        (_, Some(4)) => "resolved".to_owned(),
        _ => String::new(),
    }
}

/// Reads the outcome of a check by its code.
fn parse_outcome(code: String) -> Outcome {
    match code.to_ascii_uppercase().as_str() {
        "PASS" | "PASSED" | "SUCCESS" => Outcome::Passed,
        "" | "FAIL" | "FAILED" | "FAILURE" => Outcome::Failed,
        _ => Outcome::NotChecked { word: code },
    }
}

/// Adds the ids, texts and packages of a vulnerability.
fn add_vulnerability(result: &mut ScanResult, vulnerability: OcsfVulnerability) {
    result.cves = find_cves(vulnerability.cve.uid.as_deref().unwrap_or_default());
    for cvss in vulnerability.cve.cvss {
        add(&mut result.cvss, cvss.vector_string.unwrap_or_default());
    }
    for reference in vulnerability.references {
        add(&mut result.references, reference);
    }
    if result.title.is_empty() {
        result.title = vulnerability.title.unwrap_or_default();
    }
    if result.description.is_empty() {
        result.description = vulnerability.desc.unwrap_or_default();
    }
    if result.remediation.is_empty() {
        result.remediation = vulnerability.remediation.desc.unwrap_or_default();
    }
    for package in vulnerability.affected_packages {
        add(&mut result.purls, package.purl.as_deref().unwrap_or_default());
        result.packages.push(Package {
            name: package.name,
            installed: package.version,
            fixed: package.fixed_in_version,
        });
    }
}

/// Adds the controls of NIST SP 800-53. Prowler lists the requirements of frameworks that a check belongs to.
fn add_controls(result: &mut ScanResult, unmapped: &serde_json::Value) {
    let compliance = unmapped.get("compliance").and_then(serde_json::Value::as_object);
    for (framework, requirements) in compliance.into_iter().flatten() {
        if framework.starts_with("NIST-800-53") {
            for control in
                requirements.as_array().into_iter().flatten().filter_map(serde_json::Value::as_str)
            {
                add(&mut result.controls, control);
            }
        }
    }
}
