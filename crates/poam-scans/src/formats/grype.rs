//! JSON reports of Grype.

use std::io::BufRead;

use serde::Deserialize;

use super::json::{self, Element};
use crate::format::{Counter, ScanFormat};
use crate::identifiers::{add, cves};
use crate::time::day;
use crate::{Asset, Limits, Outcome, Package, ScanError, ScanResult, ScanRun, Severity};

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
struct Report {
    #[serde(default, deserialize_with = "json::or_default")]
    matches: Vec<Element<Match>>,
    #[serde(default, deserialize_with = "json::or_default")]
    ignored_matches: Vec<Element<Match>>,
    source: Option<Source>,
    descriptor: Option<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Match {
    vulnerability: Vulnerability,
    #[serde(default)]
    related_vulnerabilities: Vec<Vulnerability>,
    #[serde(default)]
    artifact: Artifact,
    #[serde(default)]
    applied_ignore_rules: Vec<IgnoreRule>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Vulnerability {
    id: String,
    data_source: Option<String>,
    severity: Option<String>,
    urls: Vec<String>,
    description: Option<String>,
    cvss: Vec<Cvss>,
    fix: Fix,
    known_exploited: Vec<KnownExploited>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Cvss {
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
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct IgnoreRule {
    reason: Option<String>,
    namespace: Option<String>,
    vulnerability: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(default)]
    target: serde_json::Value,
}

#[derive(Deserialize)]
struct Descriptor {
    version: Option<String>,
    timestamp: Option<String>,
}

fn read(input: &mut dyn BufRead, limits: Limits, sink: &mut Counter<'_>) -> Result<(), ScanError> {
    let report: Report = json::parse(input, limits)?;
    let descriptor = report.descriptor;
    let day =
        descriptor.as_ref().and_then(|descriptor| descriptor.timestamp.as_deref()).and_then(day);
    let asset = report.source.as_ref().and_then(|source| source_asset(&source.target));
    let groups =
        [("matches", report.matches, false), ("ignoredMatches", report.ignored_matches, true)];
    for (key, matches, ignored) in groups {
        for (at, found) in matches.into_iter().enumerate() {
            let place = format!("/{key}/{at}");
            let found = match found {
                Element::Read(found) => found,
                Element::Refused(reason) => {
                    sink.refuse(place, reason)?;
                    continue;
                }
            };
            let mut result = result(place, &found);
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
            sink.result(result)?;
            if sink.stopped() {
                return Ok(());
            }
        }
    }
    sink.run(ScanRun {
        tool: "Grype".to_owned(),
        version: descriptor.and_then(|descriptor| descriptor.version),
        day,
        assets: asset.into_iter().collect(),
        ..ScanRun::default()
    });
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

fn result(place: String, found: &Match) -> ScanResult {
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
        for cve in cves(&vulnerability.id) {
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
            result.kev_due = result.kev_due.or(known.due_date.as_deref().and_then(day));
        }
    }
    let fixed = vulnerability.fix.versions.join(", ");
    let fixed = Some(fixed).filter(|versions| !versions.is_empty());
    if let Some(versions) = &fixed {
        result.remediation = format!("Upgrade {} to {versions}.", found.artifact.name);
    }
    if !found.artifact.name.is_empty() {
        let name = found.artifact.name.clone();
        result.packages.push(Package { name, installed: found.artifact.version.clone(), fixed });
    }
    result
}
