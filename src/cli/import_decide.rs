//! Decisions on values that a document and the tracker both changed: `--ours`, `--theirs` and `--decide`.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::import::ImportArgs;
use crate::import::{Conflict, MergeDecisions, Winner};
use crate::nearest::nearest;
use crate::text::visible;

/// Parses `ID /PLACE=SIDE`.
pub(super) fn parse_decision(text: &str) -> Result<(String, Winner), String> {
    let (address, side) = text.rsplit_once('=').unwrap_or((text, ""));
    let winner = match side.trim() {
        "ours" => Winner::Ours,
        "theirs" => Winner::Theirs,
        _ => return Err("write ID /PLACE=ours or ID /PLACE=theirs".to_owned()),
    };
    Ok((address.trim().to_owned(), winner))
}

impl ImportArgs {
    /// Returns the sides whose values win conflicts, as far as the user chose.
    pub(super) fn decisions(&self) -> MergeDecisions {
        let others = match (self.ours, self.theirs) {
            (true, _) => Some(Winner::Ours),
            (_, true) => Some(Winner::Theirs),
            _ => None,
        };
        MergeDecisions { each: self.decisions.iter().cloned().collect(), others }
    }

    /// An error where a value is decided that is in no conflict: it may be mistyped, or changed meanwhile.
    pub(super) fn check_decisions<'a>(
        &self,
        conflicts: impl Iterator<Item = &'a Conflict>,
    ) -> Result<()> {
        if self.decisions.is_empty() {
            return Ok(());
        }
        let known: BTreeSet<String> = conflicts.map(Conflict::address).collect();
        let unknown = self.decisions.iter().find(|(address, _)| !known.contains(address));
        if let Some((address, _)) = unknown {
            let near = nearest(address, known.iter().map(String::as_str));
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            bail!("--decide: no value is in conflict at `{}`{}", visible(address), visible(&hint));
        }
        Ok(())
    }
}
