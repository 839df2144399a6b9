//! CSV exports of Nessus and of Tenable Vulnerability Management.

use std::io::BufRead;

use super::csv_table::{Row, for_each_row};
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
            let line = line.to_lowercase();
            let has =
                |name: &str| line.split(',').any(|cell| cell.trim().trim_matches('"') == name);
            (has("plugin id") || has("plugin"))
                && (has("host") || has("ip address") || has("asset name"))
                && !has("qid")
        })
    },
    read,
};

fn read(input: &mut dyn BufRead, _limits: Limits, sink: &mut Counter<'_>) -> Result<(), ScanError> {
    let mut run = ScanRun { tool: "Nessus".to_owned(), ..ScanRun::default() };
    let is_header =
        |names: &[String]| names.iter().any(|name| name == "plugin id" || name == "plugin");
    for_each_row(input, is_header, |row| {
        let place = format!("line {}", row.line);
        if row.is_blank() {
            sink.refuse(place, "the row is blank")?;
            return Ok(!sink.stopped());
        }
        let result = result(place, row);
        if let Some(asset) = result.assets.first() {
            let asset = Asset::new(&asset.name);
            if !run.assets.contains(&asset) {
                run.assets.push(asset);
            }
        }
        run.day =
            run.day.max(day(row.get(&["host end", "last found", "last observed", "last seen"])));
        sink.result(result)?;
        Ok(!sink.stopped())
    })?;
    sink.run(run);
    Ok(())
}

fn result(place: String, row: &Row<'_>) -> ScanResult {
    let mut result = ScanResult::new(place, "Nessus", row.get(&["plugin id", "plugin"]));
    result.title = row.get(&["name", "plugin name"]).to_owned();
    let synopsis = row.get(&["synopsis"]);
    let description = row.get(&["description"]);
    result.description = [synopsis, description]
        .iter()
        .filter(|text| !text.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join("\n\n");
    let solution = row.get(&["solution", "steps to remediate"]);
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
    let name = row.get(&["host", "asset name", "dns name", "fqdn", "ip address"]);
    if !name.is_empty() {
        result.assets.push(Asset::at_port(name, row.get(&["port"]), row.get(&["protocol"])));
    }
    for cve in cves(row.get(&["cve"])) {
        add(&mut result.cves, cve);
    }
    for name in ["cvss3 vector", "cvss v3.0 vector", "cvss vector", "cvss v2.0 vector"] {
        add(&mut result.cvss, row.get(&[name]));
    }
    for line in row.get(&["see also"]).lines() {
        add(&mut result.references, line);
    }
    result.family =
        Some(row.get(&["plugin family", "family"]).to_owned()).filter(|family| !family.is_empty());
    let state = row.get(&["vulnerability state", "state"]);
    if state.eq_ignore_ascii_case("fixed") {
        result.outcome = Outcome::Fixed;
    }
    let changed = row.get(&["modification"]);
    if changed.eq_ignore_ascii_case("accepted") {
        result.outcome = Outcome::Suppressed { reason: "accepted in Tenable".to_owned() };
    }
    result.first_seen =
        day(row.get(&["first found", "first discovered", "first seen", "first observed"]));
    result.last_seen = day(row.get(&["last found", "last observed", "last seen", "host end"]));
    result.proofs = usize::from(!row.get(&["plugin output"]).is_empty());
    result
}
