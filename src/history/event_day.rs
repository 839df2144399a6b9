//! The day of an event that was reconstructed from a document.
//!
//! A document gives days for some of what it describes: a milestone that was completed, an item that
//! was closed, a decision. For the rest it only shows that it was so on its own day at the latest.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer};

use super::facts::{ChangeOrigin, PartDay};
use super::{Action, Difference, EventValue};

/// The day on which an event happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventDay {
    /// The day of the event's time.
    #[default]
    OfTime,
    /// The day that the document gives for it, which is not that of the event's time.
    Stated(NaiveDate),
    /// The document gives no day for it. It happened on the day of the event's time at the latest.
    Unknown,
}

impl EventDay {
    /// The word for a day that no source gives.
    pub const UNKNOWN: &str = "unknown";

    /// Returns the day of a change in a commit that was reconstructed from a document. `among` are
    /// all changes of the commit to the item, `time` is when the event is stated to have happened.
    pub(super) fn of_change(
        difference: &Difference,
        among: &[Difference],
        origin: &ChangeOrigin,
        time: DateTime<Utc>,
    ) -> Self {
        let Some(claimed) = origin.reconstructed else { return Self::OfTime };
        let day = match origin.day {
            PartDay::Stated => Some(claimed.date_naive()),
            PartDay::Unknown => None,
            PartDay::InValues => day_in_values(difference, among, claimed.date_naive()),
        };
        match day {
            None => Self::Unknown,
            Some(day) if day == time.date_naive() => Self::OfTime,
            Some(day) => Self::Stated(day),
        }
    }
}

impl fmt::Display for EventDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfTime => Ok(()),
            Self::Stated(day) => day.fmt(f),
            Self::Unknown => f.write_str(Self::UNKNOWN),
        }
    }
}

impl<'de> Deserialize<'de> for EventDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == Self::UNKNOWN {
            return Ok(Self::Unknown);
        }
        text.parse().map(Self::Stated).map_err(serde::de::Error::custom)
    }
}

/// Returns the day that the values of a change give for it. A day after the document's cannot be one
/// that the document reports.
fn day_in_values(
    difference: &Difference,
    among: &[Difference],
    document: NaiveDate,
) -> Option<NaiveDate> {
    let Difference { action, new, .. } = difference;
    let day = match action {
        // The item holds what is known by the document's day, also where it was found long before.
        Action::ItemCreated => {
            day_at(new, "original_detection_date").filter(|found| *found == document)
        }
        Action::StatusChanged => day_of_status(among),
        Action::MilestoneCompleted => difference.milestone.and_then(|mark| mark.date),
        Action::DeviationRequested => day_at(new, "requested"),
        Action::DeviationDecided => day_at(new, "decided"),
        Action::RiskAdjusted => among.iter().find_map(day_of_decision),
        Action::RiskAccepted => day_at(new, "approved"),
        Action::EvidenceAdded => day_at(new, "collected"),
        Action::VendorCheckedIn => parse_day(new).or_else(|| day_at(new, "last_check_in")),
        Action::ReviewRequested | Action::ReviewSubmitted | Action::ReviewReturned => {
            day_at(new, "since")
        }
        Action::ReviewRecorded => day_at(new, "date"),
        Action::FieldChanged if IS_OWN_DAY.contains(&difference.field.as_str()) => parse_day(new),
        _ => None,
    };
    day.filter(|day| *day <= document)
}

/// The fields whose value is the day on which they came to have it.
const IS_OWN_DAY: [&str; 2] = ["/completion_date", "/vendor_dependency/fix_released"];

/// Returns the day on which an item was closed or its risk accepted, where the same commit gives it.
fn day_of_status(among: &[Difference]) -> Option<NaiveDate> {
    let completed = among.iter().find(|other| other.field == "/completion_date");
    let accepted = among.iter().find(|other| other.action == Action::RiskAccepted);
    completed
        .and_then(|other| parse_day(&other.new))
        .or_else(|| accepted.and_then(|other| day_at(&other.new, "approved")))
}

fn day_of_decision(difference: &Difference) -> Option<NaiveDate> {
    let decided = difference.action == Action::DeviationDecided
        && difference.new.entry_text("type").as_deref() == Some("risk-adjustment");
    day_at(&difference.new, "decided").filter(|_| decided)
}

fn parse_day(value: &EventValue) -> Option<NaiveDate> {
    value.as_str()?.parse().ok()
}

