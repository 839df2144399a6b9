use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use super::how::{Bench, How, Where, said};
use super::{Outcome, Session};
use crate::change::{Evaluation, Wish};
use crate::day::TypedDay;
use crate::model::{DayOrInstant, Mitigation, words};

/// Record the evaluation of a vulnerability: its N-rating with rationale, who and when (FedRAMP VER)
///
/// A first rating sets the day of the evaluation to today and the person to you, unless others are given.
/// A lower rating later is a reduction: reports list it with the day of its commit. What is not given stays
/// as it is.
#[derive(Debug, Args)]
pub(super) struct Ver {
    /// Ids of the items; one commit for all of them
    #[arg(value_name = "ID", value_parser = said)]
    ids: Vec<String>,
    #[command(flatten)]
    meant: Where,
    /// Likely potential agency impact, 0 (extremely unlikely) to 5
    #[arg(long, value_name = "N", value_parser = n_rating)]
    rating: Option<u8>,
    /// Why the rating and the answers about exposure are what they are
    #[arg(long, value_name = "TEXT", value_parser = said)]
    rationale: Option<String>,
    /// Who evaluated, if not you as git knows you
    #[arg(long, value_name = "NAME", value_parser = said)]
    by: Option<String>,
    /// When the evaluation was completed: a day, or an instant such as 2026-01-15T09:30:00Z
    #[arg(long, value_name = "WHEN")]
    evaluated: Option<String>,
    /// The instant of detection, which time frames in hours need
    #[arg(long, value_name = "WHEN")]
    detected: Option<String>,
    /// Whether it can be reached from the internet
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    reachable: Option<bool>,
    /// Whether it is likely to be exploited
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    exploitable: Option<bool>,
    /// Whether exploitation can be automated; it is assumed to be without evidence
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    automatable: Option<bool>,
    /// The evidence that exploitation cannot be automated
    #[arg(long, value_name = "TEXT", value_parser = said)]
    automatable_evidence: Option<String>,
    /// When the next reduction of the rating is expected
    #[arg(long, value_name = "WHEN", requires = "next_rating")]
    next_reduction: Option<String>,
    /// To which rating the next reduction leads
    #[arg(long, value_name = "N", value_parser = n_rating, requires = "next_reduction")]
    next_rating: Option<u8>,
    /// Remove the next planned reduction
    #[arg(long, conflicts_with_all = ["next_reduction", "next_rating"])]
    no_next_reduction: bool,
    /// How far mitigation has come while the weakness is still detected
    #[arg(long, value_name = "HOW")]
    mitigation: Option<MitigationArg>,
    /// Why FedRAMP's time frames were not, or will not be, kept
    #[arg(long, value_name = "TEXT", value_parser = said)]
    overdue_explanation: Option<String>,
    /// The incident as which it is treated, or why it is not treated as one
    #[arg(long, value_name = "TEXT", value_parser = said)]
    incident: Option<String>,
    /// Why; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT", value_parser = said)]
    reason: Option<String>,
    #[command(flatten)]
    how: How,
}

/// How far mitigation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MitigationArg {
    /// Likelihood or impact is reduced, risk remains
    Partial,
    /// The risk is reduced until it is negligible
    Full,
}

impl From<MitigationArg> for Mitigation {
    fn from(word: MitigationArg) -> Self {
        match word {
            MitigationArg::Partial => Self::Partial,
            MitigationArg::Full => Self::Full,
        }
    }
}

/// A rating: 0 to 5, also with an N before it.
fn n_rating(text: &str) -> Result<u8, String> {
    let number = text.trim().trim_start_matches(['N', 'n']);
    match number.parse::<u8>() {
        Ok(rating) if rating <= 5 => Ok(rating),
        _ => Err("write 0 to 5, or N0 to N5".to_owned()),
    }
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match words::answer(text) {
        Some(words::Answer::Yes) => Ok(true),
        Some(words::Answer::No) => Ok(false),
        Some(words::Answer::Pending) | None => Err("write yes or no".to_owned()),
    }
}

impl Ver {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let mut bench = Bench::of(session)?;
        let items = bench.meant(session, &self.ids, &self.meant)?;
        let ask = self.how.ask();
        let when =
            |text: &Option<String>| text.as_deref().map(|text| when(session, text)).transpose();
        let evaluates = self.rating.is_some() || self.evaluated.is_some();
        let evaluated_by = match self.by {
            Some(name) => Some(name),
            None if evaluates => Some(self.how.author_name(&bench.repository)?),
            None => None,
        };
        let rates_anew = |rating| {
            items
                .iter()
                .any(|stored| stored.item.ver.as_ref().and_then(|ver| ver.rating) != Some(rating))
        };
        let rationale = match self.rating {
            Some(rating) if self.rationale.is_none() && rates_anew(rating) && ask.is_possible() => {
                Some(ask.text(None, "--rationale", "why this rating?")?)
            }
            _ => self.rationale,
        };
        let next_reduction = match (when(&self.next_reduction)?, self.next_rating) {
            (Some(due), Some(rating)) => Some((due, rating)),
            _ => None,
        };
        let evaluation = Evaluation {
            detected: when(&self.detected)?,
            evaluated: when(&self.evaluated)?,
            evaluated_by,
            rating: self.rating,
            rationale,
            reachable: self.reachable,
            exploitable: self.exploitable,
            automatable: self.automatable,
            automatable_evidence: self.automatable_evidence,
            next_reduction,
            without_next_reduction: self.no_next_reduction,
            mitigation: self.mitigation.map(Mitigation::from),
            overdue_explanation: self.overdue_explanation,
            incident: self.incident,
        };
        let wish = Wish { reason: self.reason };
        let mut changes = Vec::new();
        for stored in &items {
            changes.push(evaluation.plan(stored, &wish, session.today)?);
        }
        self.how.carry_out(session, &bench, &changes)
    }
}

/// An instant as it is written in items, or a day as people type it.
fn when(session: &Session, text: &str) -> Result<DayOrInstant> {
    if let Ok(at) = text.parse::<DayOrInstant>() {
        return Ok(at);
    }
    if text.contains('T') && text.contains(':') {
        bail!("`{text}`: write an instant as YYYY-MM-DDThh:mm:ssZ");
    }
    match text.parse::<TypedDay>() {
        Ok(day) => Ok(DayOrInstant::Day(day.on(session.today))),
        Err(error) => bail!("`{text}`: {error}; an instant is written as YYYY-MM-DDThh:mm:ssZ"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_are_numbers_with_or_without_their_letter() {
        for (text, expected) in [
            ("0", Some(0)),
            ("N5", Some(5)),
            ("n3", Some(3)),
            ("6", None),
            ("", None),
            ("high", None),
        ] {
            assert_eq!(n_rating(text).ok(), expected, "{text}");
        }
    }
}
