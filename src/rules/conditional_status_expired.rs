//! The rule `conditional-status-expired`: 180 days after the conditional CMMC status, items of its
//! assessment are open.
//!
//! Checks the items together. The page `conditional_status_expired.md` has its text, source and
//! examples.

use chrono::NaiveDate;

use super::clock::days_ahead;
use super::{Check, Context, Loosening, Number, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Score;
use crate::store::Stored;

/// A conditional status has run out with items open.
pub(super) const RULE: Rule = Rule {
    name: "conditional-status-expired",
    level: Level::Error,
    summary: "180 days after the conditional CMMC status, items of its assessment are open",
    text: include_str!("conditional_status_expired.md"),
    numbers: &[Number {
        name: "announce",
        default: 120,
        meaning: "days after the conditional status from which on its end is announced",
        loosened_by: Loosening::Increase,
    }],
    history: true,
    check: Check::Store(check),
};

/// Number of open items that are shown as places.
const SHOWN: usize = 5;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let deadlines = &context.settings.deadlines;
    let Some(day) = deadlines.conditional else { return Vec::new() };
    let counts = |stored: &&Stored| {
        deadlines.conditional_for(context.permanent_values(stored).detected).is_some()
    };
    let open: Vec<&Stored> = context
        .store
        .items()
        .iter()
        .filter(|stored| context.is_open(stored))
        .filter(counts)
        .collect();
    let Some(end) = day.checked_add_days(Score::CLOSEOUT).filter(|_| !open.is_empty()) else {
        return Vec::new();
    };
    let Some((level, message)) = judge_end(day, end, context) else { return Vec::new() };
    let label = context.settings.document.label("/conditional_status").says("counted from here");
    // The message has no count: a branch that closes one of several items states nothing new.
    let count = if open.len() == 1 { "item".to_owned() } else { format!("{} items", open.len()) };
    let help =
        format!("close the {count} that the assessment left open, and have the closeout assessed");
    let mut found = Diagnostic::new(RULE.name, label, message).at_most(level).help(help);
    for stored in open.iter().take(SHOWN) {
        found = found.also(stored.document.label("/status").says(stored.item.status.to_string()));
    }
    vec![found]
}

fn judge_end(day: NaiveDate, end: NaiveDate, context: &Context<'_>) -> Option<(Level, String)> {
    let left = (end - context.today).num_days();
    if left < 0 {
        let message = format!("the conditional status of {day} expired on {end} with items open");
        return Some((Level::Error, message));
    }
    let announced =
        (context.today - day).num_days() >= i64::from(context.number(&RULE, "announce"));
    announced.then(|| {
        let when = days_ahead(left);
        (
            Level::Note,
            format!("the conditional status of {day} expires {when}, on {end}, and items are open"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    #[test]
    fn the_end_is_announced_and_then_has_passed() {
        let item = |status: &str, detected: &str| {
            format!(
                "id: V-1\nweakness_name: W\nstatus: {status}\noriginal_detection_date: {detected}\noriginal_risk_rating: low\n# settings\nprofile: cmmc-l2\nconditional_status: 2026-06-01\n"
            )
        };
        let none = None;
        let note = |when: &str| {
            Some(format!(
                "note `2026-06-01`: the conditional status of 2026-06-01 expires {when}, on 2026-11-28, and items are open"
            ))
        };
        let error = Some("error `2026-06-01`: the conditional status of 2026-06-01 expired on 2026-11-28 with items open".to_owned());
        for (today, expected) in [
            ("2026-09-28", none.clone()),
            ("2026-09-29", note("in 60 days")),
            ("2026-10-29", note("in 30 days")),
            ("2026-11-18", note("in 10 days")),
            ("2026-11-28", note("today")),
            ("2026-11-29", error),
        ] {
            let block = format!("fail today={today}\n{}", item("open", "2026-05-20"));
            assert_eq!(run_example(&RULE, &block).first().cloned(), expected, "{today}");
            let closed = format!("fail today={today}\n{}", item("closed", "2026-05-20"));
            assert_eq!(run_example(&RULE, &closed).first().cloned(), none, "{today}");
            let later = format!("fail today={today}\n{}", item("open", "2026-06-02"));
            assert_eq!(
                run_example(&RULE, &later).first().cloned(),
                none,
                "found after the assessment"
            );
        }
    }
}
