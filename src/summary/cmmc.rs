use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::{Row, attention};
use crate::model::{ItemId, Requirement, Score};
use crate::output::plural;
use crate::settings::{ProfileName, Settings};

/// Where a tracker of CMMC level 2 stands: the score that its open items leave, and how long the
/// conditional status lasts (32 CFR 170.21).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cmmc {
    /// 110 less the points of the requirements that open items of the assessment are mapped to.
    pub score: i64,
    /// The score with every requirement met.
    pub full: i64,
    /// The least score for a conditional status.
    pub needed: i64,
    /// Whether it is enough.
    pub enough: bool,
    /// The open items that cost points, those whose closing regains most first.
    pub lost: Vec<Lost>,
    /// The conditional status, once the settings have its day.
    pub conditional: Option<Conditional>,
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
    /// Their points. A requirement that several items name stands with each of them, and counts
    /// once in the score.
    pub points: u32,
    /// What the score regains when this item alone is closed.
    pub regained: u32,
}

/// How long a conditional status lasts.
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
    pub(super) fn of(rows: &[Row<'_>], settings: &Settings, today: NaiveDate) -> Option<Self> {
        if settings.profile.name != ProfileName::CmmcL2 {
            return None;
        }
        let counts = |row: &&Row<'_>| {
            !row.standing.closed && settings.deadlines.is_of_assessment(&row.stored.item)
        };
        let open: Vec<&Row<'_>> = rows.iter().filter(counts).collect();
        let score = Score::of(open.iter().map(|row| &row.stored.item));
        let named: Vec<(&Row<'_>, Vec<Requirement>)> =
            open.iter().map(|row| (*row, Requirement::of_item(&row.stored.item))).collect();
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
            points: requirements.iter().map(Requirement::points_on_poam).sum(),
            regained: requirements.iter().filter(alone).map(Requirement::points_on_poam).sum(),
        });
        let mut lost: Vec<Lost> = lost.collect();
        lost.sort_by(|a, b| {
            let key = |one: &Lost| (Reverse(one.regained), Reverse(one.points));
            (key(a), &a.item).cmp(&(key(b), &b.item))
        });
        let conditional = settings.deadlines.conditional.and_then(|since| {
            let ends = since.checked_add_days(Score::CLOSEOUT)?;
            Some(Conditional { since, ends, days: (ends - today).num_days(), open: open.len() })
        });
        Some(Self {
            score: score.points,
            full: Score::FULL,
            needed: Score::CONDITIONAL,
            enough: score.is_enough(),
            lost,
            conditional,
        })
    }

    /// Whether the score is enough and no conditional status ended with items of its assessment
    /// open.
    pub(crate) fn is_in_order(&self) -> bool {
        let ended = |status: &Conditional| status.days < 0 && status.open > 0;
        self.enough && !self.conditional.as_ref().is_some_and(ended)
    }

    /// The score, and when the conditional status ends, in sentences.
    pub(crate) fn lines(&self) -> Vec<String> {
        let verdict = if self.enough { "enough" } else { "too few" };
        let mut lines = vec![format!(
            "{} of {} points: {verdict} for a conditional status, which needs {}",
            self.score, self.full, self.needed
        )];
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
        ("V-3", "mappings: {cmmc: [SC.L2-3.13.11]}\n"),
        ("V-4", "mappings: {cmmc: [AC.L2-3.1.2]}\nstatus: closed\n"),
        ("V-5", "mappings: {cmmc: [AC.L2-3.1.4]}\noriginal_detection_date: 2026-06-02\n"),
        ("V-6", ""),
    ];

    fn of(fields: &str, today: &str) -> Option<Cmmc> {
        let (store, settings) = (store(&ITEMS), settings(fields));
        Cmmc::of(&rows(&store, &settings, today), &settings, day(today))
    }

    #[test]
    fn points_are_lost_once_and_regained_by_the_last_item() {
        assert_eq!(of("profile: generic\n", "2026-06-05"), None);
        let found = of("profile: cmmc-l2\n", "2026-06-05").unwrap();
        // 3.1.3 and 3.1.4 cost one point each, 3.1.1 five, encryption three.
        assert_eq!(
            (found.score, found.enough, found.conditional),
            (110 - 1 - 1 - 5 - 3, true, None)
        );
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
            let found = of(fields, today).unwrap();
            assert_eq!(found.is_in_order(), days >= 0);
            let status = found.conditional.unwrap();
            assert_eq!((status.ends, status.days, status.open), (day("2026-11-28"), days, 4));
            assert_eq!(found.score, 110 - 1 - 5 - 3, "what was found later does not count");
        }
    }

    #[test]
    fn it_is_told_in_every_form() {
        let (store, today) = (store(&ITEMS), day("2026-11-01"));
        let settings = settings("profile: cmmc-l2\nconditional_status: 2026-06-01\n");
        let summary = Summary::of(&store, &settings, None, today, None);
        let text = summary.text(false);
        let expected = "
CMMC level 2
  101 of 110 points: enough for a conditional status, which needs 88
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
        assert_eq!(json["cmmc"]["score"], 101);
        assert_eq!(json["cmmc"]["conditional"]["days"], 27);
    }
}
