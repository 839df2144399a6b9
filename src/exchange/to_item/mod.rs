//! A row of a workbook as an item.

mod emass;
mod milestones;
mod words;

use std::borrow::Cow;

use chrono::{Datelike as _, NaiveDate};
use serde_json::Value;

use super::assumed::Assumed;
use super::control_cells::{ControlEntry, read_controls};
use super::entries::with_option;
use super::name_cells::{CveList, NameList};
use super::notes::{self, Comments, Rationale, read_sensitive};
use super::plan::{self, PlanCell};
use super::statements::{DeniedField, MilestoneStatements};
use super::to_row::kind_of;
use super::weakness::apart;
use super::{cells, kept, own_export};
use crate::model::words::Answer;
use crate::model::{
    CatalogId, Deviation, DeviationState, DeviationType, Exposure, Item, ItemId, Kev, Kind,
    RiskRating, Status, VendorDependency,
};
use crate::workbook::{
    COMMENT_ON, DateForms, DateProblem, Field, LINK_OF, SheetRole, SourceCell, SourceRow,
    SourceValue, cell_text, is_cut, parse_date_as,
};

/// An item read from a row.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The item.
    pub item: Item,
    /// *Status Date* of an open row: the day of the last change, which the commits will tell.
    pub status_date: Option<NaiveDate>,
    /// Cells that are stored unchanged because they have no field, with the reason.
    pub kept: Vec<(String, String)>,
    /// *Planned Milestones* and *Milestone Changes* where the item says all of both, so that neither
    /// needs to be kept.
    pub told: Option<(String, String)>,
    /// Questions that the row answers with *No*.
    pub denied: Vec<DeniedField>,
    /// Statements about milestones.
    pub milestones: MilestoneStatements,
}

/// Reason why a row is no item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Sheet.
    pub sheet: String,
    /// Cell, or the row's first one.
    pub cell: String,
    /// Reason, with the way out.
    pub reason: String,
}

