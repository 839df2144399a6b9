//! The item: one POA&M entry with all its fields, as its YAML file has them.
//!
//! The types are read by `serde`; their documentation becomes the JSON Schema `item`. Rules, due
//! dates and statuses are computed elsewhere.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::canonical::to_canonical;
use super::{
    DayOrInstant, Decision, Deviation, DeviationState, DeviationType, Emass, ItemId, Milestone,
    OpenReview, Review, RiskRating, Status, is_blank,
};

/// One POA&M item: one security weakness with its owner, plan, dated milestones, status and
/// evidence. One file each.
///
/// Nothing that follows from the commits (status date, days open, times rescheduled, milestone
/// changes) is a field: it is derived.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields, title = "POA&M item")]
pub struct Item {
    /// Identifier for life; also the name of the file.
    pub id: ItemId,
    /// weakness (the default), configuration (an individual CM-6 finding) or documentation
    /// (a PL-2 finding).
    #[serde(default, skip_serializing_if = "Kind::is_weakness")]
    pub kind: Kind,
    /// Short description of the weakness; for scans the scanner's name of it.
    #[schemars(length(min = 1))]
    pub weakness_name: String,
    /// Full description, so that an authorizing official understands the weakness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weakness_description: Option<String>,
    /// NIST SP 800-53 controls that the weakness affects, e.g. AC-2(1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
    /// Requirements of other frameworks, by framework, e.g. cmmc: [SI.L2-3.14.1].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mappings: BTreeMap<String, Vec<String>>,
    /// Requirements of CMMC level 2 that are met in part, which then cost fewer points: 3.13.11 where encryption is
    /// employed and not FIPS-validated, 3.5.3 where remote and privileged users have multifactor authentication.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partly_met: Vec<String>,
    /// The scanner or other source that detected the weakness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detector_source: Option<String>,
    /// The detector's identifier of the vulnerability (plugin id), in quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_identifier: Option<String>,
    /// Where it was first reported: audit id, scan reference, row of the risk exposure table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_finding: Option<String>,
    /// CVE identifiers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cves: Vec<String>,
    /// Entry in CISA's catalog of known exploited vulnerabilities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kev: Option<Kev>,
    /// Complete asset identifiers as in the inventory, one a line, e.g. "10.0.0.1 (443/tcp)".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assets: Vec<String>,
    /// Services or offerings that the weakness affects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// The person responsible for resolving the weakness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point_of_contact: Option<Person>,
    /// Resources beyond current ones, e.g. 40 staff hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources_required: Option<String>,
    /// The plan to resolve the weakness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation_plan: Option<String>,
    /// The day the weakness was first identified (YYYY-MM-DD). Never changes.
    pub original_detection_date: NaiveDate,
    /// The day by which the weakness is to be resolved (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_completion_date: Option<NaiveDate>,
    /// Rating at the time of detection.
    pub original_risk_rating: RiskRating,
    /// Planned, dated steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<Milestone>,
    /// open, in-progress, pending-validation, pending-approval, deferred, risk-accepted, closed,
    /// or a status that poam.yaml adds.
    pub status: Status,
    /// Risk adjustments, false positives, operational requirements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<Deviation>,
    /// Set when a vendor must provide the fix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_dependency: Option<Box<VendorDependency>>,
    /// A decision not to fix: why, by whom, until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_acceptance: Option<Box<RiskAcceptance>>,
    /// Reason and end date of a deferral of the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferral: Option<Deferral>,
    /// Records that show that the weakness was remediated, or why it is no weakness.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Items that must be closed before this one can be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<ItemId>,
    /// The closed item that this one takes up again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor_of: Option<ItemId>,
    /// Reachability of the affected component and exploitability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure: Option<Exposure>,
    /// FedRAMP vulnerability evaluation and reporting (2026): impact rating N0 to N5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ver: Option<Box<Ver>>,
    /// Values of the POA&M form of eMASS (Department of War) that no other field has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emass: Option<Box<Emass>>,
    /// Names of fields whose text is sensitive, as in `weakness_description` or `ver.rationale`: italic and marked in
    /// the workbook, left out of reports on vulnerabilities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<String>,
    /// Ticket in change management.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_ticket: Option<String>,
    /// The day the item was closed (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_date: Option<NaiveDate>,
    /// Recorded reviews: somebody looked, even if nothing changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<Review>,
    /// A review that is under way; gone once it is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Box<OpenReview>>,
    /// Anything the other fields do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    /// Rules that may complain about this item without effect, why, and until when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<Allowance>,
    /// Values of your own: carried, never interpreted.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

impl Item {
    /// The names of all fields, in the order of the schema: where commands put a new field.
    pub const FIELDS: [&str; 40] = [
        "id",
        "kind",
        "weakness_name",
        "weakness_description",
        "controls",
        "mappings",
        "partly_met",
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
        "milestones",
        "status",
        "deviations",
        "vendor_dependency",
        "risk_acceptance",
        "deferral",
        "evidence",
        "dependencies",
        "successor_of",
        "exposure",
        "ver",
        "emass",
        "sensitive",
        "change_ticket",
        "completion_date",
        "reviews",
        "review",
        "comments",
        "allow",
        "extra",
    ];

