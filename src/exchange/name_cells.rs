//! Cells that list assets, services or CVEs, in the forms in which people write them.
//!
//! Identity of weaknesses rests on assets and CVEs: `web-1, web-2` must be the same two hosts as a line
//! for each. A text is taken apart only where each part is a name beyond doubt. What could be several
//! and is retained in full is reported.

use super::cells::{read_lines, split_outside_brackets};
use crate::model::plain_form;

/// The names of a cell.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NameList {
    pub(crate) names: Vec<String>,
    /// The first text that could be several names and was retained in full.
    pub(crate) unclear: Option<String>,
}

impl NameList {
    /// Reads a cell of assets or services: one a line, or parted by `;`, `,`, `|` or blanks.
    pub(crate) fn read(text: &str) -> Self {
        let mut list = Self::default();
        for line in read_lines(text) {
            list.add_line(without_bullet(&line));
        }
        list
    }

    fn add_line(&mut self, line: &str) {
        let parts = split(line, &[';', '|', '\t']);
        if parts.len() > 1 {
            if parts.iter().all(|part| is_short(part)) {
                parts.into_iter().for_each(|part| self.add_commas(part));
                return;
            }
            return self.add_whole(line, true);
        }
        self.add_commas(line);
    }

    fn add_commas(&mut self, text: &str) {
        let parts = split(text, &[',']);
        if parts.len() < 2 {
            return self.add_words(text);
        }
        let forms: Vec<NameForm> = parts.iter().map(|part| NameForm::read(part)).collect();
        let has = |form: NameForm| forms.contains(&form);
        let is_mixed = has(NameForm::Labelled) && has(NameForm::Word);
        let is_list = !has(NameForm::Other) && !is_mixed;
        if !is_list {
            return self.add_whole(text, true);
        }
        parts.into_iter().for_each(|part| self.add_words(part));
    }

    /// Adds a text without separators: several hosts with blanks between them, or one name.
    fn add_words(&mut self, text: &str) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let names: Vec<&str> =
            words.iter().copied().filter(|word| !is_joining_word(word)).collect();
        let hosts: Option<Vec<HostForm>> = names.iter().map(|name| HostForm::read(name)).collect();
        let Some(hosts) = hosts.filter(|hosts| hosts.len() > 1) else {
            return self.add_whole(text, false);
        };
        let is_joined = |word: &&str| is_joining_word(word);
        if hosts.iter().all(|host| Some(host) == hosts.first()) {
            self.names.extend(names.into_iter().map(str::to_owned));
            return;
        }
        // A host with its address is one asset.
        let is_pair = hosts.len() == 2 && !words.iter().any(is_joined);
        self.add_whole(text, !is_pair);
    }

    fn add_whole(&mut self, text: &str, is_unclear: bool) {
        if is_unclear && self.unclear.is_none() {
            self.unclear = Some(text.to_owned());
        }
        self.names.push(text.trim().to_owned());
    }
}

/// The form of a part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NameForm {
    /// One word with a digit, a dot or a hyphen in it: `web-1`, `10.0.0.1 (443/tcp)`.
    Host,
    /// One word of letters: `bastion`.
    Word,
    /// A few words with a number: `DB server 2`, `10.0.0.1 - web01`.
    Labelled,
    /// Anything else: words of a sentence, a number, the rest of a list.
    Other,
}

impl NameForm {
    fn read(part: &str) -> Self {
        if part.len() > 2 && part.starts_with('"') && part.ends_with('"') {
            return Self::Host;
        }
        let name = without_remark(part);
        let words: Vec<&str> = name.split_whitespace().collect();
        let lower = name.to_lowercase();
        let is_rest = REST_OF_LIST.contains(&lower.trim_end_matches('.'));
        let has_letter = name.chars().any(char::is_alphabetic);
        let has_digit = name.bytes().any(|byte| byte.is_ascii_digit());
        // `CN=web, O=Org` is one name.
        if is_rest || name.contains('=') || !(has_letter || is_address(name)) {
            return Self::Other;
        }
        match words.as_slice() {
            [word] if word.chars().all(char::is_alphabetic) => Self::Word,
            [_] => Self::Host,
            [first, .., _] if words.len() <= 4 && has_digit && !is_joining_word(first) => {
                Self::Labelled
            }
            _ => Self::Other,
        }
    }
}

