//! Commits as git stores them: the header and the message.

use std::sync::Arc;

use chrono::{DateTime, Datelike, FixedOffset, Utc};
use git2::{ObjectType, Oid};

use super::GitError;
use super::id::read_hex;
use super::object_db::ObjectDb;

/// A person and a time, as a commit states them. Nothing of it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name, possibly empty.
    pub name: String,
    /// The mail address, possibly empty.
    pub email: String,
    /// The time by the clock of the machine, in its time zone.
    pub time: DateTime<FixedOffset>,
}

impl Identity {
    /// Reads `Name <mail> 1767225600 +0100`. Git has written odd ones in its time, so nothing is
    /// refused: a missing time is the beginning of 1970.
    pub(super) fn parse(text: &str) -> Self {
        let (who, time) = text.rsplit_once('>').unwrap_or((text, ""));
        let (name, email) = who.split_once('<').unwrap_or((who, ""));
        Self { name: name.trim().into(), email: email.trim().into(), time: parse_time(time) }
    }

    /// Returns whether two identities name the same person.
    pub fn same_person(&self, other: &Self) -> bool {
        self.name == other.name && self.email == other.email
    }
}

fn parse_time(text: &str) -> DateTime<FixedOffset> {
    let mut words = text.split_ascii_whitespace();
    let utc = words.next().and_then(parse_seconds).unwrap_or_default();
    let zone: i32 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let offset = (zone / 100 * 60 + zone % 100).checked_mul(60).and_then(FixedOffset::east_opt);
    utc.with_timezone(&offset.unwrap_or(chrono::offset::Offset::fix(&chrono::Utc)))
}

/// Reads seconds since 1970; `None` where they are no number, or beyond the year 9999, which no
/// format that dates are written in can hold.
fn parse_seconds(word: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::from_timestamp(word.parse().ok()?, 0)?;
    (0..=9999).contains(&time.year()).then_some(time)
}

/// Describes what is wrong with a person of a commit header, if anything is.
fn person_fault(role: &str, value: Option<&str>) -> Option<String> {
    let Some(value) = value else { return Some(format!("it has no {role}")) };
    let parts = value.rsplit_once('>').filter(|(who, _)| who.contains('<'));
    let Some((_, time)) = parts else {
        return Some(format!("its {role} has no mail address"));
    };
    match time.split_ascii_whitespace().next() {
        None => Some(format!("its {role} has no date")),
        Some(word) if parse_seconds(word).is_none() => {
            let shown: String = word.chars().take(24).collect();
            Some(format!("the date of its {role} is out of range: `{shown}` seconds since 1970"))
        }
        Some(_) => None,
    }
}

/// A commit whose header is split, but whose people and message are still bytes: most commits of a
/// long history touch nothing that is asked for.
pub(super) struct RawCommit {
    pub(super) id: Oid,
    pub(super) tree: Oid,
    pub(super) parents: Vec<Oid>,
    bytes: Arc<[u8]>,
}

impl RawCommit {
    pub(super) fn read(objects: &ObjectDb<'_>, id: Oid) -> Result<Self, GitError> {
        let object = objects.read(id)?;
        let damaged = |reason| GitError::Damaged { id: id.to_string(), reason };
        if object.kind != ObjectType::Commit {
            return Err(damaged("a commit is expected here"));
        }
        let (mut tree, mut parents) = (None, Vec::new());
        for (key, value) in header_lines(&object.data) {
            match key {
                b"tree" if tree.is_none() => tree = parse_hex(value),
                b"parent" => parents.push(parse_hex(value).ok_or_else(|| damaged("a bad parent"))?),
                b"tree" => {}
                _ => break,
            }
        }
        let tree = tree.ok_or_else(|| damaged("a commit without a tree"))?;
        Ok(Self { id, tree, parents, bytes: object.data })
    }

    pub(super) fn read_author(&self) -> Identity {
        Identity::parse(&self.header_text(b"author"))
    }

    pub(super) fn read_committer(&self) -> Identity {
        Identity::parse(&self.header_text(b"committer"))
    }

