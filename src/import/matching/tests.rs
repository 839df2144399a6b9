//! Tests of the matching of rows with items, as small tables of identities.

use super::super::record::{ImportRecord, RecordedFacts};
use super::super::weakness::tests::test_item;
use super::*;
use crate::model::Item;

fn identities(items: &[Item]) -> Vec<MatchIdentity> {
    let of =
        |item: &Item| MatchIdentity::of_row(Some(item.id.as_str()), item, item.status == *"closed");
    items.iter().map(of).collect()
}

/// Pairs as `row->item by`, with `-` for a row without an item.
fn said(rows: &[Item], items: &[Item], mode: ImportMatch) -> Vec<String> {
    let pairs = pair_rows(&mut identities(rows), &[], &mut identities(items), mode, LEAST_SCORE);
    let line = |(row, pair): (&Item, &Option<Pair>)| match pair {
        Some(pair) => format!("{}->{} {}", row.id, items[pair.item].id, pair.by.as_str()),
        None => format!("{}->-", row.id),
    };
    rows.iter().zip(&pairs.rows).map(line).collect()
}

fn on(mut item: Item, asset: &str) -> Item {
    item.assets = vec![asset.into()];
    item
}

#[test]
fn numbers_that_were_swapped_are_seen_through() {
    let before = [test_item("V-1", "Open port"), test_item("V-2", "Unsupported server")];
    let after = [
        test_item("V-1", "Unsupported server"),
        test_item("V-2", "Open port"),
        test_item("V-3", "New"),
    ];
    assert_eq!(
        said(&after, &before, ImportMatch::Auto),
        ["V-1->V-2 fingerprint", "V-2->V-1 fingerprint", "V-3->-"]
    );
    assert_eq!(said(&after, &before, ImportMatch::Id), ["V-1->-", "V-2->-", "V-3->-"]);
    // The same weakness on two hosts.
    let before = [on(test_item("V-1", "Open port"), "a"), on(test_item("V-2", "Open port"), "b")];
    let after = [on(test_item("V-1", "Open port"), "b"), on(test_item("V-2", "Open port"), "a")];
    assert_eq!(
        said(&after, &before, ImportMatch::Auto),
        ["V-1->V-2 fingerprint", "V-2->V-1 fingerprint"]
    );
}

#[test]
fn what_is_the_same_is_paired_in_order_and_as_often_as_it_is_there() {
    let before = ["V-1", "V-2", "V-3"].map(|id| test_item(id, "Same"));
    let after = ["V-8", "V-9", "V-2"].map(|id| test_item(id, "Same"));
    assert_eq!(
        said(&after, &before, ImportMatch::Auto),
        ["V-8->V-1 fingerprint", "V-9->V-3 fingerprint", "V-2->V-2 id"]
    );
    assert_eq!(said(&after[..1], &before, ImportMatch::Fingerprint), ["V-8->V-1 fingerprint"]);
    let four = ["V-1", "V-2", "V-3", "V-4"].map(|id| test_item(id, "Same"));
    assert_eq!(said(&four, &before, ImportMatch::Fingerprint)[3], "V-4->-");
    let mut closed = test_item("V-1", "Same");
    closed.status = "closed".parse().unwrap();
    assert_eq!(
        said(&[test_item("V-7", "Same")], &[closed, test_item("V-2", "Same")], ImportMatch::Auto),
        ["V-7->V-2 fingerprint"]
    );
}

