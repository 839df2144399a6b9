//! CycloneDX documents in XML: 1.4 and later, and the extension for vulnerabilities of earlier ones, in
//! which they are within their component.

use std::io::BufRead;

use serde_json::{Value, json};

use super::cyclonedx::{
    Advisory, Affects, Analysis, Bom, CyclonedxComponent, CyclonedxMetadata,
    CyclonedxVulnerability, Rating, Reference,
};
use super::json::ListElement as Listed;
use crate::xml::{XmlElement, XmlStep, XmlWalk};
use crate::{ScanError, ScanLimits};

/// Reads a document into the form that JSON has too.
pub(super) fn parse(input: &mut dyn BufRead, limits: ScanLimits) -> Result<Bom, ScanError> {
    let mut walk = XmlWalk::new(input, limits);
    let mut bom = Bom::default();
    while let Some(step) = walk.next()? {
        let XmlStep::Start(element) = step else { continue };
        match element.name.as_str() {
            "metadata" => bom.metadata = read_metadata(&walk.read_rest(element)?),
            "component" => {
                let component = walk.read_rest(element)?;
                add_own_vulnerabilities(&component, &mut bom);
                bom.components.push(Listed::Read(read_component(&component)));
            }
            "vulnerability" => {
                let element = walk.read_rest(element)?;
                bom.vulnerabilities.push(Listed::Read(read_vulnerability(&element)));
            }
            _ => {}
        }
    }
    Ok(bom)
}

fn read_metadata(element: &XmlElement) -> CyclonedxMetadata {
    let tools: Vec<&XmlElement> = match element.find_child("tools") {
        None => Vec::new(),
        Some(tools) => tools
            .find_children("tool")
            .chain(
                tools.find_children("components").flat_map(|list| list.find_children("component")),
            )
            .collect(),
    };
    let tools: Vec<Value> = tools
        .into_iter()
        .map(|tool| json!({"name": tool.text_of("name"), "version": tool.text_of("version")}))
        .collect();
    CyclonedxMetadata {
        timestamp: child_text(element, "timestamp"),
        tools: Value::Array(tools),
        component: element.find_child("component").map(read_component),
    }
}

fn read_component(element: &XmlElement) -> CyclonedxComponent {
    let inner =
        element.find_children("components").flat_map(|list| list.find_children("component"));
    CyclonedxComponent {
        bom_ref: Some(component_reference(element)),
        name: element.text_of("name").to_owned(),
        version: child_text(element, "version"),
        purl: child_text(element, "purl"),
        components: inner.map(read_component).collect(),
    }
}

/// Returns the reference of a component; earlier versions have none, so that name and version are in.
fn component_reference(component: &XmlElement) -> String {
    match component.find_attribute("bom-ref") {
        Some(reference) if !reference.is_empty() => reference.to_owned(),
        _ => format!("{}@{}", component.text_of("name"), component.text_of("version")),
    }
}

/// Adds the vulnerabilities within a component, as the extension of 1.2 and 1.3 has them.
fn add_own_vulnerabilities(component: &XmlElement, bom: &mut Bom) {
    for list in component.find_children("vulnerabilities") {
        for element in list.find_children("vulnerability") {
            let mut vulnerability = read_vulnerability(element);
            vulnerability.affects = vec![Affects { r#ref: component_reference(component) }];
            bom.vulnerabilities.push(Listed::Read(vulnerability));
        }
    }
    for list in component.find_children("components") {
        for inner in list.find_children("component") {
            add_own_vulnerabilities(inner, bom);
        }
    }
}

fn read_vulnerability(element: &XmlElement) -> CyclonedxVulnerability {
    let inner = |list: &'static str, name: &'static str| {
        element.find_children(list).flat_map(move |list| list.find_children(name))
    };
    let mut recommendation = child_text(element, "recommendation");
    for entry in inner("recommendations", "recommendation") {
        recommendation.get_or_insert_with(|| entry.text.trim().to_owned());
    }
    CyclonedxVulnerability {
        id: element.text_of("id").to_owned(),
        references: inner("references", "reference")
            .map(|entry| Reference { id: child_text(entry, "id") })
            .collect(),
        ratings: inner("ratings", "rating").map(read_rating).collect(),
        description: child_text(element, "description"),
        detail: child_text(element, "detail"),
        recommendation,
        advisories: inner("advisories", "advisory")
            .map(|entry| Advisory { url: child_text(entry, "url").or(non_blank(&entry.text)) })
            .collect(),
        affects: inner("affects", "target")
            .map(|target| Affects { r#ref: target.text_of("ref").to_owned() })
            .collect(),
        analysis: element.find_child("analysis").map(|analysis| Analysis {
            state: child_text(analysis, "state"),
            justification: child_text(analysis, "justification"),
            detail: child_text(analysis, "detail"),
            first_issued: child_text(analysis, "firstIssued"),
            last_updated: child_text(analysis, "lastUpdated"),
        }),
    }
}

fn read_rating(element: &XmlElement) -> Rating {
    // The extension has the base score among others.
    let score = element.find_child("score");
    let number = score.map(|score| match score.text_of("base") {
        "" => score.text.trim(),
        base => base,
    });
    Rating {
        severity: child_text(element, "severity"),
        score: number.and_then(|number| number.parse().ok()),
        vector: child_text(element, "vector"),
    }
}

fn child_text(element: &XmlElement, name: &str) -> Option<String> {
    non_blank(element.text_of(name))
}

fn non_blank(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
