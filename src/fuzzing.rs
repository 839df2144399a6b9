//! Entry points for the fuzzer (`fuzz/`): each parser on the bytes of one input.
//!
//! Each returns a few words on the outcome. Bad input is an outcome like any other; a panic is a fault.

use chrono::NaiveDate;

use crate::diagnostic::Diagnostic;
use crate::document::Edit;
use crate::exchange::{self, Assumed, parse_layout, take_apart};
use crate::history::decode_cache_body;
use crate::model::Item;
use crate::output::{Format, ValidationReport};
use crate::settings::Settings;
use crate::store::Stored;
use crate::workbook::{ReadOptions, read};

/// A target: its name, and what is done with the bytes.
pub type FuzzTarget = (&'static str, fn(&[u8]) -> String);

/// The targets.
pub const TARGETS: [FuzzTarget; 8] = [
    ("item", fuzz_item),
    ("settings", fuzz_settings),
    ("layout", fuzz_layout),
    ("workbook", fuzz_workbook),
    ("csv", fuzz_csv),
    ("oscal", fuzz_oscal),
    ("cells", fuzz_cells),
    ("cache", fuzz_cache),
];

fn fuzz_item(bytes: &[u8]) -> String {
    let stored = match Stored::parse("items/V-1.yaml", bytes) {
        Ok(stored) => stored,
        Err(diagnostics) => return render_all(diagnostics),
    };
    let mut outcome = render_all(stored.check_schema());
    match stored.document.format_document(&Item::FIELDS) {
        Ok(once) => {
            let twice = once.format_document(&Item::FIELDS).map(|twice| twice.text().to_string());
            assert_eq!(twice.as_deref().ok(), Some(&**once.text()), "formatted text changes again");
        }
        Err(_) => outcome.push_str(" not formatted"),
    }
    let edits = [Edit::set("/status", "closed"), Edit::append("/controls", "AC-2")];
    match stored.document.apply_edits(&edits, &Item::FIELDS) {
        Ok(edited) => {
            let status = edited.to_value().get("status").cloned();
            assert_eq!(status, Some("closed".into()), "an edit was not made");
        }
        Err(_) => outcome.push_str(" not edited"),
    }
    outcome
}

fn fuzz_settings(bytes: &[u8]) -> String {
    match Settings::parse("poam.yaml", bytes) {
        Ok(settings) => render_all(crate::rules::check_settings(&settings)),
        Err(diagnostics) => render_all(diagnostics),
    }
}

fn fuzz_layout(bytes: &[u8]) -> String {
    match parse_layout("layout.json", bytes) {
        Ok(layout) => format!("{} sheets", layout.sheets.len()),
        Err(error) => kind_of(&error.to_string()),
    }
}

fn fuzz_workbook(bytes: &[u8]) -> String {
    fuzz_rows("book.xlsx", bytes.to_vec())
}

fn fuzz_csv(bytes: &[u8]) -> String {
    fuzz_rows("Open POA&M Items.csv", bytes.to_vec())
}

/// Returns the columns whose cells are free text, as one row of a CSV file; cells are separated by
/// NUL.
fn fuzz_cells(bytes: &[u8]) -> String {
    const COLUMNS: [&str; 8] = [
        "Planned Milestones",
        "Milestone Changes",
        "Overall Remediation Plan",
        "Comments",
        "Point of Contact",
        "Supporting Documents",
        "Vendor Dependent Product Name",
        "Asset Identifier",
    ];
    let text = String::from_utf8_lossy(bytes);
    let mut header =
        String::from("POAM ID,Weakness Name,Original Detection Date,Original Risk Rating");
    let mut row = String::from("V-1,Weak cipher,2026-01-05,High");
    for (column, cell) in COLUMNS.iter().zip(text.split('\0')) {
        header.push_str(&format!(",{column}"));
        row.push_str(&format!(",\"{}\"", cell.replace('"', "\"\"")));
    }
    fuzz_rows("Open POA&M Items.csv", format!("{header}\n{row}\n").into_bytes())
}

fn fuzz_rows(name: &str, bytes: Vec<u8>) -> String {
    let mut reading = match read::read_with(name, bytes, &ReadOptions::default()) {
        Ok(reading) => reading,
        Err(error) => return kind_of(&error.to_string()),
    };
    take_apart(&mut reading);
    let (assumed, mut read, mut refused) = (Assumed::default(), 0, String::new());
    let today = NaiveDate::from_ymd_opt(2026, 11, 30).unwrap_or_default();
    for row in &reading.rows {
        match exchange::item(row, &assumed, today) {
            Ok(_) => read += 1,
            Err(why) => refused = kind_of(&why.reason),
        }
    }
    format!("{} of {} rows {refused}", round_count(read), round_count(reading.rows.len()))
}

fn fuzz_oscal(bytes: &[u8]) -> String {
    match exchange::oscal::document("poam.json", bytes, &Assumed::default()) {
        Ok(document) => format!("{} items", round_count(document.items.len())),
        Err(error) => kind_of(&error.to_string()),
    }
}

fn fuzz_cache(bytes: &[u8]) -> String {
    decode_cache_body(bytes).map_or_else(|| "refused".to_owned(), round_count)
}

/// Shows diagnostics in every way that quotes the file, and states what they are.
fn render_all(diagnostics: Vec<Diagnostic>) -> String {
    let first = diagnostics.first().map(|one| kind_of(&one.message));
    let count = diagnostics.len();
    let report = ValidationReport { diagnostics, ..ValidationReport::default() };
    for format in [Format::Text, Format::Json, Format::Sarif, Format::Github, Format::Markdown] {
        report.render(format, false);
    }
    format!("{} {}", round_count(count), first.unwrap_or_default())
}

/// Returns a message without what it quotes: the kind of an outcome.
fn kind_of(message: &str) -> String {
    let mut kind = String::new();
    for (at, part) in message.split('`').enumerate() {
        if at % 2 == 0 {
            kind.extend(part.chars().filter(|c| !c.is_ascii_digit()).take(60));
        }
    }
    kind.chars().take(120).collect()
}

/// Returns a number, roughly.
fn round_count(count: usize) -> String {
    match count {
        0..=4 => count.to_string(),
        5..=20 => "some".to_owned(),
        _ => "many".to_owned(),
    }
}
