//! Texts that are given as evidence: references that somebody can look up, or words that are none.
//!
//! A reference holds an id of its own (a ticket, a commit), an address with a path, a file, or the word for a
//! record with what distinguishes it from others: `Scan 7`, `minutes of 2026-03-02`, `Nessus scan of web-01`. A claim
//! (`fixed by admin`), a promise (`will upload tomorrow`), a person and a pointer to nothing (`see attached`)
//! are none.

use chrono::NaiveDate;

use super::folded::normalize_look;
use super::reference_words::{
    EMPTY, FILE_ENDS, HOSTS, NO_TICKETS, PROMISES, RECORD_ENDS, RECORDS, UNSPACED_EMPTY,
    UNSPACED_RECORDS,
};

/// Returns whether a text names something that can be looked up.
pub fn is_reference(text: &str) -> bool {
    let text = normalize_look(text);
    if is_control(&text) || DENIALS.iter().any(|denial| text.contains(denial)) {
        return false;
    }
    let promises =
        text.contains("to be ") || split_words(&text).any(|word| has_word(PROMISES, word));
    let tokens = || text.split_whitespace().map(trim_token);
    if tokens().any(|token| is_address(token) || is_path(token) || is_id(token)) {
        return true;
    }
    if !promises && tokens().any(is_file) {
        return true;
    }
    if is_number_alone(&text) || are_marks(&text) {
        return true;
    }
    !promises && is_record(&text)
}

/// Words for a record that does not exist yet, even where the text also contains an id.
const DENIALS: [&str; 8] = [
    "no evidence",
    "not yet created",
    "not yet available",
    "not yet opened",
    "to be determined",
    "to be created",
    "to be opened",
    "to be provided",
];

/// Families of NIST SP 800-53: their letters and a small number are a control, which shows nothing by itself.
const FAMILIES: [&str; 20] = [
    "ac", "at", "au", "ca", "cm", "cp", "ia", "ir", "ma", "mp", "pe", "pl", "pm", "ps", "pt", "ra",
    "sa", "sc", "si", "sr",
];

/// Returns whether a text is nothing but the id of a control: `SC-8`, `AC-2(3)`.
fn is_control(text: &str) -> bool {
    let Some((family, rest)) = text.split_once('-') else { return false };
    let (number, enhancement) = rest.split_once('(').unwrap_or((rest, ""));
    let is_small = |text: &str| {
        (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let enhancement = enhancement.trim_end_matches(')');
    FAMILIES.contains(&family)
        && is_small(number.trim())
        && (enhancement.is_empty() || is_small(enhancement))
}

/// Lists the records that a text names, so that two spellings of one are equal: ids in lower case without zeros before
/// their numbers (`CHG-01` is `chg-1`), an address by the id at its end or wholly, else the words of the text.
pub fn list_records(text: &str) -> Vec<String> {
    let text = normalize_look(text);
    let tokens = text.split_whitespace().map(trim_token);
    let mut found = Vec::new();
    for token in tokens {
        if is_address(token) {
            let last = token.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            found.push(if is_id(last) { without_zeros(last) } else { token.to_owned() });
        } else if is_id(token) || is_path(token) || is_file(token) {
            found.push(without_zeros(token.trim_start_matches(['#', '!'])));
        }
    }
    if found.is_empty() {
        found.push(split_words(&text).map(without_zeros).collect::<Vec<_>>().join(" "));
    }
    found
}

/// Lists the days, YYYY-MM-DD, that a text names.
pub fn list_named_days(text: &str) -> Vec<NaiveDate> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || c == '-'));
    words.filter_map(|word| word.parse().ok()).collect()
}

/// Returns a text without the zeros before its numbers.
fn without_zeros(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut is_within_number = false;
    while let Some(c) = chars.next() {
        let has_more = chars.peek().is_some_and(char::is_ascii_digit);
        if c == '0' && !is_within_number && has_more {
            continue;
        }
        is_within_number = c.is_ascii_digit();
        made.push(c);
    }
    made
}

/// Returns the words of a text: letters and digits.
fn split_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(move |c: char| !is_within_word(c)).filter(|word| !word.is_empty())
}

fn is_within_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '\'' | '\u{2019}')
}

