//! Standing of a CMMC level 2 tracker: score, requirements that may not be open, and the end of a
//! conditional status.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::{Row, attention};
use crate::model::{Item, ItemId, Requirement, Score};
use crate::settings::{ProfileName, Settings};
use crate::text::{first_of, plural};

/// Where a tracker of CMMC level 2 is: the score that its open items leave, and how long the
/// conditional status lasts (32 CFR 170.21).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cmmc {
    /// 110 less the points of the requirements that open items of the assessment name; none where
    /// one of them names none, since what it costs is unknown, and without a system security plan.
    pub score: Option<i64>,
    /// Whether the requirement of a system security plan (3.12.4) is met, without which there is no score.
    pub has_security_plan: bool,
    /// The most that the score can be.
    pub at_most: i64,
    /// The score with every requirement met.
    pub full: i64,
    /// The least score for a conditional status.
    pub needed: i64,
    /// Whether a conditional status may be given: the score is known and enough, and no requirement
    /// is open that may not be on a POA&M (32 CFR 170.21(a)(2)).
    pub enough: bool,
    /// Open items of the assessment that do not state which requirements they are about.
    pub untold: Vec<ItemId>,
    /// Requirements whose points depend on whether they are met in part.
    pub in_part: Vec<InPart>,
    /// Requirements that are open and may not be on a POA&M.
    pub not_allowed: Vec<NotAllowed>,
    /// The open items that cost points, those whose closing regains most first.
    pub lost: Vec<Lost>,
    /// The conditional status, once the settings have its day.
    pub conditional: Option<Conditional>,
}

/// A requirement that is open and may not be on a POA&M.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotAllowed {
    /// Its number in NIST SP 800-171.
    pub requirement: &'static str,
    /// Reason why it may not be there.
    pub why: String,
    /// The open items that name it.
    pub items: Vec<ItemId>,
}

/// A requirement that costs fewer points where it is met in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InPart {
    /// Its number in NIST SP 800-171.
    pub requirement: &'static str,
    /// Whether each open item that names it says that it is met in part. What none says is not assumed.
    pub partly_met: bool,
    /// The points that it costs.
    pub points: u32,
    /// Statement of the items, in words.
    pub why: &'static str,
}

/// The points that an item costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// The item.
    pub item: ItemId,
    /// Name of the weakness.
    pub name: String,
    /// Name of the point of contact.
    pub owner: Option<String>,
    /// The requirements that it is mapped to, as NIST SP 800-171 numbers them.
    pub requirements: Vec<&'static str>,
    /// Their points. A requirement that several items name is with each of them, and counts
    /// once in the score.
    pub points: u32,
    /// Points that the score regains when this item alone is closed.
    pub regained: u32,
}

/// Duration and end of a conditional status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conditional {
    /// The day on which it was given.
    pub since: NaiveDate,
    /// Its last day, 180 days later.
    pub ends: NaiveDate,
    /// Days left; below 0 where it has ended.
    pub days: i64,
    /// Open items of its assessment, mapped to a requirement or not.
    pub open: usize,
}

