use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use poam::history;
use poam::repository::Repository;
use poam::rules::{self, Context};
use poam::store::Tracker;
use sha2::{Digest, Sha256};

use crate::Result;
use crate::generate::{self, Size};
use crate::workbook;

/// Number of runs of each work; the middle time counts.
const TIMES: usize = 5;

/// Prints what the program takes beside plain work on the same files.
pub(crate) fn table() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let tree = dir.path().join("tracker");
    let size = Size { items: 2000, commits: 4000, ..Size::default() };
    let start = Instant::now();
    generate::write(&tree, &size)?;
    let made = start.elapsed();
    // As a repository lies that was cloned or has been used for a while.
    generate::repack(&tree)?;
    println!(
        "{} items, {} commits ({} % merges), written in {:.2} s; median of {TIMES} runs",
        size.items,
        size.commits,
        size.merges,
        made.as_secs_f64()
    );
    println!("{:<28} {:>10}   {:<28} {:>10} {:>8}", "work", "time", "beside", "time", "ratio");
    row("validate", middle(|| validate(&tree))?, "read and hash", middle(|| hash(&tree))?);
    let log = ["log", "--raw", "--first-parent"];
    row(
        "history",
        middle(|| history(&tree))?,
        "git log --raw --first-parent",
        middle(|| git(&tree, &log))?,
    );
    workbooks(&tree, dir.path())
}

/// Building the workbook beside the usual libraries, which write the same rows.
fn workbooks(tree: &Path, dir: &Path) -> Result<()> {
    let (ours, content) = workbook::ours(tree, TIMES)?;
    let rows = dir.join("rows.json");
    workbook::dump(&content, &rows)?;
    for library in workbook::LIBRARIES {
        match workbook::python(library, &rows) {
            Ok(other) => row("workbook", ours, library, other),
            Err(why) => println!("workbook beside {library}: not measured, {why}"),
        }
    }
    Ok(())
}

fn row(work: &str, ours: Duration, beside: &str, other: Duration) {
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let ratio = ours.as_secs_f64() / other.as_secs_f64().max(f64::MIN_POSITIVE);
    println!(
        "{work:<28} {:>10}   {beside:<28} {:>10} {ratio:>7.2}x",
        milliseconds(ours),
        milliseconds(other)
    );
}

/// The middle of the times that a work takes.
fn middle(work: impl Fn() -> Result<()>) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let start = Instant::now();
        work()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

fn validate(tree: &Path) -> Result<()> {
    let tracker = Tracker::find(tree, Some(tree))?;
    let store = tracker.load();
    let today = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap_or_default();
    let people = poam::people::People::default();
    let context = Context {
        store: &store,
        settings: &tracker.settings,
        today,
        history: None,
        people: &people,
        reported: None,
    };
    let checked = rules::check(&context, None);
    let wrong = checked.diagnostics.iter().find(|one| one.rule == poam::schema::RULE);
    match wrong {
        None if store.unreadable() == 0 && !store.items().is_empty() => Ok(()),
        None => Err("the made-up tracker cannot be read".into()),
        Some(wrong) => Err(format!("{}: {}", wrong.label.path, wrong.message).into()),
    }
}

fn hash(tree: &Path) -> Result<()> {
    let mut digest = Sha256::new();
    for entry in walkdir::WalkDir::new(tree.join("items")).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            digest.update(std::fs::read(entry.path())?);
        }
    }
    std::hint::black_box(digest.finalize());
    Ok(())
}

fn history(tree: &Path) -> Result<()> {
    let repository = Repository::open(tree)?;
    let head = repository.head()?.ok_or("no commit")?;
    let history = history::read(&repository, head, "", "items/")?;
    if history.events.is_empty() { Err("no events".into()) } else { Ok(()) }
}

fn git(tree: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("git");
    let status = command.arg("-C").arg(tree).args(arguments).stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err("git failed".into()) }
}
