//! `poam import`: reads workbooks, CSV files and OSCAL documents into items.
//!
//! Collects the submissions and options, lets `import` plan, prints the plan, and carries it out on
//! request.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::captured::check_tracker;
use super::import_decide::parse_decision;
use super::import_errors::notes_of_errors;
use super::import_mapping::Mapping;
use super::import_text::{brief_text, render_plans};
use super::input::{read_document, read_head};
use super::{CommandOutcome, Session, TextOrJson, ids};
use crate::day::{TypedDay, past_day};
use crate::exchange::{Assumed, StatusMeaning, can_be_committed, is_layout_file, layout_of};
use crate::import::{
    self, CommittedImports, HEAD_BYTES, ImportRecord, LEAST_SCORE, SourceContent, SourceDocument,
    SourceError, SourceOptions, Submission, Winner, find_source,
};
use crate::model::words::to_comparable;
use crate::model::{Status, Workflow};
use crate::nearest::nearest;
use crate::repository::{CommitId, RelPath, Repository};
use crate::store::Tracker;
use crate::text::visible;
use crate::workbook::{self, Layout, ReadError, ReadingNote};

/// Read POA&M workbooks, CSV files or an OSCAL document into items
///
/// Official FedRAMP workbooks (3.0, 2.1, Rev 4) and CSV files with the same headers are recognised
/// by their headers; a folder of CSV files is one document; JSON and YAML are read as an OSCAL
/// POA&M (1.0 to 1.2). Several files are a series: the same
/// weakness is recognised even where it was numbered anew, and each file becomes one commit of its
/// day. Without --commit nothing is written: the plan is printed.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The files, or folders of CSV files, in the order of their days
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write the items and commit them
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) commit: bool,
    /// Print the plan and write nothing (the default)
    #[arg(long)]
    dry_run: bool,
    /// The day the file is from, instead of the one that it or its name says
    #[arg(long, value_name = "DATE", value_parser = past_day)]
    date: Option<TypedDay>,
    #[command(flatten)]
    mapping: Mapping,
    /// Give rows without an id the next id of the tracker
    #[arg(long)]
    assign_ids: bool,
    /// Key by which rows are matched to existing items
    #[arg(long = "match", value_name = "HOW", default_value = "auto")]
    by: KeyColumn,
    /// Minimum similarity (0 to 1) for a fuzzy match of a row and an item
    #[arg(long, value_name = "SCORE", default_value_t = LEAST_SCORE, value_parser = parse_score)]
    min_score: f64,
    /// Close open items that are no longer listed
    #[arg(long)]
    close_absent: bool,
    /// Import even if the file has almost nothing in common with this tracker
    #[arg(long)]
    unrelated: bool,
    /// Take what was changed in a workbook that was built here: only cells that differ from what
    /// was built, in one commit of today
    #[arg(long, conflicts_with_all = ["date", "by", "close_absent", "unrelated", "force", "assign_ids"])]
    update: bool,
    /// Where the file and the tracker both changed a value, keep the tracker's
    #[arg(long, conflicts_with = "theirs")]
    pub(super) ours: bool,
    /// Where the file and the tracker both changed a value, take the file's
    #[arg(long)]
    pub(super) theirs: bool,
    /// Decide one value that both changed, e.g. "V-1 /comments=theirs": the id, the place of the value and
    /// the side, ours or theirs; goes before --ours and --theirs
    #[arg(long = "decide", value_name = "VALUE=SIDE", value_parser = parse_decision)]
    pub(super) decisions: Vec<(String, Winner)>,
    /// With --update: why, for the commit
    #[arg(long, requires = "update")]
    pub(super) reason: Option<String>,
    /// Take new items apart into the days that their rows say: found, milestone changes, last change
    #[arg(long)]
    reconstruct: bool,
    /// Go on with a file that is older than what was imported, and look again at one that was
    /// imported before; never makes an item twice
    #[arg(long)]
    force: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: TextOrJson,
}

/// Options of the matching of rows to existing items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KeyColumn {
    /// By id where it still is the same weakness, else by fingerprint
    Auto,
    /// By id alone
    Id,
    /// By fingerprint alone: the source numbers anew each time
    Fingerprint,
}

/// Rows of a list that the text shows; the JSON has all.
pub(super) const SHOWN: usize = 20;

