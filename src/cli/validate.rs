//! `poam validate`: checks items against the schema and the rules, also a branch against its base.
//!
//! Loads both sides, lets `rules` check, and prints the report in the requested format.

use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::branch::{BranchHead, missing_folder, needs_history, verdict};
use super::item_lookup::find_one;
use super::{CommandOutcome, Session};
use crate::diagnostic::{Diagnostic, Level};
use crate::nearest::nearest;
use crate::output::{Format, OutputKind, ValidationReport};
use crate::repository::{CommitId, Repository};
use crate::rules::{self, Check, CheckedTree};
use crate::settings::Settings;
use crate::store::{Stored, Tracker};
use crate::text::visible;

/// Check every item against the schema and the rules
///
/// With --base, rules also look at what this branch does to each item, and only what the base did
/// not have already counts for the exit code.
#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    /// Report only these items (by id), files or folders; everything is read all the same
    #[arg(value_name = "ID|PATH")]
    paths: Vec<PathBuf>,
    /// Report only this rule; may be given several times
    #[arg(long, value_name = "RULE")]
    rule: Vec<String>,
    /// Report only this level and those above it: error, warning or note
    #[arg(long, value_name = "LEVEL")]
    level: Option<LevelArg>,
    /// Show at most this many, the worst first; 0 shows all. Text of more than 50 is a table of
    /// counts by rule otherwise
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print only how often each rule complains
    #[arg(long, conflicts_with_all = ["format", "limit"])]
    statistics: bool,
    /// Compare with the point where this branch left REV
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Check what is staged for the next commit instead of the work tree; a hook of git that runs this
    /// program always does
    #[arg(long)]
    staged: bool,
    /// Announce dates this many days ahead, instead of what the settings say
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(..=3650))]
    warn_days: Option<u32>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: DiagnosticFormat,
}

/// A level, as an argument.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LevelArg {
    /// Must be mended
    Error,
    /// Should be looked at
    Warning,
    /// Good to know
    Note,
}

/// Output format of diagnostics.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum DiagnosticFormat {
    /// The source line with the place marked
    Text,
    /// Version 1 of our own JSON
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations in a GitHub workflow
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// JUnit XML: a suite for each rule
    Junit,
    /// Tables for a job summary or a comment
    Markdown,
    /// One line each: file:line:column: level[rule] message
    Concise,
}

impl From<DiagnosticFormat> for Format {
    fn from(format: DiagnosticFormat) -> Self {
        match format {
            DiagnosticFormat::Text => Self::Text,
            DiagnosticFormat::Json => Self::Json,
            DiagnosticFormat::Sarif => Self::Sarif,
            DiagnosticFormat::Github => Self::Github,
            DiagnosticFormat::Gitlab => Self::Gitlab,
            DiagnosticFormat::Junit => Self::Junit,
            DiagnosticFormat::Markdown => Self::Markdown,
            DiagnosticFormat::Concise => Self::Concise,
        }
    }
}

impl DiagnosticFormat {
    pub(super) fn content(self) -> OutputKind {
        match self {
            Self::Text | Self::Markdown | Self::Concise => OutputKind::Text,
            Self::Json | Self::Sarif | Self::Gitlab => OutputKind::Json,
            Self::Junit => OutputKind::Xml,
            // It writes the runner's commands itself.
            Self::Github => OutputKind::Exact,
        }
    }
}

impl ValidateArgs {
    /// Everything, as text.
    pub(super) fn plain_text() -> Self {
        Self {
            paths: Vec::new(),
            base: None,
            staged: false,
            warn_days: None,
            rule: Vec::new(),
            level: None,
            limit: None,
            statistics: false,
            format: DiagnosticFormat::Text,
        }
    }

    /// Counts by rule, as text.
    pub(super) fn statistics() -> Self {
        Self { statistics: true, ..Self::plain_text() }
    }

    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.find_repository()?;
        let mut tracker = session.tracker(repository.as_ref())?;
        let mut staged = None;
        if let Some((then, items)) = session.staged(repository.as_ref(), &tracker, self.staged)? {
            let wrong = rules::check_settings(&then.settings);
            session.refuse_settings(wrong)?;
            (tracker, staged) = (then, Some(items));
        }
        if let Some(days) = self.warn_days {
            tracker.settings.warn_days = days;
        }
        let wanted = wanted_paths(session, repository.as_ref(), &tracker, &self.paths)?;
        self.check_rule_names()?;
        let needs_history = needs_history(&tracker.settings, session.today);
        let is_staged = staged.is_some();
        let (store, history) = match staged {
            Some(items) if needs_history => {
                (items, session.history(repository.as_ref(), &tracker)?)
            }
            Some(items) => (items, None),
            None => session.work_tree(repository.as_ref(), &tracker, needs_history)?,
        };
        let settings = &tracker.settings;
        // Before the first commit all that is checked is new, with a base or without one.
        let base = match (&self.base, &repository) {
            (None, _) => None,
            (Some(_), None) => {
                bail!("--base needs a git repository, and {} is in none", tracker.root.display())
            }
            (Some(rev), Some(repository)) => left_at(repository, rev)?,
        };
        let head = BranchHead {
            tracker: &tracker,
            store: &store,
            history: history.as_ref(),
            commit: None,
        };
        let CheckedTree { mut diagnostics, known, .. } =
            verdict(session, repository.as_ref(), &head, base)?.checked;
        if !is_staged {
            diagnostics.splice(0..0, missing_folder(&tracker));
        }
        diagnostics.retain(|diagnostic| lies_in(&diagnostic.label.path, &wanted));
        self.select_diagnostics(&mut diagnostics);
        let is_wanted = |stored: &&Stored| lies_in(stored.path(), &wanted);
        let report = ValidationReport {
            diagnostics,
            items: store.items().iter().filter(is_wanted).count(),
            unreadable: store.unreadable(),
            known,
            against_base: self.base.is_some(),
            asked: asked_rules(settings, session.today, self.base.is_some()),
            documents: Vec::new(),
            limit: self.limit.map(|limit| if limit == 0 { usize::MAX } else { limit }),
        };
        let format: Format = match self.statistics {
            true => Format::Statistics,
            false => self.format.into(),
        };
        let color = session.color;
        session
            .stream(self.format.content(), |out| report.write(format, color, out))
            .context("writing the result")?;
        let left_out = report.left_out(format);
        if left_out > 0 {
            session.say(format_args!(
                "warning: {left_out} of {} results are left out, the least severe: code scanning \
                 refuses a run with more than 25,000; `poam validate` prints all of them",
                report.diagnostics.len()
            ));
        }
        let failed = report.count_level(Level::Error) > 0;
        // The program ends here: taking thousands of items apart first helps nobody.
        std::mem::forget((store, history, report));
        Ok(if failed { CommandOutcome::Diagnosed } else { CommandOutcome::Fine })
    }
}

