//! `poam log`: prints the audit log, filtered by item, person, time or control family.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::how::parse_text;
use super::item_lookup::find_one;
use super::{CommandOutcome, Session};
use crate::day::{TypedDay, past_day};
use crate::exchange::events_csv;
use crate::history::{
    Action, Actor, Event, Family, History, HistorySource, PrintedEvent, check_signatures,
    each_event,
};
use crate::model::{ItemId, normalize_look};
use crate::nearest::nearest;
use crate::output::{self, OutputKind};
use crate::repository::{CommitId, Repository};
use crate::store::Tracker;
use crate::text::visible;

/// Print what happened, from the commits: who, when, from what to what
#[derive(Debug, Args)]
pub(super) struct LogArgs {
    /// Id of an item; everything where there is none
    id: Option<String>,
    /// Only these actions, e.g. status-changed; may be given several times
    #[arg(long, value_name = "ACTION")]
    action: Vec<Action>,
    /// Only what happened on or after this day (UTC)
    #[arg(long, value_name = "DATE", value_parser = past_day)]
    since: Option<TypedDay>,
    /// Only what happened on or before this day (UTC)
    #[arg(long, value_name = "DATE", value_parser = past_day)]
    until: Option<TypedDay>,
    /// Only what people did whose name or mail address contains this; who imported a document did
    /// nothing of what it tells
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
    actor: Option<String>,
    /// Only this evidence family: AC, AU or CM
    #[arg(long, value_name = "FAMILY", ignore_case = true)]
    family: Option<FamilyArg>,
    /// Only what is evidence for this practice: AU.L2-3.3.1 (CMMC) or 3.3.1 (NIST SP 800-171)
    #[arg(long, value_name = "ID", value_parser = parse_practice)]
    practice: Option<String>,
    /// Print at most the last N events
    #[arg(long, short = 'n', value_name = "N")]
    limit: Option<usize>,
    /// Newest first
    #[arg(long)]
    reverse: bool,
    /// Only what was reconstructed from a document
    #[arg(long)]
    reconstructed: bool,
    /// Check the signatures on the commits with git and the keys that you trust
    #[arg(long)]
    signatures: bool,
    /// Look at the history of this revision, or of the last commit of a day
    #[arg(long, value_name = "REV|DATE")]
    as_of: Option<String>,
    /// The days of `since` and `until`, once it is known which day is today.
    #[arg(skip)]
    days: (Option<NaiveDate>, Option<NaiveDate>),
    /// Output format; a timeline for one item, else a table
    #[arg(long, value_name = "FORMAT")]
    format: Option<LogFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people: a line for each event
    Table,
    /// For people: a paragraph for each commit, with the reason and who landed it
    Timeline,
    /// An array of events
    Json,
    /// One event a line
    Ndjson,
    /// For spreadsheets, with every field
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FamilyArg {
    Ac,
    Au,
    Cm,
}

/// A practice that events are evidence for.
fn parse_practice(name: &str) -> Result<String, String> {
    let known = || Family::ALL.into_iter().flat_map(Family::practices);
    match known().find(|practice| practice.is_named(name)) {
        Some(practice) => Ok(practice.cmmc.clone()),
        None => {
            let names: Vec<&str> = known().map(|practice| practice.cmmc.as_str()).collect();
            Err(format!("no event is evidence for it; known are {}", names.join(", ")))
        }
    }
}

impl LogArgs {
    pub(super) fn run(mut self, session: &mut Session) -> Result<CommandOutcome> {
        let day = |typed: Option<TypedDay>| typed.map(|day| day.resolve_on(session.today));
        self.days = (day(self.since), day(self.until));
        let repository = session.open_repository()?;
        let mut tracker = session.tracker(Some(&repository))?;
        let commit = match &self.as_of {
            None => repository.head()?,
            Some(text) => {
                let (commit, _) = session.moment(&repository, text)?;
                if let Some(then) = session.tracker_at(&repository, &tracker, commit)? {
                    tracker = then;
                }
                Some(commit)
            }
        };
        let source = Session::source_as_of(&repository, self.as_of.as_deref())?;
        let is_whole = self.limit.is_none() && !self.reverse;
        let all = self.id.is_none() && !self.signatures && is_whole;
        if let (true, Some(LogFormat::Ndjson), Some(commit)) = (all, self.format, commit) {
            self.stream_events(session, &repository, &tracker, (commit, source))?;
            return Ok(CommandOutcome::Fine);
        }
        let history = match commit {
            Some(commit) => session.history_at(&repository, &tracker, commit, source)?,
            None => History::default(),
        };
        let id = match &self.id {
            None => None,
            // A deleted item has a history too, so the commits are asked before the files.
            Some(text) => {
                match text.parse::<ItemId>().ok().filter(|id| history.record(id).is_some()) {
                    Some(id) => Some(id),
                    None => {
                        let id = find_one(Some(&repository), &tracker, text)?.item.id;
                        session.say(match &self.as_of {
                            None => format!("{id} has never been committed, so it has no history"),
                            Some(then) => format!("{id} has no history at {}", visible(then)),
                        });
                        Some(id)
                    }
                }
            }
        };
        // Events of an item under another id are reported too, and so are those of another one that once
        // had this id.
        let life: Vec<&Event> = id.iter().flat_map(|id| history.events_of(id)).collect();
        let about = |event: &&Event| {
            id.is_none()
                || event.item == id
                || life.iter().any(|other| std::ptr::eq(*other, *event))
        };
        self.check_actor(&tracker, &history.events)?;
        let events = history.events.iter().filter(about).filter(|event| self.wants_event(event));
        if !self.signatures {
            let events = self.choose_events(events.collect());
            self.print_events(session, id.as_ref(), &events)?;
            // The program ends, and giving back a million pieces one by one takes time.
            std::mem::forget(history);
            return Ok(CommandOutcome::Fine);
        }
        let mut events: Vec<Event> = events.cloned().collect();
        check_signatures(&repository, &mut events)?;
        let events = self.choose_events(events.iter().collect());
        self.print_events(session, id.as_ref(), &events)?;
        Ok(CommandOutcome::Fine)
    }

