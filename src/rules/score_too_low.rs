//! The rule `score-too-low`: the open items leave fewer than the 88 points that a conditional CMMC
//! status needs.
//!
//! Checks the items together. The page `score_too_low.md` has its text, source and examples.

use std::collections::BTreeSet;

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Item, ItemId, Requirement, Score};
use crate::settings::ProfileName;
use crate::text::{first_of, visible};

/// The open items cost too many points for a conditional status.
pub(super) const RULE: Rule = Rule {
    name: "score-too-low",
    level: Level::Error,
    summary: "the open items leave fewer than the 88 points that a conditional CMMC status needs",
    text: include_str!("score_too_low.md"),
    numbers: &[],
    history: true,
    check: Check::Store(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let settings = context.settings;
    if settings.profile.name != ProfileName::CmmcL2 {
        return Vec::new();
    }
    // Once a conditional status is given, what is found later is not of its assessment.
    let counts = |stored: &&crate::store::Stored| {
        context.is_open(stored)
            && settings.deadlines.is_of_assessment(context.permanent_values(stored).detected)
    };
    let open: Vec<&Item> =
        context.store.items().iter().filter(counts).map(|stored| &stored.item).collect();
    let score = Score::compute(open.iter().copied());
    let label = || settings.document.label("/profile").says("the profile that needs them");
    if !score.is_too_low() {
        if score.untold == 0 {
            return Vec::new();
        }
        let message = "open items name no requirement, so that the score is unknown".to_owned();
        let unknown = Diagnostic::new(RULE.name, label(), message).at_most(Level::Warning);
        return vec![unknown.help(describe_untold(&open, score.points))];
    }
    // The message has no score: a branch that makes it better, but not yet good, states nothing new.
    let message = format!(
        "the requirements that are not met leave fewer than {} of {} points",
        Score::CONDITIONAL,
        Score::FULL
    );
    let help = format!(
        "meet more of the {} before the assessment; the score is {}",
        score.not_met.len(),
        score.points
    );
    vec![Diagnostic::new(RULE.name, label(), message).help(help)]
}

/// Items that the help names before it only counts.
const SHOWN: usize = 5;

/// Tells which items name no requirement, or ids that CMMC does not know.
fn describe_untold(open: &[&Item], points: i64) -> String {
    let untold: Vec<&ItemId> =
        open.iter().filter(|item| !Requirement::are_told_by(item)).map(|item| &item.id).collect();
    let mut help = format!(
        "write the requirement of each under `mappings: {{cmmc: […]}}` ({}); the score is at most {points}",
        first_of(&untold, SHOWN)
    );
    let unknown: BTreeSet<&str> =
        open.iter().flat_map(|item| Requirement::unknown_ids(item)).collect();
    if !unknown.is_empty() {
        let unknown: Vec<_> = unknown.into_iter().map(|id| format!("`{}`", visible(id))).collect();
        help += &format!(
            "; CMMC assesses NIST SP 800-171 Rev 2, which does not have {}",
            first_of(&unknown, SHOWN)
        );
    }
    help
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    #[test]
    fn only_what_the_assessment_found_counts() {
        let item = |detected: &str, settings: &str| {
            format!(
                "fail\nid: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: {detected}\noriginal_risk_rating: low\nmappings: {{cmmc: [AC.L2-3.1.1, AC.L2-3.1.2, AT.L2-3.2.1, AT.L2-3.2.2, AU.L2-3.3.1]}}\n# settings\n{settings}"
            )
        };
        let low = [
            "error `cmmc-l2`: the requirements that are not met leave fewer than 88 of 110 points",
        ];
        let none: [&str; 0] = [];
        assert_eq!(run_example(&RULE, &item("2026-02-05", "profile: cmmc-l2\n")), low);
        assert_eq!(run_example(&RULE, &item("2026-02-05", "profile: generic\n")), none);
        let conditional = "profile: cmmc-l2\nconditional_status: 2026-02-10\n";
        assert_eq!(run_example(&RULE, &item("2026-02-05", conditional)), low);
        assert_eq!(run_example(&RULE, &item("2026-02-11", conditional)), none, "found later");
        let untold =
            item("2026-02-05", "profile: cmmc-l2\n").replace("mappings: {cmmc:", "mappings: {iso:");
        let unknown =
            ["warning `cmmc-l2`: open items name no requirement, so that the score is unknown"];
        assert_eq!(run_example(&RULE, &untold), unknown);
    }

    /// 03.05.03 is multifactor authentication in Rev 3; Rev 2 numbers it 3.5.3.
    #[test]
    fn ids_of_another_revision_are_named() {
        let item = |framework: &str, id: &str| {
            let mut item = Item::new(
                "V-1".parse().unwrap(),
                "W".to_owned(),
                "open".parse().unwrap(),
                "2026-02-05".parse().unwrap(),
                crate::model::RiskRating::Low,
            );
            item.mappings.insert(framework.to_owned(), vec![id.to_owned()]);
            item
        };
        let (third, none) = (item("nist-800-171", "03.05.03"), item("iso", "A.1"));
        assert_eq!(
            describe_untold(&[&third], 110),
            "write the requirement of each under `mappings: {cmmc: […]}` (V-1); the score is at most 110; \
             CMMC assesses NIST SP 800-171 Rev 2, which does not have `03.05.03`"
        );
        assert!(!describe_untold(&[&none], 110).contains("Rev 2"));
    }
}
