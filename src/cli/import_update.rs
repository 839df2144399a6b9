//! `poam import FILE --update`: a workbook that was built here and comes back.

use std::borrow::Cow;
use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;

use super::import::{self as plain, Import, shown};
use super::{Outcome, Session, TextOrJson};
use crate::exchange::{self, Edition, Records, Refused, layout_of};
use crate::history::HistorySource;
use crate::import::{self, CommittedImports, Readings, Submission, Update, Winner};
use crate::model::ItemId;
use crate::output::{plural, visible};
use crate::repository::{CommitId, RelPath, Repository};
use crate::rules::Proposal;
use crate::store::{Store, Stored, Tracker};
use crate::workbook::{self, Field, Layout, Reading, cell_text};

impl Import {
    pub(super) fn update(
        &self,
        session: &mut Session,
        repository: &Repository,
        tracker: &Tracker,
        submission: &Submission,
        options: &import::Options,
    ) -> Result<Outcome> {
        let reading = &submission.reading;
        let subject = reading.properties.subject.as_deref().unwrap_or_default();
        let Some(commit) = subject.strip_prefix("commit ") else {
            bail!(
                "{} does not say which commit it was built from, so what was changed in it cannot be told; without --update it is read as it is",
                submission.source
            );
        };
        let built_from = repository
            .resolve(commit)
            .context("finding the commit that the workbook was built from")?;
        let Some(head) = repository.head()? else { bail!("nothing is committed yet") };
        let asked = reading.properties.keywords.as_deref().unwrap_or_default();
        let asked = Asked {
            layout: asked.split(", ").find_map(|word| word.strip_prefix("layout ")),
            fallback: &reading.layout,
            open_only: asked.split(", ").any(|word| word == "open only"),
            late_only: asked.split(", ").any(|word| word == "late only"),
            date: reading.header.date,
        };
        let own = own_columns(repository, tracker, built_from)?;
        let base = rebuilt(session, repository, tracker, built_from, &asked)?;
        // What the tracker has now is wanted of every item, listed or not.
        let all = Asked { open_only: false, late_only: false, ..asked };
        let now = rebuilt(session, repository, tracker, head, &all)?;
        let store = tracker.load_all(Some(repository))?;
        if store.unreadable() > 0 {
            session.say_unreadable(&store);
            bail!("the tracker has files that cannot be read; mend them first");
        }
        let winner = self.winner();
        let readings = Readings { base: &base, edited: reading, now: &now, own: &own };
        let mut update = import::plan_update(tracker, &store, readings, winner, options)?;
        if update.in_conflict > 0 {
            update.before = CommittedImports::read(repository)?.taken_back(&submission.source_id);
        }
        if update.before.is_some() {
            // What it left in the tracker was decided then, and what came since is newer.
            let ours = Some(Winner::Ours);
            let again = import::plan_update(tracker, &store, readings, ours, options)?;
            update = Update { before: update.before, ..again };
        }
        refuse_errors(session, repository, tracker, &store, submission, &mut update)?;
        let paths: Vec<RelPath> = update
            .changed
            .iter()
            .map(|one| RelPath::new(one.before.path()))
            .collect::<Result<_, _>>()?;
        if let Some(path) = repository.uncommitted(&paths)?.first() {
            bail!(
                "{path} has uncommitted changes, which the workbook cannot know of; commit or stash them first"
            );
        }
        let write = self.commit && update.in_conflict == 0 && !update.is_idle();
        // Whoever commits without the lock (git itself) may have changed what the plan is made on.
        if write && repository.head()? != Some(head) {
            bail!("somebody else committed meanwhile, so nothing was changed; run it again");
        }
        let commits = if write {
            let reason = self.reason.as_deref();
            let (source, id) = (&submission.source, &submission.source_id);
            import::carry_out_update(repository, &update, source, id, reason)?;
            session.warn_if_detached(repository);
            1
        } else {
            0
        };
        match self.format {
            TextOrJson::Json => {
                let json = update.to_json(submission, built_from, commits);
                session.print_json(format_args!("{json:#}\n"))?;
            }
            TextOrJson::Text => {
                session.print(text(submission, built_from, &update, self.commit, commits))?;
            }
        }
        let fine = update.refused.is_empty() && update.in_conflict == 0;
        Ok(if fine { Outcome::Fine } else { Outcome::Diagnosed })
    }
}

/// Refuses the rows whose changes would bring an error: the guards are those of every command.
fn refuse_errors(
    session: &Session,
    repository: &Repository,
    tracker: &Tracker,
    store: &Store,
    submission: &Submission,
    update: &mut Update,
) -> Result<()> {
    let settings = &tracker.settings;
    let changed = update.changed.iter().map(|one| Stored::of(one.after.clone()).ok());
    let changed: Vec<Option<Stored>> = changed.collect();
    let created = update.created.iter();
    let created: Vec<Option<Stored>> =
        created.map(|one| Stored::parse(&one.path, one.text.as_bytes()).ok()).collect();
    let people = session.people(Some(repository), settings, None)?;
    let none = BTreeSet::new();
    let proposal = Proposal {
        before: store.items(),
        after: &[],
        overrides: &none,
        settings,
        today: session.today,
        history: None,
        people: &people,
    };
    let all: Vec<Stored> = changed.iter().chain(&created).flatten().cloned().collect();
    let history = match (Proposal { after: &all, ..proposal }).needs_history() {
        true => session.history(Some(repository), tracker)?,
        false => None,
    };
    let proposal = Proposal { history: history.as_ref(), ..proposal };
    let mut refused = Vec::new();
    // Each item by itself: the rows that are fine are taken.
    let mut is_fine = |after: &Option<Stored>| {
        let Some(after) = after else { return true };
        let errors = Proposal { after: std::slice::from_ref(after), ..proposal }.new_errors();
        if errors.is_empty() {
            return true;
        }
        let reasons: Vec<String> =
            errors.iter().map(|error| format!("{} [{}]", error.message, error.rule)).collect();
        let id = &after.item.id;
        let (sheet, cell) = place_of(submission, id);
        let reason = format!(
            "{id} stays as it is, since `poam validate` would call this an error: {}",
            reasons.join("; ")
        );
        refused.push(Refused { sheet, cell, reason });
        false
    };
    let mut fine = changed.iter().chain(&created).map(&mut is_fine).collect::<Vec<_>>().into_iter();
    update.changed.retain(|_| fine.next().unwrap_or(true));
    update.created.retain(|_| fine.next().unwrap_or(true));
    update.refused.extend(refused);
    Ok(())
}

