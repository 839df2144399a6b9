//! Changes of milestones: *Milestone Changes* of the 2.1 template.
//!
//! `(2) Update 2026-06-18 : why`, entries separated by a blank line. The date is the milestone's new
//! date (of a completion: the day it was completed), and the template's own check accepts nothing
//! else. What people write instead (`(1) Completed on 1/20/2026`, `2024-12-01 - Milestone 1
//! completed`) is read where it states one thing only. What that leaves open is stated behind the colon in words of our own, which read back.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::change_entry::{
    ChangeEntry, DAY_UNKNOWN, EntryKind, EntryUpdate, NO_DATE, READS, REMOVED,
};
use super::entries::{EntryStart, MOST_ENTRIES, bracketed, head};
use super::milestones::{paragraphs, without_blank_lines};
use crate::history::{Action, EventDay, MilestoneEvent};
use crate::model::{Milestone, MilestoneStatus};
use crate::workbook::DateForms;

/// The milestones after each change, with the day of the change where it states one.
pub(super) type Steps = Vec<(Option<NaiveDate>, Vec<Milestone>)>;

/// Result of applying the changes of a cell to milestones.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct AppliedEntries {
    /// The milestones after all changes that were read.
    pub(super) milestones: Vec<Milestone>,
    /// Entries that are no change of these milestones, and why where it is not plain.
    pub(super) unread: Vec<String>,
    /// Numbers of milestones whose due date the changes say.
    pub(super) moved: BTreeSet<u32>,
    /// Numbers of milestones whose state the changes say.
    pub(super) settled: BTreeSet<u32>,
    /// Numbers of milestones whose words the changes say.
    pub(super) reworded: BTreeSet<u32>,
}

impl AppliedEntries {
    /// Notes down what an entry that was applied says of its milestone.
    fn note_entry(&mut self, entry: &ChangeEntry<'_>) {
        let number = entry.number;
        match (entry.kind, &entry.said) {
            (EntryKind::New, _) => {
                self.moved.insert(number);
                self.settled.insert(number);
                self.reworded.insert(number);
            }
            (EntryKind::Complete | EntryKind::Cancel, _) => _ = self.settled.insert(number),
            (EntryKind::Update, EntryUpdate::State(_)) => {
                self.settled.insert(number);
                if entry.date.is_some() {
                    self.moved.insert(number);
                }
            }
            (EntryKind::Update, EntryUpdate::Reads(_)) => _ = self.reworded.insert(number),
            (EntryKind::Update, EntryUpdate::Removed) => {}
            (EntryKind::Update, EntryUpdate::Moved { .. } | EntryUpdate::Other) => {
                self.moved.insert(number);
            }
        }
    }
}

/// Applies milestone changes. An entry that cannot be applied costs no other.
pub(super) fn apply(planned: &[Milestone], text: &str, forms: DateForms) -> AppliedEntries {
    let mut applied = AppliedEntries { milestones: planned.to_vec(), ..AppliedEntries::default() };
    let entries = entries(text, forms);
    if entries.len() > MOST_ENTRIES {
        applied.unread.push(format!("{} entries", entries.len()));
        return applied;
    }
    for text in entries {
        if let Some(other) = other_within(&text, &applied.milestones) {
            applied.unread.push(other.to_owned());
        }
        match ChangeEntry::read(&text, forms) {
            Some(entry) if entry.apply(&mut applied.milestones).is_some() => {
                applied.note_entry(&entry);
            }
            Some(entry) => applied.unread.push(format!("{text} ({})", entry.conflict(planned))),
            None => applied.unread.push(text),
        }
    }
    applied
}

/// Returns the milestones after each change that can be read.
pub(super) fn steps(planned: &[Milestone], text: &str) -> Steps {
    let mut milestones = planned.to_vec();
    let mut steps = Vec::new();
    let entries = entries(text, DateForms::default());
    for text in entries.iter().filter(|_| entries.len() <= MOST_ENTRIES) {
        if let Some(entry) = ChangeEntry::read(text, DateForms::default())
            && entry.apply(&mut milestones).is_some()
        {
            steps.push((entry.day(), milestones.clone()));
        }
    }
    steps
}

