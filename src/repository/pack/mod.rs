//! Objects that are read from git's packs without the library.
//!
//! A long history is hundreds of thousands of small objects. To find and unpack such a one takes the
//! library several times as long as it takes here, and it lets one thread at a time do it. Here is
//! only the usual case: what is damaged, large, or not in a pack is not found, and who asks goes to
//! the library, which also says what is wrong.

mod blocks;
mod delta;
mod index;
mod known;

use std::path::Path;
use std::sync::Arc;

use flate2::{Decompress, FlushDecompress, Status};
use git2::{ObjectType, Oid};

use blocks::Blocks;
pub(super) use index::Indexes;
use known::Known;

/// An object, as it is when it is unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) kind: ObjectType,
    pub(super) data: Arc<[u8]>,
}

/// Larger objects are the library's.
const LARGEST: usize = 16 << 20;

/// Git makes chains of at most 4,095 differences, and of 50 unless it is told to.
const LONGEST: usize = 4095;

/// The longest repetition is 258 bytes; one too many shows what is too long.
const ROOM: usize = 320;

/// Where an object begins: the number of the pack, and the byte in it.
type Place = (usize, u64);

/// How much of what was read of late is kept: nearly all that comes next is a difference from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Blocks of packs.
    blocks: usize,
    /// Bytes of a generation of objects, of which there are two.
    objects: usize,
    /// The same of folders that others keep besides.
    pub(super) folders: usize,
}

impl Room {
    pub(super) const USUAL: Self = Self { blocks: 2048, objects: 8 << 20, folders: 8 << 20 };
    /// Where memory counts for more than time.
    const SMALL: Self = Self { blocks: 512, objects: 2 << 20, folders: 3 << 20 };
}

/// Reads packs, each thread with one of its own.
pub(super) struct Packs {
    indexes: Arc<Indexes>,
    blocks: Blocks,
    known: Known,
    inflate: Decompress,
    /// What is being unpacked, and what a difference makes of its base.
    bytes: Vec<u8>,
    made: Vec<u8>,
    /// The pack that held what was asked for last.
    recent: usize,
}

/// What comes before the packed bytes of an object.
struct Head {
    stored: Stored,
    size: usize,
    /// Where the packed bytes begin.
    at: u64,
}

enum Stored {
    Whole(ObjectType),
    /// As a difference from what is elsewhere in the same pack.
    From(u64),
}

impl Packs {
    pub(super) fn new(indexes: Arc<Indexes>, room: Room) -> Self {
        let blocks = Blocks::new(indexes.packs(), room.blocks);
        let known = Known::new(room.objects);
        let (inflate, bytes, made) = (Decompress::new(true), Vec::new(), Vec::new());
        Self { indexes, blocks, known, inflate, bytes, made, recent: 0 }
    }

    /// An object that is in one of the packs; `None` too where the library has to see to it.
    pub(super) fn read(&mut self, id: Oid) -> Option<Object> {
        let place = self.indexes.find(id, self.recent)?;
        self.recent = place.0;
        self.unpack(place)
    }

    fn unpack(&mut self, place: Place) -> Option<Object> {
        let mut deltas: Vec<(u64, Vec<u8>)> = Vec::new();
        let (pack, mut at) = place;
        let mut object = loop {
            if let Some(object) = self.known.get((pack, at)) {
                break object;
            }
            let head = self.head((pack, at))?;
            let bytes = self.inflate((pack, head.at), head.size)?;
            match head.stored {
                Stored::Whole(kind) => {
                    let object = Object { kind, data: bytes.into() };
                    self.known.add((pack, at), &object);
                    break object;
                }
                Stored::From(base) => {
                    if deltas.len() == LONGEST {
                        return None;
                    }
                    deltas.push((at, bytes.to_vec()));
                    at = base;
                }
            }
        };
        for (at, delta) in deltas.into_iter().rev() {
            delta::apply(&object.data, &delta, LARGEST, &mut self.made)?;
            object = Object { kind: object.kind, data: self.made.as_slice().into() };
            self.known.add((pack, at), &object);
        }
        Some(object)
    }

    fn head(&mut self, (pack, at): Place) -> Option<Head> {
        let head = self.blocks.head((pack, at))?;
        let mut bytes = head.iter().copied();
        let first = bytes.next()?;
        let mut size = usize::from(first & 15);
        let (mut length, mut last, mut shift) = (1, first, 4_u32);
        while last & 0x80 != 0 {
            last = bytes.next()?;
            size |= usize::from(last & 0x7f).checked_shl(shift)?;
            (length, shift) = (length + 1, shift + 7);
            if size > LARGEST {
                return None;
            }
        }
        let stored = match first >> 4 & 7 {
            1 => Stored::Whole(ObjectType::Commit),
            2 => Stored::Whole(ObjectType::Tree),
            3 => Stored::Whole(ObjectType::Blob),
            4 => Stored::Whole(ObjectType::Tag),
            6 => {
                let (mut back, mut more) = (0_u64, true);
                while more {
                    let byte = bytes.next()?;
                    length += 1;
                    back = back.checked_mul(128)? | u64::from(byte & 0x7f);
                    more = byte & 0x80 != 0;
                    back += u64::from(more);
                }
                Stored::From(at.checked_sub(back).filter(|_| back > 0)?)
            }
            7 => {
                let id = head.get(length..length + 20)?;
                let base = self.indexes.find_in(pack, Oid::from_bytes(id).ok()?)?;
                length += 20;
                Stored::From(base)
            }
            _ => return None,
        };
        Some(Head { stored, size, at: at + length as u64 })
    }

