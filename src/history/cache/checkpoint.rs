//! A checkpoint: everything that happened up to one commit, and the state of the replay there.
//!
//! The file is `magic · length of the body · HMAC-SHA-256 of the body ([`super::key`]) · body`, and the
//! body `blocks of events · state · head · length of the head`. Nothing of the body is looked at
//! before its tag was verified. It is written and read block by block: a long history is never held
//! as bytes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use hmac::Mac as _;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::key::{CacheKey, MacTag, TAG_LENGTH};
use super::rows::{EventBlock, RowDecoder, RowEncoder, Tables};
use crate::history::Event;
use crate::history::content::{FileVersion, VersionKind};
use crate::history::first::FirstVersion;
use crate::history::replay::Replayer;
use crate::model::ItemId;
use crate::repository::{AtomicWriter, BlobId, CacheDir, CommitId};

const MAGIC: &[u8; 8] = b"poamhis5";

/// Bytes before the body.
pub(super) const HEADER: usize = 8 + 8 + TAG_LENGTH;

/// Bytes of a checkpoint; a longer one is not retained.
pub(super) const MAX_BYTES: u64 = 1 << 30;

/// Events that are encoded together; blocks are decoded in parallel.
const BLOCK: usize = 4096;

/// The key to the rest of the file: tables and lengths.
#[derive(Serialize, Deserialize)]
struct CheckpointHead<'a> {
    /// The tracker, and the program that read it.
    key: &'a str,
    to: [u8; 20],
    #[serde(borrow)]
    tables: Tables<'a>,
    /// The first versions that events do not show.
    first_versions: Vec<(String, EncodedFirst)>,
    /// The lengths of the blocks, and of the state.
    blocks: Vec<u32>,
    state: u32,
}

/// A [`FirstVersion`], its values as JSON.
#[derive(Serialize, Deserialize)]
enum EncodedFirst {
    Created,
    Missing,
    Later(String),
}

impl EncodedFirst {
    fn encode(first: &FirstVersion) -> Self {
        match first {
            FirstVersion::Created => Self::Created,
            FirstVersion::Missing => Self::Missing,
            FirstVersion::Later(value) => Self::Later(value.to_string()),
        }
    }

    fn decode(&self) -> Option<FirstVersion> {
        Some(match self {
            Self::Created => FirstVersion::Created,
            Self::Missing => FirstVersion::Missing,
            Self::Later(text) => FirstVersion::Later(Arc::new(serde_json::from_str(text).ok()?)),
        })
    }
}

/// The state of the replay.
#[derive(Serialize, Deserialize)]
struct ReplayState<'a> {
    /// Paths with the blob and the id that are there; no id for the settings.
    #[serde(borrow)]
    files: Vec<(&'a str, [u8; 20], Option<&'a str>)>,
    /// Ids with the paths that hold them, the item's own first.
    #[serde(borrow)]
    holders: Vec<(&'a str, Vec<&'a str>)>,
}

/// A checkpoint whose tag was verified.
pub(in crate::history) struct Checkpoint {
    file: File,
    head: Vec<u8>,
}

