//! Requirements and score of CMMC level 2 (32 CFR part 170).
//!
//! [`Requirement`] has the points of each of the 110 requirements, from a data file; [`Score`] sums
//! up those that open items leave unmet, and decides whether a conditional status may be given.
//! Reads items only; it knows no days but those passed in.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Days;

use super::{CatalogId, Item};

/// A requirement of CMMC level 2 a line: number, points, and `never` where it may not be on a
/// POA&M. The points are those of 32 CFR 170.24(c)(2), which are those of the NIST SP 800-171 DoD
/// Assessment Methodology.
const POINTS: &str = include_str!("../../../templates/catalogs/cmmc-l2-points.txt");

/// Requirement on encryption. It costs five points where no encryption is employed, and three where it is employed
/// and not FIPS-validated (32 CFR 170.24(c)(2)(i)(B)(4)(ii)); only then may it be on a POA&M.
const ENCRYPTION: &str = "3.13.11";

/// Requirement on multifactor authentication. It costs five points where it is not implemented, and three where
/// remote and privileged users have it and others not (32 CFR 170.24(c)(2)(i)(B)(4)(i)).
const AUTHENTICATION: &str = "3.5.3";

/// The points of these two where they are met in part.
const PARTLY_MET_POINTS: u32 = 3;

/// A requirement of CMMC level 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// Its number, as in NIST SP 800-171 Revision 2: 3.1.1.
    pub number: &'static str,
    /// The points that it costs while it is not met.
    pub points: u32,
    /// Whether the rule names it as one that may never be on a POA&M.
    pub never: bool,
    /// Whether the item says that it is met in part, where that costs fewer points.
    pub partly_met: bool,
}

impl Requirement {
    /// Returns all 110, in their order.
    pub fn all_requirements() -> impl Iterator<Item = Self> {
        POINTS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let mut words = line.split(' ');
            let number = words.next()?;
            let points = words.next()?.parse().ok()?;
            Some(Self { number, points, never: words.next() == Some("never"), partly_met: false })
        })
    }

    /// Returns the requirement of a number.
    pub fn find_number(number: &str) -> Option<Self> {
        Self::all_requirements().find(|one| one.number == number)
    }

    /// Returns the requirement of an id of CMMC (AC.L2-3.1.1, AC.L1-3.1.20) or of NIST SP 800-171
    /// (3.1.1). Level 3, and the numbers that level 1 has in 32 CFR 170, are none of these.
    pub fn of_id(id: &str) -> Option<Self> {
        let id = id.trim();
        let number = match id.split_once('-') {
            Some((family, number)) if !family.ends_with(".L3") => number,
            Some(_) => return None,
            None => id,
        };
        Self::find_number(number)
    }

    /// Returns whether it is one of the two that cost fewer points where they are met in part.
    pub fn has_part(&self) -> bool {
        [ENCRYPTION, AUTHENTICATION].contains(&self.number)
    }

    /// Returns whether it may be on a POA&M where it is met in part: encryption alone.
    pub fn allows_part_on_poam(&self) -> bool {
        self.number == ENCRYPTION
    }

    /// Returns what the item says of a requirement that costs fewer points where it is met in part; `None` for others.
    pub fn describe_part(&self) -> Option<&'static str> {
        Some(match (self.number, self.partly_met) {
            (ENCRYPTION, true) => "encryption is employed and not FIPS-validated",
            (ENCRYPTION, false) => "no item says that encryption is employed",
            (AUTHENTICATION, true) => "remote and privileged users have multifactor authentication",
            (AUTHENTICATION, false) => {
                "no item says that remote and privileged users have multifactor authentication"
            }
            _ => return None,
        })
    }

    /// Explains why it may not be on a POA&M (32 CFR 170.21(a)(2)(ii) and (iii)); `None` where it may.
    pub fn why_not_on_poam(&self) -> Option<String> {
        if self.never {
            return Some("the rule names it".to_owned());
        }
        let points = self.points();
        if points <= 1 || (self.allows_part_on_poam() && self.partly_met) {
            return None;
        }
        let part = match (self.number, self.partly_met) {
            (ENCRYPTION, false) => {
                ": it may only be there where encryption is employed and not FIPS-validated"
            }
            _ => "",
        };
        Some(format!("it weighs {points} points, more than 1{part}"))
    }

    /// Returns the requirements that an item names, in their order, each once: the one list for the
    /// score, the rules and the federal workbook. See [`requirement_ids`].
    pub fn of_item(item: &Item) -> Vec<Self> {
        let numbers: BTreeSet<&str> =
            requirement_ids(item).filter_map(|(_, id)| Some(Self::of_id(id)?.number)).collect();
        if numbers.is_empty() {
            return Vec::new();
        }
        let partly_met = Self::partly_met_by(item);
        let named = Self::all_requirements().filter(|one| numbers.contains(one.number));
        named
            .map(|one| Self {
                partly_met: one.has_part() && partly_met.contains(one.number),
                ..one
            })
            .collect()
    }

    /// Returns the numbers of the requirements that an item says are met in part.
    fn partly_met_by(item: &Item) -> BTreeSet<&'static str> {
        item.partly_met.iter().filter_map(|id| Some(Self::of_id(id)?.number)).collect()
    }

    /// Returns whether an item names its requirements completely: one at least, and every id that
    /// it has for CMMC or NIST SP 800-171 is a known one. Otherwise its cost in points is unknown.
    pub fn are_told_by(item: &Item) -> bool {
        requirement_ids(item).next().is_some() && Self::unknown_ids(item).is_empty()
    }

    /// Returns the ids that an item has for CMMC or NIST SP 800-171 and that CMMC does not know: those of NIST SP
    /// 800-171 Rev 3 among them (`03.05.03`), since CMMC assesses Rev 2 (32 CFR 170.2).
    pub fn unknown_ids(item: &Item) -> Vec<&str> {
        let is_known = |id: &str| Self::of_id(id).is_some() || is_of_other_level(id);
        requirement_ids(item).map(|(_, id)| id).filter(|id| !is_known(id)).collect()
    }

    /// Returns the points that it costs while it is not met: those of a requirement that is not met at all, unless
    /// the item says that it is met in part.
    pub fn points(&self) -> u32 {
        if self.partly_met { PARTLY_MET_POINTS } else { self.points }
    }
}

