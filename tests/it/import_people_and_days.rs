//! Tests of the people and days of imported documents: missing ones are recorded as unknown.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;
use serde_json::Value;

const HEADERS: &str = "POAM ID,Weakness Name,Original Detection Date,Original Risk Rating,Controls,Point of Contact,Comments,Planned Milestones,Milestone Changes,Status Date,Completion Date,Status";

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.commit("2026-01-01", "start");
    repo
}

/// A line for each event of an item: the day, the action and the field. None of them names an actor.
fn days(repo: &Repo, id: &str) -> Vec<String> {
    let (out, _) = repo.poam(0, &["log", id, "--format", "ndjson"]);
    let line = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["actor"], Value::Null, "{line}");
        assert_eq!(event["landed_by"]["name"], "Carl Committer", "{line}");
        let text = |key: &str| event[key].as_str().unwrap().to_owned();
        format!("{} {} {}", text("day"), text("action"), text("field")).trim().to_owned()
    };
    out.lines().map(line).collect()
}

#[test]
fn a_row_that_is_taken_apart_names_nobody_and_no_day_that_it_does_not_give() {
    let repo = tracker();
    repo.write(
        "../closed.csv",
        format!(
            "{HEADERS}\n\
             V-1,Telnet open,2025-10-05,Moderate,SC-7,Sam Roe,,\"(1) 2025-10-30: Close it\n\n(2) 2025-12-15: Scan\",\"(2) Update 2025-12-20 : late\n\n(1) Complete 2025-10-28 : done\",2025-11-20,,\n"
        ),
    );
    repo.poam(0, &["import", "../closed.csv", "--reconstruct", "--commit"]);
    assert_eq!(
        days(&repo, "V-1"),
        [
            "2025-10-05 item-created",
            // The entry says where it moved to, not when: it is known by the next day.
            "unknown milestone-rescheduled /milestones/1/due",
            "2025-10-28 milestone-completed /milestones/0/status",
            "unknown field-changed /controls",
            "unknown owner-changed /point_of_contact",
            // Of a closed row the day of its status is the day on which it was closed.
            "2025-11-20 status-changed /status",
            "2025-11-20 field-changed /completion_date",
            "unknown field-changed /extra",
        ]
        .map(str::to_owned)
    );
    let (log, _) = repo.poam(0, &["log", "V-1"]);
    assert!(log.contains("\n2025-10-28  not stated  "), "{log}");
    assert!(log.contains("\nday unknown  not stated  "), "{log}");
    assert!(log.contains("    known by 2025-11-20, landed by Carl Committer"), "{log}");
    let (table, _) = repo.poam(0, &["show", "V-1"]);
    assert!(
        table.contains("day unknown       not stated  owner-changed          owner: Sam Roe  [known by 2025-11-20]"),
        "{table}"
    );
    let (csv, _) = repo.poam(0, &["log", "V-1", "--action", "owner-changed", "--format", "csv"]);
    let row = csv.lines().nth(1).unwrap();
    assert!(row.starts_with("2025-11-20T12:00:00Z,") && row.contains("Z,,,,Carl"), "{row}");
    assert!(row.ends_with(",true,unknown"), "{row}");
    // Whoever imported it did none of it.
    let (all, _) = repo.poam(0, &["log", "V-1", "--actor", "Carl", "--format", "json"]);
    assert_eq!(all, "[]\n");
    repo.poam(0, &["-q", "report", "-o", "../report"]);
    let page = repo.read("../report/item/V-1.html");
    assert!(page.contains(">day unknown</time>") && page.contains("not stated"), "{page}");
    assert!(!page.contains("Ann Author"), "the author of the commit imported it");
    let (oscal, _) = repo.poam(0, &["-q", "export", "oscal"]);
    let oscal: Value = serde_json::from_str(&oscal).unwrap();
    let risk = &oscal["plan-of-action-and-milestones"]["risks"][0];
    let entries = risk["risk-log"]["entries"].as_array().unwrap();
    assert!(entries.iter().all(|entry| entry.get("logged-by").is_none()), "{entries:#?}");
    let is_unknown = |entry: &&Value| {
        let props = entry["props"].as_array().into_iter().flatten();
        let mut props = props.filter(|prop| prop["name"] == "day" && prop["value"] == "unknown");
        props.next().is_some()
    };
    assert_eq!(entries.iter().filter(is_unknown).count(), 4, "{entries:#?}");
}

