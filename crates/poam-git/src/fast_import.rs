//! Many commits in one go.

use std::io::{self, BufWriter, Write};
use std::process::{Child, ChildStdin, Stdio};

use super::program::{error_text, run};
use super::{CommitId, GitError, Identity, RelPath, Repository};

/// A commit that was handed over, as later ones call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark(u64);

/// Where a new commit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// On the main line, after its last commit.
    Main,
    /// On the main line, with the end of a side line as its second parent. What the side line
    /// brought must be among the changes: the new commit begins with the files of the main line.
    Merge(Mark),
    /// On a side line, after a commit of any line.
    After(Mark),
}

/// A commit to write.
#[derive(Debug, Clone)]
pub struct PlannedCommit<'a> {
    /// Its parents.
    pub line: Line,
    /// Author with time.
    pub author: &'a Identity,
    /// Committer with time.
    pub committer: &'a Identity,
    /// The entire message, retained to the letter (see [`super::compose_message`]).
    pub message: &'a str,
    /// The files that it changes: their new bytes, or nothing where a file goes.
    pub changes: &'a [(RelPath, Option<&'a [u8]>)],
}

/// Writes many commits with one run of `git fast-import`.
///
/// Only for trackers that the program makes up (a demonstration, a measurement), never for what
/// users do: no hook runs, nothing is signed, the identity is whatever the caller states, and the
/// work tree stays as it is until [`Repository::check_out`]. What it is for is speed: thousands of
/// commits a second, because git is started once.
pub struct FastImport<'r> {
    repository: &'r Repository,
    child: Child,
    input: Option<BufWriter<ChildStdin>>,
    branch: String,
    marks: u64,
    side: bool,
}

/// Side lines hang on this name while git reads; it is gone when git has ended.
const SIDE: &str = "refs/poam/side";

impl<'r> FastImport<'r> {
    /// Starts git in a repository that has no commit yet.
    pub fn begin(repository: &'r Repository) -> Result<Self, GitError> {
        if repository.head()?.is_some() {
            return Err(GitError::Exists { dir: repository.workdir()?.to_owned() });
        }
        let branch = repository.unborn_branch()?;
        let mut command =
            repository.git_command(&["fast-import", "--quiet", "--done", "--date-format=raw"])?;
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(GitError::Program)?;
        let input = child.stdin.take().map(|pipe| BufWriter::with_capacity(1 << 16, pipe));
        Ok(Self { repository, child, input, branch, marks: 0, side: false })
    }

    /// Hands a commit over.
    pub fn write_commit(&mut self, planned: &PlannedCommit<'_>) -> Result<Mark, GitError> {
        let mark = Mark(self.marks + 1);
        match self.input.as_mut().map(|out| write_commit(out, planned, mark, &self.branch)) {
            Some(Ok(())) => {}
            // Git stops reading when it does not understand; what it states then is the error.
            Some(Err(error)) => return Err(self.early_failure(&error)),
            None => return Err(self.early_failure(&io::ErrorKind::BrokenPipe.into())),
        }
        self.marks = mark.0;
        self.side |= matches!(planned.line, Line::After(_));
        Ok(mark)
    }

    /// Ends the main line at a commit of a side line that began at its end, as a fast-forward does.
    pub fn follow_side(&mut self, side: Mark) -> Result<(), GitError> {
        let branch = &self.branch;
        let Some(out) = self.input.as_mut() else {
            return Err(self.early_failure(&io::ErrorKind::BrokenPipe.into()));
        };
        match write!(out, "reset {branch}\nfrom :{}\n\n", side.0) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.early_failure(&error)),
        }
    }

    /// Waits for git to end; the last commit of the main line. The work tree is not touched.
    pub fn finish(mut self) -> Result<CommitId, GitError> {
        let end = match self.input.take() {
            Some(mut out) => {
                let name = if self.side { reset(&mut out) } else { Ok(()) };
                name.and_then(|()| out.write_all(b"done\n")).and_then(|()| out.flush())
            }
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        if let Err(error) = end {
            return Err(self.early_failure(&error));
        }
        let status = self.child.wait().map_err(GitError::Program)?;
        if !status.success() {
            return Err(self.early_failure(&io::ErrorKind::InvalidData.into()));
        }
        self.repository.head()?.ok_or(GitError::NoCommit)
    }

    /// Builds the error of a git that ended early, with what it wrote to standard error.
    fn early_failure(&mut self, error: &io::Error) -> GitError {
        self.input = None;
        let mut said = Vec::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = io::Read::read_to_end(&mut stderr, &mut said);
        }
        let stderr = match self.child.wait() {
            Ok(status) => error_text(&std::process::Output {
                status,
                stdout: error.to_string().into_bytes(),
                stderr: said,
            }),
            Err(error) => return GitError::Program(error),
        };
        GitError::Command { command: "fast-import".to_owned(), stderr }
    }
}

