//! Calendar of FedRAMP's rules: from which day which of them bind.

use chrono::NaiveDate;
use serde::Serialize;

use super::{OfficialRules, Ruleset};
use crate::settings::ProfileName;

const DATES: &str = include_str!("../../templates/rules/dates.json");

/// A day from which something holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Binding {
    /// The day.
    pub day: NaiveDate,
    /// Subject of the entry: names of rulesets, or a document.
    pub what: String,
    /// From this day on what, in words.
    pub phase: Phase,
    /// Meaning of the entry.
    pub meaning: String,
    /// Where it was read.
    pub source: String,
}

/// Phase of a set of rules on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// It may be followed.
    Optional,
    /// An application without it is denied.
    Obtain,
    /// It should be followed, else a corrective action plan is due.
    Maintain,
    /// The grace ends.
    GraceEnds,
    /// A day that is none of these.
    Other,
}

impl Phase {
    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Optional => "optional",
            Self::Obtain => "obtain",
            Self::Maintain => "maintain",
            Self::GraceEnds => "grace ends",
            Self::Other => "",
        }
    }

    fn describe_meaning(self, until_next_assessment: bool) -> &'static str {
        match self {
            Self::Optional => "may be followed",
            Self::Obtain => "an initial application without it is denied",
            Self::Maintain => {
                "should be followed; else a corrective action plan until the grace ends"
            }
            Self::GraceEnds if until_next_assessment => {
                "must be followed from the first independent assessment that begins after this day; else the certification is revoked"
            }
            Self::GraceEnds => "must be followed; else the certification is revoked",
            Self::Other => "",
        }
    }
}

/// The days that matter for a profile, the earliest first. Rulesets with the same day and phase
/// are one entry.
pub fn binding_calendar(profile: ProfileName) -> Vec<Binding> {
    let mut found: Vec<Binding> = Vec::new();
    if profile == ProfileName::FedrampRev5 {
        let rules = OfficialRules::built_in();
        let source = format!("FedRAMP/rules {}", rules.source.release);
        for set in rules.rulesets.iter().filter(|set| set.applies != "20x") {
            for (phase, day) in ruleset_phases(set) {
                let meaning = phase.describe_meaning(set.until_next_assessment);
                let same = found
                    .iter_mut()
                    .find(|one| one.day == day && one.phase == phase && one.meaning == meaning);
                if let Some(same) = same {
                    same.what = format!("{}, {}", same.what, set.id);
                    continue;
                }
                found.push(Binding {
                    day,
                    what: set.id.clone(),
                    phase,
                    meaning: meaning.to_owned(),
                    source: source.clone(),
                });
            }
        }
    }
    let others: Vec<OtherDate> = serde_json::from_str(DATES).unwrap_or_default();
    for other in others.into_iter().filter(|other| other.profiles.contains(&profile)) {
        found.push(Binding {
            day: other.day,
            what: other.what,
            phase: Phase::Other,
            meaning: other.meaning,
            source: other.source,
        });
    }
    found.sort_by(|a, b| (a.day, a.phase, &a.what).cmp(&(b.day, b.phase, &b.what)));
    found
}

/// The phases of a ruleset with their days; what begins on the day on which it must be followed is
/// stated once.
fn ruleset_phases(set: &Ruleset) -> Vec<(Phase, NaiveDate)> {
    let all = [
        (Phase::Optional, set.optional),
        (Phase::Obtain, set.obtain),
        (Phase::Maintain, set.maintain),
        (Phase::GraceEnds, set.grace),
    ];
    all.into_iter().filter_map(|(phase, day)| Some((phase, day?))).collect()
}

/// A day that is not in FedRAMP's dataset, from `templates/rules/dates.json`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct OtherDate {
    day: NaiveDate,
    profiles: Vec<ProfileName>,
    what: String,
    meaning: String,
    source: String,
    /// The day on which the source was read, for those who update the file.
    #[serde(rename = "read")]
    _read: NaiveDate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_other_dates_is_whole() {
        let dates: Vec<OtherDate> = serde_json::from_str(DATES).unwrap();
        assert!(dates.iter().all(|date| !date.source.is_empty() && !date.profiles.is_empty()));
    }

    #[test]
    fn days_are_in_order_and_vdr_binds_on_its_days() {
        let found = binding_calendar(ProfileName::FedrampRev5);
        assert!(found.is_sorted_by_key(|one| one.day));
        for (day, phase) in [
            ("2026-07-04", Phase::Optional),
            ("2026-12-07", Phase::Obtain),
            ("2026-12-07", Phase::Maintain),
            ("2027-03-07", Phase::GraceEnds),
        ] {
            let day: NaiveDate = day.parse().unwrap();
            let entry = found.iter().find(|one| one.day == day && one.phase == phase).unwrap();
            assert!(entry.what.contains("VDR, VER"), "{entry:?}");
        }
        assert!(binding_calendar(ProfileName::Generic).is_empty());
        assert!(!binding_calendar(ProfileName::CmmcL2).is_empty());
    }
}
