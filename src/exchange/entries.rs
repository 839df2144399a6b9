//! Lines of a free cell that begin an entry of a list: `(1) 2026-05-23: text`, `2. text`,
//! `Milestone 3: text`, `2026-05-23 - text`, `- text`.
//!
//! Cells are written by people, so a line counts by what it begins with, not by the blank lines
//! around it. The readers of milestones and of their changes share this module.

use chrono::NaiveDate;

use crate::workbook::{DateForms, DateProblem, MONTHS, parse_date_text};

/// Form in which a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryStart {
    /// `(2) …`, as the template has it.
    Bracketed(u32),
    /// `2) …` or `2. …`
    Numbered(u32),
    /// `Milestone 2: …`
    Labelled(u32),
    /// `2026-05-23: …` or `2026-05-23 - …`
    Dated,
    /// `- …`
    Bullet,
    /// Anything else.
    Plain,
}

impl EntryStart {
    /// Returns the number of the entry, where the line states one.
    pub(super) fn number(self) -> Option<u32> {
        match self {
            Self::Bracketed(number) | Self::Numbered(number) | Self::Labelled(number) => {
                Some(number)
            }
            Self::Dated | Self::Bullet | Self::Plain => None,
        }
    }
}

/// Splits a line into the form of its beginning and the rest behind the number or bullet. The date
/// of a dated line stays.
pub(super) fn head(line: &str, forms: DateForms) -> (EntryStart, &str) {
    let line = line.trim_start();
    if let Some((number, rest)) = bracketed(line) {
        return (EntryStart::Bracketed(number), rest);
    }
    if let Some((number, rest)) = labelled(line) {
        return (EntryStart::Labelled(number), rest);
    }
    if leading_date(line, forms).is_some_and(|found| found.ends_with_separator) {
        return (EntryStart::Dated, line);
    }
    if let Some((number, rest)) = numbered(line) {
        return (EntryStart::Numbered(number), rest);
    }
    let bullet =
        line.strip_prefix(['-', '*', '\u{2022}', '\u{2013}', '\u{b7}', '\u{25cf}', '\u{25aa}']);
    match bullet {
        Some(rest) if rest.starts_with(char::is_whitespace) => {
            (EntryStart::Bullet, rest.trim_start())
        }
        _ => (EntryStart::Plain, line),
    }
}

/// Characters of the longest number in brackets. No more of a line is searched.
const LONGEST_NUMBER: usize = 12;
/// Entries of a cell from which on it is no list that a person wrote.
pub(super) const MOST_ENTRIES: usize = 1000;

/// `(12) rest`.
pub(super) fn bracketed(line: &str) -> Option<(u32, &str)> {
    let inner = line.strip_prefix('(')?;
    let close = inner.char_indices().take(LONGEST_NUMBER).find(|(_, c)| *c == ')')?.0;
    let (number, rest) = (inner[..close].trim(), &inner[close + 1..]);
    let number = number.strip_prefix('#').unwrap_or(number);
    Some((whole_number(number)?, rest.trim_start()))
}

/// `2) rest`, `2. rest`, `2: rest`, `#2 - rest`; not `2.1 rest` and not a date.
fn numbered(line: &str) -> Option<(u32, &str)> {
    let digits = line.strip_prefix('#').unwrap_or(line);
    let end = digits.find(|c: char| !c.is_ascii_digit())?;
    let number = digits.get(..end).filter(|digits| digits.len() <= 3).and_then(whole_number)?;
    let rest = digits[end..].trim_start_matches(' ');
    let rest = rest.strip_prefix([')', '.', ':']).or_else(|| rest.strip_prefix("- "))?;
    let begins_text = rest.trim_start().chars().next().is_some_and(|c| !c.is_ascii_digit());
    (begins_text || rest.starts_with(char::is_whitespace)).then_some((number, rest.trim_start()))
}

/// Words before the number of an entry.
const LABELS: [&str; 22] = [
    "milestone",
    "ms",
    "m",
    "step",
    "phase",
    "task",
    "action",
    "stage",
    "activity",
    "meilenstein",
    "schritt",
    "aufgabe",
    "\u{e9}tape",
    "etape",
    "jalon",
    "t\u{e2}che",
    "paso",
    "etapa",
    "hito",
    "fase",
    "tarea",
    "passo",
];

