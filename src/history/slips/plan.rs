//! The planned dates of an item over its entire history.
//!
//! Events record one field each. A date that is taken away and set again later, and a milestone that is
//! removed or cancelled and added again, are moves of the plan that no single event records. [`PlanState`]
//! follows an item through its events and finds them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::Value;

use super::{DateMove, PlannedDate};
use crate::history::{Action, Event};
use crate::model::normalize_look;
use crate::nearest::likeness;

/// Days for which an approved risk adjustment or the vendor's release of a fix entitles each date of the
/// item to one move: deciding and rescheduling are often two commits.
const ENTITLED_DAYS: i64 = 31;

/// Likeness, from 0 to 1, of the texts of a removed milestone and a new one above which the new one
/// continues the old one.
const SAME_STEP: f64 = 0.8;

/// The moves that one commit made to the planned dates of an item.
#[derive(Debug, Clone)]
pub struct DateChange<'a> {
    /// The first of the events that moved a date: day, reason, actor.
    pub event: &'a Event,
    /// The moves, at least one.
    pub moves: Vec<DateMove>,
    /// The numbers of the milestones before the commit.
    pub before: BTreeSet<u32>,
    /// The numbers of the open milestones with a due date after the commit.
    pub open: BTreeSet<u32>,
    /// Notes of reviews that the same commit recorded.
    pub notes: Vec<String>,
}

/// Returns the moves of the planned dates of an item over its history, commit by commit, oldest
/// first.
///
/// Moves that the item was entitled to are left out: in a commit that records an approved risk
/// adjustment or the vendor's release of a fix, and the first move of each date in the 31 days after it.
/// A date that was taken away and set again moved. So did a milestone that was removed or cancelled and
/// added again with the same text.
pub fn date_changes<'a>(events: &[&'a Event]) -> Vec<DateChange<'a>> {
    let mut changes = Vec::new();
    if !events.iter().any(|event| may_move(event)) {
        return changes;
    }
    let mut plan = PlanState::default();
    let mut entitled: Option<(NaiveDate, BTreeSet<PlannedDate>)> = None;
    for commit in events.chunk_by(|a, b| a.commit == b.commit) {
        let entitles = commit.iter().find(|event| event.entitles_to_new_dates());
        if let Some(event) = entitles {
            entitled = Some((event.day(), BTreeSet::new()));
        }
        let before: BTreeSet<u32> = match commit.iter().any(|event| may_move(event)) {
            true => plan.steps.keys().copied().collect(),
            false => BTreeSet::new(),
        };
        let mut first: Option<&Event> = None;
        let mut moves = Vec::new();
        for event in commit.iter().copied() {
            for moved in plan.apply_event(event) {
                let has_right = entitled.as_mut().is_some_and(|(since, used)| {
                    let days = (event.day() - *since).num_days();
                    days <= ENTITLED_DAYS && (used.insert(moved.date) || entitles.is_some())
                });
                if !has_right {
                    first.get_or_insert(event);
                    moves.push(moved);
                }
            }
        }
        if let Some(event) = first {
            changes.push(DateChange {
                event,
                moves,
                before,
                open: plan.open(),
                notes: review_notes(commit),
            });
        }
    }
    changes
}

/// Returns whether an event can move a planned date.
fn may_move(event: &Event) -> bool {
    match event.action {
        Action::ScheduleChanged
        | Action::MilestoneRescheduled
        | Action::MilestoneAdded
        | Action::ItemDeleted => true,
        Action::FieldChanged => *event.field == *"/milestones",
        _ => false,
    }
}

/// Returns the notes of the reviews that a commit recorded.
fn review_notes(commit: &[&Event]) -> Vec<String> {
    let reviews = commit.iter().filter(|event| event.action == Action::ReviewRecorded);
    reviews.filter_map(|event| event.new.entry_text("note")).collect()
}

