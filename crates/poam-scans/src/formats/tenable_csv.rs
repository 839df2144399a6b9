//! CSV exports of Nessus and of Tenable Vulnerability Management.

use std::io::BufRead;

use super::csv_table::{Row, column_names, for_each_row};
use crate::format::{Counter, ScanFormat};
use crate::identifiers::{add, cves};
use crate::time::day;
use crate::{Asset, Limits, Outcome, ScanError, ScanResult, ScanRun, Severity};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "tenable-csv",
    title: "Tenable CSV",
    page: include_str!("tenable_csv.md"),
    recognises: |head| {
        head.lines().next().is_some_and(|line| {
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

fn read(input: &mut dyn BufRead, _limits: Limits, sink: &mut Counter<'_>) -> Result<(), ScanError> {
    let mut run = ScanRun { tool: "Nessus".to_owned(), ..ScanRun::default() };
    let is_header = |names: &[String]| names.iter().any(|name| ID.contains(&name.as_str()));
    for_each_row(input, is_header, |row| {
        let place = format!("line {}", row.line);
        if row.is_blank() {
            sink.blank(place)?;
            return Ok(!sink.stopped());
        }
        let result = result(place, row);
        run.day = run.day.max(day(row.get(&[
            "host end",
            "last found",
            "last observed",
            "last seen",
            "last_seen",
        ])));
        sink.result(result)?;
        Ok(!sink.stopped())
    })?;
    sink.run(run);
    Ok(())
}

fn result(place: String, row: &Row<'_>) -> ScanResult {
    let mut result = ScanResult::new(place, "Nessus", row.get(&ID));
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
    let name = row.get(&HOST);
    if !name.is_empty() {
        result.assets.push(Asset::at_port(name, row.get(&["port"]), row.get(&["protocol"])));
    }
    for cve in cves(row.get(&["cve", "definition.cve"])) {
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
    let state = row.get(&["vulnerability state", "state"]);
    if state.eq_ignore_ascii_case("fixed") {
        result.outcome = Outcome::Fixed;
    }
    let changed = row.get(&["modification", "risk_modified"]);
    if changed.eq_ignore_ascii_case("accepted") {
        result.outcome = Outcome::Suppressed { reason: "accepted in Tenable".to_owned() };
    }
    result.first_seen = day(row.get(&[
        "first found",
        "first discovered",
        "first seen",
        "first observed",
        "first_observed",
    ]));
    result.last_seen =
        day(row.get(&["last found", "last observed", "last seen", "last_seen", "host end"]));
    result.proofs = usize::from(!row.get(&["plugin output", "plugin text", "output"]).is_empty());
    result
}
