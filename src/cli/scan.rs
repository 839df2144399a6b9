//! `poam scan`: turns results of scanners into items.
//!
//! Reads the files, lets `intake` plan, prints the plan, and writes it on request.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use walkdir::WalkDir;

use super::ask::AskMode;
use super::captured::check_tracker;
use super::how::parse_text;
use super::ids::{past_ids, taken_ids};
use super::scan_accept::{accept_plan, parse_due, set_owners_and_dues};
use super::{CommandOutcome, Session, TextOrJson};
use crate::day::{TypedDay, past_day};
use crate::intake::text;
use crate::intake::{self, Findings, IntakeError, PlanScanError, ScanFile, ScanOptions, ScanPlan};
use crate::repository::Repository;
use crate::store::{Store, Tracker};
use crate::text::visible;

/// Turn scanner results into items
///
/// Reads the results, shows what would become of each, and writes items and a record of the scan with --commit. The format is recognised by the content of a file. Several files are one scan. Running it again changes nothing.
///
/// On a terminal it asks whether to write what it shows, and for owners and due dates of new items; --commit asks nothing.
///
/// Known items get and lose assets as the scan says. An item that enough scans in a row did not find, each of which looked at all of its assets, moves to validation (`scan.clean_scans` in poam.yaml).
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct ScanArgs {
    #[command(subcommand)]
    command: Option<ScanCommand>,
    /// Files or folders of results; `-` reads standard input
    #[arg(value_name = "FILE", required_unless_present = "formats")]
    files: Vec<PathBuf>,
    /// Write the items and the record of the scan, in one commit
    #[arg(long)]
    commit: bool,
    /// Day of the scan, for files that do not hold it
    #[arg(long, value_name = "DATE", value_parser = past_day)]
    as_of: Option<TypedDay>,
    /// Name of what was scanned, e.g. prod-hosts
    #[arg(long, value_name = "NAME")]
    scope: Option<String>,
    /// Day of detection of new findings for which the files hold no day
    #[arg(long, value_name = "DATE", value_parser = past_day)]
    detected: Option<TypedDay>,
    /// Owner of the new items that no rule gives one; with ID= of this new item alone
    #[arg(long = "owner", value_name = "[ID=]NAME", value_parser = parse_text, conflicts_with = "series")]
    owners: Vec<String>,
    /// Day by which a new item is to be closed, instead of the one that its rating gives
    #[arg(long = "due", value_name = "ID=DATE", value_parser = parse_due, conflicts_with = "series")]
    dues: Vec<(String, TypedDay)>,
    /// Close items that enough scans did not find, instead of moving them to validation
    #[arg(long)]
    close: bool,
    /// Take each file as a scan of its own, oldest first; with --commit each is a commit of its day
    #[arg(long)]
    series: bool,
    /// Output format of the plan
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
    /// List the formats, or explain one
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    formats: Option<String>,
}

#[derive(Debug, Subcommand)]
enum ScanCommand {
    /// Show which findings of a scan have an item
    Coverage {
        /// Files or folders of results; `-` reads standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Output format
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: TextOrJson,
    },
    /// List the scans that were recorded
    List {
        /// Output format
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: TextOrJson,
    },
}

