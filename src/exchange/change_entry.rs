//! One entry of *Milestone Changes*: `(2) Update 2026-06-18 : why`, and what people write for it.

use chrono::NaiveDate;

use super::entries::{EntryStart, head, leading_date};
use super::milestones::milestone;
use crate::model::{Milestone, MilestoneStatus};
use crate::workbook::DateForms;

/// Kind of change that an entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    New,
    Update,
    Complete,
    /// Only while an entry is read: it is an update that states a state.
    Cancel,
}

/// One change of a milestone.
#[derive(Debug)]
pub(super) struct ChangeEntry<'a> {
    pub(super) number: u32,
    pub(super) kind: EntryKind,
    /// The date of the change: of a new or moved milestone when it is due, of a completion when it
    /// was done. Only a completion may have none.
    pub(super) date: Option<NaiveDate>,
    /// The day of the entry, where it is in front.
    logged: Option<NaiveDate>,
    why: &'a str,
    pub(super) said: EntryUpdate,
}

/// Content of an update besides its date.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EntryUpdate {
    /// `moved from 2026-06-18 to 2026-07-10 on 2026-06-01`, or `…, day unknown`
    Moved { from: Option<NaiveDate>, to_none: bool, day: Option<NaiveDate> },
    /// `in-progress`, `cancelled`, …
    State(MilestoneStatus),
    /// `now reads "…"`
    Reads(String),
    /// `removed`
    Removed,
    /// Words of others: the milestone has another date.
    Other,
}

/// The words for a milestone that is gone.
pub(super) const REMOVED: &str = "removed";
/// The words before another description, which is in quotes; a quote in it is doubled.
pub(super) const READS: &str = "now reads \"";

impl<'a> ChangeEntry<'a> {
    /// Reads an entry: `(2) Update 2026-06-18 : why`, and what people write for it.
    pub(super) fn read(entry: &'a str, forms: DateForms) -> Option<Self> {
        let (found, rest) = head(entry, forms);
        match found {
            EntryStart::Bracketed(number)
            | EntryStart::Numbered(number)
            | EntryStart::Labelled(number) => Self::of_kind(number, rest, forms)
                .or_else(|| Self::logged(number, rest, forms))
                .or_else(|| Self::happened(number, rest, None, forms)),
            // `2024-12-01 - Milestone 1 completed`
            EntryStart::Dated => Self::dated(rest, forms),
            EntryStart::Bullet => Self::read(rest, forms),
            EntryStart::Plain => Self::of_milestone(entry, None, forms),
        }
    }

    /// `Update 2026-06-18 : why`, behind the number.
    fn of_kind(number: u32, text: &'a str, forms: DateForms) -> Option<Self> {
        let (word, kind, rest) = kind(text)?;
        let behind = rest.trim_start_matches([' ', ':', '-', '\u{a0}']);
        let lead =
            [("on ", false), ("to ", true), ("until ", true), ("till ", true), ("by ", true)];
        let (behind, to) = lead
            .into_iter()
            .find_map(|(word, to)| Some((strip_word(behind, word)?, to)))
            .unwrap_or((behind, false));
        if let Some(found) = leading_date(behind, forms) {
            // Only `Update` itself has the new date right behind it: `Delayed 2026-06-18` may be the
            // day on which that was decided.
            if kind == EntryKind::Update && !to && !IS_NEW_DATE.contains(&word.as_str()) {
                return None;
            }
            let date = found.date.ok()?;
            let why = found.rest.trim();
            let said = match kind {
                EntryKind::Cancel => EntryUpdate::State(MilestoneStatus::Cancelled),
                _ => EntryUpdate::read(why),
            };
            let kind = if kind == EntryKind::Cancel { EntryKind::Update } else { kind };
            return Some(Self { number, kind, date: Some(date), logged: None, why, said });
        }
        // `(1) Complete : done`, without a day. `Complete the migration` is no such thing.
        let ends = rest.trim_start().is_empty() || rest.trim_start().starts_with([':', '-', '.']);
        let why = rest.trim_start_matches([' ', ':', '-', '.']).trim_end();
        let kind_of = match kind {
            EntryKind::Complete => Some((EntryKind::Complete, EntryUpdate::Other)),
            EntryKind::Cancel => {
                Some((EntryKind::Update, EntryUpdate::State(MilestoneStatus::Cancelled)))
            }
            EntryKind::New | EntryKind::Update => None,
        };
        let (kind, said) = kind_of.filter(|_| ends)?;
        Some(Self { number, kind, date: None, logged: None, why, said })
    }

