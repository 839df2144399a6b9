//! FedRAMP's time frames for one item.

use chrono::NaiveDate;

use super::{
    Citation, Class, Deadline, Force, OfficialRules, TimeFrame, find_rating_time, first_evaluation,
};
use crate::history::History;
use crate::model::{DayOrInstant, Decision, DeviationType, Item, Mitigation};
use crate::settings::Settings;

/// The time frames that hold for a class of certification.
///
/// Evaluation runs from detection (VER-TFR-EVU), reduction to a lower rating from the evaluation that
/// gave the rating (VDR-TFR-PVR), acceptance from the first evaluation (VER-TFR-MAV). Nothing is assumed
/// that an item does not hold: what is not evaluated has no date by which it must be reduced.
#[derive(Debug, Clone, Copy)]
pub struct TimeFrames<'a> {
    rules: &'static OfficialRules,
    class: Option<Class>,
    history: Option<&'a History>,
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

/// State of FedRAMP's time frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// They are, or there are none.
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
    /// It is a known exploited vulnerability past the due date of CISA's catalog (VDR-TFR-KEV), also
    /// where it is fully mitigated.
    Exploited {
        /// The due date.
        due: NaiveDate,
    },
}

impl Overdue {
    /// Returns whether the time frame of the next reduction (VDR-TFR-PVR) is not retained.
    pub fn is_of_reduction(self) -> bool {
        matches!(self, Self::Missed { .. } | Self::Planned { .. })
    }
}

/// Fact that a time frame depends on and that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The class of the system: `system.impact_level`.
    Class,
    /// The day of the evaluation.
    Evaluation,
    /// The N-rating.
    Rating,
    /// Likely exploitation.
    Exploitable,
    /// Reachability from the internet.
    Reachable,
}

/// The rating from which on a vulnerability that is reachable and likely exploitable counts as an
/// incident: above N3 (VER-TFR-IRI).
const REACHABLE_INCIDENT: u8 = 4;

/// N-rating of an incident for a vulnerability that is not reachable: N5 (VER-TFR-NRI).
const INNER_INCIDENT: u8 = 5;

impl<'a> TimeFrames<'a> {
    /// The time frames of a class; without one, only those that all classes share.
    pub fn new(class: Option<Class>) -> Self {
        Self { rules: OfficialRules::built_in(), class, history: None }
    }

    /// Takes earlier evaluations from a history; without one the file of an item states all.
    #[must_use]
    pub fn with_history(self, history: Option<&'a History>) -> Self {
        Self { history, ..self }
    }

    /// The class.
    pub fn class(&self) -> Option<Class> {
        self.class
    }

    /// A rule as messages name it.
    pub fn cite_rule(&self, rule: &str) -> Option<Citation> {
        self.rules.cite_rule(rule, self.class)
    }

    /// The time frame that a rule names.
    pub fn frame_of(&self, rule: &str) -> Option<TimeFrame> {
        let variant = self.rules.find_variant(rule, self.class)?;
        variant.within.or(variant.stated)
    }

    /// By when an item is to be evaluated (VER-TFR-EVU). `detected` is the detection date that
    /// counts; an instant of that day that the item recorded is used where there is one.
    pub fn evaluation_due(&self, item: &Item, detected: NaiveDate) -> Option<Deadline> {
        Some(Deadline::time_after(detection_time(item, detected), self.frame_of("VER-TFR-EVU")?))
    }

    /// The time frame in which a rating is to be reduced (VDR-TFR-PVR); none for N0 and N1. Where a
    /// weakness is not likely to be exploited, it makes no difference who can reach it.
    pub fn reduction_frame(
        &self,
        rating: u8,
        reachable: bool,
        exploitable: bool,
    ) -> Option<TimeFrame> {
        let row =
            self.rules.find_variant("VDR-TFR-PVR", self.class)?.reduce.get(&rating.to_string())?;
        match (exploitable, reachable) {
            (true, true) => row[0],
            (true, false) => row[1],
            (false, _) => row[2],
        }
    }

    /// By when the rating of an item is to be reduced (VDR-TFR-PVR).
    pub fn find_reduction(&self, item: &Item) -> Reduction {
        let ver = item.ver.as_ref();
        let Some(evaluated) = find_rating_time(item, self.history) else {
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
            Some(frame) => {
                Reduction::Target { deadline: Deadline::time_after(evaluated, frame), frame }
            }
            None => Reduction::Unknown(Missing::Class),
        }
    }

