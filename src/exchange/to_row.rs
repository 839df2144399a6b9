//! An item as a row of the workbook.

use super::changes;
use super::milestones;
use super::notes::{Comments, Rationale, sensitive};
use super::plan::PlanCell;
use super::{cells, emass, kept, weakness};
use crate::history::{Action, MilestoneEvent, PlannedMilestones};
use crate::model::{
    Deadlines, Decision, DeviationType, Due, Item, Kind, Milestone, MilestoneStatus,
    PermanentValues, RiskRating,
};
use crate::store::Stored;
use crate::workbook::{DateForms, Field, Row, SheetLayout, SheetRole, Value};
use chrono::NaiveDate;

/// Data that a row needs besides the item.
pub(super) struct RowFacts<'a> {
    /// The detection date and the original rating that count: permanent columns.
    pub(super) permanent: PermanentValues,
    /// The milestones as they were planned first; `None` where no commit has the item.
    pub(super) planned: Option<PlannedMilestones>,
    /// Events of the item's milestones, oldest first.
    pub(super) steps: Vec<&'a MilestoneEvent>,
    /// The day of the last change.
    pub(super) status_date: NaiveDate,
    /// Whether it is listed as closed.
    pub(super) closed: bool,
    /// Days by rating.
    pub(super) deadlines: &'a Deadlines,
    /// Its file, for columns of the team's own.
    pub(super) stored: &'a Stored,
}

