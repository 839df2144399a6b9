//! A register that somebody kept in git as text, replayed through item files.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::support::{Repo, shared};
use poam::change::file_text;
use poam::history::{Action, History, read};
use poam::model::{Item, Person};
use poam::repository::Repository;
use serde_json::Value;

fn keel() -> Option<PathBuf> {
    shared("history/keel")
}

/// The status that the words of the register mean.
fn status(words: &str) -> &'static str {
    let plain = words.replace('*', "").to_lowercase();
    if plain.starts_with("closed") {
        "closed"
    } else if plain.starts_with("reopened") {
        "reopened"
    } else if plain.contains("accepted") {
        "risk-accepted"
    } else {
        "open"
    }
}

fn item(id: &str, row: &Value, first: &str) -> Item {
    let text = |key: &str| row[key].as_str().unwrap_or_default().replace("**", "");
    let mut item = Item::new(
        id.parse().unwrap(),
        text("Weakness"),
        status(&text("Status")).parse().unwrap(),
        first.parse().unwrap(),
        text("Risk").parse().unwrap(),
    );
    item.controls = text("Control").split(", ").map(str::to_owned).collect();
    item.point_of_contact =
        Some(text("Owner")).filter(|owner| !owner.contains('*')).map(Person::named);
    match text("Due").parse() {
        Ok(date) => item.scheduled_completion_date = Some(date),
        Err(_) => _ = item.extra.insert("due".into(), text("Due").into()),
    }
    item
}

/// Writes every snapshot as item files and commits it.
fn replay(folder: &Path) -> Repo {
    let repo = Repo::new();
    let mut snapshots: Vec<PathBuf> = std::fs::read_dir(folder.join("snapshots"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    snapshots.sort();
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    for path in snapshots {
        let snapshot: Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let day = &snapshot["date"].as_str().unwrap()[..10];
        for (id, row) in snapshot["items"].as_object().unwrap() {
            let first = first.entry(id.clone()).or_insert_with(|| day.to_owned());
            let text = file_text(&item(id, row, first), "../schema/item.schema.json").unwrap();
            repo.write(&format!("items/{id}.yaml"), text);
        }
        let author = format!("{} <keel@example.com>", snapshot["author"].as_str().unwrap());
        repo.commit_as(&author, day, snapshot["sha"].as_str().unwrap());
    }
    repo
}

fn history(repo: &Repo) -> History {
    let repository = Repository::open(&repo.path()).unwrap();
    let head = repository.head().unwrap().unwrap();
    read(&repository, head, "", "items/").unwrap()
}

#[test]
fn a_register_kept_as_text_has_the_same_past_here() {
    let Some(folder) = keel() else { return };
    let repo = replay(&folder);
    let history = history(&repo);
    let subjects = repo.git(&["log", "--format=%H %s"]);
    let source: BTreeMap<&str, &str> =
        subjects.lines().map(|line| line.split_once(' ').unwrap()).collect();
    // What its keeper's commits changed, field by field.
    let transitions = std::fs::read_to_string(folder.join("transitions.csv")).unwrap();
    let mut rows = poam_rows(&transitions);
    rows.remove(0);
    let told = |field: &str| -> BTreeSet<(String, String)> {
        let of_field = rows.iter().filter(|row| row[5] == field);
        of_field.map(|row| (row[1].clone(), row[4].clone())).collect()
    };
    let events = |action: Action| -> BTreeSet<(String, String)> {
        let of_action = history.events.iter().filter(|event| event.action == action);
        let pair = |event: &poam::history::Event| {
            (source[&*event.commit][..7].to_owned(), event.item.as_ref().unwrap().to_string())
        };
        of_action.map(pair).collect()
    };
    assert_eq!(told("Status").len(), 11);
    assert_eq!(events(Action::StatusChanged), told("Status"));
    assert_eq!(events(Action::ItemCreated), told("*created*"));
    assert_eq!(events(Action::OwnerChanged), told("Owner"));
    // One day on which what was closed was taken up again.
    let reopened: Vec<_> = history
        .events
        .iter()
        .filter(|event| event.action == Action::StatusChanged && event.old == "closed")
        .map(|event| (&*source[&*event.commit], event.new.as_str().unwrap()))
        .collect();
    assert_eq!(reopened.len(), 3);
    assert!(
        reopened.iter().all(|(commit, new)| commit.starts_with("963b30c") && *new == "reopened")
    );
}

/// The cells of a CSV text.
fn poam_rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quoted, c) {
            (true, '"') if chars.next_if_eq(&'"').is_some() => cell.push('"'),
            (_, '"') => quoted = !quoted,
            (false, ',') => row.push(std::mem::take(&mut cell)),
            (false, '\n') => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (false, '\r') => {}
            (_, c) => cell.push(c),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}
