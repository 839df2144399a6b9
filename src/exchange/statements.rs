//! Statements of a row that an item cannot hold: an explicit *No*, and which milestones a cell speaks of.
//!
//! An item says what is the case. That a row answers *No*, or that a cell of changes says nothing of a
//! milestone, is needed where the row is compared with what its source stated before.

use std::collections::{BTreeMap, BTreeSet};

use super::changes;
use crate::model::{DeviationType, Milestone};
use crate::workbook::DateForms;

/// A question that a row answers with *No*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeniedField {
    /// *Vendor Dependency*.
    VendorDependency,
    /// *CISA KEV Tracking*.
    Kev,
    /// *Risk Adjustment*, *False Positive* or *Operational Requirement*.
    Deviation(DeviationType),
}

/// Statements of a row about its milestones, by the numbers of the row.
#[derive(Debug, Clone, Default)]
pub struct MilestoneStatements {
    /// The milestones as the plan says them, before changes.
    pub planned: Vec<Milestone>,
    /// Numbers of milestones whose due date the changes say.
    pub moved: BTreeSet<u32>,
    /// Numbers of milestones whose state the changes say.
    pub settled: BTreeSet<u32>,
    /// Numbers of milestones whose words the changes say.
    pub reworded: BTreeSet<u32>,
    /// Identifiers of milestones in the source, where it has any.
    pub keys: BTreeMap<u32, String>,
    /// The changes, where the row says no milestones that they could change.
    pub alone: Option<ChangesAlone>,
}

impl MilestoneStatements {
    /// Returns the statements of a document that lists milestones as they stand.
    pub(super) fn of_milestones(milestones: &[Milestone]) -> Self {
        Self { planned: milestones.to_vec(), ..Self::default() }
    }
}

/// Changes of milestones beside a blank cell of planned milestones.
#[derive(Debug, Clone)]
pub struct ChangesAlone {
    /// The cell of the changes.
    pub cell: String,
    /// Its text.
    pub text: String,
    /// The choices of a person about dates.
    pub forms: DateForms,
}

/// Milestones after changes, with what the changes say of them.
#[derive(Debug, Clone, Default)]
pub struct ChangedMilestones {
    /// The milestones after all changes that were read.
    pub milestones: Vec<Milestone>,
    /// The milestones before, and the numbers of those that the changes speak of.
    pub statements: MilestoneStatements,
    /// Entries that were not read, to be said: the cell and the words.
    pub unread: Vec<(String, String)>,
}

impl ChangesAlone {
    /// Applies the changes to milestones that the item has.
    #[must_use]
    pub fn apply(&self, milestones: &[Milestone]) -> ChangedMilestones {
        let applied = changes::apply(milestones, &self.text, self.forms);
        let say = |text: &String| {
            (self.cell.clone(), format!("`{text}` is not read as a change of a milestone"))
        };
        ChangedMilestones {
            unread: applied.unread.iter().map(say).collect(),
            statements: MilestoneStatements {
                planned: milestones.to_vec(),
                moved: applied.moved,
                settled: applied.settled,
                reworded: applied.reworded,
                ..MilestoneStatements::default()
            },
            milestones: applied.milestones,
        }
    }
}
