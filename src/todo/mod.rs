//! Tasks: what people have to do now and in the next days, with the command for each.
//!
//! A [`TaskList`] is derived from the items, the settings and the commits on a day. Every date in it
//! comes from where summaries and rules take theirs: [`Standing`] for items,
//! [`attention`](crate::summary) for check-ins, decisions and reviews. Nothing is stored.

mod text;

use std::borrow::Cow;

use chrono::{Days, NaiveDate};
use serde::Serialize;

use crate::history::History;
use crate::model::{
    Deviation, DeviationType, Item, ItemId, Milestone, OpenReview, Person, ReviewState, RiskRating,
    Status,
};
use crate::settings::Settings;
use crate::standing::{Standing, stale_days};
use crate::store::{Store, Stored};
use crate::summary::{Term, check_in_counts_until, decision_term, kev_due, pending_deviations};
use crate::text::shell_word;

/// Version of the JSON: fields may be added, none renamed.
const VERSION: u32 = 1;

/// All tasks up to a day; as JSON, `poam todo --format json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskList {
    /// Version of this shape: 1.
    pub version: u32,
    /// The day that counts as today.
    pub as_of: NaiveDate,
    /// The last day of which tasks are listed.
    pub until: NaiveDate,
    /// The tasks: late ones first, then by day, risk rating and id.
    pub tasks: Vec<Task>,
}

/// Something that has to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Task {
    /// The urgency on the day of the list.
    pub urgency: Urgency,
    /// The day it is due; none where no day is set for it.
    pub due: Option<NaiveDate>,
    /// Days left until then; below 0 where it has passed.
    pub days: Option<i64>,
    /// The kind of task.
    pub kind: TaskKind,
    /// The item.
    pub item: ItemId,
    /// The number of the milestone, of a task of that kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milestone: Option<u32>,
    /// The work to do, in words.
    pub text: String,
    /// Other kinds of tasks that are done with this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<TaskKind>,
    /// Name of the item's point of contact.
    pub owner: Option<String>,
    /// Name of the person who has to act, where that is not the point of contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// People who are notified because it is late.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub escalated_to: Vec<String>,
    /// The rating that counts.
    pub risk: RiskRating,
    /// Status of the item.
    pub status: Status,
    /// Name of the weakness.
    pub name: String,
    /// The command that does it; words in capitals are to be filled in.
    pub command: String,
    /// The file of the item, from the root of the repository.
    pub path: String,
}

/// The urgency of a task: its day against today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// Its day has passed.
    Late,
    /// It is due today.
    Today,
    /// It is due within the days that were asked for.
    Soon,
    /// It has no day, and waits for somebody.
    Waiting,
}

impl Urgency {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Late, Self::Today, Self::Soon, Self::Waiting];

    fn rate_due(due: NaiveDate, today: NaiveDate) -> Self {
        match due.cmp(&today) {
            std::cmp::Ordering::Less => Self::Late,
            std::cmp::Ordering::Equal => Self::Today,
            std::cmp::Ordering::Greater => Self::Soon,
        }
    }
}

/// The kind of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    /// Close an item before its effective due date.
    Item,
    /// Complete a milestone.
    Milestone,
    /// Remediate a known exploited vulnerability by CISA's date, although the item is exempt from
    /// its own.
    KnownExploited,
    /// Ask the vendor: a check-in counts for 30 days.
    VendorCheckIn,
    /// Review an accepted risk.
    AcceptanceReview,
    /// Take up work that was deferred.
    DeferralEnd,
    /// Decide on a requested deviation.
    Decision,
    /// Review an item that did not change for too long (rule `stale`).
    Review,
    /// Submit an item to its review, or submit it again.
    ReviewSubmission,
    /// Look at an item that was submitted to its review.
    ReviewDecision,
    /// Name a person for an item that has no owner.
    Owner,
}

impl TaskList {
    /// Derives the tasks of all open items that are due within some days of today. Late tasks and
    /// those without a day are always included. Without history, no review of quiet items is listed.
    pub fn derive_tasks(
        store: &Store,
        settings: &Settings,
        history: Option<&History>,
        today: NaiveDate,
        days: u32,
    ) -> Self {
        let until = today.checked_add_days(Days::new(u64::from(days))).unwrap_or(today);
        let mut tasks = Vec::new();
        for stored in store.items() {
            let standing = Standing::compute(stored, settings, history, today);
            if !standing.closed {
                let found = ItemTasks { stored, standing: &standing, settings, today };
                let due = found.all().into_iter().filter(|task| task.is_due_by(until));
                tasks.extend(fold_tasks(due.collect()));
            }
        }
        tasks.sort_by(|a, b| a.order().cmp(&b.order()));
        Self { version: VERSION, as_of: today, until, tasks }
    }

