//! FedRAMP's time frames for one item.

use chrono::NaiveDate;

use super::{Citation, Class, Deadline, OfficialRules, TimeFrame};
use crate::model::{DayOrInstant, Decision, DeviationType, Item, Mitigation};
use crate::settings::Settings;

/// The time frames that hold for a class of certification.
///
/// Evaluation runs from detection (VER-TFR-EVU), reduction to a lower rating from evaluation
/// (VDR-TFR-PVR), acceptance from evaluation (VER-TFR-MAV). Nothing is assumed that an item does not
/// hold: what is not evaluated has no date by which it must be reduced.
#[derive(Debug, Clone, Copy)]
pub struct TimeFrames {
    rules: &'static OfficialRules,
    class: Option<Class>,
}

/// By when the rating of an item is to be reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// The item or the settings do not hold what it depends on.
    Unknown(Missing),
    /// FedRAMP gives no date: N0 and N1 (VDR-TFR-RMN, during routine operations).
    NoTarget,
    /// To a lower rating by a date.
    Target {
        /// The date.
        deadline: Deadline,
        /// The time frame from the evaluation.
        frame: TimeFrame,
    },
}

/// Whether the time frame of the next reduction is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// It is, or there is none.
    No,
    /// It has passed.
    Missed {
        /// Its end.
        deadline: Deadline,
        /// The time frame from the evaluation.
        frame: TimeFrame,
    },
    /// The next reduction is planned for a later time.
    Planned {
        /// Its end.
        deadline: Deadline,
        /// The time frame from the evaluation.
        frame: TimeFrame,
        /// When the reduction is planned.
        planned: DayOrInstant,
    },
}

/// What a time frame depends on and is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The class of the system: `system.impact_level`.
    Class,
    /// The day of the evaluation.
    Evaluation,
    /// The N-rating.
    Rating,
    /// Whether it is likely to be exploited.
    Exploitable,
    /// Whether it can be reached from the internet.
    Reachable,
}

/// The rating from which on a vulnerability that is reachable and likely exploitable counts as an
/// incident: above N3 (VER-TFR-IRI).
const REACHABLE_INCIDENT: u8 = 4;

/// The same for one that is not reachable: N5 (VER-TFR-NRI).
const INNER_INCIDENT: u8 = 5;

impl TimeFrames {
    /// The time frames of a class; without one, only those that all classes share.
    pub fn new(class: Option<Class>) -> Self {
        Self { rules: OfficialRules::built_in(), class }
    }

    /// The class.
    pub fn class(&self) -> Option<Class> {
        self.class
    }

    /// A rule as messages name it.
    pub fn cite(&self, rule: &str) -> Option<Citation> {
        self.rules.cite(rule, self.class)
    }

    /// The time frame that a rule names.
    pub fn within(&self, rule: &str) -> Option<TimeFrame> {
        self.rules.variant(rule, self.class)?.within
    }

    /// By when an item is to be evaluated (VER-TFR-EVU). `detected` is the detection date that
    /// counts; an instant of that day that the item recorded is used where there is one.
    pub fn evaluation_due(&self, item: &Item, detected: NaiveDate) -> Option<Deadline> {
        let recorded = item.ver.as_ref().and_then(|ver| ver.detected);
        let start = recorded.filter(|at| at.day() == detected);
        let start = start.unwrap_or(DayOrInstant::Day(detected));
        Some(Deadline::after(start, self.within("VER-TFR-EVU")?))
    }

    /// The time frame in which a rating is to be reduced (VDR-TFR-PVR); none for N0 and N1. Where a
    /// weakness is not likely to be exploited, it makes no difference who can reach it.
    pub fn reduction_frame(
        &self,
        rating: u8,
        reachable: bool,
        exploitable: bool,
    ) -> Option<TimeFrame> {
        let row = self.rules.variant("VDR-TFR-PVR", self.class)?.reduce.get(&rating.to_string())?;
        Some(match (exploitable, reachable) {
            (true, true) => row[0],
            (true, false) => row[1],
            (false, _) => row[2],
        })
    }

