//! The history cache: checkpoints in the git directory, so that the next command replays only the
//! commits that came since.
//!
//! A checkpoint is everything that happened on the first-parent history up to one commit. It is
//! named after that commit, so it holds for every branch that goes through it, and it is never
//! changed. A commit names all that is before it, so a checkpoint that a line meets is right for it,
//! whatever became of the branch that it was read for. A reader goes back from its head to the newest
//! checkpoint and replays the commits after it; once those are many, it writes a new one.
//!
//! All of it can be removed at any time. What is damaged, forged ([`key`]), or of another tracker or
//! another version of the program is passed over without a word, and the commits are read.

mod checkpoint;
mod key;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

pub(super) use checkpoint::Checkpoint;
pub(crate) use checkpoint::decode_body;

use super::Event;
use super::first::FirstVersion;
use super::replay::Replayer;
use super::sink::EventSink;
use crate::model::ItemId;
use crate::repository::{CacheDir, CachedFile, CommitId, Repository};
use checkpoint::{CheckpointWriter, MAX_BYTES};
use key::CacheKey;

/// Checkpoints of one tracker that are retained: older branches may begin before the newest.
const MAX_CHECKPOINTS: usize = 3;

/// Files of all trackers and versions together, and their bytes: the oldest are removed.
const MAX_FILES: usize = 24;
const MAX_TOTAL_BYTES: u64 = 1 << 30;

/// The checkpoints of one tracker, as this build of the program reads it.
pub(super) struct Cache {
    folder: CacheDir,
    secret: CacheKey,
    key: String,
    /// The first part of the names of its files.
    prefix: String,
}

impl Cache {
    /// Opens the cache of a tracker. Whatever events depend on besides the commits is in the key: the
    /// code that reads them, and where the tracker lies. `None` where nothing can be authenticated.
    pub(super) fn open(repository: &Repository, prefix: &str, items_folder: &str) -> Option<Self> {
        let secret = CacheKey::load(repository)?;
        let version = concat!(env!("CARGO_PKG_VERSION"), " ", env!("POAM_READING"));
        let key = format!("{version}\n{prefix}\n{items_folder}");
        let digest = Sha256::digest(&key);
        let prefix = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Some(Self { folder: repository.cache_dir("history"), secret, key, prefix })
    }

    /// Lists the commits that there are checkpoints at.
    pub(super) fn checkpoint_commits(&self) -> BTreeSet<CommitId> {
        let files = self.folder.files();
        files.iter().filter_map(|file| self.commit_of(file)).collect()
    }

    fn commit_of(&self, file: &CachedFile) -> Option<CommitId> {
        let (prefix, commit) = file.name.split_once('-')?;
        if prefix == self.prefix { commit.parse().ok() } else { None }
    }

    /// Opens the checkpoint at a commit; one that cannot be used is removed.
    pub(super) fn open_checkpoint(&self, at: CommitId) -> Option<Checkpoint> {
        let file = self.folder.open(&self.file_name(at), MAX_BYTES)?;
        let checkpoint = Checkpoint::open(file, &self.secret, &self.key, at);
        if checkpoint.is_none() {
            self.remove(at);
        }
        checkpoint
    }

    /// Removes the checkpoint at a commit.
    pub(super) fn remove(&self, at: CommitId) {
        self.folder.remove(&self.file_name(at));
    }

    /// Removes the oldest files until the rest is few and small.
    fn tidy(&self) {
        let mut files = self.folder.files();
        files.sort_by(|a, b| (b.written, &b.name).cmp(&(a.written, &a.name)));
        let (mut own, mut bytes) = (0, 0_u64);
        for (index, file) in files.iter().enumerate() {
            bytes = bytes.saturating_add(file.size);
            own += usize::from(self.commit_of(file).is_some());
            let is_old = self.commit_of(file).is_some() && own > MAX_CHECKPOINTS;
            // The newest stays, however large.
            if index > 0 && (is_old || index >= MAX_FILES || bytes > MAX_TOTAL_BYTES) {
                self.folder.remove(&file.name);
            }
        }
        self.folder.sweep();
    }

    fn file_name(&self, at: CommitId) -> String {
        format!("{}-{at}", self.prefix)
    }
}

/// Passes events on to a sink, and writes them to a checkpoint as well until that is finished.
pub(super) struct CacheTee<'a> {
    sink: &'a mut dyn EventSink,
    cache: Option<&'a Cache>,
    writer: Option<CheckpointWriter>,
}

impl<'a> CacheTee<'a> {
    /// With a cache, a checkpoint is begun.
    pub(super) fn new(sink: &'a mut dyn EventSink, cache: Option<&'a Cache>) -> Self {
        let writer = cache.and_then(|cache| CheckpointWriter::begin(&cache.folder, &cache.secret));
        Self { sink, cache, writer }
    }

    /// Finishes the checkpoint at a commit, if one was begun and can be written.
    pub(super) fn finish_checkpoint(&mut self, at: CommitId, replayer: &Replayer<'_>) {
        let (Some(cache), Some(writer)) = (self.cache, self.writer.take()) else { return };
        if writer.finish(&cache.key, &cache.file_name(at), at, replayer).is_some() {
            cache.tidy();
        }
    }
}

impl EventSink for CacheTee<'_> {
    fn reserve_events(&mut self, events: usize) {
        self.sink.reserve_events(events);
    }

    fn accept_events(&mut self, events: Vec<Event>) {
        if let Some(writer) = &mut self.writer
            && writer.add(&events).is_none()
        {
            self.writer = None;
        }
        self.sink.accept_events(events);
    }

    fn set_first_version(&mut self, id: &ItemId, first: FirstVersion) {
        self.sink.set_first_version(id, first);
    }

    fn reset(&mut self) -> bool {
        self.sink.reset()
    }
}
