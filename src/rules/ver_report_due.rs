use super::clock::{Clock, ahead};
use super::vulnerability::cite;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::DayOrInstant;
use crate::vdr::Deadline;

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
    let Some(frames) = context.vdr() else { return Vec::new() };
    let Some(adopted) = context.settings.vdr_adopted else { return Vec::new() };
    let Some(frame) = frames.within("VER-TFR-MHR") else { return Vec::new() };
    let last = context.reported.filter(|day| *day <= context.today);
    let start = last.filter(|day| adopted < *day).unwrap_or(adopted);
    let due = Deadline::after(DayOrInstant::Day(start), frame).day;
    let since = match last.filter(|day| *day == start) {
        Some(day) => format!("the last snapshot is of {day}"),
        None => format!("no snapshot since VDR and VER hold, {adopted}"),
    };
    let (cited, _) = cite(&frames, "VER-TFR-MHR");
    let (level, message) = match context.clock(due) {
        Clock::Passed(_) => {
            (Level::Warning, format!("the monthly report was due by {due}: {since} ({cited})"))
        }
        Clock::Soon(left) => {
            let when = ahead(left);
            (Level::Note, format!("the monthly report is due {when}, by {due}: {since} ({cited})"))
        }
        Clock::Far => return Vec::new(),
    };
    let label = context.settings.document.label("/vdr_adopted").says("counted from here");
    let help =
        "run `poam snapshot` and `poam export ver`, and give the report to all necessary parties";
    vec![Diagnostic::new(RULE.name, label, message).level(level).help(help)]
}
