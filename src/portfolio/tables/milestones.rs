//! The table `milestones`.

use poam_parquet::ParquetKind::{Boolean, Date, Integer, Text, TextList};
use poam_parquet::ParquetRow;

use super::super::columns::{RowColumn, column, optional_date, row, text, texts};
use super::super::rows::SystemData;
use crate::history::{DateMove, PlannedDate, date_moves};
use crate::model::{Item, Milestone};
use crate::store::Stored;

/// The source of a row: a milestone of an item.
pub(in super::super) struct MilestoneRow<'a> {
    system: &'a str,
    item: &'a Item,
    milestone: &'a Milestone,
    /// Its moves to a later day; none without history.
    slips: Option<Vec<DateMove>>,
}

pub(in super::super) fn columns<'a>() -> Vec<RowColumn<MilestoneRow<'a>>> {
    vec![
        column("system", Text, "Name of the system.", |it| it.system.into()),
        column("item", Text, "Id of the item.", |it| it.item.id.as_str().into()),
        column("milestone", Integer, "Number of the milestone in its item.", |it| {
            it.milestone.id.into()
        }),
        column("description", Text, "Work to be done.", |it| {
            it.milestone.description.as_str().into()
        }),
        column("due", Date, "The day it is planned for now.", |it| optional_date(it.milestone.due)),
        column("milestone_status", Text, "pending, in-progress, completed or cancelled.", |it| {
            it.milestone.status.as_str().into()
        }),
        column("finished", Boolean, "Whether it is completed or cancelled.", |it| {
            it.milestone.status.is_finished().into()
        }),
        column("completed", Date, "The day it was completed.", |it| {
            optional_date(it.milestone.completed)
        }),
        column("owner", Text, "The person who does it, where it is not the item's owner.", |it| {
            text(it.milestone.owner.as_ref().map(|it| it.name.as_str()))
        }),
        column("slips", Integer, "Moves of its due date to a later day.", |it| {
            it.slips.as_ref().map(Vec::len).into()
        }),
        column("slipped_days", Integer, "Days of these moves together.", |it| {
            it.slips.as_ref().map(|slips| slips.iter().map(DateMove::days).sum::<i64>()).into()
        }),
        column("evidence", TextList, "References to what shows that it was done.", |it| {
            texts(&it.milestone.evidence)
        }),
    ]
}

pub(in super::super) fn rows(data: &SystemData<'_>) -> Vec<ParquetRow> {
    let columns = columns();
    let mut items: Vec<&Stored> = data.store.items().iter().collect();
    items.sort_by(|a, b| (&a.item.id, a.path()).cmp(&(&b.item.id, b.path())));
    let mut rows = Vec::new();
    for stored in items {
        let item = &stored.item;
        let moves = data.history.map(|history| date_moves(history.events_of(&item.id)));
        for milestone in &item.milestones {
            let is_own = |moved: &&DateMove| {
                moved.is_slip() && moved.date == PlannedDate::Milestone(milestone.id)
            };
            let slips = moves.as_ref().map(|it| it.iter().filter(is_own).copied().collect());
            let system = data.system.name.as_str();
            rows.push(row(&columns, &MilestoneRow { system, item, milestone, slips }));
        }
    }
    rows
}
