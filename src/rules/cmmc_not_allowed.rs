//! The rule `cmmc-not-allowed`: an open item is mapped to a requirement that may not be on a CMMC
//! POA&M.
//!
//! Checks one item at a time. The page `cmmc_not_allowed.md` has its text, source and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Requirement, requirement_ids, why_not_on_poam};
use crate::store::Stored;

/// An item represents a requirement that no CMMC POA&M may hold.
pub(super) const RULE: Rule = Rule {
    name: "cmmc-not-allowed",
    level: Level::Error,
    summary: "an open item is mapped to a requirement that may not be on a CMMC POA&M",
    text: include_str!("cmmc_not_allowed.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    // What came up after the assessment is on an operational plan of action (32 CFR 170.24).
    let detected = context.permanent_values(stored).detected;
    if !context.is_open(stored) || !context.settings.deadlines.is_of_assessment(detected) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, id) in requirement_ids(&stored.item) {
        let Some(why) = why_not_on_poam(id, &stored.item) else { continue };
        let message = format!("{id} may not be on a POA&M: {why}");
        // Only of encryption does it decide what the item says.
        let is_open = Requirement::of_id(id).is_some_and(|one| one.allows_part_on_poam());
        let help = match is_open {
            true => format!(
                "if encryption is employed, write `partly_met: [{id}]`; else meet the requirement before the assessment"
            ),
            false => "meet the requirement before the assessment".to_owned(),
        };
        found.push(RULE.at(stored, &at, "not on a POA&M", message).help(help));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn a_requirement_is_barred_wherever_it_is_named() {
        for fields in [
            "mappings: {cmmc: [IA.L2-3.5.3]}",
            "mappings: {nist-800-171: [3.5.3]}",
            "controls: [3.5.3]",
        ] {
            let item = format!(
                "fail\n{OPEN}original_detection_date: 2026-02-05\noriginal_risk_rating: high\n{fields}\n# settings\nprofile: cmmc-l2\n"
            );
            let found = run_example(&RULE, &item);
            assert!(found.len() == 1 && found[0].contains("3.5.3 may not be"), "{found:?}");
        }
    }
}
