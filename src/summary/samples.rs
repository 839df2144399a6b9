//! Items, events and settings for tests, in a line each.

use serde_json::Value;

use super::Row;
use crate::history::{Action, Actor, Event, Signature};
use crate::settings::Settings;
use crate::standing::Standing;
use crate::store::{Content, Found, Store, Stored};

pub(crate) fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn settings(fields: &str) -> Settings {
    Settings::parse("poam.yaml", format!("version: 1\n{fields}").as_bytes()).unwrap()
}

/// The file of an item: open, high, detected on 2026-01-01, unless the fields say otherwise.
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

/// A field given twice counts as the last one says.
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

pub(crate) fn store(items: &[(&str, &str)]) -> Store {
    let found = items.iter().map(|(id, fields)| {
        let text = file(id, &last_wins(fields));
        Found { path: format!("items/{id}.yaml"), content: Content::Bytes(text.into_bytes()) }
    });
    Store::read(found.collect())
}

pub(super) fn rows<'a>(store: &'a Store, settings: &Settings, today: &str) -> Vec<Row<'a>> {
    assert!(store.diagnostics().is_empty(), "{:#?}", store.diagnostics());
    let standing = |stored| Standing::of(stored, settings, None, day(today));
    store.items().iter().map(|stored| Row { stored, standing: standing(stored) }).collect()
}

/// An event at noon (UTC) of a day.
pub(crate) fn event(
    day: &str,
    id: &str,
    action: Action,
    field: &str,
    old: Value,
    new: Value,
) -> Event {
    let actor = Actor { name: "Ann Author".into(), email: "ann@example.com".into() };
    Event {
        time: format!("{day}T12:00:00Z").parse().unwrap(),
        actor: actor.clone(),
        co_actors: Vec::new(),
        landed_by: actor,
        commit: "0".repeat(40),
        path: format!("items/{id}.yaml"),
        item: Some(id.parse().unwrap()),
        action,
        field: field.to_owned(),
        old,
        new,
        reason: None,
        evidence_family: action.family(field),
        signature: Signature::None,
        source: None,
        source_id: None,
        reconstructed: false,
    }
}

/// The first landing of an item.
pub(crate) fn created(day: &str, id: &str, fields: &str) -> Event {
    event(day, id, Action::ItemCreated, "", Value::Null, item(id, fields).value)
}
