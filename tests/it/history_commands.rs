//! Tests of the events of items in a real repository.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;
use poam::history::{Action, Event, Family, History, read};
use poam::repository::Repository;

const ITEM: &str = "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nscheduled_completion_date: 2026-01-31\n";

fn history(repo: &Repo) -> History {
    let repository = Repository::open(&repo.path()).unwrap();
    let head = repository.head().unwrap().unwrap();
    read(&repository, head, "", "items/").unwrap()
}

/// One line per event: day, actor, item, action, field, old, new.
fn told(events: &[Event]) -> Vec<String> {
    let short = |value: &serde_json::Value| match value {
        serde_json::Value::Object(_) => "{…}".to_owned(),
        other => other.to_string(),
    };
    events
        .iter()
        .map(|it| {
            let item = it.item.as_ref().map_or("-", |id| id.as_str());
            format!(
                "{} {} {item} {} {} {} {}",
                it.time.date_naive(),
                it.actor_name(),
                it.action,
                it.field,
                short(&it.old.value()),
                short(&it.new.value())
            )
        })
        .collect()
}

#[test]
fn an_item_s_life_is_told_by_its_commits() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").commit("2026-01-01", "start");
    repo.write("items/V-1.yaml", ITEM).commit_as(
        "Jane Doe <jane@example.com>",
        "2026-01-02",
        "Found by the scan",
    );
    repo.write(
        "items/V-1.yaml",
        format!("# reformatted\n{}", ITEM.replace("status: open", "status:   'open'")),
    )
    .commit("2026-01-03", "format");
    repo.git(&["mv", "items/V-1.yaml", "items/moved.yaml"]);
    repo.commit("2026-01-04", "move");
    repo.write("items/moved.yaml", ITEM.replace("status: open", "status: in-progress")).commit_as(
        "Sam Roe <sam@example.com>",
        "2026-01-05",
        "V-1: open -> in-progress\n\nPoam-Reason: work starts",
    );
    repo.write("items/moved.yaml", "id: [").commit("2026-01-06", "oops");
    repo.write(
        "items/moved.yaml",
        ITEM.replace("status: open", "status: in-progress").replace("01-31", "02-20"),
    )
    .commit("2026-01-07", "mend");
    repo.write("poam.yaml", "version: 1\npeople: [Jane Doe]\n").commit("2026-01-08", "people");
    repo.remove("items/moved.yaml").commit("2026-01-09", "gone");
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-10", "again");
    repo.git(&["mv", "items/V-1.yaml", "items/V-2.yaml"]);
    repo.write("items/V-2.yaml", ITEM.replace("V-1", "V-2"))
        .write("items/README.md", "x")
        .commit("2026-01-11", "another id");
    let history = history(&repo);
    assert_eq!(
        told(&history.events),
        [
            "2026-01-01 Ann Author - settings-changed  null {…}",
            "2026-01-02 Jane Doe V-1 item-created  null {…}",
            "2026-01-05 Sam Roe V-1 status-changed /status \"open\" \"in-progress\"",
            "2026-01-06 Ann Author V-1 unreadable  null \"file is not YAML: unclosed bracket '['\"",
            "2026-01-07 Ann Author V-1 schedule-changed /scheduled_completion_date \"2026-01-31\" \"2026-02-20\"",
            "2026-01-08 Ann Author - settings-changed /people null [\"Jane Doe\"]",
            "2026-01-09 Ann Author V-1 item-deleted  {…} null",
            "2026-01-10 Ann Author V-1 item-created  null {…}",
            "2026-01-11 Ann Author V-2 item-renamed /id \"V-1\" \"V-2\"",
        ]
    );
    let reasons: Vec<_> =
        history.events.iter().map(|it| it.reason.as_deref().unwrap_or_default()).collect();
    assert_eq!(reasons[1..3], ["Found by the scan", "work starts"]);
    assert_eq!(history.events[5].evidence_family, Family::AccessControl);
    assert_eq!(history.events[3].evidence_family, Family::Audit);
    assert_eq!(history.events[1].landed_by.name, "Carl Committer");
    let id = "V-1".parse().unwrap();
    let record = history.record(&id).unwrap();
    assert_eq!(
        history.first(&id).unwrap().scheduled_completion_date.unwrap().to_string(),
        "2026-01-31"
    );
    assert_eq!(
        (record.created.to_rfc3339(), record.status_date().to_string()),
        ("2026-01-02T12:00:00+00:00".into(), "2026-01-10".into())
    );
    assert_eq!(history.times_rescheduled(&id), 1);
    assert_eq!(history.events_of(&id).filter(|it| it.action == Action::ItemCreated).count(), 2);
}