    /// Keeps the tasks of the people who are wanted: who has to act, and who is notified.
    pub fn retain_people(&mut self, store: &Store, is_wanted: impl Fn(&Person) -> bool) {
        let is_of = |task: &Task| {
            let item = store.find(&task.item).map(|stored| &stored.item);
            let milestone = task.milestone.and_then(|number| {
                item?.milestones.iter().find(|milestone| milestone.id == number)?.owner.as_deref()
            });
            let owner = item.and_then(|item| item.point_of_contact.as_ref());
            let actor = match (milestone, &task.assignee) {
                (Some(person), _) => is_wanted(person),
                (None, Some(name)) => is_wanted(&Person::named(name.as_str())),
                (None, None) => owner.is_some_and(&is_wanted),
            };
            actor || task.escalated_to.iter().any(|name| is_wanted(&Person::named(name.as_str())))
        };
        self.tasks.retain(is_of);
    }

    /// Renders the tasks for people at a terminal, at most `limit` of each urgency.
    pub fn render_text(&self, limit: usize, color: bool) -> String {
        text::render(self, limit, color)
    }

    /// Counts the tasks of an urgency.
    pub fn count_urgency(&self, urgency: Urgency) -> usize {
        self.tasks.iter().filter(|task| task.urgency == urgency).count()
    }
}

impl Task {
    fn is_due_by(&self, until: NaiveDate) -> bool {
        self.due.is_none_or(|due| due <= until)
    }

    /// The order in the list.
    fn order(&self) -> impl Ord + '_ {
        let due = self.due.unwrap_or(NaiveDate::MAX);
        (self.urgency, due, std::cmp::Reverse(self.risk), &self.item, self.kind, self.milestone)
    }
}

/// The command for the next step of an item: towards closing it, or in its review.
pub fn next_command(stored: &Stored, settings: &Settings, today: NaiveDate) -> String {
    let standing = Standing::compute(stored, settings, None, today);
    if standing.closed {
        return "poam todo".to_owned();
    }
    let tasks = ItemTasks { stored, standing: &standing, settings, today };
    match (&stored.item.review, pending_deviations(&stored.item).first()) {
        (Some(review), _) => tasks.step_of(review).command,
        (None, Some(kind)) => tasks.decide_task(*kind).command,
        (None, None) => match tasks.review_decision() {
            Some(_) => format!("poam show {}", tasks.word()),
            None => tasks.next_step(),
        },
    }
}

/// The tasks of one item, with the review of a quiet item as a part of the work that is due anyway:
/// the person who does that work changes the item, which is what the review is for.
fn fold_tasks(mut tasks: Vec<Task>) -> Vec<Task> {
    let Some(at) = tasks.iter().position(|task| task.kind == TaskKind::Review) else {
        return tasks;
    };
    let review = tasks.remove(at);
    let most_urgent = tasks.iter_mut().filter(is_work).min_by_key(|task| task.due);
    match most_urgent {
        Some(task) => {
            task.text.push_str(&format!("; {}", review.text));
            task.also.push(TaskKind::Review);
        }
        None => tasks.push(review),
    }
    tasks
}

fn is_work(task: &&mut Task) -> bool {
    matches!(task.kind, TaskKind::Item | TaskKind::Milestone)
}

/// The tasks of one open item.
struct ItemTasks<'a> {
    stored: &'a Stored,
    standing: &'a Standing,
    settings: &'a Settings,
    today: NaiveDate,
}

