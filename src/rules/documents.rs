//! The rules that documents are checked against, with their sources.

use crate::diagnostic::Level;

/// A rule on documents.
#[derive(Debug)]
pub struct DocumentRule {
    /// Its name; of FedRAMP's assertions and constraints the one that they have there.
    pub name: &'static str,
    /// Its level.
    pub level: Level,
    /// Faults that the rule finds, in one line.
    pub summary: &'static str,
    /// Where it is from.
    pub source: &'static str,
}

const SCHEMA: &str = "the published schema of the document";
const OURS: &str = "this program";
const POAM_SCH: &str = "FedRAMP's assertions on OSCAL POA&Ms (poam.sch, Rev 5)";
const CONSTRAINTS: &str = "FedRAMP's metaschema constraints (fedramp-external-constraints.xml)";
const ALLOWED: &str = "FedRAMP's metaschema constraints (fedramp-external-allowed-values.xml)";
const VER: &str = "FedRAMP Consolidated Rules 2026, VER-RPT-VDT and VER-RPT-AVI";
const PER: &str = "FedRAMP Consolidated Rules 2026, VER-RPT-PER and CCM-OCR-AVL";
const OCR: &str = "FedRAMP Consolidated Rules 2026, CCM-OCR-AVL";

const fn document_rule(
    name: &'static str,
    level: Level,
    summary: &'static str,
    source: &'static str,
) -> DocumentRule {
    DocumentRule { name, level, summary, source }
}

