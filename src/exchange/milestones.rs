//! The grammar of *Planned Milestones* and *Milestone Changes* of the 2.1 template.
//!
//! `(1) 2026-05-23: Patch staging`, entries separated by a blank line; changes as
//! `(2) Update 2026-06-18 : why`, where the date is the milestone's new date (of a completion: the
//! day it was completed). The template's own check accepts nothing else.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::history::{Action, Event};
use crate::model::{Milestone, MilestoneStatus};

/// Milestones as planned. `None` where one has no date, which the grammar cannot say.
pub(super) fn planned(milestones: &[Milestone]) -> String {
    let entries: Vec<String> = milestones
        .iter()
        .filter_map(|step| {
            let due = step.due?;
            Some(format!("({}) {due}: {}", step.id, without_blank_lines(&step.description)))
        })
        .collect();
    entries.join("\n\n")
}

/// Reads planned milestones; `None` where the text is in no grammar that is known.
///
/// Besides the template's grammar, `Milestone 1: text by 2026-03-01` is read, a line each; the
/// description keeps all of its words.
pub(super) fn read_planned(text: &str) -> Option<Vec<Milestone>> {
    let text = text.trim();
    let mut milestones = Vec::new();
    if text.starts_with('(') {
        for entry in &paragraphs(text) {
            let (number, rest) = number(entry)?;
            let (date, description) = rest.split_once(':')?;
            milestones.push(milestone(number, Some(read_date(date)?), description.trim()));
        }
    } else {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (number, description) = line.strip_prefix("Milestone ")?.split_once(':')?;
            let due = description.rsplit_once(" by ").and_then(|(_, date)| read_date(date));
            milestones.push(milestone(number.trim().parse().ok()?, due, description.trim()));
        }
    }
    let mut ids: Vec<u32> = milestones.iter().map(|step| step.id).collect();
    ids.sort_unstable();
    ids.dedup();
    (ids.len() == milestones.len() && milestones.iter().all(|step| !step.description.is_empty()))
        .then_some(milestones)
}

/// Applies milestone changes; `None` where the text is not in the template's grammar.
pub(super) fn apply_changes(planned: &[Milestone], text: &str) -> Option<Vec<Milestone>> {
    let steps = steps(planned, text)?;
    Some(steps.into_iter().next_back().map_or_else(|| planned.to_vec(), |(_, now)| now))
}

/// The milestones after each change, with the day of the change where it says one; `None` where the
/// text is not in the template's grammar.
pub(super) fn steps(
    planned: &[Milestone],
    text: &str,
) -> Option<Vec<(Option<NaiveDate>, Vec<Milestone>)>> {
    let mut milestones = planned.to_vec();
    let mut steps = Vec::new();
    for entry in &paragraphs(text) {
        let Entry { number, kind, date, why } = Entry::read(entry)?;
        let found = milestones.iter_mut().find(|step| step.id == number);
        match (kind.as_str(), found) {
            ("new", None) => milestones.push(milestone(number, Some(date), why)),
            // An update may have moved the date of what was done, or opened it again.
            (_, Some(step)) if step.status == MilestoneStatus::Completed => return None,
            ("update", Some(step)) => step.due = Some(date),
            ("complete", Some(step)) => {
                step.status = MilestoneStatus::Completed;
                step.completed = Some(date);
            }
            _ => return None,
        }
        let day = if kind == "complete" { Some(date) } else { moved(why).map(|moved| moved.day) };
        steps.push((day, milestones.clone()));
    }
    Some(steps)
}

/// The milestones as they were planned first and after each change, from how they stand now; `None`
/// where a change does not say what was before it.
#[allow(clippy::type_complexity)]
pub(super) fn steps_back(
    now: &[Milestone],
    text: &str,
) -> Option<(Vec<Milestone>, Vec<(Option<NaiveDate>, Vec<Milestone>)>)> {
    let mut milestones = now.to_vec();
    let mut steps = Vec::new();
    for entry in paragraphs(text).iter().rev() {
        let Entry { number, kind, date, why } = Entry::read(entry)?;
        let moved = moved(why);
        let day = if kind == "complete" { Some(date) } else { moved.as_ref().map(|it| it.day) };
        steps.push((day, milestones.clone()));
        let place = milestones.iter().position(|step| step.id == number)?;
        let step = &mut milestones[place];
        match (kind.as_str(), moved) {
            ("new", _) if step.status == MilestoneStatus::Pending && step.due == Some(date) => {
                milestones.remove(place);
            }
            ("update", Some(moved)) if step.due == Some(date) => step.due = moved.from,
            ("complete", _) if step.completed == Some(date) => {
                step.status = MilestoneStatus::Pending;
                step.completed = None;
            }
            _ => return None,
        }
    }
    steps.reverse();
    let first = |step: &Milestone| step.status == MilestoneStatus::Pending;
    milestones.iter().all(first).then_some((milestones, steps))
}