/// Returns the milestones as they were planned first and after each change, from how they are
/// now; `None` where a change does not state what was before it.
pub(super) fn steps_back(now: &[Milestone], text: &str) -> Option<(Vec<Milestone>, Steps)> {
    let mut first = now.to_vec();
    for entry in entries(text, DateForms::default()).iter().rev() {
        let entry = ChangeEntry::read(entry, DateForms::default())?;
        let place = first.iter().position(|step| step.id == entry.number)?;
        let step = &mut first[place];
        match (entry.kind, &entry.said) {
            (EntryKind::New, _) if step.due == entry.date => _ = first.remove(place),
            (EntryKind::Update, EntryUpdate::Moved { from, .. }) => step.due = *from,
            (EntryKind::Update, EntryUpdate::State(_)) | (EntryKind::Complete, _) => {}
            _ => return None,
        }
    }
    for step in &mut first {
        (step.status, step.completed) = (MilestoneStatus::Pending, None);
    }
    // Going forward from there must lead here: what the entries leave out is not made up.
    let steps = steps(&first, text);
    let ends = steps.last().map_or(&first, |(_, last)| last);
    let same = ends.len() == now.len() && ends.iter().all(|step| now.contains(step));
    same.then_some((first, steps))
}

/// Returns the entries of a cell: each begins on a line of its own that is a change, or behind a
/// blank line.
fn entries(text: &str, forms: DateForms) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    let mut after_blank = true;
    let first = head(text.trim_start(), forms).0;
    let log = first == EntryStart::Dated;
    for line in text.trim().lines().flat_map(|line| parts(line, forms)) {
        if line.trim().is_empty() {
            after_blank = true;
            continue;
        }
        // A number in brackets names a milestone, whatever is stated of it.
        let begins = match head(line, forms).0 {
            EntryStart::Bracketed(_) => true,
            EntryStart::Dated if log => true,
            // In a numbered list each number names a milestone.
            EntryStart::Numbered(_) if matches!(first, EntryStart::Numbered(_)) => true,
            EntryStart::Labelled(_) if matches!(first, EntryStart::Labelled(_)) => true,
            _ => is_entry(line, forms),
        };
        match entries.last_mut() {
            Some(last) if !after_blank && !begins => {
                last.push('\n');
                last.push_str(line.trim_end());
            }
            _ => entries.push(line.trim().to_owned()),
        }
        after_blank = false;
    }
    entries
}

/// Returns a line cut at each `;` that a change follows.
fn parts(line: &str, forms: DateForms) -> Vec<&str> {
    /// Characters of the longest cell that a spreadsheet program can hold.
    const LONGEST: usize = 32_767;
    if line.len() > LONGEST {
        return vec![line];
    }
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in line.match_indices(';') {
        let (found, _) = head(&line[at + 1..], forms);
        if found != EntryStart::Plain && is_entry(&line[at + 1..], forms) {
            parts.push(&line[start..at]);
            start = at + 1;
        }
    }
    parts.push(&line[start..]);
    parts.into_iter().flat_map(|part| bracketed_within(part, forms)).collect()
}

/// Cuts a part before each bracketed number that begins a change of another milestone: `(1) Complete
/// 2026-02-09 : done (2) Update 2026-04-15 : vendor`. The words that this program writes stay whole.
fn bracketed_within(part: &str, forms: DateForms) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in part.match_indices(" (") {
        let before = ChangeEntry::read(part[start..at].trim(), forms);
        let after = ChangeEntry::read(&part[at + 1..], forms);
        let (Some(before), Some(after)) = (before, after) else { continue };
        let is_ours = before.said != EntryUpdate::Other || before.why().starts_with("completed");
        if bracketed(&part[at + 1..]).is_some() && before.number != after.number && !is_ours {
            parts.push(&part[start..at]);
            start = at + 1;
        }
    }
    parts.push(&part[start..]);
    parts
}

/// Returns the rest of an entry from the bracketed number of another milestone on: nobody knows whether it
/// is a change of that.
fn other_within<'a>(entry: &'a str, milestones: &[Milestone]) -> Option<&'a str> {
    let (own, rest) = bracketed(entry)?;
    let is_other = |at: &usize| {
        bracketed(&rest[*at..]).is_some_and(|(number, words)| {
            number != own
                && words.starts_with(char::is_alphabetic)
                && milestones.iter().any(|step| step.id == number)
        })
    };
    rest.match_indices('(').map(|(at, _)| at).find(is_other).map(|at| &rest[at..])
}

/// Returns whether a line begins like a change of a milestone.
pub(super) fn is_entry(line: &str, forms: DateForms) -> bool {
    ChangeEntry::read(line, forms).is_some()
}

/// Numbers of milestones that changes introduce.
pub(super) fn introduced(text: &str) -> BTreeSet<u32> {
    let new = |entry: &String| {
        let entry = ChangeEntry::read(entry, DateForms::default())?;
        (entry.kind == EntryKind::New).then_some(entry.number)
    };
    entries(text, DateForms::default()).iter().filter_map(new).collect()
}

