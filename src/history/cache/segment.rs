//! A piece of history as bytes.
//!
//! `magic · length of the body · SHA-256 of the body · body`. The body is what happened on the main
//! line after one commit up to another, and what had changed by then of where things are: `length of
//! the head · head · blocks of events · places`. Damage of any kind is found before a byte of the
//! body is looked at; a body that somebody made up costs at most as much memory as it has bytes,
//! times a constant. It is read from its file block by block: a long history is not held twice.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::Event;
use super::super::brief::Gist;
use super::rows::{Block, Shared, Tables, Writer};
use crate::repository::{BlobId, CommitId};

const MAGIC: &[u8; 8] = b"poamhis2";
const HEADER: usize = 8 + 8 + 32;

/// Events that are decoded together; blocks are decoded in parallel.
const BLOCK: usize = 4096;

/// Blocks that are encoded together.
const TOGETHER: usize = 8;

/// A piece of history.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// The commit before the first; none at the beginning.
    pub(super) since: Option<CommitId>,
    /// What happened.
    pub(super) events: Vec<Event>,
    /// The files that changed: what they hold now, as far as it could be read.
    pub(super) files: Vec<(String, Option<KnownFile>)>,
    /// The ids that changed: the paths that hold them now, that of the item first.
    pub(super) held: Vec<(String, Vec<String>)>,
    /// The items whose first version that could be read is not the one they were created with.
    pub(super) firsts: Vec<(String, FirstVersion)>,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::history) struct KnownFile {
    pub(in crate::history) blob: BlobId,
    /// The item; none of the settings.
    pub(in crate::history) id: Option<String>,
}

/// What is known of the first version of an item that can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::history) enum FirstVersion {
    /// The item was created with it.
    Created,
    /// There is none yet.
    Missing,
    /// A later one, as JSON.
    Later(String),
}

/// A path; the blob and the item that stand there, where something does.
pub(in crate::history) type FileRow<'a> = (&'a str, Option<([u8; 20], Option<&'a str>)>);

/// What is said first.
#[derive(Serialize, Deserialize)]
struct Head<'a> {
    /// Whose history it is, and which program read it.
    key: &'a str,
    since: Option<[u8; 20]>,
    to: [u8; 20],
    #[serde(borrow)]
    tables: Tables<'a>,
    firsts: Vec<(String, FirstVersion)>,
    /// The lengths of the blocks, and of the places.
    blocks: Vec<u32>,
    places: u32,
}

/// Where things are: what changed of that.
#[derive(Serialize, Deserialize)]
pub(in crate::history) struct Places<'a> {
    /// What files hold now.
    #[serde(borrow)]
    pub(in crate::history) files: Vec<FileRow<'a>>,
    /// The paths that hold an id now, that of the item first.
    #[serde(borrow)]
    pub(in crate::history) held: Vec<(&'a str, Vec<&'a str>)>,
}

impl<'a> Places<'a> {
    /// Of the bytes that [`Opened::places`] gives.
    pub(in crate::history) fn of(bytes: &'a [u8]) -> Option<Self> {
        let (places, rest) = postcard::take_from_bytes(bytes).ok()?;
        rest.is_empty().then_some(places)
    }
}

/// The bytes of a segment, in parts; `None` where it holds what the form cannot express.
pub(super) fn encode(
    key: &str,
    to: CommitId,
    segment: &Segment,
    events: &[Event],
) -> Option<Vec<Vec<u8>>> {
    let mut writer = Writer::default();
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    for some in events.chunks(BLOCK * TOGETHER) {
        let some = some.chunks(BLOCK).map(|it| writer.block(it)).collect::<Option<Vec<_>>>()?;
        let bytes = some.par_iter().map(|block| postcard::to_stdvec(block).ok());
        blocks.append(&mut bytes.collect::<Option<_>>()?);
    }
    let file = |file: &KnownFile| (*file.blob.as_bytes(), file.id.clone());
    let files: Vec<_> =
        segment.files.iter().map(|(path, it)| (path, it.as_ref().map(file))).collect();
    let places = Places {
        files: files
            .iter()
            .map(|(path, it)| (path.as_str(), it.as_ref().map(|(b, id)| (*b, id.as_deref()))))
            .collect(),
        held: segment
            .held
            .iter()
            .map(|(id, paths)| (id.as_str(), paths.iter().map(String::as_str).collect()))
            .collect(),
    };
    let places = postcard::to_stdvec(&places).ok()?;
    let length = |bytes: &Vec<u8>| u32::try_from(bytes.len()).ok();
    let head = Head {
        key,
        since: segment.since.map(|since| *since.as_bytes()),
        to: *to.as_bytes(),
        tables: writer.tables(),
        firsts: segment.firsts.clone(),
        blocks: blocks.iter().map(length).collect::<Option<_>>()?,
        places: length(&places)?,
    };
    let head = postcard::to_stdvec(&head).ok()?;
    let mut parts = vec![Vec::new(), (head.len() as u64).to_le_bytes().to_vec(), head];
    parts.append(&mut blocks);
    parts.push(places);
    let mut digest = Sha256::new();
    parts.iter().for_each(|part| digest.update(part));
    let length: usize = parts.iter().map(Vec::len).sum();
    let header = [MAGIC.as_slice(), &(length as u64).to_le_bytes(), &digest.finalize()].concat();
    if let Some(first) = parts.first_mut() {
        *first = header;
    }
    Some(parts)
}

