//! OSCAL plans of action and milestones, in JSON or YAML.

use std::path::Path;

use super::super::submission::{DatedSubmission, OFFICIAL, Submission};
use super::{ImportSource, SourceContent, SourceDocument, SourceError, SourceOptions};
use crate::exchange::oscal::{self, MAX_BYTES};
use crate::workbook::{Reading, ReadingNote};

/// OSCAL documents with a POA&M.
pub(super) struct OscalSource;

impl ImportSource for OscalSource {
    fn title(&self) -> &'static str {
        "an OSCAL document"
    }

    fn max_bytes(&self) -> u64 {
        MAX_BYTES as u64
    }

    fn has_rows(&self) -> bool {
        false
    }

    fn recognises(&self, file: &Path, head: &[u8]) -> bool {
        const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)) {
            return true;
        }
        let text = String::from_utf8_lossy(head);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        text.contains("plan-of-action-and-milestones")
            && (text.starts_with('{')
                || text.lines().any(|line| line.starts_with("plan-of-action-and-milestones:")))
    }

    fn read(
        &self,
        document: SourceDocument,
        options: &SourceOptions,
    ) -> Result<Submission, SourceError> {
        let source_id = document.content.digest();
        let SourceContent::File(bytes) = document.content else {
            return Err(SourceError::Folder(self.title()));
        };
        let source = document.name;
        let read = oscal::document(&source, &bytes, &options.assumed)?;
        let layout = format!("oscal-{}", read.version);
        let mut reading = Reading { layout, ..Reading::default() };
        reading.header.date = read.date;
        for message in read.notes {
            reading.notes.push(ReadingNote { sheet: source.clone(), row: None, message });
        }
        let dated =
            DatedSubmission::detect_day(&source, &reading, options.stated_day, options.today);
        // A register goes on where its documents change from the official workbook to OSCAL.
        let origin = OFFICIAL.to_owned();
        Ok(Submission { source, source_id, origin, reading, listed: read.items, dated })
    }
}
