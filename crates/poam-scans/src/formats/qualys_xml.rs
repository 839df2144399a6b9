//! XML reports of Qualys: asset data reports (`ASSET_DATA_REPORT`), the API's list of detections
//! (`HOST_LIST_VM_DETECTION_OUTPUT`) and scan results (`SCAN`).

use std::collections::HashMap;
use std::io::BufRead;

use super::qualys_csv::{outcome, rate, vector};
use crate::format::{Counter, ScanFormat};
use crate::identifiers::{add, cves};
use crate::time::day;
use crate::xml::{Element, Step, XmlWalk};
use crate::{Asset, Limits, ScanError, ScanResult, ScanRun};

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

fn read(input: &mut dyn BufRead, limits: Limits, sink: &mut Counter<'_>) -> Result<(), ScanError> {
    let mut walk = XmlWalk::new(input, limits);
    walk.leave_out_text_of(&["RESULT", "RESULTS", "DATA", "PAYLOADS"]);
    let mut run = ScanRun { tool: "Qualys".to_owned(), ..ScanRun::default() };
    // An asset data report explains the ids in a glossary behind all hosts.
    let mut waiting: Vec<ScanResult> = Vec::new();
    let mut glossary: HashMap<String, Element> = HashMap::new();
    let mut host = String::new();
    while let Some(step) = walk.next()? {
        let Step::Start(element) = step else { continue };
        let place = walk.place();
        match element.name.as_str() {
            "HOST" => host.clear(),
            // `SCAN`: one element for each address.
            "IP" if element.attribute("value").is_some() => {
                host = element.attribute("value").unwrap_or_default().to_owned();
                run.assets.push(Asset::new(&host));
            }
            "IP" => {
                host = walk.take(element)?.text.trim().to_owned();
                run.assets.push(Asset::new(&host));
            }
            "VULN_INFO" => {
                let info = walk.take(element)?;
                waiting.push(vulnerability(place, &info, &host));
            }
            "DETECTION" => {
                let detection = walk.take(element)?;
                sink.result(vulnerability(place, &detection, &host))?;
            }
            "VULN" if element.attribute("number").is_some() => {
                let vuln = walk.take(element)?;
                sink.result(scanned(place, &vuln, &host))?;
            }
            "VULN_DETAILS" => {
                let details = walk.take(element)?;
                glossary.insert(details.text_of("QID").to_owned(), details);
            }
            // Reports on web applications.
            "VULNERABILITY" | "INFORMATION_GATHERED" | "SENSITIVE_CONTENT" => {
                let found = walk.take(element)?;
                // The summary has elements of the same names that hold numbers.
                if !found.children.is_empty() {
                    waiting.push(of_web_application(place, &found));
                }
            }
            "QID" => {
                let details = walk.take(element)?;
                if !details.children.is_empty() {
                    glossary.insert(details.text_of("QID").to_owned(), details);
                }
            }
            "DATETIME" | "GENERATION_DATETIME" | "END_DATE" => {
                run.day = run.day.max(day(&walk.take(element)?.text));
            }
            _ => {}
        }
        if sink.stopped() {
            return Ok(());
        }
    }
    for mut result in waiting {
        if let Some(details) = glossary.get(&result.id) {
            explain(&mut result, details);
        }
        sink.result(result)?;
    }
    sink.run(run);
    Ok(())
}

/// Reads a detection on a host: `VULN_INFO` of a report or `DETECTION` of the API.
fn vulnerability(place: String, info: &Element, host: &str) -> ScanResult {
    let mut result = ScanResult::new(place, "Qualys", info.text_of("QID"));
    rate(&mut result, info.text_of("SEVERITY"), info.text_of("TYPE"));
    let status = info.text_of("VULN_STATUS");
    result.outcome = outcome(if status.is_empty() { info.text_of("STATUS") } else { status });
    if !host.is_empty() {
        result.assets.push(Asset::at_port(host, info.text_of("PORT"), info.text_of("PROTOCOL")));
    }
    for name in ["FIRST_FOUND", "FIRST_FOUND_DATETIME"] {
        result.first_seen = result.first_seen.or(day(info.text_of(name)));
    }
    for name in ["LAST_FOUND", "LAST_FOUND_DATETIME"] {
        result.last_seen = result.last_seen.or(day(info.text_of(name)));
    }
    result.proofs = info.children("RESULT").count() + info.children("RESULTS").count();
    result
}

/// Reads a result of a report on web applications. Its asset is the address without path.
fn of_web_application(place: String, found: &Element) -> ScanResult {
    let mut result = ScanResult::new(place, "Qualys", found.text_of("QID"));
    let kind = if found.name == "INFORMATION_GATHERED" { "Ig" } else { "" };
    rate(&mut result, found.text_of("SEVERITY"), kind);
    result.outcome = outcome(found.text_of("STATUS"));
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
        result.first_seen = result.first_seen.or(day(found.text_of(name)));
    }
    for name in ["LAST_TIME_DETECTED", "DETECTION_DATE"] {
        result.last_seen = result.last_seen.or(day(found.text_of(name)));
    }
    result.proofs = found.children("PAYLOADS").count() + found.children("DATA").count();
    result
}

/// Adds what the glossary says of an id.
fn explain(result: &mut ScanResult, details: &Element) {
    result.title = details.text_of("TITLE").to_owned();
    let threat = [details.text_of("THREAT"), details.text_of("DESCRIPTION")];
    let threat = threat.iter().find(|text| !text.is_empty()).copied().unwrap_or_default();
    let texts = [threat, details.text_of("IMPACT")];
    result.description =
        texts.iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join("\n\n");
    result.remediation = details.text_of("SOLUTION").to_owned();
    if !details.text_of("SEVERITY").is_empty() && result.severity_source.is_empty() {
        let kind = if result.severity == crate::Severity::Informational { "Ig" } else { "" };
        rate(result, details.text_of("SEVERITY"), kind);
    }
    result.family =
        Some(details.text_of("CATEGORY").to_owned()).filter(|family| !family.is_empty());
    if let Some(list) = details.child("CVE_ID_LIST") {
        result.cves = cves(&list.all_text().replace("CVE-", " CVE-"));
    }
    for list in details.children("VENDOR_REFERENCE_LIST") {
        for reference in &list.children {
            add(&mut result.references, reference.text_of("ID"));
        }
    }
    for name in ["CVSS3_BASE", "CVSS_BASE"] {
        let text = details.child(name).map(Element::all_text).unwrap_or_default();
        let vector = vector(text.trim());
        if vector.contains(':') {
            add(&mut result.cvss, vector);
        }
    }
}

/// Reads a result of the older scan report, which explains itself.
fn scanned(place: String, vuln: &Element, host: &str) -> ScanResult {
    let mut result = ScanResult::new(place, "Qualys", vuln.attribute("number").unwrap_or_default());
    rate(&mut result, vuln.attribute("severity").unwrap_or_default(), "");
    result.title = vuln.text_of("TITLE").to_owned();
    let texts = [vuln.text_of("DIAGNOSIS"), vuln.text_of("CONSEQUENCE")];
    result.description =
        texts.iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join("\n\n");
    result.remediation = vuln.text_of("SOLUTION").to_owned();
    if let Some(list) = vuln.child("CVE_ID_LIST") {
        result.cves = cves(&list.all_text().replace("CVE-", " CVE-"));
    }
    if !host.is_empty() {
        result.assets.push(Asset::new(host));
    }
    result.proofs = vuln.children("RESULT").count();
    result
}
