//! The way to standard output and standard error: what CI runners would take for commands is
//! neutralised here, no matter who wrote it into an item, a commit, a file name or a settings file.
//!
//! - GitHub Actions runs `::name::` at the beginning of a line, after blanks, and `##[name]`.
//! - Azure Pipelines runs `##vso[…]` and `##[…]` anywhere in a line; TeamCity `##teamcity[…]`.
//! - GitLab folds the log between `section_start:TIME:NAME` and `section_end:TIME:NAME`, anywhere in a line.
//!
//! On a terminal nobody reads commands, and text is shown as it is.

use std::io::{self, Write};

/// Kind of the output, which decides which escape sequences keep their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputKind {
    /// For people, Markdown and tables (CSV) included: a backslash is put in. No escape of CSV retains such a
    /// text as it is; a table that must is written to a file.
    #[default]
    Text,
    /// JSON: `#` becomes `\u0023`, which is the same text to every reader.
    Json,
    /// XML: `[` becomes `&#91;`.
    Xml,
    /// Bytes that must not change: workbooks, and our own workflow commands, whose values are escaped where
    /// they are made.
    Exact,
}

/// A stream that neutralises commands, line by line.
#[derive(Debug)]
pub struct Console<W: Write> {
    stream: W,
    /// Whether anything is neutralised: not on a terminal.
    guarded: bool,
    content: OutputKind,
    /// Bytes that were not looked at yet: the line that has no end so far, after entire lines.
    pending: Vec<u8>,
    /// Bytes that can be written as they are.
    ready: Vec<u8>,
    /// Whether `pending` continues a line whose beginning was written already.
    inside_line: bool,
}

/// So much is collected before it is written.
const BUFFER: usize = 64 << 10;

impl<W: Write> Console<W> {
    /// A stream to a terminal, or to something else that may read commands.
    pub fn new(stream: W, is_terminal: bool) -> Self {
        Self {
            stream,
            guarded: !is_terminal,
            content: OutputKind::Text,
            pending: Vec::new(),
            ready: Vec::new(),
            inside_line: false,
        }
    }

    /// The stream behind it, to end it.
    pub fn stream_mut(&mut self) -> &mut W {
        &mut self.stream
    }

    /// States what is written from now on.
    pub fn set_content(&mut self, content: OutputKind) {
        if content != self.content {
            self.look_at(self.pending.len());
            self.content = content;
        }
    }

    /// Neutralises the first `length` bytes of what is pending.
    fn look_at(&mut self, length: usize) {
        let rest = self.pending.split_off(length);
        let block = std::mem::replace(&mut self.pending, rest);
        let Some(last) = block.last() else { return };
        let inside_line = std::mem::replace(&mut self.inside_line, !ends_line(*last));
        let neutral = if self.guarded {
            neutralise_commands(&block, self.content, inside_line)
        } else {
            None
        };
        match neutral {
            Some(mut neutral) => self.ready.append(&mut neutral),
            None if self.ready.is_empty() => self.ready = block,
            None => self.ready.extend_from_slice(&block),
        }
    }

    fn send(&mut self) -> io::Result<()> {
        // Taken first: what could not be written is not written again when the stream is closed.
        let ready = std::mem::take(&mut self.ready);
        self.stream.write_all(&ready)
    }
}

impl<W: Write> Write for Console<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= BUFFER {
            let lines = self.pending.iter().rposition(|byte| ends_line(*byte));
            // A line without an end in sight is written in pieces; none of them can begin a command
            // but the first.
            let whole = lines.map_or(0, |at| at + 1);
            let length = if whole > 0 { whole } else { before_hashes(&self.pending) };
            self.look_at(length);
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.look_at(self.pending.len());
        self.send()?;
        self.stream.flush()
    }
}