/// The sheet and the cell with the id of an item.
fn place_of(submission: &Submission, id: &ItemId) -> (String, String) {
    let rows = submission.reading.rows.iter();
    let mut cells = rows.filter_map(|row| Some((row, row.cells.get(&Field::PoamId)?)));
    let found = cells.find(|(_, cell)| cell_text(&cell.value).trim() == id.as_str());
    found.map_or_else(
        || (submission.source.clone(), id.to_string()),
        |(row, cell)| (row.sheet.clone(), cell.address.clone()),
    )
}

/// The columns of the team's own that the layout of a commit has.
fn own_columns(
    repository: &Repository,
    tracker: &Tracker,
    commit: CommitId,
) -> Result<Vec<(String, String)>> {
    let Some(there) = tracker.at(repository, commit)? else { return Ok(Vec::new()) };
    Ok(layout_of(repository, commit, &there)?.own_columns())
}

/// How a workbook says that it was asked for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    layout: Option<&'a str>,
    /// The layout that its headers fit.
    fallback: &'a str,
    open_only: bool,
    late_only: bool,
    date: Option<NaiveDate>,
}

/// The workbook of a commit, read back.
fn rebuilt(
    session: &Session,
    repository: &Repository,
    here: &Tracker,
    commit: CommitId,
    asked: &Asked<'_>,
) -> Result<Reading> {
    let doing = || format!("building the workbook of commit {} again", commit.short());
    let Some(tracker) = session.tracker_at(repository, here, commit)? else {
        bail!("commit {} has no {}", commit.short(), crate::settings::FILE)
    };
    // A layout of the team's own is the one that the settings name.
    let layout = match Layout::named(asked.layout.unwrap_or(asked.fallback)) {
        Ok(layout) => Cow::Borrowed(layout),
        Err(_) => layout_of(repository, commit, &tracker).with_context(doing)?,
    };
    let (store, history) =
        session.brief_tree_at(repository, &tracker, commit, HistorySource::Cache)?;
    let landed = history.head_time.map_or(session.today, |time| time.date_naive());
    let edition = Edition {
        date: asked.date.unwrap_or(landed),
        open_only: asked.open_only,
        late_only: asked.late_only,
    };
    let records = Records { store: &store, settings: &tracker.settings, history: &history };
    let bytes = exchange::book(records, &layout, &edition).with_context(doing)?.bytes;
    let options = workbook::Options { layout: layout.headers(), ..workbook::Options::default() };
    let mut reading = workbook::read_with("built.xlsx", bytes, &options).with_context(doing)?;
    exchange::take_apart(&mut reading);
    Ok(reading)
}

fn text(
    submission: &Submission,
    built_from: CommitId,
    update: &Update,
    committed: bool,
    commits: usize,
) -> String {
    let mut lines = vec![format!(
        "{}: layout {}, built from commit {}",
        visible(&submission.source),
        submission.reading.layout,
        built_from.short()
    )];
    let notes = submission.reading.notes.iter().map(plain::said);
    shown(&mut lines, notes.collect());
    shown(&mut lines, update.changed.iter().map(plain::changed_words).collect());
    let created = update.created.iter().map(|one| format!("created: {}", visible(one.id.as_str())));
    shown(&mut lines, created.collect());
    let missing = update
        .missing
        .iter()
        .map(|id| format!("its row is gone, the item stays: {}", visible(id.as_str())));
    shown(&mut lines, missing.collect());
    let said = |word: &str, one: &Refused| {
        format!("{word}: {}!{}: {}", visible(&one.sheet), one.cell, visible(&one.reason))
    };
    shown(&mut lines, update.left.iter().map(|one| said("left as it is", one)).collect());
    shown(&mut lines, update.refused.iter().map(|one| said("refused", one)).collect());
    if let Some(day) = update.before {
        lines.push(format!(
            "it was taken back before, on {day}: where both changed a value, the tracker's stays (--theirs takes the workbook's)"
        ));
    }
    let conflicts = update.conflicts.iter();
    let conflicts = conflicts.map(|one| plain::conflict(one, "built as", "workbook"));
    shown(&mut lines, conflicts.collect());
    lines.push(format!(
        "{}: {} changed, {} created, {} unchanged, {} refused, {} in conflict",
        plural(update.rows, "row"),
        update.changed.len(),
        update.created.len(),
        update.unchanged,
        update.refused.len(),
        update.in_conflict
    ));
    lines.push(match (committed, commits) {
        _ if update.in_conflict > 0 => {
            "nothing is written: say --ours to keep the tracker's values, or --theirs to take the workbook's".to_owned()
        }
        (true, commits) => format!("{} made", plural(commits, "commit")),
        (false, _) if update.is_idle() => "nothing to do".to_owned(),
        (false, _) => "nothing is written yet: add --commit to do this".to_owned(),
    });
    lines.join("\n") + "\n"
}
