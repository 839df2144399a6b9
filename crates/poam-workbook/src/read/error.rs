//! Errors of reading a file.

use std::fmt::Write as _;
use std::path::PathBuf;

/// Reasons why a file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file system refused.
    #[error("{} cannot be read", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Reason of the system.
        #[source]
        source: std::io::Error,
    },
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is larger than anyone's workbook.
    #[error("the file is too large: {size} bytes, and the limit is {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// It would unpack to far more than a workbook holds.
    #[error("the file holds more than is read: {0}")]
    Bomb(String),
    /// It is protected by a password.
    #[error("the workbook is encrypted; save it without a password first")]
    Encrypted,
    /// It is a workbook of the format before 2007.
    #[error("the file has the old binary format (.xls); save it as .xlsx first")]
    OldFormat,
    /// It is something else.
    #[error("the file is neither a workbook (.xlsx, .xlsm) nor a CSV file: {0}")]
    NotAWorkbook(String),
    /// It is a known kind of file that holds no table.
    #[error("the file is {what}: {way}")]
    OtherKind {
        /// The kind.
        what: &'static str,
        /// Advice what to do.
        way: String,
    },
    /// It is a workbook, but damaged.
    #[error("the workbook is damaged{}: {reason}", describe_place(sheet))]
    Damaged {
        /// The sheet, when the damage is in one.
        sheet: Option<String>,
        /// The reader's reason.
        reason: String,
    },
    /// A CSV file whose text is not UTF-8.
    #[error("the CSV file is not UTF-8 (line {line}); save it as `CSV UTF-8`")]
    NotUtf8 {
        /// The line, from 1.
        line: usize,
    },
    /// A CSV file that breaks the rules of CSV.
    #[error("the CSV file is damaged: {0}")]
    Csv(String),
    /// No sheet has a column that a person named.
    #[error("no sheet has a column `{header}`")]
    NoColumn {
        /// The header as it was stated.
        header: String,
        /// The texts of the first rows.
        seen: Vec<String>,
    },
    /// No sheet has the name that a person gives.
    #[error("there is no sheet `{sheet}`; there are {}", seen.join(", "))]
    NoSheet {
        /// The name as it was stated.
        sheet: String,
        /// The names of the sheets.
        seen: Vec<String>,
    },
    /// Nothing states whether the items of a sheet are open or closed.
    #[error(
        "nothing says whether the items on the sheet `{sheet}` are open or closed ({why}): say it with \
         --sheet \"{sheet}=open\" or --sheet \"{sheet}=closed\" (or configuration, documentation, ignore)"
    )]
    UnclearSheet {
        /// The sheet.
        sheet: String,
        /// Reason why it is unclear.
        why: String,
    },
    /// No sheet has a known header row.
    #[error("{}", no_header(sheets, wanted))]
    NoHeader {
        /// Every sheet, with the row that came closest.
        sheets: Vec<SheetSeen>,
        /// The headers of the newest layout.
        wanted: Vec<String>,
    },
}

/// A sheet without a known header row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetSeen {
    /// The sheet.
    pub name: String,
    /// The row, from 1, that came closest; `None` for a sheet without text in its first rows.
    pub row: Option<u32>,
    /// The texts of that row.
    pub headers: Vec<String>,
    /// Number of known headers among them.
    pub known: usize,
}

fn describe_place(sheet: &Option<String>) -> String {
    sheet.as_ref().map_or_else(String::new, |sheet| format!(" (sheet `{sheet}`)"))
}

fn no_header(sheets: &[SheetSeen], wanted: &[String]) -> String {
    let mut text = String::from("no sheet has a known header row");
    for sheet in sheets {
        match sheet.row {
            None => _ = write!(text, "\n  sheet `{}`: no text in its first rows", sheet.name),
            Some(row) => {
                _ = write!(
                    text,
                    "\n  sheet `{}`: row {row} comes closest with {} known of {} headers: {}",
                    sheet.name,
                    sheet.known,
                    sheet.headers.len(),
                    wrapped(&sheet.headers)
                );
            }
        }
    }
    _ = write!(text, "\n  looked for: {}", wrapped(wanted));
    text.push_str(
        "\n  to read another layout, say what its columns mean: --map \"HEADER=FIELD\", once for each \
         (weakness-name, poam-id, original-detection-date, original-risk-rating, …); where the other headers \
         are known, one is enough: --map \"Weakness Name=weakness-name\"",
    );
    text
}

/// Characters of a line of headers.
const LINE: usize = 90;

/// Joins headers, in lines that people can read.
fn wrapped(headers: &[String]) -> String {
    let mut text = String::new();
    let mut line = 0;
    for (number, header) in headers.iter().enumerate() {
        let length = header.chars().count() + 3;
        match number {
            0 => {}
            _ if line + length > LINE => {
                text.push_str(" |\n    ");
                line = 0;
            }
            _ => text.push_str(" | "),
        }
        text.push_str(header);
        line += length;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_header_row_names_what_was_seen_and_wanted() {
        let seen = |name: &str, row, headers: &[&str], known| SheetSeen {
            name: name.to_owned(),
            row,
            headers: headers.iter().map(ToString::to_string).collect(),
            known,
        };
        let error = ReadError::NoHeader {
            sheets: vec![
                seen("POAM", Some(1), &["ID", "Comments"], 1),
                seen("Empty", None, &[], 0),
            ],
            wanted: vec!["POAM ID".to_owned(), "Controls".to_owned()],
        };
        assert_eq!(
            error.to_string(),
            "no sheet has a known header row\n  \
             sheet `POAM`: row 1 comes closest with 1 known of 2 headers: ID | Comments\n  \
             sheet `Empty`: no text in its first rows\n  \
             looked for: POAM ID | Controls\n  \
             to read another layout, say what its columns mean: --map \"HEADER=FIELD\", once for each \
             (weakness-name, poam-id, original-detection-date, original-risk-rating, …); where the other headers \
             are known, one is enough: --map \"Weakness Name=weakness-name\""
        );
    }
}
