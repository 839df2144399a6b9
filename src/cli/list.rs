use std::cmp::Reverse;

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::how::check_names;
use super::{Outcome, Session};
use crate::day::TypedDay;
use crate::exchange::with_derived;
use crate::filter::{self, Compare, Fact, Filter, Which};
use crate::history::History;
use crate::model::{RiskRating, Workflow};
use crate::output::{Content, Table, cut, plural, visible};
use crate::standing::Standing;
use crate::store::{Stored, Tracker};

/// List items, filtered
///
/// Several filters are all met; values of one filter given several times are alternatives.
#[derive(Debug, Args)]
pub(super) struct List {
    /// With this status
    #[arg(long, value_name = "STATUS")]
    status: Vec<String>,
    /// Whose owner's name or mail address contains this
    #[arg(long, value_name = "TEXT")]
    owner: Option<String>,
    /// With this risk rating, after approved adjustments
    #[arg(long, value_name = "RATING")]
    risk: Vec<RiskRating>,
    /// That affect this control (AC-2 covers AC-2(1) too) or are mapped to this requirement of any
    /// framework, such as SI.L2-3.14.1, 3.14.1 or CC7.1
    #[arg(long, visible_alias = "practice", value_name = "CONTROL")]
    control: Option<String>,
    /// That are mapped to this framework, such as cmmc, nist-800-171 or soc2
    #[arg(long, value_name = "NAME")]
    framework: Option<String>,
    /// Not closed
    #[arg(long)]
    open: bool,
    /// Past their effective due date and not exempt
    #[arg(long)]
    overdue: bool,
    /// Without landed change or review for longer than the rule `stale` allows
    #[arg(long)]
    stale: bool,
    /// Without a point of contact
    #[arg(long)]
    no_owner: bool,
    /// Detected before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    detected_before: Option<TypedDay>,
    /// Detected after this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    detected_after: Option<TypedDay>,
    /// Completed before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    completed_before: Option<TypedDay>,
    /// Completed after this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    completed_after: Option<TypedDay>,
    /// With this in the id, name, description, plan, comments, assets or CVEs
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// For which this holds: `status=open,in-progress risk>=high overdue due<2026-12-01
    /// owner="Jane Doe" !stale`; the keys are the names of the filters above, id, kind, due,
    /// scheduled and milestone-due
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<String>,
    /// Order of the items, instead of by id
    #[arg(long, value_name = "KEY")]
    sort: Option<SortKey>,
    /// The other way round
    #[arg(long)]
    reverse: bool,
    /// List at most this many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: FormatArg,
}

/// The key by which items are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SortKey {
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
enum FormatArg {
    /// For people
    Table,
    /// An array of items as in their files, with what is derived
    Json,
    /// For spreadsheets
    Csv,
}

