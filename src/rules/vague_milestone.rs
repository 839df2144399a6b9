use super::milestone_words::{
    CONDITIONS, DELIVERABLES, EMPTY, FLAWS, GENERIC, INTENT, KINDS, MAKES, PRODUCES, SUBJECTS,
    TESTS, WORK, YIELD,
};
use super::words::Words;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// A milestone says nothing that could be checked.
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
    // `Patch server` is enough where the item says which.
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

/// What a word tells of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tells {
    /// A reference, or a word that is not in any list: something of this one item.
    Specific,
    /// Work whose outcome shows.
    Work,
    /// Something of a kind that the item names.
    Kind,
    /// Work of which nobody can tell whether it was done.
    Intent,
    /// Nothing.
    Nothing,
}

impl Tells {
    /// What a word tells; one with hyphens tells what the most telling part of it does.
    fn of(word: &str) -> Self {
        let parts: Vec<&str> = word.split('-').filter(|part| !part.is_empty()).collect();
        if parts.len() > 1 && !has(&WORK, word) && !has(&INTENT, word) && !has(&EMPTY, word) {
            let before = |part: &str| {
                let part = part.to_lowercase();
                ["pre", "post", "re", "non", "on", "up"].contains(&part.as_str())
            };
            let told = parts.iter().filter(|part| !before(part)).map(|part| Self::of_part(part));
            return told.min_by_key(|told| *told as u8).unwrap_or(Self::Nothing);
        }
        Self::of_part(word)
    }

    fn of_part(word: &str) -> Self {
        if has(&WORK, word) {
            Self::Work
        } else if has(&KINDS, word) {
            Self::Kind
        } else if has(&INTENT, word) {
            Self::Intent
        } else if has(&EMPTY, word) || word.chars().all(|c| !c.is_alphabetic()) {
            Self::Nothing
        } else {
            Self::Specific
        }
    }
}

/// The forms in which a word may stand in a list: itself, and without its ending.
fn forms(word: &str) -> Vec<String> {
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

/// Whether nobody could tell from a text whether the step was done. `named` says whether the item
/// itself names what things of a kind (`server`) are meant.
///
/// A step tells enough where it says something of this one item (a reference, or a word that does not
/// fit every item), or where work whose outcome shows is done to things of a kind that the item
/// names. Work that only goes on (look into, continue, discuss) needs more than one such word.
fn is_vague(text: &str, named: bool) -> bool {
    let spaceless = |c: char| {
        // Thai, Lao, Khmer, Burmese, Chinese, Japanese: no spaces between words.
        matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
    };
    if text.chars().any(spaceless) || text.contains("://") {
        return false;
    }
    // Each clause speaks for itself: one that tells enough is enough.
    let clauses = text.split([',', ';', '\n']).flat_map(|clause| clause.split(". "));
    let mut clauses = clauses.filter(|clause| !clause.trim().is_empty());
    let works =
        text.split(|c: char| !(c.is_alphanumeric() || c == '-')).any(|word| has(&WORK, word));
    // `Revoke immediately; the owner confirms no dependencies`: one order over several clauses.
    let first = without_numbering(text).split_whitespace().next().unwrap_or_default();
    let orders = has(&WORK, first) || has(&MAKES, first) || has(&PRODUCES, first);
    clauses.all(|clause| is_vague_clause(clause, named, works))
        && (!orders || is_vague_clause(text, named, works))
}

/// The same of one clause; `works` is whether the text names work whose outcome shows anywhere.
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
    let mut tells: Vec<Tells> = words.iter().map(|word| Tells::of(word)).collect();
    // After the verb, `patch` is a thing.
    let is_verb = |(tells, word): (&Tells, &&str)| {
        *tells != Tells::Nothing && !(*tells == Tells::Intent && has(&BEFORE, word))
    };
    let verb = tells.iter().zip(&words).position(is_verb).unwrap_or_default();
    for (tells, word) in tells.iter_mut().zip(&words).skip(verb + 1) {
        if *tells == Tells::Work && KINDS.has(&word.to_lowercase()) {
            *tells = Tells::Kind;
        }
    }
    let count = |what: Tells| tells.iter().filter(|tells| **tells == what).count();
    let any = |list: &Words| words.iter().any(|word| has(list, word));
    let (specific, work) = (count(Tells::Specific), count(Tells::Work));
    // A name or an abbreviation is something of this item; of other words, one alone may be a word
    // that the lists do not have, unless it is what work is done to or what is made.
    let shouts = !text.chars().any(char::is_lowercase);
    let named_thing = |(at, (tells, word)): (usize, (&Tells, &&str))| {
        let inner = if at == 0 { 1 } else { 0 };
        *tells == Tells::Specific && !shouts && word.chars().skip(inner).any(char::is_uppercase)
    };
    let strong = tells.iter().zip(&words).enumerate().any(named_thing);
    let makes = words.iter().take(verb + 1).any(|word| has(&MAKES, word));
    let is_specific =
        strong || specific > 1 || (specific == 1 && (work > 0 || makes || any(&YIELD)));
    let tested = any(&FLAWS) && any(&TESTS);
    let kinds = count(Tells::Kind) + usize::from(any(&YIELD)) + usize::from(tested);
    if let Some(is_vague) = judge_phrase(&words, verb, specific) {
        return is_vague;
    }
    match tells.get(verb) {
        _ if words.len() < 2 || tells.iter().all(|tells| *tells == Tells::Nothing) => true,
        // `Look into it`, `Follow up with Cisco`: no outcome, whoever is named.
        _ if !works && words.get(verb).is_some_and(|word| has(&WAITING, word)) => {
            specific < 3 && !any(&YIELD)
        }
        // `Review migrations more thoroughly`: more than what?
        Some(Tells::Intent) if specific < 2 && any(&MORE) => true,
        _ if is_specific => false,
        // `Close the port and scan again`: the test shows whether the work was done.
        Some(Tells::Work) if work > 1 && kinds > 0 && any(&TESTS) => false,
        Some(Tells::Work | Tells::Kind) => work == 0 || kinds == 0 || !named,
        _ if tested => !named,
        _ => !(any(&YIELD) && words.get(verb).is_some_and(|word| has(&MAKES, word))),
    }
}

