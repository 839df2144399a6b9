//! The rule `vague-milestone`: a milestone has no outcome that could be checked.
//!
//! Checks one item at a time. The page `vague_milestone.md` has its text, source and examples.

use super::milestone_shape::judge_shape;
use super::milestone_words::{
    ABSTRACT, CONDITIONS, DELIVERABLES, EMPTY, FLAWS, GENERIC, GRAND, INTENT, KINDS, MAKES,
    MEASURELESS, PRODUCES, SUBJECTS, TESTS, WATCHES, WORK, YIELD,
};
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;
use crate::text::Words;

/// A milestone states nothing that could be checked.
pub(super) const RULE: Rule = Rule {
    name: "vague-milestone",
    level: Level::Warning,
    summary: "a milestone has no outcome that could be checked",
    text: include_str!("vague_milestone.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_open(stored) {
        return Vec::new();
    }
    let item = &stored.item;
    // `Patch server` is enough where the item states which.
    let named = !item.assets.is_empty() || !item.services.is_empty();
    let steps = item.milestones.iter().enumerate();
    steps
        .filter(|(_, step)| !step.status.is_finished() && is_vague(&step.description, named))
        .map(|(index, step)| {
            let message = format!("milestone {} names no outcome that could be checked", step.id);
            RULE.at(stored, &format!("/milestones/{index}/description"), "says too little", message)
                .help("say what will be done, to what, and how it shows, in a few words")
        })
        .collect()
}

/// Information that a word gives about a milestone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WordTells {
    /// A reference, or a word that is not in any list: something of this one item.
    Specific,
    /// Work whose outcome shows.
    Work,
    /// Something of a kind that the item names.
    Kind,
    /// Work of which nobody can determine whether it was done.
    Intent,
    /// Nothing.
    Nothing,
}

impl WordTells {
    /// Classifies a word; one with hyphens counts as its most informative part.
    fn classify_word(word: &str) -> Self {
        let parts: Vec<&str> = word.split('-').filter(|part| !part.is_empty()).collect();
        if parts.len() > 1
            && !has_form(&WORK, word)
            && !has_form(&INTENT, word)
            && !has_form(&EMPTY, word)
        {
            let told =
                parts.iter().filter(|part| !is_prefix_word(part)).map(|part| Self::of_part(part));
            return told.min_by_key(|told| *told as u8).unwrap_or(Self::Nothing);
        }
        Self::of_part(word)
    }

    fn of_part(word: &str) -> Self {
        if has_form(&WORK, word) {
            Self::Work
        } else if has_form(&KINDS, word) {
            Self::Kind
        } else if has_form(&INTENT, word) {
            Self::Intent
        } else if has_form(&EMPTY, word) || word.chars().all(|c| !c.is_alphabetic()) {
            Self::Nothing
        } else {
            Self::Specific
        }
    }
}

fn is_prefix_word(part: &str) -> bool {
    let part = part.to_lowercase();
    ["pre", "post", "re", "non", "on", "up"].contains(&part.as_str())
}

/// Returns the forms in which a word may be in a list: itself, and without its ending.
fn word_forms(word: &str) -> Vec<String> {
    let mut forms = vec![word.to_owned()];
    for (ending, instead) in [
        ("ies", "y"),
        ("es", ""),
        ("s", ""),
        ("ed", ""),
        ("ed", "e"),
        ("ied", "y"),
        ("ing", ""),
        ("ing", "e"),
        ("ly", ""),
    ] {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.chars().count() > 2) {
            forms.push(format!("{stem}{instead}"));
            // `shutting`, `planned`
            let mut letters = stem.chars().rev();
            if instead.is_empty() && letters.next() == letters.next() {
                forms.push(stem.chars().take(stem.chars().count() - 1).collect());
            }
        }
    }
    forms
}