/// Returns the ids for CMMC or NIST SP 800-171 that an item has, with the pointer to each: under
/// `mappings:`, and under `controls:` what is no control but a requirement.
pub fn requirement_ids(item: &Item) -> impl Iterator<Item = (String, &str)> {
    let mapped = ["cmmc", "nist-800-171"].into_iter().flat_map(move |framework| {
        let ids = item.mappings.get(framework).map(Vec::as_slice).unwrap_or_default();
        let at = move |index| format!("/mappings/{framework}/{index}");
        ids.iter().enumerate().map(move |(index, id)| (at(index), id.as_str()))
    });
    let controls = item.controls.iter().enumerate();
    let controls = controls.filter(|(_, id)| {
        let framework = CatalogId::find(id).and_then(|found| found.framework);
        matches!(framework, Some("cmmc" | "nist-800-171"))
    });
    mapped.chain(controls.map(|(index, id)| (format!("/controls/{index}"), id.as_str())))
}

/// Requirements of level 3 that may not be on a POA&M, one a line.
const NEVER_AT_LEVEL_3: &str = include_str!("../../../templates/catalogs/cmmc-l3-never.txt");

/// Returns whether an id is of level 1 or 3, which the score of level 2 does not count.
fn is_of_other_level(id: &str) -> bool {
    let id = id.trim();
    id.split_once('-').is_some_and(|(family, number)| {
        (family.ends_with(".L3") && number.ends_with('e'))
            || (family.ends_with(".L1") && number.starts_with("b.1."))
    })
}

