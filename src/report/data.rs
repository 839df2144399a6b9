//! Data of the report's table, as a script that a page can load from the file system.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::names::address;
use super::view::line;
use super::{ReportRow, owner};
use crate::history::{Action, DateMove, History};
use crate::summary::{Attention, Summary};

/// The columns of the data, as `items.js` knows them.
const COLUMNS: [&str; 21] = [
    "id",
    "name",
    "risk",
    "status",
    "owner",
    "detected",
    "due",
    "late",
    "slips",
    "closed",
    "page",
    "controls",
    "cves",
    "services",
    "milestone",
    "milestone_due",
    "opened",
    "closed_on",
    "slipped",
    "flags",
    "mark",
];

/// Lists that tiles of the overview lead to, besides those that follow from the other columns.
fn flags(row: &ReportRow<'_>, attention: &Attention) -> Vec<&'static str> {
    let id = &row.stored.item.id;
    let mut flags = Vec::new();
    for (flag, list) in [
        ("soon", &attention.due_soon),
        ("kev", &attention.kev_overdue),
        ("decisions", &attention.pending_deviations),
    ] {
        if list.contains(id) {
            flags.push(flag);
        }
    }
    if !row.standing.closed && owner::mark(&row.stored.item).is_some() {
        flags.push("unowned");
    }
    flags
}

/// Days and months of an item that only the commits show.
#[derive(Default)]
struct CommittedDays {
    opened: Option<NaiveDate>,
    closed: Option<NaiveDate>,
    /// Months in which a date of it moved to a later day.
    slipped: BTreeSet<String>,
}

fn committed_days(row: &ReportRow<'_>, history: Option<&History>) -> CommittedDays {
    let mut days = CommittedDays::default();
    let Some(history) = history else { return days };
    for event in history.events_of(&row.stored.item.id) {
        days.opened.get_or_insert(event.day());
        if event.action == Action::StatusChanged || event.action == Action::ItemCreated {
            days.closed = Some(event.day());
        }
        if DateMove::of_event(event).is_some_and(|moved| moved.is_slip()) {
            days.slipped.insert(event.day().format("%Y-%m").to_string());
        }
    }
    days.closed = days.closed.filter(|_| row.standing.closed);
    days
}

/// Returns the data of the table: a script, because a page that was opened from the file system may
/// load nothing else.
pub(super) fn script(
    rows: &[ReportRow<'_>],
    history: Option<&History>,
    summary: &Summary,
) -> String {
    let (columns, day) = (escaped(&json!(COLUMNS)), escaped(&json!(summary.as_of)));
    let mut out = format!("window.POAM = {{\"asOf\":{day},\"columns\":{columns},\"items\":[\n");
    for (at, row) in rows.iter().enumerate() {
        let (item, standing) = (&row.stored.item, &row.standing);
        let days = committed_days(row, history);
        let value = json!([
            line(item.id.as_str()),
            line(&item.weakness_name),
            standing.risk,
            line(item.status.as_str()),
            item.point_of_contact.as_ref().map_or_else(String::new, |one| line(one.name.trim())),
            standing.permanent.detected,
            standing.effective_due,
            standing.days_overdue,
            standing.times_rescheduled.unwrap_or_default(),
            standing.closed,
            address(row.page),
            line(&item.controls.join(" ")),
            line(&item.cves.join(" ")),
            line(&item.services.join(" ")),
            standing.next_milestone,
            standing.next_milestone_due,
            days.opened,
            days.closed,
            days.slipped,
            flags(row, &summary.attention),
            owner::mark(item).filter(|_| !standing.closed),
        ]);
        out.push_str(&escaped(&value));
        out.push_str(if at + 1 < rows.len() { ",\n" } else { "\n" });
    }
    out.push_str("]};\n");
    out
}

/// Writes JSON that is safe wherever a script may be: no tag begins in it, no line ends in it.
fn escaped(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_ends_the_script_or_its_line() {
        let text = escaped(&json!(["</script><!--", "a\u{2028}b&", "\"\\\n"]));
        assert_eq!(text, r#"["\u003c/script\u003e\u003c!--","a\u2028b\u0026","\"\\\n"]"#);
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back[0], "</script><!--");
    }
}
