//! What is not committed.

use std::collections::HashSet;

use super::program::run;
use super::{GitError, RelPath, Repository};

/// As many paths as fit on any command line.
pub(super) const AT_ONCE: usize = 200;

impl Repository {
    /// Which of these paths differ from the checked-out commit, in the index or on disk: changed,
    /// staged, removed, untracked or ignored. In the order given.
    pub fn uncommitted(&self, paths: &[RelPath]) -> Result<Vec<RelPath>, GitError> {
        let mut dirty = Vec::new();
        for paths in paths.chunks(AT_ONCE) {
            let mut command = self.git(&[
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
            // An ignored folder stands for all that is in it.
            let folders: Vec<_> = entries.iter().filter(|entry| entry.ends_with(b"/")).collect();
            dirty.extend(paths.iter().filter(|path| {
                let path = path.as_str().as_bytes();
                entries.contains(path) || folders.iter().any(|folder| path.starts_with(folder))
            }));
        }
        Ok(dirty.into_iter().cloned().collect())
    }

    /// Whether anything in a folder (or the file of that name) differs from the checked-out commit:
    /// changed, staged, removed or untracked.
    pub fn uncommitted_in(&self, folder: &RelPath) -> Result<bool, GitError> {
        let mut command =
            self.git(&["status", "--porcelain=v1", "-z", "--untracked-files=normal", "--"])?;
        Ok(!run(command.arg(folder.as_str()))?.is_empty())
    }
}
