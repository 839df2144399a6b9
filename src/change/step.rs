//! Changes of an item's milestones: add, start, complete, reschedule, describe, cancel.
//!
//! Planned as edits of the file and returned as a [`Change`]; nothing is written here.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::{Change, ChangeOptions, NoEvidence, check_evidence, day_value, explain_impossible};
use crate::document::{Edit, EditError};
use crate::model::{Milestone, MilestoneStatus, Person, to_canonical};
use crate::store::Stored;

/// Change of an item's milestones.
#[derive(Debug, Clone)]
pub enum MilestoneChange {
    /// A new one, with the next number that the item never used.
    Add {
        /// Work that will be done.
        description: String,
        /// By when; none while that is not known yet.
        due: Option<NaiveDate>,
        /// Person who does it, where that is not the item's owner.
        owner: Option<Person>,
    },
    /// An entry in its log that changes no date.
    Note {
        /// Its number.
        number: u32,
        /// The entry.
        text: String,
        /// Author of the words.
        by: String,
    },
    /// It gets an owner of its own.
    Assign {
        /// Its number.
        number: u32,
        /// Person who does it.
        owner: Person,
    },
    /// Work on it begins.
    Start(u32),
    /// It is done.
    Complete {
        /// Its number.
        number: u32,
        /// When; today where it is not given.
        date: Option<NaiveDate>,
        /// Evidence that it is done.
        evidence: Vec<String>,
    },
    /// It is planned for another day.
    Reschedule {
        /// Its number.
        number: u32,
        /// The new day.
        due: NaiveDate,
    },
    /// Its description is put right.
    Describe {
        /// Its number.
        number: u32,
        /// The new text.
        description: String,
    },
    /// It is given up.
    Cancel(u32),
}

