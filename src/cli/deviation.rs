use anyhow::Result;
use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};

use super::how::{Bench, How};
use super::{Outcome, Session};
use crate::change::{Note, Wish};
use crate::model::{DeviationState, DeviationType, RiskRating};

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
        /// Id of the item
        id: String,
        /// Which deviation
        kind: Kind,
        /// Why: mitigating factors, compensating controls, evidence
        #[arg(long, value_name = "TEXT")]
        rationale: String,
        /// Number of the deviation request
        #[arg(long, value_name = "NUMBER")]
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
    },
    /// Record that it was denied or withdrawn
    Deny {
        #[command(flatten)]
        decision: Decision,
    },
}

#[derive(Debug, Args)]
struct Decision {
    /// Id of the item
    id: String,
    /// Which deviation
    kind: Kind,
    /// Who decided
    #[arg(long, value_name = "NAME")]
    approver: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// When, if not today
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<NaiveDate>,
    /// Why; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    RiskAdjustment,
    FalsePositive,
    OperationalRequirement,
}

impl From<Kind> for DeviationType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::RiskAdjustment => Self::RiskAdjustment,
            Kind::FalsePositive => Self::FalsePositive,
            Kind::OperationalRequirement => Self::OperationalRequirement,
        }
    }
}

impl Deviation {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let decide = |decision: Decision, state| {
            let note =
                Note::Decide { kind: decision.kind.into(), state, approver: decision.approver };
            (decision.id, note, decision.common)
        };
        let (id, note, common) = match self.what {
            What::Request { id, kind, rationale, request, rating, common } => (
                id,
                Note::Request { kind: kind.into(), rationale, number: request, rating },
                common,
            ),
            What::Approve { decision } => decide(decision, DeviationState::Approved),
            What::Deny { decision } => decide(decision, DeviationState::Denied),
        };
        let mut bench = Bench::of(session)?;
        let stored = bench.item(&id)?;
        let date = common.date.unwrap_or(session.today);
        let change = note.plan(&stored, &Wish { reason: common.reason }, date, session.today)?;
        common.how.carry_out(session, &bench, &[change])
    }
}
