//! The milestones of a row, from the cells that are for them.

use super::RowReader;
use crate::exchange::statements::{ChangesAlone, MilestoneStatements};
use crate::exchange::{changes, kept, milestones};
use crate::model::{Item, Milestone};
use crate::workbook::Field;

impl RowReader<'_> {
    /// Reads the milestones of a numbered or dated list in the plan, where the item has no others.
    /// The text stays as it is.
    pub(super) fn milestones_of_plan(&mut self, item: &mut Item) {
        if !item.milestones.is_empty() {
            return;
        }
        let Some(text) = item.remediation_plan.as_deref() else { return };
        let Some(read) = milestones::read_list_of_plan(text, self.dates, self.assumed.document_day)
        else {
            return;
        };
        let count = read.milestones.len();
        item.milestones = read.milestones;
        self.statements = MilestoneStatements::of_milestones(&item.milestones);
        let field = Field::RemediationPlan;
        self.say(
            field,
            format!("the list in the plan is read as {count} milestones; its text stays"),
        );
        for doubt in read.doubts {
            self.say(field, doubt.to_string());
        }
        for text in read.unread {
            self.say(field, format!("`{text}` is not read as a milestone"));
        }
    }

    /// Reads the milestones of *Planned Milestones* and their changes. What is no entry of either
    /// cell is retained with the text of its cell, and stated.
    pub(super) fn milestones(
        &mut self,
        item: &mut Item,
        plan: &str,
        planned: Option<&str>,
        changes: Option<&str>,
    ) {
        let forms = self.dates;
        let read = milestones::read_planned(planned.unwrap_or_default(), forms);
        let applied = changes::apply(&read.milestones, changes.unwrap_or_default(), forms);
        let current = applied.milestones;
        let of_plan = std::mem::take(&mut item.milestones);
        self.statements = MilestoneStatements {
            planned: of_plan.iter().chain(&read.milestones).cloned().collect(),
            moved: applied.moved,
            settled: applied.settled,
            reworded: applied.reworded,
            ..MilestoneStatements::default()
        };
        item.milestones = of_plan;
        if !current.is_empty() {
            let twice = |one: &Milestone| current.iter().any(|other| other.id == one.id);
            if item.milestones.iter().any(twice) {
                // Both cells number milestones: those of the plan stay words.
                item.milestones.clear();
                self.statements.planned.clone_from(&read.milestones);
                item.remediation_plan = Some(plan.to_owned());
            }
            let in_plan = !item.milestones.is_empty();
            item.milestones.extend(current.iter().cloned());
            if in_plan {
                item.milestones.sort_by_key(|step| step.id);
            }
        }
        for doubt in read.doubts {
            self.say(Field::PlannedMilestones, doubt.to_string());
        }
        if let (Some(planned), Some(changes)) = (planned, changes)
            && milestones::planned(&current) == planned
            && changes::at_first(&read.milestones, &current).join("\n\n") == changes
        {
            self.told = Some((planned.to_owned(), changes.to_owned()));
            return;
        }
        if let Some(changes) = changes {
            let field = Field::MilestoneChanges;
            let cell = self.cell(field).map(|cell| cell.address.clone());
            if planned.is_none() && item.milestones.len() == current.len() {
                // Their effect is known once the item is.
                let text = changes.to_owned();
                self.statements.alone = cell.map(|cell| ChangesAlone { cell, text, forms });
            } else {
                for text in &applied.unread {
                    self.say(field, format!("`{text}` is not read as a change of a milestone"));
                }
            }
            let reason = "milestone changes, kept as they are";
            self.keep(field, kept::CHANGES, changes.into(), reason);
        }
        for text in &read.unread {
            self.say(Field::PlannedMilestones, format!("`{text}` is not read as a milestone"));
        }
        // The words of the plan that was made first must stay, once changes have been applied.
        if let Some(planned) = planned
            && (changes.is_some() || !read.unread.is_empty())
        {
            let reason = "milestones as first planned, kept as they are";
            self.keep(Field::PlannedMilestones, kept::PLANNED, planned.into(), reason);
        }
    }
}
