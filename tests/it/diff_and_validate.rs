//! `poam diff` and `poam validate --base` give one verdict: on branches by chance, both report the same
//! rules of the same items at the same levels.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::random_histories::Dice;
use crate::support::Repo;

const PEOPLE: [&str; 4] = [
    "Ana Ruiz <ana@example.com>",
    "Sam Roe <sam@example.com>",
    "S. Roe <sroe@home.example>",
    "Priya Raman <priya@example.com>",
];

const NAMES: [&str; 4] = ["Ana Ruiz", "Sam Roe", "Priya Raman", "Samuel Roe"];

/// A rule, with the item or else the file that it is about, and its level.
type Report = (String, String, String);

fn report(place: &Value, path: &Value, rule: &Value, level: &Value) -> Report {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let place = if place.is_null() { path } else { place };
    (text(place), text(rule), text(level))
}

/// An item as JSON, which is YAML too.
fn item(dice: &mut Dice, id: &str) -> Value {
    let status = *dice.pick(&["open", "in-progress", "pending-approval", "closed", "deferred"]);
    let mut item = json!({
        "id": id,
        "weakness_name": format!("Weakness {id} of a host"),
        "weakness_description": format!("Found on {id}"),
        "controls": ["SI-2"],
        "detector_source": "Scanner",
        "assets": [format!("host-{id}")],
        "remediation_plan": "Patch and scan again",
        "status": status,
        "original_detection_date": "2026-01-05",
        "original_risk_rating": *dice.pick(&["low", "moderate", "high"]),
        "scheduled_completion_date": "2026-02-04",
        "point_of_contact": {"name": "Ana Ruiz"},
        "milestones": [
            {"id": 1, "description": format!("Install the patch on {id} and scan again"), "due": "2026-01-25"},
        ],
    });
    if status == "closed" {
        item["completion_date"] = "2026-01-20".into();
        item["evidence"] = json!([{"reference": format!("CHG-{id}")}]);
        item["milestones"][0]["status"] = "completed".into();
        item["milestones"][0]["completed"] = "2026-01-20".into();
    }
    if status == "deferred" {
        item["deferral"] = json!({"reason": "the hardware is late", "until": "2026-05-01"});
    }
    if status == "pending-approval" || dice.roll(3) == 0 {
        item["deviations"] = json!([{
            "type": *dice.pick(&["false-positive", "risk-adjustment", "operational-requirement"]),
            "state": "pending", "rationale": "as discussed", "request": "DR-1",
            "adjusted_risk_rating": "low",
        }]);
    }
    item
}

/// Changes an item by chance, for the better or the worse.
fn change(dice: &mut Dice, item: &mut Value, day: &str) {
    let person = *dice.pick(&NAMES);
    match dice.roll(19) {
        0 => item["status"] = (*dice.pick(&["closed", "in-progress", "open"])).into(),
        1 => {
            item["status"] = "closed".into();
            item["completion_date"] = day.into();
            item["evidence"] = json!([{"reference": *dice.pick(&["CHG-77", "see attached"])}]);
            if dice.roll(2) == 0 {
                item["milestones"][0]["status"] = "completed".into();
                item["milestones"][0]["completed"] = day.into();
            }
        }
        2 => item["original_detection_date"] = (*dice.pick(&["2026-01-15", "2026-01-01"])).into(),
        3 => item["original_risk_rating"] = (*dice.pick(&["low", "high", "critical"])).into(),
        4 => item["scheduled_completion_date"] = (*dice.pick(&["2026-06-04", "2026-03-01"])).into(),
        5 => item["milestones"][0]["due"] = (*dice.pick(&["2026-02-20", "2026-01-20"])).into(),
        6 => item["milestones"][0]["description"] = "Do it".into(),
        7 => {
            item["deviations"] = json!([{
                "type": *dice.pick(&["false-positive", "risk-adjustment"]), "state": "pending",
                "rationale": "as discussed", "request": "DR-2", "adjusted_risk_rating": "low",
            }]);
        }
        8..=12 => {
            if !item["deviations"].is_array() {
                item["deviations"] = json!([{
                    "type": "risk-adjustment", "rationale": "so it is", "adjusted_risk_rating": "low",
                }]);
            }
            item["deviations"][0]["state"] = (*dice.pick(&["approved", "denied"])).into();
            if dice.roll(4) > 0 {
                item["deviations"][0]["approver"] = json!({"name": person});
                item["deviations"][0]["decided"] = day.into();
            }
        }
        13 => {
            item["status"] = "risk-accepted".into();
            item["risk_acceptance"] = json!({
                "rationale": "small", "approver": {"name": person}, "approved": day,
                "review_by": *dice.pick(&["2026-08-01", "2026-02-20"]),
            });
            if dice.roll(2) == 0 {
                item["risk_acceptance"].as_object_mut().unwrap().shift_remove("approver");
            }
        }
        14 => {
            item["status"] = "deferred".into();
            item["deferral"] =
                json!({"reason": "later", "until": *dice.pick(&["2026-04-01", "2026-02-10"])});
        }
        15 => {
            item.as_object_mut().unwrap().shift_remove("evidence");
        }
        16 => item["point_of_contact"]["name"] = (*dice.pick(&["TBD", "Sam Roe"])).into(),
        17 => {
            item["vendor_dependency"] = json!({"vendor": "Example", "product": "Box", "last_check_in": day, "fix_released": day})
        }
        _ => item["comments"] = format!("seen on {day}").into(),
    }
}

