//! Reads the parts of a workbook as a stream, before anything takes one of them into memory.
//!
//! The reader of workbooks holds entire texts, tags and tables, and believes the sizes that a part states of
//! itself. So every part is counted first: the limits are those of memory and time, far above what a register
//! of items needs.

use std::io::{self, BufRead, BufReader, Read};

use super::error::ReadError;

/// The most bytes of one text or one tag. A cell holds 32,767 characters.
const MAX_RUN: usize = 4 * 1024 * 1024;
/// The most bytes of text in all parts.
const MAX_TEXT: u64 = 192 * 1024 * 1024;
/// The most elements of one kind in all parts.
const MAX_ELEMENTS: &[(&str, u64)] = &[
    ("c", 12_000_000),
    ("row", 2_500_000),
    ("si", 3_000_000),
    ("r", 12_000_000),
    ("t", 12_000_000),
    ("f", 6_000_000),
    ("sheet", 200),
    ("mergeCell", 500_000),
    ("xf", 70_000),
    ("font", 70_000),
    ("fill", 70_000),
    ("border", 70_000),
    ("numFmt", 70_000),
    ("dxf", 70_000),
    ("definedName", 100_000),
    ("Relationship", 100_000),
];
/// The most elements of all kinds together.
const MAX_ALL_ELEMENTS: u64 = 40_000_000;
/// The largest number of a shared formula, of which the reader makes a table.
const MAX_SHARED_FORMULAS: u64 = 1_000_000;
/// Texts that a table may state beyond those that it holds.
const MAX_MISSING_TEXTS: u64 = 1_000;

/// Counts over all parts of a workbook together.
#[derive(Debug)]
pub(super) struct PartCounts {
    elements: Vec<u64>,
    all_elements: u64,
    text: u64,
    /// The texts that a table of shared texts states.
    stated_texts: u64,
}

impl Default for PartCounts {
    fn default() -> Self {
        Self { elements: vec![0; MAX_ELEMENTS.len()], all_elements: 0, text: 0, stated_texts: 0 }
    }
}

impl PartCounts {
    /// Counts a start tag.
    fn count_tag(&mut self, tag: &XmlTag<'_>) -> Result<(), ReadError> {
        self.all_elements += 1;
        if self.all_elements > MAX_ALL_ELEMENTS {
            return Err(ReadError::Bomb(format!("more than {MAX_ALL_ELEMENTS} elements")));
        }
        let name = tag.local_name();
        let known = MAX_ELEMENTS.iter().position(|(known, _)| known.as_bytes() == name);
        let Some(index) = known else {
            if name == b"sst" {
                self.stated_texts += tag.find_number("uniqueCount").unwrap_or(0);
            }
            return Ok(());
        };
        self.elements[index] += 1;
        let (element, limit) = MAX_ELEMENTS[index];
        if self.elements[index] > limit {
            return Err(ReadError::Bomb(format!("more than {limit} elements `{element}`")));
        }
        if name == b"f" && tag.find_number("si").is_some_and(|number| number > MAX_SHARED_FORMULAS)
        {
            return Err(ReadError::Bomb(format!(
                "more than {MAX_SHARED_FORMULAS} shared formulas"
            )));
        }
        Ok(())
    }

    fn add_text(&mut self, length: usize) -> Result<(), ReadError> {
        self.text += length as u64;
        if self.text > MAX_TEXT {
            return Err(ReadError::Bomb(format!("more than {MAX_TEXT} bytes of text")));
        }
        Ok(())
    }

    /// Compares what parts state of themselves with what they hold, once all were scanned.
    pub(super) fn check_stated(&self) -> Result<(), ReadError> {
        let held = MAX_ELEMENTS.iter().position(|(name, _)| *name == "si");
        let held = held.map_or(0, |index| self.elements[index]);
        if self.stated_texts > held + MAX_MISSING_TEXTS {
            return Err(ReadError::Damaged {
                sheet: None,
                reason: format!(
                    "its table of texts states {} texts and holds {held}",
                    self.stated_texts
                ),
            });
        }
        Ok(())
    }
}

/// A start tag, without its brackets.
pub(super) struct XmlTag<'a>(&'a [u8]);

