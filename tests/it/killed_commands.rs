//! A command that is killed at any of its system calls that change something: the next command finds
//! or makes the old state or the new one, and nothing between.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{COMPLETE, Repo};

/// The calls after which something is different, for files or for other processes.
const CALLS: [&str; 11] = [
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "vfork",
    "clone3",
    "wait4",
    "poll",
];

/// The calls of git at which it is killed, and how many of them it is let make from one time to the next.
const CALLS_OF_GIT: [(&str, usize); 7] = [
    ("openat", 11),
    ("write", 4),
    ("rename", 1),
    ("link", 1),
    ("unlink", 4),
    ("vfork", 1),
    ("clone3", 1),
];

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n");
    for id in ["V-1", "V-2", "V-3"] {
        let text = format!(
            "id: {id}\nweakness_name: Open port\npoint_of_contact: {{name: Jane Doe}}\n\
             original_detection_date: 2026-01-05\noriginal_risk_rating: high\nstatus: open\n"
        );
        repo.write(&format!("items/{id}.yaml"), text);
    }
    repo.commit("2026-01-06", "start");
    repo
}

/// Runs a change of three items that is killed at its n-th call of a kind; whether it was.
fn killed(repo: &Repo, name: &str, call: &str, at: usize) -> bool {
    let inject = format!("--inject=?{call}:signal=SIGKILL:when={at}");
    let program = env!("CARGO_BIN_EXE_poam");
    let change = ["--today", "2026-02-01", "assign", "V-1", "V-2", "V-3", "--to", name];
    let output = repo
        .command("strace", &repo.path())
        .args(["-qq", "-o", "/dev/null", &format!("--trace=?{call}"), &inject, program])
        .args(change)
        .output()
        .unwrap();
    output.status.code().is_none_or(|code| code == 137)
}

/// Returns whether programs can be killed at their calls; prints a note where they cannot.
fn can_kill(repo: &Repo) -> bool {
    let strace = repo.command("strace", &repo.path()).args(["-qq", "true"]).output();
    let can = strace.is_ok_and(|output| output.status.success());
    if !can {
        println!("skipped: there is no `strace`, or it may not trace");
    }
    can
}

/// Runs a change whose git is killed at its n-th call of a kind, together with the command that
/// waits for it or alone; whether it was.
fn git_killed(repo: &Repo, change: &[&str], call: &str, at: usize, together: bool) -> bool {
    let (folder, mark) = (repo.beside("bin"), repo.beside("killed"));
    let path = std::env::var_os("PATH").unwrap();
    let mut real = std::env::split_paths(&path).map(|folder| folder.join("git"));
    let real = real.find(|git| git.is_file()).unwrap().display().to_string();
    std::fs::create_dir_all(&folder).unwrap();
    let _ = std::fs::remove_file(&mark);
    let script = format!(
        "#!/bin/sh\ncase \" $* \" in *\" commit \"*|*\" add \"*|*\" tag \"*) ;; *) exec {real} \"$@\" ;; esac\n\
         strace -qq -o /dev/null --trace='?{call}' --inject='?{call}:signal=SIGKILL:when={at}' \
         {real} \"$@\"\ncode=$?\nif [ $code -gt 128 ]; then\n  touch {}\n{}fi\nexit $code\n",
        mark.display(),
        if together { "  kill -9 0\n" } else { "" },
    );
    std::fs::write(folder.join("git"), script).unwrap();
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.join("git"), mode).unwrap();
    let path = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path)));
    let mut command = repo.command(env!("CARGO_BIN_EXE_poam"), &repo.path());
    command.env("PATH", path.unwrap()).args(["--today", "2026-02-01"]).args(change);
    // A process group of its own, so that the script can kill all of it.
    command.process_group(0).output().unwrap();
    mark.exists()
}

/// Files of the git directory by which git or the program keeps others out, or that it did not bring
/// to their place.
fn left(folder: &Path) -> Vec<String> {
    let mut left = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == "tmp" && folder.ends_with("poam") {
            left.push(name);
        } else if entry.file_type().unwrap().is_dir() {
            left.extend(self::left(&entry.path()));
        } else if name.ends_with(".lock") || name.starts_with('.') || name == "journal" {
            left.push(name);
        }
    }
    left
}