impl Cmmc {
    pub(super) fn compute(rows: &[Row<'_>], settings: &Settings, today: NaiveDate) -> Option<Self> {
        if settings.profile.name != ProfileName::CmmcL2 {
            return None;
        }
        let counts = |row: &&Row<'_>| {
            !row.standing.closed
                && settings.deadlines.is_of_assessment(row.standing.permanent.detected)
        };
        let open: Vec<&Row<'_>> = rows.iter().filter(counts).collect();
        let score = Score::compute(open.iter().map(|row| &row.stored.item));
        // Each requirement with the points that it has in the score.
        let counted = |item: &Item| -> Vec<Requirement> {
            let named = Requirement::of_item(item);
            let of_score = score.not_met.iter();
            of_score.filter(|one| named.iter().any(|it| it.number == one.number)).copied().collect()
        };
        let named: Vec<(&Row<'_>, Vec<Requirement>)> =
            open.iter().map(|row| (*row, counted(&row.stored.item))).collect();
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for one in named.iter().flat_map(|(_, requirements)| requirements) {
            *times.entry(one.number).or_default() += 1;
        }
        let alone = |one: &&Requirement| times.get(one.number) == Some(&1);
        let lost = named.iter().filter(|(_, requirements)| !requirements.is_empty());
        let lost = lost.map(|(row, requirements)| Lost {
            item: row.stored.item.id.clone(),
            name: row.stored.item.weakness_name.clone(),
            owner: attention::owner(&row.stored.item),
            requirements: requirements.iter().map(|one| one.number).collect(),
            points: requirements.iter().map(Requirement::points).sum(),
            regained: requirements.iter().filter(alone).map(Requirement::points).sum(),
        });
        let mut lost: Vec<Lost> = lost.collect();
        lost.sort_by(|a, b| {
            let key = |one: &Lost| (Reverse(one.regained), Reverse(one.points));
            (key(a), &a.item).cmp(&(key(b), &b.item))
        });
        let naming = |number: &str| {
            let names = |all: &[Requirement]| all.iter().any(|one| one.number == number);
            let rows = named.iter().filter(|(_, all)| names(all));
            rows.map(|(row, _)| row.stored.item.id.clone()).collect()
        };
        let in_part = score.not_met.iter().filter_map(|one| {
            let why = one.describe_part()?;
            let (requirement, points) = (one.number, one.points());
            Some(InPart { requirement, partly_met: one.partly_met, points, why })
        });
        let not_allowed = score.not_allowed().into_iter();
        let not_allowed = not_allowed.map(|(requirement, why)| NotAllowed {
            requirement,
            why,
            items: naming(requirement),
        });
        let untold = open.iter().filter(|row| !Requirement::are_told_by(&row.stored.item));
        let conditional = settings.deadlines.conditional.and_then(|since| {
            let ends = since.checked_add_days(Score::CLOSEOUT)?;
            Some(Conditional { since, ends, days: (ends - today).num_days(), open: open.len() })
        });
        Some(Self {
            score: (score.untold == 0 && score.has_security_plan()).then_some(score.points),
            has_security_plan: score.has_security_plan(),
            at_most: score.points,
            full: Score::FULL,
            needed: Score::CONDITIONAL,
            enough: score.allows_conditional_status(),
            untold: untold.map(|row| row.stored.item.id.clone()).collect(),
            in_part: in_part.collect(),
            not_allowed: not_allowed.collect(),
            lost,
            conditional,
        })
    }

    /// Returns whether the score is enough and no conditional status ended with items of its
    /// assessment open.
    pub(crate) fn is_in_order(&self) -> bool {
        let ended = |status: &Conditional| status.days < 0 && status.open > 0;
        self.enough && !self.conditional.as_ref().is_some_and(ended)
    }

    /// Describes the score, as far as it is known, and its meaning for a conditional status.
    fn verdict(&self) -> String {
        let Self { at_most, full, needed, .. } = self;
        let too_few = at_most < needed;
        if !self.has_security_plan {
            return "no score: without a system security plan (3.12.4) an assessment cannot be completed"
                .to_owned();
        }
        if self.score.is_none() {
            let count = plural(self.untold.len(), "open item");
            let names = if self.untold.len() == 1 { "names" } else { "name" };
            let end = match too_few {
                true => format!("too few for a conditional status, which needs {needed}"),
                false => format!("a conditional status needs {needed}"),
            };
            return format!(
                "the score is unknown, at most {at_most} points: {count} {names} no requirement ({}); {end}",
                first_of(&self.untold, IDS)
            );
        }
        let points = format!("{at_most} of {full} points");
        if too_few {
            return format!("{points}: too few for a conditional status, which needs {needed}");
        }
        if !self.not_allowed.is_empty() {
            return format!("{points}, and no conditional status");
        }
        format!("{points}: enough for a conditional status, which needs {needed}")
    }

    /// Returns the score in a few words: `101 of 110 points`, or what is known of it.
    pub(crate) fn in_short(&self) -> String {
        match self.score {
            Some(score) => format!("{score} of {} points", self.full),
            None if !self.has_security_plan => "no score without a system security plan".to_owned(),
            None => format!("score unknown, at most {} points", self.at_most),
        }
    }

    /// Returns the score, and when the conditional status ends, in sentences.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.verdict()];
        for one in &self.in_part {
            lines.push(format!("{} counts {} points: {}", one.requirement, one.points, one.why));
        }
        for one in &self.not_allowed {
            lines.push(format!(
                "{} may not be on a POA&M, {} ({}): no conditional status while it is open",
                one.requirement,
                one.why,
                first_of(&one.items, IDS)
            ));
        }
        if let Some(status) = &self.conditional {
            let open = match status.open {
                0 => "no item of its assessment open".to_owned(),
                1 => "1 item of its assessment open".to_owned(),
                count => format!("{count} items of its assessment open"),
            };
            let end = match status.days {
                left if left < 0 => format!("ended on {}", status.ends),
                0 => format!("ends today, {}", status.ends),
                left => {
                    let left = plural(usize::try_from(left).unwrap_or(usize::MAX), "day");
                    format!("ends in {left}, on {}", status.ends)
                }
            };
            lines.push(format!("the conditional status of {} {end}, with {open}", status.since));
        }
        lines
    }
}

