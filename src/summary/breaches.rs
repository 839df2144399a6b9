//! On which days each escalation trigger was realized, from the events alone.

use chrono::{Days, Months, NaiveDate};

use super::thresholds::Thresholds;
use crate::model::{Exemption, Item, Kind, PermanentValues, RiskRating};
use crate::settings::{ProfileName, Settings};
use crate::standing::Lateness;

/// Number of items that counted for a trigger on each day of the last six months.
#[derive(Debug)]
struct TriggerCounts {
    trigger: &'static str,
    threshold: usize,
    /// Only items of this rating that are older than so many days; all open weaknesses for E-01.
    aged: Option<(RiskRating, i64)>,
    /// By how much the count changes on each day.
    changes: Vec<i64>,
}

/// The days of the last six months on which triggers were realized.
#[derive(Debug)]
pub(super) struct Breaches {
    first: NaiveDate,
    last: NaiveDate,
    counts: Vec<TriggerCounts>,
}

/// A trigger with the days on which it came to be realized: a breach that goes on is one.
pub(super) type Entries = Vec<(&'static str, Vec<NaiveDate>)>;

impl Breaches {
    /// Creates empty counts for the six months up to a day.
    pub(super) fn new(settings: &Settings, today: NaiveDate) -> Self {
        let since = today
            .checked_sub_months(Months::new(Thresholds::built_in().repeated.months))
            .unwrap_or(today);
        let first = since.checked_add_days(Days::new(1)).unwrap_or(since);
        let days = usize::try_from((today - first).num_days() + 2).unwrap_or_default();
        let mut counts = Vec::new();
        if settings.profile.name == ProfileName::FedrampRev5 {
            let baseline = settings.baseline.and_then(|it| usize::try_from(it).ok());
            counts.extend(baseline.map(|baseline| TriggerCounts {
                trigger: "E-01",
                threshold: Thresholds::built_in().growth(baseline),
                aged: None,
                changes: vec![0; days],
            }));
            counts.extend(Thresholds::built_in().aged.iter().map(|aged| TriggerCounts {
                trigger: aged.trigger,
                threshold: aged.threshold,
                aged: Some((aged.rating, aged.days)),
                changes: vec![0; days],
            }));
        }
        Self { first, last: today, counts }
    }

    /// Returns whether a time that ends with a day lies before all that is counted.
    pub(super) fn is_before(&self, day: NaiveDate) -> bool {
        day < self.first || self.counts.is_empty()
    }

    /// Counts an open item that stood so from a day to another one, both included.
    pub(super) fn add(
        &mut self,
        item: &Item,
        permanent: PermanentValues,
        late: &Lateness,
        (from, to): (NaiveDate, NaiveDate),
    ) {
        if item.kind != Kind::Weakness {
            return;
        }
        let rating = late.due.rating;
        let waiting = Exemption::waits_from(item, permanent);
        for at in 0..self.counts.len() {
            match self.counts[at].aged {
                None => self.count(at, from, to),
                Some((of, _)) if of != rating.in_workbook() => {}
                Some((_, days)) => {
                    let days = Days::new(days.unsigned_abs() + 1);
                    let Some(old) = permanent.detected.checked_add_days(days) else { continue };
                    let from = from.max(old);
                    // While it waits for a vendor who was asked lately, it does not count.
                    let Some((asked, until)) = waiting else {
                        self.count(at, from, to);
                        continue;
                    };
                    if let Some(before) = asked.checked_sub_days(Days::new(1)) {
                        self.count(at, from, to.min(before));
                    }
                    if let Some(after) = until.checked_add_days(Days::new(1)) {
                        self.count(at, from.max(after), to);
                    }
                }
            }
        }
    }

    fn count(&mut self, at: usize, from: NaiveDate, to: NaiveDate) {
        let (from, to) = (from.max(self.first), to.min(self.last));
        if from > to {
            return;
        }
        let place = |day: NaiveDate| usize::try_from((day - self.first).num_days());
        let (Ok(from), Ok(to)) = (place(from), place(to)) else { return };
        let changes = &mut self.counts[at].changes;
        if let Some(change) = changes.get_mut(from) {
            *change += 1;
        }
        if let Some(change) = changes.get_mut(to + 1) {
            *change -= 1;
        }
    }

    /// Returns the days on which each trigger came to be realized. One that was realized on the
    /// first day came to be so then, or before.
    pub(super) fn entries(&self) -> Entries {
        let mut entries = Vec::new();
        for counts in &self.counts {
            let (mut count, mut was, mut days) = (0, false, Vec::new());
            for (day, change) in self.first.iter_days().zip(&counts.changes) {
                if day > self.last {
                    break;
                }
                count += change;
                let is = usize::try_from(count).is_ok_and(|count| count >= counts.threshold);
                if is && !was {
                    days.push(day);
                }
                was = is;
            }
            entries.push((counts.trigger, days));
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, item, settings};
    use super::*;

    #[test]
    fn a_breach_that_goes_on_is_one_and_one_that_comes_back_is_two() {
        let settings = settings("");
        let mut breaches = Breaches::new(&settings, day("2026-08-31"));
        let add = |breaches: &mut Breaches, fields: &str, from: &str, to: &str| {
            let item = item("V-1", fields).item;
            let permanent = PermanentValues::resolve(&item, None);
            let late = Lateness::compute(&item, permanent, &settings, day(to));
            for _ in 0..5 {
                breaches.add(&item, permanent, &late, (day(from), day(to)));
            }
        };
        // Older than 30 days from 2026-05-02 on; open until 06-10.
        add(&mut breaches, "original_detection_date: 2026-04-01\n", "2026-04-01", "2026-06-10");
        // Others, older than 30 days from 2026-06-21 on.
        add(&mut breaches, "original_detection_date: 2026-05-21\n", "2026-05-22", "2026-08-31");
        // Found earlier, so that 06-21 was no beginning: the other breach goes on.
        let of = |breaches: &Breaches, trigger: &str| -> Vec<NaiveDate> {
            let entries = breaches.entries();
            entries.into_iter().find(|one| one.0 == trigger).unwrap().1
        };
        assert_eq!(of(&breaches, "E-04"), [day("2026-05-02"), day("2026-06-21")]);
        assert_eq!(
            of(&breaches, "E-05"),
            [day("2026-05-31").succ_opt().unwrap(), day("2026-07-21")]
        );
        assert_eq!(of(&breaches, "E-06"), Vec::<NaiveDate>::new());
        add(&mut breaches, "original_detection_date: 2026-05-09\n", "2026-06-10", "2026-06-25");
        assert_eq!(of(&breaches, "E-04"), [day("2026-05-02")]);
    }

    #[test]
    fn days_of_waiting_for_a_vendor_do_not_count() {
        let settings = settings("");
        let mut breaches = Breaches::new(&settings, day("2026-08-31"));
        let fields = "original_risk_rating: moderate\noriginal_detection_date: 2026-03-01\n\
            vendor_dependency: {product: P, last_check_in: 2026-06-10}\n";
        let item = item("V-1", fields).item;
        let permanent = PermanentValues::resolve(&item, None);
        let late = Lateness::compute(&item, permanent, &settings, day("2026-08-31"));
        for _ in 0..10 {
            breaches.add(&item, permanent, &late, (day("2026-03-02"), day("2026-08-31")));
        }
        // Older than 90 days from 05-31 on; asked on 06-10, which counts until 07-10.
        let entries = breaches.entries();
        let (_, days) = entries.iter().find(|one| one.0 == "E-06").unwrap();
        assert_eq!(days, &[day("2026-05-31"), day("2026-07-11")]);
    }
}
