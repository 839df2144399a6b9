//! Nessus version 2 files (`.nessus`), of Nessus, Tenable.io and Tenable Security Center.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use chrono::NaiveDateTime;

use super::nessus_audit::add_references;
use super::nessus_host::{HostScan, SCAN_INFORMATION, class_of};
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, find_cves};
use crate::time::{moment_of_epoch, parse_day, parse_moment};
use crate::xml::{XmlElement, XmlStep, XmlWalk};
use crate::{
    Asset, CheckKind, Outcome, PortRange, ScanError, ScanLimits, ScanResult, ScanRun, Severity,
};

/// Elements whose text is a proof, which is counted and not retained.
const PROOFS: &[&str] = &["plugin_output", "compliance-actual-value"];

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "nessus",
    title: "Nessus (.nessus)",
    page: include_str!("nessus.md"),
    recognises: |head| head.has_element("NessusClientData_v2"),
    read,
};

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let mut walk = XmlWalk::new(input, limits);
    walk.leave_out_text_of(PROOFS);
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
        "compliance-reference",
        "plugin_output",
    ]);
    let mut run = ScanRun {
        tool: "Nessus".to_owned(),
        lists_only_findings: Some("Nessus".to_owned()),
        ..ScanRun::default()
    };
    let mut host = String::new();
    let mut host_day = None;
    let mut host_ended = false;
    let mut host_scan = HostScan::default();
    let mut policy = NessusPolicy::default();
    while let Some(step) = walk.next()? {
        match step {
            XmlStep::Start(element) => match element.name.as_str() {
                // Preferences hold credentials and lists of plugins; they are passed over.
                "Policy" => {
                    policy = read_policy(&mut walk, &mut run)?;
                }
                "ReportHost" => {
                    host = element.find_attribute("name").unwrap_or_default().to_owned();
                    (host_day, host_ended) = (None, false);
                    host_scan = HostScan::default();
                }
                "HostProperties" => {
                    let properties = walk.read_rest(element)?;
                    host_day = include_host_times(&mut run, &properties);
                    host_ended = find_tag(&properties, "HOST_END").is_some();
                    run.day = run.day.max(host_day);
                }
                "ReportItem" => {
                    let place = walk.current_place();
                    let item = if element.find_attribute("pluginID") == Some(SCAN_INFORMATION) {
                        // The text shows how the host was scanned; it is no proof of a weakness.
                        walk.leave_out_text_of(&[]);
                        let item = walk.read_rest(element)?;
                        walk.leave_out_text_of(PROOFS);
                        item
                    } else {
                        walk.read_rest(element)?
                    };
                    host_scan.add(
                        item.find_attribute("pluginID").unwrap_or_default(),
                        item.find_attribute("pluginFamily").unwrap_or_default(),
                        item.text_of("plugin_output"),
                    );
                    if host.is_empty() {
                        sink.refuse_result(
                            place,
                            "the result stands in no ReportHost with a name",
                        )?;
                    } else {
                        sink.accept_result(build_result(place, &item, &host, host_day))?;
                    }
                }
                _ => {}
            },
            XmlStep::End(name) if name == "ReportHost" && !host.is_empty() => {
                let asset = Asset::new(std::mem::take(&mut host));
                add_host(&mut run, asset, host_ended, &mut host_scan, &policy);
            }
            XmlStep::End(_) => {}
        }
        if sink.is_stopped() {
            return Ok(());
        }
    }
    sink.run(run);
    Ok(())
}

/// Adds the times of a host to the run, and returns the day on which it was scanned.
fn include_host_times(run: &mut ScanRun, properties: &XmlElement) -> Option<chrono::NaiveDate> {
    let ended = property_time(properties, "HOST_END");
    let started = property_time(properties, "HOST_START");
    run.include_time(started);
    run.include_time(ended);
    ended
        .map(|end| end.date())
        .or_else(|| parse_day(find_tag(properties, "HOST_END")?))
        .or(started.map(|start| start.date()))
        .or_else(|| parse_day(find_tag(properties, "HOST_START")?))
}