/// `Milestone 2: rest`, `Milestone #2 - rest`, `MS 2) rest`, `Step 2: rest`, `Milestone 2 (rest`.
fn labelled(line: &str) -> Option<(u32, &str)> {
    let end = line.find(|c: char| !c.is_alphabetic())?;
    let (label, rest) = line.split_at(end);
    if !LABELS.contains(&label.to_lowercase().as_str()) {
        return None;
    }
    let rest = rest.trim_start_matches([' ', '-', '#', '\u{a0}']);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (number, rest) = rest.split_at(end);
    let number = whole_number(number)?;
    let text = rest.trim_start();
    let separated = text.strip_prefix([':', ')', '.', ',', '-', '\u{2013}', '\u{2014}']);
    match separated {
        Some(text) => Some((number, text.trim_start())),
        // `Milestone 2 (2026-03-01): text`, `Milestone 2 2026-03-01: text`
        None if text.starts_with(|c: char| c == '(' || c.is_ascii_digit()) => Some((number, text)),
        None => None,
    }
}

/// Explains why a text is not a date, with the option that settles it where there is one.
pub(super) fn with_option(problem: &DateProblem) -> String {
    match problem {
        DateProblem::Ambiguous { .. } | DateProblem::ShortYear(_) => {
            format!("{problem}, or say --dates dmy or --dates mdy for the whole file")
        }
        DateProblem::NoDay(_) => {
            format!("{problem}, or say --month-day first or --month-day last for the whole file")
        }
        DateProblem::Blank | DateProblem::Unknown(_) => {
            format!("{problem}: write it as YYYY-MM-DD")
        }
    }
}

fn whole_number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// A date at the start of a text.
pub(super) struct LeadingDate<'a> {
    /// The day, or why the date is none.
    pub(super) date: Result<NaiveDate, DateProblem>,
    /// The text behind the date and its separator.
    pub(super) rest: &'a str,
    /// Whether `:`, a dash or a bar parts the date from the rest.
    pub(super) ends_with_separator: bool,
}

/// Returns the date with which a text starts, also in brackets. A date that can be read in two ways is
/// found, too. Of two days with `to` or a dash between them it is the last.
pub(super) fn leading_date(text: &str, forms: DateForms) -> Option<LeadingDate<'_>> {
    let first = single_date(text, forms)?;
    let Ok(start) = first.date else { return Some(first) };
    let used = text.len() - first.rest.len();
    let between = text[..used].trim_end();
    let (begins, rest) = match first.ends_with_separator {
        true => (between.ends_with(['-', '\u{2013}', '\u{2014}']), first.rest),
        false => RANGE_WORDS
            .iter()
            .find_map(|word| first.rest.strip_prefix(word))
            .map_or((false, first.rest), |rest| (true, rest.trim_start())),
    };
    let last = single_date(rest, forms).filter(|_| begins);
    match last {
        Some(last) if last.date.as_ref().is_ok_and(|end| *end >= start) => Some(last),
        _ => Some(first),
    }
}

/// Words between the first and the last day of a range.
const RANGE_WORDS: [&str; 5] = ["to ", "through ", "thru ", "until ", "till "];

/// Returns the text before the first day of a range whose last day follows: `text - 2026-02-10 to`.
fn without_range_start(lead: &str, forms: DateForms) -> Option<&str> {
    const LONGEST: usize = 45;
    let lead = lead.trim_end();
    let words = RANGE_WORDS.iter().find_map(|word| lead.strip_suffix(word.trim_end()));
    let dash = || lead.strip_suffix(['-', '\u{2013}', '\u{2014}']);
    let start = words.filter(|rest| rest.ends_with(' ')).or_else(dash)?.trim_end();
    let begins = |at: &usize| {
        start[*at..].starts_with(char::is_alphanumeric)
            && !start[..*at].ends_with(|c: char| c.is_alphanumeric() || "-/.".contains(c))
    };
    let starts = start.char_indices().map(|(at, _)| at).filter(|at| start.len() - at <= LONGEST);
    let at =
        starts.filter(begins).find(|at| matches!(as_date(&start[*at..], forms), Some(Ok(_))))?;
    Some(start[..at].trim_end())
}

