//! An item as rows of eMASS's form, and the cells of that form as fields of an item.
//!
//! The form has one cell for name and description, a row for each milestone, and columns that only the
//! mapping `emass` of an item has. [`row`] writes them, `to_item::emass` reads them back.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::notes::{read_sensitive, sensitive};
use super::to_row::{RowFacts, identifier, own_columns};
use super::{cells, kept};
use crate::model::{EmassLevel, Item, Milestone, MilestoneStatus, Status};
use crate::workbook::{
    Field, Row, SheetLayout, SourceCell, SourceRow, SourceValue, Value, cell_text,
};

/// Columns with a text, and its place in the mapping `emass` of an item.
pub(super) const TEXTS: [(Field, &str); 17] = [
    (Field::SourceDetails, "/source_details"),
    (Field::OfficeOrg, "/office"),
    (Field::Mitigations, "/mitigations"),
    (Field::PredisposingConditions, "/predisposing_conditions"),
    (Field::ThreatDescription, "/threat_description"),
    (Field::ImpactDescription, "/impact_description"),
    (Field::Recommendations, "/recommendations"),
    (Field::PersonnelCostCode, "/personnel/cost_code"),
    (Field::PersonnelFunded, "/personnel/funded"),
    (Field::PersonnelUnfunded, "/personnel/unfunded"),
    (Field::PersonnelObstacle, "/personnel/obstacle"),
    (Field::PersonnelObstacleReason, "/personnel/obstacle_reason"),
    (Field::NonPersonnelCostCode, "/non_personnel/cost_code"),
    (Field::NonPersonnelFunded, "/non_personnel/funded"),
    (Field::NonPersonnelUnfunded, "/non_personnel/unfunded"),
    (Field::NonPersonnelObstacle, "/non_personnel/obstacle"),
    (Field::NonPersonnelObstacleReason, "/non_personnel/obstacle_reason"),
];
/// Columns with one of five levels, and its place in the mapping `emass` of an item.
pub(super) const LEVELS: [(Field, &str); 6] = [
    (Field::Severity, "/severity"),
    (Field::ThreatRelevance, "/threat_relevance"),
    (Field::Likelihood, "/likelihood"),
    (Field::Impact, "/impact"),
    (Field::ResidualRisk, "/residual_risk"),
    (Field::ProposedResidualRisk, "/proposed_residual_risk"),
];
/// The word of a closed item to which the weakness does not apply.
pub(super) const NOT_APPLICABLE: &str = "Not Applicable";
/// The most characters of a name that is made of a description.
const LONGEST_NAME: usize = 250;
/// Separator of the entries of a cell.
const SEPARATOR: &str = "; ";

