use anyhow::Result;
use clap::Args;

use super::{CommandOutcome, Session};
use crate::lsp::{ServerOptions, serve_editor};

/// Run the language server for editors, on standard input and output
///
/// Diagnostics as in `validate`, of unsaved text too; what fields mean, completion, quick fixes, the file of an id, and
/// above each item when it is due. docs/editors.md says how to set up VS Code, Neovim, Helix, Zed and IntelliJ.
#[derive(Debug, Args)]
pub(super) struct LspArgs {
    /// Editors add this; standard input and output are used anyway
    #[arg(long, hide = true)]
    stdio: bool,
}

impl LspArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let today = session.given_today;
        serve_editor(ServerOptions { directory: session.directory.clone(), today })?;
        Ok(CommandOutcome::Fine)
    }
}
