//! Arguments and steps that all commands share which change items.
//!
//! Finds the items that are named or match a filter, asks for missing values, and passes the
//! planned changes to `change::apply`.

use std::cell::OnceCell;

use anyhow::{Result, bail};
use chrono::NaiveDate;
use clap::Args;
use serde_json::{Map, Value, json};

use super::ask::AskMode;
use super::captured::check_version;
use super::guard::refuse_errors;
use super::item_lookup::{FoundItems, find_item, find_items, is_file_named};
use super::{CommandOutcome, Session, TextOrJson, progress};
use crate::change::{Change, Options, apply};
use crate::filter::Filter;
use crate::model::{Item, Person, is_blank, is_placeholder};
use crate::nearest::nearest;
use crate::output::unified_diff;
use crate::people::{People, person_or_named, suggest_listed};
use crate::repository::{Author, CommitId, GitError, IndexEntry, Repository, recover};
use crate::rules;
use crate::serve::ExpectedState;
use crate::settings::Settings;
use crate::standing::Standing;
use crate::store::{Store, Stored, Tracker};
use crate::text::{few, plural, visible};
use crate::todo::next_command;

/// A text that somebody gives for the record: blank ones state nothing.
pub(super) fn parse_text(text: &str) -> Result<String, String> {
    if is_blank(text) {
        return Err("the value is blank; give a text or omit the option".to_owned());
    }
    Ok(text.to_owned())
}

