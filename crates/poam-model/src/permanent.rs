//! Permanent values: the detection date and the original rating of an item's first committed
//! version.
//!
//! Deadlines and ages are counted from [`PermanentValues`], not from the current file, so that an
//! edit cannot move them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Item, RiskRating};

/// The values of an item's first committed version from which deadlines and ages are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstValues {
    /// The day the weakness was first identified.
    #[serde(rename = "original_detection_date")]
    pub detected: NaiveDate,
    /// Rating at the time of detection.
    #[serde(rename = "original_risk_rating")]
    pub rating: RiskRating,
}

/// The detection date and the original rating that count for an item: the one place that states which.
///
/// Both are permanent: the template forbids to change them once they are recorded. Where the file
/// states something else than the first committed version, the *earlier* detection counts (of two, the
/// earlier applies: POA&M completion guide, column A) and the *first* rating; only an approved risk
/// adjustment changes the rating, and that is [`Due`](super::Due)'s to state. The rules
/// `detection-date-moved` and `original-rating-changed` report the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PermanentValues {
    /// The day from which deadlines and ages are counted.
    pub detected: NaiveDate,
    /// The rating at the time of detection.
    #[serde(rename = "original_risk")]
    pub rating: RiskRating,
}

impl PermanentValues {
    /// Returns the values of an item, with those of its first committed version; `None` for an item
    /// that no commit has.
    pub fn resolve(item: &Item, first: Option<FirstValues>) -> Self {
        match first {
            Some(first) => Self {
                detected: first.detected.min(item.original_detection_date),
                rating: first.rating,
            },
            None => {
                Self { detected: item.original_detection_date, rating: item.original_risk_rating }
            }
        }
    }

    /// Days from detection to a day; 0 for what was detected later.
    pub fn age_on(&self, today: NaiveDate) -> i64 {
        (today - self.detected).num_days().max(0)
    }

    /// Returns whether the file of the item states something else.
    pub fn differ_from(&self, item: &Item) -> bool {
        self.detected != item.original_detection_date || self.rating != item.original_risk_rating
    }
}

impl From<&Item> for FirstValues {
    fn from(item: &Item) -> Self {
        Self { detected: item.original_detection_date, rating: item.original_risk_rating }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_detection_and_the_first_rating_count() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let item = Item::new(
            "V-1".parse().unwrap(),
            "Weakness".into(),
            "open".parse().unwrap(),
            day("2026-03-01"),
            RiskRating::Low,
        );
        let own = PermanentValues { detected: day("2026-03-01"), rating: RiskRating::Low };
        assert_eq!(PermanentValues::resolve(&item, None), own);
        assert!(!own.differ_from(&item));
        for (first, counts) in [("2026-01-01", "2026-01-01"), ("2026-06-01", "2026-03-01")] {
            let first = FirstValues { detected: day(first), rating: RiskRating::High };
            let values = PermanentValues::resolve(&item, Some(first));
            assert_eq!((values.detected, values.rating), (day(counts), RiskRating::High));
            assert!(values.differ_from(&item));
        }
    }
}
