//! The rule `ver-activity-due`: the historical activity in JSON was not updated in time
//! (VER-TFR-MRH).
//!
//! Checks the items together. The page `ver_activity_due.md` has its text, source and examples.

use super::clock::{Clock, days_ahead};
use super::vulnerability::ReportDue;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};

/// The historical activity in JSON is to be updated.
pub(super) const RULE: Rule = Rule {
    name: "ver-activity-due",
    level: Level::Warning,
    summary: "the historical activity in JSON was not updated in time (VER-TFR-MRH)",
    text: include_str!("ver_activity_due.md"),
    numbers: &[],
    history: false,
    check: Check::Store(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.time_frames() else { return Vec::new() };
    let Some(adopted) = context.settings.vdr_adopted else { return Vec::new() };
    // Without a class the time frame is not known: another rule asks for it.
    let report = context.report_due(&frames, "VER-TFR-MRH", ("VDR and VER hold", adopted));
    let Some(ReportDue { due, since, cited, force }) = report else { return Vec::new() };
    let (level, message) = match context.relate_today(due) {
        Clock::Passed(_) => {
            (force, format!("the activity in JSON was to be updated by {due}: {since} ({cited})"))
        }
        // The last days of a short time frame alone.
        Clock::Soon(left) if left <= 3 => {
            let when = days_ahead(left);
            (
                Level::Note,
                format!(
                    "the activity in JSON is to be updated {when}, by {due}: {since} ({cited})"
                ),
            )
        }
        Clock::Soon(_) | Clock::Far => return Vec::new(),
    };
    let label = context.settings.document.label("/vdr_adopted").says("counted from here");
    let help = "run `poam snapshot` and `poam export ver --report activity`, and supply the file for \
        retrieval; where a pipeline does that without snapshots, turn the rule off in `rules:`";
    vec![Diagnostic::new(RULE.name, label, message).level(level).help(help)]
}
