//! `poam milestone`: adds, starts, completes, reschedules, edits and cancels milestones.

use anyhow::{Result, bail};
use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::ask::AskMode;
use super::how::{ChangeArgs, ChangeContext, ItemSelector, parse_reason, parse_text};
use super::{CommandOutcome, Session, milestone_text, transition};
use crate::change::{
    self, Change, ChangeOptions, MilestoneChange, PlanOutcome, StepError, plan_outcome,
};
use crate::day::{TypedDay, future_day, past_day};
use crate::document::Document;
use crate::history::{Action, History};
use crate::model::{self, Status};
use crate::settings::Settings;
use crate::store::Stored;
use crate::text::{cut, visible};

/// Add, start, complete, reschedule, edit or cancel a milestone, note its progress, or assign it
///
/// Each changes only the lines it must and commits exactly that file. What completing the last
/// milestone does is `workflow.on_last_milestone` in poam.yaml.
#[derive(Debug, Args)]
pub(super) struct MilestoneArgs {
    #[command(subcommand)]
    what: MilestoneAction,
}

#[derive(Debug, Subcommand)]
enum MilestoneAction {
    /// Add a milestone with the next free number
    Add {
        /// Ids of the items, then what will be done, so that others can tell whether it was
        #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "DESCRIPTION"], value_parser = parse_text)]
        words: Vec<String>,
        /// By when; may be left out while an item is open and being planned
        #[arg(long, value_name = "DATE", value_parser = future_day)]
        due: Option<TypedDay>,
        /// Person who does it, if not the item's owner
        #[arg(long, value_name = "NAME", value_parser = parse_text)]
        owner: Option<String>,
        #[command(flatten)]
        common: MilestoneCommon,
    },
    /// Record progress or an obstacle in a milestone's log; changes no date
    Note {
        /// Ids of the items, the number of the milestone, then the entry, in quotes
        #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "NUMBER", "TEXT"], value_parser = parse_text)]
        words: Vec<String>,
        /// Author of the note, if not you as git knows you
        #[arg(long, value_name = "NAME", value_parser = parse_text)]
        by: Option<String>,
        #[command(flatten)]
        common: MilestoneCommon,
    },
    /// Give a milestone an owner of its own
    Assign {
        #[command(flatten)]
        which: MilestoneChoice,
        /// Person who does it
        #[arg(long, value_name = "NAME", value_parser = parse_text)]
        to: Option<String>,
        #[command(flatten)]
        common: MilestoneCommon,
    },
    /// Begin work on a milestone
    Start {
        #[command(flatten)]
        which: MilestoneChoice,
        #[command(flatten)]
        common: MilestoneCommon,
    },
    /// Record that a milestone is done
    Complete {
        #[command(flatten)]
        which: MilestoneChoice,
        /// When, if not today
        #[arg(long, value_name = "DATE", value_parser = past_day)]
        date: Option<TypedDay>,
        /// Evidence that it is done; may be given several times
        #[arg(long, value_name = "REF", value_parser = parse_text)]
        evidence: Vec<String>,
        #[command(flatten)]
        common: MilestoneCommon,
    },
    /// Plan a milestone for another day; needs --reason
    Reschedule {
        #[command(flatten)]
        which: MilestoneChoice,
        /// The new day
        #[arg(long, value_name = "DATE", value_parser = future_day)]
        due: Option<TypedDay>,
        #[command(flatten)]
        common: MilestoneCommon,
    },
    /// Correct a milestone's description; needs --reason
    Edit {
        #[command(flatten)]
        which: MilestoneChoice,
        /// The new text
        #[arg(long, value_name = "TEXT", value_parser = parse_text)]
        description: Option<String>,
        #[command(flatten)]
        common: MilestoneCommon,
    },
    /// Cancel a milestone; needs --reason
    Cancel {
        #[command(flatten)]
        which: MilestoneChoice,
        #[command(flatten)]
        common: MilestoneCommon,
    },
    /// Write planned milestones from a list, such as "1. 2026-03-01: Patch staging", one a line
    ///
    /// New numbers are added; milestones that are there get the text and the day of the list, which needs
    /// --reason. Milestones that the list does not name stay as they are.
    Plan {
        #[command(flatten)]
        texts: MilestoneTexts,
        #[command(flatten)]
        common: MilestoneCommon,
    },
    /// Record a change of a milestone as told in a text, such as "Milestone 2 moved to 2026-03-01: why"
    ///
    /// A milestone that is started, completed, moved, reworded, cancelled or new is changed so, with the
    /// text as the reason. Other words become an entry of its log, as with `milestone note`.
    Log {
        #[command(flatten)]
        texts: MilestoneTexts,
        #[command(flatten)]
        common: MilestoneCommon,
    },
}

