//! Every statement of FedRAMP's reports comes from a field of the item, an event of its history or a
//! setting: a model of its own in this file says which, and a statement without a source is an error.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::export::schemas::{assert_valid, fedramp};
use crate::export::{demo, item, tracker};
use crate::support::{Repo, shared};

/// Sources of the statements about one vulnerability.
struct Sources<'a> {
    item: &'a Value,
    events: Vec<&'a Value>,
    /// The day of the last commit.
    day: &'a str,
}

impl Sources<'_> {
    fn field(&self, pointer: &str) -> Value {
        self.item.pointer(pointer).cloned().unwrap_or_default()
    }

    fn text(&self, pointer: &str) -> String {
        self.field(pointer).as_str().unwrap_or_default().to_owned()
    }

    /// A day as its beginning, an instant as it is.
    fn instant(&self, pointer: &str) -> Value {
        let text = self.text(pointer);
        if text.len() == 10 { json!(format!("{text}T00:00:00Z")) } else { json!(text) }
    }

    fn is(&self, kind: &str, state: &str) -> bool {
        let all = self.field("/deviations");
        let all = all.as_array().into_iter().flatten();
        all.into_iter().any(|one| one["type"] == kind && one["state"] == state)
    }

    /// Ratings before and after each event that changed one, with its time.
    fn ratings(&self) -> Vec<(Value, Value, &Value)> {
        let mut found = Vec::new();
        for event in &self.events {
            let (old, new) = match event["field"].as_str().unwrap() {
                "/ver" => (event["old"]["rating"].clone(), event["new"]["rating"].clone()),
                "/ver/rating" => (event["old"].clone(), event["new"].clone()),
                _ => continue,
            };
            if old != new {
                found.push((old, new, *event));
            }
        }
        found
    }

    /// The value that a member must have; `None` where nothing states it.
    fn value_of(&self, member: &str, stated: &Value) -> Option<Value> {
        let when =
            |event: &Value, name: &str| json!(event[name].as_str().unwrap().replace("+00:00", "Z"));
        let (time, landed) =
            (|event: &Value| when(event, "time"), |event: &Value| when(event, "landed"));
        Some(match member {
            "providerTrackingId" => self.field("/id"),
            "detection.detectedAt" => match self.field("/ver/detected") {
                Value::Null => self.instant("/original_detection_date"),
                recorded => recorded,
            },
            "detection.detectionSource" => self.field("/detector_source"),
            "vulnerabilityDescription" => {
                let (name, text) = (self.text("/weakness_name"), self.text("/weakness_description"));
                let sensitive = self.field("/sensitive").to_string();
                match text.trim() {
                    _ if sensitive.contains("weakness_description") => json!(name),
                    "" => json!(name),
                    text => json!(format!("{name}\n\n{text}")),
                }
            }
            "evaluationCompletedAt" => self.instant("/ver/evaluated"),
            "isInternetReachable" => self.field("/exposure/internet_reachable"),
            "isLikelyExploitable" => self.field("/exposure/likely_exploitable"),
            "currentRating" => self.field("/ver/rating"),
            "projectedNextReduction.estimatedAt" => self.instant("/ver/next_reduction/due"),
            "projectedNextReduction.targetRating" => self.field("/ver/next_reduction/rating"),
            // A date of FedRAMP's table is compared elsewhere; here: nothing without its fields.
            "overdueStatus.isOverdue" => {
                let known = ["/ver/evaluated", "/ver/rating"].map(|it| !self.field(it).is_null());
                (known == [true, true]).then(|| stated.clone())?
            }
            "overdueStatus.explanation" => self.field("/ver/overdue_explanation"),
            "supplementaryRiskInformation" => {
                let cves = self.field("/cves");
                let cves: Vec<&str> =
                    cves.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let mut parts: Vec<String> =
                    if cves.is_empty() { Vec::new() } else { vec![cves.join(", ")] };
                if self.field("/kev/listed") == true {
                    let due = self.text("/kev/due");
                    let due = if due.is_empty() { due } else { format!(", due {due}") };
                    parts.push(format!("In CISA's catalog of known exploited vulnerabilities{due}"));
                }
                json!(parts.join(". "))
            }
            "finalDisposition" => match self.text("/status").as_str() {
                _ if self.is("false-positive", "approved") => json!("False Positive"),
                "closed" => json!("Remediated"),
                _ if self.field("/ver/mitigation") == "full" => json!("Fully Mitigated"),
                _ if self.field("/ver/mitigation") == "partial" => json!("Partially Mitigated"),
                _ => return None,
            },
            "painReductionEvents" => self
                .ratings()
                .into_iter()
                .filter(|(old, new, _)| new.is_u64() && old.as_u64() > new.as_u64())
                .map(|(_, new, event)| json!({"reducedAt": time(event), "rating": new}))
                .collect(),
            "x-poam.ratingChanges" => self
                .ratings()
                .into_iter()
                .map(|(old, new, event)| json!({"recordedAt": landed(event), "commit": event["commit"], "from": old, "to": new}))
                .collect(),
            // Each entry is of an event of the item, and the last one is what the item holds.
            "x-poam.estimateChanges" => {
                for change in stated.as_array()? {
                    let event = self.events.iter().find(|event| event["commit"] == change["commit"])?;
                    (change["recordedAt"] == landed(event)).then_some(())?;
                }
                let last = stated.as_array()?.last()?;
                let same = |name: &str| {
                    last.get(name).cloned().unwrap_or_default() == self.field(&format!("/ver/next_reduction/{name}"))
                };
                (same("due") && same("rating")).then(|| stated.clone())?
            }
            "x-poam.days" => {
                let all = [
                    ("detection.detectedAt", "/original_detection_date"),
                    ("evaluationCompletedAt", "/ver/evaluated"),
                    ("projectedNextReduction.estimatedAt", "/ver/next_reduction/due"),
                ];
                let closed = self.text("/status") == "closed";
                all.iter()
                    .filter(|(name, field)| {
                        let recorded = name.starts_with("detection") && !self.field("/ver/detected").is_null();
                        !recorded && self.text(field).len() == 10 && !(closed && name.starts_with("projected"))
                    })
                    .map(|(name, _)| json!(name))
                    .collect()
            }
            "x-poam.cves" => self.field("/cves"),
            "x-poam.kev" => self.field("/kev"),
            "x-poam.evaluatedBy" => self.field("/ver/evaluated_by/name"),
            "x-poam.overdueExplanation" => self.field("/ver/overdue_explanation"),
            "x-poam.rationale" => self.field("/ver/rationale"),
            "x-poam.automatable" => self.field("/ver/automatable"),
            "x-poam.mitigation" => self.field("/ver/mitigation"),
            "x-poam.closedOn" => self.field("/completion_date"),
            "acceptanceRationale" => {
                let accepted = self.field("/risk_acceptance/rationale");
                let all = self.field("/deviations");
                let required = all.as_array().into_iter().flatten().find(|one| one["type"] == "operational-requirement");
                match (accepted.is_null(), required) {
                    (true, Some(one)) => one["rationale"].clone(),
                    _ => accepted,
                }
            }
            "basis.x-poam" => match self.text("/status").as_str() {
                "risk-accepted" => json!("decision"),
                _ if self.is("operational-requirement", "approved") => json!("operational-requirement"),
                // Evaluated more than 192 days ago.
                _ => {
                    let evaluated: chrono::NaiveDate = self.text("/ver/evaluated").get(..10)?.parse().ok()?;
                    let day: chrono::NaiveDate = self.day.parse().ok()?;
                    ((day - evaluated).num_days() > 192).then(|| json!("age"))?
                }
            },
            "approvedOn.x-poam" => self.field("/risk_acceptance/approved"),
            "reviewBy.x-poam" => self.field("/risk_acceptance/review_by"),
            _ => return None,
        })
    }
}

