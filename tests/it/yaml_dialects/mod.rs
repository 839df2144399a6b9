//! Files as editors, libraries and people write them: every command that changes an item changes
//! the lines it must and no other, or says where to edit by hand.
#![allow(clippy::unwrap_used)]

mod check;
mod commands;
mod generate;

use std::collections::BTreeMap;
use std::path::Path;

use poam::store::Stored;

/// Cases that must be done by hand: style, command, text at the named place.
///
/// In all of them another value is an alias of the one that would change.
const BY_HAND: [(&str, &str, &str); 5] = [
    ("anchor_of_the_owner", "assign", "name: Jane Doe"),
    ("anchor_of_the_owner", "assign with all", "name: Jane Doe"),
    ("anchor_of_the_owner", "milestone reschedule", "due: &day 2026-01-20"),
    ("anchors_of_values", "assign", "name: &jane Jane Doe"),
    ("anchors_of_values", "assign with all", "name: &jane Jane Doe"),
];

/// The files, by their names.
fn styles() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/styles");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// Rewrites a text as other systems write it.
fn variants(text: &str) -> [(&'static str, String); 5] {
    let end = if text.contains("|+") { text } else { text.trim_end() };
    [
        ("with CRLF", text.replace('\n', "\r\n")),
        ("without line end", end.to_owned()),
        ("with a byte order mark", format!("\u{feff}{text}")),
        ("with CRLF and without line end", end.replace('\n', "\r\n")),
        ("with a remark at the end", format!("{}\n\n# the last line\n", text.trim_end())),
    ]
}

/// Runs every command on a text; what went wrong, and what is refused.
fn faults(name: &str, text: &str, which: impl Fn(usize) -> bool) -> (Vec<String>, Vec<String>) {
    let path = format!("items/{name}.yaml");
    let stored = Stored::parse(&path, text.as_bytes())
        .unwrap_or_else(|error| panic!("{name}: {}\n{text}", error[0].message));
    let (mut faults, mut refused) = (Vec::new(), Vec::new());
    for (index, command) in commands::all().iter().enumerate() {
        if !which(index) {
            continue;
        }
        match command.run(&stored) {
            Ok(change) => faults.extend(check::faults(command, &change).into_iter().map(|fault| {
                format!("{name}, {}: {fault}\n{}", command.name, change.document.text())
            })),
            Err(error) => {
                assert_eq!(error.path, path);
                let line = text.lines().nth(error.line - 1).unwrap_or_default();
                refused.push(format!("{} at `{}`", command.name, line.trim()));
            }
        }
    }
    (faults, refused)
}

fn by_hand(name: &str) -> Vec<String> {
    let mut expected: Vec<String> = BY_HAND
        .iter()
        .filter(|(style, ..)| *style == name)
        .map(|(_, command, line)| format!("{command} at `{line}`"))
        .collect();
    expected.sort_unstable();
    expected
}

#[test]
fn every_command_keeps_what_people_wrote() {
    let styles = styles();
    assert!(styles.len() >= 50);
    for (name, text) in styles {
        let (faults, mut refused) = faults(&name, &text, |_| true);
        assert!(faults.is_empty(), "{}", faults.join("\n\n"));
        refused.sort_unstable();
        assert_eq!(refused, by_hand(&name), "{name}");
    }
}

#[test]
fn and_so_it_does_as_other_systems_write_it() {
    for (at, (name, text)) in styles().into_iter().enumerate() {
        for (turn, (variant, text)) in variants(&text).into_iter().enumerate() {
            // Each command meets each variant in some of the files.
            let (faults, refused) = faults(&name, &text, |index| (index + at) % 5 == turn);
            assert!(faults.is_empty(), "{variant}: {}", faults.join("\n\n"));
            let expected = by_hand(&name);
            assert!(
                refused.iter().all(|one| expected.contains(one)),
                "{name} {variant}: {refused:?}"
            );
        }
    }
}

#[test]
fn what_cannot_be_changed_in_place_says_where_it_is() {
    for (text, reason) in [
        ("id: V-1\nstatus: !custom open\n", "tag"),
        ("id: V-1\nstatus: open\nstatus: open\n", "twice"),
        ("id: V-1\n\tstatus: open\n", "tab"),
        ("id: V-1\n<<: {status: open}\n", "merge"),
        ("id: V-1\nstatus: open\n---\nid: V-2\n", "second document"),
    ] {
        let error = Stored::parse("items/V-1.yaml", text.as_bytes()).unwrap_err();
        let all: Vec<String> = error.iter().map(|it| it.message.to_lowercase()).collect();
        assert!(all.iter().any(|message| message.contains(reason)), "{text:?}: {all:?}");
    }
    let old = styles()["as_poam_writes"].replace('\n', "\r");
    let (_, refused) = faults("V-1", &old, |index| index == 0);
    assert_eq!(refused.len(), 1, "lines of the Macintosh before 2001");
}
