//! A branch cannot pass by changing what checks it, and a record is made from commits alone.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;

fn item(more: &str) -> String {
    format!(
        "id: V-1\nweakness_name: Open port\nremediation_plan: Close it.\npoint_of_contact: {{name: Jane Doe}}\noriginal_detection_date: 2026-01-05\noriginal_risk_rating: low\nscheduled_completion_date: 2026-07-04\nmilestones:\n  - {{id: 1, description: Close the port and scan again, due: 2026-06-01}}\n{more}"
    )
}

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\nprofile: generic\n")
        .write("items/V-1.yaml", item("status: open\n"));
    repo.commit("2026-01-10", "start");
    repo.git(&["checkout", "--quiet", "-b", "work"]);
    repo
}

fn validate(repo: &Repo, code: i32) -> String {
    repo.poam(code, &["--today", "2026-01-20", "validate", "--base", "main"]).0
}

#[test]
fn items_cannot_be_hidden_by_another_folder() {
    let repo = tracker();
    repo.write("poam.yaml", "version: 1\nprofile: generic\nitems: elsewhere\n")
        .commit("2026-01-11", "hide");
    let out = validate(&repo, 1);
    assert!(out.contains("error[item-deleted]: item V-1 was deleted"), "{out}");
    assert!(
        out.contains(
            "warning[gate-loosened]: the items are looked for in `elsewhere` instead of `items`"
        ),
        "{out}"
    );
    assert!(out.contains("the items folder `elsewhere/` is not there"), "{out}");
}

#[test]
fn a_rule_cannot_be_switched_off_by_the_change_that_breaks_it() {
    let repo = tracker();
    repo.write("poam.yaml", "version: 1\nprofile: generic\nrules: {illegal-transition: off}\n");
    repo.write("items/V-1.yaml", item("status: pending-validation\n")).commit("2026-01-11", "both");
    let out = validate(&repo, 1);
    assert!(out.contains("error[illegal-transition]"), "{out}");
    assert!(
        out.contains("warning[gate-loosened]: rule `illegal-transition` goes from error to off"),
        "{out}"
    );
}

#[test]
fn an_item_cannot_allow_the_rule_that_its_own_change_breaks() {
    let repo = tracker();
    let strict = "version: 1\nprofile: generic\nrules: {detection-date-changed: error}\n";
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("poam.yaml", strict).commit("2026-01-10", "strict");
    repo.git(&["checkout", "--quiet", "-b", "both"]);
    let allow = "allow:\n  - {rule: detection-date-changed, reason: The clock was wrong, until: 2026-12-31}\n";
    let allowed = item(&format!("status: open\n{allow}"));
    let moved = allowed.replace("2026-01-05", "2026-01-09");
    repo.write("items/V-1.yaml", &moved).commit("2026-01-11", "both");
    let out = validate(&repo, 1);
    assert!(out.contains("error[detection-date-changed]"), "{out}");
    assert!(
        out.contains("warning[gate-loosened]: rule `detection-date-changed` is allowed until 2026-12-31: The clock was wrong"),
        "{out}"
    );
    // Where the base has it, it counts.
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("items/V-1.yaml", &allowed).commit("2026-01-12", "allow");
    repo.git(&["checkout", "--quiet", "-b", "later"]);
    repo.write("items/V-1.yaml", &moved).commit("2026-01-13", "move");
    let out = validate(&repo, 0);
    assert!(!out.contains("detection-date-changed") && !out.contains("gate-loosened"), "{out}");
}

#[test]
fn an_item_that_the_base_broke_is_not_mended_past_the_rules() {
    let repo = tracker();
    repo.git(&["checkout", "--quiet", "main"]);
    let open = item("status: open\n");
    let broken = format!("<<<<<<< HEAD\n{open}");
    repo.write("items/V-1.yaml", &broken).commit("2026-01-11", "a conflict");
    repo.git(&["checkout", "--quiet", "-b", "mend"]);
    repo.write("items/V-1.yaml", &open).commit("2026-01-12", "mend");
    let out = validate(&repo, 0);
    assert!(out.starts_with("nothing to report in 1 item"), "{out}");
    // Also where the file was moved when it broke, or is moved by the branch.
    for (of_base, of_branch) in
        [("V-1", "V-1"), ("2026/V-1", "2026/V-1"), ("2026/V-1", "V-1"), ("V-1", "2026/V-1")]
    {
        let branch = format!("{of_base}-{of_branch}").replace('/', "-");
        let path = |name: &str| format!("items/{name}.yaml");
        repo.git(&["checkout", "--quiet", "main"]);
        repo.git(&["checkout", "--quiet", "-b", &format!("base-{branch}")]);
        repo.remove("items/V-1.yaml").write(&path(of_base), format!("{broken}\n"));
        repo.commit("2026-01-13", "broken again");
        repo.git(&["checkout", "--quiet", "-b", &format!("work-{branch}")]);
        repo.remove(&path(of_base));
        repo.write(&path(of_branch), item("status: pending-validation\n"));
        repo.commit("2026-01-14", "mend, and more");
        let base = format!("base-{branch}");
        let (out, _) = repo.poam(1, &["--today", "2026-01-20", "validate", "--base", &base]);
        assert!(out.contains("error[illegal-transition]"), "{branch}: {out}");
    }
    // Nor is it deleted.
    repo.git(&["checkout", "--quiet", "-b", "delete", "main"]);
    repo.remove("items/V-1.yaml").write("README", "x").commit("2026-01-15", "delete");
    assert!(validate(&repo, 1).contains("error[item-deleted]: item V-1 was deleted"));
}

