//! `poam verify`: what an auditor is told of a history, and what it cannot know.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;
use serde_json::Value;

const ITEM: &str = "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nscheduled_completion_date: 2026-01-31\nmilestones:\n  - {id: 1, description: Migrate, due: 2026-01-20}\n";

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").write("items/V-1.yaml", ITEM);
    repo.commit("2026-01-02", "start");
    repo
}

/// Verifies as JSON, checked against its schema; one line for each finding: level, kind, path.
fn verify(repo: &Repo, code: i32, arguments: &[&str]) -> (Value, Vec<String>) {
    let command = ["--today", "2026-03-01", "verify", "--format", "json"];
    let (out, _) = repo.poam(code, &[&command[..], arguments].concat());
    let found: Value = serde_json::from_str(&out).unwrap();
    let (schema, _) = repo.poam(0, &["schema", "verify"]);
    let schema = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    assert!(validator.is_valid(&found), "{:?}", validator.iter_errors(&found).next());
    assert!(!found["limits"].as_array().unwrap().is_empty());
    let line = |it: &Value| {
        let text = |key: &str| it[key].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", text("level"), text("finding"), text("path"))
    };
    let told = found["findings"].as_array().unwrap().iter().map(line).collect();
    (found, told)
}

#[test]
fn a_history_that_was_only_added_to() {
    let repo = tracker();
    repo.poam(0, &["snapshot", "2026-01"]);
    repo.write("items/V-1.yaml", ITEM.replace("open", "in-progress")).commit("2026-02-01", "work");
    for (anchor, manifest) in [("2026-01", true), ("poam/2026-01", true), ("HEAD~1", false)] {
        let (found, told) = verify(&repo, 0, &["--anchor", anchor]);
        assert_eq!(told, ["note unsigned -"]);
        assert_eq!(found["anchor"]["held"], true);
        assert_eq!(found["anchor"]["manifest"], manifest);
        assert_eq!(found["commits"]["line"], 1);
        assert_eq!(found["events"]["total"], 1);
    }
    let (out, _) = repo.poam(0, &["verify", "--anchor", "2026-01"]);
    assert!(
        out.contains("\n  anchor      continued by the main line, its manifest was checked\n"),
        "{out}"
    );
    assert!(out.contains("\nWhat this cannot know\n  - Commits hold no IP address"), "{out}");
    let (_, err) = repo.poam(2, &["verify", "--anchor", "nowhere"]);
    assert!(err.contains("`nowhere` names no commit"), "{err}");
    repo.poam(1, &["verify", "--require-signed"]);
}

#[test]
fn a_history_that_was_rewritten_behind_a_snapshot() {
    let repo = tracker();
    repo.write("items/V-1.yaml", ITEM.replace("open", "in-progress")).commit("2026-02-01", "work");
    repo.poam(0, &["snapshot", "2026-02"]);
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    repo.write("items/V-1.yaml", ITEM.replace("open", "deferred")).commit("2026-02-01", "no work");
    let (found, told) = verify(&repo, 1, &["--anchor", "2026-02"]);
    assert_eq!(told[0], "error history-rewritten -");
    assert_eq!(found["anchor"]["held"], false);
    assert_eq!(found["commits"]["line"], 2, "all of it is looked at then");
    // The tag is moved to what was made up.
    let message = repo.git(&["for-each-ref", "--format=%(contents)", "refs/tags/poam/2026-02"]);
    repo.git(&[
        "tag",
        "--force",
        "--annotate",
        "--cleanup=verbatim",
        "-m",
        &message,
        "poam/2026-02",
    ]);
    let (found, told) = verify(&repo, 1, &["--anchor", "2026-02"]);
    assert_eq!(told[0], "error manifest-mismatch -", "{found}");
    // Another line is made the main one by a fast-forward over its own merge of it.
    let first = repo.git(&["rev-parse", "HEAD"]).trim().to_owned();
    repo.git(&["checkout", "--quiet", "-b", "other", "HEAD~1"]);
    repo.write("items/V-2.yaml", ITEM.replace("V-1", "V-2")).commit("2026-02-03", "other");
    repo.git(&["merge", "--quiet", "--no-edit", "main"]);
    let (found, told) = verify(&repo, 1, &["--anchor", &first]);
    assert_eq!(told[0], "error history-rewritten -");
    let message = found["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("not on its main line"), "{message}");
}

#[test]
fn what_is_found_names_its_commit_and_file() {
    let repo = tracker();
    repo.write("items/V-2.yaml", ITEM.replace("V-1", "V-2")).commit("2026-01-03", "two");
    repo.write("items/V-1.yaml", "id: [").commit("2026-01-04", "oops");
    repo.write("items/V-1.yaml", ITEM.replace("Migrate", "Look")).commit("2026-01-05", "mend");
    repo.remove("items/V-2.yaml").commit("2026-01-04", "gone, by a clock that is slow");
    repo.write("items/V-1.yaml", ITEM).write("items/V-3.yaml", "x: [");
    let (found, told) = verify(&repo, 1, &[]);
    assert_eq!(
        told,
        [
            "error milestone-rewritten items/V-1.yaml",
            "error item-deleted items/V-2.yaml",
            "warning uncommitted items/V-1.yaml",
            "warning uncommitted items/V-3.yaml",
            "warning unreadable items/V-1.yaml",
            "warning clock-went-back -",
            "note unsigned -",
        ]
    );
    let head = repo.git(&["rev-parse", "HEAD"]);
    let deleted = &found["findings"][1];
    assert_eq!(
        (deleted["commit"].as_str(), deleted["item"].as_str()),
        (Some(head.trim()), Some("V-2"))
    );
}

#[test]
fn a_forced_push_that_the_clone_saw() {
    let repo = tracker();
    repo.write("items/V-1.yaml", ITEM.replace("open", "deferred")).commit("2026-01-03", "later");
    let (here, there) = (repo.path().display().to_string(), repo.beside("clone"));
    let clone = there.display().to_string();
    repo.git(&["clone", "--quiet", &here, &clone]);
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    repo.write("items/V-1.yaml", ITEM.replace("open", "closed")).commit("2026-01-03", "never open");
    repo.git(&["-C", &clone, "fetch", "--quiet", "--force"]);
    let (out, _) = repo.poam(0, &["-C", &clone, "--today", "2026-03-01", "verify"]);
    assert!(
        out.contains("warning[forced-push] origin/main was pushed by force: seen 2026-01-01"),
        "{out}"
    );
    assert!(out.contains("warning[diverged] origin/main "), "{out}");
}

#[test]
fn nothing_to_verify_and_shallow_clones_are_errors() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n");
    let (_, err) = repo.poam(2, &["verify"]);
    assert!(err.contains("nothing is committed yet"), "{err}");
    let repo = tracker();
    repo.commit("2026-01-03", "more");
    let url = format!("file://{}", repo.path().display());
    let shallow = repo.beside("shallow").display().to_string();
    repo.git(&["clone", "--quiet", "--depth=1", &url, &shallow]);
    let (_, err) = repo.poam(2, &["-C", &shallow, "verify"]);
    assert!(err.contains("fetch-depth: 0"), "{err}");
}

