//! `poam import` and `poam workbook`: a workbook in, a tracker, a workbook out, and in again.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::path::Path;

use crate::support::{COMPLETE, Repo, shared};
use poam::workbook::{Field, Reading, SheetRole, cell_text, read};

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.commit("2026-01-01", "start");
    repo
}

/// Every item file with its text.
fn items(repo: &Repo) -> Vec<(String, String)> {
    let names = repo.git(&["-c", "core.quotePath=false", "ls-files", "items"]);
    names.lines().map(|name| (name.to_owned(), repo.read(name))).collect()
}

fn text(reading: &Reading, id: &str, field: Field) -> String {
    let row =
        reading.rows.iter().find(|row| cell_text(&row.cells[&Field::PoamId].value) == id).unwrap();
    row.cells.get(&field).map(|cell| cell_text(&cell.value)).unwrap_or_default()
}

#[test]
fn a_real_workbook_goes_in_and_comes_out_and_goes_in_again() {
    let Some(shared) = shared("") else { return };
    let first = tracker();
    let source = shared.join("workbooks/homelab-2026-05-a.xlsx").display().to_string();
    let (plan, _) = first.poam(0, &["import", &source, "--format", "json"]);
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(
        (plan["rows"].as_u64(), plan["created"].as_array().unwrap().len()),
        (Some(3843), 3843)
    );
    assert_eq!((plan["refused"].as_array().unwrap().len(), plan["commits"].as_u64()), (0, Some(0)));
    assert_eq!(first.git(&["status", "--porcelain"]), "", "a plan writes nothing");
    first.poam(0, &["import", &source, "--commit"]);
    assert_eq!(items(&first).len(), 3843);
    let one = first.read("items/2026/43500/MSS-43561.yaml");
    assert!(
        !one.contains("Mandatory") && !one.contains("Situational"),
        "words of the template are not the item's: {one}"
    );
    let critical = items(&first)
        .iter()
        .filter(|(_, text)| text.contains("original_risk_rating: critical\n"))
        .count();
    assert_eq!(critical, 56);
    let dated = items(&first)
        .iter()
        .filter(|(_, text)| text.contains("original_detection_date: 2026-05-04\n"))
        .count();
    assert_eq!(dated, 3843);
    let (again, _) = first.poam(0, &["import", &source, "--commit"]);
    assert!(again.contains("3843 rows: 0 created, 3843 unchanged, 0 refused"), "{again}");

    for layout in ["3.0", "2.1"] {
        let built = first.beside(&format!("{layout}.xlsx")).display().to_string();
        first.poam(0, &["-q", "workbook", "-o", &built, "--template", layout]);
        let second = tracker();
        second.poam(0, &["import", &built, "--commit"]);
        assert!(items(&first) == items(&second), "{layout}: what came back is not what went out");
    }
}

#[test]
fn the_same_commit_gives_the_same_bytes_everywhere() {
    let repo = tracker();
    for day in 10..20 {
        let name = format!("Weakness {day}");
        let detected = format!("2026-01-{day}");
        let new = ["new", "--name", &name, "--risk", "high", "--detected", &detected, "--commit"];
        repo.poam(0, &[&["--today", "2026-02-01"][..], &new, &COMPLETE].concat());
    }
    let mut built = Vec::new();
    for (clone, zone) in [("one", "America/Los_Angeles"), ("two/deeper", "Asia/Tokyo")] {
        let dir = repo.beside(clone);
        std::fs::create_dir_all(&dir).unwrap();
        let url = repo.path().display().to_string();
        repo.git(&["clone", "--quiet", &url, dir.to_str().unwrap()]);
        let run = |layout: &str| {
            let out = dir.join("out.xlsx");
            let program = env!("CARGO_BIN_EXE_poam");
            let status = repo
                .command(program, &dir)
                .env("TZ", zone)
                .args(["-q", "workbook", "-o", "out.xlsx", "--template", layout])
                .status()
                .unwrap();
            assert!(status.success());
            std::fs::read(out).unwrap()
        };
        built.push([run("3.0"), run("2.1"), run("rev4")]);
    }
    assert!(built[0] == built[1]);
}

