//! An item as the parts of an OSCAL document.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::ids::{Id, SystemIds};
use super::names::{
    APPROVER, CVE, NO_PLAN, NO_RATIONALE, NO_RECOMMENDATION, NO_STATEMENT, OURS, OscalVersion,
    PLAN_TITLE, RECOMMENDATION_TITLE, can_be_said, control_ids, is_reference, line, midnight, noon,
    value,
};
use super::shared::{self, Actors};
use super::types::{
    Actor, Characterization, Entry, Facet, MitigatingFactor, Observation, OnDate, Origin, PoamItem,
    Prop, RelatedObservation, RelatedRisk, RelevantEvidence, Remediation, RequiredAsset, Resource,
    Risk, RiskLog, Rlink, Subject, Task, Timing,
};
use crate::exchange::scheduled_by_formula;
use crate::history::History;
use crate::model::{
    Decision, Deviation, DeviationState, DeviationType, Due, Evidence, Item, Milestone,
    MilestoneStatus, PermanentValues, RiskRating, Status,
};
use crate::settings::{ProfileName, Settings};

/// Data of the document that every item is written with.
pub(super) struct DocumentFrame<'a> {
    pub(super) ids: SystemIds,
    pub(super) version: OscalVersion,
    pub(super) settings: &'a Settings,
    pub(super) history: &'a History,
    pub(super) actors: Actors<'a>,
}

/// Returns a date that OSCAL's times cannot state: field and date.
pub(super) fn out_of_range(
    item: &Item,
    permanent: PermanentValues,
    settings: &Settings,
) -> Option<(String, NaiveDate)> {
    let wrong = |date: Option<NaiveDate>| date.filter(|date| !can_be_said(*date));
    let vendor = item.vendor_dependency.as_ref();
    let fields = [
        ("original_detection_date", Some(permanent.detected)),
        ("scheduled_completion_date", Some(deadline(item, permanent, settings))),
        ("completion_date", item.completion_date),
        ("vendor_dependency", vendor.and_then(|it| it.last_check_in)),
    ];
    let fields = fields
        .into_iter()
        .chain(item.deviations.iter().map(|one| ("deviations", one.requested.or(one.decided))));
    let mut fields = fields.filter_map(|(name, date)| Some((name.to_owned(), wrong(date)?)));
    let mut steps = item
        .milestones
        .iter()
        .filter_map(|step| Some((format!("milestone {}", step.id), wrong(step.due)?)));
    fields.next().or_else(|| steps.next())
}

/// Returns the day by which an item is to be closed: the *Scheduled Completion Date* of the
/// official workbook. For FedRAMP that is what the template's formula gives while the item is open,
/// or its own day where that is earlier; else it is the item's own day, or what its rating gives.
pub(super) fn deadline(item: &Item, permanent: PermanentValues, settings: &Settings) -> NaiveDate {
    let by_formula = settings.profile.name == ProfileName::FedrampRev5
        && !settings.workflow.is_closed(&item.status);
    if by_formula {
        let by_formula = scheduled_by_formula(item, permanent);
        return item.scheduled_completion_date.map_or(by_formula, |own| own.min(by_formula));
    }
    let by_rating = || Due::compute(item, permanent, &settings.deadlines).scheduled;
    item.scheduled_completion_date.unwrap_or_else(by_rating)
}

/// Returns the word of a status in OSCAL's list.
pub(super) fn risk_status(status: &Status, closed: bool) -> &'static str {
    match status.as_str() {
        _ if closed => "closed",
        Status::IN_PROGRESS | Status::PENDING_VALIDATION => "remediating",
        Status::PENDING_APPROVAL => "deviation-requested",
        Status::RISK_ACCEPTED => "deviation-approved",
        _ => "open",
    }
}

/// Returns the word of a kind of deviation in the types of an observation; also the name of its
/// property.
pub(super) fn deviation_title(kind: DeviationType) -> &'static str {
    match kind {
        DeviationType::RiskAdjustment => "Risk Adjustment",
        DeviationType::FalsePositive => "False Positive",
        DeviationType::OperationalRequirement => "Operational Requirement",
    }
}

/// Returns a property in our namespace, where the text can be a value.
fn own<'a>(name: &'a str, text: Option<&'a str>) -> Option<Prop<'a>> {
    text.and_then(value).map(|text| Prop::new(OURS, name, text))
}

fn own_date(name: &str, date: Option<NaiveDate>) -> Option<Prop<'_>> {
    date.map(|date| Prop::new(OURS, name, date.to_string()))
}