fn has_word(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == word)
}

/// Returns a token without the punctuation around it. The mark before a number is part of it (`!43`).
fn trim_token(token: &str) -> &str {
    token.trim_matches(is_punctuation).trim_end_matches('!')
}

fn is_punctuation(c: char) -> bool {
    ".,;:()[]\"'\u{201c}\u{201d}\u{201e}<>?".contains(c)
}

/// Returns whether a token is an address with a host and a path: `https://tickets.example.com/x`, `s3://bucket/key`.
fn is_address(token: &str) -> bool {
    let Some((scheme, rest)) = token.split_once("://") else { return false };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    let path = path.trim_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_stub = STUBS.contains(&last) || has_word(NO_TICKETS, last) || has_word(NO_TICKETS, host);
    is_scheme && !host.is_empty() && !path.is_empty() && !is_stub
}

/// Ends of addresses behind which the record is missing: a placeholder, or the folder of all records.
const STUBS: [&str; 11] = [
    "placeholder",
    "browse",
    "issues",
    "issue",
    "tickets",
    "ticket",
    "pull",
    "pulls",
    "commit",
    "example",
    "dummy",
];

/// Returns whether a token is a path with at least two names in it, one of which states something, that is rooted, numbered or of a file.
fn is_path(token: &str) -> bool {
    if !token.contains(['/', '\\']) || token.contains("://") || token.contains('@') {
        return false;
    }
    let names: Vec<&str> = token.split(['/', '\\']).filter(|name| !name.is_empty()).collect();
    let named = names.iter().filter(|name| name.chars().any(char::is_alphabetic));
    let has_drive = token.as_bytes().get(1..3) == Some(b":\\");
    let is_rooted = token.starts_with('/') || token.starts_with("\\\\") || has_drive;
    let is_numbered = token.bytes().any(|byte| byte.is_ascii_digit());
    let is_of_file = names.last().is_some_and(|name| name.contains('.'));
    named.clone().count() >= 2
        && named.clone().any(|name| is_telling(&name))
        && (is_rooted || is_numbered || is_of_file)
}

fn is_telling(name: &&&str) -> bool {
    name.chars().count() > 1 && !has_word(EMPTY, name)
}

/// Returns whether a token is the name of a file: `scan.pdf`, and not `tbd.pdf`.
fn is_file(token: &str) -> bool {
    let name = token.rsplit(['/', '\\']).next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(stem, end)| {
        !stem.is_empty()
            && has_word(FILE_ENDS, end)
            && !has_word(NO_TICKETS, stem)
            && !token.contains('@')
    })
}

/// Returns whether a token has an id in it: of a ticket (`CHG-1234`, `INC0012345`), a numbered document (`POL-SEC-014`), a
/// commit or digest, or a number behind a mark (`#48211`).
fn is_id(token: &str) -> bool {
    if token.contains("://") || token.contains('@') {
        return false;
    }
    if token.strip_prefix(['#', '!']).is_some_and(is_number) {
        return true;
    }
    let parts = token.split([':', '=', ',', ';', '/']).map(trim_token);
    let mut parts = parts.map(|part| part.trim_start_matches('#'));
    parts.any(|part| is_ticket(part) || is_joined_ticket(part) || is_digest(part))
}

