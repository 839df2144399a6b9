//! Period of a report: a range of commits or of days.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::history::Event;

/// The time that a report covers: everything since the report before it (VER-RPT-PER).
#[derive(Debug, Clone)]
pub struct Period {
    /// Its beginning.
    pub from: DateTime<Utc>,
    /// Its end: the commit that is reported.
    pub to: DateTime<Utc>,
    /// The commits of the period, where it begins with a commit; else all since `from` count.
    commits: Option<HashSet<String>>,
}

impl Period {
    /// From the beginning of a day (UTC).
    pub fn since_day(day: NaiveDate, to: DateTime<Utc>) -> Self {
        Self { from: day.and_time(NaiveTime::MIN).and_utc(), to, commits: None }
    }

    /// From a commit: what was committed after it, whatever the clocks stated.
    pub fn since_commit(
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        commits: impl IntoIterator<Item = String>,
    ) -> Self {
        Self { from, to, commits: Some(commits.into_iter().collect()) }
    }

    /// Returns whether an event was committed in the period.
    pub(super) fn has(&self, event: &Event) -> bool {
        match &self.commits {
            Some(commits) => commits.contains(&*event.commit),
            None => event.landed >= self.from,
        }
    }

    /// Returns whether a change that a commit recorded at a time was committed in the period.
    pub(super) fn has_change(&self, commit: &str, recorded_at: &str) -> bool {
        match &self.commits {
            Some(commits) => commits.contains(commit),
            None => DateTime::parse_from_rfc3339(recorded_at).is_ok_and(|at| at >= self.from),
        }
    }

    /// Returns whether a day is in the period.
    pub(super) fn has_day(&self, day: NaiveDate) -> bool {
        (self.from.date_naive()..=self.to.date_naive()).contains(&day)
    }
}
