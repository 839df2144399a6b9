//! No command commits what `poam validate` calls an error: every changing command on generated items, with
//! generated arguments.
//!
//! ```text
//! POAM_COMMANDS=2000 cargo test --test it guarded_commands:: -- --nocapture
//! ```
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use crate::import_update::save;
use crate::random_histories::Dice;
use crate::support::{COMPLETE, Repo};
use poam::workbook::{self, Field, SheetRole, Value as CellValue};

const TODAY: &str = "2026-02-01";
const ITEMS: usize = 6;
/// Commands on one tracker.
const STEPS: usize = 14;

/// Rules whose errors come with time, or that ask for a next step: a change may uncover them (an item
/// that is opened again is overdue) and does not bring them.
const BY_TIME: [&str; 10] = [
    "acceptance-review-overdue",
    "conditional-status-expired",
    "deferral-expired",
    "escalation-due",
    "false-positive-still-open",
    "kev-overdue",
    "overdue",
    "overdue-milestone",
    "stale",
    "vendor-check-in-overdue",
];
/// Rules about missing data of a new or closed item: it is recorded first and completed later.
const INCOMPLETE: [&str; 6] = [
    "cmmc-not-allowed",
    "missing-field",
    "missing-milestone",
    "missing-owner",
    "same-weakness",
    "vendor-without-product",
];

/// Choices by chance.
struct Chance(Dice);

impl Chance {
    fn pick<'a>(&mut self, among: &[&'a str]) -> &'a str {
        among[self.0.roll(among.len())]
    }

    fn happens(&mut self, percent: usize) -> bool {
        self.0.roll(100) < percent
    }

    /// A day so many days before or after today.
    fn day(&mut self, from: i64, to: i64) -> String {
        let width = usize::try_from(to - from + 1).unwrap();
        let days = from + i64::try_from(self.0.roll(width)).unwrap();
        let today: NaiveDate = TODAY.parse().unwrap();
        let distance = Days::new(days.unsigned_abs());
        let day = if days < 0 { today - distance } else { today + distance };
        day.to_string()
    }

    fn number(&mut self, most: usize) -> String {
        (self.0.roll(most) + 1).to_string()
    }

    fn id(&mut self) -> String {
        format!("V-{}", self.0.roll(ITEMS) + 1)
    }

    /// Adds an option with a value, or leaves it out.
    fn option(&mut self, words: &mut Vec<String>, percent: usize, name: &str, value: &str) {
        if self.happens(percent) {
            words.extend([name.to_owned(), value.to_owned()]);
        }
    }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

const STATUSES: [&str; 7] = [
    "open",
    "in-progress",
    "pending-validation",
    "pending-approval",
    "deferred",
    "risk-accepted",
    "closed",
];
const RATINGS: [&str; 4] = ["low", "moderate", "high", "critical"];
const DEVIATIONS: [&str; 3] = ["risk-adjustment", "false-positive", "operational-requirement"];

/// An item that mostly has what its status needs.
fn item(chance: &mut Chance, number: usize) -> String {
    let status = chance.pick(&STATUSES);
    let rating = chance.pick(&RATINGS);
    let mut text = format!(
        "id: V-{number}\nweakness_name: Weakness number {number} of host\nstatus: {status}\n\
         original_detection_date: {}\noriginal_risk_rating: {rating}\ncontrols: [SI-2]\n\
         weakness_description: A thing is open.\ndetector_source: Nessus\n\
         source_identifier: \"10{number}\"\nassets: [host-1]\nremediation_plan: Patch it.\n",
        chance.day(-100, -5)
    );
    if chance.happens(85) {
        text += "point_of_contact: {name: Jane Doe}\n";
    }
    let mut steps = String::new();
    for step in 1..=chance.0.roll(4) {
        let finished = matches!(status, "closed" | "pending-validation") && chance.happens(90);
        let state = if finished {
            "completed"
        } else {
            chance.pick(&["pending", "in-progress", "completed"])
        };
        let completed = match state {
            "completed" => format!(", completed: {}", chance.day(-4, 0)),
            _ => String::new(),
        };
        steps += &format!(
            "  - {{id: {step}, description: \"Deploy patch {step} to production hosts\", \
             due: {}, status: {state}{completed}}}\n",
            chance.day(-60, 90)
        );
    }
    if !steps.is_empty() {
        text += &format!("milestones:\n{steps}");
    }
    if chance.happens(60) {
        text += &format!("scheduled_completion_date: {}\n", chance.day(-10, 200));
    }
    match status {
        "closed" => {
            text += &format!("completion_date: {}\n", chance.day(-4, 0));
            text += &format!("evidence: [{{reference: CHG-{number}, collected: {TODAY}}}]\n");
        }
        "deferred" => {
            let until = chance.day(10, 60);
            text += &format!("deferral: {{reason: Freeze of changes, until: {until}}}\n");
        }
        "risk-accepted" => {
            text += &format!(
                "risk_acceptance: {{rationale: Isolated net, approver: {{name: Olga Person}}, \
                 approved: {TODAY}, review_by: {}}}\n",
                chance.day(20, 200)
            );
        }
        _ => {}
    }
    if status == "pending-approval" || chance.happens(50) {
        let kind = chance.pick(&DEVIATIONS);
        let state = if status == "pending-approval" {
            "pending"
        } else {
            chance.pick(&["pending", "approved", "denied"])
        };
        let rating = match kind {
            "risk-adjustment" => {
                format!(", adjusted_risk_rating: {}", chance.pick(&["low", "moderate", "high"]))
            }
            _ => String::new(),
        };
        let decided = match state {
            "pending" => String::new(),
            _ => format!(", approver: {{name: Olga Person}}, decided: {TODAY}"),
        };
        text += &format!(
            "deviations: [{{type: {kind}, state: {state}, rationale: Isolated net, \
             requested: {}{rating}{decided}}}]\n",
            chance.day(-4, -1)
        );
    }
    if chance.happens(50) {
        let asked = match chance.happens(70) {
            true => format!(", last_check_in: {}", chance.day(-4, -1)),
            false => String::new(),
        };
        text += &format!("vendor_dependency: {{vendor: Example Corp, product: Thing 2{asked}}}\n");
    }
    if chance.happens(30) {
        text += &format!("dependencies: [V-{}]\n", chance.0.roll(ITEMS) + 1);
    }
    text
}