    /// Unpacks what begins at a place, exactly so many bytes.
    fn inflate(&mut self, (pack, mut at): Place, size: usize) -> Option<&[u8]> {
        // The quick way of unpacking wants room for the longest repetition beyond what it writes.
        let room = size + ROOM;
        if self.bytes.len() < room {
            self.bytes.resize(room, 0);
        }
        self.inflate.reset(true);
        let mut done = 0;
        loop {
            let packed = self.blocks.at((pack, at))?;
            let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
            let out = self.bytes.get_mut(done..room)?;
            let status = self.inflate.decompress(packed, out, FlushDecompress::None).ok()?;
            let taken = self.inflate.total_in() - read;
            let given = self.inflate.total_out() - written;
            at += taken;
            done += usize::try_from(given).ok()?;
            match status {
                Status::StreamEnd => break,
                Status::Ok | Status::BufError if taken == 0 && given == 0 => return None,
                Status::Ok | Status::BufError => {}
            }
        }
        self.bytes.get(..size).filter(|_| done == size)
    }
}

/// The packs of a repository, looked at only when many objects are asked for: reading their indexes
/// takes longer than reading some objects with the library.
pub(super) struct Packed {
    few: usize,
    pub(super) room: Room,
    read: usize,
    packs: Option<Packs>,
    indexes: Option<Arc<Indexes>>,
}

/// As many objects as this are the library's before packs are looked at.
const FEW: usize = 1024;

impl Packed {
    /// What another one has found is not read again.
    pub(super) fn new(indexes: Option<Arc<Indexes>>) -> Self {
        Self { few: FEW, room: Room::USUAL, read: 0, packs: None, indexes }
    }

    /// From now on memory counts for more than time. The library, which brings packs into memory
    /// and keeps them there, is asked for nothing that is in one.
    pub(super) fn save_memory(&mut self) {
        (self.few, self.room, self.packs) = (0, Room::SMALL, None);
    }

    /// Whether memory counts for more than time.
    pub(super) fn saves_memory(&self) -> bool {
        self.room.blocks == Room::SMALL.blocks
    }

    /// The indexes, where they have been read.
    pub(super) fn indexes(&self) -> Option<Arc<Indexes>> {
        self.indexes.clone()
    }

    /// An object, by the folder of all objects; `None` where it is the library's.
    pub(super) fn read(&mut self, objects: &Path, id: Oid) -> Option<Object> {
        if self.indexes.is_none() && self.read < self.few {
            self.read += 1;
            return None;
        }
        let indexes = self.indexes.get_or_insert_with(|| Arc::new(Indexes::open(objects)));
        let new = || Packs::new(Arc::clone(indexes), self.room);
        self.packs.get_or_insert_with(new).read(id)
    }

    /// Lets go of what was unpacked.
    pub(super) fn rest(&mut self) {
        self.packs = None;
    }

    /// Lets go of everything.
    pub(super) fn let_go(&mut self) {
        *self = Self { few: self.few, room: self.room, ..Self::new(None) };
    }

    /// Looks at packs for few objects, too.
    #[cfg(test)]
    pub(super) fn at_once(&mut self) {
        self.few = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::super::Repository;
    use super::super::testing::Repo;
    use super::*;

    fn folder(repo: &Repo) -> PathBuf {
        repo.path().join(".git/objects")
    }

    fn packs(repo: &Repo) -> Packs {
        Packs::new(Arc::new(Indexes::open(&folder(repo))), Room::USUAL)
    }

    /// The names of all objects.
    fn objects(repo: &Repo) -> Vec<Oid> {
        let listed = repo.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname)"]);
        listed.lines().map(|line| line.parse().unwrap()).collect()
    }

    /// Objects that are whole and that are differences of several others, some of them long.
    fn repo() -> Repo {
        let repo = Repo::new();
        let mut lines: Vec<String> = (0..20_000_u32).map(|n| format!("{}\n", n * n)).collect();
        for day in 0..12_usize {
            lines[day * 1000] = format!("day {day}\n");
            repo.write("items/A", lines.concat()).write(&format!("items/{day}/B"), "b");
            repo.commit("2026-01-01", &format!("day {day}\n\n{}", lines[..100].concat()));
        }
        repo.git(&["tag", "-a", "-m", "a tag", "v1"]);
        repo
    }

