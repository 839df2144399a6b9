//! SARIF 2.1.0, of code scanners and of Trivy, Grype and others that can write it.

use std::collections::{BTreeSet, HashMap};
use std::io::BufRead;

use serde::Deserialize;

use super::json::{self, ListElement};
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, find_cves};
use crate::time::{parse_day, parse_moment};
use crate::{Asset, AssetNaming, Outcome, ScanError, ScanLimits, ScanResult, ScanRun, Severity};

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
struct SarifLog {
    #[serde(default, deserialize_with = "json::or_default")]
    runs: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    results: Option<Vec<ListElement<SarifResult>>>,
    #[serde(default, deserialize_with = "json::or_default")]
    invocations: Vec<Invocation>,
    #[serde(default, deserialize_with = "json::or_default")]
    properties: RunProperties,
}

#[derive(Deserialize)]
struct Tool {
    driver: SarifComponent,
    #[serde(default, deserialize_with = "json::or_default")]
    extensions: Vec<SarifComponent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SarifComponent {
    name: String,
    version: Option<String>,
    semantic_version: Option<String>,
    #[serde(default, deserialize_with = "json::or_default")]
    rules: Vec<ListElement<SarifRule>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct SarifRule {
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
    enabled: Option<bool>,
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
    tool_execution_notifications: Vec<Notification>,
    tool_configuration_notifications: Vec<Notification>,
    rule_configuration_overrides: Vec<RuleOverride>,
}

/// Report of the tool about its own run.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Notification {
    level: Option<String>,
    message: Message,
    locations: Vec<Location>,
}

/// Configuration of a rule in this run.
#[derive(Deserialize, Default)]
#[serde(default)]
struct RuleOverride {
    descriptor: RuleReference,
    configuration: Configuration,
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

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let log: SarifLog = json::parse(input, limits)?;
    for (at, run) in log.runs.into_iter().enumerate() {
        read_run(at, run, sink)?;
        if sink.is_stopped() {
            return Ok(());
        }
    }
    Ok(())
}

fn read_run(at: usize, run: Run, sink: &mut CountingSink<'_>) -> Result<(), ScanError> {
    let driver = &run.tool.driver;
    let run_day = run
        .invocations
        .iter()
        .filter_map(|invocation| {
            invocation.end_time_utc.as_deref().or(invocation.start_time_utc.as_deref())
        })
        .filter_map(parse_day)
        .max();
    let failed =
        run.invocations.iter().any(|invocation| invocation.execution_successful == Some(false));
    let mut rules: HashMap<&str, &SarifRule> = HashMap::new();
    let extensions = run.tool.extensions.iter().flat_map(|extension| &extension.rules);
    for rule in driver.rules.iter().chain(extensions) {
        if let ListElement::Read(rule) = rule {
            rules.entry(&rule.id).or_insert(rule);
        }
    }
    let image = run.properties.image_name.as_deref();
    let mut scan = ScanRun {
        tool: driver.name.clone(),
        version: driver.version.clone().or_else(|| driver.semantic_version.clone()),
        day: run_day,
        lists_only_findings: Some(driver.name.clone()),
        naming: if image.is_some() { AssetNaming::Artifacts } else { AssetNaming::Places },
        ..ScanRun::default()
    };
    for invocation in &run.invocations {
        for time in [&invocation.start_time_utc, &invocation.end_time_utc].into_iter().flatten() {
            scan.include_time(parse_moment(time));
        }
        note_errors(invocation, image, &mut scan);
    }
    scan.assets.extend(image.map(Asset::new));
    // Results of null mean that the run never came to look (SARIF 2.1.0, section 3.14.23).
    let absent = run.results.is_none();
    let mut used: BTreeSet<String> = BTreeSet::new();
    for (number, result) in run.results.iter().flatten().enumerate() {
        let place = format!("/runs/{at}/results/{number}");
        let result = match result {
            ListElement::Read(result) => result,
            ListElement::Refused(reason) => {
                sink.refuse_result(place, reason.clone())?;
                continue;
            }
        };
        let index = result.rule_index.or(result.rule.as_ref().and_then(|rule| rule.index));
        let indexed = index
            .and_then(|index| driver.rules.get(usize::try_from(index).ok()?))
            .and_then(|rule| match rule {
                ListElement::Read(rule) => Some(rule),
                ListElement::Refused(_) => None,
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
        used.insert(rule.map_or(id, |rule| rule.id.as_str()).to_owned());
        // Grype's rules are one for each vulnerability and package; its JSON has the vulnerability.
        let id = match grype_vulnerability(&driver.name, rule) {
            Some(vulnerability) => vulnerability,
            None => id,
        };
        let result = build_result(place, id, &driver.name, rule, result, image, run_day);
        if let Some(class) = &result.class {
            let assets = result.assets.iter().map(|asset| asset.name.clone());
            scan.classes.entry(class.clone()).or_default().extend(assets);
        }
        sink.accept_result(result)?;
        if sink.is_stopped() {
            return Ok(());
        }
    }
    if failed || absent {
        let reason =
            if failed { "the tool did not end successfully" } else { "the run holds no results" };
        scan.incomplete.push((Asset::new(image.unwrap_or_default()), reason.to_owned()));
    }
    scan.selection.only = rules_of_run(&rules, &run.invocations, used);
    sink.run(scan);
    Ok(())
}

/// Notes what the tool could not do: on the files that an error names, else in the entire run.
fn note_errors(invocation: &Invocation, image: Option<&str>, scan: &mut ScanRun) {
    let notifications = invocation
        .tool_execution_notifications
        .iter()
        .chain(&invocation.tool_configuration_notifications);
    for notification in notifications.filter(|one| one.level.as_deref() == Some("error")) {
        let text = first_line(notification.message.text.as_deref().unwrap_or_default());
        let reason = format!("the tool had an error: {text}");
        let places: Vec<&str> = notification
            .locations
            .iter()
            .filter_map(|location| location.physical_location.artifact_location.uri.as_deref())
            .collect();
        if places.is_empty() {
            scan.incomplete.push((Asset::new(image.unwrap_or_default()), reason.clone()));
        }
        for place in places {
            scan.incomplete.push((Asset::new(image.unwrap_or(place)), reason.clone()));
        }
    }
}

/// Returns the rules that the run checked, where it lists more than those with a result: then a rule that
/// is not among them was not checked. Tools that list only the rules with results show nothing.
fn rules_of_run(
    rules: &HashMap<&str, &SarifRule>,
    invocations: &[Invocation],
    used: BTreeSet<String>,
) -> Option<BTreeSet<String>> {
    let overrides = invocations.iter().flat_map(|run| &run.rule_configuration_overrides);
    let off: BTreeSet<&str> = overrides
        .filter(|change| change.configuration.enabled == Some(false))
        .filter_map(|change| change.descriptor.id.as_deref())
        .collect();
    let is_on = |rule: &SarifRule| {
        rule.default_configuration.enabled != Some(false) && !off.contains(rule.id.as_str())
    };
    let lists_all = rules.keys().any(|id| !used.contains(*id));
    let listed = rules.values().filter(|rule| is_on(rule)).map(|rule| rule.id.clone());
    lists_all.then(|| listed.chain(used).collect())
}

/// Returns Trivy's kind of checks of a rule: its JSON names the same kinds.
fn class_of(tool: &str, rule: &SarifRule) -> Option<&'static str> {
    if !tool.eq_ignore_ascii_case("trivy") {
        return None;
    }
    Some(match rule.name.as_deref()? {
        "OsPackageVulnerability" => "os-pkgs",
        "LanguageSpecificPackageVulnerability" => "lang-pkgs",
        "Misconfiguration" => "config",
        "Secret" => "secret",
        "License" => "license",
        _ => return None,
    })
}

fn build_result(
    place: String,
    id: &str,
    tool: &str,
    rule: Option<&SarifRule>,
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
    if let Some(rule) = rule {
        result.class = class_of(tool, rule).map(str::to_owned);
        result.title = message_text(&rule.short_description);
        result.description = message_text(&rule.full_description);
        if result.title.is_empty() {
            result.title = first_line(&result.description).to_owned();
        }
        if result.title.is_empty() {
            result.title = rule.name.clone().unwrap_or_default();
        }
        for line in message_text(&rule.help).lines() {
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
    rate_result(&mut result, rule, sarif);
    result.outcome = read_outcome(sarif);
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
    for cve in find_cves(id) {
        add(&mut result.cves, cve);
    }
    let tags = rule.iter().flat_map(|rule| &rule.properties.tags);
    for cve in tags.flat_map(|tag| find_cves(tag)) {
        add(&mut result.cves, cve);
    }
    result.first_seen = sarif.provenance.first_detection_time_utc.as_deref().and_then(parse_day);
    result.last_seen =
        sarif.provenance.last_detection_time_utc.as_deref().and_then(parse_day).or(run_day);
    result.proofs = usize::from(!sarif.locations.is_empty());
    result
}

fn message_text(message: &Message) -> String {
    message.text.as_deref().or(message.markdown.as_deref()).unwrap_or_default().trim().to_owned()
}

/// Returns the vulnerability in the help of one of Grype's rules: `Vulnerability CVE-2021-3711`, then a
/// line for each fact.
fn grype_vulnerability<'a>(tool: &str, rule: Option<&'a SarifRule>) -> Option<&'a str> {
    let help = rule.filter(|_| tool.eq_ignore_ascii_case("grype"))?.help.text.as_deref()?;
    first_line(help).strip_prefix("Vulnerability ")
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default().trim()
}

/// Rates a result: by a word among the tags of its rule or in its help (`Severity: high`), by the rule's
/// CVSS score (`security-severity`), by the level.
fn rate_result(result: &mut ScanResult, rule: Option<&SarifRule>, sarif: &SarifResult) {
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
fn read_outcome(sarif: &SarifResult) -> Outcome {
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
