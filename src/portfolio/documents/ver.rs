//! Rows of VER reports: vulnerabilities as their provider describes them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use poam_parquet::{ParquetRow, ParquetValue};
use serde_json::{Map, Value};

use super::super::columns::{date, json, optional_date};
use super::super::settings::PortfolioSystem;
use super::{CurrentRows, DocumentCount, day_of, sparse_row};

/// Columns of `items` that a VER report can fill.
pub(super) const ITEM_COLUMNS: [&str; 14] = [
    "system",
    "item",
    "as_of",
    "weakness_description",
    "status",
    "closed",
    "detected",
    "detector_source",
    "overdue",
    "ver_rating",
    "internet_reachable",
    "likely_exploitable",
    "accepted",
    "other_fields",
];

/// Ends of a vulnerability after which nothing of it is open.
const CLOSED: [&str; 2] = ["Remediated", "False Positive"];

/// Members of a vulnerability that columns hold completely.
const HELD: [&str; 5] = [
    "providerTrackingId",
    "vulnerabilityDescription",
    "isInternetReachable",
    "isLikelyExploitable",
    "currentRating",
];

/// Makes the rows of the reports of one day. A vulnerability that several of them list counts once, by the last.
pub(super) fn rows(
    system: &PortfolioSystem,
    documents: &[(&str, Value)],
    day: NaiveDate,
) -> CurrentRows {
    let mut refused = Vec::new();
    let mut found: BTreeMap<String, (Value, bool)> = BTreeMap::new();
    for (name, document) in documents {
        for (member, accepted) in [
            ("vulnerabilities", false),
            ("activeVulnerabilities", false),
            ("acceptedVulnerabilities", true),
        ] {
            let list = document.get(member).and_then(Value::as_array);
            for (at, entry) in list.into_iter().flatten().enumerate() {
                let detail = entry.get("vulnerabilityDetail").unwrap_or(entry);
                match detail.get("providerTrackingId").and_then(Value::as_str) {
                    Some(id) if !id.trim().is_empty() => {
                        found.insert(id.trim().to_owned(), (entry.clone(), accepted));
                    }
                    _ => refused.push(format!("{name}: /{member}/{at} has no providerTrackingId")),
                }
            }
        }
    }
    let mut count = DocumentCount { items: found.len(), open: 0, overdue: Some(0) };
    let mut items = Vec::new();
    let mut identifiers = Vec::new();
    for (id, (entry, accepted)) in &found {
        let detail = entry.get("vulnerabilityDetail").unwrap_or(entry);
        let disposition = detail.get("finalDisposition").and_then(Value::as_str);
        let closed = disposition.is_some_and(|word| CLOSED.contains(&word));
        let overdue = detail.pointer("/overdueStatus/isOverdue").and_then(Value::as_bool);
        if !closed {
            count.open += 1;
            // A provider need not state it for accepted vulnerabilities.
            count.overdue = match (count.overdue, overdue.or(accepted.then_some(false))) {
                (Some(known), Some(overdue)) => Some(known + usize::from(overdue)),
                _ => None,
            };
        }
        let status = match disposition {
            Some(word) => word.to_lowercase().replace(' ', "-"),
            None if *accepted => "accepted".to_owned(),
            None => "active".to_owned(),
        };
        let text = |pointer: &str| detail.pointer(pointer).and_then(Value::as_str);
        let truth = |member: &str| detail.get(member).and_then(Value::as_bool);
        items.push(sparse_row(
            "items",
            BTreeMap::from([
                ("system", system.name.as_str().into()),
                ("item", id.as_str().into()),
                ("as_of", date(day)),
                ("weakness_description", text("/vulnerabilityDescription").into()),
                ("status", status.into()),
                ("closed", closed.into()),
                ("detected", optional_date(text("/detection/detectedAt").and_then(day_of))),
                ("detector_source", text("/detection/detectionSource").into()),
                ("overdue", if closed { false.into() } else { overdue.into() }),
                ("ver_rating", detail.get("currentRating").and_then(Value::as_i64).into()),
                ("internet_reachable", truth("isInternetReachable").into()),
                ("likely_exploitable", truth("isLikelyExploitable").into()),
                ("accepted", (*accepted && !closed).into()),
                ("other_fields", other_members(entry, detail)),
            ]),
        ));
        identifiers.extend(cves_of(detail).into_iter().map(|cve| cve_row(system, id, &cve)));
    }
    let rows = BTreeMap::from([("items", items), ("identifiers", identifiers)]);
    CurrentRows { source: "ver", rows, count, refused }
}

fn cve_row(system: &PortfolioSystem, item: &str, cve: &str) -> ParquetRow {
    let values = BTreeMap::from([
        ("system", system.name.as_str().into()),
        ("item", item.into()),
        ("identifier_kind", "cve".into()),
        ("identifier", cve.into()),
    ]);
    sparse_row("identifiers", values)
}

/// Returns the CVEs that a vulnerability names: in the member of this program, and in its description.
fn cves_of(detail: &Value) -> BTreeSet<String> {
    let listed = detail.pointer("/x-poam/cves").and_then(Value::as_array);
    let listed = listed.into_iter().flatten().filter_map(Value::as_str);
    let mut found: BTreeSet<String> = listed.map(str::to_uppercase).collect();
    let text = detail.get("vulnerabilityDescription").and_then(Value::as_str).unwrap_or_default();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    found.extend(words.map(|word| word.trim_matches('-').to_uppercase()).filter(|it| is_cve(it)));
    found
}

/// Returns whether a word in capitals is a CVE identifier.
fn is_cve(word: &str) -> bool {
    let mut parts = word.split('-');
    let (prefix, year, number) = (parts.next(), parts.next(), parts.next());
    let digits = |part: Option<&str>, least: usize| {
        part.is_some_and(|it| it.len() >= least && it.bytes().all(|b| b.is_ascii_digit()))
    };
    prefix == Some("CVE") && digits(year, 4) && digits(number, 4) && parts.next().is_none()
}

fn other_members(entry: &Value, detail: &Value) -> ParquetValue {
    let mut members: Map<String, Value> = detail.as_object().cloned().unwrap_or_default();
    members.retain(|name, _| !HELD.contains(&name.as_str()));
    if let Some(rationale) = entry.get("acceptanceRationale") {
        members.insert("acceptanceRationale".to_owned(), rationale.clone());
    }
    json(&Value::Object(members))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cves_are_found_in_words() {
        let detail = serde_json::json!({
            "vulnerabilityDescription": "Fixes cve-2026-1234, CVE-2026-99999. Not CVE-26-1 or XCVE-2026-1234-5",
            "x-poam": {"cves": ["CVE-2025-0001"]},
        });
        let found: Vec<String> = cves_of(&detail).into_iter().collect();
        assert_eq!(found, ["CVE-2025-0001", "CVE-2026-1234", "CVE-2026-99999"]);
    }
}