#[test]
fn twins_are_told_apart_by_the_day_of_closing_and_by_their_last_row() {
    let twin = |id: &str, day: &str| closed_on(dated(test_item(id, "Same"), "2026-01-27"), day);
    let before = [twin("V-1", "2026-11-25"), twin("V-2", "2026-07-31")];
    let after = [twin("V-8", "2026-07-31"), twin("V-9", "2026-11-25")];
    assert_eq!(
        said(&after, &before, ImportMatch::Auto),
        ["V-8->V-2 fingerprint", "V-9->V-1 fingerprint"]
    );
    // Both were found on 2026-01-27; the last row of V-1 said another day since.
    let items = ["V-1", "V-2"].map(|id| dated(test_item(id, "Same"), "2026-01-27"));
    let mut identities_before = identities(&items);
    let moved = dated(test_item("V-1", "Same"), "2026-03-19");
    identities_before[0]
        .faces
        .insert(0, identities(std::slice::from_ref(&moved))[0].faces[0].clone());
    let mut rows = identities(&[dated(test_item("V-8", "Same"), "2026-01-27"), moved]);
    rows[1].id = Some("V-9".to_owned());
    let pairs = pair_rows(&mut rows, &[], &mut identities_before, ImportMatch::Auto, LEAST_SCORE);
    let found: Vec<Option<usize>> =
        pairs.rows.iter().map(|pair| pair.map(|pair| pair.item)).collect();
    assert_eq!(found, [Some(1), Some(0)]);
}

#[test]
fn a_change_keeps_the_id_and_another_weakness_does_not_get_it() {
    let before = [on(test_item("V-1", "Open port 8080"), "a")];
    let moved = [on(test_item("V-1", "Open port 8080"), "c")];
    assert_eq!(said(&moved, &before, ImportMatch::Auto), ["V-1->V-1 id"]);
    let renumbered = [on(test_item("V-9", "Open port 8080"), "a")];
    assert_eq!(said(&renumbered, &before, ImportMatch::Auto), ["V-9->V-1 fingerprint"]);
    assert_eq!(said(&renumbered, &before, ImportMatch::Id), ["V-9->-"]);
    let other = [test_item("V-1", "Unsupported server")];
    for mode in [ImportMatch::Auto, ImportMatch::Id, ImportMatch::Fingerprint] {
        assert_eq!(said(&other, &before, mode), ["V-1->-"]);
    }
    // Found again on another day: an open item goes on, a closed one does not come back.
    let mut again = on(test_item("V-9", "Open port 8080"), "a");
    again.original_detection_date = "2026-05-09".parse().unwrap();
    assert_eq!(
        said(std::slice::from_ref(&again), &before, ImportMatch::Auto),
        ["V-9->V-1 fingerprint"]
    );
    let mut closed = before.clone();
    closed[0].status = "closed".parse().unwrap();
    assert_eq!(said(&[again], &closed, ImportMatch::Auto), ["V-9->-"]);
    // Rated otherwise, under another number: alike enough.
    let mut later = test_item("V-9", "Open port 8080");
    later.assets = vec!["a".into()];
    later.original_risk_rating = crate::model::RiskRating::Low;
    assert_eq!(said(&[later], &before, ImportMatch::Auto), ["V-9->V-1 fingerprint"]);
}

#[test]
fn a_name_with_much_added_is_known_beside_a_closed_item_of_the_same_evidence() {
    let advisory = |id: &str, name: &str, found: &str| {
        let mut item = on(dated(test_item(id, name), found), "web-02");
        item.cves = vec!["CVE-2025-1003".into()];
        item
    };
    let first = closed_on(advisory("V-1", "Vendor advisory 3", "2026-01-02"), "2026-03-10");
    let before = [first.clone(), advisory("V-2", "Vendor advisory 3", "2026-04-01")];
    let mut renumbered = first;
    renumbered.id = "V-7".parse().unwrap();
    let renamed = advisory("V-8", "Vendor advisory 3 (confirmed)", "2026-04-01");
    assert_eq!(
        said(&[renumbered, renamed], &before, ImportMatch::Auto),
        ["V-7->V-1 fingerprint", "V-8->V-2 fingerprint"]
    );
}

fn closed_on(mut item: Item, day: &str) -> Item {
    item.status = "closed".parse().unwrap();
    item.completion_date = day.parse().ok();
    item
}

