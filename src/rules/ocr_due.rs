//! The rule `ocr-due`: no snapshot was taken for three months, in which an Ongoing Certification
//! Report is due (CCM-OCR-AVL).
//!
//! Checks the items together. The page `ocr_due.md` has its text, source and examples.

use super::clock::{Clock, days_ahead};
use super::vulnerability::ReportDue;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::settings::ProfileName;
use crate::vdr::{Class, OfficialRules, TimeFrames};

/// The quarterly Ongoing Certification Report is due.
pub(super) const RULE: Rule = Rule {
    name: "ocr-due",
    level: Level::Warning,
    summary: "no snapshot was taken for three months, in which an Ongoing Certification Report is due (CCM-OCR-AVL)",
    text: include_str!("ocr_due.md"),
    numbers: &[],
    history: false,
    check: Check::Store(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let settings = context.settings;
    if settings.profile.name != ProfileName::FedrampRev5 || settings.vdr_adopted.is_none() {
        return Vec::new();
    }
    let rules = OfficialRules::built_in();
    let set = rules.rulesets.iter().find(|set| set.id == "CCM" && set.applies != "20x");
    let Some(binds) = set.and_then(|set| set.maintain) else { return Vec::new() };
    let frames = TimeFrames::new(Class::find(settings));
    let report = context.report_due(&frames, "CCM-OCR-AVL", ("CCM binds", binds));
    let Some(ReportDue { due, since, cited, .. }) = report else { return Vec::new() };
    if context.today < binds {
        return Vec::new();
    }
    let (level, message) = match context.relate_today(due) {
        Clock::Passed(_) => (
            Level::Warning,
            format!("an Ongoing Certification Report was due by {due}: {since} ({cited})"),
        ),
        Clock::Soon(left) => (
            Level::Note,
            format!(
                "an Ongoing Certification Report is due {}, by {due}: {since} ({cited})",
                days_ahead(left)
            ),
        ),
        Clock::Far => return Vec::new(),
    };
    let label = settings.document.label("/vdr_adopted").says("reports are due");
    let help = "run `poam snapshot` and `poam export ocr --with FILE`, and supply the report to all \
        necessary parties";
    vec![Diagnostic::new(RULE.name, label, message).level(level).help(help)]
}
