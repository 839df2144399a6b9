//! FedRAMP's assertions on OSCAL POA&Ms (`poam.sch` of fedramp-automation), under their own names and
//! levels, over the JSON form.
//!
//! What needs the network (whether a reference to another place leads somewhere) is not asked.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Days, FixedOffset};
use serde_json::Value;

use super::DocumentFault;
use super::kind::OSCAL_POAM;
use crate::diagnostic::Level;

/// An entry of a list with its pointer.
type Entry<'a> = (String, &'a Value);

/// Media types that a link to the system security plan may have.
const SSP_MEDIA_TYPES: [&str; 2] = ["text/xml", "application/json"];

/// Collects what a POA&M has against the assertions.
pub(super) fn check(document: &Value, faults: &mut Vec<DocumentFault>) {
    let Some(plan) = document.get(OSCAL_POAM) else { return };
    let mut assertions = Assertions { plan, faults };
    assertions.check_ssp();
    let risks = assertions.check_items();
    for at in risks {
        assertions.check_risk(at);
    }
}

/// Returns the entries of a list below a value at a pointer.
pub(super) fn list<'a>(value: &'a Value, pointer: &str, name: &str) -> Vec<Entry<'a>> {
    let entries = value.get(name).and_then(Value::as_array).into_iter().flatten();
    entries.enumerate().map(|(at, entry)| (format!("{pointer}/{name}/{at}"), entry)).collect()
}

/// Returns a text of a value; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn time(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok()
}

fn has_type(resource: &Value, wanted: &str) -> bool {
    list(resource, "", "props")
        .iter()
        .any(|(_, prop)| text(prop, "name") == "type" && text(prop, "value") == wanted)
}

