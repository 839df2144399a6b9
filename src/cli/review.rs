//! `poam review`: records that somebody looked at items.

use anyhow::{Result, bail};
use chrono::Days;
use clap::{Args, Subcommand};

use super::how::{ChangeArgs, ChangeContext, ItemSelector, parse_text};
use super::{CommandOutcome, Session, build_command};
use crate::change::{ChangeOptions, ItemRecord, ReviewDay, ReviewStep};
use crate::day::{TypedDay, future_day, past_day};
use crate::model::ReviewState;
use crate::nearest::nearest;
use crate::store::Stored;
use crate::text::visible;

/// Record that items were reviewed, or take a step of a review
///
/// `poam review ID` records a review, even if nothing changed. A review that somebody asks for has
/// steps: it is requested, the owner brings the item up to date and submits it, the reviewer returns
/// it for changes or completes it. `poam todo` shows who has to act.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct ReviewArgs {
    #[command(subcommand)]
    step: Option<ReviewCommand>,
    #[command(flatten)]
    items: ReviewedItems,
    /// Reviewer, if not you as git knows you
    #[arg(long, value_name = "NAME", value_parser = parse_text)]
    by: Option<String>,
    /// The result
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
    note: Option<String>,
    /// The day of the review, if not today
    #[arg(long, value_name = "DATE", value_parser = past_day)]
    date: Option<TypedDay>,
    #[command(flatten)]
    how: ChangeArgs,
}

#[derive(Debug, Subcommand)]
enum ReviewCommand {
    /// Ask the owners of items to bring them up to date and submit them
    Request {
        #[command(flatten)]
        items: ReviewedItems,
        /// The reviewer, if not you as git knows you
        #[arg(long, value_name = "NAME", value_parser = parse_text)]
        by: Option<String>,
        /// The day by which the owner submits it [default: review.answer_within of poam.yaml, or 14
        /// days from today]
        #[arg(long, value_name = "DATE", value_parser = future_day)]
        due: Option<TypedDay>,
        /// Request to the reviewer
        #[arg(long, short = 'm', value_name = "TEXT", value_parser = parse_text)]
        note: Option<String>,
        #[command(flatten)]
        how: ChangeArgs,
    },
    /// Hand items that are up to date to their reviewer
    Submit {
        #[command(flatten)]
        items: ReviewedItems,
        /// The reviewer, where nobody asked for the review [default: review.reviewer of poam.yaml]
        #[arg(long, value_name = "NAME", value_parser = parse_text)]
        reviewer: Option<String>,
        /// Information for the reviewer
        #[arg(long, short = 'm', value_name = "TEXT", value_parser = parse_text)]
        note: Option<String>,
        #[command(flatten)]
        how: ChangeArgs,
    },
    /// Give submitted items back to their owners for changes
    Return {
        #[command(flatten)]
        items: ReviewedItems,
        /// The changes that are asked for
        #[arg(long, short = 'm', value_name = "TEXT", value_parser = parse_text)]
        note: Option<String>,
        /// The day by which the owner submits it again
        #[arg(long, value_name = "DATE", value_parser = future_day)]
        due: Option<TypedDay>,
        /// The reviewer, if not you as git knows you
        #[arg(long, value_name = "NAME", value_parser = parse_text)]
        by: Option<String>,
        #[command(flatten)]
        how: ChangeArgs,
    },
    /// Record the review and end it
    Complete {
        #[command(flatten)]
        items: ReviewedItems,
        /// The result
        #[arg(long, short = 'm', value_name = "TEXT", value_parser = parse_text)]
        note: Option<String>,
        /// The reviewer, if not you as git knows you
        #[arg(long, value_name = "NAME", value_parser = parse_text)]
        by: Option<String>,
        #[command(flatten)]
        how: ChangeArgs,
    },
}

#[derive(Debug, Args)]
struct ReviewedItems {
    /// Ids of the items; one commit for all of them
    #[arg(value_name = "ID", value_parser = parse_text)]
    ids: Vec<String>,
    #[command(flatten)]
    meant: ItemSelector,
}