/// The words of a command. Documents that it reads are written beside the repository.
fn command(chance: &mut Chance, repo: &Repo) -> Vec<String> {
    let id = chance.id();
    let past = chance.day(-60, 3);
    let number = chance.number(3);
    match chance.0.roll(18) {
        0 => {
            let name = format!("Default password on switch {}", chance.number(99));
            let mut list = words(&["new", "--commit", "--name", &name, "--risk"]);
            list.push(chance.pick(&RATINGS).to_owned());
            chance.option(&mut list, 50, "--detected", &past);
            if chance.happens(50) {
                list.extend(words(&COMPLETE));
            } else {
                chance.option(&mut list, 50, "--owner", "Sam Roe");
                chance.option(&mut list, 50, "--control", "IA-5");
            }
            list
        }
        1..=4 => {
            let mut list = words(&["transition", &id, chance.pick(&STATUSES)]);
            chance.option(&mut list, 70, "--reason", "the hardware has arrived");
            chance.option(&mut list, 50, "--evidence", "CHG-77");
            let approver = chance.pick(&["Olga Person", "Ann Author"]);
            chance.option(&mut list, 50, "--approver", approver);
            let until = chance.day(1, 300);
            chance.option(&mut list, 40, "--until", &until);
            chance.option(&mut list, 30, "--date", &past);
            if chance.happens(30) {
                list.push("--override".to_owned());
            }
            list
        }
        5 => {
            let text = "Scan the hosts again after the patch";
            words(&["milestone", "add", &id, text, "--due", &chance.day(-20, 300)])
        }
        6 => {
            let mut list = words(&["milestone", "complete", &id, &number]);
            chance.option(&mut list, 50, "--date", &past);
            list
        }
        7 => {
            let due = chance.day(-30, 400);
            let reason = "the vendor is late";
            words(&["milestone", "reschedule", &id, &number, "--due", &due, "--reason", reason])
        }
        8 => match chance.0.roll(3) {
            0 => words(&["milestone", "start", &id, &number]),
            1 => words(&["milestone", "cancel", &id, &number, "--reason", "not needed now"]),
            _ => {
                let text = "Deploy the firmware to all switches";
                let edit = ["milestone", "edit", &id, &number, "--description", text];
                words(&[&edit[..], &["--reason", "a slip of the pen"]].concat())
            }
        },
        9 => {
            let kind = chance.pick(&DEVIATIONS);
            let mut list = words(&["deviation", "request", &id, kind, "--rationale", "Isolated"]);
            let rating = chance.pick(&RATINGS);
            chance.option(&mut list, 70, "--rating", rating);
            list
        }
        10 => {
            let decision = chance.pick(&["approve", "approve", "deny"]);
            let kind = chance.pick(&DEVIATIONS);
            let approver = chance.pick(&["Olga Person", "Olga Person", "Ann Author"]);
            let mut list = words(&["deviation", decision, &id, kind, "--approver", approver]);
            let day = chance.day(1, 100);
            if decision == "approve" {
                chance.option(&mut list, 40, "--scheduled", &day);
            }
            list
        }
        11 | 12 => {
            let mut list = words(&["vendor", "check-in", &id]);
            let released = chance.day(-20, 0);
            if chance.happens(60) {
                list.extend(["--fix-released".to_owned(), released]);
                let day = chance.day(1, 100);
                chance.option(&mut list, 50, "--scheduled", &day);
            }
            list
        }
        13 => match chance.0.roll(3) {
            0 => words(&["evidence", "add", &id, "scan-7.pdf"]),
            1 => words(&["assign", &id, "--to", chance.pick(&["Sam Roe", "IT", "Security Team"])]),
            _ => words(&["review", &id, "--note", "looked at"]),
        },
        14 => document(chance, repo),
        15 | 16 => {
            let field = match chance.0.roll(6) {
                0 => format!("scheduled={}", chance.day(-10, 300)),
                1 => format!("detected={}", chance.day(-150, 2)),
                2 => format!("original-risk-rating={}", chance.pick(&RATINGS)),
                3 => "remediation-plan=".to_owned(),
                4 => format!("dependencies+={}", chance.id()),
                _ => "assets+=host-2".to_owned(),
            };
            words(&["set", &id, &field, "--reason", "put right after the review"])
        }
        _ => match chance.happens(50) {
            true => edited_workbook(chance, repo),
            false => scan(chance, repo),
        },
    }
}