fn write(repo: &Repo, id: &str, item: &Value) {
    repo.write(&format!("items/{id}.yaml"), serde_json::to_string_pretty(item).unwrap());
}

/// Reports of `validate --base main` on the work tree, with the counts.
fn of_validate(repo: &Repo) -> (BTreeSet<Report>, [Value; 4]) {
    let arguments = ["--today", "2026-03-01", "validate", "--base", "main", "--format", "json"];
    let (code, out, err) = repo.poam_any(&arguments);
    assert!(code < 2, "{err}");
    let found: Value = serde_json::from_str(&out).unwrap();
    let summary = &found["summary"];
    let counts = ["errors", "warnings", "notes", "known"].map(|count| summary[count].clone());
    let reports = found["diagnostics"].as_array().unwrap().iter();
    let reports =
        reports.map(|one| report(&one["item"], &one["path"], &one["rule"], &one["level"]));
    (reports.collect(), counts)
}

/// Reports of `diff`, with the counts.
fn of_diff(repo: &Repo, range: &str) -> (BTreeSet<Report>, [Value; 4]) {
    let arguments = ["--today", "2026-03-01", "diff", range, "--format", "json"];
    let (code, out, err) = repo.poam_any(&arguments);
    assert!(code < 2, "{err}");
    let found: Value = serde_json::from_str(&out).unwrap();
    let counts =
        ["errors", "warnings", "notes", "known"].map(|count| found["verdict"][count].clone());
    let mut reports = BTreeSet::new();
    let mut add = |place: &Value, path: &Value, note: &Value| {
        if !note["rule"].is_null() {
            reports.insert(report(place, path, &note["rule"], &note["level"]));
        }
    };
    for item in found["items"].as_array().unwrap() {
        for note in item["notes"].as_array().unwrap() {
            let is_of_the_old_id = note["about"] == "item-deleted" && item["kind"] != "removed";
            let renamed = item["events"].as_array().unwrap().iter();
            let renamed = renamed.clone().find(|event| event["action"] == "item-renamed");
            let place = match renamed.filter(|_| is_of_the_old_id) {
                Some(event) => &event["old"],
                None => &item["item"],
            };
            // A file that is no item any more is reported by its path.
            let is_of_the_file = note["rule"] == "schema" && note["about"] == "unreadable";
            add(if is_of_the_file { &Value::Null } else { place }, &item["path"], note);
        }
    }
    for note in found["settings_notes"].as_array().unwrap() {
        add(&Value::Null, &json!("poam.yaml"), note);
    }
    for one in found["unreadable"].as_array().unwrap() {
        add(&Value::Null, &one["path"], one);
    }
    for one in found["elsewhere"].as_array().unwrap() {
        add(&one["item"], &one["path"], &one["note"]);
    }
    (reports, counts)
}

