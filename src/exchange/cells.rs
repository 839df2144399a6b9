//! Small cells: lists, people, evidence, vendors. Each writer has its reader below it.

use crate::model::{Evidence, Item, Person, VendorDependency};
use crate::workbook::{ColumnKind, Value};

/// Words that people write into a cell to state that there is nothing.
pub(super) fn says_nothing(text: &str) -> bool {
    matches!(
        text.trim().to_lowercase().as_str(),
        "" | "n/a" | "na" | "none" | "-" | "--" | "not applicable"
    )
}

/// Returns a value of an item's file in a column of the team's own. Nothing where there is nothing.
pub(super) fn own(value: &serde_json::Value, kind: ColumnKind) -> Option<Value> {
    use serde_json::Value as Json;
    let line = |value: &Json| match value {
        Json::String(text) => text.clone(),
        Json::Bool(yes) => (if *yes { "Yes" } else { "No" }).to_owned(),
        other => other.to_string(),
    };
    let text = match value {
        Json::Null => return None,
        Json::Number(number) => return number.as_f64().map(Value::Number),
        Json::Array(entries) => entries.iter().map(line).collect::<Vec<_>>().join("\n"),
        other => line(other),
    };
    match kind {
        _ if text.is_empty() => None,
        ColumnKind::Date => Some(text.parse().map_or(Value::Text(text), Value::Date)),
        _ => Some(Value::Text(text)),
    }
}

/// Formats a value of an own column as text.
pub fn own_text(value: &serde_json::Value) -> String {
    match own(value, ColumnKind::Text) {
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Text(text)) => text.trim_end().to_owned(),
        _ => String::new(),
    }
}

/// Joins entries, one a line.
pub(super) fn lines(entries: &[String]) -> String {
    entries.join("\n")
}

/// Returns the entries of a cell with one a line. A line break in brackets or quotes ends no entry,
/// and a comma or semicolon at the end of a line belongs to none.
pub(super) fn read_lines(text: &str) -> Vec<String> {
    let mut entries = split(text, |c| c == '\n');
    for entry in &mut entries {
        entry.truncate(entry.trim_end_matches([',', ';']).trim_end().len());
    }
    entries.retain(|entry| !entry.is_empty());
    entries
}

