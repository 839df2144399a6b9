//! Warns of a commit whose day is before that of a commit it continues.

use anyhow::Result;
use chrono::{NaiveDate, Utc};

use super::Session;
use crate::repository::{self, CommitId, Repository};

impl Session {
    /// Warns where the day of a commit is before that of a commit it continues: what counts from that
    /// day counts from an earlier one. Dates in the future state nothing.
    pub(super) fn say_backdated(&self, repository: &Repository, commit: CommitId) -> Result<()> {
        let day_of = |commit| -> Result<NaiveDate> {
            Ok(repository.commit_time(commit)?.with_timezone(&Utc).date_naive())
        };
        let day = day_of(commit)?;
        let mut latest = (day, commit);
        for ancestor in repository::first_parents(repository, None, commit)? {
            let landed = day_of(ancestor)?;
            if landed > latest.0 && landed <= self.today {
                latest = (landed, ancestor);
            }
        }
        if latest.0 > day {
            self.say(format_args!(
                "warning: commit {} is dated {day}, before {} of {}, which it continues: days, months and \
                 late items are counted as of {day}; run `poam verify`, and commit again with the right date",
                commit.short(),
                latest.1.short(),
                latest.0
            ));
        }
        Ok(())
    }
}
