//! Turns a step of the script into an edit of an item's file, by the same functions as the
//! commands.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::DemoError;
use super::calendar::{Calendar, shift_date};
use super::script::{Act, Cast, Member, ShownValue};
use crate::document::{Document, Edit};
use crate::model::{Deadlines, DeviationState, Item, Status, Workflow};

/// Effect of a step on the file of an item, with the words of its commit.
pub(super) struct Effect {
    pub(super) document: Document,
    /// Words for the subject of the commit.
    pub(super) what: String,
    pub(super) evidence: Vec<String>,
}

/// The item as it is, and where the step takes place.
pub(super) struct StoryState<'a> {
    pub(super) cast: &'a Cast,
    pub(super) calendar: Calendar,
    pub(super) document: &'a Document,
    /// The day of detection, from which the days of the item count.
    pub(super) detected: i64,
    pub(super) today: NaiveDate,
    pub(super) by: &'a Member,
    pub(super) why: Option<&'a str>,
}

impl StoryState<'_> {
    /// Does what a step states, by the workflow and its guards.
    pub(super) fn play_act(&self, act: &Act) -> Result<Effect, DemoError> {
        let before = self.read_item(self.document)?;
        let (edits, what, evidence) = self.act_edits(act, &before)?;
        let document = self.document.apply_edits(&edits, &Item::FIELDS)?;
        self.check_follows(&before, &self.read_item(&document)?)?;
        Ok(Effect { document, what, evidence })
    }

    fn read_item(&self, document: &Document) -> Result<Item, DemoError> {
        Item::deserialize_from(&document.to_value()).map_err(|error| self.story_fault(&error))
    }

    fn story_fault(&self, reason: &str) -> DemoError {
        DemoError::Script(format!("{} on {}: {reason}", self.document.path(), self.today))
    }

    /// Checks that the item may be what it is now.
    fn check_follows(&self, before: &Item, after: &Item) -> Result<(), DemoError> {
        let workflow = Workflow::default();
        let (from, to) = (&before.status, &after.status);
        let mut needs = workflow.get(to).map(|one| one.needs.clone()).unwrap_or_default();
        if from != to {
            let found = workflow.find_move(from, to);
            let found =
                found.ok_or_else(|| self.story_fault(&format!("{from} does not lead to {to}")))?;
            needs.extend(found.needs());
        } else if to == Status::PENDING_APPROVAL {
            // A decision is recorded before the item moves on.
            needs.clear();
        }
        match needs.iter().find_map(|guard| guard.find_unmet(after)) {
            Some(unmet) => Err(self.story_fault(&unmet.fact)),
            None => Ok(()),
        }
    }

    /// Returns the changes of the file, what happened in words, and references to evidence.
    fn act_edits(
        &self,
        act: &Act,
        item: &Item,
    ) -> Result<(Vec<Edit>, String, Vec<String>), DemoError> {
        let today = self.today.to_string();
        let moves = |to: &str| format!("{} -> {to}", item.status);
        let mut none = Vec::new();
        let (edits, what) = match act {
            Act::Move { r#move: to } => {
                let mut edits = vec![Edit::set("/status", to.as_str())];
                if item.completion_date.is_some() {
                    edits.push(Edit::remove("/completion_date"));
                }
                (edits, moves(to))
            }
            Act::Close { close } => {
                let mut edits: Vec<Edit> = close.iter().map(|one| self.shown_edit(one)).collect();
                edits.push(Edit::set("/completion_date", today));
                edits.push(Edit::set("/status", Status::CLOSED));
                none = close.iter().map(|one| one.reference.clone()).collect();
                (edits, moves(Status::CLOSED))
            }
            Act::Defer { defer } => {
                let until = self.calendar.planned_day(self.detected + defer.until).to_string();
                let deferral = json!({"reason": self.why.unwrap_or_default(), "until": until});
                let edits =
                    vec![Edit::set("/deferral", deferral), Edit::set("/status", Status::DEFERRED)];
                (edits, moves(Status::DEFERRED))
            }
            Act::Draft { draft } => {
                let draft = json!({"rationale": draft});
                (vec![Edit::set("/risk_acceptance", draft)], "risk acceptance drafted".to_owned())
            }
            Act::Accept { accept } => {
                let drafted = item.risk_acceptance.as_ref().and_then(|one| one.rationale.clone());
                let rationale = accept.rationale.clone().or(drafted);
                let acceptance = json!({
                    "rationale": rationale,
                    "approver": self.by.to_person(),
                    "approved": today,
                    "review_by": self.calendar.planned_day(self.detected + accept.review).to_string(),
                });
                let mut edits = match &item.risk_acceptance {
                    None => vec![Edit::set("/risk_acceptance", acceptance)],
                    Some(_) => ["approver", "approved", "review_by"]
                        .map(|key| {
                            Edit::set(format!("/risk_acceptance/{key}"), acceptance[key].clone())
                        })
                        .to_vec(),
                };
                edits.push(Edit::set("/status", Status::RISK_ACCEPTED));
                (edits, moves(Status::RISK_ACCEPTED))
            }
            Act::Start { start } => {
                let at = self.milestone_address(item, *start)?;
                let edit = Edit::set(format!("{at}/status"), "in-progress");
                (vec![edit], format!("milestone {start} started"))
            }
            Act::Complete { complete, evidence } => {
                let at = self.milestone_address(item, *complete)?;
                let mut edits = vec![
                    Edit::set(format!("{at}/status"), "completed"),
                    Edit::set(format!("{at}/completed"), today),
                ];
                if !evidence.is_empty() {
                    edits.push(Edit::set(format!("{at}/evidence"), evidence.clone()));
                }
                none.clone_from(evidence);
                (edits, format!("milestone {complete} completed"))
            }
            Act::Slip { slip, days } => {
                let at = self.milestone_address(item, *slip)?;
                let old = item.milestones.iter().find(|one| one.id == *slip);
                let old =
                    old.and_then(|one| one.due).ok_or_else(|| self.story_fault("no due date"))?;
                let new = shift_date(old, *days);
                let edit = Edit::set(format!("{at}/due"), new.to_string());
                (vec![edit], format!("milestone {slip} due {old} -> {new}"))
            }
            Act::Add { add, due } => {
                let id = item.milestones.iter().map(|one| one.id).max().unwrap_or(0) + 1;
                let due = self.calendar.planned_day(self.detected + due).to_string();
                let milestone =
                    json!({"id": id, "description": add, "due": due, "status": "pending"});
                (vec![Edit::append("/milestones", milestone)], format!("milestone {id} added"))
            }
            Act::Cancel { cancel } => {
                let at = self.milestone_address(item, *cancel)?;
                let edit = Edit::set(format!("{at}/status"), "cancelled");
                (vec![edit], format!("milestone {cancel} cancelled"))
            }
            Act::Request { request, rating, number } => {
                let mut deviation = json!({"type": request, "state": "pending"});
                if let (Some(rating), Some(map)) = (rating, deviation.as_object_mut()) {
                    map.insert("adjusted_risk_rating".to_owned(), rating.as_str().into());
                }
                if let Some(map) = deviation.as_object_mut() {
                    map.insert("rationale".to_owned(), self.why.unwrap_or_default().into());
                    map.insert("request".to_owned(), number.as_str().into());
                    map.insert("requested".to_owned(), today.into());
                }
                (vec![Edit::append("/deviations", deviation)], format!("{request} requested"))
            }
            Act::Decide { decide, state } => {
                let at = item.deviations.iter().rposition(|one| one.kind == *decide);
                let at = at.ok_or_else(|| self.story_fault("nothing to decide"))?;
                let person = self.by.to_person();
                let approver = json!({"name": person.name, "role": person.role});
                let mut edits = vec![
                    Edit::set(format!("/deviations/{at}/state"), state.as_str()),
                    Edit::set(format!("/deviations/{at}/approver"), approver),
                    Edit::set(format!("/deviations/{at}/decided"), today),
                ];
                // An approved adjustment is what moves the scheduled date.
                let rating = item.deviations.get(at).and_then(|one| one.adjusted_risk_rating);
                if let (Some(rating), DeviationState::Approved) = (rating, state) {
                    let due = shift_date(
                        item.original_detection_date,
                        i64::from(Deadlines::FEDRAMP.days_for(rating)),
                    );
                    edits.push(Edit::set("/scheduled_completion_date", due.to_string()));
                }
                (edits, format!("{decide} {}", state.as_str()))
            }
            Act::CheckIn { .. } => {
                let edit = Edit::set("/vendor_dependency/last_check_in", today);
                (vec![edit], "vendor check-in".to_owned())
            }
            Act::Release { .. } => {
                let days = Deadlines::FEDRAMP.days_for(item.original_risk_rating);
                let due = shift_date(self.today, i64::from(days)).to_string();
                let edits = vec![
                    Edit::set("/vendor_dependency/last_check_in", today.clone()),
                    Edit::set("/vendor_dependency/fix_released", today),
                    Edit::set("/scheduled_completion_date", due),
                ];
                (edits, "vendor released a fix".to_owned())
            }
            Act::Review { review } => {
                let review = json!({"date": today, "by": self.by.name, "note": review});
                (vec![Edit::append("/reviews", review)], "reviewed".to_owned())
            }
            Act::Assign { assign } => {
                let person = self.cast.find_member(assign)?.to_person();
                let what = match &item.point_of_contact {
                    Some(old) => format!("owner {old} -> {person}"),
                    None => format!("owner {person}"),
                };
                (vec![Edit::set("/point_of_contact", json!(person))], what)
            }
            Act::Evidence { evidence } => {
                none.push(evidence.reference.clone());
                (vec![self.shown_edit(evidence)], "evidence added".to_owned())
            }
            Act::Set { set, subject } => {
                let edit = |(pointer, value): (&String, &Value)| Edit::set(pointer, value.clone());
                (set.iter().map(edit).collect(), subject.clone())
            }
        };
        Ok((edits, what, none))
    }

    /// Returns the address of a milestone.
    fn milestone_address(&self, item: &Item, id: u32) -> Result<String, DemoError> {
        let at = item.milestones.iter().position(|one| one.id == id);
        let at = at.ok_or_else(|| self.story_fault("no such milestone"))?;
        Ok(format!("/milestones/{at}"))
    }

    fn shown_edit(&self, shown: &ShownValue) -> Edit {
        let mut evidence = json!({"type": shown.kind, "reference": shown.reference});
        if let Some(map) = evidence.as_object_mut() {
            if let Some(location) = &shown.location {
                map.insert("location".to_owned(), location.as_str().into());
            }
            map.insert("collected".to_owned(), self.today.to_string().into());
        }
        Edit::append("/evidence", evidence)
    }
}