#[test]
fn what_was_found_after_the_closing_is_another_weakness_also_when_it_is_closed_again() {
    let before = [closed_on(dated(test_item("V-1", "Open port"), "2026-01-02"), "2026-03-10")];
    let row = |found: &str| closed_on(dated(test_item("V-9", "Open port"), found), "2026-05-10");
    assert_eq!(said(&[row("2026-04-01")], &before, ImportMatch::Auto), ["V-9->-"]);
    // Its own day, or one before the closing: the same weakness, of which a date was moved.
    for found in ["2026-01-02", "2026-02-20"] {
        assert_eq!(
            said(&[row(found)], &before, ImportMatch::Auto),
            ["V-9->V-1 fingerprint"],
            "{found}"
        );
    }
    // No day of closing is known: nothing states that it came later.
    let mut unknown = before.clone();
    unknown[0].completion_date = None;
    assert_eq!(said(&[row("2026-04-01")], &unknown, ImportMatch::Auto), ["V-9->V-1 fingerprint"]);
}

#[test]
fn an_id_of_a_closed_item_that_another_weakness_has_now_does_not_bring_it_back() {
    let keeps: Vec<Item> = ["Weak cipher", "Old kernel", "No audit log", "Open share"]
        .iter()
        .zip(["V-2", "V-3", "V-4", "V-5"])
        .map(|(name, id)| test_item(id, name))
        .collect();
    let old =
        closed_on(dated(test_item("V-1", "libfoo weakness no 3"), "2026-01-02"), "2026-03-10");
    let before: Vec<Item> = keeps.iter().cloned().chain([old]).collect();
    let with = |name: &str| {
        let reused = dated(test_item("V-1", name), "2026-04-01");
        let after: Vec<Item> = keeps.iter().cloned().chain([reused]).collect();
        said(&after, &before, ImportMatch::Auto).pop().unwrap()
    };
    assert_eq!(with("libfoo weakness no 4"), "V-1->-");
    // Under its own name or a corrected one it is taken up again.
    assert_eq!(with("libfoo weakness no 3"), "V-1->V-1 id");
    assert_eq!(with("libfoo weaknesses no 3"), "V-1->V-1 id");
}

#[test]
fn a_wholly_new_name_under_a_new_id_needs_everything_else_to_be_the_same() {
    let of = |id: &str, name: &str, identifier: &str, asset: &str| {
        let mut item = on(test_item(id, name), asset);
        item.source_identifier = Some(identifier.into());
        item
    };
    let before = [of("V-1", "Old TLS", "51192", "web-01"), of("V-2", "Open port", "7", "web-02")];
    let renamed = |identifier: &str, asset: &str| {
        let rows =
            [of("V-8", "Legacy protocols are accepted", identifier, asset), before[1].clone()];
        said(&rows, &before, ImportMatch::Auto)[0].clone()
    };
    assert_eq!(renamed("51192", "web-01"), "V-8->V-1 fingerprint");
    assert_eq!(renamed("51192", "web-09"), "V-8->-");
    assert_eq!(renamed("51193", "web-01"), "V-8->-");
    // Two that could be it: neither is.
    let two = [
        of("V-8", "Legacy protocols are accepted", "51192", "web-01"),
        of("V-9", "Certificate is too old", "51192", "web-01"),
    ];
    assert_eq!(said(&two, &before[..1], ImportMatch::Auto), ["V-8->-", "V-9->-"]);
    // A later day of detection: it may be another weakness of the same check.
    let later = dated(two[0].clone(), "2026-06-01");
    assert_eq!(said(&[later], &before, ImportMatch::Auto), ["V-8->-"]);
}

fn dated(mut item: Item, day: &str) -> Item {
    item.original_detection_date = day.parse().unwrap();
    item
}

#[test]
fn an_exact_name_goes_before_a_similar_one() {
    let kernel = |id: &str, build: u32, day: &str| {
        dated(on(test_item(id, &format!("Kernel 6.1.0-{build} is out of date")), "a"), day)
    };
    // Numbered again, and the days moved: each name is there exactly once.
    let before = [kernel("V-1", 17, "2026-05-04"), kernel("V-2", 18, "2026-05-04")];
    let after = [kernel("V-8", 18, "2026-06-04"), kernel("V-9", 17, "2026-06-09")];
    assert_eq!(
        said(&after, &before, ImportMatch::Auto),
        ["V-8->V-2 fingerprint", "V-9->V-1 fingerprint"]
    );
    // One is gone and another came: the number in the name distinguishes them.
    assert_eq!(said(&[kernel("V-7", 19, "2026-05-04")], &before, ImportMatch::Auto), ["V-7->-"]);
}