fn day_at(value: &EventValue, key: &str) -> Option<NaiveDate> {
    value.entry_text(key)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::history::diff_items;

    fn origin(day: PartDay) -> ChangeOrigin {
        let reconstructed = "2025-11-02T12:00:00Z".parse().ok();
        ChangeOrigin { reconstructed, day, ..ChangeOrigin::default() }
    }

    /// The day of each change between two versions of an item, by the action.
    fn days(part: PartDay, old: &Value, new: &Value) -> Vec<(Action, String)> {
        let origin = origin(part);
        let time = origin.reconstructed.unwrap();
        let differences = diff_items(old, new);
        let day = |difference| EventDay::of_change(difference, &differences, &origin, time);
        differences.iter().map(|it| (it.action, day(it).to_string())).collect()
    }

    #[test]
    fn a_day_is_one_that_the_document_gives() {
        let step = |more: Value| {
            let mut step = json!({"id": 1, "description": "A", "due": "2025-11-02"});
            step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"milestones": [step]})
        };
        let adjustment = json!([{"type": "risk-adjustment", "state": "approved",
            "decided": "2025-10-20", "adjusted_risk_rating": "low"}]);
        let accepted = json!({"status": "risk-accepted",
            "risk_acceptance": {"rationale": "R", "approved": "2025-10-21"}});
        for (old, new, expected) in [
            (json!({}), json!({"point_of_contact": {"name": "Sam"}}), vec!["unknown"]),
            (json!({"status": "open"}), json!({"status": "in-progress"}), vec!["unknown"]),
            (json!({}), json!({"status": "closed"}), vec!["unknown"]),
            (
                json!({}),
                json!({"status": "closed", "completion_date": "2025-10-30"}),
                vec!["2025-10-30", "2025-10-30"],
            ),
            // The day of the event's time needs no word.
            (json!({}), json!({"status": "closed", "completion_date": "2025-11-02"}), vec!["", ""]),
            // A document cannot report what comes after it.
            (
                json!({}),
                json!({"status": "closed", "completion_date": "2025-11-03"}),
                vec!["unknown", "unknown"],
            ),
            (
                step(json!({})),
                step(json!({"status": "completed", "completed": "2025-10-28"})),
                vec!["2025-10-28"],
            ),
            // The day on which a milestone was due is not the day on which it was completed.
            (step(json!({})), step(json!({"status": "completed"})), vec!["unknown"]),
            (step(json!({})), step(json!({"due": "2025-11-01"})), vec!["unknown"]),
            (json!({}), step(json!({})), vec!["unknown"]),
            (json!({}), json!({"deviations": adjustment}), vec!["2025-10-20", "2025-10-20"]),
            (json!({}), accepted, vec!["2025-10-21", "2025-10-21"]),
            (json!({}), json!({"evidence": [{"reference": "CHG-1"}]}), vec!["unknown"]),
            (
                json!({}),
                json!({"evidence": [{"reference": "CHG-1", "collected": "2025-10-29"}]}),
                vec!["2025-10-29"],
            ),
            (
                json!({"vendor_dependency": {"product": "P", "last_check_in": "2025-09-01"}}),
                json!({"vendor_dependency": {"product": "P", "last_check_in": "2025-10-01"}}),
                vec!["2025-10-01"],
            ),
            (json!({}), json!({"comments": "2025-10-01"}), vec!["unknown"]),
            (json!({}), json!({"scheduled_completion_date": "2025-10-01"}), vec!["unknown"]),
        ] {
            let days = days(PartDay::InValues, &old, &new);
            let found: Vec<&str> = days.iter().map(|(_, day)| day.as_str()).collect();
            assert_eq!(found, expected, "{old} {new} {days:?}");
        }
    }

    #[test]
    fn a_part_may_say_that_all_of_it_is_of_its_day_or_of_none() {
        let (old, new) = (json!({"status": "open"}), json!({"status": "in-progress"}));
        assert_eq!(days(PartDay::Stated, &old, &new)[0].1, "");
        let new = json!({"status": "closed", "completion_date": "2025-11-02"});
        assert_eq!(days(PartDay::Unknown, &old, &new)[0].1, "unknown");
    }

    #[test]
    fn what_was_recorded_here_happened_when_it_landed() {
        let differences = diff_items(&json!({}), &json!({"comments": "C"}));
        let time = "2025-11-02T12:00:00Z".parse().unwrap();
        let day =
            EventDay::of_change(&differences[0], &differences, &ChangeOrigin::default(), time);
        assert_eq!(day, EventDay::OfTime);
    }

    #[test]
    fn an_item_is_created_on_the_day_on_which_it_was_found() {
        let created = |found: &str| {
            let new = EventValue::from(&json!({"id": "V-1", "original_detection_date": found}));
            let difference = Difference {
                action: Action::ItemCreated,
                field: String::new(),
                old: EventValue::default(),
                new,
                milestone: None,
            };
            let origin = origin(PartDay::InValues);
            EventDay::of_change(&difference, &[], &origin, origin.reconstructed.unwrap())
        };
        assert_eq!(created("2025-11-02"), EventDay::OfTime);
        assert_eq!(created("2025-10-01"), EventDay::Unknown, "it holds what came later");
    }
}