/// Numbers of milestones that were added with a date.
pub(super) fn added_with_date<'a>(
    steps: impl Iterator<Item = &'a MilestoneEvent>,
) -> BTreeSet<u32> {
    let dated = steps
        .filter(|it| it.action == Action::MilestoneAdded && it.new.entry_text("due").is_some());
    dated.map(|it| it.milestone.number).collect()
}

/// Returns whether a text can be read as changes of some milestones.
pub(super) fn is_grammar(text: &str) -> bool {
    text.starts_with('(') && paragraphs(text).iter().all(|entry| bracketed(entry).is_some())
}

/// Returns the milestone changes that the commits show, in the template's grammar.
///
/// Events that share a milestone and a commit are one entry. An entry needs a date; a milestone
/// that never had one is dated by the day of the change.
pub(super) fn of_steps<'a>(steps: impl Iterator<Item = &'a MilestoneEvent>) -> Vec<String> {
    let mut entries = Vec::new();
    for step in steps {
        // An entry needs a date. The day by which it had happened is the nearest where none is known.
        let is_unknown = step.event_day == EventDay::Unknown;
        let day = match step.event_day {
            EventDay::Stated(day) => day,
            EventDay::OfTime | EventDay::Unknown => step.time.date_naive(),
        };
        let date = |text: &str| text.parse::<NaiveDate>().ok();
        let why = step
            .reason
            .as_deref()
            .map(|why| format!(": {}", without_blank_lines(why)))
            .unwrap_or_default();
        let mark = step.milestone;
        let (number, own) = (mark.number, mark.date.unwrap_or(day));
        let entry = match step.action {
            Action::MilestoneAdded => {
                let due = step.new.entry_text("due").and_then(|due| date(&due)).unwrap_or(day);
                let description = step.new.entry_text("description").unwrap_or_default();
                format!("({number}) New {due} : {}", without_blank_lines(&description))
            }
            Action::MilestoneRescheduled => {
                let [old, new] = [&step.old, &step.new].map(|it| it.as_str().and_then(date));
                let from = old.map_or_else(|| NO_DATE.to_owned(), |date| date.to_string());
                let to = new.map_or_else(|| NO_DATE.to_owned(), |date| date.to_string());
                let on = if is_unknown { DAY_UNKNOWN.to_owned() } else { format!(" on {day}") };
                format!(
                    "({number}) Update {} : moved from {from} to {to}{on}{why}",
                    new.unwrap_or(day)
                )
            }
            Action::MilestoneCompleted => {
                let unknown = if is_unknown { DAY_UNKNOWN } else { "" };
                format!("({number}) Complete {own} : completed{unknown}{why}")
            }
            Action::MilestoneChanged if step.field.ends_with("/description") => {
                let new = step.new.as_str().unwrap_or_default();
                let new = without_blank_lines(new).replace('"', "\"\"");
                format!("({number}) Update {own} : {READS}{new}\"{why}")
            }
            Action::MilestoneChanged if step.field.ends_with("/status") => {
                let new = step.new.as_str().unwrap_or_default();
                format!("({number}) Update {own} : {new}{why}")
            }
            Action::MilestoneChanged if step.field.contains("/notes/") && !step.new.is_null() => {
                let text = without_blank_lines(&step.new.entry_text("text").unwrap_or_default());
                format!("({number}) Update {own} : {text}")
            }
            Action::MilestoneRemoved => format!("({number}) Update {day} : {REMOVED}{why}"),
            _ => continue,
        };
        entries.push(entry);
        if step.action == Action::MilestoneAdded
            && let Ok(added) = serde_json::from_value::<Milestone>(step.new.value())
            && added.status != MilestoneStatus::Pending
        {
            entries.extend(state(&added));
        }
    }
    entries
}

/// Lists the first states of milestones that their plan cannot express: that they were begun, done
/// or cancelled. `told` is how they are by what is stated besides.
pub(super) fn at_first(told: &[Milestone], first: &[Milestone]) -> Vec<String> {
    let known = |step: &Milestone| {
        told.iter().find(|one| one.id == step.id).map(|one| (one.status, one.completed))
    };
    let differs = |step: &&Milestone| known(step) != Some((step.status, step.completed));
    first.iter().filter(differs).filter_map(state).collect()
}

/// Formats the state of a milestone as a change; none where it has no date.
fn state(step: &Milestone) -> Option<String> {
    let number = step.id;
    Some(match (step.status, step.completed) {
        (MilestoneStatus::Completed, Some(day)) => format!("({number}) Complete {day} : completed"),
        (status, _) => format!("({number}) Update {} : {status}", step.due?),
    })
}

