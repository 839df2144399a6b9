//! A segment in the making: what happened goes to its file as it is told.

use std::io::{self, Write};

use hmac::Mac as _;
use serde::Serialize;

use super::key::{CacheKey, Tag};
use super::rows::Writer;
use super::segment::{BLOCK, FileRow, FirstVersion, HEADER, Head, HeldRow, LONGEST, MAGIC};
use crate::history::Event;
use crate::history::resume::News;
use crate::repository::{CommitId, Kept, Unfinished};

/// See the form in [`super::segment`].
pub(in crate::history) struct Writing {
    /// The commit before the first; none at the beginning.
    since: Option<CommitId>,
    body: Body,
    writer: Writer,
    /// The lengths of the blocks.
    blocks: Vec<u32>,
}

impl Writing {
    /// `None` where no file can be written.
    pub(super) fn begin(kept: &Kept, secret: &CacheKey, since: Option<CommitId>) -> Option<Self> {
        let body = Body::begin(kept.begin().ok()?, secret.tag()?).ok()?;
        Some(Self { since, body, writer: Writer::default(), blocks: Vec::new() })
    }

    /// Goes on with what happened next; `None` where the form cannot express it, or that cannot be
    /// written.
    pub(in crate::history) fn add(&mut self, events: &[Event]) -> Option<()> {
        for events in events.chunks(BLOCK) {
            // In one piece, which is faster, and small enough.
            let bytes = postcard::to_stdvec(&self.writer.block(events)?).ok()?;
            self.blocks.push(u32::try_from(bytes.len()).ok()?);
            self.body.write_all(&bytes).ok()?;
        }
        Some(())
    }

    /// Puts the segment at its place, with what it says besides events.
    pub(super) fn finish(self, key: &str, name: &str, news: &News) -> Option<()> {
        let Self { since, mut body, writer, blocks } = self;
        let before = body.length;
        // Row by row, as the two lists of `Places` are written.
        body.put(&news.files.len())?;
        for (path, known) in &news.files {
            let known = known.as_ref().map(|(blob, id)| (*blob.as_bytes(), id.as_ref()));
            let row: FileRow<'_> = (path, known.map(|(blob, id)| (blob, id.map(|id| id.as_str()))));
            body.put(&row)?;
        }
        body.put(&news.held.len())?;
        for (id, paths) in &news.held {
            let row: HeldRow<'_> = (id.as_str(), paths.iter().map(|path| &**path).collect());
            body.put(&row)?;
        }
        let places = u32::try_from(body.length - before).ok()?;
        let firsts = news.firsts.iter().map(|(id, it)| (id.to_string(), FirstVersion::of(it)));
        let head = Head {
            key,
            since: since.map(|since| *since.as_bytes()),
            to: *news.to.as_bytes(),
            tables: writer.tables(),
            firsts: firsts.collect(),
            blocks,
            places,
        };
        let before = body.length;
        body.put(&head)?;
        let length = body.length - before;
        body.write_all(&length.to_le_bytes()).ok()?;
        body.finish(name)
    }
}

/// The body of a segment on its way to the file.
struct Body {
    file: Unfinished,
    /// What is not in the file yet.
    waiting: Vec<u8>,
    tag: Tag,
    length: u64,
}

/// Bytes that go to the file together.
const TOGETHER: usize = 1 << 16;

impl Body {
    fn begin(mut file: Unfinished, tag: Tag) -> io::Result<Self> {
        // What goes there is known in the end.
        file.write_all(&[0; HEADER])?;
        let waiting = Vec::with_capacity(TOGETHER);
        Ok(Self { file, waiting, tag, length: 0 })
    }

    fn put(&mut self, value: &impl Serialize) -> Option<()> {
        postcard::to_io(value, self).ok().map(drop)
    }

    fn finish(mut self, name: &str) -> Option<()> {
        self.flush().ok()?;
        let Self { file, tag, length, .. } = self;
        let tag = tag.finalize().into_bytes();
        let header = [MAGIC.as_slice(), &length.to_le_bytes(), &tag].concat();
        file.finish(name, &header).ok()
    }
}

impl Write for Body {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.length = self.length.saturating_add(bytes.len() as u64);
        if self.length > LONGEST - HEADER as u64 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if self.waiting.len() + bytes.len() > TOGETHER {
            self.flush()?;
        }
        self.waiting.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tag.update(&self.waiting);
        self.file.write_all(&self.waiting)?;
        self.waiting.clear();
        Ok(())
    }
}
