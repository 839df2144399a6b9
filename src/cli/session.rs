use std::fmt;
use std::io::{self, IsTerminal as _, Stdout, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use chrono::{NaiveDate, Utc};

use super::{Color, Globals, to_stderr};
use crate::day::TypedDay;
use crate::diagnostic::Diagnostic;
use crate::history::{self, Actor, ExportHistory, History, HistorySource};
use crate::model::ItemId;
use crate::nearest::nearest;
use crate::output::{Console, Content, Format, Report, visible};
use crate::people::People;
use crate::repository::{
    self, CommitId, GitError, HiddenMark, IndexEntry, RelPath, Repository, WriteLock, first_parents,
};
use crate::rules;
use crate::settings::Settings;
use crate::store::{CompactItem, Store, Stored, Tracker, TrackerError};

/// The file in which git is told which names and addresses are one person.
const MAIL_MAP: &str = ".mailmap";

/// Bytes of a mail map that are read at most.
const LONGEST: u64 = 1 << 20;

/// The world of one command: where it works, which day it is, where it prints.
pub(super) struct Session {
    /// The folder it works in.
    pub(super) directory: PathBuf,
    /// The day that counts as today.
    pub(super) today: NaiveDate,
    /// Whether results are coloured.
    pub(super) color: bool,
    quiet: bool,
    out: Console<Stdout>,
}

impl Session {
    pub(super) fn new(globals: &Globals) -> Result<Self> {
        let color = match globals.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
            }
        };
        if !globals.directory.is_dir() {
            bail!("{} is not a folder", globals.directory.display());
        }
        Ok(Self {
            directory: globals.directory.clone(),
            today: globals.today.unwrap_or_else(|| Utc::now().date_naive()),
            color,
            quiet: globals.quiet,
            out: stdout(),
        })
    }

    /// Characters of a line on the user's terminal; none where results go elsewhere.
    pub(super) fn width(&self) -> Option<usize> {
        if !io::stdout().is_terminal() {
            return None;
        }
        terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
    }

    /// The same session in another folder.
    pub(super) fn inside(&mut self, directory: &Path) -> Result<Self> {
        self.finish()?;
        Ok(Self {
            directory: directory.to_owned(),
            today: self.today,
            color: self.color,
            quiet: self.quiet,
            out: stdout(),
        })
    }

    /// What `--as-of` names: a day (then the last commit of the main line up to its end, UTC), or
    /// else a revision (then the day it was committed).
    pub(super) fn moment(
        &self,
        repository: &Repository,
        text: &str,
    ) -> Result<(CommitId, NaiveDate)> {
        let day = match text.parse::<NaiveDate>() {
            Ok(day) => day,
            // A branch may have the name of a day of the week: revisions come first.
            Err(_) => match (repository.resolve(text), text.parse::<TypedDay>()) {
                (Ok(commit), _) => {
                    let time = repository.committed(commit)?.with_timezone(&Utc);
                    return Ok((commit, time.date_naive()));
                }
                (Err(_), Ok(typed)) => typed.on(self.today),
                (Err(error), Err(day)) if day.is_a_date() => {
                    bail!("{error}; for a day {day}")
                }
                (Err(error), Err(_)) => return Err(error.into()),
            },
        };
        let Some(head) = repository.head()? else { bail!("nothing is committed yet") };
        // Clocks differ: what landed after a commit of a later day is later, whatever its date says.
        // Only a date that cannot be right says nothing: one in the future, with a day for time zones.
        let latest = day.max(self.today).succ_opt().unwrap_or(day);
        let mut last = None;
        for commit in repository::first_parents(repository, None, head)? {
            let landed = repository.committed(commit)?.with_timezone(&Utc).date_naive();
            if landed > latest {
                continue;
            }
            if landed > day {
                break;
            }
            last = Some(commit);
        }
        if let Some(commit) = last {
            return Ok((commit, day));
        }
        let first = repository::first_parents(repository, None, head)?.into_iter().next();
        let Some(first) = first else { bail!("nothing was committed on or before {day}") };
        let began = repository.committed(first)?.with_timezone(&Utc).date_naive();
        bail!(
            "nothing was committed on or before {day}: the first commit ({}) is of {began}",
            first.short()
        )
    }

    /// What the history is read from for `--as-of`: a tag is what an auditor goes by, so nothing
    /// but the commits counts for it.
    pub(super) fn source_as_of(
        repository: &Repository,
        as_of: Option<&str>,
    ) -> Result<HistorySource> {
        let Some(name) = as_of else { return Ok(HistorySource::Cache) };
        let name = name.strip_prefix("refs/tags/").or(name.strip_prefix("tags/")).unwrap_or(name);
        // `v1^{commit}` and `v1~0` name what the tag names.
        let name = name.split(['^', '~', '@', ':']).next().unwrap_or(name);
        Ok(match repository.tag(name)? {
            Some(_) => HistorySource::Commits,
            None => HistorySource::Cache,
        })
    }

    /// The day that was typed, else today.
    pub(super) fn day_or_today(&self, typed: Option<TypedDay>) -> NaiveDate {
        typed.map_or(self.today, |day| day.on(self.today))
    }

    /// Prints a result for people; commands of CI runners in it are neutralised.
    pub(super) fn print(&mut self, text: impl fmt::Display) -> Result<()> {
        self.print_as(Content::Text, text)
    }

    /// Prints a result in JSON.
    pub(super) fn print_json(&mut self, text: impl fmt::Display) -> Result<()> {
        self.print_as(Content::Json, text)
    }

    /// Prints a result of some kind.
    pub(super) fn print_as(&mut self, content: Content, text: impl fmt::Display) -> Result<()> {
        self.out.set_content(content);
        write!(self.out, "{text}").context("writing the result")
    }

    /// Prints a result of some kind piece by piece.
    pub(super) fn stream<T, E>(
        &mut self,
        content: Content,
        write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, E>,
    ) -> Result<T, E> {
        self.out.set_content(content);
        write(&mut self.out)
    }

    /// Says something beside the result.
    pub(super) fn say(&self, text: impl fmt::Display) {
        if !self.quiet {
            to_stderr(&text);
        }
    }

    /// Says what stood in the way of part of the work, asked to be quiet or not.
    pub(super) fn complain(&self, text: impl fmt::Display) {
        to_stderr(&format_args!("error: {text}"));
    }

    /// Makes sure that everything printed has arrived.
    pub(super) fn finish(&mut self) -> Result<()> {
        self.out.flush().context("writing the result")
    }

    /// The repository, where there is one.
    pub(super) fn find_repository(&self) -> Result<Option<Repository>> {
        match Repository::open(&self.directory) {
            Ok(repository) => Ok(Some(repository)),
            Err(GitError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The repository; an error where there is none.
    pub(super) fn repository(&self) -> Result<Repository> {
        Ok(Repository::open(&self.directory)?)
    }

    /// Keeps other commands from changing the repository as long as the lock lives, and undoes what
    /// a command has left half done that was killed.
    pub(super) fn lock(&self, repository: &Repository) -> Result<WriteLock> {
        let lock = repository::lock(repository)?;
        self.say_undone(lock.undone());
        Ok(lock)
    }

    /// Says which files of a killed command were put back.
    pub(super) fn say_undone(&self, paths: &[RelPath]) {
        for path in paths {
            self.say(format_args!(
                "a command that was stopped half-way is undone: {} is as it was",
                visible(path.as_str())
            ));
        }
    }

    /// The tracker, with settings that hold.
    pub(super) fn tracker(&self, repository: Option<&Repository>) -> Result<Tracker> {
        let top = repository.and_then(|repository| repository.workdir().ok());
        let tracker = Tracker::find(&self.directory, top).map_err(|error| match error {
            TrackerError::Settings(diagnostics) => SettingsErrors(self.explain(diagnostics)).into(),
            other => anyhow::Error::from(other),
        })?;
        self.refuse_settings(rules::check_settings(&tracker.settings))?;
        Ok(tracker)
    }

    /// The tracker as a commit has it; `None` where it has none.
    pub(super) fn tracker_at(
        &self,
        repository: &Repository,
        tracker: &Tracker,
        commit: CommitId,
    ) -> Result<Option<Tracker>> {
        let doing = || format!("reading the settings of {}", commit.short());
        let found = tracker.at(repository, commit).map_err(|error| match error {
            TrackerError::Settings(diagnostics) => SettingsErrors(self.explain(diagnostics)).into(),
            other => anyhow::Error::from(other),
        });
        found.with_context(doing)
    }

    /// An error that lists what is wrong with settings, if anything is.
    pub(super) fn refuse_settings(&self, wrong: Vec<Diagnostic>) -> Result<()> {
        if wrong.is_empty() { Ok(()) } else { Err(SettingsErrors(self.explain(wrong)).into()) }
    }

    fn explain(&self, diagnostics: Vec<Diagnostic>) -> String {
        let report = Report { diagnostics, ..Report::default() };
        let text = report.render(Format::Text, self.color);
        text.trim_end()
            .rsplit_once("\n\n")
            .map_or_else(String::new, |(errors, _)| errors.to_owned())
    }

    /// The tracker and its items as the next commit will have them, where that is asked for or a hook
    /// of git runs this program; `None` where the work tree counts.
    pub(super) fn staged(
        &self,
        repository: Option<&Repository>,
        tracker: &Tracker,
        asked: bool,
    ) -> Result<Option<(Tracker, Store)>> {
        let index = Repository::index_of_hook();
        let Some(repository) = repository.filter(|_| asked || index.is_some()) else {
            return Ok(None);
        };
        match tracker.staged(repository, index.as_deref()) {
            Ok(Some(staged)) => Ok(Some(staged)),
            Ok(None) => bail!("{} is not staged: `git add` it first", crate::settings::FILE),
            Err(TrackerError::Settings(wrong)) => Err(SettingsErrors(self.explain(wrong)).into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Warns where no branch has what was just committed.
    pub(super) fn warn_if_detached(&self, repository: &Repository) {
        if repository.is_detached() {
            self.say(
                "warning: HEAD is detached, so no branch has this commit and the next checkout leaves \
                 it behind: `git switch -c NAME` keeps it on a new branch",
            );
        }
    }

    /// The history of the tracker at the head; `None` without a repository or a commit.
    pub(super) fn history(
        &self,
        repository: Option<&Repository>,
        tracker: &Tracker,
    ) -> Result<Option<History>> {
        let Some(repository) = repository else { return Ok(None) };
        let Some(head) = repository.head()? else { return Ok(None) };
        self.history_at(repository, tracker, head, HistorySource::Cache).map(Some)
    }

    /// The history of the tracker at a commit.
    pub(super) fn history_at(
        &self,
        repository: &Repository,
        tracker: &Tracker,
        commit: CommitId,
        source: HistorySource,
    ) -> Result<History> {
        let folder = tracker.items_folder();
        Ok(match source {
            HistorySource::Commits => history::read(repository, commit, &tracker.prefix, &folder)?,
            HistorySource::Cache => {
                history::read_cached(repository, commit, &tracker.prefix, &folder)?
            }
        })
    }

    /// Who is who: what the mail map of the work tree and that of a base say, and the people of the
    /// settings. With a base or without, who would commit what is not committed yet is known where
    /// git knows it.
    pub(super) fn people(
        &self,
        repository: Option<&Repository>,
        settings: &Settings,
        base: Option<CommitId>,
    ) -> Result<People> {
        let Some(repository) = repository else {
            return Ok(People::new([], &settings.people, None));
        };
        let mut maps = Vec::new();
        if let Ok(top) = repository.workdir() {
            let path = top.join(MAIL_MAP);
            // Git follows no link there either.
            let plain = path.symlink_metadata().is_ok_and(|it| it.is_file() && it.len() <= LONGEST);
            if let Some(bytes) = plain.then(|| std::fs::read(&path).ok()).flatten() {
                maps.push(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        // A branch that removes a line of the map makes two people of nobody.
        if let Some(base) = base
            && let Some(bytes) = repository.read_file(base, MAIL_MAP)?
        {
            maps.push(String::from_utf8_lossy(&bytes).into_owned());
        }
        let author = repository.author().ok();
        let author = author.map(|it| Actor { name: it.name.clone(), email: it.email.clone() });
        Ok(People::new(maps.iter().map(String::as_str), &settings.people, author))
    }

    /// The items of a commit and what the commits say up to it, read side by side.
    pub(super) fn tree_at(
        &self,
        repository: &Repository,
        tracker: &Tracker,
        commit: CommitId,
        source: HistorySource,
    ) -> Result<(Store, History)> {
        let again = repository.opener().open()?;
        let load = move || tracker.load_at(&again, commit);
        let (store, history) =
            beside(load, || self.history_at(repository, tracker, commit, source));
        Ok((store?, history?))
    }

    /// The same as texts and in brief. Of a large tracker they are read one after the other: what is
    /// needed to read the history is gone then before the items are read.
    pub(super) fn brief_tree_at(
        &self,
        repository: &Repository,
        tracker: &Tracker,
        commit: CommitId,
        source: HistorySource,
    ) -> Result<(Store<CompactItem>, ExportHistory)> {
        let folder = tracker.items_folder();
        let large = tracker.is_large_at(repository, commit)?;
        let prefix = &tracker.prefix;
        let brief = || history::read_export_history(repository, commit, prefix, &folder, source);
        if large {
            let history = brief()?;
            repository.release_objects()?;
            let store = tracker.texts_at(repository, commit)?;
            repository.release_objects()?;
            return Ok((store, history));
        }
        let again = repository.opener().open()?;
        let (store, history) = beside(move || tracker.texts_at(&again, commit), brief);
        Ok((store?, history?))
    }

    /// The items of the work tree and, where it is asked for, what the commits say up to the head,
    /// read side by side.
    pub(super) fn work_tree(
        &self,
        repository: Option<&Repository>,
        tracker: &Tracker,
        with_history: bool,
    ) -> Result<(Store, Option<History>)> {
        if !with_history {
            return Ok((tracker.load_all(repository)?, None));
        }
        let left_out = tracker.left_out(repository)?;
        let load = || tracker.load_with(left_out);
        let (store, history) = beside(load, || self.history(repository, tracker));
        Ok((store, history?))
    }

    /// What the history of the head was at a commit: the same without what landed since, where the
    /// commit is on the main line of the head, else read anew.
    pub(super) fn history_before(
        &self,
        repository: &Repository,
        tracker: &Tracker,
        history: &History,
        commit: CommitId,
    ) -> Result<History> {
        let Some(head) = history.head else { return Ok(history.clone()) };
        match first_parents(repository, Some(commit), head) {
            Ok(since) => Ok(history.without(&since)),
            Err(GitError::NotOnLine { .. }) => {
                self.history_at(repository, tracker, commit, HistorySource::Cache)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Says which files could not be read, so that no list is silently short.
    pub(super) fn say_unreadable(&self, store: &Store) {
        for diagnostic in store.diagnostics() {
            let start = diagnostic.label.start;
            let path = visible(&diagnostic.label.path);
            let message = visible(&diagnostic.message);
            self.say(format_args!("warning: {path}:{}:{}: {message}", start.line, start.column));
        }
        if store.unreadable() > 0 {
            let files = crate::output::plural(store.unreadable(), "file");
            self.say(format_args!(
                "warning: {files} could not be read as items; `poam validate` says more"
            ));
        }
    }
}

/// Standard output, where results go.
fn stdout() -> Console<Stdout> {
    let stream = io::stdout();
    let is_terminal = stream.is_terminal();
    Console::new(stream, is_terminal)
}

/// Does one thing in a thread of its own and the other one here.
fn beside<A: Send, B>(there: impl FnOnce() -> A + Send, here: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let there = scope.spawn(there);
        let here = here();
        (there.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), here)
    })
}

/// Items that were looked up.
#[derive(Default)]
pub(super) struct FoundItems {
    /// In the order of the ids.
    pub(super) items: Vec<Stored>,
    /// What git's index holds of files of their names.
    pub(super) tracked: Vec<IndexEntry>,
}

/// The items with these ids, to change them: an item that a sparse checkout leaves out is refused.
pub(super) fn find_items(
    repository: Option<&Repository>,
    tracker: &Tracker,
    ids: &[String],
) -> Result<FoundItems> {
    let mut found = look_up(repository, tracker, ids)?;
    if found.items.len() < ids.len() {
        refuse_left_out(tracker, &found.tracked)?;
        found.items = load_found(repository, tracker, ids)?;
    }
    Ok(found)
}

/// Looks items up by their ids. A file that is named after its item, as nearly all are, is found
/// without reading others. Finds fewer items where that does not tell.
fn look_up(
    repository: Option<&Repository>,
    tracker: &Tracker,
    ids: &[String],
) -> Result<FoundItems> {
    let mut found = FoundItems::default();
    if let Some(repository) = repository.filter(|_| ids.len() <= LOOKED_UP) {
        let known: Vec<ItemId> = ids.iter().filter_map(|text| text.parse().ok()).collect();
        let names: Vec<String> = known.iter().map(Tracker::file_name).collect();
        found.tracked = repository.tracked_as(&tracker.items_folder(), &names)?;
        let looked_up = known.iter().map_while(|id| tracker.look_up(id, &found.tracked));
        found.items = looked_up.collect();
    }
    Ok(found)
}

/// Loads everything and finds the items with these ids in it.
fn load_found(
    repository: Option<&Repository>,
    tracker: &Tracker,
    ids: &[String],
) -> Result<Vec<Stored>> {
    let store = tracker.load_all(repository)?;
    ids.iter().map(|id| find_item(&store, id).cloned()).collect()
}

/// Refuses files that a sparse checkout leaves out.
fn refuse_left_out(tracker: &Tracker, tracked: &[IndexEntry]) -> Result<()> {
    for tracked in tracked {
        let there =
            tracker.root.join(tracked.path.strip_prefix(&tracker.prefix).unwrap_or_default());
        if tracked.hidden == Some(HiddenMark::SkipWorktree) && there.symlink_metadata().is_err() {
            let path = visible(&tracked.path);
            bail!(
                "{path} is not checked out here (a sparse checkout); `git sparse-checkout disable` \
                 brings back what was left out"
            );
        }
    }
    Ok(())
}

/// The item with this id, to read it; one that a sparse checkout leaves out is read from the index.
pub(super) fn find_one(
    repository: Option<&Repository>,
    tracker: &Tracker,
    id: &str,
) -> Result<Stored> {
    let ids = [id.to_owned()];
    let mut items = look_up(repository, tracker, &ids)?.items;
    if items.is_empty() {
        items = load_found(repository, tracker, &ids)?;
    }
    items.pop().with_context(|| format!("no item has the id `{}`", visible(id)))
}

/// So many items are looked up one by one; of more, everything is read.
const LOOKED_UP: usize = 100;

/// The item with an id as a person typed it; an error that names a near one.
pub(super) fn find_item<'a>(store: &'a Store, text: &str) -> Result<&'a Stored> {
    let id: ItemId = text.parse().with_context(|| format!("`{}` is not an id", visible(text)))?;
    let mut found = store.with_id(&id);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => {
            bail!("{id} stands in two files, {} and {}: mend that first", one.path(), other.path())
        }
        (None, _) => {
            let unreadable = store
                .diagnostics()
                .iter()
                .find(|it| it.label.path.ends_with(&format!("/{}.yaml", id.file_stem())));
            if let Some(diagnostic) = unreadable {
                let (path, start) = (&diagnostic.label.path, diagnostic.label.start);
                bail!("{path}:{}:{}: {}", start.line, start.column, diagnostic.message);
            }
            let ids: Vec<&str> = store.ids().map(ItemId::as_str).collect();
            match nearest(text, ids) {
                Some(near) => bail!("no item has the id `{id}`: did you mean `{near}`?"),
                None => bail!("no item has the id `{id}`; `poam list` shows all"),
            }
        }
    }
}

/// The places and reasons why the settings do not hold.
#[derive(Debug)]
struct SettingsErrors(String);

impl fmt::Display for SettingsErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the settings have errors\n\n{}", self.0)
    }
}

impl std::error::Error for SettingsErrors {}
