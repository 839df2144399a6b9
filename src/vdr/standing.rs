//! Where one item is under VDR and VER, in words.

use chrono::NaiveDate;

use super::{Class, Missing, Overdue, Reduction, TimeFrames};
use crate::history::History;
use crate::model::{DayOrInstant, Item, Kind};
use crate::settings::{ProfileName, Settings};

/// FedRAMP's time frames, where VDR and VER hold for a tracker on a day.
pub fn in_force<'a>(settings: &Settings, today: NaiveDate) -> Option<TimeFrames<'a>> {
    let holds = settings.profile.name == ProfileName::FedrampRev5
        && settings.vdr_adopted.is_some_and(|adopted| adopted <= today);
    holds.then(|| TimeFrames::new(Class::find(settings)))
}

/// Describes the meaning of VDR and VER for an open item on a day, one fact a line, each with the
/// rule that it comes from; nothing where they do not hold or the item is no open vulnerability.
/// `detected` is the detection date that counts.
pub fn describe_standing(
    item: &Item,
    detected: NaiveDate,
    settings: &Settings,
    history: Option<&History>,
    today: NaiveDate,
) -> Vec<String> {
    let Some(frames) = in_force(settings, today) else { return Vec::new() };
    let frames = frames.with_history(history);
    if settings.workflow.is_closed(&item.status)
        || item.kind == Kind::Documentation
        || item.is_approved_false_positive()
    {
        return Vec::new();
    }
    let cite =
        |rule: &str| frames.cite_rule(rule).map_or_else(|| rule.to_owned(), |it| it.to_string());
    let mut lines = Vec::new();
    if let Some(Overdue::Exploited { due }) = frames.find_overdue(item, DayOrInstant::Day(today)) {
        let rule = cite("VDR-TFR-KEV");
        lines.push(format!("known exploited, not remediated by CISA's due date {due} ({rule})"));
    }
    let ver = item.ver.as_ref();
    if ver.is_none_or(|ver| ver.evaluated.is_none()) {
        let due = frames.evaluation_due(item, detected);
        let due = due.map_or_else(|| "as the class says".to_owned(), |due| format!("by {due}"));
        lines.push(format!("to be evaluated {due} ({})", cite("VER-TFR-EVU")));
        return lines;
    }
    if frames.is_accepted(item, settings, today) {
        lines.push(format!("an accepted vulnerability ({})", cite("VER-TFR-MAV")));
    } else {
        let rating = ver.and_then(|ver| ver.rating).unwrap_or_default();
        lines.push(match frames.find_reduction(item) {
            Reduction::NoTarget => {
                format!("N{rating}: FedRAMP has no target date ({})", cite("VDR-TFR-RMN"))
            }
            Reduction::Target { deadline, frame } => {
                let late = match frames.find_overdue(item, DayOrInstant::Day(today)) {
                    Some(Overdue::Missed { .. }) => ", past the target",
                    Some(Overdue::Planned { .. }) => ", planned for later",
                    _ => "",
                };
                let by = match deadline.lacks_instant() {
                    true => {
                        format!("within {frame} of the evaluation, of which only the day is known")
                    }
                    false => format!("by {deadline}, {frame} from the evaluation"),
                };
                format!("N{rating}: to be reduced {by}{late} ({})", cite("VDR-TFR-PVR"))
            }
            Reduction::Unknown(missing) => format!(
                "no target date is known: {} is missing ({})",
                missing.name(),
                cite("VDR-TFR-PVR")
            ),
        });
        if let Some(until) = frames.accepted_after(item) {
            let rule = cite("VER-TFR-MAV");
            lines.push(format!("an accepted vulnerability after {until} ({rule})"));
        }
    }
    if let Some(rule) = frames.incident_rule(item) {
        let verb = if frames.is_optional(rule) { "may be" } else { "to be" };
        lines.push(format!("{verb} treated as a reportable incident ({})", cite(rule)));
    }
    lines
}

impl Missing {
    /// The field of the item or of the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Class => "system.impact_level of poam.yaml",
            Self::Evaluation => "ver.evaluated",
            Self::Rating => "ver.rating",
            Self::Exploitable => "exposure.likely_exploitable",
            Self::Reachable => "exposure.internet_reachable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::samples::{day, item, settings};

    #[test]
    fn each_fact_names_its_rule() {
        let settings = settings("vdr_adopted: 2026-01-01\nsystem: {impact_level: moderate}\n");
        let exposed = "exposure: {internet_reachable: true, likely_exploitable: true}\n";
        for (fields, expected) in [
            (
                String::new(),
                vec![
                    "to be evaluated by 2026-01-06 (VER-TFR-EVU, SHOULD, class C, release 2026.07.14.01, statement as in 2026.10.13.01)",
                ],
            ),
            (
                "ver: {evaluated: 2026-02-01, rating: 0}\n".to_owned(),
                vec![
                    "N0: FedRAMP has no target date (VDR-TFR-RMN, SHOULD, release 2026.07.14.01, statement as in 2026.10.13.01)",
                    "an accepted vulnerability after 2026-08-12 (VER-TFR-MAV, MUST, release 2026.07.14.01, statement as in 2026.10.13.01)",
                ],
            ),
            (
                format!("{exposed}ver: {{evaluated: 2026-02-01, rating: 4}}\n"),
                vec![
                    "N4: to be reduced by 2026-02-05, 4 days from the evaluation, past the target \
                    (VDR-TFR-PVR, SHOULD, class C, release 2026.07.14.01, statement as in 2026.10.13.01)",
                    "an accepted vulnerability after 2026-08-12 (VER-TFR-MAV, MUST, release 2026.07.14.01, statement as in 2026.10.13.01)",
                    "to be treated as a reportable incident \
                    (VER-TFR-IRI, SHOULD, class C, release 2026.07.14.01, statement as in 2026.10.13.01)",
                ],
            ),
            ("status: closed\ncompletion_date: 2026-02-01\n".to_owned(), vec![]),
        ] {
            let item = item("V-1", &fields).item;
            let found =
                describe_standing(&item, day("2026-01-01"), &settings, None, day("2026-02-20"));
            assert_eq!(found, expected, "{fields}");
        }
        let before = describe_standing(
            &item("V-1", "").item,
            day("2026-01-01"),
            &settings,
            None,
            day("2025-12-31"),
        );
        assert!(before.is_empty());
    }
}
