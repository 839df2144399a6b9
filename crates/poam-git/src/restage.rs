//! The index after a commit, where git did not bring it up to the commit.

use git2::{ObjectType, Oid};

use super::guard::FileChange;
use super::index_lock::{self, IndexCommand};
use super::journal::Journal;
use super::lock::LockFile;
use super::object::RawCommit;
use super::program::error_text;
use super::scratch::{Scratch, pathspec_from};
use super::tree::{TreeNode, TreeReader};
use super::{CommitError, CommitId, GitError, RelPath, Repository};

/// Makes the index hold what a commit holds of the files in which a hook has changed something: git
/// takes what a hook stages into the commit, and not into the index.
pub(super) fn follow_hooks(
    repo: &Repository,
    lock: &LockFile,
    scratch: &Scratch,
    id: &str,
    commit: CommitId,
    changes: &[FileChange],
) -> Result<(), CommitError> {
    let mut odd = differing_files(repo, commit, changes)?;
    let paths: Vec<RelPath> = odd.iter().map(|(path, _)| path.clone()).collect();
    let tracked = repo.tracked_entries(&paths)?;
    // Line ends and other filters make a file odd as well.
    odd.retain(|(path, node)| match tracked.iter().find(|it| it.path == path.as_str()) {
        Some(entry) => node.is_none_or(|node| !entry.is_node(node)),
        None => node.is_some(),
    });
    let odd: Vec<RelPath> = odd.into_iter().map(|(path, _)| path).collect();
    reset(repo, lock, scratch, id, &odd)
}

/// Returns the files of which a commit does not hold what was written, and what it holds.
fn differing_files(
    repo: &Repository,
    commit: CommitId,
    changes: &[FileChange],
) -> Result<Vec<(RelPath, Option<TreeNode>)>, GitError> {
    let mut trees = TreeReader::new(repo.open_objects()?);
    let top = TreeNode::of_tree(RawCommit::read(trees.object_db(), commit.oid())?.tree);
    let mut odd = Vec::new();
    for change in changes {
        let node = trees.find(top, change.path.as_str())?;
        let blob = |bytes: &Vec<u8>| Oid::hash_object(ObjectType::Blob, bytes).ok();
        if node.map(|node| node.id) != change.new.as_ref().and_then(blob) {
            odd.push((change.path.clone(), node));
        }
    }
    Ok(odd)
}

impl Repository {
    /// Returns the files that a commit does not hold byte for byte as they were written: a hook or
    /// a filter has changed them.
    pub fn changed_by_hooks(
        &self,
        commit: CommitId,
        changes: &[FileChange],
    ) -> Result<Vec<RelPath>, GitError> {
        Ok(differing_files(self, commit, changes)?.into_iter().map(|(path, _)| path).collect())
    }
}

/// Makes the index hold what a commit holds of the files of a journal, where git was stopped when the
/// branch had moved and the index had not. What was staged since stays.
pub(super) fn catch_up(
    repo: &Repository,
    lock: &LockFile,
    scratch: &Scratch,
    journal: &Journal,
    now: CommitId,
) -> Result<(), CommitError> {
    let mut trees = TreeReader::new(repo.open_objects()?);
    let top = |trees: &mut TreeReader<'_>, commit: CommitId| -> Result<TreeNode, GitError> {
        Ok(TreeNode::of_tree(RawCommit::read(trees.object_db(), commit.oid())?.tree))
    };
    let new = top(&mut trees, now)?;
    let old = journal.before.map(|before| top(&mut trees, before)).transpose()?;
    let paths: Vec<RelPath> = journal.files.iter().map(|entry| entry.path.clone()).collect();
    let tracked = repo.tracked_entries(&paths)?;
    let mut behind = Vec::new();
    for path in paths {
        let before = match old {
            Some(old) => trees.find(old, path.as_str())?,
            None => None,
        };
        let held = tracked.iter().find(|entry| entry.path == path.as_str());
        let as_before = match (held, before) {
            (Some(entry), Some(node)) => entry.is_node(node),
            (Some(_), None) => false,
            (None, before) => before.is_none(),
        };
        if as_before && trees.find(new, path.as_str())? != before {
            behind.push(path);
        }
    }
    reset(repo, lock, scratch, &journal.id, &behind)
}

/// Makes the index hold what the last commit holds of some files.
fn reset(
    repo: &Repository,
    lock: &LockFile,
    scratch: &Scratch,
    id: &str,
    paths: &[RelPath],
) -> Result<(), CommitError> {
    if paths.is_empty() {
        return Ok(());
    }
    let list = scratch.write_paths("paths", "", paths)?;
    let mut arguments: Vec<_> = ["reset", "--quiet", "--pathspec-file-nul"].map(Into::into).into();
    arguments.push(pathspec_from(&list));
    let wanted = IndexCommand { new: None, arguments, env: Vec::new() };
    let output = index_lock::run(repo, lock, scratch, id, &wanted)?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let stderr = error_text(&output);
            Err(GitError::Command { command: "reset".to_owned(), stderr }.into())
        }
    }
}