fn parse_score(text: &str) -> Result<f64, String> {
    let score: f64 = text.parse().map_err(|_| "write a number from 0 to 1".to_owned())?;
    if (0.0..=1.0).contains(&score) {
        Ok(score)
    } else {
        Err("write a number from 0 to 1".to_owned())
    }
}

impl ImportArgs {
    /// Returns the day that was given for the file.
    fn given_day(&self, session: &Session) -> Option<NaiveDate> {
        self.date.map(|typed| typed.resolve_on(session.today))
    }

    pub(super) fn run(mut self, session: &mut Session) -> Result<CommandOutcome> {
        self.mapping = self.mapping.with_file(&session.directory)?;
        if self.given_day(session).is_some_and(|date| !can_be_committed(date, session.today)) {
            bail!("--date: a commit can be of no day before 1970 or after today");
        }
        if self.date.is_some() && self.files.len() > 1 {
            bail!("--date says which day one file is from, and there are several");
        }
        self.check_sources(&session.directory)?;
        let repository = session.open_repository()?;
        let tracker = session.tracker(Some(&repository))?;
        let layout = own_layout(&repository, &tracker)?;
        let meanings = self.meanings(&tracker)?;
        let read = |file: &PathBuf| self.read(session, file, layout.as_ref(), &meanings);
        let submissions: Vec<Submission> = self.files.iter().map(read).collect::<Result<_>>()?;
        self.check_words_seen(&submissions)?;
        let mut options = self.options(session, meanings);
        // Only what can be used is worth keeping.
        self.mapping.save_mapping(&session.directory)?;
        options.own = layout.as_ref().map(Layout::own_columns).unwrap_or_default();
        if self.update && submissions.len() > 1 {
            bail!("--update takes one workbook at a time");
        }
        // From the reading of the tracker to the commit: no other command takes the same ids, and what
        // another one commits is known before anything is planned on it.
        let _lock = match self.commit {
            true => Some(session.lock(&repository)?),
            false => None,
        };
        if let ([submission], true) = (submissions.as_slice(), self.update) {
            return self.update_items(session, &repository, &tracker, submission, &options);
        }
        let store = tracker.load_all(Some(&repository))?;
        if store.unreadable() > 0 {
            session.say_unreadable(&store);
            bail!(
                "the tracker has files that cannot be read, so what is new cannot be told; mend them first"
            );
        }
        check_tracker(&store, &session.expected)?;
        let record = ImportRecord::load(&tracker, &CommittedImports::read(&repository)?)?;
        let plan = |options: &import::ImportOptions| {
            import::plan_series(&tracker, &store, &submissions, &record, options)
        };
        let mut plans = plan(&options)?;
        if plans.iter().any(|plan| plan.given > 0) {
            // Only now the history is worth reading.
            options.reserved = ids::taken_ids(&repository, &tracker, &store)?;
            options.reserved.extend(ids::past_ids(session, &repository, &tracker)?);
            plans = plan(&options)?;
        }
        self.check_decisions(plans.iter().flat_map(|plan| &plan.conflicts))?;
        for (plan, submission) in plans.iter_mut().zip(&submissions) {
            let built_from = built_from(&repository, submission);
            plan.notes.extend(built_from.map(|commit| built_here(commit, submission)));
            plan.built_from = built_from.map(|commit| commit.to_string());
            let there: Vec<RelPath> =
                plan.unchanged.iter().map(RelPath::new).collect::<Result<_, _>>()?;
            plan.uncommitted = repository.find_uncommitted(&there)?.len();
        }
        let errors = notes_of_errors(session, &repository, &tracker, &store, &plans)?;
        if let Some(last) = plans.last_mut() {
            last.notes.splice(0..0, errors);
        }
        let work = plans.iter().any(|plan| !plan.is_idle());
        let undecided = plans.iter().any(|plan| plan.undecided);
        let commits = match self.commit && work && !undecided {
            true => import::carry_out(&repository, &plans)?.len(),
            false => 0,
        };
        if commits > 0 {
            session.warn_if_detached(&repository);
        }
        match (self.format, plans.as_slice()) {
            (TextOrJson::Json, [plan]) => {
                session.print_json(format_args!("{:#}\n", plan.to_json(false, commits)))?;
            }
            (TextOrJson::Json, plans) => {
                let each: Vec<_> = plans.iter().map(|plan| plan.to_json(true, 0)).collect();
                let all = json!({"version": 1, "submissions": each, "commits": commits});
                session.print_json(format_args!("{all:#}\n"))?;
            }
            (TextOrJson::Text, plans) if session.quiet => {
                session.print(brief_text(plans, self.commit, commits))?;
            }
            (TextOrJson::Text, plans) => {
                session.print(render_plans(plans, self.commit, commits))?
            }
        }
        let refused = plans.iter().any(|plan| !plan.refused.is_empty());
        Ok(if refused || undecided { CommandOutcome::Diagnosed } else { CommandOutcome::Fine })
    }