fn ends_line(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// The length without what may be the beginning of a command that goes on.
fn before_hashes(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(LONGEST_NAME);
    let hash = bytes.get(tail..).and_then(|tail| tail.iter().position(|byte| *byte == b'#'));
    hash.map_or(bytes.len(), |at| tail + at)
}

/// The longest name of a command between `##` and `[`, hashes included.
const LONGEST_NAME: usize = 32;

/// Text that a CI runner finds no command in; `None` where it is that already.
pub(crate) fn neutralise_commands(
    bytes: &[u8],
    content: OutputKind,
    inside_line: bool,
) -> Option<Vec<u8>> {
    if content == OutputKind::Exact {
        return None;
    }
    let mut places = Vec::new();
    if bytes.contains(&b'#') {
        bracket_commands(bytes, &mut places);
    }
    if content == OutputKind::Text {
        line_commands(bytes, inside_line, &mut places);
        section_commands(bytes, &mut places);
    }
    if places.is_empty() {
        return None;
    }
    places.sort_unstable();
    let mut out = Vec::with_capacity(bytes.len() + places.len() * 6);
    let mut done = 0;
    for (hashes, place) in places {
        let (at, instead): (usize, &[u8]) = match content {
            OutputKind::Text | OutputKind::Exact => (place, b"\\"),
            OutputKind::Json => (hashes, b"\\u0023"),
            OutputKind::Xml => (place, b"&#91;"),
        };
        out.extend_from_slice(bytes.get(done..at).unwrap_or_default());
        out.extend_from_slice(instead);
        done = if content == OutputKind::Text { at } else { at + 1 };
    }
    out.extend_from_slice(bytes.get(done..).unwrap_or_default());
    Some(out)
}

/// Finds `##name[`: where the hashes begin and where the bracket is.
fn bracket_commands(bytes: &[u8], places: &mut Vec<(usize, usize)>) {
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| *b == b'#')) {
        let first = at + found;
        let count = bytes.iter().skip(first).take_while(|byte| **byte == b'#').count();
        at = first + count;
        if count < 2 {
            continue;
        }
        let is_name =
            |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'-' | b'.' | b'_');
        let name = bytes.iter().skip(at).take(LONGEST_NAME).take_while(is_name).count();
        if bytes.get(at + name) == Some(&b'[') {
            places.push((at - 2, at + name));
        }
    }
}

/// Finds `section_start:` and `section_end:` with a digit behind it. In JSON and XML the control characters that such a
/// command ends with are escaped.
fn section_commands(bytes: &[u8], places: &mut Vec<(usize, usize)>) {
    const SECTION: &[u8] = b"section_";
    let mut at = 0;
    while let Some(found) = bytes
        .get(at..)
        .and_then(|rest| rest.windows(SECTION.len()).position(|window| window == SECTION))
    {
        at += found + SECTION.len();
        let rest = bytes.get(at..).unwrap_or_default();
        for word in [b"start:".as_slice(), b"end:"] {
            let digit = rest.strip_prefix(word).and_then(<[u8]>::first);
            if digit.is_some_and(u8::is_ascii_digit) {
                let colon = at + word.len() - 1;
                places.push((colon, colon));
            }
        }
    }
}

/// Finds `::` at the beginning of lines, after blanks and colours.
fn line_commands(bytes: &[u8], inside_line: bool, places: &mut Vec<(usize, usize)>) {
    let mut start = 0;
    let mut skip = inside_line;
    for line in bytes.split_inclusive(|byte| ends_line(*byte)) {
        let blanks = count_blanks(line);
        if !skip && line.get(blanks..).is_some_and(|rest| rest.starts_with(b"::")) {
            places.push((start + blanks, start + blanks));
        }
        (start, skip) = (start + line.len(), false);
    }
}

