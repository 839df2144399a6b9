use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use clap::Args;

use super::{Outcome, Session};
use crate::diagnostic::Level;
use crate::exchange;
use crate::output::{Format, Report, plural, visible};
use crate::repository::RelPath;
use crate::workbook::{self, Layout};

/// Build the official FedRAMP workbook from the last commit
///
/// The same commit gives the same bytes, on every machine.
#[derive(Debug, Args)]
pub(super) struct Workbook {
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Layout: 3.0, 2.1 or rev4; by default what the settings say
    #[arg(long, value_name = "LAYOUT")]
    template: Option<String>,
    /// Build from this revision, or the last commit of a day, instead of the last commit
    #[arg(long, value_name = "REV|YYYY-MM-DD")]
    as_of: Option<String>,
    /// The POA&M date in the header, instead of the day of the commit (UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<NaiveDate>,
}

impl Workbook {
    /// The workbook of the last commit.
    pub(super) fn to(output: &str) -> Self {
        Self { output: output.into(), template: None, as_of: None, date: None }
    }

    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let repository = session.repository()?;
        let tracker = session.tracker(Some(&repository))?;
        let commit = match &self.as_of {
            Some(text) => session.moment(&repository, text)?.0,
            None => match repository.head()? {
                Some(head) => head,
                None => bail!("nothing is committed yet, and a workbook is built from a commit"),
            },
        };
        // Everything comes from the commit, the settings too: the same commit, the same bytes.
        let here = tracker;
        let Some(tracker) = session.tracker_at(&repository, &here, commit)? else {
            bail!(
                "commit {} has no {}: a workbook is built from a commit alone, so commit the settings first \
                 (`git add {} schema && git commit`)",
                commit.short(),
                crate::settings::FILE,
                crate::settings::FILE
            )
        };
        let layout = Layout::named(self.template.as_deref().unwrap_or(&tracker.settings.layout))?;
        let store = tracker.load_at(&repository, commit)?;
        if store.unreadable() > 0 {
            // A file that cannot be read would be a row that is missing.
            let diagnostics =
                store.diagnostics().iter().cloned().map(|it| it.level(Level::Error)).collect();
            let report = Report {
                diagnostics,
                items: store.items().len(),
                unreadable: store.unreadable(),
                ..Report::default()
            };
            session.say(report.render(Format::Text, false));
            bail!(
                "no workbook is written: {} would be missing from it",
                plural(store.unreadable(), "item")
            );
        }
        if self.as_of.is_none() {
            let items = RelPath::new(tracker.items_folder().trim_end_matches('/'))?;
            let settings = RelPath::new(format!("{}{}", tracker.prefix, crate::settings::FILE))?;
            if repository.uncommitted_in(&items)? || repository.uncommitted_in(&settings)? {
                session.say("note: items or settings have uncommitted changes; the workbook is built from the last commit");
            }
        }
        let history = session.history_at(&repository, &tracker, commit)?;
        let asked = self.date.or(self.as_of.as_ref().and_then(|text| text.parse().ok()));
        let landed = history.head_time.map(|time| time.date_naive());
        let date = asked.or(landed).unwrap_or(session.today);
        let (content, notes) = exchange::content(&store, &tracker.settings, &history, layout, date)
            .context("building the workbook")?;
        if !notes.rewritten.is_empty() {
            let ids: Vec<&str> = notes.rewritten.iter().map(|id| id.as_str()).collect();
            session.say(format_args!(
                "note: {} with another original detection date or risk rating than when first committed; the workbook has the first: {}",
                plural(ids.len(), "item"),
                visible(&ids.join(", ")),
            ));
        }
        let off_formula = &notes.off_formula;
        if let Some(first) = off_formula.first() {
            let more = if off_formula.len() > 1 { " and others" } else { "" };
            session.say(format_args!(
                "note: {} ({}{more}) scheduled for another day than the template's formula shows; the remediation plan says which",
                plural(off_formula.len(), "open item"),
                visible(first.as_str()),
            ));
        }
        let bytes = workbook::build(layout, &content).context("building the workbook")?;
        let output = session.directory.join(&self.output);
        write_whole(&output, &bytes)
            .with_context(|| format!("writing {}", self.output.display()))?;
        let rows: usize = content.rows.values().map(Vec::len).sum();
        session.print(format_args!(
            "{}: {}, layout {}, commit {}\n",
            self.output.display(),
            plural(rows, "item"),
            layout.name,
            commit.short()
        ))?;
        Ok(Outcome::Fine)
    }
}

/// Writes a file beside its place and renames it, so that nobody sees half a workbook.
fn write_whole(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(std::path::Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".poam-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
