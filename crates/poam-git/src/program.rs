//! Running the git program.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::{GitError, Repository};

/// Variables that would point the git program at another repository or another index than the one
/// that was opened. A hook has them in its environment; a command that runs inside a hook would
/// otherwise commit into the half-made index of the commit that called it. Everything else of the
/// user's (identity, dates, `GIT_CONFIG_*`, signing) is retained.
pub(super) const ELSEWHERE: [&str; 6] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_INTERNAL_SUPER_PREFIX",
];

impl Repository {
    /// Returns a git command at the top of the work tree: no pager, no editor, no input, no prompt,
    /// messages in English (the character set stays the user's, for the sake of hooks), and paths
    /// that are taken as they are written.
    pub(super) fn git_command(&self, arguments: &[&str]) -> Result<Command, GitError> {
        let mut command = self.program_command("git")?;
        command.args(arguments);
        Ok(command)
    }

    /// Returns a program at the top of the work tree that runs git as [`Repository::git_command`] does.
    pub(super) fn program_command(&self, program: &str) -> Result<Command, GitError> {
        let top = self.workdir()?;
        let mut command = self.program_in(program, top);
        if top.join(".git").exists() {
            command.env_remove("GIT_DIR");
        } else {
            command.env("GIT_WORK_TREE", top);
        }
        Ok(command)
    }

    /// Builds a command that runs git in a folder, with the git directory named.
    fn program_in(&self, program: &str, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).stdin(Stdio::null());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        for name in ELSEWHERE {
            command.env_remove(name);
        }
        command.env("GIT_DIR", self.git_dir());
        if let Some(all) = self.read_variable("LC_ALL") {
            command.env_remove("LC_ALL").env("LC_CTYPE", all);
        }
        command
            .env("LC_MESSAGES", "C")
            .env("LANGUAGE", "C")
            .env("GIT_EDITOR", ":")
            .env("GIT_PAGER", "cat")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_LITERAL_PATHSPECS", "1");
        command
    }

    /// Builds a git command that reads the history as it was recorded: without replacement objects
    /// and grafts. It works in a bare repository, too.
    pub(super) fn git_as_recorded(&self, arguments: &[&str]) -> Command {
        let mut command = match self.git_command(&[]) {
            Ok(command) => command,
            Err(_) => self.program_in("git", self.git_dir()),
        };
        command.env("GIT_NO_REPLACE_OBJECTS", "1");
        // A file that is not there has no grafts.
        command.env("GIT_GRAFT_FILE", self.git_dir().join("poam-no-grafts"));
        command.args(arguments);
        command
    }

    /// Returns the name that a commit made now would have as its author's.
    pub fn author_name(&self) -> Result<String, GitError> {
        let ident = run(&mut self.git_command(&["var", "GIT_AUTHOR_IDENT"])?)?;
        let ident = String::from_utf8_lossy(&ident).into_owned();
        Ok(ident.split_once(" <").map_or(ident.as_str(), |(name, _)| name).trim().to_owned())
    }

    /// Returns the command of the user's editor, as git would start it (`GIT_EDITOR`,
    /// `core.editor`, `VISUAL`, `EDITOR`). It is for a shell to run.
    pub fn editor(&self) -> Result<String, GitError> {
        let mut command = self.git_command(&["var", "GIT_EDITOR"])?;
        match self.read_variable("GIT_EDITOR") {
            Some(editor) => command.env("GIT_EDITOR", editor),
            None => command.env_remove("GIT_EDITOR"),
        };
        Ok(String::from_utf8_lossy(&run(&mut command)?).trim().to_owned())
    }

    /// Returns the value of an environment variable; empty values count as missing.
    pub fn read_variable(&self, name: &str) -> Option<OsString> {
        let own = self.env.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.clone());
        own.or_else(|| std::env::var_os(name)).filter(|value| !value.is_empty())
    }
}

/// Runs a command to its end, whatever the end.
pub(super) fn run_command(command: &mut Command) -> Result<Output, GitError> {
    command.output().map_err(GitError::Program)
}

/// So long is output waited for after a process has ended.
const AFTER_END: Duration = Duration::from_secs(1);

/// Runs a command that may run hooks. What a hook leaves running holds the output open, so only the
/// end of the process counts; output that comes later than a second after it is not read.
pub(super) fn output_with_hooks(command: &mut Command) -> Result<Output, GitError> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(GitError::Program)?;
    let stdout = child.stdout.take().map(read_in_background);
    let stderr = child.stderr.take().map(read_in_background);
    let status = child.wait().map_err(GitError::Program)?;
    let end = Instant::now() + AFTER_END;
    Ok(Output { status, stdout: collect(stdout, end), stderr: collect(stderr, end) })
}

/// Reads a pipe until it is closed or a moment has passed.
fn collect(chunks: Option<Receiver<Vec<u8>>>, end: Instant) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Some(chunks) = chunks else { return bytes };
    while let Ok(chunk) = chunks.recv_timeout(end.saturating_duration_since(Instant::now())) {
        bytes.extend_from_slice(&chunk);
    }
    bytes
}

/// Reads a pipe in a thread of its own, which ends with the last process that writes to it.
fn read_in_background(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = pipe.read(&mut buffer) {
            if sender.send(buffer[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Runs a command that must succeed; its standard output.
pub(super) fn run(command: &mut Command) -> Result<Vec<u8>, GitError> {
    let output = run_command(command)?;
    check_output(command, output)
}

/// Runs a command that may run hooks and must succeed; its standard output.
pub(super) fn run_with_hooks(command: &mut Command) -> Result<Vec<u8>, GitError> {
    let output = output_with_hooks(command)?;
    check_output(command, output)
}

fn check_output(command: &Command, output: Output) -> Result<Vec<u8>, GitError> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    let name = command.get_args().next().map(|name| name.to_string_lossy().into_owned());
    Err(GitError::Command { command: name.unwrap_or_default(), stderr: error_text(&output) })
}

/// Returns the message of a failed command for people: its standard error, else its standard
/// output.
pub(super) fn error_text(output: &Output) -> String {
    let stderr = trimmed_text(&output.stderr);
    if stderr.is_empty() { trimmed_text(&output.stdout) } else { stderr }
}

fn trimmed_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}
