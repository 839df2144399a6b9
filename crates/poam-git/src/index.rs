//! Entries of git's index (staging area).

use std::path::Path;

use git2::{ObjectType, Oid};

use super::program::run;
use super::status::AT_ONCE;
use super::tree::TreeNode;
use super::{BlobId, GitError, RelPath, Repository};

/// A file that the index holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// The path from the top of the repository.
    pub path: String,
    /// The staged content.
    pub blob: BlobId,
    /// Whether the owner may run it, as git knows it.
    pub(super) executable: bool,
    /// Whether it is a regular file that no merge left in conflict.
    pub(super) plain: bool,
    /// The mark that hides it from `git status`.
    pub hidden: Option<HiddenMark>,
}

/// A mark in the index because of which git does not look whether a file was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HiddenMark {
    /// `git update-index --assume-unchanged`.
    AssumeUnchanged,
    /// `git update-index --skip-worktree`, or a sparse checkout.
    SkipWorktree,
}

impl HiddenMark {
    /// Returns the word that git has for the mark.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AssumeUnchanged => "assume-unchanged",
            Self::SkipWorktree => "skip-worktree",
        }
    }
}

impl IndexEntry {
    /// Returns whether a commit holds the same.
    pub(super) fn is_node(&self, node: TreeNode) -> bool {
        self.plain && node == TreeNode::file_node(self.blob.oid(), self.executable)
    }

    /// Returns whether the disk holds the same, byte for byte.
    pub(super) fn is_at(&self, file: &Path) -> bool {
        let Ok(there) = file.symlink_metadata() else { return false };
        #[cfg(unix)]
        let executable = std::os::unix::fs::PermissionsExt::mode(&there.permissions()) & 0o100 != 0;
        #[cfg(not(unix))]
        let executable = self.executable;
        there.is_file()
            && executable == self.executable
            && std::fs::read(file).is_ok_and(|bytes| {
                Oid::hash_object(ObjectType::Blob, &bytes) == Ok(self.blob.oid())
            })
    }
}

impl Repository {
    /// Returns the files with one of these names that the index holds below a folder, at any depth;
    /// all of it when the folder is empty. Costs a look through the index, whatever is on disk.
    pub fn tracked_as(&self, folder: &str, names: &[String]) -> Result<Vec<IndexEntry>, GitError> {
        let folder = folder.trim_matches('/');
        let folder = escape_glob(folder);
        let above = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let pattern = |name: &String| format!(":(top,glob){above}**/{}", escape_glob(name));
        self.list_index(names.iter().map(pattern), false)
    }

    /// Returns the files below a folder that a sparse checkout (or `git update-index
    /// --skip-worktree`) leaves out of the work tree: git takes them to be as the index has them.
    pub fn left_out(&self, folder: &str) -> Result<Vec<IndexEntry>, GitError> {
        let folder = folder.trim_matches('/');
        let pattern = if folder.is_empty() { ".".to_owned() } else { format!("{folder}/") };
        let mut found = self.list_index(std::iter::once(pattern), true)?;
        found.retain(|file| file.hidden == Some(HiddenMark::SkipWorktree) && file.plain);
        if found.is_empty() {
            return Ok(found);
        }
        let top = self.workdir()?;
        found.retain(|file| top.join(&file.path).symlink_metadata().is_err());
        Ok(found)
    }

    /// Lists the entries of the index at some paths.
    pub fn tracked_entries(&self, paths: &[RelPath]) -> Result<Vec<IndexEntry>, GitError> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        self.list_index(paths.iter().map(|path| path.as_str().to_owned()), true)
    }

    fn list_index(
        &self,
        patterns: impl Iterator<Item = String>,
        literal: bool,
    ) -> Result<Vec<IndexEntry>, GitError> {
        let patterns: Vec<String> = patterns.collect();
        let mut found = Vec::new();
        for patterns in patterns.chunks(AT_ONCE) {
            let mut command = self.git_command(&["ls-files", "-z", "-v", "--stage", "--"])?;
            if !literal {
                command.env_remove("GIT_LITERAL_PATHSPECS");
            }
            let listed = run(command.args(patterns))?;
            found.extend(listed.split(|&byte| byte == 0).filter_map(parse_entry));
        }
        Ok(found)
    }
}

/// Reads `H 100644 <blob> 0<tab>items/V-1.yaml`; `None` where the path is no text, which no item's
/// is.
fn parse_entry(line: &[u8]) -> Option<IndexEntry> {
    let (facts, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
    let mut words = facts.split(' ');
    let (tag, mode, blob) = (words.next()?, words.next()?, words.next()?);
    let (blob, stage) = (blob.parse().ok()?, words.next()?);
    let hidden = match tag {
        "S" | "s" => Some(HiddenMark::SkipWorktree),
        tag if tag.starts_with(|c: char| c.is_ascii_lowercase()) => {
            Some(HiddenMark::AssumeUnchanged)
        }
        _ => None,
    };
    let (executable, plain) = (mode == "100755", mode.starts_with("100") && stage == "0");
    Some(IndexEntry { path: path.to_owned(), blob, executable, plain, hidden })
}

/// Returns a text that a glob takes as it is.
fn escape_glob(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Repo;

    #[test]
    fn entries_are_found_by_name_and_by_path_with_what_hides_them() {
        let repo = Repo::new();
        for path in ["V-1.yaml", "items/V-1.yaml", "items/a/V-1.yaml", "items/xV-1.yaml"] {
            repo.write(path, path);
        }
        repo.write("items/V[1].yaml", "odd").git(&["add", "--all"]);
        let blob = repo.git(&["hash-object", "-w", "V-1.yaml"]).trim().to_owned();
        for (mode, path) in [("100755", "items/b/V-1.yaml"), ("120000", "items/l/V-1.yaml")] {
            let entry = format!("{mode},{blob},{path}");
            repo.git(&["update-index", "--add", "--cacheinfo", &entry]);
        }
        repo.git(&["update-index", "--assume-unchanged", "items/V-1.yaml"]);
        repo.git(&["update-index", "--skip-worktree", "items/a/V-1.yaml"]);
        let opened = Repository::open(&repo.path()).unwrap().with_env(repo.env());
        let described = |tracked: Vec<IndexEntry>| -> Vec<String> {
            let describe = |it: &IndexEntry| {
                let hidden = it.hidden.map_or("", HiddenMark::as_str);
                format!("{} {} {} {hidden}", it.path, it.executable, it.plain)
            };
            tracked.iter().map(describe).collect()
        };
        let names = ["V-1.yaml", "V[1].yaml", "none.yaml"].map(str::to_owned);
        let expected = [
            "items/V-1.yaml false true assume-unchanged",
            "items/V[1].yaml false true ",
            "items/a/V-1.yaml false true skip-worktree",
            "items/b/V-1.yaml true true ",
            "items/l/V-1.yaml false false ",
        ];
        for version in ["3", "4"] {
            repo.git(&["update-index", "--index-version", version]);
            assert_eq!(described(opened.tracked_as("items/", &names).unwrap()), expected);
            assert_eq!(opened.tracked_as("", &names).unwrap().len(), 6);
            assert_eq!(opened.tracked_as("item", &names).unwrap(), []);
            let paths = ["items/a/V-1.yaml", "items/none"].map(|it| RelPath::new(it).unwrap());
            assert_eq!(described(opened.tracked_entries(&paths).unwrap()), expected[2..3]);
        }
    }
}