    /// `2026-01-20: completed`, `2026-01-20: moved to 2026-03-01`, behind the number.
    fn logged(number: u32, text: &'a str, forms: DateForms) -> Option<Self> {
        let found = leading_date(text, forms)?;
        let day = found.date.ok()?;
        Self::happened(number, found.rest, Some(day), forms)
    }

    /// `2024-12-01 - Updated milestone 1: …`
    fn dated(text: &'a str, forms: DateForms) -> Option<Self> {
        let found = leading_date(text, forms)?;
        let day = found.date.ok()?;
        Self::of_milestone(found.rest, Some(day), forms)
    }

    /// `Milestone 1 completed 2026-01-20`, `Completed milestone 1`, `Milestone 2 moved to 2026-07-01`.
    fn of_milestone(text: &'a str, day: Option<NaiveDate>, forms: DateForms) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let at = lower.find("milestone")?;
        let behind = text.get(at + "milestone".len()..)?.trim_start_matches([' ', '#', '-']);
        let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        let number = behind[..end].parse().ok()?;
        let rest = behind[end..].trim_start_matches([' ', ':', '-', ',', '(', ')']);
        let before = text[..at].trim();
        // A second milestone in the sentence: nobody knows which of the two the words are about.
        if rest.to_ascii_lowercase().contains("milestone") {
            return None;
        }
        if before.is_empty() {
            return Self::happened(number, rest, day, forms);
        }
        let (word, kind, more) = kind(before)?;
        if !more.trim().is_empty() {
            return None;
        }
        match (kind, day) {
            (EntryKind::Complete, _) => {
                let date = leading_date(rest, forms).and_then(|found| found.date.ok()).or(day);
                let said = EntryUpdate::Other;
                Some(Self { number, kind, date, logged: day, why: rest, said })
            }
            (EntryKind::Cancel, _) => Some(Self::cancelled(number, day, rest)),
            (EntryKind::Update, _) => {
                let date = new_date(rest, !IS_NEW_DATE.contains(&word.as_str()), forms)?;
                let said = EntryUpdate::Other;
                Some(Self { number, kind, date: Some(date), logged: day, why: rest, said })
            }
            (EntryKind::New, _) => None,
        }
    }

    fn cancelled(number: u32, day: Option<NaiveDate>, why: &'a str) -> Self {
        let said = EntryUpdate::State(MilestoneStatus::Cancelled);
        Self { number, kind: EntryKind::Update, date: None, logged: day, why, said }
    }

    /// Parses a change of a milestone such as `completed` or `moved to 2026-03-01: why`.
    fn happened(
        number: u32,
        text: &'a str,
        day: Option<NaiveDate>,
        forms: DateForms,
    ) -> Option<Self> {
        let text = text.trim();
        let text = ["was ", "is ", "has been "]
            .into_iter()
            .find_map(|word| strip_word(text, word))
            .unwrap_or(text);
        let (_, kind, rest) = kind(text)?;
        match kind {
            EntryKind::Complete => {
                let mut entry = Self::of_kind(number, text, forms)?;
                (entry.date, entry.logged) = (entry.date.or(day), day);
                Some(entry)
            }
            EntryKind::Cancel => Some(Self::cancelled(number, day, rest)),
            EntryKind::Update => {
                let date = new_date(rest, true, forms)?;
                let said = EntryUpdate::Other;
                Some(Self { number, kind, date: Some(date), logged: day, why: rest.trim(), said })
            }
            EntryKind::New => None,
        }
    }

