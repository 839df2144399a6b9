//! Commands that meet: the lock, hooks that take their time, other people's commits, other work trees,
//! users and containers.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::{COMPLETE, Repo};

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

/// A command of poam in a folder, not started yet.
fn poam(repo: &Repo, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = repo.command(env!("CARGO_BIN_EXE_poam"), folder);
    command.args(["--today", "2026-02-01"]).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn assign(repo: &Repo, id: &str, owner: &str) -> Command {
    poam(repo, &repo.path(), &["assign", id, "--to", owner])
}

fn error_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_there() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_commit_of_somebody_else_is_not_taken_for_ones_own() {
    let repo = tracker();
    let old = repo.read("items/V-1.yaml");
    repo.hook("pre-commit", "touch ../begun; while ! test -e ../go; do sleep 0.02; done");
    let change = assign(&repo, "V-1", "Sam Roe").spawn().unwrap();
    wait_for("the hook begins", || repo.beside("begun").exists());
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let other = repo.git(&["commit-tree", tree.trim(), "-p", "HEAD", "-m", "by a colleague"]);
    repo.git(&["update-ref", "refs/heads/main", other.trim()]);
    repo.write("../go", "");
    let output = change.wait_with_output().unwrap();
    let err = error_of(&output);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("somebody else committed meanwhile") && err.contains("again"), "{err}");
    assert!(!err.contains("was made"), "{err}");
    assert_eq!(repo.read("items/V-1.yaml"), old);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    repo.hook("pre-commit", "");
    let output = assign(&repo, "V-1", "Sam Roe").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", error_of(&output));
}