/// All rules on documents: on any document, on reports, on OSCAL, FedRAMP's on OSCAL.
pub const DOCUMENT_RULES: &[DocumentRule] = &[
    document_rule("document-syntax", Level::Error, "the text is neither JSON nor YAML", OURS),
    document_rule(
        "document-kind",
        Level::Error,
        "the document is of no kind that can be checked",
        OURS,
    ),
    document_rule("duplicate-key", Level::Error, "a name stands twice in one mapping", OURS),
    document_rule("schema", Level::Error, "the document breaks its published schema", SCHEMA),
    document_rule(
        "report-period",
        Level::Error,
        "the period ends before it begins, or is too long",
        PER,
    ),
    document_rule("duplicate-tracking-id", Level::Error, "two vulnerabilities have one id", VER),
    document_rule("blank-explanation", Level::Error, "an explanation says nothing", VER),
    document_rule(
        "date-order",
        Level::Warning,
        "an evaluation was completed before the detection",
        VER,
    ),
    document_rule(
        "no-reduction",
        Level::Warning,
        "the next reduction does not reduce the rating",
        VER,
    ),
    document_rule(
        "incomplete-report",
        Level::Note,
        "information that the rule lists is missing",
        VER,
    ),
    document_rule(
        "planning-horizon",
        Level::Warning,
        "the plan covers less than three months",
        OCR,
    ),
    document_rule(
        "oscal-version",
        Level::Error,
        "no schema of this version of OSCAL is here",
        OURS,
    ),
    document_rule("duplicate-uuid", Level::Error, "two parts of the document have one UUID", OURS),
    document_rule(
        "unknown-reference",
        Level::Error,
        "a reference leads to no part of the document",
        OURS,
    ),
    document_rule(
        "has-import-ssp",
        Level::Error,
        "the POA&M imports no system security plan",
        POAM_SCH,
    ),
    document_rule(
        "has-import-ssp-href",
        Level::Error,
        "the import of the plan has no href",
        POAM_SCH,
    ),
    document_rule(
        "has-import-ssp-internal-href",
        Level::Error,
        "the import of the plan names a resource that is not there",
        POAM_SCH,
    ),
    document_rule(
        "has-system-security-plan-resource",
        Level::Error,
        "no resource is the system security plan",
        POAM_SCH,
    ),
    document_rule(
        "has-ssp-rlink",
        Level::Error,
        "the plan does not have exactly one link",
        POAM_SCH,
    ),
    document_rule(
        "has-acceptable-system-security-plan-rlink-media-type",
        Level::Error,
        "the link to the plan has another media type",
        POAM_SCH,
    ),
    document_rule("has-no-base64", Level::Error, "the plan is embedded", POAM_SCH),
    document_rule(
        "has-non-OSCAL-system-security-plan-resource",
        Level::Warning,
        "the system security plan is not in OSCAL",
        POAM_SCH,
    ),
    document_rule("poam-item-has-associated-risk", Level::Error, "an item names no risk", POAM_SCH),
    document_rule(
        "poam-item-has-one-associated-risk",
        Level::Warning,
        "an item names several risks",
        POAM_SCH,
    ),
    document_rule(
        "poam-item-has-related-observation",
        Level::Error,
        "an item names no observation",
        POAM_SCH,
    ),
    document_rule(
        "associated-risk-has-target",
        Level::Error,
        "an item names an unknown risk",
        POAM_SCH,
    ),
    document_rule(
        "associated-risk-has-planned-response",
        Level::Error,
        "the risk of an item has no planned remediation",
        POAM_SCH,
    ),
    document_rule(
        "related-observation-has-observation",
        Level::Error,
        "an item names an unknown observation",
        POAM_SCH,
    ),
    document_rule("risk-has-deadline", Level::Error, "a risk has no deadline", POAM_SCH),
    document_rule(
        "deadline-is-valid-datetime",
        Level::Error,
        "a deadline has no time zone",
        POAM_SCH,
    ),
    document_rule(
        "risk-has-recommendation",
        Level::Error,
        "a risk has no recommendation",
        POAM_SCH,
    ),
    document_rule(
        "risk-has-planned-response",
        Level::Error,
        "a risk has no planned remediation",
        POAM_SCH,
    ),
    document_rule("risk-has-milestones", Level::Error, "a risk has no milestone", POAM_SCH),
    document_rule(
        "has-risk-impact-characterization-facet",
        Level::Error,
        "no facet rates the impact of a risk",
        POAM_SCH,
    ),
    document_rule(
        "has-timely-completion-date",
        Level::Error,
        "a deadline is later than FedRAMP's days for the impact",
        POAM_SCH,
    ),
    document_rule(
        "milestone-has-description",
        Level::Error,
        "a milestone has no description",
        POAM_SCH,
    ),
    document_rule("milestone-has-timing", Level::Error, "a milestone has no timing", POAM_SCH),
    document_rule(
        "milestone-has-timing-within-date-range",
        Level::Error,
        "the timing of a milestone is no date",
        POAM_SCH,
    ),
    document_rule(
        "on-date-date-is-valid-datetime",
        Level::Error,
        "a date has no time zone",
        POAM_SCH,
    ),
    document_rule(
        "within-date-range-start-is-valid-datetime",
        Level::Error,
        "the start of a range has no time zone",
        POAM_SCH,
    ),
    document_rule(
        "within-date-range-end-is-valid-datetime",
        Level::Error,
        "the end of a range has no time zone",
        POAM_SCH,
    ),
    document_rule(
        "within-date-range-start-precedes-end",
        Level::Error,
        "a range ends before it starts",
        POAM_SCH,
    ),
    document_rule(
        "risk-log-entry-has-title",
        Level::Error,
        "an entry of a risk log has no title",
        POAM_SCH,
    ),
    document_rule(
        "risk-log-entry-has-start",
        Level::Error,
        "an entry of a risk log has no start",
        POAM_SCH,
    ),
    document_rule(
        "fedramp-version",
        Level::Error,
        "the metadata name no version of FedRAMP",
        CONSTRAINTS,
    ),
    document_rule(
        "has-published-date",
        Level::Error,
        "the metadata have no publication date",
        CONSTRAINTS,
    ),
    document_rule("marking", Level::Error, "the metadata have no marking", CONSTRAINTS),
    document_rule("party-has-name", Level::Error, "a party has no name", CONSTRAINTS),
    document_rule(
        "last-accessed-is-datetime",
        Level::Warning,
        "the day of the last access has no time zone",
        CONSTRAINTS,
    ),
    document_rule("address-type", Level::Error, "the type of an address is not work", ALLOWED),
    document_rule("attachment-type", Level::Error, "the type of an attachment is unknown", ALLOWED),
    document_rule(
        "inventory-item-allows-authenticated-scan",
        Level::Error,
        "allows-authenticated-scan is not yes or no",
        ALLOWED,
    ),
    document_rule("inventory-item-public", Level::Error, "public is not yes or no", ALLOWED),
    document_rule(
        "information-type",
        Level::Error,
        "the direction of a data flow is unknown",
        ALLOWED,
    ),
    document_rule("inventory-item-virtual", Level::Error, "virtual is not yes or no", ALLOWED),
];
