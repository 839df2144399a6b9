//! `poam log`, `list`, `show`, `new`, `init`: the commands over a small history.
#![allow(clippy::unwrap_used)]

use crate::support::{COMPLETE, Repo};
use serde_json::Value;

const ITEM: &str = "id: V-1\nweakness_name: \"Open port \\e[31m\"\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\n";

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").commit("2026-01-01", "start");
    repo.write("items/V-1.yaml", ITEM).commit_as(
        "Jane Doe <jane@example.com>",
        "2026-01-02",
        "found",
    );
    repo.write("items/V-1.yaml", ITEM.replace("open\n", "deferred\n"))
        .commit("2026-01-05", "V-1: open -> deferred\n\nPoam-Reason: later");
    repo
}

#[test]
fn the_log_says_who_when_and_from_what_to_what() {
    let repo = tracker();
    let (out, _) = repo.poam(0, &["log", "V-1"]);
    let commits = repo.git(&["log", "--format=%H", "--abbrev-commit"]);
    let commits: Vec<&str> = commits.lines().map(|commit| &commit[..10]).collect();
    assert_eq!(
        out,
        format!(
            "2026-01-02 12:00  Jane Doe  {}\n    created: Open port \\u{{1b}}[31m\n    because: found\n    \
             landed by Carl Committer\n\
             2026-01-05 12:00  Ann Author  {}\n    status: open -> deferred\n    because: later\n    \
             landed by Carl Committer\n\
             2 events\n",
            commits[1], commits[0]
        )
    );
    let (out, _) = repo.poam(0, &["log", "V-1", "--format", "table"]);
    assert_eq!(
        out,
        "2026-01-02 12:00  Jane Doe    item-created    Open port \\u{1b}[31m  (found)  [landed by Carl Committer]\n\
         2026-01-05 12:00  Ann Author  status-changed  status: open -> deferred  (later)  [landed by Carl Committer]\n\
         2 events\n"
    );
    let (out, _) = repo.poam(0, &["log", "--format", "ndjson", "--action", "status-changed"]);
    let event: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (event["item"].as_str(), event["old"].as_str(), event["new"].as_str()),
        (Some("V-1"), Some("open"), Some("deferred"))
    );
    assert_eq!(
        (event["actor"]["email"].as_str(), event["signature"].as_str()),
        (Some("ann@example.com"), Some("none"))
    );
    for (filter, count) in [
        (&["--since", "2026-01-03"][..], 1),
        (&["--until", "2026-01-02"], 2),
        (&["--actor", "jane"], 1),
        (&["--actor", "CARL@"], 3),
        (&["--family", "cm"], 3),
        (&["--family", "ac"], 0),
        (&["--practice", "3.4.3"], 3),
        (&["--practice", "au.l2-3.3.1"], 0),
        (&["--action", "item-created", "--action", "status-changed"], 2),
        (&["--since", "2026-01-02", "--until", "2026-01-04"], 1),
        (&["--reconstructed"], 0),
        (&["--as-of", "HEAD~1"], 2),
        (&["--as-of", "2026-01-01"], 1),
        (&["V-1", "--as-of", "2026-01-03"], 1),
    ] {
        let (out, _) = repo.poam(0, &[&["log", "--format", "json"], filter].concat());
        assert_eq!(
            serde_json::from_str::<Value>(&out).unwrap().as_array().unwrap().len(),
            count,
            "{filter:?}"
        );
    }
}

