//! The form of eMASS: workbooks that others made and those that are built here, read, written, edited and
//! verified.
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Read as _, Write as _};

use poam::workbook::{Field, Layout, Reading, SourceRow, Value, cell_text, read, read_bytes};
use serde_json::Value as Json;

use crate::support::{Repo, shared};

/// The headers of the Navy's form of 2026-06-01, from column B on.
const NAVY: [&str; 32] = [
    "POA&M Item ID",
    "Control Vulnerability Description",
    "Controls / APs",
    "Security Checks",
    "POA&M Status",
    "POA&M Scheduled Completion Date",
    "POA&M Requested Risk Accepted Expiration Date",
    "POA&M Completion Date",
    "Milestone ID",
    "Milestone Description",
    "Milestone Status",
    "Milestone Status Comments",
    "Milestone Scheduled Completion Date",
    "Milestone Completion Date",
    "Identification Source",
    "Identification Source Details",
    "Office/Org",
    "Resources Required",
    "Comments",
    "Raw Severity",
    "Devices Affected",
    "Mitigations (in-house and in conjunction with the Navy CSSP)",
    "Predisposing Conditions",
    "Severity",
    "Relevance of Threat",
    "Threat Description",
    "Likelihood",
    "Impact",
    "Impact Description",
    "Residual Risk Level",
    "Recommendations",
    "Resulting Residual Risk after Proposed Mitigations",
];

const HEAD: &str = "\
***** CONTROLLED UNCLASSIFIED INFORMATION *****
Date Exported:,,,11/20/2026,,,,,,,,System Type:,IS Enclave
Exported By:,,,Ann Author
CC/S/A/FA:,,,Navy,,,,,,,,POC Name:,Bob Owner
System / Project Name:,,,Harbor,,,,,,,,POC Phone:,555-0100,,,Security Costs:,10000
DoW IT Registration No:,,,5050,,,,,,,,POC E-Mail:,bob@example.mil
";

/// A document in the Navy's form, with these rows below the headers; each begins in column A.
fn form(rows: &[&str]) -> String {
    let headers: Vec<String> = NAVY.iter().map(|header| format!("\"{header}\"")).collect();
    format!("{HEAD},{}\n{}\n", headers.join(","), rows.join("\n"))
}

const ROWS: [&str; 5] = [
    ",101,\"Weak TLS\n\nHosts accept TLS 1.0.\",AC-1; SC-8.1,SV-18394r2_rule,Ongoing,11/23/2027,,,7,Order the parts,Completed,Came early,11/05/2026,11/04/2026,Vulnerability Management,Annual review,\"Navy, John Smith, 7035550100, john@example.mil\",40 hours,Known,High,web-1; web-2,Firewall,none,High,High,Insiders,Moderate,High,Data loss,Moderate,Upgrade,Low",
    ",,,,,,,,,8,Install the parts,In Progress,,11/15/2027",
    ",,,,,,,,,,Scan again,Open,,11/23/2027",
    ",102,Old kernel,,,Risk Accepted,,12/31/2027,,,,,,,,Operational,,Navy,,Accepted by the AO,Low",
    ",103,No banner,,,Not Applicable,,,10/30/2026,,,,,,,Operational,,Navy,,Not this system,Very High",
];

const ASSUMED: [&str; 2] = ["--assume-detected", "2026-10-01"];

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.write(
        "poam.yaml",
        "version: 1\nprofile: generic\nsystem:\n  name: Harbor\n  provider: Example\n  emass: {component: Navy, registration_number: \"5050\", system_type: IS Enclave, contact_name: Bob Owner, security_costs: \"10000\"}\n",
    );
    repo.commit("2026-10-02", "start");
    repo
}

fn import(repo: &Repo, name: &str, code: i32, more: &[&str]) -> Json {
    let path = repo.beside(name).display().to_string();
    let arguments = [&["import", &path, "--format", "json"], &ASSUMED[..], more].concat();
    serde_json::from_str(&repo.poam(code, &arguments).0).unwrap()
}

