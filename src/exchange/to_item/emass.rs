//! A row of eMASS's form as an item.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::Value;

use super::{Imported, Refused, RowReader};
use crate::exchange::emass::{CHANGES, LEVELS, NOT_APPLICABLE, TEXTS, read_list};
use crate::exchange::statements::MilestoneStatements;
use crate::exchange::{assumed::Assumed, kept};
use crate::model::words::Answer;
use crate::model::words::{find_answer, milestone_status, to_comparable};
use crate::model::{
    Emass, EmassLevel, Item, Milestone, MilestoneStatus, Person, RawSeverity, Status,
};
use crate::workbook::{
    DateForms, DateProblem, Field, SourceCell, SourceRow, cell_text, parse_date_as, parse_date_text,
};

type FieldCells = BTreeMap<Field, SourceCell>;

/// Returns the item of a row of eMASS's form. `rating` is one that the row need not state.
pub(super) fn item(row: &SourceRow, assumed: &Assumed) -> Result<Imported, Refused> {
    let mut reader = RowReader {
        row,
        assumed,
        // The form writes the month before the day.
        dates: assumed.dates.month_first(),
        kept: Vec::new(),
        extra: serde_json::Map::new(),
        told: None,
        denied: Vec::new(),
        statements: MilestoneStatements::default(),
    };
    let mut sensitive = Vec::new();
    let Some(name) = reader.marked(Field::WeaknessName, "weakness_name", &mut sensitive) else {
        let reason = "the row has no Control Vulnerability Description: fill the cell";
        return Err(reader.refuse(Field::VulnerabilityDescription, reason));
    };
    if reader.text(Field::PoamId).is_none() {
        let reason = "the row has no POA&M Item ID, which eMASS gives an item: say --assign-ids to give it the next id of the tracker";
        return Err(reader.refuse(Field::WeaknessName, reason));
    }
    let id = reader.id()?;
    let detected = assumed.detected.ok_or_else(|| {
        let reason = "the form of eMASS has no detection date: say --assume-detected DATE";
        reader.refuse(Field::WeaknessName, reason)
    })?;
    let raw = reader.raw_severity()?;
    let rating = raw.map(RawSeverity::rating).or(assumed.rating).ok_or_else(|| {
        let reason = "the row has no Raw Severity: fill the cell, or say --assume-risk RATING";
        reader.refuse(Field::WeaknessName, reason)
    })?;
    let status = reader.emass_status()?;
    let mut item = Item::new(id, name, status.status, detected, rating);
    item.sensitive = sensitive;
    reader.words(&mut item);
    reader.lists(&mut item);
    item.controls = reader.text(Field::Controls).map(|text| read_list(&text)).unwrap_or_default();
    item.scheduled_completion_date = reader.date(Field::ScheduledCompletionDate)?;
    let completed = reader.date(Field::RemediationDate)?.or(status.day);
    item.completion_date = completed.filter(|_| status.closed);
    if let Some(day) = completed.filter(|_| !status.closed) {
        let reason = format!("{day} is a day of completion, and the row is not closed");
        let day = day.to_string();
        reader.keep(Field::RemediationDate, kept::COMPLETION_DATE, day.into(), &reason);
    }
    item.comments = reader.marked(Field::Comments, "comments", &mut item.sensitive);
    item.milestones = reader.emass_milestones()?;
    let emass = reader.emass(raw, status.not_applicable, &mut item.sensitive)?;
    item.point_of_contact = emass.office.as_deref().and_then(read_contact);
    item.emass = Some(emass).filter(|it| *it != Emass::default()).map(Box::new);
    reader.rest();
    item.extra = reader.extra;
    let RowReader { kept, told, denied, statements: milestones, .. } = reader;
    Ok(Imported { item, status_date: None, kept, told, denied, milestones })
}

/// Status that a cell states.
struct StatedStatus {
    status: Status,
    closed: bool,
    not_applicable: bool,
    /// The day behind the word, as the form of 21 columns has it: `Completed 11/13/2018`.
    day: Option<NaiveDate>,
}

