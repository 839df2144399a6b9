//! Tests that the events of a real repository agree with its trees about past days.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss
)]

use crate::support::Repo;
use chrono::{Datelike as _, Duration, Months, NaiveDate};
use poam::history::{History, read};
use poam::repository::Repository;
use poam::store::Tracker;
use poam::summary::Summary;

const ITEM: &str = "weakness_name: W\noriginal_detection_date: 2026-01-01\n";

fn history(repo: &Repo) -> History {
    let repository = Repository::open(&repo.path()).unwrap();
    let head = repository.head().unwrap().unwrap();
    read(&repository, head, "", "items/").unwrap()
}

fn summary(repo: &Repo, today: &str) -> Summary {
    let tracker = Tracker::find(&repo.path(), None).unwrap();
    let (store, history) = (tracker.load(), history(repo));
    Summary::compute(&store, &tracker.settings, Some(&history), today.parse().unwrap(), None)
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
        assert_eq!(first.text(None, true), again.text(None, true));
        assert_eq!(first.markdown(), again.markdown());
        assert_eq!(first.json(), again.json());
    }
}

/// An item of the simulated year, as the test itself keeps it.
struct Life {
    id: String,
    rating: &'static str,
    detected: NaiveDate,
    landed: NaiveDate,
    eased: Option<NaiveDate>,
    closed: Option<NaiveDate>,
    schedule: NaiveDate,
}

impl Life {
    fn open(&self, day: NaiveDate) -> bool {
        self.landed <= day && self.closed.is_none_or(|closed| closed > day)
    }

    fn is_eased(&self, day: NaiveDate) -> bool {
        self.eased.is_some_and(|eased| eased <= day)
    }

    fn counts(&self, day: NaiveDate) -> &'static str {
        if self.is_eased(day) { "moderate" } else { self.rating }
    }

    fn row(&self, day: NaiveDate) -> String {
        if self.is_eased(day) { format!("{}/moderate", self.rating) } else { self.rating.into() }
    }

    fn age(&self, day: NaiveDate) -> i64 {
        (day - self.detected).num_days()
    }

    fn overdue(&self, day: NaiveDate) -> bool {
        let days = match self.counts(day) {
            "high" => 30,
            "moderate" => 90,
            _ => 180,
        };
        self.open(day) && self.age(day) > days
    }

    fn file(&self, day: NaiveDate) -> String {
        let mut text = format!(
            "id: {}\nweakness_name: W\noriginal_detection_date: {}\noriginal_risk_rating: {}\nscheduled_completion_date: {}\n",
            self.id, self.detected, self.rating, self.schedule
        );
        if self.is_eased(day) {
            text += "deviations: [{type: risk-adjustment, state: approved, adjusted_risk_rating: moderate}]\n";
        }
        match self.closed {
            Some(day) => text += &format!("status: closed\ncompletion_date: {day}\n"),
            None => text += "status: open\n",
        }
        text
    }
}

/// The triggers of a day, counted from what the test knows.
fn triggers(lives: &[Life], day: NaiveDate) -> Vec<&'static str> {
    let older = |rating: &str, days: i64| {
        let counts = |it: &&Life| it.open(day) && it.counts(day) == rating && it.age(day) > days;
        lives.iter().filter(counts).count()
    };
    let table = [
        ("E-04", "high", 30, 5),
        ("E-05", "high", 60, 5),
        ("E-06", "moderate", 90, 10),
        ("E-07", "moderate", 120, 10),
    ];
    let met = table.into_iter().filter(|(_, rating, days, most)| older(rating, *days) >= *most);
    met.map(|(name, ..)| name).collect()
}

