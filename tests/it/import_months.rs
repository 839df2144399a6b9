//! `poam import`: what a second month says of milestones, answers and statuses, compared with the first.

use crate::support::Repo;

const HEAD: &str = "POAM ID,Controls,Weakness Name,Weakness Description,Weakness Detector Source,Weakness Source Identifier,Asset Identifier,Point of Contact,Overall Remediation Plan,Original Detection Date,Scheduled Completion Date";
const ROW: &str = "V-1,SI-2,Weak TLS,Desc,Nessus,91,host-1,Jane Doe,Patch,2026-01-05,2026-04-05";
const ITEM: &str = "items/2026/0000/V-1.yaml";

/// A tracker with the first month, whose last columns have these headers and cells.
fn first_month(more_heads: &str, cells: &str) -> Repo {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.commit("2026-01-01", "start");
    repo.write("m-2026-06-30.csv", format!("{HEAD},{more_heads}\n{ROW},{cells}\n"));
    repo.poam(0, &["import", "m-2026-06-30.csv", "--commit"]);
    repo
}

/// Writes the second month.
fn second_month(repo: &Repo, more_heads: &str, cells: &str) {
    repo.write("m-2026-07-31.csv", format!("{HEAD},{more_heads}\n{ROW},{cells}\n"));
}

const PLANNED: &str = "Planned Milestones,Milestone Changes,Status Date,Original Risk Rating";

/// The milestones of the item: number, words, day, status.
fn milestones(repo: &Repo) -> Vec<String> {
    let text = repo.read(ITEM);
    let item: serde_json::Value =
        serde_json::to_value(poam::store::Stored::parse(ITEM, text.as_bytes()).unwrap().item)
            .unwrap();
    let list = item["milestones"].as_array().cloned().unwrap_or_default();
    let line = |step: &serde_json::Value| {
        let word = |key: &str| step[key].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {}", step["id"], word("description"), word("due"), word("status"))
    };
    list.iter().map(line).collect()
}

#[test]
fn a_completion_stays_with_its_milestone() {
    let two =
        "\"(1) 2026-02-10: Identify hosts\n\n(2) 2026-03-15: Patch hosts\",,2026-02-01,Moderate";
    for (now, expected) in [
        (
            "(1) 2026-01-20: Inventory\n\n(2) 2026-02-10: Identify hosts\n\n(3) 2026-03-15: Patch hosts",
            &[
                "1 Identify hosts 2026-02-10 completed",
                "2 Patch hosts 2026-03-15 pending",
                "3 Inventory 2026-01-20 pending",
            ][..],
        ),
        (
            "(1) 2026-03-15: Patch hosts",
            &["1 Identify hosts 2026-02-10 completed", "2 Patch hosts 2026-03-15 pending"],
        ),
        (
            "(1) 2026-04-20: Patch hosts\n\n(2) 2026-02-10: Identify hosts",
            &["1 Identify hosts 2026-02-10 completed", "2 Patch hosts 2026-04-20 pending"],
        ),
    ] {
        let repo = first_month(PLANNED, two);
        repo.poam(0, &["milestone", "complete", "V-1", "1", "--evidence", "CHG-1"]);
        second_month(&repo, PLANNED, &format!("\"{now}\",,2026-02-01,Moderate"));
        repo.poam(0, &["import", "m-2026-07-31.csv", "--commit"]);
        assert_eq!(milestones(&repo), expected, "{now}");
    }
    // Other words under the number of what was completed here: nobody knows which is meant.
    let repo = first_month(PLANNED, two);
    repo.poam(0, &["milestone", "complete", "V-1", "1", "--evidence", "CHG-1"]);
    let now =
        "\"(1) 2026-02-10: Buy a licence\n\n(2) 2026-03-15: Patch hosts\",,2026-02-01,Moderate";
    second_month(&repo, PLANNED, now);
    let (out, _) = repo.poam(1, &["import", "m-2026-07-31.csv", "--commit"]);
    assert!(out.contains("conflict") && out.contains("Buy a licence"), "{out}");
    repo.poam(0, &["import", "m-2026-07-31.csv", "--commit", "--theirs"]);
    assert_eq!(
        milestones(&repo),
        [
            "1 Identify hosts 2026-02-10 completed",
            "2 Patch hosts 2026-03-15 pending",
            "3 Buy a licence 2026-02-10 pending"
        ]
    );
}

#[test]
fn changes_that_are_no_longer_listed_are_not_taken_back() {
    let planned = "\"(1) 2026-02-10: Identify hosts\n\n(2) 2026-03-15: Patch hosts\"";
    let first = "\"(1) Complete 2026-02-09 : done\n\n(2) Update 2026-05-15 : vendor\"";
    for (planned_now, changes, second) in [
        (planned, "", "2 Patch hosts 2026-05-15 pending"),
        (planned, "-", "2 Patch hosts 2026-05-15 pending"),
        (planned, "(2) Complete 2026-05-20 : patched", "2 Patch hosts 2026-05-15 completed"),
        (planned, "(2) Update 2026-06-15 : again", "2 Patch hosts 2026-06-15 pending"),
        // Beside a blank plan, changes are those of the milestones that the item has.
        ("", "(2) Update 2026-06-15 : again", "2 Patch hosts 2026-06-15 pending"),
    ] {
        let repo = first_month(PLANNED, &format!("{planned},{first},2026-02-01,Moderate"));
        second_month(&repo, PLANNED, &format!("{planned_now},{changes},2026-02-01,Moderate"));
        let (out, _) = repo.poam(0, &["import", "m-2026-07-31.csv", "--commit"]);
        let expected = ["1 Identify hosts 2026-02-10 completed", second];
        assert_eq!(milestones(&repo), expected, "{changes}\n{out}");
        assert!(!out.contains("not read as a change"), "{out}");
    }
}