/// An owner that somebody asks for: a blank one is nobody's name.
pub(super) fn parse_owner(text: &str) -> Result<String, String> {
    if is_blank(text) {
        return Err(
            "the value is blank; give a name, or ask for items without an owner with `poam list --no-owner`"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// A reason or rationale that somebody gives for the record: blank ones and placeholders state nothing.
pub(super) fn parse_reason(text: &str) -> Result<String, String> {
    let text = parse_text(text)?;
    if is_placeholder(&text) {
        return Err("it gives no reason; write why, in a few words".to_owned());
    }
    Ok(text)
}

/// Options of a change, shared by all commands that change items.
#[derive(Debug, Args)]
pub(super) struct ChangeArgs {
    /// Print the change as a diff and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the file and leave the commit to you
    #[arg(long)]
    no_commit: bool,
    /// Go on although the file has uncommitted changes; they become part of the commit
    #[arg(long)]
    allow_dirty: bool,
    /// Leave out items that cannot be changed, and say why; without it one of them stops all
    #[arg(long)]
    skip: bool,
    /// Author of the change, if not you as git knows you; you are still the committer
    #[arg(long, value_name = "NAME <MAIL>", conflicts_with = "no_commit")]
    author: Option<Author>,
    /// Output format; `json` is a line for each item: item, commit, changed, and with --dry-run the
    /// diff
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// Refused items that an error names.
const SHOWN_REFUSALS: usize = 10;

/// Returns a text of several lines, safe to show, further lines indented.
fn visible_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(visible).collect();
    lines.join("\n  ")
}

/// Which items a command changes, beside their ids.
#[derive(Debug, Args)]
pub(super) struct ItemSelector {
    /// Apply to all items that match FILTER instead of listing IDs, such as `status=open risk>=high
    /// overdue`; `poam list --where FILTER` shows which these are
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<String>,
}

impl ItemSelector {
    /// Returns whether a filter was given.
    pub(super) fn is_filter(&self) -> bool {
        self.filter.is_some()
    }
}

/// The words of a command that names items and then one thing of them.
#[derive(Debug)]
pub(super) struct ItemsAndLast<T> {
    /// The ids.
    pub(super) ids: Vec<String>,
    /// Word behind them; nothing where it is missing.
    pub(super) last: Option<T>,
}

/// Data that a command needs to change items. Other items than the addressed ones are read only
/// when somebody asks for them.
pub(super) struct ChangeContext {
    pub(super) repository: Repository,
    pub(super) tracker: Tracker,
    /// Entries of git's index for the files that were looked up.
    tracked: Vec<IndexEntry>,
    /// All items, once somebody asked for them.
    all: OnceCell<Store>,
    /// The state that the change was decided on.
    expected: ExpectedState,
}

impl ChangeContext {
    pub(super) fn open(session: &Session) -> Result<Self> {
        let repository = session.open_repository()?;
        session.say_undone(&recover(&repository)?);
        let tracker = session.tracker(Some(&repository))?;
        let expected = session.expected.clone();
        Ok(Self { repository, tracker, tracked: Vec::new(), all: OnceCell::new(), expected })
    }

    /// All items as they were when somebody first asked for them.
    fn load_all(&self) -> Result<&Store> {
        if let Some(store) = self.all.get() {
            return Ok(store);
        }
        let store = self.tracker.load_all(Some(&self.repository))?;
        Ok(self.all.get_or_init(|| store))
    }

    fn look_up(&self, ids: &[String]) -> Result<FoundItems> {
        find_items(Some(&self.repository), &self.tracker, ids, || self.load_all())
    }

    /// The items with these ids, each once.
    pub(super) fn find_items(&mut self, ids: &[String]) -> Result<Vec<Stored>> {
        let found = self.look_up(ids)?;
        for (at, (id, stored)) in ids.iter().zip(&found.items).enumerate() {
            if found.items.iter().take(at).any(|other| other.item.id == stored.item.id) {
                bail!("{} is named twice", visible(id));
            }
            check_version(stored, &self.expected)?;
        }
        self.tracked.extend(found.tracked);
        Ok(found.items)
    }
}

impl ChangeContext {
    /// The items that are named or for which a filter holds; states which these are.
    pub(super) fn find_meant(
        &mut self,
        session: &Session,
        ids: &[String],
        meant: &ItemSelector,
    ) -> Result<Vec<Stored>> {
        let Some(text) = &meant.filter else {
            if ids.is_empty() {
                bail!("which item? give an ID, or --where FILTER (`poam list` shows all ids)");
            }
            return self.find_items(ids);
        };
        if !ids.is_empty() {
            bail!("name items or say --where, not both");
        }
        let settings = &self.tracker.settings;
        let mut filter = Filter::parse(text, &settings.workflow, session.today)?;
        let history = match filter.needs_history() {
            true => session.history(Some(&self.repository), &self.tracker)?,
            false => None,
        };
        let store = self.load_all()?;
        session.say_unreadable(store);
        replace_me(session, Some(&self.repository), &mut filter, store, &self.tracker)?;
        check_names(session, &filter, store, settings)?;
        let holds = |stored: &&Stored| {
            let standing = Standing::compute(stored, settings, history.as_ref(), session.today);
            filter.is_match(&stored.item, &standing)
        };
        let mut found: Vec<&Stored> = store.items().iter().filter(holds).collect();
        // As in `poam list`: what is closed has to be asked for.
        let workflow = &settings.workflow;
        let is_closed = |stored: &&Stored| workflow.is_closed(&stored.item.status);
        let closed = found.iter().filter(|stored| is_closed(stored)).count();
        if !filter.asks_for_closed() {
            found.retain(|stored| !is_closed(stored));
            if closed > 0 {
                session.say(format_args!(
                    "left out: {}; `{} status=closed` means these",
                    plural(closed, "closed item"),
                    visible(text)
                ));
            }
        }
        if found.is_empty() {
            bail!("no item matches `{}`", visible(text));
        }
        let names: Vec<_> = found.iter().map(|stored| stored.item.id.as_str()).collect();
        session.say(format_args!("{}: {}", plural(found.len(), "item"), few(&names)));
        // An id that is in two files is an error here too.
        names.iter().map(|id| find_item(store, id).cloned()).collect()
    }
}

impl ChangeContext {
    /// Splits the words of a command into the ids of items and the one thing behind them, which may be
    /// several words (`In Progress`). `read` shows which words are such a thing; `noun` names it where
    /// no id can look like one.
    ///
    /// The last word is an error of `read` where it is neither an item nor such a thing: nothing is
    /// taken for something that it is not.
    pub(super) fn split<T>(
        &self,
        words: Vec<String>,
        meant: &ItemSelector,
        noun: Option<&str>,
        read: impl Fn(&str) -> Result<T>,
    ) -> Result<ItemsAndLast<T>> {
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
                return Ok(ItemsAndLast { ids: ids.to_vec(), last: Some(thing) });
            }
            if !self.is_item(&tail) {
                bail!(
                    "`{}` of which item? give an ID before it, or --where FILTER",
                    visible(&tail)
                );
            }
        }
        match words.last() {
            Some(last) if meant.is_filter() => read(last).map(|thing| ItemsAndLast {
                ids: words.iter().take(words.len() - 1).cloned().collect(),
                last: Some(thing),
            }),
            // An item, or one that is mistyped.
            Some(last) if words.len() == 1 || self.is_item(last) => {
                Ok(ItemsAndLast { ids: words, last: None })
            }
            Some(last) => {
                read(last).map(|thing| ItemsAndLast { ids: Vec::new(), last: Some(thing) })
            }
            None => Ok(ItemsAndLast { ids: words, last: None }),
        }
    }

    /// A person by name, with what the settings state of it.
    pub(super) fn find_person(&self, name: String) -> Person {
        person_or_named(&self.tracker.settings.people, name)
    }

    /// Refuses references of evidence that are ids of items: they were meant as items.
    pub(super) fn refuse_items_as_evidence(&self, references: &[String]) -> Result<()> {
        // An edit of one item reads no others for this; what was read already is asked.
        let is_id = |word: &&String| match self.all.get() {
            Some(store) => store.ids().any(|id| id.as_str() == **word),
            None => is_file_named(&self.repository, &self.tracker, word),
        };
        match references.iter().find(is_id) {
            Some(id) => bail!(
                "`{}` is an item, not evidence: give the items first, then the references",
                visible(id)
            ),
            None => Ok(()),
        }
    }

    /// Returns whether a word is the id of an item.
    pub(super) fn is_item(&self, word: &str) -> bool {
        self.look_up(&[word.to_owned()]).is_ok()
    }
}

/// Replaces the owner `me` of a filter by the owners who are the user, as git knows them.
pub(super) fn replace_me(
    session: &Session,
    repository: Option<&Repository>,
    filter: &mut Filter,
    store: &Store,
    tracker: &Tracker,
) -> Result<()> {
    if !filter.asks_for_me() {
        return Ok(());
    }
    let people = session.people(repository, &tracker.settings)?;
    let Some(author) = &people.author else { bail!("{}", UNKNOWN_USER) };
    let owners = store.items().iter().filter_map(|stored| stored.item.point_of_contact.as_ref());
    let mut mine: Vec<Person> =
        owners.filter(|person| people.is_actor(person, author)).cloned().collect();
    mine.sort();
    mine.dedup();
    if mine.is_empty()
        && let Some(unknown) = unknown_author(&people, store, &tracker.settings)
    {
        session.say(format_args!("warning: {unknown}"));
    }
    filter.replace_me(&mine);
    Ok(())
}

/// Explains that the user is nobody whom the tracker names, and who is probably meant; nothing where the user is.
pub(super) fn unknown_author(
    people: &People,
    store: &Store,
    settings: &Settings,
) -> Option<String> {
    let author = people.author.as_ref()?;
    let named = named_people(store, settings);
    if named.iter().any(|person| people.is_actor(person, author)) {
        return None;
    }
    let near = suggest_listed(&named, author);
    let near = near.map(|near| format!("; did you mean `{}`?", visible(&near.name)));
    Some(format!(
        "you are `{} <{}>` for git, whom no item and no entry of `people:` names{}",
        visible(&author.name),
        visible(&author.email),
        near.unwrap_or_default()
    ))
}

/// Everybody whom items and settings name as somebody who acts, each once.
pub(super) fn named_people(store: &Store, settings: &Settings) -> Vec<Person> {
    let mut people: Vec<Person> = settings.people.clone();
    let review = &settings.review;
    let names = review.escalate_to.iter().chain(&review.reviewer);
    people.extend(names.map(|name| Person::named(name.as_str())));
    for item in store.items().iter().map(|stored| &stored.item) {
        people.extend(item.point_of_contact.clone());
        people.extend(item.milestones.iter().filter_map(|it| it.owner.as_deref().cloned()));
        people.extend(item.review.iter().map(|review| Person::named(review.by.as_str())));
    }
    people.sort();
    people.dedup();
    people
}

/// The error where the user is asked for and git does not know him.
pub(super) const UNKNOWN_USER: &str = "git does not know who you are: `git config user.name NAME` and \
    `git config user.email MAIL`, or give a name instead of `me`";

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

impl ChangeArgs {
    /// Returns the way to ask for missing values.
    pub(super) fn ask_mode(&self) -> AskMode {
        AskMode::if_possible(self.format == TextOrJson::Text)
    }

    /// The name of who makes the change.
    pub(super) fn author_name(&self, repository: &Repository) -> Result<String, GitError> {
        match &self.author {
            Some(author) => Ok(author.name.clone()),
            None => repository.author_name(),
        }
    }

    /// Returns whether the change is made at all.
    pub(super) fn is_writing(&self) -> bool {
        !self.dry_run
    }

    /// Returns whether the change becomes a commit.
    pub(super) fn is_committing(&self) -> bool {
        !self.dry_run && !self.no_commit
    }

    /// Returns whether the result is printed as JSON.
    pub(super) fn is_json(&self) -> bool {
        self.format == TextOrJson::Json
    }

    /// Plans the change of each item. Items that cannot be changed are left out with `--skip`; else they are
    /// an error that names all of them.
    pub(super) fn plan_each(
        &self,
        session: &Session,
        items: &[Stored],
        mut plan: impl FnMut(&Stored) -> Result<Change>,
    ) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        let mut refused = Vec::new();
        for stored in items {
            match plan(stored) {
                Ok(change) => changes.push(change),
                Err(error) if items.len() == 1 => return Err(error),
                Err(error) => refused.push(error),
            }
        }
        if refused.is_empty() {
            return Ok(changes);
        }
        let mut list = String::new();
        for error in refused.iter().take(SHOWN_REFUSALS) {
            list.push_str(&format!("\n  - {}", visible_lines(&error.to_string())));
        }
        if refused.len() > SHOWN_REFUSALS {
            list.push_str(&format!("\n  and {} more", refused.len() - SHOWN_REFUSALS));
        }
        let count = format!("{} of {}", refused.len(), plural(items.len(), "item"));
        if changes.is_empty() {
            bail!("none of {} can be changed{list}", plural(items.len(), "item"));
        }
        if !self.skip {
            bail!("nothing was changed: {count} cannot be changed (--skip leaves them out){list}");
        }
        session.say(format_args!("skipped: {count}{list}"));
        Ok(changes)
    }

    /// Prints or makes changes, all of them in one commit or none, and says what was done and what
    /// comes next.
    pub(super) fn carry_out(
        &self,
        session: &mut Session,
        bench: &ChangeContext,
        changes: &[Change],
    ) -> Result<CommandOutcome> {
        let outcome = self.carry_out_alone(session, bench, changes)?;
        if self.is_writing() && self.format == TextOrJson::Text {
            session.say_next(&next_after(changes, bench, session.today, self.no_commit));
        }
        Ok(outcome)
    }

    /// Carries out the changes for a command that prints itself what comes next.
    pub(super) fn carry_out_alone(
        &self,
        session: &mut Session,
        bench: &ChangeContext,
        changes: &[Change],
    ) -> Result<CommandOutcome> {
        refuse_errors(session, bench, changes, self.author.as_ref())?;
        // A signature may ask for a passphrase on the terminal.
        progress::clear_line();
        if self.dry_run {
            for change in changes {
                let path = change.document.path();
                let diff = unified_diff(path, change.before.text(), change.document.text());
                match self.format {
                    TextOrJson::Json => {
                        let mut done = change_json(change, None);
                        done.insert("diff".to_owned(), diff.into());
                        session.print_json(format_args!("{}\n", Value::from(done)))?;
                    }
                    TextOrJson::Text => session.print(diff)?,
                }
            }
            return Ok(CommandOutcome::Fine);
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
                    let done = Value::from(change_json(change, commit));
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
        Ok(CommandOutcome::Fine)
    }
}

/// The command that follows changes: for one item its next step, for several how to take them back.
fn next_after(
    changes: &[Change],
    bench: &ChangeContext,
    today: NaiveDate,
    no_commit: bool,
) -> String {
    match changes {
        _ if no_commit => "git diff, then git commit".to_owned(),
        [change] => match Stored::from_document(change.document.clone()) {
            Ok(stored) => next_command(&stored, &bench.tracker.settings, today),
            Err(_) => "poam todo".to_owned(),
        },
        _ => "poam todo; `poam undo` takes this commit back".to_owned(),
    }
}

/// Builds the JSON of a change that was made, or would be.
fn change_json(change: &Change, commit: Option<CommitId>) -> Map<String, Value> {
    let id = change.document.to_value().get("id").cloned();
    let commit = commit.map(|commit| commit.to_string());
    Map::from_iter([
        ("item".to_owned(), json!(id)),
        ("commit".to_owned(), json!(commit)),
        ("changed".to_owned(), json!(change.changed)),
    ])
}
