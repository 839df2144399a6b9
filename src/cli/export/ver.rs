//! `poam export ver`: FedRAMP's reports on vulnerabilities for a period.

use anyhow::{Context as _, Result, bail};
use chrono::{NaiveDate, Utc};
use clap::{Args, ValueEnum};

use super::{ExportTarget, write_file};
use crate::cli::published::Published;
use crate::cli::{CommandOutcome, Session};
use crate::exchange::ver::{Period, VerReport, Vulnerabilities, vulnerabilities};
use crate::output::OutputKind;
use crate::repository::{CommitId, first_parents};
use crate::snapshot;
use crate::text::{plural, visible};
use crate::vdr::TimeFrames;

/// FedRAMP's reports on vulnerabilities of 2026 (VDR, VER), after its JSON schemas
///
/// A report covers everything since the last snapshot (`poam snapshot`), or since --since. Without
/// --report all of them are written into the folder that --output names.
#[derive(Debug, Args)]
pub(super) struct VerExportArgs {
    #[command(flatten)]
    target: ExportTarget,
    /// Which report
    #[arg(long, value_name = "REPORT")]
    report: Option<VerReportChoice>,
    /// Where the period begins: the day or the revision of the report before this one
    #[arg(long, value_name = "REV|DATE")]
    since: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum VerReportChoice {
    /// Vulnerabilities that are not accepted, with activity in the period (VER-RPT-VDT)
    Detail,
    /// Accepted vulnerabilities with activity in the period (VER-RPT-AVI)
    Accepted,
    /// All vulnerabilities as they stand, for automated retrieval (VER-TFR-MRH)
    Activity,
    /// The monthly report for people, in Markdown (VER-TFR-MHR)
    Summary,
}

/// The file of the report for people.
const SUMMARY: &str = "vulnerability-activity.md";

impl VerExportArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let tree = self.target.published(session, "report")?;
        let period = self.period(session, &tree)?;
        let (store, settings, history) = (&tree.store, &tree.tracker.settings, &tree.history);
        let commit = tree.commit.to_string();
        let found = vulnerabilities(store, settings, history, &commit, period)?;
        if found.left_out > 0 {
            session.say(format_args!(
                "note: {} left out: documentation is no vulnerability",
                plural(found.left_out, "documentation finding")
            ));
        }
        warn_of_gaps(session, &found);
        let Some(which) = self.report else { return self.all(session, &tree, &found) };
        let content = match which {
            VerReportChoice::Summary => OutputKind::Text,
            VerReportChoice::Detail | VerReportChoice::Accepted | VerReportChoice::Activity => {
                OutputKind::Json
            }
        };
        let (text, count) = match which {
            VerReportChoice::Summary => (found.markdown(), found.count(VerReport::Activity)),
            VerReportChoice::Detail => {
                (found.json(VerReport::Detail)?, found.count(VerReport::Detail))
            }
            VerReportChoice::Accepted => {
                (found.json(VerReport::Accepted)?, found.count(VerReport::Accepted))
            }
            VerReportChoice::Activity => {
                (found.json(VerReport::Activity)?, found.count(VerReport::Activity))
            }
        };
        self.target.write(session, content, &text, &describe_count(count, &tree))?;
        Ok(CommandOutcome::Fine)
    }

    /// Writes every report into a folder.
    fn all(
        &self,
        session: &mut Session,
        tree: &Published,
        found: &Vulnerabilities,
    ) -> Result<CommandOutcome> {
        let Some(folder) = self.target.file() else {
            bail!("name a folder for all reports with --output, or one report with --report");
        };
        let inside = session.directory.join(folder);
        std::fs::create_dir_all(&inside).with_context(|| format!("making {}", folder.display()))?;
        let mut write = |name: &str, text: &str, count: usize| -> Result<()> {
            write_file(
                session,
                &folder.join(name),
                OutputKind::Exact,
                text,
                &describe_count(count, tree),
            )
        };
        for report in VerReport::ALL {
            write(&report.file_name(), &found.json(report)?, found.count(report))?;
        }
        write(SUMMARY, &found.markdown(), found.count(VerReport::Activity))?;
        Ok(CommandOutcome::Fine)
    }

    /// From what was stated, the last snapshot, or the day on which the rules were adopted, to the
    /// commit.
    fn period(&self, session: &Session, tree: &Published) -> Result<Period> {
        let to = tree.history.head_time.unwrap_or_default();
        let Some(since) = &self.since else {
            if let Some((name, commit)) = last_snapshot(tree)? {
                session.say(format_args!("note: since the snapshot {}", visible(&name)));
                return since_commit(tree, commit);
            }
            let adopted = tree.tracker.settings.vdr_adopted;
            if let Some(day) = adopted.filter(|day| *day <= to.date_naive()) {
                session.say(format_args!("note: since {day}, the `vdr_adopted` of the settings"));
                return Ok(Period::since_day(day, to));
            }
            if self.report == Some(VerReportChoice::Activity) {
                // It shows how all are, and has no beginning.
                return Ok(Period::since_day(to.date_naive(), to));
            }
            bail!(
                "no snapshot lies before commit {}, so where the period begins is not known: say --since with the \
                 day or the revision of the last report, or freeze each submission with `poam snapshot`",
                tree.commit.short()
            );
        };
        let period = match since.parse::<NaiveDate>() {
            Ok(day) if day > to.date_naive() => bail!("--since {day} is after the commit"),
            Ok(day) => Period::since_day(day, to),
            Err(_) => since_commit(tree, tree.repository.resolve_revision(since)?)?,
        };
        if let Some((name, commit)) = last_snapshot(tree)?
            && tree.repository.commit_time(commit)? < period.from
        {
            session.say(format_args!(
                "warning: the last snapshot is {}: activity between it and --since is in no report{}",
                visible(&name),
                cite_all_activity()
            ));
        }
        Ok(period)
    }
}

