//! CSV exports of Nessus and of Tenable Vulnerability Management.

use std::collections::BTreeMap;
use std::io::BufRead;

use super::csv_table::{CsvRow, column_names, for_each_row};
use super::nessus_audit::{add_references, references_in};
use super::nessus_host::{HostScan, class_of, find_value};
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, find_cves};
use crate::time::{parse_day, parse_moment};
use crate::{Asset, CheckKind, Outcome, ScanError, ScanLimits, ScanResult, ScanRun, Severity};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "tenable-csv",
    title: "Tenable CSV",
    page: include_str!("tenable_csv.md"),
    recognises: |head| {
        head.first_lines().next().is_some_and(|line| {
            let names = column_names(line);
            let has = |name: &str| names.iter().any(|cell| cell == name);
            ID.iter().any(|name| has(name)) && HOST.iter().any(|name| has(name)) && !has("qid")
        })
    },
    read,
};

/// Names of the column with the plugin's id, in the exports of Nessus, Security Center and Vulnerability
/// Management.
const ID: [&str; 3] = ["plugin id", "plugin", "definition.id"];

/// Names of the columns with the host, the best first.
const HOST: [&str; 9] = [
    "host",
    "asset.name",
    "asset name",
    "asset.display_fqdn",
    "dns name",
    "fqdn",
    "ip address",
    "asset.host_name",
    "asset.display_ipv4_address",
];

fn read(
    input: &mut dyn BufRead,
    _limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let mut run = ScanRun {
        tool: "Nessus".to_owned(),
        lists_only_findings: Some("Nessus".to_owned()),
        ..ScanRun::default()
    };
    let mut hosts: BTreeMap<String, HostScan> = BTreeMap::new();
    for_each_row(input, is_header, |row| {
        let place = format!("line {}", row.line);
        if row.is_blank() {
            sink.count_blank(place)?;
            return Ok(!sink.is_stopped());
        }
        let result = build_result(place, row);
        let ended = row.get(&["host end", "last found", "last observed", "last seen", "last_seen"]);
        run.day = run.day.max(parse_day(ended));
        run.include_time(parse_moment(row.get(&["host start"])));
        run.include_time(parse_moment(row.get(&["host end"])));
        if let Some(host) = result.assets.first() {
            let output = row.get(&OUTPUT);
            let scan = hosts.entry(host.name.clone()).or_default();
            scan.add(row.get(&ID), result.family.as_deref().unwrap_or_default(), output);
            // "Nessus Scan Information" names the day where the table has no column for it.
            if ended.is_empty() && row.get(&ID) == super::nessus_host::SCAN_INFORMATION {
                run.day = run.day.max(find_value(output, "Scan Start Date").and_then(parse_day));
            }
        }
        sink.accept_result(result)?;
        Ok(!sink.is_stopped())
    })?;
    for (host, mut scan) in hosts {
        if let Some(ports) = scan.ports() {
            run.ports.insert(host.clone(), ports);
        }
        if scan.only_discovered() {
            let reason = "the scan only looked for hosts and ports".to_owned();
            run.incomplete.push((Asset::new(&host), reason));
        }
        for class in scan.check_classes() {
            run.classes.entry(class.to_owned()).or_default().insert(host.clone());
        }
        if let Some(credentials) = scan.credentials_found() {
            run.credentials.insert(host, credentials);
        }
    }
    sink.run(run);
    Ok(())
}

fn is_header(names: &[String]) -> bool {
    names.iter().any(|name| ID.contains(&name.as_str()))
}

/// Names of the column with the output of the plugin.
const OUTPUT: [&str; 3] = ["plugin output", "plugin text", "output"];

/// Reads the first line of the description of a compliance check: `"1.1.1 Disable cramfs" : [PASSED]`,
/// with or without the quotes. Returns the name of the check and its result.
fn parse_compliance(description: &str) -> Option<(&str, &str)> {
    let (name, rest) = description.lines().next()?.rsplit_once(": [")?;
    let word = rest.trim_end().strip_suffix(']')?;
    Some((name.trim().trim_matches('"').trim(), word))
}

