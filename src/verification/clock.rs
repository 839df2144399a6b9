//! Dates that cannot be right.

use chrono::{Duration, Utc};

use super::{AnchorPosition, AuditObservation, VerificationInput};
use crate::diagnostic::Level;
use crate::repository::CommitRecord;

/// Clocks differ by this much and nobody cheats.
const TOLERANCE: Duration = Duration::minutes(10);

pub(super) fn find_observations(evidence: &VerificationInput<'_>) -> Vec<AuditObservation> {
    let mut found = Vec::new();
    found.extend(compare_with_anchor(evidence));
    let line: Vec<&CommitRecord> = evidence.commits.iter().filter(is_sound).collect();
    for pair in line.windows(2) {
        let [before, one] = pair else { continue };
        if one.committer.time + TOLERANCE < before.committer.time {
            let message = format!(
                "the clock went back: committed {}, after {} of {}",
                format_moment(&one.committer.time),
                before.commit.short(),
                format_moment(&before.committer.time)
            );
            found.push(clock_warning("clock-went-back", message, one));
        }
    }
    let tomorrow = evidence.today.succ_opt().unwrap_or(evidence.today);
    for one in evidence.commits {
        for fault in &one.faults {
            found.push(clock_warning("malformed-commit", fault.clone(), one));
        }
        if !one.faults.is_empty() {
            // Dates that are not there are not compared.
            continue;
        }
        let (written, committed) = (one.author.time, one.committer.time);
        if committed + TOLERANCE < written {
            let message = format!(
                "written {}, after it was committed {}",
                format_moment(&written),
                format_moment(&committed)
            );
            found.push(clock_warning("written-after-commit", message, one));
        }
        let latest = written.max(committed).with_timezone(&Utc).date_naive();
        // A day ahead may be a time zone.
        if latest > tomorrow {
            found.push(clock_warning(
                "date-in-future",
                format!("dated {latest}, in the future"),
                one,
            ));
        }
        if written.timestamp() == 0 || committed.timestamp() == 0 {
            let message = "has no date: its clock stood at 1970-01-01".to_owned();
            found.push(clock_warning("no-date", message, one));
        }
    }
    found
}

/// Compares the first commit after the anchor with the anchor, which is not among the commits itself.
fn compare_with_anchor(evidence: &VerificationInput<'_>) -> Option<AuditObservation> {
    let anchor = evidence.anchor.as_ref().filter(|it| it.place == AnchorPosition::OnLine)?;
    let committed = anchor.committed?;
    let first = evidence.commits.iter().find(is_sound)?;
    if first.committer.time + TOLERANCE >= committed {
        return None;
    }
    let message = format!(
        "the clock went back: committed {}, after {} of {}",
        format_moment(&first.committer.time),
        anchor.commit.short(),
        format_moment(&committed.fixed_offset())
    );
    Some(clock_warning("clock-went-back", message, first))
}

fn clock_warning(name: &'static str, message: String, one: &CommitRecord) -> AuditObservation {
    AuditObservation::new(name, Level::Warning, message).with_commit(one.commit)
}

fn is_sound(one: &&CommitRecord) -> bool {
    one.on_line && one.faults.is_empty()
}

fn format_moment(time: &chrono::DateTime<chrono::FixedOffset>) -> String {
    time.with_timezone(&Utc).format("%Y-%m-%d %H:%M").to_string()
}
