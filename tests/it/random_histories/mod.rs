//! Three people work on a tracker by chance, on the main line and on branches that are merged. The
//! log must tell exactly what they did: nothing is missing, nothing is invented, and everything is
//! told of who did it.
#![allow(clippy::unwrap_used)]

mod command;
mod model;
mod world;

use std::collections::BTreeMap;

use crate::support::Repo;
use chrono::{Days, NaiveDate};
use command::Command;
pub(crate) use command::Dice;
use model::{Item, told};
use poam::history::{Event, History};
use poam::repository::Repository;
use world::{Fast, HistoryWorld, Real};

const IDS: [&str; 6] = ["V-1", "V-2", "V-3", "V-4", "V-5", "V-6"];

/// Expected events of a commit of the main line.
#[derive(Debug, PartialEq, Eq)]
struct Landing {
    actor: String,
    landed_by: String,
    /// Only where a single command landed.
    reason: Option<String>,
    told: Vec<String>,
}

/// A branch of a person.
struct Branch {
    /// As it was when the branch began.
    base: BTreeMap<String, Item>,
    items: BTreeMap<String, Item>,
    /// The items that were changed on it.
    mine: Vec<String>,
    /// Expected events of its commits, for a branch that becomes the main line.
    landings: Vec<Landing>,
}

/// Runs so many commands; what the main line must tell of them. Branches land both ways, by merges and
/// without.
fn live(world: &mut dyn HistoryWorld, seed: u64, commands: usize) -> Vec<Landing> {
    let (mut merged, mut followed) = (0, 0);
    let mut dice = Dice::new(seed);
    let mut main: BTreeMap<String, Item> =
        IDS.iter().map(|id| ((*id).to_owned(), Item::new(id))).collect();
    let mut branches: [Option<Branch>; 3] = [None, None, None];
    let mut landings = Vec::new();
    let mut day: NaiveDate = "2026-02-01".parse().unwrap();
    let mut done = 0;
    while done < commands {
        let who = dice.roll(3);
        let name = world::PEOPLE[who].to_owned();
        match dice.roll(12) {
            0 if branches[who].is_none() => {
                world.branch(who);
                let (base, items) = (main.clone(), main.clone());
                let (mine, landings) = (Vec::new(), Vec::new());
                branches[who] = Some(Branch { base, items, mine, landings });
                continue;
            }
            1 if branches[who].as_ref().is_some_and(|branch| !branch.mine.is_empty()) => {
                let branch = branches[who].take().unwrap();
                let by = dice.roll(3);
                if main == branch.base {
                    world.follow(who);
                    followed += 1;
                    landings.extend(branch.landings);
                } else {
                    let mut all: Vec<String> = branch
                        .mine
                        .iter()
                        .flat_map(|id| told(&main[id], &branch.items[id]))
                        .collect();
                    all.sort_unstable();
                    world.merge(who, by, day);
                    merged += 1;
                    let landed_by = world::PEOPLE[by].to_owned();
                    landings.push(Landing { actor: name, landed_by, reason: None, told: all });
                }
                for id in branch.mine {
                    main.insert(id.clone(), branch.items[&id].clone());
                }
                continue;
            }
            _ => {}
        }
        let id = (*dice.pick(&IDS)).to_owned();
        // Nobody edits what another branch has edited, and no branch what it does not have in its
        // newest version: that would be a conflict, which people solve.
        let others = branches.iter().enumerate().filter(|(at, _)| *at != who);
        let mut others = others.filter_map(|(_, branch)| branch.as_ref());
        if others.any(|branch| branch.mine.contains(&id)) {
            continue;
        }
        if let Some(branch) = &branches[who]
            && !branch.mine.contains(&id)
            && branch.items[&id] != main[&id]
        {
            continue;
        }
        let on_main = branches[who].is_none();
        let items = branches[who].as_mut().map_or(&mut main, |branch| &mut branch.items);
        let before = items[&id].clone();
        let Some(command) = Command::any(&mut dice, &before, on_main, done, day) else { continue };
        let reason = format!("because of turn {done}: \"it\" # is so");
        command.act(items.get_mut(&id).unwrap(), &reason, day);
        let told = told(&before, &items[&id]);
        world.run(who, on_main, &id, &command, &reason, day);
        let spoken = !matches!(command, Command::Review { .. });
        let reason = (spoken || world.reviews_have_reasons()).then_some(reason);
        let landing = Landing { actor: name.clone(), landed_by: name, reason, told };
        match &mut branches[who] {
            None => landings.push(landing),
            Some(branch) => {
                branch.landings.push(landing);
                if !branch.mine.contains(&id) {
                    branch.mine.push(id);
                }
            }
        }
        done += 1;
        day = day + Days::new((done % 2) as u64);
    }
    assert!(merged > 0 && (followed > 0 || commands < 100), "{merged} merged, {followed} not");
    landings.retain(|landing| !landing.told.is_empty());
    landings
}

