use poam::diagnostic::Level;
use poam::output::Format;
use poam::text::visible;

use crate::diagnostic_formats::fixture::{hostile, many, report};
use crate::diagnostic_formats::read::{Command, command};

fn commands(text: &str) -> Vec<Command> {
    text.lines().filter_map(command).collect()
}

#[test]
fn the_runner_reads_back_what_was_said() {
    for text in hostile() {
        let report = report(&text);
        let out = report.render(Format::Github, false);
        let read = commands(&out);
        assert_eq!(read.len(), report.diagnostics.len(), "{out}");
        assert_eq!(out.lines().count(), read.len() + 1, "one line of plain text: {out}");
        let mut expected: Vec<_> = report.diagnostics.iter().collect();
        expected.sort_by_key(|one| one.level);
        for (read, diagnostic) in read.iter().zip(expected) {
            let name = match diagnostic.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "notice",
            };
            assert_eq!(
                (read.name.as_str(), read.properties["title"].as_str()),
                (name, diagnostic.rule)
            );
            assert_eq!(read.properties["file"], without_commands(&diagnostic.label.path));
            let said: Vec<&str> = read.message.split('\n').collect();
            assert_eq!(said[0], without_commands(&diagnostic.message));
            assert_eq!(said.len(), if diagnostic.help.is_some() { 4 } else { 1 });
            if let Some(help) = &diagnostic.help {
                assert_eq!(said[1], format!("help: {}", without_commands(help)));
            }
        }
    }
}

/// Shows a text without the commands of other runners, which the log would hand to them.
fn without_commands(text: &str) -> String {
    visible(text).replace("##[", "##\\[").replace("##vso[", "##vso\\[")
}

#[test]
fn no_more_is_dropped_than_is_said() {
    for (errors, warnings, notes) in [(10, 0, 0), (11, 10, 12), (300, 1, 0)] {
        let out = many(errors, warnings, notes).render(Format::Github, false);
        let read = commands(&out);
        for (name, count) in [("error", errors), ("warning", warnings), ("notice", notes)] {
            let of: Vec<&Command> = read.iter().filter(|it| it.name == name).collect();
            let told: Vec<usize> =
                (0..of.len()).filter(|at| of[*at].properties["title"] == "poam").collect();
            if count <= 10 {
                assert_eq!((of.len(), told.len()), (count, 0), "{name} {count}");
            } else {
                assert_eq!((of.len(), told), (count + 1, vec![9]), "{name} {count}");
                assert!(of[9].message.starts_with(&format!("{} ", count - 9)), "{:?}", of[9]);
                assert!(!of[9].properties.contains_key("file"));
            }
        }
        let first_of = |name| read.iter().position(|it: &Command| it.name == name);
        assert!(first_of("notice").is_none_or(|notice| first_of("warning").unwrap() < notice));
        let last = out.lines().last().unwrap();
        assert!(last.starts_with(&format!("{errors} errors")), "{out}");
        assert_eq!(
            last.contains("GitHub shows 10"),
            [errors, warnings, notes].iter().any(|it| *it > 10)
        );
    }
}