/// Returns the positions of a list's entries by their UUIDs, whose letters have no case.
fn positions(entries: &[Entry<'_>]) -> HashMap<String, usize> {
    let uuid = |entry: &Value| text(entry, "uuid").to_ascii_lowercase();
    entries.iter().enumerate().map(|(at, (_, entry))| (uuid(entry), at)).collect()
}

struct Assertions<'a, 'f> {
    plan: &'a Value,
    faults: &'f mut Vec<DocumentFault>,
}

impl<'a> Assertions<'a, '_> {
    fn fail(&mut self, rule: &'static str, pointer: &str, message: &str, help: &str) {
        self.faults.push(DocumentFault {
            rule,
            level: Level::Error,
            pointer: pointer.to_owned(),
            is_key: false,
            message: message.to_owned(),
            help: Some(help.to_owned()),
        });
    }

    fn warn(&mut self, rule: &'static str, pointer: &str, message: &str, help: &str) {
        self.fail(rule, pointer, message, help);
        if let Some(last) = self.faults.last_mut() {
            last.level = Level::Warning;
        }
    }

    fn entries(&self, name: &str) -> Vec<Entry<'a>> {
        list(self.plan, &format!("/{OSCAL_POAM}"), name)
    }

    fn check_ssp(&mut self) {
        let top = format!("/{OSCAL_POAM}");
        let matter = self.plan.get("back-matter");
        let resources = match matter {
            Some(matter) => list(matter, &format!("{top}/back-matter"), "resources"),
            None => Vec::new(),
        };
        let mut is_inside = false;
        match self.plan.get("import-ssp") {
            None => self.fail(
                "has-import-ssp",
                &top,
                "the POA&M imports no system security plan",
                "add `import-ssp: {\"href\": …}` with the plan, or `#uuid` of a resource that names it",
            ),
            Some(import) => {
                let (pointer, href) = (format!("{top}/import-ssp"), text(import, "href"));
                if href.is_empty() {
                    let help = "name the system security plan: `\"href\": \"…\"`";
                    self.fail("has-import-ssp-href", &pointer, "`import-ssp` has no `href`", help);
                }
                if let Some(uuid) = href.strip_prefix('#') {
                    is_inside = true;
                    let is_it = |(_, it): &Entry<'_>| text(it, "uuid").eq_ignore_ascii_case(uuid);
                    if !resources.iter().any(is_it) {
                        self.fail(
                            "has-import-ssp-internal-href",
                            &format!("{pointer}/href"),
                            &format!("no resource of the back matter has the uuid {uuid}"),
                            "add the resource, or name the system security plan by its URI",
                        );
                    }
                }
            }
        }
        let plans: Vec<&Entry<'_>> =
            resources.iter().filter(|(_, it)| has_type(it, "system-security-plan")).collect();
        if is_inside && matter.is_some() && plans.is_empty() {
            self.fail(
                "has-system-security-plan-resource",
                &format!("{top}/back-matter"),
                "the back matter has no resource of the type system-security-plan",
                "add one: `\"props\": [{\"name\": \"type\", \"value\": \"system-security-plan\"}]` with one rlink",
            );
        }
        for (pointer, resource) in plans {
            let links = list(resource, pointer, "rlinks");
            if links.len() != 1 {
                self.fail(
                    "has-ssp-rlink",
                    pointer,
                    &format!("the system security plan has {} links instead of one", links.len()),
                    "keep exactly one `rlinks` entry",
                );
            }
            for (pointer, link) in &links {
                if !SSP_MEDIA_TYPES.contains(&text(link, "media-type")) {
                    self.fail(
                        "has-acceptable-system-security-plan-rlink-media-type",
                        pointer,
                        "the link to the system security plan has another media type",
                        "write `\"media-type\": \"application/json\"` or `\"text/xml\"`",
                    );
                }
            }
            if resource.get("base64").is_some() {
                self.fail(
                    "has-no-base64",
                    &format!("{pointer}/base64"),
                    "the system security plan is embedded as base64",
                    "link to it with `rlinks` instead",
                );
            }
        }
        for (pointer, _) in resources.iter().filter(|(_, it)| has_type(it, "no-oscal-ssp")) {
            self.warn(
                "has-non-OSCAL-system-security-plan-resource",
                pointer,
                "the system security plan is not in OSCAL",
                "FedRAMP's tools always warn of it; nothing to do until there is one in OSCAL",
            );
        }
    }

    /// Checks the items; returns the positions of the risks that they name.
    fn check_items(&mut self) -> BTreeSet<usize> {
        let risks = self.entries("risks");
        let (risk_at, seen_at) = (positions(&risks), positions(&self.entries("observations")));
        let mut associated = BTreeSet::new();
        for (pointer, item) in self.entries("poam-items") {
            let related = list(item, &pointer, "related-risks");
            if related.is_empty() {
                let help = "name its risk in `related-risks`";
                self.fail(
                    "poam-item-has-associated-risk",
                    &pointer,
                    "the item names no risk",
                    help,
                );
            }
            if related.len() > 1 {
                self.warn(
                    "poam-item-has-one-associated-risk",
                    &pointer,
                    &format!("the item names {} risks", related.len()),
                    "FedRAMP reads one risk for each item: split it, or join the risks",
                );
            }
            let seen = list(item, &pointer, "related-observations");
            if seen.is_empty() {
                self.fail(
                    "poam-item-has-related-observation",
                    &pointer,
                    "the item names no observation",
                    "name how it was found in `related-observations`",
                );
            }
            for (pointer, one) in related {
                let uuid = text(one, "risk-uuid");
                let Some(&at) = risk_at.get(&uuid.to_ascii_lowercase()) else {
                    self.fail(
                        "associated-risk-has-target",
                        &format!("{pointer}/risk-uuid"),
                        &format!("no risk of the document has the uuid {uuid}"),
                        "add the risk, or correct the uuid",
                    );
                    continue;
                };
                associated.insert(at);
                let planned = risks.get(at).is_some_and(|(pointer, risk)| {
                    list(risk, pointer, "remediations")
                        .iter()
                        .any(|(_, it)| text(it, "lifecycle") == "planned")
                });
                if !planned {
                    self.fail(
                        "associated-risk-has-planned-response",
                        &format!("{pointer}/risk-uuid"),
                        "the risk has no planned remediation",
                        "add one with `\"lifecycle\": \"planned\"` to its `remediations`",
                    );
                }
            }
            for (pointer, one) in seen {
                let uuid = text(one, "observation-uuid");
                if !seen_at.contains_key(&uuid.to_ascii_lowercase()) {
                    self.fail(
                        "related-observation-has-observation",
                        &format!("{pointer}/observation-uuid"),
                        &format!("no observation of the document has the uuid {uuid}"),
                        "add the observation, or correct the uuid",
                    );
                }
            }
        }
        associated
    }

    fn check_risk(&mut self, at: usize) {
        let risks = self.entries("risks");
        let Some((pointer, risk)) = risks.get(at) else { return };
        let plans = list(risk, pointer, "remediations");
        let with = |word: &str| plans.iter().any(|(_, it)| text(it, "lifecycle") == word);
        let deadline = text(risk, "deadline");
        let due = time(deadline);
        if deadline.is_empty() {
            self.fail("risk-has-deadline", pointer, "the risk has no deadline", "add `deadline`");
        } else if due.is_none() {
            self.fail(
                "deadline-is-valid-datetime",
                &format!("{pointer}/deadline"),
                "the deadline is no date with a time zone",
                "write it as 2026-11-30T00:00:00Z",
            );
        }
        for (word, rule, message) in [
            (
                "recommendation",
                "risk-has-recommendation",
                "the risk has no recommended remediation",
            ),
            ("planned", "risk-has-planned-response", "the risk has no planned remediation"),
        ] {
            if !with(word) {
                let help = format!("add one with `\"lifecycle\": \"{word}\"` to `remediations`");
                self.fail(rule, pointer, message, &help);
            }
        }
        let tasks: Vec<Entry<'_>> =
            plans.iter().flat_map(|(pointer, plan)| list(plan, pointer, "tasks")).collect();
        let milestones: Vec<&Entry<'_>> =
            tasks.iter().filter(|(_, it)| text(it, "type") == "milestone").collect();
        if milestones.is_empty() {
            self.fail(
                "risk-has-milestones",
                pointer,
                "the risk has no milestone",
                "add a task with `\"type\": \"milestone\"` to a remediation",
            );
        }
        self.check_threshold(pointer, risk, due);
        for (pointer, task) in milestones {
            self.check_milestone(pointer, task);
        }
        let log = risk.get("risk-log").unwrap_or(&Value::Null);
        for (pointer, entry) in list(log, &format!("{pointer}/risk-log"), "entries") {
            if text(entry, "title").is_empty() {
                let message = "the entry of the risk log has no title";
                self.fail("risk-log-entry-has-title", &pointer, message, "add `title`");
            }
            if text(entry, "start").is_empty() {
                let message = "the entry of the risk log has no start";
                self.fail("risk-log-entry-has-start", &pointer, message, "add `start`");
            }
        }
    }

    /// Compares the deadline with the days that FedRAMP gives for the last impact facet, from the
    /// one observation of the risk. On the last day itself it is too late.
    fn check_threshold(&mut self, pointer: &str, risk: &Value, due: Option<DateTime<FixedOffset>>) {
        let facets: Vec<Entry<'_>> = list(risk, pointer, "characterizations")
            .iter()
            .flat_map(|(pointer, it)| list(it, pointer, "facets"))
            .filter(|(_, it)| text(it, "name") == "impact")
            .collect();
        let Some((facet_pointer, facet)) = facets.last() else {
            self.fail(
                "has-risk-impact-characterization-facet",
                pointer,
                "no facet rates the impact of the risk",
                "add a facet `impact` with low, moderate or high to `characterizations`",
            );
            return;
        };
        const RULE: &str = "has-timely-completion-date";
        let days = match text(facet, "value") {
            "low" => 180,
            "moderate" => 90,
            "high" => 30,
            other => {
                let message = format!("`{other}` is no impact that FedRAMP gives days for");
                let at = format!("{facet_pointer}/value");
                self.fail(RULE, &at, &message, "write low, moderate or high");
                return;
            }
        };
        let seen_at = positions(&self.entries("observations"));
        let observations = self.entries("observations");
        let found: Vec<&Value> = list(risk, pointer, "related-observations")
            .iter()
            .filter_map(|(_, it)| seen_at.get(&text(it, "observation-uuid").to_ascii_lowercase()))
            .filter_map(|at| observations.get(*at).map(|(_, it)| *it))
            .collect();
        let [observation] = found.as_slice() else {
            self.fail(
                RULE,
                pointer,
                &format!("the risk names {} observations, and its days run from one", found.len()),
                "name exactly the observation that found it in `related-observations` of the risk",
            );
            return;
        };
        let (Some(due), Some(collected)) = (due, time(text(observation, "collected"))) else {
            return;
        };
        let Some(latest) = collected.checked_add_days(Days::new(days)) else { return };
        if due >= latest {
            let message = format!(
                "the deadline {} is not within {days} days of the detection {}",
                due.date_naive(),
                collected.date_naive()
            );
            let help = "FedRAMP gives 30 days for high, 90 for moderate and 180 for low impact";
            self.fail(RULE, &format!("{pointer}/deadline"), &message, help);
        }
    }

    fn check_milestone(&mut self, pointer: &str, task: &Value) {
        if text(task, "description").is_empty() {
            let message = "the milestone has no description";
            self.fail("milestone-has-description", pointer, message, "add `description`");
        }
        let Some(timing) = task.get("timing") else {
            let message = "the milestone has no timing";
            self.fail("milestone-has-timing", pointer, message, "add `timing`");
            return;
        };
        let pointer = format!("{pointer}/timing");
        let (day, range) = (timing.get("on-date"), timing.get("within-date-range"));
        if day.is_none() && range.is_none() {
            self.fail(
                "milestone-has-timing-within-date-range",
                &pointer,
                "the timing is neither a date nor a range of dates",
                "write `within-date-range` or `on-date`",
            );
        }
        let help = "write it as 2026-11-30T00:00:00Z";
        if day.is_some_and(|day| time(text(day, "date")).is_none()) {
            self.fail(
                "on-date-date-is-valid-datetime",
                &format!("{pointer}/on-date/date"),
                "the date has no time zone, or is none",
                help,
            );
        }
        let Some(range) = range else { return };
        let (start, end) = (time(text(range, "start")), time(text(range, "end")));
        for (value, name, rule) in [
            (start, "start", "within-date-range-start-is-valid-datetime"),
            (end, "end", "within-date-range-end-is-valid-datetime"),
        ] {
            if value.is_none() {
                let at = format!("{pointer}/within-date-range/{name}");
                self.fail(rule, &at, "the date has no time zone, or is none", help);
            }
        }
        if let (Some(start), Some(end)) = (start, end)
            && start > end
        {
            self.fail(
                "within-date-range-start-precedes-end",
                &format!("{pointer}/within-date-range"),
                "the range ends before it starts",
                "exchange `start` and `end`, or correct them",
            );
        }
    }
}
