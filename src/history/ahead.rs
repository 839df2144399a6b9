//! Reading what commits changed before they land.
//!
//! Commits land oldest first, one after the other, but nearly all that is to be done for one needs
//! only the commit: reading files, taking them apart, comparing two versions of a file. All of that
//! is done here, by all processors, a file with all its versions at a time: they lie near each other
//! in a pack, most as what differs from the next one.

use std::cell::Cell;
use std::cmp::Reverse;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use rayon::prelude::*;

use super::content::{Content, Version, What};
use super::facts::Facts;
use super::land::{Ahead, File, Saying, Since, is_ours};
use super::recorded::Form;
use super::{Difference, Hasher};
use crate::document::Limits;
use crate::model::ItemId;
use crate::packed::{Packed, TOGETHER};
use crate::repository::{BlobId, Change, CommitId, GitError, Hands, Landed, Opener, Repository};

/// A commit that is ready to land.
pub(super) struct Ready {
    pub(super) commit: CommitId,
    pub(super) facts: Facts,
    pub(super) files: Vec<File>,
}

/// What some commits, newest first, changed; the oldest comes first. As many as `few` files are read
/// by this thread, and all where memory counts: what other threads give back is of no use to this one.
pub(super) fn read(
    repository: &Repository,
    landed: Vec<Landed>,
    settings: &str,
    (few, hands): (usize, Hands),
) -> Result<Vec<Ready>, GitError> {
    let files: usize = landed.iter().map(|it| it.changes.len()).sum();
    let alone = hands == Hands::One || files <= few;
    let (mut ready, groups): (Vec<Ready>, Vec<Group>) = if alone {
        let ready = landed.iter().map(|it| ready(it, settings));
        (ready.collect(), groups(&landed, settings))
    } else {
        let ready = || landed.par_iter().map(|it| ready(it, settings)).collect();
        rayon::join(ready, || groups(&landed, settings))
    };
    share_paths(&mut ready, &groups);
    if alone {
        drop(landed);
        let read = |ids: &[BlobId]| contents(repository, ids);
        for some in groups.chunks(TOGETHER) {
            note(&mut ready, read_together(some, settings, read)?);
        }
    } else {
        // A hundred thousand pieces are given back while nobody waits for that.
        rayon::spawn(move || drop(landed));
        let readers = Readers { opener: repository.opener(), idle: Mutex::default() };
        let read = |ids: &[BlobId]| readers.contents(ids);
        let ready = Mutex::new(&mut ready);
        groups.par_chunks(TOGETHER).try_for_each(|some| -> Result<(), GitError> {
            let found = read_together(some, settings, read)?;
            note(&mut ready.lock().unwrap_or_else(PoisonError::into_inner), found);
            Ok(())
        })?;
    }
    ready.reverse();
    Ok(ready)
}

fn ours<'l>(landed: &'l Landed, settings: &str) -> impl Iterator<Item = &'l Change> {
    landed.changes.iter().filter(move |change| is_ours(&change.path, settings))
}

/// Where a change is: the number of its commit, newest first, and its own in it.
type At = (usize, usize);

/// Where a content landed, what it was before, and what it is.
type Brought = (At, Option<BlobId>, BlobId);

/// The contents that one path got, newest first.
struct Group {
    path: Arc<str>,
    changes: Vec<Brought>,
}

/// The contents that commits brought, newest first, by path.
fn groups(landed: &[Landed], settings: &str) -> Vec<Group> {
    let mut groups: IndexMap<&str, Group, Hasher> = IndexMap::default();
    for (commit, landed) in landed.iter().enumerate() {
        for (at, change) in ours(landed, settings).enumerate() {
            let Some(new) = change.new else { continue };
            let path = &*change.path;
            let group = || Group { path: Arc::from(path), changes: Vec::with_capacity(1) };
            let group = groups.entry(path).or_insert_with(group);
            group.changes.push(((commit, at), change.old, new));
        }
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    // Files that were created one after the other are kept, and asked for, together.
    groups.sort_by_key(|group| {
        group.changes.last().map(|((commit, file), ..)| (Reverse(*commit), *file))
    });
    groups
}

/// Holds the path of a file once for all its versions.
fn share_paths(ready: &mut [Ready], groups: &[Group]) {
    for group in groups {
        for ((commit, file), ..) in &group.changes {
            let file = ready.get_mut(*commit).and_then(|it| it.files.get_mut(*file));
            if let Some(file) = file {
                file.path = Arc::clone(&group.path);
            }
        }
    }
}

/// The same repository several times, so that as many threads read at a time.
struct Readers {
    opener: Opener,
    idle: Mutex<Vec<Repository>>,
}

impl Readers {
    fn contents(&self, ids: &[BlobId]) -> Result<Vec<Bytes>, GitError> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let own = idle().pop();
        let own = own.map_or_else(|| self.opener.open(), Ok)?;
        let contents = contents(&own, ids);
        idle().push(own);
        contents
    }
}