/// Returns whether a date is a month alone, for which a person says which day it stands for.
fn is_month_alone(text: &str, forms: DateForms) -> bool {
    let plain = DateForms { month: None, ..forms };
    matches!(as_date(text, plain), Some(Err(DateProblem::NoDay(_))))
}

/// Returns the longest start of a text that is a date, also in brackets.
fn single_date(text: &str, forms: DateForms) -> Option<LeadingDate<'_>> {
    /// No date with its time of day is longer.
    const LONGEST: usize = 40;
    if let Some(inner) = text.strip_prefix(['(', '['])
        && let Some((close, _)) =
            inner.char_indices().take(LONGEST + 20).find(|(_, c)| matches!(c, ')' | ']'))
        && let Some(date) = due_date(&inner[..close], forms)
    {
        let (rest, _) = after_date(&inner[close + 1..]);
        return Some(LeadingDate { date, rest, ends_with_separator: true });
    }
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let ends = text
        .char_indices()
        .take_while(|(at, _)| *at <= LONGEST)
        .filter(|(at, c)| {
            *at > 0
                && (c.is_whitespace()
                    || matches!(c, ':' | '-' | '\u{2013}' | '\u{2014}' | '|' | ';'))
        })
        .map(|(at, _)| at)
        .chain((text.len() <= LONGEST).then_some(text.len()));
    let ends: Vec<usize> = ends.collect();
    ends.into_iter().rev().find_map(|end| {
        let date = as_date(&text[..end], forms)?;
        // The month of `2026-02-30` is no date: the day does not exist.
        let goes_on = text[end..].strip_prefix(['-', '/', '.', '\u{2013}']);
        if goes_on.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            && is_month_alone(&text[..end], forms)
        {
            return None;
        }
        let (rest, ends_with_separator) = after_date(&text[end..]);
        Some(LeadingDate { date, rest, ends_with_separator })
    })
}

/// Returns a date with or without words before it that make it a day by which something is due.
fn due_date(text: &str, forms: DateForms) -> Option<Result<NaiveDate, DateProblem>> {
    let lower = text.to_lowercase();
    let due = BEFORE_DATES.iter().filter(|(_, meaning)| *meaning == DateMeaning::Due);
    let rests = due.filter_map(|(words, _)| {
        let rest = lower.strip_prefix(words)?;
        rest.starts_with([' ', ':']).then(|| rest.trim_start_matches([':', ' ']))
    });
    as_date(text, forms).or_else(|| rests.filter_map(|rest| as_date(rest, forms)).next())
}

/// Returns the text behind a date, without what parts them, and whether anything but blanks does.
fn after_date(text: &str) -> (&str, bool) {
    let rest = text.trim_start();
    match rest.strip_prefix([':', '-', '\u{2013}', '\u{2014}', '|', ';', '.']) {
        Some(rest) => (rest.trim_start(), true),
        None => (rest, false),
    }
}

/// Returns the day of a text, or why it is none; `None` where it is no date at all.
fn as_date(text: &str, forms: DateForms) -> Option<Result<NaiveDate, DateProblem>> {
    match parse_date_text(text.trim_end().trim_end_matches([',', '.']), forms) {
        Ok(date) => Some(Ok(date)),
        Err(DateProblem::Blank | DateProblem::Unknown(_)) => None,
        Err(problem) => Some(Err(problem)),
    }
}

/// Finds another entry within a line: `text (2) 2026-03-01: more`, `text. Milestone 2: more by
/// 2026-03-01`, `text 2. more - 2026-03-01`.
pub(super) fn entry_within(text: &str, forms: DateForms) -> Option<&str> {
    let blanks = text.match_indices([' ', '\t']).map(|(at, _)| at);
    let mut entries = blanks.filter(|at| match head(&text[at + 1..], forms) {
        (EntryStart::Labelled(number) | EntryStart::Numbered(number), rest) => {
            // The date at the end of the cell's text may have been taken for the first entry.
            let line = rest.lines().next().unwrap_or_default();
            number > 1 && (has_date(line, forms) || has_date(&text[..*at], forms))
        }
        _ => false,
    });
    if let Some(at) = entries.next() {
        return Some(&text[at + 1..]);
    }
    let places = text.match_indices('(').map(|(at, _)| at).filter(|at| *at > 0);
    places.map(|at| &text[at..]).find(|rest| {
        bracketed(rest).is_some_and(|(_, rest)| {
            leading_date(rest, forms).is_some_and(|found| found.ends_with_separator)
        })
    })
}

