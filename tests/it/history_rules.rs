//! Rules on history in a real repository: what `validate` says of the main line and of a branch.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;

fn item(due: &str) -> String {
    format!(
        "id: V-1\nweakness_name: Open port\nstatus: open\noriginal_detection_date: 2026-01-05\n\
         original_risk_rating: low\npoint_of_contact: {{name: Jane Doe}}\nremediation_plan: Close \
         it\nmilestones:\n  - {{id: 1, description: Close port 23 and scan again, due: {due}}}\n"
    )
}

fn said(repo: &Repo, arguments: &[&str]) -> (Vec<String>, u64) {
    let arguments =
        [&["validate", "--format", "json", "--today", "2026-05-10"], arguments].concat();
    let (out, _) = repo.poam(0, &arguments);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let text = |it: &serde_json::Value| format!("{}: {}", it["rule"], it["message"]);
    let known = report["summary"]["known"].as_u64().unwrap();
    (report["diagnostics"].as_array().unwrap().iter().map(text).collect(), known)
}

#[test]
fn a_branch_answers_for_the_slip_that_it_adds() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\nprofile: generic\n")
        .write("items/V-1.yaml", item("2026-02-01"));
    repo.commit("2026-01-08", "start");
    for (day, due) in [("2026-01-30", "2026-03-01"), ("2026-02-27", "2026-04-01")] {
        repo.write("items/V-1.yaml", item(due)).commit(day, "The window moved");
    }
    repo.git(&["checkout", "--quiet", "-b", "work"]);
    repo.write("items/V-1.yaml", item("2026-06-01"));
    repo.commit("2026-03-30", "V-1: milestone 1 due 2026-06-01\n\nPoam-Item: V-1");
    let slid = "\"sliding-dates\": \"dates were moved later 3 times, milestone 1 by 120 days in \
        all: on 2026-01-30, 2026-02-27, 2026-03-30\"";
    let silent = "\"rescheduled-without-reason\": \"milestone 1 was moved by 61 days on 2026-03-30 \
        without a reason\"";
    let stale = "\"stale\": \"no change landed and no review was recorded for 41 days, since \
        2026-03-30\"";
    let (all, _) = said(&repo, &[]);
    assert_eq!(all, [stale, silent, slid]);
    let (new, known) = said(&repo, &["--base", "main"]);
    // On main the item was quiet for longer: this branch did not cause that.
    assert_eq!(new, [silent, slid], "the message names other days than on main");
    assert_eq!(known, 1);
    repo.git(&["checkout", "--quiet", "-b", "more"]);
    repo.write("README", "x").commit("2026-04-01", "nothing of items");
    let (new, known) = said(&repo, &["--base", "work"]);
    assert_eq!((new, known), (Vec::new(), 3));
}
