//! JSON reports of Trivy: vulnerabilities, misconfigurations and secrets, also of `trivy k8s`.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde::Deserialize;

use super::json::{self, ListElement};
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, find_cves};
use crate::time::{parse_day, parse_moment};
use crate::{
    Asset, AssetNaming, CheckKind, Outcome, Package, ScanError, ScanLimits, ScanResult, ScanRun,
    Severity,
};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "trivy",
    title: "Trivy (JSON)",
    page: include_str!("trivy.md"),
    recognises: |head| {
        head.has_keys(&["SchemaVersion", "ArtifactName"])
            || (head.has_keys(&["ClusterName"])
                && ["Resources", "Vulnerabilities", "Misconfigurations"]
                    .iter()
                    .any(|key| head.has_keys(&[key])))
            // Before schema 2 a report was the list of its targets.
            || head.has_keys(&["Target", "Vulnerabilities", "VulnerabilityID"])
            || (head.has_keys(&["Target"]) && !head.has_keys(&["runs"]) && head.is_list())
    },
    read,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TrivyReport {
    #[serde(default, deserialize_with = "json::or_default")]
    artifact_name: String,
    created_at: Option<String>,
    trivy: Option<TrivyVersion>,
    #[serde(default)]
    results: Option<Vec<TrivyTarget>>,
    /// Resources of a cluster; older releases have one list for each kind of result.
    #[serde(default)]
    resources: Option<Vec<TrivyResource>>,
    #[serde(default)]
    vulnerabilities: Option<Vec<TrivyResource>>,
    #[serde(default)]
    misconfigurations: Option<Vec<TrivyResource>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TrivyVersion {
    version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TrivyResource {
    namespace: Option<String>,
    kind: Option<String>,
    name: Option<String>,
    results: Option<Vec<TrivyTarget>>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TrivyTarget {
    #[serde(default, deserialize_with = "json::or_default")]
    target: String,
    class: Option<String>,
    r#type: Option<String>,
    vulnerabilities: Option<Vec<ListElement<TrivyVulnerability>>>,
    misconfigurations: Option<Vec<ListElement<Misconfiguration>>>,
    secrets: Option<Vec<ListElement<Secret>>>,
    licenses: Option<Vec<ListElement<License>>>,
    experimental_modified_findings: Option<Vec<ListElement<ModifiedFinding>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TrivyVulnerability {
    #[serde(rename = "VulnerabilityID")]
    id: String,
    pkg_name: Option<String>,
    pkg_identifier: Option<PackageIdentifier>,
    installed_version: Option<String>,
    fixed_version: Option<String>,
    #[serde(rename = "PrimaryURL")]
    primary_url: Option<String>,
    title: Option<String>,
    description: Option<String>,
    severity: Option<String>,
    #[serde(rename = "CVSS", default)]
    cvss: BTreeMap<String, TrivyCvss>,
    references: Option<Vec<String>>,
    #[serde(rename = "VendorIDs", default)]
    vendor_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct PackageIdentifier {
    #[serde(rename = "PURL")]
    purl: Option<String>,
}

#[derive(Deserialize)]
struct TrivyCvss {
    #[serde(rename = "V3Vector")]
    v3: Option<String>,
    #[serde(rename = "V40Vector")]
    v4: Option<String>,
    #[serde(rename = "V2Vector")]
    v2: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Misconfiguration {
    #[serde(rename = "ID", default)]
    id: String,
    #[serde(rename = "AVDID")]
    avd_id: Option<String>,
    title: Option<String>,
    description: Option<String>,
    message: Option<String>,
    resolution: Option<String>,
    severity: Option<String>,
    #[serde(rename = "PrimaryURL")]
    primary_url: Option<String>,
    references: Option<Vec<String>>,
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Secret {
    #[serde(rename = "RuleID")]
    id: String,
    category: Option<String>,
    severity: Option<String>,
    title: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct License {
    name: String,
    pkg_name: Option<String>,
    category: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ModifiedFinding {
    status: Option<String>,
    statement: Option<String>,
    source: Option<String>,
    finding: serde_json::Value,
}

/// The class of targets in reports of old releases, which looked for vulnerabilities of packages alone.
const OLD_CLASS: &str = "pkgs";

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let bytes = json::read_bytes(input, limits)?;
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return read_list(&bytes, sink);
    }
    let report: TrivyReport =
        serde_json::from_slice(&bytes).map_err(|error| json::syntax_error(&error))?;
    let day = report.created_at.as_deref().and_then(parse_day);
    let mut run =
        ScanRun { version: report.trivy.and_then(|trivy| trivy.version), day, ..new_run() };
    run.include_time(report.created_at.as_deref().and_then(parse_moment));
    let lists = [
        ("Resources", report.resources),
        ("Vulnerabilities", report.vulnerabilities),
        ("Misconfigurations", report.misconfigurations),
    ];
    let is_cluster = lists.iter().any(|(_, list)| list.is_some());
    for (key, list) in lists {
        for (at, resource) in list.into_iter().flatten().enumerate() {
            let parts = [resource.namespace, resource.kind, resource.name];
            let name = parts
                .into_iter()
                .flatten()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("/");
            let asset = Asset::new(name);
            if let Some(error) = resource.error.filter(|error| !error.is_empty()) {
                run.incomplete.push((asset.clone(), error));
            }
            let place = format!("/{key}/{at}");
            read_targets(&place, resource.results.unwrap_or_default(), &asset, &mut run, sink)?;
            run.assets.push(asset);
        }
    }
    if !is_cluster {
        let asset = Asset::new(report.artifact_name);
        read_targets("", report.results.unwrap_or_default(), &asset, &mut run, sink)?;
        run.assets.push(asset);
    }
    if !sink.is_stopped() {
        sink.run(run);
    }
    Ok(())
}

/// Makes the run of a report. Trivy lists only what it finds, of the kinds of checks whose targets the
/// report names.
fn new_run() -> ScanRun {
    ScanRun {
        tool: "Trivy".to_owned(),
        lists_only_findings: Some("Trivy".to_owned()),
        naming: AssetNaming::Artifacts,
        ..ScanRun::default()
    }
}

/// Reads a report of releases before 0.20, which is the list of its targets and names no artifact.
fn read_list(bytes: &[u8], sink: &mut CountingSink<'_>) -> Result<(), ScanError> {
    let list: Vec<TrivyTarget> =
        serde_json::from_slice(bytes).map_err(|error| json::syntax_error(&error))?;
    let mut run = new_run();
    for (at, target) in list.into_iter().enumerate() {
        // `debian (debian 10.8)`
        let name = target.target.split(" (").next().unwrap_or_default().to_owned();
        read_target(&format!("/{at}"), target, &Asset::new(name), &mut run, sink)?;
        if sink.is_stopped() {
            return Ok(());
        }
    }
    sink.run(run);
    Ok(())
}

fn read_targets(
    base: &str,
    targets: Vec<TrivyTarget>,
    asset: &Asset,
    run: &mut ScanRun,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    for (at, target) in targets.into_iter().enumerate() {
        read_target(&format!("{base}/Results/{at}"), target, asset, run, sink)?;
        if sink.is_stopped() {
            return Ok(());
        }
    }
    Ok(())
}

fn read_target(
    base: &str,
    target: TrivyTarget,
    asset: &Asset,
    run: &mut ScanRun,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let TrivyTarget { target: name, class, .. } = target;
    let class = class.or_else(|| {
        // Old releases name no class.
        let old = target.vulnerabilities.is_some() || target.r#type.is_some();
        old.then(|| OLD_CLASS.to_owned())
    });
    if let Some(class) = &class {
        let looked_at = match class.as_str() {
            "config" | "secret" | "license-file" => file_asset(asset, &name),
            _ => asset.clone(),
        };
        run.classes.entry(class.clone()).or_default().insert(looked_at.name);
    }
    let mut results = ResultsOfTarget { base, class, day: run.day, sink };
    results.add_elements("Vulnerabilities", target.vulnerabilities, |place, found| {
        vulnerability_result(place, found, asset)
    })?;
    results.add_elements("Misconfigurations", target.misconfigurations, |place, found| {
        misconfiguration_result(place, found, asset, &name)
    })?;
    results.add_elements("Secrets", target.secrets, |place, found| {
        secret_result(place, found, asset, &name)
    })?;
    results.add_elements("Licenses", target.licenses, |place, found| {
        license_result(place, found, asset)
    })?;
    let modified_findings = target.experimental_modified_findings;
    results.add_elements("ExperimentalModifiedFindings", modified_findings, |place, found| {
        modified_result(place, found, asset)
    })
}

/// Hands over the results of one target.
struct ResultsOfTarget<'a, 'b> {
    base: &'a str,
    class: Option<String>,
    day: Option<chrono::NaiveDate>,
    sink: &'a mut CountingSink<'b>,
}

impl ResultsOfTarget<'_, '_> {
    fn add_elements<T>(
        &mut self,
        key: &str,
        list: Option<Vec<ListElement<T>>>,
        read: impl Fn(String, T) -> ScanResult,
    ) -> Result<(), ScanError> {
        for (number, found) in list.into_iter().flatten().enumerate() {
            let place = format!("{}/{key}/{number}", self.base);
            match found {
                ListElement::Read(found) => {
                    let mut result = read(place, found);
                    result.family.clone_from(&self.class);
                    result.class.clone_from(&self.class);
                    result.last_seen = self.day;
                    self.sink.accept_result(result)?;
                }
                ListElement::Refused(reason) => self.sink.refuse_result(place, reason)?,
            }
        }
        Ok(())
    }
}

fn rate_result(result: &mut ScanResult, severity: Option<String>) {
    let word = severity.unwrap_or_default();
    result.severity = Severity::from_word(&word);
    result.severity_source = word;
}

fn vulnerability_result(place: String, found: TrivyVulnerability, asset: &Asset) -> ScanResult {
    let mut result = ScanResult::new(place, "Trivy", found.id);
    result.title = found.title.unwrap_or_default();
    result.description = found.description.unwrap_or_default();
    rate_result(&mut result, found.severity);
    result.cves = find_cves(&result.id);
    for id in found.vendor_ids.into_iter().flatten() {
        add(&mut result.references, id);
    }
    add(&mut result.references, found.primary_url.unwrap_or_default());
    for reference in found.references.into_iter().flatten() {
        add(&mut result.references, reference);
    }
    for source in found.cvss.values() {
        for vector in [&source.v4, &source.v3, &source.v2].into_iter().flatten() {
            add(&mut result.cvss, vector);
        }
    }
    let fixed = found.fixed_version.filter(|version| !version.is_empty());
    if let Some(version) = &fixed {
        result.remediation = format!("Upgrade to {version}.");
    }
    let purl = found.pkg_identifier.and_then(|identifier| identifier.purl);
    add(&mut result.purls, purl.unwrap_or_default());
    if let Some(name) = found.pkg_name {
        result.packages.push(Package { name, installed: found.installed_version, fixed });
    }
    result.assets.push(asset.clone());
    result
}

fn misconfiguration_result(
    place: String,
    found: Misconfiguration,
    asset: &Asset,
    target: &str,
) -> ScanResult {
    let id = found.avd_id.filter(|id| !id.is_empty()).unwrap_or(found.id);
    let mut result = ScanResult::new(place, "Trivy", id);
    result.kind = CheckKind::Configuration;
    result.title = found.title.unwrap_or_default();
    result.description = found.description.unwrap_or_default();
    if result.description.is_empty() {
        result.description = found.message.unwrap_or_default();
    }
    result.remediation = found.resolution.unwrap_or_default();
    rate_result(&mut result, found.severity);
    add(&mut result.references, found.primary_url.unwrap_or_default());
    for reference in found.references.into_iter().flatten() {
        add(&mut result.references, reference);
    }
    result.outcome = match found.status.as_deref() {
        Some("PASS") => Outcome::Passed,
        Some("EXCEPTION") => Outcome::Suppressed { reason: "exception in the policy".to_owned() },
        _ => Outcome::Failed,
    };
    result.assets.push(file_asset(asset, target));
    result
}

fn secret_result(place: String, found: Secret, asset: &Asset, target: &str) -> ScanResult {
    let mut result = ScanResult::new(place, "Trivy", found.id);
    result.title = found.title.unwrap_or_default();
    // The matched text is a secret and is not read.
    result.description = match found.category {
        Some(category) => format!("A secret ({category}) stands in a file."),
        None => "A secret stands in a file.".to_owned(),
    };
    result.remediation = "Revoke the secret, replace it, and remove it from the file.".to_owned();
    rate_result(&mut result, found.severity);
    result.assets.push(file_asset(asset, target));
    result.proofs = 1;
    result
}

/// Reads a license: a question of law and no weakness, so that it is informational whatever its class.
fn license_result(place: String, found: License, asset: &Asset) -> ScanResult {
    let mut result = ScanResult::new(place, "Trivy", format!("license {}", found.name));
    result.title = format!("License {}", found.name);
    result.severity = Severity::Informational;
    result.severity_source = found.category.unwrap_or_default();
    if let Some(name) = found.pkg_name.filter(|name| !name.is_empty()) {
        result.packages.push(Package { name, installed: None, fixed: None });
    }
    result.assets.push(asset.clone());
    result
}

/// Names a file within what was scanned.
fn file_asset(asset: &Asset, target: &str) -> Asset {
    if target.is_empty() || target == asset.name || asset.name.is_empty() || asset.name == "." {
        let name = if target.is_empty() { &asset.name } else { target };
        return Asset::new(name);
    }
    Asset::new(format!("{}: {target}", asset.name))
}

/// Reads a finding that an ignore file or a VEX document took out.
fn modified_result(place: String, found: ModifiedFinding, asset: &Asset) -> ScanResult {
    let text =
        |key: &str| found.finding.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
    let id = text("VulnerabilityID")
        .or(text("AVDID"))
        .or(text("RuleID"))
        .or(text("ID"))
        .unwrap_or_default();
    let mut result = ScanResult::new(place, "Trivy", id);
    result.title = text("Title").unwrap_or_default();
    result.description = text("Description").unwrap_or_default();
    rate_result(&mut result, text("Severity"));
    result.cves = find_cves(&result.id);
    let parts = [found.status, found.statement, found.source];
    let reason =
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
    result.outcome = Outcome::Suppressed { reason };
    result.assets.push(asset.clone());
    result
}
