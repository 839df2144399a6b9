//! Tables that FedRAMP makes of a POA&M every month: open weaknesses by rating, month and age.

use chrono::NaiveDate;
use indexmap::IndexMap;
use serde::Serialize;

use super::aging::age_bin;
use super::past::TrendMonth;
use super::rated::{Rated, Seen};
use super::{BINS, Row};
use crate::model::Kind;

/// The tables that FedRAMP makes of a POA&M every month (Vulnerability Scanning and ConMon guide,
/// appendix D, figure 2). Only open items of kind `weakness` count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Monthly {
    /// The months of the columns below; the last one is the current one, up to the day.
    pub months: Vec<String>,
    /// Open items by rating, a number for each month. Null where its events do not
    /// show whether an item was open then.
    pub open: Vec<OpenRow>,
    /// All of them.
    pub total: Vec<Option<usize>>,
    /// Open configuration findings, which are in none of these numbers: the one CM-6 item
    /// represents them.
    pub configuration_findings: Vec<Option<usize>>,
    /// Open documentation findings, which are in none of these numbers: they have a sheet of their
    /// own.
    pub documentation_findings: Vec<Option<usize>>,
    /// Of these, with a false positive that waits for a decision.
    pub false_positives_pending: Vec<Option<usize>>,
    /// Of these, with an operational requirement that waits for a decision.
    pub requirements_pending: Vec<Option<usize>>,
    /// Of these, with an approved operational requirement.
    pub requirements_approved: Vec<Option<usize>>,
    /// Open items by rating and age on the day.
    pub age: Vec<AgeRow>,
    /// All that are past due.
    pub past_due: usize,
}

/// A rating over the months.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenRow {
    /// The rating.
    pub rating: Rated,
    /// A number for each month.
    pub counts: Vec<Option<usize>>,
}

/// A rating by age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgeRow {
    /// The rating.
    pub rating: Rated,
    /// Open items by days since detection, the youngest first.
    pub bins: IndexMap<&'static str, usize>,
    /// Those past their effective due date, which are not exempt.
    pub past_due: usize,
}

impl Monthly {
    pub(super) fn count(rows: &[Row<'_>], months: &[TrendMonth], today: NaiveDate) -> Self {
        let open = || {
            let weakness =
                |row: &&Row<'_>| !row.standing.closed && row.stored.item.kind == Kind::Weakness;
            rows.iter().filter(weakness)
        };
        let mut now = Seen::default();
        for row in rows.iter().filter(|row| !row.standing.closed) {
            now.add(&row.stored.item, row.standing.permanent, row.standing.risk);
        }
        // The tree knows more of today than the events do.
        let this = super::past::name(today);
        let mut columns: Vec<(String, Option<&Seen>)> = months
            .iter()
            .filter(|month| month.month != this)
            .map(|month| (month.month.clone(), month.seen.as_ref()))
            .collect();
        columns.push((this, Some(&now)));
        let ratings = Rated::rows(
            columns
                .iter()
                .filter_map(|(_, seen)| *seen)
                .flat_map(|seen| seen.rated.keys().copied()),
        );
        let each = |count: &dyn Fn(&Seen) -> usize| -> Vec<Option<usize>> {
            columns.iter().map(|(_, seen)| seen.map(count)).collect()
        };
        let row = |rating: &Rated| OpenRow {
            rating: *rating,
            counts: each(&|seen| seen.rated.get(rating).copied().unwrap_or_default()),
        };
        let age = |rating: &Rated| {
            let mut bins: IndexMap<_, _> = BINS.iter().map(|(name, _)| (*name, 0)).collect();
            let mut past_due = 0;
            for row in open()
                .filter(|row| Rated::rate(row.standing.permanent, row.standing.risk) == *rating)
            {
                *bins.entry(age_bin(row.age(today))).or_default() += 1;
                past_due += usize::from(row.standing.overdue);
            }
            AgeRow { rating: *rating, bins, past_due }
        };
        Self {
            open: ratings.iter().map(row).collect(),
            total: each(&Seen::total),
            configuration_findings: each(&|seen| seen.configuration_findings),
            documentation_findings: each(&|seen| seen.documentation_findings),
            false_positives_pending: each(&|seen| seen.false_positives_pending),
            requirements_pending: each(&|seen| seen.requirements_pending),
            requirements_approved: each(&|seen| seen.requirements_approved),
            age: ratings.iter().map(age).collect(),
            past_due: open().filter(|row| row.standing.overdue).count(),
            months: columns.into_iter().map(|(name, _)| name).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, rows, settings, store};
    use super::*;

    #[test]
    fn the_tables_count_weaknesses_by_original_and_adjusted_rating() {
        let eased = "deviations: [{type: risk-adjustment, state: approved, adjusted_risk_rating: moderate}]\n";
        let store = store(&[
            ("V-1", ""),
            ("V-2", eased),
            ("V-3", "original_risk_rating: low\noriginal_detection_date: 2026-05-31\n"),
            ("V-4", "kind: configuration\n"),
            ("V-5", "status: closed\n"),
            ("V-6", "deviations: [{type: false-positive, state: pending}]\n"),
            ("V-7", "deviations: [{type: operational-requirement, state: approved}]\n"),
        ]);
        let settings = settings("");
        let today = day("2026-05-31");
        let it = Monthly::count(&rows(&store, &settings, "2026-05-31"), &[], today);
        assert_eq!(it.months, ["2026-05"]);
        let open: Vec<_> =
            it.open.iter().map(|row| (row.rating.to_string(), row.counts[0].unwrap())).collect();
        let expected = [
            ("high", 3),
            ("high/moderate", 1),
            ("high/low", 0),
            ("moderate", 0),
            ("moderate/low", 0),
            ("low", 1),
        ];
        assert_eq!(open, expected.map(|(name, count)| (name.to_owned(), count)));
        assert_eq!(it.total, [Some(5)]);
        assert_eq!(
            (it.configuration_findings, it.documentation_findings),
            (vec![Some(1)], vec![Some(0)])
        );
        assert_eq!(
            (it.false_positives_pending, it.requirements_approved),
            (vec![Some(1)], vec![Some(1)])
        );
        let age: Vec<_> = it.age.iter().map(|row| (row.bins["121+"], row.past_due)).collect();
        assert_eq!(age, [(3, 2), (1, 1), (0, 0), (0, 0), (0, 0), (0, 0)]);
        assert_eq!((it.age[5].bins["0-30"], it.past_due), (1, 3));
    }
}
