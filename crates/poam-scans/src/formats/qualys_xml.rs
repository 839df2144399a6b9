//! XML reports of Qualys: asset data reports (`ASSET_DATA_REPORT`), the API's list of detections
//! (`HOST_LIST_VM_DETECTION_OUTPUT`) and scan results (`SCAN`).

use std::collections::HashMap;
use std::io::BufRead;

use super::qualys_csv::{HostLogin, parse_outcome, rate_level, strip_scores};
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, find_cves};
use crate::time::parse_day;
use crate::xml::{XmlElement, XmlStep, XmlWalk};
use crate::{Asset, ScanError, ScanLimits, ScanResult, ScanRun};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "qualys-xml",
    title: "Qualys XML",
    page: include_str!("qualys_xml.md"),
    recognises: |head| {
        head.has_element("ASSET_DATA_REPORT")
            || head.has_element("HOST_LIST_VM_DETECTION_OUTPUT")
            || (head.has_element("SCAN ") && head.has_element("IP "))
            || head.has_element("WAS_SCAN_REPORT")
            || head.has_element("WAS_WEBAPP_REPORT")
    },
    read,
};

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let mut walk = XmlWalk::new(input, limits);
    walk.leave_out_text_of(&["RESULT", "RESULTS", "DATA", "PAYLOADS"]);
    let mut run = ScanRun {
        tool: "Qualys".to_owned(),
        lists_only_findings: Some("Qualys".to_owned()),
        ..ScanRun::default()
    };
    let mut hosts: HashMap<String, HostLogin> = HashMap::new();
    // Days of the last scan of the host, and of the last one that logged in.
    let (mut scanned_on, mut logged_in_on) = (None, None);
    // An asset data report explains the ids in a glossary behind all hosts.
    let mut waiting: Vec<ScanResult> = Vec::new();
    let mut glossary: HashMap<String, XmlElement> = HashMap::new();
    let mut host = String::new();
    while let Some(step) = walk.next()? {
        let XmlStep::Start(element) = step else { continue };
        let place = walk.current_place();
        match element.name.as_str() {
            "HOST" => {
                host.clear();
                (scanned_on, logged_in_on) = (None, None);
            }
            "LAST_VM_SCANNED_DATE" | "LAST_SCAN_DATETIME" => {
                scanned_on = scanned_on.max(parse_day(&walk.read_rest(element)?.text));
            }
            "LAST_VM_AUTH_SCANNED_DATE" => logged_in_on = parse_day(&walk.read_rest(element)?.text),
            "DETECTION_LIST" if !host.is_empty() => {
                if let Some(scanned_on) = scanned_on.max(logged_in_on) {
                    run.days.insert(host.clone(), scanned_on);
                    if let Some(logged_in_on) = logged_in_on {
                        hosts
                            .entry(host.clone())
                            .or_default()
                            .note_login(logged_in_on >= scanned_on);
                    }
                }
            }
            // Information gathered, of which only the login of the scanner counts.
            "INFO" if element.find_attribute("number").is_some() => {
                let info = walk.read_rest(element)?;
                let qid = info.find_attribute("number").unwrap_or_default();
                hosts.entry(host.clone()).or_default().add(qid, info.text_of("TITLE"));
            }
            // `SCAN`: one element for each address.
            "IP" if element.find_attribute("value").is_some() => {
                host = element.find_attribute("value").unwrap_or_default().to_owned();
                run.assets.push(Asset::new(&host));
            }
            "IP" => {
                host = walk.read_rest(element)?.text.trim().to_owned();
                run.assets.push(Asset::new(&host));
            }
            "VULN_INFO" => {
                let info = walk.read_rest(element)?;
                waiting.push(read_detection(place, &info, &host));
            }
            "DETECTION" => {
                let detection = walk.read_rest(element)?;
                let result = read_detection(place, &detection, &host);
                hosts.entry(host.clone()).or_default().add(&result.id, "");
                sink.accept_result(result)?;
            }
            "VULN" if element.find_attribute("number").is_some() => {
                let vuln = walk.read_rest(element)?;
                sink.accept_result(read_scanned(place, &vuln, &host))?;
            }
            "VULN_DETAILS" => {
                let details = walk.read_rest(element)?;
                glossary.insert(details.text_of("QID").to_owned(), details);
            }
            // Reports on web applications.
            "VULNERABILITY" | "INFORMATION_GATHERED" | "SENSITIVE_CONTENT" => {
                let found = walk.read_rest(element)?;
                // The summary has elements of the same names that hold numbers.
                if !found.children.is_empty() {
                    waiting.push(of_web_application(place, &found));
                }
            }
            "QID" => {
                let details = walk.read_rest(element)?;
                if !details.children.is_empty() {
                    glossary.insert(details.text_of("QID").to_owned(), details);
                }
            }
            "DATETIME" | "GENERATION_DATETIME" | "END_DATE" => {
                run.day = run.day.max(parse_day(&walk.read_rest(element)?.text));
            }
            _ => {}
        }
        if sink.is_stopped() {
            return Ok(());
        }
    }
    for mut result in waiting {
        if let Some(details) = glossary.get(&result.id) {
            explain(&mut result, details);
        }
        if let Some(asset) = result.assets.first() {
            hosts.entry(asset.name.clone()).or_default().add(&result.id, &result.title);
        }
        sink.accept_result(result)?;
    }
    for (host, login) in hosts {
        if let Some(credentials) = login.credentials_found() {
            run.credentials.insert(host, credentials);
        }
    }
    sink.run(run);
    Ok(())
}

