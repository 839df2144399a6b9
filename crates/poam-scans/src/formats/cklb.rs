//! Checklists of DISA STIG Viewer 3 (`.cklb`).

use std::io::BufRead;

use serde::Deserialize;

use super::json::{self, Element};
use super::stig;
use crate::format::{Counter, ScanFormat};
use crate::identifiers::{add, stig_number};
use crate::{Asset, CheckKind, Limits, ScanError, ScanResult, ScanRun};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "cklb",
    title: "STIG checklist (.cklb)",
    page: include_str!("cklb.md"),
    recognises: |head| head.has_keys(&["stigs", "target_data"]) || head.has_keys(&["cklb_version"]),
    read,
};

#[derive(Deserialize)]
struct Checklist {
    #[serde(default, deserialize_with = "json::or_default")]
    target_data: TargetData,
    #[serde(default, deserialize_with = "json::or_default")]
    stigs: Vec<Stig>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TargetData {
    host_name: Option<String>,
    fqdn: Option<String>,
    ip_address: Option<String>,
}

#[derive(Deserialize)]
struct Stig {
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "json::or_default")]
    rules: Vec<Element<StigRule>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct StigRule {
    group_id: Option<String>,
    rule_id: Option<String>,
    rule_version: Option<String>,
    rule_title: Option<String>,
    discussion: Option<String>,
    fix_text: Option<String>,
    severity: Option<String>,
    status: Option<String>,
    finding_details: Option<String>,
    ccis: Vec<String>,
    overrides: serde_json::Value,
}

fn read(input: &mut dyn BufRead, limits: Limits, sink: &mut Counter<'_>) -> Result<(), ScanError> {
    let checklist: Checklist = json::parse(input, limits)?;
    let target = checklist.target_data;
    let asset = [target.host_name, target.fqdn, target.ip_address]
        .into_iter()
        .flatten()
        .find(|name| !name.trim().is_empty())
        .map(Asset::new);
    for (at, stig) in checklist.stigs.into_iter().enumerate() {
        for (number, rule) in stig.rules.iter().enumerate() {
            let place = format!("/stigs/{at}/rules/{number}");
            match rule {
                Element::Read(rule) => {
                    let name = stig.display_name.as_deref();
                    sink.result(result(place, rule, name, asset.clone()))?;
                }
                Element::Refused(reason) => sink.refuse(place, reason)?,
            }
            if sink.stopped() {
                return Ok(());
            }
        }
        sink.run(ScanRun {
            tool: "STIG checklist".to_owned(),
            profile: stig.display_name,
            assets: asset.iter().cloned().collect(),
            ..ScanRun::default()
        });
    }
    Ok(())
}

fn result(
    place: String,
    rule: &StigRule,
    stig_name: Option<&str>,
    asset: Option<Asset>,
) -> ScanResult {
    let text = |value: &Option<String>| value.as_deref().unwrap_or_default().trim().to_owned();
    let id = [&rule.group_id, &rule.rule_id]
        .into_iter()
        .flatten()
        .find_map(|id| stig_number(id))
        .unwrap_or_else(|| text(&rule.group_id));
    let mut result = ScanResult::new(place, stig::DETECTOR, id);
    result.kind = CheckKind::Configuration;
    result.title = text(&rule.rule_title);
    result.description = text(&rule.discussion);
    result.remediation = text(&rule.fix_text);
    let changed = rule.overrides.pointer("/severity/severity").and_then(serde_json::Value::as_str);
    stig::rate(&mut result, &text(&rule.severity), changed.unwrap_or_default());
    result.outcome = stig::outcome(&text(&rule.status));
    result.assets.extend(asset);
    for reference in [&rule.rule_version, &rule.rule_id].into_iter().flatten() {
        add(&mut result.references, reference);
    }
    for cci in &rule.ccis {
        add(&mut result.ccis, cci);
    }
    result.family = stig_name.map(str::to_owned);
    result.proofs = usize::from(!text(&rule.finding_details).is_empty());
    result
}
