//! *Remediation Plan* of template 3.0, which also holds the milestones and what became of them.
//!
//! ```text
//! Migrate to supported versions.
//!
//! Planned milestones are:
//! 1) 2026-05-23: Patch staging - completed 2026-05-20
//! 2) 2026-07-10: Patch production
//!
//! Changes:
//! (2) Update 2026-07-10 : moved from 2026-06-18 to 2026-07-10 on 2026-06-01: vendor delay
//!
//! Scheduled completion: 2026-06-30
//!
//! Original detection date: 2026-01-14
//!
//! Original risk rating: high
//! ```
//!
//! The template's *Scheduled Completion Date* is a formula that nobody may change, so a date that
//! differs from it is said here. The sheet of documentation findings has no columns for the date
//! and the rating, which each of its rows says in the last two lines.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::model::{Milestone, MilestoneStatus, RiskRating};

const PLANNED: &str = "Planned milestones are:";
const CHANGES: &str = "Changes:";
const RECEIVED: &str = "Planned milestones (as received):";
const RECEIVED_CHANGES: &str = "Milestone changes (as received):";
const SCHEDULED: &str = "Scheduled completion: ";
const DETECTED: &str = "Original detection date: ";
const RATED: &str = "Original risk rating: ";

/// Content of the cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct PlanCell {
    /// The plan in words.
    pub(super) text: Option<String>,
    /// The milestones as they stand.
    pub(super) milestones: Vec<Milestone>,
    /// Changes of the milestones, one entry each.
    pub(super) changes: Vec<String>,
    /// The scheduled completion date where it is not what the formula gives.
    pub(super) scheduled: Option<NaiveDate>,
    /// When it was found and how it was rated, where no column says so.
    pub(super) found: Option<(NaiveDate, RiskRating)>,
    /// *Planned Milestones* of another layout as its source had it.
    pub(super) received: Option<String>,
    /// *Milestone Changes* of another layout, where they are in no known grammar.
    pub(super) received_changes: Option<String>,
}

impl PlanCell {
    /// Returns the text of the cell.
    pub(super) fn write(&self) -> String {
        let mut parts: Vec<String> = self.text.iter().cloned().collect();
        // Further lines are indented, so that it is clear where the text ends.
        for (heading, text) in
            [(RECEIVED, &self.received), (RECEIVED_CHANGES, &self.received_changes)]
        {
            parts.extend(text.as_ref().map(|text| format!("{heading}\n {}", indented(text))));
        }
        if !self.milestones.is_empty() {
            let lines: Vec<String> = self.milestones.iter().map(line).collect();
            parts.push(format!("{PLANNED}\n{}", lines.join("\n")));
        }
        if !self.changes.is_empty() {
            // Further lines of an entry are indented, so that it is clear where the next begins.
            let entries: Vec<String> = self.changes.iter().map(|entry| indented(entry)).collect();
            parts.push(format!("{CHANGES}\n{}", entries.join("\n")));
        }
        parts.extend(self.scheduled.map(|date| format!("{SCHEDULED}{date}")));
        if let Some((date, rating)) = self.found {
            parts.push(format!("{DETECTED}{date}"));
            parts.push(format!("{RATED}{rating}"));
        }
        parts.join("\n\n")
    }

    /// Returns whether the cell ends like one with the scheduled date, though nobody stated it.
    pub(super) fn seems_scheduled(&self) -> bool {
        self.scheduled.is_none() && scheduled(&self.write()).is_some()
    }

    /// Reads the cell. What is not in this form is the plan in words, whole. `ours` tells whether a
    /// date in its last line is the scheduled one, or a word of the plan.
    pub(super) fn read(text: &str, ours: impl Fn(NaiveDate) -> bool) -> Self {
        let mut plan = Self::default();
        let mut rest = text;
        if let Some((before, date)) = scheduled(rest).filter(|(_, date)| ours(*date)) {
            plan.scheduled = Some(date);
            rest = before;
        }
        if let Some((before, last)) = split_last(rest, &format!("{CHANGES}\n"))
            && last.lines().all(|line| line.starts_with('(') || line.starts_with(' '))
        {
            plan.changes = entries(last);
            rest = before;
        }
        if let Some((before, last)) = split_last(rest, &format!("{PLANNED}\n"))
            && let Some(milestones) = read_lines(last)
        {
            plan.milestones = milestones;
            rest = before;
        }
        for (heading, received) in
            [(RECEIVED_CHANGES, &mut plan.received_changes), (RECEIVED, &mut plan.received)]
        {
            if let Some((before, last)) = split_last(rest, &format!("{heading}\n"))
                && last.split('\n').all(|line| line.starts_with(' '))
            {
                let lines = last.split('\n').map(|line| line.strip_prefix(' ').unwrap_or(line));
                *received = Some(lines.collect::<Vec<_>>().join("\n"));
                rest = before;
            }
        }
        if plan.milestones.is_empty() && plan.received.is_none() && !plan.changes.is_empty() {
            // Changes without milestones are not of our making: they are part of the plan.
            let scheduled = plan.scheduled;
            plan = Self { scheduled, ..Self::default() };
            rest = self::scheduled(text)
                .filter(|_| scheduled.is_some())
                .map_or(text, |(before, _)| before);
        }
        plan.text = Some(rest.to_owned()).filter(|text| !text.trim().is_empty());
        plan
    }
}