    /// By when the rating of an item is to be reduced (VDR-TFR-PVR).
    pub fn reduction(&self, item: &Item) -> Reduction {
        let ver = item.ver.as_ref();
        let Some(evaluated) = ver.and_then(|ver| ver.evaluated) else {
            return Reduction::Unknown(Missing::Evaluation);
        };
        let Some(rating) = ver.and_then(|ver| ver.rating) else {
            return Reduction::Unknown(Missing::Rating);
        };
        if rating <= 1 {
            return Reduction::NoTarget;
        }
        let exposure = item.exposure.as_ref();
        let Some(exploitable) = exposure.and_then(|it| it.likely_exploitable) else {
            return Reduction::Unknown(Missing::Exploitable);
        };
        let reachable = exposure.and_then(|it| it.internet_reachable);
        if exploitable && reachable.is_none() {
            return Reduction::Unknown(Missing::Reachable);
        }
        let reachable = reachable.unwrap_or_default();
        match self.reduction_frame(rating, reachable, exploitable) {
            Some(frame) => Reduction::Target { deadline: Deadline::after(evaluated, frame), frame },
            None => Reduction::Unknown(Missing::Class),
        }
    }

    /// Until when an item that is neither remediated nor fully mitigated is not yet an accepted
    /// vulnerability (VER-TFR-MAV); none where it is not evaluated, or is fully mitigated.
    pub fn accepted_after(&self, item: &Item) -> Option<Deadline> {
        let ver = item.ver.as_ref()?;
        if ver.mitigation == Some(Mitigation::Full) {
            return None;
        }
        Some(Deadline::after(ver.evaluated?, self.within("VER-TFR-MAV")?))
    }

    /// Whether the time frame of the next reduction is missed, or will be by the item's own plan;
    /// `None` where that is not known. What is fully mitigated has no risk left to reduce.
    pub fn overdue(&self, item: &Item, today: NaiveDate) -> Option<Overdue> {
        let ver = item.ver.as_ref()?;
        if ver.mitigation == Some(Mitigation::Full) || is_false_positive(item) {
            return Some(Overdue::No);
        }
        let (deadline, frame) = match self.reduction(item) {
            Reduction::Unknown(_) => return None,
            Reduction::NoTarget => return Some(Overdue::No),
            Reduction::Target { deadline, frame } => (deadline, frame),
        };
        if deadline.is_before(today) {
            return Some(Overdue::Missed { deadline, frame });
        }
        let planned = ver.next_reduction.as_ref().map(|next| next.due);
        Some(match planned.filter(|planned| deadline.is_missed_by(*planned)) {
            Some(planned) => Overdue::Planned { deadline, frame, planned },
            None => Overdue::No,
        })
    }

    /// Whether an open item is an accepted vulnerability on a day: by a decision (a risk acceptance,
    /// an approved operational requirement), or by its age since the evaluation (VER-TFR-MAV).
    pub fn is_accepted(&self, item: &Item, settings: &Settings, today: NaiveDate) -> bool {
        if is_false_positive(item) {
            return false;
        }
        settings.is_accepted(item)
            || item.decision(DeviationType::OperationalRequirement) == Decision::Yes
            || self.accepted_after(item).is_some_and(|until| until.is_before(today))
    }

    /// The rule by which an item is to be treated as an incident (VER-TFR-IRI, VER-TFR-NRI).
    pub fn incident_rule(&self, item: &Item) -> Option<&'static str> {
        let rating = item.ver.as_ref()?.rating?;
        let exposure = item.exposure.as_ref()?;
        if exposure.likely_exploitable != Some(true) {
            return None;
        }
        match exposure.internet_reachable? {
            true => (rating >= REACHABLE_INCIDENT).then_some("VER-TFR-IRI"),
            false => (rating >= INNER_INCIDENT).then_some("VER-TFR-NRI"),
        }
    }
}