fn is_number(text: &str) -> bool {
    text.len() >= 2 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Letters before a number of one digit that are a trial; before a larger one, they are a project of a tracker.
const TRIALS: [&str; 5] = ["test", "sample", "example", "demo", "dummy"];

/// Returns whether a part is the id of a ticket or document: `chg-1234`, `pol-sec-014`; not `todo-1`, `chg-xxxx` or the host `web-01`.
fn is_ticket(part: &str) -> bool {
    let Some((letters, rest)) = part.split_once(['-', '_']) else { return false };
    let begins = letters.starts_with(|c: char| c.is_ascii_alphabetic());
    let numbers: Vec<&str> =
        rest.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect();
    let Some(number) = numbers.first() else { return false };
    let is_trial = TRIALS.contains(&letters) && numbers.len() == 1 && number.len() == 1;
    let host = letters.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_host = has_word(HOSTS, host) && numbers.len() == 1 && number.len() <= 3;
    begins
        && numbers
            .iter()
            .any(|number| number.len() == 1 || number.bytes().any(|digit| digit != b'0'))
        && is_plain_name(letters)
        && !letters.contains('.')
        && is_plain_name(rest)
        && !is_trial
        && !is_host
        && !has_word(NO_TICKETS, letters)
}

fn is_plain_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Returns whether a part is letters and four digits or more: `inc0012345`, `kb5034441`.
fn is_joined_ticket(part: &str) -> bool {
    let digits = part.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let letters = part.get(..part.len() - digits.len()).unwrap_or_default();
    (1..=8).contains(&letters.len())
        && digits.len() >= 4
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && digits.bytes().any(|digit| digit != b'0')
        && !has_word(NO_TICKETS, letters)
}

/// Returns whether a part is a commit or a digest: seven hexadecimal digits or more, letters and numbers.
fn is_digest(part: &str) -> bool {
    (7..=64).contains(&part.len())
        && part.bytes().all(is_hex)
        && part.bytes().any(|byte| byte.is_ascii_digit())
        && part.bytes().any(|byte| byte.is_ascii_lowercase())
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

/// Returns whether a text is one number of four digits or more, and no year: the number of a ticket.
fn is_number_alone(text: &str) -> bool {
    let mut words = split_words(text);
    let (Some(number), None) = (words.next(), words.next()) else { return false };
    let is_year = number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
    let is_repeated = number.chars().all(|c| number.starts_with(c));
    number.len() >= 4
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && !is_year
        && !is_repeated
}

/// Returns whether a text is nothing but marks of pieces of evidence: `E4`, `E4, E5 and E9`. A quarter and a half of a year are
/// none, nor is a version.
fn are_marks(text: &str) -> bool {
    let mut marks = split_words(text).filter(|word| !is_joining(word)).peekable();
    marks.peek().is_some() && marks.all(is_mark)
}

fn is_mark(word: &str) -> bool {
    let digits = word.get(1..).unwrap_or_default();
    word.starts_with(|c: char| c.is_ascii_lowercase() && !"hqvx".contains(c))
        && (1..=3).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_joining(word: &str) -> bool {
    ["and", "und", "et", "y"].contains(&word)
}

/// Returns whether a text is a record with what distinguishes it from others: a number, a day, or a name beside it.
fn is_record(text: &str) -> bool {
    let tokens: Vec<&str> =
        text.split_whitespace().filter(|token| !is_trial_ticket(trim_token(token))).collect();
    let text = tokens.join(" ");
    let has_number = text.bytes().any(|byte| byte.is_ascii_digit());
    if text.chars().any(is_unspaced) {
        let listed =
            |list: &'static str| list.split_ascii_whitespace().find(|word| text.contains(word));
        let record = listed(UNSPACED_RECORDS).filter(|_| listed(UNSPACED_EMPTY).is_none());
        let letters = text.chars().filter(|c| !c.is_whitespace()).count();
        return record.is_some_and(|record| has_number || letters > record.chars().count() + 1);
    }
    let mut found = false;
    let mut names = false;
    for word in split_words(&text) {
        if MESSAGES.contains(&word) {
            // A message and its sender are not found again without its day or number.
            found |= has_number;
        } else if is_noun(word) {
            found = true;
        } else {
            names |= word.chars().count() > 1 && !has_word(EMPTY, word);
        }
    }
    found && (has_number || names)
}

/// Returns whether a token is a placeholder for a ticket, such as `TEST-1`.
fn is_trial_ticket(token: &str) -> bool {
    let letters = token.split_once('-').map_or("", |(letters, _)| letters);
    has_word(NO_TICKETS, letters) || TRIALS.contains(&letters)
}

fn is_noun(word: &str) -> bool {
    let is_compound = |end: &&str| word.len() > end.len() && word.ends_with(*end);
    has_word(RECORDS, word) || RECORD_ENDS.iter().any(is_compound)
}

/// Words for messages: a person beside them distinguishes none.
const MESSAGES: [&str; 7] = ["email", "e-mail", "emails", "mail", "call", "correo", "courriel"];

/// Returns whether a character is of a script that writes no blanks between words.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

#[cfg(test)]
mod tests {
    use super::{is_reference, list_records};

    /// Texts that are where evidence belongs, labelled manually. The words were not chosen by the part
    /// `holdout`.
    const LABELLED: &str = include_str!("../../../tests/fixtures/labelled/evidence.tsv");

    #[test]
    fn evidence_is_told_from_words_that_are_none() {
        for part in ["tune", "holdout"] {
            let (mut reported, mut wanted, mut right, mut wrong) =
                (0_u32, 0_u32, 0_u32, Vec::new());
            for line in LABELLED.lines().filter(|line| !line.starts_with('#')) {
                let fields: Vec<&str> = line.split('\t').collect();
                let [of, label, text, _] = fields[..] else { panic!("{line:?}") };
                if of != part {
                    continue;
                }
                let (is_none, is_reported) = (label == "none", !is_reference(text));
                wanted += u32::from(is_none);
                reported += u32::from(is_reported);
                right += u32::from(is_none && is_reported);
                if is_none != is_reported {
                    wrong.push(text);
                }
            }
            let precision = f64::from(right) / f64::from(reported.max(1));
            let recall = f64::from(right) / f64::from(wanted.max(1));
            println!(
                "evidence, {part}: {wanted} none, precision {precision:.3}, recall {recall:.3}: {wrong:?}"
            );
            assert!(precision >= 0.97 && recall >= 0.95, "{part} {precision} {recall} {wrong:?}");
        }
    }

    #[test]
    fn a_reference_names_what_can_be_looked_up() {
        for text in [
            "CHG-1234",
            "E4",
            "Scan 7",
            "JIRA ABC-1",
            "scan.pdf",
            "scan 7 of 2026-02-12",
            "https://tickets.example.com/x",
            "Nessus scan of web-01",
            "KB5034441",
            "12345",
            "SSP section 4.2",
            "CHG-1 : done",
            "Prüfbericht der Innenrevision",
            "\u{7b2c}\u{4e8c}\u{6b21}\u{626b}\u{63cf}",
        ] {
            assert!(is_reference(text), "{text:?}");
        }
        for text in [
            "",
            " \u{200b}",
            "n/a",
            "N/A.",
            "N.A.",
            "none",
            "TBD",
            "T\u{200b}BD",
            "x",
            "XXX",
            "xx",
            "done",
            "Done!",
            "yes",
            "ok",
            "-",
            "...",
            "see attached",
            "See attached document",
            "attached",
            "as discussed",
            "will follow",
            "to be provided",
            "on file",
            "available upon request",
            "fixed",
            "Fixed and verified",
            "closed",
            "ticket",
            "screenshot",
            "screen shot",
            "scan",
            "scan results",
            "evidence",
            "see email",
            "verbal confirmed",
            "0",
            "1",
            "111",
            "not required",
            "same as above",
            "erledigt",
            "ninguno",
            "SC-8",
            "AC-2(3)",
            "CHG-0000",
            "INC0000000",
            "no evidence CHG-1",
            "See CHG-1 (not yet created)",
            "to be determined (CHG-1)",
            "https://example.com/placeholder",
            "https://tbd/tbd",
            "https://jira.example.com/browse/",
            "email from Bob",
        ] {
            assert!(!is_reference(text), "{text:?}");
        }
        for text in ["SC-8 test report 7", "CHG-0100", "email of 2026-03-02", "mail 4711 from Bob"]
        {
            assert!(is_reference(text), "{text:?}");
        }
    }

    #[test]
    fn spellings_of_one_record_are_equal() {
        let first = list_records("CHG-1");
        for text in ["chg-1", "CHG-1.", "ticket CHG-1", "CHG-1 (done)", "CHG-01", "#CHG-1"] {
            assert_eq!(list_records(text), first, "{text}");
        }
        assert_eq!(list_records("https://jira.example.com/browse/CHG-1"), first);
        for text in ["CHG-2", "CHG-10", "INC-1", "Scan 7"] {
            assert_ne!(list_records(text), first, "{text}");
        }
        assert_eq!(list_records("Scan 07"), list_records("scan  7"));
        assert_eq!(list_records("CHG-2 replaces CHG-1"), ["chg-2", "chg-1"]);
    }
}
