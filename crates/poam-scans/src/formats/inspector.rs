//! Findings of Amazon Inspector (API version 2), as `aws inspector2 list-findings` prints them.

use std::io::BufRead;

use serde::Deserialize;

use super::json;
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, find_cves};
use crate::time::{day_of_epoch, parse_day};
use crate::{Asset, Outcome, Package, ScanError, ScanLimits, ScanResult, Severity};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "inspector",
    title: "Amazon Inspector findings (JSON)",
    page: include_str!("inspector.md"),
    recognises: |head| {
        head.has_keys(&["findings", "findingArn"]) || head.is_compactly("{\"findings\":[]}")
    },
    read,
};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct InspectorFinding {
    description: Option<String>,
    exploit_available: Option<String>,
    first_observed_at: serde_json::Value,
    last_observed_at: serde_json::Value,
    package_vulnerability_details: Option<PackageVulnerability>,
    network_reachability_details: Option<serde_json::Value>,
    code_vulnerability_details: Option<CodeVulnerability>,
    remediation: InspectorRemediation,
    resources: Vec<InspectorResource>,
    severity: Option<String>,
    status: Option<String>,
    title: Option<String>,
    r#type: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct PackageVulnerability {
    vulnerability_id: Option<String>,
    related_vulnerabilities: Vec<String>,
    reference_urls: Vec<String>,
    source_url: Option<String>,
    cvss: Vec<InspectorCvss>,
    vulnerable_packages: Vec<InspectorVulnerablePackage>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct InspectorCvss {
    scoring_vector: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct InspectorVulnerablePackage {
    name: String,
    version: Option<String>,
    release: Option<String>,
    fixed_in_version: Option<String>,
    remediation: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct CodeVulnerability {
    detector_id: Option<String>,
    rule_id: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct InspectorRemediation {
    recommendation: InspectorRecommendation,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct InspectorRecommendation {
    text: Option<String>,
    #[serde(alias = "Url")]
    url: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct InspectorResource {
    id: String,
}

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    json::read_results(input, limits, sink, &["findings"], "Amazon Inspector", build_result)
}

/// Reads a day that the API writes as a text and older command lines as seconds.
fn parse_observed(value: &serde_json::Value) -> Option<chrono::NaiveDate> {
    match value {
        serde_json::Value::String(text) => parse_day(text),
        #[expect(clippy::cast_possible_truncation, reason = "days are far within the range")]
        serde_json::Value::Number(number) => day_of_epoch(number.as_f64()? as i64),
        _ => None,
    }
}

fn build_result(place: String, finding: InspectorFinding) -> ScanResult {
    let title = finding.title.unwrap_or_default();
    let details = finding.package_vulnerability_details.unwrap_or_default();
    let code = finding.code_vulnerability_details.unwrap_or_default();
    let id = details.vulnerability_id.or(code.rule_id).or(code.detector_id).unwrap_or_else(|| {
        // A path that is open to the network has no id of its own; its title names the port.
        if finding.network_reachability_details.is_some() { title.clone() } else { String::new() }
    });
    let mut result = ScanResult::new(place, "Amazon Inspector", id);
    result.title = title;
    result.description = finding.description.unwrap_or_default();
    let word = finding.severity.unwrap_or_default();
    result.severity = Severity::from_word(&word);
    result.severity_source = word;
    result.outcome = match finding.status.as_deref() {
        Some("CLOSED") => Outcome::Fixed,
        Some("SUPPRESSED") => {
            Outcome::Suppressed { reason: "suppressed in Amazon Inspector".to_owned() }
        }
        _ => Outcome::Failed,
    };
    result.assets = finding
        .resources
        .into_iter()
        .filter(|resource| !resource.id.is_empty())
        .map(|resource| Asset::new(resource.id))
        .collect();
    result.cves = find_cves(&result.id);
    for id in &details.related_vulnerabilities {
        for cve in find_cves(id) {
            add(&mut result.cves, cve);
        }
    }
    add(&mut result.references, details.source_url.unwrap_or_default());
    for url in details.reference_urls {
        add(&mut result.references, url);
    }
    for cvss in details.cvss {
        add(&mut result.cvss, cvss.scoring_vector.unwrap_or_default());
    }
    let mut remediation = Vec::new();
    let recommendation = finding.remediation.recommendation;
    for text in [recommendation.text, recommendation.url].into_iter().flatten() {
        if !text.eq_ignore_ascii_case("none provided") {
            add(&mut remediation, text);
        }
    }
    for package in details.vulnerable_packages {
        add(&mut remediation, package.remediation.unwrap_or_default());
        let installed = match (package.version, package.release) {
            (Some(version), Some(release)) => Some(format!("{version}-{release}")),
            (version, _) => version,
        };
        let fixed = package.fixed_in_version.filter(|version| version != "NotAvailable");
        result.packages.push(Package { name: package.name, installed, fixed });
    }
    result.remediation = remediation.join("\n");
    result.family = finding.r#type;
    result.first_seen = parse_observed(&finding.first_observed_at);
    result.last_seen = parse_observed(&finding.last_observed_at);
    // Exploits are known to exist; that is not the catalog of known exploited vulnerabilities.
    if finding.exploit_available.as_deref() == Some("YES") {
        add(&mut result.references, "exploit available");
    }
    result
}
