use std::collections::BTreeMap;

use serde::Serialize;

use super::{RATINGS, Row};
use crate::model::RiskRating;

/// How long it took to close the closed items of a rating: days from detection to completion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeToClose {
    /// The rating that counts.
    pub risk: RiskRating,
    /// Closed items whose day of completion is known.
    pub closed: usize,
    /// Days on average, rounded to a tenth.
    pub mean_days: f64,
    /// Half of them took at most so many days.
    pub median_days: i64,
    /// Days of the one that took longest.
    pub longest_days: i64,
}

/// A line for each rating that has closed items, the worst first.
pub(super) fn of(rows: &[Row<'_>]) -> Vec<TimeToClose> {
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
            median_days: *days.get((days.len() - 1) / 2)?,
            longest_days: *days.last()?,
        })
    };
    RATINGS.into_iter().filter_map(line).collect()
}

/// The mean of a sum of days, rounded to a tenth; 0 of nothing.
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
        let lines = of(&rows(&store, &settings(""), "2026-06-01"));
        let high = TimeToClose {
            risk: RiskRating::High,
            closed: 3,
            mean_days: 17.0,
            median_days: 11,
            longest_days: 30,
        };
        let low = TimeToClose {
            risk: RiskRating::Low,
            closed: 1,
            mean_days: 2.0,
            median_days: 2,
            longest_days: 2,
        };
        assert_eq!(lines, [high, low]);
        assert!((mean(10, 3) - 3.3).abs() < 1e-9 && mean(0, 0) == 0.0);
    }
}
