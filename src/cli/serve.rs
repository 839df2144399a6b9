use std::path::PathBuf;
use std::process::{Command as Process, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use chrono::{NaiveDate, Utc};
use clap::{Arg, ArgAction, Args, Command, CommandFactory as _};

use super::captured::{Capture, run_captured};
use super::{Cli, CommandOutcome, Session, with_causes};
use crate::intake;
use crate::repository::{BlobId, Repository};
use crate::serve::{
    self, Backend, CallResult, CommandForm, ExpectedState, FormField, FormFieldKind, ServeOptions,
    Summarize, TrackerMark, TrackerState,
};
use crate::snapshot::{self, Manifest};
use crate::store::{Store, Tracker};
use crate::summary::Summary;

/// Serve the tracker as a web page on this machine
///
/// Prints a link that opens the page in a browser; only who has the link gets in. Every form runs the command that its page shows: the same checks, the same commit with your identity, hooks and signing. Ctrl-C ends it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  poam serve --open\n  poam serve --port 8080 --read-only\n  poam serve --branch november-review"
)]
pub(super) struct ServeArgs {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// Refuse every change: for a shared screen
    #[arg(long)]
    read_only: bool,
    /// Make changes on this branch, in a work tree of its own; it is made where there is none
    #[arg(long, value_name = "NAME", conflicts_with = "read_only")]
    branch: Option<String>,
}

impl ServeArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let mut directory = session.directory.clone();
        if let Some(branch) = &self.branch {
            directory = on_branch(session, branch)?;
        }
        let program = Cli::command();
        let backend = Commands {
            directory,
            today: session.given_today,
            forms: build_forms(&program),
            file_forms: build_file_forms(&program),
        };
        let options = ServeOptions { port: self.port, read_only: self.read_only };
        let mut printed = Ok(());
        serve::serve(options, Arc::new(backend), |link| {
            printed = session.print(format_args!("{link}\n")).and_then(|()| session.finish());
            session.say("open this link in a browser on this machine; Ctrl-C ends it");
            if self.open && !open(link) {
                session.say("warning: no browser could be started");
            }
        })?;
        printed?;
        session.say("ended");
        Ok(CommandOutcome::Fine)
    }
}

/// Opens a link or a file with the program of the desktop; returns whether there is one.
pub(super) fn open(link: &str) -> bool {
    let (program, before): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut process = Process::new(program);
    process.args(before).arg(link).stdin(Stdio::null()).stdout(Stdio::null());
    process.stderr(Stdio::null()).spawn().is_ok()
}

/// The folder of the tracker in a work tree of a branch, which is made where there is none.
fn on_branch(session: &Session, branch: &str) -> Result<PathBuf> {
    let repository = session.open_repository()?;
    let tracker = session.tracker(Some(&repository))?;
    let top = repository.work_tree_of(branch).with_context(|| {
        format!("making a work tree for the branch `{}`", crate::text::visible(branch))
    })?;
    Ok(top.join(&tracker.prefix))
}

/// Runs commands for the page, each as a session of its own.
struct Commands {
    directory: PathBuf,
    today: Option<NaiveDate>,
    forms: Vec<CommandForm>,
    file_forms: Vec<CommandForm>,
}

impl Commands {
    fn session(&self) -> Result<Session> {
        let today = self.today.unwrap_or_else(|| Utc::now().date_naive());
        let session = Session::open(&self.directory, today)?;
        Ok(session.captured(&Capture::default(), ExpectedState::default()))
    }

    fn repository(&self) -> Option<Repository> {
        self.session().ok()?.find_repository().ok()?
    }

    fn read(&self, last: Option<&TrackerState>) -> Result<Option<TrackerState>> {
        let session = self.session()?;
        let repository = session.open_repository()?;
        let tracker = session.tracker(Some(&repository))?;
        let head = repository.head()?.map(|head| head.to_string());
        // The mark is taken before the files are read: what is written meanwhile is seen next time.
        let mark = TrackerMark::read(&tracker, head, Some(repository.git_dir()));
        if last.is_some_and(|last| last.mark == mark && last.today == session.today) {
            return Ok(None);
        }
        let again = last.and_then(|last| reload_items(&repository, &tracker, &mark, last));
        let (store, history) = match again {
            Some(store) => (store, session.history(Some(&repository), &tracker)?),
            None => session.work_tree(Some(&repository), &tracker, true)?,
        };
        let records = intake::load_records(&tracker)?;
        let read = snapshot::list(&repository, &tracker.prefix)?;
        let kept = read.into_iter().filter_map(|(_, read)| read.ok());
        let submissions: Vec<_> = kept.map(|it| Manifest::submission(&it)).collect();
        let today = session.today;
        let summarize: Summarize = Box::new(move |store, tracker, history| {
            let (settings, head) = (&tracker.settings, history.and_then(|history| history.head));
            let commit = head.map(|commit| commit.to_string());
            Summary::compute(store, settings, history, today, commit)
                .with_scans(intake::scan_overview(store, settings, &records, today))
                .with_submissions(submissions.clone())
        });
        Ok(Some(TrackerState::new(mark, today, tracker, store, history, summarize)))
    }
}

