//! The bytes of packs, read in blocks of which some are kept: what is asked for one after the other
//! lies near each other.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::Place;

/// Larger blocks are read for less: what is asked for jumps to and fro between a few places.
const BLOCK: usize = 4 << 10;

/// The longest head of an object: its kind and size, and the name or the distance of its base.
const HEAD: usize = 40;

pub(super) struct Blocks {
    packs: Vec<Pack>,
    /// What is kept where; each block has one place where it may be.
    kept: Vec<Option<Block>>,
    bytes: Vec<u8>,
}

struct Pack {
    path: PathBuf,
    /// Opened when it is needed; with nothing in it where that failed.
    file: Option<Option<File>>,
}

/// Where a block begins, and how long it is.
#[derive(Clone, Copy)]
struct Block {
    place: Place,
    length: usize,
}

impl Blocks {
    /// As many blocks as `room` are kept.
    pub(super) fn new<'p>(packs: impl Iterator<Item = &'p Path>, room: usize) -> Self {
        let packs = packs.map(|path| Pack { path: path.to_owned(), file: None }).collect();
        Self { packs, kept: vec![None; room], bytes: vec![0; room * BLOCK] }
    }

    /// The bytes from a place to the end of its block; `None` where there are none.
    pub(super) fn at(&mut self, (pack, at): Place) -> Option<&[u8]> {
        let within = usize::try_from(at % BLOCK as u64).ok()?;
        let place = (pack, at - within as u64);
        let slot = usize::try_from(at / BLOCK as u64).ok()?.checked_rem(self.kept.len())?;
        let kept = self.kept.get_mut(slot)?;
        let bytes = self.bytes.get_mut(slot * BLOCK..(slot + 1) * BLOCK)?;
        let length = match kept {
            Some(block) if block.place == place => block.length,
            _ => {
                *kept = None;
                let length = self.packs.get_mut(pack)?.read(place.1, bytes)?;
                *kept = Some(Block { place, length });
                length
            }
        };
        bytes.get(within..length).filter(|bytes| !bytes.is_empty())
    }

    /// What may be the head of an object, filled up with noughts at the end of the pack.
    pub(super) fn head(&mut self, (pack, at): Place) -> Option<[u8; HEAD]> {
        let mut head = [0; HEAD];
        let mut done = 0;
        while let Some(room) = head.get_mut(done..).filter(|room| !room.is_empty()) {
            let Some(bytes) = self.at((pack, at + done as u64)) else { break };
            let length = bytes.len().min(room.len());
            room[..length].copy_from_slice(&bytes[..length]);
            done += length;
        }
        (done > 0).then_some(head)
    }
}

impl Pack {
    /// Reads what there is from a byte on; how much that is.
    fn read(&mut self, at: u64, bytes: &mut [u8]) -> Option<usize> {
        let Self { path, file } = self;
        let file = file.get_or_insert_with(|| File::open(path).ok()).as_mut()?;
        file.seek(SeekFrom::Start(at)).ok()?;
        let mut done = 0;
        while let Some(room) = bytes.get_mut(done..).filter(|room| !room.is_empty()) {
            match file.read(room) {
                Ok(0) => break,
                Ok(more) => done += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
        Some(done)
    }
}
