//! `poam export`: writes the tracker of a commit in other forms, one file for each form.

mod ocr;
mod oscal;
mod table;
mod ver;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::destination::Destination;
use super::published::Published;
use super::{CommandOutcome, Session};
use crate::output::OutputKind;

/// Write the tracker of a commit in another form: OSCAL, FedRAMP's 2026 reports, tables
///
/// The same commit gives the same bytes. Without --output the result is printed.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(subcommand)]
    form: Form,
}

#[derive(Debug, Subcommand)]
enum Form {
    Oscal(oscal::OscalArgs),
    Ver(ver::VerExportArgs),
    Ocr(ocr::OcrArgs),
    Xlsx(table::XlsxArgs),
    Csv(table::CsvArgs),
    Ndjson(table::NdjsonArgs),
}

impl ExportArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        match self.form {
            Form::Oscal(form) => form.run(session),
            Form::Ver(form) => form.run(session),
            Form::Ocr(form) => form.run(session),
            Form::Xlsx(form) => form.run(session),
            Form::Csv(form) => form.run(session),
            Form::Ndjson(form) => form.run(session),
        }
    }
}

/// Of which commit, and where to.
#[derive(Debug, Args)]
struct ExportTarget {
    /// The file to write; `-`, or nothing, prints
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    source: ExportSource,
}

/// Of which commit.
#[derive(Debug, Args)]
struct ExportSource {
    /// Build from this revision, or the last commit of a day, instead of the last commit
    #[arg(long, value_name = "REV|DATE")]
    as_of: Option<String>,
}

impl ExportSource {
    fn published(&self, session: &Session, what: &str) -> Result<Published> {
        Published::load(session, self.as_of.as_deref(), what)
    }

    /// The day that counts: the one that was asked for, else that of the commit (UTC). The real
    /// day has no part in it: the same commit gives the same bytes.
    fn day(&self, session: &Session, tree: &Published) -> NaiveDate {
        let asked = session.asked_day(&tree.repository, self.as_of.as_deref());
        let landed = tree.history.head_time.map(|time| time.date_naive());
        asked.or(landed).unwrap_or(session.today)
    }
}

impl ExportTarget {
    fn published(&self, session: &Session, what: &str) -> Result<Published> {
        self.source.published(session, what)
    }

    fn day(&self, session: &Session, tree: &Published) -> NaiveDate {
        self.source.day(session, tree)
    }

    /// The file, unless the result is printed.
    fn file(&self) -> Option<&PathBuf> {
        self.output.as_ref().filter(|path| path.as_os_str() != "-")
    }

    /// Writes or prints a text; of a file, states what was written.
    fn write(
        &self,
        session: &mut Session,
        content: OutputKind,
        text: &str,
        said: &str,
    ) -> Result<()> {
        let Some(output) = self.file() else { return session.print_as(content, text) };
        write_file(session, output, content, text, said)
    }
}

/// Writes a text to a file and reports it.
fn write_file(
    session: &mut Session,
    output: &Path,
    content: OutputKind,
    text: &str,
    said: &str,
) -> Result<()> {
    let writing = || format!("writing {}", output.display());
    let destination = Destination::find(&session.directory.join(output)).with_context(writing)?;
    destination
        .write(session, content, |out| out.write_all(text.as_bytes()))
        .with_context(writing)?;
    destination.report_written(session, format_args!("{}: {said}", output.display()))
}
