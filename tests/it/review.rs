//! A review from its request to its record, with its events, rules, tasks and escalation.
#![allow(clippy::unwrap_used)]

use serde_json::Value;

use crate::support::Repo;

fn tracker(settings: &str) -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", format!("version: 1\n{settings}"));
    for id in ["V-1", "V-2"] {
        let item = format!(
            "id: {id}\nweakness_name: Weakness {id}\npoint_of_contact: {{name: Jane Doe}}\n\
             original_detection_date: 2026-01-05\noriginal_risk_rating: low\nstatus: open\n"
        );
        repo.write(&format!("items/{id}.yaml"), item);
    }
    repo.commit("2026-01-20", "start");
    repo
}

fn poam(repo: &Repo, code: i32, arguments: &[&str]) -> (String, String) {
    repo.poam(code, &[&["--today", "2026-02-01"], arguments].concat())
}

#[test]
fn every_step_is_a_commit_and_an_event_of_its_kind() {
    let repo = tracker("");
    let request = ["review", "request", "V-1", "--by", "Priya Raman", "--due", "+1w"];
    let (out, err) = poam(&repo, 0, &request);
    assert!(out.starts_with("V-1: review requested\n"), "{out}");
    assert_eq!(err, "next: poam review submit V-1\n");
    assert!(repo.read("items/V-1.yaml").contains("due: 2026-02-08"));
    let (_, err) = poam(&repo, 2, &["review", "V-1", "--note", "fine"]);
    assert!(err.contains("a review is under way (requested)"), "{err}");
    let (_, err) = poam(&repo, 0, &["review", "submit", "V-1"]);
    assert_eq!(err, "next: poam review complete V-1 --note \"RESULT\"\n");
    let (_, err) = poam(&repo, 2, &["review", "return", "V-1"]);
    assert!(err.contains("--note is missing"), "{err}");
    let note = "evidence is missing";
    poam(&repo, 0, &["review", "return", "V-1", "--by", "Priya Raman", "--note", note]);
    poam(&repo, 0, &["review", "submit", "V-1"]);
    let complete = ["review", "complete", "V-1", "--by", "Priya Raman", "--note", "on track"];
    poam(&repo, 0, &complete);
    let text = repo.read("items/V-1.yaml");
    assert!(!text.contains("review:") && text.contains("note: on track"), "{text}");
    let (out, _) = poam(&repo, 0, &["log", "V-1", "--format", "ndjson"]);
    let actions: Vec<String> = out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["action"].as_str().unwrap().into())
        .collect();
    let expected = [
        "item-created",
        "review-requested",
        "review-submitted",
        "review-returned",
        "review-submitted",
        "review-recorded",
        "review-completed",
    ];
    assert_eq!(actions, expected);
    let (out, _) = poam(&repo, 0, &["log", "V-1", "--family", "AU", "--format", "csv"]);
    assert_eq!(out.lines().filter(|line| line.contains(",review-")).count(), 6, "{out}");
}

#[test]
fn the_cadence_and_filters_force_reviews_of_many_items() {
    let repo = tracker("review: {every: 20, reviewer: Priya Raman}\n");
    let (out, _) = poam(&repo, 0, &["todo", "--owner", "Priya Raman"]);
    // 20 days after the detection on 2026-01-05.
    assert!(out.contains("V-1, low | 2026-01-25, 7 days late | Priya Raman"), "{out}");
    let (out, err) =
        poam(&repo, 0, &["review", "request", "--where", "!review", "--by", "Lee Wong"]);
    assert_eq!(out.lines().filter(|line| line.ends_with("review requested")).count(), 2);
    assert!(err.starts_with("2 items: V-1, V-2"), "{err}");
    let (out, _) = poam(&repo, 0, &["list", "--where", "review=requested", "--format", "csv"]);
    assert_eq!(out.lines().count(), 3, "{out}");
    let (_, err) = poam(&repo, 2, &["list", "--where", "review=requestd"]);
    assert!(err.contains("did you mean `requested`?"), "{err}");
    let (_, err) = poam(&repo, 2, &["review", "reqest", "V-1"]);
    assert!(err.contains("did you mean `poam review request`?"), "{err}");
}

#[test]
fn late_steps_are_errors_and_are_escalated() {
    let repo = tracker("review: {escalate_to: [Lee Wong], escalate_after: 3}\n");
    poam(&repo, 0, &["review", "request", "V-1", "--by", "Priya", "--due", "2026-02-05"]);
    let validate = |today: &str, code: i32| {
        repo.poam(code, &["--today", today, "validate", "--rule", "review-overdue"]).0
    };
    let out = validate("2026-02-06", 1);
    assert!(out.contains("the owner was to act by 2026-02-05, 1 day ago"), "{out}");
    assert!(!out.contains("Lee Wong"), "{out}");
    assert!(validate("2026-02-08", 1).contains("3 days ago; escalated to Lee Wong"));
    let (out, _) = repo.poam(0, &["--today", "2026-02-08", "todo", "--owner", "Lee Wong"]);
    assert!(out.contains("told: Lee Wong"), "{out}");
    // A branch that only removes it does not pass.
    repo.git(&["switch", "--quiet", "--create", "drop"]);
    let text = repo.read("items/V-1.yaml");
    repo.write("items/V-1.yaml", text.split("review:").next().unwrap());
    repo.commit("2026-02-06", "tidy");
    let (out, _) = repo.poam(1, &["--today", "2026-02-06", "validate", "--base", "main"]);
    assert!(out.contains("the review that Priya asked for is gone"), "{out}");
}
