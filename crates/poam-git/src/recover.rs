//! Finishing or undoing what a command has left half done: one that was killed, or one whose git
//! failed.

use std::fs;
use std::io;
use std::time::SystemTime;

use git2::Oid;

use super::commit::made_on_line;
use super::guard::GuardError;
use super::journal::{Journal, JournalAction, JournalEntry, JournalState};
use super::lock::LockFile;
use super::restage::catch_up;
use super::scratch::{Replacement, Scratch, remove_if_there};
use super::{CommitId, GitError, RelPath, Repository, leftover};

/// Where the change of a journal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JournalLanding {
    /// In no commit.
    No,
    /// In the commit that git was asked for.
    Own(CommitId),
    /// In this commit or before it, but not in one that git was asked for.
    Elsewhere(CommitId),
}

/// Outcome of the recovery from a journal.
#[derive(Debug)]
pub(super) struct SettledFiles {
    pub(super) landed: JournalLanding,
    /// The files that were put back.
    pub(super) restored: Vec<RelPath>,
}

/// Which files are put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PutBack {
    /// Those that are as the command wrote them: whatever was edited since stays.
    AsWritten,
    /// All of them, whatever hooks have made of them.
    All,
}

/// Settles what a command has left that was stopped half-way; the files that were put back. Only for
/// who holds the lock: the git of that command is dead then.
pub(super) fn undo_leftovers(
    repo: &Repository,
    lock: &LockFile,
) -> Result<Vec<RelPath>, GuardError> {
    let place = Journal::journal_path(repo);
    let scratch = Scratch::open(repo);
    match Journal::find(repo).map_err(GuardError::io_error("reading", &place))? {
        JournalState::Nothing if scratch.is_there() => {
            let folder = scratch.path("");
            scratch.clear().map_err(GuardError::io_error("removing", &folder))?;
            Ok(Vec::new())
        }
        JournalState::Nothing => Ok(Vec::new()),
        JournalState::Damaged => Err(GuardError::DamagedJournal { file: place }),
        JournalState::Journal(journal, begun) => {
            let settled =
                settle_journal(repo, lock, &scratch, &journal, begun, PutBack::AsWritten)?;
            Ok(settled.restored)
        }
    }
}

/// Brings files and index to the commit if it was made, and else puts the files back. The journal
/// goes only when that is done.
pub(super) fn settle_journal(
    repo: &Repository,
    lock: &LockFile,
    scratch: &Scratch,
    journal: &Journal,
    begun: SystemTime,
    put_back: PutBack,
) -> Result<SettledFiles, GuardError> {
    let place = Journal::journal_path(repo);
    leftover::remove(repo, journal, begun)
        .map_err(GuardError::io_error("removing a lock file that was left, as told in", &place))?;
    let landed = find_landed(repo, journal)?;
    // Leftover files in the folder may be the reason why the disk is full.
    scratch.prepare().map_err(GuardError::io_error("making", &scratch.path("")))?;
    let mut restored = Vec::new();
    match landed {
        JournalLanding::Own(now) | JournalLanding::Elsewhere(now) => {
            catch_up(repo, lock, scratch, journal, now)?
        }
        JournalLanding::No => {
            let top = match journal.files.is_empty() {
                true => None,
                false => Some(repo.workdir()?),
            };
            for (n, entry) in journal.files.iter().enumerate() {
                let Some(top) = top else { break };
                let file = entry.path.join_below(top);
                let replacement = Replacement {
                    file: &file,
                    staged: scratch.path(n.to_string()),
                    beside: file.with_file_name(journal.temp_name(n)),
                };
                remove_if_there(&replacement.beside)
                    .map_err(GuardError::io_error("removing", &replacement.beside))?;
                let done = put_file_back(&replacement, entry, put_back);
                if done.map_err(GuardError::io_error("putting back", &file))? {
                    restored.push(entry.path.clone());
                }
            }
            for folder in journal.folders.iter().rev() {
                if let Some(top) = top {
                    // Where something else is in it by now, it stays.
                    let _ = fs::remove_dir(folder.join_below(top));
                }
            }
        }
    }
    Journal::remove(repo).map_err(GuardError::io_error("removing", &place))?;
    // Files that cannot be removed now are removed by the next command.
    let _ = scratch.clear();
    Ok(SettledFiles { landed, restored })
}

