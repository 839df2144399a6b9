//! The way of results to the user's terminal: a pager where they are longer than the screen.

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Results for a terminal of so many rows, behind a pager.
///
/// They are held until they fill the screen; only then the pager is started.
#[derive(Debug)]
pub(super) struct PagedOutput {
    command: String,
    rows: usize,
    held: Vec<u8>,
    lines: usize,
    pager: Option<(Child, Option<ChildStdin>)>,
    /// Whether the pager could not be started: results go to standard output then.
    is_off: bool,
}

/// The pager that git would use; none where it is `cat`, empty or not installed.
fn find_pager(directory: &Path) -> Option<String> {
    let found = Command::new("git").arg("-C").arg(directory).args(["var", "GIT_PAGER"]).output();
    let found = found.ok().filter(|output| output.status.success())?;
    let command = String::from_utf8(found.stdout).ok()?.trim().to_owned();
    let program = command.split_whitespace().find(|word| !word.contains('='))?;
    let is_there = program.contains('/')
        || std::env::var_os("PATH").is_some_and(|path| {
            std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
        });
    (program != "cat" && is_there).then_some(command)
}

impl PagedOutput {
    /// A pager in front of standard output, where that is a terminal and the user has one.
    pub(super) fn open(directory: &Path) -> Option<Self> {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        if is_dumb || !io::stdout().is_terminal() {
            return None;
        }
        let rows = terminal_size::terminal_size().map(|(_, height)| usize::from(height.0))?;
        let command = find_pager(directory)?;
        Some(Self { command, rows, held: Vec::new(), lines: 0, pager: None, is_off: false })
    }

    /// Writes what is held and waits until the user leaves the pager.
    pub(super) fn close(&mut self) -> io::Result<()> {
        match self.pager.take() {
            Some((mut child, input)) => {
                drop(input);
                child.wait().map(|_| ())
            }
            None => self.release(),
        }
    }

    /// Writes what is held to standard output.
    fn release(&mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        let mut out = io::stdout();
        out.write_all(&held).and_then(|()| out.flush())
    }

    fn start(&mut self) -> io::Result<()> {
        let mut shell = if cfg!(windows) {
            let mut shell = Command::new("cmd");
            shell.arg("/C").arg(&self.command);
            shell
        } else {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(&self.command);
            shell
        };
        // As git does: leave at once where all fits, keep colours, do not clear the screen.
        for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
            if std::env::var_os(name).is_none() {
                shell.env(name, value);
            }
        }
        match shell.stdin(Stdio::piped()).spawn() {
            Ok(mut child) => {
                let input = child.stdin.take();
                self.pager = Some((child, input));
                let held = std::mem::take(&mut self.held);
                self.write_page(&held)
            }
            Err(_) => {
                self.is_off = true;
                self.release()
            }
        }
    }

    fn write_page(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.pager {
            Some((_, Some(input))) => input.write_all(bytes),
            _ => io::stdout().write_all(bytes),
        }
    }
}

impl Write for PagedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_off || self.pager.is_some() {
            return self.write_page(bytes).map(|()| bytes.len());
        }
        self.held.extend_from_slice(bytes);
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        // The prompt of the shell needs a line, too.
        if self.lines + 1 >= self.rows {
            self.start()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.pager {
            Some((_, Some(input))) => input.flush(),
            // Buffered output may still need the pager.
            _ => Ok(()),
        }
    }
}