impl Backend for Commands {
    fn load_state(&self, last: Option<&TrackerState>) -> Result<Option<TrackerState>, String> {
        self.read(last).map_err(|error| with_causes(&error))
    }

    fn forms(&self) -> &[CommandForm] {
        &self.forms
    }

    fn file_forms(&self) -> &[CommandForm] {
        &self.file_forms
    }

    fn run(&self, words: &[String], expected: &ExpectedState) -> CallResult {
        run_captured(&self.directory, self.today, expected.clone(), words)
    }

    fn text_of(&self, version: &str) -> Option<String> {
        let blob: BlobId = version.parse().ok()?;
        let bytes = self.repository()?.read_blob(blob).ok()?;
        String::from_utf8(bytes).ok()
    }

    fn temporary_folder(&self) -> Option<PathBuf> {
        Some(self.repository()?.git_dir().join("poam").join("uploads"))
    }

    fn branches(&self) -> Vec<String> {
        let tips = self.repository().and_then(|repository| repository.branch_tips().ok());
        tips.into_iter().flatten().filter_map(|(name, _)| short_branch(name)).collect()
    }
}

fn short_branch(name: String) -> Option<String> {
    let name = name.strip_prefix("refs/heads/").or(name.strip_prefix("refs/remotes/"));
    name.map(str::to_owned)
}

/// Files that are read one by one; of more, everything is read.
const FEW: usize = 200;

/// The items with the changed files read again, where that is all that changed.
fn reload_items(
    repository: &Repository,
    tracker: &Tracker,
    mark: &TrackerMark,
    last: &TrackerState,
) -> Option<Store> {
    let changed = mark.changed_since(&last.mark).filter(|changed| changed.len() <= FEW)?;
    // Files that a sparse checkout leaves out are read from the index.
    let is_whole = tracker.left_out(Some(repository)).is_ok_and(|left_out| left_out.is_empty());
    is_whole.then(|| tracker.reload_paths(&last.store, &changed)).flatten()
}

/// The forms of all commands that change items, or make one, from the arguments that they declare.
fn build_forms(program: &Command) -> Vec<CommandForm> {
    let mut forms = Vec::new();
    for command in program.get_subcommands() {
        collect(command, &mut Vec::new(), &mut forms);
    }
    forms
}

/// Arguments that forms leave out: how a change is made, not which.
const NOT_IN_FORMS: [&str; 12] = [
    "filter",
    "dry_run",
    "no_commit",
    "allow_dirty",
    "format",
    "commit",
    "json",
    "help",
    "directory",
    "today",
    "color",
    "quiet",
];

/// Arguments of commands that take files which pages leave out: pages ask for decisions beside what is to
/// be decided, and files of mappings lie where the server runs.
const NOT_OF_FILES: [&str; 10] = [
    "files",
    "decisions",
    "ours",
    "theirs",
    "mapping",
    "save_map",
    "owners",
    "dues",
    "formats",
    "series",
];

/// The commands that turn files into items, with the options that pages offer.
fn build_file_forms(program: &Command) -> Vec<CommandForm> {
    let is_known = |command: &&Command| ["import", "scan"].contains(&command.get_name());
    let commands = program.get_subcommands().filter(is_known);
    commands
        .map(|command| build_form(command, &[command.get_name().to_owned()], false, &NOT_OF_FILES))
        .collect()
}

/// The form of a command, without some of its arguments.
fn build_form(
    command: &Command,
    words: &[String],
    takes_items: bool,
    left_out: &[&str],
) -> CommandForm {
    let title = styled_text(command.get_about());
    let help = styled_text(command.get_long_about());
    let help = help.strip_prefix(&title).unwrap_or(&help).trim().to_owned();
    let is_left_out = |argument: &&Arg| {
        let id = argument.get_id().as_str();
        NOT_IN_FORMS.contains(&id) || left_out.contains(&id)
    };
    let arguments = command.get_arguments().filter(|argument| !is_left_out(argument));
    CommandForm {
        name: words.join("-"),
        words: words.to_vec(),
        title,
        help,
        takes_items,
        fields: arguments.flat_map(|argument| build_fields(argument, takes_items)).collect(),
    }
}

fn collect(command: &Command, above: &mut Vec<String>, forms: &mut Vec<CommandForm>) {
    above.push(command.get_name().to_owned());
    let has = |id: &str| command.get_arguments().any(|argument| argument.get_id() == id);
    let takes_items = has("filter") && has("dry_run") && has("no_commit");
    let makes_item = has("dry_run") && has("json") && has("commit");
    if takes_items || makes_item {
        forms.push(build_form(command, above, takes_items, &[]));
    }
    for command in command.get_subcommands() {
        collect(command, above, forms);
    }
    above.pop();
}

fn styled_text(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default()
}

