use anyhow::Result;
use clap::{Args, ValueEnum};

use super::{Outcome, Session};
use crate::schema;

/// Print the JSON Schema of an item, of the settings, of a workbook layout, or of what commands print
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Which schema
    which: Which,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    /// One item's file
    Item,
    /// poam.yaml
    Settings,
    /// One line of `poam log --format ndjson`
    Event,
    /// `poam diff --format json`
    Diff,
    /// `poam verify --format json`
    Verify,
    /// A layout of your own for the workbook
    Layout,
}

impl Schema {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let schema = match self.which {
            Which::Item => schema::Schema::Item,
            Which::Settings => schema::Schema::Settings,
            Which::Event => schema::Schema::Event,
            Which::Diff => schema::Schema::Diff,
            Which::Verify => schema::Schema::Verify,
            Which::Layout => schema::Schema::Layout,
        };
        session.print_json(schema.text())?;
        Ok(Outcome::Fine)
    }
}
