//! Positions and names of files as editors give them: lines from 0, columns in UTF-16 units, `file:` URIs.

use std::ops::Range;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

pub(super) use gen_lsp_types::Position;

/// Characters of a path that a URI cannot have.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The position of a byte in a text.
pub(super) fn position_of(text: &str, byte: usize) -> Position {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    let before = text.get(..byte).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|it| *it == b'\n').count();
    let column = before.get(start..).unwrap_or_default().encode_utf16().count();
    Position { line: to_u32(line), character: to_u32(column) }
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The byte of a position; the end of the line where the column is beyond it.
pub(super) fn byte_of(text: &str, position: Position) -> usize {
    let mut start = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if number as u64 == u64::from(position.line) {
            let mut units = 0;
            for (at, character) in line.char_indices() {
                if units >= position.character || character == '\n' || character == '\r' {
                    return start + at;
                }
                units += u32::try_from(character.len_utf16()).unwrap_or(1);
            }
            return start + line.len();
        }
        start += line.len();
    }
    text.len()
}

/// The range of bytes in a text.
pub(super) fn range_of(text: &str, span: Range<usize>) -> gen_lsp_types::Range {
    gen_lsp_types::Range { start: position_of(text, span.start), end: position_of(text, span.end) }
}

/// The path that a `file:` URI names.
pub(super) fn path_of_uri(uri: &str) -> Option<PathBuf> {
    let path = uri.strip_prefix("file://")?;
    let path = path.strip_prefix("localhost").unwrap_or(path);
    let path = percent_decode_str(path).decode_utf8().ok()?.into_owned();
    // `/C:/x` on Windows.
    let drive = path.as_bytes().get(2) == Some(&b':') && cfg!(windows);
    Some(PathBuf::from(if drive { path.get(1..)?.to_owned() } else { path }))
}

/// The URI of a path.
pub(super) fn uri_of_path(path: &Path) -> String {
    let path = path.to_string_lossy().replace('\\', "/");
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}", utf8_percent_encode(&path, ESCAPED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_utf_16_units() {
        let text = "a: b\nü: 𝄞x\r\nc";
        for (byte, line, character) in
            [(0, 0, 0), (5, 1, 0), (7, 1, 1), (9, 1, 3), (13, 1, 5), (14, 1, 6), (16, 2, 0)]
        {
            let position = Position { line, character };
            assert_eq!(position_of(text, byte), position, "byte {byte}");
            assert_eq!(byte_of(text, position), byte, "{position:?}");
        }
        assert_eq!(byte_of(text, Position { line: 1, character: 99 }), 14);
        assert_eq!(byte_of(text, Position { line: 9, character: 0 }), text.len());
    }

    #[test]
    fn names_of_files_go_there_and_back() {
        let path = Path::new("/tmp/a b/ü%#.yaml");
        let uri = uri_of_path(path);
        assert_eq!(uri, "file:///tmp/a%20b/%C3%BC%25%23.yaml");
        assert_eq!(path_of_uri(&uri).as_deref(), Some(path));
        assert_eq!(path_of_uri("untitled:Untitled-1"), None);
    }
}
