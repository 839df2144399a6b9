//! The rule `ver-detection-differs`: the instant of detection lies on another day than the
//! detection date (VER-RPT-VDT).
//!
//! Checks one item at a time. The page `ver_detection_differs.md` has its text, source and
//! examples.

use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Kind;
use crate::store::Stored;
use crate::vdr::{Class, TimeFrames, is_on_day};

/// The instant of detection lies on another day than the detection date that counts.
pub(super) const RULE: Rule = Rule {
    name: "ver-detection-differs",
    level: Level::Error,
    summary: "the instant of detection lies on another day than the detection date (VER-RPT-VDT)",
    text: include_str!("ver_detection_differs.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    let Some(detected) = item.ver.as_ref().and_then(|ver| ver.detected) else { return Vec::new() };
    let day = context.permanent_values(stored).detected;
    if item.kind == Kind::Documentation || is_on_day(detected, day) {
        return Vec::new();
    }
    let (cited, level) = cite_rule(&TimeFrames::new(Class::find(context.settings)), "VER-RPT-VDT");
    let which = match day == item.original_detection_date {
        true => "`original_detection_date`",
        false => "the detection date as it was first recorded",
    };
    let message = format!("detected at {detected}, and {which} is {day} ({cited})");
    vec![RULE.at(stored, "/ver/detected", "another day", message).at_most(level).help(
        "correct the one that is wrong: the instant is to lie on that day, in UTC or in the offset in \
        which it is written",
    )]
}
