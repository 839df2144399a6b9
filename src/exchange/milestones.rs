//! *Planned Milestones* of the 2.1 template, and the grammar that it shares with *Milestone
//! Changes*.
//!
//! `(1) 2026-05-23: Patch staging`, entries separated by a blank line. The template's own check
//! accepts nothing else, and nothing else is written. People write in many other ways, which
//! [`read_planned`] reads.

use chrono::NaiveDate;

use super::entries::{
    DateMeaning, EntryStart, MOST_ENTRIES, day_without_year, entry_within, has_date, head,
    is_day_with_words, labelled_within, leading_date, trailing_date, with_option,
};
use crate::model::{Milestone, MilestoneStatus};
use crate::workbook::{DateForms, DateOrder, DateProblem, DayOfMonth};

/// Milestones as planned. `None` where one has no date, which the grammar cannot state.
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

/// Adds milestones without a date to a cell: `(2) Patch staging`.
pub(super) fn add_undated(cell: &mut String, milestones: &[Milestone]) {
    for step in milestones {
        if !cell.is_empty() {
            cell.push_str("\n\n");
        }
        let text = without_blank_lines(&step.description);
        cell.push_str(&format!("({}) {text}", step.id));
    }
}

/// Result of reading a cell of planned milestones.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct PlannedCell {
    /// The milestones, in the order of the cell.
    pub(super) milestones: Vec<Milestone>,
    /// Lines that are no milestone, and why where it is not plain.
    pub(super) unread: Vec<String>,
    /// Doubtful parts for a person to look at: a text that is no day, a line that may be more.
    pub(super) doubts: Vec<PlanDoubt>,
}

/// Doubt about what was read of planned milestones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PlanDoubt {
    /// A milestone has no day, and why where its text has something like one.
    #[error("milestone {milestone} has no day{}", reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default())]
    NoDay {
        /// The number of the milestone.
        milestone: u32,
        /// The reason, where there is one.
        reason: Option<String>,
    },
    /// The word for the state of a milestone says more than this program can hold.
    #[error("`{word}` of milestone {milestone} is read as {state}")]
    State {
        /// The number of the milestone.
        milestone: u32,
        /// The word.
        word: String,
        /// The state that was read.
        state: MilestoneStatus,
    },
    /// None of the milestones has a day.
    #[error("no milestone of the cell has a day")]
    NoDays,
    /// A line that may be a milestone of its own.
    #[error("`{line}` may be another milestone; it was read as a part of {read_as}")]
    Another {
        /// The line.
        line: String,
        /// The part that it was read as.
        read_as: String,
    },
}