#[cfg(test)]
mod tests {
    use super::super::milestones::{read_planned as read, tests::official};
    use super::*;

    fn read_planned(text: &str) -> Option<Vec<Milestone>> {
        Some(read(text, DateForms::default()).milestones)
    }

    fn apply(planned: &[Milestone], text: &str) -> Option<Vec<Milestone>> {
        let applied = super::apply(planned, text, DateForms::default());
        applied.unread.is_empty().then_some(applied.milestones)
    }

    #[test]
    fn one_odd_entry_costs_no_other() {
        let first = read_planned("(1) 2026-02-01: A\n\n(2) 2026-03-01: B").unwrap();
        let text = "(1) Complete 2026-01-20 : done in test\n\nThe board was told.\n\n(9) Update 2026-04-01 : none\n(2) Update 2026-04-02 : late\n(1) New 2026-04-03 : taken";
        let applied = super::apply(&first, text, DateForms::default());
        assert_eq!(applied.milestones[0].completed, "2026-01-20".parse().ok());
        assert_eq!(applied.milestones[1].due, "2026-04-02".parse().ok());
        assert_eq!(
            applied.unread,
            [
                "The board was told.",
                "(9) Update 2026-04-01 : none (there is no milestone with this number)",
                "(1) New 2026-04-03 : taken (there is a milestone with this number)"
            ]
        );
    }

