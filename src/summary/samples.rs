//! Items, events and settings for tests, in a line each.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Row;
use crate::history::{Action, Actor, Event, EventDay, History, MilestoneMark, SignatureStatus};
use crate::settings::Settings;
use crate::standing::Standing;
use crate::store::{FoundContent, FoundFile, Store, Stored};

pub(crate) fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn settings(fields: &str) -> Settings {
    Settings::parse("poam.yaml", format!("version: 1\n{fields}").as_bytes()).unwrap()
}

/// Returns the file of an item: open, high, detected on 2026-01-01, unless the fields state
/// otherwise.
pub(crate) fn file(id: &str, fields: &str) -> String {
    let mut text = format!("id: {id}\n");
    for (key, value) in [
        ("weakness_name", format!("Weakness {id}")),
        ("status", "open".to_owned()),
        ("original_detection_date", "2026-01-01".to_owned()),
        ("original_risk_rating", "high".to_owned()),
    ] {
        if !fields.lines().any(|line| line.starts_with(&format!("{key}:"))) {
            text += &format!("{key}: {value}\n");
        }
    }
    text + fields
}

/// A field given twice counts as the last one states.
fn last_wins(fields: &str) -> String {
    let key = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    let lines: Vec<&str> = fields.lines().collect();
    let kept = lines
        .iter()
        .enumerate()
        .filter(|(at, line)| !lines[at + 1..].iter().any(|later| key(later) == key(line)));
    kept.map(|(_, line)| format!("{line}\n")).collect()
}

pub(crate) fn item(id: &str, fields: &str) -> Stored {
    let text = file(id, &last_wins(fields));
    Stored::parse(&format!("items/{id}.yaml"), text.as_bytes())
        .unwrap_or_else(|errors| panic!("{errors:#?}"))
}

pub(crate) fn found(id: &str, fields: &str) -> FoundFile {
    let text = file(id, &last_wins(fields));
    FoundFile { path: format!("items/{id}.yaml"), content: FoundContent::Bytes(text.into_bytes()) }
}

pub(crate) fn store(items: &[(&str, &str)]) -> Store {
    Store::read(items.iter().map(|(id, fields)| found(id, fields)).collect())
}

pub(super) fn rows<'a>(store: &'a Store, settings: &Settings, today: &str) -> Vec<Row<'a>> {
    assert!(store.diagnostics().is_empty(), "{:#?}", store.diagnostics());
    let standing = |stored| Standing::compute(stored, settings, None, day(today));
    store.items().iter().map(|stored| Row { stored, standing: standing(stored) }).collect()
}

/// Returns an event at noon (UTC) of a day.
pub(crate) fn event(
    day: &str,
    id: &str,
    action: Action,
    field: &str,
    old: Value,
    new: Value,
) -> Event {
    let actor = Arc::new(Actor { name: "Ann Author".into(), email: "ann@example.com".into() });
    Event {
        time: format!("{day}T12:00:00Z").parse().unwrap(),
        landed: format!("{day}T12:00:00Z").parse().unwrap(),
        event_day: EventDay::OfTime,
        actor: Some(Arc::clone(&actor)),
        co_actors: Vec::new(),
        landed_by: actor,
        commit: "0".repeat(40).into(),
        path: format!("items/{id}.yaml").into(),
        item: Some(id.parse().unwrap()),
        action,
        field: field.into(),
        old: (&old).into(),
        new: (&new).into(),
        milestone: milestone_at(field),
        reason: None,
        evidence_family: action.action_family(field),
        signature: SignatureStatus::None,
        source: None,
        source_id: None,
        reconstructed: false,
    }
}

/// Returns the milestone that a pointer into the list of milestones is about: they are numbered
/// from 1.
fn milestone_at(field: &str) -> Option<MilestoneMark> {
    let index: u32 = field.strip_prefix("/milestones/")?.split('/').next()?.parse().ok()?;
    Some(MilestoneMark { number: index + 1, date: None })
}

/// Returns the first landing of an item.
pub(crate) fn created(day: &str, id: &str, fields: &str) -> Event {
    event(day, id, Action::ItemCreated, "", Value::Null, item(id, fields).value().clone())
}

