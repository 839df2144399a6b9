//! Numbers of tickets in texts.

use super::CONTROLS;

/// Prefixes of ticket ids, in small letters.
pub(super) const TICKET_PREFIXES: [&str; 14] = [
    "case", "change", "chg", "cr", "dr", "inc", "issue", "prb", "req", "rfc", "ritm", "snow",
    "task", "ticket",
];

/// Letters before a hyphen and a number that name standards, flaws and periods, not tickets.
const OTHER_PREFIXES: [&str; 22] = [
    "AES", "CIS", "CVE", "CWE", "DES", "FIPS", "FY", "GHSA", "ISO", "KB", "MD", "MFA", "MS",
    "NIST", "PCI", "RHEL", "RHSA", "SHA", "SOC", "SP", "TLS", "UTF",
];

/// Returns whether a text names a ticket: `CHG-1234`, `OPS-17`, `CHG0012345`, `change 4711`, `ticket #12`.
/// `is_item` shows which ids are those of items of the tracker; they are no tickets. Nor are controls
/// (`AC-2`), flaws (`CVE-2026-1`) and versions of standards (`SHA-256`).
pub fn names_ticket(text: &str, is_item: impl Fn(&str) -> bool) -> bool {
    let mut after_prefix = false;
    for word in
        text.split(is_word_gap).map(|word| word.trim_matches('-')).filter(|it| !it.is_empty())
    {
        if is_item(word) {
            after_prefix = false;
            continue;
        }
        if is_ticket_id(word) || (after_prefix && is_ticket_number(word)) {
            return true;
        }
        let plain = word.to_lowercase();
        after_prefix = TICKET_PREFIXES.contains(&plain.as_str())
            || (after_prefix && matches!(plain.as_str(), "no" | "nr" | "number" | "#"));
    }
    false
}

fn is_word_gap(c: char) -> bool {
    !(c.is_alphanumeric() || c == '-' || c == '#')
}

/// Returns whether a word is the id of a ticket: letters and a number.
fn is_ticket_id(word: &str) -> bool {
    if let Some((prefix, number)) = word.rsplit_once(['-', '#']) {
        let is_key = prefix.len() > 1
            && prefix.starts_with(|c: char| c.is_ascii_uppercase())
            && prefix.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        return is_number(number)
            && (is_ticket_prefix(prefix)
                || (is_key && !OTHER_PREFIXES.contains(&prefix) && !CONTROLS.has_id(word)));
    }
    let number = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let prefix = word.get(..word.len() - number.len()).unwrap_or_default();
    is_ticket_prefix(prefix) && number.len() > 2 && is_number(number)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_ticket_prefix(text: &str) -> bool {
    TICKET_PREFIXES.contains(&text.to_lowercase().as_str())
}

/// Returns whether a word after `change` or `ticket` is a number: `#12`, `4711`, but not a year or a
/// small count (`change 3 dates`).
fn is_ticket_number(word: &str) -> bool {
    let number = word.trim_start_matches('#');
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let is_year = number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
    is_number && (word.starts_with('#') || (number.len() > 2 && !is_year))
}

#[cfg(test)]
mod tests {
    use super::names_ticket;

    #[test]
    fn a_ticket_has_letters_and_a_number() {
        for (text, expected) in [
            ("change freeze, CHG-1234", true),
            ("Freeze over the holidays (CHG0012345)", true),
            ("freeze: https://jira.example.com/browse/OPS-17", true),
            ("freeze, change 4711", true),
            ("freeze, change no. 4711", true),
            ("freeze, ticket #12", true),
            ("freeze, chg-9", true),
            ("INFRA2-881: freeze", true),
            ("dates after the February review", false),
            ("review of 2026-02-05", false),
            ("change 3 dates", false),
            ("change 2026 dates", false),
            ("POAM-12: new dates", false),
            ("AC-2 and SC-13 take longer", false),
            ("CVE-2026-1234, SHA-256, FY-27, KB5034441", false),
            ("FY2027 plan", false),
            ("(#12)", false),
            ("update", false),
            ("", false),
        ] {
            assert_eq!(names_ticket(text, |word| word == "POAM-12"), expected, "{text}");
        }
    }
}