/// Ids that a line names before it only counts.
const IDS: usize = 5;

#[cfg(test)]
mod tests {
    use super::super::samples::{day, rows, settings, store};
    use super::*;
    use crate::summary::Summary;

    /// Two items share 3.1.3 (one point), one has encryption (three), one is closed, one was found
    /// after the conditional status, one names no requirement.
    const ITEMS: [(&str, &str); 6] = [
        ("V-1", "mappings: {cmmc: [AC.L2-3.1.3, AC.L2-3.1.1]}\npoint_of_contact: {name: Jane}\n"),
        ("V-2", "mappings: {nist-800-171: [3.1.3]}\n"),
        ("V-3", "mappings: {cmmc: [SC.L2-3.13.11]}\npartly_met: [3.13.11]\n"),
        ("V-4", "mappings: {cmmc: [AC.L2-3.1.2]}\nstatus: closed\n"),
        ("V-5", "mappings: {cmmc: [AC.L2-3.1.4]}\noriginal_detection_date: 2026-06-02\n"),
        ("V-6", ""),
    ];

    fn compute(fields: &str, today: &str) -> Option<Cmmc> {
        let (store, settings) = (store(&ITEMS), settings(fields));
        Cmmc::compute(&rows(&store, &settings, today), &settings, day(today))
    }

    #[test]
    fn points_are_lost_once_and_regained_by_the_last_item() {
        assert_eq!(compute("profile: generic\n", "2026-06-05"), None);
        let found = compute("profile: cmmc-l2\n", "2026-06-05").unwrap();
        // 3.1.3 and 3.1.4 cost one point each, 3.1.1 five, encryption three; what V-6 costs is unknown.
        assert_eq!(
            (found.score, found.at_most, found.enough, found.conditional),
            (None, 110 - 1 - 1 - 5 - 3, false, None)
        );
        assert_eq!(found.untold, ["V-6".parse().unwrap()]);
        let barred: Vec<_> =
            found.not_allowed.iter().map(|one| (one.requirement, one.items.len())).collect();
        assert_eq!(barred, [("3.1.1", 1)]);
        let told: Vec<_> = found
            .lost
            .iter()
            .map(|one| (one.item.as_str(), one.requirements.join(" "), one.points, one.regained))
            .collect();
        let expected = [
            ("V-1", "3.1.1 3.1.3", 6, 5),
            ("V-3", "3.13.11", 3, 3),
            ("V-5", "3.1.4", 1, 1),
            ("V-2", "3.1.3", 1, 0),
        ];
        assert_eq!(told, expected.map(|(id, names, a, b)| (id, names.to_owned(), a, b)));
    }

