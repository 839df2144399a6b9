//! One record for each item.

use chrono::NaiveDate;

use super::super::cells;
use super::super::content::in_order;
use super::{RecordTable, column};
use crate::history::History;
use crate::model::{Decision, DeviationType, Exemption, Item, Milestone, requirement_ids};
use crate::settings::Settings;
use crate::standing::Standing;
use crate::store::{Store, Stored};
use crate::workbook::{RecordCell, RecordColumn};

const COLUMNS: [RecordColumn; 54] = [
    column("id", "Id", 16),
    column("weakness_name", "Weakness", 50),
    column("status", "Status", 16),
    column("risk", "Risk", 10),
    column("owner", "Owner", 20),
    column("owner_email", "Owner email", 28),
    column("due", "Due", 11),
    column("overdue", "Overdue", 9),
    column("days_overdue", "Days overdue", 9),
    column("not_overdue_because", "Not overdue because", 22),
    column("next_milestone", "Next milestone", 9),
    column("next_due", "Next milestone due", 11),
    column("next_milestone_description", "Next milestone description", 40),
    column("milestones", "Milestones", 9),
    column("milestones_finished", "Milestones finished", 9),
    column("practice", "Practice", 18),
    column("controls", "Controls", 16),
    column("requirements", "Requirements", 24),
    column("kind", "Kind", 14),
    column("weakness_description", "Description", 50),
    column("detector_source", "Source", 18),
    column("source_identifier", "Source id", 14),
    column("original_finding", "Original finding", 20),
    column("cves", "CVEs", 18),
    column("kev", "KEV", 6),
    column("kev_due", "KEV due", 11),
    column("assets_count", "Number of assets", 9),
    column("assets", "Assets", 40),
    column("services", "Services", 20),
    column("detected", "Detected", 11),
    column("days_open", "Days open", 9),
    column("scheduled_completion_date", "Scheduled", 11),
    column("completion_date", "Completed", 11),
    column("times_rescheduled", "Times rescheduled", 9),
    column("last_changed", "Last changed", 11),
    column("last_review", "Last review", 11),
    column("original_risk", "Original risk", 10),
    column("risk_adjustment", "Risk adjustment", 11),
    column("false_positive", "False positive", 11),
    column("operational_requirement", "Operational requirement", 11),
    column("vendor", "Vendor", 20),
    column("vendor_product", "Vendor product", 20),
    column("last_check_in", "Last check-in", 11),
    column("fix_released", "Fix released", 11),
    column("accepted_by", "Risk accepted by", 20),
    column("accepted_until", "Acceptance review by", 11),
    column("deferred_until", "Deferred until", 11),
    column("remediation_plan", "Remediation plan", 50),
    column("resources_required", "Resources", 20),
    column("evidence_count", "Number of evidence records", 9),
    column("evidence", "Evidence", 40),
    column("change_ticket", "Change ticket", 14),
    column("comments", "Comments", 40),
    column("path", "File", 36),
];

/// Returns a record for each item, by detection date and id.
pub fn item_records(
    store: &Store,
    settings: &Settings,
    history: &History,
    day: NaiveDate,
) -> RecordTable {
    let rows = in_order(store).into_iter().map(|stored| {
        let standing = Standing::compute(stored, settings, Some(history), day);
        row(stored, &standing)
    });
    RecordTable::new("Items", &COLUMNS, rows.collect())
}

fn row(stored: &Stored, standing: &Standing) -> Vec<RecordCell> {
    let item = &stored.item;
    let owner = item.point_of_contact.as_ref();
    let kev = item.kev.as_ref();
    let vendor = item.vendor_dependency.as_ref();
    let acceptance = item.risk_acceptance.as_ref();
    let next = standing.next_milestone;
    let next_step = item.milestones.iter().find(|milestone| Some(milestone.id) == next);
    let finished = |milestone: &&Milestone| milestone.status.is_finished();
    let decision = |kind| RecordCell::from(decided(item, kind));
    vec![
        item.id.as_str().into(),
        item.weakness_name.as_str().into(),
        item.status.to_string().into(),
        standing.risk.to_string().into(),
        owner.map(|person| person.name.as_str()).into(),
        owner.and_then(|person| person.email.as_deref()).into(),
        // Of a closed item nothing is due.
        Some(standing.effective_due).filter(|_| !standing.closed).into(),
        standing.overdue.into(),
        Some(standing.days_overdue).filter(|_| standing.overdue).into(),
        standing.exemption.filter(|_| !standing.closed).map(exemption).into(),
        next.map(i64::from).into(),
        standing.next_milestone_due.into(),
        next_step.map(|milestone| milestone.description.as_str()).into(),
        item.milestones.len().into(),
        item.milestones.iter().filter(finished).count().into(),
        practices(item).into(),
        item.controls.join(", ").into(),
        cells::requirements(item).into(),
        item.kind.as_str().into(),
        item.weakness_description.as_deref().into(),
        item.detector_source.as_deref().into(),
        item.source_identifier.as_deref().into(),
        item.original_finding.as_deref().into(),
        item.cves.join(", ").into(),
        kev.is_some_and(|kev| kev.listed).into(),
        kev.and_then(|kev| kev.due).into(),
        item.assets.len().into(),
        item.assets.join("\n").into(),
        item.services.join("\n").into(),
        RecordCell::Date(standing.permanent.detected),
        standing.days_open.into(),
        item.scheduled_completion_date.into(),
        item.completion_date.into(),
        standing.times_rescheduled.map_or(RecordCell::Empty, RecordCell::from),
        standing.status_date.into(),
        item.reviews.iter().map(|review| review.date).max().into(),
        standing.permanent.rating.to_string().into(),
        decision(DeviationType::RiskAdjustment),
        decision(DeviationType::FalsePositive),
        decision(DeviationType::OperationalRequirement),
        vendor.and_then(|it| it.vendor.as_deref()).into(),
        vendor.and_then(|it| it.product.as_deref()).into(),
        vendor.and_then(|it| it.last_check_in).into(),
        vendor.and_then(|it| it.fix_released).into(),
        acceptance.and_then(|it| it.approver.as_ref()).map(|person| person.name.as_str()).into(),
        acceptance.and_then(|it| it.review_by).into(),
        item.deferral.as_ref().map(|deferral| deferral.until).into(),
        item.remediation_plan.as_deref().into(),
        item.resources_required.as_deref().into(),
        item.evidence.len().into(),
        cells::lines(&item.evidence.iter().map(cells::evidence).collect::<Vec<_>>()).into(),
        item.change_ticket.as_deref().into(),
        item.comments.as_deref().into(),
        standing.path.as_str().into(),
    ]
}

