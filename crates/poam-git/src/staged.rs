//! Files that the next commit will contain: those of git's index.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::tree::TreeNode;
use super::{BlobId, FileKind, GitError, Repository, TreeFile};

/// A file that the index holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedFile {
    /// The path, what was staged of it, and what it is.
    pub file: TreeFile,
    /// Whether a merge left several versions of it, of which none is the one to commit.
    pub in_conflict: bool,
}

/// The variable in which git names the index to the hooks of a commit.
const INDEX_VARIABLE: &str = "GIT_INDEX_FILE";

impl Repository {
    /// Returns the index that git names to the hook that this program runs in; `None` outside of a
    /// hook.
    pub fn index_of_hook() -> Option<PathBuf> {
        std::env::var_os(INDEX_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from)
    }

    /// Finds the files to which git gives other line ends in the work tree than in commits: those
    /// of which it holds `\n` where the work tree has `\r\n`, and new ones where `core.autocrlf`
    /// states so. Files of more than `limit` bytes are none of them.
    pub fn converted_line_ends(
        &self,
        paths: &[&str],
        limit: u64,
    ) -> Result<BTreeSet<String>, GitError> {
        let config =
            self.inner.config().map_err(GitError::git_error("reading the configuration"))?;
        let auto = config.get_string("core.autocrlf").is_ok_and(|value| value == "true");
        let wanted: BTreeSet<&str> = paths.iter().copied().collect();
        let mut new = wanted.clone();
        let mut converted = BTreeSet::new();
        for staged in self.staged_files(None)? {
            let TreeFile { path, blob, kind } = staged.file;
            if kind != FileKind::Regular || !new.remove(path.as_str()) {
                continue;
            }
            let held = self.blob_up_to(blob, limit);
            if held.is_ok_and(|bytes| !bytes.windows(2).any(|two| two == b"\r\n")) {
                converted.insert(path);
            }
        }
        converted.extend(new.into_iter().filter(|_| auto).map(str::to_owned));
        Ok(converted)
    }

    /// Returns the files of an index, in the order of their paths, each once. Without a path it is
    /// the one of this work tree. Git runs hooks at the top of the work tree, where a relative path
    /// begins.
    pub fn staged_files(&self, index: Option<&Path>) -> Result<Vec<StagedFile>, GitError> {
        let doing = "reading the index";
        let path = match index {
            Some(path) => self.workdir()?.join(path),
            None => self.git_dir().join("index"),
        };
        // Before the first `git add` there is none.
        if !path.exists() {
            return Ok(Vec::new());
        }
        let index = git2::Index::open(&path).map_err(GitError::git_error(doing))?;
        let mut files: Vec<StagedFile> = Vec::new();
        for entry in index.iter() {
            let path = String::from_utf8_lossy(&entry.path).into_owned();
            let in_conflict = entry.flags >> 12 & 3 > 0;
            if let Some(last) = files.last_mut().filter(|last| last.file.path == path) {
                last.in_conflict = true;
                continue;
            }
            let kind = TreeNode::with_mode(entry.mode, entry.id).file_kind();
            let file = TreeFile { path, blob: BlobId::from_oid(entry.id), kind };
            files.push(StagedFile { file, in_conflict });
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Repo;

    #[test]
    fn the_index_is_what_was_added() {
        let repo = Repo::new();
        repo.write("a", "1").write("b/c", "2");
        let opened = Repository::open(&repo.path()).unwrap();
        assert_eq!(opened.staged_files(None).unwrap(), []);
        repo.git(&["add", "a", "b/c"]);
        repo.write("a", "not staged");
        let opened = Repository::open(&repo.path()).unwrap();
        let files = opened.staged_files(None).unwrap();
        let paths: Vec<&str> = files.iter().map(|it| it.file.path.as_str()).collect();
        assert_eq!(paths, ["a", "b/c"]);
        assert!(files.iter().all(|it| it.file.kind == FileKind::Regular && !it.in_conflict));
        assert_eq!(opened.read_blob(files[0].file.blob).unwrap(), b"1");
    }
}