/// The bytes of a version, or the size of one that is larger than a file may be: such a one is not
/// read at all.
type Bytes = Result<Vec<u8>, u64>;

fn contents(repository: &Repository, ids: &[BlobId]) -> Result<Vec<Bytes>, GitError> {
    let mut contents = Vec::with_capacity(ids.len());
    let limit = Limits::ITEM.bytes as u64;
    let each = |bytes: Result<&[u8], u64>| contents.push(bytes.map(<[u8]>::to_vec));
    repository.blobs_up_to(ids.iter().copied(), limit, each)?;
    Ok(contents)
}

/// A version, and where it landed.
struct Pending {
    at: At,
    id: ItemId,
    content: Content,
    /// What it is compared with.
    old: BlobId,
}

/// What was found out of a change.
struct Found {
    at: At,
    what: Know,
}

enum Know {
    /// What it holds now.
    Version { version: Version, created: Option<Created> },
    /// What happened since an earlier content.
    Since(Box<Since>),
}

/// What a new file holds.
struct Created {
    /// As JSON, until it is packed.
    json: String,
    packed: Option<Packed>,
    is_item: bool,
}

fn note(ready: &mut [Ready], found: Vec<Found>) {
    for Found { at: (commit, file), what } in found {
        let file = ready.get_mut(commit).and_then(|it| it.files.get_mut(file));
        match (file, what) {
            (None, _) => {}
            (Some(file), Know::Version { version, created }) => {
                file.new = Some(version);
                file.ahead.is_item = created.as_ref().map(|created| created.is_item);
                let packed = created.and_then(|created| created.packed);
                let created = packed.map(|packed| Form::Packed(packed).into());
                file.ahead.value = Cell::new(created);
            }
            (Some(file), Know::Since(since)) => file.ahead.since = Cell::new(Some(since)),
        }
    }
}

/// Contents that are read at once, each as long as a file may be.
const AT_ONCE: usize = 128;

/// Reads the contents of some paths, and packs the files that are new in them together.
fn read_together(
    groups: &[Group],
    settings: &str,
    read: impl Fn(&[BlobId]) -> Result<Vec<Bytes>, GitError>,
) -> Result<Vec<Found>, GitError> {
    let (mut found, mut waiting) = (Vec::new(), Vec::new());
    let mut pending: Option<(&Group, Pending)> = None;
    let of = |group| move |change| (group, change);
    let changes: Vec<_> =
        groups.iter().flat_map(|group| group.changes.iter().map(of(group))).collect();
    for some in changes.chunks(AT_ONCE) {
        let ids: Vec<BlobId> = some.iter().map(|(_, (.., new))| *new).collect();
        for ((group, change), bytes) in some.iter().zip(read(&ids)?) {
            let after = pending.take();
            let (own, other): (Option<_>, Option<_>) = match after {
                Some((of, after)) if std::ptr::eq(of, *group) => (Some(after), None),
                other => (None, other),
            };
            waiting.extend(other);
            let bytes = bytes.as_deref().map_err(|size| *size);
            let left = group.version(**change, bytes, own, settings, &mut found);
            pending = left.map(|left| (*group, left));
        }
    }
    waiting.extend(pending);
    // The oldest of each is compared with what came before the walk began.
    for some in waiting.chunks(AT_ONCE) {
        let ids: Vec<BlobId> = some.iter().map(|(_, oldest)| oldest.old).collect();
        for ((group, oldest), bytes) in some.iter().zip(read(&ids)?) {
            let Ok(bytes) = bytes else { continue };
            found.extend(match oldest.near(oldest.old, &bytes) {
                Some((_, differences)) => Some(oldest.since(differences)),
                None => {
                    let (_, before) = Content::read(&group.path, &bytes, false);
                    oldest.compared(oldest.old, before.as_ref())
                }
            });
        }
    }
    let mut created: Vec<&mut Created> = found
        .iter_mut()
        .filter_map(|found| match &mut found.what {
            Know::Version { created, .. } => created.as_mut(),
            Know::Since(..) => None,
        })
        .collect();
    let texts: Vec<String> = created.iter_mut().map(|it| std::mem::take(&mut it.json)).collect();
    for (created, packed) in created.into_iter().zip(Packed::all(&texts)) {
        created.packed = packed;
    }
    Ok(found)
}

