//! What became of milestones: *Milestone Changes* of the 2.1 template.
//!
//! `(2) Update 2026-06-18 : why`, entries separated by a blank line. The date is the milestone's new
//! date (of a completion: the day it was completed), and the template's own check accepts nothing
//! else. What that leaves open is said behind the colon in words of our own, which read back.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::milestones::{milestone, number, paragraphs, read_date, without_blank_lines};
use crate::history::{Action, Step};
use crate::model::{Milestone, MilestoneStatus};

/// The milestones after each change, with the day of the change where it says one.
pub(super) type Steps = Vec<(Option<NaiveDate>, Vec<Milestone>)>;

/// Applies milestone changes; `None` where the text is not in the template's grammar.
pub(super) fn apply(planned: &[Milestone], text: &str) -> Option<Vec<Milestone>> {
    let steps = steps(planned, text)?;
    Some(steps.into_iter().next_back().map_or_else(|| planned.to_vec(), |(_, now)| now))
}

/// The milestones after each change; `None` where the text is not in the template's grammar.
pub(super) fn steps(planned: &[Milestone], text: &str) -> Option<Steps> {
    let mut milestones = planned.to_vec();
    let mut steps = Vec::new();
    for entry in &paragraphs(text) {
        let entry = Entry::read(entry)?;
        entry.apply(&mut milestones)?;
        steps.push((entry.day(), milestones.clone()));
    }
    Some(steps)
}

/// The milestones as they were planned first and after each change, from how they stand now; `None`
/// where a change does not say what was before it.
pub(super) fn steps_back(now: &[Milestone], text: &str) -> Option<(Vec<Milestone>, Steps)> {
    let mut first = now.to_vec();
    for entry in paragraphs(text).iter().rev() {
        let entry = Entry::read(entry)?;
        let place = first.iter().position(|step| step.id == entry.number)?;
        let step = &mut first[place];
        match (entry.kind, &entry.said) {
            (Kind::New, _) if step.due == Some(entry.date) => _ = first.remove(place),
            (Kind::Update, Said::Moved { from, .. }) => step.due = *from,
            (Kind::Update, Said::State(_)) | (Kind::Complete, _) => {}
            _ => return None,
        }
    }
    for step in &mut first {
        (step.status, step.completed) = (MilestoneStatus::Pending, None);
    }
    // Going forward from there must lead here: what the entries leave out is not made up.
    let steps = steps(&first, text)?;
    let ends = steps.last().map_or(&first, |(_, last)| last);
    let same = ends.len() == now.len() && ends.iter().all(|step| now.contains(step));
    same.then_some((first, steps))
}

/// What kind of change an entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    New,
    Update,
    Complete,
}

/// One change of a milestone.
struct Entry<'a> {
    number: u32,
    kind: Kind,
    date: NaiveDate,
    why: &'a str,
    said: Said,
}

/// What an update says besides its date.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// `moved from 2026-06-18 to 2026-07-10 on 2026-06-01`
    Moved { from: Option<NaiveDate>, to_none: bool, day: NaiveDate },
    /// `in-progress`, `cancelled`, …
    State(MilestoneStatus),
    /// `now reads "…"`
    Reads(String),
    /// `removed`
    Removed,
    /// Words of others: the milestone has another date.
    Other,
}

/// The words for a milestone that is gone.
const REMOVED: &str = "removed";
/// The words before another description, which stands in quotes; a quote in it is doubled.
const READS: &str = "now reads \"";

impl<'a> Entry<'a> {
    fn read(entry: &'a str) -> Option<Self> {
        let (number, rest) = number(entry)?;
        let (kind, rest) = rest.split_once(' ')?;
        let (date, why) = rest.split_once(':')?;
        let kind = match kind.to_lowercase().as_str() {
            "new" => Kind::New,
            "update" => Kind::Update,
            "complete" => Kind::Complete,
            _ => return None,
        };
        let why = why.trim();
        Some(Self { number, kind, date: read_date(date)?, why, said: Said::read(why) })
    }

    fn apply(&self, milestones: &mut Vec<Milestone>) -> Option<()> {
        let place = milestones.iter().position(|step| step.id == self.number);
        let Some(place) = place else {
            if self.kind != Kind::New {
                return None;
            }
            milestones.push(milestone(self.number, Some(self.date), self.why));
            return Some(());
        };
        let step = &mut milestones[place];
        match (self.kind, &self.said) {
            (Kind::New, _) => return None,
            (Kind::Complete, _) => {
                step.status = MilestoneStatus::Completed;
                step.completed = Some(self.date);
            }
            (Kind::Update, Said::Moved { to_none, .. }) => {
                step.due = Some(self.date).filter(|_| !to_none);
            }
            (Kind::Update, Said::State(status)) => {
                // The date of one that has none is the day of the change.
                if step.due.is_some() && step.completed != Some(self.date) {
                    step.due = Some(self.date);
                }
                (step.status, step.completed) = (*status, None);
            }
            (Kind::Update, Said::Reads(text)) => step.description.clone_from(text),
            (Kind::Update, Said::Removed) => _ = milestones.remove(place),
            // It may have moved the date of what was done, or opened it again.
            (Kind::Update, Said::Other) if step.status == MilestoneStatus::Completed => {
                return None;
            }
            (Kind::Update, Said::Other) => step.due = Some(self.date),
        }
        Some(())
    }

