//! A piece of history as bytes.
//!
//! `magic · length of the body · SHA-256 of the body · body`. The body is what happened on the main
//! line after one commit up to another, and what had changed by then of where things are. Damage of
//! any kind is found before a byte of the body is looked at; a body that somebody made up costs at
//! most as much memory as it has bytes, times a constant.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::Event;
use super::rows::{Block, Shared, Tables, Writer};
use crate::repository::{BlobId, CommitId};

const MAGIC: &[u8; 8] = b"poamhis1";
const HEADER: usize = 8 + 8 + 32;

/// Events that are decoded together; blocks are decoded in parallel.
const BLOCK: usize = 4096;

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
type FileRow<'a> = (&'a str, Option<([u8; 20], Option<&'a str>)>);

/// The body, as it is written.
#[derive(Serialize, Deserialize)]
struct Body<'a> {
    /// Whose history it is, and which program read it.
    key: &'a str,
    since: Option<[u8; 20]>,
    to: [u8; 20],
    #[serde(borrow)]
    tables: Tables<'a>,
    #[serde(borrow)]
    blocks: Vec<&'a [u8]>,
    #[serde(borrow)]
    files: Vec<FileRow<'a>>,
    #[serde(borrow)]
    held: Vec<(&'a str, Vec<&'a str>)>,
    firsts: Vec<(String, FirstVersion)>,
}

/// The bytes of a segment; `None` where it holds what the form cannot express.
pub(super) fn encode(
    key: &str,
    to: CommitId,
    segment: &Segment,
    events: &[Event],
) -> Option<Vec<u8>> {
    let mut writer = Writer::default();
    let blocks: Option<Vec<Block<'_>>> = events.chunks(BLOCK).map(|it| writer.block(it)).collect();
    let bytes = |block: &Block<'_>| postcard::to_stdvec(block).ok();
    let blocks: Option<Vec<Vec<u8>>> = blocks?.par_iter().map(bytes).collect();
    let blocks = blocks?;
    let file = |file: &KnownFile| (*file.blob.as_bytes(), file.id.clone());
    let files: Vec<_> =
        segment.files.iter().map(|(path, it)| (path, it.as_ref().map(file))).collect();
    let body = Body {
        key,
        since: segment.since.map(|since| *since.as_bytes()),
        to: *to.as_bytes(),
        tables: writer.tables(),
        blocks: blocks.iter().map(Vec::as_slice).collect(),
        files: files
            .iter()
            .map(|(path, it)| (path.as_str(), it.as_ref().map(|(b, id)| (*b, id.as_deref()))))
            .collect(),
        held: segment
            .held
            .iter()
            .map(|(id, paths)| (id.as_str(), paths.iter().map(String::as_str).collect()))
            .collect(),
        firsts: segment.firsts.clone(),
    };
    let body = postcard::to_stdvec(&body).ok()?;
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&Sha256::digest(&body));
    bytes.extend_from_slice(&body);
    Some(bytes)
}

/// The segment that some bytes are; `None` where they are not exactly this one.
pub(super) fn decode(bytes: &[u8], key: &str, to: CommitId) -> Option<Segment> {
    let (header, body) = bytes.split_at_checked(HEADER)?;
    let (magic, rest) = header.split_at_checked(8)?;
    let (length, digest) = rest.split_at_checked(8)?;
    let length = u64::from_le_bytes(length.try_into().ok()?);
    if magic != MAGIC || length != body.len() as u64 || digest != &Sha256::digest(body)[..] {
        return None;
    }
    let (body, rest): (Body<'_>, _) = postcard::take_from_bytes(body).ok()?;
    if !rest.is_empty() || body.key != key || body.to != *to.as_bytes() {
        return None;
    }
    let shared = Shared::of(&body.tables)?;
    let mut events = Vec::with_capacity(BLOCK * body.blocks.len().min(bytes.len() / BLOCK));
    for some in body.blocks.chunks(2 * rayon::current_num_threads()) {
        let read = |block: &&[u8]| postcard::from_bytes::<Block<'_>>(block).ok()?.events(&shared);
        let read: Vec<Option<Vec<Event>>> = some.par_iter().map(read).collect();
        for some in read {
            events.append(&mut some?);
        }
    }
    let known = |(blob, id): ([u8; 20], Option<&str>)| KnownFile {
        blob: BlobId::from_bytes(blob),
        id: id.map(str::to_owned),
    };
    let paths = |paths: Vec<&str>| paths.into_iter().map(str::to_owned).collect();
    Some(Segment {
        since: body.since.map(CommitId::from_bytes),
        events,
        files: body.files.into_iter().map(|(path, it)| (path.into(), it.map(known))).collect(),
        held: body.held.into_iter().map(|(id, held)| (id.into(), paths(held))).collect(),
        firsts: body.firsts,
    })
}
