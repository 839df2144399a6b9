//! OpenVEX documents.

use std::io::BufRead;

use serde::Deserialize;
use serde_json::Value;

use super::json::{self, Element};
use crate::format::{Counter, ScanFormat};
use crate::time::day;
use crate::{Limits, ScanError, VexStatement, VexStatus};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "openvex",
    title: "OpenVEX",
    page: include_str!("openvex.md"),
    recognises: |head| head.json_contains("openvex.dev/ns"),
    read,
};

#[derive(Deserialize)]
struct Document {
    #[serde(default, deserialize_with = "json::or_default")]
    author: String,
    timestamp: Option<String>,
    #[serde(default, deserialize_with = "json::or_default")]
    statements: Vec<Element<Statement>>,
}

#[derive(Deserialize)]
struct Statement {
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

fn read(input: &mut dyn BufRead, limits: Limits, sink: &mut Counter<'_>) -> Result<(), ScanError> {
    let document: Document = json::parse(input, limits)?;
    for (at, statement) in document.statements.into_iter().enumerate() {
        let place = format!("/statements/{at}");
        let statement = match statement {
            Element::Read(statement) => statement,
            Element::Refused(reason) => {
                sink.refuse(place, reason)?;
                continue;
            }
        };
        let status = match statement.status.as_str() {
            "not_affected" => VexStatus::NotAffected,
            "affected" => VexStatus::Affected,
            "fixed" => VexStatus::Fixed,
            "under_investigation" => VexStatus::UnderInvestigation,
            word => {
                sink.refuse(place, format!("`{word}` is not a status of OpenVEX"))?;
                continue;
            }
        };
        // The specification before 0.2 has the id as a text.
        let text = |key: &str| statement.vulnerability.get(key).and_then(Value::as_str);
        let Some(vulnerability) = statement.vulnerability.as_str().or(text("name")).or(text("@id"))
        else {
            sink.refuse(place, "the statement names no vulnerability")?;
            continue;
        };
        let aliases = statement.vulnerability.get("aliases").and_then(Value::as_array);
        let products = statement.products.iter().filter_map(|product| {
            product.as_str().or_else(|| product.get("@id")?.as_str()).map(str::to_owned)
        });
        let texts =
            [&statement.justification, &statement.impact_statement, &statement.action_statement];
        let stated = statement
            .last_updated
            .as_deref()
            .or(statement.timestamp.as_deref())
            .or(document.timestamp.as_deref());
        sink.statement(VexStatement {
            place,
            vulnerability: vulnerability.to_owned(),
            aliases: aliases
                .into_iter()
                .flatten()
                .filter_map(|alias| alias.as_str().map(str::to_owned))
                .collect(),
            products: products.collect(),
            status,
            justification: texts.into_iter().flatten().cloned().collect::<Vec<_>>().join(": "),
            author: document.author.clone(),
            day: stated.and_then(day),
        })?;
        if sink.stopped() {
            return Ok(());
        }
    }
    Ok(())
}
