use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use crate::Result;

/// Runs a bench: gives `work` the arguments, and whether Cargo asks to measure (`cargo bench`; it runs benches
/// as tests too, without). Prints an error and fails with 2.
pub(crate) fn main(work: impl FnOnce(&[&str], bool) -> Result<()>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let measured = arguments.iter().any(|argument| argument == "--bench");
    let arguments: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|argument| *argument != "--bench").collect();
    match work(&arguments, measured) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Time and memory of a run.
pub(crate) struct Run {
    time: Duration,
    /// Of all its threads; known on Linux.
    cpu: Option<Duration>,
    /// Most memory that it had, in kB, as far as looking at it now and then shows; known on Linux.
    memory: Option<u64>,
}

impl std::ops::Div for &Run {
    type Output = f64;

    fn div(self, other: Self) -> f64 {
        self.time.as_secs_f64() / other.time.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

impl Run {
    /// The ratio of the times of processors; of the times on the clock where those are not known.
    pub(crate) fn cpu_ratio(&self, other: &Self) -> f64 {
        match (self.cpu, other.cpu) {
            (Some(one), Some(two)) => one.as_secs_f64() / two.as_secs_f64().max(0.01),
            _ => self / other,
        }
    }

    pub(crate) fn print(&self, work: &str) {
        println!("{}", self.line(work));
    }

    pub(crate) fn print_each(&self, work: &str, items: usize) {
        let each = self.time.as_secs_f64() * 1e6 / items.max(1) as f64;
        println!("{} {each:>12.1}", self.line(work));
    }

    fn line(&self, work: &str) -> String {
        let seconds = |time: Duration| format!("{:.3} s", time.as_secs_f64());
        let cpu = self.cpu.map_or("?".to_owned(), seconds);
        let memory =
            self.memory.map_or("?".to_owned(), |kilobytes| format!("{} MB", kilobytes / 1000));
        format!("{work:<34} {:>9} {cpu:>9} {memory:>9}", seconds(self.time))
    }
}

/// Runs programs in turn, several times; the middle run of each.
pub(crate) fn middle(times: usize, programs: &[&dyn Fn() -> Command]) -> Result<Vec<Run>> {
    let mut runs: Vec<Vec<Run>> = programs.iter().map(|_| Vec::new()).collect();
    for _ in 0..times {
        for (program, runs) in programs.iter().zip(&mut runs) {
            runs.push(once(&mut program())?);
        }
    }
    let middle = |mut runs: Vec<Run>| {
        runs.sort_by_key(|run| run.time);
        runs.swap_remove(runs.len() / 2)
    };
    Ok(runs.into_iter().map(middle).collect())
}

/// Runs a program. That it finds something wrong (code 1) is fine.
pub(crate) fn once(command: &mut Command) -> Result<Run> {
    let name = command.get_program().to_string_lossy().into_owned();
    let start = Instant::now();
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{name}: {error}"))?;
    let folder = format!("/proc/{}", child.id());
    let mut memory = None;
    let mut cpu = None;
    // Once it has ended, and until somebody waits for it, Linux still says what it took.
    while let Ok(stat) = std::fs::read_to_string(format!("{folder}/stat")) {
        let fields: Vec<&str> =
            stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ').collect();
        let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
        // Hundredths of a second.
        cpu = ticks(11)
            .zip(ticks(12))
            .map(|(user, system)| Duration::from_millis((user + system) * 10));
        if matches!(fields.first(), Some(&"Z")) {
            break;
        }
        let status = std::fs::read_to_string(format!("{folder}/status")).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok());
        memory = memory.max(kilobytes);
        std::thread::sleep(Duration::from_millis(1));
    }
    let status = child.wait()?;
    let time = start.elapsed();
    match status.code() {
        Some(0 | 1) => Ok(Run { time, cpu, memory }),
        _ => Err(format!("{name} failed: {status}").into()),
    }
}
