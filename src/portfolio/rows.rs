//! The rows of one system, by the file that they belong to.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use poam_parquet::ParquetRow;

use super::settings::PortfolioSystem;
use super::tables;
use crate::history::History;
use crate::model::ItemId;
use crate::settings::Settings;
use crate::snapshot::Manifest;
use crate::store::Store;
use crate::summary::Summary;

/// Everything that the rows of a system are made of.
pub(super) struct SystemData<'a> {
    /// The entry of the portfolio.
    pub(super) system: &'a PortfolioSystem,
    /// The day of the numbers.
    pub(super) as_of: NaiveDate,
    /// Kind of the source: git, oscal or ver.
    pub(super) source: &'static str,
    /// The commit, where the tracker is in git.
    pub(super) commit: Option<String>,
    /// When it was committed.
    pub(super) committed: Option<DateTime<Utc>>,
    /// The settings.
    pub(super) settings: &'a Settings,
    /// The items.
    pub(super) store: &'a Store,
    /// History by the commits; none of documents.
    pub(super) history: Option<&'a History>,
    /// The numbers.
    pub(super) summary: &'a Summary,
    /// The submissions that were frozen.
    pub(super) snapshots: &'a [Manifest],
}

/// Items by the lists of a summary that name them.
pub(super) struct AttentionLists<'a> {
    pub(super) due_soon: BTreeSet<&'a ItemId>,
    pub(super) kev_overdue: BTreeSet<&'a ItemId>,
    pub(super) check_in_due: BTreeSet<&'a ItemId>,
    /// The realized triggers that an item counts for.
    pub(super) triggers: BTreeMap<&'a ItemId, Vec<&'static str>>,
}

impl<'a> AttentionLists<'a> {
    pub(super) fn of_summary(summary: &'a Summary) -> Self {
        let mut triggers: BTreeMap<&ItemId, Vec<&'static str>> = BTreeMap::new();
        for escalation in &summary.escalations {
            for item in &escalation.items {
                triggers.entry(item).or_default().push(escalation.trigger);
            }
        }
        let attention = &summary.attention;
        Self {
            due_soon: attention.due_soon.iter().collect(),
            kev_overdue: attention.kev_overdue.iter().collect(),
            check_in_due: attention.vendor_check_ins_due.iter().collect(),
            triggers,
        }
    }
}

/// Rows of one system by the stem of the file that they belong to, in their order there.
pub(super) type SystemRows = BTreeMap<String, Vec<ParquetRow>>;

/// Makes the rows of a system. `buckets` is the number of files that systems are spread over.
pub(super) fn of_system(data: &SystemData<'_>, buckets: u64) -> SystemRows {
    let lists = AttentionLists::of_summary(data.summary);
    let mut rows = SystemRows::new();
    let mut add = |table: &'static str, found: Vec<ParquetRow>| {
        add_rows(&mut rows, table, &data.system.name, buckets, found);
    };
    add("systems", tables::systems::rows(data));
    add("items", tables::items::rows(data, &lists));
    add("milestones", tables::milestones::rows(data));
    add("identifiers", tables::identifiers::rows(data));
    add("triggers", tables::triggers::rows(data));
    add("snapshots", tables::snapshots::rows(data));
    add("months", tables::months::rows(data));
    for ((year, month), found) in tables::events::rows(data) {
        rows.insert(format!("events/year={year}/month={month}/events"), found);
    }
    rows
}

/// Adds rows of a system to the file of a table that they belong to.
pub(super) fn add_rows(
    rows: &mut SystemRows,
    table: &'static str,
    system: &str,
    buckets: u64,
    found: Vec<ParquetRow>,
) {
    if found.is_empty() {
        return;
    }
    let stem = match tables::find(table).map(|table| table.layout) {
        Some(tables::TableLayout::Spread) => spread_stem(table, system, buckets),
        _ => format!("{table}/{table}"),
    };
    rows.insert(stem, found);
}

/// Returns the stem of the file of a table that a system's rows are in. The name alone decides, so that other
/// systems stay where they are.
fn spread_stem(table: &str, system: &str, buckets: u64) -> String {
    let digest = super::digest::of_text(system);
    let number = u64::from_str_radix(&digest, 16).unwrap_or_default() % buckets.max(1);
    format!("{table}/{table}-{number:04}")
}

/// Systems of a file, about.
const SYSTEMS_OF_A_FILE: u64 = 16;

/// Returns the number of files that so many systems are spread over: a power of two, so that it seldom changes.
pub(super) fn buckets(systems: usize) -> u64 {
    let systems = u64::try_from(systems).unwrap_or(u64::MAX);
    systems.div_ceil(SYSTEMS_OF_A_FILE).max(1).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_spread_by_their_names_alone() {
        for (systems, expected) in [(0, 1), (1, 1), (16, 1), (17, 2), (64, 4), (65, 8), (1000, 64)]
        {
            assert_eq!(buckets(systems), expected, "{systems}");
        }
        let stem = spread_stem("items", "Alpha", 64);
        assert!(stem.starts_with("items/items-00"), "{stem}");
        assert_eq!(stem, spread_stem("items", "Alpha", 64));
        assert_eq!(spread_stem("items", "../x", 1), "items/items-0000");
    }
}