#[test]
fn an_actor_whom_nobody_knows_is_an_error_and_no_empty_answer() {
    let repo = tracker();
    repo.write("poam.yaml", "version: 1\npeople: [{name: Olga Person, email: olga@example.com}]\n")
        .commit("2026-01-06", "people");
    for format in ["table", "json", "ndjson", "csv"] {
        for (actor, help) in [
            ("Jnae", "did you mean `Jane Doe`?"),
            ("ann autor", "did you mean `Ann Author`?"),
            ("zzz", "known are Ann Author, Carl Committer, Jane Doe, Olga Person"),
        ] {
            let (out, err) = repo.poam(2, &["log", "--actor", actor, "--format", format]);
            assert_eq!(out, "", "{format}");
            assert_eq!(err.trim(), format!("error: nobody is known as `{actor}`: {help}"));
        }
        // Who is known may have done nothing, or nothing to this item.
        let (out, _) = repo.poam(0, &["log", "--actor", "olga@", "--format", format]);
        assert!(!out.contains("V-1"), "{out}");
    }
    let (_, err) = repo.poam(2, &["log", "V-1", "--actor", "Jnae"]);
    assert!(err.contains("did you mean `Jane Doe`?"), "{err}");
}

#[test]
fn a_spreadsheet_gets_every_field_and_no_formula() {
    let repo = tracker();
    repo.write("items/V-2.yaml", ITEM.replace("V-1", "V-2").replace("Open", "=cmd()"))
        .commit("2026-01-06", "=HYPERLINK(1)");
    let (out, _) = repo.poam(0, &["log", "--format", "csv"]);
    let lines: Vec<&str> = out.split("\r\n").collect();
    let (schema, _) = repo.poam(0, &["schema", "event"]);
    let schema: Value = serde_json::from_str(&schema).unwrap();
    for field in schema["properties"].as_object().unwrap().keys() {
        let named = |column: &str| column == field || column == format!("{field}_name");
        assert!(lines[0].split(',').any(named), "no column {field}: {}", lines[0]);
    }
    assert!(lines[3].contains(",status-changed,/status,open,deferred,,,,later,CM,"), "{out}");
    assert!(lines[4].contains(",'=HYPERLINK(1),CM,CM.L2-3.4.3 "), "{out}");
    let (_, err) = repo.poam(2, &["log", "--practice", "3.9.9"]);
    assert!(err.contains("known are AC.L2-3.1.1, "), "{err}");
}

#[test]
fn what_was_reconstructed_is_marked_and_can_be_asked_for() {
    let repo = tracker();
    repo.write("items/V-2.yaml", ITEM.replace("V-1", "V-2"));
    let line = r#"{"source":"a.xlsx","source_id":"b","day":"2025-03-31"}"#;
    repo.write("imports/documents.ndjson", format!("{line}\n"));
    let row = r#"{"item":"V-2","layout":"x","row":{"weakness_name":"Open port \u001b[31m","original_detection_date":"2026-01-01"}}"#;
    repo.write("imports/items.ndjson", format!("{row}\n"));
    repo.git(&["add", "--all"]);
    let message = "x\n\nPoam-Reconstructed: true\nPoam-Source: a.xlsx\nPoam-Source-Id: b";
    let dates = [
        ("GIT_AUTHOR_DATE", "2025-03-31T12:00:00Z"),
        ("GIT_COMMITTER_DATE", "2026-01-06T12:00:00Z"),
    ];
    repo.git_with(&dates, &["commit", "--quiet", "-m", message]);
    let (out, _) = repo.poam(0, &["log", "--reconstructed", "--format", "timeline"]);
    assert!(out.starts_with("day unknown  not stated  "), "{out}");
    assert!(
        out.ends_with(
            "    V-2  created: Open port \\u{1b}[31m\n    known by 2025-03-31, landed by Carl Committer, reconstructed from \
             a.xlsx, landed 2026-01-06\n1 event\n"
        ),
        "{out}"
    );
}