fn item(repo: &Repo, id: &str) -> Json {
    let (text, _) = repo.poam(0, &["show", id, "--format", "json"]);
    let shown: Json = serde_json::from_str(&text).unwrap();
    shown.get("item").cloned().unwrap_or(shown)
}

fn text(row: &SourceRow, field: Field) -> String {
    row.cells.get(&field).map(|cell| cell_text(&cell.value)).unwrap_or_default()
}

#[test]
fn the_old_form_of_a_public_export_is_read() {
    let Some(path) = shared("workbooks/emass-example.xlsm") else { return };
    let reading = read(&path).unwrap();
    // Rows 8 and 13 of the sheet `POA&M` are filled; the rows between and below are blank.
    let rows: Vec<u32> = reading.rows.iter().map(|row| row.row).collect();
    assert_eq!((rows, reading.layout.as_str()), (vec![8, 13], "emass-21-columns"));
    let sheet = &reading.sheets[0];
    assert_eq!((sheet.header_row, sheet.rows_read, sheet.rows_joined), (Some(7), 2, 0));
    let repo = tracker();
    let path = path.display().to_string();
    let arguments = ["import", &path, "--commit", "--assign-ids", "--format", "json"];
    let arguments = [&arguments[..], &ASSUMED].concat();
    let plan: Json = serde_json::from_str(&repo.poam(0, &arguments).0).unwrap();
    assert_eq!((plan["rows"].as_u64(), plan["created"].as_array().unwrap().len()), (Some(2), 2));
    let first = item(&repo, "POAM-2026-001");
    for (pointer, expected) in [
        ("/weakness_name", "Rule Title: RHEL 8 must be a vendor-supported release."),
        ("/controls/0", "CM-6b"),
        // H8 is the text `3/03/2027`, and the form writes the month first.
        ("/scheduled_completion_date", "2027-03-03"),
        ("/original_risk_rating", "high"),
        ("/status", "open"),
        ("/emass/raw_severity", "cat-i"),
        ("/emass/security_checks/0", "SV-230221r743913_rule"),
        ("/emass/office", "testOrg"),
        ("/emass/threat_relevance", "moderate"),
        ("/emass/residual_risk", "moderate"),
        ("/emass/recommendations", "Upgrade to a supported version of RHEL 8."),
    ] {
        assert_eq!(first.pointer(pointer).and_then(Json::as_str), Some(expected), "{pointer}");
    }
    let second = item(&repo, "POAM-2026-002");
    assert_eq!(
        (second["status"].as_str(), second.pointer("/emass/not_applicable")),
        (Some("closed"), Some(&true.into()))
    );
    let again: Json = serde_json::from_str(&repo.poam(0, &arguments).0).unwrap();
    assert_eq!((again["commits"].as_u64(), again["unchanged"].as_u64()), (Some(0), Some(2)));
}

