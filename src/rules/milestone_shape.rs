//! Shapes of milestones that decide by themselves whether the step ends: intervals, counts, comparisons, work
//! without an object.
//!
//! Used by the rule `vague-milestone` on the whole text, before its clauses are weighed word by word.

use super::milestone_words::{KINDS, MAKES, PRODUCES, WORK};
use super::vague_milestone::{has_form, without_numbering};
use crate::text::Words;

/// Judges a text by its shape: whether it is vague, or `None` where the shape does not decide.
pub(super) fn judge_shape(text: &str) -> Option<bool> {
    let words = split_words(text);
    if names_count(&words) || adds_tests(&words) {
        return Some(false);
    }
    let first_clause = split_words(text.split([';', ',']).next().unwrap_or_default());
    let is_vague = goes_on(&first_clause)
        || only_compares(text, &words)
        || has_no_object(&words)
        || is_habit(&words)
        || is_empty_object(&words)
        || clears_findings(&words)
        || trims_the_unneeded(&words);
    is_vague.then_some(true)
}

fn split_words(text: &str) -> Vec<String> {
    without_numbering(text)
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '/' | ':' | '(' | ')'))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect()
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// Returns whether a number tells which thing is meant (`port 23`), or how many are bought or handed out (`20
/// hardware tokens`).
fn names_count(words: &[String]) -> bool {
    let numbered = words.windows(2).any(|pair| {
        let [thing, number] = pair else { return false };
        is_number(number) && number.len() < 6 && NUMBERED.has_word(thing)
    });
    let buys = words.first().is_some_and(|first| has_form(&BUYS, first));
    let counted = words.windows(2).any(|pair| {
        let [number, thing] = pair else { return false };
        is_number(number) && !SPANS.has_word(thing)
    });
    words.len() > 1 && (numbered || (buys && counted))
}

/// Returns whether tests of something are written: they are there afterwards.
fn adds_tests(words: &[String]) -> bool {
    let adds = words.first().is_some_and(|first| ["add", "write"].contains(&first.as_str()));
    adds && words.len() > 3
        && words.iter().any(|word| ["test", "tests", "coverage"].contains(&word.as_str()))
}

/// Returns whether work is done again and again, so that no day is the last: `Review accounts every 90 days`. To
/// set up what then happens at intervals is done on a day.
fn goes_on(words: &[String]) -> bool {
    let Some(first) = words.first() else { return false };
    if !has_form(&REPEATED, first) {
        return false;
    }
    let every = words.windows(2).any(|pair| {
        let [every, next] = pair else { return false };
        (every == "every" || every == "each")
            && (is_number(next) || SPANS.has_word(next) || next == "other")
    });
    let at_least = words.windows(3).any(|three| {
        let [at, least, next] = three else { return false };
        at == "at" && least == "least" && (OFTEN.has_word(next) || is_number(next) || next == "one")
    });
    let at_end = words.len() < 7 && words.last().is_some_and(|last| OFTEN.has_word(last));
    // `Conduct the annual penetration test` is one test; `annual assessments` are all that come.
    let holds = has_form(&HOLDS, first);
    let often = words.get(1).is_some_and(|word| OFTEN.has_word(word));
    let many = holds && often && words.last().is_some_and(|last| last.ends_with('s'));
    every || at_least || at_end || many
}

/// Returns whether possibilities are only compared: the choice is the outcome, and it is not made.
fn only_compares(text: &str, words: &[String]) -> bool {
    let head = text.split(':').next().unwrap_or_default().to_lowercase();
    let compares = words.first().is_some_and(|first| has_form(&COMPARES, first));
    let chooses = words.iter().any(|word| has_form(&CHOOSES, word));
    let names = split_words(&head);
    compares
        && !chooses
        && names.iter().any(|word| {
            ["options", "alternatives", "solutions", "approaches", "possibilities"]
                .contains(&word.as_str())
        })
}

/// Returns whether work states where and not what: `Test and deploy to production`.
fn has_no_object(words: &[String]) -> bool {
    let mut rest = words
        .iter()
        .skip_while(|word| word.as_str() == "and" || has_form(&WORK, word) || *word == "release");
    let (Some(to), Some(place)) = (rest.next(), rest.find(|word| *word != "the")) else {
        return false;
    };
    let begins = words.first().is_some_and(|first| has_form(&WORK, first));
    begins
        && ["to", "in", "into"].contains(&to.as_str())
        && ["production", "prod", "staging", "live"].contains(&place.as_str())
}

/// Returns whether a text is only the name of something that goes on: `Patch management automation`.
fn is_habit(words: &[String]) -> bool {
    let [first, .., last] = words else { return false };
    let is_order = (has_form(&WORK, first) && !has_form(&KINDS, first))
        || has_form(&MAKES, first)
        || has_form(&PRODUCES, first);
    words.len() < 5 && !is_order && HABITS.has_word(last)
}

/// Returns whether work is done to what every item has: `Set clear goals`, `Document results`.
fn is_empty_object(words: &[String]) -> bool {
    let [first, middle @ .., last] = words else { return false };
    words.len() < 5
        && has_form(&SETS, first)
        && EVERYWHERE.has_word(last)
        && middle.iter().all(|word| PRAISE.has_word(word))
}

