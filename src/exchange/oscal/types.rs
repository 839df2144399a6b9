//! The parts of an OSCAL POA&M document that the program writes, named as in the JSON schema.

use std::borrow::Cow;

use serde::Serialize;

use super::ids::Id;

type Text<'a> = Cow<'a, str>;

macro_rules! parts {
    ($($(#[doc = $doc:expr])* $name:ident $(<$of:lifetime>)? { $($(#[$meta:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub(super) struct $name $(<$of>)? {
            $($(#[$meta])* pub(super) $field: $type,)*
        }
    )*};
}

parts! {
    /// A name with a value; `ns` states whose name it is.
    Prop<'a> {
        name: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        ns: &'a str,
        value: Text<'a>,
    }
    /// Author of a finding or a decision.
    Actor<'a> {
        #[serde(rename = "type")]
        kind: &'a str,
        actor_uuid: Id,
        #[serde(skip_serializing_if = "Option::is_none")]
        role_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        props: Vec<Prop<'a>>,
    }
    /// Where something is from.
    Origin<'a> {
        actors: Vec<Actor<'a>>,
    }
    /// Subject of an observation.
    Subject<'a> {
        subject_uuid: Id,
        #[serde(rename = "type")]
        kind: &'a str,
    }
    /// A pointer from an observation to a resource.
    RelevantEvidence<'a> {
        href: String,
        description: Text<'a>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        props: Vec<Prop<'a>>,
    }
    /// Observation: the finding, a deviation, a vendor dependency.
    Observation<'a> {
        uuid: Id,
        title: Text<'a>,
        description: Text<'a>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        props: Vec<Prop<'a>>,
        methods: [&'a str; 1],
        types: [&'a str; 1],
        #[serde(skip_serializing_if = "Vec::is_empty")]
        origins: Vec<Origin<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        subjects: Vec<Subject<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        relevant_evidence: Vec<RelevantEvidence<'a>>,
        collected: String,
    }
    /// A value of a characterization.
    Facet<'a> {
        name: &'a str,
        system: &'a str,
        value: Text<'a>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        props: Vec<Prop<'a>>,
    }
    /// Rating of a risk by somebody.
    Characterization<'a> {
        origin: Origin<'a>,
        facets: Vec<Facet<'a>>,
    }
    /// Mitigating factor of a risk.
    MitigatingFactor<'a> {
        uuid: Id,
        description: Text<'a>,
    }
    /// A day.
    OnDate {
        date: String,
    }
    /// When a task is due.
    Timing {
        on_date: OnDate,
    }
    /// A milestone.
    Task<'a> {
        uuid: Id,
        #[serde(rename = "type")]
        kind: &'a str,
        title: String,
        description: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        props: Vec<Prop<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        timing: Option<Timing>,
    }
    /// Requirement of a plan.
    RequiredAsset<'a> {
        uuid: Id,
        description: &'a str,
    }
    /// Recommended or planned remediation of a risk.
    Remediation<'a> {
        uuid: Id,
        lifecycle: &'a str,
        title: &'a str,
        description: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        props: Vec<Prop<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        origins: Vec<Origin<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        required_assets: Vec<RequiredAsset<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tasks: Vec<Task<'a>>,
    }
    /// Author of an entry.
    LoggedBy {
        party_uuid: Id,
    }
    /// Something that happened.
    Entry<'a> {
        uuid: Id,
        title: Text<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        start: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        props: Vec<Prop<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        logged_by: Vec<LoggedBy>,
        #[serde(skip_serializing_if = "Option::is_none")]
        status_change: Option<&'a str>,
    }
    /// Log of a risk.
    RiskLog<'a> {
        entries: Vec<Entry<'a>>,
    }
    /// A reference to an observation.
    RelatedObservation {
        observation_uuid: Id,
    }
    /// A reference to a risk.
    RelatedRisk {
        risk_uuid: Id,
    }
    /// A weakness with its rating, its plan and what happened to it.
    Risk<'a> {
        uuid: Id,
        title: Text<'a>,
        description: &'a str,
        statement: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        props: Vec<Prop<'a>>,
        status: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        characterizations: Vec<Characterization<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        mitigating_factors: Vec<MitigatingFactor<'a>>,
        deadline: String,
        remediations: Vec<Remediation<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        risk_log: Option<RiskLog<'a>>,
        related_observations: Vec<RelatedObservation>,
    }
    /// An item of the plan.
    PoamItem<'a> {
        uuid: Id,
        title: Text<'a>,
        description: &'a str,
        props: Vec<Prop<'a>>,
        related_observations: Vec<RelatedObservation>,
        related_risks: Vec<RelatedRisk>,
        #[serde(skip_serializing_if = "Option::is_none")]
        remarks: Option<&'a str>,
    }
    /// A place of a resource.
    Rlink<'a> {
        href: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        media_type: Option<&'a str>,
    }
    /// A document that others point to.
    Resource<'a> {
        uuid: Id,
        title: Text<'a>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        props: Vec<Prop<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        rlinks: Vec<Rlink<'a>>,
    }
    /// A person or an organization.
    Party<'a> {
        uuid: Id,
        #[serde(rename = "type")]
        kind: &'a str,
        name: Text<'a>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        props: Vec<Prop<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        email_addresses: Vec<&'a str>,
    }
    /// Operational state of a component.
    State<'a> {
        state: &'a str,
    }
    /// A scanner, a product, a service.
    Component<'a> {
        uuid: Id,
        #[serde(rename = "type")]
        kind: &'a str,
        title: Text<'a>,
        description: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        props: Vec<Prop<'a>>,
        status: State<'a>,
    }
    /// An asset.
    InventoryItem<'a> {
        uuid: Id,
        description: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        props: Vec<Prop<'a>>,
    }
}

impl<'a> Prop<'a> {
    pub(super) fn new(ns: &'a str, name: &'a str, value: impl Into<Text<'a>>) -> Self {
        Self { name, ns, value: value.into() }
    }
}

impl<'a> Actor<'a> {
    pub(super) fn new(kind: &'a str, actor_uuid: Id) -> Self {
        Self { kind, actor_uuid, role_id: None, props: Vec::new() }
    }
}

impl<'a> Origin<'a> {
    pub(super) fn new(actor: Actor<'a>) -> Self {
        Self { actors: vec![actor] }
    }
}