impl<'a> XmlTag<'a> {
    /// Returns the name, with its prefix.
    pub(super) fn tag_name(&self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'/');
        &self.0[..end.unwrap_or(self.0.len())]
    }

    /// Returns the name without its prefix.
    pub(super) fn local_name(&self) -> &'a [u8] {
        let name = self.tag_name();
        name.iter().rposition(|byte| *byte == b':').map_or(name, |at| &name[at + 1..])
    }

    /// Returns the content of the tag as text, without a `/` at its end.
    pub(super) fn tag_content(&self) -> Option<&'a str> {
        let text = std::str::from_utf8(self.0).ok()?;
        Some(text.strip_suffix('/').unwrap_or(text))
    }

    /// Returns the number of an attribute. One that is larger than any number counts as the
    /// largest.
    fn find_number(&self, name: &str) -> Option<u64> {
        let mut rest = self.tag_content()?;
        loop {
            let at = rest.find(name)?;
            let before = rest[..at].chars().next_back();
            rest = &rest[at + name.len()..];
            let value = rest.trim_start().strip_prefix('=').map(str::trim_start);
            let Some(value) = value.filter(|_| before.is_some_and(char::is_whitespace)) else {
                continue;
            };
            let value = value.trim_start_matches(['"', '\'']).trim_start();
            let digits = value.trim_start_matches('+');
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            return match digits[..end].parse() {
                Ok(number) => Some(number),
                Err(_) if end > 0 => Some(u64::MAX),
                Err(_) => None,
            };
        }
    }
}

/// Reasons why a scan stopped before its end.
#[derive(Debug)]
pub(super) enum ScanStopped {
    /// The part cannot be unpacked.
    Io(io::Error),
    /// A limit was passed.
    Limit(ReadError),
}

impl From<io::Error> for ScanStopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ReadError> for ScanStopped {
    fn from(error: ReadError) -> Self {
        Self::Limit(error)
    }
}

