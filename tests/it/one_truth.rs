//! One truth: on random histories, every output of the program has the same detection date, rating,
//! due date, lateness, slips and planned milestones, and they are those of an independent model,
//! which is written here from the public rules.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use serde_json::Value;

use crate::support::Repo;
use poam::workbook::{Field, Reading, SheetRole, cell_text, read};

/// Random numbers that are the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[usize::try_from(self.below(values.len() as u64)).unwrap()]
    }
}

const RATINGS: [&str; 4] = ["low", "moderate", "high", "critical"];

#[derive(Clone, PartialEq)]
struct ModelMilestone {
    id: u32,
    due: NaiveDate,
}

/// An item as its file says it.
#[derive(Clone, PartialEq)]
struct Item {
    detected: NaiveDate,
    rating: &'static str,
    closed: Option<NaiveDate>,
    scheduled: Option<NaiveDate>,
    steps: Vec<ModelMilestone>,
    /// The state of a risk adjustment, and the rating that it asks for.
    adjustment: Option<(&'static str, &'static str)>,
    requirement: bool,
    /// The last check-in with the vendor, and the day of the release.
    vendor: Option<(NaiveDate, Option<NaiveDate>)>,
    kev: Option<NaiveDate>,
}

/// An item with what its history makes of it.
struct Life {
    now: Item,
    first: (NaiveDate, &'static str),
    planned: Vec<ModelMilestone>,
    slips: usize,
}

fn plus(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap()
}

/// The days for a rating (template 3.0, Instructions).
fn days(rating: &str) -> u64 {
    match rating {
        "low" => 180,
        "moderate" => 90,
        _ => 30,
    }
}

fn in_workbook(rating: &str) -> &str {
    if rating == "critical" { "high" } else { rating }
}

impl Life {
    /// The earlier detection applies.
    fn detected(&self) -> NaiveDate {
        self.first.0.min(self.now.detected)
    }

    /// Only an approved adjustment changes the rating at the time of detection.
    fn rating(&self) -> &'static str {
        match self.now.adjustment {
            Some(("approved", rating)) => rating,
            _ => self.first.1,
        }
    }

    fn scheduled(&self) -> NaiveDate {
        plus(self.detected(), days(self.rating()))
    }

    fn due(&self) -> NaiveDate {
        let released = self.now.vendor.and_then(|(_, released)| released);
        let due = plus(released.unwrap_or_else(|| self.detected()), days(self.rating()));
        self.now.kev.map_or(due, |kev| kev.min(due))
    }

    fn is_exempt(&self, today: NaiveDate) -> bool {
        let waits = self.now.vendor.is_some_and(|(asked, released)| {
            let ago = (today - asked).num_days();
            released.is_none()
                && matches!(self.rating(), "low" | "moderate")
                && (0..=30).contains(&ago)
        });
        waits || self.now.requirement
    }

    fn days_overdue(&self, today: NaiveDate) -> i64 {
        if self.now.closed.is_some() || self.is_exempt(today) {
            return 0;
        }
        (today - self.due()).num_days().max(0)
    }

    fn days_open(&self, today: NaiveDate) -> Option<i64> {
        let until = self.now.closed.unwrap_or(today);
        let days = (until - self.detected()).num_days();
        match self.now.closed {
            Some(_) => Some(days).filter(|days| *days >= 0),
            None => Some(days.max(0)),
        }
    }
}