    /// Creates an item with what every item must have, and nothing else.
    pub fn new(
        id: ItemId,
        weakness_name: String,
        status: Status,
        original_detection_date: NaiveDate,
        original_risk_rating: RiskRating,
    ) -> Self {
        Self {
            id,
            kind: Kind::Weakness,
            weakness_name,
            weakness_description: None,
            controls: Vec::new(),
            mappings: BTreeMap::new(),
            partly_met: Vec::new(),
            detector_source: None,
            source_identifier: None,
            original_finding: None,
            cves: Vec::new(),
            kev: None,
            assets: Vec::new(),
            services: Vec::new(),
            point_of_contact: None,
            resources_required: None,
            remediation_plan: None,
            original_detection_date,
            scheduled_completion_date: None,
            original_risk_rating,
            milestones: Vec::new(),
            status,
            deviations: Vec::new(),
            vendor_dependency: None,
            risk_acceptance: None,
            deferral: None,
            evidence: Vec::new(),
            dependencies: Vec::new(),
            successor_of: None,
            exposure: None,
            ver: None,
            emass: None,
            sensitive: Vec::new(),
            change_ticket: None,
            completion_date: None,
            reviews: Vec::new(),
            review: None,
            comments: None,
            allow: Vec::new(),
            extra: Map::new(),
        }
    }

    /// Reads an item from its values, in canonical or in usual words; fields that the schema does not
    /// name are no error here, the schema check reports them.
    pub fn deserialize_from(value: &Value) -> Result<Self, String> {
        Self::deserialize(value).or_else(|error| match to_canonical(value) {
            Cow::Borrowed(_) => Err(error.to_string()),
            Cow::Owned(value) => Self::deserialize(&value).map_err(|error| error.to_string()),
        })
    }

    /// Returns whether texts, numbers and lists keep to the bounds that the schema sets on top of
    /// their types. What the schema asks of ids, statuses and days is in those types.
    pub fn is_within_bounds(&self) -> bool {
        let mut people: Vec<&Person> = self.point_of_contact.iter().collect();
        people.extend(self.deviations.iter().filter_map(|deviation| deviation.approver.as_ref()));
        people.extend(self.risk_acceptance.iter().filter_map(|it| it.approver.as_ref()));
        people.extend(self.ver.iter().filter_map(|ver| ver.evaluated_by.as_ref()));
        !self.weakness_name.is_empty()
            && people.iter().all(|person| !person.name.is_empty())
            && self.milestones.iter().all(|milestone| {
                (1..=999_999).contains(&milestone.id)
                    && !milestone.description.is_empty()
                    && milestone.owner.as_ref().is_none_or(|person| !person.name.is_empty())
                    && milestone.notes.iter().all(|note| !note.text.is_empty())
            })
            && self.deferral.as_ref().is_none_or(|deferral| !deferral.reason.is_empty())
            && self.evidence.iter().all(|evidence| !evidence.reference.is_empty())
            && self.reviews.iter().all(|review| !review.by.is_empty())
            && self.review.as_ref().is_none_or(|review| !review.by.is_empty())
            && self.ver.as_ref().is_none_or(|ver| {
                ver.rating.is_none_or(is_in_scale)
                    && ver.next_reduction.as_ref().is_none_or(|next| is_in_scale(next.rating))
            })
            && self
                .allow
                .iter()
                .all(|allowance| !allowance.rule.is_empty() && !allowance.reason.trim().is_empty())
    }

    /// Returns the item's deviation of a kind: the last one listed, since a later request replaces
    /// an earlier one.
    pub fn deviation(&self, kind: DeviationType) -> Option<&Deviation> {
        self.deviations.iter().rev().find(|deviation| deviation.kind == kind)
    }

    /// Returns whether `sensitive` names a field, as in `ver.rationale`, or a mapping that it is a member of. Names
    /// may also be written as JSON pointers.
    pub fn is_sensitive(&self, field: &str) -> bool {
        self.sensitive.iter().any(|name| {
            let name = name.trim_start_matches('/').replace('/', ".");
            let rest = field.strip_prefix(name.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// Returns whether a named person approved on a day that the weakness is a false positive.
    pub fn is_approved_false_positive(&self) -> bool {
        let found = self.deviation(DeviationType::FalsePositive);
        found.is_some_and(|it| {
            it.state == DeviationState::Approved
                && it.decided.is_some()
                && it.approver.as_ref().is_some_and(|person| !is_blank(&person.name))
        })
    }

    /// Returns the state of a kind of deviation as the workbook shows it.
    pub fn decision(&self, kind: DeviationType) -> Decision {
        match self.deviation(kind).map(|deviation| deviation.state) {
            Some(DeviationState::Approved) => Decision::Yes,
            Some(DeviationState::Pending) => Decision::Pending,
            Some(DeviationState::Denied | DeviationState::Withdrawn) | None => Decision::No,
        }
    }
}

fn is_in_scale(rating: u8) -> bool {
    rating <= 5
}

/// On which sheet of the workbook an item belongs while it is open.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An ordinary weakness.
    #[default]
    Weakness,
    /// An individual finding of a compliance check (CM-6).
    Configuration,
    /// A documentation deficiency (PL-2).
    Documentation,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Weakness, Self::Configuration, Self::Documentation];

    fn is_weakness(&self) -> bool {
        *self == Self::Weakness
    }

    /// Returns the word in an item's file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weakness => "weakness",
            Self::Configuration => "configuration",
            Self::Documentation => "documentation",
        }
    }
}

/// An entry in CISA's catalog of known exploited vulnerabilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Kev {
    /// Whether the catalog lists the vulnerability.
    pub listed: bool,
    /// The day on which the catalog listed it (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added: Option<NaiveDate>,
    /// The due date that CISA gives (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
}

