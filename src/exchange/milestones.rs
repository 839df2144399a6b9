//! *Planned Milestones* of the 2.1 template, and the grammar that it shares with *Milestone
//! Changes*.
//!
//! `(1) 2026-05-23: Patch staging`, entries separated by a blank line. The template's own check
//! accepts nothing else, and nothing else is written. People write in many other ways, which
//! [`read_planned`] reads.

use chrono::NaiveDate;

use super::entries::{
    Head, MOST_ENTRIES, Meaning, entry_within, has_date, head, leading_date, trailing_date,
};
use crate::model::{Milestone, MilestoneStatus};
use crate::workbook::{DateForms, DateOrder, DateProblem, DayOfMonth};

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

/// What a cell of planned milestones says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Planned {
    /// The milestones, in the order of the cell.
    pub(super) milestones: Vec<Milestone>,
    /// Lines that are no milestone, and why where it is not plain.
    pub(super) unread: Vec<String>,
    /// What a person should look at in what was read: a day that is none, a line that may be more.
    pub(super) doubts: Vec<String>,
}

/// Reads planned milestones, wherever a line begins an entry.
///
/// Entries may be numbered (`(1) 2026-05-23: text`, `1. text`, `Milestone 1: text by 2026-03-01`),
/// dated (`2026-05-23 - text`) or bulleted, and are parted by line breaks, blank lines or `;`. What the
/// first entry looks like decides for the cell; a line right below an entry continues it. A milestone
/// gets a day only where its entry says one.
pub(super) fn read_planned(text: &str, forms: DateForms) -> Planned {
    let mut planned = Planned::default();
    let mut entries: Vec<PlannedEntry> = Vec::new();
    let lines = entry_lines(text, forms);
    let style = lines.iter().map(|line| head(line, forms).0).find(|head| *head != Head::Plain);
    if style.is_none() {
        let dated = |line: &&str| is_due_line(line, forms);
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
        match entries.last_mut() {
            _ if begins && found == Head::Dated => entries.push(PlannedEntry::dated(rest, forms)),
            _ if begins => entries.push(PlannedEntry {
                number: found.number(),
                text: rest.trim_end().to_owned(),
                bracketed: matches!(found, Head::Bracketed(_)),
            }),
            Some(last) if !after_blank => {
                if !matches!(found, Head::Plain | Head::Bullet) {
                    planned.doubts.push(format!(
                        "`{}` may be another milestone; it was read as a part of the one before it",
                        line.trim()
                    ));
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
        let line = within.lines().next().unwrap_or_default();
        Some(format!(
            "`{line}` may be another milestone; it was read as a part of milestone {}",
            step.id
        ))
    });
    planned.doubts.extend(doubts.collect::<Vec<_>>());
    let dated = planned.milestones.iter().filter(|step| step.due.is_some()).count();
    let said = |step: &Milestone| {
        let start = format!("milestone {} has no day", step.id);
        planned.doubts.iter().any(|doubt| doubt.starts_with(&start))
    };
    let undated: Vec<&Milestone> = planned
        .milestones
        .iter()
        .filter(|step| step.due.is_none() && step.completed.is_none() && !said(step))
        .filter(|step| dated > 0 || has_date(&step.description, forms))
        .collect();
    let doubts: Vec<String> = undated
        .into_iter()
        .map(|step| match has_date(&step.description, forms) {
            true => format!(
                "milestone {} has no day: no date in its words says that it is due then",
                step.id
            ),
            false => format!("milestone {} has no day", step.id),
        })
        .collect();
    planned.doubts.extend(doubts);
    planned
}

/// Reads a list in a plan: two entries and more that are numbered or dated. What stands before the list is
/// the plan in words. `None` where there is no such list; bullets alone are words, too.
pub(super) fn read_list_of_plan(text: &str, forms: DateForms) -> Option<Planned> {
    let lines = entry_lines(text, forms);
    let begins = |line: &&str| head(line, forms).0 != Head::Plain;
    let start = lines.iter().position(begins);
    let style = start.and_then(|at| lines.get(at)).map(|line| head(line, forms).0);
    if style == Some(Head::Bullet) {
        return None;
    }
    let mut planned = read_planned(text, forms);
    let before: Vec<&str> =
        lines.iter().take(start.unwrap_or_default()).map(|line| line.trim()).collect();
    planned.unread.retain(|line| !before.contains(&line.as_str()));
    (planned.milestones.len() > 1).then_some(planned)
}

/// Whether a line begins an entry in a cell whose first entry is of some style.
fn begins_entry(style: Head, found: Head, rest: &str, forms: DateForms) -> bool {
    match (style, found) {
        (Head::Plain, _) | (_, Head::Plain) => false,
        (Head::Bracketed(_), Head::Bracketed(_))
        | (Head::Numbered(_), Head::Numbered(_))
        | (Head::Labelled(_), Head::Labelled(_))
        | (Head::Dated, Head::Dated)
        | (Head::Bullet, Head::Bullet) => true,
        // Another kind of number counts where a day follows: `(1) 2026-01-05: a`, `2) 2026-02-05: b`.
        (_, Head::Bracketed(_) | Head::Numbered(_) | Head::Labelled(_)) => {
            leading_date(rest, forms).is_some()
        }
        _ => false,
    }
}

/// The lines of a cell, cut at `;` too where an entry follows.
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
                Head::Bracketed(_) | Head::Numbered(_) | Head::Labelled(_) => {
                    !strict || leading_date(rest, forms).is_some()
                }
                Head::Dated => first == Head::Dated,
                Head::Bullet | Head::Plain => false,
            };
            if follows {
                lines.push(&line[start..at]);
                start = at + 1;
            }
        }
        lines.push(&line[start..]);
    }
    lines
}

