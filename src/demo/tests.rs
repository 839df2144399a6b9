//! Tests of the demonstration: equal bytes for an equal end date, clean files, a legal history.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::history::{self, Action, EventValue, History};
use crate::model::{
    Deadlines, DeviationState, DeviationType, Due, Exemption, Kind, PermanentValues, RiskRating,
    Status, Workflow,
};
use crate::people::People;
use crate::rules::{self, Context};
use crate::schema::Schema;
use crate::store::{Store, Tracker};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const END: &str = "2026-11-22";

struct DemoTracker {
    dir: tempfile::TempDir,
    demo: DemoCounts,
    repository: Repository,
    tracker: Tracker,
    store: Store,
    history: History,
}

impl DemoTracker {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let demo = write(dir.path(), day(END)).unwrap();
        let repository = Repository::open(dir.path()).unwrap();
        let tracker = Tracker::find(dir.path(), Some(dir.path())).unwrap();
        let store = tracker.load();
        let head = repository.head().unwrap().unwrap();
        let history = history::read(&repository, head, "", &tracker.items_folder()).unwrap();
        Self { dir, demo, repository, tracker, store, history }
    }

    fn count(&self, of: impl Fn(&crate::model::Item) -> bool) -> usize {
        self.store.items().iter().filter(|stored| of(&stored.item)).count()
    }
}

#[test]
fn the_tracker_is_what_it_should_be() {
    let world = DemoTracker::new();
    the_same_end_gives_the_same_commits(&world);
    every_feature_has_something_to_show(&world);
    its_files_are_clean(&world);
    its_history_keeps_to_the_workflow(&world);
}

fn the_same_end_gives_the_same_commits(one: &DemoTracker) {
    let two = tempfile::tempdir().unwrap();
    let demo = write(&two.path().join("new/folder"), day(END)).unwrap();
    let other = Repository::open(&two.path().join("new/folder")).unwrap();
    assert_eq!(one.demo, demo);
    assert_eq!(one.repository.head().unwrap(), other.head().unwrap());
    // Nothing is left to commit, and there is one branch.
    let mut status = std::process::Command::new("git");
    status.args(["-C", &one.dir.path().display().to_string(), "status", "--porcelain"]);
    assert_eq!(String::from_utf8_lossy(&status.output().unwrap().stdout), "");
    let tips = one.repository.branch_tips().unwrap();
    assert_eq!(tips.iter().map(|tip| tip.0.as_str()).collect::<Vec<_>>(), ["refs/heads/main"]);
    assert!(matches!(write(one.dir.path(), day(END)), Err(DemoError::NotEmpty(_))));
}

#[test]
fn the_year_ends_before_the_given_day() {
    let script = Script::load().unwrap();
    // Weekends fall on other days each time, and one of the years has a leap day.
    for end in ["2026-11-25", "2024-05-03", "2027-01-02"] {
        let plan =
            DemoPlan::plan_year(&script, day(end)).unwrap_or_else(|error| panic!("{end}: {error}"));
        let times: Vec<_> = plan.commits.iter().map(|commit| commit.author.time).collect();
        let days: Vec<_> = times.iter().map(|time| time.to_utc().date_naive()).collect();
        assert!(times.is_sorted(), "{end}");
        assert!(days.iter().all(|one| *one < day(end) && (day(end) - *one).num_days() <= 365));
    }
    assert!(matches!(DemoPlan::plan_year(&script, NaiveDate::MIN), Err(DemoError::End(_))));
}

fn every_feature_has_something_to_show(world: &DemoTracker) {
    assert_eq!(world.demo.items, world.store.items().len());
    for status in Status::BUILT_IN {
        assert!(world.count(|item| item.status == status) >= 2, "{status}");
    }
    for rating in RiskRating::ALL {
        assert!(world.count(|item| item.original_risk_rating == rating) >= 2, "{rating}");
    }
    for kind in [Kind::Configuration, Kind::Documentation] {
        let open = world.count(|item| item.kind == kind && item.status != "closed");
        let closed = world.count(|item| item.kind == kind && item.status == "closed");
        assert!(open >= 1 && closed >= 1, "{kind:?}");
    }
    use DeviationState::{Approved, Denied, Pending};
    use DeviationType::{FalsePositive, OperationalRequirement, RiskAdjustment};
    for kind in [RiskAdjustment, FalsePositive, OperationalRequirement] {
        for state in [Pending, Approved, Denied] {
            let has = |item: &crate::model::Item| {
                item.deviation(kind).is_some_and(|deviation| deviation.state == state)
            };
            assert!(world.count(has) >= 1, "{kind} {state:?}");
        }
    }
    let open_cm6 = |item: &crate::model::Item| {
        item.kind == Kind::Weakness && item.status != "closed" && item.controls == ["CM-6"]
    };
    assert_eq!(world.count(open_cm6), 1);
    let today = day(END);
    let late = |item: &crate::model::Item| {
        let permanent = PermanentValues::resolve(item, None);
        let due = Due::compute(item, permanent, &Deadlines::FEDRAMP);
        item.status != "closed"
            && due.days_past(today) > 0
            && Exemption::find(item, permanent, today).is_none()
    };
    let names = |of: &dyn Fn(&crate::model::Item) -> bool| -> Vec<String> {
        let items = world.store.items().iter().filter(|stored| of(&stored.item));
        items.map(|stored| stored.item.weakness_name.clone()).collect()
    };
    // Nothing is late but the entry of the catalog.
    assert_eq!(names(&late), ["Firewall management interface allows a bypass of authentication"]);
    assert!(world.count(|item| item.kev.is_some() && item.status != "closed") >= 2);
    assert_eq!(names(&|item| item.point_of_contact.is_none()).len(), 1);
    let released = |item: &crate::model::Item| {
        item.vendor_dependency.as_ref().is_some_and(|vendor| vendor.fix_released.is_some())
    };
    assert_eq!(world.count(released), 1);
    for (what, count) in [
        ("dependencies", world.count(|item| !item.dependencies.is_empty())),
        ("successor", world.count(|item| item.successor_of.is_some())),
        ("sensitive", world.count(|item| !item.sensitive.is_empty())),
        ("mappings", world.count(|item| !item.mappings.is_empty())),
        ("vendors", world.count(|item| item.vendor_dependency.is_some())),
        ("reviews", world.count(|item| !item.reviews.is_empty())),
        ("evaluations", world.count(|item| item.ver.is_some())),
    ] {
        assert!(count >= 1, "{what}");
    }
    let soon = |item: &crate::model::Item| {
        let review = item.risk_acceptance.as_ref().and_then(|acceptance| acceptance.review_by);
        review.is_some_and(|review| (0..=14).contains(&(review - today).num_days()))
    };
    assert_eq!(world.count(soon), 1, "a review of a risk acceptance is near");
    let comments = world.store.items().iter().filter(|it| it.document.text().contains("\n# "));
    assert!(comments.count() >= 5);
}

