//! The examples on the pages of the rules are their tests.
//!
//! A fenced block `yaml fail` must make exactly its rule speak (besides rules that the block names
//! with `and=NAME,…`), a block `yaml pass` must not. Inside a block, `# file: PATH` begins a file,
//! `# base: PATH` a file of the base, `# settings` the settings. Today is 2026-03-01, or what
//! `today=DATE` in the block's first line says.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::*;
use crate::settings::Settings;
use crate::store::{Content, Found, Store};

/// One example of a page.
pub(super) struct Example {
    pub(super) fails: bool,
    pub(super) today: NaiveDate,
    pub(super) files: Vec<(String, String)>,
    pub(super) base: Vec<(String, String)>,
    pub(super) settings: String,
}

/// The examples of a page.
pub(super) fn examples(text: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```yaml ") else { continue };
        let mut words = info.split(' ');
        let fails = match words.next() {
            Some("fail") => true,
            Some("pass") => false,
            other => panic!("an example is `fail` or `pass`, not {other:?}"),
        };
        let today = words.find_map(|word| word.strip_prefix("today=")).unwrap_or("2026-03-01");
        let mut example = Example {
            fails,
            today: today.parse().unwrap(),
            files: Vec::new(),
            base: Vec::new(),
            settings: "version: 1\n".to_owned(),
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let mut into = 'f';
        for line in block {
            if let Some(path) = line.strip_prefix("# file: ") {
                into = 'f';
                example.files.push((path.to_owned(), String::new()));
            } else if let Some(path) = line.strip_prefix("# base: ") {
                into = 'b';
                example.base.push((path.to_owned(), String::new()));
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
                    _ => &mut example.settings,
                };
                text.push_str(line);
                text.push('\n');
            }
        }
        examples.push(example);
    }
    examples
}

fn store(files: &[(String, String)]) -> Store {
    let found = files.iter().map(|(path, text)| Found {
        path: path.clone(),
        content: Content::Bytes(text.clone().into_bytes()),
    });
    Store::read(found.collect())
}

/// What all rules say of an example.
pub(super) fn run(example: &Example) -> Vec<Diagnostic> {
    let settings = Settings::parse("poam.yaml", example.settings.as_bytes())
        .unwrap_or_else(|errors| panic!("{errors:#?}"));
    let head = store(&example.files);
    let context =
        Context { store: &head, settings: &settings, today: example.today, history: None };
    if example.base.is_empty() {
        return check(&context, None).diagnostics;
    }
    let base = store(&example.base);
    let before = Context { store: &base, ..context };
    let before = check(&before, None);
    let context =
        Context { store: &head, settings: &settings, today: example.today, history: None };
    check(&context, Some((&base, &before))).diagnostics
}

#[test]
fn every_rule_fires_on_its_bad_examples_and_on_no_good_one() {
    for rule in ALL {
        let examples = examples(rule.text);
        assert!(examples.iter().any(|example| example.fails), "{}: no bad example", rule.name);
        assert!(examples.iter().any(|example| !example.fails), "{}: no good example", rule.name);
        for example in examples {
            let said = run(&example);
            let fired = said.iter().any(|diagnostic| diagnostic.rule == rule.name);
            assert_eq!(fired, example.fails, "{}: {:#?}\n{said:#?}", rule.name, example.files);
            for diagnostic in said.iter().filter(|diagnostic| diagnostic.rule == rule.name) {
                assert!(diagnostic.help.is_some(), "{}: no way out", rule.name);
                assert!(!diagnostic.message.ends_with('.'), "{}", diagnostic.message);
            }
        }
    }
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