impl RowReader<'_> {
    fn raw_severity(&self) -> Result<Option<RawSeverity>, Refused> {
        let Some(text) = self.situational(Field::RawSeverity) else { return Ok(None) };
        RawSeverity::find(&text).map(Some).ok_or_else(|| {
            let reason = format!(
                "`{}` is not a severity: write Very Low, Low, Moderate, High or Very High",
                text.trim()
            );
            self.refuse(Field::RawSeverity, reason)
        })
    }

    /// Returns the status of the row; of a blank cell that the item is open.
    fn emass_status(&self) -> Result<StatedStatus, Refused> {
        let text = self.text(Field::Status).unwrap_or_default();
        let (word, day) = day_at_end(&text, self.dates);
        let said = |status: &str| {
            status.parse().map_err(|error: String| self.refuse(Field::Status, error))
        };
        let open =
            StatedStatus { status: said(Status::OPEN)?, closed: false, not_applicable: false, day };
        if let Some(meaning) = self.assumed.statuses.iter().find(|meaning| meaning.is_of(&text)) {
            return Ok(StatedStatus {
                status: meaning.status.clone(),
                closed: meaning.closed,
                ..open
            });
        }
        let plain = to_comparable(word);
        match plain.as_str() {
            "" | "ongoing" => Ok(open),
            "completed" => Ok(StatedStatus { status: said(Status::CLOSED)?, closed: true, ..open }),
            "risk-accepted" => Ok(StatedStatus { status: said(Status::RISK_ACCEPTED)?, ..open }),
            _ if plain == to_comparable(NOT_APPLICABLE) => Ok(StatedStatus {
                status: said(Status::CLOSED)?,
                closed: true,
                not_applicable: true,
                ..open
            }),
            _ => Err(self.refuse(
                Field::Status,
                format!(
                    "`{word}` is not a status of eMASS (Ongoing, Risk Accepted, Completed, Not Applicable): correct the cell, or say what it means with --map-status \"{word}=STATUS\""
                ),
            )),
        }
    }

    /// Returns the milestones of the rows of the item, numbered from the first.
    fn emass_milestones(&mut self) -> Result<Vec<Milestone>, Refused> {
        let row = self.row;
        let mut milestones = Vec::new();
        let mut changes = Vec::new();
        for (number, cells) in (1..).zip(row.milestones.iter().flatten()) {
            let step = self.emass_milestone(number, cells)?;
            if let Some(id) = &step.emass_id {
                self.statements.keys.insert(step.id, id.clone());
            }
            if let Some(cell) = cells.get(&Field::MilestoneChanges) {
                let reason = "changes of milestones, kept as they are".to_owned();
                self.kept.push((cell.address.clone(), reason));
                changes.push(cell_text(&cell.value).trim().to_owned());
            }
            milestones.push(step);
        }
        if !changes.is_empty() {
            self.extra.insert(CHANGES.to_owned(), changes.join("\n\n").into());
        }
        let statements = MilestoneStatements::of_milestones(&milestones);
        self.statements =
            MilestoneStatements { keys: std::mem::take(&mut self.statements.keys), ..statements };
        Ok(milestones)
    }

    fn emass_milestone(&mut self, number: u32, cells: &FieldCells) -> Result<Milestone, Refused> {
        let text = |field: Field| {
            let text = cell_text(&cells.get(&field)?.value).trim().to_owned();
            Some(text).filter(|text| !text.is_empty())
        };
        let Some(words) = text(Field::PlannedMilestones) else {
            let cell = cells.values().next().map(|cell| cell.address.clone());
            let reason = "the milestone has no description: fill the cell, or clear the cells of the milestone";
            return Err(self.refuse_at(cell, reason.to_owned()));
        };
        let mut due = self.milestone_day(cells.get(&Field::MilestoneDueDate))?;
        let mut description = words.as_str();
        // The form of 21 columns has the day behind the words.
        if due.is_none() && !cells.contains_key(&Field::MilestoneStatus) {
            (description, due) = day_at_end(&words, self.dates);
        }
        let mut step = Milestone::planned(number, description, due);
        step.completed = self.milestone_day(cells.get(&Field::MilestoneCompletionDate))?;
        step.comments = text(Field::MilestoneComments);
        step.emass_id = text(Field::MilestoneId);
        if let Some(cell) = cells.get(&Field::MilestoneStatus) {
            step.status = self.milestone_state(cell)?;
        }
        Ok(step)
    }

    fn milestone_state(&mut self, cell: &SourceCell) -> Result<MilestoneStatus, Refused> {
        let text = cell_text(&cell.value);
        let word = text.trim();
        if to_comparable(word) == "delayed" {
            let what = "`Delayed` is read as a milestone that is not finished; its day says that it is late";
            self.kept.push((cell.address.clone(), what.to_owned()));
            return Ok(MilestoneStatus::InProgress);
        }
        milestone_status(word).ok_or_else(|| {
            let reason = format!(
                "`{word}` is not the status of a milestone: write Open, In Progress, Completed or Archived"
            );
            self.refuse_at(Some(cell.address.clone()), reason)
        })
    }

    fn milestone_day(&self, cell: Option<&SourceCell>) -> Result<Option<NaiveDate>, Refused> {
        let Some(cell) = cell else { return Ok(None) };
        match parse_date_as(&cell.value, self.dates) {
            Ok(day) => Ok(Some(day)),
            Err(DateProblem::Blank) => Ok(None),
            Err(problem) => Err(self.refuse_at(Some(cell.address.clone()), problem.to_string())),
        }
    }

    fn refuse_at(&self, cell: Option<String>, reason: String) -> Refused {
        let cell = cell.unwrap_or_else(|| format!("row {}", self.row.row));
        Refused { sheet: self.row.sheet.clone(), cell, reason }
    }

    /// Returns the values that only eMASS's form has.
    fn emass(
        &mut self,
        raw_severity: Option<RawSeverity>,
        not_applicable: bool,
        sensitive: &mut Vec<String>,
    ) -> Result<Emass, Refused> {
        let mut values = Value::Object(serde_json::Map::new());
        for (field, pointer) in TEXTS {
            let name = format!("emass{}", pointer.replace('/', "."));
            if let Some(text) = self.marked(field, &name, sensitive) {
                set(&mut values, pointer, text.into());
            }
        }
        for (field, pointer) in LEVELS {
            let Some(text) = self.situational(field) else { continue };
            let Some(level) = EmassLevel::find(&text) else {
                let reason = format!(
                    "`{}` is not a level: write Very Low, Low, Moderate, High or Very High",
                    text.trim()
                );
                return Err(self.refuse(field, reason));
            };
            set(&mut values, pointer, serde_json::to_value(level).unwrap_or_default());
        }
        let emass: Emass = serde_json::from_value(values)
            .map_err(|error| self.refuse(Field::EmassId, error.to_string()))?;
        let id = self.text(Field::EmassId).map(|id| id.trim().to_owned());
        let checks = self.text(Field::SecurityChecks).map(|text| read_list(&text));
        Ok(Emass {
            id,
            security_checks: checks.unwrap_or_default(),
            not_applicable,
            requested_expiration: self.date(Field::RequestedExpiration)?,
            raw_severity,
            cfo_audit: self.cfo_audit()?,
            ..emass
        })
    }

    fn cfo_audit(&self) -> Result<Option<bool>, Refused> {
        let Some(text) = self.situational(Field::CfoAudit) else { return Ok(None) };
        match find_answer(&text) {
            Some(Answer::Yes) => Ok(Some(true)),
            Some(Answer::No) => Ok(Some(false)),
            _ => Err(self.refuse(Field::CfoAudit, format!("`{}`: write Yes or No", text.trim()))),
        }
    }
}

