//! The tasks of one person, of everybody, and as JSON.
#![allow(clippy::unwrap_used)]

use serde_json::Value;

use crate::support::Repo;

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write(
        "poam.yaml",
        "version: 1\npeople: [{name: Jane Doe}, {name: Sam Roe, email: sam@example.com}]\n",
    );
    let item = |id: &str, owner: &str, more: &str| {
        format!(
            "id: {id}\nweakness_name: Weakness {id}\npoint_of_contact: {owner}\n\
             original_detection_date: 2026-01-05\noriginal_risk_rating: moderate\n\
             status: in-progress\n{more}"
        )
    };
    let milestone =
        "milestones: [{id: 1, description: Close port 23 and scan again, due: 2026-01-28}]\n";
    repo.write("items/V-1.yaml", item("V-1", "{name: Jane Doe}", milestone));
    repo.write("items/V-2.yaml", item("V-2", "{name: Sam Roe}", ""));
    repo.commit("2026-01-20", "start");
    repo
}

fn todo(repo: &Repo, code: i32, arguments: &[&str]) -> (String, String) {
    repo.poam(code, &[&["--today", "2026-02-01", "todo"], arguments].concat())
}

#[test]
fn milestones_are_listed_with_the_command_that_completes_them() {
    let repo = tracker();
    let (out, _) = todo(&repo, 0, &["--owner", "jane"]);
    let expected = "\
Late: 1 task
  V-1, moderate | 2026-01-28, 4 days late | Jane Doe
    complete milestone 1: Close port 23 and scan again
    Weakness V-1
    $ poam milestone complete V-1 1
";
    assert_eq!(out, expected);
    // The command can be copied.
    repo.poam(0, &["--today", "2026-02-01", "milestone", "complete", "V-1", "1"]);
    let (out, _) = todo(&repo, 0, &["--owner", "jane"]);
    assert!(!out.contains("milestone"), "{out}");
}

#[test]
fn days_say_how_far_ahead() {
    let repo = tracker();
    // Moderate: due 90 days after 2026-01-05, on 2026-04-05.
    let (out, _) = todo(&repo, 0, &["--owner", "Sam Roe", "--days", "63"]);
    assert!(out.contains("V-2, moderate | 2026-04-05, in 63 days | Sam Roe"), "{out}");
    assert!(!todo(&repo, 0, &["--days", "62"]).0.contains("V-2"));
}

#[test]
fn me_is_who_git_says() {
    let repo = tracker();
    repo.git(&["config", "user.name", "S. Roe"]);
    repo.git(&["config", "user.email", "sam@example.com"]);
    let command = |variable: &str| {
        let mut command = repo.command(env!("CARGO_BIN_EXE_poam"), &repo.path());
        command.args(["--today", "2026-02-01", "todo", "--owner", "me", "--days", "90"]);
        command.env_remove(format!("GIT_AUTHOR_{variable}"));
        command.env_remove("GIT_AUTHOR_NAME").env_remove("GIT_AUTHOR_EMAIL");
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let out = command("DATE");
    assert!(out.contains("V-2") && !out.contains("V-1"), "{out}");
}

/// "Nothing to do" would be believed by somebody whose account has another name.
#[test]
fn an_account_that_nobody_is_named_by_is_an_error() {
    let repo = tracker();
    repo.git(&["config", "user.name", "sroe"]);
    repo.git(&["config", "user.email", "s@corp.example"]);
    let run = |arguments: &[&str]| {
        let mut command = repo.command(env!("CARGO_BIN_EXE_poam"), &repo.path());
        command.args(["--today", "2026-02-01"]).args(arguments);
        command.env_remove("GIT_AUTHOR_NAME").env_remove("GIT_AUTHOR_EMAIL");
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let expected = "you are `sroe <s@corp.example>` for git, whom no item and no entry of `people:` \
                    names; did you mean `Sam Roe`?";
    let (code, err) = run(&["todo", "--owner", "me"]);
    assert_eq!(code, Some(2));
    assert!(err.contains(expected), "{err}");
    let (code, err) = run(&["list", "--owner", "me"]);
    assert_eq!(code, Some(0));
    assert!(err.contains(expected), "{err}");
}

#[test]
fn an_unknown_name_is_an_error() {
    let (_, err) = todo(&tracker(), 2, &["--owner", "Jan Doe"]);
    assert!(err.contains("nobody here is called `Jan Doe`; did you mean `Jane Doe`?"), "{err}");
}

#[test]
fn json_has_every_task() {
    let (out, _) = todo(&tracker(), 0, &["--format", "json", "--days", "90", "--limit", "1"]);
    let list: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(list["version"], 1);
    assert_eq!((&list["as_of"], &list["until"]), (&"2026-02-01".into(), &"2026-05-02".into()));
    let tasks: Vec<(&str, &str, i64)> = list["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| {
            let text = |name: &str| task[name].as_str().unwrap();
            (text("item"), text("kind"), task["days"].as_i64().unwrap())
        })
        .collect();
    assert_eq!(tasks, [("V-1", "milestone", -4), ("V-1", "item", 63), ("V-2", "item", 63)]);
}
