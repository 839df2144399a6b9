//! The command that people run, from the commits to the file: its time beside the usual libraries,
//! which get the finished rows, and the most memory that it takes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::generate::{self, Size};
use crate::workbook;

/// Number of runs of each work, in turns; the shortest time counts, since others use the machine
/// too.
const TIMES: usize = 3;

/// With more items the libraries take minutes.
const BESIDE: usize = 20_000;

/// Measures `poam workbook`.
pub(crate) fn workbooks(size: &Size) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let tree = dir.path().join("tracker");
    generate::write(&tree, size)?;
    generate::repack(&tree)?;
    println!("{} items, {} commits; shortest of {TIMES} runs", size.items, size.commits);
    let rows = dir.path().join("rows.json");
    let beside = size.items <= BESIDE;
    if beside {
        let (_, content) = workbook::ours(&tree, 1)?;
        workbook::dump(&content, &rows)?;
    }
    let out = dir.path().join("out.xlsx");
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    let mut libraries: [Vec<Duration>; 2] = Default::default();
    for _ in 0..TIMES {
        // Where nothing was kept yet there is nothing to remove.
        let _ = std::fs::remove_dir_all(tree.join(".git/poam"));
        cold.push(run(&tree, &out)?);
        warm.push(run(&tree, &out)?);
        for (library, times) in workbook::LIBRARIES.iter().zip(&mut libraries).filter(|_| beside) {
            match workbook::python(library, &rows) {
                Ok(time) => times.push(time),
                Err(why) => println!("{library}: not measured, {why}"),
            }
        }
    }
    for (name, runs) in [("poam workbook", &cold), ("the same, history kept", &warm)] {
        let time = runs.iter().map(|run| run.0).min().unwrap_or_default();
        let memory = runs.iter().filter_map(|run| run.1).max();
        let memory = memory.map_or("not known".to_owned(), |kib| format!("{} MB", kib / 1024));
        println!("{name:<28} {:>8.2} s, {memory} at most", time.as_secs_f64());
        for (library, times) in workbook::LIBRARIES.iter().zip(&libraries) {
            if let Some(other) = times.iter().min() {
                let ratio = other.as_secs_f64() / time.as_secs_f64();
                println!("  {library} takes {:.2} s: {ratio:.2} x", other.as_secs_f64());
            }
        }
    }
    Ok(())
}

/// Writes the workbook; the time, and the most memory in KiB where the system tells.
fn run(tree: &Path, out: &Path) -> Result<(Duration, Option<u64>)> {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_poam"))
        .args(["-q", "workbook", "-o"])
        .arg(out)
        .current_dir(tree)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut most = None;
    loop {
        // The system keeps the high-water mark as long as the process is there.
        let seen = std::fs::read_to_string(&status).ok();
        let line = seen.iter().flat_map(|text| text.lines());
        let peak = line.filter_map(|line| line.strip_prefix("VmHWM:")).next();
        let peak = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
        most = most.max(peak);
        if let Some(code) = child.try_wait()? {
            let time = start.elapsed();
            return if code.success() {
                Ok((time, most))
            } else {
                Err("poam workbook failed".into())
            };
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
