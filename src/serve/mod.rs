//! The local web page: pages and a JSON API on loopback for one tracker.
//!
//! A browser on this machine opens the link with the token that the command prints. Every change runs
//! the same command as a terminal would, through a [`Backend`]; this module knows HTTP, forms and pages,
//! and neither commands nor git commits.
//!
//! ```text
//!  connection ──server──▶ access (Host, Origin, token) ──▶ routes ──▶ api · pages ──▶ Reply
//!                                                             │            │
//!                                     state (items, history) ◀┘            └▶ form → words → Backend::run
//! ```
//!
//! - [`serve`]: listens until it is stopped.
//! - [`CommandForm`]: the description of a command's arguments, from which forms and the API come.
//! - [`TrackerState`]: the tracker as it was read last; read again where a file or the head changed.
//!
//! One thread answers; what reads files or runs commands does so beside it. Changes run one after the
//! other.

mod access;
mod api;
mod call;
mod change;
mod diff;
mod edit;
mod form;
mod import;
mod items;
mod openapi;
mod page;
mod pages;
mod plan;
mod publish;
mod request;
mod routes;
mod scan_plan;
mod server;
mod state;
mod upload;

pub use form::{CommandForm, FormField, FormFieldKind};
pub use openapi::openapi;
pub use server::{ServeError, ServeOptions, serve};
pub use state::{Summarize, TrackerMark, TrackerState};

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Work that the program around the page does for it.
pub trait Backend: Send + Sync {
    /// Reads the tracker; `None` where nothing changed since it was read last.
    ///
    /// # Errors
    ///
    /// In words, where the tracker cannot be read.
    fn load_state(&self, last: Option<&TrackerState>) -> Result<Option<TrackerState>, String>;

    /// The commands that pages offer as forms.
    fn forms(&self) -> &[CommandForm];

    /// The commands that take files, whose options pages offer.
    fn file_forms(&self) -> &[CommandForm];

    /// Runs a command by its words, where the tracker still is what it was decided on.
    fn run(&self, words: &[String], expected: &ExpectedState) -> CallResult;

    /// The text of an item's file by its version, where git has it.
    fn text_of(&self, version: &str) -> Option<String>;

    /// The branches of the repository.
    fn branches(&self) -> Vec<String>;

    /// The folder for files that are dropped on the page, where the repository can have one.
    fn temporary_folder(&self) -> Option<PathBuf>;
}

/// The state of a tracker on which somebody decided a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedState {
    /// The versions of items, by id.
    pub versions: BTreeMap<String, String>,
    /// The fingerprint of all items, where a plan for all of them was shown.
    pub tracker: Option<u64>,
}

/// Result of a command.
#[derive(Debug, Clone)]
pub struct CallResult {
    /// Validity of the data, or the reason why nothing was done.
    pub outcome: Result<bool, CallError>,
    /// The results that it printed.
    pub results: String,
    /// The messages beside them.
    pub messages: String,
}

/// Reasons why a command did nothing, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// The arguments, the rules or the environment are against it.
    Refused(String),
    /// Somebody else changed the item, or has not committed a change of it.
    Conflict(String),
}

impl CallError {
    /// The words.
    pub fn text(&self) -> &str {
        match self {
            Self::Refused(text) | Self::Conflict(text) => text,
        }
    }
}
