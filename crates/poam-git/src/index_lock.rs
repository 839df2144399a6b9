//! Running git on a copy of the index, which then takes the place of the index.
//!
//! The lock `index.lock` is made from a file that holds the id of the journal, so the next command can
//! distinguish it from the lock of any other program. Git gets the copy (`GIT_INDEX_FILE`), and its own lock
//! lies beside that copy, in the folder of temporary files. The index itself is untouched until the
//! copy takes its place. A shell does all this, because it lives on where the command that started
//! it is killed: then the index is that of the commit all the same, and no lock is left.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant, SystemTime};

use super::guard::PATIENCE;
use super::leftover::RIGHT_AFTER;
use super::lock::LockFile;
use super::program::output_with_hooks;
use super::scratch::{Scratch, remove_if_there};
use super::{CommitError, GitError, Repository};

/// The arguments: the index, the folder of temporary files, a list of files that git is informed of
/// first (or nothing), and git's command. A signal ends git first. Git replaces the copy as soon as the
/// commit is made, so a copy that is another file (`ls -i`) is the index, whatever happened after that.
/// Where git was killed by a signal at which it could not clean up, the lock stays: it proves whose the
/// files are that git has left.
const SCRIPT: &str = r#"
trap : HUP INT QUIT TERM
index=$1 scratch=$2 new=$3
shift 3
if ! problem=$(ln "$scratch/index-lock" "$index.lock" 2>&1); then
  [ -e "$index.lock" ] && exit 75
  (set -C; cat "$scratch/index-lock" >"$index.lock") 2>/dev/null || {
    echo "$problem" >&2
    exit 76
  }
fi
code=0
if [ -e "$index" ]; then cp -p "$index" "$scratch/index" || code=76; fi
GIT_INDEX_FILE=$scratch/index
export GIT_INDEX_FILE
if [ $code -eq 0 ] && [ -n "$new" ]; then
  GIT_LITERAL_PATHSPECS=1 git add --intent-to-add --pathspec-file-nul \
    --pathspec-from-file="$new" || code=$?
fi
before=$(ls -i "$scratch/index" 2>/dev/null)
if [ $code -eq 0 ]; then "$@" || code=$?; fi
if [ "$(ls -i "$scratch/index" 2>/dev/null)" != "$before" ]; then
  mv -f "$scratch/index" "$index" || exit $code
else
  case $code in
    129 | 130 | 131 | 141 | 143) ;;
    *) [ $code -le 128 ] || exit $code ;;
  esac
fi
rm -f "$index.lock"
exit $code
"#;

/// The script ends with this where another program has the index.
const LOCKED: i32 = 75;

/// A command that git runs on the index.
pub(super) struct IndexCommand<'a> {
    /// A list of files that git must be informed of first.
    pub(super) new: Option<&'a Path>,
    /// The command of git, after `git`.
    pub(super) arguments: Vec<OsString>,
    /// Variables for it; without a value they are removed.
    pub(super) env: Vec<(&'static str, Option<String>)>,
}

/// Locks the index, waiting for other programs some seconds, and lets git work on a copy of it. Where
/// git succeeds, the copy is the index.
pub(super) fn run(
    repo: &Repository,
    lock: &LockFile,
    scratch: &Scratch,
    id: &str,
    wanted: &IndexCommand<'_>,
) -> Result<Output, CommitError> {
    let own = scratch.path("index-lock");
    scratch.write("index-lock", id.as_bytes()).map_err(CommitError::io_error("writing", &own))?;
    let begin = Instant::now();
    loop {
        let mut command = repo.program_command(&find_shell(repo)?)?;
        command.args(["-c", SCRIPT, "poam"]).arg(repo.git_dir().join("index"));
        command.arg(scratch.path("")).arg(wanted.new.map_or(OsStr::new(""), Path::as_os_str));
        command.arg("git").args(&wanted.arguments);
        command.stdin(lock.as_stdin().map_err(GitError::Program)?);
        for (name, value) in &wanted.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let output = output_with_hooks(&mut command)?;
        match output.status.code() {
            Some(LOCKED) if begin.elapsed() >= PATIENCE => {
                return Err(CommitError::IndexLocked { file: lock_of(repo) });
            }
            Some(LOCKED) => std::thread::sleep(Duration::from_millis(30)),
            // Shells show this for a program that they do not find.
            Some(126 | 127) => {
                let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
                return Err(GitError::Program(io::Error::other(stderr.trim().to_owned())).into());
            }
            Some(0) if is_own(&lock_of(repo), id) => {
                let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
                let source = io::Error::other(stderr.trim().to_owned());
                return Err(CommitError::io_error("writing", &repo.git_dir().join("index"))(
                    source,
                ));
            }
            _ => return Ok(output),
        }
    }
}

#[cfg(not(windows))]
fn find_shell(_: &Repository) -> Result<String, GitError> {
    Ok("/bin/sh".to_owned())
}

/// Returns the shell that comes with git, which its installer does not put on the PATH.
#[cfg(windows)]
fn find_shell(repo: &Repository) -> Result<String, GitError> {
    let folder = super::program::run(&mut repo.git_command(&["--exec-path"])?)?;
    let folder = String::from_utf8_lossy(&folder).trim().to_owned();
    let shell = Path::new(&folder).join("../../../bin/sh.exe");
    Ok(if shell.is_file() { shell.display().to_string() } else { "sh".to_owned() })
}

/// Removes the lock of the index that a command has left which was killed, and what its git has left
/// that no other git could make as long as that lock was there: the file in which it prepared the
/// commit (`next-index-PID.lock`), and the locks with which it removes `AUTO_MERGE` after the commit.
pub(super) fn remove_left(repo: &Repository, id: &str, begun: SystemTime) -> io::Result<()> {
    let lock = lock_of(repo);
    if !is_own(&lock, id) {
        return Ok(());
    }
    for entry in fs::read_dir(repo.git_dir())?.flatten() {
        let name = entry.file_name();
        let is_prepared = name
            .to_str()
            .is_some_and(|name| name.starts_with("next-index-") && name.ends_with(".lock"));
        if is_prepared && modified_time(&entry.path()).is_some_and(|written| written >= begun) {
            remove_if_there(&entry.path())?;
        }
    }
    let auto_merge = repo.git_dir().join("AUTO_MERGE.lock");
    if let Some(first) = modified_time(&auto_merge).filter(|written| *written >= begun) {
        // Git takes this one after the other and lets it go before.
        let packed = repo.inner.commondir().join("packed-refs.lock");
        let is_next = modified_time(&packed).is_some_and(|second| {
            second.duration_since(first).is_ok_and(|time| time <= RIGHT_AFTER)
        });
        if is_next {
            remove_if_there(&packed)?;
        }
        remove_if_there(&auto_merge)?;
    }
    remove_if_there(&lock)
}

fn modified_time(file: &Path) -> Option<SystemTime> {
    file.symlink_metadata().and_then(|found| found.modified()).ok()
}

fn lock_of(repo: &Repository) -> PathBuf {
    repo.git_dir().join("index.lock")
}

fn is_own(lock: &Path, id: &str) -> bool {
    let small = lock.symlink_metadata().is_ok_and(|it| it.is_file() && it.len() == id.len() as u64);
    small && fs::read(lock).is_ok_and(|bytes| bytes == id.as_bytes())
}
