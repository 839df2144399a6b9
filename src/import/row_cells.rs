//! Addresses of the cells of a row, to name the one that states a value.

use std::collections::BTreeMap;

use serde_json::Value;

use super::delta::{Delta, PointerStep};
use super::row::first_cell;
use crate::workbook::{Field, SourceRow};

/// The addresses of the cells of a row.
#[derive(Debug, Clone, Default)]
pub(super) struct RowCells {
    sheet: String,
    first: String,
    fields: BTreeMap<Field, String>,
    columns: Vec<(String, String)>,
}

impl RowCells {
    /// The addresses of a row of a sheet.
    pub(super) fn of_row(row: &SourceRow) -> Self {
        let columns = row.extra.iter().map(|(header, cell)| (header.clone(), cell.address.clone()));
        Self {
            sheet: row.sheet.clone(),
            first: first_cell(row),
            fields: row
                .milestones
                .iter()
                .flatten()
                .rev()
                .flatten()
                .chain(&row.cells)
                .map(|(field, cell)| (*field, cell.address.clone()))
                .collect(),
            columns: columns.collect(),
        }
    }

    /// The place of an item in a document without rows.
    pub(super) fn of_place(source: &str, place: &str) -> Self {
        Self { sheet: source.to_owned(), first: place.to_owned(), ..Self::default() }
    }

    /// Returns the cells that state a value, with their sheet; the first of the row where the sheet itself
    /// states it.
    pub(super) fn name_cells(&self, delta: &Delta) -> String {
        let fields = stating_fields(delta);
        let mut cells: Vec<&str> =
            fields.iter().filter_map(|field| self.fields.get(field)).map(String::as_str).collect();
        if let [PointerStep::Key(extra), PointerStep::Key(header), ..] = delta.path.as_slice()
            && extra == "extra"
        {
            let column = self.columns.iter().find(|(other, _)| other == header);
            cells.extend(column.map(|(_, address)| address.as_str()));
        }
        cells.dedup();
        match cells.as_slice() {
            [] => format!("{}!{}", self.sheet, self.first),
            cells => format!("{}!{}", self.sheet, cells.join(",")),
        }
    }
}

/// The columns that state a value of an item.
fn stating_fields(delta: &Delta) -> &'static [Field] {
    let key = match delta.path.last() {
        Some(PointerStep::Key(key)) => key.as_str(),
        _ => "",
    };
    match delta.field_name() {
        "controls" => &[Field::Controls],
        "weakness_name" => &[Field::WeaknessName, Field::Weakness],
        "weakness_description" => &[Field::WeaknessDescription, Field::Weakness],
        "detector_source" => &[Field::DetectorSource],
        "source_identifier" => &[Field::SourceIdentifier],
        "assets" => &[Field::AssetIdentifier],
        "services" => &[Field::ServiceName],
        "cves" => &[Field::Cve],
        "point_of_contact" => &[Field::PointOfContact],
        "resources_required" => &[Field::ResourcesRequired],
        "remediation_plan" => &[Field::RemediationPlan],
        "original_detection_date" => &[Field::OriginalDetectionDate],
        "original_risk_rating" => &[Field::OriginalRiskRating],
        "scheduled_completion_date" => &[Field::ScheduledCompletionDate],
        "status" => &[Field::Status],
        "completion_date" => &[Field::RemediationDate, Field::StatusDate],
        "comments" => &[Field::Comments],
        "evidence" => &[Field::SupportingDocuments],
        "kev" if key == "due" => &[Field::KevDueDate],
        "kev" => &[Field::KevTracking],
        "vendor_dependency" if key == "last_check_in" => &[Field::LastVendorCheckIn],
        "vendor_dependency" if !delta.new.is_null() && delta.path.len() > 1 => {
            &[Field::VendorProduct]
        }
        "vendor_dependency" => &[Field::VendorDependency],
        "milestones" => {
            &[Field::PlannedMilestones, Field::MilestoneChanges, Field::MilestoneDueDate]
        }
        "deviations" => match (key, member_name(delta)) {
            ("adjusted_risk_rating", _) => &[Field::AdjustedRiskRating],
            ("rationale", _) => &[Field::DeviationRationale],
            (_, Some("false-positive")) => &[Field::FalsePositive],
            (_, Some("operational-requirement")) => &[Field::OperationalRequirement],
            (_, Some("risk-adjustment")) => &[Field::RiskAdjustment],
            _ => &[],
        },
        _ => &[],
    }
}

/// The name of the member of a list in which a difference is.
fn member_name(delta: &Delta) -> Option<&str> {
    delta.path.iter().find_map(|step| match step {
        PointerStep::Member(_, Value::String(name)) => Some(name.as_str()),
        _ => None,
    })
}
