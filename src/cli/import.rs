use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::import_errors::notes_of_errors;
use super::import_mapping::Mapping;
use super::input::read_document;
use super::{Outcome, Session, TextOrJson, ids, import_oscal};
use crate::day::calendar_day;
use crate::exchange::{
    Assumed, Meaning, can_be_committed, is_layout_file, layout_of, note_critical,
    read_status_columns, take_apart,
};
use crate::history::diff_items;
use crate::import::{
    self, CommittedImports, Conflict, Dated, ImportRecord, LEAST_SCORE, Plan, Submission, Winner,
};
use crate::model::words::comparable;
use crate::model::{Status, Workflow};
use crate::nearest::nearest;
use crate::output::{Happening, place_words, plural, visible};
use crate::repository::{RelPath, Repository};
use crate::store::Tracker;
use crate::workbook::{self, Layout, Note, ReadError};

/// Read POA&M workbooks, CSV files or an OSCAL document into items
///
/// Official FedRAMP workbooks (3.0, 2.1, Rev 4) and CSV files with the same headers are recognised
/// by their headers; a folder of CSV files is one document; JSON and YAML are read as an OSCAL
/// POA&M (1.0 to 1.2). Several files are a series: the same
/// weakness is recognised even where it was numbered anew, and each file becomes one commit of its
/// day. Without --commit nothing is written: the plan is printed.
#[derive(Debug, Args)]
pub(super) struct Import {
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
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = calendar_day)]
    date: Option<NaiveDate>,
    #[command(flatten)]
    mapping: Mapping,
    /// Give rows without an id the next id of the tracker
    #[arg(long)]
    assign_ids: bool,
    /// By what rows are recognised
    #[arg(long = "match", value_name = "HOW", default_value = "auto")]
    by: By,
    /// How much rows and items must say the same to be recognised where something differs (0 to 1)
    #[arg(long, value_name = "SCORE", default_value_t = LEAST_SCORE, value_parser = score)]
    min_score: f64,
    /// Close open items that are no longer listed
    #[arg(long)]
    close_absent: bool,
    /// Go on although a file shares almost nothing with what is here
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
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: TextOrJson,
}

/// By what rows are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// By id where it still is the same weakness, else by fingerprint
    Auto,
    /// By id alone
    Id,
    /// By fingerprint alone: the source numbers anew each time
    Fingerprint,
}

/// Rows of a list that the text shows; the JSON has all.
const SHOWN: usize = 20;

fn score(text: &str) -> Result<f64, String> {
    let score: f64 = text.parse().map_err(|_| "write a number from 0 to 1".to_owned())?;
    if (0.0..=1.0).contains(&score) {
        Ok(score)
    } else {
        Err("write a number from 0 to 1".to_owned())
    }
}