/// Reads planned milestones, wherever a line begins an entry.
///
/// Entries may be numbered (`(1) 2026-05-23: text`, `1. text`, `Milestone 1: text by 2026-03-01`),
/// dated (`2026-05-23 - text`) or bulleted, and are parted by line breaks, blank lines or `;`. What the
/// first entry looks like decides for the cell; a line right below an entry continues it. A milestone
/// gets a day only where its entry states one.
pub(super) fn read_planned(text: &str, forms: DateForms) -> PlannedCell {
    let mut planned = PlannedCell::default();
    let mut entries: Vec<PlannedEntry> = Vec::new();
    let lines = entry_lines(text, forms);
    let style =
        lines.iter().map(|line| head(line, forms).0).find(|head| *head != EntryStart::Plain);
    if style.is_none() {
        let dated = |line: &&str| is_due_line(line, forms) || is_day_with_words(line, forms);
        let mut filled = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
        if filled.clone().all(|line| dated(&line)) {
            entries.extend(filled.map(PlannedEntry::unnumbered));
        } else {
            planned.unread.extend(filled.by_ref().map(str::to_owned));
        }
    }
    let mut after_blank = true;
    for line in lines.iter().filter(|_| style.is_some()) {
        if line.trim().is_empty() {
            after_blank = true;
            continue;
        }
        let (found, rest) = head(line, forms);
        let begins = style.is_some_and(|style| begins_entry(style, found, rest, forms));
        let starts_with_day = is_day_with_words(line, forms);
        let found = match style {
            Some(EntryStart::Dated) if found == EntryStart::Plain && starts_with_day => {
                EntryStart::Dated
            }
            _ => found,
        };
        let begins = begins || (style == Some(EntryStart::Dated) && found == EntryStart::Dated);
        match entries.last_mut() {
            _ if begins && found == EntryStart::Dated => {
                entries.push(PlannedEntry::dated(rest, forms))
            }
            _ if begins => entries.push(PlannedEntry {
                number: found.number(),
                text: rest.trim_end().to_owned(),
                bracketed: matches!(found, EntryStart::Bracketed(_)),
            }),
            Some(last) if !after_blank => {
                if !matches!(found, EntryStart::Plain | EntryStart::Bullet) || starts_with_day {
                    planned.doubts.push(PlanDoubt::Another {
                        line: line.trim().to_owned(),
                        read_as: "the one before it".to_owned(),
                    });
                }
                last.text.push('\n');
                last.text.push_str(line.trim_end());
            }
            _ => planned.unread.push(line.trim().to_owned()),
        }
        after_blank = false;
    }
    if entries.len() > MOST_ENTRIES {
        planned.unread = vec![format!("{} entries", entries.len())];
        planned.doubts.clear();
        return planned;
    }
    for entry in entries {
        entry.read(&mut planned, forms);
    }
    let doubts = planned.milestones.iter().filter_map(|step| {
        let within = entry_within(&step.description, forms)?;
        let line = within.lines().next().unwrap_or_default().to_owned();
        Some(PlanDoubt::Another { line, read_as: format!("milestone {}", step.id) })
    });
    planned.doubts.extend(doubts.collect::<Vec<_>>());
    let doubts = planned.milestones.iter().filter(|step| step.due.is_none()).filter_map(|step| {
        let day = day_without_year(&step.description).filter(|_| step.completed.is_none())?;
        Some(no_day(step.id, format!("`{day}` names no year")))
    });
    planned.doubts.extend(doubts.collect::<Vec<_>>());
    let dated = planned.milestones.iter().filter(|step| step.due.is_some()).count();
    let said = |step: &Milestone| {
        let is_about = |doubt: &PlanDoubt| matches!(doubt, PlanDoubt::NoDay { milestone, .. } if *milestone == step.id);
        planned.doubts.iter().any(is_about)
    };
    let is_bare = |step: &Milestone| step.due.is_none() && step.completed.is_none();
    let undated = planned.milestones.iter().filter(|step| is_bare(step) && !said(step));
    let doubts = undated.filter_map(|step| {
        if has_date(&step.description, forms) {
            let reason = "no date in its words says that it is due then";
            return Some(no_day(step.id, reason.to_owned()));
        }
        (dated > 0).then_some(PlanDoubt::NoDay { milestone: step.id, reason: None })
    });
    planned.doubts.extend(doubts.collect::<Vec<_>>());
    if planned.doubts.is_empty() && planned.milestones.iter().any(is_bare) && dated == 0 {
        planned.doubts.push(PlanDoubt::NoDays);
    }
    planned
}

/// Reads a list in a plan: two entries and more that are numbered or dated. What is before the list is
/// the plan in words. `None` where there is no such list; bullets alone are words, too, and so are dated lines
/// that were all past on the day of the document: they tell what happened.
pub(super) fn read_list_of_plan(
    text: &str,
    forms: DateForms,
    day: Option<NaiveDate>,
) -> Option<PlannedCell> {
    let lines = entry_lines(text, forms);
    let begins = |line: &&str| head(line, forms).0 != EntryStart::Plain;
    let start = lines.iter().position(begins);
    let style = start.and_then(|at| lines.get(at)).map(|line| head(line, forms).0);
    if style == Some(EntryStart::Bullet) {
        return None;
    }
    let mut planned = read_planned(text, forms);
    let is_past = |step: &Milestone| step.due.is_none_or(|due| day.is_some_and(|day| due <= day));
    if style == Some(EntryStart::Dated) && planned.milestones.iter().all(is_past) {
        return None;
    }
    let before: Vec<&str> =
        lines.iter().take(start.unwrap_or_default()).map(|line| line.trim()).collect();
    planned.unread.retain(|line| !before.contains(&line.as_str()));
    (planned.milestones.len() > 1).then_some(planned)
}

/// Returns whether a line begins an entry in a cell whose first entry is of some style.
fn begins_entry(style: EntryStart, found: EntryStart, rest: &str, forms: DateForms) -> bool {
    match (style, found) {
        (EntryStart::Plain, _) | (_, EntryStart::Plain) => false,
        (EntryStart::Bracketed(_), EntryStart::Bracketed(_))
        | (EntryStart::Numbered(_), EntryStart::Numbered(_))
        | (EntryStart::Labelled(_), EntryStart::Labelled(_))
        | (EntryStart::Dated, EntryStart::Dated)
        | (EntryStart::Bullet, EntryStart::Bullet) => true,
        // Another kind of number counts where a day follows: `(1) 2026-01-05: a`, `2) 2026-02-05: b`.
        (_, EntryStart::Bracketed(_) | EntryStart::Numbered(_) | EntryStart::Labelled(_)) => {
            leading_date(rest, forms).is_some()
        }
        _ => false,
    }
}