/// Whether a line says in plain words what is due when.
fn is_due_line(line: &str, forms: DateForms) -> bool {
    trailing_date(line, forms)
        .is_some_and(|found| found.meaning == Meaning::Due && found.date.is_ok())
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

    /// `2024-12-01 - Milestone 2: text`: the number may stand behind the date.
    fn dated(line: &str, forms: DateForms) -> Self {
        let found = leading_date(line, forms);
        let label = found.as_ref().map(|found| head(found.rest, forms));
        if let (Some(found), Some((Head::Labelled(number), rest))) = (found, label)
            && !rest.is_empty()
            && let Ok(date) = found.date
        {
            let text = format!("{date}: {}", rest.trim_end());
            return Self { number: Some(number), text, bracketed: false };
        }
        Self::unnumbered(line.trim_end())
    }

    /// Reads the days and the state of the entry into a milestone.
    fn read(self, planned: &mut Planned, forms: DateForms) {
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
        let text = self.text.trim();
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
                Err(problem) => planned.doubts.push(no_day(id, &problem)),
            },
            None => {
                read_state_behind_date(&mut step, forms);
                let is_done = step.completed.is_some();
                let again = trailing_date(&step.description, forms)
                    .is_some_and(|found| is_done && found.meaning == Meaning::Completed);
                let problem = if again { None } else { read_days(&mut step, forms) };
                if let Some(problem) = problem {
                    planned.doubts.push(no_day(id, &problem));
                } else if step.due.is_none() && step.completed.is_none() {
                    read_state(&mut step, forms);
                }
            }
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

fn no_day(id: u32, problem: &DateProblem) -> String {
    format!("milestone {id} has no day: {}", super::entries::with_option(problem))
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
        Meaning::Due => step.due = Some(date),
        Meaning::Completed => {
            (step.status, step.completed) = (MilestoneStatus::Completed, Some(date));
        }
    }
    // Of several lines only the last is shortened: what stands in the middle keeps its words.
    if whole.starts_with(found.text) && (found.text.len() > first.len() || whole == first) {
        step.description = found.text.to_owned();
        if found.meaning == Meaning::Completed && step.due.is_none() {
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
    use MilestoneStatus::{Cancelled, Completed, InProgress, Pending};
    if let Some(found) = trailing_date(&step.description, forms)
        && found.meaning == Meaning::Completed
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
    let state = crate::model::words::comparable(state);
    let status = match state.strip_prefix("status:-").unwrap_or(&state) {
        "completed" | "complete" | "done" | "closed" | "finished" => Completed,
        "in-progress" | "ongoing" | "on-going" | "started" => InProgress,
        "cancelled" | "canceled" => Cancelled,
        "not-started" => Pending,
        _ => return,
    };
    (step.status, step.description) = (status, before.trim_end().to_owned());
}

/// Text as the grammar wants it: single line breaks only, and between two of them more than one
/// character (the template's check takes a break with the character on either side of it). A line
/// that would begin an entry of its own follows on the line before it.
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

/// Whether a line could be taken for an entry, whatever is said of dates.
fn seems_entry(line: &str) -> bool {
    let forms = DateForms { order: Some(DateOrder::MonthFirst), month: Some(DayOfMonth::First) };
    let (found, rest) = head(line, forms);
    match found {
        Head::Bracketed(_) => true,
        Head::Numbered(_) | Head::Labelled(_) => {
            leading_date(rest, forms).is_some() || super::changes::is_entry(line, forms)
        }
        Head::Dated | Head::Bullet | Head::Plain => super::changes::is_entry(line, forms),
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
pub(super) mod tests {
    use super::*;

    /// The check that a template has of a column, as its conditional format says it.
    pub(in crate::exchange) fn official(column: char) -> regex::Regex {
        let layout: serde_json::Value =
            serde_json::from_str(crate::workbook::Layout::text("2.1").unwrap()).unwrap();
        let formulas = layout.to_string();
        let start = format!("refind({column}8,\\\"");
        let check = formulas.split(&start).nth(1).unwrap().split("\\\")").next().unwrap();
        let check: String = serde_json::from_str(&format!("\"{check}\"")).unwrap();
        regex::RegexBuilder::new(&check).case_insensitive(true).build().unwrap()
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

    fn read(text: &str) -> Planned {
        read_planned(text, DateForms::default())
    }

    /// One line for each milestone: number, day, state, words.
    fn told(planned: &Planned) -> Vec<String> {
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
            assert_eq!((found.unread, found.doubts), (vec![], vec![]), "{text}");
        }
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
            (
                "Milestone 1 (2026-01-05): a. Milestone 2 (2026-02-05): b",
                "`Milestone 2 (2026-02-05): b` may be another milestone",
            ),
            ("1. a - 2026-01-05 2. b - 2026-02-05", "`2. b` may be another milestone"),
            ("1. Install the release of 2026-02-05", "no date in its words says"),
        ] {
            let found = read(text);
            assert!(found.doubts.iter().any(|doubt| doubt.contains(said)), "{text}: {found:?}");
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
