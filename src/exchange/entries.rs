//! Lines of a free cell that begin an entry of a list: `(1) 2026-05-23: text`, `2. text`,
//! `Milestone 3: text`, `2026-05-23 - text`, `- text`.
//!
//! Cells are written by people, so a line counts by what it begins with, not by the blank lines
//! around it. The readers of milestones and of their changes share this module.

use chrono::NaiveDate;

use crate::workbook::{DateForms, DateProblem, parse_date_text};

/// How a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
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

impl Head {
    /// The number of the entry, where the line says one.
    pub(super) fn number(self) -> Option<u32> {
        match self {
            Self::Bracketed(number) | Self::Numbered(number) | Self::Labelled(number) => {
                Some(number)
            }
            Self::Dated | Self::Bullet | Self::Plain => None,
        }
    }
}

/// How a line begins, and the rest of it behind the number or bullet. The date of a dated line stays.
pub(super) fn head(line: &str, forms: DateForms) -> (Head, &str) {
    let line = line.trim_start();
    if let Some((number, rest)) = bracketed(line) {
        return (Head::Bracketed(number), rest);
    }
    if let Some((number, rest)) = labelled(line) {
        return (Head::Labelled(number), rest);
    }
    if leading_date(line, forms).is_some_and(|found| found.ends_with_separator) {
        return (Head::Dated, line);
    }
    if let Some((number, rest)) = numbered(line) {
        return (Head::Numbered(number), rest);
    }
    let bullet =
        line.strip_prefix(['-', '*', '\u{2022}', '\u{2013}', '\u{b7}', '\u{25cf}', '\u{25aa}']);
    match bullet {
        Some(rest) if rest.starts_with(char::is_whitespace) => (Head::Bullet, rest.trim_start()),
        _ => (Head::Plain, line),
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

/// `Milestone 2: rest`, `Milestone #2 - rest`, `MS 2) rest`, `Milestone 2 (rest`.
fn labelled(line: &str) -> Option<(u32, &str)> {
    const LABELS: [&str; 3] = ["milestone", "ms", "m"];
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

/// Why a date is none, with the option that settles it where there is one.
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

/// The longest start of a text that is a date, also in brackets. A date that can be read in two ways
/// is found, too.
pub(super) fn leading_date(text: &str, forms: DateForms) -> Option<LeadingDate<'_>> {
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
        let (rest, ends_with_separator) = after_date(&text[end..]);
        Some(LeadingDate { date, rest, ends_with_separator })
    })
}

/// A date with or without words before it that make it a day by which something is due.
fn due_date(text: &str, forms: DateForms) -> Option<Result<NaiveDate, DateProblem>> {
    let lower = text.to_lowercase();
    let due = BEFORE_DATES.iter().filter(|(_, meaning)| *meaning == Meaning::Due);
    let rests = due.filter_map(|(words, _)| {
        let rest = lower.strip_prefix(words)?;
        rest.starts_with([' ', ':']).then(|| rest.trim_start_matches([':', ' ']))
    });
    as_date(text, forms).or_else(|| rests.filter_map(|rest| as_date(rest, forms)).next())
}

/// The text behind a date, without what parts them, and whether anything but blanks does.
fn after_date(text: &str) -> (&str, bool) {
    let rest = text.trim_start();
    match rest.strip_prefix([':', '-', '\u{2013}', '\u{2014}', '|', ';', '.']) {
        Some(rest) => (rest.trim_start(), true),
        None => (rest, false),
    }
}

/// The day of a text, or why it is none; `None` where it is no date at all.
fn as_date(text: &str, forms: DateForms) -> Option<Result<NaiveDate, DateProblem>> {
    match parse_date_text(text.trim_end().trim_end_matches([',', '.']), forms) {
        Ok(date) => Some(Ok(date)),
        Err(DateProblem::Blank | DateProblem::Unknown(_)) => None,
        Err(problem) => Some(Err(problem)),
    }
}