/// Collects the events of the log, commit by commit, without the first one.
fn landed(history: &History) -> Vec<Landing> {
    let mut landings: Vec<(String, Landing)> = Vec::new();
    for event in &history.events {
        let told = words(event);
        match landings.last_mut() {
            Some((commit, landing)) if **commit == *event.commit => {
                assert_eq!(landing.actor, event.actor_name(), "{told}");
                landing.told.push(told);
            }
            _ => landings.push((
                event.commit.to_string(),
                Landing {
                    actor: event.actor_name().to_owned(),
                    landed_by: event.landed_by.name.clone(),
                    reason: event.reason.as_deref().map(str::to_owned),
                    told: vec![told],
                },
            )),
        }
    }
    let (_, first) = landings.remove(0);
    let mut expected = IDS.map(|id| format!("{id} item-created")).to_vec();
    expected.insert(0, "settings-changed".to_owned());
    assert_eq!(first.told, expected);
    landings
        .into_iter()
        .map(|(_, mut landing)| {
            landing.told.sort_unstable();
            landing
        })
        .collect()
}

/// An event in the words of the model.
fn words(event: &Event) -> String {
    let Some(item) = &event.item else { return event.action.to_string() };
    let text =
        |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (before, after) = (event.old.value(), event.new.value());
    let (old, new) = (text(&before), text(&after));
    let number = event.milestone.map_or(0, |milestone| milestone.number);
    let action = event.action.as_str();
    let what = match action {
        "item-created" => String::new(),
        "status-changed" => format!(" {old} -> {new}"),
        "owner-changed" => {
            format!(" {} -> {}", text(&before["name"]), text(&after["name"]))
        }
        "milestone-added" => {
            format!(" {number} {} {}", text(&after["description"]), text(&after["due"]))
        }
        "milestone-rescheduled" | "milestone-changed" => format!(" {number} {old} -> {new}"),
        "milestone-completed" => format!(" {number}"),
        "evidence-added" if number > 0 => format!(" {number} {new}"),
        "evidence-added" => format!(" {}", text(&after["reference"])),
        "review-recorded" => {
            let part = |key: &str| text(&after[key]);
            format!(" {} {} {}", part("date"), part("by"), part("note"))
        }
        "vendor-checked-in" => format!(" {new}"),
        "deviation-requested" | "deviation-decided" => format!(" {}", text(&after["state"])),
        "field-changed" => format!(" {}", event.field),
        other => panic!("nobody did {other}: {event:?}"),
    };
    format!("{item} {action}{what}")
}

/// The log must tell what was done.
fn check(repo: &Repo, expected: Vec<Landing>) {
    let opened = Repository::open(&repo.path()).unwrap();
    let head = opened.head().unwrap().unwrap();
    let history = poam::history::read(&opened, head, "", "items").unwrap();
    let mut landed = landed(&history);
    assert!(expected.iter().map(|landing| landing.told.len()).sum::<usize>() > expected.len() / 2);
    for (landing, expected) in landed.iter_mut().zip(&expected) {
        // A merge has the reasons of its commits, one for each file.
        if expected.reason.is_none() {
            landing.reason = None;
        }
        assert_eq!(landing, expected);
    }
    assert_eq!(landed.len(), expected.len());
}

fn by_the_library(seed: u64) {
    let repo = Repo::new();
    let opened = Repository::open(&repo.path()).unwrap().with_env(repo.env());
    let mut world = Fast::begin(&opened, &IDS.map(Item::new));
    let expected = live(&mut world, seed, 200);
    world.finish();
    check(&repo, expected);
}

#[test]
fn the_log_tells_what_was_done_1() {
    by_the_library(1);
}

#[test]
fn the_log_tells_what_was_done_2() {
    by_the_library(2);
}

#[test]
fn the_log_tells_what_was_done_3() {
    by_the_library(3);
}

#[test]
fn the_log_tells_what_the_program_did() {
    let repo = Repo::new();
    let mut world = Real::begin(&repo, &IDS.map(Item::new));
    let expected = live(&mut world, 4, 24);
    repo.git(&["switch", "--quiet", "main"]);
    check(&repo, expected);
}
