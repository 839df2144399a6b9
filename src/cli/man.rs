//! `poam man`: writes the manual pages.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use clap_mangen::Man as Page;

use super::{CommandOutcome, Session, build_command};
use crate::nearest::nearest;
use crate::output::OutputKind;
use crate::text::{plural, visible};

/// Print the manual page of the program or of one command, or write all pages
///
/// Pipe it into `man -l -` to read it, or write all pages into a folder to install them.
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Name of a command
    command: Option<String>,
    /// Write the pages of the program and of every command into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    all: Option<PathBuf>,
}

impl ManArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let mut cli = build_command();
        // Names of commands and values of global options are known only then.
        cli.build();
        if let Some(folder) = &self.all {
            return write_all(session, cli, folder);
        }
        let page = match &self.command {
            None => Page::new(cli),
            Some(name) => match cli.find_subcommand(name) {
                Some(command) => Page::new(command.clone()),
                None => {
                    let names = cli.get_subcommands().map(clap::Command::get_name);
                    let name = visible(name);
                    match nearest(&name, names) {
                        Some(near) => bail!("no command `{name}`: did you mean `{near}`?"),
                        None => bail!("no command `{name}`; `poam help` lists all"),
                    }
                }
            },
        };
        let mut text = Vec::new();
        page.render(&mut text)?;
        session.print_as(OutputKind::Exact, String::from_utf8_lossy(&text))?;
        Ok(CommandOutcome::Fine)
    }
}

/// Writes the page of every command: `poam.1`, `poam-milestone-add.1`.
fn write_all(session: &mut Session, cli: clap::Command, folder: &Path) -> Result<CommandOutcome> {
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let mut left = vec![cli];
    let mut count = 0;
    while let Some(command) = left.pop() {
        let subcommands = command.get_subcommands().filter(|it| !it.is_hide_set());
        left.extend(subcommands.filter(|it| it.get_name() != "help").cloned());
        let page = Page::new(command);
        let path = folder.join(page.get_filename());
        let mut text = Vec::new();
        page.render(&mut text)?;
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        count += 1;
    }
    session.print(format_args!("{} in {}\n", plural(count, "page"), folder.display()))?;
    Ok(CommandOutcome::Fine)
}