/// Returns whether nobody could determine from a text whether the milestone was done. `named` states
/// whether the item itself names what things of a kind (`server`) are meant.
///
/// A step shows enough where it states something of this one item (a reference, or a word that does not
/// fit every item), or where work whose outcome shows is done to things of a kind that the item
/// names. Work that only goes on (look into, continue, discuss) needs more than one such word.
fn is_vague(text: &str, named: bool) -> bool {
    if text.chars().any(is_spaceless) || text.contains("://") {
        return false;
    }
    if let Some(is_vague) = judge_shape(text) {
        return is_vague;
    }
    // Each clause speaks for itself: one that shows enough is enough.
    let clauses = text.split([',', ';', '\n']).flat_map(|clause| clause.split(". "));
    let mut clauses = clauses.filter(|clause| !clause.trim().is_empty());
    let works =
        text.split(|c: char| !(c.is_alphanumeric() || c == '-')).any(|word| has_form(&WORK, word));
    // `Revoke immediately; the owner confirms no dependencies`: one order over several clauses.
    let first = without_numbering(text).split_whitespace().next().unwrap_or_default();
    let orders = has_form(&WORK, first) || has_form(&MAKES, first) || has_form(&PRODUCES, first);
    clauses.all(|clause| is_vague_clause(clause, named, works))
        && (!orders || is_vague_clause(text, named, works))
}

fn is_spaceless(c: char) -> bool {
    // Thai, Lao, Khmer, Burmese, Chinese, Japanese: no spaces between words.
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

/// Returns whether one clause is vague; `works` is whether the text names work whose outcome shows
/// anywhere.
fn is_vague_clause(text: &str, named: bool, works: bool) -> bool {
    let text = without_numbering(text);
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '/' | '\u{2014}' | ';' | ',' | '[' | ']'))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .collect();
    if words.iter().any(|word| is_reference(word)) {
        return false;
    }
    let mut tells: Vec<WordTells> =
        words.iter().map(|word| WordTells::classify_word(word)).collect();
    let verb = tells.iter().zip(&words).position(is_verb).unwrap_or_default();
    for (tells, word) in tells.iter_mut().zip(&words).skip(verb + 1) {
        if *tells == WordTells::Work && KINDS.has_word(&word.to_lowercase()) {
            *tells = WordTells::Kind;
        }
    }
    let count = |what: WordTells| tells.iter().filter(|tells| **tells == what).count();
    let any = |list: &Words| words.iter().any(|word| has_form(list, word));
    let (specific, work) = (count(WordTells::Specific), count(WordTells::Work));
    // A name or an abbreviation is something of this item; of other words, one alone may be a word
    // that the lists do not have, unless it is what work is done to or what is made.
    let shouts = !text.chars().any(char::is_lowercase);
    let named_thing = |(at, (tells, word)): (usize, (&WordTells, &&str))| {
        let inner = if at == 0 { 1 } else { 0 };
        *tells == WordTells::Specific && !shouts && word.chars().skip(inner).any(char::is_uppercase)
    };
    let strong = tells.iter().zip(&words).enumerate().any(named_thing);
    let makes = words.iter().take(verb + 1).any(|word| has_form(&MAKES, word));
    let is_specific =
        strong || specific > 1 || (specific == 1 && (work > 0 || makes || any(&YIELD)));
    let tested = any(&FLAWS) && any(&TESTS);
    let kinds = count(WordTells::Kind) + usize::from(any(&YIELD)) + usize::from(tested);
    if let Some(is_vague) = judge_phrase(&words, verb, specific) {
        return is_vague;
    }
    match tells.get(verb) {
        _ if words.len() < 2 || tells.iter().all(|tells| *tells == WordTells::Nothing) => true,
        // `Look into it`, `Follow up with Cisco`: no outcome, anyone who is named.
        _ if !works && words.get(verb).is_some_and(|word| has_form(&WAITING, word)) => {
            specific < 3 && !any(&YIELD)
        }
        // `Review migrations more thoroughly`: more than what?
        Some(WordTells::Intent) if specific < 2 && any(&MORE) => true,
        _ if is_specific => false,
        // `Close the port and scan again`: the test shows whether the work was done.
        Some(WordTells::Work) if work > 1 && kinds > 0 && any(&TESTS) => false,
        Some(WordTells::Work | WordTells::Kind) => work == 0 || kinds == 0 || !named,
        _ if tested => !named,
        _ => !(any(&YIELD) && words.get(verb).is_some_and(|word| has_form(&MAKES, word))),
    }
}

