//! The journal of a command: what it is about to do, so that the next command can undo or finish it.
//!
//! Files are replaced one by one and committed after that. A process that is killed in between
//! leaves some of them written. `poam/journal` in the git directory of the work tree holds their old
//! and new bytes from before the first is replaced until the old or the new state stands on disk.
//! It also names what else a killed command may leave behind: folders, temporary files, and the
//! commit or tag that git was asked for.

use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use super::scratch::{Scratch, remove_if_there};
use super::{CommitId, RelPath, Repository};

/// First line of the file.
const HEAD: &str = "poam journal 2\n";

/// What a command is about to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Journal {
    /// A random name, by which files of this command are known.
    pub(super) id: String,
    /// The commit that was checked out.
    pub(super) before: Option<CommitId>,
    /// The full name of the branch that was checked out.
    pub(super) branch: Option<String>,
    /// What git is asked for.
    pub(super) action: Action,
    /// Folders that are made, each after those above it.
    pub(super) folders: Vec<RelPath>,
    /// Files that are written.
    pub(super) files: Vec<Entry>,
}

/// What git is asked for after the files are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing: the files are written and no more.
    Write,
    /// A commit with this message.
    Commit { message: String },
    /// A tag with this name and message.
    Tag { name: String, message: String },
}

/// A file that is written: its bytes before and after, where it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: RelPath,
    pub(super) old: Option<Vec<u8>>,
    pub(super) new: Option<Vec<u8>>,
}

/// What is in the place of a journal.
pub(super) enum Found {
    /// No command was stopped.
    Nothing,
    /// A journal, and when it was written.
    Journal(Box<Journal>, SystemTime),
    /// Something that cannot be read as one.
    Damaged,
}

impl Journal {
    /// A journal for what is about to be done now.
    pub(super) fn new(repo: &Repository, before: Option<CommitId>, action: Action) -> Self {
        let head = repo.inner.find_reference("HEAD").ok();
        let target = head.as_ref().and_then(|head| head.symbolic_target().ok().flatten());
        let branch = target.map(str::to_owned);
        Self { id: random_id(), before, branch, action, folders: Vec::new(), files: Vec::new() }
    }

    /// The place of the journal of a work tree.
    pub(super) fn place(repo: &Repository) -> PathBuf {
        repo.git_dir().join("poam").join("journal")
    }

    /// Writes it to its place, down to the disk.
    pub(super) fn write(&self, repo: &Repository, scratch: &Scratch) -> io::Result<()> {
        let staged = scratch.write("journal", &self.encode())?;
        fs::rename(staged, Self::place(repo))?;
        if let Some(folder) = Self::place(repo).parent() {
            // Best effort: not all systems can.
            let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }

    /// Reads the journal that a command has left.
    pub(super) fn find(repo: &Repository) -> io::Result<Found> {
        let place = Self::place(repo);
        let bytes = match fs::read(&place) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(error),
        };
        let written = place.metadata()?.modified()?;
        let journal = Self::decode(&bytes).map(Box::new);
        Ok(journal.map_or(Found::Damaged, |journal| Found::Journal(journal, written)))
    }

    /// Removes it, because the old or the new state stands.
    pub(super) fn remove(repo: &Repository) -> io::Result<()> {
        remove_if_there(&Self::place(repo))
    }

    /// The name of the temporary file beside the n-th file, where one is needed.
    pub(super) fn beside(&self, n: usize) -> String {
        format!(".poam-{}-{n}.tmp", self.id)
    }

    fn encode(&self) -> Vec<u8> {
        let before = self.before.map(|commit| commit.to_string());
        let (action, name, message) = match &self.action {
            Action::Write => ("write", None, None),
            Action::Commit { message } => ("commit", None, Some(message)),
            Action::Tag { name, message } => ("tag", Some(name), Some(message)),
        };
        let mut out = HEAD.as_bytes().to_vec();
        let mut put = |name: &str, value: Option<&[u8]>| match value {
            None => out.extend_from_slice(format!("{name} -\n").as_bytes()),
            Some(value) => {
                out.extend_from_slice(format!("{name} {}\n", value.len()).as_bytes());
                out.extend_from_slice(value);
                out.push(b'\n');
            }
        };
        put("id", Some(self.id.as_bytes()));
        put("before", before.as_deref().map(str::as_bytes));
        put("branch", self.branch.as_deref().map(str::as_bytes));
        put("action", Some(action.as_bytes()));
        put("name", name.map(String::as_bytes));
        put("message", message.map(String::as_bytes));
        for folder in &self.folders {
            put("folder", Some(folder.as_str().as_bytes()));
        }
        for entry in &self.files {
            put("path", Some(entry.path.as_str().as_bytes()));
            put("old", entry.old.as_deref());
            put("new", entry.new.as_deref());
        }
        put("end", None);
        out
    }