/// Returns the row of an item on a sheet; only fields that the sheet has.
pub(super) fn row(item: &Item, facts: &RowFacts<'_>, sheet: &SheetLayout) -> Row {
    if sheet.has_milestone_rows() {
        return emass::row(item, facts, sheet);
    }
    let has = |field: Field| sheet.column(field).is_some();
    let separate_milestones = has(Field::PlannedMilestones);
    let mut row = Row::new();
    let mut put = |field: Field, value: Option<Value>| {
        if let Some(value) = value.filter(|_| has(field)) {
            row.insert(field, value);
        }
    };
    let text = |name: &str, text: Option<&str>| {
        let text = text.filter(|text| !text.is_empty())?;
        let marked = item.is_sensitive(name);
        Some(if marked { Value::Sensitive(sensitive(text)) } else { Value::Text(text.to_owned()) })
    };
    let plain = |text: String| Some(text).filter(|text| !text.is_empty()).map(Value::Text);
    let kept = |key: &str| item.extra.get(key).and_then(serde_json::Value::as_str);

    // An id with a mark behind it would be another id.
    put(Field::PoamId, plain(item.id.to_string()));
    put(Field::Controls, plain(cells::commas(&item.controls)));
    put(Field::WeaknessName, text("weakness_name", Some(&item.weakness_name)));
    put(
        Field::WeaknessDescription,
        text("weakness_description", item.weakness_description.as_deref()),
    );
    put(Field::DetectorSource, text("detector_source", item.detector_source.as_deref()));
    put(Field::SourceIdentifier, item.source_identifier.as_deref().map(identifier));
    put(Field::AssetIdentifier, plain(cells::lines(&item.assets)));
    put(
        Field::PointOfContact,
        item.point_of_contact.as_ref().and_then(|person| plain(cells::person(person))),
    );
    put(Field::ResourcesRequired, text("resources_required", item.resources_required.as_deref()));
    let permanent = facts.permanent;
    put(Field::OriginalDetectionDate, Some(Value::Date(permanent.detected)));

    let due = Due::compute(item, permanent, facts.deadlines);
    let scheduled = scheduled_by_formula(item, permanent);
    let own = item.scheduled_completion_date.unwrap_or(due.scheduled);
    let by_formula = !facts.closed && sheet.has_formula(Field::ScheduledCompletionDate);
    put(
        Field::ScheduledCompletionDate,
        Some(if by_formula {
            Value::Formula { cached: Some(scheduled) }
        } else {
            Value::Date(own)
        }),
    );

    let early = kept(kept::CHANGES);
    // What the source says of its past is kept word for word: events that were read of it would
    // say it again.
    let told = |step: &&MilestoneEvent| early.is_none() || !step.reconstructed;
    // A plan that came from elsewhere stands word for word: what was added to it is a change.
    let is_planned = |step: &MilestoneEvent| {
        kept(kept::PLANNED).is_none() && facts.planned.as_ref().is_some_and(|it| it.has_step(step))
    };
    let changed = || facts.steps.iter().copied().filter(told).filter(|it| !is_planned(it));
    let in_plan = match has(Field::ScheduledCompletionDate) {
        true => Some(own).filter(|own| by_formula && *own != scheduled),
        false => item.scheduled_completion_date,
    };
    let unrated = !has(Field::OriginalDetectionDate) && sheet.role == SheetRole::Documentation;
    let mut plan = PlanCell {
        text: item.remediation_plan.clone(),
        scheduled: in_plan,
        found: Some((permanent.detected, permanent.rating)).filter(|_| unrated),
        ..PlanCell::default()
    };
    if separate_milestones {
        let first = facts.planned.as_ref().map_or(&item.milestones, |it| &it.milestones);
        let new = early.map(changes::introduced).unwrap_or_default();
        let planned: Vec<Milestone> =
            first.iter().filter(|step| !new.contains(&step.id)).cloned().collect();
        // The grammar has no place for a milestone without a date: it goes into the plan, or, where
        // no column holds that, as text into the cell of milestones.
        let added = changes::added_with_date(changed());
        let received = kept(kept::PLANNED)
            .map(|text| milestones::read_planned(text, DateForms::default()).milestones)
            .unwrap_or_default();
        let has_place = |number: u32| {
            let dated = |step: &Milestone| step.id == number && step.due.is_some();
            new.contains(&number)
                || added.contains(&number)
                || received.iter().any(|step| step.id == number)
                || first.iter().any(dated)
        };
        let undated: Vec<Milestone> =
            item.milestones.iter().filter(|step| !has_place(step.id)).cloned().collect();
        let has_plan = has(Field::RemediationPlan);
        let is_told = |step: &&MilestoneEvent| {
            let is_undated = undated.iter().any(|own| own.id == step.milestone.number);
            is_undated && (has_plan || step.action == Action::MilestoneAdded)
        };
        let at_first = at_first(item, first, &planned, &facts.steps);
        let changes: Vec<String> = early
            .map(str::to_owned)
            .into_iter()
            .chain(at_first)
            .chain(changes::of_steps(changed().filter(|step| !is_told(step))))
            .collect();
        let mut planned =
            kept(kept::PLANNED).map_or_else(|| milestones::planned(&planned), str::to_owned);
        if has_plan {
            plan.milestones = undated;
        } else {
            milestones::add_undated(&mut planned, &undated);
        }
        put(Field::PlannedMilestones, plain(planned));
        put(Field::MilestoneChanges, plain(changes.join("\n\n")));
    } else {
        plan.milestones = item.milestones.clone();
        plan.received = kept(kept::PLANNED).map(str::to_owned);
        let (read, other) = match early {
            // Changes of no milestone at all would read as words of the plan.
            Some(text)
                if changes::is_grammar(text)
                    && (plan.received.is_some() || !plan.milestones.is_empty()) =>
            {
                (Some(text), None)
            }
            other => (None, other),
        };
        plan.received_changes = other.map(str::to_owned);
        // An entry each: what parts them here is no blank line.
        let read = read.map(milestones::paragraphs).unwrap_or_default().into_iter();
        plan.changes = read.chain(changes::of_steps(changed())).collect();
    }
    if plan.seems_scheduled() {
        // Words of the plan that look like our own line must not be the last.
        plan.scheduled = Some(own);
    }
    put(Field::RemediationPlan, text("remediation_plan", Some(&plan.write())));

    // The status date of a closed row is the day it was closed. Where the item does not say that
    // day the cell stays blank: the day of the last change would read as one.
    let status_date = if facts.closed { item.completion_date } else { Some(facts.status_date) };
    put(Field::StatusDate, status_date.map(Value::Date));
    put(Field::RemediationDate, item.completion_date.filter(|_| facts.closed).map(Value::Date));

    // A dependency is one whose fix is not yet available; what was one stands among the comments.
    let all = item.vendor_dependency.as_ref();
    let vendor = all.filter(|vendor| vendor.fix_released.is_none());
    put(Field::VendorDependency, Some(word(if vendor.is_some() { "Yes" } else { "No" })));
    let kept_date = |key: &str| kept(key).and_then(|text| text.parse().ok());
    let check_in = match all {
        Some(_) => vendor.and_then(|vendor| vendor.last_check_in),
        None => kept_date(kept::LAST_CHECK_IN),
    };
    put(Field::LastVendorCheckIn, check_in.map(Value::Date));
    let product = match all {
        Some(_) => vendor.map(|vendor| cells::vendor(vendor)),
        None => kept(kept::PRODUCT).map(str::to_owned),
    };
    put(Field::VendorProduct, product.and_then(plain));

    put(Field::OriginalRiskRating, Some(rating(permanent.rating)));
    put(Field::AdjustedRiskRating, adjusted(item, separate_milestones));
    for (field, kind) in [
        (Field::RiskAdjustment, DeviationType::RiskAdjustment),
        (Field::FalsePositive, DeviationType::FalsePositive),
        (Field::OperationalRequirement, DeviationType::OperationalRequirement),
    ] {
        put(field, Some(word(item.decision(kind).as_str())));
    }
    put(Field::DeviationRationale, plain(rationale(item).write()));

    let requests = item.deviations.iter().filter_map(|deviation| deviation.request.as_ref());
    let requests = requests.map(|number| format!("Deviation Request : {number}"));
    let documents: Vec<String> =
        item.evidence.iter().map(cells::evidence).chain(requests).collect();
    put(Field::SupportingDocuments, plain(cells::lines(&documents)));
    let comments =
        Comments {
            // The remarks are no words of the item: the mark is before them.
            text: item.comments.as_ref().filter(|text| !text.is_empty()).map(|text| {
                if item.is_sensitive("comments") { sensitive(text) } else { text.clone() }
            }),
            critical: permanent.rating == RiskRating::Critical,
            released: all.filter(|vendor| vendor.fix_released.is_some()).map(|it| (**it).clone()),
            kind: Some(item.kind).filter(|_| kind_of(sheet.role) == Kind::Weakness),
        };
    let marked = comments.text.is_some() && item.is_sensitive("comments");
    let comments = comments.write();
    put(Field::Comments, if marked { Some(Value::Sensitive(comments)) } else { plain(comments) });

    let kev = item.kev.as_ref().filter(|kev| kev.listed);
    // 3.0 wants the cell blank where the catalog does not list the weakness, 2.1 wants `No`.
    let tracking =
        if kev.is_some() { Some("Yes") } else { Some("No").filter(|_| separate_milestones) };
    put(Field::KevTracking, tracking.map(word));
    let kev_due = match kev {
        Some(kev) => kev.due,
        None => kept_date(kept::KEV_DUE),
    };
    put(Field::KevDueDate, kev_due.map(Value::Date));
    put(Field::Cve, plain(cells::commas(&item.cves)));
    put(Field::AutoApprove, kept(kept::AUTO_APPROVE).and_then(|text| plain(text.to_owned())));
    put(Field::ServiceName, plain(cells::lines(&item.services)));
    put(Field::Weakness, Some(weakness::cell(item)));
    put(Field::Status, Some(word(if facts.closed { "Complete" } else { "Ongoing" })));
    own_columns(&mut row, item, facts, sheet);
    row
}

