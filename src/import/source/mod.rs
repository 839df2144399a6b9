//! Sources: the kinds of documents that an import reads, behind one trait.
//!
//! A source recognises a document by its name and first bytes and reads it into a [`Submission`]. What
//! follows (candidates, matching, merge, plan) is the same for all of them. [`IMPORT_SOURCES`] lists the
//! sources; a new one is a file here and an entry there.

mod oscal;
mod table;

use std::path::Path;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::Submission;
use crate::exchange::Assumed;
use crate::exchange::oscal::DocumentError;
use crate::workbook::{ReadError, ReadOptions};

/// A kind of document that an import reads.
pub trait ImportSource: Sync {
    /// Name with its article, for messages: `an OSCAL document`.
    fn title(&self) -> &'static str;

    /// Bytes that are read at most.
    fn max_bytes(&self) -> u64;

    /// Returns whether its documents have rows and columns, which a person can give a meaning.
    fn has_rows(&self) -> bool;

    /// Returns whether a file is one of its documents, by its name and its first [`HEAD_BYTES`]. `head`
    /// is empty for a folder, a pipe and a file that cannot be opened.
    fn recognises(&self, file: &Path, head: &[u8]) -> bool;

    /// Reads a document.
    ///
    /// # Errors
    ///
    /// When it cannot be read at all. An item that cannot be read is refused within the submission.
    fn read(
        &self,
        document: SourceDocument,
        options: &SourceOptions,
    ) -> Result<Submission, SourceError>;
}

/// All sources, in the order in which they are asked. The last one takes every file.
pub const IMPORT_SOURCES: [&dyn ImportSource; 2] = [&oscal::OscalSource, &table::TableSource];

/// Number of first bytes that sources recognise a document by.
pub const HEAD_BYTES: u64 = 4096;

/// Finds the source of a file by its name and its first bytes.
pub fn find_source(file: &Path, head: &[u8]) -> &'static dyn ImportSource {
    let found = IMPORT_SOURCES.into_iter().find(|source| source.recognises(file, head));
    found.unwrap_or(&table::TableSource)
}

/// A document as its source gets it.
pub struct SourceDocument {
    /// Name of the file or folder, without the folders above it.
    pub name: String,
    /// Its bytes.
    pub content: SourceContent,
}

/// Bytes of a document.
pub enum SourceContent {
    /// Those of a file.
    File(Vec<u8>),
    /// Those of the files in a folder, by name. Only sources with rows take a folder.
    Folder(Vec<(String, Vec<u8>)>),
}

impl SourceContent {
    /// Computes the digest that identifies the document: `sha256:` and hex digits.
    fn digest(&self) -> String {
        let mut digest = Sha256::new();
        match self {
            Self::File(bytes) => digest.update(bytes),
            Self::Folder(files) => {
                for (name, bytes) in files {
                    digest.update(format!("{name}\0{}\0", bytes.len()));
                    digest.update(bytes);
                }
            }
        }
        format!("sha256:{:x}", digest.finalize())
    }
}

/// Choices of a person about reading.
pub struct SourceOptions {
    /// The day that the person gives for the document.
    pub stated_day: Option<NaiveDate>,
    /// Today.
    pub today: NaiveDate,
    /// Values for what documents leave out, and meanings of their words.
    pub assumed: Assumed,
    /// Meanings of sheets and columns.
    pub tables: ReadOptions,
    /// Whether the document is an edited workbook of ours, whose status column stays as it is.
    pub is_update: bool,
}

/// Reasons why a document cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is no workbook or CSV file that can be read.
    #[error(transparent)]
    Table(#[from] ReadError),
    /// It is no OSCAL document that can be read.
    #[error(transparent)]
    Oscal(#[from] DocumentError),
    /// The source takes no folder.
    #[error("it is a folder, not {0}")]
    Folder(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_recognised_by_its_name_or_its_first_bytes() {
        let json = br#"{"plan-of-action-and-milestones": {}}"#;
        for (file, head, expected) in [
            ("poam.json", &b""[..], "an OSCAL document"),
            ("poam.YML", b"", "an OSCAL document"),
            ("poam.txt", json, "an OSCAL document"),
            ("poam", b"\xef\xbb\xbf\nplan-of-action-and-milestones:\n", "an OSCAL document"),
            ("poam", b"title: a\n plan-of-action-and-milestones: b\n", "a workbook or CSV file"),
            ("poam", b"plan-of-action-and-milestones:\n  uuid: 1\n", "an OSCAL document"),
            ("poam.csv", b"POAM ID,plan-of-action-and-milestones\n", "a workbook or CSV file"),
            ("poam.xlsx", b"PK\x03\x04", "a workbook or CSV file"),
            ("folder", b"", "a workbook or CSV file"),
        ] {
            assert_eq!(find_source(Path::new(file), head).title(), expected, "{file}");
        }
    }

    #[test]
    fn the_files_of_a_folder_cannot_be_mistaken_for_others() {
        let digest = |files: &[(&str, &str)]| {
            let file = |(name, text): &(&str, &str)| ((*name).to_owned(), text.as_bytes().to_vec());
            SourceContent::Folder(files.iter().map(file).collect()).digest()
        };
        // SHA-256 of `abc` is the example of FIPS 180-4.
        let abc = SourceContent::File(b"abc".to_vec()).digest();
        assert_eq!(abc, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_ne!(digest(&[("a", "b")]), digest(&[("ab", "")]));
        assert_ne!(digest(&[("a", "bc")]), digest(&[("a", "b"), ("c", "")]));
    }
}
