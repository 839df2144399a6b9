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
    assert!(report.contains("| 1 | 0 | 0 | 0 | 0 | 1 | 0 | 1 |"), "{report}");
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

/// FRD-FMV: "reduced […] until either are negligible, but the vulnerability is still detected": neither open
/// nor ended, and in every report all the same (VER-RPT-PER: ALL activity).
#[test]
fn what_is_fully_mitigated_or_a_false_positive_does_not_vanish() {
    let full = "detector_source: N\nver: {evaluated: 2026-02-20, rating: 0, mitigation: full}\n";
    let absent = "detector_source: N\ndeviations: [{type: false-positive, state: approved, approver: {name: Ada}, decided: 2026-02-20}]\n";
    let rated = EVALUATED.replace("rating: 3", "rating: 4");
    let repo =
        tracker(SETTINGS, &[("V-1", full), ("V-2", absent), ("V-3", &rated), ("V-4", EVALUATED)]);
    repo.write("items/V-3.yaml", item("V-3", &EVALUATED.replace("rating: 2}", "rating: 1}")));
    repo.commit("2026-03-02", "rated again");
    repo.poam(0, &["export", "ver", "-o", "out", "--since", "2026-03-01"]);
    let text = repo.read("out/vulnerability-activity.md");
    let section = |title: &str| {
        let (_, rest) = text.split_once(&format!("## {title}\n")).unwrap();
        rest.split("\n## ").next().unwrap().to_owned()
    };
    assert!(
        section("Fully mitigated, still detected").contains("| V-1 | N0 | Open port |"),
        "{text}"
    );
    assert!(section("False positives").contains("| V-2 |"), "{text}");
    assert!(section("By rating").contains("| N0 | 0 | 0 | 1 |"), "{text}");
    assert!(section("Other activity").contains("| V-3 | N3 | Open port | N4 to N3 |"), "{text}");
    // Open, overdue, not known whether overdue, fully mitigated, false positive, accepted, new, ended.
    assert!(text.contains("| 2 | 0 | 0 | 1 | 1 | 0 | 0 | 0 |"), "{text}");
    let activity: Value =
        serde_json::from_str(&repo.read("out/historical-ver-activity.json")).unwrap();
    assert_valid(&fedramp("historical-ver-activity"), &activity);
    let all = &activity["activeVulnerabilities"];
    assert_eq!(ids(all), ["V-1", "V-2", "V-3", "V-4"]);
    assert_eq!(all[0]["finalDisposition"], "Fully Mitigated");
    assert_eq!(all[0]["overdueStatus"]["isOverdue"], false, "it was done in time");
    assert_eq!(all[1]["finalDisposition"], "False Positive");
}

/// Class D, N5, reachable and likely exploitable: 12 hours.
#[test]
fn whether_hours_have_passed_is_left_out_where_only_the_day_is_known() {
    let settings = SETTINGS.replace("moderate", "high");
    let lines = |evaluated: &str| {
        EVALUATED.replace(
            "2026-02-27, rating: 3",
            &format!("{evaluated}, rating: 5, overdue_explanation: waits"),
        )
    };
    for (evaluated, next, expected, asks) in [
        ("2026-03-01", "2026-03-01T01:00:00Z", None, true),
        ("'2026-03-01T06:00:00Z'", "2026-03-01T16:00:00Z", Some(false), false),
        ("'2026-02-28T23:00:00Z'", "2026-03-01T10:00:00Z", Some(true), false),
        ("2026-02-27", "2026-03-10", Some(true), false),
    ] {
        let lines = lines(evaluated).replace("due: 2026-03-10", &format!("due: '{next}'"));
        let repo = tracker(&settings, &[("V-1", &lines)]);
        let later = [("GIT_COMMITTER_DATE", "2026-03-01T18:00:00+00:00")];
        repo.git_with(&later, &["commit", "-q", "--allow-empty", "-m", "later"]);
        let (text, said) = repo.poam(0, &["export", "ver", "--report", "activity"]);
        let report: Value = serde_json::from_str(&text).unwrap();
        let status = &report["activeVulnerabilities"][0]["overdueStatus"]["isOverdue"];
        assert_eq!(status.as_bool(), expected, "{evaluated}");
        let warning =
            "warning: V-1: ver.evaluated: its time frame has hours and only the day is recorded";
        assert_eq!(said.contains(warning), asks, "{evaluated}: {said}");
    }
}

