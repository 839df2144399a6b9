//! Made-up trackers of any size, and what the program takes for them in relation to plain work.
//!
//! `cargo bench --bench synthetic` prints ratios on a small tracker; every line compares two works
//! on the same files in the same run. `cargo bench --bench synthetic -- generate --items N
//! --commits M [--shard 100] [--merges PERCENT] [--seed S] [--repack] DIR` writes a tracker.
//!
//! `-- history --items 10000 --commits 50000` measures `poam log` over a long history, cold and from
//! what is kept; `-- edit --items 100000` a change of one item, git's own commit left out, beside the
//! same in a tracker of ten; `-- workbook --items 10000 --commits 12` the command that writes the
//! workbook, with its memory, beside the usual libraries (up to 20,000 items);
//! `-- import FILE…` a series of real workbooks beside reading them and writing the files by hand.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod command;
mod generate;
mod import;
mod item;
mod measure;
mod scale;
mod watched;
mod workbook;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use generate::Size;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    if let Some(code) = watched::run() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Cargo says `--bench` when it measures, and runs the same program when it tests.
    let measured = arguments.iter().any(|argument| argument == "--bench");
    let arguments: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|argument| *argument != "--bench").collect();
    let result = match arguments.as_slice() {
        ["generate", options @ ..] => generate(options),
        ["history", options @ ..] => {
            Options::parse(options).and_then(|options| scale::history(&options.size))
        }
        ["edit", options @ ..] => {
            Options::parse(options).and_then(|options| scale::edits(&options.size))
        }
        ["workbook", options @ ..] => {
            Options::parse(options).and_then(|options| command::workbooks(&options.size))
        }
        ["import", files @ ..] if !files.is_empty() => import::series(files),
        [] if measured => measure::table(),
        [] => Ok(()),
        other if other.contains(&"--test") => Ok(()),
        other => Err(format!("unknown arguments: {}", other.join(" ")).into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Options behind the name of a work.
struct Options {
    size: Size,
    dir: Option<PathBuf>,
    repack: bool,
}

impl Options {
    fn parse(options: &[&str]) -> Result<Self> {
        let mut size = Size::default();
        let mut dir = None;
        let mut repack = false;
        let mut options = options.iter();
        while let Some(option) = options.next() {
            let mut number = || -> Result<u64> {
                let value = options.next().ok_or_else(|| format!("{option} needs a number"))?;
                value.parse().map_err(|error| format!("{option} {value}: {error}").into())
            };
            match *option {
                "--items" => size.items = usize::try_from(number()?)?,
                "--commits" => size.commits = usize::try_from(number()?)?,
                "--shard" => size.shard = u32::try_from(number()?)?,
                "--merges" => size.merges = number()?,
                "--seed" => size.seed = number()?,
                "--repack" => repack = true,
                option if option.starts_with('-') => return Err(format!("unknown {option}").into()),
                path => dir = Some(PathBuf::from(path)),
            }
        }
        Ok(Self { size, dir, repack })
    }
}

fn generate(options: &[&str]) -> Result<()> {
    let Options { size, dir, repack } = Options::parse(options)?;
    let dir = dir.ok_or("name the folder to write to")?;
    let start = Instant::now();
    let head = generate::write(&dir, &size)?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{} items, {} commits, head {head}: {seconds:.1} s", size.items, size.commits);
    if repack {
        let start = Instant::now();
        generate::repack(&dir)?;
        println!("repacked: {:.1} s", start.elapsed().as_secs_f64());
    }
    Ok(())
}
