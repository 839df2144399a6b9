use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{Outcome, Session};
use crate::history::History;
use crate::model::RiskRating;
use crate::output::{Table, cut, plural, visible};
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
    /// That affect this control; AC-2 covers AC-2(1) too
    #[arg(long, value_name = "CONTROL")]
    control: Option<String>,
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
    detected_before: Option<NaiveDate>,
    /// Detected after this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    detected_after: Option<NaiveDate>,
    /// Completed before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    completed_before: Option<NaiveDate>,
    /// Completed after this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    completed_after: Option<NaiveDate>,
    /// With this in the id, name, description, plan, comments, assets or CVEs
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: FormatArg,
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
        let store = tracker.load();
        // Only what the commits tell needs the commits.
        let needs_history = self.stale || self.format != FormatArg::Table;
        let history = match needs_history {
            true => session.history(repository.as_ref(), &tracker)?,
            false => None,
        };
        session.say_unreadable(&store);
        let found: Vec<(&Stored, Standing)> = store
            .items()
            .iter()
            .map(|stored| (stored, standing(stored, &tracker, history.as_ref(), session.today)))
            .filter(|(stored, standing)| self.wants(stored, standing))
            .collect();
        match self.format {
            FormatArg::Table => {
                let text = table(&found);
                session.print(text)?;
                session.print(format_args!("{}\n", plural(found.len(), "item")))?;
            }
            FormatArg::Json => {
                let items: Vec<Value> = found
                    .iter()
                    .map(|(stored, standing)| with_derived(stored, standing))
                    .collect::<Result<_>>()?;
                session.print(format_args!("{:#}\n", Value::Array(items)))?;
            }
            FormatArg::Csv => {
                session.print(crate::exchange::table_csv(&found).context("writing CSV")?)?
            }
        }
        Ok(if store.unreadable() > 0 { Outcome::Diagnosed } else { Outcome::Fine })
    }

    fn wants(&self, stored: &Stored, standing: &Standing) -> bool {
        let item = &stored.item;
        let contains = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
        let owner = |part: &String| {
            item.point_of_contact.as_ref().is_some_and(|person| {
                contains(&person.name, part)
                    || person.email.as_ref().is_some_and(|email| contains(email, part))
            })
        };
        let control = |wanted: &String| {
            item.controls.iter().any(|one| {
                let one = one.to_uppercase();
                one.strip_prefix(&wanted.to_uppercase())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('('))
            })
        };
        let text = |part: &String| {
            let mut texts = [&item.weakness_description, &item.remediation_plan, &item.comments]
                .into_iter()
                .flatten();
            contains(item.id.as_str(), part)
                || contains(&item.weakness_name, part)
                || texts.any(|text| contains(text, part))
                || item.assets.iter().chain(&item.cves).any(|text| contains(text, part))
        };
        let completed = item.completion_date;
        (self.status.is_empty() || self.status.iter().any(|status| item.status == status.as_str()))
            && self.owner.as_ref().is_none_or(owner)
            && (self.risk.is_empty() || self.risk.contains(&standing.risk))
            && self.control.as_ref().is_none_or(control)
            && (!self.open || !standing.closed)
            && (!self.overdue || standing.overdue)
            && (!self.stale || standing.stale == Some(true))
            && (!self.no_owner || item.point_of_contact.is_none())
            && self.detected_before.is_none_or(|day| item.original_detection_date < day)
            && self.detected_after.is_none_or(|day| item.original_detection_date > day)
            && self.completed_before.is_none_or(|day| completed.is_some_and(|date| date < day))
            && self.completed_after.is_none_or(|day| completed.is_some_and(|date| date > day))
            && self.text.as_ref().is_none_or(text)
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

/// An item as in its file, with what is derived.
pub(super) fn with_derived(stored: &Stored, standing: &Standing) -> Result<Value> {
    let mut value = stored.value().clone();
    if let Some(map) = value.as_object_mut() {
        map.insert(
            "derived".into(),
            serde_json::to_value(standing).context("writing what is derived")?,
        );
    }
    Ok(value)
}

fn table(found: &[(&Stored, Standing)]) -> String {
    let mut table = Table::new(&["Id", "Status", "Risk", "Due", "Late#", "Owner", "Weakness"]);
    for (stored, standing) in found {
        let item = &stored.item;
        let due = if standing.closed { String::new() } else { standing.effective_due.to_string() };
        let late =
            if standing.overdue { format!("{} d", standing.days_overdue) } else { String::new() };
        let owner = item.point_of_contact.as_ref().map_or("-", |person| person.name.as_str());
        table.push([
            visible(item.id.as_str()).into_owned(),
            item.status.to_string(),
            standing.risk.to_string(),
            due,
            late,
            visible(owner).into_owned(),
            cut(&visible(&item.weakness_name)),
        ]);
    }
    table.text().join("\n") + "\n"
}
