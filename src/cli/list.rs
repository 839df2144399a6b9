//! `poam list`: lists items that match filters, as a table or JSON.

use std::cmp::Reverse;

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::how::{check_names, parse_owner, parse_text, replace_me};
use super::list_columns::{ListColumn, default_columns, lines, rows, titles};
use super::{CommandOutcome, Session};
use crate::day::{TypedDay, past_day};
use crate::exchange::with_derived;
use crate::filter::{self, Compare, DateField, Fact, Filter};
use crate::history::History;
use crate::model::{RiskRating, Workflow};
use crate::standing::Standing;
use crate::store::{Stored, Tracker};
use crate::text::plural;
use crate::workbook::csv_rows;

/// Heading of the options that choose items.
const FILTERS: &str = "Filters";

/// List items: the open ones, the most urgent first
///
/// A table leaves closed items out unless --all or a filter asks for them; JSON and CSV always have
/// every item that the filters want, by id. Several filters must all match; values of one filter
/// given several times are alternatives.
#[derive(Debug, Args)]
#[command(next_line_help = false)]
pub(super) struct ListArgs {
    /// With this status
    #[arg(long, value_name = "STATUS", value_parser = parse_text, help_heading = FILTERS)]
    status: Vec<String>,
    /// Owner's name or email contains TEXT; `me` is you as git knows you
    #[arg(long, value_name = "TEXT|me", value_parser = parse_owner, help_heading = FILTERS)]
    owner: Option<String>,
    /// With this risk rating, after approved adjustments
    #[arg(long, value_name = "RATING", help_heading = FILTERS)]
    risk: Vec<RiskRating>,
    /// That affect this control (AC-2 covers AC-2(1) too) or are mapped to this requirement of any
    /// framework, such as SI.L2-3.14.1, 3.14.1 or CC7.1
    #[arg(long, visible_alias = "practice", value_name = "CONTROL", value_parser = parse_text, help_heading = FILTERS)]
    control: Option<String>,
    /// That are mapped to this framework, such as nist-800-53, cmmc, nist-800-171, nist-csf or soc2
    #[arg(long, value_name = "NAME", value_parser = parse_text, help_heading = FILTERS)]
    framework: Option<String>,
    /// Not closed
    #[arg(long, help_heading = FILTERS)]
    open: bool,
    /// Past their effective due date and not exempt
    #[arg(long, help_heading = FILTERS)]
    overdue: bool,
    /// Without landed change or review for longer than the rule `stale` allows
    #[arg(long, help_heading = FILTERS)]
    stale: bool,
    /// Without a point of contact
    #[arg(long, help_heading = FILTERS)]
    no_owner: bool,
    /// Detected before this day
    #[arg(long, value_name = "DATE", value_parser = past_day, help_heading = FILTERS)]
    detected_before: Option<TypedDay>,
    /// Detected after this day
    #[arg(long, value_name = "DATE", value_parser = past_day, help_heading = FILTERS)]
    detected_after: Option<TypedDay>,
    /// Completed before this day
    #[arg(long, value_name = "DATE", value_parser = past_day, help_heading = FILTERS)]
    completed_before: Option<TypedDay>,
    /// Completed after this day
    #[arg(long, value_name = "DATE", value_parser = past_day, help_heading = FILTERS)]
    completed_after: Option<TypedDay>,
    /// With this in the id, name, description, plan, comments, assets or CVEs
    #[arg(long, value_name = "TEXT", value_parser = parse_text, help_heading = FILTERS)]
    text: Option<String>,
    /// Filter expression: `status=open,in-progress risk>=high overdue due<2026-12-01
    /// owner="Jane Doe" !stale`; the keys are the names of the filters above, id, kind, due,
    /// scheduled, milestone-due and review
    #[arg(long = "where", value_name = "FILTER", help_heading = FILTERS)]
    filter: Option<String>,
    /// Closed items too
    #[arg(long, short, conflicts_with = "open")]
    all: bool,
    /// Columns of the table or of the CSV, in this order, such as id,due,owner,slips
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', hide_possible_values = true)]
    columns: Vec<ListColumn>,
    /// Order of the items [default: urgency in a table, else id]
    #[arg(long, value_name = "KEY")]
    sort: Option<SortKey>,
    /// Reverse the order
    #[arg(long)]
    reverse: bool,
    /// List at most this many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: ListFormat,
}

