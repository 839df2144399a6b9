//! Tests of [`super`].

use serde_json::json;

use super::*;

fn document(id: &str, day: Option<&str>) -> ImportedDocument {
    ImportedDocument {
        source: format!("{id}.csv"),
        source_id: id.to_owned(),
        layout: "l".to_owned(),
        day: day.map(|day| day.parse().unwrap()),
        rows: 1,
        created: 0,
        changed: 0,
        closed: 0,
        refused: Some(BTreeSet::new()),
    }
}

fn id(text: &str) -> ItemId {
    text.parse().unwrap()
}

#[test]
fn the_newest_document_is_of_the_latest_day_and_last_of_those() {
    let mut record = ImportRecord::default();
    assert_eq!(record.newest_document(), None);
    for (document, newest) in [
        (document("a", Some("2026-05-04")), "a"),
        (document("b", Some("2026-05-04")), "b"),
        (document("c", Some("2026-04-30")), "b"),
        (document("a", Some("2026-05-04")), "b"),
        (document("d", None), "d"),
        (document("e", Some("2026-05-04")), "e"),
    ] {
        record.put_document(document);
        assert_eq!(record.newest_document().unwrap().source_id, newest);
    }
    assert_eq!(record.documents.len(), 5, "each document once");
}

#[test]
fn the_days_of_commits_are_a_list_beside_the_documents() {
    let mut record = ImportRecord { folder: "imports/".to_owned(), ..Default::default() };
    let mut days = record.commit_days();
    assert_eq!((days.path.as_str(), &days.content), ("imports/days.ndjson", &None));
    let first = days.add("abc", "2025-03-31".parse().ok());
    let second = days.add("abc", None);
    assert_eq!((first.before, &second.before), (None, &first.after));
    let text = String::from_utf8(second.after.clone().unwrap()).unwrap();
    assert_eq!(
        text,
        "{\"source_id\":\"abc\",\"day\":\"2025-03-31\"}\n\
             {\"source_id\":\"abc\"}\n"
    );
    record.read_file(days.path.clone(), text.into_bytes()).unwrap();
    assert_eq!(record.commit_days(), days);
    assert!(record.read_file(days.path, b"{}\n".to_vec()).is_err());
}

/// Puts a row of the layout `l` for an item that has no more facts.
fn put_row(record: &mut ImportRecord, item: &str, path: &str, row: &Value) {
    record.put_row(&id(item), path, "l", row, &RecordedFacts::default());
}

#[test]
fn what_was_said_stays_said_until_something_else_is() {
    let mut record = ImportRecord::default();
    let path = "items/2026/0000/V-1.yaml";
    let first = json!({"id": "1", "weakness_name": "W", "comments": "c", "completion_date": "2026-05-01",
        "milestones": [{"id": 1, "due": "2026-01-01"}, {"id": 2}]});
    put_row(&mut record, "V-1", path, &first);
    let second =
        json!({"id": "7", "weakness_name": "V", "milestones": [{"id": 2, "due": "2026-02-01"}]});
    put_row(&mut record, "V-1", path, &second);
    let last = record.last_row(&id("V-1"), "l").unwrap();
    assert_eq!(
        Value::Object(last.row.clone()),
        json!({"id": "7", "weakness_name": "V", "comments": "c",
            "milestones": [{"id": 1, "due": "2026-01-01"}, {"id": 2, "due": "2026-02-01"}]})
    );
    assert_eq!(last.ids, BTreeSet::from(["1".to_owned()]));
    assert_eq!(last.names, BTreeSet::from(["W".to_owned()]));
    // The id goes to another item; the first one only had it.
    put_row(&mut record, "V-2", "items/2026/0000/V-2.yaml", &json!({"id": "7"}));
    record.release_ids("l", &HashMap::from([("7".to_owned(), id("V-2"))]));
    let last = record.last_row(&id("V-1"), "other").unwrap();
    assert_eq!((last.id(), last.ids.len()), (None, 2));
}

#[test]
fn files_mirror_the_folders_of_items_and_are_written_where_they_change() {
    let mut record = ImportRecord { folder: "sub/imports/".to_owned(), ..Default::default() };
    put_row(&mut record, "V-1", "sub/items/2026/0000/V-1.yaml", &json!({"id": "V-1"}));
    put_row(&mut record, "V-200", "sub/items/2026/0200/V-200.yaml", &json!({"id": "V-200"}));
    record.put_document(document("a", None));
    let paths = |files: &[RecordFile]| -> Vec<String> {
        files.iter().map(|file| file.path.clone()).collect()
    };
    let files = record.render(|_| true);
    assert_eq!(
        paths(&files),
        [
            "sub/imports/documents.ndjson",
            "sub/imports/items/2026/0000.ndjson",
            "sub/imports/items/2026/0200.ndjson"
        ]
    );
    assert_eq!(record.render(|_| true), []);
    let row = json!({"id": "V-200", "comments": "x".repeat(500)});
    put_row(&mut record, "V-200", "sub/items/2026/0200/V-200.yaml", &row);
    put_row(&mut record, "V-1", "sub/items/2026/0000/V-1.yaml", &json!({"id": "V-1"}));
    let files = record.render(|_| true);
    assert_eq!(paths(&files), ["sub/imports/items/2026/0200.ndjson"]);
    let text = String::from_utf8(files[0].after.clone().unwrap()).unwrap();
    assert!(text.contains(r#""comments":"sha256:"#) && text.len() < 300, "{text}");
    // What was written is read back as it was.
    let mut again = ImportRecord { folder: "sub/imports/".to_owned(), ..Default::default() };
    for (path, bytes) in record.files.clone() {
        again.read_file(path, bytes).unwrap();
    }
    assert_eq!((&again.rows, &again.documents), (&record.rows, &record.documents));
    // A merge that was not solved is no record.
    let error = again.read_file("sub/imports/x.ndjson".to_owned(), b"\n<<<<<<< ours\n".to_vec());
    assert!(error.unwrap_err().to_string().starts_with("sub/imports/x.ndjson:2: "));
}