/// Sets a text of a mapping, in an inner mapping where the pointer has two steps.
fn set(values: &mut Value, pointer: &str, value: Value) {
    let mut here = values;
    for step in pointer.split('/').skip(1) {
        if here.is_null() {
            *here = Value::Object(serde_json::Map::new());
        }
        here = &mut here[step];
    }
    *here = value;
}

/// Returns the text before a day at its end, and the day.
fn day_at_end(text: &str, dates: DateForms) -> (&str, Option<NaiveDate>) {
    let text = text.trim();
    let Some((before, last)) = text.rsplit_once(char::is_whitespace) else { return (text, None) };
    let is_numeric =
        last.contains(['/', '-']) && last.chars().all(|c| c.is_ascii_digit() || "/-".contains(c));
    match parse_date_text(last, dates) {
        Ok(day) if is_numeric => (before.trim_end_matches([' ', '-', ':', ',']), Some(day)),
        _ => (text, None),
    }
}

/// Returns the person of an office: `Organization, First Last, phone, mail`. Fewer parts name none for sure.
fn read_contact(office: &str) -> Option<Person> {
    let parts: Vec<&str> = office.split(',').map(str::trim).collect();
    let [_, name, _, email] = parts.as_slice() else { return None };
    let is_name = !name.is_empty() && !name.contains(|c: char| c.is_ascii_digit() || c == '@');
    (is_name && email.contains('@'))
        .then(|| Person { email: Some((*email).to_owned()), ..Person::named(*name) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_behind_words_is_a_day() {
        let dates = DateForms::default().month_first();
        for (text, words, day) in [
            ("Implement Procedure A 10/25/2018", "Implement Procedure A", Some("2018-10-25")),
            ("Completed 11/13/2018", "Completed", Some("2018-11-13")),
            ("Scan - 3/4/2027", "Scan", Some("2027-03-04")),
            ("Install release 12", "Install release 12", None),
            ("Ongoing", "Ongoing", None),
        ] {
            let day = day.map(|day| day.parse().unwrap());
            assert_eq!(day_at_end(text, dates), (words, day), "{text}");
        }
    }

    #[test]
    fn an_office_names_a_person_where_it_has_all_parts() {
        let person = read_contact("DoD, John Smith, 7033775472, smith_john@email.com").unwrap();
        assert_eq!(
            (&*person.name, person.email.as_deref()),
            ("John Smith", Some("smith_john@email.com"))
        );
        for office in ["DoD", "Example Program Management Office", "A, B, C", "A, 12, b@c, b@c"] {
            assert_eq!(read_contact(office), None, "{office}");
        }
    }
}
