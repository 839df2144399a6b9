//! What the commits of a real repository say of items.
#![allow(clippy::unwrap_used)]

mod support;

use poam::history::{Action, Event, Family, History, read};
use poam::repository::Repository;
use support::Repo;

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
                it.actor,
                it.action,
                it.field,
                short(&it.old),
                short(&it.new)
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
        record.first.as_ref().unwrap().scheduled_completion_date.unwrap().to_string(),
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
    repo.git(&["add", "--all"]);
    let message =
        "import\n\nPoam-Reconstructed: true\nPoam-Source: 2025-03.xlsx\nPoam-Source-Id: abc\n";
    repo.git_with(
        &[("GIT_AUTHOR_DATE", "2025-03-31T12:00:00+00:00")],
        &["commit", "--quiet", "-m", message],
    );
    let event = history(&repo).events.remove(0);
    assert_eq!(event.time.date_naive().to_string(), "2025-03-31");
    assert!(event.reconstructed && event.evidence_family == Family::Audit);
    assert_eq!(
        (event.source.as_deref(), event.source_id.as_deref()),
        (Some("2025-03.xlsx"), Some("abc"))
    );
    assert_eq!(event.reason, None, "the subject of our own commits is no reason");
}
