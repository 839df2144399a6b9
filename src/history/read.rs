//! Reads the history of a tracker: chunk → prepare → replay → sink.
//!
//! The first-parent history is cut into batches. Each batch is walked and prepared
//! ([`super::prepare`]), then replayed ([`super::replay`]), and the events go to a sink
//! ([`super::sink`]) that collects them into a [`History`], shortens them, or prints them. While one
//! batch is replayed the next one is prepared by another thread. The cache ([`super::cache`]) is a
//! decorator of the sink, and a place to begin from.

use std::panic::resume_unwind;
use std::sync::mpsc;

use chrono::Utc;

use super::cache::{Cache, CacheTee, Checkpoint};
use super::prepare::{BatchLimits, PreparedBatch, Preparer};
use super::record::{self, EventSummary};
use super::replay::Replayer;
use super::sink::{BATCH, EventSink, ForEachBatch};
use super::{Event, History};
use crate::repository::{CommitId, GitError, Repository, first_parents, first_parents_until};
use crate::settings;

/// An error of reading a history.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Git cannot answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A cached history was passed on in part before it turned out to be damaged.
    #[error(
        "the history cache in the git directory is damaged; what was damaged is removed: run the command again"
    )]
    Cache,
}

/// The source of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistorySource {
    /// The commits and nothing else. What an auditor relies on is read so.
    Commits,
    /// Events cached by earlier commands in the git directory, where authentic, and the commits
    /// since. The cache is renewed where that is worth it.
    Cache,
}

/// Reads the history of a tracker up to a commit, from the commits alone. `prefix` is the folder of
/// the tracker from the top of the repository, with a `/` at its end; `prefix` + `poam.yaml` are the
/// settings, `items_folder` holds the items.
pub fn read(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
) -> Result<History, HistoryError> {
    read_from(HistorySource::Commits, repository, head, prefix, items_folder)
}

/// Reads the history of a tracker up to a commit, from the cache and the commits since.
pub fn read_cached(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
) -> Result<History, HistoryError> {
    read_from(HistorySource::Cache, repository, head, prefix, items_folder)
}

fn read_from(
    source: HistorySource,
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
) -> Result<History, HistoryError> {
    let settings_path = settings_path(prefix);
    let cache = source.open(repository, prefix, items_folder);
    HistoryReader::new(repository, items_folder, &settings_path, cache.as_ref()).read_history(head)
}

/// Passes on the events of a tracker in batches, oldest first, without ever holding all of them.
///
/// # Errors
///
/// As [`read_cached`], and [`HistoryError::Cache`]: what was passed on before an error happened, but
/// is not all of it.
pub fn each_event(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
    source: HistorySource,
    each: impl FnMut(Vec<Event>) + Send,
) -> Result<(), HistoryError> {
    let settings_path = settings_path(prefix);
    let cache = source.open(repository, prefix, items_folder);
    let reader = HistoryReader::new(repository, items_folder, &settings_path, cache.as_ref());
    reader.read(head, &mut ForEachBatch { each, started: false })
}

impl HistorySource {
    /// Opens the cache where it may be used.
    pub(super) fn open(
        self,
        repository: &Repository,
        prefix: &str,
        items_folder: &str,
    ) -> Option<Cache> {
        match self {
            Self::Commits => None,
            Self::Cache => Cache::open(repository, prefix, items_folder),
        }
    }
}

pub(super) fn settings_path(prefix: &str) -> String {
    format!("{prefix}{}", settings::FILE)
}

/// Sizes of batches, and the thresholds of writing a checkpoint.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadTuning {
    pub(super) batch: BatchLimits,
    /// Ranges of fewer commits than this are prepared by the thread that replays them.
    pub(super) threads_from: usize,
    /// A checkpoint is written once so many commits came after the last one, and the margin.
    pub(super) checkpoint_every: usize,
    /// A checkpoint is so many commits before the head of a longer range: branches begin near
    /// the end of the main line, and what is before is of use to all of them.
    pub(super) margin: usize,
    /// So many changed files are worth a checkpoint in fewer commits: an import is a commit or two
    /// with thousands of files.
    pub(super) many_files: usize,
}

impl ReadTuning {
    pub(super) const USUAL: Self = Self {
        batch: BatchLimits { commits: 8192, files: 16_384, parallel_from: 64 },
        threads_from: 256,
        checkpoint_every: 32,
        margin: 64,
        many_files: 1024,
    };

    /// Decides after how many commits of a range a checkpoint is written; `None` for no one.
    /// `files` is the number of files that the first batch changed, `resumed` states whether a
    /// checkpoint lies before the range.
    fn checkpoint_after(&self, commits: usize, files: usize, resumed: bool) -> Option<usize> {
        if commits >= self.checkpoint_every + self.margin {
            Some(commits - self.margin)
        } else if files >= self.many_files || (!resumed && commits >= self.checkpoint_every) {
            Some(commits)
        } else {
            None
        }
    }
}

/// Reads the history of one tracker.
pub(super) struct HistoryReader<'a> {
    pub(super) repository: &'a Repository,
    pub(super) items_folder: &'a str,
    pub(super) settings_path: &'a str,
    pub(super) cache: Option<&'a Cache>,
    pub(super) tuning: ReadTuning,
}

/// Commits of the first-parent history that are to be replayed.
struct CommitRange {
    /// The commit before the first; none at the beginning of the history.
    since: Option<CommitId>,
    /// Oldest first.
    commits: Vec<CommitId>,
}

impl<'a> HistoryReader<'a> {
    pub(super) fn new(
        repository: &'a Repository,
        items_folder: &'a str,
        settings_path: &'a str,
        cache: Option<&'a Cache>,
    ) -> Self {
        Self { repository, items_folder, settings_path, cache, tuning: ReadTuning::USUAL }
    }