#[test]
fn a_move_made_with_override_is_a_warning_in_review() {
    let repo = tracker();
    let close = [
        "--today",
        "2026-01-20",
        "transition",
        "V-1",
        "closed",
        "--override",
        "--evidence",
        "CHG-1",
        "--reason",
        "fixed at once",
    ];
    let (_, err) = repo.poam(2, &close);
    assert!(err.contains("milestone 1 is pending"), "guards are not overridden: {err}");
    repo.poam(0, &["--today", "2026-01-20", "milestone", "complete", "V-1", "1"]);
    repo.poam(0, &close);
    let out = validate(&repo, 0);
    assert!(out.contains("warning[illegal-transition]: the workflow does not allow open -> closed; it was made with --override"), "{out}");
}

#[test]
fn a_workbook_is_made_from_the_commit_alone() {
    let repo = tracker();
    let build = || {
        let (_, err) = repo.poam(0, &["workbook", "-o", "w.xlsx"]);
        (std::fs::read(repo.path().join("w.xlsx")).unwrap(), err)
    };
    let (clean, _) = build();
    repo.write("poam.yaml", "version: 1\nprofile: generic\nsystem: {provider: Uncommitted}\n");
    let (dirty, err) = build();
    assert!(clean == dirty && err.contains("uncommitted changes"), "{err}");
    repo.commit("2026-01-12", "now it is committed");
    assert!(clean != build().0);
    repo.write("items/V-2.yaml", item("status: open\n").replace("V-1", "V-2"));
    assert!(build().1.contains("uncommitted changes"), "a new item is not in it");
    let (_, err) = repo.poam(0, &["workbook", "-o", "w.xlsx", "--as-of", "2026-01-11"]);
    assert!(!err.contains("error"), "{err}");
}

#[test]
fn what_landed_after_a_later_day_is_later() {
    let repo = tracker();
    repo.write(
        "items/V-1.yaml",
        item("status: deferred\ndeferral: {reason: x, until: 2026-05-01}\n"),
    )
    .commit("2026-01-15", "later");
    repo.write("README", "x").commit("2026-01-11", "a clock that is slow");
    let (out, _) = repo.poam(0, &["summary", "--as-of", "2026-01-12", "--format", "json"]);
    let summary: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (summary["by_status"]["open"].as_u64(), summary["as_of"].as_str()),
        (Some(1), Some("2026-01-12"))
    );
    let (_, err) = repo.poam(2, &["summary", "--as-of", "2025-12-31"]);
    assert!(
        err.contains("nothing was committed on or before 2025-12-31: the first commit ("),
        "{err}"
    );
    assert!(err.contains(") is of 2026-01-10"), "{err}");
}

#[test]
fn a_tracker_that_is_moved_is_held_against_what_it_was() {
    for prefix in ["sub/", "deep/er/"] {
        let repo = tracker();
        repo.git(&["checkout", "--quiet", "-b", &prefix.replace('/', "-")]);
        repo.remove("poam.yaml")
            .write(&format!("{prefix}poam.yaml"), "version: 1\nprofile: generic\n");
        repo.remove("items/V-1.yaml")
            .write(&format!("{prefix}items/V-1.yaml"), item("status: pending-validation\n"));
        repo.commit("2026-01-11", "move");
        let place = repo.path().join(prefix).display().to_string();
        let run = |code, arguments: &[&str]| {
            repo.poam(code, &[&["-C", &place, "--today", "2026-01-20"], arguments].concat()).0
        };
        let out = run(1, &["validate", "--base", "main"]);
        assert!(out.contains("error[illegal-transition]"), "{out}");
        let moved = "the tracker was moved from the top of the repository, and its history begins anew with that";
        assert!(out.contains(&format!("warning[gate-loosened]: {moved}")), "{out}");
        let out = run(0, &["diff", "main"]);
        assert!(out.contains(moved) && !out.contains("added"), "{out}");
        assert!(out.contains("status: open -> pending-validation"), "{out}");
        // And back again.
        repo.git(&["mv", &format!("{prefix}poam.yaml"), "poam.yaml"]);
        repo.git(&["mv", &format!("{prefix}items"), "items"]);
        repo.commit("2026-01-12", "back");
        assert!(!validate(&repo, 1).contains("moved from"));
        let out = repo.poam(0, &["--today", "2026-01-20", "validate", "--base", "HEAD~1"]).0;
        assert!(out.contains(&format!("was moved from `{prefix}`")), "{out}");
    }
    // Another tracker beside it is not where this one was.
    let repo = tracker();
    repo.write("sub/poam.yaml", "version: 1\nprofile: generic\n")
        .write("sub/items/V-1.yaml", item("status: open\n"));
    let place = repo.path().join("sub").display().to_string();
    repo.commit("2026-01-11", "another");
    let (out, _) =
        repo.poam(0, &["-C", &place, "--today", "2026-01-20", "validate", "--base", "main"]);
    assert!(!out.contains("gate-loosened"), "{out}");
}