/// Adds a host that was read to its end: whether all of it was looked at, and how.
fn add_host(
    run: &mut ScanRun,
    asset: Asset,
    has_end: bool,
    scan: &mut HostScan,
    policy: &NessusPolicy,
) {
    if !has_end {
        run.incomplete.push((asset.clone(), "the scan of this host has no end".to_owned()));
    } else if scan.only_discovered() {
        let reason = "the scan only looked for hosts and ports".to_owned();
        run.incomplete.push((asset.clone(), reason));
    }
    for class in scan.check_classes() {
        run.classes.entry(class.to_owned()).or_default().insert(asset.name.clone());
    }
    if let Some(ports) = scan.ports().or_else(|| policy.ports.clone()) {
        run.ports.insert(asset.name.clone(), ports);
    }
    if let Some(credentials) = scan.credentials_found() {
        // A host that is twice in the file counts as it was scanned worse.
        let known = run.credentials.entry(asset.name.clone()).or_insert(credentials);
        *known = credentials.min(*known);
    }
    run.assets.push(asset);
}

/// Parts of a policy beside its name and the plugins that it selects.
#[derive(Default)]
struct NessusPolicy {
    /// The ports to look at.
    ports: Option<PortRange>,
    /// The families of which only some plugins are on.
    mixed: BTreeSet<String>,
}

/// Reads the name of the policy, its ports and which plugins it selects; everything else of it is passed over.
fn read_policy<R: BufRead>(
    walk: &mut XmlWalk<R>,
    run: &mut ScanRun,
) -> Result<NessusPolicy, ScanError> {
    let mut policy = NessusPolicy::default();
    let mut preference = String::new();
    // The family or the plugin whose status comes next.
    let mut family = String::new();
    let mut plugin = String::new();
    let mut enabled: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    while let Some(step) = walk.next()? {
        match step {
            XmlStep::Start(element) => match element.name.as_str() {
                "policyName" => {
                    let text = walk.read_rest(element)?.text;
                    run.profile = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
                }
                "name" => preference = walk.read_rest(element)?.text,
                "value" if preference.trim() == "plugin_set" => {
                    let text = walk.read_rest(element)?.text;
                    let ids: Vec<&str> =
                        text.split(';').map(str::trim).filter(|id| !id.is_empty()).collect();
                    let are_ids = ids.iter().all(|id| id.bytes().all(|b| b.is_ascii_digit()));
                    if !ids.is_empty() && are_ids {
                        run.selection.only = Some(ids.into_iter().map(str::to_owned).collect());
                    }
                }
                "value" if preference.trim() == "port_range" => {
                    policy.ports = PortRange::parse(&walk.read_rest(element)?.text);
                }
                "FamilyName" | "Family" => family = walk.read_rest(element)?.text.trim().to_owned(),
                "PluginId" => plugin = walk.read_rest(element)?.text.trim().to_owned(),
                "Status" if !family.is_empty() || !plugin.is_empty() => {
                    let status = walk.read_rest(element)?.text.trim().to_ascii_lowercase();
                    let (family, plugin) =
                        (std::mem::take(&mut family), std::mem::take(&mut plugin));
                    match (status.as_str(), plugin.is_empty()) {
                        ("disabled", true) => {
                            run.selection.families_off.insert(family);
                        }
                        ("mixed", true) => {
                            policy.mixed.insert(family);
                        }
                        ("disabled", false) => {
                            run.selection.off.insert(plugin);
                        }
                        ("enabled", false) => {
                            enabled.entry(family).or_default().insert(plugin);
                        }
                        _ => {}
                    }
                }
                _ => {}
            },
            XmlStep::End(end) if end == "Policy" => break,
            XmlStep::End(_) => {}
        }
    }
    // Where a policy lists the plugins of a mixed family that are on, the others of it are off.
    enabled.retain(|family, _| policy.mixed.contains(family));
    run.selection.only_of_families = enabled;
    Ok(policy)
}

/// Returns the text of a tag of the host's properties.
fn find_tag<'a>(properties: &'a XmlElement, name: &str) -> Option<&'a str> {
    properties
        .children
        .iter()
        .find(|child| child.find_attribute("name") == Some(name))
        .map(|child| child.text.trim())
}

/// Reads a time of the host's properties: the timestamp where there is one, else the text.
fn property_time(properties: &XmlElement, name: &str) -> Option<NaiveDateTime> {
    find_tag(properties, &format!("{name}_TIMESTAMP"))
        .and_then(|text| moment_of_epoch(text.parse().ok()?))
        .or_else(|| parse_moment(find_tag(properties, name)?))
}