/// Judges a clause by how it is built, where that decides: `None` where it does not. `verb` is the place
/// of its verb, `specific` how many of its words say something of this one item.
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
    // `Provide monthly briefings`: it goes on, so it is never reached.
    if has(&RECURS, verb_word) && words.iter().any(|word| has(&FREQUENCIES, word)) {
        return Some(true);
    }
    // `Assess solution options`: the choice is the outcome, and it is not made.
    if has(&WEIGHS, verb_word) && words.iter().any(|word| has(&CHOICES, word)) {
        return Some(true);
    }
    if let Some(last) = passive_verb(words) {
        let done = has(&WORK, last) || has(&MAKES, last) || has(&PRODUCES, last);
        if has(&MORE, last) || (!done && has(&INTENT, last)) {
            return (specific < 2).then_some(true);
        }
        let before = words.get(..words.len() - 1)?;
        return (specific > 0 || names_deliverable(before)).then_some(false);
    }
    let after = words.get(verb + 1..)?;
    (has(&PRODUCES, verb_word) && names_deliverable(after)).then_some(false)
}

/// Returns whether a clause ends with a condition: `if needed`, `as appropriate`.
fn is_conditional(words: &[&str]) -> bool {
    let [.., before, last] = words else { return false };
    ["if", "as", "where", "when"].contains(&before.to_lowercase().as_str())
        && has(&CONDITIONS, last)
}

/// The participle that a clause ends with, where it is its verb: `risk treatment plan approved`, `gap
/// analysis complete`.
fn passive_verb<'a>(words: &[&'a str]) -> Option<&'a str> {
    let [first, .., last] = words else { return None };
    let plain = last.to_lowercase();
    let is_participle =
        plain.ends_with("ed") || ["complete", "done", "built", "written"].contains(&&*plain);
    let orders = ["ensure", "confirm", "verify", "check", "get", "have", "keep", "make", "leave"];
    let is_order = orders.contains(&first.to_lowercase().as_str());
    let is_known =
        has(&WORK, last) || has(&MAKES, last) || has(&PRODUCES, last) || has(&INTENT, last);
    (is_participle && !is_order && is_known).then_some(*last)
}

/// Returns whether words name something that can be shown, and what it is about: `incident response plan`,
/// not `mitigation plan`.
fn names_deliverable(words: &[&str]) -> bool {
    words.iter().enumerate().skip(1).any(|(at, word)| {
        let before = words.get(..at).unwrap_or_default();
        has(&DELIVERABLES, word)
            && !before.last().is_some_and(|word| has(&GENERIC, word))
            && before.iter().any(|word| has(&SUBJECTS, word) || has(&KINDS, word))
    })
}

/// Work that is never finished if it is done at intervals.
static RECURS: Words = Words::of("maintain, provide, track, keep, monitor, continue, attend");

/// Intervals.
static FREQUENCIES: Words = Words::of(
    "daily, weekly, monthly, quarterly, annual, annually, yearly, regular, regularly, ongoing",
);

/// Work that compares.
static WEIGHS: Words = Words::of(
    "assess, evaluate, research, explore, investigate, review, consider, analyze, analyse, identify, discuss",
);

/// What is compared.
static CHOICES: Words =
    Words::of("option, alternative, feasibility, possibility, possibilities, approach");

/// Whether a list has a word in one of its forms.
fn has(list: &Words, word: &str) -> bool {
    forms(&word.to_lowercase()).iter().any(|form| list.has(form))
}

/// Work that only goes on.
static WAITING: Words = Words::of(
    "look, monitor, continue, discuss, consider, follow, followup, coordinate, wait, await, explore, \
     think, ask, engage, investigate, keep, meet, research, talk, reach, touch, watch, observe",
);

/// Ask for more of something without saying how much.
static MORE: Words = Words::of(
    "more, better, stronger, safer, closer, faster, thorough, further, improve, enhance, strengthen",
);

/// Come before the verb that counts: `we need to`, `plan to`.
static BEFORE: Words =
    Words::of("need, plan, try, intend, want, have, going, go, begin, start, be");