#[test]
fn signatures_are_checked_where_somebody_asks() {
    let repo = tracker();
    let key = repo.beside("key").display().to_string();
    let arguments = ["-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", &key];
    let made = repo.command("ssh-keygen", &repo.path()).args(arguments).status();
    if made.is_err() {
        eprintln!("skipped: no ssh-keygen here");
        return;
    }
    repo.write("items/V-1.yaml", ITEM).git(&["add", "--all"]);
    let signing = format!("user.signingkey={key}");
    let commit =
        ["-c", "gpg.format=ssh", "-c", &signing, "commit", "--quiet", "-S", "-m", "signed"];
    repo.git(&commit);
    let public = std::fs::read_to_string(format!("{key}.pub")).unwrap();
    std::fs::write(repo.beside("signers"), format!("ann@example.com {public}")).unwrap();
    repo.git(&[
        "config",
        "gpg.ssh.allowedSignersFile",
        &repo.beside("signers").display().to_string(),
    ]);
    let signatures = |more: &[&str]| -> Vec<String> {
        let (out, _) = repo.poam(0, &[&["log", "V-1", "--format", "json"], more].concat());
        let events: Value = serde_json::from_str(&out).unwrap();
        let of = |event: &Value| event["signature"].as_str().unwrap().to_owned();
        events.as_array().unwrap().iter().map(of).collect()
    };
    assert_eq!(signatures(&[]), ["none", "none", "unknown"]);
    assert_eq!(signatures(&["--signatures"]), ["none", "none", "good"]);
}

/// Every event that is printed holds against the published schema.
#[test]
fn events_hold_against_their_schema() {
    let repo = tracker();
    let (schema, _) = repo.poam(0, &["schema", "event"]);
    let schema = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let (out, _) = repo.poam(0, &["log", "--format", "ndjson"]);
    for line in out.lines() {
        let event = serde_json::from_str(line).unwrap();
        assert!(validator.is_valid(&event), "{line}: {:?}", validator.iter_errors(&event).next());
    }
}

#[test]
fn a_shallow_clone_is_refused_by_every_command_that_reads_history() {
    let repo = tracker();
    let url = format!("file://{}", repo.path().display());
    let shallow = repo.beside("shallow").display().to_string();
    repo.git(&["clone", "--quiet", "--depth=1", &url, &shallow]);
    for arguments in [
        &["log"][..],
        &["workbook", "-o", "w.xlsx"],
        &["summary"],
        &["show", "V-1"],
        // The due date of an item counts from its first landed version.
        &["list"],
        &["list", "--format", "json"],
    ] {
        let (_, err) = repo.poam(2, &[&["-C", shallow.as_str()], arguments].concat());
        assert!(err.contains("fetch-depth: 0"), "{arguments:?}: {err}");
    }
}

#[test]
fn list_and_show_say_where_items_stand() {
    let repo = tracker();
    let (out, _) =
        repo.poam(0, &["--today", "2026-02-10", "list", "--overdue", "--format", "json"]);
    let items: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(out, format!("{items:#}\n"));
    assert_eq!(repo.poam(0, &["list", "--owner", "nobody", "--format", "json"]).0, "[]\n");
    let derived = &items[0]["derived"];
    assert_eq!(
        (derived["status_date"].as_str(), derived["effective_due"].as_str()),
        (Some("2026-01-05"), Some("2026-01-31"))
    );
    assert_eq!(
        (
            derived["days_open"].as_i64(),
            derived["days_overdue"].as_i64(),
            derived["sheet"].as_str()
        ),
        (Some(40), Some(10), Some("open"))
    );
    for (filter, found) in [
        (&["--status", "deferred"][..], true),
        (&["--status", "open"], false),
        (&["--risk", "high"], true),
        (&["--no-owner"], true),
        (&["--owner", "jane"], false),
        (&["--text", "open PORT"], true),
        (&["--detected-after", "2026-01-01"], false),
    ] {
        let (out, _) = repo.poam(0, &[&["list"], filter].concat());
        assert_eq!(out.contains("V-1"), found, "{filter:?}: {out}");
        assert!(!out.contains('\u{1b}'));
    }
    let (out, _) = repo.poam(0, &["list", "--format", "csv"]);
    assert!(out.starts_with("id,status,risk,"), "{out}");
    let (out, _) = repo.poam(0, &["--today", "2026-02-10", "show", "V-1"]);
    assert!(
        out.contains(
            "due 2026-01-31 · 10 days overdue · open for 40 days · last changed 2026-01-05"
        ),
        "{out}"
    );
    let (_, err) = repo.poam(2, &["show", "W1"]);
    assert_eq!(err, "error: no item has the id `W1`; `poam list` shows all\n");
}