#[test]
fn rows_of_milestones_are_joined_and_every_row_is_accounted_for() {
    let reading = read_bytes("poam.csv", form(&ROWS).into_bytes()).unwrap();
    assert_eq!((reading.layout.as_str(), reading.rows.len()), ("emass-navy", 3));
    assert_eq!((reading.sheets[0].rows_read, reading.sheets[0].rows_joined), (3, 2));
    let head = &reading.header;
    assert_eq!(head.date.unwrap().to_string(), "2026-11-20");
    assert_eq!(
        (head.provider.as_deref(), head.offering.as_deref()),
        (Some("Navy"), Some("Harbor"))
    );
    let more: Vec<(&str, &str)> = head.more.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(
        more,
        [
            ("contact-email", "bob@example.mil"),
            ("contact-name", "Bob Owner"),
            ("contact-phone", "555-0100"),
            ("exported-by", "Ann Author"),
            ("registration-number", "5050"),
            ("security-costs", "10000"),
            ("system-type", "IS Enclave"),
        ]
    );
    let repo = tracker();
    std::fs::write(repo.beside("poam.csv"), form(&ROWS)).unwrap();
    let plan = import(&repo, "poam.csv", 0, &["--commit"]);
    assert_eq!((plan["rows"].as_u64(), plan["created"].as_array().unwrap().len()), (Some(3), 3));
    let first = item(&repo, "101");
    for (pointer, expected) in [
        ("/weakness_name", "Weak TLS"),
        ("/weakness_description", "Hosts accept TLS 1.0."),
        ("/controls/1", "SC-8.1"),
        ("/emass/id", "101"),
        ("/point_of_contact/name", "John Smith"),
        ("/point_of_contact/email", "john@example.mil"),
        ("/assets/1", "web-2"),
        ("/milestones/0/emass_id", "7"),
        ("/milestones/0/status", "completed"),
        ("/milestones/0/completed", "2026-11-04"),
        ("/milestones/0/comments", "Came early"),
        ("/milestones/1/status", "in-progress"),
        ("/milestones/1/due", "2027-11-15"),
        ("/milestones/2/description", "Scan again"),
        ("/emass/proposed_residual_risk", "low"),
    ] {
        assert_eq!(first.pointer(pointer).and_then(Json::as_str), Some(expected), "{pointer}");
    }
    let second = item(&repo, "102");
    assert_eq!(second["status"], "risk-accepted");
    assert_eq!(second["emass"]["requested_expiration"], "2027-12-31");
    // Nothing says who accepted it.
    assert!(second.get("risk_acceptance").is_none_or(Json::is_null));
    let third = item(&repo, "103");
    assert_eq!(
        (&third["status"], &third["completion_date"]),
        (&"closed".into(), &"2026-10-30".into())
    );
    assert_eq!(third["original_risk_rating"], "critical");
    let again = import(&repo, "poam.csv", 0, &["--commit"]);
    assert_eq!((again["commits"].as_u64(), again["unchanged"].as_u64()), (Some(0), Some(3)));
    // A later export of eMASS changes what it changed.
    let later =
        form(&ROWS).replace("11/20/2026", "11/21/2026").replace("Firewall", "Two firewalls");
    std::fs::write(
        repo.beside("later.csv"),
        later.replace("In Progress,,11/15", "Completed,Done,11/15"),
    )
    .unwrap();
    let plan = import(&repo, "later.csv", 0, &["--commit"]);
    assert_eq!(plan["changed"].as_array().unwrap().len(), 1, "{plan}");
    let first = item(&repo, "101");
    assert_eq!(first["emass"]["mitigations"], "Two firewalls");
    assert_eq!(first["milestones"][1]["status"], "completed");
}

#[test]
fn a_row_that_cannot_be_read_is_refused_with_its_cell() {
    for (row, cell, said) in [
        (",1,Weak TLS,,,Waived,,,,,,,,,,,,,,,High", "F8", "`Waived` is not a status of eMASS"),
        (",1,Weak TLS,,,Ongoing,soon,,,,,,,,,,,,,,High", "G8", "soon"),
        (",1,Weak TLS,,,Ongoing,,,,,,,,,,,,,,,Severe", "U8", "`Severe` is not a severity"),
        (",1,Weak TLS,,,Ongoing,,,,,,,,,,,,,,,", "C8", "--assume-risk"),
        (",,Weak TLS,,,Ongoing,,,,,,,,,,,,,,,High", "C8", "--assign-ids"),
        (",1,,,,Ongoing,,,,,,,,,,,,,,,High", "row 8", "no Control Vulnerability Description"),
        (",1,Weak TLS,,,Ongoing,,,,,,Open,,,,,,,,,High", "L8", "the milestone has no description"),
        (
            ",1,Weak TLS,,,Ongoing,,,,,Scan,Perhaps,,,,,,,,,High",
            "L8",
            "`Perhaps` is not the status of a milestone",
        ),
    ] {
        let repo = tracker();
        std::fs::write(repo.beside("poam.csv"), form(&[row])).unwrap();
        let plan = import(&repo, "poam.csv", 1, &["--commit"]);
        let refused = &plan["refused"][0];
        assert_eq!((&refused["sheet"], &refused["cell"]), (&"poam".into(), &cell.into()), "{row}");
        assert!(refused["reason"].as_str().unwrap().contains(said), "{refused}");
        assert_eq!(plan["rows"], 1);
    }
}