/// One change of a milestone: `(2) Update 2026-06-18 : why`.
struct Entry<'a> {
    number: u32,
    /// In lower case.
    kind: String,
    date: NaiveDate,
    why: &'a str,
}

impl<'a> Entry<'a> {
    fn read(entry: &'a str) -> Option<Self> {
        let (number, rest) = number(entry)?;
        let (kind, rest) = rest.split_once(' ')?;
        let (date, why) = rest.split_once(':')?;
        Some(Self { number, kind: kind.to_lowercase(), date: read_date(date)?, why: why.trim() })
    }
}

/// What a reschedule says in our own words.
struct Moved {
    from: Option<NaiveDate>,
    day: NaiveDate,
}

/// Reads `moved from 2026-06-18 to 2026-07-10 on 2026-06-01`, with a reason behind it or none.
fn moved(why: &str) -> Option<Moved> {
    let (from, rest) = why.strip_prefix("moved from ")?.split_once(" to ")?;
    let (_, day) = rest.split_once(" on ")?;
    let from = match from {
        "no date" => None,
        date => Some(read_date(date)?),
    };
    Some(Moved { from, day: day.get(..10)?.parse().ok()? })
}

/// Numbers of milestones that changes introduce.
pub(super) fn introduced(text: &str) -> BTreeSet<u32> {
    let new = |entry: &String| {
        let (number, rest) = number(entry)?;
        rest.split_once(' ')
            .is_some_and(|(kind, _)| kind.eq_ignore_ascii_case("new"))
            .then_some(number)
    };
    paragraphs(text).iter().filter_map(new).collect()
}

/// Numbers of milestones that were added with a date.
pub(super) fn added_with_date<'a>(events: impl Iterator<Item = &'a Event>) -> BTreeSet<u32> {
    let dated = events
        .filter(|event| event.action == Action::MilestoneAdded && event.new.text("due").is_some());
    dated.filter_map(|event| event.milestone.as_ref().map(|mark| mark.number)).collect()
}

/// Whether a text can be read as changes of some milestones.
pub(super) fn is_grammar(text: &str) -> bool {
    text.starts_with('(') && paragraphs(text).iter().all(|entry| number(entry).is_some())
}

/// The milestone changes that the commits tell, in the template's grammar.
///
/// Events that share a milestone and a commit are one entry. An entry needs a date; a milestone
/// that never had one is dated by the day of the change.
pub(super) fn changes<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<String> {
    let mut entries = Vec::new();
    for event in events {
        let day = event.time.date_naive();
        let date = |text: &str| text.parse::<NaiveDate>().ok();
        let why = event
            .reason
            .as_deref()
            .map(|why| format!(": {}", without_blank_lines(why)))
            .unwrap_or_default();
        let Some(mark) = event.milestone else { continue };
        let (number, own) = (mark.number, mark.date.unwrap_or(day));
        let entry = match event.action {
            Action::MilestoneAdded => {
                let due = event.new.text("due").and_then(|due| date(&due)).unwrap_or(day);
                let description = event.new.text("description").unwrap_or_default();
                format!("({number}) New {due} : {}", without_blank_lines(&description))
            }
            Action::MilestoneRescheduled => {
                let (old, new) =
                    (event.old.as_str().and_then(date), event.new.as_str().and_then(date));
                let from = old.map_or_else(|| "no date".to_owned(), |date| date.to_string());
                let to = new.map_or_else(|| "no date".to_owned(), |date| date.to_string());
                format!(
                    "({number}) Update {} : moved from {from} to {to} on {day}{why}",
                    new.unwrap_or(day)
                )
            }
            Action::MilestoneCompleted => {
                format!("({number}) Complete {} : completed{why}", own)
            }
            Action::MilestoneChanged if event.field.ends_with("/description") => {
                let new = event.new.as_str().unwrap_or_default();
                format!(
                    "({number}) Update {} : now reads \"{}\"{why}",
                    own,
                    without_blank_lines(new)
                )
            }
            Action::MilestoneChanged if event.field.ends_with("/status") => {
                let new = event.new.as_str().unwrap_or_default();
                format!("({number}) Update {} : {new}{why}", own)
            }
            Action::MilestoneRemoved => format!("({number}) Update {day} : removed{why}"),
            _ => continue,
        };
        entries.push(entry);
    }
    entries
}

