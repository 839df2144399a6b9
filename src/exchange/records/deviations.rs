//! One record for each deviation.

use super::super::content::in_order;
use super::{RecordTable, column};
use crate::model::{Deviation, Item};
use crate::store::Store;
use crate::workbook::{RecordCell, RecordColumn};

const COLUMNS: [RecordColumn; 10] = [
    column("item", "Item", 16),
    column("type", "Type", 22),
    column("state", "State", 10),
    column("request", "Request", 12),
    column("requested", "Requested", 11),
    column("decided", "Decided", 11),
    column("approver", "Approver", 20),
    column("adjusted_risk_rating", "Adjusted risk", 10),
    column("rationale", "Rationale", 60),
    column("weakness_name", "Weakness", 50),
];

/// Returns a record for each deviation of each item.
pub(super) fn deviation_records(store: &Store) -> RecordTable {
    let mut rows = Vec::new();
    for stored in in_order(store) {
        rows.extend(stored.item.deviations.iter().map(|deviation| row(&stored.item, deviation)));
    }
    RecordTable::new("Deviations", &COLUMNS, rows)
}

fn row(item: &Item, deviation: &Deviation) -> Vec<RecordCell> {
    vec![
        item.id.as_str().into(),
        deviation.kind.as_str().into(),
        deviation.state.as_str().into(),
        deviation.request.as_deref().into(),
        deviation.requested.into(),
        deviation.decided.into(),
        deviation.approver.as_ref().map(|person| person.name.as_str()).into(),
        deviation.adjusted_risk_rating.map(|rating| rating.to_string()).into(),
        deviation.rationale.as_deref().into(),
        item.weakness_name.as_str().into(),
    ]
}