impl ReviewArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let bench = ChangeContext::open(session)?;
        match self.step {
            Some(step) => step.run(session, bench),
            None => self.record_review(session, bench),
        }
    }

    fn record_review(
        self,
        session: &mut Session,
        mut bench: ChangeContext,
    ) -> Result<CommandOutcome> {
        refuse_step_name(&bench, &self.items.ids)?;
        let by = match self.by {
            Some(name) => name,
            None => self.how.author_name(&bench.repository)?,
        };
        let (note, wish) = (ItemRecord::Review { by, note: self.note }, ChangeOptions::default());
        let date = session.day_or_today(self.date);
        let found = bench.find_meant(session, &self.items.ids, &self.items.meant)?;
        let changes = self.how.plan_each(session, &found, |stored| {
            if let Some(review) = &stored.item.review {
                let id = &stored.item.id;
                let submit = match review.state {
                    ReviewState::Submitted => String::new(),
                    _ => format!("`poam review submit {id}` hands it to {}, ", visible(&review.by)),
                };
                bail!(
                    "{id}: a review is under way ({}): {submit}`poam review complete {id}` ends it",
                    review.state
                );
            }
            Ok(note.plan_change(stored, &wish, date, session.today)?)
        })?;
        self.how.carry_out(session, &bench, &changes)
    }
}

/// States which step was meant where the first word is neither an item nor a step.
fn refuse_step_name(bench: &ChangeContext, ids: &[String]) -> Result<()> {
    let Some(first) = ids.first().filter(|first| !bench.is_item(first)) else { return Ok(()) };
    let cli = build_command();
    let review = cli.find_subcommand("review");
    let steps = review.into_iter().flat_map(|it| it.get_subcommands()).map(clap::Command::get_name);
    match nearest(first, steps) {
        Some(step) => {
            bail!("no item has the id `{}`: did you mean `poam review {step}`?", visible(first))
        }
        None => Ok(()),
    }
}

impl ReviewCommand {
    fn run(self, session: &mut Session, mut bench: ChangeContext) -> Result<CommandOutcome> {
        let settings = bench.tracker.settings.review.clone();
        let today = session.today;
        let answer = Days::new(u64::from(settings.answer_days()));
        let due = |typed: Option<TypedDay>| {
            typed.map_or_else(
                || today.checked_add_days(answer).unwrap_or(today),
                |day| day.resolve_on(today),
            )
        };
        let who = |by: Option<String>, how: &ChangeArgs, bench: &ChangeContext| match by {
            Some(name) => Ok(name),
            None => how.author_name(&bench.repository),
        };
        let (items, how, step) = match self {
            Self::Request { items, by, due: typed, note, how } => {
                let by = who(by, &how, &bench)?;
                (items, how, ReviewStep::Request { by, due: due(typed), note })
            }
            Self::Submit { items, reviewer, note, how } => {
                let reviewer = reviewer.or(settings.reviewer);
                (items, how, ReviewStep::Submit { reviewer, due: due(None), note })
            }
            Self::Return { items, note, due: typed, by, how } => {
                let by = who(by, &how, &bench)?;
                let note =
                    how.ask_mode().ask_text(note, "--note", "which changes are asked for?")?;
                (items, how, ReviewStep::Return { by, due: due(typed), note })
            }
            Self::Complete { items, note, by, how } => {
                let by = who(by, &how, &bench)?;
                (items, how, ReviewStep::Complete { by, note })
            }
        };
        let found = bench.find_meant(session, &items.ids, &items.meant)?;
        let workflow = &bench.tracker.settings.workflow;
        let changes = how.plan_each(session, &found, |stored| {
            let closed = workflow.is_closed(&stored.item.status);
            let on = ReviewDay { date: today, today, closed };
            let change = step.plan_change(stored, &ChangeOptions::default(), on)?;
            warn_of_own(session, stored, &step);
            Ok(change)
        })?;
        how.carry_out(session, &bench, &changes)
    }
}

/// Warns where the owner of an item completes its review.
fn warn_of_own(session: &Session, stored: &Stored, step: &ReviewStep) {
    let ReviewStep::Complete { by, .. } = step else { return };
    let owner = stored.item.point_of_contact.as_ref();
    if owner.is_some_and(|owner| owner.name.trim().eq_ignore_ascii_case(by.trim())) {
        session.say(format_args!(
            "warning: {} reviews the own item {}: somebody else should",
            visible(by),
            stored.item.id
        ));
    }
}
