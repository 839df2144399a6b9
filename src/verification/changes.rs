//! Events that should not happen in a reliable record.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{AuditObservation, VerificationInput};
use crate::diagnostic::Level;
use crate::history::EventDescription;
use crate::history::{Action, ClaimDoubt, Difference, Event, EventValue, UNDO, UnrecordedClaim};
use crate::model::{Item, ItemId, Milestone};
use crate::repository::{CommitRecord, parse_trailers};
use crate::text::{plural, visible};

/// Widest value in a message.
pub(super) const WIDEST: usize = 80;

pub(super) fn find_observations(
    evidence: &VerificationInput<'_>,
    events: &[&Event],
) -> Vec<AuditObservation> {
    let broken = broken_files(evidence);
    let undone = undone_creations(evidence, events);
    // An event that entitles to new dates applies to all changes of the item in the same commit.
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
            Action::ItemDeleted if undone.contains(&(&*event.commit, event.item.as_ref())) => {
                Some(("creation-undone", Level::Note))
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
                    .then(|| judge_rewritten(&event_difference(event), head, entitled))
                    .flatten();
                // Restoring a value after a rewrite is reported as a warning only.
                let back = judged.is_some() && rewrites.contains(&value_key(event, &event.new));
                rewrites.extend(judged.map(|_| value_key(event, &event.old)));
                judged.map(|(name, level)| (name, if back { Level::Warning } else { level }))
            }
        };
        let Some((name, level)) = judged else { continue };
        // An import states what its document states; that is reported, and is no fault of a person.
        let level = if event.reconstructed { level.max(Level::Warning) } else { level };
        let words = EventDescription::from(*event).describe_event(WIDEST);
        found.push(AuditObservation {
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
    found.extend(report_reconstructed(events));
    found.extend(evidence.unrecorded.iter().map(report_unrecorded));
    found
}

/// Finds deletions that undo the creation of their item: the commit names the one that created it, and nothing
/// happened to the item in between. Each is a commit and an item; `events` are in their order.
fn undone_creations<'a>(
    evidence: &VerificationInput<'a>,
    events: &[&'a Event],
) -> BTreeSet<(&'a str, Option<&'a ItemId>)> {
    let undoes = |record: &CommitRecord| {
        let trailers = parse_trailers(&record.message);
        let named = trailers.into_iter().find(|(name, _)| name == UNDO)?.1;
        Some((record.commit.to_string(), named))
    };
    let undoing: BTreeMap<String, String> = evidence.commits.iter().filter_map(undoes).collect();
    if undoing.is_empty() {
        return BTreeSet::new();
    }
    let (mut found, mut last) = (BTreeSet::new(), BTreeMap::new());
    for event in events {
        let (commit, item) = (&*event.commit, event.item.as_ref());
        let before = last.insert(item, (commit, event.action));
        let creation = undoing.get(commit).map(|id| (id.as_str(), Action::ItemCreated));
        if event.action == Action::ItemDeleted && creation.is_some() && before == creation {
            found.insert((commit, item));
        }
    }
    found
}

/// Builds the key of a value that an event's target had.
fn value_key(event: &Event, value: &EventValue) -> String {
    let number = event.milestone.map(|mark| mark.number);
    let part = event.field.rsplit('/').next().unwrap_or_default();
    format!("{:?} {number:?} {part} {value}", event.item)
}

/// Returns whether an action may rewrite something.
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

fn event_difference(event: &Event) -> Difference {
    let Event { action, field, old, new, milestone, .. } = event.clone();
    Difference { action, field: field.to_string(), old, new, milestone }
}

/// Returns the finding and level of a changed permanent value or committed milestone; one that was
/// put back is a warning.
pub(super) fn judge_rewritten(
    event: &Difference,
    head: Option<&Item>,
    entitled: bool,
) -> Option<(&'static str, Level)> {
    if !looked_at(event.action) {
        return None;
    }
    let value = serde_json::to_value(head).unwrap_or_default();
    let restored = |field: &str| value.pointer(field).is_some_and(|now| event.old == *now);
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
                restored_level(back.is_some() && back == event.old.get("description").as_ref()),
            ))
        }
        Action::MilestoneRescheduled if event.new.is_null() => {
            Some(("milestone-rewritten", restored_level(step_is(&event.old))))
        }
        Action::MilestoneChanged if part == "description" => {
            Some(("milestone-rewritten", restored_level(step_is(&event.old))))
        }
        Action::MilestoneChanged if part == "completed" && !event.old.is_null() => {
            Some(("milestone-rewritten", Level::Warning))
        }
        // Numbers that are not unique distinguish no milestone from another: any of them may be another.
        Action::FieldChanged if *event.field == *"/milestones" => {
            let steps: Option<Vec<Milestone>> = serde_json::from_value(event.old.value()).ok();
            let back = steps.zip(head).is_some_and(|(steps, head)| steps == head.milestones);
            Some(("milestone-rewritten", restored_level(back)))
        }
        Action::FieldChanged if *event.field == *"/original_detection_date" => {
            Some(("permanent-value-changed", restored_level(restored(&event.field))))
        }
        Action::RiskAdjusted if *event.field == *"/original_risk_rating" => {
            Some(("permanent-value-changed", Level::Warning))
        }
        Action::ScheduleChanged if event.new.is_null() => {
            Some(("permanent-value-changed", restored_level(restored(&event.field))))
        }
        // Its later values are milestone changes, which the workbook shows.
        Action::ScheduleChanged if !event.old.is_null() && !entitled => {
            Some(("schedule-changed", Level::Warning))
        }
        _ => None,
    }
}

fn restored_level(restored: bool) -> Level {
    if restored { Level::Warning } else { Level::Error }
}

/// Returns the files that cannot be read now, and those whose id is in a second one.
fn broken_files<'a>(evidence: &'a VerificationInput<'_>) -> BTreeSet<&'a str> {
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

/// Reports a claim to be reconstructed that does not count.
fn report_unrecorded(claim: &UnrecordedClaim) -> AuditObservation {
    let from = match &claim.source {
        Some(source) => format!("from `{}`", visible(source)),
        None => "from a document that it does not name".to_owned(),
    };
    let message = format!(
        "claims to be reconstructed {from}, but {}: {}",
        visible(&claim.doubt.to_string()),
        match claim.doubt {
            ClaimDoubt::Unfinished => "import the document again, or explain it",
            _ => "the claim does not count, and what it changed happened when it landed",
        }
    );
    AuditObservation::new("unrecorded-claim", Level::Error, message).with_commit(claim.commit)
}

/// Reports the sources of reconstructed events. Only the document itself could prove what they state.
fn report_reconstructed(events: &[&Event]) -> Vec<AuditObservation> {
    let mut sources: BTreeMap<(&str, &str, &str), (usize, &str)> = BTreeMap::new();
    for event in events.iter().filter(|event| event.reconstructed) {
        let source = event.source.as_deref().unwrap_or_default();
        let digest = event.source_id.as_deref().unwrap_or_default();
        let key = (source, digest, event.landed_by.name.as_str());
        sources.entry(key).or_insert((0, &event.commit)).0 += 1;
    }
    let report = |((source, digest, name), (count, commit)): ((&str, &str, &str), _)| {
        let message = format!(
            "{} reconstructed from {}, which {} states; the document proves it, if its digest is {}",
            plural(count, "event"),
            visible(source),
            visible(name),
            visible(digest),
        );
        AuditObservation::new("reconstructed", Level::Note, message).with_commit(commit)
    };
    sources.into_iter().map(report).collect()
}