#[test]
fn the_layouts_are_the_forms_of_2026() {
    for (name, columns, last) in
        [("emass-navy", 32, "AG"), ("emass-army", 40, "AO"), ("emass-marines", 31, "AF")]
    {
        let layout = Layout::find_named(name).unwrap();
        let sheet = &layout.sheets[0];
        let names: Vec<&str> = layout.sheets.iter().map(|sheet| sheet.name.as_str()).collect();
        assert_eq!(names, ["POA&M", "Example", "Instructions"]);
        assert_eq!((sheet.header_row, sheet.first_data_row, sheet.columns.len()), (7, 8, columns));
        assert_eq!((&*sheet.columns[0].column, &*sheet.columns[columns - 1].column), ("B", last));
    }
    let headers = |name: &str| -> Vec<String> {
        let columns = &Layout::find_named(name).unwrap().sheets[0].columns;
        columns.iter().map(|column| column.header.clone()).collect()
    };
    assert_eq!(headers("emass-navy"), NAVY);
    let marines: Vec<&str> = NAVY[..31]
        .iter()
        .map(|header| if header.starts_with("Mitigations") { "Mitigations" } else { header })
        .collect();
    assert_eq!(headers("emass-marines"), marines);
    // The Army leaves two columns out and adds its costs.
    let without = ["Predisposing Conditions", "Threat Description"];
    let army: Vec<&str> = marines.into_iter().filter(|header| !without.contains(header)).collect();
    let trimmed: Vec<String> =
        headers("emass-army").iter().map(|it| it.trim().to_owned()).collect();
    assert_eq!(trimmed[..29], army);
    assert_eq!(trimmed[29], "Identified in CFO Audit or other review");
    assert_eq!(trimmed[30..].iter().filter(|it| it.starts_with("Personnel Resources:")).count(), 5);
    assert_eq!(
        trimmed[30..].iter().filter(|it| it.starts_with("Non-Personnel Resources:")).count(),
        5
    );
}

/// Builds the workbook of a tracker.
fn built(repo: &Repo, layout: &str, file: &str) -> Vec<u8> {
    let path = repo.beside(file).display().to_string();
    let arguments = ["-q", "workbook", "-o", &path, "--template", layout, "--date", "2026-11-30"];
    repo.poam(0, &arguments);
    std::fs::read(path).unwrap()
}

/// A tracker with the items of the form and one that eMASS does not know yet.
fn filled() -> Repo {
    let repo = tracker();
    std::fs::write(repo.beside("poam.csv"), form(&ROWS)).unwrap();
    import(&repo, "poam.csv", 0, &["--commit"]);
    let own = "id: V-1\nweakness_name: Open port\nweakness_description: |\n  Port 23 is open.\noriginal_detection_date: 2026-09-01\noriginal_risk_rating: moderate\nstatus: in-progress\npoint_of_contact: {name: Ana Ruiz, email: ana@example.mil}\nmilestones:\n  - {id: 1, description: Close it, due: 2026-12-01}\nemass: {personnel: {funded: \"12.50\"}, cfo_audit: false}\n";
    repo.write("items/V-1.yaml", own);
    repo.commit("2026-11-21", "an item of our own");
    repo
}

#[test]
fn what_is_written_is_read_back_and_written_the_same() {
    let repo = filled();
    for layout in ["emass-navy", "emass-army", "emass-marines"] {
        let first = built(&repo, layout, "first.xlsx");
        let reading = read_bytes("first.xlsx", first.clone()).unwrap();
        assert_eq!((reading.layout.as_str(), reading.rows.len()), (layout, 4));
        assert_eq!(reading.header.more.get("system-type").map(String::as_str), Some("IS Enclave"));
        assert_eq!(reading.header.provider.as_deref(), Some("Navy"));
        // Ids are those of eMASS: none where it gave none.
        let ids: Vec<String> = reading.rows.iter().map(|row| text(row, Field::EmassId)).collect();
        assert_eq!(ids, ["101", "102", "103", ""]);
        let last = &reading.rows[3];
        assert_eq!(text(last, Field::VulnerabilityDescription), "Open port\n\nPort 23 is open.\n");
        assert_eq!(text(last, Field::Status), "Ongoing");
        let other = tracker();
        std::fs::write(other.beside("first.xlsx"), &first).unwrap();
        let plan = import(&other, "first.xlsx", 0, &["--commit", "--assign-ids"]);
        assert_eq!(plan["created"].as_array().unwrap().len(), 4, "{plan}");
        let second = built(&other, layout, "second.xlsx");
        let layout = Layout::find_named(layout).unwrap();
        let compared = poam::workbook::compare(layout, &first, &second).unwrap();
        assert_eq!(compared.differences, []);
    }
}

