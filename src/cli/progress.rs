//! A line on the terminal that states what a command is doing, once that takes longer than a second.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The work that the command is doing now.
static WORK: Mutex<Option<ProgressWork>> = Mutex::new(None);

/// A piece of work and how long it takes.
struct ProgressWork {
    label: &'static str,
    since: Instant,
    is_shown: bool,
}

/// Time after which work is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// Time between two updates of the line.
const INTERVAL: Duration = Duration::from_millis(250);

/// Starts to watch the work of this process, where standard error is a terminal.
pub(super) fn watch_progress() {
    if !io::stderr().is_terminal() {
        return;
    }
    begin("working");
    // It ends with the process.
    std::thread::spawn(|| {
        loop {
            std::thread::sleep(INTERVAL);
            show_line();
        }
    });
}

/// Names the work that begins.
pub(super) fn begin(label: &'static str) {
    let Ok(mut work) = WORK.lock() else { return };
    let is_shown = work.as_ref().is_some_and(|work| work.is_shown);
    let since = work.as_ref().map_or_else(Instant::now, |work| work.since);
    *work = Some(ProgressWork { label, since, is_shown });
}

/// Clears the line, because something else is printed.
pub(super) fn clear_line() {
    let Ok(mut work) = WORK.lock() else { return };
    if work.take().is_some_and(|work| work.is_shown) {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
}

fn show_line() {
    let Ok(mut work) = WORK.lock() else { return };
    let Some(work) = work.as_mut().filter(|work| work.since.elapsed() >= PATIENCE) else { return };
    work.is_shown = true;
    let seconds = work.since.elapsed().as_secs();
    let _ = write!(io::stderr(), "\r\x1b[K{}… {seconds} s", work.label);
}