/// A segment whose bytes are sound.
pub(super) struct Opened {
    file: File,
    head: Vec<u8>,
    /// The commit before the first; none at the beginning.
    pub(super) since: Option<CommitId>,
    /// How long the places are, which stand at the end.
    places: u32,
}

impl Opened {
    /// The segment that a file of so many bytes is; `None` where it is not exactly this one.
    pub(super) fn of((mut file, size): (File, u64), key: &str, to: CommitId) -> Option<Self> {
        let mut header = [0; HEADER];
        file.read_exact(&mut header).ok()?;
        let (magic, rest) = header.split_at_checked(8)?;
        let (length, digest) = rest.split_at_checked(8)?;
        let length = u64::from_le_bytes(length.try_into().ok()?);
        if magic != MAGIC || size.checked_sub(HEADER as u64) != Some(length) {
            return None;
        }
        let mut sound = Sha256::new();
        let read = io::copy(&mut (&mut file).take(length), &mut sound).ok()?;
        if read != length || digest != &sound.finalize()[..] {
            return None;
        }
        file.seek(SeekFrom::Start(HEADER as u64)).ok()?;
        let mut start = [0; 8];
        file.read_exact(&mut start).ok()?;
        let left = length.checked_sub(8)?;
        let size = Some(u64::from_le_bytes(start)).filter(|size| *size <= left)?;
        let mut bytes = vec![0; usize::try_from(size).ok()?];
        file.read_exact(&mut bytes).ok()?;
        let (head, after): (Head<'_>, _) = postcard::take_from_bytes(&bytes).ok()?;
        let rest = head.blocks.iter().chain([&head.places]).map(|length| u64::from(*length));
        let own = after.is_empty() && head.key == key && head.to == *to.as_bytes();
        let whole = own && size.checked_add(rest.sum()) == Some(left);
        let (since, places) = (head.since.map(CommitId::from_bytes), head.places);
        whole.then_some(Self { file, head: bytes, since, places })
    }

    /// What is left of what happened, some at a time, and the items whose first version that could
    /// be read is not the one they were created with; `None` where that is not all of it.
    pub(super) fn brief(
        &mut self,
        each: impl FnMut(Vec<Gist>),
    ) -> Option<Vec<(String, FirstVersion)>> {
        let head: Head<'_> = postcard::from_bytes(&self.head).ok()?;
        let shared = Shared::of(&head.tables)?;
        blocks(&mut self.file, &head.blocks, |block| block.gists(&shared), each)?;
        Some(head.firsts)
    }

    /// [`Places`], as bytes.
    pub(super) fn places(&mut self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; self.places as usize];
        self.file.seek(SeekFrom::End(-i64::from(self.places))).ok()?;
        self.file.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    /// All of it.
    pub(super) fn segment(mut self) -> Option<Segment> {
        let places = self.places()?;
        let places = Places::of(&places)?;
        self.file.seek(SeekFrom::Start((HEADER + 8 + self.head.len()) as u64)).ok()?;
        let head: Head<'_> = postcard::from_bytes(&self.head).ok()?;
        let shared = Shared::of(&head.tables)?;
        let size: usize = head.blocks.iter().map(|length| *length as usize).sum();
        let mut events = Vec::with_capacity(BLOCK * head.blocks.len().min(size / BLOCK));
        let add = |mut some: Vec<Event>| events.append(&mut some);
        blocks(&mut self.file, &head.blocks, |block| block.events(&shared), add)?;
        drop(shared);
        let known = |(blob, id): ([u8; 20], Option<&str>)| KnownFile {
            blob: BlobId::from_bytes(blob),
            id: id.map(str::to_owned),
        };
        let paths = |paths: Vec<&str>| paths.into_iter().map(str::to_owned).collect();
        let files = places.files.into_iter().map(|(path, it)| (path.into(), it.map(known)));
        let held = places.held.into_iter().map(|(id, held)| (id.into(), paths(held)));
        Some(Segment {
            since: self.since,
            events,
            files: files.collect(),
            held: held.collect(),
            firsts: head.firsts,
        })
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