/// Cuts a line whose first entry is labelled before each label that carries the next number: `Step 1: a by
/// 2026-12-01. Step 2: b`. Other numbers within a line may be words of it.
pub(super) fn labelled_within(line: &str, forms: DateForms) -> Vec<&str> {
    let (EntryStart::Labelled(mut number), _) = head(line, forms) else { return vec![line] };
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in line.match_indices([' ', '\t']) {
        let rest = &line[at + 1..];
        let next = match head(rest, forms) {
            (EntryStart::Labelled(next), _) if rest.starts_with(char::is_alphabetic) => next,
            _ => continue,
        };
        if next == number + 1 {
            parts.push(line[start..at].trim_end_matches([' ', '\t', ',', ';']));
            (start, number) = (at + 1, next);
        }
    }
    parts.push(&line[start..]);
    parts
}

/// Returns whether a line is a day with a name of work behind it and nothing between them:
/// `2026-12-01 Patch staging`. What goes on in small letters shows what happened on a day.
pub(super) fn is_day_with_words(line: &str, forms: DateForms) -> bool {
    leading_date(line.trim(), forms).is_some_and(|found| {
        found.date.is_ok()
            && found.rest.starts_with(|c: char| c.is_alphanumeric() && !c.is_lowercase())
    })
}

/// Finds a day of a month without a year: `1 Dec`, `December 1st`.
pub(super) fn day_without_year(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let bare = |word: &str| word.trim_matches([',', '.', '(', ')', ':', ';']).to_lowercase();
    let is_month = |word: &str| {
        let word = bare(word);
        word.len() >= 3
            && MONTHS.iter().any(|month| *month == word || month.get(..3) == Some(word.as_str()))
    };
    let is_day = |word: &str| {
        let word = bare(word);
        let number = word.trim_end_matches(|c: char| c.is_alphabetic());
        let end = word.get(number.len()..).unwrap_or_default();
        number.parse::<u32>().is_ok_and(|day| (1..=31).contains(&day))
            && matches!(end, "" | "st" | "nd" | "rd" | "th")
    };
    let is_year = |word: &str| {
        let word = bare(word);
        word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit())
    };
    let found = words.windows(2).enumerate().find(|(at, pair)| {
        let [first, second] = pair else { return false };
        let is_date = (is_day(first) && is_month(second)) || (is_month(first) && is_day(second));
        is_date && !words.get(at + 2).is_some_and(|next| is_year(next))
    });
    found.map(|(_, pair)| pair.join(" ").trim_matches([',', '.', '(', ')', ';', ':']).to_owned())
}

/// Returns a date anywhere in a text.
pub(super) fn has_date(text: &str, forms: DateForms) -> bool {
    let starts = text.char_indices().filter(|(at, c)| {
        let within = || text[..*at].ends_with(|c: char| c.is_alphanumeric() || "-/.".contains(c));
        matches!(c, '(' | '[') || (c.is_ascii_digit() && !within())
    });
    let mut starts = starts.map(|(at, _)| at);
    starts.any(|at| leading_date(&text[at..], forms).is_some_and(|found| found.date.is_ok()))
}

/// DateMeaning of a date by the words before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateMeaning {
    /// The day by which something is to be done.
    Due,
    /// The day on which it was done.
    Completed,
}

