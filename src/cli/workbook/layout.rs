//! Layouts as files: printed, and read.

use anyhow::{Context as _, Result};
use clap::Args;

use crate::cli::input::read_document;
use crate::cli::{CommandOutcome, Session};
use crate::document::Limits;
use crate::exchange::parse_layout;
use crate::text::visible;
use crate::workbook::Layout;

/// Print a built-in layout, to start one of your own from
#[derive(Debug, Args)]
pub(super) struct PrintArgs {
    /// 3.0, 2.1, rev4, federal, emass-navy, emass-army or emass-marines
    #[arg(default_value = "3.0")]
    name: String,
}

impl PrintArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        session.print_json(Layout::find_text(&self.name)?)?;
        Ok(CommandOutcome::Fine)
    }
}

/// A layout that a person names on the command line.
pub(super) fn from_disk(session: &Session, name: &str) -> Result<Layout> {
    let path = session.directory.join(name);
    let reading = || format!("reading the layout {}", visible(name));
    let bytes =
        read_document(&path, Limits::ITEM.bytes as u64, "a layout").with_context(reading)?;
    Ok(parse_layout(name, &bytes)?)
}