impl Import {
    pub(super) fn run(mut self, session: &mut Session) -> Result<Outcome> {
        self.mapping = self.mapping.with_file(&session.directory)?;
        if self.date.is_some_and(|date| !can_be_committed(date, session.today)) {
            bail!("--date: a commit can be of no day before 1970 or after today");
        }
        if self.date.is_some() && self.files.len() > 1 {
            bail!("--date says which day one file is from, and there are several");
        }
        let is_oscal = |file: &&PathBuf| import_oscal::is_oscal(&session.directory, file);
        if let Some(file) = self
            .files
            .iter()
            .find(is_oscal)
            .filter(|_| self.update || self.files.iter().all(|file| is_oscal(&file)))
        {
            self.check_options_of_rows(file)?;
        }
        let repository = session.repository()?;
        let tracker = session.tracker(Some(&repository))?;
        let layout = own_layout(&repository, &tracker)?;
        let meanings = self.meanings(&tracker)?;
        let read = |file: &PathBuf| self.read(session, file, layout.as_ref(), &meanings);
        let submissions: Vec<Submission> = self.files.iter().map(read).collect::<Result<_>>()?;
        self.check_words_seen(&submissions)?;
        let mut options = self.options(session, meanings);
        // Only what can be used is worth keeping.
        self.mapping.save(&session.directory)?;
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
            return self.update(session, &repository, &tracker, submission, &options);
        }
        let store = tracker.load_all(Some(&repository))?;
        if store.unreadable() > 0 {
            session.say_unreadable(&store);
            bail!(
                "the tracker has files that cannot be read, so what is new cannot be told; mend them first"
            );
        }
        let record = ImportRecord::load(&tracker, &CommittedImports::read(&repository)?)?;
        let plan = |options: &import::Options| {
            import::plan_series(&tracker, &store, &submissions, &record, options)
        };
        let mut plans = plan(&options)?;
        if plans.iter().any(|plan| plan.given > 0) {
            // Only now the history is worth reading.
            options.reserved = ids::taken(&repository, &tracker, &store)?;
            options.reserved.extend(ids::past(session, &repository, &tracker)?);
            plans = plan(&options)?;
        }
        for (plan, submission) in plans.iter_mut().zip(&submissions) {
            plan.notes.extend(built_here(&repository, submission));
            let there: Vec<RelPath> =
                plan.unchanged.iter().map(RelPath::new).collect::<Result<_, _>>()?;
            plan.uncommitted = repository.uncommitted(&there)?.len();
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
            (TextOrJson::Text, plans) => session.print(text(plans, self.commit, commits))?,
        }
        let refused = plans.iter().any(|plan| !plan.refused.is_empty());
        Ok(if refused || undecided { Outcome::Diagnosed } else { Outcome::Fine })
    }

    /// An error where an option is about rows and columns, and no file has any.
    fn check_options_of_rows(&self, file: &Path) -> Result<()> {
        let of_rows = [(self.update, "--update"), (self.assign_ids, "--assign-ids")];
        let of_rows = of_rows.iter().find(|(given, _)| *given).map(|(_, option)| *option);
        if let Some(option) = of_rows.or(self.mapping.of_rows()) {
            bail!(
                "{option} is about workbooks and CSV files, and {} is read as an OSCAL document",
                file.display()
            );
        }
        Ok(())
    }

    /// Whose values count in conflicts, where the person says it.
    pub(super) fn winner(&self) -> Option<Winner> {
        match (self.ours, self.theirs) {
            (true, _) => Some(Winner::Ours),
            (_, true) => Some(Winner::Theirs),
            _ => None,
        }
    }

    fn assumed(&self, statuses: Vec<Meaning>) -> Assumed {
        Assumed {
            detected: self.mapping.assume_detected,
            rating: self.mapping.assume_risk,
            statuses,
            ratings: self.mapping.ratings.clone(),
            answers: self.mapping.answers.clone(),
            dates: self.mapping.date_forms(),
            // It depends on the document.
            reads_plan_lists: false,
        }
    }

    fn options(&self, session: &Session, meanings: Vec<Meaning>) -> import::Options {
        import::Options {
            assumed: self.assumed(meanings),
            own: Vec::new(),
            by: match self.by {
                By::Auto => import::Match::Auto,
                By::Id => import::Match::Id,
                By::Fingerprint => import::Match::Fingerprint,
            },
            least: self.min_score,
            assign_ids: self.assign_ids,
            close_absent: self.close_absent,
            unrelated: self.unrelated,
            winner: self.winner(),
            force: self.force,
            reconstruct: self.reconstruct,
            reserved: BTreeSet::new(),
            today: session.today,
        }
    }

    /// An error where a person says what a word of a status column means that no row has.
    fn check_words_seen(&self, submissions: &[Submission]) -> Result<()> {
        let seen: BTreeSet<String> = submissions.iter().flat_map(Submission::statuses).collect();
        if seen.is_empty() && !self.mapping.statuses.is_empty() {
            bail!(
                "--map-status: no row has a status: say which column has it with --map \"HEADER=status\""
            );
        }
        for (word, _) in &self.mapping.statuses {
            if !seen.iter().any(|text| comparable(text) == comparable(word)) {
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

    /// What words of a status column mean: as was said, and the names of the statuses themselves.
    fn meanings(&self, tracker: &Tracker) -> Result<Vec<Meaning>> {
        let workflow = &tracker.settings.workflow;
        let mut meanings = Vec::new();
        for (word, status) in &self.mapping.statuses {
            meanings.push(meaning(workflow, "--map-status", word, status)?);
        }
        for (word, status) in &self.mapping.optional_statuses {
            meanings.push(meaning(workflow, "the mapping file", word, status)?);
        }
        let own = workflow.statuses().filter_map(|(name, _)| name.parse::<Status>().ok());
        meanings.extend(own.map(|status| Meaning {
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
        meanings: &[Meaning],
    ) -> Result<Submission> {
        if import_oscal::is_oscal(&session.directory, file) {
            let assumed = self.assumed(meanings.to_vec());
            return import_oscal::read(session, file, self.date, &assumed);
        }
        let path = session.directory.join(file);
        let doing = || format!("reading {}", file.display());
        let name = path.canonicalize().with_context(doing)?;
        let name = name.file_name().map(|name| name.to_string_lossy().into_owned());
        let source = name.unwrap_or_default();
        let options = workbook::Options {
            columns: self.mapping.columns.clone(),
            layout: layout.map(Layout::headers).unwrap_or_default(),
            dates: self.mapping.date_forms(),
            sheets: self.mapping.sheets.clone(),
            optional_sheets: self.mapping.optional_sheets.clone(),
            layout_sheets: layout.map(Layout::sheet_roles).unwrap_or_default(),
        };
        let mut digest = Sha256::new();
        let reading = if path.is_dir() {
            let files = folder(&path).with_context(doing)?;
            for (name, bytes) in &files {
                digest.update(format!("{name}\0{}\0", bytes.len()));
                digest.update(bytes);
            }
            let files: Vec<(&str, &[u8])> =
                files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
            workbook::read_sheets(&files, &options)
        } else {
            let bytes =
                read_document(&path, workbook::read::MAX_FILE_BYTES, "a workbook or CSV file")
                    .with_context(doing)?;
            digest.update(&bytes);
            workbook::read_with(&source, bytes, &options)
        };
        if let Err(ReadError::NoColumn { header, seen }) = &reading
            && let Some(near) = nearest(header, seen.iter().map(String::as_str))
        {
            bail!(
                "--map: {} has no column `{}`: did you mean `{}`?",
                file.display(),
                visible(header),
                visible(near)
            );
        }
        let mut reading = reading.with_context(doing)?;
        take_apart(&mut reading);
        if !self.update {
            read_status_columns(&mut reading, meanings).with_context(doing)?;
        }
        note_critical(&mut reading, &self.assumed(Vec::new()));
        let dated = Dated::of(&source, &reading, self.date, session.today);
        let source_id = format!("sha256:{:x}", digest.finalize());
        let origin = Submission::origin_of(&reading.layout, &self.mapping.columns);
        Ok(Submission { source, source_id, origin, reading, listed: Vec::new(), dated })
    }
}

/// A note where a workbook was built here: its edits are taken back in another way.
fn built_here(repository: &Repository, submission: &Submission) -> Option<Note> {
    let subject = submission.reading.properties.subject.as_deref()?;
    let commit = repository.resolve(subject.strip_prefix("commit ")?).ok()?;
    let message = format!(
        "this workbook was built here by `poam workbook`, from commit {}: to take back what was edited in it, \
         say `poam import {} --update`; without --update it is read as a document of somebody else's",
        commit.short(),
        submission.source
    );
    Some(Note { sheet: submission.source.clone(), row: None, message })
}

/// What a word means, where the workflow has the status. `place` is where it was said.
fn meaning(workflow: &Workflow, place: &str, word: &str, status: &Status) -> Result<Meaning> {
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
    Ok(Meaning {
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
fn folder(path: &Path) -> Result<Vec<(String, Vec<u8>)>> {
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

fn text(plans: &[Plan], committed: bool, commits: usize) -> String {
    let mut lines = Vec::new();
    for plan in plans {
        describe(plan, plans.len() > 1, committed, &mut lines);
    }
    let work = plans.iter().any(|plan| !plan.is_idle());
    lines.push(match (committed, commits) {
        _ if plans.iter().any(|plan| plan.undecided) => {
            "nothing is written: say --ours to keep the tracker's values, or --theirs to take the file's".to_owned()
        }
        (true, commits) => format!("{} made", plural(commits, "commit")),
        (false, _) if work => "nothing is written yet: add --commit to do this".to_owned(),
        (false, _) => "nothing to do".to_owned(),
    });
    lines.join("\n") + "\n"
}

fn describe(plan: &Plan, series: bool, committed: bool, lines: &mut Vec<String>) {
    let dated = match plan.dated {
        Some(dated) => format!(", of {} ({})", dated.day, dated.by),
        None => String::new(),
    };
    lines.push(format!("{}: layout {}{dated}", visible(&plan.source), plan.layout));
    if plan.known {
        lines.push(
            "  it was imported before: what went in is left alone (--force looks again)".to_owned(),
        );
    }
    for sheet in plan.sheets.iter().filter(|sheet| sheet.rows_read + sheet.rows_empty > 0) {
        let empty = match sheet.rows_empty {
            0 => String::new(),
            empty => format!(", {} with nothing but a formula", plural(empty, "row")),
        };
        let role = sheet.role.map(|role| format!(" ({role})")).unwrap_or_default();
        lines.push(format!(
            "  {}{role}: {}{empty}",
            visible(&sheet.name),
            plural(sheet.rows_read, "item row"),
        ));
    }
    shown(lines, plan.notes.iter().map(said).collect());
    let kept = plan.kept.iter().map(|(sheet, cell, reason)| {
        format!("kept as text: {}!{cell}: {}", visible(sheet), visible(reason))
    });
    shown(lines, kept.collect());
    let matched =
        plan.matched.iter().filter(|one| one.by == import::By::Fingerprint || one.score < 1.0);
    let matched = matched.map(|one| {
        let order = if one.by_order { ", in order of several that say the same" } else { "" };
        format!(
            "matched: {} is {} by {} ({:.2}{order})",
            visible(&one.row_id),
            visible(one.id.as_str()),
            one.by.as_str(),
            one.score
        )
    });
    shown(lines, matched.collect());
    shown(lines, plan.changed().map(changed_words).collect());
    let conflicts = plan.conflicts.iter().map(|one| conflict(one, "last imported as", "file"));
    shown(lines, conflicts.collect());
    let held = plan.held.iter().map(|one| {
        format!(
            "stays: {} of {} is {}, and the file says {}: {}",
            place_words(&one.pointer),
            visible(one.id.as_str()),
            visible(&one.ours.to_string()),
            visible(&one.theirs.to_string()),
            one.reason
        )
    });
    shown(lines, held.collect());
    let what =
        if plan.closed.is_empty() { "stays open, close it with --close-absent" } else { "closed" };
    let absent =
        plan.absent.iter().map(|id| format!("no longer listed: {} ({what})", visible(id.as_str())));
    shown(lines, absent.collect());
    let points = plan.points();
    if let (Some(first), Some(last)) = (points.first(), points.last()) {
        lines.push(format!(
            "taken apart into {} before the last, {first} to {last}; what is not dated is known by the next day that is",
            plural(points.len(), "day")
        ));
    }
    shown(lines, days(plan, series));
    if !plan.left.is_empty() {
        let fields: Vec<String> = plan
            .left
            .iter()
            .map(|(field, items)| format!("{field} of {}", plural(*items, "item")))
            .collect();
        lines.push(format!("blank in the file and left as it is: {}", fields.join(", ")));
    }
    let refused = plan.refused.iter().map(|one| {
        format!("refused: {}!{}: {}", visible(&one.sheet), one.cell, visible(&one.reason))
    });
    shown(lines, refused.collect());
    let verb = if committed { "created" } else { "to create" };
    let uncommitted = match plan.uncommitted {
        0 => String::new(),
        1 => " (1 of them is not committed)".to_owned(),
        many => format!(" ({many} of them are not committed)"),
    };
    let changed = plan.changed().count();
    let matched = match (plan.matched.len(), changed) {
        (0, _) => String::new(),
        (matched, changed) => format!("{matched} matched ({changed} changed), "),
    };
    let absent = match plan.absent.len() {
        0 => String::new(),
        absent => format!("; {absent} no longer listed"),
    };
    let row = if plan.layout.starts_with("oscal-") { "item" } else { "row" };
    lines.push(format!(
        "{}: {} {verb}, {matched}{} unchanged{uncommitted}, {} refused{absent}",
        plural(plan.rows, row),
        plan.created.len(),
        plan.unchanged.len(),
        plan.refused.len(),
    ));
    if plan.changes_nothing() && !plan.record.is_empty() {
        lines.push(format!(
            "it changes no item; that it was imported {} recorded",
            if committed { "is" } else { "will be" }
        ));
    }
}

/// Widest value that a line about a change shows.
const WIDEST: usize = 60;

/// A line for an item that changes: each field in words, from what to what.
pub(super) fn changed_words(changed: &import::Changed) -> String {
    let [before, after] = [&changed.before, &changed.after].map(|document| document.to_value());
    let differences = diff_items(&before, &after);
    let mut words: Vec<String> =
        differences.iter().map(|difference| Happening::from(difference).words(WIDEST)).collect();
    if words.is_empty() {
        words = changed.changed.iter().map(|pointer| place_words(pointer)).collect();
    }
    format!("changed: {}: {}", visible(changed.id.as_str()), words.join("; "))
}

/// A line for a value that a document and the tracker both changed.
pub(super) fn conflict(one: &Conflict, before: &str, document: &str) -> String {
    let base = match one.base.as_str() {
        Some(digest) if digest.starts_with("sha256:") => "another text".to_owned(),
        _ => one.base.to_string(),
    };
    format!(
        "conflict: {}: {} of {}: {before} {}, in the {document} now {}, in the tracker now {}",
        visible(&one.cells),
        place_words(&one.pointer),
        visible(one.id.as_str()),
        visible(&base),
        visible(&one.theirs.to_string()),
        visible(&one.ours.to_string())
    )
}

/// The days of the commits that make new items, where the document as a whole does not say them.
fn days(plan: &Plan, series: bool) -> Vec<String> {
    let days = plan.by_day(series);
    let whole = plan.dated.map(|dated| dated.day);
    if days.iter().all(|(day, _)| day.is_some() && *day == whole) {
        return Vec::new();
    }
    let line = |(day, created): &(Option<NaiveDate>, Vec<&import::Created>)| {
        let items = plural(created.len(), "item");
        let own = created.iter().filter(|one| one.date.is_some()).count();
        match (day, plan.dated) {
            (None, _) => format!("commit of now: {items}, which nothing dates"),
            (Some(day), Some(dated)) if own == 0 => {
                format!("commit of {day}: {items}, by {}", dated.by)
            }
            (Some(day), _) => format!("commit of {day}: {items}, by the status date of each row"),
        }
    };
    days.iter().map(line).collect()
}

pub(super) fn said(note: &Note) -> String {
    let row = note.row.map(|row| format!(" row {row}")).unwrap_or_default();
    format!("note: {}{row}: {}", visible(&note.sheet), visible(&note.message))
}

pub(super) fn shown(lines: &mut Vec<String>, more: Vec<String>) {
    let left = more.len().saturating_sub(SHOWN);
    lines.extend(more.into_iter().take(SHOWN));
    if left > 0 {
        lines.push(format!("… and {left} more; --format json lists all"));
    }
}
