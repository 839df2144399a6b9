//! One record for each milestone.

use chrono::NaiveDate;

use super::super::content::in_order;
use super::{RecordTable, column};
use crate::model::{Item, Milestone};
use crate::settings::Settings;
use crate::store::Store;
use crate::workbook::{RecordCell, RecordColumn};

const COLUMNS: [RecordColumn; 11] = [
    column("item", "Item", 16),
    column("milestone", "Milestone", 9),
    column("description", "Description", 60),
    column("due", "Due", 11),
    column("status", "Status", 14),
    column("completed", "Completed", 11),
    column("days_overdue", "Days overdue", 9),
    column("owner", "Owner", 20),
    column("evidence", "Evidence", 30),
    column("item_status", "Item status", 16),
    column("weakness_name", "Weakness", 50),
];

/// Returns a record for each milestone of each item; the number of a milestone is its id.
pub(super) fn milestone_records(store: &Store, settings: &Settings, day: NaiveDate) -> RecordTable {
    let mut rows = Vec::new();
    for stored in in_order(store) {
        let item = &stored.item;
        let closed = settings.workflow.is_closed(&item.status);
        rows.extend(item.milestones.iter().map(|milestone| row(item, milestone, closed, day)));
    }
    RecordTable::new("Milestones", &COLUMNS, rows)
}

fn row(item: &Item, milestone: &Milestone, closed: bool, day: NaiveDate) -> Vec<RecordCell> {
    let counts = !closed && !milestone.status.is_finished();
    let late = milestone.due.map(|due| (day - due).num_days()).filter(|days| *days > 0 && counts);
    // A milestone without an owner is the business of the owner of the item.
    let owner = milestone.owner.as_deref().or(item.point_of_contact.as_ref());
    vec![
        item.id.as_str().into(),
        i64::from(milestone.id).into(),
        milestone.description.as_str().into(),
        milestone.due.into(),
        milestone.status.to_string().into(),
        milestone.completed.into(),
        late.into(),
        owner.map(|person| person.name.as_str()).into(),
        milestone.evidence.join("\n").into(),
        item.status.to_string().into(),
        item.weakness_name.as_str().into(),
    ]
}