    /// The day of the change, where it says one.
    fn day(&self) -> Option<NaiveDate> {
        match (self.kind, &self.said) {
            (Kind::Complete, _) | (Kind::Update, Said::Removed) => Some(self.date),
            (_, Said::Moved { day, .. }) => Some(*day),
            _ => None,
        }
    }
}

impl Said {
    fn read(why: &str) -> Self {
        use MilestoneStatus::{Cancelled, Completed, InProgress, Pending};
        let is = |word: &str| {
            why.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(": "))
        };
        if why == Completed.as_str() {
            return Self::State(Completed);
        }
        let state = [Pending, InProgress, Cancelled].into_iter().find(|one| is(one.as_str()));
        match state {
            Some(state) => Self::State(state),
            None if is(REMOVED) => Self::Removed,
            None => moved(why).or_else(|| reads(why)).unwrap_or(Self::Other),
        }
    }
}

fn moved(why: &str) -> Option<Said> {
    let (from, rest) = why.strip_prefix("moved from ")?.split_once(" to ")?;
    let (to, day) = rest.split_once(" on ")?;
    let from = match from {
        NO_DATE => None,
        date => Some(read_date(date)?),
    };
    Some(Said::Moved { from, to_none: to == NO_DATE, day: day.get(..10)?.parse().ok()? })
}

const NO_DATE: &str = "no date";

/// The text up to the quote that is not doubled.
fn reads(why: &str) -> Option<Said> {
    let mut rest = why.strip_prefix(READS)?;
    let mut text = String::new();
    loop {
        let (before, after) = rest.split_once('"')?;
        text.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                text.push('"');
                rest = more;
            }
            None if after.is_empty() || after.starts_with(": ") => break,
            None => return None,
        }
    }
    Some(Said::Reads(text)).filter(|_| !why.is_empty())
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
pub(super) fn added_with_date<'a>(steps: impl Iterator<Item = &'a Step>) -> BTreeSet<u32> {
    let dated =
        steps.filter(|it| it.action == Action::MilestoneAdded && it.new.text("due").is_some());
    dated.map(|it| it.milestone.number).collect()
}

/// Whether a text can be read as changes of some milestones.
pub(super) fn is_grammar(text: &str) -> bool {
    text.starts_with('(') && paragraphs(text).iter().all(|entry| number(entry).is_some())
}

/// The milestone changes that the commits tell, in the template's grammar.
///
/// Events that share a milestone and a commit are one entry. An entry needs a date; a milestone
/// that never had one is dated by the day of the change.
pub(super) fn of_steps<'a>(steps: impl Iterator<Item = &'a Step>) -> Vec<String> {
    let mut entries = Vec::new();
    for step in steps {
        let day = step.time.date_naive();
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
                let due = step.new.text("due").and_then(|due| date(&due)).unwrap_or(day);
                let description = step.new.text("description").unwrap_or_default();
                format!("({number}) New {due} : {}", without_blank_lines(&description))
            }
            Action::MilestoneRescheduled => {
                let [old, new] = [&step.old, &step.new].map(|it| it.as_str().and_then(date));
                let from = old.map_or_else(|| NO_DATE.to_owned(), |date| date.to_string());
                let to = new.map_or_else(|| NO_DATE.to_owned(), |date| date.to_string());
                format!(
                    "({number}) Update {} : moved from {from} to {to} on {day}{why}",
                    new.unwrap_or(day)
                )
            }
            Action::MilestoneCompleted => {
                format!("({number}) Complete {own} : completed{why}")
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

/// What the plan of the milestones cannot say of how they stood when they first landed: that they
/// were begun, done or given up. `told` is how they stand by what is said besides.
pub(super) fn at_first(told: &[Milestone], first: &[Milestone]) -> Vec<String> {
    let known = |step: &Milestone| {
        told.iter().find(|one| one.id == step.id).map(|one| (one.status, one.completed))
    };
    let differs = |step: &&Milestone| known(step) != Some((step.status, step.completed));
    first.iter().filter(differs).filter_map(state).collect()
}

/// How a milestone stands, as a change; none where it has no date.
fn state(step: &Milestone) -> Option<String> {
    let number = step.id;
    Some(match (step.status, step.completed) {
        (MilestoneStatus::Completed, Some(day)) => format!("({number}) Complete {day} : completed"),
        (status, _) => format!("({number}) Update {} : {status}", step.due?),
    })
}

#[cfg(test)]
mod tests {
    use super::super::milestones::{read_planned, tests::official};
    use super::*;

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
            "(1) Completed 2014-06-18 : x",
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
