//! Milestones and their changes as somebody types them, read by the grammar of the workbook's columns.

use chrono::NaiveDate;

use super::change_entry::{ChangeEntry, EntryKind, EntryUpdate};
use super::milestones::{PlanDoubt, read_planned};
use crate::model::{Milestone, MilestoneStatus};
use crate::workbook::DateForms;

/// A change of a milestone, as a text shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TypedChange {
    /// It is new.
    New {
        /// Work that will be done.
        description: String,
        /// By when.
        due: Option<NaiveDate>,
    },
    /// Work on it began.
    Started,
    /// It is done.
    Completed(Option<NaiveDate>),
    /// It was given up.
    Cancelled,
    /// It is planned for another day.
    Moved(NaiveDate),
    /// It reads otherwise now.
    Reworded(String),
    /// Something else is stated of it.
    Progress,
}

/// Reads a list of planned milestones, such as `1. 2026-03-01: Patch staging`, one a line; an error
/// with the lines that are none.
pub(crate) fn read_typed_plan(text: &str) -> Result<Vec<Milestone>, Vec<String>> {
    let planned = read_planned(text, DateForms::default());
    // A milestone may have no day yet; any other doubt is about something that was meant, and so is a
    // day that is none, such as `2026-02-30`.
    let is_planning =
        |step: &Milestone| !step.description.split(char::is_whitespace).any(is_iso_form);
    let is_undated = |doubt: &PlanDoubt| match doubt {
        PlanDoubt::NoDays => planned.milestones.iter().all(is_planning),
        PlanDoubt::NoDay { milestone, reason: None } => {
            planned.milestones.iter().any(|step| step.id == *milestone && is_planning(step))
        }
        PlanDoubt::NoDay { .. } | PlanDoubt::Another { .. } | PlanDoubt::State { .. } => false,
    };
    let doubts = planned.doubts.iter().filter(|doubt| !is_undated(doubt)).map(ToString::to_string);
    let unread: Vec<String> = planned.unread.iter().cloned().chain(doubts).collect();
    match unread.is_empty() && !planned.milestones.is_empty() {
        true => Ok(planned.milestones),
        false => Err(unread),
    }
}

/// Returns whether a word has the form `2026-02-30`, whether there is such a day or not.
fn is_iso_form(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_ascii_digit());
    let is_form = |(at, c): (usize, char)| match at {
        4 | 7 => c == '-',
        _ => c.is_ascii_digit(),
    };
    word.len() == 10 && word.char_indices().all(is_form)
}

/// Reads what a text shows of a milestone, and the number of the milestone; nothing where it names none,
/// or several.
pub(crate) fn read_typed_change(text: &str) -> Option<(u32, TypedChange)> {
    let Some(entry) = ChangeEntry::read(text.trim(), DateForms::default()) else {
        return Some((only_number(text)?, TypedChange::Progress));
    };
    let change = match (entry.kind, &entry.said, entry.date) {
        (EntryKind::New, _, due) => {
            TypedChange::New { description: entry.why().trim().to_owned(), due }
        }
        (EntryKind::Complete, _, date) => TypedChange::Completed(date),
        (_, EntryUpdate::State(MilestoneStatus::Completed), date) => TypedChange::Completed(date),
        (_, EntryUpdate::State(MilestoneStatus::Cancelled), _) => TypedChange::Cancelled,
        (_, EntryUpdate::State(MilestoneStatus::InProgress), _) => TypedChange::Started,
        (_, EntryUpdate::Reads(text), _) => TypedChange::Reworded(text.clone()),
        (_, EntryUpdate::Moved { .. } | EntryUpdate::Other, Some(due)) => TypedChange::Moved(due),
        _ => TypedChange::Progress,
    };
    Some((entry.number, change))
}

/// The number behind the only `milestone` of a text.
fn only_number(text: &str) -> Option<u32> {
    let lower = text.to_lowercase();
    let mut numbers = lower.split("milestone").skip(1).map(|behind| {
        let behind = behind.trim_start_matches([' ', '#', '-']);
        let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        behind[..end].parse().ok()
    });
    match (numbers.next(), numbers.next()) {
        (Some(number), None) => number,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_as_people_write_them() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (text, expected) in [
            (
                "Milestone 2 completed 2026-02-01",
                Some((2, TypedChange::Completed(Some(day("2026-02-01"))))),
            ),
            ("Milestone 2 completed", Some((2, TypedChange::Completed(None)))),
            (
                "Milestone 1 moved to 2026-07-01: vendor delay",
                Some((1, TypedChange::Moved(day("2026-07-01")))),
            ),
            (
                "Milestone 2 updated: due date is 2026-07-01",
                Some((2, TypedChange::Moved(day("2026-07-01")))),
            ),
            ("Milestone 2 updated: waiting for the vendor", Some((2, TypedChange::Progress))),
            ("Milestone #3: waiting", Some((3, TypedChange::Progress))),
            ("(2) Update 2026-07-10 : vendor", Some((2, TypedChange::Moved(day("2026-07-10"))))),
            ("Milestone 1 cancelled", Some((1, TypedChange::Cancelled))),
            ("waiting for the vendor", None),
            ("Milestone 1 before milestone 2", None),
            ("", None),
        ] {
            assert_eq!(read_typed_change(text), expected, "{text}");
        }
    }

    #[test]
    fn plans_are_read_line_by_line() {
        let plan = read_typed_plan("1. 2026-03-01: Patch staging\n2. Patch production").unwrap();
        let read: Vec<_> =
            plan.iter().map(|it| (it.id, it.due.map(|day| day.to_string()))).collect();
        assert_eq!(read, [(1, Some("2026-03-01".to_owned())), (2, None)]);
        assert_eq!(plan[1].description, "Patch production");
        assert!(read_typed_plan("1. Patch by 2026-02-30").is_err(), "no such day");
        assert!(read_typed_plan("").is_err() && read_typed_plan("something else").is_err());
    }
}
