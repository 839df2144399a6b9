//! Tests of an item's cells in each layout.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::io::Read as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::Repo;
use poam::workbook::{Field, Reading, cell_text, read};

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo
}

fn base(id: &str, rating: &str, detected: &str) -> String {
    format!(
        "id: {id}\nweakness_name: W\nstatus: open\noriginal_detection_date: {detected}\noriginal_risk_rating: {rating}\n"
    )
}

fn built(repo: &Repo, layout: &str) -> Reading {
    repo.poam(0, &["-q", "workbook", "-o", "w.xlsx", "--template", layout]);
    read(&repo.path().join("w.xlsx")).unwrap()
}

fn text(reading: &Reading, id: &str, field: Field) -> String {
    let row =
        reading.rows.iter().find(|row| cell_text(&row.cells[&Field::PoamId].value) == id).unwrap();
    row.cells.get(&field).map(|cell| cell_text(&cell.value)).unwrap_or_default()
}

/// The vectors of the due date algorithm that the workbook shows: the formula's stored result and
/// the rating.
fn vectors() -> Vec<(&'static str, &'static str, String, &'static str, &'static str)> {
    let adjusted = |state: &str, rating: &str| {
        let decided =
            if state == "approved" { ", approver: {name: A O}, decided: 2026-01-03" } else { "" };
        format!(
            "deviations:\n  - {{type: risk-adjustment, state: {state}, adjusted_risk_rating: {rating}{decided}}}\n"
        )
    };
    let kev = |due: &str| format!("kev: {{listed: true, due: {due}}}\n");
    let vendor = "vendor_dependency: {vendor: X, product: Y, last_check_in: 2026-05-06, fix_released: 2026-05-01}\n";
    vec![
        ("high", "2026-01-01", String::new(), "High", "2026-01-31"),
        ("moderate", "2026-01-01", String::new(), "Moderate", "2026-04-01"),
        ("low", "2026-01-01", String::new(), "Low", "2026-06-30"),
        ("moderate", "2024-01-01", String::new(), "Moderate", "2024-03-31"),
        ("critical", "2026-02-15", String::new(), "High", "2026-03-17"),
        ("high", "2026-12-15", String::new(), "High", "2027-01-14"),
        ("high", "2028-02-01", String::new(), "High", "2028-03-02"),
        ("high", "2026-01-01", adjusted("pending", "moderate"), "High", "2026-01-31"),
        ("high", "2026-01-01", adjusted("approved", "moderate"), "High", "2026-04-01"),
        ("high", "2026-01-01", adjusted("denied", "low"), "High", "2026-01-31"),
        ("high", "2026-01-01", adjusted("approved", "null"), "High", "2026-01-31"),
        ("low", "2026-01-01", adjusted("approved", "high"), "Low", "2026-01-31"),
        ("high", "2026-01-01", kev("2026-01-15"), "High", "2026-01-31"),
        ("high", "2026-01-01", kev("2026-03-01"), "High", "2026-01-31"),
        ("moderate", "2026-01-01", vendor.to_owned(), "Moderate", "2026-04-01"),
    ]
}

/// A tracker with an item for each vector.
fn of_vectors() -> Repo {
    let repo = tracker();
    for (number, (rating, detected, more, _, _)) in (1..).zip(vectors()) {
        let id = format!("V-{number}");
        repo.write(&format!("items/{id}.yaml"), base(&id, rating, detected) + &more);
    }
    repo.commit("2026-01-06", "vectors");
    repo
}

#[test]
fn scheduled_dates_are_those_of_the_formula() {
    let repo = of_vectors();
    for layout in ["3.0", "2.1", "rev4"] {
        let reading = built(&repo, layout);
        for (number, (_, _, more, rating, scheduled)) in (1..).zip(vectors()) {
            let id = format!("V-{number}");
            let found = [
                text(&reading, &id, Field::OriginalRiskRating),
                text(&reading, &id, Field::ScheduledCompletionDate),
            ];
            assert_eq!(found, [rating, scheduled], "{layout} {id} {more}");
        }
    }
}

