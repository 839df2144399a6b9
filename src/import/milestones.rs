//! Milestones of a row: which of an item's they are, and how they stand by all that the source stated.
//!
//! A document numbers milestones by their place, so a number says nothing once one is inserted, dropped or
//! sorted elsewhere. A milestone is recognised by its identifier in the source, then by its words: the same,
//! then nearly the same; the number only decides between several. One with the number of another and other
//! words is that milestone with new words where nothing was done with it, else a milestone of its own or, where
//! the tracker did something with it, a conflict.
//!
//! A cell of changes that says nothing of a milestone takes nothing back: where the plan says of a milestone
//! what it said before, what the source stated last still holds.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::{LastRow, abridged_value};
use super::weakness::{digit_runs, has_words_of, plain_text};
use crate::exchange::{Imported, MilestoneStatements};
use crate::model::{Item, Milestone, MilestoneStatus};
use crate::nearest::likeness;

/// Least likeness of words for one milestone to be the other, corrected.
const CORRECTED: f64 = 0.75;

/// A milestone as the plan of a source said it last, before changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PlannedMilestone {
    /// The number in the source.
    pub(super) number: u32,
    /// Its identifier in the source, where that has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    /// The words; a digest of long ones.
    description: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due: Option<NaiveDate>,
    #[serde(default)]
    status: MilestoneStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completed: Option<NaiveDate>,
}

impl PlannedMilestone {
    fn of_milestone(step: &Milestone, key: Option<&String>) -> Self {
        Self {
            number: step.id,
            key: key.cloned(),
            description: short_words(&step.description),
            due: step.due,
            status: step.status,
            completed: step.completed,
        }
    }
}

/// Words as the record has them.
fn short_words(text: &str) -> String {
    match abridged_value("milestones", &Value::String(text.to_owned())) {
        Value::String(text) => text,
        _ => text.to_owned(),
    }
}

/// The milestones of a row by the numbers of the item.
#[derive(Debug, Clone, Default)]
pub(super) struct AlignedMilestones {
    /// The milestones as the source has them by now.
    pub(super) milestones: Vec<Milestone>,
    /// The milestones as its plan says them, for the record.
    pub(super) planned: BTreeMap<u32, PlannedMilestone>,
    /// Milestones whose number in the row is that of another with other words, of which the tracker has
    /// more than the source stated: the number of the item's, and the words of the row.
    pub(super) doubtful: Vec<(u32, String)>,
    /// Changes that were not read, to be said: the cell and the words.
    pub(super) unread: Vec<(String, String)>,
}

/// A milestone that an item has, or that its source stated once.
struct KnownMilestone {
    id: u32,
    /// The number in the last document; 0 where the source never stated it.
    number: u32,
    key: Option<String>,
    /// The words of the tracker and of the source, as they are compared.
    texts: BTreeSet<String>,
    due: Option<NaiveDate>,
    /// Whether something was done with it, so that other words under its number are not its own.
    begun: bool,
    /// Whether the tracker has more of it than the source stated.
    touched: bool,
}

/// Finds out which milestones of an item those of a row are, and how they stand. `keeps` returns whether the
/// tracker's milestone of a number stays where it is in doubt; else that of the row is one of its own.
pub(super) fn align_milestones(
    there: &Item,
    last: Option<&LastRow>,
    imported: &Imported,
    keeps: impl Fn(u32) -> bool,
) -> AlignedMilestones {
    let base = base_milestones(last);
    let mut aligned = AlignedMilestones::default();
    let mut statements = imported.milestones.clone();
    let mut stated = imported.item.milestones.clone();
    let alone = statements.alone.is_some();
    if let Some(alone) = statements.alone.take() {
        let before = numbered_as_stated(there, last, &base);
        let changed = alone.apply(&before);
        (stated, statements, aligned.unread) =
            (changed.milestones, changed.statements, changed.unread);
    }
    let known = known_milestones(there, last, &base);
    let pairs = pair_milestones(&stated, &statements.keys, &known);
    let mut taken: BTreeSet<u32> = known.iter().map(|one| one.id).collect();
    for (step, pair) in stated.iter().zip(pairs) {
        let number = step.id;
        let mut step = step.clone();
        let planned = statements.planned.iter().find(|one| one.id == number);
        match pair {
            MilestoneMatch::Known(place) => {
                let Some(one) = known.get(place) else { continue };
                step.id = one.id;
                let before = last.and_then(|last| last.planned().get(&one.id));
                if let (Some(planned), Some(before), Some(base)) =
                    (planned, before, base.iter().find(|base| base.id == one.id))
                {
                    carry_forward(&mut step, (number, planned), before, base, &statements);
                }
            }
            MilestoneMatch::Doubtful(place) => {
                let Some(one) = known.get(place) else { continue };
                aligned.doubtful.push((one.id, step.description.clone()));
                if keeps(one.id) {
                    // The record has the words of the source, the item keeps its own.
                    step.id = one.id;
                } else {
                    step.id = free_number(number, &mut taken);
                }
            }
            MilestoneMatch::New => step.id = free_number(number, &mut taken),
        }
        if let Some(planned) = planned.filter(|_| !alone) {
            let key = statements.keys.get(&number);
            let planned = PlannedMilestone::of_milestone(planned, key);
            aligned.planned.insert(step.id, planned);
        }
        aligned.milestones.push(step);
    }
    aligned
}