/// Where a milestone of a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MilestoneState {
    Open,
    Completed,
    /// Removed or cancelled before it was completed.
    Gone,
}

/// A milestone of a plan.
#[derive(Debug, Clone)]
struct PlanMilestone {
    text: String,
    /// The last day that it was planned for.
    due: Option<NaiveDate>,
    /// Whether it has a due date now.
    is_dated: bool,
    state: MilestoneState,
}

/// The planned dates of an item at a time, and the last days of those that were taken away.
#[derive(Debug, Default)]
struct PlanState {
    schedule: Option<NaiveDate>,
    steps: BTreeMap<u32, PlanMilestone>,
}

impl PlanState {
    /// Returns the numbers of the open milestones with a due date.
    fn open(&self) -> BTreeSet<u32> {
        let open =
            self.steps.iter().filter(|(_, it)| it.state == MilestoneState::Open && it.is_dated);
        open.map(|(number, _)| *number).collect()
    }

    /// Makes the change that an event records, and returns the moves that it was.
    fn apply_event(&mut self, event: &Event) -> Vec<DateMove> {
        let number = event.milestone.map(|mark| mark.number);
        let moved = match event.action {
            Action::ItemCreated => return self.replace_all(&event.new.value()),
            Action::FieldChanged if *event.field == *"/milestones" => {
                return self.replace_steps(&event.new.value());
            }
            Action::ScheduleChanged => self.set_date(PlannedDate::Schedule, event),
            Action::MilestoneAdded => self.add_milestone(&event.new.value()),
            Action::MilestoneRescheduled => {
                number.and_then(|number| self.set_date(PlannedDate::Milestone(number), event))
            }
            Action::MilestoneRemoved => {
                self.remove_milestone(number);
                None
            }
            Action::MilestoneCompleted | Action::MilestoneChanged => {
                self.change_step(number, event);
                None
            }
            _ => None,
        };
        moved.into_iter().collect()
    }

    /// Takes the dates of an item that was created: for the first time, or again.
    fn replace_all(&mut self, item: &Value) -> Vec<DateMove> {
        let is_first = self.steps.is_empty() && self.schedule.is_none();
        let to = field_day(item, "scheduled_completion_date");
        let schedule = DateMove::between(PlannedDate::Schedule, self.schedule, to);
        self.schedule = to.or(self.schedule);
        let mut moves = self.replace_steps(item.get("milestones").unwrap_or(&Value::Null));
        moves.extend(schedule);
        if is_first { Vec::new() } else { moves }
    }

    fn replace_steps(&mut self, list: &Value) -> Vec<DateMove> {
        let numbers: Vec<u32> = self.steps.keys().copied().collect();
        for number in numbers {
            self.remove_milestone(Some(number));
        }
        let entries = list.as_array().into_iter().flatten();
        entries.filter_map(|entry| self.add_milestone(entry)).collect()
    }

    /// Sets a date to the new day of an event. A day that was taken away before counts as the old one.
    fn set_date(&mut self, date: PlannedDate, event: &Event) -> Option<DateMove> {
        let to = text_day(event.new.as_str());
        let known = match date {
            PlannedDate::Schedule => &mut self.schedule,
            PlannedDate::Milestone(number) => {
                let step = self.steps.get_mut(&number)?;
                step.is_dated = to.is_some();
                &mut step.due
            }
        };
        let from = text_day(event.old.as_str()).or(*known);
        *known = to.or(from);
        DateMove::between(date, from, to)
    }

    /// Adds a milestone. One that is there again with another day moved.
    fn add_milestone(&mut self, entry: &Value) -> Option<DateMove> {
        let number = u32::try_from(entry.get("id")?.as_u64()?).ok()?;
        let text = entry.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        let due = field_day(entry, "due");
        let state = match entry.get("status").and_then(Value::as_str) {
            Some("completed") => MilestoneState::Completed,
            Some("cancelled") => MilestoneState::Gone,
            _ => MilestoneState::Open,
        };
        let earlier = match state {
            MilestoneState::Open => self.take_gone(&text),
            _ => None,
        };
        self.steps.insert(number, PlanMilestone { text, due, is_dated: due.is_some(), state });
        DateMove::between(PlannedDate::Milestone(number), earlier?.due, due)
    }