impl List {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let repository = session.find_repository()?;
        let tracker = session.tracker(repository.as_ref())?;
        let filter = self.filter(&tracker.settings.workflow, session.today)?;
        let (store, history) = session.work_tree(repository.as_ref(), &tracker, true)?;
        session.say_unreadable(&store);
        check_names(session, &filter, &store, &tracker.settings)?;
        let mut found: Vec<(&Stored, Standing)> = store
            .items()
            .iter()
            .map(|stored| (stored, standing(stored, &tracker, history.as_ref(), session.today)))
            .filter(|(stored, standing)| filter.wants(&stored.item, standing))
            .collect();
        if let Some(order) = self.sort {
            order.sort(&mut found);
        }
        if self.reverse {
            found.reverse();
        }
        let count = found.len();
        found.truncate(self.limit.filter(|limit| *limit > 0).unwrap_or(usize::MAX));
        match self.format {
            FormatArg::Table => {
                let text = table(&found, session.width());
                session.print(text)?;
                let shown = match count - found.len() {
                    0 => String::new(),
                    more => format!(" ({more} not shown: --limit 0)"),
                };
                session.print(format_args!("{}{shown}\n", plural(count, "item")))?;
            }
            FormatArg::Json => {
                for text in json(&found) {
                    session.print_json(text.context("writing what is derived")?)?;
                }
            }
            FormatArg::Csv => {
                let text = crate::exchange::table_csv(&found).context("writing CSV")?;
                session.print_as(Content::Exact, text)?
            }
        }
        Ok(if store.unreadable() > 0 { Outcome::Diagnosed } else { Outcome::Fine })
    }

    /// All that the flags ask for.
    fn filter(&self, workflow: &Workflow, today: NaiveDate) -> Result<Filter> {
        let day = |which, compare, day: Option<TypedDay>| {
            day.map(|day| Fact::Day(which, compare, day.on(today)))
        };
        let statuses = self.status.iter().map(|word| filter::status(word, workflow));
        let statuses: Vec<Fact> = statuses.collect::<Result<_, _>>()?;
        let flag = |given: bool, fact: Fact| given.then_some(fact);
        let filter = match &self.filter {
            Some(text) => Filter::parse(text, workflow, today)?,
            None => Filter::default(),
        };
        Ok(filter
            .and(statuses)
            .and(self.owner.clone().map(Fact::Owner))
            .and(self.risk.iter().map(|rating| Fact::Risk(Compare::Equal, *rating)))
            .and(self.control.as_deref().map(filter::control))
            .and(self.framework.clone().map(Fact::Framework))
            .and(flag(self.open, Fact::Open))
            .and(flag(self.overdue, Fact::Overdue))
            .and(flag(self.stale, Fact::Stale))
            .and(flag(self.no_owner, Fact::NoOwner))
            .and(day(Which::Detected, Compare::Less, self.detected_before))
            .and(day(Which::Detected, Compare::More, self.detected_after))
            .and(day(Which::Completed, Compare::Less, self.completed_before))
            .and(day(Which::Completed, Compare::More, self.completed_after))
            .and(self.text.clone().map(Fact::Text)))
    }
}

pub(super) fn standing(
    stored: &Stored,
    tracker: &Tracker,
    history: Option<&History>,
    today: NaiveDate,
) -> Standing {
    Standing::of(stored, &tracker.settings, history, today)
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

/// Characters of a terminal that has room for the next milestone.
const WITH_MILESTONES: usize = 110;

fn table(found: &[(&Stored, Standing)], width: Option<usize>) -> String {
    let mut titles = vec!["Id", "Status", "Risk", "Due", "Late#", "Milestone", "Owner", "Weakness"];
    let has_milestones = width.is_none_or(|width| width >= WITH_MILESTONES);
    titles.retain(|title| has_milestones || *title != "Milestone");
    let mut table = Table::new(&titles);
    for (stored, standing) in found {
        let item = &stored.item;
        let due = if standing.closed { String::new() } else { standing.effective_due.to_string() };
        let late =
            if standing.overdue { format!("{} d", standing.days_overdue) } else { String::new() };
        let milestone = match (standing.next_milestone, standing.next_milestone_due) {
            (Some(number), Some(due)) => format!("{number}: {due}"),
            _ => String::new(),
        };
        let owner = item.point_of_contact.as_ref().map_or("-", |person| person.name.as_str());
        let mut row = vec![
            visible(item.id.as_str()).into_owned(),
            item.status.to_string(),
            standing.risk.to_string(),
            due,
            late,
            visible(owner).into_owned(),
            cut(&visible(&item.weakness_name)),
        ];
        if has_milestones {
            row.insert(row.len() - 2, milestone);
        }
        table.push(row);
    }
    table.text_within(width).join("\n") + "\n"
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
                |stored| Standing::of(stored, &settings, None, samples::day("2026-02-01"));
            let found: Vec<_> = store.items().iter().map(|it| (it, standing(it))).collect();
            let text = json(&found).collect::<Result<String, _>>().unwrap();
            let values: Vec<Value> =
                found.iter().map(|(it, standing)| with_derived(it, standing).unwrap()).collect();
            assert_eq!(text, format!("{:#}\n", Value::Array(values)));
        }
    }
}
