//! Distance of a tracker from FedRAMP's VDR and VER, or its standing under them.

use chrono::NaiveDate;
use serde::Serialize;

use super::{PastSubmission, Row};
use crate::history::History;
use crate::model::{DayOrInstant, ItemId, Kind, Mitigation, is_blank};
use crate::settings::{ProfileName, Settings};
use crate::text::plural;
use crate::vdr::{Class, Deadline, OfficialRules, Overdue, TimeFrames};

/// Where a tracker is under VDR and VER on a day. Open items of the kinds weakness and
/// configuration count, approved false positives do not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Vdr {
    /// The day from which the settings state that VDR and VER hold.
    pub adopted: Option<NaiveDate>,
    /// Whether they hold on the day of the summary.
    pub in_force: bool,
    /// The class of the system, by its impact level.
    pub class: Option<&'static str>,
    /// The release of FedRAMP's rules.
    pub release: &'static str,
    /// From then on they should be followed, or a corrective action plan is due.
    pub maintain: Option<NaiveDate>,
    /// Until then the corrective action plan lasts.
    pub grace: Option<NaiveDate>,
    /// Open vulnerabilities.
    pub open: usize,
    /// Those of them that are evaluated.
    pub evaluated: usize,
    /// Those with an N-rating.
    pub rated: usize,
    /// Those whose rating has a rationale and a person.
    pub explained: usize,
    /// Those that state whether they are reachable and exploitable.
    pub exposure: usize,
    /// Those of N2 and above, neither accepted nor fully mitigated, which need a planned reduction.
    pub to_plan: usize,
    /// Those of them with one.
    pub planned: usize,
    /// Not evaluated by the target (VER-TFR-EVU, SHOULD).
    pub evaluation_late: Vec<ItemId>,
    /// Not reduced by the target, or planned for later (VDR-TFR-PVR, SHOULD).
    pub reduction_late: Vec<ItemId>,
    /// Fully mitigated: the risk is negligible, and they are still detected.
    pub fully_mitigated: Vec<ItemId>,
    /// Accepted vulnerabilities (VER-TFR-MAV), which the Ongoing Certification Report lists.
    pub accepted: Vec<ItemId>,
    /// To be treated as reportable incidents (VER-TFR-IRI, VER-TFR-NRI), where that is a SHOULD for the class or
    /// the class is unknown.
    pub incidents: Vec<ItemId>,
    /// Those that may be treated as reportable incidents: the rule is a MAY for the class, and asks for nothing.
    pub optional_incidents: Vec<ItemId>,
    /// Known exploited and past the catalog's date (VDR-TFR-KEV, SHOULD).
    pub kev_late: Vec<ItemId>,
    /// The day of the newest snapshot.
    pub reported: Option<NaiveDate>,
    /// By when the monthly report is due (VER-TFR-MHR, MUST).
    pub report_due: Option<NaiveDate>,
    /// The day of the summary.
    #[serde(skip)]
    as_of: NaiveDate,
    /// Days from the day of the summary to `maintain`; below 0 once it has passed.
    pub days_to_maintain: Option<i64>,
}