fn file(id: &str, item: &Item) -> String {
    let mut text = format!(
        "id: {id}\nweakness_name: Weakness {id}\nweakness_description: A flaw.\ncontrols: [SI-2]\n\
         detector_source: Nessus\nsource_identifier: \"5{id}\"\nassets: [web-01]\n\
         point_of_contact: {{name: Ana Ruiz}}\nremediation_plan: Patch it\n\
         original_detection_date: {}\noriginal_risk_rating: {}\n",
        item.detected, item.rating
    );
    if let Some(day) = item.scheduled {
        text += &format!("scheduled_completion_date: {day}\n");
    }
    if !item.steps.is_empty() {
        text += "milestones:\n";
    }
    for step in &item.steps {
        let state =
            if item.closed.is_some() { ", status: completed, completed: 2026-01-02" } else { "" };
        text += &format!(
            "  - {{id: {0}, description: Step {0}, due: {1}{state}}}\n",
            step.id, step.due
        );
    }
    let mut deviations = String::new();
    if let Some((state, rating)) = item.adjustment {
        deviations += &format!(
            "  - {{type: risk-adjustment, state: {state}, adjusted_risk_rating: {rating}, rationale: R, \
             approver: {{name: A O}}, decided: 2026-01-03}}\n"
        );
    }
    if item.requirement {
        deviations += "  - {type: operational-requirement, state: approved, rationale: R, approver: {name: A O}, decided: 2026-01-03}\n";
    }
    if !deviations.is_empty() {
        text += &format!("deviations:\n{deviations}");
    }
    if let Some((asked, released)) = item.vendor {
        let released = released.map(|day| format!(", fix_released: {day}")).unwrap_or_default();
        text += &format!(
            "vendor_dependency: {{vendor: V, product: P, last_check_in: {asked}{released}}}\n"
        );
    }
    if let Some(due) = item.kev {
        text += &format!(
            "kev: {{listed: true, due: {due}}}\nver: {{overdue_explanation: waits for the vendor}}\n"
        );
    }
    match item.closed {
        Some(day) => {
            text + &format!(
                "evidence: [{{reference: CHG-1}}]\ncompletion_date: {day}\nstatus: closed\n"
            )
        }
        None => text + "status: in-progress\n",
    }
}

fn new_item(random: &mut Random, day: NaiveDate) -> Item {
    Item {
        detected: day.checked_sub_days(Days::new(random.below(100))).unwrap(),
        rating: random.one_of(&RATINGS),
        closed: None,
        scheduled: (random.below(3) == 0).then(|| plus(day, random.below(60))),
        steps: (0..random.below(3))
            .map(|at| ModelMilestone {
                id: u32::try_from(at).unwrap() + 1,
                due: plus(day, 10 + at),
            })
            .collect(),
        adjustment: None,
        requirement: false,
        vendor: None,
        kev: None,
    }
}

/// Changes an item in one way; what slips is counted by the model.
fn change(random: &mut Random, life: &mut Life, day: NaiveDate) {
    let item = &mut life.now;
    match random.below(12) {
        0 => item.detected = plus(item.detected, random.below(90)),
        1 => item.detected = item.detected.checked_sub_days(Days::new(random.below(40))).unwrap(),
        2 => item.rating = random.one_of(&RATINGS),
        3 => {
            let to = plus(day, random.below(90));
            life.slips += usize::from(item.scheduled.is_some_and(|from| to > from));
            item.scheduled = Some(to);
        }
        4 | 5 if !item.steps.is_empty() => {
            let at = usize::try_from(random.below(item.steps.len() as u64)).unwrap();
            let to = plus(day, random.below(60));
            life.slips += usize::from(to > item.steps[at].due);
            item.steps[at].due = to;
        }
        4..=6 => {
            let id = item.steps.iter().map(|step| step.id).max().unwrap_or(0) + 1;
            item.steps.push(ModelMilestone { id, due: plus(day, 5 + random.below(40)) });
            if life.planned.is_empty() {
                life.planned.clone_from(&item.steps);
            }
        }
        7 => {
            let state = random.one_of(&["pending", "approved", "denied"]);
            item.adjustment = Some((state, random.one_of(&RATINGS)));
        }
        8 => item.requirement = !item.requirement,
        9 => {
            let released = (random.below(3) == 0).then(|| day.pred_opt().unwrap());
            item.vendor = Some((day, released));
        }
        10 => item.kev = Some(plus(day, random.below(60))),
        _ => {
            item.closed = match item.closed {
                Some(_) => None,
                // Now and then before it was found: a fault of the data.
                None => Some(
                    plus(item.detected, random.below(120)).checked_sub_days(Days::new(20)).unwrap(),
                ),
            };
        }
    }
}

