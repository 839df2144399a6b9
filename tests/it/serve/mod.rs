//! `poam serve`: pages, forms and the JSON API, asked over HTTP as a browser or a program would.
#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::type_complexity)]

mod attacks;
mod browser;
mod client;
mod commands;
mod forms;
mod import;
mod kills;
mod load;
mod openapi;
mod pages;
mod stories;

use serde_json::{Value, json};

use crate::support::Repo;
use client::Server;

/// An item whose move to closed needs evidence.
fn item(id: &str, status: &str) -> String {
    format!(
        "id: {id}\nweakness_name: Weakness {id}\nstatus: {status}\noriginal_detection_date: 2026-01-05\noriginal_risk_rating: high\npoint_of_contact: {{name: Jane Doe}}\nremediation_plan: Upgrade it\nmilestones:\n- id: 1\n  description: Patch the test system\n  due: 2026-01-20\n- id: 2\n  description: Patch production\n  due: 2026-02-10\n"
    )
}

/// Three items, committed.
pub(super) fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\nsystem: {name: Flux}\n");
    for (id, status) in [("V-1", "open"), ("V-2", "in-progress"), ("A/B", "open")] {
        let file = id.replace('/', "%2F");
        repo.write(&format!("items/{file}.yaml"), item(id, status));
    }
    repo.commit("2026-01-10", "begin");
    repo
}

/// The day of all tests.
pub(super) const TODAY: &str = "2026-02-01";

fn start(repo: &Repo, options: &[&str]) -> Server {
    Server::start(repo, options)
}

#[test]
fn the_api_tells_what_commands_print() {
    let repo = tracker();
    let server = start(&repo, &[]);
    let printed = |arguments: &[&str]| -> Value {
        let (out, _) = repo.poam(0, &[arguments, &["--today", TODAY, "--format", "json"]].concat());
        serde_json::from_str(&out).unwrap()
    };
    let mut open = server.get("/poam-items/open").json();
    assert_eq!(open, server.get("/api/v1/poam-items/Active").json(), "words of people count");
    assert_eq!(open, server.get("/api/v1/items?status=open").json());
    let blob = repo.git(&["rev-parse", "HEAD:items/V-1.yaml"]).trim().to_owned();
    for item in open.as_array_mut().unwrap() {
        let version = item["derived"].as_object_mut().unwrap().remove("version").unwrap();
        if item["id"] == "V-1" {
            assert_eq!(version, json!(blob));
        }
    }
    assert_eq!(open, printed(&["list", "--status", "open"]));
    assert_eq!(server.get("/api/v1/summary").json(), printed(&["summary"]));
    assert_eq!(server.get("/api/v1/todo").json(), printed(&["todo"]));
    let (lines, _) = repo.poam(0, &["log", "--format", "ndjson"]);
    let events: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answer = server.get("/api/v1/events").json();
    assert_eq!((&answer["events"], &answer["total"]), (&json!(events), &json!(4)));
    assert_eq!(server.get("/api/v1/items/A%2FB").json()["id"], "A/B");
    assert_eq!(server.get("/api/v1/items/A%2FB/events").json()["total"], 1);
    for (path, status) in [
        ("/poam-items/opne", 400),
        ("/api/v1/items/V-9", 404),
        ("/api/v1/items/V-9/events", 404),
        ("/api/v1/items?risk=terrible", 400),
        ("/api/v1/items?limit=few", 400),
        ("/api/v1/items?sort=luck", 400),
        ("/api/v1/events?since=soon", 400),
        ("/api/v1/items?where=colour%3Dred", 400),
        ("/api/v1/nothing", 404),
    ] {
        assert_eq!(server.get(path).status, status, "{path}");
    }
    assert!(server.get("/poam-items/opne").json()["error"].as_str().unwrap().contains("`open`"));
}

