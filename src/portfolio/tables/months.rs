//! The table `months`.

use chrono::NaiveDate;
use poam_parquet::ParquetKind::{Date, Integer, Text};
use poam_parquet::{ParquetRow, ParquetValue};

use super::super::columns::{RowColumn, column, date, optional_date, row};
use super::super::rows::SystemData;
use crate::model::RiskRating;
use crate::summary::{Summary, TrendMonth};

/// The source of a row: a month of a system.
pub(in super::super) struct MonthRow<'a> {
    system: &'a str,
    as_of: NaiveDate,
    month: &'a TrendMonth,
}

fn open_of(month: &TrendMonth, risk: RiskRating) -> ParquetValue {
    month.by_risk.as_ref().map(|counts| counts.get(&risk).copied().unwrap_or_default()).into()
}

pub(in super::super) fn columns<'a>() -> Vec<RowColumn<MonthRow<'a>>> {
    vec![
        column("system", Text, "Name of the system.", |it| it.system.into()),
        column("month_start", Date, "The first day of the month.", |it| {
            optional_date(format!("{}-01", it.month.month).parse().ok())
        }),
        column("as_of", Date, "The day of the numbers: the last month counts up to it.", |it| {
            date(it.as_of)
        }),
        column("open_items", Integer, "Open items at its end.", |it| it.month.open.into()),
        column(
            "opened",
            Integer,
            "Items that became open: landed as open, or were reopened.",
            |it| it.month.opened.into(),
        ),
        column("reopened", Integer, "Of these, the reopened ones.", |it| it.month.reopened.into()),
        column("closed", Integer, "Items that were closed.", |it| it.month.closed.into()),
        column("removed", Integer, "Items whose file was removed while they were open.", |it| {
            it.month.removed.into()
        }),
        column("rescheduled", Integer, "Due dates that moved to a later day.", |it| {
            it.month.rescheduled.into()
        }),
        column(
            "overdue_items",
            Integer,
            "Open items that were overdue at its end; null where that cannot be told.",
            |it| it.month.overdue.into(),
        ),
        column("open_critical", Integer, "Open items rated critical at its end.", |it| {
            open_of(it.month, RiskRating::Critical)
        }),
        column("open_high", Integer, "Open items rated high at its end.", |it| {
            open_of(it.month, RiskRating::High)
        }),
        column("open_moderate", Integer, "Open items rated moderate at its end.", |it| {
            open_of(it.month, RiskRating::Moderate)
        }),
        column("open_low", Integer, "Open items rated low at its end.", |it| {
            open_of(it.month, RiskRating::Low)
        }),
    ]
}

pub(in super::super) fn rows(data: &SystemData<'_>) -> Vec<ParquetRow> {
    let Some(history) = data.history else { return Vec::new() };
    let columns = columns();
    let (system, as_of) = (data.system.name.as_str(), data.as_of);
    Summary::months(history, data.settings, as_of)
        .iter()
        .map(|month| row(&columns, &MonthRow { system, as_of, month }))
        .collect()
}
