//! `poam export oscal`: an OSCAL POA&M.

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use super::ExportTarget;
use crate::cli::destination::Destination;
use crate::cli::{CommandOutcome, Session};
use crate::exchange::oscal::{OscalError, OscalVersion, events_out_of_range, oscal};
use crate::output::OutputKind;
use crate::text::plural;

/// An OSCAL POA&M in JSON, as FedRAMP's guide maps the workbook to it
///
/// Every part has the same UUID in every export. What OSCAL has no place for travels as properties
/// of our own, so that `poam import` reads back what was written.
#[derive(Debug, Args)]
pub(super) struct OscalArgs {
    #[command(flatten)]
    target: ExportTarget,
    /// Version of OSCAL; 1.0.4 has the namespace of FedRAMP's guide of 2023
    #[arg(long, value_name = "VERSION", default_value = "1.1.3")]
    oscal_version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Version {
    #[value(name = "1.0.4")]
    V104,
    #[value(name = "1.1.3")]
    V113,
    #[value(name = "1.2.3")]
    V123,
}

impl OscalArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let tree = self.target.published(session, "document")?;
        let settings = &tree.tracker.settings;
        let version = match self.oscal_version {
            Version::V104 => OscalVersion::V104,
            Version::V113 => OscalVersion::V113,
            Version::V123 => OscalVersion::V123,
        };
        if settings.system.ssp.is_none() {
            session.say(
                "note: the settings name no system security plan in OSCAL (`system: {ssp: …}`), which FedRAMP's checks ask for; the document has the system's id alone",
            );
        }
        let odd = events_out_of_range(&tree.history);
        if odd > 0 {
            session.say(format_args!(
                "warning: {} with a date before 1900 or after 2999, which OSCAL cannot say: the nearest date is \
                 written, and their own as the property `dated`",
                plural(odd, "event")
            ));
        }
        let write = |out: &mut dyn std::io::Write| -> Result<(), OscalError> {
            oscal(&tree.store, settings, &tree.history, version, out)
        };
        match self.target.file() {
            None => session
                .stream(OutputKind::Json, |out| write(out))
                .context("building the OSCAL document")?,
            Some(output) => {
                let writing = || format!("writing {}", output.display());
                let destination =
                    Destination::find(&session.directory.join(output)).with_context(writing)?;
                destination
                    .write(session, OutputKind::Json, |out| write(out))
                    .with_context(writing)?;
                let text = format_args!(
                    "{}: {}, OSCAL {}, commit {}",
                    output.display(),
                    plural(tree.store.items().len(), "item"),
                    version.as_str(),
                    tree.commit.short()
                );
                destination.report_written(session, text)?;
            }
        }
        Ok(CommandOutcome::Fine)
    }
}