#[test]
fn a_command_that_is_killed_while_its_git_lives_on_is_waited_for() {
    for hook in ["pre-commit", "post-commit"] {
        let repo = tracker();
        repo.hook(hook, "test -e ../begun && exit 0; touch ../begun; sleep 1");
        let mut change = assign(&repo, "V-1", "Sam Roe").spawn().unwrap();
        wait_for("the hook begins", || repo.beside("begun").exists());
        change.kill().unwrap();
        change.wait().unwrap();
        let output = poam(&repo, &repo.path(), &["review", "V-2"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", error_of(&output));
        assert!(repo.read("items/V-1.yaml").contains("Sam Roe"), "{hook}: it was committed");
        assert_eq!(repo.git(&["log", "--format=%s", "-2"]), "V-2: reviewed\nV-1: owner Sam Roe\n");
        assert_eq!(repo.git(&["status", "--porcelain"]), "", "{hook}");
    }
}

#[test]
fn what_git_makes_of_the_index_stands_without_the_next_command() {
    let repo = tracker();
    repo.write("README", "x").git(&["add", "README"]);
    repo.hook("pre-commit", "touch ../begun; sleep 0.5");
    let mut change = assign(&repo, "V-1", "Sam Roe").spawn().unwrap();
    wait_for("the hook begins", || repo.beside("begun").exists());
    change.kill().unwrap();
    change.wait().unwrap();
    let lock = repo.path().join(".git/index.lock");
    wait_for("git ends", || !lock.exists());
    assert_eq!(repo.git(&["status", "--porcelain"]), "A  README\n");
    assert!(repo.git(&["show", "HEAD:items/V-1.yaml"]).contains("Sam Roe"));
}

#[test]
fn what_a_hook_leaves_running_does_not_hold_anybody_up() {
    let repo = tracker();
    repo.hook("post-commit", "sleep 30 & echo $! > ../sleeper");
    let begin = Instant::now();
    for owner in ["Sam Roe", "Li Wei"] {
        let output = assign(&repo, "V-1", owner).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", error_of(&output));
        let pid = std::fs::read_to_string(repo.beside("sleeper")).unwrap();
        assert!(Path::new("/proc").join(pid.trim()).exists() || !Path::new("/proc/1").exists());
    }
    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
}

#[test]
fn a_lock_that_cannot_be_had_is_named_within_ten_seconds() {
    let repo = tracker();
    repo.hook("pre-commit", "touch ../begun; while ! test -e ../go; do sleep 0.02; done");
    let mut first = assign(&repo, "V-1", "Sam Roe").spawn().unwrap();
    wait_for("the hook begins", || repo.beside("begun").exists());
    let begin = Instant::now();
    let output = assign(&repo, "V-2", "Li Wei").output().unwrap();
    assert!(begin.elapsed() < Duration::from_secs(14), "{:?}", begin.elapsed());
    let err = error_of(&output);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("another poam command") && err.contains(".git/poam/lock"), "{err}");
    repo.write("../go", "");
    assert!(first.wait().unwrap().success());
    // A folder, a link, a pipe in its place: at once.
    let lock = repo.path().join(".git/poam/lock");
    std::fs::remove_file(&lock).unwrap();
    let make: [&[&str]; 3] = [&["mkdir"], &["ln", "-s", "/dev/null"], &["mkfifo"]];
    for words in make {
        let mut command = repo.command(words[0], &repo.path());
        assert!(command.args(&words[1..]).arg(&lock).status().unwrap().success());
        let begin = Instant::now();
        let output = assign(&repo, "V-2", "Li Wei").output().unwrap();
        let err = error_of(&output);
        assert!(begin.elapsed() < Duration::from_secs(9), "{words:?}: {:?}", begin.elapsed());
        assert_eq!(output.status.code(), Some(2), "{words:?}: {err}");
        assert!(err.contains(".git/poam/lock") && err.contains("remove it"), "{err}");
        let _ = std::fs::remove_file(&lock).or_else(|_| std::fs::remove_dir(&lock));
    }
    assert!(!repo.read("items/V-2.yaml").contains("Li Wei"));
}

/// Runs a command as the user `nobody`; none where that cannot be done.
fn as_nobody(command: &mut Command) -> Option<Output> {
    use std::os::unix::process::CommandExt;
    command.uid(65534).gid(65534).output().ok()
}

#[test]
fn users_who_share_a_repository_share_the_lock() {
    let repo = tracker();
    repo.git(&["config", "core.sharedRepository", "0666"]);
    repo.git(&["config", "safe.directory", "*"]);
    let output = assign(&repo, "V-1", "Sam Roe").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", error_of(&output));
    let mode = |name: &str| {
        let path = repo.path().join(".git/poam").join(name);
        path.metadata().unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("lock"), 0o666);
    assert_eq!(mode(""), 0o777);
    // A lock that another user cannot read is named at once.
    let lock = repo.path().join(".git/poam/lock");
    std::fs::set_permissions(&lock, std::fs::Permissions::from_mode(0o600)).unwrap();
    let parts: Vec<_> = repo.path().ancestors().map(Path::to_owned).collect();
    for part in parts.iter().take(2) {
        std::fs::set_permissions(part, std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    let mut other = assign(&repo, "V-1", "Li Wei");
    other.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "safe.directory");
    other.env("GIT_CONFIG_VALUE_0", "*");
    let begin = Instant::now();
    let Some(output) = as_nobody(&mut other) else {
        println!("skipped: only root can be another user");
        return;
    };
    let err = error_of(&output);
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("poam/lock") || err.contains("another user"), "{err}");
}

#[test]
fn twenty_at_once_all_get_an_id_of_their_own() {
    let repo = tracker();
    let linked = repo.beside("linked");
    repo.git(&["worktree", "add", "--quiet", linked.to_str().unwrap()]);
    let places = [repo.path(), linked.clone()];
    let new = |n: usize| {
        let name = format!("Weakness {n}");
        let arguments = ["new", "--name", &name, "--risk", "low", "--commit"];
        let arguments = [&arguments[..], &COMPLETE].concat();
        poam(&repo, &places[n % 2], &arguments).spawn().unwrap()
    };
    let started: Vec<_> = (0..20).map(new).collect();
    let mut ids = std::collections::BTreeSet::new();
    let mut late = 0;
    for child in started {
        let output = child.wait_with_output().unwrap();
        let err = error_of(&output);
        if output.status.code() != Some(0) {
            // On a busy machine they may not all fit into the wait.
            assert!(err.contains("another poam command"), "{err}");
            late += 1;
            continue;
        }
        let path = String::from_utf8(output.stdout).unwrap();
        let name = path.trim().rsplit('/').next().unwrap().to_owned();
        assert!(ids.insert(name.clone()), "{name} was given twice");
    }
    assert!(ids.len() >= 10, "{} of 20, {late} late", ids.len());
    for (branch, place) in [("main", &places[0]), ("linked", &places[1])] {
        let status = repo.try_git(place, &[], &["status", "--porcelain"]);
        assert_eq!(String::from_utf8_lossy(&status.stdout), "", "{branch}");
    }
    // What is not committed anywhere is taken too.
    let ids: Vec<String> = places
        .iter()
        .map(|place| {
            let new = ["new", "--name", "Not committed", "--risk", "low"];
            let output = poam(&repo, place, &new).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", error_of(&output));
            String::from_utf8(output.stdout).unwrap()
        })
        .collect();
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn commands_in_containers_that_share_a_host_name_do_not_meet() {
    let repo = tracker();
    let unshare = ["--pid", "--fork", "--mount-proc"];
    let can = Command::new("unshare").args(unshare).arg("true").output();
    if !can.is_ok_and(|output| output.status.success()) {
        println!("skipped: there is no `unshare`, or it may not be used");
        return;
    }
    repo.hook("pre-commit", "touch ../begun; sleep 1");
    let first = assign(&repo, "V-1", "Sam Roe").spawn().unwrap();
    wait_for("the hook begins", || repo.beside("begun").exists());
    let mut second = repo.command("unshare", &repo.path());
    second.args(unshare).arg(env!("CARGO_BIN_EXE_poam"));
    second.args(["--today", "2026-02-01", "assign", "V-2", "--to", "Li Wei"]);
    let second = second.output().unwrap();
    let first = first.wait_with_output().unwrap();
    assert_eq!(first.status.code(), Some(0), "{}", error_of(&first));
    assert_eq!(second.status.code(), Some(0), "{}", error_of(&second));
    let log = repo.git(&["log", "--format=%s", "-2"]);
    assert_eq!(log, "V-2: owner Li Wei\nV-1: owner Sam Roe\n");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert!(repo.read("items/V-1.yaml").contains("Sam Roe"));
}

#[test]
fn an_import_beside_somebody_who_commits_loses_nothing() {
    let repo = tracker();
    let mut table = "POAM ID,Weakness Name,Original Detection Date,Original Risk Rating,Point of \
                     Contact,Comments\n"
        .to_owned();
    for n in 100..140 {
        table.push_str(&format!("V-{n},Open port {n},2026-01-05,High,Jane Doe,as found\n"));
    }
    repo.write("../2026-01.csv", table);
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let commit = ["commit", "--quiet", "--allow-empty", "-m", "by hand"];
                repo.try_git(&repo.path(), &[], &commit);
            }
        });
        let import = ["import", "../2026-01.csv", "--commit"];
        for _ in 0..5 {
            let output = poam(&repo, &repo.path(), &import).output().unwrap();
            let err = error_of(&output);
            let is_done = output.status.code() == Some(0);
            assert!(is_done || err.contains("somebody else committed meanwhile"), "{err}");
            assert_eq!(repo.git(&["status", "--porcelain"]), "", "{err}");
            if is_done {
                break;
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(repo.git(&["ls-files", "items"]).lines().count(), 43);
}

#[test]
fn init_writes_through_no_link_out_of_the_tree() {
    for name in ["schema", ".github", "poam.yaml"] {
        let repo = Repo::new();
        let outside = repo.beside("outside");
        std::fs::create_dir(&outside).unwrap();
        std::os::unix::fs::symlink(&outside, repo.path().join(name)).unwrap();
        let code = if name == "poam.yaml" { 0 } else { 2 };
        let (_, err) = repo.poam(code, &["init", "--ci", "github"]);
        assert!(code == 0 || (err.contains("symbolic link") && err.contains(name)), "{err}");
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0, "{name}");
        let made = std::fs::read_dir(repo.path()).unwrap().count();
        assert!(code == 0 || made == 2, "{name}: all of it or nothing");
    }
}