/// Reasons why the milestones stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// No milestone has the number.
    #[error("{id} has no milestone {number}; it has {known}")]
    Unknown {
        /// The item.
        id: String,
        /// The number.
        number: u32,
        /// The numbers it has.
        known: String,
    },
    /// Where it is, this cannot be done.
    #[error("{id}: milestone {number} is {status} already")]
    Already {
        /// The item.
        id: String,
        /// The number.
        number: u32,
        /// Where it is.
        status: MilestoneStatus,
    },
    /// The person owns it already.
    #[error("{id}: {owner} owns milestone {number} already")]
    Owned {
        /// The item.
        id: String,
        /// The number.
        number: u32,
        /// The owner.
        owner: String,
    },
    /// Words that are no evidence.
    #[error(transparent)]
    NoEvidence(#[from] NoEvidence),
    /// It needs a reason.
    #[error("{id}: {what} milestone {number} needs a reason: add --reason \"…\"")]
    NoReason {
        /// The item.
        id: String,
        /// The number.
        number: u32,
        /// The requested change, as a verb with -ing.
        what: &'static str,
    },
    /// A date that cannot be.
    #[error("{id}: {date} {problem}")]
    Date {
        /// The item.
        id: String,
        /// The date.
        date: NaiveDate,
        /// Fault of the date.
        problem: &'static str,
    },
    /// A list of milestones that changes nothing.
    #[error("{id}: its milestones say this already")]
    Unchanged {
        /// The item.
        id: String,
    },
    /// A new milestone with a number that is not the next one.
    #[error("{id}: the next milestone has the number {next}, not {number}")]
    NotNext {
        /// The item.
        id: String,
        /// The number that was given.
        number: u32,
        /// The number that it would have.
        next: u32,
    },
    /// The file cannot be changed in place.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl MilestoneChange {
    /// An error where an item has no milestone with a number: known before anybody is asked for
    /// more.
    pub fn is_there(stored: &Stored, number: u32) -> Result<(), StepError> {
        find(stored, number).map(|_| ())
    }

    /// The change of an item's milestones. `highest` is the highest number that the item ever
    /// used, as its history shows: a number is never given twice.
    pub fn plan_change(
        &self,
        stored: &Stored,
        wish: &ChangeOptions,
        highest: u32,
        today: NaiveDate,
    ) -> Result<Change, StepError> {
        let id = stored.item.id.to_string();
        let (edits, subject, evidence) = match self {
            Self::Add { description, due, owner } => {
                if let Some(due) = due {
                    check_feasible(stored, *due)?;
                }
                let known = stored.item.milestones.iter().map(|step| step.id).max().unwrap_or(0);
                let number = known.max(highest).saturating_add(1);
                let mut step = Map::new();
                step.insert("id".into(), number.into());
                step.insert("description".into(), description.as_str().into());
                if let Some(due) = due {
                    step.insert("due".into(), day_value(*due));
                }
                if let Some(owner) = owner {
                    step.insert("owner".into(), person_value(owner));
                }
                let edits = vec![Edit::append("/milestones", Value::Object(step))];
                let due = due.map(|due| format!(", due {due}")).unwrap_or_default();
                (edits, format!("{id}: new milestone {number}{due}"), Vec::new())
            }
            Self::Note { number, text, by } => {
                let (at, _) = find(stored, *number)?;
                let mut note = Map::new();
                note.insert("date".into(), day_value(today));
                note.insert("by".into(), by.as_str().into());
                note.insert("text".into(), text.as_str().into());
                let edits = vec![Edit::append(format!("{at}/notes"), Value::Object(note))];
                (edits, format!("{id}: milestone {number} note"), Vec::new())
            }
            Self::Assign { number, owner } => {
                let (at, step) = find(stored, *number)?;
                if step.owner.as_deref() == Some(owner) {
                    let (number, owner) = (*number, owner.name.clone());
                    return Err(StepError::Owned { id, number, owner });
                }
                let edits = vec![Edit::set(format!("{at}/owner"), person_value(owner))];
                (edits, format!("{id}: milestone {number} owner {}", owner.name), Vec::new())
            }
            Self::Start(number) => {
                let (at, step) = find(stored, *number)?;
                refuse_step(stored, step, step.status != MilestoneStatus::Pending)?;
                let edits = vec![Edit::set(format!("{at}/status"), "in-progress")];
                (edits, format!("{id}: milestone {number} started"), Vec::new())
            }
            Self::Complete { number, date, evidence } => {
                check_evidence(evidence, today)?;
                let (at, step) = find(stored, *number)?;
                refuse_step(stored, step, step.status.is_finished())?;
                let date = date.unwrap_or(today);
                if let Some(problem) = explain_impossible(&stored.item, date, today) {
                    return Err(StepError::Date { id, date, problem });
                }
                let mut edits = vec![
                    Edit::set(format!("{at}/status"), "completed"),
                    Edit::set(format!("{at}/completed"), day_value(date)),
                ];
                edits.extend(
                    evidence.iter().map(|one| Edit::append(format!("{at}/evidence"), one.as_str())),
                );
                (edits, format!("{id}: milestone {number} completed"), evidence.clone())
            }
            Self::Reschedule { number, due } => {
                let (at, step) = find(stored, *number)?;
                refuse_step(stored, step, step.status.is_finished())?;
                check_feasible(stored, *due)?;
                // The first day of a milestone that was planned without one moves nothing.
                if step.due.is_some() {
                    require_reason(&id, *number, wish, "rescheduling")?;
                }
                let from = step.due.map_or_else(|| "no date".to_owned(), |date| date.to_string());
                let edits = vec![Edit::set(format!("{at}/due"), day_value(*due))];
                (edits, format!("{id}: milestone {number} due {from} -> {due}"), Vec::new())
            }
            Self::Describe { number, description } => {
                let (at, _) = find(stored, *number)?;
                require_reason(&id, *number, wish, "rewriting")?;
                let edits = vec![Edit::set(format!("{at}/description"), description.as_str())];
                (edits, format!("{id}: milestone {number} reworded"), Vec::new())
            }
            Self::Cancel(number) => {
                let (at, step) = find(stored, *number)?;
                refuse_step(stored, step, step.status.is_finished())?;
                require_reason(&id, *number, wish, "cancelling")?;
                let edits = vec![Edit::set(format!("{at}/status"), "cancelled")];
                (edits, format!("{id}: milestone {number} cancelled"), Vec::new())
            }
        };
        let mut facts: Vec<(&'static str, String)> =
            evidence.into_iter().map(|reference| ("Poam-Evidence", reference)).collect();
        if let Self::Describe { number, .. } = self {
            facts.push(("Poam-Override", format!("milestone {number} reworded")));
        }
        Ok(Change::build(stored, &edits, subject, wish, facts)?)
    }
}

/// Work that the milestones of an item leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanOutcome {
    /// Some milestone is open, or there is none.
    Open,
    /// Every milestone is completed or cancelled, and one is completed: the item may move on.
    Done,
    /// Every milestone is cancelled: nothing was done, and nothing is planned.
    Cancelled,
}

