//! Meanings of headers, words, dates and sheets of a file: options of `poam import`, and the
//! mapping file that stores them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::day::calendar_day;
use crate::document::{Document, Limits, emit_yaml};
use crate::model::words::Answer;
use crate::model::{RiskRating, Status};
use crate::nearest::nearest;
use crate::workbook::{DateForms, DateOrder, DayOfMonth, Field, SheetRole};

/// Choices of the user where a file leaves something open.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Mapping {
    /// Meaning of a column of another layout, e.g. "Weakness Title=weakness-name"
    #[arg(long = "map", value_name = "HEADER=FIELD", value_parser = parse_column)]
    pub(super) columns: Vec<(String, Field)>,
    /// Meaning of a word of the status column, e.g. "Ongoing=in-progress"
    #[arg(long = "map-status", value_name = "WORD=STATUS", value_parser = parse_status)]
    pub(super) statuses: Vec<(String, Status)>,
    /// Meaning of a word of a rating column, e.g. "CAT I=high"
    #[arg(long = "map-risk", value_name = "WORD=RATING", value_parser = parse_rating)]
    pub(super) ratings: Vec<(String, RiskRating)>,
    /// Meaning of a word of a Yes/No column, e.g. "X=yes": yes, no or pending
    #[arg(long = "map-yes-no", value_name = "WORD=ANSWER", value_parser = parse_answer)]
    pub(super) answers: Vec<(String, Answer)>,
    /// Purpose of a sheet, e.g. "Completed=closed": open, closed, configuration, documentation or
    /// ignore
    #[arg(long = "sheet", value_name = "NAME=ROLE", value_parser = parse_sheet)]
    pub(super) sheets: Vec<(String, Option<SheetRole>)>,
    /// Read dates like 03/04/2026 as day-first (dmy) or month-first (mdy), also with two-digit years
    #[arg(long, value_name = "dmy|mdy")]
    pub(super) dates: Option<Dates>,
    /// Which day a month without a day stands for, like "Oct 2025"
    #[arg(long, value_name = "first|last")]
    pub(super) month_day: Option<MonthDay>,
    /// Original detection date for rows without one
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = calendar_day)]
    pub(super) assume_detected: Option<NaiveDate>,
    /// Risk rating for rows without one
    #[arg(long, value_name = "RATING")]
    pub(super) assume_risk: Option<RiskRating>,
    /// Read all of these from a file; what is given beside it counts before it
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Write all of these to a new file, for --mapping
    #[arg(long, value_name = "FILE")]
    save_map: Option<PathBuf>,
    /// Purposes of sheets by the mapping file, which a document need not have.
    #[arg(skip)]
    pub(super) optional_sheets: Vec<(String, Option<SheetRole>)>,
    /// Meanings of words of the status column by the mapping file, which a document need not have.
    #[arg(skip)]
    pub(super) optional_statuses: Vec<(String, Status)>,
}

/// Order of day and month in dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Dates {
    /// Day, month, year
    Dmy,
    /// Month, day, year
    Mdy,
}

/// Which day a month stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MonthDay {
    /// The first day
    First,
    /// The last day
    Last,
}

/// The mapping file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct MappingFile {
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    columns: IndexMap<String, String>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    statuses: IndexMap<String, String>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    ratings: IndexMap<String, String>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    answers: IndexMap<String, String>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    sheets: IndexMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dates: Option<Dates>,
    #[serde(skip_serializing_if = "Option::is_none")]
    month_day: Option<MonthDay>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assume_detected: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assume_risk: Option<RiskRating>,
}

impl Mapping {
    /// The options together with those of the mapping file, where one is named.
    pub(super) fn with_file(mut self, directory: &Path) -> Result<Self> {
        let Some(file) = &self.mapping else { return Ok(self) };
        let doing = || format!("reading the mapping file {}", file.display());
        let bytes = std::fs::read(directory.join(file)).with_context(doing)?;
        let read = MappingFile::parse(&file.to_string_lossy(), &bytes).with_context(doing)?;
        let from = read.into_mapping().with_context(doing)?;
        add(&mut self.columns, from.columns);
        add(&mut self.ratings, from.ratings);
        add(&mut self.answers, from.answers);
        // Given values count first, because they are looked up first.
        self.optional_statuses = from.statuses;
        self.optional_sheets = from.sheets;
        self.dates = self.dates.or(from.dates);
        self.month_day = self.month_day.or(from.month_day);
        self.assume_detected = self.assume_detected.or(from.assume_detected);
        self.assume_risk = self.assume_risk.or(from.assume_risk);
        Ok(self)
    }

