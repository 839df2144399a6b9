//! Rules: one file per rule, with the page that explains it beside it.
//!
//! A rule looks at one item, at the entire store, or at a change from a base to a head. It gets
//! everything it may know as arguments: it cannot read the clock, the disk or git.

mod address;
mod allowance;
mod clock;
mod context;
mod date_shift;
mod documents;
mod engine;
#[cfg(test)]
mod examples;
mod group_moves;
mod guards;
mod milestone_shape;
mod milestone_words;
mod reopening;
mod vulnerability;

mod acceptance_review_overdue;
mod adjustment_not_approved;
mod check_in_gap;
mod closed_before_dependency;
mod closed_item_edited;
mod closed_with_open_milestones;
mod closed_without_date;
mod closed_without_evidence;
mod cmmc_not_allowed;
mod completed_without_date;
mod completion_without_status;
mod conditional_status_expired;
mod date_order;
mod deferral_expired;
mod dependency_cycle;
mod detection_date_changed;
mod detection_date_moved;
mod duplicate_id;
mod duplicate_milestone;
mod emass_accepted_with_plan;
mod emass_checks_without_control;
mod emass_completed_incomplete;
mod emass_office_form;
mod emass_ongoing_incomplete;
mod escalation_due;
mod evidence_removed;
mod false_positive_still_open;
mod future_date;
mod gate_loosened;
mod high_vendor_dependency;
mod id_file_mismatch;
mod id_reused;
mod illegal_transition;
mod item_deleted;
mod kev_changed;
mod kev_overdue;
mod kev_time_frame;
mod kind_changed;
mod known;
mod malformed_cve;
mod merge_conflict;
mod milestone_after_schedule;
mod milestone_order;
mod milestone_rewritten;
mod missing_change_ticket;
mod missing_field;
mod missing_milestone;
mod missing_owner;
mod no_longer_overdue;
mod ocr_due;
mod operational_requirement_on_high;
mod original_rating_changed;
mod overdue;
mod overdue_milestone;
mod placeholder_owner;
mod rating_lowered;
mod record_rewritten;
mod reopened_often;
mod rescheduled_without_reason;
mod review_dropped;
mod review_overdue;
mod same_weakness;
mod schedule_beyond_deadline;
mod schedule_changed;
mod score_too_low;
mod self_approval;
mod sensitive_field;
mod sliding_dates;
mod stale;
mod stale_in_progress;
mod status_guard;
mod undecided_acceptance;
mod uniform_slip;
mod unknown_control;
mod unknown_dependency;
mod unknown_owner;
mod unknown_status;
mod unportable_id;
mod vague_milestone;
mod vdr_not_adopted;
mod vendor_check_in_overdue;
mod vendor_without_product;
mod ver_acceptance_unexplained;
mod ver_accepted_by_age;
mod ver_activity_due;
mod ver_activity_lost;
mod ver_automation_unproven;
mod ver_class_unknown;
mod ver_detection_differs;
mod ver_exposure_missing;
mod ver_incident;
mod ver_name_sensitive;
mod ver_not_evaluated;
mod ver_overdue_unexplained;
mod ver_rating_missing;
mod ver_rating_unexplained;
mod ver_reduction_overdue;
mod ver_reduction_plan;
mod ver_report_due;

pub use allowance::is_on_changes;
pub use context::{BranchChange, Context};
pub use documents::{DOCUMENT_RULES, DocumentRule};
pub use engine::{
    Base, CheckedTree, check, check_changes, check_item, check_settings, level_of, level_on,
};
pub use guards::{Proposal, is_about_missing_data};
pub(crate) use item_deleted::{describe_moved_detection, looks_like};

use std::borrow::Cow;

use crate::diagnostic::{Diagnostic, Label, Level};
use crate::store::Stored;

/// A named check.
pub struct Rule {
    /// Kebab-case; names the bad pattern and reads after "allow".
    pub name: &'static str,
    /// Its level where no profile and no setting gives another.
    pub level: Level,
    /// Faults that it finds, in one line.
    pub summary: &'static str,
    /// Its page: what, why, source, examples.
    pub text: &'static str,
    /// The numbers that settings may change.
    pub numbers: &'static [Number],
    /// Whether it reads history; history is walked only for such rules.
    pub history: bool,
    /// Check function, by the data that it looks at.
    pub check: Check,
}

/// A number that a rule takes from the settings.
pub struct Number {
    /// Its name in the settings.
    pub name: &'static str,
    /// Its value where the settings give none.
    pub default: u32,
    /// Meaning, unit included.
    pub meaning: &'static str,
    /// The direction in which a change of it lets more pass.
    pub loosened_by: Loosening,
}

/// Direction in which a change of a number lets more pass than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loosening {
    /// A larger number does.
    Increase,
    /// A smaller number does.
    Decrease,
}

impl Loosening {
    /// Returns whether a change of a number from one value to another lets more pass.
    fn is_met(self, before: u32, after: u32) -> bool {
        match self {
            Self::Increase => after > before,
            Self::Decrease => after < before,
        }
    }
}