/// Ends of a list that name nothing.
const REST_OF_LIST: [&str; 12] = [
    "etc",
    "others",
    "more",
    "all",
    "all others",
    "various",
    "multiple",
    "see attached",
    "see inventory",
    "usw",
    "and more",
    "..",
];

/// The form of the name of a host that has blanks around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HostForm {
    Address,
    Name,
}

impl HostForm {
    /// Recognises an address, and a name that ends with a number or is that of a domain. Other words
    /// with blanks between them are a name of several words: `Cisco ASA-5506`, `Windows 10`.
    fn read(word: &str) -> Option<Self> {
        if is_address(word) {
            return Some(Self::Address);
        }
        let word = word.split_once(':').map_or(word, |(host, _)| host);
        let is_plain =
            word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        let begins = word.starts_with(|c: char| c.is_ascii_alphabetic());
        let has_digit_at_end = word.ends_with(|c: char| c.is_ascii_digit());
        let is_numbered =
            has_digit_at_end && word.bytes().filter(u8::is_ascii_alphabetic).count() >= 2;
        let labels: Vec<&str> = word.split('.').collect();
        let is_domain = labels.len() >= 3
            && labels.iter().all(|label| !label.is_empty())
            && labels
                .last()
                .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_alphabetic()));
        (is_plain && begins && (is_numbered || is_domain) && !is_version(word))
            .then_some(Self::Name)
    }
}

/// Returns whether a word is a version behind the name of a product: `v2`, `version3`, `r12.2`.
fn is_version(word: &str) -> bool {
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    matches!(
        letters.to_lowercase().as_str(),
        "v" | "version" | "ver" | "r" | "rel" | "sp" | "build" | "rev"
    )
}

/// Returns whether a word is an IP address, with or without the length of its network or a port.
fn is_address(word: &str) -> bool {
    let host = word.split_once('/').map_or(word, |(host, _)| host);
    let without_port = host.rsplit_once(':').map_or(host, |(host, _)| host);
    [host, without_port].iter().any(|host| host.parse::<std::net::IpAddr>().is_ok())
}

fn is_joining_word(word: &str) -> bool {
    matches!(word, "and" | "&" | "+" | "/" | "und" | "et" | "y" | "og" | "och" | "en" | "e")
}

/// Returns a part without a remark in brackets at its end.
fn without_remark(part: &str) -> &str {
    let inner = part.strip_suffix(')').and_then(|rest| rest.split_once('('));
    inner.map_or(part, |(name, _)| name.trim_end())
}

/// Returns whether a text is short enough for a name, and no sentence.
fn is_short(part: &str) -> bool {
    let words = part.split_whitespace().count();
    let lower = part.to_lowercase();
    words <= 6
        && !part.ends_with('.')
        && !["see ", "refer ", "all other", "siehe "].iter().any(|start| lower.starts_with(start))
        && !REST_OF_LIST.contains(&lower.trim_end_matches('.'))
        && part.chars().any(char::is_alphanumeric)
}

/// Returns a line without the bullet before it.
fn without_bullet(line: &str) -> &str {
    let rest =
        line.strip_prefix(['-', '*', '\u{2022}', '\u{b7}', '\u{25cf}', '\u{25aa}', '\u{2013}']);
    match rest {
        Some(rest) if rest.starts_with(char::is_whitespace) => rest.trim(),
        _ => line.trim(),
    }
}

/// Cuts a text at separators outside brackets and quotes. A comma within a number (`10,000`) or an
/// address of the web is none. Where a bracket or quote does not close, nothing is cut.
fn split<'a>(text: &'a str, separators: &[char]) -> Vec<&'a str> {
    let is_separator = |c: char, before: &str, after: &str| {
        separators.contains(&c) && parts_names(c, before, after)
    };
    let Some(parts) = split_outside_brackets(text, is_separator) else {
        return vec![text.trim()];
    };
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// Returns whether a separator between two texts parts names.
fn parts_names(separator: char, before: &str, after: &str) -> bool {
    if after.starts_with(char::is_whitespace) || after.is_empty() {
        return true;
    }
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let next =
        after.split(|c: char| c.is_whitespace() || c == separator).next().unwrap_or_default();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_grouped = separator == ','
        && is_number(word)
        && word.len() <= 3
        && next.len() == 3
        && is_number(next);
    !is_grouped && (!word.contains("://") || next.contains("://"))
}