impl Checkpoint {
    /// Opens a file of so many bytes; `None` where it is not the checkpoint of this tracker at this
    /// commit, or not authentic.
    pub(super) fn open(
        (mut file, size): (File, u64),
        secret: &CacheKey,
        key: &str,
        to: CommitId,
    ) -> Option<Self> {
        let mut header = [0; HEADER];
        file.read_exact(&mut header).ok()?;
        let (magic, rest) = header.split_at_checked(8)?;
        let (length, expected) = rest.split_at_checked(8)?;
        let length = u64::from_le_bytes(length.try_into().ok()?);
        if magic != MAGIC || size.checked_sub(HEADER as u64) != Some(length) {
            return None;
        }
        let mut tag = secret.begin_tag()?;
        let read = io::copy(&mut (&mut file).take(length), &mut TagWriter(&mut tag)).ok()?;
        if read != length || tag.verify_slice(expected).is_err() {
            return None;
        }
        let before_length = length.checked_sub(8)?;
        file.seek(SeekFrom::End(-8)).ok()?;
        let mut head_length = [0; 8];
        file.read_exact(&mut head_length).ok()?;
        let head_start = before_length.checked_sub(u64::from_le_bytes(head_length))?;
        let mut bytes = vec![0; usize::try_from(before_length - head_start).ok()?];
        file.seek(SeekFrom::Start(HEADER as u64 + head_start)).ok()?;
        file.read_exact(&mut bytes).ok()?;
        let (head, rest): (CheckpointHead<'_>, _) = postcard::take_from_bytes(&bytes).ok()?;
        let parts = head.blocks.iter().chain([&head.state]).map(|length| u64::from(*length));
        let is_own = rest.is_empty() && head.key == key && head.to == *to.as_bytes();
        (is_own && parts.sum::<u64>() == head_start).then_some(Self { file, head: bytes })
    }

    /// Returns an upper bound of the number of its events.
    pub(in crate::history) fn max_events(&self) -> usize {
        let head: Option<CheckpointHead<'_>> = postcard::from_bytes(&self.head).ok();
        let lengths = head.map(|head| head.blocks).unwrap_or_default();
        // A block of a few bytes has no thousands of events.
        lengths.into_iter().map(|length| (length as usize).min(BLOCK)).sum()
    }

    /// Passes on its events, oldest first, some at a time. Returns the first versions that events do
    /// not show; `None` where something cannot be read.
    pub(in crate::history) fn read_events(
        &mut self,
        mut each: impl FnMut(Vec<Event>),
    ) -> Option<Vec<(ItemId, FirstVersion)>> {
        let head: CheckpointHead<'_> = postcard::from_bytes(&self.head).ok()?;
        let decoder = RowDecoder::new(&head.tables)?;
        self.file.seek(SeekFrom::Start(HEADER as u64)).ok()?;
        let mut blocks: Vec<Vec<u8>> = Vec::new();
        for lengths in head.blocks.chunks(2 * rayon::current_num_threads()) {
            blocks.resize_with(lengths.len(), Vec::new);
            for (bytes, length) in blocks.iter_mut().zip(lengths) {
                bytes.resize(*length as usize, 0);
                self.file.read_exact(bytes).ok()?;
            }
            let decode = |bytes: &Vec<u8>| {
                let block: EventBlock<'_> = postcard::from_bytes(bytes).ok()?;
                decoder.decode(&block)
            };
            let decoded: Vec<Option<Vec<Event>>> = blocks.par_iter().map(decode).collect();
            for events in decoded {
                each(events?);
            }
        }
        let mut first_versions = Vec::with_capacity(head.first_versions.len());
        for (id, first) in &head.first_versions {
            first_versions.push((id.parse().ok()?, first.decode()?));
        }
        Some(first_versions)
    }

    /// Gives a replayer the files and holders of this state; `None` where they cannot be read.
    pub(in crate::history) fn restore_state(&mut self, replayer: &mut Replayer<'_>) -> Option<()> {
        let head: CheckpointHead<'_> = postcard::from_bytes(&self.head).ok()?;
        let before: u64 = head.blocks.iter().map(|length| u64::from(*length)).sum();
        let mut bytes = vec![0; head.state as usize];
        self.file.seek(SeekFrom::Start(HEADER as u64 + before)).ok()?;
        self.file.read_exact(&mut bytes).ok()?;
        let (state, rest): (ReplayState<'_>, _) = postcard::take_from_bytes(&bytes).ok()?;
        if !rest.is_empty() {
            return None;
        }
        replayer.files.reserve(state.files.len());
        for (path, blob, id) in state.files {
            let kind = match id {
                Some(id) => VersionKind::Item(id.parse().ok()?),
                None => VersionKind::Settings,
            };
            let version = FileVersion { kind, blob: Some(BlobId::from_bytes(blob)), value: None };
            replayer.files.insert(path.into(), Arc::new(version));
        }
        replayer.holders.reserve(state.holders.len());
        for (id, paths) in state.holders {
            let paths = paths.into_iter().map(Arc::from).collect();
            replayer.holders.insert(id.parse().ok()?, paths);
        }
        Some(())
    }
}

/// Decodes a body as if its tag had been verified; the number of its events. For the fuzzer.
pub(crate) fn decode_body(body: &[u8]) -> Option<usize> {
    let (rest, length) = body.split_last_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (mut rest, head) = rest.split_at_checked(rest.len().checked_sub(length)?)?;
    let (head, _): (CheckpointHead<'_>, _) = postcard::take_from_bytes(head).ok()?;
    let decoder = RowDecoder::new(&head.tables)?;
    let mut count = 0;
    for length in &head.blocks {
        let (bytes, after) = rest.split_at_checked(*length as usize)?;
        let block: EventBlock<'_> = postcard::from_bytes(bytes).ok()?;
        count += decoder.decode(&block)?.len();
        rest = after;
    }
    for (id, first) in &head.first_versions {
        id.parse::<ItemId>().ok()?;
        first.decode()?;
    }
    let (_state, _): (ReplayState<'_>, _) = postcard::take_from_bytes(rest).ok()?;
    Some(count)
}

/// A checkpoint in the making. Events go to its file as they come.
pub(in crate::history) struct CheckpointWriter {
    body: BodyWriter,
    encoder: RowEncoder,
    /// The lengths of the blocks.
    blocks: Vec<u32>,
}

impl CheckpointWriter {
    /// Begins a file; `None` where none can be written.
    pub(super) fn begin(folder: &CacheDir, secret: &CacheKey) -> Option<Self> {
        let body = BodyWriter::begin(folder.begin().ok()?, secret.begin_tag()?).ok()?;
        Some(Self { body, encoder: RowEncoder::default(), blocks: Vec::new() })
    }

    /// Adds the next events; `None` where they cannot be encoded or written.
    pub(super) fn add(&mut self, events: &[Event]) -> Option<()> {
        for events in events.chunks(BLOCK) {
            let bytes = postcard::to_stdvec(&self.encoder.encode(events)?).ok()?;
            self.blocks.push(u32::try_from(bytes.len()).ok()?);
            self.body.write_all(&bytes).ok()?;
        }
        Some(())
    }

    /// Adds the state of the replay at a commit, and puts the file in its place.
    pub(super) fn finish(
        mut self,
        key: &str,
        name: &str,
        to: CommitId,
        replayer: &Replayer<'_>,
    ) -> Option<()> {
        let mut files = Vec::with_capacity(replayer.files.len());
        for (path, version) in &replayer.files {
            files.push((&**path, *version.blob?.as_bytes(), version.id().map(ItemId::as_str)));
        }
        files.sort_unstable();
        let mut holders = Vec::with_capacity(replayer.holders.len());
        for (id, paths) in &replayer.holders {
            holders.push((id.as_str(), paths.iter().map(|path| &**path).collect::<Vec<_>>()));
        }
        holders.sort_unstable();
        let state = self.body.put_value(&ReplayState { files, holders })?;
        let mut first_versions = Vec::new();
        for (id, first) in replayer.first_versions() {
            first_versions.push((id.to_string(), EncodedFirst::encode(&first)));
        }
        let head = CheckpointHead {
            key,
            to: *to.as_bytes(),
            tables: self.encoder.interned_tables(),
            first_versions,
            blocks: self.blocks,
            state: u32::try_from(state).ok()?,
        };
        let length = self.body.put_value(&head)?;
        self.body.write_all(&length.to_le_bytes()).ok()?;
        self.body.finish_file(name)
    }
}

/// Bytes that are written together.
const BUFFER: usize = 1 << 16;

/// Writes the body of a checkpoint to its file, and computes the tag.
struct BodyWriter {
    file: AtomicWriter,
    buffer: Vec<u8>,
    tag: MacTag,
    length: u64,
}

impl BodyWriter {
    fn begin(mut file: AtomicWriter, tag: MacTag) -> io::Result<Self> {
        // The header is known in the end.
        file.write_all(&[0; HEADER])?;
        Ok(Self { file, buffer: Vec::with_capacity(BUFFER), tag, length: 0 })
    }

    /// Writes a value; the number of its bytes.
    fn put_value(&mut self, value: &impl Serialize) -> Option<u64> {
        let before = self.length;
        postcard::to_io(value, &mut *self).ok()?;
        Some(self.length - before)
    }

    fn finish_file(mut self, name: &str) -> Option<()> {
        self.flush().ok()?;
        let tag = self.tag.finalize().into_bytes();
        let header = [MAGIC.as_slice(), &self.length.to_le_bytes(), &tag].concat();
        self.file.finish(name, &header).ok()
    }
}

impl Write for BodyWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.length = self.length.saturating_add(bytes.len() as u64);
        if self.length > MAX_BYTES - HEADER as u64 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if self.buffer.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tag.update(&self.buffer);
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

/// Feeds what is written to a tag.
struct TagWriter<'t>(&'t mut MacTag);

impl Write for TagWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
