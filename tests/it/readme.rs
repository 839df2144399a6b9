//! Tests of the claims of the README.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;

const README: &str = include_str!("../../README.md");

/// The lines of fenced blocks of a kind.
fn blocks(kind: &str) -> Vec<Vec<&'static str>> {
    let mut blocks = Vec::new();
    let mut lines = README.lines();
    while let Some(line) = lines.next() {
        if line == format!("```{kind}") {
            blocks.push(lines.by_ref().take_while(|line| *line != "```").collect());
        }
    }
    blocks
}

#[test]
fn the_first_two_commands_set_it_up() {
    let commands = blocks("console");
    assert_eq!(commands[0], ["cargo run -- demo"]);
    assert_eq!(commands[1], ["cargo test"]);
}

#[test]
fn every_command_is_named_and_every_named_command_exists() {
    let repo = Repo::new();
    let (help, _) = repo.poam(0, &["--help"]);
    let listed = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let commands: Vec<&str> = listed
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| *word != "help")
        .collect();
    assert!(commands.len() > 10, "{help}");
    for command in &commands {
        assert!(
            README.contains(&format!("`poam {command}`")),
            "the README does not name `poam {command}`"
        );
        repo.poam(0, &[command, "--help"]);
    }
    for line in README.lines().filter(|line| line.starts_with("$ poam ")) {
        let command = line.split_whitespace().nth(2).unwrap();
        assert!(commands.contains(&command), "{line}");
    }
}

#[test]
fn every_rule_that_is_named_exists() {
    let section = README.split("## Rules").nth(1).unwrap().split("## Settings").next().unwrap();
    let names: Vec<&str> =
        section.split('`').skip(1).step_by(2).filter(|word| !word.contains([' ', '.'])).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(poam::rules::find(name).is_some(), "no rule `{name}`");
    }
}

#[test]
fn the_item_in_the_readme_is_one() {
    let yaml = blocks("yaml");
    let text = yaml[0].join("\n") + "\n";
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.write("items/2026/0000/POAM-2026-042.yaml", text);
    repo.commit("2026-01-20", "readme");
    let (out, _) = repo.poam(0, &["validate", "--today", "2026-01-21"]);
    assert!(!out.contains("error"), "{out}");
}

#[test]
fn the_five_minutes_work() {
    let repo = Repo::bare_folder();
    let item = "POAM ID,Controls,Weakness Name,Weakness Description,Weakness Detector Source,Weakness Source Identifier,Asset Identifier,Point of Contact,Resources Required,Remediation Plan,Original Detection Date,Scheduled Completion Date,Status Date,Original Risk Rating\nV-12,AC-1,Open port,It is open,Nessus,51192,10.0.0.1,Jane Doe,,Close it,2026-10-01,2026-10-31,2026-10-05,High\n";
    repo.write("POAM-2026-10.csv", item);
    let (out, _) = repo.poam(0, &["init", "tracker"]);
    assert!(out.contains("made a git repository"), "{out}");
    let inside = |code, arguments: &[&str]| {
        repo.poam(code, &[&["-C", "tracker", "--today", "2026-10-20"], arguments].concat())
    };
    let (_, err) = inside(2, &["workbook", "-o", "early.xlsx"]);
    assert!(err.contains("nothing is committed yet"), "{err}");
    repo.git(&["-C", "tracker", "add", "."]);
    repo.git(&["-C", "tracker", "commit", "--quiet", "-m", "start"]);
    inside(0, &["import", "../POAM-2026-10.csv"]);
    inside(0, &["import", "../POAM-2026-10.csv", "--commit"]);
    inside(0, &["summary"]);
    // The clock of the commits here stands still in January, so the import is old and nothing else.
    let (out, _) = inside(1, &["validate"]);
    assert!(out.contains("error[stale]") && out.contains("1 error"), "{out}");
    let reason = "waits for the new data centre";
    inside(0, &["transition", "V-12", "deferred", "--until", "2026-12-01", "--reason", reason]);
    let (log, _) = inside(0, &["log", "V-12"]);
    assert!(
        log.contains("status: open -> deferred")
            && log.contains("reconstructed from POAM-2026-10.csv"),
        "{log}"
    );
    inside(0, &["workbook", "-o", "POAM-2026-11.xlsx"]);
    assert!(repo.path().join("tracker/POAM-2026-11.xlsx").exists());
}
