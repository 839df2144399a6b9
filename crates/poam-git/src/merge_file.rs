//! Merges of files line by line, and settings of a repository.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use super::program::run;
use super::{GitError, Repository};

/// A text that git merged line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineMerge {
    /// The text, with git's marks where lines conflict.
    pub text: Vec<u8>,
    /// Whether lines conflict.
    pub has_conflicts: bool,
}

/// Merges three files as `git merge-file` does. The names are in the marks of conflicts.
///
/// # Errors
///
/// When git cannot be started, or when one of the files is binary or cannot be read.
pub fn merge_lines(
    base: &Path,
    ours: &Path,
    theirs: &Path,
    names: [&str; 2],
) -> Result<LineMerge, std::io::Error> {
    let output = Command::new("git")
        .args(["merge-file", "-p", "-L", names[0], "-L", "base", "-L", names[1]])
        .args([ours, base, theirs].map(AsRef::<OsStr>::as_ref))
        .stdin(Stdio::null())
        .output()?;
    match output.status.code() {
        // The code counts the conflicts.
        Some(code @ 0..=127) => Ok(LineMerge { text: output.stdout, has_conflicts: code > 0 }),
        _ => Err(std::io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
    }
}

impl Repository {
    /// Sets a value in the configuration of the repository.
    ///
    /// # Errors
    ///
    /// When git refuses to write it.
    pub fn set_config(&self, name: &str, value: &str) -> Result<(), GitError> {
        run(&mut self.git_command(&["config", "--local", name, value])?).map(drop)
    }
}
