//! Measures `poam scan` on a large `.nessus` file beside only reading its XML.
//!
//! `cargo bench --bench scan` generates a file of 100 MB in a temporary folder and prints times, memory and
//! their ratio; `-- --megabytes N` measures another size. The bare reading is quick-xml over a buffered
//! file, every event taken and dropped, in a process of its own. The bar: at most 3 times the bare reading,
//! at most 200 MB of memory.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../validate/run.rs"]
#[allow(dead_code)]
mod run;

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, ExitCode};

use quick_xml::Reader;
use quick_xml::events::Event;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Number of runs of each work; the middle one counts.
const TIMES: usize = 3;

/// Plugins that a scanner of a middle-sized estate reports, information among them.
const PLUGINS: usize = 2_000;

/// Results on each host.
const RESULTS: usize = 150;

fn main() -> ExitCode {
    run::main(|arguments, measured| match arguments {
        ["--read", file] => read(Path::new(file)),
        ["--megabytes", megabytes] => {
            megabytes.parse().map_err(Into::into).and_then(|megabytes| table(megabytes))
        }
        [] if measured => table(100),
        // Cargo runs benches as tests too; then there is nothing to do.
        _ => Ok(()),
    })
}

fn table(megabytes: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let tracker = folder.path().join("tracker");
    std::fs::create_dir(&tracker)?;
    std::fs::write(tracker.join("poam.yaml"), "version: 1\n")?;
    for arguments in
        [&["init", "--quiet"][..], &["add", "."], &["commit", "--quiet", "-m", "start"]]
    {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=bench", "-c", "user.email=bench@example.com"]);
        let status = git.current_dir(&tracker).args(arguments).status()?;
        if !status.success() {
            return Err("git failed".into());
        }
    }
    let file = folder.path().join("scan.nessus");
    let results = generate(&file, megabytes * 1_000_000)?;
    let size = std::fs::metadata(&file)?.len() / 1_000_000;
    println!("{size} MB, {results} results; middle of {TIMES} runs in turn");
    println!("{:<34} {:>9} {:>9} {:>9}", "work", "time", "cpu", "memory");
    let bare = || {
        let mut command = Command::new(std::env::current_exe().unwrap_or_default());
        command.arg("--read").arg(&file);
        command
    };
    let scan = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_poam"));
        command.arg("-C").arg(&tracker).args(["--today", "2026-11-30", "scan"]).arg(&file);
        command.args(["--format", "json"]);
        command
    };
    let runs = run::middle(TIMES, &[&bare, &scan])?;
    let [bare, scan] = runs.as_slice() else { return Err("a run is missing".into()) };
    bare.print("read the XML, nothing else");
    scan.print("poam scan, the plan");
    println!("poam scan / read the XML: {:.2}x", scan / bare);
    Ok(())
}

/// Reads a file with a bare streaming reader.
fn read(file: &Path) -> Result<()> {
    let mut reader = Reader::from_reader(BufReader::with_capacity(1 << 16, File::open(file)?));
    let mut buffer = Vec::new();
    let mut events = 0u64;
    loop {
        buffer.clear();
        if let Event::Eof = reader.read_event_into(&mut buffer)? {
            break;
        }
        events += 1;
    }
    println!("{events} events");
    Ok(())
}

/// Writes hosts with results until the file has a size; returns the number of results.
fn generate(file: &Path, bytes: usize) -> Result<usize> {
    let mut out = BufWriter::new(File::create(file)?);
    let mut written = 0;
    let mut results = 0;
    let mut put = |text: &str| -> Result<usize> {
        out.write_all(text.as_bytes())?;
        Ok(text.len())
    };
    written += put("<?xml version=\"1.0\" ?>\n<NessusClientData_v2>\n<Report name=\"monthly\">\n")?;
    let mut host = 0;
    while written < bytes {
        written += put(&format!(
            "<ReportHost name=\"10.{}.{}.{}\"><HostProperties>\n<tag name=\"HOST_START\">2026-11-28 01:00:00</tag>\n\
             <tag name=\"HOST_END\">2026-11-28 02:00:00</tag>\n<tag name=\"operating-system\">Linux</tag>\n</HostProperties>\n",
            host / 65_536,
            host / 256 % 256,
            host % 256
        ))?;
        for number in 0..RESULTS {
            // Plugins repeat on many hosts; four of ten are more than information.
            let plugin = (host * 37 + number * 13) % PLUGINS;
            let severity = if plugin % 10 < 6 { 0 } else { plugin % 4 + 1 };
            written += put(&result(plugin, severity))?;
            results += 1;
        }
        written += put("</ReportHost>\n")?;
        host += 1;
    }
    put("</Report>\n</NessusClientData_v2>\n")?;
    out.flush()?;
    Ok(results)
}

fn result(plugin: usize, severity: usize) -> String {
    let text =
        "The remote host runs a version of the package that has a known weakness. ".repeat(6);
    let output =
        "  Path : /usr/lib/package &amp; more\n  Installed : 1.2.3\n  Fixed : 1.2.4\n".repeat(8);
    format!(
        "<ReportItem port=\"443\" svc_name=\"www\" protocol=\"tcp\" severity=\"{severity}\" pluginID=\"{}\" pluginName=\"Weakness {plugin}\" pluginFamily=\"General\">\n\
         <agent>all</agent>\n<description>{text}</description>\n<fname>weakness_{plugin}.nasl</fname>\n\
         <plugin_modification_date>2026/10/01</plugin_modification_date>\n<risk_factor>Medium</risk_factor>\n<solution>Update the package.</solution>\n\
         <synopsis>The host has a weakness.</synopsis>\n<cve>CVE-2026-{}</cve>\n<cvss3_vector>CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N</cvss3_vector>\n\
         <see_also>https://example.com/{plugin}</see_also>\n<plugin_output>{output}</plugin_output>\n</ReportItem>\n",
        10_000 + plugin,
        10_000 + plugin
    )
}
