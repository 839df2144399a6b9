//! Where a workbook comes from that is not what the tree gives.

use std::fmt;

use crate::repository::CommitId;
use crate::text::{plural, visible};
use crate::workbook::WorkbookComparison;
use crate::workbook::verify::DifferenceKind;

/// Reason for the differences of a workbook, as far as it is known.
pub(super) enum Origin {
    /// It names no commit.
    Unsaid,
    /// It names the commit that it was compared with.
    Compared(WorkbookEdits),
    /// It names a commit that the repository does not have.
    Unknown(CommitId),
    /// It names another commit, whose workbook cannot be built again.
    NotBuilt(CommitId, String),
    /// It names another commit; the commits since, where that one is on the same line.
    Other(CommitId, WorkbookEdits, Option<usize>),
}

/// Differences of a workbook from the one that its own commit gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WorkbookEdits {
    /// Not at all.
    No,
    /// Formulas have no stored results.
    Uncalculated,
    /// Something else is in it.
    Yes,
}

impl WorkbookEdits {
    pub(super) fn compare(comparison: &WorkbookComparison) -> Self {
        match comparison.differences.iter().all(|one| is_uncalculated(one.kind)) {
            _ if comparison.same() => Self::No,
            true => Self::Uncalculated,
            false => Self::Yes,
        }
    }
}

fn is_uncalculated(kind: DifferenceKind) -> bool {
    kind == DifferenceKind::Uncalculated
}

impl Origin {
    /// The commit that the file names, where that is not the one it is compared with.
    pub(super) fn claimed_commit(&self) -> Option<CommitId> {
        match self {
            Self::Unsaid | Self::Compared(_) => None,
            Self::Unknown(commit) | Self::NotBuilt(commit, _) | Self::Other(commit, ..) => {
                Some(*commit)
            }
        }
    }

    /// The other commit that gives this workbook.
    pub(super) fn matched_commit(&self) -> Option<CommitId> {
        match self {
            Self::Other(commit, WorkbookEdits::No, _) => Some(*commit),
            _ => None,
        }
    }

    /// The word for machines.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Unsaid => "unsaid",
            Self::Unknown(_) => "unknown-commit",
            Self::NotBuilt(..) => "not-built",
            Self::Compared(WorkbookEdits::Uncalculated)
            | Self::Other(_, WorkbookEdits::Uncalculated, _) => "uncalculated",
            Self::Compared(_) | Self::Other(_, WorkbookEdits::Yes, _) => "edited",
            Self::Other(_, WorkbookEdits::No, _) => "older",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNCALCULATED: &str = "a program that does not calculate saved it, and nothing else was edited: open it in a spreadsheet program and save it to have the results";
        match self {
            Self::Unsaid => f.write_str("it does not say which commit it was built from"),
            Self::Compared(WorkbookEdits::Uncalculated) => f.write_str(UNCALCULATED),
            Self::Compared(_) => f.write_str("it was edited by hand after it was built"),
            Self::Unknown(commit) => write!(
                f,
                "it says that it was built from commit {}, which this repository does not have (fetch it; a branch that was rewritten has lost it): whether it was edited cannot be told",
                commit.short()
            ),
            Self::NotBuilt(commit, why) => write!(
                f,
                "it says that it was built from commit {}, whose workbook cannot be built again to compare ({})",
                commit.short(),
                visible(why)
            ),
            Self::Other(commit, edited, since) => {
                let commit = commit.short();
                let before = since
                    .map(|commits| format!(", {} before", plural(commits, "commit")))
                    .unwrap_or_default();
                match edited {
                    WorkbookEdits::No => write!(
                        f,
                        "it is what commit {commit} gives{before}: built from an older state, and not edited since"
                    ),
                    WorkbookEdits::Uncalculated => write!(
                        f,
                        "it is what commit {commit} gives{before}, without the results of its formulas: {UNCALCULATED}"
                    ),
                    WorkbookEdits::Yes => write!(
                        f,
                        "it says that it was built from commit {commit}, and is not what that one gives either: it was edited by hand, or not built by this program"
                    ),
                }
            }
        }
    }
}
