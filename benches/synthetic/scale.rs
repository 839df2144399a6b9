//! Work that must stay cheap in large trackers, measured with the program itself.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::generate::{self, Size};

/// How often each work is done; the shortest time counts, since others use the machine too.
const TIMES: usize = 7;

/// What `log` takes over a long history: all of it, what is kept, and ten new commits, beside git's
/// own list of what the same commits changed.
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

/// What a change of one item takes beside the `git commit` of the same file, in a tracker of ten
/// items and in a large one.
pub(crate) fn edits(size: &Size) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut own = Vec::new();
    println!("{:>8} {:>12} {:>12} {:>12}", "items", "poam review", "git commit", "difference");
    let mut trees = Vec::new();
    for items in [10, size.items] {
        let tree = dir.path().join(items.to_string());
        generate::write(&tree, &Size { items, commits: 1, ..*size })?;
        generate::repack(&tree)?;
        trees.push((items, tree, Vec::new(), Vec::new(), Vec::new()));
    }
    for round in 0..TIMES {
        for (items, tree, ours, git, dry) in &mut trees {
            let id = id(*items / 2);
            let note = format!("round {round}");
            ours.push(timed(POAM, tree, &["review", &id, "--by", "Ann", "--note", &note])?);
            git.push(edit(tree, &id, &note)?);
            let note = format!("dry {round}");
            let arguments = ["review", &id, "--by", "Ann", "--dry-run", "--note", &note];
            dry.push(timed(POAM, tree, &arguments)?);
        }
    }
    for (items, _, ours, git, dry) in trees {
        let (ours, git, dry) = (shortest(ours), shortest(git), shortest(dry));
        let rest = ours.saturating_sub(git);
        println!("{items:>8} {:>12} {:>12} {:>12}", ms(ours), ms(git), ms(rest));
        own.push((rest, dry));
    }
    if let [small, large] = own[..] {
        println!("  large beside small, without git commit: {:.2} x", ratio(large.0, small.0));
        println!("  the same with --dry-run: {:.2} x ({})", ratio(large.1, small.1), ms(large.1));
    }
    Ok(())
}

const POAM: &str = env!("CARGO_BIN_EXE_poam");

fn id(index: usize) -> String {
    format!("POAM-2024-{:06}", index + 1)
}

/// Changes a file by hand and commits it as the program does; how long the commit took.
fn edit(tree: &Path, id: &str, text: &str) -> Result<Duration> {
    let found = run("git", tree, &["ls-files", &format!("items/**/{id}.yaml")])?;
    let path = String::from_utf8(found)?.trim().to_owned();
    let file = tree.join(&path);
    let before = std::fs::read_to_string(&file)?;
    std::fs::write(&file, format!("{before}# {text}\n"))?;
    timed("git", tree, &["commit", "--quiet", "--only", "-m", "by hand", "--", &path])
}

fn run(program: &str, tree: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    let mut command = Command::new(program);
    for (name, value) in [
        ("GIT_AUTHOR_NAME", "Ann"),
        ("GIT_AUTHOR_EMAIL", "ann@example.com"),
        ("GIT_COMMITTER_NAME", "Ann"),
        ("GIT_COMMITTER_EMAIL", "ann@example.com"),
    ] {
        command.env(name, value);
    }
    let output = command.args(arguments).current_dir(tree).stdin(Stdio::null()).output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

fn timed(program: &str, tree: &Path, arguments: &[&str]) -> Result<Duration> {
    let start = Instant::now();
    std::hint::black_box(run(program, tree, arguments)?);
    Ok(start.elapsed())
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
