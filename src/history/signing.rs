//! Notes the verdicts on signatures in events.

use std::collections::BTreeMap;

use super::{Event, HistoryError, SignatureStatus};
use crate::repository::{CommitId, Repository, Verdict};

impl From<Verdict> for SignatureStatus {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::None => Self::None,
            Verdict::Good => Self::Good,
            Verdict::Bad => Self::Bad,
            Verdict::Unknown => Self::Unknown,
        }
    }
}

/// Checks the signatures on the commits that made these events, and notes in each event what
/// came out. Costs a run of the checking program for each signed commit, so it is done only where
/// somebody asks.
pub fn check_signatures(repository: &Repository, events: &mut [Event]) -> Result<(), HistoryError> {
    let signed = events.iter().filter(|event| event.signature != SignatureStatus::None);
    let commits: Vec<CommitId> = signed.filter_map(|event| event.commit.parse().ok()).collect();
    let verdicts: BTreeMap<String, SignatureStatus> = repository
        .check_signatures(commits)?
        .into_iter()
        .map(|(commit, check)| (commit.to_string(), check.verdict.into()))
        .collect();
    for event in events {
        if let Some(verdict) = verdicts.get(&*event.commit) {
            event.signature = *verdict;
        }
    }
    Ok(())
}
