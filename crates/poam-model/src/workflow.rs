//! Workflow: the statuses of a tracker, their transitions, and the guards of both.
//!
//! [`Workflow`] starts from a built-in table and takes additions from the settings, checked for
//! consistency ([`WorkflowError`]). It decides nothing about an item by itself; commands and rules
//! ask it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Guard, Item, Status, words};

/// Which statuses a tracker knows, where each may move, and what an item needs to be in it.
///
/// The built-in table is data (`templates/workflow.yaml`); `poam.yaml` may replace it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Workflow {
    #[schemars(with = "std::collections::BTreeMap<String, StatusDefinition>")]
    statuses: IndexMap<String, StatusDefinition>,
}

/// Definition of a status.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusDefinition {
    /// Meaning of the status in a few words.
    #[serde(default)]
    pub meaning: String,
    /// Which side of the workbook items with this status are listed on.
    pub sheet: Sheet,
    /// Conditions that an item must meet in this status.
    #[serde(default)]
    pub needs: Vec<Guard>,
    /// Where an item with this status may move.
    #[serde(default)]
    pub moves: Vec<Move>,
}

/// A move that a status allows: a name, or a name with what this move needs besides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Move {
    /// Allowed.
    To(String),
    /// Allowed to items that have what it needs.
    With {
        /// The status it leads to.
        to: String,
        /// Conditions of this transition besides those of the status.
        needs: Vec<Guard>,
    },
}

impl Move {
    /// Returns the status it leads to.
    pub fn to(&self) -> &str {
        match self {
            Self::To(to) | Self::With { to, .. } => to,
        }
    }

    /// Returns the conditions of this transition besides those of the status.
    pub fn needs(&self) -> &[Guard] {
        match self {
            Self::To(_) => &[],
            Self::With { needs, .. } => needs,
        }
    }
}

/// The two sides of the workbook.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Sheet {
    /// Open items.
    Open,
    /// Closed items.
    Closed,
}

/// Reasons why a table of statuses is inconsistent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkflowError {
    /// A move leads to a status that the table does not have.
    #[error("status `{from}` may move to `{to}`, which the workflow does not define")]
    UnknownTarget {
        /// The status that moves.
        from: String,
        /// Where to.
        to: String,
    },
    /// A word that cannot be a status.
    #[error("{reason}")]
    BadName {
        /// The word.
        name: String,
        /// Reason why the name cannot be a status.
        reason: String,
    },
    /// No status is on the closed side, so nothing could ever be closed.
    #[error("the workflow has no status with `sheet: closed`")]
    NoClosed,
    /// New items start as `open`.
    #[error("the workflow has no status `open`, where new items start")]
    NoOpen,
}

impl Default for Workflow {
    /// Returns the built-in table.
    fn default() -> Self {
        Self { statuses: serde_json::from_str(BUILT_IN).unwrap_or_default() }
    }
}

/// The built-in table of statuses, as data.
const BUILT_IN: &str = include_str!("../../../templates/workflow.json");

impl Workflow {
    /// Creates a workflow of some statuses.
    pub fn from_statuses(statuses: IndexMap<String, StatusDefinition>) -> Self {
        Self { statuses }
    }

    /// Allows items whose milestones are all finished to move from one status to another.
    pub fn allow_when_finished(&mut self, from: &str, to: &Status) {
        let Some(definition) = self.statuses.get_mut(from) else { return };
        if *to != from && definition.moves.iter().all(|next| *to != next.to()) {
            let needs = vec![Guard::MilestonesFinished];
            definition.moves.push(Move::With { to: to.to_string(), needs });
        }
    }

    /// Returns the definition of a status, also where an old file has another word for it; `None`
    /// where the workflow does not know it.
    pub fn get(&self, status: &Status) -> Option<&StatusDefinition> {
        self.find_exact(status.as_str())
            .or_else(|| self.find_exact(words::find_status(status.as_str())?))
            .map(|(_, definition)| definition)
    }

    /// Returns the status that a word means: its name in any spelling, or a usual word for one of
    /// the built-in statuses that the workflow has. A status that a team calls `resolved` goes
    /// before `closed`.
    pub fn resolve_word(&self, word: &str) -> Option<Status> {
        let (name, _) = self
            .find_exact(word)
            .or_else(|| self.find_exact(&words::to_comparable(word)))
            .or_else(|| self.find_exact(words::find_status(word)?))?;
        name.parse().ok()
    }

    fn find_exact(&self, word: &str) -> Option<(&String, &StatusDefinition)> {
        // A handful of words: comparing them is quicker than hashing one.
        self.statuses.iter().find(|(name, _)| name.as_str() == word)
    }

