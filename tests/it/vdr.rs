//! FedRAMP's VDR and VER, CISA's catalog, other frameworks, and the comparison with newer official files.

use serde_json::{Value, json};

use crate::support::{Repo, shared};

const SETTINGS: &str = "version: 1\nsystem: {impact_level: moderate}\nvdr_adopted: 2026-07-04\n";

fn item(id: &str, more: &str) -> String {
    format!(
        "id: {id}\nweakness_name: Weakness {id}\nstatus: open\noriginal_detection_date: 2026-07-06\n\
        original_risk_rating: low\n{more}"
    )
}

const CATALOG: &str = r#"{"title": "CISA Catalog of Known Exploited Vulnerabilities",
  "catalogVersion": "2026.08.01", "dateReleased": "2026-08-01T15:00:00.000Z", "count": 2, "vulnerabilities": [
  {"cveID": "CVE-2026-1111", "vendorProject": "V", "product": "P", "vulnerabilityName": "N", "dateAdded": "2026-07-10",
   "shortDescription": "S", "requiredAction": "R", "dueDate": "2026-07-31", "knownRansomwareCampaignUse": "Unknown",
   "notes": "", "cwes": []},
  {"cveID": "CVE-2026-2222", "vendorProject": "V", "product": "P", "vulnerabilityName": "N", "dateAdded": "2026-07-12",
   "shortDescription": "S", "requiredAction": "R", "dueDate": "2026-07-15", "knownRansomwareCampaignUse": "Known",
   "notes": "", "cwes": ["CWE-79"]}]}"#;

#[test]
fn a_catalog_of_known_exploited_vulnerabilities_marks_items_once() {
    let repo = Repo::new();
    let commented =
        "cves: [CVE-2026-1111]   # of the scan\nkev: {listed: true, due: 2026-07-20} # by hand\n";
    repo.write("poam.yaml", SETTINGS)
        .write("items/V-1.yaml", item("V-1", "cves: [cve-2026-2222, CVE-2026-1111]\n"))
        .write("items/V-2.yaml", item("V-2", commented))
        .write("items/V-3.yaml", item("V-3", ""))
        .write("kev.json", CATALOG);
    repo.commit("2026-08-01", "start");
    let before = repo.read("items/V-1.yaml");
    let (plan, _) = repo.poam(0, &["--today", "2026-08-02", "kev", "kev.json"]);
    for line in [
        "V-1: CVE-2026-2222, listed 2026-07-12, due 2026-07-15",
        "V-2: CVE-2026-1111, listed 2026-07-10, due 2026-07-31 (the item said due 2026-07-20)",
        "2 items to mark, 0 unchanged, 0 closed and left as they are",
        "add --commit",
    ] {
        assert!(plan.contains(line), "{line}\n{plan}");
    }
    assert_eq!(repo.read("items/V-1.yaml"), before, "the plan writes nothing");
    repo.poam(0, &["--today", "2026-08-02", "kev", "kev.json", "--commit"]);
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "2");
    let marked = repo.read("items/V-1.yaml");
    assert!(marked.starts_with(before.trim_end()), "what was there stays: {marked}");
    for part in ["listed: true", "added: 2026-07-12", "due: 2026-07-15"] {
        assert!(marked.contains(part), "{marked}");
    }
    let second = repo.read("items/V-2.yaml");
    assert!(second.contains("# of the scan") && second.contains("# by hand"), "{second}");
    assert!(second.contains("due: 2026-07-31"), "{second}");
    let message = repo.git(&["log", "-1", "--format=%B"]);
    assert!(message.contains("Poam-Kev-Catalog: 2026.08.01"), "{message}");
    let (again, _) = repo.poam(0, &["--today", "2026-08-02", "kev", "kev.json", "--commit"]);
    assert!(
        again.contains("0 items to mark, 2 unchanged") || again.contains("nothing to do"),
        "{again}"
    );
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "2");
    // Past the catalog's date, under VDR: a warning that cites rule, force and release.
    let (report, _) = repo.poam(0, &["--today", "2026-08-02", "list", "--format", "json"]);
    assert!(report.contains("\"added\""), "{report}");
    let out = repo.try_poam(&["--today", "2026-08-02", "validate"]);
    let out = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.contains("VDR-TFR-KEV, SHOULD, release 2026.07.14.01"), "{out}");
}

