//! The OpenAPI document of the JSON API. Events are described by their own schema, which lies beside it. A test compares it with the
//! routes, and the published file with what is written here.

use serde_json::{Map, Value, json};

/// The document as published.
pub(super) const DOCUMENT: &str = include_str!("../../schema/openapi.json");

/// A parameter behind `?`.
fn query(name: &str, kind: &Value, description: &str) -> Value {
    json!({"name": name, "in": "query", "description": description, "schema": kind})
}

fn part(name: &str, description: &str) -> Value {
    json!({
        "name": name, "in": "path", "required": true, "description": description,
        "schema": {"type": "string"},
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// An answer with a body.
fn answer(description: &str, schema: &Value) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": schema}}})
}

fn body(schema: &Value) -> Value {
    json!({"required": true, "content": {"application/json": {"schema": schema}}})
}

/// An operation that reads.
fn read(id: &str, summary: &str, parameters: &[Value], schema: &Value, missing: bool) -> Value {
    let mut responses = Map::new();
    responses.insert("200".to_owned(), answer("As asked.", schema));
    responses.insert("400".to_owned(), answer("A value is wrong.", &reference("Error")));
    responses
        .insert("403".to_owned(), answer("No token, or another site asked.", &reference("Error")));
    responses.insert("500".to_owned(), answer("The tracker cannot be read.", &reference("Error")));
    if missing {
        responses.insert("404".to_owned(), answer("There is no such item.", &reference("Error")));
    }
    json!({
        "get": {
            "operationId": id, "summary": summary, "parameters": parameters, "responses": responses,
        }
    })
}

/// An operation that changes something.
fn change(id: &str, summary: &str, parameters: &[Value], request: &Value, done: &Value) -> Value {
    let mut parameters = parameters.to_vec();
    parameters.push(json!({
        "name": "If-Match", "in": "header", "schema": {"type": "string"},
        "description": "The version of the item that the change was decided on.",
    }));
    json!({
        "post": {
            "operationId": id, "summary": summary, "parameters": parameters,
            "requestBody": body(request),
            "responses": {
                "200": answer("Done, in one commit.", done),
                "400": answer("The rules or the workflow are against it, or the body is wrong.", &reference("Error")),
                "403": answer("No token, another site, or a page for reading only.", &reference("Error")),
                "404": answer("There is no such item or command.", &reference("Error")),
                "409": answer("Somebody else changed the item: both values.", &reference("Conflict")),
                "408": answer("The body took too long.", &reference("Error")),
                "413": answer("The body is too large.", &reference("Error")),
                "500": answer("The tracker cannot be read.", &reference("Error")),
            }
        }
    })
}

fn components() -> Value {
    let text = json!({"type": "string"});
    let mut schemas = Map::new();
    let mut add = |name: &str, schema: Value| schemas.insert(name.to_owned(), schema);
    add(
        "ItemWithDerived",
        json!({
            "description": "An item as in its file (item.schema.json), with what follows from the commits and the settings.",
            "type": "object",
            "properties": {
                "id": text,
                "derived": {"type": "object", "properties": {
                    "version": {"type": "string", "description": "The blob id of its file: the version of the item."},
                }, "required": ["version"]},
            },
            "required": ["id", "derived"],
        }),
    );
    add(
        "Events",
        json!({
            "type": "object",
            "properties": {
                "version": {"const": 1},
                "total": {"type": "integer", "description": "How many events there are in all."},
                "offset": {"type": "integer"},
                "events": {"type": "array", "items": {"$ref": "event.schema.json"}},
            },
            "required": ["version", "total", "offset", "events"],
        }),
    );
    add(
        "Error",
        json!({
            "type": "object",
            "properties": {"error": {"type": "string", "description": "Why, and what would do."}},
            "required": ["error"],
        }),
    );
    add(
        "Conflict",
        json!({
            "type": "object",
            "properties": {
                "error": text,
                "poam_id": text,
                "version": {"type": "string", "description": "The version that the item has now."},
                "yours": {"description": "The values that were asked for."},
                "theirs": {"description": "The values that the item has now."},
                "changed": {"type": "array", "items": {
                    "type": "object",
                    "properties": {"item": text, "field": text, "seen": {}, "now": {}},
                    "required": ["item", "field", "seen", "now"],
                }},
            },
            "required": ["error", "yours", "theirs"],
        }),
    );
    add(
        "Changed",
        json!({
            "type": "object",
            "properties": {
                "message": text,
                "poam_id": text,
                "commit": {"type": ["string", "null"]},
            },
            "required": ["message", "poam_id"],
        }),
    );
    add(
        "Command",
        json!({
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": text, "description": "The ids of the items."},
                "arguments": {
                    "type": "object",
                    "description": "The arguments by their names, as GET /api/v1/commands lists them.",
                    "additionalProperties": {"anyOf": [text, {"type": "boolean"}, {"type": "array", "items": text}, {"type": "number"}]},
                },
                "versions": {
                    "type": "object", "additionalProperties": text,
                    "description": "The versions of the items that the change was decided on, by id.",
                },
                "dry_run": {"type": "boolean", "description": "Only tell the change, as a diff."},
            },
            "additionalProperties": false,
        }),
    );
    add(
        "CommandDone",
        json!({
            "type": "object",
            "properties": {
                "message": text,
                "messages": text,
                "changes": {"type": "array", "items": {
                    "type": "object",
                    "properties": {
                        "item": text,
                        "commit": {"type": ["string", "null"]},
                        "changed": {"type": "array", "items": text},
                        "diff": text,
                    },
                    "required": ["item", "commit", "changed"],
                }},
            },
            "required": ["message", "changes"],
        }),
    );
    json!({
        "schemas": schemas,
        "securitySchemes": {
            "cookie": {"type": "apiKey", "in": "cookie", "name": "poam-PORT", "description": "Set by the link that `poam serve` prints; its name has the port."},
            "bearer": {"type": "http", "scheme": "bearer", "description": "The token of that link, for programs."},
        },
    })
}

/// The calls that work with and without `/api/v1` in front.
fn plain_calls(paths: &mut Map<String, Value>, prefix: &str) {
    let text = json!({"type": "string"});
    let named = |id: &str| {
        if prefix.is_empty() { format!("{id}Plain") } else { id.to_owned() }
    };
    let id = part("id", "The id of the item.");
    let list = json!({"type": "array", "items": reference("ItemWithDerived")});
    let status = part("status", "A status of the workflow; the usual words for it count too.");
    paths.insert(
        format!("{prefix}/poam-items/{{status}}"),
        read(&named("itemsByStatus"), "The items of a status.", &[status], &list, false),
    );
    let object = |properties: Value, required: &[&str]| {
        let mut properties = properties;
        if let Some(members) = properties.as_object_mut() {
            members.insert("version".to_owned(), json!({"type": "string", "description": "The version of the item that the change was decided on."}));
            members.insert("reason".to_owned(), json!({"type": "string", "description": "Why; becomes the body of the commit message."}));
        }
        json!({"type": "object", "properties": properties, "required": required})
    };
    let update = object(
        json!({
            "status": text,
            "status_date": {"type": "string", "format": "date", "description": "When it was closed or accepted, if not today."},
            "evidence": {"anyOf": [text, {"type": "array", "items": text}]},
            "approver": text,
            "until": {"type": "string", "format": "date"},
            "override": {"type": "boolean"},
        }),
        &["status"],
    );
    let planned = object(json!({"planned_milestones": text}), &["planned_milestones"]);
    let logged = object(json!({"milestone_update": text}), &["milestone_update"]);
    for (call, name, summary, request) in [
        ("update-status", "updateStatus", "Move an item to another status.", &update),
        (
            "update-planned-milestones",
            "updatePlannedMilestones",
            "Write the planned milestones of an item: `1. 2026-03-01: Patch`, a line each.",
            &planned,
        ),
        (
            "log-milestone-change",
            "logMilestoneChange",
            "Record a change of a milestone: `Milestone 2 updated: …`.",
            &logged,
        ),
        ("update-milestones", "updateMilestones", "The same as log-milestone-change.", &logged),
    ] {
        let done = reference("Changed");
        paths.insert(
            format!("{prefix}/poam/{{id}}/{call}"),
            change(&named(name), summary, std::slice::from_ref(&id), request, &done),
        );
    }
}

/// Writes the document.
pub fn openapi() -> Value {
    let (text, number) = (json!({"type": "string"}), json!({"type": "integer", "minimum": 0}));
    let date = json!({"type": "string", "format": "date"});
    let object = json!({"type": "object"});
    let id = part("id", "The id of the item.");
    let list = json!({"type": "array", "items": reference("ItemWithDerived")});
    let of_events = [
        query("action", &text, "Only events of this action."),
        query("since", &date, "Not before this day."),
        query("until", &date, "Not after this day."),
        query("offset", &number, "Leave out so many."),
        query("limit", &number, "At most so many; 1000 where it is not given."),
    ];
    let mut of_item = vec![id.clone()];
    of_item.extend(of_events.clone());
    let mut paths = Map::new();
    let mut add = |path: &str, item: Value| paths.insert(format!("/api/v1{path}"), item);
    add("/openapi.json", read("openapi", "This document.", &[], &object, false));
    for (path, name, summary) in [
        ("/item.schema.json", "itemSchema", "The schema of an item's file."),
        ("/event.schema.json", "eventSchema", "The schema of an event."),
    ] {
        add(path, read(name, summary, &[], &object, false));
    }
    add(
        "/state",
        read(
            "state",
            "Which state of the tracker is shown: another revision is another state.",
            &[],
            &object,
            false,
        ),
    );
    add(
        "/items",
        read(
            "items",
            "The items that all filters mean.",
            &[
                query("status", &text, "With this status; may be given several times."),
                query("risk", &text, "With this risk rating, after approved adjustments."),
                query("owner", &text, "Owner's name or email contains this text."),
                query("q", &text, "With these words."),
                query(
                    "show",
                    &json!({"enum": ["all", "open", "overdue", "stale", "closed"]}),
                    "Which of them.",
                ),
                query("where", &text, "A filter as `poam list --where` takes it."),
                query(
                    "sort",
                    &json!({"enum": ["id", "name", "risk", "status", "owner", "detected", "due", "urgency", "changed"]}),
                    "In which order.",
                ),
                query("offset", &number, "Leave out so many."),
                query("limit", &number, "At most so many."),
            ],
            &list,
            false,
        ),
    );
    add(
        "/items/{id}",
        read(
            "item",
            "One item. Its version is the ETag, too.",
            std::slice::from_ref(&id),
            &reference("ItemWithDerived"),
            true,
        ),
    );
    add(
        "/items/{id}/events",
        read(
            "itemEvents",
            "What happened to an item, oldest first.",
            &of_item,
            &reference("Events"),
            true,
        ),
    );
    add(
        "/events",
        read("events", "The audit log, oldest first.", &of_events, &reference("Events"), false),
    );
    add(
        "/summary",
        read(
            "summary",
            "The numbers, as `poam summary --format json` prints them.",
            &[],
            &object,
            false,
        ),
    );
    add(
        "/todo",
        read(
            "todo",
            "What has to be done, as `poam todo --format json` prints it.",
            &[
                query("owner", &text, "Of this owner."),
                query("days", &number, "Due within so many days."),
            ],
            &object,
            false,
        ),
    );
    add(
        "/commands",
        read(
            "commands",
            "The commands that may be called, with their arguments.",
            &[],
            &object,
            false,
        ),
    );
    let command = part("command", "The name of the command, as GET /api/v1/commands lists it.");
    add(
        "/commands/{command}",
        change(
            "runCommand",
            "Call a command: the same checks and the same commit as on a terminal.",
            &[command],
            &reference("Command"),
            &reference("CommandDone"),
        ),
    );
    let commit = json!({"type": "object", "properties": {"commit": text}, "required": ["commit"]});
    add(
        "/undo",
        change(
            "undo",
            "Undo a commit of this program, if no other one came after it.",
            &[],
            &commit,
            &object,
        ),
    );
    plain_calls(&mut paths, "/api/v1");
    plain_calls(&mut paths, "");
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "poam serve",
            "version": "1",
            "description": "The JSON API of the local page of a POA&M tracker. Fields may be added, none renamed.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "http://127.0.0.1:8080", "description": "The port is the one that `poam serve` prints."}],
        "security": [{"cookie": []}, {"bearer": []}],
        "paths": paths,
        "components": components(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::routes::{API, RouteMethod};
    use super::*;

    /// Every route is described by its method, and nothing is described that has no route.
    #[test]
    fn every_route_is_in_the_document() {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                described.insert((method.clone(), path.clone()));
            }
            // Parts of the path are parameters.
            let operation = item.as_object().unwrap().values().next().unwrap();
            let parts = path.split('/').filter_map(|step| step.strip_prefix('{'));
            for part in parts.map(|part| part.trim_end_matches('}')) {
                let parameters = operation["parameters"].as_array().unwrap();
                assert!(
                    parameters.iter().any(|it| it["name"] == part && it["in"] == "path"),
                    "{path}"
                );
            }
        }
        let routed: BTreeSet<(String, String)> = API
            .iter()
            .map(|route| {
                let method = if route.method == RouteMethod::Get { "get" } else { "post" };
                (method.to_owned(), route.path.to_owned())
            })
            .collect();
        assert_eq!(described, routed);
    }

    #[test]
    fn references_lead_somewhere_and_ids_are_unique() {
        fn references(value: &Value, found: &mut BTreeSet<String>) {
            match value {
                Value::Object(members) => {
                    if let Some(Value::String(to)) = members.get("$ref") {
                        found.insert(to.clone());
                    }
                    members.values().for_each(|value| references(value, found));
                }
                Value::Array(list) => list.iter().for_each(|value| references(value, found)),
                _ => {}
            }
        }
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        assert!(found.len() > 6, "{found:?}");
        for to in found {
            match to.strip_prefix('#') {
                Some(inside) => assert!(document.pointer(inside).is_some(), "{to}"),
                None => assert!(API.iter().any(|route| route.path.ends_with(&format!("/{to}")))),
            }
        }
        let operations = document["paths"].as_object().unwrap().values();
        let operations = operations.flat_map(|item| item.as_object().unwrap().values());
        let ids: Vec<&str> = operations.map(|it| it["operationId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len());
    }

    #[test]
    fn the_published_document_is_this_one() {
        let text = format!("{:#}\n", openapi());
        if std::env::var_os("POAM_ACCEPT").is_some() {
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/openapi.json");
            std::fs::write(file, &text).unwrap();
            return;
        }
        assert!(
            text == DOCUMENT,
            "schema/openapi.json is not what is written here; accept with: POAM_ACCEPT=1 cargo test --lib openapi"
        );
    }
}
