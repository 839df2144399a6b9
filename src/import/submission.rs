//! A document to import: what it is called, what identifies it, which day it is from.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{Datelike as _, Days, Months, NaiveDate};
use sha2::{Digest, Sha256};

use crate::exchange::{Imported, Refused};
use crate::workbook::{Field, Layout, Reading, cell_text};

/// The source of which all documents in an official form are.
pub(super) const OFFICIAL: &str = "fedramp";

/// The source of which all documents in a form of eMASS are.
const EMASS: &str = "emass";

/// A document to import.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Name: that of its file.
    pub source: String,
    /// The digest that identifies its content.
    pub source_id: String,
    /// The source that it is a document of: documents of one source are compared with each other.
    pub origin: String,
    /// Reading of the document.
    pub reading: Reading,
    /// Its items, each with its place, where it lists items and has no rows.
    pub listed: Vec<(String, Result<Imported, Refused>)>,
    /// The day it is from, and what states so; none where nothing does.
    pub dated: Option<DatedSubmission>,
}

impl Submission {
    /// Counts its rows or items.
    pub(super) fn len(&self) -> usize {
        self.reading.rows.len() + self.listed.len()
    }

    /// The name of the source of documents with a layout, of whose columns a person stated what some
    /// mean: tables of different tools can fit one layout best. The official layouts are versions of
    /// one form, so that a register goes on where its documents change from one to another.
    pub fn origin_of(layout: &str, columns: &[(String, Field)]) -> String {
        let is_official = Layout::all_layouts().iter().any(|official| official.name == layout);
        let layout = match is_official {
            true => OFFICIAL,
            false if layout.starts_with("emass-") => EMASS,
            false => layout,
        };
        if columns.is_empty() {
            return layout.to_owned();
        }
        let mut columns: Vec<String> =
            columns.iter().map(|(header, field)| format!("{header}={}", field.name())).collect();
        columns.sort();
        let digest = format!("{:x}", Sha256::digest(columns.join("\n")));
        format!("{layout}+{}", digest.get(..8).unwrap_or_default())
    }

    /// The words of its status column.
    pub fn statuses(&self) -> BTreeSet<String> {
        let cells = self.reading.rows.iter().filter_map(|row| row.cells.get(&Field::Status));
        let words = cells.map(|cell| cell_text(&cell.value).trim().to_owned());
        words.filter(|word| !word.is_empty()).collect()
    }
}

/// The day that a document is from, and what states so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatedSubmission {
    /// The day.
    pub day: NaiveDate,
    /// Evidence for the day.
    pub by: DatedBy,
}

/// Evidence for the day that a document is from, most trusted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatedBy {
    /// The person who imports it.
    Option,
    /// The date at its head.
    Header,
    /// A day in the name of its file.
    FileName,
    /// A month in the name of its file: its last day.
    Month,
    /// A month in the name of its file, and the day in it on which it was saved.
    MonthSaved,
    /// The day it was last saved on.
    Saved,
    /// The record of the import that took it before.
    Record,
}

impl fmt::Display for DatedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Option => "--date",
            Self::Header => "the date at its head",
            Self::FileName => "the name of the file",
            Self::Month => "the last day of the month in the name of the file",
            Self::MonthSaved => {
                "the month in the name of the file, and the day in it on which it was last saved"
            }
            Self::Saved => "the day it was last saved",
            Self::Record => "the record of its import",
        })
    }
}

impl DatedSubmission {
    /// Returns a day on which the document surely said what it says: of a month in a name the first, none of the
    /// day on which a file was saved.
    pub(super) fn firm_day(self) -> Option<NaiveDate> {
        match self.by {
            DatedBy::Option | DatedBy::Header | DatedBy::FileName => Some(self.day),
            DatedBy::Month | DatedBy::MonthSaved => self.day.with_day(1),
            DatedBy::Saved | DatedBy::Record => None,
        }
    }

    /// The day that a document is from. `told` is what the person states; a day after `today` is
    /// none, since nothing can have been known before it happened.
    pub fn detect_day(
        source: &str,
        reading: &Reading,
        told: Option<NaiveDate>,
        today: NaiveDate,
    ) -> Option<Self> {
        let saved = reading.properties.modified;
        let month_saved = || {
            let (first, last) = month_in(source)?;
            saved.filter(|day| (first..=last).contains(day))
        };
        let month = || {
            let (first, last) = month_in(source)?;
            Some(last.min(today)).filter(|day| *day >= first)
        };
        let candidates: [(&dyn Fn() -> Option<NaiveDate>, DatedBy); 6] = [
            (&|| told, DatedBy::Option),
            (&|| reading.header.date, DatedBy::Header),
            (&|| day_in(source), DatedBy::FileName),
            (&month_saved, DatedBy::MonthSaved),
            (&month, DatedBy::Month),
            (&|| saved, DatedBy::Saved),
        ];
        let can_be = |day: &NaiveDate| day.year() >= 1970 && *day <= today;
        candidates
            .iter()
            .find_map(|(day, by)| day().filter(can_be).map(|day| Self { day, by: *by }))
    }
}

