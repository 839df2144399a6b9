//! The rule `kev-time-frame`: a known exploited vulnerability without a due date is past the time
//! of BOD 26-04 (VDR-TFR-KEV).
//!
//! Checks one item at a time. The page `kev_time_frame.md` has its text, source and examples.

use chrono::Days;

use super::clock::{Clock, days_ahead};
use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::kev::KevDirective;
use crate::model::{Decision, DeviationType};
use crate::store::Stored;
use crate::vdr::{Class, TimeFrames};

/// A known exploited vulnerability without a due date is past the time of CISA's directive.
pub(super) const RULE: Rule = Rule {
    name: "kev-time-frame",
    level: Level::Warning,
    summary: "a known exploited vulnerability without a due date is past the time of BOD 26-04 (VDR-TFR-KEV)",
    text: include_str!("kev_time_frame.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

const HELP: &str = "apply CISA's required action and close the item, or add `kev.due` with the date of \
    CISA's catalog, which counts (`poam kev` takes it from there)";

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    let false_positive = item.decision(DeviationType::FalsePositive) == Decision::Yes;
    if !context.is_open(stored) || false_positive {
        return Vec::new();
    }
    // The catalog's own date counts where it is known.
    let Some(kev) = item.kev.as_ref().filter(|kev| kev.listed && kev.due.is_none()) else {
        return Vec::new();
    };
    let directive = KevDirective::built_in();
    let exposed = item.exposure.as_ref().and_then(|it| it.internet_reachable);
    // Assumed to be automatable unless there is evidence (VER-EVA-AIA).
    let automatable = item.ver.as_ref().and_then(|ver| ver.automatable).unwrap_or(true);
    let Some(days) = directive.table.most_days(exposed, Some(automatable)) else {
        return Vec::new();
    };
    let start = directive.clock_start(kev.added, context.permanent_values(stored).detected);
    let Some(due) = start.checked_add_days(Days::new(days)) else { return Vec::new() };
    let from = match kev.added {
        Some(added) if added == start => "its entry in the catalog",
        _ => "its detection",
    };
    let frames = TimeFrames::new(Class::find(context.settings));
    let (cited, level) = cite_rule(&frames, "VDR-TFR-KEV");
    let rule = &directive.directive;
    match context.relate_today(due) {
        Clock::Passed(_) => {
            let message = format!(
                "a known exploited vulnerability was not remediated by {due}, {days} days from {from} \
                ({rule}; {cited})"
            );
            vec![RULE.at(stored, "/kev", "without `due:`", message).at_most(level).help(HELP)]
        }
        Clock::Soon(left) => {
            let when = days_ahead(left);
            let message = format!(
                "a known exploited vulnerability is to be remediated {when}, by {due}, {days} days \
                from {from} ({rule}; {cited})"
            );
            vec![RULE.at(stored, "/kev", "without `due:`", message).level(Level::Note).help(HELP)]
        }
        Clock::Far => Vec::new(),
    }
}
