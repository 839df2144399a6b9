//! The table `triggers`.

use poam_parquet::ParquetKind::{Boolean, Integer, Text, TextList};
use poam_parquet::ParquetRow;

use super::super::columns::{RowColumn, column, row, texts, word};
use super::super::rows::SystemData;
use crate::summary::Escalation;

/// The source of a row: a trigger of a system.
pub(in super::super) struct TriggerRow<'a> {
    system: &'a str,
    escalation: &'a Escalation,
    realized: bool,
}

pub(in super::super) fn columns<'a>() -> Vec<RowColumn<TriggerRow<'a>>> {
    vec![
        column("system", Text, "Name of the system.", |it| it.system.into()),
        column("trigger_id", Text, "E-01, E-04, E-05, E-06, E-07 or E-12.", |it| {
            it.escalation.trigger.into()
        }),
        column(
            "escalation_level",
            Text,
            "DFR (detailed finding review) or CAP (corrective action plan).",
            |it| word(&it.escalation.level),
        ),
        column(
            "realized",
            Boolean,
            "Whether it is realized; else only vendor dependencies avert it.",
            |it| it.realized.into(),
        ),
        column("fact", Text, "Fact in words.", |it| it.escalation.fact.as_str().into()),
        column("counted", Integer, "The number that is compared.", |it| it.escalation.count.into()),
        column("threshold", Integer, "The number from which on it is realized.", |it| {
            it.escalation.threshold.into()
        }),
        column("gross", Integer, "The number with every item.", |it| it.escalation.gross.into()),
        column(
            "net_of_deviations",
            Integer,
            "The number also without approved operational requirements and pending deviations.",
            |it| it.escalation.net_of_deviations.into(),
        ),
        column("items", TextList, "The items that count, the oldest first.", |it| {
            texts(&it.escalation.items)
        }),
    ]
}

pub(in super::super) fn rows(data: &SystemData<'_>) -> Vec<ParquetRow> {
    let columns = columns();
    let system = data.system.name.as_str();
    let realized = data.summary.escalations.iter().map(|it| (it, true));
    let averted = data.summary.escalations_averted.iter().map(|it| (it, false));
    realized
        .chain(averted)
        .map(|(escalation, realized)| row(&columns, &TriggerRow { system, escalation, realized }))
        .collect()
}
