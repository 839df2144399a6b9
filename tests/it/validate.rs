//! `poam validate` as a gate: places, exit codes, bases, bad files.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;
use serde_json::Value;

const GENERIC: &str = "version: 1\nprofile: generic\n";

fn item(id: &str, more: &str) -> String {
    format!(
        "id: {id}\nweakness_name: Open port\nremediation_plan: Close it.\npoint_of_contact: {{name: Jane Doe}}\noriginal_detection_date: 2026-01-05\noriginal_risk_rating: low\nscheduled_completion_date: 2026-07-04\nmilestones:\n  - {{id: 1, description: Close the port and scan again, due: 2026-06-01}}\n{more}"
    )
}

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", GENERIC).write("items/V-1.yaml", item("V-1", "status: open\n"));
    repo.commit("2026-01-10", "start");
    repo
}

fn json(repo: &Repo, code: i32, arguments: &[&str]) -> Value {
    let all = [&["--today", "2026-01-20", "validate", "--format", "json"], arguments].concat();
    serde_json::from_str(&repo.poam(code, &all).0).unwrap()
}

fn told(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let one = |it: &Value| {
        format!(
            "{} {}:{}:{} {}",
            text(&it["level"]),
            text(&it["path"]),
            it["line"],
            it["column"],
            text(&it["rule"])
        )
    };
    report["diagnostics"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn a_clean_tracker_passes_and_a_fault_fails_with_its_place() {
    let repo = tracker();
    let (out, err) = repo.poam(0, &["--today", "2026-01-20", "validate"]);
    assert_eq!((out.as_str(), err.as_str()), ("nothing to report in 1 item\n", ""));
    repo.write(
        "items/V-2.yaml",
        item("V-2", "status: closed\n").replace("{name: Jane Doe}", "{nam: Jane}"),
    );
    let report = json(&repo, 1, &[]);
    let told = told(&report);
    assert!(told.contains(&"error items/V-2.yaml:4:20 schema".to_owned()), "{told:?}");
    assert_eq!(report["summary"]["unreadable"], 1);
}

#[test]
fn every_kind_of_bad_file_is_said_and_hides_no_other() {
    let repo = tracker();
    repo.write("items/empty.yaml", "")
        .write("items/list.yaml", "- a\n")
        .write("items/two.yaml", "a: 1\n---\nb: 2\n");
    repo.write("items/latin.yaml", b"id: \xe4\n")
        .write("items/deep.yaml", format!("a: {}", "[".repeat(10_000)));
    repo.write("items/big.yaml", vec![b'a'; (1 << 20) + 1]).write("items/name.yml", "id: x\n");
    repo.write("items/folder.yaml/x.txt", "x").write("items/nul.yaml", "a: \"\0\"\n");
    let laughs: String = (0..20)
        .map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n.max(1) - 1); 9].join(", ")))
        .collect();
    repo.write("items/laughs.yaml", laughs.replacen("*a0", "x", 9));
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", repo.path().join("items/link.yaml")).unwrap();
    let report = json(&repo, 1, &[]);
    let files = ["big", "deep", "empty", "folder", "latin", "laughs", "list", "nul", "two"];
    for file in files {
        let path = format!("items/{file}.yaml");
        let here: Vec<_> = report["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| it["path"] == path.as_str())
            .collect();
        assert_eq!(here.len(), 1, "{file}: {here:?}");
        assert!(here[0]["help"].is_string() && here[0]["line"].as_u64() > Some(0), "{file}");
    }
    assert_eq!(report["summary"]["items"], 1, "the good one is still read");
    assert_eq!(json(&repo, 1, &[]), report, "the same twice");
}

#[test]
fn with_a_base_only_what_the_branch_causes_counts() {
    let repo = tracker();
    // The base has faults of its own.
    repo.write(
        "items/V-9.yaml",
        item("V-9", "status: open\n").replace("point_of_contact: {name: Jane Doe}\n", ""),
    );
    repo.commit("2026-01-11", "an ownerless item");
    repo.git(&["checkout", "--quiet", "-b", "work"]);
    repo.poam(1, &["--today", "2026-01-20", "validate"]);
    let report = json(&repo, 0, &["--base", "main"]);
    assert_eq!(
        (
            report["diagnostics"].as_array().unwrap().len(),
            report["summary"]["known"].as_u64() > Some(0)
        ),
        (0, true)
    );
    // A move that is not one, and a new ownerless item.
    repo.write("items/V-1.yaml", item("V-1", "status: pending-validation\n"));
    repo.write(
        "items/V-2.yaml",
        item("V-2", "status: open\n").replace("{name: Jane Doe}", "{name: TBD}"),
    );
    repo.commit("2026-01-12", "work");
    // Main goes on meanwhile: that is not the branch's doing.
    repo.git(&["checkout", "--quiet", "main"]);
    repo.remove("items/V-9.yaml").commit("2026-01-13", "main goes on");
    repo.git(&["checkout", "--quiet", "work"]);
    let report = json(&repo, 1, &["--base", "main"]);
    let told = told(&report);
    assert!(told.iter().any(|it| it == "error items/V-1.yaml:10:9 illegal-transition"), "{told:?}");
    assert!(told.iter().any(|it| it.ends_with("V-2.yaml:4:26 placeholder-owner")), "{told:?}");
    assert!(told.iter().all(|it| !it.contains("V-9")), "{told:?}");
    let (_, err) = repo.poam(2, &["validate", "--base", "nowhere"]);
    assert!(err.contains("`nowhere` names no commit"), "{err}");
}

