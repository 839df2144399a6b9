//! The rule `stale`: nothing about an open item was committed and nobody reviewed it for more than 30
//! days.
//!
//! Checks one item at a time. The page `stale.md` has its text, source and examples.

use chrono::Days;

use super::clock::{Clock, count_days, days_ahead};
use super::{Check, Context, Loosening, Number, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::standing::{STALE_DAYS, last_heard};
use crate::store::Stored;

/// Nothing was heard of an open item for too long.
pub(super) const RULE: Rule = Rule {
    name: "stale",
    level: Level::Error,
    summary: "nothing about an open item landed and nobody reviewed it for more than 30 days",
    text: include_str!("stale.md"),
    numbers: &[Number {
        name: "days",
        default: STALE_DAYS,
        meaning: "days without a landed change or a review",
        loosened_by: Loosening::Increase,
    }],
    history: true,
    check: Check::Item(check),
};

/// The longest announcement: with a review every month a longer one would seldom be silent.
const ANNOUNCED: u32 = 7;

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let heard = context.history.and_then(|it| last_heard(&stored.item, it, context.today));
    let Some(heard) = heard.filter(|_| context.is_open(stored)) else { return Vec::new() };
    let count = context.number(&RULE, "days");
    let end = heard.checked_add_days(Days::new(u64::from(count))).unwrap_or(heard);
    let said = |message| RULE.at(stored, "/status", "still open", message);
    let said =
        match Clock::relate_day(end, context.today, context.settings.warn_days.min(ANNOUNCED)) {
            Clock::Passed(ago) => {
                let ago = count_days(ago + i64::from(count));
                said(format!(
                    "no change landed and no review was recorded for {ago}, since {heard}"
                ))
            }
            Clock::Soon(left) => {
                let message = format!(
                    "the last {} without a change or a review end {}: {end}",
                    count_days(i64::from(count)),
                    days_ahead(left)
                );
                said(message).level(Level::Note)
            }
            Clock::Far => return Vec::new(),
        };
    let id = &stored.item.id;
    vec![said.help(format!("bring it up to date, or look at it: `poam review {id} --note RESULT`"))]
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    #[test]
    fn thirty_days_are_in_time() {
        let item = "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-05\n\
            original_risk_rating: low\n";
        for (today, more, expected) in [
            ("2026-01-30", "", vec![]),
            (
                "2026-02-06",
                "",
                vec![
                    "note `open`: the last 30 days without a change or a review end tomorrow: 2026-02-07",
                ],
            ),
            (
                "2026-02-08",
                "",
                vec![
                    "error `open`: no change landed and no review was recorded for 31 days, since 2026-01-08",
                ],
            ),
            ("2026-02-08", "reviews: [{date: 2026-02-01, by: Sam Roe}]\n", vec![]),
        ] {
            let block = format!("fail today={today}\n# commit: 2026-01-08\n{item}{more}");
            assert_eq!(run_example(&RULE, &block), expected, "{today} {more}");
        }
    }
}