    /// Until when an item that is neither remediated nor fully mitigated is not yet an accepted
    /// vulnerability (VER-TFR-MAV); none where it is not evaluated, or is fully mitigated. The time
    /// runs from the first evaluation.
    pub fn accepted_after(&self, item: &Item) -> Option<Deadline> {
        let ver = item.ver.as_ref()?;
        if ver.mitigation == Some(Mitigation::Full) {
            return None;
        }
        let now = ver.evaluated?;
        let first = first_evaluation(item, self.history).map_or(now, |first| first.at);
        Some(Deadline::time_after(first, self.frame_of("VER-TFR-MAV")?))
    }

    /// Returns whether FedRAMP's time frames are missed at a day or an instant, or will be by the
    /// item's own plan; `None` where that is not known. What is fully mitigated has no rating left
    /// to reduce; the due date of CISA's catalog holds for it all the same.
    pub fn find_overdue(&self, item: &Item, at: DayOrInstant) -> Option<Overdue> {
        if is_false_positive(item) {
            return Some(Overdue::No);
        }
        let reduction = self.reduction_overdue(item, at);
        if reduction.is_some_and(Overdue::is_of_reduction) {
            return reduction;
        }
        match item.kev.as_ref().filter(|kev| kev.listed).map(|kev| kev.due) {
            Some(Some(due)) if due < at.day() => Some(Overdue::Exploited { due }),
            // A date that counts and is not recorded.
            Some(None) => None,
            Some(Some(_)) | None => reduction,
        }
    }

    /// Returns whether the time frame of the next reduction (VDR-TFR-PVR) is missed.
    fn reduction_overdue(&self, item: &Item, at: DayOrInstant) -> Option<Overdue> {
        let ver = item.ver.as_ref()?;
        if ver.mitigation == Some(Mitigation::Full) {
            return Some(Overdue::No);
        }
        let (deadline, frame) = match self.find_reduction(item) {
            Reduction::Unknown(_) => return None,
            Reduction::NoTarget => return Some(Overdue::No),
            Reduction::Target { deadline, frame } => (deadline, frame),
        };
        let has_passed = deadline.has_passed(at);
        if has_passed == Some(true) {
            return Some(Overdue::Missed { deadline, frame });
        }
        let is_planned_later = match &ver.next_reduction {
            Some(next) => match deadline.has_passed(next.due) {
                Some(true) => {
                    return Some(Overdue::Planned { deadline, frame, planned: next.due });
                }
                other => other,
            },
            None => Some(false),
        };
        // A vulnerability is in time only where it is now and by the plan.
        (has_passed == Some(false) && is_planned_later == Some(false)).then_some(Overdue::No)
    }

    /// Returns whether an open item is an accepted vulnerability on a day: by a decision (a risk
    /// acceptance, an approved operational requirement), or by its age since the evaluation
    /// (VER-TFR-MAV).
    pub fn is_accepted(&self, item: &Item, settings: &Settings, today: NaiveDate) -> bool {
        if is_false_positive(item) {
            return false;
        }
        settings.is_accepted(item)
            || item.decision(DeviationType::OperationalRequirement) == Decision::Yes
            || self.accepted_after(item).is_some_and(|until| until.is_before(today))
    }

    /// Returns whether a rule of FedRAMP is a MAY for the class: it asks for nothing. Where the class is unknown and the
    /// force depends on it, it is none.
    pub fn is_optional(&self, rule: &str) -> bool {
        self.cite_rule(rule).is_some_and(|citation| citation.force == Force::May)
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

/// The detection date that counts for an item, with the time of day that it recorded for that day.
pub fn detection_time(item: &Item, detected: NaiveDate) -> DayOrInstant {
    let recorded = item.ver.as_ref().and_then(|ver| ver.detected);
    let recorded = recorded.filter(|at| is_on_day(*at, detected));
    recorded.unwrap_or(DayOrInstant::Day(detected))
}

/// Returns whether an instant lies on a day, in UTC or in the offset in which it was written.
pub fn is_on_day(at: DayOrInstant, day: NaiveDate) -> bool {
    at.day() == day || matches!(at, DayOrInstant::Instant(at) if at.date_naive() == day)
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

    /// The matrix as fedramp.gov prints it, copied manually: N5 to N2; reachable and likely
    /// exploitable, only the latter, neither. In days; 0 represents twelve hours.
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

    /// FedRAMP's own dataset, where it is available, else the part of it that is under `tests/`.
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
            assert_eq!(frames.frame_of("VER-TFR-EVU"), expected);
            let expected = Some(TimeFrame { number: 192, unit: Unit::Days });
            assert_eq!(frames.frame_of("VER-TFR-MAV"), expected);
        }
        assert_eq!(TimeFrames::new(None).frame_of("VER-TFR-EVU"), None);
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
        let far: DayOrInstant = "2027-01-01".parse().unwrap();
        let late = item(fields);
        assert!(matches!(frames.find_overdue(&late, far), Some(Overdue::Missed { .. })));
        assert!(frames.is_accepted(&late, &settings, far.day()), "by its age");
        let approved = "deviations: [{type: false-positive, state: approved}]\n";
        let absent = item(&format!("{fields}{approved}"));
        assert!(matches!(frames.find_overdue(&absent, far), Some(Overdue::No)));
        assert!(!frames.is_accepted(&absent, &settings, far.day()));
    }

