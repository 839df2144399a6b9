//! The table `systems`.

use poam_parquet::ParquetKind::{Boolean, Date, Double, Integer, Json, Text, TextList, Timestamp};
use poam_parquet::{ParquetRow, ParquetValue};
use serde_json::json;

use super::super::columns::{
    RowColumn, column, date, json as json_text, optional_date, row, text, texts, timestamp, word,
};
use super::super::rows::SystemData;
use super::super::settings::PortfolioSystem;
use chrono::NaiveDate;

/// The source of a row: a system that was read, or one that never was.
pub(in super::super) enum SystemRow<'a> {
    Read(&'a SystemData<'a>),
    Unread { system: &'a PortfolioSystem, as_of: NaiveDate, error: &'a str },
}

impl SystemRow<'_> {
    fn system(&self) -> &PortfolioSystem {
        match self {
            Self::Read(data) => data.system,
            Self::Unread { system, .. } => system,
        }
    }

    fn read(&self, value: impl Fn(&SystemData<'_>) -> ParquetValue) -> ParquetValue {
        match self {
            Self::Read(data) => value(data),
            Self::Unread { .. } => ParquetValue::Null,
        }
    }
}

/// The name of the column with the reason why a system could not be read.
pub(in super::super) const READ_ERROR: &str = "read_error";

pub(in super::super) fn columns<'a>() -> Vec<RowColumn<SystemRow<'a>>> {
    vec![
        column("system", Text, "Name of the system in the portfolio.", |it| {
            it.system().name.as_str().into()
        }),
        column("agency", Text, "The tag `agency`.", |it| {
            text(it.system().tags.get("agency").map(String::as_str))
        }),
        column(
            "impact",
            Text,
            "Impact level: the tag `impact`, else that of the tracker's settings.",
            |it| match it.system().tags.get("impact") {
                Some(impact) => impact.as_str().into(),
                None => it.read(|it| {
                    it.settings.system.impact_level.as_ref().map_or(ParquetValue::Null, word)
                }),
            },
        ),
        column("tags", Json, "All tags, as a JSON object.", |it| {
            json_text(&json!(it.system().tags))
        }),
        column(
            "location",
            Text,
            "Path, address or documents of the tracker, as the portfolio writes it.",
            |it| it.system().written.as_str().into(),
        ),
        column("source", Text, "`git`, `oscal` or `ver`.", |it| it.read(|it| it.source.into())),
        column("commit_id", Text, "The commit that was read.", |it| {
            it.read(|it| it.commit.clone().into())
        }),
        column("committed_at", Timestamp, "When it was committed.", |it| {
            it.read(|it| it.committed.map_or(ParquetValue::Null, timestamp))
        }),
        column("as_of", Date, "The day of all numbers of the system.", |it| match it {
            SystemRow::Read(data) => date(data.as_of),
            SystemRow::Unread { as_of, .. } => date(*as_of),
        }),
        column("provider", Text, "Provider, by the tracker's settings.", |it| {
            it.read(|it| text(it.settings.system.provider.as_deref()))
        }),
        column("system_name", Text, "Name of the system, by the tracker's settings.", |it| {
            it.read(|it| text(it.settings.system.name.as_deref()))
        }),
        column("system_id", Text, "FedRAMP's identifier of the package.", |it| {
            it.read(|it| text(it.settings.system.id.as_deref()))
        }),
        column("profile", Text, "The profile: fedramp-rev5, cmmc-l2, emass or generic.", |it| {
            it.read(|it| word(&it.settings.profile.name))
        }),
        column("vdr_adopted", Date, "The day from which FedRAMP's VDR and VER rules hold.", |it| {
            it.read(|it| optional_date(it.settings.vdr_adopted))
        }),
        column("total_items", Integer, "Items.", |it| it.read(|it| it.store.items().len().into())),
        column(
            "open_items",
            Integer,
            "Items on the open side of the workflow, of every kind.",
            |it| it.read(|it| it.summary.totals.open.into()),
        ),
        column("closed_items", Integer, "Items on the closed side.", |it| {
            it.read(|it| it.summary.totals.closed.into())
        }),
        column(
            "overdue_items",
            Integer,
            "Open items past their effective due date and not exempt.",
            |it| it.read(|it| it.summary.totals.overdue.into()),
        ),
        column(
            "stale_items",
            Integer,
            "Open items without a change or review for too long.",
            |it| it.read(|it| it.history.map(|_| it.summary.attention.stale.len()).into()),
        ),
        column(
            "system_status",
            Text,
            "FedRAMP's word on the system by its escalation triggers.",
            |it| it.read(|it| it.summary.system_status.as_ref().map_or(ParquetValue::Null, word)),
        ),
        column(
            "slips",
            Integer,
            "Moves of due dates to later days, over the whole history.",
            |it| it.read(|it| it.summary.slips.as_ref().map(|slips| slips.count).into()),
        ),
        column(
            "mean_days_to_remediate",
            Double,
            "Mean days from detection to completion, rounded to a tenth.",
            |it| it.read(|it| it.summary.mean_days_to_remediate.into()),
        ),
        column(
            "unreadable_files",
            TextList,
            "Files that could not be read, and are in no number.",
            |it| it.read(|it| texts(&it.summary.unreadable)),
        ),
        column(
            "lacking",
            TextList,
            "Columns that the source never says, as `table.column`, or whole tables.",
            |it| it.read(|_| texts::<String>(&[])),
        ),
        column("is_current", Boolean, "Whether the last export could read the system.", |it| {
            matches!(it, SystemRow::Read(_)).into()
        }),
        column(
            READ_ERROR,
            Text,
            "Reason why the last export could not read the system; its rows are older then.",
            |it| match it {
                SystemRow::Read(_) => ParquetValue::Null,
                SystemRow::Unread { error, .. } => (*error).into(),
            },
        ),
    ]
}

pub(in super::super) fn rows(data: &SystemData<'_>) -> Vec<ParquetRow> {
    vec![row(&columns(), &SystemRow::Read(data))]
}

/// Returns the row of a system that could never be read.
pub(in super::super) fn unread(
    system: &PortfolioSystem,
    as_of: NaiveDate,
    error: &str,
) -> ParquetRow {
    row(&columns(), &SystemRow::Unread { system, as_of, error })
}

/// Changes the row of an earlier export: the system could not be read since.
pub(in super::super) fn mark_failed(row: &mut ParquetRow, error: &str) {
    let columns = super::find("systems").map(super::TableDefinition::columns).unwrap_or_default();
    for (column, value) in columns.iter().zip(row) {
        match column.name {
            READ_ERROR => *value = error.into(),
            "is_current" => *value = false.into(),
            _ => {}
        }
    }
}
