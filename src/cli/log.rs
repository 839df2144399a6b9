use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::session::find_one;
use super::{Outcome, Session};
use crate::history::{Action, Event};
use crate::model::ItemId;
use crate::output;

/// Print what happened, from the commits: who, when, from what to what
#[derive(Debug, Args)]
pub(super) struct Log {
    /// Id of an item; everything where there is none
    id: Option<String>,
    /// Only these actions, e.g. status-changed; may be given several times
    #[arg(long, value_name = "ACTION")]
    action: Vec<Action>,
    /// Only what happened on or after this day (UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<NaiveDate>,
    /// Only what happened on or before this day (UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<NaiveDate>,
    /// Only what people did whose name or mail address contains this
    #[arg(long, value_name = "TEXT")]
    actor: Option<String>,
    /// Only this evidence family: AC, AU or CM
    #[arg(long, value_name = "FAMILY", ignore_case = true)]
    family: Option<FamilyArg>,
    /// Only what was reconstructed from a document
    #[arg(long)]
    reconstructed: bool,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: FormatArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// For people
    Table,
    /// An array of events
    Json,
    /// One event a line
    Ndjson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FamilyArg {
    Ac,
    Au,
    Cm,
}

impl Log {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let repository = session.repository()?;
        let tracker = session.tracker(Some(&repository))?;
        let history = session.history(Some(&repository), &tracker)?.unwrap_or_default();
        let id = match &self.id {
            None => None,
            // A deleted item has a history too, so the commits are asked before the files.
            Some(text) => {
                match text.parse::<ItemId>().ok().filter(|id| history.record(id).is_some()) {
                    Some(id) => Some(id),
                    None => {
                        let id = find_one(Some(&repository), &tracker, text)?.item.id;
                        session.say(format_args!(
                            "{id} has never been committed, so it has no history"
                        ));
                        Some(id)
                    }
                }
            }
        };
        // What an item did under another id is told too, and so is what another one did that once
        // had this id.
        let life: Vec<&Event> = id.iter().flat_map(|id| history.events_of(id)).collect();
        let about = |event: &&Event| {
            id.is_none()
                || event.item == id
                || life.iter().any(|other| std::ptr::eq(*other, *event))
        };
        let events = history.events.iter().filter(about).filter(|event| self.wants(event));
        match self.format {
            FormatArg::Table => {
                let events: Vec<&Event> = events.collect();
                let table = output::events(&events, id.is_none());
                session.print(table)?;
            }
            FormatArg::Ndjson => {
                for event in events {
                    let line = serde_json::to_string(event).context("writing an event")?;
                    session.print(format_args!("{line}\n"))?;
                }
            }
            FormatArg::Json => {
                let events: Vec<&Event> = events.collect();
                let text = serde_json::to_string_pretty(&events).context("writing the events")?;
                session.print(format_args!("{text}\n"))?;
            }
        }
        Ok(Outcome::Fine)
    }

    fn wants(&self, event: &Event) -> bool {
        let day = event.time.date_naive();
        let actor = |text: &String| {
            let text = text.to_lowercase();
            let mut people = event.co_actors.iter().chain([&event.actor, &event.landed_by]);
            people.any(|one| {
                one.name.to_lowercase().contains(&text) || one.email.to_lowercase().contains(&text)
            })
        };
        let family = |family: FamilyArg| {
            event.evidence_family.as_str().eq_ignore_ascii_case(match family {
                FamilyArg::Ac => "AC",
                FamilyArg::Au => "AU",
                FamilyArg::Cm => "CM",
            })
        };
        (self.action.is_empty() || self.action.contains(&event.action))
            && self.since.is_none_or(|since| since <= day)
            && self.until.is_none_or(|until| day <= until)
            && self.actor.as_ref().is_none_or(actor)
            && self.family.is_none_or(family)
            && (!self.reconstructed || event.reconstructed)
    }
}