    /// Reads the history up to a commit.
    pub(super) fn read_history(&self, head: CommitId) -> Result<History, HistoryError> {
        let mut history = History::default();
        self.read(head, &mut history)?;
        history.head = Some(head);
        history.head_time = Some(self.repository.commit_time(head)?.with_timezone(&Utc));
        Ok(history)
    }

    /// Tells a sink what happened up to a commit.
    pub(super) fn read(
        &self,
        head: CommitId,
        sink: &mut dyn EventSink,
    ) -> Result<(), HistoryError> {
        if self.repository.is_shallow() {
            return Err(GitError::Shallow.into());
        }
        if let Some(cache) = self.cache {
            let cached = cache.checkpoint_commits();
            let (found, commits) =
                first_parents_until(self.repository, head, |commit| cached.contains(&commit))?;
            if let Some(since) = found
                && let Some(checkpoint) = cache.open_checkpoint(since)
            {
                let range = CommitRange { since: Some(since), commits };
                let Err(error) = self.replay_range(&range, Some(checkpoint), sink) else {
                    return Ok(());
                };
                // Authentic, and wrong: the commits decide.
                cache.remove(since);
                if !sink.reset() {
                    return Err(error);
                }
            }
        }
        let commits = first_parents(self.repository, None, head)?;
        self.replay_range(&CommitRange { since: None, commits }, None, sink)
    }

    /// Replays a range of commits, after what a checkpoint holds. Prepares the batches in another
    /// thread where there are many commits.
    fn replay_range(
        &self,
        range: &CommitRange,
        checkpoint: Option<Checkpoint>,
        sink: &mut dyn EventSink,
    ) -> Result<(), HistoryError> {
        let paths = [self.items_folder, self.settings_path];
        let (since, commits, limits) = (range.since, range.commits.as_slice(), self.tuning.batch);
        // A long range is sure to be worth a checkpoint, so it is known where a batch has to end.
        let boundary = self.tuning.checkpoint_after(commits.len(), 0, checkpoint.is_some());
        if commits.len() < self.tuning.threads_from {
            let batches = Preparer::new(self.repository, since, commits, paths, limits, boundary)?;
            return self.replay_batches(range, batches, checkpoint, sink);
        }
        let opener = self.repository.opener();
        let (sender, batches) = mpsc::sync_channel(1);
        std::thread::scope(|scope| {
            let preparing = scope.spawn(move || -> Result<(), GitError> {
                let repository = opener.open()?;
                for batch in Preparer::new(&repository, since, commits, paths, limits, boundary)? {
                    // The replay stops taking batches where it failed.
                    if sender.send(batch).is_err() {
                        break;
                    }
                }
                Ok(())
            });
            let replayed = self.replay_batches(range, batches.into_iter(), checkpoint, sink);
            let prepared = preparing.join().unwrap_or_else(|panic| resume_unwind(panic));
            prepared?;
            replayed
        })
    }

    fn replay_batches(
        &self,
        range: &CommitRange,
        mut batches: impl Iterator<Item = Result<PreparedBatch, GitError>>,
        checkpoint: Option<Checkpoint>,
        sink: &mut dyn EventSink,
    ) -> Result<(), HistoryError> {
        // Read before anything is reported: nothing is reported of what cannot be read.
        let first = batches.next().transpose()?;
        let files = first.iter().flat_map(|batch| &batch.commits).map(|it| it.files.len()).sum();
        let commits = range.commits.len();
        let end = self.tuning.checkpoint_after(commits, files, checkpoint.is_some());
        let mut tee = CacheTee::new(sink, self.cache.filter(|_| end.is_some()));
        let mut replayer = Replayer::new(self.settings_path.to_owned(), Some(self.repository));
        if let Some(checkpoint) = checkpoint {
            let needs_state = commits > 0;
            restore_checkpoint(checkpoint, needs_state.then_some(&mut replayer), &mut tee)
                .ok_or(HistoryError::Cache)?;
        }
        for batch in first.into_iter().map(Ok).chain(batches) {
            let batch = batch?;
            for commit in batch.commits {
                replayer.apply(&commit)?;
                if replayer.events.len() >= BATCH {
                    tee.accept_events(std::mem::take(&mut replayer.events));
                }
            }
            if let Some(end) = end.filter(|end| *end == batch.done)
                && let Some(at) = range.commits.get(end - 1)
            {
                tee.accept_events(std::mem::take(&mut replayer.events));
                tee.finish_checkpoint(*at, &replayer);
            }
        }
        tee.accept_events(std::mem::take(&mut replayer.events));
        replayer.tell_first_versions(&mut tee);
        Ok(())
    }
}

/// Tells a sink what a checkpoint holds, and restores its state into a replayer where commits follow.
/// `None` where it cannot be read.
fn restore_checkpoint(
    mut checkpoint: Checkpoint,
    mut replayer: Option<&mut Replayer<'_>>,
    sink: &mut dyn EventSink,
) -> Option<()> {
    sink.reserve_events(checkpoint.max_events());
    let first_versions = checkpoint.read_events(|events| {
        if let Some(replayer) = &mut replayer {
            for summary in events.iter().filter_map(EventSummary::new) {
                record::note_event(&mut replayer.items, &summary, None);
            }
        }
        sink.accept_events(events);
    })?;
    let Some(replayer) = replayer else {
        for (id, first) in first_versions {
            sink.set_first_version(&id, first);
        }
        return Some(());
    };
    checkpoint.restore_state(replayer)?;
    for (id, first) in first_versions {
        // An item may have left the id since.
        if let Some(item) = replayer.items.get_mut(&id) {
            item.first = first;
        }
        replayer.late_first_versions.insert(id);
    }
    Some(())
}
