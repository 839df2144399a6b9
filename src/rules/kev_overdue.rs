//! The rule `kev-overdue`: the due date that CISA gives for a known exploited vulnerability has
//! passed.
//!
//! Checks one item at a time. The page `kev_overdue.md` has its text, source and examples.

use chrono::NaiveDate;

use super::clock::{Clock, count_days, days_ahead};
use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::kev::KevDirective;
use crate::model::{Basis, Decision, DeviationType};
use crate::store::Stored;
use crate::vdr::TimeFrames;

/// CISA's due date of a known exploited vulnerability has passed.
pub(super) const RULE: Rule = Rule {
    name: "kev-overdue",
    level: Level::Error,
    summary: "the due date that CISA gives for a known exploited vulnerability has passed",
    text: include_str!("kev_overdue.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    let Some(kev) = item.kev.as_ref().filter(|kev| kev.listed) else { return Vec::new() };
    let false_positive = item.decision(DeviationType::FalsePositive) == Decision::Yes;
    if !context.is_open(stored) || false_positive {
        return Vec::new();
    }
    let Some(day) = kev.due else {
        let start = KevDirective::built_in()
            .clock_start(kev.added, context.permanent_values(stored).detected);
        let message = format!(
            "a known exploited vulnerability has no due date; its time runs from {start}, the \
            earlier of its entry in the catalog and its detection"
        );
        return vec![
            RULE.at(stored, "/kev", "without `due:`", message).at_most(Level::Warning).help(
                "add `due:` with the date of CISA's catalog, or run `poam kev` with the catalog",
            ),
        ];
    };
    if let Some(frames) = context.vulnerability_frames(stored) {
        return under_vdr(stored, context, &frames, day);
    }
    let due = context.compute_due(stored);
    // The deadline by rating is as early: the general rule speaks.
    if due.basis != Basis::Kev {
        return Vec::new();
    }
    let help = "apply CISA's required action and close the item";
    match context.relate_today(day) {
        Clock::Passed(ago) => {
            let message = format!(
                "CISA's due date {day} for a known exploited vulnerability passed {} ago",
                count_days(ago)
            );
            let level = if context.is_exempt(stored) { Level::Warning } else { Level::Error };
            vec![RULE.at(stored, "/kev/due", "has passed", message).at_most(level).help(help)]
        }
        Clock::Soon(left) => {
            let message =
                format!("a known exploited vulnerability is due {}: {day}", days_ahead(left));
            vec![RULE.at(stored, "/kev/due", "coming up", message).level(Level::Note).help(help)]
        }
        Clock::Far => Vec::new(),
    }
}

/// Under VDR the catalog's date counts by itself: also where the weakness is fully mitigated or
/// accepted, until it is remediated or a false positive.
fn under_vdr(
    stored: &Stored,
    context: &Context<'_>,
    frames: &TimeFrames<'_>,
    day: NaiveDate,
) -> Vec<Diagnostic> {
    let (cited, level) = cite_rule(frames, "VDR-TFR-KEV");
    let help = "apply CISA's required action and close the item: mitigation does not end this date";
    match context.relate_today(day) {
        Clock::Passed(_) => {
            let message =
                format!("a known exploited vulnerability was not remediated by {day} ({cited})");
            vec![RULE.at(stored, "/kev/due", "has passed", message).at_most(level).help(help)]
        }
        Clock::Soon(left) => {
            let when = days_ahead(left);
            let message = format!(
                "a known exploited vulnerability is to be remediated {when}, by {day} ({cited})"
            );
            vec![RULE.at(stored, "/kev/due", "coming up", message).level(Level::Note).help(help)]
        }
        Clock::Far => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn the_earlier_date_speaks_and_only_one() {
        for (kev_due, today, mine, general) in [
            ("2026-01-15", "2026-01-15", "note", ""),
            ("2026-01-15", "2026-01-16", "error", ""),
            ("2026-03-01", "2026-02-01", "", "error"),
            ("2026-01-15", "2026-02-10", "error", ""),
        ] {
            let item = format!(
                "fail today={today}\n{OPEN}original_detection_date: 2026-01-01\n\
                original_risk_rating: high\nkev: {{listed: true, due: {kev_due}}}"
            );
            let level = |rule| {
                run_example(rule, &item)
                    .first()
                    .map_or(String::new(), |one| one.split(' ').next().unwrap().to_owned())
            };
            assert_eq!(
                (level(&RULE), level(&super::super::overdue::RULE)),
                (mine.into(), general.into()),
                "{kev_due} on {today}"
            );
        }
    }
}