    #[test]
    fn changes_are_read_as_people_write_them() {
        let first = read_planned("(1) 2026-02-01: A\n\n(2) 2026-03-01: B").unwrap();
        for text in [
            "(1) Complete 2026-01-20 : done",
            "(1) Completed 2026-01-20 : done",
            "(1) completed on 1/20/2026: done",
            "(1) Complete: 2026-01-20 - done",
            "1) Done 2026-01-20",
            "1. Completed January 20, 2026",
            "(1) 2026-01-20: completed",
            "Milestone 1: Completed 2026-01-20",
            "Milestone 1 completed on 2026-01-20.",
            "Milestone 1 was completed 2026-01-20",
            "2026-01-20 - Milestone 1 completed",
            "2026-01-20: Completed milestone 1",
            "- 2026-01-20: Completed milestone 1: evidence is in CHG-1",
        ] {
            let now = apply(&first, text).unwrap_or_else(|| panic!("{text}"));
            let expected = (MilestoneStatus::Completed, "2026-01-20".parse().ok());
            assert_eq!((now[0].status, now[0].completed), expected, "{text}");
            assert_eq!((now[0].due, &now[1]), (first[0].due, &first[1]), "{text}");
        }
        for text in [
            "(2) Update 2026-06-18: the vendor is late",
            "(2) Update 06/18/2026: the vendor is late",
            "(2) Updated to June 18, 2026 - the vendor is late",
            "(2) Extended to 2026-06-18",
            "(2) New date: 2026-06-18",
            "(1) Complete 2026-01-20 : x; (2) Update 2026-06-18 : y",
            "2026-02-20 - Updated milestone 2: new due date 2026-06-18",
            "2026-02-20 - Milestone 2 moved to 2026-06-18 (vendor delay)",
            "Milestone 2: rescheduled from 2026-03-01 to 2026-06-18",
            "1. Completed on Feb 9, 2026\n2. Pushed to June 18, 2026",
            "(1) Complete 2026-02-09 : done (2) Update 2026-06-18 : vendor",
            "(2) Pushed back to 2026-06-18",
        ] {
            let now = apply(&first, text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(now[1].due, "2026-06-18".parse().ok(), "{text}");
        }
        let now = apply(&first, "(1) Complete : done\n(2) Cancelled - out of scope").unwrap();
        assert_eq!((now[0].status, now[0].completed), (MilestoneStatus::Completed, None));
        assert_eq!((now[1].status, now[1].due), (MilestoneStatus::Cancelled, first[1].due));
    }

    #[test]
    fn what_says_more_than_one_thing_is_not_read() {
        let first = read_planned("(1) 2026-02-01: A\n\n(2) 2026-03-01: B").unwrap();
        for text in [
            "(1) Complete the migration by 2026-05-01",
            "(2) Delayed 2026-06-18: vendor",
            "2024-12-01 - Updated milestone 1: waiting for the vendor",
            "2024-12-01 - Milestone 1 and milestone 2 completed",
            "(2) Update 03/04/2026: late",
            "(2) Update soon: late",
            "Milestone 2 is on track",
            "1. Completed on Feb 9, 2026\n2. To be seen",
            "(1) Complete 2026-02-09 : done (2) waits for the vendor",
        ] {
            assert_eq!(apply(&first, text), None, "{text}");
        }
    }

    #[test]
    fn changes_are_applied_as_the_template_writes_them() {
        let first = read_planned("(1) 2014-05-23: A\n\n(2) 2014-06-12: B").unwrap();
        let text = "(2) Update 2014-06-18 : That milestone was delayed\n  \n(3) New 2014-06-13 : This is new\n\n(1) complete 2014-05-22 : done";
        let now = apply(&first, text).unwrap();
        assert_eq!(now[1].due, "2014-06-18".parse().ok());
        assert_eq!((now[2].id, now[2].description.as_str()), (3, "This is new"));
        assert_eq!(
            (now[0].status, now[0].completed),
            (MilestoneStatus::Completed, "2014-05-22".parse().ok())
        );
        for text in [
            "(9) Update 2014-06-18 : no such milestone",
            "(1) New 2014-06-18 : taken",
            "(1) Complete 2014-06-18 : done\n\n(1) Update 2014-07-18 : not yet",
            "words",
        ] {
            assert_eq!(apply(&first, text), None, "{text}");
        }
    }

    /// Each milestone with its day, state and words.
    fn told(steps: &[Milestone]) -> Vec<String> {
        let day = |day: Option<NaiveDate>| day.map(|it| it.to_string()).unwrap_or_default();
        let line = |step: &Milestone| {
            let (due, done) = (day(step.due), day(step.completed));
            format!("{} {due} {} {done} {}", step.id, step.status, step.description)
        };
        steps.iter().map(line).collect()
    }

    #[test]
    fn what_our_own_words_say_reads_back() {
        let first = read_planned("(1) 2026-05-23: A\n\n(2) 2026-06-12: B").unwrap();
        for (text, expected) in [
            ("(1) Update 2026-05-23 : in-progress: work starts", "1 2026-05-23 in-progress  A"),
            ("(1) Update 2026-05-23 : cancelled", "1 2026-05-23 cancelled  A"),
            ("(1) Update 2026-05-23 : completed", "1 2026-05-23 completed  A"),
            (
                "(1) Complete 2026-05-20 : completed\n\n(1) Update 2026-05-23 : pending: not quite",
                "1 2026-05-23 pending  A",
            ),
            (
                "(1) Complete 2026-05-20 : completed\n\n(1) Update 2026-07-01 : moved from 2026-05-23 to 2026-07-01 on 2026-05-21",
                "1 2026-07-01 completed 2026-05-20 A",
            ),
            (
                "(1) Complete 2026-05-20 : completed\n\n(1) Update 2026-05-20 : now reads \"say \"\"A\"\" twice\": a typo",
                "1 2026-05-23 completed 2026-05-20 say \"A\" twice",
            ),
            (
                "(1) Update 2026-05-21 : moved from 2026-05-23 to no date on 2026-05-21\n\n(1) Update 2026-05-21 : cancelled",
                "1  cancelled  A",
            ),
            ("(1) Update 2026-06-30 : cancelled by the vendor, again", "1 2026-06-30 pending  A"),
            ("(1) Update 2026-06-30 : now reads \"A\" in full", "1 2026-06-30 pending  A"),
        ] {
            assert_eq!(told(&apply(&first, text).unwrap())[0], expected, "{text}");
        }
        let gone = apply(&first, "(1) Update 2026-05-01 : removed: out of scope").unwrap();
        assert_eq!(told(&gone), ["2 2026-06-12 pending  B"]);
    }

    #[test]
    fn how_milestones_stood_at_first_is_said_as_changes() {
        let planned = read_planned("(1) 2026-05-23: A\n\n(2) 2026-06-12: B").unwrap();
        let mut first = planned.clone();
        assert_eq!(at_first(&planned, &first), Vec::<String>::new());
        for (status, completed, entry) in [
            (MilestoneStatus::InProgress, None, "(1) Update 2026-05-23 : in-progress"),
            (MilestoneStatus::Cancelled, None, "(1) Update 2026-05-23 : cancelled"),
            (MilestoneStatus::Completed, None, "(1) Update 2026-05-23 : completed"),
            (
                MilestoneStatus::Completed,
                "2026-05-20".parse().ok(),
                "(1) Complete 2026-05-20 : completed",
            ),
        ] {
            (first[0].status, first[0].completed) = (status, completed);
            let said = at_first(&planned, &first);
            assert_eq!(said, [entry]);
            assert!(official('N').is_match(&said[0]));
            assert_eq!(apply(&planned, &said.join("\n\n")), Some(first.clone()));
            assert_eq!(at_first(&first, &first), Vec::<String>::new(), "not twice");
        }
    }
}
