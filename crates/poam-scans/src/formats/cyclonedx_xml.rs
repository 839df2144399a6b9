//! CycloneDX documents in XML: 1.4 and later, and the extension for vulnerabilities of earlier ones, in
//! which they stand within their component.

use std::io::BufRead;

use serde_json::{Value, json};

use super::cyclonedx::{
    Advisory, Affects, Analysis, Bom, Component, Metadata, Rating, Reference, Vulnerability,
};
use super::json::Element as Listed;
use crate::xml::{Element, Step, XmlWalk};
use crate::{Limits, ScanError};

/// Reads a document into the form that JSON has too.
pub(super) fn parse(input: &mut dyn BufRead, limits: Limits) -> Result<Bom, ScanError> {
    let mut walk = XmlWalk::new(input, limits);
    let mut bom = Bom::default();
    while let Some(step) = walk.next()? {
        let Step::Start(element) = step else { continue };
        match element.name.as_str() {
            "metadata" => bom.metadata = metadata(&walk.take(element)?),
            "component" => {
                let component = walk.take(element)?;
                add_own_vulnerabilities(&component, &mut bom);
                bom.components.push(Listed::Read(read_component(&component)));
            }
            "vulnerability" => {
                let element = walk.take(element)?;
                bom.vulnerabilities.push(Listed::Read(vulnerability(&element)));
            }
            _ => {}
        }
    }
    Ok(bom)
}

fn metadata(element: &Element) -> Metadata {
    let tools: Vec<&Element> = match element.child("tools") {
        None => Vec::new(),
        Some(tools) => tools
            .children("tool")
            .chain(tools.children("components").flat_map(|list| list.children("component")))
            .collect(),
    };
    let tools: Vec<Value> = tools
        .into_iter()
        .map(|tool| json!({"name": tool.text_of("name"), "version": tool.text_of("version")}))
        .collect();
    Metadata {
        timestamp: text(element, "timestamp"),
        tools: Value::Array(tools),
        component: element.child("component").map(read_component),
    }
}

fn read_component(element: &Element) -> Component {
    let inner = element.children("components").flat_map(|list| list.children("component"));
    Component {
        bom_ref: Some(reference(element)),
        name: element.text_of("name").to_owned(),
        version: text(element, "version"),
        purl: text(element, "purl"),
        components: inner.map(read_component).collect(),
    }
}

/// Returns the reference of a component; earlier versions have none, so that name and version stand in.
fn reference(component: &Element) -> String {
    match component.attribute("bom-ref") {
        Some(reference) if !reference.is_empty() => reference.to_owned(),
        _ => format!("{}@{}", component.text_of("name"), component.text_of("version")),
    }
}

/// Adds the vulnerabilities within a component, as the extension of 1.2 and 1.3 has them.
fn add_own_vulnerabilities(component: &Element, bom: &mut Bom) {
    for list in component.children("vulnerabilities") {
        for element in list.children("vulnerability") {
            let mut vulnerability = vulnerability(element);
            vulnerability.affects = vec![Affects { r#ref: reference(component) }];
            bom.vulnerabilities.push(Listed::Read(vulnerability));
        }
    }
    for list in component.children("components") {
        for inner in list.children("component") {
            add_own_vulnerabilities(inner, bom);
        }
    }
}

fn vulnerability(element: &Element) -> Vulnerability {
    let inner = |list: &'static str, name: &'static str| {
        element.children(list).flat_map(move |list| list.children(name))
    };
    let mut recommendation = text(element, "recommendation");
    for entry in inner("recommendations", "recommendation") {
        recommendation.get_or_insert_with(|| entry.text.trim().to_owned());
    }
    Vulnerability {
        id: element.text_of("id").to_owned(),
        references: inner("references", "reference")
            .map(|entry| Reference { id: text(entry, "id") })
            .collect(),
        ratings: inner("ratings", "rating").map(rating).collect(),
        description: text(element, "description"),
        detail: text(element, "detail"),
        recommendation,
        advisories: inner("advisories", "advisory")
            .map(|entry| Advisory { url: text(entry, "url").or(non_blank(&entry.text)) })
            .collect(),
        affects: inner("affects", "target")
            .map(|target| Affects { r#ref: target.text_of("ref").to_owned() })
            .collect(),
        analysis: element.child("analysis").map(|analysis| Analysis {
            state: text(analysis, "state"),
            justification: text(analysis, "justification"),
            detail: text(analysis, "detail"),
            first_issued: text(analysis, "firstIssued"),
            last_updated: text(analysis, "lastUpdated"),
        }),
    }
}

fn rating(element: &Element) -> Rating {
    // The extension has the base score among others.
    let score = element.child("score");
    let number = score.map(|score| match score.text_of("base") {
        "" => score.text.trim(),
        base => base,
    });
    Rating {
        severity: text(element, "severity"),
        score: number.and_then(|number| number.parse().ok()),
        vector: text(element, "vector"),
    }
}

fn text(element: &Element, name: &str) -> Option<String> {
    non_blank(element.text_of(name))
}

fn non_blank(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
