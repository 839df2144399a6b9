use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use super::session::find_one;
use super::{Outcome, Session};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::reason_of;
use crate::nearest::nearest;
use crate::output::{Content, Format, Report, visible};
use crate::repository::{CommitId, GitError, Repository, trailers};
use crate::rules::{self, Base, Check, Checked, Context};
use crate::settings::Settings;
use crate::snapshot;
use crate::store::{Store, Stored, Tracker, TrackerError};

/// Check every item against the schema and the rules
///
/// With --base, rules also look at what this branch does to each item, and only what the base did
/// not have already counts for the exit code.
#[derive(Debug, Args)]
pub(super) struct Validate {
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
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: FormatArg,
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

/// How to print diagnostics.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum FormatArg {
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

impl From<FormatArg> for Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Text => Self::Text,
            FormatArg::Json => Self::Json,
            FormatArg::Sarif => Self::Sarif,
            FormatArg::Github => Self::Github,
            FormatArg::Gitlab => Self::Gitlab,
            FormatArg::Junit => Self::Junit,
            FormatArg::Markdown => Self::Markdown,
            FormatArg::Concise => Self::Concise,
        }
    }
}

impl FormatArg {
    pub(super) fn content(self) -> Content {
        match self {
            Self::Text | Self::Markdown | Self::Concise => Content::Text,
            Self::Json | Self::Sarif | Self::Gitlab => Content::Json,
            Self::Junit => Content::Xml,
            // It writes the runner's commands itself.
            Self::Github => Content::Exact,
        }
    }
}

/// The day of the newest snapshot, which freezes a report; looked up only where the report is due by
/// FedRAMP's rules.
fn newest_snapshot(
    repository: Option<&Repository>,
    tracker: &Tracker,
) -> Result<Option<NaiveDate>> {
    let (Some(repository), Some(_)) = (repository, tracker.settings.vdr_adopted) else {
        return Ok(None);
    };
    let snapshots = snapshot::list(repository, &tracker.prefix)?;
    Ok(snapshots.into_iter().filter_map(|(_, read)| Some(read.ok()?.date)).max())
}