/// Counts the bytes at the beginning of a line that are blanks, as Unicode counts them, or colours.
fn count_blanks(line: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = line.get(at..).unwrap_or_default();
        let (text, _) = rest.split_at(rest.len().min(4));
        let first = match std::str::from_utf8(text) {
            Ok(text) => text.chars().next(),
            Err(error) => std::str::from_utf8(text.get(..error.valid_up_to()).unwrap_or_default())
                .ok()
                .and_then(|text| text.chars().next()),
        };
        match first {
            Some('\u{1b}') if rest.get(1) == Some(&b'[') => {
                let length = rest.iter().skip(2).position(|byte| (0x40..=0x7e).contains(byte));
                let Some(length) = length else { return at };
                at += length + 3;
            }
            Some(c) if c.is_whitespace() || c == '\u{feff}' => at += c.len_utf8(),
            _ => return at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(content: OutputKind, is_terminal: bool, pieces: &[&str]) -> String {
        let mut console = Console::new(Vec::new(), is_terminal);
        console.set_content(content);
        for piece in pieces {
            console.write_all(piece.as_bytes()).unwrap();
        }
        console.flush().unwrap();
        String::from_utf8(console.stream).unwrap()
    }

    #[test]
    fn no_runner_finds_a_command_in_text() {
        for (text, expected) in [
            ("plain: a::b\n", "plain: a::b\n"),
            ("::stop-commands::x\n", "\\::stop-commands::x\n"),
            ("a\n  \t::error::x\n", "a\n  \t\\::error::x\n"),
            ("a\r::error::x", "a\r\\::error::x"),
            ("\u{a0}\u{2003}::error::x", "\u{a0}\u{2003}\\::error::x"),
            ("\u{1b}[1m ::error::x", "\u{1b}[1m \\::error::x"),
            ("x ##vso[task.setvariable]y\n", "x ##vso\\[task.setvariable]y\n"),
            ("##[error]a ##[group]b\n", "##\\[error]a ##\\[group]b\n"),
            ("###[error]", "###\\[error]"),
            ("##teamcity[message]", "##teamcity\\[message]"),
            ("## a heading [link]\n#[x] # [y] ##", "## a heading [link]\n#[x] # [y] ##"),
            ("::a\n##[b]\n::c", "\\::a\n##\\[b]\n\\::c"),
            (
                "\u{1b}[0Ksection_start:1560896352:a[collapsed=true]\r\u{1b}[0Kx\n",
                "\u{1b}[0Ksection_start\\:1560896352:a[collapsed=true]\r\u{1b}[0Kx\n",
            ),
            ("x section_end:1:a\r\u{1b}[0K", "x section_end\\:1:a\r\u{1b}[0K"),
            ("a section_start: b, section_of: 1", "a section_start: b, section_of: 1"),
        ] {
            assert_eq!(written(OutputKind::Text, false, &[text]), expected);
            assert_eq!(written(OutputKind::Text, true, &[text]), text, "a terminal runs nothing");
            assert_eq!(written(OutputKind::Exact, false, &[text]), text);
            let each: Vec<String> = text.chars().map(String::from).collect();
            let pieces: Vec<&str> = each.iter().map(String::as_str).collect();
            assert_eq!(written(OutputKind::Text, false, &pieces), expected, "piece by piece");
        }
    }

    #[test]
    fn json_and_xml_keep_their_meaning() {
        let json = serde_json::json!({"owner": "##vso[x] ###[y]", "::a": "::b"}).to_string();
        let safe = written(OutputKind::Json, false, &[&json]);
        assert!(!safe.contains("##vso[") && !safe.contains("##["), "{safe}");
        let (read, meant): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(&safe).unwrap(), serde_json::from_str(&json).unwrap());
        assert_eq!(read, meant);
        let safe = written(OutputKind::Xml, false, &["<a>##vso[x]</a>"]);
        assert_eq!(safe, "<a>##vso&#91;x]</a>");
    }

    #[test]
    fn long_lines_and_many_lines_come_out_whole() {
        let long = format!("{}##vso[x]{}\n::end\n", "a".repeat(BUFFER - 3), "b".repeat(BUFFER));
        let expected = long.replace("##vso[", "##vso\\[").replace("\n::", "\n\\::");
        assert_eq!(written(OutputKind::Text, false, &[&long]), expected);
        let each: Vec<String> =
            long.as_bytes().chunks(7).map(|it| String::from_utf8_lossy(it).into_owned()).collect();
        let pieces: Vec<&str> = each.iter().map(String::as_str).collect();
        assert_eq!(written(OutputKind::Text, false, &pieces), expected);
        let many = "line ::x\n".repeat(BUFFER);
        assert_eq!(written(OutputKind::Text, false, &[&many]), many);
    }
}