    /// Writes the mapping file where one is asked for. A file that is there is written again only
    /// where it is the one that was read.
    pub(super) fn save_mapping(&self, directory: &Path) -> Result<()> {
        let Some(file) = &self.save_map else { return Ok(()) };
        let path = directory.join(file);
        let read = self.mapping.as_ref().map(|read| directory.join(read));
        if path.exists() && read.as_deref() != Some(path.as_path()) {
            bail!(
                "--save-map: {} is there already: name a new file, or the one of --mapping",
                file.display()
            );
        }
        let text = emit_yaml(&MappingFile::mapping_record(self))?;
        std::fs::write(&path, text).with_context(|| format!("writing {}", file.display()))
    }

    /// Returns the choices about dates.
    pub(super) fn date_forms(&self) -> DateForms {
        DateForms {
            order: self.dates.map(|dates| match dates {
                Dates::Dmy => DateOrder::DayFirst,
                Dates::Mdy => DateOrder::MonthFirst,
            }),
            month: self.month_day.map(|day| match day {
                MonthDay::First => DayOfMonth::First,
                MonthDay::Last => DayOfMonth::Last,
            }),
        }
    }

    /// An option that is about rows and columns, where one is given.
    pub(super) fn of_rows(&self) -> Option<&'static str> {
        let given = [
            (!self.columns.is_empty(), "--map"),
            (!self.statuses.is_empty(), "--map-status"),
            (!self.ratings.is_empty(), "--map-risk"),
            (!self.answers.is_empty(), "--map-yes-no"),
            (!self.sheets.is_empty(), "--sheet"),
            (self.dates.is_some(), "--dates"),
            (self.month_day.is_some(), "--month-day"),
        ];
        given.into_iter().find(|(given, _)| *given).map(|(_, option)| option)
    }
}

/// Joins the given entries with those of a file.
fn join_entries<T: Clone>(given: &[(String, T)], from: &[(String, T)]) -> Vec<(String, T)> {
    let mut all = given.to_vec();
    add(&mut all, from.to_vec());
    all
}

/// Adds what a file states, where the command line does not state it.
fn add<T>(given: &mut Vec<(String, T)>, from: Vec<(String, T)>) {
    for (word, meaning) in from {
        if !given.iter().any(|(said, _)| *said == word) {
            given.push((word, meaning));
        }
    }
}

impl MappingFile {
    fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let document = match Document::parse(name, bytes, &Limits::ITEM) {
            Ok(document) => document,
            Err(error) => bail!("{error}"),
        };
        Ok(serde_json::from_value(document.to_value())?)
    }

    fn into_mapping(self) -> Result<Mapping> {
        Ok(Mapping {
            columns: parse_each(self.columns, parse_column)?,
            statuses: parse_each(self.statuses, parse_status)?,
            ratings: parse_each(self.ratings, parse_rating)?,
            answers: parse_each(self.answers, parse_answer)?,
            sheets: parse_each(self.sheets, parse_sheet)?,
            dates: self.dates,
            month_day: self.month_day,
            assume_detected: self.assume_detected,
            assume_risk: self.assume_risk,
            mapping: None,
            save_map: None,
            optional_sheets: Vec::new(),
            optional_statuses: Vec::new(),
        })
    }

    fn mapping_record(mapping: &Mapping) -> Self {
        fn mapping_texts<T>(
            said: &[(String, T)],
            text: impl Fn(&T) -> String,
        ) -> IndexMap<String, String> {
            said.iter().map(|(word, meaning)| (word.clone(), text(meaning))).collect()
        }
        Self {
            columns: mapping_texts(&mapping.columns, |field| field.name().to_owned()),
            statuses: mapping_texts(
                &join_entries(&mapping.statuses, &mapping.optional_statuses),
                |status| status.as_str().to_owned(),
            ),
            ratings: mapping_texts(&mapping.ratings, |rating| rating.as_str().to_owned()),
            answers: mapping_texts(&mapping.answers, |answer| answer.as_str().to_owned()),
            sheets: mapping_texts(
                &join_entries(&mapping.sheets, &mapping.optional_sheets),
                |role| role.map_or_else(|| IGNORE.to_owned(), |role| role.to_string()),
            ),
            dates: mapping.dates,
            month_day: mapping.month_day,
            assume_detected: mapping.assume_detected,
            assume_risk: mapping.assume_risk,
        }
    }
}

/// Reads each entry of a mapping as the option of the same meaning is read.
fn parse_each<T>(
    entries: IndexMap<String, String>,
    read: impl Fn(&str) -> Result<(String, T), String>,
) -> Result<Vec<(String, T)>> {
    let entries = entries.into_iter().map(|(word, meaning)| read(&format!("{word}={meaning}")));
    entries.collect::<Result<_, _>>().map_err(anyhow::Error::msg)
}

