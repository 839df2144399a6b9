//! An import beside reading the cells of the same workbook, and writing and committing the files.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use poam::exchange::Assumed;
use poam::import::{
    CommittedImports, DatedSubmission, ImportMatch, ImportOptions, ImportRecord, LEAST_SCORE,
    MergeDecisions, Plan, Submission, carry_out, plan_series,
};
use poam::repository::Repository;
use poam::store::Tracker;
use poam::workbook;

use crate::Result;

/// Imports a series of workbooks into a new tracker and prints what each part takes.
pub(crate) fn series(files: &[&str]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let today = chrono::Utc::now().date_naive();
    let options = ImportOptions {
        assumed: Assumed::default(),
        own: Vec::new(),
        by: ImportMatch::Auto,
        least: LEAST_SCORE,
        assign_ids: false,
        close_absent: false,
        unrelated: false,
        decisions: MergeDecisions::default(),
        force: false,
        reconstruct: false,
        reserved: std::collections::BTreeSet::new(),
        today,
    };
    let (repository, tracker) = start(&folder.path().join("ours"))?;
    for file in files {
        let (submission, reading) = timed(|| read(Path::new(file), today))?;
        let store = tracker.load();
        let record = ImportRecord::load(&tracker, &CommittedImports::read(&repository)?)?;
        let one = std::slice::from_ref(&submission);
        let (plans, planning) =
            timed(|| Ok(plan_series(&tracker, &store, one, &record, &options)?))?;
        let (_, writing) = timed(|| Ok(carry_out(&repository, &plans)?))?;
        let plan = plans.first().ok_or("no plan")?;
        println!(
            "{file}: {} rows, {} created, {} matched, {} unchanged, {} refused, {} no longer listed",
            plan.rows,
            plan.created.len(),
            plan.matched.len(),
            plan.unchanged.len(),
            plan.refused.len(),
            plan.absent.len()
        );
        let plain = by_hand(&folder.path().join("by hand"), plan)?;
        println!(
            "  reading {reading:.2?}, planning {planning:.2?}, writing and committing {writing:.2?}; by hand {plain:.2?}"
        );
        // By hand nobody waits for the disk; an import does, so that a power cut loses nothing.
        let ratio = |one: Duration, other: Duration| one.as_secs_f64() / other.as_secs_f64();
        println!(
            "  reading and planning: {:.2} x reading (bar: 3); writing and committing: {:.2} x by hand",
            ratio(reading + planning, reading),
            ratio(writing, plain)
        );
    }
    Ok(())
}

fn read(file: &Path, today: chrono::NaiveDate) -> Result<Submission> {
    let reading = workbook::read(file)?;
    let source = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let dated = DatedSubmission::detect_day(&source, &reading, None, today);
    let origin = reading.layout.clone();
    Ok(Submission {
        source_id: format!("sha256:{source}"),
        source,
        origin,
        reading,
        listed: Vec::new(),
        dated,
    })
}

/// A new repository with nothing but settings.
fn start(tree: &Path) -> Result<(Repository, Tracker)> {
    std::fs::create_dir_all(tree)?;
    git(tree, &["init", "--quiet"])?;
    std::fs::write(tree.join("poam.yaml"), "version: 1\n")?;
    git(tree, &["add", "poam.yaml"])?;
    git(tree, &["commit", "--quiet", "-m", "start"])?;
    let who = ["AUTHOR", "COMMITTER"].map(|role| {
        [(format!("GIT_{role}_NAME"), "Bench"), (format!("GIT_{role}_EMAIL"), "bench@example.com")]
    });
    let repository = Repository::open(tree)?.with_env(who.into_iter().flatten());
    let tracker = Tracker::find(tree, Some(tree))?;
    Ok((repository, tracker))
}

/// Measures writing and committing the files as a person would.
fn by_hand(tree: &Path, plan: &Plan) -> Result<Duration> {
    if !tree.exists() {
        start(tree)?;
    }
    let ((), time) = timed(|| {
        let created = plan.created.iter().map(|one| (one.path.as_str(), one.text.as_bytes()));
        let changed = plan.changed().map(|one| (one.after.path(), one.after.text().as_bytes()));
        for (path, bytes) in created.chain(changed) {
            let path = tree.join(path);
            std::fs::create_dir_all(path.parent().ok_or("no folder")?)?;
            std::fs::write(path, bytes)?;
        }
        git(tree, &["add", "--all"])?;
        git(tree, &["commit", "--quiet", "--allow-empty", "-m", "import"])
    })?;
    Ok(time)
}

fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Duration)> {
    let start = Instant::now();
    let made = work()?;
    Ok((made, start.elapsed()))
}

fn git(tree: &Path, arguments: &[&str]) -> Result<()> {
    let who = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"];
    let status = Command::new("git").current_dir(tree).args(who).args(arguments).status()?;
    if status.success() { Ok(()) } else { Err(format!("git {arguments:?} failed").into()) }
}
