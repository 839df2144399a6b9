//! Due dates: from the detection date and the rating of an item to the day that counts for
//! lateness.
//!
//! [`Deadlines`] has the days by rating, [`Due`] the result with its [`Basis`], [`Exemption`] the
//! reasons why a day in the past is not late. Nothing here is stored, and the clock is an argument.

use chrono::{Days, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Decision, DeviationType, Item, PermanentValues, RiskRating};

/// Days from detection to completion, by risk rating.
///
/// FedRAMP: 30 for high and critical, 90 for moderate, 180 for low, counted in calendar days from
/// the day of discovery (template 3.0, *Instructions* and the formula of the scheduled date).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    /// Days for low.
    pub low: u32,
    /// Days for moderate.
    pub moderate: u32,
    /// Days for high.
    pub high: u32,
    /// Days for critical.
    pub critical: u32,
    /// The day of a conditional status, from which the days of all items run that were known then.
    /// It is a setting of its own.
    #[serde(skip)]
    pub conditional: Option<NaiveDate>,
}

impl Deadlines {
    /// The days that FedRAMP Rev5 gives.
    pub const FEDRAMP: Self =
        Self { low: 180, moderate: 90, high: 30, critical: 30, conditional: None };

    /// Returns the day of the conditional status, for an item that was known then. What is detected
    /// later is none of what the assessment found: its days run from its own detection.
    pub fn conditional_for(&self, detected: NaiveDate) -> Option<NaiveDate> {
        self.conditional.filter(|day| detected <= *day)
    }

    /// Returns whether an item detected on a day belongs to the assessment that a conditional
    /// status rests on; before there is one, every item does.
    pub fn is_of_assessment(&self, detected: NaiveDate) -> bool {
        self.conditional.is_none() || self.conditional_for(detected).is_some()
    }

    /// Days for a rating.
    pub fn days_for(&self, rating: RiskRating) -> u32 {
        match rating {
            RiskRating::Low => self.low,
            RiskRating::Moderate => self.moderate,
            RiskRating::High => self.high,
            RiskRating::Critical => self.critical,
        }
    }
}

/// When an item is due, and why then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The rating that counts: the adjusted one where a risk adjustment was approved.
    pub rating: RiskRating,
    /// Detection date plus the days of the rating: the workbook's *Scheduled Completion Date*.
    pub scheduled: NaiveDate,
    /// The day that counts for lateness.
    pub effective: NaiveDate,
    /// Source of the effective due date.
    pub basis: Basis,
}

/// Source of an effective due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Detection date and rating.
    Detection,
    /// The clock started again when the vendor released a fix.
    VendorRelease,
    /// CISA's due date for a known exploited vulnerability is earlier.
    Kev,
    /// The day of the conditional CMMC status, the same for all items.
    ConditionalStatus,
}

/// Reasons why an item past its due date is not late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exemption {
    /// The vendor has not released a fix and was asked within the last 30 days.
    VendorCheckIn,
    /// An approved operational requirement.
    OperationalRequirement,
    /// It is deferred, or its risk is accepted, and the profile lets that stop the clock.
    Decision,
}

impl Exemption {
    /// Describes it in words: `it waits for the vendor`.
    pub fn describe(self) -> &'static str {
        match self {
            Self::VendorCheckIn => "it waits for the vendor",
            Self::OperationalRequirement => "an approved operational requirement",
            Self::Decision => "deferred or accepted",
        }
    }
}

impl Due {
    /// Computes when an item is due.
    ///
    /// Only an approved risk adjustment changes the rating; a vendor's release starts the clock
    /// again; a known exploited vulnerability is due when CISA states, if that is earlier. Where a
    /// conditional status was given, its one date counts instead of all of these.
    ///
    /// Days run from the detection that counts, not from what the file states now: `permanent`.
    pub fn compute(item: &Item, permanent: PermanentValues, deadlines: &Deadlines) -> Self {
        let rating = effective_rating(item, permanent);
        let days = Days::new(u64::from(deadlines.days_for(rating)));
        // A date that the calendar cannot hold stays where it is: dates in items end in 9999.
        let after = |date: NaiveDate| date.checked_add_days(days).unwrap_or(date);
        if let Some(day) = deadlines.conditional_for(permanent.detected) {
            let due = after(day);
            return Self {
                rating,
                scheduled: due,
                effective: due,
                basis: Basis::ConditionalStatus,
            };
        }
        let scheduled = after(permanent.detected);
        let released = item.vendor_dependency.as_ref().and_then(|vendor| vendor.fix_released);
        let (mut effective, mut basis) = match released {
            Some(released) => (after(released), Basis::VendorRelease),
            None => (scheduled, Basis::Detection),
        };
        if let Some(kev) = item.kev.as_ref().filter(|kev| kev.listed)
            && let Some(due) = kev.due
            && due < effective
        {
            (effective, basis) = (due, Basis::Kev);
        }
        Self { rating, scheduled, effective, basis }
    }

