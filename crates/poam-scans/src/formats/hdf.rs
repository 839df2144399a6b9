//! Results in MITRE's Heimdall Data Format (HDF), as InSpec and the SAF tools write them.

use std::io::BufRead;

use serde::Deserialize;
use serde_json::Value;

use super::json::{self, ListElement};
use super::stig;
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, stig_number};
use crate::time::parse_day;
use crate::{Asset, CheckKind, Outcome, ScanError, ScanLimits, ScanResult, ScanRun, Severity};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "hdf",
    title: "Heimdall Data Format (HDF)",
    page: include_str!("hdf.md"),
    recognises: |head| head.has_keys(&["profiles", "platform"]),
    read,
};

#[derive(Deserialize)]
struct HdfReport {
    #[serde(default, deserialize_with = "json::or_default")]
    platform: Platform,
    version: Option<String>,
    #[serde(default, deserialize_with = "json::or_default")]
    profiles: Vec<HdfProfile>,
    #[serde(default)]
    passthrough: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Platform {
    name: Option<String>,
    target_id: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct HdfProfile {
    name: Option<String>,
    title: Option<String>,
    #[serde(deserialize_with = "json::or_default")]
    controls: Vec<ListElement<Control>>,
    depends: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Control {
    id: String,
    title: Option<String>,
    desc: Option<String>,
    descriptions: Value,
    impact: f64,
    tags: Value,
    results: Vec<CheckResult>,
    waiver_data: Value,
    attestation_data: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CheckResult {
    status: Option<String>,
    start_time: Option<String>,
    skip_message: Option<String>,
    message: Option<String>,
    exception: Option<String>,
}

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let bytes = json::read_bytes(input, limits)?;
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'[') {
        let report = serde_json::from_slice(&bytes).map_err(|error| json::syntax_error(&error))?;
        return read_report("", report, sink);
    }
    // Converters of services with several accounts write a list of reports.
    let reports: Vec<HdfReport> =
        serde_json::from_slice(&bytes).map_err(|error| json::syntax_error(&error))?;
    for (at, report) in reports.into_iter().enumerate() {
        read_report(&format!("/{at}"), report, sink)?;
    }
    Ok(())
}

fn read_report(
    base: &str,
    report: HdfReport,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let names = ["hostname", "hostfqdn", "hostip"].map(|key| {
        report
            .passthrough
            .pointer("/checklist/asset")
            .and_then(|asset| asset.get(key))
            .and_then(Value::as_str)
    });
    let asset = std::iter::once(report.platform.target_id.as_deref())
        .chain(names)
        .flatten()
        .find(|name| !name.trim().is_empty())
        .map(Asset::new);
    for (at, profile) in report.profiles.into_iter().enumerate() {
        let mut run = ScanRun {
            tool: report.platform.name.clone().unwrap_or_else(|| "HDF".to_owned()),
            version: report.version.clone(),
            profile: profile.title.or(profile.name),
            assets: asset.iter().cloned().collect(),
            ..ScanRun::default()
        };
        let is_overlay = profile.depends.as_array().is_some_and(|list| !list.is_empty());
        let base = format!("{base}/profiles/{at}/controls");
        let all =
            json::each_result(&base, profile.controls, &mut run, sink, |run, place, control| {
                // An overlay names the controls of the profiles below it, which hold the results.
                if is_overlay && control.results.is_empty() {
                    return Ok(None);
                }
                Ok(Some(build_result(place, control, run.profile.as_deref(), asset.clone())))
            })?;
        if !all {
            return Ok(());
        }
        sink.run(run);
    }
    Ok(())
}

fn build_result(
    place: String,
    control: Control,
    profile: Option<&str>,
    asset: Option<Asset>,
) -> ScanResult {
    let tag = |key: &str| control.tags.get(key).and_then(Value::as_str).unwrap_or_default();
    let number = stig_number(&control.id)
        .or_else(|| stig_number(tag("rid")))
        .or_else(|| stig_number(tag("gid")));
    let detector = if number.is_some() { stig::DETECTOR } else { profile.unwrap_or("HDF") };
    let mut result = ScanResult::new(place, detector, number.unwrap_or_else(|| control.id.clone()));
    result.kind = CheckKind::Configuration;
    result.title = control.title.clone().unwrap_or_default();
    result.description = control.desc.clone().unwrap_or_default();
    result.remediation =
        find_description(&control.descriptions, "fix").unwrap_or_else(|| tag("fix").to_owned());
    rate_control(&mut result, &control);
    result.outcome = read_outcome(&control);
    result.assets.extend(asset);
    for key in ["stig_id", "rid"] {
        add(&mut result.references, tag(key));
    }
    for (key, list) in [("cci", &mut result.ccis), ("nist", &mut result.controls)] {
        match control.tags.get(key) {
            Some(Value::Array(values)) => {
                for value in values.iter().filter_map(Value::as_str) {
                    add(list, value);
                }
            }
            Some(Value::String(value)) => add(list, value),
            _ => {}
        }
    }
    // `Rev_4` and the like name the revision of the catalog, no control.
    result.controls.retain(|control| !control.starts_with("Rev"));
    result.last_seen =
        control.results.iter().filter_map(|check| parse_day(check.start_time.as_deref()?)).max();
    result.proofs = control
        .results
        .iter()
        .filter(|check| check.message.is_some() || check.exception.is_some())
        .count();
    result
}

/// Returns a labelled text, which is in a list of pairs or in a map.
fn find_description(descriptions: &Value, label: &str) -> Option<String> {
    match descriptions {
        Value::Array(list) => list
            .iter()
            .find(|entry| entry.get("label").and_then(Value::as_str) == Some(label))
            .and_then(|entry| entry.get("data")?.as_str())
            .map(str::to_owned),
        Value::Object(map) => map.get(label).and_then(Value::as_str).map(str::to_owned),
        _ => None,
    }
}

/// Rates by an override, by the severity in words, else by the impact (0 to 1) as InSpec does.
fn rate_control(result: &mut ScanResult, control: &Control) {
    let tag = |key: &str| control.tags.get(key).and_then(Value::as_str).unwrap_or_default();
    let words = [tag("severityoverride"), tag("severity")];
    if let Some(word) = words.iter().find(|word| !word.trim().is_empty()) {
        result.severity = Severity::from_word(word);
        result.severity_source = (*word).to_owned();
        return;
    }
    result.severity_source = control.impact.to_string();
    result.severity = match control.impact {
        impact if impact >= 0.9 => Severity::Critical,
        impact if impact >= 0.7 => Severity::High,
        impact if impact >= 0.4 => Severity::Moderate,
        impact if impact > 0.0 => Severity::Low,
        _ => Severity::Informational,
    };
}

/// Reads the outcome of a control from its checks: one that failed outweighs one that was not made,
/// and that outweighs one that passed.
fn read_outcome(control: &Control) -> Outcome {
    let has =
        |word: &str| control.results.iter().any(|check| check.status.as_deref() == Some(word));
    if has("failed") && is_waived(&control.waiver_data) {
        let reason =
            control.waiver_data.get("justification").and_then(Value::as_str).unwrap_or("waived");
        return Outcome::Suppressed { reason: reason.to_owned() };
    }
    if has("failed") {
        return Outcome::Failed;
    }
    let error = has("error") || control.results.iter().any(|check| check.exception.is_some());
    if error {
        return Outcome::NotChecked { word: "error".to_owned() };
    }
    if control.impact == 0.0 && !has("passed") {
        return Outcome::NotApplicable;
    }
    if has("skipped") || control.results.is_empty() || is_waived(&control.attestation_data) {
        let word = control.results.iter().find_map(|check| check.skip_message.clone());
        return Outcome::NotChecked { word: word.unwrap_or_else(|| "skipped".to_owned()) };
    }
    Outcome::Passed
}

fn is_waived(value: &Value) -> bool {
    value.as_object().is_some_and(|map| !map.is_empty())
}
