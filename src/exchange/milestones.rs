//! *Planned Milestones* of the 2.1 template, and the grammar that it shares with *Milestone
//! Changes*.
//!
//! `(1) 2026-05-23: Patch staging`, entries separated by a blank line. The template's own check
//! accepts nothing else.

use chrono::NaiveDate;

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

/// Text as the grammar wants it: single line breaks only, and between two of them more than one
/// character (the template's check takes a break with the character on either side of it).
pub(super) fn without_blank_lines(text: &str) -> String {
    let lines = text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty());
    let mut told = String::new();
    let mut alone = false;
    for line in lines {
        if !told.is_empty() {
            told.push(if alone { ' ' } else { '\n' });
        }
        told.push_str(line);
        // The first line has the date before it.
        alone = told.len() > line.len() && line.chars().count() == 1;
    }
    told
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

/// `(12) rest`.
pub(super) fn number(entry: &str) -> Option<(u32, &str)> {
    let (number, rest) = entry.strip_prefix('(')?.split_once(')')?;
    Some((number.parse().ok()?, rest.trim_start()))
}

/// A date as the template's check takes it: `2026-05-23` or `2026/05/23`.
pub(super) fn read_date(text: &str) -> Option<NaiveDate> {
    text.trim().replace(['/', '\\'], "-").parse().ok()
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
}
