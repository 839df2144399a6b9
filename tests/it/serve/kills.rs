//! A server that is killed while it writes: the old state or the new one is left, no file of it, and the next
//! command works. `POAM_SERVE_KILLS` gives the number of tries.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::client::Server;
use super::{TODAY, item, start};
use crate::support::Repo;

const ITEMS: usize = 6;

/// Files by which others are kept out, or that did not come to their place.
fn left(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() && name == "uploads" {
            continue;
        }
        if path.is_dir() && !(name == "tmp" && folder.ends_with("poam")) {
            found.extend(left(&path));
        } else if name.ends_with(".lock")
            || name.starts_with('.')
            || name == "journal"
            || name == "tmp"
        {
            found.push(path.display().to_string());
        }
    }
    found
}

/// The folders of servers in the git directory.
fn uploads(repo: &Repo) -> usize {
    std::fs::read_dir(repo.path().join(".git/poam/uploads")).map_or(0, Iterator::count)
}

/// Changes items until the server is gone; the commits that were answered.
fn write(server: &Server, writer: usize, gone: &AtomicBool, count: &AtomicUsize) -> Vec<String> {
    let mut commits = Vec::new();
    while !gone.load(Ordering::Relaxed) {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let id = format!("W-{}", (writer + number) % ITEMS);
        let body = json!({"items": [id], "arguments": {"ref": format!("CHG-{number}")}});
        let Some(answer) = server.try_post_json("/api/v1/commands/evidence-add", &body) else {
            break;
        };
        assert_eq!(answer.status, 200, "{}", answer.text());
        commits.push(answer.json()["changes"][0]["commit"].as_str().unwrap().to_owned());
    }
    commits
}

/// Drops files until the server is gone.
fn drop_files(server: &Server, gone: &AtomicBool) {
    let csv = "POAM ID,Weakness Name,Original Detection Date,Original Risk Rating\r\nX-1,Old TLS,2026-01-03,Moderate\r\n";
    while !gone.load(Ordering::Relaxed) {
        if server
            .try_upload(&[("2026-01 POAM.csv", csv.as_bytes())], &[("kind", "import")])
            .is_none()
        {
            break;
        }
    }
}

#[test]
fn a_server_that_is_killed_leaves_the_old_or_the_new() {
    let tries =
        std::env::var("POAM_SERVE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(8);
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n");
    for number in 0..ITEMS {
        repo.write(&format!("items/W-{number}.yaml"), item(&format!("W-{number}"), "open"));
    }
    repo.commit("2026-01-10", "begin");
    let count = AtomicUsize::new(0);
    let (mut answered, mut random) = (0, 20_261_130_u64);
    for round in 0..tries {
        let mut server = start(&repo, &[]);
        assert_eq!(uploads(&repo), 1, "round {round}: the folders of killed servers are gone");
        let (gone, commits) = (AtomicBool::new(false), Mutex::new(Vec::new()));
        let pid = server.id();
        std::thread::scope(|scope| {
            for writer in 0..3 {
                let (server, gone, count, commits) = (&server, &gone, &count, &commits);
                scope.spawn(move || {
                    let made = write(server, writer, gone, count);
                    commits.lock().unwrap().extend(made);
                });
            }
            scope.spawn(|| drop_files(&server, &gone));
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            std::thread::sleep(Duration::from_millis(100 + random % 1500));
            std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
            gone.store(true, Ordering::Relaxed);
        });
        server.end();
        // The next command puts right what was left half done.
        repo.poam(0, &["review", "W-0", "--note", &format!("Round {round}"), "--today", TODAY]);
        assert_eq!(repo.git(&["status", "--porcelain"]), "", "round {round}");
        assert_eq!(left(&repo.path().join(".git")), Vec::<String>::new(), "round {round}");
        let commits = commits.into_inner().unwrap();
        for commit in &commits {
            repo.git(&["merge-base", "--is-ancestor", commit, "HEAD"]);
        }
        answered += commits.len();
        let (items, _) = repo.poam(0, &["list", "--format", "json"]);
        let items: Vec<Value> = serde_json::from_str(&items).unwrap();
        assert_eq!(items.len(), ITEMS, "round {round}");
    }
    repo.git(&["fsck", "--no-dangling"]);
    let mut server = start(&repo, &[]);
    assert_eq!(server.end(), Some(0));
    assert_eq!(uploads(&repo), 0);
    eprintln!("{tries} kills, {answered} changes were answered");
    assert!(answered > 0);
}
