//! Numbers over all systems, from the tables of an export alone.
//!
//! [`PortfolioOverview`] has a line for each system, sums by agency and month, and the weaknesses that several systems
//! share. It reads tables row by row and holds a few numbers of each; no tracker is opened.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use poam_parquet::{ParquetColumn, ParquetRow, ParquetValue, TableError, TableReader};
use serde::Serialize;

use super::columns::day_of;
use super::digest;
use super::state::{ExportState, FILE};
use super::tables;
use crate::files;

/// Bytes of the list of files that are read at most.
const LONGEST_LIST: u64 = 1 << 30;

/// Shared weaknesses that are listed.
const SHARED: usize = 200;

/// Reasons why tables cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OverviewError {
    /// There is no export.
    #[error("{} has no tables that this version reads: `poam portfolio export` writes them", .0.display())]
    NoTables(PathBuf),
    /// A table cannot be read.
    #[error("reading {path}")]
    Table {
        /// The file.
        path: String,
        /// Reason.
        #[source]
        source: TableError,
    },
}

/// The tables of an export.
pub(super) struct StoredTables {
    folder: PathBuf,
    state: ExportState,
}

/// A row with the names of its columns.
pub(super) struct NamedRow<'a> {
    columns: &'a [ParquetColumn],
    values: ParquetRow,
}

impl NamedRow<'_> {
    /// Returns the value of a column.
    pub(super) fn get(&self, name: &str) -> &ParquetValue {
        const NULL: &ParquetValue = &ParquetValue::Null;
        let place = self.columns.iter().position(|column| column.name == name);
        place.and_then(|place| self.values.get(place)).unwrap_or(NULL)
    }

    /// Returns a text; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).as_text().unwrap_or_default()
    }

    /// Returns a number that is not below 0.
    pub(super) fn count(&self, name: &str) -> Option<usize> {
        usize::try_from(self.get(name).as_integer()?).ok()
    }

    /// Returns a day.
    pub(super) fn day(&self, name: &str) -> Option<NaiveDate> {
        day_of(self.get(name))
    }
}

impl StoredTables {
    /// Opens the tables in a folder.
    pub(super) fn open(folder: &Path) -> Result<Self, OverviewError> {
        let missing = || OverviewError::NoTables(folder.to_owned());
        let text = files::read_regular(&folder.join(FILE), LONGEST_LIST).map_err(|_| missing())?;
        let state = ExportState::parse(&text).ok_or_else(missing)?;
        Ok(Self { folder: folder.to_owned(), state })
    }

    /// Returns the day of the numbers.
    pub(super) fn as_of(&self) -> NaiveDate {
        self.state.as_of
    }

    /// Hands every row of a table to a function, with these columns only.
    pub(super) fn each_row(
        &self,
        table: &str,
        names: &[&str],
        mut each: impl FnMut(&NamedRow<'_>),
    ) -> Result<(), OverviewError> {
        let all = tables::find(table).map(tables::TableDefinition::columns).unwrap_or_default();
        let columns: Vec<ParquetColumn> =
            all.iter().filter(|column| names.contains(&column.name)).copied().collect();
        let start = format!("{table}/");
        for path in self.state.files.keys().filter(|path| path.starts_with(&start)) {
            let fail = |source| OverviewError::Table { path: path.clone(), source };
            let mut reader = TableReader::open(&self.folder.join(path), &columns).map_err(fail)?;
            while let Some(values) = reader.next_row().map_err(fail)? {
                each(&NamedRow { columns: &columns, values });
            }
        }
        Ok(())
    }
}

/// Numbers over all systems; as JSON, `poam portfolio summary --format json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PortfolioOverview {
    /// Version of this shape: 1.
    pub version: u32,
    /// The day of the export.
    pub as_of: NaiveDate,
    /// All systems together.
    pub totals: SystemTotals,
    /// Mean days from detection to completion over all closed items; rounded to a tenth.
    pub mean_days_to_remediate: Option<f64>,
    /// By the tag `agency`; none for systems without it.
    pub by_agency: Vec<AgencyTotals>,
    /// The systems, those with most overdue items first.
    pub systems: Vec<SystemLine>,
    /// Realized escalation triggers.
    pub escalations: Vec<SystemTrigger>,
    /// All systems together by month, oldest first.
    pub months: Vec<PortfolioMonth>,
    /// CVEs, scanners' identifiers and names of weaknesses that are open in several systems, those in most first.
    pub shared: Vec<SharedWeakness>,
}

/// Sums over systems.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SystemTotals {
    /// Systems.
    pub systems: usize,
    /// Systems that the last export could not read.
    pub not_current: usize,
    /// Open items.
    pub open: usize,
    /// Overdue items.
    pub overdue: usize,
    /// Closed items.
    pub closed: usize,
    /// Open items whose risk is accepted.
    pub accepted: usize,
    /// Decisions (acceptances, deferrals) whose last day has passed.
    pub decisions_ended: usize,
}

