//! `poam report`: writes the web report.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::serve::open;
use super::{CommandOutcome, Session};
use crate::intake;
use crate::report::{self, Folder, ReportInput};
use crate::repository::{CommitId, Repository};
use crate::snapshot::{self, Manifest};
use crate::summary::Summary;
use crate::text::{plural, visible};

/// Write a static web report: charts, a table of all items, a page for each item and owner
///
/// It needs no server and no network. The folder is replaced as a whole; one that holds anything
/// but a report is refused.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The folder to write
    #[arg(short, long, value_name = "DIR", default_value = "poam-report")]
    output: PathBuf,
    /// Open the report in the browser
    #[arg(long)]
    open: bool,
    /// Report on this revision, or on the last commit of a day, instead of the last commit
    #[arg(long, value_name = "REV|DATE")]
    as_of: Option<String>,
}

impl ReportArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.open_repository()?;
        let here = session.tracker(Some(&repository))?;
        let (commit, day) = match (&self.as_of, repository.head()?) {
            (Some(text), _) => session.moment(&repository, text)?,
            (None, Some(head)) => (head, session.today),
            (None, None) => bail!("nothing is committed yet, and a report is of a commit"),
        };
        let Some(tracker) = session.tracker_at(&repository, &here, commit)? else {
            bail!("commit {} has no {}", commit.short(), crate::settings::FILE)
        };
        let source = Session::source_as_of(&repository, self.as_of.as_deref())?;
        let mut folder = Folder::at(&session.directory.join(&self.output))?;
        let (store, history) = session.tree_at(&repository, &tracker, commit, source)?;
        session.say_unreadable(&store);
        let settings = &tracker.settings;
        let read = snapshot::list(&repository, &tracker.prefix)?;
        let kept = read.into_iter().filter_map(|(_, read)| read.ok());
        let summary =
            Summary::compute(&store, settings, Some(&history), day, Some(commit.to_string()))
                .with_submissions(kept.map(|it| Manifest::submission(&it)).collect());
        let records = intake::load_records_at(&tracker, &repository, commit)?;
        let scans = intake::scan_overview(&store, settings, &records, day);
        let summary = summary.with_scans(scans);
        let pull_requests = match settings.links.pull_request {
            Some(_) => pull_requests(&repository, commit)?,
            None => BTreeMap::new(),
        };
        let input = ReportInput {
            store: &store,
            settings,
            history: Some(&history),
            summary: &summary,
            pull_requests: Some(&pull_requests),
        };
        report::build(input, &mut |path, text| folder.write(path, text))
            .context("making the report")?;
        let files = folder.finish()?;
        session.print(format_args!(
            "{}: {}, {}, commit {}\n",
            visible(&self.output.join("index.html").display().to_string()),
            plural(store.items().len(), "item"),
            plural(files, "file"),
            commit.short()
        ))?;
        if self.open {
            let page = session.directory.join(&self.output).join("index.html");
            if !open(&page.display().to_string()) {
                session.say("note: no program was found that opens a browser");
            }
        } else {
            session.hint("poam report --open, or open the file in a browser");
        }
        if store.unreadable() > 0 {
            session.say(format_args!("{} not in the report", plural(store.unreadable(), "file")));
            return Ok(CommandOutcome::Diagnosed);
        }
        Ok(CommandOutcome::Fine)
    }
}

/// Collects the pull requests that commits up to one say they land, by commit.
fn pull_requests(repository: &Repository, head: CommitId) -> Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    for merged in repository.said_until(head)? {
        if let Some(number) = report::pull_request_of(&merged.message) {
            found.insert(merged.commit.to_string(), number);
        }
    }
    Ok(found)
}