    /// Reads the bytes of a journal; `None` where it is not whole.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields { rest: bytes.strip_prefix(HEAD.as_bytes())? };
        let id = fields.text("id")??;
        let before = fields.text("before")?;
        let branch = fields.text("branch")?;
        let action = fields.text("action")??;
        let (name, message) = (fields.text("name")?, fields.text("message")?);
        let action = match action.as_str() {
            "write" => Action::Write,
            "commit" => Action::Commit { message: message? },
            "tag" => Action::Tag { name: name?, message: message? },
            _ => return None,
        };
        let before = match before {
            Some(commit) => Some(commit.parse().ok()?),
            None => None,
        };
        let plain = |byte: char| byte.is_ascii_hexdigit();
        if id.is_empty() || !id.chars().all(plain) {
            return None;
        }
        let mut journal = Self { id, before, branch, action, folders: vec![], files: vec![] };
        loop {
            let (name, value) = fields.next()?;
            let path =
                |value: Option<&[u8]>| RelPath::new(String::from_utf8(value?.to_vec()).ok()?).ok();
            match name {
                "folder" => journal.folders.push(path(value)?),
                "path" => {
                    let path = path(value)?;
                    let old = fields.bytes("old")?.map(<[u8]>::to_vec);
                    let new = fields.bytes("new")?.map(<[u8]>::to_vec);
                    journal.files.push(Entry { path, old, new });
                }
                "end" if fields.rest.is_empty() => return Some(journal),
                _ => return None,
            }
        }
    }
}

/// The fields of a journal: a name, then `-` for no value or the length of the value, which follows.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn next(&mut self) -> Option<(&'a str, Option<&'a [u8]>)> {
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        let line = std::str::from_utf8(self.rest.get(..end)?).ok()?;
        let rest = self.rest.get(end + 1..)?;
        let (name, length) = line.split_once(' ')?;
        if length == "-" {
            self.rest = rest;
            return Some((name, None));
        }
        let (value, rest) = rest.split_at_checked(length.parse().ok()?)?;
        self.rest = rest.strip_prefix(b"\n")?;
        Some((name, Some(value)))
    }

    fn bytes(&mut self, wanted: &str) -> Option<Option<&'a [u8]>> {
        let (name, value) = self.next()?;
        (name == wanted).then_some(value)
    }

    fn text(&mut self, wanted: &str) -> Option<Option<String>> {
        match self.bytes(wanted)? {
            Some(value) => Some(Some(String::from_utf8(value.to_vec()).ok()?)),
            None => Some(None),
        }
    }
}

/// Sixteen random hexadecimal digits.
fn random_id() -> String {
    let hasher = std::collections::hash_map::RandomState::new().build_hasher();
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> Journal {
        let path = |text: &str| RelPath::new(text).unwrap();
        Journal {
            id: random_id(),
            before: Some("0123456789abcdef0123456789abcdef01234567".parse().unwrap()),
            branch: Some("refs/heads/main".into()),
            action: Action::Commit { message: "one\n\nnew 3\nabc\n".into() },
            folders: vec![path("items/2026"), path("items/2026/0100")],
            files: vec![
                Entry { path: path("a"), old: None, new: Some(b"\0\nend -\n".to_vec()) },
                Entry { path: path("b c"), old: Some(vec![]), new: None },
            ],
        }
    }

    #[test]
    fn a_journal_is_read_as_it_was_written() {
        let tag = Action::Tag { name: "poam/2026-11".into(), message: "m".into() };
        for action in [journal().action, Action::Write, tag] {
            let journal = Journal { action, ..journal() };
            assert_eq!(Journal::decode(&journal.encode()), Some(journal));
        }
        let bare =
            Journal { before: None, branch: None, folders: vec![], files: vec![], ..journal() };
        assert_eq!(Journal::decode(&bare.encode()), Some(bare));
    }

    #[test]
    fn what_is_not_whole_is_not_read() {
        let whole = journal().encode();
        for length in 0..whole.len() {
            assert_eq!(Journal::decode(&whole[..length]), None, "{length}");
        }
        assert_eq!(Journal::decode(&[&whole[..], b"x"].concat()), None);
        let text = String::from_utf8(whole).unwrap();
        for (good, bad) in [("items/2026/0100", "items/../../0100"), ("journal 2", "journal 1")] {
            let odd = text.replacen(good, bad, 1).replacen("folder 15", "folder 16", 1);
            assert_eq!(Journal::decode(odd.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn no_two_have_one_id() {
        assert_ne!(random_id(), random_id());
    }
}