/// The key by which items are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SortKey {
    /// By id
    Id,
    /// Most days late first, then due soonest
    Urgency,
    /// The worst rating first
    Risk,
    /// Due soonest first; closed items last
    Due,
    /// Next milestone soonest first; items without one last
    Milestone,
    /// Detected last first
    Detected,
    /// Changed last first
    Changed,
}

impl SortKey {
    fn sort(self, found: &mut [(&Stored, Standing)]) {
        match self {
            Self::Id => {}
            Self::Urgency => found.sort_by_key(|(_, standing)| {
                let is_exempt = standing.exemption.is_some();
                (standing.closed, Reverse(standing.days_overdue), is_exempt, standing.effective_due)
            }),
            Self::Risk => found.sort_by_key(|(_, standing)| Reverse(standing.risk)),
            Self::Due => {
                found.sort_by_key(|(_, standing)| (standing.closed, standing.effective_due));
            }
            Self::Milestone => found.sort_by_key(|(_, standing)| {
                (standing.next_milestone_due.is_none(), standing.next_milestone_due)
            }),
            Self::Detected => {
                found.sort_by_key(|(_, standing)| Reverse(standing.permanent.detected));
            }
            Self::Changed => found.sort_by_key(|(_, standing)| Reverse(standing.status_date)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    /// For people
    Table,
    /// An array of items as in their files, with what is derived
    Json,
    /// For spreadsheets
    Csv,
}

impl ListArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.find_repository()?;
        let tracker = session.tracker(repository.as_ref())?;
        let mut filter = self.filter(&tracker.settings.workflow, session.today)?;
        let is_table = self.format == ListFormat::Table;
        if !self.columns.is_empty() && self.format == ListFormat::Json {
            bail!("--columns is for tables and CSV; JSON has every field");
        }
        let (store, history) = session.work_tree(repository.as_ref(), &tracker, true)?;
        session.say_unreadable(&store);
        replace_me(session, repository.as_ref(), &mut filter, &store, &tracker)?;
        check_names(session, &filter, &store, &tracker.settings)?;
        let mut found: Vec<(&Stored, Standing)> = store
            .items()
            .iter()
            .map(|stored| (stored, standing(stored, &tracker, history.as_ref(), session.today)))
            .filter(|(stored, standing)| filter.is_match(&stored.item, standing))
            .collect();
        let all = found.len();
        // A list is for work; what is closed has to be asked for.
        if is_table && !self.all && !filter.asks_for_closed() {
            found.retain(|(_, standing)| !standing.closed);
        }
        let closed = all - found.len();
        let default = if is_table { SortKey::Urgency } else { SortKey::Id };
        self.sort.unwrap_or(default).sort(&mut found);
        if self.reverse {
            found.reverse();
        }
        let count = found.len();
        found.truncate(self.limit.filter(|limit| *limit > 0).unwrap_or(usize::MAX));
        let columns = match self.columns.is_empty() {
            true => default_columns(session.width()),
            false => self.columns.clone(),
        };
        match self.format {
            ListFormat::Table => {
                let lines = lines(&found, &columns, session.today, session.width(), session.color);
                session.print(lines.join("\n") + "\n")?;
                session.print(last_line(count, found.len(), closed) + "\n")?;
                if let Some((stored, _)) = found.first() {
                    session.hint(&format!("poam show {}", stored.item.id));
                }
            }
            ListFormat::Json => {
                for text in json(&found) {
                    session.print_json(text.context("writing what is derived")?)?;
                }
            }
            ListFormat::Csv if !self.columns.is_empty() => {
                let rows = rows(&found, &columns, session.today);
                let text = csv_rows(std::iter::once(titles(&columns)).chain(rows));
                session.print(text.context("writing CSV")?)?
            }
            ListFormat::Csv => {
                let text = crate::exchange::table_csv(&found).context("writing CSV")?;
                session.print(text)?
            }
        }
        Ok(if store.unreadable() > 0 { CommandOutcome::Diagnosed } else { CommandOutcome::Fine })
    }

    /// All that the flags ask for.
    fn filter(&self, workflow: &Workflow, today: NaiveDate) -> Result<Filter> {
        let day = |which, compare, day: Option<TypedDay>| {
            day.map(|day| Fact::Day(which, compare, day.resolve_on(today)))
        };
        let statuses = self.status.iter().map(|word| filter::status_fact(word, workflow));
        let statuses: Vec<Fact> = statuses.collect::<Result<_, _>>()?;
        let filter = match &self.filter {
            Some(text) => Filter::parse(text, workflow, today)?,
            None => Filter::default(),
        };
        Ok(filter
            .and_any(statuses)
            .and_any(self.owner.clone().map(Fact::Owner))
            .and_any(self.risk.iter().map(|rating| Fact::Risk(Compare::Equal, *rating)))
            .and_any(self.control.as_deref().map(filter::control_fact))
            .and_any(self.framework.clone().map(Fact::Framework))
            .and_any(fact_if(self.open, Fact::Open))
            .and_any(fact_if(self.overdue, Fact::Overdue))
            .and_any(fact_if(self.stale, Fact::Stale))
            .and_any(fact_if(self.no_owner, Fact::NoOwner))
            .and_any(day(DateField::Detected, Compare::Less, self.detected_before))
            .and_any(day(DateField::Detected, Compare::More, self.detected_after))
            .and_any(day(DateField::Completed, Compare::Less, self.completed_before))
            .and_any(day(DateField::Completed, Compare::More, self.completed_after))
            .and_any(self.text.clone().map(Fact::Text)))
    }
}

fn fact_if(given: bool, fact: Fact) -> Option<Fact> {
    given.then_some(fact)
}

pub(super) fn standing(
    stored: &Stored,
    tracker: &Tracker,
    history: Option<&History>,
    today: NaiveDate,
) -> Standing {
    Standing::compute(stored, &tracker.settings, history, today)
}

/// Items as one list in JSON, in pieces: their values are many times as large as the items.
fn json(found: &[(&Stored, Standing)]) -> impl Iterator<Item = serde_json::Result<String>> {
    const PIECE: usize = 256;
    let ends = match found {
        [] => ["[]\n", ""],
        _ => ["[", "\n]\n"],
    };
    let pieces = found.chunks(PIECE).enumerate().map(|(piece, some)| {
        let mut text = String::new();
        for (place, (stored, standing)) in some.iter().enumerate() {
            text.push_str(if (piece, place) == (0, 0) { "\n" } else { ",\n" });
            let item = format!("{:#}", with_derived(stored, standing)?);
            // A text in JSON has no line end of its own.
            text.push_str("  ");
            text.push_str(&item.replace('\n', "\n  "));
        }
        Ok(text)
    });
    let [before, after] = ends.map(|text| Ok(text.to_owned()));
    std::iter::once(before).chain(pieces).chain(std::iter::once(after))
}

/// The last line of a table: how many items, and how to see those that are not shown.
fn last_line(count: usize, shown: usize, closed: usize) -> String {
    let items = match shown < count {
        true => format!("{shown} of {} (show all: --limit 0)", plural(count, "item")),
        false => plural(count, "item"),
    };
    match closed {
        0 => items,
        _ => format!("{items}; {closed} closed not shown (show: --all)"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::summary::samples;

    #[test]
    fn pieces_make_one_list() {
        for count in [0, 1, 2, 256, 257, 600] {
            let found = |at: usize| samples::found(&format!("V-{at}"), "extra: {a: [\"x\\ny\"]}\n");
            let store = crate::store::Store::read((0..count).map(found).collect());
            let settings = samples::settings("");
            let standing =
                |stored| Standing::compute(stored, &settings, None, samples::day("2026-02-01"));
            let found: Vec<_> = store.items().iter().map(|it| (it, standing(it))).collect();
            let text = json(&found).collect::<Result<String, _>>().unwrap();
            let values: Vec<Value> =
                found.iter().map(|(it, standing)| with_derived(it, standing).unwrap()).collect();
            assert_eq!(text, format!("{:#}\n", Value::Array(values)));
        }
    }
}