/// The words of a command that takes a text of its own behind the ids.
#[derive(Debug, Args)]
struct MilestoneTexts {
    /// IDs of the items, then the text in quotes
    #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "TEXT"], value_parser = parse_text)]
    words: Vec<String>,
}

#[derive(Debug, Args)]
struct MilestoneChoice {
    /// Ids of the items, then the number of the milestone; one commit for all of them
    #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "NUMBER"], value_parser = parse_text)]
    words: Vec<String>,
}

#[derive(Debug, Args)]
struct MilestoneCommon {
    #[command(flatten)]
    meant: ItemSelector,
    /// Reason; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT", value_parser = parse_reason)]
    reason: Option<String>,
    #[command(flatten)]
    how: ChangeArgs,
}

impl MilestoneArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let (words, common, kind) = self.what.split();
        let ask = common.how.ask_mode();
        let mut bench = ChangeContext::open(session)?;
        if let MilestoneRequest::Plan | MilestoneRequest::Log = kind {
            let (ids, text) = split_description(&bench, words, &common.meant)?;
            let found = bench.find_meant(session, &ids, &common.meant)?;
            let text = ask.ask_text(text, "TEXT", "which milestones, and what of them?")?;
            let run = if let MilestoneRequest::Plan = kind {
                milestone_text::plan_milestones
            } else {
                milestone_text::log_text
            };
            return run(session, &bench, &common.how, &found, &text, common.reason);
        }
        // Nobody is asked for what then has no item.
        let (found, step) = match kind {
            MilestoneRequest::Add(due, owner) => {
                let (ids, description) = split_description(&bench, words, &common.meant)?;
                let found = bench.find_meant(session, &ids, &common.meant)?;
                let question = "what will be done? (in quotes, after the IDs)";
                let description = ask.ask_text(description, "DESCRIPTION", question)?;
                // A plan that is being made may have no day yet; work that began needs one.
                let due = match due.map(|day| day.resolve_on(session.today)) {
                    None if found.iter().all(|stored| stored.item.status == Status::OPEN) => {
                        ask.optional_day(session.today, "by when (empty: not known yet)")?
                    }
                    due => Some(ask.ask_day(due, session.today, "--due", "by when")?),
                };
                let owner = owner.map(|name| bench.find_person(name));
                (found, MilestoneChange::Add { description, due, owner })
            }
            MilestoneRequest::Note(by) => {
                let (mut words, text) = split_note(&bench, words)?;
                let text = ask.ask_text(text, "TEXT", "the entry (in quotes, after the number)")?;
                let split =
                    bench.split(std::mem::take(&mut words), &common.meant, None, parse_number)?;
                let found = bench.find_meant(session, &split.ids, &common.meant)?;
                let number = match split.last {
                    Some(number) => number,
                    None => MilestoneRequest::Start.only_number(&found, ask)?,
                };
                let by = match by {
                    Some(name) => name,
                    None => common.how.author_name(&bench.repository)?,
                };
                (found, MilestoneChange::Note { number, text, by })
            }
            kind => {
                let words = bench.split(words, &common.meant, None, parse_number)?;
                let found = bench.find_meant(session, &words.ids, &common.meant)?;
                let number = match words.last {
                    Some(number) => number,
                    None => kind.only_number(&found, ask)?,
                };
                refuse_unknown_number(&found, number)?;
                (found, kind.build_step(number, &bench, session.today, ask)?)
            }
        };
        let history = match step {
            MilestoneChange::Add { .. } => {
                session.history(Some(&bench.repository), &bench.tracker)?
            }
            _ => None,
        };
        let mut wish = ChangeOptions { reason: common.reason };
        let (mut finished, mut unplanned) = (Vec::new(), Vec::new());
        let changes = common.how.plan_each(session, &found, |stored| {
            let highest = history.as_ref().map_or(0, |history| highest_number(history, stored));
            let mut planned = step.plan_change(stored, &wish, highest, session.today);
            if let (Err(StepError::NoReason { .. }), true) = (&planned, ask.is_possible()) {
                wish.reason = Some(ask.ask_text(None, "--reason", "why")?);
                planned = step.plan_change(stored, &wish, highest, session.today);
            }
            let change = planned?;
            let ends =
                matches!(step, MilestoneChange::Complete { .. } | MilestoneChange::Cancel(_));
            if !ends || stored.item.status != Status::IN_PROGRESS {
                return Ok(change);
            }
            let state = plan_outcome(&change);
            if state == PlanOutcome::Cancelled {
                unplanned.push(stored.item.id.clone());
            }
            if state == PlanOutcome::Done {
                let settings = &bench.tracker.settings;
                if let Some(to) = &settings.on_last_milestone {
                    return move_on(session, &change, &step, (to, settings), stored);
                }
                finished.push(change.document.clone());
            }
            Ok(change)
        })?;
        let outcome = match finished.is_empty() && unplanned.is_empty() {
            true => common.how.carry_out(session, &bench, &changes)?,
            // The offer states what comes next.
            false => common.how.carry_out_alone(session, &bench, &changes)?,
        };
        for document in finished {
            offer_move(session, &bench, &common.how, document)?;
        }
        for id in unplanned {
            session.finish()?;
            session.say(format_args!(
                "no open milestone is left in {id}; next: poam milestone add {id} \"WHAT\" --due DATE"
            ));
        }
        Ok(outcome)
    }
}

