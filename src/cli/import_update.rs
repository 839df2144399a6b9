//! `poam import FILE --update`: a workbook that was built here and comes back.

use std::borrow::Cow;
use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;

use super::captured::check_tracker;
use super::import::ImportArgs;
use super::import_text::{changed_words, push_shown, render_conflict, render_note};
use super::{CommandOutcome, Session, TextOrJson};
use crate::change::find_statuses_between;
use crate::exchange::{self, Edition, Records, Refused, layout_of};
use crate::history::HistorySource;
use crate::import::{
    self, CommittedImports, MergeDecisions, Submission, Update, Winner, WorkbookReadings,
};
use crate::model::ItemId;
use crate::repository::{CommitId, RelPath, Repository};
use crate::rules::Proposal;
use crate::settings::Settings;
use crate::store::{Store, Stored, Tracker};
use crate::text::{plural, visible};
use crate::workbook::{self, Field, Layout, Reading, cell_text};

impl ImportArgs {
    pub(super) fn update_items(
        &self,
        session: &mut Session,
        repository: &Repository,
        tracker: &Tracker,
        submission: &Submission,
        options: &import::ImportOptions,
    ) -> Result<CommandOutcome> {
        let reading = &submission.reading;
        let subject = reading.properties.subject.as_deref().unwrap_or_default();
        let Some(commit) = subject.strip_prefix("commit ") else {
            bail!(
                "{} does not say which commit it was built from, so what was changed in it cannot be told; without --update it is read as it is",
                submission.source
            );
        };
        let built_from = repository
            .resolve_revision(commit)
            .context("finding the commit that the workbook was built from")?;
        let Some(head) = repository.head()? else { bail!("nothing is committed yet") };
        let asked = reading.properties.keywords.as_deref().unwrap_or_default();
        let asked = WorkbookOptions {
            layout: asked.split(", ").find_map(|word| word.strip_prefix("layout ")),
            fallback: &reading.layout,
            open_only: asked.split(", ").any(|word| word == "open only"),
            late_only: asked.split(", ").any(|word| word == "late only"),
            date: reading.header.date,
        };
        let own = own_columns(repository, tracker, built_from)?;
        let base = rebuild_workbook(session, repository, tracker, built_from, &asked)?;
        let mut named = submission.clone();
        if reading.rows.iter().any(|row| row.milestones.is_some()) {
            import::name_edited_rows(&base, &mut named.reading);
        }
        let (submission, reading) = (&named, &named.reading);
        // What the tracker has now is wanted of every item, listed or not.
        let all = WorkbookOptions { open_only: false, late_only: false, ..asked };
        let now = rebuild_workbook(session, repository, tracker, head, &all)?;
        let store = tracker.load_all(Some(repository))?;
        if store.unreadable() > 0 {
            session.say_unreadable(&store);
            bail!("the tracker has files that cannot be read; mend them first");
        }
        check_tracker(&store, &session.expected)?;
        let decisions = &options.decisions;
        let readings = WorkbookReadings { base: &base, edited: reading, now: &now, own: &own };
        let mut update = import::plan_update(tracker, &store, readings, decisions, options)?;
        self.check_decisions(update.conflicts.iter())?;
        if update.in_conflict > 0 {
            update.before = CommittedImports::read(repository)?.taken_back(&submission.source_id);
        }
        if update.before.is_some() {
            // What it left in the tracker was decided then, and what came since is newer.
            let ours = MergeDecisions { others: Some(Winner::Ours), ..decisions.clone() };
            let again = import::plan_update(tracker, &store, readings, &ours, options)?;
            update = Update { before: update.before, ..again };
        }
        refuse_errors(session, repository, tracker, &store, submission, &mut update)?;
        let paths: Vec<RelPath> = update
            .changed
            .iter()
            .map(|one| RelPath::new(one.before.path()))
            .collect::<Result<_, _>>()?;
        if let Some(path) = repository.find_uncommitted(&paths)?.first() {
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
                let made = (self.commit, commits);
                session.print(render_update(
                    submission,
                    built_from,
                    &update,
                    made,
                    session.quiet,
                ))?;
            }
        }
        let fine = update.refused.is_empty() && update.in_conflict == 0;
        Ok(if fine { CommandOutcome::Fine } else { CommandOutcome::Diagnosed })
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
    let changed = update.changed.iter().map(|one| Stored::from_document(one.after.clone()).ok());
    let changed: Vec<Option<Stored>> = changed.collect();
    let created = update.created.iter();
    let created: Vec<Option<Stored>> =
        created.map(|one| Stored::parse(&one.path, one.text.as_bytes()).ok()).collect();
    let people = session.people(Some(repository), settings)?;
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
    let mut is_fine = |after: &Option<Stored>, is_new: bool| {
        let Some(after) = after else { return true };
        let errors = Proposal { after: std::slice::from_ref(after), ..proposal }.new_errors();
        if errors.is_empty() {
            return true;
        }
        let reasons: Vec<String> =
            errors.iter().map(|error| format!("{} [{}]", error.message, error.rule)).collect();
        let id = &after.item.id;
        let (sheet, cell) = place_of(submission, id);
        let reasons = reasons.join("; ");
        let reason = match is_new {
            false => format!(
                "{id} stays as it is, since `poam validate` would call this an error: {reasons}{}",
                name_moves(settings, store, after)
            ),
            true => format!(
                "{id} is not taken, since `poam validate` would call it an error: {reasons}; fill the cells of the \
                 row and run it again"
            ),
        };
        refused.push(Refused { sheet, cell, reason });
        false
    };
    let mut fine: Vec<bool> = changed.iter().map(|after| is_fine(after, false)).collect();
    fine.extend(created.iter().map(|after| is_fine(after, true)));
    let mut fine = fine.into_iter();
    update.changed.retain(|_| fine.next().unwrap_or(true));
    update.created.retain(|_| fine.next().unwrap_or(true));
    update.refused.extend(refused);
    Ok(())
}