/// Milestones that were completed already when they were first planned here: the grammar can only
/// say so as a change.
pub(super) fn completed_at_first(milestones: &[Milestone]) -> impl Iterator<Item = String> + '_ {
    let done = |step: &&Milestone| step.status == MilestoneStatus::Completed && step.due.is_some();
    milestones.iter().filter(done).filter_map(|step| {
        Some(format!("({}) Complete {} : completed", step.id, step.completed.or(step.due)?))
    })
}

/// Text as the grammar wants it: single line breaks only.
fn without_blank_lines(text: &str) -> String {
    let lines: Vec<&str> =
        text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()).collect();
    lines.join("\n")
}

/// Entries with blank lines between them; a line of blanks is a blank line.
fn paragraphs(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.trim().lines().collect();
    let paragraphs = lines.split(|line| line.trim().is_empty());
    paragraphs
        .filter(|lines| !lines.is_empty())
        .map(|lines| lines.join("\n").trim().to_owned())
        .collect()
}

/// `(12) rest`.
fn number(entry: &str) -> Option<(u32, &str)> {
    let (number, rest) = entry.strip_prefix('(')?.split_once(')')?;
    Some((number.parse().ok()?, rest.trim_start()))
}

/// A date as the template's check takes it: `2026-05-23` or `2026/05/23`.
fn read_date(text: &str) -> Option<NaiveDate> {
    text.trim().replace(['/', '\\'], "-").parse().ok()
}

fn milestone(id: u32, due: Option<NaiveDate>, description: &str) -> Milestone {
    Milestone {
        id,
        description: description.to_owned(),
        due,
        status: MilestoneStatus::Pending,
        completed: None,
        evidence: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planned_milestones_are_read_as_the_template_writes_them() {
        let official =
            "(1) 2014/05/23: Milestone Description\n\n(2) 2014-06-12: Milestone \nDescription";
        let read = read_planned(official).unwrap();
        assert_eq!(
            (read[0].due, read[1].description.as_str()),
            ("2014-05-23".parse().ok(), "Milestone \nDescription")
        );
        assert_eq!(
            planned(&read),
            "(1) 2014-05-23: Milestone Description\n\n(2) 2014-06-12: Milestone\nDescription"
        );
        let other = read_planned("Milestone 1: Draft policy by 2024-03-01\nMilestone 2: Implement")
            .unwrap();
        assert_eq!(
            (other[0].due, other[0].description.as_str()),
            ("2024-03-01".parse().ok(), "Draft policy by 2024-03-01")
        );
        assert_eq!(other[1].due, None);
        for text in [
            "soon",
            "(1) someday: x",
            "(1) 2026-01-01",
            "(1) 2026-01-01: a\n\n(1) 2026-01-02: b",
            "1) 2026-01-01: a",
        ] {
            assert_eq!(read_planned(text), None, "{text}");
        }
    }

    #[test]
    fn changes_are_applied_as_the_template_writes_them() {
        let first = read_planned("(1) 2014-05-23: A\n\n(2) 2014-06-12: B").unwrap();
        let text = "(2) Update 2014-06-18 : That milestone was delayed\n  \n(3) New 2014-06-13 : This is new\n\n(1) complete 2014-05-22 : done";
        let now = apply_changes(&first, text).unwrap();
        assert_eq!(now[1].due, "2014-06-18".parse().ok());
        assert_eq!((now[2].id, now[2].description.as_str()), (3, "This is new"));
        assert_eq!(
            (now[0].status, now[0].completed),
            (MilestoneStatus::Completed, "2014-05-22".parse().ok())
        );
        for text in [
            "(9) Update 2014-06-18 : no such milestone",
            "(1) New 2014-06-18 : taken",
            "(1) Completed 2014-06-18 : x",
            "(1) Complete 2014-06-18 : done\n\n(1) Update 2014-07-18 : not yet",
            "words",
        ] {
            assert_eq!(apply_changes(&first, text), None, "{text}");
        }
    }
}
