//! A list of items as CSV, for spreadsheets.

use super::cells;
use crate::standing::Standing;
use crate::store::Stored;
use crate::workbook::csv_rows;

/// The columns, in order.
const COLUMNS: [&str; 15] = [
    "id",
    "status",
    "risk",
    "weakness_name",
    "owner",
    "controls",
    "original_detection_date",
    "scheduled_completion_date",
    "effective_due",
    "days_open",
    "days_overdue",
    "status_date",
    "times_rescheduled",
    "completion_date",
    "requirements",
];

/// Items with where they are. A cell that a spreadsheet would take for a formula begins with an
/// apostrophe, which spreadsheets do not show.
pub fn table_csv(items: &[(&Stored, Standing)]) -> Result<String, std::io::Error> {
    let head = COLUMNS.map(str::to_owned).to_vec();
    let rows = items.iter().map(|(stored, standing)| {
        let item = &stored.item;
        let day =
            |date: Option<chrono::NaiveDate>| date.map(|date| date.to_string()).unwrap_or_default();
        let count =
            |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        vec![
            item.id.to_string(),
            item.status.to_string(),
            standing.risk.to_string(),
            item.weakness_name.clone(),
            item.point_of_contact.as_ref().map(|person| person.name.clone()).unwrap_or_default(),
            item.controls.join(", "),
            standing.permanent.detected.to_string(),
            day(item.scheduled_completion_date),
            standing.effective_due.to_string(),
            count(standing.days_open),
            standing.days_overdue.to_string(),
            day(standing.status_date),
            standing.times_rescheduled.map(|times| times.to_string()).unwrap_or_default(),
            day(item.completion_date),
            cells::requirements(item),
        ]
    });
    csv_rows(std::iter::once(head).chain(rows))
}
