//! `poam check`: checks documents against the official schemas and rules.
//!
//! The checks are in `exchange::check`; this reads the files and prints the result.

use std::io::{Read as _, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use super::input::read_document;
use super::validate::DiagnosticFormat;
use super::{CommandOutcome, Session};
use crate::diagnostic::Level;
use crate::exchange::check::{
    CheckedDocument, DocumentKind, FedrampRules, MAX_BYTES, check_document,
};
use crate::exchange::ver::ACTIVITY_HEADING;
use crate::output::{DocumentLine, ValidationReport};
use crate::rules::DOCUMENT_RULES;
use crate::text::visible;

/// Check reports and OSCAL POA&Ms of anybody against the official schemas, offline
///
/// The kind of a file is recognised by its content: FedRAMP's vulnerability detail report, report on
/// accepted vulnerabilities, historical activity, Ongoing Certification Report, Security Decision Record,
/// Significant Change Notification, or an OSCAL POA&M of any version from 1.0 to 1.2, in JSON or YAML.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Files; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Take every file for this kind, instead of recognising it
    #[arg(long, value_name = "KIND")]
    kind: Option<DocumentChoice>,
    /// When FedRAMP's own rules apply to OSCAL POA&Ms
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    fedramp: Fedramp,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: DiagnosticFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DocumentChoice {
    VulnerabilityDetailReport,
    AcceptedVulnerabilityInfo,
    HistoricalVerActivity,
    OngoingCertificationReport,
    SecurityDecisionRecord,
    SignificantChangeNotifications,
    OscalPoam,
}

impl From<DocumentChoice> for DocumentKind {
    fn from(kind: DocumentChoice) -> Self {
        match kind {
            DocumentChoice::VulnerabilityDetailReport => Self::VulnerabilityDetail,
            DocumentChoice::AcceptedVulnerabilityInfo => Self::AcceptedVulnerabilities,
            DocumentChoice::HistoricalVerActivity => Self::HistoricalActivity,
            DocumentChoice::OngoingCertificationReport => Self::OngoingCertification,
            DocumentChoice::SecurityDecisionRecord => Self::SecurityDecisions,
            DocumentChoice::SignificantChangeNotifications => Self::SignificantChange,
            DocumentChoice::OscalPoam => Self::OscalPoam,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Fedramp {
    /// Where the document uses FedRAMP's extensions
    Auto,
    /// To every POA&M
    Always,
    /// To none
    Never,
}

impl From<Fedramp> for FedrampRules {
    fn from(when: Fedramp) -> Self {
        match when {
            Fedramp::Auto => Self::IfUsed,
            Fedramp::Always => Self::Always,
            Fedramp::Never => Self::Never,
        }
    }
}

impl CheckArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let mut report = ValidationReport {
            asked: DOCUMENT_RULES.iter().map(|rule| rule.name).collect(),
            ..ValidationReport::default()
        };
        for file in &self.files {
            let bytes = read(session, file)?;
            let path = match file.as_os_str() == "-" {
                true => "standard input".to_owned(),
                false => file.to_string_lossy().replace('\\', "/"),
            };
            if self.kind.is_none() && bytes.starts_with(ACTIVITY_HEADING.as_bytes()) {
                session.say(format_args!(
                    "{}: the report for people that `poam export ver` writes; it has no schema: skipped",
                    visible(&path)
                ));
                continue;
            }
            let kind = self.kind.map(DocumentKind::from);
            let checked = check_document(&path, &bytes, kind, self.fedramp.into());
            announce_kind(session, &path, &checked);
            report.documents.push(DocumentLine {
                path,
                kind: checked.kind.map(DocumentKind::name),
                schema: checked.schema,
            });
            report.diagnostics.extend(checked.diagnostics);
        }
        let color = session.color;
        session
            .stream(self.format.content(), |out| report.write(self.format.into(), color, out))
            .context("writing the result")?;
        Ok(match report.count_level(Level::Error) {
            0 => CommandOutcome::Fine,
            _ => CommandOutcome::Diagnosed,
        })
    }
}

/// Reads a file, or standard input.
fn read(session: &Session, file: &Path) -> Result<Vec<u8>> {
    if file.as_os_str() != "-" {
        let path = session.directory.join(file);
        return read_document(&path, MAX_BYTES as u64, "a document")
            .with_context(|| format!("reading {}", file.display()));
    }
    let mut bytes = Vec::new();
    stdin().take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).context("reading standard input")?;
    if bytes.len() > MAX_BYTES {
        bail!("standard input has more than {MAX_BYTES} bytes");
    }
    Ok(bytes)
}

/// States what a document is taken for.
fn announce_kind(session: &Session, path: &str, checked: &CheckedDocument) {
    let Some(kind) = checked.kind else { return };
    let schema = match &checked.schema {
        Some(schema) => format!(", checked with schema {schema}"),
        None => String::new(),
    };
    session.say(format_args!("{}: {kind}{schema}", visible(path)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_names_of_the_library() {
        for kind in DocumentChoice::value_variants() {
            let name = kind.to_possible_value().unwrap().get_name().to_owned();
            assert_eq!(DocumentKind::from_name(&name), Some((*kind).into()));
        }
        assert_eq!(DocumentChoice::value_variants().len(), DocumentKind::ALL.len());
    }
}