/// Returns the row of an item with a stack for each column of milestones.
pub(super) fn row(item: &Item, facts: &RowFacts<'_>, sheet: &SheetLayout) -> Row {
    let mut row = Row::new();
    let mut put = |field: Field, value: Option<Value>| {
        if let Some(value) = value.filter(|_| sheet.column(field).is_some()) {
            row.insert(field, value);
        }
    };
    let text = |name: &str, text: Option<&str>| {
        let text = text.filter(|text| !text.is_empty())?;
        let marked = item.is_sensitive(name);
        Some(if marked { Value::Sensitive(sensitive(text)) } else { Value::Text(text.to_owned()) })
    };
    let list = |entries: &[String]| text("", Some(&entries.join(SEPARATOR)));
    let emass = item.emass.as_deref();
    put(Field::EmassId, emass.and_then(|it| it.id.as_deref()).map(identifier));
    let marked = item.is_sensitive("weakness_name") || item.is_sensitive("weakness_description");
    let words = join_description(&item.weakness_name, item.weakness_description.as_deref());
    let words = if marked { Value::Sensitive(sensitive(&words)) } else { Value::Text(words) };
    put(Field::VulnerabilityDescription, Some(words));
    put(Field::Controls, list(&item.controls));
    put(Field::Status, Some(Value::Text(status_words(item, facts.closed).to_owned())));
    put(Field::ScheduledCompletionDate, item.scheduled_completion_date.map(Value::Date));
    put(Field::RemediationDate, item.completion_date.filter(|_| facts.closed).map(Value::Date));
    put(Field::DetectorSource, text("detector_source", item.detector_source.as_deref()));
    put(Field::ResourcesRequired, text("resources_required", item.resources_required.as_deref()));
    put(Field::Comments, text("comments", item.comments.as_deref()));
    put(Field::AssetIdentifier, text("", Some(&cells::lines(&item.assets))));
    let severity = emass.and_then(|it| it.raw_severity).map(|raw| raw.level());
    let severity = severity.unwrap_or_else(|| EmassLevel::from(facts.permanent.rating));
    put(Field::RawSeverity, Some(Value::Text(severity.in_workbook().to_owned())));
    put(Field::OfficeOrg, text("point_of_contact", office(item).as_deref()));
    if let Some(emass) = emass {
        put(Field::SecurityChecks, list(&emass.security_checks));
        put(Field::RequestedExpiration, emass.requested_expiration.map(Value::Date));
        let answer = emass.cfo_audit.map(|yes| if yes { "Yes" } else { "No" });
        put(Field::CfoAudit, text("", answer));
        let values = serde_json::to_value(emass).unwrap_or(Json::Null);
        for (field, pointer) in TEXTS.into_iter().filter(|(field, _)| *field != Field::OfficeOrg) {
            let name = format!("emass{}", pointer.replace('/', "."));
            put(field, text(&name, values.pointer(pointer).and_then(Json::as_str)));
        }
        for (field, pointer) in LEVELS {
            let level = values.pointer(pointer).and_then(Json::as_str).and_then(EmassLevel::find);
            put(field, text("", level.map(EmassLevel::in_workbook)));
        }
    }
    for (field, value) in MILESTONE_COLUMNS {
        let values: Vec<Option<Value>> = item.milestones.iter().map(value).collect();
        if values.iter().any(Option::is_some) {
            put(field, Some(Value::Stack(values)));
        }
    }
    own_columns(&mut row, item, facts, sheet);
    row
}

/// Value of a column of milestones.
type MilestoneValue = fn(&Milestone) -> Option<Value>;

/// The columns of milestones.
const MILESTONE_COLUMNS: [(Field, MilestoneValue); 6] = [
    (Field::MilestoneId, |step| step.emass_id.as_deref().map(identifier)),
    (Field::PlannedMilestones, |step| Some(Value::Text(step.description.clone()))),
    (Field::MilestoneStatus, |step| Some(Value::Text(milestone_words(step.status).to_owned()))),
    (Field::MilestoneComments, |step| step.comments.clone().map(Value::Text)),
    (Field::MilestoneDueDate, |step| step.due.map(Value::Date)),
    (Field::MilestoneCompletionDate, |step| step.completed.map(Value::Date)),
];

fn milestone_words(status: MilestoneStatus) -> &'static str {
    match status {
        MilestoneStatus::Pending => "Open",
        MilestoneStatus::InProgress => "In Progress",
        MilestoneStatus::Completed => "Completed",
        // The form has no word for what was given up.
        MilestoneStatus::Cancelled | MilestoneStatus::Archived => "Archived",
    }
}

fn status_words(item: &Item, closed: bool) -> &'static str {
    let not_applicable = item.emass.as_ref().is_some_and(|it| it.not_applicable);
    match closed {
        true if not_applicable || item.is_approved_false_positive() => NOT_APPLICABLE,
        true => "Completed",
        false if item.status == *Status::RISK_ACCEPTED => "Risk Accepted",
        false => "Ongoing",
    }
}

