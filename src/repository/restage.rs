//! The index after a commit, where git did not bring it up to the commit.

use git2::{ObjectType, Oid};

use super::commit::{is_child, path_list, pathspec_from};
use super::guard::FileChange;
use super::object::RawCommit;
use super::program::run;
use super::tree::{Node, Trees};
use super::{CommitId, GitError, RelPath, Repository};

/// Makes the index hold what a commit holds of the files in which a hook has changed something: git
/// takes what a hook stages into the commit, and not into the index.
pub(super) fn follow_hooks(
    repo: &Repository,
    commit: CommitId,
    changes: &[FileChange],
) -> Result<(), GitError> {
    let mut odd = unlike(repo, commit, changes)?;
    let paths: Vec<RelPath> = odd.iter().map(|(path, _)| path.clone()).collect();
    let tracked = repo.tracked(&paths)?;
    // Line ends and other filters make a file odd as well.
    odd.retain(|(path, node)| match tracked.iter().find(|it| it.path == path.as_str()) {
        Some(entry) => node.is_none_or(|node| !entry.is(node)),
        None => node.is_some(),
    });
    reset(repo, odd.into_iter().map(|(path, _)| path).collect())
}

/// The files of which a commit does not hold what was written, and what it holds.
fn unlike(
    repo: &Repository,
    commit: CommitId,
    changes: &[FileChange],
) -> Result<Vec<(RelPath, Option<Node>)>, GitError> {
    let objects = repo.objects()?;
    let mut trees = Trees::new(&objects);
    let top = Node::tree(RawCommit::read(trees.objects(), commit.oid())?.tree);
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
    /// The files that a commit does not hold byte for byte as they were written: a hook or a filter
    /// has changed them.
    pub fn changed_by_hooks(
        &self,
        commit: CommitId,
        changes: &[FileChange],
    ) -> Result<Vec<RelPath>, GitError> {
        Ok(unlike(self, commit, changes)?.into_iter().map(|(path, _)| path).collect())
    }
}

/// Makes the index hold what the commit after `before` holds of these files, where git was killed
/// when the branch had moved and the index had not. What was staged since stays.
pub(super) fn catch_up(
    repo: &Repository,
    before: Option<CommitId>,
    paths: &[RelPath],
) -> Result<(), GitError> {
    let Some(now) = repo.head()?.filter(|now| Some(*now) != before) else { return Ok(()) };
    if !is_child(repo, now, before) {
        return Ok(());
    }
    let objects = repo.objects()?;
    let mut trees = Trees::new(&objects);
    let top = |trees: &mut Trees<'_>, commit: CommitId| -> Result<Node, GitError> {
        Ok(Node::tree(RawCommit::read(trees.objects(), commit.oid())?.tree))
    };
    let new = top(&mut trees, now)?;
    let old = before.map(|before| top(&mut trees, before)).transpose()?;
    let tracked = repo.tracked(paths)?;
    let empty = Oid::hash_object(ObjectType::Blob, b"").ok();
    let mut behind = Vec::new();
    for path in paths {
        let before = match old {
            Some(old) => trees.find(old, path.as_str())?,
            None => None,
        };
        let held = tracked.iter().find(|entry| entry.path == path.as_str());
        let as_before = match (held, before) {
            (Some(entry), Some(node)) => entry.is(node),
            // A new file that git was only told of.
            (Some(entry), None) => Some(entry.blob.oid()) == empty,
            (None, before) => before.is_none(),
        };
        if as_before && trees.find(new, path.as_str())? != before {
            behind.push(path.clone());
        }
    }
    reset(repo, behind)
}

fn reset(repo: &Repository, paths: Vec<RelPath>) -> Result<(), GitError> {
    if paths.is_empty() {
        return Ok(());
    }
    let list = path_list("", &paths).map_err(GitError::Program)?;
    let mut command = repo.git(&["reset", "--quiet", "--pathspec-file-nul"])?;
    run(command.arg(pathspec_from(&list))).map(drop)
}
