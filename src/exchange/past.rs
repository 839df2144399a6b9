//! Earlier versions of an item that a row describes, as far as the row dates them.
//!
//! A row has three kinds of days: the day of detection, days in its milestone changes, and the day
//! of the last change. A change without a day of its own is dated by the next known day, and no
//! earlier: nothing is invented, and such a version states that its changes have no day.
//!
//! A row states three kinds of days: the day of detection, days in its milestone changes, and the day
//! of the last change. What is not stated of a day is known by the next day that is stated, and no
//! earlier: nothing is invented, and such a version states that its changes have no day.

use chrono::NaiveDate;

use super::changes::{Steps, steps, steps_back};
use super::{kept, milestones};
use crate::model::{Item, Milestone, Status};
use crate::workbook::DateForms;

/// An item as it stood on a day before the last one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PastVersion {
    /// The day.
    pub(crate) day: NaiveDate,
    /// Whether its row states that this is the day of the change; else it is known by then.
    pub(crate) stated: bool,
    /// The item.
    pub(crate) item: Item,
}

/// Returns the item as it stood on each day that its row states, before the `last` one, oldest first.
/// `told` is what the row states of milestones and the item does not keep. `closed` states whether its
/// status is a closed one: then it was closed on its day of completion.
///
/// The first is what permanent columns state: what was found, when, how it was rated, and what was
/// planned. Who is responsible, what was decided and everything else is known by the last day.
pub(crate) fn past(
    item: &Item,
    told: Option<&(String, String)>,
    last: NaiveDate,
    closed: bool,
) -> Vec<PastVersion> {
    let found = item.original_detection_date;
    let mut past = Vec::new();
    if let (true, Ok(open)) = (found < last, Status::OPEN.parse()) {
        let mut first = Item::new(
            item.id.clone(),
            item.weakness_name.clone(),
            open,
            found,
            item.original_risk_rating,
        );
        first.kind = item.kind;
        first.detector_source = item.detector_source.clone();
        first.source_identifier = item.source_identifier.clone();
        first.scheduled_completion_date = item.scheduled_completion_date;
        if item.is_sensitive("weakness_name") {
            first.sensitive.push("weakness_name".to_owned());
        }
        let (planned, steps) = plan(item, told);
        first.milestones = planned;
        past.push(PastVersion { day: found, stated: true, item: first.clone() });
        let mut before = found;
        let mut undated = None;
        for (day, milestones) in steps {
            let then = Item { milestones, ..first.clone() };
            // A day out of order states nothing: the change is known by the next one.
            let Some(day) = day.filter(|day| (before..last).contains(day)) else {
                undated = Some(then);
                continue;
            };
            past.extend(undated.take().map(|item| PastVersion { day, stated: false, item }));
            match past.last_mut() {
                Some(same) if same.day == day && same.stated => same.item = then,
                _ => past.push(PastVersion { day, stated: true, item: then }),
            }
            before = day;
        }
        if let Some(day) = item.completion_date.filter(|day| closed && (found..last).contains(day))
        {
            close(&mut past, day, item);
        }
    }
    past
}

/// Closes the versions of an item from its day of completion on.
fn close(past: &mut Vec<PastVersion>, day: NaiveDate, item: &Item) {
    let later = past.iter().position(|version| version.day > day).unwrap_or(past.len());
    let Some(open) = past.get(later.saturating_sub(1)) else { return };
    if open.day != day || !open.stated {
        past.insert(later, PastVersion { day, stated: true, item: open.item.clone() });
    }
    for version in past.iter_mut().filter(|version| version.day > day) {
        close_version(&mut version.item, item);
    }
    let on_day = past.iter_mut().rfind(|version| version.day == day);
    on_day.into_iter().for_each(|version| close_version(&mut version.item, item));
}

fn close_version(version: &mut Item, item: &Item) {
    version.status = item.status.clone();
    version.completion_date = item.completion_date;
}