/// Lists the members of a value, those of mappings with their names before them.
fn members(value: &Map<String, Value>, prefix: &str, found: &mut Vec<(String, Value)>) {
    for (name, value) in value {
        let path = format!("{prefix}{name}");
        match value {
            Value::Object(inner) if path != "x-poam.kev" => {
                members(inner, &format!("{path}."), found)
            }
            _ => found.push((path, value.clone())),
        }
    }
}

/// Follows every statement of a list of vulnerabilities back to its source.
fn follow(list: &Value, items: &BTreeMap<String, Value>, events: &[Value], day: &str) -> usize {
    let mut statements = 0;
    for entry in list.as_array().unwrap() {
        let (detail, accepted) = match entry.get("vulnerabilityDetail") {
            Some(detail) => (detail, true),
            None => (entry, false),
        };
        let id = detail["providerTrackingId"].as_str().unwrap();
        let of_item = events.iter().filter(|event| event["item"] == id).collect();
        let sources = Sources { item: &items[id], events: of_item, day };
        let mut all = Vec::new();
        members(detail.as_object().unwrap(), "", &mut all);
        if accepted {
            all.push(("acceptanceRationale".to_owned(), entry["acceptanceRationale"].clone()));
            for (name, value) in entry["x-poam"].as_object().unwrap() {
                all.push((format!("{name}.x-poam"), value.clone()));
            }
        }
        for (member, value) in all {
            let expected = sources.value_of(&member, &value);
            assert_eq!(Some(&value), expected.as_ref(), "{id}: nothing states `{member}`");
            statements += 1;
        }
    }
    statements
}

