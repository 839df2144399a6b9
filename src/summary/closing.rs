//! Time from detection to completion of closed items, by rating.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{RATINGS, Row};
use crate::model::RiskRating;

/// Time to close the closed items of a rating: days from detection to completion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeToClose {
    /// The rating that counts.
    pub risk: RiskRating,
    /// Closed items whose day of completion is known and can be: not before the detection.
    pub closed: usize,
    /// Days on average, rounded to a tenth.
    pub mean_days: f64,
    /// The median: the days of the middle one, or the mean of the middle two; rounded to a tenth.
    pub median_days: f64,
    /// Days of the one that took longest.
    pub longest_days: i64,
}

/// Returns a line for each rating that has closed items, the worst first.
pub(super) fn measure(rows: &[Row<'_>]) -> Vec<TimeToClose> {
    let mut days: BTreeMap<RiskRating, Vec<i64>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.standing.closed) {
        if let Some(open) = row.standing.days_open {
            days.entry(row.standing.risk).or_default().push(open);
        }
    }
    let line = |risk: RiskRating| {
        let mut days = days.remove(&risk)?;
        days.sort_unstable();
        Some(TimeToClose {
            risk,
            closed: days.len(),
            mean_days: mean(days.iter().sum(), days.len()),
            median_days: median(&days)?,
            longest_days: *days.last()?,
        })
    };
    RATINGS.into_iter().filter_map(line).collect()
}

/// Returns the mean over all ratings; `None` where nothing is closed.
pub(super) fn mean_of_all(rows: &[Row<'_>]) -> Option<f64> {
    let closed = rows.iter().filter(|row| row.standing.closed);
    let days: Vec<i64> = closed.filter_map(|row| row.standing.days_open).collect();
    (!days.is_empty()).then(|| mean(days.iter().sum(), days.len()))
}

/// Returns the median of sorted days.
fn median(days: &[i64]) -> Option<f64> {
    let above = *days.get(days.len() / 2)?;
    let below = if days.len().is_multiple_of(2) { *days.get(days.len() / 2 - 1)? } else { above };
    Some(mean(below + above, 2))
}

/// Returns the mean of a sum of days, rounded to a tenth; 0 of nothing.
#[allow(clippy::cast_precision_loss)]
pub(super) fn mean(sum: i64, count: usize) -> f64 {
    if count == 0 { 0.0 } else { (sum as f64 / count as f64 * 10.0).round() / 10.0 }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{rows, settings, store};
    use super::*;

    #[test]
    fn closed_items_count_by_their_days() {
        let closed = |day: &str| format!("status: closed\ncompletion_date: 2026-01-{day}\n");
        let (a, b, c) = (closed("11"), closed("12"), closed("31"));
        let low = closed("03") + "original_risk_rating: low\n";
        let store = store(&[
            ("V-1", &a),
            ("V-2", &b),
            ("V-3", &c),
            ("V-4", &low),
            ("V-5", "status: closed\n"),
            ("V-6", ""),
        ]);
        let lines = measure(&rows(&store, &settings(""), "2026-06-01"));
        let high = TimeToClose {
            risk: RiskRating::High,
            closed: 3,
            mean_days: 17.0,
            median_days: 11.0,
            longest_days: 30,
        };
        let low = TimeToClose {
            risk: RiskRating::Low,
            closed: 1,
            mean_days: 2.0,
            median_days: 2.0,
            longest_days: 2,
        };
        assert_eq!(lines, [high, low]);
        // (10 + 11 + 30 + 2) / 4
        let all = mean_of_all(&rows(&store, &settings(""), "2026-06-01"));
        assert_eq!(all, Some(13.3));
        assert!((mean(10, 3) - 3.3).abs() < 1e-9 && mean(0, 0) == 0.0);
        for (days, expected) in [
            (&[][..], None),
            (&[7], Some(7.0)),
            (&[10, 30, 60, 70], Some(45.0)),
            (&[10, 31], Some(20.5)),
            (&[1, 2, 90], Some(2.0)),
        ] {
            assert_eq!(median(days), expected, "{days:?}");
        }
    }

    #[test]
    fn days_that_cannot_be_are_no_data() {
        let closed = |day: &str| format!("status: closed\ncompletion_date: {day}\n");
        let days = ["2025-12-28", "2026-01-11", "2026-01-31", "2026-03-02", "2026-03-12"];
        let fields = days.map(closed);
        let items: Vec<(&str, &str)> = ["V-1", "V-2", "V-3", "V-4", "V-5"]
            .into_iter()
            .zip(fields.iter().map(String::as_str))
            .collect();
        let lines = measure(&rows(&store(&items), &settings(""), "2026-06-01"));
        assert_eq!((lines[0].closed, lines[0].mean_days, lines[0].median_days), (4, 42.5, 45.0));
    }
}