#[test]
fn what_other_items_say_of_each_other_is_not_new_when_one_of_them_goes() {
    let repo = tracker();
    repo.git(&["checkout", "--quiet", "main"]);
    for id in ["V-2", "V-3", "V-4"] {
        let text = item("status: open\n").replace("V-1", id);
        repo.write(&format!("items/{id}.yaml"), text);
    }
    repo.commit("2026-01-10", "four alike");
    let all = repo.poam(0, &["--today", "2026-01-20", "validate"]).0;
    assert_eq!(all.matches("warning[same-weakness]").count(), 3, "{all}");
    repo.git(&["checkout", "--quiet", "-b", "one"]);
    let other = item("status: open\n").replace("Open port", "Another port");
    repo.write("items/V-1.yaml", other).commit("2026-01-11", "one");
    let out = validate(&repo, 0);
    assert!(out.contains("nothing to report"), "{out}");
}

#[test]
fn a_late_item_that_gets_out_of_lateness_is_shown_to_the_reviewer() {
    // Detected 2026-01-05 at moderate risk, 90 days in both profiles: due 2026-04-05.
    let moderate = item("status: open\n")
        .replace("original_risk_rating: low", "original_risk_rating: moderate");
    let vendor = "vendor_dependency: {vendor: V, product: P, last_check_in: 2026-05-20}\n";
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\nprofile: generic\n").write("items/V-1.yaml", &moderate);
    repo.commit("2026-01-10", "start");
    repo.git(&["checkout", "--quiet", "-b", "work"]);
    repo.write("items/V-1.yaml", format!("{moderate}{vendor}")).commit("2026-05-21", "wait");
    let fact = "the item was overdue by 57 days (due 2026-04-05) and is no longer: it waits for the \
        vendor, who was asked on 2026-05-20";
    let today = ["--today", "2026-06-01"];
    let (validated, _) = repo.poam(0, &[&today[..], &["validate", "--base", "main"]].concat());
    assert!(validated.contains(&format!("warning[no-longer-overdue]: {fact}")), "{validated}");
    let (compared, _) = repo.poam(0, &[&today[..], &["diff", "main"]].concat());
    assert!(compared.contains(fact), "{compared}");
    let json = repo.poam(0, &[&today[..], &["diff", "main", "--format", "json"]].concat()).0;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let notes = json["items"][0]["notes"].as_array().unwrap();
    let note = notes.iter().find(|note| note["rule"] == "no-longer-overdue").unwrap();
    assert_eq!(note["alarming"], true);
}

/// Pipelines name the commit before the first push of a branch by zeros.
#[test]
fn a_base_of_zeros_is_none_and_all_is_checked() {
    let repo = tracker();
    let ownerless = item("status: open\n").replace("point_of_contact: {name: Jane Doe}\n", "");
    repo.write("items/V-1.yaml", &ownerless).commit("2026-01-11", "nobody");
    let zeros = "0".repeat(40);
    let (out, _) = repo.poam(1, &["--today", "2026-01-20", "validate", "--base", &zeros]);
    assert!(out.contains("error[missing-owner]"), "{out}");
    let range = format!("{zeros}...HEAD");
    for base in [zeros.as_str(), range.as_str()] {
        let (out, _) = repo.poam(0, &["--today", "2026-01-20", "diff", base]);
        assert!(out.contains("V-1") && out.contains("new"), "{out}");
    }
    // Elsewhere zeros are a commit that does not exist.
    let (_, err) = repo.poam(2, &["summary", "--as-of", &zeros]);
    assert!(err.contains("names no commit"), "{err}");
}
