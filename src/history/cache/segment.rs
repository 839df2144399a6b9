//! A piece of history as bytes.
//!
//! `magic · length of the body · HMAC-SHA-256 ([`super::key`]) of the body · body`. The body is what happened on the main
//! line after one commit up to another, and what had changed by then of where things are: `blocks of
//! events · places · head · length of the head`. Damage of any kind is found before a byte of the
//! body is looked at; a body that somebody made up costs at most as much memory as it has bytes,
//! times a constant. It is written to its file and read from it block by block: a long history is
//! never held as bytes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use hmac::Mac as _;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::key::{CacheKey, TAG_LENGTH, Tag};
use super::rows::{Block, Shared, Tables};
use crate::history::Event;
use crate::history::first::First;
use crate::model::ItemId;
use crate::repository::CommitId;

pub(super) const MAGIC: &[u8; 8] = b"poamhis4";
pub(super) const HEADER: usize = 8 + 8 + TAG_LENGTH;

/// Bytes of one segment; a longer one is not kept.
pub(super) const LONGEST: u64 = 512 << 20;

/// Events that are decoded together; blocks are decoded in parallel.
pub(super) const BLOCK: usize = 4096;

/// What is known of the first version of an item that can be read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum FirstVersion {
    /// The item was created with it.
    Created,
    /// There is none yet.
    Missing,
    /// A later one, as JSON.
    Later(String),
}

impl FirstVersion {
    pub(super) fn of(first: &First) -> Self {
        match first {
            First::Created => Self::Created,
            First::Missing => Self::Missing,
            First::Later(value) => Self::Later(value.to_string()),
        }
    }

    /// `None` where it is nothing.
    fn meant(&self) -> Option<First> {
        Some(match self {
            Self::Created => First::Created,
            Self::Missing => First::Missing,
            Self::Later(text) => First::Later(Arc::new(serde_json::from_str(text).ok()?)),
        })
    }
}

/// A path; the blob and the item that stand there, where something does.
pub(in crate::history) type FileRow<'a> = (&'a str, Option<([u8; 20], Option<&'a str>)>);

/// What the rest is read by.
#[derive(Serialize, Deserialize)]
pub(super) struct Head<'a> {
    /// Whose history it is, and which program read it.
    pub(super) key: &'a str,
    pub(super) since: Option<[u8; 20]>,
    pub(super) to: [u8; 20],
    #[serde(borrow)]
    pub(super) tables: Tables<'a>,
    /// The items whose first version that could be read is not the one they were created with.
    pub(super) firsts: Vec<(String, FirstVersion)>,
    /// The lengths of the blocks, and of the places.
    pub(super) blocks: Vec<u32>,
    pub(super) places: u32,
}

/// An id, and the paths that hold it.
pub(in crate::history) type HeldRow<'a> = (&'a str, Vec<&'a str>);

/// Where things are: what changed of that.
#[derive(Deserialize)]
pub(in crate::history) struct Places<'a> {
    /// What files hold now.
    #[serde(borrow)]
    pub(in crate::history) files: Vec<FileRow<'a>>,
    /// The paths that hold an id now, that of the item first.
    #[serde(borrow)]
    pub(in crate::history) held: Vec<HeldRow<'a>>,
}

impl<'a> Places<'a> {
    /// Of the bytes that [`Opened::places`] gives.
    pub(in crate::history) fn of(bytes: &'a [u8]) -> Option<Self> {
        let (places, rest) = postcard::take_from_bytes(bytes).ok()?;
        rest.is_empty().then_some(places)
    }
}

/// A segment whose bytes are sound.
pub(in crate::history) struct Opened {
    /// The commit before the first; none at the beginning.
    pub(in crate::history) since: Option<CommitId>,
    /// The commit that it goes up to.
    pub(in crate::history) to: CommitId,
    pub(super) size: u64,
    file: File,
    head: Vec<u8>,
}