#[test]
fn a_merge_tells_what_landed_who_made_it_and_who_landed_it() {
    let repo = Repo::new();
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-01", "start");
    repo.git(&["checkout", "--quiet", "-b", "work"]);
    repo.write("items/V-1.yaml", ITEM.replace("open", "deferred")).commit_as(
        "Jane Doe <jane@example.com>",
        "2026-01-02",
        "first try",
    );
    repo.write("items/V-1.yaml", ITEM.replace("open", "in-progress")).commit_as(
        "Sam Roe <sam@example.com>",
        "2026-01-03",
        "second try\n\nPoam-Reason: work starts",
    );
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git_with(
        &[("GIT_COMMITTER_DATE", "2026-01-09T08:00:00+00:00")],
        &["merge", "--quiet", "--no-ff", "--no-edit", "work"],
    );
    let history = history(&repo);
    assert_eq!(
        told(&history.events)[1..],
        ["2026-01-09 Sam Roe V-1 status-changed /status \"open\" \"in-progress\""],
        "what landed, not the way there"
    );
    let event = &history.events[1];
    assert_eq!(event.co_actors[0].name, "Jane Doe");
    assert_eq!(
        event.reason.as_deref(),
        Some("first try; work starts"),
        "not `Merge branch 'work'`"
    );
    assert_eq!(event.landed_by.name, "Carl Committer");
}

#[test]
fn a_reconstructed_event_has_the_date_of_its_source_and_says_so() {
    let repo = Repo::new();
    repo.write("items/V-1.yaml", ITEM);
    let id = record_document(&repo, "2025-03.xlsx", "2025-03-31");
    repo.git(&["add", "--all"]);
    repo.git_with(
        &[("GIT_AUTHOR_DATE", "2025-03-31T12:00:00+00:00")],
        &["commit", "--quiet", "-m", &claim("2025-03.xlsx", &id)],
    );
    let event = history(&repo).events.remove(0);
    assert_eq!(event.time.date_naive().to_string(), "2025-03-31");
    assert!(event.reconstructed && event.evidence_family == Family::Audit);
    assert_eq!(
        (event.source.as_deref(), event.source_id.as_deref()),
        (Some("2025-03.xlsx"), Some("sha256:0"))
    );
    assert_eq!(event.reason, None, "the subject of our own commits is no reason");
}

fn renamed(text: &str, to: &str) -> String {
    text.replace("id: V-1", &format!("id: {to}"))
}