impl Group {
    /// Takes a version apart and compares it with the one after it. What is left to be compared with
    /// the one before.
    fn version(
        &self,
        (at, old, blob): Brought,
        bytes: Result<&[u8], u64>,
        after: Option<Pending>,
        settings: &str,
        found: &mut Vec<Found>,
    ) -> Option<Pending> {
        // What a file was created with is kept whole, and so read whole.
        let near = after.as_ref().filter(|_| old.is_some());
        let near = near.zip(bytes.ok()).and_then(|(it, bytes)| it.near(blob, bytes));
        let (what, content) = match (&after, near) {
            (Some(after), Some((before, differences))) => {
                found.push(after.since(differences));
                (What::Item(after.id.clone()), Some(before))
            }
            (after, _) => {
                let (what, content) = match bytes {
                    Ok(bytes) => Content::read(&self.path, bytes, *self.path == *settings),
                    Err(size) => (What::too_large(size), None),
                };
                let after = after.as_ref();
                found.extend(after.and_then(|it| it.compared(blob, content.as_ref())));
                (what, content)
            }
        };
        let new = content.as_ref().filter(|_| old.is_none() && matches!(what, What::Item(_)));
        let created = new.map(|content| Created {
            json: content.to_json(),
            packed: None,
            is_item: content.is_item(),
        });
        let pending = match (&what, content, old) {
            (What::Item(id), Some(content), Some(old)) => {
                Some(Pending { at, id: id.clone(), content, old })
            }
            _ => None,
        };
        let version = Version { what, blob: Some(blob), value: None };
        found.push(Found { at, what: Know::Version { version, created } });
        pending
    }
}

impl Pending {
    /// What it is compared with, if these bytes are that, and what happened since. Only what differs
    /// is read; nothing where that does not tell.
    fn near(&self, blob: BlobId, bytes: &[u8]) -> Option<(Content, Vec<Difference>)> {
        (blob == self.old).then(|| self.content.before(&self.id, bytes))?
    }

    /// What happened since the version before; nothing where that is none of it.
    fn compared(&self, blob: BlobId, before: Option<&Content>) -> Option<Found> {
        let before =
            before.filter(|before| blob == self.old && before.id() == self.content.id())?;
        let differences = Content::between(before, &self.content);
        Some(self.since(differences))
    }

    fn since(&self, differences: Vec<Difference>) -> Found {
        Found { at: self.at, what: Know::Since(Box::new(Since { blob: self.old, differences })) }
    }
}

/// A commit without what its files hold.
fn ready(landed: &Landed, settings: &str) -> Ready {
    let facts = Facts::of(landed);
    // Only of merges is not the same said of all files.
    let mut last: Option<(&Change, Arc<Saying>)> = None;
    let files = ours(landed, settings).map(|change| {
        let same = |last: &&Change| {
            let nothing = last.messages.is_empty() && change.messages.is_empty();
            nothing && Arc::ptr_eq(&last.authors, &change.authors)
        };
        let same = last.take().filter(|(last, _)| same(last));
        let said = same.map_or_else(|| Arc::new(facts.saying(change)), |(_, said)| said);
        last = Some((change, Arc::clone(&said)));
        // What stands there is not read, so that nobody follows it.
        let irregular = change.irregular && change.new.is_none() && change.old.is_none();
        File {
            new: irregular.then(|| Version::unreadable("a symbolic link or a submodule")),
            ahead: Ahead::default(),
            said,
            // What holds something is in a group, and its path is held there.
            path: if change.new.is_some() { Arc::default() } else { change.path.as_str().into() },
        }
    });
    let mut all = Vec::with_capacity(landed.changes.len());
    all.extend(files);
    Ready { commit: landed.commit, files: all, facts }
}