/// Replaces texts on the sheet of items, as somebody does with a spreadsheet program.
fn edited(bytes: &[u8], changes: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        if name == "xl/worksheets/sheet1.xml" {
            for (from, to) in changes {
                assert!(text.contains(from), "{from}");
                text = text.replacen(from, to, 1);
            }
        }
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn edited_cells_change_their_values_alone() {
    let repo = filled();
    let bytes = built(&repo, "emass-navy", "w.xlsx");
    let path = repo.beside("e.xlsx").display().to_string();
    let update = ["import", &path, "--update", "--format", "json"];
    std::fs::write(&path, &bytes).unwrap();
    let plan: Json = serde_json::from_str(&repo.poam(0, &update).0).unwrap();
    assert_eq!(
        (plan["unchanged"].as_u64(), plan["changed"].as_array().unwrap().len()),
        (Some(4), 0)
    );
    let changes = [
        (">Firewall<", ">Two firewalls<"),
        (">In Progress<", ">Completed<"),
        ("Port 23 is open.", "Port 23 is open to all."),
    ];
    std::fs::write(&path, edited(&bytes, &changes)).unwrap();
    let plan: Json =
        serde_json::from_str(&repo.poam(0, &[&update[..], &["--commit"]].concat()).0).unwrap();
    assert_eq!(
        (plan["commits"].as_u64(), &plan["refused"]),
        (Some(1), &Json::Array(vec![])),
        "{plan}"
    );
    let changed = repo.git(&["diff", "-U0", "HEAD~1", "--", "items"]);
    let lines = changed.lines().filter(|it| {
        it.starts_with(['+', '-']) && !it.starts_with("+++") && !it.starts_with("---")
    });
    let mut lines: Vec<&str> = lines.map(|line| line.trim_end()).collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "+    status: completed",
            "+  Port 23 is open to all.",
            "+  mitigations: Two firewalls",
            "-    status: in-progress",
            "-  Port 23 is open.",
            "-  mitigations: Firewall",
        ]
    );
    // What was built before the change is no longer what the tree gives; the new one is.
    let new = built(&repo, "emass-navy", "new.xlsx");
    for (bytes, code) in [(new, 0), (bytes, 1)] {
        std::fs::write(&path, bytes).unwrap();
        let (out, _) = repo.poam(code, &["workbook", "verify", &path, "--template", "emass-navy"]);
        assert_eq!(out.contains("`Two firewalls`"), code == 1, "{out}");
    }
}

#[test]
fn a_stack_of_values_takes_a_row_each() {
    let layout = Layout::find_named("emass-navy").unwrap();
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let row = |name: &str, steps: Vec<Option<Value>>| {
        poam::workbook::Row::from([
            (Field::VulnerabilityDescription, text(name).unwrap()),
            (Field::PlannedMilestones, Value::Stack(steps)),
        ])
    };
    let rows = vec![row("A", vec![text("1"), text("2"), text("3")]), row("B", vec![text("4")])];
    let content = poam::workbook::Content {
        rows: [(poam::workbook::SheetRole::Open, rows)].into(),
        ..Default::default()
    };
    let bytes = poam::workbook::build(layout, &content).unwrap();
    let reading: Reading = read_bytes("x.xlsx", bytes).unwrap();
    let rows: Vec<(u32, usize)> =
        reading.rows.iter().map(|row| (row.row, row.milestones.as_ref().unwrap().len())).collect();
    assert_eq!(rows, [(8, 3), (11, 1)]);
}