#[test]
fn another_id_does_not_shake_off_the_past() {
    let repo = Repo::new();
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-01", "start");
    let later = ITEM.replace("01-31", "02-10");
    repo.write("items/V-1.yaml", &later).commit("2026-01-02", "later");
    repo.git(&["mv", "items/V-1.yaml", "items/V-2.yaml"]);
    repo.write("items/V-2.yaml", renamed(&later, "V-2")).commit("2026-01-03", "another id");
    // Edited in the same commit, once with the file and once without.
    repo.git(&["mv", "items/V-2.yaml", "items/V-3.yaml"]);
    let working = later.replace("open", "in-progress");
    repo.write("items/V-3.yaml", renamed(&working, "V-3")).commit("2026-01-04", "and work");
    let last = working.replace("02-10", "02-20");
    repo.write("items/V-3.yaml", renamed(&last, "V-4")).commit("2026-01-05", "and later");
    // The first id is taken by another item.
    repo.write("items/V-1.yaml", ITEM.replace(": W", ": X").replace("01-31", "03-31"))
        .commit("2026-01-06", "another item");
    let history = history(&repo);
    let id = |text: &str| text.parse().unwrap();
    let life: Vec<Event> = history.events_of(&id("V-4")).cloned().collect();
    assert_eq!(
        told(&life),
        [
            "2026-01-01 Ann Author V-1 item-created  null {…}",
            "2026-01-02 Ann Author V-1 schedule-changed /scheduled_completion_date \"2026-01-31\" \"2026-02-10\"",
            "2026-01-03 Ann Author V-2 item-renamed /id \"V-1\" \"V-2\"",
            "2026-01-04 Ann Author V-3 item-renamed /id \"V-2\" \"V-3\"",
            "2026-01-04 Ann Author V-3 status-changed /status \"open\" \"in-progress\"",
            "2026-01-05 Ann Author V-4 item-renamed /id \"V-3\" \"V-4\"",
            "2026-01-05 Ann Author V-4 schedule-changed /scheduled_completion_date \"2026-02-10\" \"2026-02-20\"",
        ]
    );
    assert_eq!(history.times_rescheduled(&id("V-4")), 2);
    let record = history.record(&id("V-4")).unwrap();
    let scheduled = |history: &History, name: &str| {
        history.first(&id(name)).unwrap().scheduled_completion_date.unwrap().to_string()
    };
    assert_eq!(scheduled(&history, "V-4"), "2026-01-31");
    assert_eq!(record.created.date_naive().to_string(), "2026-01-01");
    let first = scheduled(&history, "V-1");
    assert_eq!((first, history.events_of(&id("V-1")).count()), ("2026-03-31".into(), 1));
    let went = history.events_of(&id("V-2")).next_back().unwrap();
    assert_eq!((went.action, &went.new), (Action::ItemRenamed, &"V-3".into()));
    let commits: Vec<_> = ["HEAD", "HEAD~1"]
        .map(|name| Repository::open(&repo.path()).unwrap().resolve_revision(name).unwrap())
        .into();
    let before = history.without_commits(&commits);
    assert_eq!(scheduled(&before, "V-1"), "2026-01-31");
    assert_eq!(before.times_rescheduled(&id("V-3")), 1);
    repo.write("poam.yaml", "version: 1\n");
    let (log, _) = repo.poam(0, &["log", "V-4", "--format", "table"]);
    assert!(log.contains("item-created") && log.ends_with("7 events\n"), "{log}");
}

#[test]
fn a_plan_that_is_renumbered_keeps_what_can_be_told_apart() {
    let repo = Repo::new();
    let item = |id: String, name: usize| renamed(ITEM, &id).replace(": W", &format!(": W {name}"));
    for number in 0..2000 {
        repo.write(&format!("items/A-{number}.yaml"), item(format!("A-{number}"), number));
    }
    repo.write("items/T-1.yaml", renamed(ITEM, "T-1"))
        .write("items/T-2.yaml", renamed(ITEM, "T-2"));
    repo.commit("2026-01-01", "start");
    for number in 0..2000 {
        repo.remove(&format!("items/A-{number}.yaml"));
        repo.write(&format!("items/B-{number}.yaml"), item(format!("B-{number}"), 1999 - number));
    }
    repo.remove("items/T-1.yaml").remove("items/T-2.yaml");
    repo.write("items/T-3.yaml", renamed(ITEM, "T-3"))
        .write("items/T-4.yaml", renamed(ITEM, "T-4"));
    repo.commit("2026-01-02", "renumbered");
    let history = history(&repo);
    let second: Vec<&Event> = history.events.iter().skip(2002).collect();
    let count = |action| second.iter().filter(|event| event.action == action).count();
    assert_eq!(count(Action::ItemRenamed), 2000);
    let origin = second.iter().find(|event| event.new == "B-0").unwrap();
    assert_eq!(origin.old, "A-1999");
    // Nobody knows which twin became which.
    assert_eq!(
        (count(Action::ItemDeleted), count(Action::ItemCreated), second.len()),
        (2, 2, 2004)
    );
}