#[test]
fn a_killed_git_leaves_the_old_or_the_new_and_no_lock() {
    let repo = tracker();
    if !can_kill(&repo) {
        return;
    }
    let (mut owner, mut news, mut locked, mut late) = ("Jane Doe".to_owned(), 0, 0, 0);
    for together in [true, false] {
        for (call, step) in CALLS_OF_GIT {
            for at in (1..60).step_by(step) {
                let what = format!("{call} {at} {together}");
                let head = repo.git(&["rev-parse", "HEAD"]);
                let change = ["assign", "V-1", "V-2", "V-3", "--to", &what];
                if !git_killed(&repo, &change, call, at, together) {
                    owner = what;
                    break;
                }
                locked += usize::from(!left(&repo.path().join(".git")).is_empty());
                let moved = repo.git(&["rev-parse", "HEAD"]) != head;
                repo.poam(0, &["--today", "2026-02-01", "review", "V-1"]);
                if moved {
                    owner = what.clone();
                    late += 1;
                }
                for id in ["V-1", "V-2", "V-3"] {
                    let text = repo.read(&format!("items/{id}.yaml"));
                    assert!(text.contains(&format!("name: {owner}")), "{what}: {id}: {text}");
                }
                let commits = repo.git(&["rev-list", "--count", &format!("{}..HEAD", head.trim())]);
                assert_eq!(commits.trim(), if moved { "2" } else { "1" }, "{what}");
                assert_eq!(repo.git(&["status", "--porcelain"]), "", "{what}");
                assert_eq!(left(&repo.path().join(".git")), [""; 0], "{what}");
            }
        }
        // A new file is told to git before it is committed.
        for (call, at) in [("openat", 8), ("rename", 1), ("write", 1), ("unlink", 1)] {
            let new = ["new", "--name", "Open port", "--risk", "low", "--commit"];
            let new = [&new[..], &COMPLETE].concat();
            if !git_killed(&repo, &new, call, at, together) {
                continue;
            }
            news += 1;
            repo.poam(0, &["--today", "2026-02-01", "review", "V-1"]);
            assert_eq!(repo.git(&["status", "--porcelain"]), "", "new, {call} {at} {together}");
            assert_eq!(left(&repo.path().join(".git")), [""; 0], "new, {call} {at} {together}");
        }
    }
    assert!(locked > 4 && late > 1 && news > 1, "{locked} locked, {late} late, {news} new");
}

#[test]
fn a_killed_snapshot_can_be_taken_again() {
    let repo = tracker();
    if !can_kill(&repo) {
        return;
    }
    let mut locked = 0;
    for together in [true, false] {
        for (call, step) in CALLS_OF_GIT {
            for at in (1..60).step_by(step) {
                let name = format!("{call}-{at}-{together}");
                if !git_killed(&repo, &["snapshot", &name], call, at, together) {
                    break;
                }
                let is_locked = |name: &String| name.ends_with(".lock");
                locked += usize::from(left(&repo.path().join(".git")).iter().any(is_locked));
                let is_made = !repo.git(&["tag", "--list", &format!("poam/{name}")]).is_empty();
                repo.poam(if is_made { 2 } else { 0 }, &["snapshot", &name]);
                assert_eq!(left(&repo.path().join(".git")), [""; 0], "{name}, made: {is_made}");
            }
        }
    }
    assert!(locked > 0, "no lock was ever left, so nothing was tested");
}

