//! The commands: one file each. Each reads its arguments, asks the library, prints.
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 fine, 1 the
//! data has a diagnostic at error level, 2 the work could not be done.

mod ask;
mod assign;
mod backdated;
mod branch;
mod captured;
mod check;
mod ci;
mod complete;
mod completions;
mod demo;
mod destination;
mod deviation;
mod diff;
mod edit;
mod evidence;
mod examples;
mod export;
mod format;
mod guard;
mod how;
mod ids;
mod import;
mod import_decide;
mod import_errors;
mod import_mapping;
mod import_text;
mod import_update;
mod init;
mod input;
mod item_lookup;
mod kev;
mod list;
mod list_columns;
mod log;
mod lsp;
mod man;
mod mappings;
mod merge_driver;
mod milestone;
mod milestone_text;
mod new;
mod portfolio;
mod progress;
mod published;
mod report;
mod review;
mod rules;
mod rules_compare;
mod scan;
mod scan_accept;
mod schema;
mod serve;
mod session;
mod set;
mod short_id;
mod show;
mod snapshot;
mod summary;
mod terminal;
mod todo;
mod transition;
mod undo;
mod unknown_command;
mod validate;
mod vendor;
mod ver;
mod verify;
mod workbook;

use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::error::ContextKind;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::day::calendar_day;
use crate::output::Console;
use session::Session;

/// Plans of Action and Milestones (POA&Ms) as plain text in git.
///
/// Each item is one YAML file; commits are its status and milestone history.
#[derive(Debug, Parser)]
#[command(name = "poam", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: CliCommand,
}

const EXIT_CODES: &str =
    "Exit codes: 0 fine, 1 the data has an error, 2 the work could not be done.";

/// Heading of the options that every command understands.
const GLOBAL: &str = "Global options";

/// Options that every command takes.
#[derive(Debug, Args)]
struct Globals {
    /// Work in this folder instead of the current one
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true, default_value = ".", hide_default_value = true, help_heading = GLOBAL)]
    directory: PathBuf,
    /// Use this date as today (UTC)
    #[arg(long, value_name = "YYYY-MM-DD", global = true, value_parser = calendar_day, help_heading = GLOBAL)]
    today: Option<NaiveDate>,
    /// Use colours: auto (on a terminal, unless NO_COLOR is set), always or never
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto", hide_possible_values = true, hide_default_value = true, help_heading = GLOBAL)]
    color: Color,
    /// Print only results and errors
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    quiet: bool,
    /// Print long results without a pager
    #[arg(long, global = true, help_heading = GLOBAL)]
    no_pager: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// Output format of a result that has two forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TextOrJson {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Output format of a result that also has a form for comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TextMarkdownJson {
    /// For people
    Text,
    /// For a job summary or a comment on a pull request
    Markdown,
    /// Version 1 of our own JSON
    Json,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    Demo(demo::DemoArgs),
    Init(init::InitArgs),
    New(new::NewArgs),
    Validate(validate::ValidateArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Transition(transition::TransitionArgs),
    Milestone(milestone::MilestoneArgs),
    Assign(assign::AssignArgs),
    Set(set::SetArgs),
    Edit(edit::EditArgs),
    Undo(undo::UndoArgs),
    Review(review::ReviewArgs),
    Evidence(evidence::EvidenceArgs),
    Vendor(vendor::VendorArgs),
    Deviation(deviation::DeviationArgs),
    Ver(ver::VerArgs),
    Log(log::LogArgs),
    Lsp(lsp::LspArgs),
    Diff(diff::DiffArgs),
    Verify(verify::VerifyArgs),
    Summary(summary::SummaryArgs),
    Todo(todo::TodoArgs),
    Snapshot(snapshot::SnapshotArgs),
    Report(report::ReportArgs),
    Portfolio(portfolio::PortfolioArgs),
    Serve(serve::ServeArgs),
    Format(format::FormatArgs),
    Check(check::CheckArgs),
    Import(import::ImportArgs),
    Scan(scan::ScanArgs),
    Kev(kev::KevArgs),
    Mappings(mappings::MappingsArgs),
    MergeDriver(merge_driver::MergeDriver),
    Export(export::ExportArgs),
    Workbook(workbook::WorkbookArgs),
    Rules(rules::RulesArgs),
    Schema(schema::SchemaArgs),
    #[command(hide = true)]
    Complete(complete::CompleteArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

impl CliCommand {
    /// Returns whether a command prints what people read at length.
    fn is_for_reading(&self) -> bool {
        matches!(
            self,
            Self::Validate(_)
                | Self::List(_)
                | Self::Show(_)
                | Self::Log(_)
                | Self::Diff(_)
                | Self::Verify(_)
                | Self::Summary(_)
                | Self::Todo(_)
                | Self::Mappings(_)
                | Self::Rules(_)
        )
    }
}

/// The command line with the examples of each command.
fn build_command() -> clap::Command {
    examples::add_to(Cli::command())
}

/// Outcome of a command that did its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CommandOutcome {
    /// Nothing to complain about.
    Fine,
    /// The data has a diagnostic at error level.
    Diagnosed,
}

/// Parses the arguments, runs the command, prints the error.
pub fn main() -> ExitCode {
    let matches = build_command().try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return print_usage(error),
    };
    // A server runs until it is stopped: no progress line.
    if !cli.globals.quiet && !matches!(cli.command, CliCommand::Serve(_)) {
        progress::watch_progress();
    }
    let session = match Session::new(&cli.globals, cli.command.is_for_reading()) {
        Ok(session) => session,
        Err(error) => return print_failure(&error),
    };
    match run(cli.command, session) {
        Ok(CommandOutcome::Fine) => ExitCode::SUCCESS,
        Ok(CommandOutcome::Diagnosed) => ExitCode::from(1),
        Err(error) => print_failure(&error),
    }
}