/// Returns whether a word is the verb of a clause: after the verb, `patch` is a thing.
fn is_verb((tells, word): (&WordTells, &&str)) -> bool {
    *tells != WordTells::Nothing && !(*tells == WordTells::Intent && has_form(&BEFORE, word))
}

/// Judges a clause by how it is built, where that decides: `None` where it does not. `verb` is the place
/// of its verb, `specific` how many of its words state something of this one item.
fn judge_phrase(words: &[&str], verb: usize, specific: usize) -> Option<bool> {
    let first = words.first()?;
    let verb_word = words.get(verb)?;
    // `Pending SIEM upgrade`: a state, not a step.
    if ["pending", "awaiting", "waiting", "tbd"].contains(&first.to_lowercase().as_str()) {
        return Some(true);
    }
    if is_conditional(words) {
        return Some(true);
    }
    // With work whose outcome shows, or a document, praise takes nothing away.
    let shows = has_form(&WORK, verb_word) || words.iter().any(|word| has_form(&YIELD, word));
    let is_grand = specific < 2 && !shows && is_work_on(words, &GRAND);
    if only_weighs(words) || is_work_on(words, &MEASURELESS) || is_grand || is_abstract(words) {
        return Some(true);
    }
    // `Provide monthly briefings`: it goes on, so it is never reached.
    if has_form(&RECURS, verb_word) && words.iter().any(|word| has_form(&FREQUENCIES, word)) {
        return Some(true);
    }
    // `Assess solution options`: the choice is the outcome, and it is not made.
    if has_form(&WEIGHS, verb_word) && words.iter().any(|word| has_form(&CHOICES, word)) {
        return Some(true);
    }
    if let Some(last) = passive_verb(words) {
        let done = has_form(&WORK, last) || has_form(&MAKES, last) || has_form(&PRODUCES, last);
        if has_form(&MORE, last) || (!done && has_form(&INTENT, last)) {
            return (specific < 2).then_some(true);
        }
        let before = words.get(..words.len() - 1)?;
        let is_made = has_form(&PRODUCES, last)
            && (before.iter().any(|word| has_form(&YIELD, word)) || names_document(before));
        return (specific > 0 || is_made || names_deliverable(before)).then_some(false);
    }
    // An order begins with its verb, whatever else the word can mean: `Design a lockout mechanism`.
    let is_order = has_form(&PRODUCES, first);
    let (verb_word, after) = match is_order {
        true => (first, words.get(1..)?),
        false => (verb_word, words.get(verb + 1..)?),
    };
    // `Document monitoring capabilities`: what is written down is there afterwards.
    if is_order && has_form(&WRITES, first) && after.iter().any(|word| has_form(&SUBJECTS, word)) {
        return Some(false);
    }
    let watches = after.last().is_some_and(|last| has_form(&WATCHES, last));
    if watches
        && has_form(&MAKES, first)
        && after.iter().copied().rev().skip(1).filter(is_named).count() > 1
    {
        return Some(false);
    }
    (has_form(&PRODUCES, verb_word) && names_deliverable(after)).then_some(false)
}

fn is_named(word: &&str) -> bool {
    has_form(&SUBJECTS, word) || has_form(&KINDS, word)
}

/// Returns whether words name a document with what it is for: `review procedure`, not `new procedure`.
fn names_document(words: &[&str]) -> bool {
    words.windows(2).any(|pair| {
        let [before, word] = pair else { return false };
        has_form(&DELIVERABLES, word) && !has_form(&GENERIC, before) && !has_form(&EMPTY, before)
    })
}

