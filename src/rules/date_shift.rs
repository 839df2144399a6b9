//! Distances by which dates move, in days or calendar months, to recognise moves of one length.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{Datelike as _, NaiveDate};

use super::clock::count_days;
use crate::history::{DateChange, DateMove, PlannedDate};

/// Distance that a date moved: a number of days, or of calendar months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DateShift {
    /// Days.
    Days(i64),
    /// Calendar months, which have 28 to 31 days.
    Months(i64),
}

impl DateShift {
    /// Returns the lengths of a move: its days and, where it goes from a day of one month to that
    /// day of another, its months.
    pub(super) fn measure_move(moved: &DateMove) -> impl Iterator<Item = Self> {
        let months = months_between(moved.from, moved.to).map(Self::Months);
        std::iter::once(Self::Days(moved.days())).chain(months)
    }
}

impl fmt::Display for DateShift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(count) => f.write_str(&count_days(*count)),
            Self::Months(1) => f.write_str("1 month"),
            Self::Months(count) => write!(f, "{count} months"),
        }
    }
}

/// Returns the calendar months between two days at the same place of their months: of the same
/// number, or both the last, or the second the last where its month is too short.
fn months_between(from: NaiveDate, to: NaiveDate) -> Option<i64> {
    let months =
        i64::from(to.year() - from.year()) * 12 + i64::from(to.month()) - i64::from(from.month());
    let is_same_place = from.day() == to.day()
        || (is_month_end(to) && (is_month_end(from) || to.day() < from.day()));
    (months != 0 && is_same_place).then_some(months)
}

fn is_month_end(day: NaiveDate) -> bool {
    day.succ_opt().is_some_and(|next| next.day() == 1)
}

/// Returns the moves to a later day that were not taken back: no later move of the same date ends
/// where this one began, or before. Each with the change that it belongs to.
pub(super) fn lasting_slips<'c, 'a>(
    changes: &'c [DateChange<'a>],
) -> Vec<(&'c DateChange<'a>, DateMove)> {
    let mut earliest: BTreeMap<PlannedDate, NaiveDate> = BTreeMap::new();
    let mut slips = Vec::new();
    for change in changes.iter().rev() {
        for moved in change.moves.iter().rev() {
            let later = earliest.entry(moved.date).or_insert(moved.to);
            if moved.is_slip() && *later > moved.from {
                slips.push((change, *moved));
            }
            *later = moved.to.min(*later);
        }
    }
    slips.reverse();
    slips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_month_has_28_to_31_days() {
        for (from, to, months) in [
            ("2026-02-10", "2026-03-10", Some(1)),
            ("2026-01-31", "2026-02-28", Some(1)),
            ("2026-02-28", "2026-03-31", Some(1)),
            ("2026-04-30", "2026-05-31", Some(1)),
            ("2026-01-10", "2026-04-10", Some(3)),
            ("2026-12-15", "2027-01-15", Some(1)),
            ("2026-03-10", "2026-02-10", Some(-1)),
            ("2026-02-10", "2026-03-12", None),
            ("2026-02-10", "2026-02-10", None),
        ] {
            let found = months_between(from.parse().unwrap(), to.parse().unwrap());
            assert_eq!(found, months, "{from} {to}");
        }
    }
}