impl ScanArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        if let Some(name) = &self.formats {
            return explain_formats(session, name);
        }
        match self.command {
            Some(ScanCommand::Coverage { files, format }) => {
                print_coverage(session, &files, format)
            }
            Some(ScanCommand::List { format }) => list(session, format),
            None => self.plan_and_write(session),
        }
    }

    fn plan_and_write(self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.open_repository()?;
        let tracker = session.tracker(Some(&repository))?;
        let files = list_files(session, &self.files)?;
        let mut scans: Vec<Findings> = Vec::new();
        let given = self.as_of.map(|typed| typed.resolve_on(session.today));
        if self.series {
            for file in &files {
                match read(session, &tracker, std::slice::from_ref(file)) {
                    Ok(findings) => scans.push(findings),
                    Err(error) if is_no_scan(&error) => {
                        session.say(format_args!("note: {error}"));
                    }
                    Err(error) => return Err(error),
                }
            }
            scans.sort_by_key(|findings| findings.day().or(given));
        } else {
            scans.push(read(session, &tracker, &files)?);
        }
        let series = scans.len() > 1;
        if series && !self.commit {
            bail!(
                "--series plans each scan on what the one before left, so it needs --commit; plan one file at a time without it"
            );
        }
        // From the choice of ids to the last commit, so that no other command takes the same.
        let _lock = match self.commit {
            true => Some(session.lock(&repository)?),
            false => None,
        };
        let ask = AskMode::if_possible(!self.commit && self.format == TextOrJson::Text);
        let mut plans = Vec::new();
        for findings in scans {
            let mut plan = self.plan_one(session, &repository, &tracker, findings)?;
            let dues: Vec<_> = self
                .dues
                .iter()
                .map(|(id, day)| (id.clone(), day.resolve_on(session.today)))
                .collect();
            set_owners_and_dues(&tracker, &mut plan, &self.owners, &dues)?;
            let mut accepted = self.commit;
            if self.format == TextOrJson::Text {
                session.print(text::scan_plan_text(&plan))?;
                if ask.is_possible() && plan.known.is_none() {
                    session.finish()?;
                    accepted = accept_plan(ask, &tracker, &mut plan, session.today)?;
                }
            }
            if accepted && plan.known.is_none() {
                intake::write(&repository, &plan, self.series)?;
            }
            if self.format == TextOrJson::Text {
                session.print(text::scan_plan_end(&plan, accepted))?;
            }
            plans.push(plan);
        }
        match (self.format, plans.as_slice()) {
            (TextOrJson::Json, [plan]) => {
                session.print(format_args!("{:#}\n", text::scan_plan_json(plan, self.commit)))?
            }
            (TextOrJson::Json, plans) => {
                let each: Vec<Value> =
                    plans.iter().map(|plan| text::scan_plan_json(plan, self.commit)).collect();
                session.print(format_args!("{:#}\n", json!({"version": 1, "scans": each})))?;
            }
            (TextOrJson::Text, _) => {}
        }
        let refused = plans.iter().any(|plan| !plan.refused.is_empty());
        Ok(if refused { CommandOutcome::Diagnosed } else { CommandOutcome::Fine })
    }

    fn plan_one(
        &self,
        session: &Session,
        repository: &Repository,
        tracker: &Tracker,
        findings: Findings,
    ) -> Result<ScanPlan> {
        let store = load(session, tracker, Some(repository))?;
        check_tracker(&store, &session.expected)?;
        let records = intake::load_records(tracker)?;
        let mut taken = taken_ids(repository, tracker, &store)?;
        taken.extend(past_ids(session, repository, tracker)?);
        let day = |typed: Option<TypedDay>| typed.map(|typed| typed.resolve_on(session.today));
        let options = ScanOptions {
            day: day(self.as_of),
            scope: self.scope.clone(),
            detected: day(self.detected),
            close: self.close,
            today: session.today,
            taken,
        };
        intake::plan_scan(tracker, &store, &records, findings, &options).map_err(|error| match error {
            PlanScanError::NoDay | PlanScanError::Future { .. } => {
                anyhow::Error::from(error).context("say it with --as-of DATE")
            }
            PlanScanError::NoDetection { .. } => anyhow::Error::from(error)
                .context("say with --detected DATE when they were detected; the record of the scan will name it as attested"),
            error => error.into(),
        })
    }
}

/// Returns whether a file of a folder is no scan.
fn is_no_scan(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(IntakeError::NoResults { .. }))
}

/// Loads the items; files that cannot be read would look like findings without an item.
fn load(session: &Session, tracker: &Tracker, repository: Option<&Repository>) -> Result<Store> {
    let store = tracker.load_all(repository)?;
    if store.unreadable() > 0 {
        session.say_unreadable(&store);
        bail!(
            "the tracker has files that cannot be read, so what is new is not known; mend them first"
        );
    }
    Ok(store)
}

/// A file to read.
struct NamedFile {
    path: PathBuf,
    from_folder: bool,
}