#[test]
fn a_month_says_what_changed_and_not_on_which_day() {
    let repo = tracker();
    let month = |status: &str, owner: &str, changes: &str| {
        format!(
            "{HEADERS}\nV-1,Telnet open,2026-01-05,Moderate,SC-7,{owner},,(1) 2026-01-30: Close it,{changes},,,{status}\n"
        )
    };
    repo.write("../2026-01.csv", month("Open", "Sam Roe", ""));
    repo.write(
        "../2026-02.csv",
        month("In Progress", "Jane Doe", "(1) Complete 2026-02-10 : done"),
    );
    let months = [
        "import",
        "../2026-01.csv",
        "../2026-02.csv",
        "--map",
        "Status=status",
        "--commit",
        "--today",
        "2026-06-01",
    ];
    // A claim of a later day than that of its commit does not count.
    let mut command = repo.command(env!("CARGO_BIN_EXE_poam"), &repo.path());
    command.args(months).env("GIT_COMMITTER_DATE", "2026-06-01T12:00:00+00:00");
    assert!(command.output().unwrap().status.success());
    assert_eq!(
        days(&repo, "V-1"),
        [
            "unknown item-created",
            "unknown owner-changed /point_of_contact",
            "2026-02-10 milestone-completed /milestones/0/status",
            "unknown status-changed /status",
            "unknown field-changed /extra",
        ]
        .map(str::to_owned)
    );
}

#[test]
fn a_document_without_a_day_dates_nothing() {
    let repo = tracker();
    let register = |owner: &str| {
        format!("{HEADERS}\nV-1,Telnet open,2025-01-05,Moderate,SC-7,{owner},,,,,,Open\n")
    };
    for owner in ["Sam Roe", "Jane Doe"] {
        repo.write("../register.csv", register(owner));
        // The file was saved in the future, so that nothing says a day.
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(86_400 * 3_650);
        let file = std::fs::File::options().write(true).open(repo.beside("register.csv")).unwrap();
        file.set_modified(later).unwrap();
        repo.poam(0, &["import", "../register.csv", "--commit"]);
    }
    assert_eq!(
        days(&repo, "V-1"),
        ["unknown item-created", "unknown owner-changed /point_of_contact"].map(str::to_owned)
    );
}

#[test]
fn who_closes_what_is_no_longer_listed_did_not_close_it_on_a_day() {
    let repo = tracker();
    let row = |id: &str| format!("{id},Weakness {id},2026-01-05,Moderate,SC-7,Sam Roe,,,,,,Open\n");
    repo.write("../2026-01.csv", format!("{HEADERS}\n{}{}", row("V-1"), row("V-2")));
    repo.write("../2026-02.csv", format!("{HEADERS}\n{}", row("V-1")));
    let months =
        ["import", "../2026-01.csv", "../2026-02.csv", "--commit", "--today", "2026-06-01"];
    repo.poam(0, &[&months[..], &["--close-absent"]].concat());
    assert_eq!(
        days(&repo, "V-2")[1..],
        ["unknown status-changed /status", "unknown field-changed /completion_date"]
            .map(str::to_owned)
    );
}

#[test]
fn what_is_done_here_after_an_import_has_its_actor_and_its_day() {
    let repo = tracker();
    repo.write(
        "../2026-01.csv",
        format!("{HEADERS}\nV-1,Telnet open,2026-01-05,Moderate,SC-7,Sam Roe,,,,,,Open\n"),
    );
    repo.poam(0, &["import", "../2026-01.csv", "--commit", "--today", "2026-06-01"]);
    repo.poam(0, &["assign", "V-1", "--to", "Jane Doe"]);
    let (out, _) = repo.poam(0, &["log", "V-1", "--action", "owner-changed", "--format", "ndjson"]);
    let event: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(event["actor"]["name"], "Ann Author");
    assert_eq!(event["day"].as_str(), event["time"].as_str().map(|time| &time[..10]));
}
