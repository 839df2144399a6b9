//! Differences between trees that a git program of its own finds while the library finds others: the
//! library reads one object at a time, whatever the number of threads.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use git2::Oid;
use tempfile::NamedTempFile;

use super::Repository;
use super::tree::{Difference, Node};

/// Two top trees, one before and one after.
pub(super) type Pair = (Oid, Oid);

/// A git program at work, and what it found so far.
pub(super) struct Beside {
    child: Child,
    /// What it writes. A file, so that it never waits for somebody who takes it.
    answers: File,
    bytes: Vec<u8>,
    at: usize,
    ended: bool,
}

/// How long is waited before it is looked at again what it wrote.
const A_WHILE: Duration = Duration::from_micros(500);

impl Beside {
    /// Has the files found that differ below some paths in each of some pairs. `None` where that
    /// cannot be done.
    pub(super) fn start(
        repo: &Repository,
        pairs: impl Iterator<Item = Pair>,
        paths: &[&str],
    ) -> Option<Self> {
        let mut questions = tempfile::tempfile().ok()?;
        let mut out = BufWriter::new(&mut questions);
        for (before, after) in pairs {
            writeln!(out, "{before} {after}").ok()?;
        }
        out.flush().ok()?;
        drop(out);
        questions.rewind().ok()?;
        // Read and written at places of its own each.
        let written = NamedTempFile::new().ok()?;
        let answers = written.reopen().ok()?;
        let mut arguments =
            vec!["--no-replace-objects", "diff-tree", "--stdin", "-r", "--raw", "-z"];
        arguments.extend(["--no-abbrev", "--no-renames", "--ignore-submodules=none", "--"]);
        arguments.extend(paths.iter().filter(|path| !path.is_empty()));
        let mut command = repo.git(&arguments).ok()?;
        command.env("GIT_NO_LAZY_FETCH", "1");
        command.stdin(questions).stdout(written.into_file()).stderr(Stdio::null());
        let child = command.spawn().ok()?;
        Some(Self { child, answers, bytes: Vec::new(), at: 0, ended: false })
    }

    /// The differences of the next pair, as soon as they are there; `None` where it is another one,
    /// or what git says is not understood, and from then on.
    pub(super) fn next(&mut self, pair: Pair) -> Option<Vec<Difference>> {
        let found = self.wait().and_then(|()| self.pair(pair));
        if found.is_none() {
            self.ended = true;
            self.bytes.clear();
        }
        found
    }

    /// Waits until all is there that is said of the next pair.
    fn wait(&mut self) -> Option<()> {
        while !self.ended && !self.is_whole() {
            // Whatever it wrote before its end is there when the end is known.
            let end = self.child.try_wait().ok()?;
            let rest = self.bytes.split_off(self.at.min(self.bytes.len()));
            (self.bytes, self.at) = (rest, 0);
            if self.answers.read_to_end(&mut self.bytes).ok()? > 0 {
                continue;
            }
            match end {
                Some(status) if status.success() => self.ended = true,
                Some(_) => return None,
                None => thread::sleep(A_WHILE),
            }
        }
        Some(())
    }

    /// Whether something comes after what is said of the next pair.
    fn is_whole(&self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let mut ends = rest.iter().position(|byte| *byte == b'\n').map(|end| end + 1);
        while let Some(end) = ends {
            match rest.get(end) {
                None => return false,
                Some(b':') => ends = after(rest, end).and_then(|end| after(rest, end)),
                Some(_) => return true,
            }
        }
        false
    }

    fn pair(&mut self, (before, after): Pair) -> Option<Vec<Difference>> {
        let (old, new) = self.until(b'\n')?.split_once(' ')?;
        if old.parse() != Ok(before) || new.parse() != Ok(after) {
            return None;
        }
        let mut found = Vec::new();
        while self.bytes.get(self.at) == Some(&b':') {
            let head = self.until(0)?.strip_prefix(':')?.split(' ').collect::<Vec<_>>();
            let [old_mode, new_mode, old, new, _] = head[..] else { return None };
            let (old, new) = (Node::written(old_mode, old)?, Node::written(new_mode, new)?);
            let path = String::from_utf8_lossy(self.until_bytes(0)?).into_owned();
            if !Node::alike(old, new) {
                found.push(Difference { path, old, new });
            }
        }
        Some(found)
    }

    fn until(&mut self, end: u8) -> Option<&str> {
        std::str::from_utf8(self.until_bytes(end)?).ok()
    }

    fn until_bytes(&mut self, end: u8) -> Option<&[u8]> {
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().position(|byte| *byte == end)?;
        let found = rest.get(..length)?;
        self.at += length + 1;
        Some(found)
    }
}

/// The byte after the text at a byte, which a zero ends.
fn after(bytes: &[u8], at: usize) -> Option<usize> {
    let length = bytes.get(at..)?.iter().position(|byte| *byte == 0)?;
    Some(at + length + 1)
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Who is gone takes nothing any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Repo;
    use super::super::{CommitId, Repository};
    use super::*;

    /// The top trees of commits, newest first.
    fn trees(repo: &Repository) -> Vec<Oid> {
        let head = repo.head().unwrap().unwrap();
        let line = super::super::first_parents(repo, None, head).unwrap();
        let tree = |commit: &CommitId| repo.inner.find_commit(commit.oid()).unwrap().tree_id();
        line.iter().rev().map(tree).collect()
    }

    #[test]
    fn answers_come_in_the_order_of_the_pairs_and_to_no_others() {
        let repo = Repo::new();
        for text in ["1", "2", "3"] {
            repo.write("items/A", text).write("else", text).commit("2026-01-01", text);
        }
        let opened = Repository::open(&repo.path()).unwrap();
        let [c, b, a] = trees(&opened)[..] else { panic!("three commits") };
        let start =
            |pairs: &[Pair]| Beside::start(&opened, pairs.iter().copied(), &["items"]).unwrap();
        let mut answers = start(&[(b, c), (c, c), (a, b)]);
        let paths = |found: Option<Vec<Difference>>| {
            let found = found.unwrap();
            found.into_iter().map(|it| it.path).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(paths(answers.next((b, c))), "items/A");
        assert_eq!(paths(answers.next((c, c))), "");
        assert_eq!(paths(answers.next((a, b))), "items/A");
        assert_eq!(answers.next((a, b)), None, "nothing more was asked for");
        // Another pair than the next one ends it.
        let mut answers = start(&[(b, c), (a, b)]);
        assert_eq!(answers.next((a, b)), None);
        assert_eq!(answers.next((b, c)), None);
        // What git does not know is no good end.
        let missing = Oid::from_bytes(&[7; 20]).unwrap();
        let mut answers = start(&[(b, c), (missing, c)]);
        assert!(answers.next((b, c)).is_none() || answers.next((missing, c)).is_none());
        assert_eq!(answers.next((missing, c)), None);
        // One that nobody waits for does not stay.
        drop(Beside::start(&opened, [(b, c)].into_iter(), &["items"]).unwrap());
    }
}
