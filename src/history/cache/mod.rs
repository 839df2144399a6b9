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
//! All of it can be removed at any time. What is damaged, incomplete, or of another tracker or
//! another version of the program is passed over, and the commits are read.

mod rows;
mod segment;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::SystemTime;

use sha2::{Digest, Sha256};

pub(super) use segment::{FirstVersion, KnownFile, Places};

use super::{Brief, Event};
use crate::repository::{CommitId, Kept, KeptFile, Repository};
use segment::{Opened, Segment};

/// Bytes of one segment; a longer one is not kept.
const LONGEST: u64 = 512 << 20;

/// Segments of all trackers and versions together, and their bytes: the oldest are removed.
const MOST: usize = 64;
const ROOM: u64 = 1 << 30;

/// Segments that a history is put together from, before the small ones become one.
const CHAIN: usize = 8;

/// Segments of the history of one tracker, as this program reads it.
pub(super) struct Cache {
    kept: Kept,
    key: String,
    prefix: String,
}

/// A history up to a commit, put together from segments, and what is needed to go on from there.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// The segments, oldest first.
    pub(super) chain: Vec<Link>,
    pub(super) events: Vec<Event>,
}

/// The same in brief.
pub(super) struct Short {
    pub(super) brief: Brief,
    /// The segments, oldest first.
    chain: Vec<Opened>,
}

impl Short {
    /// Where things are by each segment, as [`Places`].
    pub(super) fn places(&mut self) -> Option<Vec<Vec<u8>>> {
        self.chain.iter_mut().map(Opened::places).collect()
    }
}

/// A segment of a chain, without its events.
#[derive(Debug)]
pub(super) struct Link {
    /// The commit that it goes up to.
    pub(super) to: CommitId,
    /// How many events there are up to its end.
    pub(super) events: usize,
    pub(super) files: Vec<(String, Option<KnownFile>)>,
    pub(super) held: Vec<(String, Vec<String>)>,
    pub(super) firsts: Vec<(String, FirstVersion)>,
    size: u64,
}

/// What a segment says.
pub(super) struct News<'a> {
    pub(super) since: Option<CommitId>,
    pub(super) to: CommitId,
    pub(super) events: &'a [Event],
    pub(super) files: Vec<(String, Option<KnownFile>)>,
    pub(super) held: Vec<(String, Vec<String>)>,
    pub(super) firsts: Vec<(String, FirstVersion)>,
}

impl Cache {
    /// The cache of a tracker. Whatever the events depend on besides the commits is in the key: the
    /// code that reads them, and where the tracker lies.
    pub(super) fn of(repository: &Repository, prefix: &str, items_folder: &str) -> Self {
        let version = concat!(env!("CARGO_PKG_VERSION"), " ", env!("POAM_READING"));
        let key = format!("{version}\n{prefix}\n{items_folder}");
        let digest = Sha256::digest(&key);
        let prefix = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { kept: repository.kept("history"), key, prefix }
    }

    /// The commits that there are segments up to.
    pub(super) fn tips(&self) -> BTreeSet<CommitId> {
        let tip = |file: KeptFile| {
            let (prefix, commit) = file.name.split_once('-')?;
            (prefix == self.prefix).then(|| commit.parse().ok())?
        };
        self.kept.files().into_iter().filter_map(tip).collect()
    }

    /// The history up to a commit that there is a segment for. Otherwise the commit whose segment
    /// is of no use; it is removed where it is damaged.
    pub(super) fn load(&self, tip: CommitId) -> Result<Loaded, CommitId> {
        let mut segments: Vec<(CommitId, u64, Segment)> = Vec::new();
        let mut next = Some(tip);
        while let Some(to) = next {
            let name = self.name(to);
            let (file, size) = self.kept.open(&name, LONGEST).ok_or(to)?;
            let opened = Opened::of((file, size), &self.key, to);
            let Some(segment) = opened.and_then(Opened::segment) else {
                self.kept.remove(&name);
                return Err(to);
            };
            next = segment.since;
            segments.push((to, size, segment));
            if segments.len() > MOST {
                return Err(tip);
            }
        }
        let mut loaded = Loaded::default();
        for (to, size, segment) in segments.into_iter().rev() {
            loaded.add(to, size, segment);
        }
        Ok(loaded)
    }

    /// The same in brief, block by block; `None` where that cannot be told of all that is before the
    /// commit.
    pub(super) fn brief(&self, tip: CommitId) -> Option<Short> {
        let (mut chain, mut next) = (Vec::new(), Some(tip));
        while let Some(to) = next {
            let file = self.kept.open(&self.name(to), LONGEST)?;
            let opened = Opened::of(file, &self.key, to)?;
            next = opened.since;
            chain.push(opened);
            if chain.len() > MOST {
                return None;
            }
        }
        chain.reverse();
        let (mut brief, mut firsts) = (Brief::default(), Vec::new());
        for opened in &mut chain {
            firsts.append(&mut opened.brief(|gists| brief.add(gists))?);
        }
        for (id, first) in firsts {
            // An item may have left the id since; the newest segment says what is so now.
            brief.set_first(&id.parse().ok()?, first.meant()?);
        }
        Some(Short { brief, chain })
    }

    /// Keeps a segment, if that can be done.
    pub(super) fn keep(&self, news: News<'_>) {
        let News { since, to, events, files, held, firsts } = news;
        let segment = Segment { since, events: Vec::new(), files, held, firsts };
        let Some(parts) = segment::encode(&self.key, to, &segment, events) else { return };
        if parts.iter().map(|part| part.len() as u64).sum::<u64>() <= LONGEST {
            // Where nothing can be written, the next command reads the commits again.
            let _ = self.kept.write(&self.name(to), &parts);
        }
    }

    /// Removes what was kept longest ago until the rest is few and small. `chain` stays.
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

impl Loaded {
    /// The commit that it goes up to.
    pub(super) fn tip(&self) -> Option<CommitId> {
        self.chain.last().map(|link| link.to)
    }

    fn add(&mut self, to: CommitId, size: u64, segment: Segment) {
        let Segment { events, files, held, firsts, .. } = segment;
        if self.events.is_empty() {
            self.events = events
        } else {
            self.events.extend(events)
        }
        self.chain.push(Link { to, size, events: self.events.len(), files, held, firsts });
    }

    /// How many segments stay as they are when new ones come. Those after them are told again
    /// with what is new: small ones when they have become many, and all when those have grown to
    /// a good part of the whole.
    pub(super) fn kept_links(&self) -> usize {
        if self.chain.len() < CHAIN {
            return self.chain.len();
        }
        let small: u64 = self.chain.iter().skip(1).map(|link| link.size).sum();
        let first = self.chain.first().map_or(0, |link| link.size);
        usize::from(small < first / 2)
    }
}