    /// An error where an option is about rows and columns, and no file has any.
    fn check_sources(&self, directory: &Path) -> Result<()> {
        let mut without_rows = None;
        let mut some_have_rows = false;
        for file in &self.files {
            let source = find_source(file, &read_head(&directory.join(file), HEAD_BYTES));
            if source.has_rows() {
                some_have_rows = true;
            } else if without_rows.is_none() {
                without_rows = Some((file, source));
            }
        }
        let Some((file, source)) = without_rows else { return Ok(()) };
        if some_have_rows && !self.update {
            return Ok(());
        }
        let of_rows = match (self.update, self.assign_ids) {
            (true, _) => Some("--update"),
            (false, true) => Some("--assign-ids"),
            (false, false) => self.mapping.of_rows(),
        };
        if let Some(option) = of_rows {
            bail!(
                "{option} is about workbooks and CSV files, and {} is read as {}",
                file.display(),
                source.title()
            );
        }
        Ok(())
    }

    fn assumed(&self, statuses: Vec<StatusMeaning>) -> Assumed {
        Assumed {
            detected: self.mapping.assume_detected,
            rating: self.mapping.assume_risk,
            statuses,
            ratings: self.mapping.ratings.clone(),
            answers: self.mapping.answers.clone(),
            dates: self.mapping.date_forms(),
            // It depends on the document.
            reads_plan_lists: false,
            document_day: None,
        }
    }

    fn options(&self, session: &Session, meanings: Vec<StatusMeaning>) -> import::ImportOptions {
        import::ImportOptions {
            assumed: self.assumed(meanings),
            own: Vec::new(),
            by: match self.by {
                KeyColumn::Auto => import::ImportMatch::Auto,
                KeyColumn::Id => import::ImportMatch::Id,
                KeyColumn::Fingerprint => import::ImportMatch::Fingerprint,
            },
            least: self.min_score,
            assign_ids: self.assign_ids,
            close_absent: self.close_absent,
            unrelated: self.unrelated,
            decisions: self.decisions(),
            force: self.force,
            reconstruct: self.reconstruct,
            reserved: BTreeSet::new(),
            today: session.today,
        }
    }

    /// An error where a person states what a word of a status column means that no row has.
    fn check_words_seen(&self, submissions: &[Submission]) -> Result<()> {
        let seen: BTreeSet<String> = submissions.iter().flat_map(Submission::statuses).collect();
        if seen.is_empty() && !self.mapping.statuses.is_empty() {
            bail!(
                "--map-status: no row has a status: say which column has it with --map \"HEADER=status\""
            );
        }
        for (word, _) in &self.mapping.statuses {
            if !seen.iter().any(|text| to_comparable(text) == to_comparable(word)) {
                let seen: Vec<String> =
                    seen.iter().take(SHOWN).map(|text| one_line(text)).collect();
                bail!(
                    "--map-status: no row has the status `{}`; there are {}",
                    visible(word),
                    visible(&seen.join(", "))
                );
            }
        }
        Ok(())
    }

    /// Returns the meanings of words of a status column: as given, and the names of the statuses
    /// themselves.
    fn meanings(&self, tracker: &Tracker) -> Result<Vec<StatusMeaning>> {
        let workflow = &tracker.settings.workflow;
        let mut meanings = Vec::new();
        for (word, status) in &self.mapping.statuses {
            meanings.push(find_meaning(workflow, "--map-status", word, status)?);
        }
        for (word, status) in &self.mapping.optional_statuses {
            meanings.push(find_meaning(workflow, "the mapping file", word, status)?);
        }
        let own = workflow.statuses().filter_map(|(name, _)| name.parse::<Status>().ok());
        meanings.extend(own.map(|status| StatusMeaning {
            word: status.as_str().to_owned(),
            closed: workflow.is_closed(&status),
            status,
        }));
        Ok(meanings)
    }