/// Sums over the systems of an agency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AgencyTotals {
    /// The agency.
    pub agency: Option<String>,
    /// Systems.
    pub systems: usize,
    /// Open items.
    pub open: usize,
    /// Overdue items.
    pub overdue: usize,
}

/// A system in one line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SystemLine {
    /// Its name.
    pub name: String,
    /// The agency.
    pub agency: Option<String>,
    /// The impact level.
    pub impact: Option<String>,
    /// The day of its numbers.
    pub as_of: Option<NaiveDate>,
    /// The commit.
    pub commit: Option<String>,
    /// Open items.
    pub open: Option<usize>,
    /// Overdue items.
    pub overdue: Option<usize>,
    /// Closed items.
    pub closed: Option<usize>,
    /// Moves of due dates to later days.
    pub slips: Option<usize>,
    /// FedRAMP's word on it.
    pub status: Option<String>,
    /// Mean days to remediate.
    pub mean_days_to_remediate: Option<f64>,
    /// Reason why the last export could not read it.
    pub read_error: Option<String>,
}

/// A realized trigger of a system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SystemTrigger {
    /// The system.
    pub system: String,
    /// E-04 and the like.
    pub trigger: String,
    /// DFR or CAP.
    pub level: String,
    /// Fact in words.
    pub fact: String,
    /// Items that count.
    pub count: usize,
}

/// All systems together in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PortfolioMonth {
    /// The month, as 2026-06.
    pub month: String,
    /// Systems that the tables have in it.
    pub systems: usize,
    /// Open items at its end.
    pub open: usize,
    /// Items that became open.
    pub opened: usize,
    /// Items that were closed.
    pub closed: usize,
    /// Overdue items at its end; none where the number of one system is unknown.
    pub overdue: Option<usize>,
}

/// A weakness that is open in several systems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SharedWeakness {
    /// cve, source or weakness.
    pub kind: String,
    /// The identifier.
    pub identifier: String,
    /// Systems in which an item with it is open.
    pub systems: usize,
    /// Open items with it.
    pub items: usize,
}

impl PortfolioOverview {
    /// Computes the numbers from the tables in a folder.
    pub fn read(folder: &Path) -> Result<Self, OverviewError> {
        Self::of_tables(&StoredTables::open(folder)?)
    }

    pub(super) fn of_tables(stored: &StoredTables) -> Result<Self, OverviewError> {
        let mut systems = read_systems(stored)?;
        let mut totals = SystemTotals { systems: systems.len(), ..SystemTotals::default() };
        let mut agencies: BTreeMap<Option<String>, AgencyTotals> = BTreeMap::new();
        for line in &systems {
            let (open, overdue) = (line.open.unwrap_or_default(), line.overdue.unwrap_or_default());
            totals.not_current += usize::from(line.read_error.is_some());
            totals.open += open;
            totals.overdue += overdue;
            totals.closed += line.closed.unwrap_or_default();
            let agency = agencies.entry(line.agency.clone()).or_default();
            agency.agency.clone_from(&line.agency);
            agency.systems += 1;
            agency.open += open;
            agency.overdue += overdue;
        }
        let mut closing = (0i64, 0i64);
        let mut open_items: HashSet<u64> = HashSet::new();
        stored.each_row(
            "items",
            &["system", "item", "closed", "days_open", "accepted", "decision_ends", "as_of"],
            |row| {
                if row.get("closed").is_true() {
                    if let Some(days) = row.get("days_open").as_integer() {
                        closing = (closing.0 + days, closing.1 + 1);
                    }
                    return;
                }
                open_items.insert(key_of(row.text("system"), row.text("item")));
                totals.accepted += usize::from(row.get("accepted").is_true());
                let ended = row.day("decision_ends").zip(row.day("as_of"));
                totals.decisions_ended += usize::from(ended.is_some_and(|(end, day)| end < day));
            },
        )?;
        systems.sort_by(|a, b| (b.overdue, b.open, &a.name).cmp(&(a.overdue, a.open, &b.name)));
        let mut by_agency: Vec<AgencyTotals> = agencies.into_values().collect();
        by_agency
            .sort_by(|a, b| (b.overdue, b.open, &a.agency).cmp(&(a.overdue, a.open, &b.agency)));
        Ok(Self {
            version: 1,
            as_of: stored.as_of(),
            totals,
            mean_days_to_remediate: mean(closing.0, closing.1),
            by_agency,
            systems,
            escalations: read_triggers(stored)?,
            months: read_months(stored)?,
            shared: read_shared(stored, &open_items)?,
        })
    }
}

/// Returns a mean, rounded to a tenth; none of nothing.
#[allow(clippy::cast_precision_loss)]
fn mean(sum: i64, count: i64) -> Option<f64> {
    (count > 0).then(|| (sum as f64 / count as f64 * 10.0).round() / 10.0)
}

/// Returns a number for an item of a system, by which it is found among millions.
fn key_of(system: &str, item: &str) -> u64 {
    let digest = digest::of_text(&format!("{system}\n{item}"));
    u64::from_str_radix(&digest, 16).unwrap_or_default()
}

