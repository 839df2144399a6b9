//! Uncommitted changes of the work tree.

use std::collections::HashSet;

use super::object::RawCommit;
use super::program::run;
use super::tree::{TreeNode, TreeReader};
use super::{GitError, IndexEntry, RelPath, Repository};

/// As many paths as fit on any command line.
pub(super) const AT_ONCE: usize = 200;

impl Repository {
    /// Finds the paths that differ from the checked-out commit, in the index or on disk: changed,
    /// staged, removed, untracked or ignored. In the order given.
    pub fn find_uncommitted(&self, paths: &[RelPath]) -> Result<Vec<RelPath>, GitError> {
        let mut dirty = Vec::new();
        for paths in paths.chunks(AT_ONCE) {
            let mut command = self.git_command(&[
                "status",
                "--porcelain=v1",
                "-z",
                "--no-renames",
                "--untracked-files=all",
                "--ignored=matching",
                "--ignore-submodules=none",
                "--",
            ])?;
            let output = run(command.args(paths.iter().map(RelPath::as_str)))?;
            let entries = output.split(|&byte| byte == 0);
            let entries: HashSet<&[u8]> = entries.filter_map(|entry| entry.get(3..)).collect();
            // An ignored folder represents all that is in it.
            let folders: Vec<_> = entries.iter().filter(|entry| entry.ends_with(b"/")).collect();
            dirty.extend(paths.iter().filter(|path| {
                let path = path.as_str().as_bytes();
                entries.contains(path) || folders.iter().any(|folder| path.starts_with(folder))
            }));
        }
        Ok(dirty.into_iter().cloned().collect())
    }

    /// Returns the paths that differ from the last commit, given the index entries at these paths.
    /// Git compares the entire index with the commit before it answers; so it is only asked of paths
    /// where index, commit and disk do not hold the very same bytes.
    pub fn uncommitted_given(
        &self,
        paths: &[RelPath],
        tracked: &[IndexEntry],
    ) -> Result<Vec<RelPath>, GitError> {
        let Some(head) = self.head()? else { return self.find_uncommitted(paths) };
        let top = self.workdir()?;
        let mut trees = TreeReader::new(self.open_objects()?);
        let tree = TreeNode::of_tree(RawCommit::read(trees.object_db(), head.oid())?.tree);
        let mut doubtful = Vec::new();
        for path in paths {
            let mut entries = tracked.iter().filter(|entry| entry.path == path.as_str());
            let same = match (entries.next(), entries.next()) {
                (Some(entry), None) => {
                    let committed = trees.find(tree, path.as_str())?;
                    committed.is_some_and(|node| entry.is_node(node))
                        && entry.is_at(&path.join_below(top))
                }
                _ => false,
            };
            if !same {
                doubtful.push(path.clone());
            }
        }
        if doubtful.is_empty() { Ok(doubtful) } else { self.find_uncommitted(&doubtful) }
    }

    /// Returns whether anything in a folder (or the file of that name) differs from the checked-out commit:
    /// changed, staged, removed or untracked.
    pub fn uncommitted_in(&self, folder: &RelPath) -> Result<bool, GitError> {
        let mut command = self.git_command(&[
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=normal",
            "--",
        ])?;
        Ok(!run(command.arg(folder.as_str()))?.is_empty())
    }
}
