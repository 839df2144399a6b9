//! Shapes of history: what people and forges do with branches, and what the events say of it.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;
use poam::history::{Action, Family, History, read};
use poam::repository::Repository;

const ITEM: &str = "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nscheduled_completion_date: 2026-01-31\ncomments: none\n";

const DORA: &str = "Dora D <dora@example.com>";
const EVE: &str = "Eve E <eve@example.com>";

fn item(id: &str) -> String {
    ITEM.replace("V-1", id).replace(": W", &format!(": W {id}"))
}

fn history(repo: &Repo) -> History {
    let repository = Repository::open(&repo.path()).unwrap();
    let head = repository.head().unwrap().unwrap();
    read(&repository, head, "", "items/").unwrap()
}

/// One line per event: actor, item, action, old, new. The first are left out.
fn told(repo: &Repo, skip: usize) -> Vec<String> {
    let short = |value: &serde_json::Value| value.as_str().unwrap_or("…").to_owned();
    let line = |it: &poam::history::Event| {
        let item = it.item.as_ref().map_or("-", |id| id.as_str());
        let actor = it.actor_name().split(' ').next().unwrap_or_default().to_owned();
        format!(
            "{actor} {item} {} {} {}",
            it.action,
            short(&it.old.value()),
            short(&it.new.value())
        )
    };
    history(repo).events.iter().skip(skip).map(line).collect()
}

fn on(repo: &Repo, branch: &str, from: &str) {
    repo.git(&["checkout", "--quiet", "-b", branch, from]);
}

fn merge(repo: &Repo, more: &[&str]) {
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&[&["merge", "--quiet", "--no-ff", "--no-edit"], more].concat());
}

#[test]
fn an_edit_in_the_merge_itself_is_seen_and_is_the_merger_s() {
    let repo = Repo::new();
    repo.write("items/V-1.yaml", ITEM).write("items/V-2.yaml", item("V-2"));
    repo.commit("2026-01-01", "start");
    on(&repo, "side", "main");
    repo.write("items/V-1.yaml", ITEM.replace("open", "deferred"));
    repo.commit_as(DORA, "2026-01-02", "later");
    merge(&repo, &["--no-commit", "side"]);
    repo.write("items/V-1.yaml", ITEM.replace("open", "deferred").replace("01-31", "03-31"))
        .write("items/V-2.yaml", item("V-2").replace("high", "low"));
    repo.commit_as(EVE, "2026-01-03", "merge, and while at it");
    assert_eq!(
        told(&repo, 2),
        [
            "Eve V-1 schedule-changed 2026-01-31 2026-03-31",
            "Eve V-1 status-changed open deferred",
            "Eve V-2 risk-adjusted high low",
        ]
    );
    let events = history(&repo).events;
    assert_eq!(events[2].co_actors[0].name, "Dora D");
    assert!(events[4].co_actors.is_empty());
}

#[test]
fn an_octopus_lands_all_its_arms_at_once() {
    let repo = Repo::new();
    for id in ["V-1", "V-2", "V-3"] {
        repo.write(&format!("items/{id}.yaml"), item(id));
    }
    repo.commit("2026-01-01", "start");
    for (id, who, status) in [("V-1", DORA, "deferred"), ("V-2", EVE, "closed")] {
        on(&repo, id, "main");
        repo.write(&format!("items/{id}.yaml"), item(id).replace("open", status));
        repo.commit_as(who, "2026-01-02", "work");
    }
    on(&repo, "new", "main");
    repo.write("items/V-4.yaml", item("V-4")).commit_as(DORA, "2026-01-03", "new");
    merge(&repo, &["V-1", "V-2", "new"]);
    assert_eq!(
        told(&repo, 3),
        [
            "Dora V-1 status-changed open deferred",
            "Eve V-2 status-changed open closed",
            "Dora V-4 item-created … …",
        ]
    );
    let commits: Vec<String> =
        history(&repo).events.into_iter().skip(3).map(|it| it.commit.to_string()).collect();
    assert!(commits.iter().all(|commit| *commit == commits[0]));
}

#[test]
fn a_history_of_its_own_that_is_merged_lands_when_it_is_merged() {
    let repo = Repo::new();
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-01", "start");
    repo.git(&["checkout", "--quiet", "--orphan", "other"]);
    repo.git(&["rm", "-rf", "--quiet", "."]);
    repo.write("items/V-9.yaml", item("V-9")).commit_as(EVE, "2025-06-01", "another tracker");
    repo.write("items/V-9.yaml", item("V-9").replace("open", "closed"));
    repo.commit_as(EVE, "2025-07-01", "done there");
    merge(&repo, &["--allow-unrelated-histories", "other"]);
    assert_eq!(told(&repo, 1), ["Eve V-9 item-created … …"]);
    let event = &history(&repo).events[1];
    assert_eq!(event.time.date_naive().to_string(), "2026-01-01", "when it landed here");
    assert_eq!(event.new.entry_text("status").as_deref(), Some("closed"));
}