    /// Prints events of all items while they are read: a long history is never held in full.
    fn stream_events(
        &self,
        session: &mut Session,
        repository: &Repository,
        tracker: &Tracker,
        (commit, source): (CommitId, HistorySource),
    ) -> Result<()> {
        let mut people = self.actor.as_deref().map(|actor| ActorSearch::new(actor, tracker));
        session.stream(OutputKind::Json, |out| {
            let mut printed = Ok(());
            let each = |events: Vec<Event>| {
                people.iter_mut().for_each(|people| people.add_events(&events));
                // Where nobody takes them any longer, they are still retained.
                if printed.is_ok() {
                    let events: Vec<&Event> =
                        events.iter().filter(|event| self.wants_event(event)).collect();
                    printed = print_lines(&events, out);
                }
            };
            let folder = tracker.items_folder();
            each_event(repository, commit, &tracker.prefix, &folder, source, each)?;
            printed
        })?;
        people.map_or(Ok(()), ActorSearch::finish)
    }

    /// Refuses an actor whose name or address nobody has, who could not be distinguished from one who did nothing.
    fn check_actor(&self, tracker: &Tracker, events: &[Event]) -> Result<()> {
        let Some(actor) = &self.actor else { return Ok(()) };
        let mut people = ActorSearch::new(actor, tracker);
        people.add_events(events);
        people.finish()
    }

