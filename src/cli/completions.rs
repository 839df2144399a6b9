use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Outcome, Session};
use crate::output::Content;

/// Print what a shell needs to complete commands and options
///
/// For bash: poam completions bash > ~/.local/share/bash-completion/completions/poam
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        // Into memory first: the generator gives up where its reader has gone.
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "poam", &mut text);
        session.print_as(Content::Exact, String::from_utf8_lossy(&text))?;
        Ok(Outcome::Fine)
    }
}