#[test]
fn a_revert_is_told_like_any_other_change() {
    let repo = Repo::new();
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-01", "start");
    repo.write("items/V-1.yaml", ITEM.replace("open", "closed").replace("01-31", "02-28"));
    repo.commit_as(DORA, "2026-01-02", "done");
    repo.git(&["revert", "--no-edit", "HEAD"]);
    repo.git(&["rm", "--quiet", "items/V-1.yaml"]);
    repo.commit("2026-01-04", "gone");
    repo.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(
        told(&repo, 1),
        [
            "Dora V-1 schedule-changed 2026-01-31 2026-02-28",
            "Dora V-1 status-changed open closed",
            "Ann V-1 schedule-changed 2026-02-28 2026-01-31",
            "Ann V-1 status-changed closed open",
            "Ann V-1 item-deleted … …",
            "Ann V-1 item-created … …",
        ]
    );
    let history = history(&repo);
    let id = "V-1".parse().unwrap();
    assert_eq!(history.times_rescheduled(&id), 1, "back again is no slip");
    let first = history.first(&id).unwrap();
    assert_eq!(first.scheduled_completion_date.unwrap().to_string(), "2026-01-31");
}

#[test]
fn the_order_is_that_of_the_line_whatever_clocks_say() {
    let repo = Repo::new();
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-10", "start");
    repo.write("items/V-1.yaml", ITEM.replace("open", "deferred"))
        .commit("2026-01-05", "slow clock");
    repo.write("items/V-1.yaml", ITEM.replace("open", "closed")).commit("2030-01-01", "fast clock");
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-12", "open again");
    assert_eq!(
        told(&repo, 1),
        [
            "Ann V-1 status-changed open deferred",
            "Ann V-1 status-changed deferred closed",
            "Ann V-1 status-changed closed open",
        ]
    );
    let history = history(&repo);
    let record = history.record(&"V-1".parse().unwrap()).unwrap();
    assert_eq!(record.status_date().to_string(), "2026-01-12");
}

#[test]
fn a_squash_is_its_author_s_and_names_everybody() {
    let repo = Repo::new();
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-01", "start");
    repo.write("items/V-1.yaml", ITEM.replace("open", "deferred"));
    let message = "Put V-1 off (#12)\n\n* first try\n\n* second try\n\n\
        Co-authored-by: Eve E <eve@example.com>\nCo-authored-by: Fay F <fay@example.com>\n\
        Co-authored-by: Dora D <dora@example.com>";
    repo.commit_as(DORA, "2026-01-02", message);
    let event = history(&repo).events.pop().unwrap();
    assert_eq!(event.actor_name(), "Dora D");
    let names: Vec<&str> = event.co_actors.iter().map(|who| who.name.as_str()).collect();
    assert_eq!(names, ["Eve E", "Fay F"]);
    assert_eq!(event.landed_by.name, "Carl Committer");
    assert_eq!(event.reason.as_deref(), Some("* first try\n\n* second try"));
}

#[test]
fn settings_are_told_by_field_and_family_and_a_tracker_may_come_and_go() {
    let repo = Repo::new();
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-01", "items before settings");
    repo.write("poam.yaml", "version: 1\n").commit("2026-01-02", "settings");
    repo.write("poam.yaml", "version: 1\npeople: [Dora]\nwarn_days: 7\n")
        .commit("2026-01-03", "more");
    repo.write("poam.yaml", "version: [").commit("2026-01-04", "oops");
    repo.write("poam.yaml", "# again\nversion: 1\npeople: [Eve]\nwarn_days: 7\n")
        .commit("2026-01-05", "mend");
    repo.remove("poam.yaml").commit("2026-01-06", "gone");
    let events = history(&repo).events;
    let settings: Vec<_> = events
        .iter()
        .filter(|it| it.item.is_none())
        .map(|it| (it.action, &*it.field, it.evidence_family))
        .collect();
    assert_eq!(
        settings,
        [
            (Action::SettingsChanged, "", Family::ConfigurationManagement),
            (Action::SettingsChanged, "/people", Family::AccessControl),
            (Action::SettingsChanged, "/warn_days", Family::ConfigurationManagement),
            (Action::Unreadable, "", Family::Audit),
            (Action::SettingsChanged, "/people", Family::AccessControl),
            (Action::SettingsChanged, "", Family::ConfigurationManagement),
        ]
    );
}

#[test]
fn a_revision_that_cannot_be_read_is_said_each_time_and_hides_nothing() {
    let repo = Repo::new();
    repo.write("items/V-1.yaml", "id: [").commit("2026-01-01", "never read");
    repo.write("items/V-1.yaml", b"id: V-1\nname: \xff").commit("2026-01-02", "not UTF-8");
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-03", "read at last");
    repo.write("items/V-1.yaml", "x: 1\n").commit("2026-01-04", "no id");
    repo.write("items/V-1.yaml", ITEM.replace("open", "closed")).commit("2026-01-05", "closed");
    repo.write("items/big.yaml", vec![b'a'; (1 << 20) + 1]).commit("2026-01-06", "too large");
    let told: Vec<_> = history(&repo)
        .events
        .iter()
        .map(|it| (it.item.as_ref().map(ToString::to_string), it.action))
        .collect();
    let id = || Some("V-1".to_owned());
    assert_eq!(
        told,
        [
            (None, Action::Unreadable),
            (None, Action::Unreadable),
            (id(), Action::ItemCreated),
            (id(), Action::Unreadable),
            (id(), Action::StatusChanged),
            (None, Action::Unreadable),
        ]
    );
}