/// A day in the name of a file: `2026-05-04`, `2026_05_04` or `20260504`.
fn day_in(name: &str) -> Option<NaiveDate> {
    let digits = digit_runs(name);
    let joined = digits.iter().filter(|run| run.1.len() == 8).find_map(|run| {
        NaiveDate::from_ymd_opt(
            run.1[..4].parse().ok()?,
            run.1[4..6].parse().ok()?,
            run.1[6..].parse().ok()?,
        )
    });
    joined.or_else(|| {
        digits.windows(3).find_map(|runs| {
            let [year, month, day] = runs else { return None };
            let apart = follows_run(name, year, month) && follows_run(name, month, day);
            let sizes = (year.1.len(), month.1.len(), day.1.len()) == (4, 2, 2);
            NaiveDate::from_ymd_opt(
                year.1.parse().ok()?,
                month.1.parse().ok()?,
                day.1.parse().ok()?,
            )
            .filter(|_| apart && sizes)
        })
    })
}

/// The first and the last day of a month in the name of a file: `2026-05`, `2026_05` or `202605`.
fn month_in(name: &str) -> Option<(NaiveDate, NaiveDate)> {
    let digits = digit_runs(name);
    let joined = digits.iter().filter(|run| run.1.len() == 6).find_map(|run| {
        NaiveDate::from_ymd_opt(run.1[..4].parse().ok()?, run.1[4..].parse().ok()?, 1)
    });
    let first = joined.or_else(|| {
        digits.windows(2).find_map(|runs| {
            let [year, month] = runs else { return None };
            let sizes = (year.1.len(), month.1.len()) == (4, 2);
            NaiveDate::from_ymd_opt(year.1.parse().ok()?, month.1.parse().ok()?, 1)
                .filter(|_| sizes && follows_run(name, year, month))
        })
    });
    let first = first.filter(|first| (1970..2200).contains(&first.year()))?;
    Some((first, first.checked_add_months(Months::new(1))?.checked_sub_days(Days::new(1))?))
}

/// Runs of digits with their places.
fn digit_runs(name: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = name[at..].find(|c: char| c.is_ascii_digit()) {
        let start = at + start;
        let end =
            name[start..].find(|c: char| !c.is_ascii_digit()).map_or(name.len(), |it| start + it);
        found.push((start, &name[start..end]));
        at = end;
    }
    found
}

/// Returns whether one run follows another with `-`, `_` or `.` between.
fn follows_run(name: &str, first: &(usize, &str), second: &(usize, &str)) -> bool {
    let between = &name[first.0 + first.1.len()..second.0];
    matches!(between, "-" | "_" | ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn reading(head: Option<&str>, saved: Option<&str>) -> Reading {
        let header = "POAM ID,Weakness Name,Controls,Comments,CVE,Status Date,Point of Contact,False Positive,Weakness Description,Risk Adjustment\n";
        let mut reading = crate::workbook::read_bytes("x.csv", header.as_bytes().to_vec()).unwrap();
        reading.header.date = head.map(day);
        reading.properties.modified = saved.map(day);
        reading
    }

    #[test]
    fn all_versions_of_the_official_workbook_are_one_source() {
        let origin = |layout: &str| Submission::origin_of(layout, &[]);
        assert_eq!(origin("fedramp-rev5-2.1"), origin("fedramp-rev5-3.0"));
        assert_eq!(origin("fedramp-rev4"), origin("fedramp-rev5-3.0"));
        assert_ne!(origin("federal"), origin("fedramp-rev4"));
        let columns = |header: &str| [(header.to_owned(), Field::WeaknessName)];
        let mapped = |header| Submission::origin_of("fedramp-rev4", &columns(header));
        assert!(mapped("Title") != mapped("Name") && mapped("Title") != origin("fedramp-rev4"));
    }

    #[test]
    fn what_is_trusted_most_says_the_day() {
        use DatedBy::{FileName, Header, Month, Option as Told, Saved};
        let today = day("2026-06-15");
        for (name, told, head, saved, expected) in [
            (
                "2026-05-01.xlsx",
                Some("2026-03-01"),
                Some("2026-04-01"),
                None,
                Some(("2026-03-01", Told)),
            ),
            ("2026-05-01.xlsx", None, Some("2026-04-01"), None, Some(("2026-04-01", Header))),
            ("POAM_2026_05_01 v2.xlsx", None, None, None, Some(("2026-05-01", FileName))),
            ("poam20260501.xlsx", None, None, None, Some(("2026-05-01", FileName))),
            (
                "homelab-2026-05-a.xlsx",
                None,
                None,
                Some("2026-05-04"),
                Some(("2026-05-04", DatedBy::MonthSaved)),
            ),
            ("2026-05.xlsx", None, None, Some("2026-06-04"), Some(("2026-05-31", Month))),
            ("2026-06.xlsx", None, None, None, Some(("2026-06-15", Month))),
            ("poam.xlsx", None, None, Some("2026-06-04"), Some(("2026-06-04", Saved))),
            ("poam.xlsx", None, Some("2030-01-01"), None, None),
            ("2027-01.xlsx", None, None, None, None),
            ("12026-05.xlsx", None, None, None, None),
            ("2026-13.xlsx", None, None, None, None),
        ] {
            let dated =
                DatedSubmission::detect_day(name, &reading(head, saved), told.map(day), today);
            let expected = expected.map(|(date, by)| DatedSubmission { day: day(date), by });
            assert_eq!(dated, expected, "{name}");
        }
    }
}