/// The CVEs of a cell, and what else it states.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CveList {
    pub(crate) ids: Vec<String>,
    /// The parts of the cell that state more than ids.
    pub(crate) remarks: Vec<String>,
}

impl CveList {
    /// Reads a cell of CVEs, whatever separates them. What is no CVE stays an id of its own where it is
    /// one (`GHSA-…`), and is a remark where it is beside CVEs.
    pub(crate) fn read(text: &str) -> Self {
        let mut list = Self::default();
        for line in read_lines(text) {
            for part in split(&line, &[',', ';', '|', '\t']) {
                list.add(part);
            }
        }
        list
    }

    fn add(&mut self, part: &str) {
        // Word processors make other hyphens of those in an id.
        let typed = plain_form(part);
        let part =
            if cves_in(part).is_empty() && !cves_in(&typed).is_empty() { &typed } else { part };
        let found = cves_in(part);
        if found.is_empty() {
            let words: Vec<&str> = part.split_whitespace().collect();
            match words.iter().all(|word| is_identifier(word)) {
                true => self.ids.extend(words.into_iter().map(str::to_owned)),
                false => self.ids.push(part.to_owned()),
            }
            return;
        }
        let mut rest = part.to_owned();
        for id in &found {
            rest = rest.replacen(id, " ", 1);
        }
        let is_separator =
            |c: char| c.is_whitespace() || "/&+-\u{2013}\u{2022}*.:()[]\"'".contains(c);
        let mut words = rest.split(is_separator).filter(|word| !word.is_empty());
        if words.any(|word| !is_joining_word(&word.to_lowercase())) {
            self.remarks.push(part.to_owned());
        }
        self.ids.extend(found.into_iter().map(str::to_uppercase));
    }
}

/// Finds the CVE ids in a text, in any case of letters.
fn cves_in(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut from = 0;
    let lower = text.to_ascii_lowercase();
    while let Some(at) = lower.get(from..).and_then(|rest| rest.find("cve-")).map(|at| at + from) {
        from = at + 4;
        let is_begin = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '-');
        let rest = &text[from..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(rest.len());
        let id = rest[..end].trim_end_matches('-');
        let parts: Vec<&str> = id.split('-').collect();
        let is_cve =
            matches!(parts.as_slice(), [year, number] if year.len() == 4 && number.len() >= 4);
        let ends = !rest[id.len()..].starts_with(|c: char| c.is_alphanumeric());
        if is_begin && is_cve && ends {
            found.push(&text[at..from + id.len()]);
            from += id.len();
        }
    }
    found
}