/// The items of a tracker by id, its events, and the day of its last commit.
fn tracker_of(repo: &Repo) -> (BTreeMap<String, Value>, Vec<Value>, String) {
    let (text, _) = repo.poam(0, &["list", "--format", "json"]);
    let items: Vec<Value> = serde_json::from_str(&text).unwrap();
    let items = items.into_iter().map(|it| (it["id"].as_str().unwrap().to_owned(), it)).collect();
    let (text, _) = repo.poam(0, &["log", "--format", "ndjson"]);
    let events = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let day = repo.git(&["log", "-1", "--format=%cd", "--date=format-local:%Y-%m-%d"]);
    (items, events, day.trim().to_owned())
}

/// Exports all reports, checks them, follows their statements and exports them again.
fn check_reports(repo: &Repo, since: &str) -> usize {
    let (items, events, day) = tracker_of(repo);
    let mut statements = 0;
    for (report, schema, lists) in [
        ("detail", "vulnerability-detail-report", vec!["vulnerabilities"]),
        ("accepted", "accepted-vulnerability-info", vec!["acceptedVulnerabilities"]),
        (
            "activity",
            "historical-ver-activity",
            vec!["activeVulnerabilities", "acceptedVulnerabilities"],
        ),
    ] {
        let command = ["export", "ver", "--report", report, "--since", since];
        let (text, _) = repo.poam(0, &command);
        assert_eq!(repo.poam(0, &command).0, text, "the same bytes twice");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_valid(&fedramp(schema), &value);
        for list in lists {
            statements += follow(&value[list], &items, &events, &day);
        }
        let file = repo.beside(&format!("{report}.json"));
        std::fs::write(&file, &text).unwrap();
        let (said, _) = repo.poam(0, &["check", file.to_str().unwrap()]);
        assert!(!said.contains("error"), "{said}");
    }
    statements
}

#[test]
fn every_statement_on_the_demo_has_a_source() {
    assert!(check_reports(demo(), "2026-06-01") > 500);
}

