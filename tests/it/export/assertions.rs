//! FedRAMP's 35 assertions on OSCAL POA&Ms (`poam.sch` of fedramp-automation), in the same order and
//! under the same names, over the JSON form.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

fn list<'a>(value: &'a Value, name: &str) -> Vec<&'a Value> {
    value[name].as_array().into_iter().flatten().collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn time(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok()
}

fn has_type(resource: &Value, wanted: &str) -> bool {
    list(resource, "props")
        .iter()
        .any(|prop| text(prop, "name") == "type" && text(prop, "value") == wanted)
}

/// The assertions that a document fails, each once. What needs the network (whether a reference
/// to another place leads somewhere) is taken as passed.
pub(crate) fn failed(document: &Value) -> BTreeSet<&'static str> {
    let mut failed = BTreeSet::new();
    let mut check = |name: &'static str, holds: bool| {
        if !holds {
            failed.insert(name);
        }
    };
    let plan = &document["plan-of-action-and-milestones"];
    check("document-is-OSCAL-document", text(&plan["metadata"], "oscal-version").starts_with("1."));
    check("document-is-plan-of-action-and-milestones", plan.is_object());
    let resources = list(&plan["back-matter"], "resources");
    let ssp = &plan["import-ssp"];
    check("has-import-ssp", ssp.is_object());
    if ssp.is_object() {
        let href = text(ssp, "href");
        check("has-import-ssp-href", !href.is_empty());
        if let Some(uuid) = href.strip_prefix('#') {
            let found = resources.iter().any(|it| text(it, "uuid") == uuid);
            check("has-import-ssp-internal-href", found);
        }
    }
    let ssps: Vec<_> = resources.iter().filter(|it| has_type(it, "system-security-plan")).collect();
    if plan["back-matter"].is_object() {
        check("has-system-security-plan-resource", !ssps.is_empty());
    }
    for resource in &ssps {
        let links = list(resource, "rlinks");
        check("has-ssp-rlink", links.len() == 1);
        check(
            "has-acceptable-system-security-plan-rlink-media-type",
            links
                .iter()
                .all(|it| ["text/xml", "application/json"].contains(&text(it, "media-type"))),
        );
        check("has-no-base64", resource["base64"].is_null());
    }
    check(
        "has-non-OSCAL-system-security-plan-resource",
        !resources.iter().any(|it| has_type(it, "no-oscal-ssp")),
    );
    let observations = list(plan, "observations");
    let find = |list: &[&'_ Value], uuid: &str| list.iter().position(|it| text(it, "uuid") == uuid);
    let risks = list(plan, "risks");
    let mut associated = BTreeSet::new();
    for item in list(plan, "poam-items") {
        let related = list(item, "related-risks");
        check("poam-item-has-associated-risk", !related.is_empty());
        check("poam-item-has-one-associated-risk", related.len() == 1);
        let seen = list(item, "related-observations");
        check("poam-item-has-related-observation", !seen.is_empty());
        for one in related {
            let found = find(&risks, text(one, "risk-uuid"));
            check("associated-risk-has-target", found.is_some());
            if let Some(at) = found {
                associated.insert(at);
                let plans = list(risks[at], "remediations");
                let planned = plans.iter().any(|it| text(it, "lifecycle") == "planned");
                check("associated-risk-has-planned-response", planned);
            }
        }
        for one in seen {
            let found = find(&observations, text(one, "observation-uuid"));
            check("related-observation-has-observation", found.is_some());
        }
    }
    for at in associated {
        let risk = risks[at];
        let remediations = list(risk, "remediations");
        let with = |word: &str| remediations.iter().any(|it| text(it, "lifecycle") == word);
        check("risk-has-deadline", !text(risk, "deadline").is_empty());
        check("risk-has-recommendation", with("recommendation"));
        check("risk-has-planned-response", with("planned"));
        let tasks: Vec<_> = remediations.iter().flat_map(|it| list(it, "tasks")).collect();
        check("risk-has-milestones", tasks.iter().any(|it| text(it, "type") == "milestone"));
        let facets: Vec<_> = list(risk, "characterizations")
            .into_iter()
            .flat_map(|it| list(it, "facets"))
            .filter(|it| text(it, "name") == "impact")
            .collect();
        check("has-risk-impact-characterization-facet", !facets.is_empty());
        let seen: Vec<_> = list(risk, "related-observations")
            .iter()
            .filter_map(|it| find(&observations, text(it, "observation-uuid")))
            .collect();
        let days = facets.last().map(|it| match text(it, "value") {
            "low" => 180,
            "moderate" => 90,
            _ => 30,
        });
        let timely = match (seen.as_slice(), days) {
            ([one], Some(days)) => {
                let from = time(text(observations[*one], "collected")).unwrap();
                time(text(risk, "deadline")).unwrap() < from + chrono::Days::new(days)
            }
            _ => false,
        };
        check("has-timely-completion-date", timely);
        for task in tasks.iter().filter(|it| text(it, "type") == "milestone") {
            let timing = &task["timing"];
            check("milestone-has-description", !text(task, "description").is_empty());
            check("milestone-has-timing", timing.is_object());
            let within = timing["within-date-range"].is_object() || timing["on-date"].is_object();
            check("milestone-has-timing-within-date-range", within);
            if timing["on-date"].is_object() {
                let valid = time(text(&timing["on-date"], "date")).is_some();
                check("on-date-date-is-valid-datetime", valid);
            }
            if timing["within-date-range"].is_object() {
                let range = &timing["within-date-range"];
                let (start, end) = (time(text(range, "start")), time(text(range, "end")));
                check("within-date-range-start-is-valid-datetime", start.is_some());
                check("within-date-range-end-is-valid-datetime", end.is_some());
                check("within-date-range-start-precedes-end", start < end);
            }
        }
        check("deadline-is-valid-datetime", time(text(risk, "deadline")).is_some());
        for entry in list(&risk["risk-log"], "entries") {
            check("risk-log-entry-has-title", !text(entry, "title").is_empty());
            check("risk-log-entry-has-start", time(text(entry, "start")).is_some());
        }
    }
    failed
}

#[test]
fn the_checks_can_fail() {
    let document = serde_json::json!({"plan-of-action-and-milestones": {
        "metadata": {"oscal-version": "1.1.3"},
        "import-ssp": {"href": "#a"},
        "back-matter": {"resources": [{"uuid": "b"}]},
        "risks": [{"uuid": "r", "deadline": "2026-02-13T12:00:00Z",
            "related-observations": [{"observation-uuid": "o"}],
            "characterizations": [{"facets": [{"name": "impact", "value": "high"}]}],
            "remediations": [{"lifecycle": "planned", "tasks": [{"type": "milestone"}]}],
            "risk-log": {"entries": [{}]}}],
        "observations": [{"uuid": "o", "collected": "2026-01-14T12:00:00Z"}],
        "poam-items": [
            {"related-risks": [{"risk-uuid": "r"}], "related-observations": [{"observation-uuid": "x"}]},
            {"related-risks": [{"risk-uuid": "x"}]},
        ],
    }});
    let expected = [
        "associated-risk-has-target",
        "has-import-ssp-internal-href",
        "has-system-security-plan-resource",
        "has-timely-completion-date",
        "milestone-has-description",
        "milestone-has-timing",
        "milestone-has-timing-within-date-range",
        "poam-item-has-related-observation",
        "related-observation-has-observation",
        "risk-has-recommendation",
        "risk-log-entry-has-start",
        "risk-log-entry-has-title",
    ];
    assert_eq!(failed(&document).into_iter().collect::<Vec<_>>(), expected);
}
