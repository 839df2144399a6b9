use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use super::{CommandOutcome, Session};
use crate::document::{Document, Limits};
use crate::merge::{MergeError, MergeTexts, SideNames, merge_texts};
use crate::repository::merge_lines;
use crate::text::visible;

/// Merge one file by meaning; git runs this (`poam init --merge-driver` sets it up)
///
/// Values that one side changed are taken with their comments; members of lists are joined: milestones
/// by number, others by what names them. A value that both sides changed is a conflict: ours stays, and
/// comment lines around it show theirs; the exit code is 1. A file that is not read as YAML is merged line
/// by line, as git does.
#[derive(Debug, Args)]
pub(super) struct MergeDriver {
    /// The common ancestor (%O)
    #[arg(value_name = "BASE")]
    base: PathBuf,
    /// Our side (%A); the result is written here
    #[arg(value_name = "OURS")]
    ours: PathBuf,
    /// Their side (%B)
    #[arg(value_name = "THEIRS")]
    theirs: PathBuf,
    /// The path in the repository (%P), for messages
    #[arg(value_name = "PATH")]
    path: Option<String>,
    /// The name of our side in conflict marks (%X)
    #[arg(long = "ours", value_name = "NAME", default_value = "ours", allow_hyphen_values = true)]
    our_name: String,
    /// The name of their side in conflict marks (%Y)
    #[arg(
        long = "theirs",
        value_name = "NAME",
        default_value = "theirs",
        allow_hyphen_values = true
    )]
    their_name: String,
}

impl MergeDriver {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let place = |path: &Path| session.directory.join(path);
        let (base, ours, theirs) = (place(&self.base), place(&self.ours), place(&self.theirs));
        let path = self.path.clone().unwrap_or_else(|| self.ours.display().to_string());
        let names = SideNames {
            ours: side_name(&self.our_name, "ours"),
            theirs: side_name(&self.their_name, "theirs"),
        };
        let read =
            |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
        let bytes = [read(&base)?, read(&ours)?, read(&theirs)?];
        let [base_text, our_text, their_text] = bytes.each_ref().map(|it| std::str::from_utf8(it));
        let merged = match (base_text, our_text, their_text) {
            (Ok(base), Ok(ours), Ok(theirs)) => {
                merge_texts(MergeTexts { base, ours, theirs }, &names)
            }
            _ => Err(MergeError::Unwritable),
        };
        let merged = match merged {
            Ok(merged) => merged,
            Err(error) => {
                session.say(format_args!(
                    "{}: merged line by line, because {}",
                    visible(&path),
                    visible(&error.to_string())
                ));
                return merge_by_lines(session, [&base, &ours, &theirs], &names, &path);
            }
        };
        write(&ours, merged.text.as_bytes())?;
        for note in &merged.notes {
            session.say(format_args!("{}: {}", visible(&path), visible(note)));
        }
        if merged.conflicts.is_empty() {
            return Ok(CommandOutcome::Fine);
        }
        let values: Vec<&str> =
            merged.conflicts.iter().map(|it| it.trim_start_matches('/')).collect();
        session.say(format_args!(
            "{}: both sides changed {}; keep one of each two values, remove the lines with `<<<<<<<`, \
             `=======` and `>>>>>>>`, then `git add` the file",
            visible(&path),
            visible(&values.join(", "))
        ));
        Ok(CommandOutcome::Diagnosed)
    }
}

/// Merges as git does without a driver. A result that is not YAML counts as a conflict.
fn merge_by_lines(
    session: &Session,
    [base, ours, theirs]: [&Path; 3],
    names: &SideNames,
    path: &str,
) -> Result<CommandOutcome> {
    let merged = merge_lines(base, ours, theirs, [&names.ours, &names.theirs])
        .with_context(|| format!("merging {path} line by line"))?;
    write(ours, &merged.text)?;
    if merged.has_conflicts {
        return Ok(CommandOutcome::Diagnosed);
    }
    match Document::parse(path, &merged.text, &Limits::ITEM) {
        Ok(_) => Ok(CommandOutcome::Fine),
        Err(error) => {
            session.say(format_args!(
                "{}:{}: {}",
                visible(path),
                error.label.start.line,
                visible(&error.message)
            ));
            Ok(CommandOutcome::Diagnosed)
        }
    }
}

/// The name of a side. A git that does not know the name passes its placeholder.
fn side_name(given: &str, other: &str) -> String {
    let given = given.split_whitespace().collect::<Vec<_>>().join(" ");
    if given.is_empty() || given.starts_with('%') { other.to_owned() } else { given }
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}