/// Returns whether a word is an identifier: letters, a hyphen, and no blank (`GHSA-1234-…`, `RHSA-2026:1`).
fn is_identifier(word: &str) -> bool {
    let Some((letters, rest)) = word.split_once('-') else { return false };
    letters.len() >= 2
        && letters.bytes().all(|byte| byte.is_ascii_uppercase())
        && rest.starts_with(|c: char| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_with_the_usual_separators() {
        for (text, expected) in [
            ("web-1\nweb-2", &["web-1", "web-2"][..]),
            ("web-1, web-2", &["web-1", "web-2"]),
            ("web-1,web-2", &["web-1", "web-2"]),
            ("web-1; web-2;", &["web-1", "web-2"]),
            ("web-1;web-2\nweb-3", &["web-1", "web-2", "web-3"]),
            ("web-1 | web-2", &["web-1", "web-2"]),
            ("web-1 web-2\tweb-3", &["web-1", "web-2", "web-3"]),
            ("web-1 and web-2", &["web-1", "web-2"]),
            ("web-1, web-2 and web-3", &["web-1", "web-2", "web-3"]),
            ("10.0.0.1 10.0.0.2", &["10.0.0.1", "10.0.0.2"]),
            ("10.0.0.1,10.0.0.2", &["10.0.0.1", "10.0.0.2"]),
            ("10.0.0.0/24 fe80::1", &["10.0.0.0/24", "fe80::1"]),
            ("a.example.com b.example.com", &["a.example.com", "b.example.com"]),
            (
                "10.0.0.1 (80/tcp, 443/tcp), 10.0.0.2 (443/tcp)",
                &["10.0.0.1 (80/tcp, 443/tcp)", "10.0.0.2 (443/tcp)"],
            ),
            ("web-1:443, web-2:443", &["web-1:443", "web-2:443"]),
            ("DB server 1, DB server 2", &["DB server 1", "DB server 2"]),
            ("bastion, gateway", &["bastion", "gateway"]),
            ("Linux servers; Windows servers", &["Linux servers", "Windows servers"]),
            ("- web-1\n\u{2022} web-2", &["web-1", "web-2"]),
            ("\"a, b\", c1", &["\"a, b\"", "c1"]),
            ("https://a.example.com/x,y", &["https://a.example.com/x,y"]),
            ("arn:aws:s3:::a-1, arn:aws:s3:::a-2", &["arn:aws:s3:::a-1", "arn:aws:s3:::a-2"]),
            // One name of several words, or a host with its address.
            ("Windows 10", &["Windows 10"]),
            ("Cisco ASA 5506-X", &["Cisco ASA 5506-X"]),
            ("nginx 1.2.3", &["nginx 1.2.3"]),
            ("Oracle-DB v12", &["Oracle-DB v12"]),
            ("web-01 10.0.0.5", &["web-01 10.0.0.5"]),
            ("10,000 laptops", &["10,000 laptops"]),
            ("Payroll service of the second site", &["Payroll service of the second site"]),
            ("", &[]),
        ] {
            let list = NameList::read(text);
            assert_eq!(
                (list.names, list.unclear),
                (expected.iter().map(ToString::to_string).collect(), None),
                "{text}"
            );
        }
        for text in [
            "Server room, building five",
            "web-1, web-2, etc.",
            "All servers; see inventory",
            "CN=web, O=Org",
            "Linux servers, Windows servers",
            "web-1 ports 80, 443",
            "web-01 10.0.0.5 web-02 10.0.0.6",
        ] {
            let list = NameList::read(text);
            assert_eq!(
                (list.names, list.unclear),
                (vec![text.to_owned()], Some(text.to_owned())),
                "{text}"
            );
        }
        assert_eq!(NameList::read("never (closed, b").names, ["never (closed, b"]);
    }

    #[test]
    fn cves_are_found_whatever_separates_them() {
        for (text, ids, remarks) in [
            ("CVE-2026-1234 CVE-2026-12345", &["CVE-2026-1234", "CVE-2026-12345"][..], &[][..]),
            ("cve-2026-1234 cve-2026-1235", &["CVE-2026-1234", "CVE-2026-1235"], &[]),
            ("CVE-2026-1234/CVE-2026-1235", &["CVE-2026-1234", "CVE-2026-1235"], &[]),
            ("CVE-2026-1234 and CVE-2026-1235", &["CVE-2026-1234", "CVE-2026-1235"], &[]),
            ("(CVE-2026-1234)\n- CVE-2026-1235", &["CVE-2026-1234", "CVE-2026-1235"], &[]),
            (
                "CVE-2026-1234 CVE-2026-1235 (libfoo)",
                &["CVE-2026-1234", "CVE-2026-1235"],
                &["CVE-2026-1234 CVE-2026-1235 (libfoo)"],
            ),
            (
                "CVE-2026-1234, GHSA-abcd-1234 RHSA-2026:1",
                &["CVE-2026-1234", "GHSA-abcd-1234", "RHSA-2026:1"],
                &[],
            ),
            // A text that is no CVE stays as it is, for the rules to report.
            ("CVE-26-1", &["CVE-26-1"], &[]),
            ("CVE-2026-12x4", &["CVE-2026-12x4"], &[]),
            ("see the scan", &["see the scan"], &[]),
        ] {
            let list = CveList::read(text);
            assert_eq!(
                (
                    list.ids.iter().map(String::as_str).collect::<Vec<_>>(),
                    list.remarks.iter().map(String::as_str).collect::<Vec<_>>()
                ),
                (ids.to_vec(), remarks.to_vec()),
                "{text}"
            );
        }
    }
}
