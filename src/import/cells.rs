//! Cells of a row that came back: those that differ, and the values that they are about.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::delta::{Delta, PointerStep};
use super::own;
use super::row::first_cell;
use crate::workbook::{
    Field, SheetRole, SourceCell, SourceRow, SourceValue, cell_text, is_first_part, parse_date,
};

/// The row with all of each text whose rest is gone and whose start is as it was built: without
/// the sheet that it continues on, such a cell states nothing new.
pub(super) fn restore_cut<'a>(base: &SourceRow, edited: &'a SourceRow) -> Cow<'a, SourceRow> {
    let mut row = Cow::Borrowed(edited);
    for (field, cell) in &edited.cells {
        if let Some(whole) = base.cells.get(field).filter(|whole| is_start(cell, whole)) {
            row.to_mut().cells.insert(*field, whole.clone());
        }
    }
    for (place, (header, cell)) in edited.extra.iter().enumerate() {
        if let Some(whole) = own::find_cell(base, header).filter(|whole| is_start(cell, whole)) {
            row.to_mut().extra[place].1 = whole.clone();
        }
    }
    row
}

fn is_start(cell: &SourceCell, whole: &SourceCell) -> bool {
    match (&cell.value, &whole.value) {
        (SourceValue::Text(cell), SourceValue::Text(whole)) => is_first_part(cell, whole),
        _ => false,
    }
}

/// The fields whose cells differ, with the address of the cell as it came back.
pub(super) fn differing_fields(base: &SourceRow, edited: &SourceRow) -> BTreeMap<Field, String> {
    let mut found = BTreeMap::new();
    for field in base.cells.keys().chain(edited.cells.keys()) {
        if comparable_text(base, *field) != comparable_text(edited, *field) {
            let cell = edited.cells.get(field).or_else(|| base.cells.get(field));
            found.insert(*field, cell.map(|cell| cell.address.clone()).unwrap_or_default());
        }
    }
    let (was, is) = (milestone_texts(base), milestone_texts(edited));
    if was != is {
        let at = is.iter().zip(&was).position(|(is, was)| is != was);
        let row = edited.milestones.iter().flatten().nth(at.unwrap_or(was.len().min(is.len())));
        let address = row.and_then(|cells| cells.values().next()).map(|cell| cell.address.clone());
        found.insert(Field::PlannedMilestones, address.unwrap_or_else(|| first_cell(edited)));
    }
    if extra_texts(base) != extra_texts(edited) {
        let cell = edited.extra.first().or(base.extra.first());
        let address = cell.map(|(_, cell)| cell.address.clone()).unwrap_or_default();
        found.entry(Field::PoamId).or_insert(address);
    }
    found
}

/// The texts of milestones that have rows, as they are compared.
fn milestone_texts(row: &SourceRow) -> Vec<BTreeMap<Field, String>> {
    let texts = |cells: &BTreeMap<Field, SourceCell>| {
        let texts = cells.iter().map(|(field, cell)| (*field, text_of_cell(*field, cell)));
        texts.collect()
    };
    row.milestones.iter().flatten().map(texts).collect()
}

fn comparable_text(row: &SourceRow, field: Field) -> String {
    row.cells.get(&field).map(|cell| text_of_cell(field, cell)).unwrap_or_default()
}

fn text_of_cell(field: Field, cell: &SourceCell) -> String {
    // A program that saved the workbook may have turned a date into text, or text into a date.
    match parse_date(&cell.value) {
        Ok(date) if field.name().contains("date") => date.to_string(),
        _ => cell_text(&cell.value).trim_end().to_owned(),
    }
}

fn extra_texts(row: &SourceRow) -> BTreeMap<String, String> {
    row.extra.iter().map(|(header, cell)| (header.clone(), cell_text(&cell.value))).collect()
}

/// Explains why a cell cannot be changed, if it cannot.
pub(super) fn explain_derived(
    field: Field,
    base: &SourceRow,
    edited: &SourceRow,
) -> Option<&'static str> {
    let open = edited.role != SheetRole::Closed;
    let text = |row: &SourceRow| {
        row.cells.get(&field).map(|cell| cell_text(&cell.value)).unwrap_or_default()
    };
    match field {
        Field::StatusDate if open => {
            Some("the status date is the day of the last change and follows from the commits")
        }
        // A blank cell is no statement, and was none before.
        Field::OriginalRiskRating if !text(base).trim().is_empty() => Some(
            "the original rating is permanent; another rating is a risk adjustment that somebody approves",
        ),
        Field::EmassId if !text(base).trim().is_empty() => {
            Some("the id is eMASS's, and stays as eMASS gave it")
        }
        Field::ScheduledCompletionDate if open && base.milestones.is_none() => Some(
            "the scheduled date is a formula of the template; a date of its own stands at the end of the plan, as `Scheduled completion: YYYY-MM-DD`",
        ),
        Field::MilestoneChanges if !text(edited).starts_with(text(base).trim_end()) => Some(
            "what became of milestones is derived from the commits; only a new entry at its end can be added",
        ),
        Field::PlannedMilestones if !text(base).trim().is_empty() => {
            Some("milestones stay as they were first planned; say what becomes of them as a change")
        }
        _ => None,
    }
}

