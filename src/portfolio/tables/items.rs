//! The table `items`.

use chrono::NaiveDate;
use poam_parquet::ParquetKind::{Boolean, Date, Integer, Json, Text, TextList};
use poam_parquet::{ParquetRow, ParquetValue};
use rayon::prelude::*;
use serde_json::Value;

use super::super::columns::{RowColumn, column, date, json, optional_date, row, text, texts, word};
use super::super::rows::{AttentionLists, SystemData};
use crate::history::{DateMove, date_moves};
use crate::model::{Decision, DeviationType, Item};
use crate::standing::Standing;
use crate::store::Stored;
use crate::summary::{age_bin, check_in_counts_until, decision_term, kev_due, owner};

/// The source of a row: an item with its standing.
pub(in super::super) struct ItemSource<'a> {
    data: &'a SystemData<'a>,
    lists: &'a AttentionLists<'a>,
    stored: &'a Stored,
    standing: Standing,
    moves: Option<Vec<DateMove>>,
}

impl ItemSource<'_> {
    fn item(&self) -> &Item {
        &self.stored.item
    }

    fn today(&self) -> NaiveDate {
        self.data.as_of
    }
}

/// Fields of an item that columns and other tables hold completely; the others are in `other_fields`.
const HELD: [&str; 22] = [
    "id",
    "kind",
    "weakness_name",
    "weakness_description",
    "controls",
    "detector_source",
    "source_identifier",
    "original_finding",
    "cves",
    "kev",
    "assets",
    "services",
    "point_of_contact",
    "resources_required",
    "remediation_plan",
    "original_detection_date",
    "scheduled_completion_date",
    "original_risk_rating",
    "status",
    "dependencies",
    "successor_of",
    "completion_date",
];

fn decision(item: &Item, kind: DeviationType) -> ParquetValue {
    match item.decision(kind) {
        Decision::Yes => "approved".into(),
        Decision::Pending => "pending".into(),
        Decision::No => ParquetValue::Null,
    }
}

fn other_fields(stored: &Stored) -> ParquetValue {
    let Value::Object(mut fields) = stored.to_value() else { return ParquetValue::Null };
    fields.retain(|name, _| !HELD.contains(&name.as_str()));
    json(&Value::Object(fields))
}