/// The milestones of a new item as its plan says them, for the record.
pub(super) fn planned_of(statements: &MilestoneStatements) -> BTreeMap<u32, PlannedMilestone> {
    let planned = statements
        .planned
        .iter()
        .map(|step| (step.id, PlannedMilestone::of_milestone(step, statements.keys.get(&step.id))));
    planned.collect()
}

/// Gives the milestones of an edited row the numbers that they had when it was built.
pub(super) fn restore_numbers(was: &[Milestone], is: &mut [Milestone]) {
    let known: Vec<KnownMilestone> = was
        .iter()
        .map(|step| KnownMilestone {
            id: step.id,
            number: step.id,
            key: None,
            texts: BTreeSet::from([plain_text(&step.description)]),
            due: step.due,
            begun: false,
            touched: false,
        })
        .collect();
    let pairs = pair_milestones(is, &BTreeMap::new(), &known);
    let mut taken: BTreeSet<u32> = was.iter().map(|step| step.id).collect();
    for (step, pair) in is.iter_mut().zip(pairs) {
        step.id = match pair {
            MilestoneMatch::Known(place) => known.get(place).map_or(step.id, |one| one.id),
            MilestoneMatch::Doubtful(_) | MilestoneMatch::New => free_number(step.id, &mut taken),
        };
    }
}

/// Keeps what the source stated of a milestone before, where the row says nothing else of it.
fn carry_forward(
    step: &mut Milestone,
    (number, planned): (u32, &Milestone),
    before: &PlannedMilestone,
    base: &Milestone,
    statements: &MilestoneStatements,
) {
    if !statements.moved.contains(&number) && planned.due == before.due {
        step.due = base.due;
    }
    let state = (before.status, before.completed);
    if !statements.settled.contains(&number) && (planned.status, planned.completed) == state {
        (step.status, step.completed) = (base.status, base.completed);
    }
    if !statements.reworded.contains(&number)
        && short_words(&planned.description) == before.description
    {
        step.description.clone_from(&base.description);
    }
}

/// The milestones that the source stated last, by the numbers of the item.
fn base_milestones(last: Option<&LastRow>) -> Vec<Milestone> {
    let list = last.and_then(|last| last.row_values().get("milestones"));
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|one| serde_json::from_value(one.clone()).ok()).collect()
}

/// The milestones to which changes refer that have no plan beside them: by the numbers of the source.
fn numbered_as_stated(there: &Item, last: Option<&LastRow>, base: &[Milestone]) -> Vec<Milestone> {
    let milestones = if base.is_empty() { there.milestones.as_slice() } else { base };
    let mut numbers = BTreeSet::new();
    let mut numbered = Vec::new();
    for step in milestones {
        let planned = last.and_then(|last| last.planned().get(&step.id));
        let number = planned.map_or(step.id, |planned| planned.number);
        if numbers.insert(number) {
            numbered.push(Milestone { id: number, ..step.clone() });
        }
    }
    numbered
}

fn known_milestones(
    there: &Item,
    last: Option<&LastRow>,
    base: &[Milestone],
) -> Vec<KnownMilestone> {
    let ids = there.milestones.iter().chain(base).map(|step| step.id);
    let mut seen = BTreeSet::new();
    let mut known = Vec::new();
    for id in ids.filter(|id| seen.insert(*id)) {
        let here = there.milestones.iter().find(|step| step.id == id);
        let said = base.iter().find(|step| step.id == id);
        let planned = last.and_then(|last| last.planned().get(&id));
        let words = here.into_iter().chain(said).map(|step| step.description.as_str());
        let words = words.chain(planned.map(|planned| planned.description.as_str()));
        let done = |step: &Milestone| {
            step.status != MilestoneStatus::Pending
                || !step.evidence.is_empty()
                || !step.notes.is_empty()
        };
        let same = match (here, said) {
            (Some(here), Some(said)) => {
                here.due == said.due
                    && short_words(&here.description) == said.description
                    && (here.status, here.completed) == (said.status, said.completed)
                    && here.evidence == said.evidence
                    && here.notes.len() == said.notes.len()
            }
            _ => false,
        };
        known.push(KnownMilestone {
            id,
            // A number of the tracker's own says nothing to the source.
            number: match (planned, last.is_some() && said.is_none()) {
                (Some(planned), _) => planned.number,
                (None, true) => 0,
                (None, false) => id,
            },
            key: planned.and_then(|planned| planned.key.clone()),
            texts: words.map(plain_text).collect(),
            due: said.or(here).and_then(|step| step.due),
            begun: here.into_iter().chain(said).any(done),
            touched: !same,
        });
    }
    known
}

