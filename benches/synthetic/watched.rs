//! Git between the program and the real one, to write down how long a commit takes.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::Result;

/// Variables that say where the real git is and where to write its times.
const REAL: &str = "POAM_BENCH_GIT";
const TIMES: &str = "POAM_BENCH_TIMES";

/// A folder with a program `git`, which is this one.
pub(crate) struct Watched {
    folder: PathBuf,
    real: PathBuf,
}

impl Watched {
    pub(crate) fn inside(folder: &Path) -> Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let git = format!("git{}", std::env::consts::EXE_SUFFIX);
        let real = std::env::split_paths(&path).map(|folder| folder.join(&git));
        let real = real.into_iter().find(|file| file.is_file()).ok_or("there is no git")?;
        std::fs::create_dir(folder)?;
        std::fs::copy(std::env::current_exe()?, folder.join(git))?;
        Ok(Self { folder: folder.to_owned(), real })
    }

    /// Returns the environment with which a program finds this git first.
    pub(crate) fn env(&self) -> Result<Vec<(&'static str, OsString)>> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(self.folder.clone()).chain(std::env::split_paths(&path));
        Ok(vec![
            ("PATH", std::env::join_paths(path)?),
            (REAL, self.real.clone().into()),
            (TIMES, self.times().into()),
        ])
    }

    /// Returns the time of the commits since the last call.
    pub(crate) fn commits(&self) -> Result<Duration> {
        let text = std::fs::read_to_string(self.times())?;
        std::fs::remove_file(self.times())?;
        let times = text.lines().map(str::parse).collect::<std::result::Result<Vec<u64>, _>>()?;
        Ok(Duration::from_nanos(times.iter().sum()))
    }

    fn times(&self) -> PathBuf {
        self.folder.join("times")
    }
}

/// Runs this program as git when it is called so; `None` when it is not.
pub(crate) fn run() -> Option<ExitCode> {
    let real = std::env::var_os(REAL)?;
    match call(&real) {
        Ok(code) => Some(ExitCode::from(code)),
        Err(_) => Some(ExitCode::FAILURE),
    }
}

fn call(real: &OsString) -> Result<u8> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let start = Instant::now();
    // What git runs in its turn is part of its time.
    let status = Command::new(real).args(&arguments).env_remove(REAL).status()?;
    let taken = start.elapsed().as_nanos();
    if arguments.iter().any(|argument| argument == "commit") {
        let times = std::env::var_os(TIMES).unwrap_or_default();
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(times)?;
        writeln!(file, "{taken}")?;
    }
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