/// The commands that bring an item to a status from which the move of its row is allowed.
fn name_moves(settings: &Settings, store: &Store, after: &Stored) -> String {
    let Some(before) = store.find(&after.item.id) else { return String::new() };
    let (from, to) = (&before.item.status, &after.item.status);
    let between = match from == to {
        true => None,
        false => find_statuses_between(&settings.workflow, from, to),
    };
    let moves = between.unwrap_or_default();
    if moves.is_empty() || settings.workflow.closes_false_positive(&after.item, from, to) {
        return String::new();
    }
    let id = &after.item.id;
    let commands: Vec<String> =
        moves.iter().map(|status| format!("`poam transition {id} {status}`")).collect();
    format!("; {to} is reached by {}, and then by this import again", commands.join(", "))
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
    let Some(there) = tracker.read_commit(repository, commit)? else { return Ok(Vec::new()) };
    Ok(layout_of(repository, commit, &there)?.own_columns())
}

/// Options that a workbook was built with, by its own properties.
#[derive(Clone, Copy)]
struct WorkbookOptions<'a> {
    layout: Option<&'a str>,
    /// The layout that its headers fit.
    fallback: &'a str,
    open_only: bool,
    late_only: bool,
    date: Option<NaiveDate>,
}

/// The workbook of a commit, read back.
fn rebuild_workbook(
    session: &Session,
    repository: &Repository,
    here: &Tracker,
    commit: CommitId,
    asked: &WorkbookOptions<'_>,
) -> Result<Reading> {
    let doing = || format!("building the workbook of commit {} again", commit.short());
    let Some(tracker) = session.tracker_at(repository, here, commit)? else {
        bail!("commit {} has no {}", commit.short(), crate::settings::FILE)
    };
    // A layout of the team's own is the one that the settings name.
    let layout = match Layout::find_named(asked.layout.unwrap_or(asked.fallback)) {
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
    let options =
        workbook::ReadOptions { layout: layout.headers(), ..workbook::ReadOptions::default() };
    let mut reading = workbook::read_with("built.xlsx", bytes, &options).with_context(doing)?;
    exchange::take_apart(&mut reading);
    if layout.has_milestone_rows() {
        let ids = exchange::listed_ids(records, &layout, &edition).with_context(doing)?;
        import::name_built_rows(&mut reading, &ids);
    }
    Ok(reading)
}

fn render_update(
    submission: &Submission,
    built_from: CommitId,
    update: &Update,
    (committed, commits): (bool, usize),
    quiet: bool,
) -> String {
    let mut lines = vec![format!(
        "{}: layout {}, built from commit {}",
        visible(&submission.source),
        submission.reading.layout,
        built_from.short()
    )];
    if !quiet {
        let notes = submission.reading.notes.iter().map(render_note);
        push_shown(&mut lines, notes.collect());
        push_shown(&mut lines, update.changed.iter().map(changed_words).collect());
        let created =
            update.created.iter().map(|one| format!("created: {}", visible(one.id.as_str())));
        push_shown(&mut lines, created.collect());
        let missing = update
            .missing
            .iter()
            .map(|id| format!("its row is gone, the item stays: {}", visible(id.as_str())));
        push_shown(&mut lines, missing.collect());
    }
    push_shown(
        &mut lines,
        update.left.iter().map(|one| refusal_line("left as it is", one)).collect(),
    );
    push_shown(&mut lines, update.refused.iter().map(|one| refusal_line("refused", one)).collect());
    if let Some(day) = update.before {
        lines.push(format!(
            "it was taken back before, on {day}: where both changed a value, the tracker's stays (--theirs takes the workbook's)"
        ));
    }
    let conflicts = update.conflicts.iter();
    let conflicts = conflicts.map(|one| render_conflict(one, "built as", "workbook"));
    push_shown(&mut lines, conflicts.collect());
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
            "nothing is written: say --ours to keep the tracker's values, or --theirs to take the workbook's; --decide does it for one value".to_owned()
        }
        (true, commits) => format!("{} made", plural(commits, "commit")),
        (false, _) if update.is_idle() => "nothing to do".to_owned(),
        (false, _) => "nothing is written yet: add --commit to do this".to_owned(),
    });
    lines.join("\n") + "\n"
}

fn refusal_line(word: &str, one: &Refused) -> String {
    format!("{word}: {}!{}: {}", visible(&one.sheet), one.cell, visible(&one.reason))
}