impl Drop for FastImport<'_> {
    /// Ends an import that is given up; it leaves nothing behind that a branch points at.
    fn drop(&mut self) {
        if self.input.is_some() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Repository {
    /// Makes the work tree what the checked-out commit states, whatever it holds now. For
    /// repositories that the program has just made.
    pub fn check_out(&self) -> Result<(), GitError> {
        run(&mut self.git_command(&["reset", "--hard", "--quiet"])?).map(|_| ())
    }

    /// Returns the full name of the branch that the first commit will make.
    fn unborn_branch(&self) -> Result<String, GitError> {
        let doing = "reading HEAD";
        let head = self.inner.find_reference("HEAD").map_err(GitError::git_error(doing))?;
        let name = head.symbolic_target_bytes().map(String::from_utf8_lossy);
        Ok(name.map_or_else(|| "refs/heads/main".to_owned(), std::borrow::Cow::into_owned))
    }
}

fn write_commit(
    out: &mut impl Write,
    planned: &PlannedCommit<'_>,
    mark: Mark,
    branch: &str,
) -> io::Result<()> {
    let branch = if matches!(planned.line, Line::After(_)) { SIDE } else { branch };
    writeln!(out, "commit {branch}\nmark :{}", mark.0)?;
    write_person(out, "author", planned.author)?;
    write_person(out, "committer", planned.committer)?;
    writeln!(out, "data {}\n{}", planned.message.len(), planned.message)?;
    match planned.line {
        Line::Main => {}
        Line::Merge(other) => writeln!(out, "merge :{}", other.0)?,
        Line::After(other) => writeln!(out, "from :{}", other.0)?,
    }
    for (path, bytes) in planned.changes {
        match bytes {
            Some(bytes) => {
                out.write_all(b"M 100644 inline ")?;
                write_quoted(out, path)?;
                write!(out, "\ndata {}\n", bytes.len())?;
                out.write_all(bytes)?;
            }
            None => {
                out.write_all(b"D ")?;
                write_quoted(out, path)?;
            }
        }
        out.write_all(b"\n")?;
    }
    out.write_all(b"\n")
}

/// Takes the name of the side lines away.
fn reset(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "reset {SIDE}\nfrom {:040}\n", 0)
}

/// Returns a person as git writes them: no angle bracket and no line break in a name.
fn write_person(out: &mut impl Write, role: &str, who: &Identity) -> io::Result<()> {
    let (name, email) = (plain_identity(&who.name), plain_identity(&who.email));
    writeln!(out, "{role} {} <{}> {}", name.trim(), email.trim(), who.time.format("%s %z"))
}

fn plain_identity(text: &str) -> String {
    text.replace(['<', '>', '\n', '\r', '\0'], "")
}