/// The rule that reports summarize all activity since the previous one, between parentheses.
fn cite_all_activity() -> String {
    let cited = TimeFrames::new(None).cite_rule("VER-RPT-PER");
    cited.map(|it| format!(" ({it})")).unwrap_or_default()
}

/// States what the reports leave out, and why.
fn warn_of_gaps(session: &Session, found: &Vulnerabilities) {
    for gap in &found.unknown {
        let id = visible(gap.id.as_str());
        session.say(format_args!("warning: {id}: {}: {}", gap.field, gap.way));
    }
    warn_of_deleted(session, found);
}

/// Names the items that were deleted in the period.
pub(super) fn warn_of_deleted(session: &Session, found: &Vulnerabilities) {
    for id in &found.deleted {
        session.say(format_args!(
            "warning: {} was deleted in the period, and reports are to summarize all activity{}",
            visible(id),
            cite_all_activity()
        ));
    }
}

pub(super) fn describe_count(count: usize, tree: &Published) -> String {
    format!(
        "{count} {}, commit {}",
        if count == 1 { "vulnerability" } else { "vulnerabilities" },
        tree.commit.short()
    )
}

/// The period since a commit of the main line.
pub(super) fn since_commit(tree: &Published, commit: CommitId) -> Result<Period> {
    let from = tree.repository.commit_time(commit)?.with_timezone(&Utc);
    let to = tree.history.head_time.unwrap_or_default();
    let since = first_parents(&tree.repository, Some(commit), tree.commit)?;
    Ok(Period::since_commit(from, to, since.iter().map(ToString::to_string)))
}

/// The newest snapshot of the tracker that lies before the commit on its main line.
fn last_snapshot(tree: &Published) -> Result<Option<(String, CommitId)>> {
    let line: Vec<String> = first_parents(&tree.repository, None, tree.commit)?
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut last: Option<(usize, String)> = None;
    for (name, manifest) in snapshot::list(&tree.repository, &tree.tracker.prefix)? {
        let Ok(manifest) = manifest else { continue };
        let place = line.iter().position(|commit| *commit == manifest.commit);
        // The snapshot of the commit itself freezes what is being reported.
        let Some(place) = place.filter(|place| place + 1 < line.len()) else { continue };
        if last.as_ref().is_none_or(|(newest, _)| *newest <= place) {
            last = Some((place, name));
        }
    }
    let Some((_, name)) = last else { return Ok(None) };
    let commit = tree.repository.resolve_revision(&name)?;
    Ok(Some((name, commit)))
}