    /// Lists the parts of the header that cannot be read, as phrases for people.
    pub(super) fn header_faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (key, role) in [(&b"author"[..], "author"), (b"committer", "committer")] {
            let value = header_lines(&self.bytes).find(|(k, _)| *k == key);
            let value = value.map(|(_, value)| self.decode_text(value));
            faults.extend(person_fault(role, value.as_deref()));
        }
        faults
    }

    /// Returns whether the commit carries a signature, good or not.
    pub(super) fn is_signed(&self) -> bool {
        header_lines(&self.bytes).any(|(key, _)| key.starts_with(b"gpgsig"))
    }

    pub(super) fn message_text(&self) -> String {
        let end = self.bytes.windows(2).position(|pair| pair == b"\n\n");
        self.decode_text(end.and_then(|end| self.bytes.get(end + 2..)).unwrap_or_default())
    }

    fn header_text(&self, key: &[u8]) -> String {
        let value = header_lines(&self.bytes).find(|(k, _)| *k == key).map(|(_, value)| value);
        self.decode_text(value.unwrap_or_default())
    }

    /// Decodes a text by its stated encoding. Latin-1 is the one old encoding that needs no table;
    /// others show replacement characters.
    fn decode_text(&self, bytes: &[u8]) -> String {
        let encoding = header_lines(&self.bytes).find(|(key, _)| *key == b"encoding");
        if encoding.map(|(_, value)| value).filter(is_latin1).is_some() {
            bytes.iter().map(|&byte| char::from(byte)).collect()
        } else {
            String::from_utf8_lossy(bytes).into_owned()
        }
    }
}

fn is_latin1(name: &&[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(&name[..], b"iso-8859-1" | b"iso8859-1" | b"latin-1" | b"latin1")
}

/// Returns the header lines up to the blank line; the continued lines of a signature read as keys
/// that nobody asks for.
fn header_lines(commit: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    commit.split(|&byte| byte == b'\n').take_while(|line| !line.is_empty()).map(|line| {
        let end = line.iter().position(|&byte| byte == b' ').unwrap_or(line.len());
        (&line[..end], line.get(end + 1..).unwrap_or_default())
    })
}

fn parse_hex(text: &[u8]) -> Option<Oid> {
    read_hex(text).and_then(|bytes| Oid::from_bytes(&bytes).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_good_and_odd() {
        let cases = [
            ("Ann A <a@b> 1767225600 +0100", "Ann A", "a@b", "2026-01-01T01:00:00+01:00"),
            ("Ann A <a@b> 1767225600 -0330", "Ann A", "a@b", "2025-12-31T20:30:00-03:30"),
            (" <> 0 +0000", "", "", "1970-01-01T00:00:00+00:00"),
            ("A <b <c>> 1767225600 +9999", "A", "b <c>", "2026-01-01T00:00:00+00:00"),
            ("nobody", "nobody", "", "1970-01-01T00:00:00+00:00"),
            ("A <a> 99999999999999999999 x", "A", "a", "1970-01-01T00:00:00+00:00"),
        ];
        for (text, name, email, time) in cases {
            let read = Identity::parse(text);
            assert_eq!((&*read.name, &*read.email), (name, email), "{text}");
            assert_eq!(read.time.to_rfc3339(), time, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_person_is_said() {
        let out_of_range = "the date of its author is out of range: `%` seconds since 1970";
        let range = |word: &str| Some(out_of_range.replace('%', word));
        let mail = || Some("its author has no mail address".to_owned());
        let cases = [
            (Some("Ann <a@b> 1767225600 +0100"), None),
            (Some("Ann <> 1767225600 +0100"), None),
            (Some("Ann <a@b> -5 +0100"), None),
            // The year 5138 can be written, and is odd for other reasons.
            (Some("Ann <a@b> 100000000000 +0000"), None),
            (Some("Ann <a@b> 253402300800 +0000"), range("253402300800")),
            (Some("Ann <a@b> 99999999999999999999999 +0000"), range("99999999999999999999999")),
            (Some("Ann <a@b>"), Some("its author has no date".to_owned())),
            (Some("Ann 1767225600 +0100"), mail()),
            (Some(""), mail()),
            (None, Some("it has no author".to_owned())),
        ];
        for (value, fault) in cases {
            assert_eq!(person_fault("author", value), fault, "{value:?}");
        }
    }
}