/// Splits off when a finding was made and how it was rated, where the last two lines say so, from
/// the text before.
pub(super) fn found(text: &str) -> (&str, Option<(NaiveDate, RiskRating)>) {
    let read = || {
        let (before, rating) = split_last(text, RATED)?;
        let (before, date) = split_last(before, DETECTED)?;
        Some((before, (date.parse().ok()?, rating.parse().ok()?)))
    };
    read().map_or((text, None), |(before, found)| (before, Some(found)))
}

/// Returns the date in the last line, exactly as it is written here, and the text before it.
fn scheduled(text: &str) -> Option<(&str, NaiveDate)> {
    let (before, last) = split_last(text, SCHEDULED)?;
    let date: NaiveDate = last.parse().ok()?;
    (date.to_string() == last).then_some((before, date))
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n ")
}

/// Returns the text before and behind the last paragraph that begins with a heading.
fn split_last<'a>(text: &'a str, heading: &str) -> Option<(&'a str, &'a str)> {
    if let Some(rest) = text.strip_prefix(heading) {
        return Some(("", rest));
    }
    text.rsplit_once(&format!("\n\n{heading}"))
}

/// Entries that begin with `(n)`; indented lines continue the one before.
fn entries(text: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in text.lines() {
        match entries.last_mut() {
            Some(last) if !line.starts_with('(') => {
                last.push('\n');
                last.push_str(line.strip_prefix(' ').unwrap_or(line));
            }
            _ => entries.push(line.to_owned()),
        }
    }
    entries
}

/// `2) 2026-06-10: Patch production - completed 2026-06-09`. Further lines of a description are
/// indented.
fn line(step: &Milestone) -> String {
    let due = step.due.map(|date| format!("{date}: ")).unwrap_or_default();
    let description = step.description.trim().lines().collect::<Vec<_>>().join("\n   ");
    let state = match (step.status, step.completed) {
        (MilestoneStatus::Completed, Some(date)) => format!(" - completed {date}"),
        (MilestoneStatus::Completed, None) => " - completed".to_owned(),
        (MilestoneStatus::InProgress, _) => " - in progress".to_owned(),
        (MilestoneStatus::Cancelled, _) => " - cancelled".to_owned(),
        (MilestoneStatus::Archived, _) => " - archived".to_owned(),
        // A description that ends like a state must not read as one.
        (MilestoneStatus::Pending, _) if state(&step.description).is_some() => {
            " - pending".to_owned()
        }
        (MilestoneStatus::Pending, _) => String::new(),
    };
    format!("{}) {due}{description}{state}", step.id)
}

fn read_lines(text: &str) -> Option<Vec<Milestone>> {
    let mut whole: Vec<String> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("   "), whole.last_mut()) {
            (Some(more), Some(last)) => {
                last.push('\n');
                last.push_str(more);
            }
            _ => whole.push(line.to_owned()),
        }
    }
    let milestones: Vec<Milestone> =
        whole.iter().map(|line| read_line(line)).collect::<Option<_>>()?;
    let ids: BTreeSet<u32> = milestones.iter().map(|step| step.id).collect();
    (ids.len() == milestones.len()).then_some(milestones)
}

fn read_line(line: &str) -> Option<Milestone> {
    let (number, rest) = line.split_once(") ")?;
    let id = number.parse().ok()?;
    let dated = rest.split_once(": ").and_then(|(date, rest)| Some((date.parse().ok()?, rest)));
    let (due, rest) =
        dated.map_or((None, rest), |(due, rest): (NaiveDate, &str)| (Some(due), rest));
    let (description, status, completed) =
        state(rest).unwrap_or((rest, MilestoneStatus::Pending, None));
    let description = description.to_owned();
    Some(Milestone { status, completed, ..Milestone::planned(id, description, due) })
        .filter(|step| !step.description.is_empty())
}

