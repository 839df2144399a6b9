//! The formats and how a file finds its own.

use std::collections::HashSet;
use std::io::{BufRead, Read};
use std::ops::ControlFlow;

use crate::decode::decode_reader;
use crate::formats::{
    asff, ckl, cklb, csaf, cyclonedx, grype, hdf, inspector, nessus, ocsf, openvex, oscal,
    qualys_csv, qualys_xml, sarif, tenable_csv, trivy, xccdf,
};
use crate::head::Head;
use crate::{Asset, Refusal, ResultSink, ScanError, ScanLimits, ScanResult, ScanRun, VexStatement};

/// Number of bytes at the beginning of a file by which a format is recognised.
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
    pub(crate) recognises: fn(head: &Head) -> bool,
    /// Reads a file and passes its results to the sink.
    pub(crate) read: fn(
        input: &mut dyn BufRead,
        limits: ScanLimits,
        sink: &mut CountingSink<'_>,
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

/// Passes what a reader finds on to the sink, and counts.
pub(crate) struct CountingSink<'a> {
    sink: &'a mut dyn ResultSink,
    results: u64,
    limit: u64,
    stopped: bool,
    /// Whether a result was handed over since the last run.
    has_results: bool,
    /// Names of the assets of the results since the last run.
    assets: HashSet<String>,
    /// Names of the members in the order of the file.
    asset_order: Vec<String>,
}

impl CountingSink<'_> {
    /// Hands a result over. One without an id is refused.
    pub(crate) fn accept_result(&mut self, result: ScanResult) -> Result<(), ScanError> {
        self.count_result(&result.place)?;
        let flow = if result.id.trim().is_empty() {
            let reason =
                "the result has no id, so that it cannot be recognised in the next scan".to_owned();
            self.sink.refused(Refusal { place: result.place, reason, is_blank: false })
        } else {
            for asset in &result.assets {
                if !asset.name.is_empty() && self.assets.insert(asset.name.clone()) {
                    self.asset_order.push(asset.name.clone());
                }
            }
            self.has_results = true;
            self.sink.result(result)
        };
        self.note_flow(flow);
        Ok(())
    }

    /// Hands over a result that cannot be used.
    pub(crate) fn refuse_result(
        &mut self,
        place: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<(), ScanError> {
        let place = place.into();
        self.count_result(&place)?;
        let flow = self.sink.refused(Refusal { place, reason: reason.into(), is_blank: false });
        self.note_flow(flow);
        Ok(())
    }

    /// Hands over a row of blank cells, which is counted and states nothing.
    pub(crate) fn count_blank(&mut self, place: impl Into<String>) -> Result<(), ScanError> {
        let place = place.into();
        self.count_result(&place)?;
        let reason = "the row is blank".to_owned();
        let flow = self.sink.refused(Refusal { place, reason, is_blank: true });
        self.note_flow(flow);
        Ok(())
    }

    /// Hands a run over, with the assets of its results: what has a result was looked at. A run that
    /// holds no result at all shows nothing about weaknesses that it does not list.
    pub(crate) fn run(&mut self, mut run: ScanRun) {
        if !std::mem::take(&mut self.has_results) {
            run.lists_only_findings = None;
        }
        for asset in &run.assets {
            self.assets.remove(&asset.name);
        }
        for name in self.asset_order.drain(..) {
            if self.assets.remove(&name) {
                run.assets.push(Asset::new(name));
            }
        }
        let flow = self.sink.run(run);
        self.note_flow(flow);
    }

    /// Hands a VEX statement over.
    pub(crate) fn accept_statement(&mut self, statement: VexStatement) -> Result<(), ScanError> {
        self.count_result(&statement.place)?;
        let flow = self.sink.statement(statement);
        self.note_flow(flow);
        Ok(())
    }

    /// Returns whether the sink has asked to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped
    }

    fn count_result(&mut self, place: &str) -> Result<(), ScanError> {
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

    fn note_flow(&mut self, flow: ControlFlow<()>) {
        self.stopped |= flow.is_break();
    }
}

/// Returns the format of a file by its beginning, of which 64 KiB are enough for most files.
pub fn recognise_format(head: &[u8]) -> Option<&'static ScanFormat> {
    let head = Head::new(head);
    FORMATS.iter().find(|format| (format.recognises)(&head))
}

/// Recognises the format of a file, reads it and passes its results to the sink.
///
/// # Errors
///
/// The file is of no known format, breaks off, violates its syntax or exceeds a limit. What the sink
/// received until then must not be used: the file is not entire.
pub fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut dyn ResultSink,
) -> Result<&'static ScanFormat, ScanError> {
    let mut input = decode_reader(input)?;
    let mut head = Vec::new();
    (&mut input).take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    if head.iter().all(u8::is_ascii_whitespace) {
        return Err(ScanError::Empty);
    }
    let mut format = recognise_format(&head);
    // The keys that show a JSON format may be behind a long list. JSON files are read in full.
    if format.is_none() && Head::new(&head).is_json() {
        (&mut input)
            .take(limits.json_bytes.saturating_sub(head.len() as u64))
            .read_to_end(&mut head)?;
        format = recognise_format(&head);
    }
    let Some(format) = format else {
        let known: Vec<_> = FORMATS.iter().map(|format| format.title).collect();
        return Err(ScanError::UnknownFormat { known: known.join(", ") });
    };
    let mut whole =
        std::io::BufReader::with_capacity(HEAD_BYTES, std::io::Cursor::new(head).chain(input));
    let mut counter = CountingSink {
        sink,
        results: 0,
        limit: limits.results,
        stopped: false,
        has_results: false,
        assets: HashSet::new(),
        asset_order: Vec::new(),
    };
    (format.read)(&mut whole, limits, &mut counter)?;
    Ok(format)
}
