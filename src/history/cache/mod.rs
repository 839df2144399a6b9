//! What was read of a history is kept in the git directory, so that the next command reads only the
//! commits that came since.
//!
//! A segment is what happened on the main line after one commit up to another. It is named after
//! that other commit, so it holds for every branch that went through it, and is never changed: new
//! commits are another segment. A commit names all that is before it, so a segment that a main line
//! meets is right for it, whatever became of the branch it was read for; one that it does not meet
//! is left alone. Who needs a history looks for the newest segment on its line and reads the
//! commits after it.
//!
//! All of it can be removed at any time. What is damaged, incomplete, forged, or of another tracker
//! or another version of the program is passed over without a word, and the commits are read.

mod key;
mod rows;
mod segment;
#[cfg(test)]
mod tests;
mod writing;

use std::collections::BTreeSet;
use std::time::SystemTime;

use sha2::{Digest, Sha256};

pub(super) use segment::{Opened, Places};
pub(super) use writing::Writing;

use super::resume::News;
use crate::repository::{CommitId, Kept, KeptFile, Repository};
use key::CacheKey;
use segment::LONGEST;

/// Segments of all trackers and versions together, and their bytes: the oldest are removed.
const MOST: usize = 64;
const ROOM: u64 = 1 << 30;

/// Segments that a history is put together from, before the small ones become one.
const CHAIN: usize = 8;

/// Segments of the history of one tracker, as this program reads it.
pub(super) struct Cache {
    kept: Kept,
    secret: CacheKey,
    key: String,
    prefix: String,
}

impl Cache {
    /// The cache of a tracker. Whatever the events depend on besides the commits is in the key: the
    /// code that reads them, and where the tracker lies. `None` where nothing can be authenticated.
    pub(super) fn of(repository: &Repository, prefix: &str, items_folder: &str) -> Option<Self> {
        let secret = CacheKey::load(repository)?;
        let version = concat!(env!("CARGO_PKG_VERSION"), " ", env!("POAM_READING"));
        let key = format!("{version}\n{prefix}\n{items_folder}");
        let digest = Sha256::digest(&key);
        let prefix = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Some(Self { kept: repository.kept("history"), secret, key, prefix })
    }

    /// The commits that there are segments up to.
    pub(super) fn tips(&self) -> BTreeSet<CommitId> {
        let tip = |file: KeptFile| {
            let (prefix, commit) = file.name.split_once('-')?;
            (prefix == self.prefix).then(|| commit.parse().ok())?
        };
        self.kept.files().into_iter().filter_map(tip).collect()
    }

    /// The segments up to a commit that there is one for, oldest first. Otherwise the commit whose
    /// segment is of no use; it is removed where it is damaged.
    pub(super) fn chain(&self, tip: CommitId) -> Result<Vec<Opened>, CommitId> {
        let (mut chain, mut next) = (Vec::new(), Some(tip));
        while let Some(to) = next {
            let file = self.kept.open(&self.name(to), LONGEST).ok_or(to)?;
            let opened =
                Opened::of(file, &self.secret, &self.key, to).ok_or_else(|| self.remove(to))?;
            next = opened.since;
            chain.push(opened);
            if chain.len() > MOST {
                return Err(tip);
            }
        }
        chain.reverse();
        Ok(chain)
    }

    /// Removes a segment that is of no use; the commit that it goes up to.
    pub(super) fn remove(&self, to: CommitId) -> CommitId {
        self.kept.remove(&self.name(to));
        to
    }

    /// A segment that begins after a commit; `None` where none can be written. The next command
    /// reads the commits again then.
    pub(super) fn begin(&self, since: Option<CommitId>) -> Option<Writing> {
        Writing::begin(&self.kept, &self.secret, since)
    }

    /// Keeps a segment, if that can be done.
    pub(super) fn keep(&self, segment: Writing, news: &News) -> Option<()> {
        segment.finish(&self.key, &self.name(news.to), news)
    }

    /// Removes what was kept longest ago until the rest is few and small. `needed` stays.
    pub(super) fn tidy(&self, needed: &BTreeSet<CommitId>) {
        let needed: BTreeSet<String> = needed.iter().map(|to| self.name(*to)).collect();
        let mut files = self.kept.files();
        files.sort_by(|a, b| (b.written, &b.name).cmp(&(a.written, &a.name)));
        let mut room = ROOM;
        let (mut count, mut newest) = (0, SystemTime::UNIX_EPOCH);
        for file in files {
            newest = newest.max(file.written);
            count += 1;
            room = room.saturating_sub(file.size);
            if (count > MOST || room == 0) && !needed.contains(&file.name) {
                self.kept.remove(&file.name);
            }
        }
        self.kept.sweep(newest);
    }

    fn name(&self, to: CommitId) -> String {
        format!("{}-{to}", self.prefix)
    }
}

/// How many segments of a chain stay as they are when new ones come. Those after them are told again
/// with what is new: small ones when they have become many, and all when those have grown to a good
/// part of the whole.
pub(super) fn staying(chain: &[Opened]) -> usize {
    if chain.len() < CHAIN {
        return chain.len();
    }
    let small: u64 = chain.iter().skip(1).map(|segment| segment.size).sum();
    let first = chain.first().map_or(0, |segment| segment.size);
    usize::from(small < first / 2)
}
