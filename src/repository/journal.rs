//! What a command is about to do to files, so that the next command can undo it.
//!
//! Files are replaced one by one and committed after that. A process that is killed in between
//! leaves some of them written. `poam.journal` in the git directory holds their old and new bytes
//! from before the first is replaced until the commit is there; who finds it puts the old back.
//!
//! The git that commits has it for its standard input, at its end: there is nothing to read, but who
//! finds the journal can see whether that git is still at work.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::guard::FileChange;
use super::orphan::clear;
use super::program::run;
use super::restage::catch_up;
use super::{CommitId, GitError, RelPath, Repository};

/// First line of the file.
const HEAD: &str = "poam journal 1";

/// A journal that is written; it goes with its value.
#[derive(Debug)]
pub(super) struct Journal(PathBuf);

/// A file of a journal.
struct Entry {
    path: RelPath,
    old: Option<Vec<u8>>,
    new: Option<Vec<u8>>,
}

impl Journal {
    /// Writes down the changes, down to the disk. `old` gives the bytes of each file.
    pub(super) fn write<'a>(
        repo: &Repository,
        changes: impl Iterator<Item = (&'a FileChange, Option<&'a [u8]>)>,
    ) -> io::Result<Self> {
        let file = place(repo);
        let head = repo.head().ok().flatten().map_or_else(|| "-".to_owned(), |it| it.to_string());
        let mut out = format!("{HEAD}\n{head}\n").into_bytes();
        for (change, old) in changes {
            let parts = [Some(change.path.as_str().as_bytes()), old, change.new.as_deref()];
            let length =
                |part: &Option<&[u8]>| part.map_or("-".to_owned(), |it| it.len().to_string());
            out.extend(parts.iter().map(length).collect::<Vec<_>>().join(" ").bytes());
            out.push(b'\n');
            parts.iter().flatten().for_each(|part| out.extend_from_slice(part));
            out.push(b'\n');
        }
        out.extend_from_slice(b"end\n");
        let mut beside = tempfile::NamedTempFile::new_in(repo.git_dir())?;
        beside.write_all(&out)?;
        beside.as_file().sync_all()?;
        beside.persist(&file).map_err(|error| error.error)?;
        Ok(Self(file))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

pub(super) fn place(repo: &Repository) -> PathBuf {
    repo.git_dir().join("poam.journal")
}

/// The journal as something to read nothing from.
pub(super) fn at_its_end(repo: &Repository) -> Option<File> {
    let mut file = File::open(place(repo)).ok()?;
    file.seek(SeekFrom::End(0)).ok()?;
    Some(file)
}

/// When the journal was written.
pub(super) fn begun(repo: &Repository) -> Option<SystemTime> {
    place(repo).metadata().and_then(|file| file.modified()).ok()
}

/// Whether a command was stopped half-way.
pub(super) fn is_there(repo: &Repository) -> bool {
    place(repo).symlink_metadata().is_ok()
}

/// Puts back what a command that was stopped half-way has written, unless its commit was made; the
/// files that were put back. Whatever was edited since stays. Only for who holds the lock.
pub(super) fn undo(repo: &Repository, patience: Duration) -> Result<Vec<RelPath>, io::Error> {
    let file = place(repo);
    let bytes = match fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    // Git may outlive the command that called it, and finish the commit.
    clear(repo, &file, begun(repo).unwrap_or_else(SystemTime::now), patience)?;
    let Some((head, entries)) = read(&bytes) else {
        return Err(io::Error::other("it cannot be read; look at the items and remove it"));
    };
    let other = |error: GitError| io::Error::other(error.to_string());
    let paths: Vec<RelPath> = entries.iter().map(|entry| entry.path.clone()).collect();
    let before = head.as_deref().and_then(|head| head.parse().ok());
    catch_up(repo, before, &paths).map_err(other)?;
    let mut back = Vec::new();
    if !is_committed(repo, head.as_deref(), &entries).map_err(other)? {
        for entry in &entries {
            if put_back(repo, entry)? {
                back.push(entry.path.clone());
            }
        }
    }
    fs::remove_file(&file)?;
    Ok(back)
}

/// Whether the commit was made: the branch has moved, and the files are as it has them.
fn is_committed(
    repo: &Repository,
    before: Option<&str>,
    entries: &[Entry],
) -> Result<bool, GitError> {
    let now: Option<CommitId> = repo.head()?;
    let Some(now) = now.filter(|now| Some(now.to_string().as_str()) != before) else {
        return Ok(false);
    };
    let paths: Vec<RelPath> = entries.iter().map(|entry| entry.path.clone()).collect();
    if repo.uncommitted(&paths)?.is_empty() {
        return Ok(true);
    }
    for entry in entries {
        if repo.read_file(now, entry.path.as_str())? != entry.new {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Puts one file back, if it is as the command wrote it.
fn put_back(repo: &Repository, entry: &Entry) -> io::Result<bool> {
    let top = repo.workdir().map_err(|error| io::Error::other(error.to_string()))?;
    let file = entry.path.below(top);
    let is = match fs::read(&file) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if is != entry.new || is == entry.old {
        return Ok(false);
    }
    match &entry.old {
        Some(old) => {
            let mode = fs::symlink_metadata(&file).map(|it| it.permissions()).ok();
            let staged = super::guard::save(&file, old, mode.as_ref())?;
            staged.persist(&file).map_err(|error| error.error)?;
        }
        None => {
            fs::remove_file(&file)?;
            // Git was told of the new file.
            if let Ok(mut git) = repo.git(&["update-index", "--force-remove", "--"]) {
                let _ = run(git.arg(entry.path.as_str()));
            }
        }
    }
    Ok(true)
}

/// The commit before, and the files; `None` where it is not whole.
fn read(bytes: &[u8]) -> Option<(Option<String>, Vec<Entry>)> {
    let mut rest = bytes;
    let mut line = || -> Option<String> {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = String::from_utf8(rest.get(..end)?.to_vec()).ok()?;
        rest = rest.get(end + 1..)?;
        Some(line)
    };
    if line()? != HEAD {
        return None;
    }
    let head = Some(line()?).filter(|head| head != "-");
    let mut entries = Vec::new();
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let lengths = std::str::from_utf8(rest.get(..end)?).ok()?;
        if lengths == "end" {
            return Some((head, entries));
        }
        rest = rest.get(end + 1..)?;
        let mut parts = Vec::new();
        for length in lengths.split(' ') {
            if length == "-" {
                parts.push(None);
                continue;
            }
            let (part, behind) = rest.split_at_checked(length.parse().ok()?)?;
            parts.push(Some(part.to_vec()));
            rest = behind;
        }
        rest = rest.strip_prefix(b"\n")?;
        let [path, old, new] = <[Option<Vec<u8>>; 3]>::try_from(parts).ok()?;
        let path = RelPath::new(String::from_utf8(path?).ok()?).ok()?;
        entries.push(Entry { path, old, new });
    }
}
