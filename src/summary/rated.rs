//! Ratings as FedRAMP's monthly tables show them, and the counts by rating of a day.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::attention::pending_deviations;
use crate::model::{Decision, DeviationType, Item, Kind, PermanentValues, RiskRating};

/// The rating of an item as FedRAMP's monthly tables have it: the original one and, after a slash,
/// what an approved adjustment made of it. Critical is shown as high, as in the workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rated {
    original: RiskRating,
    counts: RiskRating,
}

impl Rated {
    /// The rows that the tables always have, in their order.
    pub const ROWS: [Self; 6] = [
        Self::new(RiskRating::High, RiskRating::High),
        Self::new(RiskRating::High, RiskRating::Moderate),
        Self::new(RiskRating::High, RiskRating::Low),
        Self::new(RiskRating::Moderate, RiskRating::Moderate),
        Self::new(RiskRating::Moderate, RiskRating::Low),
        Self::new(RiskRating::Low, RiskRating::Low),
    ];

    const fn new(original: RiskRating, counts: RiskRating) -> Self {
        Self { original, counts }
    }

    /// Returns the row of an item whose rating that counts is `counts`.
    pub(super) fn rate(permanent: PermanentValues, counts: RiskRating) -> Self {
        Self::new(permanent.rating.in_workbook(), counts.in_workbook())
    }

    /// Returns the rows of a table: those that it always has, then others that it needs (a rating
    /// that was raised), the worst first.
    pub(super) fn rows(seen: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut others: Vec<Self> =
            seen.into_iter().filter(|rated| !Self::ROWS.contains(rated)).collect();
        others.sort();
        others.dedup();
        Self::ROWS.into_iter().chain(others).collect()
    }
}

impl Ord for Rated {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (other.original, other.counts).cmp(&(self.original, self.counts))
    }
}

impl PartialOrd for Rated {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Rated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.original == self.counts {
            write!(f, "{}", self.original)
        } else {
            write!(f, "{}/{}", self.original, self.counts)
        }
    }
}

impl Serialize for Rated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The open weaknesses of a day as FedRAMP counts them: configuration findings are behind the one
/// CM-6 item and documentation findings are on a sheet of their own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Seen {
    pub(super) rated: BTreeMap<Rated, usize>,
    pub(super) configuration_findings: usize,
    pub(super) documentation_findings: usize,
    pub(super) false_positives_pending: usize,
    pub(super) requirements_pending: usize,
    pub(super) requirements_approved: usize,
}

impl Seen {
    pub(super) fn add(&mut self, item: &Item, permanent: PermanentValues, counts: RiskRating) {
        match item.kind {
            Kind::Weakness => {}
            Kind::Configuration => {
                self.configuration_findings += 1;
                return;
            }
            Kind::Documentation => {
                self.documentation_findings += 1;
                return;
            }
        }
        *self.rated.entry(Rated::rate(permanent, counts)).or_default() += 1;
        let waits = pending_deviations(item);
        self.false_positives_pending += usize::from(waits.contains(&DeviationType::FalsePositive));
        self.requirements_pending +=
            usize::from(waits.contains(&DeviationType::OperationalRequirement));
        let requirement = item.decision(DeviationType::OperationalRequirement);
        self.requirements_approved += usize::from(requirement == Decision::Yes);
    }

    pub(super) fn total(&self) -> usize {
        self.rated.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::item;
    use super::*;
    use crate::model::Due;

    #[test]
    fn only_an_approved_adjustment_gets_a_slash() {
        let adjusted = |state: &str, to: &str| {
            format!(
                "deviations: [{{type: risk-adjustment, state: {state}, adjusted_risk_rating: {to}}}]\n"
            )
        };
        let mut seen = Seen::default();
        for (fields, row) in [
            (String::new(), "high"),
            ("original_risk_rating: critical\n".to_owned(), "high"),
            (adjusted("approved", "moderate"), "high/moderate"),
            (adjusted("pending", "moderate"), "high"),
            (adjusted("approved", "critical"), "high"),
            (adjusted("approved", "high") + "original_risk_rating: low\n", "low/high"),
        ] {
            let item = item("V-1", &fields).item;
            let permanent = PermanentValues::resolve(&item, None);
            let counts = Due::compute(&item, permanent, &crate::model::Deadlines::FEDRAMP).rating;
            assert_eq!(Rated::rate(permanent, counts).to_string(), row, "{fields}");
            seen.add(&item, permanent, counts);
        }
        assert_eq!(seen.total(), 6);
        let rows: Vec<_> =
            Rated::rows(seen.rated.keys().copied()).iter().map(ToString::to_string).collect();
        let fixed = ["high", "high/moderate", "high/low", "moderate", "moderate/low", "low"];
        assert_eq!(rows[..6], fixed);
        assert_eq!(rows[6..], ["low/high"]);
    }
}
