//! `poam export ocr`: the Ongoing Certification Report with the members that people write.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use chrono::{Months, NaiveDate};
use clap::Args;
use serde_json::Value;

use super::ExportTarget;
use super::ver::{describe_count, since_commit, warn_of_deleted};
use crate::cli::input::read_document;
use crate::cli::published::Published;
use crate::cli::{CommandOutcome, Session};
use crate::document::{Document, Limits};
use crate::exchange::ver::{Authored, Period, VerReport, vulnerabilities};
use crate::output::OutputKind;
use crate::text::visible;

/// FedRAMP's Ongoing Certification Report (OCR): the quarterly summary of accepted vulnerabilities
///
/// The tracker writes `acceptedVulnerabilities`, the period and the link to the certification package.
/// What it does not hold (changes, agencies, incidents) people write in a file that --with names; without
/// it the report is not complete, and what is missing is said.
#[derive(Debug, Args)]
pub(super) struct OcrArgs {
    #[command(flatten)]
    target: ExportTarget,
    /// Where the period begins: the day or the revision of the report before this one; three months
    /// before the commit where it is not given
    #[arg(long, value_name = "REV|DATE")]
    since: Option<String>,
    /// YAML or JSON with the members that people write, e.g. `activeAgencies`
    #[arg(long = "with", value_name = "FILE")]
    authored: Option<PathBuf>,
}

/// The largest file of members that is read.
const LARGEST: u64 = 1 << 20;

impl OcrArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let authored = match &self.authored {
            Some(file) => read_authored(session, file)?,
            None => Authored::default(),
        };
        let tree = self.target.published(session, "report")?;
        let period = self.period(session, &tree)?;
        let (store, settings, history) = (&tree.store, &tree.tracker.settings, &tree.history);
        let found = vulnerabilities(store, settings, history, &tree.commit.to_string(), period)?;
        warn_of_deleted(session, &found);
        let report = found.ocr(&authored)?;
        if let Some(file) = self.authored.as_ref().filter(|_| !report.faults.is_empty()) {
            let faults: Vec<String> =
                report.faults.iter().map(|fault| format!("\n  {}", visible(fault))).collect();
            bail!("{} does not fit the report:{}", file.display(), faults.concat());
        }
        let accepted = found.count(VerReport::Activity) - found.count_active();
        self.target.write(
            session,
            OutputKind::Json,
            &report.text,
            &describe_count(accepted, &tree),
        )?;
        if !report.missing.is_empty() {
            session.say(format_args!(
                "note: the report is not complete: {} must be written by people; give them with --with FILE",
                report.missing.join(", ")
            ));
        }
        Ok(CommandOutcome::Fine)
    }

    fn period(&self, session: &Session, tree: &Published) -> Result<Period> {
        let to = tree.history.head_time.unwrap_or_default();
        let Some(since) = &self.since else {
            let from = to.date_naive().checked_sub_months(Months::new(3));
            let from = from.unwrap_or(to.date_naive());
            session.say(format_args!("note: since {from}, three months before the commit"));
            return Ok(Period::since_day(from, to));
        };
        match since.parse::<NaiveDate>() {
            Ok(day) if day > to.date_naive() => bail!("--since {day} is after the commit"),
            Ok(day) => Ok(Period::since_day(day, to)),
            Err(_) => since_commit(tree, tree.repository.resolve_revision(since)?),
        }
    }
}

/// The members that people wrote, from YAML or JSON.
fn read_authored(session: &Session, file: &Path) -> Result<Authored> {
    let reading = || format!("reading {}", file.display());
    let bytes = read_document(&session.directory.join(file), LARGEST, "members of the report")
        .with_context(reading)?;
    let is_json = bytes.trim_ascii_start().first().is_some_and(|byte| b"{[".contains(byte));
    let value: Value = if is_json {
        serde_json::from_slice(&bytes).with_context(reading)?
    } else {
        let path = file.to_string_lossy();
        let document = Document::parse(&path, &bytes, &Limits::ITEM).map_err(|error| {
            let at = error.label.start;
            anyhow::anyhow!("{path}:{}:{}: {error}", at.line, at.column)
        })?;
        document.to_value()
    };
    Authored::from_value(value).with_context(reading)
}