impl Vdr {
    /// Looks at a tracker on a day; nothing for profiles other than FedRAMP's, nor before VDR and
    /// VER could be adopted.
    pub(super) fn compute(
        rows: &[Row<'_>],
        settings: &Settings,
        history: Option<&History>,
        today: NaiveDate,
    ) -> Option<Self> {
        if settings.profile.name != ProfileName::FedrampRev5 {
            return None;
        }
        let rules = OfficialRules::built_in();
        let set = rules.rulesets.iter().find(|set| set.id == "VER")?;
        if settings.vdr_adopted.is_none() && set.optional.is_some_and(|day| today < day) {
            return None;
        }
        let class = Class::find(settings);
        let frames = TimeFrames::new(class).with_history(history);
        let adopted = settings.vdr_adopted;
        let mut found = Self {
            adopted,
            in_force: adopted.is_some_and(|adopted| adopted <= today),
            class: class.map(Class::as_str),
            release: &rules.source.release,
            maintain: set.maintain,
            grace: set.grace,
            open: 0,
            evaluated: 0,
            rated: 0,
            explained: 0,
            exposure: 0,
            to_plan: 0,
            planned: 0,
            evaluation_late: Vec::new(),
            reduction_late: Vec::new(),
            fully_mitigated: Vec::new(),
            accepted: Vec::new(),
            incidents: Vec::new(),
            optional_incidents: Vec::new(),
            kev_late: Vec::new(),
            reported: None,
            report_due: None,
            as_of: today,
            days_to_maintain: set.maintain.map(|day| (day - today).num_days()),
        };
        let counts = |row: &&Row<'_>| {
            let item = &row.stored.item;
            !row.standing.closed
                && item.kind != Kind::Documentation
                && !item.is_approved_false_positive()
        };
        for row in rows.iter().filter(counts) {
            found.add(row, &frames, settings, today);
        }
        found.report_by(&[]);
        Some(found)
    }

    fn add(
        &mut self,
        row: &Row<'_>,
        frames: &TimeFrames<'_>,
        settings: &Settings,
        today: NaiveDate,
    ) {
        let item = &row.stored.item;
        let id = || item.id.clone();
        let ver = item.ver.as_ref();
        let evaluated = ver.is_some_and(|ver| ver.evaluated.is_some());
        let rating = ver.and_then(|ver| ver.rating);
        let has_reason =
            ver.and_then(|ver| ver.rationale.as_deref()).is_some_and(|it| !is_blank(it));
        let has_person =
            ver.and_then(|ver| ver.evaluated_by.as_ref()).is_some_and(|it| !is_blank(&it.name));
        let exposure = item.exposure.as_ref();
        self.open += 1;
        self.evaluated += usize::from(evaluated);
        self.rated += usize::from(rating.is_some());
        self.explained += usize::from(rating.is_some() && has_reason && has_person);
        self.exposure +=
            usize::from(exposure.is_some_and(|it| {
                it.internet_reachable.is_some() && it.likely_exploitable.is_some()
            }));
        let due = frames.evaluation_due(item, row.standing.permanent.detected);
        if !evaluated && due.is_some_and(|due| due.is_before(today)) {
            self.evaluation_late.push(id());
        }
        let is_accepted = frames.is_accepted(item, settings, today);
        if is_accepted {
            self.accepted.push(id());
        }
        let is_mitigated = ver.is_some_and(|ver| ver.mitigation == Some(Mitigation::Full));
        if evaluated && !is_accepted && !is_mitigated && rating.is_some_and(|rating| rating > 1) {
            self.to_plan += 1;
            self.planned += usize::from(ver.is_some_and(|ver| ver.next_reduction.is_some()));
        }
        if is_mitigated && !is_accepted {
            self.fully_mitigated.push(id());
        }
        let state = frames.find_overdue(item, DayOrInstant::Day(today));
        if state.is_some_and(Overdue::is_of_reduction) && !is_accepted {
            self.reduction_late.push(id());
        }
        match frames.incident_rule(item) {
            Some(rule) if frames.is_optional(rule) => self.optional_incidents.push(id()),
            Some(_) => self.incidents.push(id()),
            None => {}
        }
        let kev = item.kev.as_ref().filter(|kev| kev.listed).and_then(|kev| kev.due);
        if kev.is_some_and(|due| due < today) {
            self.kev_late.push(id());
        }
    }

    /// Takes the snapshots into account, oldest first: the newest one is the last report.
    pub(super) fn report_by(&mut self, submissions: &[PastSubmission]) {
        self.reported = submissions.last().map(|submission| submission.date);
        let Some(adopted) = self.adopted else { return };
        let frame = TimeFrames::new(None).frame_of("VER-TFR-MHR");
        let start = self.reported.filter(|day| adopted < *day).unwrap_or(adopted);
        self.report_due =
            frame.map(|frame| Deadline::time_after(DayOrInstant::Day(start), frame).day);
    }

