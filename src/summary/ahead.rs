//! Escalation triggers that time alone will realize, if nothing is closed or added.

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::Row;
use super::escalation::{EscalationLevel, weaknesses};
use super::thresholds::{Aged, Thresholds};
use crate::model::ItemId;
use crate::settings::{ProfileName, Settings};

/// An escalation trigger that will be realized by time alone: if nothing closes, nothing is added
/// and nothing is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ahead {
    /// E-04, E-05, E-06 or E-07.
    pub trigger: &'static str,
    /// Consequence of the trigger.
    pub level: EscalationLevel,
    /// The first day on which it is realized.
    pub on: NaiveDate,
    /// Days until then.
    pub days: i64,
    /// Number of the items that must be closed before, so that it is not realized on that day.
    pub to_close: usize,
    /// The items that will count on that day, the oldest first.
    pub items: Vec<ItemId>,
}

/// Returns the triggers that are not realized and will be, the soonest first. Vendor dependencies
/// that are not late now are taken to stay so.
pub(super) fn predict(rows: &[Row<'_>], settings: &Settings, today: NaiveDate) -> Vec<Ahead> {
    if settings.profile.name != ProfileName::FedrampRev5 {
        return Vec::new();
    }
    let open = weaknesses(rows, today);
    let ahead = |aged: &Aged| {
        let counted: Vec<_> = open
            .iter()
            .filter(|row| row.standing.risk.in_workbook() == aged.rating)
            .filter(|row| !row.waits_for_vendor(today))
            .collect();
        let last = counted.get(aged.threshold - 1)?;
        let after = u64::try_from(aged.days).ok()? + 1;
        let on = last.standing.permanent.detected.checked_add_days(Days::new(after))?;
        if on <= today {
            return None;
        }
        let items: Vec<ItemId> = counted
            .iter()
            .filter(|row| row.age(on) > aged.days)
            .map(|row| row.stored.item.id.clone())
            .collect();
        Some(Ahead {
            trigger: aged.trigger,
            level: aged.level,
            on,
            days: (on - today).num_days(),
            to_close: items.len() + 1 - aged.threshold,
            items,
        })
    };
    let mut found: Vec<Ahead> = Thresholds::built_in().aged.iter().filter_map(ahead).collect();
    found.sort_by_key(|one| one.on);
    found
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, rows, settings, store};
    use super::*;

    #[test]
    fn time_alone_realizes_triggers() {
        let detected =
            |days: [&str; 6]| days.map(|day| format!("original_detection_date: 2026-01-{day}\n"));
        let fields = detected(["01", "02", "03", "10", "20", "20"]);
        let names = ["V-1", "V-2", "V-3", "V-4", "V-5", "V-6"];
        let items: Vec<_> = names.into_iter().zip(fields.iter().map(String::as_str)).collect();
        let settings = settings("");
        for (count, today, expected) in [
            // The fifth was found on 20 January: older than 30 days on 20 February.
            (6, "2026-02-01", vec![("E-04", "2026-02-20", 19, 2), ("E-05", "2026-03-22", 49, 2)]),
            (5, "2026-02-19", vec![("E-04", "2026-02-20", 1, 1), ("E-05", "2026-03-22", 31, 1)]),
            (5, "2026-02-20", vec![("E-05", "2026-03-22", 30, 1)]),
            (5, "2026-03-22", vec![]),
            (4, "2026-02-01", vec![]),
        ] {
            let store = store(&items[..count]);
            let found = predict(&rows(&store, &settings, today), &settings, day(today));
            let told: Vec<_> = found
                .iter()
                .map(|it| (it.trigger, it.on.to_string(), it.days, it.to_close))
                .collect();
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(trigger, on, days, close)| (trigger, on.to_owned(), days, close))
                .collect();
            assert_eq!(told, expected, "{count} on {today}");
            // It is so: the day before nothing new is realized, on the day it is.
            for one in &found {
                let realized = |day: NaiveDate| {
                    let rows = rows(&store, &settings, &day.to_string());
                    let all =
                        super::super::escalation::find_triggers(&rows, &settings, day).realized;
                    all.iter().any(|it| it.trigger == one.trigger)
                };
                assert!(!realized(one.on.pred_opt().unwrap()) && realized(one.on));
            }
        }
    }
}