/// A spreadsheet program opens the workbooks and calculates the same dates from their formulas.
#[test]
fn a_spreadsheet_program_calculates_the_same_dates() {
    let found = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).map(|folder| folder.join("soffice")).find(|it| it.is_file())
    });
    let Some(program) = found else {
        eprintln!("skipped: no LibreOffice on the PATH (apt-get install libreoffice-calc)");
        return;
    };
    let repo = of_vectors();
    for layout in ["3.0", "2.1", "rev4"] {
        built(&repo, layout);
        let file = format!("{layout}.xlsx");
        repo.write(&file, without_results(&repo.path().join("w.xlsx")));
        // The dates can come from nowhere but the formulas.
        let reading = read(&repo.path().join(&file)).unwrap();
        assert_eq!(text(&reading, "V-1", Field::ScheduledCompletionDate), "", "{layout}");
        let profile = format!("-env:UserInstallation=file://{}", repo.beside("office").display());
        let mut child = repo
            .command(&program, &repo.path())
            .args([&profile, "--headless", "--convert-to", "xlsx", "--outdir", "out", &file])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begin = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if begin.elapsed() > Duration::from_secs(120) {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("{} did not end within 120 seconds", program.display());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let path = repo.path().join("out").join(&file);
        assert!(path.exists(), "{layout} does not open");
        let reading = read(&path).unwrap();
        for (number, (_, _, more, _, scheduled)) in (1..).zip(vectors()) {
            let id = format!("V-{number}");
            let found = text(&reading, &id, Field::ScheduledCompletionDate);
            assert_eq!(found, scheduled, "{layout} {id} {more}");
        }
    }
}