    /// Reads a document: a file, or the CSV files of a folder.
    fn read(
        &self,
        session: &Session,
        file: &Path,
        layout: Option<&Layout>,
        meanings: &[StatusMeaning],
    ) -> Result<Submission> {
        let doing = || format!("reading {}", file.display());
        let path = session.directory.join(file);
        let source = find_source(file, &read_head(&path, HEAD_BYTES));
        let content = if source.has_rows() && path.is_dir() {
            SourceContent::Folder(read_folder(&path).with_context(doing)?)
        } else {
            let bytes = read_document(&path, source.max_bytes(), source.title());
            SourceContent::File(bytes.with_context(doing)?)
        };
        // The name of a table is part of the record: `.` or a link is the folder or file it leads to.
        let named = match source.has_rows() {
            true => path.canonicalize().with_context(doing)?,
            false => path,
        };
        let name = named.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let tables = workbook::ReadOptions {
            columns: self.mapping.columns.clone(),
            layout: layout.map(Layout::headers).unwrap_or_default(),
            dates: self.mapping.date_forms(),
            sheets: self.mapping.sheets.clone(),
            optional_sheets: self.mapping.optional_sheets.clone(),
            layout_sheets: layout.map(Layout::sheet_roles).unwrap_or_default(),
        };
        let options = SourceOptions {
            stated_day: self.given_day(session),
            today: session.today,
            assumed: self.assumed(meanings.to_vec()),
            tables,
            is_update: self.update,
        };
        let submission = source.read(SourceDocument { name, content }, &options);
        if let Err(SourceError::Table(ReadError::NoColumn { header, seen })) = &submission
            && let Some(near) = nearest(header, seen.iter().map(String::as_str))
        {
            bail!(
                "--map: {} has no column `{}`: did you mean `{}`?",
                file.display(),
                visible(header),
                visible(near)
            );
        }
        submission.with_context(doing)
    }
}

/// The commit that a workbook was built from, where that was here.
fn built_from(repository: &Repository, submission: &Submission) -> Option<CommitId> {
    let subject = submission.reading.properties.subject.as_deref()?;
    repository.resolve_revision(subject.strip_prefix("commit ")?).ok()
}

/// A note on a workbook that was built here: its edits are taken back in another way.
fn built_here(commit: CommitId, submission: &Submission) -> ReadingNote {
    let message = format!(
        "this workbook was built here by `poam workbook`, from commit {}: to take back what was edited in it, \
         say `poam import {} --update`; without --update it is read as a document of somebody else's",
        commit.short(),
        submission.source
    );
    ReadingNote { sheet: submission.source.clone(), row: None, message }
}

/// Returns the meaning of a word, where the workflow has the status. `place` is where it was stated.
fn find_meaning(
    workflow: &Workflow,
    place: &str,
    word: &str,
    status: &Status,
) -> Result<StatusMeaning> {
    if workflow.get(status).is_none() {
        let names = workflow.names();
        let near = nearest(status.as_str(), names.iter().copied())
            .map(|near| format!("did you mean `{near}`? "))
            .unwrap_or_default();
        bail!(
            "{place}: there is no status `{}`; {near}The statuses are {}",
            status.as_str(),
            names.join(", ")
        );
    }
    Ok(StatusMeaning {
        word: word.to_owned(),
        status: status.clone(),
        closed: workflow.is_closed(status),
    })
}

/// A text on one line, as it can be typed.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The layout of the team's own that the settings name: its headers may be words of their own.
fn own_layout(repository: &Repository, tracker: &Tracker) -> Result<Option<Layout>> {
    let head = repository.head()?.filter(|_| is_layout_file(&tracker.settings.layout));
    let Some(head) = head else { return Ok(None) };
    let layout =
        layout_of(repository, head, tracker).context("reading the layout of the tracker")?;
    Ok(Some(layout.into_owned()))
}

/// The CSV files of a folder, by name.
fn read_folder(path: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    // Together they are one document.
    let mut left = workbook::read::MAX_FILE_BYTES;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.to_lowercase().ends_with(".csv") || !entry.file_type()?.is_file() {
            continue;
        }
        let bytes = read_document(&entry.path(), left, "the CSV files of a folder")
            .with_context(|| name.clone())?;
        left -= bytes.len() as u64;
        files.push((name, bytes));
    }
    files.sort();
    if files.is_empty() {
        bail!("the folder holds no CSV file");
    }
    Ok(files)
}
