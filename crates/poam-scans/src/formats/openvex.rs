//! OpenVEX documents.

use std::io::BufRead;

use serde::Deserialize;
use serde_json::Value;

use super::json::{self, ListElement};
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::add;
use crate::time::{parse_day, parse_moment};
use crate::{ScanError, ScanLimits, VexProduct, VexStatement, VexStatus};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "openvex",
    title: "OpenVEX",
    page: include_str!("openvex.md"),
    recognises: |head| head.json_contains("openvex.dev/ns"),
    read,
};

#[derive(Deserialize)]
struct OpenvexDocument {
    #[serde(default, deserialize_with = "json::or_default")]
    author: String,
    timestamp: Option<String>,
    #[serde(default, deserialize_with = "json::or_default")]
    statements: Vec<ListElement<OpenvexStatement>>,
}

#[derive(Deserialize)]
struct OpenvexStatement {
    vulnerability: Value,
    #[serde(default)]
    products: Vec<Value>,
    status: String,
    justification: Option<String>,
    impact_statement: Option<String>,
    action_statement: Option<String>,
    timestamp: Option<String>,
    last_updated: Option<String>,
}

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let document: OpenvexDocument = json::parse(input, limits)?;
    for (at, statement) in document.statements.into_iter().enumerate() {
        let place = format!("/statements/{at}");
        let statement = match statement {
            ListElement::Read(statement) => statement,
            ListElement::Refused(reason) => {
                sink.refuse_result(place, reason)?;
                continue;
            }
        };
        let status = match statement.status.as_str() {
            "not_affected" => VexStatus::NotAffected,
            "affected" => VexStatus::Affected,
            "fixed" => VexStatus::Fixed,
            "under_investigation" => VexStatus::UnderInvestigation,
            word => {
                sink.refuse_result(place, format!("`{word}` is not a status of OpenVEX"))?;
                continue;
            }
        };
        // The specification before 0.2 has the id as a text.
        let text = |key: &str| statement.vulnerability.get(key).and_then(Value::as_str);
        let Some(vulnerability) = statement.vulnerability.as_str().or(text("name")).or(text("@id"))
        else {
            sink.refuse_result(place, "the statement names no vulnerability")?;
            continue;
        };
        let aliases = statement.vulnerability.get("aliases").and_then(Value::as_array);
        let products = statement.products.iter().map(|product| VexProduct {
            ids: ids(product),
            components: product
                .get("subcomponents")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .flat_map(ids)
                .collect(),
        });
        let texts =
            [&statement.justification, &statement.impact_statement, &statement.action_statement];
        let stated = statement
            .last_updated
            .as_deref()
            .or(statement.timestamp.as_deref())
            .or(document.timestamp.as_deref());
        sink.accept_statement(VexStatement {
            place,
            vulnerability: vulnerability.to_owned(),
            aliases: aliases
                .into_iter()
                .flatten()
                .filter_map(|alias| alias.as_str().map(str::to_owned))
                .collect(),
            products: products.filter(|product| !product.ids.is_empty()).collect(),
            status,
            justification: texts.into_iter().flatten().cloned().collect::<Vec<_>>().join(": "),
            author: document.author.clone(),
            day: stated.and_then(parse_day),
            time: stated.and_then(parse_moment),
        })?;
        if sink.is_stopped() {
            return Ok(());
        }
    }
    Ok(())
}

/// Returns the identifiers of a product or component: its id, and its package URL. The specification before
/// 0.2 has a product as a text.
fn ids(product: &Value) -> Vec<String> {
    let id = product.as_str().or_else(|| product.get("@id")?.as_str());
    let purl = product.pointer("/identifiers/purl").and_then(Value::as_str);
    let mut ids = Vec::new();
    for text in [id, purl].into_iter().flatten() {
        add(&mut ids, text);
    }
    ids
}