impl Validate {
    /// Everything, as text.
    pub(super) fn plain() -> Self {
        Self {
            paths: Vec::new(),
            base: None,
            staged: false,
            warn_days: None,
            rule: Vec::new(),
            level: None,
            limit: None,
            statistics: false,
            format: FormatArg::Text,
        }
    }

    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
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
        let wanted = wanted(session, repository.as_ref(), &tracker, &self.paths)?;
        if let Some(name) = self.rule.iter().find(|name| rules::find(name).is_none()) {
            let near = nearest(name, rules::ALL.iter().map(|rule| rule.name));
            let near = near.map(|near| format!("; did you mean `{near}`?"));
            let help = near.unwrap_or_else(|| "; `poam rules` lists all".to_owned());
            bail!("there is no rule `{}`{help}", visible(name));
        }
        let needs_history = rules::ALL.iter().any(|rule| {
            rule.history && rules::level_on(rule, &tracker.settings, session.today).is_some()
        });
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
            (Some(rev), Some(repository)) => {
                left_at(repository, rev)?.map(|commit| (repository, commit))
            }
        };
        let base_commit = base.map(|(_, commit)| commit);
        let people = session.people(repository.as_ref(), settings, base_commit)?;
        let reported = newest_snapshot(repository.as_ref(), &tracker)?;
        let context = |store, history| Context {
            store,
            settings,
            today: session.today,
            history,
            people: &people,
            reported,
        };
        let whole = context(&store, history.as_ref());
        let Checked { mut diagnostics, known } = match base {
            None => rules::check(&whole, None),
            Some((repository, commit)) => {
                let mut of_base = settings_of_base(session, repository, &tracker, commit)?;
                // A base without the tracker has no items. Settings that do not hold are there to
                // be mended by this very branch: its own say then where the items are.
                let items = |of_base: &OfBase| match of_base {
                    OfBase::Tracker(of_base) => items_of_base(repository, of_base, commit),
                    OfBase::Broken => items_of_base(repository, &tracker, commit),
                    OfBase::None => Ok(Default::default()),
                };
                let (mut base, mut earlier_items) = items(&of_base)?;
                // That it was moved makes none of its items new.
                let mut moved_from = None;
                if base.items().is_empty()
                    && let Some(before) = tracker.came_from(repository, commit, None, &store)?
                {
                    moved_from = Some(before.prefix.clone());
                    of_base = OfBase::Tracker(Box::new(before));
                    (base, earlier_items) = items(&of_base)?;
                }
                let of_base = match of_base {
                    OfBase::Tracker(of_base) => Some(of_base),
                    OfBase::Broken | OfBase::None => None,
                };
                // What the base had said without the commits of this branch.
                let earlier = match &history {
                    Some(history) => {
                        Some(session.history_before(repository, &tracker, history, commit)?)
                    }
                    None => None,
                };
                let said = rules::check(&context(&base, earlier.as_ref()), None);
                let messages = match repository.head()? {
                    Some(head) => repository.messages(commit, head)?,
                    None => Vec::new(),
                };
                let overrides = overrides(messages.iter().map(String::as_str));
                let base = Base {
                    store: &base,
                    earlier: &earlier_items,
                    said: &said,
                    settings: of_base.as_ref().map(|of_base| &of_base.settings),
                    moved_from: moved_from.as_deref(),
                    overrides: &overrides,
                };
                rules::check(&whole, Some(&base))
            }
        };
        if !is_staged {
            diagnostics.splice(0..0, missing_folder(&tracker));
        }
        diagnostics.retain(|diagnostic| lies_in(&diagnostic.label.path, &wanted));
        let lowest = match self.level {
            Some(LevelArg::Error) => Level::Error,
            Some(LevelArg::Warning) => Level::Warning,
            Some(LevelArg::Note) | None => Level::Note,
        };
        diagnostics.retain(|diagnostic| {
            let is_asked = self.rule.is_empty() || self.rule.iter().any(|it| it == diagnostic.rule);
            is_asked && diagnostic.level <= lowest
        });
        let limit = match self.limit {
            Some(0) => Some(usize::MAX),
            limit => limit,
        };
        if self.limit.is_some_and(|limit| limit > 0) {
            // Within a level the order of files and lines stays.
            diagnostics.sort_by_key(|diagnostic| diagnostic.level);
        }
        let is_wanted = |stored: &&Stored| lies_in(stored.path(), &wanted);
        let report = Report {
            diagnostics,
            items: store.items().iter().filter(is_wanted).count(),
            unreadable: store.unreadable(),
            known,
            against_base: self.base.is_some(),
            asked: asked(settings, session.today, self.base.is_some()),
            documents: Vec::new(),
            limit,
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
        let failed = report.count(Level::Error) > 0;
        // The program ends here: taking thousands of items apart first helps nobody.
        std::mem::forget((store, history, report));
        Ok(if failed { Outcome::Diagnosed } else { Outcome::Fine })
    }
}

/// What a base has of the tracker.
enum OfBase {
    /// All of it.
    Tracker(Box<Tracker>),
    /// Settings that do not hold.
    Broken,
    /// Nothing.
    None,
}

/// The tracker as the base has it. That its settings do not hold is said.
fn settings_of_base(
    session: &Session,
    repository: &Repository,
    tracker: &Tracker,
    commit: CommitId,
) -> Result<OfBase> {
    match tracker.at(repository, commit) {
        Ok(Some(of_base)) => Ok(OfBase::Tracker(Box::new(of_base))),
        Ok(None) => Ok(OfBase::None),
        Err(TrackerError::Settings(_)) => {
            session.say(format_args!(
                "warning: the settings of the base {} do not hold; its items are checked with the \
                 settings here",
                commit.short()
            ));
            Ok(OfBase::Broken)
        }
        Err(error) => {
            Err(error).with_context(|| format!("reading the settings of {}", commit.short()))
        }
    }
}