/// Formats the practices of CMMC that an item is mapped to; where there are none, its requirements of
/// NIST SP 800-171.
fn practices(item: &Item) -> String {
    let is_practice = |id: &&str| id.contains(".L");
    let ids: Vec<&str> = requirement_ids(item).map(|(_, id)| id).collect();
    let practices: Vec<&str> = ids.iter().copied().filter(is_practice).collect();
    let mut chosen = if practices.is_empty() { ids } else { practices };
    chosen.dedup();
    chosen.join(", ")
}

fn decided(item: &Item, kind: DeviationType) -> &'static str {
    match (item.deviation(kind), item.decision(kind)) {
        (None, _) => "",
        (_, Decision::Yes) => "approved",
        (_, Decision::Pending) => "pending",
        (_, Decision::No) => "denied",
    }
}

fn exemption(exemption: Exemption) -> &'static str {
    match exemption {
        Exemption::VendorCheckIn => "waits for the vendor",
        Exemption::OperationalRequirement => "operational requirement",
        Exemption::Decision => "decided",
    }
}

#[cfg(test)]
mod tests {
    use super::super::{item_tables, records_csv};
    use super::*;
    use crate::summary::samples::{day, settings, store};

    /// The cells of the only item, by column.
    fn cells(fields: &str) -> impl Fn(&str) -> String {
        let store = store(&[("V-1", fields)]);
        let table = item_records(&store, &settings(""), &History::default(), day("2026-03-01"));
        let row = table.rows[0].clone();
        move |name| {
            let at = COLUMNS.iter().position(|column| column.name == name).unwrap();
            row[at].to_csv()
        }
    }

    #[test]
    fn each_value_has_a_cell_of_its_own() {
        let cell = cells(
            "point_of_contact: {name: Jane Doe, email: jane@example.com}\nmappings: {cmmc: [SI.L2-3.14.1], nist-800-171: [3.14.1], soc2: [CC7.1]}\nassets: [a, b, c]\nmilestones: [{id: 1, description: Patch, due: 2026-01-20, status: completed, completed: 2026-01-19}, {id: 3, description: Scan again, due: 2026-03-09}, {id: 2, description: Ask, due: 2026-04-01}]\nkev: {listed: true, due: 2026-02-04}\ndeviations: [{type: false-positive, state: pending, rationale: r}]\nscheduled_completion_date: 2026-01-31\n",
        );
        for (name, expected) in [
            ("owner", "Jane Doe"),
            ("owner_email", "jane@example.com"),
            ("practice", "SI.L2-3.14.1"),
            ("requirements", "cmmc: SI.L2-3.14.1; nist-800-171: 3.14.1; soc2: CC7.1"),
            ("assets_count", "3"),
            ("next_milestone", "3"),
            ("next_due", "2026-03-09"),
            ("next_milestone_description", "Scan again"),
            ("milestones", "3"),
            ("milestones_finished", "1"),
            ("kev", "yes"),
            ("kev_due", "2026-02-04"),
            ("false_positive", "pending"),
            ("risk_adjustment", ""),
            ("scheduled_completion_date", "2026-01-31"),
        ] {
            assert_eq!(cell(name), expected, "{name}");
        }
    }

    #[test]
    fn of_a_closed_item_nothing_is_due() {
        let cell = cells(
            "status: closed\ncompletion_date: 2026-01-20\nmappings: {nist-800-171: [3.5.3]}\n",
        );
        for (name, expected) in [
            ("due", ""),
            ("overdue", "no"),
            ("days_overdue", ""),
            ("next_milestone", ""),
            ("completion_date", "2026-01-20"),
            ("practice", "3.5.3"),
        ] {
            assert_eq!(cell(name), expected, "{name}");
        }
    }

    #[test]
    fn every_row_has_a_cell_for_each_column() {
        let fields = "milestones: [{id: 7, description: Patch, due: 2026-01-20}]\ndeviations: [{type: false-positive, state: pending}]\n";
        let store = store(&[("V-1", fields)]);
        let tables = item_tables(&store, &settings(""), &History::default(), day("2026-02-01"));
        assert_eq!(tables.len(), 3);
        for table in &tables {
            assert_eq!(table.rows.len(), 1, "{}", table.name);
            assert!(
                table.rows.iter().all(|row| row.len() == table.columns.len()),
                "{}",
                table.name
            );
        }
        let text = records_csv(&tables[1]).unwrap();
        assert!(text.contains("V-1,7,Patch,2026-01-20,pending,"), "{text}");
    }
}
