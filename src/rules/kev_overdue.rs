use super::clock::{Clock, ahead, days};
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Basis, Decision, DeviationType};
use crate::store::Stored;

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
        let message = "a known exploited vulnerability has no due date";
        return vec![
            RULE.at(stored, "/kev", "without `due:`", message)
                .at_most(Level::Warning)
                .help("add `due:` with the date of CISA's catalog"),
        ];
    };
    let due = context.due(stored);
    // The deadline by rating is as early: the general rule speaks.
    if due.basis != Basis::Kev {
        return Vec::new();
    }
    let help = "apply CISA's required action and close the item";
    match context.clock(day) {
        Clock::Passed(ago) => {
            let message = format!(
                "CISA's due date {day} for a known exploited vulnerability passed {} ago",
                days(ago)
            );
            let level = if context.is_exempt(stored) { Level::Warning } else { Level::Error };
            vec![RULE.at(stored, "/kev/due", "has passed", message).at_most(level).help(help)]
        }
        Clock::Soon(left) => {
            let message = format!("a known exploited vulnerability is due {}: {day}", ahead(left));
            vec![RULE.at(stored, "/kev/due", "coming up", message).level(Level::Note).help(help)]
        }
        Clock::Far => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, said};
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
                said(rule, &item)
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