#[test]
fn a_second_file_with_an_id_neither_creates_nor_deletes_the_item() {
    let repo = Repo::new();
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-01", "start");
    repo.write("items/copy.yaml", ITEM).commit("2026-01-02", "copied");
    repo.write("items/copy.yaml", ITEM.replace("open", "deferred")).commit("2026-01-03", "edited");
    repo.remove("items/copy.yaml").commit("2026-01-04", "gone");
    repo.write("items/copy.yaml", ITEM.replace("open", "deferred")).commit("2026-01-05", "again");
    repo.remove("items/V-1.yaml").commit("2026-01-06", "the first is gone");
    repo.write("items/copy.yaml", ITEM).commit("2026-01-07", "this is the item now");
    repo.remove("items/copy.yaml").commit("2026-01-08", "end");
    repo.write("items/a.yaml", ITEM).write("items/b.yaml", ITEM).commit("2026-01-09", "two");
    assert_eq!(
        told(&history(&repo).events),
        [
            "2026-01-01 Ann Author V-1 item-created  null {…}",
            "2026-01-02 Ann Author V-1 unreadable  null \"a second file with the id V-1: items/copy.yaml\"",
            "2026-01-03 Ann Author V-1 unreadable  null \"a second file with the id V-1 was changed: items/copy.yaml\"",
            "2026-01-04 Ann Author V-1 unreadable  null \"a second file with the id V-1 is gone: items/copy.yaml\"",
            "2026-01-05 Ann Author V-1 unreadable  null \"a second file with the id V-1: items/copy.yaml\"",
            "2026-01-06 Ann Author V-1 unreadable  null \"one of the files with the id V-1 is gone: items/V-1.yaml\"",
            "2026-01-06 Ann Author V-1 status-changed /status \"open\" \"deferred\"",
            "2026-01-07 Ann Author V-1 status-changed /status \"deferred\" \"open\"",
            "2026-01-08 Ann Author V-1 item-deleted  {…} null",
            "2026-01-09 Ann Author V-1 item-created  null {…}",
            "2026-01-09 Ann Author V-1 unreadable  null \"a second file with the id V-1: items/b.yaml\"",
        ]
    );
}

/// The message of an import.
fn claim(source: &str, id: &str) -> String {
    format!("import\n\nPoam-Reconstructed: true\nPoam-Source: {source}\nPoam-Source-Id: {id}\n")
}