/// A register of others that has items of the tracker and new ones.
fn document(chance: &mut Chance, repo: &Repo) -> Vec<String> {
    let mut text = "POAM ID,Weakness Name,Original Detection Date,Original Risk Rating,Controls,\
        Point of Contact,Planned Milestones,Status Date,Scheduled Completion Date,\
        Weakness Detector Source,Weakness Source Identifier,Asset Identifier,\
        Weakness Description,Overall Remediation Plan\n"
        .to_owned();
    for number in 1..=ITEMS + 2 {
        if chance.happens(30) {
            let rating = chance.pick(&["Low", "Moderate", "High"]);
            let owner = chance.pick(&["Sam Roe", "Jane Doe"]);
            text += &format!(
                "V-{number},Weakness number {number} of host,{},{rating},SI-2,{owner},\
                 (1) {}: Deploy patch to hosts,{},{},Nessus,10{number},host-1,\
                 A thing is open.,Patch it.\n",
                chance.day(-100, -5),
                chance.day(-30, 90),
                chance.day(-4, 0),
                chance.day(-5, 200),
            );
        }
    }
    let name = chance.pick(&["open.csv", "closed.csv"]);
    repo.write(&format!("../{name}"), text);
    let mut list = words(&["import", &format!("../{name}"), "--commit", "--unrelated", "--force"]);
    list.push(chance.pick(&["--ours", "--theirs"]).to_owned());
    if chance.happens(30) {
        list.push("--close-absent".to_owned());
    }
    list
}

/// A workbook that was built here, with changes by hand.
fn edited_workbook(chance: &mut Chance, repo: &Repo) -> Vec<String> {
    repo.poam(0, &["-q", "workbook", "-o", "../w.xlsx", "--template", "2.1"]);
    let reading = workbook::read(&repo.beside("w.xlsx")).unwrap();
    let rows = reading.rows.len();
    let (row, rating) = (chance.0.roll(rows.max(1)), chance.pick(&["Low", "High"]));
    let (owner, closes) = (chance.pick(&["IT", "Sam Roe"]), chance.happens(40));
    let milestone = format!("(9) {}: Replace the switch", chance.day(-20, 300));
    let choice = chance.0.roll(4);
    let file = save(repo, &reading, |rows| {
        let Some((role, row)) = rows.get_mut(row) else { return };
        let mut set = |field, text: &str| row.insert(field, CellValue::Text(text.to_owned()));
        match choice {
            0 => set(Field::OriginalRiskRating, rating),
            1 => set(Field::PointOfContact, owner),
            2 => set(Field::Comments, "seen again"),
            _ => set(Field::PlannedMilestones, &milestone),
        };
        if closes {
            *role = SheetRole::Closed;
        }
    });
    words(&["import", &file, "--update", "--commit", "--theirs"])
}

