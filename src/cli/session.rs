//! Environment of one command: folder, day, terminal, and the loading of trackers and their
//! history.
//!
//! [`Session`] is the only place that knows the clock and the streams; it loads with the cache
//! where that is allowed.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use chrono::{NaiveDate, Utc};

use super::captured::{Capture, ResultStream};
use super::terminal::PagedOutput;
use super::{Color, Globals, progress, to_stderr};
use crate::day::{TypedDay, past_day};
use crate::diagnostic::Diagnostic;
use crate::history::{self, Actor, ExportHistory, History, HistorySource};
use crate::output::{Console, Format, OutputKind, ValidationReport};
use crate::people::People;
use crate::repository::{self, CommitId, GitError, RelPath, Repository, WriteLock, first_parents};
use crate::rules;
use crate::serve::ExpectedState;
use crate::settings::Settings;
use crate::store::{CompactItem, Store, Tracker, TrackerError};
use crate::text::visible;

/// The file in which git learns which names and addresses are one person.
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
    /// The day that `--today` names.
    pub(super) given_today: Option<NaiveDate>,
    /// The versions of items that a change was decided on, by id: blob ids of their files.
    pub(super) expected: ExpectedState,
    pub(super) quiet: bool,
    out: Console<ResultStream>,
    /// Where the program that runs the command wants its texts, instead of on the console.
    capture: Option<Capture>,
    /// Whether a result was printed: what is stated then waits until it has arrived.
    is_printed: Cell<bool>,
    said_later: RefCell<Vec<String>>,
}

