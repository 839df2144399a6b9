//! Every operation of the OpenAPI document, called: its answer has a status that the document names, and the
//! body that it describes.

use serde_json::{Value, json};

use super::client::{Answer, Server};
use super::{start, tracker};

/// A validator of the schema at a place of the document. Schemas of files lie beside it.
fn validator(server: &Server, document: &Value, schema: &Value) -> jsonschema::Validator {
    let mut beside = json!({});
    for name in ["item.schema.json", "event.schema.json"] {
        let mut schema = server.get(&format!("/api/v1/{name}")).json();
        schema["$id"] = json!(format!("https://poam.invalid/{name}"));
        beside[name] = schema;
    }
    let root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://poam.invalid/root",
        "allOf": [schema],
        "components": document["components"],
        "$defs": beside,
    });
    jsonschema::validator_for(&root).unwrap()
}

/// A right call of an operation and a wrong one: path and body.
fn calls(path: &str) -> Vec<(String, Value)> {
    let own = path.trim_start_matches("/api/v1");
    let fill = |id: &str| path.replace("{id}", id);
    match own {
        "/items" => {
            vec![(path.to_owned(), json!(null)), (format!("{path}?sort=luck"), json!(null))]
        }
        "/events" => {
            vec![(path.to_owned(), json!(null)), (format!("{path}?since=soon"), json!(null))]
        }
        "/todo" => vec![(path.to_owned(), json!(null)), (format!("{path}?days=x"), json!(null))],
        "/items/{id}" | "/items/{id}/events" => {
            vec![(fill("A%2FB"), json!(null)), (fill("V-9"), json!(null))]
        }
        "/poam-items/{status}" => {
            let fill = |status: &str| (path.replace("{status}", status), json!(null));
            vec![fill("open"), fill("opne")]
        }
        "/poam/{id}/update-status" => vec![
            (fill("V-1"), json!({"status": "in-progress"})),
            (fill("V-1"), json!({"status": "open"})),
            (fill("V-1"), json!({"status": "closed"})),
            (fill("V-9"), json!({"status": "open"})),
            (fill("V-1"), json!({"status": "in-progress", "version": "0123"})),
        ],
        "/poam/{id}/update-planned-milestones" => vec![
            (fill("V-2"), json!({"planned_milestones": "3. 2026-02-20: Scan again\n4. Report"})),
            (fill("V-2"), json!({"planned_milestones": ""})),
        ],
        "/poam/{id}/log-milestone-change" | "/poam/{id}/update-milestones" => vec![
            (
                fill("A%2FB"),
                json!({"milestone_update": "Milestone 1 updated: waits for the vendor"}),
            ),
            (fill("A%2FB"), json!({"milestone_update": "done"})),
        ],
        "/commands/{command}" => {
            let call = |name: &str| path.replace("{command}", name);
            vec![
                (
                    call("assign"),
                    json!({"items": ["V-1"], "arguments": {"to": "Sam Roe"}, "dry_run": true}),
                ),
                (call("assign"), json!({"items": ["V-1"], "arguments": {"to": "Sam Roe"}})),
                (
                    call("assign"),
                    json!({"items": ["V-1"], "arguments": {"to": "Jane Doe"}, "versions": {"V-1": "0123"}}),
                ),
                (call("import"), json!({})),
            ]
        }
        "/undo" => vec![(path.to_owned(), json!({"commit": "HEAD"})), (path.to_owned(), json!([]))],
        _ if !own.contains('{') => vec![(path.to_owned(), json!(null))],
        _ => panic!("no call for {path}: give one"),
    }
}

fn check(server: &Server, document: &Value, operation: &Value, answer: &Answer, call: &str) {
    let responses = operation["responses"].as_object().unwrap();
    let described = responses
        .get(&answer.status.to_string())
        .unwrap_or_else(|| panic!("{call}: {} is not described: {}", answer.status, answer.text()));
    assert_eq!(answer.header("content-type").as_deref(), Some("application/json"), "{call}");
    let schema = &described["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{call}: no schema for {}", answer.status);
    let value = answer.json();
    let faults: Vec<String> = validator(server, document, schema)
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{call}: {faults:?}\n{value}");
}

#[test]
fn every_operation_answers_as_it_is_described() {
    let repo = tracker();
    let server = start(&repo, &[]);
    let document = server.get("/api/v1/openapi.json").json();
    let mut statuses = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (target, body) in calls(path) {
                let answer = match method.as_str() {
                    "get" => server.get(&target),
                    _ => server.post_json(&target, &body),
                };
                let call = format!("{method} {target} {body}");
                check(&server, &document, operation, &answer, &call);
                statuses.insert(answer.status);
            }
            // Without the token.
            let host = format!("127.0.0.1:{}", server.port);
            let target = path.replace(['{', '}'], "");
            let method = method.to_uppercase();
            let answer = server.raw(&method, &target, &[("Host", &host)], b"{}");
            assert_eq!(answer.status, 403, "{target}");
            check(&server, &document, operation, &answer, &target);
        }
    }
    let expected = std::collections::BTreeSet::from([200, 400, 404, 409]);
    assert_eq!(statuses, expected);
}
