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

/// Words that say nothing about the one item.
static VAGUE: Words = Words::of(
    "a, about, action, actions, address, all, an, and, any, apply, as, asap, at, be, begin, \
     being, by, close, closed, closure, complete, completed, completion, continue, continued, \
     correct, corrective, deploy, do, done, end, etc, final, finalize, finding, findings, finish, \
     first, fix, fixed, fixes, fixing, for, get, handle, implement, implementation, implemented, \
     in, investigate, investigation, is, issue, issues, it, item, items, last, later, milestone, \
     mitigate, mitigation, n/a, na, necessary, needed, next, of, on, ongoing, patch, patched, \
     patches, patching, pending, perform, phase, plan, planned, planning, poam, problem, \
     problems, process, progress, remediate, remediated, remediation, required, resolution, \
     resolve, resolved, resolving, review, second, solve, soon, start, started, starting, step, \
     steps, task, tasks, tba, tbc, tbd, test, tested, testing, the, them, these, third, this, to, \
     todo, under, update, updated, updates, updating, validate, validation, verification, verify, \
     vulnerabilities, vulnerability, way, we, weakness, weaknesses, will, with, work, working",
);

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_open(stored) {
        return Vec::new();
    }
    let steps = stored.item.milestones.iter().enumerate();
    steps
        .filter(|(_, step)| !step.status.is_finished() && is_vague(&step.description))
        .map(|(index, step)| {
            let message = format!("milestone {} names no outcome that could be checked", step.id);
            RULE.at(stored, &format!("/milestones/{index}/description"), "says too little", message)
                .help("say what will be done, to what, and how it shows, in a few words")
        })
        .collect()
}

fn is_vague(text: &str) -> bool {
    let words: Vec<&str> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .collect();
    // Nearly every text has a word that tells something; what else may save one is asked after.
    let count = words.iter().filter(|word| !word.is_empty()).count();
    let mut telling = words.iter().filter(|word| word.chars().any(char::is_alphabetic));
    if count >= 3 && !telling.all(|word| VAGUE.has(&word.to_lowercase())) {
        return false;
    }
    let spaceless = |c: char| {
        // Thai, Lao, Khmer, Burmese, Chinese, Japanese: no spaces between words.
        matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
    };
    !text.chars().any(spaceless) && !words.iter().any(|word| is_reference(word))
}

/// Whether a word points to something: CHG-1234, KB5034441, 3.0.13, https://…
fn is_reference(word: &str) -> bool {
    // `Phase2` is two words that say nothing.
    if VAGUE.has(&word.trim_end_matches(|c: char| c.is_ascii_digit()).to_lowercase()) {
        return false;
    }
    let digits = word.chars().any(|c| c.is_ascii_digit());
    let letters = word.chars().any(char::is_alphabetic);
    let dots = word.contains('.') && word.chars().filter(char::is_ascii_digit).count() > 1;
    (digits && letters && word.chars().count() > 3) || dots || word.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            assert!(is_vague(text), "{text:?}");
        }
        for text in [
            "Inventory the dependencies of both hosts in ticket CHG-1234",
            "Patch CHG-1234",
            "Upgrade OpenSSL 3.0.13",
            "Upgrade to 3.0.13",
            "Decommission old hosts",
            "Apply KB5034441",
            "Close port 8443",
            "Deploy the patch to production",
            "Fix https://example.com/1",
            "\u{4fee}\u{88dc}\u{7a0b}\u{5f0f}\u{3092}\u{9069}\u{7528}\u{3059}\u{308b}",
        ] {
            assert!(!is_vague(text), "{text:?}");
        }
    }
}
