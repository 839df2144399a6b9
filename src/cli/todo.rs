use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::{Outcome, Session, TextOrJson};
use crate::filter::names_person;
use crate::model::Person;
use crate::nearest::nearest;
use crate::output::{plural, visible};
use crate::people::People;
use crate::store::Store;
use crate::todo::{TaskList, Urgency};

/// The word for the person that git knows as the user.
const ME: &str = "me";

/// List what people have to do now and in the next days, with the command for each task
///
/// Tasks are: items and milestones that are late or due, vendor check-ins, reviews of accepted risks
/// and of quiet items, ends of deferrals, deviations that wait for a decision, items without an
/// owner.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  poam todo --owner me\n  poam todo --owner \"Jane Doe\" --days 7\n  poam todo --format json"
)]
pub(super) struct Todo {
    /// Only items whose owner's name or email contains this; `me` is you as git knows you
    #[arg(long, value_name = "NAME|me")]
    owner: Option<String>,
    /// List tasks that are due within this many days [default: warn_days of poam.yaml, or 14]
    #[arg(long, value_name = "N")]
    days: Option<u32>,
    /// Show at most this many tasks of each urgency; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// How to print; JSON has all tasks
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl Todo {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let repository = session.find_repository()?;
        let tracker = session.tracker(repository.as_ref())?;
        let (store, history) = session.work_tree(repository.as_ref(), &tracker, true)?;
        session.say_unreadable(&store);
        let settings = &tracker.settings;
        let days = self.days.unwrap_or(settings.warn_days);
        let mut list = TaskList::of(&store, settings, history.as_ref(), session.today, days);
        let all = list.tasks.len();
        if let Some(name) = &self.owner {
            let people = session.people(repository.as_ref(), settings, None)?;
            let owner = Owner::find(name, &people, &store, &settings.people)?;
            list.retain_owners(&store, |person| owner.is(person, &people));
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
                session.print(list.text(limit, session.color))?;
                let late = list.count(Urgency::Late);
                session.say(format_args!("{}, {late} late", plural(list.tasks.len(), "task")));
            }
        }
        Ok(if store.unreadable() > 0 { Outcome::Diagnosed } else { Outcome::Fine })
    }
}

/// The owner that is asked for.
enum Owner<'a> {
    /// The user, as git knows him.
    Me,
    /// Everybody whose name or address contains this.
    Named(&'a str),
}

impl<'a> Owner<'a> {
    /// Reads a name; an error where nobody is called so.
    fn find(name: &'a str, people: &People, store: &Store, listed: &[Person]) -> Result<Self> {
        if name.eq_ignore_ascii_case(ME) {
            if people.author.is_none() {
                bail!(
                    "git does not know who you are: `git config user.name NAME` and `git config \
                     user.email MAIL`, or give a name instead of `me`"
                );
            }
            return Ok(Self::Me);
        }
        let owners =
            store.items().iter().filter_map(|stored| stored.item.point_of_contact.as_ref());
        let known: Vec<&Person> = owners.chain(listed).collect();
        if known.iter().any(|person| names_person(person, name)) {
            return Ok(Self::Named(name));
        }
        let near = nearest(name, known.iter().map(|person| person.name.as_str()));
        let near = near.map(|near| format!("; did you mean `{}`?", visible(near)));
        bail!("nobody here is called `{}`{}", visible(name), near.unwrap_or_default())
    }

    fn is(&self, person: &Person, people: &People) -> bool {
        match self {
            Self::Me => {
                people.author.as_ref().is_some_and(|author| people.is_actor(person, author))
            }
            Self::Named(name) => names_person(person, name),
        }
    }
}