/// Runs a command. Everything that it printed has arrived when it ends.
fn run(command: CliCommand, mut session: Session) -> anyhow::Result<CommandOutcome> {
    let outcome = match command {
        CliCommand::Demo(command) => command.run(&mut session),
        CliCommand::Init(command) => command.run(&mut session),
        CliCommand::New(command) => command.run(&mut session),
        CliCommand::Validate(command) => command.run(&mut session),
        CliCommand::List(command) => command.run(&mut session),
        CliCommand::Show(command) => command.run(&mut session),
        CliCommand::Transition(command) => command.run(&mut session),
        CliCommand::Milestone(command) => command.run(&mut session),
        CliCommand::Assign(command) => command.run(&mut session),
        CliCommand::Set(command) => command.run(&mut session),
        CliCommand::Edit(command) => command.run(&mut session),
        CliCommand::Undo(command) => command.run(&mut session),
        CliCommand::Review(command) => command.run(&mut session),
        CliCommand::Evidence(command) => command.run(&mut session),
        CliCommand::Vendor(command) => command.run(&mut session),
        CliCommand::Deviation(command) => command.run(&mut session),
        CliCommand::Ver(command) => command.run(&mut session),
        CliCommand::Log(command) => command.run(&mut session),
        CliCommand::Lsp(command) => command.run(&mut session),
        CliCommand::Diff(command) => command.run(&mut session),
        CliCommand::Verify(command) => command.run(&mut session),
        CliCommand::Summary(command) => command.run(&mut session),
        CliCommand::Todo(command) => command.run(&mut session),
        CliCommand::Snapshot(command) => command.run(&mut session),
        CliCommand::Report(command) => command.run(&mut session),
        CliCommand::Portfolio(command) => command.run(&mut session),
        CliCommand::Serve(command) => command.run(&mut session),
        CliCommand::Format(command) => command.run(&mut session),
        CliCommand::Check(command) => command.run(&mut session),
        CliCommand::Import(command) => command.run(&mut session),
        CliCommand::Scan(command) => command.run(&mut session),
        CliCommand::Kev(command) => command.run(&mut session),
        CliCommand::Mappings(command) => command.run(&mut session),
        CliCommand::MergeDriver(command) => command.run(&mut session),
        CliCommand::Export(command) => command.run(&mut session),
        CliCommand::Workbook(command) => command.run(&mut session),
        CliCommand::Rules(command) => command.run(&mut session),
        CliCommand::Schema(command) => command.run(&mut session),
        CliCommand::Complete(command) => command.run(&mut session),
        CliCommand::Completions(command) => command.run(&mut session),
        CliCommand::Man(command) => command.run(&mut session),
    };
    let finished = session.close();
    outcome.and_then(|outcome| finished.map(|()| outcome))
}

/// Prints the help that was asked for (exit code 0), or what is wrong with the arguments (2).
fn print_usage(mut error: clap::Error) -> ExitCode {
    if let Some(word) = error.get(ContextKind::InvalidSubcommand) {
        let hint = unknown_command::hint(&word.to_string());
        if let Some(hint) = hint {
            to_stderr(&format_args!("error: {hint}"));
            return ExitCode::from(2);
        }
    }
    // The library offers to take any unknown option for a text (`-- -n`), which nobody means.
    error.remove(ContextKind::Suggested);
    if error.use_stderr() {
        // What was typed is quoted: a pipeline may have taken it from an item.
        let text = error.render();
        if io::stderr().is_terminal() {
            let _ = error.print();
        } else {
            to_stderr(&text.to_string().trim_end());
        }
        return ExitCode::from(2);
    }
    let _ = error.print();
    ExitCode::SUCCESS
}

/// States something beside the result. Where nobody listens any more the work goes on.
fn to_stderr(text: &dyn fmt::Display) {
    progress::clear_line();
    let stream = io::stderr();
    let is_terminal = stream.is_terminal();
    let mut out = Console::new(stream, is_terminal);
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints an error with its causes; exit code 2, or 141 where the reader of our output has gone
/// (what a shell shows of a program that a closed pipe ended).
fn print_failure(error: &anyhow::Error) -> ExitCode {
    if error.chain().any(is_closed_pipe) {
        return ExitCode::from(141);
    }
    to_stderr(&format_args!("error: {}", with_causes(error)));
    ExitCode::from(2)
}

fn is_closed_pipe(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
}

/// The text of an error with its causes, a line each.
fn with_causes(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    let mut last = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Some errors repeat their cause in their own words.
        if !last.contains(&cause) {
            text.push_str(&format!("\n  because: {cause}"));
        }
        last = cause;
    }
    text
}
