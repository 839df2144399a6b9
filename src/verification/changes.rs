//! What happened that should not happen to a record.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Evidence, Finding};
use crate::diagnostic::Level;
use crate::history::{Action, Difference, Event, EventValue};
use crate::model::{Item, Milestone};
use crate::output::{Happening, plural};

/// Widest value in a message.
pub(super) const WIDEST: usize = 80;

pub(super) fn findings(evidence: &Evidence<'_>, events: &[&Event]) -> Vec<Finding> {
    let broken = broken(evidence);
    // What entitles to new dates counts for everything that the same commit does to the item.
    let entitled: BTreeSet<_> = events
        .iter()
        .filter(|event| event.entitles_to_new_dates())
        .map(|event| (&event.commit, &event.item))
        .collect();
    let mut found = Vec::new();
    let mut rewrites: BTreeSet<String> = BTreeSet::new();
    for event in events {
        let head = event.item.as_ref().and_then(|id| evidence.store.find(id));
        let head = head.map(|stored| &stored.item);
        let judged = match event.action {
            Action::Unreadable => {
                let level =
                    if broken.contains(&*event.path) { Level::Error } else { Level::Warning };
                Some(("unreadable", level))
            }
            Action::ItemDeleted => {
                Some(("item-deleted", if head.is_some() { Level::Warning } else { Level::Error }))
            }
            Action::ItemRenamed => Some(("item-renamed", Level::Warning)),
            Action::EvidenceRemoved => Some(("evidence-removed", Level::Warning)),
            Action::SettingsChanged => Some(("settings-changed", Level::Note)).filter(|_| {
                ["/rules", "/workflow", "/people", "/allow", "/profile", "/deadlines"]
                    .iter()
                    .any(|part| event.field.starts_with(part))
            }),
            _ => {
                let entitled = entitled.contains(&(&event.commit, &event.item));
                let judged = looked_at(event.action)
                    .then(|| rewritten(&difference(event), head, entitled))
                    .flatten();
                // Who puts a value back rewrites nothing.
                let back = judged.is_some() && rewrites.contains(&holds(event, &event.new));
                rewrites.extend(judged.map(|_| holds(event, &event.old)));
                judged.map(|(name, level)| (name, if back { Level::Warning } else { level }))
            }
        };
        let Some((name, level)) = judged else { continue };
        // An import says what its document says; that is told, and is no fault of a person.
        let level = if event.reconstructed { level.max(Level::Warning) } else { level };
        let words = Happening::from(*event).words(WIDEST);
        found.push(Finding {
            finding: name,
            level,
            message: match (&event.actor, &event.source) {
                (Some(actor), _) => format!("{words}, by {}", actor.name),
                (None, source) => format!(
                    "{words}, reconstructed from {} and landed by {}",
                    source.as_deref().unwrap_or("a document"),
                    event.landed_by.name
                ),
            },
            commit: Some(event.commit.to_string()),
            path: Some(event.path.to_string()),
            item: event.item.clone(),
        });
    }
    found.extend(reconstructed(events));
    found
}

/// What an event is about, with a value that it held.
fn holds(event: &Event, value: &EventValue) -> String {
    let number = event.milestone.map(|mark| mark.number);
    let part = event.field.rsplit('/').next().unwrap_or_default();
    format!("{:?} {number:?} {part} {value}", event.item)
}

/// Whether an action may rewrite something.
fn looked_at(action: Action) -> bool {
    let looked_at = [
        Action::MilestoneRemoved,
        Action::MilestoneRescheduled,
        Action::MilestoneChanged,
        Action::FieldChanged,
        Action::RiskAdjusted,
        Action::ScheduleChanged,
    ];
    looked_at.contains(&action)
}

fn difference(event: &Event) -> Difference {
    let Event { action, field, old, new, milestone, .. } = event.clone();
    Difference { action, field: field.to_string(), old, new, milestone }
}

/// Whether a permanent value or a landed milestone was changed; what was put back is a warning.
pub(super) fn rewritten(
    event: &Difference,
    head: Option<&Item>,
    entitled: bool,
) -> Option<(&'static str, Level)> {
    if !looked_at(event.action) {
        return None;
    }
    let value = serde_json::to_value(head).unwrap_or_default();
    let restored = |field: &str| value.pointer(field).is_some_and(|now| event.old == *now);
    let level = |restored: bool| if restored { Level::Warning } else { Level::Error };
    let step = || -> Option<&Value> {
        let number = event.milestone?.number;
        let steps = value.get("milestones")?.as_array()?;
        steps.iter().find(|step| step.get("id").and_then(Value::as_u64) == Some(number.into()))
    };
    let part = event.field.rsplit('/').next().unwrap_or_default();
    let step_is =
        |old: &EventValue| step().and_then(|step| step.get(part)).is_some_and(|it| *old == *it);
    match event.action {
        Action::MilestoneRemoved => {
            let back = step().and_then(|step| step.get("description"));
            Some((
                "milestone-rewritten",
                level(back.is_some() && back == event.old.get("description").as_ref()),
            ))
        }
        Action::MilestoneRescheduled if event.new.is_null() => {
            Some(("milestone-rewritten", level(step_is(&event.old))))
        }
        Action::MilestoneChanged if part == "description" => {
            Some(("milestone-rewritten", level(step_is(&event.old))))
        }
        Action::MilestoneChanged if part == "completed" && !event.old.is_null() => {
            Some(("milestone-rewritten", Level::Warning))
        }
        // Numbers that are not unique tell no milestone from another: any of them may be another.
        Action::FieldChanged if *event.field == *"/milestones" => {
            let steps: Option<Vec<Milestone>> = serde_json::from_value(event.old.value()).ok();
            let back = steps.zip(head).is_some_and(|(steps, head)| steps == head.milestones);
            Some(("milestone-rewritten", level(back)))
        }
        Action::FieldChanged if *event.field == *"/original_detection_date" => {
            Some(("permanent-value-changed", level(restored(&event.field))))
        }
        Action::RiskAdjusted if *event.field == *"/original_risk_rating" => {
            Some(("permanent-value-changed", Level::Warning))
        }
        Action::ScheduleChanged if event.new.is_null() => {
            Some(("permanent-value-changed", level(restored(&event.field))))
        }
        // Its later values are milestone changes, which the workbook shows.
        Action::ScheduleChanged if !event.old.is_null() && !entitled => {
            Some(("schedule-changed", Level::Warning))
        }
        _ => None,
    }
}

/// The files that cannot be read now, and those whose id stands in a second one.
fn broken<'a>(evidence: &'a Evidence<'_>) -> BTreeSet<&'a str> {
    let store = evidence.store;
    let mut broken: BTreeSet<&str> =
        store.diagnostics().iter().map(|one| &*one.label.path).collect();
    for id in store.ids() {
        let paths: Vec<&str> = store.with_id(id).map(|stored| stored.path()).collect();
        if paths.len() > 1 {
            broken.extend(paths);
        }
    }
    broken
}

/// Where reconstructed events are from.
fn reconstructed(events: &[&Event]) -> Vec<Finding> {
    let mut sources: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for event in events.iter().filter(|event| event.reconstructed) {
        let source = event.source.as_deref().unwrap_or_default();
        sources.entry(source).or_insert((0, &event.commit)).0 += 1;
    }
    let finding = |(source, (count, commit)): (&str, (usize, &str))| {
        let message = format!("{} reconstructed from {source}", plural(count, "event"));
        Finding::new("reconstructed", Level::Note, message).at(commit)
    };
    sources.into_iter().map(finding).collect()
}
