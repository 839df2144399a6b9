//! Findings of AWS Security Hub in the AWS Security Finding Format (ASFF).

use std::io::BufRead;

use serde::Deserialize;

use super::json;
use super::stig;
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, find_cves, stig_number};
use crate::time::parse_day;
use crate::{Asset, CheckKind, Outcome, Package, ScanError, ScanLimits, ScanResult, Severity};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "asff",
    title: "AWS Security Hub (ASFF)",
    page: include_str!("asff.md"),
    recognises: |head| {
        head.has_keys(&["ProductArn", "GeneratorId"]) || head.is_compactly("{\"Findings\":[]}")
    },
    read,
};

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct AsffFinding {
    product_name: Option<String>,
    product_arn: Option<String>,
    generator_id: Option<String>,
    first_observed_at: Option<String>,
    last_observed_at: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    severity: FindingSeverity,
    title: Option<String>,
    description: Option<String>,
    remediation: AsffRemediation,
    resources: Vec<AsffResource>,
    record_state: Option<String>,
    workflow: AsffWorkflow,
    compliance: AsffCompliance,
    vulnerabilities: Vec<AsffVulnerability>,
    types: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct FindingSeverity {
    label: Option<String>,
    normalized: Option<f64>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct AsffRemediation {
    recommendation: AsffRecommendation,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct AsffRecommendation {
    text: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct AsffResource {
    id: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct AsffWorkflow {
    status: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct AsffCompliance {
    status: Option<String>,
    security_control_id: Option<String>,
    related_requirements: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct AsffVulnerability {
    id: String,
    vulnerable_packages: Vec<AsffVulnerablePackage>,
    cvss: Vec<AsffCvss>,
    reference_urls: Vec<String>,
    vendor: AsffVendor,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct AsffVulnerablePackage {
    name: String,
    version: Option<String>,
    fixed_in_version: Option<String>,
    remediation: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct AsffCvss {
    base_vector: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct AsffVendor {
    url: Option<String>,
}

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    json::read_results(
        input,
        limits,
        sink,
        &["Findings", "findings"],
        "AWS Security Hub",
        build_result,
    )
}

fn build_result(place: String, finding: AsffFinding) -> ScanResult {
    let title = finding.title.clone().unwrap_or_default();
    let (detector, id) = detector_and_id(&finding, &title);
    let mut result = ScanResult::new(place, detector, id);
    if finding.compliance.status.is_some() {
        result.kind = CheckKind::Configuration;
    }
    result.title = title;
    result.description = finding.description.unwrap_or_default();
    let label = finding.severity.label.unwrap_or_default();
    result.severity = match finding.severity.normalized {
        Some(number) if label.is_empty() => severity_of_number(number),
        _ => Severity::from_word(&label),
    };
    result.severity_source = if label.is_empty() {
        finding.severity.normalized.map(|n| n.to_string()).unwrap_or_default()
    } else {
        label
    };
    result.outcome = match (
        finding.workflow.status.as_deref(),
        finding.compliance.status.as_deref(),
        finding.record_state.as_deref(),
    ) {
        (Some("SUPPRESSED"), _, _) => {
            Outcome::Suppressed { reason: "suppressed in Security Hub".to_owned() }
        }
        (_, Some("PASSED"), _) => Outcome::Passed,
        (_, Some(word @ ("WARNING" | "NOT_AVAILABLE")), _) => {
            Outcome::NotChecked { word: word.to_owned() }
        }
        (_, _, Some("ARCHIVED")) | (Some("RESOLVED"), _, _) => Outcome::Fixed,
        _ => Outcome::Failed,
    };
    result.assets = finding
        .resources
        .into_iter()
        .filter(|resource| !resource.id.is_empty())
        .map(|resource| Asset::new(resource.id))
        .collect();
    let mut remediation = Vec::new();
    let recommendation = finding.remediation.recommendation;
    if let Some(text) = recommendation.text
        && !text.eq_ignore_ascii_case("none provided")
    {
        add(&mut remediation, text);
    }
    add(&mut result.references, recommendation.url.unwrap_or_default());
    for vulnerability in finding.vulnerabilities {
        for cve in find_cves(&vulnerability.id) {
            add(&mut result.cves, cve);
        }
        for cvss in vulnerability.cvss {
            add(&mut result.cvss, cvss.base_vector.unwrap_or_default());
        }
        add(&mut result.references, vulnerability.vendor.url.unwrap_or_default());
        for url in vulnerability.reference_urls {
            add(&mut result.references, url);
        }
        for package in vulnerability.vulnerable_packages {
            add(&mut remediation, package.remediation.unwrap_or_default());
            result.packages.push(Package {
                name: package.name,
                installed: package.version,
                fixed: package.fixed_in_version.filter(|version| version != "NotAvailable"),
            });
        }
    }
    result.remediation = remediation.join("\n");
    for requirement in &finding.compliance.related_requirements {
        // `NIST.800-53.r5 AC-2(1)`
        if let Some(control) = requirement.strip_prefix("NIST.800-53.r5 ") {
            add(&mut result.controls, control);
        }
    }
    result.family = finding.types.into_iter().next();
    result.first_seen = [&finding.first_observed_at, &finding.created_at]
        .into_iter()
        .flatten()
        .find_map(|text| parse_day(text));
    result.last_seen = [&finding.last_observed_at, &finding.updated_at]
        .into_iter()
        .flatten()
        .find_map(|text| parse_day(text));
    result
}

/// Returns the detector and the id of a finding. A generator can be a check, an entire product, or the
/// detector of one account, so the vulnerability and the control come first.
fn detector_and_id(finding: &AsffFinding, title: &str) -> (String, String) {
    let generator = finding.generator_id.as_deref().unwrap_or_default();
    let last_part = generator.rsplit('/').next().unwrap_or_default();
    let product_arn = finding.product_arn.as_deref().unwrap_or_default();
    let product = match finding.product_name.as_deref() {
        Some(name) if !name.is_empty() => name,
        // `arn:aws:securityhub:us-east-1::product/prowler/prowler`
        _ => product_arn.rsplit('/').next().unwrap_or_default(),
    };
    let first_type = finding.types.first().map(String::as_str).unwrap_or_default();
    let is_cve = first_type.ends_with("Vulnerabilities/CVE");
    let id = finding
        .vulnerabilities
        .iter()
        .map(|vulnerability| vulnerability.id.clone())
        .find(|id| !id.is_empty())
        .or_else(|| if is_cve { find_cves(title).into_iter().next() } else { None })
        .or(finding.compliance.security_control_id.clone());
    // Findings are the same whether they come directly from a tool or through Security Hub.
    let lower = format!("{product} {generator}").to_lowercase();
    if lower.contains("inspector") && !lower.contains("securityhub") {
        return ("Amazon Inspector".to_owned(), id.unwrap_or_else(|| generator.to_owned()));
    }
    if generator == "Trivy" {
        // `Trivy found a secret in deploy.sh: AWS Access Key ID`
        let name = title.rsplit_once(": ").map_or(title, |(_, name)| name);
        return ("Trivy".to_owned(), id.unwrap_or_else(|| name.to_owned()));
    }
    if let Some(check) = generator.strip_prefix("prowler-") {
        return ("Prowler".to_owned(), check.to_owned());
    }
    if let Some(number) = stig_number(last_part) {
        return (stig::DETECTOR.to_owned(), number);
    }
    if lower.contains("guardduty") {
        // `TTPs/Initial Access/UnauthorizedAccess:EC2-SSHBruteForce`
        let kind = first_type.rsplit('/').next().unwrap_or_default();
        return ("GuardDuty".to_owned(), kind.to_owned());
    }
    let detector = match product.to_lowercase().as_str() {
        "" | "security hub" | "securityhub" | "default" => "AWS Security Hub",
        _ => product,
    };
    (detector.to_owned(), id.unwrap_or_else(|| generator.to_owned()))
}

/// Rates by `Severity.Normalized`, 0 to 100, as AWS maps it to labels.
fn severity_of_number(number: f64) -> Severity {
    match number {
        n if n >= 90.0 => Severity::Critical,
        n if n >= 70.0 => Severity::High,
        n if n >= 40.0 => Severity::Moderate,
        n if n >= 1.0 => Severity::Low,
        _ => Severity::Informational,
    }
}
