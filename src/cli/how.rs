use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::guard::refuse_errors;
use super::session::{find_item, find_items};
use super::{Outcome, Session, TextOrJson};
use crate::change::{Change, Options, apply};
use crate::filter::Filter;
use crate::model::{Item, is_blank};
use crate::nearest::nearest;
use crate::output::{diff, few, plural, visible};
use crate::repository::{Author, CommitId, GitError, IndexEntry, Repository, recover};
use crate::rules;
use crate::settings::Settings;
use crate::standing::Standing;
use crate::store::{Store, Stored, Tracker};

/// A text that somebody gives for the record: blank ones say nothing.
pub(super) fn said(text: &str) -> Result<String, String> {
    if is_blank(text) {
        return Err("it says nothing: give a text, or leave it out".to_owned());
    }
    Ok(text.to_owned())
}

/// How a change is made; the same for every command that changes items.
#[derive(Debug, Args)]
pub(super) struct How {
    /// Print the change as a diff and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the file and leave the commit to you
    #[arg(long)]
    no_commit: bool,
    /// Go on although the file has uncommitted changes; they become part of the commit
    #[arg(long)]
    allow_dirty: bool,
    /// Who made the change, if not you as git knows you; you are still who commits it
    #[arg(long, value_name = "NAME <MAIL>", conflicts_with = "no_commit")]
    author: Option<Author>,
    /// How to print what was done; `json` is a line for each item: item, commit, changed, and with
    /// --dry-run the diff
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// Which items a command changes, beside their ids.
#[derive(Debug, Args)]
pub(super) struct Where {
    /// Instead of ids: all items for which this holds, such as `status=open risk>=high overdue`;
    /// `poam list --where FILTER` shows which these are
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<String>,
}

impl Where {
    /// Whether a filter was given.
    pub(super) fn is_filter(&self) -> bool {
        self.filter.is_some()
    }
}

/// The words of a command that names items and then one thing of them.
#[derive(Debug)]
pub(super) struct Words<T> {
    /// The ids.
    pub(super) ids: Vec<String>,
    /// What stood behind them; nothing where it is missing.
    pub(super) last: Option<T>,
}

/// What a command that changes items works on. Other items than the addressed ones are read only
/// when somebody asks for them.
pub(super) struct Bench {
    pub(super) repository: Repository,
    pub(super) tracker: Tracker,
    /// What git's index holds of the files that were looked up.
    tracked: Vec<IndexEntry>,
}

impl Bench {
    pub(super) fn of(session: &Session) -> Result<Self> {
        let repository = session.repository()?;
        session.say_undone(&recover(&repository)?);
        let tracker = session.tracker(Some(&repository))?;
        Ok(Self { repository, tracker, tracked: Vec::new() })
    }

    /// The items with these ids, each once.
    pub(super) fn items(&mut self, ids: &[String]) -> Result<Vec<Stored>> {
        let found = find_items(Some(&self.repository), &self.tracker, ids)?;
        for (at, (id, stored)) in ids.iter().zip(&found.items).enumerate() {
            if found.items.iter().take(at).any(|other| other.item.id == stored.item.id) {
                bail!("{} is named twice", visible(id));
            }
        }
        self.tracked.extend(found.tracked);
        Ok(found.items)
    }
}

impl Bench {
    /// The items that are named or for which a filter holds; says which these are.
    pub(super) fn meant(
        &mut self,
        session: &Session,
        ids: &[String],
        meant: &Where,
    ) -> Result<Vec<Stored>> {
        let Some(text) = &meant.filter else {
            if ids.is_empty() {
                bail!("which item? give an ID, or --where FILTER (`poam list` shows all ids)");
            }
            return self.items(ids);
        };
        if !ids.is_empty() {
            bail!("name items or say --where, not both");
        }
        let settings = &self.tracker.settings;
        let filter = Filter::parse(text, &settings.workflow, session.today)?;
        let history = match filter.needs_history() {
            true => session.history(Some(&self.repository), &self.tracker)?,
            false => None,
        };
        let store = self.tracker.load_all(Some(&self.repository))?;
        session.say_unreadable(&store);
        check_names(session, &filter, &store, settings)?;
        let holds = |stored: &&Stored| {
            let standing = Standing::of(stored, settings, history.as_ref(), session.today);
            filter.wants(&stored.item, &standing)
        };
        let found: Vec<&Stored> = store.items().iter().filter(holds).collect();
        if found.is_empty() {
            bail!("no item matches `{}`", visible(text));
        }
        let names: Vec<_> = found.iter().map(|stored| stored.item.id.as_str()).collect();
        session.say(format_args!("{}: {}", plural(found.len(), "item"), few(&names)));
        // An id that stands in two files is an error here too.
        names.iter().map(|id| find_item(&store, id).cloned()).collect()
    }
}

impl Bench {
    /// Splits the words of a command into the ids of items and the one thing behind them, which may be
    /// several words (`In Progress`). `read` tells which words are such a thing; `noun` names it where
    /// no id can look like one.
    ///
    /// The last word is an error of `read` where it is neither an item nor such a thing: nothing is
    /// taken for something that it is not.
    pub(super) fn split<T>(
        &self,
        words: Vec<String>,
        meant: &Where,
        noun: Option<&str>,
        read: impl Fn(&str) -> Result<T>,
    ) -> Result<Words<T>> {
        const MOST_WORDS: usize = 3;
        for count in (1..=MOST_WORDS.min(words.len())).rev() {
            let (ids, tail) = words.split_at(words.len() - count);
            let tail = tail.join(" ");
            let Ok(thing) = read(&tail) else { continue };
            let other = ids.iter().find(|id| read(id).is_ok() && !self.is_item(id));
            if let (Some(noun), Some(other)) = (noun, other) {
                bail!(
                    "`{}` and `{}`: give one {noun}, after the IDs",
                    visible(other),
                    visible(&tail)
                );
            }
            if !ids.is_empty() || meant.is_filter() {
                return Ok(Words { ids: ids.to_vec(), last: Some(thing) });
            }
            if !self.is_item(&tail) {
                bail!(
                    "`{}` of which item? give an ID before it, or --where FILTER",
                    visible(&tail)
                );
            }
        }
        match words.last() {
            Some(last) if meant.is_filter() => read(last).map(|thing| Words {
                ids: words.iter().take(words.len() - 1).cloned().collect(),
                last: Some(thing),
            }),
            // An item, or one that is mistyped.
            Some(last) if words.len() == 1 || self.is_item(last) => {
                Ok(Words { ids: words, last: None })
            }
            Some(last) => read(last).map(|thing| Words { ids: Vec::new(), last: Some(thing) }),
            None => Ok(Words { ids: words, last: None }),
        }
    }