impl Session {
    /// `is_paged` is whether long results go through a pager.
    pub(super) fn new(globals: &Globals, is_paged: bool) -> Result<Self> {
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
            given_today: globals.today,
            expected: ExpectedState::default(),
            quiet: globals.quiet,
            out: match is_paged && !globals.no_pager {
                true => open_pager(&globals.directory),
                false => stdout(),
            },
            capture: None,
            is_printed: Cell::new(false),
            said_later: RefCell::default(),
        })
    }

    /// A session in a folder on a day, without colours.
    pub(super) fn open(directory: &Path, today: NaiveDate) -> Result<Self> {
        let globals = Globals {
            directory: directory.to_owned(),
            today: Some(today),
            color: Color::Never,
            quiet: false,
            no_pager: true,
        };
        Self::new(&globals, false)
    }

    /// Collects what is printed instead of showing it, for a change that was decided on some
    /// versions of items.
    pub(super) fn captured(mut self, capture: &Capture, expected: ExpectedState) -> Self {
        self.out = Console::new(ResultStream::Captured(capture.clone()), true);
        self.capture = Some(capture.clone());
        self.expected = expected;
        self
    }

    /// Characters of a line on the user's terminal; none where results go elsewhere.
    pub(super) fn width(&self) -> Option<usize> {
        if self.capture.is_some() || !io::stdout().is_terminal() {
            return None;
        }
        terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
    }

    /// Returns the session for another folder.
    pub(super) fn inside(&mut self, directory: &Path) -> Result<Self> {
        self.finish()?;
        Ok(Self {
            directory: directory.to_owned(),
            today: self.today,
            color: self.color,
            given_today: self.given_today,
            expected: self.expected.clone(),
            quiet: self.quiet,
            out: match &self.capture {
                Some(capture) => Console::new(ResultStream::Captured(capture.clone()), true),
                None => stdout(),
            },
            capture: self.capture.clone(),
            is_printed: Cell::new(false),
            said_later: RefCell::default(),
        })
    }

    /// Resolves `--as-of`: a day (then the last commit of the main line up to its end, UTC), or
    /// else a revision (then the day it was committed).
    pub(super) fn moment(
        &self,
        repository: &Repository,
        text: &str,
    ) -> Result<(CommitId, NaiveDate)> {
        let day = match text.parse::<NaiveDate>() {
            Ok(day) => day,
            // A branch may have the name of a day of the week: revisions come first.
            Err(_) => match (repository.resolve_revision(text), past_day(text)) {
                (Ok(commit), _) => {
                    let time = repository.commit_time(commit)?.with_timezone(&Utc);
                    return Ok((commit, time.date_naive()));
                }
                (Err(_), Ok(typed)) => typed.resolve_on(self.today),
                (Err(error), Err(day)) if day.is_a_date() => {
                    bail!("{error}; for a day {day}")
                }
                (Err(error), Err(_)) => return Err(error.into()),
            },
        };
        let Some(head) = repository.head()? else { bail!("nothing is committed yet") };
        // Clocks differ: what was committed after a commit of a later day is later, whatever its date states.
        // Only a date that cannot be right states nothing: one in the future, with a day for time zones.
        let latest = day.max(self.today).succ_opt().unwrap_or(day);
        let mut last = None;
        for commit in repository::first_parents(repository, None, head)? {
            let landed = repository.commit_time(commit)?.with_timezone(&Utc).date_naive();
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
        let began = repository.commit_time(first)?.with_timezone(&Utc).date_naive();
        bail!(
            "nothing was committed on or before {day}: the first commit ({}) is of {began}",
            first.short()
        )
    }

    /// Returns the day that `--as-of` asks for: the day itself, or that of a revision.
    pub(super) fn asked_day(
        &self,
        repository: &Repository,
        as_of: Option<&str>,
    ) -> Option<NaiveDate> {
        self.moment(repository, as_of?).ok().map(|(_, day)| day)
    }

    /// Returns the source of the history for `--as-of`: an auditor relies on a tag, so only the
    /// commits count for it.
    pub(super) fn source_as_of(
        repository: &Repository,
        as_of: Option<&str>,
    ) -> Result<HistorySource> {
        let Some(name) = as_of else { return Ok(HistorySource::Cache) };
        let name = name.strip_prefix("refs/tags/").or(name.strip_prefix("tags/")).unwrap_or(name);
        // `v1^{commit}` and `v1~0` name what the tag names.
        let name = name.split(['^', '~', '@', ':']).next().unwrap_or(name);
        Ok(match repository.find_tag(name)? {
            Some(_) => HistorySource::Commits,
            None => HistorySource::Cache,
        })
    }

    /// The day that was typed, else today.
    pub(super) fn day_or_today(&self, typed: Option<TypedDay>) -> NaiveDate {
        typed.map_or(self.today, |day| day.resolve_on(self.today))
    }

    /// Prints a result for people; commands of CI runners in it are neutralised.
    pub(super) fn print(&mut self, text: impl fmt::Display) -> Result<()> {
        self.print_as(OutputKind::Text, text)
    }

    /// Prints a result in JSON.
    pub(super) fn print_json(&mut self, text: impl fmt::Display) -> Result<()> {
        self.print_as(OutputKind::Json, text)
    }

    /// Prints a result of some kind.
    pub(super) fn print_as(&mut self, content: OutputKind, text: impl fmt::Display) -> Result<()> {
        self.begin_result(content);
        write!(self.out, "{text}").context("writing the result")
    }

    /// Prints a result of some kind piece by piece.
    pub(super) fn stream<T, E>(
        &mut self,
        content: OutputKind,
        write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin_result(content);
        write(&mut self.out)
    }

    /// States something beside the result.
    pub(super) fn say(&self, text: impl fmt::Display) {
        if self.quiet {
            return;
        }
        // Later messages are printed below the result, and not beside a pager.
        match self.is_printed.get() && self.capture.is_none() {
            true => self.said_later.borrow_mut().push(text.to_string()),
            false => self.add_message(&text),
        }
    }

    /// Returns whether only results and errors are asked for.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Prepares for a result of some kind.
    fn begin_result(&mut self, content: OutputKind) {
        progress::clear_line();
        self.is_printed.set(true);
        self.out.set_content(content);
    }

    /// States which command may come next to people at a terminal, and to nobody else.
    pub(super) fn hint(&self, command: &str) {
        if self.capture.is_none() && io::stderr().is_terminal() && io::stdout().is_terminal() {
            self.say_next(command);
        }
    }

    /// Ends the output: waits for the pager, then states what had to wait for it.
    pub(super) fn close(&mut self) -> Result<()> {
        progress::clear_line();
        let written = self.out.flush().and_then(|()| self.out.stream_mut().close());
        for text in self.said_later.take() {
            self.add_message(&text);
        }
        written.context("writing the result")
    }

    fn add_message(&self, text: &dyn fmt::Display) {
        match &self.capture {
            Some(capture) => capture.add_message(text),
            None => to_stderr(text),
        }
    }

    /// States which command comes next.
    pub(super) fn say_next(&self, command: &str) {
        self.say(format_args!("next: {}", visible(command)));
    }

    /// States what prevented part of the work, asked to be quiet or not.
    pub(super) fn complain(&self, text: impl fmt::Display) {
        self.add_message(&format_args!("error: {text}"));
    }

    /// Makes sure that everything printed has arrived.
    pub(super) fn finish(&mut self) -> Result<()> {
        let written = self.out.flush();
        self.is_printed.set(false);
        for text in self.said_later.take() {
            self.add_message(&text);
        }
        written.context("writing the result")
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
    pub(super) fn open_repository(&self) -> Result<Repository> {
        Ok(Repository::open(&self.directory)?)
    }

    /// Keeps other commands from changing the repository as long as the lock lives, and undoes what
    /// a command has left half done that was killed.
    pub(super) fn lock(&self, repository: &Repository) -> Result<WriteLock> {
        let lock = repository::lock(repository)?;
        self.say_undone(lock.undone());
        Ok(lock)
    }

    /// States which files of a killed command were put back.
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
            TrackerError::Settings(diagnostics) => {
                SettingsErrors(self.explain_all(diagnostics)).into()
            }
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
        let found = tracker.read_commit(repository, commit).map_err(|error| match error {
            TrackerError::Settings(diagnostics) => {
                SettingsErrors(self.explain_all(diagnostics)).into()
            }
            other => anyhow::Error::from(other),
        });
        found.with_context(doing)
    }

    /// An error that lists what is wrong with settings, if anything is.
    pub(super) fn refuse_settings(&self, wrong: Vec<Diagnostic>) -> Result<()> {
        if wrong.is_empty() { Ok(()) } else { Err(SettingsErrors(self.explain_all(wrong)).into()) }
    }

    fn explain_all(&self, diagnostics: Vec<Diagnostic>) -> String {
        let report = ValidationReport { diagnostics, ..ValidationReport::default() };
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
        match tracker.read_staged(repository, index.as_deref()) {
            Ok(Some(staged)) => Ok(Some(staged)),
            Ok(None) => bail!("{} is not staged: `git add` it first", crate::settings::FILE),
            Err(TrackerError::Settings(wrong)) => {
                Err(SettingsErrors(self.explain_all(wrong)).into())
            }
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
        progress::begin("reading the history");
        let folder = tracker.items_folder();
        Ok(match source {
            HistorySource::Commits => history::read(repository, commit, &tracker.prefix, &folder)?,
            HistorySource::Cache => {
                history::read_cached(repository, commit, &tracker.prefix, &folder)?
            }
        })
    }

    /// Collects the people of the work tree: see [`Session::people_at`].
    pub(super) fn people(
        &self,
        repository: Option<&Repository>,
        settings: &Settings,
    ) -> Result<People> {
        self.people_at(repository, settings, None, None)
    }

    /// Collects the people: from the settings, and from the mail map of a base and of a head, which
    /// is the work tree where no commit is given. Who would commit what is not committed yet is
    /// among them where git knows it.
    pub(super) fn people_at(
        &self,
        repository: Option<&Repository>,
        settings: &Settings,
        base: Option<CommitId>,
        head: Option<CommitId>,
    ) -> Result<People> {
        let Some(repository) = repository else {
            return Ok(People::new([], &settings.people, None));
        };
        let mut maps = Vec::new();
        if head.is_none()
            && let Ok(top) = repository.workdir()
        {
            let path = top.join(MAIL_MAP);
            // Git follows no link there either.
            let plain = path.symlink_metadata().is_ok_and(|it| it.is_file() && it.len() <= LONGEST);
            if let Some(bytes) = plain.then(|| std::fs::read(&path).ok()).flatten() {
                maps.push(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        // A branch that removes a line of the map makes two people of nobody.
        for commit in [base, head].into_iter().flatten() {
            if let Some(bytes) = repository.read_file(commit, MAIL_MAP)? {
                maps.push(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        let author = repository.author().ok();
        let author = author.map(|it| Actor { name: it.name.clone(), email: it.email.clone() });
        Ok(People::new(maps.iter().map(String::as_str), &settings.people, author))
    }

    /// The items of a commit and what the commits state up to it, read side by side.
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
            run_beside(load, || self.history_at(repository, tracker, commit, source));
        Ok((store?, history?))
    }

    /// Loads the tree as compact items with the history that exports need. Of a large tracker they
    /// are read one after the other: what is needed to read the history is gone then before the
    /// items are read.
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
        let (store, history) = run_beside(move || tracker.texts_at(&again, commit), brief);
        Ok((store?, history?))
    }

    /// The items of the work tree and, where it is asked for, what the commits state up to the head,
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
        let (store, history) = run_beside(load, || self.history(repository, tracker));
        Ok((store, history?))
    }

    /// Returns the history up to a commit: that of the head without later events, where the commit
    /// is on its main line, else read again.
    pub(super) fn history_before(
        &self,
        repository: &Repository,
        tracker: &Tracker,
        history: &History,
        commit: CommitId,
    ) -> Result<History> {
        let Some(head) = history.head else { return Ok(history.clone()) };
        match first_parents(repository, Some(commit), head) {
            Ok(since) => Ok(history.without_commits(&since)),
            Err(GitError::NotOnLine { .. }) => {
                self.history_at(repository, tracker, commit, HistorySource::Cache)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// States which files could not be read, so that no list is silently short.
    pub(super) fn say_unreadable(&self, store: &Store) {
        for diagnostic in store.diagnostics() {
            let start = diagnostic.label.start;
            let path = visible(&diagnostic.label.path);
            let message = visible(&diagnostic.message);
            self.say(format_args!("warning: {path}:{}:{}: {message}", start.line, start.column));
        }
        if store.unreadable() > 0 {
            let files = crate::text::plural(store.unreadable(), "file");
            self.say(format_args!(
                "warning: {files} could not be read as items; `poam validate` says more"
            ));
        }
    }
}

/// Standard output, where results go.
fn stdout() -> Console<ResultStream> {
    let stream = io::stdout();
    let is_terminal = stream.is_terminal();
    Console::new(ResultStream::Stdout(stream), is_terminal)
}

/// A pager in front of standard output, where it is a terminal and the user has one.
fn open_pager(directory: &Path) -> Console<ResultStream> {
    match PagedOutput::open(directory) {
        Some(paged) => Console::new(ResultStream::Paged(Box::new(paged)), true),
        None => stdout(),
    }
}

/// Does one thing in a thread of its own and the other one here.
fn run_beside<A: Send, B>(there: impl FnOnce() -> A + Send, here: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let there = scope.spawn(there);
        let here = here();
        (there.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), here)
    })
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