#[test]
fn a_history_that_begins_at_a_move() {
    // By another folder of items, or with the whole tracker; what changed on the way is told.
    for (settings, items) in [("poam.yaml", "poams"), ("sub/poam.yaml", "sub/items")] {
        for changed in [false, true] {
            let repo = tracker();
            repo.write("items/V-2.yaml", ITEM.replace("V-1", "V-2")).commit("2026-01-03", "two");
            repo.remove("poam.yaml");
            let folder = items.rsplit('/').next().unwrap();
            repo.write(settings, format!("version: 1\nitems: {folder}\n"));
            let text = if changed { ITEM.replace("01-01", "01-05") } else { ITEM.to_owned() };
            repo.remove("items/V-1.yaml").write(&format!("{items}/V-1.yaml"), text);
            repo.remove("items/V-2.yaml");
            if !changed {
                repo.write(&format!("{items}/V-2.yaml"), ITEM.replace("V-1", "V-2"));
            }
            let moved = repo.commit("2026-02-01", "move");
            let place = repo.path().join(settings).parent().unwrap().display().to_string();
            let (out, _) = repo.poam(
                i32::from(changed),
                &["-C", &place, "--today", "2026-03-01", "verify", "--format", "json"],
            );
            let found: Value = serde_json::from_str(&out).unwrap();
            let told: Vec<String> = found["findings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| format!("{} {}", it["level"], it["finding"]).replace('"', ""))
                .collect();
            let expected: &[&str] = if changed {
                &[
                    "error permanent-value-changed",
                    "error item-deleted",
                    "warning history-moved",
                    "note unsigned",
                ]
            } else {
                &["warning history-moved", "note unsigned"]
            };
            assert_eq!(told, expected, "{settings} {items}");
            let one = found["findings"].as_array().unwrap().iter();
            let one = one.clone().find(|it| it["finding"] == "history-moved").unwrap();
            assert_eq!(one["commit"], moved.as_str());
            let message = one["message"].as_str().unwrap();
            assert!(message.contains("2 items had been in `items/`"), "{message}");
        }
    }
}

#[test]
fn two_trackers_that_number_alike_are_no_move() {
    let repo = tracker();
    repo.write("b/poam.yaml", "version: 1\n").write("b/items/V-1.yaml", ITEM.replace("W", "Other"));
    repo.commit("2026-01-03", "another system");
    let place = repo.path().join("b").display().to_string();
    let (out, _) = repo.poam(0, &["-C", &place, "--today", "2026-03-01", "verify"]);
    assert!(!out.contains("history-moved"), "{out}");
    // Copied first, and the old one removed later: that is where it was.
    let repo = tracker();
    repo.write("b/poam.yaml", "version: 1\n").write("b/items/V-1.yaml", ITEM);
    repo.commit("2026-01-03", "copy");
    let place = repo.path().join("b").display().to_string();
    let verify = |repo: &Repo| repo.poam(0, &["-C", &place, "--today", "2026-03-01", "verify"]).0;
    assert!(!verify(&repo).contains("history-moved"));
    repo.remove("items/V-1.yaml").remove("poam.yaml").commit("2026-01-04", "remove");
    assert!(verify(&repo).contains("warning[history-moved]"));
    // The copies become the items by the settings.
    let repo = tracker();
    repo.write("poams/V-1.yaml", ITEM).commit("2026-01-03", "copy");
    repo.write("poam.yaml", "version: 1\nitems: poams\n").commit("2026-01-04", "settings");
    let (out, _) = repo.poam(0, &["--today", "2026-03-01", "verify"]);
    assert_eq!(out.matches("warning[history-moved]").count(), 1, "{out}");
}