/// Fills the columns of the team's own.
pub(super) fn own_columns(row: &mut Row, item: &Item, facts: &RowFacts<'_>, sheet: &SheetLayout) {
    for column in &sheet.columns {
        let Some(pointer) = &column.pointer else { continue };
        let named = item.is_sensitive(&pointer.trim_start_matches('/').replace('/', "."));
        if let Some(value) =
            facts.stored.value().pointer(pointer).and_then(|it| cells::own(it, column.kind))
        {
            let value = match value {
                Value::Text(text) if named => Value::Sensitive(sensitive(&text)),
                other => other,
            };
            row.insert(column.field, value);
        }
    }
}

/// Describes the first states of the milestones that imported plans and changes do not express.
/// Where that was taken apart into days, the changes say all of it.
fn at_first(
    item: &Item,
    first: &[Milestone],
    planned: &[Milestone],
    steps: &[&MilestoneEvent],
) -> Vec<String> {
    let text = |key: &str| item.extra.get(key).and_then(serde_json::Value::as_str);
    let as_planned = |step: &Milestone| Milestone {
        status: MilestoneStatus::Pending,
        completed: None,
        ..step.clone()
    };
    let planned = match text(kept::PLANNED) {
        Some(text) => {
            let read = milestones::read_planned(text, DateForms::default()).milestones;
            Some(read).filter(|read| !read.is_empty())
        }
        None => Some(planned.iter().map(as_planned).collect()),
    };
    let taken_apart = steps.iter().any(|step| step.reconstructed);
    let told = match (planned, text(kept::CHANGES)) {
        (Some(planned), Some(text)) if !taken_apart => {
            Some(changes::apply(&planned, text, DateForms::default()).milestones)
        }
        (_, Some(_)) => None,
        (planned, None) => planned,
    };
    told.map(|told| changes::at_first(&told, first)).unwrap_or_default()
}