/// VDR-TFR-KEV: the due date holds "even if the vulnerability has been fully mitigated".
#[test]
fn a_known_exploited_vulnerability_past_its_date_is_overdue() {
    let lines = "detector_source: N\ncves: [CVE-2026-1]\nkev: {listed: true, due: 2026-02-20}\nver: {evaluated: 2026-02-20, rating: 0, mitigation: full}\n";
    let repo = tracker(SETTINGS, &[("V-1", lines)]);
    let activity = ["export", "ver", "--report", "activity"];
    let (_, said) = repo.poam(2, &activity);
    assert!(
        said.contains("V-1: ver.overdue_explanation: it is past the due date of CISA's catalog"),
        "{said}"
    );
    let dateless = lines.replace(", due: 2026-02-20", "");
    let repo = tracker(SETTINGS, &[("V-1", &dateless)]);
    let (text, said) = repo.poam(0, &activity);
    assert!(!text.contains("isOverdue"), "{text}");
    assert!(said.contains("warning: V-1: kev.due:"), "{said}");
}

/// Checks that person and time of an evaluation belong together, and that the clock of VER-TFR-MAV
/// goes on.
#[test]
fn a_later_rating_keeps_the_first_evaluation() {
    let first = "detector_source: N\nver: {evaluated: 2026-02-20, evaluated_by: {name: Ann}, rating: 2, rationale: R}\n";
    let repo = tracker(SETTINGS, &[("V-1", first)]);
    repo.poam(
        0,
        &[
            "ver",
            "V-1",
            "--rating",
            "1",
            "--rationale",
            "Less",
            "--by",
            "Bob",
            "--today",
            "2026-03-01",
        ],
    );
    let file = repo.read("items/V-1.yaml");
    assert!(file.contains("evaluated: 2026-03-01") && file.contains("name: Bob"), "{file}");
    let (text, _) = repo.poam(0, &["export", "ver", "--report", "activity"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    let one = &report["activeVulnerabilities"][0];
    assert_eq!(one["evaluationCompletedAt"], "2026-02-20T00:00:00Z");
    assert_eq!(one["x-poam"]["evaluatedBy"], "Ann");
    let evaluations = serde_json::json!([
        {"completed": "2026-02-20", "by": "Ann", "rating": 2},
        {"completed": "2026-03-01", "by": "Bob", "rating": 1},
    ]);
    assert_eq!(one["x-poam"]["evaluations"], evaluations);
}

/// VER-TFR-EVU asks for an evaluation in time; a later one does not make it late.
#[test]
fn a_later_evaluation_is_not_a_late_one() {
    let first = "detector_source: N\nver: {evaluated: 2026-01-16, evaluated_by: {name: Ann}, rating: 2, rationale: R}\n";
    let repo = tracker(&format!("vdr_adopted: 2026-01-01\n{SETTINGS}"), &[("V-1", first)]);
    let item = repo.read("items/V-1.yaml");
    let validate = || repo.try_poam(&["validate", "--today", "2026-03-02"]).stdout;
    repo.write("items/V-1.yaml", item.replace("2026-01-16", "2026-02-25"));
    repo.commit("2026-02-25", "evaluate again");
    let found = String::from_utf8_lossy(&validate()).into_owned();
    assert!(!found.contains("ver-not-evaluated"), "{found}");
    repo.write("items/V-2.yaml", item.replace("2026-01-16", "2026-02-25").replace("V-1", "V-2"));
    repo.commit("2026-02-26", "another one");
    let found = String::from_utf8_lossy(&validate()).into_owned();
    assert!(found.contains("evaluated on 2026-02-25, past the target"), "{found}");
}

/// An instant of detection on another day is refused by name, never left out.
#[test]
fn an_instant_of_detection_on_another_day_is_refused() {
    let lines = "detector_source: N\nver: {detected: 'AT'}\n";
    for (at, is_kept) in [
        ("2026-01-14T09:30:00Z", true),
        ("2026-01-14T23:30:00-05:00", true),
        ("2026-01-15T09:30:00Z", false),
        ("2026-01-13T09:30:00Z", false),
    ] {
        let repo = tracker(SETTINGS, &[("V-1", &lines.replace("AT", at))]);
        let activity = ["export", "ver", "--report", "activity"];
        let validate = repo.try_poam(&["validate", "--today", "2026-03-01"]);
        let found = String::from_utf8_lossy(&validate.stdout).into_owned();
        assert_eq!(!found.contains("ver-detection-differs"), is_kept, "{at}: {found}");
        if is_kept {
            let (text, _) = repo.poam(0, &activity);
            let report: Value = serde_json::from_str(&text).unwrap();
            let stated = report["activeVulnerabilities"][0]["detection"]["detectedAt"].as_str();
            let parsed = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap();
            assert_eq!(parsed(stated.unwrap()), parsed(at));
        } else {
            let (_, said) = repo.poam(2, &activity);
            assert!(said.contains("V-1: ver.detected: it lies on another day"), "{said}");
        }
    }
}

/// VER-RPT-PER: all activity, also that an item became overdue or accepted because days passed. Class C: N3
/// that is exposed has 16 days from 2026-02-27, VER-TFR-MAV has 192 days from 2026-02-20.
#[test]
fn what_time_alone_changes_is_activity() {
    let late =
        EVALUATED.replace("rating: 3,", "rating: 3, overdue_explanation: The vendor is late,");
    let old = "detector_source: N\nver: {evaluated: 2026-02-20, rating: 1}\nrisk_acceptance: {rationale: No fix exists}\n";
    let repo = tracker(SETTINGS, &[("V-1", &late), ("V-2", old)]);
    repo.poam(0, &["snapshot", "2026-03"]);
    for (day, since, expected) in [
        ("2026-03-15", "2026-03-10", [vec![], vec![]]),
        ("2026-03-16", "2026-03-10", [vec!["V-1"], vec![]]),
        ("2026-04-15", "2026-03-17", [vec![], vec![]]),
        ("2026-08-31", "2026-08-01", [vec![], vec![]]),
        // V-1 was evaluated a week later: it is accepted by age on 2026-09-08.
        ("2026-09-01", "2026-08-01", [vec![], vec!["V-2"]]),
    ] {
        repo.write("notes.txt", day);
        repo.commit(day, "notes");
        let [detail, accepted, _] = reports(&repo, &["--since", since]);
        let found = [ids(&detail["vulnerabilities"]), ids(&accepted["acceptedVulnerabilities"])];
        assert_eq!(found, expected, "{day}");
    }
}

/// VER-RPT-PER: all activity since the previous report.
#[test]
fn activity_that_no_report_tells_is_named() {
    let repo = tracker(SETTINGS, &[("V-1", EVALUATED), ("V-2", EVALUATED)]);
    repo.poam(0, &["snapshot", "2026-03"]);
    repo.git(&["rm", "-q", "items/V-2.yaml"]);
    repo.commit("2026-03-04", "gone");
    let (text, said) = repo.poam(0, &["export", "ver", "--report", "activity"]);
    assert!(said.contains("warning: V-2 was deleted in the period"), "{said}");
    assert!(said.contains("VER-RPT-PER, MUST, release 2026."), "{said}");
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["x-poam"]["deleted"], serde_json::json!(["V-2"]));
    let (_, said) =
        repo.poam(0, &["export", "ver", "--report", "activity", "--since", "2026-03-03"]);
    assert!(
        said.contains(
            "warning: the last snapshot is poam/2026-03: activity between it and --since"
        ),
        "{said}"
    );
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