    /// Whether all objects of some packs are what the library says.
    fn assert_same(repo: &Repo, packs: &mut Packs) {
        let opened = Repository::open(&repo.path()).unwrap();
        let odb = opened.odb().unwrap();
        for id in objects(repo) {
            let expected = odb.read(id).unwrap();
            let read = packs.read(id).unwrap();
            assert_eq!((read.kind, &*read.data), (expected.kind(), expected.data()), "{id}");
        }
    }

    #[test]
    fn everything_is_what_the_library_says() {
        let repo = repo();
        assert_eq!(packs(&repo).read(objects(&repo)[0]), None, "a loose one");
        let ways: [&[&str]; 4] = [
            &["-c", "repack.useDeltaBaseOffset=true", "repack", "-adfq", "--depth=10"],
            &["-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq", "--depth=10"],
            &["-c", "pack.compression=0", "repack", "-adFq", "--depth=0"],
            &["repack", "-adfq", "--max-pack-size=1m", "--window=0"],
        ];
        for way in ways {
            repo.git(way);
            repo.git(&["prune-packed"]);
            assert_same(&repo, &mut packs(&repo));
        }
        // Places beyond 2 GiB are written otherwise.
        repo.git(&["repack", "-adfq", "--depth=10"]);
        for file in fs::read_dir(folder(&repo).join("pack")).unwrap() {
            let path = file.unwrap().path();
            if path.extension().unwrap() == "pack" {
                let index = path.with_extension("idx");
                let (index, path) = (index.to_str().unwrap(), path.to_str().unwrap());
                fs::remove_file(index).unwrap();
                repo.git(&["index-pack", "--index-version=2,1000", "-o", index, path]);
            }
        }
        assert_same(&repo, &mut packs(&repo));
        let missing = Oid::from_bytes(&[7; 20]).unwrap();
        assert_eq!(packs(&repo).read(missing), None);
    }

    #[test]
    fn what_is_damaged_is_not_found() {
        let repo = repo();
        repo.git(&["repack", "-adfq", "--depth=10"]);
        let all = objects(&repo);
        let path = |of: &str| {
            let files =
                fs::read_dir(folder(&repo).join("pack")).unwrap().map(|file| file.unwrap().path());
            files.into_iter().find(|path| path.extension().is_some_and(|it| it == of)).unwrap()
        };
        let kinds = ["pack", "idx"].map(path);
        let whole = kinds.each_ref().map(|path| fs::read(path).unwrap());
        let mut good = packs(&repo);
        let expected: Vec<_> = all.iter().map(|id| good.read(*id).unwrap()).collect();
        for (path, whole) in kinds.iter().zip(&whole) {
            // Git makes them so that nobody may write.
            fs::remove_file(path).unwrap();
            for step in 0..48 {
                let mut bytes = whole.clone();
                let at = step * bytes.len() / 48;
                match step % 3 {
                    0 => bytes.truncate(at),
                    1 => bytes[at] ^= 0xff,
                    _ => bytes[at..].fill(0xff),
                }
                fs::write(path, bytes).unwrap();
                let mut packs = packs(&repo);
                for (id, expected) in all.iter().zip(&expected) {
                    // A wrong place may be that of another object: git does not hash again either.
                    let read = packs.read(*id);
                    if path.extension().unwrap() == "pack" {
                        assert!(read.is_none_or(|read| read == *expected), "step {step}: {id}");
                    }
                }
            }
            fs::write(path, whole).unwrap();
        }
        // Gone altogether.
        let mut packs = packs(&repo);
        kinds.iter().for_each(|path| fs::remove_file(path).unwrap());
        assert!(all.iter().all(|id| packs.read(*id).is_none()));
    }

    #[test]
    fn what_others_lend_is_found() {
        let (repo, other, third) = (repo(), Repo::new(), Repo::new());
        repo.git(&["repack", "-adq"]);
        let lend = |to: &Repo, text: String| {
            to.git(&["init", "--quiet"]);
            fs::create_dir_all(folder(to).join("info")).unwrap();
            fs::write(folder(to).join("info/alternates"), text).unwrap();
        };
        // They may lend to each other, too.
        lend(&other, format!("# said\n{}\n{}\n", folder(&third).display(), "/nowhere"));
        lend(&third, format!("{}\n{}\n", folder(&repo).display(), folder(&other).display()));
        let mut packs = packs(&other);
        for id in objects(&repo) {
            assert!(packs.read(id).is_some(), "{id}");
        }
    }

    #[test]
    fn packs_are_looked_at_for_many_objects() {
        let repo = repo();
        repo.git(&["repack", "-adq"]);
        let (folder, all) = (folder(&repo), objects(&repo));
        let mut packed = Packed::new(None);
        let found = |packed: &mut Packed| packed.read(&folder, all[0]).is_some();
        assert!((0..FEW).all(|_| !found(&mut packed)));
        assert!(packed.indexes().is_none());
        assert!(found(&mut packed));
        let mut other = Packed::new(packed.indexes());
        assert!(found(&mut other), "another one has looked");
        other.let_go();
        assert!(!found(&mut other));
    }
}
