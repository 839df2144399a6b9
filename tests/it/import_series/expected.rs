//! Model of the tracker after each document, which does not recognise rows.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use poam::import::Winner;

use super::register::{Register, Row};

/// The item that the tracker must have of a weakness.
#[derive(Debug, Clone)]
pub(super) struct ExpectedItem {
    /// The earliest day of detection that a document said.
    pub(super) earliest: NaiveDate,
    /// The day of closing that a document said first.
    pub(super) closed: Option<NaiveDate>,
    pub(super) comments: String,
    /// The comments as a document said them last.
    pub(super) said: String,
}

/// Open items expected after a document.
pub(super) struct Expected {
    /// Weaknesses that may or may not be closed: absent, and a row that was refused could be them.
    pub(super) unsure: BTreeSet<usize>,
    /// Marks of weaknesses of which document and tracker changed the comments.
    pub(super) conflicts: BTreeSet<usize>,
}

impl Register {
    /// Takes what a document says into what the tracker must know.
    pub(super) fn learn(&mut self, rows: &[Row]) -> Expected {
        let accepted: BTreeSet<usize> =
            rows.iter().filter(|row| !row.refused).map(|row| row.weakness).collect();
        let any_refused = rows.iter().any(|row| row.refused);
        let listed: BTreeSet<usize> = rows.iter().map(|row| row.weakness).collect();
        let (day, winner) = (self.day(), self.winner);
        let (mut unsure, mut conflicts) = (BTreeSet::new(), BTreeSet::new());
        for (place, one) in self.weaknesses.iter_mut().enumerate() {
            one.settled = accepted.contains(&place);
            if one.settled {
                one.seen_closed = one.closed.is_some();
                let known = one.known.get_or_insert_with(|| ExpectedItem {
                    earliest: one.detected,
                    closed: one.closed,
                    comments: one.comments.clone(),
                    said: one.comments.clone(),
                });
                known.earliest = known.earliest.min(one.detected);
                known.closed = one.closed.map(|closed| known.closed.unwrap_or(closed));
                if one.comments != known.said {
                    let untouched = known.comments == known.said;
                    if !untouched && known.comments != one.comments {
                        conflicts.insert(one.mark);
                    }
                    if untouched || winner == Winner::Theirs {
                        known.comments = one.comments.clone();
                    }
                    known.said = one.comments.clone();
                }
            } else if !listed.contains(&place)
                && self.close_absent
                && let Some(known) = one.known.as_mut().filter(|known| known.closed.is_none())
            {
                if any_refused {
                    unsure.insert(place);
                } else {
                    known.closed = Some(day);
                }
            }
        }
        Expected { unsure, conflicts }
    }
}
