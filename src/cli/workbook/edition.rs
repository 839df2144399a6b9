//! Source of a workbook: a commit with its settings, items and history.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use clap::Args;

use super::layout;
use crate::cli::Session;
use crate::cli::published;
use crate::day::{TypedDay, future_day};
use crate::exchange::{self, Book, Edition, Listed, Records, is_layout_file, layout_of};
use crate::history::{ExportHistory, HistorySource};
use crate::repository::{CommitId, Repository};
use crate::store::{CompactItem, Store, Tracker};
use crate::workbook::Layout;

/// Name of the output, for messages.
const WHAT: &str = "workbook";

/// Name of the work, for messages.
const BUILDING: &str = "building the workbook";

/// Which workbook is meant.
#[derive(Debug, Default, Args)]
pub(super) struct RequestedWorkbook {
    /// Layout: 3.0, 2.1, rev4, federal, emass-navy, emass-army, emass-marines, or a file of your own (.json); by default what the settings say
    #[arg(long, value_name = "LAYOUT")]
    pub(super) template: Option<String>,
    /// Build from this revision, or the last commit of a day, instead of the last commit
    #[arg(long, value_name = "REV|DATE")]
    pub(super) as_of: Option<String>,
    /// The POA&M date in the header, instead of the day of the commit (UTC)
    #[arg(long, value_name = "DATE", value_parser = future_day)]
    pub(super) date: Option<TypedDay>,
    /// Leave closed items out
    #[arg(long)]
    pub(super) open_only: bool,
    /// Of the open items, list those that must be: findings of scanners once they are late, and all others
    #[arg(long)]
    pub(super) late_only: bool,
}

/// A commit of a tracker, read.
pub(super) struct WorkbookSource {
    pub(super) repository: Repository,
    pub(super) commit: CommitId,
    /// As the commit has it: the same commit, the same bytes.
    tracker: Tracker,
    /// As the work tree has it.
    here: Tracker,
    store: Store<CompactItem>,
    history: ExportHistory,
}

impl WorkbookSource {
    pub(super) fn open(session: &Session, asked: &RequestedWorkbook) -> Result<Self> {
        let (repository, here, commit) = published::find(session, asked.as_of.as_deref(), WHAT)?;
        Self::open_at(session, repository, here, commit)
    }

    /// Returns the tracker at another commit.
    pub(super) fn at_commit(&self, session: &Session, commit: CommitId) -> Result<Self> {
        Self::open_at(session, session.open_repository()?, self.here.clone(), commit)
    }

    fn open_at(
        session: &Session,
        repository: Repository,
        here: Tracker,
        commit: CommitId,
    ) -> Result<Self> {
        let tracker = published::tracker_of(session, &repository, &here, commit, WHAT)?;
        let (store, history) =
            session.brief_tree_at(&repository, &tracker, commit, HistorySource::Commits)?;
        published::check_complete(session, &store, WHAT)?;
        Ok(Self { repository, commit, tracker, here, store, history })
    }

    /// Reports that the work tree has more than the commit.
    pub(super) fn say_uncommitted(
        &self,
        session: &Session,
        asked: &RequestedWorkbook,
    ) -> Result<()> {
        if asked.as_of.is_some() {
            return Ok(());
        }
        published::say_uncommitted(session, &self.repository, &self.tracker, WHAT)
    }

    /// States that the workbook does not name the system.
    pub(super) fn say_unnamed_system(&self, session: &Session) {
        published::say_unnamed_system(session, &self.tracker.settings, WHAT);
    }

    /// The layout that was asked for, else that of the settings.
    pub(super) fn find_layout(
        &self,
        session: &Session,
        asked: Option<&str>,
    ) -> Result<Cow<'static, Layout>> {
        Ok(match asked {
            Some(name) if is_layout_file(name) => Cow::Owned(layout::from_disk(session, name)?),
            Some(name) => Cow::Borrowed(Layout::find_named(name)?),
            None => layout_of(&self.repository, self.commit, &self.tracker)?,
        })
    }

    /// The edition that was asked for. Nothing in it comes from the clock, unless a word like `friday` asks
    /// for that.
    pub(super) fn find_edition(&self, session: &Session, asked: &RequestedWorkbook) -> Edition {
        let date = asked.date.map(|typed| typed.resolve_on(session.today));
        let day = || session.asked_day(&self.repository, asked.as_of.as_deref());
        Edition {
            date: date.or_else(day).unwrap_or_else(|| self.commit_day()),
            open_only: asked.open_only,
            late_only: asked.late_only,
        }
    }

    /// The snapshots of the commit. They are stated and not written into the file: the digest of a
    /// snapshot is that of the workbook, which therefore cannot name the snapshot.
    pub(super) fn find_snapshots(&self) -> Result<Vec<String>> {
        let mut names = self.repository.list_tags("poam/")?;
        names.retain(|name| {
            self.repository.resolve_revision(name).is_ok_and(|it| it == self.commit)
        });
        Ok(names)
    }

    /// The day of the commit.
    pub(super) fn commit_day(&self) -> NaiveDate {
        self.history.head_time.unwrap_or_default().date_naive()
    }

    /// The workbook.
    pub(super) fn build(&self, layout: &Layout, edition: &Edition) -> Result<Book> {
        exchange::book(self.records(), layout, edition).context(BUILDING)
    }

    /// The workbook, written to where it goes.
    pub(super) fn write(
        &self,
        layout: &Layout,
        edition: &Edition,
        temporary: &Path,
        to: impl Write + Send,
    ) -> Result<Listed> {
        exchange::book_to(self.records(), layout, edition, temporary, to).context(BUILDING)
    }

    fn records(&self) -> Records<'_, CompactItem> {
        let settings = &self.tracker.settings;
        Records { store: &self.store, settings, history: &self.history }
    }

    /// Counts the commits on the main line since another one; `None` where that one is not on it.
    pub(super) fn landed_since(&self, commit: CommitId) -> Option<usize> {
        let since = crate::repository::first_parents(&self.repository, Some(commit), self.commit);
        since.ok().map(|commits| commits.len())
    }
}
