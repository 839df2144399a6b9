//! The formats and how a file finds its own.

use std::io::{BufRead, Read};
use std::ops::ControlFlow;

use crate::formats::{
    asff, ckl, cklb, csaf, cyclonedx, grype, hdf, inspector, nessus, ocsf, openvex, oscal,
    qualys_csv, qualys_xml, sarif, tenable_csv, trivy, xccdf,
};
use crate::{Limits, Refusal, ResultSink, ScanError, ScanResult, ScanRun, VexStatement};

/// How many bytes at the beginning of a file a format is recognised by.
const HEAD_BYTES: usize = 64 << 10;

/// A format of scanner results.
pub struct ScanFormat {
    /// The name at the command line: `nessus`, `trivy`.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// The page (Markdown): what is read, what identifies a finding, where the days come from, what is
    /// left out.
    pub page: &'static str,
    /// Returns whether the beginning of a file is of this format.
    pub recognises: fn(head: &Head) -> bool,
    /// Reads a file and hands its results to the sink.
    pub(crate) read: fn(
        input: &mut dyn BufRead,
        limits: Limits,
        sink: &mut Counter<'_>,
    ) -> Result<(), ScanError>,
}

/// All formats, in the order in which they are tried.
pub const FORMATS: &[ScanFormat] = &[
    nessus::FORMAT,
    qualys_xml::FORMAT,
    ckl::FORMAT,
    xccdf::FORMAT,
    tenable_csv::FORMAT,
    qualys_csv::FORMAT,
    sarif::FORMAT,
    trivy::FORMAT,
    grype::FORMAT,
    inspector::FORMAT,
    asff::FORMAT,
    ocsf::FORMAT,
    cklb::FORMAT,
    hdf::FORMAT,
    oscal::FORMAT,
    cyclonedx::FORMAT,
    openvex::FORMAT,
    csaf::FORMAT,
];

/// The beginning of a file, as the formats look at it.
pub struct Head {
    text: String,
}

impl Head {
    /// Decodes the beginning of a file; a character that is cut at the end is dropped.
    pub fn new(bytes: &[u8]) -> Self {
        let bytes = &bytes[..bytes.len().min(HEAD_BYTES)];
        let text = String::from_utf8_lossy(bytes);
        Self { text: text.trim_start_matches('\u{feff}').trim_start().to_owned() }
    }

    /// Returns whether the text begins as XML does and holds the start of an element. A prefix of the
    /// name does not matter.
    pub(crate) fn has_element(&self, name: &str) -> bool {
        self.text.starts_with('<')
            && (self.text.contains(&format!("<{name}")) || self.text.contains(&format!(":{name} ")))
    }

    /// Returns whether the text begins as JSON does and holds all of the keys.
    pub(crate) fn has_keys(&self, keys: &[&str]) -> bool {
        self.text.starts_with(['{', '['])
            && keys.iter().all(|key| self.text.contains(&format!("\"{key}\"")))
    }

    /// Returns whether a JSON text holds this text.
    pub(crate) fn json_contains(&self, text: &str) -> bool {
        self.text.starts_with(['{', '[']) && self.text.contains(text)
    }

    /// Returns the first lines, which hold the header of a CSV file.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines().take(12)
    }
}

/// Passes what a reader finds on to the sink, and counts.
pub(crate) struct Counter<'a> {
    sink: &'a mut dyn ResultSink,
    results: u64,
    limit: u64,
    stopped: bool,
}

impl Counter<'_> {
    /// Hands a result over. One without an id is refused.
    pub(crate) fn result(&mut self, result: ScanResult) -> Result<(), ScanError> {
        self.count(&result.place)?;
        let flow = if result.id.trim().is_empty() {
            let reason =
                "the result has no id, so that it cannot be recognised in the next scan".to_owned();
            self.sink.refused(Refusal { place: result.place, reason })
        } else {
            self.sink.result(result)
        };
        self.note(flow);
        Ok(())
    }

    /// Hands over a result that cannot be used.
    pub(crate) fn refuse(
        &mut self,
        place: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<(), ScanError> {
        let place = place.into();
        self.count(&place)?;
        let flow = self.sink.refused(Refusal { place, reason: reason.into() });
        self.note(flow);
        Ok(())
    }

    /// Hands a run over.
    pub(crate) fn run(&mut self, run: ScanRun) {
        let flow = self.sink.run(run);
        self.note(flow);
    }

    /// Hands a VEX statement over.
    pub(crate) fn statement(&mut self, statement: VexStatement) -> Result<(), ScanError> {
        self.count(&statement.place)?;
        let flow = self.sink.statement(statement);
        self.note(flow);
        Ok(())
    }

    /// Returns whether the sink has asked to end.
    pub(crate) fn stopped(&self) -> bool {
        self.stopped
    }

    fn count(&mut self, place: &str) -> Result<(), ScanError> {
        self.results += 1;
        if self.results > self.limit {
            return Err(ScanError::Limit {
                place: place.to_owned(),
                limit: self.limit,
                what: "results",
            });
        }
        Ok(())
    }

    fn note(&mut self, flow: ControlFlow<()>) {
        self.stopped |= flow.is_break();
    }
}

/// Returns the format of a file by its beginning, of which 64 KiB are enough.
pub fn recognise(head: &[u8]) -> Option<&'static ScanFormat> {
    let head = Head::new(head);
    FORMATS.iter().find(|format| (format.recognises)(&head))
}

/// Recognises the format of a file, reads it and hands its results to the sink.
///
/// # Errors
///
/// The file is of no known format, breaks off, violates its syntax or exceeds a limit. What the sink
/// received until then must not be used: the file is not whole.
pub fn read(
    mut input: &mut dyn BufRead,
    limits: Limits,
    sink: &mut dyn ResultSink,
) -> Result<&'static ScanFormat, ScanError> {
    let mut head = Vec::new();
    (&mut input).take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let Some(format) = recognise(&head) else {
        let known: Vec<_> = FORMATS.iter().map(|format| format.title).collect();
        return Err(ScanError::UnknownFormat { known: known.join(", ") });
    };
    let mut whole = std::io::BufReader::new(std::io::Cursor::new(head).chain(input));
    let mut counter = Counter { sink, results: 0, limit: limits.results, stopped: false };
    (format.read)(&mut whole, limits, &mut counter)?;
    Ok(format)
}
