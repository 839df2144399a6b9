//! Checklists of DISA STIG Viewer 3 (`.cklb`).

use std::io::BufRead;

use serde::Deserialize;

use super::json::{self, ListElement};
use super::stig;
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, stig_number};
use crate::{Asset, CheckKind, ScanError, ScanLimits, ScanResult, ScanRun};

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
    rules: Vec<ListElement<StigRule>>,
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

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
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
                ListElement::Read(rule) => {
                    let name = stig.display_name.as_deref();
                    sink.accept_result(build_result(place, rule, name, asset.clone()))?;
                }
                ListElement::Refused(reason) => sink.refuse_result(place, reason)?,
            }
            if sink.is_stopped() {
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

fn build_result(
    place: String,
    rule: &StigRule,
    stig_name: Option<&str>,
    asset: Option<Asset>,
) -> ScanResult {
    let id = [&rule.group_id, &rule.rule_id]
        .into_iter()
        .flatten()
        .find_map(|id| stig_number(id))
        .unwrap_or_else(|| text_or_blank(&rule.group_id));
    let mut result = ScanResult::new(place, stig::DETECTOR, id);
    result.kind = CheckKind::Configuration;
    result.title = text_or_blank(&rule.rule_title);
    result.description = text_or_blank(&rule.discussion);
    result.remediation = text_or_blank(&rule.fix_text);
    let changed = rule.overrides.pointer("/severity/severity").and_then(serde_json::Value::as_str);
    stig::rate_check(&mut result, &text_or_blank(&rule.severity), changed.unwrap_or_default());
    result.outcome = stig::parse_outcome(&text_or_blank(&rule.status));
    result.assets.extend(asset);
    for reference in [&rule.rule_version, &rule.rule_id].into_iter().flatten() {
        add(&mut result.references, reference);
    }
    for cci in &rule.ccis {
        add(&mut result.ccis, cci);
    }
    result.family = stig_name.map(str::to_owned);
    result.proofs = usize::from(!text_or_blank(&rule.finding_details).is_empty());
    result
}

fn text_or_blank(value: &Option<String>) -> String {
    value.as_deref().unwrap_or_default().trim().to_owned()
}
