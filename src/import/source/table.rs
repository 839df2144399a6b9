//! Tables of items: workbooks and CSV files in an official layout (FedRAMP, federal) or a team's own.

use std::path::Path;

use super::super::submission::{DatedSubmission, Submission};
use super::{ImportSource, SourceContent, SourceDocument, SourceError, SourceOptions};
use crate::exchange::{note_critical, read_status_columns, take_apart};
use crate::workbook::{self, read::MAX_FILE_BYTES};

/// Workbooks, CSV files and folders of CSV files. The layout is found by the headers.
pub(super) struct TableSource;

impl ImportSource for TableSource {
    fn title(&self) -> &'static str {
        "a workbook or CSV file"
    }

    fn max_bytes(&self) -> u64 {
        MAX_FILE_BYTES
    }

    fn has_rows(&self) -> bool {
        true
    }

    /// Takes every file: what is no table is explained by the reader.
    fn recognises(&self, _file: &Path, _head: &[u8]) -> bool {
        true
    }

    fn read(
        &self,
        document: SourceDocument,
        options: &SourceOptions,
    ) -> Result<Submission, SourceError> {
        let source_id = document.content.digest();
        let source = document.name;
        let mut reading = match document.content {
            SourceContent::File(bytes) => workbook::read_with(&source, bytes, &options.tables)?,
            SourceContent::Folder(files) => {
                let mut sheets: Vec<(&str, &[u8])> = Vec::with_capacity(files.len());
                for (name, bytes) in &files {
                    sheets.push((name, bytes));
                }
                workbook::read_sheets(&sheets, &options.tables)?
            }
        };
        take_apart(&mut reading);
        if !options.is_update {
            read_status_columns(&mut reading, &options.assumed.statuses)?;
        }
        note_critical(&mut reading, &options.assumed);
        let dated =
            DatedSubmission::detect_day(&source, &reading, options.stated_day, options.today);
        let origin = Submission::origin_of(&reading.layout, &options.tables.columns);
        Ok(Submission { source, source_id, origin, reading, listed: Vec::new(), dated })
    }
}
