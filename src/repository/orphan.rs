//! What a git that was killed leaves behind: locks that stop every git after it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::Repository;

/// So long must a lock lie as it is before it counts as left behind.
const STILL: Duration = Duration::from_millis(200);

/// Waits for the git that reads the journal (it may outlive the command that called it), and takes
/// away the locks that were made since `since` and have nobody who is alive to hold them.
pub(super) fn clear(
    repo: &Repository,
    journal: &Path,
    since: SystemTime,
    patience: Duration,
) -> io::Result<()> {
    let begin = Instant::now();
    let mut seen: Option<(Vec<Left>, Instant)> = None;
    loop {
        let left = locks(repo);
        let alive = Alive::find(repo, journal);
        let waits = alive.as_ref().is_some_and(|alive| alive.ours.is_some());
        if left.is_empty() && !waits {
            return Ok(());
        }
        let nobody = alive.as_ref().is_some_and(|it| it.ours.is_none() && it.other.is_none());
        match &seen {
            Some((before, at)) if *before == left => {
                let dead = nobody && left.iter().all(|lock| lock.modified >= since);
                if dead && at.elapsed() >= STILL {
                    return left.iter().try_for_each(|lock| gone(fs::remove_file(&lock.file)));
                }
            }
            _ => seen = Some((left.clone(), Instant::now())),
        }
        if begin.elapsed() >= patience {
            let who = alive.and_then(|alive| alive.ours.or(alive.other));
            let who = who.map_or_else(String::new, |pid| format!(" (process {pid})"));
            let locks: Vec<_> = left.iter().map(|lock| lock.file.display().to_string()).collect();
            let out = match locks.is_empty() {
                true => "wait for its end".to_owned(),
                false => format!("if it is not, remove {}", locks.join(" and ")),
            };
            return Err(io::Error::other(format!("git is at work here{who}; {out}")));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// A lock as it lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Left {
    file: PathBuf,
    modified: SystemTime,
    length: u64,
}

/// The locks that a commit takes, as far as they are there.
fn locks(repo: &Repository) -> Vec<Left> {
    let own = repo.git_dir();
    let mut files = vec![repo.inner.commondir().join("packed-refs.lock")];
    let head = repo.inner.find_reference("HEAD").ok();
    if let Some(branch) = head.as_ref().and_then(|head| head.symbolic_target().ok().flatten()) {
        files.push(repo.inner.commondir().join(format!("{branch}.lock")));
    }
    let is_lock = |name: &str| name.ends_with(".lock") && !name.starts_with("poam.");
    let entries = fs::read_dir(own).into_iter().flatten().flatten();
    files.extend(
        entries
            .filter(|entry| entry.file_name().to_str().is_some_and(is_lock))
            .map(|entry| entry.path()),
    );
    files.sort_unstable();
    files.dedup();
    let left = |file: PathBuf| {
        let there = file.symlink_metadata().ok()?;
        Some(Left { file, modified: there.modified().ok()?, length: there.len() })
    };
    files.into_iter().filter_map(left).collect()
}

/// Processes that may be at work in a repository.
struct Alive {
    /// The git whose standard input is the journal.
    ours: Option<u32>,
    /// Any other git that stands in the work tree or in the git directory, or nobody knows where.
    other: Option<u32>,
}

impl Alive {
    /// `None` where the system does not say: then nobody is ever taken for dead.
    #[cfg(not(target_os = "linux"))]
    fn find(_: &Repository, _: &Path) -> Option<Self> {
        None
    }

    /// `None` where the system does not say: then nobody is ever taken for dead.
    #[cfg(target_os = "linux")]
    fn find(repo: &Repository, journal: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let identity = |file: &Path| file.metadata().map(|it| (it.dev(), it.ino())).ok();
        let journal = identity(journal);
        let folders = [repo.inner.workdir(), Some(repo.git_dir()), Some(repo.inner.commondir())];
        let folders: Vec<PathBuf> =
            folders.into_iter().flatten().filter_map(|it| it.canonicalize().ok()).collect();
        fs::metadata("/proc/self/stat").ok()?;
        let mut alive = Self { ours: None, other: None };
        for entry in fs::read_dir("/proc").ok()?.flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
            let Some((front, state)) = stat.rsplit_once(") ") else { continue };
            if state.starts_with(['Z', 'X']) {
                continue;
            }
            if journal.is_some() && identity(&entry.path().join("fd/0")) == journal {
                alive.ours = Some(pid);
            }
            let name = front.split_once('(').map_or("", |(_, name)| name);
            if name != "git" && !name.starts_with("git-") {
                continue;
            }
            let here = match fs::read_link(entry.path().join("cwd")) {
                Ok(cwd) => folders.iter().any(|folder| cwd.starts_with(folder)),
                Err(error) => error.kind() != io::ErrorKind::NotFound,
            };
            if here {
                alive.other = Some(pid);
            }
        }
        Some(alive)
    }
}