/// Returns the item that a row is; nothing is guessed, and what is not understood is kept.
///
/// `today` is the last day that can be the day of a change.
pub fn item(row: &SourceRow, assumed: &Assumed, today: NaiveDate) -> Result<Imported, Refused> {
    if let Some(own) = own_export::item(row, today) {
        return own;
    }
    let row = &*apart(row);
    let (row, found) = found(row);
    let row = &*row;
    if let Some(cut) = cut(row) {
        return Err(cut);
    }
    if row.milestones.is_some() {
        return emass::item(row, assumed);
    }
    let mut reader = RowReader {
        row,
        assumed,
        dates: assumed.dates,
        kept: Vec::new(),
        extra: serde_json::Map::new(),
        told: None,
        denied: Vec::new(),
        statements: MilestoneStatements::default(),
    };
    let id = reader.id()?;
    let mut sensitive = Vec::new();
    let name = match reader.marked(Field::WeaknessName, "weakness_name", &mut sensitive) {
        Some(name) => name,
        None => {
            return Err(
                reader.refuse(Field::WeaknessName, "the row has no weakness name: fill the cell")
            );
        }
    };
    let detected = match reader.date(Field::OriginalDetectionDate)? {
        Some(date) => date,
        None => found.map(|found| found.0).or(assumed.detected).ok_or_else(|| {
            reader.refuse(
                Field::OriginalDetectionDate,
                "the row has no detection date: fill the cell, or say --assume-detected DATE",
            )
        })?,
    };
    // The mark is on the words; the remarks are behind it.
    let mut comments = reader.take_comments();
    let rating = reader.rating(found.map(|found| found.1).or(assumed.rating))?;
    // A remark that does not go with the cell is a comment like any other.
    if comments.critical && rating != RiskRating::High {
        comments = Comments { text: reader.text(Field::Comments), ..Comments::default() };
    }
    if let Some(text) = comments.text.take() {
        let (text, marked) = read_sensitive(&text);
        if marked {
            sensitive.push("comments".to_owned());
        }
        comments.text = Some(text.to_owned());
    }
    let rating = if comments.critical { RiskRating::Critical } else { rating };
    let closed_day = reader.date(Field::RemediationDate)?;
    let said = reader.status()?;
    let closed = row.role == SheetRole::Closed
        || said.as_ref().is_some_and(|said| said.1)
        || (said.is_none() && closed_day.is_some());
    if said.as_ref().is_some_and(|said| said.1 != closed) {
        let text = reader.text(Field::Status).unwrap_or_default();
        let reason = "the sheet is for closed items, and the status says something else";
        reader.keep(Field::Status, kept::STATUS, text.trim().into(), reason);
    }
    let built_in =
        |status: &str| status.parse().map_err(|it: String| reader.refuse(Field::Status, it));
    let status: Status = match said {
        // The sheet goes before what a cell of it says.
        Some((status, closes)) if closes == closed => status,
        _ if closed => built_in(Status::CLOSED)?,
        _ => built_in(Status::OPEN)?,
    };
    let mut item = Item::new(id, name, status, detected, rating);
    item.sensitive = sensitive;
    item.kind = match kind_of(row.role) {
        Kind::Weakness => comments.kind.unwrap_or_default(),
        kind => kind,
    };
    let status_date = reader.date(Field::StatusDate)?;
    item.completion_date = if closed { closed_day.or(status_date) } else { None };
    if let Some(day) = closed_day.filter(|_| !closed) {
        let reason = format!("{day} is a day of completion, and the row is not closed");
        let day = day.to_string();
        reader.keep(Field::RemediationDate, kept::COMPLETION_DATE, day.into(), &reason);
    }
    reader.words(&mut item);
    reader.lists(&mut item);
    reader.plan(&mut item)?;
    reader.vendor(&mut item, comments.released)?;
    reader.deviations(&mut item)?;
    reader.documents(&mut item);
    reader.kev(&mut item)?;
    item.comments = comments.text;
    reader.rest();
    let mut status_date = status_date.filter(|_| !closed);
    if let Some(date) = status_date.take_if(|date| !can_be_committed(*date, today)) {
        let reason = if date > today { "it is in the future" } else { "it is before 1970" };
        let reason = format!("{date} cannot be the day of a commit: {reason}");
        reader.keep(Field::StatusDate, kept::STATUS_DATE, date.to_string().into(), &reason);
    }
    item.extra = reader.extra;
    let RowReader { kept, told, denied, statements: milestones, .. } = reader;
    Ok(Imported { item, status_date, kept, told, denied, milestones })
}

/// Returns when a documentation finding was made and how it was rated, where its plan says so, and
/// the row without that.
fn found(row: &SourceRow) -> (Cow<'_, SourceRow>, Option<(NaiveDate, RiskRating)>) {
    let cell = row.cells.get(&Field::RemediationPlan);
    let text = cell.filter(|_| row.role == SheetRole::Documentation).map(|it| cell_text(&it.value));
    let Some(text) = text else { return (Cow::Borrowed(row), None) };
    let (plain, sensitive) = read_sensitive(&text);
    let (before, found) = plan::found(plain);
    if found.is_none() {
        return (Cow::Borrowed(row), None);
    }
    let before = if sensitive { notes::sensitive(before) } else { before.to_owned() };
    let mut row = row.clone();
    if let Some(cell) = row.cells.get_mut(&Field::RemediationPlan) {
        cell.value = SourceValue::Text(before);
    }
    (Cow::Owned(row), found)
}

/// Returns a text of which only the start is there says something else than the whole.
fn cut(row: &SourceRow) -> Option<Refused> {
    let cells = row.cells.values().chain(row.extra.iter().map(|(_, cell)| cell));
    let mut cut = cells.filter(|it| matches!(&it.value, SourceValue::Text(text) if is_cut(text)));
    let reason = "the text continues on the sheet `Continued Text`, where its rest is missing: put \
                  that sheet back, or delete the last line of the cell where the text ends there";
    cut.next().map(|cell| Refused {
        sheet: row.sheet.clone(),
        cell: cell.address.clone(),
        reason: reason.to_owned(),
    })
}