/// The id of a rule of FedRAMP leads to its statements and to what checks a tracker against it.
#[test]
fn rules_of_fedramp_are_explained_by_their_ids() {
    let folder = Repo::bare_folder();
    for (id, force, check) in [
        ("VER-TFR-MRH", "class C, SHOULD, 14 days:", "ver-activity-due: "),
        ("ver-rpt-per", "all classes, MUST:", "ver-activity-lost: "),
        ("CCM-OCR-AVL", "all classes, MUST, 3 months:", "ocr-due: "),
        ("VDR-TFR-KEV", "all classes, SHOULD:", "kev-overdue: "),
        ("VER-RPT-AVI", "all classes, MUST:", "ver-acceptance-unexplained: "),
    ] {
        let (text, _) = folder.poam(0, &["rules", id]);
        assert!(text.contains(force) && text.contains(check), "{text}");
        assert!(text.starts_with(&id.to_uppercase()) && text.contains("release 2026."), "{text}");
    }
    folder.poam(2, &["rules", "VER-TFR-ZZZ"]);
}

#[test]
fn what_is_no_catalog_is_refused_with_a_way_out() {
    let repo = Repo::new();
    repo.write("poam.yaml", SETTINGS).write("items/V-1.yaml", item("V-1", ""));
    repo.commit("2026-08-01", "start");
    for (text, said) in [
        ("", "known_exploited_vulnerabilities.json"),
        ("cveID,vendorProject\n", "known_exploited_vulnerabilities.json"),
        (r#"{"catalogVersion": "1", "count": 5, "vulnerabilities": []}"#, "not whole"),
        (r#"{"catalogVersion": "1", "vulnerabilities": []}"#, "no entries"),
    ] {
        repo.write("kev.json", text);
        let (_, err) = repo.poam(2, &["kev", "kev.json"]);
        assert!(err.contains(said), "{err}");
    }
    repo.poam(2, &["kev", "none.json"]);
}

#[test]
fn the_calendar_says_what_binds_when() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\nsystem: {impact_level: high}\n")
        .commit("2026-08-01", "start");
    let (text, _) = repo.poam(0, &["--today", "2026-11-30", "rules", "--calendar"]);
    for part in [
        "2026-12-07  in 7 days",
        "VDR, VER",
        "maintain",
        "2027-03-07",
        "grace ends",
        "monthly POA&M workbook",
        "does not follow VDR and VER yet",
        "class D",
        "VER-TFR-EVU",
        "2 days",
        "release 2026.07.14.01, commit 12fe1b60f578",
        "Not in the data: release 2026.11.02.01",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let arguments =
        ["--today", "2026-11-30", "rules", "--calendar", "--class", "b", "--format", "json"];
    let (text, _) = repo.poam(0, &arguments);
    let calendar: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&calendar["class"], &calendar["profile"]), (&json!("B"), &json!("fedramp-rev5")));
    let duties = calendar["duties"].as_array().unwrap();
    let evaluate = duties.iter().find(|duty| duty["rule"] == "VER-TFR-EVU").unwrap();
    assert_eq!((&evaluate["within"], &evaluate["force"]), (&json!("7 days"), &json!("SHOULD")));
    let (text, _) = repo.poam(0, &["rules", "--calendar", "--profile", "generic"]);
    assert!(text.contains("No official day binds this profile"), "{text}");
    repo.poam(2, &["rules", "--calendar", "--class", "E"]);
    repo.poam(2, &["rules", "--calendar", "--profile", "none"]);
    // Outside a tracker with a profile that is named.
    let elsewhere = Repo::bare_folder();
    elsewhere.poam(0, &["rules", "--calendar", "--profile", "cmmc-l2"]);
    elsewhere.poam(2, &["rules", "--calendar"]);
}

#[test]
fn the_summary_says_how_far_a_tracker_is() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\nsystem: {impact_level: moderate}\n")
        .write("items/V-1.yaml", item("V-1", ""))
        .write("items/V-2.yaml", item("V-2", "ver: {evaluated: 2026-07-08, rating: 0}\n"));
    repo.commit("2026-08-01", "start");
    let (text, _) = repo.poam(0, &["--today", "2026-11-30", "summary"]);
    for part in [
        "FedRAMP VDR and VER",
        "not adopted; to be followed from 2026-12-07, in 7 days, grace until 2027-03-07 (class C",
        "2 open vulnerabilities: 1 evaluated, 1 with an N-rating",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let (text, _) = repo.poam(0, &["--today", "2026-11-30", "summary", "--format", "json"]);
    let summary: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(summary["vdr"]["days_to_maintain"], 7);
    let (text, _) = repo.poam(0, &["--today", "2026-07-03", "summary"]);
    assert!(!text.contains("VDR and VER"), "{text}");
}

