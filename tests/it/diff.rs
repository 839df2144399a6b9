//! `poam diff`: which two trees are compared, and what is printed.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;
use serde_json::Value;

const ITEM: &str = "id: V-1\nweakness_name: Old server\nstatus: in-progress\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nscheduled_completion_date: 2026-01-31\npoint_of_contact: {name: Jane Doe}\nmilestones:\n  - {id: 1, description: Migrate the workloads, due: 2026-01-20}\n";

fn due(day: &str) -> String {
    ITEM.replace("2026-01-20", day)
}

/// A main line on which a milestone slipped once, and a branch on which it slips again; since the
/// branch left, the main line got another item.
fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").write("items/V-1.yaml", ITEM);
    repo.commit("2026-01-02", "start");
    repo.write("items/V-1.yaml", due("2026-02-09")).commit("2026-01-15", "later");
    repo.git(&["checkout", "--quiet", "-b", "work"]);
    repo.write("items/V-1.yaml", due("2026-03-11")).commit_as(
        "Sam Roe <sam@example.com>",
        "2026-02-01",
        "V-1: slips\n\nPoam-Reason: hardware",
    );
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("items/V-2.yaml", ITEM.replace("V-1", "V-2")).commit("2026-02-02", "main goes on");
    repo.git(&["checkout", "--quiet", "work"]);
    repo
}

