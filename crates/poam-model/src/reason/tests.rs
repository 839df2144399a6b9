//! Tests of [`super`].

use super::*;

#[test]
fn texts_that_give_no_reason() {
    for text in [
        "",
        " ",
        ".",
        "...",
        "-",
        "x",
        "👍",
        "update",
        "Update",
        "UPDATE.",
        "updates!",
        "update V-1",
        "Update V-1.yaml",
        "Update items/2026/0100/V-1.yaml",
        "Create V-1.yaml",
        "Delete V-1.yaml",
        "Rename V-1.yaml to V-2.yaml",
        "Add files via upload",
        "fix",
        "Fix typo",
        "fixes #12",
        "wip",
        "WIP: V-1",
        "work in progress",
        "misc changes",
        "minor edits",
        "some more changes (#7)",
        "chore: update poam",
        "chore(items): update",
        "update POA&M",
        "POAM-2026-042: update",
        "new due date",
        "milestone 2 rescheduled",
        "due date 2026-10-20 -> 2026-10-30",
        "moved to March",
        "monthly update",
        "n/a",
        "none",
        "no reason",
        "tbd",
        "as requested",
        "Apply suggestions from code review",
        "Initial commit",
        "mise à jour",
        "asdf",
        "V-1: date and rating",
        "v-1",
        "MSS-44470",
    ] {
        assert!(is_generic_reason(text), "{text:?}");
    }
}

#[test]
fn texts_that_give_one() {
    for text in [
        "The vendor ships the fix on 10-28",
        "change freeze until 10-28",
        "vendor delay",
        "CHG-1234",
        "rescheduled per CHG-1234",
        "waiting for hardware",
        "Patch delayed by testing.",
        "scope grew",
        "work starts",
        "fix released",
        "data center move",
        "budget",
        "Sam Roe is on leave until March",
        "update as requested by the AO",
        "New scan shows two more hosts",
        "Update V-1.yaml: vendor was bought",
        "moved because of the freeze",
        "V-1: owner on leave",
        "V-1: evidence was lost",
        "ベンダー待ち",
        "warten auf den Hersteller",
        "V-1: milestone 1 started late, hardware was missing",
        "RFC-12",
    ] {
        assert!(!is_generic_reason(text), "{text:?}");
    }
}

#[test]
fn subjects_of_this_program() {
    for subject in [
        "V-1: milestone 1 started",
        "V-1: milestone 1 started (#12)",
        "V-1: milestone 1 started (!12)",
        "V-1: new milestone 7, due 2026-03-01",
        "V-1: milestone 1 due 2026-01-20 -> 2026-02-20",
        "V-1: milestone 4 reworded",
        "V-1: milestone 1 cancelled",
        "V-1: open -> in-progress (#3)",
        "V-1: owner Sam Roe",
        "V-1: owner Anna van der Berg",
        "V-1: reviewed",
        "V-1: evidence a-1, CHG-2",
        "V-1: vendor check-in",
        "V-1: vendor released a fix on 2026-01-20",
        "V-1: risk-adjustment requested",
        "V-1: false-positive approved",
        "3 items: changed",
        "12 items: reviewed",
        "V-1: imported from book.xlsx",
        "import 51 items from 2026-05.csv",
        "import book.xlsx: 2 created, 3 changed",
        "update 4 items from my book.xlsx",
        "V-1: rated N4",
        "V-1: rating N4 -> N0 (#7)",
        "V-1: evaluation recorded",
        "my book.xlsx: 51 items as of 2026-01-05",
    ] {
        assert!(is_own_subject(subject), "{subject:?}");
    }
    for subject in [
        "V-1: milestone one started",
        "V-1: started",
        "milestone 1 started",
        "V-1: reviewed by Sam",
        "V-1: rated too high",
        "V-1: rating N4 -> low",
        "V-1: owner left the company",
        "V-1: evidence missing",
        "import the register",
        "a: b",
        "V-1: milestone 1 started\nmore",
    ] {
        assert!(!is_own_subject(subject), "{subject:?}");
    }
}

#[test]
fn what_a_program_writes_is_a_placeholder() {
    for text in [
        "[skip ci]",
        "This reverts commit df07056850f5788da2f16375b79b1a1180a07395.",
        "Signed-off-by: Sam Roe <sam@example.org>",
        "Poam-Approver: Mallory",
        "Apply suggestions from code review",
    ] {
        assert!(is_placeholder(text), "{text}");
    }
    // Short, and a person's: whether it is a good reason, people judge.
    for text in ["update", "done", "Scan 7 is clean [skip ci]"] {
        assert!(!is_placeholder(text), "{text}");
    }
}