#[test]
fn milestone_changes_come_from_the_commits() {
    let repo = tracker();
    let item = |due: &str, more: &str| {
        format!(
            "id: V-1\nweakness_name: W\nstatus: in-progress\noriginal_detection_date: 2026-01-05\noriginal_risk_rating: high\nremediation_plan: Patch.\npoint_of_contact: {{name: Jane Doe}}\nmilestones:\n  - {{id: 1, description: Patch staging, due: {due}{more}}}\n  - {{id: 2, description: Scan, due: 2026-01-30}}\n"
        )
    };
    repo.write("items/V-1.yaml", item("2026-01-20", "")).commit("2026-01-06", "V-1: found");
    repo.write("items/V-1.yaml", item("2026-01-25", ""))
        .commit("2026-01-18", "V-1: later\n\nPoam-Reason: waiting for vendor");
    repo.write("items/V-1.yaml", item("2026-01-25", ", status: completed, completed: 2026-01-24"))
        .commit("2026-01-24", "V-1: done\n\nPoam-Reason: patched");
    repo.poam(0, &["-q", "workbook", "-o", "w.xlsx", "--template", "2.1"]);
    let reading = read(&repo.path().join("w.xlsx")).unwrap();
    assert_eq!(
        text(&reading, "V-1", Field::PlannedMilestones),
        "(1) 2026-01-20: Patch staging\n\n(2) 2026-01-30: Scan",
        "as first landed"
    );
    assert_eq!(
        text(&reading, "V-1", Field::MilestoneChanges),
        "(1) Update 2026-01-25 : moved from 2026-01-20 to 2026-01-25 on 2026-01-18: waiting for vendor\n\n(1) Complete 2026-01-24 : completed: patched"
    );
    assert_eq!(text(&reading, "V-1", Field::StatusDate), "2026-01-24");
    repo.poam(0, &["-q", "workbook", "-o", "w.xlsx"]);
    let reading = read(&repo.path().join("w.xlsx")).unwrap();
    let plan = text(&reading, "V-1", Field::RemediationPlan);
    assert!(plan.starts_with("Patch.\n\nPlanned milestones are:\n1) 2026-01-25: Patch staging - completed 2026-01-24\n2) 2026-01-30: Scan\n\nChanges:\n(1) Update 2026-01-25"), "{plan}");
    let (out, _) =
        repo.poam(0, &["log", "V-1", "--format", "ndjson", "--action", "milestone-rescheduled"]);
    let event: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (event["old"].as_str(), event["new"].as_str(), event["reason"].as_str()),
        (Some("2026-01-20"), Some("2026-01-25"), Some("waiting for vendor"))
    );
}

/// An item of a tracker, as a value.
fn value(repo: &Repo, id: &str) -> serde_json::Value {
    let name = format!("/{id}.yaml");
    let (path, _) = items(repo).into_iter().find(|(path, _)| path.ends_with(&name)).unwrap();
    let bytes = repo.read(&path);
    let limits = poam::document::Limits::ITEM;
    let document = poam::document::Document::parse(&path, bytes.as_bytes(), &limits).unwrap();
    let item = poam::model::Item::deserialize_from(&document.to_value()).unwrap();
    serde_json::to_value(item).unwrap()
}

/// An item that says everything a layout can carry.
const FULL: &str = "\
id: VS-001-AC(2)
weakness_name: Unsupported server in a production VLAN
weakness_description: |
  Two hosts run an operating system
  without security updates.
controls: [SI-2, AC-2(1)]
detector_source: Nessus
source_identifier: \"51192\"
cves: [CVE-2026-1234, CVE-2026-1235]
kev: {listed: true, due: 2026-02-04}
assets:
  - 172.246.15.3 (80/tcp)
  - http://vuln.example/queries