/// Returns the milestones as first planned, and what became of them. Nothing where the source does
/// not state how they were first.
fn plan(item: &Item, told: Option<&(String, String)>) -> (Vec<Milestone>, Steps) {
    let text = |key: &str| item.extra.get(key).and_then(serde_json::Value::as_str);
    let told = told.map(|(planned, changes)| (planned.as_str(), changes.as_str())).unzip();
    let told = match (told.0.or(text(kept::PLANNED)), told.1.or(text(kept::CHANGES))) {
        (Some(planned), Some(changes)) => {
            let planned = milestones::read_planned(planned, DateForms::default()).milestones;
            let steps = steps(&planned, changes);
            Some((planned, steps))
        }
        (None, Some(changes)) => steps_back(&item.milestones, changes),
        (Some(_), None) => None,
        // Nothing became of them but what the plan itself states.
        (None, None) => {
            let as_planned = |step: &Milestone| step.status == Default::default();
            let all = item.milestones.iter().all(as_planned);
            all.then(|| (item.milestones.clone(), Steps::new()))
        }
    };
    told.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RiskRating;

    fn item(planned: Option<&str>, changes: Option<&str>) -> Item {
        let day = |text: &str| text.parse().unwrap();
        let mut item = Item::new(
            "V-1".parse().unwrap(),
            "W".into(),
            "closed".parse().unwrap(),
            day("2026-01-05"),
            RiskRating::High,
        );
        item.comments = Some("words".into());
        item.completion_date = Some(day("2026-03-01"));
        let mut keep = |key: &str, text: Option<&str>| {
            if let Some(text) = text {
                item.extra.insert(key.to_owned(), text.into());
            }
        };
        keep(kept::PLANNED, planned);
        keep(kept::CHANGES, changes);
        item
    }

    /// One line per version: the day, the status, and each milestone with its day and state.
    fn told(item: &Item, last: &str) -> Vec<String> {
        let line = |version: &PastVersion| {
            let PastVersion { day, stated, item } = version;
            let known = if *stated { "" } else { "by " };
            let step = |step: &Milestone| {
                let due = step.due.map(|due| due.to_string()).unwrap_or_default();
                format!(" {}:{due}:{}", step.id, step.status)
            };
            let steps: String = item.milestones.iter().map(step).collect();
            format!("{known}{day} {}{steps}", item.status)
        };
        past(item, None, last.parse().unwrap(), true).iter().map(line).collect()
    }

    #[test]
    fn what_is_dated_stands_on_its_day_and_the_rest_on_the_next() {
        let planned = "(1) 2026-01-20: A\n\n(2) 2026-02-10: B";
        let changes = "(2) Update 2026-02-20 : delayed\n\n(1) Complete 2026-01-19 : done\n\n(2) Update 2026-02-25 : moved from 2026-02-20 to 2026-02-25 on 2026-02-12: vendor";
        assert_eq!(
            told(&item(Some(planned), Some(changes)), "2026-03-01"),
            [
                "2026-01-05 open 1:2026-01-20:pending 2:2026-02-10:pending",
                "by 2026-01-19 open 1:2026-01-20:pending 2:2026-02-20:pending",
                "2026-01-19 open 1:2026-01-20:completed 2:2026-02-20:pending",
                "2026-02-12 open 1:2026-01-20:completed 2:2026-02-25:pending",
            ]
        );
        let last = "2026-03-01".parse().unwrap();
        let first = &past(&item(Some(planned), None), None, last, true)[0].item;
        assert_eq!(first.comments, None, "what was said later is not said before");
    }

    #[test]
    fn a_plan_that_says_where_it_came_from_is_followed_back() {
        let mut now = item(
            None,
            Some(
                "(1) Update 2026-02-01 : moved from 2026-01-20 to 2026-02-01 on 2026-01-15\n\n(3) New 2026-02-20 : C\n\n(1) Complete 2026-01-30 : completed",
            ),
        );
        now.milestones = milestones::read_planned(
            "(1) 2026-02-01: A\n\n(3) 2026-02-20: C",
            DateForms::default(),
        )
        .milestones;
        now.milestones[0].status = crate::model::MilestoneStatus::Completed;
        now.milestones[0].completed = "2026-01-30".parse().ok();
        assert_eq!(
            told(&now, "2026-03-01"),
            [
                "2026-01-05 open 1:2026-01-20:pending",
                "2026-01-15 open 1:2026-02-01:pending",
                "by 2026-01-30 open 1:2026-02-01:pending 3:2026-02-20:pending",
                "2026-01-30 open 1:2026-02-01:completed 3:2026-02-20:pending",
            ]
        );
        // An update that does not state what was before leaves the beginning unknown.
        let unknown = item(None, Some("(1) Update 2026-02-01 : delayed"));
        assert_eq!(told(&unknown, "2026-03-01"), ["2026-01-05 open"]);
    }

    #[test]
    fn an_item_was_closed_on_its_day_of_completion() {
        let planned = Some("(1) 2026-01-20: A");
        let changes = Some("(1) Complete 2026-01-19 : done");
        assert_eq!(
            told(&item(planned, changes), "2026-04-01"),
            [
                "2026-01-05 open 1:2026-01-20:pending",
                "2026-01-19 open 1:2026-01-20:completed",
                "2026-03-01 closed 1:2026-01-20:completed",
            ]
        );
        // On the day of a milestone, and before a later one.
        let changes = Some("(1) Complete 2026-03-01 : done");
        assert_eq!(
            told(&item(planned, changes), "2026-04-01")[1..],
            ["2026-03-01 closed 1:2026-01-20:completed"]
        );
        let changes = Some("(1) Complete 2026-03-11 : done");
        assert_eq!(
            told(&item(planned, changes), "2026-04-01")[1..],
            ["2026-03-01 closed 1:2026-01-20:pending", "2026-03-11 closed 1:2026-01-20:completed",]
        );
        // A day of completion that an open item has closes nothing.
        let last = "2026-04-01".parse().unwrap();
        assert_eq!(past(&item(planned, None), None, last, false).len(), 1);
    }

    #[test]
    fn days_that_cannot_be_are_not_used() {
        let planned = Some("(1) 2026-01-20: A");
        let changes = Some("(1) Complete 2027-01-19 : done");
        assert_eq!(told(&item(planned, changes), "2026-03-01").len(), 1);
        assert!(told(&item(planned, None), "2026-01-05").is_empty());
        assert!(told(&item(planned, None), "2025-01-05").is_empty());
    }
}
