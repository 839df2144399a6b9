use std::collections::BTreeMap;

use serde_json::Value;

use crate::history::{Action, Event};

/// The milestones of an item at a time, as its events tell.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan(BTreeMap<u64, Step>);

#[derive(Debug, Clone, Copy)]
struct Step {
    open: bool,
    dated: bool,
}

impl Plan {
    /// The numbers of the open milestones that have a due date.
    pub(super) fn open(&self) -> impl Iterator<Item = u32> {
        let open = self.0.iter().filter(|(_, step)| step.open && step.dated);
        open.filter_map(|(number, _)| (*number).try_into().ok())
    }

    /// Whether there is a milestone with a number.
    pub(super) fn has(&self, number: u32) -> bool {
        self.0.contains_key(&number.into())
    }

    /// Makes the change that an event tells.
    pub(super) fn apply(&mut self, event: &Event) {
        let number = event.milestone.map(|mark| u64::from(mark.number));
        match event.action {
            Action::ItemCreated => self.read(event.new.get("milestones").as_ref()),
            Action::FieldChanged if *event.field == *"/milestones" => {
                self.read(Some(&event.new.value()));
            }
            Action::MilestoneAdded => self.add(&event.new.value()),
            Action::MilestoneRemoved => drop(number.and_then(|number| self.0.remove(&number))),
            Action::MilestoneRescheduled
            | Action::MilestoneCompleted
            | Action::MilestoneChanged => {
                let Some(step) = number.and_then(|number| self.0.get_mut(&number)) else { return };
                match event.field.rsplit('/').next() {
                    Some("due") => step.dated = !event.new.is_null(),
                    Some("status") => step.open = is_open(&event.new.value()),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn read(&mut self, list: Option<&Value>) {
        self.0.clear();
        for entry in list.and_then(Value::as_array).into_iter().flatten() {
            self.add(entry);
        }
    }

    fn add(&mut self, entry: &Value) {
        if let Some(number) = entry.get("id").and_then(Value::as_u64) {
            let open = entry.get("status").is_none_or(is_open);
            self.0.insert(number, Step { open, dated: entry.get("due").is_some() });
        }
    }
}

fn is_open(status: &Value) -> bool {
    status != "completed" && status != "cancelled"
}