/// Returns a path in quotes, so that no character of it means something.
fn write_quoted(out: &mut impl Write, path: &RelPath) -> io::Result<()> {
    out.write_all(b"\"")?;
    for byte in path.as_str().bytes() {
        match byte {
            b'"' | b'\\' => out.write_all(&[b'\\', byte])?,
            0..0x20 => write!(out, "\\{byte:03o}")?,
            _ => out.write_all(&[byte])?,
        }
    }
    out.write_all(b"\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Repo;

    fn who(name: &str, minute: i64) -> Identity {
        let time = chrono::DateTime::from_timestamp(1_767_225_600 + minute * 60, 0).unwrap();
        let zone = chrono::FixedOffset::west_opt(5 * 3600).unwrap();
        Identity {
            name: name.into(),
            email: "someone@example.com".into(),
            time: time.with_timezone(&zone),
        }
    }

    fn open(repo: &Repo) -> Repository {
        Repository::open(&repo.path()).unwrap().with_env(repo.env())
    }

    fn path(path: &str) -> RelPath {
        RelPath::new(path).unwrap()
    }

    /// A main line with a side line merged in, odd names and paths, a file that goes.
    fn write(repository: &Repository) -> CommitId {
        let mut import = FastImport::begin(repository).unwrap();
        let odd = path("items/a \"b\\\u{7}\u{e9}.yaml");
        let mut commit = |line, author: &str, minute, message: &str, changes: &[_]| {
            let (author, committer) = (who(author, minute), who("Carl", minute + 1));
            import.write_commit(&PlannedCommit {
                line,
                author: &author,
                committer: &committer,
                message,
                changes,
            })
        };
        let first = [(path("gone"), Some(&b"x"[..])), (odd, Some(b"odd\n"))];
        let first = commit(Line::Main, "Ann <x>\n", 0, "one\n\nbody\n", &first).unwrap();
        let side = [(path("side"), Some(&b"1"[..]))];
        let a = commit(Line::After(first), "Bea", 2, "two\n", &side).unwrap();
        let side = [(path("side"), Some(&b"2"[..]))];
        let b = commit(Line::After(a), "Cid", 4, "three\n", &side).unwrap();
        commit(Line::Main, "Ann", 6, "four\n", &[(path("gone"), None)]).unwrap();
        commit(Line::Merge(b), "Dan", 8, "Merge three\n", &side).unwrap();
        import.finish().unwrap()
    }

    #[test]
    fn lines_people_and_files_come_out_as_planned() {
        let repo = Repo::new();
        let repository = open(&repo);
        let head = write(&repository);
        assert_eq!(head, repository.head().unwrap().unwrap());
        repository.check_out().unwrap();
        assert_eq!(repo.git(&["status", "--porcelain"]), "");
        let log = repo.git(&["log", "--graph", "--format=%an|%cn|%ad|%s", "--date=iso"]);
        let expected = "\
*   Dan|Carl|2025-12-31 19:08:00 -0500|Merge three
|\\  
| * Cid|Carl|2025-12-31 19:04:00 -0500|three
| * Bea|Carl|2025-12-31 19:02:00 -0500|two
* | Ann|Carl|2025-12-31 19:06:00 -0500|four
|/  
* Ann x|Carl|2025-12-31 19:00:00 -0500|one
";
        assert_eq!(log, expected);
        assert_eq!(repo.read("side"), "2");
        assert_eq!(repo.read("items/a \"b\\\u{7}\u{e9}.yaml"), "odd\n");
        assert!(!repo.path().join("gone").exists());
        assert_eq!(repo.git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/main\n");
        repo.git(&["fsck", "--strict"]);
    }

    #[test]
    fn the_same_plan_makes_the_same_commits() {
        let (one, two) = (Repo::new(), Repo::new());
        assert_eq!(write(&open(&one)), write(&open(&two)));
    }

    #[test]
    fn a_repository_with_commits_is_refused() {
        let repo = Repo::new();
        repo.write("a", "1").commit("2026-01-01", "one");
        assert!(matches!(FastImport::begin(&open(&repo)), Err(GitError::Exists { .. })));
    }

    #[test]
    fn what_git_refuses_is_said_and_leaves_no_branch() {
        let repo = Repo::new();
        let repository = open(&repo);
        let mut import = FastImport::begin(&repository).unwrap();
        let ann = who("Ann", 0);
        let planned = PlannedCommit {
            line: Line::Merge(Mark(7)),
            author: &ann,
            committer: &ann,
            message: "m\n",
            changes: &[],
        };
        let result = import.write_commit(&planned).and_then(|_| import.finish());
        let message = result.unwrap_err().to_string();
        assert!(message.contains("`git fast-import` failed: fatal: "), "{message}");
        assert_eq!(repository.head().unwrap(), None);
    }
}