fn optional(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn read_systems(stored: &StoredTables) -> Result<Vec<SystemLine>, OverviewError> {
    let names = [
        "system",
        "agency",
        "impact",
        "as_of",
        "commit_id",
        "open_items",
        "overdue_items",
        "closed_items",
        "slips",
        "system_status",
        "mean_days_to_remediate",
        "read_error",
    ];
    let mut systems = Vec::new();
    stored.each_row("systems", &names, |row| {
        systems.push(SystemLine {
            name: row.text("system").to_owned(),
            agency: optional(row.text("agency")),
            impact: optional(row.text("impact")),
            as_of: row.day("as_of"),
            commit: optional(row.text("commit_id")),
            open: row.count("open_items"),
            overdue: row.count("overdue_items"),
            closed: row.count("closed_items"),
            slips: row.count("slips"),
            status: optional(row.text("system_status")),
            mean_days_to_remediate: row.get("mean_days_to_remediate").as_double(),
            read_error: optional(row.text("read_error")),
        });
    })?;
    Ok(systems)
}

fn read_triggers(stored: &StoredTables) -> Result<Vec<SystemTrigger>, OverviewError> {
    let names = ["system", "trigger_id", "escalation_level", "realized", "fact", "counted"];
    let mut triggers = Vec::new();
    stored.each_row("triggers", &names, |row| {
        if row.get("realized").is_true() {
            triggers.push(SystemTrigger {
                system: row.text("system").to_owned(),
                trigger: row.text("trigger_id").to_owned(),
                level: row.text("escalation_level").to_owned(),
                fact: row.text("fact").to_owned(),
                count: row.count("counted").unwrap_or_default(),
            });
        }
    })?;
    // Corrective action plans first.
    triggers
        .sort_by(|a, b| (&a.level, &a.system, &a.trigger).cmp(&(&b.level, &b.system, &b.trigger)));
    Ok(triggers)
}

fn read_months(stored: &StoredTables) -> Result<Vec<PortfolioMonth>, OverviewError> {
    let names = ["month_start", "open_items", "opened", "closed", "overdue_items"];
    let mut months: BTreeMap<NaiveDate, PortfolioMonth> = BTreeMap::new();
    stored.each_row("months", &names, |row| {
        let Some(first) = row.day("month_start") else { return };
        let month = months.entry(first).or_insert_with(|| PortfolioMonth {
            month: first.format("%Y-%m").to_string(),
            systems: 0,
            open: 0,
            opened: 0,
            closed: 0,
            overdue: Some(0),
        });
        month.systems += 1;
        month.open += row.count("open_items").unwrap_or_default();
        month.opened += row.count("opened").unwrap_or_default();
        month.closed += row.count("closed").unwrap_or_default();
        let overdue = month.overdue.zip(row.count("overdue_items"));
        month.overdue = overdue.map(|(sum, count)| sum + count);
    })?;
    Ok(months.into_values().collect())
}

/// Counts of one identifier while the table is read.
#[derive(Default)]
struct SharedCount {
    last_system: u64,
    systems: u32,
    items: u32,
}

/// Finds the identifiers of open items that several systems have. Two passes: the first one counts by a number, so that
/// memory holds no text of millions of identifiers.
fn read_shared(
    stored: &StoredTables,
    open_items: &HashSet<u64>,
) -> Result<Vec<SharedWeakness>, OverviewError> {
    let names = ["system", "item", "identifier_kind", "identifier"];
    let is_open = |row: &NamedRow<'_>| {
        row.text("identifier_kind") != "control"
            && open_items.contains(&key_of(row.text("system"), row.text("item")))
    };
    let mut counts: HashMap<u64, SharedCount> = HashMap::new();
    stored.each_row("identifiers", &names, |row| {
        if !is_open(row) {
            return;
        }
        let count =
            counts.entry(key_of(row.text("identifier_kind"), row.text("identifier"))).or_default();
        // The rows of a system are consecutive.
        let system = key_of(row.text("system"), "");
        count.systems += u32::from(count.last_system != system);
        count.last_system = system;
        count.items += 1;
    })?;
    counts.retain(|_, count| count.systems > 1);
    let mut shared: BTreeMap<(String, String), SharedWeakness> = BTreeMap::new();
    stored.each_row("identifiers", &names, |row| {
        let (kind, identifier) = (row.text("identifier_kind"), row.text("identifier"));
        let Some(count) = counts.get(&key_of(kind, identifier)) else { return };
        let key = (kind.to_owned(), identifier.to_owned());
        shared.entry(key).or_insert_with(|| SharedWeakness {
            kind: kind.to_owned(),
            identifier: identifier.to_owned(),
            systems: usize::try_from(count.systems).unwrap_or_default(),
            items: usize::try_from(count.items).unwrap_or_default(),
        });
    })?;
    let mut shared: Vec<SharedWeakness> = shared.into_values().collect();
    shared.sort_by_key(|one| std::cmp::Reverse((one.systems, one.items)));
    shared.truncate(SHARED);
    Ok(shared)
}