/// The fields of an argument. Ids are no field: pages give them by themselves; of `ID NUMBER TEXT` the
/// others are two.
fn build_fields(argument: &Arg, takes_items: bool) -> Vec<FormField> {
    let names: Vec<String> =
        argument.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    match argument.is_positional() && takes_items {
        true => names.iter().skip(1).map(|name| build_field(argument, name, true)).collect(),
        false => names.iter().take(1).map(|name| build_field(argument, name, false)).collect(),
    }
}

fn build_field(argument: &Arg, value_name: &str, is_tail: bool) -> FormField {
    let option = argument.get_long().map(|name| format!("--{name}"));
    let help = argument.get_long_help().or(argument.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let kind = match (argument.get_action(), value_name) {
        (ArgAction::SetTrue, _) => FormFieldKind::Flag,
        (_, "YYYY-MM-DD" | "DATE") => FormFieldKind::Day,
        (ArgAction::Append, _) if !is_tail => FormFieldKind::Lines,
        (_, "REF" | "FIELD=VALUE") if is_tail => FormFieldKind::Lines,
        (_, "TEXT" | "DESCRIPTION") => FormFieldKind::Text,
        _ => FormFieldKind::Line,
    };
    let choices = argument.get_possible_values();
    let choices = choices.iter().map(|choice| choice.get_name().to_owned());
    let choices: Vec<String> = match kind {
        FormFieldKind::Flag => Vec::new(),
        _ => choices.collect(),
    };
    let name = match &option {
        Some(option) => option.trim_start_matches("--").to_owned(),
        None if value_name == "FIELD=VALUE" => "fields".to_owned(),
        None => value_name.to_lowercase(),
    };
    FormField {
        name,
        required: is_tail || argument.is_required_set(),
        option,
        value_name: value_name.to_owned(),
        help: help_sentence(if is_tail { behind_ids(&help) } else { &help }),
        kind,
        choices,
    }
}

/// The part of a help that is about what is behind the ids.
fn behind_ids(help: &str) -> &str {
    let is_of_ids = help.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("ids"))
        || help.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("id "));
    help.split_once(", then ").filter(|_| is_of_ids).map_or(help, |(_, behind)| behind)
}

/// Help as it is on a page: a sentence.
fn help_sentence(help: &str) -> String {
    let help = help.trim();
    let mut chars = help.chars();
    let first = chars.next();
    let mut text: String = first.into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    if !text.is_empty() && !text.ends_with(['.', '?', '!']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_for_files_have_their_options() {
        let forms = build_file_forms(&Cli::command());
        for (name, wanted) in [
            ("import", ["date", "update", "map", "map-status", "close-absent", "reason"]),
            ("scan", ["as-of", "scope", "detected", "close", "", ""]),
        ] {
            let form = forms.iter().find(|form| form.name == name).unwrap();
            let names: Vec<&str> = form.fields.iter().map(|field| field.name.as_str()).collect();
            for field in wanted.into_iter().filter(|field| !field.is_empty()) {
                assert!(names.contains(&field), "{field} in {names:?}");
            }
            for left_out in
                ["file", "commit", "decide", "ours", "mapping", "save-map", "owner", "due"]
            {
                assert!(!names.contains(&left_out), "{left_out} in {names:?}");
            }
        }
    }

    #[test]
    fn every_command_that_changes_items_is_a_form() {
        let forms = build_forms(&Cli::command());
        let names: Vec<&str> = forms.iter().map(|form| form.name.as_str()).collect();
        for name in [
            "new",
            "transition",
            "milestone-add",
            "milestone-start",
            "milestone-complete",
            "milestone-reschedule",
            "milestone-edit",
            "milestone-cancel",
            "milestone-plan",
            "milestone-log",
            "assign",
            "set",
            "review",
            "evidence-add",
            "vendor-check-in",
            "deviation-request",
            "deviation-approve",
            "deviation-deny",
        ] {
            assert!(names.contains(&name), "{name} in {names:?}");
        }
        let transition = forms.iter().find(|form| form.name == "transition").unwrap();
        let field = |name: &str| {
            let field = transition.fields.iter().find(|field| field.name == name);
            let field = field.unwrap_or_else(|| panic!("{name} in {:?}", transition.fields));
            (field.option.as_deref(), field.kind, field.required)
        };
        assert_eq!(field("status"), (None, FormFieldKind::Line, true));
        assert_eq!(field("reason"), (Some("--reason"), FormFieldKind::Text, false));
        assert_eq!(field("evidence"), (Some("--evidence"), FormFieldKind::Lines, false));
        assert_eq!(field("until"), (Some("--until"), FormFieldKind::Day, false));
        assert_eq!(field("override"), (Some("--override"), FormFieldKind::Flag, false));
        let new = forms.iter().find(|form| form.name == "new").unwrap();
        assert!(new.fields.iter().any(|field| field.name == "mapping"));
        for form in &forms {
            assert!(!form.title.is_empty(), "{}", form.name);
            for field in &form.fields {
                assert!(!field.help.is_empty(), "{} of {}", field.name, form.name);
                assert!(!NOT_IN_FORMS.contains(&field.name.as_str()), "{}", form.name);
            }
        }
    }
}