/// Returns the lines of a cell, cut at `;` too where an entry follows, and before the labels of a series
/// (`Step 1: … Step 2: …`).
pub(super) fn entry_lines(text: &str, forms: DateForms) -> Vec<&str> {
    let text = text.trim();
    let mut lines = Vec::new();
    let (first, rest) = head(text.lines().next().unwrap_or_default(), forms);
    // In the template's grammar only what has the template's form ends an entry.
    let strict = first.number().is_some() && leading_date(rest, forms).is_some();
    for line in text.lines() {
        let mut start = 0;
        for (at, _) in line.match_indices(';') {
            let (found, rest) = head(&line[at + 1..], forms);
            let follows = match found {
                EntryStart::Bracketed(_) | EntryStart::Numbered(_) | EntryStart::Labelled(_) => {
                    !strict || leading_date(rest, forms).is_some()
                }
                EntryStart::Dated => first == EntryStart::Dated,
                EntryStart::Bullet | EntryStart::Plain => false,
            };
            if follows {
                lines.extend(labelled_within(&line[start..at], forms));
                start = at + 1;
            }
        }
        lines.extend(labelled_within(&line[start..], forms));
    }
    lines
}

/// Returns whether a line states in plain words what is due when.
fn is_due_line(line: &str, forms: DateForms) -> bool {
    trailing_date(line, forms)
        .is_some_and(|found| found.meaning == DateMeaning::Due && found.date.is_ok())
}

/// An entry of a cell before its days are read.
struct PlannedEntry {
    number: Option<u32>,
    text: String,
    /// Whether it begins like the template's entries, whose words are taken as they are.
    bracketed: bool,
}

impl PlannedEntry {
    fn unnumbered(text: &str) -> Self {
        Self { number: None, text: text.to_owned(), bracketed: false }
    }

    /// `2024-12-01 - Milestone 2: text`: the number may be behind the date.
    fn dated(line: &str, forms: DateForms) -> Self {
        let found = leading_date(line, forms);
        let label = found.as_ref().map(|found| head(found.rest, forms));
        if let (Some(found), Some((EntryStart::Labelled(number), rest))) = (found, label)
            && !rest.is_empty()
            && let Ok(date) = found.date
        {
            let text = format!("{date}: {}", rest.trim_end());
            return Self { number: Some(number), text, bracketed: false };
        }
        Self::unnumbered(line.trim_end())
    }

    /// Reads the days and the state of the entry into a milestone.
    fn read(self, planned: &mut PlannedCell, forms: DateForms) {
        let taken = |id: u32| planned.milestones.iter().any(|step| step.id == id);
        let id = match self.number {
            Some(id) if (1..=MOST_MILESTONES).contains(&id) && !taken(id) => id,
            Some(id) => {
                let why = if taken(id) { "stands twice" } else { "cannot be a milestone's" };
                planned.unread.push(format!("{} (the number {id} {why})", self.text));
                return;
            }
            None => planned.milestones.iter().map(|step| step.id).max().unwrap_or(0) + 1,
        };
        let (box_state, text) = checkbox(self.text.trim());
        let mut step = milestone(id, None, text);
        match leading_date(text, forms) {
            Some(found) if found.rest.is_empty() => {
                planned.unread.push(format!("{text} (a day without words)"));
                return;
            }
            Some(found) => match found.date {
                Ok(date) => {
                    step.due = Some(date);
                    step.description = found.rest.to_owned();
                    if !(self.bracketed && found.ends_with_separator) {
                        read_state(&mut step, forms);
                    }
                }
                Err(problem) => planned.doubts.push(no_day(id, with_option(&problem))),
            },
            None => {
                read_state_behind_date(&mut step, forms);
                let is_done = step.completed.is_some();
                let again = trailing_date(&step.description, forms)
                    .is_some_and(|found| is_done && found.meaning == DateMeaning::Completed);
                let problem = if again { None } else { read_days(&mut step, forms) };
                if let Some(problem) = problem {
                    planned.doubts.push(no_day(id, with_option(&problem)));
                } else if step.due.is_none() && step.completed.is_none() {
                    read_state(&mut step, forms);
                }
            }
        }
        if !(self.bracketed && leading_date(text, forms).is_some()) {
            read_leading_state(&mut step);
            if let Some(word) = inexact_state(self.text.trim(), &step.description) {
                let state = step.status;
                planned.doubts.push(PlanDoubt::State { milestone: id, word, state });
            }
        }
        if let Some(state) = box_state.filter(|state| *state == MilestoneStatus::Completed) {
            step.status = state;
        }
        if step.description.is_empty() {
            planned.unread.push(format!("{text} (nothing says what is done)"));
        } else {
            planned.milestones.push(step);
        }
    }
}

