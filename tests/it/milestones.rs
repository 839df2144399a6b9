//! Milestones: planned without a day, notes, owners, and what completing the last one does.
#![allow(clippy::unwrap_used)]

use serde_json::Value;

use crate::support::Repo;

fn tracker(settings: &str, status: &str) -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", format!("version: 1\n{settings}"));
    let item = format!(
        "id: POAM-2026-001\nweakness_name: Open port\npoint_of_contact: {{name: Jane Doe}}\n\
         original_detection_date: 2026-01-05\noriginal_risk_rating: moderate\nmilestones:\n  \
         - {{id: 1, description: Close port 23 and scan again, due: 2026-02-20}}\nstatus: {status}\n"
    );
    repo.write("items/POAM-2026-001.yaml", item);
    repo.commit("2026-01-20", "start");
    repo
}

fn poam(repo: &Repo, code: i32, arguments: &[&str]) -> (String, String) {
    repo.poam(code, &[&["--today", "2026-02-01"], arguments].concat())
}

#[test]
fn a_plan_may_have_no_day_until_work_starts() {
    let repo = tracker("", "open");
    let (out, _) = poam(&repo, 0, &["milestone", "add", "1", "Tell all users by mail"]);
    assert!(out.starts_with("POAM-2026-001: new milestone 2\n"), "{out}");
    // The first day of it moves nothing and needs no reason.
    let (out, _) = poam(&repo, 0, &["milestone", "reschedule", "1", "2", "--due", "friday"]);
    assert!(out.starts_with("POAM-2026-001: milestone 2 due no date -> 2026-02-06\n"), "{out}");
    let (_, err) = poam(&repo, 2, &["milestone", "reschedule", "1", "2", "--due", "+30d"]);
    assert!(err.contains("needs a reason"), "{err}");
    let repo = tracker("", "in-progress");
    let (_, err) = poam(&repo, 2, &["milestone", "add", "1", "Tell all users by mail"]);
    assert!(err.contains("--due"), "{err}");
}

#[test]
fn notes_and_owners_are_events_and_reach_the_workbook() {
    let repo = tracker("", "in-progress");
    let note = ["milestone", "note", "2026-1", "1", "Patch delayed by testing", "--by", "Sam Roe"];
    let (out, _) = poam(&repo, 0, &note);
    assert!(out.starts_with("POAM-2026-001: milestone 1 note\n"), "{out}");
    poam(&repo, 0, &["milestone", "assign", "1", "--to", "Sam Roe"]);
    let (out, _) = poam(&repo, 0, &["log", "1"]);
    assert!(out.contains("milestone 1 note by Sam Roe: Patch delayed by testing"), "{out}");
    assert!(out.contains("milestone 1 owner: Sam Roe"), "{out}");
    let (out, _) = poam(&repo, 0, &["todo", "--owner", "Sam Roe", "--days", "30"]);
    assert!(out.contains("POAM-2026-001, moderate | 2026-02-20, in 19 days | Sam Roe"), "{out}");
    let (_, err) = poam(&repo, 2, &["milestone", "note", "1", "1", "two", "words"]);
    assert!(err.contains("put the text in quotes, \"two words\""), "{err}");
    let (_, err) = poam(&repo, 2, &["milestone", "note", "V-9", "1", "words"]);
    assert!(err.contains("V-9"), "{err}");
    // The cell of the official workbook has the note with the milestone's own day.
    poam(&repo, 0, &["workbook", "--template", "2.1", "-o", "plan.xlsx"]);
    let (out, _) = poam(&repo, 0, &["import", "plan.xlsx", "--update", "--format", "json"]);
    let plan: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(plan["refused"], serde_json::json!([]), "{plan}");
}

