//! The rule `ver-report-due`: no report on vulnerabilities was frozen for more than a month
//! (VER-TFR-MHR).
//!
//! Checks the items together. The page `ver_report_due.md` has its text, source and examples.

use super::clock::{Clock, days_ahead};
use super::vulnerability::ReportDue;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};

/// The monthly report on vulnerabilities is due.
pub(super) const RULE: Rule = Rule {
    name: "ver-report-due",
    level: Level::Warning,
    summary: "no report on vulnerabilities was frozen for more than a month (VER-TFR-MHR)",
    text: include_str!("ver_report_due.md"),
    numbers: &[],
    history: false,
    check: Check::Store(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.time_frames() else { return Vec::new() };
    let Some(adopted) = context.settings.vdr_adopted else { return Vec::new() };
    let report = context.report_due(&frames, "VER-TFR-MHR", ("VDR and VER hold", adopted));
    let Some(ReportDue { due, since, cited, .. }) = report else { return Vec::new() };
    let (level, message) = match context.relate_today(due) {
        Clock::Passed(_) => {
            (Level::Warning, format!("the monthly report was due by {due}: {since} ({cited})"))
        }
        Clock::Soon(left) => {
            let when = days_ahead(left);
            (Level::Note, format!("the monthly report is due {when}, by {due}: {since} ({cited})"))
        }
        Clock::Far => return Vec::new(),
    };
    let label = context.settings.document.label("/vdr_adopted").says("counted from here");
    let help =
        "run `poam snapshot` and `poam export ver`, and give the report to all necessary parties";
    vec![Diagnostic::new(RULE.name, label, message).level(level).help(help)]
}