/// Reads a detection on a host: `VULN_INFO` of a report or `DETECTION` of the API.
fn read_detection(place: String, info: &XmlElement, host: &str) -> ScanResult {
    let mut result = ScanResult::new(place, "Qualys", info.text_of("QID"));
    rate_level(&mut result, info.text_of("SEVERITY"), info.text_of("TYPE"));
    let status = info.text_of("VULN_STATUS");
    result.outcome = parse_outcome(if status.is_empty() { info.text_of("STATUS") } else { status });
    for (name, word) in [("IS_IGNORED", "ignored"), ("IS_DISABLED", "disabled")] {
        if info.text_of(name) == "1" {
            result.outcome = crate::Outcome::Suppressed { reason: format!("{word} in Qualys") };
        }
    }
    if !host.is_empty() {
        result.assets.push(Asset::at_port(host, info.text_of("PORT"), info.text_of("PROTOCOL")));
    }
    for name in ["FIRST_FOUND", "FIRST_FOUND_DATETIME"] {
        result.first_seen = result.first_seen.or(parse_day(info.text_of(name)));
    }
    for name in ["LAST_FOUND", "LAST_FOUND_DATETIME"] {
        result.last_seen = result.last_seen.or(parse_day(info.text_of(name)));
    }
    result.proofs = info.find_children("RESULT").count() + info.find_children("RESULTS").count();
    result
}

/// Reads a result of a report on web applications. Its asset is the address without path.
fn of_web_application(place: String, found: &XmlElement) -> ScanResult {
    let mut result = ScanResult::new(place, "Qualys", found.text_of("QID"));
    let kind = if found.name == "INFORMATION_GATHERED" { "Ig" } else { "" };
    rate_level(&mut result, found.text_of("SEVERITY"), kind);
    result.outcome = parse_outcome(found.text_of("STATUS"));
    if found.text_of("IGNORED").eq_ignore_ascii_case("true") {
        result.outcome = crate::Outcome::Suppressed { reason: "ignored in Qualys".to_owned() };
    }
    let url = found.text_of("URL");
    let end = url.find("://").map_or(0, |at| at + 3);
    let host = url[end..].split('/').next().unwrap_or_default();
    if !host.is_empty() {
        result.assets.push(Asset::new(&url[..end + host.len()]));
    }
    for name in ["FIRST_TIME_DETECTED", "DETECTION_DATE"] {
        result.first_seen = result.first_seen.or(parse_day(found.text_of(name)));
    }
    for name in ["LAST_TIME_DETECTED", "DETECTION_DATE"] {
        result.last_seen = result.last_seen.or(parse_day(found.text_of(name)));
    }
    result.proofs = found.find_children("PAYLOADS").count() + found.find_children("DATA").count();
    result
}

/// Adds what the glossary states of an id.
fn explain(result: &mut ScanResult, details: &XmlElement) {
    result.title = details.text_of("TITLE").to_owned();
    let threat = [details.text_of("THREAT"), details.text_of("DESCRIPTION")];
    let threat = threat.iter().find(|text| !text.is_empty()).copied().unwrap_or_default();
    let texts = [threat, details.text_of("IMPACT")];
    result.description =
        texts.iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join("\n\n");
    result.remediation = details.text_of("SOLUTION").to_owned();
    if !details.text_of("SEVERITY").is_empty() && result.severity_source.is_empty() {
        let kind = if result.severity == crate::Severity::Informational { "Ig" } else { "" };
        rate_level(result, details.text_of("SEVERITY"), kind);
    }
    result.family =
        Some(details.text_of("CATEGORY").to_owned()).filter(|family| !family.is_empty());
    if let Some(list) = details.find_child("CVE_ID_LIST") {
        result.cves = find_cves(&list.all_text().replace("CVE-", " CVE-"));
    }
    for list in details.find_children("VENDOR_REFERENCE_LIST") {
        for reference in &list.children {
            add(&mut result.references, reference.text_of("ID"));
        }
    }
    for name in ["CVSS3_BASE", "CVSS_BASE"] {
        let text = details.find_child(name).map(XmlElement::all_text).unwrap_or_default();
        let vector = strip_scores(text.trim());
        if vector.contains(':') {
            add(&mut result.cvss, vector);
        }
    }
}

/// Reads a result of the older scan report, which explains itself.
fn read_scanned(place: String, vuln: &XmlElement, host: &str) -> ScanResult {
    let mut result =
        ScanResult::new(place, "Qualys", vuln.find_attribute("number").unwrap_or_default());
    rate_level(&mut result, vuln.find_attribute("severity").unwrap_or_default(), "");
    result.title = vuln.text_of("TITLE").to_owned();
    let texts = [vuln.text_of("DIAGNOSIS"), vuln.text_of("CONSEQUENCE")];
    result.description =
        texts.iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join("\n\n");
    result.remediation = vuln.text_of("SOLUTION").to_owned();
    if let Some(list) = vuln.find_child("CVE_ID_LIST") {
        result.cves = find_cves(&list.all_text().replace("CVE-", " CVE-"));
    }
    if !host.is_empty() {
        result.assets.push(Asset::new(host));
    }
    result.proofs = vuln.find_children("RESULT").count();
    result
}