impl ItemTasks<'_> {
    fn item(&self) -> &Item {
        &self.stored.item
    }

    fn all(&self) -> Vec<Task> {
        let item = self.item();
        let mut tasks = Vec::new();
        let is_put_off = self.settings.is_accepted(item) || self.settings.is_deferred(item);
        if self.standing.exemption.is_none() && !is_put_off {
            tasks.push(self.close());
        } else if let Some(due) = kev_due(item) {
            let text = "remediate: CISA's date for a known exploited vulnerability".to_owned();
            tasks.push(self.dated_task(TaskKind::KnownExploited, due, text, self.next_step()));
        }
        if !is_put_off {
            let open = item.milestones.iter().filter(|milestone| !milestone.status.is_finished());
            tasks.extend(open.filter_map(|milestone| self.complete_task(milestone)));
        }
        tasks.extend(self.ask_vendor());
        tasks.extend(self.review_decision());
        tasks.extend(pending_deviations(item).into_iter().map(|kind| self.decide_task(kind)));
        match &item.review {
            Some(review) => tasks.push(self.step_of(review)),
            None => tasks.extend(self.review()),
        }
        if item.point_of_contact.as_ref().is_none_or(|person| person.name.trim().is_empty()) {
            let text = "name an owner".to_owned();
            let command = format!("poam assign {} --to NAME", self.word());
            tasks.push(self.undated_task(TaskKind::Owner, text, command));
        }
        tasks
    }

    /// The item's id as a word of a shell.
    fn word(&self) -> Cow<'_, str> {
        shell_word(self.item().id.as_str())
    }

    fn undated_task(&self, kind: TaskKind, text: String, command: String) -> Task {
        let item = self.item();
        Task {
            urgency: Urgency::Waiting,
            due: None,
            days: None,
            kind,
            item: item.id.clone(),
            milestone: None,
            text,
            also: Vec::new(),
            assignee: None,
            escalated_to: Vec::new(),
            owner: item.point_of_contact.as_ref().map(|person| person.name.clone()),
            risk: self.standing.risk,
            status: item.status.clone(),
            name: item.weakness_name.clone(),
            command,
            path: self.standing.path.clone(),
        }
    }

    fn dated_task(&self, kind: TaskKind, due: NaiveDate, text: String, command: String) -> Task {
        Task {
            urgency: Urgency::rate_due(due, self.today),
            due: Some(due),
            days: Some((due - self.today).num_days()),
            ..self.undated_task(kind, text, command)
        }
    }

    fn close(&self) -> Task {
        let text = format!("close the item ({})", self.item().status);
        self.dated_task(TaskKind::Item, self.standing.effective_due, text, self.next_step())
    }

    /// The command for the next step towards closing the item.
    fn next_step(&self) -> String {
        let item = self.item();
        let id = self.word();
        let open = item.milestones.iter().find(|milestone| !milestone.status.is_finished());
        let status = &item.status;
        if *status == Status::IN_PROGRESS
            && let Some(milestone) = open
        {
            return format!("poam milestone complete {id} {}", milestone.id);
        }
        let next = match status.as_str() {
            Status::OPEN if item.milestones.is_empty() => {
                return format!("poam milestone add {id} \"WHAT\" --due DATE");
            }
            Status::OPEN => Status::IN_PROGRESS,
            Status::IN_PROGRESS => Status::PENDING_VALIDATION,
            Status::PENDING_VALIDATION => {
                return format!("poam transition {id} {} --evidence REFERENCE", Status::CLOSED);
            }
            _ => return format!("poam show {id}"),
        };
        // A team's own workflow may go another way.
        let workflow = &self.settings.workflow;
        match next.parse().is_ok_and(|next| workflow.get(&next).is_some()) {
            true => format!("poam transition {id} {next}"),
            false => format!("poam show {id}"),
        }
    }

    fn complete_task(&self, milestone: &Milestone) -> Option<Task> {
        let text = format!("complete milestone {}: {}", milestone.id, milestone.description);
        let command = format!("poam milestone complete {} {}", self.word(), milestone.id);
        let task = self.dated_task(TaskKind::Milestone, milestone.due?, text, command);
        let assignee = milestone.owner.as_ref().map(|person| person.name.clone());
        Some(Task { milestone: Some(milestone.id), assignee, ..task })
    }

    fn ask_vendor(&self) -> Option<Task> {
        let counts_until = check_in_counts_until(self.item(), self.today)?;
        let vendor = self.item().vendor_dependency.as_ref()?;
        let name = vendor.vendor.as_deref().map_or("the vendor", str::trim);
        let command = format!("poam vendor check-in {} -m \"ANSWER\"", self.word());
        Some(match counts_until {
            Some(due) => {
                let text = format!("ask {name} about the fix");
                self.dated_task(TaskKind::VendorCheckIn, due, text, command)
            }
            None => {
                let text = format!("ask {name} about the fix: nobody has asked yet");
                self.undated_task(TaskKind::VendorCheckIn, text, command)
            }
        })
    }

    fn review_decision(&self) -> Option<Task> {
        let id = self.word();
        Some(match decision_term(self.item(), self.settings)? {
            (Term::RiskAcceptance, due) => {
                let text = "review the accepted risk: renew it, or take up the work".to_owned();
                let command = format!("poam transition {id} pending-approval -m \"WHY\"");
                self.dated_task(TaskKind::AcceptanceReview, due, text, command)
            }
            (Term::Deferral, due) => {
                let text = "take up the deferred work".to_owned();
                let command = format!("poam transition {id} in-progress -m \"WHY\"");
                self.dated_task(TaskKind::DeferralEnd, due, text, command)
            }
        })
    }

    fn decide_task(&self, kind: DeviationType) -> Task {
        let kind_words = kind.as_str().replace('-', " ");
        let request = self.stored.item.deviation(kind);
        if let Some(question) = request.and_then(Deviation::open_question) {
            let text = format!(
                "answer the question of {} about the requested {kind_words}",
                question.returned
            );
            let command = format!("poam deviation resubmit {} {kind} --answer TEXT", self.word());
            return self.undated_task(TaskKind::Decision, text, command);
        }
        // Nobody approves a request of his own (rule `self-approval`).
        let text =
            format!("get a decision on the requested {kind_words} from another than who asked");
        let id = self.word();
        let command = format!("poam deviation approve {id} {kind} --approver NAME");
        self.undated_task(TaskKind::Decision, text, command)
    }

    /// The next step of a review that is under way.
    fn step_of(&self, review: &OpenReview) -> Task {
        let id = self.word();
        let note = review.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
        let note = note.map(|note| format!(": {note}")).unwrap_or_default();
        let by = review.by.trim();
        let (kind, text, command, assignee) = match review.state {
            ReviewState::Requested => (
                TaskKind::ReviewSubmission,
                format!("bring it up to date and submit it to {by}{note}"),
                format!("poam review submit {id}"),
                None,
            ),
            ReviewState::Returned => (
                TaskKind::ReviewSubmission,
                format!("make the changes that {by} asked for and submit it again{note}"),
                format!("poam review submit {id}"),
                None,
            ),
            ReviewState::Submitted => (
                TaskKind::ReviewDecision,
                format!("look at what was submitted{note}"),
                format!("poam review complete {id} --note \"RESULT\""),
                Some(by.to_owned()),
            ),
        };
        let task = match review.due {
            Some(due) => self.dated_task(kind, due, text, command),
            None => self.undated_task(kind, text, command),
        };
        let settings = &self.settings.review;
        let late = task.days.map_or(0, |days| -days);
        let is_told = late > 0 && late >= i64::from(settings.escalate_after);
        let escalated_to = if is_told { settings.escalate_to.clone() } else { Vec::new() };
        Task { assignee, escalated_to, ..task }
    }

    /// The review that is due by the settings, or because the item is quiet.
    fn review(&self) -> Option<Task> {
        self.regular_review().or_else(|| self.review_of_quiet())
    }

    fn regular_review(&self) -> Option<Task> {
        let every = self.settings.review.every?;
        let item = self.item();
        let past = item.reviews.iter().map(|review| review.date).filter(|day| *day <= self.today);
        let last = past.max();
        let from = last.unwrap_or(item.original_detection_date);
        let due = from.checked_add_days(Days::new(u64::from(every)))?;
        let text = match last {
            Some(day) => format!("review: the last one was on {day}"),
            None => "review: it was never reviewed".to_owned(),
        };
        let command = format!("poam review {} --note \"RESULT\"", self.word());
        let assignee = self.settings.review.reviewer.clone();
        let task = self.dated_task(TaskKind::Review, due, text, command);
        Some(Task { assignee, ..task })
    }

    fn review_of_quiet(&self) -> Option<Task> {
        let quiet = self.standing.days_quiet.filter(|_| self.standing.stale == Some(true))?;
        let text = format!("review: no change for {quiet} days");
        let command = format!("poam review {} --note \"RESULT\"", self.word());
        let days = u64::try_from(quiet).ok()?.saturating_sub(u64::from(stale_days(self.settings)));
        let due = self.today.checked_sub_days(Days::new(days))?;
        Some(self.dated_task(TaskKind::Review, due, text, command))
    }
}

#[cfg(test)]
mod tests;