    /// The words behind the date.
    pub(super) fn why(&self) -> &str {
        self.why
    }

    pub(super) fn apply(&self, milestones: &mut Vec<Milestone>) -> Option<()> {
        let place = milestones.iter().position(|step| step.id == self.number);
        let Some(place) = place else {
            if self.kind != EntryKind::New || self.why.is_empty() {
                return None;
            }
            milestones.push(milestone(self.number, self.date, self.why));
            return Some(());
        };
        let step = &mut milestones[place];
        match (self.kind, &self.said) {
            (EntryKind::New | EntryKind::Cancel, _) => return None,
            (EntryKind::Complete, _) => {
                step.status = MilestoneStatus::Completed;
                step.completed = self.completed();
            }
            (EntryKind::Update, EntryUpdate::Moved { to_none, .. }) => {
                step.due = self.date.filter(|_| !to_none);
            }
            (EntryKind::Update, EntryUpdate::State(status)) => {
                // The date of one that has none is the day of the change.
                if step.due.is_some() && self.date.is_some() && step.completed != self.date {
                    step.due = self.date;
                }
                (step.status, step.completed) = (*status, None);
            }
            (EntryKind::Update, EntryUpdate::Reads(text)) => step.description.clone_from(text),
            (EntryKind::Update, EntryUpdate::Removed) => _ = milestones.remove(place),
            // It may have moved the date of what was done, or opened it again.
            (EntryKind::Update, EntryUpdate::Other)
                if step.status == MilestoneStatus::Completed =>
            {
                return None;
            }
            (EntryKind::Update, EntryUpdate::Other) => step.due = self.date,
        }
        Some(())
    }

    /// Returns the day of completion, where it states one: an entry needs a date, also where nobody
    /// knows it.
    fn completed(&self) -> Option<NaiveDate> {
        let unknown = self.why.strip_prefix("completed").is_some_and(is_day_unknown);
        self.date.filter(|_| !unknown)
    }

    /// Explains why an entry conflicts with the milestones.
    pub(super) fn conflict(&self, milestones: &[Milestone]) -> &'static str {
        let known = milestones.iter().any(|step| step.id == self.number);
        match self.kind {
            EntryKind::New if known => "there is a milestone with this number",
            EntryKind::New => "nothing says what the new milestone is",
            _ if known => "the milestone was completed before",
            _ => "there is no milestone with this number",
        }
    }

    /// Returns the day of the change, where it states one.
    pub(super) fn day(&self) -> Option<NaiveDate> {
        match (self.kind, &self.said) {
            (EntryKind::Complete, _) => self.completed(),
            (EntryKind::Update, EntryUpdate::Removed) => self.date,
            (_, EntryUpdate::Moved { day, .. }) => *day,
            _ => self.logged,
        }
    }
}

/// Words behind which the new date of a milestone is.
const IS_NEW_DATE: [&str; 6] = ["update", "updated", "revised", "changed", "change", "revision"];

/// Returns the first word, the change that it names, and the rest. `New date` names no new
/// milestone.
fn kind(text: &str) -> Option<(String, EntryKind, &str)> {
    let text = text.trim_start_matches(['[', '*', ' ']);
    let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    let word = text[..end].to_lowercase();
    let rest = text[end..].trim_start_matches([']', '*']);
    let kind = match word.as_str() {
        "new" | "added" | "add" => {
            let next = rest.trim_start().to_lowercase();
            match ["date", "due date", "target date"].iter().find(|it| next.starts_with(**it)) {
                Some(date) => {
                    let rest = rest.trim_start().get(date.len()..)?;
                    return Some(("update".to_owned(), EntryKind::Update, rest));
                }
                None => EntryKind::New,
            }
        }
        "complete" | "completed" | "done" | "finished" | "closed" => EntryKind::Complete,
        "cancelled" | "canceled" | "cancel" => EntryKind::Cancel,
        "moved" | "extended" | "rescheduled" | "delayed" | "postponed" | "slipped" | "pushed"
        | "shifted" | "deferred" => EntryKind::Update,
        word if IS_NEW_DATE.contains(&word) => EntryKind::Update,
        _ => return None,
    };
    Some((word, kind, rest))
}