/// Returns the description before a state, and the state.
fn state(text: &str) -> Option<(&str, MilestoneStatus, Option<NaiveDate>)> {
    let (description, state) = text.rsplit_once(" - ")?;
    let (status, completed) = match state {
        "pending" => (MilestoneStatus::Pending, None),
        "in progress" => (MilestoneStatus::InProgress, None),
        "cancelled" => (MilestoneStatus::Cancelled, None),
        "archived" => (MilestoneStatus::Archived, None),
        "completed" => (MilestoneStatus::Completed, None),
        other => {
            (MilestoneStatus::Completed, Some(other.strip_prefix("completed ")?.parse().ok()?))
        }
    };
    Some((description, status, completed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milestone(
        id: u32,
        due: Option<&str>,
        description: &str,
        status: MilestoneStatus,
        completed: Option<&str>,
    ) -> Milestone {
        let date = |text: &str| text.parse().unwrap();
        Milestone {
            status,
            completed: completed.map(date),
            ..Milestone::planned(id, description, due.map(date))
        }
    }

    #[test]
    fn a_plan_reads_back_as_it_was_written() {
        use MilestoneStatus::*;
        let milestones = vec![
            milestone(1, Some("2026-05-23"), "Patch: staging", Completed, Some("2026-05-20")),
            milestone(2, Some("2026-07-10"), "Patch\nproduction", InProgress, None),
            milestone(3, None, "Decide - cancelled", Pending, None),
            milestone(7, None, "Scan", Cancelled, None),
        ];
        let changes = [
            "(2) Update 2026-07-10 : moved\nfor a reason".to_owned(),
            "(7) New 2026-07-11 : Scan".to_owned(),
        ];
        for plan in [
            PlanCell::default(),
            PlanCell {
                text: Some("Only words.\n\nTwo paragraphs: yes.".into()),
                ..PlanCell::default()
            },
            PlanCell {
                milestones: milestones.clone(),
                changes: changes.to_vec(),
                ..PlanCell::default()
            },
            PlanCell { scheduled: "2026-06-30".parse().ok(), ..PlanCell::default() },
            PlanCell {
                text: Some("Words".into()),
                milestones,
                changes: vec![changes[1].clone()],
                scheduled: "2026-06-30".parse().ok(),
                ..PlanCell::default()
            },
            PlanCell {
                text: Some("Words".into()),
                received: Some("soon\n\nPlanned milestones are:\n1) x".into()),
                received_changes: Some("maybe\nlater".into()),
                ..PlanCell::default()
            },
            PlanCell {
                scheduled: "2026-06-30".parse().ok(),
                found: Some(("2026-01-05".parse().unwrap(), RiskRating::Critical)),
                ..PlanCell::default()
            },
            PlanCell {
                received: Some("soon".into()),
                changes: changes.to_vec(),
                ..PlanCell::default()
            },
        ] {
            let written = plan.write();
            let (text, found) = super::found(&written);
            assert_eq!(
                PlanCell { found, ..PlanCell::read(text, |_| true) },
                plan,
                "{}",
                plan.write()
            );
        }
    }

    #[test]
    fn what_others_wrote_stays_words() {
        for text in [
            "Will be resolved. Planned milestones are:\n1) Milestone 1",
            "Plan\n\nPlanned milestones are:\nsoon",
            "Plan\n\nPlanned milestones are:\n1) a\n1) b",
            "Plan\n\nPlanned milestones (as received):\nsoon",
            "Plan\n\nChanges:\n(1) something",
            "Plan\n\nScheduled completion: next year",
            "Plan\n\nScheduled completion: 2026-6-30",
            "Plan. Scheduled completion: 2026-06-30",
            "Plan\nScheduled completion: 2026-06-30",
            "Plan\n\nScheduled completion: 2026-06-30\n\nMore",
        ] {
            assert_eq!(
                PlanCell::read(text, |_| true),
                PlanCell { text: Some(text.into()), ..PlanCell::default() }
            );
        }
        let template = "Migrate to new technical solution.\n\nPlanned milestones are:\n1) Milestone 1\n2) Milestone 2";
        assert_eq!(PlanCell::read(template, |_| true).milestones.len(), 2);
    }
}