impl ValidateArgs {
    /// Refuses a name that no rule has.
    fn check_rule_names(&self) -> Result<()> {
        let Some(name) = self.rule.iter().find(|name| rules::find(name).is_none()) else {
            return Ok(());
        };
        let near = nearest(name, rules::ALL.iter().map(|rule| rule.name));
        let near = near.map(|near| format!("; did you mean `{near}`?"));
        let help = near.unwrap_or_else(|| "; `poam rules` lists all".to_owned());
        bail!("there is no rule `{}`{help}", visible(name));
    }

    /// Leaves the diagnostics of the rules and levels that were asked for, the most severe first where
    /// only some are shown.
    fn select_diagnostics(&self, diagnostics: &mut Vec<Diagnostic>) {
        let lowest = match self.level {
            Some(LevelArg::Error) => Level::Error,
            Some(LevelArg::Warning) => Level::Warning,
            Some(LevelArg::Note) | None => Level::Note,
        };
        diagnostics.retain(|diagnostic| {
            let is_asked = self.rule.is_empty() || self.rule.iter().any(|it| it == diagnostic.rule);
            is_asked && diagnostic.level <= lowest
        });
        if self.limit.is_some_and(|limit| limit > 0) {
            // Within a level the order of files and lines stays.
            diagnostics.sort_by_key(|diagnostic| diagnostic.level);
        }
    }
}

/// The rules that are on; those that look at changes are asked only where there is a base.
fn asked_rules(settings: &Settings, today: NaiveDate, against_base: bool) -> Vec<&'static str> {
    let asked = rules::ALL.iter().filter(|rule| {
        let on = rules::level_on(rule, settings, today).is_some();
        on && (against_base || !matches!(rule.check, Check::Change(_)))
    });
    asked.map(|rule| rule.name).collect()
}

/// The commit at which the branch left: the merge base of the head with a revision. `None` where
/// the revision is no commit yet, and all that is checked is new.
fn left_at(repository: &Repository, rev: &str) -> Result<Option<CommitId>> {
    let Some(rev) = repository.resolve_base(rev)? else { return Ok(None) };
    Ok(Some(match repository.head()? {
        Some(head) => repository.merge_base(head, rev)?.unwrap_or(rev),
        None => rev,
    }))
}

/// Paths and ids as typed, as paths from the root of the repository.
pub(super) fn wanted_paths(
    session: &Session,
    repository: Option<&Repository>,
    tracker: &Tracker,
    paths: &[PathBuf],
) -> Result<Vec<String>> {
    let mut wanted = Vec::new();
    for path in paths {
        let on_disk = session.directory.join(path);
        let on_disk = match (on_disk.canonicalize(), path.to_str()) {
            (Ok(on_disk), _) => on_disk,
            (Err(error), Some(id)) if error.kind() == ErrorKind::NotFound => {
                let found = find_one(repository, tracker, id);
                let found = found.with_context(|| {
                    format!("there is no file, folder or item `{}`", visible(id))
                })?;
                wanted.push(found.path().to_owned());
                continue;
            }
            (Err(error), _) => {
                return Err(error).with_context(|| format!("reading {}", path.display()));
            }
        };
        let Ok(inside) = on_disk.strip_prefix(&tracker.root) else {
            bail!("{} is not in the tracker {}", path.display(), tracker.root.display())
        };
        let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        wanted.push(format!("{}{}", tracker.prefix, parts.join("/")));
    }
    Ok(wanted)
}

/// Returns whether a file is wanted, or is in a folder that is; without wanted paths every one is.
pub(super) fn lies_in(path: &str, wanted: &[String]) -> bool {
    wanted.is_empty()
        || wanted.iter().any(|one| {
            path.strip_prefix(one.as_str()).is_some_and(|rest| {
                one.is_empty() || one.ends_with('/') || rest.is_empty() || rest.starts_with('/')
            })
        })
}