pub(in super::super) fn columns<'a>() -> Vec<RowColumn<ItemSource<'a>>> {
    vec![
        column("system", Text, "Name of the system.", |it| it.data.system.name.as_str().into()),
        column("item", Text, "Id of the item, unique in its system.", |it| {
            it.item().id.as_str().into()
        }),
        column("as_of", Date, "The day of the numbers of the row.", |it| date(it.today())),
        column("kind", Text, "weakness, configuration or documentation.", |it| {
            it.item().kind.as_str().into()
        }),
        column("weakness_name", Text, "Short description of the weakness.", |it| {
            it.item().weakness_name.as_str().into()
        }),
        column("weakness_description", Text, "Full description.", |it| {
            text(it.item().weakness_description.as_deref())
        }),
        column("status", Text, "Status, in the words of the tracker's workflow.", |it| {
            it.item().status.as_str().into()
        }),
        column(
            "closed",
            Boolean,
            "Whether the status is on the closed side of the workflow.",
            |it| it.standing.closed.into(),
        ),
        column(
            "sheet",
            Text,
            "Sheet of the workbook: open, closed, configuration or documentation.",
            |it| it.standing.sheet.as_str().into(),
        ),
        column(
            "original_risk",
            Text,
            "Rating at detection, by the first committed version.",
            |it| it.standing.permanent.rating.as_str().into(),
        ),
        column(
            "risk",
            Text,
            "The rating that counts: the adjusted one where an adjustment was approved.",
            |it| it.standing.risk.as_str().into(),
        ),
        column(
            "detected",
            Date,
            "The detection date that counts: the earlier of file and first version.",
            |it| date(it.standing.permanent.detected),
        ),
        column(
            "scheduled_completion",
            Date,
            "Scheduled completion date, as the file has it now.",
            |it| optional_date(it.item().scheduled_completion_date),
        ),
        column("effective_due", Date, "The day that counts for lateness.", |it| {
            date(it.standing.effective_due)
        }),
        column(
            "due_basis",
            Text,
            "Source of that day: detection, vendor-release, kev or conditional-status.",
            |it| word(&it.standing.due_basis),
        ),
        column(
            "exemption",
            Text,
            "Reason why an open item is not late even past that day.",
            |it| it.standing.exemption.as_ref().map_or(ParquetValue::Null, word),
        ),
        column("overdue", Boolean, "Open, past the effective due date and not exempt.", |it| {
            it.standing.overdue.into()
        }),
        column(
            "days_overdue",
            Integer,
            "Days past the effective due date; 0 where not overdue.",
            |it| it.standing.days_overdue.into(),
        ),
        column(
            "due_soon",
            Boolean,
            "Due within the days that the tracker announces dates before.",
            |it| it.lists.due_soon.contains(&it.item().id).into(),
        ),
        column(
            "days_open",
            Integer,
            "Days from detection to `as_of`, or to the completion of a closed item.",
            |it| it.standing.days_open.into(),
        ),
        column(
            "age_bin",
            Text,
            "Bin of the age of an open item: 0-30, 31-60, 61-90, 91-120 or 121+.",
            |it| {
                let age = it.standing.permanent.age_on(it.today());
                (!it.standing.closed).then(|| age_bin(age)).into()
            },
        ),
        column("completed", Date, "The day it was closed, by its file.", |it| {
            optional_date(it.item().completion_date)
        }),
        column("status_date", Date, "The day of the last landed change.", |it| {
            optional_date(it.standing.status_date)
        }),
        column(
            "days_quiet",
            Integer,
            "Days since the last landed change or recorded review.",
            |it| it.standing.days_quiet.into(),
        ),
        column("stale", Boolean, "Open and quiet for longer than the rule `stale` allows.", |it| {
            it.standing.stale.into()
        }),
        column(
            "slips",
            Integer,
            "Moves of a due date of the item or of a milestone to a later day.",
            |it| it.standing.times_rescheduled.into(),
        ),
        column("slipped_days", Integer, "Days of these moves together.", |it| {
            let sum = |moves: &Vec<DateMove>| {
                moves.iter().filter(|it| it.is_slip()).map(DateMove::days).sum::<i64>()
            };
            it.moves.as_ref().map(sum).into()
        }),
        column(
            "next_milestone",
            Integer,
            "Number of the unfinished milestone that is due first.",
            |it| it.standing.next_milestone.into(),
        ),
        column("next_milestone_due", Date, "The day of that milestone.", |it| {
            optional_date(it.standing.next_milestone_due)
        }),
        column("owner", Text, "Name of the point of contact.", |it| owner(it.item()).into()),
        column("owner_email", Text, "Mail address of the point of contact.", |it| {
            text(it.item().point_of_contact.as_ref().and_then(|it| it.email.as_deref()))
        }),
        column("owner_role", Text, "Role of the point of contact.", |it| {
            text(it.item().point_of_contact.as_ref().and_then(|it| it.role.as_deref()))
        }),
        column("resources_required", Text, "Resources beyond current ones.", |it| {
            text(it.item().resources_required.as_deref())
        }),
        column("remediation_plan", Text, "The plan to resolve the weakness.", |it| {
            text(it.item().remediation_plan.as_deref())
        }),
        column("controls", TextList, "NIST SP 800-53 controls.", |it| texts(&it.item().controls)),
        column("cves", TextList, "CVE identifiers.", |it| texts(&it.item().cves)),
        column("assets", TextList, "Asset identifiers.", |it| texts(&it.item().assets)),
        column("services", TextList, "Services that the weakness affects.", |it| {
            texts(&it.item().services)
        }),
        column("detector_source", Text, "Scanner or other source.", |it| {
            text(it.item().detector_source.as_deref())
        }),
        column("source_identifier", Text, "The detector's identifier.", |it| {
            text(it.item().source_identifier.as_deref())
        }),
        column("original_finding", Text, "Where it was first reported.", |it| {
            text(it.item().original_finding.as_deref())
        }),
        column(
            "kev_listed",
            Boolean,
            "Whether CISA lists it as known exploited, by the file.",
            |it| it.item().kev.as_ref().map(|kev| kev.listed).into(),
        ),
        column("kev_due", Date, "CISA's due date of a listed vulnerability.", |it| {
            optional_date(kev_due(it.item()))
        }),
        column("kev_overdue", Boolean, "Open and past CISA's date.", |it| {
            it.lists.kev_overdue.contains(&it.item().id).into()
        }),
        column("vendor", Text, "Vendor who must provide the fix.", |it| {
            text(it.item().vendor_dependency.as_ref().and_then(|it| it.vendor.as_deref()))
        }),
        column("vendor_product", Text, "Product of the vendor.", |it| {
            text(it.item().vendor_dependency.as_ref().and_then(|it| it.product.as_deref()))
        }),
        column("vendor_last_check_in", Date, "The day somebody last asked the vendor.", |it| {
            optional_date(it.item().vendor_dependency.as_ref().and_then(|it| it.last_check_in))
        }),
        column(
            "vendor_check_in_until",
            Date,
            "The last day on which that check-in counts.",
            |it| optional_date(check_in_counts_until(it.item(), it.today()).flatten()),
        ),
        column("vendor_check_in_due", Boolean, "The vendor is to be asked now or soon.", |it| {
            it.lists.check_in_due.contains(&it.item().id).into()
        }),
        column("vendor_fix_released", Date, "The day the vendor released a fix.", |it| {
            optional_date(it.item().vendor_dependency.as_ref().and_then(|it| it.fix_released))
        }),
        column(
            "risk_adjustment",
            Text,
            "approved or pending; null where there is none or it was denied.",
            |it| decision(it.item(), DeviationType::RiskAdjustment),
        ),
        column(
            "false_positive",
            Text,
            "approved or pending; null where there is none or it was denied.",
            |it| decision(it.item(), DeviationType::FalsePositive),
        ),
        column(
            "operational_requirement",
            Text,
            "approved or pending; null where there is none or it was denied.",
            |it| decision(it.item(), DeviationType::OperationalRequirement),
        ),
        column(
            "accepted",
            Boolean,
            "Whether the risk is accepted now, by status and record.",
            |it| {
                (it.data.settings.is_accepted(it.item()) && it.item().risk_acceptance.is_some())
                    .into()
            },
        ),
        column("accepted_on", Date, "The day the risk was accepted.", |it| {
            optional_date(it.item().risk_acceptance.as_ref().and_then(|it| it.approved))
        }),
        column("accepted_by", Text, "The person who accepted it.", |it| {
            let acceptance = it.item().risk_acceptance.as_ref();
            text(acceptance.and_then(|it| it.approver.as_ref()).map(|it| it.name.as_str()))
        }),
        column(
            "acceptance_review_by",
            Date,
            "The day the acceptance must be looked at again.",
            |it| optional_date(it.item().risk_acceptance.as_ref().and_then(|it| it.review_by)),
        ),
        column("deferred_until", Date, "The last day of a deferral.", |it| {
            optional_date(it.item().deferral.as_ref().map(|it| it.until))
        }),
        column(
            "decision_ends",
            Date,
            "The last day of the acceptance or deferral that the status rests on.",
            |it| optional_date(decision_term(it.item(), it.data.settings).map(|(_, day)| day)),
        ),
        column("ver_rating", Integer, "FedRAMP N-rating (0 to 5), as evaluated.", |it| {
            it.item().ver.as_ref().and_then(|it| it.rating).map(u32::from).into()
        }),
        column(
            "internet_reachable",
            Boolean,
            "Whether it can be reached from the internet.",
            |it| it.item().exposure.as_ref().and_then(|it| it.internet_reachable).into(),
        ),
        column("likely_exploitable", Boolean, "Whether it is likely to be exploited.", |it| {
            it.item().exposure.as_ref().and_then(|it| it.likely_exploitable).into()
        }),
        column(
            "triggers",
            TextList,
            "Realized escalation triggers that the item counts for.",
            |it| texts(it.lists.triggers.get(&it.item().id).map(Vec::as_slice).unwrap_or_default()),
        ),
        column("milestone_count", Integer, "Milestones.", |it| it.item().milestones.len().into()),
        column("evidence_count", Integer, "Records of evidence.", |it| {
            it.item().evidence.len().into()
        }),
        column("dependencies", TextList, "Items that must be closed before this one.", |it| {
            texts(&it.item().dependencies)
        }),
        column("successor_of", Text, "The closed item that this one takes up again.", |it| {
            it.item().successor_of.as_ref().map(|id| id.as_str()).into()
        }),
        column("path", Text, "Its file, from the root of the repository.", |it| {
            it.data.commit.as_ref().map(|_| it.standing.path.as_str()).into()
        }),
        column(
            "other_fields",
            Json,
            "All fields of the file that no column holds whole, as a JSON object.",
            |it| other_fields(it.stored),
        ),
    ]
}

pub(in super::super) fn rows(data: &SystemData<'_>, lists: &AttentionLists<'_>) -> Vec<ParquetRow> {
    let columns = columns();
    let mut items: Vec<&Stored> = data.store.items().iter().collect();
    items.sort_by(|a, b| (&a.item.id, a.path()).cmp(&(&b.item.id, b.path())));
    let rows = items.par_iter().map(|stored| {
        let standing = Standing::compute(stored, data.settings, data.history, data.as_of);
        let moves = data.history.map(|history| date_moves(history.events_of(&stored.item.id)));
        row(&columns, &ItemSource { data, lists, stored, standing, moves })
    });
    rows.collect()
}
