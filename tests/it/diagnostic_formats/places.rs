//! The line that a format names holds the text that it quotes.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::diagnostic_formats::fixture::tracker;
use crate::diagnostic_formats::read::{cells, command, shown};
use crate::diagnostic_formats::schemas;
use crate::support::Repo;

/// A place as people count: path, line, column, and the last line and the column after the last
/// character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct FilePlace {
    path: String,
    start: (usize, usize),
    end: (usize, usize),
}

impl FilePlace {
    /// Returns the text at the place, by counting lines and characters in the file.
    fn text(&self, repo: &Repo) -> String {
        let text = repo.read(&self.path);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let (mut at, mut out) = ((1, 1), String::new());
        for c in text.chars() {
            if self.start <= at && at < self.end {
                out.push(c);
            }
            at = if c == '\n' { (at.0 + 1, 1) } else { (at.0, at.1 + 1) };
        }
        assert!(
            self.start <= at && self.end <= at,
            "{self:?} lies in the file, which ends at {at:?}"
        );
        out
    }
}

fn run(repo: &Repo, format: &str) -> String {
    repo.poam(1, &["--today", "2026-02-01", "validate", "--format", format]).0
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

/// Rule and place of each diagnostic in our own JSON; no end for a file as a whole.
fn ours(repo: &Repo) -> Vec<(String, FilePlace)> {
    let value: Value = serde_json::from_str(&run(repo, "json")).unwrap();
    let place = |it: &Value| FilePlace {
        path: it["path"].as_str().unwrap().to_owned(),
        start: (number(&it["line"]), number(&it["column"])),
        end: (number(&it["end_line"]), number(&it["end_column"])),
    };
    let diagnostics = value["diagnostics"].as_array().unwrap();
    diagnostics.iter().map(|it| (it["rule"].as_str().unwrap().to_owned(), place(it))).collect()
}

#[test]
fn our_own_places_hold_the_values() {
    let repo = tracker();
    let found: BTreeSet<(String, String, String)> = ours(&repo)
        .iter()
        .filter(|(_, place)| !place.path.ends_with("V-9.yaml"))
        .map(|(rule, place)| (rule.clone(), place.path.clone(), place.text(&repo)))
        .collect();
    for (rule, path, text) in [
        ("closed-without-evidence", "items/V-1.yaml", "closed"),
        ("schema", "items/a b,c%25/V-2.yaml", "odd<b>"),
        ("schema", "items/V-4.yaml", "\"odd\\n::error::x | `y` @z %0A\""),
        ("id-file-mismatch", "items/V-7.yaml", "V-1"),
    ] {
        let expected = (rule.to_owned(), path.to_owned(), text.to_owned());
        assert!(found.contains(&expected), "{expected:?} in {found:#?}");
    }
}

#[test]
fn sarif_quotes_what_stands_there() {
    let repo = tracker();
    let value = schemas::sarif(&run(&repo, "sarif"));
    let results = value["runs"][0]["results"].as_array().unwrap();
    let ours = ours(&repo);
    assert_eq!(results.len(), ours.len());
    let mut quoted = 0;
    for (result, (rule, place)) in results.iter().zip(&ours) {
        assert_eq!(result["ruleId"], *rule);
        let own = result["locations"].as_array().unwrap();
        let related = result["relatedLocations"].as_array().unwrap();
        for (at, location) in own.iter().chain(related).enumerate() {
            let physical = &location["physicalLocation"];
            let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
            let region = &physical["region"];
            let path = percent_decode_str(uri).decode_utf8().unwrap().into_owned();
            assert!(repo.path().join(&path).is_file(), "{uri}");
            let start = number(&region["startLine"]);
            if region.get("endLine").is_none() {
                assert_eq!((start, region.get("snippet")), (1, None), "a whole file");
                continue;
            }
            let said = FilePlace {
                path,
                start: (start, number(&region["startColumn"])),
                end: (number(&region["endLine"]), number(&region["endColumn"])),
            };
            if at == 0 {
                assert_eq!(said, *place);
            }
            if let Some(snippet) = region.get("snippet") {
                quoted += 1;
                assert_eq!(snippet["text"], said.text(&repo), "{said:?}");
            }
        }
    }
    assert!(quoted > 10, "{quoted}");
}

#[test]
fn github_gitlab_junit_markdown_and_text_name_the_same_places() {
    let repo = tracker();
    let ours = ours(&repo);
    let mut expected: Vec<(String, usize)> =
        ours.iter().map(|(_, place)| (place.path.clone(), place.start.0)).collect();

    let gitlab = schemas::gitlab(&run(&repo, "gitlab"));
    for (entry, (rule, place)) in gitlab.as_array().unwrap().iter().zip(&ours) {
        let (path, lines) = (&entry["location"]["path"], &entry["location"]["lines"]);
        assert_eq!(
            (entry["check_name"].as_str(), path.as_str()),
            (Some(rule.as_str()), Some(place.path.as_str()))
        );
        assert_eq!(number(&lines["begin"]), place.start.0);
        assert!((place.start.0..=place.end.0).contains(&number(&lines["end"])));
    }

    let text = run(&repo, "text");
    for (_, place) in &ours {
        let (line, column) = place.start;
        let full = format!("--> {}:{line}:{column}\n", place.path);
        assert!(
            text.contains(&full) || text.contains(&format!("--> {}\n", place.path)),
            "{full}{text}"
        );
    }

    expected.sort();
    let sorted = |mut places: Vec<(String, usize)>| {
        places.sort();
        places
    };
    let cases = schemas::junit(&run(&repo, "junit"));
    let places = cases.iter().map(|it| (it.get("file").to_owned(), it.number("line")));
    assert_eq!(sorted(places.collect()), expected);

    let markdown = run(&repo, "markdown");
    let rows = markdown.lines().filter_map(cells).filter(|row| row[1].starts_with('`'));
    let places = rows.map(|row| {
        let place = shown(&row[0]);
        let (path, line) = place.rsplit_once(':').unwrap();
        (path.to_owned(), line.parse().unwrap())
    });
    assert_eq!(sorted(places.collect()), expected);

    let github = run(&repo, "github");
    let commands = github.lines().filter_map(command);
    let mut places = Vec::new();
    for one in commands.filter(|it| it.properties["title"] != "poam") {
        let number = |name: &str| one.properties[name].parse::<usize>().unwrap();
        places.push((one.properties["file"].clone(), number("line")));
        if one.properties.contains_key("col") {
            let place = FilePlace {
                path: one.properties["file"].clone(),
                start: (number("line"), number("col")),
                // GitHub's last column is part of the place.
                end: (number("endLine"), number("endColumn") + 1),
            };
            let rule = &one.properties["title"];
            let same = |(name, other): &&(String, FilePlace)| {
                let empty = other.start == other.end && other.start == place.start;
                name == rule && (*other == place || (empty && other.path == place.path))
            };
            assert!(ours.iter().any(|it| same(&it)), "{place:?} in {ours:#?}");
        }
    }
    assert_eq!(sorted(places), expected);
}
