//! What git's index holds.

use std::path::Path;

use git2::{ObjectType, Oid};

use super::program::run;
use super::status::AT_ONCE;
use super::tree::Node;
use super::{BlobId, GitError, RelPath, Repository};

/// A file that the index holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// The path from the top of the repository.
    pub path: String,
    /// What was staged of it last.
    pub blob: BlobId,
    /// Whether the owner may run it, as git knows it.
    pub(super) executable: bool,
    /// Whether it is a regular file that no merge left in conflict.
    pub(super) plain: bool,
    /// What hides it from `git status`.
    pub hidden: Option<Hidden>,
}

/// A mark in the index because of which git does not look whether a file was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    /// `git update-index --assume-unchanged`.
    AssumeUnchanged,
    /// `git update-index --skip-worktree`, or a sparse checkout.
    SkipWorktree,
}

impl Hidden {
    /// The word that git has for the mark.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AssumeUnchanged => "assume-unchanged",
            Self::SkipWorktree => "skip-worktree",
        }
    }
}

impl Tracked {
    /// Whether a commit holds the same.
    pub(super) fn is(&self, node: Node) -> bool {
        self.plain && node == Node::file(self.blob.oid(), self.executable)
    }

    /// Whether the disk holds the same, byte for byte.
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
    /// The files with one of these names that the index holds below a folder, at any depth; all of
    /// it when the folder is empty. Costs a look through the index, whatever is on disk.
    pub fn tracked_as(&self, folder: &str, names: &[String]) -> Result<Vec<Tracked>, GitError> {
        let folder = folder.trim_matches('/');
        let wanted = |path: &[u8]| {
            let start = path.len() - path.iter().rev().take_while(|byte| **byte != b'/').count();
            let name = path.get(start..).unwrap_or_default();
            names.iter().any(|wanted| wanted.as_bytes() == name)
                && (folder.is_empty()
                    || path.strip_prefix(folder.as_bytes()).is_some_and(|it| it.starts_with(b"/")))
        };
        if let Some(found) = self.scan_index(wanted) {
            return Ok(found);
        }
        self.list_as(folder, names)
    }

    /// The same, asked of git.
    fn list_as(&self, folder: &str, names: &[String]) -> Result<Vec<Tracked>, GitError> {
        let folder = escape(folder);
        let above = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let pattern = |name: &String| format!(":(top,glob){above}**/{}", escape(name));
        self.list(names.iter().map(pattern), false)
    }

    /// What the index holds at these paths.
    pub fn tracked(&self, paths: &[RelPath]) -> Result<Vec<Tracked>, GitError> {
        let wanted = |path: &[u8]| paths.iter().any(|it| it.as_str().as_bytes() == path);
        if paths.len() <= FEW
            && let Some(found) = self.scan_index(wanted)
        {
            return Ok(found);
        }
        self.list(paths.iter().map(|path| path.as_str().to_owned()), true)
    }

    /// Reads the index itself: of a large one, git takes several times as long for the same. `None`
    /// where it is of a form that only git reads.
    fn scan_index(&self, wanted: impl Fn(&[u8]) -> bool) -> Option<Vec<Tracked>> {
        let bytes = match std::fs::read(self.git_dir().join("index")) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(Vec::new()),
            Err(_) => return None,
        };
        scan(&bytes, wanted)
    }

    fn list(
        &self,
        patterns: impl Iterator<Item = String>,
        literal: bool,
    ) -> Result<Vec<Tracked>, GitError> {
        let patterns: Vec<String> = patterns.collect();
        let mut found = Vec::new();
        for patterns in patterns.chunks(AT_ONCE) {
            let mut command = self.git(&["ls-files", "-z", "-v", "--stage", "--"])?;
            if !literal {
                command.env_remove("GIT_LITERAL_PATHSPECS");
            }
            let listed = run(command.args(patterns))?;
            found.extend(listed.split(|&byte| byte == 0).filter_map(entry));
        }
        Ok(found)
    }
}

/// So many paths are looked for at once in one pass.
const FEW: usize = 16;

/// The entries of an index (version 2, 3 or 4) whose paths are wanted. `None` for other versions,
/// and for extensions that say something of entries: a split or a sparse index.
fn scan(bytes: &[u8], wanted: impl Fn(&[u8]) -> bool) -> Option<Vec<Tracked>> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let version = number(4)?;
    if bytes.get(..4)? != b"DIRC" || !(2..=4).contains(&version) {
        return None;
    }
    let end = bytes.len().checked_sub(20)?;
    let (mut at, mut path, mut found) = (12, Vec::new(), Vec::new());
    for _ in 0..number(8)? {
        let mode = number(at + 24)?;
        let blob: [u8; 20] = bytes.get(at + 40..at + 60)?.try_into().ok()?;
        let flags = u16::from_be_bytes(bytes.get(at + 60..at + 62)?.try_into().ok()?);
        let extended = flags & 0x4000 != 0;
        let more = match extended {
            true => u16::from_be_bytes(bytes.get(at + 62..at + 64)?.try_into().ok()?),
            false => 0,
        };
        let name = at + if extended { 64 } else { 62 };
        if version == 4 {
            let (cut, rest) = prefix(bytes, name)?;
            path.truncate(path.len().checked_sub(cut)?);
            let length = bytes.get(rest..end)?.iter().position(|byte| *byte == 0)?;
            path.extend_from_slice(bytes.get(rest..rest + length)?);
            at = rest + length + 1;
        } else {
            let length = match usize::from(flags & 0xfff) {
                0xfff => bytes.get(name..end)?.iter().position(|byte| *byte == 0)?,
                length => length,
            };
            path.clear();
            path.extend_from_slice(bytes.get(name..name + length)?);
            // Padded with one to eight NULs.
            at += (name - at + length + 8) & !7;
        }
        if wanted(&path) {
            let hidden = match (more & 0x4000 != 0, flags & 0x8000 != 0) {
                (true, _) => Some(Hidden::SkipWorktree),
                (_, true) => Some(Hidden::AssumeUnchanged),
                _ => None,
            };
            found.push(Tracked {
                path: String::from_utf8(path.clone()).ok()?,
                blob: BlobId::from_bytes(blob),
                executable: mode == 0o100_755,
                plain: mode & 0o170_000 == 0o100_000 && flags & 0x3000 == 0,
                hidden,
            });
        }
    }
    // An extension whose name begins with a small letter cannot be passed over.
    while at < end {
        if !bytes.get(at)?.is_ascii_uppercase() {
            return None;
        }
        at = at.checked_add(8)?.checked_add(usize::try_from(number(at + 4)?).ok()?)?;
    }
    (at == end).then_some(found)
}