#[test]
fn a_base_without_the_tracker_makes_everything_new() {
    let repo = Repo::new();
    repo.write("README", "x").commit("2026-01-01", "before");
    repo.git(&["checkout", "--quiet", "-b", "work"]);
    repo.write("poam.yaml", GENERIC).write(
        "items/V-1.yaml",
        item("V-1", "status: open\n").replace("{name: Jane Doe}", "{name: TBD}"),
    );
    repo.commit("2026-01-02", "start");
    assert!(!told(&json(&repo, 1, &["--base", "main"])).is_empty());
}

#[test]
fn a_branch_can_mend_the_settings_that_its_base_broke() {
    let repo = tracker();
    repo.write("poam.yaml", "versio: 1\n").commit("2026-01-11", "settings that do not hold");
    repo.git(&["checkout", "--quiet", "-b", "work"]);
    repo.write("poam.yaml", GENERIC).commit("2026-01-12", "mended");
    let arguments = ["--today", "2026-01-20", "validate", "--base", "main"];
    let (out, err) = repo.poam(0, &arguments);
    assert!(out.starts_with("nothing to report in 1 item"), "{out}");
    assert!(err.contains("the settings of the base"), "{err}");
    repo.write("items/V-1.yaml", item("V-1", "status: open\ncves: [CVE-1]\n"));
    repo.commit("2026-01-13", "fault");
    assert!(repo.poam(1, &arguments).0.contains("error[malformed-cve]"));
}

#[test]
fn settings_that_do_not_hold_stop_everything_with_their_place() {
    let repo = tracker();
    for (text, said) in [
        ("version: 1\nprofil: generic\n", "poam.yaml:2:1"),
        ("version: 7\n", "this program reads version 1"),
        ("version: 1\nrules: {overdeu: off}\n", "did you mean `overdue`?"),
        (
            "version: 1\nallow: [{rule: schema, reason: R, until: 2026-12-31}]\n",
            "`schema` cannot be allowed",
        ),
        (
            "version: 1\nallow: [{rule: overdue, reason: \" \", until: 2026-12-31}]\n",
            "`reason` is empty",
        ),
        ("version: 1\nrules: {overdue: {foo: 3}}\n", "`overdue` has no numbers, only a level"),
        ("version: 1\nrules: {stale: {foo: 3}}\n", "`stale` has `days`"),
    ] {
        repo.write("poam.yaml", text);
        let (_, err) = repo.poam(2, &["validate"]);
        assert!(err.contains(said), "{text}: {err}");
    }
    let outside = Repo::new();
    let (_, err) = outside.poam(2, &["validate"]);
    assert!(err.contains("run `poam init`"), "{err}");
}

