//! Vulnerabilities and VEX statements in CycloneDX documents: JSON, and XML by [`super::cyclonedx_xml`].

use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;
use serde_json::Value;

use super::json::{self, ListElement};
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, find_cves};
use crate::time::{parse_day, parse_moment};
use crate::{
    Asset, AssetNaming, Outcome, Package, ScanError, ScanLimits, ScanResult, ScanRun, Severity,
    VexProduct, VexStatement, VexStatus,
};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "cyclonedx",
    title: "CycloneDX (vulnerabilities and VEX)",
    page: include_str!("cyclonedx.md"),
    recognises: |head| {
        head.has_keys(&["bomFormat"]) || head.has_namespace("http://cyclonedx.org/schema/bom")
    },
    read,
};

/// A document.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bom {
    #[serde(default, deserialize_with = "json::or_default")]
    pub(super) metadata: CyclonedxMetadata,
    #[serde(default, deserialize_with = "json::or_default")]
    pub(super) components: Vec<ListElement<CyclonedxComponent>>,
    #[serde(default, deserialize_with = "json::or_default")]
    pub(super) vulnerabilities: Vec<ListElement<CyclonedxVulnerability>>,
}

/// Subject and tools of the document.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct CyclonedxMetadata {
    pub(super) timestamp: Option<String>,
    pub(super) tools: Value,
    pub(super) component: Option<CyclonedxComponent>,
}

/// A component, with those in it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct CyclonedxComponent {
    #[serde(rename = "bom-ref")]
    pub(super) bom_ref: Option<String>,
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) purl: Option<String>,
    pub(super) components: Vec<CyclonedxComponent>,
}

/// A vulnerability, with what was decided about it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct CyclonedxVulnerability {
    pub(super) id: String,
    pub(super) references: Vec<Reference>,
    pub(super) ratings: Vec<Rating>,
    pub(super) description: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) recommendation: Option<String>,
    pub(super) advisories: Vec<Advisory>,
    pub(super) affects: Vec<Affects>,
    pub(super) analysis: Option<Analysis>,
}

/// An id of the same vulnerability elsewhere.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Reference {
    pub(super) id: Option<String>,
}

/// A rating by one source.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Rating {
    pub(super) severity: Option<String>,
    pub(super) score: Option<f64>,
    pub(super) vector: Option<String>,
}

/// A text about the vulnerability.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Advisory {
    pub(super) url: Option<String>,
}

/// An affected component, by its reference.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Affects {
    pub(super) r#ref: String,
}

/// A decision about the vulnerability.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Analysis {
    pub(super) state: Option<String>,
    pub(super) justification: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) first_issued: Option<String>,
    pub(super) last_updated: Option<String>,
}

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let first = input.fill_buf()?.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
    let bom = if first == Some(b'<') {
        super::cyclonedx_xml::parse(input, limits)?
    } else {
        json::parse(input, limits)?
    };
    hand_over(&bom, sink)
}

/// Hands over the results and statements of a document.
fn hand_over(bom: &Bom, sink: &mut CountingSink<'_>) -> Result<(), ScanError> {
    let mut components = HashMap::new();
    for component in &bom.components {
        if let ListElement::Read(component) = component {
            collect(component, &mut components);
        }
    }
    let day = bom.metadata.timestamp.as_deref().and_then(parse_day);
    let (tool, version) = first_tool(&bom.metadata.tools);
    let asset = bom
        .metadata
        .component
        .as_ref()
        .map(name_of)
        .filter(|name| !name.is_empty())
        .map(Asset::new);
    for (at, vulnerability) in bom.vulnerabilities.iter().enumerate() {
        let place = format!("/vulnerabilities/{at}");
        let vulnerability = match vulnerability {
            ListElement::Read(vulnerability) => vulnerability,
            ListElement::Refused(reason) => {
                sink.refuse_result(place, reason.clone())?;
                continue;
            }
        };
        if let Some(statement) = read_statement(&place, vulnerability, &components, &tool, day) {
            sink.accept_statement(statement)?;
        }
        let mut result = build_result(place, vulnerability, &components, &tool);
        result.assets.extend(asset.clone());
        result.last_seen = day;
        sink.accept_result(result)?;
        if sink.is_stopped() {
            return Ok(());
        }
    }
    let mut run = ScanRun {
        lists_only_findings: Some(detector_family(&tool)),
        naming: AssetNaming::Artifacts,
        tool,
        version,
        day,
        assets: asset.iter().cloned().collect(),
        ..ScanRun::default()
    };
    run.include_time(bom.metadata.timestamp.as_deref().and_then(parse_moment));
    // The components are what the tool looked at.
    for class in components.values().filter_map(|component| class_of(&run.tool, component)) {
        let assets = run.classes.entry(class.to_owned()).or_default();
        assets.extend(asset.iter().map(|asset| asset.name.clone()));
    }
    sink.run(run);
    Ok(())
}

/// Files components by their reference, those within others too.
fn collect<'a>(
    component: &'a CyclonedxComponent,
    into: &mut HashMap<&'a str, &'a CyclonedxComponent>,
) {
    if let Some(reference) = &component.bom_ref {
        into.insert(reference, component);
    }
    for inner in &component.components {
        collect(inner, into);
    }
}

fn name_of(component: &CyclonedxComponent) -> String {
    match &component.version {
        Some(version) if !version.is_empty() => format!("{}:{version}", component.name),
        _ => component.name.clone(),
    }
}

/// Returns the first tool, in the form of 1.4 (a list) or of 1.5 (components).
fn first_tool(tools: &Value) -> (String, Option<String>) {
    let list = tools.as_array().or_else(|| tools.get("components")?.as_array());
    let first = list.and_then(|list| list.first());
    let text = |key: &str| first.and_then(|tool| tool.get(key)?.as_str()).map(str::to_owned);
    (text("name").unwrap_or_else(|| "CycloneDX".to_owned()), text("version"))
}

