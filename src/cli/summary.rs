use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use super::{Outcome, Session};
use crate::output::plural;
use crate::summary;

/// Count what is open, late and about to be, by status, risk and owner
///
/// Numbers from the commits (months, slips, stale items) need the whole history.
#[derive(Debug, Args)]
pub(super) struct Summary {
    /// Look at this revision, or at the last commit of a day, instead of the work tree
    #[arg(long, value_name = "REV|YYYY-MM-DD")]
    as_of: Option<String>,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: FormatArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// For people
    Text,
    /// For a job summary or a pull-request comment
    Markdown,
    /// Version 1 of our own JSON
    Json,
}

impl Summary {
    /// The text, of the work tree.
    pub(super) fn plain() -> Self {
        Self { as_of: None, format: FormatArg::Text }
    }

    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let repository = session.find_repository()?;
        let mut tracker = session.tracker(repository.as_ref())?;
        let (store, history, today, commit) = match (&self.as_of, &repository) {
            (None, _) => {
                let history = session.history(repository.as_ref(), &tracker)?;
                let commit = history.as_ref().and_then(|history| history.head);
                (tracker.load(), history, session.today, commit)
            }
            (Some(_), None) => bail!("--as-of needs a git repository"),
            (Some(text), Some(repository)) => {
                let (commit, day) = session.moment(repository, text)?;
                if let Some(then) = session.tracker_at(repository, &tracker, commit)? {
                    tracker = then;
                }
                let history = session.history_at(repository, &tracker, commit)?;
                (tracker.load_at(repository, commit)?, Some(history), day, Some(commit))
            }
        };
        session.say_unreadable(&store);
        let commit = commit.map(|commit| commit.to_string());
        let summary =
            summary::Summary::of(&store, &tracker.settings, history.as_ref(), today, commit);
        session.print(match self.format {
            FormatArg::Text => summary.text(session.color),
            FormatArg::Markdown => summary.markdown(),
            FormatArg::Json => summary.json(),
        })?;
        if store.unreadable() > 0 {
            // Numbers without these items are not the tracker's numbers.
            session.say(format_args!("{} not counted", plural(store.unreadable(), "file")));
            return Ok(Outcome::Diagnosed);
        }
        Ok(Outcome::Fine)
    }
}