/// As of `poam validate 2>&1 | head` when there is more to say than `head` reads.
#[test]
fn nobody_listening_to_errors_is_no_crash() {
    let repo = tracker();
    repo.write("poam.yaml", "version: 7\n");
    let mut command = repo.command(env!("CARGO_BIN_EXE_poam"), &repo.path());
    let mut child = command.arg("validate").stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn what_time_will_cause_is_announced_and_does_not_fail() {
    let repo = tracker();
    let at = |day: &str, more: &[&str]| {
        let all = [&["--today", day, "validate", "--format", "json"], more].concat();
        serde_json::from_str::<Value>(&repo.poam(0, &all).0).unwrap()["summary"]["notes"]
            .as_u64()
            .unwrap()
    };
    assert_eq!((at("2026-05-17", &[]), at("2026-05-18", &[])), (0, 1));
    assert_eq!(
        (at("2026-05-18", &["--warn-days", "3"]), at("2026-03-03", &["--warn-days", "90"])),
        (0, 1)
    );
    repo.poam(1, &["--today", "2026-07-05", "validate"]);
}

#[test]
fn only_the_named_paths_are_reported() {
    let repo = tracker();
    repo.write("items/a/V-2.yaml", "id: [").write("items/ab/V-3.yaml", "id: [");
    assert_eq!(told(&json(&repo, 1, &["items/a"])).len(), 1);
    assert_eq!(told(&json(&repo, 0, &["items/V-1.yaml"])).len(), 0);
    let (_, err) = repo.poam(2, &["validate", "items/none"]);
    assert!(err.contains("items/none"), "{err}");
}

/// A base that is late everywhere fails nobody who touches one item of it.
#[test]
fn three_hundred_overdue_items_do_not_fail_a_branch_that_touches_one() {
    let repo = Repo::new();
    repo.write("poam.yaml", GENERIC);
    let late = |id: &str, more: &str| {
        item(id, &format!("status: open\n{more}")).replace("2026-07-04", "2026-01-10")
    };
    for number in 0..300 {
        let id = format!("V-{number:03}");
        repo.write(&format!("items/{id}.yaml"), late(&id, ""));
    }
    repo.commit("2026-01-10", "start");
    repo.git(&["checkout", "--quiet", "-b", "work"]);
    let run = |code, arguments: &[&str]| {
        let all = [&["--today", "2027-02-20", "validate", "--format", "json"], arguments].concat();
        serde_json::from_str::<Value>(&repo.poam(code, &all).0).unwrap()
    };
    let all = run(1, &[]);
    let errors = |report: &Value| report["summary"]["errors"].as_u64().unwrap();
    assert!(errors(&all) >= 300, "{}", all["summary"]);

    repo.write("items/V-007.yaml", late("V-007", "comments: The vendor was asked.\n"));
    repo.commit("2027-02-18", "comment");
    let report = run(0, &["--base", "main"]);
    assert_eq!(told(&report), [""; 0]);
    let said = |report: &Value| report["diagnostics"].as_array().unwrap().len() as u64;
    // The branch touched the item, which was stale: that is one less, and nobody is told.
    assert_eq!(report["summary"]["known"].as_u64().unwrap(), said(&all) - 1);

    repo.write("items/V-007.yaml", late("V-007", "cves: [CVE-1]\n")).commit("2027-02-19", "fault");
    let report = run(1, &["--base", "main"]);
    assert_eq!(told(&report), ["error items/V-007.yaml:11:8 malformed-cve"]);
    assert_eq!(report["summary"]["known"].as_u64().unwrap(), said(&all) - 1);
}

/// A tracker whose items all lack an owner, and one of which is late.
fn many(count: usize) -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n");
    for number in 1..=count {
        let day = if number == 7 { "2025-01-05" } else { "2026-01-05" };
        let item = format!(
            "id: V-{number}\nweakness_name: Weak cipher\noriginal_detection_date: {day}\n\
             original_risk_rating: moderate\nstatus: open\n"
        );
        repo.write(&format!("items/V-{number}.yaml"), item);
    }
    repo.commit("2026-01-06", "start");
    repo
}

#[test]
fn a_large_result_is_counted_by_rule_and_says_how_to_see_the_rest() {
    let repo = many(60);
    let (out, _) = repo.poam(1, &["--today", "2026-01-20", "validate"]);
    assert!(out.lines().count() <= 24, "one screen\n{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 100), "{out}");
    let row = out.lines().find(|line| line.contains("missing-owner")).unwrap();
    assert!(row.split_whitespace().any(|word| word == "60"), "{row}");
    assert!(out.contains("poam validate --limit 0"), "{out}");
    let (all, _) = repo.poam(1, &["--today", "2026-01-20", "validate", "--limit", "0"]);
    assert_eq!(all.matches("[missing-owner]").count(), 60);
    let (three, _) = repo.poam(1, &["--today", "2026-01-20", "validate", "--limit", "3"]);
    assert_eq!(three.matches(" --> ").count(), 3, "{three}");
    assert!(three.contains("not shown"), "{three}");
}

#[test]
fn a_rule_a_level_and_an_item_can_be_asked_for() {
    let repo = many(8);
    let validate = |code: i32, arguments: &[&str]| {
        let all = [&["--today", "2026-01-20", "validate", "--format", "concise"], arguments];
        repo.poam(code, &all.concat()).0
    };
    let late = validate(1, &["--rule", "overdue"]);
    assert_eq!(late.lines().count(), 2, "{late}");
    assert!(late.starts_with("items/V-7.yaml:3:") && late.contains(": error[overdue] "), "{late}");
    let one = validate(1, &["V-7", "--level", "error"]);
    assert!(
        one.lines().all(|line| line.starts_with("items/V-7.yaml") || line.contains("in 1 item"))
    );
    assert!(validate(0, &["V-1", "--rule", "overdue"]).contains("nothing to report in 1 item"));
    let (_, err) = repo.poam(2, &["validate", "--rule", "overdu"]);
    assert!(err.contains("did you mean `overdue`?"), "{err}");
    let (_, err) = repo.poam(2, &["validate", "V-99"]);
    assert!(err.contains("there is no file, folder or item `V-99`"), "{err}");
}