/// The largest number that an item's schema takes.
const MOST_MILESTONES: u32 = 999_999;

fn no_day(milestone: u32, reason: String) -> PlanDoubt {
    PlanDoubt::NoDay { milestone, reason: Some(reason) }
}

/// Takes the day at the end of a description, or of its first line; the problem where it is none.
fn read_days(step: &mut Milestone, forms: DateForms) -> Option<DateProblem> {
    let whole = step.description.clone();
    let first = whole.lines().next().unwrap_or_default();
    let found = trailing_date(&whole, forms).or_else(|| trailing_date(first, forms))?;
    let date = match found.date {
        Ok(date) => date,
        Err(problem) => return Some(problem),
    };
    match found.meaning {
        DateMeaning::Due => step.due = Some(date),
        DateMeaning::Completed => {
            (step.status, step.completed) = (MilestoneStatus::Completed, Some(date));
        }
    }
    // Of several lines only the last is shortened: what is in the middle retains its words.
    if whole.starts_with(found.text) && (found.text.len() > first.len() || whole == first) {
        step.description = found.text.to_owned();
        if found.meaning == DateMeaning::Completed && step.due.is_none() {
            let mut before = step.clone();
            if read_days(&mut before, forms).is_none() && before.due.is_some() {
                (step.due, step.description) = (before.due, before.description);
            }
        }
    }
    None
}

/// Takes the state behind a day: `text - Due: 2026-01-31 - Status: In Progress`. Where no day is before
/// the state, the words stay as they are.
fn read_state_behind_date(step: &mut Milestone, forms: DateForms) {
    let mut read = step.clone();
    read_state_after(&mut read, &[" - ", " \u{2013} ", " \u{2014} ", "; ", ", "], forms);
    if read.completed.is_some() || trailing_date(&read.description, forms).is_some() {
        *step = read;
    }
}

/// Takes the state that a description ends with: `Scan (completed)`, `Scan - completed 2026-05-20`.
fn read_state(step: &mut Milestone, forms: DateForms) {
    read_state_after(step, &[" - ", " \u{2013} ", " \u{2014} "], forms);
}

/// Takes the state behind a day that was completed, in brackets, or behind one of some separators.
fn read_state_after(step: &mut Milestone, separators: &[&str], forms: DateForms) {
    use MilestoneStatus::Completed;
    if let Some(found) = trailing_date(&step.description, forms)
        && found.meaning == DateMeaning::Completed
        && let Ok(date) = found.date
    {
        let text = found.text.to_owned();
        (step.status, step.completed, step.description) = (Completed, Some(date), text);
        return;
    }
    let text = step.description.trim_end().trim_end_matches('.');
    let cut = match text.strip_suffix([')', ']']) {
        Some(inner) => inner.rfind(['(', '[']).map(|open| (&inner[..open], &inner[open + 1..])),
        None => separators
            .iter()
            .filter_map(|separator| text.rsplit_once(separator))
            .min_by_key(|(_, state)| state.len()),
    };
    let Some((before, state)) = cut.filter(|(before, _)| !before.trim().is_empty()) else { return };
    let Some(status) = state_of(state) else { return };
    (step.status, step.description) = (status, before.trim_end().to_owned());
}

/// Returns the state that a word says.
fn state_of(word: &str) -> Option<MilestoneStatus> {
    use MilestoneStatus::{Cancelled, Completed, InProgress, Pending};
    let state = crate::model::words::to_comparable(word);
    let state = state.strip_prefix("status:-").unwrap_or(&state);
    Some(match state {
        "completed" | "complete" | "done" | "closed" | "finished" => Completed,
        "in-progress" | "ongoing" | "on-going" | "started" | "in-work" | "underway" => InProgress,
        "cancelled" | "canceled" => Cancelled,
        "not-started" | "open" | "pending" | "planned" | "to-do" | "todo" => Pending,
        _ if INEXACT.contains(&state) => Pending,
        _ => return None,
    })
}

/// Words for states of milestones that are not done, which say more than that.
const INEXACT: [&str; 8] = [
    "delayed",
    "incomplete",
    "on-hold",
    "late",
    "overdue",
    "not-complete",
    "not-completed",
    "behind",
];