/// Computes the date of the template's formula: its own days, whatever the profile defines.
pub(crate) fn scheduled_by_formula(item: &Item, permanent: PermanentValues) -> NaiveDate {
    Due::compute(item, permanent, &Deadlines::FEDRAMP).scheduled
}

/// Returns the sheet that an item belongs on, where the layout has it.
pub(super) fn sheet_of(kind: Kind, closed: bool, has: impl Fn(SheetRole) -> bool) -> SheetRole {
    match kind {
        // The sheet of documentation findings lists corrected ones too, with their date.
        Kind::Documentation if has(SheetRole::Documentation) => SheetRole::Documentation,
        // A layout with one sheet for everything has a column that says so.
        _ if closed && has(SheetRole::Closed) => SheetRole::Closed,
        Kind::Configuration if !closed && has(SheetRole::Configuration) => SheetRole::Configuration,
        _ => SheetRole::Open,
    }
}

/// Returns the kind of the items that a sheet is for.
pub(super) fn kind_of(role: SheetRole) -> Kind {
    match role {
        SheetRole::Configuration => Kind::Configuration,
        SheetRole::Documentation => Kind::Documentation,
        _ => Kind::Weakness,
    }
}

fn word(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn rating(rating: RiskRating) -> Value {
    word(match rating.in_workbook() {
        RiskRating::Low => "Low",
        RiskRating::Moderate => "Moderate",
        RiskRating::High | RiskRating::Critical => "High",
    })
}

/// Returns the adjusted rating: blank where there is none, `N/A` where the template wants that.
fn adjusted(item: &Item, not_applicable: bool) -> Option<Value> {
    let asked = item.decision(DeviationType::RiskAdjustment) != Decision::No;
    let adjusted = item.deviation(DeviationType::RiskAdjustment).filter(|_| asked);
    let kept = item.extra.get(kept::ADJUSTED).and_then(serde_json::Value::as_str);
    match (adjusted.and_then(|deviation| deviation.adjusted_risk_rating), kept) {
        (Some(adjusted), _) => Some(rating(adjusted)),
        (None, Some(text)) => Some(word(text)),
        (None, None) => Some(word("N/A")).filter(|_| not_applicable),
    }
}

fn rationale(item: &Item) -> Rationale {
    let mut entries = Vec::new();
    for deviation in item.deviations.iter().filter(|one| item.decision(one.kind) != Decision::No) {
        if let Some(text) = deviation.rationale.as_ref().filter(|text| !text.trim().is_empty()) {
            entries.push((Some(deviation.kind), text.clone()));
        }
    }
    let kept = item.extra.get(kept::RATIONALE).and_then(serde_json::Value::as_str);
    if let Some(text) = kept {
        entries.insert(0, (None, text.to_owned()));
    }
    let facing = item.exposure.as_ref().and_then(|exposure| exposure.facing);
    // A facing alone is no rationale.
    Rationale { facing: facing.filter(|_| !entries.is_empty()), entries }
}

/// Returns an identifier as a value: plugin ids of up to 15 digits are numbers, as the template's
/// validation wants; a leading zero would be lost in one.
pub(super) fn identifier(text: &str) -> Value {
    let digits = !text.is_empty() && text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<f64>() {
        Ok(number) if digits && !(text.len() > 1 && text.starts_with('0')) => Value::Number(number),
        _ => word(text),
    }
}
