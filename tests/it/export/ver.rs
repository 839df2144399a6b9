//! FedRAMP's reports on vulnerabilities of 2026.

use serde_json::Value;

use crate::export::schemas::{assert_valid, fedramp};
use crate::export::{demo, item, tracker};
use crate::support::Repo;

const SETTINGS: &str = "system: {name: Cloud, impact_level: moderate, certification_package: https://example.com/cpo.json}\n";
const EVALUATED: &str = "detector_source: Nessus
weakness_description: It is open.
exposure: {internet_reachable: true, likely_exploitable: true}
ver: {evaluated: 2026-02-27, rating: 3, next_reduction: {due: 2026-03-10, rating: 2}}
";

const REPORTS: [(&str, &str); 3] = [
    ("detail", "vulnerability-detail-report"),
    ("accepted", "accepted-vulnerability-info"),
    ("activity", "historical-ver-activity"),
];

fn reports(repo: &Repo, options: &[&str]) -> [Value; 3] {
    REPORTS.map(|(report, schema)| {
        let (text, _) = repo.poam(0, &[&["export", "ver", "--report", report], options].concat());
        let value = serde_json::from_str(&text).unwrap();
        assert_valid(&fedramp(schema), &value);
        value
    })
}

fn ids(list: &Value) -> Vec<&str> {
    let detail = |it: &'_ Value| match it.get("vulnerabilityDetail") {
        Some(_) => "/vulnerabilityDetail/providerTrackingId",
        None => "/providerTrackingId",
    };
    list.as_array()
        .unwrap()
        .iter()
        .map(|it| it.pointer(detail(it)).unwrap().as_str().unwrap())
        .collect()
}

#[test]
fn a_schema_that_cannot_fail_proves_nothing() {
    for (_, schema) in REPORTS {
        assert!(!fedramp(schema).is_valid(&serde_json::json!({})));
    }
}

#[test]
fn a_report_tells_what_happened_since_the_last_one() {
    let accepted = format!(
        "{EVALUATED}status: risk-accepted\nrisk_acceptance: {{rationale: nothing else works, approver: {{name: Ada}}, approved: 2026-02-28, review_by: 2026-08-01}}\n"
    );
    let found = [
        ("V-1", EVALUATED),
        ("V-2", EVALUATED),
        ("V-3", accepted.as_str()),
        ("D-1", "kind: documentation\n"),
    ];
    let repo = tracker(SETTINGS, &found);
    repo.git_with(
        &[("GIT_COMMITTER_DATE", "2026-03-01T13:00:00+00:00")],
        &["tag", "-a", "x", "-m", "not a snapshot"],
    );
    let closed = "status: closed\ncompletion_date: 2026-03-04\nevidence: [{reference: CHG-1}]\n";
    repo.write(
        "items/V-2.yaml",
        item("V-2", &format!("{}{closed}", EVALUATED.replace("rating: 3", "rating: 2"))),
    );
    repo.commit("2026-03-05", "closed");
    let (_, said) = repo.poam(2, &["export", "ver", "--report", "detail"]);
    assert!(said.contains("no snapshot lies before commit"), "{said}");
    assert!(said.contains("--since"), "{said}");
    let (text, _) = repo.poam(0, &["export", "ver", "--report", "activity"]);
    let all: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(ids(&all["activeVulnerabilities"]), ["V-1", "V-2"], "which has no period");

    let [detail, accepted, activity] = reports(&repo, &["--since", "HEAD~1"]);
    assert_eq!(ids(&detail["vulnerabilities"]), ["V-2"]);
    assert_eq!(detail["reportPeriod"]["from"], "2026-03-01T12:00:00Z");
    assert_eq!(detail["reportPeriod"]["to"], "2026-03-05T12:00:00Z");
    let one = &detail["vulnerabilities"][0];
    assert_eq!(one["finalDisposition"], "Remediated");
    let reduced = serde_json::json!([{"reducedAt": "2026-03-05T12:00:00Z", "rating": 2}]);
    assert_eq!(one["painReductionEvents"], reduced);
    assert_eq!(one.get("supplementaryRiskInformation"), None);
    let own = &one["x-poam"];
    assert_eq!(own["closedOn"], "2026-03-04");
    assert_eq!(
        (&own["ratingChanges"][0]["from"], &own["ratingChanges"][0]["to"]),
        (&3.into(), &2.into())
    );
    assert_eq!(own["estimateChanges"].as_array().unwrap().len(), 1);
    let days = serde_json::json!(["detection.detectedAt", "evaluationCompletedAt"]);
    assert_eq!(own["days"], days, "no time of day was recorded");
    let own = &detail["x-poam"];
    assert_eq!(
        (&own["schemaVersion"], &own["commonDefinitionsVersion"]),
        (&"0.1.1".into(), &"0.4.1".into())
    );
    assert_eq!(own["commit"].as_str().unwrap(), repo.git(&["rev-parse", "HEAD"]).trim());
    assert_eq!(ids(&accepted["acceptedVulnerabilities"]), [""; 0]);
    assert_eq!(ids(&activity["activeVulnerabilities"]), ["V-1", "V-2"]);
    assert_eq!(ids(&activity["acceptedVulnerabilities"]), ["V-3"]);
    assert_eq!(activity["generatedAt"], "2026-03-05T12:00:00Z");
    let one = &activity["activeVulnerabilities"][0];
    assert_eq!(one["vulnerabilityDescription"], "Open port\n\nIt is open.");
    assert_eq!(one["currentRating"], 3);
    assert_eq!(one["overdueStatus"], serde_json::json!({"isOverdue": false}));
    assert_eq!(one["projectedNextReduction"]["estimatedAt"], "2026-03-10T00:00:00Z");

    let [detail, accepted, _] = reports(&repo, &["--since", "2026-02-01"]);
    assert_eq!(ids(&detail["vulnerabilities"]), ["V-1", "V-2"]);
    assert_eq!(ids(&accepted["acceptedVulnerabilities"]), ["V-3"]);

    let (text, said) = repo.poam(0, &["export", "ver", "-o", "out", "--since", "HEAD~1"]);
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(said.contains("1 documentation finding left out"), "{said}");
    let report = repo.read("out/vulnerability-activity.md");
    assert!(report.contains("| 1 | 0 | 1 | 0 | 1 |"), "{report}");
    assert!(report.contains("| V-3 | N3 | Open port | nothing else works |"), "{report}");
    let first = repo.read("out/historical-ver-activity.json");
    repo.poam(0, &["export", "ver", "-o", "out", "--since", "HEAD~1", "--today", "2030-01-01"]);
    assert_eq!(repo.read("out/historical-ver-activity.json"), first);
}