/// Returns whether a cell names several items: lines, or texts with a digit each and `;` or `,`
/// between.
fn several_ids(text: &str) -> bool {
    let has_digit = |part: &str| part.contains(|c: char| c.is_ascii_digit());
    text.lines().count() > 1
        || [';', ','].iter().any(|separator| {
            let parts: Vec<&str> = text.split(*separator).map(str::trim).collect();
            parts.len() > 1 && parts.iter().all(|part| has_digit(part))
        })
}

/// Returns whether a commit can be of a day: git counts from 1970 on, and nothing was done after
/// today.
pub fn can_be_committed(date: NaiveDate, today: NaiveDate) -> bool {
    date.year() >= 1970 && date <= today
}

/// Cells that show dates before this year hold a year or a count: 2026 shows 1905.
const EARLIEST: i32 = 1910;

struct RowReader<'a> {
    row: &'a SourceRow,
    assumed: &'a Assumed,
    dates: DateForms,
    kept: Vec<(String, String)>,
    extra: serde_json::Map<String, Value>,
    told: Option<(String, String)>,
    denied: Vec<DeniedField>,
    statements: MilestoneStatements,
}

impl RowReader<'_> {
    fn cell(&self, field: Field) -> Option<&SourceCell> {
        self.row.cells.get(&field)
    }

    /// Returns the text of a cell as it is; none where it is blank.
    fn text(&self, field: Field) -> Option<String> {
        let text = cell_text(&self.cell(field)?.value);
        Some(text).filter(|text| !text.trim().is_empty())
    }

    /// Returns the text of a field in which people write `N/A` for nothing.
    fn situational(&self, field: Field) -> Option<String> {
        self.text(field).filter(|text| !cells::says_nothing(text))
    }

    fn refuse(&self, field: Field, reason: impl Into<String>) -> Refused {
        let cell = self.cell(field).map(|cell| cell.address.clone());
        let cell = cell.unwrap_or_else(|| format!("row {}", self.row.row));
        Refused { sheet: self.row.sheet.clone(), cell, reason: reason.into() }
    }

    fn id(&self) -> Result<ItemId, Refused> {
        let Some(text) = self.text(Field::PoamId) else {
            return Err(self.refuse(Field::PoamId, "the row has no POAM ID: give it one"));
        };
        let text = text.trim();
        if several_ids(text) {
            return Err(self.refuse(
                Field::PoamId,
                "the cell holds several ids: give each item a row of its own",
            ));
        }
        text.parse().map_err(|error| self.refuse(Field::PoamId, format!("`{text}`: {error}")))
    }

    /// Returns a date; an error where the cell holds something that is none.
    fn date(&self, field: Field) -> Result<Option<NaiveDate>, Refused> {
        let Some(cell) = self.cell(field) else { return Ok(None) };
        match parse_date_as(&cell.value, self.dates) {
            // A formula on a blank cell gives a day of 1900.
            Ok(date) if date.year() < EARLIEST && matches!(cell.value, SourceValue::Date(_)) => {
                match field {
                    Field::ScheduledCompletionDate => Ok(None),
                    _ => Err(self.refuse(
                        field,
                        format!(
                            "{date} cannot be meant; was a year or a number typed? Write YYYY-MM-DD"
                        ),
                    )),
                }
            }
            Ok(date) => Ok(Some(date)),
            Err(DateProblem::Blank) => Ok(None),
            Err(_) if cells::says_nothing(&cell_text(&cell.value)) => Ok(None),
            Err(problem) => Err(self.refuse(field, with_option(&problem))),
        }
    }

    /// Returns the text of a cell without the mark of sensitive content, which is noted down.
    fn marked(&self, field: Field, name: &str, sensitive: &mut Vec<String>) -> Option<String> {
        let text = self.text(field)?;
        let (text, marked) = read_sensitive(&text);
        if marked {
            sensitive.push(name.to_owned());
        }
        Some(text.to_owned())
    }

    fn words(&mut self, item: &mut Item) {
        let mut marked = |field: Field, name: &str| self.marked(field, name, &mut item.sensitive);
        let description = marked(Field::WeaknessDescription, "weakness_description");
        let resources = marked(Field::ResourcesRequired, "resources_required");
        let detector = marked(Field::DetectorSource, "detector_source");
        item.weakness_description = description;
        item.resources_required = resources;
        item.detector_source = detector;
        item.source_identifier = self.situational(Field::SourceIdentifier);
        let owner = self.text(Field::PointOfContact);
        if let Some(text) = owner.as_deref().filter(|text| cells::names_several(text)) {
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let what = format!(
                "`{line}` has several addresses: it is read as one name without an address"
            );
            self.say(Field::PointOfContact, what);
        }
        item.point_of_contact = owner.map(|text| cells::read_person(&text));
    }

    fn lists(&mut self, item: &mut Item) {
        let of = |field: Field| self.situational(field).unwrap_or_default();
        let controls = read_controls(&of(Field::Controls));
        let cves = CveList::read(&of(Field::Cve));
        item.cves = cves.ids;
        item.assets = self.names(Field::AssetIdentifier);
        item.services = self.names(Field::ServiceName);
        if !cves.remarks.is_empty() {
            let reason = "words beside CVEs";
            self.keep(Field::Cve, kept::CVES, cves.remarks.join("\n").into(), reason);
        }
        let mut remarks = Vec::new();
        for ControlEntry { control, remark } in controls {
            remarks.extend(remark.map(|remark| format!("{control}: {remark}")));
            // An id of another framework is no control, whatever the column is called.
            match CatalogId::find(&control) {
                Some(CatalogId { framework: Some(framework), id }) => {
                    let ids = item.mappings.entry(framework.to_owned()).or_default();
                    if !ids.contains(&id) {
                        ids.push(id);
                    }
                }
                // `ac-02 (1)` is the control that its catalog writes AC-2(1).
                Some(CatalogId { framework: None, id }) => item.controls.push(id),
                None => item.controls.push(control),
            }
        }
        if !remarks.is_empty() {
            let reason = "remarks on controls";
            self.keep(Field::Controls, kept::CONTROLS, remarks.join("\n").into(), reason);
        }
    }

    /// Reads the names of a cell. Where a text could be several, it is one, and that is said.
    fn names(&mut self, field: Field) -> Vec<String> {
        let NameList { names, unclear } =
            NameList::read(&self.situational(field).unwrap_or_default());
        if let Some(text) = unclear {
            let what = format!(
                "`{text}` is read as one name: where these are several, put each on a line of its own"
            );
            self.say(field, what);
        }
        names
    }

    /// Returns the plan, the milestones and the scheduled date, wherever the layout puts them.
    fn plan(&mut self, item: &mut Item) -> Result<(), Refused> {
        let text = self.text(Field::RemediationPlan);
        let (text, sensitive) = text.as_deref().map_or(("", false), read_sensitive);
        let cell = self.date(Field::ScheduledCompletionDate)?;
        // Where the date is no formula, a line that says another one is none of ours.
        let by_formula =
            self.row.role == SheetRole::Open && !self.row.cells.contains_key(&Field::Status);
        let plan = PlanCell::read(text, |date| by_formula || cell.is_none() || cell == Some(date));
        if sensitive {
            item.sensitive.push("remediation_plan".to_owned());
        }
        item.remediation_plan = plan.text;
        item.milestones = plan.milestones;
        let changes: Vec<String> = plan.received_changes.into_iter().chain(plan.changes).collect();
        if !changes.is_empty() {
            self.extra.insert(kept::CHANGES.into(), changes.join("\n\n").into());
        }
        if let Some(received) = plan.received {
            self.extra.insert(kept::PLANNED.into(), received.into());
        }
        item.scheduled_completion_date = match plan.scheduled {
            Some(date) => Some(date),
            None => cell,
        };
        let planned = self.situational(Field::PlannedMilestones);
        let changes = self.situational(Field::MilestoneChanges);
        self.milestones(item, text, planned.as_deref(), changes.as_deref());
        if self.assumed.reads_plan_lists && planned.is_none() && changes.is_none() {
            self.milestones_of_plan(item);
        }
        Ok(())
    }

    /// Returns the vendor dependency; `released` is what the comments say of one that ended.
    fn vendor(
        &mut self,
        item: &mut Item,
        released: Option<VendorDependency>,
    ) -> Result<(), Refused> {
        let says_yes = self.yes_no(Field::VendorDependency)?;
        let last_check_in = self.date(Field::LastVendorCheckIn)?;
        let (product, vendor) = self
            .situational(Field::VendorProduct)
            .map_or((None, None), |text| cells::read_vendor(&text));
        if says_yes == Some(true) || released.is_some() {
            let told = released.unwrap_or(VendorDependency {
                vendor: None,
                product: None,
                last_check_in: None,
                fix_released: None,
            });
            item.vendor_dependency = Some(Box::new(VendorDependency {
                vendor: vendor.or(told.vendor),
                product: product.or(told.product),
                last_check_in: last_check_in.or(told.last_check_in),
                fix_released: told.fix_released,
            }));
            return Ok(());
        }
        if says_yes == Some(false) {
            self.denied.push(DeniedField::VendorDependency);
        }
        let reason = "Vendor Dependency does not say Yes";
        if let Some(date) = last_check_in {
            self.keep(
                Field::LastVendorCheckIn,
                kept::LAST_CHECK_IN,
                date.to_string().into(),
                reason,
            );
        }
        if let Some(text) = self.situational(Field::VendorProduct) {
            self.keep(Field::VendorProduct, kept::PRODUCT, text.into(), reason);
        }
        Ok(())
    }

    fn deviations(&mut self, item: &mut Item) -> Result<(), Refused> {
        let rationale = self.situational(Field::DeviationRationale);
        let mut rationale = Rationale::read(rationale.as_deref().unwrap_or_default());
        let adjusted = self.situational(Field::AdjustedRiskRating);
        let adjusted: Option<RiskRating> = match adjusted {
            Some(text) => Some(self.rating_in(Field::AdjustedRiskRating, &text)?),
            None => None,
        };
        for (field, kind) in [
            (Field::RiskAdjustment, DeviationType::RiskAdjustment),
            (Field::FalsePositive, DeviationType::FalsePositive),
            (Field::OperationalRequirement, DeviationType::OperationalRequirement),
        ] {
            let state = match self.answer(field, "Yes, No, Pending")? {
                None => continue,
                Some(Answer::No) => {
                    self.denied.push(DeniedField::Deviation(kind));
                    continue;
                }
                Some(Answer::Yes) => DeviationState::Approved,
                Some(Answer::Pending) => DeviationState::Pending,
            };
            let own = rationale.entries.iter().position(|(one, _)| *one == Some(kind));
            item.deviations.push(Deviation {
                kind,
                state,
                adjusted_risk_rating: adjusted.filter(|_| kind == DeviationType::RiskAdjustment),
                rationale: own.map(|at| rationale.entries.remove(at).1),
                request: None,
                requested: None,
                approver: None,
                decided: None,
                questions: Vec::new(),
            });
        }
        if let ([deviation], [(None, _)]) =
            (item.deviations.as_mut_slice(), rationale.entries.as_slice())
            && deviation.rationale.is_none()
        {
            // One deviation and one text: they belong together.
            deviation.rationale = rationale.entries.pop().map(|(_, text)| text);
        }
        if let Some(facing) = rationale.facing.take() {
            item.exposure = Some(Exposure {
                facing: Some(facing),
                internet_reachable: None,
                likely_exploitable: None,
            });
        }
        if !rationale.entries.is_empty() {
            self.keep(
                Field::DeviationRationale,
                kept::RATIONALE,
                rationale.write().into(),
                "it belongs to no deviation",
            );
        }
        if let Some(adjusted) = adjusted
            && !item.deviations.iter().any(|one| one.kind == DeviationType::RiskAdjustment)
        {
            let text = self.text(Field::AdjustedRiskRating).unwrap_or_else(|| adjusted.to_string());
            self.keep(
                Field::AdjustedRiskRating,
                kept::ADJUSTED,
                text.into(),
                "Risk Adjustment does not say Yes or Pending",
            );
        }
        Ok(())
    }

    fn documents(&self, item: &mut Item) {
        for line in
            cells::read_lines(&self.situational(Field::SupportingDocuments).unwrap_or_default())
        {
            let evidence = cells::read_evidence(&line);
            // The number of a request goes to its deviation where there is only one to take it.
            match item.deviations.as_mut_slice() {
                [deviation]
                    if evidence.kind.as_deref() == Some("deviation-request")
                        && evidence.location.is_none()
                        && deviation.request.is_none() =>
                {
                    deviation.request = Some(evidence.reference);
                }
                _ => item.evidence.push(evidence),
            }
        }
    }

    fn kev(&mut self, item: &mut Item) -> Result<(), Refused> {
        let listed = self.yes_no(Field::KevTracking)?;
        let due = self.date(Field::KevDueDate)?;
        if listed == Some(false) {
            self.denied.push(DeniedField::Kev);
        }
        if listed == Some(true) {
            item.kev = Some(Kev { listed: true, added: None, due });
        } else if let Some(due) = due {
            self.keep(
                Field::KevDueDate,
                kept::KEV_DUE,
                due.to_string().into(),
                "the tracking column does not say Yes",
            );
        }
        Ok(())
    }

    fn take_comments(&self) -> Comments {
        self.situational(Field::Comments).map(|text| Comments::read(&text)).unwrap_or_default()
    }

    /// Columns that no field means.
    fn rest(&mut self) {
        if let Some(text) = self.situational(Field::AutoApprove) {
            self.extra.insert(kept::AUTO_APPROVE.into(), text.into());
        }
        for (header, cell) in &self.row.extra {
            let text = cell_text(&cell.value);
            if !text.trim().is_empty() {
                // Comments and links are said by who read the sheet.
                let annotation = header.starts_with(COMMENT_ON) || header.starts_with(LINK_OF);
                let kept = (!annotation).then(|| {
                    (
                        cell.address.clone(),
                        format!("column `{header}` is not one of the template's"),
                    )
                });
                self.kept.extend(kept);
                let key = self.free(header);
                self.extra.insert(key, text.into());
            }
        }
    }

    /// Returns a key of its own for a column: what is kept under the keys of [`kept`] is published
    /// again.
    fn free(&self, header: &str) -> String {
        let name = match kept::ALL.contains(&header) {
            true => format!("column {header}"),
            false => header.to_owned(),
        };
        let mut key = name.clone();
        let mut number = 2;
        while self.extra.contains_key(&key) {
            key = format!("{name} ({number})");
            number += 1;
        }
        key
    }

    /// Says something of a cell, whose words are in the item.
    fn say(&mut self, field: Field, what: String) {
        if let Some(cell) = self.cell(field) {
            self.kept.push((cell.address.clone(), what));
        }
    }

    fn keep(&mut self, field: Field, key: &str, value: Value, reason: &str) {
        if let Some(cell) = self.cell(field) {
            self.kept.push((cell.address.clone(), reason.to_owned()));
        }
        self.extra.insert(key.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::several_ids;

    #[test]
    fn several_ids_in_one_cell() {
        for text in ["V-1; V-2", "V-1,V-2", "V-1\nV-2", "V-1;V-2;V-3"] {
            assert!(several_ids(text), "{text}");
        }
        for text in ["V-1", "VS-001-AC(2)", "Smith, J 2", "V-1;"] {
            assert!(!several_ids(text), "{text}");
        }
    }
}
