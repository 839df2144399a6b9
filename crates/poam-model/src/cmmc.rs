//! Requirements and score of CMMC level 2 (32 CFR part 170).
//!
//! [`Requirement`] has the points of each of the 110 requirements, from a data file; [`Score`] sums
//! up those that open items leave unmet, and decides whether a conditional status may be given.
//! Reads items only; it knows no days but those passed in.

use std::collections::BTreeSet;

use chrono::Days;

use super::{CatalogId, Item};

/// A requirement of CMMC level 2 a line: number, points, and `never` where it may not be on a
/// POA&M. The points are those of 32 CFR 170.24(c)(2), which are those of the NIST SP 800-171 DoD
/// Assessment Methodology.
const POINTS: &str = include_str!("../../../templates/catalogs/cmmc-l2-points.txt");

/// Requirement on encryption, which may be on a POA&M where encryption is employed but not
/// validated, and then costs three points instead of five.
const ENCRYPTION: &str = "3.13.11";

/// A requirement of CMMC level 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// Its number, as in NIST SP 800-171 Revision 2: 3.1.1.
    pub number: &'static str,
    /// The points that it costs while it is not met.
    pub points: u32,
    /// Whether the rule names it as one that may never be on a POA&M.
    pub never: bool,
}

impl Requirement {
    /// Returns all 110, in their order.
    pub fn all_requirements() -> impl Iterator<Item = Self> {
        POINTS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let mut words = line.split(' ');
            let number = words.next()?;
            let points = words.next()?.parse().ok()?;
            Some(Self { number, points, never: words.next() == Some("never") })
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

    /// Returns whether it is the one on encryption, which weighs more than a POA&M may hold, and
    /// may be on one all the same where encryption is employed but not validated.
    pub fn is_encryption(&self) -> bool {
        self.number == ENCRYPTION
    }

    /// Returns the requirements that an item names, in their order, each once: the one list for the
    /// score, the rules and the federal workbook. See [`requirement_ids`].
    pub fn of_item(item: &Item) -> Vec<Self> {
        let numbers: BTreeSet<&str> =
            requirement_ids(item).filter_map(|(_, id)| Some(Self::of_id(id)?.number)).collect();
        if numbers.is_empty() {
            return Vec::new();
        }
        Self::all_requirements().filter(|one| numbers.contains(one.number)).collect()
    }

    /// Returns whether an item names its requirements completely: one at least, and every id that
    /// it has for CMMC or NIST SP 800-171 is a known one. Otherwise its cost in points is unknown.
    pub fn are_told_by(item: &Item) -> bool {
        let mut ids = requirement_ids(item).peekable();
        ids.peek().is_some()
            && ids.all(|(_, id)| Self::of_id(id).is_some() || is_of_other_level(id))
    }

    /// Returns the points that it costs while it is on a POA&M.
    pub fn points_on_poam(&self) -> u32 {
        if self.is_encryption() { 3 } else { self.points }
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

/// Explains why a requirement may not be on a POA&M, by its id in CMMC or NIST SP 800-171; `None`
/// where it may, or where the id is no requirement.
pub fn why_not_on_poam(id: &str) -> Option<String> {
    let id = id.trim();
    let (family, number) = id.split_once('-').unwrap_or(("", id));
    let named = || "the rule names it".to_owned();
    if family.ends_with(".L3") {
        return NEVER_AT_LEVEL_3.lines().any(|line| line == number).then(named);
    }
    if number.starts_with("b.1.") {
        return Some("level 1 has none".to_owned());
    }
    let requirement = Requirement::of_id(id)?;
    if requirement.never {
        return Some(named());
    }
    let points = requirement.points;
    (points > 1 && !requirement.is_encryption())
        .then(|| format!("it weighs {points} points, more than 1"))
}

/// The score of an assessment of CMMC level 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// 110 less the points of what is known to be not met; may be below zero. Where items do not state
    /// what they are about, the score is at most this.
    pub points: i64,
    /// Items that do not state which requirements they are about: what they cost is unknown.
    pub untold: usize,
    /// The requirements that are not met, in their order, each once.
    pub not_met: Vec<&'static str>,
}

impl Score {
    /// The score with every requirement met.
    pub const FULL: i64 = 110;

    /// The least score for a conditional status: 0.8 of all (32 CFR 170.21(a)(2)(i)).
    pub const CONDITIONAL: i64 = 88;

    /// Days from the conditional status to the closeout assessment (32 CFR 170.21(b)).
    pub const CLOSEOUT: Days = Days::new(180);

    /// Returns the score where exactly the requirements that some items are mapped to (under `cmmc`
    /// or `nist-800-171`) are not met. A requirement counts once, however many items name it.
    ///
    /// Encryption (3.13.11) counts three points, since it may be on a POA&M only where it is
    /// employed but not validated; authentication with several factors (3.5.3) counts five, since
    /// an item does not state that it is met in part.
    pub fn compute<'a>(open: impl IntoIterator<Item = &'a Item>) -> Self {
        let mut numbers: BTreeSet<&str> = BTreeSet::new();
        let mut untold = 0;
        for item in open {
            numbers.extend(Requirement::of_item(item).into_iter().map(|one| one.number));
            untold += usize::from(!Requirement::are_told_by(item));
        }
        let not_met: Vec<Requirement> =
            Requirement::all_requirements().filter(|one| numbers.contains(one.number)).collect();
        let lost: i64 = not_met.iter().map(|one| i64::from(one.points_on_poam())).sum();
        let not_met: Vec<&'static str> = not_met.iter().map(|one| one.number).collect();
        Self { points: Self::FULL - lost, untold, not_met }
    }

    /// Returns whether the score is too low for a conditional status, whatever else is open.
    pub fn is_too_low(&self) -> bool {
        self.points < Self::CONDITIONAL
    }

    /// Returns the requirements that are not met and may not be on a POA&M, with the reason.
    pub fn not_allowed(&self) -> Vec<(&'static str, String)> {
        let why = |number: &&'static str| Some((*number, why_not_on_poam(number)?));
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
        assert_eq!(score(&[item("cmmc", &["SC.L2-3.13.11"])]), 107, "employed, not validated");
        assert_eq!(score(&[item("cmmc", &["IA.L2-3.5.3"])]), 105);
        let others = ["AC.L1-b.1.i", "IR.L3-3.6.1e", "AC.L2-3.1.99", "nonsense", ""];
        assert_eq!(score(&[item("cmmc", &others), item("iso", &["3.1.1"])]), 110);
        assert_eq!(Score::compute(&twice).not_met, ["3.1.3"]);
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
            assert_eq!(why_not_on_poam(id).is_none(), allowed, "{id}");
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
            (&["SC.L2-3.13.11"], true),
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
        // All of them, encryption employed.
        assert_eq!(Score::compute(&[item("nist-800-171", &all)]).points, -201);
    }
}
