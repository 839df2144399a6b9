//! The rule `ver-reduction-overdue`: an N-rating was not, or will not be, reduced within FedRAMP's
//! time frame (VDR-TFR-PVR).
//!
//! Checks one item at a time. The page `ver_reduction_overdue.md` has its text, source and
//! examples.

use super::clock::{Clock, days_ahead};
use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::DayOrInstant;
use crate::store::Stored;
use crate::vdr::{Overdue, Reduction, TimeFrames, Unit};

/// The rating of a vulnerability was not reduced in time.
pub(super) const RULE: Rule = Rule {
    name: "ver-reduction-overdue",
    level: Level::Warning,
    summary: "an N-rating was not, or will not be, reduced within FedRAMP's time frame (VDR-TFR-PVR)",
    text: include_str!("ver_reduction_overdue.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

const HELP: &str = "mitigate it and set the lower `ver.rating` with a new `ver.evaluated`; \
    until then say why in `ver.overdue_explanation`";

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.vulnerability_frames(stored) else { return Vec::new() };
    let item = &stored.item;
    if frames.is_accepted(item, context.settings, context.today) {
        return Vec::new();
    }
    let rating = item.ver.as_ref().and_then(|ver| ver.rating).unwrap_or_default();
    let (cited, level) = cite_rule(&frames, "VDR-TFR-PVR");
    let mut found = Vec::new();
    match frames.find_overdue(item, DayOrInstant::Day(context.today)) {
        Some(Overdue::Missed { deadline, frame }) => {
            let message = format!(
                "N{rating} was not reduced by the target {deadline}, {frame} from the evaluation \
                ({cited})"
            );
            found.push(RULE.at(stored, "/ver/rating", "past the target", message).at_most(level));
        }
        Some(Overdue::Planned { deadline, frame, planned }) => {
            let message = format!(
                "the reduction of N{rating} is planned for {planned}, after the target \
                {deadline}, {frame} from the evaluation ({cited})"
            );
            let at = RULE.at(stored, "/ver/next_reduction/due", "after the target", message);
            found.push(at.at_most(level));
        }
        Some(Overdue::No | Overdue::Exploited { .. }) => {
            found.extend(check_announced(stored, context, &frames, &cited))
        }
        None => {}
    }
    found.extend(without_instant(stored, &frames, &cited));
    found.into_iter().map(|one| one.help(HELP)).collect()
}

/// Returns a target that comes soon.
fn check_announced(
    stored: &Stored,
    context: &Context<'_>,
    frames: &TimeFrames<'_>,
    cited: &str,
) -> Option<Diagnostic> {
    let Reduction::Target { deadline, .. } = frames.find_reduction(&stored.item) else {
        return None;
    };
    let Clock::Soon(left) = context.relate_today(deadline.day) else { return None };
    let message =
        format!("the rating is to be reduced {}, by {deadline} ({cited})", days_ahead(left));
    Some(RULE.at(stored, "/ver/rating", "coming up", message).level(Level::Note))
}

/// Hours that run from a day: by when is not known.
fn without_instant(stored: &Stored, frames: &TimeFrames<'_>, cited: &str) -> Option<Diagnostic> {
    let Reduction::Target { deadline, frame } = frames.find_reduction(&stored.item) else {
        return None;
    };
    if frame.unit != Unit::Hours || deadline.instant.is_some() {
        return None;
    }
    let message = format!(
        "the target is {frame} from the evaluation, of which only the day was recorded: write \
        `evaluated` as an instant, YYYY-MM-DDThh:mm:ssZ ({cited})"
    );
    Some(RULE.at(stored, "/ver/evaluated", "a day", message))
}