/// Returns whether somebody only will look at something that every item has: `will review the process for …`.
fn only_weighs(words: &[&str]) -> bool {
    let will =
        |word: &str| ["will", "shall", "intends", "plans"].contains(&word.to_lowercase().as_str());
    let Some(at) = words.windows(2).position(
        |pair| matches!(pair, [first, second] if will(first) && has_form(&WEIGHS, second)),
    ) else {
        return false;
    };
    let mut object = words.iter().skip(at + 2).filter(|word| !has_form(&DETERMINERS, word));
    object.next().is_some_and(|word| has_form(&REVIEWED, word))
}

/// Returns whether work is done to a thing that is only praised, with a word of a list before it: `hire
/// appropriate personnel`.
fn is_work_on(words: &[&str], praise: &Words) -> bool {
    words.windows(2).any(|pair| {
        let [verb, next] = pair else { return false };
        (has_form(&WORK, verb) || has_form(&MAKES, verb)) && has_form(praise, next)
    })
}

/// Returns whether what is made is nothing that is there on a day: `establish governance for …`.
fn is_abstract(words: &[&str]) -> bool {
    let Some((first, rest)) = words.split_first() else { return false };
    let rest: Vec<&&str> = rest.iter().filter(|word| !has_form(&DETERMINERS, word)).collect();
    let Some((noun, behind)) = rest.split_first() else { return false };
    let ends = behind.first().is_none_or(|word| has_form(&PREPOSITIONS, word));
    (has_form(&MAKES, first) || has_form(&INTENT, first)) && has_form(&ABSTRACT, noun) && ends
}

/// Work that writes something down.
static WRITES: Words = Words::new("document, write, draft, record");

/// Things that every item has, and that somebody only will look at.
static REVIEWED: Words = Words::new(
    "process, processes, procedure, policy, policies, practice, control, approach, option, requirement, need, issue",
);

/// Say nothing of the thing behind them.
static DETERMINERS: Words = Words::new(
    "the, a, an, its, our, their, this, these, current, existing, all, any, new, strong, stronger",
);

/// Begin what is stated of the thing before them.
static PREPOSITIONS: Words = Words::new(
    "for, of, to, on, in, across, over, with, within, around, about, between, and, regarding",
);

/// Returns whether a clause ends with a condition: `if needed`, `as appropriate`.
fn is_conditional(words: &[&str]) -> bool {
    let [.., before, last] = words else { return false };
    ["if", "as", "where", "when"].contains(&before.to_lowercase().as_str())
        && has_form(&CONDITIONS, last)
}

/// Returns the participle that a clause ends with, where it is its verb: `risk treatment plan
/// approved`, `gap analysis complete`.
fn passive_verb<'a>(words: &[&'a str]) -> Option<&'a str> {
    let [first, .., last] = words else { return None };
    let plain = last.to_lowercase();
    let is_participle =
        plain.ends_with("ed") || ["complete", "done", "built", "written"].contains(&&*plain);
    let orders = ["ensure", "confirm", "verify", "check", "get", "have", "keep", "make", "leave"];
    let is_order = orders.contains(&first.to_lowercase().as_str());
    let is_known = has_form(&WORK, last)
        || has_form(&MAKES, last)
        || has_form(&PRODUCES, last)
        || has_form(&INTENT, last);
    (is_participle && !is_order && is_known).then_some(*last)
}

/// Returns whether words name something that can be shown, and what it is about: `incident response plan`,
/// not `mitigation plan`.
fn names_deliverable(words: &[&str]) -> bool {
    words.iter().enumerate().skip(1).any(|(at, word)| {
        let before = words.get(..at).unwrap_or_default();
        has_form(&DELIVERABLES, word)
            && !before.last().is_some_and(|word| has_form(&GENERIC, word))
            && before.iter().any(|word| has_form(&SUBJECTS, word) || has_form(&KINDS, word))
    })
}