/// The items of the base, and what files held last that are no item there.
fn items_of_base(
    repository: &Repository,
    tracker: &Tracker,
    commit: CommitId,
) -> Result<(Store, Vec<Stored>)> {
    let doing = || format!("reading the items of {}", commit.short());
    let store = tracker.load_at(repository, commit).with_context(doing)?;
    let earlier = tracker.last_readable(repository, commit, &store).with_context(doing)?;
    Ok((store, earlier))
}

/// The rules that are on; those that look at changes are asked only where there is a base.
fn asked(settings: &Settings, today: NaiveDate, against_base: bool) -> Vec<&'static str> {
    let asked = rules::ALL.iter().filter(|rule| {
        let on = rules::level_on(rule, settings, today).is_some();
        on && (against_base || !matches!(rule.check, Check::Change(_)))
    });
    asked.map(|rule| rule.name).collect()
}

/// The commit at which the branch left: the merge base of the head with a revision. `None` before
/// the first commit, where `HEAD` names none and all that is checked is new.
fn left_at(repository: &Repository, rev: &str) -> Result<Option<CommitId>> {
    let rev = match repository.resolve(rev) {
        Err(GitError::NoCommit) => return Ok(None),
        found => found?,
    };
    Ok(Some(match repository.head()? {
        Some(head) => repository.merge_base(head, rev)?.unwrap_or(rev),
        None => rev,
    }))
}

/// The moves that commits made on purpose outside the workflow, as their trailers say. Who gives
/// no reason made none on purpose.
pub(super) fn overrides<'a>(
    messages: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for message in messages {
        if reason_of(message).is_none() {
            continue;
        }
        let trailers = trailers(message);
        let all = |key: &str| -> Vec<&String> {
            trailers.iter().filter(|(name, _)| name == key).map(|(_, value)| value).collect()
        };
        for item in all("Poam-Item") {
            found.extend(
                all("Poam-Override").into_iter().map(|moved| (item.clone(), moved.clone())),
            );
        }
    }
    found
}

/// A word on an items folder that is not there: nothing in it is checked.
fn missing_folder(tracker: &Tracker) -> Option<Diagnostic> {
    let folder = tracker.items_folder();
    if tracker.on_disk(&folder).is_dir() {
        return None;
    }
    let label = tracker.settings.document.label("/items");
    let message = format!("the items folder `{folder}` is not there, so there are no items");
    let help = "`poam new` and `poam import` make it; check `items:` if it should be there";
    Some(Diagnostic::new("schema", label, message).help(help).level(Level::Note))
}

/// Paths and ids as typed, as paths from the root of the repository.
pub(super) fn wanted(
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
                return Err(error).with_context(|| format!("looking for {}", path.display()));
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

/// Whether a file is wanted, or lies in a folder that is; without a wish every one is.
pub(super) fn lies_in(path: &str, wanted: &[String]) -> bool {
    wanted.is_empty()
        || wanted.iter().any(|one| {
            path.strip_prefix(one.as_str()).is_some_and(|rest| {
                one.is_empty() || one.ends_with('/') || rest.is_empty() || rest.starts_with('/')
            })
        })
}

#[cfg(test)]
mod tests {
    use super::overrides;

    #[test]
    fn an_override_counts_with_a_reason() {
        let moved = "Poam-Item: V-1\nPoam-Override: open -> closed\n";
        for (message, expected) in [
            (format!("V-1: open -> closed\n\n{moved}"), false),
            (format!("V-1: open -> closed\n\n{moved}Poam-Reason: \n"), false),
            (format!("V-1: open -> closed\n\n{moved}Poam-Reason: \u{200b}\n"), false),
            (format!("V-1: open -> closed\n\n{moved}Poam-Reason: fixed at once\n"), true),
            (format!("V-1: open -> closed\n\nFixed at once.\n\n{moved}"), true),
        ] {
            assert_eq!(!overrides([message.as_str()]).is_empty(), expected, "{message}");
        }
    }
}
