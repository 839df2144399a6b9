//! Where teams work: trackers in a folder, checkouts with other line ends, hooks, unresolved merges, a
//! detached HEAD, repositories of other formats.

use serde_json::Value;

use super::support::{COMPLETE, Repo};

const ITEM: &str = "\
id: V-1
weakness_name: Open port
weakness_description: The host takes telnet.
controls: [SC-8]
detector_source: Nessus
assets: [fw-01]
status: open
original_detection_date: 2026-01-05
original_risk_rating: high
point_of_contact: {name: Jane Doe}
remediation_plan: Close the port.
scheduled_completion_date: 2026-02-04
milestones:
  - {id: 1, description: Close port 23 on fw-01, due: 2026-02-01}
";

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").write("items/V-1.yaml", ITEM);
    repo.commit("2026-01-06", "start");
    repo
}

const TODAY: [&str; 2] = ["--today", "2026-01-10"];

#[test]
fn pipelines_of_a_tracker_in_a_folder_lie_at_the_top_and_work_there() {
    let repo = Repo::new();
    repo.write("README.md", "x").commit("2026-01-01", "start");
    for folder in ["systems/a", "systems/b"] {
        let arguments = ["init", folder, "--ci", "github", "--ci", "gitlab"];
        let (out, err) = repo.poam(0, &arguments);
        assert!(out.contains("wrote poam.yaml") && out.contains("wrote .gitattributes"), "{out}");
        assert!(err.contains("pipelines are written at the top of the repository"), "{err}");
        // Again: everything is there.
        let (out, _) = repo.poam(0, &arguments);
        assert!(!out.contains("wrote"), "{out}");
    }
    for (name, folder) in [("poam-check", "systems/a"), ("poam-check-systems-b", "systems/b")] {
        let text = repo.read(&format!(".github/workflows/{name}.yml"));
        let workflow: Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(workflow["defaults"]["run"]["working-directory"], folder);
        assert_eq!(workflow["name"], format!("poam check ({folder})"));
        assert!(text.contains(&format!("<!-- poam {folder} -->")), "{text}");
        let (on, main) = (&workflow["on"], &workflow["on"]["push"]["branches"]);
        assert!(on.get("pull_request").is_some() && on.get("merge_group").is_some(), "{on}");
        assert_eq!(*main, serde_json::json!(["main"]));
    }
    let release = repo.read(".github/workflows/poam-release-systems-b.yml");
    assert!(release.contains("tags: [\"poam/systems/b/*\"]"), "{release}");
    let jobs = repo.read(".gitlab/poam-systems-b.yml");
    assert!(jobs.contains("- cd \"systems/b\""), "{jobs}");
    assert!(jobs.contains("> \"$CI_PROJECT_DIR/poam-diff.md\""), "{jobs}");
    assert!(jobs.contains("/^poam\\/systems\\/b\\/[^\\/]+$/"), "{jobs}");
    assert!(!repo.path().join("systems/a/.github").exists());
    // A name that could end a line of the pipeline.
    let (_, err) = repo.poam(2, &["init", "a\"b", "--ci", "github"]);
    assert!(err.contains("cannot be named in a pipeline"), "{err}");
}

#[test]
fn a_checkout_with_other_line_ends_is_formatted_and_edited_in_them() {
    let repo = tracker();
    repo.poam(0, &["format"]);
    repo.commit("2026-01-07", "format");
    repo.git(&["config", "core.autocrlf", "true"]);
    repo.remove("items/V-1.yaml");
    repo.git(&["checkout", "--", "items/V-1.yaml"]);
    assert!(repo.read("items/V-1.yaml").contains("\r\n"));
    let (out, _) = repo.poam(0, &["format", "--check"]);
    assert_eq!(out, "");
    let (out, _) = repo.poam(0, &["diff"]);
    assert!(!out.contains("V-1"), "{out}");
    repo.poam(0, &["assign", "V-1", "--to", "Sam Roe"]);
    let text = repo.read("items/V-1.yaml");
    assert_eq!(text.matches("\r\n").count(), text.lines().count(), "{text:?}");
    let committed = repo.git(&["show", "HEAD:items/V-1.yaml"]);
    assert!(committed.contains("Sam Roe") && !committed.contains('\r'), "{committed:?}");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    // What is laid out otherwise is laid out in its own line ends.
    repo.write("items/V-1.yaml", text.replace("status: open", "status:    open"));
    repo.poam(0, &["format"]);
    assert_eq!(repo.read("items/V-1.yaml"), text);
    // A new tracker has the same bytes everywhere.
    let other = Repo::new();
    other.git(&["config", "core.autocrlf", "true"]);
    other.poam(0, &["init"]);
    assert!(other.read(".gitattributes").contains("*.yaml text eol=lf"));
}

