//! Makes the published schemas from the types, and holds that the committed ones agree. Only for tests, so
//! that `schema` itself knows nothing of the types above it.

use serde_json::Value;

use crate::comparison::Comparison;
use crate::history::PrintedEvent;
use crate::model::Item;
use crate::portfolio::RawPortfolio;
use crate::schema::Schema;
use crate::settings::RawSettings;
use crate::verification::Verification;

/// Makes the schema of a published format from the types that are read and printed.
fn of_types(schema: Schema) -> Value {
    let mut made = match schema {
        Schema::Item => schemars::schema_for!(Item),
        Schema::Settings => schemars::schema_for!(RawSettings),
        Schema::Event => schemars::schema_for!(PrintedEvent<'static>),
        Schema::Diff => schemars::schema_for!(Comparison),
        Schema::Verify => schemars::schema_for!(Verification),
        Schema::Layout => crate::workbook::Layout::json_schema(),
        Schema::Portfolio => schemars::schema_for!(RawPortfolio),
    };
    let name = match schema {
        Schema::Item => "item",
        Schema::Settings => "settings",
        Schema::Event => "event",
        Schema::Diff => "diff",
        Schema::Verify => "verify",
        Schema::Layout => "layout",
        Schema::Portfolio => "portfolio",
    };
    made.insert("$id".to_owned(), format!("urn:poam:schema:{name}:1").into());
    let mut made = made.to_value();
    bound_numbers(&mut made);
    made
}

/// Gives every number the bound of its type: checkers and editors do not know what `uint32` means.
fn bound_numbers(schema: &mut Value) {
    match schema {
        Value::Array(values) => values.iter_mut().for_each(bound_numbers),
        Value::Object(fields) => {
            let most = match fields.get("format").and_then(Value::as_str) {
                Some("uint8") => Some(u32::from(u8::MAX)),
                Some("uint32") => Some(u32::MAX),
                _ => None,
            };
            if let (Some(most), false) = (most, fields.contains_key("maximum")) {
                fields.insert("maximum".to_owned(), most.into());
            }
            fields.values_mut().for_each(bound_numbers);
        }
        _ => {}
    }
}

/// Checks that the published schemas agree with the types. `POAM_ACCEPT=1 cargo test` writes them
/// again.
#[test]
fn the_published_schemas_agree_with_the_types() {
    for (schema, name) in [
        (Schema::Item, "item"),
        (Schema::Settings, "settings"),
        (Schema::Event, "event"),
        (Schema::Diff, "diff"),
        (Schema::Verify, "verify"),
        (Schema::Layout, "layout"),
        (Schema::Portfolio, "portfolio"),
    ] {
        let said = serde_json::to_string_pretty(&of_types(schema)).unwrap() + "\n";
        if std::env::var_os("POAM_ACCEPT").is_some() {
            let path = format!("{}/schema/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
            std::fs::write(path, &said).unwrap();
        } else {
            assert!(
                schema.text() == said,
                "schema/{name}.schema.json is not what the types say; accept with: POAM_ACCEPT=1 cargo test --lib schema"
            );
            assert!(schema.compiled_schema().is_some());
        }
    }
}