services: [Flux Capacitor]
point_of_contact: {name: Jane Doe, email: jane@example.com, role: System owner}
resources_required: 40 staff hours
remediation_plan: Migrate the workloads.
original_detection_date: 2026-01-14
scheduled_completion_date: 2026-03-01
original_risk_rating: critical
milestones:
  - {id: 1, description: Inventory, due: 2026-01-20, status: completed, completed: 2026-01-19}
  - {id: 2, description: \"Migrate: all\", due: 2026-02-10, status: pending}
status: open
deviations:
  - {type: risk-adjustment, state: pending, adjusted_risk_rating: moderate, rationale: Behind a firewall., request: DR-123}
vendor_dependency: {vendor: Example Corp, product: Example Firewall, last_check_in: 2026-02-01, fix_released: 2026-02-03}
evidence:
  - {type: remediation, reference: CHG-1234, location: https://example.com/CHG-1234}
exposure: {facing: internal}
sensitive: [weakness_description]
comments: =cmd|' /C calc'!A0
";

#[test]
fn everything_that_a_layout_can_carry_comes_back() {
    for (layout, lost) in [("3.0", &["services"][..]), ("2.1", &[])] {
        let first = tracker();
        // 2.1 says what became of a milestone as a change, and its text is kept beside it.
        let done = "status: completed, completed: 2026-01-19";
        let full =
            if layout == "2.1" { FULL.replace(done, "status: pending") } else { FULL.to_owned() };
        first.write("items/2026/0000/VS-001-AC(2).yaml", &full).commit("2026-02-05", "full");
        let closed = full
            .replace("VS-001-AC(2)", "V-2")
            .replace("status: open", "status: closed\ncompletion_date: 2026-02-20");
        first.write("items/2026/0000/V-2.yaml", closed).commit("2026-02-20", "closed");
        let configuration = full
            .replace("VS-001-AC(2)", "V-3")
            .replace("status: open", "status: open\nkind: configuration");
        first
            .write("items/2026/0000/V-3.yaml", configuration)
            .commit("2026-02-21", "configuration");
        first.poam(0, &["-q", "workbook", "-o", "w.xlsx", "--template", layout]);
        let second = tracker();
        let built = first.path().join("w.xlsx").display().to_string();
        second.poam(0, &["import", &built, "--commit"]);
        for id in ["VS-001-AC(2)", "V-2", "V-3"] {
            let (mut went, came) = (value(&first, id), value(&second, id));
            for field in lost {
                went.as_object_mut().unwrap().shift_remove(*field);
            }
            assert_eq!(went, came, "{layout} {id}");
        }
        let days = second.git(&["log", "--format=%ad", "--date=format:%Y-%m-%d"]);
        assert_eq!(
            days, "2026-02-21\n2026-02-20\n2026-02-05\n2026-01-01\n",
            "a commit for each status date"
        );
        let sheets: Vec<_> =
            read(Path::new(&built)).unwrap().rows.iter().map(|row| row.role).collect();
        assert_eq!(sheets, [SheetRole::Open, SheetRole::Closed, SheetRole::Configuration]);
    }
}

#[test]
fn a_workbook_is_not_built_without_an_item_that_cannot_be_read() {
    let repo = tracker();
    repo.write("items/V-1.yaml", "id: [").commit("2026-01-02", "broken");
    let (_, err) = repo.poam(2, &["workbook", "-o", "w.xlsx"]);
    assert!(
        err.contains("items/V-1.yaml:1:5")
            && err.contains("no workbook is written: 1 item would be missing"),
        "{err}"
    );
    assert!(!repo.path().join("w.xlsx").exists());
    let (_, err) = repo.poam(2, &["workbook", "-o", "w.xlsx", "--template", "9"]);
    assert!(err.contains("fedramp-rev5-3.0"), "{err}");
}

#[test]
fn what_is_no_workbook_is_refused_with_what_was_looked_for() {
    let repo = tracker();
    let header = "POAM ID,Weakness Name,Original Detection Date,Original Risk Rating,Controls,Point of Contact,Comments,Weakness Description,Asset Identifier,Remediation Plan,Scheduled Completion Date,Status Date";
    repo.write("text.xlsx", "not a workbook")
        .write("empty.csv", "")
        .write("foreign.csv", "a,b,c\n1,2,3\n");
    repo.write("rows.csv", format!("{header}\nV-1,W,2026-01-01,High,AC-1,Jane,\nV-1,Again,2026-01-01,High,AC-1,Jane,\n,No id,2026-01-01,High,AC-1,Jane,\nV-2,Bad date,5/4/2026,High,AC-1,Jane,\nV-3,No rating,2026-01-01,,AC-1,Jane,\n"));
    for (file, said) in [
        ("text.xlsx", "text.xlsx"),
        ("empty.csv", "empty"),
        ("foreign.csv", "POAM ID"),
        ("missing.xlsx", "missing.xlsx"),
    ] {
        let (_, err) = repo.poam(2, &["import", file]);
        assert!(err.contains(said), "{file}: {err}");
    }
    let (out, _) = repo.poam(1, &["import", "rows.csv", "--commit"]);
    for line in [
        "refused: rows!A3: the id `V-1` stands in rows!A2 too: rows for one item may differ in milestones, assets and CVEs alone; where this is another weakness, give it another id\n",
        "refused: rows!row 4: the row has no POAM ID: give it one\n",
        "refused: rows!C5: ",
        "refused: rows!row 6: the row has no risk rating: fill the cell, or say --assume-risk RATING\n",
        "5 rows: 1 created, 0 unchanged, 4 refused\n",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    let item = repo.read("items/2026/0000/V-1.yaml");
    assert!(item.contains("weakness_name: W\n"), "{item}");
}

/// The headers of an open sheet that the tests below fill.
const HEADERS: &str = "POAM ID,Weakness Name,Original Detection Date,Original Risk Rating,Controls,Point of Contact,Comments,Weakness Description,Asset Identifier,Remediation Plan,Status Date,Supporting Documents";

#[test]
fn words_of_others_come_back_unchanged() {
    for layout in ["3.0", "2.1"] {
        let first = tracker();
        let item = "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-05\nscheduled_completion_date: 2026-02-04\noriginal_risk_rating: critical\nremediation_plan: Patch.\nmilestones:\n  - {id: 1, description: Patch, status: pending}\n  - {id: 2, description: Scan, due: 2026-01-30, status: pending}\nevidence:\n  - {reference: 'CHG-1 : done'}\n  - {reference: 'https://a : b'}\n  - {type: remediation, reference: 'SAR Report : x.pdf'}\nsensitive: [weakness_name, comments]\ncomments: Words.\nextra: {last_vendor_check_in: 2026-01-04, vendor_product: Firewall, kev_due_date: 2026-02-01}\n";
        first
            .write(
                "items/2026/0000/V-1.yaml",
                item.replace(": 2026-01-04, v", ": '2026-01-04', v")
                    .replace("date: 2026-02-01}", "date: '2026-02-01'}"),
            )
            .commit("2026-01-06", "V-1");
        first.poam(0, &["-q", "workbook", "-o", "w.xlsx", "--template", layout]);
        let built = first.path().join("w.xlsx").display().to_string();
        let second = tracker();
        second.poam(0, &["import", &built, "--commit"]);
        assert_eq!(value(&first, "V-1"), value(&second, "V-1"), "{layout}");
    }
}

#[test]
fn milestones_of_the_other_layout_come_back() {
    let text = "soon\n\nand later";
    for (layout, planned) in
        [("3.0", text), ("2.1", text), ("2.1", ""), ("3.0", ""), ("3.0", "none"), ("2.1", "none")]
    {
        let first = tracker();
        // Without planned milestones, a change introduces the only one.
        let item = match planned {
            "" => "milestones:\n  - {id: 1, description: Scan, due: 2026-02-01, status: pending}\nextra: {milestone_changes: '(1) New 2026-02-01 : Scan'}\n".to_owned(),
            "none" => "extra: {milestone_changes: '(9) Update 2026-02-01 : later'}\n".to_owned(),
            text => format!("extra: {{planned_milestones: {text:?}, milestone_changes: maybe}}\n"),
        };
        first.write("items/2026/0000/V-1.yaml", format!("id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-05\nscheduled_completion_date: 2026-02-04\noriginal_risk_rating: high\n{item}")).commit("2026-01-06", "V-1");
        first.poam(0, &["-q", "workbook", "-o", "w.xlsx", "--template", layout]);
        let built = first.path().join("w.xlsx").display().to_string();
        let second = tracker();
        second.poam(0, &["import", &built, "--commit"]);
        assert_eq!(value(&first, "V-1"), value(&second, "V-1"), "{layout} {planned}");
    }
}

#[test]
fn days_that_no_commit_can_have_are_kept() {
    let repo = tracker();
    repo.write("rows.csv", format!("{HEADERS}\nV-1,W,1949-01-01,High,AC-1,Jane,,,,,1950-01-02,\nV-2,W,2026-01-01,High,AC-1,Jane,,,,,2999-01-01,\nV-3,W,1970-01-01,High,AC-1,Jane,,,,,1970-01-01,\n"));
    let (out, _) = repo.poam(0, &["import", "rows.csv", "--commit"]);
    for said in [
        "rows (open): 3 item rows",
        "original text kept in `extra`: rows!K2: 1950-01-02 cannot be the day of a commit: it is before 1970",
        "original text kept in `extra`: rows!K3: 2999-01-01 cannot be the day of a commit: it is in the future",
        "2 commits made",
    ] {
        assert!(out.contains(said), "{said}\n{out}");
    }
    let item = repo.read("items/1949/0000/V-1.yaml");
    assert!(item.contains("status_date: ") && item.contains("1950-01-02"), "{item}");
    let (json, _) = repo.poam(0, &["import", "rows.csv", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["sheets"][0]["role"], "open");
    let (_, err) = repo.poam(2, &["import", "rows.csv", "--date", "2999-01-01"]);
    assert!(err.contains("--date"), "{err}");
}

#[test]
fn ids_that_differ_in_case_are_refused_again() {
    let repo = tracker();
    let row = |id: &str| format!("{id},W,2026-01-01,High,AC-1,Jane,,,,,2026-01-02,\n");
    repo.write("rows.csv", format!("{HEADERS}\n{}{}", row("x-1"), row("X-1")));
    for created in ["1 created, 0 unchanged, 1 refused", "0 created, 1 unchanged, 1 refused"] {
        let (out, _) = repo.poam(1, &["import", "rows.csv", "--commit"]);
        assert!(out.contains(created), "{out}");
    }
}

#[test]
fn columns_keep_to_themselves() {
    let repo = tracker();
    repo.write("rows.csv", format!("{HEADERS},Ticket,Ticket,kev_due_date\nV-1,W,2026-01-01,High,AC-1,Jane,,,,,2026-01-02,,A,B,C\n"));
    repo.poam(0, &["import", "rows.csv", "--commit"]);
    assert_eq!(
        value(&repo, "V-1")["extra"],
        serde_json::json!({"Ticket": "A", "Ticket (2)": "B", "column kev_due_date": "C"})
    );
}

#[cfg(unix)]
#[test]
fn an_import_that_stops_says_what_has_landed() {
    let repo = tracker();
    repo.write("rows.csv", format!("{HEADERS}\nV-1,W,2026-01-01,High,AC-1,Jane,,,,,2026-01-02,\nV-2,W,2026-01-01,High,AC-1,Jane,,,,,2026-01-03,\n"));
    repo.hook("pre-commit", "! git diff --cached --name-only | grep -q V-2");
    let (_, err) = repo.poam(2, &["import", "rows.csv", "--commit"]);
    assert!(
        err.contains(
            "1 item in 1 commit landed before this failed; running the import again goes on"
        ),
        "{err}"
    );
    std::fs::remove_file(repo.path().join(".git/hooks/pre-commit")).unwrap();
    let (out, _) = repo.poam(0, &["import", "rows.csv", "--commit"]);
    assert!(out.contains("1 created, 1 unchanged, 0 refused"), "{out}");
    repo.git(&["reset", "--quiet", "--mixed", "HEAD~1"]);
    let (out, _) = repo.poam(0, &["import", "rows.csv", "--commit"]);
    assert!(
        out.contains("0 created, 2 unchanged (1 of them is not committed), 0 refused"),
        "{out}"
    );
}

#[test]
fn permanent_columns_say_what_landed_first() {
    let repo = tracker();
    let item = |date: &str, rating: &str| {
        format!(
            "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: {date}\noriginal_risk_rating: {rating}\nsensitive: [id]\n"
        )
    };
    repo.write("items/V-1.yaml", item("2026-01-05", "high")).commit("2026-01-06", "V-1: found");
    repo.write("items/V-1.yaml", item("2026-01-15", "low")).commit("2026-01-16", "V-1: changed");
    let (_, err) = repo.poam(0, &["workbook", "-o", "w.xlsx", "--template", "2.1"]);
    assert!(err.contains("the workbook has the first: V-1"), "{err}");
    let reading = read(&repo.path().join("w.xlsx")).unwrap();
    for (field, expected) in [
        (Field::OriginalDetectionDate, "2026-01-05"),
        (Field::OriginalRiskRating, "High"),
        (Field::ScheduledCompletionDate, "2026-02-04"),
    ] {
        assert_eq!(text(&reading, "V-1", field), expected);
    }
    assert_eq!(reading.header.provider, None);
    assert_eq!(reading.header.impact_level, None);
    // Of two detections the earlier applies, also where it was found out later.
    repo.write("items/V-1.yaml", item("2026-01-02", "low")).commit("2026-01-17", "V-1: earlier");
    repo.remove("w.xlsx");
    repo.poam(0, &["workbook", "-o", "w.xlsx", "--template", "2.1"]);
    let reading = read(&repo.path().join("w.xlsx")).unwrap();
    assert_eq!(text(&reading, "V-1", Field::OriginalDetectionDate), "2026-01-02");
    assert_eq!(text(&reading, "V-1", Field::ScheduledCompletionDate), "2026-02-01");
    repo.remove("w.xlsx");
    repo.write("items/V-2.yaml", item("1800-01-15", "low").replace("V-1", "V-2"))
        .commit("2026-01-18", "V-2: long ago");
    let (_, err) = repo.poam(2, &["workbook", "-o", "w.xlsx"]);
    assert!(err.contains("V-2: original-detection-date: 1800-01-15"), "{err}");
}

#[test]
fn a_closed_row_without_a_date_stays_without() {
    let repo = tracker();
    repo.write("items/V-1.yaml", "id: V-1\nweakness_name: W\nstatus: closed\noriginal_detection_date: 2026-01-05\noriginal_risk_rating: high\n").commit("2026-01-06", "V-1: found");
    repo.poam(0, &["-q", "workbook", "-o", "w.xlsx"]);
    let reading = read(&repo.path().join("w.xlsx")).unwrap();
    assert_eq!(text(&reading, "V-1", Field::StatusDate), "");
}