/// Returns whether a text only says that findings are mended, whichever they are.
fn clears_findings(words: &[String]) -> bool {
    let [first, rest @ ..] = words else { return false };
    let mut rest = rest.iter().skip_while(|word| RATED.has_word(word));
    has_form(&MENDS, first)
        && rest.next().is_some_and(|word| {
            ["findings", "issues", "weaknesses", "vulnerabilities", "deficiencies", "gaps"]
                .contains(&word.as_str())
        })
        && !words.iter().any(|word| word.chars().any(|c| c.is_ascii_digit()))
}

/// Returns whether only what is not needed is taken away, without saying what that is.
fn trims_the_unneeded(words: &[String]) -> bool {
    let [first, second, rest @ ..] = words else { return false };
    has_form(&WORK, first)
        && ["unnecessary", "unneeded", "unused", "unrequired", "nonessential"]
            .contains(&second.as_str())
        && !rest.is_empty()
        && rest.iter().all(|word| word == "and" || word == "or" || has_form(&KINDS, word))
}

/// Things that a number behind them tells from others.
static NUMBERED: Words = Words::new(
    "port, ports, vlan, rule, rules, id, gpo, plugin, finding, ticket, rack, room, building, floor",
);

/// Work after which a number of things is there.
static BUYS: Words =
    Words::new("purchase, buy, order, procure, acquire, issue, hire, hand, distribute, recruit");

/// Spans of time.
static SPANS: Words = Words::new(
    "day, days, week, weeks, month, months, quarter, quarters, year, years, hour, hours, minutes, percent, sprint",
);

/// Say how often.
static OFTEN: Words = Words::new(
    "daily, weekly, monthly, quarterly, annual, annually, yearly, regular, regularly, periodic, periodically, \
     continuously, biannually, semiannually, biweekly",
);

/// Work that is one event, or many.
static HOLDS: Words = Words::new("perform, conduct, hold, run, do");

/// Work that is done again and again, where a text says how often.
static REPEATED: Words = Words::new(
    "review, scan, check, audit, monitor, perform, conduct, retain, keep, run, test, assess, report, \
     track, maintain, inspect, verify, hold, regular, periodic",
);

/// Work that compares.
static COMPARES: Words = Words::new(
    "assess, evaluate, research, explore, investigate, review, consider, analyze, analyse, compare, study",
);

/// Ends a comparison.
static CHOOSES: Words = Words::new(
    "select, choose, pick, decide, recommend, procure, approve, adopt, award, selection, decision",
);

/// Names of what goes on.
static HABITS: Words = Words::new(
    "program, programme, process, automation, management, strategy, initiative, schedule, hygiene, governance",
);

/// Work that puts something down.
static SETS: Words = Words::new(
    "set, agree, define, assign, document, record, identify, establish, plan, prioritize, prioritise, allocate",
);

/// Things that every plan has.
static EVERYWHERE: Words = Words::new(
    "goals, dates, outcomes, results, responsibilities, actions, timelines, timeline, expectations, owners, resources, \
     priorities, objectives, roles, deadlines, milestones, budget, lessons, requirements",
);

/// Praises without saying anything.
static PRAISE: Words = Words::new(
    "clear, realistic, appropriate, the, all, specific, achievable, adequate, necessary, key",
);

/// Ratings and words between them.
static RATED: Words = Words::new(
    "all, any, the, open, remaining, identified, critical, high, moderate, medium, low, and, or, risk, severity, security, outstanding, known",
);

/// Work that mends.
static MENDS: Words = Words::new("fix, remediate, address, resolve, mitigate, correct, close");

#[cfg(test)]
mod tests {
    use super::judge_shape;

    #[test]
    fn shapes_that_decide() {
        for (text, vague) in [
            ("Close port 23 on the firewall", Some(false)),
            ("Purchase 20 hardware tokens", Some(false)),
            ("Remove VLAN 30", Some(false)),
            ("Order 30 days", None),
            ("Add end-to-end tests for password reset", Some(false)),
            ("Rotate keys every 90 days", None),
            ("Review accounts every 90 days", Some(true)),
            ("Scan all hosts at least weekly", Some(true)),
            ("Establish a review of accounts every 90 days", None),
            ("Conduct the annual penetration test", None),
            ("Conduct annual vendor assessments", Some(true)),
            ("Evaluate MFA options: Okta, Duo", Some(true)),
            ("Evaluate MFA options and select one", None),
            ("Test and deploy to production", Some(true)),
            ("Deploy the proxy to production", None),
            ("Patch management automation", Some(true)),
            ("Configure backup automation", None),
            ("Set clear goals", Some(true)),
            ("Set the screen lock", None),
            ("Remediate high and critical findings", Some(true)),
            ("Remediate findings 12 and 14", None),
            ("Disable unused ports and services", Some(true)),
            ("Disable unused accounts of payroll", None),
        ] {
            assert_eq!(judge_shape(text), vague, "{text:?}");
        }
    }
}
