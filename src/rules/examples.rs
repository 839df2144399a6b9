//! The examples on the pages of the rules are their tests.
//!
//! A fenced block `yaml fail` must make its rule speak, and no other rule as an error; a block
//! `yaml pass` must make its rule keep silent, announcements apart, and no rule speak as an error. Other errors that an
//! example cannot do without are named with `and=NAME,…` in its first line. Inside a block,
//! `# file: PATH` begins a file, `# base: PATH` a file of the base, `# settings` the settings.
//! Today is 2026-03-01, or what `today=DATE` in the first line states.
//!
//! `# commit: DATE`, and where they matter ` NAME` and ` — REASON` behind it, begins what was committed on
//! that day: the `# file:` lines below it are its files. A file that was committed before gives only the
//! fields that changed (an entire item begins with its id), and needs no `# file:` where it is the
//! same file again. What the last commit left is the tree that is checked; with `# branch` between
//! commits it is checked against what the commits above that line left.
//!
//! `# deleted: PATH` in a commit states that it deleted a file.
//!
//! `# snapshot: DATE` states when the newest snapshot was taken.
//!
//! An item begins with `id`, `weakness_name`, `status`, `original_detection_date` and
//! `original_risk_rating`, without which no file is one. A line `# …` represents the other fields that
//! every item of the profile needs and that the example leaves out because they do not matter to it. With `SHOW` in the environment the test prints
//! everything that is stated.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::*;
use crate::history::{Actor, History, TextCommit};
use crate::model::{Deadlines, Due, PermanentValues};
use crate::people::People;
use crate::settings::{Profile, Settings};
use crate::store::{FoundContent, FoundFile, Store};

/// One example of a page.
pub(super) struct Example {
    pub(super) fails: bool,
    pub(super) today: NaiveDate,
    pub(super) and: Vec<String>,
    pub(super) files: Vec<(String, String)>,
    pub(super) base: Vec<(String, String)>,
    pub(super) commits: Vec<ExampleCommit>,
    /// Number of the commits that are the base.
    pub(super) branch: Option<usize>,
    pub(super) settings: String,
    /// The day of the newest snapshot.
    pub(super) snapshot: Option<NaiveDate>,
    pub(super) text: String,
}

/// A commit of an example.
pub(super) struct ExampleCommit {
    head: String,
    files: Vec<(String, String)>,
    deleted: Vec<String>,
}

