//! Fields set by their names, an item opened in an editor, and the last commit undone.
#![allow(clippy::unwrap_used)]

use crate::support::{COMPLETE, Repo};

const ITEM: &str = "\
id: V-1
weakness_name: Open port # from the scan
controls: [SC-7]
point_of_contact: {name: Ann Author}
original_detection_date: 2026-01-05
original_risk_rating: moderate
status: open
";

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").write("items/V-1.yaml", ITEM);
    repo.write("items/V-2.yaml", ITEM.replace("V-1", "V-2"));
    repo.commit("2026-01-06", "start");
    repo
}

fn poam(repo: &Repo, code: i32, arguments: &[&str]) -> (String, String) {
    repo.poam(code, &[&["--today", "2026-02-01"], arguments].concat())
}

/// Runs `poam edit V-1` with a shell script as the editor.
fn edit(repo: &Repo, script: &str) -> std::process::Output {
    let path = repo.beside("editor.sh");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    let mut command = repo.command(env!("CARGO_BIN_EXE_poam"), &repo.path());
    command.args(["--today", "2026-02-01", "edit", "V-1"]);
    command.env("GIT_EDITOR", format!("sh '{}'", path.display()));
    command.output().unwrap()
}

#[test]
fn fields_of_several_items_are_set_in_one_commit() {
    let repo = tracker();
    poam(&repo, 0, &["set", "V-1", "V-2", "plan=Close port 23", "controls+=AC-4", "-m", "CHG-7"]);
    let expected = ITEM.replace("[SC-7]", "[SC-7, AC-4]").replace(
        "original_detection_date",
        "remediation_plan: Close port 23\noriginal_detection_date",
    );
    assert_eq!(repo.read("items/V-1.yaml"), expected);
    let message = repo.git(&["log", "--format=%B", "-1"]);
    assert!(message.contains("\nCHG-7\n") && message.contains("Poam-Reason: CHG-7"), "{message}");
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "2");
    let (_, err) = poam(&repo, 2, &["set", "V-1", "status=closed"]);
    assert!(err.contains("poam transition ID STATUS"), "{err}");
    let (_, err) = poam(&repo, 2, &["set", "V-1"]);
    assert!(err.contains("which field?"), "{err}");
    let (_, err) = poam(&repo, 2, &["set", "V-1", "V-2", "controls-=AC-9"]);
    assert!(err.contains("V-1: `controls` does not have `AC-9`"), "{err}");
    // The guards are those of every command.
    let (_, err) = poam(&repo, 2, &["set", "V-1", "controls+=AC-99"]);
    assert!(err.contains("AC-99") && err.contains("unknown-control"), "{err}");
}

#[test]
fn a_filter_chooses_the_items() {
    let repo = tracker();
    poam(&repo, 0, &["set", "--where", "owner=ann", "ticket=CHG-7"]);
    for id in ["V-1", "V-2"] {
        assert!(repo.read(&format!("items/{id}.yaml")).contains("change_ticket: CHG-7\n"));
    }
}

#[test]
fn an_edited_item_is_checked_then_committed() {
    let repo = tracker();
    let done = edit(&repo, "sed -i 's/Open port/Open telnet port/' \"$1\"");
    assert!(done.status.success(), "{done:?}");
    assert_eq!(repo.read("items/V-1.yaml"), ITEM.replace("Open port", "Open telnet port"));
    assert_eq!(repo.git(&["log", "--format=%s", "-1"]).trim(), "V-1: edit weakness name");
    let unchanged = edit(&repo, ":");
    assert!(String::from_utf8_lossy(&unchanged.stdout).contains("nothing was changed"));
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "2");
}

#[test]
fn an_edit_that_is_no_item_changes_nothing_and_is_kept() {
    let repo = tracker();
    for (script, part) in [
        ("printf 'id: [' > \"$1\"", "not YAML"),
        ("sed -i 's/V-1/V-9/' \"$1\"", "the id must stay V-1"),
        ("sed -i 's/moderate/often/' \"$1\"", "often"),
    ] {
        let done = edit(&repo, script);
        let err = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(2), "{err}");
        assert!(err.contains(part), "{script}: {err}");
        let kept = err.split("is kept in ").nth(1).unwrap().lines().next().unwrap();
        assert!(std::path::Path::new(kept).is_file(), "{kept}");
        std::fs::remove_dir_all(std::path::Path::new(kept).parent().unwrap()).unwrap();
        assert_eq!(repo.read("items/V-1.yaml"), ITEM);
    }
    let failed = edit(&repo, "exit 1");
    assert!(String::from_utf8_lossy(&failed.stderr).contains("ended with an error"));
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[test]
fn commits_are_undone_one_after_the_other() {
    let repo = tracker();
    poam(&repo, 0, &["set", "V-1", "comments=first"]);
    poam(&repo, 0, &["set", "V-1", "comments=second"]);
    repo.write("README.md", "by hand\n").commit("2026-01-31", "a commit by hand");
    let (out, _) = poam(&repo, 0, &["undo", "--dry-run"]);
    assert!(out.contains("V-1: set comments"), "{out}");
    poam(&repo, 0, &["undo"]);
    assert!(repo.read("items/V-1.yaml").contains("comments: first\n"));
    poam(&repo, 0, &["undo"]);
    assert_eq!(repo.read("items/V-1.yaml"), ITEM);
    let (_, err) = poam(&repo, 2, &["undo"]);
    assert!(err.contains("git revert COMMIT"), "{err}");
    // Nothing is taken out of the history.
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "6");
    // A new change after an undo is the last one.
    poam(&repo, 0, &["set", "V-1", "comments=third"]);
    poam(&repo, 0, &["undo"]);
    assert_eq!(repo.read("items/V-1.yaml"), ITEM);
}

