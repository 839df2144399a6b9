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
use crate::model::{DeviationType, Item, ItemId, Milestone, Person, RiskRating, Status};
use crate::output::shell_word;
use crate::settings::Settings;
use crate::standing::{Standing, stale_days};
use crate::store::{Store, Stored};
use crate::summary::{Term, check_in_counts_until, decision_term, kev_due, pending_deviations};

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
    /// Name of the item's point of contact.
    pub owner: Option<String>,
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

    fn of(due: NaiveDate, today: NaiveDate) -> Self {
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
    /// Name a person for an item that has no owner.
    Owner,
}

impl TaskList {
    /// Derives the tasks of all open items that are due within some days of today. Late tasks and
    /// those without a day are always included. Without history, no review of quiet items is listed.
    pub fn of(
        store: &Store,
        settings: &Settings,
        history: Option<&History>,
        today: NaiveDate,
        days: u32,
    ) -> Self {
        let until = today.checked_add_days(Days::new(u64::from(days))).unwrap_or(today);
        let mut tasks = Vec::new();
        for stored in store.items() {
            let standing = Standing::of(stored, settings, history, today);
            if !standing.closed {
                let found = ItemTasks { stored, standing: &standing, settings, today };
                tasks.extend(found.all().into_iter().filter(|task| task.is_due_by(until)));
            }
        }
        tasks.sort_by(|a, b| a.order().cmp(&b.order()));
        Self { version: VERSION, as_of: today, until, tasks }
    }

    /// Keeps the tasks of the items whose owner is wanted.
    pub fn retain_owners(&mut self, store: &Store, is_wanted: impl Fn(&Person) -> bool) {
        let has_owner = |id: &ItemId| {
            let owner = store.find(id).and_then(|stored| stored.item.point_of_contact.as_ref());
            owner.is_some_and(&is_wanted)
        };
        self.tasks.retain(|task| has_owner(&task.item));
    }

    /// Renders the tasks for people at a terminal, at most `limit` of each urgency.
    pub fn text(&self, limit: usize, color: bool) -> String {
        text::render(self, limit, color)
    }

