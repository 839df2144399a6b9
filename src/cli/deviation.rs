//! `poam deviation`: requests a deviation, records questions about it and the decision on it.

use anyhow::{Error, Result, anyhow, bail};
use clap::{Args, Subcommand};

use super::ask::AskMode;
use super::how::{ChangeArgs, ChangeContext, ItemSelector, parse_reason, parse_text};
use super::{CommandOutcome, Session};
use crate::change::{ChangeOptions, ItemRecord, lacks_approval};
use crate::day::{TypedDay, future_day, past_day};
use crate::model::{Decision as Decided, DeviationState, DeviationType, RiskRating, words};
use crate::nearest::nearest;
use crate::store::Stored;
use crate::text::{few, visible};

/// Request a deviation, answer questions about it, or record the decision on it
#[derive(Debug, Args)]
pub(super) struct DeviationArgs {
    #[command(subcommand)]
    what: DeviationAction,
}

#[derive(Debug, Subcommand)]
enum DeviationAction {
    /// Ask for a deviation; it is pending until it is decided
    Request {
        /// Ids of the items, then which deviation: risk-adjustment, false-positive or
        /// operational-requirement
        #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "KIND"], value_parser = parse_text)]
        words: Vec<String>,
        /// Rationale: mitigating factors, compensating controls, evidence
        #[arg(long, value_name = "TEXT", value_parser = parse_reason)]
        rationale: Option<String>,
        /// Number of the deviation request
        #[arg(long, value_name = "NUMBER", value_parser = parse_text)]
        request: Option<String>,
        /// The rating asked for, of a risk adjustment
        #[arg(long, value_name = "RATING")]
        rating: Option<RiskRating>,
        #[command(flatten)]
        common: DeviationCommon,
    },
    /// Record that the request came back with a question
    Return {
        /// Text of the question
        #[arg(long, value_name = "TEXT", value_parser = parse_reason)]
        question: Option<String>,
        /// Person who asked
        #[arg(long, value_name = "NAME", value_parser = parse_text)]
        by: Option<String>,
        #[command(flatten)]
        words: RequestWords,
    },
    /// Answer the question and submit the request again
    Resubmit {
        /// Answer to the question
        #[arg(long, value_name = "TEXT", value_parser = parse_reason)]
        answer: Option<String>,
        #[command(flatten)]
        words: RequestWords,
    },
    /// Take a request back before it is decided
    Withdraw {
        #[command(flatten)]
        words: RequestWords,
    },
    /// Record that the authorizing official approved it
    Approve {
        #[command(flatten)]
        decision: DecisionArgs,
        /// The scheduled completion date that follows from an adjusted rating
        #[arg(long, value_name = "DATE", value_parser = future_day)]
        scheduled: Option<TypedDay>,
    },
    /// Record that it was denied
    Deny {
        #[command(flatten)]
        decision: DecisionArgs,
    },
}

#[derive(Debug, Args)]
struct RequestWords {
    /// Ids of the items, then which deviation: risk-adjustment, false-positive or
    /// operational-requirement
    #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "KIND"], value_parser = parse_text)]
    words: Vec<String>,
    #[command(flatten)]
    common: DeviationCommon,
}

#[derive(Debug, Args)]
struct DecisionArgs {
    /// Ids of the items, then which deviation: risk-adjustment, false-positive or
    /// operational-requirement
    #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "KIND"], value_parser = parse_text)]
    words: Vec<String>,
    /// Person who decided
    #[arg(long, value_name = "NAME", value_parser = parse_text)]
    approver: Option<String>,
    #[command(flatten)]
    common: DeviationCommon,
}

#[derive(Debug, Args)]
struct DeviationCommon {
    #[command(flatten)]
    meant: ItemSelector,
    /// When, if not today
    #[arg(long, value_name = "DATE", value_parser = past_day)]
    date: Option<TypedDay>,
    /// Reason; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT", value_parser = parse_reason)]
    reason: Option<String>,
    #[command(flatten)]
    how: ChangeArgs,
}