    /// Days past the effective due date, on a day; 0 until the due date itself has passed.
    pub fn days_past(&self, today: NaiveDate) -> i64 {
        (today - self.effective).num_days().max(0)
    }
}

/// Returns the rating that counts: the adjusted one where a risk adjustment was approved.
fn effective_rating(item: &Item, permanent: PermanentValues) -> RiskRating {
    item.deviation(DeviationType::RiskAdjustment)
        .filter(|_| item.decision(DeviationType::RiskAdjustment) == Decision::Yes)
        .and_then(|deviation| deviation.adjusted_risk_rating)
        .unwrap_or(permanent.rating)
}

impl Exemption {
    /// Number of days after a check-in with the vendor during which an item is not late.
    pub const CHECK_IN_DAYS: u32 = 30;

    /// Returns the reason why an item is not late on a day although its due date has passed, if it
    /// is exempt.
    ///
    /// A high vendor dependency is never exempt: it must be mitigated to moderate first.
    pub fn find(item: &Item, permanent: PermanentValues, today: NaiveDate) -> Option<Self> {
        if item.decision(DeviationType::OperationalRequirement) == Decision::Yes {
            return Some(Self::OperationalRequirement);
        }
        Self::waits_for_vendor(item, permanent, today).then_some(Self::VendorCheckIn)
    }

    /// Returns whether an item waits for a fix of a vendor who was asked lately, and may do so.
    pub fn waits_for_vendor(item: &Item, permanent: PermanentValues, today: NaiveDate) -> bool {
        Self::waits_from(item, permanent).is_some_and(|(from, to)| (from..=to).contains(&today))
    }