#[test]
fn a_simulated_year_has_the_numbers_that_were_put_into_it() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").commit("2025-11-30", "start");
    let mut seed = 20_261_122_u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let day = |year: i32, month: u32, day: u32| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    let mut lives: Vec<Life> = Vec::new();
    let mut slips: Vec<i64> = Vec::new();
    let mut ends = Vec::new();
    for month in 0..12_u32 {
        let (year, month) = if month == 0 { (2025, 12) } else { (2026, month) };
        for at in [6, 21] {
            let today = day(year, month, at);
            for _ in 0..3 + random(4) {
                let rating = ["high", "moderate", "moderate", "low"][random(4) as usize];
                let detected = today - Duration::days(random(45) as i64);
                let id = format!("V-{}", lives.len());
                let schedule = detected + Duration::days(30);
                lives.push(Life {
                    id,
                    rating,
                    detected,
                    landed: today,
                    eased: None,
                    closed: None,
                    schedule,
                });
            }
            for life in &mut lives {
                if !life.open(today) {
                    continue;
                }
                let fresh = life.landed == today;
                match random(12) {
                    0 if !fresh => life.closed = Some(today),
                    1 if life.rating == "high" && life.eased.is_none() => life.eased = Some(today),
                    2 if !fresh => {
                        let days = 1 + random(60) as i64;
                        life.schedule += Duration::days(days);
                        slips.push(days);
                    }
                    _ => {}
                }
                repo.write(&format!("items/{}.yaml", life.id), life.file(today));
            }
            repo.commit(&today.to_string(), "step");
        }
        let next = if month == 12 { day(year + 1, 1, 1) } else { day(year, month + 1, 1) };
        ends.push(next - Duration::days(1));
    }
    let today = day(2026, 11, 30);
    let summary = summary(&repo, "2026-11-30");
    let last = &ends[6..];
    let months: Vec<&str> = summary.trend.iter().map(|it| it.month.as_str()).collect();
    assert_eq!(months, last.iter().map(|end| end.to_string()[..7].to_owned()).collect::<Vec<_>>());
    let count = |test: &dyn Fn(&Life) -> bool| lives.iter().filter(|it| test(it)).count();
    for (found, end) in summary.trend.iter().zip(last) {
        let within = |day: NaiveDate| (day.year(), day.month()) == (end.year(), end.month());
        assert_eq!(found.open, count(&|it| it.open(*end)), "{end}");
        assert_eq!(found.overdue, Some(count(&|it| it.overdue(*end))), "{end}");
        assert_eq!(found.opened, count(&|it| within(it.landed)), "{end}");
        assert_eq!(found.closed, count(&|it| it.closed.is_some_and(within)), "{end}");
        for (risk, open) in found.by_risk.as_ref().unwrap() {
            let same = |it: &Life| it.open(*end) && it.counts(*end) == risk.as_str();
            assert_eq!(*open, count(&same), "{end} {risk}");
        }
    }
    let monthly = summary.monthly.as_ref().unwrap();
    for row in &monthly.open {
        let expected: Vec<_> = last
            .iter()
            .map(|end| Some(count(&|it| it.open(*end) && it.row(*end) == row.rating.to_string())))
            .collect();
        assert_eq!(row.counts, expected, "{}", row.rating);
    }
    assert!(monthly.open[1].counts.iter().any(|it| *it > Some(0)), "some were adjusted");
    for row in &monthly.age {
        let member = |it: &Life| it.open(today) && it.row(today) == row.rating.to_string();
        let bins = [(0, 30), (31, 60), (61, 90), (91, 120), (121, 9999)]
            .map(|(a, b)| count(&|it| member(it) && (a..=b).contains(&it.age(today))));
        assert_eq!(row.bins.values().copied().collect::<Vec<_>>(), bins, "{}", row.rating);
        assert_eq!(row.past_due, count(&|it| member(it) && it.overdue(today)), "{}", row.rating);
    }
    // Triggers today, and those that came to be realized several times within six months.
    let since = today.checked_sub_months(Months::new(6)).unwrap();
    let then: Vec<Vec<&str>> = since
        .iter_days()
        .skip(1)
        .take_while(|day| *day <= today)
        .map(|day| triggers(&lives, day))
        .collect();
    let mut expected: Vec<String> =
        triggers(&lives, today).into_iter().map(str::to_owned).collect();
    assert!(!expected.is_empty(), "the year should realize something");
    for trigger in ["E-04", "E-05", "E-06", "E-07"] {
        let (mut times, mut was) = (0, false);
        for is in then.iter().map(|all| all.contains(&trigger)) {
            times += usize::from(is && !was);
            was = is;
        }
        if times >= 2 {
            expected.push(format!("E-12 {trigger} realized {times} times"));
        }
    }
    let found: Vec<String> = summary
        .escalations
        .iter()
        .map(|it| match it.trigger {
            "E-12" => format!("E-12 {}", it.fact.split(" within").next().unwrap()),
            name => name.to_owned(),
        })
        .collect();
    assert_eq!(found, expected);
    for line in &summary.time_to_close {
        let closed = |it: &&Life| it.closed.is_some() && it.counts(today) == line.risk.as_str();
        let days: Vec<i64> =
            lives.iter().filter(closed).map(|it| it.age(it.closed.unwrap())).collect();
        let mean = days.iter().sum::<i64>() as f64 / days.len() as f64;
        assert_eq!((line.closed, line.longest_days), (days.len(), *days.iter().max().unwrap()));
        assert!((line.mean_days - mean).abs() <= 0.051, "{} {mean}", line.mean_days);
    }
    let found = summary.slips.as_ref().unwrap();
    assert_eq!((found.count, found.worst_days), (slips.len(), *slips.iter().max().unwrap()));
    let mean = slips.iter().sum::<i64>() as f64 / slips.len() as f64;
    assert!((found.mean_days - mean).abs() <= 0.051);
}