/// Words before a date, with what they state of it.
const BEFORE_DATES: [(&str, DateMeaning); 38] = [
    ("by", DateMeaning::Due),
    ("due", DateMeaning::Due),
    ("due by", DateMeaning::Due),
    ("due on", DateMeaning::Due),
    ("due date", DateMeaning::Due),
    ("target", DateMeaning::Due),
    ("target date", DateMeaning::Due),
    ("target completion", DateMeaning::Due),
    ("target completion date", DateMeaning::Due),
    ("eta", DateMeaning::Due),
    ("ecd", DateMeaning::Due),
    ("nlt", DateMeaning::Due),
    ("no later than", DateMeaning::Due),
    ("on or before", DateMeaning::Due),
    ("planned", DateMeaning::Due),
    ("planned for", DateMeaning::Due),
    ("scheduled", DateMeaning::Due),
    ("scheduled for", DateMeaning::Due),
    ("scheduled completion", DateMeaning::Due),
    ("scheduled completion date", DateMeaning::Due),
    ("expected", DateMeaning::Due),
    ("expected by", DateMeaning::Due),
    ("estimated completion", DateMeaning::Due),
    ("estimated completion date", DateMeaning::Due),
    ("completed by", DateMeaning::Due),
    ("complete by", DateMeaning::Due),
    ("completed", DateMeaning::Completed),
    ("completed on", DateMeaning::Completed),
    ("complete", DateMeaning::Completed),
    ("done", DateMeaning::Completed),
    ("done on", DateMeaning::Completed),
    ("finished", DateMeaning::Completed),
    ("finished on", DateMeaning::Completed),
    ("closed on", DateMeaning::Completed),
    ("completed date", DateMeaning::Completed),
    ("date completed", DateMeaning::Completed),
    ("actual completion", DateMeaning::Completed),
    ("actual completion date", DateMeaning::Completed),
];

fn meaning(words: &str) -> Option<DateMeaning> {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    BEFORE_DATES.iter().find(|(known, _)| *known == words).map(|(_, meaning)| *meaning)
}

/// A date at the end of a text.
pub(super) struct TrailingDate<'a> {
    /// The day, or why the date is none.
    pub(super) date: Result<NaiveDate, DateProblem>,
    /// DateMeaning of the date.
    pub(super) meaning: DateMeaning,
    /// The text before it, where the date is apart from the sentence; else all of it.
    pub(super) text: &'a str,
}

/// The characters that set a date apart from the text before it.
const APART: [char; 6] = ['-', '\u{2013}', '\u{2014}', ',', ';', '|'];