    /// Takes the milestone that is gone and that a text describes again.
    fn take_gone(&mut self, text: &str) -> Option<PlanMilestone> {
        let mut best: Option<(f64, u32)> = None;
        for (number, step) in &self.steps {
            let alike = step_likeness(&step.text, text);
            let is_better = best.is_none_or(|(other, _)| alike >= other);
            if step.state == MilestoneState::Gone && alike >= SAME_STEP && is_better {
                best = Some((alike, *number));
            }
        }
        self.steps.remove(&best?.1)
    }

    fn remove_milestone(&mut self, number: Option<u32>) {
        let Some(number) = number else { return };
        match self.steps.get_mut(&number) {
            Some(step) if step.state != MilestoneState::Completed => {
                step.state = MilestoneState::Gone
            }
            _ => drop(self.steps.remove(&number)),
        }
    }

    fn change_step(&mut self, number: Option<u32>, event: &Event) {
        let Some(step) = number.and_then(|number| self.steps.get_mut(&number)) else { return };
        match (event.field.rsplit('/').next(), event.new.as_str()) {
            (Some("status"), Some("completed")) => step.state = MilestoneState::Completed,
            (Some("status"), Some("cancelled")) => step.state = MilestoneState::Gone,
            (Some("status"), _) => step.state = MilestoneState::Open,
            (Some("description"), Some(text)) => step.text = text.to_owned(),
            _ => {}
        }
    }
}

fn text_day(text: Option<&str>) -> Option<NaiveDate> {
    text.and_then(|text| text.parse::<NaiveDate>().ok())
}

/// Returns the day in a field of an item or milestone.
fn field_day(entry: &Value, field: &str) -> Option<NaiveDate> {
    entry.get(field)?.as_str()?.parse().ok()
}

/// Computes the likeness of the texts of two milestones, from 0 to 1; 0 where they name different
/// numbers (`host 1`, `host 2`). A number that a text begins with is that of the list.
fn step_likeness(one: &str, other: &str) -> f64 {
    let (one, other) = (plain_end(one), plain_end(other));
    if words_with_digits(&one) != words_with_digits(&other) { 0.0 } else { likeness(&one, &other) }
}

fn plain_end(text: &str) -> String {
    normalize_look(text).trim_start_matches(|c: char| !c.is_alphabetic()).to_owned()
}