impl<'a> DocumentFrame<'a> {
    /// Returns the detection date and the original rating that count for an item.
    pub(super) fn permanent(&self, item: &Item) -> PermanentValues {
        self.history.permanent(item)
    }

    fn ns(&self) -> &'static str {
        self.version.fedramp()
    }

    fn id(&self, kind: &str, item: &Item) -> Id {
        self.ids.part(&[kind, item.id.as_str()])
    }

    fn nth(&self, kind: &str, item: &Item, number: usize) -> Id {
        self.ids.part(&[kind, item.id.as_str(), &number.to_string()])
    }

    /// Builds all observations of an item: the finding, its deviations, its vendor dependency.
    pub(super) fn observations(&self, item: &'a Item) -> Vec<Observation<'a>> {
        let mut all = vec![self.finding(item)];
        let deviations = item.deviations.iter().enumerate();
        all.extend(deviations.map(|(at, one)| self.deviation(item, at, one)));
        all.extend(self.vendor(item));
        all
    }

    fn observation_ids(&self, item: &Item) -> Vec<Id> {
        let mut ids = vec![self.id("finding", item)];
        ids.extend((0..item.deviations.len()).map(|at| self.nth("deviation", item, at)));
        ids.extend(item.vendor_dependency.is_some().then(|| self.id("vendor-dependency", item)));
        ids
    }

    fn finding(&self, item: &'a Item) -> Observation<'a> {
        let tool = item.detector_source.as_deref();
        let origins =
            tool.map(|tool| Origin::new(Actor::new("tool", shared::tool(&self.ids, tool))));
        let asset = |text: &String| (shared::asset(&self.ids, text), "inventory-item");
        let service = |text: &String| (shared::service(&self.ids, text), "component");
        let subjects = item.assets.iter().map(asset).chain(item.services.iter().map(service));
        let evidence = item.evidence.iter().enumerate();
        Observation {
            uuid: self.id("finding", item),
            title: line(&item.weakness_name),
            description: Cow::Borrowed(&item.weakness_name),
            props: Vec::new(),
            methods: ["TEST"],
            types: ["finding"],
            origins: origins.into_iter().collect(),
            subjects: subjects.map(|(subject_uuid, kind)| Subject { subject_uuid, kind }).collect(),
            relevant_evidence: evidence.map(|(at, one)| self.evidence(item, at, one)).collect(),
            collected: noon(self.permanent(item).detected),
        }
    }

    fn evidence(&self, item: &Item, at: usize, one: &'a Evidence) -> RelevantEvidence<'a> {
        let props = own("type", one.kind.as_deref());
        let props = props.into_iter().chain(own_date("collected", one.collected));
        RelevantEvidence {
            href: format!("#{}", self.nth("evidence", item, at)),
            description: Cow::Borrowed(&one.reference),
            props: props.collect(),
        }
    }

    /// Returns the documents that an item names.
    pub(super) fn resources(&self, item: &'a Item) -> Vec<Resource<'a>> {
        let resource = |(at, one): (usize, &'a Evidence)| {
            let location = one.location.as_deref();
            let href = location.filter(|text| is_reference(text));
            let elsewhere = own("location", location.filter(|_| href.is_none()));
            let props = [Prop::new(self.ns(), "type", "evidence")].into_iter().chain(elsewhere);
            Resource {
                uuid: self.nth("evidence", item, at),
                title: line(&one.reference),
                props: props.collect(),
                rlinks: href.map(|href| Rlink { href, media_type: None }).into_iter().collect(),
            }
        };
        item.evidence.iter().enumerate().map(resource).collect()
    }

    fn deviation(&self, item: &'a Item, at: usize, one: &'a Deviation) -> Observation<'a> {
        let props = [
            own("state", Some(one.state.as_str())),
            own("adjusted-risk-rating", one.adjusted_risk_rating.map(RiskRating::as_str)),
            own("request", one.request.as_deref()),
            own_date("requested", one.requested),
            own_date("decided", one.decided),
        ];
        let approver = one.approver.as_ref().map(|person| {
            let mut actor = Actor::new("party", shared::person(&self.ids, person));
            actor.role_id = Some(APPROVER);
            Origin::new(actor)
        });
        // When it was decided or asked for; else all that is known is when the weakness was seen.
        let seen = one.requested.or(one.decided);
        let seen = seen.unwrap_or_else(|| self.permanent(item).detected);
        Observation {
            uuid: self.nth("deviation", item, at),
            title: Cow::Borrowed(deviation_title(one.kind)),
            description: Cow::Borrowed(one.rationale.as_deref().unwrap_or(NO_RATIONALE)),
            props: props.into_iter().flatten().collect(),
            methods: ["EXAMINE"],
            types: [one.kind.as_str()],
            origins: approver.into_iter().collect(),
            subjects: Vec::new(),
            relevant_evidence: Vec::new(),
            collected: noon(seen),
        }
    }

    fn vendor(&self, item: &'a Item) -> Option<Observation<'a>> {
        let vendor = item.vendor_dependency.as_ref()?;
        let product = shared::product(&self.ids, vendor);
        let props = [
            own_date("last-check-in", vendor.last_check_in),
            own_date("fix-released", vendor.fix_released),
        ];
        Some(Observation {
            uuid: self.id("vendor-dependency", item),
            title: Cow::Borrowed("Vendor Dependency"),
            description: Cow::Borrowed("A fix must come from the vendor."),
            props: props.into_iter().flatten().collect(),
            methods: ["EXAMINE"],
            types: ["vendor-dependency"],
            origins: Vec::new(),
            subjects: product
                .map(|subject_uuid| Subject { subject_uuid, kind: "component" })
                .into_iter()
                .collect(),
            relevant_evidence: Vec::new(),
            collected: noon(vendor.last_check_in.unwrap_or_else(|| self.permanent(item).detected)),
        })
    }

    /// Returns the weakness with its rating, its plan and what happened to it.
    pub(super) fn risk(&self, item: &'a Item) -> Risk<'a> {
        self.risk_with(item, self.entries(item, self.history.events_of(&item.id)))
    }

    /// Builds the risk of an item without events, which are not read back.
    pub(super) fn risk_without_events(&self, item: &'a Item) -> Risk<'a> {
        self.risk_with(item, self.entries(item, std::iter::empty()))
    }

    fn risk_with(&self, item: &'a Item, entries: Vec<Entry<'a>>) -> Risk<'a> {
        let closed = self.settings.workflow.is_closed(&item.status);
        let related = self
            .observation_ids(item)
            .into_iter()
            .map(|id| RelatedObservation { observation_uuid: id });
        Risk {
            uuid: self.id("risk", item),
            title: line(&item.weakness_name),
            description: item.weakness_description.as_deref().unwrap_or(&item.weakness_name),
            statement: NO_STATEMENT,
            props: self.risk_props(item),
            status: risk_status(&item.status, closed),
            characterizations: vec![self.characterization(item)],
            mitigating_factors: self.mitigating_factors(item),
            deadline: midnight(deadline(item, self.permanent(item), self.settings)),
            remediations: vec![self.recommendation(item), self.plan(item)],
            risk_log: Some(entries).filter(|it| !it.is_empty()).map(|entries| RiskLog { entries }),
            // FedRAMP's check of deadlines wants exactly one, the one with the day of detection.
            related_observations: related.take(1).collect(),
        }
    }

    fn risk_props(&self, item: &'a Item) -> Vec<Prop<'a>> {
        let ns = self.ns();
        let mut props: Vec<Prop<'a>> = Vec::new();
        for id in control_ids(&item.controls) {
            props.push(Prop::new(ns, "impacted-control-id", id));
        }
        if let Some(vendor) = &item.vendor_dependency {
            let state = if vendor.fix_released.is_some() { "resolved" } else { "tracking" };
            props.push(Prop::new(ns, "vendor-dependency", state));
        }
        for kind in [
            DeviationType::RiskAdjustment,
            DeviationType::FalsePositive,
            DeviationType::OperationalRequirement,
        ] {
            let Some(deviation) = item.deviation(kind) else { continue };
            let state = match deviation.state {
                DeviationState::Pending => "pending",
                DeviationState::Approved => "approved",
                DeviationState::Denied | DeviationState::Withdrawn => "withdrawn",
            };
            props.push(Prop::new(ns, kind.as_str(), state));
        }
        if let Some(kev) = item.kev.as_ref().filter(|kev| kev.listed) {
            props.push(Prop::new(ns, "kev-catalog", "yes"));
            props.extend(kev.due.map(|due| Prop::new(ns, "kev-due-date", due.to_string())));
        }
        props
    }

    fn characterization(&self, item: &'a Item) -> Characterization<'a> {
        let ns = self.ns();
        let actor = match item.detector_source.as_deref() {
            Some(tool) => Actor::new("tool", shared::tool(&self.ids, tool)),
            None => Actor::new("party", shared::provider(&self.ids)),
        };
        let identifier = item.source_identifier.as_deref().and_then(value);
        let identifier = identifier.map(|text| Prop::new(ns, "vulnerability-id", text));
        let actor = Actor { props: identifier.into_iter().collect(), ..actor };
        let mut facets = self.rating("initial", self.permanent(item).rating).to_vec();
        // The last rating is the one that counts, so that only an approved one is behind.
        let adjusted = item
            .deviation(DeviationType::RiskAdjustment)
            .filter(|_| item.decision(DeviationType::RiskAdjustment) == Decision::Yes)
            .and_then(|deviation| deviation.adjusted_risk_rating);
        facets.extend(adjusted.into_iter().flat_map(|rating| self.rating("adjusted", rating)));
        facets.extend(item.cves.iter().filter_map(|cve| value(cve)).map(|cve| Facet {
            name: "vulnerability-id",
            system: CVE,
            value: Cow::Borrowed(cve),
            props: Vec::new(),
        }));
        Characterization { origin: Origin::new(actor), facets }
    }

    /// Builds the facets of a rating: one rating of the workbook is both likelihood and impact in
    /// OSCAL.
    fn rating(&self, state: &'static str, rating: RiskRating) -> [Facet<'a>; 2] {
        ["likelihood", "impact"].map(|name| Facet {
            name,
            system: self.version.fedramp_system(),
            value: Cow::Borrowed(rating.in_workbook().as_str()),
            props: vec![Prop::new("", "state", state)],
        })
    }

    fn mitigating_factors(&self, item: &'a Item) -> Vec<MitigatingFactor<'a>> {
        let adjustments = item.deviations.iter().enumerate().filter(|(_, one)| {
            one.kind == DeviationType::RiskAdjustment && !one.state.is_refused()
        });
        adjustments
            .map(|(at, one)| MitigatingFactor {
                uuid: self.nth("mitigating-factor", item, at),
                description: Cow::Borrowed(one.rationale.as_deref().unwrap_or(NO_RATIONALE)),
            })
            .collect()
    }

    fn recommendation(&self, item: &Item) -> Remediation<'a> {
        Remediation {
            uuid: self.id("recommendation", item),
            lifecycle: "recommendation",
            title: RECOMMENDATION_TITLE,
            description: NO_RECOMMENDATION,
            props: Vec::new(),
            origins: Vec::new(),
            required_assets: Vec::new(),
            tasks: Vec::new(),
        }
    }

    fn plan(&self, item: &'a Item) -> Remediation<'a> {
        let owner = item.point_of_contact.as_ref();
        let owner = owner.map(|it| Origin::new(Actor::new("party", shared::person(&self.ids, it))));
        let resources = item.resources_required.as_deref().map(|description| RequiredAsset {
            uuid: self.id("required-asset", item),
            description,
        });
        let accepted = self.settings.is_accepted(item);
        Remediation {
            uuid: self.id("plan", item),
            lifecycle: "planned",
            title: PLAN_TITLE,
            description: item.remediation_plan.as_deref().unwrap_or(NO_PLAN),
            props: accepted.then(|| Prop::new("", "type", "accept")).into_iter().collect(),
            origins: owner.into_iter().collect(),
            required_assets: resources.into_iter().collect(),
            tasks: item.milestones.iter().map(|step| self.task(item, step)).collect(),
        }
    }

    fn task(&self, item: &Item, step: &'a Milestone) -> Task<'a> {
        let number = step.id.to_string();
        let status = (step.status != MilestoneStatus::Pending).then(|| step.status.as_str());
        let mut props = vec![Prop::new(OURS, "number", number.clone())];
        props.extend(own("status", status));
        props.extend(own_date("completed", step.completed));
        props.extend(step.evidence.iter().filter_map(|one| own("evidence", Some(one))));
        Task {
            uuid: self.ids.part(&["milestone", item.id.as_str(), &number]),
            kind: "milestone",
            title: format!("Milestone {number}"),
            description: &step.description,
            props,
            timing: step.due.map(|due| Timing { on_date: OnDate { date: midnight(due) } }),
        }
    }

    /// Returns the item of the plan, which points to all of it.
    pub(super) fn poam_item(&self, item: &'a Item) -> PoamItem<'a> {
        let related = self.observation_ids(item).into_iter();
        PoamItem {
            uuid: self.id("poam-item", item),
            title: line(&item.weakness_name),
            description: item.weakness_description.as_deref().unwrap_or(&item.weakness_name),
            props: vec![Prop::new(self.ns(), "POAM-ID", line(item.id.as_str()))],
            related_observations: related
                .map(|observation_uuid| RelatedObservation { observation_uuid })
                .collect(),
            related_risks: vec![RelatedRisk { risk_uuid: self.id("risk", item) }],
            remarks: item.comments.as_deref(),
        }
    }
}