/// Returns the date with which a text ends, where what is before it states what it is: `text by
/// DATE`, `text (due DATE)`, `text - DATE`, `text: DATE`, `text - completed DATE`.
pub(super) fn trailing_date(whole: &str, forms: DateForms) -> Option<TrailingDate<'_>> {
    /// No date with its time of day is longer.
    const LONGEST: usize = 45;
    let whole = whole.trim_end();
    let text = whole.trim_end_matches('.');
    let (outside, inner) = match text.strip_suffix([')', ']']) {
        Some(inner) => {
            let open = inner.rfind(['(', '['])?;
            (Some(inner[..open].trim_end()), &inner[open + 1..])
        }
        None => (None, text),
    };
    let begins = |at: &usize| {
        inner[*at..].starts_with(char::is_alphanumeric)
            && !inner[..*at].ends_with(char::is_alphanumeric)
    };
    let starts = inner.char_indices().map(|(at, _)| at);
    // The longest date wins: `5 May 2026`, not `May 2026`.
    let mut starts = starts.filter(|at| inner.len() - at <= LONGEST).filter(begins);
    let (at, date) = starts.find_map(|at| Some((at, as_date(&inner[at..], forms)?)))?;
    let lead = inner[..at].trim_end();
    // The month of `31 April 2026` and `30.02.2026` is no date: the day does not exist.
    let before = lead.trim_end_matches(['-', '/', '.', ',']).rsplit(char::is_whitespace).next();
    if is_month_alone(&inner[at..], forms)
        && before
            .is_some_and(|word| word.len() <= 4 && word.starts_with(|c: char| c.is_ascii_digit()))
    {
        return None;
    }
    let lead = without_range_start(lead, forms).unwrap_or(lead);
    let found = |meaning, text| Some(TrailingDate { date, meaning, text });
    if let Some(outside) = outside {
        return match lead.trim_end_matches(':').trim() {
            "" => found(DateMeaning::Due, outside),
            words => found(meaning(words)?, outside),
        };
    }
    let (lead, colon) = match lead.strip_suffix(':') {
        Some(lead) => (lead.trim_end(), true),
        None => (lead, false),
    };
    if lead.is_empty() {
        return None;
    }
    if let Some(before) = lead.strip_suffix(APART) {
        let before = before.trim_end();
        // `text - Completed - DATE`, `text (completed) - DATE`
        let said = match before.strip_suffix([')', ']']) {
            Some(inside) => {
                inside.rfind(['(', '[']).map(|open| (&inside[..open], &inside[open + 1..]))
            }
            None => before.rfind(APART).map(|cut| {
                let separator = before[cut..].chars().next().map_or(1, char::len_utf8);
                (&before[..cut], &before[cut + separator..])
            }),
        };
        if let Some((text, words)) = said
            && let Some(meaning) = meaning(words).filter(|_| !text.trim().is_empty())
        {
            return found(meaning, text.trim_end());
        }
        return found(DateMeaning::Due, before);
    }
    let (before, words) = match lead.rfind(|c| APART.contains(&c) || c == '.') {
        Some(cut) => {
            let separator = lead[cut..].chars().next().map_or(1, char::len_utf8);
            (lead[..cut].trim_end(), &lead[cut + separator..])
        }
        None => ("", lead),
    };
    if let Some(meaning) = meaning(words).filter(|_| !before.is_empty()) {
        return found(meaning, before);
    }
    if colon {
        return found(DateMeaning::Due, lead);
    }
    // Within a sentence, the longest run of words that states what the date is.
    let words: Vec<&str> = lead.split_whitespace().collect();
    let meaning = (1..=4.min(words.len()))
        .rev()
        .find_map(|count| meaning(&words[words.len() - count..].join(" ")))?;
    found(meaning, whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::DayOfMonth;

    const NONE: DateForms = DateForms { order: None, month: None };

    #[test]
    fn lines_are_known_by_how_they_begin() {
        for (line, expected, rest) in [
            ("(1) 2026-05-23: Patch", EntryStart::Bracketed(1), "2026-05-23: Patch"),
            ("  (02)2026-05-23: Patch", EntryStart::Bracketed(2), "2026-05-23: Patch"),
            ("1. Patch", EntryStart::Numbered(1), "Patch"),
            ("1.Patch", EntryStart::Numbered(1), "Patch"),
            ("12) 2026-05-23: Patch", EntryStart::Numbered(12), "2026-05-23: Patch"),
            ("#3 - Patch", EntryStart::Numbered(3), "Patch"),
            ("Milestone 1: Draft", EntryStart::Labelled(1), "Draft"),
            ("MILESTONE #2 - Draft", EntryStart::Labelled(2), "Draft"),
            ("MS-3: Draft", EntryStart::Labelled(3), "Draft"),
            ("Step 2: Draft", EntryStart::Labelled(2), "Draft"),
            ("Schritt 2: Entwurf", EntryStart::Labelled(2), "Entwurf"),
            ("M4) Draft", EntryStart::Labelled(4), "Draft"),
            ("Milestone 5 (2026-05-23): Draft", EntryStart::Labelled(5), "(2026-05-23): Draft"),
            ("2024-12-01: Draft", EntryStart::Dated, "2024-12-01: Draft"),
            (
                "2024-12-01 - Milestone 2: Draft",
                EntryStart::Dated,
                "2024-12-01 - Milestone 2: Draft",
            ),
            ("May 4, 2026 \u{2013} Draft", EntryStart::Dated, "May 4, 2026 \u{2013} Draft"),
            ("[2024-12-01] Draft", EntryStart::Dated, "[2024-12-01] Draft"),
            ("- Draft", EntryStart::Bullet, "Draft"),
            ("\u{2022} Draft", EntryStart::Bullet, "Draft"),
        ] {
            assert_eq!(head(line, NONE), (expected, rest), "{line}");
        }
        for line in [
            "Draft the policy",
            "2.1 Draft",
            "2024-12-01 the vendor answered",
            "Milestone dates follow",
            "Modems: 4",
            "-1 is no bullet",
            "(see 2) Draft",
            "80/tcp: closed",
            "1000. servers",
            "",
        ] {
            assert_eq!(head(line, NONE).0, EntryStart::Plain, "{line}");
        }
    }

    #[test]
    fn a_day_without_a_year_is_seen() {
        for (text, expected) in [
            ("Patch by 1 Dec.", Some("1 Dec")),
            ("Patch by December 1st", Some("December 1st")),
            ("Patch by 1 Dec 2026", None),
            ("Patch by Dec 1, 2026", None),
            ("Patch 12 hosts", None),
            ("may be 3 of them", None),
        ] {
            assert_eq!(day_without_year(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn dates_at_the_start_and_at_the_end_are_found() {
        let lead = |text| leading_date(text, NONE).map(|found| (found.date.ok(), found.rest));
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        assert_eq!(lead("2026-05-23: Patch"), Some((day("2026-05-23"), "Patch")));
        assert_eq!(lead("2026-05-23 10:00: Patch"), Some((day("2026-05-23"), "Patch")));
        assert_eq!(lead("May 23, 2026 - Patch"), Some((day("2026-05-23"), "Patch")));
        assert_eq!(lead("(due May 23, 2026): Patch"), Some((day("2026-05-23"), "Patch")));
        assert_eq!(lead("01/30/2026."), Some((day("2026-01-30"), "")));
        assert_eq!(lead("01/30/2026, see CHG-1"), Some((day("2026-01-30"), "see CHG-1")));
        assert_eq!(lead("2026/05/23"), Some((day("2026-05-23"), "")));
        assert_eq!(lead("3/4/2026: Patch"), Some((None, "Patch")));
        assert_eq!(lead("someday: Patch"), None);
        assert_eq!(lead("2026-02-10 - 2026-02-20: Patch"), Some((day("2026-02-20"), "Patch")));
        assert_eq!(lead("2026-02-21 to 2026-03-15: Patch"), Some((day("2026-03-15"), "Patch")));
        assert_eq!(lead("2026-02-21 to staging"), Some((day("2026-02-21"), "to staging")));
        // A day that does not exist is none, whatever is said of months.
        for month in [DayOfMonth::First, DayOfMonth::Last] {
            let forms = DateForms { order: None, month: Some(month) };
            assert!(leading_date("2026-02-30: Patch", forms).is_none());
            for text in ["Patch by 2026-02-30", "Patch - 31 April 2026", "Patch by 30.02.2026"] {
                assert!(trailing_date(text, forms).is_none(), "{text}");
            }
            assert!(leading_date("2026-02: Patch", forms).is_some_and(|found| found.date.is_ok()));
        }
        for (text, date, meaning, rest) in [
            (
                "Draft policy by 2024-03-01",
                "2024-03-01",
                DateMeaning::Due,
                "Draft policy by 2024-03-01",
            ),
            ("Draft policy (2024-03-01)", "2024-03-01", DateMeaning::Due, "Draft policy"),
            ("Draft policy (due: 2024-03-01)", "2024-03-01", DateMeaning::Due, "Draft policy"),
            ("Draft policy - 5 May 2026", "2026-05-05", DateMeaning::Due, "Draft policy"),
            ("Draft policy, due May 5, 2026.", "2026-05-05", DateMeaning::Due, "Draft policy"),
            (
                "Draft policy. Target date: 2026-05-05",
                "2026-05-05",
                DateMeaning::Due,
                "Draft policy",
            ),
            ("Draft policy: 2024-03-01", "2024-03-01", DateMeaning::Due, "Draft policy"),
            ("Re-scan - Completed 2024-03-01", "2024-03-01", DateMeaning::Completed, "Re-scan"),
            ("Re-scan - Completed - 2024-03-01", "2024-03-01", DateMeaning::Completed, "Re-scan"),
            ("Re-scan (done) - 2024-03-01", "2024-03-01", DateMeaning::Completed, "Re-scan"),
            ("Re-scan - 2024-02-01 to 2024-03-01", "2024-03-01", DateMeaning::Due, "Re-scan"),
            ("Re-scan (2024-02-01 - 2024-03-01)", "2024-03-01", DateMeaning::Due, "Re-scan"),
            ("Re-scan (completed on 1 May 2024)", "2024-05-01", DateMeaning::Completed, "Re-scan"),
            (
                "Scan done on 2024-03-01",
                "2024-03-01",
                DateMeaning::Completed,
                "Scan done on 2024-03-01",
            ),
        ] {
            let found = trailing_date(text, NONE).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found.date.ok(), day(date), "{text}");
            assert_eq!((found.meaning, found.text), (meaning, rest), "{text}");
        }
        for text in [
            "Draft policy",
            "Upgrade to 1.2.3",
            "Install the release of 2026-05-05",
            "Draft policy (vendor release 2026-05-05)",
            "2026-05-05",
        ] {
            assert!(trailing_date(text, NONE).is_none(), "{text}");
        }
    }
}