/// Returns a tracker that has something to state in every part, on 2026-06-05. One name is hostile.
pub(crate) fn tracker() -> Store {
    let jane = "point_of_contact: {name: Jane Doe}\n";
    let mallory = "point_of_contact: {name: \"Mal|lory `\\e[31m`<b>\\n@all\"}\n";
    let adjusted =
        "deviations: [{type: risk-adjustment, state: approved, adjusted_risk_rating: moderate}]\n";
    let asked = "deviations: [{type: false-positive, state: pending}]\n";
    let moderate = "original_risk_rating: moderate\n";
    let low = "original_risk_rating: low\n";
    let item = |id: &str, parts: &[&str]| (id.to_owned(), parts.concat());
    let mut items = vec![
        item(
            "V-01",
            &[
                jane,
                "status: in-progress\n",
                "weakness_name: Unsupported server in a production network that nobody dares to touch\n",
            ],
        ),
        item("V-02", &[mallory, "original_detection_date: 2026-05-01\n"]),
        item("V-03", &[jane, adjusted, "original_detection_date: 2026-03-15\n"]),
        item(
            "V-04",
            &[asked, moderate, "original_detection_date: 2026-05-01\nstatus: pending-approval\n"],
        ),
        item(
            "V-05",
            &[
                jane,
                moderate,
                "original_detection_date: 2026-02-01\nvendor_dependency: {vendor: Example Corp, last_check_in: 2026-05-10}\n",
            ],
        ),
        item(
            "V-06",
            &[low, jane, "status: deferred\ndeferral: {reason: freeze, until: 2026-06-10}\n"],
        ),
        item("V-07", &[low, "status: risk-accepted\nrisk_acceptance: {review_by: 2026-06-01}\n"]),
        item(
            "V-08",
            &["kev: {listed: true, due: 2026-06-01}\noriginal_detection_date: 2026-05-28\n", jane],
        ),
        item("V-09", &["status: closed\ncompletion_date: 2026-05-20\n", jane]),
    ];
    for number in 10..22 {
        let fields = format!("{moderate}{jane}original_detection_date: 2026-01-{number}\n");
        items.push((format!("V-{number}"), fields));
    }
    let mut found: Vec<FoundFile> = items
        .iter()
        .map(|(id, fields)| FoundFile {
            path: format!("items/{id}.yaml"),
            content: FoundContent::Bytes(file(id, &last_wins(fields)).into_bytes()),
        })
        .collect();
    found.push(FoundFile {
        path: "items/\u{1b}bad.yaml".into(),
        content: FoundContent::Bytes(b"a: [".into()),
    });
    Store::read(found)
}

/// Builds the history of the sample tracker.
pub(crate) fn tracker_history() -> History {
    let status = |day: &str, id: &str, old: &str, new: &str| {
        event(day, id, Action::StatusChanged, "/status", json!(old), json!(new))
    };
    let due = |day: &str, id: &str, old: &str, new: &str| {
        event(day, id, Action::MilestoneRescheduled, "/milestones/0/due", json!(old), json!(new))
    };
    let moderate = "original_risk_rating: moderate\n";
    let mut events = vec![
        created("2026-02-02", "V-01", ""),
        created("2026-02-02", "V-05", &format!("{moderate}original_detection_date: 2026-02-01\n")),
        created("2026-02-02", "V-09", ""),
        due("2026-03-01", "V-01", "2026-02-20", "2026-03-31"),
        due("2026-04-01", "V-01", "2026-03-31", "2026-05-31"),
        created("2026-05-04", "V-02", "original_detection_date: 2026-05-01\n"),
        status("2026-05-20", "V-09", "open", "closed"),
        due("2026-06-01", "V-05", "2026-05-31", "2026-07-31"),
        status("2026-06-02", "V-01", "open", "in-progress"),
    ];
    let asked = "/vendor_dependency/last_check_in";
    events.push(event(
        "2026-06-03",
        "V-05",
        Action::VendorCheckedIn,
        asked,
        Value::Null,
        json!("2026-05-10"),
    ));
    History::from_events(events)
}