/// Another entry within a line: `text (2) 2026-03-01: more`, `text. Milestone 2: more by 2026-03-01`,
/// `text 2. more - 2026-03-01`.
pub(super) fn entry_within(text: &str, forms: DateForms) -> Option<&str> {
    let blanks = text.match_indices([' ', '\t']).map(|(at, _)| at);
    let mut entries = blanks.filter(|at| match head(&text[at + 1..], forms) {
        (Head::Labelled(number) | Head::Numbered(number), rest) => {
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

/// A date anywhere in a text.
pub(super) fn has_date(text: &str, forms: DateForms) -> bool {
    let starts = text.char_indices().filter(|(at, c)| {
        let within = || text[..*at].ends_with(|c: char| c.is_alphanumeric() || "-/.".contains(c));
        matches!(c, '(' | '[') || (c.is_ascii_digit() && !within())
    });
    let mut starts = starts.map(|(at, _)| at);
    starts.any(|at| leading_date(&text[at..], forms).is_some_and(|found| found.date.is_ok()))
}

/// What the words before a date say that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The day by which something is to be done.
    Due,
    /// The day on which it was done.
    Completed,
}

/// Words before a date, with what they say of it.
const BEFORE_DATES: [(&str, Meaning); 32] = [
    ("by", Meaning::Due),
    ("due", Meaning::Due),
    ("due by", Meaning::Due),
    ("due on", Meaning::Due),
    ("due date", Meaning::Due),
    ("target", Meaning::Due),
    ("target date", Meaning::Due),
    ("target completion", Meaning::Due),
    ("target completion date", Meaning::Due),
    ("eta", Meaning::Due),
    ("ecd", Meaning::Due),
    ("nlt", Meaning::Due),
    ("no later than", Meaning::Due),
    ("on or before", Meaning::Due),
    ("planned", Meaning::Due),
    ("planned for", Meaning::Due),
    ("scheduled", Meaning::Due),
    ("scheduled for", Meaning::Due),
    ("scheduled completion", Meaning::Due),
    ("scheduled completion date", Meaning::Due),
    ("expected", Meaning::Due),
    ("expected by", Meaning::Due),
    ("estimated completion", Meaning::Due),
    ("estimated completion date", Meaning::Due),
    ("completed by", Meaning::Due),
    ("complete by", Meaning::Due),
    ("completed", Meaning::Completed),
    ("completed on", Meaning::Completed),
    ("complete", Meaning::Completed),
    ("done", Meaning::Completed),
    ("done on", Meaning::Completed),
    ("finished", Meaning::Completed),
];

fn meaning(words: &str) -> Option<Meaning> {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    BEFORE_DATES.iter().find(|(known, _)| *known == words).map(|(_, meaning)| *meaning)
}

/// A date at the end of a text.
pub(super) struct TrailingDate<'a> {
    /// The day, or why the date is none.
    pub(super) date: Result<NaiveDate, DateProblem>,
    /// What the date is.
    pub(super) meaning: Meaning,
    /// The text before it, where the date stands apart from the sentence; else the whole.
    pub(super) text: &'a str,
}

/// The characters that set a date apart from the text before it.
const APART: [char; 6] = ['-', '\u{2013}', '\u{2014}', ',', ';', '|'];

/// The date with which a text ends, where what is before it says what it is: `text by DATE`,
/// `text (due DATE)`, `text - DATE`, `text: DATE`, `text - completed DATE`.
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
    let found = |meaning, text| Some(TrailingDate { date, meaning, text });
    if let Some(outside) = outside {
        return match lead.trim_end_matches(':').trim() {
            "" => found(Meaning::Due, outside),
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
        return found(Meaning::Due, before.trim_end());
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
        return found(Meaning::Due, lead);
    }
    // Within a sentence, the longest run of words that says what the date is.
    let words: Vec<&str> = lead.split_whitespace().collect();
    let meaning = (1..=4.min(words.len()))
        .rev()
        .find_map(|count| meaning(&words[words.len() - count..].join(" ")))?;
    found(meaning, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: DateForms = DateForms { order: None, month: None };

    #[test]
    fn lines_are_known_by_how_they_begin() {
        for (line, expected, rest) in [
            ("(1) 2026-05-23: Patch", Head::Bracketed(1), "2026-05-23: Patch"),
            ("  (02)2026-05-23: Patch", Head::Bracketed(2), "2026-05-23: Patch"),
            ("1. Patch", Head::Numbered(1), "Patch"),
            ("1.Patch", Head::Numbered(1), "Patch"),
            ("12) 2026-05-23: Patch", Head::Numbered(12), "2026-05-23: Patch"),
            ("#3 - Patch", Head::Numbered(3), "Patch"),
            ("Milestone 1: Draft", Head::Labelled(1), "Draft"),
            ("MILESTONE #2 - Draft", Head::Labelled(2), "Draft"),
            ("MS-3: Draft", Head::Labelled(3), "Draft"),
            ("M4) Draft", Head::Labelled(4), "Draft"),
            ("Milestone 5 (2026-05-23): Draft", Head::Labelled(5), "(2026-05-23): Draft"),
            ("2024-12-01: Draft", Head::Dated, "2024-12-01: Draft"),
            ("2024-12-01 - Milestone 2: Draft", Head::Dated, "2024-12-01 - Milestone 2: Draft"),
            ("May 4, 2026 \u{2013} Draft", Head::Dated, "May 4, 2026 \u{2013} Draft"),
            ("[2024-12-01] Draft", Head::Dated, "[2024-12-01] Draft"),
            ("- Draft", Head::Bullet, "Draft"),
            ("\u{2022} Draft", Head::Bullet, "Draft"),
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
            assert_eq!(head(line, NONE).0, Head::Plain, "{line}");
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
        for (text, date, meaning, rest) in [
            (
                "Draft policy by 2024-03-01",
                "2024-03-01",
                Meaning::Due,
                "Draft policy by 2024-03-01",
            ),
            ("Draft policy (2024-03-01)", "2024-03-01", Meaning::Due, "Draft policy"),
            ("Draft policy (due: 2024-03-01)", "2024-03-01", Meaning::Due, "Draft policy"),
            ("Draft policy - 5 May 2026", "2026-05-05", Meaning::Due, "Draft policy"),
            ("Draft policy, due May 5, 2026.", "2026-05-05", Meaning::Due, "Draft policy"),
            ("Draft policy. Target date: 2026-05-05", "2026-05-05", Meaning::Due, "Draft policy"),
            ("Draft policy: 2024-03-01", "2024-03-01", Meaning::Due, "Draft policy"),
            ("Re-scan - Completed 2024-03-01", "2024-03-01", Meaning::Completed, "Re-scan"),
            ("Re-scan (completed on 1 May 2024)", "2024-05-01", Meaning::Completed, "Re-scan"),
            (
                "Scan done on 2024-03-01",
                "2024-03-01",
                Meaning::Completed,
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
