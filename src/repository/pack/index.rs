//! Which objects are in a pack, and where.

use std::fs;
use std::path::{Path, PathBuf};

use git2::Oid;

use super::Place;

/// The indexes of the packs of a repository, and of those that lend it objects.
pub(in super::super) struct Indexes(Vec<Index>);

/// Larger indexes, of some ten million objects, are not read: they would have to stay in memory.
const LARGEST: u64 = 256 << 20;

impl Indexes {
    /// Those that can be read, by the folder of the objects.
    pub(super) fn open(objects: &Path) -> Self {
        let paths: Vec<PathBuf> = folders(objects).iter().flat_map(|it| listed(it)).collect();
        let mut room = LARGEST;
        let index = |path: &PathBuf| {
            let size = path.metadata().ok()?.len();
            room = room.checked_sub(size)?;
            Index::read(path.with_extension("pack"), fs::read(path).ok()?)
        };
        Self(paths.iter().filter_map(index).collect())
    }

    /// The packs that they are of.
    pub(super) fn packs(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(|index| index.pack.as_path())
    }

    /// Where an object begins; the pack of this number is looked into first.
    pub(super) fn find(&self, id: Oid, first: usize) -> Option<Place> {
        let others = (0..self.0.len()).filter(|pack| *pack != first);
        [first].into_iter().chain(others).find_map(|pack| Some((pack, self.find_in(pack, id)?)))
    }

    /// The same in one pack.
    pub(super) fn find_in(&self, pack: usize, id: Oid) -> Option<u64> {
        self.0.get(pack)?.find(id.as_bytes().first_chunk()?)
    }
}

/// As many repositories may lend objects to one, and to each other.
const LENDERS: usize = 16;

/// The folder of the objects of a repository, then those of others where it finds more.
fn folders(objects: &Path) -> Vec<PathBuf> {
    let mut folders = vec![objects.to_owned()];
    let mut at = 0;
    while let Some(folder) = folders.get(at).cloned() {
        let lent = fs::read_to_string(folder.join("info/alternates")).unwrap_or_default();
        // A name in quotes is not read; what is there is left to the library.
        for line in lent.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '"'])) {
            let lender = folder.join(line);
            if folders.len() <= LENDERS && !folders.contains(&lender) {
                folders.push(lender);
            }
        }
        at += 1;
    }
    folders
}

/// The indexes in a folder of objects, by name.
fn listed(objects: &Path) -> Vec<PathBuf> {
    let Ok(files) = fs::read_dir(objects.join("pack")) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "idx"));
    paths.sort();
    paths
}

/// Where among names that begin with the same byte, in their order, a name is. Names are spread
/// evenly, so it is near where its next bytes say; all else would be far apart in memory.
fn position(names: &[[u8; 20]], id: &[u8; 20]) -> Option<usize> {
    let start = |name: &[u8; 20]| name.first_chunk().copied().map_or(0, u64::from_be_bytes);
    let wanted = start(id);
    let likely = (names.len() as u64).saturating_mul(wanted >> 24 & 0xffff_ffff) >> 32;
    let (likely, spread) = (usize::try_from(likely).ok()?, names.len().isqrt() + 1);
    let first = likely.saturating_sub(spread);
    let near = names.get(first..names.len().min(likely + spread))?;
    let within = near.first().map(start)? <= wanted && wanted <= near.last().map(start)?;
    let (first, near) = if within { (first, near) } else { (0, names) };
    let at = first + near.binary_search_by_key(&wanted, start).ok()?;
    (names.get(at)? == id).then_some(at)
}

/// An index of version 2: 256 counts by the first byte of the names, the names in their order, (a
/// checksum each, which is not kept,) the places of four bytes each, and those of eight that are too
/// large for four.
struct Index {
    pack: PathBuf,
    bytes: Vec<u8>,
    count: usize,
}

const MAGIC: &[u8] = b"\xfftOc\0\0\0\x02";
const NAMES: usize = MAGIC.len() + 256 * 4;

impl Index {
    fn read(pack: PathBuf, mut bytes: Vec<u8>) -> Option<Self> {
        let count = bytes.strip_prefix(MAGIC)?.as_chunks::<4>().0.get(255)?;
        let count = usize::try_from(u32::from_be_bytes(*count)).ok()?;
        let sums = NAMES + count.checked_mul(20)?;
        let places = sums + count.checked_mul(4)?;
        if places > bytes.len() {
            return None;
        }
        bytes.drain(sums..places);
        bytes.shrink_to_fit();
        Some(Self { pack, bytes, count })
    }

    fn number(&self, at: usize) -> Option<u32> {
        Some(u32::from_be_bytes(*self.bytes.get(at..)?.first_chunk()?))
    }

    fn find(&self, id: &[u8; 20]) -> Option<u64> {
        let byte = usize::from(id[0]);
        let upto = |byte: usize| usize::try_from(self.number(MAGIC.len() + byte * 4)?).ok();
        let (start, end) = (byte.checked_sub(1).map_or(Some(0), upto)?, upto(byte)?);
        let names = self.bytes.get(NAMES..NAMES + self.count.checked_mul(20)?)?;
        let at = start + position(names.as_chunks::<20>().0.get(start..end)?, id)?;
        let places = NAMES + self.count * 20;
        let place = self.number(places + at * 4)?;
        if place & 1 << 31 == 0 {
            return Some(place.into());
        }
        let far = usize::try_from(place & !(1 << 31)).ok()?;
        let far = places + self.count * 4 + far.checked_mul(8)?;
        Some(u64::from_be_bytes(*self.bytes.get(far..)?.first_chunk()?))
    }
}