/// Work that is never finished if it is done at intervals.
static RECURS: Words = Words::new("maintain, provide, track, keep, monitor, continue, attend");

/// Intervals.
static FREQUENCIES: Words = Words::new(
    "daily, weekly, monthly, quarterly, annual, annually, yearly, regular, regularly, ongoing",
);

/// Work that compares.
static WEIGHS: Words = Words::new(
    "assess, evaluate, research, explore, investigate, review, consider, analyze, analyse, identify, discuss",
);

/// Words for choices that are compared.
static CHOICES: Words =
    Words::new("option, alternative, feasibility, possibility, possibilities, approach");

/// Returns whether a list has a word in one of its forms.
pub(super) fn has_form(list: &Words, word: &str) -> bool {
    word_forms(&word.to_lowercase()).iter().any(|form| list.has_word(form))
}

/// Work that only goes on.
static WAITING: Words = Words::new(
    "look, monitor, continue, discuss, consider, follow, followup, coordinate, wait, await, explore, \
     think, ask, engage, investigate, keep, meet, research, talk, reach, touch, watch, observe, \
     navigate, browse, click",
);

/// Ask for more of something without saying how much.
static MORE: Words = Words::new(
    "more, better, stronger, safer, closer, faster, thorough, further, improve, enhance, strengthen",
);

/// Come before the verb that counts: `we need to`, `plan to`.
static BEFORE: Words =
    Words::new("need, plan, try, intend, want, have, going, go, begin, start, be");

/// Returns a text without what is before its words: `1.`, `(2)`, `Milestone 3:`, `Step 1 -`.
pub(super) fn without_numbering(text: &str) -> &str {
    let heads = ["milestone", "step", "phase", "task", "action", "item"];
    let trimmed = text.trim_start();
    let lower = trimmed.to_lowercase();
    let after = heads.iter().find_map(|head| {
        let rest = lower.strip_prefix(head)?.trim_start();
        rest.starts_with(|c: char| c.is_ascii_digit()).then_some(lower.len() - rest.len())
    });
    let rest = after.and_then(|at| trimmed.get(at..)).unwrap_or(trimmed);
    let numbered = rest.trim_start_matches(|c: char| {
        c.is_ascii_digit() || matches!(c, '.' | ')' | '(' | ':' | '-' | '#') || c.is_whitespace()
    });
    // A text of digits is no numbering.
    if numbered.is_empty() || rest.starts_with(|c: char| c.is_alphabetic()) {
        trimmed
    } else {
        numbered
    }
}

/// Returns whether a word points to something: CHG-1234, KB5034441, 3.0.13, https://…
fn is_reference(word: &str) -> bool {
    // `Phase2` is two words that state nothing.
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if !stem.is_empty()
        && stem.chars().all(char::is_alphabetic)
        && stem.len() > 3
        && WordTells::classify_word(stem) != WordTells::Specific
    {
        return false;
    }
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().any(char::is_alphabetic);
    // `30-60` and `24/7` are no references, `3.0.13` and `8443` are.
    let dots = word.contains('.') && digits > 1;
    let number = !letters
        && digits >= 3
        && word.chars().all(|c| c.is_ascii_digit())
        && !word.starts_with("20");
    (digits > 0 && letters && word.chars().count() > 3 && !is_span(word)) || dots || number
}

/// Returns whether a word is a span of time: `90-day`, `30days`.
fn is_span(word: &str) -> bool {
    let letters: String = word.chars().filter(|c| c.is_alphabetic()).collect();
    matches!(
        letters.to_lowercase().as_str(),
        "day"
            | "days"
            | "week"
            | "weeks"
            | "month"
            | "months"
            | "year"
            | "years"
            | "h"
            | "q"
            | "fy"
            | "cy"
    )
}

#[cfg(test)]
mod tests;
