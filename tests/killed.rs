//! A command that is killed at any of its system calls that change something: the next command finds
//! or makes the old state or the new one, and nothing between.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod support;

use std::time::{Duration, Instant};

use support::Repo;

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

#[test]
fn a_killed_command_leaves_the_old_or_the_new() {
    let repo = tracker();
    let strace = repo.command("strace", &repo.path()).args(["-qq", "true"]).output();
    if !strace.is_ok_and(|output| output.status.success()) {
        println!("skipped: there is no `strace`, or it may not trace");
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
        assert_eq!(repo.git(&["status", "--porcelain", "--untracked-files=no"]), "", "{call} {at}");
        let left = std::fs::read_dir(repo.path().join(".git")).unwrap();
        let left: Vec<String> =
            left.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        assert!(!left.iter().any(|name| name.starts_with("poam.")), "{call} {at}: {left:?}");
    }
    assert!(kills > 10, "so few calls were made that nothing was tested: {kills}");
    assert!(undone > 0, "no command was ever killed between its files");
}