/// Cuts a text at some characters, but not in brackets or quotes, unless those do not close.
fn split(text: &str, is_separator: impl Fn(char) -> bool) -> Vec<String> {
    let parts = split_outside_brackets(text, |c, _, _| is_separator(c))
        .unwrap_or_else(|| text.split(&is_separator).collect());
    let parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// Cuts a text at separators outside brackets and quotes; nothing where a bracket or quote does not close.
/// `is_separator` gets a character, the part before it and the text after it.
pub(super) fn split_outside_brackets(
    text: &str,
    is_separator: impl Fn(char, &str, &str) -> bool,
) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut start, mut open, mut quoted) = (0, Vec::new(), false);
    for (at, c) in text.char_indices() {
        let after = at + c.len_utf8();
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' if open.last() == Some(&c) => _ = open.pop(),
            c if open.is_empty() && is_separator(c, &text[start..at], &text[after..]) => {
                parts.push(&text[start..at]);
                start = after;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (!quoted && open.is_empty()).then_some(parts)
}

/// Entries separated by commas.
pub(super) fn commas(entries: &[String]) -> String {
    entries.join(", ")
}

/// Returns the entries of a cell that separates them by commas, semicolons or lines, or, where each
/// of them is an identifier, by blanks.
pub(super) fn read_commas(text: &str) -> Vec<String> {
    let parts = split(text, |c| matches!(c, ',' | ';' | '\n'));
    let separate = |part: String| {
        let words = split(&part, char::is_whitespace);
        if words.iter().all(|word| is_identifier(word)) { words } else { vec![part] }
    };
    parts.into_iter().flat_map(separate).collect()
}

/// `CVE-2026-1234`, `AC-2(1)`: letters, a hyphen, a digit, and no blank.
fn is_identifier(word: &str) -> bool {
    let Some((letters, rest)) = word.split_once('-') else { return false };
    letters.len() >= 2
        && letters.bytes().all(|byte| byte.is_ascii_uppercase())
        && rest.starts_with(|c: char| c.is_ascii_digit())
}

/// Returns an entry without a remark in brackets behind it, and the remark: `AT-2 (see AT-3)`. The
/// number of an enhancement is no remark.
pub(super) fn read_remark(entry: &str) -> (&str, Option<&str>) {
    let Some(inner) = entry.strip_suffix(')') else { return (entry, None) };
    let Some((name, remark)) = inner.split_once('(') else { return (entry, None) };
    let name = name.trim_end();
    let is_enhancement =
        remark.trim().bytes().all(|byte| byte.is_ascii_alphanumeric()) && remark.trim().len() <= 3;
    let remark = remark.trim();
    match is_identifier(name) && !is_enhancement && !remark.contains(['(', ')']) {
        true => (name, Some(remark)),
        false => (entry, None),
    }
}

/// `Jane Doe (System owner) <jane@example.com>`.
pub(super) fn person(person: &Person) -> String {
    let role = person.role.as_ref().map(|role| format!(" ({role})")).unwrap_or_default();
    let email = person.email.as_ref().map(|email| format!(" <{email}>")).unwrap_or_default();
    format!("{}{role}{email}", person.name)
}

pub(super) fn read_person(text: &str) -> Person {
    let mut name = text.trim();
    let mut person = Person::named("");
    if names_several(name) {
        // Nobody knows which address would be whose.
        return Person::named(name);
    }
    if let Some((rest, email)) = name.strip_suffix('>').and_then(|it| it.rsplit_once(" <"))
        && email.contains('@')
    {
        person.email = Some(email.to_owned());
        name = rest;
    }
    // `Jane Doe (jane@example.com)`, `jane@example.com (Jane Doe)`, `Jane Doe, jane@example.com`
    if person.email.is_none()
        && let Some((other, email)) = name_and_address(name)
    {
        person.email = Some(email.to_owned());
        name = other;
    }
    // With other brackets in it, nobody knows where the name ends.
    if let Some((rest, role)) = name.strip_suffix(')').and_then(|it| it.rsplit_once(" ("))
        && !rest.contains(" (")
        && !role.contains(['(', ')'])
    {
        person.role = Some(role.to_owned());
        name = rest;
    }
    person.name = name.to_owned();
    person
}

/// Returns whether a cell has several people in it: more than one address.
pub(super) fn names_several(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || "<>(),;".contains(c))
        .filter(|it| is_address(it))
        .count()
        > 1
}

/// Returns the name and the address where a text is one beside the other.
fn name_and_address(text: &str) -> Option<(&str, &str)> {
    let bare = |part: &str| -> Option<usize> { is_address(part).then_some(part.len()) };
    let parts = match text.strip_suffix([')', '>', ']']) {
        Some(inner) => {
            let open = inner.rfind(['(', '<', '['])?;
            (inner[..open].trim(), inner[open + 1..].trim())
        }
        None => {
            let (before, last) = text.rsplit_once(char::is_whitespace)?;
            (before.trim_end_matches([',', ';', '-', ':', ' ', '\n']), last)
        }
    };
    let (first, second) = parts;
    match (bare(first), bare(second)) {
        (None, Some(_)) if !first.is_empty() => Some((first, second)),
        (Some(_), None) if !second.is_empty() => Some((second, first)),
        _ => None,
    }
}

fn is_address(text: &str) -> bool {
    let Some((name, host)) = text.trim().split_once('@') else { return false };
    !name.is_empty()
        && host.contains('.')
        && !host.contains('@')
        && !text.trim().contains(char::is_whitespace)
}