#[test]
fn the_calls_of_the_first_application_work() {
    let repo = tracker();
    let server = start(&repo, &[]);
    let call = |path: &str, body: Value| {
        let answer = server.post_json(path, &body);
        (answer.status, answer.json())
    };
    let (status, done) = call("/poam/V-1/update-status", json!({"status": "In Progress"}));
    assert_eq!((status, &done["poam_id"]), (200, &json!("V-1")), "{done}");
    assert!(done["message"].is_string());
    assert_eq!(done["commit"], repo.git(&["rev-parse", "HEAD"]).trim());
    assert_eq!(repo.git(&["log", "-1", "--format=%s"]).trim(), "V-1: open -> in-progress");
    // The day of a move is the day of its commit.
    let back = json!({"status": "open", "status_date": TODAY});
    assert_eq!(call("/api/v1/poam/V-1/update-status", back).0, 200);
    let plan = json!({"planned_milestones": "1. Patch the test system\n2. Patch production\n3. 2026-02-20: Scan again"});
    let (status, done) = call("/poam/V-1/update-planned-milestones", plan.clone());
    assert_eq!(status, 200, "{done}");
    let item = server.get("/api/v1/items/V-1").json();
    assert_eq!(
        item["milestones"][2],
        json!({"id": 3, "description": "Scan again", "due": "2026-02-20"})
    );
    let (status, again) = call("/poam/V-1/update-planned-milestones", plan);
    assert_eq!(status, 400, "{again}");
    let update =
        json!({"milestone_update": "Milestone 2 updated: due date is 2026-02-25, vendor delay"});
    assert_eq!(call("/poam/V-1/log-milestone-change", update).0, 200);
    let item = server.get("/api/v1/items/V-1").json();
    assert_eq!(item["milestones"][1]["due"], "2026-02-25");
    let told = json!({"milestone_update": "Milestone 1 updated: waiting for the vendor"});
    assert_eq!(call("/poam/V-1/update-milestones", told).0, 200);
    let item = server.get("/api/v1/items/V-1").json();
    assert_eq!(
        item["milestones"][0]["notes"],
        json!([{"date": TODAY, "by": "Ann Author", "text": "Milestone 1 updated: waiting for the vendor"}])
    );
    let before = repo.git(&["rev-parse", "HEAD"]);
    for (path, body, expected) in [
        ("/poam/V-9/update-status", json!({"status": "open"}), 404),
        ("/poam/V-1/update-status", json!({"status": "closed"}), 400),
        ("/poam/V-1/update-status", json!({"status": "opne"}), 400),
        ("/poam/V-1/update-status", json!({"status": ""}), 400),
        ("/poam/V-1/update-status", json!({"status": 3}), 400),
        ("/poam/V-1/update-status", json!({}), 400),
        ("/poam/V-1/update-status", json!([]), 400),
        ("/poam/V-1/update-status", json!({"status": "in-progress", "colour": "red"}), 400),
        ("/poam/V-1/update-status", json!({"status": "in-progress", "status_date": "soon"}), 400),
        (
            "/poam/V-1/log-milestone-change",
            json!({"milestone_update": "Milestone 7 completed"}),
            400,
        ),
        ("/poam/V-1/log-milestone-change", json!({"milestone_update": "done"}), 400),
        ("/poam/V-1/update-planned-milestones", json!({"planned_milestones": "soon"}), 400),
    ] {
        let (status, answer) = call(path, body.clone());
        assert_eq!(status, expected, "{path} {body}: {answer}");
        assert!(answer["error"].is_string());
    }
    assert_eq!(server.post("/poam/V-1/update-status", "application/json", "{").status, 400);
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), before, "nothing was committed");
}

