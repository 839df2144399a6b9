//! Open items grouped by a property, such as control, detector or requirement.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::{Row, closing};
use crate::model::{CONTROLS_FRAMEWORK, Item, framework_key};
use crate::standing::Standing;

/// Property by which items are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupKey {
    /// The point of contact.
    Owner,
    /// Each control that the weakness affects, or each requirement where it names no control; an
    /// item may count for several.
    Control,
    /// Each requirement that it is mapped to; an item may count for several.
    Requirement,
    /// Each framework that it is mapped to, and that of its controls; an item may count for several.
    Framework,
    /// Each service that the weakness affects; an item may count for several.
    Service,
    /// The month of detection.
    Month,
}

/// Items that have something in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Value that they share; none for items without one.
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
    /// Property by which they are grouped.
    pub by: GroupKey,
    /// The groups: months in their order, others by overdue, then by open items.
    pub groups: Vec<Group>,
}

/// Returns the groups of a tree.
pub(super) fn group_rows(rows: &[Row<'_>], by: GroupKey, today: NaiveDate) -> Groups {
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
    if by != GroupKey::Month {
        // By name already; the sort is stable. What belongs to nobody comes first.
        groups.sort_by_key(|one| (one.name.is_some(), Reverse(one.overdue), Reverse(one.open)));
    }
    Groups { by, groups }
}

fn names(row: &Row<'_>, by: GroupKey) -> Vec<String> {
    let item = &row.stored.item;
    let mut names = match by {
        GroupKey::Owner => super::attention::owner(item).into_iter().collect(),
        GroupKey::Control if item.controls.is_empty() => requirements(item),
        GroupKey::Control => item.controls.clone(),
        GroupKey::Requirement => requirements(item),
        GroupKey::Framework => frameworks(item),
        GroupKey::Service => item.services.clone(),
        GroupKey::Month => vec![super::past::name(row.standing.permanent.detected)],
    };
    names.sort();
    names.dedup();
    names
}

/// Returns the frameworks of an item: that of its controls, and those that it is mapped to.
fn frameworks(item: &Item) -> Vec<String> {
    let controls = (!item.controls.is_empty()).then(|| CONTROLS_FRAMEWORK.to_owned());
    let mapped = item.mappings.iter().filter(|(_, ids)| !ids.is_empty());
    let mapped = mapped.map(|(name, _)| match framework_key(name) {
        Some(key) => key.to_owned(),
        None => name.clone(),
    });
    controls.into_iter().chain(mapped).collect()
}

/// Returns the requirements that an item is mapped to: `cmmc SI.L2-3.14.1`.
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
            let groups = group_rows(&rows, by, day("2026-02-01")).groups;
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
            told(GroupKey::Control),
            [
                "- 1/0/0/0 Some(32) None",
                "CM-8 1/1/1/1 Some(31) Some(10.0)",
                "SI-2 1/1/1/0 Some(31) None"
            ]
        );
        assert_eq!(
            told(GroupKey::Owner),
            ["- 1/0/0/1 Some(32) Some(10.0)", "Jane 1/1/1/0 Some(31) None"]
        );
        assert_eq!(
            told(GroupKey::Service),
            ["- 1/0/0/1 Some(32) Some(10.0)", "Mail 1/1/1/0 Some(31) None"]
        );
        assert_eq!(
            told(GroupKey::Month),
            ["2025-12 1/0/0/0 Some(32) None", "2026-01 1/1/1/1 Some(31) Some(10.0)"]
        );
    }
}
