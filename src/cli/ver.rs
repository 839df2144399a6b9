//! `poam ver`: records the evaluation of a vulnerability.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use super::how::{ChangeArgs, ChangeContext, ItemSelector, parse_reason, parse_text};
use super::{CommandOutcome, Session};
use crate::change::{ChangeOptions, Evaluation};
use crate::day::TypedDay;
use crate::model::{DayOrInstant, Mitigation, words};

/// Record the evaluation of a vulnerability: its N-rating with rationale, who and when (FedRAMP VER)
///
/// A new rating is a new evaluation: it sets the day of the evaluation to today and the person to you, unless
/// others are given. A lower rating is a reduction: reports list it with the day of its commit. The 192 days of
/// VER-TFR-MAV go on from the first evaluation. What is not given stays as it is.
#[derive(Debug, Args)]
pub(super) struct VerArgs {
    /// Ids of the items; one commit for all of them
    #[arg(value_name = "ID", value_parser = parse_text)]
    ids: Vec<String>,
    #[command(flatten)]
    meant: ItemSelector,
    /// Likely potential agency impact, 0 (extremely unlikely) to 5
    #[arg(long, value_name = "N", value_parser = n_rating)]
    rating: Option<u8>,
    /// Reason for the rating and for the answers about exposure
    #[arg(long, value_name = "TEXT", value_parser = parse_reason)]
    rationale: Option<String>,
    /// Evaluator, if not you as git knows you
    #[arg(long, value_name = "NAME", value_parser = parse_text)]
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
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
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
    /// Progress of mitigation while the weakness is still detected
    #[arg(long, value_name = "HOW")]
    mitigation: Option<MitigationArg>,
    /// Reason why FedRAMP's time frames were not, or will not be, met
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
    overdue_explanation: Option<String>,
    /// The incident as which it is treated, or why it is not treated as one
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
    incident: Option<String>,
    /// Reason; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT", value_parser = parse_reason)]
    reason: Option<String>,
    #[command(flatten)]
    how: ChangeArgs,
}

/// Progress of the mitigation.
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
    match words::find_answer(text) {
        Some(words::Answer::Yes) => Ok(true),
        Some(words::Answer::No) => Ok(false),
        Some(words::Answer::Pending) | None => Err("write yes or no".to_owned()),
    }
}

impl VerArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let mut bench = ChangeContext::open(session)?;
        let items = bench.find_meant(session, &self.ids, &self.meant)?;
        let ask = self.how.ask_mode();
        let when = |text: &Option<String>| {
            text.as_deref().map(|text| parse_when(session, text)).transpose()
        };
        let evaluates = self.rating.is_some() || self.evaluated.is_some();
        let author = match evaluates && self.by.is_none() {
            true => Some(self.how.author_name(&bench.repository)?),
            false => None,
        };
        let rates_anew = |rating| {
            items
                .iter()
                .any(|stored| stored.item.ver.as_ref().and_then(|ver| ver.rating) != Some(rating))
        };
        let rationale = match self.rating {
            Some(rating) if self.rationale.is_none() && rates_anew(rating) && ask.is_possible() => {
                Some(ask.ask_text(None, "--rationale", "why this rating?")?)
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
            evaluated_by: self.by,
            author,
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
        let wish = ChangeOptions { reason: self.reason };
        let changes = self.how.plan_each(session, &items, |stored| {
            Ok(evaluation.plan_change(stored, &wish, session.today)?)
        })?;
        self.how.carry_out(session, &bench, &changes)
    }
}

/// An instant as it is written in items, or a day as people type it.
fn parse_when(session: &Session, text: &str) -> Result<DayOrInstant> {
    if let Ok(at) = text.parse::<DayOrInstant>() {
        return Ok(at);
    }
    if text.contains('T') && text.contains(':') {
        bail!("`{text}`: write an instant as YYYY-MM-DDThh:mm:ssZ");
    }
    match text.parse::<TypedDay>() {
        Ok(day) => Ok(DayOrInstant::Day(day.resolve_on(session.today))),
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
