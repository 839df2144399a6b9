//! Comparison of `poam export oscal` with another program that only reads the document.
//!
//! `cargo bench --bench export` makes a tracker of 10,000 items in a temporary folder and prints
//! times, memory and ratios of one run; `-- --items N --commits N` measures another size.
//! compliance-trestle reads the document where Python has it (`pip install compliance-trestle`;
//! `POAM_PYTHON` names another Python).
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../synthetic/generate.rs"]
mod generate;
#[path = "../synthetic/item.rs"]
mod item;
#[path = "../validate/run.rs"]
#[allow(dead_code)]
mod run;

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};

use generate::Size;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Number of runs of each of our own works; the middle one counts.
const TIMES: usize = 3;

/// Script of compliance-trestle that does the work and nothing else.
const TRESTLE: &str = "import sys; from pathlib import Path; \
    from trestle.oscal.poam import PlanOfActionAndMilestones; \
    PlanOfActionAndMilestones.oscal_read(Path(sys.argv[1]))";
/// Script of compliance-trestle without reading.
const IMPORT: &str = "from trestle.oscal.poam import PlanOfActionAndMilestones";

fn main() -> ExitCode {
    run::main(|arguments, measured| match arguments {
        ["--items", items, "--commits", commits] => sizes(items, commits),
        [] if measured => table(10_000, 20_000),
        // Cargo runs benches as tests too; then there is nothing to do.
        _ => Ok(()),
    })
}

fn sizes(items: &str, commits: &str) -> Result<()> {
    table(items.parse()?, commits.parse()?)
}

fn table(items: usize, commits: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let tracker = folder.path().join("tracker");
    generate::write(&tracker, &Size { items, commits, ..Size::default() })?;
    generate::repack(&tracker)?;
    let document = folder.path().join("poam.json");
    println!("{items} items, {commits} commits; middle of {TIMES} runs in turn");
    println!("{:<34} {:>9} {:>9} {:>9}", "work", "time", "cpu", "memory");
    let log = || poam(&tracker, &["log", "--format", "ndjson"]);
    let lines = || poam(&tracker, &["export", "ndjson"]);
    let path = document.display().to_string();
    let oscal = || poam(&tracker, &["export", "oscal", "-o", &path]);
    let runs = run::middle(TIMES, &[&log, &lines, &oscal])?;
    let [log, lines, oscal] = runs.as_slice() else { return Err("a run is missing".into()) };
    log.print("log, all events");
    lines.print("export ndjson");
    oscal.print("export oscal");
    println!("document: {} MB", std::fs::metadata(&document)?.len() / 1_000_000);
    println!("export oscal / export ndjson: {:.2}x", oscal / lines);
    let python = std::env::var("POAM_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let trestle = |script: &str| {
        let mut command = Command::new(&python);
        command.args(["-c", script]).arg(&document);
        command
    };
    // Python's code 1 is an error, and here it would count as a result.
    if !trestle(IMPORT).output().is_ok_and(|output| output.status.success()) {
        println!("compliance-trestle was not measured: {python} does not have it");
        return Ok(());
    }
    if !trestle(TRESTLE).output().is_ok_and(|output| output.status.success()) {
        return Err("compliance-trestle does not accept the document".into());
    }
    let empty = run::once(&mut trestle(IMPORT))?;
    let read = run::once(&mut trestle(TRESTLE))?;
    empty.print("compliance-trestle starts");
    read.print("compliance-trestle starts and reads");
    println!("compliance-trestle / export oscal: {:.1}x", &read / oscal);
    Ok(())
}

fn poam(tracker: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poam"));
    command.arg("-C").arg(tracker).args(arguments);
    command
}