/// How much of the last path is cut off in version 4 (a number in git's variable form), and where
/// the rest begins.
fn prefix(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut byte = *bytes.get(at)?;
    let mut value = usize::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        at += 1;
        byte = *bytes.get(at)?;
        value = value.checked_add(1)?.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
    }
    Some((value, at + 1))
}

/// Reads `H 100644 <blob> 0<tab>items/V-1.yaml`; `None` where the path is no text, which no item's
/// is.
fn entry(line: &[u8]) -> Option<Tracked> {
    let (facts, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
    let mut words = facts.split(' ');
    let (tag, mode, blob) = (words.next()?, words.next()?, words.next()?);
    let (blob, stage) = (blob.parse().ok()?, words.next()?);
    let hidden = match tag {
        "S" | "s" => Some(Hidden::SkipWorktree),
        tag if tag.starts_with(|c: char| c.is_ascii_lowercase()) => Some(Hidden::AssumeUnchanged),
        _ => None,
    };
    let (executable, plain) = (mode == "100755", mode.starts_with("100") && stage == "0");
    Some(Tracked { path: path.to_owned(), blob, executable, plain, hidden })
}

/// A text that a glob takes as it is.
fn escape(text: &str) -> String {
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
    use super::super::testing::Repo;
    use super::*;

    /// A repository with odd names, marks, a link and a conflict.
    fn repo() -> Repo {
        let repo = Repo::new();
        let long = format!("items/{}V-1.yaml", "long/".repeat(900));
        for path in
            ["V-1.yaml", "items/V-1.yaml", "items/a/V-1.yaml", "items/xV-1.yaml", "items/ü.yaml"]
        {
            repo.write(path, path);
        }
        for number in 0..300 {
            repo.write(&format!("items/many/V-{number:03}.yaml"), "x");
        }
        repo.git(&["add", "--all"]);
        let blob = repo.git(&["hash-object", "-w", "V-1.yaml"]).trim().to_owned();
        repo.git(&[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("100755,{blob},items/b/V-1.yaml"),
        ]);
        repo.git(&[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("120000,{blob},items/l/V-1.yaml"),
        ]);
        repo.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{long}")]);
        repo
    }

    #[test]
    fn the_index_is_read_as_git_reads_it() {
        let repo = repo();
        let opened = Repository::open(&repo.path()).unwrap();
        let names = ["V-1.yaml", "V-123.yaml", "ü.yaml", "none.yaml"].map(str::to_owned);
        let check = |what: &str, scanned: bool| {
            let bytes = std::fs::read(opened.git_dir().join("index")).unwrap();
            assert_eq!(scan(&bytes, |_| true).is_some(), scanned, "{what}");
            for folder in ["items", "", "items/a", "item"] {
                let ours = opened.tracked_as(folder, &names).unwrap();
                assert_eq!(ours, opened.list_as(folder, &names).unwrap(), "{what}: {folder}");
            }
            assert_eq!(opened.tracked_as("items", &names).unwrap().len(), 7, "{what}");
            let one = RelPath::new("items/a/V-1.yaml").unwrap();
            assert_eq!(opened.tracked(&[one]).unwrap().len(), 1, "{what}");
        };
        check("version 2", true);
        repo.git(&["update-index", "--assume-unchanged", "items/V-1.yaml"]);
        check("assume-unchanged", true);
        repo.git(&["update-index", "--skip-worktree", "items/a/V-1.yaml"]);
        check("version 3", true);
        repo.git(&["update-index", "--index-version", "4"]);
        check("version 4", true);
        repo.git(&["update-index", "--split-index"]);
        repo.write("new.yaml", "x").git(&["add", "new.yaml"]);
        check("split", false);
    }

    #[test]
    fn a_damaged_index_is_left_to_git() {
        let repo = repo();
        for version in ["2", "4"] {
            repo.git(&["update-index", "--index-version", version]);
            let good = std::fs::read(repo.path().join(".git/index")).unwrap();
            assert!(scan(&good, |_| true).is_some());
            for end in 0..good.len().min(3000) {
                assert!(scan(&good[..end], |_| true).is_none(), "{end}");
            }
            for at in (0..good.len()).step_by(7) {
                let mut bad = good.clone();
                bad[at] ^= 0xff;
                let _ = scan(&bad, |_| true);
            }
        }
    }
}