#[test]
fn an_explicit_no_ends_what_the_source_said_yes_to() {
    let heads = "Status Date,Original Risk Rating,Vendor Dependency,Risk Adjustment,False Positive,Operational Requirement";
    let no = "2026-07-10,Moderate,No,No,No,No";
    for (yes, gone) in [
        ("2026-06-20,Moderate,Yes,No,No,No", "vendor_dependency"),
        ("2026-06-20,Moderate,No,Yes,No,No", "risk-adjustment"),
        ("2026-06-20,Moderate,No,No,Yes,No", "false-positive"),
        ("2026-06-20,Moderate,No,No,No,Yes", "operational-requirement"),
    ] {
        let repo = first_month(heads, yes);
        assert!(repo.read(ITEM).contains(gone), "{gone}");
        second_month(&repo, heads, no);
        let (out, _) = repo.poam(0, &["import", "m-2026-07-31.csv", "--commit"]);
        assert!(!repo.read(ITEM).contains(gone) && !out.contains("blank in the file"), "{out}");
        // A blank cell says nothing.
        let repo = first_month(heads, yes);
        second_month(&repo, heads, "2026-07-10,Moderate,,,,");
        repo.poam(0, &["import", "m-2026-07-31.csv", "--commit"]);
        assert!(repo.read(ITEM).contains(gone), "{gone}");
    }
    // What the tracker has besides is not ended by it.
    let repo = first_month(heads, no);
    let text = repo.read(ITEM) + "vendor_dependency: {vendor: Acme}\n";
    repo.write(ITEM, text);
    repo.commit("2026-07-01", "depends on the vendor");
    second_month(&repo, heads, no);
    repo.poam(0, &["import", "m-2026-07-31.csv", "--commit"]);
    assert!(repo.read(ITEM).contains("Acme"));
}

#[test]
fn a_decision_of_the_tracker_is_not_closed_over() {
    let heads = "Status Date,Original Risk Rating,Status";
    let repo = first_month(heads, "2026-02-01,Moderate,Open");
    let decided = repo.read(ITEM).replace("status: open", "status: deferred");
    repo.write(ITEM, decided);
    repo.commit("2026-07-01", "freeze of the data centre");
    second_month(&repo, heads, "2026-07-20,Moderate,Closed");
    let (out, _) = repo.poam(1, &["import", "m-2026-07-31.csv", "--commit"]);
    assert!(
        out.contains("conflict") && out.contains("deferred") && out.contains("m-2026-07-31!N2"),
        "{out}"
    );
    assert!(repo.read(ITEM).contains("status: deferred"));
    repo.poam(0, &["import", "m-2026-07-31.csv", "--commit", "--theirs"]);
    assert!(repo.read(ITEM).contains("completion_date: 2026-07-20"));
}

#[test]
fn no_item_was_closed_while_its_source_listed_it_as_open() {
    let heads = "Status Date,Original Risk Rating,Status";
    let repo = first_month(heads, "2026-02-01,Moderate,Open");
    second_month(&repo, heads, "2026-02-01,Moderate,Closed");
    let (out, _) = repo.poam(0, &["import", "m-2026-07-31.csv", "--commit"]);
    let item = repo.read(ITEM);
    assert!(item.contains("\ncompletion_date: 2026-07-31"), "{item}");
    assert!(item.contains("  completion_date: 2026-02-01"), "{item}");
    assert!(out.contains("2026-02-01") && out.contains("listed it as open"), "{out}");
}

#[test]
fn a_person_and_an_address_are_read_in_either_order() {
    let repo = first_month("Status Date,Original Risk Rating", "2026-02-01,Moderate");
    let row = |id: &str, owner: &str| {
        format!(
            "{id},AC-2,Weak {id},Desc,Nessus,,host-{id},{owner},Patch,2026-01-05,,2026-02-01,Moderate\n"
        )
    };
    let rows = [
        row("V-2", "Jane Doe (jane@example.com)"),
        row("V-3", "jane@example.com (Jane Doe)"),
        row("V-4", "\"Jane Doe <jane@example.com>, Sam Roe <sam@example.com>\""),
    ];
    repo.write(
        "o-2026-07-31.csv",
        format!("{HEAD},Status Date,Original Risk Rating\n{}", rows.concat()),
    );
    let (out, _) = repo.poam(0, &["import", "o-2026-07-31.csv", "--commit"]);
    for id in ["V-2", "V-3"] {
        let item = repo.read(&format!("items/2026/0000/{id}.yaml"));
        assert!(
            item.contains("name: Jane Doe") && item.contains("email: jane@example.com"),
            "{item}"
        );
    }
    let both = repo.read("items/2026/0000/V-4.yaml");
    assert!(!both.contains("email:") && both.contains("Sam Roe"), "{both}");
    assert!(out.contains("H4") && out.contains("several addresses"), "{out}");
}
