//! Dates that move.

use std::collections::BTreeMap;

use super::ChangeNote;
use super::notes::ChangeFacts;
use crate::history::{DateMove, Event, PlannedDate, date_moves};
use crate::text::plural;

/// End of the note on a date that moves without a reason.
pub(super) const SILENT: &str = ", and nobody says why";

/// Earlier moves of a date: how often to a later day, and by how many days in all.
#[derive(Clone, Copy, Default)]
struct PastMoves {
    slips: usize,
    days: i64,
}

fn past(life: &[&Event]) -> BTreeMap<PlannedDate, PastMoves> {
    let mut moved: BTreeMap<PlannedDate, PastMoves> = BTreeMap::new();
    for it in date_moves(life.iter().copied()) {
        let past = moved.entry(it.date).or_default();
        past.slips += usize::from(it.is_slip());
        past.days += it.days();
    }
    moved
}

/// Collects the notes on the dates that move. Milestones that move by the same number of days are
/// one note.
pub(super) fn notes(facts: &ChangeFacts<'_>) -> Vec<ChangeNote> {
    let before = past(&facts.life);
    let mut moves: BTreeMap<(bool, i64), Vec<PlannedDate>> = BTreeMap::new();
    for it in facts.events.iter().filter_map(DateMove::of_difference) {
        let of_item = it.date == PlannedDate::Schedule;
        moves.entry((of_item, it.days())).or_default().push(it.date);
    }
    let entitled = facts.entitled();
    moves
        .into_iter()
        .map(|((_, days), dates)| note(facts, &before, days, &dates, entitled))
        .collect()
}

fn note(
    facts: &ChangeFacts<'_>,
    before: &BTreeMap<PlannedDate, PastMoves>,
    days: i64,
    dates: &[PlannedDate],
    entitled: Option<&'static str>,
) -> ChangeNote {
    let what = name(dates);
    let one = dates.len() == 1;
    let length = plural(usize::try_from(days.unsigned_abs()).unwrap_or(usize::MAX), "day");
    let each = if one { "" } else { " each" };
    if days < 0 {
        let verb = if one { "moves" } else { "move" };
        return ChangeNote::plain("earlier", format!("{what} {verb} {length} earlier{each}"));
    }
    let verb = if one { "slips" } else { "slip" };
    let mut text = format!("{what} {verb} {length}{each}");
    let worst = dates.iter().filter_map(|date| before.get(date)).max_by_key(|past| past.slips);
    let past = worst.copied().unwrap_or_default();
    if past.slips > 0 {
        text += &format!(", {} slip", ordinal(past.slips + 1));
        if one {
            let all = usize::try_from(past.days + days).unwrap_or_default();
            text += &format!(", {} in all", plural(all, "day"));
        }
    }
    if let Some(why) = entitled {
        return ChangeNote::plain("slip", format!("{text}; {why}"));
    }
    if !facts.has_reason {
        text += SILENT;
    }
    let is_alarming = past.slips > 0 || !facts.has_reason;
    if is_alarming { ChangeNote::alarm("slip", text) } else { ChangeNote::plain("slip", text) }
}

fn name(dates: &[PlannedDate]) -> String {
    let numbers: Vec<String> =
        dates.iter().filter_map(|date| date.milestone()).map(|number| number.to_string()).collect();
    match numbers.split_last() {
        None => "the scheduled completion date".to_owned(),
        Some((one, [])) => format!("milestone {one}"),
        Some((last, rest)) => format!("milestones {} and {last}", rest.join(", ")),
    }
}

fn ordinal(number: usize) -> String {
    const WORDS: [&str; 10] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
        "tenth",
    ];
    let word = number.checked_sub(1).and_then(|at| WORDS.get(at));
    word.map_or_else(|| format!("{number}."), |word| (*word).to_owned())
}
