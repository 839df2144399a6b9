//! `poam import` of what is no FedRAMP workbook: federal plans of action, layouts of the team's own,
//! words of other tools.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::Repo;
use poam::workbook::{
    self, Content, Field, Layout, Reading, Row, SheetRole, SourceValue, Value, WorkbookProperties,
    cell_text,
};

const ITEM: &str = "\
id: V-1
weakness_name: Open port
weakness_description: |
  A port is open.

  On two hosts: a and b.
detector_source: Nessus
point_of_contact: {name: Jane Doe}
resources_required: 40 hours
scheduled_completion_date: 2026-02-20
original_detection_date: 2026-01-05
original_risk_rating: high
milestones:
  - {id: 1, description: Close the port, due: 2026-01-20, status: in-progress}
status: in-progress
change_ticket: CHG-1
extra: {cost: 2000, teams: [red, blue]}
";

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.write("items/V-1.yaml", ITEM);
    repo.write("items/V-2.yaml", ITEM.replace("V-1", "V-2").replace("Open port", "Weak cipher"));
    repo.commit("2026-01-06", "start");
    repo
}

/// A workbook as a person saves it: its cells, by sheet, row and header.
fn save(repo: &Repo, layout: &Layout, file: &str, edit: impl Fn(&str, &mut Row)) -> String {
    let options = workbook::ReadOptions { layout: layout.headers(), ..Default::default() };
    let bytes = std::fs::read(repo.beside(file)).unwrap();
    let reading: Reading = workbook::read_with(file, bytes, &options).unwrap();
    let mut rows: BTreeMap<SheetRole, Vec<Row>> = BTreeMap::new();
    for row in &reading.rows {
        let columns = &layout.sheet(row.role).unwrap().columns;
        let extra = row.extra.iter().map(|(header, cell)| {
            (columns.iter().find(|column| column.header == *header).unwrap().field, cell)
        });
        let cells = row.cells.iter().map(|(field, cell)| (*field, cell));
        let mut saved: Row =
            cells.chain(extra).map(|(field, it)| (field, value(&it.value))).collect();
        if let Some(Value::Date(date)) = saved.get(&Field::ScheduledCompletionDate)
            && columns.len() > 20
        {
            let cached = Some(*date);
            saved.insert(Field::ScheduledCompletionDate, Value::Formula { cached });
        }
        let named = [Field::PoamId, Field::Weakness].into_iter().find_map(|it| row.cells.get(&it));
        edit(&cell_text(&named.unwrap().value), &mut saved);
        rows.entry(row.role).or_default().push(saved);
    }
    let properties = WorkbookProperties {
        subject: reading.properties.subject.unwrap_or_default(),
        keywords: reading.properties.keywords.unwrap_or_default(),
        ..WorkbookProperties::default()
    };
    let content = Content { rows, properties, ..Content::default() };
    let path = repo.beside("edited.xlsx");
    std::fs::write(&path, workbook::build(layout, &content).unwrap()).unwrap();
    path.display().to_string()
}