/// A workbook whose formulas have no stored results.
fn without_results(path: &std::path::Path) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let mut xml = String::new();
        part.read_to_string(&mut xml).unwrap();
        let mut pieces = xml.split("</f><v>");
        let mut told = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            told.push_str("</f>");
            told.push_str(piece.split_once("</v>").unwrap().1);
        }
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(part.name().unwrap().into_owned(), options).unwrap();
        std::io::Write::write_all(&mut writer, told.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn each_template_gets_its_own_words() {
    let repo = tracker();
    repo.write("items/V-1.yaml", base("V-1", "critical", "2026-01-05") + "assets: [a, b (80/TCP)]\nevidence: [{type: scan-report, reference: r.pdf}]\ncontrols: [SI-2, AC-2(1)]\n");
    repo.write("items/V-2.yaml", base("V-2", "high", "2026-01-05") + "kev: {listed: true, due: 2026-02-01}\nsource_identifier: '00123'\nvendor_dependency: {vendor: Example Corp, product: Firewall, last_check_in: 2026-01-20}\ndeviations:\n  - {type: risk-adjustment, state: pending, adjusted_risk_rating: low, rationale: Inside.}\n  - {type: false-positive, state: denied}\n  - {type: operational-requirement, state: approved, rationale: Needed., approver: {name: A}, decided: 2026-01-04}\n");
    repo.commit("2026-01-06", "two");
    for layout in ["3.0", "2.1", "rev4"] {
        let reading = built(&repo, layout);
        let old = layout != "3.0";
        for (id, field, expected) in [
            ("V-1", Field::OriginalRiskRating, "High"),
            ("V-1", Field::Comments, "Scanner rating: Critical"),
            ("V-1", Field::AssetIdentifier, "a\nb (80/TCP)"),
            ("V-1", Field::SupportingDocuments, "Scan Report : r.pdf"),
            ("V-1", Field::Controls, "SI-2, AC-2(1)"),
            // 3.0 forbids N/A, 2.1 wants it.
            ("V-1", Field::AdjustedRiskRating, if old { "N/A" } else { "" }),
            ("V-1", Field::SourceIdentifier, ""),
            ("V-1", Field::VendorDependency, "No"),
            ("V-1", Field::VendorProduct, ""),
            ("V-1", Field::RiskAdjustment, "No"),
            ("V-1", Field::FalsePositive, "No"),
            ("V-1", Field::OperationalRequirement, "No"),
            ("V-1", Field::DeviationRationale, ""),
            ("V-1", Field::KevTracking, if old { "No" } else { "" }),
            ("V-1", Field::KevDueDate, ""),
            ("V-2", Field::AdjustedRiskRating, "Low"),
            // A number would lose its zeros.
            ("V-2", Field::SourceIdentifier, "00123"),
            ("V-2", Field::VendorDependency, "Yes"),
            ("V-2", Field::LastVendorCheckIn, "2026-01-20"),
            ("V-2", Field::VendorProduct, "Firewall\nVendor: Example Corp"),
            ("V-2", Field::RiskAdjustment, "Pending"),
            ("V-2", Field::FalsePositive, "No"),
            ("V-2", Field::OperationalRequirement, "Yes"),
            (
                "V-2",
                Field::DeviationRationale,
                "Risk Adjustment : Inside.\n\nOperational Requirement : Needed.",
            ),
            ("V-2", Field::KevTracking, "Yes"),
            ("V-2", Field::KevDueDate, "2026-02-01"),
        ] {
            assert_eq!(text(&reading, id, field), expected, "{layout} {id} {field}");
        }
    }
}

/// A part of the workbook that was built last.
fn part(repo: &Repo, name: &str) -> String {
    let file = std::fs::File::open(repo.path().join("w.xlsx")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn hostile_and_sensitive_text_and_control_characters() {
    let repo = tracker();
    repo.write("items/V-1.yaml", base("V-1", "high", "2026-01-05") + "comments: \"=HYPERLINK(\\\"http://x\\\")\"\nweakness_description: \"a\\u0007b\"\nresources_required: '+1'\nsensitive: [weakness_description]\n");
    repo.commit("2026-01-06", "one");
    let (_, err) = repo.poam(0, &["workbook", "-o", "w.xlsx"]);
    assert!(
        err.contains("warning: V-1: weakness-description: control characters are left out"),
        "{err}"
    );
    let sheet = part(&repo, "xl/worksheets/sheet2.xml");
    // The official sheet has its formula in rows 10 to 4021, and no other.
    assert_eq!(sheet.matches("<f>").count(), 4021 - 10 + 1, "text became a formula");
    let reading = read(&repo.path().join("w.xlsx")).unwrap();
    assert_eq!(text(&reading, "V-1", Field::Comments), "=HYPERLINK(\"http://x\")");
    assert_eq!(text(&reading, "V-1", Field::WeaknessDescription), "ab\n(SENSITIVE)");
    let style = |cell: &str| {
        let at = sheet.find(&format!("<c r=\"{cell}\" s=\"")).unwrap();
        sheet[at..].split('"').nth(3).unwrap().parse::<usize>().unwrap()
    };
    let styles = part(&repo, "xl/styles.xml");
    let formats: Vec<&str> =
        styles.split("<cellXfs").nth(1).unwrap().split("<xf ").skip(1).collect();
    let fonts: Vec<&str> = styles.split("<font>").skip(1).collect();
    let italic = |cell: &str| {
        let format = formats[style(cell)];
        let font = format.split("fontId=\"").nth(1).unwrap().split('"').next().unwrap();
        fonts[font.parse::<usize>().unwrap()].contains("<i/>")
    };
    assert!(italic("E10") && !italic("D10"));
}

#[test]
fn open_only_and_late_only_say_what_they_leave_out() {
    let repo = tracker();
    let scan = "source_identifier: '51192'\n";
    repo.write("items/V-1.yaml", base("V-1", "high", "2026-01-05") + scan);
    repo.write("items/V-2.yaml", base("V-2", "low", "2026-01-05") + scan);
    repo.write("items/V-3.yaml", base("V-3", "low", "2026-01-05"));
    repo.write(
        "items/V-4.yaml",
        base("V-4", "low", "2026-01-05").replace("open", "closed")
            + scan
            + "completion_date: 2026-01-20\n",
    );
    repo.write(
        "items/V-5.yaml",
        base("V-5", "low", "2026-01-05")
            + scan
            + "deviations: [{type: false-positive, state: pending}]\n",
    );
    repo.commit("2026-01-21", "items");
    let ids = |options: &[&str]| {
        let (_, err) = repo
            .poam(0, &[&["workbook", "-o", "w.xlsx", "--date", "2026-02-05"], options].concat());
        let reading = read(&repo.path().join("w.xlsx")).unwrap();
        let mut ids: Vec<String> =
            reading.rows.iter().map(|row| cell_text(&row.cells[&Field::PoamId].value)).collect();
        ids.sort();
        (ids.join(" "), err)
    };
    assert_eq!(ids(&[]).0, "V-1 V-2 V-3 V-4 V-5");
    let (open, err) = ids(&["--open-only"]);
    assert_eq!(open, "V-1 V-2 V-3 V-5");
    assert!(err.contains("open items only: 1 closed item left out"), "{err}");
    let (late, err) = ids(&["--late-only"]);
    assert_eq!(late, "V-1 V-3 V-4 V-5");
    assert!(err.contains("1 item left out") && err.contains("; 2 in time listed"), "{err}");
    assert_eq!(ids(&["--late-only", "--open-only"]).0, "V-1 V-3 V-5");
}

#[test]
fn a_layout_of_your_own() {
    let repo = tracker();
    let (text, _) = repo.poam(0, &["workbook", "layout", "federal"]);
    let own = "{\"pointer\": \"/change_ticket\", \"column\": \"I\", \"header\": \"Ticket\", \"kind\": \"text\", \"width\": 12, \"header_style\": 1, \"style\": 0}";
    let mine = text
        .replacen("\"federal\"", "\"acme\"", 1)
        .replace("\"Weaknesses\"", "\"Weakness of ours\"")
        .replacen(
            "\n      ],\n      \"cells\"",
            &format!(",\n        {own}\n      ],\n      \"cells\""),
            1,
        );
    repo.write("items/V-1.yaml", base("V-1", "high", "2026-01-05") + "change_ticket: CHG-7\n");
    repo.write("layouts/acme.json", &mine);
    let settings = repo.read("poam.yaml");
    repo.write("poam.yaml", format!("{settings}\nworkbook: {{layout: layouts/acme.json}}\n"));
    repo.commit("2026-01-06", "own layout");
    let (out, _) = repo.poam(0, &["workbook", "-o", "w.xlsx"]);
    assert!(out.contains("1 item, layout acme"), "{out}");
    let sheet = part(&repo, "xl/worksheets/sheet1.xml");
    for said in ["Weakness of ours", "V-1: W", "Ticket", "CHG-7", "Ongoing"] {
        assert!(sheet.contains(&format!(">{said}<")), "{said}");
    }
    let (out, _) = repo.poam(0, &["workbook", "verify", "w.xlsx"]);
    assert!(out.contains("the same bytes"), "{out}");

    repo.write("bad.json", mine.replace("\"/change_ticket\"", "\"/ticket\""));
    let (_, err) = repo.poam(2, &["workbook", "-o", "w.xlsx", "--template", "bad.json"]);
    assert!(err.contains("bad.json:") && err.contains("`/ticket` names no field"), "{err}");
    for (path, said) in
        [("../acme.json", "outside the repository"), ("layouts/none.json", "does not have")]
    {
        repo.write("poam.yaml", format!("{settings}\nworkbook: {{layout: {path}}}\n"));
        repo.commit("2026-01-07", "elsewhere");
        let (_, err) = repo.poam(2, &["workbook", "-o", "w.xlsx"]);
        assert!(err.contains(said), "{err}");
    }
}

/// Compares the milestones of the commits with those that an import of each layout reads.
#[test]
fn milestones_read_back_as_they_stand() {
    let repo = tracker();
    let write = |day: &str, milestones: &[&str]| {
        let lines: String = milestones.iter().map(|one| format!("  - {{{one}}}\n")).collect();
        let item = base("V-1", "high", "2026-01-05") + "milestones:\n" + &lines;
        repo.write("items/V-1.yaml", item).commit(day, "step");
    };
    let (a, b, c) = (
        "id: 1, description: Inventory, due: 2026-01-20",
        "id: 2, description: Patch, due: 2026-02-10",
        "id: 3, description: Scan, due: 2026-02-20, status: pending",
    );
    let with = |step: &str, more: &str| format!("{step}, {more}");
    write("2026-01-06", &[&with(a, "status: in-progress"), b, c]);
    write("2026-01-21", &[&with(a, "status: completed, completed: 2026-01-21"), b, c]);
    write("2026-01-22", &[&with(a, "status: in-progress"), &with(b, "status: cancelled"), c]);
    let new = "id: 4, description: Say \"so\", due: 2026-03-01, status: in-progress";
    let last = "id: 3, description: Scan \"all\" hosts, due: 2026-02-25, status: pending";
    write(
        "2026-01-23",
        &[&with(a, "status: in-progress"), &with(b, "status: cancelled"), last, new],
    );
    let milestones = |repo: &Repo| {
        let (out, _) = repo.poam(0, &["list", "--format", "json"]);
        let items: serde_json::Value = serde_json::from_str(&out).unwrap();
        items[0]["milestones"].clone()
    };
    let expected = milestones(&repo);
    assert_eq!(expected.as_array().unwrap().len(), 4);
    for layout in ["3.0", "2.1", "rev4"] {
        repo.poam(0, &["-q", "workbook", "-o", "../w.xlsx", "--template", layout]);
        let other = tracker();
        let file = repo.beside("w.xlsx");
        other.poam(0, &["import", &file.display().to_string(), "--commit"]);
        assert_eq!(milestones(&other), expected, "{layout}");
    }
}

#[test]
fn changes_from_elsewhere_are_an_entry_each_however_often_they_come_and_go() {
    let repo = tracker();
    let changes = "extra:\n  milestone_changes: \"(1) Update 2026-02-01 : moved\\n\\n(1) Complete 2026-01-30 : done\"\n";
    let milestones = "milestones:\n  - {id: 1, description: Patch, due: 2026-02-01, status: completed, completed: 2026-01-30}\n";
    repo.write("items/V-1.yaml", base("V-1", "high", "2026-01-05") + milestones + changes);
    repo.commit("2026-01-31", "one");
    let plan = |repo: &Repo| text(&built(repo, "3.0"), "V-1", Field::RemediationPlan);
    let first = plan(&repo);
    assert!(
        first.ends_with("Changes:\n(1) Update 2026-02-01 : moved\n(1) Complete 2026-01-30 : done"),
        "{first}"
    );
    let other = tracker();
    other.commit("2026-01-06", "start");
    let file = repo.path().join("w.xlsx").display().to_string();
    other.poam(0, &["import", &file, "--commit"]);
    assert_eq!(plan(&other), first);
}

#[test]
fn a_sheet_for_paper_shows_long_texts_whole() {
    let repo = tracker();
    let long = "A text that goes on. ".repeat(50);
    let item = base("V-1", "high", "2026-01-05") + "weakness_description: " + &long + "\n";
    repo.write("items/V-1.yaml", item).commit("2026-01-06", "one");
    let height = |layout: &str, sheet: &str, row: &str| -> f64 {
        repo.poam(0, &["-q", "workbook", "-o", "w.xlsx", "--template", layout]);
        let sheet = part(&repo, &format!("xl/worksheets/{sheet}.xml"));
        let row = sheet.split("<row ").find(|it| it.starts_with(&format!("r=\"{row}\""))).unwrap();
        row.split("ht=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
    };
    // On the screen a row is no higher than twelve lines.
    assert_eq!(height("3.0", "sheet2", "10"), 12.0 * 12.75);
    assert!(height("federal", "sheet1", "6") > 20.0 * 12.75);
}
