//! Pages of owners in the web report: their items by urgency.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::names::{address, owner_page};
use super::view::{Cell, OwnerPage, PageFrame, ViewTable, line};
use super::{ReportError, ReportRow};
use crate::model::Item;
use crate::standing::Standing;
use crate::text::plural;

/// Returns the name of an item's owner; an empty name is none.
pub(super) fn name(item: &Item) -> Option<String> {
    crate::summary::owner(item)
}

/// Returns why an item has no person as its owner: a word for a badge. None where it has one.
pub(super) fn mark(item: &Item) -> Option<&'static str> {
    mark_of(name(item).as_deref())
}

/// Returns why a name is no person: a word for a badge.
pub(super) fn mark_of(name: Option<&str>) -> Option<&'static str> {
    let Some(name) = name else { return Some("no owner") };
    Some(match crate::people::why_no_person(name)? {
        "is a placeholder" => "placeholder",
        "is a group" => "group, no person",
        "is a role without a person" => "role, no person",
        _ => "no person",
    })
}

fn groups<'r, 'a>(rows: &'r [ReportRow<'a>]) -> BTreeMap<Option<String>, Vec<&'r ReportRow<'a>>> {
    let mut groups: BTreeMap<_, Vec<&ReportRow<'_>>> = BTreeMap::new();
    for row in rows {
        groups.entry(name(&row.stored.item)).or_default().push(row);
    }
    groups
}

/// Returns the list of all owners and the page of each, with their names.
pub(super) fn pages(
    rows: &[ReportRow<'_>],
    today: NaiveDate,
    frame: &dyn Fn(&'static str, &'static str) -> PageFrame,
) -> Result<Vec<(String, String)>, ReportError> {
    let groups = groups(rows);
    let mut all =
        ViewTable::new("All owners", &["Owner", "Open#", "Overdue#", "Slipped#", "Closed#"]);
    let mut pages = Vec::new();
    let mut lines = Vec::new();
    for (owner, rows) in &groups {
        let path = owner_page(owner.as_deref());
        let shown = owner.as_deref().map_or_else(|| "(no owner)".to_owned(), line);
        let open = rows.iter().filter(|row| !row.standing.closed).count();
        let overdue = rows.iter().filter(|row| row.standing.overdue).count();
        let slips: usize = rows.iter().filter_map(|row| row.standing.times_rescheduled).sum();
        let late = Cell::number(overdue).kind(if overdue > 0 { "n late" } else { "" });
        lines.push((
            Reverse((owner.is_none(), overdue, open)),
            vec![
                Cell {
                    mark: mark_of(owner.as_deref()).filter(|_| owner.is_some() && open > 0),
                    ..Cell::new(&shown).link(Some(address(&path)))
                },
                Cell::number(open),
                late,
                Cell::number(slips),
                Cell::number(rows.len() - open),
            ],
        ));
        let lead = format!(
            "{}, {overdue} overdue, {} closed, dates moved to a later day {}",
            plural(open, "open item"),
            rows.len() - open,
            plural(slips, "time"),
        );
        let tables = tables(rows, today);
        let page = OwnerPage { frame: frame("owner", "../"), name: shown, lead, tables };
        pages.push((path.clone(), super::page(&path, &page)?));
    }
    // By name already; the sort is stable.
    lines.sort_by_key(|(key, _)| *key);
    for (_, line) in lines {
        all.push(line);
    }
    let lead = format!("{} of {}", plural(groups.len(), "owner"), plural(rows.len(), "item"));
    let page = OwnerPage {
        frame: frame("owners", ""),
        name: "Owners".to_owned(),
        lead,
        tables: vec![all],
    };
    pages.push(("owners.html".to_owned(), super::page("owners.html", &page)?));
    Ok(pages)
}

/// Returns the number and the day of the milestone that is due first.
fn next_milestone(standing: &Standing, today: NaiveDate) -> Cell {
    match (standing.next_milestone, standing.next_milestone_due) {
        (Some(number), Some(due)) => {
            let kind = if due < today { "day late" } else { "day" };
            Cell::new(format!("{number}: {due}")).kind(kind)
        }
        _ => Cell::new(""),
    }
}

/// Lists the open milestones of open items: the late ones first.
fn milestones(rows: &[&ReportRow<'_>], today: NaiveDate) -> ViewTable {
    let titles = ["Item", "Milestone", "Owner", "Due", "Late#"];
    let mut table = ViewTable::new("Open milestones", &titles);
    let mut found = Vec::new();
    for row in rows.iter().filter(|row| !row.standing.closed) {
        let item = &row.stored.item;
        for step in item.milestones.iter().filter(|step| !step.status.is_finished()) {
            found.push((step.due.unwrap_or(NaiveDate::MAX), &item.id, row, step));
        }
    }
    found.sort_by_key(|(due, id, _, step)| (*due, *id, step.id));
    for (_, id, row, step) in found {
        table.push(vec![
            Cell::new(id.as_str()).link(Some(format!("../{}", address(row.page)))),
            Cell::new(format!("{}. {}", step.id, step.description)).kind("wide"),
            Cell::new(step.owner.as_ref().map_or("", |person| &person.name)),
            Cell::day(step.due),
            Cell::late(step.due.map_or(0, |due| (today - due).num_days())),
        ]);
    }
    table
}

fn tables(rows: &[&ReportRow<'_>], today: NaiveDate) -> Vec<ViewTable> {
    let (mut closed, mut open): (Vec<&ReportRow<'_>>, Vec<&ReportRow<'_>>) =
        rows.iter().partition(|row| row.standing.closed);
    open.sort_by_key(|row| (row.standing.effective_due, &row.stored.item.id));
    closed.sort_by_key(|row| (Reverse(row.stored.item.completion_date), &row.stored.item.id));
    let mut first = ViewTable::new(
        "Open items",
        &["Item", "Weakness", "Risk", "Status", "Due", "Late#", "Next milestone", "Slipped#"],
    );
    for row in open {
        let (item, standing) = (&row.stored.item, &row.standing);
        let times = standing.times_rescheduled.unwrap_or_default();
        first.push(vec![
            Cell::new(item.id.as_str()).link(Some(format!("../{}", address(row.page)))),
            Cell::new(&item.weakness_name).kind("wide"),
            Cell::risk(standing.risk),
            Cell::new(item.status.as_str()).kind("word"),
            Cell::day(Some(standing.effective_due)),
            Cell::late(standing.days_overdue),
            next_milestone(standing, today),
            Cell::number(times),
        ]);
    }
    let mut second =
        ViewTable::new("Closed items", &["Item", "Weakness", "Risk", "Completed", "Days#"]);
    for row in closed {
        let (item, standing) = (&row.stored.item, &row.standing);
        second.push(vec![
            Cell::new(item.id.as_str()).link(Some(format!("../{}", address(row.page)))),
            Cell::new(&item.weakness_name).kind("wide"),
            Cell::risk(standing.risk),
            Cell::day(item.completion_date),
            Cell::new(standing.days_open.map_or_else(String::new, |days| days.to_string())),
        ]);
    }
    let mut tables = vec![first, milestones(rows, today), second];
    tables.retain(|table| !table.rows.is_empty());
    tables
}
