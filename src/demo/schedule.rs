//! Schedule of the demonstration: all steps of the script in the order of their days.

use std::collections::BTreeMap;

use super::calendar::LAST;
use super::script::{Cast, ItemScript, Member, ScriptStep};

/// Something that happens on a day.
pub(super) enum ScheduleEntry<'a> {
    Begin,
    Join(&'a Member),
    Land(usize),
    Step(usize, &'a ScriptStep),
    CheckIn(usize),
    Reviews(&'a str),
    Merge(&'a str),
}

/// Returns all steps in order: by day, merges first, reviews last.
pub(super) fn ordered_entries<'a>(
    items: &[&'a ItemScript],
    cast: &'a Cast,
) -> Vec<(i64, ScheduleEntry<'a>)> {
    let mut entries = vec![((0, 0), ScheduleEntry::Begin)];
    let mut merges: BTreeMap<&str, i64> = BTreeMap::new();
    let mut on_branch = |branch: &'a Option<String>, day: i64| {
        if let Some(branch) = branch {
            let last = merges.entry(branch).or_default();
            *last = day.max(*last);
        }
    };
    for (index, script) in items.iter().enumerate() {
        let lands = script.lands.as_ref().map_or(1, |landing| landing.on);
        let lands = (script.detected + lands).max(1);
        entries.push(((lands, 1), ScheduleEntry::Land(index)));
        if let Some(landing) = &script.lands {
            on_branch(&landing.branch, lands);
        }
        for step in &script.story {
            let day = script.detected + step.on;
            entries.push(((day, 2), ScheduleEntry::Step(index, step)));
            on_branch(&step.branch, day);
        }
        if let Some(asked) = &script.check_ins {
            let mut day = asked.every;
            while day <= asked.last && script.detected + day <= LAST {
                entries.push(((script.detected + day, 3), ScheduleEntry::CheckIn(index)));
                day += asked.every.max(1);
            }
        }
    }
    entries
        .extend(merges.into_iter().map(|(name, day)| ((day + 1, 0), ScheduleEntry::Merge(name))));
    for member in cast.people.values() {
        entries.extend(member.joins.map(|day| ((day, 1), ScheduleEntry::Join(member))));
    }
    let reviews = &cast.reviews;
    let mut day = reviews.first;
    for note in reviews.notes.iter().cycle() {
        if day > LAST {
            break;
        }
        entries.push(((day, 4), ScheduleEntry::Reviews(note)));
        day += reviews.every.max(1);
    }
    entries.sort_by_key(|(when, _)| *when);
    entries.into_iter().map(|((day, _), entry)| (day, entry)).collect()
}
