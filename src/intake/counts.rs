//! The account of a scan: every result counts once.

use serde::{Deserialize, Serialize};

/// Numbers of results by outcome. The sum of all but `results` is `results`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ScanCounts {
    /// Results that were read.
    pub results: usize,
    /// Results of findings that no item has yet.
    pub new: usize,
    /// Results of findings that an item has.
    pub known: usize,
    /// Results below the lowest rating that becomes an item, informational ones among them.
    pub below: usize,
    /// Results that the scanner was configured to leave out.
    pub suppressed: usize,
    /// Checks that passed, do not apply, or were failed before and are fixed.
    pub passed: usize,
    /// Checks that were not made or not finished.
    pub not_checked: usize,
    /// Statements of a VEX document.
    pub statements: usize,
    /// Results that cannot be used.
    pub refused: usize,
}

impl ScanCounts {
    /// Returns whether the parts add up to the results.
    pub fn adds_up(&self) -> bool {
        let parts = [
            self.new,
            self.known,
            self.below,
            self.suppressed,
            self.passed,
            self.not_checked,
            self.statements,
            self.refused,
        ];
        parts.iter().sum::<usize>() == self.results
    }
}

/// A result that cannot be used, with its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedResult {
    /// The name of the file.
    pub file: String,
    /// Line or JSON pointer.
    pub place: String,
    /// Reason.
    pub reason: String,
}
