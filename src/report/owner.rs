use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::names::{address, owner_page};
use super::view::{Cell, Frame, OwnerPage, Table, line};
use super::{BuildError, Row};
use crate::model::Item;
use crate::output::plural;

/// The name of an item's owner; an empty name is none.
pub(super) fn name(item: &Item) -> Option<String> {
    let name = item.point_of_contact.as_ref().map(|person| person.name.trim())?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn groups<'r, 'a>(rows: &'r [Row<'a>]) -> BTreeMap<Option<String>, Vec<&'r Row<'a>>> {
    let mut groups: BTreeMap<_, Vec<&Row<'_>>> = BTreeMap::new();
    for row in rows {
        groups.entry(name(&row.stored.item)).or_default().push(row);
    }
    groups
}

/// The list of all owners and the page of each, with their names.
pub(super) fn pages(
    rows: &[Row<'_>],
    frame: &dyn Fn(&'static str, &'static str) -> Frame,
) -> Result<Vec<(String, String)>, BuildError> {
    let groups = groups(rows);
    let mut all = Table::new("All owners", &["Owner", "Open#", "Overdue#", "Slipped#", "Closed#"]);
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
                Cell::of(&shown).link(Some(address(&path))),
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
        let tables = tables(rows);
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

fn tables(rows: &[&Row<'_>]) -> Vec<Table> {
    let (mut closed, mut open): (Vec<&Row<'_>>, Vec<&Row<'_>>) =
        rows.iter().partition(|row| row.standing.closed);
    open.sort_by_key(|row| (row.standing.effective_due, &row.stored.item.id));
    closed.sort_by_key(|row| (Reverse(row.stored.item.completion_date), &row.stored.item.id));
    let mut first = Table::new(
        "Open items",
        &["Item", "Weakness", "Risk", "Status", "Due", "Late#", "Slipped#"],
    );
    for row in open {
        let (item, standing) = (&row.stored.item, &row.standing);
        let late = standing.days_overdue;
        let times = standing.times_rescheduled.unwrap_or_default();
        first.push(vec![
            Cell::of(item.id.as_str()).link(Some(format!("../{}", address(row.page)))),
            Cell::of(&item.weakness_name).kind("wide"),
            Cell::of(standing.risk.as_str()),
            Cell::of(item.status.as_str()).kind("word"),
            Cell::day(Some(standing.effective_due)),
            if late > 0 { Cell::of(format!("{late} d")).kind("n late") } else { Cell::of("") },
            Cell::number(times),
        ]);
    }
    let mut second =
        Table::new("Closed items", &["Item", "Weakness", "Risk", "Completed", "Days#"]);
    for row in closed {
        let (item, standing) = (&row.stored.item, &row.standing);
        second.push(vec![
            Cell::of(item.id.as_str()).link(Some(format!("../{}", address(row.page)))),
            Cell::of(&item.weakness_name).kind("wide"),
            Cell::of(standing.risk.as_str()),
            Cell::day(item.completion_date),
            Cell::of(standing.days_open.map_or_else(String::new, |days| days.to_string())),
        ]);
    }
    let mut tables = vec![first, second];
    tables.retain(|table| !table.rows.is_empty());
    tables
}