/// A text without what stands before its words: `1.`, `(2)`, `Milestone 3:`, `Step 1 -`.
fn without_numbering(text: &str) -> &str {
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

/// Whether a word points to something: CHG-1234, KB5034441, 3.0.13, https://…
fn is_reference(word: &str) -> bool {
    // `Phase2` is two words that say nothing.
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if !stem.is_empty()
        && stem.chars().all(char::is_alphabetic)
        && stem.len() > 3
        && Tells::of(stem) != Tells::Specific
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

/// Whether a word is a span of time: `90-day`, `30days`.
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
mod tests {
    use super::super::labelled::{PARTS, Score};
    use super::*;

    #[test]
    fn work_with_its_test_has_an_outcome() {
        assert!(!is_vague("Close the port and scan again", false));
        assert!(is_vague("Close the port", false), "nobody knows which");
    }

    #[test]
    fn what_says_too_little() {
        for text in [
            "fix",
            "Fix it",
            "remediate",
            "Patch",
            "Patch.",
            "work on issue",
            "TBD",
            "ongoing",
            "milestone 1",
            "Phase2",
            "Milestone1 - fix",
            "Milestone 1: fix",
            "Phase 2",
            "Remediation in progress",
            "Implement and test the fix",
            "In progress - ongoing",
            "",
            "...",
            "Fix all of the issues",
            "step 10",
            "Complete remediation",
            "Fix access controls",
            "Look into it",
            "Continue to monitor",
            "As soon as possible",
            "Discuss with vendor",
            "Follow up with Cisco",
            "Take appropriate action",
            "Work on the issue",
            "Improve security posture",
            "Ensure compliance with requirements",
            "Review and update as needed",
            "Management will review the issue and determine the appropriate course of action",
            "Behebung l\u{e4}uft",
            "Probl\u{e8}me en cours de r\u{e9}solution",
            "Corregir el problema",
            "30 days",
        ] {
            assert!(is_vague(text, true), "{text:?}");
        }
        for text in [
            "Inventory the dependencies of both hosts in ticket CHG-1234",
            "Patch CHG-1234",
            "Upgrade OpenSSL 3.0.13",
            "Upgrade to 3.0.13",
            "Decommission old hosts",
            "Patch server",
            "Re-test vulnerabilities",
            "Disable account",
            "Enable MFA",
            "Close port 23 on sw-01 (CHG-1234)",
            "Remove write access from all but two people in payroll-db",
            "Firewall rules reviewed by the network team in CHG-77",
            "1. Install USBGuard on the workstations",
            "Apply KB5034441",
            "Close port 8443",
            "Deploy the patch to production",
            "Fix https://example.com/1",
            "\u{4fee}\u{88dc}\u{7a0b}\u{5f0f}\u{3092}\u{9069}\u{7528}\u{3059}\u{308b}",
        ] {
            assert!(!is_vague(text, true), "{text:?}");
        }
    }

    #[test]
    fn how_a_step_is_built_tells_whether_it_ends() {
        for (text, expected) in [
            ("Create incident response plan", false),
            ("Develop mitigation plan", true),
            ("Create a plan", true),
            ("Risk treatment plan approved", false),
            ("Gap analysis complete", false),
            ("Accounts reviewed", true),
            ("Training completion tracked", true),
            ("Access monitoring improved", true),
            ("Monitoring procedures enhanced", true),
            ("Provide monthly status briefings to the ISSM", true),
            ("Assess alternatives", true),
            ("Pending SIEM capacity upgrade", true),
            ("Plan the migration to FIPS modules (if needed)", true),
            ("[Example]Milestone 1", true),
            ("Quarter One updates", true),
            ("Den Notfallplan freigeben", false),
            ("Elaborar el procedimiento de acceso remoto", false),
        ] {
            assert_eq!(is_vague(text, true), expected, "{text:?}");
        }
    }

    #[test]
    fn a_server_is_known_where_the_item_names_it() {
        assert!(!is_vague("Patch server", true) && is_vague("Patch server", false));
        assert!(!is_vague("Patch web-01", false));
    }

    /// Milestones that others wrote down, labelled by hand. The rule was not tuned on the parts
    /// `holdout` and `public`.
    const LABELLED: &str = concat!(
        include_str!("../../tests/fixtures/labelled/milestones.tsv"),
        include_str!("../../tests/fixtures/labelled/public-milestones.tsv")
    );

    #[test]
    fn milestones_that_others_wrote_down_are_told_apart() {
        let scores =
            PARTS.map(|part| Score::of(LABELLED, part, "vague", |text: &str| is_vague(text, true)));
        for (part, score) in PARTS.iter().zip(&scores) {
            println!("vague-milestone, {part}: {score}");
        }
        // The goal is 0.97 and 0.95. On the list that was collected last it is not reached: these are the
        // figures, which must not fall.
        let least = [(0.97, 0.95), (0.97, 0.95), (0.84, 0.78)];
        for (score, (precision, recall)) in scores.iter().zip(least) {
            assert!(score.precision() >= precision && score.recall() >= recall, "{score}");
        }
    }
}