/// Adds a document to the record of imports, with rows that state what all items hold; returns its digest.
fn record_document(repo: &Repo, source: &str, day: &str) -> String {
    let path = "imports/documents.ndjson";
    let before = std::fs::read_to_string(repo.path().join(path)).unwrap_or_default();
    let id = format!("sha256:{}", before.lines().count());
    let line = format!(r#"{{"source":"{source}","source_id":"{id}","day":"{day}"}}"#);
    repo.write(path, format!("{before}{line}\n"));
    record_rows(repo);
    id
}

/// Writes a row for each item, with its values.
fn record_rows(repo: &Repo) {
    let mut rows = String::new();
    for file in std::fs::read_dir(repo.path().join("items")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let value = |field: &str| {
            text.lines().find_map(|line| line.strip_prefix(&format!("{field}: "))).unwrap()
        };
        let row = serde_json::json!({
            "item": value("id"), "layout": "fedramp", "row": {
                "weakness_name": value("weakness_name"),
                "original_detection_date": value("original_detection_date"),
                "scheduled_completion_date": value("scheduled_completion_date"),
            },
        });
        rows += &format!("{row}\n");
    }
    repo.write("imports/items.ndjson", rows);
}

/// Commits everything as what a document of a day says, with its record.
fn commit_import(repo: &Repo, day: &str, committer: &str) {
    let id = record_document(repo, "2025-03.xlsx", day);
    commit_dated(repo, day, committer, &claim("2025-03.xlsx", &id));
}

/// Commits everything on a day, as if it had been written on another.
fn commit_dated(repo: &Repo, author: &str, committer: &str, message: &str) {
    repo.git(&["add", "--all"]);
    let date = |day: &str| format!("{day}T12:00:00+00:00");
    repo.git_with(
        &[("GIT_AUTHOR_DATE", &date(author)), ("GIT_COMMITTER_DATE", &date(committer))],
        &["commit", "--quiet", "-m", message],
    );
}

/// One line per event: its day, the day it landed, action, and what it was reconstructed from.
fn dated(history: &History) -> Vec<String> {
    let line = |it: &Event| {
        let from = if it.reconstructed { it.source.as_deref().unwrap() } else { "-" };
        let (day, landed) = (it.time.date_naive(), it.landed.date_naive());
        let item = it.item.as_ref().map_or("-", |id| id.as_str());
        format!("{day} {landed} {item} {} {from}", it.action)
    };
    history.events.iter().map(line).collect()
}

#[test]
fn only_a_new_item_with_a_source_is_older_than_its_landing() {
    let repo = Repo::new();
    let text = |id: &str| renamed(ITEM, id);
    repo.write("items/V-1.yaml", ITEM);
    commit_dated(&repo, "2025-01-01", "2026-01-01", "x\n\nPoam-Reconstructed: true\n");
    repo.write("items/V-2.yaml", text("V-2"));
    let no_id = "x\n\nPoam-Reconstructed: true\nPoam-Source: a.xlsx\nPoam-Source-Id:\n";
    commit_dated(&repo, "2025-01-01", "2026-01-02", no_id);
    repo.write("items/V-3.yaml", text("V-3"))
        .write("items/V-1.yaml", ITEM.replace("open", "closed"));
    commit_import(&repo, "2025-01-01", "2026-01-03");
    repo.write("items/V-4.yaml", text("V-4"));
    commit_import(&repo, "2026-09-09", "2026-01-04");
    repo.remove("items/V-3.yaml");
    commit_dated(&repo, "2025-01-01", "2026-01-05", "gone");
    repo.write("items/V-3.yaml", text("V-3"));
    commit_import(&repo, "2025-01-01", "2026-01-06");
    assert_eq!(
        dated(&history(&repo)),
        [
            "2026-01-01 2026-01-01 V-1 item-created -",
            "2026-01-02 2026-01-02 V-2 item-created -",
            "2026-01-03 2026-01-03 V-1 status-changed 2025-03.xlsx",
            "2025-01-01 2026-01-03 V-3 item-created 2025-03.xlsx",
            "2026-01-04 2026-01-04 V-4 item-created 2025-03.xlsx",
            "2026-01-05 2026-01-05 V-3 item-deleted -",
            "2026-01-06 2026-01-06 V-3 item-created 2025-03.xlsx",
        ]
    );
}

#[test]
fn an_import_that_is_merged_is_still_reconstructed() {
    let repo = Repo::new();
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-01", "start");
    repo.git(&["checkout", "--quiet", "-b", "import"]);
    repo.write("items/V-2.yaml", renamed(ITEM, "V-2"));
    commit_import(&repo, "2025-03-31", "2026-01-02");
    repo.write("items/V-3.yaml", renamed(ITEM, "V-3"));
    let id = record_document(&repo, "2025-04.xlsx", "2025-04-30");
    commit_dated(&repo, "2025-04-30", "2026-01-02", &claim("2025-04.xlsx", &id));
    repo.write("items/V-1.yaml", ITEM.replace("open", "closed")).commit("2026-01-03", "by hand");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git_with(
        &[("GIT_COMMITTER_DATE", "2026-01-09T08:00:00+00:00")],
        &["merge", "--quiet", "--no-ff", "--no-edit", "import"],
    );
    let history = history(&repo);
    assert_eq!(
        dated(&history)[1..],
        [
            "2026-01-09 2026-01-09 V-1 status-changed -",
            "2025-03-31 2026-01-09 V-2 item-created 2025-03.xlsx",
            "2025-04-30 2026-01-09 V-3 item-created 2025-04.xlsx",
        ]
    );
    assert_eq!(history.events[2].source_id.as_deref(), Some("sha256:0"));
}

#[test]
fn an_edit_made_in_the_merge_of_an_import_is_not_reconstructed() {
    let closed = |text: &str| text.replace("open", "closed");
    for by_hand in [false, true] {
        let repo = Repo::new();
        repo.write("items/V-1.yaml", ITEM).commit("2026-01-01", "start");
        repo.git(&["checkout", "--quiet", "-b", "import"]);
        repo.write("items/V-1.yaml", closed(ITEM));
        commit_import(&repo, "2025-03-31", "2026-01-02");
        repo.git(&["checkout", "--quiet", "main"]);
        repo.git(&["merge", "--quiet", "--no-ff", "--no-commit", "import"]);
        if by_hand {
            repo.write("items/V-1.yaml", format!("{}comments: mine\n", closed(ITEM)));
        }
        repo.commit("2026-01-09", "Merge branch 'import'");
        for event in &history(&repo).events[1..] {
            assert_eq!(event.reconstructed, !by_hand, "{event:?}");
            assert_eq!(event.source.is_some(), !by_hand);
        }
    }
}

/// Returns the last event, and whether `verify` calls its claim unrecorded.
fn last_event(repo: &Repo) -> (String, bool) {
    let line = dated(&history(repo)).pop().unwrap();
    let head = repo.git(&["rev-parse", "HEAD"]);
    let verified = repo.try_poam(&["verify", "--format", "json"]);
    let verified: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap();
    let findings = verified["findings"].as_array().unwrap();
    let is_of_claim = |finding: &&serde_json::Value| {
        finding["finding"] == "unrecorded-claim" && finding["commit"] == head.trim()
    };
    let found = findings.iter().find(is_of_claim);
    assert!(found.is_none_or(|finding| finding["level"] == "error"), "{found:?}");
    (line, found.is_some())
}

#[test]
fn a_claim_counts_only_with_the_record_of_its_document_and_day_in_the_same_commit() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").commit("2026-01-01", "start");
    let landed = "2026-02-01";
    let new = |id: &str| {
        repo.write(&format!("items/{id}.yaml"), renamed(ITEM, id));
    };
    // As an import writes it.
    new("V-1");
    commit_import(&repo, "2025-03-31", landed);
    let of_document =
        |day: &str, id: &str| format!("{day} {landed} {id} item-created 2025-03.xlsx");
    let by_hand = |id: &str| format!("{landed} {landed} {id} item-created -");
    assert_eq!(last_event(&repo), (of_document("2025-03-31", "V-1"), false));
    let first = claim("2025-03.xlsx", "sha256:0");
    // The trailers alone, also those of a document that was imported before.
    new("V-2");
    commit_dated(&repo, "2025-03-31", landed, &first);
    assert_eq!(last_event(&repo), (by_hand("V-2"), true));
    new("V-3");
    commit_dated(&repo, "2025-03-31", landed, "x\n\nPoam-Reconstructed: true\n");
    assert_eq!(last_event(&repo), (by_hand("V-3"), true));
    // The record of another document, or of another day.
    new("V-4");
    let id = record_document(&repo, "other.xlsx", "2025-03-31");
    commit_dated(&repo, "2025-03-31", landed, &claim("2025-03.xlsx", &id));
    assert_eq!(last_event(&repo), (by_hand("V-4"), true));
    new("V-5");
    let id = record_document(&repo, "2025-03.xlsx", "2025-04-30");
    commit_dated(&repo, "2025-03-31", landed, &claim("2025-03.xlsx", &id));
    assert_eq!(last_event(&repo), (of_document(landed, "V-5"), true));
    // Commits that were squashed have the day of the squash, which dates nothing back.
    new("V-6");
    let id = record_document(&repo, "2025-03.xlsx", "2025-05-31");
    commit_dated(&repo, landed, landed, &claim("2025-03.xlsx", &id));
    assert_eq!(last_event(&repo), (of_document(landed, "V-6"), false));
    // A part of an import that is not the last one.
    new("V-7");
    record_rows(&repo);
    repo.write("imports/days.ndjson", "{\"source_id\":\"sha256:0\",\"day\":\"2025-06-30\"}\n");
    commit_dated(&repo, "2025-06-30", landed, &first);
    assert_eq!(last_event(&repo), (of_document("2025-06-30", "V-7"), false));
    // Elsewhere in the repository such a commit says nothing of this tracker.
    repo.write("notes.txt", "x");
    commit_dated(&repo, "2025-06-30", landed, &first);
    assert!(!last_event(&repo).1);
}