#[test]
fn what_changed_since_a_snapshot_is_told() {
    let repo = Repo::new();
    let item = |id: &str, rest: &str| {
        format!(
            "id: {id}\n{ITEM}original_risk_rating: high\nscheduled_completion_date: 2026-01-31\n{rest}"
        )
    };
    repo.write("poam.yaml", "version: 1\n")
        .write("items/V-1.yaml", item("V-1", "status: open\n"))
        .write("items/V-2.yaml", item("V-2", "status: open\n"))
        .commit("2026-01-20", "start");
    repo.poam(0, &["snapshot"]);
    repo.write("items/V-1.yaml", item("V-1", "status: open\n").replace("01-31", "02-10"))
        .write("items/V-2.yaml", item("V-2", "status: closed\n"))
        .write("items/V-3.yaml", item("V-3", "status: open\n"))
        .commit("2026-02-05", "later");
    let (out, _) = repo.poam(0, &["summary", "--since", "2026-01", "--today", "2026-02-06"]);
    for part in [
        "Since poam/2026-01 (2026-01-20, 17 days ago)\n  1 opened: V-3\n  1 closed: V-2\n",
        "  V-1   schedule  2026-01-31  2026-02-10  10 days\n",
        "  poam/2026-01  2026-01-20     2",
    ] {
        assert!(out.contains(part), "{part}\n---\n{out}");
    }
    for since in ["poam/2026-01", "HEAD~1", "2026-01-25"] {
        let arguments = ["summary", "--since", since, "--format", "json"];
        let (out, _) = repo.poam(0, &arguments);
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(json["since"]["closed"], serde_json::json!(["V-2"]), "{since}");
        assert_eq!(json["submissions"][0]["name"], "poam/2026-01");
    }
    let (out, _) = repo.poam(0, &["summary", "--since", "HEAD"]);
    assert!(out.contains("nothing changed"), "{out}");
    // Nothing runs backwards.
    for (since, as_of) in [
        ("2026-02-01", "2026-01-31"),
        ("HEAD", "HEAD~1"),
        ("HEAD", "2026-01-31"),
        ("2026-03-01", "2026-02-28"),
        ("2999-01-01", "HEAD"),
    ] {
        let (_, err) = repo.poam(2, &["summary", "--since", since, "--as-of", as_of]);
        assert!(err.contains(&format!("--since {since} is later than what is looked at")), "{err}");
    }
    let (_, err) = repo.poam(2, &["--today", "2026-02-06", "summary", "--since", "2026-02-07"]);
    assert!(err.contains("later than what is looked at, 2026-02-06"), "{err}");
    repo.poam(0, &["summary", "--since", "2026-01", "--as-of", "2026-01-31"]);
    repo.poam(0, &["summary", "--since", "2026-01-31", "--as-of", "2026-02-28"]);
    let (_, err) = repo.poam(2, &["summary", "--since", "nowhere"]);
    assert!(err.contains("nowhere"), "{err}");
    let (out, _) = repo.poam(0, &["summary", "--by", "month", "--today", "2026-02-06"]);
    assert!(out.contains("By month of detection\n  Detected  Open"), "{out}");
    assert!(!out.contains("By status"), "{out}");
}
