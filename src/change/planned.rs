use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::step::{StepError, check_feasible, require_reason};
use super::{Change, ChangeOptions, day_value};
use crate::document::Edit;
use crate::model::Milestone;
use crate::store::Stored;

/// The milestones of an item as a list states them: new ones are added, others are put right. Milestones
/// that the list does not name stay as they are.
#[derive(Debug, Clone)]
pub struct MilestonePlan {
    /// The milestones by their numbers.
    pub milestones: Vec<Milestone>,
}

impl MilestonePlan {
    /// The change of an item's milestones. `highest` is the highest number that the item ever used.
    ///
    /// # Errors
    ///
    /// Where nothing would change, a number was used before, what differs needs a reason, or a day
    /// cannot be.
    pub fn plan_change(
        &self,
        stored: &Stored,
        wish: &ChangeOptions,
        highest: u32,
    ) -> Result<Change, StepError> {
        let id = stored.item.id.to_string();
        let (mut edits, mut facts) = (Vec::new(), Vec::new());
        let known = &stored.item.milestones;
        let mut next = known.iter().map(|step| step.id).max().unwrap_or(0).max(highest);
        for planned in &self.milestones {
            let number = planned.id;
            if let Some(due) = planned.due {
                check_feasible(stored, due)?;
            }
            let Some(at) = known.iter().position(|step| step.id == number) else {
                next = next.saturating_add(1);
                if number != next {
                    return Err(StepError::NotNext { id, number, next });
                }
                edits.push(Edit::append("/milestones", new_milestone(planned)));
                continue;
            };
            let step = &known[at];
            if step.description.trim() != planned.description.trim() {
                require_reason(&id, number, wish, "rewriting")?;
                let text = planned.description.as_str();
                edits.push(Edit::set(format!("/milestones/{at}/description"), text));
                facts.push(("Poam-Override", format!("milestone {number} reworded")));
            }
            if let Some(due) = planned.due.filter(|due| step.due != Some(*due)) {
                if step.status.is_finished() {
                    return Err(StepError::Already { id, number, status: step.status });
                }
                require_reason(&id, number, wish, "rescheduling")?;
                edits.push(Edit::set(format!("/milestones/{at}/due"), day_value(due)));
            }
        }
        if edits.is_empty() {
            return Err(StepError::Unchanged { id });
        }
        let subject = format!("{id}: milestones planned");
        Ok(Change::build(stored, &edits, subject, wish, facts)?)
    }
}

fn new_milestone(planned: &Milestone) -> Value {
    let mut step = Map::new();
    step.insert("id".into(), planned.id.into());
    step.insert("description".into(), planned.description.as_str().into());
    let due: Option<NaiveDate> = planned.due;
    if let Some(due) = due {
        step.insert("due".into(), day_value(due));
    }
    Value::Object(step)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::exchange::read_typed_plan;

    const HEAD: &str = "id: V-1\nweakness_name: W\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nstatus: open\n";

    fn plan(milestones: &str, text: &str, why: Option<&str>) -> Result<Change, String> {
        let stored = Stored::parse("items/V-1.yaml", format!("{HEAD}{milestones}").as_bytes());
        let plan = MilestonePlan { milestones: read_typed_plan(text).unwrap() };
        let wish = ChangeOptions { reason: why.map(str::to_owned) };
        plan.plan_change(&stored.unwrap(), &wish, 0).map_err(|error| error.to_string())
    }

    #[test]
    fn a_list_adds_what_is_new_and_puts_right_what_is_there() {
        let change = plan("", "1. 2026-03-01: Patch\n2. Scan", None).unwrap();
        assert_eq!(
            change.document.to_value()["milestones"],
            json!([{"id": 1, "description": "Patch", "due": "2026-03-01"}, {"id": 2, "description": "Scan"}])
        );
        assert!(crate::model::is_own_subject(&change.subject));
        let there = "milestones:\n- {id: 1, description: Patch, due: 2026-03-01} # first\n";
        let change = plan(there, "1. 2026-04-01: Patch\n2. Scan", Some("freeze")).unwrap();
        let text = change.document.text();
        assert!(text.contains("due: 2026-04-01} # first"), "{text}");
        assert_eq!(change.document.to_value()["milestones"][1]["description"], "Scan");
        for (text, message) in [
            ("1. 2026-03-01: Patch", "V-1: its milestones say this already"),
            (
                "1. 2026-04-01: Patch",
                "V-1: rescheduling milestone 1 needs a reason: add --reason \"…\"",
            ),
            ("1. Scan", "V-1: rewriting milestone 1 needs a reason: add --reason \"…\""),
            ("3. Scan", "V-1: the next milestone has the number 2, not 3"),
            ("2. 2020-01-01: Scan", "V-1: 2020-01-01 lies before the detection date"),
        ] {
            assert_eq!(plan(there, text, None).unwrap_err(), message, "{text}");
        }
    }
}