fn value(value: &SourceValue) -> Value {
    match value {
        SourceValue::Date(date) => Value::Date(*date),
        SourceValue::Number(number) => Value::Number(*number),
        other => Value::Text(cell_text(other)),
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn a_federal_plan_of_action_is_read_back() {
    let repo = tracker();
    repo.write("items/V-3.yaml", ITEM.replace("V-1", "V-3").replace("in-progress\nc", "closed\nc"));
    repo.commit("2026-01-07", "one is closed");
    let before = ["V-1", "V-2", "V-3"].map(|id| repo.read(&format!("items/{id}.yaml")));
    repo.poam(0, &["-q", "workbook", "-o", "../federal.xlsx", "--template", "federal"]);
    let (csv, _) = repo.poam(0, &["export", "csv", "--columns", "federal"]);
    repo.write("../federal.csv", csv);
    for file in ["../federal.xlsx", "../federal.csv"] {
        let (out, _) = repo.poam(0, &["import", file, "--commit", "--unrelated"]);
        let dated =
            if file.ends_with("xlsx") { ", of 2026-01-07 (the date at its head)" } else { "" };
        assert!(out.contains(&format!("layout federal{dated}")), "{out}");
        assert!(out.contains("3 rows: 0 created, 3 unchanged, 0 refused"), "{out}");
        let after = ["V-1", "V-2", "V-3"].map(|id| repo.read(&format!("items/{id}.yaml")));
        assert_eq!(before, after, "what the eight columns do not say stays");
    }
    let reading = workbook::read(&repo.beside("federal.xlsx")).unwrap();
    assert_eq!(reading.header.date, "2026-01-07".parse().ok());
    // Elsewhere the two dates that it lacks are asked for, and everything that it has is read.
    let other = Repo::new();
    other.poam(0, &["init"]);
    other.commit("2026-01-01", "start");
    let file = repo.beside("federal.xlsx").display().to_string();
    let (out, _) = other.poam(1, &["import", &file]);
    assert!(out.contains("Plan of Action!row 6: the row has no detection date"), "{out}");
    let assumed = ["--assume-detected", "2026-01-05", "--assume-risk", "high", "--commit"];
    other.poam(0, &[&["import", &file][..], &assumed].concat());
    let listed = other.git(&["ls-files", "items"]);
    let path = listed.lines().find(|path| path.ends_with("/V-1.yaml")).unwrap();
    let read = other.read(path);
    for part in [
        "weakness_name: Open port\n",
        "  A port is open.\n\n  On two hosts: a and b.\n",
        "detector_source: Nessus\n",
        "point_of_contact:\n  name: Jane Doe\n",
        "resources_required: 40 hours\n",
        "scheduled_completion_date: 2026-02-20\n",
        "description: Close the port\n",
        "status: open\n",
    ] {
        assert!(read.contains(part), "{part}\n{read}");
    }
    let path = listed.lines().find(|path| path.ends_with("/V-3.yaml")).unwrap();
    assert!(other.read(path).contains("status: closed\n"));
}

#[test]
fn a_federal_plan_of_action_that_was_edited_comes_back() {
    let repo = tracker();
    repo.poam(0, &["-q", "workbook", "-o", "../federal.xlsx", "--template", "federal"]);
    let layout = Layout::find_named("federal").unwrap();
    let file = save(&repo, layout, "federal.xlsx", |_, _| {});
    let (out, _) = repo.poam(0, &["import", &file, "--update", "--commit"]);
    assert!(out.contains("2 rows: 0 changed, 0 created, 2 unchanged, 0 refused"), "{out}");
    let file = save(&repo, layout, "federal.xlsx", |name, row| {
        if name.starts_with("V-1") {
            row.insert(Field::Weakness, text("V-1: Open port 80\n\nA port is open."));
            row.insert(Field::ResourcesRequired, text("20 hours"));
        }
    });
    let (out, _) = repo.poam(0, &["import", &file, "--update", "--commit"]);
    assert!(
        out.contains("changed: V-1: weakness name: ")
            && out.contains("; resources required: 40 hours -> 20 hours\n"),
        "{out}"
    );
    assert!(repo.read("items/V-1.yaml").contains("weakness_name: Open port 80\n"));
    assert!(repo.read("items/V-1.yaml").contains("status: in-progress\n"));
}

/// A layout with headers and columns of the team's own.
fn acme(repo: &Repo) -> Layout {
    let (layout, _) = repo.poam(0, &["workbook", "layout", "3.0"]);
    let mut layout: serde_json::Value = serde_json::from_str(&layout).unwrap();
    layout["name"] = "acme".into();
    let sheets = layout["sheets"].as_array_mut().unwrap();
    for sheet in sheets.iter_mut().filter(|sheet| sheet["columns"].is_array()) {
        if sheet["role"] == "documentation" {
            continue;
        }
        let columns = sheet["columns"].as_array_mut().unwrap();
        for column in columns.iter_mut() {
            // No header is one of the official ones.
            column["header"] = format!("Acme {}", column["header"].as_str().unwrap()).into();
        }
        let last = columns.last().unwrap().clone();
        let mut letter = match last["column"].as_str().unwrap() {
            "AA" => "AB".to_owned(),
            _ => "AC".to_owned(),
        };
        for (pointer, header, kind) in [
            ("/change_ticket", "Ticket", "text"),
            ("/extra/cost", "Cost", "number-or-text"),
            ("/extra/teams", "Teams", "multiline"),
            ("/milestones", "Steps", "text"),
        ] {
            let mut column = last.clone();
            column.as_object_mut().unwrap().remove("field");
            column["pointer"] = pointer.into();
            column["header"] = header.into();
            column["kind"] = kind.into();
            column["column"] = letter.clone().into();
            columns.push(column);
            let next = char::from(letter.bytes().last().unwrap() + 1);
            letter = format!("A{next}");
        }
    }
    repo.write("layouts/acme.json", layout.to_string());
    let settings = repo.read("poam.yaml");
    repo.write("poam.yaml", format!("{settings}\nworkbook: {{layout: layouts/acme.json}}\n"));
    repo.commit("2026-01-08", "a layout of our own");
    Layout::from_value(&layout).unwrap()
}

#[test]
fn a_layout_of_the_team_is_read_and_comes_back() {
    let repo = tracker();
    let layout = acme(&repo);
    repo.poam(0, &["-q", "workbook", "-o", "../acme.xlsx"]);
    let (out, _) = repo.poam(0, &["import", "../acme.xlsx"]);
    assert!(out.contains("2 rows: 0 to create, 2 unchanged, 0 refused"), "{out}");
    let other = Repo::new();
    other.poam(0, &["init"]);
    acme(&other);
    let path = repo.beside("acme.xlsx").display().to_string();
    other.poam(0, &["import", &path, "--commit"]);
    let listed = other.git(&["ls-files", "items"]);
    let read = other.read(listed.lines().find(|path| path.ends_with("/V-1.yaml")).unwrap());
    for part in ["change_ticket: CHG-1\n", "  cost: 2000\n", "  Steps: "] {
        assert!(read.contains(part), "{part}\n{read}");
    }
    assert!(!read.contains("Ticket") && !read.contains("Cost"), "{read}");
    let own = |header: &str| {
        let columns = &layout.sheet(SheetRole::Open).unwrap().columns;
        columns.iter().find(|column| column.header == header).unwrap().field
    };
    let file = save(&repo, &layout, "acme.xlsx", |_, _| {});
    let (out, _) = repo.poam(0, &["import", &file, "--update", "--commit"]);
    assert!(out.contains("2 rows: 0 changed, 0 created, 2 unchanged, 0 refused"), "{out}");

    let file = save(&repo, &layout, "acme.xlsx", |name, row| match name {
        "V-1" => {
            row.insert(own("Ticket"), text("CHG-2"));
            row.insert(own("Cost"), Value::Number(2500.0));
            row.insert(own("Teams"), text("red\ngreen"));
            row.insert(own("Acme Comments"), text("looked at"));
        }
        _ => {
            row.insert(own("Ticket"), text("CHG-9"));
            row.insert(own("Steps"), text("none"));
        }
    });
    // Meanwhile somebody else changed the ticket of the other.
    let other = repo.read("items/V-2.yaml").replace("change_ticket: CHG-1", "change_ticket: CHG-3");
    repo.write("items/V-2.yaml", other);
    repo.commit("2026-01-09", "another ticket");
    let (out, _) = repo.poam(1, &["import", &file, "--update"]);
    for line in [
        "changed: V-1: ",
        "change ticket: CHG-1 -> CHG-2",
        "extra.cost: 2000 -> 2500",
        "a cell cannot hold milestones: change it in items/V-2.yaml\n",
        "change ticket of V-2: built as \"CHG-1\", in the workbook now \"CHG-9\", in the tracker now \"CHG-3\"\n",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    repo.poam(0, &["import", &file, "--update", "--ours", "--commit"]);
    let read = repo.read("items/V-1.yaml");
    for line in [
        "change_ticket: CHG-2\n",
        "extra: {cost: 2500, teams: [red, green]}\n",
        "comments: looked at\n",
    ] {
        assert!(read.contains(line), "{line}\n{read}");
    }
    assert!(repo.read("items/V-2.yaml").contains("change_ticket: CHG-3\n"));
}

#[test]
fn words_of_a_status_column_mean_what_a_person_says() {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.commit("2026-01-01", "start");
    let head = "Nr,Title,Found,Severity,State\n";
    repo.write(
        "../x.csv",
        format!("{head}V-1,Open port,2026-01-05,High,Mitigated\nV-2,Weak cipher,2026-01-05,Low,Being Worked\nV-3,Old kernel,2026-01-05,Low,Ongoing\n"),
    );
    let map = |with: &[&'static str]| -> Vec<&str> {
        let columns = [
            "Nr=id",
            "Title=weakness-name",
            "Found=original-detection-date",
            "Severity=original-risk-rating",
        ];
        let mut all = vec!["import", "../x.csv"];
        all.extend(columns.into_iter().flat_map(|column| ["--map", column]));
        all.extend(with);
        all
    };
    let (_, err) = repo.poam(2, &map(&["--map-status", "Mitigated=closed"]));
    for said in ["E2 in the column `State` says closed", "`Being Worked`", "--map \"State=status\""]
    {
        assert!(err.contains(said), "{said}\n{err}");
    }
    let (out, _) = repo.poam(1, &map(&["--map", "State=status"]));
    assert!(
        out.contains("`Mitigated` is not a known status")
            && out.contains("--map-status \"Mitigated=STATUS\""),
        "{out}"
    );
    let (_, err) =
        repo.poam(2, &map(&["--map", "State=status", "--map-status", "Mitigated=close"]));
    assert!(err.contains("there is no status `close`; did you mean `closed`?"), "{err}");
    let (_, err) = repo.poam(2, &map(&["--map", "State=status", "--map-status", "Fixed=closed"]));
    assert!(
        err.contains("no row has the status `Fixed`; there are Being Worked, Mitigated, Ongoing"),
        "{err}"
    );
    let (_, err) = repo.poam(2, &map(&["--map-status", "closed"]));
    assert!(err.contains("write WORD=STATUS"), "{err}");
    let all = map(&[
        "--map",
        "State=status",
        "--map-status",
        "mitigated=pending-validation",
        "--map-status",
        "Being worked=in-progress",
        "--commit",
    ]);
    repo.poam(0, &all);
    let listed = repo.git(&["ls-files", "items"]);
    let status = |id: &str| {
        let path = listed.lines().find(|path| Path::new(path).file_stem().unwrap() == id).unwrap();
        let text = repo.read(path);
        text.lines().find_map(|line| line.strip_prefix("status: ")).unwrap().to_owned()
    };
    assert_eq!(
        ["V-1", "V-2", "V-3"].map(status),
        ["pending-validation", "in-progress", "in-progress"]
    );
}

#[test]
fn words_for_every_open_status_take_nothing_back() {
    let repo = tracker();
    repo.write("../x.csv", "Nr,Title,State\nV-1,Open port,Ongoing\nV-2,Weak cipher,Complete\n");
    let columns = ["--map", "Nr=id", "--map", "Title=weakness-name", "--map", "State=status"];
    let (out, _) = repo.poam(1, &[&["import", "../x.csv"][..], &columns].concat());
    let both = "conflict: x!C3: status of V-2: last imported as blank, in the file now \"closed\", in the tracker now \"in-progress\"";
    assert!(out.contains(both), "{out}");
    assert!(!out.contains("V-1"), "{out}");
    let (out, _) = repo.poam(0, &[&["import", "../x.csv", "--theirs"][..], &columns].concat());
    assert!(out.contains("changed: V-2: status: in-progress -> closed\n"), "{out}");
    assert!(!out.contains("changed: V-1"), "{out}");
    let said = ["--theirs", "--map-status", "Ongoing=pending-validation"];
    let (out, _) = repo.poam(0, &[&["import", "../x.csv"][..], &columns, &said].concat());
    assert!(out.contains("changed: V-1: status: in-progress -> pending-validation\n"), "{out}");
}
