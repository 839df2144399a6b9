use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::ask::Ask;
use super::how::{Bench, How, Where, said};
use super::{Outcome, Session, transition};
use crate::change::{self, Step, StepError, Wish, all_finished};
use crate::day::TypedDay;
use crate::document::Document;
use crate::history::{Action, History};
use crate::model::{self, Status};
use crate::output::{cut, visible};
use crate::store::Stored;

/// Add, start, complete, reschedule, edit or cancel a milestone
///
/// Each changes only the lines it must and commits exactly that file.
#[derive(Debug, Args)]
pub(super) struct Milestone {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add a milestone with the next free number
    Add {
        /// Ids of the items, then what will be done, so that others can tell whether it was
        #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "DESCRIPTION"], value_parser = said)]
        words: Vec<String>,
        /// By when
        #[arg(long, value_name = "YYYY-MM-DD")]
        due: Option<TypedDay>,
        #[command(flatten)]
        common: Common,
    },
    /// Begin work on a milestone
    Start {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        common: Common,
    },
    /// Record that a milestone is done
    Complete {
        #[command(flatten)]
        which: Which,
        /// When, if not today
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<TypedDay>,
        /// What shows it; may be given several times
        #[arg(long, value_name = "REF", value_parser = said)]
        evidence: Vec<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Plan a milestone for another day; needs --reason
    Reschedule {
        #[command(flatten)]
        which: Which,
        /// The new day
        #[arg(long, value_name = "YYYY-MM-DD")]
        due: Option<TypedDay>,
        #[command(flatten)]
        common: Common,
    },
    /// Put a milestone's description right; needs --reason
    Edit {
        #[command(flatten)]
        which: Which,
        /// The new text
        #[arg(long, value_name = "TEXT", value_parser = said)]
        description: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Give a milestone up; needs --reason
    Cancel {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
struct Which {
    /// Ids of the items, then the number of the milestone; one commit for all of them
    #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "NUMBER"], value_parser = said)]
    words: Vec<String>,
}

#[derive(Debug, Args)]
struct Common {
    #[command(flatten)]
    meant: Where,
    /// Why; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT", value_parser = said)]
    reason: Option<String>,
    #[command(flatten)]
    how: How,
}

impl Milestone {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let (words, common, kind) = self.what.split();
        let ask = common.how.ask();
        let mut bench = Bench::of(session)?;
        // Nobody is asked for what then has no item.
        let (found, step) = match kind {
            Kind::Add(due) => {
                let (ids, description) = described(&bench, words, &common.meant)?;
                let found = bench.meant(session, &ids, &common.meant)?;
                let question = "what will be done? (in quotes, after the IDs)";
                let description = ask.text(description, "DESCRIPTION", question)?;
                let due = due.map(|day| day.on(session.today));
                let due = ask.day(due, session.today, "--due", "by when")?;
                (found, Step::Add { description, due })
            }
            kind => {
                let words = bench.split(words, &common.meant, None, number)?;
                let found = bench.meant(session, &words.ids, &common.meant)?;
                let number = match words.last {
                    Some(number) => number,
                    None => kind.only_number(&found, ask)?,
                };
                found.iter().try_for_each(|stored| Step::is_there(stored, number))?;
                (found, kind.step(number, session.today, ask)?)
            }
        };
        let history = match step {
            Step::Add { .. } => session.history(Some(&bench.repository), &bench.tracker)?,
            _ => None,
        };
        let mut wish = Wish { reason: common.reason };
        let mut changes = Vec::new();
        let mut finished = Vec::new();
        for stored in &found {
            let highest = history.as_ref().map_or(0, |history| highest(history, stored));
            let mut planned = step.plan(stored, &wish, highest, session.today);
            if let (Err(StepError::NoReason { .. }), true) = (&planned, ask.is_possible()) {
                wish.reason = Some(ask.text(None, "--reason", "why")?);
                planned = step.plan(stored, &wish, highest, session.today);
            }
            let change = planned?;
            let ends = matches!(step, Step::Complete { .. } | Step::Cancel(_));
            if ends && all_finished(&change) && stored.item.status == Status::IN_PROGRESS {
                finished.push(change.document.clone());
            }
            changes.push(change);
        }
        let outcome = common.how.carry_out(session, &bench, &changes)?;
        for document in finished {
            offer(session, &bench, &common.how, document)?;
        }
        Ok(outcome)
    }
}

/// Offers the move that follows when every milestone is finished: asks, or says the command.
fn offer(session: &mut Session, bench: &Bench, how: &How, document: Document) -> Result<()> {
    let Ok(stored) = Stored::of(document) else { return Ok(()) };
    let Ok(next) = Status::PENDING_VALIDATION.parse::<Status>() else { return Ok(()) };
    let id = &stored.item.id;
    let workflow = &bench.tracker.settings.workflow;
    if workflow.find_move(&stored.item.status, &next).is_none() {
        return Ok(());
    }
    session.finish()?;
    let question = format!("every milestone of {id} is finished; move it to {next}?");
    if how.commits() && how.ask().yes(&question)? {
        let mut wish = change::Transition { to: next.to_string(), ..<_>::default() };
        let change = transition::plan(&mut wish, &stored, workflow, session.today, how.ask())?;
        how.carry_out(session, bench, &[change])?;
    } else {
        session.say(format_args!("every milestone is finished; next: poam transition {id} {next}"));
    }
    Ok(())
}

/// The number of a milestone as it is typed: `2`, `#2`.
fn number(word: &str) -> Result<u32> {
    let digits = word.strip_prefix('#').unwrap_or(word);
    digits.parse().with_context(|| format!("`{}` is not the number of a milestone", visible(word)))
}

/// The ids, and the description behind them, which is one word for the shell: in quotes.
fn described(
    bench: &Bench,
    mut words: Vec<String>,
    meant: &Where,
) -> Result<(Vec<String>, Option<String>)> {
    let fewest = usize::from(!meant.is_filter());
    let first = words.iter().skip(fewest).position(|word| !bench.is_item(word));
    let Some(first) = first.map(|at| at + fewest) else { return Ok((words, None)) };
    if first + 1 < words.len() {
        let rest = words.get(first..).unwrap_or_default().join(" ");
        bail!(
            "`{}` is no item: put the description in quotes, \"{}\"",
            visible(words.get(first).map_or("", String::as_str)),
            visible(&rest)
        );
    }
    let description = words.pop();
    Ok((words, description))
}

/// A step whose milestone and values are not all known yet.
enum Kind {
    Add(Option<TypedDay>),
    Start,
    Complete(Option<TypedDay>, Vec<String>),
    Reschedule(Option<TypedDay>),
    Edit(Option<String>),
    Cancel,
}

impl Kind {
    /// The number of the milestone that can only be meant where none is given: the one that is not
    /// finished, for what is done to such a one every day. Else it is asked for.
    fn only_number(&self, items: &[Stored], ask: Ask) -> Result<u32> {
        let [stored] = items else {
            bail!("which milestone? give its number after the IDs");
        };
        let left: Vec<&model::Milestone> =
            stored.item.milestones.iter().filter(|one| !one.status.is_finished()).collect();
        if let (Self::Start | Self::Complete(..) | Self::Reschedule(_), [only]) =
            (self, left.as_slice())
        {
            return Ok(only.id);
        }
        if stored.item.milestones.is_empty() {
            bail!("{} has no milestone; `poam milestone add` adds one", stored.item.id);
        }
        let choices = stored.item.milestones.iter().map(|one| {
            format!("{} ({}: {})", one.id, one.status.as_str(), cut(&visible(&one.description)))
        });
        let choices: Vec<String> = choices.collect();
        ask.choice(
            &format!("which milestone of {}? give its number:", stored.item.id),
            &choices,
            number,
        )
    }

    /// The step, with what has to be asked for.
    fn step(self, number: u32, today: NaiveDate, ask: Ask) -> Result<Step> {
        let day = |typed: Option<TypedDay>| typed.map(|day| day.on(today));
        Ok(match self {
            Self::Add(_) => bail!("a new milestone has no number yet"),
            Self::Start => Step::Start(number),
            Self::Complete(date, evidence) => Step::Complete { number, date: day(date), evidence },
            Self::Reschedule(due) => {
                Step::Reschedule { number, due: ask.day(day(due), today, "--due", "the new day")? }
            }
            Self::Edit(description) => {
                let description = ask.text(description, "--description", "the new text")?;
                Step::Describe { number, description }
            }
            Self::Cancel => Step::Cancel(number),
        })
    }
}

impl What {
    /// The words, what all steps have, and the rest.
    fn split(self) -> (Vec<String>, Common, Kind) {
        match self {
            Self::Add { words, due, common } => (words, common, Kind::Add(due)),
            Self::Start { which, common } => (which.words, common, Kind::Start),
            Self::Complete { which, date, evidence, common } => {
                (which.words, common, Kind::Complete(date, evidence))
            }
            Self::Reschedule { which, due, common } => (which.words, common, Kind::Reschedule(due)),
            Self::Edit { which, description, common } => {
                (which.words, common, Kind::Edit(description))
            }
            Self::Cancel { which, common } => (which.words, common, Kind::Cancel),
        }
    }
}

/// The highest milestone number that an item ever used, of those that are gone.
fn highest(history: &History, stored: &Stored) -> u32 {
    let removed =
        history.events_of(&stored.item.id).filter(|event| event.action == Action::MilestoneRemoved);
    let numbers = removed.filter_map(|event| event.old.get("id")?.as_u64());
    numbers.max().and_then(|number| number.try_into().ok()).unwrap_or(0)
}
