use anyhow::{Context as _, Result, bail};
use chrono::{NaiveDate, Utc};
use clap::{Args, ValueEnum};

use super::{Target, write_file};
use crate::cli::published::Published;
use crate::cli::{Outcome, Session};
use crate::exchange::ver::{Period, Report, Vulnerabilities, vulnerabilities};
use crate::output::{Content, plural, visible};
use crate::repository::{CommitId, first_parents};
use crate::snapshot;

/// FedRAMP's reports on vulnerabilities of 2026 (VDR, VER), after its JSON schemas
///
/// A report covers everything since the last snapshot (`poam snapshot`), or since --since. Without
/// --report all of them are written into the folder that --output names.
#[derive(Debug, Args)]
pub(super) struct Ver {
    #[command(flatten)]
    target: Target,
    /// Which report
    #[arg(long, value_name = "REPORT")]
    report: Option<Which>,
    /// Where the period begins: the day or the revision of the report before this one
    #[arg(long, value_name = "REV|YYYY-MM-DD")]
    since: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
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

impl Ver {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
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
        let Some(which) = self.report else { return self.all(session, &tree, &found) };
        let content = match which {
            Which::Summary => Content::Text,
            Which::Detail | Which::Accepted | Which::Activity => Content::Json,
        };
        let (text, count) = match which {
            Which::Summary => (found.markdown(), found.count(Report::Activity)),
            Which::Detail => (found.json(Report::Detail)?, found.count(Report::Detail)),
            Which::Accepted => (found.json(Report::Accepted)?, found.count(Report::Accepted)),
            Which::Activity => (found.json(Report::Activity)?, found.count(Report::Activity)),
        };
        self.target.write(session, content, &text, &said(count, &tree))?;
        Ok(Outcome::Fine)
    }

    /// Writes every report into a folder.
    fn all(
        &self,
        session: &mut Session,
        tree: &Published,
        found: &Vulnerabilities,
    ) -> Result<Outcome> {
        let Some(folder) = self.target.file() else {
            bail!("name a folder for all reports with --output, or one report with --report");
        };
        let inside = session.directory.join(folder);
        std::fs::create_dir_all(&inside).with_context(|| format!("making {}", folder.display()))?;
        let mut write = |name: &str, text: &str, count: usize| -> Result<()> {
            write_file(session, &folder.join(name), Content::Exact, text, &said(count, tree))
        };
        for report in Report::ALL {
            write(&report.file_name(), &found.json(report)?, found.count(report))?;
        }
        write(SUMMARY, &found.markdown(), found.count(Report::Activity))?;
        Ok(Outcome::Fine)
    }

    /// From what was said, the last snapshot, or the day on which the rules were adopted, to the
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
            if self.report == Some(Which::Activity) {
                // It tells how all stand, and has no beginning.
                return Ok(Period::since_day(to.date_naive(), to));
            }
            bail!(
                "no snapshot lies before commit {}, so where the period begins is not known: say --since with the \
                 day or the revision of the last report, or freeze each submission with `poam snapshot`",
                tree.commit.short()
            );
        };
        match since.parse::<NaiveDate>() {
            Ok(day) if day > to.date_naive() => bail!("--since {day} is after the commit"),
            Ok(day) => Ok(Period::since_day(day, to)),
            Err(_) => since_commit(tree, tree.repository.resolve(since)?),
        }
    }
}

pub(super) fn said(count: usize, tree: &Published) -> String {
    format!(
        "{count} {}, commit {}",
        if count == 1 { "vulnerability" } else { "vulnerabilities" },
        tree.commit.short()
    )
}

/// The period since a commit of the main line.
pub(super) fn since_commit(tree: &Published, commit: CommitId) -> Result<Period> {
    let from = tree.repository.committed(commit)?.with_timezone(&Utc);
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
    let commit = tree.repository.resolve(&name)?;
    Ok(Some((name, commit)))
}