/// Returns the word for a state that was taken from an entry, where it says more than the state.
fn inexact_state(entry: &str, description: &str) -> Option<String> {
    let is_inexact =
        |word: &str| INEXACT.contains(&crate::model::words::to_comparable(word).as_str());
    let words = entry.split([':', '(', ')', '[', ']', '\u{2013}', '\u{2014}', ';', ',']);
    let words = words.flat_map(|part| part.split(" - ")).map(str::trim);
    let taken = words.filter(|word| is_inexact(word)).find(|word| !description.contains(word));
    taken.map(str::to_owned)
}

/// Takes the state that a description begins with: `Completed: Scan`, `[Done] Scan`.
fn read_leading_state(step: &mut Milestone) {
    let text = step.description.trim_start();
    let cut = match text.strip_prefix(['[', '(']) {
        Some(inner) => inner.split_once([']', ')']),
        None => text
            .split_once(": ")
            .into_iter()
            .chain(text.split_once(" - "))
            .min_by_key(|it| it.0.len()),
    };
    let Some((word, rest)) = cut else { return };
    let rest = rest.trim_start_matches([' ', ':', '-']);
    let Some(status) = state_of(word).filter(|_| !rest.trim().is_empty()) else { return };
    if step.completed.is_none() {
        step.status = status;
    }
    step.description = rest.to_owned();
}

/// Takes the box of a list of tasks in front of an entry: `[x] Scan`, `[ ] Scan`.
fn checkbox(text: &str) -> (Option<MilestoneStatus>, &str) {
    use MilestoneStatus::{Completed, Pending};
    let boxes = [
        ("[x]", Completed),
        ("[X]", Completed),
        ("\u{2611}", Completed),
        ("\u{2612}", Completed),
        ("\u{2705}", Completed),
        ("\u{2713}", Completed),
        ("\u{2714}", Completed),
        ("[ ]", Pending),
        ("[]", Pending),
        ("\u{2610}", Pending),
    ];
    let found = boxes.into_iter().find_map(|(sign, state)| {
        let rest = text.strip_prefix(sign)?.trim_start_matches(['\u{fe0f}', ' ', '\u{a0}']);
        (!rest.is_empty()).then_some((Some(state), rest))
    });
    found.unwrap_or((None, text))
}

/// Returns text as the grammar wants it: single line breaks only, and between two of them more than
/// one character (the template's check takes a break with the character on either side of it). A
/// line that would begin an entry of its own follows on the line before it.
pub(super) fn without_blank_lines(text: &str) -> String {
    let lines = text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty());
    let mut told = String::new();
    let mut alone = false;
    for line in lines {
        if !told.is_empty() {
            told.push(if alone || seems_entry(line) { ' ' } else { '\n' });
        }
        told.push_str(line);
        // The first line has the date before it.
        alone = told.len() > line.len() && line.chars().count() == 1;
    }
    told
}

/// Returns whether a line could be taken for an entry under any reading of its dates.
fn seems_entry(line: &str) -> bool {
    let forms = DateForms { order: Some(DateOrder::MonthFirst), month: Some(DayOfMonth::First) };
    let (found, rest) = head(line, forms);
    match found {
        EntryStart::Bracketed(_) => true,
        EntryStart::Numbered(_) | EntryStart::Labelled(_) => {
            leading_date(rest, forms).is_some() || super::changes::is_entry(line, forms)
        }
        EntryStart::Dated | EntryStart::Bullet | EntryStart::Plain => {
            super::changes::is_entry(line, forms)
        }
    }
}

/// Entries with blank lines between them; a line of blanks is a blank line.
pub(super) fn paragraphs(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.trim().lines().collect();
    let paragraphs = lines.split(|line| line.trim().is_empty());
    paragraphs
        .filter(|lines| !lines.is_empty())
        .map(|lines| lines.join("\n").trim().to_owned())
        .collect()
}