/// A person, or a role beside a person.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[schemars(deny_unknown_fields)]
pub struct Person {
    /// Full name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Role, e.g. System owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

impl Person {
    /// Creates a person with a name and no other details.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), email: None, role: None }
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

/// A fix that only a vendor can provide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct VendorDependency {
    /// Name of the vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Name of the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The day somebody last asked the vendor (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_check_in: Option<NaiveDate>,
    /// The day the vendor released a fix (YYYY-MM-DD); the deadline runs from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix_released: Option<NaiveDate>,
}

/// A decision not to fix a weakness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RiskAcceptance {
    /// Reason why the risk is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// Person who accepted the risk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<Person>,
    /// When (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<NaiveDate>,
    /// The day the decision must be looked at again (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_by: Option<NaiveDate>,
}

/// Work that is put off on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Deferral {
    /// Reason of the deferral.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// Until when (YYYY-MM-DD).
    pub until: NaiveDate,
}

/// Something that shows what was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Evidence {
    /// Purpose of the evidence: remediation, deviation-request, vendor-dependency, scan, …
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Ticket, document, file or scan that is the evidence.
    #[schemars(length(min = 1))]
    pub reference: String,
    /// Where it lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The day it was collected (YYYY-MM-DD).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected: Option<NaiveDate>,
}

/// Reachability of the affected component and exploitability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Exposure {
    /// internal or external.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facing: Option<Facing>,
    /// Whether it can be reached from the internet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internet_reachable: Option<bool>,
    /// Whether it is likely to be exploited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likely_exploitable: Option<bool>,
}

/// Which way a component faces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Facing {
    /// Only from inside.
    Internal,
    /// From outside too.
    External,
}

/// FedRAMP vulnerability evaluation and reporting (2026).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Ver {
    /// The instant of detection (YYYY-MM-DDThh:mm:ssZ), where it was recorded: time frames in hours
    /// need it. On the day of original_detection_date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detected: Option<DayOrInstant>,
    /// The day (YYYY-MM-DD) or instant (YYYY-MM-DDThh:mm:ssZ) the evaluation was completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated: Option<DayOrInstant>,
    /// The person who evaluated it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated_by: Option<Person>,
    /// Likely potential agency impact as it is now, N-rating 0 (extremely unlikely) to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 5))]
    pub rating: Option<u8>,
    /// Reason for the rating and for the answers about exposure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// Whether exploitation can be automated; it is assumed to be unless evidence shows otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatable: Option<bool>,
    /// The evidence that exploitation cannot be automated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatable_evidence: Option<String>,
    /// The next planned reduction of the rating.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_reduction: Option<NextReduction>,
    /// Progress of mitigation while the weakness is still detected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mitigation: Option<Mitigation>,
    /// Reason why FedRAMP's time frames were not, or will not be, met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue_explanation: Option<String>,
    /// The FedRAMP Reportable Incident as which it is treated, or why it is not treated as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
}

/// A planned reduction of the rating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct NextReduction {
    /// By which day (YYYY-MM-DD) or instant (YYYY-MM-DDThh:mm:ssZ).
    pub due: DayOrInstant,
    /// To which N-rating, 0 to 5.
    #[schemars(range(min = 0, max = 5))]
    pub rating: u8,
}

/// Progress of the mitigation of a weakness that is still detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mitigation {
    /// Likelihood or impact is reduced, risk remains.
    Partial,
    /// The risk is reduced until it is negligible.
    Full,
}

/// A rule that may complain about this item without effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Allowance {
    /// Name of the rule.
    #[schemars(length(min = 1))]
    pub rule: String,
    /// Reason why the rule does not apply here.
    #[schemars(regex(pattern = r"\S"))]
    pub reason: String,
    /// The last day on which the allowance holds (YYYY-MM-DD).
    pub until: NaiveDate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_fields_is_the_schema_s() {
        let schema = schemars::schema_for!(Item);
        let fields: Vec<_> =
            schema.get("properties").and_then(Value::as_object).unwrap().keys().cloned().collect();
        assert_eq!(fields, Item::FIELDS);
    }
}
