//! Remarks on changed settings that need the items: which of them are due on another day, and which of the
//! people have another role.
//!
//! Levels, numbers and allowances are the rule's `gate-loosened`.

use std::fmt;

use chrono::NaiveDate;

use super::{ChangeNote, ComparisonInput};
use crate::model::{ItemId, PermanentValues, Person, normalize_look};
use crate::settings::Settings;
use crate::standing::Lateness;
use crate::text::{first_of, plural};

/// Items that a note lists.
const LISTED: usize = 5;

/// Collects the remarks on the settings of a head beside those of its base.
pub(super) fn notes(input: &ComparisonInput<'_>) -> Vec<ChangeNote> {
    let Some(base) = input.base_settings else { return Vec::new() };
    let mut notes = moved_dates(input, base);
    notes.extend(roles(&base.people, &input.settings.people));
    notes
}

/// An open item that is due on another day by the settings alone.
struct MovedItem<'a> {
    id: &'a ItemId,
    from: NaiveDate,
    to: NaiveDate,
    /// Days that it was overdue, where it no longer is.
    was_overdue: i64,
    /// Days that it is overdue, where it was not.
    is_overdue: i64,
}

impl MovedItem<'_> {
    fn days(&self) -> i64 {
        (self.to - self.from).num_days()
    }
}

/// `V-1 2026-01-31 -> 2026-03-02 (was 29 days late)`.
impl fmt::Display for MovedItem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = |days: i64| plural(usize::try_from(days).unwrap_or_default(), "day");
        write!(f, "{} {} -> {}", self.id, self.from, self.to)?;
        if self.was_overdue > 0 {
            write!(f, " (was {} late)", days(self.was_overdue))?;
        } else if self.is_overdue > 0 {
            write!(f, " ({} late)", days(self.is_overdue))?;
        }
        Ok(())
    }
}

/// Compares when the items of the head are due by its settings and by those of the base.
fn moved_dates(input: &ComparisonInput<'_>, base: &Settings) -> Vec<ChangeNote> {
    let mut moved: Vec<MovedItem<'_>> = Vec::new();
    for stored in input.store.items() {
        let item = &stored.item;
        let permanent = PermanentValues::resolve(item, input.history.first_values(&item.id));
        let lateness = |settings| Lateness::compute(item, permanent, settings, input.today);
        let (was, is) = (lateness(base), lateness(input.settings));
        if was.closed || is.closed {
            continue;
        }
        let is_late_by_them = was.is_overdue() != is.is_overdue();
        if was.due.effective != is.due.effective || is_late_by_them {
            moved.push(MovedItem {
                id: &item.id,
                from: was.due.effective,
                to: is.due.effective,
                was_overdue: if is.is_overdue() { 0 } else { was.days_overdue },
                is_overdue: if was.is_overdue() { 0 } else { is.days_overdue },
            });
        }
    }
    moved.sort_by_key(|item| (-item.was_overdue, -item.days(), item.id));
    let freed = moved.iter().filter(|item| item.was_overdue > 0).count();
    let (later, earlier): (Vec<&MovedItem<'_>>, Vec<&MovedItem<'_>>) =
        moved.iter().partition(|item| item.was_overdue > 0 || item.days() > 0);
    let mut notes = Vec::new();
    if !later.is_empty() {
        let moves = later.iter().filter(|item| item.days() > 0).count();
        let freed = if freed == 0 { String::new() } else { format!(", {freed} no longer late") };
        let count = plural(moves, "open item");
        let text = format!("{count} due later{freed}: {}", first_of(&later, LISTED));
        notes.push(ChangeNote::alarm("due", text));
    }
    if !earlier.is_empty() {
        let late = earlier.iter().filter(|item| item.is_overdue > 0).count();
        let late = if late == 0 { String::new() } else { format!(", {late} late by that") };
        let moves = earlier.iter().filter(|item| item.days() < 0).count();
        let count = plural(moves, "open item");
        let text = format!("{count} due earlier{late}: {}", first_of(&earlier, LISTED));
        notes.push(ChangeNote::plain("due", text));
    }
    notes
}

/// Notes people with another role: who may decide is read from there.
fn roles(base: &[Person], head: &[Person]) -> Vec<ChangeNote> {
    let role = |person: &Person| person.role.as_deref().unwrap_or("").trim().to_owned();
    let mut notes = Vec::new();
    for person in head {
        let is_same = |one: &&Person| match (&one.email, &person.email) {
            (Some(one), Some(other)) => normalize_look(one) == normalize_look(other),
            _ => normalize_look(&one.name) == normalize_look(&person.name),
        };
        let Some(before) = base.iter().find(is_same) else { continue };
        let (was, is) = (role(before), role(person));
        if was == is {
            continue;
        }
        let word = |role: String| if role.is_empty() { "none".to_owned() } else { role };
        let text = format!("the role of {} is {} instead of {}", person.name, word(is), word(was));
        notes.push(ChangeNote::alarm("role", text));
    }
    notes
}
