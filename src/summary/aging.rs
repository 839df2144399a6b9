//! Open items by rating and age.

use chrono::NaiveDate;
use indexmap::IndexMap;
use serde::Serialize;

use super::{RATINGS, Row};
use crate::model::RiskRating;

/// The bins of age in days, with the last day of each: FedRAMP's *POA&M age* table (Vulnerability
/// Scanning and ConMon guide, appendix D).
pub const BINS: [(&str, i64); 5] =
    [("0-30", 30), ("31-60", 60), ("61-90", 90), ("91-120", 120), ("121+", i64::MAX)];

/// Open items of one rating by age: days since the original detection date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Aging {
    /// The rating that counts.
    pub risk: RiskRating,
    /// Items by bin, the youngest first.
    pub bins: IndexMap<&'static str, usize>,
}

/// Returns the bin of an age in days.
pub fn age_bin(age: i64) -> &'static str {
    BINS.iter().find(|(_, last)| age <= *last).map_or("121+", |(name, _)| name)
}

/// Returns a line for each rating, the worst first.
pub(super) fn count(rows: &[Row<'_>], today: NaiveDate) -> Vec<Aging> {
    let line = |risk| {
        let mut bins: IndexMap<_, _> = BINS.iter().map(|(name, _)| (*name, 0)).collect();
        for row in rows.iter().filter(|row| !row.standing.closed && row.standing.risk == risk) {
            let age = row.age(today);
            *bins.entry(age_bin(age)).or_default() += 1;
        }
        Aging { risk, bins }
    };
    RATINGS.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, rows, settings, store};
    use super::*;

    #[test]
    fn a_bin_ends_with_its_last_day() {
        let settings = settings("");
        for (detected, bin) in [
            ("2026-06-30", "0-30"),
            ("2026-05-31", "0-30"),
            ("2026-05-30", "31-60"),
            ("2026-05-01", "31-60"),
            ("2026-04-30", "61-90"),
            ("2026-04-01", "61-90"),
            ("2026-03-31", "91-120"),
            ("2026-03-02", "91-120"),
            ("2026-03-01", "121+"),
            ("2026-12-31", "0-30"),
        ] {
            let fields = format!("original_detection_date: {detected}\n");
            let closed = format!("{fields}status: closed\n");
            let store = store(&[("V-1", &fields), ("V-2", &closed)]);
            let lines = count(&rows(&store, &settings, "2026-06-30"), day("2026-06-30"));
            let high = &lines[1];
            assert_eq!((high.risk, high.bins[bin]), (RiskRating::High, 1), "{detected}");
            assert_eq!(lines.iter().flat_map(|line| line.bins.values()).sum::<usize>(), 1);
        }
    }
}