/// Lists the files of arguments; a folder represents all files in it, links left out.
fn list_files(session: &Session, arguments: &[PathBuf]) -> Result<Vec<NamedFile>> {
    if arguments.iter().filter(|path| path.as_path() == Path::new("-")).count() > 1 {
        bail!("standard input (`-`) is named twice, and can be read once");
    }
    let mut files = Vec::new();
    for argument in arguments {
        if argument.is_dir() {
            for entry in WalkDir::new(argument).follow_links(false).sort_by_file_name() {
                let entry =
                    entry.with_context(|| format!("reading the folder {}", argument.display()))?;
                if entry.file_type().is_symlink() {
                    let path = entry.path().display().to_string();
                    session.say(format_args!(
                        "note: {} is a link, which is not followed",
                        visible(&path)
                    ));
                } else if entry.file_type().is_file() {
                    files.push(NamedFile { path: entry.into_path(), from_folder: true });
                }
            }
        } else {
            files.push(NamedFile { path: argument.clone(), from_folder: false });
        }
    }
    if files.is_empty() {
        bail!("the folder holds no files");
    }
    Ok(files)
}

/// Reads the files of one scan.
fn read(session: &Session, tracker: &Tracker, paths: &[NamedFile]) -> Result<Findings> {
    let mut opened: Vec<(String, Box<dyn Read>, bool)> = Vec::new();
    for NamedFile { path, from_folder } in paths {
        if path == Path::new("-") {
            opened.push(("standard input".to_owned(), Box::new(io::stdin()), false));
            continue;
        }
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        opened.push((name, Box::new(file), *from_folder));
    }
    let files = opened.iter_mut().map(|(name, content, from_folder)| ScanFile {
        name: name.clone(),
        content,
        from_folder: *from_folder,
    });
    let findings = intake::read_files(files.collect(), &tracker.settings.scan)?;
    for name in &findings.skipped {
        session.say(format_args!("note: {} is of no known format and left out", visible(name)));
    }
    Ok(findings)
}

fn explain_formats(session: &mut Session, name: &str) -> Result<CommandOutcome> {
    if name.is_empty() {
        for format in poam_scans::FORMATS {
            session.print(format_args!("{:<12} {}\n", format.name, format.title))?;
        }
        session.say("next: poam scan --formats NAME explains one");
        return Ok(CommandOutcome::Fine);
    }
    let names = poam_scans::FORMATS.iter().map(|format| format.name);
    let Some(format) = poam_scans::FORMATS.iter().find(|format| format.name == name) else {
        let near = crate::nearest::nearest(name, names);
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        bail!("`{}` is not a format{hint} (`poam scan --formats` lists all)", visible(name));
    };
    session.print(format.page)?;
    Ok(CommandOutcome::Fine)
}

fn print_coverage(
    session: &mut Session,
    paths: &[PathBuf],
    format: TextOrJson,
) -> Result<CommandOutcome> {
    let repository = session.find_repository()?;
    let tracker = session.tracker(repository.as_ref())?;
    let findings = read(session, &tracker, &list_files(session, paths)?)?;
    let store = load(session, &tracker, repository.as_ref())?;
    let coverage = intake::compare_coverage(&store, &tracker.settings, &findings);
    match format {
        TextOrJson::Json => {
            session.print(format_args!("{:#}\n", json!({"version": 1, "coverage": coverage})))?
        }
        TextOrJson::Text => session.print(text::scan_coverage_text(&coverage))?,
    }
    Ok(CommandOutcome::Fine)
}

fn list(session: &mut Session, format: TextOrJson) -> Result<CommandOutcome> {
    let repository = session.find_repository()?;
    let tracker = session.tracker(repository.as_ref())?;
    let records = intake::load_records(&tracker)?;
    match format {
        TextOrJson::Json => {
            session.print(format_args!("{:#}\n", text::scan_list_json(&records)))?
        }
        TextOrJson::Text => session.print(text::scan_list_text(&records))?,
    }
    if records.is_empty() {
        session.say("no scan is recorded; next: poam scan FILE --commit");
    }
    Ok(CommandOutcome::Fine)
}