/// Explains why a requirement that an item names may not be on a POA&M, by its id in CMMC or NIST SP 800-171;
/// `None` where it may, or where the id is no requirement.
pub fn why_not_on_poam(id: &str, item: &Item) -> Option<String> {
    let id = id.trim();
    let (family, number) = id.split_once('-').unwrap_or(("", id));
    if family.ends_with(".L3") {
        let never = NEVER_AT_LEVEL_3.lines().any(|line| line == number);
        return never.then(|| "the rule names it".to_owned());
    }
    if number.starts_with("b.1.") {
        return Some("level 1 has none".to_owned());
    }
    let requirement = Requirement::of_id(id)?;
    let partly_met =
        requirement.has_part() && Requirement::partly_met_by(item).contains(requirement.number);
    Requirement { partly_met, ..requirement }.why_not_on_poam()
}

/// The score of an assessment of CMMC level 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// 110 less the points of what is known to be not met; may be below zero. Where items do not state
    /// what they are about, the score is at most this.
    pub points: i64,
    /// Items that do not state which requirements they are about: what they cost is unknown.
    pub untold: usize,
    /// The requirements that are not met, in their order, each once. Of items that disagree the one counts that
    /// does not say that it is met in part.
    pub not_met: Vec<Requirement>,
}

impl Score {
    /// The score with every requirement met.
    pub const FULL: i64 = 110;

    /// The least score for a conditional status: 0.8 of all (32 CFR 170.21(a)(2)(i)).
    pub const CONDITIONAL: i64 = 88;

    /// The requirement of a system security plan. Without one an assessment cannot be completed, and there is
    /// no score (NIST SP 800-171 DoD Assessment Methodology 1.2.1, section 5 and annex A; 32 CFR 170.24(c)(2)).
    pub const SECURITY_PLAN: &str = "3.12.4";

    /// Days from the conditional status to the closeout assessment (32 CFR 170.21(b)).
    pub const CLOSEOUT: Days = Days::new(180);

