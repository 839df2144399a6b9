use anyhow::{Error, Result, anyhow, bail};
use clap::{Args, Subcommand};

use super::ask::Ask;
use super::how::{Bench, How, Where, said};
use super::{Outcome, Session};
use crate::change::{Note, Wish};
use crate::day::TypedDay;
use crate::model::{Decision as Decided, DeviationState, DeviationType, RiskRating, words};
use crate::nearest::nearest;
use crate::output::visible;
use crate::store::Stored;

/// Request a deviation, or record the decision on it
#[derive(Debug, Args)]
pub(super) struct Deviation {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Ask for a deviation; it is pending until it is decided
    Request {
        /// Ids of the items, then which deviation: risk-adjustment, false-positive or
        /// operational-requirement
        #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "KIND"], value_parser = said)]
        words: Vec<String>,
        /// Why: mitigating factors, compensating controls, evidence
        #[arg(long, value_name = "TEXT", value_parser = said)]
        rationale: Option<String>,
        /// Number of the deviation request
        #[arg(long, value_name = "NUMBER", value_parser = said)]
        request: Option<String>,
        /// The rating asked for, of a risk adjustment
        #[arg(long, value_name = "RATING")]
        rating: Option<RiskRating>,
        #[command(flatten)]
        common: Common,
    },
    /// Record that the authorizing official approved it
    Approve {
        #[command(flatten)]
        decision: Decision,
        /// The scheduled completion date that follows from an adjusted rating
        #[arg(long, value_name = "YYYY-MM-DD")]
        scheduled: Option<TypedDay>,
    },
    /// Record that it was denied or withdrawn
    Deny {
        #[command(flatten)]
        decision: Decision,
    },
}

#[derive(Debug, Args)]
struct Decision {
    /// Ids of the items, then which deviation: risk-adjustment, false-positive or
    /// operational-requirement
    #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "KIND"], value_parser = said)]
    words: Vec<String>,
    /// Who decided
    #[arg(long, value_name = "NAME", value_parser = said)]
    approver: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    #[command(flatten)]
    meant: Where,
    /// When, if not today
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<TypedDay>,
    /// Why; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT", value_parser = said)]
    reason: Option<String>,
    #[command(flatten)]
    how: How,
}

impl Deviation {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let (words, common) = match &self.what {
            What::Request { words, common, .. } => (words, common),
            What::Approve { decision, .. } | What::Deny { decision } => {
                (&decision.words, &decision.common)
            }
        };
        let (words, ask) = (words.clone(), common.how.ask());
        let mut bench = Bench::of(session)?;
        let words = bench.split(words, &common.meant, Some("deviation"), kind_of)?;
        // Nobody is asked for what then has no item.
        let found = bench.meant(session, &words.ids, &common.meant)?;
        let decides = !matches!(self.what, What::Request { .. });
        let kind = match words.last {
            Some(kind) => kind,
            None => only_kind(&found, decides, ask)?,
        };
        let decide = |decision: Decision, state| {
            let approver = ask.text(decision.approver, "--approver", "who decided")?;
            anyhow::Ok((Note::Decide { kind, state, approver }, decision.common))
        };
        let mut scheduled = None;
        let (note, common) = match self.what {
            What::Request { rationale, request, rating, common, .. } => {
                let rationale = ask.text(rationale, "--rationale", "why")?;
                (Note::Request { kind, rationale, number: request, rating }, common)
            }
            What::Approve { decision, scheduled: day } => {
                scheduled = day.map(|day| day.on(session.today));
                decide(decision, DeviationState::Approved)?
            }
            What::Deny { decision } => decide(decision, DeviationState::Denied)?,
        };
        let date = session.day_or_today(common.date);
        let wish = Wish { reason: common.reason };
        let mut changes = Vec::new();
        for stored in &found {
            let change = note.plan(stored, &wish, date, session.today)?;
            changes.push(match scheduled {
                Some(day) => change.with_schedule(day)?,
                None => change,
            });
        }
        let outcome = common.how.carry_out(session, &bench, &changes).map_err(ask_schedule)?;
        if common.how.writes() {
            let ids: Vec<&str> = found.iter().map(|stored| stored.item.id.as_str()).collect();
            if let Some(next) = next(&note, &ids.join(" ")) {
                session.say(format_args!("next: {}", visible(&next)));
            }
        }
        Ok(outcome)
    }
}

/// Names the option for the schedule where what was recorded leaves the old one beyond the deadline.
pub(super) fn ask_schedule(error: Error) -> Error {
    let text = error.to_string();
    match text.contains("[schedule-beyond-deadline]") {
        true => anyhow!(
            "{text}\n  give the date that follows from it in the same commit: --scheduled YYYY-MM-DD"
        ),
        false => error,
    }
}

/// The command that follows, for these items.
fn next(note: &Note, ids: &str) -> Option<String> {
    match note {
        Note::Request { kind, .. } => {
            let decided = "once it is decided (`deny` where it was not approved)";
            Some(format!("poam deviation approve {ids} {kind} --approver NAME, {decided}"))
        }
        Note::Decide { kind, state, .. } => match (kind, state) {
            (DeviationType::FalsePositive, DeviationState::Approved) => {
                Some(format!("poam transition {ids} closed"))
            }
            (DeviationType::OperationalRequirement, DeviationState::Approved) => Some(format!(
                "poam review {ids} --note TEXT at every review: the weakness stays and is looked at again"
            )),
            _ => Some(format!("poam show {} shows when it is due now", ids.split(' ').next()?)),
        },
        _ => None,
    }
}

/// The deviation that can only be meant where none is named: the one that is pending, for a decision.
/// Else it is asked for.
fn only_kind(items: &[Stored], decides: bool, ask: Ask) -> Result<DeviationType> {
    let pending = |stored: &Stored| -> Vec<DeviationType> {
        let all = DeviationType::ALL.into_iter();
        all.filter(|kind| stored.item.decision(*kind) == Decided::Pending).collect()
    };
    let (question, kinds) = match items {
        [stored] if decides => match pending(stored).as_slice() {
            [only] => return Ok(*only),
            [] => bail!(
                "no deviation of {} is pending; `deviation request` asks for one",
                stored.item.id
            ),
            several => (format!("which deviation of {}?", stored.item.id), several.to_vec()),
        },
        [stored] => {
            (format!("which deviation of {}?", stored.item.id), DeviationType::ALL.to_vec())
        }
        _ => ("which deviation?".to_owned(), DeviationType::ALL.to_vec()),
    };
    let names: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    ask.choice(&question, &names, kind_of)
}

/// The deviation that a word means: its name, `FP`, `RA`, `OR`.
fn kind_of(word: &str) -> Result<DeviationType> {
    words::deviation(word).ok_or_else(|| {
        let names = DeviationType::ALL.map(DeviationType::as_str);
        let all = format!("{} (or RA, FP, OR)", names.join(", "));
        let help = match (words::comparable(word).as_str(), nearest(word, names)) {
            ("vd" | "vendor-dependency", _) => {
                "a vendor dependency is no deviation: record it under `vendor_dependency:`"
                    .to_owned()
            }
            (_, Some(near)) => format!("did you mean `{near}`? Known are {all}"),
            (_, None) => format!("known are {all}"),
        };
        anyhow::anyhow!("unknown deviation `{}`: {help}", visible(word))
    })
}
