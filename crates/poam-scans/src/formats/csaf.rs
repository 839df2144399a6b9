//! CSAF 2.0 documents with the VEX profile.

use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;
use serde_json::Value;

use super::json::{self, ListElement};
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::add;
use crate::time::{parse_day, parse_moment};
use crate::{ScanError, ScanLimits, VexProduct, VexStatement, VexStatus};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "csaf",
    title: "CSAF VEX",
    page: include_str!("csaf.md"),
    recognises: |head| head.has_keys(&["document", "csaf_version"]),
    read,
};

#[derive(Deserialize)]
struct Csaf {
    document: CsafDocument,
    #[serde(default)]
    product_tree: Value,
    #[serde(default, deserialize_with = "json::or_default")]
    vulnerabilities: Vec<ListElement<CsafVulnerability>>,
}

#[derive(Deserialize)]
struct CsafDocument {
    publisher: Option<Publisher>,
    tracking: Option<Tracking>,
}

#[derive(Deserialize)]
struct Publisher {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Tracking {
    current_release_date: Option<String>,
}

#[derive(Deserialize)]
struct CsafVulnerability {
    cve: Option<String>,
    #[serde(default)]
    ids: Vec<Identifier>,
    #[serde(default)]
    product_status: HashMap<String, Vec<String>>,
    #[serde(default)]
    flags: Vec<Flag>,
    #[serde(default)]
    threats: Vec<Threat>,
}

#[derive(Deserialize)]
struct Identifier {
    text: String,
}

#[derive(Deserialize)]
struct Flag {
    label: String,
    #[serde(default)]
    product_ids: Vec<String>,
}

#[derive(Deserialize)]
struct Threat {
    category: String,
    details: String,
}

/// The lists of `product_status` and what they state (CSAF 2.0, section 3.2.3.9).
const STATUSES: [(&str, VexStatus); 6] = [
    ("known_not_affected", VexStatus::NotAffected),
    ("known_affected", VexStatus::Affected),
    ("last_affected", VexStatus::Affected),
    ("fixed", VexStatus::Fixed),
    ("first_fixed", VexStatus::Fixed),
    ("under_investigation", VexStatus::UnderInvestigation),
];

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let csaf: Csaf = json::parse(input, limits)?;
    let mut names = HashMap::new();
    name_products(&csaf.product_tree, &mut names, 0);
    let author = csaf.document.publisher.map(|publisher| publisher.name).unwrap_or_default();
    let released = csaf.document.tracking.and_then(|tracking| tracking.current_release_date);
    let stated = released.as_deref().and_then(parse_day);
    let time = released.as_deref().and_then(parse_moment);
    for (at, vulnerability) in csaf.vulnerabilities.iter().enumerate() {
        let place = format!("/vulnerabilities/{at}");
        let vulnerability = match vulnerability {
            ListElement::Read(vulnerability) => vulnerability,
            ListElement::Refused(reason) => {
                sink.refuse_result(place, reason)?;
                continue;
            }
        };
        let has_status = STATUSES.iter().any(|(key, _)| {
            vulnerability.product_status.get(*key).is_some_and(|list| !list.is_empty())
        });
        if !has_status {
            sink.refuse_result(place, "the vulnerability states nothing about any product")?;
            continue;
        }
        let Some(id) =
            vulnerability.cve.clone().or_else(|| Some(vulnerability.ids.first()?.text.clone()))
        else {
            sink.refuse_result(place, "the vulnerability has no id")?;
            continue;
        };
        for (key, status) in STATUSES {
            let Some(products) =
                vulnerability.product_status.get(key).filter(|list| !list.is_empty())
            else {
                continue;
            };
            let mut justification = Vec::new();
            for flag in &vulnerability.flags {
                if status == VexStatus::NotAffected
                    && flag.product_ids.iter().any(|id| products.contains(id))
                {
                    add(&mut justification, &flag.label);
                }
            }
            for threat in vulnerability.threats.iter().filter(|threat| threat.category == "impact")
            {
                if status == VexStatus::NotAffected {
                    add(&mut justification, &threat.details);
                }
            }
            sink.accept_statement(VexStatement {
                place: format!("{place}/product_status/{key}"),
                vulnerability: id.clone(),
                aliases: vulnerability.ids.iter().map(|id| id.text.clone()).collect(),
                products: products
                    .iter()
                    .map(|id| VexProduct::named(names.get(id).unwrap_or(id)))
                    .collect(),
                status,
                justification: justification.join(": "),
                author: author.clone(),
                day: stated,
                time,
            })?;
            if sink.is_stopped() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Collects the package URL or the name of each product id of the tree.
fn name_products(tree: &Value, names: &mut HashMap<String, String>, depth: usize) {
    // Branches are nested; a tree this deep is no tree of products.
    if depth > 32 {
        return;
    }
    if let Some(id) = tree.get("product_id").and_then(Value::as_str) {
        // CSAF 2.1 has a list of package URLs.
        let helper = |path: &str| {
            tree.pointer(&format!("/product_identification_helper/{path}")).and_then(Value::as_str)
        };
        let purl = helper("purl").or_else(|| helper("purls/0"));
        let name = purl.or_else(|| tree.get("name")?.as_str()).unwrap_or(id);
        names.insert(id.to_owned(), name.to_owned());
    }
    for key in ["branches", "full_product_names", "relationships"] {
        for child in tree.get(key).and_then(Value::as_array).into_iter().flatten() {
            name_products(child, names, depth + 1);
        }
    }
    for key in ["product", "full_product_name"] {
        if let Some(child) = tree.get(key) {
            name_products(child, names, depth + 1);
        }
    }
}
