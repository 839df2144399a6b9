//! `poam workbook`: builds the official workbook from a commit, and verifies built ones.

mod edition;
mod layout;
mod origin;
mod verify;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};

use super::destination::Destination;
use super::{CommandOutcome, Session};
use crate::exchange::{Listed, is_layout_file};
use crate::output::OutputKind;
use crate::text::{few, plural, visible};
use crate::workbook::Layout;
use edition::{RequestedWorkbook, WorkbookSource};

/// Build the official FedRAMP workbook from the last commit
///
/// The same commit gives the same bytes, on every machine.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct WorkbookArgs {
    #[command(subcommand)]
    command: Option<WorkbookCommand>,
    /// The file to write [default: POAM-DATE.xlsx with the POA&M date]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    asked: RequestedWorkbook,
}

#[derive(Debug, Subcommand)]
enum WorkbookCommand {
    Verify(verify::WorkbookVerifyArgs),
    Layout(layout::PrintArgs),
}

impl WorkbookArgs {
    /// The workbook of the last commit.
    pub(super) fn to_output(output: &str) -> Self {
        Self { command: None, output: Some(output.into()), asked: RequestedWorkbook::default() }
    }

    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        match (self.command, self.output) {
            (Some(WorkbookCommand::Verify(command)), _) => command.run(session),
            (Some(WorkbookCommand::Layout(command)), _) => command.run(session),
            (None, output) => write(session, output, &self.asked),
        }
    }
}

fn write(
    session: &mut Session,
    output: Option<PathBuf>,
    asked: &RequestedWorkbook,
) -> Result<CommandOutcome> {
    let mut opened = None;
    let output = match output {
        Some(output) => output,
        None => {
            let source = opened.insert(WorkbookSource::open(session, asked)?);
            PathBuf::from(format!("POAM-{}.xlsx", source.find_edition(session, asked).date))
        }
    };
    let output = output.as_path();
    let writing = || format!("writing {}", output.display());
    let destination = Destination::find(&session.directory.join(output)).with_context(writing)?;
    check_extension(output, &destination)?;
    // A name that does not exist is stated before thousands of items are read.
    if let Some(name) = asked.template.as_deref().filter(|name| !is_layout_file(name)) {
        Layout::find_named(name)?;
    }
    let source = match opened {
        Some(source) => source,
        None => WorkbookSource::open(session, asked)?,
    };
    source.say_uncommitted(session, asked)?;
    source.say_unnamed_system(session);
    let layout = source.find_layout(session, asked.template.as_deref())?;
    let edition = source.find_edition(session, asked);
    if edition.date == source.commit_day() {
        session.say_backdated(&source.repository, source.commit)?;
    }
    let snapshots = source.find_snapshots()?;
    let folder = destination.temporary_folder();
    let written = destination
        .write(session, OutputKind::Exact, |out| source.write(&layout, &edition, &folder, out));
    let Listed { rows, notes } = written.with_context(writing)?;
    if !notes.rewritten.is_empty() {
        let ids: Vec<&str> = notes.rewritten.iter().map(|id| id.as_str()).collect();
        session.say(format_args!(
            "note: {} with another original detection date or risk rating than when first committed; the workbook has the first: {} (`poam validate` reports each: detection-date-moved, original-rating-changed)",
            plural(ids.len(), "item"),
            few(&ids),
        ));
    }
    let off_formula = &notes.off_formula;
    if let Some(first) = off_formula.first() {
        let more = if off_formula.len() > 1 { " and others" } else { "" };
        session.say(format_args!(
            "note: {} ({}{more}) scheduled for another day than the template's formula shows; the remediation plan says which",
            plural(off_formula.len(), "open item"),
            visible(first.as_str()),
        ));
    }
    for (id, field) in &notes.cleaned {
        session.say(format_args!(
            "warning: {}: {field}: control characters are left out of the cell, which cannot hold them",
            visible(id.as_str())
        ));
    }
    if edition.late_only {
        session.say(format_args!(
            "note: of the open items, those that must be listed on {}: {} left out, which a scanner found and which are in time; {} in time listed nevertheless (not from a scanner, with a deviation, or waiting for a vendor)",
            edition.date,
            plural(notes.in_time_left_out, "item"),
            notes.listed_in_time
        ));
    }
    if edition.open_only {
        let items = plural(notes.closed_left_out, "closed item");
        session.say(format_args!("note: open items only: {items} left out"));
    }
    for name in snapshots {
        session.say(format_args!("note: this commit is the snapshot {}", visible(&name)));
    }
    let text = format_args!(
        "{}: {}, layout {}, commit {}",
        output.display(),
        plural(rows, "item"),
        layout.name,
        source.commit.short()
    );
    destination.report_written(session, text)?;
    Ok(CommandOutcome::Fine)
}

/// An error where a file would hold something else than its name promises: a spreadsheet program refuses to
/// open it then.
pub(super) fn check_extension(output: &Path, destination: &Destination) -> Result<()> {
    let is_file = matches!(destination, Destination::File(_));
    let extension = output.extension().unwrap_or_default().to_string_lossy();
    if !is_file || extension.eq_ignore_ascii_case("xlsx") {
        return Ok(());
    }
    let why = match extension.to_ascii_lowercase().as_str() {
        "xlsm" => {
            "a workbook is written without macros, and a spreadsheet program refuses it under .xlsm"
        }
        "csv" => "a workbook is no CSV file; `poam export csv` writes one",
        _ => {
            "a workbook is written as .xlsx, and a spreadsheet program refuses it under another extension"
        }
    };
    bail!("{}: {why}: name it {}", output.display(), output.with_extension("xlsx").display())
}
