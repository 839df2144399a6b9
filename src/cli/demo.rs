//! `poam demo`: writes the demonstration tracker.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;

use super::{CommandOutcome, Session};
use crate::demo;
use crate::text::plural;

/// Make a realistic tracker with a year of history, ready to explore
///
/// The folder must be new or empty. The tracker is checked, summed up and written as a workbook, so
/// that every step can be seen once.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// The folder to make
    #[arg(default_value = "poam-demo")]
    dir: PathBuf,
}

impl DemoArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
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
        for (command, run) in demo_steps() {
            inside.print(format_args!("\n$ poam {command}\n"))?;
            run(&mut inside)?;
        }
        inside.finish()?;
        session.print(format_args!(
            "\nNow try, in {shown}:\n\
             \x20 poam validate                             every diagnostic, with file, line and a way out\n\
             \x20 poam todo                                 what to do now, with the command for it\n\
             \x20 poam list --overdue                       what is late, and whose it is\n\
             \x20 poam log --action status-changed          who moved what, when and why\n\
             \x20 poam show ID                              one item with its timeline\n\
             \x20 poam transition ID in-progress            what stands in the way of a move\n\
             \x20 poam rules missing-owner                  what a rule wants, with examples\n\
             \x20 git log --stat -3                         it is all plain commits\n",
        ))?;
        Ok(CommandOutcome::Fine)
    }
}

type DemoStep = fn(&mut Session) -> Result<CommandOutcome>;

/// The main job, once: check, sum up, publish.
fn demo_steps() -> [(&'static str, DemoStep); 3] {
    [
        ("validate --statistics", |session| {
            super::validate::ValidateArgs::statistics().run(session)
        }),
        ("summary", |session| super::summary::SummaryArgs::plain_text().run(session)),
        ("workbook -o poam.xlsx", |session| {
            super::workbook::WorkbookArgs::to_output("poam.xlsx").run(session)
        }),
    ]
}