    /// Class D, N5, reachable and likely exploitable: 12 hours.
    #[test]
    fn what_hours_decide_is_not_known_from_days() {
        let frames = TimeFrames::new(Some(Class::D));
        let exposure = "exposure: {internet_reachable: true, likely_exploitable: true}\n";
        let state = |ver: &str, at: &str| {
            let found =
                frames.find_overdue(&item(&format!("{exposure}ver: {ver}\n")), at.parse().unwrap());
            match found {
                None => "unknown",
                Some(Overdue::No) => "no",
                Some(Overdue::Missed { .. }) => "missed",
                Some(Overdue::Planned { .. }) => "planned",
                Some(Overdue::Exploited { .. }) => "exploited",
            }
        };
        let day = "{evaluated: 2026-02-01, rating: 5}";
        let instant = "{evaluated: 2026-02-01T08:00:00Z, rating: 5}";
        let planned = |due: &str| {
            format!(
                "{{evaluated: 2026-02-01T08:00:00Z, rating: 5, next_reduction: {{due: {due}, rating: 1}}}}"
            )
        };
        for (ver, at, expected) in [
            (day.to_owned(), "2026-02-01T11:00:00Z", "no"),
            (day.to_owned(), "2026-02-01T18:00:00Z", "unknown"),
            (day.to_owned(), "2026-02-02", "unknown"),
            (day.to_owned(), "2026-02-02T12:00:00Z", "missed"),
            (instant.to_owned(), "2026-02-01T18:00:00Z", "no"),
            (instant.to_owned(), "2026-02-01T20:00:01Z", "missed"),
            (instant.to_owned(), "2026-02-01", "unknown"),
            // The plan has only a day, on which the twelve hours end.
            (planned("2026-02-01"), "2026-02-01T09:00:00Z", "unknown"),
            (planned("2026-02-01T19:00:00Z"), "2026-02-01T09:00:00Z", "no"),
            (planned("2026-02-02"), "2026-02-01T09:00:00Z", "planned"),
        ] {
            assert_eq!(state(&ver, at), expected, "{ver} at {at}");
        }
    }

    /// VDR-TFR-KEV: "even if the vulnerability has been fully mitigated".
    #[test]
    fn a_known_exploited_vulnerability_is_overdue_past_its_due_date() {
        let frames = TimeFrames::new(Some(Class::C));
        let full = "ver: {evaluated: 2026-02-01, rating: 0, mitigation: full}\n";
        let at = |kev: &str, day: &str| {
            frames.find_overdue(&item(&format!("{full}kev: {kev}\n")), day.parse().unwrap())
        };
        let due = "2026-02-22".parse().unwrap();
        let dated = "{listed: true, due: 2026-02-22}";
        assert_eq!(at(dated, "2026-02-23"), Some(Overdue::Exploited { due }));
        assert_eq!(at(dated, "2026-02-22"), Some(Overdue::No));
        assert_eq!(at("{listed: true}", "2026-02-23"), None, "a date that nobody recorded");
        assert_eq!(at("{listed: false}", "2026-02-23"), Some(Overdue::No));
    }

    #[test]
    fn an_instant_of_detection_counts_on_its_day_in_utc_or_where_it_was_written() {
        let day = "2026-01-05".parse().unwrap();
        for (recorded, expected) in [
            ("2026-01-05T09:00:00Z", "2026-01-05T09:00:00Z"),
            ("2026-01-05T23:30:00-05:00", "2026-01-05T23:30:00-05:00"),
            ("2026-01-06T01:00:00+05:00", "2026-01-06T01:00:00+05:00"),
            ("2026-01-06T09:00:00Z", "2026-01-05"),
        ] {
            let found = detection_time(&item(&format!("ver: {{detected: {recorded}}}\n")), day);
            assert_eq!(found.to_string(), expected, "{recorded}");
        }
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
            assert_eq!(frames.find_reduction(&item(fields)), expected, "{fields}");
        }
        let unlikely =
            "ver: {evaluated: 2026-02-01, rating: 4}\nexposure: {likely_exploitable: false}\n";
        let Reduction::Target { deadline, .. } = frames.find_reduction(&item(unlikely)) else {
            panic!("it has a target")
        };
        assert_eq!(deadline.to_string(), "2026-04-06", "64 days");
        let no_class = TimeFrames::new(None).find_reduction(&item(unlikely));
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
