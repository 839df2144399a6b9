//! `poam import FILE --update`: a workbook that was built here, edited, and comes back.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;
use poam::workbook::{
    self, Content, Field, HeaderBlock, Layout, Reading, Row, SheetRole, SourceValue, Value,
    WorkbookProperties, cell_text,
};

const FIRST: &str = "\
id: V-1
weakness_name: Open port   # said by the scanner
weakness_description: A port is open.
original_detection_date: 2026-01-05
original_risk_rating: high
point_of_contact: {name: Jane Doe, email: jane@example.com}
milestones:
  # first things first
  - {id: 1, description: Close the port, due: 2026-01-20, status: pending, evidence: [CHG-1]}
status: in-progress
comments: as found
";

pub(crate) fn tracker(layout: &str) -> (Repo, Reading) {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.write("items/V-1.yaml", FIRST);
    for id in ["V-2", "V-3"] {
        let text = FIRST.replace("V-1", id).replace("Open port   #", "Weak cipher   #");
        repo.write(&format!("items/{id}.yaml"), text);
    }
    repo.commit("2026-01-06", "start");
    repo.poam(0, &["-q", "workbook", "-o", "../w.xlsx", "--template", layout]);
    let reading = workbook::read(&repo.beside("w.xlsx")).unwrap();
    (repo, reading)
}

/// A cell as the writer wants it.
fn value(value: &SourceValue) -> Value {
    match value {
        SourceValue::Date(date) => Value::Date(*date),
        SourceValue::Number(number) => Value::Number(*number),
        other => Value::Text(cell_text(other)),
    }
}