/// The fields of an item that a cell states something of.
fn stated_fields(field: Field) -> &'static [&'static str] {
    match field {
        Field::PoamId => &["extra"],
        Field::Controls => &["controls"],
        Field::Weakness => &["weakness_name", "weakness_description"],
        Field::Own(_) => &["extra"],
        Field::WeaknessName => &["weakness_name", "sensitive"],
        Field::WeaknessDescription => &["weakness_description", "sensitive"],
        Field::DetectorSource => &["detector_source", "sensitive"],
        Field::SourceIdentifier => &["source_identifier"],
        Field::AssetIdentifier => &["assets"],
        Field::PointOfContact => &["point_of_contact"],
        Field::ResourcesRequired => &["resources_required", "sensitive"],
        Field::RemediationPlan => {
            &["remediation_plan", "milestones", "scheduled_completion_date", "sensitive", "extra"]
        }
        Field::OriginalDetectionDate => &["original_detection_date"],
        Field::ScheduledCompletionDate => &["scheduled_completion_date"],
        Field::StatusDate | Field::RemediationDate => &["completion_date", "status"],
        Field::VendorDependency | Field::LastVendorCheckIn | Field::VendorProduct => {
            &["vendor_dependency", "extra"]
        }
        Field::OriginalRiskRating => &["original_risk_rating"],
        Field::AdjustedRiskRating
        | Field::RiskAdjustment
        | Field::FalsePositive
        | Field::OperationalRequirement
        | Field::DeviationRationale => &["deviations", "exposure", "extra"],
        Field::SupportingDocuments => &["evidence", "deviations"],
        Field::Comments => {
            &["comments", "original_risk_rating", "vendor_dependency", "sensitive", "kind"]
        }
        Field::KevTracking | Field::KevDueDate => &["kev", "extra"],
        Field::Cve => &["cves"],
        Field::PlannedMilestones
        | Field::MilestoneChanges
        | Field::MilestoneDueDate
        | Field::MilestoneStatus
        | Field::MilestoneCompletionDate => &["milestones", "extra"],
        Field::AutoApprove => &["extra"],
        Field::ServiceName => &["services"],
        Field::Status => &["status", "emass"],
        Field::VulnerabilityDescription => &["weakness_name", "weakness_description"],
        Field::MilestoneId | Field::MilestoneComments => &["milestones"],
        Field::OfficeOrg => &["emass", "point_of_contact"],
        Field::EmassId
        | Field::SecurityChecks
        | Field::RequestedExpiration
        | Field::SourceDetails
        | Field::RawSeverity
        | Field::Mitigations
        | Field::PredisposingConditions
        | Field::Severity
        | Field::ThreatRelevance
        | Field::ThreatDescription
        | Field::Likelihood
        | Field::Impact
        | Field::ImpactDescription
        | Field::ResidualRisk
        | Field::Recommendations
        | Field::ProposedResidualRisk
        | Field::CfoAudit
        | Field::PersonnelCostCode
        | Field::PersonnelFunded
        | Field::PersonnelUnfunded
        | Field::PersonnelObstacle
        | Field::PersonnelObstacleReason
        | Field::NonPersonnelCostCode
        | Field::NonPersonnelFunded
        | Field::NonPersonnelUnfunded
        | Field::NonPersonnelObstacle
        | Field::NonPersonnelObstacleReason => &["emass", "sensitive"],
    }
}

/// Returns whether a cell that differs states a value. Some follow from several cells and change
/// with the wrong one: the rating only with its own cell, the request of a deviation only with the
/// documents.
pub(super) fn is_said(delta: &mut Delta, role: SheetRole, cells: &BTreeMap<Field, String>) -> bool {
    let documents = cells.contains_key(&Field::SupportingDocuments);
    match delta.field_name() {
        "original_detection_date" | "original_risk_rating" if role == SheetRole::Documentation => {
            return cells.contains_key(&Field::RemediationPlan);
        }
        "original_risk_rating" => return cells.contains_key(&Field::OriginalRiskRating),
        "deviations" if !documents => {
            if delta.path.last() == Some(&PointerStep::Key("request".to_owned())) {
                return false;
            }
            if let Some(new) = delta.new.as_object_mut() {
                new.shift_remove("request");
            }
        }
        _ => {}
    }
    cells.keys().any(|field| stated_fields(*field).contains(&delta.field_name()))
}

/// The cells that state a value, with their sheet.
pub(super) fn cell_addresses(
    row: &SourceRow,
    cells: &BTreeMap<Field, String>,
    delta: &Delta,
) -> String {
    let saying =
        cells.iter().filter(|(field, _)| stated_fields(**field).contains(&delta.field_name()));
    let cells: Vec<&str> = saying.map(|(_, cell)| cell.as_str()).collect();
    match cells.as_slice() {
        // The sheet itself states it.
        [] => format!("{}!{}", row.sheet, first_cell(row)),
        cells => format!("{}!{}", row.sheet, cells.join(",")),
    }
}
