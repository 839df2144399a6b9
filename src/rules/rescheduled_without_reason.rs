//! The rule `rescheduled-without-reason`: a due date was moved to a later day, and neither the
//! commit nor a review explains why.
//!
//! Checks one item at a time. The page `rescheduled_without_reason.md` has its text, source and
//! examples.

use super::clock::count_days;
use super::{Check, Context, Loosening, Number, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::{DateMove, Event};
use crate::store::Stored;

/// A date was moved, and nobody stated why.
pub(super) const RULE: Rule = Rule {
    name: "rescheduled-without-reason",
    level: Level::Warning,
    summary: "a due date was moved to a later day, and neither the commit nor a review says why",
    text: include_str!("rescheduled_without_reason.md"),
    numbers: &[Number {
        name: "days",
        default: 90,
        meaning: "days for which a move is reported",
        loosened_by: Loosening::Decrease,
    }],
    history: true,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_open(stored) {
        return Vec::new();
    }
    let longest = i64::from(context.number(&RULE, "days"));
    let silent = |event: &&Event| {
        // What was reconstructed from a document states no more than the document does.
        event.reason.is_none()
            && !event.reconstructed
            && (context.today - event.day()).num_days() <= longest
            && !is_explained(stored, event)
    };
    let life = context.item_events(stored);
    life.into_iter().filter(silent).filter_map(|event| check_reason(stored, event)).collect()
}

/// Returns whether somebody wrote down a reason later: one cannot be added to what is committed.
fn is_explained(stored: &Stored, event: &Event) -> bool {
    let mut reviews = stored.item.reviews.iter();
    reviews.any(|review| review.note.is_some() && review.date >= event.day())
}

fn check_reason(stored: &Stored, event: &Event) -> Option<Diagnostic> {
    let moved = DateMove::of_event(event).filter(DateMove::is_slip)?;
    let message = format!(
        "{} was moved by {} on {} without a reason",
        moved.date.name(),
        count_days(moved.days()),
        event.day()
    );
    let label = format!("moved by {}", event.actor_name());
    let help = "before it lands, say why in the commit; afterwards, in a review with a `note:`";
    Some(RULE.at(stored, &moved.date.pointer_in(&stored.item), label, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    const ITEM: &str = "id: V-1\nweakness_name: W\nstatus: open\n\
        original_detection_date: 2026-01-05\noriginal_risk_rating: low\n\
        milestones: [{id: 1, description: A, due: 2026-02-10}]\n";
    const LATER: &str = "milestones: [{id: 1, description: A, due: 2026-05-10}]\n";

    #[test]
    fn what_landed_without_a_word() {
        for (head, today, more, fires) in [
            ("2026-02-09", "2026-03-01", "", true),
            ("2026-02-09 Jane Doe — the window moved", "2026-03-01", "", false),
            ("2026-02-09", "2026-05-10", "", true),
            ("2026-02-09", "2026-05-11", "", false),
            (
                "2026-02-09",
                "2026-03-01",
                "reviews: [{date: 2026-02-20, by: S, note: hardware}]\n",
                false,
            ),
            ("2026-02-09", "2026-03-01", "reviews: [{date: 2026-02-20, by: S}]\n", true),
            (
                "2026-02-09",
                "2026-03-01",
                "reviews: [{date: 2026-02-08, by: S, note: fine}]\n",
                true,
            ),
        ] {
            let block = format!(
                "fail today={today}\n# commit: 2026-01-08\n{ITEM}# commit: {head}\n{LATER}{more}"
            );
            assert_eq!(!run_example(&RULE, &block).is_empty(), fires, "{head} {today} {more}");
        }
    }

    #[test]
    fn a_branch_answers_for_its_own_moves() {
        let again = "milestones: [{id: 1, description: A, due: 2026-06-10}]\n";
        let block = format!(
            "fail\n# commit: 2026-01-08\n{ITEM}# commit: 2026-02-01\n{LATER}# branch\n# commit: 2026-02-20\n{again}"
        );
        assert_eq!(
            run_example(&RULE, &block),
            [
                "warning `2026-06-10`: milestone 1 was moved by 31 days on 2026-02-20 without a reason"
            ]
        );
    }
}
