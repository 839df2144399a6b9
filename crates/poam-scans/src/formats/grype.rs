//! JSON reports of Grype.

use std::io::BufRead;

use serde::Deserialize;

use super::json::{self, ListElement};
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, find_cves};
use crate::time::{parse_day, parse_moment};
use crate::{
    Asset, AssetNaming, Outcome, Package, ScanError, ScanLimits, ScanResult, ScanRun, Severity,
};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "grype",
    title: "Grype (JSON)",
    page: include_str!("grype.md"),
    recognises: |head| {
        head.has_keys(&["matches"])
            && (head.json_contains("\"vulnerability\"")
                || head.json_contains("\"descriptor\"")
                || head.json_contains("grype"))
    },
    read,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GrypeReport {
    #[serde(default, deserialize_with = "json::or_default")]
    matches: Vec<ListElement<GrypeMatch>>,
    #[serde(default, deserialize_with = "json::or_default")]
    ignored_matches: Vec<ListElement<GrypeMatch>>,
    source: Option<GrypeSource>,
    descriptor: Option<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GrypeMatch {
    vulnerability: GrypeVulnerability,
    #[serde(default)]
    related_vulnerabilities: Vec<GrypeVulnerability>,
    #[serde(default)]
    artifact: Artifact,
    #[serde(default)]
    applied_ignore_rules: Vec<IgnoreRule>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct GrypeVulnerability {
    id: String,
    data_source: Option<String>,
    severity: Option<String>,
    urls: Vec<String>,
    description: Option<String>,
    cvss: Vec<GrypeCvss>,
    fix: Fix,
    known_exploited: Vec<KnownExploited>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct GrypeCvss {
    vector: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Fix {
    versions: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct KnownExploited {
    due_date: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Artifact {
    name: String,
    version: Option<String>,
    purl: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct IgnoreRule {
    reason: Option<String>,
    namespace: Option<String>,
    vulnerability: Option<String>,
}

#[derive(Deserialize)]
struct GrypeSource {
    #[serde(default)]
    target: serde_json::Value,
}

#[derive(Deserialize)]
struct Descriptor {
    version: Option<String>,
    timestamp: Option<String>,
}

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let report: GrypeReport = json::parse(input, limits)?;
    let descriptor = report.descriptor;
    let timestamp = descriptor.as_ref().and_then(|descriptor| descriptor.timestamp.as_deref());
    let (day, moment) = (timestamp.and_then(parse_day), timestamp.and_then(parse_moment));
    let asset = report.source.as_ref().and_then(|source| source_asset(&source.target));
    let groups =
        [("matches", report.matches, false), ("ignoredMatches", report.ignored_matches, true)];
    for (key, matches, ignored) in groups {
        for (at, found) in matches.into_iter().enumerate() {
            let place = format!("/{key}/{at}");
            let found = match found {
                ListElement::Read(found) => found,
                ListElement::Refused(reason) => {
                    sink.refuse_result(place, reason)?;
                    continue;
                }
            };
            let mut result = build_result(place, &found);
            if ignored {
                let rule = found.applied_ignore_rules.first();
                let reason = rule.and_then(|rule| {
                    rule.reason.clone().or(rule.vulnerability.clone()).or(rule.namespace.clone())
                });
                result.outcome = Outcome::Suppressed {
                    reason: reason.unwrap_or_else(|| "ignored by a rule".to_owned()),
                };
            }
            result.assets.extend(asset.clone());
            result.last_seen = day;
            sink.accept_result(result)?;
            if sink.is_stopped() {
                return Ok(());
            }
        }
    }
    let mut run = ScanRun {
        tool: "Grype".to_owned(),
        version: descriptor.and_then(|descriptor| descriptor.version),
        day,
        assets: asset.into_iter().collect(),
        lists_only_findings: Some("Grype".to_owned()),
        naming: AssetNaming::Artifacts,
        ..ScanRun::default()
    };
    run.include_time(moment);
    sink.run(run);
    Ok(())
}

/// Names what was scanned: the image as the user gave it, or a folder or file.
fn source_asset(target: &serde_json::Value) -> Option<Asset> {
    let name = match target {
        serde_json::Value::String(name) => name.trim_matches('"'),
        target => ["userInput", "imageID", "path", "name"]
            .iter()
            .find_map(|key| target.get(key)?.as_str())?,
    };
    (!name.is_empty()).then(|| Asset::new(name))
}

fn build_result(place: String, found: &GrypeMatch) -> ScanResult {
    let vulnerability = &found.vulnerability;
    let mut result = ScanResult::new(place, "Grype", vulnerability.id.clone());
    result.title = format!("{}: {}", vulnerability.id, found.artifact.name);
    result.description = vulnerability.description.clone().unwrap_or_default();
    let related = &found.related_vulnerabilities;
    if result.description.is_empty() {
        result.description =
            related.iter().find_map(|related| related.description.clone()).unwrap_or_default();
    }
    let word = vulnerability.severity.clone().unwrap_or_default();
    result.severity = Severity::from_word(&word);
    result.severity_source = word;
    for vulnerability in std::iter::once(vulnerability).chain(related) {
        for cve in find_cves(&vulnerability.id) {
            add(&mut result.cves, cve);
        }
        for cvss in &vulnerability.cvss {
            add(&mut result.cvss, cvss.vector.as_deref().unwrap_or_default());
        }
        add(&mut result.references, vulnerability.data_source.as_deref().unwrap_or_default());
        for url in &vulnerability.urls {
            add(&mut result.references, url);
        }
        for known in &vulnerability.known_exploited {
            result.kev = true;
            result.kev_due = result.kev_due.or(known.due_date.as_deref().and_then(parse_day));
        }
    }
    let fixed = vulnerability.fix.versions.join(", ");
    let fixed = Some(fixed).filter(|versions| !versions.is_empty());
    if let Some(versions) = &fixed {
        result.remediation = format!("Upgrade {} to {versions}.", found.artifact.name);
    }
    add(&mut result.purls, found.artifact.purl.as_deref().unwrap_or_default());
    if !found.artifact.name.is_empty() {
        let name = found.artifact.name.clone();
        result.packages.push(Package { name, installed: found.artifact.version.clone(), fixed });
    }
    result
}