#[test]
fn both_report_the_same_of_branches_by_chance() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for seed in 1..=24 {
        let mut dice = Dice::new(seed);
        let repo = Repo::new();
        let profile = *dice.pick(&["fedramp-rev5", "generic"]);
        repo.write("poam.yaml", format!("version: 1\nprofile: {profile}\n"));
        let ids = ["V-1", "V-2", "V-3", "V-4", "V-5"];
        let mut items: Vec<Value> = ids.iter().map(|id| item(&mut dice, id)).collect();
        for (id, item) in ids.iter().zip(&items) {
            write(&repo, id, item);
        }
        if dice.roll(2) == 0 {
            repo.write(".mailmap", "Sam Roe <sam@example.com> <sroe@home.example>\n");
        }
        repo.commit_as(dice.pick::<&str>(&PEOPLE), "2026-01-10", "start");
        for turn in 0..dice.roll(3) {
            let at = dice.roll(ids.len());
            change(&mut dice, &mut items[at], "2026-01-18");
            write(&repo, ids[at], &items[at]);
            let who = *dice.pick(&PEOPLE);
            repo.commit_as(who, "2026-01-18", &format!("turn {turn}\n\nPoam-Reason: so it is"));
        }
        repo.git(&["checkout", "--quiet", "-b", "work"]);
        for _ in 0..2 + dice.roll(4) {
            let at = dice.roll(ids.len());
            let id = ids[at];
            match dice.roll(14) {
                0 => {
                    let _ = std::fs::remove_file(repo.path().join(format!("items/{id}.yaml")));
                }
                1 => {
                    let mut other = items[at].clone();
                    other["id"] = format!("{id}9").into();
                    let _ = std::fs::remove_file(repo.path().join(format!("items/{id}.yaml")));
                    write(&repo, &format!("{id}9"), &other);
                }
                2 => {
                    repo.write(&format!("items/{id}.yaml"), "id: [");
                }
                3 => {
                    let rule = *dice.pick(&[
                        "self-approval",
                        "illegal-transition",
                        "closed-without-evidence",
                    ]);
                    let level = *dice.pick(&["off", "warning"]);
                    repo.write(
                        "poam.yaml",
                        format!("version: 1\nprofile: {profile}\nrules: {{{rule}: {level}}}\n"),
                    );
                }
                4 => {
                    items[at]["allow"] = json!([{"rule": "detection-date-changed", "reason": "r", "until": "2026-12-31"}]);
                    write(&repo, id, &items[at]);
                }
                5 => {
                    let mut new = item(&mut dice, "V-77");
                    new["weakness_name"] = "Another one".into();
                    write(&repo, "V-77", &new);
                }
                6 => {
                    repo.write(".mailmap", "Samuel Roe <sam@example.com>\n");
                }
                _ => {
                    for at in [at, dice.roll(ids.len())] {
                        change(&mut dice, &mut items[at], "2026-02-15");
                        write(&repo, ids[at], &items[at]);
                    }
                }
            }
            let reason = *dice.pick(&[
                "",
                "\n\nPoam-Reason: so it is",
                "\n\nPoam-Item: V-1\nPoam-Override: open -> closed\nPoam-Reason: at once",
            ]);
            let who = *dice.pick(&PEOPLE);
            repo.commit_as(who, "2026-02-15", &format!("update{reason}"));
        }
        let committed = of_validate(&repo);
        let ours = of_diff(&repo, "main");
        assert_eq!(ours, committed, "seed {seed}, the work tree");
        assert_eq!(of_diff(&repo, "main...HEAD"), committed, "seed {seed}, the commit");
        repo.git(&["checkout", "--quiet", "main"]);
        assert_eq!(of_diff(&repo, "main...work"), committed, "seed {seed}, from the main branch");
        repo.git(&["checkout", "--quiet", "work"]);
        // What is not committed yet counts too.
        let at = dice.roll(ids.len());
        change(&mut dice, &mut items[at], "2026-02-20");
        write(&repo, ids[at], &items[at]);
        let with_more = of_validate(&repo);
        assert_eq!(of_diff(&repo, "main"), with_more, "seed {seed}, with uncommitted changes");
        for (reports, _) in [committed, with_more] {
            seen.extend(reports.into_iter().map(|(_, rule, _)| rule));
        }
    }
    // The branches were as bad as they should be.
    for rule in [
        "adjustment-not-approved",
        "closed-with-open-milestones",
        "closed-without-evidence",
        "detection-date-changed",
        "gate-loosened",
        "illegal-transition",
        "item-deleted",
        "milestone-rewritten",
        "rating-lowered",
        "rescheduled-without-reason",
        "schedule-changed",
        "schema",
        "self-approval",
        "undecided-acceptance",
    ] {
        assert!(seen.contains(rule), "no branch has {rule}: {seen:?}");
    }
}

#[test]
fn whose_request_it_was_decides_in_both() {
    for (asks, approves, decided, expected) in [
        (PEOPLE[0], PEOPLE[1], "Sam Roe", None),
        (PEOPLE[1], PEOPLE[1], "Sam Roe", Some("the author of this change")),
        (PEOPLE[1], PEOPLE[0], "Sam Roe", Some("who asked for it")),
        (PEOPLE[2], PEOPLE[1], "Sam Roe", Some("the author of this change")),
    ] {
        let repo = Repo::new();
        let mut dice = Dice::new(1);
        repo.write("poam.yaml", "version: 1\nprofile: generic\n");
        repo.write(".mailmap", "Sam Roe <sam@example.com> <sroe@home.example>\n");
        let mut item = item(&mut dice, "V-1");
        item["status"] = "open".into();
        item["deviations"] = json!([]);
        write(&repo, "V-1", &item);
        repo.commit_as(PEOPLE[0], "2026-01-10", "start");
        item["deviations"] = json!([{"type": "false-positive", "state": "pending", "rationale": "r", "request": "DR-1"}]);
        write(&repo, "V-1", &item);
        repo.commit_as(asks, "2026-01-11", "ask");
        repo.git(&["checkout", "--quiet", "-b", "work"]);
        item["deviations"][0]["state"] = "approved".into();
        item["deviations"][0]["approver"] = json!({"name": decided});
        item["deviations"][0]["decided"] = "2026-01-12".into();
        write(&repo, "V-1", &item);
        repo.commit_as(approves, "2026-01-12", "decide");
        let ours = of_diff(&repo, "main");
        assert_eq!(ours, of_validate(&repo), "{asks} asks, {approves} commits");
        let has = ours.0.iter().any(|(_, rule, _)| rule == "self-approval");
        assert_eq!(has, expected.is_some(), "{asks} asks, {approves} commits");
        let text = repo.poam(0, &["--today", "2026-03-01", "diff", "main"]).0;
        for words in ["the author of this change", "who asked for it"] {
            let decision = format!("approved by {decided}, {words}");
            assert_eq!(text.contains(&decision), expected == Some(words), "{text}");
        }
    }
}