/// Returns why `verify` doubts the claim of the last commit, behind the name of the document.
fn last_doubt(repo: &Repo) -> String {
    let head = repo.git(&["rev-parse", "HEAD"]);
    let verified = repo.try_poam(&["verify", "--format", "json"]);
    let verified: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap();
    let findings = verified["findings"].as_array().unwrap();
    let of_claim = findings.iter().find(|finding| {
        finding["finding"] == "unrecorded-claim" && finding["commit"] == head.trim()
    });
    let message = of_claim.map_or("", |finding| finding["message"].as_str().unwrap());
    message.split_once(", but ").map_or("", |(_, doubt)| doubt).to_owned()
}

#[test]
fn a_record_that_was_typed_by_hand_dates_nothing_back() {
    let repo = Repo::new();
    let landed = "2026-02-01";
    let not_counted = "the claim does not count, and what it changed happened when it landed";
    let list = || std::fs::read_to_string(repo.path().join("imports/documents.ndjson")).unwrap();
    let by_hand = |id: &str| format!("{landed} {landed} {id} item-created -");
    repo.write("poam.yaml", "version: 1\n").write("items/V-1.yaml", ITEM);
    commit_import(&repo, "2025-03-31", landed);
    assert_eq!(last_doubt(&repo), "");
    // The line of a document once more, with rows that fit.
    repo.write("items/V-2.yaml", renamed(ITEM, "V-2"));
    let once = list();
    repo.write("imports/documents.ndjson", format!("{once}{once}"));
    record_rows(&repo);
    commit_dated(&repo, "2025-03-31", landed, &claim("2025-03.xlsx", "sha256:0"));
    assert_eq!(last_event(&repo).0, by_hand("V-2"));
    let doubt = format!("lists a document that is listed already, by a copied line: {not_counted}");
    assert_eq!(last_doubt(&repo), doubt);
    repo.write("imports/documents.ndjson", once).commit(landed, "mend the list");
    // A line of its own, without a row of the item.
    repo.write("items/V-3.yaml", renamed(ITEM, "V-3"));
    let rows = std::fs::read_to_string(repo.path().join("imports/items.ndjson")).unwrap();
    let id = record_document(&repo, "2025-03.xlsx", "2025-03-31");
    repo.write("imports/items.ndjson", &rows);
    commit_dated(&repo, "2025-03-31", landed, &claim("2025-03.xlsx", &id));
    assert_eq!(last_event(&repo).0, by_hand("V-3"));
    let doubt = format!("changes `V-3`, of which the record of imports has no row: {not_counted}");
    assert_eq!(last_doubt(&repo), doubt);
    // A row that states another day than the item has.
    repo.write("items/V-4.yaml", renamed(ITEM, "V-4"));
    let id = record_document(&repo, "2025-03.xlsx", "2025-03-31");
    let earlier =
        renamed(ITEM, "V-4").replace("original_detection_date: 20", "original_detection_date: 19");
    repo.write("items/V-4.yaml", earlier);
    commit_dated(&repo, "2025-03-31", landed, &claim("2025-03.xlsx", &id));
    assert_eq!(last_event(&repo).0, by_hand("V-4"));
    let doubt = format!(
        "gives `V-4` another `original_detection_date` than the row in the record of imports: {not_counted}"
    );
    assert_eq!(last_doubt(&repo), doubt);
    // A day that is still to come.
    repo.write("items/V-5.yaml", renamed(ITEM, "V-5"));
    commit_import(&repo, "2026-09-09", landed);
    assert!(last_event(&repo).0.starts_with(&format!("{landed} {landed} V-5 ")));
    assert!(last_doubt(&repo).starts_with("is of 2026-09-09, a day after the commit itself: "));
    // A part of an import whose document never came.
    repo.write("items/V-6.yaml", renamed(ITEM, "V-6"));
    repo.write("imports/days.ndjson", "{\"source_id\":\"x\",\"day\":\"2025-06-30\"}\n");
    commit_dated(&repo, "2025-06-30", landed, &claim("2025-06.xlsx", "x"));
    assert!(last_event(&repo).0.starts_with("2025-06-30 "), "it is shown as claimed");
    assert!(last_doubt(&repo).starts_with("is a part of an import of which no later commit lists"));
    // What names a document without counting as made from it is shown as that.
    let (log, _) = repo.poam(0, &["log", "V-2", "--format", "timeline"]);
    assert!(log.contains("names 2025-03.xlsx as its source"), "{log}");
    let verified = repo.try_poam(&["verify"]);
    let text = String::from_utf8(verified.stdout).unwrap();
    assert!(
        text.contains(
            "which Carl Committer states; the document proves it, if its digest is sha256:0"
        ),
        "{text}"
    );
}

