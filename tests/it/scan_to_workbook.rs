//! The whole way of a scan: results, items with their controls, the row of the workbook, the summary and
//! the report. Trivy and Grype are run where they are on the path, over a folder that is made here; their
//! published outputs stand in for them elsewhere.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeMap;

use poam::workbook::{Field, SheetRole, cell_text, read};
use serde_json::Value;

use crate::support::{Repo, shared};

fn tracker(settings: &str) -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", format!("version: 1\nsystem: {{name: Example}}\n{settings}"));
    repo.commit("2026-01-01", "start");
    repo
}

fn items(repo: &Repo) -> Vec<Value> {
    let (out, _) = repo.poam(0, &["list", "--format", "json"]);
    serde_json::from_str::<Value>(&out).unwrap().as_array().unwrap().clone()
}

/// Takes a file in, and compares each item with its row of the workbook.
fn rows_agree(repo: &Repo, file: &str) -> usize {
    let options = ["--as-of", "2026-11-30", "--detected", "2026-11-30", "--commit"];
    repo.poam(0, &[&["--today", "2026-11-30", "scan", file][..], &options].concat());
    repo.poam(0, &["--today", "2026-11-30", "workbook", "-o", "w.xlsx"]);
    let reading = read(&repo.path().join("w.xlsx")).unwrap();
    let rows: BTreeMap<String, _> = reading
        .rows
        .iter()
        .map(|row| (cell_text(&row.cells[&Field::PoamId].value), &row.cells))
        .collect();
    let items = items(repo);
    assert_eq!(rows.len(), items.len(), "{file}");
    for item in &items {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        let cells = rows[&text("id")];
        let cell =
            |field: Field| cells.get(&field).map(|cell| cell_text(&cell.value)).unwrap_or_default();
        assert_eq!(cell(Field::WeaknessName), text("weakness_name"), "{file}");
        assert_eq!(cell(Field::SourceIdentifier), text("source_identifier"), "{file}");
        assert_eq!(cell(Field::DetectorSource), text("detector_source"), "{file}");
        for asset in item["assets"].as_array().into_iter().flatten() {
            assert!(
                cell(Field::AssetIdentifier).contains(asset.as_str().unwrap()),
                "{file}: {asset}"
            );
        }
        let rating = match text("original_risk_rating").as_str() {
            "low" => "Low",
            "moderate" => "Moderate",
            // The workbook has no word above High.
            _ => "High",
        };
        assert_eq!(cell(Field::OriginalRiskRating), rating, "{file}");
    }
    items.len()
}

#[test]
fn published_outputs_become_rows() {
    for (name, expected) in
        [("trivy-debian-buster.json", 2), ("grype-many.json", 9), ("nessus-sample.nessus", 8)]
    {
        let Some(file) = shared(&format!("scans/{name}")) else { return };
        assert_eq!(rows_agree(&tracker(""), &file.display().to_string()), expected, "{name}");
    }
}

#[test]
fn trivy_over_a_real_folder_becomes_rows() {
    let repo = tracker("");
    repo.write("app/Dockerfile", "FROM debian:12\nRUN apt-get install curl\nUSER root\n");
    repo.write("app/settings.env", "key = ghp_012345678901234567890123456789abcdef\n");
    let mut trivy = repo.command("trivy", &repo.path());
    trivy.args(["fs", "--scanners", "secret,misconfig", "--skip-check-update", "--offline-scan"]);
    trivy.args(["--format", "json", "--output", "trivy.json", "app"]);
    match trivy.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => return eprintln!("skipped: trivy is not on the path"),
    }
    let report: Value = serde_json::from_str(&repo.read("trivy.json")).unwrap();
    let mut ids: Vec<&str> = Vec::new();
    for target in report["Results"].as_array().unwrap() {
        for key in ["Misconfigurations", "Secrets"] {
            for found in target[key].as_array().into_iter().flatten() {
                ids.extend(found["AVDID"].as_str().or(found["RuleID"].as_str()));
            }
        }
    }
    ids.sort_unstable();
    ids.dedup();
    assert!(ids.contains(&"github-pat"), "{ids:?}");
    assert_eq!(rows_agree(&repo, "trivy.json"), ids.len());
    let everything = repo.git(&["log", "-p", "--", "items", "scans"]);
    assert!(!everything.contains("ghp_0123"), "no secret is copied");
}

/// Controls are DISA's own references of the identifiers in these files, looked up by hand.
#[test]
fn checks_of_a_stig_have_the_controls_of_their_identifiers() {
    for name in ["stig-small-overrides.ckl", "hdf-small-overrides.json"] {
        let Some(file) = shared(&format!("scans/{name}")) else { return };
        let repo = tracker("");
        let file = file.display().to_string();
        let options = ["--as-of", "2026-11-30", "--detected", "2026-11-30", "--commit"];
        repo.poam(0, &[&["--today", "2026-11-30", "scan", &file][..], &options].concat());
        let controls: BTreeMap<String, Value> = items(&repo)
            .into_iter()
            .map(|item| {
                (item["source_identifier"].as_str().unwrap().to_owned(), item["controls"].clone())
            })
            .collect();
        let expected = [
            ("V-257778", "CM-6"),
            ("V-257779", "AC-8"),
            ("V-257780", "SI-2(2)"),
            ("V-257781", "CM-6"),
        ];
        for (id, control) in expected {
            assert_eq!(controls[id], serde_json::json!([control]), "{name} {id}");
        }
    }
}