fn build_result(
    place: String,
    item: &XmlElement,
    host: &str,
    host_day: Option<chrono::NaiveDate>,
) -> ScanResult {
    let mut result =
        ScanResult::new(place, "Nessus", item.find_attribute("pluginID").unwrap_or_default());
    result.class = class_of(&result.id).map(str::to_owned);
    result.title = item.find_attribute("pluginName").unwrap_or_default().to_owned();
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
        item.find_attribute("pluginFamily").filter(|family| !family.is_empty()).map(str::to_owned);
    let severity = item.find_attribute("severity").unwrap_or_default();
    result.severity_source = severity.to_owned();
    result.severity = match severity {
        "0" => Severity::Informational,
        "1" => Severity::Low,
        "2" => Severity::Moderate,
        "3" => Severity::High,
        "4" => Severity::Critical,
        _ => Severity::Unknown,
    };
    let attribute = |name: &str| item.find_attribute(name).unwrap_or_default();
    result.assets.push(Asset::at_port(host, attribute("port"), attribute("protocol")));
    for cve in item.find_children("cve") {
        for cve in find_cves(&cve.text) {
            add(&mut result.cves, cve);
        }
    }
    for name in ["cvss3_vector", "cvss4_vector", "cvss_vector"] {
        add(&mut result.cvss, item.text_of(name));
    }
    for reference in item.find_children("see_also") {
        for line in reference.text.lines() {
            add(&mut result.references, line);
        }
    }
    for reference in item.find_children("xref") {
        let text = reference.text.trim();
        match text.strip_prefix("CISA-KNOWN-EXPLOITED:") {
            Some(due) => {
                result.kev = true;
                result.kev_due = parse_day(due);
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
            // All checks of a benchmark share one plugin; the name of the check distinguishes them.
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
        add_references(&mut result, item.text_of("compliance-reference"));
    }
    result.last_seen = host_day;
    result.proofs = item.find_children("plugin_output").count()
        + item.find_children("compliance-actual-value").count();
    result
}

#[cfg(test)]
mod tests {
    use super::super::tests::collect;

    #[test]
    fn a_nessus_policy_says_which_plugins_and_ports_it_leaves_out() {
        let file = r#"<NessusClientData_v2><Policy><policyName>P</policyName><Preferences><ServerPreferences>
            <preference><name>port_range</name><value>1-1024</value></preference></ServerPreferences></Preferences>
            <FamilySelection><FamilyItem><FamilyName>General</FamilyName><Status>mixed</Status></FamilyItem>
            <FamilyItem><FamilyName>Web</FamilyName><Status>disabled</Status></FamilyItem>
            <FamilyItem><FamilyName>Databases</FamilyName><Status>mixed</Status></FamilyItem></FamilySelection>
            <IndividualPluginSelection>
            <PluginItem><PluginId>1</PluginId><PluginName>One</PluginName><Family>General</Family><Status>disabled</Status></PluginItem>
            <PluginItem><PluginId>2</PluginId><PluginName>Two</PluginName><Family>Databases</Family><Status>enabled</Status></PluginItem>
            </IndividualPluginSelection></Policy><Report name="r">
            <ReportHost name="a"><HostProperties><tag name="HOST_END">2026-02-10 10:00:00</tag></HostProperties>
            <ReportItem port="0" severity="0" pluginID="19506"><plugin_output>Port range : T:1-100,U:53
    Credentialed checks : no</plugin_output></ReportItem></ReportHost>
            <ReportHost name="b"><HostProperties><tag name="HOST_END">2026-02-10 10:00:00</tag></HostProperties>
            <ReportItem port="0" severity="0" pluginID="19506"><plugin_output>Port range : default</plugin_output></ReportItem></ReportHost>
            </Report></NessusClientData_v2>"#;
        let (_, collected) = collect(file.as_bytes());
        let run = &collected.runs[0];
        let left_out = |id: &str, family: &str| run.selection.leaves_out(id, Some(family));
        assert!(left_out("1", "General") && !left_out("3", "General"));
        assert!(left_out("3", "Databases") && !left_out("2", "Databases") && left_out("9", "Web"));
        assert!(run.ports["a"].contains("80/tcp") && !run.ports["a"].contains("443/tcp"));
        // Where the host does not say its ports, the policy does.
        assert!(run.ports["b"].contains("443/tcp") && !run.ports["b"].contains("8443/tcp"));
    }
}