/// Returns the office as it was written, unless somebody else is responsible by now: then the
/// organization stays and the person is the item's.
fn office(item: &Item) -> Option<String> {
    let office = item.emass.as_ref().and_then(|it| it.office.clone());
    let Some(person) = &item.point_of_contact else { return office };
    if office.as_ref().is_some_and(|office| office.contains(&person.name)) {
        return office;
    }
    let organization = office.as_deref().and_then(|it| it.split(',').next()).map(str::trim);
    let parts = [organization, Some(&*person.name), person.email.as_deref()];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// Returns the cell of name and description, from which [`split_description`] makes both again.
fn join_description(name: &str, description: Option<&str>) -> String {
    match description.filter(|text| !text.trim().is_empty()) {
        None => name.to_owned(),
        // The name was made of it.
        Some(text) if split_description(text) == (Cow::Borrowed(name), Some(text)) => {
            text.to_owned()
        }
        Some(text) => format!("{name}\n\n{text}"),
    }
}

/// Returns the name and the description of a weakness in one cell: a short line alone is the name; a short
/// line and a blank one are before the description. Of anything else the first line is the name, cut
/// where it is long, and all of it the description.
pub(super) fn split_description(text: &str) -> (Cow<'_, str>, Option<&str>) {
    let is_name = |line: &str| !line.contains('\n') && line.chars().count() <= LONGEST_NAME;
    if is_name(text.trim()) {
        return (text.trim().into(), None);
    }
    let text = text.trim_start();
    if let Some((name, description)) = text.split_once("\n\n")
        && is_name(name)
        && !description.trim().is_empty()
    {
        return (name.trim_end().into(), Some(description));
    }
    let line = text.lines().next().unwrap_or_default().trim_end();
    match line.char_indices().nth(LONGEST_NAME - 1) {
        Some((end, _)) if !is_name(line) => {
            let start = &line[..end];
            let end = start.rfind(char::is_whitespace).unwrap_or(end);
            (format!("{}\u{2026}", line[..end].trim_end()).into(), Some(text))
        }
        _ => (line.into(), Some(text)),
    }
}

/// Returns a row of eMASS's form with cells for the name, the description and the id of the item.
pub(super) fn apart(row: &SourceRow) -> Cow<'_, SourceRow> {
    let words = row.cells.get(&Field::VulnerabilityDescription);
    let id = row.cells.get(&Field::EmassId).filter(|_| !row.cells.contains_key(&Field::PoamId));
    if words.is_none() && id.is_none() {
        return Cow::Borrowed(row);
    }
    let mut apart = row.clone();
    if let Some(id) = id {
        apart.cells.insert(Field::PoamId, id.clone());
    }
    if let Some(cell) = words {
        apart.cells.remove(&Field::VulnerabilityDescription);
        let text = cell_text(&cell.value);
        let (text, marked) = read_sensitive(&text);
        let (name, description) = split_description(text);
        let mut put = |field: Field, text: &str, marked: bool| {
            let text = if marked { sensitive(text) } else { text.to_owned() };
            let cell = SourceCell { address: cell.address.clone(), value: SourceValue::Text(text) };
            apart.cells.insert(field, cell);
        };
        put(Field::WeaknessName, &name, marked && description.is_none());
        if let Some(description) = description {
            put(Field::WeaknessDescription, description, marked);
        }
    }
    Cow::Owned(apart)
}

/// Returns the entries of a cell that semicolons or lines separate.
pub(super) fn read_list(text: &str) -> Vec<String> {
    let entries = text.split([';', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(str::to_owned).collect()
}

/// The key under `extra` for changes of milestones as the form of 21 columns has them.
pub(super) const CHANGES: &str = kept::CHANGES;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_a_name_and_a_description_and_one_cell_again() {
        let long = "The system does not enforce ".repeat(12);
        let cut =
            format!("{}\u{2026}", "The system does not enforce ".repeat(8) + "The system does not");
        for (text, name, description) in [
            ("Weak TLS", "Weak TLS", None),
            ("Weak TLS\n\n", "Weak TLS", None),
            (
                "Weak TLS\n\nHosts accept it.\n\nTwice.",
                "Weak TLS",
                Some("Hosts accept it.\n\nTwice."),
            ),
            ("Weak TLS\nHosts accept it.", "Weak TLS", Some("Weak TLS\nHosts accept it.")),
            (&long, &cut, Some(&*long)),
        ] {
            assert_eq!(split_description(text), (name.into(), description), "{text}");
            assert_eq!(join_description(name, description).trim_end(), text.trim_end());
        }
        // A description that begins with the name stays apart.
        let cell = join_description("Weak TLS", Some("Weak TLS\n\nHosts accept it."));
        assert_eq!(
            split_description(&cell),
            ("Weak TLS".into(), Some("Weak TLS\n\nHosts accept it."))
        );
    }

    #[test]
    fn entries_are_separated_by_semicolons_or_lines() {
        assert_eq!(read_list("AC-1; AC-2.1;\nSA-1"), ["AC-1", "AC-2.1", "SA-1"]);
        assert!(read_list(" ; ").is_empty());
    }
}