/// Check of a rule, by the data that it looks at.
pub enum Check {
    /// The file against the schema; done while loading.
    Schema,
    /// One item.
    Item(fn(&Stored, &Context<'_>) -> Vec<Diagnostic>),
    /// All items together.
    Store(fn(&Context<'_>) -> Vec<Diagnostic>),
    /// Checks the change of one item by a branch.
    Change(fn(&BranchChange<'_>, &Context<'_>) -> Vec<Diagnostic>),
    /// The settings of a branch beside those of its base.
    Settings,
    /// The allowances themselves; done when they are applied.
    Allowances,
}

/// Every rule, in the order of the documentation.
pub const ALL: &[&Rule] = &[
    &engine::SCHEMA,
    &merge_conflict::RULE,
    &duplicate_id::RULE,
    &id_file_mismatch::RULE,
    &unportable_id::RULE,
    &same_weakness::RULE,
    &unknown_control::RULE,
    &malformed_cve::RULE,
    &unknown_dependency::RULE,
    &dependency_cycle::RULE,
    &future_date::RULE,
    &date_order::RULE,
    &missing_owner::RULE,
    &placeholder_owner::RULE,
    &unknown_owner::RULE,
    &missing_field::RULE,
    &missing_milestone::RULE,
    &vague_milestone::RULE,
    &milestone_after_schedule::RULE,
    &overdue_milestone::RULE,
    &completed_without_date::RULE,
    &milestone_order::RULE,
    &duplicate_milestone::RULE,
    &overdue::RULE,
    &schedule_beyond_deadline::RULE,
    &kev_overdue::RULE,
    &kev_time_frame::RULE,
    &escalation_due::RULE,
    &closed_without_evidence::RULE,
    &closed_with_open_milestones::RULE,
    &closed_without_date::RULE,
    &closed_before_dependency::RULE,
    &completion_without_status::RULE,
    &undecided_acceptance::RULE,
    &acceptance_review_overdue::RULE,
    &deferral_expired::RULE,
    &adjustment_not_approved::RULE,
    &operational_requirement_on_high::RULE,
    &false_positive_still_open::RULE,
    &vendor_check_in_overdue::RULE,
    &vendor_without_product::RULE,
    &high_vendor_dependency::RULE,
    &missing_change_ticket::RULE,
    &sensitive_field::RULE,
    &ver_detection_differs::RULE,
    &ver_not_evaluated::RULE,
    &ver_rating_missing::RULE,
    &ver_rating_unexplained::RULE,
    &ver_exposure_missing::RULE,
    &ver_automation_unproven::RULE,
    &ver_reduction_overdue::RULE,
    &ver_reduction_plan::RULE,
    &ver_overdue_unexplained::RULE,
    &ver_accepted_by_age::RULE,
    &ver_acceptance_unexplained::RULE,
    &ver_incident::RULE,
    &ver_name_sensitive::RULE,
    &ver_report_due::RULE,
    &ver_activity_due::RULE,
    &ver_activity_lost::RULE,
    &ocr_due::RULE,
    &ver_class_unknown::RULE,
    &vdr_not_adopted::RULE,
    &unknown_status::RULE,
    &status_guard::RULE,
    &cmmc_not_allowed::RULE,
    &score_too_low::RULE,
    &conditional_status_expired::RULE,
    &emass_ongoing_incomplete::RULE,
    &emass_accepted_with_plan::RULE,
    &emass_completed_incomplete::RULE,
    &emass_office_form::RULE,
    &emass_checks_without_control::RULE,
    &illegal_transition::RULE,
    &detection_date_changed::RULE,
    &rating_lowered::RULE,
    &schedule_changed::RULE,
    &milestone_rewritten::RULE,
    &item_deleted::RULE,
    &id_reused::RULE,
    &closed_item_edited::RULE,
    &evidence_removed::RULE,
    &record_rewritten::RULE,
    &kind_changed::RULE,
    &kev_changed::RULE,
    &no_longer_overdue::RULE,
    &self_approval::RULE,
    &gate_loosened::RULE,
    &stale::RULE,
    &stale_in_progress::RULE,
    &review_overdue::RULE,
    &review_dropped::RULE,
    &sliding_dates::RULE,
    &uniform_slip::RULE,
    &rescheduled_without_reason::RULE,
    &reopened_often::RULE,
    &check_in_gap::RULE,
    &original_rating_changed::RULE,
    &detection_date_moved::RULE,
    &allowance::EXPIRED,
    &allowance::UNUSED,
];

/// Returns whether a catalog of controls or requirements has an id.
pub fn is_control(id: &str) -> bool {
    crate::model::Catalog::all_catalogs().any(|catalog| catalog.has_id(id))
}

/// Where the handbook is published, for programs that were built with `POAM_HANDBOOK` in the
/// environment.
const HANDBOOK: Option<&str> = option_env!("POAM_HANDBOOK");

/// Returns the address of a rule's page in the handbook at an address, else in the published one;
/// none where nothing is published.
pub fn page_address(handbook: Option<&str>, rule: &str) -> Option<String> {
    let handbook = handbook.or(HANDBOOK).filter(|address| !address.is_empty())?;
    Some(format!("{}/reference/rules/{rule}.html", handbook.trim_end_matches('/')))
}

/// Returns the rule of a name.
pub fn find(name: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.name == name)
}

impl Rule {
    /// Returns a diagnostic of this rule on a value of an item: what is at `pointer` is
    /// `label`, and the fact is `message`.
    pub fn at(
        &self,
        stored: &Stored,
        pointer: &str,
        label: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Diagnostic {
        self.on(stored, stored.document.label(pointer).says(label), message)
    }

    /// Returns a diagnostic of this rule on a place of an item that was worked out already.
    pub fn on(&self, stored: &Stored, label: Label, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.name, label, message).item(&stored.item.id)
    }
}

#[cfg(test)]
mod tests {
    use super::page_address;

    #[test]
    fn a_rule_has_one_page_in_the_handbook() {
        for address in ["https://example.com/poam", "https://example.com/poam/"] {
            let page = "https://example.com/poam/reference/rules/overdue.html";
            assert_eq!(page_address(Some(address), "overdue").as_deref(), Some(page));
        }
    }
}