#[test]
fn the_monthly_report_is_due_a_month_after_the_last_snapshot() {
    let repo = Repo::new();
    repo.write("poam.yaml", SETTINGS)
        .write("items/V-1.yaml", item("V-1", "status: closed\n").replace("status: open\n", ""));
    repo.commit("2026-08-01", "start");
    let said = |repo: &Repo, day: &str| {
        let out = repo.try_poam(&["--today", day, "validate"]);
        String::from_utf8_lossy(&out.stdout).contains("the monthly report was due")
    };
    assert!(!said(&repo, "2026-08-04"), "a month from the adoption on 2026-07-04");
    assert!(said(&repo, "2026-08-05"));
    repo.poam(0, &["--today", "2026-08-05", "snapshot", "2026-08"]);
    assert!(!said(&repo, "2026-08-05"), "the snapshot has the day of its commit, 2026-08-01");
    assert!(!said(&repo, "2026-09-01"));
    assert!(said(&repo, "2026-09-02"));
}

#[test]
fn items_are_found_grouped_and_suggested_by_framework() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\nprofile: generic\n")
        .write("items/V-1.yaml", item("V-1", "mappings: {soc2: [CC7.1], nist-800-171: [3.14.1]}\n"))
        .write("items/V-2.yaml", item("V-2", "controls: [SI-2]\nmappings: {soc2: [CC6.1]}\n"));
    repo.commit("2026-08-01", "start");
    let found = ["list", "--framework", "soc2", "--control", "CC7.1", "--format", "json"];
    let (text, _) = repo.poam(0, &found);
    let items: Value = serde_json::from_str(&text).unwrap();
    let ids: Vec<_> = items.as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
    assert_eq!(ids, ["V-1"]);
    let (text, _) = repo.poam(0, &["summary", "--by", "framework", "--format", "json"]);
    let summary: Value = serde_json::from_str(&text).unwrap();
    assert!(text.contains("\"soc2\"") && summary["groups"].is_object(), "{text}");
    let (text, _) = repo.poam(0, &["mappings", "V-1"]);
    for part in [
        "SI.L2-3.14.1",
        "(suggested by 32 CFR 170.14(c), from 3.14.1)",
        "(suggested by NIST SP 800-171 Rev 3, from 3.14.1)",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!repo.read("items/V-1.yaml").contains("SI.L2"), "nothing is written");
    let (text, _) = repo.poam(0, &["mappings", "--catalogs"]);
    assert!(text.contains("release 5.2.0") && text.contains("soc2: 61 ids"), "{text}");
    let (_, err) =
        repo.poam(2, &["new", "--name", "A weakness", "--risk", "low", "--control", "AC-13"]);
    assert!(err.contains("withdrawn") && err.contains("AC-2"), "{err}");
    // Frameworks go by their usual names, that of the controls too.
    for (name, expected) in
        [("nist-800-53", "V-2"), ("NIST SP 800-53 Rev 5", "V-2"), ("800-171", "V-1")]
    {
        let (text, _) = repo.poam(0, &["list", "--framework", name, "--format", "json"]);
        let items: Value = serde_json::from_str(&text).unwrap();
        let ids: Vec<_> = items.as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
        assert_eq!(ids, [expected], "{name}");
    }
    let (text, _) = repo.poam(0, &["list", "--framework", "csf"]);
    assert!(!text.contains("V-1") && !text.contains("V-2"), "{text}");
    let (_, err) = repo.poam(2, &["list", "--framework", "nist-800-54"]);
    assert!(err.contains("nist-800-53"), "{err}");
    let (text, _) = repo.poam(0, &["summary", "--by", "framework", "--format", "json"]);
    assert!(text.contains("\"nist-800-53\""), "{text}");
}

