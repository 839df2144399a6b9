//! Detection of the kind of a file, and checks that it is safe to unpack.

use std::io::{self, Cursor, Read as _};

use zip::ZipArchive;

use super::error::ReadError;
use super::part_scan::{PartCounts, ScanStopped, scan_part};
use super::{MAX_FILE_BYTES, other_kind};

/// The most that the parts of a workbook may unpack to, together: 400 MiB. A register of 100,000 items takes
/// some 300 MiB.
const MAX_UNPACKED: u64 = 400 * 1024 * 1024;
/// The most parts a workbook may have.
const MAX_PARTS: usize = 10_000;

/// Start of a zip archive.
const ZIP: &[u8] = b"PK\x03\x04";
/// Start of an OLE compound file: an old workbook, or an encrypted new one.
const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// The stream that an encrypted workbook has.
const ENCRYPTED: &str = "EncryptedPackage";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContainerKind {
    Workbook,
    Text,
}

/// Returns the kind of the file, after everything that would make it unsafe to go on was ruled out.
pub(super) fn container_kind(bytes: &[u8]) -> Result<ContainerKind, ReadError> {
    let size = bytes.len() as u64;
    if size > MAX_FILE_BYTES {
        return Err(ReadError::TooLarge { size, limit: MAX_FILE_BYTES });
    }
    if bytes.trim_ascii().is_empty() || bytes == b"\xef\xbb\xbf" {
        return Err(ReadError::Empty);
    }
    if bytes.starts_with(ZIP) {
        check_unpacked(bytes, MAX_UNPACKED)?;
        return Ok(ContainerKind::Workbook);
    }
    if bytes.starts_with(OLE) {
        let name: Vec<u8> = ENCRYPTED.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let encrypted = bytes.windows(name.len()).any(|window| window == name);
        return Err(if encrypted { ReadError::Encrypted } else { ReadError::OldFormat });
    }
    if let Some(other) = other_kind::of_binary(bytes) {
        return Err(other);
    }
    let is_utf16 = super::csv::is_utf16(bytes) || super::csv::utf16_without_mark(bytes).is_some();
    if bytes.contains(&0) && !is_utf16 {
        return Err(ReadError::NotAWorkbook("its content is binary".to_owned()));
    }
    match other_kind::of_text(bytes) {
        Some(other) => Err(other),
        None => Ok(ContainerKind::Text),
    }
}

/// Unpacks and counts every part without keeping it, up to a limit. The sizes that an archive states of itself
/// are not to be trusted, and the reader of workbooks takes entire parts into memory.
fn check_unpacked(bytes: &[u8], limit: u64) -> Result<(), ReadError> {
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|e| not_a_workbook(e.to_string()))?;
    if let Some(other) = other_kind::of_archive(&archive) {
        return Err(other);
    }
    if archive.len() > MAX_PARTS {
        return Err(ReadError::Bomb(format!("{} parts", archive.len())));
    }
    let mut counts = PartCounts::default();
    let mut left = limit;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|e| not_a_workbook(e.to_string()))?;
        let is_picture = part.name().is_ok_and(|name| name.starts_with("xl/media/"));
        let mut part = part.take(left + 1);
        match scan_part(&mut part, &mut counts, |_| {}) {
            Ok(()) => {}
            Err(ScanStopped::Io(error)) => return Err(damaged_container(error)),
            // Pictures are never read, and may hold what looks like an endless text.
            Err(ScanStopped::Limit(_)) if is_picture => {
                io::copy(&mut part, &mut io::sink()).map_err(damaged_container)?;
            }
            Err(ScanStopped::Limit(error)) => return Err(error),
        }
        let read = left + 1 - part.limit();
        left = left
            .checked_sub(read)
            .ok_or_else(|| ReadError::Bomb(format!("more than {limit} bytes")))?;
    }
    counts.check_stated()
}

fn not_a_workbook(reason: String) -> ReadError {
    ReadError::NotAWorkbook(reason)
}

fn damaged_container(error: io::Error) -> ReadError {
    ReadError::Damaged { sheet: None, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(size: usize) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("xl/workbook.xml", SimpleFileOptions::default()).unwrap();
        writer.write_all(&vec![b' '; size]).unwrap();
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn kinds_by_content() {
        assert_eq!(container_kind(&archive(10)).unwrap(), ContainerKind::Workbook);
        assert_eq!(container_kind(b"POAM ID,Controls\n").unwrap(), ContainerKind::Text);
    }

    #[test]
    fn what_is_no_workbook_is_named() {
        let mut encrypted = OLE.to_vec();
        encrypted.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
        for (bytes, expected) in [
            (Vec::new(), "the file is empty"),
            (b" \r\n".to_vec(), "the file is empty"),
            (encrypted, "encrypted"),
            ([OLE, b"Workbook"].concat(), ".xls"),
            (b"\x89PNG\0\0".to_vec(), "picture"),
            (b"\0\x01\0\0".to_vec(), "binary"),
            (b"PK\x03\x04 and then nothing".to_vec(), "neither a workbook"),
        ] {
            let error = container_kind(&bytes).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn an_archive_that_unpacks_to_too_much_is_refused() {
        let bytes = archive(100_000);
        assert!(bytes.len() < 2_000);
        assert!(check_unpacked(&bytes, 100_000).is_ok());
        assert!(matches!(check_unpacked(&bytes, 99_999), Err(ReadError::Bomb(_))));
    }

    #[test]
    fn every_part_is_counted_and_pictures_may_hold_anything() {
        let long = vec![b'x'; 5 * 1024 * 1024];
        for (name, is_read) in [("xl/media/image1.bmp", true), ("xl/worksheets/sheet1.xml", false)]
        {
            let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
            writer.start_file(name, SimpleFileOptions::default()).unwrap();
            writer.write_all(&long).unwrap();
            let bytes = writer.finish().unwrap().into_inner();
            assert_eq!(check_unpacked(&bytes, MAX_UNPACKED).is_ok(), is_read, "{name}");
            assert!(check_unpacked(&bytes, 1024 * 1024).is_err(), "{name}");
        }
    }

    #[test]
    fn stated_sizes_are_not_trusted() {
        let mut bytes = archive(100_000);
        let stated = 100_000u32.to_le_bytes();
        while let Some(at) = bytes.windows(4).position(|window| window == stated) {
            bytes[at..at + 4].copy_from_slice(&10u32.to_le_bytes());
        }
        assert!(check_unpacked(&bytes, 99_999).is_err());
    }
}