    /// Returns the score where exactly the requirements that some items are mapped to (under `cmmc`
    /// or `nist-800-171`) are not met. A requirement counts once, however many items name it.
    ///
    /// Encryption (3.13.11) and multifactor authentication (3.5.3) count five points, or three where each item that
    /// names them says that they are met in part: what is not said is not assumed.
    pub fn compute<'a>(open: impl IntoIterator<Item = &'a Item>) -> Self {
        let mut named: BTreeMap<&str, bool> = BTreeMap::new();
        let mut untold = 0;
        for item in open {
            for one in Requirement::of_item(item) {
                let partly_met = named.entry(one.number).or_insert(true);
                *partly_met &= one.partly_met;
            }
            untold += usize::from(!Requirement::are_told_by(item));
        }
        let not_met: Vec<Requirement> = Requirement::all_requirements()
            .filter_map(|one| Some(Requirement { partly_met: *named.get(one.number)?, ..one }))
            .collect();
        let lost: i64 = not_met.iter().map(|one| i64::from(one.points())).sum();
        Self { points: Self::FULL - lost, untold, not_met }
    }

    /// Returns whether there is a system security plan, without which there is no score.
    pub fn has_security_plan(&self) -> bool {
        self.not_met.iter().all(|one| one.number != Self::SECURITY_PLAN)
    }

    /// Returns whether the score is too low for a conditional status, whatever else is open.
    pub fn is_too_low(&self) -> bool {
        self.points < Self::CONDITIONAL
    }

    /// Returns the requirements that are not met and may not be on a POA&M, with the reason.
    pub fn not_allowed(&self) -> Vec<(&'static str, String)> {
        let why = |one: &Requirement| Some((one.number, one.why_not_on_poam()?));
        self.not_met.iter().filter_map(why).collect()
    }

    /// Returns whether a conditional status may be given: the score is known and enough, and no
    /// requirement is open that may not be on a POA&M (32 CFR 170.21(a)(2)).
    pub fn allows_conditional_status(&self) -> bool {
        self.untold == 0 && !self.is_too_low() && self.not_allowed().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RiskRating, Status};

    fn item(framework: &str, ids: &[&str]) -> Item {
        let day = "2026-01-05".parse().unwrap();
        let status: Status = "open".parse().unwrap();
        let mut item = Item::new("V-1".parse().unwrap(), "W".into(), status, day, RiskRating::Low);
        item.mappings.insert(framework.to_owned(), ids.iter().map(|id| (*id).to_owned()).collect());
        item
    }

    /// The lowest score that the methodology knows is 110 - 313 = -203.
    #[test]
    fn the_points_are_those_of_the_methodology() {
        let points: Vec<u32> = Requirement::all_requirements().map(|one| one.points).collect();
        assert_eq!((points.len(), points.iter().sum::<u32>()), (110, 313));
        let count = |value| points.iter().filter(|points| **points == value).count();
        assert_eq!([count(0), count(1), count(3), count(5)], [1, 51, 14, 44]);
        assert_eq!(Requirement::all_requirements().filter(|one| one.never).count(), 6);
    }

    #[test]
    fn the_score_loses_the_points_of_what_is_not_met() {
        let score = |items: &[Item]| Score::compute(items).points;
        assert_eq!(score(&[]), 110);
        assert_eq!(score(&[item("cmmc", &["AC.L2-3.1.3"])]), 109, "one point");
        assert_eq!(score(&[item("cmmc", &["AC.L2-3.1.1"])]), 105, "five points");
        assert_eq!(score(&[item("cmmc", &["AC.L2-3.1.5"])]), 107, "three points");
        assert_eq!(score(&[item("nist-800-171", &["3.1.3", "3.1.4"])]), 108);
        let twice = [item("cmmc", &["AC.L2-3.1.3"]), item("nist-800-171", &["3.1.3"])];
        assert_eq!(score(&twice), 109, "a requirement counts once");
        let others = ["AC.L1-b.1.i", "IR.L3-3.6.1e", "AC.L2-3.1.99", "nonsense", ""];
        assert_eq!(score(&[item("cmmc", &others), item("iso", &["3.1.1"])]), 110);
        assert_eq!(numbers(&Score::compute(&twice)), ["3.1.3"]);
    }

    /// The methodology gives 3.12.4 no points: without a plan the assessment is not completed.
    #[test]
    fn there_is_no_score_without_a_security_plan() {
        let without = Score::compute(&[item("cmmc", &["CA.L2-3.12.4"])]);
        assert!(!without.has_security_plan() && !without.allows_conditional_status());
        assert!(Score::compute(&[item("cmmc", &["CA.L2-3.12.3"])]).has_security_plan());
    }

    fn numbers(score: &Score) -> Vec<&'static str> {
        score.not_met.iter().map(|one| one.number).collect()
    }

    /// 32 CFR 170.24(c)(2)(i)(B)(4): five points, or three where the requirement is met in part.
    #[test]
    fn two_requirements_cost_less_where_an_item_says_that_they_are_met_in_part() {
        let with = |id: &str, partly_met: &[&str]| {
            let partly_met = partly_met.iter().map(|id| (*id).to_owned()).collect();
            Item { partly_met, ..item("cmmc", &[id]) }
        };
        for (id, partly_met, points, allowed) in [
            ("SC.L2-3.13.11", &[][..], 105, false),
            ("SC.L2-3.13.11", &["SC.L2-3.13.11"], 107, true),
            ("SC.L2-3.13.11", &["3.13.11"], 107, true),
            ("SC.L2-3.13.11", &["3.5.3"], 105, false),
            ("IA.L2-3.5.3", &[], 105, false),
            ("IA.L2-3.5.3", &["IA.L2-3.5.3"], 107, false),
            // The methodology knows no part of others.
            ("AC.L2-3.1.1", &["AC.L2-3.1.1"], 105, false),
            ("AC.L2-3.1.3", &["AC.L2-3.1.3"], 109, true),
        ] {
            let item = with(id, partly_met);
            let score = Score::compute([&item]);
            assert_eq!(
                (
                    score.points,
                    score.allows_conditional_status(),
                    why_not_on_poam(id, &item).is_none()
                ),
                (points, allowed, allowed),
                "{id} {partly_met:?}"
            );
        }
        // One item says it, the other does not.
        let both = [with("SC.L2-3.13.11", &["3.13.11"]), with("SC.L2-3.13.11", &[])];
        assert_eq!(Score::compute(&both).points, 105);
    }

    #[test]
    fn a_requirement_counts_wherever_an_item_names_it() {
        let mut named = item("iso", &["A.1"]);
        assert!(!Requirement::are_told_by(&named));
        named.controls = vec!["AC-2".into(), "3.1.4".into(), "IA.L2-3.5.3".into()];
        let numbers: Vec<_> = Requirement::of_item(&named).iter().map(|it| it.number).collect();
        assert_eq!(numbers, ["3.1.4", "3.5.3"]);
        assert!(Requirement::are_told_by(&named));
        assert_eq!(Score::compute(&[named]).points, 110 - 1 - 5);
        for (ids, told) in [
            (&["AC.L1-b.1.i"][..], true),
            (&["IR.L3-3.6.1e"], true),
            (&["AC.L2-3.1.99"], false),
            (&["AC.L2-3.1.3", "nonsense"], false),
        ] {
            let score = Score::compute(&[item("cmmc", ids)]);
            assert_eq!((score.untold == 0, score.points >= 109), (told, true), "{ids:?}");
        }
    }

    #[test]
    fn which_requirements_may_be_there() {
        for (id, allowed) in [
            ("AC.L2-3.1.20", false),
            ("AC.L1-3.1.20", false),
            ("AC.L2-3.1.22", false),
            ("CA.L2-3.12.4", false),
            ("PE.L2-3.10.3", false),
            ("PE.L2-3.10.4", false),
            ("PE.L2-3.10.5", false),
            ("3.10.5", false),
            ("AC.L2-3.1.1", false),
            ("AC.L2-3.1.3", true),
            ("AC.L2-3.1.5", false),
            ("IA.L2-3.5.3", false),
            ("3.5.3", false),
            ("SC.L2-3.13.11", true),
            ("3.13.11", true),
            ("IR.L3-3.6.1e", false),
            ("SI.L3-3.14.1e", true),
            ("AC.L1-b.1.i", false),
            ("AC.L2-3.1.99", true),
            ("nonsense", true),
        ] {
            let item = Item { partly_met: vec!["3.13.11".to_owned()], ..item("cmmc", &[id]) };
            assert_eq!(why_not_on_poam(id, &item).is_none(), allowed, "{id}");
        }
    }

    #[test]
    fn a_conditional_status_needs_88() {
        // Of one point each.
        let ids: Vec<String> = Requirement::all_requirements()
            .filter(|one| one.points == 1)
            .map(|one| format!("XX.L2-{}", one.number))
            .collect();
        for (count, points, enough) in [(22, 88, true), (23, 87, false)] {
            let ids: Vec<&str> = ids.iter().take(count).map(String::as_str).collect();
            let score = Score::compute(&[item("cmmc", &ids)]);
            assert_eq!((score.points, !score.is_too_low()), (points, enough));
        }
        // All of 32 CFR 170.21(a)(2) must hold: no requirement that may not be there, none unknown.
        for (ids, allowed) in [
            (&["AC.L2-3.1.3"][..], true),
            (&["SC.L2-3.13.11"], false),
            (&["IA.L2-3.5.3"], false),
            (&["AC.L2-3.1.20"], false),
            (&["CA.L2-3.12.4"], false),
            (&["AC.L2-3.1.3", "AC.L2-3.1.99"], false),
            (&[], false),
        ] {
            let score = Score::compute(&[item("cmmc", ids)]);
            assert_eq!(score.allows_conditional_status(), allowed, "{ids:?}");
        }
        assert!(!Score::compute(&[item("nist-800-171", &["3.5.3"])]).allows_conditional_status());
        let all: Vec<String> =
            Requirement::all_requirements().map(|one| one.number.to_owned()).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let mut all = item("nist-800-171", &all);
        assert_eq!(Score::compute([&all]).points, -203, "the lowest score of the methodology");
        all.partly_met = vec!["3.13.11".to_owned(), "3.5.3".to_owned()];
        assert_eq!(Score::compute([&all]).points, -199);
    }
}