/// The milestone of an item that a milestone of a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MilestoneMatch {
    /// One that is known, by its place.
    Known(usize),
    /// One that has the number of a known one and other words, where either could be meant.
    Doubtful(usize),
    /// A milestone of its own.
    New,
}

/// MilestonePairs the milestones of a row with those that are known.
fn pair_milestones(
    stated: &[Milestone],
    keys: &BTreeMap<u32, String>,
    known: &[KnownMilestone],
) -> Vec<MilestoneMatch> {
    let texts: Vec<String> = stated.iter().map(|step| plain_text(&step.description)).collect();
    let shorts: Vec<String> =
        stated.iter().map(|step| plain_text(&short_words(&step.description))).collect();
    let is_same = |row: usize, one: &KnownMilestone| {
        one.texts.contains(&texts[row]) || one.texts.contains(&shorts[row])
    };
    let same_number = |row: usize, one: &KnownMilestone| stated[row].id == one.number;
    let mut pairs =
        MilestonePairs { of_row: vec![None; stated.len()], used: vec![false; known.len()] };
    let key = |row: usize| keys.get(&stated[row].id);
    let has_key =
        |row: usize, one: &KnownMilestone| one.key.is_some() && key(row) == one.key.as_ref();
    pairs.pair_where(known, has_key);
    pairs.pair_where(known, |row, one| is_same(row, one) && same_number(row, one));
    pairs.pair_where(known, |row, one| is_same(row, one) && stated[row].due == one.due);
    pairs.pair_where(known, is_same);
    pairs.pair_alike(known, |row, one| {
        let score = one.texts.iter().map(|text| likeness_of_words(&texts[row], text));
        let score = score.fold(0.0, f64::max);
        let extended = same_number(row, one)
            && one
                .texts
                .iter()
                .any(|text| has_words_of(&texts[row], text) || has_words_of(text, &texts[row]));
        let score = if extended { score.max(CORRECTED) } else { score };
        (score >= CORRECTED).then_some((score, same_number(row, one)))
    });
    // Where the document numbers its milestones anew, a number names none of them.
    let renumbered = pairs.of_row.iter().enumerate().any(|(row, place)| {
        place.and_then(|place| known.get(place)).is_some_and(|one| !same_number(row, one))
    });
    let mut found = Vec::new();
    for row in 0..stated.len() {
        let left = known
            .iter()
            .enumerate()
            .position(|(place, one)| !renumbered && !pairs.used[place] && same_number(row, one));
        found.push(match (pairs.of_row[row], left) {
            (Some(place), _) => MilestoneMatch::Known(place),
            (None, Some(place)) if known[place].begun && known[place].touched => {
                MilestoneMatch::Doubtful(place)
            }
            (None, Some(place)) if !known[place].begun => MilestoneMatch::Known(place),
            (None, _) => MilestoneMatch::New,
        });
    }
    found
}

/// MilestonePairs that were found, by row and by known milestone.
struct MilestonePairs {
    of_row: Vec<Option<usize>>,
    used: Vec<bool>,
}

impl MilestonePairs {
    /// MilestonePairs each row that is left with the first that fits.
    fn pair_where(
        &mut self,
        known: &[KnownMilestone],
        fits: impl Fn(usize, &KnownMilestone) -> bool,
    ) {
        for row in 0..self.of_row.len() {
            if self.of_row[row].is_some() {
                continue;
            }
            let found =
                (0..known.len()).find(|place| !self.used[*place] && fits(row, &known[*place]));
            if let Some(place) = found {
                (self.of_row[row], self.used[place]) = (Some(place), true);
            }
        }
    }

