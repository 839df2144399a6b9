//! CSV and NDJSON.

use serde_json::Value;

use crate::export::{demo, item, tracker};

#[test]
fn every_item_and_every_event_is_a_line() {
    let repo = demo();
    let (items, _) = repo.poam(0, &["export", "ndjson"]);
    let values: Vec<Value> =
        items.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(values.len() > 40);
    assert!(values.iter().all(|it| it["derived"]["effective_due"].is_string()));
    let (listed, _) = repo.poam(0, &["list", "--format", "json", "--today", "2026-11-22"]);
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.len(), values.len());
    let (events, _) = repo.poam(0, &["export", "ndjson", "--events"]);
    let (log, _) = repo.poam(0, &["log", "--format", "ndjson"]);
    assert_eq!(events, log);
    let (again, _) = repo.poam(0, &["export", "ndjson", "-o", "-", "--today", "2030-01-01"]);
    assert_eq!(again, items, "the day on which it is built makes no difference");
}

#[test]
fn a_table_is_harmless_and_whole() {
    let lines = "comments: \"=HYPERLINK(1)\"\ncontrols: [SI-2, CM-8]\nweakness_description: \"two\\nlines, \\\"quoted\\\"\"\n";
    let repo = tracker("", &[("V-1", lines), ("V-2", "")]);
    let (text, _) = repo.poam(0, &["export", "csv"]);
    assert!(text.contains(",'=HYPERLINK(1),"), "{text}");
    assert!(text.contains("\"SI-2\nCM-8\""), "{text}");
    assert!(text.contains("\"two\nlines, \"\"quoted\"\"\""), "{text}");
    assert!(text.starts_with("id,kind,weakness_name,") && text.contains(",derived.effective_due,"));
    let (said, _) = repo.poam(0, &["export", "csv", "-o", "items.csv"]);
    assert!(said.starts_with("items.csv: 2 items, commit "), "{said}");
    assert_eq!(repo.read("items.csv"), text);
    let (events, _) = repo.poam(0, &["export", "csv", "--events"]);
    assert_eq!(events.matches(",item-created,").count(), 2, "{events}");
    repo.poam(2, &["export", "csv", "--events", "--columns", "federal"]);
}

#[test]
fn the_federal_columns_are_eight() {
    let (text, _) = demo().poam(0, &["export", "csv", "--columns", "federal"]);
    let head = text.lines().next().unwrap();
    assert_eq!(head.split(',').count(), 8, "{head}");
    assert!(text.contains(",Ongoing\r\n") && text.contains(",Complete\r\n"));
}

#[test]
fn what_is_not_committed_is_not_there() {
    let repo = tracker("", &[("V-1", "")]);
    repo.write("items/V-2.yaml", item("V-2", ""));
    let (text, said) = repo.poam(0, &["export", "ndjson"]);
    assert_eq!(text.lines().count(), 1);
    assert!(said.contains("note: items or settings have uncommitted changes"), "{said}");
    repo.write("items/V-2.yaml", "id: [");
    repo.commit("2026-03-02", "broken");
    let (text, said) = repo.poam(2, &["export", "ndjson"]);
    assert_eq!(text, "");
    assert!(said.contains("no list is written: 1 item would be missing from it"), "{said}");
    let (text, _) = repo.poam(0, &["export", "ndjson", "--as-of", "2026-03-01"]);
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn a_spreadsheet_for_people_is_the_same_for_the_same_commit() {
    let repo = demo();
    let (said, _) = repo.poam(0, &["export", "xlsx", "-o", "items.xlsx"]);
    assert!(said.starts_with("items.xlsx: ") && said.contains(" items, commit "), "{said}");
    let (said, _) = repo.poam(0, &["export", "xlsx", "--events", "-o", "log.xlsx"]);
    assert!(said.starts_with("log.xlsx: ") && said.contains(" events, commit "), "{said}");
    let items = repo.read_bytes("items.xlsx");
    assert!(items.starts_with(b"PK"));
    repo.poam(0, &["export", "xlsx", "-o", "again.xlsx", "--today", "2030-01-01"]);
    assert_eq!(repo.read_bytes("again.xlsx"), items);
    let (_, refused) = repo.poam(2, &["export", "xlsx", "-o", "items.xlsm"]);
    assert!(refused.contains("name it items.xlsx"), "{refused}");
}

#[test]
fn flat_columns_and_a_byte_order_mark_are_there_on_request() {
    let fields = "point_of_contact: {name: Jörg Müller, email: joerg@example.com}\nmappings: {cmmc: [IA.L2-3.5.3]}\nmilestones: [{id: 4, description: Scan again, due: 2026-05-01}]\n";
    let repo = tracker("", &[("V-1", fields)]);
    let (flat, _) = repo.poam(0, &["export", "csv", "--columns", "flat"]);
    assert!(flat.contains(",Jörg Müller,joerg@example.com,") && !flat.contains('{'), "{flat}");
    assert!(flat.contains(",4,2026-05-01,Scan again,1,0,IA.L2-3.5.3,"), "{flat}");
    let (events, _) = repo.poam(0, &["export", "csv", "--events", "--columns", "flat"]);
    assert!(events.contains(",V-1,item-created,created: ") && !events.contains('{'), "{events}");
    let (plain, _) = repo.poam(0, &["export", "csv"]);
    repo.poam(0, &["export", "csv", "--bom", "-o", "items.csv"]);
    let marked = repo.read("items.csv");
    assert_eq!(marked.strip_prefix('\u{feff}'), Some(plain.as_str()));
    // The mark is no part of the first header: the file is still known as our own.
    let (plan, _) = repo.poam(0, &["import", "items.csv"]);
    assert!(plan.contains("1 unchanged") || plan.contains("unchanged"), "{plan}");
}
