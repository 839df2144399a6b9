//! SARIF 2.1.0, of code scanners and of Trivy, Grype and others that can write it.

use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;

use super::json::{self, Element};
use crate::format::{Counter, ScanFormat};
use crate::identifiers::{add, cves};
use crate::time::day;
use crate::{Asset, Limits, Outcome, ScanError, ScanResult, ScanRun, Severity};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "sarif",
    title: "SARIF 2.1.0",
    page: include_str!("sarif.md"),
    recognises: |head| {
        head.has_keys(&["runs"])
            && (head.json_contains("sarif") || head.has_keys(&["tool", "driver"]))
    },
    read,
};

#[derive(Deserialize)]
struct Log {
    #[serde(default, deserialize_with = "json::or_default")]
    runs: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    results: Option<Vec<Element<SarifResult>>>,
    #[serde(default, deserialize_with = "json::or_default")]
    invocations: Vec<Invocation>,
    #[serde(default, deserialize_with = "json::or_default")]
    properties: RunProperties,
}

#[derive(Deserialize)]
struct Tool {
    driver: Component,
    #[serde(default, deserialize_with = "json::or_default")]
    extensions: Vec<Component>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    name: String,
    version: Option<String>,
    semantic_version: Option<String>,
    #[serde(default, deserialize_with = "json::or_default")]
    rules: Vec<Element<Rule>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Rule {
    id: String,
    name: Option<String>,
    short_description: Message,
    full_description: Message,
    help: Message,
    help_uri: Option<String>,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Configuration {
    level: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message {
    text: Option<String>,
    markdown: Option<String>,
    id: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Properties {
    #[serde(rename = "security-severity")]
    security_severity: serde_json::Value,
    tags: Vec<String>,
    #[serde(rename = "cvssv3_vector")]
    cvss3: Option<String>,
    #[serde(rename = "cvssv2_vector")]
    cvss2: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RunProperties {
    image_name: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Invocation {
    end_time_utc: Option<String>,
    start_time_utc: Option<String>,
    execution_successful: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct SarifResult {
    rule_id: Option<String>,
    rule_index: Option<i64>,
    rule: Option<RuleReference>,
    level: Option<String>,
    kind: Option<String>,
    message: Message,
    locations: Vec<Location>,
    suppressions: Option<Vec<Suppression>>,
    baseline_state: Option<String>,
    provenance: Provenance,
    properties: Properties,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RuleReference {
    id: Option<String>,
    index: Option<i64>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Location {
    physical_location: PhysicalLocation,
    logical_locations: Vec<LogicalLocation>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ArtifactLocation {
    uri: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct LogicalLocation {
    fully_qualified_name: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Suppression {
    status: Option<String>,
    justification: Option<String>,
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Provenance {
    first_detection_time_utc: Option<String>,
    last_detection_time_utc: Option<String>,
}

fn read(input: &mut dyn BufRead, limits: Limits, sink: &mut Counter<'_>) -> Result<(), ScanError> {
    let log: Log = json::parse(input, limits)?;
    for (at, run) in log.runs.into_iter().enumerate() {
        read_run(at, run, sink)?;
        if sink.stopped() {
            return Ok(());
        }
    }
    Ok(())
}

fn read_run(at: usize, run: Run, sink: &mut Counter<'_>) -> Result<(), ScanError> {
    let driver = &run.tool.driver;
    let run_day = run
        .invocations
        .iter()
        .filter_map(|invocation| {
            invocation.end_time_utc.as_deref().or(invocation.start_time_utc.as_deref())
        })
        .filter_map(day)
        .max();
    let failed =
        run.invocations.iter().any(|invocation| invocation.execution_successful == Some(false));
    let mut rules: HashMap<&str, &Rule> = HashMap::new();
    let extensions = run.tool.extensions.iter().flat_map(|extension| &extension.rules);
    for rule in driver.rules.iter().chain(extensions) {
        if let Element::Read(rule) = rule {
            rules.entry(&rule.id).or_insert(rule);
        }
    }
    let mut scan = ScanRun {
        tool: driver.name.clone(),
        version: driver.version.clone().or_else(|| driver.semantic_version.clone()),
        day: run_day,
        ..ScanRun::default()
    };
    let image = run.properties.image_name.as_deref();
    scan.assets.extend(image.map(Asset::new));
    // Results of null mean that the run never came to look (SARIF 2.1.0, section 3.14.23).
    let absent = run.results.is_none();
    for (number, result) in run.results.iter().flatten().enumerate() {
        let place = format!("/runs/{at}/results/{number}");
        let result = match result {
            Element::Read(result) => result,
            Element::Refused(reason) => {
                sink.refuse(place, reason.clone())?;
                continue;
            }
        };
        let index = result.rule_index.or(result.rule.as_ref().and_then(|rule| rule.index));
        let indexed = index
            .and_then(|index| driver.rules.get(usize::try_from(index).ok()?))
            .and_then(|rule| match rule {
                Element::Read(rule) => Some(rule),
                Element::Refused(_) => None,
            });
        let id = result
            .rule_id
            .as_deref()
            .or_else(|| result.rule.as_ref()?.id.as_deref())
            .or(indexed.map(|rule| rule.id.as_str()))
            .unwrap_or_default();
        // Some tools name no rule; their message is the same for each result of a kind.
        let message = result.message.text.as_deref().unwrap_or_default();
        let id = if id.is_empty() { first_line(message) } else { id };
        // An id may go on below its rule: `CA1000/1`.
        let rule = rules
            .get(id)
            .copied()
            .or(indexed)
            .or_else(|| rules.get(id.rsplit_once('/')?.0).copied());
        // Grype's rules are one for each vulnerability and package; its JSON has the vulnerability.
        let id = match grype_vulnerability(&driver.name, rule) {
            Some(vulnerability) => vulnerability,
            None => id,
        };
        let result = one(place, id, &driver.name, rule, result, image, run_day);
        sink.result(result)?;
        if sink.stopped() {
            return Ok(());
        }
    }
    if failed || absent {
        let reason =
            if failed { "the tool did not end successfully" } else { "the run holds no results" };
        scan.incomplete.push((Asset::new(image.unwrap_or_default()), reason.to_owned()));
    }
    sink.run(scan);
    Ok(())
}

fn one(
    place: String,
    id: &str,
    tool: &str,
    rule: Option<&Rule>,
    sarif: &SarifResult,
    image: Option<&str>,
    run_day: Option<chrono::NaiveDate>,
) -> ScanResult {
    let mut result = ScanResult::new(place, tool, id);
    let message = sarif
        .message
        .text
        .as_deref()
        .or(sarif.message.markdown.as_deref())
        .or(sarif.message.id.as_deref())
        .unwrap_or_default()
        .trim();
    let text = |message: &Message| {
        message
            .text
            .as_deref()
            .or(message.markdown.as_deref())
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    if let Some(rule) = rule {
        result.title = text(&rule.short_description);
        result.description = text(&rule.full_description);
        if result.title.is_empty() {
            result.title = first_line(&result.description).to_owned();
        }
        if result.title.is_empty() {
            result.title = rule.name.clone().unwrap_or_default();
        }
        for line in text(&rule.help).lines() {
            if let Some(version) = line
                .strip_prefix("Fixed Version:")
                .map(str::trim)
                .filter(|version| !version.is_empty())
            {
                result.remediation = format!("Upgrade to {version}.");
            }
        }
        add(&mut result.references, rule.help_uri.as_deref().unwrap_or_default());
        for vector in [&rule.properties.cvss3, &rule.properties.cvss2].into_iter().flatten() {
            add(&mut result.cvss, vector);
        }
    }
    if result.title.is_empty() {
        result.title = first_line(message).to_owned();
    }
    if result.description.is_empty() {
        result.description = message.to_owned();
    }
    rate(&mut result, rule, sarif);
    result.outcome = outcome(sarif);
    if let Some(image) = image {
        result.assets.push(Asset::new(image));
    } else {
        for location in &sarif.locations {
            let name = location.physical_location.artifact_location.uri.as_deref().or_else(|| {
                let logical = location.logical_locations.first()?;
                logical.fully_qualified_name.as_deref().or(logical.name.as_deref())
            });
            let asset = Asset::new(name.unwrap_or_default());
            if !asset.name.is_empty() && !result.assets.contains(&asset) {
                result.assets.push(asset);
            }
        }
    }
    for cve in cves(id) {
        add(&mut result.cves, cve);
    }
    let tags = rule.iter().flat_map(|rule| &rule.properties.tags);
    for cve in tags.flat_map(|tag| cves(tag)) {
        add(&mut result.cves, cve);
    }
    result.first_seen = sarif.provenance.first_detection_time_utc.as_deref().and_then(day);
    result.last_seen =
        sarif.provenance.last_detection_time_utc.as_deref().and_then(day).or(run_day);
    result.proofs = usize::from(!sarif.locations.is_empty());
    result
}

/// Returns the vulnerability in the help of one of Grype's rules: `Vulnerability CVE-2021-3711`, then a
/// line for each fact.
fn grype_vulnerability<'a>(tool: &str, rule: Option<&'a Rule>) -> Option<&'a str> {
    let help = rule.filter(|_| tool.eq_ignore_ascii_case("grype"))?.help.text.as_deref()?;
    first_line(help).strip_prefix("Vulnerability ")
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default().trim()
}

/// Rates a result: by a word among the tags of its rule or in its help (`Severity: high`), by the rule's
/// CVSS score (`security-severity`), by the level.
fn rate(result: &mut ScanResult, rule: Option<&Rule>, sarif: &SarifResult) {
    let tags = rule.iter().flat_map(|rule| &rule.properties.tags);
    for tag in tags {
        let upper = ["CRITICAL", "HIGH", "MEDIUM", "LOW"].contains(&tag.as_str());
        if upper {
            result.severity = Severity::from_word(tag);
            result.severity_source.clone_from(tag);
            return;
        }
    }
    let help = rule.and_then(|rule| rule.help.text.as_deref()).unwrap_or_default();
    if let Some(word) = help.lines().find_map(|line| line.strip_prefix("Severity: ")) {
        let severity = Severity::from_word(word);
        if severity != Severity::Unknown {
            result.severity = severity;
            result.severity_source = word.trim().to_owned();
            return;
        }
    }
    let own = Some(&sarif.properties.security_severity);
    let score = own
        .into_iter()
        .chain(rule.map(|rule| &rule.properties.security_severity))
        .find_map(|value| value.as_f64().or_else(|| value.as_str()?.trim().parse::<f64>().ok()));
    if let Some(score) = score {
        result.severity = Severity::from_cvss(score);
        result.severity_source = score.to_string();
        return;
    }
    // Without a level the default of the rule counts, and without that `warning` (section 3.27.10).
    let level = sarif
        .level
        .as_deref()
        .or_else(|| rule?.default_configuration.level.as_deref())
        .unwrap_or("warning");
    result.severity_source = level.to_owned();
    result.severity = match level {
        "error" => Severity::High,
        "warning" => Severity::Moderate,
        "note" => Severity::Low,
        "none" => Severity::Informational,
        _ => Severity::Unknown,
    };
}

/// Reads the outcome from kind, baseline state and suppressions (sections 3.27.9, 3.27.24, 3.35).
fn outcome(sarif: &SarifResult) -> Outcome {
    let suppression = sarif.suppressions.iter().flatten().find(|suppression| {
        !matches!(suppression.status.as_deref(), Some("underReview" | "rejected"))
    });
    if let Some(suppression) = suppression {
        let reason = suppression.justification.clone().filter(|reason| !reason.trim().is_empty());
        return Outcome::Suppressed {
            reason: reason.unwrap_or_else(|| format!("suppressed ({})", suppression.kind)),
        };
    }
    if sarif.baseline_state.as_deref() == Some("absent") {
        return Outcome::Fixed;
    }
    match sarif.kind.as_deref() {
        Some("pass") => Outcome::Passed,
        Some("notApplicable") => Outcome::NotApplicable,
        Some(word @ ("open" | "review")) => Outcome::NotChecked { word: word.to_owned() },
        _ => Outcome::Failed,
    }
}