    /// Whether a word is the id of an item.
    pub(super) fn is_item(&self, word: &str) -> bool {
        find_items(Some(&self.repository), &self.tracker, &[word.to_owned()]).is_ok()
    }
}

/// Refuses a filter that asks for something that is not there.
pub(super) fn check_names(
    session: &Session,
    filter: &Filter,
    store: &Store,
    settings: &Settings,
) -> Result<()> {
    let items: Vec<&Item> = store.items().iter().map(|stored| &stored.item).collect();
    filter.check_names(&items, &settings.people, rules::is_control)?;
    for owner in filter.owners_of_nothing(&items) {
        let names = items.iter().filter_map(|item| item.point_of_contact.as_ref());
        let near = nearest(owner, names.map(|person| person.name.as_str()));
        let near = near.map(|near| format!("; did you mean `{}`?", visible(near)));
        session.say(format_args!(
            "warning: no item has the owner `{}`{}",
            visible(owner),
            near.unwrap_or_default()
        ));
    }
    Ok(())
}

impl How {
    /// Whom to ask for what is missing.
    pub(super) fn ask(&self) -> Ask {
        Ask::if_possible(self.format == TextOrJson::Text)
    }

    /// The name of who makes the change.
    pub(super) fn author_name(&self, repository: &Repository) -> Result<String, GitError> {
        match &self.author {
            Some(author) => Ok(author.name.clone()),
            None => repository.author_name(),
        }
    }

    /// Whether the change is made at all.
    pub(super) fn writes(&self) -> bool {
        !self.dry_run
    }

    /// Whether the change becomes a commit.
    pub(super) fn commits(&self) -> bool {
        !self.dry_run && !self.no_commit
    }

    /// Prints or makes changes, all of them in one commit or none, and says what was done.
    pub(super) fn carry_out(
        &self,
        session: &mut Session,
        bench: &Bench,
        changes: &[Change],
    ) -> Result<Outcome> {
        refuse_errors(session, bench, changes, self.author.as_ref())?;
        if self.dry_run {
            for change in changes {
                let path = change.document.path();
                let diff = diff(path, change.before.text(), change.document.text());
                match self.format {
                    TextOrJson::Json => {
                        let mut done = done(change, None);
                        done.insert("diff".to_owned(), diff.into());
                        session.print_json(format_args!("{}\n", Value::from(done)))?;
                    }
                    TextOrJson::Text => session.print(diff)?,
                }
            }
            return Ok(Outcome::Fine);
        }
        let options = Options {
            no_commit: self.no_commit,
            allow_dirty: self.allow_dirty,
            author: self.author.as_ref(),
            tracked: &bench.tracked,
        };
        let commit = apply(&bench.repository, changes, options)?.commit;
        if commit.is_some() {
            session.warn_if_detached(&bench.repository);
        }
        for change in changes {
            match self.format {
                TextOrJson::Json => {
                    let done = Value::from(done(change, commit));
                    session.print_json(format_args!("{done}\n"))?;
                }
                TextOrJson::Text => {
                    session.print(format_args!("{}\n", visible(&change.subject)))?
                }
            }
        }
        if self.format == TextOrJson::Text {
            match commit {
                Some(commit) => session.print(format_args!("committed as {}\n", commit.short()))?,
                None => {
                    for change in changes {
                        session.print(format_args!(
                            "not committed: {}\n",
                            visible(change.document.path())
                        ))?;
                    }
                }
            }
        }
        Ok(Outcome::Fine)
    }
}

/// What was done to an item, or would be.
fn done(change: &Change, commit: Option<CommitId>) -> Map<String, Value> {
    let id = change.document.to_value().get("id").cloned();
    let commit = commit.map(|commit| commit.to_string());
    Map::from_iter([
        ("item".to_owned(), json!(id)),
        ("commit".to_owned(), json!(commit)),
        ("changed".to_owned(), json!(change.changed)),
    ])
}