fn build_result(place: String, row: &CsvRow<'_>) -> ScanResult {
    let mut result = ScanResult::new(place, "Nessus", row.get(&ID));
    result.class = class_of(&result.id).map(str::to_owned);
    result.title = row.get(&["name", "plugin name", "definition.name"]).to_owned();
    let synopsis = row.get(&["synopsis", "definition.synopsis"]);
    let description = row.get(&["description", "definition.description"]);
    result.description = [synopsis, description]
        .iter()
        .filter(|text| !text.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join("\n\n");
    let solution = row.get(&["solution", "steps to remediate", "definition.solution"]);
    if !solution.eq_ignore_ascii_case("n/a") {
        result.remediation = solution.to_owned();
    }
    let word = row.get(&["risk", "severity", "risk factor"]);
    result.severity_source = word.to_owned();
    result.severity = match word {
        "0" => Severity::Informational,
        "1" => Severity::Low,
        "2" => Severity::Moderate,
        "3" => Severity::High,
        "4" => Severity::Critical,
        word => Severity::from_word(word),
    };
    // A compliance check has a result where others have a risk. All checks of a benchmark share one
    // plugin; the name of the check distinguishes them, as in a `.nessus` file.
    if ["PASSED", "FAILED", "WARNING", "ERROR"].iter().any(|known| word.eq_ignore_ascii_case(known))
    {
        result.kind = CheckKind::Configuration;
        result.severity = Severity::Unknown;
        result.outcome = match word.to_ascii_uppercase().as_str() {
            "FAILED" => Outcome::Failed,
            "PASSED" => Outcome::Passed,
            _ => Outcome::NotChecked { word: word.to_owned() },
        };
        if let Some((name, _)) = parse_compliance(description).filter(|(name, _)| !name.is_empty())
        {
            result.id = format!("{} {name}", result.id);
            result.title = name.to_owned();
        }
        add_references(&mut result, references_in(description));
    }
    let name = row.get(&HOST);
    if !name.is_empty() {
        result.assets.push(Asset::at_port(name, row.get(&["port"]), row.get(&["protocol"])));
    }
    for cve in find_cves(row.get(&["cve", "definition.cve"])) {
        add(&mut result.cves, cve);
    }
    for name in [
        "cvss3 vector",
        "cvss v3.0 vector",
        "cvss v3 vector",
        "definition.cvss3.base_vector",
        "cvss vector",
        "cvss v2.0 vector",
        "cvss v2 vector",
        "definition.cvss2.base_vector",
    ] {
        add(&mut result.cvss, row.get(&[name]));
    }
    for line in row.get(&["see also", "definition.see_also"]).lines() {
        add(&mut result.references, line);
    }
    result.family = Some(row.get(&["plugin family", "family", "definition.family"]).to_owned())
        .filter(|family| !family.is_empty());
    // Tenable counts a weakness as fixed where it was found before and a later scan did not find it.
    let state = row.get(&["vulnerability state", "state"]);
    if state.eq_ignore_ascii_case("fixed") {
        result.outcome = Outcome::Fixed;
    }
    let changed = row.get(&["modification", "risk_modified"]);
    if changed.eq_ignore_ascii_case("accepted") {
        result.outcome = Outcome::Suppressed { reason: "accepted in Tenable".to_owned() };
    }
    result.first_seen = parse_day(row.get(&[
        "first found",
        "first discovered",
        "first seen",
        "first observed",
        "first_observed",
    ]));
    result.last_seen =
        parse_day(row.get(&["last found", "last observed", "last seen", "last_seen", "host end"]));
    result.proofs = usize::from(!row.get(&OUTPUT).is_empty());
    result
}