fn nessus(day: &str, plugins: &[(u32, u8)]) -> String {
    let mut text = format!(
        "<NessusClientData_v2><Report name=\"r\"><ReportHost name=\"web-1\"><HostProperties>\
         <tag name=\"HOST_END\">{day} 02:00:00</tag></HostProperties>"
    );
    for (plugin, severity) in plugins {
        text += &format!(
            "<ReportItem port=\"443\" protocol=\"tcp\" severity=\"{severity}\" pluginID=\"{plugin}\" pluginName=\"Plugin {plugin}\"/>"
        );
    }
    text + "</ReportHost></Report></NessusClientData_v2>"
}

/// Rev 5: high 30 days, moderate 90 days. On 2026-03-15 only the high finding of 2026-02-01 is late; a
/// finding of an assessment is listed from its first day.
#[test]
fn early_findings_of_scanners_stay_off_the_open_sheet() {
    let repo = tracker("");
    repo.write("s.nessus", nessus("2026-02-01", &[(10, 3), (11, 2)]));
    repo.poam(0, &["--today", "2026-02-02", "scan", "s.nessus", "--commit"]);
    let assessment = r#"{"assessment-results": {"uuid": "u", "metadata": {"title": "Annual", "version": "1"}, "results": [{"title": "r",
        "start": "2026-03-01T00:00:00Z", "end": "2026-03-10T00:00:00Z", "findings": [{"title": "MFA", "description": "d",
        "target": {"type": "statement-id", "target-id": "ia-2.1_smt.a", "status": {"state": "not-satisfied"}}}]}]}}"#;
    repo.write("ar.json", assessment);
    let options = ["--detected", "2026-03-01", "--commit"];
    repo.poam(0, &[&["--today", "2026-03-11", "scan", "ar.json"][..], &options].concat());
    repo.poam(0, &["workbook", "-o", "w.xlsx", "--late-only", "--date", "2026-03-15"]);
    let reading = read(&repo.path().join("w.xlsx")).unwrap();
    let mut names: Vec<String> = reading
        .rows
        .iter()
        .filter(|row| row.role == SheetRole::Open)
        .map(|row| cell_text(&row.cells[&Field::WeaknessName].value))
        .collect();
    names.sort();
    assert_eq!(names, ["MFA", "Plugin 10"]);
    repo.poam(0, &["workbook", "-o", "w.xlsx", "--date", "2026-03-15"]);
    assert_eq!(read(&repo.path().join("w.xlsx")).unwrap().rows.len(), 3);
}

/// Counted by hand: two scans of one scope; web-1 alone was looked at in the last 31 days.
#[test]
fn summary_and_report_show_scans_and_what_nobody_looked_at() {
    let repo = tracker("");
    let (out, _) = repo.poam(0, &["summary", "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap().get("scans"), None);
    repo.write("a.nessus", nessus("2026-02-01", &[(10, 3), (11, 2)]));
    repo.write("b.nessus", nessus("2026-04-01", &[(10, 3), (99, 0)]));
    for (day, file) in [("2026-02-02", "a.nessus"), ("2026-04-02", "b.nessus")] {
        repo.poam(0, &["--today", day, "scan", file, "--scope", "prod", "--commit"]);
    }
    repo.write(
        "items/V-1.yaml",
        "id: V-1\nweakness_name: W\ndetector_source: Qualys\nsource_identifier: \"7\"\nassets: [db-1]\n\
         original_detection_date: 2026-01-01\noriginal_risk_rating: high\nstatus: open\n",
    );
    repo.write(
        "items/V-2.yaml",
        "id: V-2\nweakness_name: W\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nstatus: closed\n\
         completion_date: 2026-01-21\n",
    );
    repo.commit("2026-04-03", "items");
    let (out, _) = repo.poam(0, &["--today", "2026-04-05", "summary", "--format", "json"]);
    let summary: Value = serde_json::from_str(&out).unwrap();
    let scans = &summary["scans"];
    assert_eq!(
        (&scans["recorded"], &scans["open_items"], &scans["looked_at"]),
        (&2.into(), &3.into(), &2.into())
    );
    assert_eq!(scans["not_looked_at"], serde_json::json!(["V-1"]));
    let last = scans["last"].as_array().unwrap();
    assert_eq!(last.len(), 1);
    assert_eq!((&last[0]["name"], &last[0]["day"]), (&"prod".into(), &"2026-04-01".into()));
    assert_eq!(
        (&last[0]["results"], &last[0]["found"], &last[0]["assets"]),
        (&2.into(), &1.into(), &1.into())
    );
    assert_eq!(summary["mean_days_to_remediate"], 20.0);
    let (text, _) = repo.poam(0, &["--today", "2026-04-05", "summary"]);
    assert!(
        text.contains("3 open, a scan looked at 2 of them in the last 31 days; not at V-1"),
        "{text}"
    );
    repo.poam(0, &["--today", "2026-04-05", "report", "-o", "r"]);
    let page = repo.read("r/index.html");
    assert!(page.contains("they looked at 2 of 3 open scanner items in the last 31 days"));
    assert!(page.contains("Time to remediate"));
}
