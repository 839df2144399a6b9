//! Commands by chance, and what they do: to the model, to a file, to a repository.

use chrono::{Days, NaiveDate};
use poam::change::{Change, ChangeOptions, ItemRecord, MilestoneChange as Plan, Transition};
use poam::model::{DeviationState, DeviationType, Person, Workflow};
use poam::store::Stored;

use crate::random_histories::model::{Item, ModelStep};

/// Numbers by chance, the same for the same seed.
#[derive(Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `of`.
    pub(crate) fn roll(&mut self, of: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % of
    }

    pub(crate) fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.roll(among.len())]
    }
}

/// A command on one item.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Transition { to: &'static str, until: Option<NaiveDate>, evidence: Vec<String> },
    Add { text: String, due: NaiveDate },
    Start(u32),
    Complete { number: u32, evidence: Vec<String> },
    Reschedule { number: u32, due: NaiveDate },
    Describe { number: u32, text: String },
    Cancel(u32),
    Assign(&'static str),
    Review { by: &'static str, note: String },
    Evidence(Vec<String>),
    CheckIn,
    Request(String),
    Decide { approved: bool },
}

const PEOPLE: [&str; 4] = ["Jane Doe", "Sam Roe", "Ünal O'Neil", "Li: Wei #1"];

impl Command {
    /// A command that is possible for an item, and with the reason that it is given.
    pub(crate) fn any(
        dice: &mut Dice,
        item: &Item,
        on_main: bool,
        turn: usize,
        today: NaiveDate,
    ) -> Option<Self> {
        let numbers: Vec<u32> = item.steps.keys().copied().collect();
        let open: Vec<u32> =
            numbers.iter().copied().filter(|it| !item.steps[it].is_finished()).collect();
        let later = today + Days::new(1 + dice.roll(90) as u64);
        let references = [format!("CHG-{turn}"), format!("scan {turn}, part \"b\"")];
        let references = references[..1 + dice.roll(2)].to_vec();
        let finished = |this: &Item| this.steps.values().all(ModelStep::is_finished);
        Some(match dice.roll(16) {
            0..=3 => {
                let to = match item.status {
                    "open" => *dice.pick(&["in-progress", "deferred"]),
                    "in-progress" if finished(item) => "pending-validation",
                    "in-progress" => *dice.pick(&["deferred", "open"]),
                    "pending-validation" if !finished(item) => "in-progress",
                    "pending-validation" => *dice.pick(&["closed", "in-progress"]),
                    "deferred" => *dice.pick(&["open", "in-progress"]),
                    _ => "in-progress",
                };
                let evidence = if to == "closed" { references } else { Vec::new() };
                let until = (to == "deferred").then_some(later);
                Self::Transition { to, until, evidence }
            }
            4 => Self::Add { text: format!("Step of turn {turn}: do # it"), due: later },
            5 => {
                let pending = |it: &&u32| item.steps[*it].status == "pending";
                Self::Start(*numbers.iter().find(pending)?)
            }
            6 | 7 if !open.is_empty() => {
                Self::Complete { number: *dice.pick(&open), evidence: references }
            }
            8 if !open.is_empty() => {
                let number = *dice.pick(&open);
                if item.steps[&number].due == later {
                    return None;
                }
                Self::Reschedule { number, due: later }
            }
            9 => Self::Describe { number: *dice.pick(&numbers), text: format!("Text {turn}") },
            10 if !open.is_empty() => Self::Cancel(*dice.pick(&open)),
            11 => {
                let to = *dice.pick(&PEOPLE);
                if item.owner == to {
                    return None;
                }
                Self::Assign(to)
            }
            12 => Self::Review { by: PEOPLE[dice.roll(4)], note: format!("seen in turn {turn}") },
            13 => Self::Evidence(references),
            14 if item.asked != Some(today) => Self::CheckIn,
            15 => match item.requests.last() {
                Some(&"pending") if on_main => Self::Decide { approved: dice.roll(4) == 0 },
                None | Some(&"denied") => Self::Request(format!("rationale of turn {turn}")),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Applies the command to an item of the model.
    pub(crate) fn act(&self, item: &mut Item, reason: &str, today: NaiveDate) {
        fn step(item: &mut Item, number: u32) -> &mut ModelStep {
            item.steps.get_mut(&number).unwrap()
        }
        match self {
            Self::Transition { to, until, evidence } => {
                item.evidence.extend(evidence.clone());
                item.completed = (*to == "closed").then_some(today);
                item.status = to;
                if let Some(until) = until {
                    item.deferral = Some((reason.to_owned(), *until));
                }
            }
            Self::Add { text, due } => {
                let number = item.steps.keys().max().unwrap() + 1;
                let (text, status) = (text.clone(), "pending");
                item.steps
                    .insert(number, ModelStep { text, due: *due, status, evidence: Vec::new() });
            }
            Self::Start(number) => step(item, *number).status = "in-progress",
            Self::Complete { number, evidence } => {
                step(item, *number).status = "completed";
                step(item, *number).evidence.extend(evidence.clone());
            }
            Self::Reschedule { number, due } => step(item, *number).due = *due,
            Self::Describe { number, text } => step(item, *number).text = text.clone(),
            Self::Cancel(number) => step(item, *number).status = "cancelled",
            Self::Assign(to) => item.owner = (*to).to_owned(),
            Self::Review { by, note } => item.reviews.push(format!("{today} {by} {note}")),
            Self::Evidence(references) => item.evidence.extend(references.clone()),
            Self::CheckIn => item.asked = Some(today),
            Self::Request(_) => item.requests.push("pending"),
            Self::Decide { approved } => {
                let state = if *approved { "approved" } else { "denied" };
                *item.requests.last_mut().unwrap() = state;
            }
        }
    }

    /// The change of the file, by the library.
    pub(crate) fn plan(&self, stored: &Stored, reason: &str, today: NaiveDate) -> Change {
        let wish = ChangeOptions { reason: Some(reason.to_owned()) };
        let step = |plan: Plan| plan.plan_change(stored, &wish, 0, today).unwrap();
        let note = |note: ItemRecord| note.plan_change(stored, &wish, today, today).unwrap();
        match self.clone() {
            Self::Transition { to, until, evidence } => {
                let (to, reason) = (to.to_owned(), wish.reason.clone());
                let wish = Transition { to, reason, evidence, until, ..<_>::default() };
                wish.plan_change(stored, &Workflow::default(), today).unwrap()
            }
            Self::Add { text, due } => {
                step(Plan::Add { description: text, due: Some(due), owner: None })
            }
            Self::Start(number) => step(Plan::Start(number)),
            Self::Complete { number, evidence } => {
                step(Plan::Complete { number, date: None, evidence })
            }
            Self::Reschedule { number, due } => step(Plan::Reschedule { number, due }),
            Self::Describe { number, text } => step(Plan::Describe { number, description: text }),
            Self::Cancel(number) => step(Plan::Cancel(number)),
            Self::Assign(to) => note(ItemRecord::Assign(Person::named(to))),
            Self::Review { by, note: said } => {
                note(ItemRecord::Review { by: by.to_owned(), note: Some(said) })
            }
            Self::Evidence(references) => {
                note(ItemRecord::Evidence { references, kind: None, location: None })
            }
            Self::CheckIn => note(ItemRecord::CheckIn { fix_released: None }),
            Self::Request(rationale) => note(ItemRecord::Request {
                kind: DeviationType::FalsePositive,
                rationale,
                number: None,
                rating: None,
            }),
            Self::Decide { approved } => note(ItemRecord::Decide {
                kind: DeviationType::FalsePositive,
                state: if approved { DeviationState::Approved } else { DeviationState::Denied },
                approver: "Ann Official".to_owned(),
            }),
        }
    }

    /// Returns the arguments of the command for the program.
    pub(crate) fn words(&self, id: &str, reason: &str) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let mut say = |some: &[&str]| words.extend(some.iter().map(|it| (*it).to_owned()));
        match self {
            Self::Transition { to, until, evidence } => {
                say(&["transition", id, to]);
                until.iter().for_each(|until| say(&["--until", &until.to_string()]));
                evidence.iter().for_each(|one| say(&["--evidence", one]));
            }
            Self::Add { text, due } => {
                say(&["milestone", "add", id, text, "--due", &due.to_string()]);
            }
            Self::Start(number) => say(&["milestone", "start", id, &number.to_string()]),
            Self::Complete { number, evidence } => {
                say(&["milestone", "complete", id, &number.to_string()]);
                evidence.iter().for_each(|one| say(&["--evidence", one]));
            }
            Self::Reschedule { number, due } => {
                let (number, due) = (number.to_string(), due.to_string());
                say(&["milestone", "reschedule", id, &number, "--due", &due]);
            }
            Self::Describe { number, text } => {
                say(&["milestone", "edit", id, &number.to_string(), "--description", text]);
            }
            Self::Cancel(number) => say(&["milestone", "cancel", id, &number.to_string()]),
            Self::Assign(to) => say(&["assign", id, "--to", to]),
            // A review takes what came of it for its reason.
            Self::Review { by, note } => say(&["review", id, "--by", by, "--note", note]),
            Self::Evidence(references) => {
                say(&["evidence", "add", id]);
                references.iter().for_each(|one| say(&[one]));
            }
            Self::CheckIn => say(&["vendor", "check-in", id]),
            Self::Request(rationale) => {
                say(&["deviation", "request", id, "false-positive", "--rationale", rationale]);
            }
            Self::Decide { approved } => {
                let word = if *approved { "approve" } else { "deny" };
                say(&["deviation", word, id, "false-positive", "--approver", "Ann Official"]);
            }
        }
        if !matches!(self, Self::Review { .. }) {
            say(&["--reason", reason]);
        }
        words
    }
}
