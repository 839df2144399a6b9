use std::collections::BTreeSet;

use chrono::Days;

use super::Item;

/// A requirement of CMMC level 2 a line: number, points, and `never` where it may not be on a
/// POA&M. The points are those of 32 CFR 170.24(c)(2), which are those of the NIST SP 800-171 DoD
/// Assessment Methodology.
const POINTS: &str = include_str!("../../templates/catalogs/cmmc-l2-points.txt");

/// What encryption that is employed but not validated is marked with: it may be on a POA&M all the
/// same, and then costs three points instead of five.
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
    /// All 110, in their order.
    pub fn all() -> impl Iterator<Item = Self> {
        POINTS.lines().filter_map(|line| {
            let mut words = line.split(' ');
            let number = words.next()?;
            let points = words.next()?.parse().ok()?;
            Some(Self { number, points, never: words.next() == Some("never") })
        })
    }

    /// The requirement of a number.
    pub fn numbered(number: &str) -> Option<Self> {
        Self::all().find(|one| one.number == number)
    }

    /// The requirement of an id of CMMC (AC.L2-3.1.1, AC.L1-3.1.20) or of NIST SP 800-171 (3.1.1).
    /// Level 3, and the numbers that level 1 has in 32 CFR 170, are none of these.
    pub fn of_id(id: &str) -> Option<Self> {
        let id = id.trim();
        let number = match id.split_once('-') {
            Some((family, number)) if !family.ends_with(".L3") => number,
            Some(_) => return None,
            None => id,
        };
        Self::numbered(number)
    }

    /// Whether it is the one on encryption, which weighs more than a POA&M may hold, and may be on
    /// one all the same where encryption is employed but not validated.
    pub fn is_encryption(&self) -> bool {
        self.number == ENCRYPTION
    }

    /// The requirements that an item is mapped to, under `cmmc` or `nist-800-171`, in their order,
    /// each once.
    pub fn of_item(item: &Item) -> Vec<Self> {
        let ids = ["cmmc", "nist-800-171"].into_iter().filter_map(|it| item.mappings.get(it));
        let numbers: BTreeSet<&str> =
            ids.flatten().filter_map(|id| Some(Self::of_id(id)?.number)).collect();
        if numbers.is_empty() {
            return Vec::new();
        }
        Self::all().filter(|one| numbers.contains(one.number)).collect()
    }

    /// The points that it costs while it stands on a POA&M.
    pub fn points_on_poam(&self) -> u32 {
        if self.is_encryption() { 3 } else { self.points }
    }
}

/// The score of an assessment of CMMC level 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// 110 less the points of what is not met; may be below zero.
    pub points: i64,
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

    /// The score where exactly the requirements that some items are mapped to (under `cmmc` or
    /// `nist-800-171`) are not met. A requirement counts once, however many items name it.
    ///
    /// Encryption (3.13.11) counts three points, since it may be on a POA&M only where it is
    /// employed but not validated; authentication with several factors (3.5.3) counts five, since
    /// an item does not say that it is met in part.
    pub fn of<'a>(open: impl IntoIterator<Item = &'a Item>) -> Self {
        let of_item = |item| Requirement::of_item(item).into_iter().map(|one| one.number);
        let numbers: BTreeSet<&str> = open.into_iter().flat_map(of_item).collect();
        let not_met: Vec<Requirement> =
            Requirement::all().filter(|one| numbers.contains(one.number)).collect();
        let lost: i64 = not_met.iter().map(|one| i64::from(one.points_on_poam())).sum();
        Self { points: Self::FULL - lost, not_met: not_met.iter().map(|one| one.number).collect() }
    }

    /// Whether it is enough for a conditional status.
    pub fn is_enough(&self) -> bool {
        self.points >= Self::CONDITIONAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RiskRating, Status};

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
        let points: Vec<u32> = Requirement::all().map(|one| one.points).collect();
        assert_eq!((points.len(), points.iter().sum::<u32>()), (110, 313));
        let count = |value| points.iter().filter(|points| **points == value).count();
        assert_eq!([count(0), count(1), count(3), count(5)], [1, 51, 14, 44]);
        assert_eq!(Requirement::all().filter(|one| one.never).count(), 6);
    }

    #[test]
    fn the_score_loses_the_points_of_what_is_not_met() {
        let score = |items: &[Item]| Score::of(items).points;
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
        assert_eq!(Score::of(&twice).not_met, ["3.1.3"]);
    }

    #[test]
    fn a_conditional_status_needs_88() {
        // Of one point each.
        let ids: Vec<String> = Requirement::all()
            .filter(|one| one.points == 1)
            .map(|one| format!("XX.L2-{}", one.number))
            .collect();
        for (count, points, enough) in [(22, 88, true), (23, 87, false)] {
            let ids: Vec<&str> = ids.iter().take(count).map(String::as_str).collect();
            let score = Score::of(&[item("cmmc", &ids)]);
            assert_eq!((score.points, score.is_enough()), (points, enough));
        }
        let all: Vec<String> = Requirement::all().map(|one| one.number.to_owned()).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        // All of them, encryption employed.
        assert_eq!(Score::of(&[item("nist-800-171", &all)]).points, -201);
    }
}
