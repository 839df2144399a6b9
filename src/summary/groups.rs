use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::{Row, closing};
use crate::model::Item;
use crate::standing::Standing;

/// What items are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The point of contact.
    Owner,
    /// Each control that the weakness affects, or each requirement where it names no control; an
    /// item may count for several.
    Control,
    /// Each requirement that it is mapped to; an item may count for several.
    Requirement,
    /// Each framework that it is mapped to; an item may count for several.
    Framework,
    /// Each service that the weakness affects; an item may count for several.
    Service,
    /// The month of detection.
    Month,
}

/// Items that have something in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// What they have in common; none for items that have none of it.
    pub name: Option<String>,
    /// Open items.
    pub open: usize,
    /// Of these, the overdue ones.
    pub overdue: usize,
    /// Of these, those rated high or critical.
    pub high: usize,
    /// Closed items.
    pub closed: usize,
    /// Days since the detection of the oldest open item; none where none is open.
    pub oldest: Option<i64>,
    /// Days from detection to completion of the closed items, on average; none where none is closed
    /// or no day is known.
    pub mean_days_to_close: Option<f64>,
}

/// Items by what they have in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Groups {
    /// What they are grouped by.
    pub by: By,
    /// The groups: months in their order, others by overdue, then by open items.
    pub groups: Vec<Group>,
}

/// The groups of a tree.
pub(super) fn of(rows: &[Row<'_>], by: By, today: NaiveDate) -> Groups {
    let mut members: BTreeMap<Option<String>, Vec<&Row<'_>>> = BTreeMap::new();
    for row in rows {
        let names = names(row, by);
        if names.is_empty() {
            members.entry(None).or_default().push(row);
        }
        for name in names {
            members.entry(Some(name)).or_default().push(row);
        }
    }
    let mut groups: Vec<Group> =
        members.into_iter().map(|(name, rows)| group(name, &rows, today)).collect();
    if by != By::Month {
        // By name already; the sort is stable. What belongs to nobody comes first.
        groups.sort_by_key(|one| (one.name.is_some(), Reverse(one.overdue), Reverse(one.open)));
    }
    Groups { by, groups }
}

fn names(row: &Row<'_>, by: By) -> Vec<String> {
    let item = &row.stored.item;
    let mut names = match by {
        By::Owner => super::attention::owner(item).into_iter().collect(),
        By::Control if item.controls.is_empty() => requirements(item),
        By::Control => item.controls.clone(),
        By::Requirement => requirements(item),
        By::Framework => item.mappings.keys().cloned().collect(),
        By::Service => item.services.clone(),
        By::Month => vec![super::past::name(row.standing.permanent.detected)],
    };
    names.sort();
    names.dedup();
    names
}

/// The requirements that an item is mapped to: `cmmc SI.L2-3.14.1`.
fn requirements(item: &Item) -> Vec<String> {
    let ids = |(framework, ids): (&String, &Vec<String>)| {
        ids.iter().map(|id| format!("{framework} {id}")).collect::<Vec<_>>()
    };
    item.mappings.iter().flat_map(ids).collect()
}

fn group(name: Option<String>, rows: &[&Row<'_>], today: NaiveDate) -> Group {
    let open: Vec<_> = rows.iter().filter(|row| !row.standing.closed).collect();
    let count = |test: fn(&Standing) -> bool| open.iter().filter(|row| test(&row.standing)).count();
    let days: Vec<i64> = rows
        .iter()
        .filter(|row| row.standing.closed)
        .filter_map(|row| row.standing.days_open)
        .collect();
    Group {
        name,
        open: open.len(),
        overdue: count(|standing| standing.overdue),
        high: count(|standing| standing.risk >= crate::model::RiskRating::High),
        closed: rows.len() - open.len(),
        oldest: open.iter().map(|row| row.age(today)).max(),
        mean_days_to_close: (!days.is_empty())
            .then(|| closing::mean(days.iter().sum(), days.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, rows, settings, store};
    use super::*;

    #[test]
    fn an_item_counts_for_each_of_its_controls_once() {
        let store = store(&[
            (
                "V-1",
                "controls: [SI-2, CM-8, SI-2]\nservices: [Mail]\npoint_of_contact: {name: Jane}\n",
            ),
            ("V-2", "controls: [CM-8]\nstatus: closed\ncompletion_date: 2026-01-11\n"),
            ("V-3", "original_risk_rating: low\noriginal_detection_date: 2025-12-31\n"),
        ]);
        let settings = settings("");
        let rows = rows(&store, &settings, "2026-02-01");
        let told = |by| {
            let groups = of(&rows, by, day("2026-02-01")).groups;
            let line = |it: &Group| {
                let name = it.name.as_deref().unwrap_or("-");
                let (oldest, mean) = (it.oldest, it.mean_days_to_close);
                format!(
                    "{name} {}/{}/{}/{} {oldest:?} {mean:?}",
                    it.open, it.overdue, it.high, it.closed
                )
            };
            groups.iter().map(line).collect::<Vec<_>>()
        };
        assert_eq!(
            told(By::Control),
            [
                "- 1/0/0/0 Some(32) None",
                "CM-8 1/1/1/1 Some(31) Some(10.0)",
                "SI-2 1/1/1/0 Some(31) None"
            ]
        );
        assert_eq!(
            told(By::Owner),
            ["- 1/0/0/1 Some(32) Some(10.0)", "Jane 1/1/1/0 Some(31) None"]
        );
        assert_eq!(
            told(By::Service),
            ["- 1/0/0/1 Some(32) Some(10.0)", "Mail 1/1/1/0 Some(31) None"]
        );
        assert_eq!(
            told(By::Month),
            ["2025-12 1/0/0/0 Some(32) None", "2026-01 1/1/1/1 Some(31) Some(10.0)"]
        );
    }
}