/// `Remediation : CHG-1234 : https://…`, one a line: type, reference, location.
pub(super) fn evidence(evidence: &Evidence) -> String {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let kind = evidence.kind.as_deref().map(title);
    let reference = one_line(&evidence.reference);
    match (kind, &evidence.location) {
        (None, None) => reference,
        (Some(kind), None) => format!("{kind} : {reference}"),
        (kind, Some(location)) => {
            let kind = kind.unwrap_or_else(|| "Document".to_owned());
            format!("{kind} : {reference} : {}", one_line(location))
        }
    }
}

/// Only a type that is known, spelled as it is written here, and only a location that looks like
/// one are split off: a colon in what others wrote must not change their words.
pub(super) fn read_evidence(line: &str) -> Evidence {
    let line = line.trim();
    let whole =
        || Evidence { kind: None, reference: line.to_owned(), location: None, collected: None };
    let Some((kind, rest)) = line.split_once(" : ") else { return whole() };
    let known = untitle(kind);
    if !TYPES.contains(&known.as_str()) || title(&known) != kind {
        return whole();
    }
    let (reference, location) = match rest.rsplit_once(" : ") {
        Some((reference, location)) if is_location(location) => (reference, Some(location)),
        _ => (rest, None),
    };
    if reference.trim().is_empty() {
        return whole();
    }
    Evidence {
        // `Document` before a location is where there is no type.
        kind: Some(known).filter(|known| known != DOCUMENT || location.is_none()),
        reference: reference.trim().to_owned(),
        location: location.map(str::to_owned),
        collected: None,
    }
}

/// Types of evidence, in the words of the field.
const TYPES: [&str; 19] = [
    DOCUMENT,
    "remediation",
    "remediation-evidence",
    "deviation-request",
    "vendor-dependency",
    "vendor-check-in",
    "scan",
    "scan-report",
    "rescan",
    "change-request",
    "change-ticket",
    "ticket",
    "screenshot",
    "configuration",
    "log",
    "policy",
    "test-result",
    "approval",
    "validation",
];
const DOCUMENT: &str = "document";

/// Returns an address or a path: no blanks, and a slash.
fn is_location(text: &str) -> bool {
    text.contains('/') && !text.contains(char::is_whitespace)
}

/// `scan-report` → `Scan Report`.
fn title(kind: &str) -> String {
    let words = kind.split('-').map(|word| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    });
    words.collect::<Vec<_>>().join(" ")
}

fn untitle(text: &str) -> String {
    text.trim().to_lowercase().split_whitespace().collect::<Vec<_>>().join("-")
}

/// Returns the product, and the vendor on a line of its own.
pub(super) fn vendor(vendor: &VendorDependency) -> String {
    let vendor_line = vendor.vendor.as_ref().map(|name| format!("{VENDOR}{name}"));
    let parts: Vec<String> = vendor.product.iter().cloned().chain(vendor_line).collect();
    parts.join("\n")
}

pub(super) fn read_vendor(text: &str) -> (Option<String>, Option<String>) {
    let (mut product, mut vendor) = (Vec::new(), None);
    for line in text.lines() {
        match line.strip_prefix(VENDOR) {
            Some(name) => vendor = Some(name.trim().to_owned()),
            None => product.push(line),
        }
    }
    let product = product.join("\n").trim().to_owned();
    (Some(product).filter(|text| !text.is_empty()), vendor)
}

const VENDOR: &str = "Vendor: ";