/// An id that is not in force is marked, with what took its place.
#[test]
fn mappings_mark_ids_that_are_not_in_force() {
    let repo = Repo::new();
    let lines = "controls: [AC-2, AC-13, ac-3]\nmappings: {csf: [DE.AE-01, ID.RA-01, XX.YY-01], iso: [A.5]}\n";
    repo.write("poam.yaml", "version: 1\nprofile: generic\n")
        .write("items/V-1.yaml", item("V-1", lines));
    repo.commit("2026-08-01", "start");
    let (text, _) = repo.poam(0, &["mappings", "V-1"]);
    let line = |id: &str| text.lines().find(|line| line.contains(id)).unwrap().to_owned();
    assert!(line("AC-13").ends_with("(withdrawn: write `AC-2` or `AU-6`)"), "{text}");
    assert!(line("ac-3").ends_with("(unknown: write `AC-3`)"), "{text}");
    assert!(line("DE.AE-01").ends_with("(withdrawn: write `ID.AM-03`)"), "{text}");
    assert!(line("XX.YY-01").ends_with("(unknown)"), "{text}");
    assert!(!line("ID.RA-01").contains('('), "{text}");
    assert!(!line("A.5").contains('('), "{text}");
    let (text, _) = repo.poam(0, &["mappings", "V-1", "--format", "json"]);
    let all: Value = serde_json::from_str(&text).unwrap();
    let mapped = all["items"][0]["mapped"].as_array().unwrap();
    let states: Vec<&str> = mapped.iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(
        states,
        ["in force", "withdrawn", "unknown", "withdrawn", "in force", "unknown", "not checked"]
    );
    let checked = repo.try_poam(&["validate", "--today", "2026-08-02"]);
    let checked = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.contains("`DE.AE-01` was withdrawn from NIST CSF 2.0"), "{checked}");
}

#[test]
fn newer_official_files_are_compared_with_our_data() {
    let repo = Repo::bare_folder();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let ours = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let rules = "templates/rules/fedramp-2026.json";
    let name = "fedramp-common-definitions-schema-2026-06-24.json";
    let schema = format!("templates/fedramp/schemas/{name}");
    repo.write("newer/fedramp-2026.json", ours(rules))
        .write(&format!("newer/schemas/{name}"), ours(&schema));
    let (text, _) = repo.poam(0, &["rules", "--compare", "newer"]);
    assert_eq!(text.matches("no change").count(), 2, "{text}");
    // One change in each.
    let mut newer: Value = serde_json::from_str(&ours(rules)).unwrap();
    newer["rules"]["VER-TFR-MAV"]["classes"]["all"]["within"]["number"] = json!(180);
    let mut definitions: Value = serde_json::from_str(&ours(&schema)).unwrap();
    definitions["$defs"]["nRating"]["enum"] = json!([0, 1, 2, 3, 4, 5, 6]);
    repo.write("newer/fedramp-2026.json", newer.to_string())
        .write(&format!("newer/schemas/{name}"), definitions.to_string())
        .write("newer/notes.json", "{\"a\": 1}");
    let (text, _) = repo.poam(1, &["rules", "--compare", "newer"]);
    let forced = text.find("VER-TFR-MAV: time frame: 192 days -> 180 days").unwrap();
    let optional = text.find("/$defs/nRating/enum: 6 is allowed now").unwrap();
    assert!(forced < optional, "{text}");
    assert!(text.contains("notes.json: left out: no newer state of our data"), "{text}");
    let (text, _) = repo.poam(1, &["rules", "--compare", "newer", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["changes"].as_array().unwrap().len(), 2);
    assert_eq!(report["changes"][0]["weight"], "forced");
    repo.write("other/a.json", "{}");
    let (_, err) = repo.poam(2, &["rules", "--compare", "other"]);
    assert!(err.contains("fedramp-consolidated-rules.json"), "{err}");
    repo.poam(2, &["rules", "--compare", "none"]);
    // Of the official dataset itself, the tables are ours.
    if let Some(path) = shared("rules/fedramp-consolidated-rules-2026.07.14.01.json") {
        repo.write("official/fedramp-consolidated-rules.json", std::fs::read(path).unwrap());
        let out = repo.try_poam(&["rules", "--compare", "official"]);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(text.contains("fedramp-2026.json, 2026.07.14.01: "), "{text}");
        assert!(!text.contains("time frame:"), "{text}");
    }
}
