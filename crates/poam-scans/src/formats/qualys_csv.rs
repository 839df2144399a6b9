//! CSV reports of Qualys VMDR.

use std::collections::BTreeMap;
use std::io::BufRead;

use super::csv_table::{CsvRow, column_names, for_each_row};
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, find_cves};
use crate::time::parse_day;
use crate::{Asset, Credentials, Outcome, ScanError, ScanLimits, ScanResult, ScanRun, Severity};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "qualys-csv",
    title: "Qualys CSV",
    page: include_str!("qualys_csv.md"),
    recognises: |head| head.first_lines().any(|line| is_header(&column_names(line))),
    read,
};

/// Names of the columns with the host, the best first: reports by host know addresses, lists of assets
/// know names.
const HOST: [&str; 7] = ["ip", "asset name", "asset ipv4", "asset ipv6", "dns", "fqdn", "netbios"];

/// Returns whether a row is the header, which may be below some lines about the report.
fn is_header(names: &[String]) -> bool {
    let has = |name: &str| names.iter().any(|cell| cell == name);
    has("qid") && HOST.iter().any(|name| has(name))
}

fn read(
    input: &mut dyn BufRead,
    _limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let mut run = ScanRun {
        tool: "Qualys".to_owned(),
        lists_only_findings: Some("Qualys".to_owned()),
        ..ScanRun::default()
    };
    let mut hosts: BTreeMap<String, HostLogin> = BTreeMap::new();
    for_each_row(input, is_header, |row| {
        let place = format!("line {}", row.line);
        if row.is_blank() {
            sink.count_blank(place)?;
            return Ok(!sink.is_stopped());
        }
        let result = build_result(place, row);
        run.day = run.day.max(result.last_seen);
        if let Some(asset) = result.assets.first() {
            hosts.entry(asset.name.clone()).or_default().add(&result.id, &result.title);
        }
        sink.accept_result(result)?;
        Ok(!sink.is_stopped())
    })?;
    for (host, login) in hosts {
        if let Some(credentials) = login.credentials_found() {
            run.credentials.insert(host, credentials);
        }
    }
    sink.run(run);
    Ok(())
}

/// Login of the scanner on a host, from its results.
#[derive(Default)]
pub(super) struct HostLogin {
    failed: bool,
    worked: bool,
}

impl HostLogin {
    /// Takes note of a result. A report that leaves out titles has the ids of Windows and Unix alone.
    pub(super) fn add(&mut self, qid: &str, title: &str) {
        let title = title.to_lowercase();
        self.failed |= ["105015", "105053", "105296", "105297"].contains(&qid)
            || title.contains("authentication failed")
            || title.contains("authentication not attempted");
        // "Windows Authentication Method" (70028) is there for a login without a user too.
        self.worked |= ["38307", "70053"].contains(&qid);
    }

    /// Takes note of what a list of hosts states: whether the last scan logged in.
    pub(super) fn note_login(&mut self, logged_in: bool) {
        self.worked |= logged_in;
        self.failed |= !logged_in;
    }

    /// Returns how the scanner could look at the host; `None` where no result states it.
    pub(super) fn credentials_found(&self) -> Option<Credentials> {
        match (self.worked, self.failed) {
            (true, false) => Some(Credentials::With),
            (true, true) => Some(Credentials::Partly),
            (false, true) => Some(Credentials::Without),
            (false, false) => None,
        }
    }
}

/// Rates by Qualys' five levels: 5 urgent, 4 critical, 3 serious, 2 medium, 1 minimal. The levels are
/// those of Qualys' documentation; the ratings are the usual reading (5 critical, 4 high, 3 moderate).
pub(super) fn rate_level(result: &mut ScanResult, level: &str, kind: &str) {
    result.severity_source = level.to_owned();
    result.severity = match level {
        _ if ["ig", "info"].iter().any(|word| kind.to_ascii_lowercase().starts_with(word)) => {
            Severity::Informational
        }
        "5" => Severity::Critical,
        "4" => Severity::High,
        "3" => Severity::Moderate,
        "1" | "2" => Severity::Low,
        word => Severity::from_word(word),
    };
}

/// Reads the outcome of Qualys' status: `Active`, `New`, `Re-Opened`, `Fixed`.
pub(super) fn parse_outcome(status: &str) -> Outcome {
    if status.eq_ignore_ascii_case("fixed") { Outcome::Fixed } else { Outcome::Failed }
}

/// Removes the scores in front of a vector: `8.1 (AV:N/…)`.
pub(super) fn strip_scores(text: &str) -> &str {
    match (text.find('('), text.rfind(')')) {
        (Some(start), Some(end)) if start < end => &text[start + 1..end],
        _ => text,
    }
}

fn build_result(place: String, row: &CsvRow<'_>) -> ScanResult {
    let mut result = ScanResult::new(place, "Qualys", row.get(&["qid"]));
    result.title = row.get(&["title", "vuln title"]).to_owned();
    let texts = [row.get(&["threat"]), row.get(&["impact"])];
    result.description =
        texts.iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join("\n\n");
    result.remediation = row.get(&["solution"]).to_owned();
    rate_level(
        &mut result,
        row.get(&["severity", "severity level"]),
        row.get(&["type", "type detected"]),
    );
    result.outcome = parse_outcome(row.get(&["vuln status", "status"]));
    for column in ["ignored", "disabled"] {
        if row.get(&[column]).eq_ignore_ascii_case("yes") {
            result.outcome = Outcome::Suppressed { reason: format!("{column} in Qualys") };
        }
    }
    let name = row.get(&HOST);
    if !name.is_empty() {
        result.assets.push(Asset::at_port(name, row.get(&["port"]), row.get(&["protocol"])));
    }
    result.cves = find_cves(row.get(&["cve id", "cve", "cveid"]));
    for name in row.get(&["vendor reference"]).split(',') {
        add(&mut result.references, name);
    }
    let base = strip_scores(row.get(&["cvss3.1 base", "cvss3 base", "cvss base"]));
    if base.contains(':') {
        add(&mut result.cvss, base);
    }
    result.family = Some(row.get(&["category"]).to_owned()).filter(|family| !family.is_empty());
    result.first_seen = parse_day(row.get(&["first detected"]));
    result.last_seen = parse_day(row.get(&["last detected"]));
    result.proofs = usize::from(!row.get(&["results", "result"]).is_empty());
    result
}
