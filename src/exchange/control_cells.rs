//! Cells of controls: several ids in the forms in which people write them, and remarks on them.

use super::cells::{read_commas, read_remark};
use crate::model::{CatalogId, plain_form};

/// A control of a cell, with what is stated of it there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ControlEntry {
    pub(super) control: String,
    pub(super) remark: Option<String>,
}

/// Returns the controls of a cell. Only what a catalog knows is taken apart: everything else stays
/// as it is.
pub(super) fn read_controls(text: &str) -> Vec<ControlEntry> {
    let mut found: Vec<ControlEntry> = Vec::new();
    for entry in read_commas(text) {
        let (control, remark) = read_remark(&entry);
        if let Some(remark) = remark {
            let remark = Some(remark.to_owned());
            found.push(ControlEntry { control: control.to_owned(), remark });
            continue;
        }
        // `AC-2(1),(2)`: the second is an enhancement of the same control.
        let before = found.last().map(|last| last.control.as_str());
        if let Some(control) = before.and_then(|before| enhancement_of(before, &entry)) {
            found.push(ControlEntry { control, remark: None });
            continue;
        }
        found.extend(taken_apart(&entry));
    }
    found
}

/// Returns an entry that no comma separates: `AC-2 and AC-3`, `AC-2 / AC-3`, `AC-2 (1)(2)`, `SI-2
/// Flaw Remediation`.
fn taken_apart(entry: &str) -> Vec<ControlEntry> {
    let plain = |control: &str| ControlEntry { control: control.trim().to_owned(), remark: None };
    if is_known(entry) {
        return vec![plain(entry)];
    }
    // `AC-2` with the hyphen of a word processor.
    let typed = plain_form(entry);
    if typed != entry && !entry.is_ascii() {
        let controls = taken_apart(&typed);
        if controls.iter().all(|control| is_known(&control.control)) {
            return controls;
        }
    }
    for separator in [" and ", " & ", "&", "/", " + ", "|"] {
        let parts: Vec<&str> = entry.split(separator).collect();
        if parts.len() > 1 && parts.iter().all(|part| is_known(part)) {
            return parts.into_iter().map(plain).collect();
        }
    }
    if let Some(controls) = parted_by_blanks(entry) {
        return controls.iter().map(|control| plain(control)).collect();
    }
    if let Some(controls) = enhancements(entry) {
        return controls.iter().map(|control| plain(control)).collect();
    }
    let end = entry.find(|c: char| c.is_whitespace() || c == ':').unwrap_or(entry.len());
    let (control, title) = entry.split_at(end);
    let title = title.trim_start_matches(|c: char| c.is_whitespace() || ":-–—".contains(c));
    if is_known(control) && title.starts_with(char::is_alphabetic) {
        return vec![ControlEntry { control: control.to_owned(), remark: Some(title.to_owned()) }];
    }
    vec![plain(entry)]
}

/// Reads controls with nothing but blanks between them: `ac-2 ac-3 (1) ac-4`.
fn parted_by_blanks(entry: &str) -> Option<Vec<String>> {
    let mut controls: Vec<String> = Vec::new();
    for word in entry.split_whitespace() {
        match controls.last_mut().filter(|_| word.starts_with('(')) {
            Some(last) => last.push_str(word),
            None => controls.push(word.to_owned()),
        }
    }
    (controls.len() > 1 && controls.iter().all(|control| is_known(control))).then_some(controls)
}

/// Returns a control with several numbers of enhancements behind it: `AC-2 (1)(2)`.
fn enhancements(entry: &str) -> Option<Vec<String>> {
    let (base, rest) = entry.split_once('(')?;
    let base = base.trim();
    let numbers: Vec<&str> = rest.strip_suffix(')')?.split(')').collect();
    if numbers.len() < 2 {
        return None;
    }
    let number = |(place, number): (usize, &str)| {
        let number = number.trim();
        let number = if place == 0 { number } else { number.strip_prefix('(')?.trim() };
        let control = format!("{base}({number})");
        (is_digits(number) && is_known(&control)).then_some(control)
    };
    numbers.into_iter().enumerate().map(number).collect()
}

/// Returns the control whose enhancement an entry is: `(2)` behind `AC-2(1)`.
fn enhancement_of(before: &str, entry: &str) -> Option<String> {
    let number = entry.strip_prefix('(')?.strip_suffix(')')?.trim();
    let base = before.split('(').next()?.trim();
    let control = format!("{base}({number})");
    (is_digits(number) && is_known(&control)).then_some(control)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_known(text: &str) -> bool {
    CatalogId::find(text.trim()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_read_in_the_forms_that_people_write() {
        for (text, expected) in [
            ("AC-2(1), AC-3", &["AC-2(1)", "AC-3"][..]),
            ("AC-2 and AC-3", &["AC-2", "AC-3"]),
            ("AC-2 / AC-3", &["AC-2", "AC-3"]),
            ("AC-2/AC-3/SI-2", &["AC-2", "AC-3", "SI-2"]),
            ("AC-2 & AC-3", &["AC-2", "AC-3"]),
            ("AC-2(1),(2); SI-2", &["AC-2(1)", "AC-2(2)", "SI-2"]),
            ("AC-2 (1)(2)", &["AC-2(1)", "AC-2(2)"]),
            ("AC-02 (01)", &["AC-02 (01)"]),
            ("ac-2 ac-3", &["ac-2", "ac-3"]),
            ("AC-2 (1) AC-3\tsi-2", &["AC-2(1)", "AC-3", "si-2"]),
            (
                "SI-2 Flaw Remediation, CM-8: Component Inventory",
                &["SI-2 = Flaw Remediation", "CM-8 = Component Inventory"],
            ),
            ("RA-5 – Scanning", &["RA-5 = Scanning"]),
            ("AT-2 (see AT-3, AT-4)", &["AT-2 = see AT-3, AT-4"]),
            ("AC-2,AC-3(see SI-4)", &["AC-2", "AC-3 = see SI-4"]),
            ("AC-2 AC-3(see SI-4 or SI-5)", &["AC-2", "AC-3 = see SI-4 or SI-5"]),
            // An id of no catalog stays as it is.
            ("Owner and operator", &["Owner and operator"]),
            ("AC-2 and ZZ-99", &["AC-2 = and ZZ-99"]),
            ("AC-2(1)(a)", &["AC-2(1)(a)"]),
            ("ZZ-1 Our own control", &["ZZ-1 Our own control"]),
            ("(2)", &["(2)"]),
        ] {
            let said = |entry: ControlEntry| match entry.remark {
                Some(remark) => format!("{} = {remark}", entry.control),
                None => entry.control,
            };
            let found: Vec<String> = read_controls(text).into_iter().map(said).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