/// Makes a tracker with a random history; its items, and the day after the last commit.
fn live(repo: &Repo, seed: u64) -> (BTreeMap<String, Life>, NaiveDate) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut day: NaiveDate = "2026-01-05".parse().unwrap();
    repo.poam(0, &["init"]);
    let settings = repo.read("poam.yaml");
    repo.write(
        "poam.yaml",
        settings + "\nsystem: {provider: P, name: N, impact_level: moderate, certification_package: \"https://example.com/o.json\"}\nvdr_adopted: 2027-01-01\n",
    );
    let mut lives: BTreeMap<String, Life> = BTreeMap::new();
    for number in 1..=5 {
        let id = format!("V-{number}");
        let item = new_item(&mut random, day);
        repo.write(&format!("items/{id}.yaml"), file(&id, &item));
        let (first, planned) = ((item.detected, item.rating), item.steps.clone());
        lives.insert(id, Life { now: item, first, planned, slips: 0 });
    }
    repo.commit(&day.to_string(), "first");
    for _ in 0..20 {
        day = plus(day, 1 + random.below(9));
        let id = format!("V-{}", 1 + random.below(5));
        let life = lives.get_mut(&id).unwrap();
        let before = file(&id, &life.now);
        change(&mut random, life, day);
        let after = file(&id, &life.now);
        if after != before {
            repo.write(&format!("items/{id}.yaml"), after);
            repo.commit(&day.to_string(), "The reason is told");
        }
    }
    (lives, plus(day, 1 + random.below(40)))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn cell(reading: &Reading, id: &str, field: Field) -> Option<String> {
    let is_row = |text: &str| text == id || text.starts_with(&format!("{id}: "));
    let row = reading.rows.iter().find(|row| {
        let cell = row.cells.get(&Field::PoamId).or_else(|| row.cells.get(&Field::Weakness));
        cell.is_some_and(|cell| is_row(&cell_text(&cell.value)))
    })?;
    Some(row.cells.get(&field).map(|cell| cell_text(&cell.value)).unwrap_or_default())
}

/// The ids of the overdue items, by the model.
fn overdue(lives: &BTreeMap<String, Life>, today: NaiveDate) -> BTreeSet<String> {
    let late = lives.iter().filter(|(_, life)| life.days_overdue(today) > 0);
    late.map(|(id, _)| id.clone()).collect()
}