    /// Counts the tasks of an urgency.
    pub fn count(&self, urgency: Urgency) -> usize {
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
            tasks.push(self.dated(TaskKind::KnownExploited, due, text, self.next_step()));
        }
        if !is_put_off {
            let open = item.milestones.iter().filter(|milestone| !milestone.status.is_finished());
            tasks.extend(open.filter_map(|milestone| self.complete(milestone)));
        }
        tasks.extend(self.ask_vendor());
        tasks.extend(self.review_decision());
        tasks.extend(pending_deviations(item).into_iter().map(|kind| self.decide(kind)));
        tasks.extend(self.review());
        if item.point_of_contact.as_ref().is_none_or(|person| person.name.trim().is_empty()) {
            let text = "name an owner".to_owned();
            let command = format!("poam assign {} --to NAME", self.word());
            tasks.push(self.undated(TaskKind::Owner, text, command));
        }
        tasks
    }

    /// The item's id as a word of a shell.
    fn word(&self) -> Cow<'_, str> {
        shell_word(self.item().id.as_str())
    }

    fn undated(&self, kind: TaskKind, text: String, command: String) -> Task {
        let item = self.item();
        Task {
            urgency: Urgency::Waiting,
            due: None,
            days: None,
            kind,
            item: item.id.clone(),
            milestone: None,
            text,
            owner: item.point_of_contact.as_ref().map(|person| person.name.clone()),
            risk: self.standing.risk,
            status: item.status.clone(),
            name: item.weakness_name.clone(),
            command,
            path: self.standing.path.clone(),
        }
    }

    fn dated(&self, kind: TaskKind, due: NaiveDate, text: String, command: String) -> Task {
        Task {
            urgency: Urgency::of(due, self.today),
            due: Some(due),
            days: Some((due - self.today).num_days()),
            ..self.undated(kind, text, command)
        }
    }

    fn close(&self) -> Task {
        let text = format!("close the item ({})", self.item().status);
        self.dated(TaskKind::Item, self.standing.effective_due, text, self.next_step())
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

    fn complete(&self, milestone: &Milestone) -> Option<Task> {
        let text = format!("complete milestone {}: {}", milestone.id, milestone.description);
        let command = format!("poam milestone complete {} {}", self.word(), milestone.id);
        let task = self.dated(TaskKind::Milestone, milestone.due?, text, command);
        Some(Task { milestone: Some(milestone.id), ..task })
    }

    fn ask_vendor(&self) -> Option<Task> {
        let counts_until = check_in_counts_until(self.item(), self.today)?;
        let vendor = self.item().vendor_dependency.as_ref()?;
        let name = vendor.vendor.as_deref().map_or("the vendor", str::trim);
        let command = format!("poam vendor check-in {} -m \"ANSWER\"", self.word());
        Some(match counts_until {
            Some(due) => {
                let text = format!("ask {name} about the fix");
                self.dated(TaskKind::VendorCheckIn, due, text, command)
            }
            None => {
                let text = format!("ask {name} about the fix: nobody has asked yet");
                self.undated(TaskKind::VendorCheckIn, text, command)
            }
        })
    }

    fn review_decision(&self) -> Option<Task> {
        let id = self.word();
        Some(match decision_term(self.item(), self.settings)? {
            (Term::RiskAcceptance, due) => {
                let text = "review the accepted risk: renew it, or take up the work".to_owned();
                let command = format!("poam transition {id} pending-approval -m \"WHY\"");
                self.dated(TaskKind::AcceptanceReview, due, text, command)
            }
            (Term::Deferral, due) => {
                let text = "take up the deferred work".to_owned();
                let command = format!("poam transition {id} in-progress -m \"WHY\"");
                self.dated(TaskKind::DeferralEnd, due, text, command)
            }
        })
    }

    fn decide(&self, kind: DeviationType) -> Task {
        let text = format!("decide on the requested {}", kind.as_str().replace('-', " "));
        let id = self.word();
        let command = format!("poam deviation approve {id} {kind} --approver NAME");
        self.undated(TaskKind::Decision, text, command)
    }

    fn review(&self) -> Option<Task> {
        let quiet = self.standing.days_quiet.filter(|_| self.standing.stale == Some(true))?;
        let text = format!("review: no change for {quiet} days");
        let command = format!("poam review {} --note \"RESULT\"", self.word());
        let days = u64::try_from(quiet).ok()?.saturating_sub(u64::from(stale_days(self.settings)));
        let due = self.today.checked_sub_days(Days::new(days))?;
        Some(self.dated(TaskKind::Review, due, text, command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::samples::{created, day, settings, store};

    fn tasks(items: &[(&str, &str)], today: &str, days: u32) -> Vec<String> {
        let list = TaskList::of(&store(items), &settings(""), None, day(today), days);
        let line = |task: &Task| {
            let due = task.due.map_or_else(|| "-".to_owned(), |day| day.to_string());
            format!("{:?} {due} {} {}", task.urgency, task.item, task.command)
        };
        list.tasks.iter().map(line).collect()
    }

    const OWNED: &str = "point_of_contact: {name: Jane Doe}\n";

    #[test]
    fn items_and_milestones_are_due() {
        // High: due 30 days after 2026-01-01, on 2026-01-31.
        let item = format!(
            "{OWNED}status: in-progress\nmilestones: [{{id: 3, description: Scan, due: 2026-02-04}}, \
             {{id: 1, description: A, due: 2026-01-20, status: completed}}, {{id: 2, description: B, \
             due: 2026-02-06}}]\n"
        );
        assert_eq!(
            tasks(&[("V-1", &item)], "2026-02-04", 1),
            [
                "Late 2026-01-31 V-1 poam milestone complete V-1 3",
                "Today 2026-02-04 V-1 poam milestone complete V-1 3",
            ]
        );
        assert_eq!(tasks(&[("V-1", &item)], "2026-02-04", 2).len(), 3);
    }

    #[test]
    fn the_command_is_the_next_step_of_the_workflow() {
        let step = |fields: &str| {
            let fields = format!("{OWNED}{fields}");
            tasks(&[("V-1", &fields)], "2026-01-31", 0).first().cloned().unwrap_or_default()
        };
        for (fields, command) in [
            ("", "poam milestone add V-1 \"WHAT\" --due DATE"),
            ("milestones: [{id: 1, description: A}]\n", "poam transition V-1 in-progress"),
            ("status: in-progress\n", "poam transition V-1 pending-validation"),
            ("status: pending-validation\n", "poam transition V-1 closed --evidence REFERENCE"),
        ] {
            assert_eq!(step(fields), format!("Today 2026-01-31 V-1 {command}"), "{fields}");
        }
    }

    #[test]
    fn check_ins_decisions_and_owners_are_tasks_too() {
        for (fields, expected) in [
            (
                "original_risk_rating: low\nvendor_dependency: {vendor: Example, last_check_in: 2026-01-05}\n",
                "Today 2026-02-04 V-1 poam vendor check-in V-1 -m \"ANSWER\"",
            ),
            (
                "status: risk-accepted\nrisk_acceptance: {review_by: 2026-02-01}\n",
                "Late 2026-02-01 V-1 poam transition V-1 pending-approval -m \"WHY\"",
            ),
            (
                "status: deferred\ndeferral: {reason: r, until: 2026-02-05}\n",
                "Soon 2026-02-05 V-1 poam transition V-1 in-progress -m \"WHY\"",
            ),
            (
                "original_risk_rating: low\ndeviations: [{type: false-positive, state: pending}]\n",
                "Waiting - V-1 poam deviation approve V-1 false-positive --approver NAME",
            ),
        ] {
            let fields = format!("{OWNED}{fields}");
            assert_eq!(tasks(&[("V-1", &fields)], "2026-02-04", 14), [expected], "{fields}");
        }
        let nobody = tasks(&[("V-1", "original_risk_rating: low\n")], "2026-01-02", 14);
        assert_eq!(nobody, ["Waiting - V-1 poam assign V-1 --to NAME"]);
        assert!(tasks(&[("V-1", "status: closed\n")], "2026-03-04", 14).is_empty());
    }

    #[test]
    fn a_quiet_item_was_to_be_reviewed_when_it_became_stale() {
        let history = History::of(vec![created("2026-01-02", "V-1", "")]);
        let fields = format!("{OWNED}original_risk_rating: low\n");
        let store = store(&[("V-1", &fields)]);
        // 30 days are allowed: quiet for 33 days is late by 3.
        let list = TaskList::of(&store, &settings(""), Some(&history), day("2026-02-04"), 14);
        let review = list.tasks.iter().find(|task| task.kind == TaskKind::Review).unwrap();
        assert_eq!((review.due, review.days), (Some(day("2026-02-01")), Some(-3)));
    }
}