/// Reads a part to its end, counts what it holds, and shows every start tag.
pub(super) fn scan_part(
    part: impl Read,
    counts: &mut PartCounts,
    mut visit: impl FnMut(&XmlTag<'_>),
) -> Result<(), ScanStopped> {
    let mut part = BufReader::with_capacity(64 * 1024, part);
    let mut markup = Vec::new();
    // Rich text is several texts that the reader joins.
    let mut joined = 0;
    loop {
        let length = skip_text(&mut part, MAX_RUN.saturating_sub(joined))?;
        counts.add_text(length)?;
        joined += length;
        if !read_markup(&mut part, &mut markup)? {
            return Ok(());
        }
        match markup.first() {
            Some(b'!') => {
                // Of markup that is no tag only the content of CDATA is text.
                counts.add_text(markup.len())?;
                joined += markup.len();
            }
            None | Some(b'/' | b'?') => {}
            Some(_) => {
                let tag = XmlTag(&markup);
                counts.count_tag(&tag)?;
                if matches!(tag.local_name(), b"si" | b"c") {
                    joined = 0;
                }
                visit(&tag);
            }
        }
    }
}

/// Skips text up to the next `<`, which is read too; its length.
fn skip_text(part: &mut impl BufRead, limit: usize) -> Result<usize, ScanStopped> {
    let mut length = 0;
    loop {
        let buffer = part.fill_buf()?;
        if buffer.is_empty() {
            return Ok(length);
        }
        let end = buffer.iter().position(|byte| *byte == b'<');
        let text = end.unwrap_or(buffer.len());
        length += text;
        if length > limit {
            return Err(too_long("text").into());
        }
        part.consume(text + usize::from(end.is_some()));
        if end.is_some() {
            return Ok(length);
        }
    }
}

/// Reads markup after its `<` up to its end, without the last `>`. Returns false at the end of the part.
fn read_markup(part: &mut impl BufRead, markup: &mut Vec<u8>) -> Result<bool, ScanStopped> {
    markup.clear();
    let mut quote = None;
    loop {
        let buffer = part.fill_buf()?;
        if buffer.is_empty() {
            return Ok(false);
        }
        let mut used = 0;
        let mut ended = false;
        for byte in buffer {
            used += 1;
            if *byte == b'>' && ends_here(markup, quote) {
                ended = true;
                break;
            }
            let is_tag = !matches!(markup.first(), Some(b'!' | b'?'));
            match quote {
                Some(open) if open == *byte => quote = None,
                None if is_tag && matches!(byte, b'"' | b'\'') => quote = Some(*byte),
                _ => {}
            }
            markup.push(*byte);
        }
        part.consume(used);
        if markup.len() > MAX_RUN {
            return Err(too_long("tag").into());
        }
        if ended {
            return Ok(true);
        }
    }
}

/// Returns whether markup ends at the `>` that follows.
fn ends_here(markup: &[u8], quote: Option<u8>) -> bool {
    if markup.starts_with(b"!--") {
        markup.len() > 4 && markup.ends_with(b"--")
    } else if markup.starts_with(b"![CDATA[") {
        markup.ends_with(b"]]")
    } else {
        quote.is_none()
    }
}

fn too_long(what: &str) -> ReadError {
    ReadError::Bomb(format!("one {what} of more than {MAX_RUN} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(xml: &str) -> Vec<String> {
        let mut names = Vec::new();
        let visit = |tag: &XmlTag<'_>| {
            names.push(String::from_utf8_lossy(tag.local_name()).into_owned());
        };
        scan_part(xml.as_bytes(), &mut PartCounts::default(), visit).unwrap();
        names
    }

    fn refused(xml: &str) -> String {
        match scan_part(xml.as_bytes(), &mut PartCounts::default(), |_| {}) {
            Err(ScanStopped::Limit(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn start_tags_are_found_and_nothing_else() {
        for (xml, expected) in [
            ("<?xml version=\"1.0\"?><a><x:b c='>'/></a>", vec!["a", "b"]),
            ("<!-- <no> -- > --><a/>", vec!["a"]),
            ("<a><![CDATA[<no> ]] > ]]><b\n/></a>", vec!["a", "b"]),
            ("<a b=\"'\" c='\"'>text > text</a>", vec!["a"]),
            ("<a", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(names(xml), expected, "{xml}");
        }
    }

    #[test]
    fn attributes_are_numbers() {
        for (tag, expected) in [
            ("sst uniqueCount=\"12\"", Some(12)),
            ("sst xuniqueCount=\"1\" uniqueCount = '7'/", Some(7)),
            ("sst uniqueCount=\"99999999999999999999999\"", Some(u64::MAX)),
            ("sst uniqueCount=\"many\"", None),
            ("sst", None),
        ] {
            assert_eq!(XmlTag(tag.as_bytes()).find_number("uniqueCount"), expected, "{tag}");
        }
    }

    #[test]
    fn long_runs_are_refused() {
        let long = "x".repeat(MAX_RUN + 1);
        assert!(refused(&format!("<t>{long}</t>")).contains("one text"));
        assert!(refused(&format!("<t a=\"{long}\"/>")).contains("one tag"));
        assert!(refused(&format!("<![CDATA[{long}]]>")).contains("one tag"));
        let half = "x".repeat(MAX_RUN / 2 + 1);
        let rich = format!("<si><r><t>{half}</t></r><r><t>{half}</t></r></si>");
        assert!(refused(&rich).contains("one text"));
        let two = format!("<si><t>{half}</t></si><si><t>{half}</t></si>");
        scan_part(two.as_bytes(), &mut PartCounts::default(), |_| {}).unwrap();
    }

    #[test]
    fn many_elements_and_numbers_of_formulas_are_refused() {
        assert!(refused(&"<sheet/>".repeat(201)).contains("200 elements `sheet`"));
        assert!(refused(&"<xf/>".repeat(70_001)).contains("70000 elements `xf`"));
        assert!(refused("<f t=\"shared\" si=\"4294967295\" ref=\"A1\">1</f>").contains("shared"));
    }

    #[test]
    fn stated_counts_are_compared_with_what_there_is() {
        for (stated, is_believed) in [("3", true), ("900", true), ("4294967295", false)] {
            let mut counts = PartCounts::default();
            let xml = format!("<sst uniqueCount=\"{stated}\"><si><t>a</t></si></sst>");
            scan_part(xml.as_bytes(), &mut counts, |_| {}).unwrap();
            assert_eq!(counts.check_stated().is_ok(), is_believed, "{stated}");
        }
    }
}