fn ids(list: &Value) -> BTreeSet<String> {
    let ids = list.as_array().unwrap().iter();
    ids.map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// Lists, one item, filters, tables.
fn check_lists(repo: &Repo, lives: &BTreeMap<String, Life>, today: NaiveDate) {
    let day = today.to_string();
    let list = json(&repo.poam(0, &["list", "--format", "json", "--today", &day]).0);
    let csv = repo.poam(0, &["list", "--format", "csv", "--today", &day]).0;
    for item in list.as_array().unwrap() {
        let id = item["id"].as_str().unwrap();
        let (life, derived) = (&lives[id], &item["derived"]);
        let said = (
            derived["detected"].as_str().unwrap(),
            derived["original_risk"].as_str().unwrap(),
            derived["risk"].as_str().unwrap(),
            derived["effective_due"].as_str().unwrap(),
            derived["days_overdue"].as_i64().unwrap(),
            derived["overdue"].as_bool().unwrap(),
            derived["times_rescheduled"].as_u64().unwrap(),
            derived["days_open"].as_i64(),
        );
        let (detected, due) = (life.detected().to_string(), life.due().to_string());
        let late = life.days_overdue(today);
        let expected = (
            detected.as_str(),
            life.first.1,
            life.rating(),
            due.as_str(),
            late,
            late > 0,
            life.slips as u64,
            life.days_open(today),
        );
        assert_eq!(
            said,
            expected,
            "{id} on {today}\n{}",
            repo.git(&["log", "-p", "--", &format!("items/{id}.yaml")])
        );
        let show = json(&repo.poam(0, &["show", id, "--format", "json", "--today", &day]).0);
        assert_eq!(&show["derived"], derived, "{id}");
        let line = csv.lines().find(|line| line.starts_with(&format!("{id},"))).unwrap();
        for value in [&detected, &due, &format!(",{late},")] {
            assert!(line.contains(value.as_str()), "{line}: {value}");
        }
    }
    let found = |filter: &str| {
        let list =
            repo.poam(0, &["list", "--where", filter, "--format", "json", "--today", &day]).0;
        let list = json(&list);
        let items = list.as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect::<BTreeSet<String>>()
    };
    let meant = |test: &dyn Fn(&Life) -> bool| {
        let some = lives.iter().filter(|(_, life)| test(life));
        some.map(|(id, _)| id.clone()).collect::<BTreeSet<String>>()
    };
    assert_eq!(found("overdue"), overdue(lives, today));
    let middle = lives["V-1"].detected();
    assert_eq!(found(&format!("detected<{middle}")), meant(&|life| life.detected() < middle));
    assert_eq!(
        found(&format!("due<={today}")),
        meant(&|life| life.now.closed.is_none() && life.due() <= today)
    );
    assert_eq!(found("risk=moderate"), meant(&|life| life.rating() == "moderate"));
}

/// The summary, the rules, the report.
fn check_counts(repo: &Repo, lives: &BTreeMap<String, Life>, today: NaiveDate) {
    let day = today.to_string();
    let late = overdue(lives, today);
    let summary = json(&repo.poam(0, &["summary", "--format", "json", "--today", &day]).0);
    assert_eq!(ids(&summary["overdue"]), late);
    assert_eq!(summary["totals"]["overdue"], late.len());
    let slips: usize = lives.values().map(|life| life.slips).sum();
    assert_eq!(summary["slips"]["count"], slips);
    assert_eq!(summary["commit"], repo.git(&["rev-parse", "HEAD"]).trim());
    for rating in RATINGS {
        let open =
            lives.values().filter(|life| life.now.closed.is_none() && life.rating() == rating);
        assert_eq!(summary["by_risk"][rating]["open"], open.count(), "{rating}");
        let mut took: Vec<i64> = lives
            .values()
            .filter(|life| life.now.closed.is_some() && life.rating() == rating)
            .filter_map(|life| life.days_open(today))
            .collect();
        took.sort_unstable();
        let line =
            summary["time_to_close"].as_array().unwrap().iter().find(|it| it["risk"] == rating);
        if took.is_empty() {
            assert_eq!(line, None);
            continue;
        }
        let half = took.len() / 2;
        #[allow(clippy::cast_precision_loss)]
        let median = match took.len() % 2 {
            0 => (took[half - 1] + took[half]) as f64 / 2.0,
            _ => took[half] as f64,
        };
        assert_eq!(line.unwrap()["median_days"].as_f64(), Some(median), "{took:?}");
    }
    let output = repo.try_poam(&["validate", "--format", "json", "--today", &day]);
    let checked = json(&String::from_utf8(output.stdout).unwrap());
    let rules = ["overdue", "kev-overdue", "high-vendor-dependency"];
    let said: BTreeSet<String> = checked["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| rules.iter().any(|rule| one["rule"] == *rule) && one["level"] == "error")
        .map(|one| one["item"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(said, late, "{checked:#}");
    repo.poam(0, &["report", "-o", "report", "--today", &day]);
    let data = repo.read("report/data.js");
    for (id, life) in lives {
        let row = data.lines().find(|line| line.starts_with(&format!("[\"{id}\""))).unwrap();
        let row = json(row.trim_end_matches(','));
        assert_eq!(row[2], life.rating(), "{id}");
        assert_eq!(row[5], life.detected().to_string(), "{id}");
        assert_eq!(row[6], life.due().to_string(), "{id}");
        assert_eq!(row[7], life.days_overdue(today), "{id}");
        assert_eq!(row[8], life.slips, "{id}");
    }
    std::fs::remove_dir_all(repo.path().join("report")).unwrap();
}

/// The workbook in every layout.
fn check_workbooks(repo: &Repo, lives: &BTreeMap<String, Life>, today: NaiveDate) {
    let day = today.to_string();
    let late = overdue(lives, today);
    for layout in ["3.0", "2.1", "rev4", "federal"] {
        let path = repo.beside("w.xlsx");
        let out = path.to_str().unwrap();
        repo.poam(0, &["-q", "workbook", "-o", out, "--template", layout, "--date", &day]);
        let reading = read(&path).unwrap();
        for (id, life) in lives {
            let is = |field: Field| cell(&reading, id, field).unwrap();
            if layout != "federal" {
                assert_eq!(
                    is(Field::OriginalDetectionDate),
                    life.detected().to_string(),
                    "{layout} {id}"
                );
                let rating = is(Field::OriginalRiskRating).to_lowercase();
                assert_eq!(rating, in_workbook(life.first.1), "{layout} {id}");
            }
            if layout == "3.0" && life.now.closed.is_none() {
                let scheduled = is(Field::ScheduledCompletionDate);
                assert_eq!(scheduled, life.scheduled().to_string(), "{layout} {id}");
            }
            if matches!(layout, "2.1" | "rev4") {
                let planned: Vec<String> = life
                    .planned
                    .iter()
                    .map(|step| format!("({0}) {1}: Step {0}", step.id, step.due))
                    .collect();
                assert_eq!(is(Field::PlannedMilestones), planned.join("\n\n"), "{layout} {id}");
            }
        }
        if layout == "federal" {
            continue;
        }
        repo.poam(
            0,
            &["-q", "workbook", "-o", out, "--template", layout, "--date", &day, "--late-only"],
        );
        let reading = read(&path).unwrap();
        let listed: BTreeSet<String> = reading
            .rows
            .iter()
            .filter(|row| row.role == SheetRole::Open)
            .map(|row| cell_text(&row.cells[&Field::PoamId].value))
            .collect();
        // Late findings of a scanner, and everything with a deviation or an open vendor dependency.
        let must = |life: &Life| {
            life.now.closed.is_none()
                && (life.days_overdue(today) > 0
                    || life.now.requirement
                    || life.now.adjustment.is_some_and(|(state, _)| state != "denied")
                    || life.now.vendor.is_some_and(|(_, released)| released.is_none()))
        };
        let must: BTreeSet<String> =
            lives.iter().filter(|(_, life)| must(life)).map(|(id, _)| id.clone()).collect();
        assert_eq!(listed, must, "{layout}");
        assert!(late.is_subset(&listed));
    }
}

/// OSCAL and the reports on vulnerabilities.
fn check_documents(repo: &Repo, lives: &BTreeMap<String, Life>, today: NaiveDate) {
    let oscal = json(&repo.poam(0, &["export", "oscal"]).0);
    let plan = &oscal["plan-of-action-and-milestones"];
    let list = |name: &str| plan[name].as_array().unwrap().clone();
    for item in list("poam-items") {
        let id = item["props"][0]["value"].as_str().unwrap();
        let life = &lives[id];
        let uuid = &item["related-risks"][0]["risk-uuid"];
        let risk = list("risks").into_iter().find(|risk| risk["uuid"] == *uuid).unwrap();
        let deadline = risk["deadline"].as_str().unwrap();
        if life.now.closed.is_none() {
            let scheduled = life.scheduled();
            let expected = life.now.scheduled.map_or(scheduled, |own| own.min(scheduled));
            assert!(deadline.starts_with(&expected.to_string()), "{id}: {deadline}");
        }
        let facets = risk["characterizations"][0]["facets"].as_array().unwrap();
        let of = |state: &str| {
            let is = |it: &&Value| it["props"][0]["value"] == state;
            facets.iter().find(is).map(|it| it["value"].as_str().unwrap().to_owned())
        };
        assert_eq!(of("initial").as_deref(), Some(in_workbook(life.first.1)), "{id}");
        let adjusted = life.now.adjustment.filter(|(state, _)| *state == "approved");
        assert_eq!(
            of("adjusted").as_deref(),
            adjusted.map(|(_, rating)| in_workbook(rating)),
            "{id}"
        );
        let uuid = &risk["related-observations"][0]["observation-uuid"];
        let seen = list("observations").into_iter().find(|it| it["uuid"] == *uuid).unwrap();
        let collected = seen["collected"].as_str().unwrap();
        assert!(collected.starts_with(&life.detected().to_string()), "{id}: {collected}");
    }
    let day = today.to_string();
    let report =
        ["export", "ver", "--report", "activity", "--since", "2025-01-01", "--today", &day];
    // An acceptance is told with the rationale of the requirement.
    let report = json(&repo.poam(0, &report).0);
    let mut seen = 0;
    for (part, detail) in
        [("activeVulnerabilities", ""), ("acceptedVulnerabilities", "vulnerabilityDetail")]
    {
        for one in report[part].as_array().unwrap() {
            let one = if detail.is_empty() { one } else { &one[detail] };
            let life = &lives[one["providerTrackingId"].as_str().unwrap()];
            let detected = one["detection"]["detectedAt"].as_str().unwrap();
            assert!(detected.starts_with(&life.detected().to_string()));
            // Nothing is evaluated; only the date of CISA's catalog can be past.
            let is_past = life.now.kev.is_some_and(|due| due < today);
            let status = &one["overdueStatus"];
            assert!(status.is_null() || (is_past && status["isOverdue"] == true), "{one}");
            seen += 1;
        }
    }
    assert_eq!(seen, lives.len());
}

#[test]
fn every_output_says_the_same_of_random_histories() {
    let seeds = std::env::var("POAM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(6);
    for seed in 1..=seeds {
        let repo = Repo::new();
        let (lives, today) = live(&repo, seed);
        let check = || {
            check_lists(&repo, &lives, today);
            check_counts(&repo, &lives, today);
            check_workbooks(&repo, &lives, today);
            check_documents(&repo, &lives, today);
        };
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check));
        assert!(outcome.is_ok(), "seed {seed}");
    }
}

/// Open items by the list, the totals and the months, where clocks of commits were wrong.
#[test]
fn months_agree_with_the_list_whatever_the_clocks_of_commits_say() {
    let repo = Repo::new();
    let item = |id: &str, status: &str| {
        format!(
            "id: {id}\nweakness_name: W of {id}\noriginal_detection_date: 2026-01-05\n\
            original_risk_rating: low\nstatus: {status}\n"
        )
    };
    repo.write("poam.yaml", "version: 1\nprofile: generic\n");
    for id in ["V-1", "V-2", "V-3"] {
        repo.write(&format!("items/{id}.yaml"), item(id, "open"));
    }
    repo.commit("2026-01-10", "start");
    repo.write("items/V-4.yaml", item("V-4", "open")).commit("2026-07-01", "from the future");
    repo.write("items/V-1.yaml", item("V-1", "closed") + "completion_date: 2026-02-01\n");
    repo.commit("2026-08-01", "closed in the future");
    repo.write("items/V-2.yaml", item("V-2", "closed") + "completion_date: 2026-02-02\n");
    repo.commit("2026-02-02", "closed in time");
    let poam = |words: &[&str]| {
        let all: Vec<&str> = ["--today", "2026-02-20"].iter().chain(words).copied().collect();
        repo.poam(0, &all).0
    };
    let json = |text: String| serde_json::from_str::<Value>(&text).unwrap();
    let listed = json(poam(&["list", "--open", "--format", "json"]));
    let summary = json(poam(&["summary", "--format", "json"]));
    let months = summary["trend"].as_array().unwrap();
    let sum = |field: &str| months.iter().map(|it| it[field].as_i64().unwrap()).sum::<i64>();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(summary["totals"]["open"], 2);
    assert_eq!(months.last().unwrap()["open"], 2);
    assert_eq!((sum("opened"), sum("closed")), (4, 2));
    assert_eq!(summary["month"]["closed"], months.last().unwrap()["closed"]);
    assert_eq!(summary["dated_ahead"], 2);
    let text = poam(&["summary"]);
    assert!(
        text.contains("2 commits are dated after 2026-02-20: changes count on 2026-02-20"),
        "{text}"
    );
    let (verified, _) = repo.poam(0, &["--today", "2026-02-20", "verify"]);
    assert_eq!(verified.matches("in the future").count(), 2, "{verified}");
}
