//! Runs a command for the local web page: what it prints is collected, and the items that it changes
//! must still be the versions that somebody looked at.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Stdout, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;
use clap::Parser as _;

use super::terminal::PagedOutput;
use super::{Cli, CommandOutcome, Session, run, with_causes};
use crate::change::ApplyError;
use crate::repository::{BlobId, GuardError};
use crate::serve::{CallError, CallResult, ExpectedState};
use crate::store::{Store, Stored};

/// Collects the results and the messages of a command.
#[derive(Debug, Clone, Default)]
pub(super) struct Capture {
    results: Arc<Mutex<Vec<u8>>>,
    messages: Arc<Mutex<String>>,
}

impl Capture {
    /// Adds a message, as a line.
    pub(super) fn add_message(&self, text: &dyn fmt::Display) {
        use std::fmt::Write as _;
        let _ = writeln!(lock_mutex(&self.messages), "{text}");
    }
}

fn lock_mutex<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The stream that results go to.
#[derive(Debug)]
pub(super) enum ResultStream {
    /// Standard output.
    Stdout(Stdout),
    /// Memory of the program that runs the command.
    Captured(Capture),
    /// Standard output, behind a pager where the result is longer than the screen.
    Paged(Box<PagedOutput>),
}

impl ResultStream {
    /// Ends the stream: waits until the user leaves the pager.
    pub(super) fn close(&mut self) -> io::Result<()> {
        match self {
            Self::Paged(paged) => paged.close(),
            _ => Ok(()),
        }
    }
}

impl Write for ResultStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stream) => stream.write(bytes),
            Self::Captured(capture) => lock_mutex(&capture.results).write(bytes),
            Self::Paged(paged) => paged.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stream) => stream.flush(),
            Self::Captured(_) => Ok(()),
            Self::Paged(paged) => paged.flush(),
        }
    }
}

/// An item that is not the version any more on which a change was decided.
#[derive(Debug, thiserror::Error)]
#[error("{item} was changed meanwhile: look at what it says now and decide again")]
pub(super) struct ChangedMeanwhile {
    item: String,
}

/// Refuses an item that is another version than the expected one.
pub(super) fn check_version(
    stored: &Stored,
    expected: &ExpectedState,
) -> Result<(), ChangedMeanwhile> {
    let item = stored.item.id.to_string();
    let Some(expected) = expected.versions.get(&item) else { return Ok(()) };
    let now = BlobId::hash(stored.document.text().as_bytes()).map(|blob| blob.to_string());
    if now.as_ref() == Some(expected) { Ok(()) } else { Err(ChangedMeanwhile { item }) }
}

/// A tracker that is not the one any more on which a plan was decided.
#[derive(Debug, thiserror::Error)]
#[error(
    "the tracker was changed since this plan was shown: look at what the plan says now and decide again"
)]
pub(super) struct PlanOutdated;

/// Refuses items that are not those for which a plan was shown.
pub(super) fn check_tracker(store: &Store, expected: &ExpectedState) -> Result<(), PlanOutdated> {
    match expected.tracker {
        Some(expected) if expected != store.fingerprint() => Err(PlanOutdated),
        _ => Ok(()),
    }
}

/// Runs a command in a folder, with nobody to ask.
pub(super) fn run_captured(
    directory: &Path,
    today: Option<NaiveDate>,
    expected: ExpectedState,
    words: &[String],
) -> CallResult {
    let mut arguments: Vec<OsString> =
        vec!["poam".into(), "--color=never".into(), "--directory".into(), directory.into()];
    if let Some(today) = today {
        arguments.extend(["--today".into(), today.to_string().into()]);
    }
    arguments.extend(words.iter().map(OsString::from));
    let capture = Capture::default();
    let outcome = match Cli::try_parse_from(arguments) {
        Ok(cli) => Session::new(&cli.globals, false)
            .and_then(|session| run(cli.command, session.captured(&capture, expected)))
            .map_err(|error| explain(&error)),
        Err(error) => Err(CallError::Refused(without_usage(&error.render().to_string()))),
    };
    let results = String::from_utf8_lossy(&lock_mutex(&capture.results)).into_owned();
    let messages = lock_mutex(&capture.messages).clone();
    let outcome = outcome.map(|outcome| outcome == CommandOutcome::Fine);
    CallResult { outcome, results, messages }
}

/// The error as the page distinguishes it.
fn explain(error: &anyhow::Error) -> CallError {
    let text = with_causes(error);
    let raced = matches!(
        error.downcast_ref::<ApplyError>(),
        Some(ApplyError::Dirty { .. } | ApplyError::Guard(GuardError::Changed { .. }))
    );
    if raced || error.is::<ChangedMeanwhile>() || error.is::<PlanOutdated>() {
        CallError::Conflict(text)
    } else {
        CallError::Refused(text)
    }
}

/// The first paragraph of an error of the arguments: how the command is called on a terminal is of no
/// use on a page.
fn without_usage(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let end = ["\n\nUsage:", "\n\nFor more information"]
        .into_iter()
        .filter_map(|mark| text.find(mark))
        .min();
    text[..end.unwrap_or(text.len())].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_arguments_lose_the_usage() {
        let text = "error: invalid value 'x' for '--until <DAY>': no day\n\nUsage: poam x\n\nFor more information, try '--help'.\n";
        assert_eq!(without_usage(text), "invalid value 'x' for '--until <DAY>': no day");
        assert_eq!(without_usage("error: a\n\nb\n"), "a\n\nb");
    }
}
