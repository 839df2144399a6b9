//! Workbooks are whole: nothing that a strict spreadsheet program would repair, for every layout, filter and
//! size.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod check;

use std::collections::BTreeMap;
use std::process::Command;

use check::check;
use poam::workbook::{
    ColumnKind, Content, Field, HeaderBlock, Layout, Row, SheetRole, Value, build,
};

use crate::support::Repo;

const LAYOUTS: [&str; 7] =
    ["3.0", "2.1", "rev4", "federal", "emass-navy", "emass-army", "emass-marines"];

/// A workbook with so many rows on each sheet of items, and a text in every cell that takes one.
fn built(layout: &Layout, rows: usize, text: &str) -> Vec<u8> {
    let day = chrono::NaiveDate::from_ymd_opt(2026, 2, 1).unwrap();
    let mut content = Content {
        header: HeaderBlock {
            provider: Some("Example <Corp> & Sons".to_owned()),
            date: Some(day),
            ..HeaderBlock::default()
        },
        ..Content::default()
    };
    for sheet in layout.sheets.iter().filter(|sheet| sheet.role != SheetRole::Fixed) {
        let mut row = Row::new();
        for (number, column) in sheet.columns.iter().enumerate() {
            let value = match column.kind {
                ColumnKind::Date if number % 2 == 0 => Value::Formula { cached: Some(day) },
                ColumnKind::Date => Value::Date(day),
                ColumnKind::NumberOrText => Value::Number(12.5),
                _ if number % 5 == 0 => Value::Sensitive(text.to_owned()),
                _ => Value::Text(text.to_owned()),
            };
            let milestones =
                [Field::MilestoneId, Field::PlannedMilestones, Field::MilestoneDueDate];
            let value = match milestones.contains(&column.field) && layout.has_milestone_rows() {
                true => Value::Stack(vec![Some(value.clone()), None, Some(value)]),
                false => value,
            };
            row.insert(column.field, value);
        }
        content.rows.insert(sheet.role, vec![row; rows]);
    }
    build(layout, &content).unwrap()
}

#[test]
fn built_workbooks_are_whole_whatever_their_layout_and_size() {
    let long = "a long text, ".repeat(5_000);
    let mut problems = Vec::new();
    for name in LAYOUTS {
        let layout = Layout::find_named(name).unwrap();
        for (rows, text) in [
            (0, "text"),
            (1, "text"),
            (1, "two\nlines"),
            (2, "<&>\"' =1+1 \u{1f600}"),
            (2, &long),
            (300, "two\nlines"),
            // Beyond the rows that the templates prepare.
            (if name == "3.0" { 4_100 } else { 3 }, "text"),
        ] {
            let start: String = text.chars().take(12).collect();
            for problem in check(&built(layout, rows, text)) {
                problems.push(format!("{name}, {rows} rows of {start:?}: {problem}"));
            }
        }
    }
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
}

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\nsystem: {name: Example}\n");
    let item = |number: usize, more: &str| {
        let rating = ["high", "moderate", "low"][number % 3];
        let name = "Weak cipher ".repeat(1 + number % 40);
        format!(
            "id: V-{number}\nweakness_name: {}\nweakness_description: |\n  First line\n  Second line\noriginal_detection_date: 2026-0{}-05\noriginal_risk_rating: {rating}\ndetector_source: Nessus\npoint_of_contact: {{name: Ana Ruiz}}\n{more}",
            name.trim_end(),
            1 + number % 8,
        )
    };
    for number in 0..30 {
        let more = match number % 5 {
            0 => "status: closed\ncompletion_date: 2026-09-01\n",
            _ => "status: open\n",
        };
        repo.write(&format!("items/V-{number}.yaml"), item(number, more));
    }
    repo.commit("2026-09-10", "items");
    repo
}

/// Workbooks of the program, by what was asked for.
fn of_the_program(repo: &Repo) -> BTreeMap<String, Vec<u8>> {
    let mut workbooks = BTreeMap::new();
    for name in LAYOUTS {
        for filter in [&[][..], &["--open-only"], &["--late-only"], &["--open-only", "--late-only"]]
        {
            let arguments = [&["workbook", "--template", name, "-o", "out.xlsx"], filter].concat();
            if repo.try_poam(&arguments).status.success() {
                let bytes = std::fs::read(repo.path().join("out.xlsx")).unwrap();
                workbooks.insert(format!("{name} {}", filter.join(" ")), bytes);
            }
        }
    }
    workbooks
}

#[test]
fn workbooks_of_the_program_are_whole_with_every_filter() {
    let repo = tracker();
    let workbooks = of_the_program(&repo);
    assert!(workbooks.len() >= 12, "{:?}", workbooks.keys());
    for (asked, bytes) in &workbooks {
        let problems = check(bytes);
        assert!(problems.is_empty(), "{asked}\n{}", problems.join("\n"));
    }
    // The program writes the same bytes again.
    assert!(workbooks == of_the_program(&repo));
}

/// `openxml-audit` (PyPI) checks the parts against the schemas of ECMA-376, where it is installed.
#[test]
fn a_public_validator_finds_nothing() {
    let validator = std::env::var("POAM_OPENXML_AUDIT").unwrap_or("openxml-audit".to_owned());
    if Command::new(&validator).arg("--help").output().is_err() {
        eprintln!("skipped: {validator} is not there (pip install openxml-audit)");
        return;
    }
    let repo = tracker();
    for (asked, bytes) in of_the_program(&repo) {
        repo.write("checked.xlsx", bytes);
        let output = Command::new(&validator)
            .arg(repo.path().join("checked.xlsx"))
            .args(["--max-errors", "20"])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{asked}\n{text}");
    }
}

#[test]
fn faults_are_found() {
    let good = built(Layout::find_named("rev4").unwrap(), 2, "text");
    assert_eq!(check(&good), Vec::<String>::new());
    let part = "xl/worksheets/sheet1.xml";
    for (from, to, problem) in [
        ("<row r=\"9\"", "<row r=\"8\"", "row 8 after row 8"),
        ("<c r=\"B9\"", "<c r=\"A9\"", "A9 in row 9, column 1"),
        ("<c r=\"B9\" s=\"", "<c r=\"B9\" s=\"9", "B9 has no style"),
        ("<dimension ref=\"A1:", "<dimension ref=\"B1:", "the dimension is"),
        ("</sheetData>", "</sheetData><cols/>", "wrong place"),
        ("dxfId=\"0\"", "dxfId=\"900\"", "a format 900 is missing"),
        ("<dataValidations count=\"", "<dataValidations count=\"9", "miscounted"),
    ] {
        let bytes = changed(&good, part, from, to);
        let found = check(&bytes).join("\n");
        assert!(found.contains(problem), "{to}: {found}");
    }
    let types = changed(&good, "[Content_Types].xml", "sheet.main+xml", "template.main+xml");
    assert!(check(&types).join("\n").contains("content type of an .xlsx"));
}

/// A workbook with the first of some text in a part replaced.
fn changed(workbook: &[u8], part: &str, from: &str, to: &str) -> Vec<u8> {
    use std::io::{Cursor, Read as _, Write as _};
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        if name == part {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(from), "{part} has no {from}");
            bytes = text.replacen(from, to, 1).into_bytes();
        }
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