/// Formats the mappings of an item: `cmmc: SI.L2-3.14.1; soc2: CC7.1`.
pub(super) fn requirements(item: &Item) -> String {
    let mappings = item.mappings.iter().filter(|(_, ids)| !ids.is_empty());
    let parts: Vec<String> =
        mappings.map(|(framework, ids)| format!("{framework}: {}", ids.join(", "))).collect();
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for (name, role, email, text) in [
            ("Jane Doe", None, None, "Jane Doe"),
            (
                "Jane Doe",
                Some("System owner"),
                Some("jane@example.com"),
                "Jane Doe (System owner) <jane@example.com>",
            ),
            ("Jane Doe", None, Some("j@x"), "Jane Doe <j@x>"),
            ("John Doe -  Example CSP", None, None, "John Doe -  Example CSP"),
            ("Doe (Ops), Jane (Lead)", None, None, "Doe (Ops), Jane (Lead)"),
        ] {
            let one = Person {
                name: name.into(),
                role: role.map(Into::into),
                email: email.map(Into::into),
            };
            assert_eq!(person(&one), text);
            assert_eq!(read_person(text), one);
        }
        for (kind, reference, location, text) in [
            (None, "CHG-1", None, "CHG-1"),
            (Some("remediation"), "CHG-1", None, "Remediation : CHG-1"),
            (Some("remediation"), "CHG-1 : done", None, "Remediation : CHG-1 : done"),
            (None, "a.pdf", Some("https://x/a"), "Document : a.pdf : https://x/a"),
            (Some("document"), "a.pdf", None, "Document : a.pdf"),
            (None, "CHG-1 : done", None, "CHG-1 : done"),
            (None, "SAR Report : x.pdf", None, "SAR Report : x.pdf"),
            (None, "scan report : x.pdf", None, "scan report : x.pdf"),
            (None, "https://a : b", None, "https://a : b"),
            (
                Some("scan-report"),
                "a.pdf",
                Some("https://x/a.pdf"),
                "Scan Report : a.pdf : https://x/a.pdf",
            ),
        ] {
            let one = Evidence {
                kind: kind.map(str::to_owned),
                reference: reference.into(),
                location: location.map(str::to_owned),
                collected: None,
            };
            assert_eq!(evidence(&one), text);
            assert_eq!(read_evidence(text), one, "{text}");
        }
        for (product, name, text) in [
            (
                Some("Example Firewall"),
                Some("Example Corp"),
                "Example Firewall\nVendor: Example Corp",
            ),
            (Some("Firewall (v2)"), None, "Firewall (v2)"),
            (None, Some("Example Corp"), "Vendor: Example Corp"),
        ] {
            let one = VendorDependency {
                vendor: name.map(str::to_owned),
                product: product.map(str::to_owned),
                last_check_in: None,
                fix_released: None,
            };
            assert_eq!(vendor(&one), text);
            assert_eq!(read_vendor(text), (one.product, one.vendor));
        }
        assert_eq!(read_commas("RA-5, SC-13;IR-3\nAC-2(1)"), ["RA-5", "SC-13", "IR-3", "AC-2(1)"]);
        assert_eq!(read_lines("a \n\n b (80/TCP)\n"), ["a", "b (80/TCP)"]);
    }

    #[test]
    fn lists_are_not_cut_in_brackets_or_quotes() {
        for (text, expected) in [
            ("AT-2 (see AT-3, AT-4), PS-1", &["AT-2 (see AT-3, AT-4)", "PS-1"][..]),
            ("AC-2 (1), AC-2(3); \"a, b\"", &["AC-2 (1)", "AC-2(3)", "\"a, b\""]),
            ("a [b; c], d", &["a [b; c]", "d"]),
            ("never (closed, b", &["never (closed", "b"]),
            ("a), b", &["a)", "b"]),
            ("CVE-2026-1 CVE-2026-2\tCVE-2026-3", &["CVE-2026-1", "CVE-2026-2", "CVE-2026-3"]),
            ("PS-1 through PS-3", &["PS-1 through PS-3"]),
        ] {
            assert_eq!(read_commas(text), expected, "{text}");
        }
        assert_eq!(
            read_lines("web-01 (80/tcp,\n443/tcp)\nweb-02"),
            ["web-01 (80/tcp,\n443/tcp)", "web-02"]
        );
        for (entry, expected) in [
            ("AT-2 (see AT-3, AT-4)", ("AT-2", Some("see AT-3, AT-4"))),
            ("AC-2 (1)", ("AC-2 (1)", None)),
            ("AC-2(12)", ("AC-2(12)", None)),
            ("Firewall (old)", ("Firewall (old)", None)),
        ] {
            assert_eq!(read_remark(entry), expected);
        }
    }
}
