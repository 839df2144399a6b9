//! Lock files that a git has left which a command started and which was killed.
//!
//! They stop every git after it, but may only be removed where it is proven that they are of that
//! git. That it is dead the kernel states: it had inherited the lock of the command, and the lock is
//! free. That it was killed and did not clean up shows the lock of its copy of the index, which is then
//! still there. That it made the lock file follows from what is in it or when it was written:
//!
//! - The lock of a branch or tag holds the id of a commit or tag with the parent and message of the
//!   journal.
//! - `HEAD.lock` is empty. Git holds it from before it writes the lock of the branch until the branch
//!   has moved. So it is of that git where it is not newer than the lock of the branch that was
//!   proven, or than the branch itself that moved to the commit of the journal.
//! - Where git was killed between these steps, the lock is as old as the commit or tag, which was
//!   written right before.
//! - `index.lock` the command makes itself; it holds the id of the journal.
//!
//! Whatever is not proven stays, and git names it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use git2::{ObjectType, Oid};

use super::journal::{Journal, JournalAction};
use super::scratch::{Scratch, remove_if_there};
use super::{Repository, index_lock};

/// The longest time from one step of git to the next, and the precision of file times.
pub(super) const RIGHT_AFTER: Duration = Duration::from_secs(2);

/// Removes the lock files that the git of a journal has left. Only for who holds the lock.
pub(super) fn remove(repo: &Repository, journal: &Journal, begun: SystemTime) -> io::Result<()> {
    index_lock::remove_left(repo, &journal.id, begun)?;
    let name = match &journal.action {
        JournalAction::Write => return Ok(()),
        JournalAction::Tag { name, .. } => Some(format!("refs/tags/{name}")),
        JournalAction::Commit { .. } => journal.branch.clone(),
    };
    let copy_lock = Scratch::open(repo).path("index.lock");
    if matches!(journal.action, JournalAction::Commit { .. })
        && copy_lock.symlink_metadata().is_err()
    {
        // Git holds that from before the commit until after the branch has moved.
        return Ok(());
    }
    let common = repo.inner.commondir();
    let head = RefLock::find(repo.git_dir().join("HEAD.lock"));
    let named = name.as_ref().and_then(|name| RefLock::find(common.join(format!("{name}.lock"))));
    if head.is_none() && named.is_none() {
        return Ok(());
    }
    let mut proof = LockProof { repo, journal, begun, object: None };
    let is_named_own = named.as_ref().is_some_and(|lock| proof.is_own(lock));
    let is_head_own = match (&head, &journal.action) {
        (Some(head), JournalAction::Commit { .. }) => {
            let by_branch =
                is_named_own && named.as_ref().is_some_and(|named| head.written <= named.written);
            by_branch || proof.is_held_while_moved(head, name.as_deref()) || proof.is_own(head)
        }
        _ => false,
    };
    for (lock, is_own) in [(head, is_head_own), (named, is_named_own)] {
        if let Some(lock) = lock.filter(|_| is_own) {
            remove_if_there(&lock.file)?;
        }
    }
    Ok(())
}

/// The lock file of a ref.
struct RefLock {
    file: PathBuf,
    written: SystemTime,
    content: Vec<u8>,
}

impl RefLock {
    fn find(file: PathBuf) -> Option<Self> {
        let found = file.symlink_metadata().ok().filter(|it| it.is_file() && it.len() < 100)?;
        let (written, content) = (found.modified().ok()?, fs::read(&file).ok()?);
        Some(Self { file, written, content })
    }
}

/// Evidence about the git process that a journal names.
struct LockProof<'a> {
    repo: &'a Repository,
    journal: &'a Journal,
    begun: SystemTime,
    /// When its commit or tag was written; looked up once.
    object: Option<Option<SystemTime>>,
}

impl LockProof<'_> {
    /// Returns whether a lock names the commit or tag of the journal, or is empty and as old as that.
    fn is_own(&mut self, lock: &RefLock) -> bool {
        if !lock.content.is_empty() {
            let id = std::str::from_utf8(&lock.content).ok();
            let id = id.and_then(|text| Oid::from_str(text.trim()).ok());
            return id.is_some_and(|id| is_object(self.repo, self.journal, id));
        }
        let (repo, journal, begun) = (self.repo, self.journal, self.begun);
        let object = *self.object.get_or_insert_with(|| object_written(repo, journal, begun));
        let Some(object) = object else { return false };
        lock.written.duration_since(object).is_ok_and(|after| after <= RIGHT_AFTER)
    }

    /// Returns whether `HEAD.lock` was there when the branch moved to the commit of the journal.
    fn is_held_while_moved(&self, head: &RefLock, branch: Option<&str>) -> bool {
        let Some(branch) = branch else { return false };
        let tip = self.repo.inner.refname_to_id(branch);
        let file = self.repo.inner.commondir().join(branch);
        let moved = file.metadata().and_then(|found| found.modified());
        let (Ok(tip), Ok(moved)) = (tip, moved) else { return false };
        head.content.is_empty()
            && head.written >= self.begun
            && head.written <= moved
            && is_object(self.repo, self.journal, tip)
    }
}

/// Returns whether an object is the commit or tag that git was asked for.
fn is_object(repo: &Repository, journal: &Journal, id: Oid) -> bool {
    match &journal.action {
        JournalAction::Write => false,
        JournalAction::Commit { message } => {
            super::recover::is_commit_of(repo, journal, message, id)
        }
        JournalAction::Tag { name, message } => repo.inner.find_tag(id).is_ok_and(|tag| {
            let begins = tag.message_bytes().is_some_and(|it| it.starts_with(message.as_bytes()));
            tag.name_bytes() == name.as_bytes() && begins
        }),
    }
}

/// Returns when the commit or tag of the journal was written, if it was: it is among the loose
/// objects that are not older than the journal.
fn object_written(repo: &Repository, journal: &Journal, begun: SystemTime) -> Option<SystemTime> {
    let since = begun.checked_sub(RIGHT_AFTER)?;
    let kind = match journal.action {
        JournalAction::Tag { .. } => ObjectType::Tag,
        _ => ObjectType::Commit,
    };
    let odb = repo.inner.odb().ok()?;
    for folder in list_entries(&repo.inner.commondir().join("objects")) {
        let Some(start) = folder.file_name().and_then(|name| name.to_str()) else { continue };
        let new = |path: &Path| {
            path.metadata().and_then(|it| it.modified()).ok().filter(|time| *time >= since)
        };
        if start.len() != 2 || new(&folder).is_none() {
            continue;
        }
        for file in list_entries(&folder) {
            let Some(written) = new(&file) else { continue };
            let Some(end) = file.file_name().and_then(|name| name.to_str()) else { continue };
            let Ok(id) = Oid::from_str(&format!("{start}{end}")) else { continue };
            let right = odb.read_header(id).is_ok_and(|(_, found)| found == kind);
            if right && is_object(repo, journal, id) {
                return Some(written);
            }
        }
    }
    None
}

fn list_entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