/// Returns the examples of a page.
pub(super) fn parse_examples(text: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```yaml ") else { continue };
        let mut words = info.split(' ');
        let and = info.split(' ').find_map(|word| word.strip_prefix("and=")).unwrap_or_default();
        let fails = match words.next() {
            Some("fail") => true,
            Some("pass") => false,
            other => panic!("an example is `fail` or `pass`, not {other:?}"),
        };
        let today = words.find_map(|word| word.strip_prefix("today=")).unwrap_or("2026-03-01");
        let mut example = Example {
            fails,
            today: today.parse().unwrap(),
            and: and.split(',').map(str::to_owned).collect(),
            files: Vec::new(),
            base: Vec::new(),
            commits: Vec::new(),
            branch: None,
            settings: "version: 1\n".to_owned(),
            snapshot: None,
            text: String::new(),
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        example.text = block.join("\n");
        let mut into = 'f';
        for line in block {
            if let Some(head) = line.strip_prefix("# commit: ") {
                into = 'c';
                example.commits.push(ExampleCommit {
                    head: head.to_owned(),
                    files: Vec::new(),
                    deleted: Vec::new(),
                });
            } else if line == "# branch" {
                example.branch = Some(example.commits.len());
            } else if let Some(path) = line.strip_prefix("# file: ") {
                into = if example.commits.is_empty() { 'f' } else { 'c' };
                let files = match example.commits.last_mut() {
                    Some(commit) => &mut commit.files,
                    None => &mut example.files,
                };
                files.push((path.to_owned(), String::new()));
            } else if let Some(path) = line.strip_prefix("# deleted: ") {
                example.commits.last_mut().unwrap().deleted.push(path.to_owned());
            } else if let Some(path) = line.strip_prefix("# base: ") {
                into = 'b';
                example.base.push((path.to_owned(), String::new()));
            } else if let Some(day) = line.strip_prefix("# snapshot: ") {
                example.snapshot = Some(day.parse().unwrap());
            } else if line == "# settings" {
                into = 's'
            } else {
                let text = match into {
                    'f' => {
                        if example.files.is_empty() {
                            let id =
                                line.strip_prefix("id: ").expect("an example begins with its id");
                            example.files.push((format!("items/{id}.yaml"), String::new()));
                        }
                        &mut example.files.last_mut().unwrap().1
                    }
                    'b' => &mut example.base.last_mut().unwrap().1,
                    'c' => &mut file_of(&mut example.commits, line).1,
                    _ => &mut example.settings,
                };
                text.push_str(line);
                text.push('\n');
            }
        }
        if let Some(last) = commit_versions(&example.commits).pop() {
            example.files = last.1;
        }
        if let Some(at) = example.branch {
            example.base = commit_versions(&example.commits[..at]).pop().unwrap().1;
        }
        examples.push(example);
    }
    examples
}

/// Returns the file of the last commit that a line belongs to.
fn file_of<'a>(commits: &'a mut [ExampleCommit], line: &str) -> &'a mut (String, String) {
    let (last, earlier) = commits.split_last_mut().unwrap();
    if last.files.is_empty() {
        let path = match (line.strip_prefix("id: "), earlier.last()) {
            (Some(id), _) => format!("items/{id}.yaml"),
            (None, Some(before)) => before.files.last().unwrap().0.clone(),
            (None, None) => panic!("the first commit begins with an item's id"),
        };
        last.files.push((path, String::new()));
    }
    last.files.last_mut().unwrap()
}

/// Files of the tree after a commit: path and text.
type Tree = Vec<(String, String)>;

/// Returns the commits as history takes them, and the tree after each.
fn commit_versions(commits: &[ExampleCommit]) -> Vec<(TextCommit, Tree)> {
    let mut versions: Vec<(TextCommit, Tree)> = Vec::new();
    for commit in commits {
        let (head, reason) = match commit.head.split_once(" — ") {
            Some((head, reason)) => (head, Some(reason.to_owned())),
            None => (commit.head.as_str(), None),
        };
        let (day, name) = head.split_once(' ').unwrap_or((head, "Ann Author"));
        let mut tree = versions.last().map(|(_, tree)| tree.clone()).unwrap_or_default();
        let mut files = Vec::new();
        for path in &commit.deleted {
            tree.retain(|(other, _)| other != path);
            files.push((path.clone(), None));
        }
        for (path, text) in &commit.files {
            let before = tree.iter().position(|(other, _)| other == path);
            let text = match before.map(|at| tree.remove(at).1) {
                Some(before) if !text.starts_with("id:") => replace_fields(&before, text),
                _ => text.clone(),
            };
            files.push((path.clone(), Some(complete_text(&text))));
            tree.push((path.clone(), text));
        }
        let version = TextCommit {
            time: format!("{day}T12:00:00Z").parse().unwrap(),
            actor: Actor { name: name.to_owned(), email: person_address(name) },
            reason,
            files,
        };
        versions.push((version, tree));
    }
    versions
}

/// Returns the mail address of a person of an example.
fn person_address(name: &str) -> String {
    format!("{}@example.com", name.to_lowercase().replace(' ', "."))
}

/// Returns the text of an item with some of its fields replaced, and new ones added.
fn replace_fields(before: &str, fields: &str) -> String {
    let key = |block: &String| block.split(':').next().unwrap_or_default().to_owned();
    let mut blocks = split_blocks(before);
    for new in split_blocks(fields) {
        match blocks.iter_mut().find(|old| key(old) == key(&new)) {
            Some(old) => *old = new,
            None => blocks.push(new),
        }
    }
    blocks.concat()
}

fn split_blocks(text: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines() {
        match blocks.last_mut() {
            Some(last) if line.starts_with([' ', '-']) => last.push_str(&format!("{line}\n")),
            _ => blocks.push(format!("{line}\n")),
        }
    }
    blocks
}

/// Replacements for `# …`.
const REST: [(&str, &str); 7] = [
    ("controls", "[SI-2]"),
    ("weakness_description", "What the scanner says of it"),
    ("detector_source", "Nessus"),
    ("assets", "[web-1]"),
    ("point_of_contact", "{name: Jane Doe}"),
    ("remediation_plan", "Apply the vendor's patch and scan again"),
    ("mappings", "{cmmc: [AC.L2-3.1.3]}"),
];

/// Returns the text of an item with the line `# …` written out.
fn complete_text(text: &str) -> String {
    let mut whole = text.to_owned();
    if !text.lines().any(|line| line == "# …") {
        return whole;
    }
    let has = |field: &str| text.lines().any(|line| line.starts_with(&format!("{field}:")));
    for (field, value) in REST {
        if !has(field) {
            whole.push_str(&format!("{field}: {value}\n"));
        }
    }
    if !has("scheduled_completion_date") {
        let stored = Stored::parse("x.yaml", whole.as_bytes())
            .expect("an example has the fields without which no file is an item, and parses");
        let permanent = PermanentValues::resolve(&stored.item, None);
        let due = Due::compute(&stored.item, permanent, &Deadlines::FEDRAMP);
        whole.push_str(&format!("scheduled_completion_date: {}\n", due.scheduled));
    }
    whole
}

fn build_store(files: &[(String, String)]) -> Store {
    let found = files.iter().map(|(path, text)| FoundFile {
        path: path.clone(),
        content: FoundContent::Bytes(complete_text(text).into_bytes()),
    });
    Store::read(found.collect())
}

/// Beginning of an item in tests about other fields.
pub(super) const OPEN: &str = "id: V-1\nweakness_name: W\nstatus: open\n";

/// Runs one rule on an example that begins like a block on a page (`fail today=2026-03-01` and its
/// lines) and returns level, marked text, and message.
pub(super) fn run_example(rule: &Rule, block: &str) -> Vec<String> {
    let page = format!("```yaml {}\n```\n", block.trim());
    let example = parse_examples(&page).remove(0);
    run(&example).iter().filter(|one| one.rule == rule.name).map(diagnostic_line).collect()
}

/// Runs all rules on an example and returns level and rule.
pub(super) fn all_said(block: &str) -> Vec<String> {
    let page = format!("```yaml {}\n```\n", block.trim());
    let said = run(&parse_examples(&page).remove(0));
    said.iter().map(|one| format!("{} {}", one.level, one.rule)).collect()
}

/// Returns a diagnostic in one line.
fn diagnostic_line(one: &Diagnostic) -> String {
    let text = one.label.source.as_ref().map(|source| source.text());
    let text = text.as_ref().and_then(|text| text.get(one.label.span.clone()));
    format!("{} `{}`: {}", one.level, text.unwrap_or_default(), one.message)
}

/// Runs all rules on an example.
pub(super) fn run(example: &Example) -> Vec<Diagnostic> {
    let settings = Settings::parse("poam.yaml", example.settings.as_bytes())
        .unwrap_or_else(|errors| panic!("{errors:#?}"));
    let head = build_store(&example.files);
    let (versions, trees): (Vec<TextCommit>, Vec<Tree>) =
        commit_versions(&example.commits).into_iter().unzip();
    let history = (!versions.is_empty()).then(|| History::from_versions(&versions));
    let before = example.branch.and_then(|at| versions.get(..at)).map(History::from_versions);
    let today = example.today;
    let people = People::new([], &settings.people, None);
    let reported = example.snapshot;
    let context = |store, history| Context {
        store,
        settings: &settings,
        today,
        history,
        people: &people,
        reported,
    };
    let context_of_head = context(&head, history.as_ref());
    if example.base.is_empty() {
        return check(&context_of_head, None).diagnostics;
    }
    // A file of the base that is named like the settings is the base's settings.
    let (of_settings, of_items): (Vec<_>, Vec<_>) =
        example.base.iter().cloned().partition(|(path, _)| path == "poam.yaml");
    let base = build_store(&of_items);
    let base_settings =
        of_settings.first().map(|(path, text)| Settings::parse(path, text.as_bytes()).unwrap());
    let said = check(&context(&base, before.as_ref()), None);
    let last = |path: &str| {
        let mut before = trees[..example.branch.unwrap_or_default()].iter().rev().flatten();
        before.find_map(|(other, text)| {
            (other == path)
                .then(|| Stored::parse(path, complete_text(text).as_bytes()).ok())
                .flatten()
        })
    };
    let earlier: Vec<Stored> =
        base.diagnostics().iter().filter_map(|one| last(&one.label.path)).collect();
    let overrides = std::collections::BTreeSet::new();
    let base = Base {
        store: &base,
        earlier: &earlier,
        said: &said,
        settings: base_settings.as_ref().or(Some(&settings)),
        moved_from: None,
        overrides: &overrides,
    };
    check(&context_of_head, Some(&base)).diagnostics
}

#[test]
fn every_rule_fires_on_its_bad_examples_and_on_no_good_one() {
    let mut wrong = Vec::new();
    for rule in ALL {
        let examples = parse_examples(rule.text);
        let mut fail = |what: String| wrong.push(format!("{}: {what}", rule.name));
        if !examples.iter().any(|example| example.fails) {
            fail("no bad example".to_owned());
        }
        if !examples.iter().any(|example| !example.fails) {
            fail("no good example".to_owned());
        }
        for example in examples {
            let said = run(&example);
            let name = example.files.first().or(example.base.first()).map(|(path, _)| path.clone());
            if std::env::var_os("SHOW").is_some() {
                for one in &said {
                    println!("{}: [{}] {}", rule.name, one.rule, diagnostic_line(one));
                    println!("    {} | {}", one.label.message, one.help.as_deref().unwrap_or(""));
                }
            }
            // An announcement of what will become an error or a warning is none yet.
            let fired = said.iter().any(|one| {
                one.rule == rule.name && (one.level != Level::Note || rule.level == Level::Note)
            });
            if fired != example.fails {
                fail(format!("fired: {fired} in {name:?} {}", example.text));
            }
            for one in &said {
                // Examples of what happens over months are all quiet for longer than a month.
                let quiet = one.rule == "stale";
                let other = one.rule != rule.name && one.level == Level::Error && !quiet;
                if other && !example.and.iter().any(|and| and == one.rule) {
                    fail(format!(
                        "also {}: {} in {}",
                        one.rule,
                        diagnostic_line(one),
                        example.text
                    ));
                }
                let unlabelled = one.label.message.is_empty() && one.rule != engine::SCHEMA.name;
                if one.help.is_none() || one.message.ends_with('.') || unlabelled {
                    fail(format!("no way out, a full stop or an empty label: {one:#?}"));
                }
            }
            for and in example.and.iter().filter(|and| !and.is_empty()) {
                if !said.iter().any(|one| one.rule == and) {
                    fail(format!("`and={and}` is not needed in {}", example.text));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_is_whole_and_every_rule_is_registered() {
    let names: BTreeSet<_> = ALL.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), ALL.len(), "a name stands twice");
    for rule in ALL {
        let title = format!("# {}\n", rule.name);
        assert!(rule.text.starts_with(&title), "{}: the page has another title", rule.name);
        for heading in ["## What it does", "## Why is this bad?", "## Source", "## Examples"] {
            assert!(rule.text.contains(heading), "{}: no {heading}", rule.name);
        }
        assert!(
            rule.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        );
        assert!(!rule.summary.ends_with('.') && !rule.summary.is_empty());
    }
    let folder = format!("{}/src/rules", env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "md") {
            let name = path.file_stem().unwrap().to_str().unwrap().replace('_', "-");
            assert!(names.contains(name.as_str()), "{name} is not registered");
        }
    }
}

#[test]
fn profiles_level_only_rules_that_exist() {
    for profile in Profile::all_profiles() {
        for name in profile.levels.keys() {
            assert!(find(name).is_some(), "{:?}: {name}", profile.name);
        }
    }
}
