//! Comparison of `poam validate` with reading and hashing the files, and with other checkers.
//!
//! `cargo bench --bench validate` makes a tracker of 10,000 items in a temporary folder and prints
//! ratios of programs run in turn on the same files; `-- --large` also shows how time and memory
//! grow from 1,000 to 100,000 items, `-- --items N --commits N` measures another size. The other checkers (`ajv`,
//! `check-jsonschema`) run where they are installed: `npm install -g ajv-cli ajv-formats`,
//! `pip install check-jsonschema`. `ajv` gets the items as JSON, since it has no dates in YAML.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../synthetic/generate.rs"]
mod generate;
#[path = "../synthetic/item.rs"]
mod item;
mod run;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use poam::document::{Document, Limits};
use poam::schema::Schema;
use sha2::{Digest, Sha256};

use generate::Size;
use run::Run;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Number of runs of each program; the middle one counts.
const TIMES: usize = 5;

fn main() -> ExitCode {
    run::main(|arguments, measured| match arguments {
        // The plain work is a program of its own too: this one.
        ["hash", folder] => hash(Path::new(folder)),
        ["--large"] => table(10_000, 20_000).and_then(|()| growth()),
        ["--items", items, "--commits", commits] => sizes(items, commits),
        [] if measured => table(10_000, 20_000),
        // Cargo runs benches as tests too; then there is nothing to do.
        _ => Ok(()),
    })
}

fn sizes(items: &str, commits: &str) -> Result<()> {
    table(items.parse()?, commits.parse()?)
}

/// A tracker with its history, and the same files where there is no repository.
struct Made {
    _folder: tempfile::TempDir,
    tracker: PathBuf,
    files: PathBuf,
}

fn make(items: usize, commits: usize) -> Result<Made> {
    let folder = tempfile::tempdir()?;
    let (tracker, files) = (folder.path().join("tracker"), folder.path().join("files"));
    generate::write(&tracker, &Size { items, commits, ..Size::default() })?;
    generate::repack(&tracker)?;
    for entry in
        walkdir::WalkDir::new(&tracker).into_iter().filter_entry(|it| it.file_name() != ".git")
    {
        let entry = entry?;
        let to = files.join(entry.path().strip_prefix(&tracker)?);
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(Made { _folder: folder, tracker, files })
}

fn table(items: usize, commits: usize) -> Result<()> {
    let made = make(items, commits)?;
    println!("{items} items, {commits} commits; middle of {TIMES} runs in turn");
    println!("{:<34} {:>9} {:>9} {:>9}", "work", "time", "cpu", "memory");
    let hash = || hashing(&made.files);
    let plain = || validate(&made.files);
    let whole = || validate(&made.tracker);
    let runs = run::middle(TIMES, &[&hash, &plain, &whole])?;
    let [hash, plain, whole] = runs.as_slice() else { return Err("a run is missing".into()) };
    hash.print("read and hash");
    plain.print("validate, no history");
    whole.print("validate, with history");
    println!(
        "validate / read and hash: {:.2}x without history, {:.2}x with",
        plain / hash,
        whole / hash
    );
    quiet(&made)?;
    others(&made, plain)
}

/// Rules that say something of nearly every made-up item: it would have been dealt with long ago.
const LOUD: [&str; 6] = [
    "overdue",
    "overdue-milestone",
    "milestone-after-schedule",
    "stale",
    "stale-in-progress",
    "sliding-dates",
];

/// Turns off the rules with many diagnostics, as in a tracker that people look after: every other
/// rule is checked, and the report is short.
fn quiet(made: &Made) -> Result<()> {
    let settings = made.files.join("poam.yaml");
    let before = std::fs::read_to_string(&settings)?;
    std::fs::write(&settings, format!("{before}rules: {{{}: off}}\n", LOUD.join(": off, ")))?;
    let (hash, plain) = (|| hashing(&made.files), || validate(&made.files));
    let runs = run::middle(TIMES, &[&hash, &plain])?;
    let [hash, plain] = runs.as_slice() else { return Err("a run is missing".into()) };
    plain.print("validate, little wrong");
    println!("validate / read and hash: {:.2}x where little is wrong", plain / hash);
    std::fs::write(&settings, before)?;
    Ok(())
}

/// Other checkers, of the schema alone.
fn others(made: &Made, ours: &Run) -> Result<()> {
    let json = made.files.with_file_name("json");
    std::fs::create_dir(&json)?;
    let schema = made.files.with_file_name("item.schema.json");
    std::fs::write(&schema, Schema::Item.text())?;
    let files = items(&made.files)?;
    for path in &files {
        let document = Document::parse("x", &std::fs::read(path)?, &Limits::ITEM)
            .map_err(|error| error.to_string())?;
        let name = json.join(path.file_stem().unwrap_or_default()).with_extension("json");
        std::fs::write(&name, document.to_value().to_string())?;
    }
    let ajv = || {
        let mut command = Command::new("ajv");
        command.args(["validate", "--spec=draft2020", "-c", "ajv-formats", "--strict=false"]);
        command.arg("-s").arg(&schema).arg("-d").arg(json.join("*.json"));
        command
    };
    let check = || {
        let mut command = Command::new("check-jsonschema");
        command.arg("--schemafile").arg(&schema).args(&files);
        command
    };
    match run::once(&mut ajv()) {
        Ok(theirs) => {
            theirs.print("ajv-cli, schema alone");
            println!("ajv-cli / validate: {:.1}x", &theirs / ours);
        }
        Err(error) => println!("ajv-cli was not measured: {error}"),
    }
    match run::once(&mut check()) {
        Ok(theirs) => {
            theirs.print("check-jsonschema, schema alone");
            println!("check-jsonschema / validate: {:.0}x of the cpu time", theirs.cpu_ratio(ours));
        }
        Err(error) => println!("check-jsonschema was not measured: {error}"),
    }
    Ok(())
}

/// Measures how time and memory grow with the number of items.
fn growth() -> Result<()> {
    println!(
        "{:<34} {:>9} {:>9} {:>9} {:>12}",
        "validate, no history", "time", "cpu", "memory", "µs per item"
    );
    for items in [1_000, 10_000, 100_000] {
        let made = make(items, items)?;
        let (hash, plain) = (|| hashing(&made.files), || validate(&made.files));
        let runs = run::middle(3, &[&hash, &plain])?;
        let [hash, plain] = runs.as_slice() else { return Err("a run is missing".into()) };
        plain.print_each(&format!("{items} items, {:.2}x read and hash", plain / hash), items);
    }
    Ok(())
}

fn validate(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poam"));
    command.arg("-C").arg(folder).args(["--today", "2026-03-01", "validate", "--format", "json"]);
    command
}

fn hashing(folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap_or_default());
    command.arg("hash").arg(folder);
    command
}

fn items(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder.join("items")).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}

fn hash(folder: &Path) -> Result<()> {
    let mut digest = Sha256::new();
    for path in items(folder)? {
        digest.update(std::fs::read(path)?);
    }
    std::hint::black_box(digest.finalize());
    Ok(())
}
