//! Character encodings other than UTF-8: UTF-16 with a byte order mark, as redirected output on Windows
//! has it, and the Western encodings that an XML declaration names.

use std::io::{BufRead, BufReader, Read, Result};

/// So many bytes are decoded at once.
const CHUNK: usize = 1 << 15;

/// Returns a reader of UTF-8 text without a byte order mark. What is UTF-8 already is passed through.
pub(crate) fn decode_reader(input: &mut dyn BufRead) -> Result<Box<dyn BufRead + '_>> {
    let head = input.fill_buf()?;
    let (encoding, mark) = match head {
        [0xff, 0xfe, ..] => (Some(Encoding::Utf16 { little: true }), 2),
        [0xfe, 0xff, ..] => (Some(Encoding::Utf16 { little: false }), 2),
        [0xef, 0xbb, 0xbf, ..] => (None, 3),
        head if declares_western(head) => (Some(Encoding::Western), 0),
        _ => (None, 0),
    };
    input.consume(mark);
    let Some(encoding) = encoding else { return Ok(Box::new(input)) };
    let decoder = Decoder { input, encoding, raw: Vec::new(), text: Vec::new(), at: 0 };
    Ok(Box::new(BufReader::with_capacity(CHUNK, decoder)))
}

/// Returns whether an XML declaration names Latin-1 or Windows-1252.
fn declares_western(head: &[u8]) -> bool {
    let head = &head[..head.len().min(200)];
    let Some(end) = head.iter().position(|byte| *byte == b'>') else { return false };
    let declaration = String::from_utf8_lossy(&head[..end]).to_lowercase();
    declaration.trim_start().starts_with("<?xml")
        && ["iso-8859-1", "iso-8859-15", "latin1", "windows-1252"].iter().any(|name| {
            declaration.contains(&format!("\"{name}\""))
                || declaration.contains(&format!("'{name}'"))
        })
}

enum Encoding {
    Utf16 { little: bool },
    Western,
}

struct Decoder<'a> {
    input: &'a mut dyn BufRead,
    encoding: Encoding,
    /// Bytes that are read and not decoded: half a character.
    raw: Vec<u8>,
    /// Decoded text, of which `at` bytes were handed out.
    text: Vec<u8>,
    at: usize,
}

impl Read for Decoder<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while self.at == self.text.len() {
            let kept = self.raw.len();
            self.raw.resize(kept + CHUNK, 0);
            let count = self.input.read(&mut self.raw[kept..])?;
            self.raw.truncate(kept + count);
            if self.raw.is_empty() {
                return Ok(0);
            }
            self.decode_bytes(count == 0);
        }
        let count = buffer.len().min(self.text.len() - self.at);
        buffer[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

impl Decoder<'_> {
    /// Decodes the bytes that were read; at the end of the file also half a character.
    fn decode_bytes(&mut self, ended: bool) {
        let mut text = String::new();
        match self.encoding {
            Encoding::Western => text.extend(self.raw.drain(..).map(decode_western)),
            Encoding::Utf16 { little } => {
                let mut units: Vec<u16> = self
                    .raw
                    .chunks_exact(2)
                    .map(|pair| {
                        let pair = [pair[0], pair[1]];
                        if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
                    })
                    .collect();
                // The first half of a pair waits for the second.
                if !ended && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
                    units.pop();
                }
                self.raw.drain(..units.len() * 2);
                if ended && !self.raw.is_empty() {
                    self.raw.clear();
                    units.push(0xfffd);
                }
                let characters = char::decode_utf16(units);
                text.extend(characters.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
            }
        }
        self.text = text.into_bytes();
        self.at = 0;
    }
}

/// Returns the character of a byte in Windows-1252, of which Latin-1 is a part.
fn decode_western(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor, Read};

    use super::decode_reader;

    fn text(bytes: &[u8], capacity: usize) -> String {
        let mut input = BufReader::with_capacity(capacity, Cursor::new(bytes));
        let mut text = String::new();
        decode_reader(&mut input).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn other_encodings_become_utf_8() {
        let plain = "{\"ä\": \"🔒 x\"}".repeat(5000);
        let marked = format!("\u{feff}{plain}");
        let little: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for capacity in [200, 1001] {
            assert_eq!(text(&little, capacity), plain);
            assert_eq!(text(&big, capacity), plain);
            assert_eq!(text(marked.as_bytes(), capacity), plain);
            assert_eq!(text(plain.as_bytes(), capacity), plain);
        }
        let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe4\x80</a>";
        assert!(text(latin, 200).ends_with("<a>ä€</a>"));
        // Half a character at the end does not disappear.
        assert_eq!(text(&[0xff, 0xfe, b'a', 0, b'b'], 200), "a\u{fffd}");
    }
}