#[test]
fn a_change_for_another_version_is_a_conflict_with_both_values() {
    let repo = tracker();
    let server = start(&repo, &[]);
    let seen = server.get("/api/v1/items/V-1").json()["derived"]["version"].clone();
    repo.poam(0, &["transition", "V-1", "in-progress", "--today", TODAY]);
    let body =
        json!({"status": "deferred", "until": "2026-05-01", "reason": "Freeze", "version": seen});
    let answer = server.post_json("/poam/V-1/update-status", &body);
    let value = answer.json();
    assert_eq!(answer.status, 409, "{value}");
    assert_eq!(value["yours"]["status"], "deferred");
    assert_eq!(value["theirs"]["status"], "in-progress");
    let changed = json!([{"item": "V-1", "field": "status", "seen": "open", "now": "in-progress"}]);
    assert_eq!(value["changed"], changed);
    // With the version of now it is made.
    let tag = server.get("/api/v1/items/V-1").header("etag").unwrap();
    let body = json!({"status": "deferred", "until": "2026-05-01", "reason": "Freeze"});
    let answer = server.post_with("/poam/V-1/update-status", &[("If-Match", &tag)], &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    // What is not committed is somebody's work.
    let text = repo.read("items/V-2.yaml").replace("Upgrade it", "Replace it");
    repo.write("items/V-2.yaml", text);
    let answer = server.post_json("/poam/V-2/update-status", &json!({"status": "open"}));
    assert_eq!((answer.status, &answer.json()["theirs"]["status"]), (409, &json!("in-progress")));
}

#[test]
fn commands_are_called_by_programs() {
    let repo = tracker();
    let server = start(&repo, &[]);
    let commands = server.get("/api/v1/commands").json();
    let names: Vec<&str> = commands["commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"milestone-complete") && !names.contains(&"import"), "{names:?}");
    let body = json!({"items": ["V-1", "V-2"], "arguments": {"to": "Sam Roe"}, "dry_run": true});
    let would = server.post_json("/api/v1/commands/assign", &body).json();
    assert!(
        would["changes"][1]["diff"]
            .as_str()
            .unwrap()
            .contains("+point_of_contact: {name: Sam Roe}"),
        "{would}"
    );
    assert_eq!(would["changes"][0]["commit"], Value::Null);
    let body = json!({"items": ["V-1", "V-2"], "arguments": {"to": "Sam Roe"}});
    let done = server.post_json("/api/v1/commands/assign", &body).json();
    assert_eq!(done["changes"][0]["commit"], repo.git(&["rev-parse", "HEAD"]).trim());
    let commit = done["changes"][0]["commit"].clone();
    assert_eq!(server.post_json("/api/v1/undo", &json!({"commit": "0"})).status, 409);
    assert_eq!(server.post_json("/api/v1/undo", &json!({"commit": commit})).status, 200);
    assert!(repo.read("items/V-1.yaml").contains("Jane Doe"));
    let new = json!({"arguments": {
        "name": "Open port", "risk": "low", "asset": ["10.0.0.1", "10.0.0.2"], "owner": "Jane Doe",
        "plan": "Close it", "description": "Found by hand", "detector": "Audit", "control": "SI-2",
    }});
    let bare = json!({"arguments": {"name": "Open port", "risk": "low"}});
    let done = server.post_json("/api/v1/commands/new", &bare);
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(done.text().contains("has no `remediation_plan`"), "{}", done.text());
    let wrong =
        json!({"arguments": {"name": "Open port", "risk": "low", "detected": "2031-01-01"}});
    let refused = server.post_json("/api/v1/commands/new", &wrong);
    assert_eq!(refused.status, 400, "{}", refused.text());
    let done = server.post_json("/api/v1/commands/new", &new);
    assert_eq!(done.status, 200, "{}", done.text());
    let id = done.json()["changes"][0]["item"].as_str().unwrap().to_owned();
    assert_eq!(
        server.get(&format!("/api/v1/items/{id}")).json()["assets"],
        json!(["10.0.0.1", "10.0.0.2"])
    );
    for (path, body, status) in [
        ("/api/v1/commands/import", json!({}), 404),
        ("/api/v1/commands/assign", json!({"items": ["V-9"], "arguments": {"to": "X Y"}}), 404),
        ("/api/v1/commands/assign", json!({"items": [], "arguments": {"to": "X Y"}}), 400),
        ("/api/v1/commands/assign", json!({"items": ["V-1"], "arguments": {"--to": "X Y"}}), 400),
        ("/api/v1/commands/assign", json!({"items": ["V-1"], "argument": {}}), 400),
    ] {
        assert_eq!(server.post_json(path, &body).status, status, "{path} {body}");
    }
}

#[test]
fn what_happens_outside_is_seen_within_two_seconds() {
    let repo = tracker();
    let server = start(&repo, &[]);
    let revision = || server.get("/api/v1/state").json()["revision"].clone();
    let wait = |before: &Value, what: &str| {
        let begin = std::time::Instant::now();
        while revision() == *before {
            assert!(begin.elapsed() < std::time::Duration::from_secs(2), "{what}");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    };
    let first = revision();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(revision(), first, "nothing happened");
    repo.write("items/V-1.yaml", item("V-1", "open").replace("Upgrade", "Replace"));
    wait(&first, "a file that somebody edits");
    let second = revision();
    repo.commit("2026-01-20", "by hand");
    wait(&second, "a commit");
    let third = revision();
    repo.remove("items/V-2.yaml");
    wait(&third, "a file that is gone");
    assert_eq!(server.get("/api/v1/items/V-2").status, 404);
    // Settings with an error are said, and reading goes on when they are right again.
    repo.write("poam.yaml", "version: 1\nsytem: {}\n");
    let wait_for = |status: u16| {
        let begin = std::time::Instant::now();
        loop {
            let answer = server.get("/api/v1/items");
            if answer.status == status {
                return answer.text();
            }
            assert!(begin.elapsed() < std::time::Duration::from_secs(2), "{}", answer.text());
        }
    };
    assert!(wait_for(500).contains("sytem"));
    repo.write("poam.yaml", "version: 1\n");
    wait_for(200);
}

#[test]
fn a_page_for_reading_changes_nothing_and_the_end_is_graceful() {
    let repo = tracker();
    let mut server = start(&repo, &["--read-only"]);
    let page = server.get("/item/V-1.html");
    assert!(page.text().contains("read only") && !page.text().contains("change/transition"));
    for (path, body) in [
        ("/poam/V-1/update-status", json!({"status": "in-progress"})),
        ("/api/v1/commands/review", json!({"items": ["V-1"]})),
        ("/api/v1/undo", json!({"commit": "0"})),
    ] {
        assert_eq!(server.post_json(path, &body).status, 403, "{path}");
    }
    assert_eq!(
        server.post_form("/change/review", &[("item", "V-1"), ("do", "commit")]).status,
        403
    );
    assert_eq!(server.get("/import.html").status, 403);
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "1");
    assert_eq!(server.end(), Some(0), "the signal to end");
}

#[test]
fn changes_are_collected_on_a_branch() {
    let repo = tracker();
    let server = start(&repo, &["--branch", "review/november"]);
    let answer = server.post_json("/poam/V-1/update-status", &json!({"status": "in-progress"}));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(
        repo.git(&["log", "-1", "--format=%s", "review/november"]).trim(),
        "V-1: open -> in-progress"
    );
    assert_eq!(repo.git(&["log", "-1", "--format=%s", "main"]).trim(), "begin");
    assert!(repo.read("items/V-1.yaml").contains("status: open"), "the user's files stay");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert_eq!(server.get("/api/v1/state").json()["branch"], "review/november");
    // The review of the branch.
    let page = server.get("/diff.html?base=main&head=review%2Fnovember").text();
    assert!(page.contains("status-changed, status: “open” → “in-progress”"), "{page}");
    drop(server);
    let again = start(&repo, &["--branch", "review/november"]);
    assert_eq!(again.get("/poam-items/in-progress").json().as_array().unwrap().len(), 2);
    let (_, error) = repo.poam(2, &["serve", "--branch", "a..b"]);
    assert!(error.contains("a..b"), "{error}");
}

#[test]
fn a_tracker_that_cannot_be_served_is_said_at_once() {
    let repo = Repo::new();
    let (_, error) = repo.poam(2, &["serve"]);
    assert!(error.contains("poam init"), "{error}");
    let repo = tracker();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (_, error) = repo.poam(2, &["serve", "--port", &port]);
    assert!(error.contains(&port), "{error}");
}
