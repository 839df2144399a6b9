//! One system of a portfolio, read at its commit: items, history, numbers.

use chrono::NaiveDate;

use super::source::{OpenedSystem, SystemError};
use crate::diagnostic::Level;
use crate::history::{self, History};
use crate::intake;
use crate::people::People;
use crate::repository::GitError;
use crate::rules::{self, Context};
use crate::snapshot::{self, Manifest};
use crate::store::{Store, Tracker};
use crate::summary::Summary;

/// The file that maps names and addresses to persons for git.
const MAIL_MAP: &str = ".mailmap";

/// Bytes of a mail map that are read at most.
const LONGEST_MAIL_MAP: u64 = 1 << 20;

/// A system as its commit has it, with its numbers on a day: those of `poam summary`
/// in a clean clone of it.
pub struct SystemReading {
    /// The settings.
    pub tracker: Tracker,
    /// The items.
    pub store: Store,
    /// Events by the commits.
    pub history: History,
    /// The numbers.
    pub summary: Summary,
    /// The submissions that were frozen, by name.
    pub snapshots: Vec<Manifest>,
}

/// Number of diagnostics by level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DiagnosticCount {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
}

impl SystemReading {
    /// Reads a system.
    pub fn read(system: &OpenedSystem, today: NaiveDate) -> Result<Self, SystemError> {
        let tracker = system.tracker()?;
        let (repository, commit) = (&system.repository, system.commit);
        let folder = tracker.items_folder();
        let again = repository.opener().open()?;
        let (store, history) = std::thread::scope(|scope| {
            let items = &tracker;
            let store = scope.spawn(move || items.load_at(&again, commit));
            let history = history::read_cached(repository, commit, &tracker.prefix, &folder);
            let store = store.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (store, history)
        });
        let (store, history) = (store?, history?);
        let snapshots: Vec<Manifest> = snapshot::list(repository, &tracker.prefix)?
            .into_iter()
            .filter_map(|(_, read)| read.ok())
            .collect();
        let settings = &tracker.settings;
        let name = Some(commit.to_string());
        let summary = Summary::compute(&store, settings, Some(&history), today, name);
        let records = intake::load_records_at(&tracker, repository, commit)
            .map_err(|error| SystemError::Record(error.to_string()))?;
        let summary = summary
            .with_scans(intake::scan_overview(&store, settings, &records, today))
            .with_submissions(snapshots.iter().map(Manifest::submission).collect());
        Ok(Self { tracker, store, history, summary, snapshots })
    }

    /// Counts the diagnostics of the rules about the system.
    pub fn check(
        &self,
        system: &OpenedSystem,
        today: NaiveDate,
    ) -> Result<DiagnosticCount, GitError> {
        let settings = &self.tracker.settings;
        let (repository, commit) = (&system.repository, system.commit);
        let map = repository.read_file_up_to(commit, MAIL_MAP, LONGEST_MAIL_MAP);
        let map = match map {
            Err(GitError::TooLarge { .. }) => None,
            other => other?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        };
        let people = People::new(map.as_deref(), &settings.people, None);
        let newest = || self.snapshots.iter().map(|manifest| manifest.date).max();
        let context = Context {
            store: &self.store,
            settings,
            today,
            history: Some(&self.history),
            people: &people,
            reported: settings.vdr_adopted.and_then(|_| newest()),
        };
        let found = rules::check(&context, None).diagnostics;
        let count = |level| found.iter().filter(|one| one.level == level).count();
        Ok(DiagnosticCount { errors: count(Level::Error), warnings: count(Level::Warning) })
    }
}
