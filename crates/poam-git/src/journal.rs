//! The journal of a command: what it is about to do, so that the next command can undo or finish it.
//!
//! Files are replaced one by one and committed after that. A process that is killed in between
//! leaves some of them written. `poam/journal` in the git directory of the work tree holds their old
//! and new bytes from before the first is replaced until the old or the new state is on disk.
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

/// Record on disk of the change that a command is about to make, so that the next one can undo or
/// finish it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Journal {
    /// A random name, by which files of this command are known.
    pub(super) id: String,
    /// The commit that was checked out.
    pub(super) before: Option<CommitId>,
    /// The full name of the branch that was checked out.
    pub(super) branch: Option<String>,
    /// Action that git performs after the files are written.
    pub(super) action: JournalAction,
    /// Folders that are made, each after those above it.
    pub(super) folders: Vec<RelPath>,
    /// Files that are written.
    pub(super) files: Vec<JournalEntry>,
}

/// Action that git performs after the files are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum JournalAction {
    /// Nothing: the files are written and no more.
    Write,
    /// A commit with this message.
    Commit { message: String },
    /// A tag with this name and message.
    Tag { name: String, message: String },
}

/// A file that is written: its bytes before and after, where it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JournalEntry {
    pub(super) path: RelPath,
    pub(super) old: Option<Vec<u8>>,
    pub(super) new: Option<Vec<u8>>,
}

/// Result of reading the journal file.
pub(super) enum JournalState {
    /// No command was stopped.
    Nothing,
    /// A journal, and when it was written.
    Journal(Box<Journal>, SystemTime),
    /// Something that cannot be read as one.
    Damaged,
}

impl Journal {
    /// Creates a journal for what is about to be done now.
    pub(super) fn new(repo: &Repository, before: Option<CommitId>, action: JournalAction) -> Self {
        let head = repo.inner.find_reference("HEAD").ok();
        let target = head.as_ref().and_then(|head| head.symbolic_target().ok().flatten());
        let branch = target.map(str::to_owned);
        Self { id: random_id(), before, branch, action, folders: Vec::new(), files: Vec::new() }
    }

    /// Returns the place of the journal of a work tree.
    pub(super) fn journal_path(repo: &Repository) -> PathBuf {
        repo.git_dir().join("poam").join("journal")
    }

    /// Writes it to its place, down to the disk.
    pub(super) fn write(&self, repo: &Repository, scratch: &Scratch) -> io::Result<()> {
        let staged = scratch.write("journal", &self.encode())?;
        fs::rename(staged, Self::journal_path(repo))?;
        if let Some(folder) = Self::journal_path(repo).parent() {
            // Best effort: not all systems can.
            let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }

    /// Reads the journal that a command has left.
    pub(super) fn find(repo: &Repository) -> io::Result<JournalState> {
        let place = Self::journal_path(repo);
        let bytes = match fs::read(&place) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(JournalState::Nothing);
            }
            Err(error) => return Err(error),
        };
        let written = place.metadata()?.modified()?;
        let journal = Self::decode(&bytes).map(Box::new);
        Ok(journal.map_or(JournalState::Damaged, |journal| JournalState::Journal(journal, written)))
    }

    /// Removes it, because the old or the new state is.
    pub(super) fn remove(repo: &Repository) -> io::Result<()> {
        remove_if_there(&Self::journal_path(repo))
    }

    /// Returns the name of the temporary file beside the n-th file, where one is needed.
    pub(super) fn temp_name(&self, n: usize) -> String {
        format!(".poam-{}-{n}.tmp", self.id)
    }

    fn encode(&self) -> Vec<u8> {
        let before = self.before.map(|commit| commit.to_string());
        let (action, name, message) = match &self.action {
            JournalAction::Write => ("write", None, None),
            JournalAction::Commit { message } => ("commit", None, Some(message)),
            JournalAction::Tag { name, message } => ("tag", Some(name), Some(message)),
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

    /// Reads the bytes of a journal; `None` where it is not entire.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = JournalFields { rest: bytes.strip_prefix(HEAD.as_bytes())? };
        let id = fields.find_text("id")??;
        let before = fields.find_text("before")?;
        let branch = fields.find_text("branch")?;
        let action = fields.find_text("action")??;
        let (name, message) = (fields.find_text("name")?, fields.find_text("message")?);
        let action = match action.as_str() {
            "write" => JournalAction::Write,
            "commit" => JournalAction::Commit { message: message? },
            "tag" => JournalAction::Tag { name: name?, message: message? },
            _ => return None,
        };
        let before = match before {
            Some(commit) => Some(commit.parse().ok()?),
            None => None,
        };
        if id.is_empty() || !id.chars().all(is_hex_digit) {
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
                    let old = fields.find_bytes("old")?.map(<[u8]>::to_vec);
                    let new = fields.find_bytes("new")?.map(<[u8]>::to_vec);
                    journal.files.push(JournalEntry { path, old, new });
                }
                "end" if fields.rest.is_empty() => return Some(journal),
                _ => return None,
            }
        }
    }
}

fn is_hex_digit(byte: char) -> bool {
    byte.is_ascii_hexdigit()
}

/// The fields of a journal: a name, then `-` for no value or the length of the value, which follows.
struct JournalFields<'a> {
    rest: &'a [u8],
}

impl<'a> JournalFields<'a> {
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

    fn find_bytes(&mut self, wanted: &str) -> Option<Option<&'a [u8]>> {
        let (name, value) = self.next()?;
        (name == wanted).then_some(value)
    }

    fn find_text(&mut self, wanted: &str) -> Option<Option<String>> {
        match self.find_bytes(wanted)? {
            Some(value) => Some(Some(String::from_utf8(value.to_vec()).ok()?)),
            None => Some(None),
        }
    }
}

/// Returns sixteen random hexadecimal digits.
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
            action: JournalAction::Commit { message: "one\n\nnew 3\nabc\n".into() },
            folders: vec![path("items/2026"), path("items/2026/0100")],
            files: vec![
                JournalEntry { path: path("a"), old: None, new: Some(b"\0\nend -\n".to_vec()) },
                JournalEntry { path: path("b c"), old: Some(vec![]), new: None },
            ],
        }
    }

    #[test]
    fn a_journal_is_read_as_it_was_written() {
        let tag = JournalAction::Tag { name: "poam/2026-11".into(), message: "m".into() };
        for action in [journal().action, JournalAction::Write, tag] {
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
