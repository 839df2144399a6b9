//! FedRAMP's time frames for vulnerabilities.

use chrono::{Days, NaiveDate};

use crate::model::{DayOrInstant, Item, is_blank};
use crate::settings::{ImpactLevel, Settings};

/// Days until a vulnerability that is neither fully mitigated nor remediated counts as accepted,
/// from the end of its evaluation (VER-TFR-MAV).
const ACCEPTED_AFTER: u64 = 192;

/// A class of certification: B is Low and LI-SaaS, C Moderate, D High.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    B,
    C,
    D,
}

impl Class {
    fn of(settings: &Settings) -> Option<Self> {
        Some(match settings.system.impact_level? {
            ImpactLevel::LiSaas | ImpactLevel::Low => Self::B,
            ImpactLevel::Moderate => Self::C,
            ImpactLevel::High => Self::D,
        })
    }

    /// Days from evaluation to a lower rating (VDR-TFR-PVR); none for the lowest. The columns are
    /// reachable from the internet and likely exploitable, only the latter, neither. Twelve hours
    /// are the day itself.
    fn to_reduce(self, rating: u8, reachable: bool, exploitable: bool) -> Option<u64> {
        let row = match (self, rating) {
            (Self::B, 5) => [4, 8, 32],
            (Self::B, 4) => [8, 32, 64],
            (Self::B, 3) => [32, 64, 192],
            (Self::B, 2) => [96, 160, 192],
            (Self::C, 5) => [2, 4, 16],
            (Self::C, 4) => [4, 8, 64],
            (Self::C, 3) => [16, 32, 128],
            (Self::C, 2) => [48, 128, 192],
            (Self::D, 5) => [0, 1, 8],
            (Self::D, 4) => [2, 8, 32],
            (Self::D, 3) => [8, 16, 64],
            (Self::D, 2) => [24, 96, 192],
            _ => return None,
        };
        Some(match (exploitable, reachable) {
            (true, true) => row[0],
            (true, false) => row[1],
            (false, _) => row[2],
        })
    }
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}

/// Whether an open item has been evaluated for so long that it counts as accepted.
pub(super) fn accepted_by_age(item: &Item, day: NaiveDate) -> bool {
    let evaluated = item.ver.as_ref().and_then(|ver| ver.evaluated).map(DayOrInstant::day);
    evaluated.is_some_and(|evaluated| after(evaluated, ACCEPTED_AFTER) < day)
}

/// Whether an open item is, or by its own plan will be, later than FedRAMP's time frames. `None`
/// where the item or the settings do not hold what that depends on: the time frames run from the
/// evaluation (VDR-TFR-PVR), so that what is not evaluated is not overdue.
pub(super) fn is_overdue(item: &Item, settings: &Settings, day: NaiveDate) -> Option<bool> {
    let class = Class::of(settings)?;
    let ver = item.ver.as_ref();
    let evaluated = ver.and_then(|ver| ver.evaluated)?.day();
    let rating = ver.and_then(|ver| ver.rating)?;
    if rating <= 1 {
        return Some(false);
    }
    let exposure = item.exposure.as_ref();
    let exploitable = exposure.and_then(|it| it.likely_exploitable)?;
    // Where nobody can exploit it, it makes no difference who could reach it.
    let reachable = match exploitable {
        true => exposure.and_then(|it| it.internet_reachable)?,
        false => false,
    };
    let until = after(evaluated, class.to_reduce(rating, reachable, exploitable)?);
    let planned = ver.and_then(|ver| ver.next_reduction.as_ref()).map(|next| next.due.day());
    Some(until < day || planned.is_some_and(|planned| until < planned))
}

/// Why it is late, as somebody wrote it down for this report. Reasons that were given for something
/// else, a deferral or the move of a date, are none of this.
pub(super) fn explanation(item: &Item) -> Option<String> {
    let written = item.ver.as_ref().and_then(|ver| ver.overdue_explanation.clone());
    written.filter(|text| !is_blank(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::samples::{day, item, settings};

    #[test]
    fn time_frames_by_class_rating_and_exposure() {
        let exposed = "exposure: {internet_reachable: true, likely_exploitable: true}\n";
        let inside = "exposure: {internet_reachable: false, likely_exploitable: true}\n";
        let safe = "exposure: {likely_exploitable: false}\n";
        let rated = |rating: u8| format!("ver: {{evaluated: 2026-02-01, rating: {rating}}}\n");
        for (level, fields, on, expected) in [
            ("moderate", format!("{exposed}{}", rated(4)), "2026-02-05", Some(false)),
            ("moderate", format!("{exposed}{}", rated(4)), "2026-02-06", Some(true)),
            ("moderate", format!("{inside}{}", rated(4)), "2026-02-09", Some(false)),
            ("moderate", format!("{inside}{}", rated(4)), "2026-02-10", Some(true)),
            ("moderate", format!("{safe}{}", rated(4)), "2026-04-06", Some(false)),
            ("high", format!("{exposed}{}", rated(5)), "2026-02-01", Some(false)),
            ("high", format!("{exposed}{}", rated(5)), "2026-02-02", Some(true)),
            ("low", format!("{exposed}{}", rated(2)), "2026-05-09", Some(true)),
            ("li-saas", format!("{exposed}{}", rated(1)), "2030-01-01", Some(false)),
            // What it depends on is not known.
            ("moderate", rated(4), "2026-12-01", None),
            ("moderate", "ver: {evaluated: 2026-02-01}\n".to_owned(), "2026-12-01", None),
            // Not evaluated, although it was detected on 2026-01-01: that is a time frame of its own.
            ("moderate", String::new(), "2026-01-07", None),
            ("high", String::new(), "2026-12-01", None),
        ] {
            let settings = settings(&format!("system: {{impact_level: {level}}}\n"));
            let item = item("V-1", &fields).item;
            assert_eq!(is_overdue(&item, &settings, day(on)), expected, "{level} {fields} {on}");
        }
        assert_eq!(is_overdue(&item("V-1", "").item, &settings(""), day("2026-12-01")), None);
        let planned = "exposure: {internet_reachable: true, likely_exploitable: true}\n\
            ver: {evaluated: 2026-02-01, rating: 3, next_reduction: {due: 2026-03-01, rating: 2}}\n";
        let settings = settings("system: {impact_level: moderate}\n");
        let late = is_overdue(&item("V-1", planned).item, &settings, day("2026-02-02"));
        assert_eq!(late, Some(true), "it will be late by its own plan");
    }

    #[test]
    fn after_192_days_it_is_accepted() {
        let item = item("V-1", "ver: {evaluated: 2026-01-01}\n").item;
        assert!(!accepted_by_age(&item, day("2026-07-12")));
        assert!(accepted_by_age(&item, day("2026-07-13")));
    }
}