    /// The last events, in the order that was asked for.
    fn choose_events<'a>(&self, mut events: Vec<&'a Event>) -> Vec<&'a Event> {
        if let Some(limit) = self.limit.filter(|limit| *limit > 0) {
            events.drain(..events.len().saturating_sub(limit));
        }
        if self.reverse {
            events.reverse();
        }
        events
    }

    fn print_events(
        &self,
        session: &mut Session,
        id: Option<&ItemId>,
        events: &[&Event],
    ) -> Result<()> {
        let default = if id.is_some() { LogFormat::Timeline } else { LogFormat::Table };
        match self.format.unwrap_or(default) {
            LogFormat::Table => match session.width() {
                Some(width) => {
                    let text = output::events_within(events, id.is_none(), width, session.color);
                    session.print(text)?;
                }
                None => session.print(output::render_events(events, id.is_none()))?,
            },
            LogFormat::Timeline => {
                session.print(output::render_timeline(id, events, session.color))?
            }
            LogFormat::Csv => {
                session.print(events_csv(events).context("writing the events")?)?;
            }
            LogFormat::Ndjson => {
                session.stream(OutputKind::Json, |out| print_lines(events, out))?
            }
            LogFormat::Json => {
                let entries: Vec<PrintedEvent<'_>> =
                    events.iter().map(|event| PrintedEvent::new(event)).collect();
                let text = serde_json::to_string_pretty(&entries).context("writing the events")?;
                session.print_json(format_args!("{text}\n"))?;
            }
        }
        Ok(())
    }

    fn wants_event(&self, event: &Event) -> bool {
        let day = event.time.date_naive();
        let actor = |text: &String| {
            let text = normalize_look(text);
            people_of(event).any(|person| is_named(person, &text))
        };
        let family = |family: FamilyArg| {
            event.evidence_family.as_str().eq_ignore_ascii_case(match family {
                FamilyArg::Ac => "AC",
                FamilyArg::Au => "AU",
                FamilyArg::Cm => "CM",
            })
        };
        let practice = |name: &String| {
            event.evidence_family.practices().iter().any(|practice| practice.is_named(name))
        };
        (self.action.is_empty() || self.action.contains(&event.action))
            && self.days.0.is_none_or(|since| since <= day)
            && self.days.1.is_none_or(|until| day <= until)
            && self.actor.as_ref().is_none_or(actor)
            && self.family.is_none_or(family)
            && self.practice.as_ref().is_none_or(practice)
            && (!self.reconstructed || event.reconstructed)
    }
}

/// Everybody who did something in an event. Whoever imported a document did nothing of what it shows.
fn people_of(event: &Event) -> impl Iterator<Item = &Arc<Actor>> {
    let landed_by = Some(&event.landed_by).filter(|_| !event.reconstructed);
    event.people().chain(landed_by)
}

/// Returns whether the name or the mail address of a person contains a folded text.
fn is_named(person: &Actor, text: &str) -> bool {
    normalize_look(&person.name).contains(text) || normalize_look(&person.email).contains(text)
}

/// Looks for an actor among everybody whom the commits and the settings name.
struct ActorSearch<'a> {
    /// The text of the command line.
    text: &'a str,
    folded: String,
    is_found: bool,
    /// The names of everybody, to find near ones.
    names: BTreeSet<String>,
}

impl<'a> ActorSearch<'a> {
    fn new(text: &'a str, tracker: &Tracker) -> Self {
        let folded = normalize_look(text);
        let mut search = Self { text, folded, is_found: false, names: BTreeSet::new() };
        for person in &tracker.settings.people {
            let email = person.email.clone().unwrap_or_default();
            search.add_person(&Actor { name: person.name.clone(), email });
        }
        search
    }

    fn add_events(&mut self, events: &[Event]) {
        for event in events {
            if self.is_found {
                return;
            }
            for person in event.people().chain([&event.landed_by]) {
                self.add_person(person);
            }
        }
    }

    fn add_person(&mut self, person: &Actor) {
        self.is_found |= is_named(person, &self.folded);
        if !self.names.contains(&person.name) {
            self.names.insert(person.name.clone());
        }
    }

    /// Ends the search with an error that names near people where nobody was found.
    fn finish(self) -> Result<()> {
        if self.is_found {
            return Ok(());
        }
        let near = near_names(self.text, &self.names);
        let help = match near.as_slice() {
            [] if self.names.is_empty() => "no commit changed an item yet".to_owned(),
            [] => {
                let first: Vec<&str> = self.names.iter().map(String::as_str).take(SHOWN).collect();
                let more = if self.names.len() > SHOWN { ", …" } else { "" };
                format!("known are {}{more}", first.join(", "))
            }
            near => format!("did you mean {}?", near.join(" or ")),
        };
        bail!("nobody is known as `{}`: {}", visible(self.text), visible(&help))
    }
}

/// Names that an error lists at most.
const SHOWN: usize = 10;

/// Returns the names that are near a text in full or in one of their words, in quotes.
fn near_names(text: &str, names: &BTreeSet<String>) -> Vec<String> {
    let is_near = |name: &&String| {
        let words = name.split_whitespace().chain([name.as_str()]);
        nearest(text, words).is_some()
            || text.split_whitespace().any(|word| nearest(word, name.split_whitespace()).is_some())
    };
    names.iter().filter(is_near).take(SHOWN).map(|name| format!("`{name}`")).collect()
}

fn print_lines(events: &[&Event], out: &mut dyn Write) -> Result<()> {
    output::event_lines(events, |lines| out.write_all(lines).context("writing the result"))
}