fn its_files_are_clean(world: &DemoTracker) {
    assert_eq!(world.store.unreadable(), 0);
    for stored in world.store.items() {
        let said = Schema::Item.check(&stored.document, stored.value());
        assert!(said.is_empty(), "{}: {said:?}", stored.path());
        assert!(stored.document.text().starts_with("# yaml-language-server: $schema=../"));
    }
    let settings = &world.tracker.settings;
    assert_eq!(settings.system.name.as_deref(), Some("Example Cloud"));
    assert_eq!(settings.people.len(), 6);
    assert!(rules::check_settings(settings).is_empty());
    let people = People::new([], &settings.people, None);
    let context = Context {
        store: &world.store,
        settings,
        today: day(END),
        history: Some(&world.history),
        people: &people,
        reported: None,
    };
    // The demo contains each of these problems on purpose.
    let wanted = [
        "missing-owner",
        "placeholder-owner",
        "unknown-owner",
        "overdue",
        "kev-overdue",
        "vendor-check-in-overdue",
        "stale",
    ];
    let checked = rules::check(&context, None);
    let errors =
        checked.diagnostics.iter().filter(|one| one.level == crate::diagnostic::Level::Error);
    let errors: Vec<_> = errors.collect();
    assert!(errors.len() <= 8, "{errors:#?}");
    for error in errors {
        assert!(wanted.contains(&error.rule), "{}: {}", error.rule, error.message);
    }
}

fn its_history_keeps_to_the_workflow(world: &DemoTracker) {
    let workflow = Workflow::default();
    let events = &world.history.events;
    let mut actions: BTreeMap<Action, usize> = BTreeMap::new();
    let mut people = BTreeSet::new();
    let mut moves = BTreeSet::new();
    for event in events {
        *actions.entry(event.action).or_default() += 1;
        people.extend(event.actor.iter().map(|actor| actor.name.clone()));
        if event.action == Action::StatusChanged {
            let status = |value: &EventValue| value.as_str().unwrap().parse::<Status>().unwrap();
            let (from, to) = (status(&event.old), status(&event.new));
            assert!(workflow.find_move(&from, &to).is_some(), "{:?}: {from} -> {to}", event.item);
            moves.insert((from, to));
        }
        if event.action == Action::MilestoneRescheduled {
            assert!(event.reason.is_some(), "{:?}", event.item);
        }
    }
    assert!(moves.iter().any(|(from, _)| *from == Status::CLOSED), "something is reopened");
    let absent = [
        Action::ItemDeleted,
        Action::ItemRenamed,
        Action::MilestoneRemoved,
        Action::EvidenceRemoved,
        // Its reviews are recorded in one step.
        Action::ReviewRequested,
        Action::ReviewSubmitted,
        Action::ReviewReturned,
        Action::ReviewCompleted,
        Action::Unreadable,
    ];
    for action in Action::ALL {
        assert_eq!(actions.contains_key(&action), !absent.contains(&action), "{action}");
    }
    assert!(people.len() >= 8, "{people:?}");
    assert!(events.iter().any(|event| !event.co_actors.is_empty()), "pull requests of several");
    assert!(events.iter().any(|event| event.is_landed_by_another()));
    let slips = |name: &str| {
        let stored = world.store.items().iter().find(|it| it.item.weakness_name == name).unwrap();
        world.history.times_rescheduled(&stored.item.id)
    };
    assert_eq!(slips("SSH Weak MAC Algorithms Enabled"), 3);
    // One owner's milestones move by a fortnight each time.
    let by_elena = events.iter().filter(|event| {
        event.action == Action::MilestoneRescheduled && event.actor_name() == "Elena Vasquez"
    });
    let day_of = |value: &EventValue| day(value.as_str().unwrap());
    let by: Vec<_> =
        by_elena.map(|event| (day_of(&event.new) - day_of(&event.old)).num_days()).collect();
    assert!(by.len() >= 5 && by.iter().all(|days| *days == 14), "{by:?}");
    // All but one item saw something in the last month.
    let quiet = |stored: &&crate::store::Stored| {
        let record = world.history.record(&stored.item.id).unwrap();
        stored.item.status != "closed" && (day(END) - record.status_date()).num_days() > 30
    };
    let quiet: Vec<_> = world.store.items().iter().filter(quiet).collect();
    assert_eq!(quiet.len(), 1);
    assert!(quiet[0].item.weakness_name.starts_with("Passwords of service accounts"));
}