    /// MilestonePairs what is left by a score and whether the number is the same, the best first.
    fn pair_alike(
        &mut self,
        known: &[KnownMilestone],
        score: impl Fn(usize, &KnownMilestone) -> Option<(f64, bool)>,
    ) {
        /// More milestones than a person writes into a cell: their words must be the same.
        const MOST: usize = 200;
        if self.of_row.len() > MOST || known.len() > MOST {
            return;
        }
        let mut found = Vec::new();
        for row in (0..self.of_row.len()).filter(|row| self.of_row[*row].is_none()) {
            for place in (0..known.len()).filter(|place| !self.used[*place]) {
                found.extend(score(row, &known[place]).map(|score| (score, row, place)));
            }
        }
        found.sort_by(|(a, ..), (b, ..)| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        for (_, row, place) in found {
            if self.of_row[row].is_none() && !self.used[place] {
                (self.of_row[row], self.used[place]) = (Some(place), true);
            }
        }
    }
}

/// The likeness of the words of two milestones; 0 where a number or a letter that stands alone differs, as
/// in `zone A` and `zone B`.
fn likeness_of_words(one: &str, other: &str) -> f64 {
    fn letters(text: &str) -> impl Iterator<Item = &str> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() == 1)
    }
    if !digit_runs(one).eq(digit_runs(other)) || !letters(one).eq(letters(other)) {
        return 0.0;
    }
    likeness(one, other)
}

/// Returns the number that a new milestone gets: its own where that is free.
fn free_number(number: u32, taken: &mut BTreeSet<u32>) -> u32 {
    let free = match taken.contains(&number) {
        false => number,
        true => taken.iter().max().map_or(1, |last| last + 1),
    };
    taken.insert(free);
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A milestone: its number, words, day and whether it is completed here and there.
    fn known(id: u32, text: &str, begun: bool, touched: bool) -> KnownMilestone {
        let texts = BTreeSet::from([plain_text(text)]);
        KnownMilestone { id, number: id, key: None, texts, due: None, begun, touched }
    }

    fn stated(texts: &[&str]) -> Vec<Milestone> {
        (1..).zip(texts).map(|(id, text)| Milestone::planned(id, *text, None)).collect()
    }

    #[test]
    fn milestones_are_known_by_their_words_and_not_by_their_place() {
        use MilestoneMatch::{Doubtful, Known, New};
        let two = [known(1, "Identify hosts", true, true), known(2, "Patch hosts", false, false)];
        for (texts, expected) in [
            (&["Inventory", "Identify hosts", "Patch hosts"][..], vec![New, Known(0), Known(1)]),
            (&["Patch hosts"], vec![Known(1)]),
            (&["Patch hosts", "Identify hosts"], vec![Known(1), Known(0)]),
            (&["Identify all hosts", "Patch hosts"], vec![Known(0), Known(1)]),
            (&["identify  HOSTS", "Re-scan"], vec![Known(0), Known(1)]),
            // Something was done with the first: other words are another milestone, or a question.
            (&["Buy a licence", "Patch hosts"], vec![Doubtful(0), Known(1)]),
            (&["Buy a licence", "Identify hosts"], vec![New, Known(0)]),
        ] {
            assert_eq!(
                pair_milestones(&stated(texts), &BTreeMap::new(), &two),
                expected,
                "{texts:?}"
            );
        }
        let done = [known(1, "Identify hosts", true, false)];
        let pairs = pair_milestones(&stated(&["Buy a licence"]), &BTreeMap::new(), &done);
        assert_eq!(pairs, [New], "what the source itself completed is not given other words");
        let zones = [known(1, "Patch zone A", true, true), known(2, "Patch zone B", false, false)];
        let pairs =
            pair_milestones(&stated(&["Patch zone C", "Patch zone B"]), &BTreeMap::new(), &zones);
        assert_eq!(pairs, [Doubtful(0), Known(1)]);
    }

    #[test]
    fn an_identifier_of_the_source_goes_first() {
        let mut one = known(1, "Identify hosts", true, true);
        one.key = Some("u-1".to_owned());
        let keys = BTreeMap::from([(2, "u-1".to_owned())]);
        let pairs = pair_milestones(&stated(&["Inventory", "Find all hosts"]), &keys, &[one]);
        assert_eq!(pairs, [MilestoneMatch::New, MilestoneMatch::Known(0)]);
    }

    #[test]
    fn the_number_decides_between_milestones_of_the_same_words() {
        let twice = [known(1, "Patch", true, true), known(2, "Patch", false, false)];
        let pairs = pair_milestones(&stated(&["Patch", "Patch"]), &BTreeMap::new(), &twice);
        assert_eq!(pairs, [MilestoneMatch::Known(0), MilestoneMatch::Known(1)]);
        let mut taken = BTreeSet::from([1, 2]);
        assert_eq!((free_number(1, &mut taken), free_number(7, &mut taken)), (3, 7));
    }

    #[test]
    fn an_edited_row_keeps_the_numbers_of_its_milestones() {
        let was = stated(&["Identify hosts", "Patch hosts"]);
        let mut is = stated(&["Inventory", "Identify hosts", "Patch hosts"]);
        restore_numbers(&was, &mut is);
        let ids: Vec<u32> = is.iter().map(|step| step.id).collect();
        assert_eq!(ids, [3, 1, 2]);
    }
}
