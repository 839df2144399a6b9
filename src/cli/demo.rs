use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;

use super::{Outcome, Session};
use crate::demo;
use crate::output::plural;

/// Make a realistic tracker with a year of history, ready to explore
///
/// The folder must be new or empty. The tracker is checked, summed up and written as a workbook, so
/// that every step can be seen once.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The folder to make
    #[arg(default_value = "poam-demo")]
    dir: PathBuf,
}

impl Demo {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let dir = session.directory.join(&self.dir);
        let shown = self.dir.display().to_string();
        let made = demo::write(&dir, session.today)
            .with_context(|| format!("making the demo in {shown}"))?;
        session.print(format_args!(
            "{shown}: {} and {} between {} and {}\n",
            plural(made.items, "item"),
            plural(made.commits, "commit"),
            made.first,
            made.last,
        ))?;
        let mut inside = session.inside(&dir)?;
        for (command, run) in steps() {
            inside.print(format_args!("\n$ poam {command}\n"))?;
            run(&mut inside)?;
        }
        inside.finish()?;
        session.print(format_args!(
            "\nNow try, in {shown}:\n\
             \x20 poam list --overdue                       what is late, and whose it is\n\
             \x20 poam log --action status-changed          who moved what, when and why\n\
             \x20 poam show ID                              one item with its timeline\n\
             \x20 poam transition ID in-progress            what stands in the way of a move\n\
             \x20 poam rules missing-owner                  what a rule wants, with examples\n\
             \x20 git log --stat -3                         it is all plain commits\n",
        ))?;
        Ok(Outcome::Fine)
    }
}

type Step = fn(&mut Session) -> Result<Outcome>;

/// The main job, once: check, sum up, publish.
fn steps() -> [(&'static str, Step); 3] {
    [
        ("validate", |session| super::validate::Validate::plain().run(session)),
        ("summary", |session| super::summary::Summary::plain().run(session)),
        ("workbook -o poam.xlsx", |session| {
            super::workbook::Workbook::to("poam.xlsx").run(session)
        }),
    ]
}
