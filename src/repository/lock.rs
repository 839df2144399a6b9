//! One command at a time.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Holds `poam.lock` in the git directory as long as it lives.
///
/// The file says who holds it: process, when that process started, machine. What a process of this
/// machine left behind when it died is taken over.
#[derive(Debug)]
pub(super) struct Lock {
    file: PathBuf,
    holder: String,
}

/// Why there is no lock.
#[derive(Debug)]
pub(super) enum LockError {
    Held { file: PathBuf, holder: String },
    Io { file: PathBuf, source: io::Error },
}

impl Lock {
    /// Takes the lock, waiting for another command to end for as long as `patience`.
    pub(super) fn take(git_dir: &Path, patience: Duration) -> Result<Self, LockError> {
        let file = git_dir.join("poam.lock");
        let holder = holder(std::process::id());
        let failed = |source| LockError::Io { file: file.clone(), source };
        let begin = Instant::now();
        loop {
            // Linked from a finished file, so that nobody ever reads half a lock.
            let mut own = tempfile::NamedTempFile::new_in(git_dir).map_err(failed)?;
            own.write_all(holder.as_bytes()).map_err(failed)?;
            match own.persist_noclobber(&file) {
                Ok(_) => return Ok(Self { file, holder }),
                Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(failed(error.error));
                }
                Err(_) => {}
            }
            let Ok(other) = fs::read_to_string(&file) else { continue };
            if is_stale(&other) {
                take_away(git_dir, &file, &other).map_err(failed)?;
            } else if begin.elapsed() >= patience {
                return Err(LockError::Held { file, holder: other.trim().to_owned() });
            } else {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if fs::read_to_string(&self.file).is_ok_and(|text| text == self.holder) {
            let _ = fs::remove_file(&self.file);
        }
    }
}

/// Moves a stale lock aside. Another process may have done so and taken the lock in between: then
/// what was moved is its lock, and goes back.
fn take_away(git_dir: &Path, file: &Path, stale: &str) -> io::Result<()> {
    let aside = git_dir.join(format!("poam.lock.{}", std::process::id()));
    match fs::rename(file, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    }
    if fs::read_to_string(&aside)? != stale {
        let _ = fs::hard_link(&aside, file);
    }
    fs::remove_file(&aside)
}

fn holder(pid: u32) -> String {
    let (host, boot) = machine();
    format!("{pid} {} {host} {boot}\n", started(pid).unwrap_or_default())
}

fn is_stale(text: &str) -> bool {
    let words: Vec<&str> = text.trim_end().split(' ').collect();
    let [pid, start, host, boot] = words[..] else { return false };
    let (this_host, this_boot) = machine();
    if host != this_host || host.is_empty() || start.is_empty() {
        return false;
    }
    if boot != this_boot {
        return true;
    }
    // A process that began at another time is another process with the same number.
    pid.parse().is_ok_and(|pid| started(pid).is_none_or(|now| now != start))
}

/// When a process started, in the kernel's clock ticks; `None` when there is no such process.
/// Where there is no `/proc`, nobody is ever found dead: the message names the file to remove.
fn started(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(19).map(str::to_owned)
}

/// The machine's name and the name of its last start. Two containers on one kernel have different
/// names.
fn machine() -> (String, String) {
    let read = |name: &str| fs::read_to_string(format!("/proc/sys/kernel/{name}"));
    let one = |text: io::Result<String>| text.unwrap_or_default().trim().to_owned();
    (one(read("hostname")), one(read("random/boot_id")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path(), NOW).unwrap();
        let second = Lock::take(dir.path(), NOW).unwrap_err();
        assert!(matches!(second, LockError::Held { .. }), "{second:?}");
        drop(lock);
        drop(Lock::take(dir.path(), NOW).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_lock_of_a_dead_process_is_taken_over() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        let me = std::process::id();
        let (host, boot) = machine();
        let stale = [
            format!("{pid} 1 {host} {boot}\n"),
            format!("{me} 1 {host} {boot}\n"),
            format!("{me} {} {host} another-boot\n", started(me).unwrap()),
        ];
        for text in stale {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("poam.lock"), &text).unwrap();
            Lock::take(dir.path(), NOW).unwrap();
        }
        for text in [format!("{pid} 1 elsewhere {boot}\n"), "who knows".into(), holder(me)] {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("poam.lock"), &text).unwrap();
            assert!(Lock::take(dir.path(), NOW).is_err(), "{text}");
        }
    }
}
