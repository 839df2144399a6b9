//! Nessus version 2 files (`.nessus`), of Nessus, Tenable.io and Tenable Security Center.

use std::io::BufRead;

use crate::format::{Counter, ScanFormat};
use crate::identifiers::{add, cves};
use crate::time::{day, day_of_epoch};
use crate::xml::{Element, Step, XmlWalk};
use crate::{Asset, CheckKind, Limits, Outcome, ScanError, ScanResult, ScanRun, Severity};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "nessus",
    title: "Nessus (.nessus)",
    page: include_str!("nessus.md"),
    recognises: |head| head.has_element("NessusClientData_v2"),
    read,
};

fn read(input: &mut dyn BufRead, limits: Limits, sink: &mut Counter<'_>) -> Result<(), ScanError> {
    let mut walk = XmlWalk::new(input, limits);
    walk.leave_out_text_of(&["plugin_output", "compliance-actual-value"]);
    walk.keep_only(&[
        "tag",
        "synopsis",
        "description",
        "solution",
        "cve",
        "cvss3_vector",
        "cvss4_vector",
        "cvss_vector",
        "see_also",
        "xref",
        "compliance-result",
        "compliance-check-name",
        "compliance-solution",
        "compliance-info",
        "compliance-actual-value",
        "plugin_output",
    ]);
    let mut run = ScanRun { tool: "Nessus".to_owned(), ..ScanRun::default() };
    let mut host = String::new();
    let mut host_day = None;
    let mut host_ended = false;
    while let Some(step) = walk.next()? {
        match step {
            Step::Start(element) => match element.name.as_str() {
                // Preferences hold credentials and lists of plugins; they are passed over.
                "Policy" => {
                    skip(&mut walk, "Policy", &mut run)?;
                }
                "ReportHost" => {
                    host = element.attribute("name").unwrap_or_default().to_owned();
                    (host_day, host_ended) = (None, false);
                }
                "HostProperties" => {
                    let properties = walk.take(element)?;
                    host_day = property_day(&properties, "HOST_END")
                        .or(property_day(&properties, "HOST_START"));
                    host_ended = tag(&properties, "HOST_END").is_some();
                    run.day = run.day.max(host_day);
                }
                "ReportItem" => {
                    let place = walk.place();
                    let item = walk.take(element)?;
                    if host.is_empty() {
                        sink.refuse(place, "the result stands in no ReportHost with a name")?;
                    } else {
                        sink.result(result(place, &item, &host, host_day))?;
                    }
                }
                _ => {}
            },
            Step::End(name) if name == "ReportHost" && !host.is_empty() => {
                let asset = Asset::new(std::mem::take(&mut host));
                if !host_ended {
                    run.incomplete
                        .push((asset.clone(), "the scan of this host has no end".to_owned()));
                }
                run.assets.push(asset);
            }
            Step::End(_) => {}
        }
        if sink.stopped() {
            return Ok(());
        }
    }
    sink.run(run);
    Ok(())
}

/// Passes over the policy, of which only the name is kept.
fn skip<R: BufRead>(walk: &mut XmlWalk<R>, name: &str, run: &mut ScanRun) -> Result<(), ScanError> {
    while let Some(step) = walk.next()? {
        match step {
            Step::Start(element) if element.name == "policyName" => {
                let text = walk.take(element)?.text;
                run.profile = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            }
            Step::End(end) if end == name => return Ok(()),
            _ => {}
        }
    }
    Ok(())
}

/// Returns the text of a tag of the host's properties.
fn tag<'a>(properties: &'a Element, name: &str) -> Option<&'a str> {
    properties
        .children
        .iter()
        .find(|child| child.attribute("name") == Some(name))
        .map(|child| child.text.trim())
}

/// Reads a day of the host's properties: the timestamp where there is one, else the text.
fn property_day(properties: &Element, name: &str) -> Option<chrono::NaiveDate> {
    tag(properties, &format!("{name}_TIMESTAMP"))
        .and_then(|text| day_of_epoch(text.parse().ok()?))
        .or_else(|| day(tag(properties, name)?))
}

fn result(
    place: String,
    item: &Element,
    host: &str,
    host_day: Option<chrono::NaiveDate>,
) -> ScanResult {
    let mut result =
        ScanResult::new(place, "Nessus", item.attribute("pluginID").unwrap_or_default());
    result.title = item.attribute("pluginName").unwrap_or_default().to_owned();
    let synopsis = item.text_of("synopsis");
    let description = item.text_of("description");
    result.description = [synopsis, description]
        .iter()
        .filter(|text| !text.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join("\n\n");
    let solution = item.text_of("solution");
    if !solution.eq_ignore_ascii_case("n/a") {
        result.remediation = solution.to_owned();
    }
    result.family =
        item.attribute("pluginFamily").filter(|family| !family.is_empty()).map(str::to_owned);
    let severity = item.attribute("severity").unwrap_or_default();
    result.severity_source = severity.to_owned();
    result.severity = match severity {
        "0" => Severity::Informational,
        "1" => Severity::Low,
        "2" => Severity::Moderate,
        "3" => Severity::High,
        "4" => Severity::Critical,
        _ => Severity::Unknown,
    };
    let attribute = |name: &str| item.attribute(name).unwrap_or_default();
    result.assets.push(Asset::at_port(host, attribute("port"), attribute("protocol")));
    for cve in item.children("cve") {
        for cve in cves(&cve.text) {
            add(&mut result.cves, cve);
        }
    }
    for name in ["cvss3_vector", "cvss4_vector", "cvss_vector"] {
        add(&mut result.cvss, item.text_of(name));
    }
    for reference in item.children("see_also") {
        for line in reference.text.lines() {
            add(&mut result.references, line);
        }
    }
    for reference in item.children("xref") {
        let text = reference.text.trim();
        match text.strip_prefix("CISA-KNOWN-EXPLOITED:") {
            Some(due) => {
                result.kev = true;
                result.kev_due = day(due);
            }
            None => add(&mut result.references, text),
        }
    }
    // A compliance check has an outcome of its own.
    let compliance = item.text_of("compliance-result");
    result.outcome = match compliance.to_ascii_uppercase().as_str() {
        "" | "FAILED" => Outcome::Failed,
        "PASSED" => Outcome::Passed,
        _ => Outcome::NotChecked { word: compliance.to_owned() },
    };
    if !compliance.is_empty() {
        result.kind = CheckKind::Configuration;
        let name = item.text_of("compliance-check-name");
        if !name.is_empty() {
            // All checks of a benchmark share one plugin; the name of the check tells them apart.
            result.id = format!("{} {name}", result.id);
            result.title = name.to_owned();
        }
        let solution = item.text_of("compliance-solution");
        if !solution.is_empty() {
            result.remediation = solution.to_owned();
        }
        let info = item.text_of("compliance-info");
        if !info.is_empty() {
            result.description = info.to_owned();
        }
    }
    result.last_seen = host_day;
    result.proofs =
        item.children("plugin_output").count() + item.children("compliance-actual-value").count();
    result
}