    /// Describes the standing for people, line by line.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.state()];
        if self.open > 0 {
            let open = match self.open {
                1 => "1 open vulnerability".to_owned(),
                open => format!("{open} open vulnerabilities"),
            };
            lines.push(format!(
                "{open}: {} evaluated, {} with an N-rating, {} with rationale and person, {} with both answers on exposure",
                self.evaluated,
                self.rated,
                self.explained,
                self.exposure
            ));
        }
        if self.to_plan > 0 {
            lines.push(format!(
                "N2 and above: {} of {} with a planned reduction",
                self.planned, self.to_plan
            ));
        }
        let incident = match self.class {
            Some(_) => "to be treated as an incident (VER-TFR-IRI, VER-TFR-NRI, SHOULD)",
            None => {
                "to be treated as an incident where the class asks for it (VER-TFR-IRI, VER-TFR-NRI)"
            }
        };
        for (items, what) in [
            (&self.evaluation_late, "not evaluated by the target (VER-TFR-EVU, SHOULD)"),
            (
                &self.reduction_late,
                "not reduced by the target, or planned later (VDR-TFR-PVR, SHOULD)",
            ),
            (&self.kev_late, "known exploited, past the catalog's date (VDR-TFR-KEV, SHOULD)"),
            (&self.incidents, incident),
            (
                &self.optional_incidents,
                "may be treated as an incident (VER-TFR-IRI, VER-TFR-NRI, MAY)",
            ),
            (&self.fully_mitigated, "fully mitigated, still detected"),
            (&self.accepted, "accepted (VER-TFR-MAV, CCM-OCR-AVL)"),
        ] {
            if !items.is_empty() {
                let names: Vec<&str> = items.iter().map(ItemId::as_str).collect();
                lines.push(format!("{} {what}: {}", items.len(), crate::text::few(&names)));
            }
        }
        if let (true, Some(due)) = (self.in_force, self.report_due) {
            lines.push(match due < self.as_of {
                true => format!("the monthly report was due by {due} (VER-TFR-MHR, MUST)"),
                false => format!("next monthly report by {due} (VER-TFR-MHR, MUST)"),
            });
        }
        lines
    }

    fn state(&self) -> String {
        let class = match self.class {
            Some(class) => format!("class {class}"),
            None => "class unknown: set system.impact_level".to_owned(),
        };
        let state = match (self.adopted, self.in_force, self.maintain) {
            (Some(adopted), true, _) => format!("in force since {adopted}"),
            (Some(adopted), false, _) => format!("in force from {adopted}"),
            (None, _, Some(maintain)) => {
                let when = match self.days_to_maintain {
                    Some(days) if days > 0 => {
                        format!("in {}", plural(days.unsigned_abs() as usize, "day"))
                    }
                    Some(0) => "today".to_owned(),
                    _ => "since then".to_owned(),
                };
                let grace = self.grace.map(|day| format!(", grace until {day}"));
                let grace = grace.unwrap_or_default();
                format!("not adopted; to be followed from {maintain}, {when}{grace}")
            }
            (None, _, None) => "not adopted".to_owned(),
        };
        format!("{state} ({class}, release {})", self.release)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Summary;
    use super::super::samples::{day, settings, store};
    use super::*;

    const ITEMS: [(&str, &str); 6] = [
        // Nothing but detected, on 2026-01-01.
        ("V-1", ""),
        // Class C, N3, reachable and exploitable: 16 days from 2026-02-01.
        (
            "V-2",
            "exposure: {internet_reachable: true, likely_exploitable: true}\n\
            ver: {evaluated: 2026-02-01, rating: 3}\n",
        ),
        (
            "V-3",
            "exposure: {internet_reachable: true, likely_exploitable: true}\n\
            ver: {evaluated: 2026-12-01, rating: 4, rationale: R, evaluated_by: {name: Jane}, \
            next_reduction: {due: 2026-12-04, rating: 0}}\n",
        ),
        (
            "V-4",
            "kev: {listed: true, due: 2026-01-20}\nver: {evaluated: 2026-01-01, rating: 0, mitigation: full}\n",
        ),
        ("V-5", "kind: documentation\n"),
        ("V-6", "status: closed\ncompletion_date: 2026-01-11\n"),
    ];

    fn compute(fields: &str, on: &str) -> Option<Vdr> {
        let (store, settings) = (store(&ITEMS), settings(fields));
        Summary::compute(&store, &settings, None, day(on), None).vdr
    }

    #[test]
    fn a_tracker_is_as_far_as_its_items_are() {
        let found =
            compute("system: {impact_level: moderate}\nvdr_adopted: 2026-11-01\n", "2026-12-02");
        let found = found.unwrap();
        let numbers = [
            found.open,
            found.evaluated,
            found.rated,
            found.explained,
            found.exposure,
            found.to_plan,
            found.planned,
        ];
        assert_eq!(numbers, [4, 3, 3, 1, 2, 1, 1]);
        let ids = |items: &[ItemId]| items.iter().map(ItemId::to_string).collect::<Vec<_>>();
        assert_eq!(ids(&found.evaluation_late), ["V-1"]);
        // Evaluated more than 192 days ago, it is accepted and no longer overdue.
        assert_eq!(ids(&found.accepted), ["V-2"]);
        assert_eq!(ids(&found.reduction_late), [""; 0]);
        assert_eq!(ids(&found.incidents), ["V-3"]);
        assert_eq!(ids(&found.kev_late), ["V-4"]);
        assert_eq!(found.report_due, Some(day("2026-12-01")));
        let earlier =
            compute("system: {impact_level: moderate}\nvdr_adopted: 2026-02-01\n", "2026-02-18");
        assert_eq!(ids(&earlier.unwrap().reduction_late), ["V-2"]);
    }

    /// FedRAMP's rules by class, release 2026.07.14.01: IRI is a SHOULD for C and D and a MAY for B, NRI a SHOULD for D
    /// alone. V-3 is reachable with N4.
    #[test]
    fn what_may_be_an_incident_is_not_one_that_should_be() {
        for (level, should, may) in [("high", 1, 0), ("moderate", 1, 0), ("low", 0, 1)] {
            let settings = format!("system: {{impact_level: {level}}}\nvdr_adopted: 2026-11-01\n");
            let found = compute(&settings, "2026-12-02").unwrap();
            let counts = (found.incidents.len(), found.optional_incidents.len());
            assert_eq!(counts, (should, may), "{level}");
            let line = format!(
                "1 {} treated as an incident",
                if should == 1 { "to be" } else { "may be" }
            );
            assert!(found.lines().iter().any(|one| one.starts_with(&line)), "{:?}", found.lines());
        }
        // Without a class the force is unknown, and taken for the stronger one.
        let unknown = compute("vdr_adopted: 2026-11-01\n", "2026-12-02").unwrap();
        assert_eq!((unknown.incidents.len(), unknown.optional_incidents.len()), (1, 0));
    }

    #[test]
    fn it_is_shown_to_those_whom_it_concerns() {
        assert_eq!(compute("", "2026-07-03"), None, "before it could be adopted");
        assert_eq!(compute("profile: generic\n", "2026-12-02"), None);
        let lines = compute("", "2026-11-30").unwrap().lines();
        assert_eq!(
            lines[0],
            "not adopted; to be followed from 2026-12-07, in 7 days, grace until 2027-03-07 \
            (class unknown: set system.impact_level, release 2026.07.14.01)"
        );
    }
}