    #[test]
    fn days_count_to_the_end_of_the_conditional_status() {
        let fields = "profile: cmmc-l2\nconditional_status: 2026-06-01\n";
        for (today, days) in [("2026-06-01", 180), ("2026-11-28", 0), ("2026-11-29", -1)] {
            let found = compute(fields, today).unwrap();
            assert!(!found.is_in_order(), "3.1.1 is open");
            let status = found.conditional.unwrap();
            assert_eq!((status.ends, status.days, status.open), (day("2026-11-28"), days, 4));
            assert_eq!(found.at_most, 110 - 1 - 5 - 3, "what was found later does not count");
        }
    }

    #[test]
    fn it_is_told_in_every_form() {
        let (store, today) = (store(&ITEMS), day("2026-11-01"));
        let settings = settings("profile: cmmc-l2\nconditional_status: 2026-06-01\n");
        let summary = Summary::compute(&store, &settings, None, today, None);
        let text = summary.text(None, false);
        let expected = "
CMMC level 2
  the score is unknown, at most 101 points: 1 open item names no requirement (V-6); a conditional status needs 88
  3.13.11 counts 3 points: encryption is employed and not FIPS-validated
  3.1.1 may not be on a POA&M, it weighs 5 points, more than 1 (V-1): no conditional status while it is open
  the conditional status of 2026-06-01 ends in 27 days, on 2026-11-28, with 4 items of its assessment open

CMMC points by item
  Item  Points  Closing regains  Requirements  Owner       Weakness
  V-1        6                5  3.1.1 3.1.3   Jane        Weakness V-1
  V-3        3                3  3.13.11       (no owner)  Weakness V-3
  V-2        1                0  3.1.3         (no owner)  Weakness V-2

";
        assert!(text.contains(expected), "{text}");
        assert!(summary.markdown().contains("| V-1 | 6 | 5 | 3.1.1 3.1.3 | Jane |"));
        let json: serde_json::Value = serde_json::from_str(&summary.json()).unwrap();
        assert_eq!(json["cmmc"]["score"], serde_json::Value::Null);
        assert_eq!(json["cmmc"]["at_most"], 101);
        assert_eq!(json["cmmc"]["untold"], serde_json::json!(["V-6"]));
        assert_eq!(json["cmmc"]["conditional"]["days"], 27);
    }

    #[test]
    fn nothing_is_promised_that_does_not_hold() {
        let verdict = |items: &[(&str, &str)]| {
            let (store, settings) = (store(items), settings("profile: cmmc-l2\n"));
            let rows = rows(&store, &settings, "2026-06-05");
            let found = Cmmc::compute(&rows, &settings, day("2026-06-05")).unwrap();
            (found.lines()[0].clone(), found.enough, found.is_in_order())
        };
        for (items, line, enough) in [
            (&[][..], "110 of 110 points: enough for a conditional status, which needs 88", true),
            (
                &[("V-1", "mappings: {cmmc: [AC.L2-3.1.3]}\n")],
                "109 of 110 points: enough for a conditional status, which needs 88",
                true,
            ),
            (
                &[("V-1", "mappings: {nist-800-171: [3.13.11]}\npartly_met: [3.13.11]\n")],
                "107 of 110 points: enough for a conditional status, which needs 88",
                true,
            ),
            (
                &[("V-1", "mappings: {nist-800-171: [3.13.11]}\n")],
                "105 of 110 points, and no conditional status",
                false,
            ),
            (
                &[("V-1", "mappings: {nist-800-171: [3.5.3]}\n")],
                "105 of 110 points, and no conditional status",
                false,
            ),
            (
                &[("V-1", "mappings: {cmmc: [CA.L2-3.12.4]}\n")],
                "no score: without a system security plan (3.12.4) an assessment cannot be completed",
                false,
            ),
            (
                &[("V-1", ""), ("V-2", "")],
                "the score is unknown, at most 110 points: 2 open items name no requirement (V-1, V-2); a conditional status needs 88",
                false,
            ),
        ] {
            assert_eq!(verdict(items), (line.to_owned(), enough, enough));
        }
    }
}