/// Results of a scanner.
fn scan(chance: &mut Chance, repo: &Repo) -> Vec<String> {
    let rule = |number: usize, severity: &str| {
        json!({"id": format!("r{number}"), "shortDescription": {"text": format!("Rule {number}")},
            "properties": {"security-severity": severity}})
    };
    let rules: Vec<Value> =
        (0..3).map(|number| rule(number, chance.pick(&["3.0", "5.0", "8.0", "9.5"]))).collect();
    let mut results = Vec::new();
    for number in 0..chance.0.roll(4) {
        let place = format!("a{}.c", chance.number(3));
        results.push(json!({"ruleId": format!("r{}", number % 3), "level": "error",
            "message": {"text": "x"}, "locations": [{"physicalLocation":
                {"artifactLocation": {"uri": place}, "region": {"startLine": 1}}}]}));
    }
    let run = json!({"tool": {"driver": {"name": "Semgrep", "rules": rules}}, "results": results,
        "invocations": [{"executionSuccessful": true,
            "endTimeUtc": format!("{}T10:00:00Z", chance.day(-30, -1))}]});
    repo.write("../s.sarif", json!({"version": "2.1.0", "runs": [run]}).to_string());
    let mut list = words(&["scan", "../s.sarif", "--commit"]);
    if chance.happens(50) {
        list.push("--close".to_owned());
    }
    list
}

/// The errors of the tracker, by rule and item, each with how often it stands there.
fn errors(repo: &Repo, base: Option<&str>) -> BTreeMap<(String, String), usize> {
    let mut arguments = vec!["--today", TODAY, "validate", "--format", "json"];
    arguments.extend(base.into_iter().flat_map(|base| ["--base", base]));
    let output = repo.try_poam(&arguments);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut errors = BTreeMap::new();
    for one in report["diagnostics"].as_array().unwrap() {
        if one["level"] == "error" {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            *errors.entry((text("rule"), text("item"))).or_default() += 1;
        }
    }
    errors
}

/// Returns whether a command may leave an error: one of time, what a reopened item or one of a scan lacks, or
/// what an import said of its source.
fn may_leave(rule: &str, command: &[String], out: &str) -> bool {
    let is = |name: &str| command[0] == name;
    let updates = command.iter().any(|word| word == "--update");
    BY_TIME.contains(&rule)
        || (INCOMPLETE.contains(&rule) && ["new", "scan", "transition"].map(is).contains(&true))
        || (is("import")
            && !updates
            && out.contains(&format!("call an error, as the source has it: {rule} of")))
}

#[test]
fn no_command_commits_what_validate_calls_an_error() {
    let wanted = std::env::var("POAM_COMMANDS").ok().and_then(|text| text.parse().ok());
    let trackers = wanted.unwrap_or(6 * STEPS).div_ceil(STEPS);
    let mut ends: BTreeMap<(String, Option<i32>), usize> = BTreeMap::new();
    for seed in 1..=trackers {
        let mut chance = Chance(Dice::new(seed as u64));
        let repo = Repo::new();
        let profile = chance.pick(&["fedramp-rev5", "fedramp-rev5", "generic", "cmmc-l2"]);
        repo.write("poam.yaml", format!("version: 1\nprofile: {profile}\n"));
        for number in 1..=ITEMS {
            repo.write(&format!("items/V-{number}.yaml"), item(&mut chance, number));
        }
        repo.commit("2026-01-31", "start");
        let (mut before, mut head) = (errors(&repo, None), repo.git(&["rev-parse", "HEAD"]));
        for step in 0..STEPS {
            let command = command(&mut chance, &repo);
            let mut arguments = vec!["--today", TODAY];
            arguments.extend(command.iter().map(String::as_str));
            let output = repo.try_poam(&arguments);
            let out = String::from_utf8_lossy(&output.stdout).into_owned();
            let err = String::from_utf8_lossy(&output.stderr).into_owned();
            let what =
                format!("tracker {seed} ({profile}), step {step}: poam {command:?}\n{out}{err}");
            assert!(matches!(output.status.code(), Some(0..=2)), "{what}");
            *ends.entry((command[0].clone(), output.status.code())).or_default() += 1;
            let now = repo.git(&["rev-parse", "HEAD"]);
            if now == head {
                assert_eq!(repo.git(&["status", "--porcelain"]), "", "{what}");
                continue;
            }
            let after = errors(&repo, None);
            for (error, count) in &after {
                let is_new = before.get(error).is_none_or(|known| known < count);
                assert!(!is_new || may_leave(&error.0, &command, &out), "{error:?}: {what}");
            }
            // A review of the commit finds no more than the guard of the command did.
            let replays = command[0] == "import" && !command.contains(&"--update".to_owned());
            for error in errors(&repo, Some(head.trim())).keys().filter(|_| !replays) {
                assert!(may_leave(&error.0, &command, &out), "in review: {error:?}: {what}");
            }
            (before, head) = (after, now);
        }
    }
    println!("{} commands: {ends:?}", trackers * STEPS);
    let done = |name: &str| ends.contains_key(&(name.to_owned(), Some(0)));
    assert!(["transition", "milestone", "deviation", "vendor"].map(done).contains(&true));
}