#[test]
fn an_id_counts_first_where_the_document_keeps_its_ids() {
    let names = ["Open port", "Weak cipher", "Old kernel", "No audit log"];
    let ids = ["V-1", "V-2", "V-3", "V-4"];
    let before: Vec<Item> = ids.iter().zip(names).map(|(id, name)| test_item(id, name)).collect();
    // The day of one moved, and a new one states what the first stated: ids distinguish them.
    let mut after = before.clone();
    after[0] = dated(test_item("V-1", "Open port"), "2026-06-04");
    after.push(test_item("V-9", "Open port"));
    assert_eq!(
        said(&after, &before, ImportMatch::Auto),
        ["V-1->V-1 id", "V-2->V-2 id", "V-3->V-3 id", "V-4->V-4 id", "V-9->-"]
    );
    // A new name, and nothing else of it is new.
    let mut after = before.clone();
    after[1].weakness_name = "TLS 1.0 is accepted".into();
    assert_eq!(said(&after, &before, ImportMatch::Auto)[1], "V-2->V-2 id");
    // All were numbered again, and one id went to something similar: only the names count.
    let after: Vec<Item> = ["V-2", "V-3", "V-4", "V-1"]
        .iter()
        .zip(["Open port", "Weak cipher", "Old kernel", "Old kernels"])
        .map(|(id, name)| test_item(id, name))
        .collect();
    assert_eq!(
        said(&after, &before, ImportMatch::Auto),
        ["V-2->V-1 fingerprint", "V-3->V-2 fingerprint", "V-4->V-3 fingerprint", "V-1->-"]
    );
}

#[test]
fn twins_that_kept_their_ids_say_that_ids_are_kept() {
    let before = [
        test_item("V-1", "Same"),
        test_item("V-2", "Same"),
        test_item("V-3", "Same"),
        test_item("V-4", "Old"),
    ];
    let mut after = before.clone();
    after[3].weakness_name = "TLS 1.0 is accepted".into();
    assert_eq!(said(&after, &before, ImportMatch::Auto)[3], "V-4->V-4 id");
    // Other ids: a new name is that of another weakness.
    for (row, id) in after.iter_mut().zip(["V-7", "V-8", "V-9"]) {
        row.id = id.parse().unwrap();
    }
    assert_eq!(said(&after, &before, ImportMatch::Auto)[3], "V-4->-");
}

#[test]
fn twins_that_closed_and_were_numbered_anew_stay_on_their_sides() {
    let closed = |id: &str| {
        let mut item = test_item(id, "Same");
        item.status = "closed".parse().unwrap();
        item
    };
    let before = [closed("V-1"), test_item("V-2", "Same"), test_item("V-3", "Other")];
    let after = [test_item("V-1", "Same"), closed("V-2"), test_item("V-9", "Other")];
    assert_eq!(
        said(&after, &before, ImportMatch::Auto),
        ["V-1->V-2 fingerprint", "V-2->V-1 fingerprint", "V-9->V-3 fingerprint"]
    );
}

#[test]
fn a_mistyped_id_of_a_namesake_does_not_move_what_is_the_same_in_everything() {
    // Closed, and found again under the same name; the row of the first has the id of the second.
    let others = ["Weak cipher", "Old kernel", "No audit log"];
    let others = others.iter().zip(["V-3", "V-4", "V-5"]).map(|(name, id)| test_item(id, name));
    let others: Vec<Item> = others.collect();
    let old = closed_on(dated(test_item("V-1", "Open port"), "2026-01-02"), "2026-03-10");
    let again = dated(test_item("V-2", "Open port"), "2026-04-01");
    let before = [&[old.clone(), again.clone()][..], &others].concat();
    let mistyped = Item { id: "V-2".parse().unwrap(), ..old.clone() };
    let after = [&[mistyped][..], &others].concat();
    assert_eq!(said(&after, &before, ImportMatch::Auto)[0], "V-2->V-1 fingerprint");
    // The second closed on another day is the second.
    let closing = [&[closed_on(again, "2026-05-10")][..], &others].concat();
    assert_eq!(said(&closing, &before, ImportMatch::Auto)[0], "V-2->V-2 id");
}