#[test]
fn a_lock_of_somebody_else_stays() {
    let repo = tracker();
    let change = ["--today", "2026-02-01", "assign", "V-1", "--to", "Sam Roe"];
    let review = ["--today", "2026-02-01", "review", "V-1"];
    let all = [
        "index.lock",
        "HEAD.lock",
        "refs/heads/main.lock",
        "packed-refs.lock",
        "config.lock",
        "shallow.lock",
        "next-index-1.lock",
    ];
    for name in all {
        // All of it is killed while a hook runs; then another program takes the lock.
        repo.hook("pre-commit", "kill -9 0");
        let mut command = repo.command(env!("CARGO_BIN_EXE_poam"), &repo.path());
        let killed = command.args(change).process_group(0).output().unwrap();
        assert_eq!(killed.status.code(), None);
        repo.hook("pre-commit", "");
        let index_lock = repo.path().join(".git/index.lock");
        assert!(index_lock.exists(), "a killed git has no time to clean up");
        if name == "index.lock" {
            // As git tells people to do. What else it has left cannot be told from that of others then.
            for name in
                left(&repo.path().join(".git")).iter().filter(|name| name.ends_with(".lock"))
            {
                std::fs::remove_file(repo.path().join(".git").join(name)).unwrap();
            }
        }
        let lock = repo.path().join(".git").join(name);
        std::fs::write(&lock, "").unwrap();
        let begin = Instant::now();
        let output = repo.try_poam(&review);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        let stops = ["index.lock", "HEAD.lock", "refs/heads/main.lock"].contains(&name);
        assert_eq!(output.status.code(), Some(if stops { 2 } else { 0 }), "{name}: {err}");
        assert!(!stops || err.contains(name), "{name}: {err}");
        assert!(begin.elapsed() < Duration::from_secs(15), "{name}");
        // Of the prepared index nobody knows; it stops nobody.
        assert!(lock.exists() || name.starts_with("next-index"), "{name}");
        assert!(!repo.read("items/V-1.yaml").contains("Sam Roe"), "{name}");
        assert!(index_lock.exists() == (name == "index.lock"), "{name}");
        let _ = std::fs::remove_file(&lock);
        repo.poam(0, &review);
        assert_eq!(repo.git(&["status", "--porcelain"]), "", "{name}");
        assert_eq!(left(&repo.path().join(".git")), [""; 0], "{name}");
    }
}

#[test]
fn a_killed_command_leaves_the_old_or_the_new() {
    let repo = tracker();
    if !can_kill(&repo) {
        return;
    }
    let (mut owner, mut undone) = ("Jane Doe".to_owned(), 0);
    let (mut kills, mut done) = (0, false);
    for (call, at) in CALLS.iter().flat_map(|call| (1..9).map(move |at| (call, at))) {
        if at == 1 {
            done = false;
        }
        if done {
            continue;
        }
        let name = format!("Person {at} of {call}");
        let head = repo.git(&["rev-parse", "HEAD"]);
        if !killed(&repo, &name, call, at) {
            // That many calls of the kind are not made.
            done = true;
            if repo.git(&["rev-parse", "HEAD"]) != head {
                owner = name;
            }
            continue;
        }
        kills += 1;
        // Git may still be at work on the commit.
        let begin = Instant::now();
        while repo.path().join(".git/index.lock").exists() {
            assert!(begin.elapsed() < Duration::from_secs(20), "{name}: index.lock stays");
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(50));
        let (_, said) = repo.poam(0, &["--today", "2026-02-01", "review", "V-1"]);
        undone += usize::from(said.contains("is undone"));
        let owners: Vec<bool> = ["V-1", "V-2", "V-3"]
            .map(|id| repo.read(&format!("items/{id}.yaml")).contains(&name))
            .to_vec();
        let new = owners[0];
        assert!(owners.iter().all(|one| *one == new), "{name}: {owners:?}");
        if new {
            owner = name;
        }
        for id in ["V-1", "V-2", "V-3"] {
            assert!(repo.read(&format!("items/{id}.yaml")).contains(&owner), "{call} {at}: {id}");
        }
        let commits = repo.git(&["rev-list", "--count", &format!("{}..HEAD", head.trim())]);
        assert_eq!(commits.trim(), if new { "2" } else { "1" }, "{call} {at}");
        assert_eq!(
            repo.git(&["status", "--porcelain", "--untracked-files=all"]),
            "",
            "{call} {at}"
        );
        assert_eq!(left(&repo.path().join(".git")), [""; 0], "{call} {at}");
    }
    assert!(kills > 10, "so few calls were made that nothing was tested: {kills}");
    assert!(undone > 0, "no command was ever killed between its files");
}
