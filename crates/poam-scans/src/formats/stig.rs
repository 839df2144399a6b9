//! Parts that checklists and benchmarks of DISA share.

use crate::{Outcome, ScanResult, Severity};

/// The family of detectors of all checks that DISA publishes, whatever tool runs them.
pub(super) const DETECTOR: &str = "STIG";

/// Reads the status of a checklist: `Open`, `NotAFinding`, `Not_Applicable`, `Not_Reviewed`, with or
/// without blanks and underscores.
pub(super) fn parse_outcome(status: &str) -> Outcome {
    let word: String = status.chars().filter(char::is_ascii_alphanumeric).collect();
    match word.to_ascii_lowercase().as_str() {
        "open" | "fail" | "failed" => Outcome::Failed,
        "notafinding" | "pass" | "passed" => Outcome::Passed,
        "notapplicable" => Outcome::NotApplicable,
        _ => Outcome::NotChecked { word: status.trim().to_owned() },
    }
}

/// Sets the severity of a check: that of an override where there is one.
pub(super) fn rate_check(result: &mut ScanResult, severity: &str, severity_override: &str) {
    let word = if severity_override.trim().is_empty() { severity } else { severity_override };
    result.severity = Severity::from_word(word);
    result.severity_source = word.trim().to_owned();
}
