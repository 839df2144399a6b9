//! Reading what commits changed before they land.
//!
//! Commits land oldest first, one after the other, but nearly all that is to be done for one needs
//! only the commit: reading files, taking them apart, comparing two versions of a file. All of that
//! is done here, by all processors, a file with all its versions at a time: they lie near each other
//! in a pack, most as what differs from the next one.

use std::cell::Cell;
use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};

use indexmap::IndexMap;
use rayon::prelude::*;

use super::Difference;
use super::content::{Content, Version, What};
use super::facts::Facts;
use super::land::{Ahead, File, is_ours};
use super::recorded::Form;
use crate::model::ItemId;
use crate::packed::{Packed, TOGETHER};
use crate::repository::{BlobId, Change, CommitId, GitError, Landed, Repository, walk_back};

/// A commit that is ready to land.
pub(super) struct Ready {
    pub(super) commit: CommitId,
    pub(super) facts: Facts,
    pub(super) files: Vec<File>,
}

/// What landed after `since` up to `head`, oldest first. As many as `few` files are read by one
/// thread.
pub(super) fn read(
    repository: &Repository,
    (since, head): (Option<CommitId>, CommitId),
    paths: &[&str],
    settings: &str,
    few: usize,
) -> Result<Vec<Ready>, GitError> {
    let mut landed = Vec::new();
    walk_back(repository, since, head, paths, |one| landed.push(one))?;
    let groups = groups(&landed, settings);
    let few = groups.len() <= few;
    let (found, mut ready) = if few {
        let read = |ids: &[BlobId]| contents(repository, ids);
        let found: Result<_, GitError> =
            groups.chunks(TOGETHER).map(|some| read_together(some, settings, read)).collect();
        (found?, landed.iter().map(|it| ready(it, settings)).collect())
    } else {
        // The library keeps those waiting who read in several threads, so that one reads at a time
        // while others take apart what they have read.
        let own = Mutex::new(repository.opener().open()?);
        let read =
            |ids: &[BlobId]| contents(&own.lock().unwrap_or_else(PoisonError::into_inner), ids);
        let some = groups.par_chunks(TOGETHER).map(|some| read_together(some, settings, read));
        let ready = || landed.par_iter().map(|it| ready(it, settings)).collect();
        let (found, ready): (Result<_, GitError>, Vec<Ready>) =
            rayon::join(|| some.collect(), ready);
        (found?, ready)
    };
    if !few {
        drop(groups);
        // A hundred thousand pieces are given back while others wait for none of them.
        rayon::spawn(move || drop(landed));
    }
    note(&mut ready, found);
    ready.reverse();
    Ok(ready)
}

fn ours<'l>(landed: &'l Landed, settings: &str) -> impl Iterator<Item = &'l Change> {
    landed.changes.iter().filter(move |change| is_ours(&change.path, settings))
}

/// Where a change is: the number of its commit, newest first, and its own in it.
type At = (usize, usize);

/// The contents that one path got, newest first.
struct Group<'l> {
    path: &'l str,
    changes: Vec<(At, Option<BlobId>, BlobId)>,
}

/// The contents that commits brought, newest first, by path.
fn groups<'l>(landed: &'l [Landed], settings: &str) -> Vec<Group<'l>> {
    let mut groups: IndexMap<&str, Group<'_>> = IndexMap::new();
    for (commit, landed) in landed.iter().enumerate() {
        for (file, change) in ours(landed, settings).enumerate() {
            if let Some(new) = change.new {
                let path = change.path.as_str();
                let group =
                    groups.entry(path).or_insert_with(|| Group { path, changes: Vec::new() });
                group.changes.push(((commit, file), change.old, new));
            }
        }
    }
    let mut groups: Vec<Group<'_>> = groups.into_values().collect();
    // Files that were created one after the other are kept, and asked for, together.
    groups.sort_by_key(|group| {
        group.changes.last().map(|((commit, file), ..)| (Reverse(*commit), *file))
    });
    groups
}

fn contents(repository: &Repository, ids: &[BlobId]) -> Result<Vec<Vec<u8>>, GitError> {
    let mut contents = Vec::with_capacity(ids.len());
    repository.blobs(ids.iter().copied(), |bytes| contents.push(bytes.to_vec()))?;
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
    Since(BlobId, Vec<Difference>),
}

/// What a new file holds.
struct Created {
    /// As JSON, until it is packed.
    json: String,
    packed: Option<Packed>,
    is_item: bool,
}

fn note(ready: &mut [Ready], found: Vec<Vec<Found>>) {
    for Found { at: (commit, file), what } in found.into_iter().flatten() {
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
            (Some(file), Know::Since(old, differences)) => {
                file.ahead.since = Cell::new(Some((old, differences)));
            }
        }
    }
}

/// Contents that are read at once, each as long as a file may be.
const AT_ONCE: usize = 128;

/// Reads the contents of some paths, and packs the files that are new in them together.
fn read_together(
    groups: &[Group<'_>],
    settings: &str,
    read: impl Fn(&[BlobId]) -> Result<Vec<Vec<u8>>, GitError>,
) -> Result<Vec<Found>, GitError> {
    let (mut found, mut waiting) = (Vec::new(), Vec::new());
    let mut pending: Option<(&Group<'_>, Pending)> = None;
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
            let left = group.version(**change, &bytes, own, settings, &mut found);
            pending = left.map(|left| (*group, left));
        }
    }
    waiting.extend(pending);
    // The oldest of each is compared with what came before the walk began.
    for some in waiting.chunks(AT_ONCE) {
        let ids: Vec<BlobId> = some.iter().map(|(_, oldest)| oldest.old).collect();
        for ((group, oldest), bytes) in some.iter().zip(read(&ids)?) {
            found.extend(match oldest.near(oldest.old, &bytes) {
                Some((_, differences)) => Some(oldest.since(differences)),
                None => {
                    let (_, before) = Content::read(group.path, &bytes, false);
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

impl Group<'_> {
    /// Takes a version apart and compares it with the one after it. What is left to be compared with
    /// the one before.
    fn version(
        &self,
        (at, old, blob): (At, Option<BlobId>, BlobId),
        bytes: &[u8],
        after: Option<Pending>,
        settings: &str,
        found: &mut Vec<Found>,
    ) -> Option<Pending> {
        // What a file was created with is kept whole, and so read whole.
        let near = after.as_ref().filter(|_| old.is_some()).and_then(|it| it.near(blob, bytes));
        let (what, content) = match (&after, near) {
            (Some(after), Some((before, differences))) => {
                found.push(after.since(differences));
                (What::Item(after.id.clone()), Some(before))
            }
            (after, _) => {
                let (what, content) = Content::read(self.path, bytes, self.path == settings);
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
        Found { at: self.at, what: Know::Since(self.old, differences) }
    }
}

/// A commit without what its files hold.
fn ready(landed: &Landed, settings: &str) -> Ready {
    let facts = Facts::of(landed);
    let files = ours(landed, settings).map(|change| {
        // What stands there is not read, so that nobody follows it.
        let irregular = change.irregular && change.new.is_none() && change.old.is_none();
        File {
            new: irregular.then(|| Version::unreadable("a symbolic link or a submodule")),
            ahead: Ahead::default(),
            reason: facts.reason_for(change),
            origins: facts.origins_of(change),
            authors: change.authors.iter().map(|who| facts.person(who)).collect(),
            path: change.path.as_str().into(),
        }
    });
    Ready { commit: landed.commit, files: files.collect(), facts }
}