/// Names the family of detectors: Grype and Trivy give the same ids in their own formats.
fn detector_family(tool: &str) -> String {
    match tool.to_ascii_lowercase().as_str() {
        "grype" => "Grype".to_owned(),
        "trivy" => "Trivy".to_owned(),
        _ => tool.to_owned(),
    }
}

/// Returns Trivy's kind of checks of a component: its JSON names the same kinds.
fn class_of(tool: &str, component: &CyclonedxComponent) -> Option<&'static str> {
    let kind = component.purl.as_deref()?.strip_prefix("pkg:")?.split('/').next()?;
    let is_of_system = ["apk", "deb", "rpm", "alpm", "bitnami"].contains(&kind);
    tool.eq_ignore_ascii_case("trivy").then_some(if is_of_system { "os-pkgs" } else { "lang-pkgs" })
}

fn build_result(
    place: String,
    vulnerability: &CyclonedxVulnerability,
    components: &HashMap<&str, &CyclonedxComponent>,
    tool: &str,
) -> ScanResult {
    let mut result = ScanResult::new(place, detector_family(tool), vulnerability.id.clone());
    result.description =
        vulnerability.description.clone().or(vulnerability.detail.clone()).unwrap_or_default();
    result.title = vulnerability.id.clone();
    result.remediation = vulnerability.recommendation.clone().unwrap_or_default();
    for rating in &vulnerability.ratings {
        let severity = match (&rating.severity, rating.score) {
            (Some(word), _) => Severity::from_word(word),
            (None, Some(score)) => Severity::from_cvss(score),
            (None, None) => Severity::Unknown,
        };
        // Sources disagree; the most severe counts.
        if severity > result.severity {
            result.severity = severity;
            result.severity_source = rating
                .severity
                .clone()
                .unwrap_or_else(|| rating.score.map(|score| score.to_string()).unwrap_or_default());
        }
        add(&mut result.cvss, rating.vector.as_deref().unwrap_or_default());
    }
    result.cves = find_cves(&vulnerability.id);
    for reference in &vulnerability.references {
        for cve in find_cves(reference.id.as_deref().unwrap_or_default()) {
            add(&mut result.cves, cve);
        }
    }
    for advisory in &vulnerability.advisories {
        add(&mut result.references, advisory.url.as_deref().unwrap_or_default());
    }
    for affects in &vulnerability.affects {
        let component = components.get(affects.r#ref.as_str());
        if result.class.is_none() {
            let class = component.and_then(|component| class_of(tool, component));
            result.class = class.map(str::to_owned);
        }
        let package = match component {
            Some(component) => Package {
                name: component.name.clone(),
                installed: component.version.clone(),
                fixed: None,
            },
            None => Package { name: affects.r#ref.clone(), installed: None, fixed: None },
        };
        let purl = component.and_then(|component| component.purl.as_deref());
        add(&mut result.purls, purl.unwrap_or_default());
        if !result.packages.contains(&package) {
            result.packages.push(package);
        }
    }
    if let Some(first) = result.packages.first() {
        result.title = format!("{}: {}", vulnerability.id, first.name);
    }
    let analysis = vulnerability.analysis.as_ref();
    let reason = analysis.map(analysis_reason).unwrap_or_default();
    result.outcome = match analysis.and_then(|analysis| analysis.state.as_deref()) {
        // A statement of a person, which no scan confirms.
        Some(
            word @ ("resolved" | "resolved_with_pedigree" | "false_positive" | "not_affected"),
        ) => Outcome::Suppressed {
            reason: if reason.is_empty() { word.to_owned() } else { format!("{word}: {reason}") },
        },
        _ => Outcome::Failed,
    };
    result
}

fn analysis_reason(analysis: &Analysis) -> String {
    let parts = [&analysis.justification, &analysis.detail];
    parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join(": ")
}

/// Reads the analysis of a vulnerability as a VEX statement; none where nobody decided.
fn read_statement(
    place: &str,
    vulnerability: &CyclonedxVulnerability,
    components: &HashMap<&str, &CyclonedxComponent>,
    author: &str,
    day_of_file: Option<chrono::NaiveDate>,
) -> Option<VexStatement> {
    let analysis = vulnerability.analysis.as_ref()?;
    let status = match analysis.state.as_deref()? {
        "resolved" | "resolved_with_pedigree" => VexStatus::Fixed,
        "exploitable" => VexStatus::Affected,
        "false_positive" | "not_affected" => VexStatus::NotAffected,
        _ => return None,
    };
    let products = vulnerability.affects.iter().map(|affects| {
        let component = components.get(affects.r#ref.as_str());
        // A link into another document (`urn:cdx:…/1#pkg:npm/lib@1`) ends with the reference there.
        let linked = || affects.r#ref.rsplit('#').next().unwrap_or_default().to_owned();
        VexProduct::named(match component {
            Some(component) => component.purl.clone().unwrap_or_else(|| name_of(component)),
            None if affects.r#ref.starts_with("urn:cdx:") => linked(),
            None => affects.r#ref.clone(),
        })
    });
    let stated = analysis.last_updated.as_deref().or(analysis.first_issued.as_deref());
    let time = stated.and_then(parse_moment);
    let stated = stated.and_then(parse_day);
    Some(VexStatement {
        place: format!("{place}/analysis"),
        vulnerability: vulnerability.id.clone(),
        aliases: vulnerability
            .references
            .iter()
            .filter_map(|reference| reference.id.clone())
            .collect(),
        products: products.collect(),
        status,
        justification: analysis_reason(analysis),
        author: author.to_owned(),
        day: stated.or(day_of_file),
        time,
    })
}
