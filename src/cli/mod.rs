//! The commands: one file each. Each reads its arguments, asks the library, prints.
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 fine, 1 the
//! data has a diagnostic at error level, 2 the work could not be done.

mod ask;
mod assign;
mod check;
mod ci;
mod completions;
mod demo;
mod destination;
mod deviation;
mod diff;
mod edit;
mod evidence;
mod export;
mod format;
mod guard;
mod how;
mod ids;
mod import;
mod import_errors;
mod import_mapping;
mod import_oscal;
mod import_update;
mod init;
mod input;
mod kev;
mod list;
mod log;
mod man;
mod mappings;
mod milestone;
mod new;
mod published;
mod report;
mod review;
mod rules;
mod rules_compare;
mod scan;
mod scan_accept;
mod schema;
mod session;
mod set;
mod show;
mod snapshot;
mod summary;
mod todo;
mod transition;
mod undo;
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
use clap::{Args, Parser, Subcommand, ValueEnum};

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
    command: Command,
}

const EXIT_CODES: &str =
    "Exit codes: 0 fine, 1 the data has an error, 2 the work could not be done.";

/// What every command understands.
#[derive(Debug, Args)]
struct Globals {
    /// Work in this folder instead of the current one
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true, default_value = ".")]
    directory: PathBuf,
    /// The day that counts as today (UTC), instead of the real one
    #[arg(long, value_name = "YYYY-MM-DD", global = true, value_parser = calendar_day)]
    today: Option<NaiveDate>,
    /// Colours: on a terminal unless NO_COLOR is set, always, or never
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    color: Color,
    /// Say nothing but results and errors
    #[arg(short, long, global = true)]
    quiet: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// How to print a result that has two forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TextOrJson {
    /// For people
    Text,
    /// For programs; see the documentation for the shape
    Json,
}

/// How to print a result that also has a form for comments.
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
enum Command {
    Demo(demo::Demo),
    Init(init::Init),
    New(new::New),
    Validate(validate::Validate),
    List(list::List),
    Show(show::Show),
    Transition(transition::Transition),
    Milestone(milestone::Milestone),
    Assign(assign::Assign),
    Set(set::Set),
    Edit(edit::Edit),
    Undo(undo::Undo),
    Review(review::Review),
    Evidence(evidence::Evidence),
    Vendor(vendor::Vendor),
    Deviation(deviation::Deviation),
    Ver(ver::Ver),
    Log(log::Log),
    Diff(diff::Diff),
    Verify(verify::Verify),
    Summary(summary::Summary),
    Todo(todo::Todo),
    Snapshot(snapshot::Snapshot),
    Report(report::Report),
    Format(format::Format),
    Check(check::Check),
    Import(import::Import),
    Scan(scan::Scan),
    Kev(kev::Kev),
    Mappings(mappings::Mappings),
    Export(export::Export),
    Workbook(workbook::Workbook),
    Rules(rules::Rules),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Man(man::Man),
}

/// How a command ended that did its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Nothing to complain about.
    Fine,
    /// The data has a diagnostic at error level.
    Diagnosed,
}

/// Parses the arguments, runs the command, prints the error.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let mut session = match Session::new(&cli.globals) {
        Ok(session) => session,
        Err(error) => return fail(&error),
    };
    let outcome = match cli.command {
        Command::Demo(command) => command.run(&mut session),
        Command::Init(command) => command.run(&mut session),
        Command::New(command) => command.run(&mut session),
        Command::Validate(command) => command.run(&mut session),
        Command::List(command) => command.run(&mut session),
        Command::Show(command) => command.run(&mut session),
        Command::Transition(command) => command.run(&mut session),
        Command::Milestone(command) => command.run(&mut session),
        Command::Assign(command) => command.run(&mut session),
        Command::Set(command) => command.run(&mut session),
        Command::Edit(command) => command.run(&mut session),
        Command::Undo(command) => command.run(&mut session),
        Command::Review(command) => command.run(&mut session),
        Command::Evidence(command) => command.run(&mut session),
        Command::Vendor(command) => command.run(&mut session),
        Command::Deviation(command) => command.run(&mut session),
        Command::Ver(command) => command.run(&mut session),
        Command::Log(command) => command.run(&mut session),
        Command::Diff(command) => command.run(&mut session),
        Command::Verify(command) => command.run(&mut session),
        Command::Summary(command) => command.run(&mut session),
        Command::Todo(command) => command.run(&mut session),
        Command::Snapshot(command) => command.run(&mut session),
        Command::Report(command) => command.run(&mut session),
        Command::Format(command) => command.run(&mut session),
        Command::Check(command) => command.run(&mut session),
        Command::Import(command) => command.run(&mut session),
        Command::Scan(command) => command.run(&mut session),
        Command::Kev(command) => command.run(&mut session),
        Command::Mappings(command) => command.run(&mut session),
        Command::Export(command) => command.run(&mut session),
        Command::Workbook(command) => command.run(&mut session),
        Command::Rules(command) => command.run(&mut session),
        Command::Schema(command) => command.run(&mut session),
        Command::Completions(command) => command.run(&mut session),
        Command::Man(command) => command.run(&mut session),
    };
    match outcome.and_then(|outcome| session.finish().map(|()| outcome)) {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Diagnosed) => ExitCode::from(1),
        Err(error) => fail(&error),
    }
}

/// Prints the help that was asked for (exit code 0), or what is wrong with the arguments (2).
fn usage(error: &clap::Error) -> ExitCode {
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

/// Says something beside the result. Where nobody listens any more the work goes on.
fn to_stderr(text: &dyn fmt::Display) {
    let stream = io::stderr();
    let is_terminal = stream.is_terminal();
    let mut out = Console::new(stream, is_terminal);
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints an error with its causes; exit code 2, or 141 where the reader of our output has gone
/// (what a shell shows of a program that a closed pipe ended).
fn fail(error: &anyhow::Error) -> ExitCode {
    let closed = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(closed) {
        return ExitCode::from(141);
    }
    let mut text = format!("error: {error}");
    let mut last = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Some errors repeat their cause in their own words.
        if !last.contains(&cause) {
            text.push_str(&format!("\n  because: {cause}"));
        }
        last = cause;
    }
    to_stderr(&text);
    ExitCode::from(2)
}
