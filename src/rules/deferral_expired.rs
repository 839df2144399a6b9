use super::clock::{Clock, ahead, days};
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
    match context.clock(until) {
        Clock::Passed(ago) => {
            let message = format!("deferral ended on {until}, {} ago", days(ago));
            vec![RULE.at(stored, at, "has passed", message).help(help)]
        }
        Clock::Soon(left) => {
            let message = format!("deferral ends {}: {until}", ahead(left));
            vec![RULE.at(stored, at, "coming up", message).level(Level::Note).help(help)]
        }
        Clock::Far => Vec::new(),
    }
}