    /// Returns all statuses, in the order of the table.
    pub fn statuses(&self) -> impl Iterator<Item = (&str, &StatusDefinition)> {
        self.statuses.iter().map(|(name, definition)| (name.as_str(), definition))
    }

    /// Returns the names of all statuses, in the order of the table.
    pub fn names(&self) -> Vec<&str> {
        self.statuses.keys().map(String::as_str).collect()
    }

    /// Returns the move from one status to another, if the table has it. A status that the table
    /// does not know moves nowhere.
    pub fn find_move(&self, from: &Status, to: &Status) -> Option<&Move> {
        self.get(from)?.moves.iter().find(|next| *to == next.to())
    }

    /// Returns whether an item may be closed from a status although the table has no such
    /// transition: once it is approved that it is a false positive, it closes from every open
    /// status.
    pub fn closes_false_positive(&self, item: &Item, from: &Status, to: &Status) -> bool {
        self.is_closed(to) && !self.is_closed(from) && item.is_approved_false_positive()
    }

    /// Returns whether items with a status are listed as closed. A status that the table does not
    /// know counts as open: nothing leaves the open list by a typing error.
    pub fn is_closed(&self, status: &Status) -> bool {
        self.get(status).is_some_and(|definition| definition.sheet == Sheet::Closed)
    }

    /// Checks that the table holds together.
    pub fn check(&self) -> Result<(), WorkflowError> {
        for (name, definition) in self.statuses() {
            name.parse::<Status>()
                .map_err(|reason| WorkflowError::BadName { name: name.to_owned(), reason })?;
            if let Some(to) =
                definition.moves.iter().map(Move::to).find(|to| !self.statuses.contains_key(*to))
            {
                return Err(WorkflowError::UnknownTarget {
                    from: name.to_owned(),
                    to: to.to_owned(),
                });
            }
        }
        if !self.statuses.contains_key(Status::OPEN) {
            return Err(WorkflowError::NoOpen);
        }
        if !self.statuses.values().any(|definition| definition.sheet == Sheet::Closed) {
            return Err(WorkflowError::NoClosed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The full table, a row a status: `.` stays, `x` may move, `-` may not.
    const MATRIX: [(&str, &str); 7] = [
        //                       o i v a d r c
        ("open", /*           */ ".x-xx--"),
        ("in-progress", /*    */ "x.xxx--"),
        ("pending-validation", "-x.---x"),
        ("pending-approval", /**/ "xx-.-xx"),
        ("deferred", /*       */ "xx--.--"),
        ("risk-accepted", /*  */ "-x-x-.x"),
        ("closed", /*         */ "-x----."),
    ];

    #[test]
    fn the_built_in_table_allows_exactly_these_moves() {
        let workflow = Workflow::default();
        workflow.check().unwrap();
        assert_eq!(workflow.names(), Status::BUILT_IN);
        for (from, row) in MATRIX {
            for (to, cell) in Status::BUILT_IN.iter().zip(row.chars()) {
                let found = workflow.find_move(&from.parse().unwrap(), &to.parse().unwrap());
                assert_eq!(found.is_some(), cell == 'x', "{from} -> {to}");
            }
        }
        let approval: Status = "pending-approval".parse().unwrap();
        let to_closed = workflow.find_move(&approval, &"closed".parse().unwrap()).unwrap();
        assert_eq!(to_closed.needs(), [Guard::FalsePositive]);
        assert!(workflow.is_closed(&"closed".parse().unwrap()));
        assert!(!workflow.is_closed(&"risk-accepted".parse().unwrap()));
        assert!(!workflow.is_closed(&"no-such-status".parse().unwrap()));
    }

    #[test]
    fn a_table_that_does_not_hold_together_is_refused() {
        for (text, message) in [
            (
                r#"{"open":{"sheet":"open","moves":["done"]}}"#,
                "status `open` may move to `done`, which the workflow does not define",
            ),
            (r#"{"open":{"sheet":"open"}}"#, "the workflow has no status with `sheet: closed`"),
            (
                r#"{"done":{"sheet":"closed"}}"#,
                "the workflow has no status `open`, where new items start",
            ),
            (
                r#"{"open":{"sheet":"open"},"Done":{"sheet":"closed"}}"#,
                "`Done` is not a status: write lower-case letters, digits and hyphens, like `in-progress`",
            ),
        ] {
            let workflow: Workflow = serde_json::from_str(text).unwrap();
            assert_eq!(workflow.check().unwrap_err().to_string(), message);
        }
    }
}
