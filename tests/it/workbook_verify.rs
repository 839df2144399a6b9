//! `poam workbook verify`: the same, edited, older, or in another layout.
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Read as _, Write as _};

use crate::support::Repo;
use serde_json::Value;

fn item(id: &str, name: &str, more: &str) -> String {
    format!(
        "id: {id}\nweakness_name: {name}\nstatus: open\noriginal_detection_date: 2026-01-05\noriginal_risk_rating: high\n{more}"
    )
}

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.write("items/V-1.yaml", item("V-1", "First", ""));
    repo.write("items/V-2.yaml", item("V-2", "Second", "source_identifier: '51192'\n"));
    repo.commit("2026-01-06", "two items");
    repo
}

/// Replaces a text in every part of a workbook, as somebody does with a spreadsheet program.
fn edited(repo: &Repo, from: &str, to: &str) {
    let bytes = std::fs::read(repo.path().join("w.xlsx")).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(part.name().unwrap().into_owned(), options).unwrap();
        writer.write_all(text.replace(from, to).as_bytes()).unwrap();
    }
    repo.write("w.xlsx", writer.finish().unwrap().into_inner());
}

#[test]
fn what_was_built_is_the_same_and_what_was_saved_again_too() {
    let repo = tracker();
    for options in [
        &[][..],
        &["--date", "2026-01-31"],
        &["--open-only"],
        &["--late-only", "--date", "2026-02-01"],
        &["--template", "2.1"],
    ] {
        repo.poam(0, &[&["-q", "workbook", "-o", "w.xlsx"], options].concat());
        let template = options.iter().position(|it| *it == "--template");
        let asked = template.map_or(&[][..], |at| &options[at..at + 2]);
        let (out, _) = repo.poam(0, &[&["workbook", "verify", "w.xlsx"], asked].concat());
        assert!(out.starts_with("w.xlsx: the same bytes as commit "), "{options:?}: {out}");
    }
    edited(&repo, "nothing that is there", "");
    let (out, _) = repo.poam(0, &["workbook", "verify", "w.xlsx", "--template", "2.1"]);
    assert!(out.contains("the same content, not the same bytes"), "{out}");
}

#[test]
fn an_older_workbook_names_its_commit() {
    let repo = tracker();
    repo.poam(0, &["-q", "workbook", "-o", "w.xlsx"]);
    let old = repo.git(&["rev-parse", "HEAD"]).trim().to_owned();
    repo.write("items/V-1.yaml", item("V-1", "Renamed", ""));
    repo.remove("items/V-2.yaml");
    repo.write("items/V-3.yaml", item("V-3", "Third", ""));
    repo.commit("2026-01-09", "more");
    let (out, _) = repo.poam(1, &["workbook", "verify", "w.xlsx"]);
    for said in [
        &format!("it is what commit {} gives, 1 commit before", &old[..10]),
        "!D10: V-1: weakness-name: `First` instead of `Renamed`",
        "V-3: the row is missing",
        "V-2: a row that the tree does not give",
    ] {
        assert!(out.contains(said), "{said}\n{out}");
    }
    let (out, _) = repo.poam(0, &["workbook", "verify", "w.xlsx", "--as-of", &old]);
    assert!(out.contains("the same bytes"), "{out}");
    let (out, _) = repo.poam(1, &["workbook", "verify", "w.xlsx", "--format", "json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["same"], false);
    assert_eq!(json["matched_commit"], old);
    let kinds: Vec<&str> = json["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"missing-row") && kinds.contains(&"extra-row"), "{out}");
}

#[test]
fn an_edit_by_hand_is_told_by_cell_and_item() {
    let repo = tracker();
    repo.poam(0, &["-q", "workbook", "-o", "w.xlsx"]);
    edited(&repo, ">Second<", ">Edited<");
    let (out, _) = repo.poam(1, &["workbook", "verify", "w.xlsx"]);
    assert!(out.contains("1 difference from what commit"), "{out}");
    assert!(out.contains("it was edited by hand"), "{out}");
    assert!(
        out.contains("Open POA&M Items!D11: V-2: weakness-name: `Edited` instead of `Second`"),
        "{out}"
    );
}

#[test]
fn what_is_no_edit_is_not_called_one() {
    let repo = tracker();
    repo.poam(0, &["-q", "workbook", "-o", "w.xlsx"]);
    let old = repo.git(&["rev-parse", "HEAD"]).trim().to_owned();
    // A program that does not calculate saves formulas alone.
    edited(&repo, "</f><v>46057</v>", "</f>");
    let (out, _) = repo.poam(1, &["workbook", "verify", "w.xlsx"]);
    for said in [
        "a program that does not calculate saved it, and nothing else was edited",
        "M10: V-1: scheduled-completion-date: the formula has no stored result",
    ] {
        assert!(out.contains(said), "{said}\n{out}");
    }
    repo.poam(0, &["-q", "workbook", "-o", "w.xlsx"]);
    edited(&repo, &old, &"ab".repeat(20));
    repo.poam(0, &["workbook", "verify", "w.xlsx"]);
    edited(&repo, ">Second<", ">Edited<");
    let (out, _) = repo.poam(1, &["workbook", "verify", "w.xlsx"]);
    assert!(
        out.contains("commit ababababab, which this repository does not have")
            && !out.contains("by hand"),
        "{out}"
    );
    let (out, _) = repo.poam(1, &["workbook", "verify", "w.xlsx", "--format", "json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["origin"], "unknown-commit");
    edited(&repo, &format!("commit {}", "ab".repeat(20)), "POA&amp;M");
    let (out, _) = repo.poam(1, &["workbook", "verify", "w.xlsx"]);
    assert!(out.contains("it does not say which commit it was built from"), "{out}");
}

#[test]
fn another_layout_and_no_workbook_at_all() {
    let repo = tracker();
    repo.poam(0, &["-q", "workbook", "-o", "w.xlsx", "--template", "rev4"]);
    let (out, _) = repo.poam(1, &["workbook", "verify", "w.xlsx"]);
    assert!(
        out.contains("the layout is fedramp-rev4, and the settings give fedramp-rev5-3.0"),
        "{out}"
    );
    repo.write("w.xlsx", "no workbook");
    let (_, err) = repo.poam(2, &["workbook", "verify", "w.xlsx"]);
    assert!(err.contains("reading w.xlsx"), "{err}");
    repo.poam(2, &["workbook", "verify", "missing.xlsx"]);
}
