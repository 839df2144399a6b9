//! Counts of items by status, rating and owner.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{RATINGS, Row};
use crate::model::{ItemId, RiskRating};
use crate::settings::Settings;

/// All items of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Items whose status is on the open side of the workflow, of every kind.
    pub open: usize,
    /// Items whose status is on the closed side.
    pub closed: usize,
    /// Open items past their effective due date and not exempt.
    pub overdue: usize,
}

/// Items of one rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RiskCount {
    /// Open items.
    pub open: usize,
    /// Open items that are overdue.
    pub overdue: usize,
    /// Closed items.
    pub closed: usize,
}

/// Open items of one owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnerCount {
    /// Name of the point of contact; none for items that have none.
    pub owner: Option<String>,
    /// Open items.
    pub open: usize,
    /// Open items that are overdue.
    pub overdue: usize,
    /// Days since the detection of the oldest open item.
    pub oldest: i64,
    /// That item.
    pub oldest_item: ItemId,
}

pub(super) fn totals(rows: &[Row<'_>]) -> Totals {
    let mut totals = Totals::default();
    for row in rows {
        totals.open += usize::from(!row.standing.closed);
        totals.closed += usize::from(row.standing.closed);
        totals.overdue += usize::from(row.standing.overdue);
    }
    totals
}

pub(super) fn by_status(rows: &[Row<'_>], settings: &Settings) -> IndexMap<String, usize> {
    let known = settings.workflow.names().into_iter().map(|name| (name.to_owned(), 0));
    let mut counts: IndexMap<String, usize> = known.collect();
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        let status = row.stored.item.status.as_str();
        match counts.get_mut(status) {
            Some(count) => *count += 1,
            None => *unknown.entry(status.to_owned()).or_default() += 1,
        }
    }
    counts.extend(unknown);
    counts
}

pub(super) fn by_risk(rows: &[Row<'_>]) -> IndexMap<RiskRating, RiskCount> {
    let mut counts: IndexMap<_, _> =
        RATINGS.into_iter().map(|risk| (risk, RiskCount::default())).collect();
    for row in rows {
        let count = counts.entry(row.standing.risk).or_default();
        count.open += usize::from(!row.standing.closed);
        count.closed += usize::from(row.standing.closed);
        count.overdue += usize::from(row.standing.overdue);
    }
    counts
}

pub(super) fn by_owner(rows: &[Row<'_>], today: NaiveDate) -> Vec<OwnerCount> {
    let mut counts: BTreeMap<Option<String>, OwnerCount> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.standing.closed) {
        let item = &row.stored.item;
        let owner = super::attention::owner(item);
        let age = row.age(today);
        let count = counts.entry(owner.clone()).or_insert_with(|| OwnerCount {
            owner,
            open: 0,
            overdue: 0,
            oldest: age,
            oldest_item: item.id.clone(),
        });
        count.open += 1;
        count.overdue += usize::from(row.standing.overdue);
        if (Reverse(age), &item.id) < (Reverse(count.oldest), &count.oldest_item) {
            (count.oldest, count.oldest_item) = (age, item.id.clone());
        }
    }
    let mut counts: Vec<_> = counts.into_values().collect();
    // By name already; the sort is stable. What belongs to nobody comes first.
    counts.sort_by_key(|one| (one.owner.is_some(), Reverse(one.overdue), Reverse(one.open)));
    counts
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, rows, settings, store};
    use super::*;

    #[test]
    fn everything_is_counted_once() {
        let store = store(&[
            ("V-1", ""),
            ("V-2", "original_risk_rating: low\npoint_of_contact: {name: Jane}\n"),
            ("V-3", "status: closed\noriginal_risk_rating: critical\n"),
            (
                "V-4",
                "status: later\npoint_of_contact: {name: ' Jane '}\noriginal_detection_date: 2025-12-01\n",
            ),
            ("V-5", "original_risk_rating: low\npoint_of_contact: {name: Ann}\n"),
            ("V-6", "original_risk_rating: low\npoint_of_contact: {name: Zoe}\n"),
            ("V-7", "original_risk_rating: low\npoint_of_contact: {name: Zoe}\n"),
            (
                "V-8",
                "deviations: [{type: risk-adjustment, state: approved, adjusted_risk_rating: moderate}]\npoint_of_contact: {name: ''}\n",
            ),
        ]);
        let settings = settings("");
        let rows = rows(&store, &settings, "2026-02-01");
        assert_eq!(totals(&rows), Totals { open: 7, closed: 1, overdue: 2 });
        let statuses: Vec<_> = by_status(&rows, &settings).into_iter().collect();
        assert_eq!(statuses[0], ("open".into(), 6));
        assert_eq!(statuses[6..], [("closed".into(), 1), ("later".into(), 1)]);
        let risks: Vec<_> = by_risk(&rows)
            .into_iter()
            .map(|(risk, it)| (risk.as_str(), it.open, it.overdue, it.closed))
            .collect();
        let expected =
            [("critical", 0, 0, 1), ("high", 2, 2, 0), ("moderate", 1, 0, 0), ("low", 4, 0, 0)];
        assert_eq!(risks, expected);
        let owners: Vec<_> = by_owner(&rows, day("2026-02-01"))
            .into_iter()
            .map(|it| (it.owner, it.open, it.overdue, it.oldest, it.oldest_item.to_string()))
            .collect();
        let line = |owner: Option<&str>, open, overdue, oldest, item: &str| {
            (owner.map(str::to_owned), open, overdue, oldest, item.to_owned())
        };
        assert_eq!(
            owners,
            [
                line(None, 2, 1, 31, "V-1"),
                line(Some("Jane"), 2, 1, 62, "V-4"),
                line(Some("Zoe"), 2, 0, 31, "V-6"),
                line(Some("Ann"), 1, 0, 31, "V-5"),
            ]
        );
    }
}