/// Puts one file back; whether there was anything to do.
fn put_file_back(
    replacement: &Replacement<'_>,
    entry: &JournalEntry,
    put_back: PutBack,
) -> io::Result<bool> {
    let now = match fs::read(replacement.file) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => None,
        Err(error) => return Err(error),
    };
    let is_written = now == entry.new;
    if now == entry.old || (put_back == PutBack::AsWritten && !is_written) {
        return Ok(false);
    }
    match &entry.old {
        None => fs::remove_file(replacement.file)?,
        Some(old) => {
            let mode = fs::symlink_metadata(replacement.file).map(|it| it.permissions()).ok();
            replacement.stage(old, mode.as_ref())?;
            replacement.put_in_place()?;
        }
    }
    Ok(true)
}

/// Finds where the change of a journal is.
fn find_landed(repo: &Repository, journal: &Journal) -> Result<JournalLanding, GitError> {
    let JournalAction::Commit { message } = &journal.action else { return Ok(JournalLanding::No) };
    let Some(head) = repo.head()?.filter(|head| Some(*head) != journal.before) else {
        return Ok(JournalLanding::No);
    };
    let is_own = |id: Oid| is_commit_of(repo, journal, message, id);
    if let Some(commit) = made_on_line(repo, head, journal.before, is_own) {
        return Ok(JournalLanding::Own(commit));
    }
    let paths: Vec<RelPath> = journal.files.iter().map(|entry| entry.path.clone()).collect();
    if paths.is_empty() {
        return Ok(JournalLanding::No);
    }
    let mut is_at_head = true;
    for entry in &journal.files {
        is_at_head &= repo.read_file(head, entry.path.as_str())? == entry.new;
    }
    if is_at_head || repo.find_uncommitted(&paths)?.is_empty() {
        return Ok(JournalLanding::Elsewhere(head));
    }
    Ok(JournalLanding::No)
}

/// Returns whether a commit is the one that git was asked for: it has the parent, changes each of the files,
/// and has the message, to which hooks may have added something.
pub(super) fn is_commit_of(repo: &Repository, journal: &Journal, message: &str, id: Oid) -> bool {
    let Ok(commit) = repo.inner.find_commit(id) else { return false };
    let parent = commit.parents().next();
    let parent_id = parent.as_ref().map(|parent| CommitId::from_oid(parent.id()));
    if parent_id != journal.before || commit.parent_count() > 1 {
        return false;
    }
    let text = String::from_utf8_lossy(commit.message_bytes()).into_owned();
    if !has_lines_of(&text, message) {
        return false;
    }
    let Ok(new) = commit.tree() else { return false };
    let old = match parent.map(|parent| parent.tree()) {
        None => None,
        Some(Ok(tree)) => Some(tree),
        Some(Err(_)) => return false,
    };
    let changed = journal.files.iter().filter(|entry| entry.old != entry.new);
    changed.into_iter().all(|entry| {
        blob_at(&new, &entry.path) != old.as_ref().and_then(|old| blob_at(old, &entry.path))
    })
}

fn blob_at(tree: &git2::Tree<'_>, path: &RelPath) -> Option<Oid> {
    tree.get_path(std::path::Path::new(path.as_str())).map(|entry| entry.id()).ok()
}

/// Returns whether a message has the lines of another in their order, each alone or as part of a line.
fn has_lines_of(text: &str, wanted: &str) -> bool {
    let mut lines = text.lines();
    wanted
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .all(|wanted| lines.by_ref().any(|line| line.contains(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_by_its_lines() {
        let wanted = "V-1: owner Sam\n\nPoam-Item: V-1\n";
        for text in [wanted, "[T-1] V-1: owner Sam\n\nmore\nPoam-Item: V-1\nChange-Id: I1\n"] {
            assert!(has_lines_of(text, wanted), "{text}");
        }
        for text in ["", "V-1: owner Sam\n", "Poam-Item: V-1\n\nV-1: owner Sam\n", "V-1: owner"] {
            assert!(!has_lines_of(text, wanted), "{text}");
        }
    }
}
