//! `poam schema`: prints the JSON Schemas.

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::{CommandOutcome, Session};
use crate::schema;

/// Print the JSON Schema of an item, of the settings, of a workbook layout, or of what commands print
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Which schema
    which: SchemaChoice,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SchemaChoice {
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
    /// The JSON API of `poam serve`, as OpenAPI
    Openapi,
    /// The tables of `poam portfolio export`, as Markdown
    Portfolio,
    /// portfolio.yaml
    PortfolioFile,
}

impl SchemaArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let schema = match self.which {
            SchemaChoice::Item => schema::Schema::Item,
            SchemaChoice::Settings => schema::Schema::Settings,
            SchemaChoice::Event => schema::Schema::Event,
            SchemaChoice::Diff => schema::Schema::Diff,
            SchemaChoice::Verify => schema::Schema::Verify,
            SchemaChoice::Layout => schema::Schema::Layout,
            SchemaChoice::PortfolioFile => schema::Schema::Portfolio,
            SchemaChoice::Portfolio => {
                session.print(crate::portfolio::page())?;
                return Ok(CommandOutcome::Fine);
            }
            SchemaChoice::Openapi => {
                session.print_json(format_args!("{:#}\n", crate::serve::openapi()))?;
                return Ok(CommandOutcome::Fine);
            }
        };
        session.print_json(schema.text())?;
        Ok(CommandOutcome::Fine)
    }
}