impl Opened {
    /// The segment that a file of so many bytes is; `None` where it is not exactly this one.
    pub(super) fn of(
        (mut file, size): (File, u64),
        secret: &CacheKey,
        key: &str,
        to: CommitId,
    ) -> Option<Self> {
        let mut header = [0; HEADER];
        file.read_exact(&mut header).ok()?;
        let (magic, rest) = header.split_at_checked(8)?;
        let (length, digest) = rest.split_at_checked(8)?;
        let length = u64::from_le_bytes(length.try_into().ok()?);
        if magic != MAGIC || size.checked_sub(HEADER as u64) != Some(length) {
            return None;
        }
        let mut tag = secret.tag()?;
        let read = io::copy(&mut (&mut file).take(length), &mut TagWriter(&mut tag)).ok()?;
        if read != length || tag.verify_slice(digest).is_err() {
            return None;
        }
        let before = length.checked_sub(8)?;
        file.seek(SeekFrom::End(-8)).ok()?;
        let mut end = [0; 8];
        file.read_exact(&mut end).ok()?;
        let left = before.checked_sub(u64::from_le_bytes(end))?;
        let mut bytes = vec![0; usize::try_from(before - left).ok()?];
        file.seek(SeekFrom::Start(HEADER as u64 + left)).ok()?;
        file.read_exact(&mut bytes).ok()?;
        let (head, after): (Head<'_>, _) = postcard::take_from_bytes(&bytes).ok()?;
        let rest = head.blocks.iter().chain([&head.places]).map(|length| u64::from(*length));
        let own = after.is_empty() && head.key == key && head.to == *to.as_bytes();
        let since = head.since.map(CommitId::from_bytes);
        (own && rest.sum::<u64>() == left).then_some(Self { since, to, size, file, head: bytes })
    }

    /// At most as many events as it has.
    pub(in crate::history) fn most(&self) -> usize {
        let head: Option<Head<'_>> = postcard::from_bytes(&self.head).ok();
        // A block of a few bytes has no thousands of them.
        let events = |length: &u32| (*length as usize).min(BLOCK);
        head.map_or(0, |head| head.blocks.iter().map(events).sum())
    }

    /// What happened, some events at a time, and the items whose first version that could be read
    /// is not the one they were created with; `None` where that is not all of it.
    pub(in crate::history) fn events(
        &mut self,
        each: impl FnMut(Vec<Event>),
    ) -> Option<Vec<(ItemId, First)>> {
        let head: Head<'_> = postcard::from_bytes(&self.head).ok()?;
        let shared = Shared::of(&head.tables)?;
        self.file.seek(SeekFrom::Start(HEADER as u64)).ok()?;
        blocks(&mut self.file, &head.blocks, |block| block.events(&shared), each)?;
        let firsts = head.firsts.iter().map(|(id, first)| Some((id.parse().ok()?, first.meant()?)));
        firsts.collect()
    }

    /// [`Places`], as bytes.
    pub(in crate::history) fn places(&mut self) -> Option<Vec<u8>> {
        let head: Head<'_> = postcard::from_bytes(&self.head).ok()?;
        let mut bytes = vec![0; head.places as usize];
        let before: u64 = head.blocks.iter().map(|length| u64::from(*length)).sum();
        self.file.seek(SeekFrom::Start(HEADER as u64 + before)).ok()?;
        self.file.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }
}

/// Feeds what is written to a tag.
struct TagWriter<'t>(&'t mut Tag);

impl io::Write for TagWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads blocks of a file, some at a time and each in a thread, and hands on what is made of them in
/// their order; `None` where nothing can be made of one.
fn blocks<T: Send>(
    file: &mut File,
    lengths: &[u32],
    make: impl Fn(Block<'_>) -> Option<Vec<T>> + Sync,
    mut each: impl FnMut(Vec<T>),
) -> Option<()> {
    let mut some = Vec::new();
    for lengths in lengths.chunks(2 * rayon::current_num_threads()) {
        some.resize_with(lengths.len(), Vec::new);
        for (bytes, length) in some.iter_mut().zip(lengths) {
            bytes.resize(*length as usize, 0);
            file.read_exact(bytes).ok()?;
        }
        let made = some.par_iter().map(|bytes: &Vec<u8>| make(postcard::from_bytes(bytes).ok()?));
        let made: Vec<Option<Vec<T>>> = made.collect();
        for made in made {
            each(made?);
        }
    }
    Some(())
}
