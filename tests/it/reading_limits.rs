//! Documents that are made to fill the memory or to keep the reader busy: an error, early.
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Write as _};
use std::process::Output;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::Repo;

/// Memory of a process, in kilobytes: more than any import may take.
const MEMORY: u32 = 1_500_000;

const HEADERS: [&str; 5] =
    ["POAM ID", "Controls", "Weakness Name", "Original Detection Date", "Original Risk Rating"];

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.commit("2026-01-01", "start");
    repo
}

fn text_cell(text: &str) -> String {
    format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn item(id: &str) -> String {
    let cells = [id, "AC-2", "Weak cipher", "2026-01-05", "High"].map(text_cell);
    format!("<row>{}</row>", cells.concat())
}

/// A workbook of one sheet: its rows below the headers, its table of texts, its styles.
fn workbook(rows: &str, texts: &str, styles: &str, sheets: usize) -> Vec<u8> {
    let headers: String = HEADERS.map(text_cell).concat();
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let mut names = String::new();
    let mut targets = String::new();
    for number in 1..=sheets {
        names.push_str(&format!(
            "<sheet name=\"Open POA&amp;M Items {number}\" sheetId=\"{number}\" r:id=\"r{number}\"/>"
        ));
        targets.push_str(&format!(
            "<Relationship Id=\"r{number}\" Type=\"{relationships}/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
        ));
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in [
        (
            "_rels/.rels",
            format!(
                "<Relationships><Relationship Id=\"a\" Type=\"{relationships}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{relationships}\"><sheets>{names}</sheets></workbook>"
            ),
        ),
        ("xl/_rels/workbook.xml.rels", format!("<Relationships>{targets}</Relationships>")),
        (
            "xl/worksheets/sheet1.xml",
            format!(
                "<worksheet xmlns=\"{main}\"><dimension ref=\"A1:XFD1048576\"/><sheetData><row>{headers}</row>{rows}</sheetData></worksheet>"
            ),
        ),
        ("xl/sharedStrings.xml", texts.to_owned()),
        ("xl/styles.xml", format!("<styleSheet>{styles}</styleSheet>")),
    ] {
        writer.start_file(path, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Imports a file with a limit of memory, so that a fault is the end of one process and not of the machine.
fn import(repo: &Repo, file: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_poam");
    let script = format!("ulimit -v {MEMORY}; exec {program} import {file}");
    repo.command("sh", &repo.path()).args(["-c", &script]).output().unwrap()
}

fn refused(repo: &Repo, file: &str, reason: &str) {
    let output = import(repo, file);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{file}: {error}");
    assert!(error.contains(file) && error.contains(reason), "{file}: {error}");
}

#[test]
fn workbooks_that_hold_or_state_too_much_are_refused() {
    let repo = tracker();
    let one = item("V-1");
    let number = "<c><v>1</v></c>";
    for (name, bytes, reason) in [
        (
            "stated.xlsx",
            workbook(&one, "<sst uniqueCount=\"4294967295\"><si><t>a</t></si></sst>", "", 1),
            "states 4294967295 texts and holds 1",
        ),
        (
            "formula.xlsx",
            workbook(
                "<row><c><f t=\"shared\" si=\"4294967290\" ref=\"A2:A9\">1</f><v>1</v></c></row>",
                "<sst/>",
                "",
                1,
            ),
            "shared formulas",
        ),
        (
            "text.xlsx",
            workbook(&one, &format!("<sst><si><t>{}</t></si></sst>", "x".repeat(5_000_000)), "", 1),
            "one text of more than 4194304 bytes",
        ),
        (
            "shared.xlsx",
            workbook(
                &format!("{one}{}", "<row><c t=\"s\"><v>0</v></c></row>".repeat(200)),
                &format!("<sst><si><t>{}</t></si></sst>", "x".repeat(1_000_000)),
                "",
                1,
            ),
            "bytes of text",
        ),
        (
            "blanks.xlsx",
            workbook(&format!("{one}{}", " ".repeat(5_000_000)), "<sst/>", "", 1),
            "one text of more than",
        ),
        ("styles.xlsx", workbook(&one, "<sst/>", &"<xf/>".repeat(80_000), 1), "elements `xf`"),
        ("sheets.xlsx", workbook(&one, "<sst/>", "", 201), "elements `sheet`"),
        (
            "rows.xlsx",
            workbook(&format!("<row>{number}</row>").repeat(260_000), "<sst/>", "", 1),
            "rows with a value",
        ),
    ] {
        repo.write(name, bytes);
        refused(&repo, name, reason);
    }
    // What a document states beyond that is not believed, and does no harm.
    repo.write("fine.xlsx", workbook(&one, "<sst uniqueCount=\"9\"/>", "", 1));
    let output = import(&repo, "fine.xlsx");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let verified = repo.try_poam(&["workbook", "verify", "formula.xlsx"]);
    assert_eq!(verified.status.code(), Some(2));
}

#[test]
fn tables_of_many_cells_are_refused() {
    let repo = tracker();
    let headers = HEADERS.join(",");
    let row = "a,".repeat(99);
    repo.write("cells.csv", format!("{headers}\n{}", format!("{row}a\n").repeat(31_000)));
    refused(&repo, "cells.csv", "cells with a value");
    repo.write("rows.csv", format!("{headers}\n{}", "a\n".repeat(251_000)));
    refused(&repo, "rows.csv", "rows with a value");
}

#[test]
fn devices_and_endless_or_large_files_are_refused_before_they_are_read() {
    let repo = tracker();
    for device in ["/dev/zero", "/dev/null"] {
        refused(&repo, device, "it is a device");
    }
    for name in ["sparse.csv", "sparse.xlsx", "sparse.json"] {
        std::fs::File::create(repo.path().join(name)).unwrap().set_len(3 << 30).unwrap();
        refused(&repo, name, "3221225472 bytes are too many");
    }
    let made = repo.command("mkfifo", &repo.path()).arg("pipe").status().unwrap();
    assert!(made.success());
    refused(&repo, "pipe", "nothing was written to the pipe");
}

#[test]
fn an_oscal_document_of_too_many_values_is_refused() {
    let repo = tracker();
    let values = "0,".repeat(8_100_000);
    repo.write("list.json", format!("{{\"plan-of-action-and-milestones\":[{values}0]}}"));
    refused(&repo, "list.json", "more values than are read");
}
