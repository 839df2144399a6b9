//! Work that must stay cheap in large trackers, measured with the program itself.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::generate::{self, Size};
use crate::watched::Watched;

/// Number of runs of each work; the shortest time counts, since others use the machine too.
const TIMES: usize = 7;

/// Measures `log` over a long history: all of it, with the cache, and ten new commits, beside git's
/// own list of the changes of these commits.
pub(crate) fn history(size: &Size) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let tree = dir.path().join("tracker");
    generate::write(&tree, size)?;
    generate::repack(&tree)?;
    println!("{} items, {} commits; shortest of {TIMES} runs", size.items, size.commits);
    let kept = tree.join(".git/poam");
    let log = ["log", "--format", "ndjson"];
    let raw = ["log", "--raw", "--first-parent", "--no-abbrev", "--no-renames"];
    let (mut git, mut cold) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        git.push(timed("git", &tree, &raw)?);
        // Where nothing was kept yet there is nothing to remove.
        let _ = std::fs::remove_dir_all(&kept);
        cold.push(timed(POAM, &tree, &log)?);
    }
    let (git, cold) = (shortest(git), shortest(cold));
    row("git log --raw", git, cold);
    row("poam log, cold", cold, cold);
    println!("  cold beside git log --raw: {:.2} x", ratio(cold, git));
    let warm = || (0..TIMES).map(|_| timed(POAM, &tree, &log)).collect::<Result<Vec<_>>>();
    row("poam log, nothing new", shortest(warm()?), cold);
    for number in 0..10 {
        run(POAM, &tree, &["review", &id(number), "--by", "Ann"])?;
    }
    row("poam log, ten new commits", shortest(warm()?), cold);
    row("poam --version", shortest(repeat(&tree, &["--version"])?), cold);
    row("poam show, nothing new", shortest(repeat(&tree, &["show", &id(3)])?), cold);
    Ok(())
}

/// Measures a change of one item without git's part of it, in a tracker of ten items and in a large
/// one. The program is given a git that writes down how long its commits take.
pub(crate) fn edits(size: &Size) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let git = Watched::inside(&dir.path().join("bin"))?;
    let mut trees = Vec::new();
    for items in [10, size.items] {
        let tree = dir.path().join(items.to_string());
        generate::write(&tree, &Size { items, commits: 1, ..*size })?;
        generate::repack(&tree)?;
        trees.push((items, tree, Vec::new(), Vec::new(), Vec::new()));
    }
    for round in 0..TIMES {
        for (items, tree, whole, rest, dry) in &mut trees {
            // Or else the next one that makes sure of its own files waits for these of git.
            let _ = Command::new("sync").arg("-f").arg(&*tree).status();
            let id = id(*items / 2);
            let note = format!("round {round}");
            let start = Instant::now();
            call(POAM, tree, &["review", &id, "--by", "Ann", "--note", &note], &git.env()?)?;
            let taken = start.elapsed();
            whole.push(taken);
            rest.push(taken.saturating_sub(git.commits()?));
            let note = format!("dry {round}");
            let arguments = ["review", &id, "--by", "Ann", "--dry-run", "--note", &note];
            dry.push(timed(POAM, tree, &arguments)?);
        }
    }
    println!(
        "{:>8} {:>14} {:>18} {:>12}; shortest of {TIMES} runs",
        "items", "poam review", "without git commit", "--dry-run"
    );
    let mut own = Vec::new();
    for (items, _, whole, rest, dry) in trees {
        let (whole, rest, dry) = (shortest(whole), shortest(rest), shortest(dry));
        println!("{items:>8} {:>14} {:>18} {:>12}", ms(whole), ms(rest), ms(dry));
        own.push((rest, dry));
    }
    if let [small, large] = own[..] {
        println!("  large beside small, without git commit: {:.2} x", ratio(large.0, small.0));
        println!("  the same with --dry-run: {:.2} x", ratio(large.1, small.1));
    }
    Ok(())
}

const POAM: &str = env!("CARGO_BIN_EXE_poam");

fn id(index: usize) -> String {
    format!("POAM-2024-{:06}", index + 1)
}

fn run(program: &str, tree: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    call(program, tree, arguments, &[])
}

fn call(
    program: &str,
    tree: &Path,
    arguments: &[&str],
    variables: &[(&str, OsString)],
) -> Result<Vec<u8>> {
    let mut command = prepared(program, tree, arguments);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let output = command.output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

fn prepared(program: &str, tree: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    for (name, value) in [
        ("GIT_AUTHOR_NAME", "Ann"),
        ("GIT_AUTHOR_EMAIL", "ann@example.com"),
        ("GIT_COMMITTER_NAME", "Ann"),
        ("GIT_COMMITTER_EMAIL", "ann@example.com"),
    ] {
        command.env(name, value);
    }
    command.args(arguments).current_dir(tree).stdin(Stdio::null());
    command
}

fn timed(program: &str, tree: &Path, arguments: &[&str]) -> Result<Duration> {
    // What is printed is not read: that would be the time of the reader.
    let mut command = prepared(program, tree, arguments);
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).status()?;
    let taken = start.elapsed();
    if status.success() {
        Ok(taken)
    } else {
        Err(format!("{program} {arguments:?}: {status}").into())
    }
}

fn repeat(tree: &Path, arguments: &[&str]) -> Result<Vec<Duration>> {
    (0..TIMES).map(|_| timed(POAM, tree, arguments)).collect()
}

fn shortest(times: Vec<Duration>) -> Duration {
    times.into_iter().min().unwrap_or_default()
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64().max(f64::MIN_POSITIVE)
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn row(work: &str, time: Duration, cold: Duration) {
    println!("{work:<28} {:>12} {:>7.1} % of cold", ms(time), ratio(time, cold) * 100.0);
}
