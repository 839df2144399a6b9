//! `poam ver`: evaluations are recorded with rationale, who and when; their changes are history.

use serde_json::Value;

use crate::export::tracker;

#[test]
fn an_evaluation_is_recorded_with_rationale_who_and_when() {
    let settings = "system: {name: Cloud, impact_level: moderate, certification_package: https://example.com/cpo.json}\n";
    let repo = tracker(settings, &[("V-1", "detector_source: Nessus\n")]);
    let (_, said) = repo.poam(2, &["ver", "V-1", "--rating", "4", "--today", "2026-03-02"]);
    assert!(said.contains("a rating needs a rationale"), "{said}");
    let (_, said) = repo.poam(2, &["ver", "V-1", "--rating", "6", "--rationale", "R"]);
    assert!(said.contains("write 0 to 5, or N0 to N5"), "{said}");
    let (text, _) = repo.poam(
        0,
        &[
            "ver",
            "V-1",
            "--rating",
            "N4",
            "--rationale",
            "Answers from the internet.",
            "--reachable",
            "yes",
            "--exploitable",
            "yes",
            "--next-reduction",
            "2026-03-05T12:00:00Z",
            "--next-rating",
            "N2",
            "--today",
            "2026-03-02",
        ],
    );
    assert!(text.starts_with("V-1: rated N4\n"), "{text}");
    let file = repo.read("items/V-1.yaml");
    for line in [
        "evaluated: 2026-03-02",
        "rating: 4",
        "rationale: Answers from the internet.",
        "evaluated_by:",
    ] {
        assert!(file.contains(line), "{line}: {file}");
    }
    // The reduction and the new estimate are events, and the report has them.
    let (text, _) = repo.poam(
        0,
        &[
            "ver",
            "V-1",
            "--rating",
            "0",
            "--rationale",
            "Taken off the network.",
            "--no-next-reduction",
            "-m",
            "firewall rule FW-7",
            "--today",
            "2026-03-03",
        ],
    );
    assert!(text.starts_with("V-1: rating N4 -> N0\n"), "{text}");
    let (log, _) = repo.poam(0, &["log", "V-1", "--format", "ndjson"]);
    let events: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let rating = events.iter().find(|event| event["field"] == "/ver/rating").unwrap();
    assert_eq!((&rating["old"], &rating["new"]), (&4.into(), &0.into()));
    assert_eq!(rating["reason"], "firewall rule FW-7");
    let (text, _) = repo.poam(0, &["export", "ver", "--report", "activity"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    let one = &report["activeVulnerabilities"][0];
    assert_eq!(one["currentRating"], 0);
    assert_eq!(one["painReductionEvents"][0]["rating"], 0);
    assert_eq!(one.get("projectedNextReduction"), None);
    let estimates = one["x-poam"]["estimateChanges"].as_array().unwrap();
    assert_eq!(estimates[0]["due"], "2026-03-05T12:00:00Z");
    assert_eq!((estimates.len(), estimates[1].get("due")), (2, None));
    assert_eq!(one["overdueStatus"]["isOverdue"], false);
    // Nothing changes twice.
    let (_, said) = repo.poam(2, &["ver", "V-1", "--reachable", "yes"]);
    assert!(said.contains("nothing would change"), "{said}");
}

#[test]
fn several_items_are_one_commit_and_a_refusal_changes_nothing() {
    let repo = tracker("", &[("V-1", ""), ("V-2", "")]);
    let before = repo.git(&["rev-parse", "HEAD"]);
    let rate = ["ver", "V-1", "V-2", "--rating", "2", "--rationale", "R", "--by", "Sam Roe"];
    let late = [&rate[..], &["--evaluated", "2027-01-01", "--today", "2026-03-02"]].concat();
    let (_, said) = repo.poam(2, &late);
    assert!(said.contains("lies in the future"), "{said}");
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), before);
    repo.poam(0, &[&rate[..], &["--today", "2026-03-02"]].concat());
    assert_eq!(repo.git(&["rev-list", "--count", &format!("{}..HEAD", before.trim())]).trim(), "1");
    assert!(repo.read("items/V-2.yaml").contains("name: Sam Roe"));
}
