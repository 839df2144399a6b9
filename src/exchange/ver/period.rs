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
    /// The commits that landed in it, where it begins with a commit; else all since `from` count.
    commits: Option<HashSet<String>>,
}

impl Period {
    /// From the beginning of a day (UTC).
    pub fn since_day(day: NaiveDate, to: DateTime<Utc>) -> Self {
        Self { from: day.and_time(NaiveTime::MIN).and_utc(), to, commits: None }
    }

    /// From a commit: what landed after it, whatever the clocks said.
    pub fn since_commit(
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        commits: impl IntoIterator<Item = String>,
    ) -> Self {
        Self { from, to, commits: Some(commits.into_iter().collect()) }
    }

    /// Whether an event landed in the period.
    pub(super) fn has(&self, event: &Event) -> bool {
        match &self.commits {
            Some(commits) => commits.contains(&*event.commit),
            None => event.landed >= self.from,
        }
    }

    /// Whether a day lies in it.
    pub(super) fn has_day(&self, day: NaiveDate) -> bool {
        (self.from.date_naive()..=self.to.date_naive()).contains(&day)
    }
}