#[test]
fn a_new_item_is_removed_by_undo() {
    let repo = tracker();
    let new = ["new", "--name", "Weak cipher", "--risk", "low", "--commit"];
    poam(&repo, 0, &[&new[..], &COMPLETE].concat());
    poam(&repo, 0, &["undo"]);
    assert_eq!(repo.git(&["ls-files", "items"]), "items/V-1.yaml\nitems/V-2.yaml\n");
    // The record is whole: the creation and its undoing are both in it.
    let (out, _) = poam(&repo, 0, &["verify"]);
    assert!(out.contains("creation-undone") && !out.contains("item-deleted"), "{out}");
    // An item with which something happened in between is deleted.
    poam(&repo, 0, &[&new[..], &COMPLETE].concat());
    let created = repo.git(&["rev-parse", "HEAD"]);
    let path = repo.git(&["diff", "--name-only", "HEAD~1"]).trim().to_owned();
    repo.write(&path, repo.read(&path) + "comments: more\n").commit("2026-02-01", "more");
    repo.git(&["rm", "--quiet", &path]);
    repo.commit("2026-02-01", &format!("gone\n\nPoam-Undo: {}", created.trim()));
    let (out, _) = poam(&repo, 1, &["verify"]);
    assert!(out.contains("item-deleted"), "{out}");
}

#[test]
fn only_own_commits_that_are_not_pushed_are_undone_unasked() {
    let repo = tracker();
    poam(&repo, 0, &["set", "V-1", "comments=first"]);
    let first = repo.git(&["rev-parse", "HEAD"]).trim().to_owned();
    // A remote branch has it.
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    repo.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    let (_, err) = poam(&repo, 2, &["undo"]);
    let next = format!("`poam undo {}` undoes it", &first[..10]);
    assert!(err.contains("is in origin/main already") && err.contains(&next), "{err}");
    poam(&repo, 0, &["undo", &first[..10]]);
    assert_eq!(repo.read("items/V-1.yaml"), ITEM);
    let (_, err) = poam(&repo, 2, &["undo", &first]);
    assert!(err.contains("is undone already"), "{err}");
    // Somebody else made it.
    poam(&repo, 0, &["set", "V-1", "comments=second"]);
    repo.git(&[
        "commit",
        "--quiet",
        "--amend",
        "--no-edit",
        "--author",
        "Sam Roe <sam@example.com>",
    ]);
    let (_, err) = poam(&repo, 2, &["undo"]);
    assert!(err.contains("is by Sam Roe; `poam undo "), "{err}");
    assert!(repo.read("items/V-1.yaml").contains("comments: second"));
    poam(&repo, 0, &["undo", "HEAD"]);
    assert_eq!(repo.read("items/V-1.yaml"), ITEM);
    // A commit by hand is none of poam.
    repo.write("README.md", "by hand\n").commit("2026-01-31", "a commit by hand");
    let (_, err) = poam(&repo, 2, &["undo", "HEAD"]);
    assert!(err.contains("was not made by poam; `git revert "), "{err}");
}

#[test]
fn what_was_changed_since_is_not_undone() {
    let repo = tracker();
    poam(&repo, 0, &["set", "V-1", "comments=first"]);
    repo.write("items/V-1.yaml", format!("{ITEM}comments: by hand\n"));
    let (_, err) = poam(&repo, 2, &["undo"]);
    assert!(err.contains("uncommitted changes"), "{err}");
    repo.commit("2026-01-31", "a change by hand");
    let (_, err) = poam(&repo, 2, &["undo"]);
    assert!(err.contains("items/V-1.yaml was changed since"), "{err}");
}

#[test]
fn undo_keeps_the_line_ends_of_the_checkout() {
    let repo = tracker();
    repo.git(&["config", "core.autocrlf", "true"]);
    let windows = ITEM.replace('\n', "\r\n");
    repo.write("items/V-1.yaml", &windows);
    repo.git(&["add", "items/V-1.yaml"]);
    poam(&repo, 0, &["set", "V-1", "comments=first"]);
    poam(&repo, 0, &["undo"]);
    assert_eq!(repo.read("items/V-1.yaml"), windows);
    assert_eq!(repo.git(&["show", "HEAD:items/V-1.yaml"]), ITEM);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    // A file that commits hold with such line ends is brought back byte by byte.
    repo.git(&["config", "core.autocrlf", "false"]);
    repo.write("items/V-2.yaml", ITEM.replace("V-1", "V-2"));
    repo.commit("2026-01-31", "plain");
    repo.write("items/V-2.yaml", ITEM.replace("V-1", "V-2").replace('\n', "\r\n"));
    let change = "V-2: line ends\n\nPoam-Item: V-2";
    repo.commit("2026-02-01", change);
    poam(&repo, 0, &["undo"]);
    assert_eq!(repo.read("items/V-2.yaml"), ITEM.replace("V-1", "V-2"));
}