pub(super) fn milestone(id: u32, due: Option<NaiveDate>, description: &str) -> Milestone {
    Milestone::planned(id, description, due)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Returns the check that a template has of a column, as its conditional format states it.
    pub(in crate::exchange) fn official(column: char) -> regex::Regex {
        let layout: serde_json::Value =
            serde_json::from_str(crate::workbook::Layout::find_text("2.1").unwrap()).unwrap();
        let formulas = layout.to_string();
        let start = format!("refind({column}8,\\\"");
        let check = formulas.split(&start).nth(1).unwrap().split("\\\")").next().unwrap();
        let check: String = serde_json::from_str(&format!("\"{check}\"")).unwrap();
        regex::RegexBuilder::new(&check).case_insensitive(true).build().unwrap()
    }

    #[test]
    fn states_and_boxes_are_no_part_of_the_words() {
        use MilestoneStatus::{Completed, InProgress, Pending};
        for (text, status, words) in [
            ("1) 2026-02-10: Scan - Open", Pending, "Scan"),
            ("1) 2026-02-10: Scan - Pending", Pending, "Scan"),
            ("1) 2026-02-10: Scan - Delayed", Pending, "Scan"),
            ("1) 2026-02-10: Scan - Incomplete", Pending, "Scan"),
            ("1) Completed: Scan - 2026-02-10", Completed, "Scan"),
            ("1) [In Progress] Scan (2026-02-10)", InProgress, "Scan"),
            ("- [x] Scan (2026-02-10)", Completed, "Scan"),
            ("- [ ] Scan (2026-02-10)", Pending, "Scan"),
            ("(1) 2026-02-10: Scan - Open", Pending, "Scan - Open"),
            ("1) 2026-02-10: Keep the ports open", Pending, "Keep the ports open"),
        ] {
            let read = read_planned(text, DateForms::default());
            let step = &read.milestones[0];
            assert_eq!((step.status, step.description.as_str()), (status, words), "{text}");
            assert_eq!(step.due, "2026-02-10".parse().ok(), "{text}");
        }
        let read = read_planned("1) 2026-02-10: Scan - Delayed", DateForms::default());
        let said: Vec<String> = read.doubts.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["`Delayed` of milestone 1 is read as pending"]);
        let read = read_planned(
            "1. Identify hosts - Completed - 2026-02-10\n2. Patch - 2026-03-15",
            DateForms::default(),
        );
        let (done, day) = (&read.milestones[0], "2026-02-10".parse().ok());
        assert_eq!(
            (done.status, done.completed, done.description.as_str()),
            (Completed, day, "Identify hosts")
        );
    }

    #[test]
    fn dated_lines_of_the_past_in_a_plan_are_words() {
        let log = "2026-01-10 - Contacted the vendor\n2026-02-01 - The vendor replied";
        let read = |day: &str| read_list_of_plan(log, DateForms::default(), day.parse().ok());
        assert!(read("2026-02-25").is_none());
        assert_eq!(read("2026-01-20").map(|read| read.milestones.len()), Some(2));
    }

    #[test]
    fn what_is_written_passes_the_check_of_the_template() {
        let check = official('M');
        assert!(check.is_match(
            "(1) 2014/05/23: Milestone Description\n\n(2) 2014-06-12: Milestone \nDescription"
        ));
        assert!(!check.is_match("1) 2026-01-05: A"));
        for text in [
            "A",
            "A\n\n\nB",
            "Steps:\n-\nfirst\n*\n*\nlast\n\u{1f600}\nx",
            " - \n-\n-\n",
            "(2) 2026-01-01: x",
        ] {
            let step = milestone(1, "2026-01-20".parse().ok(), text);
            let written = planned(&[step.clone(), Milestone { id: 2, ..step }]);
            assert!(check.is_match(&written), "{written:?}");
        }
    }

    fn read(text: &str) -> PlannedCell {
        read_planned(text, DateForms::default())
    }

    /// Writes one line for each milestone: number, day, state, words.
    fn told(planned: &PlannedCell) -> Vec<String> {
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let line = |step: &Milestone| {
            let state = match step.status {
                MilestoneStatus::Pending => String::new(),
                status => format!(" {status} {}", day(step.completed)),
            };
            format!("{} [{}]{} {}", step.id, day(step.due), state.trim_end(), step.description)
        };
        planned.milestones.iter().map(line).collect()
    }

    #[test]
    fn planned_milestones_are_read_as_the_template_writes_them() {
        let official =
            "(1) 2014/05/23: Milestone Description\n\n(2) 2014-06-12: Milestone \nDescription";
        let found = read(official);
        assert_eq!(
            told(&found),
            ["1 [2014-05-23] Milestone Description", "2 [2014-06-12] Milestone\nDescription"]
        );
        assert_eq!((found.unread, found.doubts), (vec![], vec![]));
        assert_eq!(
            planned(&read(official).milestones),
            "(1) 2014-05-23: Milestone Description\n\n(2) 2014-06-12: Milestone\nDescription"
        );
    }

    #[test]
    fn milestones_are_read_wherever_a_line_begins_one() {
        let two = ["1 [2026-04-01] Stage it", "2 [2026-05-01] Roll it out"];
        for text in [
            "(1) 2026-04-01: Stage it\n(2) 2026-05-01: Roll it out",
            "(1) 2026-04-01: Stage it; (02) 2026-05-01: Roll it out",
            "(1)2026/04/01:Stage it\n\n\n(2) 2026-05-01 - Roll it out",
            "1) 2026-04-01: Stage it\n2) 2026-05-01: Roll it out",
            "1. 2026-04-01 - Stage it\n2. 2026-05-01 - Roll it out",
            "1. Stage it - 2026-04-01\n2. Roll it out - 2026-05-01",
            "1. Stage it (2026-04-01)\n2. Roll it out (due: May 1, 2026)",
            "1. Stage it; due 1 April 2026\n2. Roll it out; due 1 May 2026",
            "Milestone 1: Stage it (due 2026-04-01)\nMilestone 2: Roll it out (due 2026-05-01)",
            "MS1 - Stage it, ETA 2026-04-01; MS2 - Roll it out, ETA 2026-05-01",
            "2026-04-01: Stage it\n2026-05-01: Roll it out",
            "2026-04-01: Stage it; 2026-05-01: Roll it out",
            "April 1, 2026 - Milestone 1: Stage it\nMay 1, 2026 - Milestone 2: Roll it out",
            "[2026-04-01] Stage it\n[2026-05-01] Roll it out",
            "- 2026-04-01: Stage it\n- 2026-05-01: Roll it out",
            "\u{2022} Stage it \u{2013} 04/30/2026\n\u{2022} Roll it out \u{2013} 05/31/2026",
            "Stage it - 2026-04-01\nRoll it out - 2026-05-01",
        ] {
            let found = read(text);
            let expected = match text.contains("04/30") {
                true => two.map(|line| line.replace("04-01", "04-30").replace("05-01", "05-31")),
                false => two.map(str::to_owned),
            };
            assert_eq!(told(&found), expected, "{text}");
            assert_eq!((found.unread, found.doubts), (vec![], vec![]), "{text}");
        }
        let words =
            read("Milestone 1: Draft policy by 2024-03-01\nMilestone 2: Implement by 2024-06-30");
        assert_eq!(
            told(&words),
            ["1 [2024-03-01] Draft policy by 2024-03-01", "2 [2024-06-30] Implement by 2024-06-30"]
        );
    }

    #[test]
    fn a_list_without_days_has_milestones_without_days() {
        for text in [
            "1. Apply patch\n2. Re-scan",
            "(1) Apply patch\n(2) Re-scan",
            "1) Apply patch\n\n2) Re-scan",
            "- Apply patch\n- Re-scan",
            "Milestone 1: Apply patch; Milestone 2: Re-scan",
        ] {
            let found = read(text);
            assert_eq!(told(&found), ["1 [] Apply patch", "2 [] Re-scan"], "{text}");
            let said = vec![PlanDoubt::NoDays];
            assert_eq!(said[0].to_string(), "no milestone of the cell has a day");
            assert_eq!((found.unread, found.doubts), (vec![], said), "{text}");
        }
    }

    #[test]
    fn entries_of_one_line_and_days_without_a_colon_are_read() {
        for (text, expected) in [
            (
                "Step 1: Patch staging by 2026-12-01. Step 2: Patch production by 2027-01-05.",
                &[
                    "1 [2026-12-01] Patch staging by 2026-12-01.",
                    "2 [2027-01-05] Patch production by 2027-01-05.",
                ][..],
            ),
            (
                "Milestone 1 (2026-01-05): a. Milestone 2 (2026-02-05): b",
                &["1 [2026-01-05] a.", "2 [2026-02-05] b"],
            ),
            (
                "Phase 1 - Draft, Phase 2 - Send - 2026-02-05",
                &["1 [] Draft", "2 [2026-02-05] Send"],
            ),
            ("2026-12-01 Patch staging", &["1 [2026-12-01] Patch staging"]),
            (
                "2026-12-01 Patch staging\n2027-01-05 Patch production",
                &["1 [2026-12-01] Patch staging", "2 [2027-01-05] Patch production"],
            ),
            (
                "2026-12-01: Patch staging\n2027-01-05 Patch production",
                &["1 [2026-12-01] Patch staging", "2 [2027-01-05] Patch production"],
            ),
        ] {
            let found = read(text);
            assert_eq!(told(&found), expected, "{text}");
            assert_eq!(found.unread, Vec::<String>::new(), "{text}");
        }
        let found = read("Step 1: Patch staging by 1 Dec. Step 2: Patch production by 5 Jan.");
        assert_eq!(found.milestones.len(), 2);
        assert_eq!(
            found.doubts.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "milestone 1 has no day: `1 Dec` names no year",
                "milestone 2 has no day: `5 Jan` names no year"
            ]
        );
        // Words that show what happened on a day are no milestone.
        assert_eq!(read("2026-12-01 the vendor answered").unread.len(), 1);
        assert!(
            read("(1) 2026-01-05: a\n2026-02-05 Patch").doubts[0]
                .to_string()
                .contains("may be another milestone")
        );
    }

    #[test]
    fn one_odd_line_costs_no_other() {
        let found = read(
            "Plan agreed with the vendor:\n(1) 2026-04-01: Stage it\n\nThe board was told.\n\n(3) 2026-05-01: Roll it out\n(3) 2026-06-01: Again\n(4) 2026-07-01",
        );
        assert_eq!(told(&found), ["1 [2026-04-01] Stage it", "3 [2026-05-01] Roll it out"]);
        assert_eq!(found.unread.len(), 4, "{:?}", found.unread);
        for (text, unread) in
            [("soon", 1), ("Patch staged; window scheduled", 1), ("(1) 2026-01-01", 1)]
        {
            let found = read(text);
            assert_eq!((found.milestones.len(), found.unread.len()), (0, unread), "{text}");
        }
    }

    #[test]
    fn no_day_is_made_up_and_doubts_are_said() {
        for (text, said) in [
            ("(1) 2026-01-05: a\n(2) b", "milestone 2 has no day"),
            ("(1) 03/04/2026: a", "--dates"),
            ("(1) Oct 2026: a", "names no day"),
            ("(1) 2026-01-05: a\n2026-02-05: b", "may be another milestone"),
            ("(1) 2026-01-05: a\n2. b", "may be another milestone"),
            ("(1) 2026-01-05: a (2) 2026-02-05: b", "`(2) 2026-02-05: b` may be another milestone"),
            ("1. a - 2026-01-05 2. b - 2026-02-05", "`2. b` may be another milestone"),
            ("1. Install the release of 2026-02-05", "no date in its words says"),
        ] {
            let found = read(text);
            assert!(
                found.doubts.iter().any(|doubt| doubt.to_string().contains(said)),
                "{text}: {found:?}"
            );
            assert_eq!(found.unread, Vec::<String>::new(), "{text}");
        }
        assert_eq!(told(&read("(1) someday: a")), ["1 [] someday: a"]);
        assert_eq!(told(&read("(1) 2026-02-30: a")), ["1 [] 2026-02-30: a"]);
        let mdy = DateForms { order: Some(DateOrder::MonthFirst), month: None };
        assert_eq!(told(&read_planned("(1) 3/4/26: a", mdy)), ["1 [2026-03-04] a"]);
    }

    #[test]
    fn a_state_at_the_end_is_read_but_not_in_the_words_of_the_template() {
        for (text, expected) in [
            ("1. Scan - completed 2026-05-20", "1 [] completed 2026-05-20 Scan"),
            ("1. Scan (Completed)", "1 [] completed Scan"),
            ("2026-05-23: Scan (completed 2026-05-20)", "1 [2026-05-23] completed 2026-05-20 Scan"),
            (
                "1. Scan - due 2026-05-23 - completed 2026-05-20",
                "1 [2026-05-23] completed 2026-05-20 Scan",
            ),
            ("1. Scan - In Progress", "1 [] in-progress Scan"),
            (
                "1) Scan \u{2014} Due: 05/23/2026 \u{2014} Status: In Progress",
                "1 [2026-05-23] in-progress Scan",
            ),
            ("1) Scan, due 05/23/2026, not started", "1 [2026-05-23] Scan"),
            ("1. List ports that are open, closed", "1 [] List ports that are open, closed"),
            ("(1) 2026-05-23: Scan (completed)", "1 [2026-05-23] Scan (completed)"),
        ] {
            assert_eq!(told(&read(text)), [expected], "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in
            ["Steps:\n1. stop\n2. start", "a\n(2) 2026-01-01: b", "a\n- b\n2) 2026-03-01: c"]
        {
            let step = milestone(1, "2026-01-20".parse().ok(), text);
            let written = planned(std::slice::from_ref(&step));
            let found = read(&written);
            assert_eq!(found.milestones.len(), 1, "{written:?}");
            assert_eq!(planned(&found.milestones), written);
        }
    }
}
