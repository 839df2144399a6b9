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

/// What a status means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusDefinition {
    /// What it stands for, in a few words.
    #[serde(default)]
    pub meaning: String,
    /// Which side of the workbook items with this status are listed on.
    pub sheet: Sheet,
    /// What an item must have to be in this status.
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
        /// What the item must have besides what the status needs.
        needs: Vec<Guard>,
    },
}

impl Move {
    /// The status it leads to.
    pub fn to(&self) -> &str {
        match self {
            Self::To(to) | Self::With { to, .. } => to,
        }
    }

    /// What this move needs besides what the status needs.
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

/// Why a table of statuses does not hold together.
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
        /// Why it cannot be one.
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
    /// The built-in table.
    fn default() -> Self {
        Self { statuses: serde_json::from_str(BUILT_IN).unwrap_or_default() }
    }
}

/// The built-in table of statuses, as data.
const BUILT_IN: &str = include_str!("../../templates/workflow.json");

impl Workflow {
    /// The definition of a status, also where an old file has another word for it; `None` where the
    /// workflow does not know it.
    pub fn get(&self, status: &Status) -> Option<&StatusDefinition> {
        self.exact(status.as_str())
            .or_else(|| self.exact(words::status(status.as_str())?))
            .map(|(_, definition)| definition)
    }

    /// The status that a word means: its name in any spelling, or a usual word for one of the built-in
    /// statuses that the workflow has. A status that a team calls `resolved` goes before `closed`.
    pub fn resolve(&self, word: &str) -> Option<Status> {
        let (name, _) = self
            .exact(word)
            .or_else(|| self.exact(&words::comparable(word)))
            .or_else(|| self.exact(words::status(word)?))?;
        name.parse().ok()
    }

    fn exact(&self, word: &str) -> Option<(&String, &StatusDefinition)> {
        // A handful of words: comparing them is quicker than hashing one.
        self.statuses.iter().find(|(name, _)| name.as_str() == word)
    }

    /// All statuses, in the order of the table.
    pub fn statuses(&self) -> impl Iterator<Item = (&str, &StatusDefinition)> {
        self.statuses.iter().map(|(name, definition)| (name.as_str(), definition))
    }

    /// The names of all statuses, in the order of the table.
    pub fn names(&self) -> Vec<&str> {
        self.statuses.keys().map(String::as_str).collect()
    }

    /// The move from one status to another, if the table has it. A status that the table does
    /// not know moves nowhere.
    pub fn find_move(&self, from: &Status, to: &Status) -> Option<&Move> {
        self.get(from)?.moves.iter().find(|next| *to == next.to())
    }

    /// Whether an item may be closed from a status although the table has no such move: once it is
    /// approved that it is a false positive, it closes from every open status.
    pub fn closes_false_positive(&self, item: &Item, from: &Status, to: &Status) -> bool {
        self.is_closed(to) && !self.is_closed(from) && item.is_approved_false_positive()
    }

    /// Whether items with a status are listed as closed. A status that the table does not know
    /// counts as open: nothing leaves the open list by a typing error.
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