fn words_with_digits(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-'));
    let with_digits = words.filter(|word| word.chars().any(|c| c.is_ascii_digit()));
    with_digits.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Actor, History, TextCommit};
    use crate::model::ItemId;

    /// The moves of an item whose versions are given: the fields besides those that every item has.
    /// An empty version is a commit that removes the file.
    fn moves(versions: &[(&str, &str)]) -> Vec<(String, i64)> {
        let commits: Vec<TextCommit> = versions
            .iter()
            .map(|(day, fields)| {
                let text = format!("id: V-1\nweakness_name: W\nstatus: open\n{fields}");
                TextCommit {
                    time: format!("{day}T12:00:00Z").parse().unwrap(),
                    actor: Actor { name: "Ann".into(), email: "ann@example.com".into() },
                    reason: None,
                    files: vec![("items/V-1.yaml".into(), (!fields.is_empty()).then_some(text))],
                }
            })
            .collect();
        let history = History::from_versions(&commits);
        let id: ItemId = "V-1".parse().unwrap();
        let events: Vec<&Event> = history.events_of(&id).collect();
        let moves = date_changes(&events).into_iter().flat_map(|it| it.moves);
        moves.map(|it| (it.date.name(), it.days())).collect()
    }

    fn step(number: u32, text: &str, due: &str) -> String {
        format!("milestones:\n  - {{id: {number}, description: {text}, due: {due}}}\n")
    }

    #[test]
    fn a_milestone_that_is_added_anew_moved() {
        let first = step(1, "Patch the mail server", "2026-02-01");
        let none = "comments: none\n";
        for (then, again, expected) in [
            (none, step(2, "Patch the mail server", "2026-03-01"), Some(("milestone 2", 28))),
            (none, step(1, "patch the mail servers", "2026-03-01"), Some(("milestone 1", 28))),
            (none, step(2, "Patch the mail server", "2026-02-01"), None),
            (none, step(2, "Scan the mail server again", "2026-03-01"), None),
            (
                "milestones: [{id: 1, description: Patch the mail server, due: 2026-02-01, status: cancelled}]\n",
                "milestones:\n  - {id: 1, description: Patch the mail server, due: 2026-02-01, status: cancelled}\n  \
                - {id: 2, description: Patch the mail server, due: 2026-03-01}\n".to_owned(),
                Some(("milestone 2", 28)),
            ),
            (
                "milestones: [{id: 1, description: Patch the mail server, due: 2026-02-01, status: completed}]\n",
                step(2, "Patch the mail server", "2026-03-01"),
                None,
            ),
            (
                "milestones: [{id: 1, description: Patch the mail server}]\n",
                step(1, "Patch the mail server", "2026-03-01"),
                Some(("milestone 1", 28)),
            ),
            ("", step(1, "Patch the mail server", "2026-03-01"), Some(("milestone 1", 28))),
        ] {
            let versions = [("2026-01-01", &*first), ("2026-01-20", then), ("2026-01-25", &again)];
            let expected: Vec<(String, i64)> =
                expected.into_iter().map(|(name, days)| (name.to_owned(), days)).collect();
            assert_eq!(moves(&versions), expected, "{then} {again}");
        }
        // In one commit.
        let versions = [
            ("2026-01-01", &*first),
            ("2026-01-20", &step(7, "Patch the mail server", "2026-02-15")),
        ];
        assert_eq!(moves(&versions), [("milestone 7".to_owned(), 14)]);
    }

    #[test]
    fn texts_that_name_other_numbers_are_other_steps() {
        assert!(step_likeness("Upgrade host 1", "Upgrade host 2") < SAME_STEP);
        assert!(step_likeness("1. Upgrade web-01", "2. upgrade web-01") >= SAME_STEP);
        assert!(step_likeness("Upgrade to 3.0.13", "Upgrade to 3.0.14") < SAME_STEP);
    }

    #[test]
    fn the_schedule_that_is_taken_away_and_set_again_moved() {
        let schedule = |day: &str| format!("scheduled_completion_date: {day}\n");
        let versions = [
            ("2026-01-01", &*schedule("2026-02-01")),
            ("2026-01-10", "comments: none\n"),
            ("2026-01-11", &schedule("2026-02-11")),
            ("2026-01-12", ""),
            ("2026-01-13", &schedule("2026-02-15")),
        ];
        let name = "the scheduled completion date".to_owned();
        assert_eq!(moves(&versions), [(name.clone(), 10), (name, 4)]);
    }

    #[test]
    fn an_approval_entitles_each_date_to_one_move() {
        let approved =
            "deviations: [{type: risk-adjustment, state: approved, adjusted_risk_rating: low}]\n";
        let version = |day: &str, more: &str| step(1, "Patch", day) + more;
        for (third, expected) in [("2026-01-30", 1), ("2026-02-20", 2)] {
            let versions = [
                ("2026-01-01", &*version("2026-02-01", "")),
                ("2026-01-10", &version("2026-02-01", approved)),
                (third, &version("2026-03-01", approved)),
                ("2026-02-21", &version("2026-04-01", approved)),
            ];
            assert_eq!(moves(&versions).len(), expected, "{third}");
        }
    }
}