/// Refuses a number that no item has as a milestone. Where some have it, the others are refused with their change.
fn refuse_unknown_number(items: &[Stored], number: u32) -> Result<()> {
    let mut refusal = None;
    for stored in items {
        match MilestoneChange::is_there(stored, number) {
            Ok(()) => return Ok(()),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    Ok(refusal.map_or(Ok(()), Err)?)
}

/// The change that completes the last milestone and moves the item to the status that the settings
/// give, or only the first where the item lacks something for the second: then it is stated.
fn move_on(
    session: &Session,
    change: &Change,
    step: &MilestoneChange,
    (to, settings): (&Status, &Settings),
    before: &Stored,
) -> Result<Change> {
    let id = &before.item.id;
    let Ok(stored) = Stored::from_document(change.document.clone()) else {
        return Ok(change.clone());
    };
    let (date, evidence) = match step {
        MilestoneChange::Complete { date, evidence, .. } => (*date, evidence.clone()),
        _ => (None, Vec::new()),
    };
    let closes = settings.workflow.is_closed(to);
    // Evidence of the last milestone is evidence of the item.
    let known =
        |reference: &String| stored.item.evidence.iter().any(|it| it.reference == *reference);
    let evidence = evidence.into_iter().filter(|it| closes && !known(it)).collect();
    let date = date.filter(|_| closes);
    let wish = change::Transition { to: to.to_string(), evidence, date, ..<_>::default() };
    match wish.plan_change(&stored, &settings.workflow, session.today) {
        Ok(next) => {
            let from = &before.item.status;
            let subject = format!("{}, {from} -> {to}", change.subject);
            Ok(change.clone().followed_by(next, subject))
        }
        Err(refusal) => {
            session.say(format_args!("{id} stays {}: {refusal}", before.item.status));
            Ok(change.clone())
        }
    }
}

/// The words before the entry of a note, and the entry, which is one word for the shell: in quotes.
fn split_note(
    bench: &ChangeContext,
    mut words: Vec<String>,
) -> Result<(Vec<String>, Option<String>)> {
    let is_place = |word: &String| parse_number(word).is_ok() || bench.is_item(word);
    let Some(first) = words.iter().position(|word| !is_place(word)) else {
        return Ok((words, None));
    };
    if first == 0 || first + 1 < words.len() {
        return described_error(&words, first);
    }
    let text = words.pop();
    Ok((words, text))
}

fn described_error<T>(words: &[String], first: usize) -> Result<T> {
    let rest = words.get(first..).unwrap_or_default().join(" ");
    let word = visible(words.get(first).map_or("", String::as_str));
    if first == 0 && words.len() == 1 {
        bail!("no item has the id `{word}`; `poam list` shows all ids");
    }
    bail!("`{word}` is no item: put the text in quotes, \"{}\"", visible(&rest))
}

/// Offers the move that follows when every milestone is finished: asks, or states the command.
fn offer_move(
    session: &mut Session,
    bench: &ChangeContext,
    how: &ChangeArgs,
    document: Document,
) -> Result<()> {
    let Ok(stored) = Stored::from_document(document) else { return Ok(()) };
    let Ok(next) = Status::PENDING_VALIDATION.parse::<Status>() else { return Ok(()) };
    let id = &stored.item.id;
    let workflow = &bench.tracker.settings.workflow;
    if workflow.find_move(&stored.item.status, &next).is_none() {
        return Ok(());
    }
    session.finish()?;
    let question = format!("every milestone of {id} is finished; move it to {next}?");
    if how.is_json() {
        return Ok(());
    }
    if how.is_committing() && how.ask_mode().ask_yes(&question)? {
        let mut wish = change::Transition { to: next.to_string(), ..<_>::default() };
        let change = transition::plan_transition(
            &mut wish,
            &stored,
            workflow,
            session.today,
            how.ask_mode(),
        )?;
        how.carry_out(session, bench, &[change])?;
    } else {
        session.say(format_args!("every milestone is finished; next: poam transition {id} {next}"));
    }
    Ok(())
}

/// The number of a milestone as it is typed: `2`, `#2`.
fn parse_number(word: &str) -> Result<u32> {
    let digits = word.strip_prefix('#').unwrap_or(word);
    let Ok(number) = digits.parse() else {
        let day =
            future_day(word).map(|_| "; a day is given by --due or --date").unwrap_or_default();
        bail!("`{}` is not the number of a milestone{day}", visible(word));
    };
    Ok(number)
}

/// The ids, and the description behind them, which is one word for the shell: in quotes.
fn split_description(
    bench: &ChangeContext,
    mut words: Vec<String>,
    meant: &ItemSelector,
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
enum MilestoneRequest {
    Add(Option<TypedDay>, Option<String>),
    Note(Option<String>),
    Assign(Option<String>),
    Start,
    Complete(Option<TypedDay>, Vec<String>),
    Reschedule(Option<TypedDay>),
    Edit(Option<String>),
    Cancel,
    Plan,
    Log,
}

impl MilestoneRequest {
    /// The number of the milestone that can only be meant where none is given: the one that is not
    /// finished, for what is done to such a one every day. Else it is asked for.
    fn only_number(&self, items: &[Stored], ask: AskMode) -> Result<u32> {
        let [stored] = items else {
            bail!("which milestone? give its number after the IDs");
        };
        let left: Vec<&model::Milestone> =
            stored.item.milestones.iter().filter(|one| !one.status.is_finished()).collect();
        if let (Self::Start | Self::Complete(..) | Self::Reschedule(_) | Self::Assign(_), [only]) =
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
        ask.ask_choice(
            &format!("which milestone of {}? give its number:", stored.item.id),
            &choices,
            parse_number,
        )
    }

    /// The step, with what has to be asked for.
    fn build_step(
        self,
        number: u32,
        bench: &ChangeContext,
        today: NaiveDate,
        ask: AskMode,
    ) -> Result<MilestoneChange> {
        let day = |typed: Option<TypedDay>| typed.map(|day| day.resolve_on(today));
        Ok(match self {
            Self::Add(..) | Self::Note(_) | Self::Plan | Self::Log => {
                bail!("this step has words of its own")
            }
            Self::Assign(to) => {
                let to = ask.ask_text(to, "--to", "name of the milestone's owner")?;
                MilestoneChange::Assign { number, owner: bench.find_person(to) }
            }
            Self::Start => MilestoneChange::Start(number),
            Self::Complete(date, evidence) => {
                bench.refuse_items_as_evidence(&evidence)?;
                MilestoneChange::Complete { number, date: day(date), evidence }
            }
            Self::Reschedule(due) => MilestoneChange::Reschedule {
                number,
                due: ask.ask_day(day(due), today, "--due", "the new day")?,
            },
            Self::Edit(description) => {
                let description = ask.ask_text(description, "--description", "the new text")?;
                MilestoneChange::Describe { number, description }
            }
            Self::Cancel => MilestoneChange::Cancel(number),
        })
    }
}

impl MilestoneAction {
    /// The words, what all steps have, and the rest.
    fn split(self) -> (Vec<String>, MilestoneCommon, MilestoneRequest) {
        match self {
            Self::Add { words, due, owner, common } => {
                (words, common, MilestoneRequest::Add(due, owner))
            }
            Self::Note { words, by, common } => (words, common, MilestoneRequest::Note(by)),
            Self::Assign { which, to, common } => {
                (which.words, common, MilestoneRequest::Assign(to))
            }
            Self::Start { which, common } => (which.words, common, MilestoneRequest::Start),
            Self::Complete { which, date, evidence, common } => {
                (which.words, common, MilestoneRequest::Complete(date, evidence))
            }
            Self::Reschedule { which, due, common } => {
                (which.words, common, MilestoneRequest::Reschedule(due))
            }
            Self::Edit { which, description, common } => {
                (which.words, common, MilestoneRequest::Edit(description))
            }
            Self::Cancel { which, common } => (which.words, common, MilestoneRequest::Cancel),
            Self::Plan { texts, common } => (texts.words, common, MilestoneRequest::Plan),
            Self::Log { texts, common } => (texts.words, common, MilestoneRequest::Log),
        }
    }
}

/// The highest milestone number that an item ever used, of those that are gone.
pub(super) fn highest_number(history: &History, stored: &Stored) -> u32 {
    let removed =
        history.events_of(&stored.item.id).filter(|event| event.action == Action::MilestoneRemoved);
    let numbers = removed.filter_map(|event| event.old.get("id")?.as_u64());
    numbers.max().and_then(|number| number.try_into().ok()).unwrap_or(0)
}