#[test]
fn a_refused_row_keeps_the_item_that_it_most_likely_is() {
    // Closed, and found again: two items of one name; the row of the first cannot be read.
    let before = [
        dated(on(test_item("V-2", "Open port on the gateway"), "web-01"), "2026-04-01"),
        closed_on(dated(test_item("V-1", "Open port on the gateway"), "2026-01-02"), "2026-03-10"),
    ];
    let unread = UnreadRow {
        name: Some("open port on the gateway".into()),
        detected: "2026-01-02".parse().ok(),
        closed: true,
        ..UnreadRow::default()
    };
    let renamed = on(test_item("V-9", "Open port on the gateway (confirmed)"), "web-01");
    let renamed = dated(renamed, "2026-04-01");
    let mut rows = identities(std::slice::from_ref(&renamed));
    let pairs =
        pair_rows(&mut rows, &[unread], &mut identities(&before), ImportMatch::Auto, LEAST_SCORE);
    assert_eq!(pairs.rows[0].map(|pair| pair.item), Some(0));
}

#[test]
fn identifiers_that_change_with_each_document_say_nothing() {
    let numbered = |id: &str, name: &str, identifier: &str| {
        let mut item = test_item(id, name);
        item.source_identifier = Some(identifier.into());
        item
    };
    let before = [numbered("V-1", "Open port", "A-1"), numbered("V-2", "Old kernel", "A-2")];
    let mut after = [numbered("V-3", "Open port", "A-2"), numbered("V-4", "Old kernel", "A-1")];
    let expected = ["V-3->V-1 fingerprint", "V-4->V-2 fingerprint"];
    assert_eq!(said(&after, &before, ImportMatch::Auto), expected);
    after[0].original_detection_date = "2026-06-04".parse().unwrap();
    assert_eq!(said(&after, &before, ImportMatch::Auto), expected);
}

#[test]
fn a_corrected_name_under_another_id_needs_evidence_of_its_own() {
    let before = [on(test_item("V-1", "Open port on firewal"), "fw-1")];
    let corrected = |asset: &str| [on(test_item("V-9", "Open port on the firewall"), asset)];
    assert_eq!(said(&corrected("fw-1"), &before, ImportMatch::Auto), ["V-9->V-1 fingerprint"]);
    assert_eq!(said(&corrected("fw-2"), &before, ImportMatch::Auto), ["V-9->-"]);
    let bare = [test_item("V-1", "Weak cipher on gateway east")];
    let other = [test_item("V-9", "Weak cipher on gateway west")];
    assert_eq!(said(&other, &bare, ImportMatch::Auto), ["V-9->-"]);
}

#[test]
fn the_same_weakness_is_known_by_every_name_and_number_it_had() {
    let mut record = ImportRecord::default();
    let here = test_item("V-1", "Open port 8080");
    let row = |id: &str, name: &str| {
        let mut row = test_item("V-1", name);
        row.source_identifier = Some(id.to_owned());
        let mut value = serde_json::to_value(row).unwrap();
        value["id"] = id.into();
        value
    };
    for (id, name) in [("11", "Open port 8080"), ("21", "Port 8080 reachable"), ("31", "x")] {
        record.put_row(&here.id, "items/V-1.yaml", "l", &row(id, name), &RecordedFacts::default());
    }
    let identity = || MatchIdentity::of_item(&here, false, &record, "l");
    assert_eq!(identity().id.as_deref(), Some("31"));
    for name in ["open port 8080", "port 8080 reachable", "x"] {
        assert!(identity().has_name(name), "{name}");
    }
    let again = test_item("41", "Port 8080 reachable");
    let mut rows = [MatchIdentity::of_row(Some("41"), &again, false)];
    let pairs = pair_rows(&mut rows, &[], &mut [identity()], ImportMatch::Auto, LEAST_SCORE);
    assert!(pairs.rows[0].is_some());
}