/// Returns what the milestones of an item leave to do after a change.
pub fn plan_outcome(change: &Change) -> PlanOutcome {
    let value = change.document.to_value();
    let value = to_canonical(&value);
    let steps = value.get("milestones").and_then(Value::as_array);
    let steps = steps.map(Vec::as_slice).unwrap_or_default();
    let has = |step: &Value, status: &str| step.get("status").is_some_and(|it| it == status);
    let is_finished = |step: &Value| has(step, "completed") || has(step, "cancelled");
    if steps.is_empty() || !steps.iter().all(is_finished) {
        PlanOutcome::Open
    } else if steps.iter().any(|step| has(step, "completed")) {
        PlanOutcome::Done
    } else {
        PlanOutcome::Cancelled
    }
}

/// The milestone with a number, and its address.
fn find(stored: &Stored, number: u32) -> Result<(String, &Milestone), StepError> {
    let steps = &stored.item.milestones;
    match steps.iter().position(|step| step.id == number) {
        Some(at) => Ok((format!("/milestones/{at}"), &steps[at])),
        None => {
            let known: Vec<String> = steps.iter().map(|step| step.id.to_string()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Err(StepError::Unknown { id: stored.item.id.to_string(), number, known })
        }
    }
}

/// A person as a value.
fn person_value(person: &Person) -> Value {
    let mut value = Map::new();
    value.insert("name".into(), person.name.as_str().into());
    for (key, text) in [("email", &person.email), ("role", &person.role)] {
        if let Some(text) = text {
            value.insert(key.into(), text.as_str().into());
        }
    }
    Value::Object(value)
}

fn refuse_step(stored: &Stored, step: &Milestone, stands: bool) -> Result<(), StepError> {
    if stands {
        let (id, number, status) = (stored.item.id.to_string(), step.id, step.status);
        return Err(StepError::Already { id, number, status });
    }
    Ok(())
}

/// Refuses a day to do something by on which nobody knew of it.
pub(super) fn check_feasible(stored: &Stored, date: NaiveDate) -> Result<(), StepError> {
    match explain_impossible(&stored.item, date, date) {
        Some(problem) => Err(StepError::Date { id: stored.item.id.to_string(), date, problem }),
        None => Ok(()),
    }
}

pub(super) fn require_reason(
    id: &str,
    number: u32,
    wish: &ChangeOptions,
    what: &'static str,
) -> Result<(), StepError> {
    match &wish.reason {
        Some(_) => Ok(()),
        None => Err(StepError::NoReason { id: id.to_owned(), number, what }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ITEM: &str = "\
id: V-1
weakness_name: W
original_detection_date: 2026-01-01
original_risk_rating: high
milestones:
  - id: 1 # first
    description: Patch
    due: 2026-01-20
  - {id: 4, description: Scan, due: 2026-01-30, status: completed, completed: 2026-01-29}
status: open
";

    fn plan(step: &MilestoneChange, reason: Option<&str>) -> Result<Change, StepError> {
        let stored = Stored::parse("items/V-1.yaml", ITEM.as_bytes()).unwrap();
        let wish = ChangeOptions { reason: reason.map(str::to_owned) };
        step.plan_change(&stored, &wish, 6, "2026-02-01".parse().unwrap())
    }

    #[test]
    fn each_step_changes_its_lines() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let first = "    due: 2026-01-20\n";
        for (step, subject, old, new) in [
            (
                MilestoneChange::Add {
                    description: "Scan: again".into(),
                    due: Some(date("2026-03-01")),
                    owner: None,
                },
                "V-1: new milestone 7, due 2026-03-01",
                "status: open",
                "  - id: 7\n    description: \"Scan: again\"\n    due: 2026-03-01\nstatus: open",
            ),
            (
                MilestoneChange::Start(1),
                "V-1: milestone 1 started",
                first,
                "    due: 2026-01-20\n    status: in-progress\n",
            ),
            (
                MilestoneChange::Complete { number: 1, date: None, evidence: vec!["CHG-1".into()] },
                "V-1: milestone 1 completed",
                first,
                "    due: 2026-01-20\n    status: completed\n    completed: 2026-02-01\n    evidence: [CHG-1]\n",
            ),
            (
                MilestoneChange::Reschedule { number: 1, due: date("2026-02-20") },
                "V-1: milestone 1 due 2026-01-20 -> 2026-02-20",
                "2026-01-20",
                "2026-02-20",
            ),
            (
                MilestoneChange::Describe { number: 4, description: "Scan all".into() },
                "V-1: milestone 4 reworded",
                "Scan,",
                "Scan all,",
            ),
            (
                MilestoneChange::Add {
                    description: "Decide".into(),
                    due: None,
                    owner: Some(Person::named("Sam Roe")),
                },
                "V-1: new milestone 7",
                "status: open",
                "  - id: 7\n    description: Decide\n    owner:\n      name: Sam Roe\nstatus: open",
            ),
            (
                MilestoneChange::Note { number: 1, text: "Slow".into(), by: "Sam Roe".into() },
                "V-1: milestone 1 note",
                first,
                "    due: 2026-01-20\n    notes:\n      - date: 2026-02-01\n        by: Sam Roe\n        text: Slow\n",
            ),
            (
                MilestoneChange::Assign { number: 1, owner: Person::named("Sam Roe") },
                "V-1: milestone 1 owner Sam Roe",
                first,
                "    due: 2026-01-20\n    owner:\n      name: Sam Roe\n",
            ),
            (
                MilestoneChange::Cancel(1),
                "V-1: milestone 1 cancelled",
                first,
                "    due: 2026-01-20\n    status: cancelled\n",
            ),
        ] {
            let change =
                plan(&step, Some("because")).unwrap_or_else(|error| panic!("{step:?}: {error}"));
            assert_eq!(change.subject, subject);
            assert!(crate::model::is_own_subject(subject), "{subject}");
            assert_eq!(&**change.document.text(), ITEM.replacen(old, new, 1), "{step:?}");
        }
        let done =
            plan(&MilestoneChange::Complete { number: 1, date: None, evidence: Vec::new() }, None)
                .unwrap();
        assert_eq!(plan_outcome(&done), PlanOutcome::Done);
        // Milestone 4 is completed.
        let why = ChangeOptions { reason: Some("not needed".to_owned()) };
        let without = ITEM.replace("status: completed, completed: 2026-01-29", "status: cancelled");
        for (text, expected) in
            [(ITEM, PlanOutcome::Done), (without.as_str(), PlanOutcome::Cancelled)]
        {
            let stored = Stored::parse("items/V-1.yaml", text.as_bytes()).unwrap();
            let cancelled =
                MilestoneChange::Cancel(1).plan_change(&stored, &why, 6, date("2026-02-01"));
            assert_eq!(plan_outcome(&cancelled.unwrap()), expected);
        }
    }

    #[test]
    fn every_refusal_says_what_would_do() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (step, message) in [
            (MilestoneChange::Start(9), "V-1 has no milestone 9; it has 1, 4"),
            (MilestoneChange::Start(4), "V-1: milestone 4 is completed already"),
            (
                MilestoneChange::Reschedule { number: 1, due: date("2026-03-01") },
                "V-1: rescheduling milestone 1 needs a reason: add --reason \"…\"",
            ),
            (
                MilestoneChange::Cancel(1),
                "V-1: cancelling milestone 1 needs a reason: add --reason \"…\"",
            ),
            (
                MilestoneChange::Complete {
                    number: 1,
                    date: Some(date("2026-03-01")),
                    evidence: Vec::new(),
                },
                "V-1: 2026-03-01 lies in the future",
            ),
            (
                MilestoneChange::Reschedule { number: 1, due: date("2020-01-01") },
                "V-1: 2020-01-01 lies before the detection date",
            ),
            (
                MilestoneChange::Add {
                    description: "Scan".into(),
                    due: Some(date("2025-12-31")),
                    owner: None,
                },
                "V-1: 2025-12-31 lies before the detection date",
            ),
        ] {
            assert_eq!(plan(&step, None).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn an_item_without_milestones_gets_its_first() {
        let text = "id: V-1\nweakness_name: W\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nstatus: open\n";
        let stored = Stored::parse("items/V-1.yaml", text.as_bytes()).unwrap();
        let step = MilestoneChange::Add {
            description: "Patch".into(),
            due: "2026-03-01".parse().ok(),
            owner: None,
        };
        let change = step
            .plan_change(&stored, &ChangeOptions::default(), 0, "2026-02-01".parse().unwrap())
            .unwrap();
        assert_eq!(
            change.document.to_value()["milestones"],
            json!([{"id": 1, "description": "Patch", "due": "2026-03-01"}])
        );
    }
}