impl DeviationArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let (words, common) = match &self.what {
            DeviationAction::Request { words, common, .. } => (words, common),
            DeviationAction::Approve { decision, .. } | DeviationAction::Deny { decision } => {
                (&decision.words, &decision.common)
            }
            DeviationAction::Return { words, .. }
            | DeviationAction::Resubmit { words, .. }
            | DeviationAction::Withdraw { words } => (&words.words, &words.common),
        };
        let (words, ask) = (words.clone(), common.how.ask_mode());
        let mut bench = ChangeContext::open(session)?;
        let words = bench.split(words, &common.meant, Some("deviation"), kind_of)?;
        // Nobody is asked for what then has no item.
        let found = bench.find_meant(session, &words.ids, &common.meant)?;
        let decides = !matches!(self.what, DeviationAction::Request { .. });
        let kind = match words.last {
            Some(kind) => kind,
            None => only_kind(&found, decides, ask)?,
        };
        let named: Vec<&str> = found.iter().map(|stored| stored.item.id.as_str()).collect();
        let named = few(&named);
        let decided_by = format!("{named}: who decided on the {kind} (a person)");
        let decide = |decision: DecisionArgs, state| {
            let approver = ask.ask_text(decision.approver, "--approver", &decided_by)?;
            anyhow::Ok((ItemRecord::Decide { kind, state, approver }, decision.common))
        };
        let mut scheduled = None;
        let (note, common) = match self.what {
            DeviationAction::Request { rationale, request, rating, common, .. } => {
                let rationale = ask.ask_text(
                    rationale,
                    "--rationale",
                    &format!("{named}: why is it a {kind}"),
                )?;
                (ItemRecord::Request { kind, rationale, number: request, rating }, common)
            }
            DeviationAction::Approve { decision, scheduled: day } => {
                scheduled = day.map(|day| day.resolve_on(session.today));
                decide(decision, DeviationState::Approved)?
            }
            DeviationAction::Deny { decision } => decide(decision, DeviationState::Denied)?,
            DeviationAction::Return { words, question, by } => {
                let title = format!("{named}: the question about the {kind}");
                let question = ask.ask_text(question, "--question", &title)?;
                (ItemRecord::Return { kind, question, by }, words.common)
            }
            DeviationAction::Resubmit { words, answer } => {
                let title = format!("{named}: the answer to the question about the {kind}");
                let answer = ask.ask_text(answer, "--answer", &title)?;
                (ItemRecord::Resubmit { kind, answer }, words.common)
            }
            DeviationAction::Withdraw { words } => (ItemRecord::Withdraw { kind }, words.common),
        };
        let date = session.day_or_today(common.date);
        let wish = ChangeOptions { reason: common.reason };
        let changes = common.how.plan_each(session, &found, |stored| {
            let change = note.plan_change(stored, &wish, date, session.today)?;
            Ok(match scheduled {
                Some(day) => change.with_schedule(day)?,
                None => change,
            })
        })?;
        let outcome =
            common.how.carry_out_alone(session, &bench, &changes).map_err(ask_schedule)?;
        if common.how.is_writing() {
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
            "{text}\n  give the date that follows from it in the same commit: --scheduled DATE"
        ),
        false => error,
    }
}

/// The command that follows, for these items.
fn next(note: &ItemRecord, ids: &str) -> Option<String> {
    match note {
        ItemRecord::Return { kind, .. } => {
            Some(format!("poam deviation resubmit {ids} {kind} --answer TEXT"))
        }
        ItemRecord::Request { kind, .. } | ItemRecord::Resubmit { kind, .. } => {
            let decided = "once it is decided (`deny` where it was not approved)";
            Some(format!("poam deviation approve {ids} {kind} --approver NAME, {decided}"))
        }
        ItemRecord::Decide { kind, state, .. } => match (kind, state) {
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
fn only_kind(items: &[Stored], decides: bool, ask: AskMode) -> Result<DeviationType> {
    let (question, kinds) = match items {
        [stored] if decides => match undecided_deviations(stored).as_slice() {
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
    ask.ask_choice(&question, &names, kind_of)
}

/// The deviations that wait for a decision, or of which a document states no more than that they are approved.
fn undecided_deviations(stored: &Stored) -> Vec<DeviationType> {
    let is_undecided = |kind: &DeviationType| {
        stored.item.decision(*kind) == Decided::Pending
            || stored.item.deviation(*kind).is_some_and(lacks_approval)
    };
    DeviationType::ALL.into_iter().filter(is_undecided).collect()
}

/// The deviation that a word means: its name, `FP`, `RA`, `OR`.
fn kind_of(word: &str) -> Result<DeviationType> {
    words::find_deviation(word).ok_or_else(|| {
        let names = DeviationType::ALL.map(DeviationType::as_str);
        let all = format!("{} (or RA, FP, OR)", names.join(", "));
        let help = match (words::to_comparable(word).as_str(), nearest(word, names)) {
            ("vd" | "vendor-dependency", _) => {
                "a vendor dependency is no deviation: `poam set ID vendor=NAME product=NAME`"
                    .to_owned()
            }
            (_, Some(near)) => format!("did you mean `{near}`? Known are {all}"),
            (_, None) => format!("known are {all}"),
        };
        anyhow::anyhow!("unknown deviation `{}`: {help}", visible(word))
    })
}
