//! The rule `ver-reduction-plan`: the next reduction of an N-rating is not planned, does not reduce
//! it, or was missed (VER-RPT-VDT).
//!
//! Checks one item at a time. The page `ver_reduction_plan.md` has its text, source and examples.

use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Mitigation;
use crate::store::Stored;

/// The next reduction of an N-rating is not planned, or the plan cannot be.
pub(super) const RULE: Rule = Rule {
    name: "ver-reduction-plan",
    level: Level::Error,
    summary: "the next reduction of an N-rating is not planned, does not reduce it, or was missed (VDR-TFR-PVR, VER-RPT-VDT)",
    text: include_str!("ver_reduction_plan.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.vulnerability_frames(stored) else { return Vec::new() };
    let item = &stored.item;
    let Some(ver) = &item.ver else { return Vec::new() };
    let (Some(_), Some(rating)) = (ver.evaluated, ver.rating) else { return Vec::new() };
    if ver.mitigation == Some(Mitigation::Full)
        || frames.is_accepted(item, context.settings, context.today)
    {
        return Vec::new();
    }
    let Some(next) = &ver.next_reduction else {
        // FedRAMP has no target for N0 and N1: they wait for routine work.
        if rating <= 1 {
            return Vec::new();
        }
        let (cited, level) = cite_rule(&frames, "VDR-TFR-PVR");
        let message = format!("N{rating} without a planned reduction ({cited})");
        return vec![
            RULE.at(stored, "/ver/rating", "no reduction planned", message).at_most(level).help(
                "set `ver.next_reduction: {due: …, rating: …}`; reports list it (VER-RPT-VDT)",
            ),
        ];
    };
    if next.rating >= rating {
        let (cited, level) = cite_rule(&frames, "VER-RPT-VDT");
        let message = format!(
            "the planned reduction goes from N{rating} to N{}: no reduction ({cited})",
            next.rating
        );
        return vec![
            RULE.at(stored, "/ver/next_reduction/rating", "not lower", message)
                .at_most(level)
                .help("plan a rating that is lower than `ver.rating`, down to 0"),
        ];
    }
    if next.due.day() < context.today {
        let (cited, level) = cite_rule(&frames, "VDR-TFR-PVR");
        let message = format!("the reduction planned for {} has not happened ({cited})", next.due);
        return vec![
            RULE.at(stored, "/ver/next_reduction/due", "has passed", message).at_most(level).help(
                "set the reduced `ver.rating` with a new `ver.evaluated`, or plan a new date",
            ),
        ];
    }
    Vec::new()
}