#[test]
fn the_settings_say_what_the_last_milestone_does() {
    // Asked for, it closes the item with the day of the milestone and its evidence, in one commit.
    let repo = tracker("workflow: {on_last_milestone: closed}\n", "in-progress");
    let complete = ["milestone", "complete", "1", "--date", "2026-01-30", "--evidence", "CHG-1"];
    let (out, err) = poam(&repo, 0, &complete);
    let subject = "POAM-2026-001: milestone 1 completed, in-progress -> closed\n";
    assert!(out.starts_with(subject), "{out}{err}");
    let text = repo.read("items/POAM-2026-001.yaml");
    assert!(text.contains("completion_date: 2026-01-30"), "{text}");
    assert!(text.contains("reference: CHG-1") && text.contains("status: closed"), "{text}");
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "2");
    // The rules of a branch agree with the command.
    let (out, _) =
        poam(&repo, 0, &["validate", "--base", "HEAD~1", "--rule", "illegal-transition"]);
    assert!(!out.contains("illegal-transition]"), "{out}");

    // Without evidence the milestone is completed and the rest is said.
    let repo = tracker("workflow: {on_last_milestone: closed}\n", "in-progress");
    let (out, err) = poam(&repo, 0, &["milestone", "complete", "1"]);
    assert!(out.starts_with("POAM-2026-001: milestone 1 completed\n"), "{out}");
    assert!(err.contains("stays in-progress") && err.contains("--evidence REF"), "{err}");

    let repo = tracker("workflow: {on_last_milestone: Pending Validation}\n", "in-progress");
    poam(&repo, 0, &["milestone", "complete", "1"]);
    assert!(repo.read("items/POAM-2026-001.yaml").contains("status: pending-validation"));

    let repo = tracker("", "in-progress");
    let (_, err) = poam(&repo, 0, &["milestone", "complete", "1"]);
    assert!(err.contains("next: poam transition POAM-2026-001 pending-validation"), "{err}");

    let repo = tracker("workflow: {on_last_milestone: bogus}\n", "open");
    let (_, err) = poam(&repo, 2, &["list"]);
    assert!(err.contains("the workflow has no status `bogus`"), "{err}");
}

/// An item that lacks the milestone stops all, with its reason; `--skip` leaves it out. No other item is lost.
#[test]
fn a_step_of_several_items_names_those_that_cannot_take_it() {
    let repo = tracker("", "in-progress");
    let first = repo.read("items/POAM-2026-001.yaml");
    let without = first.split("milestones:").next().unwrap().replace("-001", "-002");
    repo.write("items/POAM-2026-002.yaml", format!("{without}status: open\n"));
    repo.write("items/POAM-2026-003.yaml", first.replace("-001", "-003"));
    repo.commit("2026-01-21", "two more");
    let start = ["milestone", "start", "1", "2", "3", "#1"];
    let (_, err) = poam(&repo, 2, &start);
    assert!(err.contains("nothing was changed: 1 of 3 items cannot be changed"), "{err}");
    assert!(err.contains("\n  - POAM-2026-002"), "{err}");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    let log = ["milestone", "log", "1", "2", "Milestone 1 moved to 2026-02-27: vendor is late"];
    for words in [&start[..], &log] {
        let (out, err) = poam(&repo, 0, &[words, &["--skip"]].concat());
        assert!(out.contains("POAM-2026-001: milestone 1"), "{out}");
        assert!(err.contains("skipped: 1 of "), "{err}");
    }
    let (out, _) = poam(&repo, 0, &["log", "3"]);
    assert!(out.contains("milestone 1"), "{out}");
    // A number that no item has is refused before anything is asked.
    let (_, err) = poam(&repo, 2, &["milestone", "reschedule", "1", "3", "#9"]);
    assert!(err.contains("POAM-2026-001") && err.contains('9'), "{err}");
}

/// A milestone planned behind the item's own date is named at once.
#[test]
fn a_step_names_the_warnings_that_it_brings() {
    let repo = tracker("", "in-progress");
    // Moderate: due 90 days after 2026-01-05, on 2026-04-05.
    let late = ["milestone", "reschedule", "1", "1", "--due", "2026-05-10", "-m", "vendor is late"];
    let (out, err) = poam(&repo, 0, &late);
    assert!(out.contains("due 2026-02-20 -> 2026-05-10"), "{out}");
    assert!(err.contains("warning: POAM-2026-001: ") && err.contains("[milestone-after-"), "{err}");
    // A warning that was there before is not repeated.
    let (_, err) = poam(&repo, 0, &["milestone", "start", "1", "1"]);
    assert!(!err.contains("milestone-after-"), "{err}");
}
