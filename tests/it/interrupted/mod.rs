//! Commands that are killed at any moment, and commands on full disks: nothing is lost, nothing is left
//! behind, and the next command works.
//!
//! A short version runs with the other tests. `POAM_KILLS=20000` and `POAM_FULL_DISKS=500` give the
//! number of tries of a long one, `POAM_SEED` another course of it:
//!
//! ```text
//! TMPDIR=/dev/shm POAM_KILLS=20000 cargo test --test it -- --nocapture interrupted::kills
//! ```
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod disks;
mod kills;

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::support::{COMPLETE, Repo};

/// The kinds of commands that are interrupted.
const KINDS: [&str; 10] = [
    "assign",
    "milestone",
    "review",
    "evidence",
    "new",
    "import",
    "snapshot",
    "report",
    "format",
    "transition",
];

/// Items of a tracker.
const ITEMS: usize = 8;

/// The number of tries.
fn tries(variable: &str, short: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(short)
}

/// Random numbers (xorshift).
struct Random(u64);

impl Random {
    fn new() -> Self {
        Self(std::env::var("POAM_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(20_261_130))
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end.max(1)
    }
}

/// A tracker in which commands are interrupted.
struct InterruptedTracker {
    repo: Repo,
    /// The top of the work tree.
    top: PathBuf,
    /// The folder for the temporary files of programs, which must stay empty.
    temporary: PathBuf,
}

impl InterruptedTracker {
    /// A tracker in the folder `work` of a repository that is not made yet.
    fn new() -> Self {
        let repo = Repo::bare_folder();
        let temporary = repo.beside("temporary");
        std::fs::create_dir(&temporary).unwrap();
        Self { top: repo.path(), repo, temporary }
    }

    fn fill(&self) {
        self.repo.git(&["init", "--quiet", "--initial-branch=main"]);
        self.repo.write("poam.yaml", "version: 1\n");
        for n in 1..=ITEMS {
            let text = format!(
                "id: V-{n}\nweakness_name: Open port\npoint_of_contact: {{name: Jane Doe}}\n\
                 original_detection_date: 2026-01-05\noriginal_risk_rating: high\nstatus: open\n\
                 remediation_plan: Close the port.\nmilestones:\n  - {{id: 1, description: Close \
                 port 80 on all hosts, due: 2026-02-03, status: pending}}\n"
            );
            self.repo.write(&format!("items/V-{n}.yaml"), text);
        }
        self.repo.commit("2026-01-06", "start");
    }

    /// The words of a command of a kind, and what it makes so in the items `V-1` to `V-3`.
    fn words(&self, kind: &str, round: usize) -> (Vec<String>, Option<String>) {
        let three = ["V-1", "V-2", "V-3"];
        let (name, other) = (person(round), format!("V-{}", round % ITEMS + 1));
        let ticket = format!("CHG-{:04}", 1000 + round);
        let mut trace = None;
        let mut words: Vec<String> = match kind {
            "assign" => {
                trace = Some(name.clone());
                [&["assign"], &three[..], &["--to", &name]].concat()
            }
            "milestone" => {
                trace = Some(format!("port {} on", 1000 + round));
                let plan = "Close port PORT on all hosts";
                [&["milestone", "add"], &three[..], &[plan, "--due", "2026-02-02"]].concat()
            }
            "review" => [&["review"], &three[..]].concat(),
            "evidence" => vec!["evidence", "add", &other, &ticket],
            "new" => {
                [&["new", "--name", &name, "--risk", "low", "--commit"][..], &COMPLETE].concat()
            }
            "import" => vec!["import", "../2026-01.csv", "--commit", "--unrelated"],
            "snapshot" => vec!["snapshot", &name],
            "report" => vec!["report", "-o", "../report"],
            "format" => vec!["format"],
            _ => vec!["transition", &other, "in-progress"],
        }
        .into_iter()
        .map(|word| word.replace("PORT", &(1000 + round).to_string()))
        .collect();
        if kind == "snapshot" {
            words[1] = format!("round-{round}");
        }
        words.extend(["--today", "2026-02-01"].map(str::to_owned));
        (words, trace)
    }

    /// Prepares the repository for a kind of command.
    fn prepare(&self, kind: &str, round: usize) {
        if kind == "import" {
            let mut table = "POAM ID,Weakness Name,Original Detection Date,Original Risk Rating,\
                             Point of Contact,Comments\n"
                .to_owned();
            for n in 0..4 {
                let id = format!("V-9{round:05}{n}");
                table.push_str(&format!("{id},Open port {id},2026-01-05,High,Jane Doe,found\n"));
            }
            std::fs::write(self.repo.beside("2026-01.csv"), table).unwrap();
        }
        if kind == "format" {
            let path = format!("items/V-{}.yaml", round % ITEMS + 1);
            let text = std::fs::read_to_string(self.top.join(&path)).unwrap();
            let text = text.replacen("status: open\n", "status:   open\n", 1);
            let text = text.replacen("status: in-progress\n", "status:   in-progress\n", 1);
            std::fs::write(self.top.join(path), text).unwrap();
        }
    }

    /// A command of poam in a process group of its own.
    fn command(&self, words: &[String]) -> Command {
        let mut command = self.repo.command(env!("CARGO_BIN_EXE_poam"), &self.top);
        command.args(words).env("TMPDIR", &self.temporary).process_group(0);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        self.command(&words).output().unwrap()
    }

    /// Runs the next command, checks that it works and that nothing is left; what it found to undo.
    fn check_after(&self, what: &str, trace: Option<&str>) -> bool {
        let round = what.split(' ').nth(1).and_then(|word| word.trim_end_matches(',').parse().ok());
        let owner = format!("Li {}", person(round.unwrap_or(0)));
        let next = ["assign", "V-8", "--to", &owner, "--today", "2026-02-01", "--allow-dirty"];
        let next = self.run(&next);
        let err = String::from_utf8_lossy(&next.stderr).into_owned();
        assert_eq!(next.status.code(), Some(0), "{what}: the next command: {err}");
        // Nothing of three items, or all of them.
        if let Some(trace) = trace {
            let has = |n: usize| {
                let path = self.top.join(format!("items/V-{n}.yaml"));
                std::fs::read_to_string(path).unwrap().contains(trace)
            };
            let all = [has(1), has(2), has(3)];
            assert!(all == [all[0]; 3], "{what}: {all:?}");
        }
        self.commit_rest();
        let status = self.repo.git(&["status", "--porcelain", "--untracked-files=all"]);
        assert_eq!(status, "", "{what}: {err}");
        let mut left = left_in(&self.top.join(".git"), true);
        left.extend(left_in(&self.top.join("items"), false));
        left.extend(left_in(&self.temporary, false));
        assert_eq!(left, [""; 0], "{what}: files are left");
        err.contains("is undone")
    }

    /// Commits what `format` leaves to the user.
    fn commit_rest(&self) {
        self.repo.git(&["commit", "--quiet", "--allow-empty", "--no-verify", "-am", "formatted"]);
    }

    /// Checks the repository and all items.
    fn check_all(&self, what: &str, items: usize) {
        let fsck = self.repo.try_git(&self.top, &[], &["fsck", "--strict", "--no-dangling"]);
        let text = String::from_utf8_lossy(&fsck.stderr).into_owned();
        assert!(fsck.status.success(), "{what}: {text}");
        let validate = self.run(&["list", "--format", "json", "--today", "2026-02-01"]);
        let text = String::from_utf8_lossy(&validate.stdout).into_owned();
        assert_eq!(validate.status.code(), Some(0), "{what}");
        let found: serde_json::Value = serde_json::from_str(&text).unwrap();
        let found = found.as_array().unwrap().len();
        assert!(found >= items, "{what}: {found} items of {items}");
        assert_eq!(found, self.repo.git(&["ls-files", "items"]).lines().count(), "{what}");
    }
}

/// The name of a person, another one in each round.
fn person(round: usize) -> String {
    let mut name = "Sam R".to_owned();
    let mut rest = round + 1;
    while rest > 0 {
        name.push(char::from(b"aeiounmrst"[rest % 10]));
        rest /= 10;
    }
    name + "wick"
}

/// Files that a command has left. In the git directory these are lock files, hidden files, and those
/// of `poam` other than its lock and the history.
fn left_in(folder: &Path, is_git: bool) -> Vec<String> {
    let mut left = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().unwrap().is_dir();
        let is_left = match is_git {
            true => {
                name.ends_with(".lock")
                    || name.starts_with('.')
                    || (folder.ends_with("poam") && ["tmp", "journal"].contains(&name.as_str()))
            }
            false => !is_folder && !name.ends_with(".yaml"),
        };
        if is_left {
            left.push(entry.path().display().to_string());
        } else if is_folder {
            let inside = left_in(&entry.path(), is_git);
            if !is_git && inside.is_empty() && std::fs::read_dir(entry.path()).unwrap().count() == 0
            {
                left.push(format!("{}/", entry.path().display()));
            }
            left.extend(inside);
        }
    }
    left
}

/// Kills a process, or its whole group.
fn kill(child: &mut Child, whole_group: bool) {
    if whole_group {
        let group = format!("-{}", child.id());
        let _ = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
    } else {
        let _ = child.kill();
    }
}