    /// Returns the first and the last day on which an item waits for a vendor who was asked, and
    /// may.
    pub fn waits_from(item: &Item, permanent: PermanentValues) -> Option<(NaiveDate, NaiveDate)> {
        let vendor = item.vendor_dependency.as_ref()?;
        let last = vendor.last_check_in?;
        let may =
            vendor.fix_released.is_none() && effective_rating(item, permanent) < RiskRating::High;
        let until = last.checked_add_days(Days::new(u64::from(Self::CHECK_IN_DAYS)));
        may.then(|| (last, until.unwrap_or(last)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Deviation, DeviationState, Kev, Status, VendorDependency};

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn item(rating: RiskRating, detected: &str) -> Item {
        let status: Status = "open".parse().unwrap();
        Item::new("V-1".parse().unwrap(), "Weakness".into(), status, date(detected), rating)
    }

    fn adjusted(mut item: Item, state: DeviationState, rating: Option<RiskRating>) -> Item {
        item.deviations.push(Deviation {
            kind: DeviationType::RiskAdjustment,
            state,
            adjusted_risk_rating: rating,
            rationale: None,
            request: None,
            requested: None,
            approver: None,
            decided: None,
            questions: Vec::new(),
        });
        item
    }

    fn vendor(mut item: Item, last_check_in: Option<&str>, fix_released: Option<&str>) -> Item {
        item.vendor_dependency = Some(Box::new(VendorDependency {
            vendor: Some("Example Corp".into()),
            product: Some("Example Firewall".into()),
            last_check_in: last_check_in.map(date),
            fix_released: fix_released.map(date),
        }));
        item
    }

    fn due(item: &Item) -> Due {
        Due::compute(item, PermanentValues::resolve(item, None), &Deadlines::FEDRAMP)
    }

    fn late(item: &Item, today: &str) -> bool {
        due(item).days_past(date(today)) > 0
            && Exemption::find(item, PermanentValues::resolve(item, None), date(today)).is_none()
    }

    /// The workbook's serial number of a day: days since 1899-12-30.
    fn serial(day: NaiveDate) -> i64 {
        (day - date("1899-12-30")).num_days()
    }

    use DeviationState::{Approved, Denied, Pending};
    use RiskRating::{Critical, High, Low, Moderate};

    #[test]
    fn the_scheduled_date_counts_from_detection_by_rating() {
        for (rating, detected, scheduled, number) in [
            (High, "2026-01-01", "2026-01-31", 46053),
            (Moderate, "2026-01-01", "2026-04-01", 46113),
            (Low, "2026-01-01", "2026-06-30", 46203),
            (Moderate, "2024-01-01", "2024-03-31", 45382),
            (Critical, "2026-02-15", "2026-03-17", 46098),
            (High, "2026-12-15", "2027-01-14", 46401),
            (High, "2028-02-01", "2028-03-02", 46814),
        ] {
            let due = due(&item(rating, detected));
            assert_eq!(due.scheduled, date(scheduled), "{rating} detected {detected}");
            assert_eq!(serial(due.scheduled), number);
            assert_eq!(due.effective, due.scheduled);
        }
        assert_eq!(Critical.in_workbook(), High);
    }

    #[test]
    fn only_an_approved_adjustment_with_a_rating_moves_the_date() {
        for (rating, state, to, scheduled) in [
            (High, Pending, Some(Moderate), "2026-01-31"),
            (High, Approved, Some(Moderate), "2026-04-01"),
            (High, Denied, Some(Low), "2026-01-31"),
            (High, Approved, None, "2026-01-31"),
            (Low, Approved, Some(High), "2026-01-31"),
        ] {
            let item = adjusted(item(rating, "2026-01-01"), state, to);
            assert_eq!(due(&item).scheduled, date(scheduled), "{rating} {state:?} {to:?}");
        }
    }

    #[test]
    fn an_earlier_date_of_the_catalog_wins_and_a_later_one_does_not() {
        for (kev_due, effective, basis) in [
            ("2026-01-15", "2026-01-15", Basis::Kev),
            ("2026-03-01", "2026-01-31", Basis::Detection),
        ] {
            let mut item = item(High, "2026-01-01");
            item.kev = Some(Kev { listed: true, added: None, due: Some(date(kev_due)) });
            let due = due(&item);
            assert_eq!(due.scheduled, date("2026-01-31"), "the cell keeps the formula's date");
            assert_eq!((due.effective, due.basis), (date(effective), basis));
            if basis == Basis::Kev {
                assert!(!late(&item, "2026-01-15") && late(&item, "2026-01-16"));
            }
        }
        let mut item = item(High, "2026-01-01");
        item.kev = Some(Kev { listed: false, added: None, due: Some(date("2026-01-15")) });
        assert_eq!(due(&item).effective, date("2026-01-31"), "not listed, no effect");
    }

    #[test]
    fn a_recent_check_in_with_the_vendor_keeps_an_item_from_being_late() {
        for (check_in, expected) in
            [(Some("2026-05-06"), false), (Some("2026-05-05"), true), (None, true)]
        {
            let item = vendor(item(Moderate, "2026-01-01"), check_in, None);
            assert_eq!(late(&item, "2026-06-05"), expected, "{check_in:?}");
        }
        let in_the_future = vendor(item(Moderate, "2026-01-01"), Some("2026-07-01"), None);
        assert!(late(&in_the_future, "2026-06-05"));
    }

    #[test]
    fn a_released_fix_starts_the_clock_again() {
        let item = vendor(item(Moderate, "2026-01-01"), Some("2026-05-01"), Some("2026-05-01"));
        assert_eq!(due(&item).effective, date("2026-07-30"));
        assert_eq!(due(&item).basis, Basis::VendorRelease);
        assert!(late(&item, "2026-07-31"), "a check-in no longer helps");
    }

    #[test]
    fn a_high_vendor_dependency_is_late_all_the_same() {
        let item = vendor(item(High, "2026-01-01"), Some("2026-01-30"), None);
        assert!(late(&item, "2026-02-01"));
        let eased = adjusted(item, Approved, Some(Moderate));
        assert!(!late(&eased, "2026-02-01"));
    }

    #[test]
    fn the_due_day_itself_is_not_late() {
        let item = item(High, "2026-01-01");
        assert!(!late(&item, "2026-01-31") && late(&item, "2026-02-01"));
        assert_eq!(due(&item).days_past(date("2026-02-01")), 1);
    }

    #[test]
    fn an_approved_operational_requirement_is_not_late() {
        let mut item = adjusted(item(Moderate, "2026-01-01"), Approved, None);
        item.deviations[0].kind = DeviationType::OperationalRequirement;
        assert!(!late(&item, "2027-01-01"));
    }

    #[test]
    fn days_run_from_what_landed_first() {
        let first = super::super::FirstValues { detected: date("2026-01-01"), rating: High };
        let moved = item(Low, "2026-06-01");
        let values = PermanentValues::resolve(&moved, Some(first));
        let due = Due::compute(&moved, values, &Deadlines::FEDRAMP);
        assert_eq!((due.effective, due.rating), (date("2026-01-31"), High));
        let adjusted = adjusted(moved, Approved, Some(Moderate));
        let due = Due::compute(&adjusted, values, &Deadlines::FEDRAMP);
        assert_eq!((due.effective, due.rating), (date("2026-04-01"), Moderate));
        // A high vendor dependency is no excuse, whatever the file states of its rating now.
        let waiting = vendor(item(Low, "2026-06-01"), Some("2026-06-10"), None);
        assert_eq!(Exemption::find(&waiting, values, date("2026-06-15")), None);
    }

    #[test]
    fn the_end_of_the_calendar_does_not_panic() {
        let mut item = item(Low, "2026-01-01");
        item.original_detection_date = NaiveDate::MAX;
        assert_eq!(due(&item).scheduled, NaiveDate::MAX);
    }
}