#[test]
fn hooks_check_what_is_staged_and_let_the_first_commit_pass() {
    let repo = Repo::new();
    let poam = env!("CARGO_BIN_EXE_poam");
    repo.hook("pre-commit", &format!("exec {poam} --today 2026-01-10 validate --base HEAD"));
    repo.write("poam.yaml", "version: 1\n");
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "-m", "start"]);
    repo.write("items/V-1.yaml", ITEM);
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "-m", "an item"]);
    let commit = |arguments: &[&str]| {
        let all: Vec<&str> =
            ["commit", "--quiet", "-m", "x"].iter().chain(arguments).copied().collect();
        repo.try_git(&repo.path(), &[], &all).status.success()
    };
    // What is staged moves a detection date, the work tree does not.
    repo.write("items/V-1.yaml", ITEM.replace("2026-01-05", "2026-01-08"));
    repo.git(&["add", "--all"]);
    repo.write("items/V-1.yaml", ITEM);
    assert!(!commit(&[]), "the commit moves the detection date");
    let (out, _) = repo.poam(1, &["validate", "--staged", "--base", "HEAD", TODAY[0], TODAY[1]]);
    assert!(out.contains("detection-date-changed"), "{out}");
    let (out, _) = repo.poam(0, &["validate", "--base", "HEAD", TODAY[0], TODAY[1]]);
    assert!(out.contains("nothing to report"), "{out}");
    // The other way round: the work tree is wrong, what is committed is not.
    repo.git(&["add", "--all"]);
    repo.write("items/V-2.yaml", "id: [\n");
    repo.write("items/V-1.yaml", ITEM.replace("name: Jane Doe", "name: Sam Roe"));
    repo.git(&["add", "items/V-1.yaml"]);
    assert!(commit(&[]), "only the work tree is wrong");
    // A commit of some files has an index of its own.
    repo.remove("items/V-2.yaml");
    repo.write("items/V-1.yaml", ITEM.replace("2026-01-05", "2026-01-08"));
    assert!(!commit(&["--only", "items/V-1.yaml"]));
    repo.write("items/V-1.yaml", ITEM.replace("status: open", "status:   open"));
    let staged = |code| repo.poam(code, &["format", "--check", "--staged"]);
    repo.git(&["add", "items/V-1.yaml"]);
    let (out, _) = staged(1);
    assert!(out.contains("+status: open"), "{out}");
}

#[test]
fn an_unresolved_merge_is_named_with_its_lines() {
    let repo = tracker();
    repo.git(&["checkout", "--quiet", "-b", "sam"]);
    repo.write("items/V-1.yaml", ITEM.replace("status: open", "status: in-progress"));
    repo.commit("2026-01-07", "work starts");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("items/V-1.yaml", ITEM.replace("status: open", "status: deferred"));
    repo.commit("2026-01-07", "later");
    assert!(!repo.try_git(&repo.path(), &[], &["merge", "--quiet", "sam"]).status.success());
    let (out, _) = repo.poam(1, &["validate"]);
    assert!(out.contains("unresolved merge conflict, lines 7 to 11"), "{out}");
    for arguments in [&["show", "V-1"] as &[&str], &["transition", "V-1", "open"]] {
        let (_, err) = repo.poam(2, arguments);
        assert!(
            err.contains("items/V-1.yaml:7:1: unresolved merge conflict, lines 7 to 11"),
            "{err}"
        );
    }
    let (_, err) = repo.poam(1, &["list"]);
    assert!(err.contains("unresolved merge conflict"), "{err}");
    let (out, _) = repo.poam(1, &["validate", "--staged"]);
    assert!(out.contains("a merge left several versions of it"), "{out}");
    repo.write(
        "poam.yaml",
        "version: 1\n<<<<<<< HEAD\nwarn_days: 3\n=======\nwarn_days: 4\n>>>>>>> sam\n",
    );
    let (_, err) = repo.poam(2, &["list"]);
    assert!(err.contains("unresolved merge conflict, lines 2 to 6"), "{err}");
}

#[test]
fn a_commit_on_no_branch_is_warned_about() {
    let repo = tracker();
    let said = "warning: HEAD is detached";
    let (_, err) = repo.poam(0, &["review", "V-1", "--date", "2026-01-10"]);
    assert!(!err.contains(said), "{err}");
    repo.git(&["checkout", "--quiet", "--detach"]);
    for arguments in [
        &["review", "V-1", "--note", "seen"] as &[&str],
        &["transition", "V-1", "in-progress"],
        &["milestone", "start", "V-1", "1"],
        &[&["new", "--name", "W", "--risk", "low", "--commit"][..], &COMPLETE].concat(),
    ] {
        let (_, err) = repo.poam(0, arguments);
        assert!(err.contains(said) && err.contains("git switch -c"), "{arguments:?}: {err}");
    }
    let (_, err) = repo.poam(0, &["review", "V-1", "--note", "more", "--dry-run"]);
    assert!(!err.contains(said), "{err}");
}

#[test]
fn repositories_of_other_formats_are_named() {
    for (option, said) in [
        ("--object-format=sha256", "uses SHA-256 object names, which are not supported"),
        ("--ref-format=reftable", "keeps its branches in the `reftable` format"),
    ] {
        let repo = Repo::bare_folder();
        let made = repo.try_git(&repo.path(), &[], &["init", "--quiet", option]);
        if !made.status.success() {
            continue;
        }
        for arguments in [&["list"] as &[&str], &["init"], &["validate"], &["log"]] {
            let (_, err) = repo.poam(2, arguments);
            assert!(err.contains(said), "{option} {arguments:?}: {err}");
        }
    }
}