/// Returns the text behind a word with its blank, in any case.
fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let start = text.get(..word.len())?;
    start.eq_ignore_ascii_case(word).then(|| text[word.len()..].trim_start())
}

/// Returns the new date that a sentence names: behind `to`, `until` or `date`. `named` shows that a
/// date right at its start is another day.
fn new_date(text: &str, named: bool, forms: DateForms) -> Option<NaiveDate> {
    if !named && let Some(found) = leading_date(text.trim_start_matches([' ', ':', '-']), forms) {
        return found.date.ok();
    }
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for word in ["to ", "until ", "till ", "date ", "date: ", "date is "] {
        for (at, _) in lower.match_indices(word) {
            let whole_word = !text[..at].ends_with(char::is_alphanumeric);
            let date = text.get(at + word.len()..).filter(|_| whole_word);
            found.extend(date.and_then(|date| leading_date(date, forms)).map(|found| found.date));
        }
    }
    match found.as_slice() {
        [Ok(date)] => Some(*date),
        _ => None,
    }
}

impl EntryUpdate {
    fn read(why: &str) -> Self {
        use MilestoneStatus::{Cancelled, Completed, InProgress, Pending};
        let is = |word: &str| {
            why.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(": "))
        };
        if why == Completed.as_str() {
            return Self::State(Completed);
        }
        let state = [Pending, InProgress, Cancelled].into_iter().find(|one| is(one.as_str()));
        match state {
            Some(state) => Self::State(state),
            None if is(REMOVED) => Self::Removed,
            None => moved(why).or_else(|| reads(why)).unwrap_or(Self::Other),
        }
    }
}

fn moved(why: &str) -> Option<EntryUpdate> {
    let (from, rest) = why.strip_prefix("moved from ")?.split_once(" to ")?;
    let (to, rest) = match rest.strip_prefix(NO_DATE) {
        Some(rest) => (NO_DATE, rest),
        None => (rest.get(..10)?, rest.get(10..)?),
    };
    let day = match rest.strip_prefix(" on ") {
        Some(day) => Some(day.get(..10)?.parse().ok()?),
        None if is_day_unknown(rest) => None,
        None => return None,
    };
    let from = match from {
        NO_DATE => None,
        date => Some(date.parse().ok()?),
    };
    Some(EntryUpdate::Moved { from, to_none: to == NO_DATE, day })
}

pub(super) const NO_DATE: &str = "no date";
/// The words behind a change whose day the source of an event does not give.
pub(super) const DAY_UNKNOWN: &str = ", day unknown";

/// Returns whether the words behind a change state that its day is unknown.
fn is_day_unknown(rest: &str) -> bool {
    rest.strip_prefix(DAY_UNKNOWN).is_some_and(|rest| rest.is_empty() || rest.starts_with(": "))
}

/// Returns the text up to the quote that is not doubled.
fn reads(why: &str) -> Option<EntryUpdate> {
    let mut rest = why.strip_prefix(READS)?;
    let mut text = String::new();
    loop {
        let (before, after) = rest.split_once('"')?;
        text.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                text.push('"');
                rest = more;
            }
            None if after.is_empty() || after.starts_with(": ") => break,
            None => return None,
        }
    }
    Some(EntryUpdate::Reads(text)).filter(|_| !why.is_empty())
}
