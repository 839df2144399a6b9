//! The rule `deferral-expired`: an item is still deferred although the deferral has ended.
//!
//! Checks one item at a time. The page `deferral_expired.md` has its text, source and examples.

use super::clock::{Clock, count_days, days_ahead};
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// A deferral is past its end.
pub(super) const RULE: Rule = Rule {
    name: "deferral-expired",
    level: Level::Error,
    summary: "an item is still deferred although the deferral has ended",
    text: include_str!("deferral_expired.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let deferral = stored.item.deferral.as_ref();
    let Some(deferral) = deferral.filter(|_| context.is_deferred(stored)) else {
        return Vec::new();
    };
    let (at, until) = ("/deferral/until", deferral.until);
    let help = "take the item up again, or defer it anew with a reason";
    match context.relate_today(until) {
        Clock::Passed(ago) => {
            let message = format!("deferral ended on {until}, {} ago", count_days(ago));
            vec![RULE.at(stored, at, "has passed", message).help(help)]
        }
        Clock::Soon(left) => {
            let message = format!("deferral ends {}: {until}", days_ahead(left));
            vec![RULE.at(stored, at, "coming up", message).level(Level::Note).help(help)]
        }
        Clock::Far => Vec::new(),
    }
}