/// Returns whether the vulnerability was decided not to be there: it is neither late nor accepted.
fn is_false_positive(item: &Item) -> bool {
    item.decision(DeviationType::FalsePositive) == Decision::Yes
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::vdr::Unit;

    /// The matrix as fedramp.gov prints it, copied by hand: N5 to N2; reachable and likely
    /// exploitable, only the latter, neither. In days; 0 stands for twelve hours.
    const MATRIX: [(Class, [[u64; 3]; 4]); 4] = [
        (Class::A, [[4, 8, 32], [8, 32, 64], [32, 64, 192], [96, 160, 192]]),
        (Class::B, [[4, 8, 32], [8, 32, 64], [32, 64, 192], [96, 160, 192]]),
        (Class::C, [[2, 4, 16], [4, 8, 64], [16, 32, 128], [48, 128, 192]]),
        (Class::D, [[0, 1, 8], [2, 8, 32], [8, 16, 64], [24, 96, 192]]),
    ];

    fn cells(class: Class, rating: u8) -> [Option<TimeFrame>; 3] {
        let frames = TimeFrames::new(Some(class));
        [(true, true), (false, true), (false, false)]
            .map(|(reachable, exploitable)| frames.reduction_frame(rating, reachable, exploitable))
    }

    #[test]
    fn every_cell_is_that_of_the_published_matrix() {
        for (class, rows) in MATRIX {
            for (row, rating) in rows.iter().zip([5, 4, 3, 2]) {
                for (cell, days) in cells(class, rating).iter().zip(row) {
                    let expected = match days {
                        0 => TimeFrame { number: 12, unit: Unit::Hours },
                        days => TimeFrame { number: *days, unit: Unit::Days },
                    };
                    assert_eq!(*cell, Some(expected), "class {class} N{rating}");
                }
            }
            assert_eq!([cells(class, 1), cells(class, 0)], [[None; 3]; 2]);
        }
    }

    /// FedRAMP's own dataset, where it is at hand, else the part of it that is under `tests/`.
    #[test]
    fn every_cell_is_that_of_the_dataset() {
        let shared = std::env::var_os("POAM_SHARED_DATA")
            .map_or_else(|| "../shared/data".into(), std::path::PathBuf::from);
        let file = shared.join("rules/fedramp-consolidated-rules-2026.07.14.01.json");
        let text = std::fs::read_to_string(file).unwrap_or_else(|_| {
            include_str!("../../tests/data/rules/fedramp-vdr-2026.07.14.01.json").to_owned()
        });
        let data: Value = serde_json::from_str(&text).unwrap();
        let table = &data["FRR"]["VDR"]["data"]["all"]["TFR"]["VDR-TFR-PVR"]["varies_by_class"];
        let mut compared = 0;
        for class in Class::ALL {
            let table = &table[class.as_str().to_lowercase()]["pain_timeframes"];
            for rating in 1..=5_u8 {
                let row = &table[rating.to_string()];
                for (cell, column) in
                    cells(class, rating).iter().zip(["irv_lev", "nirv_lev", "nlev"])
                {
                    let unit = match row[column]["timeframe_type"].as_str() {
                        Some("hours") => Unit::Hours,
                        Some("days") => Unit::Days,
                        None => {
                            assert_eq!((rating, *cell), (1, None));
                            continue;
                        }
                        other => panic!("{other:?}"),
                    };
                    let number = row[column]["timeframe_num"].as_u64().unwrap();
                    assert_eq!(*cell, Some(TimeFrame { number, unit }), "class {class} N{rating}");
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, 4 * 4 * 3);
    }

    #[test]
    fn evaluation_and_acceptance_have_the_days_of_the_statements() {
        for (class, days) in [(Class::A, 14), (Class::B, 7), (Class::C, 5), (Class::D, 2)] {
            let frames = TimeFrames::new(Some(class));
            let expected = Some(TimeFrame { number: days, unit: Unit::Days });
            assert_eq!(frames.within("VER-TFR-EVU"), expected);
            let expected = Some(TimeFrame { number: 192, unit: Unit::Days });
            assert_eq!(frames.within("VER-TFR-MAV"), expected);
        }
        assert_eq!(TimeFrames::new(None).within("VER-TFR-EVU"), None);
    }

    fn item(fields: &str) -> Item {
        crate::summary::samples::item("V-1", fields).item
    }

    #[test]
    fn an_approved_false_positive_is_neither_late_nor_accepted() {
        let frames = TimeFrames::new(Some(Class::C));
        let settings = crate::summary::samples::settings("");
        let fields = "ver: {evaluated: 2026-01-01, rating: 5}\nexposure: {likely_exploitable: true, \
            internet_reachable: true}\n";
        let far = "2027-01-01".parse().unwrap();
        let late = item(fields);
        assert!(matches!(frames.overdue(&late, far), Some(Overdue::Missed { .. })));
        assert!(frames.is_accepted(&late, &settings, far), "by its age");
        let approved = "deviations: [{type: false-positive, state: approved}]\n";
        let absent = item(&format!("{fields}{approved}"));
        assert!(matches!(frames.overdue(&absent, far), Some(Overdue::No)));
        assert!(!frames.is_accepted(&absent, &settings, far));
    }

    #[test]
    fn what_is_not_known_gives_no_date() {
        let frames = TimeFrames::new(Some(Class::C));
        let unknown = |what| Reduction::Unknown(what);
        for (fields, expected) in [
            ("", unknown(Missing::Evaluation)),
            ("ver: {evaluated: 2026-02-01}\n", unknown(Missing::Rating)),
            ("ver: {rating: 5}\n", unknown(Missing::Evaluation)),
            ("ver: {evaluated: 2026-02-01, rating: 0}\n", Reduction::NoTarget),
            ("ver: {evaluated: 2026-02-01, rating: 1}\n", Reduction::NoTarget),
            ("ver: {evaluated: 2026-02-01, rating: 4}\n", unknown(Missing::Exploitable)),
            (
                "ver: {evaluated: 2026-02-01, rating: 4}\nexposure: {likely_exploitable: true}\n",
                unknown(Missing::Reachable),
            ),
        ] {
            assert_eq!(frames.reduction(&item(fields)), expected, "{fields}");
        }
        let unlikely =
            "ver: {evaluated: 2026-02-01, rating: 4}\nexposure: {likely_exploitable: false}\n";
        let Reduction::Target { deadline, .. } = frames.reduction(&item(unlikely)) else {
            panic!("it has a target")
        };
        assert_eq!(deadline.to_string(), "2026-04-06", "64 days");
        let no_class = TimeFrames::new(None).reduction(&item(unlikely));
        assert_eq!(no_class, unknown(Missing::Class));
    }

    #[test]
    fn incidents_are_reachable_above_n3_or_n5() {
        let frames = TimeFrames::new(Some(Class::C));
        for (rating, reachable, exploitable, expected) in [
            (5, "true", "true", Some("VER-TFR-IRI")),
            (4, "true", "true", Some("VER-TFR-IRI")),
            (3, "true", "true", None),
            (5, "false", "true", Some("VER-TFR-NRI")),
            (4, "false", "true", None),
            (5, "true", "false", None),
        ] {
            let fields = format!(
                "ver: {{rating: {rating}}}\nexposure: {{internet_reachable: {reachable}, \
                likely_exploitable: {exploitable}}}\n"
            );
            assert_eq!(frames.incident_rule(&item(&fields)), expected, "{fields}");
        }
    }

    #[test]
    fn what_is_fully_mitigated_is_not_accepted_by_age() {
        let frames = TimeFrames::new(None);
        let until = frames.accepted_after(&item("ver: {evaluated: 2026-01-01}\n")).unwrap();
        assert_eq!(until.to_string(), "2026-07-12");
        let full = item("ver: {evaluated: 2026-01-01, mitigation: full}\n");
        assert_eq!(frames.accepted_after(&full), None);
        assert_eq!(frames.accepted_after(&item("")), None);
    }
}