fn items(out: &str) -> Vec<String> {
    let diff: Value = serde_json::from_str(out).unwrap();
    let of = |item: &Value| {
        let text = |key: &str| item[key].as_str().unwrap().to_owned();
        format!("{} {}", text("item"), text("kind"))
    };
    diff["items"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn the_two_sides_are_those_that_were_named() {
    let repo = tracker();
    let diff = |range: &[&str]| {
        let (out, _) = repo.poam(0, &[&["diff", "--format", "json"], range].concat());
        items(&out)
    };
    assert!(diff(&[]).is_empty());
    assert_eq!(diff(&["main"]), ["V-1 changed"], "since the branch left main");
    assert_eq!(diff(&["main..work"]), ["V-1 changed", "V-2 removed"]);
    assert_eq!(diff(&["main...work"]), ["V-1 changed"]);
    assert_eq!(diff(&["main.."]).len(), 2);
    assert_eq!(diff(&["work...main"]), ["V-2 added"]);
    repo.write("items/V-3.yaml", ITEM.replace("V-1", "V-3"));
    assert_eq!(diff(&[]), ["V-3 added"]);
    assert_eq!(diff(&["main"]), ["V-1 changed", "V-3 added"]);
    assert_eq!(diff(&["main...work"]), ["V-1 changed"], "the work tree has no part in it");
    let (_, err) = repo.poam(2, &["diff", "nowhere"]);
    assert!(err.contains("`nowhere` names no commit"), "{err}");
}

#[test]
fn a_reviewer_reads_what_the_branch_means() {
    let repo = tracker();
    let (out, _) = repo.poam(0, &["--today", "2026-02-05", "diff", "main"]);
    let (_, rest) = out.split_once('\n').unwrap();
    assert_eq!(
        rest,
        "rules: 1 warning new, as `poam validate --base` reports\n\nV-1  Old server\n    \
             in-progress, high risk, owner Jane Doe, due 2026-01-31, 5 days late\n  \
           ! milestone 1 slips 30 days, second slip, 50 days in all\n  \
           - milestone 1 is due 2026-03-11, 39 days after the scheduled completion date 2026-01-31  warning[milestone-after-schedule]\n    \
             milestone 1 due: 2026-02-09 -> 2026-03-11 (30 days later)\n    \
             by Sam Roe: hardware\n"
    );
    assert!(out.starts_with("1 item changed; 1 needs review  ("), "{out}");
    let (out, _) = repo.poam(0, &["--today", "2026-02-05", "diff", "main", "--format", "markdown"]);
    assert_eq!(
        out,
        "### poam: 1 item changed; 1 needs review\n\n\
         rules: 1 warning new, as `poam validate --base` reports\n\n#### Needs review\n\n\
         - **V-1** Old server (in-progress, high risk, owner Jane Doe, due 2026-01-31, **5 days late**)\n  \
           - **milestone 1 slips 30 days, second slip, 50 days in all**\n  \
           - milestone 1 is due 2026-03-11, 39 days after the scheduled completion date 2026-01-31 (warning: milestone-after-schedule)\n  \
           - milestone 1 due: 2026-02-09 -&gt; 2026-03-11 (30 days later)\n  \
           - by Sam Roe: hardware\n"
    );
}

#[test]
fn what_is_printed_holds_against_its_schema() {
    let repo = tracker();
    repo.write("poam.yaml", "version: 1\npeople: [Jane Doe]\n")
        .write("items/bad.yaml", "id: [")
        .write("items/V-1.yaml", ITEM.replace("in-progress", "closed"))
        .write("items/V-9.yaml", ITEM.replace("V-1", "V-9"));
    let (schema, _) = repo.poam(0, &["schema", "diff"]);
    let schema = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let (out, _) = repo.poam(1, &["diff", "main", "--format", "json"]);
    let diff: Value = serde_json::from_str(&out).unwrap();
    assert!(validator.is_valid(&diff), "{:?}", validator.iter_errors(&diff).next());
    assert!(!validator.is_valid(&serde_json::json!({"version": 1})));
    assert_eq!(diff["version"], 1);
    assert_eq!(diff["head"], Value::Null);
    assert_eq!(diff["settings"][0]["field"], "/people");
    assert_eq!(diff["unreadable"][0]["path"], "items/bad.yaml");
    let actions = diff["items"][0]["events"].as_array().unwrap().iter();
    let actions: Vec<_> = actions.map(|event| event["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["milestone-rescheduled", "status-changed"]);
    let notes = diff["items"][0]["notes"].as_array().unwrap();
    let alarming = notes.iter().filter(|note| note["alarming"] == true);
    let alarming: Vec<_> = alarming.map(|note| note["text"].as_str().unwrap()).collect();
    assert!(alarming.contains(&"closes without evidence"), "{alarming:?}");
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").write("items/V-1.yaml", ITEM);
    let (out, _) = repo.poam(0, &["diff"]);
    assert!(out.starts_with("1 item added, settings changed"), "{out}");
    assert!(out.contains("(nothing -> work tree)") && out.contains("by Ann Author"), "{out}");
}

#[test]
fn a_shallow_clone_is_refused() {
    let repo = tracker();
    let url = format!("file://{}", repo.path().display());
    let shallow = repo.beside("shallow").display().to_string();
    repo.git(&["clone", "--quiet", "--depth=1", &url, &shallow]);
    let (_, err) = repo.poam(2, &["-C", &shallow, "diff"]);
    assert!(err.contains("fetch-depth: 0"), "{err}");
}

#[test]
fn what_the_base_cannot_read_is_compared_with_what_it_read_last() {
    let repo = tracker();
    let diff = |arguments: &[&str]| repo.poam(0, &[&["diff"], arguments].concat()).0;
    repo.write("items/V-1.yaml", format!("<<<<<<< HEAD\n{ITEM}")).commit("2026-02-03", "conflict");
    repo.write("items/V-1.yaml", due("2026-03-11").replace("in-progress", "closed"));
    let out = diff(&[]);
    assert!(out.contains("status: in-progress -> closed") && !out.contains("added"), "{out}");
    assert!(out.contains("illegal") || out.contains("not a move"), "{out}");
    repo.remove("items/V-1.yaml");
    let out = diff(&[]);
    assert!(out.contains("1 item removed"), "{out}");
}

#[test]
fn a_comment_links_to_files_rules_and_the_report() {
    let repo = tracker();
    let links = "version: 1\nlinks:\n  file: https://git.example/o/r/blob/{commit}/{path}\n  report: https://pages.example/r\n  handbook: https://book.example/\n";
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("poam.yaml", links).commit("2026-02-02", "links");
    repo.git(&["checkout", "--quiet", "-b", "linked"]);
    repo.write("items/V-1.yaml", due("2026-02-09").replace("2026-01-01", "2026-01-15"));
    let head = repo.commit("2026-02-03", "V-1: date\n\nPoam-Reason: typo");
    for range in ["main", "main...linked"] {
        let (out, _) = repo.poam(0, &["diff", range, "--format", "markdown"]);
        for part in [
            format!("- [**V-1**](https://git.example/o/r/blob/{head}/items/V-1.yaml) Old server (in-progress, "),
            ", [report](https://pages.example/r/item/V-1.html))\n".to_owned(),
            "(error: [detection-date-changed](https://book.example/reference/rules/detection-date-changed.html))".to_owned(),
        ] {
            assert!(out.contains(&part), "{part}\n---\n{out}");
        }
        assert!(!out.contains("original detection date:"), "told twice: {out}");
    }
    // No commit has what is not committed.
    repo.write("items/V-1.yaml", due("2026-03-01"));
    let (out, _) = repo.poam(0, &["diff", "--format", "markdown"]);
    assert!(!out.contains("git.example") && out.contains("pages.example"), "{out}");
    repo.write("poam.yaml", "version: 1\nlinks: {commit: \"javascript:{commit}\"}\n");
    let (_, err) = repo.poam(2, &["diff"]);
    assert!(err.contains("`javascript:{commit}` is not a URL"), "{err}");
}

#[test]
fn what_matters_is_never_cut() {
    let repo = tracker();
    let texts = |word: &str| {
        let fields = ["comments", "remediation_plan", "resources_required", "original_finding"];
        fields.map(|field| format!("{field}: {word}\n")).concat()
    };
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("items/V-1.yaml", due("2026-02-09") + &texts("a")).commit("2026-02-02", "texts");
    let deferred = due("2026-02-09").replace("in-progress", "deferred")
        + "deferral: {reason: the hardware is late, until: 2026-12-18}\n";
    repo.write("items/V-1.yaml", deferred + &texts("b"));
    let (out, _) = repo.poam(0, &["diff", "--format", "markdown"]);
    for part in [
        "is deferred until 2026-12-18: the hardware is late",
        "status: in-progress -&gt; deferred",
        "high risk, owner Jane Doe, due 2026-01-31",
    ] {
        assert!(out.contains(part), "{part}\n---\n{out}");
    }
}
