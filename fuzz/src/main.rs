//! Runs the parsers of poam on mutated inputs: `cargo run --manifest-path fuzz/Cargo.toml -- item --minutes 60`.
//! `fuzz/README.md` says more.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[allow(unreachable_pub)]
mod driver;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use driver::{Limits, Random, Target};
use poam::fuzzing::TARGETS;

/// Arguments of the run.
struct Asked {
    targets: Vec<(&'static str, Target)>,
    minutes: f64,
    seed: u64,
    seconds: f64,
    megabytes: u64,
    /// Run by another process of this program, which sees it end.
    child: bool,
    files: Vec<PathBuf>,
}

fn asked() -> Result<Asked, String> {
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    let mut words = std::env::args().skip(1);
    let target = words.next().unwrap_or_default();
    let targets: Vec<_> =
        TARGETS.into_iter().filter(|(name, _)| target == "all" || *name == target).collect();
    if targets.is_empty() {
        return Err(format!("which target? {}, all", names.join(", ")));
    }
    let mut asked = Asked {
        targets,
        minutes: 1.0,
        seed: 1,
        seconds: 5.0,
        megabytes: 1_000,
        child: false,
        files: Vec::new(),
    };
    while let Some(word) = words.next() {
        let mut number = || -> Result<f64, String> {
            let value = words.next().and_then(|value| value.parse().ok());
            value.ok_or_else(|| format!("{word} needs a number"))
        };
        match word.as_str() {
            "--minutes" => asked.minutes = number()?,
            "--seed" => asked.seed = number()? as u64,
            "--seconds" => asked.seconds = number()?,
            "--megabytes" => asked.megabytes = number()? as u64,
            "--child" => asked.child = true,
            file if !file.starts_with("--") => asked.files.push(file.into()),
            other => return Err(format!("{other} is not known")),
        }
    }
    Ok(asked)
}

fn main() -> ExitCode {
    let asked = match asked() {
        Ok(asked) => asked,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let findings = here.join("findings");
    let mut clean = true;
    for (name, target) in &asked.targets {
        if asked.files.is_empty() {
            clean &= match asked.child {
                true => child(&asked, name, *target, here, &findings),
                false => parent(&asked, name, &findings),
            };
        }
        for file in &asked.files {
            match std::fs::read(file) {
                Ok(bytes) => println!("{}: {}", file.display(), target(&bytes)),
                Err(error) => eprintln!("{}: {error}", file.display()),
            }
        }
    }
    if clean { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// Runs a target in processes of their own, so that one that is aborted or does not come back is a finding
/// and not the end.
fn parent(asked: &Asked, name: &str, findings: &Path) -> bool {
    let end = Instant::now() + Duration::from_secs_f64(asked.minutes * 60.0);
    let (mut seed, mut clean) = (asked.seed, true);
    let _ = std::fs::create_dir_all(findings);
    let current = findings.join(format!("{name}.current"));
    loop {
        let left = end.saturating_duration_since(Instant::now()).as_secs_f64() / 60.0;
        if left <= 0.0 {
            break;
        }
        let Ok(program) = std::env::current_exe() else { return false };
        let limit =
            format!("ulimit -v {}; exec \"$0\" \"$@\"", 8 * asked.megabytes.max(500) * 1024);
        let mut command = Command::new("sh");
        command.args(["-c", &limit]).arg(program).args([name, "--child"]);
        command.args(["--minutes", &left.to_string(), "--seed", &seed.to_string()]);
        command.args(["--seconds", &asked.seconds.to_string()]);
        command.args(["--megabytes", &asked.megabytes.to_string()]);
        let Ok(mut child) = command.spawn() else { return false };
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status.code(),
                Ok(None) => {}
                Err(_) => return false,
            }
            // An input that does not come back: the file of the current one grows old.
            let age = current.metadata().and_then(|data| data.modified()).ok();
            let age = age.and_then(|time| time.elapsed().ok()).unwrap_or_default();
            if age > Duration::from_secs_f64(asked.seconds * 6.0) {
                let _ = child.kill();
            }
            std::thread::sleep(Duration::from_millis(200));
        };
        match status {
            Some(0) => {}
            Some(1) => clean = false,
            other => {
                clean = false;
                let kept = findings.join(format!("{name}-{seed}-ended"));
                println!("{name}: FINDING: the process ended ({other:?}): {}", kept.display());
                let _ = std::fs::rename(&current, kept);
            }
        }
        seed += 1;
    }
    let _ = std::fs::remove_file(current);
    clean
}

/// Runs a target in this process.
fn child(asked: &Asked, name: &str, target: Target, here: &Path, findings: &Path) -> bool {
    let mut seeds = driver::files(&here.join("corpus").join(name));
    let project = here.parent().unwrap_or(here);
    match name {
        "item" => seeds.extend(driver::files(&project.join("tests/fixtures/styles"))),
        "settings" => seeds.extend(std::fs::read(project.join("templates/poam.yaml"))),
        "layout" => seeds.extend(driver::files(&project.join("templates/workbook"))),
        _ => {}
    }
    let limits = Limits {
        time: Duration::from_secs_f64(asked.minutes * 60.0),
        one: Duration::from_secs_f64(asked.seconds),
        megabytes: asked.megabytes,
    };
    std::panic::set_hook(Box::new(|_| {}));
    let current = findings.join(format!("{name}.current"));
    let begun = Instant::now();
    let outcome = driver::run(target, seeds, &mut Random::new(asked.seed), limits, |input| {
        let _ = std::fs::write(&current, input);
    });
    println!(
        "{name}: {} inputs, {} outcomes, {} findings in {:.1} minutes (seed {})",
        outcome.inputs,
        outcome.kinds,
        outcome.findings.len(),
        begun.elapsed().as_secs_f64() / 60.0,
        asked.seed
    );
    for (at, (wrong, input)) in outcome.findings.iter().enumerate() {
        let file = findings.join(format!("{name}-{}-{at}", asked.seed));
        let _ = std::fs::write(&file, input);
        println!("{name}: FINDING: {wrong}: {}", file.display());
    }
    outcome.findings.is_empty()
}