#[test]
fn every_statement_on_all_kinds_of_items_has_a_source() {
    let settings = "system: {name: Cloud, impact_level: moderate, certification_package: https://example.com/cpo.json}\n";
    let rated = |fields: &str| {
        format!(
            "detector_source: Nessus\nexposure: {{internet_reachable: true, likely_exploitable: true}}\nver: {{detected: '2026-01-14T09:30:00Z', evaluated: '2026-02-27T08:00:00Z', evaluated_by: {{name: Jane Doe}}, rationale: Seen., {fields}}}\n"
        )
    };
    let next = |due: &str, rating: u8| format!("next_reduction: {{due: {due}, rating: {rating}}}");
    let old = "detector_source: Nessus\noriginal_detection_date: 2025-07-30\nver: {evaluated: 2025-08-01, rating: 2}\nrisk_acceptance: {rationale: No fix exists.}\n";
    let required = "detector_source: Nessus\ndeviations: [{type: operational-requirement, state: approved, rationale: The clock is needed., approver: {name: Ada}, decided: 2026-02-20}]\nver: {mitigation: partial}\n";
    let wrong = "detector_source: Nessus\nstatus: closed\ncompletion_date: 2026-02-20\ndeviations: [{type: false-positive, state: approved, approver: {name: Ada}, decided: 2026-02-20}]\n";
    let late = "detector_source: Nessus\nexposure: {likely_exploitable: false}\nver: {evaluated: 2026-01-20, rating: 5, overdue_explanation: waits for the vendor}\nsensitive: [ver.rationale]\n";
    let known = "detector_source: Nessus\ncves: [CVE-2026-1234]\nkev: {listed: true, due: 2026-02-04}\nver: {mitigation: full, evaluated: 2026-01-20, rating: 1, automatable: false, overdue_explanation: no fix}\n";
    let first = rated(&format!("rating: 4, {}", next("2026-03-02", 3)));
    let repo = tracker(
        settings,
        &[
            ("V-1", &first),
            ("V-2", old),
            ("V-3", required),
            ("V-4", wrong),
            ("V-5", late),
            ("V-6", known),
        ],
    );
    for (day, fields) in [
        ("2026-03-02", format!("rating: 3, {}", next("2026-03-06", 1))),
        ("2026-03-04", format!("rating: 5, {}", next("2026-03-06", 0))),
        ("2026-03-06", "rating: 0".to_owned()),
    ] {
        repo.write("items/V-1.yaml", item("V-1", &rated(&fields)));
        repo.commit(day, "evaluated again");
    }
    assert!(check_reports(&repo, "2026-02-01") > 80);
    let (text, _) = repo.poam(0, &["export", "ver", "--report", "activity"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    let one = &report["activeVulnerabilities"][0];
    let ratings: Vec<&Value> =
        one["painReductionEvents"].as_array().unwrap().iter().map(|it| &it["rating"]).collect();
    assert_eq!(ratings, [3, 0], "raising a rating is no reduction");
    assert_eq!(one["x-poam"]["ratingChanges"].as_array().unwrap().len(), 3);
    assert_eq!(one["detection"]["detectedAt"], "2026-01-14T09:30:00Z");
    let basis = |at: usize| report["acceptedVulnerabilities"][at]["x-poam"]["basis"].clone();
    assert_eq!([basis(0), basis(1)], ["age", "operational-requirement"]);
}

/// Members of the quarterly report that people write.
const AUTHORED: &str = "\
certificationDataChanges: []
plannedCertificationDataChanges:
  planningHorizonThrough: 2027-06-30
  changes: [A second region.]
transformativeChanges: []
updatedRecommendations: [Rotate keys every 90 days.]
activeAgencies: [GSA]
reportableIncidents: {incidents: []}
";

#[test]
fn the_quarterly_report_holds_what_the_tracker_and_people_say_and_no_more() {
    let repo = demo();
    let file = repo.beside("ocr.yaml");
    std::fs::write(&file, AUTHORED).unwrap();
    let with = ["export", "ocr", "--since", "2026-09-01", "--with", file.to_str().unwrap()];
    let (text, said) = repo.poam(0, &with);
    assert!(!said.contains("not complete"), "{said}");
    assert_eq!(repo.poam(0, &with).0, text, "the same bytes twice");
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_valid(&fedramp("ongoing-certification-report"), &report);
    assert_eq!(report["reportableIncidents"], json!({"incidents": []}));
    assert_eq!(report["activeAgencies"], json!(["GSA"]));
    assert_eq!(report["reportPeriod"]["from"], "2026-09-01");
    // The accepted vulnerabilities are those of the report that has their records.
    let (activity, _) = repo.poam(0, &["export", "ver", "--report", "activity"]);
    let activity: Value = serde_json::from_str(&activity).unwrap();
    let accepted = activity["acceptedVulnerabilities"].as_array().unwrap();
    let ids: Vec<&Value> =
        accepted.iter().map(|it| &it["vulnerabilityDetail"]["providerTrackingId"]).collect();
    let own = report["x-poam"]["acceptedVulnerabilities"].as_array().unwrap();
    assert_eq!(own.iter().map(|it| &it["providerTrackingId"]).collect::<Vec<_>>(), ids);
    let summary = report["acceptedVulnerabilities"].as_str().unwrap();
    assert!(summary.starts_with(&format!("{} accepted vulnerabilit", ids.len())), "{summary}");
    assert!(!ids.is_empty() && summary.lines().count() == ids.len() + 1, "{summary}");

    // Without what people write nothing is attested, and the report says what is missing.
    let (text, said) = repo.poam(0, &["export", "ocr", "--since", "2026-09-01"]);
    let part: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(part.get("reportableIncidents"), None);
    assert!(said.contains("the report is not complete: certificationDataChanges, "), "{said}");
    let file = repo.beside("part.json");
    std::fs::write(&file, &text).unwrap();
    let (said, _) = repo.poam(1, &["check", file.to_str().unwrap()]);
    assert!(said.contains("`reportableIncidents` is missing"), "{said}");
    assert!(said.ends_with("6 errors in 1 document\n"), "{said}");

    // Texts of people must fit.
    for (text, expected) in [
        ("activeAgencies: GSA\n", "/activeAgencies: `activeAgencies` is text and must be a list"),
        ("reportableIncidents: {}\n", "/reportableIncidents: `incidents` is missing"),
        ("acceptedVulnerabilities: none\n", "is written from the tracker"),
        ("activeAgencys: [GSA]\n", "did you mean `activeAgencies`?"),
        ("- GSA\n", "ocr.yaml"),
    ] {
        let file = repo.beside("ocr.yaml");
        std::fs::write(&file, text).unwrap();
        let (_, said) = repo.poam(2, &["export", "ocr", "--with", file.to_str().unwrap()]);
        assert!(said.contains(expected), "{text}: {said}");
    }
}

#[test]
fn a_real_register_makes_valid_reports() {
    let Some(workbook) = shared("workbooks/homelab-2026-05-a.xlsx") else { return };
    let repo = Repo::new();
    repo.write(
        "poam.yaml",
        "version: 1\nsystem: {name: Homelab, impact_level: low, certification_package: https://example.com/cpo.json}\n",
    );
    repo.commit("2026-05-01", "settings");
    repo.poam(0, &["import", workbook.to_str().unwrap(), "--commit"]);
    let statements = check_reports(&repo, "2026-01-01");
    assert!(statements > 3_796 * 5, "{statements}");
    let (text, _) = repo.poam(0, &["export", "ocr"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert!(
        report["acceptedVulnerabilities"].as_str().unwrap().starts_with("No accepted"),
        "{text}"
    );
}
