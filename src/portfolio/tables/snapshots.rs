//! The table `snapshots`.

use poam_parquet::ParquetKind::{Date, Integer, Text, TextList};
use poam_parquet::ParquetRow;

use super::super::columns::{RowColumn, column, date, row, texts};
use super::super::rows::SystemData;
use crate::snapshot::Manifest;

/// The source of a row: a submission of a system.
pub(in super::super) struct SnapshotRow<'a> {
    system: &'a str,
    manifest: &'a Manifest,
}

pub(in super::super) fn columns<'a>() -> Vec<RowColumn<SnapshotRow<'a>>> {
    vec![
        column("system", Text, "Name of the system.", |it| it.system.into()),
        column("snapshot", Text, "Name of the snapshot, which is the tag's.", |it| {
            it.manifest.name.as_str().into()
        }),
        column("snapshot_day", Date, "The day of its commit; all counts are for it.", |it| {
            date(it.manifest.date)
        }),
        column("commit_id", Text, "The commit that was submitted.", |it| {
            it.manifest.commit.as_str().into()
        }),
        column("total_items", Integer, "Items.", |it| it.manifest.counts.items.into()),
        column("open_items", Integer, "Open items.", |it| it.manifest.counts.totals.open.into()),
        column("closed_items", Integer, "Closed items.", |it| {
            it.manifest.counts.totals.closed.into()
        }),
        column("overdue_items", Integer, "Overdue items.", |it| {
            it.manifest.counts.totals.overdue.into()
        }),
        column("errors", Integer, "Diagnostics at error level.", |it| {
            it.manifest.counts.errors.into()
        }),
        column("warnings", Integer, "Diagnostics at warning level.", |it| {
            it.manifest.counts.warnings.into()
        }),
        column("triggers", TextList, "Escalation triggers that were realized.", |it| {
            let names = it.manifest.counts.escalations.iter().map(|it| it.trigger.as_str());
            texts(&names.collect::<Vec<_>>())
        }),
        column("workbook_layout", Text, "Layout of the workbook.", |it| {
            it.manifest.workbook.layout.as_str().into()
        }),
        column("workbook_sha256", Text, "SHA-256 of the workbook.", |it| {
            it.manifest.workbook.sha256.to_string().into()
        }),
        column("tool", Text, "The program that made it, with its version.", |it| {
            it.manifest.tool.as_str().into()
        }),
    ]
}

pub(in super::super) fn rows(data: &SystemData<'_>) -> Vec<ParquetRow> {
    let columns = columns();
    let system = data.system.name.as_str();
    data.snapshots.iter().map(|manifest| row(&columns, &SnapshotRow { system, manifest })).collect()
}
