//! What git's index holds.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::ops::Range;
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
        let is_named = |path: &[u8], name: &String| {
            let above = path.strip_suffix(name.as_bytes());
            above.is_some_and(|above| above.is_empty() || above.ends_with(b"/"))
        };
        let wanted = |path: &[u8]| {
            names.iter().any(|name| is_named(path, name))
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
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let mut sorted: Vec<&[u8]> = paths.iter().map(|path| path.as_str().as_bytes()).collect();
        sorted.sort_unstable();
        if let Some(found) = self.scan_index(|path| sorted.binary_search(&path).is_ok()) {
            return Ok(found);
        }
        self.list(paths.iter().map(|path| path.as_str().to_owned()), true)
    }

    /// Reads the index itself: of a large one, git takes several times as long for the same. `None`
    /// where it is of a form that only git reads.
    fn scan_index(&self, wanted: impl Fn(&[u8]) -> bool) -> Option<Vec<Tracked>> {
        match File::open(self.git_dir().join("index")) {
            Ok(file) => scan(file, wanted),
            Err(error) if error.kind() == ErrorKind::NotFound => Some(Vec::new()),
            Err(_) => None,
        }
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

/// The entries of an index (version 2, 3 or 4) whose paths are wanted. `None` for other versions,
/// and for extensions that say something of entries: a split or a sparse index.
fn scan(file: impl Read, wanted: impl Fn(&[u8]) -> bool) -> Option<Vec<Tracked>> {
    let mut window = Window::of(file);
    let header = window.ahead(12)?;
    let (version, entries) = (number(header, 4)?, number(header, 8)?);
    if header.get(..4)? != b"DIRC" || !(2..=4).contains(&version) {
        return None;
    }
    window.pass(12);
    let (mut found, mut last) = (Vec::new(), Vec::new());
    for _ in 0..entries {
        let entry = loop {
            match Entry::read(window.bytes(), version, &mut last) {
                Some(entry) => break entry,
                // Perhaps only its beginning is in sight.
                None => window.more()?,
            }
        };
        let bytes = window.bytes();
        let path = match version {
            4 => last.as_slice(),
            _ => bytes.get(entry.name.clone())?,
        };
        if wanted(path) {
            found.push(entry.tracked(bytes, path)?);
        }
        window.pass(entry.length);
    }
    // An extension whose name begins with a small letter cannot be passed over.
    while let Some(extension) = window.ahead(HASH + 1) {
        if !extension.first()?.is_ascii_uppercase() {
            return None;
        }
        let length = usize::try_from(number(extension, 4)?).ok()?.checked_add(8)?;
        window.ahead(length)?;
        window.pass(length);
    }
    (window.bytes().len() == HASH).then_some(found)
}

/// So many bytes at the end of an index are the hash of what is before.
const HASH: usize = 20;

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Where the parts of an entry lie.
struct Entry {
    name: Range<usize>,
    length: usize,
    flags: u16,
    more_flags: u16,
}

impl Entry {
    /// The entry that the bytes begin with; `None` where they end before it does. In version 4,
    /// `last` is the path before and becomes the one of the entry.
    fn read(bytes: &[u8], version: u32, last: &mut Vec<u8>) -> Option<Self> {
        let word = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        let flags = word(60)?;
        let (start, more_flags) = if flags & 0x4000 == 0 { (62, 0) } else { (64, word(62)?) };
        let end = |from: usize| Some(from + bytes.get(from..)?.iter().position(|it| *it == 0)?);
        if version == 4 {
            let (cut, rest) = prefix(bytes, start)?;
            let name = rest..end(rest)?;
            last.truncate(last.len().checked_sub(cut)?);
            last.extend_from_slice(bytes.get(name.clone())?);
            return Some(Self { length: name.end + 1, name, flags, more_flags });
        }
        let end = match usize::from(flags & 0xfff) {
            0xfff => end(start)?,
            length => start + length,
        };
        // Padded with one to eight NULs.
        let length = (end + 8) & !7;
        (length <= bytes.len()).then_some(Self { name: start..end, length, flags, more_flags })
    }

    fn tracked(&self, bytes: &[u8], path: &[u8]) -> Option<Tracked> {
        let mode = number(bytes, 24)?;
        let blob: [u8; 20] = bytes.get(40..60)?.try_into().ok()?;
        let hidden = match (self.more_flags & 0x4000 != 0, self.flags & 0x8000 != 0) {
            (true, _) => Some(Hidden::SkipWorktree),
            (_, true) => Some(Hidden::AssumeUnchanged),
            _ => None,
        };
        Some(Tracked {
            path: String::from_utf8(path.to_vec()).ok()?,
            blob: BlobId::from_bytes(blob),
            executable: mode == 0o100_755,
            plain: mode & 0o170_000 == 0o100_000 && self.flags & 0x3000 == 0,
            hidden,
        })
    }
}

/// What is in sight of a file: of a large one, memory for all of it costs more than reading it.
struct Window<R> {
    file: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<R: Read> Window<R> {
    fn of(file: R) -> Self {
        Self { file, buffer: vec![0; 1 << 17], start: 0, end: 0 }
    }

    /// What is in sight.
    fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// What is in sight, which is so much at least; `None` where the file ends before.
    fn ahead(&mut self, least: usize) -> Option<&[u8]> {
        while self.end - self.start < least {
            self.more()?;
        }
        Some(self.bytes())
    }

    /// Gets more into sight; `None` at the end of the file.
    fn more(&mut self) -> Option<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.end == self.buffer.len() {
            self.buffer.resize(2 * self.end, 0);
        }
        let read = self.file.read(self.buffer.get_mut(self.end..)?).ok()?;
        self.end += read;
        (read > 0).then_some(())
    }

    /// Leaves some of what is in sight behind.
    fn pass(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }
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
    fn repo(many: usize) -> Repo {
        let repo = Repo::new();
        let long = format!("items/{}V-1.yaml", "long/".repeat(900));
        for path in
            ["V-1.yaml", "items/V-1.yaml", "items/a/V-1.yaml", "items/xV-1.yaml", "items/ü.yaml"]
        {
            repo.write(path, path);
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
        let name = |number| format!("100644,{blob},items/many/V-{number:04}.yaml");
        let many: Vec<String> = (0..many).map(name).collect();
        let many: Vec<&str> = many.iter().flat_map(|it| ["--cacheinfo", it.as_str()]).collect();
        repo.git(&[&["update-index", "--add"], &many[..]].concat());
        repo
    }

    #[test]
    fn the_index_is_read_as_git_reads_it() {
        // More than is ever in sight at once.
        let repo = repo(3000);
        let opened = Repository::open(&repo.path()).unwrap();
        let names = ["V-1.yaml", "V-2345.yaml", "ü.yaml", "none.yaml"].map(str::to_owned);
        let check = |what: &str, scanned: bool| {
            let bytes = std::fs::read(opened.git_dir().join("index")).unwrap();
            assert_eq!(scan(&bytes[..], |_| true).is_some(), scanned, "{what}");
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
        let repo = repo(50);
        for version in ["2", "4"] {
            repo.git(&["update-index", "--index-version", version]);
            let good = std::fs::read(repo.path().join(".git/index")).unwrap();
            assert!(scan(&good[..], |_| true).is_some());
            for end in 0..good.len().min(3000) {
                assert!(scan(&good[..end], |_| true).is_none(), "{end}");
            }
            for at in (0..good.len()).step_by(7) {
                let mut bad = good.clone();
                bad[at] ^= 0xff;
                let _ = scan(&bad[..], |_| true);
            }
        }
    }
}
