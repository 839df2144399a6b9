//! What the events of a real repository say of past days is what its tree said on them.
#![allow(clippy::unwrap_used)]

mod support;

use poam::history::{History, read};
use poam::repository::Repository;
use poam::store::Tracker;
use poam::summary::Summary;
use support::Repo;

const ITEM: &str = "weakness_name: W\noriginal_detection_date: 2026-01-01\n";

fn history(repo: &Repo) -> History {
    let repository = Repository::open(&repo.path()).unwrap();
    let head = repository.head().unwrap().unwrap();
    read(&repository, head, "", "items/").unwrap()
}

fn summary(repo: &Repo, today: &str) -> Summary {
    let tracker = Tracker::find(&repo.path(), None).unwrap();
    let (store, history) = (tracker.load(), history(repo));
    Summary::of(&store, &tracker.settings, Some(&history), today.parse().unwrap(), None)
}

/// A step of a tracker's life: the day, and the files that change; none within is a removal.
type Step = (&'static str, &'static [(&'static str, Option<&'static str>)]);

const HIGH: &str = "status: open\noriginal_risk_rating: high\n";
const WAITS: &str = "status: open\noriginal_risk_rating: moderate\nvendor_dependency: {last_check_in: 2026-03-20}\n";
const RELEASED: &str = "status: open\noriginal_risk_rating: moderate\nvendor_dependency: {last_check_in: 2026-05-20, fix_released: 2026-05-30}\n";
const ASKED: &str = "status: open\noriginal_risk_rating: high\ndeviations: [{type: false-positive, state: denied}, {type: risk-adjustment, state: pending, adjusted_risk_rating: low}]\n";
const EASED: &str = "status: in-progress\noriginal_risk_rating: high\ndeviations:\n- {type: false-positive, state: denied}\n- {type: risk-adjustment, state: denied}\n- {type: risk-adjustment, state: approved, adjusted_risk_rating: low}\n";
const FEWER: &str = "status: in-progress\noriginal_risk_rating: high\ndeviations: [{type: risk-adjustment, state: approved, adjusted_risk_rating: moderate}]\n";
const LISTED: &str =
    "status: open\noriginal_risk_rating: low\nkev: {listed: true, due: 2026-02-15}\n";
const CLOSED: &str = "status: closed\noriginal_risk_rating: high\n";

const LIFE: [Step; 16] = [
    ("2026-01-02", &[("V-1", Some(HIGH)), ("V-2", Some(WAITS))]),
    ("2026-01-31", &[("V-3", Some(CLOSED))]),
    ("2026-02-01", &[("V-4", Some(LISTED))]),
    ("2026-02-20", &[("V-1", Some(ASKED))]),
    ("2026-03-10", &[("V-1", Some(EASED))]),
    ("2026-04-10", &[("V-4", None)]),
    ("2026-04-30", &[("V-1", Some(FEWER)), ("V-3", Some(HIGH))]),
    ("2026-05-01", &[("V-1", Some(EASED))]),
    ("2026-05-02", &[("V-1", Some(CLOSED))]),
    ("2026-05-03", &[("V-1", Some(ASKED))]),
    ("2026-05-04", &[("V-1", Some(FEWER))]),
    ("2026-05-31", &[("V-2", Some(RELEASED))]),
    ("2026-06-01", &[("V-2", Some(HIGH))]),
    ("2026-06-02", &[("V-2", Some(LISTED)), ("V-3", None), ("V-5", Some(HIGH))]),
    ("2026-06-30", &[("V-2", Some(CLOSED))]),
    ("2026-07-31", &[("V-4", Some(HIGH))]),
];

#[test]
fn the_trend_is_what_the_tree_said() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n");
    let mut ends: Vec<(String, usize, usize)> = Vec::new();
    for (day, files) in LIFE {
        for (id, fields) in files {
            let path = format!("items/{id}.yaml");
            match fields {
                Some(fields) => repo.write(&path, format!("id: {id}\n{ITEM}{fields}")),
                None => repo.remove(&path),
            };
        }
        repo.commit(day, "step");
        // What the tree says on the day, and what its events say.
        let now = summary(&repo, day);
        let last = now.trend.last().unwrap();
        assert_eq!(
            (last.open, last.overdue),
            (now.totals.open, Some(now.totals.overdue)),
            "on {day}"
        );
        let month = &day[..7];
        if ends.last().is_none_or(|(name, ..)| name != month) {
            ends.push((month.to_owned(), 0, 0));
        }
        // The same tree on the last day of the month, if nothing more lands.
        let end = format!("{month}-{}", if month.ends_with("02") { "28" } else { "30" });
        let then = summary(&repo, &end.max(day.to_owned()));
        let row = ends.last_mut().unwrap();
        (row.1, row.2) = (then.totals.open, then.totals.overdue);
    }
    let found: Vec<_> = summary(&repo, "2026-07-31")
        .trend
        .iter()
        .map(|it| (it.month.clone(), it.open, it.overdue.unwrap()))
        .collect();
    let same = |month: &str, list: &[(String, usize, usize)]| {
        list.iter().find(|(name, ..)| name == month).map(|(_, open, late)| (*open, *late))
    };
    assert_eq!(found.len(), 6);
    for (month, open, late) in &found {
        // The last day of a month with 31 days is a day later than what was asked above.
        assert_eq!(same(month, &ends), Some((*open, *late)), "{month}: {found:?}");
    }
    for pair in summary(&repo, "2026-07-31").trend.windows(2) {
        let [before, after] = pair else { continue };
        assert_eq!(after.open, before.open + after.opened - after.closed - after.removed);
    }
}

#[test]
fn the_same_tree_and_commits_make_the_same_text() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\nbaseline: 0\n");
    for number in 0..40 {
        let fields = ["high", "moderate", "low", "critical"][number % 4];
        let text = format!(
            "id: V-{number}\n{ITEM}status: open\noriginal_risk_rating: {fields}\npoint_of_contact: {{name: P{}}}\n",
            number % 7
        );
        repo.write(&format!("items/V-{number}.yaml"), text);
    }
    repo.commit("2026-01-02", "all");
    let first = summary(&repo, "2026-06-01");
    for _ in 0..5 {
        let again = summary(&repo, "2026-06-01");
        assert_eq!(first.text(true), again.text(true));
        assert_eq!(first.markdown(), again.markdown());
        assert_eq!(first.json(), again.json());
    }
}