/// The workbook as a person saves it, with what they changed in its rows.
pub(crate) fn save(
    repo: &Repo,
    reading: &Reading,
    edit: impl Fn(&mut Vec<(SheetRole, Row)>),
) -> String {
    let mut rows: Vec<(SheetRole, Row)> = reading
        .rows
        .iter()
        .map(|row| {
            let cells = row.cells.iter().map(|(field, cell)| (*field, value(&cell.value)));
            (row.role, cells.collect())
        })
        .collect();
    edit(&mut rows);
    let mut content = Content {
        header: HeaderBlock::default(),
        properties: WorkbookProperties {
            subject: reading.properties.subject.clone().unwrap_or_default(),
            keywords: reading.properties.keywords.clone().unwrap_or_default(),
            ..WorkbookProperties::default()
        },
        ..Content::default()
    };
    for (role, mut row) in rows {
        // The template's formula comes back by itself.
        if role == SheetRole::Open
            && let Some(Value::Date(date)) = row.get(&Field::ScheduledCompletionDate)
        {
            let cached = Some(*date);
            row.insert(Field::ScheduledCompletionDate, Value::Formula { cached });
        }
        content.rows.entry(role).or_default().push(row);
    }
    let layout = Layout::find_named(&reading.layout).unwrap();
    let path = repo.beside("edited.xlsx");
    std::fs::write(&path, workbook::build(layout, &content).unwrap()).unwrap();
    path.display().to_string()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn a_workbook_that_nobody_changed_changes_nothing() {
    for layout in ["3.0", "2.1"] {
        let (repo, reading) = tracker(layout);
        let file = save(&repo, &reading, |_| {});
        let (out, _) = repo.poam(0, &["import", &file, "--update", "--commit"]);
        assert!(out.contains("3 rows: 0 changed, 0 created, 3 unchanged, 0 refused, 0 in conflict\n0 commits made"), "{out}");
    }
}

#[test]
fn changed_cells_become_one_commit_that_keeps_what_people_wrote() {
    let (repo, reading) = tracker("3.0");
    let file = save(&repo, &reading, |rows| {
        rows[0].1.insert(Field::Comments, text("seen on two hosts"));
        rows[0].1.insert(Field::Controls, text("SI-2, CM-8"));
        rows[0].1.insert(Field::StatusDate, Value::Date("2026-03-01".parse().unwrap()));
        rows[1].1.insert(Field::PoamId, text("V-9"));
        rows[1].1.insert(Field::WeaknessName, text("No audit log"));
        rows[1].1.insert(Field::Controls, text("SI-2"));
        rows[1].1.insert(Field::DetectorSource, text("Nessus"));
        rows[1].1.insert(Field::AssetIdentifier, text("web-1"));
        rows[1].1.insert(Field::RemediationPlan, text("Keep a log"));
        rows[2].0 = SheetRole::Closed;
        rows[2].1.insert(Field::StatusDate, Value::Date("2026-02-01".parse().unwrap()));
    });
    let arguments = ["import", &file, "--update", "--reason", "review of March"];
    let (plan, _) = repo.poam(1, &arguments);
    for line in [
        "changed: V-1: controls: [SI-2, CM-8]; comments: as found -> seen on two hosts\n",
        "V-3 stays as it is, since `poam validate` would call this an error: ",
        "[closed-without-evidence]",
        "created: V-9\n",
        "its row is gone, the item stays: V-2\n",
        "left as it is: Open POA&M Items!N10: the status date is the day of the last change",
        "nothing is written yet",
    ] {
        assert!(plan.contains(line), "{line}\n{plan}");
    }
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    repo.poam(1, &[&arguments[..], &["--commit"]].concat());
    assert_eq!(
        repo.read("items/V-1.yaml"),
        FIRST
            .replace("comments: as found", "comments: seen on two hosts")
            .replace("original_detection", "controls: [SI-2, CM-8]\noriginal_detection"),
    );
    assert!(repo.read("items/V-3.yaml").contains("status: in-progress\n"), "no evidence");
    assert!(repo.read("items/V-2.yaml").contains("status: in-progress\n"));
    let message = repo.git(&["log", "-1", "--format=%B"]);
    assert!(
        message.starts_with("update 2 items from edited.xlsx\n\nreview of March\n"),
        "{message}"
    );
    assert!(!message.contains("Reconstructed"), "{message}");
    let (again, _) = repo.poam(1, &[&arguments[..], &["--commit"]].concat());
    assert!(
        again.contains("0 changed, 0 created, 2 unchanged, 1 refused")
            && again.contains("0 commits made"),
        "{again}"
    );
}

#[test]
fn an_incomplete_new_row_is_refused_and_an_original_rating_stays() {
    let (repo, reading) = tracker("3.0");
    let complete = |row: &mut Row| {
        row.insert(Field::Controls, text("SI-2"));
        row.insert(Field::DetectorSource, text("Nessus"));
        row.insert(Field::AssetIdentifier, text("web-1"));
        row.insert(Field::RemediationPlan, text("Patch it"));
        row.remove(&Field::ScheduledCompletionDate);
    };
    let file = save(&repo, &reading, |rows| {
        rows[0].1.insert(Field::OriginalRiskRating, text("Low"));
        rows[0].1.insert(Field::Comments, text("seen again"));
        let mut added = rows[1].clone();
        for (id, owner) in [("V-8", None), ("V-9", Some("Sam Roe"))] {
            added.1.insert(Field::PoamId, text(id));
            added.1.insert(Field::WeaknessName, text(&format!("No audit log {id}")));
            match owner {
                Some(owner) => added.1.insert(Field::PointOfContact, text(owner)),
                None => added.1.remove(&Field::PointOfContact),
            };
            complete(&mut added.1);
            rows.push(added.clone());
        }
    });
    let (out, _) = repo.poam(1, &["import", &file, "--update", "--commit"]);
    for line in [
        "V-8 is not taken, since `poam validate` would call it an error: item has no owner [missing-owner]",
        "the original rating is permanent",
        "created: V-9",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    let first = repo.read("items/V-1.yaml");
    assert!(
        first.contains("original_risk_rating: high") && first.contains("seen again"),
        "{first}"
    );
    assert!(!out.contains("created: V-8"), "{out}");
    let made = repo.read("items/2026/0000/V-9.yaml");
    // 2026-01-05 and 30 days, which the rating gives.
    assert!(made.contains("scheduled_completion_date: 2026-02-04\n"), "{made}");
}

#[test]
fn what_both_changed_is_told_and_decided_by_a_person() {
    let (repo, reading) = tracker("3.0");
    let file = save(&repo, &reading, |rows| {
        rows[0].1.insert(Field::Comments, text("theirs"));
        rows[0].1.insert(Field::AssetIdentifier, text("a\nb"));
    });
    let ours = repo.read("items/V-1.yaml").replace("as found", "ours");
    repo.write("items/V-1.yaml", &ours).commit("2026-02-01", "ours");
    let (out, _) = repo.poam(1, &["import", &file, "--update", "--commit"]);
    assert!(
        out.contains("conflict: Open POA&M Items!Y10: comments of V-1: built as \"as found\", in the workbook now \"theirs\", in the tracker now \"ours\"")
            && out.contains("nothing is written: say --ours"),
        "{out}"
    );
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    repo.poam(0, &["import", &file, "--update", "--commit", "--ours"]);
    let text = repo.read("items/V-1.yaml");
    assert!(text.contains("comments: ours\n") && text.contains("assets: [a, b]\n"), "{text}");
    // What was decided then is not asked again.
    let (out, _) = repo.poam(0, &["import", &file, "--update", "--commit"]);
    assert!(
        out.contains("it was taken back before, on 2026-01-01: ")
            && out.contains("0 changed, 0 created, 3 unchanged, 0 refused, 0 in conflict"),
        "{out}"
    );
    repo.poam(0, &["import", &file, "--update", "--commit", "--theirs"]);
    assert!(repo.read("items/V-1.yaml").contains("comments: theirs\n"));
}

#[test]
fn each_value_that_both_changed_is_decided_by_itself() {
    let (repo, reading) = tracker("3.0");
    let file = save(&repo, &reading, |rows| {
        for (_, row) in rows.iter_mut() {
            row.insert(Field::Comments, text("theirs"));
            row.insert(Field::WeaknessDescription, text("their words"));
        }
    });
    for id in ["V-1", "V-2"] {
        let path = format!("items/{id}.yaml");
        let ours = repo.read(&path).replace("as found", "ours").replace("A port is", "Our port is");
        repo.write(&path, ours);
    }
    repo.commit("2026-02-01", "ours");
    let update = ["import", &file, "--update", "--commit"];
    let run = |code, more: &[&str]| repo.poam(code, &[&update, more].concat());
    let comments = "V-1 /comments=theirs";
    let description = "V-1 /weakness_description=ours";
    let second = "V-2 /comments=ours";
    // A value that nobody decided stops all.
    let (out, _) = run(1, &["--decide", comments, "--decide", description, "--decide", second]);
    assert!(out.contains("2 changed") && out.contains("1 in conflict"), "{out}");
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "2");
    // A value that is in no conflict, and a side that is none.
    let (_, err) = run(2, &["--decide", "V-1 /comment=ours"]);
    assert!(err.contains("did you mean `V-1 /comments`?"), "{err}");
    let (_, err) = run(2, &["--decide", "V-1 /comments=mine"]);
    assert!(err.contains("write ID /PLACE=ours or ID /PLACE=theirs"), "{err}");
    // What is decided goes before the side for all others.
    let decided = ["--decide", comments, "--decide", description, "--decide", second, "--theirs"];
    let (out, _) = repo.poam(0, &[&update[..3], &["--format", "json"], &decided[..]].concat());
    let plan: serde_json::Value = serde_json::from_str(&out).unwrap();
    let sides: Vec<(&str, &str)> = plan["conflicts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["decided"].as_str().unwrap()))
        .collect();
    assert_eq!(sides, [("V-1", "ours"), ("V-1", "theirs"), ("V-2", "theirs"), ("V-2", "ours")]);
    assert_eq!(
        plan["changed"][0]["fields"],
        serde_json::json!([{"field": "/comments", "label": "comments", "old": "ours", "new": "theirs"}])
    );
    run(0, &decided);
    let first = repo.read("items/V-1.yaml");
    assert!(first.contains("comments: theirs\n") && first.contains("Our port is"), "{first}");
    let second = repo.read("items/V-2.yaml");
    assert!(second.contains("comments: ours\n") && second.contains("their words"), "{second}");
    assert!(repo.read("items/V-3.yaml").contains("comments: theirs\n"), "only the file changed it");
}

#[test]
fn milestones_change_by_a_new_entry() {
    let (repo, reading) = tracker("2.1");
    let file = save(&repo, &reading, |rows| {
        rows[0]
            .1
            .insert(Field::MilestoneChanges, text("(1) Update 2026-02-10 : waits for the vendor"));
        rows[1].1.insert(Field::MilestoneChanges, text("later"));
        rows[2].1.insert(Field::PlannedMilestones, text("(1) 2026-09-09: Something else"));
    });
    let (out, _) = repo.poam(0, &["import", &file, "--update", "--commit"]);
    assert!(
        out.contains("changed: V-1: milestone 1 due: 2026-01-20 -> 2026-02-10 (21 days later)\n"),
        "{out}"
    );
    assert_eq!(out.matches("left as it is: ").count(), 2, "{out}");
    assert_eq!(repo.read("items/V-1.yaml"), FIRST.replace("2026-01-20", "2026-02-10"));
}

#[test]
fn an_entry_that_removes_a_milestone_is_left_and_says_what_to_write() {
    let (repo, _) = tracker("2.1");
    let more = "  - {id: 2, description: Scan, due: 2026-02-01}\nstatus: in-progress\ncomm";
    let item = FIRST.replacen("status: in-progress\ncomm", more, 1);
    repo.write("items/V-1.yaml", &item).commit("2026-01-07", "more milestones");
    repo.poam(0, &["-q", "workbook", "-o", "../w.xlsx", "--template", "2.1"]);
    let reading = workbook::read(&repo.beside("w.xlsx")).unwrap();
    let file = save(&repo, &reading, |rows| {
        for at in [0, 1] {
            let cell = rows[at].1.entry(Field::MilestoneChanges).or_insert_with(|| text(""));
            let Value::Text(changes) = cell else { panic!("text") };
            let before = if changes.is_empty() { "" } else { "\n\n" };
            changes.push_str(&format!("{before}(1) Update 2026-02-10 : removed: no need"));
        }
    });
    let (out, _) = repo.poam(0, &["import", &file, "--update", "--commit"]);
    assert_eq!(out.matches("say `cancelled` where it is given up").count(), 2, "{out}");
    assert_eq!(repo.read("items/V-1.yaml"), item);
}

#[test]
fn what_became_of_milestones_stays_when_another_one_changes() {
    let (repo, _) = tracker("2.1");
    let more = "  - {id: 2, description: Scan, due: 2026-02-01, status: in-progress}\n  - {id: 3, description: Report, due: 2026-02-02, status: cancelled}\nstatus";
    let item =
        FIRST.replacen("status: in-progress\ncomm", &format!("{more}: in-progress\ncomm"), 1);
    repo.write("items/V-1.yaml", &item).commit("2026-01-07", "more milestones");
    repo.poam(0, &["-q", "workbook", "-o", "../w.xlsx", "--template", "2.1"]);
    let reading = workbook::read(&repo.beside("w.xlsx")).unwrap();
    let file = save(&repo, &reading, |rows| {
        let cell = rows[0].1.get_mut(&Field::MilestoneChanges).unwrap();
        let Value::Text(changes) = cell else { panic!("text") };
        changes.push_str(
            "\n\n(1) Complete 2026-01-19 : done\n\n(2) Update 2026-02-01 : cancelled: no need",
        );
    });
    repo.poam(0, &["import", &file, "--update", "--commit"]);
    let expected = item
        .replace("status: pending,", "status: completed, completed: 2026-01-19,")
        .replace("02-01, status: in-progress", "02-01, status: cancelled");
    let text = repo.read("items/V-1.yaml");
    assert!(text.contains("due: 2026-02-02, status: cancelled"), "{text}");
    assert!(text.contains("due: 2026-02-01, status: cancelled"), "{text}");
    assert_eq!(text.lines().count(), expected.lines().count(), "{text}");
}

#[test]
fn a_long_text_whose_rest_was_deleted_is_not_cut() {
    let (repo, _) = tracker("3.0");
    let long = "x".repeat(40_000);
    repo.write("items/V-1.yaml", FIRST.replace("A port is open.", &long));
    repo.commit("2026-01-07", "long");
    repo.poam(0, &["-q", "workbook", "-o", "../w.xlsx"]);
    let reading = workbook::read(&repo.beside("w.xlsx")).unwrap();
    // The cell as it stands in the file: what is written from it has no sheet for the rest.
    let sheet = part(&repo.beside("w.xlsx"), "xl/worksheets/sheet2.xml");
    let cell = &sheet[sheet.find("xxxx").unwrap()..];
    let first = cell[..cell.find('<').unwrap()].replace("&quot;", "\"").replace("&amp;", "&");
    let edited = |text: &str| {
        let text = text.to_owned();
        save(&repo, &reading, |rows| {
            rows[0].1.insert(Field::WeaknessDescription, Value::Text(text.clone()));
            rows[0].1.insert(Field::Controls, Value::Text("SI-2".to_owned()));
        })
    };
    let (out, _) = repo.poam(0, &["import", &edited(&first), "--update"]);
    assert!(out.contains("changed: V-1: controls: [SI-2]\n"), "{out}");
    assert!(out.contains("note: Open POA&M Items row 10: weakness-description continues on another sheet, where it is not complete"), "{out}");
    let (out, _) = repo.poam(1, &["import", &edited(&first.replacen('x', "y", 1)), "--update"]);
    assert!(
        out.contains("refused: Open POA&M Items!E10: the text continues on the sheet"),
        "{out}"
    );
    // Neither does the import that knows nothing of how it was built.
    let (out, _) = repo.poam(1, &["import", &edited(&first)]);
    assert!(
        out.contains("refused: Open POA&M Items!E10: the text continues on the sheet"),
        "{out}"
    );
}

/// A part of a workbook.
fn part(path: &std::path::Path, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut archive.by_name(name).unwrap(), &mut text).unwrap();
    text
}

#[test]
fn a_milestone_that_goes_is_refused() {
    let (repo, _) = tracker("3.0");
    let more = "  - id: 2   # checked by hand\n    description:  \"Scan\"\n    due: 2026-02-01\n    status: pending\n";
    let item =
        FIRST.replacen("status: in-progress\ncomm", &format!("{more}status: in-progress\ncomm"), 1);
    repo.write("items/V-1.yaml", &item).commit("2026-01-07", "more milestones");
    repo.poam(0, &["-q", "workbook", "-o", "../w.xlsx"]);
    let reading = workbook::read(&repo.beside("w.xlsx")).unwrap();
    let file = save(&repo, &reading, |rows| {
        let cell = rows[0].1.get_mut(&Field::RemediationPlan).unwrap();
        let Value::Text(plan) = cell else { panic!("text") };
        *plan = plan.replace("1) 2026-01-20: Close the port\n", "");
    });
    // A milestone that vanishes is an error of every branch.
    let (out, _) = repo.poam(1, &["import", &file, "--update", "--commit"]);
    assert!(out.contains("milestone 1 was removed [milestone-rewritten]"), "{out}");
    assert_eq!(repo.read("items/V-1.yaml"), item);
}

#[test]
fn what_kind_of_finding_it_is_outlives_the_sheet() {
    let (repo, _) = tracker("3.0");
    // Done and proven, so that it may be closed.
    let done =
        FIRST.replace("status: pending,", "status: completed, completed: 2026-01-06,").replace(
            "status: in-progress\n",
            "status: pending-validation\nevidence: [{reference: CHG-1, collected: 2026-01-06}]\n",
        );
    let of = |kind: &str| done.replacen("id: V-1\n", &format!("id: V-1\nkind: {kind}\n"), 1);
    for (kind, role) in
        [("configuration", SheetRole::Configuration), ("documentation", SheetRole::Documentation)]
    {
        repo.write("items/V-1.yaml", of(kind)).commit("2026-01-07", "kind");
        repo.poam(0, &["-q", "workbook", "-o", "../w.xlsx"]);
        let reading = workbook::read(&repo.beside("w.xlsx")).unwrap();
        let file = save(&repo, &reading, |rows| {
            let row = rows.iter_mut().find(|row| row.0 == role).unwrap();
            row.1.insert(Field::WeaknessName, text("Another name"));
            if role == SheetRole::Configuration {
                row.0 = SheetRole::Closed;
            }
        });
        repo.poam(0, &["import", &file, "--update", "--commit"]);
        let item = repo.read("items/V-1.yaml");
        assert!(item.contains(&format!("kind: {kind}\nweakness_name: Another name ")), "{item}");
    }
}

#[test]
fn only_a_workbook_that_was_built_here_can_come_back() {
    let (repo, reading) = tracker("3.0");
    repo.write("../x.csv", "POAM ID,Weakness Name,Controls,Comments,CVE,Status Date,Point of Contact,False Positive,Weakness Description,Risk Adjustment\n");
    let (_, err) = repo.poam(2, &["import", "../x.csv", "--update"]);
    assert!(err.contains("does not say which commit it was built from"), "{err}");
    let file = save(&repo, &reading, |rows| {
        rows[0].1.insert(Field::Comments, text("theirs"));
    });
    repo.write("items/V-1.yaml", FIRST.replace("as found", "not committed"));
    let (_, err) = repo.poam(2, &["import", &file, "--update", "--commit"]);
    assert!(err.contains("items/V-1.yaml has uncommitted changes"), "{err}");
}

#[test]
fn only_the_cells_that_differ_change_anything() {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    let item = FIRST.replace("rating: high", "rating: critical").replace(
        "status: in-progress",
        "exposure: {facing: internal, likely_exploitable: true}\n\
         deviations:\n  - {type: risk-adjustment, state: denied, rationale: no, adjusted_risk_rating: low, approver: {name: AO}, decided: 2026-01-05}\n\
         status: in-progress",
    );
    repo.write("items/V-1.yaml", item).commit("2026-01-06", "start");
    repo.poam(0, &["-q", "workbook", "-o", "../w.xlsx"]);
    let reading = workbook::read(&repo.beside("w.xlsx")).unwrap();
    let edited = save(&repo, &reading, |rows| {
        rows[0].1.insert(Field::Comments, text("Working on it"));
        rows[0].1.insert(Field::FalsePositive, text("Pending"));
    });
    let (out, _) = repo.poam(0, &["import", &edited, "--update", "--commit"]);
    assert!(out.contains("changed: V-1: "), "{out}");
    let item = repo.read("items/V-1.yaml");
    for kept in [
        "original_risk_rating: critical",
        "exposure: {facing: internal, likely_exploitable: true}",
        "state: denied",
        "decided: 2026-01-05",
    ] {
        assert!(item.contains(kept), "{kept} is gone:\n{item}");
    }
    for new in ["comments: Working on it", "false-positive"] {
        assert!(item.contains(new), "{new} is missing:\n{item}");
    }
}

#[test]
#[cfg(unix)]
fn a_command_that_commits_meanwhile_is_waited_for_and_loses_nothing() {
    use std::process::Stdio;
    let (repo, reading) = tracker("3.0");
    let file = save(&repo, &reading, |rows| {
        rows[0].1.insert(Field::PointOfContact, text("Olga Person"));
    });
    repo.hook("pre-commit", "touch ../begun; while ! test -e ../go; do sleep 0.02; done");
    let command = |words: &[&str]| {
        let mut command = repo.command(env!("CARGO_BIN_EXE_poam"), &repo.path());
        command.args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let assign = command(&["assign", "V-1", "--to", "Sam Roe"]);
    while !repo.beside("begun").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    // It begins while the other command has written its file and not committed it yet.
    let update = command(&["import", &file, "--update", "--commit"]);
    std::thread::sleep(std::time::Duration::from_millis(500));
    repo.write("../go", "");
    assert!(assign.wait_with_output().unwrap().status.success());
    let output = update.wait_with_output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(out.contains("conflict: ") && out.contains("point of contact name of V-1"), "{out}");
    assert!(repo.read("items/V-1.yaml").contains("name: Sam Roe"), "the newer value stays");
}