/// The two sides of `WORD=MEANING`.
fn split_sides<'a>(text: &'a str, form: &str) -> Result<(&'a str, &'a str), String> {
    let sides = text.rsplit_once('=').map(|(word, meaning)| (word.trim(), meaning.trim()));
    sides.filter(|(word, _)| !word.is_empty()).ok_or_else(|| format!("write {form}"))
}

/// Reads `Weakness Title=weakness-name`.
fn parse_column(text: &str) -> Result<(String, Field), String> {
    let (header, name) = split_sides(text, "HEADER=FIELD, e.g. \"Weakness Title=weakness-name\"")?;
    if let Some(field) = Field::find_named(name) {
        return Ok((header.to_owned(), field));
    }
    let names = Field::ALL.iter().map(|field| field.name());
    Err(match nearest(name, names.clone()) {
        Some(near) => format!("there is no field `{name}`: did you mean `{near}`?"),
        None => format!(
            "there is no field `{name}`; the fields are {}",
            names.collect::<Vec<_>>().join(", ")
        ),
    })
}

/// Reads `Ongoing=in-progress`; the status may be one of the team's own.
fn parse_status(text: &str) -> Result<(String, Status), String> {
    let (word, name) = split_sides(text, "WORD=STATUS, e.g. \"Ongoing=in-progress\"")?;
    let name = crate::model::words::find_status(name).unwrap_or(name);
    Ok((word.to_owned(), name.parse()?))
}

/// Reads `CAT I=high`.
fn parse_rating(text: &str) -> Result<(String, RiskRating), String> {
    let (word, rating) = split_sides(text, "WORD=RATING, e.g. \"CAT I=high\"")?;
    Ok((word.to_owned(), rating.parse()?))
}

/// Reads `X=yes`.
fn parse_answer(text: &str) -> Result<(String, Answer), String> {
    let (word, answer) = split_sides(text, "WORD=ANSWER, e.g. \"X=yes\"")?;
    let known = crate::model::words::find_answer(answer);
    known
        .map(|answer| (word.to_owned(), answer))
        .ok_or_else(|| format!("`{answer}` is none of yes, no, pending"))
}

/// The word for a sheet that is not to be read.
const IGNORE: &str = "ignore";

/// Reads `Completed=closed`.
fn parse_sheet(text: &str) -> Result<(String, Option<SheetRole>), String> {
    let (name, role) = split_sides(text, "NAME=ROLE, e.g. \"Completed=closed\"")?;
    let role = match role {
        IGNORE => None,
        "open" => Some(SheetRole::Open),
        "closed" => Some(SheetRole::Closed),
        "configuration" => Some(SheetRole::Configuration),
        "documentation" => Some(SheetRole::Documentation),
        other => {
            return Err(format!(
                "`{other}` is none of open, closed, configuration, documentation, ignore"
            ));
        }
    };
    Ok((name.to_owned(), role))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_file_says_what_the_options_say() {
        let text = "columns:\n  Weakness Title: Weakness Name\nstatuses:\n  Mitigated: pending-validation\nratings: {CAT I: high}\nanswers: {X: \"yes\"}\nsheets: {Done: closed, Notes: ignore}\ndates: dmy\nmonth_day: last\nassume_detected: 2026-01-01\nassume_risk: low\n";
        let read = MappingFile::parse("map.yaml", text.as_bytes()).unwrap();
        let mapping = read.into_mapping().unwrap();
        assert_eq!(mapping.columns, [("Weakness Title".to_owned(), Field::WeaknessName)]);
        assert_eq!(mapping.ratings, [("CAT I".to_owned(), RiskRating::High)]);
        assert_eq!(mapping.answers, [("X".to_owned(), Answer::Yes)]);
        assert_eq!(
            mapping.sheets,
            [("Done".to_owned(), Some(SheetRole::Closed)), ("Notes".to_owned(), None)]
        );
        let again = emit_yaml(&MappingFile::mapping_record(&mapping)).unwrap();
        let again = MappingFile::parse("map.yaml", again.as_bytes()).unwrap();
        assert_eq!(format!("{:?}", again.into_mapping().unwrap()), format!("{mapping:?}"));
        for text in ["columns: {a: nothing-like-it}\n", "colums: {}\n", "dates: ymd\n", "["] {
            let read = MappingFile::parse("map.yaml", text.as_bytes());
            assert!(read.and_then(MappingFile::into_mapping).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_given_counts_before_the_file() {
        let mut given = vec![("a".to_owned(), 1)];
        add(&mut given, vec![("a".to_owned(), 2), ("b".to_owned(), 3)]);
        assert_eq!(given, [("a".to_owned(), 1), ("b".to_owned(), 3)]);
    }
}