#[test]
fn the_period_begins_with_the_last_snapshot() {
    let repo = tracker(SETTINGS, &[("V-1", EVALUATED), ("V-2", EVALUATED)]);
    repo.poam(0, &["snapshot", "2026-03"]);

    repo.write("items/V-2.yaml", item("V-2", &format!("{EVALUATED}comments: x\n")));
    repo.commit("2026-03-05", "x");
    let (text, said) = repo.poam(0, &["export", "ver", "--report", "detail"]);
    assert!(said.contains("note: since the snapshot poam/2026-03"), "{said}");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(ids(&value["vulnerabilities"]), ["V-2"]);
    // The snapshot of what is reported is not the one before it.
    repo.poam(0, &["snapshot", "2026-03-b"]);
    let (again, _) = repo.poam(0, &["export", "ver", "--report", "detail"]);
    assert_eq!(again, text);
}

#[test]
fn what_is_not_held_is_an_error_with_a_way_out() {
    let repo = tracker("", &[("V-1", EVALUATED)]);
    let since = ["export", "ver", "--report", "activity", "--since", "2026-01-01"];
    let (_, said) = repo.poam(2, &since);
    assert!(said.contains("add `system: {certification_package: https://…}`"), "{said}");
    for (lines, expected) in [
        ("", "V-1: detector_source: say which scanner"),
        ("detector_source: N\nsensitive: [weakness_name]\n", "V-1: weakness_name: it is sensitive"),
        (
            "detector_source: N\nver: {evaluated: 2025-08-01}\n",
            "V-1: risk_acceptance.rationale: it was evaluated more than 192 days ago",
        ),
        (
            "detector_source: N\nexposure: {likely_exploitable: false}\nver: {evaluated: 2026-01-20, rating: 5}\n",
            "V-1: ver.overdue_explanation: it is or will be later",
        ),
        (
            "detector_source: N\nexposure: {likely_exploitable: false}\nver: {evaluated: 2026-01-20, rating: 5}\nstatus: deferred\ndeferral: {reason: a freeze, until: 2026-06-01}\n",
            "V-1: ver.overdue_explanation: it is or will be later",
        ),
        ("detector_source: N\nstatus: risk-accepted\n", "V-1: risk_acceptance.rationale: say why"),
    ] {
        let repo = tracker(SETTINGS, &[("V-1", lines)]);
        let (text, said) = repo.poam(2, &since);
        assert!(said.contains(expected) && text.is_empty(), "{lines}: {said}");
    }
    let lines = "detector_source: N\nexposure: {likely_exploitable: false}\nver: {evaluated: 2026-01-20, rating: 5, overdue_explanation: waits for the vendor}\nsensitive: [weakness_description]\nweakness_description: secret\n";
    let repo = tracker(SETTINGS, &[("V-1", lines)]);
    let [detail, ..] = reports(&repo, &["--since", "2026-01-01"]);
    let one = &detail["vulnerabilities"][0];
    assert_eq!(one["overdueStatus"]["explanation"], "waits for the vendor");
    assert_eq!(one["vulnerabilityDescription"], "Open port");
    // What is not evaluated is not overdue, and nothing is said of it.
    let repo = tracker(SETTINGS, &[("V-1", "detector_source: N\n")]);
    let [detail, ..] = reports(&repo, &["--since", "2026-01-01"]);
    assert_eq!(detail["vulnerabilities"][0].get("overdueStatus"), None);
}

#[test]
fn the_demo_makes_valid_reports() {
    let options = ["--since", "2026-11-01"];
    let [detail, _, activity] = reports(demo(), &options);
    assert!(activity["activeVulnerabilities"].as_array().unwrap().len() > 30);
    assert!(!activity["acceptedVulnerabilities"].as_array().unwrap().is_empty());
    assert!(!detail["vulnerabilities"].as_array().unwrap().is_empty());
    let again = reports(demo(), &options);
    assert_eq!((&again[0], &again[2]), (&detail, &activity));
}
