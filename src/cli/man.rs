use anyhow::{Result, bail};
use clap::{Args, CommandFactory};
use clap_mangen::Man as Page;

use super::{Cli, Outcome, Session};
use crate::nearest::nearest;
use crate::output::{Content, visible};

/// Print the manual page, of the program or of one command
///
/// Pipe it into `man -l -` to read it, or into a file to install it.
#[derive(Debug, Args)]
pub(super) struct Man {
    /// Name of a command
    command: Option<String>,
}

impl Man {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let mut cli = Cli::command();
        // Names of commands and values of global options are known only then.
        cli.build();
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
        session.print_as(Content::Exact, String::from_utf8_lossy(&text))?;
        Ok(Outcome::Fine)
    }
}