#[test]
fn new_takes_an_id_that_no_branch_has() {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.commit("2026-01-01", "start");
    let new = |more: &[&str]| {
        repo.poam(
            0,
            &[&["--today", "2026-02-01", "new", "--name", "Open port", "--risk", "high"], more]
                .concat(),
        )
        .0
    };
    repo.git(&["checkout", "--quiet", "-b", "other"]);
    let complete = [&COMPLETE[..], &["--commit"]].concat();
    assert_eq!(new(&complete), "items/2026/0000/POAM-2026-001.yaml\n");
    repo.git(&["checkout", "--quiet", "main"]);
    assert_eq!(
        new(&["--owner", "Jane Doe", "--control", "SI-2"]),
        "items/2026/0000/POAM-2026-002.yaml\n"
    );
    let text = repo.read("items/2026/0000/POAM-2026-002.yaml");
    assert!(
        text.starts_with("# yaml-language-server: $schema=../../../schema/item.schema.json\n"),
        "{text}"
    );
    assert!(
        text.contains("scheduled_completion_date: 2026-03-03\n") && text.contains("# assets:\n"),
        "{text}"
    );
    assert_eq!(
        repo.git(&["status", "--porcelain", "-uall"]),
        "?? items/2026/0000/POAM-2026-002.yaml\n"
    );
    let (_, err) = repo.poam(2, &["new", "--name", "x", "--risk", "high", "--id", "POAM-2026-001"]);
    assert!(err.contains("is taken, here or on another branch"), "{err}");
    assert!(repo.path().join("schema/item.schema.json").is_file());
    let (out, _) = repo.poam(0, &["init"]);
    assert!(out.contains("kept poam.yaml"), "{out}");
}

#[test]
fn new_takes_no_id_of_an_item_that_is_gone() {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.commit("2026-01-01", "start");
    let new = ["--today", "2026-02-01", "new", "--name", "Open port", "--risk", "high"];
    for number in ["001", "002"] {
        let (path, _) = repo.poam(0, &[&new[..], &COMPLETE, &["--commit"]].concat());
        assert_eq!(path, format!("items/2026/0000/POAM-2026-{number}.yaml\n"));
    }
    repo.remove("items/2026/0000/POAM-2026-002.yaml").commit("2026-01-02", "gone");
    let (_, err) = repo.poam(2, &[&new[..], &["--id", "POAM-2026-002"]].concat());
    assert!(err.contains("was the id of an item that is gone"), "{err}");
    let (path, _) = repo.poam(0, &new);
    assert_eq!(path, "items/2026/0000/POAM-2026-003.yaml\n");
    // A clone without the history does not know, and says so.
    let (from, to) = (format!("file://{}", repo.path().display()), repo.beside("shallow"));
    repo.git(&["clone", "--quiet", "--depth", "1", &from, to.to_str().unwrap()]);
    let to = to.to_str().unwrap();
    let (path, err) = repo.poam(0, &[&["-C", to], &new[..]].concat());
    assert_eq!(path, "items/2026/0000/POAM-2026-002.yaml\n");
    assert!(err.contains("shallow clone"), "{err}");
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::io::Read;
    let repo = tracker();
    let program = env!("CARGO_BIN_EXE_poam");
    let mut child = repo
        .command(program, &repo.path())
        .args(["schema", "item"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    let code = child.wait().unwrap().code();
    assert!(err.is_empty() && matches!(code, Some(0 | 141)), "{code:?} {err}");
}