#[test]
fn a_claim_of_a_scan_counts_only_with_its_record() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").commit("2026-01-01", "start");
    let path = "scans/2025/2025-03-31-nessus-abc.yaml";
    let claim = |id: &str| {
        format!("x\n\nPoam-Reconstructed: true\nPoam-Source: {path}\nPoam-Source-Id: {id}\n")
    };
    repo.write("items/V-1.yaml", ITEM);
    commit_dated(&repo, "2025-03-31", "2026-02-01", &claim("a b"));
    assert!(last_event(&repo).1, "no record");
    repo.write("items/V-2.yaml", renamed(ITEM, "V-2"));
    repo.write(path, "version: 1\nday: 2025-03-31\nfiles: {a.xml: a, b.xml: b}\n");
    commit_dated(&repo, "2025-03-31", "2026-02-01", &claim("a b"));
    let (line, unrecorded) = last_event(&repo);
    assert!(line.starts_with("2025-03-31 2026-02-01 V-2 ") && !unrecorded, "{line}");
    repo.write("items/V-3.yaml", renamed(ITEM, "V-3"));
    commit_dated(&repo, "2025-03-31", "2026-02-01", &claim("a b"));
    let (line, unrecorded) = last_event(&repo);
    assert!(
        line.starts_with("2026-02-01 ") && unrecorded,
        "the record is of an earlier commit: {line}"
    );
}

#[test]
fn what_cannot_be_read_does_not_move_the_status_date() {
    let repo = Repo::new();
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-01", "start");
    repo.write("items/V-1.yaml", "id: [\n").commit("2026-01-05", "broken");
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-06", "mended");
    repo.write("items/twin.yaml", ITEM).commit("2026-01-07", "a second file with the id");
    let history = history(&repo);
    assert_eq!(history.events.iter().filter(|it| it.action == Action::Unreadable).count(), 2);
    let record = history.record(&"V-1".parse().unwrap()).unwrap();
    assert_eq!(record.status_date().to_string(), "2026-01-01");
}
