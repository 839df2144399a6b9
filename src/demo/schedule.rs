use std::collections::BTreeMap;

use super::calendar::LAST;
use super::script::{Cast, ItemScript, Member, Step};

/// Something that happens on a day.
pub(super) enum Entry<'a> {
    Begin,
    Join(&'a Member),
    Land(usize),
    Step(usize, &'a Step),
    CheckIn(usize),
    Reviews(&'a str),
    Merge(&'a str),
}

/// Everything that happens, in order: by day, merges first, reviews last.
pub(super) fn entries<'a>(items: &[&'a ItemScript], cast: &'a Cast) -> Vec<(i64, Entry<'a>)> {
    let mut entries = vec![((0, 0), Entry::Begin)];
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
        entries.push(((lands, 1), Entry::Land(index)));
        if let Some(landing) = &script.lands {
            on_branch(&landing.branch, lands);
        }
        for step in &script.story {
            let day = script.detected + step.on;
            entries.push(((day, 2), Entry::Step(index, step)));
            on_branch(&step.branch, day);
        }
        if let Some(asked) = &script.check_ins {
            let mut day = asked.every;
            while day <= asked.last && script.detected + day <= LAST {
                entries.push(((script.detected + day, 3), Entry::CheckIn(index)));
                day += asked.every.max(1);
            }
        }
    }
    entries.extend(merges.into_iter().map(|(name, day)| ((day + 1, 0), Entry::Merge(name))));
    for member in cast.people.values() {
        entries.extend(member.joins.map(|day| ((day, 1), Entry::Join(member))));
    }
    let reviews = &cast.reviews;
    let mut day = reviews.first;
    for note in reviews.notes.iter().cycle() {
        if day > LAST {
            break;
        }
        entries.push(((day, 4), Entry::Reviews(note)));
        day += reviews.every.max(1);
    }
    entries.sort_by_key(|(when, _)| *when);
    entries.into_iter().map(|((day, _), entry)| (day, entry)).collect()
}
