//! `poam todo`: lists the tasks of a person or of all.

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::how::{UNKNOWN_USER, named_people, parse_owner, unknown_author};
use super::{CommandOutcome, Session, TextOrJson};
use crate::filter::names_person;
use crate::model::Person;
use crate::nearest::nearest;
use crate::people::People;
use crate::settings::Settings;
use crate::store::Store;
use crate::text::{plural, visible};
use crate::todo::{TaskList, Urgency};

/// The word for the person that git knows as the user.
const ME: &str = "me";

/// List what people have to do now and in the next days, with the command for each task
///
/// Tasks are: items and milestones that are late or due, steps of reviews, vendor check-ins, reviews
/// of accepted risks and of quiet items, ends of deferrals, deviations that wait for a decision,
/// items without an owner. The review of a quiet item is a part of the work that is due anyway.
#[derive(Debug, Args)]
pub(super) struct TodoArgs {
    /// Only what people have to do whose name or email contains this; `me` is you as git knows you
    #[arg(long, value_name = "NAME|me", value_parser = parse_owner)]
    owner: Option<String>,
    /// List tasks that are due within this many days [default: warn_days of poam.yaml, or 14]
    #[arg(long, value_name = "N")]
    days: Option<u32>,
    /// Show at most this many tasks of each urgency; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Output format; JSON has all tasks
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl TodoArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.find_repository()?;
        let tracker = session.tracker(repository.as_ref())?;
        let (store, history) = session.work_tree(repository.as_ref(), &tracker, true)?;
        session.say_unreadable(&store);
        let settings = &tracker.settings;
        let days = self.days.unwrap_or(settings.warn_days);
        let mut list =
            TaskList::derive_tasks(&store, settings, history.as_ref(), session.today, days);
        let all = list.tasks.len();
        if let Some(name) = &self.owner {
            let people = session.people(repository.as_ref(), settings)?;
            let owner = OwnerFilter::find(name, &people, &store, settings)?;
            list.retain_people(&store, |person| owner.is_same(person, &people));
        }
        match self.format {
            TextOrJson::Json => {
                let text = serde_json::to_string_pretty(&list).context("writing JSON")?;
                session.print_json(format_args!("{text}\n"))?;
            }
            TextOrJson::Text if list.tasks.is_empty() => {
                session.print(format_args!("nothing to do until {}\n", list.until))?;
                if all > 0 {
                    session.say(format_args!("others have {}: `poam todo`", plural(all, "task")));
                }
            }
            TextOrJson::Text => {
                let limit = if self.limit == 0 { usize::MAX } else { self.limit };
                session.print(list.render_text(limit, session.color))?;
                let late = list.count_urgency(Urgency::Late);
                session.say(format_args!("{}, {late} late", plural(list.tasks.len(), "task")));
            }
        }
        Ok(if store.unreadable() > 0 { CommandOutcome::Diagnosed } else { CommandOutcome::Fine })
    }
}

/// The owner that is asked for.
enum OwnerFilter<'a> {
    /// The user, as git knows him.
    Me,
    /// Everybody whose name or address contains this.
    Named(&'a str),
}

impl<'a> OwnerFilter<'a> {
    /// Reads a name; an error where nobody is called so.
    fn find(name: &'a str, people: &People, store: &Store, settings: &Settings) -> Result<Self> {
        if name.eq_ignore_ascii_case(ME) {
            if people.author.is_none() {
                bail!("{UNKNOWN_USER}");
            }
            if let Some(unknown) = unknown_author(people, store, settings) {
                bail!("{unknown}");
            }
            return Ok(Self::Me);
        }
        let named = named_people(store, settings);
        let known: Vec<&Person> = named.iter().collect();
        if known.iter().any(|person| names_person(person, name)) {
            return Ok(Self::Named(name));
        }
        let near = nearest(name, known.iter().map(|person| person.name.as_str()));
        let near = near.map(|near| format!("; did you mean `{}`?", visible(near)));
        bail!("nobody here is called `{}`{}", visible(name), near.unwrap_or_default())
    }

    fn is_same(&self, person: &Person, people: &People) -> bool {
        match self {
            Self::Me => {
                people.author.as_ref().is_some_and(|author| people.is_actor(person, author))
            }
            Self::Named(name) => names_person(person, name),
        }
    }
}
