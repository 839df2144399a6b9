//! A finding as a new item.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use poam_scans::{CheckKind, Severity};
use serde_json::json;

use super::finding::Finding;
use crate::model::{
    CONTROLS, Due, Item, ItemId, Kev, Kind, PermanentValues, RiskRating, Status, controls_of_cci,
};
use crate::settings::{ScanRule, ScanSettings, Settings, matches_pattern};

/// Longest name of an item; the rest of a longer title is in the description.
const MAX_NAME: usize = 250;

/// Returns the risk rating of a finding by the settings, else by the severity's own name. A severity
/// that the scanner does not give counts as moderate unless the settings state otherwise; plans state so.
/// `None` for informational results.
pub(super) fn find_rating(severity: Severity, settings: &ScanSettings) -> Option<RiskRating> {
    if let Some(rating) = settings.ratings.get(severity.name()) {
        return Some(*rating);
    }
    match severity {
        Severity::Informational => None,
        Severity::Low => Some(RiskRating::Low),
        Severity::Unknown | Severity::Moderate => Some(RiskRating::Moderate),
        Severity::High => Some(RiskRating::High),
        Severity::Critical => Some(RiskRating::Critical),
    }
}

/// Makes the item of a finding.
pub(super) fn new_item(
    id: ItemId,
    finding: &Finding,
    rating: RiskRating,
    detected: NaiveDate,
    status: Status,
    settings: &Settings,
) -> Item {
    let (name, rest) = name_of(finding);
    let mut item = Item::new(id, name, status, detected, rating);
    if finding.kind == CheckKind::Configuration {
        item.kind = Kind::Configuration;
    }
    item.weakness_description = build_description(finding, &rest);
    item.remediation_plan = visible_text(&finding.remediation);
    item.detector_source = visible_text(&finding.detector);
    item.source_identifier = Some(finding.key.id.clone());
    item.cves = finding.cves.iter().cloned().collect();
    item.assets = finding.assets.keys().map(ToString::to_string).collect();
    item.kev = finding.kev.then_some(Kev { listed: true, added: None, due: finding.kev_due });
    let mut controls = find_controls(finding);
    for rule in rules_of(finding, settings) {
        if item.point_of_contact.is_none() {
            item.point_of_contact =
                rule.owner.clone().map(crate::settings::PersonOrName::into_person);
        }
        for control in &rule.controls {
            match CONTROLS.in_force(control).as_slice() {
                // The settings allow only controls of the catalog, unless its rule is configured otherwise.
                [] if !CONTROLS.has_id(control) => {
                    controls.insert(control.clone());
                }
                in_force => controls.extend(in_force.iter().map(|&control| control.to_owned())),
            }
        }
    }
    item.controls = controls.into_iter().collect();
    if !finding.references.is_empty() {
        item.comments = Some(format!("References:\n- {}", finding.references.join("\n- ")));
    }
    for (key, value) in [
        ("cvss", json!(finding.cvss)),
        ("cci", json!(finding.ccis)),
        ("purl", json!(finding.purls)),
        ("scanner_severity", json!(finding.severity_source)),
        ("scanner_family", json!(finding.family)),
    ] {
        let blank = value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty);
        if !blank {
            item.extra.insert(key.to_owned(), value);
        }
    }
    let permanent = PermanentValues::resolve(&item, None);
    item.scheduled_completion_date =
        Some(Due::compute(&item, permanent, &settings.deadlines).scheduled);
    item
}

/// Returns the rules of the settings that match a finding.
fn rules_of<'a>(
    finding: &'a Finding,
    settings: &'a Settings,
) -> impl Iterator<Item = &'a ScanRule> {
    settings.scan.rules.iter().filter(|rule| {
        let ids = || std::iter::once(&finding.key.id).chain(&finding.cves);
        let holds = |pattern: &Option<String>, mut texts: Box<dyn Iterator<Item = &str> + '_>| {
            pattern.as_ref().is_none_or(|pattern| texts.any(|text| matches_pattern(pattern, text)))
        };
        holds(&rule.id, Box::new(ids().map(String::as_str)))
            && holds(&rule.asset, Box::new(finding.assets.keys().map(|asset| asset.name.as_str())))
            && holds(&rule.family, Box::new(finding.family.iter().map(String::as_str)))
            && holds(&rule.detector, Box::new(std::iter::once(finding.detector.as_str())))
    })
}

/// Returns the name in one line, and the rest of a title that is too long for it.
fn name_of(finding: &Finding) -> (String, String) {
    let title = if finding.title.trim().is_empty() { &finding.key.id } else { &finding.title };
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    match title.char_indices().nth(MAX_NAME) {
        Some((at, _)) => (format!("{}…", title[..at].trim_end()), title),
        None => (title, String::new()),
    }
}

/// Returns the description, with the entire title where the name is cut, and the packages.
fn build_description(finding: &Finding, title: &str) -> Option<String> {
    let mut parts = Vec::new();
    for text in [title, finding.description.trim()] {
        if !text.is_empty() {
            parts.push(text.to_owned());
        }
    }
    if !finding.packages.is_empty() {
        let mut lines = vec!["Packages:".to_owned()];
        for package in &finding.packages {
            let installed =
                package.installed.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
            let fixed = package
                .fixed
                .as_ref()
                .map(|version| format!(", fixed in {version}"))
                .unwrap_or_default();
            lines.push(format!("- {}{installed}{fixed}", package.name));
        }
        parts.push(lines.join("\n"));
    }
    visible_text(&parts.join("\n\n"))
}

/// Returns the controls of a finding: those of its CCI ids where it has any, so that a checklist, its
/// benchmark's results and its HDF file agree; else those that the file names. All are in force in Rev 5.
fn find_controls(finding: &Finding) -> BTreeSet<String> {
    let of_ccis: BTreeSet<String> =
        finding.ccis.iter().flat_map(|id| controls_of_cci(id)).map(str::to_owned).collect();
    if of_ccis.is_empty() {
        let named = finding.controls.iter().filter_map(|text| parse_control(text));
        let in_force = named.flat_map(|control| CONTROLS.in_force(&control));
        return in_force.map(str::to_owned).collect();
    }
    of_ccis
}

/// Returns the control in a text such as `AC-2 (1) a` or `CM-6 b`; `None` where it is none.
fn parse_control(text: &str) -> Option<String> {
    let text = text.trim().to_uppercase().replace(" (", "(");
    let (family, rest) = text.split_once('-')?;
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    if family.len() != 2 || !family.chars().all(|c| c.is_ascii_uppercase()) || number.is_empty() {
        return None;
    }
    let enhancement: String = rest[number.len()..]
        .strip_prefix('(')
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect())
        .unwrap_or_default();
    Some(match enhancement.as_str() {
        "" => format!("{family}-{number}"),
        enhancement => format!("{family}-{number}({enhancement})"),
    })
}

fn visible_text(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse_control;

    #[test]
    fn statements_of_controls_are_cut_to_the_control() {
        let table = [
            ("CM-6 b", Some("CM-6")),
            ("AC-2 (1)", Some("AC-2(1)")),
            ("ac-2(1)", Some("AC-2(1)")),
            ("SC-13", Some("SC-13")),
            ("Rev_4", None),
            ("X-1", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse_control(text).as_deref(), expected, "{text}");
        }
    }
}
